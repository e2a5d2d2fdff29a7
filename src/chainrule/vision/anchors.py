"""Boxes that a detector starts from: a grid of anchors, the default boxes of SSD, the level of a pyramid."""

from itertools import pairwise

import numpy as np

from chainrule.checks import check_int, check_integers, check_positive
from chainrule.vision.arguments import finite, plain_array
from chainrule.vision.boxes import area, to_corners

SSD300_MAPS = (38, 19, 10, 5, 3, 1)
# The released model's sizes, in pixels of 300: the first map apart, then 20 % to 88 % in equal steps, and one beyond.
SSD300_SCALES = tuple(size / 300 for size in (30, 60, 111, 162, 213, 264, 315))
SSD300_RATIOS = ((2,), (2, 3), (2, 3), (2, 3), (2,), (2,))


def anchor_grid(height, width, stride, sizes, ratios=(1.0,)):
    """Return anchors around the centre of every cell of a feature map (ren2015faster, 3.1.1).

    Parameters
    ----------
    height, width : int
        Cells of the feature map, not pixels of the image.
    stride : number
        Pixels from one cell to the next; the centre of cell (y, x) is ((x + 0.5) stride, (y + 0.5) stride).
    sizes : sequence of S numbers
        Side of a square of the anchor's area, in pixels.
    ratios : sequence of R numbers
        Width over height.

    Returns
    -------
    array (height · width · S · R, 4)
        Corners in pixels. ``reshape(height, width, S, R, 4)`` tells them apart: the ratio changes first.

    Raises
    ------
    TypeError, ValueError
        If a number is not positive, or there are no sizes or ratios.

    Examples
    --------
    An image of 600 x 1000 pixels has 37 x 62 cells of stride 16:

    >>> len(anchor_grid(600 // 16, 1000 // 16, 16, sizes=(128, 256, 512), ratios=(0.5, 1, 2)))
    20646
    """
    height = check_int(height, "height", minimum=1)
    width, stride = check_int(width, "width", minimum=1), check_positive(stride, "stride")
    sizes, roots = _positive(sizes, "sizes"), np.sqrt(_positive(ratios, "ratios"))
    shapes = np.stack([sizes[:, None] * roots, sizes[:, None] / roots], -1)  # (S, R, 2)
    return to_corners(_on_cells(height, width, shapes.reshape(-1, 2)) * [stride, stride, 1, 1])


def default_boxes(maps=SSD300_MAPS, scales=SSD300_SCALES, ratios=SSD300_RATIOS):
    """Return the default boxes of SSD, 8 732 for SSD300 (liu2016ssd, 2.2).

    Parameters
    ----------
    maps : sequence of L ints
        Cells along a side of each square feature map.
    scales : sequence of L + 1 numbers
        Side of the square box of each map as a share of the image; the last is for the map beyond.
    ratios : sequence of L sequences of numbers
        Width over height of a map's oblong boxes; each comes with its inverse. The boxes of a cell are a square of
        scale s_l, one of √(s_l s_{l+1}), and two for each ratio.

    Returns
    -------
    array (K, 4)
        Corners, the image being the unit square; map by map, row by row, all boxes of a cell together. Boxes may
        reach over the border: ``clip(boxes, 1, 1)`` cuts them.

    Raises
    ------
    TypeError, ValueError
        If a number is not positive, or there is not one scale more than maps, and as many ratios.

    Examples
    --------
    >>> default_boxes().shape, default_boxes(maps=[2], scales=[0.5, 1], ratios=[[2]]).shape
    ((8732, 4), (16, 4))
    """
    maps = [int(n) for n in _positive(check_integers(plain_array(maps, "maps"), "maps"), "maps")]
    scales = _positive(scales, "scales")
    if len(scales) != len(maps) + 1 or len(ratios) != len(maps):
        raise ValueError(
            f"scales must hold one number more than maps, and ratios as many as maps; "
            f"got {len(scales)} scales, {len(ratios)} ratios and {len(maps)} maps"
        )
    found = []
    for n, (scale, beyond), oblong in zip(maps, pairwise(scales), ratios):
        roots = np.sqrt(_positive(oblong, "ratios", at_least=0))
        widths = [scale, np.sqrt(scale * beyond), *scale * np.stack([roots, 1 / roots], -1).reshape(-1)]
        heights = [*widths[:2], *scale * np.stack([1 / roots, roots], -1).reshape(-1)]
        found.append(_on_cells(n, n, np.stack([widths, heights], -1)) / [n, n, 1, 1])
    return to_corners(np.concatenate(found))


def fpn_level(boxes, lowest=2, highest=5, level=4, size=224):
    """Return the level of a feature pyramid that a box takes its features from (lin2017feature, eq. 1).

    boxes : array (..., 4), in pixels
    lowest, highest : the pyramid's levels; what falls outside takes the nearest
    level, size : a box of size x size pixels belongs to this level; with twice the side it goes one up
    Returns integers (...): ⌊level + log₂(√(width · height) / size)⌋.

    >>> fpn_level([[0, 0, side, side] for side in (56, 112, 224, 447, 448)])
    array([2, 3, 4, 4, 5])
    """
    lowest, highest = check_int(lowest, "lowest"), check_int(highest, "highest")
    if lowest > highest:
        raise ValueError(f"lowest must not exceed highest; got lowest={lowest}, highest={highest}")
    level, size = check_int(level, "level"), check_positive(size, "size")
    above = np.log2(np.sqrt(area(boxes)) / size)
    nearest = np.floor(level + above + 1e-6)  # the corners of a box of exactly this size are rounded
    return np.clip(nearest, lowest, highest).astype(int)


def _on_cells(height, width, shapes):
    """Return boxes (height · width · A, 4) by centre and size: shapes (A, 2) around each cell, centres in cells."""
    y, x = np.indices((height, width)) + 0.5
    out = np.empty((height, width, len(shapes), 4))
    out[..., 0], out[..., 1], out[..., 2:] = x[..., None], y[..., None], shapes
    return out.reshape(-1, 4)


def _positive(values, name, at_least=1):
    """Return a sequence of numbers above 0 as an array of float64."""
    array = finite(values, name).astype(float)
    if array.ndim != 1 or len(array) < at_least:
        raise ValueError(f"{name} must be a sequence of at least {at_least} numbers; got shape {array.shape}")
    if len(array) and array.min() <= 0:
        raise ValueError(f"{name} must be above 0; got {array.min():g}")
    return array
