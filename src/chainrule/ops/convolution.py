"""Convolution and its adjoint, over any number of spatial axes, as one matrix product for each group.

What deep learning calls a convolution is a cross-correlation: the kernel is not flipped.
"""

import math

import numpy as np

from chainrule.ops.op import Op
from chainrule.ops.windows import Windows


def _by_group(array, groups):
    """Return channel-first images (C, ...) as matrices (groups, C / groups, the rest in one axis)."""
    return array.reshape(groups, array.shape[0] // groups, -1)


def _matrices(weight, groups):
    """Return kernels (n, m, *kernel) as matrices (groups, n / groups, m * kernel)."""
    return weight.reshape(groups, weight.shape[0] // groups, -1)


def _sum_of_channels(grad, out):
    """Return the sum of grad (C, ...) over all axes but the first."""
    return np.add.reduce(grad.reshape(len(grad), -1), 1, out=out)


def _product_into(place, shape, a, b):
    """Return a @ b in this shape, written into place where there is one."""
    if place is None:
        return (a @ b).reshape(shape)
    np.matmul(a, b, out=place.reshape(*a.shape[:-1], b.shape[-1]))
    return place


def _convolution_forward(x, weight, bias=None, *, stride, padding, dilation, groups=1):
    # x (N, C, *lengths), weight (C_out, C / groups, *kernel)
    windows = Windows.over(x.shape[2:], weight.shape[2:], stride, padding, dilation)
    columns = _columns(windows, x.swapaxes(0, 1), groups)
    out = _matrices(weight, groups) @ columns  # (groups, C_out / groups, N * output)
    if bias is not None:
        out += bias.reshape(groups, -1, 1)
    out = out.reshape(len(weight), len(x), *windows.output).swapaxes(0, 1)
    return out, (windows, columns, weight, groups)


def _columns(windows, x, groups):
    """Return the windows of x (C, N, *lengths) as (groups, C / groups * kernel, N * output)."""
    n_rows = len(x) // groups * math.prod(windows.kernel)
    return windows.columns(x).reshape(groups, n_rows, -1)


def _convolution_backward(grad, saved, needs=(True, True, True), out=(None, None, None)):
    windows, columns, weight, groups = saved
    n = len(grad)
    grad = _by_group(np.ascontiguousarray(grad.swapaxes(0, 1)), groups)
    grad_x = grad_weight = None
    if needs[0]:
        back = _matrices(weight, groups).swapaxes(1, 2) @ grad  # (groups, C / groups * kernel, ...)
        back = back.reshape(-1, *windows.kernel, n, *windows.output)
        grad_x = windows.add_columns(back).swapaxes(0, 1)
    if needs[1]:
        grad_weight = _product_into(out[1], weight.shape, grad, columns.swapaxes(1, 2))
    if len(needs) == 2:
        return grad_x, grad_weight
    grad_bias = _sum_of_channels(grad.reshape(len(weight), -1), out[2]) if needs[2] else None
    return grad_x, grad_weight, grad_bias


def _transposed_forward(
    x, weight, bias=None, *, stride, padding, dilation, output_padding, groups=1
):
    # x (N, C, *lengths), weight (C, C_out / groups, *kernel): the forward is the backward of a
    # convolution from C_out to C channels, with respect to its input
    kernel = weight.shape[2:]
    lengths = tuple(
        (m - 1) * s - before - after + d * (k - 1) + 1 + extra
        for m, k, s, (before, after), d, extra in zip(
            x.shape[2:], kernel, stride, padding, dilation, output_padding
        )
    )
    windows = Windows(lengths, kernel, stride, padding, dilation, x.shape[2:])
    rows = _by_group(np.ascontiguousarray(x.swapaxes(0, 1)), groups)
    columns = _matrices(weight, groups).swapaxes(1, 2) @ rows
    columns = columns.reshape(-1, *kernel, len(x), *x.shape[2:])
    out = windows.add_columns(columns)  # (C_out, N, *lengths)
    if bias is not None:
        out += bias.reshape(-1, *[1] * (x.ndim - 1))
    return out.swapaxes(0, 1), (windows, rows, weight, groups)


def _transposed_backward(grad, saved, needs=(True, True, True), out=(None, None, None)):
    windows, rows, weight, groups = saved
    n, grad = len(grad), np.ascontiguousarray(grad.swapaxes(0, 1))
    grad_x = grad_weight = None
    if needs[0] or needs[1]:
        columns = _columns(windows, grad, groups)
    if needs[0]:
        grad_x = _matrices(weight, groups) @ columns
        grad_x = grad_x.reshape(len(weight), n, *windows.output).swapaxes(0, 1)
    if needs[1]:
        grad_weight = _product_into(out[1], weight.shape, rows, columns.swapaxes(1, 2))
    if len(needs) == 2:
        return grad_x, grad_weight
    return grad_x, grad_weight, _sum_of_channels(grad, out[2]) if needs[2] else None


CONVOLUTION = Op("convolution", _convolution_forward, _convolution_backward, selective=True)
TRANSPOSED_CONVOLUTION = Op(
    "transposed_convolution", _transposed_forward, _transposed_backward, selective=True
)

FAMILY = (CONVOLUTION, TRANSPOSED_CONVOLUTION)
