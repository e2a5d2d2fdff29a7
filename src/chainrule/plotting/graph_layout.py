"""Where the boxes of a graph stand: in layers, with few crossings, each near its neighbours."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from chainrule.plotting.direct_labels import spread


class Layout(NamedTuple):
    """Places of the nodes of a graph.

    ``rank[i]`` is the layer of node ``i``, ``across[i]`` its middle along the layer, and
    ``routes[e]`` the (rank, across) points of edge ``e`` from its source to its target.
    """

    rank: np.ndarray
    across: np.ndarray
    routes: list


def layered(n_nodes, edges, sizes, gap):
    """Lay out an acyclic graph whose edges lead from lower to higher indices.

    Layers come from longest paths; leaves stand one layer before their first user. Edges that span
    layers pass through invisible nodes, so they bend round the boxes.

    Parameters
    ----------
    n_nodes : int
    edges : sequence of pair of int
        (source, target), source < target.
    sizes : array (N,)
        Room that each node needs along its layer.
    gap : float
        Room between two nodes.

    Returns
    -------
    Layout

    Raises
    ------
    ValueError
        If an edge leads to a lower index or out of the graph.
    """
    for source, target in edges:
        if not 0 <= source < target < n_nodes:
            raise ValueError(f"edges must lead from lower to higher indices below {n_nodes}; "
                             f"got {(source, target)}")
    rank = _ranks(n_nodes, edges)
    rank, sizes, links, chains = _with_bends(rank, edges, list(sizes), 0.25 * gap)
    layers = [[i for i in range(len(rank)) if rank[i] == r] for r in range(max(rank) + 1)]
    before, after = _neighbours(len(rank), links)
    _uncross(layers, before, after)
    across = _places(layers, before, after, np.asarray(sizes) + gap)
    routes = [[(rank[i], across[i]) for i in chain] for chain in chains]
    return Layout(np.array(rank[:n_nodes]), across[:n_nodes], routes)


def _ranks(n_nodes, edges):
    rank = [0] * n_nodes
    for source, target in sorted(edges, key=lambda edge: edge[1]):
        rank[target] = max(rank[target], rank[source] + 1)
    inner = {target for _, target in edges}
    for i in range(n_nodes):
        users = [rank[target] for source, target in edges if source == i]
        if i not in inner and users:
            rank[i] = min(users) - 1
    return rank


def _with_bends(rank, edges, sizes, bend_size):
    """Cut long edges into links of one layer each, with a bend between two links."""
    rank, links, chains = list(rank), [], []
    for source, target in edges:
        chain = [source]
        for layer in range(rank[source] + 1, rank[target]):
            rank.append(layer)
            sizes.append(bend_size)
            chain.append(len(rank) - 1)
        chain.append(target)
        links += pairwise(chain)
        chains.append(chain)
    return rank, sizes, links, chains


def _neighbours(n_nodes, links):
    before, after = ([[] for _ in range(n_nodes)] for _ in range(2))
    for source, target in links:
        before[target].append(source)
        after[source].append(target)
    return before, after


def _uncross(layers, before, after):
    """Order each layer by the mean place of its neighbours, to and fro."""
    for sweep in range(12):
        forward = sweep % 2 == 0
        neighbours = before if forward else after
        place = {i: k / max(len(layer) - 1, 1) for layer in layers for k, i in enumerate(layer)}
        for layer in layers if forward else layers[::-1]:
            wish = {i: np.mean([place[j] for j in neighbours[i]]) if neighbours[i] else place[i]
                    for i in layer}
            layer.sort(key=wish.__getitem__)  # stable: ties keep their order
            place.update({i: k / max(len(layer) - 1, 1) for k, i in enumerate(layer)})


def _places(layers, before, after, rooms):
    across = np.zeros(len(rooms))
    for layer in layers:
        across[layer] = spread(np.zeros(len(layer)), rooms[layer])
    for sweep in range(16):
        for layer in layers if sweep % 2 == 0 else layers[::-1]:
            wishes = [np.mean(across[before[i] + after[i]]) if before[i] + after[i] else across[i]
                      for i in layer]
            # In its order: a wish may not jump over the neighbour.
            across[layer] = spread(np.maximum.accumulate(wishes), rooms[layer])
    return across
