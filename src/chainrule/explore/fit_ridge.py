"""Polynomials fitted to points by least squares with a penalty; fit_ridge.js computes the same."""

from dataclasses import dataclass

import numpy as np

HIGHEST = 15  # degree
GRID = 2 * np.arange(201) / 200 - 1  # where the curve is drawn


@dataclass
class Fitted:
    """What the figure shows of a state: the curve, and the errors of every degree at its penalty."""

    train: np.ndarray  # (N, 2)
    validation: np.ndarray  # (M, 2)
    degree: int
    log10_penalty: float
    curve: np.ndarray  # (201,), on GRID
    errors: dict  # train and validation, arrays (16,) by degree; nan without points


def design(x, degree):
    """Return √(2j+1) P_j(x), the Legendre polynomials scaled to mean square 1 over [-1, 1].

    Parameters
    ----------
    x : array (N,)
    degree : int

    Returns
    -------
    array (N, degree + 1)

    Examples
    --------
    >>> design(np.array([1.0, 0.0]), 2).round(3).tolist()
    [[1.0, 1.732, 2.236], [1.0, 0.0, -1.118]]
    """
    columns = [np.ones_like(x), x]
    for j in range(1, degree):
        columns.append(((2 * j + 1) * x * columns[j] - j * columns[j - 1]) / (j + 1))
    return np.stack([np.sqrt(2 * j + 1) * columns[j] for j in range(degree + 1)], axis=1)


def ridge(points, degree, penalty):
    """Return the weights that minimise mean (y - f(x))² + penalty · (w_1² + ... + w_degree²).

    The basis is orthonormal, so the penalised sum is the variance of f over [-1, 1]: the penalty
    is one on the curve, not on the way in which it is written. The first weight, f's mean, goes
    free. Solved by QR of the augmented matrix, whose condition number is the square root of that
    of the normal equations.

    Parameters
    ----------
    points : array (N, 2)
        x and y; N at least 1.
    degree : int
    penalty : float
        Above 0, which makes the weights unique when there are more of them than points.

    Returns
    -------
    array (degree + 1,)
    """
    share = np.sqrt(len(points))
    rows = np.sqrt(penalty) * np.eye(degree + 1)[1:]
    matrix = np.vstack([design(points[:, 0], degree) / share, rows])
    q, r = np.linalg.qr(matrix)
    target = np.append(points[:, 1] / share, np.zeros(degree))
    return np.linalg.solve(r, q.T @ target)


def mean_squared_error(points, weights):
    """Return the mean squared error of a polynomial on points (N, 2); nan without points."""
    if len(points) == 0:
        return np.nan
    return np.mean((design(points[:, 0], len(weights) - 1) @ weights - points[:, 1]) ** 2)


def compute(state):
    """Return what the figure shows of ``{train, validation, degree, log10_penalty}``.

    Parameters
    ----------
    state : dict

    Returns
    -------
    Fitted
    """
    sets = {
        name: np.reshape(state[name], (-1, 2)).astype(float) for name in ("train", "validation")
    }
    penalty = 10.0 ** state["log10_penalty"]
    weights = [ridge(sets["train"], degree, penalty) for degree in range(HIGHEST + 1)]
    errors = {
        name: np.array([mean_squared_error(points, w) for w in weights])
        for name, points in sets.items()
    }
    degree = state["degree"]
    curve = design(GRID, degree) @ weights[degree]
    return Fitted(
        **sets, degree=degree, log10_penalty=state["log10_penalty"], curve=curve, errors=errors
    )
