"""The Sphinx extension: pages with a figure load the host, the site gets every script, strangers fail the build."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from chainrule import explore
from chainrule.explore.bundle import bundle

EXTENSIONS = Path(__file__).parents[2] / "book" / "_ext"


class App:
    """What the extension uses of Sphinx."""

    def __init__(self, folder):
        self.outdir, self.builder, self.loaded = folder, SimpleNamespace(name="html"), []

    def add_js_file(self, name, **attributes):
        self.loaded.append((name, attributes))


@pytest.fixture
def live_figures(monkeypatch):
    monkeypatch.syspath_prepend(str(EXTENSIONS))
    import live_figures

    yield live_figures
    sys.modules.pop("live_figures", None)


@pytest.fixture
def app(live_figures, tmp_path):
    made = App(tmp_path)
    live_figures.collect(made)
    return made


def test_only_a_page_with_a_figure_loads_the_host(live_figures, app):
    live_figures.add_host(app, "plain", "page.html", {"body": "<p>class cr-live</p>"}, None)
    live_figures.add_host(app, "search", "search.html", {}, None)
    assert app.loaded == []
    live_figures.add_host(app, "one", "page.html", {"body": explore.computation_graph().html}, None)
    assert app.loaded == [("live.mjs", {"type": "module"})]


def test_a_figure_without_a_script_fails_the_build(live_figures, app):
    body = explore.computation_graph().html.replace('"computation_graph"', '"elements"', 1)
    with pytest.raises(Exception, match=r"chapters/x: live figures without a script in the package: elements"):
        live_figures.add_host(app, "chapters/x", "page.html", {"body": body}, None)


def test_the_site_gets_each_figure_in_one_file(live_figures, app):
    live_figures.write(app, None)
    written = {path.name: path.read_text("utf-8") for path in (app.outdir / "_static" / "live").iterdir()}
    names = set(explore.__all__) - {"LiveFigure"}
    assert written == {f"{name}.mjs": bundle(name) for name in names}


def test_a_failed_build_writes_nothing(live_figures, app):
    live_figures.write(app, ValueError())
    assert list(app.outdir.iterdir()) == []
