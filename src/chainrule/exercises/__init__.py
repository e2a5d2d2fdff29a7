"""The checks behind the book's exercises, one module a notebook.

The id of an exercise begins with the name of its module: ``hand-delta`` is checked in
``chainrule.exercises.hand``. A check takes the reader's answer and returns None if it is right, or
a hint that does not give the answer away. It computes what is right by itself; nothing here is a
stored solution.
"""

import difflib
import importlib
import pkgutil

from chainrule.exercises._answers import Unanswered, array_is, call, number_is

__all__ = ["Unanswered", "all_checks", "array_is", "call", "check", "find", "number_is"]

_CHECKS = {}


def check(id):
    """Register a function as the check of exercise `id`, in the module that its id begins with."""

    def register(function):
        home = function.__module__.rsplit(".", 1)[-1]
        if id.split("-")[0] != home:
            raise ValueError(f"an exercise of module {home} is called '{home}-...'; got {id!r}")
        _CHECKS[id] = function
        return function

    return register


def find(id):
    """Return the check of exercise `id`; raise ValueError naming the nearest ids if none is.

    Only the module that the id begins with is imported, so a notebook depends on no other's.
    """
    home = id.split("-")[0]
    if home in _modules():
        importlib.import_module(f"{__name__}.{home}")
    if id not in _CHECKS:
        near = ", ".join(difflib.get_close_matches(id, all_checks(), 3)) or "none"
        raise ValueError(f"there is no exercise {id!r}; nearest ids: {near}")
    return _CHECKS[id]


def all_checks():
    """Return every check by id."""
    for name in _modules():
        importlib.import_module(f"{__name__}.{name}")
    return dict(_CHECKS)


def _modules():
    names = [module.name for module in pkgutil.iter_modules(__path__)]
    return [name for name in names if not name.startswith("_")]
