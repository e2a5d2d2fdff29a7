"""Layers that normalise: BatchNorm1d, BatchNorm2d, LayerNorm, RMSNorm."""

import numpy as np

from chainrule.checks import (
    check_float_dtype,
    check_int,
    check_last_axis,
    check_non_negative,
    check_probability,
)
from chainrule.nn import functional as F
from chainrule.nn.module import Module, Parameter


class BatchNorm1d(Module):
    """Normalise each feature by the batch in training, by running averages in evaluation.

    The running averages move by the share ``momentum`` towards the batch's mean and unbiased
    variance, as in PyTorch; Keras's momentum is one minus this one, and it averages the biased
    variance.

    Parameters
    ----------
    n : int
        Features, C.
    eps : float, at least 0
        Added to the variance.
    momentum : float in [0, 1]
    dtype : float32 or float64

    Attributes
    ----------
    weight, bias : Parameter (C,)
        1 and 0 at first.
    running_mean, running_var : array (C,)
        0 and 1 at first; saved with the parameters.
    """

    def __init__(self, n, eps=1e-5, momentum=0.1, *, dtype=np.float32):
        self.n = check_int(n, "n", minimum=1)
        self.eps = check_non_negative(eps, "eps")
        self.momentum = check_probability(momentum, "momentum")
        dtype = check_float_dtype(dtype)
        self.weight, self.bias = Parameter(np.ones(n, dtype)), Parameter(np.zeros(n, dtype))
        self.register_buffer("running_mean", np.zeros(n, dtype))
        self.register_buffer("running_var", np.ones(n, dtype))

    def forward(self, x):
        """Map (N, C) or (N, C, ...) to the same shape."""
        x = F.arguments.floating(x, "x", self.weight.dtype)
        if x.ndim < 2 or x.shape[1] != self.n:
            raise ValueError(f"x must have shape (N, {self.n}, ...); got shape {x.shape}")
        return F.batch_norm(
            x, self.running_mean, self.running_var, self.weight, self.bias,
            self.training, self.momentum, self.eps,
        )  # fmt: skip

    def describe(self):
        return f"{self.n}, eps={self.eps:g}, momentum={self.momentum:g}"


class BatchNorm2d(BatchNorm1d):
    """Normalise each channel of images, over the batch and all pixels; otherwise as ``BatchNorm1d``.

    Parameters
    ----------
    n : int
        Channels, C.
    eps, momentum, dtype
        As of ``BatchNorm1d``.
    """

    def forward(self, x):
        """Map (N, C, H, W) to the same shape."""
        x = F.arguments.floating(x, "x", self.weight.dtype)
        if x.ndim != 4:
            raise ValueError(f"x must have shape (N, {self.n}, H, W); got shape {x.shape}")
        return super().forward(x)


class LayerNorm(Module):
    """Normalise the last axis of each example (ba2016layer).

    Parameters
    ----------
    n : int
        Length of the last axis, D.
    eps : float, at least 0
        Added to the variance.
    dtype : float32 or float64

    Attributes
    ----------
    weight, bias : Parameter (D,)
        1 and 0 at first.
    """

    def __init__(self, n, eps=1e-5, *, dtype=np.float32):
        self.n = check_int(n, "n", minimum=1)
        self.eps = check_non_negative(eps, "eps")
        dtype = check_float_dtype(dtype)
        self.weight, self.bias = Parameter(np.ones(n, dtype)), Parameter(np.zeros(n, dtype))

    def forward(self, x):
        """Map (..., D) to the same shape."""
        x = F.arguments.floating(x, "x", self.weight.dtype)
        check_last_axis(x.data, "x", self.n, "n")
        return F.layer_norm(x, self.weight, self.bias, self.eps)

    def describe(self):
        return f"{self.n}, eps={self.eps:g}"


class RMSNorm(Module):
    """Divide the last axis of each example by its root mean square (zhang2019root).

    Parameters
    ----------
    n : int
        Length of the last axis, D.
    eps : float, at least 0
        Added to the mean square. (PyTorch's default is the smallest step of the dtype.)
    dtype : float32 or float64

    Attributes
    ----------
    weight : Parameter (D,)
        1 at first.
    """

    def __init__(self, n, eps=1e-6, *, dtype=np.float32):
        self.n = check_int(n, "n", minimum=1)
        self.eps = check_non_negative(eps, "eps")
        self.weight = Parameter(np.ones(n, check_float_dtype(dtype)))

    def forward(self, x):
        """Map (..., D) to the same shape."""
        x = F.arguments.floating(x, "x", self.weight.dtype)
        check_last_axis(x.data, "x", self.n, "n")
        return F.rms_norm(x, self.weight, self.eps)

    def describe(self):
        return f"{self.n}, eps={self.eps:g}"
