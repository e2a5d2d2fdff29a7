"""The ledger collects what holds, and refuses six planted faults by notebook and cell."""

import importlib.util
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
spec = importlib.util.spec_from_file_location("ledger", ROOT / "tools" / "ledger.py")
ledger = importlib.util.module_from_spec(spec)
spec.loader.exec_module(ledger)

PAGE = "chapters/01_a/01_b"


def code(*records, tags=()):
    outputs = [{"output_type": "display_data", "metadata": {"chainrule": r}} for r in records]
    return {"cell_type": "code", "metadata": {"tags": list(tags)}, "source": "", "outputs": outputs}


def prose(text):
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def claimed(id="c1"):
    return {"kind": "claim", "id": id, "statement": "s", "measured_text": "1", "expected": "1"}


def exercised(state, id="e1"):
    return {"kind": "exercise", "id": id, "state": state}


def carded(id="m1"):
    return {"kind": "card", "id": id, "name": "M", "parameters": 3}


GOOD = [
    code(claimed(), tags=["settles-F6"]),
    prose("> **Misconception.** Two lines\n> of it.\n\nText."),
    code(claimed("c2")),
    code(exercised("open")),
    code(exercised("right"), tags=["solution"]),
    code({"kind": "parity", "id": "p1"}, {"kind": "check", "type": "same"}, carded()),
]


@pytest.fixture
def project(tmp_path):
    def build(cells):
        (tmp_path / "_toc.yml").write_text(f"root: x\nchapters:\n  - file: {PAGE}\n")
        (tmp_path / "book").mkdir(exist_ok=True)
        (tmp_path / "book" / "sources.csv").write_text(
            "id,list,group,item,chapter\nF6,e,f,x,\nF7,e,f,x,\n"
        )
        path = tmp_path / "_build" / "executed" / f"{PAGE}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        meta = {"chainrule": {"cpu_seconds": 1.5}}
        path.write_text(json.dumps({"cells": cells, "metadata": meta}))
        return tmp_path

    return build


def test_everything_is_collected(project):
    found = ledger.write(project(GOOD))
    assert [c["id"] for c in found["claims"]] == ["c1", "c2"]
    assert found["claims"][0]["page"] == PAGE and found["claims"][0]["cell"] == 1
    assert found["misconceptions"][0]["statement"] == "Two lines of it."
    assert found["sources"]["F6"][0]["anchor"] == "claim-c1" and found["sources"]["F7"] is None
    assert found["notebooks"] == {PAGE: 1.5}
    assert [e["id"] for e in found["exercises"]] == ["e1"]
    assert len(found["parity"]) == len(found["checks"]) == 1
    assert [(c["id"], c["page"], c["parameters"]) for c in found["cards"]] == [("m1", PAGE, 3)]


@pytest.mark.parametrize(
    "cells, fault",
    [
        ([*GOOD, code(claimed("c1"))], "claims: c1 stands in"),
        ([*GOOD, code(carded())], "cards: m1 stands in"),
        ([code(carded(), tags=["settles-F6"])], "cell 1: F6 .* proves nothing"),
        ([code(tags=["settles-F6"])], "cell 1: F6 .* proves nothing"),
        ([code(exercised("right"), tags=["settles-F6"])], "proves nothing"),
        ([code(claimed(), tags=["settles-F99"])], "F99 is no id"),
        ([code(exercised("open"))], "exercise e1 has no solution"),
        (
            [code(exercised("open")), code(exercised("wrong"), tags=["solution"])],
            "no solution cell",
        ),
        ([code(exercised("right"), tags=["solution"])], "must stand unanswered"),
        ([prose("> **Misconception.** It is so."), code()], "cell 2: no claim refutes"),
        ([prose("> **Misconception.** It is so.")], "no cell refutes its last"),
    ],
)
def test_a_planted_fault_is_refused(project, cells, fault):
    with pytest.raises(ledger.LedgerError, match=fault):
        ledger.collect(project(cells))


def test_the_project_s_own_list_has_every_id_once():
    rows = ledger.known_ids(ROOT)
    ids = [row["id"] for row in rows]
    assert len(ids) == len(set(ids))
    assert sum(row["list"] == "errata" and row["group"] != "contradiction" for row in rows) == 118
    assert sum(row["group"] == "question" for row in rows) == 43


def test_readme_gets_the_figures_and_keeps_the_rest(project):
    found = ledger.collect(project(GOOD))
    before = "# Title\n<!-- figures, written by make book -->\nold\n<!-- /figures -->\nrest\n"
    after = ledger.with_figures(before, found)
    assert "1 notebooks, 2 claims" in after and "old" not in after
    assert after.startswith("# Title\n") and after.endswith("\nrest\n")
    assert ledger.with_figures(after, found) == after


def test_readme_has_a_place_for_the_figures():
    assert ledger.README.search((ROOT / "README.md").read_text(encoding="utf8"))
