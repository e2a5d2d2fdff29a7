"""Losses, each fused with the function before it, so that their gradients are short and stable.

Every loss takes ``reduction``: "mean" and "sum" give one number, "none" one for each example.
"""

import numpy as np

from chainrule.ops.activation import stable_sigmoid
from chainrule.ops.memory import empty
from chainrule.ops.op import Op

_BOTH, _NO_OUT = (True, True), (None, None)


def _reduced(losses, reduction):
    """Apply the reduction."""
    if reduction == "none":
        return losses
    total = np.add.reduce(losses, axis=None)
    return total / losses.size if reduction == "mean" else total


def _combined(function, a, b):
    """Return function(a, b) of two arrays that broadcast, in memory that is kept."""
    shape = np.broadcast_shapes(a.shape, np.shape(b))
    return function(a, b, out=empty(shape, np.result_type(a, b)))


def _per_loss(grad, n_losses, reduction):
    """Return the gradient that reaches each of the losses before the reduction."""
    return grad / n_losses if reduction == "mean" else grad


def _one_row_per_label(labels, n_classes, dtype):
    """Return one-hot rows: (N,) becomes (N, K)."""
    rows = np.zeros((labels.size, n_classes), dtype)
    rows[np.arange(labels.size), labels] = 1
    return rows


_FEW = 64  # classes; up to here K steps along N beat N reductions of K


def _softmax_cross_entropy_forward(logits, target, *, label_smoothing=0.0, reduction="mean"):
    n_classes = logits.shape[-1]
    flat = logits.reshape(-1, n_classes)  # (N, K)
    axis = 0 if n_classes <= _FEW else 1
    shifted = (flat if axis else flat.T).copy()  # (K, N) for few classes
    shifted -= np.maximum.reduce(shifted, axis, keepdims=True)  # exp overflows above 709
    if target.dtype.kind in "iu" and not label_smoothing:
        rows, target = np.arange(len(flat)), target.reshape(-1)
        where = (rows, target) if axis else (target, rows)
        true = shifted[where]
        error = np.exp(shifted, out=shifted)
        sums = np.add.reduce(error, axis, keepdims=True)
        error /= sums
        losses = np.log(sums, out=sums).reshape(-1)
        losses -= true
        error[where] -= 1  # p - y, the shortest gradient in the book
        error, log_p = error if axis else error.T, None
    else:
        if target.dtype.kind in "iu":
            target = _one_row_per_label(target.reshape(-1), n_classes, flat.dtype)
        rows = (1 - label_smoothing) * target.reshape(-1, n_classes) + label_smoothing / n_classes
        sums = np.exp(shifted).sum(axis=axis, keepdims=True)
        log_p = shifted - np.log(sums)
        log_p = log_p if axis else log_p.T  # (N, K)
        losses = -(rows * log_p).sum(axis=1)
        # rows that do not sum to 1 are allowed, hence the sum
        error = np.exp(log_p) * rows.sum(axis=1, keepdims=True) - rows
        log_p = (label_smoothing - 1) * log_p.reshape(logits.shape)
    saved = error.reshape(logits.shape), log_p, losses.size, reduction
    return _reduced(losses.reshape(logits.shape[:-1]), reduction), saved


def _softmax_cross_entropy_backward(grad, saved, needs=_BOTH, out=_NO_OUT):
    error, grad_rows, n_losses, reduction = saved
    scale = _per_loss(grad, n_losses, reduction)
    scale = scale[..., None] if reduction == "none" else scale  # (..., 1), or one number
    has_rows = needs[1] and grad_rows is not None
    return error * scale, grad_rows * scale if has_rows else None


def _bce_with_logits_forward(logits, target, *, reduction="mean"):
    # -y log s(x) - (1 - y) log(1 - s(x)), rearranged so that no exp can overflow
    losses = np.maximum(logits, 0) - logits * target + np.log1p(np.exp(-np.abs(logits)))
    return _reduced(losses, reduction), (logits, target, reduction)


def _bce_with_logits_backward(grad, saved, needs=_BOTH, out=_NO_OUT):
    logits, target, reduction = saved
    scale = _per_loss(grad, logits.size, reduction)
    return scale * (stable_sigmoid(logits) - target), -scale * logits if needs[1] else None


def _bce_forward(p, target, *, reduction="mean"):
    with np.errstate(divide="ignore"):
        # at least -100, as in PyTorch: a sure and wrong answer costs much, not infinitely much
        log_p, log_q = np.maximum(np.log(p), -100), np.maximum(np.log1p(-p), -100)
    losses = -target * log_p - (1 - target) * log_q
    return _reduced(losses, reduction), (p, target, log_q - log_p, reduction)


def _bce_backward(grad, saved, needs=_BOTH, out=_NO_OUT):
    p, target, log_odds, reduction = saved
    scale = _per_loss(grad, p.size, reduction)
    slope = (p - target) / np.maximum(p * (1 - p), 1e-12)
    return scale * slope, scale * log_odds if needs[1] else None


def _mse_forward(prediction, target, *, reduction="mean"):
    error = _combined(np.subtract, prediction, target)
    return _reduced(_combined(np.multiply, error, error), reduction), (error, reduction)


def _mse_backward(grad, saved, needs=_BOTH, out=_NO_OUT):
    error, reduction = saved
    grad_prediction = _combined(np.multiply, error, _per_loss(2 * grad, error.size, reduction))
    return grad_prediction, -grad_prediction if needs[1] else None


def _huber_forward(prediction, target, *, delta=1.0, reduction="mean"):
    error = prediction - target
    near = np.clip(error, -delta, delta)
    # inside +-delta e^2 / 2, outside delta (|e| - delta / 2): both are near (e - near / 2)
    return _reduced(near * (error - 0.5 * near), reduction), (near, reduction)


def _huber_backward(grad, saved, needs=_BOTH, out=_NO_OUT):
    near, reduction = saved
    grad_prediction = _per_loss(grad, near.size, reduction) * near
    return grad_prediction, -grad_prediction if needs[1] else None


SOFTMAX_CROSS_ENTROPY = Op(
    "softmax_cross_entropy",
    _softmax_cross_entropy_forward,
    _softmax_cross_entropy_backward,
    selective=True,
)
BCE_WITH_LOGITS = Op(
    "binary_cross_entropy_with_logits",
    _bce_with_logits_forward,
    _bce_with_logits_backward,
    selective=True,
)
BCE = Op("binary_cross_entropy", _bce_forward, _bce_backward, selective=True)
MSE = Op("mse", _mse_forward, _mse_backward, selective=True)
HUBER = Op("huber", _huber_forward, _huber_backward, selective=True)

FAMILY = (SOFTMAX_CROSS_ENTROPY, BCE_WITH_LOGITS, BCE, MSE, HUBER)
