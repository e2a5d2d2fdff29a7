"""Embedding: a row of numbers for each index."""

import numpy as np

from chainrule.checks import check_float_dtype, check_generator, check_int
from chainrule.nn import functional as F
from chainrule.nn.init import by_name
from chainrule.nn.module import Module, Parameter


class Embedding(Module):
    """A table of one learnt vector for each of V indices; the product with a one-hot row, without the product.

    Parameters
    ----------
    n_embeddings : int, at least 1
        The number of rows, V.
    embedding_dim : int, at least 1
        The length of a row, D.
    rng : numpy.random.Generator
    dtype : float32 or float64
    init : str or callable
        A name from ``nn.init``, or a function of (shape, rng, dtype). "normal", the default, draws
        from N(0, 1), as PyTorch does; Keras draws from U(-0.05, 0.05).

    Attributes
    ----------
    weight : Parameter (V, D)
        As PyTorch's and Keras's.
    """

    def __init__(self, n_embeddings, embedding_dim, *, rng, dtype=np.float32, init="normal"):
        shape = (
            check_int(n_embeddings, "n_embeddings", minimum=1),
            check_int(embedding_dim, "embedding_dim", minimum=1),
        )
        check_generator(rng)
        dtype = check_float_dtype(dtype)
        weight = np.asarray(by_name(init)(shape, rng, dtype))
        if weight.shape != shape:
            raise ValueError(f"init must return an array of shape {shape}; got {weight.shape}")
        self.n_embeddings, self.embedding_dim = shape
        self.weight = Parameter(weight.astype(dtype, copy=False))

    def forward(self, indices):
        """Map integers (...) in [0, V) to (..., D)."""
        return F.embedding(indices, self.weight)

    def describe(self):
        return f"{self.n_embeddings}, {self.embedding_dim}"
