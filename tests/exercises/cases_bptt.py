import math

import numpy as np
from exercises.case import Case


def relu(steps=None, turn=lambda W: W.T, gate=lambda h: h > 0, came_in=0):
    """Return a walk back for ReLU, with a slip where one is asked for."""

    def walk(h, W_hh, g):
        total, arriving = np.zeros_like(W_hh), 0.0
        for t in list(range(len(g) - 1, -1, -1))[:steps]:
            delta = (g[t] + arriving) * gate(h[t + 1])
            total += h[t + came_in].T @ delta
            arriving = delta @ turn(W_hh)
        return total

    return walk


def norm_of(grads):
    return math.sqrt(sum((g**2).sum() for g in grads))


CASES = {
    "bptt-shares": Case(
        right=[3.5, 1.5, 0.5, 0.0],
        wrong=[
            [0.0, 0.5, 1.5, 3.5],
            [3.5, 3.0, 2.0, 0.0],
            [2.0, 1.0, 0.5, 0.25],
            [1.75, 0.75, 0.25, 0.0],
            [3.5, 1.5, 0.5],
            5.5,
        ],
    ),
    "bptt-relu": Case(
        right=relu(),
        wrong=[
            relu(steps=1),
            relu(turn=lambda W: W),
            relu(turn=lambda W: 0 * W),
            relu(gate=lambda h: 1 - h**2),
            relu(gate=np.ones_like),
            relu(came_in=1),
        ],
    ),
    "bptt-percent": Case(right=90, wrong=[89, math.log(0.01) / math.log(0.95), 14, 99, 20, "90"]),
    "bptt-transient": Case(
        right=[[0.5, 40.0], [0.0, 0.5]],
        wrong=[
            [[0.5, 10.0], [0.0, 0.5]],
            [[0.0, 1000.0], [0.0, 0.0]],
            [[2.0, 0.0], [0.0, 0.5]],
            [[0.5, 40.0], [0.1, 0.5]],
            [[0.5, 0.0], [0.0, 0.5]],
            np.eye(3) / 2,
            "no",
        ],
    ),
    "bptt-clip": Case(
        right=lambda grads, c: [g * (c / max(norm_of(grads), c)) for g in grads],
        wrong=[
            lambda grads, c: [g * min(1.0, c / np.linalg.norm(g)) for g in grads],
            lambda grads, c: [np.clip(g, -c, c) for g in grads],
            lambda grads, c: [g * c / norm_of(grads) if norm_of(grads) else g for g in grads],
            lambda grads, c: [
                g * np.minimum(1.0, np.float64(c) / norm_of(grads)) * 0.5 for g in grads
            ],
            lambda grads, c: [g * (c / max(norm_of(grads) ** 2, c)) for g in grads],
            lambda grads, c: grads[:-1],
        ],
    ),
    "bptt-segment": Case(right=90, wrong=[40, 60, 100, 130, 3600, 45]),
}
