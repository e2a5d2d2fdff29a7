"""Layers that convolve: Conv1d, Conv2d, ConvTranspose2d."""

import numpy as np

from chainrule.checks import check_bool, check_float_dtype, check_generator, check_int
from chainrule.nn import functional as F
from chainrule.nn.functional.windows import around, for_each_axis, output_padding_for
from chainrule.nn.init import by_name
from chainrule.nn.module import Module, Parameter


class _Convolution(Module):
    """What the layers share: weight (n, m / groups, *kernel), bias, and what is printed."""

    n_axes = 2

    def __init__(
        self, in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, rng,
        dtype, init,
    ):  # fmt: skip
        self.in_channels = check_int(in_channels, "in_channels", minimum=1)
        self.out_channels = check_int(out_channels, "out_channels", minimum=1)
        self.kernel_size = for_each_axis(kernel_size, "kernel_size", self.n_axes)
        self.stride = for_each_axis(stride, "stride", self.n_axes)
        self.dilation = for_each_axis(dilation, "dilation", self.n_axes)
        self.padding = self._checked_padding(padding)
        self.groups = check_int(groups, "groups", minimum=1)
        for name in ("in_channels", "out_channels"):
            if getattr(self, name) % groups:
                raise ValueError(
                    f"groups must divide {name}={getattr(self, name)}; got groups={groups}"
                )
        check_bool(bias, "bias")
        check_generator(rng)
        dtype = check_float_dtype(dtype)
        self.weight = Parameter(self._drawn(by_name(init), rng, dtype))
        self.bias = Parameter(np.zeros(out_channels, dtype)) if bias else None

    def _checked_padding(self, padding):
        if isinstance(padding, str):
            if padding not in ("same", "valid"):
                raise ValueError(
                    f"padding must be integers, 'same' or 'valid'; got padding={padding!r}"
                )
            if padding == "same" and max(self.stride) > 1:
                raise ValueError(
                    f"padding='same' must come with stride 1; got stride={self.stride}"
                )
        else:
            around(padding, self.n_axes)
        return padding

    def _drawn(self, init, rng, dtype):
        """Return kernels (out, in / groups, *kernel), drawn as (*kernel, in / groups, out)."""
        shape = (*self.kernel_size, self.in_channels // self.groups, self.out_channels)
        drawn = np.asarray(init(shape, rng, dtype))
        if drawn.shape != shape:
            raise ValueError(f"init must return an array of shape {shape}; got {drawn.shape}")
        axes = (self.n_axes + 1, self.n_axes, *range(self.n_axes))
        return np.ascontiguousarray(drawn.transpose(axes), dtype)

    def describe(self):
        said = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}"]
        for name, default in (("stride", (1,) * self.n_axes), ("padding", 0),
                              ("dilation", (1,) * self.n_axes), ("groups", 1)):  # fmt: skip
            if getattr(self, name) != default:
                said.append(f"{name}={getattr(self, name)!r}")
        if getattr(self, "output_padding", (0, 0)) != (0, 0):
            said.append(f"output_padding={self.output_padding}")
        return ", ".join(said + ["bias=False"] * (self.bias is None))


class Conv2d(_Convolution):
    """Slide kernels over images: cross-correlation, as in every framework.

    Parameters
    ----------
    in_channels, out_channels : int, at least 1
    kernel_size : int or (int, int)
    stride, dilation : int or (int, int), at least 1
    padding : int or (int, int), pairs (before, after), "same" (at stride 1) or "valid"
    groups : int that divides both channels; in_channels for a depthwise convolution
    bias : bool
    rng : numpy.random.Generator
        Draws the weight; the bias starts at zero.
    dtype : float32 or float64
    init : str or callable
        A name from ``nn.init``, or a function of (shape, rng, dtype) with shape
        (kH, kW, in_channels / groups, out_channels): the fan-in is in_channels / groups · kH · kW.

    Attributes
    ----------
    weight : Parameter (out_channels, in_channels / groups, kH, kW)
        As PyTorch's; Keras's is (kH, kW, in, out).
    bias : Parameter (out_channels,) or None
    """

    def __init__(
        self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1,
        bias=True, *, rng, dtype=np.float32, init="he",
    ):  # fmt: skip
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, rng,
            dtype, init,
        )  # fmt: skip

    def forward(self, x):
        """Map (N, in_channels, H, W) to (N, out_channels, H', W')."""
        return F.conv2d(
            x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups
        )


class Conv1d(_Convolution):
    """Slide kernels over sequences; parameters as of ``Conv2d``, weight (out, in / groups, k)."""

    n_axes = 1

    def __init__(
        self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1,
        bias=True, *, rng, dtype=np.float32, init="he",
    ):  # fmt: skip
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, rng,
            dtype, init,
        )  # fmt: skip

    def forward(self, x):
        """Map (N, in_channels, L) to (N, out_channels, L')."""
        return F.conv1d(
            x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups
        )


class ConvTranspose2d(_Convolution):
    """Spread pixels over windows: the adjoint of a convolution from out_channels to in_channels.

    Parameters as of ``Conv2d``, except padding="same" or "valid", and output_padding: int or
    (int, int), rows and columns added at the end.

    The fan-in that init sees is in_channels / groups · kH · kW, the most that a pixel of the output
    may receive; with a stride s it receives about 1 / s² of that.

    Attributes
    ----------
    weight : Parameter (in_channels, out_channels / groups, kH, kW)
    bias : Parameter (out_channels,) or None
    """

    def __init__(
        self, in_channels, out_channels, kernel_size, stride=1, padding=0, output_padding=0,
        groups=1, bias=True, dilation=1, *, rng, dtype=np.float32, init="he",
    ):  # fmt: skip
        self.output_padding = output_padding
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, rng,
            dtype, init,
        )  # fmt: skip

    def _checked_padding(self, padding):
        around(padding, self.n_axes)
        self.output_padding = output_padding_for(self.output_padding, self.stride, self.dilation)
        return padding

    def _drawn(self, init, rng, dtype):
        """Return kernels (in, out / groups, kH, kW), group by group the others' with axes swapped."""
        kernels = super()._drawn(init, rng, dtype)  # (out, in / groups, kH, kW)
        grouped = kernels.reshape(self.groups, -1, *kernels.shape[1:]).swapaxes(1, 2)
        return np.ascontiguousarray(grouped).reshape(self.in_channels, -1, *self.kernel_size)

    def forward(self, x):
        """Map (N, in_channels, H, W) to (N, out_channels, H', W')."""
        return F.conv_transpose2d(
            x, self.weight, self.bias, self.stride, self.padding, self.output_padding,
            self.groups, self.dilation,
        )  # fmt: skip
