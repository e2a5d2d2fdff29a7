"""Reverse mode: the switch that stops recording, and the walk that sends gradients back.

What is walked over is a graph of tensors. Each result of a recorded op carries ``_record``, a
tuple ``(op, parents, saved)``; ``parents[i]`` is input ``i``, or None where no gradient is
wanted. A leaf carries None.
"""

import functools
import threading
from itertools import repeat
from operator import attrgetter
from typing import NamedTuple

import numpy as np

from chainrule.ops.memory import is_alone

FREED = (None, (), None)  # the record of a tensor whose backward has run


class _Mode(threading.local):
    recording = True


MODE = _Mode()


class no_grad:
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

    A result is made after what it is made from, so the order of making will do; no recursion,
    so that a network of 5 000 steps does not meet Python's limit.
    """
    order, branches = _chain(root)
    if not branches:
        return order
    seen, stack = set(order), branches
    while stack:
        tensor = stack.pop()
        if tensor not in seen:
            seen.add(tensor)
            stack += _recorded_parents(tensor)
    return sorted(seen, key=_serial)


def _chain(root):
    """Walk back from ``root`` as long as one recorded parent leads on; most networks end so.

    Returns the tensors walked over, first made first, and the parents where the way divides.
    """
    order = []
    branches = [root] if root._record is not None else []
    while len(branches) == 1:
        order.append(branches[0])
        branches = _recorded_parents(branches[0])
    order.reverse()
    return order, branches


def _recorded_parents(tensor):
    """Return the parents that were computed themselves; refuse a tensor whose graph is gone."""
    record = tensor._record
    if record is FREED:
        raise RuntimeError(
            "backward() ran through this graph before, which freed it; for a second "
            "backward() call the first with retain_graph=True, or compute the result again"
        )
    return [p for p in record[1] if p is not None and p._record is not None]


_serial = attrgetter("_serial")


def backpropagate(root, gradient, retain_graph=False):
    """Send ``gradient`` from ``root`` to every leaf it was computed from.

    Each op's backward runs once, after all the gradients of its output have been summed. What it
    had saved is let go of at once (unless ``retain_graph``).

    root : Tensor
    gradient : array, of the shape of ``root``
    Raises RuntimeError if an earlier backward freed the graph.
    """
    order = topological_order(root)
    sums = {root: gradient}  # for each tensor, the sum of the gradients that have arrived
    owned = set()  # tensors whose sum nobody else holds, so that it may be written to
    while order:
        tensor = order.pop()
        grad = sums.pop(tensor, None)
        if grad is None:  # no op gave this one a gradient
            continue
        if tensor._retains_grad:
            deliver(tensor, grad, is_owned=False)
        op, parents, saved = tensor._record
        if op.selective:
            is_spare = tensor in owned and not tensor._retains_grad and type(grad) is np.ndarray
            needs, out = _places(parents, grad if is_spare and op.elementwise else None)
            if op.overwrites:
                out.append(grad if is_spare else None)
            gradients = op.backward(grad, saved, needs, out)
        else:
            out, gradients = repeat(None), op.backward(grad, saved)
        if len(gradients) != len(parents):
            raise ValueError(
                f"the backward of {op.name} must return {len(parents)} gradients, one for each "
                f"input; got {len(gradients)}"
            )
        for parent, found, place in zip(parents, gradients, out):
            if parent is None:
                continue
            if found is None:
                if place is not None and parent.grad is place:
                    parent.grad = None  # claimed, and not used
            elif found is not place or parent.grad is not place:  # else it is where it belongs
                is_shared = found is grad or not (op.selective or _once(found, gradients))
                _accumulate(parent, found, place, is_shared, sums, owned)
        if not retain_graph:
            tensor._record = FREED
    for leaf, grad in sums.items():
        deliver(leaf, grad, leaf in owned)


def _places(parents, spare):
    """Return, for each input of an op, whether it needs a gradient, and an array to write it into, or None.

    An optimiser gives its parameters such places, views of one flat vector; the first gradient
    claims it. ``spare`` is the incoming gradient where it may be overwritten.
    """
    needs, out = [], []
    for p in parents:
        if p is None:
            needs.append(False)
            out.append(None)
            continue
        place = p._grad_buffer
        if place is None:
            place = spare
        elif p.grad is None:
            p.grad = place
        else:
            place = None
        needs.append(True)
        out.append(place)
    return needs, out


def _accumulate(parent, grad, place, is_shared, sums, owned):
    """Add a gradient that an op has returned to its input's sum, copying only what must be copied.

    is_shared : whether somebody else holds the array, too: it came in, or is another input's
    """
    data = parent.data
    is_fresh = True
    if grad is not place:
        is_fresh = not is_shared and (grad.base is None or is_alone(grad))  # no view of another's
        if grad.shape != data.shape:
            grad, is_fresh = unbroadcast(grad, data.shape), True
        if grad.dtype is not data.dtype and grad.dtype != data.dtype:
            grad, is_fresh = grad.astype(data.dtype), True
    if place is not None and parent.grad is place:
        np.copyto(place, grad)
    elif parent not in sums:
        sums[parent] = grad
        if is_fresh:
            owned.add(parent)
    elif parent in owned and type(grad) is np.ndarray:
        sums[parent] += grad
    else:
        sums[parent] = sums[parent] + grad
        owned.add(parent)


def _once(grad, gradients):
    """Say whether an array is the gradient of one input only."""
    return sum(g is grad for g in gradients) == 1


def deliver(tensor, grad, is_owned):
    """Add a finished gradient to ``tensor.grad``, which never shares memory with another array."""
    buffer = tensor._grad_buffer
    if tensor.grad is None:
        if buffer is not None:
            if grad is not buffer:
                np.copyto(buffer, grad)
            tensor.grad = buffer
        else:
            tensor.grad = grad if is_owned and type(grad) is np.ndarray else np.array(grad)
    elif tensor.grad is buffer:
        buffer += grad
    else:  # not in place: the reader may have kept the array of the last backward
        tensor.grad = np.asarray(tensor.grad + grad)


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
    TypeError
        If root is no Tensor.
    """
    if not hasattr(root, "_record"):
        raise TypeError(f"root must be a Tensor; got {type(root).__name__}")
    recorded = topological_order(root)
    parents = [p for t in recorded for p in t._record[1] if p is not None]
    leaves = dict.fromkeys(p for p in parents if p._record is None)  # a set that keeps its order
    tensors = (*leaves, *recorded) if recorded else (root,)
    position = {t: i for i, t in enumerate(tensors)}
    edges = [
        Edge(position[p], position[t]) for t in recorded for p in t._record[1] if p is not None
    ]
    ops = tuple(None if t._record is None else t._record[0].name for t in tensors)
    return Graph(tensors, ops, tuple(edges))
