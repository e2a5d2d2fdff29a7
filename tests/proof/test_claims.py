import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.proof import ClaimError, claim
from chainrule.proof.shown import number, written

SENTENCE = "Half of one is this."


def test_a_true_claim_shows_one_line_and_leaves_a_record(capsys):
    shown = claim("half", SENTENCE, 0.5, expected=0.5)
    line = "✓ claim half: Half of one is this. — measured 0.5, expected 0.5"
    assert capsys.readouterr().out.strip() == repr(shown) == line
    assert shown.record["kind"] == "claim" and shown.record["measured"] == 0.5
    assert 'id="claim-half"' in shown.html


@pytest.mark.parametrize(
    "measured, bounds",
    [
        (0.6, {"expected": 0.5, "tolerance": 0.05}),
        (0.5 + 1e-15, {"expected": 0.5}),
        (3, {"at_most": 2}),
        (1, {"at_least": 2}),
        (3, {"at_least": 1, "at_most": 2}),
        (float("nan"), {"expected": 0.5, "tolerance": 0.1}),
        (float("nan"), {"at_most": 1}),
        (float("nan"), {"at_least": 1}),
        (float("nan"), {"expected": float("nan")}),
        (float("inf"), {"expected": 1.0, "tolerance": 0.5}),
        ([1.0, 2.0], {"expected": [1.0, 2.1], "tolerance": 0.05}),
        ([1.0, 2.0, 3.0], {"expected": [1.0, 2.0]}),
        (np.ones((2, 1)), {"expected": np.ones((1, 2))}),
        (110.1, {"expected": 100.0, "tolerance": 0.1, "relative": True}),
        (False, {"expected": True}),
    ],
)
def test_a_false_claim_raises_and_names_itself(measured, bounds):
    with pytest.raises(ClaimError, match=r"claim wrong does not hold: .*\n.*measured"):
        claim("wrong", SENTENCE, measured, **bounds)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"measured": 1}, "give expected, at_most or at_least"),
        ({"measured": 1.0, "expected": 1.0, "tolerance": 1.0}, "zero would pass"),
        ({"measured": 1.0, "expected": 1.0, "tolerance": 2.0, "relative": True}, "zero would pass"),
        ({"measured": 1.0, "expected": 1.0, "tolerance": -1}, "positive and finite"),
        ({"measured": 1.0, "expected": 1.0, "tolerance": float("inf")}, "positive and finite"),
        ({"measured": 1.0, "tolerance": 0.1, "at_most": 2}, "tolerance needs expected"),
        ({"measured": 1.0, "expected": 1.0, "id": "has space"}, "id must be"),
        ({"measured": 1.0, "expected": 1.0, "id": ""}, "id must be"),
        ({"measured": 1.0, "expected": 1.0, "statement": "short"}, "must be a sentence"),
    ],
)
def test_a_claim_that_could_not_fail_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        claim(**{"id": "x", "statement": SENTENCE, **arguments})


@given(st.floats(1e-7, 1e12))
def test_a_number_is_written_to_four_digits(value):
    assert abs(float(number(value)) - value) <= 6e-4 * value


@given(st.floats(1e-300, 9e-9))
def test_rounding_noise_is_written_as_a_bound(value):
    assert number(value).startswith("below ")
    assert value < float(number(value).removeprefix("below ")) <= 10.0001 * value


def test_arrays_are_written_short():
    assert written(np.array([1.0, 2.5])) == "(1, 2.5)"
    assert written(np.zeros((4, 5))) == "array of shape (4, 5)"


def test_what_a_page_shows_is_escaped():
    shown = claim("tags", "The tag `<b>` & its like are escaped.", 1, expected=1)
    assert "<code>&lt;b&gt;</code> &amp; its" in shown.html
