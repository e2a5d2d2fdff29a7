"""What the table of an exercise's test holds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """One answer that is right, and at least three typical ones that are not."""

    right: object
    wrong: list
