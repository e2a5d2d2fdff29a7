"""Checks of *Learning from data*."""

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


@check("learn-constant")
def learn_constant(answer):
    if np.shape(answer) != (3,):
        return "give three numbers: the constant for squares, then the two ends of the range"
    if (hint := array_is([answer[0]], [5.0], name="the constant")) is not None:
        median = array_is([answer[0]], [2.5]) is None
        return "that is the middle of the range: squares pull further" if median else hint
    if array_is(answer[1:], [3.0, 2.0]) is None:
        return "give the lower end of the range first"
    return array_is(answer[1:], [2.0, 3.0], name="the range")


@check("learn-one-round")
def learn_one_round(answer):
    rng = np.random.default_rng(3)
    for n, k, D in [(6, 2, 1), (30, 4, 3), (12, 3, 64)]:
        X, centres = rng.normal(size=(n, D)), rng.normal(size=(k, D))
        centres[-1] = 100.0  # nothing is near: it has to stay
        cluster = ((X[:, None] - centres) ** 2).sum(2).argmin(1)
        right = np.stack(
            [X[cluster == j].mean(0) if (cluster == j).any() else centres[j] for j in range(k)]
        )
        got = call(answer, X.copy(), centres.copy())
        if np.shape(got) == right.shape and np.isnan(np.asarray(got, dtype=float)).any():
            return "a centre without rows must stay: the mean of no rows is nan"
        if np.shape(got) == right.shape and array_is(got, centres) is None:
            return "those are the old centres: move each to the mean of its rows"
        if (hint := array_is(got, right, name="the moved centres")) is not None:
            return hint
    return None


@check("learn-penalised")
def learn_penalised(answer):
    rng = np.random.default_rng(4)
    for B, m, K in [(1, 2, 2), (5, 3, 4), (8, 6, 3)]:
        X, W, b = rng.normal(size=(B, m)), rng.normal(size=(m, K)), rng.normal(size=K)
        Y, strength = np.eye(K)[rng.integers(K, size=B)], 0.3
        e = np.exp(X @ W + b)
        error = (e / e.sum(1, keepdims=True) - Y) / B
        plain = X.T @ error
        got = call(answer, W, b, X, Y, strength)
        if not isinstance(got, tuple) or len(got) != 2:
            return "return two arrays: dW, db"
        if array_is(got[0], plain) is None:
            return "dW is that of the cross-entropy alone: where is the penalty"
        if array_is(got[0], plain + 2 * strength * W) is None:
            return "the penalty has a factor one half, which its derivative cancels"
        if array_is(got[1], error.sum(0) + strength * b) is None:
            return "the bias is not in the penalty"
        for name, value, right in [
            ("dW", got[0], plain + strength * W),
            ("db", got[1], error.sum(0)),
        ]:
            if (hint := array_is(value, right, name=name)) is not None:
                return hint
    return None


@check("learn-small-bert")
def learn_small_bert(answer):
    d, layers, d_ff = 512, 6, 2048
    tables, norm = (30_522 + 512 + 2) * d, 2 * d
    layer = 4 * (d * d + d) + 2 * d * d_ff + d_ff + d + 2 * norm
    right = tables + norm + layers * layer
    return number_is(
        answer,
        right,
        tolerance=1e-9,
        hints=[
            (right + d * d + d, "this one has no pooler"),
            (right - norm, "one normalisation stands after the tables"),
            (
                right - tables,
                "the tables of word pieces, positions and segments are parameters, too",
            ),
            (right - layers * (5 * d + d_ff), "the six matrices of a layer have biases"),
        ],
    )


@check("learn-regret")
def learn_regret(answer):
    loss = 0.9 - (0.1 + 0.4 + 0.9) / 3
    return number_is(
        answer,
        1000 * 0.2 * loss,
        tolerance=1e-3,
        hints=[
            (1000 * loss, "only one step in five is random"),
            (
                1000 * 0.2 * (0.9 - 0.25),
                "exploring draws among all three arms, the best one included",
            ),
            (
                1000 * 0.8 * loss,
                "the greedy steps cost nothing here: it is the exploring ones that do",
            ),
        ],
    )
