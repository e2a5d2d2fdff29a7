"""Attention, the Transformer's block, the cache, positions: against PyTorch and Keras, and by the laws they obey."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import chainrule.nn.functional as F
from chainrule import Tensor, nn, no_grad, optim

B, T, S, D, H = 2, 5, 4, 12, 3


def rng(seed=0):
    return np.random.default_rng(seed)


def close(a, b, tolerance=1e-10):
    assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def layer(**options):
    return nn.MultiheadAttention(D, H, rng=rng(1), dtype=np.float64, **options)


def block(**options):
    made = nn.TransformerBlock(D, H, 20, rng=rng(1), dtype=np.float64, **options)
    noise = rng(2)
    made.load_state_dict({k: a + 0.1 * noise.normal(size=a.shape) for k, a in made.state_dict().items()})
    return made


def in_torch(state):
    """Return a state dict under PyTorch's names: matrices are transposed."""
    import torch

    return {k: torch.tensor(np.ascontiguousarray(a.T)) for k, a in state.items()}


def gradients(module):
    return {name: p.grad for name, p in module.named_parameters()}


def x_of(*shape, seed=3):
    return rng(seed).normal(size=shape)


@pytest.mark.frameworks
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("cross", [False, True])
def test_multihead_attention_equals_pytorch(masked, cross):
    import torch

    ours = layer()
    twin = torch.nn.MultiheadAttention(D, H, batch_first=True, dtype=torch.float64)
    twin.load_state_dict(in_torch(ours.state_dict()))
    x, memory = x_of(B, T, D), x_of(B, S, D, seed=4)
    mask = rng(5).random((T, S if cross else T)) < 0.7
    mask[:, 0] = True
    mine, theirs = Tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    key = torch.tensor(memory) if cross else theirs
    out, weights = ours(mine, memory if cross else None, mask=mask if masked else None, need_weights=True)
    forbidden = torch.tensor(~mask) if masked else None  # the opposite of ours
    want, want_weights = twin(theirs, key, key, attn_mask=forbidden, average_attn_weights=False)
    (out * out).sum().backward()
    (want * want).sum().backward()
    close(out.data, want.detach())
    close(weights, want_weights.detach())
    close(mine.grad, theirs.grad)
    for name, p in twin.named_parameters():
        close(gradients(ours)[name], p.grad.numpy().T)


@pytest.mark.frameworks
def test_multihead_attention_equals_keras():
    import keras

    ours = layer()
    x, mask = x_of(B, T, D), np.tri(T, dtype=bool)
    twin = keras.layers.MultiHeadAttention(H, D // H, dtype="float64")
    twin.build((B, T, D), (B, T, D))
    w, b = ours.in_proj_weight.data, ours.in_proj_bias.data
    values = []
    for i in range(3):  # queries, keys, values: (D, heads, D / heads)
        part = slice(i * D, (i + 1) * D)
        values += [w[:, part].reshape(D, H, D // H), b[part].reshape(H, D // H)]
    values += [ours.out_proj.weight.data.reshape(H, D // H, D), ours.out_proj.bias.data]
    names = [v.path.split("/")[-2] for v in twin.weights]
    order = {"query": 0, "key": 2, "value": 4, "attention_output": 6}
    twin.set_weights([values[order[n] + (names[:i].count(n))] for i, n in enumerate(names)])
    want, want_weights = twin(x, x, attention_mask=mask[None], return_attention_scores=True)
    out, weights = ours(x, mask=mask, need_weights=True)
    close(out.data, want)
    close(weights, want_weights)


@pytest.mark.frameworks
@pytest.mark.parametrize("norm_first", [True, False])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_the_block_equals_pytorchs_encoder_layer(norm_first, activation):
    import torch

    ours = block(norm_first=norm_first, activation=activation)
    twin = torch.nn.TransformerEncoderLayer(
        D, H, 20, 0.0, activation, batch_first=True, norm_first=norm_first, dtype=torch.float64
    )
    twin.load_state_dict(in_torch(ours.state_dict()))
    mine, theirs = optim.Adam(ours.parameters(), lr=0.01), torch.optim.Adam(twin.parameters(), lr=0.01)
    x, y = x_of(B, T, D), x_of(B, T, D, seed=4)
    mask = torch.nn.Transformer.generate_square_subsequent_mask(T, dtype=torch.float64)
    for _ in range(100):
        mine.zero_grad()
        theirs.zero_grad()
        loss = F.mse_loss(ours(x, is_causal=True), y)
        want = torch.nn.functional.mse_loss(twin(torch.tensor(x), src_mask=mask), torch.tensor(y))
        loss.backward()
        want.backward()
        mine.step()
        theirs.step()
    close(loss.item(), want.item(), 1e-6)
    for name, p in twin.named_parameters():
        close(ours.state_dict()[name], p.detach().numpy().T, 1e-6)


@pytest.mark.frameworks
@pytest.mark.parametrize("norm_first", [True, False])
def test_the_block_with_cross_attention_equals_pytorchs_decoder_layer(norm_first):
    import torch

    ours = block(norm_first=norm_first, activation="relu", cross_attention=True)
    twin = torch.nn.TransformerDecoderLayer(
        D, H, 20, 0.0, "relu", batch_first=True, norm_first=norm_first, dtype=torch.float64
    )
    twin.load_state_dict(in_torch(ours.state_dict()))
    x, memory = x_of(B, T, D), x_of(B, S, D, seed=4)
    mask = torch.nn.Transformer.generate_square_subsequent_mask(T, dtype=torch.float64)
    inside = np.array([[True] * S, [True, True, False, False]])
    out = ours(x, memory, is_causal=True, memory_mask=inside[:, None, None])
    want = twin(torch.tensor(x), torch.tensor(memory), tgt_mask=mask, memory_key_padding_mask=torch.tensor(~inside))
    close(out.data, want.detach())
    (out * out).sum().backward()
    (want * want).sum().backward()
    for name, p in twin.named_parameters():
        close(gradients(ours)[name], p.grad.numpy().T)


@pytest.mark.frameworks
def test_rms_norm_equals_pytorchs():
    import torch

    ours = nn.RMSNorm(D, 1e-3, dtype=np.float64)
    x = x_of(B, T, D)
    close(ours(x).data, torch.nn.functional.rms_norm(torch.tensor(x), (D,), eps=1e-3))


def test_what_comes_after_changes_nothing_before():
    x = x_of(B, T, D)
    changed = x.copy()
    changed[:, 3:] = x_of(B, T - 3, D, seed=9)
    for made in (block(), block(rotary=True, norm="rms"), block(norm_first=False)):
        before, after = (made(a, is_causal=True).data for a in (x, changed))
        assert (before[:, :3] == after[:, :3]).all()
        assert not np.isclose(before[:, 3:], after[:, 3:]).any(axis=(0, 1)).all()
        assert not np.isclose(made(x).data[:, :3], made(changed).data[:, :3]).all()  # the planted leak


@settings(max_examples=25)
@given(seed=st.integers(0, 99), rotary=st.booleans(), pieces=st.lists(st.integers(1, 4), min_size=1, max_size=5))
def test_the_cache_gives_what_the_whole_gives(seed, rotary, pieces):
    made, n = block(rotary=rotary), sum(pieces)
    x, cache = x_of(B, n, D, seed=seed), nn.KVCache()
    with no_grad():
        whole = made(x, is_causal=True).data
        ends = np.cumsum(pieces)
        parts = [made(x[:, i - m : i], is_causal=True, cache=cache).data for i, m in zip(ends, pieces, strict=True)]
    assert cache.n_steps == n
    close(np.concatenate(parts, 1), whole, 1e-12)


def test_a_query_that_may_look_nowhere_gets_zeros_and_sends_none():
    q, k, v = (Tensor(x_of(T, D, seed=s), requires_grad=True) for s in range(3))
    mask = np.ones((T, T), bool)
    mask[2] = False
    out = F.scaled_dot_product_attention(q, k, v, mask)
    (out * out + out).sum().backward()
    assert (out.data[2] == 0).all() and (q.grad[2] == 0).all()
    assert np.isfinite(k.grad).all() and np.isfinite(v.grad).all() and (out.data[1] != 0).all()
    close(F.attention_weights(q, k, mask).sum(-1), [1, 1, 0, 1, 1])


@pytest.mark.parametrize("strength", [1.0, 1e3, 1e18])
def test_large_scores_neither_overflow_nor_vanish(strength):
    q, k = (np.float32(strength) * x_of(3, 70, 8, seed=s).astype(np.float32) for s in (1, 2))
    v = x_of(3, 70, 8, seed=3).astype(np.float32)
    for is_causal in (False, True):
        out = F.scaled_dot_product_attention(q, k, v, is_causal=is_causal).data
        assert np.isfinite(out).all() and np.abs(out).max() <= np.abs(v).max() * 1.001
        assert (np.abs(out).max(-1) > 0).all()


@pytest.mark.parametrize("score", [25.0, 50.0, 58.0])  # exp of them is from 1e10 to 1e25
def test_large_scores_leave_room_for_large_values_and_small_gradients(score):
    q, k, v = (Tensor(np.full((1, 4, 4), x, np.float32), requires_grad=True) for x in (score / 2, 1, 1e20))
    out = F.scaled_dot_product_attention(q, k, v)
    np.testing.assert_allclose(out.data, 1e20, rtol=1e-5)
    out.backward(np.full(out.shape, 1e-20, np.float32))
    np.testing.assert_allclose(v.grad, 1e-20, rtol=1e-5)


def test_many_queries_in_tiles_are_the_plain_formula():
    q, k, v = (x_of(2, 150, 6, seed=s) for s in range(3))
    scores = q @ k.swapaxes(1, 2) / 6**0.5
    scores[:, ~np.tri(150, dtype=bool)] = -np.inf
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    tensors = [Tensor(a, requires_grad=True) for a in (q, k, v)]
    out = F.scaled_dot_product_attention(*tensors, is_causal=True)
    close(out.data, weights @ v, 1e-12)
    out.sum().backward()
    close(tensors[2].grad, weights.swapaxes(1, 2) @ np.ones_like(v), 1e-12)
    mask = F.causal_mask(150)
    close(F.scaled_dot_product_attention(q, k, v, mask).data, out.data, 1e-12)


def test_rotated_products_depend_on_the_distance_alone():
    q, k = x_of(1, 8), x_of(1, 8, seed=4)
    products = [
        (F.rotary(q, [m]).data * F.rotary(k, [n]).data).sum() for m, n in ((3, 1), (103, 101), (2, 0))
    ]
    close(products, products[0], 1e-12)
    assert abs((F.rotary(q, [3]).data * F.rotary(k, [2]).data).sum() - products[0]) > 1e-3
    close(np.linalg.norm(F.rotary(q, [7]).data), np.linalg.norm(q), 1e-12)


def test_positions_and_slopes():
    table = F.sinusoidal_positions(50, 8, dtype=np.float64)
    close(table[:, 0], np.sin(np.arange(50)), 1e-12)
    close(table[:, 3], np.cos(np.arange(50) / 10), 1e-12)
    close((table[10:] * table[:-10]).sum(-1), (table[10] * table[0]).sum(), 1e-12)
    assert F.alibi_slopes(4).tolist() == [0.25, 0.0625, 0.015625, 0.00390625]
    bias = F.alibi_bias(2, 2, 4, dtype=np.float64)
    close(bias[1], -np.array([[2, 1, 0, 1], [3, 2, 1, 0]]) / 256)


def test_a_block_says_how_large_it_is():
    made = nn.TransformerBlock(768, 12, rng=rng())
    assert made.n_parameters() == 12 * 768**2 + 13 * 768
    assert "768, 12" in repr(made)
