import numpy as np
from exercises.case import Case


def state(kind):
    def answer(pieces, W, U, b):
        h = np.zeros(len(U))
        for piece in pieces:
            if kind == "forgets":
                h = np.zeros(len(U))
            for x_t in piece:
                if kind == "no bias":
                    h = np.tanh(x_t @ W + h @ U)
                elif kind == "columns":
                    h = np.tanh(x_t @ W + U @ h + b)
                elif kind == "no state":
                    h = np.tanh(x_t @ W + b)
                elif kind == "no tanh":
                    h = x_t @ W + h @ U + b
                else:
                    h = np.tanh(x_t @ W + h @ U + b)
        return h

    return answer


def effect(kind):
    def answer(f, X, order):
        return {
            "right": lambda: np.abs(f(X[order]) - f(X)[order]).max(),
            "places": lambda: np.abs(f(X[order]) - f(X)).max(),
            "twice": lambda: np.abs(f(X[order])[order] - f(X)).max(),
            "mean": lambda: np.abs(f(X[order]) - f(X)[order]).mean(),
            "signed": lambda: (f(X[order]) - f(X)[order]).max(),
        }[kind]()

    return answer


CASES = {
    "qseq-blind": Case(
        right=lambda x: np.full(len(x), 0.5),
        wrong=[
            lambda x: np.ones(len(x)),
            lambda x: np.zeros(len(x)),
            lambda x: np.full(len(x), 0.25),
            lambda x: 1 / (1 + np.exp(-np.clip(x, -20, 20))),
            lambda x: 0.5,
        ],
    ),
    "qseq-pieces": Case(
        right=state("right"),
        wrong=[state(k) for k in ("forgets", "no bias", "columns", "no state", "no tanh")],
    ),
    "qseq-reach": Case(right=0.5**10, wrong=[0.05, 0.5 ** (1 / 20), 0.5**20, 0.5**200, 0.5, 0.0]),
    "qseq-units": Case(right=309, wrong=[256, 341, 296, 310, 342]),
    "qseq-order": Case(
        right=effect("right"), wrong=[effect(k) for k in ("places", "twice", "mean", "signed")]
    ),
    "qseq-silent": Case(right=18.0, wrong=[0.0, 15.0, 1.8, 20.0]),
}
