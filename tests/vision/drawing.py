"""Boxes to try things on."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

SEEDS = st.integers(0, 2**32 - 1)


def some_boxes(rng, n, size=12.0):
    """Return n boxes of whole and broken corners within a square, many of which overlap."""
    corner = rng.uniform(0, 0.7 * size, (n, 2))
    return np.concatenate([corner, corner + rng.uniform(0.05, 0.5, (n, 2)) * size], 1)


def pixel_boxes(n, side=9):
    """Return a strategy of integer boxes (n, 4) within a square."""
    corner = arrays(int, (n, 2), elements=st.integers(0, side - 1))
    return st.tuples(corner, arrays(int, (n, 2), elements=st.integers(1, side))).map(
        lambda pair: np.concatenate([pair[0], np.minimum(pair[0] + pair[1], side)], 1)
    )


def iou_of_two(a, b):
    """Return the intersection over union of two boxes, by the school's formula."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    common = max(width, 0) * max(height, 0)
    return common / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common)
