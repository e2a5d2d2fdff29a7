"""A reader at work: tabs, keyboard, search, print, no scripts, Colab."""

from pathlib import Path

import pytest
import yaml
from browsing import settle, visit
from bs4 import BeautifulSoup, SoupStrainer

pytestmark = pytest.mark.site
ROOT = Path(__file__).parents[2]
FIRST, SECOND = "chapters/first.html", "chapters/second.html"
SELECTED = "[...document.querySelectorAll('[role=tab][aria-selected=true]')].map((tab) => tab.textContent)"
SHOWN = (
    "[...document.querySelectorAll('.cr-framework')].filter((panel) => panel.offsetHeight > 0)"
    ".map((panel) => panel.dataset.framework)"
)
FRAME = (
    ".bd-sidebar-primary, .bd-sidebar-secondary, .bd-header-article, .prev-next-footer, .cr-tabs, "
    ".cr-notebook-links"
)
FILTERS = (
    "[...document.querySelectorAll('.cell_output img')]"
    ".map((image) => getComputedStyle(image).filter.split('(')[0])"
)


def focused(page):
    """Return a short description of the element that has the focus."""
    return page.evaluate(
        "(() => { const e = document.activeElement; return [e.tagName, e.className, e.getAttribute('role'),"
        " e.getAttribute('aria-label') || e.textContent.trim().slice(0, 40)].join('|'); })()"
    )


def tab_to(page, wanted, limit=80):
    """Press Tab until the focus is on what `wanted` accepts; return the stops on the way."""
    stops = []
    for _ in range(limit):
        page.keyboard.press("Tab")
        stops.append(focused(page))
        if wanted(stops[-1]):
            return stops
    raise AssertionError(f"the Tab key never gets there; it stopped at {stops}")


def test_tabs_show_one_framework_and_remember_it(browser, tiny_address):
    """One choice holds for every group of the page, and for the next page."""
    with visit(browser, tiny_address, FIRST) as seen:
        page = seen.page
        assert page.evaluate(SELECTED) == ["NumPy", "NumPy"]
        page.get_by_role("tab", name="PyTorch").first.click()
        assert page.evaluate(SELECTED) == ["PyTorch", "PyTorch"]
        assert page.evaluate(SHOWN) == ["torch", "torch"]
        page.goto(tiny_address + SECOND)
        settle(page)
        assert page.evaluate(SELECTED) == ["PyTorch"]
        assert page.evaluate(SHOWN) == ["torch"]


def test_tabs_follow_the_arrow_keys(browser, tiny_address):
    """One stop for the group; arrows move inside it and wrap; the panel says which tab names it."""
    with visit(browser, tiny_address, FIRST) as seen:
        page = seen.page
        tab_to(page, lambda stop: "|tab|NumPy" in stop)
        for key, name in (
            ("ArrowRight", "PyTorch"),
            ("ArrowRight", "TensorFlow"),
            ("ArrowRight", "NumPy"),
            ("ArrowLeft", "TensorFlow"),
            ("Home", "NumPy"),
            ("End", "TensorFlow"),
        ):
            page.keyboard.press(key)
            assert focused(page).endswith(f"|tab|{name}")
            assert page.evaluate(SELECTED) == [name, name]
        assert page.evaluate(
            "[...document.querySelectorAll('[role=tab]')].every((tab) => {"
            " const panel = document.getElementById(tab.getAttribute('aria-controls'));"
            " return panel.getAttribute('role') === 'tabpanel' && panel.getAttribute('aria-labelledby') === tab.id; })"
        )


def test_choosing_a_tab_keeps_the_place(browser, tiny_address):
    """A change in a group above does not move what the reader looks at."""
    with visit(browser, tiny_address, FIRST, height=500) as seen:
        tab = seen.page.get_by_role("tab", name="TensorFlow").nth(1)
        tab.scroll_into_view_if_needed()
        before = tab.bounding_box()["y"]
        tab.click()
        assert tab.bounding_box()["y"] == pytest.approx(before, abs=1)


def test_a_link_into_a_hidden_panel_opens_it(browser, tiny_address):
    """A fragment that lies in another framework's panel, or in a folded solution, is shown."""
    with visit(browser, tiny_address, FIRST + "#framework-1-tensorflow") as seen:
        assert seen.page.evaluate(SELECTED) == ["TensorFlow", "TensorFlow"]


def test_without_scripts_everything_stands_in_order(browser, tiny_address):
    """No tabs; each framework under its name; the solution can be unfolded."""
    with visit(browser, tiny_address, FIRST, scripts=False) as seen:
        page = seen.page
        assert page.locator("[role=tab]").count() == 0
        assert (
            page.locator(".cr-framework-name:visible").all_inner_texts()
            == ["NumPy", "PyTorch", "TensorFlow"] * 2
        )
        page.get_by_text("Show the solution").click()
        assert page.get_by_text("the solution is 2").is_visible()


def test_print_is_the_text_alone(browser, tiny_address):
    """In print: no sidebars, no buttons, every framework under its name, the title, unfolded solutions."""
    with visit(browser, tiny_address, FIRST) as seen:
        page = seen.page
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.locator(FRAME).count() >= 5
        assert page.locator(FRAME).locator("visible=true").count() == 0
        assert page.evaluate(SHOWN) == ["numpy", "torch", "tensorflow"] * 2
        assert page.locator(".cr-framework-name:visible").count() == 6
        assert page.get_by_role("heading", level=1).is_visible()
        assert page.get_by_text("the solution is 2").is_visible()


def test_keyboard_reaches_everything(browser, tiny_address):
    """Skip link first; search, theme switch, Colab, tabs and solution are stops, and show where the focus is."""
    with visit(browser, tiny_address, FIRST) as seen:
        page = seen.page
        stops = tab_to(page, lambda stop: "Show the solution" in stop)
        assert "Skip to main content" in stops[0]
        for wanted in ("Search", "Color mode", "Open in Colab", "Download notebook", "|tab|NumPy"):
            assert any(wanted in stop for stop in stops), f"{wanted} is no stop: {stops}"
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"
        page.keyboard.press("Enter")
        assert page.get_by_text("the solution is 2").is_visible()


def test_keyboard_switches_the_theme(browser, tiny_address):
    """The switch goes through its states with Enter, and the next page keeps the choice."""
    with visit(browser, tiny_address, FIRST) as seen:
        page = seen.page
        tab_to(page, lambda stop: "Color mode" in stop)
        themes = []
        for _ in range(3):
            page.keyboard.press("Enter")
            themes.append(page.evaluate("document.documentElement.dataset.theme"))
        assert {"light", "dark"} <= set(themes)
        while page.evaluate("document.documentElement.dataset.theme") != "dark":
            page.keyboard.press("Enter")
        page.goto(tiny_address + SECOND)
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_search_finds_a_term(browser, address):
    """Ctrl+K, a word, Enter: the page that defines it is found, without the network."""
    with visit(browser, address, "book/notation.html") as seen:
        page = seen.page
        page.keyboard.press("Control+k")
        page.keyboard.type("saturation")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search.html?q=saturation*")
        page.wait_for_selector("#search-results li a")
        assert any(
            "glossary" in link
            for link in page.eval_on_selector_all("#search-results li a", "all => all.map(a => a.href)")
        )
        assert seen.foreign == []


def test_figures_follow_the_theme(browser, tiny_address):
    """In the dark theme a figure is inverted, a photograph is not; in the light theme neither."""
    for theme, expected in (("dark", ["invert", "none"]), ("light", ["none", "none"])):
        with visit(browser, tiny_address, FIRST, theme=theme) as seen:
            assert seen.page.evaluate(FILTERS) == expected


def test_links_of_notebooks_open_the_right_file(site):
    """Colab and download lead to the notebook of the page, at the address that _config.yml names."""
    repository = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["repository"]
    owner = repository["url"].removeprefix("https://github.com/")
    notebooks = sorted((site / "chapters").rglob("*.html"))
    assert notebooks
    for path in notebooks:
        name = path.relative_to(site).with_suffix(".ipynb").as_posix()
        soup = BeautifulSoup(path.read_text("utf-8"), "html.parser", parse_only=SoupStrainer("a"))
        wanted = f"https://colab.research.google.com/github/{owner}/blob/{repository['branch']}/{name}"
        assert soup.find("a", class_="cr-link-colab")["href"] == wanted
        assert {link["href"] for link in soup.find_all("a", href=True) if "colab." in link["href"]} == {
            wanted
        }
        assert (ROOT / name).is_file()
        download = (path.parent / soup.find("a", class_="cr-link-download")["href"]).resolve()
        assert download.read_bytes() == (ROOT / name).read_bytes()
