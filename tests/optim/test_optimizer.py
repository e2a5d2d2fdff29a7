"""Laws of every optimiser: one flat vector, views that stay, state that comes back."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
import chainrule.nn.functional as F
from chainrule import Tensor, nn, optim

MAKERS = {
    "sgd": lambda p: optim.SGD(p, lr=0.1),
    "nesterov": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.1),
    "adam": lambda p: optim.Adam(p, lr=0.1, weight_decay=0.1),
    "adamw": lambda p: optim.AdamW(p, lr=0.1),
    "amsgrad": lambda p: optim.Adam(p, lr=0.1, amsgrad=True),
    "adagrad": lambda p: optim.Adagrad(p, lr=0.1, weight_decay=0.1, initial_accumulator_value=0.1),
    "rmsprop": lambda p: optim.RMSprop(p, lr=0.1, weight_decay=0.1),
    "rmsprop, all": lambda p: optim.RMSprop(p, lr=0.1, momentum=0.5, centered=True, eps=1e-3),
    "adadelta": lambda p: optim.Adadelta(p, weight_decay=0.1, eps=1e-2),
    "nadam": lambda p: optim.NAdam(p, lr=0.1, weight_decay=0.1),
    "lion": lambda p: optim.Lion(p, lr=0.1, weight_decay=0.1),
}
every = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


def parameters(*shapes, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    return [nn.Parameter(rng.normal(size=s).astype(dtype)) for s in shapes]


def step(params, optimizer, seed=0):
    """Take one step with gradients that a backward pass computes."""
    rng = np.random.default_rng(seed)
    optimizer.zero_grad()
    total = Tensor(0.0)
    for p in params:
        total = total + (p * rng.normal(size=p.shape).astype(p.dtype)).sum()
    total.backward()
    optimizer.step()


@every
@given(lengths=st.lists(st.integers(0, 40), min_size=1, max_size=6), seed=st.integers(0, 99))
def test_one_vector_or_many_optimisers_is_the_same(make, lengths, seed):
    together = parameters(*[(n,) for n in lengths], seed=seed)
    apart = parameters(*[(n,) for n in lengths], seed=seed)
    one, many = make(together), [make([p]) for p in apart]
    rng = np.random.default_rng(seed)
    for _ in range(3):
        for p, q in zip(together, apart, strict=True):
            p.grad = q.grad = rng.normal(size=p.shape)
        one.step()
        for optimizer in many:
            optimizer.step()
    for p, q in zip(together, apart, strict=True):
        assert_array_equal(p.data, q.data)


@every
def test_pieces_of_the_vector_do_not_show(make, monkeypatch):
    whole, pieces = parameters((70, 3), (11,)), parameters((70, 3), (11,))
    at_once = make(whole)
    monkeypatch.setattr(optim.flat, "CHUNK_BYTES", 8 * 16)
    by_pieces = make(pieces)
    assert (len(at_once._pieces[0]), len(by_pieces._pieces[0])) == (1, 15)
    for seed in range(3):
        step(whole, at_once, seed)
        step(pieces, by_pieces, seed)
    for p, q in zip(whole, pieces, strict=True):
        assert_array_equal(p.data, q.data)


@every
def test_values_and_gradients_are_views_that_stay(make):
    params = parameters((3, 4), (5,))
    optimizer = make(params)
    data = [p.data for p in params]
    for seed in range(3):
        step(params, optimizer, seed)
        for p, d in zip(params, data, strict=True):
            assert p.data is d
            assert p.grad is p._grad_buffer
    assert all(a.ctypes.data % 64 == 0 for p in params for a in (p.data, p._grad_buffer))


@every
def test_parameter_without_gradient_is_left_alone(make):
    params = parameters((3,), (4,), (5,))
    optimizer = make(params)
    before = params[1].data.copy()
    params[0].grad, params[2].grad = np.ones(3), np.ones(5)
    optimizer.step()
    assert_array_equal(params[1].data, before)
    state = optimizer.state_dict()
    assert [int(state[f"{i}.step"]) for i in range(3)] == [1, 0, 1]


@every
def test_gradient_from_elsewhere_is_used_and_not_changed(make):
    foreign, usual = parameters((6,)), parameters((6,))
    g = np.linspace(-1, 1, 6)
    kept = g.copy()
    a, b = make(foreign), make(usual)
    for _ in range(2):
        foreign[0].grad = g
        usual[0]._grad_buffer[...] = kept
        usual[0].grad = usual[0]._grad_buffer
        a.step()
        b.step()
    assert_array_equal(g, kept)
    assert_array_equal(foreign[0].data, usual[0].data)


@every
def test_gradient_that_was_there_before_the_optimiser_counts(make):
    early, late = parameters((6,)), parameters((6,))
    early[0].grad = np.ones(6)
    a, b = make(early), make(late)
    late[0].grad = np.ones(6)
    a.step()
    b.step()
    assert_array_equal(early[0].data, late[0].data)


@every
def test_float32_and_float64_side_by_side(make):
    mixed = [*parameters((4, 2), dtype=np.float32), *parameters((3,)), *parameters((9,), seed=1)]
    twins = [*parameters((4, 2), dtype=np.float32), *parameters((3,)), *parameters((9,), seed=1)]
    together, apart = make(mixed), [make(twins[:1]), make(twins[1:])]
    for seed in range(3):
        rng = np.random.default_rng(seed)
        for p, q in zip(mixed, twins, strict=True):
            p.grad = q.grad = rng.normal(size=p.shape).astype(p.dtype)
        together.step()
        for optimizer in apart:
            optimizer.step()
    for p, q in zip(mixed, twins, strict=True):
        assert p.dtype == q.dtype
        assert_array_equal(p.data, q.data)


@every
def test_loading_a_model_after_the_optimiser_was_made(make):
    model = nn.Linear(3, 2, rng=np.random.default_rng(0), dtype=np.float64)
    optimizer = make(model.parameters())
    views = [p.data for p in model.parameters()]
    other = nn.Linear(3, 2, rng=np.random.default_rng(1), dtype=np.float64)
    model.load_state_dict(other.state_dict())
    assert all(p.data is v for p, v in zip(model.parameters(), views, strict=True))
    fresh = make(other.parameters())
    for m, o in ((model, optimizer), (other, fresh)):
        o.zero_grad()
        (m(np.ones((4, 3))) ** 2).sum().backward()
        o.step()
    assert_array_equal(model.weight.data, other.weight.data)


@every
def test_values_assigned_to_data_are_taken_over(make):
    (p,) = parameters((3,))
    optimizer = make([p])
    view = p.data
    p.data = np.array([7.0, 8.0, 9.0])
    twin = nn.Parameter([7.0, 8.0, 9.0])
    other = make([twin])
    p.grad = twin.grad = np.ones(3)
    optimizer.step()
    other.step()
    assert p.data is view
    assert_array_equal(p.data, twin.data)


@every
def test_the_optimiser_made_last_owns_the_parameters(make):
    params = parameters((3,), (2,))
    first = make(params)
    second = make(params[1:])
    step(params[1:], second)
    before = [p.data.copy() for p in params]
    params[0].grad = np.ones(3)
    with pytest.raises(RuntimeError, match=r"params\[1\] now belongs to another optimizer"):
        first.step()
    for p, b in zip(params, before, strict=True):
        assert_array_equal(p.data, b)


@every
def test_state_comes_back(make, tmp_path):
    params = parameters((4, 3), (2,))
    optimizer = make(params)
    for seed in range(5):
        step(params, optimizer, seed)
    twins = [nn.Parameter(p.data) for p in params]
    restored = make(twins)
    restored.lr = 7.0
    cr.save(tmp_path / "state.npz", optimizer.state_dict())
    restored.load_state_dict(cr.load(tmp_path / "state.npz"))
    assert repr(restored) == repr(optimizer)
    for seed in range(5, 8):
        step(params, optimizer, seed)
        step(twins, restored, seed)
    for p, q in zip(params, twins, strict=True):
        assert_allclose(p.data, q.data, rtol=1e-12)


@pytest.mark.frameworks
def test_state_means_what_pytorchs_means():
    import torch

    params = parameters((4, 3), (2,))
    theirs = [torch.nn.Parameter(torch.tensor(p.data)) for p in params]
    a, b = optim.Adam(params, betas=(0.8, 0.9)), torch.optim.Adam(theirs, betas=(0.8, 0.9))
    for seed in range(4):
        rng = np.random.default_rng(seed)
        for p, q in zip(params, theirs, strict=True):
            p.grad = rng.normal(size=p.shape)
            q.grad = torch.tensor(p.grad)
        a.step()
        b.step()
    state = a.state_dict()
    for i, entry in b.state_dict()["state"].items():
        for name in ("exp_avg", "exp_avg_sq", "step"):
            assert_allclose(state[f"{i}.{name}"], entry[name].numpy(), rtol=1e-12)


CHANGED = [
    ("Adam", {"lr": 0.1}, {"betas": (0.5, 0.7)}),
    ("Adam", {"lr": 0.1}, {"lr": 0.3}),
    ("Adam", {"lr": 0.1}, {"eps": 0.1}),
    ("Adam", {"lr": 0.1, "amsgrad": True}, {"betas": (0.5, 0.7)}),
    ("RMSprop", {"lr": 0.1, "centered": True, "momentum": 0.5}, {"alpha": 0.6}),
    ("RMSprop", {"lr": 0.1, "momentum": 0.5}, {"momentum": 0.8}),
    ("Adadelta", {}, {"rho": 0.4}),
    ("Adagrad", {}, {"lr_decay": 0.4}),
    (
        "NAdam",
        {"lr": 0.1},
        {"betas": (0.9, 0.7)},
    ),  # the first would change the products that PyTorch keeps
]


@pytest.mark.frameworks
@pytest.mark.parametrize("kind, options, changes", CHANGED)
def test_a_hyperparameter_may_change_on_the_way(kind, options, changes):
    import torch

    (p,) = parameters((5,))
    q = torch.nn.Parameter(torch.tensor(p.data))
    a, b = getattr(optim, kind)([p], **options), getattr(torch.optim, kind)([q], **options)
    for i in range(10):
        if i == 4:
            ((name, value),) = changes.items()
            setattr(a, name, value)
            b.param_groups[0][name] = value
        p.grad = np.sin(p.data + i)
        q.grad = torch.tensor(p.grad)
        a.step()
        b.step()
    assert_allclose(p.data, q.detach().numpy(), rtol=1e-8 if kind == "NAdam" else 1e-10)


@pytest.mark.parametrize("flag, kind", [("amsgrad", optim.AdamW), ("centered", optim.RMSprop)])
def test_what_asks_for_an_array_is_fixed(flag, kind):
    plain, full = kind(parameters((2,))), kind(parameters((2,)), **{flag: True})
    assert len(full.state_dict()) == len(plain.state_dict()) + 1
    with pytest.raises(ValueError, match=f"{flag} must stay as the optimizer was made"):
        setattr(full, flag, False)
    setattr(full, flag, True)
    with pytest.raises(ValueError, match="state_dict must match"):
        plain.load_state_dict(full.state_dict())


@pytest.mark.parametrize(
    "kind", [optim.Adam, optim.Adagrad, optim.RMSprop, optim.NAdam, optim.Adadelta]
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_eps_of_zero_leaves_what_has_no_gradient_where_it_is(kind, dtype):
    params = parameters((3,), (5,), dtype=dtype)  # with padding after each
    optimizer, before = kind(params, eps=0), [p.data.copy() for p in params]
    params[0].grad, params[1].grad = np.zeros(3, dtype), np.array([0, 1, -1, 0, 1], dtype)
    with np.errstate(divide="raise", invalid="raise"):
        for _ in range(3):
            optimizer.step()
    assert_array_equal(params[0].data, before[0])
    moved = params[1].data != before[1]
    assert_array_equal(
        moved, [False, *[kind is not optim.Adadelta] * 2, False, kind is not optim.Adadelta]
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_lion_moves_every_element_by_lr_or_not_at_all(dtype):
    (p,) = parameters((6,), dtype=dtype)
    before, optimizer = p.data.copy(), optim.Lion([p], lr=0.25)
    p.grad = np.array([0, 1e-30, -1e-30, 1e30, -3, 0], dtype)
    optimizer.step()
    assert_allclose(p.data - before, [0, -0.25, 0.25, -0.25, 0.25, 0], atol=1e-6)


def test_momentum_that_has_died_away_is_zero_and_not_subnormal():
    params = parameters((64,), dtype=np.float32)
    optimizer = optim.Adam(params)
    params[0].grad = np.ones(64, np.float32)
    optimizer.step()
    params[0].grad = np.zeros(64, np.float32)
    for _ in range(1200):
        optimizer.step()
    m = optimizer.state_dict()["0.exp_avg"]
    assert np.float32(0.9) ** 1200 * np.float32(0.1) < np.finfo(np.float32).tiny  # it would be
    assert_array_equal(m, 0)


@every
def test_learns(make):
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Linear(2, 16, rng=rng), nn.Tanh(), nn.Linear(16, 2, rng=rng))
    x = rng.normal(size=(200, 2)).astype(np.float32)
    y = (x[:, 0] * x[:, 1] > 0).astype(int)
    optimizer = make(model.parameters())
    optimizer.lr, optimizer.weight_decay = 0.05, 0.0
    losses = []
    for _ in range(400):
        loss = F.cross_entropy(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.75 * losses[0]


@every
def test_copies_are_refused_and_the_model_can_be_copied(make):
    model = nn.Linear(3, 2, rng=np.random.default_rng(0))
    optimizer = make(model.parameters())
    with pytest.raises(TypeError, match="cannot be copied"):
        copy.deepcopy(optimizer)
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(optimizer)
    twin = copy.deepcopy(model)
    assert not np.shares_memory(twin.weight.data, model.weight.data)
    model.weight.grad, model.bias.grad = np.ones((3, 2), np.float32), np.ones(2, np.float32)
    before = twin.weight.data.copy()
    optimizer.step()
    assert_array_equal(twin.weight.data, before)


def test_repr_names_everything():
    assert repr(optim.SGD(parameters((3, 2)), lr=0.1)) == (
        "SGD(6 parameters, lr=0.1, momentum=0.0, nesterov=False, weight_decay=0.0, dampening=0.0)"
    )
