"""GPT: a twin in PyTorch, the number of parameters, what it may see, and how it writes."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from chainrule import Tensor, nn, no_grad, optim
from chainrule.models import GPT, gpt_parameters
from chainrule.nn import functional as F

V, CONTEXT, LAYERS, H, D = 11, 9, 2, 3, 12
B, T = 2, 7
VARIANTS = [
    {},
    {"positions": "rotary", "norm": "rms", "tie_weights": False},
    {"positions": "none", "tie_weights": False},
    {"positions": "rotary"},
]


def rng(seed=0):
    return np.random.default_rng(seed)


def model_of(dtype=np.float64, **options):
    return GPT(V, CONTEXT, LAYERS, H, D, rng=rng(1), dtype=dtype, init_std=0.3, **options)


def tokens_of(*shape, seed=2):
    return rng(seed).integers(0, V, shape)


def rotated(x):
    """Turn the halves of (B, h, T, D / h) as complex numbers."""
    import torch

    half = x.shape[-1] // 2
    speed = 10_000.0 ** (-torch.arange(half, dtype=x.dtype) / half)
    angle = torch.arange(x.shape[-2], dtype=x.dtype)[:, None] * speed
    z = torch.complex(x[..., :half], x[..., half:]) * torch.polar(torch.ones_like(angle), angle)
    return torch.cat([z.real, z.imag], -1)


def twin_logits(w, tokens, positions="learned", norm="layer", tie_weights=True):
    """Return the logits of a GPT whose parameters are torch tensors by our names, written out."""
    import torch
    import torch.nn.functional as f

    def normed(x, name):
        if norm == "rms":
            return x / (x.pow(2).mean(-1, keepdim=True) + 1e-6).sqrt() * w[f"{name}.weight"]
        return f.layer_norm(x, (D,), w[f"{name}.weight"], w[f"{name}.bias"])

    n_steps = tokens.shape[1]
    x = w["token_embedding.weight"][tokens]
    if positions == "learned":
        x = x + w["position_embedding.weight"][:n_steps]
    future = torch.ones(n_steps, n_steps).triu(1).bool()
    for i in range(LAYERS):
        own = f"blocks.{i}"
        qkv = normed(x, f"{own}.norm1") @ w[f"{own}.self_attn.in_proj_weight"] + w[f"{own}.self_attn.in_proj_bias"]
        q, k, v = (part.unflatten(-1, (H, -1)).transpose(1, 2) for part in qkv.chunk(3, -1))
        if positions == "rotary":
            q, k = rotated(q), rotated(k)
        scores = (q @ k.transpose(-1, -2) / (D // H) ** 0.5).masked_fill(future, -torch.inf)
        seen = (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)
        x = x + seen @ w[f"{own}.self_attn.out_proj.weight"] + w[f"{own}.self_attn.out_proj.bias"]
        hidden = f.gelu(normed(x, f"{own}.norm2") @ w[f"{own}.linear1.weight"] + w[f"{own}.linear1.bias"])
        x = x + hidden @ w[f"{own}.linear2.weight"] + w[f"{own}.linear2.bias"]
    x = normed(x, "norm")
    return x @ (w["token_embedding.weight"].T if tie_weights else w["head.weight"])


@pytest.mark.frameworks
@pytest.mark.parametrize("options", VARIANTS, ids=str)
def test_a_twin_in_pytorch_gives_the_same_logits_gradients_and_path(options):
    import torch

    ours = model_of(**options)
    twin = {k: torch.tensor(a, requires_grad=True) for k, a in ours.state_dict().items()}
    mine, theirs = optim.AdamW(ours.parameters(), lr=0.01), torch.optim.AdamW(twin.values(), lr=0.01)
    for step in range(20):
        tokens = tokens_of(B, T + 1, seed=step)
        logits, want = ours(tokens[:, :-1]), twin_logits(twin, torch.tensor(tokens[:, :-1]), **options)
        loss = F.cross_entropy(logits.reshape(-1, V), tokens[:, 1:].ravel())
        goal = torch.nn.functional.cross_entropy(want.reshape(-1, V), torch.tensor(tokens[:, 1:].ravel()))
        mine.zero_grad()
        theirs.zero_grad()
        loss.backward()
        goal.backward()
        if step == 0:
            assert_allclose(logits.data, want.detach(), rtol=1e-10, atol=1e-10)
            for name, p in ours.named_parameters():
                assert_allclose(p.grad, twin[name].grad, rtol=1e-8, atol=1e-10, err_msg=name)
        mine.step()
        theirs.step()
    assert_allclose(loss.item(), goal.item(), rtol=1e-6)
    for name, array in ours.state_dict().items():
        assert_allclose(array, twin[name].detach(), rtol=1e-6, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("options", [*VARIANTS, {"norm": "rms"}, {"tie_weights": False}], ids=str)
def test_the_formula_counts_what_is_there(options):
    assert model_of(**options).n_parameters() == gpt_parameters(V, CONTEXT, LAYERS, H, D, **options)


def test_gpt_2_small_has_124_439_808_parameters():
    sizes = 50_257, 1024, 12, 12, 768
    assert gpt_parameters(*sizes) == 124_439_808
    one = GPT(2, 3, 1, 12, 768, rng=rng())  # one block of its size, the tables by their shapes
    tables = (50_257 + 1024) * one.token_embedding.weight.shape[1]
    assert tables + 12 * one.blocks[0].n_parameters() + one.norm.n_parameters() == 124_439_808


@pytest.mark.parametrize("options", VARIANTS, ids=str)
def test_no_logit_changes_with_a_later_token(options):
    model, tokens = model_of(**options), tokens_of(B, T)
    other = tokens.copy()
    other[:, 4:] = (other[:, 4:] + 1) % V
    a, b = model(tokens).data, model(other).data
    assert np.array_equal(a[:, :4], b[:, :4]) and not np.allclose(a[:, 4:], b[:, 4:])


@pytest.mark.parametrize("options", VARIANTS, ids=str)
@pytest.mark.parametrize("pieces", [[1] * T, [3, 1, 3], [T]], ids=str)
def test_with_caches_the_logits_are_those_of_the_whole(options, pieces):
    model, tokens, start = model_of(**options), tokens_of(B, T), 0
    whole, caches = model(tokens).data, [nn.KVCache() for _ in model.blocks]
    with no_grad():
        for n in pieces:
            part = model(tokens[:, start : start + n], caches).data
            assert_allclose(part, whole[:, start : start + n], rtol=1e-12, atol=1e-12)
            start += n


@pytest.mark.parametrize("options", VARIANTS, ids=str)
@pytest.mark.parametrize("n", [0, 1, 5, 14])
def test_a_cache_changes_nothing_about_what_is_written(options, n):
    """With 14 the text outgrows the context."""
    model, prompt = model_of(**options), tokens_of(B, 3)
    with_cache, without = (model.generate(prompt, n, rng(5), 0.9, 6, use_cache=use) for use in (True, False))
    assert np.array_equal(with_cache, without)
    assert with_cache.shape == (B, 3 + n) and np.array_equal(with_cache[:, :3], prompt)


def test_greedy_text_is_the_argmax_of_the_last_context_tokens():
    model = model_of()
    text = model.generate([1, 2], 12, rng(), temperature=0)
    for end in range(2, len(text)):
        window = text[max(0, end - CONTEXT) : end]
        assert text[end] == model(window[None]).data[0, -1].argmax()


def test_writing_leaves_modes_and_gradients_and_drops_nothing():
    model = model_of(dropout=0.5)
    model.blocks[0].eval()
    modes = [module.training for module in model.modules()]
    first, second = (model.generate([1, 2], 6, rng(7)) for _ in range(2))
    assert np.array_equal(first, second) and first.shape == (8,)
    assert [module.training for module in model.modules()] == modes
    assert all(p.grad is None for p in model.parameters())


def test_dropout_drops_while_training():
    model, tokens = model_of(dropout=0.5), tokens_of(B, T)
    assert not np.allclose(model(tokens).data, model(tokens).data)
    model.eval()
    assert np.array_equal(model(tokens).data, model(tokens).data)


def test_without_positions_the_order_of_the_past_is_lost_to_one_block():
    model = GPT(V, CONTEXT, 1, H, D, positions="none", rng=rng(), dtype=np.float64)
    a, b = (model(np.array([past])).data[0, -1] for past in ([3, 1, 4, 5], [4, 3, 1, 5]))
    assert_allclose(a, b, atol=1e-12)


@pytest.mark.parametrize("positions", ["rotary", "none"])
def test_beyond_the_context_only_learnt_positions_end(positions):
    assert model_of(positions=positions)(tokens_of(1, CONTEXT + 3)).shape == (1, CONTEXT + 3, V)


def test_weights_begin_as_in_gpt_2():
    model = GPT(400, 50, 8, 4, 64, rng=rng(), tie_weights=False)
    for name, p in model.named_parameters():
        if p.ndim == 2:
            is_end = name.endswith(("out_proj.weight", "linear2.weight"))
            assert_allclose(p.data.std(), 0.02 / 4 if is_end else 0.02, rtol=0.05, err_msg=name)
        else:
            assert (p.data == ("norm" in name and name.endswith("weight"))).all()


def test_it_learns_to_count():
    model = GPT(5, 8, 1, 2, 16, rng=rng(3))
    optimizer = optim.AdamW(model.parameters(), lr=0.01)
    for step in range(80):
        tokens = (rng(step).integers(0, 5, (16, 1)) + np.arange(9)) % 5
        loss = F.cross_entropy(model(Tensor(tokens[:, :-1])).reshape(-1, 5), tokens[:, 1:].ravel())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.05
    assert model.generate([2, 3], 6, rng(), temperature=0).tolist() == [2, 3, 4, 0, 1, 2, 3, 4]
