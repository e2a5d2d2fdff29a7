"""What holds for every figure: the same bytes each time, small, nothing cut off, no words on words."""

import hashlib
import itertools
import os
import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
from plotting.figures import FIGURES, figure_of, svg_of

HERE = os.path.join(os.path.dirname(__file__), "figures.py")


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.mark.parametrize("name", sorted(FIGURES))
def test_the_same_figure_is_the_same_svg(name):
    first = svg_of(name)
    assert first == svg_of(name)
    assert b"<dc:date>" not in first
    assert len(first) <= 300_000


def test_two_processes_draw_the_same_svg():
    """Each with its own hash seed, and not the first figures that this process draws."""
    names = ["contour", "curves", "graph", "images"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    outputs = [subprocess.run([sys.executable, HERE, *names], capture_output=True, text=True,
                              check=True, env=environment | {"PYTHONHASHSEED": seed}).stdout
               for seed in ("1", "2")]
    here = "".join(f"{name} {hashlib.sha256(svg_of(name)).hexdigest()}\n" for name in names)
    assert outputs == [here, here]


def drawn_words(figure):
    """Only what the backend draws: ticks outside the limits exist but are not drawn."""
    from matplotlib.backends.backend_agg import RendererAgg

    drawn = []

    class Recorder(RendererAgg):
        def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
            if s.strip() and mtext is not None:
                drawn.append(mtext)
            super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)

        def draw_mathtext(self, *arguments):
            pass

    from matplotlib.text import Text

    figure.draw_without_rendering()
    figure.draw(Recorder(*figure.canvas.get_width_height(), figure.dpi))
    return [(text.get_text(), Text.get_window_extent(text)) for text in dict.fromkeys(drawn)]


def overlapping(boxes):
    """Return the pairs of texts that share more than one pixel in both directions."""
    return [(a, b) for (a, one), (b, other) in itertools.combinations(boxes, 2)
            if min(one.x1, other.x1) - max(one.x0, other.x0) > 1
            and min(one.y1, other.y1) - max(one.y0, other.y0) > 1]


@pytest.mark.parametrize("name", sorted(FIGURES))
def test_no_words_overlap_and_none_are_cut_off(name):
    figure = figure_of(name)
    boxes = drawn_words(figure)
    assert overlapping(boxes) == []
    for text, box in boxes:
        assert box.x0 >= -1 and box.y0 >= -1, text
        assert box.x1 <= figure.bbox.x1 + 1 and box.y1 <= figure.bbox.y1 + 1, text


def test_the_test_of_overlap_finds_one():
    from chainrule import plotting

    figure, ax = plotting.new_figure()
    ax.text(0.5, 0.5, "one word")
    ax.text(0.52, 0.5, "another")
    assert overlapping(drawn_words(figure)) == [("one word", "another")]


@pytest.mark.parametrize("name", sorted(FIGURES))
def test_words_are_large_enough_for_a_phone(name):
    figure = figure_of(name)
    from matplotlib.text import Text

    sizes = [text.get_fontsize() for text in figure.findobj(Text) if text.get_text().strip()]
    assert min(sizes, default=10) >= 9.5
    assert 6.3 <= figure.get_size_inches()[0] <= 7


def test_titles_are_left_aligned_and_long_ones_broken():
    from chainrule import plotting

    ax = plotting.curves({"a": [1, 2]}, title="A sentence that has far more to say than fits in a "
                                              "single line above the figure")
    assert ax.get_title(loc="left").count("\n") == 1 and ax.get_title() == ax.get_title("center")
    assert overlapping(drawn_words(ax.figure)) == []


@pytest.mark.parametrize("seed", range(12))
def test_direct_labels_never_overlap(seed):
    from chainrule import plotting

    rng = np.random.default_rng(seed)
    n_curves = int(rng.integers(2, 13))
    ends = rng.choice([0.0, 1.0, rng.random()], n_curves)
    series = {f"curve number {k}": np.linspace(rng.random(), end, int(rng.integers(2, 40)))
              for k, end in enumerate(ends)}
    ax = plotting.curves(series, title="Many names", logy=False)
    labels = [box for box in drawn_words(ax.figure) if box[0] in series]
    assert len(labels) == n_curves
    assert overlapping(drawn_words(ax.figure)) == []


def test_importing_plotting_does_not_import_matplotlib():
    code = ("import sys; from chainrule import plotting; "
            "print(*{'matplotlib', 'IPython', 'torch'} & set(sys.modules))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                          env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
    assert done.stdout.strip() == ""


def test_a_notebook_gets_svg_without_a_date(tmp_path):
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    cells = ["import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
             "from chainrule import plotting\n_ = plotting.curves({'a': [1, 2, 3]}, title='A line')",
             "fig, ax = plotting.new_figure()\n_ = ax.plot([1, 3, 2])"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    path = os.pathsep.join(filter(None, sys.path))
    environment = {k: v for k, v in os.environ.items() if k != "MPLBACKEND"} | {"PYTHONPATH": path}
    nbclient.NotebookClient(notebook, timeout=120).execute(env=environment, cwd=str(tmp_path))
    mimes = [[set(output["data"]) for output in cell.outputs if "data" in output]
             for cell in notebook.cells]
    assert mimes[1] == mimes[2] == [{"image/svg+xml", "text/plain"}]
    assert "<dc:date>" not in notebook.cells[1].outputs[-1]["data"]["image/svg+xml"]
