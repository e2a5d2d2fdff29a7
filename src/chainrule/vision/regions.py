"""Features of a region on a grid of fixed size, with gradients: RoI pooling and RoIAlign."""

import numpy as np

from chainrule.checks import (
    check_floating,
    check_index_range,
    check_int,
    check_ndim,
    check_positive,
)
from chainrule.ops import OPS
from chainrule.tensor import Tensor, apply
from chainrule.vision.arguments import finite, integers_for, rows_of_boxes

_ROI_ALIGN, _ROI_POOL = OPS["roi_align"], OPS["roi_pool"]


def roi_pool(features, boxes, output_size, spatial_scale=1.0, images=None):
    """Return the largest feature in each cell of a grid over each box, on whole positions (girshick2015fast, 2.1).

    A box is rounded to positions of the map, at least one, and cut into cells; cell i of n along an axis of length L
    covers [⌊i L / n⌋, ⌈(i + 1) L / n⌉). Both roundings move the box by up to half a position, stride / 2 pixels.

    Parameters
    ----------
    features : Tensor (N, C, H, W)
    boxes : array (K, 4)
        Corners in pixels of the image. Their end is not included; PyTorch's ``roi_pool`` includes it.
    output_size : int or (int, int)
        Rows and columns of the grid, h and w.
    spatial_scale : number above 0
        Positions of the map for each pixel, 1 / stride.
    images : integers (K,) in [0, N), optional
        The image of each box; may be left out where N is 1.

    Returns
    -------
    Tensor (K, C, h, w)
        0 in cells that lie outside the map. Among equal features the first takes the gradient.

    Raises
    ------
    TypeError, ValueError
        If features are not floats (N, C, H, W), a box has no area, or images do not fit.
    """
    features, boxes, images, size = _arguments(features, boxes, output_size, spatial_scale, images)
    whole = np.floor(boxes * spatial_scale + 0.5).astype(np.int64)
    rows, columns = (
        _cells(whole[:, axis], whole[:, axis + 2], n, length)
        for axis, n, length in ((1, size[0], features.shape[2]), (0, size[1], features.shape[3]))
    )
    return apply(_ROI_POOL, features, rows=rows, columns=columns, images=images)


def roi_align(features, boxes, output_size, spatial_scale=1.0, sampling_ratio=2, images=None):
    """Return the mean of bilinear samples in each cell of a grid over each box; nothing is rounded (he2017mask, 3).

    The samples of a cell stand in the middles of sampling_ratio² equal parts of it. The feature of position j stands at
    j + 0.5 on the map, as the value of a pixel stands in its middle (PyTorch: ``aligned=True``); between
    positions it is interpolated, beyond the outermost ones it stays as it is there.

    Parameters
    ----------
    features : Tensor (N, C, H, W)
    boxes : array (K, 4)
        Corners in pixels of the image.
    output_size : int or (int, int)
        Rows and columns of the grid, h and w.
    spatial_scale : number above 0
        Positions of the map for each pixel, 1 / stride.
    sampling_ratio : int, at least 1
        Samples along each axis of a cell.
    images : integers (K,) in [0, N), optional
        The image of each box; may be left out where N is 1.

    Returns
    -------
    Tensor (K, C, h, w)
        Exact where features are linear in x and y and the samples lie between positions.

    Raises
    ------
    TypeError, ValueError
        As ``roi_pool``, or if there is no sample.

    Examples
    --------
    >>> ramp = Tensor(np.tile(np.arange(8) + 0.5, (1, 1, 8, 1)))  # the feature at x is x
    >>> roi_align(ramp, [[1.25, 1, 4.75, 5]], (1, 2)).data
    array([[[[2.125, 3.875]]]])
    """
    features, boxes, images, size = _arguments(features, boxes, output_size, spatial_scale, images)
    n = check_int(sampling_ratio, "sampling_ratio", minimum=1)
    boxes = (boxes * spatial_scale).astype(features.dtype)
    rows = _interpolation(boxes[:, 1], boxes[:, 3], size[0], n, features.shape[2])
    columns = _interpolation(boxes[:, 0], boxes[:, 2], size[1], n, features.shape[3])
    return apply(_ROI_ALIGN, features, rows=rows, columns=columns, images=images)


def _interpolation(start, stop, n_cells, n_samples, length):
    """Return matrices (K, cells, length) that take the features along an axis to the mean sample of each cell."""
    steps = (np.arange(n_cells * n_samples, dtype=start.dtype) + 0.5) / (n_cells * n_samples)
    at = np.clip(start[:, None] + (stop - start)[:, None] * steps - 0.5, 0, length - 1)  # (K, cells · samples)
    near = np.maximum(1 - np.abs(at[..., None] - np.arange(length, dtype=at.dtype)), 0)  # a hat around each position
    return near.reshape(len(start), n_cells, n_samples, length).mean(2)


def _cells(start, stop, n_cells, length):
    """Return where cells begin and end (K, cells, 2) in [0, length], for regions [start, stop) of whole positions."""
    extent = np.maximum(stop - start, 1)[:, None]
    i = np.arange(n_cells)
    begin, end = i * extent // n_cells, -(-(i + 1) * extent // n_cells)  # (K, cells)
    return np.clip(np.stack([begin, end], -1) + start[:, None, None], 0, length)


def _arguments(features, boxes, output_size, spatial_scale, images):
    """Return features as a Tensor, boxes (K, 4), images (K,) and (rows, columns)."""
    features = features if isinstance(features, Tensor) else Tensor(finite(features, "features"))
    check_ndim(check_floating(features.data, "features"), "features", 4)
    boxes, n = rows_of_boxes(boxes), features.shape[0]
    size = output_size if isinstance(output_size, tuple | list) else (output_size, output_size)
    if len(size) != 2:
        raise ValueError(f"output_size must be an integer or two; got {output_size!r}")
    size = tuple(check_int(n_cells, "output_size", minimum=1) for n_cells in size)
    check_positive(spatial_scale, "spatial_scale")
    if images is None:
        if n != 1:
            raise ValueError(f"images must be given where there are several; got features of {n}")
        return features, boxes, np.zeros(len(boxes), np.int64), size
    images = integers_for(images, "images", len(boxes))
    return features, boxes, check_index_range(images.astype(np.int64), "images", n, "N"), size
