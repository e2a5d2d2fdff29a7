"""Pooling over windows, over any number of spatial axes."""

import math

import numpy as np

from chainrule.ops.op import Op
from chainrule.ops.windows import Windows


def _over(x, kernel, stride, padding):
    return Windows.over(x.shape[2:], kernel, stride, padding, (1,) * len(kernel))


def _max_pool_forward(x, *, kernel, stride, padding):
    windows = _over(x, kernel, stride, padding)
    wide = windows.padded(x.swapaxes(0, 1), -np.inf)
    out = None
    for _, part in windows.parts():
        values = wide[(..., *part)]
        out = values.copy() if out is None else np.maximum(out, values, out=out)
    return out.swapaxes(0, 1), (windows, wide, out)


def _max_pool_backward(grad, saved):
    windows, wide, out = saved
    grad = grad.swapaxes(0, 1)
    grad_wide, is_free = np.zeros_like(wide), np.ones(out.shape, bool)
    for _, part in windows.parts():  # among equals the first takes the gradient, as in PyTorch
        is_first = (wide[(..., *part)] == out) & is_free
        is_free &= ~is_first
        grad_wide[(..., *part)] += grad * is_first
    return (windows.cropped(grad_wide).swapaxes(0, 1),)


def _average_pool_forward(x, *, kernel, stride, padding):
    windows = _over(x, kernel, stride, padding)
    wide = windows.padded(x.swapaxes(0, 1))
    out = None
    for _, part in windows.parts():
        values = wide[(..., *part)]
        out = values.copy() if out is None else np.add(out, values, out=out)
    out /= math.prod(kernel)  # padding counts, as in PyTorch
    return out.swapaxes(0, 1), windows


def _average_pool_backward(grad, windows):
    share = grad.swapaxes(0, 1) / math.prod(windows.kernel)
    grad_wide = np.zeros((*share.shape[:2], *windows.wide), share.dtype)
    for _, part in windows.parts():
        grad_wide[(..., *part)] += share
    return (windows.cropped(grad_wide).swapaxes(0, 1),)


MAX_POOL = Op("max_pool", _max_pool_forward, _max_pool_backward)
AVERAGE_POOL = Op("average_pool", _average_pool_forward, _average_pool_backward)

FAMILY = (MAX_POOL, AVERAGE_POOL)
