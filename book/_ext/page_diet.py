"""Make every written page light, safe and accessible, after the theme is done with it.

Each step (page_steps.py) is one exact replacement in the theme's own HTML, and says how often it
must match: after an upgrade of the theme that moves something, the build fails with the step's
name, and nobody finds out from a reader. A page that has been through carries the content security
policy, which is also the mark that it is done.
"""

import base64
import hashlib
import os
import re
from html import escape
from pathlib import Path

from icon_fonts import trim_icons
from image_sizes import with_sizes
from page_steps import STEPS
from search_index import without_numbers
from sphinx.errors import ExtensionError

ASSETS = ("_static", "_sources", "_images")
DONE = '<meta http-equiv="Content-Security-Policy"'
MATHJAX = "_static/mathjax/"
MATHJAX_PARTS = ("core", "input/tex", "output/chtml", "output/chtml/fonts/tex", "a11y/assistive-mml")
MATHJAX_SETTINGS = """<script>window.MathJax = {
"loader": {"load": ["input/tex", "output/chtml", "a11y/assistive-mml"]}, "tex": {"tags": "none"},
"startup": {"pageReady": () => MathJax.startup.defaultPageReady().then(
    () => document.dispatchEvent(new Event("formulas-set")))},
"options": {"processHtmlClass": "tex2jax_process|mathjax_process|math|output_area"}}</script>"""
MATHJAX_SCRIPTS = re.compile(
    r"<script>window\.MathJax = .*?</script>(\s*)(<script[^>]*mathjax/startup\.js[^>]*></script>)", re.S
)
POLICY = (
    "default-src 'none'; script-src 'self'{hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; manifest-src 'self'"
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
    for step in STEPS:
        if page in step.not_on:
            continue
        html, count = step.apply(html)
        if not step.fewest <= count <= step.most:
            raise ExtensionError(
                f"page diet: step {step.name!r} must match {step.fewest} to {step.most} times; matched {count} in "
                f"{page}. The theme has changed: look at its HTML and bring book/_ext/page_steps.py up to date."
            )
    return html


def diet(html, page):
    """Return the finished page: steps applied, mathematics where there is any, policy in the head.

    A page that is done is returned as it is.
    """
    if DONE in html or '<html lang="en" data-content_root' not in html:
        return html
    html = set_mathematics(apply_steps(html, page), page)
    root = re.search(r'data-content_root="([^"]*)"', html)[1]
    policy = f'{DONE} content="{policy_for(html)}" />'
    head = "\n    ".join(['<meta charset="utf-8" />', policy, *preloads(root, "mathjax/startup.js" in html)])
    html, count = re.subn(r'<meta charset="utf-8" />', lambda match: head, html, count=1)
    if count != 1:
        raise ExtensionError(f"page diet: no charset in the head of {page}")
    return html


def set_mathematics(html, page):
    """Return the page with MathJax set up for this book where there is a formula, and without it elsewhere.

    Sphinx loads it on the page of a table of contents, too, when a page below has formulas.
    """
    needed = re.search(r'class="math\b', html) is not None
    html, count = MATHJAX_SCRIPTS.subn((lambda match: MATHJAX_SETTINGS + match[1] + match[2]) if needed else "", html)
    if (needed and count != 1) or ("mathjax/startup.js" in html and not needed):
        raise ExtensionError(f"page diet: MathJax must stand in a page once, settings first; found {count} in {page}")
    return html


def preloads(root, mathematics):
    """Return the links that load icon fonts, and MathJax in its parts, early and side by side."""
    icons = f"{root}_static/vendor/fontawesome/webfonts/fa-"
    links = [
        f'<link rel="preload" as="font" type="font/woff2" href="{icons}{name}.woff2" crossorigin />'
        for name in ("solid-900", "brands-400")
    ]
    parts = MATHJAX_PARTS if mathematics else ()
    return links + [f'<link rel="preload" as="script" href="{root}{MATHJAX}{name}.js" />' for name in parts]


def write_whole(path, text):
    """Write a file or nothing: a build that is killed here leaves no half page behind."""
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)


def front_door(app):
    """Return the page at the site's root, which leads to the title page."""
    first, title = f"{app.config.root_doc}.html", escape(app.config.html_title)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8" />\n<title>{title}</title>\n'
        f"{DONE} content=\"default-src 'none'\" />\n"
        f'<meta http-equiv="refresh" content="0; url={first}" />\n'
        f'<link rel="canonical" href="{escape(app.config.html_baseurl)}{first}" />\n</head>\n'
        f'<body>\n<p><a href="{first}">{title}</a></p>\n</body>\n</html>\n'
    )


def finish(app, exception):
    """Put every page on the diet and trim the search index and the icon fonts, once the build is done."""
    if exception is not None or app.builder.name != "html":
        return
    site = Path(app.outdir)
    pages = sorted(path for path in site.rglob("*.html") if path.relative_to(site).parts[0] not in ASSETS)
    for path in pages:
        html = path.read_text(encoding="utf-8")
        lean = with_sizes(diet(html, path.relative_to(site).as_posix()), path.parent)
        if lean != html:
            write_whole(path, lean)
    write_whole(site / "index.html", front_door(app))
    search = site / "searchindex.js"
    write_whole(search, without_numbers(search.read_text(encoding="utf-8")))
    trim_icons(site, pages)


def outdated(app, env, added, changed, removed):
    """Return every page where a style sheet, a script or an extension of the book is not what it was.

    Sphinx copies such files, and asks its extensions, only when it writes a page.
    """
    digest = hashlib.sha256()
    for folder in ("book/assets", "book/_ext"):
        for path in sorted(Path(app.srcdir, folder).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(path.relative_to(app.srcdir).as_posix().encode() + b"\0" + path.read_bytes())
    if getattr(env, "chainrule_look", None) == digest.hexdigest():
        return []
    env.chainrule_look = digest.hexdigest()
    return sorted(env.found_docs)


def setup(app):
    """Register the step, after every other of its kind."""
    app.connect("env-get-outdated", outdated)
    app.connect("build-finished", finish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
