"""Losses, each fused with the function before it, so that their gradients are short and stable.

Every loss takes ``reduction``: "mean" and "sum" give one number, "none" one for each example.
"""

import numpy as np

from chainrule.ops.activation import stable_sigmoid
from chainrule.ops.op import Op

_BOTH, _NO_OUT = (True, True), (None, None)


def _reduced(losses, reduction):
    """Apply the reduction."""
    if reduction == "none":
        return losses
    total = np.add.reduce(losses, axis=None)
    return total / losses.size if reduction == "mean" else total


def _per_loss(grad, n_losses, reduction):
    """Return the gradient that reaches each of the losses before the reduction."""
    return grad / n_losses if reduction == "mean" else grad


def _one_row_per_label(labels, n_classes, dtype):
    """Return one-hot rows: (N,) becomes (N, K)."""
    rows = np.zeros((labels.size, n_classes), dtype)
    rows[np.arange(labels.size), labels] = 1
    return rows


def _softmax_cross_entropy_forward(logits, target, *, label_smoothing=0.0, reduction="mean"):
    n_classes = logits.shape[-1]
    shape = logits.shape[:-1]
    flat = logits.reshape(-1, n_classes)  # (N, K)
    log_p = flat - np.maximum.reduce(flat, 1, keepdims=True)  # exp overflows above 709
    p = np.exp(log_p)
    sums = np.add.reduce(p, 1, keepdims=True)
    log_p -= np.log(sums)
    p /= sums
    if target.dtype.kind in "iu" and not label_smoothing:
        where = np.arange(len(flat)), target.reshape(-1)
        losses = -log_p[where]
        return _reduced(losses.reshape(shape), reduction), (logits.shape, p, where, reduction)
    if target.dtype.kind in "iu":
        rows = _one_row_per_label(target.reshape(-1), n_classes, flat.dtype)
    else:
        rows = target.reshape(-1, n_classes)
    rows = (1 - label_smoothing) * rows + label_smoothing / n_classes
    losses = -(rows * log_p).sum(axis=1)
    saved = logits.shape, p, (rows, log_p, label_smoothing), reduction
    return _reduced(losses.reshape(shape), reduction), saved


def _softmax_cross_entropy_backward(grad, saved, needs=_BOTH, out=_NO_OUT):
    shape, p, target, reduction = saved
    scale = _per_loss(grad, len(p), reduction).reshape(-1, 1)  # (N, 1) or (1, 1)
    if len(target) == 2:  # labels, as the pair of indices (row, class)
        grad_logits = p * scale
        grad_logits[target] -= scale[:, 0]  # p - y, the shortest gradient in the book
        return grad_logits.reshape(shape), None
    rows, log_p, label_smoothing = target
    # rows that do not sum to 1 are allowed, hence the sum
    grad_logits = (p * rows.sum(axis=1, keepdims=True) - rows) * scale
    grad_target = ((label_smoothing - 1) * log_p * scale).reshape(shape) if needs[1] else None
    return grad_logits.reshape(shape), grad_target


def _bce_with_logits_forward(logits, target, *, reduction="mean"):
    # -y log s(x) - (1 - y) log(1 - s(x)), rearranged so that no exp can overflow
    losses = np.maximum(logits, 0) - logits * target + np.log1p(np.exp(-np.abs(logits)))
    return _reduced(losses, reduction), (logits, target, reduction)


def _bce_with_logits_backward(grad, saved, needs=_BOTH, out=_NO_OUT):
    logits, target, reduction = saved
    scale = _per_loss(grad, logits.size, reduction)
    return scale * (stable_sigmoid(logits) - target), -scale * logits if needs[1] else None


def _mse_forward(prediction, target, *, reduction="mean"):
    error = prediction - target
    return _reduced(error * error, reduction), (error, reduction)


def _mse_backward(grad, saved, needs=_BOTH, out=_NO_OUT):
    error, reduction = saved
    grad_prediction = _per_loss(2 * grad, error.size, reduction) * error
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
MSE = Op("mse", _mse_forward, _mse_backward, selective=True)
HUBER = Op("huber", _huber_forward, _huber_backward, selective=True)

FAMILY = (SOFTMAX_CROSS_ENTROPY, BCE_WITH_LOGITS, MSE, HUBER)
