"""The small CNN of *draw a digit*: its weights as they ship, its maps, and what hiding a patch does.

digit_network.js computes the same. Two 3 × 3 convolutions with ReLU and max pooling, 8 and 16 maps,
and one linear layer: 9 098 numbers. ``python -m chainrule.explore.draw_a_digit_model`` trains it
and writes ``digit_weights.js``.
"""

import base64
from dataclasses import dataclass
from functools import cache

import numpy as np

import chainrule.nn.functional as F
from chainrule import nn
from chainrule.explore.int8_rows import packed_rows, shipped, unpacked_rows
from chainrule.tensor import no_grad

SIZE = 28  # pixels of a side
PATCH, PACE = 6, 2  # pixels: the side of the patch that hides, and how far it moves each time


def new_network(rng, dtype=np.float32):
    """Return the network untrained."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1, rng=rng, dtype=dtype), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1, rng=rng, dtype=dtype), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(16 * 7 * 7, 10, rng=rng, dtype=dtype),
    )  # fmt: skip


def packed(state_dict):
    """Return weights as they ship: int8 steps of 1/127 of the largest in each output; biases to 4 decimals.

    Parameters
    ----------
    state_dict : dict of str to array
        Of ``new_network``.

    Returns
    -------
    dict of str to dict, of JSON types
    """
    done = {}
    for name, array in state_dict.items():
        if name.endswith("bias"):
            done[name] = {"values": [round(float(x), 4) for x in array]}
            continue
        rows = array.T if array.ndim == 2 else array.reshape(len(array), -1)  # one for each output
        done[name] = packed_rows(rows, digits=6)
    return done


def unpacked(parts):
    """Return the arrays of ``packed`` parts, in float64."""
    done = {}
    shapes = {"0.weight": (8, 1, 3, 3), "3.weight": (16, 8, 3, 3), "7.weight": (10, 16 * 7 * 7)}
    for name, part in parts.items():
        if "values" in part:
            done[name] = np.array(part["values"])
            continue
        array = unpacked_rows(part).reshape(shapes[name])
        done[name] = array.T.copy() if name == "7.weight" else array
    return done


@cache
def trained():
    """Return what ``digit_weights.js`` holds: ``layers``, ``accuracy`` on the test digits, ``digits`` to start from."""
    return shipped("digit_weights")


@cache
def digits():
    """Return the digits to start from: pairs of a label and an array (28, 28) of ink in [0, 1]."""
    return [
        (digit["label"], np.frombuffer(base64.b64decode(digit["ink"]), np.uint8).reshape(SIZE, SIZE) / 255)
        for digit in trained()["digits"]
    ]


@cache
def network():
    """Return the trained network in float64.

    Examples
    --------
    >>> label, ink = digits()[3]
    >>> label, int(network()(ink[None, None]).data.argmax())
    (3, 3)
    """
    model = new_network(np.random.default_rng(0), np.float64)
    model.load_state_dict(unpacked(trained()["layers"]))
    return model.eval()


@dataclass
class Maps:
    """What the layers make of one picture: maps (C, H, W) after each ReLU, and the probabilities of ten classes."""

    first: np.ndarray  # (8, 28, 28)
    second: np.ndarray  # (16, 14, 14)
    probabilities: np.ndarray  # (10,)


@no_grad()
def maps_of(picture):
    """Return the ``Maps`` of a picture (28, 28)."""
    model = network()
    first = F.relu(model[0](picture[None, None]))
    second = F.relu(model[3](model[2](first)))
    logits = model[7](model[6](model[5](second)))
    return Maps(first.data[0], second.data[0], F.softmax(logits).data[0])


@no_grad()
def occlusion(picture):
    """Return how far the winning class's probability falls where a patch of 6 × 6 pixels is wiped clean.

    Parameters
    ----------
    picture : array (28, 28)

    Returns
    -------
    array (14, 14)
        Entry (i, j) belongs to a patch whose middle is the middle of pixels 2i, 2i + 1 and 2j, 2j + 1.
        It is negative where the class gains. Zeiler and Fergus (2014) slide a grey square.
    """
    n, reach = SIZE // PACE, (PATCH - PACE) // 2
    hidden = np.repeat(picture[None], n * n, axis=0)
    for k in range(n * n):
        top, left = PACE * (k // n) - reach, PACE * (k % n) - reach
        hidden[k, max(top, 0) : top + PATCH, max(left, 0) : left + PATCH] = 0
    before, drops = maps_of(picture).probabilities, np.zeros(n * n)
    changed = (hidden != picture).any((1, 2))  # where there is no ink nothing changes
    if changed.any():
        after = F.softmax(network()(hidden[changed, None])).data
        drops[changed] = before.max() - after[:, before.argmax()]
    return drops.reshape(n, n)
