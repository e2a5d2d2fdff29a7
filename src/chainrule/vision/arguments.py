"""What the functions of this package ask of boxes, scores and classes."""

import numpy as np

from chainrule.checks import check_integers, check_shape
from chainrule.tensor import Tensor


def plain_array(value, name):
    """Return the array of a Tensor, an array or nested lists; it must be regular."""
    if isinstance(value, Tensor):
        return value.data
    try:
        return np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name} must be a regular array; {error}") from None


def finite(value, name):
    """Return numbers as an array of floats; integers become float64; nan and infinity are refused."""
    array = plain_array(value, name)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{name} must hold numbers; got dtype {array.dtype}")
    array = array if array.dtype in (np.float32, np.float64) else array.astype(float)
    is_bad = ~np.isfinite(array)
    if is_bad.any():
        raise ValueError(f"{name} must be finite; got {array[is_bad][0]}")
    return array


def four_numbers(value, name):
    """Return an array (..., 4) of finite floats."""
    array = finite(value, name)
    if array.ndim == 0 or array.shape[-1] != 4:
        raise ValueError(f"{name} must have shape (..., 4); got shape {array.shape}")
    return array


def boxes_of(value, name="boxes"):
    """Return boxes (..., 4) as floats; each must have a width and a height above 0."""
    return check_sides(four_numbers(value, name), name)


def check_sides(array, name):
    """Return corners (..., 4); the second of each axis must be the larger."""
    is_bad = ~(array[..., 2:] > array[..., :2]).all(-1)
    if is_bad.any():
        raise ValueError(f"{name} must have x0 < x1 and y0 < y1; got {array[is_bad][0].tolist()}")
    return array


def rows_of_boxes(value, name="boxes"):
    """Return boxes (N, 4) as floats."""
    return check_shape(boxes_of(value, name), name, (None, 4))


def numbers_for(value, name, n, of="boxes"):
    """Return an array (n,) of finite floats, one for each of the n boxes."""
    array = finite(value, name)
    if array.shape != (n,):
        raise ValueError(f"{name} must have shape ({n},), one for each of the {of}; got shape {array.shape}")
    return array


def integers_for(value, name, n, of="boxes"):
    """Return an array (n,) of integers, one for each of the n boxes."""
    array = plain_array(value, name)
    if array.shape != (n,):
        raise ValueError(f"{name} must have shape ({n},), one for each of the {of}; got shape {array.shape}")
    return check_integers(array.astype(np.int64) if n == 0 else array, name)
