"""A book of three pages, built with the real settings, extensions and styles, and no execution."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

INSTALL = "try:\n    import chainrule\nexcept ImportError:\n    %pip install -q chainrule\n"
FIRST = """# A first notebook

After this page you can tell an ordinary quotation from a dressed one. It links [Adam](../book/glossary.md#adam)
and [Rumelhart et al., 1986](../book/bibliography.md#rumelhart1986learning).

> **Note.** A note stays short.

> **Misconception.** ReLU is linear.
>
> It is not.

> **Tip.** Print shapes.

> **History.** Perceptrons, 1958.

> **Warning.** `exp` overflows.

> An ordinary quotation.

Inline $x^2$ and displayed

$$\\sum_{i=1}^{n} \\frac{\\partial J}{\\partial w_i} + \\sum_{j=1}^{n} \\frac{\\partial J}{\\partial v_j} +
\\sum_{k=1}^{n} \\frac{\\partial J}{\\partial u_k} + \\sum_{l=1}^{n} \\frac{\\partial J}{\\partial t_l} = 0$$

| a | b | c |
|---|---|---|
| a_word_that_cannot_be_broken_at_all | another_word_that_cannot_be_broken | and_a_third_word_like_the_others |
"""
PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAIAAAACUFjqAAAAEklEQVR42mNk+M+ABzAxjGgaAQA4XgMBGwQ0xwAAAABJRU5ErkJggg=="
)


def markdown(text):
    """Return a Markdown cell."""
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def code(text, output="1", tags=(), **metadata):
    """Return a code cell that has run and printed `output`."""
    outputs = [{"output_type": "stream", "name": "stdout", "text": output + "\n"}] if output else []
    metadata = {**metadata, **({"tags": list(tags)} if tags else {})}
    return {
        "cell_type": "code",
        "metadata": metadata,
        "execution_count": 1,
        "source": text,
        "outputs": outputs,
    }


def figure(alt, tags=()):
    """Return a code cell that has shown a small picture."""
    cell = code("plt.show()", "", tags, mystnb={"image": {"alt": alt}})
    cell["outputs"] = [
        {"output_type": "display_data", "metadata": {}, "data": {"image/png": PNG, "text/plain": "<Figure>"}}
    ]
    return cell


def frameworks(number):
    """Return three adjacent framework cells."""
    return [
        code(f"numpy_{number} = 1", f"from NumPy {number}", ["fw-numpy"]),
        code(f"torch_{number} = 1  # {'a long line ' * 12}", f"from PyTorch {number}", ["fw-torch"]),
        code(f"tensorflow_{number} = 1", f"from TensorFlow {number}", ["fw-tensorflow"]),
    ]


def notebook(*cells):
    """Return a notebook as text."""
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    numbered = [{**cell, "id": f"cell-{index}"} for index, cell in enumerate(cells)]
    return json.dumps({"cells": numbered, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5})


def write_tiny_book(root, folder):
    """Write the sources: settings without the executor, two notebooks, glossary and bibliography.

    root : the repository
    folder : where the small book goes
    """
    settings = yaml.safe_load((root / "_config.yml").read_text("utf-8"))
    config, local = settings["sphinx"]["config"], settings["sphinx"]["local_extensions"]
    for name in ("executed", "ledger_pages"):  # they run notebooks and collect what these proved
        local.pop(name)
        config["extensions"].remove(name)
    toc = {
        "format": "jb-book",
        "root": "book/how_to_use",
        "chapters": [{"file": f"book/{name}"} for name in ("glossary", "bibliography")],
    }
    toc["chapters"] += [{"file": f"chapters/{name}"} for name in ("first", "second")]
    (folder / "_config.yml").write_text(yaml.safe_dump(settings, sort_keys=False), "utf-8")
    (folder / "_toc.yml").write_text(yaml.safe_dump(toc, sort_keys=False), "utf-8")
    shutil.copytree(root / "book" / "assets", folder / "book" / "assets")
    shutil.copytree(
        root / "book" / "_ext", folder / "book" / "_ext", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("how_to_use.md", "glossary.md", "bibliography.md", "references.bib"):
        shutil.copy(root / "book" / name, folder / "book" / name)
    how_to_use = folder / "book" / "how_to_use.md"
    how_to_use.write_text(how_to_use.read_text("utf-8").replace("(claims.md)", "(glossary.md)"), "utf-8")
    (folder / "chapters").mkdir()
    first = notebook(
        markdown(FIRST),
        code(INSTALL, ""),
        *frameworks(1),
        code("between = 1"),
        *frameworks(2),
        figure("A small square, dark on white."),
        figure("A photograph of a small square.", ["photo"]),
        markdown("## Exercise 1\n\nAdd one and one."),
        code("print(2)", "the solution is 2", ["hide-cell", "solution"]),
    )
    second = notebook(
        markdown("# A second notebook\n\nIt has one group of frameworks and no mathematics."), *frameworks(3)
    )
    (folder / "chapters" / "first.ipynb").write_text(first, "utf-8")
    (folder / "chapters" / "second.ipynb").write_text(second, "utf-8")


def run_build(folder):
    """Build a book with warnings as errors; return the finished process."""
    start = "from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", start, "build", ".", "-W", "-n", "--keep-going"]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, encoding="utf-8", errors="replace"
    )


def build_tiny_book(root, folder):
    """Write and build the small book; return the folder of its pages."""
    write_tiny_book(Path(root), folder)
    done = run_build(folder)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return folder / "_build" / "html"
