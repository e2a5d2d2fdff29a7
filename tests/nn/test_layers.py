"""Laws of layers: dropout keeps the mean, normalisation ignores shift and scale."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import chainrule.nn.functional as F
from chainrule import Tensor, nn

shapes = st.tuples(st.integers(2, 6), st.integers(2, 5))
seeds = st.integers(0, 1000)


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 0.9])
def test_dropout_keeps_the_mean_and_drops_a_share_p(p):
    n = 200_000
    out = nn.Dropout(p, rng=np.random.default_rng(0))(np.ones(n)).data
    # five standard errors of a mean of n Bernoulli variables
    error = 5 * np.sqrt(p * (1 - p) / n)
    assert abs((out == 0).mean() - p) <= error
    assert abs(out.mean() - 1) <= error / (1 - p)
    assert_allclose(out[out != 0], 1 / (1 - p))


def test_dropout_is_the_identity_in_evaluation():
    layer = nn.Dropout(0.5, rng=np.random.default_rng(0)).eval()
    x = Tensor(np.ones((3, 4)))
    assert layer(x) is x


def test_dropout_masks_the_gradient_as_it_masked_the_input():
    x = Tensor(np.ones((40, 40)), requires_grad=True)
    out = nn.Dropout(0.3, rng=np.random.default_rng(0))(x)
    out.sum().backward()
    assert_array_equal(x.grad, out.data)


@given(shape=shapes, seed=seeds, shift=st.floats(-5, 5), scale=st.floats(0.5, 3))
def test_layer_norm_ignores_shift_and_scale(shape, seed, shift, scale):
    x = np.random.default_rng(seed).normal(size=shape)
    norm = nn.LayerNorm(shape[1], eps=0, dtype=np.float64)
    assert_allclose(norm(scale * x + shift).data, norm(x).data, atol=1e-7)
    assert_allclose(norm(x).data.mean(axis=1), 0, atol=1e-10)


@given(shape=shapes, seed=seeds)
def test_batch_norm_in_training_has_mean_0_and_variance_1(shape, seed):
    x = np.random.default_rng(seed).normal(size=shape)
    out = nn.BatchNorm1d(shape[1], eps=0, dtype=np.float64)(3 * x - 5).data
    assert_allclose(out.mean(axis=0), 0, atol=1e-9)
    assert_allclose(out.var(axis=0), 1, atol=1e-9)


def test_batch_norm_running_averages_reach_the_moments_of_the_data():
    rng = np.random.default_rng(0)
    layer = nn.BatchNorm1d(3, momentum=0.2, dtype=np.float64)
    x = rng.normal(size=(10, 3)) * [1, 2, 3] + [5, 0, -5]
    for _ in range(200):
        layer(x)
    assert_allclose(layer.running_mean, x.mean(axis=0))
    assert_allclose(layer.running_var, x.var(axis=0, ddof=1))  # unbiased, as in PyTorch
    layer.eval()
    before = layer.running_mean.copy()
    assert_allclose(layer(x).data.var(axis=0), 9 / 10, rtol=1e-4)
    assert_array_equal(layer.running_mean, before)


def test_batch_norm_momentum_is_one_minus_keras():
    keras = pytest.importorskip("keras")
    x = np.random.default_rng(0).normal(size=(10, 3)) + 2
    layer = nn.BatchNorm1d(3, momentum=0.2, dtype=np.float64)
    theirs = keras.layers.BatchNormalization(momentum=0.8, dtype="float64")
    layer(x)
    theirs(x, training=True)
    assert_allclose(layer.running_mean, theirs.moving_mean.numpy(), rtol=1e-6)
    biased = 0.8 + 0.2 * x.var(axis=0)  # Keras averages the biased variance
    assert_allclose(theirs.moving_variance.numpy(), biased, rtol=1e-6)
    assert_allclose(layer.running_var, 0.8 + (biased - 0.8) * 10 / 9, rtol=1e-6)


def test_flatten_and_identity():
    x = Tensor(np.arange(24.0).reshape(2, 3, 4))
    assert nn.Flatten()(x).shape == (2, 12)
    assert nn.Identity()(x) is x


@given(k=st.integers(1, 7), shape=st.sampled_from([(3,), (2, 4)]), seed=seeds)
def test_one_hot_picks_the_column(k, shape, seed):
    labels = np.random.default_rng(seed).integers(0, k, shape)
    rows = F.one_hot(labels, k).data
    assert rows.shape == (*shape, k)
    assert_array_equal(rows.argmax(axis=-1), labels)
    assert_array_equal(rows.sum(axis=-1), 1)


def test_float32_stays_float32():
    rng = np.random.default_rng(0)
    model = nn.Sequential(
        nn.Linear(4, 4, rng=rng), nn.BatchNorm1d(4), nn.GELU(), nn.LayerNorm(4), nn.ELU(),
        nn.Dropout(0.2, rng=rng), nn.SiLU(), nn.LeakyReLU(), nn.Softplus(), nn.Sigmoid(), nn.Tanh(),
    )  # fmt: skip
    out = model(rng.normal(size=(6, 4)).astype(np.float32))
    assert out.dtype == np.float32
    loss = nn.CrossEntropyLoss(0.1)(out, [0, 1, 2, 3, 0, 1])
    assert loss.dtype == np.float32
    loss.backward()
    assert all(p.grad.dtype == np.float32 for p in model.parameters())


def test_lists_take_the_dtype_of_the_layer():
    layer = nn.Linear(2, 3, rng=np.random.default_rng(0))
    assert layer([[1, 2], [3, 4]]).dtype == np.float32
