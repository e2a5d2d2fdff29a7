"""Convolutions, PyTorch's names and arguments; the kernel is not flipped (a cross-correlation)."""

from chainrule.checks import check_int, check_shape
from chainrule.nn.functional.arguments import floating
from chainrule.nn.functional.windows import (
    around,
    check_fits,
    check_images,
    check_kernels,
    for_each_axis,
    output_padding_for,
)
from chainrule.ops import OPS
from chainrule.ops.windows import output_lengths
from chainrule.tensor import apply


def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Slide kernels over images and return at each place the sum of the products.

    x : (N, C, H, W)
    weight : (C_out, C / groups, kH, kW)
    bias : (C_out,), optional
    stride, dilation : int or (int, int), at least 1
    padding : int or (int, int) of zeros on both sides; a pair (before, after) in place of an int;
        "same" for an output of the input's size at stride 1, "valid" for none
    groups : divides C and C_out; with groups=C every channel is filtered alone (depthwise)
    Returns Tensor (N, C_out, H', W') with H' = ⌊(H + 2 padding − dilation (kH − 1) − 1) / stride⌋ + 1.
    Raises ValueError where shapes do not fit.
    """
    return _convolution(2, x, weight, bias, stride, padding, dilation, groups)


def conv2d_relu_max_pool(x, weight, bias=None, padding=0, dilation=1, groups=1):
    """Return max_pool2d(relu(conv2d(x, ...)), 2) at stride 1, in one op: a third faster, no large arrays kept.

    Arguments as of ``conv2d``. Returns Tensor (N, C_out, ⌊H' / 2⌋, ⌊W' / 2⌋).
    """
    x, weight = _tensors(2, x, weight)
    if isinstance(padding, str):
        padding = _named(padding, weight.shape[2:], 2, 1, dilation)
    _, dilation, padding = _spacing(2, 1, dilation, padding)
    options = {"padding": padding, "dilation": dilation, "groups": groups}
    bias = _fitting(x, weight, bias, stride=(1, 1), **options)
    output = output_lengths(x.shape[2:], weight.shape[2:], (1, 1), padding, dilation)
    check_fits(output, (2, 2), (2, 2), ((0, 0), (0, 0)), (1, 1))
    return apply(OPS["convolution_relu_max_pool"], x, weight, *bias, **options)


def conv1d(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Slide kernels over sequences, as ``conv2d`` does over images.

    x : (N, C, L)
    weight : (C_out, C / groups, k)
    bias : (C_out,), optional
    padding : also ((before, after),); ((dilation · (k − 1), 0),) is causal
    Returns Tensor (N, C_out, L').
    """
    return _convolution(1, x, weight, bias, stride, padding, dilation, groups)


def conv_transpose2d(
    x, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1
):
    """Spread each pixel over a window, weighted by a kernel: the adjoint of ``conv2d``.

    x : (N, C, H, W)
    weight : (C, C_out / groups, kH, kW), the shape of a convolution from C_out to C channels
    bias : (C_out,), optional
    output_padding : rows and columns added at the end, fewer than stride or dilation, for where
        several sizes lead a convolution to H, W
    Returns Tensor (N, C_out, H', W'), H' = (H − 1) stride − 2 padding + dilation (kH − 1) + 1 + output_padding.
    Raises ValueError where shapes do not fit.
    """
    x, weight = _tensors(2, x, weight)
    stride, dilation, padding = _spacing(2, stride, dilation, padding)
    extra = output_padding_for(output_padding, stride, dilation)
    n_in, n_out = weight.shape[0], weight.shape[1]
    _check_groups(groups, "in_channels", n_in)
    if x.shape[1] != n_in:
        _refuse_channels(x, n_in, weight, groups)
    lengths = tuple(
        (n - 1) * s - b - a + d * (k - 1) + 1 + e
        for n, s, (b, a), d, k, e in zip(
            x.shape[2:], stride, padding, dilation, weight.shape[2:], extra
        )
    )
    if min(lengths) < 1:
        raise ValueError(f"padding must leave something of the output; got output {lengths}")
    return apply(
        OPS["transposed_convolution"], x, weight, *_bias(bias, weight, n_out * groups),
        stride=stride, padding=padding, dilation=dilation, output_padding=extra, groups=groups,
    )  # fmt: skip


def _convolution(n_axes, x, weight, bias, stride, padding, dilation, groups):
    """Check the arguments of a convolution over n_axes axes and apply the op."""
    x, weight = _tensors(n_axes, x, weight)
    if isinstance(padding, str):
        padding = _named(padding, weight.shape[2:], n_axes, stride, dilation)
    stride, dilation, padding = _spacing(n_axes, stride, dilation, padding)
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    bias = _fitting(x, weight, bias, **options)
    return apply(OPS["convolution"], x, weight, *bias, **options)


def _fitting(x, weight, bias, *, stride, padding, dilation, groups):
    """Refuse what does not fit a convolution; return (bias,) as a Tensor, or ()."""
    n_out, kernel = weight.shape[0], weight.shape[2:]
    _check_groups(groups, "out_channels", n_out)
    if x.shape[1] != weight.shape[1] * groups:
        _refuse_channels(x, weight.shape[1] * groups, weight, groups)
    check_fits(x.shape[2:], kernel, stride, padding, dilation)
    return _bias(bias, weight, n_out)


def _tensors(n_axes, x, weight):
    """Return x and weight as Tensors, of the ranks that n_axes spatial axes ask for."""
    weight = check_kernels(floating(weight, "weight"), n_axes)
    return check_images(floating(x, "x", weight.dtype), n_axes), weight


def _spacing(n_axes, stride, dilation, padding):
    """Return stride and dilation as one int for each axis, padding as one pair."""
    stride = for_each_axis(stride, "stride", n_axes)
    return stride, for_each_axis(dilation, "dilation", n_axes), around(padding, n_axes)


def _named(padding, kernel, n_axes, stride, dilation):
    """Return the pairs that "same" or "valid" stands for; the odd zero of "same" goes to the end."""
    if padding == "valid":
        return 0
    if padding != "same":
        raise ValueError(f"padding must be integers, 'same' or 'valid'; got padding={padding!r}")
    stride = for_each_axis(stride, "stride", n_axes)
    if max(stride) > 1:
        raise ValueError(f"padding='same' must come with stride 1; got stride={stride}")
    dilation = for_each_axis(dilation, "dilation", n_axes)
    total = [d * (k - 1) for d, k in zip(dilation, kernel)]
    return tuple((t // 2, t - t // 2) for t in total)


def _check_groups(groups, name, n_channels):
    """Refuse a number of groups that does not divide the channels."""
    if n_channels % check_int(groups, "groups", minimum=1):
        raise ValueError(f"groups must divide {name}={n_channels}; got groups={groups}")


def _refuse_channels(x, expected, weight, groups):
    raise ValueError(
        f"x must have {expected} channels for a weight of shape {weight.shape} and "
        f"groups={groups}; got x of shape {x.shape}"
    )


def _bias(bias, weight, n_out):
    """Return (bias,) as a Tensor, or ()."""
    if bias is None:
        return ()
    bias = floating(bias, "bias", weight.dtype)
    check_shape(bias.data, "bias", (n_out,))
    return (bias,)
