"""A box as its offset from an anchor, and back."""

import numpy as np

from chainrule.checks import check_number
from chainrule.tensor import Tensor, concatenate
from chainrule.vision.arguments import boxes_of, finite, four_numbers
from chainrule.vision.boxes import to_centres


def encode(boxes, anchors, weights=(1.0, 1.0, 1.0, 1.0)):
    """Return the offsets (t_x, t_y, t_w, t_h) that lead from anchors to boxes (girshick2014rich, appendix C).

    t_x = (x - x_a) / w_a, t_y alike; t_w = log(w / w_a), t_h alike; each times its weight.

    Parameters
    ----------
    boxes, anchors : array (..., 4)
        Corners; of shapes that broadcast.
    weights : 4 numbers above 0
        Fast R-CNN's (10, 10, 5, 5) make offsets of a variance near 1; SSD divides by the inverses, its "variances".

    Returns
    -------
    array (..., 4)

    Raises
    ------
    TypeError, ValueError
        If a box has no area, a weight is not above 0, or the shapes do not broadcast.

    Examples
    --------
    >>> encode([10, 10, 30, 20], [0, 10, 20, 20])  # half a width to the right
    array([0.5, 0. , 0. , 0. ])
    """
    boxes, anchors = boxes_of(boxes, "boxes"), boxes_of(anchors, "anchors")
    _check_broadcast(boxes, "boxes", anchors)
    box, anchor = to_centres(boxes), to_centres(anchors)
    shift = (box[..., :2] - anchor[..., :2]) / anchor[..., 2:]
    return np.concatenate([shift, np.log(box[..., 2:] / anchor[..., 2:])], -1) * _weights(weights, box.dtype)


def decode(offsets, anchors, weights=(1.0, 1.0, 1.0, 1.0), limit=None):
    """Return the boxes to which offsets lead from anchors: the inverse of ``encode``.

    Parameters
    ----------
    offsets : Tensor or array (..., 4)
    anchors : array (..., 4)
        Corners; of a shape that broadcasts with offsets.
    weights : 4 numbers above 0
    limit : number above 1, optional
        By how much, at most, a box may be wider or higher than its anchor; keeps the exponential of an untrained
        network's offsets finite. Faster R-CNN's code takes 1000 / 16.

    Returns
    -------
    Tensor or array (..., 4)
        Corners; a Tensor, with its gradient, where offsets are one.

    Raises
    ------
    TypeError, ValueError
        As ``encode``.
    """
    values, anchors = four_numbers(offsets, "offsets"), boxes_of(anchors, "anchors")
    _check_broadcast(values, "offsets", anchors)
    anchor = to_centres(anchors).astype(values.dtype, copy=False)
    is_tensor = isinstance(offsets, Tensor)
    scaled = (offsets if is_tensor else Tensor(values)) / _weights(weights, values.dtype)
    stretch = scaled[..., 2:]
    if limit is not None:
        stretch = stretch.clip(max=float(np.log(check_number(limit, "limit", above=1))))
    middle, half = scaled[..., :2] * anchor[..., 2:] + anchor[..., :2], stretch.exp() * (anchor[..., 2:] / 2)
    boxes = concatenate([middle - half, middle + half], -1)
    return boxes if is_tensor else boxes.data


def _check_broadcast(array, name, anchors):
    try:
        np.broadcast_shapes(array.shape, anchors.shape)
    except ValueError:
        raise ValueError(
            f"{name} and anchors must have shapes that broadcast; got {array.shape} and {anchors.shape}"
        ) from None


def _weights(weights, dtype):
    weights = finite(weights, "weights").astype(dtype)
    if weights.shape != (4,) or weights.min() <= 0:
        raise ValueError(f"weights must be 4 numbers above 0; got {weights.tolist()}")
    return weights
