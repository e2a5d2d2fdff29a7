"""What the ops on many rows do to be quick changes no number that anybody asked for."""

import numpy as np
import pytest

from chainrule import Tensor
from chainrule.nn import functional as F
from chainrule.ops.linalg import LINEAR_RELU, along_rows
from chainrule.ops.norm import LAYER_NORM, RMS_NORM


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(512, 128), (16, 32, 128), (300, 128), (513, 128), (3, 4), (40, 4096)])
def test_a_vector_laid_out_several_times_gives_the_same(shape, rng):
    rows, vector = rng.standard_normal(shape), rng.standard_normal(shape[-1])
    out = np.empty_like(rows)
    along_rows(np.multiply, rows, vector, out)
    assert np.array_equal(out, rows * vector)


@pytest.mark.parametrize(("op", "n_inputs"), [(LAYER_NORM, 3), (RMS_NORM, 2)])
def test_a_norm_whose_input_nobody_asks_for_sends_the_same_to_its_weights(op, n_inputs, rng):
    x, weight, bias = rng.standard_normal((700, 96)), rng.standard_normal(96), rng.standard_normal(96)
    out, saved = op.forward(*(x, weight, bias)[:n_inputs])
    grad = rng.standard_normal(out.shape)
    whole = op.backward(grad, saved)
    part = op.backward(grad, saved, [False] + [True] * (n_inputs - 1), [None] * n_inputs)
    assert part[0] is None
    for a, b in zip(whole[1:], part[1:]):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


def test_a_norm_of_data_and_a_norm_of_a_result_agree_in_the_tape(rng):
    data = rng.standard_normal((5, 8))
    grads = []
    for wanted in (False, True):
        weight, bias = (Tensor(a, requires_grad=True) for a in (np.ones(8), np.zeros(8)))
        out = F.layer_norm(Tensor(data, requires_grad=wanted), weight, bias)
        (out * out * out).sum().backward()
        grads.append((weight.grad, bias.grad))
    for a, b in zip(*grads):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("is_contiguous", [True, False])
@pytest.mark.parametrize("n_rows", [3, 2000])
def test_a_spare_array_that_is_not_contiguous_is_left_alone(n_rows, is_contiguous, rng):
    x, weight, bias = rng.standard_normal((n_rows, 6)), rng.standard_normal((6, 40)), rng.standard_normal(40)
    out, saved = LINEAR_RELU.forward(x, weight, bias)
    grad = rng.standard_normal(out.shape)
    spare = grad.copy() if is_contiguous else np.asfortranarray(grad)
    got = LINEAR_RELU.backward(spare, saved, [True] * 3, [None, None, None, spare])
    sent = grad * (out > 0)
    for a, b in zip(got, (sent @ weight.T, x.T @ sent, sent.sum(0))):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-10)


def test_linear_relu_without_a_bias_or_without_its_gradient(rng):
    x, weight, bias = rng.standard_normal((9, 6)), rng.standard_normal((6, 4)), rng.standard_normal(4)
    out, saved = LINEAR_RELU.forward(x, weight)
    assert len(LINEAR_RELU.backward(np.ones_like(out), saved, [True, True], [None, None, None])) == 2
    out, saved = LINEAR_RELU.forward(x, weight, bias)
    assert LINEAR_RELU.backward(np.ones_like(out), saved, [False, True, False], [None] * 4)[::2] == (None, None)
