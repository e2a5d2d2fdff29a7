"""What convolution and pooling ask of their arguments: one value for each spatial axis."""

from chainrule.checks import check_int, check_ndim, check_non_empty
from chainrule.ops.windows import output_lengths

AXES = {1: "(N, C, L)", 2: "(N, C, H, W)"}


def for_each_axis(value, name, n_axes, minimum=1):
    """Return an int, or a tuple of one int for each spatial axis, as such a tuple."""
    if not isinstance(value, tuple | list):
        return (check_int(value, name, minimum=minimum),) * n_axes
    if len(value) != n_axes:
        raise ValueError(
            f"{name} must be an integer or a tuple of {n_axes}; got {name}={tuple(value)}"
        )
    return tuple(check_int(v, f"{name}[{i}]", minimum=minimum) for i, v in enumerate(value))


def around(padding, n_axes):
    """Return padding, one int for each axis or one pair of them, as pairs (before, after)."""
    if not isinstance(padding, tuple | list) or len(padding) != n_axes:
        return tuple((p, p) for p in for_each_axis(padding, "padding", n_axes, 0))
    return tuple(
        for_each_axis(p, f"padding[{i}]", 2, 0) if isinstance(p, tuple | list)
        else (check_int(p, f"padding[{i}]", minimum=0),) * 2
        for i, p in enumerate(padding)
    )  # fmt: skip


def pool_padding(padding, kernel):
    """Return the padding of a pool as pairs; a window of padding alone would have no value."""
    pairs = around(padding, len(kernel))
    if any(2 * max(pair) > k for pair, k in zip(pairs, kernel)):
        raise ValueError(
            f"padding must be at most half of kernel_size={kernel}; got padding={padding}"
        )
    return pairs


def output_padding_for(output_padding, stride, dilation):
    """Return output_padding as one int for each axis; stride and dilation are."""
    extra = for_each_axis(output_padding, "output_padding", len(stride), 0)
    if any(e >= max(s, d) for e, s, d in zip(extra, stride, dilation)):
        raise ValueError(
            f"output_padding must be smaller than stride or dilation; got output_padding={extra}, "
            f"stride={stride}, dilation={dilation}"
        )
    return extra


def check_images(x, n_axes):
    """Return the Tensor x; it must have axes (N, C, and one for each spatial axis) and elements."""
    if x.data.ndim != n_axes + 2:
        raise ValueError(f"x must have shape {AXES[n_axes]}; got shape {x.data.shape}")
    check_non_empty(x.data, "x")
    return x


def check_kernels(weight, n_axes):
    """Return the Tensor weight of shape (n, m, and one length for each spatial axis)."""
    check_ndim(weight.data, "weight", n_axes + 2)
    check_non_empty(weight.data, "weight")
    return weight


def check_fits(lengths, kernel, stride, padding, dilation):
    """Refuse a kernel that is larger than the image with its padding."""
    if min(output_lengths(lengths, kernel, stride, padding, dilation)) < 1:
        reach = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation))
        wide = tuple(before + n + after for n, (before, after) in zip(lengths, padding))
        raise ValueError(
            f"kernel_size, with its dilation, must be at most the length of x with its padding, "
            f"{wide}; got {reach}"
        )
