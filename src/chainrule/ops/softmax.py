"""Softmax and its relatives. All subtract the maximum first: exp overflows above 709."""

import numpy as np

from chainrule.ops.op import Op
from chainrule.ops.reduce import restore_axes


def _softmax_forward(x, *, axis=-1):
    out = np.exp(x - x.max(axis=axis, keepdims=True))
    out /= out.sum(axis=axis, keepdims=True)
    return out, (out, axis)


def _softmax_backward(grad, saved):
    out, axis = saved
    weighted = grad * out
    return (weighted - out * weighted.sum(axis=axis, keepdims=True),)


def _log_softmax_forward(x, *, axis=-1):
    shifted = x - x.max(axis=axis, keepdims=True)
    out = shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return out, (out, axis)


def _log_softmax_backward(grad, saved):
    out, axis = saved
    return (grad - np.exp(out) * grad.sum(axis=axis, keepdims=True),)


def _logsumexp_forward(x, *, axis=None, keepdims=False):
    top = x.max(axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)  # inf - inf would be nan
    sums = np.exp(x - top).sum(axis=axis, keepdims=True)
    # all -inf: log(0) = -inf is the right value, and the gradient 0 / 0 is nan, as it must be
    with np.errstate(divide="ignore", invalid="ignore"):
        out = np.log(sums) + top
        softmax = np.exp(x - top) / sums
    return (out if keepdims else out.squeeze(axis)), (softmax, axis, keepdims)


def _logsumexp_backward(grad, saved):
    softmax, axis, keepdims = saved
    return (restore_axes(grad, axis, keepdims) * softmax,)


SOFTMAX = Op("softmax", _softmax_forward, _softmax_backward)
LOG_SOFTMAX = Op("log_softmax", _log_softmax_forward, _log_softmax_backward)
LOGSUMEXP = Op("logsumexp", _logsumexp_forward, _logsumexp_backward)

FAMILY = (SOFTMAX, LOG_SOFTMAX, LOGSUMEXP)
