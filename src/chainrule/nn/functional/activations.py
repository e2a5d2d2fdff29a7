"""Activation functions of tensors; each is one op."""

from chainrule.checks import check_choice, check_int, check_number
from chainrule.nn.functional.arguments import floating
from chainrule.ops import OPS
from chainrule.tensor import apply


def relu(x):
    """Return max(x, 0); the slope at 0 is 0."""
    return apply(OPS["relu"], floating(x))


def sigmoid(x):
    """Return 1 / (1 + exp(-x)), without overflow."""
    return apply(OPS["sigmoid"], floating(x))


def tanh(x):
    """Return the hyperbolic tangent."""
    return apply(OPS["tanh"], floating(x))


def leaky_relu(x, negative_slope=0.01):
    """Return x where it is positive, negative_slope · x elsewhere."""
    slope = check_number(negative_slope, "negative_slope")
    return apply(OPS["leaky_relu"], floating(x), negative_slope=slope)


def elu(x, alpha=1.0):
    """Return x where it is positive, alpha (exp(x) - 1) elsewhere."""
    return apply(OPS["elu"], floating(x), alpha=check_number(alpha, "alpha"))


def gelu(x, approximate="none"):
    """Return x Φ(x), Φ the normal distribution function (hendrycks2016gaussian).

    approximate : "none" for the exact function, "tanh" for the approximation of the paper
    """
    check_choice(approximate, "approximate", ("none", "tanh"))
    return apply(OPS["gelu" if approximate == "none" else "gelu_tanh"], floating(x))


def silu(x):
    """Return x · sigmoid(x), also called swish."""
    return apply(OPS["silu"], floating(x))


def softplus(x):
    """Return log(1 + exp(x)), without overflow."""
    return apply(OPS["softplus"], floating(x))


def softmax(x, axis=-1):
    """Return exp(x) over its sum along an axis."""
    x = floating(x)
    return apply(OPS["softmax"], x, axis=_axis(x, axis))


def log_softmax(x, axis=-1):
    """Return x minus its log-sum-exp along an axis: the logarithm of softmax, to full precision."""
    x = floating(x)
    return apply(OPS["log_softmax"], x, axis=_axis(x, axis))


def _axis(x, axis):
    if x.data.ndim == 0 or x.data.size == 0:
        raise ValueError(f"x must have at least one axis and one element; got shape {x.shape}")
    return check_int(axis, "axis", minimum=-x.data.ndim, maximum=x.data.ndim - 1)
