import numpy as np
from exercises.case import Case


def estimate(way="right"):
    def answer(queries, keys, values, h):
        squared = (queries[:, None] - keys) ** 2
        scores = -squared / (2 * h * h)
        if way == "absolute":
            scores = -np.sqrt(squared) / (2 * h * h)
        if way == "plain h":
            scores = -squared / (2 * h)
        if way == "no half":
            scores = -squared / (h * h)
        if way == "naive":
            with np.errstate(all="ignore"):
                shares = np.exp(scores)
                return shares @ values / shares.sum(1)
        shares = np.exp(scores - scores.max(1, keepdims=True))
        if way == "not normalised":
            return shares @ values
        return shares @ values / shares.sum(1)

    return answer


def left_out(way="right"):
    def answer(weights, values):
        own = np.diag(weights)
        if way == "transposed":
            weights = weights.T
        others = weights @ values - own * values
        if way == "included":
            return weights @ values
        if way == "not normalised":
            return others
        if way == "multiplied":
            return others * (1 - own)
        return others / (1 - own)

    return answer


CASES = {
    "lookup-dot": Case(right=9.0, wrong=[72.0, 9.01, 28.0 / 3, 4.0, 22.9]),
    "lookup-kernel": Case(
        right=estimate(),
        wrong=[
            estimate(way) for way in ("absolute", "plain h", "no half", "naive", "not normalised")
        ],
    ),
    "lookup-left-out": Case(
        right=left_out(),
        wrong=[left_out(way) for way in ("transposed", "included", "not normalised", "multiplied")],
    ),
    "lookup-weights": Case(
        right=[2 / 3, 0, 1 / 3],
        wrong=[[0.5, 0, 0.5], [0.5, 0.25, 0.25], [1, 0, 1 / 3], [0.75, 0, 0.25], [1.0, -0.5, 0.5]],
    ),
    "lookup-count": Case(right=393472, wrong=[393216, 524288, 393728, 262400]),
}
