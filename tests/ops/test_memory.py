"""Memory that is lent again: never while anybody holds an array in it, and always afterwards."""

import numpy as np
import pytest

import chainrule as cr
from chainrule import autograd
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
    for place in ((None,) * 3, places):
        for got, want in zip(op.backward(sent, saved, (True,) * 3, place), expected, strict=True):
            np.testing.assert_allclose(got, want, atol=1e-10)
    assert got is not sent
