"""Module: names, state, modes, repr; nothing is changed by what is refused."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule import Tensor, nn, optim


def network(seed=0):
    rng = np.random.default_rng(seed)
    return nn.Sequential(
        nn.Linear(4, 8, rng=rng), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5, rng=rng),
        nn.Sequential(nn.Linear(8, 8, rng=rng, bias=False), nn.LayerNorm(8)),
        nn.Linear(8, 3, rng=rng),
    )  # fmt: skip


class Tied(nn.Module):
    def __init__(self):
        rng = np.random.default_rng(0)
        self.scale = nn.Parameter(2.0)
        self.blocks = [nn.Linear(3, 3, rng=rng), nn.Linear(3, 3, rng=rng)]
        self.blocks[1].weight = self.blocks[0].weight
        self.note = "not a part"

    def forward(self, x):
        return self.blocks[1](self.blocks[0](x)) * self.scale


def test_names_follow_the_tree():
    assert [n for n, _ in network().named_parameters()] == [
        "0.weight", "0.bias", "1.weight", "1.bias", "4.0.weight", "4.1.weight", "4.1.bias",
        "5.weight", "5.bias",
    ]  # fmt: skip
    assert [n for n, _ in network().named_buffers()] == ["1.running_mean", "1.running_var"]


def test_lists_are_searched_and_shared_parameters_count_once():
    model = Tied()
    names = [n for n, _ in model.named_parameters()]
    assert names == ["scale", "blocks.0.weight", "blocks.0.bias", "blocks.1.bias"]
    assert "blocks.1.weight" in model.state_dict()
    assert model.n_parameters() == 1 + 9 + 3 + 3
    optim.Adam(model.parameters())
    assert model.blocks[0].weight is model.blocks[1].weight


def test_modules_without_a_forward_say_so():
    class Empty(nn.Module):
        pass

    with pytest.raises(NotImplementedError, match="Empty must define forward"):
        Empty()(1)


def test_train_and_eval_reach_every_module():
    model = network()
    assert all(m.training for m in model.modules())
    assert model.eval() is model
    assert not any(m.training for m in model.modules())
    model.train()
    assert all(m.training for m in model.modules())


def test_state_round_trip_through_a_file(tmp_path):
    model, other = network(0), network(1)
    model(np.random.default_rng(0).normal(size=(20, 4)))  # moves the running averages
    cr.save(tmp_path / "w.npz", model.state_dict())
    other.load_state_dict(cr.load(tmp_path / "w.npz"))
    x = np.random.default_rng(1).normal(size=(5, 4))
    assert_array_equal(model.eval()(x).data, other.eval()(x).data)


def test_state_dict_holds_copies():
    model = network()
    state = model.state_dict()
    state["0.weight"][...] = 7
    assert not (model[0].weight.data == 7).any()


@given(name=st.sampled_from(sorted(network().state_dict())), kind=st.sampled_from("msux"))
def test_mismatch_is_named_and_changes_nothing(name, kind):
    model = network()
    before, state = model.state_dict(), network(1).state_dict()
    match kind:
        case "m":
            del state[name]
            said = f"missing {name}"
        case "s":
            state[name] = np.zeros((2, 9))
            said = rf"{name} of shape \(2, 9\), expected"
        case "u":
            state[name + "x"] = np.zeros(3)
            said = f"unknown {name}x"
        case "x":
            state[name] = np.array("text")
            said = name
    with pytest.raises((ValueError, TypeError), match=said.replace(".", r"\.")):
        model.load_state_dict(state)
    for key, value in model.state_dict().items():
        assert_array_equal(value, before[key])


def test_not_strict_takes_what_fits_by_name_and_still_refuses_shapes():
    model, other = network(0), network(1)
    model.load_state_dict({"0.weight": other[0].weight, "unknown": np.zeros(2)}, strict=False)
    assert_array_equal(model[0].weight.data, other[0].weight.data)
    with pytest.raises(ValueError, match="0.bias of shape"):
        model.load_state_dict({"0.bias": np.zeros(9)}, strict=False)


def test_copies_are_independent():
    model = network()
    model(np.ones((6, 4), np.float32)).sum().backward()
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        twin[0].weight.data[...] = 0
        assert not (model[0].weight.data == 0).all()
        optim.SGD(twin.parameters(), lr=1.0).zero_grad()
        assert model[0].weight.grad is not None


def test_repr_is_a_tree_with_counts():
    assert repr(network()) == (
        "Sequential()  # 155 parameters\n"
        "  (0): Linear(4, 8)  # 40 parameters\n"
        "  (1): BatchNorm1d(8, eps=1e-05, momentum=0.1)  # 16 parameters\n"
        "  (2): ReLU()\n"
        "  (3): Dropout(p=0.5)\n"
        "  (4): Sequential()  # 80 parameters\n"
        "    (0): Linear(8, 8, bias=False)  # 64 parameters\n"
        "    (1): LayerNorm(8, eps=1e-05)  # 16 parameters\n"
        "  (5): Linear(8, 3)  # 27 parameters"
    ).replace("155", "163")


def test_slices_of_a_sequential_share_the_layers():
    model = network()
    assert model[:2][0] is model[0]
    assert len(model[1:]) == len(model) - 1
    assert list(model) == list(model.layers)


def test_fusing_linear_and_relu_does_not_show():
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Linear(4, 6, rng=rng), nn.ReLU(), nn.ReLU(), nn.Linear(6, 2, rng=rng))
    x = Tensor(rng.normal(size=(5, 4)), requires_grad=True)
    y = Tensor(x.data, requires_grad=True)
    together, apart = model(x), y
    for layer in model:
        apart = layer(apart)
    assert_array_equal(together.data, apart.data)
    together.sum().backward()
    first = [p.grad for p in model.parameters()]
    model.zero_grad()
    apart.sum().backward()
    assert_array_equal(x.grad, y.grad)
    for a, b in zip(first, model.parameters(), strict=True):
        assert_array_equal(a, b.grad)


def test_zero_grad():
    model = network()
    model(np.ones((6, 4), np.float32)).sum().backward()
    model.zero_grad()
    assert all(p.grad is None for p in model.parameters())
