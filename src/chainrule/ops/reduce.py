"""Reductions: many elements become one, along some axes or all of them."""

from math import prod

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from chainrule.ops.op import Op


def restore_axes(reduced, axis, keepdims):
    """Give a reduced array its lost axes back, with length 1, so that it broadcasts."""
    if axis is None or keepdims:
        return reduced
    return np.expand_dims(reduced, axis)


def count_reduced(shape, axis):
    """Return how many elements each reduced value is made of.

    Raises ValueError (as NumPy's AxisError) if an axis is not there or is named twice.
    """
    axes = range(len(shape)) if axis is None else normalize_axis_tuple(axis, len(shape))
    return prod(shape[a] for a in axes)


def _sum_forward(x, *, axis=None, keepdims=False):
    return x.sum(axis=axis, keepdims=keepdims), (x.shape, axis, keepdims)


def _sum_backward(grad, saved):
    shape, axis, keepdims = saved
    return (np.broadcast_to(restore_axes(grad, axis, keepdims), shape),)


def _mean_forward(x, *, axis=None, keepdims=False):
    n = count_reduced(x.shape, axis)
    return x.mean(axis=axis, keepdims=keepdims), (x.shape, axis, keepdims, n)


def _mean_backward(grad, saved):
    shape, axis, keepdims, n = saved
    return (np.broadcast_to(restore_axes(grad / n, axis, keepdims), shape),)


def _var_forward(x, *, axis=None, keepdims=False, ddof=0):
    n = count_reduced(x.shape, axis) - ddof
    centred = x - x.mean(axis=axis, keepdims=True)
    out = (centred * centred).sum(axis=axis, keepdims=keepdims) / n
    return out, (centred, axis, keepdims, n)


def _var_backward(grad, saved):
    centred, axis, keepdims, n = saved
    # the mean depends on x too, but its share is the sum of `centred`, which is 0
    return (restore_axes(grad * (2 / n), axis, keepdims) * centred,)


def _max_forward(x, *, axis=None, keepdims=False):
    out = x.max(axis=axis, keepdims=keepdims)
    return out, (x, out, axis, keepdims)


def _min_forward(x, *, axis=None, keepdims=False):
    out = x.min(axis=axis, keepdims=keepdims)
    return out, (x, out, axis, keepdims)


def _extremum_backward(grad, saved):
    x, out, axis, keepdims = saved
    hit = x == restore_axes(out, axis, keepdims)
    share = hit / hit.sum(axis=axis, keepdims=True, dtype=x.dtype)  # ties share evenly
    return (restore_axes(grad, axis, keepdims) * share,)


def _prod_forward(x, *, axis=None, keepdims=False):
    return x.prod(axis=axis, keepdims=keepdims), (x, axis, keepdims)


def _product_of_others(x):
    """Return, for each element of the last axis, the product of all the others there."""
    # not out / x, which fails when an element is 0
    before, after = np.ones_like(x), np.ones_like(x)
    np.cumprod(x[..., :-1], axis=-1, out=before[..., 1:])
    np.cumprod(x[..., :0:-1], axis=-1, out=after[..., -2::-1])
    return before * after


def _prod_backward(grad, saved):
    x, axis, keepdims = saved
    axes = tuple(range(x.ndim)) if axis is None else np.atleast_1d(axis)
    last = tuple(range(-len(axes), 0))
    moved = np.moveaxis(x, axes, last)
    kept = moved.shape[: x.ndim - len(axes)]
    others = _product_of_others(moved.reshape(*kept, count_reduced(x.shape, axis)))
    others = np.moveaxis(others.reshape(moved.shape), last, axes)
    return (restore_axes(grad, axis, keepdims) * others,)


SUM = Op("sum", _sum_forward, _sum_backward)
MEAN = Op("mean", _mean_forward, _mean_backward)
VAR = Op("var", _var_forward, _var_backward)
MAX = Op("max", _max_forward, _extremum_backward)
MIN = Op("min", _min_forward, _extremum_backward)
PROD = Op("prod", _prod_forward, _prod_backward)

FAMILY = (SUM, MEAN, VAR, MAX, MIN, PROD)
