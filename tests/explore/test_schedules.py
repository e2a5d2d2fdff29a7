"""Schedules: the script against chainrule.optim, by the very code that the figure hands out."""

import itertools
import math

import numpy as np
import pytest
from explore.javascript import run

from chainrule import Tensor, optim
from chainrule.explore import schedules
from chainrule.explore.bundle import bundle
from chainrule.explore.schedules_picture import TITLES, compute, picture, schedule_of, words

EXPORTS = """
export const all = (state) => { const found = compute(state); return { ...found, code: code(state), words: words(found), svg: picture(found, 400) }; };
export const titles = () => Object.fromEntries(Object.entries(SHAPES).map(([name, [title]]) => [name, title]));
"""  # noqa: E501
OWN = {
    "constant": [{}],
    "step": [{"every": 1, "gamma": 0.95}, {"every": 30, "gamma": 0.3}, {"every": 1000, "gamma": 1.0}],
    "exponential": [{"decay": 0.9}, {"decay": 0.973}, {"decay": 1.0}],
    "polynomial": [{"power": 0.1}, {"power": 1.0}, {"power": 2.5}],
    "cosine": [{"low": 0.0}, {"low": 0.25}, {"low": 1.0}],
    "sgdr": [{"period": 1, "mult": 1}, {"period": 15, "mult": 2, "low": 0.1}, {"period": 7, "mult": 4}],
    "onecycle": [{"rise": 0.05, "div": 1.0}, {"rise": 0.3, "div": 25.0}, {"rise": 0.95, "div": 3.7}],
}
SIZES = [(0.1, 100, 10), (1e-4, 10, 0), (3.7, 437, 436), (1.0, 1000, 1)]  # lr, steps, warmup
STATES = [
    schedules(shape, lr=lr, steps=steps, warmup=warmup, **own).state
    for shape, settings in OWN.items()
    for own, (lr, steps, warmup) in itertools.product(settings, SIZES)
]


@pytest.fixture(scope="module")
def shown():
    """What the script has for every state."""
    answers = run(bundle("schedules") + EXPORTS, [("all", state) for state in STATES])
    assert [answer for answer in answers if "error" in answer] == []
    return [answer["value"] for answer in answers]


def test_the_names_are_the_same_in_both():
    assert run(bundle("schedules") + EXPORTS, [("titles", None)])[0]["value"] == TITLES
    assert set(OWN) == set(TITLES)


def test_the_code_gives_the_curve_that_the_script_draws(shown, capsys):
    assert len(STATES) >= 70
    for state, there in zip(STATES, shown):
        assert there["code"] == schedules(**state).code
        names = {}
        exec(there["code"], names)
        path = names["schedule"].path(names["n_steps"])
        np.testing.assert_allclose(there["rates"], path, rtol=1e-9, atol=1e-13 * state["lr"])
        assert float(capsys.readouterr().out) == pytest.approx(there["area"], rel=1e-12)


def test_both_compute_the_same(shown):
    for state, there in zip(STATES, shown):
        here = compute(state)
        np.testing.assert_allclose(there["rates"], here.rates, rtol=1e-9, atol=1e-13 * state["lr"])
        assert there["when"] == here.when
        assert (there["area"], there["peak"]) == pytest.approx((here.area, here.peak), rel=1e-12)


def test_the_picture_and_the_words_are_the_same(shown):
    for state, there in zip(STATES, shown):
        here = compute(state)
        assert there["words"] == words(here)
        assert there["svg"] == picture(here, 400)


def test_the_code_drives_a_real_optimiser(shown):
    for state, there in zip(STATES[::5], shown[::5]):
        p = Tensor([1.0], requires_grad=True)
        optimizer = optim.SGD([p], lr=state["lr"])
        text = there["code"].replace("optimizer = lr  #", "optimizer = given  #")
        names = {"given": optimizer}
        exec(text, names)
        used = []
        for _ in range(min(50, state["steps"])):
            used.append(optimizer.lr)
            (p * 0.0).sum().backward()
            optimizer.step()
            names["schedule"].step()
        np.testing.assert_allclose(used, there["rates"][: len(used)], rtol=1e-9, atol=1e-13 * state["lr"])


def test_areas_have_their_closed_forms():
    assert compute(schedules("constant", warmup=0).state).area == pytest.approx(10.0)
    # a cosine and a line down to 0 have half the constant's area, plus half of the first step
    for shape in ("cosine", "polynomial"):
        assert compute(schedules(shape, warmup=0).state).area == pytest.approx(0.1 * (100 + 1) / 2)
    decayed = compute(schedules("exponential", warmup=0, decay=0.97).state).area
    assert decayed == pytest.approx(0.1 * (1 - 0.97**100) / (1 - 0.97))
    warm = compute(schedules("constant", warmup=10).state)
    assert warm.area == pytest.approx(0.1 * (90 + 10 * (0.01 + 0.99 * 0.45)))
    assert warm.when == 10 and warm.peak == 0.1
    assert "as much as 94.6 steps at the peak" in words(warm)


def test_one_cycle_has_no_other_warm_up():
    state = schedules("onecycle", warmup=50).state
    assert isinstance(schedule_of(state), optim.OneCycleLR)
    assert "warm-up" not in words(compute(state)) and "SequentialLR" not in schedules("onecycle").code


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"shape": "square"}, ValueError, "shape must be one of 'constant'"),
        ({"lr": 0}, ValueError, "lr must be"),
        ({"lr": math.inf}, ValueError, "lr must be finite"),
        ({"lr": "0.1"}, TypeError, "lr must be a number"),
        ({"steps": 9}, ValueError, "steps must be at least 10"),
        ({"steps": 100.0}, TypeError, "steps must be an integer"),
        ({"warmup": -1}, ValueError, "warmup must be at least 0"),
        ({"warmup": 100}, ValueError, "warmup must be less than steps; got warmup=100, steps=100"),
        ({"every": 0}, ValueError, "every must be at least 1"),
        ({"gamma": 0}, ValueError, "gamma must be"),
        ({"decay": 1.1}, ValueError, "decay must be"),
        ({"power": 0}, ValueError, "power must be"),
        ({"low": -0.1}, ValueError, "low must be"),
        ({"period": True}, TypeError, "period must be an integer"),
        ({"mult": 5}, ValueError, "mult must be at most 4"),
        ({"rise": 0}, ValueError, "rise must be"),
        ({"div": 0.5}, ValueError, "div must be"),
    ],
)
def test_bad_input_is_refused(arguments, kind, message):
    with pytest.raises(kind, match=message):
        schedules(**arguments)
