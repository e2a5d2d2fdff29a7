"""200 random graphs of 20 nodes: the engine, PyTorch and TensorFlow agree to 1e-10."""

import numpy as np
import pytest
import tensorflow as tf
import torch
from numpy.testing import assert_allclose

import chainrule.tensor as ct
from chainrule import Tensor
from chainrule.ops import OPS, Op
from chainrule.tensor import apply

pytestmark = pytest.mark.frameworks

N_GRAPHS, N_NODES, SIZE = 200, 20, 3
SHAPES = [(), (SIZE,), (SIZE, SIZE), (SIZE, 1), (2, SIZE, SIZE), (1, SIZE)]


def method(name):
    return lambda x: getattr(x, name)()


# Each row: how many inputs, whether the last axes must be SIZE, and the three programs. Every
# function keeps values of order 1, so that 20 of them in a row neither vanish nor overflow.
STEPS = {
    "add": (2, False, *[lambda a, b: 0.5 * (a + b)] * 3),
    "sub": (2, False, *[lambda a, b: a - b] * 3),
    "mul": (2, False, *[lambda a, b: a * b] * 3),
    "div": (2, False, *[lambda a, b: a / (b * b + 1)] * 3),
    "square": (1, False, *[lambda a: 0.1 * a**2] * 3),
    "tanh": (1, False, method("tanh"), torch.tanh, tf.tanh),
    "sigmoid": (1, False, method("sigmoid"), torch.sigmoid, tf.sigmoid),
    "relu": (1, False, lambda a: a.relu() - 0.1, lambda a: a.relu() - 0.1, lambda a: tf.nn.relu(a) - 0.1),
    "gelu": (
        1, False, lambda a: apply(OPS["gelu"], a), torch.nn.functional.gelu,
        lambda a: 0.5 * a * (1 + tf.math.erf(a / 2**0.5)),
    ),
    "exp": (1, False, lambda a: (-a * a).exp(), lambda a: (-a * a).exp(), lambda a: tf.exp(-a * a)),
    "maximum": (2, False, ct.maximum, torch.maximum, tf.maximum),
    "matmul": (2, True, lambda a, b: a @ b * 0.3, lambda a, b: a @ b * 0.3, lambda a, b: a @ b * 0.3),
    "softmax": (1, True, lambda a: ct.softmax(a), lambda a: a.softmax(-1), tf.nn.softmax),
    "logsumexp": (
        1, True, lambda a: a.logsumexp(-1, True), lambda a: a.logsumexp(-1, True),
        lambda a: tf.reduce_logsumexp(a, -1, True),
    ),
    "mean": (
        1, True, lambda a: a.mean(-2, True), lambda a: a.mean(-2, True),
        lambda a: tf.reduce_mean(a, -2, True),
    ),
    "transpose": (
        1, True, lambda a: a.swapaxes(-1, -2), lambda a: a.swapaxes(-1, -2), tf.linalg.matrix_transpose,
    ),
    "take": (
        1, True, lambda a: a[..., [0, 2, 0]], lambda a: a[..., [0, 2, 0]],
        lambda a: tf.gather(a, [0, 2, 0], axis=-1),
    ),
    "join": (
        2, True,
        lambda a, b: ct.concatenate([a, b], -1)[..., 1:4],
        lambda a, b: torch.cat([a, b], -1)[..., 1:4],
        lambda a, b: tf.concat([a, b], -1)[..., 1:4],
    ),
}  # fmt: skip


def fits(name, shapes):
    """Say whether a step can take inputs of these shapes."""
    square = STEPS[name][1]
    if square and any(s[-2:] != (SIZE, SIZE) for s in shapes):
        return False
    return name != "join" or shapes[0] == shapes[1]


def random_program(seed):
    """Return leaves and a list of (step, indices of its inputs), N_NODES long."""
    rng = np.random.default_rng(seed)
    leaves = [np.asarray(rng.normal(size=SHAPES[i])) for i in rng.integers(len(SHAPES), size=4)]
    leaves.append(rng.normal(size=(SIZE, SIZE)))
    values, program = [Tensor(v) for v in leaves], []
    while len(program) < N_NODES:
        name = rng.choice(sorted(STEPS))
        inputs = rng.integers(max(0, len(values) - 8), len(values), size=STEPS[name][0])
        chosen = [values[i] for i in inputs]
        if fits(name, [v.shape for v in chosen]):
            values.append(STEPS[name][2](*chosen))
            program.append((name, [int(i) for i in inputs]))
    return leaves, program


def run(column, tensors, program, mean):
    """Run a program; the loss is the sum of the means of what nothing else uses."""
    values = list(tensors)
    for name, inputs in program:
        values.append(STEPS[name][column](*[values[i] for i in inputs]))
    used = {i for _, inputs in program for i in inputs}
    loss = 0.0
    for i, v in enumerate(values):
        if i not in used:
            loss = loss + mean(v)
    return loss


def engine(leaves, program):
    tensors = [Tensor(v, requires_grad=True) for v in leaves]
    loss = run(2, tensors, program, lambda v: v.mean())
    loss.backward()
    return loss.item(), [t.grad for t in tensors]


def with_torch(leaves, program):
    tensors = [torch.tensor(v, requires_grad=True) for v in leaves]
    loss = run(3, tensors, program, lambda v: v.mean())
    loss.backward()
    return loss.item(), [t.grad for t in tensors]


def with_tensorflow(leaves, program):
    tensors = [tf.constant(v) for v in leaves]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        loss = run(4, tensors, program, tf.reduce_mean)
    return float(loss), tape.gradient(loss, tensors)


def assert_same(ours, theirs):
    assert_allclose(ours[0], theirs[0], rtol=1e-10, atol=1e-10)
    for a, b in zip(ours[1], theirs[1], strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            assert_allclose(a, np.asarray(b), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("seed", range(N_GRAPHS))
def test_a_random_graph_agrees_with_torch_and_tensorflow(seed):
    leaves, program = random_program(seed)
    assert len(program) == N_NODES
    ours = engine(leaves, program)
    assert_same(ours, with_torch(leaves, program))
    assert_same(ours, with_tensorflow(leaves, program))


def test_the_graphs_are_worth_comparing():
    programs = [random_program(seed) for seed in range(N_GRAPHS)]
    steps = [name for _, program in programs for name, _ in program]
    assert all(steps.count(name) >= 50 for name in STEPS)
    largest = [max(np.abs(g).max() for g in engine(*p)[1] if g is not None) for p in programs[:50]]
    assert np.median(largest) > 1e-3


@pytest.mark.parametrize("name", ["tanh", "mul", "matmul", "softmax", "concatenate"])
def test_a_planted_error_is_caught(name, monkeypatch):
    op = OPS[name]

    def backward(grad, saved, *selected):
        gradients = op.backward(grad, saved, *selected)
        return tuple(None if g is None else g * (1 + 1e-6) for g in gradients)

    broken = Op(op.name, op.forward, backward, op.selective)
    original = ct.apply
    swap = lambda o, *inputs, **options: original(broken if o is op else o, *inputs, **options)
    monkeypatch.setattr("chainrule.tensor_core.apply", swap)
    monkeypatch.setattr("chainrule.tensor_functions.apply", swap)
    caught = 0
    for seed in range(20):
        leaves, program = random_program(seed)
        try:
            assert_same(engine(leaves, program), with_torch(leaves, program))
        except AssertionError:
            caught += 1
    assert caught
