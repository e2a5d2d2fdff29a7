"""A page with one live figure, served as the book serves its own, and hands to work it."""

import time
from pathlib import Path

import pytest

from chainrule.explore.bundle import bundle

ASSETS = Path(__file__).parents[2] / "book" / "assets"
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'"
PAGE = """<!DOCTYPE html>
<html lang="en" data-theme="{theme}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<link rel="icon" href="favicon.svg"><link rel="stylesheet" href="chain-rule.css"><link rel="stylesheet" href="page.css">
<script type="module" src="live.mjs"></script></head>
<body><main class="bd-article"><h1>{title}</h1>{figure}</main></body></html>"""
STYLE = """
body { margin: 0; font: 17px var(--cr-sans); } main { max-width: 46rem; margin: 0 auto; padding: 0 1rem; }
figure { margin: 1rem 0; } main, main * { box-sizing: border-box; }"""
THEMES = ("light", "dark")
OVERLAPS = """
    (all) => {
        const boxes = all.map((text) => [text.textContent, text.getBoundingClientRect()]);
        const shared = (p, q, low, high) => Math.min(p[high], q[high]) - Math.max(p[low], q[low]);
        return boxes.flatMap(([a, p], i) => boxes.slice(i + 1)
            .filter(([, q]) => shared(p, q, "left", "right") > 0.5 && shared(p, q, "top", "bottom") > 3)
            .map(([b]) => `${a} | ${b}`));
    }"""
SIZES = "(all) => all.map((text) => text.getScreenCTM().a * parseFloat(text.getAttribute('font-size')))"


def write_site(folder, figure):
    """Write a page of the figure in each theme, with its script and the book's look."""
    files = {name: (ASSETS / name).read_text("utf-8") for name in ("chain-rule.css", "favicon.svg", "live.mjs")}
    for theme in THEMES:
        given = {"theme": theme, "policy": POLICY, "title": figure.title, "figure": figure.html}
        files[f"{theme}.html"] = PAGE.format(**given)
    files |= {"page.css": STYLE, f"live/{figure.name}.mjs": bundle(figure.name)}
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")


def until(page, script, arg=None, seconds=30):
    """Wait until a script is true in the page: Playwright's own wait polls by `eval`, which the policy forbids."""
    end = time.monotonic() + seconds
    while not page.evaluate(script, arg):
        if time.monotonic() > end:
            pytest.fail(f"never true in the page: {script} with {arg!r}")
        page.wait_for_timeout(20)


def told(page, words):
    """Wait until the verdict says `words`, and return it."""
    until(page, "(words) => document.querySelector('[role=status]').textContent.includes(words)", words)
    return page.get_by_role("status").inner_text()


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def tab_to(page, selector, most=60):
    """Reach an element by the tabulator alone."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"the keyboard does not reach {selector}")
