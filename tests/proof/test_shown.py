"""How results look in a notebook: shown once, with a record that nbval does not compare."""

import nbformat
import pytest
from nbclient import NotebookClient

from chainrule.ops import OPS
from chainrule.proof import exercise, show_source
from chainrule.proof.shown import plain


@pytest.fixture(scope="module")
def outputs():
    cells = [
        "from chainrule.proof import claim, exercise, show_source",
        'claim("one", "One is exactly one here.", 1, expected=1)\n'
        'claim("two", "Two is exactly two here.", 2, expected=2)',
        "show_source(claim)",
        'exercise("hand-count-paths", None)',
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    NotebookClient(notebook, kernel_name="python3").execute()
    return [cell.outputs for cell in notebook.cells]


def test_each_claim_is_shown_once(outputs):
    assert [out["metadata"]["chainrule"]["id"] for out in outputs[1]] == ["one", "two"]
    assert {out["output_type"] for out in outputs[1]} == {"display_data"}
    assert set(outputs[1][0]["data"]) == {"text/plain", "text/html"}


def test_source_is_shown_as_code(outputs):
    markdown = outputs[2][0]["data"]["text/markdown"]
    assert markdown.startswith("```python\n# chainrule.proof.claims\ndef claim(")


def test_an_open_exercise_says_so(outputs):
    assert outputs[3][0]["metadata"]["chainrule"]["state"] == "open"


def test_an_op_shows_both_of_its_functions(capsys):
    show_source(OPS["mul"])
    text = capsys.readouterr().out
    assert "forward" in text and "backward" in text and text.count("def ") >= 2


@pytest.mark.parametrize("thing", [len, 3, "text"])
def test_what_has_no_source_is_refused(thing):
    with pytest.raises(TypeError, match="written in Python; got"):
        show_source(thing)


def test_a_function_that_raises_is_wrong_not_an_error():
    def broken(*arguments):
        raise ZeroDivisionError("boom")

    record = exercise("hand-sigmoid-layer", broken).record
    assert record["state"] == "wrong" and "ZeroDivisionError: boom" in record["words"]


def test_an_unknown_exercise_names_its_neighbours():
    with pytest.raises(ValueError, match=r"nearest ids: .*hand-delta"):
        exercise("hand-dleta", 1)


def test_a_record_holds_infinities_as_words():
    assert plain([float("-inf"), 1.5]) == ["-inf", 1.5]  # JSON has no infinity
    assert plain([[1, 2], [3, 4]]) == [[1, 2], [3, 4]]
