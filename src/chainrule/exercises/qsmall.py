"""Checks of *Questions on smaller and cheaper models*."""

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


@check("qsmall-control")
def qsmall_control(answer):
    for seed in range(3):
        z = np.random.default_rng(seed).normal(0, 3, (12, 10))
        got = np.asarray(call(answer, z.copy()))
        labels = z.argmax(1)
        one_hot = np.eye(10)[labels]
        if got.shape == labels.shape:
            hint = array_is(got, labels, name="the labels")
        elif got.shape == one_hot.shape and np.all((got > 0) & (got < 1)):
            hint = "these targets are soft: they still say how likely the other classes are"
        else:
            hint = array_is(got, one_hot, name="the targets")
        if hint is not None:
            return hint
    return None


@check("qsmall-original")
def qsmall_original(answer):
    masked, right = 0.15, 0.4
    return number_is(
        answer,
        1 - masked * (1 - right),
        hints=[
            (1 - masked, "a masked token that is guessed right counts as original"),
            (1 - masked * right, "which of the masked tokens are replaced: those guessed right?"),
            (masked * (1 - right), "that is how often it is wrong"),
            (right, "that is the generator's accuracy"),
        ],
    )


@check("qsmall-stride")
def qsmall_stride(answer):
    n = 16384
    i = np.arange(n)
    pairs = [int((np.minimum(i + 1, s) + i // s).sum()) for s in range(1, 400)]
    return number_is(
        answer,
        1 + int(np.argmin(pairs)),
        hints=[
            (128, "that is the root of n; a shorter stride leaves fewer pairs"),
            (min(pairs), "that is the number of pairs; the stride is asked for"),
            (int(np.argmin(pairs)), "the first stride is 1, not 0"),
        ],
    )


@check("qsmall-lora")
def qsmall_lora(answer):
    rng = np.random.default_rng(5)
    for d, k, r, scale in [(5, 3, 2, 1.0), (4, 6, 1, 0.5), (3, 3, 3, 2.0)]:
        G, A, B = (rng.normal(size=shape) for shape in ((d, k), (d, r), (r, k)))
        got = call(answer, G.copy(), A.copy(), B.copy(), scale)
        if not isinstance(got, tuple | list) or len(got) != 2:
            return "return two arrays: the gradient by A and that by B"
        right = scale * G @ B.T, scale * A.T @ G
        unscaled = G @ B.T, A.T @ G
        for one, value, bare, name in zip(got, right, unscaled, "AB", strict=True):
            hint = array_is(one, value, name=f"the gradient by {name}")
            if hint is not None:
                if array_is(one, bare) is None:
                    return "the scale stands before the product, so it stands in both gradients"
                return hint
    return None


@check("qsmall-map")
def qsmall_map(answer):
    for layers, of_teacher in [(4, 12), (6, 12), (3, 3), (2, 24)]:
        for m in range(layers + 2):
            got = call(answer, m, layers, of_teacher)
            right = of_teacher + 1 if m == layers + 1 else m * of_teacher // layers
            hint = number_is(got, right)
            if hint is not None:
                return f"{hint} (m = {m}, M = {layers}, N = {of_teacher})"
    return None
