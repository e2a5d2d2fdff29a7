import numpy as np
from exercises.case import Case


def fold(scale=lambda g, v, e: g / np.sqrt(v + e), shift=lambda b, m: b - m):
    def answer(W, b, gamma, beta, mean, var, eps):
        s = scale(gamma, var, eps)
        return W * s, shift(b, mean) * s + beta

    return answer


CASES = {
    "deep-he-std": Case(right=0.05, wrong=[0.0025, 0.03535534, 0.1, 0.07]),
    "deep-leaky-variance": Case(right=1.9230769, wrong=[2.0, 1.0 / 0.6, 0.52, 1.0]),
    "deep-fold": Case(
        right=fold(),
        wrong=[
            fold(scale=lambda g, v, e: g / (v + e)),
            fold(scale=lambda g, v, e: g / np.sqrt(v)),
            fold(shift=lambda b, m: b),
            fold(shift=lambda b, m: b + m),
            lambda W, b, *rest: W,
        ],
    ),
    "deep-updates": Case(right=1875, wrong=[125, 15, 120000, 10]),
}
