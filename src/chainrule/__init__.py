"""A small, fast deep-learning library in NumPy: the engine of *The Chain Rule*.

    >>> import chainrule as cr
    >>> x = cr.Tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    array([2., 4.])
"""

import importlib

__version__ = "0.1.0"

_MODULES = ("data", "explore", "models", "nn", "ops", "optim", "plotting", "proof", "text", "train", "vision")
_NAMES = {"Tensor": "tensor", "no_grad": "tensor", "save": "serialize", "load": "serialize"}
__all__ = [*_NAMES, *_MODULES]


def __getattr__(name):
    """Import a submodule on first use, so that `import chainrule` stays quick."""
    if name in _NAMES:
        return getattr(importlib.import_module(f"{__name__}.{_NAMES[name]}"), name)
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *__all__})
