"""What README, CONTRIBUTING and the page on using the book tell a reader to type is there and works."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from project import ONE_THREAD

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "CONTRIBUTING.md", "book/how_to_use.md")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
HELPED = set(re.findall(r"^([a-z][a-z-]*):.*## \S", MAKEFILE, re.MULTILINE))
# What the brief of the project promises to a reader.
PROMISED = {"book", "test", "lab", "serve", "notebooks", "check", "bench", "clean", "help"}


def text_of(name):
    """Return a page's text."""
    return (ROOT / name).read_text("utf-8")


def commands(text):
    """Return the make targets that a page tells a reader to type, in prose or in a block of code."""
    return set(re.findall(r"(?:`|^)make ([a-z][a-z-]*)", text, re.MULTILINE))


@pytest.mark.parametrize("name", PAGES)
def test_a_command_that_a_page_names_is_a_target_with_a_line_of_help(name):
    found = commands(text_of(name))
    assert found and found <= HELPED


def test_a_command_that_is_no_target_is_caught():
    assert commands("Type `make bok`, then\n```\nmake serv   # it\n```\nor make do.") == {"bok", "serv"}


def test_help_lists_what_was_promised_and_only_what_exists():
    targets = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))
    phony = set(re.search(r"^\.PHONY:((?:.*\\\n)*.*)$", MAKEFILE, re.MULTILINE)[1].replace("\\", "").split())
    assert PROMISED <= HELPED
    assert targets == phony


def test_the_code_in_readme_runs_offline_and_learns(tmp_path):
    (code,) = re.findall(r"```python\n(.*?)```", text_of("README.md"), re.DOTALL)
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tools" / "startup")])
    env = os.environ | ONE_THREAD | {"PYTHONPATH": path}
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert float(run.stdout) > 0.9


def test_readme_is_short_and_shows_a_picture():
    lines = text_of("README.md").splitlines()
    assert len(lines) <= 70 and any(line.startswith("![") for line in lines)
