"""Pooling over windows, over any number of spatial axes."""

import numpy as np

from chainrule.ops import memory
from chainrule.ops.op import Op
from chainrule.ops.windows import Windows

_PIECE_BYTES = 1 << 18


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
    if not isinstance(saved[0], Windows):
        return (_double(grad, *saved),)
    windows, wide, out = saved
    grad_wide, is_free = np.zeros_like(wide), np.ones(out.shape, bool)
    for part in windows.parts():  # among equals the first takes the gradient, as in PyTorch
        is_first = (wide[(..., *part)] == out) & is_free
        is_free &= ~is_first
        grad_wide[(..., *part)] += grad * is_first
    return (windows.cropped(grad_wide),)


def _halve(x):
    """Max pooling over 2x2: the larger of two columns, then of two rows, piece by piece of the batch.

    x : (N, C, H, W)
    Returns the largest of each four, and what ``_double`` asks for.
    """
    n, c, h, w = *x.shape[:2], x.shape[2] // 2, x.shape[3] // 2
    out, flag = memory.empty((n, c, h, w), x.dtype), np.dtype(bool)
    is_left, is_top = memory.empty((n, c, h, 2, w), flag), memory.empty((n, c, h, w), flag)
    step = _images_a_piece(x)
    wider = memory.empty((min(step, n), c, h, 2, w), x.dtype)
    for start in range(0, n, step):
        part = slice(start, start + step)
        even = np.ascontiguousarray(x[part, :, : 2 * h, : 2 * w]).reshape(-1)
        left, right, larger = even[::2], even[1::2], wider[: len(out[part])]
        # among equals the first row, then the first column
        np.greater_equal(left, right, out=is_left[part].reshape(-1))
        np.maximum(left, right, out=larger.reshape(-1))
        top, bottom = larger[..., 0, :], larger[..., 1, :]
        np.greater_equal(top, bottom, out=is_top[part])
        np.maximum(top, bottom, out=out[part])
    return out, (x.shape, is_left, is_top)


def _images_a_piece(x):
    """Return how many images of (N, C, H, W) take an eighth of a second-level cache of 2 MB."""
    return max(1, _PIECE_BYTES // (x[0].size * x.itemsize))


def _double(grad, shape, is_left, is_top):
    """Send each gradient (N, C, H / 2, W / 2) to the largest of its four; shape: (N, C, H, W)."""
    n, c, h, w = grad.shape
    is_even = shape[2:] == (2 * h, 2 * w)
    out = (memory.empty if is_even else memory.zeros)(shape, grad.dtype)
    step = max(1, _images_a_piece(out))
    wider = memory.empty((min(step, n), c, h, 2, w), grad.dtype)
    factor = memory.empty(wider.shape, grad.dtype)
    pairs = out if is_even else memory.empty((min(step, n), c, 2 * h, 2 * w), grad.dtype)
    for start in range(0, n, step):
        part = slice(start, start + step)
        piece, both = grad[part], wider[: min(step, n - start)]
        divide(piece, is_top[part], factor[: len(piece), ..., 0, :], both[..., 0, :], both[..., 1, :])
        flat = (pairs[part] if is_even else pairs[: len(piece)]).reshape(-1)
        divide(
            both.reshape(-1), is_left[part].reshape(-1), factor[: len(piece)].reshape(-1),
            flat[::2], flat[1::2],
        )  # fmt: skip
        if not is_even:
            out[part, :, : 2 * h, : 2 * w] = pairs[: len(piece)]
    return out


def divide(grad, is_first, factor, first, second):
    """Write grad to first where is_first, to second elsewhere, and 0 to the other."""
    factor[...] = is_first  # at once: the product would cast by small pieces
    np.multiply(grad, factor, out=first)
    np.subtract(grad, first, out=second)


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
