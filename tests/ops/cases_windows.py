"""Cases of convolution and pooling, over one and two spatial axes."""

from hypothesis import strategies as st
from ops.drawing import case, normal


def ints(draw, n, low, high):
    return tuple(draw(st.integers(low, high)) for _ in range(n))


def spacing(draw, n_axes):
    """Draw kernel, stride, dilation, padding; and lengths of an image that the kernel fits."""
    kernel, stride = ints(draw, n_axes, 1, 3), ints(draw, n_axes, 1, 3)
    dilation = ints(draw, n_axes, 1, 2)
    padding = tuple(ints(draw, 2, 0, 2) for _ in range(n_axes))
    lengths = tuple(
        max(1, d * (k - 1) + 1 - sum(p)) + draw(st.integers(0, 3))
        for k, d, p in zip(kernel, dilation, padding)
    )
    return lengths, kernel, {"stride": stride, "padding": padding, "dilation": dilation}


def channels(draw):
    """Draw batch size, groups, channels in and out."""
    groups = draw(st.integers(1, 2))
    return draw(st.integers(1, 2)), groups, groups * draw(st.integers(1, 2)), groups * draw(st.integers(1, 2))


@case("convolution")
def convolution(draw):
    lengths, kernel, options = spacing(draw, draw(st.integers(1, 2)))
    n, groups, n_in, n_out = channels(draw)
    arrays = [normal(draw, (n, n_in, *lengths)), normal(draw, (n_out, n_in // groups, *kernel))]
    return arrays + [normal(draw, n_out)] * draw(st.booleans()), options | {"groups": groups}


@case("convolution_relu_max_pool")
def pooled_convolution(draw):
    lengths, kernel, options = spacing(draw, 2)
    del options["stride"]
    n, groups, n_in, n_out = channels(draw)
    lengths = tuple(1 + length for length in lengths)  # two windows at least
    arrays = [normal(draw, (n, n_in, *lengths)), normal(draw, (n_out, n_in // groups, *kernel))]
    return arrays + [normal(draw, n_out)] * draw(st.booleans()), options | {"groups": groups}


@case("transposed_convolution")
def transposed(draw):
    n_axes = draw(st.integers(1, 2))
    _, kernel, options = spacing(draw, n_axes)
    n, groups, n_in, n_out = channels(draw)
    extra = tuple(
        draw(st.integers(0, max(s, d) - 1)) for s, d in zip(options["stride"], options["dilation"])
    )
    lengths = tuple(sum(p) + draw(st.integers(1, 2)) for p in options["padding"])  # some is left
    arrays = [normal(draw, (n, n_in, *lengths)), normal(draw, (n_in, n_out // groups, *kernel))]
    arrays += [normal(draw, n_out)] * draw(st.booleans())
    return arrays, options | {"groups": groups, "output_padding": extra}


@case("max_pool", "average_pool")
def pooled(draw):
    lengths, kernel, options = spacing(draw, draw(st.integers(1, 2)))
    del options["dilation"]
    options["padding"] = tuple(
        tuple(min(p, k // 2) for p in pair) for pair, k in zip(options["padding"], kernel)
    )
    lengths = tuple(max(n, k) for n, k in zip(lengths, kernel))
    return [normal(draw, (draw(st.integers(1, 2)), 2, *lengths))], options | {"kernel": kernel}
