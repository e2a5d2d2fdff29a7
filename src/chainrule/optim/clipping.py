"""Gradients that are too long are shortened, between backward and step."""

import math

import numpy as np

from chainrule.checks import check_bool, check_non_negative, check_positive
from chainrule.tensor import Tensor


def clip_grad_norm_(parameters, max_norm, norm_type=2.0, error_if_nonfinite=False):
    """Scale all gradients together, in place, so that their norm is at most max_norm (pascanu2013difficulty).

    The norm is that of all gradients as one vector. As in PyTorch every gradient is multiplied by
    max_norm / (norm + 1e-6) where that is below 1: the direction stays. Keras: global_clipnorm of an optimiser, without
    the 1e-6.

    parameters : Tensor, or iterable of Tensors; those without a gradient are passed over
    max_norm : at least 0; infinity only measures
    norm_type : above 0, or infinity for the largest absolute value
    error_if_nonfinite : bool
        Raise FloatingPointError where the norm is nan or infinite, before anything is changed; otherwise nan spreads to
        all gradients, as in PyTorch.

    Returns the norm before clipping, a float.
    """
    found = _gradients(parameters)
    max_norm = _or_infinite(max_norm, "max_norm", check_non_negative)
    norm_type = _or_infinite(norm_type, "norm_type", check_positive)
    check_bool(error_if_nonfinite, "error_if_nonfinite")
    norms = [_norm(g, norm_type) for _, g in found]
    norm = _norm(np.array(norms), norm_type)
    if error_if_nonfinite and not math.isfinite(norm):
        name, value = next(
            ((f"of parameters[{i}]", n) for (i, _), n in zip(found, norms) if not math.isfinite(n)),
            ("of all parameters", norm),
        )
        raise FloatingPointError(f"the gradient {name} must be finite; got norm {value}")
    factor = max_norm / (norm + 1e-6)
    if not factor >= 1:
        with np.errstate(invalid="ignore"):
            for _, g in found:
                g *= factor
    return norm


def clip_grad_value_(parameters, clip_value):
    """Move every element of every gradient into [−clip_value, clip_value], in place; the direction changes.

    Keras: clipvalue of an optimiser.

    parameters : Tensor, or iterable of Tensors; those without a gradient are passed over
    clip_value : above 0
    """
    found, clip_value = _gradients(parameters), check_positive(clip_value, "clip_value")
    for _, g in found:
        np.clip(g, -clip_value, clip_value, out=g)


def _gradients(parameters):
    """Return (position, gradient) of the parameters that have one."""
    if isinstance(parameters, Tensor):
        parameters = [parameters]
    if isinstance(parameters, str | dict) or not hasattr(parameters, "__iter__"):
        raise TypeError(f"parameters must be Tensors; got {type(parameters).__name__}")
    parameters = list(parameters)
    for i, p in enumerate(parameters):
        if not isinstance(p, Tensor):
            raise TypeError(
                f"parameters must be Tensors; got {type(p).__name__} at parameters[{i}]"
            )
    return [(i, p.grad) for i, p in enumerate(parameters) if p.grad is not None]


def _or_infinite(value, name, check):
    return math.inf if isinstance(value, float) and value == math.inf else check(value, name)


def _norm(array, norm_type):
    """Return the norm of all elements, summed in float64: squares of float32 overflow early."""
    if not array.size:
        return 0.0
    if norm_type == 2.0:
        return math.sqrt(np.add.reduce(np.square(array, dtype=np.float64), axis=None))
    sizes = np.abs(array, dtype=np.float64)
    if norm_type == math.inf:
        return float(sizes.max())
    return float(np.add.reduce(sizes**norm_type, axis=None) ** (1 / norm_type))
