"""Every op, recorded and differentiated by the engine, against PyTorch and TensorFlow."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from ops.cases import CASES
from parity.frameworks import CALLS, FRAMEWORKS

from chainrule import Tensor
from chainrule.ops import FAMILIES, OPS, Op
from chainrule.tensor import apply

pytestmark = pytest.mark.frameworks
NAMES = sorted(OPS)


def run_engine(op, arrays, options, grad):
    tensors = [Tensor(a, requires_grad=a.dtype.kind == "f") for a in arrays]
    out = apply(op, *tensors, **options)
    out.backward(grad)
    return out.data, [t.grad for t in tensors]


def assert_parity(op, arrays, options, framework):
    column, run = FRAMEWORKS[framework]
    shape = np.shape(op.forward(*arrays, **options)[0])
    grad = np.asarray(np.random.default_rng(1).normal(size=shape))
    value, gradients = run_engine(op, arrays, options, grad)
    expected, slopes = run(CALLS[op.name][column], arrays, options, grad)
    assert value.shape == expected.shape
    assert_allclose(value, expected, rtol=1e-10, atol=1e-10)
    for a, got, want in zip(arrays, gradients, slopes):
        if a.dtype.kind != "f":
            assert got is None
        else:  # a framework says None where the answer does not depend on the input
            want = np.zeros_like(a) if want is None else want
            assert_allclose(got, want, rtol=1e-10, atol=1e-10)


def test_the_table_is_complete():
    assert set(CALLS) == set(OPS), "every op needs its call in PyTorch and in TensorFlow"


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=15)
@given(data=st.data())
def test_value_and_gradients_agree(name, framework, data):
    arrays, options = data.draw(CASES[name])
    assert_parity(OPS[name], arrays, options, framework)


def wrong_value(op):
    def forward(*arrays, **options):
        out, saved = op.forward(*arrays, **options)
        return out + 1e-6, saved

    return Op(op.name, forward, op.backward, op.selective)


def wrong_gradient(op):
    def backward(*args):
        return tuple(None if g is None else g * (1 + 1e-6) for g in op.backward(*args))

    return Op(op.name, op.forward, backward, op.selective)


def forgets_to_accumulate(op):
    """Backward of an indexing op that assigns where it must add."""

    def backward(grad, saved, *selected):
        (shape, index) = saved
        out = np.zeros(shape)
        out[index] = grad
        return (out,)

    return Op(op.name, op.forward, backward)


PLANTED = [
    (plant, family.FAMILY[0].name, framework)
    for plant in (wrong_value, wrong_gradient)
    for family in FAMILIES
    for framework in FRAMEWORKS
] + [(forgets_to_accumulate, "getitem", framework) for framework in FRAMEWORKS]


@pytest.mark.parametrize(("plant", "name", "framework"), PLANTED)
def test_a_planted_error_in_each_family_is_caught(plant, name, framework):
    op, caught = plant(OPS[name]), []

    @settings(max_examples=40, database=None)
    @given(CASES[name])
    def try_it(drawn):
        try:
            assert_parity(op, *drawn, framework)
        except AssertionError:
            caught.append(True)

    try_it()
    assert caught


TIES = np.array([[1.0, 1.0, 0.0], [2.0, 2.0, 2.0]])


@pytest.mark.parametrize(
    ("name", "arrays", "options"),
    [
        ("relu", [np.array([-1.0, 0.0, 0.0, 2.0])], {}),
        ("abs", [np.array([-1.0, 0.0, 2.0])], {}),
        ("leaky_relu", [np.array([-1.0, 0.0, 2.0])], {"negative_slope": 0.1}),
        ("elu", [np.array([-1.0, 0.0, 2.0])], {"alpha": 0.3}),
        ("max", [TIES], {"axis": 1, "keepdims": False}),
        ("min", [TIES], {"axis": 0, "keepdims": True}),
        ("max", [TIES], {"axis": None, "keepdims": False}),
        ("maximum", [TIES, TIES[::-1].copy()], {}),
        ("minimum", [TIES, TIES.copy()], {}),
        ("clip", [np.array([-1.0, -0.5, 0.0, 0.5, 1.0])], {"low": -0.5, "high": 0.5}),
        ("pow", [np.array([0.0, 0.0, 2.0]), np.array([0.0, 2.0, 0.0])], {}),
        ("prod", [np.array([0.0, 2.0, 3.0])], {"axis": None, "keepdims": False}),
        ("prod", [np.array([0.0, 2.0, 0.0])], {"axis": 0, "keepdims": False}),
        ("huber", [np.array([1.0, -1.0, 0.0]), np.zeros(3)], {"delta": 1.0, "reduction": "none"}),
    ],
)
def test_kinks_and_ties_follow_torch(name, arrays, options):
    assert_parity(OPS[name], arrays, options, "torch")
