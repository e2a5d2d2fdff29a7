"""Clipping: PyTorch's numbers, Keras's, and the flat buffers stay what they were."""

import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import nn, optim

SHAPES = ((4, 3), (5,), (2, 2))


def parameters(scale=1.0, dtype=np.float64):
    """Return parameters in an optimiser's vector, with gradients in its buffer; the last has none."""
    rng = np.random.default_rng(0)
    params = [nn.Parameter(rng.normal(size=s).astype(dtype)) for s in SHAPES]
    optim.SGD(params, lr=0.1)
    for p in params[:-1]:
        p._grad_buffer[...] = scale * rng.normal(size=p.shape)
        p.grad = p._grad_buffer
    return params


@pytest.mark.frameworks
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e6])
@pytest.mark.parametrize("norm_type", [2.0, 1.0, 3.5, math.inf])
@pytest.mark.parametrize("max_norm", [0.7, 0.0, math.inf])
def test_norm_and_gradients_are_pytorchs(max_norm, norm_type, scale):
    import torch

    params = parameters(scale)
    theirs = [torch.nn.Parameter(torch.tensor(p.data)) for p in params]
    for p, q in zip(params[:-1], theirs):
        q.grad = torch.tensor(p.grad)
    norm = optim.clip_grad_norm_(params, max_norm, norm_type)
    expected = torch.nn.utils.clip_grad_norm_(theirs, max_norm, norm_type)
    assert_allclose(norm, expected.item(), rtol=1e-12)
    for p, q in zip(params[:-1], theirs):
        assert p.grad is p._grad_buffer
        assert_allclose(p.grad, q.grad.numpy(), rtol=1e-12)
    assert params[-1].grad is None


@pytest.mark.frameworks
def test_values_are_pytorchs():
    import torch

    params = parameters()
    theirs = [torch.nn.Parameter(torch.tensor(p.data)) for p in params]
    for p, q in zip(params[:-1], theirs):
        q.grad = torch.tensor(p.grad)
    optim.clip_grad_value_(params, 0.4)
    torch.nn.utils.clip_grad_value_(theirs, 0.4)
    for p, q in zip(params[:-1], theirs):
        assert p.grad is p._grad_buffer
        assert_array_equal(p.grad, q.grad.numpy())


@pytest.mark.frameworks
def test_global_clipnorm_of_keras_is_ours_but_for_a_millionth():
    import keras

    params = parameters(3.0)
    optimizer = keras.optimizers.SGD(1.0, global_clipnorm=0.5)
    grads = [keras.ops.convert_to_tensor(p.grad) for p in params[:-1]]
    theirs = [g.numpy() for g in optimizer._clip_gradients(grads)]
    optim.clip_grad_norm_(params, 0.5)
    for p, g in zip(params[:-1], theirs):
        assert_allclose(p.grad, g, rtol=1e-6)


def test_after_clipping_the_norm_is_the_limit_and_the_direction_stays():
    params = parameters(100.0)
    before = [p.grad.copy() for p in params[:-1]]
    norm = optim.clip_grad_norm_(params, 2.0)
    assert_allclose(optim.clip_grad_norm_(params, math.inf), 2.0, rtol=1e-6)
    for p, b in zip(params[:-1], before):
        assert_allclose(p.grad, b * 2.0 / norm, rtol=1e-6)


def test_squares_that_overflow_float32_do_not_matter():
    params = parameters(1e30, np.float32)
    norm = optim.clip_grad_norm_(params, 1.0)
    assert 1e30 < norm < 1e32
    assert_allclose(optim.clip_grad_norm_(params, 1.0), 1.0, rtol=1e-5)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_not_finite_is_named_if_asked(bad):
    params = parameters()
    params[1].grad[2] = bad
    before = [p.grad.copy() for p in params[:-1]]
    with pytest.raises(
        FloatingPointError, match=rf"gradient of parameters\[1\] must be finite; got norm {bad}"
    ):
        optim.clip_grad_norm_(params, 1.0, error_if_nonfinite=True)
    for p, b in zip(params[:-1], before):
        assert_array_equal(p.grad, b)
    assert not math.isfinite(optim.clip_grad_norm_(params, 1.0))
    assert np.isnan(params[1].grad[2])


def test_one_tensor_or_none_with_a_gradient():
    params = parameters()
    one = optim.clip_grad_norm_(params[0], math.inf)
    assert_allclose(one, np.linalg.norm(params[0].grad), rtol=1e-14)
    assert optim.clip_grad_norm_(params[-1:], 1.0) == optim.clip_grad_norm_([], 1.0) == 0.0
