"""Averages of weights: PyTorch's, Keras's, and the model gets its own weights back."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule import Tensor, nn, optim

DECAYS = pytest.mark.parametrize("decay", [None, 0.9, 0.0], ids=["mean", "ema", "ema of nothing"])


def model(dtype=np.float64):
    rng = np.random.default_rng(0)
    return nn.Sequential(nn.Linear(3, 4, rng=rng, dtype=dtype), nn.BatchNorm1d(4, dtype=dtype))


def steps(net, n, after=lambda: None):
    """Train a little; ``after`` is called after every step."""
    optimizer, rng = optim.Adam(net.parameters(), lr=0.05), np.random.default_rng(1)
    for _ in range(n):
        loss = (net(Tensor(rng.normal(size=(8, 3)))) ** 2).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        after()


@pytest.mark.frameworks
@DECAYS
def test_average_is_pytorchs(decay):
    import torch
    from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

    net = model()
    average = optim.WeightAverage(net, decay)
    twin = torch.nn.Linear(3, 4, dtype=torch.float64)
    theirs = AveragedModel(
        twin, multi_avg_fn=None if decay is None else get_ema_multi_avg_fn(decay)
    )

    def both():
        average.update()
        with torch.no_grad():
            twin.weight.copy_(torch.tensor(net[0].weight.data.T.copy()))
            twin.bias.copy_(torch.tensor(net[0].bias.data))
        theirs.update_parameters(twin)

    steps(net, 100, both)
    assert average.n_averaged == int(theirs.n_averaged) == 100
    found = average.averaged()
    assert_allclose(found["0.weight"], theirs.module.weight.detach().numpy().T, atol=1e-12)
    assert_allclose(found["0.bias"], theirs.module.bias.detach().numpy(), atol=1e-12)


@pytest.mark.frameworks
def test_average_is_keras():
    import keras

    variable = keras.Variable(np.ones(3), dtype="float64")
    optimizer = keras.optimizers.SGD(0.125, use_ema=True, ema_momentum=0.875)
    net = nn.Linear(1, 3, rng=np.random.default_rng(0), bias=False, dtype=np.float64)
    average = optim.WeightAverage(net, 0.875)
    for t in range(100):
        optimizer.apply([keras.ops.convert_to_tensor(np.sin(3 * variable.numpy() + t))], [variable])
        net.weight.data[...] = variable.numpy()
        average.update()
    theirs = optimizer._model_variables_moving_average[0].numpy()
    assert_allclose(average.averaged()["weight"][0], theirs, atol=1e-6)


def test_the_mean_is_the_mean_of_all_that_was_seen_and_buffers_are_the_last():
    net, seen = model(), []
    average = optim.WeightAverage(net)

    def look():
        average.update()
        seen.append(net.state_dict())

    steps(net, 20, look)
    found = average.averaged()
    assert_allclose(found["0.weight"], np.mean([s["0.weight"] for s in seen], axis=0), atol=1e-13)
    assert_array_equal(found["1.running_mean"], seen[-1]["1.running_mean"])


@DECAYS
def test_swapped_in_and_back(decay):
    net = model()
    average = optim.WeightAverage(net, decay)
    steps(net, 5, average.update)
    own, views = net.state_dict(), [p.data for p in net.parameters()]
    with pytest.raises(KeyError), average.swapped() as inside:
        assert inside is net
        for name, array in net.state_dict().items():
            assert_array_equal(array, average.averaged()[name])
        raise KeyError
    for name, array in net.state_dict().items():
        assert_array_equal(array, own[name])
    assert all(
        p.data is v for p, v in zip(net.parameters(), views, strict=True)
    )  # still the optimiser's


def test_state_comes_back(tmp_path):
    net, twin = model(), model()
    a, b = optim.WeightAverage(net, 0.9), optim.WeightAverage(twin, 0.9)
    steps(net, 7, a.update)
    cr.save(tmp_path / "average.npz", a.state_dict())
    b.load_state_dict(cr.load(tmp_path / "average.npz"))
    twin.load_state_dict(net.state_dict())
    assert repr(a) == repr(b) == "WeightAverage(7 averaged, decay=0.9)"
    steps(net, 3, a.update)
    steps(twin, 3, b.update)
    for name, array in a.averaged().items():
        assert_array_equal(array, b.averaged()[name])


def test_before_the_first_update_it_is_the_model_as_it_was():
    net = model()
    average = optim.WeightAverage(net)
    first = net.state_dict()
    steps(net, 2)
    for name, array in average.averaged().items():
        assert_array_equal(array, first[name])
