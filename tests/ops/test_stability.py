"""Ops where a naive formula overflows, cancels or divides by zero."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from chainrule.ops import OPS
from chainrule.ops.erf import erf

HUGE = np.array([-1e4, -800.0, -40.0, 0.0, 40.0, 800.0, 1e4])


def both(name, *arrays, **options):
    """Return value and gradients for an incoming gradient of ones, refusing any warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        out, saved = OPS[name].forward(*arrays, **options)
        needs = tuple(a.dtype.kind == "f" for a in arrays)
        selected = (needs, (None,) * len(arrays)) if OPS[name].selective else ()
        return out, OPS[name].backward(np.ones(np.shape(out)), saved, *selected)


@pytest.mark.parametrize("name", ["sigmoid", "softplus", "silu", "tanh", "elu", "gelu", "erf"])
def test_activations_are_finite_for_huge_inputs(name):
    out, (grad,) = both(name, HUGE)
    assert np.isfinite(out).all() and np.isfinite(grad).all()


def test_sigmoid_keeps_its_relative_precision_in_the_tail():
    out, _ = both("sigmoid", np.array([-700.0, -40.0]))
    assert_allclose(out, [math.exp(-700), math.exp(-40)], rtol=1e-15)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp"])
@given(shift=st.floats(-1e6, 1e6), seed=st.integers(0, 99))
def test_a_shift_of_all_logits_changes_nothing_or_adds_itself(name, shift, seed):
    x = np.random.default_rng(seed).normal(size=(3, 4))
    plain, shifted = both(name, x, axis=-1)[0], both(name, x + shift, axis=-1)[0]
    assert_allclose(shifted, plain + (shift if name == "logsumexp" else 0), atol=1e-8)


def test_logsumexp_of_nothing_possible_is_minus_infinity():
    out, _ = OPS["logsumexp"].forward(np.full((2, 3), -np.inf), axis=1)
    assert (out == -np.inf).all()


def test_losses_on_logits_are_finite_where_probabilities_round_to_zero():
    logits = np.array([[1000.0, -1000.0], [0.0, 2000.0]])
    loss, (grad, _) = both("softmax_cross_entropy", logits, np.array([1, 0]), reduction="none")
    assert_allclose(loss, [2000.0, 2000.0])
    assert_allclose(grad, [[1, -1], [-1, 1]])
    loss, (grad, _) = both("binary_cross_entropy_with_logits", HUGE, np.ones(7), reduction="none")
    assert_allclose(loss[:2], [1e4, 800]) and np.isfinite(grad).all()


@given(seed=st.integers(0, 999), smoothing=st.sampled_from([0.0, 0.2]))
def test_labels_and_their_one_hot_rows_are_the_same_target(seed, smoothing):
    rng = np.random.default_rng(seed)
    logits, labels = rng.normal(size=(5, 3)), rng.integers(0, 3, 5)
    by_label = both("softmax_cross_entropy", logits, labels, label_smoothing=smoothing)
    by_row = both("softmax_cross_entropy", logits, np.eye(3)[labels], label_smoothing=smoothing)
    assert_allclose(by_label[0], by_row[0], rtol=1e-13)
    assert_allclose(by_label[1][0], by_row[1][0], atol=1e-15)


@pytest.mark.parametrize("n_classes", [64, 65, 200])
def test_cross_entropy_of_many_classes_takes_the_same_maxima(n_classes):
    rng = np.random.default_rng(0)
    logits, labels = rng.normal(size=(7, n_classes)) * 300, rng.integers(0, n_classes, 7)
    loss, _ = both("softmax_cross_entropy", logits, labels, reduction="none")
    expected = OPS["logsumexp"].forward(logits, axis=1)[0] - logits[np.arange(7), labels]
    assert_allclose(loss, expected, rtol=1e-12)


def test_erf_agrees_with_the_c_library():
    x = np.concatenate([np.linspace(-7, 7, 20_001), np.logspace(-300, 2, 999), [0.0, 0.46875, 4.0]])
    expected = np.array([math.erf(v) for v in x])
    assert_allclose(erf(x), expected, rtol=5e-16, atol=1e-300)
    assert_allclose(erf(x.astype("f")), expected, rtol=3e-7, atol=1e-37)
    assert erf(x.astype("f")).dtype == np.float32
    assert np.isnan(erf(np.array(np.nan)))
    assert_allclose(erf(np.array([-np.inf, np.inf])), [-1, 1])


@given(seed=st.integers(0, 999), n=st.integers(0, 40), rows=st.integers(1, 6))
def test_scatter_rows_is_a_sum_over_a_loop(seed, n, rows):
    from chainrule.ops.scatter import scatter_rows

    rng = np.random.default_rng(seed)
    values, indices = rng.normal(size=(n, 3)), rng.integers(-rows, rows, n)
    expected = np.zeros((rows, 3))
    for v, i in zip(values, indices):
        expected[i] += v
    assert_allclose(scatter_rows(values, indices, rows), expected, atol=1e-12)
    place = np.full((rows, 3), np.nan)
    assert scatter_rows(values, indices, rows, place) is place
    assert_allclose(place, expected, atol=1e-12)
