"""Reverse mode: the switch that stops recording, and the walk that sends gradients back.

What is walked over is a graph of tensors. Each result of a recorded op carries ``_record``, a
tuple ``(op, parents, saved)``; ``parents[i]`` is input ``i``, or None where no gradient is
wanted. A leaf carries None.
"""

import functools
import threading
from typing import NamedTuple

import numpy as np

FREED = (None, (), None)  # the record of a tensor whose backward has run


class _Mode(threading.local):
    recording = True


MODE = _Mode()


class no_grad:  # noqa: N801, PyTorch's name
    """Do not record operations: a context manager, and a decorator.

    Inside, results have ``requires_grad=False`` and nothing is kept for a backward.

    Examples
    --------
    >>> from chainrule import Tensor, no_grad
    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> with no_grad():
    ...     y = x * 2
    >>> y.requires_grad
    False
    """

    def __enter__(self):
        self._before = MODE.recording
        MODE.recording = False
        return self

    def __exit__(self, *exception):
        MODE.recording = self._before

    def __call__(self, function):
        """Return a version of ``function`` that never records."""
        if not callable(function):
            raise TypeError(f"no_grad decorates a function; got {type(function).__name__}")

        @functools.wraps(function)
        def unrecorded(*args, **kwargs):
            with no_grad():
                return function(*args, **kwargs)

        return unrecorded


def unbroadcast(grad, shape):
    """Sum a gradient over the axes along which an input of this shape was broadcast.

    grad : array (...), of a shape that ``shape`` broadcasts to
    Returns array of shape ``shape``.
    """
    new = grad.ndim - len(shape)
    if new < 0 or any(n not in (1, m) for n, m in zip(shape, grad.shape[new:])):
        raise ValueError(f"a gradient of shape {grad.shape} cannot belong to a shape {shape}")
    stretched = tuple(
        i for i, m in enumerate(grad.shape) if i < new or (shape[i - new] == 1 and m != 1)
    )
    return np.add.reduce(grad, axis=stretched).reshape(shape)


def topological_order(root):
    """Return the recorded tensors that lead to ``root``, every one after all its parents.

    An explicit stack: a network of 5 000 steps must not meet Python's recursion limit.
    """
    order, seen, stack = [], set(), [(root, False)]
    while stack:
        tensor, parents_done = stack.pop()
        if parents_done:
            order.append(tensor)
        elif tensor not in seen:
            seen.add(tensor)
            stack.append((tensor, True))
            record = tensor._record
            if record is None:
                continue
            if record is FREED:
                raise RuntimeError(
                    "backward() ran through this graph before, which freed it; for a second "
                    "backward() call the first with retain_graph=True, or compute the result again"
                )
            stack.extend((p, False) for p in record[1] if p is not None and p not in seen)
    return order


class _Pending:
    """Gradients on their way: for each tensor, the sum of those that have arrived."""

    def __init__(self):
        self.sums = {}
        self.owned = set()  # tensors whose sum nobody else holds, so it may be written to

    def add(self, tensor, grad, is_fresh):
        """Add one more gradient, copying nothing that need not be copied."""
        if grad.shape != tensor.data.shape:
            grad, is_fresh = unbroadcast(grad, tensor.data.shape), True
        if grad.dtype != tensor.data.dtype:
            grad, is_fresh = grad.astype(tensor.data.dtype), True
        before = self.sums.get(tensor)
        if before is None:
            self.sums[tensor] = grad
            if is_fresh:
                self.owned.add(tensor)
        elif tensor in self.owned and type(before) is np.ndarray:
            before += grad
        else:
            self.sums[tensor] = before + grad
            self.owned.add(tensor)

    def pop(self, tensor):
        """Return the finished sum, or None, and whether it is owned."""
        is_owned = tensor in self.owned
        self.owned.discard(tensor)
        return self.sums.pop(tensor, None), is_owned

    def buffers(self, parents):
        """Return, for each input of an op, the array its gradient may be written into, or None.

        An optimiser gives its parameters such arrays, views of one flat vector.
        """
        first = [
            p is not None
            and p._grad_buffer is not None
            and p.grad is None
            and p not in self.sums
            and p not in parents[:i]
            for i, p in enumerate(parents)
        ]
        return tuple(p._grad_buffer if ok else None for p, ok in zip(parents, first))


def backpropagate(root, gradient, retain_graph=False):
    """Send ``gradient`` from ``root`` to every leaf it was computed from.

    Each op's backward runs once, after all the gradients of its output have been summed. What it
    had saved is let go of at once (unless ``retain_graph``).

    root : Tensor
    gradient : array, of the shape of ``root``
    Raises RuntimeError if an earlier backward freed the graph.
    """
    order = topological_order(root)
    pending = _Pending()
    pending.add(root, gradient, is_fresh=False)
    while order:
        tensor = order.pop()
        grad, is_owned = pending.pop(tensor)
        if grad is None:  # no op gave this one a gradient
            continue
        record = tensor._record
        if record is None or tensor._retains_grad:
            deliver(tensor, grad, is_owned and record is None)
        if record is not None:
            _send_to_parents(record, grad, pending)
            if not retain_graph:
                tensor._record = FREED


def _send_to_parents(record, grad, pending):
    """Run one op's backward and add the results to what is pending."""
    op, parents, saved = record
    buffers = ()
    if op.selective:
        buffers = pending.buffers(parents)
        needs = tuple([p is not None for p in parents])
        gradients = op.backward(grad, saved, needs, buffers)
    else:
        gradients = op.backward(grad, saved)
    for i, (parent, g) in enumerate(zip(parents, gradients, strict=True)):
        if parent is None or g is None:
            continue
        # a fresh array is neither the incoming one, nor a view, nor another input's
        is_fresh = (g.base is None and g is not grad) or (buffers and g is buffers[i])
        is_fresh = is_fresh and not any(g is other for other in gradients[:i])
        pending.add(parent, g, is_fresh)


def deliver(tensor, grad, is_owned):
    """Add a finished gradient to ``tensor.grad``, which never shares memory with another array."""
    if tensor.grad is not None:
        # not in place: the reader may have kept the array of the last backward
        tensor.grad = tensor.grad + grad
    elif tensor._grad_buffer is not None:
        if grad is not tensor._grad_buffer:
            np.copyto(tensor._grad_buffer, grad)
        tensor.grad = tensor._grad_buffer
    elif is_owned and type(grad) is np.ndarray:
        tensor.grad = grad
    else:
        tensor.grad = np.array(grad)


class Edge(NamedTuple):
    """One input of one op: indices into ``Graph.tensors``."""

    source: int
    target: int


class Graph(NamedTuple):
    """What a result was computed from.

    ``tensors`` in topological order, root last; ``ops[i]`` is the name of the op that made tensor
    ``i``, or None for a leaf; ``edges`` run from input to output.
    """

    tensors: tuple
    ops: tuple
    edges: tuple


def graph(root):
    """Return the recorded graph of a tensor, for drawing or counting.

    Parameters
    ----------
    root : Tensor
        Not yet freed by a backward.

    Returns
    -------
    Graph
        Constants (inputs that need no gradient) are not part of it.

    Raises
    ------
    RuntimeError
        If a backward has freed the graph.
    """
    tensors = topological_order(root)
    position = {t: i for i, t in enumerate(tensors)}
    records = [t._record for t in tensors]
    edges = [
        Edge(position[p], i)
        for i, record in enumerate(records)
        if record is not None
        for p in record[1]
        if p is not None
    ]
    ops = tuple(None if record is None else record[0].name for record in records)
    return Graph(tuple(tensors), ops, tuple(edges))
