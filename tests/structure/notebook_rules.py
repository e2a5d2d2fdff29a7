"""What the text and the cells of a notebook must keep to, so that it reads the same in the book, JupyterLab and Colab.

Every rule takes the cells of a notebook, as plain JSON with joined sources, and returns sentences on what breaks it.
"""

import ast
import itertools
import json
import re

KINDS = ("Note", "Misconception", "Tip", "History", "Warning")
FRAMEWORKS = ["fw-numpy", "fw-torch", "fw-tensorflow"]
FENCED = re.compile(r"^(```+|~~~+)(.*?)^\1", re.MULTILINE | re.DOTALL)
INLINE_CODE = re.compile(r"(`+)(.+?)\1", re.DOTALL)
MATH = re.compile(r"\$\$.+?\$\$|\$[^$\n]+?\$", re.DOTALL)
TAG = re.compile(r"</?([A-Za-z][\w-]*)(?=[\s/>])")
MYST = {
    "a directive": re.compile(r"^\s*(```+|~~~+|:::+)\s*\{", re.MULTILINE),
    "a role": re.compile(r"\{[a-z][\w:+-]*\}`"),
    "a target": re.compile(r"^\([\w:-]+\)=\s*$", re.MULTILINE),
    "a footnote": re.compile(r"\[\^[\w-]+\]"),
    "a block break": re.compile(r"^\+\+\+", re.MULTILINE),
    "a comment": re.compile(r"^%", re.MULTILINE),
    "a substitution": re.compile(r"\{\{.+?\}\}"),
    "an attribute": re.compile(r"^\{[.#%].*\}\s*$", re.MULTILINE),
}


def load(text):
    """Return the cells of a notebook given as JSON, with each source as one string."""
    cells = json.loads(text)["cells"]
    for cell in cells:
        cell["source"] = "".join(cell["source"])
    return cells


def code(cells):
    """Return the code cells."""
    return [cell for cell in cells if cell["cell_type"] == "code"]


def prose(cells):
    """Yield (cell number, text) of the Markdown cells."""
    yield from ((n, cell["source"]) for n, cell in enumerate(cells, 1) if cell["cell_type"] == "markdown")


def tags(cell):
    """Return the tags of a cell."""
    return cell["metadata"].get("tags", [])


def _without_code(text):
    return INLINE_CODE.sub("`x`", FENCED.sub("", text))


def markdown_only(cells):
    """No MyST directive, role or target, no raw HTML but <details> and <summary>: others show as source."""
    found = []
    for n, text in prose(cells):
        found += [f"cell {n}: {name} of MyST" for name, at in MYST.items() if name == "a directive" and at.search(text)]
        outside_fences = FENCED.sub("", text)
        if MYST["a role"].search(outside_fences):
            found.append(f"cell {n}: a role of MyST")
        plain = MATH.sub("x", _without_code(text))
        rest = [name for name in MYST if name not in ("a directive", "a role")]
        found += [f"cell {n}: {name} of MyST" for name in rest if MYST[name].search(plain)]
        html = {name.lower() for name in TAG.findall(plain)} - {"details", "summary"}
        found += [f"cell {n}: raw HTML <{name}>" for name in sorted(html)]
        if "<!--" in plain:
            found.append(f"cell {n}: an HTML comment")
    return found


def details_breathe(cells):
    """The body of <details> stands between blank lines, or its Markdown is not rendered."""
    found = []
    for n, text in prose(cells):
        plain = _without_code(text)
        if plain.count("<details") != plain.count("</details>"):
            found.append(f"cell {n}: <details> opens and closes in different cells")
        if re.search(r"</summary>[^\n]*\n[^\n]", plain) or re.search(r"[^\n]\n[^\n]*</details>", plain):
            found.append(f"cell {n}: no blank line around the body of <details>")
    return found


def block_quotes(cells):
    """A block quote begins with its kind in bold, for the page to dress it."""
    found = []
    for n, text in prose(cells):
        for quote in re.findall(r"(?:^>.*\n?)+", FENCED.sub("", text), re.MULTILINE):
            kind = re.match(r">\s*\*\*(\w+)\.\*\* \S", quote)
            if not kind or kind[1] not in KINDS:
                found.append(f"cell {n}: a block quote of no kind: {quote.splitlines()[0][:50]}")
    return found


def one_title(cells):
    """The first cell is prose and holds the only first-level heading; no heading skips a level."""
    levels = [len(mark) for _, text in prose(cells) for mark in re.findall(r"^(#+) ", FENCED.sub("", text), re.M)]
    found = []
    if not cells or cells[0]["cell_type"] != "markdown" or not cells[0]["source"].startswith("# "):
        found.append("the first cell is not the title")
    if levels.count(1) != 1:
        found.append(f"{levels.count(1)} first-level headings")
    found += [f"a heading skips from level {a} to {b}" for a, b in itertools.pairwise(levels) if b > a + 1]
    return found


def spoken_heads(cells):
    """The head of a table's column has a word beside its mathematics: a letter alone is silent to a screen reader."""
    found = []
    for n, text in prose(cells):
        lines = FENCED.sub("", text).splitlines()
        heads = [a for a, b in itertools.pairwise(lines) if re.fullmatch(r"\|[-| :]+\|", b.strip())]
        columns = [column.strip() for head in heads for column in head.strip().strip("|").split("|")]
        found += [f"cell {n}: the head {c} has no word" for c in columns if c and not re.search(r"\w", MATH.sub("", c))]
    return found


def short_cells(cells, limit=25):
    """A code cell has at most 25 lines, blank ones aside, and is not empty."""
    lengths = [sum(map(bool, map(str.strip, cell["source"].splitlines()))) for cell in code(cells)]
    return [f"code cell {n} has {lines} lines" for n, lines in enumerate(lengths, 1) if not 0 < lines <= limit]


def compared(cells):
    """No cell escapes the second run; only one that measures time, and claims what it found, may print otherwise."""
    found = []
    for n, cell in enumerate(code(cells), 1):
        excuses = {tag for tag in tags(cell) if tag.startswith("nbval-")}
        excuses |= set(re.findall(r"#\s*(NBVAL_\w+|PYTEST_VALIDATE_\w+)", cell["source"]))
        clock = re.search(r"process_time|perf_counter|cpu_seconds", cell["source"])
        timed = excuses == {"nbval-ignore-output"} and clock and "claim" in _calls(cell["source"])
        if excuses and not timed:
            found.append(f"code cell {n} is not compared: {sorted(excuses)}")
    return found


def no_magics(cells):
    """No magic or shell line but the first cell's, and no changing of the import path."""
    found = []
    for n, cell in list(enumerate(code(cells), 1))[1:]:
        if re.search(r"^\s*(%|!|\?|get_ipython\()", cell["source"], re.M) or re.search(r"\w\?$", cell["source"], re.M):
            found.append(f"code cell {n} has a magic")
        if "sys.path" in cell["source"]:
            found.append(f"code cell {n} changes sys.path")
    return found


def no_outputs(cells):
    """The committed notebook holds no output and no execution count."""
    return [
        f"code cell {n} holds outputs"
        for n, cell in enumerate(code(cells), 1)
        if cell["outputs"] or cell["execution_count"] is not None
    ]


def framework_cells(cells):
    """NumPy, PyTorch and TensorFlow stand side by side in this order, and one parity call follows.

    Programs that draw their own random numbers cannot agree to rounding; once the notebook has shown parity
    for the same model, claims may settle such a trio.
    """
    found, at, shown = [], 0, False
    while at < len(cells):
        run = []
        while at < len(cells) and any(tag.startswith("fw-") for tag in tags(cells[at])):
            run.append(next(tag for tag in tags(cells[at]) if tag.startswith("fw-")))
            at += 1
        if not run:
            at += 1
            continue
        if run != FRAMEWORKS:
            found.append(f"cell {at}: framework cells are {run}")
        following = next((cell for cell in cells[at:] if cell["cell_type"] == "code"), None)
        called = [] if following is None else _calls(following["source"])
        if called.count("parity") != 1 and not (shown and "claim" in called and "parity" not in called):
            found.append(f"cell {at}: no single parity call after the framework cells")
        shown = shown or "parity" in called
    return found


def _calls(source):
    """Return the names of the functions called in a piece of code, magics aside."""
    lines = [line for line in source.splitlines() if not line.lstrip().startswith(("%", "!"))]
    try:
        tree = ast.parse("\n".join(lines))
    except SyntaxError:
        return []
    called = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "") for func in called]


def alt_texts(cells, least=15):
    """Alt text, where one is given, says something: at least 15 characters and no file name."""
    given = []
    for n, cell in enumerate(cells, 1):
        if cell["cell_type"] == "code":
            alt = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt")
            given += [] if alt is None else [(n, alt)]
        else:
            given += [(n, alt) for alt in re.findall(r"!\[(.*?)\]\(", _without_code(cell["source"]), re.DOTALL)]
    poor = [(n, alt) for n, alt in given if len(alt.strip()) < least or re.search(r"\.(png|svg|jpe?g|webp)\b", alt)]
    return [f"cell {n}: the alt text {alt!r} says too little" for n, alt in poor]


def figures_described(cells):
    """A cell that shows a picture has alt text (asked of executed notebooks)."""
    found = []
    for n, cell in enumerate(code(cells), 1):
        shown = {mime for out in cell["outputs"] for mime in out.get("data", {})}
        pictures = {mime for mime in shown if mime.startswith("image/")}
        if pictures and not cell["metadata"].get("mystnb", {}).get("image", {}).get("alt"):
            found.append(f"code cell {n} shows a picture without alt text")
    return found


def outputs_portable(cells):
    """No output shows a warning, a path of this machine or a memory address (asked of executed notebooks)."""
    machine = re.compile(r"site-packages|ipykernel_\d|/tmp/|/home/|/Users/|/root/|0x[0-9a-f]{6,}|[A-Z]:\\\\")
    found = []
    for n, cell in enumerate(code(cells), 1):
        for out in cell["outputs"]:
            if out.get("name") == "stderr":
                found.append(f"code cell {n} writes to stderr: {''.join(out['text'])[:200]}")
            plain = "".join(out.get("text", "")) + "".join(out.get("data", {}).get("text/plain", ""))
            found += [f"code cell {n} shows {shown}" for shown in machine.findall(plain)]
    return found


def misconceptions_refuted(cells):
    """A misconception is alone in its cell, and the code right after it refutes it with a claim."""
    found = []
    for n, text in prose(cells):
        count = len(re.findall(r"^>\s*\*\*Misconception\.\*\*", text, re.MULTILINE))
        following = itertools.takewhile(lambda cell: cell["cell_type"] == "code", cells[n:])
        refuted = any("claim" in _calls(cell["source"]) for cell in following)
        if count > 1 or (count and not refuted):
            found.append(f"cell {n}: a misconception that the code right after it does not refute by a claim")
    return found


def _exercise_ids(cell):
    return set(re.findall(r"\bexercise\(\s*[\"']([\w-]+)[\"']", cell["source"]))


def solutions_folded(cells):
    """Every exercise is followed by one solution, folded, that calls the same check."""
    found, asked, solved = [], {}, {}
    for n, cell in enumerate(code(cells), 1):
        ids = _exercise_ids(cell)
        if "solution" not in tags(cell):
            asked |= {name: n for name in ids}
            continue
        if "hide-cell" not in tags(cell):
            found.append(f"code cell {n}: a solution that is not folded")
        if not ids:
            found.append(f"code cell {n}: a solution that is not checked")
        found += [f"code cell {n}: the solution of {name} stands before it" for name in ids if name not in asked]
        found += [f"code cell {n}: {name} has two solutions" for name in ids if name in solved]
        solved |= {name: n for name in ids}
    return found + [f"code cell {n}: no solution of {name}" for name, n in asked.items() if name not in solved]


def definitions(cells):
    """Return the names of functions and classes that the notebook defines at its top level."""
    names = set()
    for cell in code(cells)[1:]:
        tree = ast.parse(cell["source"])
        kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        names |= {node.name for node in tree.body if isinstance(node, kinds)}
    return names


RULES = [
    markdown_only,
    details_breathe,
    block_quotes,
    one_title,
    spoken_heads,
    short_cells,
    compared,
    no_magics,
    no_outputs,
    framework_cells,
    alt_texts,
    misconceptions_refuted,
    solutions_folded,
]
