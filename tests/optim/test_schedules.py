"""Every schedule gives PyTorch's learning rates, and Keras's; a schedule is a function of the step."""

import bisect
import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule import nn, optim
from chainrule.optim import schedules

N, LR = 150, 0.3
ALIKE = {
    "step": ("StepLR", {"step_size": 7, "gamma": 0.8}),
    "milestones": ("MultiStepLR", {"milestones": [60, 10, 11], "gamma": 0.3}),
    "exponential": ("ExponentialLR", {"gamma": 0.97}),
    "polynomial": ("PolynomialLR", {"total_iters": 90, "power": 2.5}),
    "linear": ("LinearLR", {"start_factor": 0.01, "end_factor": 0.7, "total_iters": 40}),
    "lambda": ("LambdaLR", {"lr_lambda": lambda t: 1 / (1 + 0.1 * t)}),
    "cosine": ("CosineAnnealingLR", {"T_max": 60, "eta_min": 0.01}),
    "restarts": ("CosineAnnealingWarmRestarts", {"T_0": 10, "T_mult": 2, "eta_min": 0.02}),
    "restarts, alike": ("CosineAnnealingWarmRestarts", {"T_0": 13}),
    "one cycle": ("OneCycleLR", {"max_lr": 1.5, "total_steps": N}),
    "one cycle, three": (
        "OneCycleLR",
        {"max_lr": 2, "total_steps": N, "three_phase": True, "pct_start": 0.2},
    ),
    "one cycle, lines": (
        "OneCycleLR",
        {"max_lr": 2, "total_steps": N, "anneal_strategy": "linear", "div_factor": 4},
    ),
}
every = pytest.mark.parametrize("name, options", ALIKE.values(), ids=ALIKE)
PARTS = [
    ("LinearLR", {"start_factor": 0.1, "total_iters": 20}),
    ("StepLR", {"step_size": 9}),
    ALIKE["cosine"],
]


def sgd():
    return optim.SGD([nn.Parameter(np.ones(3))], lr=LR, momentum=0.9)


def torchs(library, make):
    """Return learning rate and momentum of the first N steps under a schedule of PyTorch's."""
    optimizer = library.optim.SGD([library.nn.Parameter(library.ones(3))], lr=LR, momentum=0.9)
    schedule, path = make(optimizer, library.optim.lr_scheduler), []
    for _ in range(N):
        path.append((optimizer.param_groups[0]["lr"], optimizer.param_groups[0]["momentum"]))
        optimizer.step()
        schedule.step()
    return np.array(path).T


def ours(make):
    """Return learning rate and momentum of the first N steps under a schedule of ours."""
    optimizer = sgd()
    schedule, path = make(optimizer, schedules), []
    for _ in range(N):
        path.append((optimizer.lr, optimizer.momentum))
        schedule.step()
    return np.array(path).T


@pytest.mark.frameworks
@every
def test_rates_are_pytorchs(name, options):
    import torch

    def make(optimizer, library):
        return getattr(library, name)(optimizer, **options)

    assert_allclose(ours(make), torchs(torch, make), rtol=0, atol=1e-12)


@pytest.mark.frameworks
def test_sequence_is_pytorchs():
    import torch

    def make(optimizer, library):
        parts = [getattr(library, name)(optimizer, **options) for name, options in PARTS]
        return library.SequentialLR(optimizer, parts, milestones=[20, 50])

    assert_allclose(ours(make), torchs(torch, make), rtol=0, atol=1e-12)


@pytest.mark.frameworks
def test_one_cycle_moves_the_first_beta_as_pytorchs_does():
    import torch

    q = torch.nn.Parameter(torch.ones(3, dtype=torch.float64))
    a, b = optim.Adam([nn.Parameter(np.ones(3))]), torch.optim.Adam([q])
    mine, theirs = (
        schedules.OneCycleLR(a, 0.1, 100),
        torch.optim.lr_scheduler.OneCycleLR(b, 0.1, 100),
    )
    for t in range(100):
        assert_allclose(a.betas, b.param_groups[0]["betas"], atol=1e-12)
        a.params[0].grad = np.sin(a.params[0].data + t)
        q.grad = torch.sin(q.detach() + t)
        a.step()
        b.step()
        if t < 99:
            mine.step()
            theirs.step()
    assert_allclose(a.params[0].data, q.detach().numpy(), rtol=1e-10)


KERAS = {
    "step": (lambda k: k.ExponentialDecay(LR, 7, 0.8, staircase=True), *ALIKE["step"], N),
    "exponential": (lambda k: k.ExponentialDecay(LR, 10, 0.5), "ExponentialLR", {"gamma": 0.5**0.1}, N),
    "milestones": (
        lambda k: k.PiecewiseConstantDecay([9, 10, 59], [LR * 0.3**i for i in range(4)]), *ALIKE["milestones"], N,
    ),
    "polynomial": (
        lambda k: k.PolynomialDecay(LR, 90, end_learning_rate=0.0, power=2.5), *ALIKE["polynomial"], N,
    ),
    "inverse time": (
        lambda k: k.InverseTimeDecay(LR, 20, 0.5), "LambdaLR", {"lr_lambda": lambda t: 1 / (1 + 0.5 * t / 20)}, N,
    ),
    "cosine": (lambda k: k.CosineDecay(LR, 60, alpha=0.01 / LR), *ALIKE["cosine"], 61),
    "restarts": (
        lambda k: k.CosineDecayRestarts(LR, 10, t_mul=2.0, alpha=0.02 / LR), *ALIKE["restarts"], N,
    ),
}  # fmt: skip


@pytest.mark.frameworks
@pytest.mark.parametrize("theirs, name, options, n", KERAS.values(), ids=KERAS)
def test_rates_are_keras(theirs, name, options, n):
    """Keras computes in float32: 1e-6 of the start is what it can keep."""
    import keras

    schedule = theirs(keras.optimizers.schedules)
    path = [float(schedule(t)) for t in range(n)]
    assert_allclose(getattr(schedules, name)(LR, **options).path(n), path, rtol=0, atol=1e-6)


@pytest.mark.frameworks
def test_warm_up_and_cosine_is_keras_cosine_with_a_warm_up():
    import keras

    theirs = keras.optimizers.schedules.CosineDecay(0.1 * LR, 95, warmup_target=LR, warmup_steps=5)
    parts = [schedules.LinearLR(LR, 0.1, total_iters=5), schedules.CosineAnnealingLR(LR, 95)]
    path = [float(theirs(t)) for t in range(101)]
    assert_allclose(schedules.SequentialLR(LR, parts, [5]).path(101), path, rtol=0, atol=1e-6)


@every
def test_a_schedule_is_a_function_of_the_step(name, options):
    optimizer = sgd()
    moved, still = (
        getattr(schedules, name)(optimizer, **options),
        getattr(schedules, name)(LR, **options),
    )
    for t in range(N):
        assert optimizer.lr == moved.last_lr == moved.at(t) == still.at(t)
        moved.step()
    assert_array_equal(still.path(N), moved.path(N))
    assert (moved.last_step, still.last_step) == (N, 0)


@every
def test_state_comes_back(name, options, tmp_path):
    one, two = sgd(), sgd()
    two.lr = 7.0
    first, second = (getattr(schedules, name)(o, **options) for o in (one, two))
    for _ in range(40):
        first.step()
    cr.save(tmp_path / "s.npz", first.state_dict())
    second.load_state_dict(cr.load(tmp_path / "s.npz"))
    for _ in range(60):
        assert (one.lr, one.momentum) == (two.lr, two.momentum)
        first.step()
        second.step()
    assert repr(first) == repr(second)


def test_sequence_state_comes_back():
    def sequence(optimizer):
        parts = [getattr(schedules, name)(optimizer, **options) for name, options in PARTS]
        return schedules.SequentialLR(optimizer, parts, milestones=[20, 50])

    one, two = sgd(), sgd()
    two.lr = 9.0
    first, second = sequence(one), sequence(two)
    for _ in range(30):
        first.step()
    second.load_state_dict(first.state_dict())
    for _ in range(60):
        assert one.lr == two.lr
        first.step()
        second.step()


def test_a_later_schedule_starts_from_the_rate_the_optimiser_had_at_first():
    optimizer = sgd()
    first = schedules.ExponentialLR(optimizer, 0.5)
    for _ in range(3):
        first.step()
    assert schedules.StepLR(optimizer, 10).base_lr == LR
    optimizer.lr = 0.02  # unless the reader gives another
    assert schedules.StepLR(optimizer, 10).base_lr == 0.02


def test_restarts_begin_where_the_paper_says():
    path = schedules.CosineAnnealingWarmRestarts(1.0, T_0=10, T_mult=2).path(N)
    starts = [0, 10, 30, 70]  # T_0 (2^i - 1)
    assert_array_equal(np.flatnonzero(path == 1.0), starts)
    for t in range(N):
        i = bisect.bisect_right(starts, t) - 1
        now = (t - starts[i]) / (10 * 2**i)
        assert math.isclose(path[t], (1 + math.cos(math.pi * now)) / 2, abs_tol=1e-15)


def test_one_cycle_ends_where_it_says():
    schedule = schedules.OneCycleLR(sgd(), 1.0, 50)
    assert_allclose(schedule.at(49), 1 / 25e4, rtol=1e-12)
    assert schedule.at(50) == schedule.at(49)
    for total in (1, 2, 3, 4, 10):  # no rise fits
        path = schedules.OneCycleLR(0.1, 1.0, total).path(total)
        assert np.isfinite(path).all() and (path > 0).all()


def test_plain_sgd_gets_a_momentum_from_one_cycle_as_in_pytorch():
    optimizer = optim.SGD([nn.Parameter(np.ones(3))], lr=LR)
    schedules.OneCycleLR(optimizer, 1.0, 50)
    assert optimizer.momentum == 0.95
    optimizer = optim.SGD([nn.Parameter(np.ones(3))], lr=LR)
    schedules.OneCycleLR(optimizer, 1.0, 50, cycle_momentum=False)
    assert optimizer.momentum == 0.0
