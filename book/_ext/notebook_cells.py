"""Arrange the cells of a notebook on the page by their tags.

* Adjacent cells tagged ``fw-numpy``, ``fw-torch``, ``fw-tensorflow`` become one group, each with
  the framework's name above it. A script turns a group into tabs; without scripts and in print the
  cells stand one below the other.
* A cell tagged ``solution`` is folded behind "Show the solution".
* The first cell, which installs the package where it is missing, is folded too: a reader of the
  page has no use for it.
"""

from docutils import nodes
from sphinx.transforms import SphinxTransform

FRAMEWORKS = {"numpy": "NumPy", "torch": "PyTorch", "tensorflow": "TensorFlow"}
SETUP_START = "try:\n    import chainrule\n"


class framework_group(nodes.General, nodes.Element):
    """Adjacent cells that do the same thing in several frameworks."""


class framework_panel(nodes.General, nodes.Element):
    """The cells of one framework; its attribute `framework` is a key of FRAMEWORKS."""


def is_cell(node):
    """Say whether a node is a code cell of a notebook."""
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code"


def framework_of(node):
    """Return the framework that a cell is tagged with, or None."""
    if not is_cell(node):
        return None
    return next((name for name in FRAMEWORKS if f"tag_fw-{name}" in node["classes"]), None)


def runs_of_frameworks(children):
    """Return the (start, stop) of every run of two or more adjacent framework cells."""
    runs, start = [], None
    for index, child in enumerate([*children, None]):
        tagged = child is not None and framework_of(child) is not None
        if tagged and start is None:
            start = index
        if not tagged and start is not None:
            if index - start > 1:
                runs.append((start, index))
            start = None
    return runs


def group_of(cells, number):
    """Return one group node with one panel a framework, in the order of first appearance."""
    group, panels = framework_group("", number=number), {}
    for cell in cells:
        name = framework_of(cell)
        if name not in panels:
            panels[name] = framework_panel("", framework=name, number=number)
            group.append(panels[name])
        panels[name].append(cell)
    return group


def fold(cell, what, mode="all"):
    """Fold a cell behind a summary that says what is inside."""
    cell["hide_mode"] = mode
    cell["prompt_show"], cell["prompt_hide"] = f"Show {what}", f"Hide {what}"


class ArrangeCells(SphinxTransform):
    """Group framework cells, fold solutions and the set-up cell."""

    default_priority = 410

    def apply(self, **kwargs):
        """Walk the cells of the document; a page that is no notebook has none."""
        cells = [node for node in self.document.findall(nodes.container) if is_cell(node)]
        for cell in cells:
            source = next(iter(cell.findall(nodes.literal_block)), None)
            if "tag_solution" in cell["classes"]:
                fold(cell, "the solution")
            elif cell is cells[0] and source is not None and source.astext().startswith(SETUP_START):
                fold(cell, "the set-up cell")
            elif cell.get("hide_mode"):
                cell["prompt_show"] = cell["prompt_show"].replace("code cell {type}", "the cell")
                cell["prompt_hide"] = cell["prompt_hide"].replace("code cell {type}", "the cell")
        number = 0
        for parent in list(dict.fromkeys(cell.parent for cell in cells)):
            for start, stop in reversed(runs_of_frameworks(parent.children)):
                number += 1
                parent[start:stop] = [group_of(parent.children[start:stop], number)]


def visit_group(translator, node):
    """Open a group."""
    translator.body.append('<div class="cr-frameworks">\n')


def visit_panel(translator, node):
    """Open a panel, with the framework's name as its heading."""
    name = node["framework"]
    panel_id = f"framework-{node['number']}-{name}"
    translator.body.append(
        f'<div class="cr-framework" id="{panel_id}" data-framework="{name}">\n'
        f'<p class="cr-framework-name">{FRAMEWORKS[name]}</p>\n'
    )


def depart_div(translator, node):
    """Close a group or a panel."""
    translator.body.append("</div>\n")


def _pass(translator, node):
    """Print the children alone."""


def setup(app):
    """Register the nodes and the transform."""
    app.add_node(framework_group, html=(visit_group, depart_div), latex=(_pass, _pass), text=(_pass, _pass))
    app.add_node(framework_panel, html=(visit_panel, depart_div), latex=(_pass, _pass), text=(_pass, _pass))
    app.add_transform(ArrangeCells)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
