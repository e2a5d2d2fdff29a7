"""How PyTorch and TensorFlow say each op of the engine: ``CALLS[name] = (torch, tensorflow)``.

Both take the case's tensors (floating ones differentiable) and its options.
"""

import numpy as np
import tensorflow as tf
import torch
import torch.nn.functional as F
from parity import attention, recurrent, regions, windows

tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)
torch.set_num_threads(1)


def axes(x, axis):
    """Return axes as a tuple of non-negative numbers."""
    if axis is None:
        return tuple(range(len(x.shape)))
    return tuple(a % len(x.shape) for a in np.atleast_1d(axis))


def torch_reduce(function):
    def call(x, axis, keepdims):
        if x.ndim == 0:  # () means all axes to some of torch's reductions, none to others
            return function(x[None], (0,), False)
        return function(x, axes(x, axis), keepdims)

    return call


def torch_prod(x, dims, keepdim):
    for d in sorted(dims, reverse=True):
        x = torch.prod(x, d, keepdim)
    return x


def tf_reduce(function):
    return lambda x, axis, keepdims: function(x, axis=axis, keepdims=keepdims)


def tf_var(x, axis, keepdims, ddof):
    n = np.prod([x.shape[a] for a in axes(x, axis)])
    return tf.math.reduce_variance(x, axis=axis, keepdims=keepdims) * (n / (n - ddof))


def torch_getitem(x, index):
    parts = index if isinstance(index, tuple) else (index,)
    if any(isinstance(p, slice) and (p.step or 1) < 0 for p in parts):  # torch has no such slices
        positions = np.arange(x.numel()).reshape(x.shape)[index].copy()
        return x.reshape(-1)[torch.as_tensor(positions)]
    return x[tuple(torch.as_tensor(p) if isinstance(p, np.ndarray) else p for p in parts)]


def tf_getitem(x, index):
    positions = np.arange(tf.size(x).numpy()).reshape(x.shape)[index]
    return tf.gather(tf.reshape(x, [-1]), positions)


def tf_matmul(a, b):
    left, right = len(a.shape) == 1, len(b.shape) == 1
    out = tf.linalg.matmul(a[None, :] if left else a, b[:, None] if right else b)
    out = tf.squeeze(out, -1) if right else out
    return tf.squeeze(out, -1 if right else -2) if left else out


def torch_linear(x, weight, bias=None):
    return F.linear(x, weight.T, bias)  # torch stores the transpose


def tf_linear(x, weight, bias=None):
    out = tf.tensordot(x, weight, 1)
    return out if bias is None else out + bias


def tf_layer_norm(x, weight, bias, eps):
    mean, var = tf.nn.moments(x, [-1], keepdims=True)
    return tf.nn.batch_normalization(x, mean, var, bias, weight, eps)


def tf_batch_norm(x, weight, bias, eps, mean=None, var=None):
    others = [a for a in range(len(x.shape)) if a != 1]
    shape = [-1 if a == 1 else 1 for a in range(len(x.shape))]
    if mean is None:
        mean, var = tf.nn.moments(x, others, keepdims=True)
    mean, var, weight, bias = (tf.reshape(v, shape) for v in (mean, var, weight, bias))
    return tf.nn.batch_normalization(x, mean, var, bias, weight, eps)


def torch_pad(x, pad_width, constant_values):
    flat = [n for pair in reversed(pad_width) for n in pair]  # torch begins at the last axis
    return F.pad(x, flat, value=constant_values)


def torch_cross_entropy(logits, target, label_smoothing, reduction):
    k = logits.shape[-1]
    flat = target.reshape(-1, k) if target.is_floating_point() else target.reshape(-1)
    out = F.cross_entropy(
        logits.reshape(-1, k), flat, label_smoothing=label_smoothing, reduction=reduction
    )
    return out.reshape(logits.shape[:-1]) if reduction == "none" else out


def tf_reduced(losses, reduction):
    return {"mean": tf.reduce_mean, "sum": tf.reduce_sum, "none": tf.identity}[reduction](losses)


def tf_cross_entropy(logits, target, label_smoothing, reduction):
    # not tf.nn.softmax_cross_entropy_with_logits, whose gradient takes the rows to sum to 1
    k = logits.shape[-1]
    rows = tf.one_hot(target, k, dtype=logits.dtype) if target.dtype.is_integer else target
    rows = rows * (1 - label_smoothing) + label_smoothing / k
    return tf_reduced(-tf.reduce_sum(rows * tf.nn.log_softmax(logits), -1), reduction)


def tf_huber(prediction, target, delta, reduction):
    e = tf.abs(prediction - target)
    return tf_reduced(tf.where(e <= delta, e * e / 2, delta * (e - delta / 2)), reduction)


def tf_bce(logits, target, reduction):
    losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=target, logits=logits)
    return tf_reduced(losses, reduction)


def torch_probability_bce(p, target, reduction):
    # F.binary_cross_entropy takes targets in [0, 1] only
    losses = -target * p.log() - (1 - target) * (1 - p).log()
    return {"mean": torch.mean, "sum": torch.sum, "none": lambda x: x}[reduction](losses)


def tf_probability_bce(p, target, reduction):
    losses = -target * tf.math.log(p) - (1 - target) * tf.math.log(1 - p)
    return tf_reduced(losses, reduction)


def tf_clip(x, low, high):
    return tf.clip_by_value(x, -np.inf if low is None else low, np.inf if high is None else high)


# tf.nn.leaky_relu and tf.nn.gelu hold their constants in float32, also for float64 inputs, which
# moves the 8th digit; hence these three in terms of other TensorFlow functions
def tf_leaky(x, negative_slope):
    return tf.where(x > 0, x, negative_slope * x)


def tf_gelu(x):
    return 0.5 * x * (1 + tf.math.erf(x / 2**0.5))


def tf_gelu_tanh(x):
    return 0.5 * x * (1 + tf.tanh((2 / np.pi) ** 0.5 * (x + 0.044715 * x**3)))


def tf_elu(x, alpha):
    return tf.where(x > 0, x, alpha * tf.math.expm1(tf.minimum(x, 0)))


def kept(p, mask):
    return mask.astype(float) / (1 - p)


CALLS = {
    "add": (torch.add, tf.add),
    "sub": (torch.sub, tf.subtract),
    "mul": (torch.mul, tf.multiply),
    "div": (torch.div, tf.divide),
    "neg": (torch.neg, tf.negative),
    "pow": (torch.pow, tf.pow),
    "exp": (torch.exp, tf.exp),
    "expm1": (torch.expm1, tf.math.expm1),
    "log": (torch.log, tf.math.log),
    "log1p": (torch.log1p, tf.math.log1p),
    "sqrt": (torch.sqrt, tf.sqrt),
    "abs": (torch.abs, tf.abs),
    "sin": (torch.sin, tf.sin),
    "cos": (torch.cos, tf.cos),
    "arctan": (torch.arctan, tf.atan),
    "erf": (torch.erf, tf.math.erf),
    "maximum": (torch.maximum, tf.maximum),
    "minimum": (torch.minimum, tf.minimum),
    "where": (torch.where, tf.where),
    "astype": (lambda x, dtype: x.to(torch.float64), lambda x, dtype: tf.cast(x, tf.float64)),
    "clip": (lambda x, low, high: torch.clamp(x, low, high), tf_clip),
    "sigmoid": (torch.sigmoid, tf.sigmoid),
    "tanh": (torch.tanh, tf.tanh),
    "relu": (torch.relu, tf.nn.relu),
    "leaky_relu": (F.leaky_relu, tf_leaky),
    "elu": (F.elu, tf_elu),
    "gelu": (F.gelu, tf_gelu),
    "gelu_tanh": (lambda x: F.gelu(x, approximate="tanh"), tf_gelu_tanh),
    "silu": (F.silu, tf.nn.silu),
    "softplus": (F.softplus, tf.nn.softplus),
    "sum": (torch_reduce(torch.sum), tf_reduce(tf.reduce_sum)),
    "mean": (torch_reduce(torch.mean), tf_reduce(tf.reduce_mean)),
    "max": (torch_reduce(torch.amax), tf_reduce(tf.reduce_max)),
    "min": (torch_reduce(torch.amin), tf_reduce(tf.reduce_min)),
    "prod": (torch_reduce(torch_prod), tf_reduce(tf.reduce_prod)),
    "logsumexp": (torch_reduce(torch.logsumexp), tf_reduce(tf.reduce_logsumexp)),
    "var": (
        lambda x, axis, keepdims, ddof: torch.var(
            x, axes(x, axis), correction=ddof, keepdim=keepdims
        ),
        tf_var,
    ),
    "reshape": (torch.reshape, tf.reshape),
    "transpose": (
        lambda x, axes: x.permute(axes or tuple(range(x.ndim))[::-1]),
        lambda x, axes: tf.transpose(x, None if axes is None else [a % len(axes) for a in axes]),
    ),
    "broadcast_to": (lambda x, shape: x.expand(shape), tf.broadcast_to),
    "squeeze": (lambda x, axis: x.squeeze() if axis is None else x.squeeze(axis), tf.squeeze),
    "expand_dims": (lambda x, axis: x.unsqueeze(axis), tf.expand_dims),
    "flip": (
        lambda x, axis: x.flip(axes(x, axis)),
        lambda x, axis: tf.reverse(x, axes(x, axis)) if len(x.shape) else tf.identity(x),
    ),
    "concatenate": (lambda *xs, axis: torch.cat(xs, axis), lambda *xs, axis: tf.concat(xs, axis)),
    "stack": (lambda *xs, axis: torch.stack(xs, axis), lambda *xs, axis: tf.stack(xs, axis)),
    "pad": (
        torch_pad,
        lambda x, pad_width, constant_values: tf.pad(x, pad_width, "CONSTANT", constant_values),
    ),
    "getitem": (torch_getitem, tf_getitem),
    "embedding": (lambda w, i: F.embedding(i, w), tf.gather),
    "gather": (
        lambda x, i, axis: torch.gather(x, axis, i),
        lambda x, i, axis: tf.experimental.numpy.take_along_axis(x, i, axis),
    ),
    "matmul": (torch.matmul, tf_matmul),
    "linear": (torch_linear, tf_linear),
    "linear_relu": (
        lambda *inputs: torch.relu(torch_linear(*inputs)),
        lambda *inputs: tf.nn.relu(tf_linear(*inputs)),
    ),
    "softmax": (lambda x, axis: torch.softmax(x, axis), tf.nn.softmax),
    "log_softmax": (lambda x, axis: torch.log_softmax(x, axis), tf.nn.log_softmax),
    "layer_norm": (lambda x, w, b, eps: F.layer_norm(x, w.shape, w, b, eps), tf_layer_norm),
    "rms_norm": (
        lambda x, w, eps: F.rms_norm(x, w.shape, w, eps),
        lambda x, w, eps: x * tf.math.rsqrt(tf.reduce_mean(x * x, -1, keepdims=True) + eps) * w,
    ),
    "batch_norm": (
        lambda x, w, b, eps: F.batch_norm(x, None, None, w, b, True, 0.0, eps),
        tf_batch_norm,
    ),
    "batch_norm_eval": (
        lambda x, w, b, eps, mean, var: F.batch_norm(
            x, torch.as_tensor(mean), torch.as_tensor(var), w, b, False, 0.0, eps
        ),
        tf_batch_norm,
    ),
    "dropout": (
        lambda x, mask, p: x * torch.as_tensor(kept(p, mask)),
        lambda x, mask, p: x * kept(p, mask),
    ),
    "softmax_cross_entropy": (torch_cross_entropy, tf_cross_entropy),
    "binary_cross_entropy_with_logits": (F.binary_cross_entropy_with_logits, tf_bce),
    "binary_cross_entropy": (torch_probability_bce, tf_probability_bce),
    "mse": (
        F.mse_loss,
        lambda a, b, reduction: tf_reduced(tf.math.squared_difference(a, b), reduction),
    ),
    "huber": (F.huber_loss, tf_huber),
    **windows.CALLS,
    **recurrent.CALLS,
    **attention.CALLS,
    **regions.CALLS,
}


def run_torch(function, arrays, options, grad):
    """Return the value and the gradients of the floating inputs (None for the others)."""
    tensors = [torch.tensor(a, requires_grad=a.dtype.kind == "f") for a in arrays]
    out = function(*tensors, **options)
    out.backward(torch.tensor(grad))
    found = [None if t.grad is None else t.grad.numpy() for t in tensors]
    return out.detach().numpy(), found


def run_tensorflow(function, arrays, options, grad):
    """Return the value and the gradients of the floating inputs (None for the others)."""
    tensors = [tf.constant(a) for a in arrays]
    floats = [t for t in tensors if t.dtype.is_floating]
    with tf.GradientTape() as tape:
        tape.watch(floats)
        out = function(*tensors, **options)
    slopes = iter(tape.gradient(out, floats, output_gradients=tf.constant(grad)))
    found = [next(slopes) if t.dtype.is_floating else None for t in tensors]
    # a gather's gradient is a tf.IndexedSlices until it is asked for its values
    return out.numpy(), [None if g is None else tf.convert_to_tensor(g).numpy() for g in found]


FRAMEWORKS = {"torch": (0, run_torch), "tensorflow": (1, run_tensorflow)}
