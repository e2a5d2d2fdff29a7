"""Checks of *Questions on language models*."""

import numpy as np

from chainrule.exercises import array_is, check, number_is


def _first_slip(answer, slips):
    """Return the hint of the first slip that has this answer, or None."""
    for said, wrong in slips.items():
        if array_is(answer, wrong, tolerance=1e-3) is None:
            return said
    return None


@check("qlang-marks")
def qlang_marks(answer):
    """Two states that stay with probability 0.9: what nothing, the past and both sides leave open."""
    move = np.array([[0.9, 0.1], [0.1, 0.9]])
    triple = 0.5 * move[:, :, None] * move  # p(before, hidden, after)
    past = -(0.5 * move * np.log(move)).sum()
    both = -(triple * np.log(triple / triple.sum(1, keepdims=True))).sum()
    right = np.array([np.log(2), past, both])
    slips = {
        "those are bits: take natural logarithms": right / np.log(2),
        "the future is no independent second copy of the past": [np.log(2), past, past / 2],
        "the largest uncertainty comes first": right[::-1],
        "both sides tell more than the past alone": [np.log(2), past, past],
    }
    hint = _first_slip(answer, slips)
    return hint or array_is(answer, right, tolerance=2e-3, name="the three marks")


@check("qlang-pair")
def qlang_pair(answer):
    """The product of both conditionals, over all pairs of 8 values that are always equal."""
    return number_is(
        answer,
        8.0,
        hints=[
            (1.0, "it would be 1 if one of the two factors did not know the other token"),
            (64.0, "only pairs of equal tokens have a probability"),
            (np.log(8), "that is the loss of a causal model; add probabilities"),
            (0.125, "that is the right probability of one text"),
        ],
    )


@check("qlang-first-difference")
def qlang_first_difference(answer):
    """The first epoch in which ten static masks repeat, and what a dynamic one finds in it."""
    slips = {
        "epoch 10 still brings the tenth mask": [10, 0.15 * 0.85**9],
        "ten epochs have been seen before it": [11, 0.15 * 0.85**11],
        "count only positions asked for the first time": [11, 0.15],
        "that is what ten epochs leave out": [11, 0.85**10],
    }
    hint = _first_slip(answer, slips)
    right = [11, 0.15 * 0.85**10]
    return hint or array_is(answer, right, tolerance=1e-3, name="epoch and share")


@check("qlang-lengths")
def qlang_lengths(answer):
    """Input, target and sentinels for 1000 tokens, a rate of 0.3 and spans of 5."""
    n, cut, spans = 1000, 300, 60
    slips = {
        "a last sentinel closes the target": [n - cut + spans, spans + cut, spans],
        "the sentinel that closes the target is one, too": [
            n - cut + spans,
            spans + cut + 1,
            spans,
        ],
        "each span leaves a sentinel in the input": [n - cut, spans + cut + 1, spans + 1],
        "those are the numbers for spans of 3": [800, 401, 101],
    }
    hint = _first_slip(answer, slips)
    right = [n - cut + spans, spans + cut + 1, spans + 1]
    return hint or array_is(answer, right, name="the three numbers")


@check("qlang-leaks")
def qlang_leaks(answer):
    """Leaks of a content stream without its mask: none in one layer, all but the first row's in two."""
    slips = {
        "the first in the order looks at nobody, at any depth": [0, 21],
        "a token leaks through others, too; and it is not only tokens that see themselves": [0, 5],
        "with one layer the query stream sees words, and its own mask is right": [15, 15],
    }
    return _first_slip(answer, slips) or array_is(answer, [0, 15], name="the two counts")


@check("qlang-work")
def qlang_work(answer):
    """Multiplications a token of ALBERT-xxlarge over BERT-large."""
    return number_is(
        answer,
        8.0,
        hints=[
            (235 / 334, "that compares what is stored, not what is computed"),
            (2 / 3, "a shared layer is computed each time: twelve times, not once"),
            (16.0, "the one has 12 layers, the other 24"),
            (2.0, "the work grows with the square of the width"),
            (0.125, "turn the ratio round"),
        ],
    )
