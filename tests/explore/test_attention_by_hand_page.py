"""Attention by hand in a static page under a strict policy, in headless Chromium."""

import pytest
from explore.figure_checks import WIDTHS, live, served, visit
from explore.figure_pages import OVERLAPS, SIZES, press, tab_to, told, until

from chainrule import explore

pytestmark = pytest.mark.site
CELLS = ".cr-cells"
CONTROLS = {
    "combobox": ["Mask", "Heads"],
    "slider": ["Scale of the scores", "Scale of all keys"],
    "button": ["Keys × 1", "Keys × 4", "Scores · 1/√d", "Scores · 1", "Start again"],
    "group": ["Marks of the scales"],
}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with served(explore.attention_by_hand(), tmp_path_factory.mktemp("page")) as url:
        yield url


def formulas(page, words):
    """Wait until the formulas say `words`, and return them."""
    until(page, "(words) => document.querySelector('.cr-formulas').textContent.includes(words)", words)
    return page.locator(".cr-formulas").inner_text()


def point(page, name):
    return page.locator(f"[aria-label^='{name} (']")


def middle_of(box):
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.mark.parametrize("width", [1280, 390, 320])
@pytest.mark.parametrize("heads", ["1", "2"])
def test_no_text_covers_another_and_all_is_legible(browser, address, width, heads):
    with visit(browser, address, "light.html", width=width) as seen:
        page = live(seen)
        page.get_by_role("combobox", name="Heads").select_option(heads)
        page.get_by_role("combobox", name="Mask").select_option("causal")
        told(page, "in head 1" if heads == "2" else "the weight 0.68")
        texts = page.locator(".cr-live-body svg text")
        fixed = page.locator(".cr-live-body svg text:not(.cr-output)")  # outputs may meet
        assert fixed.evaluate_all(OVERLAPS) == []
        assert min(texts.evaluate_all(SIZES)) > 10.5
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.get_by_role("button", name="Scores · 1", exact=True).click()
        page.get_by_role("slider", name="Scale of all keys").press("End")
        until(page, "document.querySelector('.cr-live-body svg').textContent.includes('keys 8·k')")
        assert page.locator(".cr-number").evaluate_all(OVERLAPS) == []


def test_the_readers_question_is_answered_by_one_button(browser, address):
    with visit(browser, address, "light.html") as seen:
        page = live(seen)
        told(page, "q₁ 0.19, q₂ 0.25, q₃ 0.25, q₄ 0.22; least in q₁.")
        page.get_by_role("button", name="Keys × 4").press("Enter")
        assert "moved the weights of q₂, q₃, q₄." in told(page, "q₁ 0.19, q₂ 0.18, q₃ 0.25, q₄ 0.0057; least in q₄.")
        assert page.get_by_role("button", name="Keys × 4").get_attribute("aria-pressed") == "true"
        slider = page.get_by_role("slider", name="Scale of all keys")
        assert slider.get_attribute("aria-valuetext") == "4"
        slider.press("ArrowLeft")
        told(page, "Keys × 3.78 has moved")
        assert page.get_by_role("button", name="Keys × 4").get_attribute("aria-pressed") == "false"
        page.get_by_role("button", name="Scores · 1", exact=True).click()
        formulas(page, "s₄₂ = q₄·3.78·k₂ = 1·5.67 + 1.2·3.78 = 10.2")
        page.get_by_role("button", name="Start again").click()
        told(page, "least in q₁.")
        assert page.get_by_role("slider", name="Scale of the scores").get_attribute("aria-valuetext") == "1/√2 = 0.707"
        assert seen.console == []


def test_the_keyboard_alone_moves_points_and_cells(browser, address):
    with visit(browser, address, "light.html") as seen:
        page = live(seen)
        page.evaluate("window.heard = 0; document.body.addEventListener('keydown', () => { window.heard += 1; })")
        tab_to(page, "[aria-label^='query q₃']")
        heard = page.evaluate("window.heard")
        formulas(page, "How q₃ weighs k₂")  # focus chooses the row
        press(page, "ArrowUp", "ArrowLeft", "Shift+ArrowDown")
        until(page, "document.activeElement.ariaLabel === 'query q₃ (saw): x 0.9, y 0.09'")
        press(page, *["ArrowRight"] * 25)
        until(page, "document.activeElement.ariaLabel === 'query q₃ (saw): x 3, y 0.09'")  # no further than the end
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        tab_to(page, CELLS)
        press(page, *["ArrowUp"] * 3, *["ArrowRight"] * 3)
        formulas(page, "How q₁ weighs k₄")
        assert "q₁ (the) gives k₄ (it) the weight 0.25" in told(page, "k₄ (it)")
        until(page, "document.activeElement.ariaLabel.startsWith('Head 1, weights of q₁: 0.25, 0.25, 0.25, 0.25.')")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        page.get_by_role("combobox", name="Heads").select_option("2")
        page.locator(CELLS).focus()
        press(page, *["ArrowDown"] * 4, "ArrowLeft")
        formulas(page, "Head 2: how q₁ weighs k₃")
        press(page, "ArrowUp")
        formulas(page, "Head 1: how q₄ weighs k₃")
        tab_to(page, "[aria-label^='value v₃']")
        press(page, "ArrowUp")
        code = "document.querySelector('pre code').textContent"
        until(page, f"{code}.includes('V = np.array([[-2, -1.2], [2.2, 1.2], [-1.6, 1.5]')")
        assert page.evaluate("window.heard") == heard  # JupyterLab would act on them
        assert seen.console == []


@pytest.mark.parametrize("width", WIDTHS)
def test_the_pointer_drags_a_key_and_a_value_and_points_at_cells(browser, address, width):
    with visit(browser, address, "light.html", width=width) as seen:
        page = live(seen)
        for name, other in (("key k₃", "key k₄"), ("value v₁", "value v₂")):
            point(page, name).scroll_into_view_if_needed()
            page.mouse.move(*middle_of(point(page, name).bounding_box()))
            page.mouse.down()
            x, y = middle_of(point(page, other).bounding_box())
            page.mouse.move(x, y, steps=3)
            page.mouse.up()
            page.mouse.move(x, y - 60)  # it was let go
            page.wait_for_timeout(60)
            there = [middle_of(point(page, each).bounding_box()) for each in (name, other)]
            assert there[0] == pytest.approx(there[1], abs=1.5)
        page.locator(CELLS).scroll_into_view_if_needed()
        cells = page.locator(".cr-number")
        page.mouse.move(*middle_of(cells.nth(2 * 9 + 1).bounding_box()))  # score and weight by turns, then the slope
        formulas(page, "How q₃ weighs k₁")
        x, y = middle_of(cells.nth(9 + 6).bounding_box())
        page.locator(CELLS).dispatch_event("pointerdown", {"clientX": x, "clientY": y})  # a finger's tap
        formulas(page, "How q₂ weighs k₄")
        page.mouse.move(*middle_of(cells.nth(8).bounding_box()))
        formulas(page, "How q₁ weighs k₄")
        assert seen.console == []


def test_a_masked_cell_says_so(browser, address):
    with visit(browser, address, "dark.html", theme="dark", width=375) as seen:
        page = live(seen)
        page.get_by_role("combobox", name="Mask").select_option("causal")
        page.locator(CELLS).press("ArrowUp")
        page.locator(CELLS).press("ArrowRight")
        formulas(page, "s₃₃ = ")
        page.locator(CELLS).press("ArrowRight")
        assert "s₃₄ = −∞: k₄ comes after q₃, masked" in formulas(page, "How q₃ weighs k₄")
        told(page, "q₃ (saw) may not look at k₄ (it): it comes later.")
        assert "is_causal=True" in page.locator("pre code").text_content()
        assert seen.console == []


def test_all_controls_have_names(browser, address):
    with visit(browser, address, "light.html") as seen:
        page = live(seen)
        for role, names in CONTROLS.items():
            assert [page.get_by_role(role, name=name, exact=True).count() for name in names] == [1] * len(names)
        for kind in ("query q", "key k", "value v"):
            assert page.locator(f".cr-handle[aria-label^='{kind}']").count() == 4
        assert page.locator(CELLS).get_attribute("aria-label").endswith("Arrow keys choose a cell")
        assert seen.console == []
