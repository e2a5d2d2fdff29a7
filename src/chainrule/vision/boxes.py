"""Boxes: corners and centres, area, clipping, overlap."""

import numpy as np

from chainrule.checks import check_positive
from chainrule.vision.arguments import boxes_of, four_numbers, rows_of_boxes


def to_centres(boxes):
    """Return corners (x0, y0, x1, y1) as centre and size (x, y, width, height).

    boxes : array (..., 4)
    Returns array (..., 4).
    Raises ValueError if a box has no area.

    >>> to_centres([10, 20, 16, 24])
    array([13., 22.,  6.,  4.])
    """
    boxes = boxes_of(boxes)
    low, high = boxes[..., :2], boxes[..., 2:]
    return np.concatenate([(low + high) / 2, high - low], -1)


def to_corners(centres):
    """Return centre and size (x, y, width, height) as corners (x0, y0, x1, y1).

    centres : array (..., 4), widths and heights above 0
    Returns array (..., 4).

    >>> to_corners([13, 22, 6, 4])
    array([10., 20., 16., 24.])
    """
    centres = four_numbers(centres, "centres")
    is_bad = ~(centres[..., 2:] > 0).all(-1)
    if is_bad.any():
        raise ValueError(f"centres must have widths and heights above 0; got {centres[is_bad][0].tolist()}")
    middle, half = centres[..., :2], centres[..., 2:] / 2
    return np.concatenate([middle - half, middle + half], -1)


def area(boxes):
    """Return the area of each box, array (...) in square pixels for boxes (..., 4) in pixels."""
    boxes = boxes_of(boxes)
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def clip(boxes, height, width):
    """Return boxes (..., 4), cut off at the border of an image.

    height, width : of the image, in the unit of the boxes
    A box that lies outside altogether keeps no area: drop such boxes before you ask for an overlap.

    >>> clip([-3, 2, 50, 9], height=8, width=40)
    array([ 0.,  2., 40.,  8.])
    """
    boxes = boxes_of(boxes)
    height, width = check_positive(height, "height"), check_positive(width, "width")
    return np.clip(boxes, 0, np.array([width, height, width, height], boxes.dtype))


def iou(a, b):
    """Return the intersection over union of every pair of boxes.

    a : array (N, 4), corners x0, y0, x1, y1
    b : array (M, 4), in the same frame
    Returns array (N, M) in [0, 1]; 0 where boxes only touch, 1 where they are equal.
    Raises ValueError if a box has no area.

    >>> iou([[0, 0, 2, 2]], [[1, 0, 3, 2], [0, 0, 2, 2]]).round(3)
    array([[0.333, 1.   ]])
    """
    a, b = rows_of_boxes(a, "a"), rows_of_boxes(b, "b")
    return overlap(a[:, None], b)


def overlap(a, b):
    """Return the intersection over union of boxes that broadcast, of shape (...), checked before."""
    (x0, y0, x1, y1), (u0, v0, u1, v1) = ([c[..., i] for i in range(4)] for c in (a, b))
    common = np.maximum(np.minimum(x1, u1) - np.maximum(x0, u0), 0)
    common *= np.maximum(np.minimum(y1, v1) - np.maximum(y0, v0), 0)
    return common / ((x1 - x0) * (y1 - y0) + (u1 - u0) * (v1 - v0) - common)
