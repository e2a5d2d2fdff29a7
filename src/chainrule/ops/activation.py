"""Activation functions, written so that no finite input overflows."""

import numpy as np

from chainrule.ops.erf import erf
from chainrule.ops.memory import empty
from chainrule.ops.op import Op

_SQRT_HALF = 0.5**0.5
_INV_SQRT_2PI = 1 / (2 * np.pi) ** 0.5
_TANH_SCALE, _TANH_CUBIC = (2 / np.pi) ** 0.5, 0.044715


def stable_sigmoid(x):
    """Return 1 / (1 + exp(-x)) without overflow, to full relative precision in both tails."""
    z = np.exp(-np.abs(x))  # at most 1
    return np.where(x >= 0, 1, z) / (1 + z)


def _sigmoid_forward(x):
    out = stable_sigmoid(x)
    return out, out


def _sigmoid_backward(grad, out):
    return (grad * out * (1 - out),)


def _tanh_forward(x):
    out = np.tanh(x)
    return out, out


def _tanh_backward(grad, out):
    return (grad * (1 - out * out),)


def _relu_forward(x):
    out = np.maximum(x, 0)
    return out, out


def _relu_backward(grad, saved, needs=(True,), out=(None,)):
    # 0 at the kink, as in PyTorch and TensorFlow
    return (np.multiply(grad, saved > 0, out=out[0]),)


def _leaky_relu_forward(x, *, negative_slope=0.01):
    slope = np.where(x > 0, 1, x.dtype.type(negative_slope))
    return x * slope, slope


def _leaky_relu_backward(grad, slope):
    return (grad * slope,)


def _elu_forward(x, *, alpha=1.0):
    out = np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))
    return out, (x, out, alpha)


def _elu_backward(grad, saved):
    x, out, alpha = saved
    return (grad * np.where(x > 0, 1, out + alpha),)


def _gelu_forward(x):
    scaled = np.multiply(x, _SQRT_HALF, out=empty(x.shape, x.dtype))
    normal_cdf = erf(scaled)
    normal_cdf += 1
    normal_cdf *= 0.5
    return np.multiply(x, normal_cdf, out=scaled), (x, normal_cdf)


def _gelu_backward(grad, saved):
    x, normal_cdf = saved
    slope = np.multiply(x, x, out=empty(x.shape, x.dtype))
    slope *= -0.5
    np.exp(slope, out=slope)
    slope *= _INV_SQRT_2PI  # the normal density
    slope *= x
    slope += normal_cdf
    slope *= grad
    return (slope,)


def _gelu_tanh_forward(x):
    t = np.tanh(_TANH_SCALE * (x + _TANH_CUBIC * x * x * x))
    return 0.5 * x * (1 + t), (x, t)


def _gelu_tanh_backward(grad, saved):
    x, t = saved
    inner = _TANH_SCALE * (1 + 3 * _TANH_CUBIC * x * x)
    return (grad * 0.5 * (1 + t + x * (1 - t * t) * inner),)


def _silu_forward(x):
    sigmoid = stable_sigmoid(x)
    return x * sigmoid, (x, sigmoid)


def _silu_backward(grad, saved):
    x, sigmoid = saved
    return (grad * sigmoid * (1 + x * (1 - sigmoid)),)


def _softplus_forward(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))), x


def _softplus_backward(grad, x):
    return (grad * stable_sigmoid(x),)


SIGMOID = Op("sigmoid", _sigmoid_forward, _sigmoid_backward)
TANH = Op("tanh", _tanh_forward, _tanh_backward)
RELU = Op("relu", _relu_forward, _relu_backward, selective=True, elementwise=True)
LEAKY_RELU = Op("leaky_relu", _leaky_relu_forward, _leaky_relu_backward)
ELU = Op("elu", _elu_forward, _elu_backward)
GELU = Op("gelu", _gelu_forward, _gelu_backward)
GELU_TANH = Op("gelu_tanh", _gelu_tanh_forward, _gelu_tanh_backward)
SILU = Op("silu", _silu_forward, _silu_backward)
SOFTPLUS = Op("softplus", _softplus_forward, _softplus_backward)

FAMILY = (SIGMOID, TANH, RELU, LEAKY_RELU, ELU, GELU, GELU_TANH, SILU, SOFTPLUS)
