"""Gates in a static page under a strict policy, in headless Chromium."""

import pytest
from explore.figure_checks import WIDTHS, live, served, visit
from explore.figure_pages import OVERLAPS, press, tab_to, told, until

from chainrule import explore

pytestmark = pytest.mark.site
CONTROLS = {
    "combobox": ["Example", "Input gate", "Forget gate", "Output gate"],
    "textbox": ["Sequence, one symbol a step"],
    "slider": ["Forget bias", "Step in formulas"],
}
EXAMPLES = {
    "Write over it": "the 2 of step 6 makes",
    "Add up: f clamped to 1": "numbers add up",
    "Let all in: i clamped to 1": "all else −0.9",
    "Keep a number": "all else −0.0157",
}
LONGEST = "mw0mw1mw2mw3mw4mw5m?"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with served(explore.gates(), tmp_path_factory.mktemp("page")) as url:
        yield url


def formulas(page, words):
    """Wait until the formulas say `words`, and return them."""
    until(page, "(words) => document.querySelector('.cr-formulas').textContent.includes(words)", words)
    return page.locator(".cr-formulas").inner_text()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_longest_sequence_fits_and_no_text_covers_another(browser, address, width):
    with visit(browser, address, "light.html", width=width) as seen:
        page = live(seen)
        page.get_by_role("textbox").fill(LONGEST)
        told(page, "After step 20")
        texts = page.locator(".cr-live-body svg text")
        assert texts.evaluate_all(OVERLAPS) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_keyboard_alone_types_clamps_and_moves(browser, address):
    with visit(browser, address, "light.html") as seen:
        page = live(seen)
        page.evaluate("window.heard = 0; document.body.addEventListener('keydown', () => { window.heard += 1; })")
        tab_to(page, "input[type=text]")
        heard = page.evaluate("window.heard")
        press(page, "Control+a", *"3 2 ?")
        told(page, "After step 5")
        assert page.locator("select").first.evaluate("(each) => each.selectedOptions[0].text") == "My own"
        tab_to(page, "select")
        tab_to(page, "select")  # the forget gate
        press(page, "End")
        assert "With f clamped to 1 nothing is forgotten" in told(page, "numbers add up")
        page.locator(".cr-picture text", has_text="clamped to 1").wait_for()
        tab_to(page, "input[type=range]")
        assert page.evaluate("document.activeElement.ariaValueText") == "4, but the gate is clamped"
        tab_to(page, "input[type=range]")
        press(page, "ArrowRight", "ArrowRight")
        assert page.evaluate("document.activeElement.ariaValueText") == "step 3 of 5, symbol 2"
        assert "f₃ = 1, clamped" in formulas(page, "Step 3 of 5: it reads 2")
        press(page, "End")
        formulas(page, "Step 5 of 5: it reads ?")
        assert page.evaluate("window.heard") == heard  # JupyterLab would act on them
        assert seen.console == []


def test_the_forget_bias_sets_the_half_life(browser, address):
    with visit(browser, address, "light.html") as seen:
        page = live(seen)
        slider = page.get_by_role("slider", name="Forget bias")
        assert slider.get_attribute("aria-valuetext") == "4, half-life 38.2 steps"
        slider.press("ArrowLeft")
        assert slider.get_attribute("aria-valuetext") == "3.9, half-life 34.6 steps"
        slider.press("Home")
        formulas(page, "ln 2 / −ln σ(−2) = 0.693 / 2.13 = 0.326 steps")
        told(page, "At f = 0.119 half of a memory is left after 0.326 steps.")
        assert '"bias": np.array([-4, -2, 0, -4])' in page.locator("pre code").text_content()
        assert seen.console == []


def test_a_strange_symbol_is_told_and_the_picture_stays(browser, address):
    with visit(browser, address, "dark.html", theme="dark", width=375) as seen:
        page = live(seen)
        field = page.get_by_role("textbox")
        before = page.locator(".cr-picture").inner_html()
        for typed, message in (("7!", "“!” is no symbol"), ("", "Type at least one"), ("a" * 21, "At most 20 symbols")):
            field.fill(typed)
            page.get_by_role("alert").get_by_text(message).wait_for()
            assert field.get_attribute("aria-invalid") == "true"
            assert page.locator(".cr-picture").inner_html() == before
        field.fill("7 ?")
        told(page, "After step 3")
        assert field.get_attribute("aria-invalid") == "false" and page.get_by_role("alert").inner_text() == ""
        assert seen.console == []


def test_a_pointer_over_a_step_spells_it_out(browser, address):
    with visit(browser, address, "light.html") as seen:
        page = live(seen)
        box = page.get_by_text("k", exact=True).bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 100)
        spelled = formulas(page, "Step 3 of 11: it reads k")
        assert "g₃ = tanh(v₃ + 0.5·h₂) = tanh(−0.2 + 0.5·0.00944) = −0.193" in spelled
        page.mouse.move(5, box["y"])
        formulas(page, "Step 3 of 11")  # it stays
        last = page.locator(".cr-picture text", has_text="?").bounding_box()
        page.locator(".cr-picture").dispatch_event("pointerdown", {"clientX": last["x"] + 3})  # a finger's tap
        formulas(page, "Step 11 of 11: it reads ?")
        assert seen.console == []


def test_examples_set_the_sequence_and_the_clamps_and_all_have_names(browser, address):
    with visit(browser, address, "light.html") as seen:
        page = live(seen)
        for role, names in CONTROLS.items():
            assert page.get_by_role(role).count() == len(names)
            assert [page.get_by_role(role, name=name, exact=True).count() for name in names] == [1] * len(names)
        example = page.get_by_role("combobox", name="Example")
        for title, words in EXAMPLES.items():
            example.select_option(title)
            told(page, words)
            assert example.evaluate("(each) => each.selectedOptions[0].text") == title
        example.select_option("My own")
        assert page.evaluate("document.activeElement.matches('input[type=text]')")
        assert seen.console == []
