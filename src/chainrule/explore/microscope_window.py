"""One convolution, pixel by pixel, and what a reader starts from; microscope_window.js computes the same.

Pictures are 784 figures 0 to 9, row by row, so that every term of a sum can be read.
"""

from dataclasses import dataclass

import numpy as np

SIZE = 28  # pixels of a side
_FIVE = (  # the test digit 42 of data.mnist(), in ten levels of grey
    "000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "000000000000000000000000000000000000001782000000460000000000000000299999679999000000"
    "000000000029789999997300000000000000004972346330000000000000000000597000000000000000"
    "000000000059600000000000000000000000005950000000000000000000000000594242452000000000"
    "000000000059899999800000000000000000005999744794000000000000000000599300019920000000"
    "000000000049300000796000000000000000000100000029900000000000000000000000001992000000"
    "000003300000000000299300000000006970000000000289800000000000499830000000289930000000"
    "000003899510014799720000000000000014999999999400000000000000000003899963000000000000"
    "000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000"
)


def _drawn(rule):
    return "".join(str(rule(i, j)) for i in range(SIZE) for j in range(SIZE))


def _ring(i, j):
    return 9 if 18**2 <= (2 * i - 27) ** 2 + (2 * j - 27) ** 2 <= 24**2 else 0


PICTURES = {  # name: title, pixels
    "digit": ("a digit of MNIST", _FIVE),
    "square": ("a square", _drawn(lambda i, j: 9 if 7 <= i <= 20 and 7 <= j <= 20 else 0)),
    "ring": ("a ring", _drawn(_ring)),
    "ramp": ("a staircase of grey", _drawn(lambda i, j: j // 3)),
    "stripes": ("stripes one pixel wide", _drawn(lambda i, j: 9 * (j % 2))),
    "dot": ("one pixel", _drawn(lambda i, j: 9 if (i, j) == (14, 14) else 0)),
    "blank": ("blank paper", _drawn(lambda i, j: 0)),
}
_BINOMIAL = (1, 4, 6, 4, 1)
KERNELS = {  # name: title, weights row by row, what divides them
    "vertical": ("vertical edges", [-1, 0, 1, -2, 0, 2, -1, 0, 1], 1),
    "horizontal": ("horizontal edges", [-1, -2, -1, 0, 0, 0, 1, 2, 1], 1),
    "laplace": ("all edges", [0, 1, 0, 1, -4, 1, 0, 1, 0], 1),
    "blur": ("blur", [1] * 9, 9),
    "gauss": ("blur, 5 × 5", [a * b for a in _BINOMIAL for b in _BINOMIAL], 256),
    "sharpen": ("sharpen", [0, -1, 0, -1, 5, -1, 0, -1, 0], 1),
    "identity": ("identity", [0, 0, 0, 0, 1, 0, 0, 0, 0], 1),
    "shift": ("shift", [0, 0, 0, 1, 0, 0, 0, 0, 0], 1),
}


def side_of(kernel):
    """Return 3 or 5, the side of a kernel given as a list."""
    return 3 if len(kernel) == 9 else 5


def resized(kernel):
    """Return a kernel of the other size: zeros put around it, or its rim taken away."""
    if len(kernel) == 25:
        return [kernel[5 * i + j] for i in range(1, 4) for j in range(1, 4)]
    return [
        kernel[3 * i + j - 4] if 0 < i < 4 and 0 < j < 4 else 0 for i in range(5) for j in range(5)
    ]


def output_size(state):
    """Return the pixels of the output's side: ⌊(28 + 2 padding − dilation (k − 1) − 1) / stride⌋ + 1."""
    span = state["dilation"] * (side_of(state["kernel"]) - 1) + 1
    return (SIZE + 2 * state["padding"] - span) // state["stride"] + 1


@dataclass
class Tap:
    """A weight on its pixel; outside the picture, in the padding, a pixel is 0."""

    weight: float
    pixel: int
    row: int  # of the input, from 0; negative or beyond 27 in the padding
    column: int
    inside: bool


@dataclass
class Computed:
    """What the figure shows of a state."""

    state: dict
    size: int  # of the output
    output: np.ndarray  # (size, size)
    at: tuple  # row and column of the pixel under the microscope
    taps: list
    total: float  # of weight · pixel, before the division


def compute(state):
    """Return what the figure shows of ``{picture, kernel, divide, stride, padding, dilation, at}``."""
    side, size = side_of(state["kernel"]), output_size(state)
    stride, padding, dilation = (state[name] for name in ("stride", "padding", "dilation"))
    picture = np.array([int(pixel) for pixel in state["picture"]], float).reshape(SIZE, SIZE)
    wide = np.pad(picture, padding)
    sums = np.zeros((size, size))
    for k, weight in enumerate(state["kernel"]):  # one tap after another, as the script does
        top, left = dilation * (k // side), dilation * (k % side)
        reach = stride * (size - 1) + 1
        sums = sums + weight * wide[top : top + reach : stride, left : left + reach : stride]
    at = tuple(min(place, size - 1) for place in state["at"])
    taps = []
    for k, weight in enumerate(state["kernel"]):
        row = stride * at[0] + dilation * (k // side) - padding
        column = stride * at[1] + dilation * (k % side) - padding
        inside = 0 <= row < SIZE and 0 <= column < SIZE
        taps.append(Tap(weight, int(picture[row, column]) if inside else 0, row, column, inside))
    return Computed(state, size, sums / state["divide"], at, taps, float(sums[at]))
