"""The computation graph as SVG text, for the page without scripts; graph_picture.js draws the same."""

import math
from dataclasses import dataclass

from chainrule.explore.expression import digits
from chainrule.explore.graph_steps import words
from chainrule.explore.numbers import coordinate as xy
from chainrule.explore.numbers import format_number

WIDTH, HEIGHT = 116, 58  # of a box, in pixels
ACROSS, DOWN = 130, 110  # from box to box
_LABEL, _LINES = 58, 26  # width and height of an edge's label
_FORWARD = "var(--cr-accent, currentColor)"
_BACKWARD = "var(--cr-back, currentColor)"
_MUTED = "var(--cr-muted, currentColor)"
_SEATS = ((0.5, 1), (0.5, -1), (0.35, 1), (0.35, -1), (0.65, 1), (0.65, -1))


@dataclass
class _Edge:
    node: object
    k: int
    line: tuple
    side: int

    def along(self, t):
        x0, y0, x1, y1 = self.line
        return x0 + (x1 - x0) * t, y0 + (y1 - y0) * t


def _layers(nodes):
    """Return the layer of every node and the consumer that it hangs from."""
    depth, parent = [], [-1] * len(nodes)
    for node in nodes:
        depth.append(1 + max([0, *(depth[a] for a in node.args)]) if node.op else 0)
    for i, node in enumerate(nodes):
        for a in node.args:
            if parent[a] < 0 or depth[i] < depth[parent[a]]:
                parent[a] = i
    for i, node in enumerate(nodes):
        if node.kind == "leaf":
            depth[i] = depth[parent[i]] - 1
    return depth, parent


def _hang(tree, sub, column):
    """Set a subtree to the right of its elder siblings, as close as its outline allows."""
    gaps = [tree["right"][k] - left + 1 for k, left in sub["left"].items() if k in tree["right"]]
    shift = max(gaps, default=0)
    for member in sub["members"]:
        column[member] += shift
    for k, left in sub["left"].items():
        tree["left"][k] = min(tree["left"].get(k, math.inf), left + shift)
        tree["right"][k] = max(tree["right"].get(k, -math.inf), sub["right"][k] + shift)
    tree["members"] += sub["members"]


def layout(nodes):
    """Return the centre of every node: layers from the leaves down to L, columns as in a tidy tree."""
    depth, parent = _layers(nodes)
    column = [0.0] * len(nodes)

    def place(i):
        tree = {"members": [i], "left": {}, "right": {}}
        unique = dict.fromkeys(nodes[i].args)
        children = [a for a in unique if parent[a] == i and nodes[a].kind != "number"]
        for child in children:
            sub = place(child)
            for layer in range(depth[child] + 1, depth[i]):
                sub["left"][layer] = sub["right"][layer] = column[child]
            _hang(tree, sub, column)
        if children:
            column[i] = (column[children[0]] + column[children[-1]]) / 2
        tree["left"][depth[i]] = tree["right"][depth[i]] = column[i]
        return tree

    place(len(nodes) - 1)
    return [(column[i] * ACROSS, depth[i] * DOWN) for i in range(len(nodes))]


def _edges(nodes, places):
    edges = []
    for i, node in enumerate(nodes):
        for k, a in enumerate(node.args):
            if nodes[a].kind == "number":
                continue
            (x0, y0), (x1, y1) = places[a], places[i]
            twice = 22 * (2 * k - 1) if len(node.args) > 1 and node.args[0] == node.args[1] else 0
            lean = twice or max(-30, min(30, (x0 - x1) / 4))
            line = (x0 + twice, y0 + HEIGHT / 2, x1 + lean, y1 - HEIGHT / 2)
            edges.append(_Edge(node, k, line, -1 if line[0] < line[2] or twice < 0 else 1))
    return edges


def _seat(edge, t, side, edges, taken):
    """Return a candidate (cost, box, side) for the label of an edge."""
    x, y = edge.along(t)
    x0, y0, x1, y1 = edge.line
    gap = 5 + min(14, (11 * abs(x1 - x0)) / (y1 - y0))
    left, top = (x + gap if side > 0 else x - gap - _LABEL), y - 13
    cost = 0
    for other in taken:
        w = min(left + _LABEL, other[0] + other[2]) - max(left, other[0])
        h = min(top + _LINES, other[1] + other[3]) - max(top, other[1])
        if w > 0 and h > 0:
            cost += w * h
    for other in edges:
        points = (other.along(j / 12) for j in range(13))
        cost += 60 * sum(left < u < left + _LABEL and top < v < top + _LINES for u, v in points)
    return cost, (left, top, _LABEL, _LINES, side)


def _labels(edges, places):
    """Of six places beside its edge a label takes the emptiest."""
    taken = [(x - WIDTH / 2, y - HEIGHT / 2, WIDTH, HEIGHT) for x, y in places]
    labels = []
    for edge in edges:
        seats = [_seat(edge, t, side * edge.side, edges, taken) for t, side in _SEATS]
        labels.append(min(seats, key=lambda seat: seat[0])[1])
        taken.append(labels[-1])
    return labels


def escape(content):
    """Return text that is safe in HTML, attributes in double quotes included."""
    for raw, safe in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        content = content.replace(raw, safe)
    return content


def _text(x, y, content, kind, size, anchor="middle", ink="currentColor"):
    return (
        f'<text x="{xy(x)}" y="{xy(y)}" class="{kind}" font-size="{size}" '
        f'text-anchor="{anchor}" fill="{ink}">{content}</text>'
    )


def _kind(node):
    """Return the class and the colour of the edges into a node."""
    if node.passed:
        return "cr-backward", _BACKWARD
    return ("cr-forward", _FORWARD) if node.known else ("cr-idle", _MUTED)


def _draw_edge(edge, label):
    node, k, (x0, y0, x1, y1) = edge.node, edge.k, edge.line
    kind, ink = _kind(node)
    length = math.sqrt((x1 - x0) * (x1 - x0) + (y1 - y0) * (y1 - y0))
    dx, dy = (x1 - x0) / length, (y1 - y0) / length
    u, v = x1 - 9 * dx, y1 - 9 * dy
    head = (
        f"M{xy(x1)} {xy(y1)}L{xy(u - 4 * dy)} {xy(v + 4 * dx)}L{xy(u + 4 * dy)} {xy(v - 4 * dx)}Z"
    )
    line = (
        f'<path class="{kind}" d="M{xy(x0)} {xy(y0)}L{xy(u)} {xy(v)}" fill="none" '
        f'stroke="{ink}" stroke-width="1.5"/>'
        f'<path class="{kind} cr-head" d="{head}" fill="{ink}"/>'
    )
    if not node.known:
        return line
    agreed = digits(node.local[k], node.local_numeric[k])
    left, top, width, _, side = label
    at, anchor = (left, "start") if side > 0 else (left + width, "end")
    check = "✗ check" if agreed < 6 else f"✓ {agreed} digits"
    return (
        line
        + _text(at, top + 10, f"×{format_number(node.local[k])}", "cr-local", 12.5, anchor, ink)
        + _text(at, top + 23, check, "cr-check", 10.5, anchor, _MUTED)
    )


def _draw_node(node, place):
    if node.kind == "number":
        return ""
    (x, y), leaf = place, node.kind == "leaf"
    kind = f"cr-node{' cr-leaf' if leaf else ''}{' cr-current' if node.current else ''}"
    ink = _MUTED if not node.current else _FORWARD if node.partial is None else _BACKWARD
    box = (
        f'<rect class="{kind}" x="{xy(x - WIDTH / 2)}" y="{xy(y - HEIGHT / 2)}" width="{WIDTH}" '
        f'height="{HEIGHT}" rx="{20 if leaf else 5}" fill="var(--cr-shade, none)" '
        f'stroke="{ink}" stroke-width="{2.5 if node.current else 1}"/>'
    )
    title = node.name if leaf else f"{node.name} = {escape(node.formula)}"
    drawn = box + _text(x, y - 13, title, "cr-name", 12.5)
    if node.known:
        drawn += _text(x, y + 5, format_number(node.value), "cr-value", 15)
    if node.partial is not None:
        adjoint = f"∂L/∂{node.name} = {format_number(node.partial)}"
        drawn += _text(x, y + 21, adjoint, "cr-adjoint", 11, "middle", _BACKWARD)
    return drawn


def _spoken(steps):
    seen = [node for node in steps.nodes if node.known and node.kind != "number"]
    said = [
        f"{node.name} is {format_number(node.value)}"
        + ("" if node.partial is None else f", its derivative {format_number(node.partial)}")
        for node in seen
    ]
    return f"Computation graph. {words(steps)} " + "; ".join(said) + "."


def picture(steps):
    """Return the graph after some steps as SVG text.

    Parameters
    ----------
    steps : chainrule.explore.graph_steps.Steps

    Returns
    -------
    str
        One ``<svg>`` without ids, styles or scripts; colours come from ``currentColor`` and classes.
    """
    nodes = steps.nodes
    places = layout(nodes)
    edges = _edges(nodes, places)
    labels = _labels(edges, places)
    seen = [place for node, place in zip(nodes, places) if node.kind != "number"]
    left = min([x - WIDTH / 2 for x, _ in seen] + [label[0] for label in labels]) - 3
    right = max([x + WIDTH / 2 for x, _ in seen] + [label[0] + label[2] for label in labels]) + 3
    width, height = xy(right - left), max(y for _, y in seen) + HEIGHT + 6
    wide = " cr-wide" if float(width) > 480 else ""
    return (
        f'<svg class="cr-graph{wide}" role="img" aria-label="{escape(_spoken(steps))}" '
        f'viewBox="{xy(left)} {-HEIGHT // 2 - 3} {width} {height}" width="100%" height="{height}">'
        + "".join(_draw_edge(edge, label) for edge, label in zip(edges, labels))
        + "".join(_draw_node(node, place) for node, place in zip(nodes, places))
        + "</svg>"
    )
