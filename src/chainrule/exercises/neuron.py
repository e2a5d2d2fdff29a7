"""Checks of *Neurons, layers, activations*."""

import itertools

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


@check("neuron-by-hand")
def neuron_by_hand(answer):
    z = np.dot([1.0, 3.0, 2.0], [2.0, -1.0, 0.5]) - 0.5
    right = np.array([z, max(z, 0.0), z if z > 0 else 0.01 * z])
    if np.shape(answer) == (3,) and array_is(answer, right) is not None:
        if array_is(answer[0], z + 0.5) is None:
            return "z lacks the bias"
        if array_is(answer[0], z) is not None:
            return "z is off: multiply each input by its own weight, add the three, add the bias"
        if array_is(answer[1], right[1]) is not None:
            return "z is right; ReLU keeps what is positive and makes the rest 0"
        return "z and ReLU are right; on the left, leaky ReLU is the slope times z"
    return array_is(answer, right, name="the three numbers")


@check("neuron-count")
def neuron_count(answer):
    sizes = [28 * 28, 128, 64, 10]
    weights = sum(m * n for m, n in itertools.pairwise(sizes))
    return number_is(
        answer,
        weights + sum(sizes[1:]),
        hints=[
            (weights, "those are the weights alone: each unit has a bias, too"),
            (weights + sum(sizes), "the input layer has no biases: it computes nothing"),
            (weights + len(sizes) - 1, "each unit has a bias of its own, not each layer"),
            (sum(sizes[1:]), "those are the biases alone"),
        ],
    )


@check("neuron-merge")
def neuron_merge(answer):
    rng = np.random.default_rng(3)
    for sizes in [[2, 3], [4, 3, 2], [3, 5, 5, 1, 4]]:
        layers = [(rng.normal(size=(m, n)), rng.normal(size=n)) for m, n in itertools.pairwise(sizes)]
        W, b = layers[0]
        for W_next, b_next in layers[1:]:
            W, b = W @ W_next, b @ W_next + b_next
        got = call(answer, [(V.copy(), c.copy()) for V, c in layers])
        if not isinstance(got, (tuple, list)) or len(got) != 2:
            return "return two arrays: W, b"
        if (hint := array_is(got[0], W, name=f"W of {len(layers)} layers")) is not None:
            return hint
        if (hint := array_is(got[1], b, name=f"b of {len(layers)} layers")) is not None:
            return f"W is right; {hint}: each bias passes through the layers behind it"
    return None


@check("neuron-xnor")
def neuron_xnor(answer):
    if not isinstance(answer, (tuple, list)) or len(answer) != 4:
        return "give four arrays: W1, b1, W2, b2"
    arrays = []
    for name, value, shape in zip(
        ["W1", "b1", "W2", "b2"], answer, [(2, 2), (2,), (2, 1), (1,)]
    ):
        try:
            value = np.asarray(value, dtype=np.float64)
        except (TypeError, ValueError):
            return f"{name} must be an array of numbers; got {type(value).__name__}"
        if value.shape != shape:
            return f"{name} must have shape {shape}; got {value.shape}"
        arrays.append(value)
    W1, b1, W2, b2 = arrays
    corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    got = (np.maximum(corners @ W1 + b1, 0) @ W2 + b2).ravel()
    right = np.array([1.0, 0.0, 0.0, 1.0])
    if array_is(got, 1 - right) is None:
        return "that is XOR itself: how do you take it from 1?"
    wrong = ~(np.abs(got - right) <= 1e-6)
    if not wrong.any():
        return None
    i = int(np.argmax(wrong))
    x1, x2 = corners[i]
    return f"at ({x1:g}, {x2:g}) the network answers {got[i]:g} and should answer {right[i]:g}"


@check("neuron-silu")
def neuron_silu(answer):
    z = np.linspace(-4, 4, 33)
    sigmoid = 1 / (1 + np.exp(-z))
    slope = sigmoid * (1 - sigmoid)
    got = call(answer, z)
    if np.shape(got) == z.shape:
        if array_is(got, z * sigmoid) is None:
            return "that is SiLU; its derivative is asked for"
        if array_is(got, slope) is None:
            return "that is the slope of the sigmoid; SiLU is a product of two factors"
        if array_is(got, z * slope) is None or array_is(got, sigmoid) is None:
            return "that is one term of the product rule; there are two"
    return array_is(got, sigmoid + z * slope, name="the slope")
