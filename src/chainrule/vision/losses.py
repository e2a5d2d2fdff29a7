"""Losses of a predicted box: one minus its overlap with the true box, less what keeps them apart."""

import numpy as np

from chainrule.checks import check_choice, check_floating, check_non_empty
from chainrule.ops import OPS
from chainrule.tensor import Tensor, apply, as_tensor, maximum, minimum
from chainrule.vision.arguments import boxes_of

_REDUCTIONS = ("mean", "sum", "none")
_ARCTAN = OPS["arctan"]


class _Pair:
    """Predicted boxes and true ones: sides, IoU and the smallest box around both."""

    def __init__(self, prediction, target):
        prediction, target = _checked(prediction, target)
        corners = [[boxes[..., i] for i in range(4)] for boxes in (prediction, target)]
        (x0, y0, x1, y1), (u0, v0, u1, v1) = corners
        self.sizes = (x1 - x0, y1 - y0), (u1 - u0, v1 - v0)
        self.shift = (x0 + x1 - u0 - u1) / 2, (y0 + y1 - v0 - v1) / 2
        self.hull = maximum(x1, u1) - minimum(x0, u0), maximum(y1, v1) - minimum(y0, v0)
        common = (minimum(x1, u1) - maximum(x0, u0)).clip(0) * (minimum(y1, v1) - maximum(y0, v0)).clip(0)
        (w, h), (u, v) = self.sizes
        self.union = w * h + u * v - common
        self.iou = common / self.union

    def distance(self):
        """Return the squared distance of the centres over the squared diagonal of the box around both."""
        (dx, dy), (width, height) = self.shift, self.hull
        return (dx * dx + dy * dy) / (width * width + height * height)


def iou_loss(prediction, target, reduction="mean"):
    """Return 1 - IoU of each predicted box with its true box, in [0, 1].

    Where two boxes do not overlap the loss is 1 and its gradient 0.

    Parameters
    ----------
    prediction : Tensor (..., 4)
        Corners x0, y0, x1, y1.
    target : array (..., 4), of the same shape
    reduction : "mean", "sum" or "none"

    Raises
    ------
    TypeError, ValueError
        If prediction does not hold floats, there are none, the shapes differ, or a box has no area.
    """
    return _reduced(1 - _Pair(prediction, target).iou, reduction)


def giou_loss(prediction, target, reduction="mean"):
    """Return 1 - IoU + the share of the box around both that neither covers, in [0, 2).

    Parameters as of ``iou_loss``; boxes apart are drawn together (rezatofighi2019generalized, algorithm 1).

    >>> giou_loss(Tensor([[0.0, 0.0, 1.0, 1.0]]), [[2, 0, 3, 1]]).item()  # apart: a third of the hull is empty
    1.3333333333333333
    """
    pair = _Pair(prediction, target)
    hull = pair.hull[0] * pair.hull[1]
    return _reduced(1 - pair.iou + (hull - pair.union) / hull, reduction)


def diou_loss(prediction, target, reduction="mean"):
    """Return 1 - IoU + ρ² / c², the squares of the centres' distance and of the hull's diagonal; in [0, 2).

    Parameters as of ``iou_loss`` (zheng2020distance, eq. 7).
    """
    pair = _Pair(prediction, target)
    return _reduced(1 - pair.iou + pair.distance(), reduction)


def ciou_loss(prediction, target, reduction="mean"):
    """Return the loss of ``diou_loss`` + α v, where v compares the ratios of width and height.

    v = 4 / π² (arctan(w' / h') - arctan(w / h))² and α = v / (1 - IoU + v), which counts as a constant: no gradient
    goes through α (zheng2020distance, eqs. 8 to 11). Parameters as of ``iou_loss``.
    """
    pair = _Pair(prediction, target)
    (w, h), (u, v) = pair.sizes
    angle = apply(_ARCTAN, u / v) - apply(_ARCTAN, w / h)
    shape = 4 / np.pi**2 * angle * angle
    rest = 1 - pair.iou.data + shape.data
    trade = np.divide(shape.data, rest, out=np.zeros_like(rest), where=shape.data > 0)
    return _reduced(1 - pair.iou + pair.distance() + trade * shape, reduction)


def _checked(prediction, target):
    """Return both as Tensors of one dtype and shape (..., 4)."""
    if not isinstance(prediction, Tensor):
        prediction = Tensor(boxes_of(prediction, "prediction"))
    check_floating(prediction.data, "prediction")
    boxes_of(prediction, "prediction")
    target = boxes_of(target, "target")
    if target.shape != prediction.shape:
        raise ValueError(
            f"target must have the shape of prediction, {prediction.shape}; got shape {target.shape}"
        )
    check_non_empty(target, "target")
    return prediction, as_tensor(target.astype(prediction.dtype, copy=False))


def _reduced(losses, reduction):
    check_choice(reduction, "reduction", _REDUCTIONS)
    return losses if reduction == "none" else getattr(losses, reduction)()
