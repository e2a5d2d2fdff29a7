"""A small, fast deep-learning library in NumPy: the engine of *The Chain Rule*.

    >>> import chainrule as cr
    >>> x = cr.Tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    array([2., 4.])
"""

import importlib

from chainrule.serialize import load, save
from chainrule.tensor import Tensor, no_grad

__version__ = "0.1.0"

_MODULES = ("data", "explore", "nn", "ops", "optim", "plotting", "proof", "train")
__all__ = ["Tensor", "load", "no_grad", "save", *_MODULES]


def __getattr__(name):
    """Import a submodule on first use, so that `import chainrule` stays quick."""
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *__all__})
