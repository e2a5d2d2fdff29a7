"""What every live figure is: two ways to show it, safe in a page, the same on every run."""

import html
import json
import os
import re
import subprocess
import sys

import nbformat
import pytest
from explore.javascript import run
from nbclient import NotebookClient

from chainrule import explore
from chainrule.explore import LiveFigure
from chainrule.explore.bundle import bundle

WIDGET = "application/vnd.jupyter.widget-view+json"
CELL = "from chainrule import explore\nexplore.computation_graph()"
SVG = '<svg viewBox="0 0 1 1"></svg>'


def python(code, **environment):
    """Run code in a fresh process; return what it printed."""
    env = {**os.environ, "PYTHONHASHSEED": "random", **environment}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", env=env)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def figure(**changes):
    given = {"name": "computation_graph", "state": {"expression": "a*b"}, "title": "t", "picture": SVG, "code": "x < 1"}
    given.update(changes)
    return LiveFigure(given.pop("name"), given.pop("state"), **given)


def test_the_page_gets_what_the_host_needs():
    state = {"text": "\"<b>'&", "number": 0.1, "none": None, "list": [1, "é"]}
    page = figure(state=state, title='a "title" <b>', caption="1 < 2").html
    attributes = dict(re.findall(r' ([\w-]+)="([^"]*)"', page[: page.index(">")]))
    assert attributes["class"] == "cr-live" and attributes["data-module"] == "computation_graph"
    assert json.loads(html.unescape(attributes["data-state"])) == state
    assert html.unescape(attributes["aria-label"]) == 'a "title" <b>'
    assert "<b>" not in page and "1 &lt; 2" in page and "x &lt; 1" in page
    assert page.count("<figure") == page.count("</figure>") == 1


def test_the_page_holds_nothing_that_a_policy_refuses():
    page = explore.computation_graph().html
    for refused in ("<script", "style=", "<style", " on", "javascript:", "http://", "https://", " id="):
        assert refused not in re.sub(r">[^<]*<", "><", page).replace('aria-label="A comp', ""), refused


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"name": "no_such_figure"}, ValueError, "name must be that of a script"),
        ({"name": "../figure"}, ValueError, "name must be that of a script"),
        ({"name": 3}, TypeError, "name must be a string; got int"),
        ({"state": [1]}, TypeError, "state must be a dict; got list"),
        ({"state": {"x": float("nan")}}, ValueError, "finite"),
        ({"state": {"x": object()}}, TypeError, "JSON"),
        ({"title": " "}, ValueError, "title must say"),
        ({"picture": "<p></p>"}, ValueError, "picture must be one <svg>"),
        ({"picture": '<svg><rect style="x"/></svg>'}, ValueError, "picture must hold no style="),
        ({"picture": "<svg><script></script></svg>"}, ValueError, "picture must hold no <script"),
        ({"code": None}, TypeError, "code must be a string; got NoneType"),
    ],
)
def test_bad_input_is_refused(changes, kind, message):
    with pytest.raises(kind, match=message):
        figure(**changes)


def test_the_text_is_python_that_makes_the_state_again():
    figure = explore.computation_graph("a*b", {"a": 1, "b": 2})
    state = "{'expression': 'a*b', 'values': {'a': 1.0, 'b': 2.0}, 'step': None}"
    assert repr(figure) == f"LiveFigure('computation_graph', {state})"


def test_two_processes_show_the_same():
    code = f"{CELL.replace('explore.comp', 'f = explore.comp')}\nprint(f._repr_mimebundle_(), f.widget.model_id)"
    first, second = python(code), python(code)
    assert first == second
    assert "text/html" in first and "0x" not in first


def test_importing_imports_nothing_heavy():
    code = "import sys; from chainrule import explore; explore.computation_graph().html; print(*sys.modules)"
    loaded = set(python(code).split())
    assert "chainrule.explore.figure" in loaded
    assert not loaded & {"anywidget", "ipywidgets", "traitlets", "IPython", "matplotlib"}


def test_the_widget_carries_the_page_s_script_and_the_state_comes_back():
    shown = explore.computation_graph()
    before = shown.html
    assert shown.widget._esm == bundle("computation_graph")
    assert shown.widget is shown.widget and shown.widget.model_id != explore.computation_graph().widget.model_id
    shown.widget.state = {**shown.state, "step": 3}
    assert shown.state["step"] == 3
    assert shown.html == before  # what is stored stays the first state


def execute(*cells, name="python3"):
    """Run cells as the book's executor does; return the outputs of the last."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, kernel_name=name, timeout=120, store_widget_state=False).execute()
    return notebook.cells[-1].outputs


def test_a_notebook_shows_picture_and_widget_alike_on_every_run():
    first, second = execute(CELL), execute(CELL)
    assert first == second
    (output,) = first
    assert output.output_type == "execute_result"
    assert set(output.data) == {"text/plain", "text/html", WIDGET}
    assert output.data["text/html"] == explore.computation_graph().html
    assert re.fullmatch("[0-9a-f]{32}", output.data[WIDGET]["model_id"])


def test_without_anywidget_the_picture_stands_alone():
    (output,) = execute("import sys\nsys.modules['anywidget'] = None", CELL)
    assert set(output.data) == {"text/plain", "text/html"}
    assert output.data["text/html"] == explore.computation_graph().html


def test_a_bundle_has_no_imports_and_every_figure_renders():
    for name in sorted(set(explore.__all__) - {"LiveFigure"}):
        script = bundle(name)
        assert not re.search(r"^import\b", script, re.MULTILINE)
        assert script.count("export default") == 1
        answers = run(script + "\nexport const kinds = ({ name }) => [typeof compute, typeof render, name];",
                      [("kinds", {"name": name})])  # fmt: skip
        assert answers == [{"value": ["function", "function", name]}]


def test_a_bundle_lays_each_source_before_its_use_once(tmp_path):
    (tmp_path / "one.js").write_text('import { two } from "./two.js";\nimport { three } from "./three.js";\n'
                                     "export const one = () => two + three;\nexport default { one };\n")  # fmt: skip
    (tmp_path / "two.js").write_text('import { three } from "./three.js";\nconst two = 2 * three;\nexport { two };\n')
    (tmp_path / "three.js").write_text("export const three = 3;\n")
    assert run(bundle("one", tmp_path), [("one", None)]) == [{"value": 9}]
    template = "`a\n  ${[3].map((x) => `b${x}`)}\n\n`;\n}\n"  # keeps its indentation and its empty line
    (tmp_path / "three.js").write_text(f"// three\n\nexport function three() {{\n  return {template}")
    assert bundle("three", tmp_path) == f"export function three() {{\nreturn {template}"
    nested = "`a${[3].map((x) => { return `\n  b\n\n${`\n\n  c ${x}`}`; })}\n\n  d`;\n"
    (tmp_path / "three.js").write_text(f"  export const three = {nested}")
    assert bundle("three", tmp_path) == f"export const three = {nested}"
    (tmp_path / "three.js").write_text("export const three = `${3};\n")
    with pytest.raises(ValueError, match="template strings must be closed; got 1 open"):
        bundle("three", tmp_path)
    (tmp_path / "three.js").write_text('import fs from "fs";\nexport const three = 3;\n')
    with pytest.raises(ValueError, match=r"imports must read .* got another in three\.js"):
        bundle("one", tmp_path)
