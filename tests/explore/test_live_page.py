"""The computation graph in a static page under the strictest policy, in headless Chromium."""

import json
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests" / "site")]  # `site` is also a module of Python's own

from browsing import Server, visit  # noqa: E402

from chainrule import explore  # noqa: E402
from chainrule.explore.bundle import bundle  # noqa: E402

pytestmark = pytest.mark.site
PAGE = """<!DOCTYPE html>
<html lang="en" data-theme="{theme}"><head><meta charset="utf-8"><title>One live figure</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'self'">
<link rel="icon" href="favicon.svg"><link rel="stylesheet" href="chain-rule.css"><link rel="stylesheet" href="page.css">
<script type="module" src="_static/live.mjs"></script></head>
<body><main><h1>One live figure</h1>{figure}</main></body></html>"""
STYLE = "body { margin: 0; font: 17px var(--cr-sans); } main { max-width: 46rem; margin: 0 auto; padding: 0 1rem; }"
VALUE = "[aria-label='value of w']"
THEMES = ("light", "dark")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A page in each theme, served as the book serves its own."""
    folder = tmp_path_factory.mktemp("page")
    assets = ROOT / "book" / "assets"
    files = {
        "chain-rule.css": (assets / "chain-rule.css").read_text("utf-8"),
        "favicon.svg": (assets / "favicon.svg").read_text("utf-8"),
        "page.css": STYLE,
        "_static/live.mjs": (assets / "live.mjs").read_text("utf-8"),
        "_static/live/computation_graph.mjs": bundle("computation_graph"),
    }
    figure = explore.computation_graph().html
    files |= {f"{theme}.html": PAGE.format(theme=theme, figure=figure) for theme in THEMES}
    files["broken.html"] = files["light.html"].replace('module="computation_graph"', 'module="absent"')
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    with Server(folder) as url:
        yield url


def live(page):
    page.wait_for_selector(".cr-live-body")
    return page


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def tab_to(page, selector, most=40):
    """Reach an element by the tabulator alone."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"the keyboard does not reach {selector}")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", [1280, 375])
def test_it_loads_from_its_own_site_and_fits(browser, address, theme, width):
    with visit(browser, address, f"{theme}.html", theme=theme, width=width) as seen:
        page = live(seen.page)
        assert page.locator(".cr-live-static").count() == 0
        assert (seen.console, seen.foreign, seen.failed) == ([], [], [])
        assert page.evaluate("window.__violations") == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert any(url.endswith("_static/live/computation_graph.mjs") for url in seen.requests)


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_even_with_everything_open(browser, address, theme):
    from axe_playwright_python.sync_playwright import Axe

    for width, scripts in ((1280, True), (375, True), (1280, False)):
        with visit(browser, address, f"{theme}.html", theme=theme, width=width) as seen:
            page = seen.page
            if scripts:
                live(page)
            page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
            rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
            found = Axe().run(page, options={"runOnly": {"type": "tag", "values": rules}}).response["violations"]
            assert json.dumps(found, indent=1) == "[]"


def test_the_keyboard_alone_edits_a_leaf_and_steps(browser, address):
    with visit(browser, address, "light.html") as seen:
        page = live(seen.page)
        say = page.get_by_role("status")
        assert say.inner_text().startswith("Backward 5 of 5")
        tab_to(page, "button")
        assert page.evaluate("document.activeElement.textContent") == "Start"
        press(page, "Enter")
        assert say.inner_text().startswith("Start: the leaves have values")
        press(page, "Tab", "Tab", "Enter")
        assert say.inner_text().startswith("Forward 1 of 5: v₁ = w·x = 1.4")
        press(page, *["Enter"] * 5)
        assert say.inner_text().startswith("Backward 1 of 5, through L = v₄²")
        press(page, "Shift+Tab", "Enter")
        assert say.inner_text().startswith("Forward 5 of 5")
        tab_to(page, VALUE)
        press(page, "ArrowUp")
        assert page.input_value(VALUE) == "0.8"
        press(page, "Control+a", *"3e1", "Tab")
        assert "v₁ = w·x60" in page.locator(".cr-graph").text_content()
        code = page.locator("pre code").text_content()
        assert "w = Tensor(30.0, requires_grad=True)" in code
        assert seen.console == [] and seen.foreign == []


def test_arrow_keys_step_and_stay_in_the_figure(browser, address):
    with visit(browser, address, "light.html") as seen:
        page = live(seen.page)
        page.evaluate("window.heard = 0; document.body.addEventListener('keydown', () => { window.heard += 1; })")
        tab_to(page, ".cr-picture")
        before = page.evaluate("window.heard")
        press(page, "ArrowLeft", "ArrowLeft", "ArrowRight")
        assert page.get_by_role("status").inner_text().startswith("Backward 4 of 5")
        assert page.evaluate("window.heard") == before


def test_an_expression_of_one_s_own_and_a_bad_one(browser, address):
    with visit(browser, address, "light.html") as seen:
        page = live(seen.page)
        field = page.locator("input[type=text]")
        field.fill("tanh(p)*q")
        assert page.locator("tbody input").count() == 2
        before = page.locator(".cr-graph").inner_html()
        field.fill("tanh(p)*")
        assert "expected a number, a leaf or a function, got the end" in page.get_by_role("alert").inner_text()
        assert field.get_attribute("aria-invalid") == "true"
        assert page.locator(".cr-graph").inner_html() == before
        page.locator("select").select_option(index=3)
        assert page.get_by_role("alert").inner_text() == ""
        assert "sin(b)" in page.locator(".cr-graph").text_content()
        assert seen.console == []


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", [1280, 375])
def test_without_scripts_the_picture_stands_and_fits(browser, address, theme, width):
    with visit(browser, address, f"{theme}.html", theme=theme, width=width, scripts=False) as seen:
        picture = seen.page.locator("figure.cr-live svg")
        box = picture.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width and box["height"] > 300
        assert "∂L/∂w = −0.2115" in picture.text_content()
        assert re.search("Backward 5 of 5", picture.get_attribute("aria-label"))
        assert seen.console == [] and seen.foreign == []


def test_a_script_that_is_missing_leaves_the_picture(browser, address):
    with visit(browser, address, "broken.html") as seen:
        seen.page.wait_for_timeout(500)
        assert seen.page.locator("figure.cr-live svg").bounding_box()["height"] > 300
        assert ["warning"] == [kind for kind, text in seen.console if "stays a picture" in text]
