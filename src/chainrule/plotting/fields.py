"""Functions of two variables: contours with paths, surfaces, regions of a classifier."""

from collections.abc import Mapping

import numpy as np

from chainrule import checks
from chainrule.plotting.checks import finite, limits, texts
from chainrule.plotting.color import BROWN, CYCLE, GREEN, INK, MARKERS, ORANGE, text_color, tint
from chainrule.plotting.style import dress, new_figure

_PATH_COLORS = (ORANGE, INK, GREEN, BROWN)


def contour(f, xlim, ylim, *, paths=None, log=False, n_levels=14, title="", xlabel="$w_1$",
            ylabel="$w_2$", height=4.2, ax=None):
    """Draw the level lines of a function of two variables, and paths over them.

    Parameters
    ----------
    f : callable
        f(x, y) on two arrays (M, M) returns an array (M, M).
    xlim, ylim : pair of float
        The part of the plane to show.
    paths : dict of str to array (T, 2), optional
        At most four named sequences of points, such as the steps of an optimiser. A ring marks the
        start and a dot the end.
    log : bool
        Space the levels evenly in log(f - min f), for valleys that are steep far out.
    n_levels : int
    title, xlabel, ylabel : str
    height : float
        Of the figure, in inches.
    ax : matplotlib Axes, optional
        Draw here instead of in a new figure.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError, ValueError
        If f gives anything but finite numbers of the grid's shape, or a path is not (T, 2).
    """
    texts(title=title, xlabel=xlabel, ylabel=ylabel)
    x, y, z = _on_grid(f, xlim, ylim, 121)
    checks.check_int(n_levels, "n_levels", minimum=2, maximum=60)
    levels = _levels(z, n_levels, log)
    paths = _paths(paths)
    if ax is None:
        _, ax = new_figure(height=height)
    shades = _shades()
    # The fill as a picture (vectors would be some 200 kB), the lines as vectors.
    ax.set_rasterization_zorder(0.5)
    ax.contourf(x, y, z, levels=levels, cmap=shades, norm=_even(levels), extend="max", zorder=0)
    ax.contour(x, y, z, levels=levels, colors=tint(CYCLE[0], 0.55), linewidths=0.6)
    ax.grid(False)
    for k, (name, points) in enumerate(paths.items()):
        ax.plot(*points.T, label=name, color=_PATH_COLORS[k], linestyle="-", linewidth=1.8,
                         marker=MARKERS[k] if len(points) <= 40 else None, markersize=3.5)
        ax.plot(*points[0], "o", markersize=9, markerfacecolor="none", color=_PATH_COLORS[k])
        ax.plot(*points[-1], "o", markersize=7, color=_PATH_COLORS[k])
    ax.set(xlim=xlim, ylim=ylim)
    dress(ax, title, xlabel, ylabel)
    if paths:
        _name_paths(ax)
    return ax


def _name_paths(ax):
    legend = ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    for words, line in zip(legend.get_texts(), legend.get_lines()):
        words.set_color(text_color(line.get_color()))


def surface(f, xlim, ylim, *, title="", xlabel="$w_1$", ylabel="$w_2$", zlabel="", height=4.6,
            elevation=32, azimuth=-60):
    """Draw the graph of a function of two variables as a surface in space.

    Parameters
    ----------
    f : callable
        f(x, y) on two arrays (M, M) returns an array (M, M).
    xlim, ylim : pair of float
        The part of the plane to show.
    title, xlabel, ylabel, zlabel : str
    height : float
        Of the figure, in inches.
    elevation, azimuth : float
        From where the surface is seen, in degrees.

    Returns
    -------
    matplotlib Axes3D

    Raises
    ------
    TypeError, ValueError
        If f gives anything but finite numbers of the grid's shape.
    """
    texts(title=title, xlabel=xlabel, ylabel=ylabel, zlabel=zlabel)
    x, y, z = _on_grid(f, xlim, ylim, 61)
    checks.check_number(elevation, "elevation")
    checks.check_number(azimuth, "azimuth")
    fig, ax = new_figure(height=height, subplot_kw={"projection": "3d"})
    fig.set_dpi(120)
    # Some thousand facets are smaller as a picture than as paths.
    ax.plot_surface(x, y, z, cmap="cividis", rcount=60, ccount=60, linewidth=0.15,
                    edgecolor="white", rasterized=True)
    ax.view_init(elevation, azimuth)
    dress(ax, "", xlabel, ylabel)
    ax.set_zlabel(zlabel)
    if title:
        fig.suptitle(title, x=0.01, ha="left")
    ax.set_box_aspect((1.25, 1.25, 0.8), zoom=0.95)
    for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
        axis.pane.set_facecolor("white")
        axis.set_major_locator(_few_ticks())
        axis.labelpad = 10
    return ax


def decision_boundary(predict, x, y, *, title="", xlabel="$x_1$", ylabel="$x_2$", n_grid=161,
                      height=4.2, ax=None):
    """Draw the regions into which a classifier cuts the plane, and the samples.

    Parameters
    ----------
    predict : callable
        Of an array (M, 2) returns labels (M,) of int, probabilities (M,) of class 1, or scores
        (M, K). It may return a Tensor.
    x : array (B, 2)
        Samples.
    y : array (B,) of int
        Their labels, 0 to K - 1, K at most 6.
    title, xlabel, ylabel : str
    n_grid : int
        Points along each side at which the classifier is asked.
    height : float
        Of the figure, in inches.
    ax : matplotlib Axes, optional
        Draw here instead of in a new figure.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TypeError, ValueError
        If samples, labels or predictions do not have these shapes.
    """
    texts(title=title, xlabel=xlabel, ylabel=ylabel)
    x = finite("x", x, 2)
    checks.check_shape(x, "x", (None, 2))
    y = np.asarray(y)
    checks.check_labels(y, len(CYCLE), (len(x),), "y")
    checks.check_int(n_grid, "n_grid", minimum=8, maximum=500)
    low, high = x.min(axis=0), x.max(axis=0)
    margin = 0.12 * (high - low) + 1e-9
    across, up = (np.linspace(a, b, n_grid) for a, b in zip(low - margin, high + margin))
    grid = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)  # (M, 2)
    classes = _classes(predict(grid), len(grid)).reshape(n_grid, n_grid)
    n_classes = int(max(classes.max(), y.max())) + 1
    if n_classes > len(CYCLE):
        raise ValueError(f"predict must give at most {len(CYCLE)} classes; got {n_classes}")
    if ax is None:
        _, ax = new_figure(height=height)
    _regions(ax, across, up, classes, n_classes)
    for k in np.unique(y):
        ax.plot(*x[y == k].T, linestyle="none", marker=MARKERS[k], color=CYCLE[k], markersize=5.5,
                markeredgecolor="white", markeredgewidth=0.7, label=f"class {k}")
    ax.set(xlim=across[[0, -1]], ylim=up[[0, -1]])
    ax.grid(False)
    dress(ax, title, xlabel, ylabel)
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), handletextpad=0.2)
    return ax


def _regions(ax, across, up, classes, n_classes):
    edges = np.arange(n_classes + 1) - 0.5
    ax.contourf(across, up, classes, levels=edges, antialiased=False,
                colors=[tint(color, 0.22) for color in CYCLE[:n_classes]])
    for k in range(n_classes - 1):  # a line round each class; contour needs values on both sides
        inside = (classes == k).astype(float)
        if 0 < inside.mean() < 1:
            ax.contour(across, up, inside, levels=[0.5], colors=INK, linewidths=1.2)


def _classes(answer, n_points):
    answer = np.asarray(answer.numpy() if hasattr(answer, "numpy") else answer)
    if answer.shape == (n_points, 1):
        answer = answer[:, 0]
    if answer.ndim == 2 and len(answer) == n_points:
        return answer.argmax(axis=1)
    if answer.shape != (n_points,):
        raise ValueError(f"predict must return shape ({n_points},) or ({n_points}, K); "
                         f"got {answer.shape}")
    return answer.astype(int) if answer.dtype.kind in "biu" else (answer > 0.5).astype(int)


def _on_grid(f, xlim, ylim, n_points):
    xlim, ylim = limits("xlim", xlim), limits("ylim", ylim)
    x, y = np.meshgrid(np.linspace(*xlim, n_points), np.linspace(*ylim, n_points))
    z = finite("f(x, y)", f(x, y), (0, 2))
    if z.ndim and z.shape != x.shape:
        raise ValueError(f"f(x, y) must have the shape of x, {x.shape}; got {z.shape}")
    if np.ptp(z) == 0:
        raise ValueError(f"f must vary over xlim and ylim; got {z.flat[0]} everywhere")
    return x, y, z


def _levels(z, n_levels, log):
    low, high = z.min(), z.max()
    if not log:
        return np.linspace(low, np.quantile(z, 0.98), n_levels)
    span = high - low
    return np.concatenate([[low], low + np.geomspace(span * 1e-4, span, n_levels - 1)])


def _paths(paths):
    if paths is None:
        return {}
    if not isinstance(paths, Mapping):
        raise TypeError(f"paths must be a dict of names and points; got {type(paths).__name__}")
    if len(paths) > len(_PATH_COLORS):
        raise ValueError(f"paths must hold at most {len(_PATH_COLORS)} paths; got {len(paths)}")
    found = {name: finite(f"paths[{name!r}]", points, 2) for name, points in paths.items()}
    for name, points in found.items():
        checks.check_shape(points, f"paths[{name!r}]", (None, 2))
    return found


def _shades():
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("valley", [tint(CYCLE[0], s) for s in (0.42, 0.02)])


def _even(levels):
    from matplotlib.colors import BoundaryNorm

    return BoundaryNorm(levels, 256, extend="max")


def _few_ticks():
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(5)
