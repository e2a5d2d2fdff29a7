"""One sample of every figure, made from fixed numbers, for the tests of all figures."""

import numpy as np

from chainrule import plotting


def _curves():
    t = np.arange(1, 101)
    return plotting.curves({"plain": (t, 2 / t**0.5), "momentum": (t, 2 / t), "Adam": (t, 1.9 / t)},
                           title="Momentum takes the loss down sooner", xlabel="step",
                           ylabel="loss (nats)", logy=True, band={"plain": (1 / t, 3 / t)})


def _few_points():
    return plotting.curves({"train": [1, 0.5, 0.3], "test": [1, 0.6, 0.5]}, labels="legend")


def _contour():
    path = np.stack([np.linspace(-1, 1, 9), np.linspace(-1, 1, 9) ** 2], axis=1)
    return plotting.contour(lambda x, y: (1 - x) ** 2 + 10 * (y - x**2) ** 2, (-2, 2), (-1, 3),
                            paths={"descent": path}, log=True, title="A bent valley")


def _surface():
    return plotting.surface(lambda x, y: np.sin(x) * np.cos(y), (-3, 3), (-3, 3), title="Hills")


def _boundary():
    x = np.random.default_rng(0).normal(size=(60, 2))
    labels = (x[:, 0] > 0) + 2 * (x[:, 1] > 0)
    return plotting.decision_boundary(lambda p: (p[:, 0] > 0) + 2 * (p[:, 1] > 0), x, labels,
                                      title="Four quarters")


def _images():
    return plotting.images(np.random.default_rng(0).random((12, 28, 28)), 6,
                           titles=[str(k) for k in range(12)], title="Twelve pictures of noise")


def _colors():
    return plotting.images(np.random.default_rng(0).random((2, 8, 6, 3)), 2)


def _matrix():
    return plotting.matrix(np.arange(30).reshape(5, 6), title="Counted", xlabel="x", ylabel="y")


def _signed():
    return plotting.matrix(np.linspace(-1, 1, 9).reshape(3, 3), diverging=True, digits=3,
                           row_labels="abc", column_labels=["one", "two", "three"])


def _histograms():
    rng = np.random.default_rng(0)
    return plotting.histograms({f"layer {k}": rng.normal(size=500) * 0.9**k for k in range(4)},
                               title="Activations shrink", xlabel="activation")


def _bars():
    return plotting.bars_with_error({"ours": (0.95, 0.01), "theirs": np.array([0.94, 0.95, 0.97])},
                                    title="Alike", xlabel="accuracy")


def _marks():
    return plotting.bars_with_error({"ours": (0.95, 0.01), "theirs": (0.94, 0.02)}, zero=False)


def _gallery():
    return plotting.activation_gallery(title="Eight activations and their derivatives")


def _graph():
    from chainrule import Tensor

    a, b = Tensor(2.0, requires_grad=True), Tensor([[1.0, 2.0]], requires_grad=True)
    a.name = "a"
    return plotting.computation_graph((a * b + b).tanh().sum() * a, title="A small graph")


def _graph_to_the_right():
    return plotting.computation_graph({"nodes": [
        {"name": "w", "value": 2.0, "gradient": 3.0}, {"name": "x", "value": np.ones(3)},
        {"op": "mul", "value": 6.0, "gradient": 1.0}], "edges": [(0, 2), (1, 2)]})


FIGURES = {name[1:]: make for name, make in list(globals().items())
           if name.startswith("_") and callable(make) and not name.startswith("__")}


def figure_of(name):
    """Return the figure on which a sample was drawn."""
    axes = np.ravel(FIGURES[name]())
    return axes[0].figure


def svg_of(name):
    """Return a sample as the bytes of an SVG, as a notebook would get it."""
    import io

    import matplotlib.pyplot as plt

    figure, file = figure_of(name), io.BytesIO()
    figure.savefig(file, format="svg", metadata={"Date": None})
    plt.close(figure)
    return file.getvalue()


if __name__ == "__main__":
    import hashlib
    import sys

    for sample in sys.argv[1:]:
        print(sample, hashlib.sha256(svg_of(sample)).hexdigest())
