import math

import numpy as np
from exercises.case import Case


def softmax(Z):
    p = np.exp(Z - Z.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


def smoothed(target, scale=len):
    return lambda Z, y, epsilon: (
        (softmax(Z) - target(np.eye(Z.shape[1])[y], epsilon, Z.shape[1])) / scale(y)
    )


def poisson(slope, loss=lambda z, y: (np.exp(z) - y * z).mean()):
    return lambda z, y: (loss(z, y), slope(z, y))


def stable(z, y):
    return np.logaddexp(0, z) - y * z


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def by_definition(z, y, floor=0.0):
    p = np.clip(sigmoid(z), floor, 1 - floor)
    return -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()


CASES = {
    "loss-log-sum-exp": Case(
        right=1000 + math.log(4),
        wrong=[4000, math.inf, 1000, 1004, 250, "1001.39", math.nan],
    ),
    "loss-stable-bce": Case(
        right=lambda z, y: stable(z, y).mean(),
        wrong=[
            by_definition,
            lambda z, y: by_definition(z, y, floor=1e-7),
            lambda z, y: stable(z, y).sum(),
            stable,
            lambda z, y: stable(-z, y).mean(),
            lambda z, y: (np.log(1 + np.exp(z)) - y * z).mean(),
        ],
    ),
    "loss-quantile": Case(right=90, wrong=[50, 10, 99, 89, True, "90"]),
    "loss-poisson": Case(
        right=poisson(lambda z, y: (np.exp(z) - y) / len(z)),
        wrong=[
            poisson(lambda z, y: np.exp(z) - y),
            poisson(lambda z, y: (z - y) / len(z)),
            poisson(lambda z, y: (y - np.exp(z)) / len(z)),
            poisson(lambda z, y: (np.exp(z) - y) / len(z), lambda z, y: (np.exp(z) - y * z).sum()),
            poisson(
                lambda z, y: (1 - y / z) / len(z), lambda z, y: (z - y * np.log(abs(z))).mean()
            ),
            lambda z, y: (np.exp(z) - y * z).mean(),
        ],
    ),
    "loss-smoothed-gradient": Case(
        right=smoothed(lambda rows, e, K: (1 - e) * rows + e / K),
        wrong=[
            smoothed(lambda rows, e, K: rows),
            smoothed(lambda rows, e, K: (1 - e) * rows + e / K, scale=lambda y: 1),
            smoothed(lambda rows, e, K: (1 - e) * rows + e / (K - 1) * (1 - rows)),
            smoothed(lambda rows, e, K: (1 - e) * rows),
            lambda Z, y, epsilon: ((1 - epsilon) * np.eye(Z.shape[1])[y] - softmax(Z)) / len(y),
        ],
    ),
}
