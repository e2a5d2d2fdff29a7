"""The page shows the executed notebook, never a stale one, and a failed cell makes no page."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONFIG = """\
title: Tiny
only_build_toc_files: true
exclude_patterns: [_build, ".*", "**/.*", src]
repository: {url: "https://github.com/an-owner/a-book", branch: main}
execute: {execute_notebooks: "off"}
sphinx:
  local_extensions: {executed: book/_ext}
"""


def build(book):
    """Build the tiny book as a reader does; return (exit status, what was printed)."""
    start = "from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", start, "build", ".", "-W", "-n", "--keep-going"]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "tools" / "startup"), "NO_COLOR": "1"}
    done = subprocess.run(command, cwd=book.root, env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def page(book, name):
    """Return the HTML of a chapter."""
    return (book.root / f"_build/html/chapters/{name}.html").read_text()


@pytest.mark.slow
def test_the_page_follows_the_code_the_library_and_the_prose(book):
    book.write("_config.yml", CONFIG)
    shutil.copytree(ROOT / "tools", book.root / "tools", ignore=shutil.ignore_patterns("ledger*"))
    book.write("book/_ext/executed.py", (ROOT / "book/_ext/executed.py").read_text())
    book.chapter("one", "from chainrule import used\nprint('value', used.VALUE)")
    book.chapter("two", "print('alone')")
    book.toc("one", "two")
    status, said = build(book)
    assert status == 0, said
    assert "value 1\n" in page(book, "one") and "alone\n" in page(book, "two")

    book.write("src/chainrule/used.py", "VALUE = 9\n")
    book.chapter("two", "print('alone')", prose="Fresh words.")
    status, said = build(book)
    assert status == 0, said
    assert "executing 1 of 2 notebooks" in said
    assert "value 9\n" in page(book, "one") and "value 1\n" not in page(book, "one")
    assert "Fresh words." in page(book, "two") and "alone\n" in page(book, "two")

    status, said = build(book)
    assert status == 0 and "nothing to execute" in said
    assert "0 added, 0 changed, 0 removed" in said

    book.chapter("two", "raise ValueError('a planted failure')")
    status, said = build(book)
    assert status != 0
    assert "chapters/two.ipynb, code cell 2 of 2" in said and "ValueError: a planted failure" in said
    assert "a planted failure" not in page(book, "two")
