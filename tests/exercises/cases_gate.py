import numpy as np
from exercises.case import Case


def gru_step(before=True, keep="z", blocks="rz"):
    def answer(x, h, W, U, b):
        n = len(h)
        gates = 1 / (1 + np.exp(-(x @ W + h @ U + b)))
        first, second = gates[:n], gates[n : 2 * n]
        r, z = (first, second) if blocks == "rz" else (second, first)
        U_n = U[:, 2 * n :]
        past = (r * h) @ U_n if before else r * (h @ U_n)
        candidate = np.tanh(x @ W[:, 2 * n :] + past + b[2 * n :])
        return (1 - z) * candidate + z * h if keep == "z" else z * candidate + (1 - z) * h

    return answer


def tied(own=False, forward=False, free=False):
    def answer(f, g):
        later = np.cumprod(f, axis=0) if forward else np.cumprod(f[::-1], axis=0)[::-1]
        weights = later if own else later / f
        return (weights * (1 if free else 1 - f) * g).sum(0)

    return answer


CASES = {
    "gate-bias": Case(right=4.9681, wrong=[0.99309, 4.5951, -0.00693, -4.9681, 100.0]),
    "gate-third": Case(right=0.7875, wrong=[0.85, 0.9875, -0.0125, 0.1875, 1.05]),
    "gate-count": Case(right=31872, wrong=[31680, 42496, 42240, 31488, 31744]),
    "gate-gru-step": Case(
        right=gru_step(),
        wrong=[
            gru_step(before=False),
            gru_step(keep="1-z"),
            gru_step(blocks="zr"),
            lambda x, h, W, U, b: h,
        ],
    ),
    "gate-tied": Case(
        right=tied(),
        wrong=[tied(own=True), tied(forward=True), tied(free=True), lambda f, g: g.mean(0)],
    ),
}
