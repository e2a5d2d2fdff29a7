"""Show the executed notebook in place of the one without outputs, and never a stale one.

Sphinx executes nothing here. Before it reads, tools/execute.py runs what has changed (so that a bare
`jupyter-book build .` gives the same book as `make book`); while it reads, the text of a notebook is replaced by
that of `_build/executed/<same path>.ipynb`; and a page whose executed notebook changed is read again, even where
its own file did not.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

from sphinx.errors import ExtensionError


def result_of(app, docname):
    """Return the path of the executed notebook of `docname`, or None where the page is no notebook."""
    if not str(app.env.doc2path(docname)).endswith(".ipynb"):
        return None
    return Path(app.srcdir) / "_build" / "executed" / f"{docname}.ipynb"


def _digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None


def _shown(env):
    """Return {docname: digest of the executed notebook that the page was made of}, kept with the environment."""
    if not hasattr(env, "executed_notebooks"):
        env.executed_notebooks = {}
    return env.executed_notebooks


def execute(app):
    """Run tools/execute.py; fail the build where it fails."""
    root = Path(app.srcdir)
    tool = root / "tools" / "execute.py"
    done = subprocess.run([sys.executable, str(tool), "--root", str(root)], cwd=root, check=False)
    if done.returncode:
        raise ExtensionError("a notebook failed, or its proofs could not be collected: see above")


def outdated(app, env, added, changed, removed):
    """Return the pages whose executed notebook is no longer the one that they were made of."""
    known = _shown(env).items()
    return [
        name
        for name, digest in known
        if name not in removed and _digest(result_of(app, name)) != digest
    ]


def substitute(app, docname, source):
    """Replace the text of a notebook page by that of its executed notebook."""
    path = result_of(app, docname)
    if path is None:
        return
    if not path.exists():
        raise ExtensionError(f"{docname} has not been executed: {path} is missing")
    source[0] = path.read_text("utf-8")
    _shown(app.env)[docname] = _digest(path)


def forget(app, env, docname):
    """Drop what is known of a page that is read again or gone."""
    _shown(env).pop(docname, None)


def merge(app, env, docnames, other):
    """Take over what a parallel reader noted."""
    _shown(env).update({name: digest for name, digest in _shown(other).items() if name in docnames})


def setup(app):
    """Connect the extension."""
    app.connect("builder-inited", execute, priority=100)
    app.connect("env-get-outdated", outdated)
    app.connect("source-read", substitute, priority=100)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
