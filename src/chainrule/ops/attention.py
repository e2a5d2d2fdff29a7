"""Scaled dot-product attention (vaswani2017attention, eq. 1), fused, and rotary positions.

``attention`` takes queries, keys and values apart; ``self_attention`` takes them side by side in one array, as one
product with one weight makes them, and leaves its result as the next product wants it: the strides say where each
head stands. Only transposed keys and values are copied, once.

A mask says which keys a query may look at (True), or is added to the scores. A query that may look at no key gets
zeros, and sends no gradient.
"""

import math

import numpy as np

from chainrule.ops.memory import empty
from chainrule.ops.op import Op

_IN_CACHE = 1 << 19  # bytes of scores that are worked on at a time
_TILE = 64  # queries that are worked on at a time where no key after them is looked at
_SAFE = 1e12  # sums of exponentials between this and its inverse leave room for values and gradients in float32


def causal_mask(n_queries, n_keys):
    """Return bools (T_q, T_k): the last query may look at every key, the one before at one less.

    With as many queries as keys it is the lower triangle.
    """
    return np.tri(n_queries, n_keys, n_keys - n_queries, dtype=bool)


def _pieces(n_examples, n_bytes):
    """Yield slices of the first axis, of n_examples with scores of n_bytes each, few enough for the cache."""
    step = max(1, _IN_CACHE // max(1, n_bytes))
    for start in range(0, n_examples, step):
        yield slice(start, start + step)


def _are_safe(totals):
    """Whether no sum of exponentials has overflowed, come near zero or become nan."""
    return not totals.size or bool(totals.min() > 1 / _SAFE and totals.max() < _SAFE)


def _tiles(n_queries, n_keys, is_causal):
    """Yield slices of queries and of the keys that they may look at; all at once where nothing is causal.

    The last comes first: it is the one that reaches every key.
    """
    if not is_causal:
        yield slice(0, n_queries), slice(0, n_keys)
        return
    for stop in range(n_queries, 0, -_TILE):
        start, reach = max(0, stop - _TILE), stop + n_keys - n_queries
        yield slice(start, stop), slice(0, max(reach, 1))


def _across(keys, scale, n_more=0):
    """Return keys (..., T_k, D), times ``scale``, with the last axes swapped, and below them rows of ones.

    A copy, which the products repay; first copied, then scaled in place: together half the time of one multiplication
    that reads across.
    """
    n_keys, width = keys.shape[-2:]
    out = empty((*keys.shape[:-2], width + n_more, n_keys), keys.dtype)
    across, below = out[..., :width, :], out[..., width:, :]
    np.copyto(across, keys.swapaxes(-1, -2))
    across *= keys.dtype.type(scale)
    below.fill(1)
    return out


def _weigh(scores, mask, causal, is_bold):
    """Turn scores into exp(score - something of the row), 0 where a query may not look, in place.

    Where ``is_bold``, nothing is taken off, and whoever calls looks whether the sums came out well.
    Returns their sums (..., T_q, 1); where not bold, 1 where a query may look at no key.
    """
    if not is_bold:
        if mask is not None and mask.dtype != bool:
            scores += mask
        elif mask is not None:
            np.copyto(scores, -np.inf, where=~mask)
        if causal is not None:
            np.copyto(scores, -np.inf, where=causal == 0)
        top = np.maximum.reduce(scores, -1, keepdims=True)
        np.copyto(top, 0, where=np.isneginf(top))  # -inf - -inf would be nan
        scores -= top
    np.exp(scores, out=scores)
    if is_bold and mask is not None:
        scores *= mask
    if is_bold and causal is not None:
        square = scores[..., -len(causal) :]  # a query may look at all keys before these
        square *= causal[:, -len(causal) :]
    total = (scores @ np.ones(scores.shape[-1], scores.dtype))[..., None]
    if not is_bold:
        np.copyto(total, 1, where=total == 0)
    return total


def _attend(q, k, v, mask, is_causal, scale, out):
    """Write the attention of q (N, ..., T_q, D), k (N, ..., T_k, D), v (N, ..., T_k, D_v) to out.

    Returns the weights before they are divided by their sums, as a list of (queries, keys, array): an array for each
    of the tiles that are looked at; and one over the sums, in the shape of out.
    """
    n_queries, n_keys = q.shape[-2], k.shape[-2]
    tiles = []
    for rows, keys in _tiles(n_queries, n_keys, is_causal):
        shape = (*q.shape[:-2], rows.stop - rows.start, keys.stop)
        tiles.append((rows, keys, empty(shape, q.dtype)))
    totals = np.empty((*q.shape[:-1], 1), q.dtype)
    across = _across(k, scale)
    causal = causal_mask(n_queries, n_keys).astype(q.dtype) if is_causal else None
    if mask is not None:
        mask = np.broadcast_to(mask, (*q.shape[:-1], n_keys))

    def work(is_bold):
        for piece, rows, keys, scores in _parts(tiles):
            np.matmul(q[piece, ..., rows, :], across[piece, ..., keys], out=scores)
            seen = None if mask is None else mask[piece, ..., rows, keys]
            below = None if causal is None else causal[rows, keys]
            totals[piece, ..., rows, :] = _weigh(scores, seen, below, is_bold)
            np.matmul(scores, v[piece, ..., keys, :], out=out[piece, ..., rows, :])

    is_bold = mask is None or mask.dtype == bool
    if is_bold:
        with np.errstate(over="ignore", invalid="ignore"):  # seen in the sums
            work(is_bold)
    if not is_bold or not _are_safe(totals):
        work(is_bold=False)
    shares = np.empty_like(out)  # in the order of ``out``, so that both run through memory side by side
    np.copyto(shares, np.reciprocal(totals, out=totals))
    out *= shares
    return tiles, shares


def _parts(tiles):
    """Yield (examples, queries, keys, weights) of tiles: few examples at a time, and all the tiles of these."""
    arrays = [scores for _, _, scores in tiles]
    n_examples = len(arrays[0]) if arrays else 0
    for piece in _pieces(n_examples, sum(a.nbytes for a in arrays) // max(1, n_examples)):
        for rows, keys, scores in tiles:
            yield piece, rows, keys, scores[piece]


def _attend_backward(grad, q, k, v, tiles, shares, out, scale, places):
    """Write the gradients of q, k, v to three arrays.

    With P the weights: dV = Pᵀ dO; dS = P (dO Vᵀ - rowsum(P dO Vᵀ)), and that sum is rowsum(dO O), which one more
    column of dO takes off. P is a tile times ``shares``; the product is taken where it is smallest, of dO.
    """
    of_q, of_k, of_v = places
    across = _across(v, scale, n_more=1)
    sent = empty((*grad.shape[:-1], grad.shape[-1] + 1), grad.dtype)
    grad = np.multiply(grad, shares, out=sent[..., :-1])
    np.multiply(np.einsum("...d,...d->...", grad, out), -scale, out=sent[..., -1])
    for piece, rows, keys, weights in _parts(tiles):
        slopes = sent[piece, ..., rows, :] @ across[piece, ..., keys]
        slopes *= weights
        np.matmul(slopes, k[piece, ..., keys, :], out=of_q[piece, ..., rows, :])
        for place, left, right in ((of_v, weights, grad), (of_k, slopes, q)):
            left, right, there = left.swapaxes(-1, -2), right[piece, ..., rows, :], place[piece, ..., keys, :]
            if rows.stop == grad.shape[-2]:
                np.matmul(left, right, out=there)
            else:
                there += left @ right


def _attention_forward(q, k, v, *, mask=None, is_causal=False, scale=None):
    scale = 1 / math.sqrt(q.shape[-1]) if scale is None else scale
    batch = np.broadcast_shapes(q.shape[:-2], k.shape[:-2], v.shape[:-2])
    out = empty((*batch, q.shape[-2], v.shape[-1]), q.dtype)
    parts = [np.broadcast_to(x, (*batch, *x.shape[-2:])) for x in (q, k, v)]
    one = () if batch else (None,)
    found = _attend(*(x[one] for x in parts), mask, is_causal, scale, out[one])
    return out, (*parts, *found, out, scale)


def _attention_backward(grad, saved):
    *parts, tiles, shares, out, scale = saved
    places = [np.empty(x.shape, x.dtype) for x in parts]
    one = () if out.ndim > 2 else (None,)
    parts = [x[one] for x in parts]
    there = [x[one] for x in places]
    _attend_backward(grad[one], *parts, tiles, shares, out[one], scale, there)
    return tuple(places)


def _heads(array, n_parts, n_heads):
    """Return views (B, heads, T, D / heads) of the parts of an array (B, T, parts D)."""
    batch, n_steps, width = array.shape
    parts = array.reshape(batch, n_steps, n_parts, n_heads, width // n_parts // n_heads)
    return parts.transpose(2, 0, 3, 1, 4)


def _self_attention_forward(qkv, *, n_heads, mask=None, is_causal=False, scale=None):
    batch, n_steps, width = qkv.shape
    q, k, v = _heads(qkv, 3, n_heads)
    scale = 1 / math.sqrt(q.shape[-1]) if scale is None else scale
    out = empty((batch, n_steps, width // 3), qkv.dtype)
    found = _attend(q, k, v, mask, is_causal, scale, _heads(out, 1, n_heads)[0])
    return out, (qkv, *found, out, n_heads, scale)


def _self_attention_backward(grad, saved):
    qkv, tiles, shares, out, n_heads, scale = saved
    of_qkv = empty(qkv.shape, qkv.dtype)
    (grad,), (out,) = _heads(grad, 1, n_heads), _heads(out, 1, n_heads)
    places = _heads(of_qkv, 3, n_heads)
    _attend_backward(grad, *_heads(qkv, 3, n_heads), tiles, shares, out, scale, places)
    return (of_qkv,)


def _rotated(x, cos, sin):
    """Turn the pairs (x_i, x_{i + D / 2}) of the last axis by angles of which cos and sin are given."""
    half = x.shape[-1] // 2
    first, second = x[..., :half], x[..., half:]
    out = np.empty(np.broadcast_shapes(x.shape, (*cos.shape[:-1], x.shape[-1])), x.dtype)
    np.subtract(first * cos, second * sin, out=out[..., :half])
    np.add(first * sin, second * cos, out=out[..., half:])
    return out


def _rotary_forward(x, *, cos, sin):
    return _rotated(x, cos, sin), (cos, sin)


def _rotary_backward(grad, saved):
    cos, sin = saved
    return (_rotated(grad, cos, -sin),)  # the inverse of a rotation is its transpose


ATTENTION = Op("attention", _attention_forward, _attention_backward)
SELF_ATTENTION = Op("self_attention", _self_attention_forward, _self_attention_backward)
ROTARY = Op("rotary", _rotary_forward, _rotary_backward)

FAMILY = (ATTENTION, SELF_ATTENTION, ROTARY)
