"""L0: every differentiable function of the book, as a pair of functions on plain arrays.

``OPS`` is the complete table, by name. No op knows of ``Tensor``; a derivative can be read,
called and tested with no graph in the way:

>>> out, saved = OPS["mul"].forward(3.0, 4.0)
>>> OPS["mul"].backward(1.0, saved)
(4.0, 3.0)
"""

from chainrule.ops import (
    activation,
    attention,
    convolution,
    convolution_pool,
    dropout,
    elementwise,
    erf,
    linalg,
    loss,
    norm,
    pooling,
    recurrent,
    recurrent_gru,
    recurrent_lstm,
    reduce,
    regions,
    scatter,
    shape,
    softmax,
)
from chainrule.ops.op import Op

FAMILIES = (
    elementwise, activation, erf, reduce, shape, scatter, linalg, softmax, norm, dropout, loss,
    convolution, convolution_pool, pooling, recurrent, recurrent_lstm, recurrent_gru,
    attention, regions,
)  # fmt: skip

OPS: dict[str, Op] = {op.name: op for family in FAMILIES for op in family.FAMILY}

__all__ = ["OPS", "Op"]
