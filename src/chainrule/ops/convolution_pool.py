"""Convolution, ReLU and 2x2 max pooling in one op: what comes before the pool never leaves the cache.

The largest of four numbers plus a bias, set to 0 if negative, is the largest of the four plus the bias, each set to
0 if negative; so bias and ReLU wait until there is a quarter of the numbers.
"""

import numpy as np

from chainrule.ops import memory
from chainrule.ops.columns import pieces
from chainrule.ops.convolution import WeightGradient, along_channels, matrices_of
from chainrule.ops.op import Op
from chainrule.ops.pooling import divide
from chainrule.ops.windows import Windows

_FLAG = np.dtype(bool)


class _Pairs:
    """Pooling over 2x2 on a grid whose rows are even: of neighbours in one long row, then of rows.

    The flags of one piece are kept for the way back: among equals the first row, then the first column.
    """

    def __init__(self, numbers, dtype):
        # numbers : (C, n, H, W), W even
        *self._outer, height, width = numbers.shape
        self._flat = numbers.reshape(-1)
        self._rows = slice(0, height // 2 * 2, 2), slice(1, None, 2)
        self._wider = memory.empty((*self._outer, height, width // 2), dtype)
        self._factor = memory.empty(self._wider.shape, dtype)
        self.pooled = memory.empty((*self._outer, height // 2, width // 2), dtype)

    def pool(self):
        """Write the largest of each four numbers into ``pooled``; return the flags."""
        left, right, wider = self._flat[::2], self._flat[1::2], self._wider
        top, bottom = (wider[:, :, rows] for rows in self._rows)
        flags = memory.empty(wider.shape, _FLAG), memory.empty(self.pooled.shape, _FLAG)
        np.greater_equal(left, right, out=flags[0].reshape(-1))
        np.maximum(left, right, out=wider.reshape(-1))
        np.greater_equal(top, bottom, out=flags[1])
        np.maximum(top, bottom, out=self.pooled)
        return flags

    def spread(self, flags):
        """Write each number of ``pooled`` over the largest of its four, 0 over the others."""
        is_left, is_top = flags
        top, bottom = (self._wider[:, :, rows] for rows in self._rows)
        self._wider[:, :, self._rows[0].stop :] = 0  # a last row without a partner
        divide(self.pooled, is_top, self._factor[:, :, self._rows[0]], top, bottom)
        wide, factor = self._wider.reshape(-1), self._factor.reshape(-1)
        divide(wide, is_left.reshape(-1), factor, self._flat[::2], self._flat[1::2])


def _pieces(windows, x, weight, groups, dtype):
    """Yield slice, Columns, Grid and _Pairs, piece by piece of the batch."""
    pairs = grid_before = None
    for part, columns, grid in pieces(windows, *x.shape[:2], len(weight), groups, dtype, True):
        if grid is not grid_before:
            pairs, grid_before = _Pairs(grid.numbers, dtype), grid
        yield part, columns, grid, pairs


def _forward(x, weight, bias=None, *, padding, dilation, groups=1):
    # x (N, C, H, W), weight (C_out, C / groups, kH, kW)
    windows = Windows.over(x.shape[2:], weight.shape[2:], (1, 1), padding, dilation)
    matrices, dtype = matrices_of(weight, groups), np.result_type(x, weight)
    h, w = (m // 2 for m in windows.output)
    out, flags = memory.empty((len(x), len(weight), h, w), dtype), []
    bias = along_channels(bias, 2)
    for part, columns, grid, pairs in _pieces(windows, x, weight, groups, dtype):
        np.matmul(matrices, columns.of(x[part]), out=grid.matrix)
        flags.append(pairs.pool())
        if bias is not None:
            pairs.pooled += bias
        np.maximum(pairs.pooled[..., :w], 0, out=out[part].swapaxes(0, 1))
    return out, (windows, x, weight, groups, out, flags)


def _backward(grad, saved, needs=(True, True, True), out=(None, None, None)):
    windows, x, weight, groups, result, flags = saved
    matrices, dtype = matrices_of(weight, groups), grad.dtype
    grad_x = memory.empty(x.shape, dtype) if needs[0] else None
    total, grad_bias = WeightGradient(weight, groups, dtype), np.zeros(len(weight), dtype)
    walk = zip(_pieces(windows, x, weight, groups, dtype), flags)
    for (part, columns, grid, pairs), flags_of_piece in walk:
        pairs.pooled[..., grad.shape[-1] :] = 0  # the room at the ends of rows
        inner = pairs.pooled[..., : grad.shape[-1]]
        np.multiply(grad[part], result[part] > 0, out=inner.swapaxes(0, 1))
        grad_bias += np.add.reduce(pairs.pooled.reshape(len(weight), -1), 1)
        pairs.spread(flags_of_piece)
        if needs[1]:
            total.add(grid.matrix, columns.of(x[part]))
        if needs[0]:
            np.matmul(matrices.swapaxes(1, 2), grid.matrix, out=columns.matrix)
            columns.add_to(grad_x[part])
    grad_weight = total.into(out[1]) if needs[1] else None
    return (grad_x, grad_weight, grad_bias)[: len(needs)]


CONVOLUTION_RELU_MAX_POOL = Op("convolution_relu_max_pool", _forward, _backward, selective=True)

FAMILY = (CONVOLUTION_RELU_MAX_POOL,)
