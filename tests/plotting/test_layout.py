"""Laws of labels pushed apart and of graphs laid out in layers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from chainrule.plotting.direct_labels import spread
from chainrule.plotting.graph_layout import layered

centres_and_sizes = st.lists(st.tuples(st.floats(-50, 50), st.floats(0.5, 9)), min_size=1, max_size=9)


@given(centres_and_sizes)
def test_spread_parts_what_overlaps_and_keeps_the_order(pairs):
    centres, sizes = map(np.array, zip(*pairs))
    placed = spread(centres, sizes)
    order = np.argsort(centres, kind="stable")
    room = (sizes[order][1:] + sizes[order][:-1]) / 2
    assert (np.diff(placed[order]) >= room - 1e-9).all()


@given(centres_and_sizes, st.floats(-20, 20))
def test_spread_moves_along(pairs, shift):
    centres, sizes = map(np.array, zip(*pairs))
    order = np.argsort(centres, kind="stable")
    moved = spread(centres[order] + shift, sizes[order])
    assert_allclose(moved, spread(centres[order], sizes[order]) + shift, atol=1e-7)


@given(centres_and_sizes, st.integers(0, 99))
def test_no_other_allowed_places_are_nearer(pairs, seed):
    centres, sizes = (np.array(column) for column in zip(*sorted(pairs)))
    placed = spread(centres, sizes)
    rng = np.random.default_rng(seed)
    for scale in (1e-3, 0.1, 1.0):
        other = spread(placed + scale * rng.normal(size=len(placed)).cumsum(), sizes)
        if (np.diff(other) >= (sizes[1:] + sizes[:-1]) / 2 - 1e-9).all():
            assert ((placed - centres) ** 2).sum() <= ((other - centres) ** 2).sum() + 1e-7


def test_spread_leaves_alone_what_does_not_overlap():
    assert_allclose(spread([5.0, 1.0, 9.0], [2, 2, 2]), [5, 1, 9])


@st.composite
def graphs(draw):
    n_nodes = draw(st.integers(1, 14))
    pairs = [(a, b) for b in range(n_nodes) for a in range(b)]
    edges = draw(st.lists(st.sampled_from(pairs), max_size=20)) if pairs else []
    sizes = draw(st.lists(st.floats(0.5, 3), min_size=n_nodes, max_size=n_nodes))
    return n_nodes, edges, sizes


@given(graphs())
def test_edges_lead_to_later_layers(graph):
    layout = layered(*graph, gap=0.3)
    assert all(layout.rank[source] < layout.rank[target] for source, target in graph[1])
    assert layout.rank.min() >= 0


@given(graphs())
def test_boxes_of_one_layer_do_not_overlap(graph):
    n_nodes, _, sizes = graph
    layout = layered(*graph, gap=0.3)
    for a in range(n_nodes):
        for b in range(a):
            if layout.rank[a] == layout.rank[b]:
                apart = abs(layout.across[a] - layout.across[b])
                assert apart >= (sizes[a] + sizes[b]) / 2 + 0.3 - 1e-9


@given(graphs())
def test_routes_join_the_ends_layer_by_layer_and_miss_other_boxes(graph):
    n_nodes, edges, sizes = graph
    layout = layered(*graph, gap=0.3)
    for (source, target), route in zip(edges, layout.routes):
        ranks = [rank for rank, _ in route]
        assert ranks == list(range(layout.rank[source], layout.rank[target] + 1))
        assert route[0][1] == layout.across[source] and route[-1][1] == layout.across[target]
        for rank, across in route[1:-1]:
            for node in range(n_nodes):
                if layout.rank[node] == rank:
                    assert abs(across - layout.across[node]) > sizes[node] / 2


@given(graphs())
def test_a_layout_is_repeated(graph):
    first, second = layered(*graph, gap=0.3), layered(*graph, gap=0.3)
    assert_allclose(first.across, second.across)


@pytest.mark.parametrize("edges", [[(1, 0)], [(0, 0)], [(0, 2)], [(-1, 1)]])
def test_edges_against_the_order_are_refused(edges):
    with pytest.raises(ValueError, match="edges must lead"):
        layered(2, edges, [1, 1], 0.3)


def test_a_chain_is_straight():
    layout = layered(4, [(0, 1), (1, 2), (2, 3)], [1, 2, 1, 3], 0.3)
    assert_allclose(layout.across, layout.across[0], atol=1e-9)
    assert layout.rank.tolist() == [0, 1, 2, 3]
