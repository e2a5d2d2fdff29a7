import numpy as np
import pytest

from chainrule.proof import DisagreementError, parity, same

A = np.arange(1.0, 7.0).reshape(2, 3)


def test_same_accepts_equal_and_refuses_different():
    same("twice is twice", lambda x: x + x, lambda x: 2 * x, [(A,), (1.5,)])
    with pytest.raises(DisagreementError, match="case 1"):
        same("square is twice", lambda x: x * x, lambda x: 2 * x, [(2.0,), (3.0,)])
    with pytest.raises(DisagreementError, match="shapes differ"):
        same("a row is a column", lambda x: x, lambda x: x.T, [(A,)])
    with pytest.raises(DisagreementError):
        same("nothing equals NaN", lambda x: x, lambda x: x * np.nan, [(A,)])
    with pytest.raises(ValueError, match="at least one"):
        same("nothing is compared", lambda x: x, lambda x: x, [])


@pytest.mark.parametrize(
    "quantity, error", [("outputs", 2e-10), ("gradients", 2e-8), ("path", 2e-6)]
)
def test_each_quantity_has_its_own_tolerance(quantity, error):
    parity("fine", **{quantity: {"numpy": A, "torch": A + error / 4, "tensorflow": A}})
    with pytest.raises(DisagreementError, match=f"{quantity} of TensorFlow"):
        parity("off", **{quantity: {"numpy": A, "torch": A, "tensorflow": A + error}})


def test_parity_reads_tensors_of_both_frameworks():
    torch, tf = pytest.importorskip("torch"), pytest.importorskip("tensorflow")
    shown = parity(
        "tensors",
        outputs={
            "numpy": A,
            "torch": torch.tensor(A, requires_grad=True),
            "tensorflow": tf.constant(A),
        },
        gradients={
            "numpy": {"W": A},
            "torch": {"W": torch.tensor(A)},
            "tensorflow": {"W": tf.Variable(A)},
        },
        path={
            "numpy": [1.0, 0.5],
            "torch": [torch.tensor(1.0), torch.tensor(0.5)],
            "tensorflow": [1.0, 0.5],
        },
    )
    assert shown.record["quantities"]["path"]["steps"] == 2
    assert "PyTorch" in shown.html and "path of 2 steps" in shown.text


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({}, "give outputs, gradients or path"),
        ({"outputs": {"numpy": A}}, "at least one more framework"),
        ({"outputs": {"torch": A, "tensorflow": A}}, "must map 'numpy'"),
        ({"outputs": {"numpy": A, "jax": A}}, "frameworks are"),
        ({"outputs": {"numpy": 0 * A, "torch": 0 * A}}, "proves nothing"),
        ({"outputs": {"numpy": np.ones(0), "torch": np.ones(0)}}, "proves nothing"),
    ],
)
def test_a_parity_that_proves_nothing_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        parity("empty", **arguments)


def test_parts_of_other_names_or_shapes_disagree():
    with pytest.raises(DisagreementError, match="parts differ"):
        parity("names", gradients={"numpy": {"W": A}, "torch": {"V": A}})
    with pytest.raises(DisagreementError, match="shapes differ"):
        parity("shapes", gradients={"numpy": {"W": A}, "torch": {"W": A.T}})
    with pytest.raises(DisagreementError, match="parts differ"):
        parity("count", gradients={"numpy": [A, A], "torch": [A]})
