"""Every op on plain arrays: its backward against central differences, and what ops promise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from ops.cases import CASES

from chainrule import ops
from chainrule.autograd import unbroadcast
from chainrule.ops import OPS, Op

NAMES = sorted(OPS)
STEP = 1e-6


def analytic(op, arrays, options, grad):
    """Return the op's gradients, summed to the inputs' shapes; None for inputs without one."""
    _, saved = op.forward(*arrays, **options)
    gradients = op.backward(grad, saved, *selection(op, arrays))
    return [
        None if a.dtype.kind != "f" else unbroadcast(np.asarray(g), a.shape)
        for a, g in zip(arrays, gradients)
    ]


def selection(op, arrays):
    needs = tuple(a.dtype.kind == "f" for a in arrays)
    return (needs, (None,) * len(arrays)) if op.selective else ()


def central(op, arrays, options, grad):
    """Return the gradients of sum(grad * out) by central differences, element by element."""
    found = []
    for i, a in enumerate(arrays):
        if a.dtype.kind != "f":
            found.append(None)
            continue
        slope = np.zeros(a.shape)
        for at in np.ndindex(a.shape):
            sides = []
            for sign in (1, -1):
                moved = [x.copy() for x in arrays]
                moved[i][at] += sign * STEP
                sides.append((grad * op.forward(*moved, **options)[0]).sum())
            slope[at] = (sides[0] - sides[1]) / (2 * STEP)
        found.append(slope)
    return found


def assert_derivative(op, arrays, options, seed=0):
    out, _ = op.forward(*arrays, **options)
    grad = np.asarray(np.random.default_rng(seed).normal(size=np.shape(out)))
    expected = central(op, arrays, options, grad)
    for got, want in zip(analytic(op, arrays, options, grad), expected):
        if want is not None:
            assert_allclose(got, want, rtol=2e-5, atol=2e-7)


def test_every_op_has_a_case():
    assert set(CASES) == set(OPS)


def test_the_table_of_ops_is_complete():
    defined = {
        value for family in ops.FAMILIES for value in vars(family).values() if isinstance(value, Op)
    }
    assert {id(op) for op in defined} == {id(op) for op in OPS.values()}
    assert all(OPS[name].name == name for name in OPS)
    assert sum(len(family.FAMILY) for family in ops.FAMILIES) == len(OPS)  # no name twice


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=15)
@given(data=st.data())
def test_backward_is_the_derivative_of_forward(name, data):
    arrays, options = data.draw(CASES[name])
    assert_derivative(OPS[name], arrays, options)


def planted(op, change):
    """Return the op with its gradients changed."""

    def backward(grad, saved, *selected):
        return change(op.backward(grad, saved, *selected))

    return Op(op.name, op.forward, backward, op.selective)


PLANTS = {
    "a thousandth": lambda gs: tuple(None if g is None else 1.001 * g for g in gs),
    "wrong sign": lambda gs: tuple(None if g is None else -g for g in gs),
    "zero": lambda gs: tuple(None if g is None else 0 * g for g in gs),
}


@pytest.mark.parametrize("plant", PLANTS)
@pytest.mark.parametrize("name", NAMES)
def test_the_check_catches_planted_errors(name, plant):
    op, caught = planted(OPS[name], PLANTS[plant]), []

    @settings(max_examples=10, database=None)
    @given(CASES[name])
    def try_it(drawn):
        try:
            assert_derivative(op, *drawn)
        except AssertionError:
            caught.append(True)

    try_it()
    assert caught


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=10)
@given(data=st.data())
def test_ops_only_read_what_they_are_given(name, data):
    arrays, options = data.draw(CASES[name])
    op = OPS[name]
    for a in arrays:
        a.setflags(write=False)
    out, saved = op.forward(*arrays, **options)
    grad = np.ones(np.shape(out))
    grad.setflags(write=False)  # a write would raise
    first = op.backward(grad, saved, *selection(op, arrays))
    again = op.backward(grad, saved, *selection(op, arrays))
    for a, b in zip(first, again):
        assert (a is None) == (b is None)
        if a is not None:
            assert_allclose(a, b, rtol=0, atol=0)


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"astype"}))
@settings(max_examples=10)
@given(data=st.data())
def test_float32_stays_float32(name, data):
    arrays, options = data.draw(CASES[name])
    if name == "batch_norm_eval":  # the layer keeps its averages in its own dtype
        options = {k: v.astype("f") if k != "eps" else v for k, v in options.items()}
    arrays = [a.astype("f") if a.dtype.kind == "f" else a for a in arrays]
    op = OPS[name]
    out, saved = op.forward(*arrays, **options)
    assert out.dtype == np.float32
    grad = np.ones(np.shape(out), "f")
    for g in op.backward(grad, saved, *selection(op, arrays)):
        assert g is None or g.dtype == np.float32


@pytest.mark.parametrize("name", sorted(n for n in NAMES if OPS[n].selective))
@settings(max_examples=10)
@given(data=st.data())
def test_a_selective_op_writes_where_it_is_told_or_not_at_all(name, data):
    arrays, options = data.draw(CASES[name])
    op = OPS[name]
    out, saved = op.forward(*arrays, **options)
    grad = np.ones(np.shape(out))
    expected = op.backward(grad, saved, *selection(op, arrays))
    found = [id(g) for g in expected if g is not None]
    assert len(set(found)) == len(found)  # no array is the gradient of two inputs
    for i, a in enumerate(arrays):
        if a.dtype.kind != "f" or np.shape(expected[i]) != a.shape:
            continue
        only = tuple(j == i for j in range(len(arrays)))
        place = np.full(a.shape, np.nan)
        places = tuple(place if j == i else None for j in range(len(arrays)))
        got = op.backward(grad, saved, only, places)[i]
        assert_allclose(got, expected[i], rtol=1e-14, atol=1e-14)
        assert got is place or np.isnan(place).all()
