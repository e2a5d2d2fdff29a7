"""Every page of the built book, in both themes and at phone width."""

import pytest
from browsing import change_theme, visit
from page_checks import (
    alt_faults,
    axe_faults,
    console_faults,
    distortion_faults,
    figure_faults,
    head_faults,
    link_faults,
    mathematics_faults,
    overflow_faults,
    policy_faults,
    request_faults,
    shift_faults,
    weight_faults,
)

pytestmark = pytest.mark.site


def test_page_is_sound(browser, address, site, page_name, record_property):
    """No third party, policy kept, quiet console, no axe violation, light, steady, mathematics set.

    Then the reader's system turns dark: colours are right there, too, and nothing foreign is asked for.
    """
    with visit(browser, address, page_name) as seen:
        weights = seen.weight(site)
        record_property("bytes", sum(weights.values()))
        record_property("requests", len(weights))
        record_property("shift", round(seen.shift, 4))
        faults = [*weight_faults(seen, site), *shift_faults(seen), *mathematics_faults(seen)]
        theme = change_theme(seen.page, "dark")
        faults += [] if theme == "dark" else [f"the theme shown is {theme}"]
        faults += [*request_faults(seen), *policy_faults(seen), *console_faults(seen)]
        change_theme(seen.page, "light")  # axe comes last: it asks for style sheets in its own way
        faults += axe_faults(seen)
        change_theme(seen.page, "dark")
        faults += axe_faults(seen, colours_alone=True)
    assert faults == []


@pytest.mark.parametrize("name", ["book/intro.html", "book/glossary.html"])
def test_a_page_begins_dark(browser, address, name):
    """Whose system is dark never sees a light page; no axe violation, nothing shifts."""
    with visit(browser, address, name, theme="dark") as seen:
        shown = seen.page.evaluate("document.documentElement.dataset.theme")
        assert [shown, *shift_faults(seen), *console_faults(seen), *axe_faults(seen)] == ["dark"]


def test_page_fits_a_phone(browser, address, page_name):
    """At 375 pixels nothing overflows and no picture is squeezed; what is wide scrolls in its own box."""
    with visit(browser, address, page_name, width=375, height=760) as seen:
        assert overflow_faults(seen) + distortion_faults(seen) + shift_faults(seen) == []


def test_page_is_whole_as_a_file(site, page_name):
    """Head complete, figures described, links and fragments lead somewhere."""
    html = (site / page_name).read_text("utf-8")
    extra = [] if page_name == "search.html" else head_faults(html)
    assert extra + alt_faults(html) + link_faults(site, page_name) == []


def test_figures_are_light(site):
    """No figure above 300 kB."""
    assert figure_faults(site) == []
