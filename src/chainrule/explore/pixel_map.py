"""A picture of pixels as SVG text, a path for each level of grey; pixel_map.js writes the same."""

import math

from chainrule.explore.numbers import coordinate as xy
from chainrule.explore.plot_area import SECOND


def levels_of(values, most, count):
    """Return values as whole numbers -count to count, ``most`` being ``count``; halves away from zero."""
    if most == 0:
        return [0 for _ in values]
    sizes = (math.floor((abs(value) / most) * count + 0.5) for value in values)
    return [-size if value < 0 else size for value, size in zip(values, sizes)]


def _runs(levels, columns):
    """Return {level: [(row, column, pixels), ...]} of neighbours in a row that are alike; 0 is paper."""
    runs, first = {}, 0
    for i, level in enumerate(levels):
        if i + 1 == len(levels) or (i + 1) % columns == 0 or levels[i + 1] != level:
            if level:
                runs.setdefault(level, []).append((first // columns, first % columns, i + 1 - first))
            first = i + 1
    return runs


def pixel_map(levels, columns, count, left, top, cell, positive="currentColor"):
    """Return a map of pixels, row by row; the negative are orange bars, less high than a pixel.

    levels : list of int, from ``levels_of``
    columns, count : int, pixels in a row and the highest level
    left, top, cell : float, the upper left corner and the side of a pixel
    """
    runs = _runs(levels, columns)
    parts = []
    for level in sorted(runs):
        drawn = "".join(
            f"M{j} {i}h{n}v1h-{n}z" if level > 0 else f"M{j} {i}.2h{n}v.6h-{n}z"
            for i, j, n in runs[level]
        )
        fill = positive if level > 0 else SECOND
        opacity = math.floor(100 * abs(level) / count + 0.5) / 100
        parts.append(f'<path d="{drawn}" fill="{fill}" fill-opacity="{opacity:g}"/>')
    return (
        f'<g transform="translate({xy(left)} {xy(top)}) scale({xy(cell)})" '
        f'shape-rendering="crispEdges">{"".join(parts)}</g>'
    )


def frame_of(left, top, side, high=None):
    """Return the outline of a map."""
    high = side if high is None else high
    return (
        f'<path class="cr-frame" d="M{xy(left)} {xy(top)}h{xy(side)}v{xy(high)}h-{xy(side)}z" '
        'fill="none" stroke="currentColor" stroke-opacity="0.5"/>'
    )
