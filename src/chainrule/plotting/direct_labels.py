"""Names beside the lines they belong to, none over another."""

import numpy as np

from chainrule.plotting.color import INK, text_color

_SIZE = 10.5  # points
_SPACING = 1.35 * _SIZE


def label_lines(ax, lines=None, names=None):
    """Write each line's name to the right of the axes, at the height where the line ends.

    Names that would overlap are moved apart, and a thin leader joins a moved name to its line. Call
    it last, when the limits of the axes are final.

    Parameters
    ----------
    ax : matplotlib Axes
    lines : sequence of Line2D, optional
        Without it every line of `ax` that has a label.
    names : sequence of str, optional
        Without it the labels of the lines.

    Returns
    -------
    list of matplotlib Annotation

    Raises
    ------
    ValueError
        If there is no line to name, or `names` are not as many as `lines`.
    """
    if lines is None:
        lines = [line for line in ax.get_lines() if not line.get_label().startswith("_")]
    names = [line.get_label() for line in lines] if names is None else list(names)
    if len(names) != len(lines):
        raise ValueError(f"names must be as many as lines; got {len(names)} and {len(lines)}")
    if not lines:
        raise ValueError("label_lines needs a line with a label; got none")
    ax.figure.draw_without_rendering()
    to_points = 72 / ax.figure.dpi
    ends = [_last_point(ax, line) for line in lines]
    heights = np.array([y * to_points for _, y in ends])
    places = spread(heights, [_SPACING * (1 + name.count("\n")) for name in names])
    return [_write(ax, name, line.get_color(), end, place - height)
            for name, line, end, place, height in zip(names, lines, ends, places, heights)]


def _last_point(ax, line):
    points = ax.transData.transform(np.column_stack([np.asarray(data, dtype=float)
                                                     for data in line.get_data()]))
    points = points[np.isfinite(points).all(axis=1)]
    if len(points) == 0:
        raise ValueError(f"line {line.get_label()!r} must have a finite point to be labelled at")
    box = ax.get_window_extent()
    inside = points[points[:, 0] <= box.x1 + 0.5]
    return np.clip((inside if len(inside) else points)[-1], box.min, box.max)


def _write(ax, name, color, end, shift):
    from matplotlib.transforms import ScaledTranslation

    gap = (ax.get_window_extent().x1 - end[0]) * 72 / ax.figure.dpi
    far = abs(shift) > 3 or gap > 18
    beside = ax.transAxes + ScaledTranslation((14 if far else 6) / 72, 0,
                                              ax.figure.dpi_scale_trans)
    leader = {"arrowstyle": "-", "color": color, "linewidth": 0.7, "shrinkA": 1, "shrinkB": 2,
              "relpos": (0, 0.5)}
    return ax.annotate(
        name, xy=ax.transData.inverted().transform(end), xycoords="data", xytext=(1, shift),
        textcoords=(beside, "offset points"), color=text_color(_hex(color)), fontsize=_SIZE,
        va="center", ha="left", annotation_clip=False, arrowprops=leader if far else None)


def _hex(color):
    from matplotlib.colors import to_hex

    return to_hex(color) if color is not None else INK


def spread(centres, sizes):
    """Move intervals as little as possible so that none overlap and their order stays.

    The least-squares answer, by pooling neighbours that collide.

    Parameters
    ----------
    centres : array (N,)
        Where the middles would like to be.
    sizes : array (N,)
        Lengths of the intervals.

    Returns
    -------
    array (N,)
        The middles, in the order of `centres`.

    Examples
    --------
    >>> spread([0.0, 0.0, 9.0], [2.0, 2.0, 2.0]).tolist()
    [-1.0, 1.0, 9.0]
    """
    centres, sizes = np.asarray(centres, dtype=float), np.asarray(sizes, dtype=float)
    order = np.argsort(centres, kind="stable")
    # Take away the room that the intervals before need: what is left has only to be ordered.
    room = np.cumsum(sizes[order]) - sizes[order] / 2
    pools = []
    for wish in centres[order] - room:
        pools.append([wish, 1])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            mean, count = pools.pop()
            pools[-1] = [(pools[-1][0] * pools[-1][1] + mean * count) / (pools[-1][1] + count),
                         pools[-1][1] + count]
    placed = np.empty(len(centres))
    placed[order] = np.concatenate([np.full(count, mean) for mean, count in pools]) + room
    return placed
