"""Checks of *Training a deep network*."""

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


@check("deep-he-std")
def deep_he_std(answer):
    right = (2 / 800) ** 0.5
    return number_is(
        answer,
        right,
        tolerance=1e-4,
        hints=[
            (2 / 800, "that is the variance: take its root"),
            (
                (1 / 800) ** 0.5,
                "that keeps a linear layer; ReLU lets half of the mean square through",
            ),
            ((1 / 400) ** 0.5 * 2, "twice the variance, not twice the deviation"),
        ],
    )


@check("deep-leaky-variance")
def deep_leaky_variance(answer):
    right = 2 / (1 + 0.2**2)
    return number_is(
        answer,
        right,
        tolerance=1e-3,
        hints=[
            (2.0, "that is ReLU's: the negative half is not lost here"),
            (2 / 1.2, "the slope enters the mean square squared"),
            ((1 + 0.2**2) / 2, "that is what passes; the weights must make up for it"),
        ],
    )


@check("deep-fold")
def deep_fold(answer):
    rng = np.random.default_rng(13)
    for m, n in [(1, 1), (4, 3), (3, 3)]:
        W, b, gamma, beta, mean = (rng.normal(size=s) for s in [(m, n), n, n, n, n])
        var, eps = rng.uniform(0.5, 2, size=n), 1e-3
        got = call(answer, W.copy(), b.copy(), gamma, beta, mean, var, eps)
        if not isinstance(got, tuple) or len(got) != 2:
            return "return two arrays: the weight and the bias"
        scale = gamma / np.sqrt(var + eps)
        hint = array_is(got[0], W * scale, name="the weight")
        hint = hint or array_is(got[1], (b - mean) * scale + beta, name="the bias")
        if hint is not None:
            return hint
    return None


@check("deep-updates")
def deep_updates(answer):
    return number_is(
        answer,
        8000 // 64 * 15,
        hints=[
            (8000 // 64, "that is one epoch"),
            (15, "an epoch makes one update a batch, not one in all"),
            (8000 * 15, "an update takes 64 samples together"),
        ],
    )
