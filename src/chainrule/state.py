"""State dicts, name to array: what models and optimisers are saved as and restored from."""

import numpy as np


def matched(shapes, state_dict, strict=True):
    """Return the arrays of state_dict that belong to the names in shapes, all found to fit.

    Parameters
    ----------
    shapes : dict of str to tuple of int
        What is there to be filled.
    state_dict : dict of str to array or Tensor
    strict : bool
        If false, names that are missing or unknown are passed over.

    Returns
    -------
    dict of str to array

    Raises
    ------
    TypeError
        If state_dict is no dict, or a value is no array of numbers.
    ValueError
        If a name is missing or unknown, or a shape differs; the message names all of them.
    """
    if not isinstance(state_dict, dict):
        raise TypeError(
            f"state_dict must be a dict of name to array; got {type(state_dict).__name__}"
        )
    faults = []
    if strict:
        faults += [f"missing {name}" for name in shapes if name not in state_dict]
        faults += [f"unknown {name}" for name in state_dict if name not in shapes]
    arrays = {name: _numbers(name, state_dict[name]) for name in shapes if name in state_dict}
    faults += [
        f"{name} of shape {array.shape}, expected {shapes[name]}"
        for name, array in arrays.items()
        if array.shape != shapes[name]
    ]
    if faults:
        raise ValueError(f"state_dict must match by name and shape; got {'; '.join(faults)}")
    return arrays


def _numbers(name, value):
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise TypeError(f"state_dict[{name!r}] must be an array of numbers; {error}") from error
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"state_dict[{name!r}] must be an array of numbers; "
            f"got {type(value).__name__} of dtype {array.dtype}"
        )
    return array
