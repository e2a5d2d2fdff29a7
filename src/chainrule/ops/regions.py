"""Features of a region, whatever its size, on a grid of fixed size: quantised maxima and bilinear means."""

import numpy as np

from chainrule.ops import memory
from chainrule.ops.op import Op


def _roi_align_forward(features, *, rows, columns, images):
    # features (N, C, H, W), rows (K, h, H), columns (K, w, W), images (K,): bilinear interpolation is a product of
    # one in y and one in x, and so is its mean over a grid of points
    out = memory.empty((len(images), features.shape[1], rows.shape[1], columns.shape[1]), features.dtype)
    for image in np.unique(images):
        own = images == image
        upright = rows[own][:, None] @ features[image]  # (k, C, h, W)
        out[own] = upright @ columns[own][:, None].swapaxes(2, 3)
    return out, (features.shape, rows, columns, images)


def _roi_align_backward(grad, saved):
    shape, rows, columns, images = saved
    out = memory.zeros(shape, grad.dtype)
    for image in np.unique(images):
        own = images == image
        upright = grad[own] @ columns[own][:, None]  # (k, C, h, W)
        out[image] = (rows[own][:, None].swapaxes(2, 3) @ upright).sum(0)
    return (out,)


def _roi_pool_forward(features, *, rows, columns, images):
    # rows (K, h, 2), columns (K, w, 2): where each cell begins and ends in the map, the end not included
    k, (n_rows, n_columns) = len(images), (rows.shape[1], columns.shape[1])
    n_channels, width = features.shape[1], features.shape[3]
    out = memory.zeros((k, n_channels, n_rows, n_columns), features.dtype)
    places = np.full(out.shape, -1, np.int64)  # in the flattened map; -1: the cell is empty
    for at in np.ndindex(k, n_rows, n_columns):
        (top, bottom), (left, right) = rows[at[0], at[1]], columns[at[0], at[2]]
        if top >= bottom or left >= right:
            continue
        cell = features[images[at[0]], :, top:bottom, left:right].reshape(n_channels, -1)
        best = cell.argmax(1)  # among equals the first takes the gradient, as in max pooling
        out[at[0], :, at[1], at[2]] = cell[np.arange(n_channels), best]
        y, x = np.divmod(best, right - left)
        places[at[0], :, at[1], at[2]] = (top + y) * width + left + x
    return out, (features.shape, places, images)


def _roi_pool_backward(grad, saved):
    shape, places, images = saved
    out = memory.zeros((shape[0], shape[1], shape[2] * shape[3]), grad.dtype)
    region, channel, row, column = np.nonzero(places >= 0)
    found = region, channel, row, column
    np.add.at(out, (images[region], channel, places[found]), grad[found])
    return (out.reshape(shape),)


ROI_ALIGN = Op("roi_align", _roi_align_forward, _roi_align_backward)
ROI_POOL = Op("roi_pool", _roi_pool_forward, _roi_pool_backward)

FAMILY = (ROI_ALIGN, ROI_POOL)
