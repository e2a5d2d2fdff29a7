"""The checks behind the book's exercises, one module a notebook.

A check takes the reader's answer and returns None if it is right, or a hint that does not give
the answer away. It computes what is right by itself; nothing here is a stored solution.
"""

import importlib
import pkgutil

from chainrule.exercises._answers import Unanswered, array_is, call, number_is

__all__ = ["Unanswered", "all_checks", "array_is", "call", "check", "find", "number_is"]

_CHECKS = {}


def check(id):
    """Register a function as the check of exercise `id`."""

    def register(function):
        if id in _CHECKS and _CHECKS[id].__module__ != function.__module__:
            raise ValueError(
                f"exercise {id} is defined twice: in {_CHECKS[id].__module__} and "
                f"{function.__module__}"
            )
        _CHECKS[id] = function
        return function

    return register


def find(id):
    """Return the check of exercise `id`; raise ValueError naming the nearest ids if none is."""
    checks = all_checks()
    if id not in checks:
        import difflib

        near = ", ".join(difflib.get_close_matches(id, checks, 3)) or "none"
        raise ValueError(f"there is no exercise {id!r}; nearest ids: {near}")
    return checks[id]


def all_checks():
    """Return every check by id, importing the modules of this package on first use."""
    for module in pkgutil.iter_modules(__path__):
        if not module.name.startswith("_"):
            importlib.import_module(f"{__name__}.{module.name}")
    return dict(_CHECKS)
