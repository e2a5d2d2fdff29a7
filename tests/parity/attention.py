"""Attention and rotations in PyTorch's functions and in TensorFlow's."""

import math

import numpy as np
import tensorflow as tf
import torch


def _seen(mask, is_causal, shape):
    """Return bools, True where a query may look, and floats to add to the scores."""
    n_queries, n_keys = shape[-2:]
    seen, added = np.ones(shape, bool), np.zeros(shape)
    if mask is not None and mask.dtype == bool:
        seen = seen & mask
    elif mask is not None:
        added = added + mask
    if is_causal:
        rows, columns = np.indices((n_queries, n_keys))
        seen = seen & (columns <= rows + n_keys - n_queries)
    return seen, added


def torch_attention(q, k, v, mask, is_causal, scale):
    """PyTorch's fused function; it too gives zeros to a query that may look nowhere."""
    lead = torch.broadcast_shapes(q.shape[:-2], k.shape[:-2])
    seen, added = _seen(mask, is_causal, (*lead, q.shape[-2], k.shape[-2]))
    bias = torch.as_tensor(np.where(seen, added, -np.inf))
    q, k, v = (x.expand(*lead, *x.shape[-2:]) for x in (q, k, v))
    nowhere = torch.as_tensor(~seen.any(-1, keepdims=True))
    out = torch.nn.functional.scaled_dot_product_attention(q, k, v, bias.masked_fill(nowhere, 0.0), scale=scale)
    return out.masked_fill(nowhere, 0.0)


def tf_attention(q, k, v, mask, is_causal, scale):
    scores = tf.matmul(q, k, transpose_b=True) * (1 / math.sqrt(q.shape[-1]) if scale is None else scale)
    seen, added = _seen(mask, is_causal, tuple(scores.shape))
    nowhere = ~seen.any(-1, keepdims=True)
    weights = tf.nn.softmax(tf.where(seen | nowhere, scores + added, tf.constant(-np.inf, scores.dtype)))
    return tf.where(nowhere, tf.zeros((), scores.dtype), tf.matmul(weights, v))


def torch_self_attention(qkv, n_heads, **options):
    parts = qkv.unflatten(-1, (3, n_heads, qkv.shape[-1] // 3 // n_heads)).permute(2, 0, 3, 1, 4)
    return torch_attention(*parts, **options).transpose(1, 2).flatten(2)


def tf_self_attention(qkv, n_heads, **options):
    batch, n_steps, width = qkv.shape
    parts = tf.reshape(qkv, (batch, n_steps, 3, n_heads, width // 3 // n_heads))
    out = tf_attention(*tf.unstack(tf.transpose(parts, (2, 0, 3, 1, 4))), **options)
    return tf.reshape(tf.transpose(out, (0, 2, 1, 3)), (batch, n_steps, width // 3))


def torch_rotary(x, cos, sin):
    turned = torch.view_as_complex(torch.stack(torch.chunk(x, 2, -1), -1)) * torch.as_tensor(cos + 1j * sin)
    return torch.cat([turned.real, turned.imag], -1)


def tf_rotary(x, cos, sin):
    turned = tf.complex(*tf.split(x, 2, -1)) * tf.constant(cos + 1j * sin)
    return tf.concat([tf.math.real(turned), tf.math.imag(turned)], -1)


CALLS = {
    "attention": (torch_attention, tf_attention),
    "self_attention": (torch_self_attention, tf_self_attention),
    "rotary": (torch_rotary, tf_rotary),
}
