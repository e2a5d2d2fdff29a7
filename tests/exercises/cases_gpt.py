import math

import numpy as np
from exercises.case import Case


def nucleus(way="right"):
    def answer(p, threshold):
        order = np.argsort(-p)
        upto = np.cumsum(p[order])
        chosen = {
            "too few": upto < threshold,
            "too many": upto - p[order] <= threshold,
            "each": p[order] >= threshold,
        }.get(way, upto - p[order] < threshold)
        kept = np.zeros_like(p)
        kept[order[chosen]] = p[order[chosen]]
        if way == "not normalised":
            return kept
        if way == "sorted":
            kept = p[order] * chosen
        return kept / max(kept.sum(), 1e-300)

    return answer


def shifted(way="right"):
    def answer(z, tokens):
        if way != "overflow":
            z = z - z.max(-1, keepdims=True)
        with np.errstate(all="ignore"):
            log_p = z - np.log(np.exp(z).sum(-1, keepdims=True))
        n = len(tokens)
        if way == "same":
            return -log_p[np.arange(n), tokens].mean()
        if way == "before":
            return -log_p[np.arange(1, n), tokens[:-1]].mean()
        if way == "round":
            return -log_p[np.arange(n), np.roll(tokens, -1)].mean()
        found = -log_p[np.arange(n - 1), tokens[1:]]
        return {"sum": found.sum(), "all": found.sum() / n, "bits": found.mean() / math.log(2)}.get(
            way, found.mean()
        )

    return answer


CASES = {
    "gpt-merges": Case(right=8, wrong=[14, 10, 9, 7, 6, 5]),
    "gpt-bits": Case(
        right=np.array([1.4427, 1.7312]),
        wrong=[
            np.array([1.0, 1.2]),
            np.array([5.771, 1.731]),
            np.array([1.7312, 1.4427]),
            np.array([0.6931, 0.8318]),
            1.4427,
        ],
    ),
    "gpt-nucleus": Case(
        right=nucleus(),
        wrong=[nucleus(way) for way in ("too few", "too many", "each", "not normalised", "sorted")],
    ),
    "gpt-shift": Case(
        right=shifted(),
        wrong=[
            shifted(way) for way in ("same", "before", "round", "sum", "all", "bits", "overflow")
        ],
    ),
    "gpt-cache": Case(
        right=75.497472, wrong=[37.748736, 18.874368, 6.291456, 905.97, 75497472, 72.0]
    ),
}
