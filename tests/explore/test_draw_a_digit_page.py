"""Draw a digit in a static page under a strict policy, in headless Chromium."""

import re

import pytest
from explore.figure_checks import WIDTHS, live, served, visit
from explore.figure_pages import press, tab_to, told, until

from chainrule import explore

pytestmark = pytest.mark.site
PAPER = ".cr-pad"
CODE = "document.querySelector('pre code').textContent"
SEVEN = [(8, 6), (20, 6), (16, 14), (12, 23)]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with served(explore.draw_a_digit(), tmp_path_factory.mktemp("page")) as url:
        yield url


def test_the_keyboard_alone_draws_a_digit(browser, address):
    with visit(browser, address, "light.html") as seen:
        page = live(seen)
        page.evaluate("window.heard = 0; document.body.addEventListener('keydown', () => { window.heard += 1; })")
        page.get_by_role("button", name="Clear").press("Enter")
        told(page, "even for blank paper")
        tab_to(page, PAPER)
        heard = page.evaluate("window.heard")
        press(page, *["Home"] * 6, "ArrowUp", "Enter", *["ArrowRight"] * 12)  # (8, 7) to (20, 7)
        where = page.locator(".cr-where")
        assert where.inner_text() == "Pen down at row 7, column 20."
        press(page, *["End"] * 8, *["ArrowDown"] * 8, "Enter")
        assert where.inner_text() == "Pen up at row 23, column 12."
        told(page, "The network reads 7 with")
        assert page.get_by_role("button", name="Undo").get_attribute("aria-disabled") == "false"
        press(page, *["ArrowUp"] * 8, "ArrowLeft", "ArrowLeft", " ", *["ArrowRight"] * 8, " ")  # a bar across
        until(page, f"{CODE}.match(/\\], \\[/) !== null")
        press(page, "Backspace")
        assert where.inner_text().startswith("Took the last stroke back. Pen up")
        until(page, f"{CODE}.match(/\\], \\[/) === null")
        assert page.evaluate("window.heard") == heard
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        told(page, "The network reads 7 with")
        page.locator("summary").first.press("Enter")
        assert re.search("7\\s(9\\d(\\.\\d)?|100)\\s%", page.locator("tbody").inner_text())
        assert seen.console == []


@pytest.mark.parametrize("width", WIDTHS)
def test_the_pointer_draws_small_in_a_corner_and_it_is_read(browser, address, width):
    with visit(browser, address, "light.html", width=width) as seen:
        page = live(seen)
        page.get_by_role("button", name="Clear").click()
        page.locator(PAPER).scroll_into_view_if_needed()
        box = page.locator(PAPER).bounding_box()
        places = [(box["x"] + box["width"] * x / 56, box["y"] + box["height"] * y / 56) for x, y in SEVEN]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place, steps=6)
        page.mouse.up()
        page.mouse.move(places[0][0], places[-1][1], steps=3)  # the pen is up
        told(page, "The network reads 7 with")
        x, y, *_ = (float(part) for part in page.evaluate(f"{CODE}.match(/strokes = \\[\\[([^\\]]*)/)[1]").split(", "))
        assert (x, y) == (4, 3)
        assert page.locator("select").input_value() == ""
        assert seen.console == []


def test_digits_of_mnist_and_the_map_on_demand_by_keyboard(browser, address):
    with visit(browser, address, "dark.html", theme="dark", width=375) as seen:
        page = live(seen)
        page.locator("select").select_option("10")
        told(page, "MNIST’s label is 3.")
        assert "Wiping" not in page.get_by_role("status").inner_text()
        button = page.get_by_role("button", name="What does it need?")
        assert button.get_attribute("aria-pressed") == "false"
        button.press("Enter")
        told(page, "Wiping the 6 × 6 pixels around row")
        assert button.get_attribute("aria-pressed") == "true"
        assert "print(occlusion(picture)" in page.evaluate(CODE)
        tab_to(page, PAPER)
        press(page, "Enter", "ArrowLeft")  # a change of the drawing takes the map away
        until(page, "document.querySelector('button[aria-pressed]').ariaPressed === 'false'")
        assert "under=digits()[10][1]" in page.evaluate(CODE)
        page.get_by_role("button", name="Undo").press("Enter")
        until(page, f"{CODE}.includes('strokes = []')")
        assert seen.console == []


def test_all_paper_may_be_covered(browser, address):
    with visit(browser, address, "light.html") as seen:
        page = live(seen)
        page.get_by_role("button", name="Clear").press("Enter")
        tab_to(page, PAPER)
        press(page, "Enter")
        page.evaluate("""() => {
            for (let k = 0; k < 620; k += 1) {
                const key = k % 2 ? "ArrowLeft" : "ArrowRight";
                document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
            }
        }""")
        points = f"{CODE}.match(/strokes = \\[\\[([^\\]]*)/)[1].split(', ').length / 2"
        until(page, f"{points} === 600")  # and no more
        press(page, "ArrowUp")
        told(page, "The network reads")
        assert page.evaluate(points) == 600
        assert seen.console == []
