"""Computation graphs as the engine recorded them."""

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from chainrule import checks
from chainrule.plotting.checks import text
from chainrule.plotting.color import BLUE, INK, ORANGE, text_color, tint
from chainrule.plotting.graph_layout import layered
from chainrule.plotting.style import WIDTH, dress, new_figure

_LINE, _PADDING, _CHARACTER = 0.19, 0.14, 0.088  # inches
_MOST = 80
_LONG = 5  # graphs of more layers run downward, shorter ones to the right


class _Box(NamedTuple):
    lines: list
    gradient: str
    kind: str  # leaf, op or root

    @property
    def width(self):
        longest = max(map(len, [*self.lines, self.gradient]))
        return max(0.62, _CHARACTER * longest + 0.16)

    @property
    def height(self):
        return _LINE * (len(self.lines) + bool(self.gradient)) + _PADDING


def computation_graph(root, *, gradients=True, title=""):
    """Draw what a tensor was computed from: leaves, ops, values or shapes, and gradients.

    A graph of at most 5 layers runs to the right, a deeper one downward.

    Parameters
    ----------
    root : Tensor, Graph or dict
        A tensor whose graph backward has not freed; what `chainrule.tensor.graph` gave before a
        backward, whose gradients are then shown; or {"nodes": [...], "edges": [...]}. A node is a
        dict with "op" (absent in a leaf) or "name", and optionally "value" and "gradient" (numbers
        or arrays); an edge is a pair of indices of nodes, the lower one first.
    gradients : bool
        Show the gradient of every node that has one: leaves, and results told to `retain_grad`.
    title : str

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    RuntimeError
        If `root` is a tensor whose graph was freed.
    TypeError, ValueError
        If `root` is none of these, or has more than 80 nodes.
    """
    text("title", title)
    checks.check_bool(gradients, "gradients")
    nodes, edges = _read(root)
    if not 1 <= len(nodes) <= _MOST:
        raise ValueError(f"a graph to draw must have 1 to {_MOST} nodes; got {len(nodes)}")
    users = {source for source, _ in edges}
    boxes = [_box(node, gradients, k not in users) for k, node in enumerate(nodes)]
    downward = _depth(len(nodes), edges) > _LONG
    sizes = [box.width if downward else box.height for box in boxes]
    layout = layered(len(nodes), edges, sizes, gap=0.22 if downward else 0.18)
    places, routes = _in_inches(boxes, layout, downward)
    return _draw(boxes, edges, places, routes, downward, title)


def _depth(n_nodes, edges):
    return int(layered(n_nodes, edges, np.ones(n_nodes), 1).rank.max()) + 1


def _read(root):
    """Return nodes as dicts and edges as pairs."""
    from chainrule.tensor import Graph, Tensor, graph

    if isinstance(root, Tensor):
        root = graph(root)
    if isinstance(root, Graph):
        nodes = [{"op": op, "name": tensor.name, "value": tensor.data, "gradient": tensor.grad}
                 for tensor, op in zip(root.tensors, root.ops)]
        return nodes, [tuple(edge) for edge in root.edges]
    if not isinstance(root, Mapping) or not {"nodes", "edges"} <= set(root):
        raise TypeError(f'root must be a Tensor, a Graph or a dict with "nodes" and "edges"; '
                        f"got {type(root).__name__}")
    return list(root["nodes"]), [(int(source), int(target)) for source, target in root["edges"]]


def _box(node, gradients, is_root):
    op, name, value = node.get("op"), node.get("name"), node.get("value")
    lines = [" = ".join(part for part in (name, op) if part) or "leaf"]
    if value is not None:
        lines.append(_number(value) if np.size(value) == 1 else f"{np.shape(value)}")
    gradient = node.get("gradient") if gradients else None
    if gradient is not None:
        gradient = (f"grad {_number(gradient)}" if np.size(gradient) == 1 else
                    f"‖grad‖ {_number(np.linalg.norm(np.ravel(gradient)))}")
    return _Box(lines, gradient or "", "root" if is_root and op else "op" if op else "leaf")


def _number(value):
    return f"{np.asarray(value).item():.4g}".replace("-", "\N{MINUS SIGN}")


def _in_inches(boxes, layout, downward):
    """Turn layers into inches, x to the right and y downward; each layer as thick as its boxes."""
    thickness = [box.height if downward else box.width for box in boxes]
    layers = [max(t for t, r in zip(thickness, layout.rank) if r == rank)
              for rank in range(layout.rank.max() + 1)]
    space = 0.34
    if not downward and len(layers) > 1:
        space = max(space, min(0.9, (WIDTH - 0.2 - sum(layers)) / (len(layers) - 1)))
    along = np.cumsum(layers) - np.array(layers) / 2 + space * np.arange(len(layers))

    def inches(rank, across):
        return (across, along[rank]) if downward else (along[rank], across)

    places = np.array([inches(*node) for node in zip(layout.rank, layout.across)])
    routes = [np.array([inches(*point) for point in route]) for route in layout.routes]
    return places, routes


def _draw(boxes, edges, places, routes, downward, title):
    half = np.array([[box.width, box.height] for box in boxes]) / 2
    points = np.concatenate([places - half, places + half, *routes])
    low, high = points.min(axis=0) - 0.08, points.max(axis=0) + 0.08
    width, height = np.maximum(high - low, [WIDTH, 0.5])
    fig, ax = new_figure(height=height + (0.4 if title else 0.05))
    fig.set_size_inches(width, height + (0.4 if title else 0.05))
    ports = _ports([target for _, target in edges], routes, 0 if downward else 1)
    for (source, target), route, port in zip(edges, routes, ports):
        _draw_edge(ax, route, half[source], half[target], downward, port)
    for box, place in zip(boxes, places):
        _draw_box(ax, box, place)
    middle = (low + high) / 2
    ax.set(xlim=middle[0] + np.array([-0.5, 0.5]) * width,
           ylim=middle[1] + np.array([0.5, -0.5]) * height, aspect="equal")
    ax.set_axis_off()
    dress(ax, title)
    return ax


def _ports(targets, routes, axis):
    """Return how far from the middle of its target's side each edge arrives, so that none merge."""
    ports = np.zeros(len(targets))
    for target in set(targets):
        arriving = sorted((k for k, t in enumerate(targets) if t == target),
                          key=lambda k: routes[k][-2][axis])
        ports[arriving] = 0.13 * (np.arange(len(arriving)) - (len(arriving) - 1) / 2)
    return ports


def _draw_edge(ax, route, source_half, target_half, downward, port):
    """A smooth line from the edge of one box to the edge of the other, with an arrow's head."""
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    axis = 1 if downward else 0
    route = route.copy()
    route[0, axis] += source_half[axis]
    route[-1, axis] -= target_half[axis]
    route[-1, 1 - axis] += port
    vertices, codes = [route[0]], [Path.MOVETO]
    for start, end in pairwise(route):
        reach = np.zeros(2)
        reach[axis] = (end - start)[axis] / 2
        vertices += [start + reach, end - reach, end]
        codes += [Path.CURVE4] * 3
    ax.add_patch(FancyArrowPatch(path=Path(vertices, codes), arrowstyle="-|>", mutation_scale=9,
                                 color=INK, linewidth=1.1, shrinkA=0, shrinkB=0, zorder=1))


def _draw_box(ax, box, place):
    from matplotlib.patches import FancyBboxPatch

    face, edge = {"leaf": (tint(BLUE, 0.14), BLUE), "op": ("#ffffff", INK),
                  "root": (tint(ORANGE, 0.16), ORANGE)}[box.kind]
    corner = place - np.array([box.width, box.height]) / 2
    ax.add_patch(FancyBboxPatch(corner, box.width, box.height, facecolor=face, edgecolor=edge,
                                boxstyle="round,pad=0,rounding_size=0.08", linewidth=1.2, zorder=2))
    rows = [*box.lines, box.gradient] if box.gradient else box.lines
    for k, row in enumerate(rows):
        is_gradient = bool(box.gradient) and k == len(rows) - 1
        ax.text(place[0], place[1] + (k - (len(rows) - 1) / 2) * _LINE, row, ha="center",
                va="center", fontsize=10, zorder=3, fontweight="bold" if k == 0 else "normal",
                color=text_color(ORANGE) if is_gradient else INK)
