"""Convolution and its adjoint, over any number of spatial axes, as matrix products.

What deep learning calls a convolution is a cross-correlation: the kernel is not flipped.
"""

import numpy as np

from chainrule.ops import memory
from chainrule.ops.columns import pieces
from chainrule.ops.op import Op
from chainrule.ops.windows import Windows


def matrices_of(weight, groups):
    """Return kernels (n, m, *kernel) as matrices (groups, n / groups, m · kernel)."""
    return weight.reshape(groups, weight.shape[0] // groups, -1)


def along_channels(bias, n_axes):
    """Return bias (C,) as (C, 1, ...), to be added to (C, n, *lengths); None stays None."""
    return None if bias is None else bias.reshape(-1, *[1] * (n_axes + 1))


class WeightGradient:
    """The gradient of a weight, summed over the pieces of a batch.

    The product is taken the other way round, columns times rows: half as long again it would take
    to make (few channels, many rows) as to make (many rows, few channels).
    """

    def __init__(self, weight, groups, dtype):
        self._weight, self._dtype = weight, dtype
        self._total = np.zeros(matrices_of(weight, groups).swapaxes(1, 2).shape, dtype)

    def add(self, rows, columns):
        """Add rows (groups, n, windows) times columns (groups, m · kernel, windows), transposed."""
        self._total += columns @ rows.swapaxes(1, 2)

    def into(self, place):
        """Return the sum in the shape of the weight, in place where there is one."""
        out = np.empty(self._weight.shape, self._dtype) if place is None else place
        out[...] = self._total.swapaxes(1, 2).reshape(out.shape)
        return out


def _sum_to_channels(grad, place):
    """Return grad (N, C, *lengths) summed to (C,)."""
    rows = np.add.reduce(grad.reshape(*grad.shape[:2], -1), 2)
    return np.add.reduce(rows, 0, out=place)


def _convolution_forward(x, weight, bias=None, *, stride, padding, dilation, groups=1):
    # x (N, C, *lengths), weight (C_out, C / groups, *kernel)
    windows = Windows.over(x.shape[2:], weight.shape[2:], stride, padding, dilation)
    matrices, dtype = matrices_of(weight, groups), np.result_type(x, weight)
    out = memory.empty((len(x), len(weight), *windows.output), dtype)
    bias = along_channels(bias, len(windows.kernel))
    for part, columns, grid in pieces(windows, *x.shape[:2], len(weight), groups, dtype):
        np.matmul(matrices, columns.of(x[part]), out=grid.matrix)
        grid.write_to(out[part], bias)
    return out, (windows, x, weight, groups)


def _convolution_backward(grad, saved, needs=(True, True, True), out=(None, None, None)):
    windows, x, weight, groups = saved
    matrices, dtype = matrices_of(weight, groups), grad.dtype
    grad_x = memory.empty(x.shape, dtype) if needs[0] else None
    total = WeightGradient(weight, groups, dtype)
    if needs[0] or needs[1]:
        for part, columns, grid in pieces(windows, *x.shape[:2], len(weight), groups, dtype):
            rows = grid.of(grad[part])
            if needs[1]:
                total.add(rows, columns.of(x[part]))
            if needs[0]:
                np.matmul(matrices.swapaxes(1, 2), rows, out=columns.matrix)
                columns.add_to(grad_x[part])
    grad_weight = total.into(out[1]) if needs[1] else None
    if len(needs) == 2:
        return grad_x, grad_weight
    return grad_x, grad_weight, _sum_to_channels(grad, out[2]) if needs[2] else None


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
    matrices, dtype = matrices_of(weight, groups), np.result_type(x, weight)
    n, n_out = len(x), weight.shape[1] * groups
    out = memory.empty((n, n_out, *lengths), dtype)
    for part, columns, grid in pieces(windows, n, n_out, len(weight), groups, dtype):
        np.matmul(matrices.swapaxes(1, 2), grid.of(x[part]), out=columns.matrix)
        columns.add_to(out[part])
    if bias is not None:
        out += bias.reshape(-1, *[1] * len(kernel))
    return out, (windows, x, weight, groups)


def _transposed_backward(grad, saved, needs=(True, True, True), out=(None, None, None)):
    windows, x, weight, groups = saved
    matrices, dtype = matrices_of(weight, groups), grad.dtype
    grad_x = memory.empty(x.shape, dtype) if needs[0] else None
    total = WeightGradient(weight, groups, dtype)
    if needs[0] or needs[1]:
        for part, columns, grid in pieces(windows, *grad.shape[:2], len(weight), groups, dtype):
            matrix = columns.of(grad[part])
            if needs[1]:
                total.add(grid.of(x[part]), matrix)
            if needs[0]:
                np.matmul(matrices, matrix, out=grid.matrix)
                grid.write_to(grad_x[part])
    grad_weight = total.into(out[1]) if needs[1] else None
    if len(needs) == 2:
        return grad_x, grad_weight
    return grad_x, grad_weight, _sum_to_channels(grad, out[2]) if needs[2] else None


CONVOLUTION = Op("convolution", _convolution_forward, _convolution_backward, selective=True)
TRANSPOSED_CONVOLUTION = Op(
    "transposed_convolution", _transposed_forward, _transposed_backward, selective=True
)

FAMILY = (CONVOLUTION, TRANSPOSED_CONVOLUTION)
