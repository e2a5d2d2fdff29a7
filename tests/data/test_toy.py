"""Toy problems: classes in balance, the noise that was asked for, the shapes they are named after."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import data


def rng(seed=0):
    return np.random.default_rng(seed)


TOYS = {
    "xor": lambda n, noise, rng: data.xor(n, noise=noise, rng=rng),
    "moons": lambda n, noise, rng: data.moons(n, noise=noise, rng=rng),
    "spirals": lambda n, noise, rng: data.spirals(n, n_classes=3, noise=noise, rng=rng),
    "blobs": lambda n, noise, rng: data.blobs(n, n_classes=3, noise=noise, rng=rng),
}


@given(st.sampled_from(sorted(TOYS)), st.integers(4, 60), st.integers(0, 9))
def test_shapes_classes_and_repetition(name, n_samples, seed):
    x, y = TOYS[name](n_samples, 0.1, rng(seed))
    assert x.shape == (n_samples, 2) and x.dtype == np.float64
    assert y.shape == (n_samples,) and y.dtype == np.int64
    counts = np.bincount(y)
    assert np.ptp(counts) <= (2 if name == "xor" else 1)
    again = TOYS[name](n_samples, 0.1, rng(seed))
    assert_array_equal(x, again[0])


@pytest.mark.parametrize("name", sorted(TOYS))
def test_noise_has_the_deviation_asked_for(name):
    """The same stream with and without noise differs by the noise alone."""
    clean, noisy = (TOYS[name](20_000, noise, rng(3))[0] for noise in (0.0, 0.25))
    assert_allclose((noisy - clean).std(axis=0), 0.25, rtol=0.03)
    assert_allclose((noisy - clean).mean(axis=0), 0, atol=0.01)


def test_xor_is_exclusive_or():
    x, y = data.xor(400, noise=0.1, rng=rng())
    assert_array_equal(y, (x[:, 0] > 0.5) != (x[:, 1] > 0.5))


def test_moons_are_half_circles():
    x, y = data.moons(300, noise=0.0, rng=rng())
    assert_allclose(np.hypot(*x[y == 0].T), 1)
    assert_allclose(np.hypot(*(x[y == 1] - [1, 0.5]).T), 1)
    assert (x[y == 0, 1] >= 0).all() and (x[y == 1, 1] <= 0.5).all()


@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_arms_of_a_spiral_are_turned_copies(n_classes):
    x, y = data.spirals(600, n_classes=n_classes, noise=0.0, turns=0.5, rng=rng())
    radius = np.hypot(*x.T)
    assert radius.max() <= 1
    angle = np.arctan2(x[:, 1], x[:, 0]) - 2 * np.pi * (0.5 * radius + y / n_classes)
    assert_allclose(np.cos(angle), 1, atol=1e-9)


def test_blobs_stand_on_a_circle():
    x, y = data.blobs(40, n_classes=4, noise=0.0, rng=rng())
    assert_allclose(np.hypot(*x.T), 2)
    assert len(np.unique(x.round(9), axis=0)) == 4
    assert_allclose(x[y == 1][0], [0, 2], atol=1e-12)
