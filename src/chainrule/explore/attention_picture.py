"""Attention by hand: two planes, a table of scores and weights, and words; attention_picture.js makes the same."""

import math
from dataclasses import dataclass

from chainrule.explore.attention_planes import GREEN, path, queries_plane, stroke, values_plane
from chainrule.explore.attention_scores import chosen
from chainrule.explore.numbers import coordinate as xy
from chainrule.explore.numbers import format_number, lowered
from chainrule.explore.plot_area import FIRST, SECOND, PlotArea, text

_SIDES = ("ₓ", "ᵧ")  # what one of two heads sees
_WIDE, _TITLE, _HEAD, _NAMES, _GAP, _ROW = 560, 22, 46, 34, 14, 36


@dataclass
class Block:
    """Where one head's table lies: a row a query; scores, weights and the largest slope from left to right."""

    top: float  # of the first row
    lefts: tuple  # of scores, weights and slopes
    cell: float  # width of a score and of a weight
    end: float


@dataclass
class Layout:
    """Where the parts lie, in pixels."""

    is_wide: bool
    queries: PlotArea
    values: PlotArea
    blocks: list
    height: float


def _plane(left, top, width):
    return PlotArea(left + 1, top, left + width - 1, top + (width - 2) * 2 / 3, (-3, 3), (-2, 2))


def layout_of(state, width):
    """Return where the parts lie at a width."""
    n, is_wide = len(state["tokens"]), width >= _WIDE
    part = (width - _GAP) / 2 if is_wide else width
    queries = _plane(0, _TITLE, part)
    gap, slope = (18, 96) if is_wide else (6, 50)
    cell = (width - _NAMES - slope - 2 * gap - 2) / (2 * n)
    left = _NAMES + n * cell + gap
    blocks, top = [], queries.bottom + 8
    for _ in range(state["heads"]):
        blocks.append(Block(top + _HEAD, (_NAMES, left, left + n * cell + gap), cell, width - 2))
        top += _HEAD + n * _ROW + 8
    if is_wide:
        return Layout(True, queries, _plane(part + _GAP, _TITLE, part), blocks, top)
    values = _plane(0, top + _TITLE + 4, part)
    return Layout(False, queries, values, blocks, values.bottom + 4)


def rounded(x, digits):
    """Return a number with so many decimals, halves up, as text."""
    found = math.floor(x * 10**digits + 0.5) / 10**digits
    return f"{'' if found >= 0 else '−'}{abs(found):.{digits}f}"


def _cell(x, y, width, content, color, depth, share=None, before=None):
    """Return a cell of the table: shaded, its number, and a bar below with a mark where the keys as given stand."""
    w, bar, mark = width - 2, "", ""
    if share is not None:
        bar = path(f"M{xy(x + 1)} {xy(y + _ROW - 6)}h{xy(w * share)}v5h{xy(-w * share)}z", f'fill="{color}"')
    if before is not None:
        mark = stroke(f"M{xy(x + 1 + w * before)} {xy(y + _ROW - 10)}v9", 1, 'stroke-width="1.6"')
    shade = f'fill="{color}" fill-opacity="{rounded(depth, 3)}"'
    return (
        path(f"M{xy(x + 1)} {xy(y + 1)}h{xy(w)}v{_ROW - 2}h{xy(-w)}z", shade)
        + bar + mark
        + text(x + width / 2, y + (19 if bar else 22), content, "middle", "cr-number", 12)
    )  # fmt: skip


def _row(computed, block, h, i):
    head = computed.heads[h]
    was = None if computed.state["key_scale"] == 1 else computed.before[h]
    y, cell, parts = block.top + i * _ROW, block.cell, []
    for j, (score, p) in enumerate(zip(head.scores[i], head.weights[i])):
        x, x2 = (left + j * cell for left in block.lefts[:2])
        if score is None:
            parts.append(_cell(x, y, cell, "−∞", "currentColor", 0.02))
            parts.append(_cell(x2, y, cell, "masked" if cell > 50 else "–", "currentColor", 0.02))
            continue
        size = abs(score)
        shown = rounded(score, 0 if size >= 99.5 else 2 if cell > 36 else 1)
        parts.append(_cell(x, y, cell, shown, SECOND if score < 0 else FIRST, 0.45 * size / (2 + size)))
        before = was and was.weights[i][j]
        parts.append(_cell(x2, y, cell, rounded(p, 2), GREEN, 0.06 + 0.34 * p, p, before))
    left, steep, before = block.lefts[2], head.steepest[i], was and 4 * was.steepest[i]
    shown = format_number(steep, 2)
    return "".join(parts) + _cell(left, y, block.end - left, shown, SECOND, 0.08, 4 * steep, before)


def _title(state, h):
    """Return what a head's scores are."""
    side = "" if state["heads"] == 1 else _SIDES[h]
    times = "" if state["scale"] in (None, 1) else f"{format_number(state['scale'], 3)}·"
    factor = "" if state["key_scale"] == 1 else f"{format_number(state['key_scale'], 3)}·"
    root = "/√2" if state["scale"] is None and not side else ""
    return f"{f'head {h + 1}: ' if side else 'scores '}{times}q{side}·{factor}k{side}{root}"


def _table(computed, block, h, is_wide):
    state, top, cell, pair = computed.state, block.top, block.cell, block.lefts[:2]
    head, row, column = chosen(state)
    titles = _title(state, h), f"weights{', softmax by row' * is_wide}", f"{'max ' * is_wide}p(1 − p)"
    parts = [
        text(left + 1, top - 28, title, "start", "cr-label", 12)
        for left, title in zip(block.lefts, titles)
    ]
    parts += [
        text(left + (j + 0.5) * cell, top - 8, f"k{lowered(j + 1)}{f' {token}' if is_wide else ''}")
        for left in pair
        for j, token in enumerate(state["tokens"])
    ]
    parts.append(text((block.lefts[2] + block.end) / 2, top - 8, "at most ¼", "middle", "cr-tick", 11))
    for i, token in enumerate(state["tokens"]):
        parts += [
            text(2, top + i * _ROW + 16, f"q{lowered(i + 1)}", "start", "cr-label", 13),
            text(2, top + i * _ROW + 30, token, "start", "cr-tick", 11),
            _row(computed, block, h, i),
        ]
    if h == head:
        y = xy(top + row * _ROW)
        box = f"h{xy(cell)}v{_ROW}h{xy(-cell)}z"
        frames = (f"M{xy(left + column * cell)} {y}{box}" for left in pair)
        parts += [stroke(frame, 1, 'stroke-width="2"') for frame in frames]
    return "".join(parts)


def picture(computed, width=400):
    """Return the planes and the tables as SVG text, one below the other where there is little room.

    Parameters
    ----------
    computed : Computed
    width : int, optional
        Pixels at full size.

    Returns
    -------
    str
    """
    place = layout_of(computed.state, width)
    tables = "".join(_table(computed, block, h, place.is_wide) for h, block in enumerate(place.blocks))
    return (
        '<svg class="cr-attention" role="img" aria-label="Queries and keys, a table of scores and weights, '
        f'values and outputs. {words(computed)}" viewBox="0 0 {width} {xy(place.height)}" width="100%" '
        f'height="{xy(place.height)}" font-family="sans-serif">'
        f"{queries_plane(computed, place.queries)}{tables}{values_plane(computed, place.values)}</svg>"
    )


def _moved(computed):
    """Return which queries' weights scaling the keys has moved."""
    names = [
        f"q{lowered(i + 1)}"
        for i in range(len(computed.outputs))
        if any(
            abs(p - q) > 1e-9
            for head, was in zip(computed.heads, computed.before)
            for p, q in zip(head.weights[i], was.weights[i])
        )
    ]
    factor = format_number(computed.state["key_scale"], 3)
    return f" Keys × {factor} has moved the weights of {', '.join(names) or 'none'}."


def words(computed):
    """Return the chosen cell's weight, what scaling the keys has moved, and how steep each query's softmax is."""
    state = computed.state
    h, row, column = chosen(state)
    head = computed.heads[h]
    one = f"q{lowered(row + 1)} ({state['tokens'][row]})"
    other = f"k{lowered(column + 1)} ({state['tokens'][column]})"
    where = f" in head {h + 1}" if state["heads"] == 2 else ""
    if head.scores[row][column] is None:
        cell = f"{one} may not look at {other}: it comes later."
    else:
        cell = f"{one} gives {other} the weight {format_number(head.weights[row][column], 3)}{where}."
    moved = "" if state["key_scale"] == 1 else _moved(computed)
    slopes = ", ".join(f"q{lowered(i + 1)} {format_number(s, 2)}" for i, s in enumerate(head.steepest))
    least = head.steepest.index(min(head.steepest))
    return f"{cell}{moved} Steepness, the largest p(1 − p){where}: {slopes}; least in q{lowered(least + 1)}."
