"""The race: the script against Python, the optimisers of the engine and theory; the two pictures alike."""

import json
import math

import numpy as np
import pytest
from explore.javascript import run

from chainrule.explore import race
from chainrule.explore.bundle import bundle
from chainrule.explore.race_picture import drawn_contours, drawn_losses, words
from chainrule.explore.race_simulation import ARRIVED, LAST, RUNNERS, SURFACES, compute, rate

# What the figure keeps to itself, and less of it than 5000 steps.
EXPORTS = """
const few = (list) => list.filter((_, i) => i <= 400 || i % 250 === 0);
const shorter = (run) => ({ ...run, points: few(run.points), losses: few(run.losses) });
export const brief = ({ runs, rates }) => ({ rates, runs: runs.map(shorter) });
export const draw = (all) => [drawContours(all, 400, 290), drawLosses(all, 400, 260), words(all)];
const entries = Object.entries(SURFACES);
const kept = ({ title, window, levels, unit, first, c }) => ({ title, window, levels, unit, first, c });
export const surfaces = () => Object.fromEntries(entries.map(([name, surface]) => [name, kept(surface)]));
"""


@pytest.fixture(scope="module")
def script():
    return bundle("race") + EXPORTS


def state_of(surface="ravine", **changes):
    state = {"surface": surface, "kappa": 50.0, "noise": 0.0, "seed": 0, **SURFACES[surface].first, **changes}
    return {**state, "start": list(state["start"])}


def random_states(count, seed):
    rng = np.random.default_rng(seed)
    states = []
    for _ in range(count):
        surface = str(rng.choice(list(SURFACES)))
        x0, x1, y0, y1 = SURFACES[surface].window
        states.append(state_of(
            surface, kappa=float(rng.integers(1, 1000)), momentum=round(float(rng.uniform(0, 0.99)), 2),
            lr=float(f"{SURFACES[surface].first['lr'] * rng.uniform(0.2, 1.2):.3g}"),
            adam=round(float(rng.uniform(0.001, 0.3)), 3),
            start=[round(float(rng.uniform(x0, x1)), 2), round(float(rng.uniform(y0, y1)), 2)],
            steps=int(rng.integers(10, 400)),
        ))  # fmt: skip
    return states


STATES = [
    *(state_of(surface) for surface in SURFACES),
    *(state_of(surface, noise=0.1 * SURFACES[surface].unit, seed=seed) for seed, surface in enumerate(SURFACES)),
    state_of(lr=2.1, momentum=0.0), state_of(lr=5.0, steps=10), state_of(start=[0.0, 0.0]), state_of(kappa=1.0, lr=1.0),
    state_of(momentum=0.99, steps=5000), state_of("rosenbrock", lr=0.01),
    *random_states(12, seed=1),
]  # fmt: skip


def values(script, calls):
    answers = run(script, calls)
    assert [answer for answer in answers if "error" in answer] == []
    return [answer["value"] for answer in answers]


def few(numbers):
    return [x for i, x in enumerate(numbers) if i <= 400 or i % 250 == 0]


def test_the_surfaces_are_the_same_in_both(script):
    for name, there in values(script, [("surfaces", None)])[0].items():
        here = SURFACES[name]
        assert there == json.loads(json.dumps({key: getattr(here, key) for key in there}))


@pytest.mark.parametrize("name", SURFACES)
def test_a_surface_has_its_gradient_and_the_minimum_zero(name):
    surface, rng = SURFACES[name], np.random.default_rng(5)
    for x, y in rng.uniform(-2, 2, size=(50, 2)):
        step = 1e-6
        numeric = [
            (surface.loss(7.0, x + step, y) - surface.loss(7.0, x - step, y)) / (2 * step),
            (surface.loss(7.0, x, y + step) - surface.loss(7.0, x, y - step)) / (2 * step),
        ]
        np.testing.assert_allclose(surface.gradient(7.0, x, y), numeric, rtol=1e-6, atol=1e-6)
    values = [surface.loss(7.0, x, surface.r(x)) for x in np.linspace(-3, 3, 6001)]
    assert min(values) >= 0 and min(values) < 1e-12


def test_both_take_the_same_steps(script):
    for state, there in zip(STATES, values(script, [("compute|brief", state) for state in STATES])):
        here = compute(state)
        np.testing.assert_allclose(there["rates"], here.rates, rtol=1e-12)
        for mine, other in zip(here.runs, there["runs"]):
            assert (mine.runner, mine.arrived, mine.diverged) == (other["runner"], other["arrived"], other["diverged"])
            np.testing.assert_allclose(few(mine.points), other["points"], rtol=1e-9, atol=1e-9)
            np.testing.assert_allclose(few(mine.losses), other["losses"], rtol=1e-9, atol=1e-9)


def test_the_pictures_and_words_are_the_same(script):
    for state, there in zip(STATES, values(script, [("compute|draw", state) for state in STATES])):
        here = compute(state)
        assert there == [drawn_contours(here, 400, 290), drawn_losses(here, 400, 260), words(here)]


def test_the_code_shown_runs_the_same_race_with_the_engine(script, capsys):
    states = [state for state in STATES if state["steps"] <= 400]
    for state, shown in zip(states, values(script, [("code", state) for state in states])):
        arguments = {"adam_lr" if name == "adam" else name: value for name, value in state.items()}
        assert shown == race(**arguments).code
        names = {}
        exec(shown, names)
        for mine in compute(state).runs:
            # Adam divides g by its own size: where g vanishes, the last digits of both decide its sign
            kept = names["losses"][mine.runner][: len(mine.losses)]
            np.testing.assert_allclose(mine.losses[: len(kept)], kept, rtol=1e-7, atol=1e-11 * mine.losses[0] + 1e-15)


def companion_rate(runner, state):
    """The spectral radius of the recursion's matrix on (error, last step), by its eigenvalues."""
    lr, b = state["lr"], 0.0 if runner == "gradient descent" else state["momentum"]
    radii = []
    for curvature in (1 / state["kappa"], 1.0):
        inner = lr * curvature * (1 + b if runner == "Nesterov" else 1)
        # v = b v + curvature e; e -= lr v (+ the gradient once more with Nesterov)
        pull = lr * b * (b if runner == "Nesterov" else 1)
        radii.append(np.abs(np.linalg.eigvals([[1 - inner, -pull], [curvature, b]])).max())
    return max(radii)


@pytest.mark.parametrize("runner", RUNNERS[:3])
def test_the_rate_is_the_spectral_radius_and_the_race_has_it(runner):
    for state in random_states(40, seed=2):
        if state["surface"] == "ravine":
            assert rate(runner, state) == pytest.approx(companion_rate(runner, state), rel=1e-6, abs=1e-6)
    state = state_of(kappa=100.0, lr=0.9, momentum=0.3)
    (mine,) = (one for one in compute(state).runs if one.runner == runner)
    measured = (mine.losses[1200] / mine.losses[200]) ** (1 / 2000)
    assert measured == pytest.approx(rate(runner, state), rel=1e-4)


def test_polyaks_choice_is_the_heavy_balls_best():
    kappa = 100.0
    root = kappa**0.5
    best = state_of(kappa=kappa, lr=4 / (1 + 1 / root) ** 2, momentum=((root - 1) / (root + 1)) ** 2)
    assert rate("heavy ball", best) == pytest.approx((root - 1) / (root + 1), rel=1e-6)
    other = state_of(kappa=kappa, lr=2 / (1 + 1 / kappa))
    assert rate("gradient descent", other) == pytest.approx((kappa - 1) / (kappa + 1), rel=1e-12)


def test_arrival_is_for_good_and_divergence_is_said():
    computed = compute(state_of())
    for mine in computed.runs:
        limit = ARRIVED * mine.losses[0]
        assert mine.losses[mine.arrived - 1] > limit and max(mine.losses[mine.arrived :]) <= limit
    assert "by Nesterov after 44 steps, then heavy ball 62" in words(computed)
    fast = compute(state_of(lr=2.1, momentum=0.0))
    assert rate("gradient descent", fast.state) == pytest.approx(1.1)
    limit = 1e6 * (1 + fast.runs[0].losses[0])
    assert fast.runs[0].diverged == math.ceil(math.log(limit / (0.5 * 1.4**2)) / (2 * math.log(1.1)))
    assert f"Diverged: gradient descent after {fast.runs[0].diverged} steps" in words(fast)
    assert len(compute(state_of()).runs[0].losses) == LAST + 1


def test_where_momentum_rolls_on_descent_rests():
    ends = {mine.runner: mine.points[-1][0] for mine in compute(state_of("wells")).runs}
    assert {name: round(x, 3) for name, x in ends.items()} == dict(zip(RUNNERS, (1.5, -1.5, -1.5, 1.5)))
    assert "gradient descent (loss 2.3, the shallow minimum)" in words(compute(state_of("wells")))


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"surface": "hill"}, ValueError, "surface must be one of 'ravine'"),
        ({"surface": None}, TypeError, "surface must be one of"),
        ({"kappa": 0.5}, ValueError, "kappa must be finite and at least 1"),
        ({"kappa": "50"}, TypeError, "kappa must be a number"),
        ({"lr": 0}, ValueError, "lr must be"),
        ({"lr": math.nan}, ValueError, "lr must be finite"),
        ({"momentum": 1.0}, ValueError, "momentum must be"),
        ({"adam_lr": 2}, ValueError, "adam_lr must be"),
        ({"noise": -1}, ValueError, "noise must be"),
        ({"seed": 1024}, ValueError, "seed must be at most 1023"),
        ({"start": 3}, TypeError, "start must be two numbers; got 3"),
        ({"start": (1, 2, 3)}, TypeError, "start must be two numbers"),
        ({"start": (1, 11)}, ValueError, r"start\[1\] must be"),
        ({"steps": 5}, ValueError, "steps must be at least 10"),
        ({"steps": 10.0}, TypeError, "steps must be an integer"),
    ],
)
def test_bad_input_is_refused(arguments, kind, message):
    with pytest.raises(kind, match=message):
        race(**arguments)
