"""A drawing, what the network makes of it, its answer: as SVG text and in words; digit_picture.js makes the same."""

import math
from dataclasses import dataclass

import numpy as np

from chainrule.explore.digit_network import PACE, SIZE, digits, maps_of, occlusion
from chainrule.explore.digit_strokes import as_mnist, ink
from chainrule.explore.numbers import coordinate as xy
from chainrule.explore.numbers import format_number
from chainrule.explore.pixel_map import frame_of, levels_of, pixel_map
from chainrule.explore.plot_area import FIRST, text

GREYS = 12  # levels of a picture; of a map a half


@dataclass
class Computed:
    """What the figure shows of a state."""

    state: dict
    label: int | None  # of the digit drawn upon
    drawn: np.ndarray  # (28, 28)
    picture: np.ndarray  # (28, 28), as MNIST would have it
    first: np.ndarray  # (8, 28, 28)
    second: np.ndarray  # (16, 14, 14)
    probabilities: list
    drops: np.ndarray | None  # (14, 14)


def compute(state):
    """Return what the figure shows of ``{start, strokes, occlusion}``."""
    label, under = (None, None) if state["start"] is None else digits()[state["start"]]
    drawn = ink(state["strokes"]) if under is None else np.maximum(under, ink(state["strokes"]))
    picture = as_mnist(state["strokes"], under)
    maps = maps_of(picture)
    drops = occlusion(picture) if state["occlusion"] else None
    return Computed(
        state, label, drawn, picture, maps.first, maps.second, maps.probabilities.tolist(), drops
    )


def _percent(probability):
    return f"{math.floor(1000 * probability + 0.5) / 10:g}\N{NO-BREAK SPACE}%"


def _hidden(computed):
    """Return the sentence on the patch that matters most."""
    drops, before = computed.drops.ravel().tolist(), max(computed.probabilities)
    most = max(drops)
    if math.floor(1000 * most + 0.5) == 0:
        return " Wiping a patch of 6 × 6 pixels costs nothing anywhere."
    row, column = (PACE * (drops.index(most) // 14) + 1, PACE * (drops.index(most) % 14) + 1)
    return (
        f" Wiping the 6 × 6 pixels around row {row}, column {column} costs most: from {_percent(before)} "
        f"down to {_percent(before - most)}."
    )


def words(computed):
    """Return what the network reads, in sentences."""
    order = sorted(range(10), key=lambda label: -computed.probabilities[label])
    said = [f"{label} with {_percent(computed.probabilities[label])}" for label in order[:2]]
    start = "" if computed.label is None else f" MNIST’s label is {computed.label}."
    if computed.drawn.max() == 0:
        start = " It has to answer even for blank paper: there is no class “none of these”."
    shown = _hidden(computed) if computed.drops is not None else ""
    return f"The network reads {said[0]}, then {said[1]}.{start}{shown}"


@dataclass
class Layout:
    """Where things lie in a picture so wide."""

    cell: float  # of the pad
    small: float  # side of a pixel in the two small pictures
    pictures: tuple  # left, top of what the network gets; left, top of the occlusion map
    bars: tuple  # left, top, right, height of a row
    maps: tuple  # y of the first title, pixel's side, how many a row
    second: tuple
    height: float


def layout_of(width):
    """Return where things lie: three columns where there is room."""
    if width >= 600:
        cell, small, left, gap, bars = 9, 4, 276, 28, (412, 24, width - 4, 25)
    else:
        cell, small, left, gap, bars = 7, 3, 216, 28, (4, 244, width - 4, 19)
    pictures = (left, 24), (left, 24 + SIZE * small + gap)
    below = max(24 + SIZE * cell, bars[1] + 10 * bars[3]) + 24
    a_row = 8 if width >= 380 else 4
    one = math.floor(10 * (width - 8 - 6 * (a_row - 1)) / a_row / SIZE) / 10
    deep = below + 8 + (8 // a_row) * (SIZE * one + 6) + 18
    row = 16 if width >= 600 else 8
    two = math.floor(10 * (width - 8 - 5 * (row - 1)) / row / 14) / 10
    height = deep + 8 + (16 // row) * (14 * two + 5) + 4
    return Layout(cell, small, pictures, bars, (below, one, a_row, 6), (deep, two, row, 5), height)


def _small_picture(values, cell, left, top, title):
    levels = levels_of(values.ravel().tolist(), 1, GREYS)
    return (
        text(left, top - 9, title, "start", "cr-title")
        + pixel_map(levels, SIZE, GREYS, left, top, cell)
        + frame_of(left, top, SIZE * cell)
    )


def _drawn_drops(computed, cell, left, top):
    if computed.drops is None:
        title, over = "occlusion: off", ""
    else:
        values = computed.drops.ravel().tolist()
        most = max(abs(value) for value in values)
        title = f"drop ≤ {format_number(max(max(values), 0), 2)}"
        over = pixel_map(levels_of(values, most, GREYS), 14, GREYS, left, top, PACE * cell, FIRST)
    faint = levels_of(computed.picture.ravel().tolist(), 1, GREYS)
    under = pixel_map(faint, SIZE, 3 * GREYS, left, top, cell)
    return text(left, top - 9, title, "start", "cr-title") + under + over + frame_of(left, top, SIZE * cell)


def _drawn_bars(computed, bars):
    left, top, right, high = bars
    winner, parts = computed.probabilities.index(max(computed.probabilities)), []
    for label, probability in enumerate(computed.probabilities):
        y, kind = top + high * label, "cr-winner" if label == winner else "cr-tick"
        fill = FIRST if label == winner else "currentColor"
        parts.append(
            text(left + 4, y + high / 2 + 4, str(label), "middle", kind)
            + f'<path class="cr-bar" d="M{left + 14} {y + 3}h{xy((right - left - 76) * probability)}v{high - 6}'
            f'H{left + 14}z" '
            f'fill="{fill}" fill-opacity="{"1" if label == winner else "0.5"}"/>'
            + text(right, y + high / 2 + 4, _percent(probability), "end", kind)
        )
    return "".join(parts) + f'<path d="M{left + 14} {top}v{10 * high}" stroke="currentColor" stroke-opacity="0.5"/>'


def _drawn_maps(maps, n, place, title):
    y, cell, a_row, gap = place
    most = max(float(maps.max()), 0)
    parts = [text(4, y, f"{title}, strongest {format_number(most, 3)}", "start", "cr-title")]
    for k, values in enumerate(maps):
        left, top = 4 + (k % a_row) * (n * cell + gap), y + 8 + (k // a_row) * (n * cell + gap)
        levels = levels_of(values.ravel().tolist(), most, GREYS // 2)
        parts += [pixel_map(levels, n, GREYS // 2, left, top, cell, FIRST), frame_of(left, top, n * cell)]
    return "".join(parts)


def picture(computed, width):
    """Return the pad, what the network gets, its maps and its answer as SVG text."""
    layout = layout_of(width)
    (left, top), (x, y) = layout.pictures
    shown = xy(layout.height)
    return (
        f'<svg class="cr-digit" role="img" aria-label="{words(computed)}" viewBox="0 0 {width} {shown}" '
        f'width="100%" height="{shown}" font-family="sans-serif">'
        + _small_picture(computed.drawn, layout.cell, 4, 24, "draw here")
        + _small_picture(computed.picture, layout.small, left, top, "as MNIST has it")
        + _drawn_drops(computed, layout.small, x, y)
        + _drawn_bars(computed, layout.bars)
        + _drawn_maps(computed.first, SIZE, layout.maps, "first layer: 8 maps")
        + _drawn_maps(computed.second, 14, layout.second, "second layer: 16 maps")
        + "</svg>"
    )
