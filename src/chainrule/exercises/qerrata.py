"""Checks of *What the articles got wrong*."""

import numpy as np

from chainrule.exercises import call, check, number_is


@check("qerrata-updates")
def qerrata_updates(answer):
    return number_is(
        answer,
        10 * 71,
        hints=[
            (10 * 79, "a tenth of the digits is kept for validation"),
            (71, "that is one epoch"),
            (79, "that is one epoch, and a tenth of the digits is kept for validation"),
            (703.125, "the last batch of an epoch is short, and is an update all the same"),
            (10 * 70, "the last batch of an epoch is short, and is an update all the same"),
            (10, "the Keras program makes one update a batch, not one an epoch"),
        ],
    )


@check("qerrata-broadcast")
def qerrata_broadcast(answer):
    labels = np.arange(4.0)
    return number_is(
        answer,
        ((labels[:, None] - labels) ** 2).mean(),
        hints=[
            (0.0, "write down the shape of the difference"),
            (10.0, "the mean is over all entries of the difference: how many are there?"),
            (1.25, "each prediction meets every label, not the mean label"),
        ],
    )


@check("qerrata-floor")
def qerrata_floor(answer):
    targets = np.array([0.5, 2, -1, 3])
    return number_is(
        answer,
        ((targets - targets.clip(0, 1)) ** 2).mean(),
        hints=[
            (6.0, "that is the sum; asked is the mean"),
            (0.0, "the last thing that the printed network computes is a sigmoid"),
            (1.0, "square the distances before you take the mean"),
            (((targets - 0.5) ** 2).mean(), "it need not give the same answer to all four"),
            (targets.var(), "it need not give the same answer to all four"),
        ],
    )


def attend_along(axis):
    def attend(Q, K, V):
        scores = Q @ np.swapaxes(K, -1, -2) / np.sqrt(K.shape[-1])
        if axis is None:
            return scores @ V
        weights = np.exp(scores - scores.max(axis, keepdims=True))
        return weights / weights.sum(axis, keepdims=True) @ V

    return attend


@check("qerrata-sound")
def qerrata_sound(answer):
    for _ in range(3):
        verdict = call(answer, attend_along(-1))
        if not isinstance(verdict, (bool, np.bool_)):
            return f"return True or False; got {type(verdict).__name__}"
        if not verdict:
            return "a right function fails; allow for rounding"
    if call(answer, attend_along(-2)):
        return "a softmax over the queries passes: are Q and K random, and of which values do you know the mean?"
    if call(answer, attend_along(None)):
        return "a function without any softmax passes"
    return None
