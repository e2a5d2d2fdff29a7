"""The convolution microscope in a static page under a strict policy, in headless Chromium."""

import pytest
from explore.figure_checks import WIDTHS, live, served, visit
from explore.figure_pages import press, tab_to, told, until

from chainrule import explore

pytestmark = pytest.mark.site
INPUT, OUTPUT = ".cr-draw", ".cr-look"
ROWS = "document.querySelector('pre code').textContent.split('\"\"\"')[1].trim().split('\\n')"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with served(explore.convolution_microscope(), tmp_path_factory.mktemp("page")) as url:
        yield url


def test_every_kernel_field_fits_a_phone(browser, address):
    with visit(browser, address, "light.html", width=375) as seen:
        page = live(seen)
        page.locator("select").nth(1).select_option("gauss")
        assert page.get_by_role("spinbutton").count() == 26
        told(page, "Blur, 5 × 5")
        assert page.evaluate("document.documentElement.scrollWidth") <= 375


def test_the_keyboard_draws_and_moves_over_the_output(browser, address):
    with visit(browser, address, "light.html") as seen:
        page = live(seen)
        page.evaluate("window.heard = 0; document.body.addEventListener('keydown', () => { window.heard += 1; })")
        page.locator("select").first.select_option("blank")
        told(page, "every term is 0")
        tab_to(page, INPUT)
        heard = page.evaluate("window.heard")
        press(page, "Shift+ArrowUp", "ArrowUp", "Shift+ArrowLeft", "7", "ArrowRight", "Enter")
        press(page, "ArrowRight", "5", "Delete")
        until(page, f"{ROWS}[8].slice(9, 12) === '790'")
        assert page.locator(".cr-where").inner_text() == "Input row 8, column 11: 0."
        assert page.locator("select").first.input_value() == ""  # the picture is the reader's own
        told(page, "Output row 8, column 9: −1·7 = −7.")
        tab_to(page, OUTPUT)
        press(page, "ArrowUp")
        told(page, "Output row 7, column 9: −2·7 = −14.")
        press(page, "Shift+ArrowLeft", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight")
        told(page, "Output row 7, column 8: 2·9 = 18.")
        press(page, *["Shift+ArrowUp"] * 4)
        told(page, "Output row 0, column 8")  # no further than the rim
        assert page.evaluate("window.heard") - heard < 60  # Tab alone leaves the figure's own ears
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        assert seen.console == []


def test_the_kernel_is_edited_by_keyboard(browser, address):
    with visit(browser, address, "dark.html", theme="dark", width=375) as seen:
        page = live(seen)
        field = page.get_by_role("spinbutton", name="weight, row 1, column 2")
        field.press("Control+a")
        field.press_sequentially("-3.5")
        told(page, "Your kernel, stride 1")
        assert "[-2.0, 0.0, -3.5]," in page.locator("pre code").text_content()
        assert page.locator("select").nth(1).input_value() == ""
        for bad in ("", "100", "-"):
            field.press("Control+a")
            field.press("Delete")
            field.press_sequentially(bad)
            assert field.get_attribute("aria-invalid") == "true"
            assert "[-2.0, 0.0, " in page.locator("pre code").text_content()
        page.get_by_role("spinbutton", name="divide by").fill("4")
        until(page, "document.querySelector('pre code').textContent.includes(']) / 4.0')")
        page.locator("select").nth(3).select_option("5")
        until(page, "document.querySelectorAll('.cr-weights input').length === 25")
        page.locator("select").nth(1).select_option("sharpen")
        told(page, "Sharpen")
        assert page.locator(".cr-weights input").count() == 9
        assert field.get_attribute("aria-invalid") == "false" and field.input_value() == "-1"
        assert seen.console == []


def test_stride_padding_and_dilation_work_by_keyboard(browser, address):
    with visit(browser, address, "light.html") as seen:
        page = live(seen)
        for name, words in (("Stride", "stride 2, padding 0, dilation 1: 13 × 13"),
                            ("Padding", "stride 2, padding 1, dilation 1: 14 × 14"),
                            ("Dilation", "stride 2, padding 1, dilation 2: 13 × 13")):  # fmt: skip
            page.get_by_role("slider", name=name).press("ArrowRight")
            told(page, words)
        tab_to(page, OUTPUT)
        press(page, *["Shift+ArrowDown"] * 4, *["Shift+ArrowRight"] * 4)
        told(page, "Output row 12, column 12")
        page.get_by_role("slider", name="Stride").press("End")
        told(page, "Output row 6, column 6")  # the last there is
        assert seen.console == []


@pytest.mark.parametrize("width", WIDTHS)
def test_the_pointer_draws_without_gaps_and_looks(browser, address, width):
    with visit(browser, address, "light.html", width=width) as seen:
        page = live(seen)
        page.locator("select").first.select_option("blank")
        page.locator("select").nth(2).select_option("fine")
        page.locator(INPUT).scroll_into_view_if_needed()
        box = page.locator(INPUT).bounding_box()
        cell = box["width"] / 28
        page.mouse.move(box["x"] + 3.5 * cell, box["y"] + 5.5 * cell)
        page.mouse.down()
        page.mouse.move(box["x"] + 20.5 * cell, box["y"] + 5.5 * cell)  # one leap
        page.mouse.up()
        page.mouse.move(box["x"] + 20.5 * cell, box["y"] + 15.5 * cell)
        until(page, f"{ROWS}[5] === '{'000' + '9' * 18 + '0' * 7}'")
        assert page.evaluate(f"{ROWS}.filter((row) => row.includes('9')).length") == 1
        page.locator(OUTPUT).scroll_into_view_if_needed()
        box = page.locator(OUTPUT).bounding_box()
        page.mouse.move(box["x"] + 2.5 * box["width"] / 26, box["y"] + 4.5 * box["height"] / 26)
        told(page, "Output row 4, column 2: 2·9 = 18.")
        assert seen.console == []
