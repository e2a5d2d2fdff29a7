"""Attention by hand: the script against Python and the engine; laws of attention; the two pictures alike."""

import math
import re

import numpy as np
import pytest
from explore.javascript import run

from chainrule.explore.attention_by_hand import KEYS, QUERIES, TOKENS, VALUES, attention_by_hand
from chainrule.explore.attention_picture import picture, rounded, words
from chainrule.explore.attention_scores import chosen, compute
from chainrule.explore.bundle import bundle
from chainrule.nn import functional as F

EXPORTS = """
export const all = (state) => { const found = compute(state); return { ...found, code: code(state), words: words(found), formulas: formulas(found), pictures: [300, 400, 720].map((width) => picture(found, width)) }; };
export const under = ([state, width, place]) => cellUnder(state, width, place);
"""  # noqa: E501
TABLES = ("scores", "powers", "sums", "weights", "slopes", "steepest")


def state_of(**changes):
    points = {"queries": QUERIES, "keys": KEYS, "values": VALUES}
    n = len(changes.get("tokens", TOKENS))
    own = {name: [list(place) for place in rows[:n]] for name, rows in points.items()}
    fixed = {"scale": None, "key_scale": 1, "mask": "none", "heads": 1, "at": [0, 3, 1]}
    return {"tokens": list(TOKENS), **own, **fixed, **changes}


def random_states(count, seed):
    rng, states = np.random.default_rng(seed), []
    for _ in range(count):
        n = int(rng.integers(2, 5))
        points = {
            name: (rng.uniform(-1, 1, (n, 2)) * [3, 2]).round(2).tolist() for name in ("queries", "keys", "values")
        }
        states.append(
            state_of(
                tokens=list(TOKENS[:n]), **points,
                scale=[None, 1, round(float(10 ** rng.uniform(-1.3, 0.6)), 3)][rng.integers(3)],
                key_scale=[1, 4, round(float(2 ** rng.uniform(-2, 3)), 2)][rng.integers(3)],
                mask=["none", "causal"][rng.integers(2)], heads=int(rng.integers(1, 3)),
                at=rng.integers(0, [2, 4, 4]).tolist(),
            )
        )  # fmt: skip
    return states


FAR = [[3, 2], [-3, -2], [3, -2], [-3, 2]]
STATES = [
    state_of(), state_of(key_scale=4), state_of(heads=2), state_of(heads=2, mask="causal", at=[1, 1, 3]),
    state_of(mask="causal", at=[0, 1, 2]), state_of(scale=1, key_scale=0.25),
    state_of(queries=FAR, keys=FAR, scale=4, key_scale=8),
    state_of(queries=[[0, 0]] * 4, keys=[[0, 0]] * 4, key_scale=2),
    *random_states(60, seed=1),
]  # fmt: skip


@pytest.fixture(scope="module")
def shown():
    """What the script has for every state."""
    answers = run(bundle("attention_by_hand") + EXPORTS, [("all", state) for state in STATES])
    assert [answer for answer in answers if "error" in answer] == []
    return [answer["value"] for answer in answers]


def as_floats(table):
    """Return a table as an array, minus infinity for None."""
    rows = table if isinstance(table[0], list) else [table]
    return np.array([[-np.inf if x is None else x for x in row] for row in rows])


def test_both_compute_the_same(shown):
    for state, there in zip(STATES, shown):
        here = compute(state)
        for mine, other in ((here.heads, there["heads"]), (here.before, there["before"])):
            assert len(mine) == len(other) == state["heads"]
            for head, twin in zip(mine, other):
                for name in TABLES:
                    found = as_floats(getattr(head, name)), as_floats(twin[name])
                    np.testing.assert_allclose(*found, rtol=1e-9, atol=1e-300, err_msg=name)
        np.testing.assert_allclose(here.outputs, there["outputs"], rtol=1e-9, atol=1e-12)


def test_the_pictures_and_words_are_the_same(shown):
    for state, there in zip(STATES, shown):
        here = compute(state)
        assert there["words"] == words(here)
        assert there["pictures"] == [picture(here, width) for width in (300, 400, 720)]


def split(rows, heads):
    return np.reshape(np.array(rows, float), (len(rows), heads, -1)).swapaxes(0, 1)


def test_it_is_the_engines_attention():
    for state in STATES:
        here, heads = compute(state), state["heads"]
        q, v = split(state["queries"], heads), split(state["values"], heads)
        k = state["key_scale"] * split(state["keys"], heads)
        options = {"is_causal": state["mask"] == "causal", "scale": state["scale"]}
        weights = F.attention_weights(q, k, **options)
        np.testing.assert_allclose([head.weights for head in here.heads], weights, rtol=1e-9, atol=1e-15)
        mixed = F.scaled_dot_product_attention(q, k, v, **options).data
        np.testing.assert_allclose(here.outputs, mixed.swapaxes(0, 1).reshape(len(q[0]), 2), rtol=1e-9, atol=1e-12)


def test_the_code_shown_gives_the_same_numbers(shown, capsys):
    for state, there in zip(STATES, shown):
        points = {name: state[name] for name in ("queries", "keys", "values", "scale", "key_scale", "mask", "at")}
        assert there["code"] == attention_by_hand(state["tokens"], **points, n_heads=state["heads"]).code
        names = {}
        exec(there["code"], names)
        heads = there["heads"]
        np.testing.assert_allclose([head["weights"] for head in heads], names["weights"], rtol=1e-9, atol=1e-15)
        np.testing.assert_allclose([head["steepest"] for head in heads], names["slopes"], rtol=1e-9, atol=1e-15)
        np.testing.assert_allclose(there["outputs"], names["outputs"], rtol=1e-9, atol=1e-12)


def test_rows_sum_to_one_and_slopes_are_those_of_the_softmax():
    for state in STATES:
        for head in compute(state).heads:
            assert np.sum(head.weights, axis=1) == pytest.approx(1)
            for scores, weights, slopes, steepest in zip(head.scores, head.weights, head.slopes, head.steepest):
                np.testing.assert_allclose(slopes, [p * (1 - p) for p in weights], rtol=1e-6, atol=1e-15)
                assert steepest == max(slopes) <= 0.25 + 1e-15
                j, size = int(np.argmax(slopes)), 1e-5
                row = np.array([score for score in scores if score is not None])
                ends = [np.exp(row + shift * (np.arange(len(row)) == j) - row.max()) for shift in (size, -size)]
                change = np.subtract(*(end[j] / end.sum() for end in ends)) / (2 * size)
                assert steepest == pytest.approx(change, rel=1e-5, abs=1e-9)


def test_scaled_keys_and_scaled_scores_are_the_same_weights():
    for state in random_states(20, seed=2):
        state = {**state, "scale": 0.3, "key_scale": 1}
        other = {**state, "scale": 1.2}
        keys = compute({**state, "key_scale": 4}).heads
        np.testing.assert_allclose(
            [head.weights for head in keys], [head.weights for head in compute(other).heads], rtol=1e-9, atol=1e-300
        )


def test_one_heads_outputs_lie_among_the_values_and_two_heads_can_leave_their_hull():
    state = state_of(values=[[-2, -2], [2, 2], [-2, -2], [2, 2]])  # a hull without area: x = y
    assert all(x == pytest.approx(y) for x, y in compute(state).outputs)
    assert max(abs(x - y) for x, y in compute({**state, "heads": 2}).outputs) > 0.5
    for state in STATES:
        values = np.array(state["values"])
        outputs = np.array(compute(state).outputs)
        assert (outputs >= values.min(0) - 1e-12).all() and (outputs <= values.max(0) + 1e-12).all()


def test_no_later_key_is_looked_at():
    for state in random_states(20, seed=3):
        state = {**state, "mask": "causal", "heads": 1}
        first = compute(state)
        keys, values = ([*state[name][:-1], [2.5, -1.5]] for name in ("keys", "values"))
        changed = compute({**state, "keys": keys, "values": values})
        assert first.outputs[:-1] == changed.outputs[:-1]
        assert first.outputs[0] == state["values"][0] and first.heads[0].steepest[0] == 0


def test_the_answer_to_the_readers_question():
    """All weights move but the zero query's; q4 loses its gradient first, q3, between two keys, never."""
    at_one, at_four = (compute(state_of(key_scale=k)).heads[0].steepest for k in (1, 4))
    assert at_one[3] > at_one[0]  # not the flattest to begin with
    assert at_four[3] < 0.01 and at_four.index(min(at_four)) == 3
    assert at_four[2] == pytest.approx(0.25, abs=1e-3) and at_four[0] == at_one[0] == 3 / 16
    told = words(compute(state_of(key_scale=4)))
    assert "Keys × 4 has moved the weights of q₂, q₃, q₄." in told and told.endswith("least in q₄.")


VALUE = r"\(?(−?[\d.]+(?:·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?)\)?"


def number(text):
    text = text.strip("()").translate(str.maketrans("−⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "--0123456789"))
    return float(text.replace("·10", "e") if "·10" in text else text)


def near(text, value):
    """Whether a text of three digits, or two and a power of ten, is that of a value."""
    return number(text) == pytest.approx(value, rel=0.06 if "·" in text else 6e-3, abs=1e-12)


def test_the_formulas_hold_in_the_numbers_that_they_show(shown):
    for state, there in zip(STATES, shown):
        rows, (h, i, j) = dict(there["formulas"]), chosen(state)
        head = there["heads"][h]
        score, weight, slope = head["scores"][i][j], head["weights"][i][j], head["slopes"][i][j]
        assert list(rows) == ["score", "exponential", "sum of the row", "weight", "slope", "output"]
        ends = {name: chain.split(" = ")[-1] for name, chain in rows.items()}
        if score is None:
            assert rows["score"].endswith(f"k{chr(0x2081 + j)} comes after q{chr(0x2081 + i)}, masked")
            assert ends["exponential"] == ends["weight"] == ends["slope"] == "0"
        else:
            assert near(ends["score"], score) and near(ends["exponential"], math.exp(score))
            if state["heads"] == 1:
                chain = rows["score"].split(" = ")[2].translate(str.maketrans("−·", "-*")).replace("/√2", "/2**.5")
                key = np.array(state["keys"][j]) * state["key_scale"]
                size = float(np.abs(np.array(state["queries"][i]) * key).sum()) * head["scale"]
                if "10⁻" not in chain:
                    assert eval(chain) == pytest.approx(score, abs=0.012 * size + 1e-12), chain
        assert near(ends["weight"], weight) and near(ends["slope"], slope)
        assert near(ends["sum of the row"], head["sums"][i])
        above, below = rows["weight"].split(" = ")[1].split(" / ")
        assert number(above) / number(below) == pytest.approx(weight, rel=0.07)
        one, rest = re.findall(VALUE, rows["slope"].split(" = ")[2])
        assert number(one) + number(rest) == pytest.approx(1, abs=6e-3)
        found = [number(x) for x in re.findall(VALUE, ends["output"])]
        output = there["outputs"][i]
        assert found == pytest.approx(output if state["heads"] == 1 else [output[h]], rel=6e-2, abs=1e-12)


def test_a_pointer_finds_the_cell_under_it():
    calls, expected = [], []
    for state in (state_of(), state_of(heads=2), state_of(tokens=list(TOKENS[:2]), heads=2, at=[0, 0, 1])):
        n = len(state["tokens"])
        for width in (343, 720):
            found = re.findall(r"<path d=\"M([\d.]+) ([\d.]+)h([\d.]+)v34h", picture(compute(state), width))
            cells = [(float(x) + float(w) / 2, float(y) + 17) for x, y, w in found]
            per_head = n * (2 * n + 1)
            assert len(cells) == state["heads"] * per_head
            for k, place in enumerate(cells):
                h, row, part = k // per_head, k % per_head // (2 * n + 1), k % per_head % (2 * n + 1)
                column = chosen(state)[2] if part == 2 * n else part // 2
                calls.append(("under", [state, width, place]))
                expected.append([h, row, column])
    answers = run(bundle("attention_by_hand") + EXPORTS, calls)
    assert [answer["value"] for answer in answers] == expected


def test_numbers_are_rounded_halves_up():
    assert [rounded(x, 2) for x in (0.125, -0.125, 0.004, -0.004, 1.999)] == ["0.13", "−0.12", "0.00", "0.00", "2.00"]


def test_the_words_say_what_is_masked_and_which_head():
    assert words(compute(state_of(mask="causal", at=[0, 1, 2]))).startswith("q₂ (dog) may not look at k₃ (saw)")
    assert "in head 2" in words(compute(state_of(heads=2, at=[1, 0, 0])))
    assert "moved the weights of none." in words(compute(state_of(queries=[[0, 0]] * 4, key_scale=8)))


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"tokens": "the"}, TypeError, "tokens must be a sequence of strings"),
        ({"tokens": ["a", 1]}, TypeError, "tokens must be a sequence of strings"),
        ({"tokens": ["a"]}, ValueError, "tokens must be 2 to 4; got 1"),
        ({"tokens": ["a", "<b>"]}, ValueError, "tokens must have 1 to 5 letters each; got '<b>'"),
        ({"keys": [[0, 0]]}, ValueError, "keys must be 4 pairs"),
        ({"queries": [[0, 0, 0]] * 4}, ValueError, "queries must be 4 pairs"),
        ({"values": [[0, 2.1]] * 4}, ValueError, "values must be"),
        ({"values": [["0", 2]] * 4}, TypeError, "values must be a number"),
        ({"scale": 0}, ValueError, "scale must be"),
        ({"key_scale": 9}, ValueError, "key_scale must be"),
        ({"mask": "future"}, ValueError, "mask must be"),
        ({"n_heads": 3}, ValueError, "n_heads must be at most 2"),
        ({"at": (0, 0)}, TypeError, "at must be a head, a row and a column"),
        ({"at": (0, 0, 4)}, ValueError, "at\\[2\\] must be at most 3"),
    ],
)
def test_bad_input_is_refused(arguments, kind, message):
    with pytest.raises(kind, match=message):
        attention_by_hand(**arguments)


def test_the_bundle_is_light():
    assert len(bundle("attention_by_hand").encode()) <= 36 * 1024
