"""Bring the live figures into the pages: the host script where there is one, and the figures' scripts beside it.

A figure's output in an executed notebook is `<figure class="cr-live" data-module="NAME" ...>` with a static picture.
`book/assets/live.mjs` finds it and loads `_static/live/NAME.mjs`, the package's own script of that figure in one file.
"""

import re
from importlib.resources import files
from pathlib import Path

from page_diet import write_whole
from sphinx.errors import ExtensionError

HOST = "live.mjs"
FIGURE = re.compile(r'<figure class="cr-live" data-module="(\w+)"')


def scripts():
    """Return {name: script} of every live figure of the installed package; a figure's script exports a default."""
    from chainrule.explore.bundle import bundle

    folder = files("chainrule.explore")
    sources = {path.name.removesuffix(".js"): path for path in folder.iterdir() if path.name.endswith(".js")}
    figures = sorted(name for name, path in sources.items() if "export default" in path.read_text(encoding="utf-8"))
    return {name: bundle(name) for name in figures}


def add_host(app, pagename, templatename, context, doctree):
    """Load the host script on a page that has a live figure."""
    names = set(FIGURE.findall(context.get("body", "")))
    if not names:
        return
    strangers = sorted(names - set(app.live_scripts))
    if strangers:
        raise ExtensionError(f"{pagename}: live figures without a script in the package: {', '.join(strangers)}")
    app.add_js_file(HOST, type="module")


def collect(app):
    """Read the scripts once, before the pages are written."""
    app.live_scripts = scripts()


def write(app, exception):
    """Write the scripts beside the host."""
    if exception is not None or app.builder.name != "html":
        return
    folder = Path(app.outdir) / "_static" / "live"
    folder.mkdir(parents=True, exist_ok=True)
    for name, script in app.live_scripts.items():
        write_whole(folder / f"{name}.mjs", script)


def setup(app):
    """Connect the steps; the page diet comes after them."""
    app.connect("builder-inited", collect)
    app.connect("html-page-context", add_host)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
