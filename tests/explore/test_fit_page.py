"""Fit in a static page under a strict policy, in headless Chromium."""

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
FIRST_POINT = "[aria-label^='training point 1:']"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    write_site(folder, explore.fit())
    with Server(folder) as url:
        yield url


def live(seen):
    seen.page.wait_for_selector(".cr-stage svg.cr-fit")
    return seen.page


def name_of_focus(page):
    return page.evaluate("document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", [1280, 390])
def test_it_is_sound_with_everything_open(browser, address, theme, width):
    with visit(browser, address, f"{theme}.html", theme=theme, width=width) as seen:
        page = live(seen)
        page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
        assert page.locator("tbody tr").count() == 16
        seen.violations += page.evaluate("window.__violations")
        for check in (request_faults, policy_faults, console_faults, axe_faults, overflow_faults):
            assert check(seen) == []
        assert page.locator(".cr-live-static").count() == 0
        texts = page.locator("svg.cr-fit text")
        assert texts.evaluate_all(OVERLAPS) == []
        assert min(texts.evaluate_all(SIZES)) > 11


def test_the_keyboard_alone_changes_everything(browser, address):
    with visit(browser, address, "light.html") as seen:
        page = live(seen)
        assert "The curve follows the noise" in told(page, "Degree 9, penalty 10⁻⁸")
        page.evaluate("window.heard = 0; document.body.addEventListener('keydown', () => { window.heard += 1; })")
        tab_to(page, "input[type=range]")
        press(page, *["ArrowLeft"] * 6)
        assert "no other degree does better" in told(page, "Degree 3, penalty 10⁻⁸")
        press(page, "Tab", *["ArrowRight"] * 3)
        told(page, "penalty 5.6·10⁻⁸")
        assert page.get_by_role("slider", name="Penalty").get_attribute("aria-valuetext") == "ten to the power -7.25"
        assert "degree, penalty = 3, 10**-7.25" in page.locator("pre code").text_content()
        tab_to(page, FIRST_POINT)
        assert name_of_focus(page) == "training point 1: x −1, y 0.1"
        press(page, "ArrowRight", "ArrowUp", "ArrowUp", "Shift+ArrowDown")
        until(page, "document.activeElement.ariaLabel === 'training point 1: x −0.95, y 0.19'")
        press(page, *["ArrowLeft"] * 3)
        until(page, "document.activeElement.ariaLabel?.includes('x −1,')")  # no further than the end
        assert page.evaluate("window.heard") < 20  # JupyterLab hears none of the keys within
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        assert seen.console == []


def test_points_come_and_go(browser, address):
    with visit(browser, address, "light.html") as seen:
        page = live(seen)
        key = page.locator("svg.cr-fit .cr-label")
        remove = page.get_by_role("button", name="Remove the point")
        assert remove.get_attribute("aria-disabled") == "true"
        page.get_by_role("button", name="Add a training point").press("Enter")
        page.locator("svg.cr-fit", has_text="11 training points").wait_for()
        assert name_of_focus(page).startswith("training point 11: x ")
        press(page, "Delete")
        page.locator("svg.cr-fit", has_text="10 training points").wait_for()
        page.get_by_role("button", name="Add a validation point").press("Enter")
        page.locator("svg.cr-fit", has_text="9 validation points").wait_for()
        assert name_of_focus(page).startswith("validation point 9: x ")
        remove.click()
        page.locator("svg.cr-fit", has_text="8 validation points").wait_for()
        for left in range(7, -1, -1):
            remove.press("Enter")
            told(page, "Degree 9")
            until(page, "(n) => document.querySelectorAll('.cr-handle').length === n", 10 + left)
        told(page, "nobody knows")
        for _ in range(12):  # the last training point stays
            remove.press("Enter")
        page.locator("svg.cr-fit", has_text="1 training point").wait_for()
        assert remove.get_attribute("aria-disabled") == "true"
        page.get_by_role("button", name="Start again").press("Enter")
        page.locator("svg.cr-fit", has_text="8 validation points, error 0.513").wait_for()
        assert key.count() == 2 and seen.console == []


@pytest.mark.parametrize("width", [1280, 390])
def test_the_pointer_drags_a_point_and_a_double_click_adds_one(browser, address, width):
    with visit(browser, address, "light.html", width=width) as seen:
        page = live(seen)
        handle = page.locator(FIRST_POINT)
        box = handle.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 40, y + 30, steps=4)
        page.mouse.up()
        page.mouse.move(x + 200, y - 50)
        until(page, "document.activeElement.ariaLabel !== 'training point 1: x −1, y 0.1'")
        after = handle.bounding_box()
        assert abs(after["x"] - box["x"] - 40) < 2 and abs(after["y"] - box["y"] - 30) < 2
        stage = page.locator(".cr-stage").bounding_box()
        page.mouse.dblclick(stage["x"] + 0.3 * stage["width"], stage["y"] + 90)
        page.locator("svg.cr-fit", has_text="11 training points").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert seen.console == []


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", [1280, 390])
def test_without_scripts_the_picture_stands_and_fits(browser, address, theme, width):
    with visit(browser, address, f"{theme}.html", theme=theme, width=width, scripts=False) as seen:
        picture = seen.page.locator("figure.cr-live svg.cr-fit")
        box = picture.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width and box["height"] > 300
        assert "8 validation points, error 0.513" in picture.text_content()
        assert "The curve follows the noise" in picture.get_attribute("aria-label")
        assert seen.console == [] and seen.foreign == []
