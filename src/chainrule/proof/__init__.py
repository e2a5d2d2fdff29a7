"""What turns a cell into a proof: claims, gradient checks, agreement, parity, exercises.

Every function here shows one small result at once (rich in a notebook, text elsewhere), raises
when the thing it states is false, and leaves a machine-readable record in the output's metadata,
from which the book's pages *Claims* and *Sources* are made.
"""

from chainrule.proof.agreement import DisagreementError, parity, same
from chainrule.proof.cards import card
from chainrule.proof.claims import ClaimError, claim
from chainrule.proof.exercises import exercise
from chainrule.proof.gradients import GradientError, gradcheck
from chainrule.proof.source import show_source

__all__ = [
    "ClaimError",
    "DisagreementError",
    "GradientError",
    "card",
    "claim",
    "exercise",
    "gradcheck",
    "parity",
    "same",
    "show_source",
]
