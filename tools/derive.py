"""Derive every chapter's .ipynb from its .py, and carry the repository's address to where it must stand.

python tools/derive.py           writes what differs
python tools/derive.py --check   writes nothing, lists what differs, exits 1 when something does
python tools/derive.py --force   also overwrites notebooks that were edited by hand
"""

import difflib
import hashlib
import json
import re
import subprocess
import sys

import jupytext
import nbformat
from project import Address, address, argument_parser, write_atomically

METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "pygments_lexer": "ipython3",
    },
}
FIRST_CELL = re.compile(
    r"try:\n    import chainrule\nexcept ImportError:\n    (?:# )?%pip install [^\n]*(?=\n|\Z)"
)
INSTALLED_FROM = re.compile(r"git\+https://github\.com/([\w.-]+/[\w.-]+)@([^\s\"]+)")
# Other files that show the address to a reader.
CARRIED = ("README.md", "CITATION.cff", "CONTRIBUTING.md")


def cells_of(notebook):
    """Return what an author can edit: type, source and metadata of each cell."""
    return [(c.cell_type, c.source, json.dumps(c.metadata, sort_keys=True)) for c in notebook.cells]


def keep_ids(notebook, old, stem):
    """Give every cell a stable id: its old one where it is the same or an edited cell, else one made of its content."""
    new_cells = [(c.cell_type, c.source) for c in notebook.cells]
    old_cells = [(c.cell_type, c.source) for c in old.cells] if old else []
    kept = {}
    matcher = difflib.SequenceMatcher(a=old_cells, b=new_cells, autojunk=False)
    for _, a0, a1, b0, b1 in matcher.get_opcodes():
        pairs = zip(range(a0, a1), range(b0, b1))
        kept |= {b: old.cells[a].get("id") for a, b in pairs if old_cells[a][0] == new_cells[b][0]}
    used = {i for i in kept.values() if i}
    for index, cell in enumerate(notebook.cells):
        cell["id"] = kept.get(index) or _fresh_id(stem, cell, used)
        used.add(cell["id"])


def _fresh_id(stem, cell, used):
    for attempt in range(1000):
        text = f"{stem}\0{cell.cell_type}\0{cell.source}\0{attempt}"
        digest = hashlib.sha256(text.encode()).hexdigest()[:8]
        if digest not in used:
            return digest
    raise AssertionError("a thousand cells with one id")


def derived(py, old, stem):
    """Return the notebook of percent source `py`, with ids carried over from the notebook `old` (or None)."""
    notebook = jupytext.reads(py, fmt="py:percent")
    for cell in notebook.cells:
        keep = ("tags", "mystnb")
        cell.metadata = {key: cell.metadata[key] for key in keep if key in cell.metadata}
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    notebook.metadata, notebook.nbformat, notebook.nbformat_minor = METADATA, 4, 5
    keep_ids(notebook, old, stem)
    nbformat.validate(notebook)
    return notebook


def to_text(notebook):
    """Return the notebook as this project writes it: one-space indent, sorted keys, letters as they are."""
    return nbformat.writes(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def read_notebook(path):
    """Return the notebook at `path`, or None where there is none that can be read."""
    try:
        return nbformat.reads(path.read_text("utf-8"), as_version=4)
    except (FileNotFoundError, ValueError):
        return None


def with_first_cell(py, target):
    """Return the chapter's source with the first cell that `target` asks for."""
    return FIRST_CELL.sub(lambda _: target.first_cell, py, count=1)


def with_address(text, old, new):
    """Return a page's text with the Address `old` replaced by `new`: repository, site and branch of its links."""
    for before, after in ((old.slug, new.slug), (old.site, new.site)):
        text = text.replace(before, after)
    link = re.compile(rf"({re.escape(new.slug)}/(?:blob|tree|raw)/){re.escape(old.branch)}(?=/)")
    return link.sub(lambda m: m[1] + new.branch, text)


def installed_from(root):
    """Return the Address that the first cells name now, or None before the first chapter."""
    for py in sorted((root / "chapters").rglob("*.py")):
        if found := INSTALLED_FROM.search(py.read_text("utf-8")):
            return Address(*found.groups())
    return None


def edited_by_hand(root, path, new, state):
    """Return whether the notebook holds cells that came neither from us nor from the last commit."""
    old = read_notebook(path)
    if old is None or cells_of(old) == cells_of(new):
        return False
    name = path.relative_to(root).as_posix()
    digest = _digest(cells_of(old))
    if state.get(name) == digest:
        return False
    shown = subprocess.run(
        ["git", "show", f"HEAD:./{name}"], cwd=root, capture_output=True, check=False
    )
    if shown.returncode:
        return name in state
    try:
        return _digest(cells_of(nbformat.reads(shown.stdout.decode(), as_version=4))) != digest
    except ValueError:
        return True


def _digest(cells):
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()


def changes(root, state, force=False):
    """Return ({path: new text}, [names edited by hand]) and record the cells of every notebook in `state`."""
    target, wanted, by_hand = address(root), {}, []
    before = installed_from(root) or target
    for path in (root / name for name in CARRIED if (root / name).exists()):
        wanted[path] = with_address(path.read_text("utf-8"), before, target)
    for py in sorted((root / "chapters").rglob("*.py")):
        if any(part.startswith(".") for part in py.relative_to(root).parts):
            continue
        name, ipynb = py.relative_to(root).as_posix(), py.with_suffix(".ipynb")
        wanted[py] = with_first_cell(py.read_text("utf-8"), target)
        notebook = derived(wanted[py], read_notebook(ipynb), name.removesuffix(".py"))
        if not force and edited_by_hand(root, ipynb, notebook, state):
            by_hand.append(ipynb.relative_to(root).as_posix())
        wanted[ipynb] = to_text(notebook)
        state[ipynb.relative_to(root).as_posix()] = _digest(cells_of(notebook))
    return {p: text for p, text in wanted.items() if _read(p) != text}, by_hand


def _read(path):
    return (
        path.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n")
        if path.exists()
        else None
    )


def orphans(root):
    """Return the notebooks under chapters/ that have no source beside them."""
    found = sorted((root / "chapters").rglob("*.ipynb"))
    return [
        p.relative_to(root).as_posix()
        for p in found
        if ".ipynb_checkpoints" not in p.parts and not p.with_suffix(".py").exists()
    ]


def show_difference(root, path, new):
    """Print the lines in which the file at `path` differs from what is derived."""
    old, name = _read(path) or "", path.relative_to(root).as_posix()
    lines = list(
        difflib.unified_diff(
            old.splitlines(), new.splitlines(), name, f"{name} (derived)", lineterm="", n=1
        )
    )
    print("\n".join(lines[:40]))
    if len(lines) > 40:
        print(f"... and {len(lines) - 40} lines more")


def main(argv=None):
    """Derive, or check; return the exit status."""
    parser = argument_parser(__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--force", action="store_true")
    args = parser.parse_args(argv)
    root, record = args.root, args.root / "_build" / "derived.json"
    try:
        state = json.loads(record.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        state = {}
    different, by_hand = changes(root, state, force=args.force or args.check)
    alone = orphans(root)
    for name in alone:
        print(f"{name} has no .py beside it: the .py is the source", file=sys.stderr)
    if args.check:
        for path, text in different.items():
            show_difference(root, path, text)
        if different:
            print(
                f"{len(different)} file(s) differ from what `make notebooks` derives",
                file=sys.stderr,
            )
        return int(bool(different or alone))
    for name in by_hand:
        print(
            f"{name} was edited by hand: carry the change to {name.removesuffix('.ipynb')}.py, "
            "or throw it away with `python tools/derive.py --force`",
            file=sys.stderr,
        )
    if by_hand or alone:
        return 1
    for path, text in different.items():
        write_atomically(path, text)
        print(f"derived {path.relative_to(root).as_posix()}")
    write_atomically(record, json.dumps(state, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
