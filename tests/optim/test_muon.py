"""Muon against PyTorch's code, Keras's, its definition and the singular values."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import nn, optim

SHAPES = ((7, 5), (5, 7), (5, 5), (1, 4))


def start():
    rng = np.random.default_rng(1)
    return [rng.normal(size=shape) for shape in SHAPES]


def gradient(p, t, i):
    return np.sin(3 * p + t + i)


def ours(n_steps=100, missing=lambda t, i: False, dtype=np.float64, **options):
    """Return the matrices after every step."""
    params = [nn.Parameter(v.astype(dtype)) for v in start()]
    optimizer, path = optim.Muon(params, **options), []
    for t in range(n_steps):
        for i, p in enumerate(params):
            p.grad = None if missing(t, i) else gradient(p.data, t, i).astype(dtype)
        optimizer.step()
        path.append([p.data.copy() for p in params])
    return path


def torchs(n_steps=100, missing=lambda t, i: False, dtype=np.float64, **options):
    """Return the transposes of PyTorch's matrices after every step."""
    import torch

    params = [torch.nn.Parameter(torch.tensor(v.astype(dtype).T.copy())) for v in start()]
    optimizer, path = torch.optim.Muon(params, **options), []
    for t in range(n_steps):
        for i, p in enumerate(params):
            g = gradient(p.detach().numpy(), t, i).astype(dtype)
            p.grad = None if missing(t, i) else torch.tensor(g)
        optimizer.step()
        path.append([p.detach().numpy().T.copy() for p in params])
    return path


def distance(path, other):
    return max(
        np.abs(a - b).max()
        for x, y in zip(path, other, strict=True)
        for a, b in zip(x, y, strict=True)
    )


OPTIONS = {
    "as it comes": {},
    "no nesterov": {"lr": 0.02, "weight_decay": 0.0, "momentum": 0.9, "nesterov": False},
    "adamw's rate": {"lr": 0.02, "adjust_lr_fn": "match_rms_adamw", "weight_decay": 0.3},
    "other steps": {"lr": 0.02, "ns_steps": 2, "ns_coefficients": (1.5, -0.5, 0.0), "eps": 5.0},
}


@pytest.mark.frameworks
@pytest.mark.parametrize("missing", [lambda t, i: False, lambda t, i: (t + 2 * i) % (i + 2) == 0])
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_path_is_pytorchs_in_float64(options, missing, monkeypatch):
    import torch

    monkeypatch.setattr(torch.Tensor, "bfloat16", lambda tensor: tensor.clone())
    assert distance(ours(missing=missing, **options), torchs(missing=missing, **options)) < 1e-10


@pytest.mark.frameworks
def test_bfloat16_is_all_that_stands_between_us_and_pytorch():
    apart = distance(ours(n_steps=1, lr=0.1), torchs(n_steps=1, lr=0.1)) / 0.1
    assert 1e-4 < apart < 0.05  # of entries up to 1: bfloat16 has eight bits


@pytest.mark.frameworks
def test_path_is_keras():
    """Keras's factor, without its rms_rate, is 1: ours is that for matrices that do not widen."""
    import keras
    import tensorflow as tf

    narrowing = [i for i, (n_in, n_out) in enumerate(SHAPES) if n_out <= n_in]
    options = {"momentum": 0.875, "weight_decay": 0.125}
    params = [keras.Variable(start()[i], dtype="float64") for i in narrowing]
    optimizer, path = keras.optimizers.Muon(2**-7, rms_rate=None, **options), []
    for t in range(100):
        grads = [tf.constant(gradient(p.numpy(), t, i)) for i, p in zip(narrowing, params)]
        optimizer.apply(grads, params)
        path.append([p.numpy().copy() for p in params])
    mine = [[step[i] for i in narrowing] for step in ours(lr=2**-7, **options)]
    assert distance(mine, path) < 1e-6


@pytest.mark.frameworks
def test_path_is_keras_with_its_own_factor():
    """Keras's rms_rate works in float32 alone."""
    import keras
    import tensorflow as tf

    params = [keras.Variable(v, dtype="float32") for v in start()]
    optimizer, path = keras.optimizers.Muon(2**-7, momentum=0.875, weight_decay=0.125), []
    for t in range(20):
        grads = [gradient(p.numpy(), t, i).astype(np.float32) for i, p in enumerate(params)]
        optimizer.apply([tf.constant(g) for g in grads], params)
        path.append([p.numpy().copy() for p in params])
    options = {"momentum": 0.875, "weight_decay": 0.125, "adjust_lr_fn": "match_rms_adamw"}
    assert distance(ours(20, dtype=np.float32, lr=2**-7, **options), path) < 1e-4


@pytest.mark.parametrize("shape", SHAPES)
def test_newton_schulz_keeps_singular_vectors_and_moves_values_by_the_polynomial(shape):
    matrix = np.random.default_rng(0).normal(size=shape)
    u, s, vt = np.linalg.svd(matrix, full_matrices=False)
    a, b, c = 3.4445, -4.775, 2.0315
    s = s / np.linalg.norm(matrix)
    for _ in range(5):
        s = a * s + b * s**3 + c * s**5
    assert_allclose(optim.newton_schulz(matrix), u * s @ vt, atol=1e-12)
    slow = optim.newton_schulz(matrix, n_steps=60, coefficients=(1.5, -0.5, 0.0))
    assert_allclose(slow, u @ vt, atol=1e-8)


def test_newton_schulz_of_nothing_and_of_float32():
    assert_array_equal(optim.newton_schulz(np.zeros((3, 2)), eps=0), 0)
    assert optim.newton_schulz(np.ones((3, 2), np.float32)).dtype == np.float32


def test_muon_does_not_see_the_scale_of_the_gradient():
    one, two = (nn.Parameter(np.eye(4, 3)) for _ in range(2))
    a, b = optim.Muon([one]), optim.Muon([two])
    rng = np.random.default_rng(0)
    for _ in range(10):
        one.grad = rng.normal(size=(4, 3))
        two.grad = 1000 * one.grad
        a.step()
        b.step()
    assert_allclose(one.data, two.data, atol=1e-12)


def test_state_comes_back_with_its_choice():
    p, q = (nn.Parameter(np.eye(4, 3)) for _ in range(2))
    a, b = optim.Muon([p], adjust_lr_fn="match_rms_adamw", ns_steps=3), optim.Muon([q])
    p.grad = np.ones((4, 3))
    a.step()
    q.data = p.data.copy()
    b.load_state_dict(a.state_dict())
    assert repr(a) == repr(b) and "match_rms_adamw" in repr(b)
    p.grad = q.grad = np.arange(12.0).reshape(4, 3)
    a.step()
    b.step()
    assert_array_equal(p.data, q.data)
    with pytest.raises(ValueError, match="adjust_lr_fn must be at most 1"):
        b.load_state_dict(a.state_dict() | {"adjust_lr_fn": np.array(2)})


def test_a_vector_is_refused_before_anything_is_moved():
    params = [nn.Parameter(np.ones((2, 3))), nn.Parameter(np.ones(3))]
    with pytest.raises(ValueError, match=r"params\[1\] must be a matrix.*got shape \(3,\)"):
        optim.Muon(params)
    assert params[0]._grad_buffer is None


def test_muon_for_matrices_and_adamw_for_the_rest():
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Linear(2, 16, rng=rng), nn.Tanh(), nn.Linear(16, 2, rng=rng))
    x = rng.normal(size=(200, 2)).astype(np.float32)
    y = (x[:, 0] * x[:, 1] > 0).astype(int)
    from chainrule import train

    matrices = [p for p in model.parameters() if p.ndim == 2]
    rest = [p for p in model.parameters() if p.ndim != 2]
    both = [optim.Muon(matrices, lr=0.05, weight_decay=0.0), optim.AdamW(rest, lr=0.01)]
    history = train.fit(
        model, (x, y), loss=nn.CrossEntropyLoss(), optimizer=both, epochs=30, batch_size=50, rng=rng
    )
    assert history.loss[-1] < 0.5 * history.loss[0]
