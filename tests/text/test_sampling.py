"""Sampling: what is kept, in which proportions, and that draws follow them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from chainrule import Tensor
from chainrule.text import probabilities, sample

LOGITS = arrays(float, st.tuples(st.integers(1, 4), st.integers(1, 9)), elements=st.floats(-30, 30))


def rng(seed=0):
    return np.random.default_rng(seed)


def softmax(logits):
    e = np.exp(logits - logits.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


@given(LOGITS, st.floats(0.05, 20))
def test_temperature_divides_the_logits(logits, temperature):
    assert_allclose(probabilities(logits, temperature), softmax(logits / temperature), atol=1e-12)


@given(LOGITS, st.integers(1, 12), st.floats(0.01, 1))
def test_what_is_kept_keeps_its_proportions(logits, top_k, top_p):
    p, whole = probabilities(logits, top_k=top_k, top_p=top_p), softmax(logits)
    assert_allclose(p.sum(-1), 1)
    assert_allclose(p, np.where(p > 0, whole, 0) / np.where(p > 0, whole, 0).sum(-1, keepdims=True), atol=1e-12)


@given(LOGITS, st.integers(1, 12))
def test_the_k_most_probable_are_kept(logits, k):
    for row, p in zip(logits, probabilities(logits, top_k=k), strict=True):
        kept = set(np.flatnonzero(p))
        best = sorted(range(len(row)), key=lambda i: (-row[i], i))[:k]
        assert kept <= set(best) and all(softmax(row)[i] < 1e-300 for i in set(best) - kept)


@given(LOGITS, st.floats(0.01, 0.99))
def test_the_nucleus_is_the_smallest_set_that_holds_top_p(logits, top_p):
    for p, whole in zip(probabilities(logits, top_p=top_p), softmax(logits), strict=True):
        kept = whole[p > 0]
        assert kept.sum() >= top_p - 1e-9 and kept.sum() - kept.min() < top_p + 1e-9
        assert (p == 0).all() or kept.min() >= whole[p == 0].max(initial=0)


def test_of_equal_tokens_the_first_are_kept():
    assert probabilities(np.zeros(4), top_k=2).tolist() == [0.5, 0.5, 0, 0]
    assert probabilities(np.zeros(4), top_p=0.5).tolist() == [0.5, 0.5, 0, 0]


def test_top_k_comes_before_top_p():
    logits = np.log([0.4, 0.3, 0.2, 0.1])
    assert_allclose(probabilities(logits, top_k=2, top_p=0.5), [1, 0, 0, 0])  # of 4/7 and 3/7


def test_a_large_k_and_a_whole_nucleus_change_nothing():
    logits = rng().normal(size=(3, 7)) * 20
    assert_allclose(probabilities(logits, top_k=100, top_p=1.0), softmax(logits), rtol=1e-12)


def test_at_temperature_0_nothing_is_drawn():
    generator = rng(1)
    before = generator.bit_generator.state
    assert sample(np.array([[1.0, 3.0, 3.0], [2.0, 0.0, 1.0]]), generator, 0).tolist() == [1, 0]
    assert generator.bit_generator.state == before


@pytest.mark.parametrize("temperature", [1e-300, 1e-3, 1e300])
def test_extreme_temperatures_give_numbers(temperature):
    p = probabilities(np.array([1000.0, 0.0, -1000.0]), temperature)
    assert_allclose(p, [1 / 3] * 3 if temperature > 1 else [1, 0, 0])


def test_draws_follow_the_probabilities():
    logits, n = np.array([0.0, 1.0, -np.inf, 2.0, -1.0]), 40_000
    counts = np.bincount(sample(np.tile(logits, (n, 1)), rng(), 0.8, top_k=3), minlength=5)
    p = probabilities(logits, 0.8, top_k=3)
    assert counts[2] == counts[4] == 0
    assert (np.abs(counts - n * p) <= 4 * np.sqrt(n * p * (1 - p))).all()


def test_leading_axes_and_types():
    logits = rng().normal(size=(2, 3, 5)).astype(np.float32)
    drawn = sample(Tensor(logits), rng(4))
    assert drawn.shape == (2, 3) and drawn.dtype == np.int64
    assert np.array_equal(drawn.ravel(), sample(logits.reshape(6, 5), rng(4)))
    assert sample(logits[0, 0], rng()).shape == ()
