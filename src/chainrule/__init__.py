"""A small, fast deep-learning library in NumPy: the engine of *The Chain Rule*."""

__version__ = "0.1.0"
