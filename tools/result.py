"""The executed notebook of a page: what it depends on, whether it is still true, how prose is brought up to date.

An executed notebook is the notebook plus outputs plus, in metadata.chainrule:
  key          sha256 over the code cells and their tags, the pins and the Python version
  files        {path under the root: sha256} of everything under src/ that the run could have read
  outputs      sha256 over the outputs, so that a damaged or foreign file is told from ours
  cpu_seconds  CPU time of the kernel and its children

Notebooks are plain JSON here, as they stand on disk: an unchanged book is known as such in a moment.
"""

import copy
import hashlib
import json
import re
import sys

from project import executed_path, write_atomically

PINS = ("requirements.txt", "constraints.txt")
CHILD_PROCESSES = re.compile(
    r"\b(subprocess|multiprocessing|os\.system|ProcessPool)|^\s*[!%]", re.MULTILINE
)


def sha256(data):
    """Return the hexadecimal digest of bytes or text."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def code_cells(notebook):
    """Return the code cells of a notebook, in order."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def source(cell):
    """Return a cell's source as one string."""
    return "".join(cell["source"])


def key(root, notebook):
    """Return the sha256 of all that decides the outputs, but for the files under src/."""
    cells = [[source(cell), sorted(cell["metadata"].get("tags", []))] for cell in code_cells(notebook)]
    pins = [_digest(root / name) for name in PINS]
    return sha256(json.dumps([cells, pins, list(sys.version_info[:3])]))


def _digest(path):
    try:
        return sha256(path.read_bytes())
    except FileNotFoundError:
        return None


def source_files(root):
    """Return {path under the root: sha256} of every file under src/, but for caches and build metadata."""
    found = {}
    for path in sorted((root / "src").rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_file() and "__pycache__" not in name and ".egg-info/" not in name:
            found[name] = sha256(path.read_bytes())
    return found


def depended_on(root, snapshot, imported, notebook):
    """Return the part of `snapshot` that a run could have read.

    imported : files of the modules that the kernel had loaded at its end
    A data file counts where a module of its folder was imported. A notebook that starts processes
    of its own may import anything in them, so there every file counts.
    """
    if any(CHILD_PROCESSES.search(source(cell)) for cell in code_cells(notebook)[1:]):
        return dict(snapshot)
    inside = {name for name in snapshot if str((root / name).resolve()) in imported}
    folders = {name.rpartition("/")[0] for name in inside}
    return {
        name: digest
        for name, digest in snapshot.items()
        if name in inside or (not name.endswith(".py") and name.rpartition("/")[0] in folders)
    }


def outputs_digest(notebook):
    """Return the sha256 of everything that the cells gave."""
    given = [[cell["execution_count"], cell["outputs"]] for cell in code_cells(notebook)]
    return sha256(json.dumps(given, sort_keys=True))


def record(notebook, key, files, cpu_seconds):
    """Write into the metadata what `is_current` will ask for."""
    notebook["metadata"]["chainrule"] = {
        "key": key,
        "files": files,
        "outputs": outputs_digest(notebook),
        "cpu_seconds": round(cpu_seconds, 2),
    }


def read(path):
    """Return the executed notebook at `path`; None where it is missing, damaged or not ours."""
    try:
        notebook = json.loads(path.read_text("utf-8"))
        ours = notebook["metadata"]["chainrule"]
        if ours["outputs"] != outputs_digest(notebook) or not isinstance(ours["files"], dict):
            return None
        return notebook
    except (OSError, ValueError, KeyError, TypeError):
        return None


def is_current(root, executed, notebook):
    """Return whether the executed notebook is what running `notebook` now would give."""
    ours = executed["metadata"]["chainrule"]
    return ours["key"] == key(root, notebook) and all(
        _digest(root / name) == digest for name, digest in ours["files"].items()
    )


def with_prose_of(notebook, executed):
    """Return `notebook` as it is now, with the outputs and the record of `executed`; their code cells are the same."""
    merged = copy.deepcopy(notebook)
    for cell, ran in zip(code_cells(merged), code_cells(executed), strict=True):
        cell["outputs"], cell["execution_count"] = ran["outputs"], ran["execution_count"]
    merged["metadata"]["chainrule"] = executed["metadata"]["chainrule"]
    return merged


def to_text(notebook):
    """Return the executed notebook as it stands on disk."""
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def load_source(root, name):
    """Return the notebook of document `name` as its author left it."""
    return json.loads((root / f"{name}.ipynb").read_text("utf-8"))


def refresh(root, name):
    """Return whether document `name` has a current result; carry changed prose into it where it has."""
    path = executed_path(root, name)
    executed, notebook = read(path), load_source(root, name)
    if executed is None or not is_current(root, executed, notebook):
        return False
    text = to_text(with_prose_of(notebook, executed))
    if text != path.read_text("utf-8"):
        write_atomically(path, text)
    return True
