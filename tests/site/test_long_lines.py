"""Long lines of code go on below themselves, and stay what they are for whoever copies them."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from long_lines import CODE, FITS, hang, hang_all
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

pytestmark = pytest.mark.site
TAGS = re.compile(r"<[^>]*>")


def text_of(html):
    return unescape(TAGS.sub("", html))


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.just(" "), max_size=150))
def test_a_line_keeps_its_text_and_is_marked_only_when_long(line):
    marked = hang(highlight(line, PythonLexer(stripall=False, stripnl=False), HtmlFormatter(nowrap=True)).rstrip("\n"))
    assert text_of(marked) == line.rstrip("\n")
    assert ("cr-long" in marked) == (len(line) > FITS)


def test_the_continuation_hangs_four_columns_in_from_the_line():
    line = " " * 8 + "x" * FITS
    assert hang(line) == f'<span class="cr-long" style="--cr-hang:12ch">{line}</span>'


def test_only_blocks_of_code_are_touched():
    long = "y" * (FITS + 1)
    block = f'<div class="highlight-ipython3 notranslate"><div class="highlight"><pre>{long}\nshort</pre>'
    page = f"<p>{long}</p>{block}<pre>{long}</pre>"
    marked = re.sub(CODE, hang_all, page, flags=re.S)
    assert marked.count("cr-long") == 1 and text_of(marked) == text_of(page)
    assert marked.index("cr-long") > marked.index("<pre>")


def test_built_code_need_not_be_scrolled_sideways_on_a_phone(browser, site, address):
    """Every cell of the page with the longest line of code, unfolded."""
    pages = {path: path.read_text("utf-8") for path in (site / "chapters").rglob("*.html")}
    hangs = {path: html.count('class="cr-long"') for path, html in pages.items()}
    most = max(hangs, key=hangs.get)
    assert hangs[most] > 50
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto(address + most.relative_to(site).as_posix())
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    widths = "all => all.filter(e => e.clientWidth).map(e => e.scrollWidth - e.clientWidth)"
    over = page.locator(".cell_input pre").evaluate_all(widths)
    page.close()
    assert len(over) > 20 and max(over) <= 1
