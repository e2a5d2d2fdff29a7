"""A figure's script as one module without imports: what a notebook carries inline and the site serves.

The sources stay apart (``numbers.js``, ``elements.js``, ...); here those that a figure imports are
laid one after another before it, their import and export words taken away, lines of comment,
indentation and empty lines.
"""

import re
from importlib.resources import files

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=const |function |class )", re.MULTILINE)
_COMMENT = re.compile(r"^ *// .*\n", re.MULTILINE)
_MARK = re.compile(r"\\.|`|\$\{|[{}]")
_EXPORT_LIST = re.compile(r"^export \{[^}]*\};\n", re.MULTILINE)


def source_of(name, folder=None):
    """Return the text of ``explore/name.js``.

    Raises
    ------
    ValueError
        If there is no such script.
    """
    path = (files("chainrule.explore") if folder is None else folder) / f"{name}.js"
    if not name.isidentifier() or not path.is_file():
        raise ValueError(f"name must be that of a script beside this file; got {name!r}")
    return path.read_text(encoding="utf-8")


def _flush_left(text):
    """Return a script without indentation and empty lines but those within its template strings."""
    lines, within = [], []  # within: "`" for each template string and "{" for each brace in one that is open
    for line in text.split("\n"):
        is_code = within[-1:] != ["`"]
        if not is_code or line.strip():
            lines.append(line.lstrip(" ") if is_code else line)
        for mark in _MARK.findall(line):
            in_text = within[-1:] == ["`"]
            if mark == "`" and in_text:
                within.pop()
            elif mark == "`" or (mark == "${" and in_text):
                within.append(mark[-1])
            elif within and not in_text and mark in "{}":
                within.append("{") if mark == "{" else within.pop()
    if within:
        raise ValueError(f"template strings must be closed; got {len(within)} open at the end")
    return "\n".join([*lines, ""])


def bundle(name, folder=None):
    """Return the script of a figure as one module: imports inlined, the figure's own exports kept.

    Parameters
    ----------
    name : str
        Stem of the figure's script in ``explore/``. Imports must be of the form
        ``import { a, b } from "./stem.js";``, one a line, and no two scripts may declare the same
        name at top level (JavaScript itself refuses that).
    folder : path, optional
        Where the scripts lie instead.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If a script is missing, imports in another form, or leaves a template string open.
    """
    done = []

    def collect(stem, last):
        text = source_of(stem, folder)
        parts = [collect(other, False) for other in _IMPORT.findall(text) if other not in done]
        done.append(stem)
        text = _COMMENT.sub("", _IMPORT.sub("", text))
        if re.search(r"^\s*import\b|\bfrom \"\./", text, re.MULTILINE):
            raise ValueError(
                f'imports must read import {{ a }} from "./b.js"; got another in {stem}.js'
            )
        if not last:
            text = _EXPORT.sub("", _EXPORT_LIST.sub("", text))
        text = _flush_left(text)
        return "\n".join([*(part for part in parts if part), text])

    return collect(name, True)
