"""A tiny book in a temporary folder, driven by the real tools, so that the pipeline is tested in seconds."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"
FIRST_CELL = 'try:\n    import chainrule\nexcept ImportError:\n    %pip install -q --no-deps "chainrule"'


class TinyBook:
    """Two or so notebooks, a package of three modules, pins; and the tools run over them."""

    def __init__(self, root):
        self.root = root
        self.write("_config.yml", "repository: {url: 'https://github.com/an-owner/a-book', branch: main}\n")
        self.write("requirements.txt", "numpy\n")
        self.write("constraints.txt", "")
        # No cell of a tiny book plots: spare it the seconds of matplotlib's font cache.
        self.write("_build/environment/mplconfigdir/fontlist-none.json", "")
        self.write("src/chainrule/__init__.py", "")
        self.write("src/chainrule/used.py", "VALUE = 1\n")
        self.write("src/chainrule/unused.py", "VALUE = 2\n")

    def write(self, name, text):
        """Write a file of the book."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def chapter(self, name, *cells, prose="Words.", tags=(), execute=True):
        """Write the chapter NAME with these code cells after the first, and derive it."""
        first = FIRST_CELL if execute else cells[0]
        head = f" tags={json.dumps(list(tags))}" if tags else ""
        parts = [f"# %% [markdown]\n# # {name}\n#\n# {prose}\n", f"# %%\n{first}\n"]
        parts += [f"# %%{head}\n{cell}\n" for cell in cells]
        self.write(f"chapters/{name}.py", "\n".join(parts))
        assert self.tool("derive.py", "--force").returncode == 0

    def toc(self, *names):
        """Put these chapters into the table of contents."""
        lines = [f"format: jb-book\nroot: chapters/{names[0]}\nchapters:"]
        lines += [f"  - file: chapters/{name}" for name in names[1:]]
        self.write("_toc.yml", "\n".join(lines) + "\n")

    def command(self, tool, *arguments):
        """Return the command line of a tool over this book."""
        return [sys.executable, str(TOOLS / tool), "--root", str(self.root), *map(str, arguments)]

    def tool(self, tool, *arguments):
        """Run a tool over this book."""
        command = self.command(tool, *arguments)
        env = {**os.environ, "PYTHONPATH": str(TOOLS / "startup")}
        return subprocess.run(command, cwd=self.root, env=env, capture_output=True, text=True, check=False)

    def execute(self, *arguments):
        """Run the executor; return (exit status, names that ran, everything it printed)."""
        done = self.tool("execute.py", *arguments)
        lines = [line.split() for line in done.stdout.splitlines() if line.startswith("[")]
        ran = sorted(line[1].removeprefix("chapters/") for line in lines)
        return done.returncode, ran, done.stdout + done.stderr

    def result(self, name):
        """Return where the executed notebook stands."""
        return self.root / "_build" / "executed" / "chapters" / f"{name}.ipynb"

    def printed(self, name):
        """Return what the cells of the executed notebook printed, as one string."""
        notebook = nbformat.read(self.result(name), as_version=4)
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        return "".join(o.text for cell in cells for o in cell.outputs if o.output_type == "stream")


@pytest.fixture
def book(tmp_path):
    """A tiny book with nothing in it yet."""
    return TinyBook(Path(os.path.realpath(tmp_path)))
