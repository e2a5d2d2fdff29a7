"""Lines, marks and names of a plot as SVG text; plot_parts.js writes the same."""

import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from chainrule.explore.numbers import coordinate as xy


class Box(NamedTuple):
    """Where a plot's lines may lie, in pixels."""

    left: float
    right: float
    top: float
    bottom: float


def text(x, y, content, anchor="middle", kind="cr-tick", size=12):
    """Return an SVG text."""
    return (
        f'<text class="{kind}" x="{xy(x)}" y="{xy(y)}" font-size="{size}" '
        f'text-anchor="{anchor}" fill="currentColor">{content}</text>'
    )


def _clip(start, end, box):
    """Return the part of a segment that lies in the box, or None: Liang and Barsky's clipping."""
    (a, b), (c, d) = start, end
    first, last = 0.0, 1.0
    sides = (
        (a - c, a - box.left), (c - a, box.right - a), (b - d, b - box.top), (d - b, box.bottom - b),
    )  # fmt: skip
    for step, room in sides:
        if step == 0 and room < 0:
            return None
        if step < 0:
            first = max(first, room / step)
        if step > 0:
            last = min(last, room / step)
    if first > last:
        return None
    return (a + first * (c - a), b + first * (d - b)), (a + last * (c - a), b + last * (d - b))


def line(points, box):
    """Return what ``d`` of a path holds: a line through points, as far as it lies in the box."""
    parts, last = [], None
    for start, end in pairwise(points):
        part = _clip(start, end, box)
        if part is None:
            continue
        a, b = (f"{xy(x)} {xy(y)}" for x, y in part)
        if a == b == last:
            continue
        parts.append(f"{'' if a == last else f'M{a}'}L{b}")
        last = b
    return "".join(parts)


def thin(points, gap):
    """Return points at least ``gap`` apart, the first and the last kept."""
    kept = [points[0]]
    for i, (x, y) in enumerate(points[1:], start=1):
        if i == len(points) - 1 or math.hypot(x - kept[-1][0], y - kept[-1][1]) >= gap:
            kept.append((x, y))
    return kept


def dense(points, box):
    """Return points every 6 pixels or so along a line within the box."""
    found = []
    for start, end in pairwise(points):
        part = _clip(start, end, box)
        if part is None:
            continue
        (a, b), (c, d) = part
        count = math.ceil(math.hypot(c - a, d - b) / 6) + 1
        found += [(a + (k / count) * (c - a), b + (k / count) * (d - b)) for k in range(count)]
    return found


def name_places(names, lines, box):
    """Return x and y of the middle of each name, at its line where it covers fewest points and no other name.

    names : pairs (text, font size); lines : as many lists of points
    """
    taken = np.array([point for points in lines for point in points]).reshape(-1, 2)
    places = []
    for (name, size), along in zip(names, lines):
        half = 0.29 * size * len(name)
        x, y = _best_place(along, taken, box, half, size)
        places.append((x, y))
        columns = np.arange(math.floor(half / 2) + 1) * 4
        own = [(x - half + p, y + q) for p in columns for q in (-8, -4, 0, 4, 8) for _ in range(9)]
        taken = np.concatenate([taken, own])
    return places


def _best_place(along, taken, box, half, size):
    best, least = (box.left + half, box.top + size), math.inf
    shifts = ((0, -9), (0, 9), (half + 8, 0), (-half - 8, 0))
    shifts += ((half, -16), (half, 16), (-half, -16), (-half, 16))
    for i in range(25 if along else 0):
        u, v = along[math.floor(((24 - i) / 24) * (len(along) - 1))]
        for dx, dy in shifts:
            x, y = u + dx, v + dy
            sideways = x - half < box.left + 2 or x + half > box.right - 2
            cost = 0.15 * i + 500 * (sideways or y - 8 < box.top or y + 8 > box.bottom)
            near = (np.abs(taken[:, 0] - x) < half + 3) & (np.abs(taken[:, 1] - y) < 8)
            cost += int(near.sum())
            if cost < least:
                least, best = cost, (x, y)
    return best


def ticks(start, stop, most):
    """Return where an axis has its numbers: 1, 2 or 5 times a power of ten, ``most`` steps or fewer."""
    power = 10.0 ** math.floor(math.log10((stop - start) / most))
    step = next(n * power for n in (1, 2, 5, 10) if (stop - start) / (n * power) <= most + 1e-9)
    first, last = math.ceil(start / step - 1e-9), math.floor(stop / step + 1e-9)
    return [float(f"{k * step:.12g}") for k in range(first, last + 1)]
