"""What the tokenisers ask of text and of indices."""

import numpy as np

from chainrule.checks import check_index_range, check_integers, check_ndim


def check_text(text):
    """Return ``text``; it must be a string."""
    if not isinstance(text, str):
        raise TypeError(f"text must be a string; got {type(text).__name__}")
    return text


def checked_indices(indices, vocab_size):
    """Return indices (T,) in [0, V) as an array of int64."""
    array = np.asarray(indices)
    if array.size == 0:
        array = array.astype(np.int64)  # an empty list is one of floats
    check_integers(array, "indices")
    check_ndim(array, "indices", 1)
    return check_index_range(array.astype(np.int64), "indices", vocab_size, "vocab_size")


def checked_state(state, name):
    """Return the entry of this name of what ``to_dict`` returned."""
    if not isinstance(state, dict):
        raise TypeError(f"state must be a dict; got {type(state).__name__}")
    if set(state) != {name}:
        raise ValueError(f"state must have the key {name!r} alone; got {sorted(map(str, state))}")
    return state[name]
