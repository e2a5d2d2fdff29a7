"""Losses. reduction is "mean" (over all examples), "sum", or "none" (one loss for each)."""

import numpy as np

from chainrule.checks import (
    check_floating,
    check_labels,
    check_ndim,
    check_non_empty,
    check_number,
    check_positive,
)
from chainrule.nn.functional.arguments import (
    floating,
    in_unit_interval,
    integers,
    numbers,
    pair,
)
from chainrule.nn.functional.arguments import (
    reduction as reduction_of,
)
from chainrule.ops import OPS
from chainrule.tensor import Tensor, apply

_SOFTMAX_CROSS_ENTROPY = OPS["softmax_cross_entropy"]


def cross_entropy(logits, target, label_smoothing=0.0, reduction="mean"):
    """Return -Σ_k q_k log softmax(logits)_k, fused, so that nothing overflows.

    Parameters
    ----------
    logits : Tensor (..., K)
        The classes are on the last axis.
    target : integers (...) in [0, K), or probabilities (..., K)
        For labels q is one-hot.
    label_smoothing : float in [0, 1]
        The share s of q that is spread evenly: q becomes (1 - s) q + s / K.
    reduction : "mean", "sum" or "none"

    Raises
    ------
    TypeError, ValueError
        If logits are not floats, there are none, or target does not fit them.
    """
    logits = floating(logits, "logits")
    data = logits.data
    if data.ndim == 0 or data.size == 0:
        check_non_empty(check_ndim(data, "logits", 1, at_least=True), "logits")
    options = {"reduction": reduction_of(reduction)}
    if label_smoothing != 0:
        smoothing = check_number(label_smoothing, "label_smoothing", minimum=0, maximum=1)
        options["label_smoothing"] = smoothing
    if _holds_floats(target):
        target = _distribution(target, data)
    else:
        target = check_labels(integers(target, "target"), data.shape[-1], data.shape[:-1])
    return apply(_SOFTMAX_CROSS_ENTROPY, logits, target, **options)


def _holds_floats(target):
    """Say whether target is a tensor, array or nested list of floats, by its first element."""
    if isinstance(target, (Tensor, np.ndarray)):
        return target.dtype.kind == "f"
    while isinstance(target, list | tuple) and target:
        target = target[0]
    return isinstance(target, float)


def _distribution(target, logits):
    """Return target as a Tensor of probabilities of the shape of logits."""
    target = numbers(target, "target", logits.dtype)
    check_floating(target.data, "target")
    if target.data.shape != logits.shape:
        raise ValueError(
            f"target must hold labels of shape {logits.shape[:-1]}, as integers, or probabilities "
            f"of shape {logits.shape}; got {target.data.dtype} of shape {target.data.shape}"
        )
    in_unit_interval(target.data, "target")
    return target


def mse_loss(prediction, target, reduction="mean"):
    """Return the square of prediction - target; the mean is over all elements.

    prediction, target : (...), of one shape; broadcasting is refused, for it hides mistakes
    """
    options = {"reduction": reduction_of(reduction)}
    return apply(OPS["mse"], *pair(prediction, target, "prediction"), **options)


def huber_loss(prediction, target, delta=1.0, reduction="mean"):
    """Return e² / 2 where |e| ≤ delta, delta (|e| - delta / 2) elsewhere; e = prediction - target.

    prediction, target : (...), of one shape
    delta : above 0
    """
    delta = check_positive(delta, "delta")
    arguments = pair(prediction, target, "prediction")
    return apply(OPS["huber"], *arguments, delta=delta, reduction=reduction_of(reduction))


def binary_cross_entropy_with_logits(logits, target, reduction="mean"):
    """Return -y log s(x) - (1 - y) log(1 - s(x)) for logits x and targets y; s is the sigmoid.

    logits, target : (...), of one shape; targets in [0, 1]
    """
    logits, target = pair(logits, target, "logits")
    in_unit_interval(target.data, "target")
    options = {"reduction": reduction_of(reduction)}
    return apply(OPS["binary_cross_entropy_with_logits"], logits, target, **options)


def binary_cross_entropy(probabilities, target, reduction="mean"):
    """Return -y log p - (1 - y) log(1 - p); each logarithm is at least -100, as in PyTorch.

    probabilities, target : (...), of one shape, in [0, 1]
    Where logits are at hand, ``binary_cross_entropy_with_logits`` keeps the precision that p loses.
    """
    probabilities, target = pair(probabilities, target, "probabilities")
    in_unit_interval(probabilities.data, "probabilities")
    in_unit_interval(target.data, "target")
    options = {"reduction": reduction_of(reduction)}
    return apply(OPS["binary_cross_entropy"], probabilities, target, **options)
