"""Initialisers keep their promises about variance, and are reproducible."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import nn
from chainrule.nn import init

N, M = 300, 200
VARIANCES = {
    "glorot_uniform": 2 / (N + M),
    "glorot_normal": 2 / (N + M),
    "he_uniform": 2 / N,
    "he_normal": 2 / N,
    "uniform": 1 / 3,
    "normal": 1.0,
}


@pytest.mark.parametrize("gain", [None, 0.5])
@pytest.mark.parametrize("name, variance", VARIANCES.items())
def test_variance(name, variance, gain):
    options = {} if gain is None else {"gain": gain}
    if gain is not None:
        variance *= gain**2 / (2 if name.startswith("he") else 1)
    w = getattr(init, name)((N, M), np.random.default_rng(0), np.float64, **options)
    # five standard errors; the fourth moment of a normal is 3, the largest here
    assert abs(w.var() / variance - 1) < 5 * math.sqrt(2 / w.size)
    assert abs(w.mean()) < 5 * math.sqrt(variance / w.size)
    if "uniform" in name:
        assert np.abs(w).max() <= math.sqrt(3 * variance)
    else:
        assert np.abs(w).max() > math.sqrt(3 * variance)


@given(n=st.integers(1, 12), m=st.integers(1, 12), seed=st.integers(0, 99))
def test_orthogonal(n, m, seed):
    w = init.orthogonal((n, m), np.random.default_rng(seed), np.float64, gain=3.0)
    product = w @ w.T if n <= m else w.T @ w
    assert_allclose(product, 9 * np.eye(min(n, m)), atol=1e-12)


def test_orthogonal_has_no_preferred_sign():
    signs = [init.orthogonal((1, 1), np.random.default_rng(s)).item() > 0 for s in range(200)]
    assert 60 < sum(signs) < 140


@pytest.mark.parametrize("name", init.INITIALISERS)
def test_one_seed_gives_the_same_weights_in_both_precisions(name):
    wide, narrow = (
        init.INITIALISERS[name]((5, 4), np.random.default_rng(1), dtype)
        for dtype in (np.float64, np.float32)
    )
    assert (wide.dtype, narrow.dtype) == (np.float64, np.float32)
    assert_array_equal(wide.astype(np.float32), narrow)


def test_more_axes_multiply_the_fans():
    assert init.fans((3, 5, 7, 11)) == (105, 165)


@pytest.mark.parametrize("name", init.INITIALISERS)
def test_linear_takes_every_name_and_a_function(name):
    made = nn.Linear(6, 5, rng=np.random.default_rng(2), init=name)
    same = nn.Linear(6, 5, rng=np.random.default_rng(2), init=init.INITIALISERS[name])
    assert_array_equal(made.weight.data, same.weight.data)
    assert_array_equal(made.bias.data, 0)
