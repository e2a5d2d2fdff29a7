"""Every figure refuses what it cannot draw, and names it."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from chainrule import plotting as p

X, Y = np.zeros((4, 2)) + np.arange(4)[:, None], np.array([0, 1, 0, 1])
LABELS = lambda points: np.zeros(len(points), int)
BOWL = lambda x, y: x**2 + y**2
BAD = [
    (p.curves, ([1, 2],), {}, TypeError, "series"),
    (p.curves, ({},), {}, ValueError, "series"),
    (p.curves, ({str(k): [1] for k in range(13)},), {}, ValueError, "12 curves"),
    (p.curves, ({1: [1, 2]},), {}, TypeError, "series"),
    (p.curves, ({"a": []},), {}, ValueError, "series"),
    (p.curves, ({"a": ["x"]},), {}, TypeError, "series"),
    (p.curves, ({"a": [[1, 2]]},), {}, ValueError, "series"),
    (p.curves, ({"a": [[1], [2, 3]]},), {}, ValueError, "series"),
    (p.curves, ({"a": ([1, 2], [1])},), {}, ValueError, "as many x as y"),
    (p.curves, ({"a": [np.nan, np.inf]},), {}, ValueError, "finite"),
    (p.curves, ({"a": [-1, 0]},), {"logy": True}, ValueError, "positive y"),
    (p.curves, ({"a": ([0, -1], [1, 2])},), {"logx": True}, ValueError, "positive x"),
    (p.curves, ({"a": [1]},), {"labels": "left"}, ValueError, "labels"),
    (p.curves, ({"a": [1]},), {"title": 5}, TypeError, "title"),
    (p.curves, ({"a": [1]},), {"ylabel": None}, TypeError, "ylabel"),
    (p.curves, ({"a": [1]},), {"band": [1]}, TypeError, "band"),
    (p.curves, ({"a": [1]},), {"band": {"b": ([0], [1])}}, ValueError, "band"),
    (p.curves, ({"a": [1]},), {"band": {"a": ([0, 1], [1, 2])}}, ValueError, "band"),
    (p.contour, (BOWL, (1, 1), (0, 1)), {}, ValueError, "xlim"),
    (p.contour, (BOWL, (0, 1), (2, 1)), {}, ValueError, "ylim"),
    (p.contour, (BOWL, (0, np.inf), (0, 1)), {}, ValueError, "xlim"),
    (p.contour, (BOWL, (0, 1), (0,)), {}, ValueError, "ylim"),
    (p.contour, (lambda x, y: x * np.nan, (0, 1), (0, 1)), {}, ValueError, "finite"),
    (p.contour, (lambda x, y: x[0], (0, 1), (0, 1)), {}, ValueError, r"f\(x, y\)"),
    (p.contour, (lambda x, y: 0 * x, (0, 1), (0, 1)), {}, ValueError, "vary"),
    (p.contour, (BOWL, (0, 1), (0, 1)), {"paths": [X]}, TypeError, "paths"),
    (p.contour, (BOWL, (0, 1), (0, 1)), {"paths": {"a": X[:, :1]}}, ValueError, "paths"),
    (p.contour, (BOWL, (0, 1), (0, 1)), {"paths": dict.fromkeys("abcde", X)}, ValueError, "paths"),
    (p.contour, (BOWL, (0, 1), (0, 1)), {"n_levels": 1}, ValueError, "n_levels"),
    (p.surface, (BOWL, (0, 1), (0, 1)), {"elevation": "high"}, TypeError, "elevation"),
    (p.surface, (BOWL, (0, 1), (0, 1)), {"zlabel": 3}, TypeError, "zlabel"),
    (p.decision_boundary, (LABELS, X[:, :1], Y), {}, ValueError, "x must"),
    (p.decision_boundary, (LABELS, X, Y[:3]), {}, ValueError, "y must"),
    (p.decision_boundary, (LABELS, X, Y + 0.5), {}, TypeError, "y must"),
    (p.decision_boundary, (LABELS, X, Y + 6), {}, ValueError, "y must"),
    (p.decision_boundary, (lambda points: 1, X, Y), {}, ValueError, "predict"),
    (p.decision_boundary, (LABELS, X, Y), {"n_grid": 2}, ValueError, "n_grid"),
    (p.images, (np.zeros(4),), {}, ValueError, "array"),
    (p.images, (np.zeros((2, 5)),), {}, ValueError, "square"),
    (p.images, (np.zeros((2, 4, 4, 2)),), {}, ValueError, "channels"),
    (p.images, (np.full((2, 4, 4, 3), 300),), {}, ValueError, "colours"),
    (p.images, (np.full((2, 4, 4), np.nan),), {}, ValueError, "finite"),
    (p.images, (np.zeros((0, 4, 4)),), {}, ValueError, "empty"),
    (p.images, (np.zeros((2, 4, 4)),), {"titles": ["a"]}, ValueError, "titles"),
    (p.images, (np.zeros((2, 4, 4)),), {"n_columns": 0}, ValueError, "n_columns"),
    (p.matrix, (np.zeros(3),), {}, ValueError, "array"),
    (p.matrix, ([["a"]],), {}, TypeError, "array"),
    (p.matrix, (np.full((2, 2), np.inf),), {}, ValueError, "finite"),
    (p.matrix, (np.zeros((2, 3)),), {"row_labels": "abc"}, ValueError, "row_labels"),
    (p.matrix, (np.zeros((2, 3)),), {"column_labels": "ab"}, ValueError, "column_labels"),
    (p.matrix, (np.zeros((2, 3)),), {"digits": -1}, ValueError, "digits"),
    (p.histograms, ([1, 2],), {}, TypeError, "series"),
    (p.histograms, ({"a": []},), {}, ValueError, "series"),
    (p.histograms, ({"a": [np.nan]},), {}, ValueError, "finite"),
    (p.histograms, ({"a": [1.0]},), {"bins": 0}, ValueError, "bins"),
    (p.bars_with_error, ({},), {}, ValueError, "series"),
    (p.bars_with_error, ({"a": (1, -1)},), {}, ValueError, "error"),
    (p.bars_with_error, ({"a": (1, 2, 3)},), {}, ValueError, "error"),
    (p.bars_with_error, ({"a": [1, 2]},), {"digits": 1.5}, TypeError, "digits"),
    (p.activation_gallery, ({},), {}, TypeError, "activations"),
    (p.activation_gallery, ({"a": "no such op"},), {}, ValueError, "activations"),
    (p.activation_gallery, ({"a": 5},), {}, TypeError, "activations"),
    (p.activation_gallery, ({"a": (np.tanh, lambda x: x[:3])},), {}, ValueError, "derivative"),
    (p.activation_gallery, (), {"xlim": (3, 1)}, ValueError, "xlim"),
    (p.contour, (BOWL, (0, 1), (0, 1)), {"title": 5}, TypeError, "title"),
    (p.decision_boundary, (LABELS, X, Y), {"xlabel": 5}, TypeError, "xlabel"),
    (p.images, (np.zeros((2, 4, 4)),), {"title": 5}, TypeError, "title"),
    (p.images, (np.zeros((2, 4, 4)),), {"titles": [1, 2]}, TypeError, "titles"),
    (p.matrix, (np.zeros((2, 3)),), {"ylabel": 5}, TypeError, "ylabel"),
    (p.histograms, ({"a": [1.0]},), {"xlabel": 5}, TypeError, "xlabel"),
    (p.bars_with_error, ({"a": [1.0]},), {"title": 5}, TypeError, "title"),
    (p.activation_gallery, (), {"title": 5}, TypeError, "title"),
    (p.activation_gallery, (), {"ylim": (1, 0)}, ValueError, "ylim"),
    (p.computation_graph, (5,), {"title": 5}, TypeError, "title"),
    (p.computation_graph, (5,), {}, TypeError, "root"),
    (p.computation_graph, ({"nodes": []},), {}, TypeError, "root"),
    (p.computation_graph, ({"nodes": [], "edges": []},), {}, ValueError, "nodes"),
    (p.computation_graph, ({"nodes": [{}] * 81, "edges": []},), {}, ValueError, "80 nodes"),
    (p.computation_graph, ({"nodes": [{}] * 2, "edges": [(1, 0)]},), {}, ValueError, "edges"),
    (p.computation_graph, ({"nodes": [{}], "edges": []},), {"gradients": 1}, TypeError, "gradients"),
]


@pytest.mark.parametrize("function, arguments, options, error, words", BAD)
def test_bad_input_is_refused_by_name_before_a_figure_is_made(function, arguments, options, error,
                                                              words):
    before = plt.get_fignums()
    with pytest.raises(error, match=words) as caught:
        function(*arguments, **options)
    assert "got" in str(caught.value)
    assert plt.get_fignums() == before


def test_a_freed_graph_says_so():
    from chainrule import Tensor

    x = Tensor(2.0, requires_grad=True)
    y = x * x
    y.backward()
    with pytest.raises(RuntimeError, match="freed"):
        p.computation_graph(y)
