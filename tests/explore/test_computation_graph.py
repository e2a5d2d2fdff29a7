"""The script of the computation graph against the engine, and its Python twin against the script."""

from functools import partial

import numpy as np
import pytest
from explore.expressions import random_states, soup
from explore.javascript import run

from chainrule import Tensor
from chainrule.explore import computation_graph
from chainrule.explore.bundle import bundle
from chainrule.explore.expression import FUNCTIONS, parse
from chainrule.explore.graph_code import code
from chainrule.explore.graph_picture import picture
from chainrule.explore.graph_steps import take_steps, words

EXAMPLES = [
    {"expression": "(sigmoid(w*x + b) - y)^2", "values": {"w": 0.7, "x": 2, "b": -0.4, "y": 1}},
    {"expression": "-log(sigmoid(w*x + b))", "values": {"w": 0.7, "x": 2, "b": -0.4}},
    {"expression": "(v*relu(w*x + b) - y)^2", "values": {"w": 0.5, "x": 2, "b": -0.6, "v": 1.5, "y": 1}},
    {"expression": "log(a) + a*b - sin(b)", "values": {"a": 2, "b": 5}},
    {"expression": "(v*relu(w*x + b) - y)^2", "values": {"w": 0.5, "x": -2, "b": -0.6, "v": 1.5, "y": 1}},  # dead
    {"expression": "a*a + a^a/a", "values": {"a": 1.5}},
]
STATES = EXAMPLES + random_states(200, seed=2)


@pytest.fixture(scope="module")
def script():
    return bundle("computation_graph")


@pytest.fixture(scope="module")
def computed(script):
    """What the script computes for every state."""
    answers = run(script, [("compute", state) for state in STATES])
    assert not [answer for answer in answers if "error" in answer]
    return [answer["value"] for answer in answers]


def call(name, x):
    return getattr(x if isinstance(x, Tensor) else Tensor(x), name)()


def engine(state):
    """Evaluate an expression by Python's own grammar on the engine's tensors: no code of the figure's."""
    leaves = {name: Tensor(float(x), requires_grad=True) for name, x in state["values"].items()}
    functions = {name: partial(call, name) for name in FUNCTIONS}
    source = state["expression"].replace("^", "**")
    loss = eval(source, {"__builtins__": {}}, {**functions, **leaves})  # from this file alone
    loss.backward()
    return loss.item(), leaves


def faults(state, computed):
    """Return what of a computed state disagrees with the engine, or with its own differences."""
    value, leaves = engine(state)
    found = []
    nodes = computed["nodes"]
    if not np.isclose(nodes[-1]["value"], value, rtol=1e-10, atol=1e-10):
        found.append(f"value {nodes[-1]['value']}, engine {value}")
    for node in nodes:
        if node["kind"] == "leaf":
            exact = float(leaves[node["name"]].grad)
            if not np.isclose(node["adjoint"], exact, rtol=1e-10, atol=1e-10):
                found.append(f"gradient of {node['name']} {node['adjoint']}, engine {exact}")
        pairs = [(node["adjoint"], node["numeric"])]
        pairs += [(a, b) for a, b, arg in zip(node.get("local", ()), node.get("localNumeric", ()), node["args"])
                  if nodes[arg]["kind"] != "number"]  # fmt: skip
        if node["kind"] != "number":
            found += [f"{node['name']}: {a} by rule, {b} by difference" for a, b in pairs
                      if not np.isclose(a, b, rtol=1e-6, atol=1e-6)]  # fmt: skip
    return found


def test_the_script_agrees_with_the_engine(computed):
    found = {state["expression"]: faults(state, got) for state, got in zip(STATES, computed)}
    assert {expression: what for expression, what in found.items() if what} == {}
    assert len(found) > 180  # and most of the random expressions differ from each other


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("(v, a, b) => [b, a], (a, b) => `${a}·${b}`", "(v, a, b) => [a, b], (a, b) => `${a}·${b}`"),
        ("() => [1, -1]", "() => [1, 1]"),
        ("(v) => [1 - v * v]", "(v) => [1 - v]"),
        ("adjoint[a] += adjoint[i]", "adjoint[a] = adjoint[i]"),
        ("(v) => [v * (1 - v)]", "(v) => [1.001 * v * (1 - v)]"),
        ("[Math.sin, (v, a) => [Math.cos(a)]", "[Math.sin, (v, a) => [-Math.cos(a)]"),
        ("a > 0 ? 1 : 0", "a > 0 ? 1 : 0.01"),
    ],
)
def test_a_planted_error_is_caught(script, right, wrong):
    assert script.count(right) == 1
    answers = run(script.replace(right, wrong), [("compute", state) for state in STATES])
    assert any(faults(state, answer["value"]) for state, answer in zip(STATES, answers))


def test_the_picture_without_scripts_is_the_one_that_the_script_draws(script):
    drawn = run(script, [("compute|picture", state) for state in STATES])
    said = run(script, [("compute|words", state) for state in STATES])
    for state, svg, sentence in zip(STATES, drawn, said):
        steps = take_steps(**state)
        assert sentence["value"] == words(steps)
        assert svg["value"] == picture(steps)


def test_every_step_of_an_example_is_told_alike(script):
    states = [{**EXAMPLES[0], "step": step} for step in range(11)]
    said = [answer["value"] for answer in run(script, [("compute|words", state) for state in states])]
    assert said == [words(take_steps(**state)) for state in states]
    for step, start in ((0, "Start"), (5, "Forward 5 of 5"), (6, "Backward 1 of 5"), (10, "Backward 5 of 5")):
        assert said[step].startswith(start)
    assert len(set(said)) == 11


def test_the_code_shown_gives_the_numbers_shown(script, computed):
    shown = run(script, [("code", state) for state in STATES])
    for state, answer, got in zip(STATES, shown, computed):
        assert answer["value"] == code(take_steps(**state))
        names = {}
        exec(answer["value"].rsplit("\n", 1)[0], names)
        assert np.isclose(names["L"].item(), got["nodes"][-1]["value"], rtol=1e-10, atol=1e-10)
        for node in got["nodes"]:
            if node["kind"] == "leaf":
                assert np.isclose(names[node["name"]].grad, node["adjoint"], rtol=1e-10, atol=1e-10)


EDGES = [
    "", " ", "a", "2", "2+3", "a+b)", "(a", "a b", "a^^b", "a**-b", "-a^2", "--a", "sin a", "sin()", "exp",
    "L*2", "v1+a", "a" + "+a" * 16, "a" + "+a" * 17, "+".join(f"a{i}" for i in range(8)),
    "+".join(f"a{i}" for i in range(9)), "(" * 40 + "-a" + ")" * 40, "(" * 41 + "-a" + ")" * 41,
    "a^" * 16 + "a", "-" * 199 + "a", "-" * 200 + "a", "a·b − σ(c)×2", "1.5.2*a", "1e5a",
    "a\u00a0+\tb", "a\u2003+b", "٣*a", "ａ+b", "𝒂+b", "constructor*2", "__proto__+1",
]  # fmt: skip


def test_both_parsers_take_and_refuse_the_same(script):
    sources = EDGES + soup(600, seed=5)
    answers = run(script, [("parse", source) for source in sources])
    taken = 0
    for source, answer in zip(sources, answers):
        try:
            nodes = parse(source)
        except ValueError as error:
            assert answer == {"error": str(error)}, source
        else:
            taken += 1
            got = [(node["kind"], node.get("op", ""), node.get("name", ""), node["args"]) for node in answer["value"]]
            assert got == [(node.kind, node.op, node.name, node.args) for node in nodes], source
    assert 60 < taken < len(sources) - 200


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"expression": 3}, TypeError, "expression must be a string; got int"),
        ({"expression": "a+"}, ValueError, "expression must be readable: expected a number, .* got the end"),
        ({"expression": "import os"}, ValueError, "unknown name import"),
        ({"expression": "a*b", "values": [1, 2]}, TypeError, "values must be a dict .* each of a, b; got list"),
        ({"expression": "a*b", "values": {"a": 1}}, ValueError, "for each of a, b; got a"),
        ({"expression": "a*b", "values": {"a": 1, "b": 2, "c": 3}}, ValueError, "got a, b, c"),
        ({"expression": "a*b", "values": {"a": 1, "b": "2"}}, TypeError, "values\\['b'\\]"),
        ({"expression": "a*b", "values": {"a": 1, "b": float("nan")}}, ValueError, "values\\['b'\\]"),
        ({"expression": "a*b", "values": {"a": True, "b": 1}}, TypeError, "values\\['a'\\]"),
        ({"step": 11}, ValueError, "step"),
        ({"step": -1}, ValueError, "step"),
        ({"step": 1.5}, TypeError, "step"),
    ],
)  # fmt: skip
def test_bad_input_is_refused(arguments, kind, message):
    with pytest.raises(kind, match=message):
        computation_graph(**arguments)


def test_the_first_state_shows_values_and_adjoints():
    figure = computation_graph()
    x = {"w": 0.7, "x": 2.0, "b": -0.4, "y": 1.0}
    assert figure.state == {"expression": "(sigmoid(w*x + b) - y)^2", "values": x, "step": None}
    value, leaves = engine(figure.state)
    assert f">{value:.4g}<" in figure.picture
    for name, leaf in leaves.items():
        assert f"∂L/∂{name} = {float(leaf.grad):.4g}".replace("-", "−") in figure.picture
    assert computation_graph("p*q").state["values"] == {"p": 1.0, "q": 1.0}


def test_an_undefined_value_is_shown_as_such(script):
    state = {"expression": "log(a) + 1/b", "values": {"a": -1.0, "b": 0.0}, "step": None}
    figure = computation_graph(state["expression"], state["values"])
    assert "undefined" in figure.picture
    assert run(script, [("compute|picture", state)])[0]["value"] == figure.picture
