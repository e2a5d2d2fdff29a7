import numpy as np
from exercises.case import Case

FIRST = np.tanh(0.5)


def last(index):
    return lambda states, lengths: np.array([s[index(n, len(s))] for s, n in zip(states, lengths)])


def parity(g=8.0, W_xh=None, W_hh=None, b=None, v=(1.0, -1.0), c=-1.0):
    return (
        [[2 * g, 2 * g]] if W_xh is None else W_xh,
        [[g, g], [-g, -g]] if W_hh is None else W_hh,
        [-g, -3 * g] if b is None else b,
        list(v),
        c,
    )


def mapped(W_xh=lambda w: w.T, W_hh=lambda w: w.T, b=lambda i, h: i + h):
    return lambda weight_ih, weight_hh, bias_ih, bias_hh: (
        W_xh(weight_ih),
        W_hh(weight_hh),
        b(bias_ih, bias_hh),
    )


CASES = {
    "recur-two-steps": Case(
        right=np.tanh(1 - FIRST),
        wrong=[np.tanh(1 + FIRST), np.tanh(1.0), 1 - FIRST, FIRST, -0.491, "0.491"],
    ),
    "recur-count": Case(right=1545, wrong=[1345, 1440, 1585, 1500, 43305, 620]),
    "recur-last": Case(
        right=last(lambda n, T: n - 1),
        wrong=[
            last(lambda n, T: T - 1),
            last(lambda n, T: min(n, T - 1)),
            last(lambda n, T: 0),
            lambda states, lengths: states[:, lengths - 1],
        ],
    ),
    "recur-parity": Case(
        right=parity(),
        wrong=[
            parity(g=0.5),
            parity(W_hh=[[8.0, -8.0], [8.0, -8.0]]),
            parity(b=[0.0, -16.0]),
            parity(c=0.0),
            parity(W_hh=[[0.0, 0.0], [0.0, 0.0]]),
            parity(W_xh=[[16.0], [16.0]]),
            parity()[:4],
            1.0,
        ],
    ),
    "recur-from-torch": Case(
        right=mapped(),
        wrong=[
            mapped(W_xh=lambda w: w),
            mapped(W_hh=lambda w: w),
            mapped(b=lambda i, h: i),
            mapped(b=lambda i, h: h),
            mapped(b=lambda i, h: np.concatenate([i, h])),
            lambda weight_ih, weight_hh, bias_ih, bias_hh: (weight_ih.T, weight_hh.T),
        ],
    ),
}
