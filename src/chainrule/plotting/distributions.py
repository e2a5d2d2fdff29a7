"""How values spread: histograms above each other, bars with their errors."""

from collections.abc import Mapping

import numpy as np

from chainrule import checks
from chainrule.plotting.checks import finite, text, texts
from chainrule.plotting.color import CYCLE, INK, text_color, tint
from chainrule.plotting.style import dress, new_figure


def histograms(series, *, bins=40, xlim=None, title="", xlabel="", height=None):
    """Draw one histogram per name, below each other over the same axis.

    Parameters
    ----------
    series : dict of str to array
        At most 10; the elements of each array are counted, whatever its shape.
    bins : int
        Number of intervals, the same for all.
    xlim : pair of float, optional
        Values outside are left out; without it all are shown.
    title, xlabel : str
    height : float, optional
        Of the figure, in inches.

    Returns
    -------
    array of matplotlib Axes

    Raises
    ------
    TypeError, ValueError
        If `series` is not a dict of finite arrays, or not 1 to 10.
    """
    texts(title=title, xlabel=xlabel)
    values = _named("series", series, 10)
    checks.check_int(bins, "bins", minimum=1, maximum=500)
    everything = np.concatenate(list(values.values()))
    low, high = (everything.min(), everything.max()) if xlim is None else finite("xlim", xlim, 1)
    if low == high:
        low, high = low - 0.5, high + 0.5
    _, axes = new_figure(len(values), 1, height=height or 0.75 + 0.72 * len(values), sharex=True,
                         squeeze=False)
    for k, (ax, (name, sample)) in enumerate(zip(axes[:, 0], values.items())):
        color = CYCLE[k % len(CYCLE)] if len(values) <= len(CYCLE) else CYCLE[0]
        counts, edges = np.histogram(sample, bins=bins, range=(low, high))
        ax.stairs(counts / len(sample), edges, fill=True, color=tint(color, 0.45))
        ax.stairs(counts / len(sample), edges, color=color, linewidth=1.2)
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)
        ax.annotate(name, (1, 0.3), (6, 0), xycoords="axes fraction", textcoords="offset points",
                    color=text_color(color), fontsize=10.5, annotation_clip=False)
        ax.margins(x=0.01)
    dress(axes[0, 0], title)
    axes[-1, 0].set_xlabel(xlabel)
    return axes[:, 0]


def bars_with_error(series, *, title="", xlabel="", digits=None, zero=True, height=None, ax=None):
    """Draw one horizontal bar per name, with its error and its number.

    Parameters
    ----------
    series : dict of str to pair (mean, error), or array (N,) of runs
        Of an array the mean and the standard deviation (of a sample) are shown, and each run as a
        dot. At most 14 bars.
    title, xlabel : str
        What the bars measure, with its unit, is the xlabel.
    digits : int, optional
        Decimals of the written numbers; without it three significant ones.
    zero : bool
        Start the axis at zero. Without it the means are marks, not bars: the length of a bar
        means nothing on an axis that starts elsewhere.
    height : float, optional
        Of the figure, in inches.
    ax : matplotlib Axes, optional
        Draw here instead of in a new figure.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError, ValueError
        If `series` is not a dict of such values.
    """
    texts(title=title, xlabel=xlabel)
    values = _named("series", series, 14)
    bars = {name: _bar(name, series[name], runs) for name, runs in values.items()}
    if digits is not None:
        checks.check_int(digits, "digits", minimum=0)
    if ax is None:
        _, ax = new_figure(height=height or 0.9 + 0.42 * len(bars))
    for k, (mean, error, runs) in enumerate(bars.values()):
        color = CYCLE[k % len(CYCLE)]
        if zero:
            ax.barh(k, mean, color=tint(color, 0.45), edgecolor=color, height=0.66)
        ax.errorbar(mean, k, xerr=error, color=INK if zero else color, capsize=4, linewidth=1.4,
                    linestyle="none", marker=None if zero else "D", markersize=6.5)
        ax.plot(runs, np.full(len(runs), k), linestyle="none", marker="o", markersize=3.5,
                color=color, alpha=0.7)
        number = f"{mean:.3g}" if digits is None else f"{mean:.{digits}f}"
        spread = f"{error:.1g}" if digits is None else f"{error:.{digits}f}"
        ax.annotate(f"{number} ± {spread}" if error else number, (1, k), (6, 0), va="center",
                    xycoords=("axes fraction", "data"), textcoords="offset points",
                    annotation_clip=False, fontsize=10.5, color=text_color(color))
    ax.set_yticks(range(len(bars)), bars)
    ax.set_ylim(len(bars) - 0.5, -0.5)
    if not zero:
        ax.margins(x=0.08)
    ax.tick_params(axis="y", length=0)
    ax.grid(False, axis="y")
    dress(ax, title, xlabel)
    return ax


def _named(name, series, most):
    if not isinstance(series, Mapping):
        raise TypeError(f"{name} must be a dict of names and arrays; got {type(series).__name__}")
    if not 1 <= len(series) <= most:
        raise ValueError(f"{name} must hold 1 to {most} entries; got {len(series)}")
    return {text(name, key): finite(f"{name}[{key!r}]", values, range(9)).ravel()
            for key, values in series.items()}


def _bar(name, given, runs):
    """Return mean, error, and the runs to draw, none of a pair."""
    if isinstance(given, tuple):
        if len(runs) != 2 or runs[1] < 0:
            raise ValueError(f"series[{name!r}] must be (mean, error) with error at least 0; "
                             f"got {given!r}")
        return runs[0], runs[1], runs[:0]
    return runs.mean(), runs.std(ddof=1) if len(runs) > 1 else 0.0, runs
