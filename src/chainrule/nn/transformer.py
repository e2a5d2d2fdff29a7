"""The block of a Transformer: attention and a feed-forward network, each beside a residual connection."""

import numpy as np

from chainrule.checks import check_bool, check_choice, check_int
from chainrule.nn import functional as F
from chainrule.nn.attention import MultiheadAttention
from chainrule.nn.layers import Dropout, Linear
from chainrule.nn.module import Module
from chainrule.nn.normalisation import LayerNorm, RMSNorm

_NORMS = {"layer": LayerNorm, "rms": RMSNorm}
_ACTIVATIONS = ("relu", "gelu")


class TransformerBlock(Module):
    """x + attention(norm(x)), then x + feed_forward(norm(x)); or with the norms after the sums.

    With ``cross_attention``, an attention to the steps of an encoder stands between the two. The names of the
    parameters are those of PyTorch's TransformerEncoderLayer, with cross-attention of TransformerDecoderLayer;
    matrices are their transposes.

    Parameters
    ----------
    d_model : int
        Numbers a step, D.
    nhead : int
        Heads, a divisor of D.
    dim_feedforward : int, optional
        Hidden units of the feed-forward network, 4 D where it is None.
    dropout : float in [0, 1)
        Of what each part adds to x. (PyTorch's layer also drops attention weights and hidden units.)
    activation : "gelu" or "relu"
    norm_first : bool
        Pre-norm (xiong2020layer), the default here; False is the order of vaswani2017attention.
    cross_attention : bool
    norm : "layer" or "rms"
    rotary : bool
        Of the self-attention.
    bias : bool
        Of all linear maps.
    rng : numpy.random.Generator
    dtype : float32 or float64
    """

    def __init__(
        self, d_model, nhead, dim_feedforward=None, dropout=0.0, activation="gelu", norm_first=True, *,
        cross_attention=False, norm="layer", rotary=False, bias=True, rng, dtype=np.float32,
    ):  # fmt: skip
        d_model = check_int(d_model, "d_model", minimum=1)
        if dim_feedforward is None:
            dim_feedforward = 4 * d_model
        width = check_int(dim_feedforward, "dim_feedforward", minimum=1)
        self.activation = check_choice(activation, "activation", _ACTIVATIONS)
        self.norm_first = check_bool(norm_first, "norm_first")
        check_bool(cross_attention, "cross_attention")
        make_norm = _NORMS[check_choice(norm, "norm", tuple(_NORMS))]
        self.dropout = Dropout(dropout, rng=rng)  # refused before a weight is drawn
        options = {"rng": rng, "dtype": dtype}
        self.self_attn = MultiheadAttention(d_model, nhead, bias, rotary=rotary, **options)
        self.multihead_attn = (
            MultiheadAttention(d_model, nhead, bias, **options) if cross_attention else None
        )
        self.linear1 = Linear(d_model, width, bias, init="glorot_uniform", **options)
        self.linear2 = Linear(width, d_model, bias, init="glorot_uniform", **options)
        self.norm1 = make_norm(d_model, dtype=dtype)
        self.norm2 = make_norm(d_model, dtype=dtype)
        self.norm3 = make_norm(d_model, dtype=dtype) if cross_attention else None

    def forward(self, x, memory=None, mask=None, memory_mask=None, is_causal=False, cache=None):
        """Map (B, T, D) to the same shape.

        memory : (B, S, D), what the cross-attention looks at
        mask, memory_mask : of the two attentions, as in ``MultiheadAttention``: True where a query may look
        is_causal : no step looks at what comes after it
        cache : KVCache, for decoding step by step
        """
        if (memory is None) != (self.multihead_attn is None):
            raise ValueError(
                f"memory must be {'given' if self.multihead_attn else 'None'} in a block with "
                f"cross_attention={self.multihead_attn is not None}; got {'None' if memory is None else 'a memory'}"
            )
        x = self._add(x, self.norm1, lambda y: self.self_attn(
            y, mask=mask, is_causal=is_causal, cache=cache)[0])  # fmt: skip
        if memory is not None:
            x = self._add(x, self.norm2, lambda y: self.multihead_attn(y, memory, mask=memory_mask)[0])
        return self._add(x, self.norm2 if memory is None else self.norm3, self._feed_forward)

    def _add(self, x, norm, part):
        """Return x and what a part makes of it, normalised before the part or after the sum."""
        if self.norm_first:
            return x + self.dropout(part(norm(x)))
        return norm(x + self.dropout(part(x)))

    def _feed_forward(self, x):
        weight, bias = self.linear1.weight, self.linear1.bias
        if self.activation == "relu":
            return self.linear2(F.linear_relu(x, weight, bias))
        return self.linear2(F.gelu(F.linear(x, weight, bias)))

    def describe(self):
        return f"norm_first={self.norm_first}, activation={self.activation!r}"
