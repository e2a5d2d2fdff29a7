"""Layers: Linear, Flatten, Identity, Dropout, Sequential."""

import numpy as np

from chainrule.checks import (
    check_bool,
    check_float_dtype,
    check_generator,
    check_int,
    check_ndim,
    check_probability,
)
from chainrule.nn import functional as F
from chainrule.nn.activations import ReLU
from chainrule.nn.convolution import Conv2d
from chainrule.nn.init import by_name
from chainrule.nn.module import Module, Parameter
from chainrule.nn.pooling import MaxPool2d


class Linear(Module):
    """The affine map x W + b.

    Parameters
    ----------
    in_features, out_features : int, at least 1
    bias : bool
    rng : numpy.random.Generator
        Draws the weight; the bias starts at zero.
    dtype : float32 or float64
    init : str or callable
        A name from ``nn.init``, or a function of (shape, rng, dtype).

    Attributes
    ----------
    weight : Parameter (in_features, out_features)
        The transpose of PyTorch's.
    bias : Parameter (out_features,) or None
    """

    def __init__(self, in_features, out_features, bias=True, *, rng, dtype=np.float32, init="he"):
        shape = (
            check_int(in_features, "in_features", minimum=1),
            check_int(out_features, "out_features", minimum=1),
        )
        check_bool(bias, "bias")
        check_generator(rng)
        dtype = check_float_dtype(dtype)
        weight = np.asarray(by_name(init)(shape, rng, dtype))
        if weight.shape != shape:
            raise ValueError(f"init must return an array of shape {shape}; got {weight.shape}")
        self.in_features, self.out_features = shape
        self.weight = Parameter(weight.astype(dtype, copy=False))
        self.bias = Parameter(np.zeros(shape[1], dtype)) if bias else None

    def forward(self, x):
        """Map (..., in_features) to (..., out_features)."""
        return F.linear(x, self.weight, self.bias)

    def describe(self):
        bias = "" if self.bias is not None else ", bias=False"
        return f"{self.in_features}, {self.out_features}{bias}"


class Identity(Module):
    """Return the input."""

    def forward(self, x):
        return x


class Flatten(Module):
    """Make one axis of all but the first: (B, ...) becomes (B, D)."""

    def forward(self, x):
        x = F.arguments.floating(x)
        check_ndim(x.data, "x", 1, at_least=True)
        return x.reshape(x.shape[0], -1)


class Dropout(Module):
    """Zero each element with probability p while training, and divide the rest by 1 - p.

    p : float in [0, 1)
    rng : numpy.random.Generator, which draws the masks
    """

    def __init__(self, p=0.5, *, rng):
        self.p = check_probability(p, "p", allow_one=False)
        self.rng = check_generator(rng)

    def forward(self, x):
        return F.dropout(x, self.p, self.training, rng=self.rng)

    def describe(self):
        return f"p={self.p:g}"


def _is_pooled(convolution, following):
    """Whether a convolution goes by single steps and, after a ReLU, a pool takes each four pixels."""
    if len(following) < 2 or type(following[1]) is not MaxPool2d:
        return False
    pool = following[1]
    is_plain_pool = pool.kernel_size == pool.stride == (2, 2) and pool.padding == 0
    return convolution.stride == (1, 1) and is_plain_pool


class Sequential(Module):
    """Apply modules one after the other; they are named "0", "1", and so on."""

    def __init__(self, *layers):
        for i, layer in enumerate(layers):
            if not isinstance(layer, Module):
                raise TypeError(
                    f"layers must be Modules; got {type(layer).__name__} at layers[{i}]"
                )
        self.layers = layers

    def _parts(self, kind):
        """Name the layers by position alone, as PyTorch does."""
        return ((str(i), layer) for i, layer in enumerate(self.layers) if isinstance(layer, kind))

    def forward(self, x):
        """Apply the layers; where two or three in a row have an op of their own, that op."""
        layers, i = self.layers, 0
        while i < len(layers):
            layer, following = layers[i], layers[i + 1 : i + 3]
            if not following or type(following[0]) is not ReLU:
                x, i = layer(x), i + 1
            elif type(layer) is Linear:
                x, i = F.linear_relu(x, layer.weight, layer.bias), i + 2
            elif type(layer) is Conv2d and _is_pooled(layer, following):
                options = layer.padding, layer.dilation, layer.groups
                x, i = F.conv2d_relu_max_pool(x, layer.weight, layer.bias, *options), i + 3
            else:
                x, i = layer(x), i + 1
        return x

    def __len__(self):
        return len(self.layers)

    def __iter__(self):
        return iter(self.layers)

    def __getitem__(self, index):
        """Return a layer, or for a slice a Sequential that shares the layers."""
        found = self.layers[index]
        return Sequential(*found) if isinstance(index, slice) else found
