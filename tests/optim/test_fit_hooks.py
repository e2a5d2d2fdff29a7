"""What ``train.fit`` does around each step: clip, step, schedule, average; the same as a loop by hand."""

import math

import numpy as np
from numpy.testing import assert_array_equal

from chainrule import Tensor, data, nn, optim, train

X = np.random.default_rng(0).normal(size=(22, 3))
Y = np.random.default_rng(1).integers(0, 2, 22)
LOSS = nn.CrossEntropyLoss()


def network():
    rng = np.random.default_rng(2)
    return nn.Sequential(
        nn.Linear(3, 4, rng=rng, dtype=np.float64),
        nn.Tanh(),
        nn.Linear(4, 2, rng=rng, dtype=np.float64),
    )


def fit(net, optimizer, **options):
    return train.fit(
        net,
        (X, Y),
        loss=LOSS,
        optimizer=optimizer,
        epochs=3,
        batch_size=4,
        rng=np.random.default_rng(3),
        **options,
    )


def test_fit_with_everything_is_the_loop_by_hand():
    net, hand = network(), network()
    optimizer, twin = (optim.SGD(n.parameters(), lr=0.5, momentum=0.9) for n in (net, hand))
    schedule, its_twin = (optim.CosineAnnealingLR(o, 18) for o in (optimizer, twin))
    average, its = optim.WeightAverage(net, 0.8), optim.WeightAverage(hand, 0.8)
    fit(net, optimizer, schedule=schedule, clip_norm=0.1, average=average)
    rng = np.random.default_rng(3)
    for _ in range(3):
        for x, y in data.batches(X, Y, 4, rng):
            loss = LOSS(hand(Tensor(x)), y)
            twin.zero_grad()
            loss.backward()
            optim.clip_grad_norm_(hand.parameters(), 0.1)
            twin.step()
            its_twin.step()
            its.update()
    assert schedule.last_step == average.n_averaged == 18 == 3 * math.ceil(22 / 4)
    assert optimizer.lr == twin.lr < 1e-16
    for name, array in net.state_dict().items():
        assert_array_equal(array, hand.state_dict()[name])
        assert_array_equal(average.averaged()[name], its.averaged()[name])


def test_without_them_nothing_is_different():
    net, plain = network(), network()
    fit(net, optim.Adam(net.parameters()), clip_norm=1e9)
    fit(plain, optim.Adam(plain.parameters()))
    for name, array in net.state_dict().items():
        assert_array_equal(array, plain.state_dict()[name])


def test_two_optimisers_with_a_schedule_each():
    net = network()
    params = list(net.parameters())
    both = [optim.Muon(params[::2], lr=0.02), optim.SGD(params[1::2], lr=0.1)]
    fit(net, both, schedule=[optim.ExponentialLR(o, 0.5) for o in both])
    assert [o.lr for o in both] == [0.02 * 0.5**18, 0.1 * 0.5**18]
    assert all(o.state_dict()["0.step"] == 18 for o in both)
