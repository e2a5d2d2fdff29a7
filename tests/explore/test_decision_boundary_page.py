"""Decision boundary in a static page under a strict policy, in headless Chromium."""

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests" / "site")]  # `site` is also a module of Python's own

from browsing import Server, visit  # noqa: E402
from explore.figure_pages import OVERLAPS, SIZES, THEMES, press, tab_to, told, until, write_site  # noqa: E402
from page_checks import axe_faults, console_faults, overflow_faults, policy_faults, request_faults  # noqa: E402

from chainrule import explore  # noqa: E402

pytestmark = pytest.mark.site


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    write_site(folder, explore.decision_boundary())
    with Server(folder) as url:
        yield url


def live(seen):
    seen.page.wait_for_selector(".cr-stage svg.cr-boundary")
    return seen.page


def drawn(page, words):
    page.locator("svg.cr-boundary", has_text=words).wait_for()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", [1280, 390])
def test_it_is_sound_with_everything_open(browser, address, theme, width):
    with visit(browser, address, f"{theme}.html", theme=theme, width=width) as seen:
        page = live(seen)
        page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
        seen.violations += page.evaluate("window.__violations")
        for check in (request_faults, policy_faults, console_faults, axe_faults, overflow_faults):
            assert check(seen) == []
        assert page.locator(".cr-live-static").count() == 0
        texts = page.locator("svg.cr-boundary text")
        assert texts.evaluate_all(OVERLAPS) == []
        assert min(texts.evaluate_all(SIZES)) > 11
        box = page.locator("svg.cr-boundary").bounding_box()
        inside = "(all) => Math.max(...all.map((text) => text.getBoundingClientRect().bottom + scrollY))"
        assert texts.evaluate_all(inside) <= box["y"] + box["height"] + page.evaluate("scrollY")


def test_the_threshold_moves_by_keyboard(browser, address):
    with visit(browser, address, "light.html") as seen:
        page = live(seen)
        assert "Calling every point negative would be right for 60 of 66" in told(page, "Threshold 0.5")
        before = page.locator("svg .cr-line").get_attribute("d")
        tab_to(page, "input[type=range]")
        press(page, *["ArrowLeft"] * 40)
        assert "5 of 6 positives are found" in told(page, "Threshold 0.1:")
        assert page.locator("svg .cr-line").get_attribute("d") != before
        assert "penalty, threshold = 1e-3, 0.1\n" in page.locator("pre code").text_content()
        tab_to(page, "select")
        page.locator("select").first.select_option("moons")
        drawn(page, "25 positive25 negative")
        page.locator("select").last.select_option("quadratic")
        until(page, "document.querySelector('pre code').textContent.includes('x * y, y * y')")
        assert seen.console == []


def test_points_are_painted_by_keyboard_alone(browser, address):
    with visit(browser, address, "light.html") as seen:
        page = live(seen)
        page.evaluate("window.heard = 0; document.body.addEventListener('keydown', () => { window.heard += 1; })")
        tab_to(page, "button")
        for name in ("● Positive", "□ Negative", "Erase", "Clear"):
            assert page.evaluate("document.activeElement.textContent") == name
            press(page, "Tab") if name != "Clear" else press(page, "Enter")
        assert told(page, "No points yet")
        assert page.locator("select").first.input_value() == ""
        tab_to(page, ".cr-pad")
        heard = page.evaluate("window.heard")
        assert page.locator(".cr-cursor").evaluate("(it) => getComputedStyle(it).visibility") == "visible"
        where = page.locator(".cr-where")
        press(page, "ArrowRight", "Shift+ArrowUp")
        assert where.inner_text() == "Cursor at x 0.1, y 0.5."
        press(page, "p")
        assert where.inner_text() == "Painting positive points."
        press(page, "Enter", *["Shift+ArrowLeft"] * 20)
        assert where.inner_text() == "Cursor at x −3, y 0.5."
        press(page, "n", " ")
        assert where.inner_text() == "Added a negative point at x −3, y 0.5."
        assert "2 of 2 points are right" in told(page, "Area under the ROC curve 1")
        press(page, "Delete")
        assert where.inner_text() == "Erased a point at x −3, y 0.5."
        assert "paint the other class" in told(page, "Every point is positive")
        press(page, "Delete")
        assert where.inner_text() == "No point is near at x −3, y 0.5."
        assert page.evaluate("window.heard") == heard and seen.console == []


@pytest.mark.parametrize("width", [1280, 390])
def test_the_pointer_paints_and_erases(browser, address, width):
    with visit(browser, address, "light.html", width=width) as seen:
        page = live(seen)
        page.get_by_role("button", name="Clear").click()
        drawn(page, "0 positive0 negative0 wrong")
        pad = page.locator(".cr-pad")
        box = pad.bounding_box()
        place = {"x": box["width"] / 2, "y": box["height"] / 4}
        pad.click(position=place)
        drawn(page, "1 positive")
        said = page.locator(".cr-where").inner_text().replace("−", "-")
        x, y = map(float, re.fullmatch(r"Added a positive point at x (\S+), y (\S+)\.", said).groups())
        assert abs(x) < 0.05 and abs(y - 1.5) < 0.05  # the mouse stands on whole pixels
        page.get_by_role("button", name="□ Negative").click()
        pad.click(position={"x": 20, "y": box["height"] - 20})
        drawn(page, "1 positive1 negative0 wrong")
        page.get_by_role("button", name="Erase").click()
        pad.click(position=place)
        drawn(page, "0 positive1 negative")
        assert page.get_by_role("button", name="Erase").get_attribute("aria-pressed") == "true"
        assert page.evaluate("document.documentElement.scrollWidth") <= width and seen.console == []


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", [1280, 390])
def test_without_scripts_the_picture_stands_and_fits(browser, address, theme, width):
    with visit(browser, address, f"{theme}.html", theme=theme, width=width, scripts=False) as seen:
        picture = seen.page.locator("figure.cr-live svg.cr-boundary")
        box = picture.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width and box["height"] > 300
        assert "6 positive60 negative7 wrong" in picture.text_content()
        assert "59 of 66 points are right" in picture.get_attribute("aria-label")
        assert seen.console == [] and seen.foreign == []
