"""Functions of one or several tensors, where a method would read badly."""

import numpy as np

from chainrule.checks import check_index_range, check_int, check_ndim, check_shape
from chainrule.indexing import plain
from chainrule.ops import elementwise, linalg, scatter, shape
from chainrule.tensor_core import apply, as_tensor


def maximum(a, b):
    """Return the larger of two elements; on a tie both get half of the gradient.

    a, b : Tensor or array-like, of shapes that broadcast
    Returns Tensor of the broadcast shape.
    """
    return apply(elementwise.MAXIMUM, a, b)


def minimum(a, b):
    """Return the smaller of two elements; on a tie both get half of the gradient.

    a, b : Tensor or array-like, of shapes that broadcast
    Returns Tensor of the broadcast shape.
    """
    return apply(elementwise.MINIMUM, a, b)


def where(condition, a, b):
    """Return ``a`` where the condition holds, ``b`` elsewhere.

    Parameters
    ----------
    condition : bool Tensor or array-like
    a, b : Tensor or array-like, of shapes that broadcast with it

    Raises
    ------
    TypeError
        If the condition is not of bools.
    """
    condition = np.asarray(as_tensor(condition).data)
    if condition.dtype != bool:
        raise TypeError(f"condition must hold bools; got dtype {condition.dtype}")
    return apply(elementwise.WHERE, condition, a, b)


def matmul(a, b):
    """Return the matrix product, by NumPy's rules for every rank from 1.

    Parameters
    ----------
    a : Tensor or array-like (..., N, K) or (K,)
    b : Tensor or array-like (..., K, M) or (K,)

    Returns
    -------
    Tensor (..., N, M)
        Without N or M where that side is a vector.

    Raises
    ------
    ValueError
        If the inner lengths differ or the leading axes do not broadcast.
    """
    return apply(linalg.MATMUL, as_tensor(a), as_tensor(b))


def _tensors(tensors):
    """Return a non-empty list of tensors."""
    if not isinstance(tensors, (list, tuple)):
        raise TypeError(f"tensors must be a list or tuple; got {type(tensors).__name__}")
    if not tensors:
        raise ValueError("tensors must not be empty; got none")
    return [as_tensor(t) for t in tensors]


def concatenate(tensors, axis=0):
    """Join tensors along an axis that they have.

    Parameters
    ----------
    tensors : list or tuple of Tensor or array-like
        Of equal shapes but for the length of ``axis``.
    axis : int

    Raises
    ------
    ValueError
        If there are none, or their shapes do not fit.
    """
    tensors = _tensors(tensors)
    check_ndim(tensors[0], "every tensor", 1, at_least=True)
    n = tensors[0].ndim
    return apply(
        shape.CONCATENATE, *tensors, axis=check_int(axis, "axis", minimum=-n, maximum=n - 1)
    )


def stack(tensors, axis=0):
    """Join tensors of one shape along a new axis.

    Parameters
    ----------
    tensors : list or tuple of Tensor or array-like (...)
    axis : int
        Of the result.

    Raises
    ------
    ValueError
        If there are none, or their shapes differ.
    """
    tensors = _tensors(tensors)
    n = tensors[0].ndim
    return apply(shape.STACK, *tensors, axis=check_int(axis, "axis", minimum=-n - 1, maximum=n))


def pad(x, pad_width, constant_values=0):
    """Surround a tensor with a constant.

    Parameters
    ----------
    x : Tensor or array-like (...)
    pad_width : int, (before, after), or one such pair for each axis
    constant_values : number

    Raises
    ------
    TypeError, ValueError
        If `pad_width` holds no integers; if one is negative or they do not fit the axes.
    """
    widths = np.asarray(pad_width)
    if widths.dtype.kind not in "iu":
        raise TypeError(f"pad_width must hold integers; got dtype {widths.dtype}")
    if (widths < 0).any():
        raise ValueError(f"pad_width must not be negative; got {pad_width}")
    return apply(shape.PAD, as_tensor(x), pad_width=pad_width, constant_values=constant_values)


def gather(x, indices, axis=-1):
    """Take one element for each index along an axis, as ``np.take_along_axis``.

    Parameters
    ----------
    x : Tensor or array-like (..., N, ...)
    indices : integer Tensor or array (..., M, ...)
        In ``[0, N)``; shape of ``x`` but for ``axis``. Repeats add up in the gradient.
    axis : int

    Returns
    -------
    Tensor
        Of the shape of ``indices``.

    Raises
    ------
    TypeError
        If the indices are not integers.
    ValueError
        If one is out of range or the shapes do not fit.
    """
    x = as_tensor(x)
    indices = np.array(plain(indices))
    check_ndim(x, "x", 1, at_least=True)
    axis = check_int(axis, "axis", minimum=-x.ndim, maximum=x.ndim - 1)
    expected = [None if a == axis % x.ndim else n for a, n in enumerate(x.shape)]
    check_shape(indices, "indices", expected)
    check_index_range(indices, "indices", x.shape[axis], "length")
    return apply(scatter.GATHER, x, indices, axis=axis)


def softmax(x, axis=-1):
    """Return exp(x) / sum(exp(x)) along an axis without overflow.

    x : Tensor or array-like (..., K)
    """
    return as_tensor(x).softmax(axis)


def log_softmax(x, axis=-1):
    """Return the logarithm of ``softmax`` along an axis, with full precision.

    x : Tensor or array-like (..., K)
    """
    return as_tensor(x).log_softmax(axis)


def logsumexp(x, axis=None, keepdims=False):
    """Return log(sum(exp(x))) along an axis without overflow.

    x : Tensor or array-like (...)
    """
    return as_tensor(x).logsumexp(axis, keepdims)
