"""Normalisation layers, fused: one entry on the tape instead of ten."""

import numpy as np

from chainrule.ops.linalg import along_rows, column_sums
from chainrule.ops.memory import empty
from chainrule.ops.op import Op

_IN_CACHE = 1 << 18  # bytes of rows that are worked on at a time


def _normalise_backward(grad, normalised, inverse_std, axes):
    """Return the gradient through (x - mean) / std, whose mean and std come from x.

    grad and normalised have the shape of x; the averages run over ``axes``.
    """
    mean_grad = grad.mean(axis=axes, keepdims=True)
    mean_product = (grad * normalised).mean(axis=axes, keepdims=True)
    return inverse_std * (grad - mean_grad - normalised * mean_product)


def _inverse_root(squares, n, eps):
    """Return 1 / sqrt(squares / n + eps), in place."""
    squares /= n
    squares += eps
    np.sqrt(squares, out=squares)
    return np.reciprocal(squares, out=squares)


def _layer_norm_forward(x, weight, bias, *, eps=1e-5):
    n = x.shape[-1]
    mean = x @ np.full(n, 1 / n, x.dtype)
    normalised = np.subtract(x, mean[..., None], out=empty(x.shape, x.dtype))
    squares = np.einsum("...d,...d->...", normalised, normalised)[..., None]
    inverse_std = _inverse_root(squares, n, eps)
    normalised *= inverse_std
    out = empty(x.shape, x.dtype)
    along_rows(np.multiply, normalised, weight, out)
    along_rows(np.add, out, bias, out)
    return out, (normalised, inverse_std, weight)


def _rms_norm_forward(x, weight, *, eps=1e-5):
    squares = np.einsum("...d,...d->...", x, x)[..., None]
    inverse = _inverse_root(squares, x.shape[-1], eps)
    normalised = np.multiply(x, inverse, out=empty(x.shape, x.dtype))
    return normalised * weight, (normalised, inverse, weight)


def _weight_gradient(grad, normalised):
    """Return the sums (D,) over all rows of grad * normalised; some rows at a time, few enough for the cache."""
    rows, along = (a.reshape(-1, a.shape[-1]) for a in (grad, normalised))
    step = max(1, _IN_CACHE // max(1, rows.shape[1] * grad.itemsize))
    total = np.zeros(rows.shape[1], grad.dtype)
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        total += np.einsum("nd,nd->d", rows[part], along[part])
    return total


def _scaled_backward(grad, saved, needs, centre):
    """Return the gradients of x and weight of weight * normalised; ``centre``: the mean was taken off.

    With g = grad weight, of x: (g - mean(g) - normalised mean(g normalised)) / std, without the first mean where
    nothing was centred. Both means are products with the weight, and the sums over rows products with ones. Some
    rows are worked on at a time, few enough for the cache.
    """
    normalised, inverse, weight = saved
    if not needs[0]:
        return None, _weight_gradient(grad, normalised) if needs[1] else None
    n, of_x = len(weight), empty(grad.shape, grad.dtype)
    arrays = [a.reshape(-1, a.shape[-1]) for a in (grad, normalised, inverse, of_x)]
    step = max(1, _IN_CACHE // max(1, n * grad.itemsize))
    product = np.empty((min(step, len(arrays[0])), n), grad.dtype)
    share, of_weight = weight / n, np.zeros(n, grad.dtype)
    for start in range(0, len(arrays[0]), step):
        g, along, over, out = (a[start : start + step] for a in arrays)
        part = np.multiply(g, along, out=product[: len(g)])
        mean = (part @ share)[:, None]
        of_weight += column_sums(part)
        np.multiply(along, mean, out=part)
        np.multiply(g, weight, out=out)
        out -= part
        if centre:
            out -= (g @ share)[:, None]
        out *= over
    return of_x, of_weight


def _layer_norm_backward(grad, saved, needs=(True, True, True), out=(None, None, None)):
    of_x, of_weight = _scaled_backward(grad, saved, needs, centre=True)
    rows = grad.reshape(-1, grad.shape[-1])
    return of_x, of_weight, column_sums(rows, out[2]) if needs[2] else None


def _rms_norm_backward(grad, saved, needs=(True, True), out=(None, None)):
    return _scaled_backward(grad, saved, needs, centre=False)


def batch_moments(x):
    """Return mean and biased variance of each channel, axis 1, over all the other axes.

    x : array (N, C, ...)
    Returns two arrays (C,).
    """
    axes = (0, *range(2, x.ndim))
    return x.mean(axis=axes), x.var(axis=axes)


def _along_channels(values, ndim):
    """Shape (C,) so that it broadcasts along axis 1 of (N, C, ...)."""
    return values.reshape(-1, *[1] * (ndim - 2))


def _batch_norm_forward(x, weight, bias, *, mean=None, var=None, eps=1e-5):
    # mean and var, if given, are batch_moments(x), which the layer needs for its running averages
    if mean is None:
        mean, var = batch_moments(x)
    inverse_std = _along_channels(1 / np.sqrt(var + eps), x.ndim)
    normalised = (x - _along_channels(mean, x.ndim)) * inverse_std
    scale = _along_channels(weight, x.ndim)
    out = normalised * scale + _along_channels(bias, x.ndim)
    return out, (normalised, inverse_std, scale)


def _batch_norm_backward(grad, saved):
    normalised, inverse_std, scale = saved
    axes = (0, *range(2, grad.ndim))
    grad_x = _normalise_backward(grad * scale, normalised, inverse_std, axes)
    return grad_x, (grad * normalised).sum(axis=axes), grad.sum(axis=axes)


def _batch_norm_eval_forward(x, weight, bias, *, mean, var, eps=1e-5):
    return _batch_norm_forward(x, weight, bias, mean=mean, var=var, eps=eps)


def _batch_norm_eval_backward(grad, saved):
    normalised, inverse_std, scale = saved
    axes = (0, *range(2, grad.ndim))
    # mean and variance are constants here, so each element goes its own way
    return grad * scale * inverse_std, (grad * normalised).sum(axis=axes), grad.sum(axis=axes)


LAYER_NORM = Op("layer_norm", _layer_norm_forward, _layer_norm_backward, selective=True)
RMS_NORM = Op("rms_norm", _rms_norm_forward, _rms_norm_backward, selective=True)
BATCH_NORM = Op("batch_norm", _batch_norm_forward, _batch_norm_backward)
BATCH_NORM_EVAL = Op("batch_norm_eval", _batch_norm_eval_forward, _batch_norm_eval_backward)

FAMILY = (LAYER_NORM, RMS_NORM, BATCH_NORM, BATCH_NORM_EVAL)
