"""Checks of *Back-propagation by hand*."""

import math

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


@check("hand-delta")
def hand_delta(answer):
    W1, b1, W2 = np.array([[1.0, -1.0], [0.5, 1.0]]), np.array([0.0, -2.0]), np.array([1.5, 4.0])
    z = np.array([1.0, 4.0]) @ W1 + b1
    error = np.maximum(z, 0) @ W2 - 1.0 - 1.0
    right = error * W2 * (z > 0)
    if np.shape(answer) == (2,) and array_is(answer, W2 * (z > 0)) is None:
        return "that is W2 alone: multiply it by the error at the output"
    if np.shape(answer) == (2,) and array_is(answer, right * [1, 0]) is None:
        return "both hidden units are on for this input: work out z1 again"
    return array_is(answer, right, name="the pair")


@check("hand-sigmoid-layer")
def hand_sigmoid_layer(answer):
    rng = np.random.default_rng(7)
    for B, m, n in [(1, 1, 1), (4, 3, 2), (2, 5, 5)]:
        X, W, b, upstream = (rng.normal(size=s) for s in [(B, m), (m, n), (n,), (B, n)])
        a = 1 / (1 + np.exp(-(X @ W + b)))
        delta = upstream * a * (1 - a)
        got = call(answer, X, W, b, upstream)
        if not isinstance(got, tuple) or len(got) != 3:
            return "return three arrays: dX, dW, db"
        for name, value, right in zip(
            ["dX", "dW", "db"], got, [delta @ W.T, X.T @ delta, delta.sum(0)]
        ):
            if (hint := array_is(value, right, name=name)) is not None:
                return hint
    return None


@check("hand-count-paths")
def hand_count_paths(answer):
    return number_is(
        answer,
        math.prod([4, 5, 6]),
        hints=[
            (4 + 5 + 6, "a path chooses one unit in every layer: choices multiply"),
            (3 * 4 * 5 * 6, "the input is given, so it offers no choice"),
            (3 * 4 + 4 * 5 + 5 * 6 + 6, "that counts the edges: a path crosses several of them"),
        ],
    )


@check("hand-power")
def hand_power(answer):
    class Node:
        def __init__(self, data):
            self.data, self.parents, self.grad = data, (), 0.0

    for base, n in [(2.0, 3), (1.7, -1), (0.3, 0.5)]:
        node = Node(base)
        out = call(answer, node, n)
        if not hasattr(out, "parents") or not hasattr(out, "data"):
            return f"return a Value, with data and parents; got {type(out).__name__}"
        if abs(out.data - base**n) > 1e-12:
            return f"the value of {base:g} to the power {n:g} is off"
        if len(out.parents) != 1 or out.parents[0][0] is not node:
            return "the result must have the given node as its one parent"
        if abs(out.parents[0][1] - n * base ** (n - 1)) > 1e-12:
            return f"the value is right; the local derivative at {base:g} with n = {n:g} is not"
    return None
