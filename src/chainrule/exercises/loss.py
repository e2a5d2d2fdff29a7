"""Checks of *Losses*."""

import math

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


@check("loss-log-sum-exp")
def loss_log_sum_exp(answer):
    return number_is(
        answer,
        1000 + math.log(4),
        tolerance=1e-5,
        hints=[
            (4000, "exponents add when powers are multiplied, and here the powers are added"),
            (math.inf, "that is what floating point says: take out the largest exponent first"),
            (1000, "one term alone gives 1000; there are four of them"),
            (1004, "four equal terms are a factor of 4, and the logarithm applies to it too"),
        ],
    )


@check("loss-stable-bce")
def loss_stable_bce(answer):
    rng = np.random.default_rng(5)
    for size in (1, 4, 9):
        z, y = rng.normal(size=size), rng.integers(0, 2, size).astype(float)
        p = 1 / (1 + np.exp(-z))
        right = -(y * np.log(p) + (1 - y) * np.log(1 - p))
        with np.errstate(all="ignore"):
            got = call(answer, z, y)
        if size > 1 and np.shape(got) == () and array_is(got, right.sum()) is None:
            return "that is the sum of the losses: the exercise asks for the mean"
        if (hint := array_is(got, right.mean(), name="the loss of moderate logits")) is not None:
            return hint
    z, y = np.array([1000.0, -1000.0, 1000.0, -1000.0]), np.array([1.0, 0.0, 0.0, 1.0])
    with np.errstate(all="ignore"):
        got = call(answer, z, y)
    if not np.all(np.isfinite(got)):
        return "it is right for moderate logits, and not finite at z = 1000 and −1000"
    return array_is(got, 500.0, name="the mean loss at z = 1000 and −1000")


@check("loss-quantile")
def loss_quantile(answer):
    return number_is(
        answer,
        90,
        hints=[
            (50, "that is the mean and the median: being late costs more than being early"),
            (10, "that beats one parcel in ten; look at which side costs 0.9 a minute"),
            (99, "covering every parcel makes the early ones pay too much"),
        ],
    )


@check("loss-poisson")
def loss_poisson(answer):
    rng = np.random.default_rng(11)
    for size in (3, 7):
        z, y = rng.normal(size=size), rng.poisson(2.0, size).astype(float)
        got = call(answer, z.copy(), y.copy())
        if not isinstance(got, tuple) or len(got) != 2:
            return "return two things: the mean loss and its gradient by z"
        loss, gradient = (np.exp(z) - y * z).mean(), (np.exp(z) - y) / size
        if (hint := array_is(got[0], loss, name="the loss")) is not None:
            return hint
        if array_is(got[1], gradient * size) is None:
            return "the gradient is that of the sum: the loss is a mean over the samples"
        if (hint := array_is(got[1], gradient, name="the gradient")) is not None:
            return hint
    return None


@check("loss-smoothed-gradient")
def loss_smoothed_gradient(answer):
    rng = np.random.default_rng(13)
    for B, K, epsilon in [(1, 2, 0.0), (4, 3, 0.1), (6, 10, 0.3)]:
        Z, y = rng.normal(size=(B, K)), rng.integers(0, K, B)
        p = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
        one_hot = np.eye(K)[y]
        got = call(answer, Z.copy(), y.copy(), epsilon)
        right = (p - (1 - epsilon) * one_hot - epsilon / K) / B
        if B > 1 and array_is(got, right * B) is None:
            return "that is the gradient of the sum over the samples: the mean divides by B"
        if epsilon and array_is(got, (p - one_hot) / B) is None:
            return "that is p − y: the target is no longer one-hot"
        if (hint := array_is(got, right, name="the gradient")) is not None:
            return hint
    return None
