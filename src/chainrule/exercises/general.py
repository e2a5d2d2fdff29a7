"""Checks of *Generalisation*."""

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


@check("general-expected-gap")
def general_expected_gap(answer):
    variance, p, n = 0.5**2, 12, 150
    return number_is(
        answer,
        2 * variance * p / n,
        hints=[
            (
                variance * p / n,
                "that is how much the training error is too small: new noise adds as much",
            ),
            (2 * 0.5 * p / n, "the variance of the noise enters, not its standard deviation"),
            (
                variance * (1 + p / n),
                "that is noise and variance of the fit; the gap is a difference",
            ),
        ],
    )


@check("general-three-way")
def general_three_way(answer):
    for n, n_valid, n_test in [(10, 3, 2), (57, 10, 20), (5, 0, 2)]:
        got = call(answer, n, n_valid, n_test, np.random.default_rng(n))
        if not isinstance(got, tuple | list) or len(got) != 3:
            return "return three arrays: train, valid, test"
        parts = [np.asarray(part) for part in got]
        sizes = [len(part) for part in parts]
        if sizes != [n - n_valid - n_test, n_valid, n_test]:
            return f"for n={n}, n_valid={n_valid}, n_test={n_test} the sizes are {sizes}"
        rows = np.concatenate(parts)
        if len(np.unique(rows)) < n:
            return "some row stands in two of the sets or twice in one"
        if rows.min() < 0 or rows.max() >= n:
            return f"rows must lie between 0 and {n - 1}; got {rows.min()} to {rows.max()}"
    same, other = (call(answer, 57, 10, 20, np.random.default_rng(seed)) for seed in (57, 58))
    if not all(np.array_equal(a, b) for a, b in zip(got_again(answer), same, strict=True)):
        return "the same generator must give the same sets: draw from rng alone"
    if np.array_equal(np.sort(same[2]), np.sort(other[2])):
        return "another generator gives the same test set: the order is not random"
    return None


def got_again(answer):
    """Return the sets for the seed that the check compares with."""
    return call(answer, 57, 10, 20, np.random.default_rng(57))


@check("general-variance-at")
def general_variance_at(answer):
    rng = np.random.default_rng(3)
    for n, p, sigma in [(5, 2, 1.0), (9, 4, 0.3)]:
        A = rng.normal(size=(n, p))
        hat = A @ np.linalg.solve(A.T @ A, A.T)
        hint = array_is(call(answer, A.copy(), sigma), sigma**2 * np.diag(hat), name="the variance")
        if hint is not None:
            return hint
    return None


@check("general-least-norm")
def general_least_norm(answer):
    rng = np.random.default_rng(4)
    for n, k in [(1, 2), (4, 9), (6, 7)]:
        features, y = rng.normal(size=(n, k)), rng.normal(size=n)
        w = np.asarray(call(answer, features.copy(), y.copy()), dtype=np.float64)
        if w.shape != (k,):
            return (
                f"for features of shape {(n, k)} the weights must have shape {(k,)}; got {w.shape}"
            )
        if not np.abs(features @ w - y).max() < 1e-6:
            return "the weights do not reproduce y on the training features"
        smallest = np.linalg.pinv(features) @ y
        if np.linalg.norm(w) > np.linalg.norm(smallest) * (1 + 1e-6):
            return "y is reproduced, but with longer weights than needed"
    return None
