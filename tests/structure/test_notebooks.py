"""The rules for notebooks hold in every chapter, and each catches what it is there for."""

import json
from pathlib import Path

import pytest
from project import address, notebooks
from structure import notebook_rules as rules

ROOT = Path(__file__).resolve().parents[2]
NAMES = notebooks(ROOT)


def cells_of(name):
    """Return the cells of a committed notebook."""
    return rules.load((ROOT / f"{name}.ipynb").read_text("utf-8"))


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("name", NAMES)
def test_every_chapter_keeps_the_rules(name, rule):
    assert rule(cells_of(name)) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_first_code_cell_is_the_same_everywhere(name):
    first = rules.code(cells_of(name))[0]
    assert first["source"] == address(ROOT).first_cell
    assert len(first["source"].splitlines()) <= 6
    assert first["source"] in (ROOT / f"{name}.py").read_text("utf-8")


def homes(definitions):
    """Return {name: notebooks} of the names that more than one notebook defines."""
    found = {}
    for notebook, names in definitions.items():
        for name in names:
            found.setdefault(name, []).append(notebook)
    return {name: where for name, where in found.items() if len(where) > 1}


def test_a_name_has_one_home():
    assert homes({name: rules.definitions(cells_of(name)) for name in NAMES}) == {}


def test_two_homes_are_caught():
    first, second = [rules.definitions(notebook("# T", "x = 1", f"{kind} Same: pass")) for kind in ("class", "class")]
    assert homes({"a": first, "b": second, "c": {"other"}}) == {"Same": ["a", "b"]}


OF_OUTPUTS = [rules.figures_described, rules.outputs_portable]


@pytest.mark.parametrize("rule", OF_OUTPUTS, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("name", NAMES)
def test_the_outputs_of_the_built_book_keep_the_rules(name, rule):
    executed = ROOT / "_build" / "executed" / f"{name}.ipynb"
    assert executed.exists(), "run `make execute` first"
    assert rule(rules.load(executed.read_text("utf-8"))) == []


# Planted violations: (rule, what the notebook holds). A str is prose, a tuple is code with its tags or metadata.


def notebook(*parts):
    """Return cells: prose from strings that begin with a Markdown mark or a letter, code from pairs and statements."""
    cells = []
    for part in parts:
        text, about = part if isinstance(part, tuple) else (part, None)
        if about is None and not text.startswith(("x =", "class ", "def ")):
            cells.append({"cell_type": "markdown", "metadata": {}, "source": text})
            continue
        metadata = about if isinstance(about, dict) else {"tags": about or []}
        cell = {"cell_type": "code", "metadata": metadata, "source": text, "outputs": [], "execution_count": None}
        cells.append(cell)
    return cells


def ran(cell, **changes):
    """Return a notebook whose last code cell has these changes."""
    cells = notebook("# T", "x = 1", cell)
    cells[-1].update(changes)
    return cells


FW = [("x = 1", ["fw-numpy"]), ("x = 2", ["fw-torch"]), ("x = 3", ["fw-tensorflow"])]
PARITY = ("parity('id', outputs={})", [])
SVG = [{"output_type": "display_data", "metadata": {}, "data": {"image/svg+xml": "<svg/>"}}]


def stream(text, name="stdout"):
    """Return the outputs of a cell that printed."""
    return [{"output_type": "stream", "name": name, "text": [text]}]


TASK, SOLUTION = ("exercise('a-b', None)", []), ("exercise('a-b', 2)", ["hide-cell", "solution"])

PLANTED = [
    (rules.markdown_only, notebook("# T\n\n```{note}\nx\n```")),
    (rules.markdown_only, notebook("# T\n\n:::{tip}\nx\n:::")),
    (rules.markdown_only, notebook("# T\n\nsee {cite}`he2015`")),
    (rules.markdown_only, notebook("# T\n\n(target)=\n## Section")),
    (rules.markdown_only, notebook("# T\n\nA note[^1].")),
    (rules.markdown_only, notebook("# T\n\n<div>x</div>")),
    (rules.markdown_only, notebook("# T\n\nx<br/>y")),
    (rules.markdown_only, notebook("# T\n\n<!-- hidden -->")),
    (rules.markdown_only, notebook("# T\n\n{{ version }}")),
    (rules.details_breathe, notebook("# T\n\n<details><summary>S</summary>\ntext\n\n</details>")),
    (rules.details_breathe, notebook("# T\n\n<details><summary>S</summary>\n\ntext\n</details>")),
    (rules.details_breathe, notebook("# T\n\n<details><summary>S</summary>", "more\n\n</details>")),
    (rules.block_quotes, notebook("# T\n\n> just a quotation")),
    (rules.block_quotes, notebook("# T\n\n> **Remark.** text")),
    (rules.block_quotes, notebook("# T\n\n> **Note** text")),
    (rules.one_title, notebook("## T")),
    (rules.one_title, notebook("x = 1", "# T")),
    (rules.one_title, notebook("# T", "# U")),
    (rules.one_title, notebook("# T\n\n### U")),
    (rules.spoken_heads, notebook("# T\n\n| $t$ | value |\n|---|---|\n| 1 | 2 |")),
    (rules.spoken_heads, notebook("# T\n\n| step | $a$, $b$ |\n|:-:|--:|\n| 1 | 2 |")),
    (rules.short_cells, notebook("# T", "x = 1\n" * 26)),
    (rules.short_cells, notebook("# T", ("", []))),
    (rules.compared, notebook("# T", ("print(x)", ["nbval-ignore-output"]))),
    (rules.compared, notebook("# T", ("claim('a', x)", ["nbval-ignore-output"]))),
    (rules.compared, notebook("# T", ("claim('a', process_time())", ["nbval-skip"]))),
    (rules.compared, notebook("# T", ("# NBVAL_IGNORE_OUTPUT\nprint(x)", []))),
    (rules.no_magics, notebook("# T", "x = 1", ("%timeit x", []))),
    (rules.no_magics, notebook("# T", "x = 1", ("!ls", []))),
    (rules.no_magics, notebook("# T", "x = 1", ("import numpy\nnumpy?", []))),
    (rules.no_magics, notebook("# T", "x = 1", ("import sys\nsys.path.insert(0, '.')", []))),
    (rules.no_outputs, ran("x = 1", outputs=SVG)),
    (rules.no_outputs, ran("x = 1", execution_count=3)),
    (rules.framework_cells, notebook("# T", *FW[:2], PARITY)),
    (rules.framework_cells, notebook("# T", FW[1], FW[0], FW[2], PARITY)),
    (rules.framework_cells, notebook("# T", FW[0], "words", *FW[1:], PARITY)),
    (rules.framework_cells, notebook("# T", *FW, *FW, PARITY)),
    (rules.framework_cells, notebook("# T", *FW)),
    (rules.framework_cells, notebook("# T", *FW, "words", "x = 1", PARITY)),
    (rules.framework_cells, notebook("# T", *FW, ("parity('a')\nparity('b')", []))),
    (rules.framework_cells, notebook("# T", *FW, ("# parity('a')", []))),
    (rules.framework_cells, notebook("# T", *FW, ("claim('a')", []))),
    (rules.alt_texts, notebook("# T", ("plot()", {"mystnb": {"image": {"alt": "a curve"}}}))),
    (rules.alt_texts, notebook("# T", ("plot()", {"mystnb": {"image": {"alt": "long/name/of/figure.png"}}}))),
    (rules.alt_texts, notebook("# T\n\n![](figure.svg)")),
    (rules.figures_described, ran("x = 1", outputs=SVG)),
    (rules.outputs_portable, ran("x = 1", outputs=stream("a warning", "stderr"))),
    (rules.outputs_portable, ran("x = 1", outputs=stream("in /home/me/book/x.py"))),
    (rules.outputs_portable, ran("x = 1", outputs=stream("<object at 0x7f83efa77c50>"))),
    (rules.misconceptions_refuted, notebook("# T\n\n> **Misconception.** So it is.")),
    (rules.misconceptions_refuted, notebook("# T\n\n> **Misconception.** So it is.", "words", ("claim('a')", []))),
    (rules.misconceptions_refuted, notebook("# T\n\n> **Misconception.** So it is.", ("print('claim(')", []))),
    (
        rules.misconceptions_refuted,
        notebook("# T\n\n> **Misconception.** A.\n\n> **Misconception.** B.", ("claim('a')", [])),
    ),
    (rules.solutions_folded, notebook("# T", "x = 1", TASK)),
    (rules.solutions_folded, notebook("# T", "x = 1", TASK, (SOLUTION[0], ["solution"]))),
    (rules.solutions_folded, notebook("# T", "x = 1", SOLUTION, TASK)),
    (rules.solutions_folded, notebook("# T", "x = 1", TASK, SOLUTION, SOLUTION)),
    (rules.solutions_folded, notebook("# T", "x = 1", TASK, SOLUTION, ("x = 2", ["solution", "hide-cell"]))),
]


@pytest.mark.parametrize(("rule", "cells"), PLANTED, ids=lambda value: getattr(value, "__name__", ""))
def test_a_planted_violation_is_caught(rule, cells):
    assert rule(cells)


def test_every_rule_has_a_planted_violation():
    assert {rule for rule, _ in PLANTED} == {*rules.RULES, *OF_OUTPUTS}


GOOD = notebook(
    "# T\n\nWith $a < b$, `<div>`, {x} and a [link](../../book/glossary.md#x).\n\n```python\n# no heading\n%x\n```",
    "x = 1",
    "## S\n\n> **Note.** One.\n\n| a | b |\n|---|---|\n| 1 | 2 |",
    *FW,
    "words",
    PARITY,
    "more words",
    *FW,
    ("claim('b')", []),
    "> **Misconception.** So it is.",
    ("claim('a')", []),
    "<details><summary>Hint</summary>\n\ntext\n\n</details>",
    TASK,
    SOLUTION,
    ("claim('time', process_time())", ["nbval-ignore-output"]),
    ("plot()", {"mystnb": {"image": {"alt": "The loss falls and then is level."}}}),
)


@pytest.mark.parametrize("rule", [*rules.RULES, *OF_OUTPUTS], ids=lambda rule: rule.__name__)
def test_a_good_notebook_passes_every_rule(rule):
    assert rule(json.loads(json.dumps(GOOD))) == []
