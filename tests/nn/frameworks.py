"""Run one layer or loss in ours, in PyTorch and in TensorFlow: outputs and gradients."""

import numpy as np


def ours(f, *arrays):
    """Return the output of f and the gradients of sum(output * weights), all as arrays."""
    from chainrule import Tensor

    inputs = [Tensor(a, requires_grad=True) for a in arrays]
    out = f(*inputs)
    (out * weights(out.shape)).sum().backward()
    return out.data, [t.grad for t in inputs]


def torchs(f, *arrays):
    import torch

    inputs = [torch.tensor(a, requires_grad=True) for a in arrays]
    out = f(*inputs)
    (out * torch.tensor(weights(tuple(out.shape)))).sum().backward()
    return out.detach().numpy(), [t.grad.numpy() for t in inputs]


def tensorflows(f, *arrays):
    import tensorflow as tf

    inputs = [tf.constant(a) for a in arrays]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        out = f(*inputs)
        total = tf.reduce_sum(out * weights(tuple(out.shape)))
    return np.asarray(out), [np.asarray(tf.convert_to_tensor(g)) for g in tape.gradient(total, inputs)]


def weights(shape):
    """Return fixed weights for an output, so that every element of a gradient matters."""
    return np.cos(np.arange(np.prod(shape, dtype=int), dtype=float)).reshape(shape)


def assert_alike(one, other, tolerance=1e-10):
    (out_a, grads_a), (out_b, grads_b) = one, other
    np.testing.assert_allclose(out_a, out_b, rtol=tolerance, atol=tolerance)
    for a, b in zip(grads_a, grads_b, strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)
