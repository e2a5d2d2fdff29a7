"""Variance through depth in a static page under a strict policy, in headless Chromium; and in a notebook."""

import json
import os
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests" / "site")]  # `site` is also a module of Python's own

from browsing import Server, visit  # noqa: E402
from explore.figure_pages import told  # noqa: E402
from page_checks import axe_faults, console_faults, overflow_faults, policy_faults, request_faults  # noqa: E402

from chainrule import explore  # noqa: E402
from chainrule.explore.bundle import bundle  # noqa: E402

POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'"
PAGE = """<!DOCTYPE html>
<html lang="en" data-theme="{theme}"><head><meta charset="utf-8"><title>Variance through depth</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<link rel="icon" href="favicon.svg"><link rel="stylesheet" href="chain-rule.css"><link rel="stylesheet" href="page.css">
<script type="module" src="live.mjs"></script></head>
<body><main class="bd-article"><h1>Variance through depth</h1>{figure}</main></body></html>"""
STYLE = "body { margin: 0; font: 17px var(--cr-sans); } main { max-width: 46rem; margin: 0 auto; padding: 0 1rem; }"
THEMES = ("light", "dark")
NAME_OF_FOCUS = """
    () => document.activeElement.labels?.[0]?.querySelector("b").textContent ?? document.activeElement.textContent"""
REDRAWS = """
    async () => {
        let drawn = 0;
        const picture = document.querySelector(".cr-picture");
        new MutationObserver(() => { drawn += 1; }).observe(picture, { childList: true });
        const gain = document.querySelectorAll("input[type=range]")[1];
        for (const value of [0.1, 0.2, 0.3, 0.4]) {
            gain.value = value;
            gain.dispatchEvent(new Event("input"));
        }
        await new Promise((done) => setTimeout(done, 1000));
        return drawn;
    }"""
PLACES = """
    (all) => all.map((text) => {
        const { left, right } = text.getBoundingClientRect();
        return [left, right, text.getScreenCTM().a * parseFloat(text.getAttribute("font-size"))];
    })"""
CELL = "from chainrule import explore\n\nexplore.variance_through_depth()"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A page in each theme, served as the book serves its own."""
    folder = tmp_path_factory.mktemp("page")
    assets = {name: (ROOT / "book" / "assets" / name).read_text("utf-8")
              for name in ("chain-rule.css", "favicon.svg", "live.mjs")}  # fmt: skip
    figure = explore.variance_through_depth().html
    pages = {f"{theme}.html": PAGE.format(theme=theme, policy=POLICY, figure=figure) for theme in THEMES}
    script = {"live/variance_through_depth.mjs": bundle("variance_through_depth")}
    for name, text in {**assets, **pages, **script, "page.css": STYLE}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    with Server(folder) as url:
        yield url


def live(seen):
    seen.page.wait_for_selector(".cr-depth-figure svg")
    return seen.page


def picture_of(page):
    return page.locator("svg.cr-depth").evaluate("(svg) => svg.outerHTML")


@pytest.mark.site
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", [1280, 375])
def test_it_is_sound_with_everything_open(browser, address, theme, width):
    with visit(browser, address, f"{theme}.html", theme=theme, width=width) as seen:
        page = live(seen)
        page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
        page.wait_for_selector("tbody tr:nth-child(51)")
        seen.violations += page.evaluate("window.__violations")
        for check in (request_faults, policy_faults, console_faults, axe_faults, overflow_faults):
            assert check(seen) == []
        assert page.locator(".cr-live-static").count() == 0


@pytest.mark.site
def test_the_keyboard_moves_the_gain_and_plot_and_words_follow(browser, address):
    with visit(browser, address, "light.html") as seen:
        page = live(seen)
        assert "The signal vanishes" in told(page, "50 layers multiply its variance by 3.1·10⁻¹⁶")
        before = picture_of(page)
        page.evaluate("window.heard = 0; document.body.addEventListener('keydown', () => { window.heard += 1; })")
        gain = page.get_by_role("slider", name="Gain", exact=True)
        gain.focus()
        for _ in range(25):
            page.keyboard.press("ArrowRight")
        assert gain.get_attribute("aria-valuetext") == "gain 1.41"
        verdict = told(page, "The signal is kept: 50 layers multiply its variance by 0.351 (theory 2)")
        assert "The gradient is kept" in verdict
        assert picture_of(page) != before
        assert page.get_by_role("button", name="He, 2/n").get_attribute("aria-pressed") == "true"
        assert "gain, width = 2**0.5, 96" in page.locator("pre code").text_content()
        assert page.evaluate("window.heard") == 0  # JupyterLab would act on them
        page.get_by_role("slider", name="Depth", exact=True).press("Home")
        told(page, "1 layer multiplies its variance by")
        assert seen.console == []


@pytest.mark.site
def test_every_control_works_by_keyboard(browser, address):
    with visit(browser, address, "light.html") as seen:
        page = live(seen)
        reached = []
        for _ in range(9):
            page.keyboard.press("Tab")
            reached.append(page.evaluate(NAME_OF_FOCUS))
        assert reached[:7] == ["Depth", "Gain", "1/n", "He, 2/n", "Activation", "Width", "New weights"]
        page.get_by_label("Activation").select_option("sigmoid")
        assert "Less than 1 %" in told(page, "The gradient vanishes on its way back: ×2.5·10⁻⁶²")
        page.get_by_label("Width").select_option("128")
        page.locator(".cr-key", has_text="128 units").wait_for()
        page.get_by_role("button", name="New weights").press("Enter")
        page.locator(".cr-key", has_text="draw 1.").wait_for()
        page.get_by_role("button", name="He, 2/n").press("Enter")
        page.locator(".cr-shown", has_text="√2, variance 2.00/n").wait_for()
        assert "F.sigmoid(z)" in page.locator("pre code").text_content()
        assert "seed=1)" in page.locator("pre code").text_content()
        assert seen.console == []


@pytest.mark.site
def test_a_change_is_drawn_in_a_few_frames(browser, address):
    """The plot is redrawn once for many events, and text stays legible when the room is narrow."""
    with visit(browser, address, "light.html", width=375) as seen:
        page = live(seen)
        assert page.evaluate(REDRAWS) == 1
        places = page.locator("svg.cr-depth text").evaluate_all(PLACES)
        assert min(size for _, _, size in places) > 11
        assert min(left for left, _, _ in places) >= 0 and max(right for _, right, _ in places) <= 375


@pytest.mark.site
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", [1280, 375])
def test_without_scripts_the_picture_stands_and_fits(browser, address, theme, width):
    with visit(browser, address, f"{theme}.html", theme=theme, width=width, scripts=False) as seen:
        picture = seen.page.locator("figure.cr-live svg")
        box = picture.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width and box["height"] > 300
        assert "signal → ×3.1·10⁻¹⁶" in picture.text_content()
        assert re.search("The gradient vanishes", picture.get_attribute("aria-label"))
        assert seen.console == [] and seen.foreign == []


def test_a_notebook_holds_the_same_figure_twice():
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    outputs = []
    for _ in range(2):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
        for cell in notebook.cells:
            cell.id = "one"
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute(env=environment)
        outputs.append(json.dumps(notebook.cells[0].outputs, sort_keys=True))
    assert outputs[0] == outputs[1]
    data = json.loads(outputs[0])[-1]["data"]
    assert 'data-module="variance_through_depth"' in data["text/html"]
    assert data["text/plain"].startswith("LiveFigure('variance_through_depth', {'depth': 50")
