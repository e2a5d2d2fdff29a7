"""Checks of *Batch, stochastic, mini-batch*."""

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


@check("batch-variance")
def batch_variance(answer):
    return number_is(
        answer,
        0.08 * (50 / 200) * (800 / 950),
        hints=[
            (0.02, "a quarter would be right with replacement; here 200 of 1000 are a good part"),
            (0.04, "the standard deviation halves; the question is about the variance"),
            (
                0.08 * (50 / 200) * (800 / 999),
                "the given 0.08 holds a finite-population factor too",
            ),
        ],
    )


@check("batch-eta")
def batch_eta(answer):
    return number_is(
        answer,
        0.08 / 1.04,
        hints=[
            (0.08, "near: that takes η/2 for η/(2 - η)"),
            (0.005 / 1.0025, "that forgets the batch: its mean has variance 4/16"),
            (0.04, "that is η/(2 - η): solve for η"),
        ],
    )


@check("batch-updates")
def batch_updates(answer):
    return number_is(
        answer,
        12_000 // 256 * 5,
        hints=[
            (-(-12_000 // 256) * 5, "the incomplete batch of every epoch is dropped"),
            (
                12_000 * 5 // 256,
                "an incomplete batch is dropped at the end of every epoch, not once",
            ),
            (12_000 // 256, "that is one epoch"),
        ],
    )


@check("batch-epoch")
def batch_epoch(answer):
    # Sample i touches coordinate i alone, so each coordinate tells how often its sample came.
    m, rate = 6, 0.1
    X, y = np.eye(m), np.arange(1.0, m + 1)
    theta = np.zeros(m)
    got = call(answer, theta, X, y, rate, np.random.default_rng(0))
    if np.any(theta != 0):
        return "the theta that was passed in has changed: make a new array in each step"
    right = 2 * rate * y
    if array_is(got, right / m) is None:
        return "the steps are m times too small: one sample's gradient has no 1/m"
    if array_is(got, -right) is None:
        return "the steps go uphill"
    if array_is(got, right / 2) is None:
        return "the factor 2 of the derivative of a square is missing"
    if (hint := array_is(got, right, name="theta")) is not None:
        return f"{hint}; is each sample used exactly once?"
    return _order_is_drawn(answer)


def _order_is_drawn(answer):
    ones, y = np.ones((8, 1)), np.arange(8.0)

    def run(seed):
        got = call(answer, np.zeros(1), ones, y, 0.2, np.random.default_rng(seed))
        return float(np.ravel(got)[0])

    first = [run(seed) for seed in range(6)]
    if len(set(np.round(first, 12))) == 1:
        return "six generators give one result: the order is not drawn from rng"
    if first != [run(seed) for seed in range(6)]:
        return "the same seed gives two results: draw from rng and from nothing else"
    end = 0.0
    for value in y:
        end += 0.4 * (value - end)
    if max(first) > end + 1e-9:
        return "each step must start from where the one before it ended"
    return None


@check("batch-gradient-variance")
def batch_gradient_variance(answer):
    rng = np.random.default_rng(3)
    for m, D, B in [(6, 1, 2), (9, 4, 3), (5, 3, 5), (7, 2, 1)]:
        G = rng.normal(size=(m, D)) + 1.0
        s2 = ((G - G.mean(0)) ** 2).sum() / m
        got = call(answer, G, B)
        right = s2 / B * (m - B) / (m - 1)
        hint = number_is(
            got,
            right,
            hints=[
                (s2 / B, "that is with replacement: the factor (m - B)/(m - 1) is missing"),
                (right * m / (m - 1), "s² is a mean over all m samples: divide by m, not m - 1"),
                (right / D, "add the components up, do not average them"),
            ],
        )
        if hint is not None:
            return f"for m = {m}, D = {D}, B = {B}: {hint}"
    return None
