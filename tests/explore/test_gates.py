"""Gates: the script against Python and the engine's LSTM; laws of a memory; the two pictures alike."""

import math
import re

import numpy as np
import pytest
from explore.javascript import run

from chainrule import Tensor
from chainrule.explore import gates
from chainrule.explore.bundle import bundle
from chainrule.explore.gates_cell import LONGEST, compute, half_life, read_symbol
from chainrule.explore.gates_picture import picture, words
from chainrule.nn import functional as F

EXPORTS = """
export const all = (state) => { const found = compute(state); return { ...found, code: code(state), words: words(found), formulas: formulas(found), pictures: [300, 400, 720].map((width) => picture(found, width)) }; };
export const tell = problemOf;
"""  # noqa: E501
ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyzAZ ..????"
NUMBERS = ("value", "write", "read", "g", "i", "f", "o", "c", "h", "dc", "dv", "detour", "kept", "highway")


def state_of(text="7 keep it ?", bias=4.0, step=1, **clamps):
    return {"text": text, "bias": bias, "input": None, "forget": None, "output": None, **clamps, "step": step}


def random_states(count, seed):
    rng = np.random.default_rng(seed)
    states = []
    for _ in range(count):
        text = "".join(rng.choice(list(ALPHABET), size=rng.integers(1, LONGEST + 1)))
        clamps = {name: [None, None, 0, 1][rng.integers(4)] for name in ("input", "forget", "output")}
        step = int(rng.integers(1, len(text) + 1))
        states.append(state_of(text, round(float(rng.uniform(-2, 8)), 1), step, **clamps))
    return states


STATES = [
    state_of(), state_of("7 no 2 yes ?"), state_of("1 2 3 4 ?", forget=1), state_of(input=1), state_of("?"),
    state_of("z" * 20, step=20), state_of(output=0), state_of(forget=0, step=11), state_of("keep it", bias=-2.0),
    state_of(bias=8.0), state_of("9999", input=1, output=1, forget=1),
    *random_states(50, seed=1),
]  # fmt: skip


@pytest.fixture(scope="module")
def shown():
    """What the script has for every state."""
    answers = run(bundle("gates") + EXPORTS, [("all", state) for state in STATES])
    assert [answer for answer in answers if "error" in answer] == []
    return [answer["value"] for answer in answers]


def test_both_compute_the_same(shown):
    for state, there in zip(STATES, shown):
        here = compute(state)
        assert [step["symbol"] for step in there["steps"]] == list(state["text"])
        mine = [[getattr(step, name) for name in NUMBERS] for step in here.steps]
        other = [[step[name] for name in NUMBERS] for step in there["steps"]]
        np.testing.assert_allclose(mine, other, rtol=1e-9, atol=1e-15)
        assert float(there["halfLife"]) == pytest.approx(here.half_life, rel=1e-12)


def test_the_pictures_and_words_are_the_same(shown):
    for state, there in zip(STATES, shown):
        here = compute(state)
        assert there["words"] == words(here)
        assert there["pictures"] == [picture(here, width) for width in (300, 400, 720)]


def engine(state):
    """What the engine's fused LSTM has: last h, its gradients by x and by c_0; clamped gates by biases of ±1000."""
    W = np.array([[0.0, 0, 1, 0], [8, -8, 0, 0], [0, 0, 0, 8]])
    b = np.array([-4.0, state["bias"], 0, -4])
    for name, column in (("input", 0), ("forget", 1), ("output", 3)):
        if state[name] is not None:
            W[:, column], b[column] = 0, 2000 * state[name] - 1000
    x = Tensor([[read_symbol(symbol)] for symbol in state["text"]], dtype=np.float64, requires_grad=True)
    c0 = Tensor(np.zeros((1, 1)), requires_grad=True)
    states, _ = F.lstm_sequence(x, None, c0, Tensor(W), Tensor([[0.0, 0, 0.5, 0]], dtype=np.float64), Tensor(b))
    states[len(x.data) - 1].sum().backward()
    return states.data.ravel(), x.grad[:, 0, 0], c0.grad.item()


def test_it_is_the_engines_lstm():
    for state in STATES:
        here = compute(state)
        hidden, to_values, to_start = engine(state)
        np.testing.assert_allclose([step.h for step in here.steps], hidden, rtol=1e-9, atol=1e-15)
        np.testing.assert_allclose([step.dv for step in here.steps], to_values, rtol=1e-9, atol=1e-15)
        assert here.steps[0].f * here.steps[0].dc == pytest.approx(to_start, rel=1e-9, abs=1e-15)


def test_the_code_shown_gives_the_same_numbers(shown, capsys):
    for state, there in zip(STATES, shown):
        arguments = {f"{name}_gate": state[name] for name in ("input", "forget", "output")}
        assert there["code"] == gates(state["text"], forget_bias=state["bias"], step=state["step"], **arguments).code
        names = {}
        exec(there["code"], names)
        for name, found in (("h", names["hidden"]), ("dc", names["to_cells"]), ("dv", names["to_values"])):
            np.testing.assert_allclose([step[name] for step in there["steps"]], found, rtol=1e-9, atol=1e-15)


def test_the_derivatives_are_differences():
    for state in STATES[:20]:
        steps, size = compute(state).steps, 1e-5
        for t, step in enumerate(steps):
            ends = []
            for shift in (size, -size):
                h, c = step.h, step.c + shift
                h = step.o * math.tanh(c)
                for later in steps[t + 1 :]:
                    c = later.f * c + later.i * math.tanh(later.value + 0.5 * h)
                    h = later.o * math.tanh(c)
                ends.append(h)
            assert step.dc == pytest.approx((ends[0] - ends[1]) / (2 * size), rel=1e-6, abs=1e-9)


def test_the_cell_is_a_weighted_sum_and_the_highway_a_product():
    for state in STATES:
        steps = compute(state).steps
        assert steps[-1].c == pytest.approx(sum(step.kept * step.i * step.g for step in steps), rel=1e-9, abs=1e-12)
        for t, step in enumerate(steps):
            assert step.kept == pytest.approx(math.prod(later.f for later in steps[t + 1 :]))
            assert step.highway == pytest.approx(step.kept * steps[-1].highway)
            assert step.dc >= step.highway - 1e-15  # the detours add, where BACK and all gates are positive
            later = steps[t + 1].f * steps[t + 1].dc if t + 1 < len(steps) else steps[-1].highway
            assert step.dc == pytest.approx(later + step.detour, rel=1e-12, abs=1e-15)


def test_half_of_a_memory_is_left_after_its_half_life():
    for bias in (-2.0, 0.0, 4.0, 8.0):
        f = 1 / (1 + math.exp(-bias))
        assert f ** half_life(bias) == pytest.approx(0.5)
        assert half_life(bias) == pytest.approx(math.log(2) / -math.log(f))
    assert half_life(0.0) == 1 and half_life(0.0, 1) == math.inf and half_life(0.0, 0) == 0
    quiet = compute(state_of("7" + " " * 19, bias=round(math.log(1 / (2**0.1 - 1)), 12))).steps
    own = [step.kept for step in quiet]
    assert own[9] / own[19] == pytest.approx(0.5)  # ten steps between them


VALUE = r"\(?(−?[\d.]+(?:·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?)\)?"


def number(text):
    text = text.translate(str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789"))
    return float(text.replace("·10", "e") if "·10" in text else text)


CHAINS = {"candidate": "g", "cell": "c", "hidden state": "h", "back to c": "dc", "back to v": "dv"}
GATES = {"input gate": ("i", "input"), "forget gate": ("f", "forget"), "output gate": ("o", "output")}


def test_the_formulas_hold_in_the_numbers_that_they_show(shown):
    for state, there in zip(STATES, shown):
        rows, step = dict(there["formulas"]), there["steps"][state["step"] - 1]
        assert set(rows) == {"reads", "half-life", *CHAINS, *GATES}
        for name, key in CHAINS.items():
            *_, chain, result = rows[name].split(" = ")
            assert number(result) == pytest.approx(step[key], rel=0.05 if "·" in result else 6e-3), rows[name]
            chain = re.sub(r"tanh\(|\)$", "", chain)
            products = [math.prod(map(number, re.findall(VALUE, term))) for term in chain.split(" + ")]
            total = math.tanh(sum(products)) if name == "candidate" else sum(products)
            size = sum(map(abs, products))  # of what is rounded and added
            assert total == pytest.approx(step[key], abs=0.06 * size), rows[name]
        life = half_life(state["bias"], state["forget"])
        told = re.split(" = | steps", rows["half-life"])[0 if state["forget"] is not None else -2]
        assert (math.inf if told == "∞" else number(told)) == pytest.approx(life, rel=6e-3)
        if state["forget"] is None:
            above, below = map(number, rows["half-life"].split(" = ")[1].split(" / "))
            assert above / below == pytest.approx(life, rel=0.06)
        for name, (key, clamp) in GATES.items():
            if state[clamp] is None:
                z = number(re.search(r"= σ\((−?[\d.]+)\) =", rows[name])[1])
                assert 1 / (1 + math.exp(-z)) == pytest.approx(step[key], rel=1e-9)
            else:
                assert rows[name].endswith(f"= {state[clamp]}, clamped")


def test_what_is_typed_is_understood_or_refused_alike():
    symbols = [chr(code) for code in range(32, 127)] + ["é", "７", "−", "🙂"]
    answers = run(bundle("gates") + EXPORTS, [("tell", symbol) for symbol in symbols])
    for symbol, answer in zip(symbols, answers):
        refused = "is no symbol of this cell" in answer["value"]
        assert refused == (read_symbol(symbol) is None), symbol
        assert symbol in answer["value"] if refused else answer["value"] == ""
    told = run(bundle("gates") + EXPORTS, [("tell", ""), ("tell", "a" * LONGEST), ("tell", "a" * (LONGEST + 1))])
    long = "At most 20 symbols fit; these are 21."
    assert [answer["value"] for answer in told] == ["Type at least one symbol.", "", long]
    assert [read_symbol(symbol)[0] for symbol in "0a9zM"] == [0.0, -1.0, 0.9, 1.0, -0.04]


def test_the_words_say_what_happens():
    assert "shows 0.438. Of the cell, the 7 of step 1 makes 0.495 and all else −0.0157" in words(compute(state_of()))
    assert "half of a memory is left after 38.2 steps" in words(compute(state_of()))
    over = words(compute(state_of("7 no 2 yes ?")))
    assert "the 2 of step 6 makes" in over
    assert "numbers add up" in words(compute(state_of("1 2 3 4 ?", forget=1)))
    assert "nothing outlives its step" in words(compute(state_of(forget=0)))
    assert "No digit was typed" in words(compute(state_of("keep it")))
    assert "the output gate is shut" in words(compute(state_of("7 keep it")))
    assert "The gradient ∂h₁₁/∂c₁ is 0, of it 0" in words(compute(state_of(output=0)))


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"text": 7}, TypeError, "text must be a string; got int"),
        ({"text": ""}, ValueError, "text must have 1 to 20 symbols; got 0"),
        ({"text": "a" * 21}, ValueError, "text must have 1 to 20 symbols; got 21"),
        ({"text": "7!"}, ValueError, "text must hold digits, letters a to z, spaces, points and \\?; got '!'"),
        ({"forget_bias": 9}, ValueError, "forget_bias must be"),
        ({"forget_bias": "4"}, TypeError, "forget_bias must be a number"),
        ({"input_gate": 2}, ValueError, "input_gate must be at most 1"),
        ({"forget_gate": 0.5}, TypeError, "forget_gate must be an integer"),
        ({"output_gate": True}, TypeError, "output_gate must be an integer"),
        ({"step": 0}, ValueError, "step must be at least 1"),
        ({"step": 12}, ValueError, "step must be at most 11"),
    ],
)
def test_bad_input_is_refused(arguments, kind, message):
    with pytest.raises(kind, match=message):
        gates(**arguments)


def test_the_bundle_is_light():
    assert len(bundle("gates").encode()) <= 36_000
