"""The gradient through time: the script against Python and the engine's recurrent layers; the two pictures alike."""

import math
import re

import numpy as np
import pytest
from explore.javascript import run

from chainrule import Tensor, nn, optim
from chainrule.explore import gradient_through_time
from chainrule.explore.bundle import bundle
from chainrule.explore.time_picture import picture, words
from chainrule.explore.time_simulation import FUNCTIONS, KINDS, LONGEST, compute, draw
from chainrule.nn import functional as F

EXPORTS = """
export const all = (state) => { const found = compute(state); return { ...found, code: code(state), words: words(found), pictures: [300, 400, 720].map((width) => picture(found, width)) }; };
export const titles = () => [KINDS, Object.fromEntries(Object.entries(FUNCTIONS).map(([name, [title]]) => [name, title]))];
"""  # noqa: E501


def state_of(kind="random", **changes):
    first = {"rho": 1.1, "steps": 50, "activation": "tanh", "size": 0.5, "clip": None, "seed": 0}
    return {"kind": kind, **first, **changes}


def random_states(count, seed):
    rng = np.random.default_rng(seed)
    return [
        state_of(
            str(rng.choice(list(KINDS))), activation=str(rng.choice(list(FUNCTIONS))),
            rho=round(float(rng.uniform(0.1, 2)), 2), steps=int(rng.integers(2, LONGEST + 1)),
            size=round(float(rng.choice([0, rng.uniform(0, 1), rng.uniform(0, 3)])), 2),
            clip=[None, 0.1, 1.0, 10.0][rng.integers(4)], seed=int(rng.integers(1024)),
        )
        for _ in range(count)
    ]  # fmt: skip


STATES = [
    state_of(), state_of(clip=1.0), state_of("one", rho=2.0, size=0.0), state_of("one", activation="relu", rho=0.9),
    state_of("orthogonal", activation="identity", rho=1.3, clip=1.0), state_of("orthogonal", rho=1.3, size=0.0),
    state_of(steps=2), state_of(steps=100, rho=2.0, activation="identity"), state_of(rho=2.0, steps=100, size=0.0),
    state_of("one", rho=0.1, steps=100, size=3.0), state_of("orthogonal", rho=2.0, activation="relu", clip=0.1),
    *random_states(40, seed=1),
]  # fmt: skip
TINY = 1e-150  # below it NumPy's norm squares to nothing


@pytest.fixture(scope="module")
def shown():
    """What the script has for every state."""
    answers = run(bundle("gradient_through_time") + EXPORTS, [("all", state) for state in STATES])
    assert [answer for answer in answers if "error" in answer] == []
    found = [answer["value"] for answer in answers]
    for each in found:  # JSON writes 2.0**100 as an integer
        each |= {name: np.array(each[name], dtype=float) for name in ("states", "norms", "line")}
    return found


def test_the_names_are_the_same_in_both():
    kinds, functions = run(bundle("gradient_through_time") + EXPORTS, [("titles", None)])[0]["value"]
    assert kinds == KINDS and functions == {name: title for name, (title, *_) in FUNCTIONS.items()}


def test_both_draw_the_same_numbers():
    given = [{"kind": kind, "steps": 100, "seed": seed} for seed in range(0, 1024, 41) for kind in KINDS]
    answers = run(bundle("gradient_through_time"), [("draw", state) for state in given])
    for state, answer in zip(given, answers):
        for name, mine in zip(("start", "weights", "inputs"), draw(**state)):
            np.testing.assert_allclose(answer["value"][name], mine, rtol=1e-9, atol=1e-12)


def test_the_weights_are_what_they_are_called():
    for seed in range(100):
        start, random, inputs = draw("random", 100, seed)
        assert np.abs(np.linalg.eigvals(random)).max() == pytest.approx(1)
        _, orthogonal, _ = draw("orthogonal", 100, seed)
        np.testing.assert_allclose(orthogonal @ orthogonal.T, np.eye(8), atol=1e-12)
        assert np.linalg.norm(start) == pytest.approx(1)
        np.testing.assert_array_equal(draw("one", 30, seed)[2], inputs[:30, :1])  # fewer steps, the same inputs


def test_both_compute_the_same(shown):
    for state, there in zip(STATES, shown):
        here = compute(state)
        np.testing.assert_allclose(there["states"], here.states, rtol=1e-9, atol=1e-9 * np.abs(here.states).max())
        np.testing.assert_allclose(there["norms"], here.norms, rtol=1e-9)
        np.testing.assert_allclose(there["line"], here.line, rtol=1e-9)
        for name in ("slope", "gradient", "factor"):
            assert there[name] == pytest.approx(getattr(here, name), rel=1e-9), name


def differing(picture, other):
    """Return where two pictures differ by more than the last digit of a coordinate, a tenth of a pixel."""
    one, two = (re.split(r"(-?\d+(?:\.\d+)?)", each) for each in (picture, other))
    pairs = enumerate(zip(one, two, strict=True))
    return [(a, b) for i, (a, b) in pairs if a != b and (i % 2 == 0 or abs(float(a) - float(b)) > 0.11)]


def test_the_pictures_and_words_are_the_same(shown):
    assert differing("M1 2L3 4.5", "M1 2L3 4.6") == [] and differing("M1 2L3 4.5", "M1 2L3 4.7") == [("4.5", "4.7")]
    for state, there in zip(STATES, shown):
        here = compute(state)
        assert there["words"] == words(here)
        for width, other in zip((300, 400, 720), there["pictures"]):
            assert differing(picture(here, width), other) == []


def test_the_code_shown_gives_the_same_with_the_engine(shown, capsys):
    for state, there in zip(STATES, shown):
        assert there["code"] == gradient_through_time(**state).code
        names = {}
        exec(there["code"], names)
        np.testing.assert_allclose(names["norms"], there["norms"], rtol=1e-9, atol=TINY)
        assert names["norm"] == pytest.approx(there["gradient"], rel=1e-9, abs=TINY)
        assert np.linalg.norm(names["W"].grad) == pytest.approx(there["gradient"] * there["factor"], rel=1e-9, abs=TINY)


def test_it_is_the_engines_recurrent_layer():
    for state in STATES:
        if state["activation"] == "identity":
            continue
        here = compute(state)
        start, weights, inputs = draw(state["kind"], state["steps"], state["seed"])
        n, W = len(start), Tensor(state["rho"] * weights, requires_grad=True)
        h0 = Tensor(np.tile(start, (n, 1)), requires_grad=True)
        x = Tensor(np.repeat(state["size"] * inputs[:, None], n, axis=1))  # (T, B, H), a row for each unit
        all_states = F.rnn_sequence(x, h0, Tensor(np.eye(n)), W, nonlinearity=state["activation"])
        np.testing.assert_allclose(all_states.data[:, 0], here.states[1:], rtol=1e-9, atol=1e-12)
        (all_states[state["steps"] - 1] * Tensor(np.eye(n))).sum().backward()
        assert np.linalg.norm(h0.grad) / n**0.5 == pytest.approx(here.norms[0], rel=1e-9, abs=TINY)
        assert optim.clip_grad_norm_([W], state["clip"] or np.inf) == pytest.approx(here.gradient, rel=1e-9, abs=TINY)
        assert np.linalg.norm(W.grad) == pytest.approx(here.gradient * here.factor, rel=1e-9, abs=TINY)


def test_it_is_the_engines_cell_step_by_step():
    state = state_of(rho=1.4, steps=12)
    start, weights, inputs = draw("random", 12, 0)
    cell = nn.RNNCell(8, 8, rng=np.random.default_rng(0), dtype=np.float64)
    cell.load_state_dict({"weight_ih": np.eye(8), "weight_hh": 1.4 * weights, "bias": np.zeros(8)})
    h = Tensor(np.tile(start, (8, 1)), requires_grad=True)
    states = [h]
    for x in inputs:
        h = cell(np.tile(0.5 * x, (8, 1)), h)
        h.retain_grad()
        states.append(h)
    h.backward(np.eye(8))
    norms = [np.linalg.norm(h.grad) / 8**0.5 for h in states]
    np.testing.assert_allclose(compute(state).norms, norms, rtol=1e-9)


def test_laws_of_the_linear_network():
    for kind in ("one", "orthogonal"):
        computed = compute(state_of(kind, activation="identity", rho=0.93, steps=100))
        np.testing.assert_allclose(computed.norms, computed.line, rtol=1e-9)
        assert "0.93 a step. The line of slope log ρ comes to 7.1·10⁻⁴, the same" in words(computed)
    for seed in range(20):  # any matrix, in the long run: at most a fixed factor off the line (Gelfand)
        computed = compute(state_of(activation="identity", rho=1.2, steps=100, seed=seed))
        off = np.log(np.divide(computed.norms, computed.line))
        assert abs(off[0]) < 3 and abs(off[0] - off[50]) < 1


def test_the_latch_vanishes_although_its_weight_is_two():
    computed = compute(state_of("one", rho=2.0, steps=100, size=0.0))
    assert computed.states[-1][0] == pytest.approx(0.9575, abs=1e-4)
    assert computed.norms[0] < 1e-70 and computed.line[0] > 1e30
    assert words(computed).startswith("With tanh the gradient vanishes: going back 100 steps multiplies its norm by ")


def test_the_verdict_has_three_words_and_clipping_two():
    assert "is kept" in words(compute(state_of("orthogonal", rho=1.3, size=0.0)))
    assert "explodes" in words(compute(state_of("orthogonal", activation="relu", rho=2.0)))
    dead = compute(state_of("one", activation="relu", rho=0.9))
    assert dead.norms[0] == 0 and "multiplies its norm by 0: some factor on the way is exactly 0." in words(dead)
    large = compute(state_of("one", activation="identity", clip=1.0))
    assert large.factor == pytest.approx(1 / (large.gradient + 1e-6)) and "its slope stays" in words(large)
    small = compute(state_of("one", rho=0.5, steps=2, size=0.0, clip=10.0))
    assert small.factor == 1 and "would make nothing larger" in words(small)
    assert "clipping" not in words(compute(state_of())) and "clipped" not in picture(compute(state_of()))
    assert "slopes of tanh" in words(compute(state_of())) and "% of the units pass" in words(dead)


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"kind": "two"}, ValueError, "kind must be one of 'one', 'random', 'orthogonal'"),
        ({"kind": 8}, TypeError, "kind must be one of"),
        ({"rho": 0}, ValueError, "rho must be"),
        ({"rho": math.nan}, ValueError, "rho must be finite"),
        ({"rho": 2.1}, ValueError, "rho must be"),
        ({"steps": 1}, ValueError, "steps must be at least 2"),
        ({"steps": 101}, ValueError, "steps must be at most 100"),
        ({"steps": 5.0}, TypeError, "steps must be an integer"),
        ({"activation": "gelu"}, ValueError, "activation must be one of"),
        ({"size": -1}, ValueError, "size must be"),
        ({"clip": 0}, ValueError, "clip must be"),
        ({"clip": "1"}, TypeError, "clip must be a number"),
        ({"seed": 1024}, ValueError, "seed must be at most 1023"),
    ],
)
def test_bad_input_is_refused(arguments, kind, message):
    with pytest.raises(kind, match=message):
        gradient_through_time(**arguments)


def test_the_bundle_is_light():
    assert len(bundle("gradient_through_time").encode()) <= 36_000
