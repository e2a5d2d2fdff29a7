"""Checks of the arguments that the figures share."""

import numpy as np


def text(name, value):
    """Return `value` if it is a string."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a string; got {value!r}")
    return value


def texts(**values):
    """Check all the words of a figure, before the figure is begun."""
    for name, value in values.items():
        text(name, value)


def numbers(name, values, ndim):
    """Return `values` as floats with as many axes as `ndim` says and at least one element."""
    values = getattr(values, "data", values) if not isinstance(values, np.ndarray) else values
    try:
        array = np.asarray(values)
    except ValueError:
        raise ValueError(f"{name} must be an array of numbers; got unequal rows") from None
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold numbers; got dtype {array.dtype}")
    if array.ndim not in np.atleast_1d(ndim):
        raise ValueError(f"{name} must have {ndim} axes; got shape {array.shape}")
    if array.size == 0:
        raise ValueError(f"{name} must not be empty; got shape {array.shape}")
    return array.astype(float)


def finite(name, values, ndim):
    """Return `values` as `numbers` does, if all are finite."""
    array = numbers(name, values, ndim)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite; got {int((~np.isfinite(array)).sum())} values "
                         f"that are not")
    return array


def finite_somewhere(name, values):
    """Return `values` as floats (T,), if at least one is finite."""
    array = numbers(name, values, 1)
    if not np.isfinite(array).any():
        raise ValueError(f"{name} must have a finite value; got none among {array.size}")
    return array


def limits(name, pair):
    """Return (low, high) as floats, low below high."""
    array = finite(name, pair, 1)
    if array.shape != (2,) or array[0] >= array[1]:
        raise ValueError(f"{name} must be (low, high) with low < high; got {pair!r}")
    return float(array[0]), float(array[1])
