import numpy as np
from exercises.case import Case


def masks(padding="right", attn="right"):
    def answer(lengths, T):
        filling = np.arange(T) >= np.array(lengths)[:, None]
        causal = np.tri(T, dtype=bool)
        return (
            {
                "right": filling,
                "turned": ~filling,
                "late": np.arange(T) > np.array(lengths)[:, None],
            }[padding],
            {"right": ~causal, "turned": causal, "itself": ~np.tri(T, k=-1, dtype=bool)}[attn],
        )

    return answer


def scores(kind):
    def answer(P, dO, V):
        dP = dO @ V.T
        return {
            "right": P * (dP - (dO * (P @ V)).sum(1, keepdims=True)),
            "weights": dP,
            "no mean": P * dP,
            "plain mean": P * (dP - dP.mean(1, keepdims=True)),
            "diagonal": P * (1 - P) * dP,
            "columns": P * (dP - (P * dP).sum(0)),
        }[kind]

    return answer


def window(kind):
    def answer(Q, K, V, width):
        behind = np.arange(len(Q))[:, None] - np.arange(len(K))
        allowed = {
            "right": (behind >= 0) & (behind < width),
            "one more": (behind >= 0) & (behind <= width),
            "both sides": np.abs(behind) < width,
            "causal": behind >= 0,
            "unscaled": (behind >= 0) & (behind < width),
            "late": (behind >= 0) & (behind < width),
        }[kind]
        S = Q @ K.T / (1 if kind == "unscaled" else np.sqrt(K.shape[1]))
        P = np.exp(S if kind == "late" else np.where(allowed, S, -np.inf))
        P = P / P.sum(1, keepdims=True)
        return (P * allowed if kind == "late" else P) @ V

    return answer


CASES = {
    "selfattn-causal": Case(
        right=np.array([20 / 3, 40 / 3]),
        wrong=[
            np.array([10.0, 15.0]),
            np.array([5.0, 10.0]),
            np.array([20.0, 0.0]),
            np.array([10.0, 10.0]),
            np.array([40 / 3, 20 / 3]),
        ],
    ),
    "selfattn-divisor": Case(right=12, wrong=[8, 144, 96, 9.797959, 24.331050]),
    "selfattn-masks": Case(
        right=masks(),
        wrong=[
            masks(padding="turned"),
            masks(attn="turned"),
            masks("turned", "turned"),
            masks(attn="itself"),
            masks(padding="late"),
        ],
    ),
    "selfattn-scores": Case(
        right=scores("right"),
        wrong=[scores(k) for k in ("weights", "no mean", "plain mean", "diagonal", "columns")],
    ),
    "selfattn-window": Case(
        right=window("right"),
        wrong=[window(k) for k in ("one more", "both sides", "causal", "unscaled", "late")],
    ),
}
