"""RNN, LSTM and GRU against torch.nn and keras.layers: outputs, states, gradients, 100 steps of training."""

import numpy as np
import pytest
from nn.frameworks import weights
from nn.recurrent_twins import (
    IN_TORCH,
    MAKERS,
    from_keras,
    in_keras,
    in_torch,
    make,
    torch_gradients,
)
from numpy.testing import assert_allclose

import chainrule.nn.functional as F
from chainrule import Tensor, nn, optim

pytestmark = pytest.mark.frameworks
B, T, D, H = 4, 6, 3, 5
LENGTHS = np.array([6, 1, 4, 3])


def close(a, b):
    assert_allclose(a, b, rtol=1e-10, atol=1e-10)


def drawn(layer, seed=1):
    """Return x and the first states, h0 or h0 and c0."""
    rng = np.random.default_rng(seed)
    shape = (len(layer.suffixes), B, H)
    x = rng.normal(size=(B, T, D) if layer.batch_first else (T, B, D))
    return x, [rng.normal(size=shape) for _ in range(1 + isinstance(layer, nn.LSTM))]


def flat(y, states):
    """Return y and the states, one or a pair, as a list."""
    return [y, *(states if isinstance(states, tuple | list) else [states])]


def ours(layer, x, states, lengths=None):
    """Return outputs, gradients of x and the first states, gradients of parameters by name."""
    inputs = [Tensor(a, requires_grad=True) for a in (x, *states)]
    first = inputs[1] if len(inputs) == 2 else tuple(inputs[1:])
    outputs = flat(*layer(inputs[0], first, lengths))
    sum((out * weights(out.shape)).sum() for out in outputs).backward()
    named = {name: p.grad for name, p in layer.named_parameters()}
    return [out.data for out in outputs], [i.grad for i in inputs], named


def torchs(layer, x, states, lengths=None):
    import torch

    twin = in_torch(layer)
    inputs = [torch.tensor(a, requires_grad=True) for a in (x, *states)]
    first = inputs[1] if len(inputs) == 2 else tuple(inputs[1:])
    packing, rows = torch.nn.utils.rnn, {"batch_first": layer.batch_first}
    given = inputs[0]
    if lengths is not None:
        given = packing.pack_padded_sequence(
            given, torch.tensor(lengths), enforce_sorted=False, **rows
        )
    y, last = twin(given, first)
    if lengths is not None:
        y, _ = packing.pad_packed_sequence(y, total_length=T, **rows)
    outputs = flat(y, last)
    sum((out * torch.tensor(weights(tuple(out.shape)))).sum() for out in outputs).backward()
    found = [out.detach().numpy() for out in outputs]
    return found, [i.grad.numpy() for i in inputs], torch_gradients(twin, layer)


def assert_alike(one, other):
    for a, b in zip(one[0] + one[1], other[0] + other[1], strict=True):
        close(a, b)
    assert set(one[2]) == set(other[2])
    for name, grad in one[2].items():
        close(grad, other[2][name])


@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["whole", "lengths"])
@pytest.mark.parametrize(
    "num_layers, bidirectional", [(1, False), (2, False), (1, True), (3, True)]
)
@pytest.mark.parametrize("kind", IN_TORCH)
def test_layers_are_torchs(kind, num_layers, bidirectional, lengths):
    layer = make(kind, D, H, num_layers, bidirectional=bidirectional)
    arrays = drawn(layer)
    assert_alike(ours(layer, *arrays, lengths), torchs(layer, *arrays, lengths))


@pytest.mark.parametrize("kind", IN_TORCH)
def test_time_first_is_torchs_too(kind):
    layer = make(kind, D, H, 2, batch_first=False, bidirectional=True)
    arrays = drawn(layer)
    assert_alike(ours(layer, *arrays, LENGTHS), torchs(layer, *arrays, LENGTHS))


def kerass(layer, x, states):
    import tensorflow as tf

    twin = in_keras(layer)
    inputs = [tf.constant(x), *(tf.constant(s[0]) for s in states)]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = twin(inputs[0], initial_state=inputs[1:])
        found = [outputs[0], *(s[None] for s in outputs[1:])]
        total = sum(tf.reduce_sum(out * weights(tuple(out.shape))) for out in found)
    slopes = tape.gradient(total, [*inputs, *twin.trainable_variables])
    slopes = [np.asarray(g) for g in slopes]
    grads = [slopes[0], *(g[None] for g in slopes[1 : len(inputs)])]
    return [np.asarray(f) for f in found], grads, from_keras(layer, slopes[len(inputs) :])


@pytest.mark.parametrize("kind", MAKERS)
def test_layers_are_kerass(kind):
    layer = make(kind, D, H)
    arrays = drawn(layer)
    assert_alike(ours(layer, *arrays), kerass(layer, *arrays))


@pytest.mark.parametrize("kind", MAKERS)
def test_lengths_are_kerass_mask(kind):
    layer = make(kind, D, H)
    x, _ = drawn(layer)
    mask = np.arange(T) < LENGTHS[:, None]
    y, *last = flat(*layer(x, lengths=LENGTHS))
    their_y, *their_last = in_keras(layer)(x, mask=mask)
    close(y.data[mask], np.asarray(their_y)[mask])
    for a, b in zip(last, their_last, strict=True):
        close(a.data[0], np.asarray(b))


@pytest.mark.parametrize("kind", MAKERS)
def test_two_directions_and_two_layers_are_kerass(kind):
    layer = make(kind, D, H, 2, bidirectional=True)
    x, _ = drawn(layer)
    found = x
    for k in range(2):
        there = in_keras(layer, f"_l{k}")(found)[0]
        back = in_keras(layer, f"_l{k}_reverse", go_backwards=True)(found)[0]
        found = np.concatenate([there, np.asarray(back)[:, ::-1]], axis=-1)
    close(layer(x)[0].data, found)


STEPS, LR, MOMENTUM = 100, 0.125, 0.5  # exact in float32, which is what Keras keeps them in


def problem():
    """Return x (B, T, D), targets (B, 2), the weight (H, 2) of a linear map of the last state."""
    rng = np.random.default_rng(3)
    return rng.normal(size=(B, T, D)), rng.normal(size=(B, 2)), rng.normal(size=(H, 2)) * 0.5


def our_path(layer):
    """Return the losses of 100 steps of SGD with momentum, and the parameters after them."""
    x, target, weight = problem()
    optimizer = optim.SGD(layer.parameters(), lr=LR, momentum=MOMENTUM)
    losses = []
    for _ in range(STEPS):
        loss = F.mse_loss(layer(x)[0][:, -1] @ weight, target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, layer.state_dict()


def torch_path(layer):
    """The same in PyTorch; the second bias learns only where it is not the first over again."""
    import torch

    twin = in_torch(layer)
    x, target, weight = map(torch.tensor, problem())
    optimizer = torch.optim.SGD(twin.parameters(), lr=LR, momentum=MOMENTUM)
    losses = []
    for _ in range(STEPS):
        loss = torch.nn.functional.mse_loss(twin(x)[0][:, -1] @ weight, target)
        optimizer.zero_grad()
        loss.backward()
        twin.bias_hh_l0.grad[: 2 * H if isinstance(layer, nn.GRU) else None] = 0
        optimizer.step()
        losses.append(loss.item())
    for p in twin.parameters():  # the parameters, read as the gradients are
        p.grad = p.data
    return losses, torch_gradients(twin, layer)


def keras_path(layer):
    import keras
    import tensorflow as tf

    twin = in_keras(layer)
    x, target, weight = map(tf.constant, problem())
    optimizer = keras.optimizers.SGD(LR, momentum=MOMENTUM)
    has_two = isinstance(layer, nn.GRU) and layer.reset_after
    keep = np.ones(twin.weights[2].shape)
    if has_two:
        keep[1, : 2 * H] = 0

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((twin(x)[0][:, -1] @ weight - target) ** 2)
        *others, bias = tape.gradient(loss, twin.trainable_variables)
        optimizer.apply_gradients(zip([*others, bias * keep], twin.trainable_variables))
        return loss

    losses = [float(step()) for _ in range(STEPS)]
    return losses, from_keras(layer, twin.get_weights())


@pytest.mark.parametrize("kind", MAKERS)
def test_a_hundred_steps_of_training_go_the_same_way(kind):
    found = our_path(make(kind, D, H))
    assert found[0][-1] < 0.3 * found[0][0]
    others = [keras_path(make(kind, D, H))]
    others += [torch_path(make(kind, D, H))] * (kind in IN_TORCH)
    for losses, parameters in others:
        assert_allclose(losses, found[0], rtol=1e-8, atol=1e-12)
        assert set(parameters) == set(found[1])
        for name, value in found[1].items():
            assert_allclose(value, parameters[name], rtol=1e-7, atol=1e-8)


def test_embedding_is_torchs_and_kerass():
    import keras
    import torch

    layer = nn.Embedding(7, 3, rng=np.random.default_rng(0), dtype=np.float64)
    indices = np.array([[1, 6, 1], [0, 1, 5]])
    out = layer(indices)
    (out * weights(out.shape)).sum().backward()
    twin = torch.nn.Embedding(7, 3, _weight=torch.tensor(layer.weight.data))
    other = twin(torch.tensor(indices))
    (other * torch.tensor(weights(out.shape))).sum().backward()
    close(out.data, other.detach().numpy())
    close(layer.weight.grad, twin.weight.grad.numpy())
    third = keras.layers.Embedding(7, 3, dtype="float64")
    third.build()
    third.set_weights([layer.weight.data])
    close(out.data, np.asarray(third(indices)))
