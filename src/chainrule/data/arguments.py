"""Checks of the arguments that the data functions share."""

import numbers

import numpy as np


def integer(name, value, at_least):
    """Return `value` as an int of at least `at_least`."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name} must be an integer; got {value!r}")
    if value < at_least:
        raise ValueError(f"{name} must be at least {at_least}; got {name}={value}")
    return int(value)


def real(name, value, at_least=0.0):
    """Return `value` as a finite float of at least `at_least`."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be a number; got {value!r}")
    if not np.isfinite(value) or value < at_least:
        raise ValueError(f"{name} must be finite and at least {at_least}; got {name}={value}")
    return float(value)


def flag(name, value):
    """Return `value` if it is True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False; got {value!r}")
    return bool(value)


def generator(rng):
    """Return `rng` if it is a NumPy random generator."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng must be a numpy random Generator, such as np.random.default_rng(0); "
                        f"got {rng!r}")
    return rng


def float_dtype(dtype):
    """Return `dtype` if it is float32 or float64."""
    try:
        found = np.dtype(dtype)
    except TypeError:
        found = None
    if dtype is None or found not in (np.float32, np.float64):
        raise TypeError(f"dtype must be float32 or float64; got {dtype!r}")
    return found


def label_array(name, labels):
    """Return `labels` as an array (B,) of integers that are at least 0."""
    array = np.asarray(labels)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} must hold integers; got dtype {array.dtype}")
    if array.ndim != 1:
        raise ValueError(f"{name} must have shape (B,); got {array.shape}")
    if array.size and array.min() < 0:
        raise ValueError(f"{name} must be at least 0; got {array.min()}")
    return array
