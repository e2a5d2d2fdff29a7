"""The comparison of executed notebooks: planted lies must fail, and the truth must pass."""

import json

import pytest

CELLS = ("print('a sum', 40 + 2)", "{'b': 1, 'a': 2}", "print('last')")


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """A book with one executed notebook, and the notebook as JSON."""
    from notebooks.conftest import TinyBook

    book = TinyBook(tmp_path_factory.mktemp("book").resolve())
    book.chapter("one", *CELLS)
    book.toc("one")
    assert book.execute()[0] == 0
    return book, json.loads(book.result("one").read_text())


def planted(book, notebook, name, change):
    """Return the path of a copy of the notebook in which `change` was made to the code cells."""
    copy = json.loads(json.dumps(notebook))
    change([cell for cell in copy["cells"] if cell["cell_type"] == "code"])
    return book.write(f"planted/{name}.ipynb", json.dumps(copy))


def one_digit(cells):
    assert cells[1]["outputs"][0]["text"] == ["a sum 42\n"]
    cells[1]["outputs"][0]["text"] = ["a sum 43\n"]


def value_changed(cells):
    assert cells[2]["outputs"][0]["data"]["text/plain"] == ["{'b': 1, 'a': 2}"]
    cells[2]["outputs"][0]["data"]["text/plain"] = ["{'b': 1, 'a': 3}"]


def output_removed(cells):
    cells[3]["outputs"] = []


def output_added(cells):
    cells[0]["outputs"] = [{"name": "stdout", "output_type": "stream", "text": ["more\n"]}]


def code_changed(cells):
    cells[1]["source"] = ["print('a sum', 40 + 3)"]


def nothing(cells):
    pass


@pytest.mark.slow
def test_what_the_reader_sees_is_what_a_second_run_gives(executed):
    book, notebook = executed
    lies = [one_digit, value_changed, output_removed, output_added, code_changed]
    paths = [planted(book, notebook, change.__name__, change) for change in [nothing, *lies]]
    done = book.tool("compare.py", *paths)
    failed = {line.split("/")[1] for line in done.stdout.splitlines() if line.startswith("FAILED")}
    assert done.returncode == 1
    assert failed == {change.__name__ for change in lies}, done.stdout + done.stderr
    assert "5 failed" in done.stdout


def test_the_untouched_notebook_passes(executed):
    book, _ = executed
    done = book.tool("compare.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout


def half_run(cells):
    cells[2]["execution_count"], cells[2]["outputs"] = None, []


def ended_in_an_error(cells):
    cells[3]["outputs"] = [{"output_type": "error", "ename": "E", "evalue": "", "traceback": []}]


def emptied(cells):
    for cell in cells:
        cell["cell_type"] = "raw"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (half_run, "code cell 3 of 4 did not run"),
        (ended_in_an_error, "code cell 4 of 4 ended in an error"),
        (emptied, "it has no code cell"),
    ],
)
def test_a_notebook_that_proves_nothing_fails_before_it_is_compared(executed, change, says):
    book, notebook = executed
    done = book.tool("compare.py", planted(book, notebook, change.__name__, change))
    assert done.returncode == 1 and says in done.stderr


def test_a_missing_result_fails(executed):
    book, _ = executed
    done = book.tool("compare.py", book.root / "nowhere.ipynb")
    assert done.returncode == 1 and "is missing: run `make execute`" in done.stderr
