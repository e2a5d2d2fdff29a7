"""The one look of every figure, the same digit for digit from run to run."""

import textwrap

from chainrule.plotting.checks import text
from chainrule.plotting.color import CYCLE, GRID, INK, LINE_STYLES

WIDTH = 6.4  # inches: fills the page's column, and 11-point text still reads at phone width
HEIGHT = 3.7

_in_use = False


def use_style():
    """Give figures the book's look and make notebooks draw them as SVG.

    Every function of `chainrule.plotting` calls it. Call it yourself, once, before drawing with
    matplotlib alone. Outside IPython it sets the look only.

    Examples
    --------
    >>> use_style()
    >>> import matplotlib
    >>> matplotlib.rcParams["svg.fonttype"]
    'path'
    """
    global _in_use
    import matplotlib

    if not _in_use:
        _draw_svg_in_notebooks()
        _in_use = True
        matplotlib.rcParams.update(_settings())


def _settings():
    from cycler import cycler

    ink = {f"{part}.color": INK for part in ("text", "xtick", "ytick")}
    return ink | {
        "axes.prop_cycle": cycler(color=CYCLE) + cycler(linestyle=LINE_STYLES),
        "axes.axisbelow": True, "axes.edgecolor": INK, "axes.labelcolor": INK,
        "axes.formatter.limits": (-4, 5), "axes.formatter.use_mathtext": True,
        "axes.grid": True, "axes.labelsize": 11, "axes.linewidth": 0.8,
        "axes.spines.right": False, "axes.spines.top": False,
        "axes.titlecolor": INK, "axes.titlelocation": "left", "axes.titlepad": 10,
        "axes.titlesize": 12.5, "axes.titleweight": "bold", "axes.unicode_minus": True,
        "figure.autolayout": False, "figure.constrained_layout.use": True, "figure.dpi": 100,
        "figure.facecolor": "white", "figure.figsize": (WIDTH, HEIGHT),
        "figure.titlesize": 12.5, "figure.titleweight": "bold",
        "font.family": "sans-serif", "font.sans-serif": ["DejaVu Sans"], "font.size": 11,
        "grid.color": GRID, "grid.linewidth": 0.7, "image.cmap": "cividis",
        "image.interpolation": "nearest", "legend.fontsize": 10.5, "legend.frameon": False,
        "lines.linewidth": 2.0, "lines.markersize": 5.5, "mathtext.fontset": "dejavusans",
        "savefig.bbox": None, "savefig.facecolor": "white",
        # Text as paths: the same picture whatever fonts the reader has.
        "svg.fonttype": "path", "svg.hashsalt": "chainrule", "svg.image_inline": True,
        "xtick.labelsize": 10, "ytick.labelsize": 10,
    }


def _draw_svg_in_notebooks():
    try:
        from IPython import get_ipython
        from matplotlib_inline.config import InlineBackend
    except ImportError:
        return
    shell = get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return
    import matplotlib.pyplot

    # Let a pending inline backend start now: it would undo these settings if it came later.
    matplotlib.pyplot.get_backend()
    inline = InlineBackend.instance(parent=shell)
    inline.shell = shell
    inline.rc = {}
    inline.print_figure_kwargs = {"bbox_inches": None, "metadata": {"Date": None}}
    inline.figure_formats = {"svg"}
    from matplotlib_inline.backend_inline import set_matplotlib_formats

    set_matplotlib_formats("svg", bbox_inches=None, metadata={"Date": None})


def new_figure(n_rows=1, n_columns=1, *, height=HEIGHT, **options):
    """Return a figure of the book's width and its axes, one or an array of them.

    Parameters
    ----------
    n_rows, n_columns : int
        How many axes below and beside each other.
    height : float
        Of the figure, in inches.
    **options
        For `matplotlib.pyplot.subplots`, such as sharey=True.
    """
    use_style()
    import matplotlib.pyplot as plt

    return plt.subplots(n_rows, n_columns, figsize=(WIDTH, height), **options)


def dress(ax, title="", xlabel="", ylabel="", *, width=60):
    """Write the title, a sentence broken into lines of at most `width` characters, and the axes."""
    ax.set_title("\n".join(textwrap.wrap(text("title", title), width)))
    ax.set_xlabel(text("xlabel", xlabel))
    ax.set_ylabel(text("ylabel", ylabel))
