"""What the cases of ops are drawn with, and the table that they are entered into."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

SEEDS = st.integers(0, 2**32 - 1)
CASES = {}


def as_arrays(drawn):
    """Arithmetic on 0-d arrays gives NumPy scalars; make them arrays again."""
    arrays, options = drawn
    return [np.array(a) for a in arrays], options


def case(*names):
    """Register a drawing function for some ops."""

    def register(function):
        for name in names:
            CASES[name] = st.composite(function)().map(as_arrays)
        return function

    return register


def shapes(min_dims=0, max_dims=3, min_side=1):
    return hnp.array_shapes(min_dims=min_dims, max_dims=max_dims, min_side=min_side, max_side=4)


def normal(draw, shape):
    return np.asarray(np.random.default_rng(draw(SEEDS)).normal(size=shape))


def broadcastable(draw, n):
    """Draw n shapes that broadcast, from 0-d up, with axes of length 1 among them."""
    return draw(
        hnp.mutually_broadcastable_shapes(num_shapes=n, max_dims=3, max_side=4)
    ).input_shapes


def an_axis(draw, ndim):
    return draw(st.integers(-ndim, ndim - 1))


def reduced_axes(draw, ndim):
    """Draw None, an axis, or several."""
    if ndim == 0:
        return None
    axis = st.integers(0, ndim - 1)
    several = st.sets(axis, min_size=1).map(lambda s: tuple(sorted(s)))
    return draw(st.none() | st.integers(-ndim, ndim - 1) | several)


def integers(draw, shape, n):
    return np.asarray(np.random.default_rng(draw(SEEDS)).integers(0, n, size=shape))
