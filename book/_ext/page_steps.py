"""The replacements that page_diet makes in the theme's HTML, each with how often it must match."""

import re
from dataclasses import dataclass

from long_lines import CODE, hang_all

# A tag of the theme's is matched to its end by naming what follows it; `.*?` spans lines.
CHOOSE_THEME = """<script>
(() => { const page = document.documentElement.dataset, saved = localStorage.getItem("mode") || "auto";
page.mode = saved;
page.framework = localStorage.getItem("cr-framework") || "numpy";
page.theme = saved !== "auto" ? saved : matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"; })()
</script>"""
FOLDED = (
    r'<summary aria-label="Toggle hidden content">\s*<p class="collapsed admonition-title">(.*?)</p>\s*'
    r'<p class="expanded admonition-title">(.*?)</p>\s*</summary>'
)
ADVERTISEMENT = (
    r'<div class="sidebar-primary-items__end sidebar-primary__section">\s*<div class="sidebar-primary-item">\s*'
    r'<div id="ethical-ad-placement".*?</div>\s*</div>\s*</div>'
)
SIDEBAR = r'<div id="pst-primary-sidebar" class="([^"]*)">'
TOGGLE = r'(<button class="sidebar-toggle (primary|secondary)-toggle [^>]*?)title="Toggle \w+ sidebar"'
TOGGLE_NAMES = {"primary": "Contents of the book", "secondary": "On this page"}
SEARCH_TOOLS = r'\s*<script src="[^"]*(?:searchtools|language_data|searchindex)\.js[^"]*"></script>'


@dataclass(frozen=True)
class Step:
    """One replacement: what it is for, the pattern, what it becomes, how often it must match, the pages without it."""

    name: str
    pattern: str
    replacement: object = ""
    fewest: int = 1
    most: int = 1
    not_on: tuple = ()

    def apply(self, html):
        """Return the page with the step applied, and how often it matched."""
        new = self.replacement
        if isinstance(new, str) and "\\" not in new:
            text = new
            return re.subn(self.pattern, lambda match: text, html, flags=re.S)
        return re.subn(self.pattern, new, html, flags=re.S)


def name_toggle(match):
    """Return the opening of a sidebar's button with a name that says what it opens."""
    name = TOGGLE_NAMES[match[2]]
    return f'{match[1]}title="{name}" aria-label="{name}"'


STEPS = (
    # weight: what no page of this book uses
    Step("icon script", r'\s*<script defer src="[^"]*fontawesome\.js[^"]*"></script>'),
    Step("documentation metas", r'\s*<meta name="docsearch:[^>]*>', fewest=2, most=2),
    Step("search tools", SEARCH_TOOLS, fewest=3, most=3, not_on=("search.html",)),
    Step("version banner", r'<div class="pst-async-banner-revealer d-none">.*?</aside>\s*</div>'),
    Step("advertisement", ADVERTISEMENT),
    Step(
        "title for print, a second h1",
        r'<div id="jb-print-docs-body" class="onlyprint">.*?(?=<div id="searchbox"></div>)',
        not_on=("search.html",),
    ),
    Step("back to top, outside every landmark", r'\s*<button type="button"[^>]*id="pst-back-to-top">.*?</button>'),
    Step("second viewport", r'<meta name="viewport" content="width=device-width, initial-scale=1\.0" />'),
    Step("second way to Colab", r'<div class="dropdown dropdown-launch-buttons">.*?</ul>\s*</div>', fewest=0),
    # theme: chosen before the first paint; without scripts the light one
    Step("theme choice", r'<script data-cfasync="false">.*?</script>', CHOOSE_THEME),
    Step("theme without scripts", r'(<html lang="en"[^>]*) data-theme="auto"', r'\1 data-theme="light"'),
    # structure: landmarks, names, languages
    Step(
        "empty top bar",  # its script measures the bar, so that something must stand there
        r'<header id="pst-header"[^>]*>\s*</header>',
        '<div id="pst-header" hidden></div>',
    ),
    Step("empty bottom bar", r'<footer class="bd-footer">\s*</footer>'),
    Step("empty sidebar header", r'<div class="sidebar-header-items sidebar-primary__section">\s*</div>'),
    Step(
        "sidebar landmark",
        SIDEBAR,
        r'<div id="pst-primary-sidebar" class="\1" role="complementary" aria-label="The book">',
    ),
    Step(
        "contents landmark",
        r'(<nav class="bd-links bd-docs-nav" aria-label=)"Main"',
        r'\1"Contents of the book"',
    ),
    Step(
        "captions are no headings",
        r'<p aria-level="2" class="caption" role="heading">',
        '<p class="caption">',
        fewest=0,
        most=99,
    ),
    Step(
        "folded cells",
        FOLDED,
        r'<summary><span class="cr-show">\1</span><span class="cr-hide">\2</span></summary>',
        fewest=0,
        most=999,
    ),
    Step("long lines of code", CODE, hang_all, fewest=0, most=9999),
    Step("heads without text", r'<th class="head">(?:<p></p>)?</th>', "<td></td>", fewest=0, most=99),
    Step("Chinese", r'<span class="zh">', '<span class="zh" lang="zh-Hans">', fewest=0, most=9999),
    Step("names of toggles", TOGGLE, name_toggle, most=2),
)
