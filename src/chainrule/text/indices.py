"""What the tokenisers ask of text and of indices."""

import numpy as np

from chainrule.checks import check_index_range, check_integers, check_ndim


def check_text(text):
    """Return ``text``; it must be a string."""
    if not isinstance(text, str):
        raise TypeError(f"text must be a string; got {type(text).__name__}")
    return text


def checked_indices(indices, vocab_size, name="indices", n_name="vocab_size"):
    """Return indices (T,) in [0, V) as an array of int64."""
    return checked_tokens(indices, vocab_size, (1,), name, n_name)


def checked_tokens(tokens, vocab_size, ndims, name="tokens", n_name="vocab_size"):
    """Return tokens in [0, V), with one of these numbers of axes, as an array of int64."""
    array = np.asarray(tokens)
    if array.size == 0:
        array = array.astype(np.int64)  # an empty list is one of floats
    check_integers(array, name)
    if array.ndim not in ndims:
        check_ndim(array, name, ndims[-1])
    return check_index_range(array.astype(np.int64), name, vocab_size, n_name)


def checked_state(state, name):
    """Return the entry of this name of what ``to_dict`` returned."""
    if not isinstance(state, dict):
        raise TypeError(f"state must be a dict; got {type(state).__name__}")
    if set(state) != {name}:
        raise ValueError(f"state must have the key {name!r} alone; got {sorted(map(str, state))}")
    return state[name]
