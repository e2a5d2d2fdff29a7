"""Memory that is lent again: never while anybody holds an array in it, and always afterwards."""

import numpy as np
import pytest

from chainrule.ops import memory

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
