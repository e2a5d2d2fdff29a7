"""A decoder-only Transformer that predicts the next token."""

import numpy as np

from chainrule.checks import (
    check_bool,
    check_choice,
    check_float_dtype,
    check_generator,
    check_index_range,
    check_int,
    check_positive,
    check_probability,
)
from chainrule.nn import (
    Dropout,
    Embedding,
    KVCache,
    LayerNorm,
    Linear,
    Module,
    RMSNorm,
    TransformerBlock,
)
from chainrule.nn import functional as F
from chainrule.tensor import no_grad
from chainrule.text import probabilities, sample

_POSITIONS = ("learned", "rotary", "none")
_NORMS = {"layer": LayerNorm, "rms": RMSNorm}


class GPT(Module):
    """Tokens and their positions, pre-norm blocks that look back only, a norm, and logits of the next token.

    With the defaults it is GPT-2 (radford2019language, 2.3), but for the exact GELU where GPT-2 approximates it.

    Parameters
    ----------
    vocab_size : int
        V.
    context : int
        The longest sequence, where positions are learnt; what ``generate`` looks back on, in any case.
    n_layer, n_head, d_model : int
        Blocks, heads in each, numbers a step, D.
    dropout : float in [0, 1)
        Of the embeddings, and of what each part of a block adds.
    positions : "learned", "rotary" or "none"
        A vector for each, added to the token's; rotations of queries and keys (su2024roformer); nothing.
    norm : "layer" or "rms"
    tie_weights : bool
        The logits are products with the embeddings themselves (press2017using); else with a matrix of their own.
    rng : numpy.random.Generator
    dtype : float32 or float64
    init_std : float
        Of all weights; those that end a residual branch are divided by √(2 n_layer), biases begin at 0.

    Attributes
    ----------
    token_embedding : Embedding (V, D)
    position_embedding : Embedding (context, D) or None
    blocks : list of TransformerBlock
    norm : LayerNorm or RMSNorm
    head : Linear (D, V) or None
    """

    def __init__(
        self, vocab_size, context, n_layer, n_head, d_model, *, dropout=0.0, positions="learned", norm="layer",
        tie_weights=True, rng, dtype=np.float32, init_std=0.02,
    ):  # fmt: skip
        self.vocab_size = check_int(vocab_size, "vocab_size", minimum=1)
        self.context = check_int(context, "context", minimum=1)
        n_layer = check_int(n_layer, "n_layer", minimum=1)
        _check_heads(n_head, d_model, check_choice(positions, "positions", _POSITIONS))
        make_norm = _NORMS[check_choice(norm, "norm", tuple(_NORMS))]
        check_bool(tie_weights, "tie_weights")
        options = {"rng": check_generator(rng), "dtype": check_float_dtype(dtype)}
        std = check_positive(init_std, "init_std")
        self.dropout = Dropout(check_probability(dropout, "dropout", allow_one=False), rng=rng)

        def draw(shape, rng, dtype):
            return (std * rng.standard_normal(shape)).astype(dtype)

        self.token_embedding = Embedding(vocab_size, d_model, init=draw, **options)
        is_learned = positions == "learned"
        self.position_embedding = Embedding(context, d_model, init=draw, **options) if is_learned else None
        self.blocks = [
            TransformerBlock(d_model, n_head, dropout=dropout, norm=norm, rotary=positions == "rotary", **options)
            for _ in range(n_layer)
        ]
        for block in self.blocks:
            _redraw(block, draw, (2 * n_layer) ** -0.5, **options)
        self.norm = make_norm(d_model, dtype=dtype)
        self.head = None if tie_weights else Linear(d_model, vocab_size, False, init=draw, **options)

    def forward(self, tokens, caches=None):
        """Map tokens (B, T), integers in [0, V), to the logits (B, T, V) of the token after each.

        caches : list of KVCache, one for each block, within ``no_grad()``: ``tokens`` are the new ones only
        """
        return self._logits(self._hidden(tokens, caches))

    def _hidden(self, tokens, caches=None):
        tokens = F.arguments.integers(tokens, "tokens")
        if tokens.ndim != 2 or not tokens.size:
            raise ValueError(f"tokens must have shape (B, T), both at least 1; got shape {tokens.shape}")
        check_index_range(tokens, "tokens", self.vocab_size, "vocab_size")
        first = self._n_cached(caches)
        x = self.token_embedding(tokens)
        if self.position_embedding is not None:
            stop = first + tokens.shape[1]
            if stop > self.context:
                raise ValueError(f"tokens must be at most context={self.context} long; got T={stop}")
            x = x + self.position_embedding(np.arange(first, stop))
        x = self.dropout(x)
        for block, cache in zip(self.blocks, caches or [None] * len(self.blocks), strict=True):
            x = block(x, is_causal=True, cache=cache)
        return self.norm(x)

    def _n_cached(self, caches):
        """Return how many steps the caches hold."""
        if caches is None:
            return 0
        n, is_list = len(self.blocks), isinstance(caches, list)
        if not is_list or len(caches) != n or not all(isinstance(c, KVCache) for c in caches):
            got = f"{len(caches)} in a list" if is_list else type(caches).__name__
            raise ValueError(f"caches must be a list of {n} KVCache, one a block; got {got}")
        return caches[0].n_steps

    def _logits(self, x):
        return F.linear(x, self.token_embedding.weight.T) if self.head is None else self.head(x)

    @no_grad()
    def generate(self, tokens, n, rng, temperature=1.0, top_k=None, top_p=None, use_cache=True):
        """Return the tokens and n more, each drawn from what the model expects after those before it.

        tokens : integers (T,) or (B, T), T at least 1
        n : how many are added
        rng : numpy.random.Generator
        temperature, top_k, top_p : as in ``text.sample``
        use_cache : keep keys and values of the steps before, rather than compute them anew for every token. Beyond
            ``context`` tokens nothing can be kept, for every step moves: the last ``context`` are computed anew.
        Returns array (T + n,) or (B, T + n) of integers. Dropout is off meanwhile.
        """
        found = F.arguments.integers(tokens, "tokens")
        if found.ndim not in (1, 2) or not found.size:
            raise ValueError(f"tokens must have shape (T,) or (B, T), both at least 1; got shape {found.shape}")
        check_index_range(found, "tokens", self.vocab_size, "vocab_size")
        n, use_cache = check_int(n, "n", minimum=0), check_bool(use_cache, "use_cache")
        choice = check_generator(rng), temperature, top_k, top_p
        probabilities(np.zeros(1), *choice[1:])  # refuses what it must before anything is computed
        found, is_batch = np.atleast_2d(found), found.ndim == 2
        modes = [(module, module.training) for module in self.modules()]
        self.eval()
        try:
            caches = [KVCache() for _ in self.blocks] if use_cache else None
            for _ in range(n):
                new = sample(self._last_logits(found, caches), *choice)
                found = np.concatenate([found, new[:, None]], 1)
        finally:
            for module, training in modes:
                module.training = training
        return found if is_batch else found[0]

    def _last_logits(self, tokens, caches):
        """Return the logits (B, V) after tokens of which the caches hold all but the last ones."""
        if caches is None or tokens.shape[1] > self.context:
            x = self._hidden(tokens[:, -self.context :])
        else:
            x = self._hidden(tokens[:, caches[0].n_steps :], caches)
        return self._logits(x[:, -1:]).data[:, 0]

    def describe(self):
        return f"vocab_size={self.vocab_size}, context={self.context}"


def _check_heads(n_head, d_model, positions):
    check_int(n_head, "n_head", minimum=1)
    check_int(d_model, "d_model", minimum=1)
    if d_model % n_head:
        raise ValueError(f"n_head must divide d_model; got n_head={n_head}, d_model={d_model}")
    if positions == "rotary" and d_model // n_head % 2:
        raise ValueError(f"d_model / n_head must be even for rotary; got {d_model // n_head}")


def _redraw(block, draw, at_the_end, *, rng, dtype):
    """Draw the matrices of a block; those that end a residual branch are made smaller."""
    ends = block.self_attn.out_proj.weight, block.linear2.weight
    for weight in (block.self_attn.in_proj_weight, block.linear1.weight, *ends):
        weight.data[...] = draw(weight.shape, rng, dtype)
    for weight in ends:
        weight.data *= at_the_end


def gpt_parameters(
    vocab_size, context, n_layer, n_head, d_model, *, positions="learned", norm="layer", tie_weights=True
):  # fmt: skip
    """Return how many numbers a ``GPT`` of these sizes learns; nothing is made.

    With D = d_model and k = 2 numbers a step for a LayerNorm, 1 for an RMSNorm: V D for the tokens, context D for
    learnt positions, 12 D² + (9 + 2 k) D for each block, k D for the last norm, and V D for weights that are not tied.
    The number of heads changes nothing.

    Examples
    --------
    >>> gpt_parameters(50_257, 1024, 12, 12, 768)  # GPT-2 small
    124439808
    """
    v = check_int(vocab_size, "vocab_size", minimum=1)
    t = check_int(context, "context", minimum=1)
    n_layer = check_int(n_layer, "n_layer", minimum=1)
    _check_heads(n_head, d_model, check_choice(positions, "positions", _POSITIONS))
    k = {"layer": 2, "rms": 1}[check_choice(norm, "norm", tuple(_NORMS))]
    d, n_tables = int(d_model), 1 if check_bool(tie_weights, "tie_weights") else 2
    n_positions = t if positions == "learned" else 0
    return (n_tables * v + n_positions + k) * d + n_layer * (12 * d + 9 + 2 * k) * d
