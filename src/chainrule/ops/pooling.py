"""Pooling over windows, over any number of spatial axes."""

import numpy as np

from chainrule.ops.op import Op
from chainrule.ops.windows import Windows


def _over(x, kernel, stride, padding):
    return Windows.over(x.shape[2:], kernel, stride, padding, (1,) * len(kernel))


def _folded(windows, wide, ufunc):
    """Return ufunc, which takes two, over the values of each window."""
    out = None
    for part in windows.parts():
        values = wide[(..., *part)]
        out = values.copy() if out is None else ufunc(out, values, out=out)
    return out


def _max_pool_forward(x, *, kernel, stride, padding):
    windows = _over(x, kernel, stride, padding)
    if kernel == stride == (2, 2) and not windows.is_padded():
        return _halve(x)
    wide = windows.padded(x, -np.inf)
    out = _folded(windows, wide, np.maximum)
    return out, (windows, wide, out)


def _max_pool_backward(grad, saved):
    if len(saved) == 4:
        return (_double(grad, *saved),)
    windows, wide, out = saved
    grad_wide, is_free = np.zeros_like(wide), np.ones(out.shape, bool)
    for part in windows.parts():  # among equals the first takes the gradient, as in PyTorch
        is_first = (wide[(..., *part)] == out) & is_free
        is_free &= ~is_first
        grad_wide[(..., *part)] += grad * is_first
    return (windows.cropped(grad_wide),)


def _halve(x):
    """Max pooling over 2x2: of two columns, then of two rows, each comparison over whole arrays.

    x : (N, C, H, W)
    Returns the largest of each four, and what ``_double`` asks for.
    """
    h, w = x.shape[2] // 2, x.shape[3] // 2
    even = x if x.shape[2:] == (2 * h, 2 * w) else x[:, :, : 2 * h, : 2 * w]
    even = np.ascontiguousarray(even)
    left, right = even.reshape(-1)[::2], even.reshape(-1)[1::2]
    is_left = left >= right  # among equals the first row, then the first column
    wider = np.maximum(left, right).reshape(*x.shape[:2], h, 2, w)
    top, bottom = wider[..., 0, :], wider[..., 1, :]
    return np.maximum(top, bottom), (x.shape, is_left, top >= bottom, even.shape)


def _double(grad, shape, is_left, is_top, even_shape):
    """Send each gradient (N, C, H / 2, W / 2) to the largest of its four."""
    wider = np.empty((*grad.shape[:-1], 2, grad.shape[-1]), grad.dtype)
    np.multiply(grad, is_top, out=wider[..., 0, :])
    np.multiply(grad, ~is_top, out=wider[..., 1, :])
    wider, out = wider.reshape(-1), np.empty(even_shape, grad.dtype)
    np.multiply(wider, is_left, out=out.reshape(-1)[::2])
    np.multiply(wider, ~is_left, out=out.reshape(-1)[1::2])
    if even_shape == shape:
        return out
    whole = np.zeros(shape, grad.dtype)
    whole[:, :, : even_shape[2], : even_shape[3]] = out
    return whole


def _average_pool_forward(x, *, kernel, stride, padding):
    windows = _over(x, kernel, stride, padding)
    out = _folded(windows, windows.padded(x), np.add)
    out /= windows.n_positions  # padding counts, as in PyTorch
    return out, windows


def _average_pool_backward(grad, windows):
    share = grad / windows.n_positions
    grad_wide = np.zeros((*share.shape[:2], *windows.wide), share.dtype)
    for part in windows.parts():
        grad_wide[(..., *part)] += share
    return (windows.cropped(grad_wide),)


MAX_POOL = Op("max_pool", _max_pool_forward, _max_pool_backward)
AVERAGE_POOL = Op("average_pool", _average_pool_forward, _average_pool_backward)

FAMILY = (MAX_POOL, AVERAGE_POOL)
