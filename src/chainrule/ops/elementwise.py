"""Functions of each element: arithmetic, powers, exponentials, choices.

Two inputs broadcast against each other. The gradients below have the broadcast shape.
"""

import numpy as np

from chainrule.ops.memory import SMALLEST, empty
from chainrule.ops.op import Op

_BOTH, _NO_OUT = (True, True), (None, None)


def _add_forward(a, b):
    are_arrays = type(a) is type(b) is np.ndarray
    if are_arrays and a.nbytes >= SMALLEST and a.shape == b.shape and a.dtype == b.dtype:
        return np.add(a, b, out=empty(a.shape, a.dtype)), None
    return a + b, None


def _add_backward(grad, saved):
    return grad, grad


def _sub_forward(a, b):
    return a - b, None


def _sub_backward(grad, saved):
    return grad, -grad


def _mul_forward(a, b):
    return a * b, (a, b)


def _mul_backward(grad, saved):
    a, b = saved
    return grad * b, grad * a


def _div_forward(a, b):
    return a / b, (a, b)


def _div_backward(grad, saved, needs=_BOTH, out=_NO_OUT):
    a, b = saved
    grad_a = grad / b
    return grad_a, -grad_a * a / b if needs[1] else None


def _neg_forward(a):
    return -a, None


def _neg_backward(grad, saved):
    return (-grad,)


def _pow_forward(a, b):
    out = a**b
    return out, (a, b, out)


def _pow_backward(grad, saved, needs=_BOTH, out=_NO_OUT):
    a, b, power = saved
    grad_a = grad_b = None
    if needs[0]:
        # b = 0 makes a constant, also at a = 0, where 0 * 0**-1 would be nan
        grad_a = grad * b * a ** (b - (b != 0))
    if needs[1]:
        # 0**b stays 0 when b moves a little, so the logarithm of 0 must not enter
        grad_b = grad * power * np.log(a + (a == 0))
    return grad_a, grad_b


def _exp_forward(x):
    out = np.exp(x)
    return out, out


def _exp_backward(grad, out):
    return (grad * out,)


def _expm1_forward(x):
    out = np.expm1(x)
    return out, out


def _expm1_backward(grad, out):
    return (grad * (out + 1),)


def _log_forward(x):
    return np.log(x), x


def _log_backward(grad, x):
    return (grad / x,)


def _log1p_forward(x):
    return np.log1p(x), x


def _log1p_backward(grad, x):
    return (grad / (1 + x),)


def _sqrt_forward(x):
    out = np.sqrt(x)
    return out, out


def _sqrt_backward(grad, out):
    return (grad / (2 * out),)


def _abs_forward(x):
    return np.abs(x), x


def _abs_backward(grad, x):
    return (grad * np.sign(x),)  # 0 at 0: the subgradient in the middle


def _sin_forward(x):
    return np.sin(x), x


def _sin_backward(grad, x):
    return (grad * np.cos(x),)


def _cos_forward(x):
    return np.cos(x), x


def _cos_backward(grad, x):
    return (-grad * np.sin(x),)


def _arctan_forward(x):
    return np.arctan(x), x


def _arctan_backward(grad, x):
    return (grad / (1 + x * x),)


def _maximum_forward(a, b):
    return np.maximum(a, b), (a, b)


def _maximum_backward(grad, saved):
    a, b = saved
    half = 0.5 * grad  # a tie shares the gradient evenly, as in PyTorch
    grad_a = half * np.greater(a, b) + half * np.greater_equal(a, b)
    return grad_a, grad - grad_a


def _minimum_forward(a, b):
    return np.minimum(a, b), (a, b)


def _minimum_backward(grad, saved):
    a, b = saved
    return _maximum_backward(grad, (b, a))  # a is chosen where b is the larger


def _where_forward(condition, a, b):
    return np.where(condition, a, b), condition


def _where_backward(grad, condition):
    return None, np.where(condition, grad, 0), np.where(condition, 0, grad)


def _astype_forward(x, *, dtype):
    return x.astype(dtype), x.dtype


def _astype_backward(grad, dtype):
    return (grad.astype(dtype),)


def _clip_forward(x, *, low=None, high=None):
    return np.clip(x, low, high), (x, low, high)


def _clip_backward(grad, saved):
    x, low, high = saved
    inside = np.ones(x.shape, bool)  # the limits themselves count as inside
    if low is not None:
        inside &= x >= low
    if high is not None:
        inside &= x <= high
    return (grad * inside,)


ADD = Op("add", _add_forward, _add_backward)
SUB = Op("sub", _sub_forward, _sub_backward)
MUL = Op("mul", _mul_forward, _mul_backward)
DIV = Op("div", _div_forward, _div_backward, selective=True)
NEG = Op("neg", _neg_forward, _neg_backward)
POW = Op("pow", _pow_forward, _pow_backward, selective=True)
EXP = Op("exp", _exp_forward, _exp_backward)
EXPM1 = Op("expm1", _expm1_forward, _expm1_backward)
LOG = Op("log", _log_forward, _log_backward)
LOG1P = Op("log1p", _log1p_forward, _log1p_backward)
SQRT = Op("sqrt", _sqrt_forward, _sqrt_backward)
ABS = Op("abs", _abs_forward, _abs_backward)
SIN = Op("sin", _sin_forward, _sin_backward)
COS = Op("cos", _cos_forward, _cos_backward)
ARCTAN = Op("arctan", _arctan_forward, _arctan_backward)
MAXIMUM = Op("maximum", _maximum_forward, _maximum_backward)
MINIMUM = Op("minimum", _minimum_forward, _minimum_backward)
WHERE = Op("where", _where_forward, _where_backward)
ASTYPE = Op("astype", _astype_forward, _astype_backward)
CLIP = Op("clip", _clip_forward, _clip_backward)

FAMILY = (
    ADD, SUB, MUL, DIV, NEG, POW, EXP, EXPM1, LOG, LOG1P, SQRT, ABS, SIN, COS, ARCTAN,
    MAXIMUM, MINIMUM, WHERE, ASTYPE, CLIP,
)  # fmt: skip
