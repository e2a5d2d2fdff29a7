"""Let a Markdown link reach an explicit target of another page: ``[text](../book/glossary.md#relu)``.

MyST resolves such a link among the headings of the other page only. Every ``(name)=`` of a page in
`book/` is added to that list, so that a wrong name is a warning, and a warning fails the build.
"""


def publish_targets(app, doctree):
    """Add the page's explicit targets to the names that links from other pages may use."""
    docname = app.env.docname
    if not docname.startswith("book/"):
        return
    slugs = app.env.metadata[docname].setdefault("myst_slugs", {})
    for name, explicit in doctree.nametypes.items():
        node_id = doctree.nameids.get(name)
        if explicit and node_id and name not in slugs:
            slugs[name] = (None, node_id, name)


def setup(app):
    """Register the step."""
    app.connect("doctree-read", publish_targets)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
