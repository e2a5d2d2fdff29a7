"""What several checks need: compare a number, compare an array, call a reader's function."""

import numbers

import numpy as np


class Unanswered(Exception):
    """Raised by a check when the reader's function returned nothing."""


def number_is(answer, right, *, tolerance=1e-6, hints=()):
    """Return None if `answer` is the number `right`; else the hint of a known slip, or what came.

    hints : sequence of (wrong value, hint)
        The typical slips. A hint is given when the answer equals that value.
    """
    if isinstance(answer, bool) or not isinstance(answer, numbers.Real):
        return f"give one number; got {type(answer).__name__}"
    if abs(answer - right) <= tolerance * max(1.0, abs(right)):
        return None
    for wrong, hint in hints:
        if abs(answer - wrong) <= tolerance * max(1.0, abs(wrong)):
            return hint
    return f"{answer:g} is too {'large' if answer > right else 'small'}"


def array_is(answer, right, *, tolerance=1e-6, name="the array"):
    """Return None if `answer` is the array `right`; else say whether shape or values are off."""
    try:
        answer = np.asarray(answer, dtype=np.float64)
    except (TypeError, ValueError):
        return f"{name} must be numbers; got {type(answer).__name__}"
    right = np.asarray(right, dtype=np.float64)
    if answer.shape != right.shape:
        return f"{name} must have shape {right.shape}; got {answer.shape}"
    wrong = ~(np.abs(answer - right) <= tolerance * np.maximum(1.0, np.abs(right)))
    if not wrong.any():
        return None
    index = tuple(int(i) for i in np.argwhere(wrong)[0])
    return f"{name} is off in {int(wrong.sum())} of {right.size} entries, first at {index}"


def call(function, *arguments):
    """Call the reader's function; a returned None or ``...`` means: not answered yet."""
    if not callable(function):
        raise TypeError(f"the answer must be a function; got {type(function).__name__}")
    result = function(*arguments)
    if result is None or result is ...:
        raise Unanswered
    return result
