"""Laws of minibatches, standard scales, one-hot rows and stratified splits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import data
from chainrule.data.split import split_sizes, stratified

sizes = st.integers(1, 60)


@given(sizes, sizes, st.one_of(st.none(), st.integers(0, 9)))
def test_every_sample_comes_exactly_once(n_samples, batch_size, seed):
    x, y = np.arange(n_samples), -np.arange(n_samples)
    rng = None if seed is None else np.random.default_rng(seed)
    pairs = list(data.batches(x, y, batch_size, rng))
    assert all(len(a) == len(b) for a, b in pairs)
    assert all(len(a) == batch_size for a, _ in pairs[:-1])
    assert_array_equal(np.sort(np.concatenate([a for a, _ in pairs])), x)
    assert_array_equal(np.concatenate([a for a, _ in pairs]), -np.concatenate([b for _, b in pairs]))


@given(sizes, st.data(), st.integers(0, 9))
def test_drop_last_leaves_out_the_remainder_only(n_samples, drawn, seed):
    batch_size = drawn.draw(st.integers(1, n_samples))
    x = np.arange(n_samples)
    pairs = list(data.batches(x, x, batch_size, np.random.default_rng(seed), drop_last=True))
    assert len(pairs) == n_samples // batch_size
    assert all(len(a) == batch_size for a, _ in pairs)
    assert len(np.unique(np.concatenate([a for a, _ in pairs]))) == len(pairs) * batch_size


def test_the_order_is_that_of_the_generator():
    x = np.arange(100)
    first, again, other = (np.concatenate([a for a, _ in data.batches(x, x, 7, rng)])
                           for rng in map(np.random.default_rng, (0, 0, 1)))
    assert_array_equal(first, again)
    assert (first != other).any() and (first != x).any()
    assert_array_equal(np.concatenate([a for a, _ in data.batches(x, x, 7)]), x)


def test_a_batch_is_a_copy():
    x = np.arange(6.0)
    batch, _ = next(data.batches(x, x, 3))
    batch[:] = -1
    assert_array_equal(x, np.arange(6.0))


def test_bad_arguments_are_refused_at_once_not_at_the_first_batch():
    with pytest.raises(ValueError, match="batch_size"):
        data.batches(np.zeros(3), np.zeros(3), 0)


@given(st.integers(2, 30), st.integers(1, 5), st.floats(-50, 50), st.floats(0.1, 50),
       st.integers(0, 99))
def test_standardize_ignores_shift_and_scale(n_samples, n_features, shift, scale, seed):
    x = np.random.default_rng(seed).normal(size=(n_samples, n_features))
    found = data.standardize(x)
    assert_allclose(found.mean(axis=0), 0, atol=1e-9)
    assert_allclose(found.std(axis=0), 1, atol=1e-9)
    assert_allclose(data.standardize(scale * x + shift), found, atol=1e-6)


@given(st.integers(0, 99))
def test_standardize_learns_from_the_training_part_alone(seed):
    rng = np.random.default_rng(seed)
    train, test, other = (rng.normal(k, k + 1, size=(9, 3)) for k in range(3))
    first = data.standardize(train, test)
    second = data.standardize(train, np.concatenate([test, other]))
    assert_array_equal(first[0], second[0])
    assert_array_equal(first[1], second[1][:9])
    assert_allclose(first[1] * train.std(axis=0) + train.mean(axis=0), test, atol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_constant_feature_becomes_zero_whatever_its_size(dtype):
    x = np.full((7, 3), 0.1, dtype) * np.array([1, 1e30, 0], dtype)
    found = data.standardize(x)
    assert found.dtype == dtype
    assert_array_equal(found, np.zeros((7, 3)))


@given(st.lists(st.integers(0, 8), min_size=1, max_size=30), st.integers(0, 4))
def test_one_hot_rows_hold_one_one(labels, more):
    rows = data.one_hot(labels, max(labels) + 1 + more)
    assert rows.dtype == np.float32 and rows.shape == (len(labels), max(labels) + 1 + more)
    assert_array_equal(rows.sum(axis=1), 1)
    assert_array_equal(rows.argmax(axis=1), labels)
    assert_array_equal(np.unique(rows), np.unique([0, 1] if rows.shape[1] > 1 else [1]))


@given(st.lists(st.integers(1, 40), min_size=1, max_size=6), st.data(), st.integers(0, 99))
def test_every_class_keeps_its_share(counts, drawn, seed):
    y = np.repeat(np.arange(len(counts)), counts)
    n_test = drawn.draw(st.integers(0, len(y)))
    n_train = drawn.draw(st.integers(0, len(y) - n_test))
    train, test = stratified(y, (n_train, n_test), np.random.default_rng(seed))
    assert len(train) == n_train and len(test) == n_test
    assert len(np.unique(np.concatenate([train, test]))) == n_train + n_test
    for part in (train, test):
        share = np.array(counts) * len(part) / len(y)
        assert (np.abs(np.bincount(y[part], minlength=len(counts)) - share) < 3).all()


@pytest.mark.parametrize("split, expected", [((3, 4), (3, 4)), ([5, 5], (5, 5)), (0.2, (8, 2)),
                                             (0.31, (7, 3)), ((np.int64(2), 1), (2, 1))])
def test_sizes_of_a_split(split, expected):
    assert split_sizes(split, 10) == expected


def test_a_split_shows_itself_in_one_reproducible_line():
    split = data.Split(*(np.zeros(shape, np.float32) for shape in ((8, 4), 8, (2, 4), 2)))
    assert repr(split) == ("Split(x_train=float32 (8, 4), y_train=float32 (8,), "
                           "x_test=float32 (2, 4), y_test=float32 (2,))")
    assert split.train[0] is split.x_train and split.test[1] is split.y_test
