"""The race in a static page under a strict policy, in headless Chromium."""

import pytest
from explore.figure_checks import live, served, visit
from explore.figure_pages import tab_to, told, until

from chainrule import explore

pytestmark = pytest.mark.site
MAP = ".cr-map"
CHANGES = ["Learning rate", "Momentum β", "Adam’s learning rate", "Noise in the gradient", "Steps shown",
           "Condition number κ"]  # fmt: skip


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with served(explore.race(), tmp_path_factory.mktemp("page")) as url:
        yield url


def test_arrow_keys_and_a_click_move_the_start(browser, address):
    with visit(browser, address, "light.html") as seen:
        page = live(seen)
        page.evaluate("window.heard = 0; document.body.addEventListener('keydown', () => { window.heard += 1; })")
        tab_to(page, MAP)
        before = page.evaluate("window.heard")
        for keys in ("ArrowRight", "ArrowRight", "ArrowUp", "Shift+ArrowDown"):
            page.keyboard.press(keys)
        page.locator(".cr-key", has_text="Start (−2.4, 1.49)").wait_for()
        assert page.evaluate("window.heard") == before  # JupyterLab would act on them
        assert "Tensor([-2.4, 1.49]" in page.locator("pre code").text_content()
        frame = page.locator(f"{MAP} .cr-frame").bounding_box()
        page.mouse.click(frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 4)
        until(page, "() => /Start \\(−?0\\.0\\d+, (0\\.99|1)/.test(document.querySelector('.cr-key').textContent)")
        assert seen.console == []


def test_every_control_works_by_keyboard(browser, address):
    with visit(browser, address, "light.html") as seen:
        page = live(seen)
        for name in CHANGES:
            slider = page.get_by_role("slider", name=name, exact=True)
            before = page.locator(".cr-plots").inner_html()
            written = slider.get_attribute("aria-valuetext")
            slider.press("PageUp")
            assert slider.get_attribute("aria-valuetext") != written
            until(page, "(old) => document.querySelector('.cr-plots').innerHTML !== old", before)
        page.locator("select").select_option("wells")
        assert "the shallow minimum" in told(page, "Two minima")
        assert page.get_by_role("slider", name="Condition number κ").count() == 0
        page.get_by_role("slider", name="Noise in the gradient").press("ArrowRight")
        told(page, "None reaches a millionth of the first loss for good.")
        page.get_by_role("button", name="New noise").press("Enter")
        until(page, "() => document.querySelector('pre code').textContent.includes('\"seed\": 1')")
        page.get_by_role("button", name="Reset").press("Enter")
        told(page, "by Nesterov after 71 steps")
        assert seen.console == []


def test_divergence_is_said_and_drawn_within_the_frame(browser, address):
    with visit(browser, address, "dark.html", theme="dark", width=375) as seen:
        page = live(seen)
        slider = page.get_by_role("slider", name="Learning rate", exact=True)
        for _ in range(3):
            slider.press("PageUp")
        told(page, "Diverged: gradient descent after")
        frame = page.locator(".cr-plots .cr-frame").first.bounding_box()
        for line in page.locator(f"{MAP} .cr-line").all():
            box = line.bounding_box()
            assert box["y"] >= frame["y"] - 2 and box["y"] + box["height"] <= frame["y"] + frame["height"] + 2
        assert "diverges" in page.locator(".cr-plots").text_content()
        assert seen.console == []
