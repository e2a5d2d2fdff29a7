import numpy as np
from exercises.case import Case


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def layer(slope=lambda a: a * (1 - a), transpose=True, bias=lambda d: d.sum(0)):
    def answer(X, W, b, upstream):
        a = sigmoid(X @ W + b)
        delta = upstream * slope(a)
        return delta @ (W.T if transpose else W.T[::-1]), X.T @ delta, bias(delta)

    return answer


class Node:
    def __init__(self, data, parents=()):
        self.data, self.parents = data, parents


def power(local):
    return lambda v, n: Node(v.data**n, ((v, local(v.data, n)),))


CASES = {
    "hand-delta": Case(
        right=[9.75, 26.0],
        wrong=[[1.5, 4.0], [9.75, 0.0], [7.5, 7.5], 9.75, "9.75, 26", [6.5, 6.5]],
    ),
    "hand-sigmoid-layer": Case(
        right=layer(),
        wrong=[
            layer(slope=lambda a: 1.0),
            layer(slope=lambda a: 1 - a**2),
            layer(bias=lambda d: d.mean(0)),
            layer(bias=lambda d: d),
            lambda X, W, b, upstream: X,
            lambda X, W, b, upstream: (X, W),
        ],
    ),
    "hand-count-paths": Case(right=120, wrong=[15, 360, 68, True, "120"]),
    "hand-power": Case(
        right=power(lambda x, n: n * x ** (n - 1)),
        wrong=[
            power(lambda x, n: x ** (n - 1)),
            power(lambda x, n: n * x**n),
            power(lambda x, n: 1.0),
            lambda v, n: v.data**n,
            lambda v, n: Node(v.data**n),
        ],
    ),
}
