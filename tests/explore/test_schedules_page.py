"""Schedules in a static page under a strict policy, in headless Chromium."""

import pytest
from explore.figure_checks import live, served, visit
from explore.figure_pages import tab_to, told, until

from chainrule import explore

pytestmark = pytest.mark.site
SHARED = ["Peak rate", "Steps", "Warm-up steps"]
OWN = {
    "step": ["Drop every … steps", "Factor of a drop γ"],
    "exponential": ["Factor of a step γ"],
    "polynomial": ["Power"],
    "cosine": ["Lowest, part of the peak"],
    "sgdr": ["First period T₀", "Next period ×", "Lowest, part of the peak"],
    "onecycle": ["Part that rises", "Start: peak divided by"],
}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with served(explore.schedules(), tmp_path_factory.mktemp("page")) as url:
        yield url


def test_every_schedule_shows_its_own_controls_and_they_work(browser, address):
    with visit(browser, address, "light.html") as seen:
        page = live(seen)
        for shape, names in OWN.items():
            page.locator("select").select_option(shape)
            shared = SHARED[: 2 if shape == "onecycle" else 3]
            assert page.get_by_role("slider").count() == len(shared) + len(names)
            for name in [*shared, *names]:
                before = page.input_value("textarea")
                slider = page.get_by_role("slider", name=name, exact=True)
                slider.press("ArrowLeft")
                if slider.get_attribute("aria-valuetext") == "0":
                    slider.press("ArrowRight")
                until(page, "(old) => document.querySelector('textarea').value !== old", before)
                slider.press("ArrowRight")
        assert seen.console == []


def test_a_whole_number_is_left_by_one_key(browser, address):
    with visit(browser, address, "light.html") as seen:
        page = live(seen)
        page.locator("select").select_option("sgdr")
        period = page.get_by_role("slider", name="First period T₀")
        period.press("Home")
        for expected in ("2", "3", "4"):
            period.press("ArrowRight")
            assert period.get_attribute("aria-valuetext") == expected
        assert "T_0=4" in page.input_value("textarea")


def test_words_follow_and_the_python_can_be_copied_by_keyboard(browser, address):
    with visit(browser, address, "dark.html", theme="dark", width=375) as seen:
        page = live(seen)
        page.locator("select").select_option("constant")
        told(page, "The rates sum to 9.46, as much as 94.6 steps at the peak.")
        tab_to(page, "textarea")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        until(page, "() => /Copied|selected/.test(document.querySelector('.cr-copy span').textContent)")
        chosen = page.evaluate("() => { const t = document.querySelector('textarea'); return [t.selectionStart, t.selectionEnd, t.value.length]; }")  # noqa: E501
        assert chosen[0] == 0 and chosen[1] == chosen[2] > 100
        assert [text for _, text in seen.console] == []
