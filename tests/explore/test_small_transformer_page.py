"""A small Transformer at work in a static page under a strict policy, in headless Chromium."""

import re

import pytest
from explore.figure_checks import WIDTHS, live, served, visit
from explore.figure_pages import OVERLAPS, press, tab_to, told, until

from chainrule import explore

pytestmark = pytest.mark.site
ADDED = "document.querySelector('.cr-added').textContent"
WHERE = "document.querySelector('.cr-where').textContent"
LONGEST = "She had been forced into prudence in her youth, she learned romance as she grew older: the natural"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with served(explore.small_transformer(), tmp_path_factory.mktemp("page")) as url:
        yield url


def press_button(page, name):
    page.get_by_role("button", name=name, exact=True).press("Enter")


def test_the_keyboard_alone_types_turns_a_head_off_and_reads_the_map(browser, address):
    with visit(browser, address, "light.html") as seen:
        page = live(seen)
        page.evaluate("window.heard = 0; document.body.addEventListener('keydown', () => { window.heard += 1; })")
        tab_to(page, "input[type=text]")
        heard = page.evaluate("window.heard")
        press(page, "Control+a", *"Captain Went")
        told(page, "Next: ‘w’ with")
        tab_to(page, "select")
        press(page, "ArrowDown", "ArrowDown")
        told(page, "In head 1.3 the last character looks most here: ‘t’ looks at ‘n’, 1 back")
        tab_to(page, "[aria-label='Head 1.3 on']")
        press(page, " ")
        told(page, "Turning head 1.3 off moves ")
        assert page.evaluate("document.activeElement.ariaPressed") == "false"
        tab_to(page, ".cr-looks")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        line = "getComputedStyle(document.querySelector('.cr-spot'), '::before')"
        assert page.evaluate(f"[{line}.position, {line}.borderTopStyle]") == ["absolute", "dashed"]
        press(page, "ArrowLeft")
        until(page, f"{WHERE}.startsWith('‘t’ looks at ‘n’, 1 back: 0.')")
        press(page, "ArrowUp", "End", "ArrowDown", "Home")
        until(page, f"{WHERE}.startsWith('‘t’ looks at ‘C’, 11 back: 0.')")
        press(page, *["ArrowUp"] * 30)
        until(page, f"{WHERE} === '‘C’ looks at ‘C’, itself: 1.00.'")
        press(page, "Tab")
        until(page, f"{WHERE}.startsWith('Point at')")
        assert page.evaluate("window.heard") == heard
        assert seen.console == []


def test_unknown_characters_are_refused_and_what_was_stands(browser, address):
    with visit(browser, address, "dark.html", theme="dark", width=375) as seen:
        page = live(seen)
        before = page.locator(".cr-stage svg").get_attribute("aria-label")
        field = page.get_by_role("textbox", name="Prompt")
        field.fill("Émile")
        assert page.get_by_role("alert").inner_text().startswith("The model knows no “É”: it has seen the 75")
        assert field.get_attribute("aria-invalid") == "true"
        assert page.locator(".cr-stage svg").get_attribute("aria-label") == before
        field.fill("")
        assert page.get_by_role("alert").inner_text().startswith("Type at least one character")
        field.fill("“It’s")  # as a phone types
        until(page, "document.querySelector('pre code').textContent.includes('encode(\"\\\\\"It\\'s\")')")
        assert page.get_by_role("alert").inner_text() == "" and field.get_attribute("aria-invalid") == "false"
        assert seen.console == []


def test_the_same_is_written_again_and_another_seed_writes_otherwise(browser, address):
    with visit(browser, address, "light.html") as seen:
        page = live(seen)
        page.emulate_media(reduced_motion="reduce")
        written = []
        for name in (None, "Start again", "Another seed"):
            if name:
                press_button(page, name)
                until(page, f"{ADDED} === ''")
            press_button(page, "Write on")
            until(page, f"{ADDED}.length >= 47")  # 60 less what the model no longer sees
            written.append(page.locator(".cr-text").text_content())
        assert written[0] == written[1] != written[2]
        assert all(text.startswith("Captain Wentw") and len(text) == 73 for text in written)
        for _ in range(8):
            press_button(page, "Write on")
        until(page, "document.querySelector('[data-main]').ariaDisabled === 'true'")
        assert len(page.locator(".cr-text").text_content()) == 413
        assert seen.console == []


def test_it_writes_on_until_paused(browser, address):
    with visit(browser, address, "light.html", width=375) as seen:
        page = live(seen)
        press_button(page, "One character")
        until(page, f"{ADDED} === 'o' && document.querySelector('[role=status]').textContent.startsWith('Next: ‘r’')")
        press_button(page, "Write on")
        until(page, f"{ADDED}.length >= 4")
        press_button(page, "Pause")
        there = page.evaluate(ADDED)
        page.wait_for_timeout(400)
        assert page.evaluate(ADDED) == there and 4 <= len(there) < 60
        press_button(page, "Write on")
        until(page, f"{ADDED}.length > {len(there)}")
        page.get_by_role("textbox").fill("Anne")  # typing stops it, too
        until(page, f"{ADDED} === ''")
        page.wait_for_timeout(400)
        assert page.evaluate(ADDED) == "" and page.get_by_role("button", name="Write on").count() == 1
        assert seen.console == []


@pytest.mark.parametrize("width", WIDTHS)
def test_pointer_and_finger_read_a_square_and_choose_a_head(browser, address, width):
    with visit(browser, address, "light.html", width=width) as seen:
        page = live(seen)
        looks = page.locator(".cr-looks")
        looks.scroll_into_view_if_needed()
        box = looks.bounding_box()
        page.mouse.move(box["x"] + 11.5 * box["width"] / 13, box["y"] + 12.5 * box["height"] / 13)
        until(page, f"/^‘w’ looks at ‘t’, 1 back: 0\\.\\d\\d\\.$/.test({WHERE})")
        page.mouse.move(box["x"] + 11.5 * box["width"] / 13, box["y"] + 0.5 * box["height"] / 13)
        until(page, f"{WHERE} === 'Nothing looks ahead: “C” comes before “t”.'")
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] - 60)
        until(page, f"{WHERE}.startsWith('Point at')")
        finger = {"pointerType": "touch", "clientX": box["x"] + 2, "clientY": box["y"] + 2}
        looks.dispatch_event("pointerdown", finger)
        until(page, f"{WHERE} === '‘C’ looks at ‘C’, itself: 1.00.'")
        pick = page.locator(".cr-pick")
        side = pick.bounding_box()
        pick.click(position={"x": 0.6 * side["width"], "y": 0.8 * side["height"]})
        told(page, "In head 2.3 ")
        assert page.locator("select").input_value() == "2.3"
        assert seen.console == []


@pytest.mark.parametrize("width", WIDTHS)
def test_a_long_text_fits_and_no_character_covers_another(browser, address, width):
    with visit(browser, address, "light.html", width=width) as seen:
        page = live(seen)
        page.get_by_role("textbox").fill(LONGEST)
        page.get_by_role("button", name="Head 2.1 on").click()
        shown = "64" if width > 700 else r"3\d of 64"
        told(page, "Turning head 2.1 off moves")
        texts = page.locator(".cr-stage svg text")
        assert texts.evaluate_all(OVERLAPS) == []
        title = " ".join(text for text in texts.all_text_contents() if text.startswith("layer 1, head 1"))
        assert re.search(shown, title) if width < 700 else "last" not in title
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert seen.console == []


def test_the_sliders_say_what_is_drawn_from(browser, address):
    with visit(browser, address, "light.html") as seen:
        page = live(seen)
        page.get_by_role("slider", name="Temperature").press("Home")
        told(page, "Next: ‘o’ with 100")
        heat = page.get_by_role("slider", name="Temperature")
        assert heat.get_attribute("aria-valuetext") == "0: always the likeliest"
        heat.press("End")
        page.get_by_role("slider", name="Top-k").press("Home")
        page.get_by_role("slider", name="Top-k").press("ArrowRight")
        assert page.get_by_role("slider", name="Top-k").get_attribute("aria-valuetext") == "the 2 likeliest"
        until(page, "document.querySelector('pre code').textContent.includes('temperature=2, top_k=2')")
        page.locator("summary").first.press("Enter")
        rows = page.locator("tbody tr").all_inner_texts()
        assert len(rows) == 10 and rows[0].startswith("o") and rows[2].endswith("0\N{NO-BREAK SPACE}%")
        assert all(re.search("\t0\\s%\t0\\s%$", row) for row in rows[2:])
        assert seen.console == []
