"""Attention as a layer: MultiheadAttention, and the cache of keys and values that decoding keeps."""

import numpy as np

from chainrule.autograd import MODE
from chainrule.checks import check_bool, check_float_dtype, check_generator, check_int
from chainrule.nn import functional as F
from chainrule.nn.init import by_name
from chainrule.nn.layers import Linear
from chainrule.nn.module import Module, Parameter
from chainrule.tensor import Tensor


class KVCache:
    """The keys and values of the steps that a decoder has seen, for one attention layer.

    Given to ``MultiheadAttention`` with a few new steps, it returns all steps so far; the memory grows by doubling.

    Attributes
    ----------
    n_steps : int
        Steps seen.
    """

    def __init__(self):
        self.n_steps, self._keys, self._values = 0, None, None

    def extend(self, keys, values):
        """Take keys and values (B, h, T, D) of new steps, return those of all steps as views.

        Raises ValueError where the shape differs from what came before in anything but T.
        """
        if self._keys is None:
            self._keys, self._values = (np.empty_like(x) for x in (keys, values))
        held, wanted = self._keys.shape, keys.shape
        if held[:2] + held[3:] != wanted[:2] + wanted[3:]:
            raise ValueError(
                f"a cache of shape {held} cannot take keys of shape {wanted}; make a new KVCache for another batch"
            )
        stop = self.n_steps + wanted[2]
        if stop > held[2]:
            room = (*held[:2], max(stop, 2 * held[2]), held[3])
            for name in ("_keys", "_values"):
                wider = np.empty(room, keys.dtype)
                wider[:, :, : self.n_steps] = getattr(self, name)[:, :, : self.n_steps]
                setattr(self, name, wider)
        self._keys[:, :, self.n_steps : stop] = keys
        self._values[:, :, self.n_steps : stop] = values
        self.n_steps = stop
        return self._keys[:, :, :stop], self._values[:, :, :stop]


class MultiheadAttention(Module):
    """h attentions side by side, each on its own D / h numbers of a step (vaswani2017attention, 3.2.2).

    Parameters
    ----------
    embed_dim : int
        Numbers a step, D.
    num_heads : int
        h, a divisor of D.
    bias : bool
    rotary : bool
        Turn queries and keys by their positions (su2024roformer).
    rng : numpy.random.Generator
    dtype : float32 or float64
    init : str or callable
        A name from ``nn.init``, or a function of (shape, rng, dtype); for each of the four weights by itself.

    Attributes
    ----------
    in_proj_weight : Parameter (D, 3 D)
        The weights of queries, keys and values side by side; the transpose of PyTorch's.
    in_proj_bias : Parameter (3 D,) or None
    out_proj : Linear (D, D)
    """

    def __init__(
        self, embed_dim, num_heads, bias=True, *, rotary=False, rng, dtype=np.float32, init="glorot_uniform"
    ):  # fmt: skip
        self.embed_dim = check_int(embed_dim, "embed_dim", minimum=1)
        self.num_heads = check_int(num_heads, "num_heads", minimum=1)
        if embed_dim % num_heads:
            raise ValueError(
                f"num_heads must divide embed_dim; got num_heads={num_heads}, embed_dim={embed_dim}"
            )
        self.rotary = check_bool(rotary, "rotary")
        if rotary and embed_dim // num_heads % 2:
            raise ValueError(
                f"embed_dim / num_heads must be even for rotary; got {embed_dim // num_heads}"
            )
        check_bool(bias, "bias")
        check_generator(rng)
        dtype, shape = check_float_dtype(dtype), (embed_dim, embed_dim)
        parts = [np.asarray(by_name(init)(shape, rng, dtype)) for _ in range(3)]
        for part in parts:
            if part.shape != shape:
                raise ValueError(f"init must return an array of shape {shape}; got {part.shape}")
        self.in_proj_weight = Parameter(np.concatenate(parts, 1).astype(dtype, copy=False))
        self.in_proj_bias = Parameter(np.zeros(3 * embed_dim, dtype)) if bias else None
        self.out_proj = Linear(embed_dim, embed_dim, bias, rng=rng, dtype=dtype, init=init)

    def forward(
        self, query, key=None, value=None, mask=None, is_causal=False, need_weights=False, cache=None
    ):  # fmt: skip
        """Let every step of ``query`` look at the steps of ``key``; with ``query`` alone, at its own.

        query : (B, T_q, D)
        key, value : (B, T_k, D); value is key where it is None
        mask : bools, True where a query may look, or floats that are added to the scores; broadcasts to
            (B, h, T_q, T_k). PyTorch's module means the opposite by its bools.
        is_causal : no query looks at what comes after it
        need_weights : whether the weights are returned, too
        cache : KVCache, for decoding: ``query`` holds the new steps only, and looks at the old ones, too
        Returns Tensor (B, T_q, D), and the weights, array (B, h, T_q, T_k), or None.
        """
        query = F.arguments.floating(query, "query", self.in_proj_weight.dtype)
        self._check(query, "query")
        is_self = key is None
        if is_self and value is not None:
            raise ValueError("value must be None where key is None; got a value without keys")
        if cache is not None:
            self._check_cache(cache, is_self)
        if is_self and not self.rotary and not need_weights and cache is None:
            qkv = F.linear(query, self.in_proj_weight, self.in_proj_bias)
            return self.out_proj(F.self_attention(qkv, self.num_heads, mask, is_causal)), None
        q, k, v = self._projected(query, key, value)
        if self.rotary:
            first = 0 if cache is None else cache.n_steps
            q = F.rotary(q, first + np.arange(q.shape[-2]))
            k = F.rotary(k, first + np.arange(k.shape[-2]))
        if cache is not None:
            k, v = map(Tensor, cache.extend(k.data, v.data))
        out = F.scaled_dot_product_attention(q, k, v, mask, is_causal)
        out = out.swapaxes(1, 2).reshape(*query.shape)
        weights = F.attention_weights(q, k, mask, is_causal) if need_weights else None
        return self.out_proj(out), weights

    def _check(self, x, name):
        if x.ndim != 3 or x.shape[-1] != self.embed_dim:
            raise ValueError(f"{name} must have shape (B, T, {self.embed_dim}); got shape {x.shape}")

    def _check_cache(self, cache, is_self):
        if not isinstance(cache, KVCache):
            raise TypeError(f"cache must be a KVCache; got {type(cache).__name__}")
        if not is_self:
            raise ValueError("cache must be None where keys are given; got both")
        if MODE.recording:
            raise ValueError("cache keeps no graph, so the layer must be called within no_grad(); got a recorded call")

    def _projected(self, query, key, value):
        """Return queries, keys and values by head, each (B, h, T, D / h)."""
        width = self.embed_dim
        key = query if key is None else F.arguments.floating(key, "key", query.dtype)
        value = key if value is None else F.arguments.floating(value, "value", query.dtype)
        self._check(key, "key")
        self._check(value, "value")
        found = []
        for i, x in enumerate((query, key, value)):
            part = slice(i * width, (i + 1) * width)
            bias = None if self.in_proj_bias is None else self.in_proj_bias[part]
            y = F.linear(x, self.in_proj_weight[:, part], bias)
            y = y.reshape(*x.shape[:2], self.num_heads, width // self.num_heads)
            found.append(y.swapaxes(1, 2))
        return found

    def describe(self):
        bias = "" if self.in_proj_bias is not None else ", bias=False"
        return f"{self.embed_dim}, {self.num_heads}{bias}{', rotary=True' if self.rotary else ''}"
