"""Layers and losses against PyTorch and TensorFlow, outputs and gradients, in float64."""

import numpy as np
import pytest
from nn.frameworks import assert_alike, ours, tensorflows, torchs

import chainrule.nn.functional as F
from chainrule import nn

pytestmark = pytest.mark.frameworks


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def frameworks():
    import tensorflow as tf
    import torch

    return torch, tf


@pytest.mark.parametrize("shape", [(4, 3), (2, 5, 3), (3,)])
def test_linear(shape):
    torch, tf = frameworks()
    x, w, b = draw(*shape), draw(3, 6, seed=1), draw(6, seed=2)
    mine = ours(F.linear, x, w, b)
    assert_alike(mine, torchs(lambda x, w, b: torch.nn.functional.linear(x, w.T, b), x, w, b))
    assert_alike(mine, tensorflows(lambda x, w, b: tf.tensordot(x, w, 1) + b, x, w, b))
    fused = ours(F.linear_relu, x, w, b)
    assert_alike(fused, ours(lambda x, w, b: F.relu(F.linear(x, w, b)), x, w, b))


def activations():
    torch, tf = frameworks()
    t = torch.nn.functional
    return {
        "relu": (nn.ReLU(), t.relu, tf.nn.relu),
        "sigmoid": (nn.Sigmoid(), torch.sigmoid, tf.sigmoid),
        "tanh": (nn.Tanh(), torch.tanh, tf.tanh),
        # TensorFlow rounds its slope to float32: this one is exact there
        "leaky": (
            nn.LeakyReLU(0.25), lambda x: t.leaky_relu(x, 0.25),
            lambda x: tf.nn.leaky_relu(x, 0.25),
        ),
        "elu": (nn.ELU(), t.elu, tf.nn.elu),
        "elu 0.7": (nn.ELU(0.7), lambda x: t.elu(x, 0.7), None),
        # tf.nn.gelu rounds its constants to float32, so it is written out
        "gelu": (nn.GELU(), t.gelu, lambda x: x * 0.5 * (1 + tf.math.erf(x * 0.5**0.5))),
        "gelu tanh": (
            nn.GELU("tanh"), lambda x: t.gelu(x, approximate="tanh"),
            lambda x: x * 0.5 * (1 + tf.tanh((2 / np.pi) ** 0.5 * (x + 0.044715 * x**3))),
        ),
        "silu": (nn.SiLU(), t.silu, tf.nn.silu),
        "softplus": (nn.Softplus(), t.softplus, tf.nn.softplus),
        "softmax": (F.softmax, lambda x: t.softmax(x, -1), tf.nn.softmax),
        "log_softmax": (F.log_softmax, lambda x: t.log_softmax(x, -1), tf.nn.log_softmax),
    }  # fmt: skip


NAMES = (
    "relu", "sigmoid", "tanh", "leaky", "elu", "elu 0.7", "gelu", "gelu tanh", "silu", "softplus",
    "softmax", "log_softmax",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_activation(name):
    mine, theirs, tfs = activations()[name]
    x = 4 * draw(6, 5)
    assert_alike(ours(mine, x), torchs(theirs, x), 1e-10)
    if tfs is not None:
        assert_alike(ours(mine, x), tensorflows(tfs, x), 1e-10)


def test_every_activation_is_in_the_table():
    defined = {k for k, v in vars(nn.activations).items() if isinstance(v, type)} - {"Module"}
    assert defined == {type(row[0]).__name__ for row in activations().values()} - {"function"}


def losses():
    torch, tf = frameworks()
    t, rng = torch.nn.functional, np.random.default_rng(3)
    labels = rng.integers(0, 5, 8)
    soft = rng.dirichlet(np.ones(5), 8)
    y, half = rng.normal(size=(8, 5)), rng.random((8, 5))
    tl, ts, ty, th = map(torch.tensor, (labels, soft, y, half))

    def smooth_tf(z):
        rows = tf.one_hot(labels, 5, dtype=tf.float64) * 0.8 + 0.2 / 5
        return tf.nn.softmax_cross_entropy_with_logits(rows, z)

    return {
        "cross_entropy": (
            lambda z, **o: F.cross_entropy(z, labels, **o),
            lambda z, **o: t.cross_entropy(z, tl, **o),
            lambda z: tf.nn.sparse_softmax_cross_entropy_with_logits(labels, z),
        ),
        "cross_entropy, soft": (
            lambda z, **o: F.cross_entropy(z, soft, **o),
            lambda z, **o: t.cross_entropy(z, ts, **o),
            lambda z: tf.nn.softmax_cross_entropy_with_logits(soft, z),
        ),
        "cross_entropy, smooth": (
            lambda z, **o: F.cross_entropy(z, labels, label_smoothing=0.2, **o),
            lambda z, **o: t.cross_entropy(z, tl, label_smoothing=0.2, **o),
            smooth_tf,
        ),
        "cross_entropy, soft and smooth": (
            lambda z, **o: F.cross_entropy(z, soft, label_smoothing=0.2, **o),
            lambda z, **o: t.cross_entropy(z, ts, label_smoothing=0.2, **o),
            None,
        ),
        "mse": (
            lambda z, **o: F.mse_loss(z, y, **o),
            lambda z, **o: t.mse_loss(z, ty, **o),
            lambda z: (z - y) ** 2,
        ),
        "huber": (
            lambda z, **o: F.huber_loss(z, y, 0.7, **o),
            lambda z, **o: t.huber_loss(z, ty, delta=0.7, **o),
            lambda z: tf.where(
                abs(z - y) <= 0.7, 0.5 * (z - y) ** 2, 0.7 * (abs(z - y) - 0.35)
            ),
        ),
        "bce with logits": (
            lambda z, **o: F.binary_cross_entropy_with_logits(z, half, **o),
            lambda z, **o: t.binary_cross_entropy_with_logits(z, th, **o),
            lambda z: tf.nn.sigmoid_cross_entropy_with_logits(half, z),
        ),
        "bce": (
            lambda z, **o: F.binary_cross_entropy(F.sigmoid(z), half, **o),
            lambda z, **o: t.binary_cross_entropy(torch.sigmoid(z), th, **o),
            None,
        ),
    }


LOSSES = (
    "cross_entropy", "cross_entropy, soft", "cross_entropy, smooth",
    "cross_entropy, soft and smooth", "mse", "huber", "bce with logits", "bce",
)  # fmt: skip


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", LOSSES)
def test_loss(name, reduction):
    mine, theirs, tfs = losses()[name]
    z = 3 * draw(8, 5)
    one = ours(lambda z: mine(z, reduction=reduction), z)
    assert_alike(one, torchs(lambda z: theirs(z, reduction=reduction), z))
    if tfs is not None and reduction == "none":
        assert_alike(one, tensorflows(tfs, z))


@pytest.mark.parametrize("k", [4, 64, 65, 90])  # the op changes its layout above 64
def test_cross_entropy_of_few_and_many_classes_on_three_axes(k):
    torch, _ = frameworks()
    z, labels = draw(2, 3, k), np.random.default_rng(0).integers(0, k, (2, 3))
    one = ours(lambda z: F.cross_entropy(z, labels), z)
    flat = torch.tensor(labels).reshape(6)
    two = torchs(lambda z: torch.nn.functional.cross_entropy(z.reshape(6, k), flat), z)
    assert_alike(one, two)


def test_binary_cross_entropy_at_the_ends_is_pytorchs():
    torch, _ = frameworks()
    p, y = np.array([0.0, 1.0, 0.0, 1.0]), np.array([0.0, 1.0, 1.0, 0.0])
    one = ours(lambda p: F.binary_cross_entropy(p, y, "none"), p)
    two = torchs(
        lambda p: torch.nn.functional.binary_cross_entropy(p, torch.tensor(y), reduction="none"), p
    )
    assert_alike(one, two, 1e-7)  # PyTorch holds the 1e-12 that bounds the slope in float32


@pytest.mark.parametrize("shape", [(6, 4), (5, 4, 3), (3, 4, 2, 2)])
@pytest.mark.parametrize("training", [True, False])
def test_batch_norm(shape, training):
    torch, tf = frameworks()
    x, w, b = 2 * draw(*shape) + 1, draw(4, seed=1), draw(4, seed=2)
    mean, var = draw(4, seed=3), draw(4, seed=4) ** 2 + 0.5
    running = [mean.copy(), var.copy()]
    options = {"training": training, "momentum": 0.3, "eps": 1e-3}
    one = ours(lambda x, w, b: F.batch_norm(x, *running, w, b, **options), x, w, b)
    theirs = [torch.tensor(mean), torch.tensor(var)]
    two = torchs(
        lambda x, w, b: torch.nn.functional.batch_norm(x, *theirs, w, b, **options), x, w, b
    )
    assert_alike(one, two)
    for a, t in zip(running, theirs, strict=True):
        np.testing.assert_allclose(a, t.numpy(), rtol=1e-12)
    axes = [0, *range(2, x.ndim)]

    def in_tensorflow(x, w, b):
        m, v = tf.nn.moments(x, axes) if training else (mean, var)
        m, v, w, b = (tf.reshape(a, (-1, *[1] * (len(shape) - 2))) for a in (m, v, w, b))
        return tf.nn.batch_normalization(x, m, v, b, w, 1e-3)

    assert_alike(one, tensorflows(in_tensorflow, x, w, b))


@pytest.mark.parametrize("shape", [(6, 4), (2, 3, 4), (4,)])
def test_layer_norm(shape):
    torch, tf = frameworks()
    x, w, b = draw(*shape), draw(4, seed=1), draw(4, seed=2)
    one = ours(lambda x, w, b: F.layer_norm(x, w, b, 1e-3), x, w, b)
    two = torchs(lambda x, w, b: torch.nn.functional.layer_norm(x, (4,), w, b, 1e-3), x, w, b)
    assert_alike(one, two)

    def in_tensorflow(x, w, b):
        m, v = tf.nn.moments(x, [-1], keepdims=True)
        return tf.nn.batch_normalization(x, m, v, b, w, 1e-3)

    assert_alike(one, tensorflows(in_tensorflow, x, w, b))


def test_embedding():
    torch, tf = frameworks()
    w, i = draw(7, 3), np.array([[1, 6, 1], [0, 1, 5]])
    one = ours(lambda w: F.embedding(i, w), w)
    assert_alike(one, torchs(lambda w: torch.nn.functional.embedding(torch.tensor(i), w), w))
    assert_alike(one, tensorflows(lambda w: tf.gather(w, i), w))


@pytest.mark.parametrize("kind", ["torch", "keras"])
def test_a_network_with_copied_weights(kind):
    torch, tf = frameworks()
    rng = np.random.default_rng(0)
    model = nn.Sequential(
        nn.Linear(6, 5, rng=rng, dtype=np.float64), nn.BatchNorm1d(5, dtype=np.float64),
        nn.Tanh(), nn.Linear(5, 3, rng=rng, dtype=np.float64),
    )  # fmt: skip
    x, state = draw(9, 6), model.state_dict()
    mine = ours(model, x)
    if kind == "torch":
        twin = torch.nn.Sequential(
            torch.nn.Linear(6, 5), torch.nn.BatchNorm1d(5), torch.nn.Tanh(), torch.nn.Linear(5, 3)
        ).double()
        copied = {k: torch.tensor(v.T if v.ndim == 2 else v) for k, v in state.items()}
        twin.load_state_dict(copied | {"1.num_batches_tracked": torch.tensor(0)})
        assert_alike(mine, torchs(twin, x))
        return
    import keras

    twin = keras.Sequential(
        [
            keras.layers.Dense(5, dtype="float64"),
            keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5, dtype="float64"),
            keras.layers.Activation("tanh", dtype="float64"),
            keras.layers.Dense(3, dtype="float64"),
        ]
    )
    twin.build((None, 6))
    order = (
        "0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var", "3.weight",
        "3.bias",
    )  # fmt: skip
    twin.set_weights([state[name] for name in order])
    assert_alike(mine, tensorflows(lambda x: twin(x, training=True), x))
