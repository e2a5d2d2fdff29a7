"""Files stay under 300 lines and functions under 40, tests under 400 and 60; no module is called utils or the like."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("src", "tests", "tools", "benchmarks", "book/_ext")
BANNED = {"utils", "util", "misc", "helpers", "helper", "common", "base"}
FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))


def long_functions(source, limit=40):
    """Return (name, lines) of the functions with `limit` lines of code or more, docstring and decorators aside."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        lines = node.end_lineno - node.lineno + 1
        first = node.body[0]
        if ast.get_docstring(node) is not None:
            lines -= first.end_lineno - first.lineno + 1
        if lines >= limit:
            found.append((node.name, lines))
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_file_is_short_and_well_named(path):
    source = path.read_text("utf-8")
    lines, limit = (400, 60) if path.is_relative_to(ROOT / "tests") else (300, 40)
    assert len(source.splitlines()) < lines
    assert not BANNED & {part.lower().strip("_") for part in path.relative_to(ROOT).with_suffix("").parts}
    assert long_functions(source, limit) == []


def test_a_long_function_is_caught():
    body = "\n".join(f"    x{i} = {i}" for i in range(40))
    assert long_functions(f"def f():\n{body}\n") == [("f", 41)]
    assert long_functions(f'def f():\n    """{body}"""\n    return 1\n') == []
    assert long_functions(f"class A:\n    async def g(self):\n{body.replace('    ', '        ')}\n") == [("g", 41)]
