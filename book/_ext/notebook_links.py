"""Put a row of links under the title of every notebook, and a description into the head of every page.

The row says where else the page runs: Colab, the notebook to download, its source. Addresses are
made from `repository` in `_config.yml`, the one place where they stand.
"""

from html import escape

from docutils import nodes
from sphinx.errors import ExtensionError

COLAB = "https://colab.research.google.com/github/"
GITHUB = "https://github.com/"
DESCRIPTION_LENGTH = 160


def colab_address(repository, branch, path):
    """Return the address that opens a notebook of the repository in Colab.

    Raises
    ------
    ExtensionError
        If the repository is not on GitHub, from where alone Colab opens files.
    """
    if not repository.startswith(GITHUB):
        raise ExtensionError(f"repository.url must start with {GITHUB}; got {repository!r}")
    return f"{COLAB}{repository.removeprefix(GITHUB).strip('/')}/blob/{branch}/{path}"


def links_row(pagename, repository, branch, download):
    """Return the row of links of one notebook as HTML.

    pagename : the page's name, the notebook's path without its ending
    download : address of the .ipynb, relative to the page
    """
    source = f"{repository}/blob/{branch}/{pagename}.py"
    name = pagename.rsplit("/", 1)[-1] + ".ipynb"
    links = [
        ("colab", colab_address(repository, branch, pagename + ".ipynb"), "Open in Colab", ""),
        ("download", download, "Download notebook", f' download="{escape(name)}"'),
        ("source", source, "View source", ""),
    ]
    items = "".join(
        f'<li><a class="cr-link-{kind}" href="{escape(address)}"{more}>{text}</a></li>'
        for kind, address, text, more in links
    )
    return f'<ul class="cr-notebook-links" aria-label="This notebook elsewhere">{items}</ul>'


def first_sentences(doctree, limit=DESCRIPTION_LENGTH):
    """Return the start of the page's first paragraph, cut at a word, at most `limit` characters."""
    for paragraph in doctree.findall(nodes.paragraph):
        text = " ".join(paragraph.astext().split())
        if len(text) >= 30:
            return text if len(text) <= limit else text[: limit - 1].rsplit(" ", 1)[0].rstrip(",;:.") + "…"
    return ""


def add_to_page(app, pagename, templatename, context, doctree):
    """Insert the row after the first heading, and the description where the page has none."""
    if doctree is None:
        return
    description = first_sentences(doctree)
    if description and 'name="description"' not in context.get("metatags", ""):
        context["metatags"] = (
            context.get("metatags", "") + f'\n<meta name="description" content="{escape(description)}" />'
        )
    if not app.env.doc2path(pagename).endswith(".ipynb"):
        return
    if "</h1>" not in context["body"]:
        raise ExtensionError(f"{pagename}: a notebook must begin with a heading of the first level")
    options = app.config.html_theme_options
    download = context["pathto"](f"_sources/{context['sourcename']}", 1)
    row = links_row(pagename, options["repository_url"], options["repository_branch"], download)
    context["body"] = context["body"].replace("</h1>", "</h1>\n" + row, 1)


def fill_address(app, docname, source):
    """Replace the words that stand for the repository's address and name in the pages of `book/`."""
    if not docname.startswith("book/"):
        return
    address = app.config.html_theme_options["repository_url"]
    words = {
        "REPOSITORY_URL": address,
        "REPOSITORY_NAME": address.rstrip("/").rsplit("/", 1)[-1],
        "COLAB_URL": colab_address(address, app.config.html_theme_options["repository_branch"], "").rstrip("/"),
    }
    for word, value in words.items():
        source[0] = source[0].replace(word, value)


def setup(app):
    """Register the steps, the second after the theme has filled in its own."""
    app.connect("source-read", fill_address)
    app.connect("html-page-context", add_to_page, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
