"""The gradient check is itself checked: five planted errors on random layers, all refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule import Tensor
from chainrule.proof import GradientError, gradcheck

SHAPES = st.tuples(st.integers(2, 5), st.integers(2, 5), st.integers(0, 99))


def layer(B, n, seed):
    """Return a square layer's loss (mean over the batch), its inputs and its gradients."""
    rng = np.random.default_rng(seed)
    X, T = rng.normal(size=(B, n)), rng.normal(size=(B, n))
    inputs = {"W": rng.normal(size=(n, n)), "b": rng.normal(size=n)}

    def loss(W, b):
        return 0.5 * ((np.tanh(X @ W + b) - T) ** 2).sum() / B

    a = np.tanh(X @ inputs["W"] + inputs["b"])
    delta = (a - T) * (1 - a**2) / B
    return loss, inputs, {"W": X.T @ delta, "b": delta.sum(0)}, B, delta


PLANTED = {
    "0.1 % too large": lambda g, B, delta: {**g, "W": g["W"] * 1.001},
    "one entry 0.1 % off": lambda g, B, delta: {**g, "W": g["W"] + 1e-3 * largest_entry(g["W"])},
    "missing sum over the broadcast axis": lambda g, B, delta: {**g, "b": delta[0]},
    "transposed weight": lambda g, B, delta: {**g, "W": g["W"].T},
    "wrong sign": lambda g, B, delta: {**g, "b": -g["b"]},
    "missing 1/N": lambda g, B, delta: {k: v * B for k, v in g.items()},
    "shape of the batch": lambda g, B, delta: {**g, "b": delta},
    "not a number": lambda g, B, delta: {**g, "b": g["b"] * np.nan},
    "zeros": lambda g, B, delta: {k: 0 * v for k, v in g.items()},
}


def largest_entry(a):
    return np.where(np.abs(a) == np.abs(a).max(), a, 0.0)


@given(SHAPES)
@settings(max_examples=25, deadline=None)
def test_a_right_gradient_passes_with_a_small_error(shape):
    loss, inputs, gradients, *_ = layer(*shape)
    assert gradcheck(loss, inputs, gradients).record["error"] < 1e-7


@pytest.mark.parametrize("slip", PLANTED)
@given(SHAPES)
@settings(max_examples=10, deadline=None)
def test_a_planted_slip_is_refused(slip, shape):
    loss, inputs, gradients, B, delta = layer(*shape)
    with pytest.raises(GradientError, match=r"the gradient of [Wb]"):
        gradcheck(loss, inputs, PLANTED[slip](gradients, B, delta))


def test_the_engine_is_checked_through_its_own_backward():
    rng = np.random.default_rng(0)
    gradcheck(lambda x, w: (x @ w).tanh(), [rng.normal(size=(3, 2)), rng.normal(size=(2, 4))])


def test_an_engine_that_forgets_a_path_is_refused():
    def detached(x):
        return x * x.detach()  # d/dx should be 2x; the second path is cut

    with pytest.raises(GradientError):
        gradcheck(detached, [np.array([1.5, -2.0])])


def test_small_gradients_are_held_to_the_same_standard():
    x = np.array([1.0, 2.0])
    with pytest.raises(GradientError):
        gradcheck(lambda x: 1e-3 * (x**2).sum(), [x], [2e-3 * x * 1.001])


def test_a_kink_is_called_a_kink():
    with pytest.raises(GradientError, match="kink"):
        gradcheck(lambda x: np.abs(x).sum(), [np.zeros(2)], [np.ones(2)])


@pytest.mark.parametrize(
    "inputs, gradients, error, message",
    [
        ([np.ones(2, np.float32)], [np.ones(2)], TypeError, "must be float64; got float32"),
        ([], [], ValueError, "at least one array"),
        ([np.ones(0)], [np.ones(0)], ValueError, "must not be empty"),
        ([np.ones(2)], [np.ones(2), np.ones(2)], ValueError, "got 2 for 1"),
    ],
)
def test_what_cannot_be_checked_is_refused(inputs, gradients, error, message):
    with pytest.raises(error, match=message):
        gradcheck(lambda x: (x**2).sum(), inputs, gradients)


def test_a_function_of_several_numbers_needs_the_engine():
    with pytest.raises(ValueError, match="one number"):
        gradcheck(lambda x: x**2, [np.ones(2)], [np.ones(2)])


def test_inputs_are_left_as_they_were():
    x = np.array([1.0, 2.0])
    gradcheck(lambda t: (t * t).sum(), [x])
    assert x.tolist() == [1.0, 2.0] and isinstance(Tensor(x), Tensor)
