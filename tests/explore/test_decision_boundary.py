"""Decision boundary: the script against NumPy, NumPy against laws and counting; the two pictures alike."""

import math
import re

import numpy as np
import pytest
from explore.javascript import run

from chainrule.explore import decision_boundary
from chainrule.explore.bundle import bundle
from chainrule.explore.decision_boundary_contour import zero_segments
from chainrule.explore.decision_boundary_model import (
    PENALTY,
    PRESETS,
    area_under,
    compute,
    cut_of,
    logistic_regression,
    preset,
    roc_curve,
)
from chainrule.explore.decision_boundary_picture import picture, words

FIRST = decision_boundary().state
EXPORTS = """
export const wide = (state) => picture(compute(state), 700);
export const narrow = (state) => picture(compute(state), 330);
"""


@pytest.fixture(scope="module")
def script():
    return bundle("decision_boundary") + EXPORTS


def state_of(points, quadratic=False, threshold=0.5):
    rows = [[x, y, int(label)] for x, y, label in np.asarray(points, dtype=float).reshape(-1, 3).tolist()]
    return {"points": rows, "quadratic": quadratic, "threshold": threshold}


def random_states(count, seed):
    rng = np.random.default_rng(seed)
    states = []
    for _ in range(count):
        n = int(rng.integers(1, 120))
        label = (rng.random(n) < rng.uniform(0.05, 0.95)).astype(float)
        places = np.round(np.clip(rng.normal(size=(n, 2)) + rng.uniform(0, 1.5) * (2 * label - 1)[:, None], -3, 3), 2)
        points = np.column_stack([places + 0.0, label])
        states.append(state_of(points, bool(rng.integers(2)), int(rng.integers(1, 100)) / 100))
    return states


HARD = [
    state_of([]),
    state_of([[0, 0, 1]]),
    state_of([[0, 0, 0], [0.5, 1, 0]], True),
    state_of([[1, 1, 1], [1, 1, 0], [1, 1, 1]], True, 0.6),  # equal scores
    state_of([[1, 1, 1], [1, 1, 0], [-1, 2, 0], [1, 1, 1], [-1, 2, 1]], False, 0.6),
    state_of([[-3, -3, 0]] * 100 + [[3, 3, 1]], True, 0.99),
    state_of([[-3, 3, 1], [3, -3, 1], [3, 3, 0], [-3, -3, 0]], True, 0.45),  # a hyperbola
]
STATES = [
    *(state_of(preset(name), quadratic, t) for name in PRESETS for quadratic in (False, True) for t in (0.5, 0.13)),
    *HARD,
    *random_states(40, seed=8),
]  # fmt: skip


def values(script, calls):
    answers = run(script, calls)
    assert [answer for answer in answers if "error" in answer] == []
    return [answer["value"] for answer in answers]


def loss(weights, points, quadratic):
    """Return the penalised log loss, written the long way."""
    total = 0.0
    for x, y, label in points:
        features = [1, x, y, *((x * x, x * y, y * y) if quadratic else ())]
        z = sum(w * f for w, f in zip(weights, features))
        total += math.log1p(math.exp(-abs(z))) + max(0.0, -z if label else z)
    return total / len(points) + PENALTY / 2 * sum(w * w for w in weights)


def test_the_weights_are_at_the_minimum():
    rng = np.random.default_rng(1)
    for state in STATES:
        points, quadratic = np.reshape(state["points"], (-1, 3)).astype(float), state["quadratic"]
        w = logistic_regression(points, quadratic)
        if len(points) == 0:
            assert (w == 0).all()
            continue
        x, y, label = points.T
        columns = [np.ones_like(x), x, y, *((x * x, x * y, y * y) if quadratic else ())]
        features = np.stack(columns, axis=1)
        p = 1 / (1 + np.exp(-features @ w))
        np.testing.assert_allclose(features.T @ (p - label) / len(x) + PENALTY * w, 0, atol=1e-13)
        least = loss(w, points, quadratic)
        assert all(loss(w + 1e-3 * rng.normal(size=w.size), points, quadratic) > least for _ in range(3))


def test_scikit_learn_finds_the_same_weights():
    linear_model = pytest.importorskip("sklearn.linear_model")
    for state in STATES[:16]:
        points = np.array(state["points"])
        x, y, label = points.T
        columns = [np.ones_like(x), x, y, *((x * x, x * y, y * y) if state["quadratic"] else ())]
        model = linear_model.LogisticRegression(
            C=1 / (PENALTY * len(x)), fit_intercept=False, tol=1e-12, max_iter=1000, solver="newton-cholesky"
        )
        found = model.fit(np.stack(columns, axis=1), label).coef_[0]
        np.testing.assert_allclose(logistic_regression(points, state["quadratic"]), found, rtol=1e-6, atol=1e-8)


def pairs_in_order(scores, labels):
    """Return the share of pairs, a positive and a negative, whose scores are in order; a tie counts half."""
    high, low = [s for s, k in zip(scores, labels) if k], [s for s, k in zip(scores, labels) if not k]
    return sum((a > b) + (a == b) / 2 for a in high for b in low) / (len(high) * len(low))


def test_the_area_is_the_share_of_pairs_in_order(script):
    rng = np.random.default_rng(2)
    given = []
    for _ in range(60):
        labels = np.array([0, 1, *rng.integers(0, 2, size=int(rng.integers(0, 40)))])
        given.append((rng.integers(0, 8, size=len(labels)) / 4, labels))  # many ties
    lines = script + "\nexport const roc = ({ scores, labels }) => rocCurve(scores, labels);"
    calls = [("roc|areaUnder", {"scores": s.tolist(), "labels": k.tolist()}) for s, k in given]
    for (scores, labels), found in zip(given, values(lines, calls)):
        expected = pairs_in_order(scores, labels)
        assert area_under(roc_curve(scores, labels)) == pytest.approx(expected, abs=1e-12)
        assert found == pytest.approx(expected, abs=1e-12)
        roc = roc_curve(scores, labels)
        assert roc[0].tolist() == [0, 0] and roc[-1].tolist() == [1, 1] and (np.diff(roc, axis=0) >= 0).all()
    for state in STATES:
        shown = compute(state)
        labels = shown.points[:, 2]
        if len(set(labels)) == 2:
            assert shown.metrics["area"] == pytest.approx(pairs_in_order(shown.scores, labels), abs=1e-12)
        else:
            assert math.isnan(shown.metrics["area"]) and len(shown.roc) == 0


def test_the_counts_are_those_of_counting():
    for state in STATES:
        shown = compute(state)
        counts = dict.fromkeys(("tp", "fp", "fn", "tn"), 0)
        for (_, _, label), z in zip(state["points"], shown.scores):
            said = 1 / (1 + math.exp(-z)) >= state["threshold"]
            counts[("t" if said == (label == 1) else "f") + ("p" if said else "n")] += 1
        assert shown.counts == counts
        tp, fp, fn, tn = counts.values()
        metrics = shown.metrics
        if tp:
            harmonic = 2 / (1 / metrics["precision"] + 1 / metrics["recall"])
            assert metrics["f1"] == pytest.approx(harmonic, rel=1e-12)
        if len(shown.roc):  # the threshold's own point lies on the curve
            here = (fp / (fp + tn), tp / (tp + fn))
            assert min(math.dist(here, point) for point in shown.roc) < 1e-12


def faults(state, got):
    """Return what of a state's numbers differs from NumPy's."""
    shown = compute(state)
    pairs = {"weights": shown.weights, "scores": shown.scores, "roc": shown.roc.tolist()}
    found = [
        what for what, b in pairs.items() if not np.allclose(np.array(got[what], float), b, rtol=1e-9, atol=1e-9)
    ]
    found += [
        name
        for name, value in shown.metrics.items()
        if not np.isclose(float(got["metrics"][name]), value, rtol=1e-9, equal_nan=True)
    ]
    return found + (["counts"] if got["counts"] != shown.counts else [])


def test_the_script_agrees_with_numpy(script):
    found = values(script, [("compute", state) for state in STATES])
    assert [faults(state, got) for state, got in zip(STATES, found)] == [[]] * len(STATES)
    for name, points in zip(PRESETS, values(script, [("preset", name) for name in PRESETS])):
        np.testing.assert_array_equal(points, preset(name))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("gradient[j] += (value * (p - points[i][2])) / rows.length", "gradient[j] += value * (p - points[i][2])"),
        ("(j === k ? PENALTY : 0)", "0"),
        ("weights.map((w) => PENALTY * w)", "weights.map((w) => 0 * w)"),
        ("w[4] * x * y", "w[4] * x * x"),
        ("filter((z) => z >= cut)", "filter((z) => z > cut)"),
        ("* (y + roc[i][1])) / 2", "* (y + roc[i][1]))"),
        ("scores[i] >= cut === said", "scores[i] > -cut === said"),
        ("Math.log(threshold / (1 - threshold))", "threshold"),
        ("precision: tp / (tp + fp)", "precision: tp / (tp + fn)"),
        ("f1: (2 * tp)", "f1: tp"),
    ],
)
def test_a_planted_error_is_caught(script, right, wrong):
    assert script.count(right) == 1
    answers = run(script.replace(right, wrong), [("compute", state) for state in STATES[:16]])
    assert any("error" in got or faults(state, got["value"]) for state, got in zip(STATES, answers))


def test_the_picture_without_scripts_is_the_one_that_the_script_draws(script):
    drawn = values(script, [("compute|picture", state) for state in STATES])
    wide = values(script, [("wide", state) for state in STATES])
    narrow = values(script, [("narrow", state) for state in STATES])
    said = values(script, [("compute|words", state) for state in STATES])
    for k, state in enumerate(STATES):
        shown = compute(state)
        assert said[k] == words(shown)
        assert drawn[k] == picture(shown)
        assert wide[k] == picture(shown, 700)
        assert narrow[k] == picture(shown, 330)


def test_the_boundary_lies_where_the_probability_is_the_threshold():
    assert zero_segments(lambda x, y: 1.0, 3) == [] == zero_segments(lambda x, y: -1.0, 3)
    line = np.array(zero_segments(lambda x, y: 2 * x - y + 0.3, 3)).reshape(-1, 2)
    np.testing.assert_allclose(2 * line[:, 0] - line[:, 1] + 0.3, 0, atol=1e-12)
    assert np.ptp(line[:, 1]) == pytest.approx(6)
    circle = np.array(zero_segments(lambda x, y: x * x + y * y - 4, 3))
    np.testing.assert_allclose(np.linalg.norm(circle.reshape(-1, 2), axis=1), 2, atol=5e-3)
    around = np.linalg.norm(circle[:, 1] - circle[:, 0], axis=1).sum()
    assert around == pytest.approx(4 * math.pi, rel=2e-3)  # nothing missing, nothing twice
    saddle = np.array(zero_segments(lambda x, y: (x - 0.11) * (y - 0.07) - 1e-6, 3))
    middle = saddle.mean(axis=1)
    np.testing.assert_allclose((middle[:, 0] - 0.11) * (middle[:, 1] - 0.07), 0, atol=3e-2)


def test_the_first_state_teaches():
    shown = compute(FIRST)
    assert shown.counts == {"tp": 1, "fp": 2, "fn": 5, "tn": 58} and shown.metrics["area"] > 0.9
    assert words(shown) == (
        "Threshold 0.5: 59 of 66 points are right, accuracy 0.894. 1 of 6 positives are found, recall 0.167; "
        "2 false alarms, precision 0.333; F1 0.222. Area under the ROC curve 0.936. "
        "Calling every point negative would be right for 60 of 66."
    )
    lower = compute({**FIRST, "threshold": 0.1})
    assert lower.metrics["recall"] > 0.8 and lower.metrics["f1"] > shown.metrics["f1"]
    assert lower.metrics["area"] == shown.metrics["area"]
    assert "paint the other class" in words(compute(HARD[1])) and "No points yet" in words(compute(HARD[0]))
    assert "undefined" in words(compute({**FIRST, "threshold": 0.99}))


def test_moving_the_threshold_only_trades_recall():
    recalls = [compute({**FIRST, "threshold": t / 100}).metrics["recall"] for t in range(1, 100)]
    assert recalls[0] == 1 and (np.diff(recalls) <= 0).all()
    assert cut_of(0.5) == 0


def test_the_code_shown_gives_the_numbers_shown(script, capsys):
    for state, lines in zip(STATES, values(script, [("code", state) for state in STATES])):
        if not state["points"]:
            assert lines.startswith("#")
            continue
        made = decision_boundary(state["points"], quadratic=state["quadratic"], threshold=state["threshold"])
        assert lines == made.code
        exec(lines, {})
        shown, printed = compute(state), capsys.readouterr().out
        counts = {name: int(number) for name, number in re.findall(r"(tp|fn|fp|tn) (\d+)", printed)}
        assert counts == shown.counts
        for name, number in re.findall(r"(accuracy|recall|area|F1) ([\d.]+)", printed):
            assert float(number) == pytest.approx(shown.metrics[name.lower()], abs=6e-4)
        assert ("area" in printed) == (len(shown.roc) > 0)


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"points": "spirals"}, ValueError, "points must be one of 'two blobs', 'overlapping blobs'"),
        ({"points": []}, ValueError, r"points must be a preset's name or 1 to 200 points .*; got shape \(0,\)"),
        ({"points": [[0, 0]]}, ValueError, r"got shape \(1, 2\)"),
        ({"points": [[0, 0, 0]] * 201}, ValueError, r"got shape \(201, 3\)"),
        ({"points": [[0, 0, "a"]]}, TypeError, "got a list of something else"),
        ({"points": [[0, 3.1, 0]]}, ValueError, r"points must lie in .*; got \(0.0, 3.1, 0.0\)"),
        ({"points": [[0, math.nan, 0]]}, ValueError, "points must lie in"),
        ({"points": [[0, 0, 2]]}, ValueError, "of class 0 or 1"),
        ({"quadratic": 1}, TypeError, "quadratic must be True or False"),
        ({"threshold": 0}, ValueError, "threshold must be finite and at least 0.01 and at most 0.99"),
        ({"threshold": "0.5"}, TypeError, "threshold must be a number"),
    ],
)
def test_bad_input_is_refused(arguments, kind, message):
    with pytest.raises(kind, match=message):
        decision_boundary(**arguments)
