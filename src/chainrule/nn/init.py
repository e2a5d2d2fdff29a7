"""Initial weights: arrays whose variance keeps a signal's size from layer to layer.

Shapes are (fan_in, fan_out), as weights are stored here; for more axes, (..., in, out), the leading axes multiply both.
All draw in float64 and round at the end, so one seed gives the same weights in float32 and float64.
"""

import math

import numpy as np

from chainrule.checks import (
    check_float_dtype,
    check_generator,
    check_int,
    check_non_negative,
)

SQRT2 = math.sqrt(2)


def fans(shape):
    """Return (fan_in, fan_out) of a weight of this shape.

    Raises ValueError where shape has fewer than two axes: a bias has no fans.
    """
    shape = _shape(shape)
    if len(shape) < 2:
        raise ValueError(f"shape must have at least 2 axes, (..., fan_in, fan_out); got {shape}")
    field = math.prod(shape[:-2])
    return shape[-2] * field, shape[-1] * field


def uniform(shape, rng, dtype=np.float32, gain=1.0):
    """Draw from U(-gain, gain); the variance is gain² / 3."""
    shape, rng, dtype, gain = _arguments(shape, rng, dtype, gain)
    return rng.uniform(-gain, gain, shape).astype(dtype)


def normal(shape, rng, dtype=np.float32, gain=1.0):
    """Draw from N(0, gain²)."""
    shape, rng, dtype, gain = _arguments(shape, rng, dtype, gain)
    return (gain * rng.standard_normal(shape)).astype(dtype)


def zeros(shape, rng=None, dtype=np.float32, gain=1.0):
    """Return zeros; rng and gain are there so that all initialisers can be called alike."""
    if rng is not None:
        check_generator(rng)
    _gain(gain)
    return np.zeros(_shape(shape), check_float_dtype(dtype))


def glorot_uniform(shape, rng, dtype=np.float32, gain=1.0):
    """Draw from U(-a, a) with variance gain² · 2 / (fan_in + fan_out) (glorot2010understanding, eq. 16)."""
    return uniform(shape, rng, dtype, math.sqrt(3) * _gain(gain) * math.sqrt(2 / sum(fans(shape))))


def glorot_normal(shape, rng, dtype=np.float32, gain=1.0):
    """Draw from a normal with variance gain² · 2 / (fan_in + fan_out) (glorot2010understanding, eq. 12)."""
    return normal(shape, rng, dtype, _gain(gain) * math.sqrt(2 / sum(fans(shape))))


def he_uniform(shape, rng, dtype=np.float32, gain=SQRT2):
    """Draw from U(-a, a) with variance gain² / fan_in; gain √2 suits ReLU (he2015delving, eq. 10)."""
    return uniform(shape, rng, dtype, math.sqrt(3) * _gain(gain) / math.sqrt(fans(shape)[0]))


def he_normal(shape, rng, dtype=np.float32, gain=SQRT2):
    """Draw from a normal with variance gain² / fan_in; gain √2 suits ReLU (he2015delving, eq. 10)."""
    return normal(shape, rng, dtype, _gain(gain) / math.sqrt(fans(shape)[0]))


def orthogonal(shape, rng, dtype=np.float32, gain=1.0):
    """Return a random matrix with orthonormal rows or columns, whichever are fewer, times gain (saxe2014exact).

    Raises ValueError unless shape has exactly two axes.
    """
    shape, rng, dtype, gain = _arguments(shape, rng, dtype, gain)
    if len(shape) != 2:
        raise ValueError(f"shape must have 2 axes, (fan_in, fan_out); got {shape}")
    n, m = shape
    q, r = np.linalg.qr(rng.standard_normal((max(n, m), min(n, m))))
    q = q * np.where(np.diag(r) < 0, -1.0, 1.0)  # without the signs q is not uniformly distributed
    return (gain * (q if n >= m else q.T)).astype(dtype)


INITIALISERS = {
    "he": he_normal,
    "he_normal": he_normal,
    "he_uniform": he_uniform,
    "glorot": glorot_normal,
    "glorot_normal": glorot_normal,
    "glorot_uniform": glorot_uniform,
    "orthogonal": orthogonal,
    "uniform": uniform,
    "normal": normal,
    "zeros": zeros,
}


def by_name(init):
    """Return the initialiser of that name, or init itself where it is callable.

    Raises ValueError for an unknown name, TypeError for what is neither.
    """
    if callable(init):
        return init
    if not isinstance(init, str):
        raise TypeError(
            f"init must be a name or a function of (shape, rng, dtype); got {type(init).__name__}"
        )
    if init not in INITIALISERS:
        raise ValueError(f"init must be one of {', '.join(INITIALISERS)}; got {init!r}")
    return INITIALISERS[init]


def _gain(gain):
    return check_non_negative(gain, "gain")


def _arguments(shape, rng, dtype, gain):
    return _shape(shape), check_generator(rng), check_float_dtype(dtype), _gain(gain)


def _shape(shape):
    """Return a shape as a tuple of positive lengths."""
    if not isinstance(shape, tuple | list):
        raise TypeError(f"shape must be a tuple of integers; got {shape!r}")
    return tuple(check_int(n, f"shape[{i}]", minimum=1) for i, n in enumerate(shape))
