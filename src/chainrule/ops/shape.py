"""Functions that move elements about without changing them.

Their backward moves the gradient back: a copy becomes a sum, a choice becomes a scatter.
"""

import numpy as np

from chainrule.ops.op import Op
from chainrule.ops.scatter import scatter


def _reshape_forward(x, *, shape):
    return x.reshape(shape), x.shape


def _reshape_backward(grad, shape):
    return (grad.reshape(shape),)


def _transpose_forward(x, *, axes=None):
    return x.transpose(axes), axes


def _transpose_backward(grad, axes):
    if axes is None:  # all axes reversed, which is its own inverse
        return (grad.transpose(),)
    return (grad.transpose(np.argsort([a % grad.ndim for a in axes])),)


def _broadcast_to_forward(x, *, shape):
    return np.broadcast_to(x, shape), None


def _broadcast_to_backward(grad, saved):
    return (grad,)  # of the broadcast shape; summed down where all gradients are


def _squeeze_forward(x, *, axis=None):
    return x.squeeze(axis), x.shape


def _expand_dims_forward(x, *, axis):
    return np.expand_dims(x, axis), x.shape


def _flip_forward(x, *, axis=None):
    return np.flip(x, axis), axis


def _flip_backward(grad, axis):
    return (np.flip(grad, axis),)


def _concatenate_forward(*arrays, axis=0):
    ends = np.cumsum([a.shape[axis] for a in arrays])[:-1]
    return np.concatenate(arrays, axis), (ends, axis)


def _concatenate_backward(grad, saved):
    ends, axis = saved
    return tuple(np.split(grad, ends, axis))


def _stack_forward(*arrays, axis=0):
    return np.stack(arrays, axis), axis


def _stack_backward(grad, axis):
    return tuple(np.moveaxis(grad, axis, 0))


def _pad_forward(x, *, pad_width, constant_values=0):
    out = np.pad(x, pad_width, constant_values=constant_values)
    pairs = np.broadcast_to(pad_width, (x.ndim, 2))
    return out, tuple(slice(before, before + n) for (before, _), n in zip(pairs, x.shape))


def _pad_backward(grad, inner):
    return (grad[inner],)


def _getitem_forward(x, *, index):
    return x[index], (x.shape, index)


def _getitem_backward(grad, saved):
    shape, index = saved
    return (scatter(grad, index, shape),)


RESHAPE = Op("reshape", _reshape_forward, _reshape_backward)
TRANSPOSE = Op("transpose", _transpose_forward, _transpose_backward)
BROADCAST_TO = Op("broadcast_to", _broadcast_to_forward, _broadcast_to_backward)
SQUEEZE = Op("squeeze", _squeeze_forward, _reshape_backward)
EXPAND_DIMS = Op("expand_dims", _expand_dims_forward, _reshape_backward)
FLIP = Op("flip", _flip_forward, _flip_backward)
CONCATENATE = Op("concatenate", _concatenate_forward, _concatenate_backward)
STACK = Op("stack", _stack_forward, _stack_backward)
PAD = Op("pad", _pad_forward, _pad_backward)
GETITEM = Op("getitem", _getitem_forward, _getitem_backward)

FAMILY = (
    RESHAPE, TRANSPOSE, BROADCAST_TO, SQUEEZE, EXPAND_DIMS, FLIP, CONCATENATE, STACK, PAD, GETITEM,
)  # fmt: skip
