"""Checks of *Deep CNNs*."""

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


@check("resnet-count-paths")
def resnet_count_paths(answer):
    return number_is(
        answer,
        120,
        hints=[
            (1024, "that is all paths; exactly three branches are taken"),
            (720, "the order of the three is given by the network: choose, do not arrange"),
            (1000, "no branch can be taken twice"),
            (8, "there are ten blocks to choose the three from"),
            (30, "count the ways to choose three of the ten blocks"),
        ],
    )


@check("resnet-forget")
def resnet_forget(answer):
    return number_is(
        answer,
        44,
        hints=[
            (2, "each batch takes away a tenth of what is left: it keeps nine tenths"),
            (43, "after 43 batches it is still just above one per cent"),
            (45, "one batch earlier it is below one per cent already"),
            (10, "a tenth is taken of what is left, not of the start"),
            (459, "that is a momentum of 0.01, Keras's default"),
        ],
    )


@check("resnet-stage")
def resnet_stage(answer):
    first = 9 * 64 * 128 + 9 * 128**2 + 64 * 128 + 6 * 128
    other = 18 * 128**2 + 4 * 128
    return number_is(
        answer,
        first + 3 * other,
        hints=[
            (first + other, "that is a stage of ResNet-18; this one has four blocks"),
            (4 * other, "the first block comes from 64 channels and has a shortcut"),
            (first - 64 * 128 - 2 * 128 + 3 * other, "the first block has a shortcut of 1×1"),
            (first - 2 * 128 + 3 * other, "the shortcut is normalised, too"),
            (first - 6 * 128 + 3 * (other - 4 * 128), "each normalisation has a scale and a shift"),
        ],
    )


@check("resnet-backward")
def resnet_backward(answer):
    rng = np.random.default_rng(4)
    for B, n, m in [(1, 2, 3), (4, 3, 5), (6, 1, 2)]:
        x, delta = rng.normal(size=(B, n)), rng.normal(size=(B, n))
        W1, W2 = rng.normal(size=(n, m)), rng.normal(size=(m, n))
        z = x @ W1
        blame = (delta @ W2.T) * (z > 0)
        right = delta + blame @ W1.T, x.T @ blame, np.maximum(z, 0).T @ delta
        got = call(answer, x.copy(), W1.copy(), W2.copy(), delta.copy())
        if not isinstance(got, tuple | list) or len(got) != 3:
            return "return three arrays: dx, dW1, dW2"
        if array_is(got[0], right[0] - delta) is None:
            return "dx is what comes through the branch; what comes through the skip is missing"
        for value, wanted, name in zip(got, right, ("dx", "dW1", "dW2")):
            if (hint := array_is(value, wanted, name=name)) is not None:
                return f"for x of shape {x.shape}: {hint}"
    return None


@check("resnet-phrases")
def resnet_phrases(answer):
    rng = np.random.default_rng(5)
    for T, D, C, k in [(4, 2, 3, 2), (7, 3, 5, 3), (3, 2, 4, 3), (2, 2, 3, 3), (6, 1, 4, 1)]:
        x, W, b = rng.normal(size=(T, D)), rng.normal(size=(C, k, D)), rng.normal(size=C)
        right = np.zeros(C)
        for t in range(T - k + 1):
            right = np.maximum(right, (W * x[t : t + k]).sum((1, 2)) + b)
        got = call(answer, x.copy(), W.copy(), b.copy())
        if (hint := array_is(got, right, name="the scores")) is not None:
            return f"for T = {T}, D = {D}, C = {C}, k = {k}: {hint}"
    return None
