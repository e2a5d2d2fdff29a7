"""Indices, axes and shapes as users write them, made plain before an op sees them."""

import numpy as np


def integers(args, name):
    """Accept both f(1, 2) and f((1, 2)); refuse what is not an integer."""
    if len(args) == 1 and isinstance(args[0], (tuple, list)):
        args = args[0]
    for a in args:
        if isinstance(a, bool) or not isinstance(a, (int, np.integer)):
            raise TypeError(f"{name} must be integers; got {type(a).__name__}")
    return tuple(args)


def plain_index(index):
    """Return an index with Tensors and lists as arrays, refusing what cannot be an index."""
    parts = index if isinstance(index, tuple) else (index,)
    fixed = []
    for part in parts:
        part = plain(part)
        if isinstance(part, (list, np.ndarray)):
            part = np.array(part)  # a copy: the backward needs the index as it is now
            if part.size == 0 and part.dtype.kind == "f":
                part = part.astype(np.intp)  # an empty list
            if part.dtype.kind not in "iub":
                raise TypeError(f"an index must hold integers or bools; got dtype {part.dtype}")
        elif not (
            part is None or part is Ellipsis or isinstance(part, (slice, int, np.integer, np.bool_))
        ):
            raise TypeError(f"an index must be integers, slices or arrays; got {part!r}")
        fixed.append(part)
    return tuple(fixed) if isinstance(index, tuple) else fixed[0]


def plain(value):
    """Return the array of a Tensor, or the value itself."""
    return value.data if hasattr(value, "_record") else value
