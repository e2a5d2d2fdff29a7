import numpy as np
from exercises.case import Case


def one_round(empty=None, far=False, middle=lambda rows: rows.mean(0)):
    def answer(X, centres):
        distances = ((X[:, None] - centres) ** 2).sum(2)
        cluster = distances.argmax(1) if far else distances.argmin(1)
        moved = centres.copy()
        for j in range(len(centres)):
            rows = X[cluster == j]
            if len(rows):
                moved[j] = middle(rows)
            elif empty is not None:
                moved[j] = empty
        return moved

    return answer


def penalised(weight=1.0, bias=0.0, mean=True):
    def answer(W, b, X, Y, strength):
        e = np.exp(X @ W + b)
        error = (e / e.sum(1, keepdims=True) - Y) / (len(X) if mean else 1)
        return X.T @ error + weight * strength * W, error.sum(0) + bias * strength * b

    return answer


D, LAYER = 512, 3_152_384  # one layer: 4 (d^2 + d) + 2 d d_ff + d_ff + d + 4 d
SMALL_BERT = (30_522 + 512 + 2) * D + 2 * D + 6 * LAYER

CASES = {
    "learn-constant": Case(
        right=[5.0, 2.0, 3.0],
        wrong=[[2.5, 2.0, 3.0], [5.0, 3.0, 2.0], [5.0, 1.0, 14.0], 5.0, [5.0, 2.5], "5, 2, 3"],
    ),
    "learn-one-round": Case(
        right=one_round(),
        wrong=[
            one_round(empty=np.nan),
            one_round(empty=0.0),
            one_round(far=True),
            one_round(middle=lambda rows: np.median(rows, axis=0)),
            lambda X, centres: centres,
            lambda X, centres: ((X[:, None] - centres) ** 2).sum(2).argmin(1),
        ],
    ),
    "learn-penalised": Case(
        right=penalised(),
        wrong=[
            penalised(weight=0.0),
            penalised(weight=2.0),
            penalised(weight=0.5),
            penalised(bias=1.0),
            penalised(mean=False),
            lambda W, b, X, Y, strength: W,
        ],
    ),
    "learn-small-bert": Case(
        right=SMALL_BERT,
        wrong=[
            SMALL_BERT + D * D + D,
            SMALL_BERT - 2 * D,
            6 * LAYER,
            109_482_240,
            "35 million",
            True,
        ],
    ),
    "learn-regret": Case(right=86.6667, wrong=[433.333, 130.0, 346.667, 0.0, 0.2, "86.7"]),
}
