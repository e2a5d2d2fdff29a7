"""Bad input to Tensor and its functions: each refused in words, and nothing changed."""

import numpy as np
import pytest

from chainrule import Tensor
from chainrule import tensor as ct
from chainrule.ops import OPS


def t():
    return Tensor(np.arange(6.0).reshape(2, 3), requires_grad=True)


BAD = [
    (TypeError, "data must hold", lambda x: Tensor("abc")),
    (TypeError, "data must hold", lambda x: Tensor(None)),
    (TypeError, "data must hold", lambda x: Tensor([1j])),
    (TypeError, "data must hold", lambda x: Tensor({"a": 1})),
    (TypeError, "data must hold", lambda x: Tensor(np.zeros(2, np.float16))),
    (TypeError, "data must hold", lambda x: Tensor(np.array(["2020"], "datetime64"))),
    (ValueError, "regular array", lambda x: Tensor([[1.0], [1.0, 2.0]])),
    (TypeError, "dtype must be", lambda x: Tensor([1.0], dtype="complex128")),
    (TypeError, "dtype must be", lambda x: Tensor([1.0], dtype="nonsense")),
    (TypeError, "requires_grad must be True or False", lambda x: Tensor([1.0], requires_grad=1)),
    (TypeError, "floating-point", lambda x: Tensor(np.arange(3), requires_grad=True)),
    (TypeError, "floating-point", lambda x: Tensor([True], requires_grad=True)),
    (TypeError, "dtype must be", lambda x: x.astype("complex64")),
    (ValueError, r"add got shapes \(2, 3\), \(2,\)", lambda x: x + np.ones(2)),
    (ValueError, r"mul got shapes \(4,\), \(2, 3\)", lambda x: [1, 2, 3, 4] * x),
    (TypeError, "add takes .* got str", lambda x: x + "1"),
    (TypeError, "sub takes .* got NoneType", lambda x: None - x),
    (TypeError, "div takes .* got dict", lambda x: x / {}),
    (TypeError, "data must hold", lambda x: x * np.array([1j])),
    (ValueError, r"matmul got shapes \(2, 3\), \(2, 3\)", lambda x: x @ x),
    (ValueError, "matmul got", lambda x: x @ 2.0),
    (ValueError, "matmul got", lambda x: ct.matmul(Tensor(1.0), x)),
    (ValueError, "reshape got", lambda x: x.reshape(4)),
    (ValueError, "reshape got", lambda x: x.reshape(-1, -1)),
    (TypeError, "shape must be integers", lambda x: x.reshape(2.0, 3)),
    (TypeError, "shape must be integers", lambda x: x.reshape("6")),
    (ValueError, "transpose got", lambda x: x.transpose(0)),
    (ValueError, "transpose got", lambda x: x.transpose(0, 0)),
    (ValueError, "transpose got", lambda x: x.transpose(0, 5)),
    (TypeError, "axes must be integers", lambda x: x.transpose("ab")),
    (ValueError, "axis must be at most 1", lambda x: x.swapaxes(0, 2)),
    (TypeError, "axis must be an integer", lambda x: x.swapaxes(0.0, 1)),
    (ValueError, "squeeze got", lambda x: x.squeeze(0)),
    (ValueError, "expand_dims got", lambda x: x.expand_dims(7)),
    (ValueError, "broadcast_to got", lambda x: x.broadcast_to((3, 2))),
    (ValueError, "flip got", lambda x: x.flip(2)),
    (ValueError, "start_axis must be at most", lambda x: x.flatten(2)),
    (ValueError, "sum got .* axis 2", lambda x: x.sum(2)),
    (TypeError, "axis must be", lambda x: x.sum("a")),
    (ValueError, "duplicate", lambda x: x.sum((0, 0))),
    (ValueError, "axis 5", lambda x: x.mean(axis=5)),
    (ValueError, "axis -3", lambda x: x.var(axis=-3)),
    (ValueError, "more than ddof=2", lambda x: x.var(axis=0, ddof=2)),
    (ValueError, "ddof must be at least 0", lambda x: x.var(ddof=-1)),
    (TypeError, "ddof must be an integer", lambda x: x.var(ddof=0.5)),
    (ValueError, "must not be empty", lambda x: x[:0].mean()),
    (ValueError, "must not be empty", lambda x: x[:0].max()),
    (ValueError, "must not be empty", lambda x: x[:, :0].min(1)),
    (ValueError, "must not be empty", lambda x: x[:0].softmax()),
    (ValueError, "must not be empty", lambda x: x[:0].log_softmax()),
    (ValueError, "must not be empty", lambda x: x[:0].logsumexp()),
    (ValueError, "softmax got", lambda x: x.softmax(4)),
    (ValueError, "clip needs", lambda x: x.clip()),
    (ValueError, "min must not exceed", lambda x: x.clip(2, 1)),
    (ValueError, "max must be finite", lambda x: x.clip(max=float("nan"))),
    (TypeError, "min must be a number", lambda x: x.clip("0")),
    (TypeError, "an index must", lambda x: x["a"]),
    (TypeError, "an index must", lambda x: x[0.5]),
    (TypeError, "an index must hold", lambda x: x[[0.5]]),
    (TypeError, "an index must hold", lambda x: x[Tensor([0.5])]),
    (IndexError, "out of bounds", lambda x: x[2]),
    (IndexError, "boolean index", lambda x: x[np.array([True, False, True])]),
    (ValueError, "single element", lambda x: x.item()),
    (ValueError, "one element has a truth value", lambda x: bool(x)),
    (TypeError, "no length", lambda x: len(Tensor(1.0))),
    (TypeError, "iterated", lambda x: list(Tensor(1.0))),
    (ValueError, "tensors must not be empty", lambda x: ct.stack([])),
    (ValueError, "tensors must not be empty", lambda x: ct.concatenate([])),
    (TypeError, "tensors must be a list", lambda x: ct.stack(x)),
    (ValueError, "stack got", lambda x: ct.stack([x, x.T])),
    (ValueError, "concatenate got", lambda x: ct.concatenate([x, x.T])),
    (ValueError, "concatenate got", lambda x: ct.concatenate([x, Tensor([1.0])])),
    (ValueError, "at least 1 axis", lambda x: ct.concatenate([Tensor(1.0)])),
    (ValueError, "axis must be at most", lambda x: ct.concatenate([x], 2)),
    (TypeError, "axis must be an integer", lambda x: ct.stack([x], None)),
    (TypeError, "pad_width must hold integers", lambda x: ct.pad(x, 1.5)),
    (ValueError, "pad_width must not be negative", lambda x: ct.pad(x, -1)),
    (ValueError, "pad got", lambda x: ct.pad(x, ((1, 1), (1, 1), (1, 1)))),
    (TypeError, "condition must hold bools", lambda x: ct.where(x, x, x)),
    (ValueError, "where got", lambda x: ct.where([True, False], x, x)),
    (ValueError, r"indices must have shape \(2, any\)", lambda x: ct.gather(x, np.zeros(2, int))),
    (TypeError, "indices must hold integers", lambda x: ct.gather(x, np.zeros((2, 1)))),
    (ValueError, r"\[0, length\) with length=3", lambda x: ct.gather(x, np.full((2, 1), 3))),
    (ValueError, "values from -1", lambda x: ct.gather(x, np.full((2, 1), -1))),
    (
        ValueError,
        r"indices must have shape \(2, any\)",
        lambda x: ct.gather(x, np.zeros((5, 1), int)),
    ),
    (ValueError, "axis must be at most", lambda x: ct.gather(x, np.zeros((2, 1), int), 2)),
    (
        ValueError,
        r"shape \(2, any\); got shape \(1, 1\)",
        lambda x: ct.gather(x, np.zeros((1, 1), int)),
    ),
    (ValueError, "x must have at least 1 axis", lambda x: ct.gather(1.0, np.zeros((), int))),
    (TypeError, "retain_graph must be", lambda x: x.sum().backward(retain_graph="yes")),
    (TypeError, "data must hold", lambda x: x.backward("ones")),
    (ValueError, "linear got", lambda x: ct.apply(OPS["linear"], x, np.ones((2, 2)))),
    (TypeError, "exp got", lambda x: ct.apply(OPS["exp"], x, x)),
    (TypeError, "relu got", lambda x: ct.apply(OPS["relu"], x, slope=3)),
]


@pytest.mark.parametrize(("error", "message", "call"), BAD, ids=range(len(BAD)))
def test_bad_input_is_refused_and_changes_nothing(error, message, call):
    x = t()
    before = x.data.copy()
    with pytest.raises(error, match=message):
        call(x)
    assert (x.data == before).all() and x.grad is None and x.is_leaf
    (x * 2).sum().backward()  # and the engine still records
    assert (x.grad == 2).all()
