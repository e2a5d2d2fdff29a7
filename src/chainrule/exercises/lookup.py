"""Checks of *Attention as a soft look-up*."""

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


@check("lookup-dot")
def lookup_dot(answer):
    shares = np.array([1.0, 4.0, 3.0]) / 8
    values = np.array([8.0, 4.0, 16.0])
    cold = np.exp(np.array([0.0, np.log(4), np.log(3)]) / np.sqrt(2))
    scores = np.log([1.0, 4.0, 3.0])
    return number_is(
        answer,
        float(shares @ values),
        tolerance=1e-6,
        hints=[
            (8 * float(shares @ values), "the weights must add up to 1"),
            (float(cold @ values / cold.sum()), "without scaling: the scores are not divided"),
            (float(scores @ values), "those are the scores; the weights come from their softmax"),
            (
                float(scores @ values / scores.sum()),
                "divide exponentials of the scores by their sum, not the scores",
            ),
            (float(values.mean()), "equal weights would need equal scores"),
            (4.0, "that is the value of the heaviest key; the others have a say"),
        ],
    )


@check("lookup-kernel")
def lookup_kernel(answer):
    rng = np.random.default_rng(4)
    keys, values = rng.normal(size=7), rng.normal(size=7)
    cases = [(rng.normal(size=5), 0.6), (rng.normal(size=3), 1.7), (np.array([5.0]), 1e-3)]
    for queries, h in cases:
        got = call(answer, queries.copy(), keys.copy(), values.copy(), h)
        squared = (queries[:, None] - keys) ** 2
        right = _mean(-squared / (2 * h * h), values)
        hint = array_is(got, right, name="the estimate")
        if hint is None:
            continue
        if np.shape(got) == right.shape:
            if np.isnan(np.asarray(got, float)).any():
                return "all shares have underflowed: subtract the largest score first"
            slips = {
                "the square of the distance stands in the exponent": -np.sqrt(squared)
                / (2 * h * h),
                "h is squared": -squared / (2 * h),
                "the exponent has a factor of one half": -squared / (h * h),
            }
            for said, scores in slips.items():
                if np.allclose(got, _mean(scores, values)):
                    return said
            if not (np.asarray(got) <= values.max() + 1e-9).all():
                return f"{hint}; a mean is never above the largest value: divide by the shares' sum"
        return f"{hint} (bandwidth {h})"
    return None


@check("lookup-left-out")
def lookup_left_out(answer):
    rng = np.random.default_rng(6)
    for n in (2, 5, 9):
        weights, values = rng.dirichlet(np.ones(n), n), rng.normal(size=n)
        others = weights * (1 - np.eye(n))
        right = others @ values / others.sum(1)
        got = call(answer, weights.copy(), values.copy())
        hint = array_is(got, right, name="the estimates")
        if hint is None:
            continue
        slips = {
            "the own pair is still among them": weights @ values,
            "what is left of the weights no longer adds up to 1": others @ values,
            "each query is a row of the weights": others.T @ values / others.sum(0),
        }
        for said, value in slips.items():
            if np.shape(got) == value.shape and np.allclose(got, value):
                return said
        return hint
    return None


@check("lookup-weights")
def lookup_weights(answer):
    try:
        given = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        given = np.zeros(0)
    if given.shape == (3,):
        if abs(given.sum() - 1) > 1e-3:
            return "weights add up to 1"
        if abs(given[1]) > 1e-6:
            return "the second key is to have no weight"
        if given.min() < 0:
            return "a softmax gives no negative weight"
    right = np.array([2.0, 0.0, 1.0]) / 3
    return array_is(answer, right, tolerance=1e-3, name="the weights")


@check("lookup-count")
def lookup_count(answer):
    d, e, a = 512, 1024, 256
    return number_is(
        answer,
        d * a + e * a + a,
        hints=[
            (d * a + e * a, "the column u has parameters, too"),
            (d * e, "that is the multiplicative score"),
            (d * a + e * a + 2 * a, "by the table the hidden layer has no bias"),
            (2 * d * a + a, "the states of the encoder have 1024 numbers"),
        ],
    )


def _mean(scores, values):
    """Return the means of the values with the softmax of the scores (T, S) as weights."""
    shares = np.exp(scores - scores.max(1, keepdims=True))
    return shares @ values / shares.sum(1)
