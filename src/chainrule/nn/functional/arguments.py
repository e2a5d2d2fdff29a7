"""What the functions of this package ask of their inputs."""

import numpy as np

from chainrule.checks import check_choice, check_floating, check_non_empty
from chainrule.tensor import Tensor

REDUCTIONS = ("mean", "sum", "none")


def floating(x, name="x", like=None):
    """Return x as a Tensor of floats; a list or a number takes the dtype of ``like``.

    Raises TypeError where x holds anything but floats.
    """
    if not isinstance(x, Tensor):
        is_plain = isinstance(x, list | tuple | int | float) and not isinstance(x, bool)
        try:
            x = Tensor(x, dtype=like if is_plain else None)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{name} must be a tensor or an array of floats; {error}") from None
    if x.data.dtype.kind != "f":
        check_floating(x.data, name)
    return x


def integers(x, name):
    """Return indices or labels, a Tensor, an array or a list, as an array of integers."""
    array = x.data if isinstance(x, Tensor) else _array(x, name)
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} must hold integers; got dtype {array.dtype}")
    return array


def numbers(x, name, dtype):
    """Return targets as a Tensor of this dtype; integers and bools are converted."""
    if isinstance(x, Tensor) and x.data.dtype.kind == "f":
        return x
    array = x.data if isinstance(x, Tensor) else _array(x, name)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} must hold numbers; got dtype {array.dtype}")
    keeps = isinstance(x, np.ndarray) and array.dtype in (np.float32, np.float64)
    return Tensor(array if keeps else array.astype(dtype))


def _array(x, name):
    try:
        return np.asarray(x)
    except ValueError as error:
        raise ValueError(f"{name} must be a regular array; {error}") from None


def pair(prediction, target, name):
    """Return prediction and target as Tensors of one shape, with at least one element."""
    prediction = floating(prediction, name)
    target = numbers(target, "target", prediction.data.dtype)
    if target.data.shape != prediction.data.shape:
        raise ValueError(
            f"target must have the shape of {name}, {prediction.data.shape}; "
            f"got shape {target.data.shape}"
        )
    check_non_empty(prediction.data, name)
    return prediction, target


def in_unit_interval(array, name):
    """Refuse values outside [0, 1], and nan."""
    if not (np.minimum.reduce(array, axis=None) >= 0 and np.maximum.reduce(array, axis=None) <= 1):
        raise ValueError(
            f"{name} must lie in [0, 1]; got values from {array.min():g} to {array.max():g}"
        )


def reduction(value):
    """Return one of "mean", "sum", "none"."""
    return value if value in REDUCTIONS else check_choice(value, "reduction", REDUCTIONS)
