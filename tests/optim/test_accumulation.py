"""Gradients add up over several backward passes, in the buffers of the flat vector."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from optim.test_optimizer import every

import chainrule.nn.functional as F
from chainrule import Tensor, nn, optim

X = np.random.default_rng(0).normal(size=(24, 3))
Y = np.random.default_rng(1).integers(0, 2, 24)


def network():
    rng = np.random.default_rng(2)
    layers = (
        nn.Linear(3, 4, rng=rng, dtype=np.float64), nn.Tanh(), nn.Linear(4, 2, rng=rng, dtype=np.float64),
    )  # fmt: skip
    return nn.Sequential(*layers)


def train(make, parts, n_steps=20):
    """Take steps on all of X, each gathered from equal parts; return the network."""
    net = network()
    optimizer = make(net.parameters())
    for _ in range(n_steps):
        optimizer.zero_grad()
        for x, y in zip(np.split(X, parts), np.split(Y, parts), strict=True):
            (F.cross_entropy(net(Tensor(x)), y) / parts).backward()
        for p in net.parameters():
            assert p.grad is p._grad_buffer
        optimizer.step()
    return net


@every
def test_equal_parts_take_the_step_of_the_whole(make):
    whole, parts = train(make, 1), train(make, 6)
    for p, q in zip(whole.parameters(), parts.parameters(), strict=True):
        assert_allclose(p.data, q.data, rtol=1e-9, atol=1e-12)


@pytest.mark.frameworks
def test_gathered_gradients_are_pytorchs():
    import torch

    net = network()
    optim.SGD(net.parameters(), lr=0.1)
    theirs = torch.nn.Sequential(
        torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2)
    ).double()
    for i in (0, 2):
        theirs[i].weight.data = torch.tensor(net[i].weight.data.T.copy())
        theirs[i].bias.data = torch.tensor(net[i].bias.data)
    for x, y in zip(np.split(X, 4), np.split(Y, 4), strict=True):
        F.cross_entropy(net(Tensor(x)), y).backward()
        torch.nn.functional.cross_entropy(theirs(torch.tensor(x)), torch.tensor(y)).backward()
    for i in (0, 2):
        assert_allclose(net[i].weight.grad, theirs[i].weight.grad.numpy().T, atol=1e-12)
        assert_allclose(net[i].bias.grad, theirs[i].bias.grad.numpy(), atol=1e-12)


def test_without_zero_grad_the_next_backward_adds():
    net = network()
    optimizer = optim.SGD(net.parameters(), lr=0.0)
    F.cross_entropy(net(Tensor(X)), Y).backward()
    once = [p.grad.copy() for p in net.parameters()]
    optimizer.step()
    F.cross_entropy(net(Tensor(X)), Y).backward()
    for p, g in zip(net.parameters(), once, strict=True):
        assert_array_equal(p.grad, 2 * g)
