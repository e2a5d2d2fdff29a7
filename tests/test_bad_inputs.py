"""Every public function refuses what it cannot use, says what came, and changes nothing.

The tables stand in ``bad_inputs/``; each row is tried in a world of its own.
"""

import inspect

import numpy as np
import pytest
from bad_inputs import (
    attention,
    convolutions,
    detection,
    language,
    networks,
    optimisers,
    recurrent,
    tensors,
    training,
)
from bad_inputs.world import build, fault_of, snapshot

from chainrule import models, nn, optim, tensor, text, train, vision

TABLES = (tensors, networks, convolutions, recurrent, attention, language, training, optimisers, detection)
ROWS = [row for table in TABLES for row in table.ROWS]


@pytest.mark.parametrize("row", ROWS, ids=[row[0][:60] for row in ROWS])
def test_bad_input_is_refused(row, tmp_path):
    fault = fault_of(row, build(str(tmp_path)))
    assert fault is None, fault


def test_the_tables_are_long_enough_and_no_row_stands_twice():
    assert len(ROWS) == len({row[0] for row in ROWS}) >= 150


# what takes no argument that could be bad, beyond what Python itself refuses
HARMLESS = {"Edge", "Graph", "Module", "functional", "init", "no_grad", "Tensor", "as_tensor"}


@pytest.mark.parametrize("prefix, module", [
    ("nn", nn), ("F", nn.functional), ("init", nn.init), ("optim", optim), ("tensor", tensor),
    ("train", train), ("text", text), ("models", models), ("vision", vision),
])  # fmt: skip
def test_every_public_name_has_a_row(prefix, module):
    names = getattr(module, "__all__", None) or [
        name
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and name[0] != "_"
    ]
    tried = " ".join(row[0] for row in ROWS)
    assert [n for n in names if n not in HARMLESS and f"{prefix}.{n}(" not in tried] == []


def spoil(world):
    world["model"][0].weight.data[0, 0] += 1e-6
    raise ValueError("x must be good; got bad")


PLANTED = {
    "does not refuse": (lambda world: None, "was not refused"),
    "names nothing": (lambda world: int("a"), "does not name"),
    "raises the wrong type": (lambda world: [] + 1, "raised TypeError, not ValueError"),
    "breaks": (lambda world: 1 / 0, "raised ZeroDivisionError"),
    "changes a weight first": (spoil, "changed something"),
}


@pytest.mark.parametrize("function, said", PLANTED.values(), ids=PLANTED)
def test_the_checker_notices(function, said, tmp_path):
    world = build(str(tmp_path))
    world["f"] = lambda: function(world)
    assert said in fault_of(("f()", ValueError, "x", "bad"), world)


CHANGES = {
    "a gradient": lambda w: w["model"][0].weight.grad.__iadd__(1),
    "a gradient that goes": lambda w: w["model"].zero_grad(),
    "a step": lambda w: w["optimizer"].step(),
    "momentum": lambda w: w["sgd"]._vectors[0].state["momentum_buffer"].__iadd__(1),
    "a learning rate": lambda w: setattr(w["optimizer"], "lr", 0.2),
    "a mode": lambda w: w["model"].eval(),
    "a running average": lambda w: w["norm"].running_mean.__iadd__(1),
    "a draw": lambda w: w["rng"].random(),
    "an array": lambda w: w["x"].__imul__(2),
    "a new attribute": lambda w: setattr(w["model"], "new", np.ones(1)),
    "a file": lambda w: open(w["path"] + ".tmp", "w").close(),
    "what is in a file": lambda w: open(w["path"], "ab").write(b"x"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_snapshot_sees(change, tmp_path):
    world = build(str(tmp_path))
    before = snapshot(world)
    assert snapshot(world) == before
    change(world)
    assert snapshot(world) != before
