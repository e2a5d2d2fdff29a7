"""Fit: the script against NumPy, NumPy against an independent solver; the two pictures alike."""

import math
import re

import numpy as np
import pytest
from explore.javascript import run
from numpy.polynomial import legendre

from chainrule.explore import fit
from chainrule.explore.bundle import bundle
from chainrule.explore.fit_picture import best_degree, picture, words
from chainrule.explore.fit_ridge import GRID, HIGHEST, compute, design, ridge

FIRST = fit().state
EXPORTS = """
export const ridgeOf = ({ points, degree, penalty }) => ridge(points, degree, penalty);
export const wide = (state) => picture(compute(state), 700);
export const narrow = (state) => picture(compute(state), 330);
"""


@pytest.fixture(scope="module")
def script():
    return bundle("fit") + EXPORTS


def random_points(rng, count):
    return np.round(rng.uniform((-1, -1.5), (1, 1.5), size=(count, 2)), 2).tolist()


def random_states(count, seed):
    rng = np.random.default_rng(seed)
    return [
        {
            "train": random_points(rng, int(rng.integers(1, 41))),
            "validation": random_points(rng, int(rng.integers(0, 41))),
            "degree": int(rng.integers(HIGHEST + 1)),
            "log10_penalty": float(rng.integers(-32, 5)) / 4,
        }
        for _ in range(count)
    ]


HARD = [
    {**FIRST, "train": [[0.5, 1.0]], "degree": 15},
    {**FIRST, "train": [[0.5, y / 10] for y in range(-10, 10)], "degree": 15},
    {**FIRST, "train": [[(50 + i) / 100, (-1) ** i] for i in range(12)], "degree": 15},
    {**FIRST, "validation": []},
    {**FIRST, "log10_penalty": 1, "degree": 0},
]
STATES = [FIRST, *({**FIRST, "degree": degree} for degree in (0, 1, 3, 15)), *HARD, *random_states(40, seed=5)]


def values(script, calls):
    answers = run(script, calls)
    assert [answer for answer in answers if "error" in answer] == []
    return [answer["value"] for answer in answers]


def solved_by_lstsq(points, degree, penalty):
    """Return the weights by SVD of the augmented system, the basis from numpy.polynomial."""
    x, y = np.array(points).T
    scale = np.sqrt(2 * np.arange(degree + 1) + 1)
    rows = np.diag([0.0] + [math.sqrt(penalty * len(x))] * degree)
    system = np.vstack([legendre.legvander(x, degree) * scale, rows])
    return np.linalg.lstsq(system, np.append(y, np.zeros(degree + 1)), rcond=None)[0]


def test_the_basis_is_orthonormal_over_the_interval():
    nodes, weights = legendre.leggauss(20)
    basis = design(nodes, HIGHEST)
    np.testing.assert_allclose((basis.T * weights / 2) @ basis, np.eye(HIGHEST + 1), atol=1e-13)
    w = np.random.default_rng(0).normal(size=HIGHEST + 1)
    values_there = basis @ w
    variance = weights @ values_there**2 / 2 - (weights @ values_there / 2) ** 2
    assert variance == pytest.approx(np.sum(w[1:] ** 2), rel=1e-12)


# With a penalty of 1e-8 on points that lie together the augmented matrix has condition numbers to 1e5,
# and least squares may lose their square times 1e-16: there 1e-6, elsewhere 1e-9.
@pytest.mark.parametrize("state", STATES, ids=range(len(STATES)))
def test_ridge_is_least_squares_of_the_augmented_system(state):
    penalty, points = 10.0 ** state["log10_penalty"], np.array(state["train"])
    tolerance = 1e-9 if penalty > 1e-5 else 1e-6
    for degree in range(HIGHEST + 1):
        expected = solved_by_lstsq(points, degree, penalty)
        found = ridge(points, degree, penalty)
        scale = max(np.abs(expected).max(), np.abs(points[:, 1]).max())
        np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * scale)
        residual = design(points[:, 0], degree) @ found - points[:, 1]
        slope = design(points[:, 0], degree).T @ residual / len(points)
        slope[1:] += penalty * found[1:]
        np.testing.assert_allclose(slope, 0, atol=1e-11 * max(1, np.abs(found).max()))  # at the minimum


def faults(state, got):
    """Return what of a state's numbers differs from NumPy's."""
    tolerance = 1e-9 if state["log10_penalty"] > -5 else 1e-6
    fitted = compute(state)
    pairs = {"curve": (got["curve"], fitted.curve, tolerance)}
    for name in ("train", "validation"):
        pairs[name] = got["errors"][name], fitted.errors[name], 1e-3 * tolerance
    return [
        what
        for what, (a, b, least) in pairs.items()
        if not np.allclose(np.array(a, float), b, rtol=tolerance, atol=least, equal_nan=True)
    ]


def test_the_script_agrees_with_numpy(script):
    found = values(script, [("compute", state) for state in STATES])
    assert [faults(state, got) for state, got in zip(STATES, found)] == [[]] * len(STATES)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("(2 * j + 1) * x * row[j] - j * row[j - 1]", "(2 * j + 1) * x * row[j] - row[j - 1]"),
        ("Math.sqrt(2 * j + 1) * value", "value"),
        ("const share = Math.sqrt(points.length)", "const share = 1"),
        ("for (let j = 1; j <= degree; j += 1) data", "for (let j = 0; j <= degree; j += 1) data"),
        ("? Math.sqrt(penalty) : 0", "? penalty : 0"),
        ("(2 * product) / square", "product / square"),
        ("rest -= rows[k][j] * w[j]", "rest += rows[k][j] * w[j]"),
        ("- y) ** 2, 0) / points.length", "- y) ** 2, 0)"),
    ],
)
def test_a_planted_error_is_caught(script, right, wrong):
    assert script.count(right) == 1
    states = [{**state, "log10_penalty": -2.0} for state in STATES[:5]]
    found = values(script.replace(right, wrong), [("compute", state) for state in states])
    assert any(faults(state, got) for state, got in zip(states, found))


def test_the_picture_without_scripts_is_the_one_that_the_script_draws(script):
    drawn = values(script, [("compute|picture", state) for state in STATES])
    wide = values(script, [("wide", state) for state in STATES])
    narrow = values(script, [("narrow", state) for state in STATES])
    said = values(script, [("compute|words", state) for state in STATES])
    for k, state in enumerate(STATES):
        fitted = compute(state)
        assert said[k] == words(fitted)
        assert drawn[k] == picture(fitted)
        assert wide[k] == picture(fitted, 700)
        assert narrow[k] == picture(fitted, 330)


def test_the_first_state_teaches():
    fitted = compute(FIRST)
    validation = fitted.errors["validation"]
    assert best_degree(validation) == 3
    assert validation[9] > 10 * validation[3] and fitted.errors["train"][9] < 1e-9 < fitted.errors["train"][8]
    assert (np.diff(fitted.errors["train"]) < 1e-9).all()  # a higher degree never fits worse
    assert np.abs(fitted.curve).max() < 1.5
    assert words(fitted) == (
        "Degree 9, penalty 10⁻⁸: training error below 10⁻⁹, validation error 0.513. "
        "The curve follows the noise: at this penalty degree 3 has a validation error of 0.0268."
    )
    assert "too stiff" in words(compute({**FIRST, "degree": 1}))
    assert words(compute({**FIRST, "degree": 3})).endswith("no other degree does better.")
    assert words(compute({**FIRST, "degree": 4})).endswith("no other degree does much better.")
    assert "nobody knows" in words(compute({**FIRST, "validation": []}))


def test_the_penalty_tames_the_curve():
    spread = [np.var(compute({**FIRST, "degree": 15, "log10_penalty": power}).curve) for power in range(-8, 2)]
    assert (np.diff(spread) < 0).all()
    assert len(GRID) == 201 and GRID[100] == 0


def test_the_code_shown_gives_the_numbers_shown(script, capsys):
    shown = values(script, [("code", state) for state in STATES])
    for state, lines in zip(STATES, shown):
        made = fit(state["train"], state["validation"], degree=state["degree"], log10_penalty=state["log10_penalty"])
        assert lines == made.code
        exec(lines, {})
        fitted = compute(state)
        printed = [float(number) for number in re.findall(r"error (\S+)", capsys.readouterr().out)]
        expected = [fitted.errors[name][state["degree"]] for name in ("train", "validation")]
        expected = expected if state["validation"] else expected[:1]
        np.testing.assert_allclose(printed, expected, rtol=6e-3, atol=1e-9)


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"train": []}, ValueError, r"train must be 1 to 40 points \(x, y\); got shape \(0, 2\)"),
        ({"train": [[0, 0]] * 41}, ValueError, "train must be 1 to 40 points"),
        ({"train": [[0, 0, 0]]}, ValueError, r"got shape \(1, 3\)"),
        ({"train": [[0, 0], [0]]}, TypeError, "got a list of something else"),
        ({"train": None}, ValueError, "train must be 1 to 40 points"),
        ({"train": "points"}, TypeError, "got a str of something else"),
        ({"train": [[0, 0], [1.5, 0]]}, ValueError, r"train must lie in .*; got \(1.5, 0.0\)"),
        ({"validation": [[0, -1.6]]}, ValueError, "validation must lie in"),
        ({"validation": [[0, math.nan]]}, ValueError, "validation must lie in"),
        ({"degree": 16}, ValueError, "degree must be at most 15; got degree=16"),
        ({"degree": -1}, ValueError, "degree must be at least 0"),
        ({"degree": 3.0}, TypeError, "degree must be an integer"),
        ({"log10_penalty": -8.1}, ValueError, "log10_penalty must be finite and at least -8 and at most 1"),
        ({"log10_penalty": "0"}, TypeError, "log10_penalty must be a number"),
    ],
)
def test_bad_input_is_refused(arguments, kind, message):
    with pytest.raises(kind, match=message):
        fit(**arguments)


def test_what_is_given_is_rounded_and_kept():
    state = fit([(-0.0, 1 / 3)], [], degree=2, log10_penalty=-1.234).state
    assert state == {"train": [[0.0, 0.3333]], "validation": [], "degree": 2, "log10_penalty": -1.23}
    assert "-0" not in fit([(-0.0, -1e-9)], []).code.split("degree")[0]
