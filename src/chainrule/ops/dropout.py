"""Dropout, with the mask passed in: an op has no randomness of its own."""

from chainrule.ops.op import Op


def _dropout_forward(x, *, mask, p):
    scale = x.dtype.type(1 / (1 - p) if p < 1 else 0)  # p = 1 drops everything
    kept = mask * scale  # 0 or 1 / (1 - p), so that the expected value stays x
    return x * kept, kept


def _dropout_backward(grad, kept):
    return (grad * kept,)


DROPOUT = Op("dropout", _dropout_forward, _dropout_backward)

FAMILY = (DROPOUT,)
