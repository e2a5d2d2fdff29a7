"""Checks of arguments: each refuses with a sentence that names parameter, expectation and value.

A wrong type is a TypeError, a wrong value a ValueError. Every check returns what it was given (the
number as a plain ``int`` or ``float``), so that it can stand inside an assignment.
"""

import math
from numbers import Integral, Real

import numpy as np

_UNSIGNED = {np.dtype(code): np.dtype(code.upper()) for code in "bhilq"}


def _described(value):
    """Return a short, reproducible description of a value for an error message."""
    if isinstance(value, (np.ndarray, list)) or hasattr(value, "shape"):
        shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
        if shape is not None:
            return f"an array of shape {tuple(shape)} and dtype {dtype}"
    text = repr(value)
    return text if len(text) <= 60 and " at 0x" not in text else f"a {type(value).__name__}"


def check_int(value, name, *, minimum=None, maximum=None):
    """Return ``value`` as an int; bool and float are refused.

    Raises
    ------
    TypeError
        If it is not an integer.
    ValueError
        If it is outside ``[minimum, maximum]``.
    """
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be an integer; got {_described(value)}")
    value = int(value)
    if minimum is not None and value < minimum:
        raise ValueError(f"{name} must be at least {minimum}; got {name}={value}")
    if maximum is not None and value > maximum:
        raise ValueError(f"{name} must be at most {maximum}; got {name}={value}")
    return value


def check_number(value, name, *, minimum=None, maximum=None, above=None, below=None):
    """Return ``value`` as a float; it must be finite and within the limits.

    ``minimum`` and ``maximum`` are allowed values, ``above`` and ``below`` are not.

    Raises
    ------
    TypeError
        If it is not a real number (bool is refused).
    ValueError
        If it is nan, infinite or outside the limits.

    Examples
    --------
    >>> check_number(1, "lr", above=0)
    1.0
    """
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number; got {_described(value)}")
    value = float(value)
    wanted = [
        f"{word} {limit:g}"
        for word, limit in (
            ("at least", minimum), ("above", above), ("at most", maximum), ("below", below),
        )
        if limit is not None
    ]  # fmt: skip
    bad = (
        not math.isfinite(value)
        or (minimum is not None and value < minimum)
        or (maximum is not None and value > maximum)
        or (above is not None and value <= above)
        or (below is not None and value >= below)
    )
    if bad:
        expected = " and ".join(["finite", *wanted])
        raise ValueError(f"{name} must be {expected}; got {name}={value!r}")
    return value


def check_positive(value, name):
    """Return ``value`` as a float; it must be finite and above 0."""
    return check_number(value, name, above=0)


def check_non_negative(value, name):
    """Return ``value`` as a float; it must be finite and at least 0."""
    return check_number(value, name, minimum=0)


def check_probability(value, name, *, allow_one=True):
    """Return ``value`` as a float in [0, 1], or in [0, 1) where ``allow_one`` is false."""
    if allow_one:
        return check_number(value, name, minimum=0, maximum=1)
    return check_number(value, name, minimum=0, below=1)


def check_bool(value, name):
    """Return ``value`` as a bool; 0, 1 and everything else are refused."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be True or False; got {_described(value)}")
    return bool(value)


def check_callable(value, name):
    """Return ``value``; it must be something that can be called, or TypeError says so."""
    if not callable(value):
        raise TypeError(f"{name} must be callable; got {type(value).__name__}")
    return value


def check_choice(value, name, choices):
    """Return ``value``; it must be one of the choices."""
    if not isinstance(value, str) or value not in choices:
        expected = ", ".join(repr(c) for c in choices)
        error = ValueError if isinstance(value, str) else TypeError
        raise error(f"{name} must be one of {expected}; got {_described(value)}")
    return value


def check_generator(rng, name="rng"):
    """Return ``rng``; it must be a ``np.random.Generator``, not a seed.

    Raises
    ------
    TypeError
        If it is anything else. Two layers made from the same seed would start equal, hence
        no seeds.
    """
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"{name} must be a np.random.Generator, such as np.random.default_rng(0); "
            f"got {_described(rng)}"
        )
    return rng


def check_float_dtype(dtype, name="dtype"):
    """Return ``dtype`` as a NumPy dtype; it must be float32 or float64."""
    try:
        found = np.dtype(dtype)
    except TypeError:
        found = None
    # None first: NumPy reads a comparison with None as one with float64, and finds them equal.
    refused = dtype is None or found is None
    if refused or found not in (np.dtype(np.float32), np.dtype(np.float64)):
        got = _described(dtype) if refused else found
        raise TypeError(f"{name} must be float32 or float64; got {got}")
    return found


def check_floating(array, name):
    """Return ``array``; its dtype must be float32 or float64."""
    if array.dtype.kind != "f":
        raise TypeError(f"{name} must hold floating-point numbers; got dtype {array.dtype}")
    return array


def check_integers(array, name):
    """Return ``array``; its dtype must be an integer one."""
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} must hold integers; got dtype {array.dtype}")
    return array


def check_non_empty(array, name):
    """Return ``array``; it must have at least one element."""
    if array.size == 0:
        raise ValueError(f"{name} must not be empty; got shape {array.shape}")
    return array


def check_ndim(array, name, ndim, *, at_least=False):
    """Return ``array``; it must have ``ndim`` axes, or at least as many."""
    if array.ndim < ndim if at_least else array.ndim != ndim:
        wanted = f"at least {ndim}" if at_least else f"{ndim}"
        axes = "axis" if ndim == 1 else "axes"
        raise ValueError(f"{name} must have {wanted} {axes}; got shape {array.shape}")
    return array


def check_last_axis(array, name, length, length_name):
    """Return ``array``; its last axis must have the given length."""
    if array.ndim == 0 or array.shape[-1] != length:
        raise ValueError(
            f"the last axis of {name} must have length {length_name}={length}; "
            f"got shape {array.shape}"
        )
    return array


def check_shape(array, name, shape):
    """Return ``array``; its shape must be the given one, where None matches any length."""
    fits = array.ndim == len(shape) and all(n is None or n == m for n, m in zip(shape, array.shape))
    if not fits:
        wanted = str(tuple(shape)).replace("None", "any")
        raise ValueError(f"{name} must have shape {wanted}; got shape {array.shape}")
    return array


def check_same_shape(a, a_name, b, b_name):
    """Refuse two arrays of different shapes."""
    if a.shape != b.shape:
        raise ValueError(
            f"{a_name} and {b_name} must have the same shape; got {a.shape} and {b.shape}"
        )


def check_index_range(indices, name, n, n_name):
    """Return ``indices``; integers that must lie in ``[0, n)``. Fast: one pass.

    Raises
    ------
    TypeError
        If they are not integers.
    ValueError
        If one is out of range.
    """
    if indices.dtype.kind not in "iu":
        raise TypeError(f"{name} must hold integers; got dtype {indices.dtype}")
    if indices.size == 0:
        return indices
    unsigned = _UNSIGNED.get(indices.dtype)
    if unsigned is not None:
        top = np.maximum.reduce(indices.view(unsigned), None)  # a negative one reads as huge
    else:
        top = n if indices.min() < 0 else indices.max()
    if int(top) >= n:
        low, high = indices.min(), indices.max()
        raise ValueError(
            f"{name} must lie in [0, {n_name}) with {n_name}={n}; got values from {low} to {high}"
        )
    return indices


def check_labels(labels, n_classes, shape, name="target"):
    """Return ``labels``; integers of the given shape in ``[0, n_classes)``, at least one of them.

    Raises
    ------
    TypeError
        If they are not integers.
    ValueError
        If the shape differs, there are none, or one is out of range.
    """
    if labels.shape != shape:
        raise ValueError(f"{name} must have shape {shape}; got shape {labels.shape}")
    check_non_empty(labels, name)
    return check_index_range(labels, name, n_classes, "n_classes")
