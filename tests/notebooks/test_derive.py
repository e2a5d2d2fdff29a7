"""Deriving notebooks: stable ids, one-line differences, edits by hand refused, the address carried."""

import json
import shutil
import subprocess

import nbformat
import pytest

README = (
    "[![Open](badge.svg)](https://colab.research.google.com/github/an-owner/a-book/blob/main/chapters/one.ipynb)\n"
    "[code](https://github.com/an-owner/a-book) [site](https://an-owner.github.io/a-book/)\n"
    "[other](https://github.com/else/where/blob/main/x)\n"
)


def notebook_of(book, name):
    """Return the derived notebook, read."""
    return nbformat.read(book.root / f"chapters/{name}.ipynb", as_version=4)


def test_a_derived_notebook_has_a_kernel_and_no_outputs(book):
    book.chapter("one", "print(1)", tags=["fw-numpy"])
    notebook = notebook_of(book, "one")
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.metadata.language_info.name == "python"
    assert [c.cell_type for c in notebook.cells] == ["markdown", "code", "code"]
    assert notebook.cells[2].metadata == {"tags": ["fw-numpy"]}
    assert all(c.outputs == [] and c.execution_count is None for c in notebook.cells[1:])
    assert "git+https://github.com/an-owner/a-book@main" in notebook.cells[1].source


def test_an_edit_of_one_line_changes_one_line_and_no_id(book):
    book.chapter("one", "x = 1", "y = 2", "z = 3")
    path = book.root / "chapters/one.ipynb"
    before = path.read_text().splitlines()
    source = path.with_suffix(".py")
    source.write_text(source.read_text().replace("y = 2", "y = 5"))
    assert book.tool("derive.py").returncode == 0
    after = path.read_text().splitlines()
    assert len(before) == len(after)
    assert [new for old, new in zip(before, after) if old != new] == ['    "y = 5"']


def test_a_new_cell_leaves_the_ids_of_the_others(book):
    book.chapter("one", "x = 1", "z = 3")
    ids = {c.source: c.id for c in notebook_of(book, "one").cells}
    book.chapter("one", "x = 1", "y = 2", "z = 3")
    after = {c.source: c.id for c in notebook_of(book, "one").cells}
    assert {source: after[source] for source in ids} == ids
    assert len(set(after.values())) == 5


def test_ids_are_the_same_on_another_machine(book):
    book.chapter("one", "x = 1", "x = 1", "x = 1")
    path = book.root / "chapters/one.ipynb"
    text = path.read_text()
    path.unlink()
    shutil.rmtree(book.root / "_build")
    assert book.tool("derive.py").returncode == 0
    assert path.read_text() == text


def test_check_lists_a_difference_and_writes_nothing(book):
    book.chapter("one", "x = 1")
    assert book.tool("derive.py", "--check").returncode == 0
    source = book.root / "chapters/one.py"
    source.write_text(source.read_text().replace("x = 1", "x = 2"))
    before = source.with_suffix(".ipynb").read_text()
    done = book.tool("derive.py", "--check")
    assert done.returncode == 1
    assert "chapters/one.ipynb" in done.stdout and '+    "x = 2"' in done.stdout
    assert source.with_suffix(".ipynb").read_text() == before


def test_outputs_saved_in_a_notebook_are_a_difference_and_are_stripped(book):
    book.chapter("one", "x = 1")
    path = book.root / "chapters/one.ipynb"
    clean = path.read_text()
    notebook = nbformat.reads(clean, as_version=4)
    notebook.cells[2].outputs = [nbformat.v4.new_output("stream", text="1\n")]
    nbformat.write(notebook, path)
    assert book.tool("derive.py", "--check").returncode == 1
    assert book.tool("derive.py").returncode == 0
    assert path.read_text() == clean


def edit_by_hand(path):
    """Change a cell of the notebook and not of its source."""
    path.write_text(path.read_text().replace("x = 1", "x = 'by hand'"))


@pytest.mark.parametrize("memory", ["the last run", "the last commit"])
def test_a_notebook_edited_by_hand_is_refused_and_kept(book, memory):
    book.chapter("one", "x = 1")
    path = book.root / "chapters/one.ipynb"
    if memory == "the last commit":
        for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
            identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
            subprocess.run(["git", *identity, *command], cwd=book.root, check=True)
        shutil.rmtree(book.root / "_build")
    edit_by_hand(path)
    done = book.tool("derive.py")
    assert done.returncode == 1
    assert "chapters/one.ipynb was edited by hand: carry the change to chapters/one.py" in done.stderr
    assert "by hand" in path.read_text()
    assert book.tool("derive.py", "--force").returncode == 0
    assert "by hand" not in path.read_text()


def test_an_edited_source_is_not_taken_for_an_edit_by_hand(book):
    book.chapter("one", "x = 1")
    source = book.root / "chapters/one.py"
    source.write_text(source.read_text().replace("x = 1", "x = 2"))
    assert book.tool("derive.py").returncode == 0
    assert notebook_of(book, "one").cells[2].source == "x = 2"


def test_a_notebook_without_a_source_is_refused(book):
    book.chapter("one", "x = 1")
    (book.root / "chapters/one.py").rename(book.root / "one.py")
    done = book.tool("derive.py")
    assert done.returncode == 1 and "chapters/one.ipynb has no .py beside it" in done.stderr


def test_the_address_is_carried_from_config_to_first_cells_and_readme(book):
    book.write("README.md", README)
    book.chapter("one", "x = 1")
    assert (book.root / "README.md").read_text() == README
    book.write("_config.yml", "repository: {url: 'https://github.com/new/name', branch: v2}\n")
    assert book.tool("derive.py", "--check").returncode == 1
    assert book.tool("derive.py").returncode == 0
    assert book.tool("derive.py", "--check").returncode == 0
    for suffix in ("py", "ipynb"):
        text = (book.root / f"chapters/one.{suffix}").read_text()
        assert "git+https://github.com/new/name@v2" in text and "an-owner" not in text
    readme = (book.root / "README.md").read_text()
    assert "github/new/name/blob/v2/chapters/one.ipynb" in readme
    assert "https://new.github.io/name/" in readme and "(https://github.com/new/name)" in readme
    assert "https://github.com/else/where/blob/main/x" in readme and "an-owner" not in readme


def test_an_address_that_colab_cannot_open_is_refused(book):
    book.write("_config.yml", "repository: {url: 'https://git.example.org/a/b', branch: main}\n")
    done = book.tool("derive.py")
    assert done.returncode != 0 and "repository.url must be https://github.com/OWNER/NAME" in done.stderr


def test_magics_reach_the_notebook_uncommented(book):
    book.chapter("one", "x = 1")
    first = json.loads((book.root / "chapters/one.ipynb").read_text())["cells"][1]["source"]
    assert first[3].startswith("    %pip install -q --no-deps")
