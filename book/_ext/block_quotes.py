"""Dress block quotes whose first bold word names their kind: ``> **Misconception.** ReLU is linear.``

In JupyterLab, in Colab and on GitHub such a quote stays a quote; on the page it becomes a note with
a title, an icon and a colour. The kind is a word in the text, so that nothing is said by colour
alone.
"""

from docutils import nodes
from sphinx.transforms import SphinxTransform

KINDS = ("Note", "Misconception", "Tip", "History", "Warning")


class aside(nodes.General, nodes.Element):
    """A block quote of a known kind; its attribute `kind` is one of KINDS."""


def announcement(quote):
    """Return the bold words that a quote begins with, or None; MyST may put an empty text before."""
    first = quote[0] if len(quote) else None
    if not isinstance(first, nodes.paragraph):
        return None
    start = next((child for child in first if child.astext().strip()), None)
    return start if isinstance(start, nodes.strong) else None


def kind_of(quote):
    """Return the kind that a block quote announces, or None."""
    strong = announcement(quote)
    word = strong.astext().rstrip(".: ") if strong is not None else None
    return word if word in KINDS else None


class DressBlockQuotes(SphinxTransform):
    """Replace announced block quotes by `aside` nodes."""

    default_priority = 400

    def apply(self, **kwargs):
        """Walk the document; an ordinary quotation stays one."""
        for quote in list(self.document.findall(nodes.block_quote)):
            kind = kind_of(quote)
            if kind is None:
                continue
            first = quote[0]
            del first[: first.index(announcement(quote)) + 1]
            if first.children and isinstance(first[0], nodes.Text):
                first[0] = nodes.Text(first[0].astext().lstrip())
            if not first.astext().strip() and not list(first.findall(nodes.image)):
                quote.remove(first)
            title = nodes.paragraph("", kind, classes=["cr-aside-title"])
            dressed = aside("", title, *quote.children, kind=kind)
            dressed.source, dressed.line = quote.source, quote.line
            quote.replace_self(dressed)


def visit_aside(translator, node):
    """Open the note."""
    kind = node["kind"]
    translator.body.append(f'<div class="cr-aside cr-{kind.lower()}" role="note" aria-label="{kind}">\n')


def depart_aside(translator, node):
    """Close the note."""
    translator.body.append("</div>\n")


def _visit_plain(translator, node):
    translator.visit_block_quote(node)


def _depart_plain(translator, node):
    translator.depart_block_quote(node)


def setup(app):
    """Register the node and the transform."""
    plain = (_visit_plain, _depart_plain)
    app.add_node(aside, html=(visit_aside, depart_aside), latex=plain, text=plain)
    app.add_transform(DressBlockQuotes)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
