"""Curves with their names beside them."""

from collections.abc import Mapping

import numpy as np

from chainrule.plotting.checks import finite_somewhere, text, texts
from chainrule.plotting.color import MARKERS
from chainrule.plotting.direct_labels import label_lines
from chainrule.plotting.style import HEIGHT, dress, new_figure

_MARKED = 15  # curves of at most so many points show them


def curves(series, *, title="", xlabel="", ylabel="", logx=False, logy=False, labels="direct",
           band=None, markers=None, ylim=None, height=HEIGHT, ax=None):
    """Draw named curves in one pair of axes.

    Parameters
    ----------
    series : dict of str to array (T,) or pair of arrays (T,), (T,)
        The name of each curve with its y, or with its x and y. Without x, y stands over 0 to T - 1.
        NaN and infinity leave a gap. At most 12 curves.
    title : str
        One sentence that says what the figure shows.
    xlabel, ylabel : str
        Names of the axes, with units.
    logx, logy : bool
        Logarithmic axes; all values must be positive.
    labels : {"direct", "legend", "none"}
        Where the names stand: beside the ends of the curves, in a legend, nowhere.
    band : dict of str to pair of arrays (T,), (T,), optional
        A lower and an upper bound to shade around the curve of that name.
    markers : bool, optional
        Mark the points. Without it, curves of at most 15 points are marked.
    ylim : pair of float, optional
        Limits of the y axis.
    height : float
        Of the figure, in inches.
    ax : matplotlib Axes, optional
        Draw here instead of in a new figure.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError
        If `series` or `band` is not a dict of arrays.
    ValueError
        If there is nothing to draw, lengths differ, or a value has no logarithm.
    """
    texts(title=title, xlabel=xlabel, ylabel=ylabel)
    if labels not in ("direct", "legend", "none"):
        raise ValueError(f'labels must be "direct", "legend" or "none"; got {labels!r}')
    points = _points(series, logx, logy)
    bounds = _bounds(band, points, logy)
    if ax is None:
        _, ax = new_figure(height=height)
    lines = []
    for k, (name, (x, y)) in enumerate(points.items()):
        marked = len(x) <= _MARKED if markers is None else markers
        lines += ax.plot(x, y, label=name, marker=MARKERS[k % len(MARKERS)] if marked else None)
        if name in bounds:
            ax.fill_between(x, *bounds[name], color=lines[-1].get_color(), alpha=0.18, linewidth=0)
    _set_axes(ax, title, xlabel, ylabel, logx, logy, ylim)
    if labels == "direct":
        label_lines(ax, lines)
    elif labels == "legend":
        ax.legend()
    return ax


def _set_axes(ax, title, xlabel, ylabel, logx, logy, ylim):
    dress(ax, title, xlabel, ylabel)
    whole = [np.equal(np.mod(line.get_xdata(), 1), 0).all() for line in ax.get_lines()]
    if all(whole) and not logx:
        ax.xaxis.get_major_locator().set_params(integer=True)
    if logx:
        ax.set_xscale("log")
    if logy:
        ax.set_yscale("log")
    if ylim is not None:
        ax.set_ylim(ylim)
    ax.margins(x=0.02)


def _points(series, logx, logy):
    if not isinstance(series, Mapping):
        raise TypeError(f"series must be a dict of names and curves; got {type(series).__name__}")
    if not 1 <= len(series) <= 12:
        raise ValueError(f"series must hold 1 to 12 curves; got {len(series)}")
    points = {}
    for name, curve in series.items():
        text("series", name)
        pair = isinstance(curve, tuple) and len(curve) == 2
        y = finite_somewhere(f"series[{name!r}]", curve[1] if pair else curve)
        x = finite_somewhere(f"series[{name!r}] x", curve[0]) if pair else np.arange(len(y))
        if len(x) != len(y):
            raise ValueError(f"series[{name!r}] must have as many x as y; got {len(x)}, {len(y)}")
        for axis, values, log in (("x", x, logx), ("y", y, logy)):
            if log and not (values[np.isfinite(values)] > 0).any():
                raise ValueError(f"series[{name!r}] must have a positive {axis} for log{axis}; "
                                 f"got none")
        points[name] = (_gaps(x, logx), _gaps(y, logy))
    return points


def _gaps(values, log):
    """Replace what cannot be drawn by NaN, which matplotlib leaves out."""
    drawn = np.isfinite(values) & (values > 0) if log else np.isfinite(values)
    return np.where(drawn, values, np.nan)


def _bounds(band, points, logy):
    if band is None:
        return {}
    if not isinstance(band, Mapping):
        raise TypeError(f"band must be a dict of names and pairs; got {type(band).__name__}")
    bounds = {}
    for name, pair in band.items():
        if name not in points:
            raise ValueError(f"band must name curves of series; got {name!r}, "
                             f"series {list(points)}")
        low, high = (finite_somewhere(f"band[{name!r}]", edge) for edge in pair)
        if not len(low) == len(high) == len(points[name][0]):
            raise ValueError(f"band[{name!r}] must be as long as its curve; got {len(low)} and "
                             f"{len(high)}, curve {len(points[name][0])}")
        bounds[name] = _gaps(low, logy), _gaps(high, logy)
    return bounds
