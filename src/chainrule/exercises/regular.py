"""Checks of *Regularisation*."""

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


@check("regular-soft")
def regular_soft(answer):
    rho = np.array([3.0, 1.5, 0.4, 0.0, -0.4, -1.0, -2.5])
    for charge in (1.0, 0.5, 0.0):
        right = np.where(np.abs(rho) > charge, rho - np.sign(rho) * charge, 0.0)
        hint = array_is(call(answer, rho.copy(), charge), right, name="the minimum")
        if hint is not None:
            return f"for rho={rho.tolist()} and charge={charge}: {hint}"
    return None


@check("regular-freedom")
def regular_freedom(answer):
    rng = np.random.default_rng(5)
    for n, d, penalty in [(6, 3, 0.5), (4, 7, 2.0), (9, 4, 1e-9)]:
        X = rng.normal(size=(n, d))
        right = np.trace(X @ np.linalg.solve(X.T @ X + penalty * np.eye(d), X.T))
        hint = number_is(
            call(answer, X.copy(), penalty),
            right,
            hints=[
                (d, "that is the number of weights, whatever the penalty"),
                (
                    np.trace(np.linalg.solve(X.T @ X + penalty * np.eye(d), X.T @ X) ** 2),
                    "that squares entries; take the trace of the matrix itself",
                ),
            ],
        )
        if hint is not None:
            return f"for X of shape {(n, d)} and penalty {penalty:g}: {hint}"
    return None


@check("regular-dropout-price")
def regular_dropout_price(answer):
    p, columns, weights = 0.2, np.array([8.0, 2.0]), np.array([1.0, -3.0])
    return number_is(
        answer,
        p / (1 - p) * (columns * weights**2).sum(),
        hints=[
            (p * (columns * weights**2).sum(), "what is kept is divided by 1 - p"),
            (
                p * (1 - p) * (columns * weights**2).sum(),
                "what is kept is divided by 1 - p, twice in a square",
            ),
            ((columns * weights**2).sum(), "where has p gone?"),
            (p / (1 - p) * (weights**2).sum(), "each weight is charged by its own column"),
        ],
    )


@check("regular-largest-charge")
def regular_largest_charge(answer):
    rng = np.random.default_rng(6)
    for n, d in [(8, 3), (5, 9)]:
        X, y = rng.normal(size=(n, d)) * np.arange(1, d + 1), -np.abs(rng.normal(size=n))
        pulls = X.T @ y
        right = np.abs(pulls).max()
        hint = number_is(
            call(answer, X.copy(), y.copy()),
            right,
            hints=[
                (pulls.max(), "a negative pull counts as much as a positive one"),
                (right / n, "the objective is not divided by n here"),
                (2 * right, "mind the one half"),
                (np.abs(pulls).sum(), "one weight that pays is enough; nothing adds up"),
            ],
        )
        if hint is not None:
            return hint
    return None
