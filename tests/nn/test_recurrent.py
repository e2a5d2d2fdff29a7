"""Laws of recurrent layers: a loop of cells, sequences that end, two directions, starts."""

import math

import numpy as np
import pytest
from nn.recurrent_twins import MAKERS, make
from numpy.testing import assert_allclose, assert_array_equal

import chainrule.nn.functional as F
from chainrule import Tensor, nn, tensor

B, T, D, H = 4, 6, 3, 5
LENGTHS = np.array([6, 1, 4, 3])
CELLS = {
    "tanh": lambda **o: nn.RNNCell(D, H, **o),
    "relu": lambda **o: nn.RNNCell(D, H, "relu", **o),
    "lstm": lambda **o: nn.LSTMCell(D, H, **o),
    "gru": lambda **o: nn.GRUCell(D, H, **o),
    "gru before": lambda **o: nn.GRUCell(D, H, reset_after=False, **o),
}


def draw(*shape, seed=1):
    return np.random.default_rng(seed).normal(size=shape)


def hidden(state):
    """Return h of a state that may be a pair."""
    return state[0] if isinstance(state, tuple) else state


def close(a, b):
    assert_allclose(a, b, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", MAKERS)
def test_a_loop_of_cells_is_the_layer(kind, bias):
    layer = make(kind, D, H, bias=bias)
    cell = CELLS[kind](rng=np.random.default_rng(5), dtype=np.float64, bias=bias)
    cell.load_state_dict({n.removesuffix("_l0"): a for n, a in layer.state_dict().items()})
    x, twin = (Tensor(draw(B, T, D), requires_grad=True) for _ in range(2))
    y, last = layer(x)
    state, found = None, []
    for t in range(T):
        state = cell(twin[:, t], state)
        found.append(hidden(state))
    looped = tensor.stack(found, axis=1)
    close(y.data, looped.data)
    close(hidden(last).data[0], found[-1].data)
    if kind == "lstm":
        close(last[1].data[0], state[1].data)
    for out in (y, looped):
        (out * draw(B, T, H, seed=2)).sum().backward()
    close(x.grad, twin.grad)
    for name, p in cell.named_parameters():
        close(p.grad, getattr(layer, name + "_l0").grad)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("kind", MAKERS)
def test_with_lengths_each_sequence_is_as_if_alone(kind, bidirectional):
    layer = make(kind, D, H, 2, bidirectional=bidirectional)
    x = Tensor(draw(B, T, D), requires_grad=True)
    y, last = layer(x, lengths=LENGTHS)
    for b, n in enumerate(LENGTHS):
        alone, state = layer(x.data[b : b + 1, :n])
        close(y.data[b, :n], alone.data[0])
        assert not y.data[b, n:].any()
        close(hidden(last).data[:, b], hidden(state).data[:, 0])
    (y.sum() + hidden(last).sum()).backward()
    inside = np.arange(T) < LENGTHS[:, None]
    assert not x.grad[~inside].any() and x.grad[inside].all()


@pytest.mark.parametrize("kind", MAKERS)
def test_what_comes_after_the_end_does_not_matter(kind):
    layer, x = make(kind, D, H, bidirectional=True), draw(B, T, D)
    inside = (np.arange(T) < LENGTHS[:, None])[..., None]
    one, other = (layer(np.where(inside, x, pad), lengths=LENGTHS)[0] for pad in (0.0, 1e3))
    assert_array_equal(one.data, other.data)


@pytest.mark.parametrize("kind", MAKERS)
def test_two_halves_are_the_whole(kind):
    layer, x = make(kind, D, H, 2), draw(B, T, D)
    whole, last = layer(x)
    first, state = layer(x[:, :2])
    second, end = layer(x[:, 2:], state)
    close(whole.data, np.concatenate([first.data, second.data], axis=1))
    close(hidden(last).data, hidden(end).data)


@pytest.mark.parametrize("kind", MAKERS)
def test_the_other_direction_is_the_sequence_turned_round(kind):
    both, x = make(kind, D, H, bidirectional=True), draw(B, T, D)
    names = [n for n, _ in both.named_parameters() if n.endswith("_reverse")]
    one = make(kind, D, H)
    one.load_state_dict({n.removesuffix("_reverse"): getattr(both, n).data for n in names})
    y, last = both(x)
    turned, end = one(x[:, ::-1])
    close(y.data[..., H:], turned.data[:, ::-1])
    close(hidden(last).data[1], hidden(end).data[0])


def test_a_sequence_is_one_entry_on_the_tape():
    layer = make("lstm", D, H)
    y, _ = layer(draw(B, 200, D))
    ops = [name for name in tensor.graph(y).ops if name]
    assert ops.count("lstm_sequence") == 1 and len(ops) <= 3


def test_parameters_are_as_one_to_three_to_four():
    one = H * (D + H + 1)
    sizes = {kind: make(kind, D, H).n_parameters() for kind in MAKERS}
    assert sizes == {
        "tanh": one, "relu": one, "lstm": 4 * one, "gru before": 3 * one, "gru": 3 * one + H,
    }  # fmt: skip


@pytest.mark.parametrize("kind", MAKERS)
def test_weights_start_as_pytorchs_and_biases_at_zero(kind):
    layer = MAKERS[kind](30, 64, 2, rng=np.random.default_rng(0))
    for name, p in layer.named_parameters():
        if name.startswith("weight"):
            assert np.abs(p.data).max() <= 1 / 8 < 1.05 * np.abs(p.data).max()
            # five standard errors of the variance of a uniform distribution
            assert abs(p.data.var() * 3 * 64 - 1) < 5 * math.sqrt(0.8 / p.size)
        elif kind != "lstm":
            assert not p.data.any()
    assert hidden(layer(np.zeros((1, 2, 30), np.float32))[1]).shape == (2, 1, 64)


@pytest.mark.parametrize("forget_bias", [1.0, 0.0, -2.5])
def test_the_forget_gates_bias_starts_where_it_is_told(forget_bias):
    rng, options = np.random.default_rng(0), {"forget_bias": forget_bias}
    layer = nn.LSTM(D, H, 2, bidirectional=True, rng=rng, **options)
    expected = np.repeat([0, forget_bias, 0, 0], H)
    for bias in (nn.LSTMCell(D, H, rng=rng, **options).bias, layer.bias_l0, layer.bias_l1_reverse):
        assert_array_equal(bias.data, expected)


@pytest.mark.parametrize("kind", MAKERS)
def test_an_orthogonal_start_is_orthogonal_gate_by_gate(kind):
    layer = MAKERS[kind](
        D,
        H,
        rng=np.random.default_rng(0),
        dtype=np.float64,
        init="zeros",
        recurrent_init="orthogonal",
    )
    for gate in np.split(layer.weight_hh_l0.data, layer.n_gates, axis=1):
        assert_allclose(gate.T @ gate, np.eye(H), atol=1e-12)
    assert not layer.weight_ih_l0.data.any()


def test_dropout_is_between_layers_and_only_in_training():
    layer = nn.RNN(D, H, 2, dropout=0.5, rng=np.random.default_rng(0))
    x = draw(B, T, D).astype("f")
    assert (layer(x)[0].data != layer(x)[0].data).any()
    layer.eval()
    assert_array_equal(layer(x)[0].data, layer(x)[0].data)
    single = nn.RNN(D, H, dropout=0.5, rng=np.random.default_rng(0))
    assert_array_equal(single(x)[0].data, single(x)[0].data)


@pytest.mark.parametrize("kind", MAKERS)
def test_float32_stays_float32_and_meets_float64(kind):
    layer = MAKERS[kind](D, H, 2, rng=np.random.default_rng(0))
    y, last = layer(draw(B, T, D).astype("f"), lengths=LENGTHS)
    assert y.dtype == hidden(last).dtype == np.float32
    y.sum().backward()
    assert all(p.grad.dtype == np.float32 for p in layer.parameters())
    wide, _ = layer(draw(B, T, D), lengths=LENGTHS)
    assert wide.dtype == np.float64
    assert_allclose(wide.data, y.data, atol=1e-5)
    assert layer([[[1, 2, 3]]])[0].dtype == np.float32


@pytest.mark.parametrize("kind", MAKERS)
def test_nothing_overflows(kind):
    layer = make(kind, D, H)
    x = Tensor(1e4 * draw(B, T, D), requires_grad=True)
    with np.errstate(all="raise", under="ignore"):
        y, _ = layer(x)
        y.sum().backward()
    assert np.isfinite(y.data).all() and np.isfinite(x.grad).all()


def test_a_clamped_lstm_keeps_its_cell():
    gates = np.zeros((1, 4 * H))
    gates[0, :H], gates[0, H : 2 * H] = -100, 100  # nothing in, nothing forgotten
    c0 = draw(B, H)
    _, c = F.lstm_sequence(np.ones((50, B, 1)), None, c0, gates, np.zeros((H, 4 * H)))
    assert_allclose(c.data, c0, rtol=1e-15)


def test_an_embedding_is_a_product_with_one_hot_rows():
    layer = nn.Embedding(7, 3, rng=np.random.default_rng(0), dtype=np.float64)
    indices = np.array([[1, 6, 1], [0, 1, 5]])
    out = layer(indices)
    close(out.data, F.one_hot(indices, 7, np.float64).data @ layer.weight.data)
    out.sum().backward()
    assert_array_equal(layer.weight.grad[:, 0], np.bincount(indices.ravel(), minlength=7))
    assert repr(layer) == "Embedding(7, 3)  # 21 parameters"


def test_what_a_layer_says_of_itself():
    rng = np.random.default_rng(0)
    assert repr(nn.RNN(2, 3, rng=rng)) == "RNN(2, 3)  # 18 parameters"
    layer = nn.GRU(2, 3, 2, bidirectional=True, bias=False, dropout=0.1, rng=rng)
    assert "2, 3, num_layers=2, bidirectional=True, bias=False, dropout=0.1" in repr(layer)
    assert repr(nn.LSTMCell(2, 3, bias=False, rng=rng)).startswith("LSTMCell(2, 3, bias=False)")
