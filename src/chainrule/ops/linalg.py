"""Matrix products: of every rank, and the fused affine layer."""

import numpy as np

from chainrule.ops.memory import empty
from chainrule.ops.op import Op

_BOTH, _NO_OUT = (True, True), (None, None)
_SUMMED = 1 << 12  # numbers, from which on a product with ones is quicker than a sum
_LARGE = 1 << 15  # numbers, from which on a vector is laid out several times
_IN_CACHE = 1 << 19  # bytes of rows that are worked on at a time
_WIDE = 2048  # numbers in a row, up to which one that is broadcast is laid out several times
_MANY = 1024  # rows, from which on it matters which factor of a weight's gradient stands on the left


def column_sums(rows, out=None):
    """Return the sums (D,) of rows (B, D), written to ``out`` if it is given."""
    if rows.size < _SUMMED:
        return np.add.reduce(rows, 0, out=out)
    return np.matmul(np.ones(len(rows), rows.dtype), rows, out=out)


def along_rows(function, rows, vector, out):
    """Write function(rows, vector) to out, a contiguous array (..., D) as rows is; vector has shape (D,).

    Over many rows a short vector is laid out several times: fewer and longer inner loops, which take half the time.
    """
    times = _WIDE // max(1, len(vector))
    if times > 1 and rows.size >= _LARGE and rows.size % (times * len(vector)) == 0:
        wide = np.empty((times, len(vector)), vector.dtype)
        wide[...] = vector
        vector, rows, out = wide.reshape(-1), rows.reshape(-1, wide.size), out.reshape(-1, wide.size)
    function(rows, vector, out=out)


def _matmul_forward(a, b):
    return a @ b, (a, b)


def _matmul_backward(grad, saved, needs=_BOTH, out=_NO_OUT):
    a, b = saved
    if a.ndim == 1 and b.ndim == 1:  # a dot product
        return grad * b, grad * a
    # a vector is a matrix of one row (left) or one column (right), without that axis
    rows = a[None, :] if a.ndim == 1 else a
    columns = b[:, None] if b.ndim == 1 else b
    if a.ndim == 1:
        grad = grad[..., None, :]
    elif b.ndim == 1:
        grad = grad[..., None]
    grad_a = grad_b = None
    if needs[0]:
        grad_a = grad @ columns.swapaxes(-1, -2)
        grad_a = grad_a[..., 0, :] if a.ndim == 1 else grad_a
    if needs[1]:
        if b.ndim <= 2 < a.ndim:  # one matrix for the whole batch: one product sums it, too
            rows, grad = rows.reshape(-1, rows.shape[-1]), grad.reshape(-1, grad.shape[-1])
        grad_b = rows.swapaxes(-1, -2) @ grad
        grad_b = grad_b[..., 0] if b.ndim == 1 else grad_b
    return grad_a, grad_b


def _linear_forward(x, weight, bias=None):
    rows = x if x.ndim == 2 else x.reshape(-1, x.shape[-1])  # (B, D_in)
    out = empty((len(rows), weight.shape[1]), np.result_type(rows, weight))
    np.matmul(rows, weight, out=out)
    if bias is not None:
        along_rows(np.add, out, bias, out)
    if x.ndim != 2:
        out = out.reshape(*x.shape[:-1], out.shape[-1])
    return out, (x, rows, weight)


def _rows_product(rows, grad, out):
    """Return rowsᵀ grad, the gradient of a weight; of many rows with the wider factor on the left."""
    if len(rows) < _MANY or rows.shape[1] >= grad.shape[1]:
        return np.matmul(rows.T, grad, out=out)
    product = np.matmul(grad.T, rows)
    if out is None:
        return np.ascontiguousarray(product.T)
    np.copyto(out, product.T)
    return out


def _linear_backward(grad, saved, needs=(True, True, True), out=(None, None, None)):
    x, rows, weight = saved
    grad = grad if grad.ndim == 2 else grad.reshape(-1, grad.shape[-1])  # (B, D_out)
    grad_x = None
    if needs[0]:  # not a view of the rows' gradient: the next backward may write to it
        grad_x = empty(x.shape, np.result_type(grad, weight))
        np.matmul(grad, weight.T, out=grad_x.reshape(rows.shape))
    grad_weight = _rows_product(rows, grad, out[1]) if needs[1] else None
    if len(needs) == 2:
        return grad_x, grad_weight
    return grad_x, grad_weight, column_sums(grad, out[2]) if needs[2] else None


def _pieces(*arrays):
    """Return the same few rows of arrays (..., D) at a time: several passes, one trip to memory."""
    first = arrays[0]
    if first.ndim != 2:
        arrays = [a.reshape(-1, first.shape[-1]) for a in arrays]
    if first.nbytes <= _IN_CACHE:
        return (arrays,)
    step = max(1, _IN_CACHE // (first.shape[-1] * first.itemsize))
    return ([a[i : i + step] for a in arrays] for i in range(0, len(arrays[0]), step))


def _linear_relu_forward(x, weight, bias=None):
    out, saved = _linear_forward(x, weight)
    for (rows,) in _pieces(out):
        if bias is not None:
            along_rows(np.add, rows, bias, rows)
        np.maximum(rows, 0, out=rows)  # in place: the values before the ReLU are not needed again
    return out, (out, saved)


def _linear_relu_backward(grad, saved, needs=(True, True, True), out=(None, None, None)):
    result, saved_linear = saved
    spare = out[-1] if len(out) > len(needs) else None
    is_usable = spare is not None and spare.flags.c_contiguous  # else its rows would be a copy
    there = spare if is_usable else empty(grad.shape, grad.dtype)
    of_bias, is_on = None, None
    for sent, values, rows in _pieces(grad, result, there):
        if is_on is None or len(is_on) > len(rows):
            is_on = np.empty(rows.shape, grad.dtype)  # 0 and 1 as numbers: no bools to convert
        np.greater(values, 0, out=is_on)
        np.multiply(sent, is_on, out=rows)
        if len(needs) == 3 and needs[2]:
            if of_bias is None:
                of_bias = column_sums(rows, out[2])
            else:
                of_bias += column_sums(rows)
    return (*_linear_backward(there, saved_linear, needs[:2], out[:2]), of_bias)[: len(needs)]


MATMUL = Op("matmul", _matmul_forward, _matmul_backward, selective=True)
LINEAR = Op("linear", _linear_forward, _linear_backward, selective=True)

LINEAR_RELU = Op(
    "linear_relu", _linear_relu_forward, _linear_relu_backward, selective=True, overwrites=True
)

FAMILY = (MATMUL, LINEAR, LINEAR_RELU)
