"""Attention, and what tells it where things stand: sinusoidal positions, rotations, slopes."""

import numpy as np

from chainrule.checks import (
    check_bool,
    check_float_dtype,
    check_int,
    check_ndim,
    check_non_empty,
    check_number,
    check_positive,
)
from chainrule.nn.functional.arguments import floating
from chainrule.ops import OPS
from chainrule.ops import attention as ops_attention
from chainrule.tensor import Tensor, apply


def scaled_dot_product_attention(query, key, value, attn_mask=None, is_causal=False, scale=None):
    """Return softmax(Q Kᵀ / √D + mask) V (vaswani2017attention, eq. 1).

    query : (..., T_q, D); key : (..., T_k, D); value : (..., T_k, D_v), leading axes broadcast
    attn_mask : bools, True where a query may look, or floats that are added to the scores; broadcasts to
        (..., T_q, T_k). This is PyTorch's convention for this function, and Keras's; the masks of PyTorch's
        ``nn.MultiheadAttention`` mean the opposite.
    is_causal : query i looks at keys up to i + T_k - T_q: no further than itself, where both end together.
        (PyTorch's begin together, which is the same where T_q = T_k.)
    scale : in place of 1 / √D
    Returns Tensor (..., T_q, D_v). A query that may look at no key gets zeros.
    """
    query = floating(query, "query")
    key, value = (floating(x, n, query.data.dtype) for x, n in ((key, "key"), (value, "value")))
    _check_shapes(query.data, key.data, value.data)
    scores_shape = (*_leading(query.data, key.data, value.data), query.shape[-2], key.shape[-2])
    options = {
        "mask": _mask(attn_mask, scores_shape, query.data.dtype),
        "is_causal": check_bool(is_causal, "is_causal"),
        "scale": None if scale is None else check_number(scale, "scale"),
    }
    return apply(OPS["attention"], query, key, value, **options)


def attention_weights(query, key, attn_mask=None, is_causal=False, scale=None):
    """Return the weights of ``scaled_dot_product_attention``, softmax(Q Kᵀ / √D + mask), as an array.

    Arguments as there; nothing is recorded. Returns array (..., T_q, T_k), each row of sum 1, or of zeros.
    """
    query = floating(query, "query")
    key = floating(key, "key", query.data.dtype)
    identity = np.eye(key.shape[-2] if key.ndim > 1 else 1, dtype=query.data.dtype)
    inputs = Tensor(query.data), Tensor(key.data), Tensor(identity)
    return scaled_dot_product_attention(*inputs, attn_mask, is_causal, scale).data


def _leading(*arrays):
    try:
        return np.broadcast_shapes(*(a.shape[:-2] for a in arrays))
    except ValueError:
        shapes = ", ".join(str(a.shape) for a in arrays)
        raise ValueError(
            f"query, key and value must have leading axes that broadcast; got shapes {shapes}"
        ) from None


def _check_shapes(query, key, value):
    for array, name in ((query, "query"), (key, "key"), (value, "value")):
        check_ndim(array, name, 2, at_least=True)
        check_non_empty(array, name)
    if query.shape[-1] != key.shape[-1]:
        raise ValueError(
            f"query and key must have last axes of one length; got shapes {query.shape} and {key.shape}"
        )
    if key.shape[-2] != value.shape[-2]:
        raise ValueError(
            f"there must be a value for each key; got key of shape {key.shape}, value of {value.shape}"
        )


def _mask(mask, shape, dtype):
    """Return a mask as bools, or as floats of this dtype, that broadcasts to the shape; or None."""
    if mask is None:
        return None
    if isinstance(mask, Tensor) and mask.requires_grad:
        raise ValueError(
            "attn_mask must be constant; got a Tensor with requires_grad=True, to which no gradient would go "
            "(detach it, or add it to scores of your own)"
        )
    mask = mask.data if isinstance(mask, Tensor) else np.asarray(mask)
    if mask.dtype.kind not in "bf":
        raise TypeError(
            f"attn_mask must hold bools (True: may look) or floats (added); got dtype {mask.dtype}"
        )
    try:
        fits = np.broadcast_shapes(mask.shape, shape) == tuple(shape)
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"attn_mask must broadcast to {tuple(shape)}; got shape {mask.shape}")
    return mask if mask.dtype == bool else mask.astype(dtype, copy=False)


def self_attention(qkv, n_heads, attn_mask=None, is_causal=False, scale=None):
    """Return the attention of a sequence to itself, heads side by side, in one op.

    qkv : (B, T, 3 D): queries, keys and values of all heads side by side, as one product makes them
    n_heads : h, a divisor of D; attn_mask broadcasts to (B, h, T, T)
    attn_mask, is_causal, scale : as of ``scaled_dot_product_attention``
    Returns Tensor (B, T, D).
    """
    qkv, n_heads = floating(qkv, "qkv"), check_int(n_heads, "n_heads", minimum=1)
    check_ndim(qkv.data, "qkv", 3)
    check_non_empty(qkv.data, "qkv")
    batch, n_steps, width = qkv.shape
    if width % (3 * n_heads):
        raise ValueError(
            f"the last axis of qkv must divide into 3 times {n_heads} heads; got shape {qkv.shape}"
        )
    options = {
        "mask": _mask(attn_mask, (batch, n_heads, n_steps, n_steps), qkv.data.dtype),
        "is_causal": check_bool(is_causal, "is_causal"),
        "scale": None if scale is None else check_number(scale, "scale"),
    }
    return apply(OPS["self_attention"], qkv, n_heads=n_heads, **options)


def causal_mask(n_queries, n_keys=None):
    """Return bools (T_q, T_k), True where a query may look: at itself and at what came before.

    With more keys than queries, the queries are the last ones.
    """
    n_queries = check_int(n_queries, "n_queries", minimum=1)
    n_keys = n_queries if n_keys is None else check_int(n_keys, "n_keys", minimum=1)
    return ops_attention.causal_mask(n_queries, n_keys)


def sinusoidal_positions(n_positions, width, *, base=10_000.0, dtype=np.float32):
    """Return sines and cosines of the position at falling frequencies (vaswani2017attention, 3.5).

    Entry (t, 2 i) is sin(t base^(-2 i / D)), entry (t, 2 i + 1) the cosine of the same.

    n_positions : T; width : D, even
    Returns array (T, D).
    """
    n_positions = check_int(n_positions, "n_positions", minimum=1)
    angles = _angles(np.arange(n_positions), check_int(width, "width", minimum=2), base, "width")
    return np.stack([np.sin(angles), np.cos(angles)], -1).reshape(n_positions, width).astype(
        check_float_dtype(dtype)
    )


def _angles(positions, width, base, name):
    """Return position times frequency, (T, D / 2), in float64."""
    if width % 2:
        raise ValueError(f"{name} must be even; got {width}")
    frequencies = check_positive(base, "base") ** (-np.arange(0, width, 2) / width)
    return np.asarray(positions, float)[..., None] * frequencies


def rotary(x, positions=None, *, base=10_000.0):
    """Turn the pairs (x_i, x_{i + D/2}) by the angle position · base^(-2 i / D) (su2024roformer).

    The product of a turned query and a turned key then depends on the distance of their positions alone. The
    halves are paired, as in most code; the paper pairs neighbours, which is another order of the same axes.

    x : (..., T, D), D even
    positions : numbers (T,), 0, 1, 2, ... where they are None
    Returns Tensor (..., T, D).
    """
    x = floating(x)
    check_ndim(x.data, "x", 2, at_least=True)
    check_non_empty(x.data, "x")
    n_steps, width = x.shape[-2:]
    positions = np.arange(n_steps) if positions is None else np.asarray(positions)
    if positions.shape != (n_steps,):
        raise ValueError(f"positions must have shape ({n_steps},); got shape {positions.shape}")
    angles = _angles(positions, width, base, "the last axis of x")
    cos, sin = (f(angles).astype(x.data.dtype) for f in (np.cos, np.sin))
    return apply(OPS["rotary"], x, cos=cos, sin=sin)


def alibi_slopes(n_heads):
    """Return the slope of each head, 2^(-8 k / h) for k = 1, ..., h (press2022train).

    n_heads : h; a power of two in the paper, whose rule for other h is another
    Returns array (h,).
    """
    n_heads = check_int(n_heads, "n_heads", minimum=1)
    return 2.0 ** (-8 * np.arange(1, n_heads + 1) / n_heads)


def alibi_bias(n_heads, n_queries, n_keys=None, *, dtype=np.float32):
    """Return what ALiBi adds to the scores: minus slope times distance (press2022train).

    Returns array (h, T_q, T_k); with more keys than queries, the queries are the last ones.
    """
    n_queries = check_int(n_queries, "n_queries", minimum=1)
    n_keys = n_queries if n_keys is None else check_int(n_keys, "n_keys", minimum=1)
    behind = np.arange(n_queries)[:, None] + (n_keys - n_queries) - np.arange(n_keys)
    return (-alibi_slopes(n_heads)[:, None, None] * np.abs(behind)).astype(check_float_dtype(dtype))
