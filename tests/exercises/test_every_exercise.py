"""Every exercise accepts its solution and refuses the blank and at least three typical slips."""

import importlib
import re
from pathlib import Path

import pytest

from chainrule.exercises import all_checks
from chainrule.proof import exercise

HERE = Path(__file__).parent
CHAPTERS = HERE.parents[1] / "chapters"
CASES = {
    id: case
    for path in sorted(HERE.glob("cases_*.py"))
    for id, case in importlib.import_module(f"exercises.{path.stem}").CASES.items()
}


def test_every_check_has_cases_and_the_reverse():
    assert set(CASES) == set(all_checks())


def test_every_exercise_in_the_chapters_has_a_check_and_the_reverse():
    asked = {
        id
        for path in CHAPTERS.rglob("*.py")
        for id in re.findall(r'\bexercise\("([\w-]+)"', path.read_text(encoding="utf8"))
    }
    assert asked == set(all_checks())


@pytest.mark.parametrize("id", sorted(CASES))
def test_the_solution_is_accepted(id, capsys):
    assert exercise(id, CASES[id].right).record["state"] == "right", capsys.readouterr().out


BLANKS = [(id, blank) for id in sorted(CASES) for blank in (None, ...)]
STUBS = [(id, lambda *_, **__: None) for id in sorted(CASES) if callable(CASES[id].right)]


@pytest.mark.parametrize("id, blank", BLANKS + STUBS)
def test_the_blank_is_not_wrong_and_not_right(id, blank):
    assert exercise(id, blank).record["state"] == "open"


@pytest.mark.parametrize("id", sorted(CASES))
def test_typical_slips_are_refused_with_a_hint(id):
    assert len(CASES[id].wrong) >= 3
    for slip in CASES[id].wrong:
        record = exercise(id, slip).record
        assert record["state"] == "wrong", f"{slip!r} was called {record['state']}"
        assert len(record["words"]) > len("not yet: ") + 10
