"""The gradient through time in a static page under a strict policy, in headless Chromium."""

import pytest
from explore.figure_checks import WIDTHS, live, served, visit
from explore.figure_pages import OVERLAPS, press, tab_to, told, until

from chainrule import explore

pytestmark = pytest.mark.site
CONTROLS = {
    "combobox": ["Recurrent weights", "Nonlinearity", "Clip the gradient"],
    "slider": ["Spectral radius ρ", "Steps T", "Size of the inputs"],
    "button": ["New weights and inputs"],
}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with served(explore.gradient_through_time(), tmp_path_factory.mktemp("page")) as url:
        yield url


def test_all_controls_have_names(browser, address):
    with visit(browser, address, "light.html") as seen:
        page = live(seen)
        for role, names in CONTROLS.items():
            assert page.get_by_role(role).count() == len(names)
            assert [page.get_by_role(role, name=name, exact=True).count() for name in names] == [1] * len(names)


def test_the_keyboard_alone_changes_everything(browser, address):
    with visit(browser, address, "light.html") as seen:
        page = live(seen)
        page.evaluate("window.heard = 0; document.body.addEventListener('keydown', () => { window.heard += 1; })")
        tab_to(page, "select")
        heard = page.evaluate("window.heard")
        press(page, "End")
        until(page, "document.querySelector('pre code').textContent.includes('draw(\"orthogonal\"')")
        tab_to(page, "select")
        press(page, "Home")
        assert "With identity the gradient explodes: " in told(page, "its norm by 117, by 1.1 a step.")
        tab_to(page, "select")
        press(page, "ArrowDown", "ArrowDown")
        assert "the curve moves, its slope stays" in told(page, "clipping at 1 multiplies")
        page.locator(".cr-picture .cr-clipped-label").wait_for()
        for key, words in (("ArrowLeft", "1.09 a step"), ("Home", "going back 2 steps"), ("Home", "norm")):
            tab_to(page, "input[type=range]")
            press(page, key)
            told(page, words)
        assert page.evaluate("document.activeElement.ariaValueText") == "0"
        tab_to(page, "button")
        press(page, "Enter")
        until(page, "document.querySelector('pre code').textContent.includes('seed=1)')")
        assert page.evaluate("window.heard") == heard  # JupyterLab would act on them
        assert seen.console == []


@pytest.mark.parametrize("width", WIDTHS)
def test_extremes_stay_within_the_page_and_no_text_covers_another(browser, address, width):
    with visit(browser, address, "dark.html", theme="dark", width=width) as seen:
        page = live(seen)
        page.get_by_role("combobox", name="Clip the gradient").select_option("0.1")
        for activation, rho in (("identity", "End"), ("identity", "Home"), ("relu", "End"), ("tanh", "End")):
            page.get_by_role("combobox", name="Nonlinearity").select_option(activation)
            for name, key in (("Spectral radius ρ", rho), ("Steps T", "End"), ("Size of the inputs", "End")):
                page.get_by_role("slider", name=name).press(key)
            told(page, "going back 100 steps")
            assert page.locator(".cr-live-body svg text").evaluate_all(OVERLAPS) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            frame = page.locator(".cr-picture svg").bounding_box()
            for curve in page.locator(".cr-picture path[fill=none]").all():
                box = curve.bounding_box()
                assert frame["y"] <= box["y"] and box["y"] + box["height"] <= frame["y"] + frame["height"] - 30
        assert seen.console == []


def test_the_numbers_of_every_step_stand_in_a_table(browser, address):
    with visit(browser, address, "light.html") as seen:
        page = live(seen)
        page.get_by_role("slider", name="Steps T").press("Home")
        told(page, "going back 2 steps")
        page.get_by_text("Every step in numbers").click()
        rows = page.locator("tbody tr").all_inner_texts()
        assert [row.split("\t")[0] for row in rows] == ["0", "1", "2"]
        assert rows[-1].split("\t")[2:] == ["1", "1"] and rows[0].split("\t")[3] == "1.21"
        assert seen.console == []
