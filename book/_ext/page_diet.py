"""Make every written page light, safe and accessible, after the theme is done with it.

Each step is one exact replacement in the theme's own HTML, and says how often it must match: after an upgrade of the theme
that moves something, the build fails with the step's name, and nobody finds out from a reader. A page that has been through
carries the content security policy, which is also the mark that it is done.
"""

import base64
import hashlib
import re
from pathlib import Path

from icon_fonts import trim_icons
from sphinx.errors import ExtensionError

DONE = '<meta http-equiv="Content-Security-Policy"'
MATHJAX_SETTINGS = """<script>window.MathJax = {
"options": {"processHtmlClass": "tex2jax_process|mathjax_process|math|output_area", "enableMenu": false},
"chtml": {"mtextInheritFont": true}, "tex": {"tags": "none"}}</script>"""
CHOOSE_THEME = """<script>
(() => { const page = document.documentElement.dataset, saved = localStorage.getItem("mode") || "auto";
page.mode = saved;
page.framework = localStorage.getItem("cr-framework") || "numpy";
page.theme = saved !== "auto" ? saved : matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"; })()
</script>"""
# name, pattern, replacement, fewest matches, most matches; a page kind without the part is named in EXCEPT
STEPS = [
    ("icon script", r'\s*<!-- So that users.*?-->\s*<script defer src="[^"]*fontawesome\.js[^"]*"></script>', "", 1, 1),
    ("theme choice", r'<script data-cfasync="false">.*?</script>', CHOOSE_THEME.replace("\\", r"\\"), 1, 1),
    ("theme without scripts", r'(<html lang="en"[^>]*) data-theme="auto"', r'\1 data-theme="light"', 1, 1),
    ("first viewport", r'<meta name="viewport" content="width=device-width, initial-scale=1\.0" />', "", 1, 1),
    ("documentation metas", r'\s*<meta name="docsearch:[^>]*>', "", 2, 2),
    ("search tools off the search page", r'\s*<script src="[^"]*(?:searchtools|language_data|searchindex)\.js[^"]*"></script>', "", 3, 3),
    ("version banner", r'<div class="pst-async-banner-revealer d-none">.*?</aside>\s*</div>', "", 1, 1),
    ("empty top bar", r'<header id="pst-header"[^>]*>\s*</header>', '<div id="pst-header" hidden></div>', 1, 1),
    ("empty bottom bar", r'<footer class="bd-footer">\s*</footer>', "", 1, 1),
    ("advertisement", r'<div class="sidebar-primary-items__end sidebar-primary__section">\s*<div class="sidebar-primary-item">\s*'
     r'<div id="ethical-ad-placement".*?</div>\s*</div>\s*</div>', "", 1, 1),
    ("empty sidebar header", r'<div class="sidebar-header-items sidebar-primary__section">\s*</div>', "", 1, 1),
    ("print title", r'<div id="jb-print-docs-body" class="onlyprint">.*?(?=<div id="searchbox"></div>)', "", 1, 1),
    ("sidebar landmark", r'<div id="pst-primary-sidebar" class="([^"]*)">(.*?)</div>(\s*)<main id="main-content" class="bd-main" role="main">',
     r'<div id="pst-primary-sidebar" class="\1" role="complementary" aria-label="The book">\2</div>\3<main id="main-content" class="bd-main" role="main">', 1, 1),
    ("contents landmark", r'(<nav class="bd-links bd-docs-nav" aria-label=)"Main"', r'\1"Contents of the book"', 1, 1),
    ("captions are no headings", r'<p aria-level="2" class="caption" role="heading">', '<p class="caption">', 0, 99),
    ("back to top inside main", r'\s*<button type="button" class="btn rounded-pill" id="pst-back-to-top">.*?</button>', "", 1, 1),
    ("folded cells", r'<summary aria-label="Toggle hidden content">\s*<p class="collapsed admonition-title">(.*?)</p>\s*'
     r'<p class="expanded admonition-title">(.*?)</p>\s*</summary>',
     r'<summary><span class="cr-show">\1</span><span class="cr-hide">\2</span></summary>', 0, 999),
    ("Chinese", r'<span class="zh">', '<span class="zh" lang="zh-Hans">', 0, 9999),
    ("names of toggles", r'(<button class="sidebar-toggle (primary|secondary)-toggle [^>]*?)title="Toggle (?:primary|secondary) sidebar"',
     lambda match: match[1] + ('title="Contents of the book" aria-label="Contents of the book"' if match[2] == "primary"
                               else 'title="On this page" aria-label="On this page"'), 1, 2),
]
EXCEPT = {
    "search.html": {"search tools off the search page", "print title"},
    "genindex.html": {"print title"},
}
POLICY = (
    "default-src 'none'; script-src 'self'{hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; manifest-src 'self'"
)
INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)([^>]*)>(.*?)</script>", re.S)


def policy_for(html):
    """Return the content security policy of a page: its own files, and its inline scripts by hash."""
    hashes = []
    for attributes, text in INLINE_SCRIPT.findall(html):
        if "application/" in attributes:
            continue
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        hashes.append(f" 'sha256-{digest}'")
    return POLICY.format(hashes="".join(dict.fromkeys(hashes)))


def apply_steps(html, page):
    """Return a page with every step applied.

    html : the page as the theme wrote it
    page : its path below the site's root, for messages and exceptions
    Raises ExtensionError if a step matches fewer or more times than it says.
    """
    for name, pattern, replacement, fewest, most in STEPS:
        if name in EXCEPT.get(page, ()):
            continue
        html, count = re.subn(pattern, replacement, html, flags=re.S)
        if not fewest <= count <= most:
            raise ExtensionError(
                f"page diet: step {name!r} must match {fewest} to {most} times; matched {count} in {page}. "
                "The theme has changed: look at its HTML and bring book/_ext/page_diet.py up to date."
            )
    return html


def diet(html, page):
    """Return the finished page: steps applied, mathematics only where there is any, policy in the head.

    A page that is done is returned as it is.
    """
    if DONE in html or '<html lang="en" data-content_root' not in html:
        return html
    html = apply_steps(html, page)
    html, found = re.subn(r"<script>window\.MathJax = .*?</script>", lambda match: MATHJAX_SETTINGS, html, flags=re.S)
    if found != html.count("tex-chtml.js"):
        raise ExtensionError(f"page diet: MathJax settings and script must come together in {page}")
    root = re.search(r'data-content_root="([^"]*)"', html)[1]
    head = f'<meta charset="utf-8" />\n    {DONE} content="{policy_for(html)}" />\n    {font_preloads(root)}'
    html, count = re.subn(r'<meta charset="utf-8" />', lambda match: head, html, count=1)
    if count != 1:
        raise ExtensionError(f"page diet: no charset in the head of {page}")
    return html


def font_preloads(root):
    """Return the links that load the two icon fonts early, so that no icon appears late."""
    address = f"{root}_static/vendor/fontawesome/webfonts/fa-"
    return "\n    ".join(
        f'<link rel="preload" as="font" type="font/woff2" href="{address}{name}.woff2" crossorigin />'
        for name in ("solid-900", "brands-400")
    )


def finish(app, exception):
    """Put every page on the diet and trim the icon fonts, once the build is done."""
    if exception is not None or app.builder.name != "html":
        return
    site = Path(app.outdir)
    pages = sorted(path for path in site.rglob("*.html") if not {"_static", "_sources"} & set(path.relative_to(site).parts))
    for path in pages:
        html = path.read_text(encoding="utf-8")
        lean = diet(html, path.relative_to(site).as_posix())
        if lean != html:
            path.write_text(lean, encoding="utf-8")
    trim_icons(site, pages)


def setup(app):
    """Register the step, after every other of its kind."""
    app.connect("build-finished", finish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
