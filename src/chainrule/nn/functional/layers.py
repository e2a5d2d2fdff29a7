"""What layers compute, with their parameters as arguments."""

import numpy as np

from chainrule.checks import (
    check_bool,
    check_float_dtype,
    check_generator,
    check_index_range,
    check_int,
    check_ndim,
    check_non_empty,
    check_non_negative,
    check_probability,
    check_shape,
)
from chainrule.nn.functional.arguments import floating, integers
from chainrule.ops import OPS
from chainrule.ops.norm import batch_moments
from chainrule.tensor import Tensor, apply


def linear(x, weight, bias=None):
    """Return x W + b.

    x : (..., D_in)
    weight : (D_in, D_out), the transpose of PyTorch's
    bias : (D_out,), optional
    Returns Tensor (..., D_out).
    """
    return _affine(OPS["linear"], x, weight, bias)


def linear_relu(x, weight, bias=None):
    """Return max(x W + b, 0) in one op, which keeps no copy of x W + b; as ``linear`` otherwise."""
    return _affine(OPS["linear_relu"], x, weight, bias)


def _affine(op, x, weight, bias):
    """Check the arguments of a linear layer and apply its op."""
    if not isinstance(weight, Tensor):
        weight = floating(weight, "weight")
    x = floating(x, "x", weight.data.dtype)
    rows, matrix = x.data, weight.data
    if matrix.ndim != 2 or not rows.size or rows.shape[-1:] != matrix.shape[:1]:
        _refuse_linear(rows, matrix)
    if bias is None:
        return apply(op, x, weight)
    bias = floating(bias, "bias", matrix.dtype)
    if bias.data.shape != matrix.shape[1:]:
        check_shape(bias.data, "bias", matrix.shape[1:])
    return apply(op, x, weight, bias)


def _refuse_linear(x, weight):
    """Say what is wrong with x or weight."""
    check_ndim(weight, "weight", 2)
    check_non_empty(x, "x")
    raise ValueError(
        f"the last axis of x must have the length of the first of weight, {weight.shape[0]}; "
        f"got x of shape {x.shape}, weight of shape {weight.shape}"
    )


def dropout(x, p=0.5, training=True, *, rng):
    """Zero each element with probability p and divide the rest by 1 - p (srivastava2014dropout).

    x : (...)
    p : in [0, 1)
    training : if false, x is returned as it is
    rng : Generator, which draws the mask
    """
    x, p = floating(x), check_probability(p, "p", allow_one=False)
    check_generator(rng)
    if not check_bool(training, "training") or p == 0:
        return x
    return apply(OPS["dropout"], x, mask=rng.random(x.shape, np.float32) >= p, p=p)


def layer_norm(x, weight=None, bias=None, eps=1e-5):
    """Normalise the last axis to mean 0 and variance 1, then scale and shift (ba2016layer, eq. 4).

    x : (..., D)
    weight, bias : (D,), 1 and 0 where they are None
    eps : at least 0, added to the variance
    """
    x, eps = floating(x), check_non_negative(eps, "eps")
    check_ndim(x.data, "x", 1, at_least=True)
    check_non_empty(x.data, "x")
    return apply(OPS["layer_norm"], x, *_scale_and_shift(x, x.shape[-1], weight, bias), eps=eps)


def rms_norm(x, weight=None, eps=1e-6):
    """Divide the last axis by its root mean square, then scale (zhang2019root, eq. 4).

    x : (..., D)
    weight : (D,), 1 where it is None
    eps : at least 0, added to the mean square
    """
    x, eps = floating(x), check_non_negative(eps, "eps")
    check_ndim(x.data, "x", 1, at_least=True)
    check_non_empty(x.data, "x")
    weight, _ = _scale_and_shift(x, x.shape[-1], weight, None)
    return apply(OPS["rms_norm"], x, weight, eps=eps)


def batch_norm(
    x, running_mean=None, running_var=None, weight=None, bias=None, training=False,
    momentum=0.1, eps=1e-5,
):  # fmt: skip
    """Normalise each channel (ioffe2015batch, algorithm 1), then scale and shift.

    In training, by mean and biased variance of the batch; the running averages, where given, move
    in place by the share ``momentum`` towards them, the variance towards the unbiased one, as in
    PyTorch. Otherwise by the running averages.

    x : (N, C) or (N, C, ...)
    running_mean, running_var : arrays (C,)
    weight, bias : (C,), 1 and 0 where they are None
    momentum : in [0, 1]
    eps : at least 0, added to the variance

    Raises ValueError where a batch of one value a channel has no variance, or where there are no
    running averages to use.
    """
    x, eps = floating(x), check_non_negative(eps, "eps")
    momentum = check_probability(momentum, "momentum")
    check_ndim(x.data, "x", 2, at_least=True)
    check_non_empty(x.data, "x")
    channels = x.shape[1]
    scales = _scale_and_shift(x, channels, weight, bias)
    for name, array in (("running_mean", running_mean), ("running_var", running_var)):
        if array is not None:
            check_shape(np.asarray(array), name, (channels,))
    if not check_bool(training, "training"):
        if running_mean is None or running_var is None:
            raise ValueError(
                "running_mean and running_var must be given unless training is True; got None"
            )
        return apply(
            OPS["batch_norm_eval"], x, *scales, mean=running_mean, var=running_var, eps=eps
        )
    n = x.size // channels
    if n < 2:
        raise ValueError(
            f"x must hold at least 2 values for each channel in training; got shape {x.shape}"
        )
    mean, var = batch_moments(x.data)
    out = apply(OPS["batch_norm"], x, *scales, mean=mean, var=var, eps=eps)
    if running_mean is not None:
        running_mean += momentum * (mean - running_mean)
    if running_var is not None:
        running_var += momentum * (var * (n / (n - 1)) - running_var)
    return out


def _scale_and_shift(x, length, weight, bias):
    """Return weight and bias as Tensors (length,), ones and zeros where they are None."""
    weight = np.ones(length, x.dtype) if weight is None else weight
    bias = np.zeros(length, x.dtype) if bias is None else bias
    weight, bias = floating(weight, "weight", x.dtype), floating(bias, "bias", x.dtype)
    check_shape(weight.data, "weight", (length,))
    check_shape(bias.data, "bias", (length,))
    return weight, bias


def embedding(indices, weight):
    """Return the rows of weight that indices name; repeated rows add up their gradients.

    indices : integers (...) in [0, V)
    weight : (V, D)
    Returns Tensor (..., D).
    """
    indices, weight = integers(indices, "indices"), floating(weight, "weight")
    check_ndim(weight.data, "weight", 2)
    check_non_empty(indices, "indices")
    check_index_range(indices, "indices", weight.shape[0], "V")
    return apply(OPS["embedding"], weight, indices)


def one_hot(labels, n_classes, dtype=np.float32):
    """Return a row for each label, 1 in its column and 0 elsewhere.

    labels : integers (...) in [0, K)
    n_classes : K
    Returns Tensor (..., K).
    """
    labels, n_classes = integers(labels, "labels"), check_int(n_classes, "n_classes", minimum=1)
    check_index_range(check_non_empty(labels, "labels"), "labels", n_classes, "n_classes")
    rows = np.zeros((labels.size, n_classes), check_float_dtype(dtype))
    rows[np.arange(labels.size), labels.ravel()] = 1
    return Tensor(rows.reshape(*labels.shape, n_classes))
