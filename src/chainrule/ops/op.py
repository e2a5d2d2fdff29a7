"""The shape of an op: a forward and a backward, both functions on plain arrays."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Op:
    """A differentiable function, as two functions on arrays.

    Parameters
    ----------
    name : str
        The key of the op in ``chainrule.ops.OPS``.
    forward : callable
        ``forward(*arrays, **options) -> (out, saved)``. What the backward will want goes
        into ``saved``; nobody else looks inside.
    backward : callable
        ``backward(grad, saved) -> tuple``, one gradient for each input array, ``None`` where
        the op has none (indices, conditions). ``grad`` has the shape of ``out`` and must not
        be written to: other branches of the graph may hold the same array. An input that was
        broadcast may be given a gradient of the broadcast shape; ``chainrule.autograd`` sums
        it down, once for all ops.
    selective : bool
        If true, the backward is called as ``backward(grad, saved, needs, out)``: ``needs[i]``
        says whether anybody wants gradient ``i`` (``None`` may be returned where not), and
        ``out[i]`` is ``None`` or an array that gradient ``i`` may be written into. It must not
        return one array for two inputs.
    elementwise : bool
        Promises, for a selective op of one input, that the backward may write gradient 0 into
        ``grad`` itself while it reads it: ``out[0]`` is then ``grad`` where nobody else holds it.
    overwrites : bool
        Asks, for a selective op, for one more element of ``out``: ``grad`` where nobody else holds
        it, so that the backward may use it as scratch; otherwise ``None``.

    Examples
    --------
    >>> square = Op("square", lambda x: (x * x, x), lambda grad, x: (2 * x * grad,))
    >>> out, saved = square.forward(3.0)
    >>> out, square.backward(1.0, saved)
    (9.0, (6.0,))
    """

    name: str
    forward: Callable
    backward: Callable
    selective: bool = False
    elementwise: bool = False
    overwrites: bool = False

    def __repr__(self):
        return f"Op({self.name!r})"
