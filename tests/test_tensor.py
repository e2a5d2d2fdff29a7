"""Tensor as an array: it computes what NumPy computes, and looks reproducible."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import Tensor
from chainrule import tensor as ct
from chainrule.tensor import as_tensor

BINARY = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "**": lambda a, b: a**b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}
PARTNERS = {
    "tensor": Tensor,
    "array": lambda b: b,
    "list": lambda b: b.tolist(),
    "number": lambda b: float(b.flat[0]),
    "NumPy scalar": lambda b: np.float64(b.flat[0]),
}


def values(result):
    return result.data if isinstance(result, Tensor) else result


@pytest.mark.parametrize("partner", PARTNERS)
@pytest.mark.parametrize("sign", BINARY)
@given(shapes=hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3))
def test_operators_broadcast_as_numpy_from_either_side(sign, partner, shapes):
    rng = np.random.default_rng(0)
    a, b = (np.asarray(rng.uniform(0.5, 2, size=s)) for s in shapes.input_shapes)
    if partner != "tensor":  # a list or number has its own shape
        b = np.asarray(PARTNERS[partner](b))
    other = PARTNERS[partner](b)
    f = BINARY[sign]
    if partner == "list" and sign in ("<", "<=", ">", ">=", "==", "!="):
        return
    assert_allclose(values(f(Tensor(a), other)), f(a, b), rtol=1e-15)
    assert_allclose(values(f(other, Tensor(a))), f(b, a), rtol=1e-15)


UNARY = {
    "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "tanh": np.tanh, "sin": np.sin, "cos": np.cos,
    "abs": np.abs, "expm1": np.expm1, "log1p": np.log1p,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "relu": lambda x: np.maximum(x, 0),
    "flatten": np.ravel, "squeeze": np.squeeze, "transpose": np.transpose, "flip": np.flip,
    "argmax": np.argmax, "argmin": np.argmin,
}  # fmt: skip


@pytest.mark.parametrize("name", UNARY)
@given(shape=hnp.array_shapes(min_dims=0, max_dims=3, max_side=3))
def test_methods_without_arguments(name, shape):
    x = np.asarray(np.random.default_rng(1).uniform(0.1, 3, size=shape))
    assert_allclose(values(getattr(Tensor(x), name)()), UNARY[name](x), rtol=1e-14)


@pytest.mark.parametrize("name", ["sum", "mean", "max", "min", "prod", "var"])
@given(
    shape=hnp.array_shapes(min_dims=1, max_dims=3, max_side=3),
    keepdims=st.booleans(),
    data=st.data(),
)
def test_reductions(name, shape, keepdims, data):
    x = np.random.default_rng(2).normal(size=shape)
    axis = data.draw(st.sampled_from([None, 0, -1, tuple(range(len(shape)))]))
    found = getattr(Tensor(x), name)(axis, keepdims)
    expected = getattr(np, name)(x, axis=axis, keepdims=keepdims)
    assert found.shape == expected.shape
    assert_allclose(found.data, expected, rtol=1e-13, atol=1e-13)


def test_shape_methods():
    x = np.arange(24.0).reshape(2, 3, 4)
    t = Tensor(x)
    pairs = [
        (t.reshape(4, -1), x.reshape(4, -1)),
        (t.reshape((4, 6)), x.reshape(4, 6)),
        (t.transpose(2, 0, 1), x.transpose(2, 0, 1)),
        (t.transpose((1, 0, -1)), x.transpose(1, 0, -1)),
        (t.T, x.T),
        (t.swapaxes(0, -1), x.swapaxes(0, -1)),
        (t.expand_dims(1), np.expand_dims(x, 1)),
        (t.flatten(1), x.reshape(2, 12)),
        (Tensor(x[0]).broadcast_to((5, 3, 4)), np.broadcast_to(x[0], (5, 3, 4))),
        (t.clip(3, 9), np.clip(x, 3, 9)),
        (t.clip(max=2), np.minimum(x, 2)),
        (ct.pad(t, ((0, 1), (2, 0), (0, 0)), 7), np.pad(x, ((0, 1), (2, 0), (0, 0)), constant_values=7)),
        (ct.pad(t, 1), np.pad(x, 1)),
        (ct.stack([t, t], -1), np.stack([x, x], -1)),
        (ct.concatenate((t, x), 1), np.concatenate([x, x], 1)),
        (ct.where(x > 5, t, 0.0), np.where(x > 5, x, 0)),
        (ct.maximum(t, 4), np.maximum(x, 4)),
        (ct.minimum([1.0, 2, 3, 4], t), np.minimum([1, 2, 3, 4], x)),
        (ct.matmul([[1.0, 2.0]], Tensor([3.0, 4.0])), np.array([11.0])),
        (ct.softmax(t), ct.log_softmax(t).exp().data),
        (ct.logsumexp(t, 0), np.log(np.exp(x).sum(0))),
        (ct.gather(t, np.zeros((2, 3, 1), int)), x[..., :1]),
    ]  # fmt: skip
    for got, want in pairs:
        assert got.shape == want.shape
        assert_allclose(got.data, want, rtol=1e-14)


def test_iteration_and_length():
    t = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    assert len(t) == 2 and [row.data.tolist() for row in t] == [[1, 2], [3, 4]]
    sum(row.sum() for row in t).backward()
    assert_array_equal(t.grad, np.ones((2, 2)))


def test_what_a_tensor_is_made_of():
    assert Tensor([1, 2]).dtype == np.float64
    assert Tensor(3).dtype == np.float64
    assert Tensor(np.array([1, 2])).dtype == np.int64
    assert Tensor([True]).dtype == bool
    assert Tensor([1, 2], dtype=np.float32).dtype == np.float32
    assert Tensor(np.float32(1)).dtype == np.float32
    assert Tensor(Tensor([1.0])).data.tolist() == [1.0]
    assert (Tensor([1.0], dtype="float32") + [1.0]).dtype == np.float32
    assert as_tensor(t := Tensor(1.0)) is t
    assert Tensor([1.5]).astype(np.float32).dtype == np.float32
    assert np.asarray(Tensor([1.0, 2.0])).tolist() == [1, 2]


def test_numbers_and_copies():
    t = Tensor([[2.5]])
    assert t.item() == 2.5 and float(t) == 2.5 and int(t) == 2 and bool(t)
    copy = t.numpy()
    copy[:] = 0
    assert t.item() == 2.5
    assert t.size == 1 and t.ndim == 2 and t.is_leaf


def test_augmented_assignment_makes_a_new_tensor():
    x = Tensor([1.0], requires_grad=True)
    y = x
    y += 1
    assert x.data[0] == 1 and y is not x
    with pytest.raises(TypeError, match="item assignment"):
        x[0] = 3


@pytest.mark.parametrize(
    ("tensor", "text"),
    [
        (Tensor([1.0, 2.0]), "Tensor([1., 2.])"),
        (Tensor(1 / 3, requires_grad=True), "Tensor(0.3333, requires_grad=True)"),
        (Tensor([1.0], dtype="f", name="w"), "Tensor([1.], dtype=float32, name='w')"),
        (Tensor(np.arange(3)), "Tensor([0, 1, 2], dtype=int64)"),
        (Tensor(np.zeros(1000)), "Tensor([0., 0., ..., 0., 0.])"),
    ],
)
def test_repr_is_short_and_reproducible(tensor, text):
    assert repr(tensor) == text


def test_numpy_functions_are_refused_rather_than_unrecorded():
    with pytest.raises(TypeError):
        np.exp(Tensor([1.0], requires_grad=True))
