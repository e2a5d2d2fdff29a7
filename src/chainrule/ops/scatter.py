"""Taking elements by index, and adding gradients back where they came from."""

import numpy as np

from chainrule.ops.memory import zeros
from chainrule.ops.op import Op

_BOTH, _NO_OUT = (True, True), (None, None)


def scatter_rows(rows, indices, n_rows, out=None):
    """Add each row to the row of a zero matrix that its index names; repeats accumulate.

    Parameters
    ----------
    rows : array (..., D)
    indices : integer array (...)
        In ``[-n_rows, n_rows)``.
    n_rows : int
    out : array (n_rows, D), optional
        Overwritten and returned.

    Returns
    -------
    array (n_rows, D)
    """
    rows, indices = rows.reshape(-1, rows.shape[-1]), indices.reshape(-1) % n_rows
    if out is None:
        out = zeros((n_rows, rows.shape[1]), rows.dtype)
    else:
        out.fill(0)
    if indices.size:
        # sorted, equal indices are neighbours: one reduction for each run of them
        order = np.argsort(indices, kind="stable")
        ordered = indices[order]
        starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        out[ordered[starts]] = np.add.reduceat(rows[order], starts, axis=0)
    return out


def _repeats(index):
    """Say whether an index may name one element twice: only an integer array or list can."""
    parts = index if isinstance(index, tuple) else (index,)
    return any(isinstance(p, (list, np.ndarray)) and np.asarray(p).dtype != bool for p in parts)


def scatter(grad, index, shape):
    """Return zeros of the given shape with ``grad`` added at ``index``; repeats accumulate."""
    if isinstance(index, np.ndarray) and index.dtype != bool and len(shape) == 2:
        return scatter_rows(grad, index, shape[0])
    out = zeros(shape, grad.dtype)
    if _repeats(index):
        np.add.at(out, index, grad)
    else:
        out[index] = grad
    return out


def _embedding_forward(weight, indices):
    return weight[indices], (indices, len(weight))


def _embedding_backward(grad, saved, needs=_BOTH, out=_NO_OUT):
    indices, n_rows = saved
    return scatter_rows(grad, indices, n_rows, out[0]), None


def _gather_forward(x, indices, *, axis=-1):
    return np.take_along_axis(x, indices, axis), (x.shape, indices, axis)


def _gather_backward(grad, saved):
    shape, indices, axis = saved
    out = zeros(shape, grad.dtype)
    where = list(np.indices(indices.shape, sparse=True))
    where[axis] = indices
    np.add.at(out, tuple(where), grad)
    return out, None


EMBEDDING = Op("embedding", _embedding_forward, _embedding_backward, selective=True)
GATHER = Op("gather", _gather_forward, _gather_backward)

FAMILY = (EMBEDDING, GATHER)
