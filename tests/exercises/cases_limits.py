import numpy as np
from exercises.case import Case


def _by_gauss(gradient, x, start, n, *, low=0.0, scale=0.5, way=None):
    nodes, weights = np.polynomial.legendre.leggauss(n)
    nodes = nodes if low < 0 else (nodes + 1) / 2
    total = sum(
        w * scale * gradient(start + t * (x - start)) for t, w in zip(nodes, weights, strict=True)
    )
    return total * (x - start if way is None else way)


def right(gradient, x, start, n):
    return _by_gauss(gradient, x, start, n)


def heavy(gradient, x, start, n):
    return _by_gauss(gradient, x, start, n, scale=1.0)


def unmoved(gradient, x, start, n):
    return _by_gauss(gradient, x, start, n, low=-1.0)


def mean_slope(gradient, x, start, n):
    return _by_gauss(gradient, x, start, n, way=1.0)


def from_zero(gradient, x, start, n):
    return _by_gauss(gradient, x, start, n, way=x)


def middles(gradient, x, start, n):
    t = (np.arange(n) + 0.5) / n
    return (x - start) * sum(gradient(start + s * (x - start)) for s in t) / n


def summed(gradient, x, start, n):
    return _by_gauss(gradient, x, start, n).sum()


CASES = {
    "limits-half": Case(
        right=[4, 16, 1024],
        wrong=[
            [4, 8, 20],
            [1.41421356, 1.18920712, 1.07177346],
            [1024, 16, 4],
            [0.25, 0.0625, 0.0009765625],
            [2, 4, 8],
            4,
        ],
    ),
    "limits-majority": Case(
        right=[0.9, 0.5, 0.643],
        wrong=[
            [0.5, 0.5, 0.5],
            [0.9, 0.5, 0.6667],
            [0.9, 0.5, 0.7],
            [0.1, 0.5, 0.357],
            [0.9, 0.5],
            0.9,
        ],
    ),
    "limits-gauss": Case(
        right=right, wrong=[heavy, unmoved, mean_slope, from_zero, middles, summed]
    ),
    "limits-rent": Case(
        right=[4.34, 416.7],
        wrong=[
            [1.4468, 138.9],
            [1.736, 166.7],
            [34.72, 3333.3],
            [375000, 416.7],
            [4.34, 52.08],
            [4.34, 1.5e9],
            4.34,
        ],
    ),
}
