"""What a page with a live figure must be; each check returns a list of faults, and an empty list is a pass."""

import sys
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests" / "site")]  # `site` is also a module of Python's own

from browsing import Server, visit  # noqa: E402
from explore.figure_pages import write_site  # noqa: E402
from page_checks import axe_faults, console_faults, overflow_faults, policy_faults, request_faults  # noqa: E402

WIDTHS = (1280, 375)
PLACES = """
    (all) => all.map((text) => {
        const { left, right } = text.getBoundingClientRect();
        return [left, right, text.getScreenCTM().a * parseFloat(text.getAttribute("font-size"))];
    })"""


@contextmanager
def served(figure, folder):
    """Serve light.html and dark.html with the figure; entering gives the address."""
    write_site(folder, figure)
    with Server(folder) as url:
        yield url


def live(seen):
    """Return the visited page when its figure has come to life."""
    seen.page.wait_for_selector(".cr-live-body svg")
    return seen.page


def page_faults(browser, address, theme, width):
    """Return what is wrong with the live figure, every fold open."""
    with visit(browser, address, f"{theme}.html", theme=theme, width=width) as seen:
        page = live(seen)
        page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
        seen.violations += page.evaluate("window.__violations")
        checks = (request_faults, policy_faults, console_faults, axe_faults, overflow_faults)
        found = [fault for check in checks for fault in check(seen)]
        places = page.locator(".cr-live-body svg text").evaluate_all(PLACES)
        box = page.locator(".cr-live-body").bounding_box()
        found += [f"text at {place}" for place in places
                  if place[2] < 10.5 or place[0] < box["x"] or place[1] > box["x"] + box["width"]]  # fmt: skip
        return found + (["the picture was not replaced"] if page.locator(".cr-live-static").count() else [])


def still_faults(browser, address, theme, width, text):
    """Return what is wrong with the picture that stands there without scripts."""
    with visit(browser, address, f"{theme}.html", theme=theme, width=width, scripts=False) as seen:
        picture = seen.page.locator("figure.cr-live svg")
        box = picture.bounding_box()
        found = [*seen.console, *seen.foreign]
        if box["x"] < 0 or box["x"] + box["width"] > width or box["height"] < 300:
            found.append(f"the picture lies at {box}")
        if text not in picture.text_content():
            found.append(f"the picture does not say {text}")
        return found
