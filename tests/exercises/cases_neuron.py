import numpy as np
from exercises.case import Case


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def merged(shift=lambda b, W, c: b @ W + c, product=lambda V, W: V @ W):
    def answer(layers):
        W, b = layers[0]
        for W_next, b_next in layers[1:]:
            W, b = product(W, W_next), shift(b, W_next, b_next)
        return W, b

    return answer


XOR = ([[1, 1], [1, 1]], [0, -1], [[1], [-2]], [0])

CASES = {
    "neuron-by-hand": Case(
        right=[-0.5, 0.0, -0.005],
        wrong=[
            [0.0, 0.0, 0.0],
            [-0.5, -0.5, -0.005],
            [-0.5, 0.0, 0.005],
            [0.5, 0.5, 0.5],
            [-0.5, 0.0],
            -0.5,
            "-0.5, 0, -0.005",
            [float("nan")] * 3,
        ],
    ),
    "neuron-count": Case(
        right=109386, wrong=[109184, 110170, 109187, 202, 109385, True, "109386", float("nan")]
    ),
    "neuron-merge": Case(
        right=merged(),
        wrong=[
            merged(shift=lambda b, W, c: c),
            merged(shift=lambda b, W, c: b @ W),
            merged(product=lambda V, W: V @ W + 1e-3),
            lambda layers: layers[0],
            lambda layers: layers[-1],
            lambda layers: layers[0][0],
            lambda layers: (sum(W.sum() for W, _ in layers), sum(b.sum() for _, b in layers)),
        ],
    ),
    "neuron-xnor": Case(
        right=([[1, 1], [1, 1]], [0, -1], [[-1], [2]], [1]),
        wrong=[
            XOR,
            ([[1, 1], [1, 1]], [0, -1], [[-1], [2]], [0]),
            ([[1, 1], [1, 1]], [0, -1], [-1, 2], [1]),
            ([[1, 1], [1, 1]], [0, 0], [[0], [0]], [1]),
            ([[1, 1], [1, 1]], [0, -1], [[-1], [2]], [float("nan")]),
            ("W1", [0, -1], [[-1], [2]], [1]),
            (1, 0, 0, 1),
            [1, 0, 0],
        ],
    ),
    "neuron-silu": Case(
        right=lambda z: sigmoid(z) + z * sigmoid(z) * (1 - sigmoid(z)),
        wrong=[
            lambda z: z * sigmoid(z),
            lambda z: sigmoid(z) * (1 - sigmoid(z)),
            lambda z: z * sigmoid(z) * (1 - sigmoid(z)),
            sigmoid,
            lambda z: sigmoid(z) - z * sigmoid(z) * (1 - sigmoid(z)),
            lambda z: np.sum(z),
        ],
    ),
}
