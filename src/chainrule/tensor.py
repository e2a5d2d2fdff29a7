"""L1: the array that remembers where it came from.

The parts: ``tensor_core`` has the class and ``apply``, the one place where an operation is
recorded; ``tensor_methods`` the methods; ``tensor_functions`` the functions of several tensors;
``autograd`` the walk backward.
"""

from chainrule.autograd import Edge, Graph, graph, no_grad
from chainrule.tensor_core import Tensor, apply, as_tensor
from chainrule.tensor_functions import (
    concatenate,
    gather,
    log_softmax,
    logsumexp,
    matmul,
    maximum,
    minimum,
    pad,
    softmax,
    stack,
    where,
)

__all__ = [
    "Edge", "Graph", "Tensor", "apply", "as_tensor", "concatenate", "gather", "graph",
    "log_softmax", "logsumexp", "matmul", "maximum", "minimum", "no_grad", "pad", "softmax",
    "stack", "where",
]  # fmt: skip
