"""Ink from strokes, and a drawing made to look like MNIST's; digit_strokes.js draws the same.

MNIST's digits were scaled so that the longer side of their box is 20 pixels, drawn with grey levels at
the edges, and moved by whole pixels until the centre of mass is the middle of a picture of 28 (LeCun,
Bottou, Bengio and Haffner, 1998). The same is done here. Strokes are scaled, not pixels, so the pen
stays as wide as theirs.
"""

import numpy as np

SIZE = 28  # pixels of a side
RADIUS = 1.3  # of the pen, in pixels; its edge fades over one pixel more
LENGTH = 20  # of the box around the ink
MARGIN = 1.5  # from a stroke's middle to the side of the box
_HALF = 0.5 - 1e-6  # a drawing that is symmetric goes one way, whatever the last digit of its centre


def ink(strokes):
    """Return the ink of strokes, 0 to 1.

    Parameters
    ----------
    strokes : list of list of float
        Each holds x₀, y₀, x₁, y₁, ... in pixels, from the upper left corner.

    Returns
    -------
    array (28, 28), float64
        1 to within 0.8 pixels of a stroke, 0 from 1.8 on, and linear between.

    Examples
    --------
    >>> ink([[10, 10, 10, 20]])[15, 8:13]
    array([0.3, 1. , 1. , 0.3, 0. ])
    """
    middle = np.arange(SIZE) + 0.5
    nearest = np.full((SIZE, SIZE), np.inf)  # squared distance
    for stroke in strokes:
        points = np.array(stroke, float).reshape(-1, 2)
        for start, stop in zip(points, points[1:] if len(points) > 1 else points):
            nearest = np.minimum(nearest, _squared_distance(middle, start, stop))
    return np.clip(RADIUS + 0.5 - np.sqrt(nearest), 0, 1)


def _squared_distance(middle, start, stop):
    """Return the squared distances (28, 28) of pixels from a segment."""
    (ax, ay), (dx, dy) = start, stop - start
    px, py = (middle - ax)[None, :], (middle - ay)[:, None]
    length = dx * dx + dy * dy
    along = np.clip((px * dx + py * dy) / length, 0, 1) if length > 0 else 0.0
    return (px - along * dx) ** 2 + (py - along * dy) ** 2


def scaled(strokes):
    """Return strokes scaled and moved so that the box of their ink has its longer side, 20 pixels, in the middle."""
    points = np.array([x for stroke in strokes for x in stroke], float).reshape(-1, 2)
    low, high = points.min(0), points.max(0)
    extent = float((high - low).max())
    factor = (LENGTH - 2 * MARGIN) / extent if extent >= 0.5 else 1.0  # a dot stays one
    middle = (low + high) / 2
    return [
        ((np.array(stroke, float).reshape(-1, 2) - middle) * factor + SIZE / 2).ravel().tolist()
        for stroke in strokes
    ]


def centred(picture):
    """Return a picture moved by whole pixels until its centre of mass is within half a pixel of (14, 14)."""
    total = picture.sum()
    if total == 0:
        return picture
    place = np.arange(SIZE)
    down = SIZE // 2 - int(np.floor((picture.sum(1) * place).sum() / total + _HALF))
    right = SIZE // 2 - int(np.floor((picture.sum(0) * place).sum() / total + _HALF))
    moved = np.zeros_like(picture)
    moved[_part(down), _part(right)] = picture[_part(-down), _part(-right)]
    return moved


def _part(shift):
    """Return the part that something moved by ``shift`` reaches."""
    return slice(max(shift, 0), SIZE + min(shift, 0))


def as_mnist(strokes, under=None):
    """Return a drawing as MNIST would have it.

    Parameters
    ----------
    strokes : list of list of float
        As for ``ink``.
    under : array (28, 28), optional
        A digit of MNIST's that is drawn upon. It has its size already, so nothing is scaled then.

    Returns
    -------
    array (28, 28), float64
    """
    if under is not None:
        return centred(np.maximum(under, ink(strokes)))
    return centred(ink(scaled(strokes))) if strokes else np.zeros((SIZE, SIZE))
