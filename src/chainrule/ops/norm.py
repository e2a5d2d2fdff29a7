"""Normalisation layers, fused: one entry on the tape instead of ten."""

import numpy as np

from chainrule.ops.op import Op


def _normalise_backward(grad, normalised, inverse_std, axes):
    """Return the gradient through (x - mean) / std, whose mean and std come from x.

    grad and normalised have the shape of x; the averages run over ``axes``.
    """
    mean_grad = grad.mean(axis=axes, keepdims=True)
    mean_product = (grad * normalised).mean(axis=axes, keepdims=True)
    return inverse_std * (grad - mean_grad - normalised * mean_product)


def _layer_norm_forward(x, weight, bias, *, eps=1e-5):
    centred = x - x.mean(axis=-1, keepdims=True)  # (..., D)
    variance = (centred * centred).mean(axis=-1, keepdims=True)
    inverse_std = 1 / np.sqrt(variance + eps)
    normalised = centred * inverse_std
    return normalised * weight + bias, (normalised, inverse_std, weight)


def _layer_norm_backward(grad, saved):
    normalised, inverse_std, weight = saved
    grad_x = _normalise_backward(grad * weight, normalised, inverse_std, -1)
    return grad_x, grad * normalised, grad


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


LAYER_NORM = Op("layer_norm", _layer_norm_forward, _layer_norm_backward)
BATCH_NORM = Op("batch_norm", _batch_norm_forward, _batch_norm_backward)
BATCH_NORM_EVAL = Op("batch_norm_eval", _batch_norm_eval_forward, _batch_norm_eval_backward)

FAMILY = (LAYER_NORM, BATCH_NORM, BATCH_NORM_EVAL)
