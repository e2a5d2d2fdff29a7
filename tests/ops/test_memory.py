"""Memory that is lent again: never while anybody holds an array in it, and always afterwards."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import autograd
from chainrule.nn import functional as F
from chainrule.ops import memory
from chainrule.ops.linalg import LINEAR, LINEAR_RELU
from chainrule.ops.op import Op
from chainrule.tensor_core import apply

SHAPE = (64, 1024)  # 256 kB of float32
FLOAT = np.dtype(np.float32)


def address(array):
    return array.__array_interface__["data"][0]


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    monkeypatch.setattr(memory, "_KEPT", memory._Kept())


@pytest.mark.parametrize(
    "hold",
    [
        lambda a: a,
        lambda a: a[3:],
        lambda a: a.T[::2][1:],
        lambda a: a.ravel().view(np.int32)[5:6],
        lambda a: memoryview(a),
        lambda a: iter(a),
        lambda a: {"deep": [a[0]]},
    ],
)
def test_a_block_is_not_lent_while_anything_of_it_is_held(hold):
    first = memory.empty(SHAPE, FLOAT)
    place, held = address(first), hold(first)
    del first
    assert address(memory.empty(SHAPE, FLOAT)) != place
    del held
    assert place in {address(a) for a in [memory.empty(SHAPE, FLOAT) for _ in range(3)]}


def test_what_nobody_holds_is_lent_again():
    places = set()
    for _ in range(10):
        array = memory.empty(SHAPE, FLOAT)
        places.add(address(array))
        del array
    assert len(places) == 1


def test_two_that_are_held_never_overlap():
    arrays = [memory.empty((1 << k, 997), FLOAT) for k in (6, 6, 7, 7, 8)]
    for i, array in enumerate(arrays):
        array.fill(i)
    assert [int(a.min()) for a in arrays] == [int(a.max()) for a in arrays] == [0, 1, 2, 3, 4]
    assert all(address(a) % 64 == 0 for a in arrays)


def test_zeros_are_zeros_in_used_memory():
    array = memory.empty(SHAPE, FLOAT)
    array.fill(7)
    del array
    assert not memory.zeros(SHAPE, FLOAT).any()


def test_small_arrays_are_left_to_numpy():
    memory.empty((8, 8), FLOAT)
    assert memory._KEPT.blocks == {}


def test_what_is_kept_is_bounded(monkeypatch):
    monkeypatch.setattr(memory, "LIMIT", 3 * (1 << 20))
    held = [memory.empty((1 << 18,), FLOAT) for _ in range(7)]
    for i, array in enumerate(held):
        array.fill(i)
    assert memory._KEPT.n_bytes <= memory.LIMIT
    assert [int(a[0]) for a in held] == list(range(7))


def test_an_array_above_the_limit_is_not_kept(monkeypatch):
    monkeypatch.setattr(memory, "LIMIT", 1 << 20)
    kept = memory.empty(SHAPE, FLOAT)
    large = memory.empty((1 << 19,), FLOAT)
    assert large.base is None and kept.base is not None and memory._KEPT.n_bytes <= memory.LIMIT


def test_a_count_that_is_wrong_would_be_noticed(monkeypatch):
    """The planted error: a held block taken for free."""
    held = memory.empty(SHAPE, FLOAT)
    monkeypatch.setattr(memory, "_FREE", memory._FREE + 1)
    assert address(memory.empty(SHAPE, FLOAT)) == address(held)


def test_alone_is_an_array_whose_block_nobody_else_reads():
    array = memory.empty(SHAPE, FLOAT)
    assert memory.is_alone(array)
    view = array[1:]
    assert not memory.is_alone(array)
    assert not memory.is_alone(view)
    del view
    assert memory.is_alone(array)
    assert memory.is_alone(array.reshape(-1)) is False  # two arrays while it is asked


@pytest.mark.parametrize("make", [np.empty, lambda n, kind: np.empty(n + 9, kind)[:n]])
def test_memory_that_is_not_kept_is_never_called_alone(make):
    block = make(memory.SMALLEST, np.uint8)
    assert not memory.is_alone(block[:64].view(np.float32))
    assert not memory.is_alone(block)


def what_a_second_holder_sees():
    """Sum two gradients of which someone else holds a part; return what stands in those parts then."""
    held = []

    def backward(grad, saved):
        out = memory.empty(SHAPE, FLOAT)
        out.fill(1)
        held.append(out[:1])
        return (out,)

    peek = Op("peek", lambda a: (a + 0, None), backward)
    x = cr.Tensor(np.ones(SHAPE, np.float32), requires_grad=True)
    y = x * 1.0
    a, b = (apply(peek, y) for _ in range(2))
    (a + b).sum().backward()
    np.testing.assert_array_equal(x.grad, np.full(SHAPE, 2))
    return [float(h.max()) for h in held]


def test_a_gradient_that_another_array_looks_at_is_not_written_to(monkeypatch):
    assert what_a_second_holder_sees() == [1, 1]
    monkeypatch.setattr(autograd, "is_alone", lambda array: True)  # the error, planted
    assert what_a_second_holder_sees() != [1, 1]


@pytest.mark.parametrize("op", [LINEAR, LINEAR_RELU])
@pytest.mark.parametrize("width", [8, 64])  # narrower and wider than the input
@pytest.mark.parametrize("rows", [1023, 1024, 3000])
def test_an_affine_layer_of_many_rows_is_the_product(op, width, rows):
    rng = np.random.default_rng(rows + width)
    x, weight, bias = (rng.standard_normal(s) for s in ((rows, 16), (16, width), (width,)))
    sent = rng.standard_normal((rows, width))
    out, saved = op.forward(x, weight, bias)
    plain = x @ weight + bias
    on = np.ones_like(plain) if op is LINEAR else plain > 0
    np.testing.assert_allclose(out, plain * on, atol=1e-12)
    expected = sent * on @ weight.T, x.T @ (sent * on), (sent * on).sum(0)
    places = (None, np.empty_like(weight), None)
    before = sent.copy()
    for place in ((None,) * 3, places):
        for got, want in zip(op.backward(sent, saved, (True,) * 3, place), expected, strict=True):
            np.testing.assert_allclose(got, want, atol=1e-10)
    np.testing.assert_array_equal(sent, before)  # nobody has said that it may be overwritten


def gradients_of_a_network(seed):
    """Return the gradients of a small network of random branches, after a backward and after another."""
    rng = np.random.default_rng(seed)
    leaves = [cr.Tensor(rng.standard_normal((2, 160, 128)).astype(np.float32), requires_grad=True)]

    def weight(*shape):
        leaves.append(
            cr.Tensor((0.1 * rng.standard_normal(shape)).astype(np.float32), requires_grad=True)
        )
        return leaves[-1]

    steps = [
        lambda a, b: F.gelu(F.linear(a, weight(128, 128), weight(128))) + b,
        lambda a, b: F.relu(F.linear(a, weight(128, 128), weight(128))) + a,
        lambda a, b: F.layer_norm(a + b, weight(128), weight(128)),
        lambda a, b: F.rms_norm(a, weight(128)) * b,
        lambda a, b: F.self_attention(F.linear(a, weight(128, 384)), 4, is_causal=True) + b,
    ]
    found = leaves[:1]
    for k in rng.permutation(np.repeat(np.arange(len(steps)), 2)):
        found.append(
            steps[k](*(found[rng.integers(max(0, len(found) - 3), len(found))] for _ in "ab"))
        )
    loss = F.mse_loss(found[-1] + found[-2], np.ones(found[-1].shape, np.float32))
    both = []
    for retain_graph in (True, False):
        loss.backward(retain_graph=retain_graph)
        both.append([np.array(0 if leaf.grad is None else leaf.grad) for leaf in leaves])
        for leaf in leaves:
            leaf.grad = None
    return both


def differ(some, others):
    return any(not np.array_equal(a, b, equal_nan=True) for a, b in zip(some, others, strict=True))


@pytest.mark.parametrize("seed", range(3))
def test_a_network_has_the_same_gradients_in_kept_memory_as_in_memory_of_its_own(seed, monkeypatch):
    first, again = gradients_of_a_network(seed)
    assert memory._KEPT.n_made > 0 and np.isfinite(first[0]).all() and first[0].any()
    with monkeypatch.context() as patch:
        patch.setattr(memory, "SMALLEST", 1 << 60)  # nothing is kept
        plain, _ = gradients_of_a_network(seed)
    assert not differ(first, plain) and not differ(again, plain)
    monkeypatch.setattr(memory, "_KEPT", memory._Kept())
    # the error, planted: held blocks taken for free
    monkeypatch.setattr(memory, "_FREE", memory._FREE + 1)
    with np.errstate(all="ignore"):
        assert differ(gradients_of_a_network(seed)[0], plain)
