"""L1: the array that remembers where it came from.

``apply`` is the one place where an operation is recorded. Methods stand in ``tensor_methods``,
functions of several tensors in ``tensor_functions``, the walk backward in ``autograd``.
"""

import itertools

import numpy as np

from chainrule.autograd import MODE, backpropagate
from chainrule.checks import check_bool
from chainrule.ops import elementwise, linalg
from chainrule.ops.op import Op
from chainrule.tensor_methods import TensorMethods

_SERIALS = itertools.count()
_ALLOWED = frozenset("?bhilqBHILQ") | {"f", "d"}  # bool, integers, float32, float64


def _as_array(data, dtype=None):
    """Return data as an array of a known dtype; lists of integers become float64."""
    if type(data) is np.ndarray and dtype is None and data.dtype.char in _ALLOWED:
        return data
    try:
        array = np.asarray(data)
    except ValueError as error:
        raise ValueError(f"data must be a regular array: {error}") from error
    if array.dtype.char not in _ALLOWED:
        raise TypeError(
            f"data must hold float32, float64, integers or bool; got dtype {array.dtype}"
        )
    if dtype is None and not isinstance(data, (np.ndarray, np.generic)):
        dtype = np.float64 if array.dtype.kind in "iu" else None
    if dtype is not None:
        try:
            wanted = np.dtype(dtype)
        except TypeError as error:
            raise TypeError(f"dtype must be a NumPy dtype; got {dtype!r}") from error
        if wanted.char not in _ALLOWED:
            raise TypeError(f"dtype must be float32, float64, an integer or bool; got {wanted}")
        array = array.astype(wanted, copy=False)
    return array


class Tensor(TensorMethods):
    """An array together with the record of how it was computed.

    Parameters
    ----------
    data : array-like (...)
        Floats, integers or bools. Numbers and lists of integers become float64; an array keeps
        its dtype. The array is shared, not copied, unless ``requires_grad``: what will be changed
        by training is the tensor's own.
    requires_grad : bool
        Whether ``backward`` computes a gradient for this tensor.
    dtype : NumPy dtype, optional
        float32, float64, an integer or bool.

    Attributes
    ----------
    data : ndarray (...)
    grad : ndarray (...) or None
        Sum of the gradients of all backward passes since the last ``zero_grad``.
    name : str or None
        For drawings and messages.

    Raises
    ------
    TypeError
        If the data are not numbers, or a gradient is asked of integers.
    ValueError
        If nested lists are not of equal lengths.

    Examples
    --------
    >>> w = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> w.grad
    array([2., 4., 6.])
    """

    __slots__ = (
        "__weakref__", "_grad_buffer", "_record", "_retains_grad", "_serial", "data", "grad",
        "name", "requires_grad",
    )  # fmt: skip
    __array_ufunc__ = None  # array + Tensor is decided here, in __radd__, not by NumPy

    def __init__(self, data, requires_grad=False, dtype=None, name=None):
        if isinstance(data, Tensor):
            data = data.data
        array = _as_array(data, dtype)
        self.requires_grad = check_bool(requires_grad, "requires_grad")
        if requires_grad:
            if array.dtype.kind != "f":
                raise TypeError(f"only floating-point data have gradients; got {array.dtype}")
            array = array.copy() if array is data or array.base is not None else array
        self.data = array
        self.name = name
        self.grad = self._record = self._grad_buffer = None
        self._retains_grad = False

    def _apply(self, op, *others, **options):
        return apply(op, self, *others, **options)

    def __add__(self, other):
        return apply(elementwise.ADD, self, other)

    def __sub__(self, other):
        return apply(elementwise.SUB, self, other)

    def __mul__(self, other):
        return apply(elementwise.MUL, self, other)

    def __truediv__(self, other):
        return apply(elementwise.DIV, self, other)

    def __pow__(self, other):
        return apply(elementwise.POW, self, other)

    def __matmul__(self, other):
        return apply(linalg.MATMUL, self, other)

    def __radd__(self, other):
        return apply(elementwise.ADD, other, self)

    def __rsub__(self, other):
        return apply(elementwise.SUB, other, self)

    def __rmul__(self, other):
        return apply(elementwise.MUL, other, self)

    def __rtruediv__(self, other):
        return apply(elementwise.DIV, other, self)

    def __rpow__(self, other):
        return apply(elementwise.POW, other, self)

    def __rmatmul__(self, other):
        return apply(linalg.MATMUL, other, self)

    def __neg__(self):
        return apply(elementwise.NEG, self)

    def detach(self):
        """Return a tensor on the same data that takes no part in any graph."""
        return _wrap(self.data)

    def backward(self, gradient=None, retain_graph=False):
        """Compute the gradient of this tensor with respect to every leaf that requires one.

        Gradients are added to ``.grad`` of the leaves. The graph is freed on the way.

        Parameters
        ----------
        gradient : array-like, of this tensor's shape, optional
            The gradient of what is finally differentiated with respect to this tensor; 1 if
            this tensor holds a single number.
        retain_graph : bool
            Keep the graph for another backward.

        Raises
        ------
        RuntimeError
            If this tensor requires no gradient, or its graph was freed by an earlier backward.
        ValueError
            If ``gradient`` is missing or has another shape.
        """
        if not self.requires_grad:
            raise RuntimeError(
                "backward() needs a tensor that was computed from one with requires_grad=True, "
                "outside no_grad()"
            )
        if gradient is None:
            if self.data.size != 1:
                raise ValueError(
                    "gradient must be given unless the tensor holds a single number; "
                    f"got a tensor of shape {self.data.shape}"
                )
            gradient = np.ones(self.data.shape, self.data.dtype)
        else:
            gradient = gradient.data if isinstance(gradient, Tensor) else _as_array(gradient)
            if gradient.shape != self.data.shape:
                raise ValueError(
                    f"gradient must have the tensor's shape {self.data.shape}; "
                    f"got shape {gradient.shape}"
                )
        backpropagate(self, gradient, retain_graph and check_bool(retain_graph, "retain_graph"))


def _wrap(data):
    """Make a Tensor of an array that is known to be good; faster than the constructor."""
    tensor = _new(Tensor)
    tensor.data = data
    tensor.requires_grad = tensor._retains_grad = False
    tensor.grad = tensor.name = tensor._record = tensor._grad_buffer = None
    return tensor


_new = object.__new__


def as_tensor(value):
    """Return ``value`` if it is a Tensor, otherwise a new one on its data."""
    return value if isinstance(value, Tensor) else Tensor(value)


def apply(op, *inputs, **options):
    """Run an op forward and, unless ``no_grad`` or nothing requires a gradient, record it.

    Parameters
    ----------
    op : Op
    *inputs : Tensor, array, list or number
        A number, and a list beside a float Tensor, takes the dtype of its partner.
    **options
        Passed to the op's forward.

    Returns
    -------
    Tensor

    Raises
    ------
    ValueError, TypeError
        As the op does, with its name and the shapes that came.
    """
    if not isinstance(op, Op):
        raise TypeError(f"op must be an Op; got {type(op).__name__}")
    arrays, parents, is_recorded = [], [], False
    for x in inputs:
        if isinstance(x, Tensor):
            arrays.append(x.data)
            if x.requires_grad:
                parents.append(x)
                is_recorded = True
                continue
        else:
            kind = type(x)
            arrays.append(x if kind is float or kind is int else _operand(op, x, inputs))
        parents.append(None)
    try:
        data, saved = op.forward(*arrays, **options)
    except (ValueError, TypeError) as error:
        raise _refusal(op, arrays, error) from error
    out = _wrap(data if type(data) is np.ndarray else np.asarray(data))
    if is_recorded and MODE.recording:
        out.requires_grad = True
        out._record = op, parents, saved
        out._serial = next(_SERIALS)
    return out


def _operand(op, value, inputs):
    """Return an input that is not a Tensor as an array, or as a plain number."""
    if isinstance(value, np.ndarray):
        return value if value.dtype.char in _ALLOWED else _as_array(value)
    if isinstance(value, (bool, np.bool_, int, np.integer, float, np.floating)):
        # a NumPy scalar is a number like any other: x / np.sqrt(2) must leave float32 alone
        return value.item() if isinstance(value, np.generic) else value
    if isinstance(value, (list, tuple)):
        partners = [x.data.dtype for x in inputs if isinstance(x, Tensor)]
        floats = [d for d in partners if d.kind == "f"]
        array = _as_array(value)
        return array.astype(floats[0]) if floats and array.dtype.kind == "f" else array
    raise TypeError(
        f"{op.name} takes tensors, arrays, lists and numbers; got {type(value).__name__}"
    )


def _refusal(op, arrays, error):
    """Return NumPy's complaint with what it leaves out: the op and all the shapes."""
    shapes = ", ".join(str(np.shape(a)) for a in arrays)
    kind = ValueError if isinstance(error, ValueError) else TypeError
    return kind(f"{op.name} got shapes {shapes}: {error}")
