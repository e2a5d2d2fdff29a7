"""The methods of Tensor: thin names over ops, and what every array type offers."""

import numpy as np

from chainrule.checks import check_int, check_non_empty, check_number
from chainrule.indexing import integers, plain, plain_index
from chainrule.ops import activation, elementwise, reduce, shape, softmax


def _axis(axis):
    """Return what a reduction takes as axis; refuse what is not None or integers."""
    for a in axis if isinstance(axis, tuple) else (axis,):
        if a is not None and (isinstance(a, bool) or not isinstance(a, (int, np.integer))):
            raise TypeError(f"axis must be None, an integer or a tuple of them; got {axis!r}")
    return axis


class TensorMethods:
    """Mixin with everything that only needs ``self.data`` and ``self._apply(op, *others)``."""

    __slots__ = ()

    @property
    def shape(self):
        """Length of each axis."""
        return self.data.shape

    @property
    def ndim(self):
        """Number of axes."""
        return self.data.ndim

    @property
    def size(self):
        """Number of elements."""
        return self.data.size

    @property
    def dtype(self):
        """NumPy dtype of the elements."""
        return self.data.dtype

    @property
    def T(self):
        """All axes reversed."""
        return self._apply(shape.TRANSPOSE)

    @property
    def is_leaf(self):
        """Whether this tensor was not computed by a recorded op."""
        return self._record is None

    def item(self):
        """Return the single element as a Python number.

        Raises ValueError if there is not exactly one.
        """
        if self.data.size != 1:
            raise ValueError(f"item() needs a single element; got shape {self.data.shape}")
        return self.data.item()

    def numpy(self):
        """Return a copy of the data as an array; ``.data`` is the array itself."""
        return self.data.copy()

    def zero_grad(self):
        """Forget the gradient."""
        self.grad = None

    def retain_grad(self):
        """Keep ``.grad`` of this tensor though it is no leaf, and return it; RuntimeError if it needs none."""
        if not self.requires_grad:
            raise RuntimeError("retain_grad() needs a tensor with requires_grad=True")
        self._retains_grad = True
        return self

    def astype(self, dtype):
        """Return the tensor in another real dtype, else TypeError; the gradient comes back in this one."""
        try:
            wanted = np.dtype(dtype)
        except TypeError:
            wanted = None
        if wanted is None or wanted.char not in "?bhilqBHILQfd":
            raise TypeError(f"dtype must be float32, float64, an integer or bool; got {dtype!r}")
        return self._apply(elementwise.ASTYPE, dtype=wanted)

    def __array__(self, dtype=None, copy=None):
        array = self.data if dtype is None else self.data.astype(dtype, copy=False)
        return array.copy() if copy else array

    def __repr__(self):
        start = f"{type(self).__name__}("
        with np.printoptions(precision=4, threshold=20, edgeitems=2, suppress=False):
            text = np.array2string(self.data, separator=", ", prefix=start)
        dtype = "" if self.data.dtype == np.float64 else f", dtype={self.data.dtype}"
        name = f", name={self.name!r}" if self.name else ""
        grad = ", requires_grad=True" if self.requires_grad else ""
        return f"{start}{text}{dtype}{name}{grad})"

    def __len__(self):
        if self.data.ndim == 0:
            raise TypeError("a tensor without axes has no length")
        return len(self.data)

    def __iter__(self):
        if self.data.ndim == 0:
            raise TypeError("a tensor without axes cannot be iterated over")
        return (self[i] for i in range(len(self.data)))

    def __bool__(self):
        if self.data.size != 1:
            raise ValueError(f"only one element has a truth value; got shape {self.data.shape}")
        return bool(self.data)

    def __float__(self):
        return float(self.item())

    def __int__(self):
        return int(self.item())

    # comparisons give plain arrays of bool: they have no gradient
    def __eq__(self, other):
        return self.data == plain(other)

    def __ne__(self, other):
        return self.data != plain(other)

    def __lt__(self, other):
        return self.data < plain(other)

    def __le__(self, other):
        return self.data <= plain(other)

    def __gt__(self, other):
        return self.data > plain(other)

    def __ge__(self, other):
        return self.data >= plain(other)

    __hash__ = object.__hash__  # by identity: the graph keeps tensors in sets

    def __abs__(self):
        return self._apply(elementwise.ABS)

    def __getitem__(self, index):
        return self._apply(shape.GETITEM, index=plain_index(index))

    def sum(self, axis=None, keepdims=False):
        """Return the sum along ``axis`` (an int, a tuple, or None for all)."""
        return self._apply(reduce.SUM, axis=_axis(axis), keepdims=keepdims)

    def mean(self, axis=None, keepdims=False):
        """Return the mean along ``axis``; refuses an empty tensor."""
        check_non_empty(self.data, "the tensor")
        return self._apply(reduce.MEAN, axis=_axis(axis), keepdims=keepdims)

    def var(self, axis=None, keepdims=False, ddof=0):
        """Return the variance along ``axis``, divided by n - ddof; ValueError if n <= ddof."""
        check_int(ddof, "ddof", minimum=0)
        n = reduce.count_reduced(self.data.shape, _axis(axis))
        if n <= ddof:
            raise ValueError(f"var needs more than ddof={ddof} elements; got {n}")
        return self._apply(reduce.VAR, axis=axis, keepdims=keepdims, ddof=ddof)

    def max(self, axis=None, keepdims=False):
        """Return the maximum along ``axis``. Ties share the gradient evenly."""
        check_non_empty(self.data, "the tensor")
        return self._apply(reduce.MAX, axis=_axis(axis), keepdims=keepdims)

    def min(self, axis=None, keepdims=False):
        """Return the minimum along ``axis``. Ties share the gradient evenly."""
        check_non_empty(self.data, "the tensor")
        return self._apply(reduce.MIN, axis=_axis(axis), keepdims=keepdims)

    def prod(self, axis=None, keepdims=False):
        """Return the product along ``axis``. The gradient is right where elements are 0, too."""
        return self._apply(reduce.PROD, axis=_axis(axis), keepdims=keepdims)

    def argmax(self, axis=None):
        """Return the index of the maximum, an array of int: it has no gradient."""
        return self.data.argmax(axis)

    def argmin(self, axis=None):
        """Return the index of the minimum, an array of int: it has no gradient."""
        return self.data.argmin(axis)

    def logsumexp(self, axis=None, keepdims=False):
        """Return log(sum(exp(x))) along ``axis`` without overflow."""
        check_non_empty(self.data, "the tensor")
        return self._apply(softmax.LOGSUMEXP, axis=axis, keepdims=keepdims)

    def softmax(self, axis=-1):
        """Return exp(x) / sum(exp(x)) along ``axis`` without overflow."""
        check_non_empty(self.data, "the tensor")
        return self._apply(softmax.SOFTMAX, axis=axis)

    def log_softmax(self, axis=-1):
        """Return the logarithm of ``softmax`` along ``axis``, with full precision."""
        check_non_empty(self.data, "the tensor")
        return self._apply(softmax.LOG_SOFTMAX, axis=axis)

    def exp(self):
        """Return e to the power of each element."""
        return self._apply(elementwise.EXP)

    def expm1(self):
        """Return exp(x) - 1, precise near 0."""
        return self._apply(elementwise.EXPM1)

    def log(self):
        """Return the natural logarithm of each element."""
        return self._apply(elementwise.LOG)

    def log1p(self):
        """Return log(1 + x), precise near 0."""
        return self._apply(elementwise.LOG1P)

    def sqrt(self):
        """Return the square root of each element."""
        return self._apply(elementwise.SQRT)

    def abs(self):
        """Return the absolute value of each element; its gradient at 0 is 0."""
        return self._apply(elementwise.ABS)

    def sin(self):
        """Return the sine of each element, in radians."""
        return self._apply(elementwise.SIN)

    def cos(self):
        """Return the cosine of each element, in radians."""
        return self._apply(elementwise.COS)

    def tanh(self):
        """Return the hyperbolic tangent of each element."""
        return self._apply(activation.TANH)

    def sigmoid(self):
        """Return 1 / (1 + exp(-x)) of each element."""
        return self._apply(activation.SIGMOID)

    def relu(self):
        """Return max(x, 0) of each element; its gradient at 0 is 0."""
        return self._apply(activation.RELU)

    def clip(self, min=None, max=None):
        """Limit each element to [min, max]; outside, the gradient is 0, on the limits it is 1.

        Raises ValueError if neither is given, or ``min`` exceeds ``max``.
        """
        if min is None and max is None:
            raise ValueError("clip needs min or max; got neither")
        low, high = (
            None if v is None else check_number(v, n) for v, n in ((min, "min"), (max, "max"))
        )
        if low is not None and high is not None and low > high:
            raise ValueError(f"min must not exceed max; got min={low}, max={high}")
        return self._apply(elementwise.CLIP, low=low, high=high)

    def reshape(self, *shape_):
        """Return the same elements in another shape; one length may be -1."""
        return self._apply(shape.RESHAPE, shape=integers(shape_, "shape"))

    def transpose(self, *axes):
        """Return the axes in another order, NumPy's way; without arguments, reversed."""
        axes = None if axes in ((), (None,)) else integers(axes, "axes")
        return self._apply(shape.TRANSPOSE, axes=axes)

    def swapaxes(self, axis1, axis2):
        """Return the tensor with two axes exchanged."""
        order = list(range(self.data.ndim))
        for axis in (axis1, axis2):
            check_int(axis, "axis", minimum=-len(order), maximum=len(order) - 1)
        order[axis1], order[axis2] = order[axis2], order[axis1]
        return self._apply(shape.TRANSPOSE, axes=tuple(order))

    def squeeze(self, axis=None):
        """Return the tensor without the axes of length 1."""
        return self._apply(shape.SQUEEZE, axis=axis)

    def expand_dims(self, axis):
        """Return the tensor with new axes of length 1 at ``axis``."""
        return self._apply(shape.EXPAND_DIMS, axis=axis)

    def broadcast_to(self, shape_):
        """Return the tensor repeated to a shape by NumPy's rules, without a copy."""
        return self._apply(shape.BROADCAST_TO, shape=integers((shape_,), "shape"))

    def flip(self, axis=None):
        """Return the elements in reverse order along ``axis``."""
        return self._apply(shape.FLIP, axis=axis)

    def flatten(self, start_axis=0):
        """Return the tensor with all axes from ``start_axis`` on joined into one."""
        check_int(start_axis, "start_axis", minimum=0, maximum=max(self.data.ndim - 1, 0))
        kept = self.data.shape[:start_axis]
        return self.reshape(*kept, int(np.prod(self.data.shape[start_axis:])))
