"""Input, output and the sum of one pixel as SVG text and in words; microscope_picture.js makes the same."""

import math
from dataclasses import dataclass

from chainrule.explore.microscope_window import KERNELS, SIZE, side_of
from chainrule.explore.numbers import coordinate as xy
from chainrule.explore.numbers import format_number
from chainrule.explore.pixel_map import frame_of, levels_of, pixel_map
from chainrule.explore.plot_area import FIRST, text

GREYS = 12  # levels of the output
_ROW = 26  # height of a row of terms
_GLASS = 'fill="none" stroke="var(--cr-accent, #0a8a74)"'


@dataclass
class Layout:
    """Where things lie in a picture so wide."""

    cell: float  # the side of a pixel, of input and output
    input: tuple  # left, top of the padded picture
    output: tuple
    size_line: float  # y of the formula
    terms: tuple  # left, top, width of a term
    height: float


def layout_of(computed, width, is_beside):
    """Return where things lie: output beside the input, or below it."""
    padded = SIZE + 2 * computed.state["padding"]
    room = min((width - 24) / 2, 344) if is_beside else min(width - 8, 300)
    cell = math.floor((10 * room) / padded) / 10
    left = (width - 2 * room - 16) / 2 if is_beside else (width - room) / 2
    below = 24 + room if is_beside else 48 + 2 * room
    where = (left + room + 16, 24) if is_beside else (left, 48 + room)
    k = side_of(computed.state["kernel"])
    terms = (left, below + 50, min(room / k, 76))
    return Layout(cell, (left, 24), where, below + 16, terms, below + 50 + _ROW * k + 26)


def size_formula(computed):
    """Return how the output's side is computed."""
    state, k = computed.state, side_of(computed.state["kernel"])
    inside = f"{SIZE} + 2·{state['padding']} − {state['dilation']}·({k} − 1) − 1"
    return f"{computed.size} = ⌊({inside}) / {state['stride']}⌋ + 1"


def _sum_of(numbers):
    total = 0.0
    for number in numbers:  # the built-in sum rounds otherwise from Python 3.12 on
        total += number
    return total


def _joined(terms):
    """Return terms as text, each begun by its sign but the first."""
    signed = [(" − " + term[1:]) if term.startswith("−") else (" + " + term) for term in terms]
    return "".join([*terms[:1], *signed[1:]])


def _result(computed):
    total, divide = computed.total, computed.state["divide"]
    if divide == 1:
        return format_number(total)
    return f"{format_number(total)}; {format_number(total)} / {format_number(divide)} = {format_number(total / divide)}"


def words(computed):
    """Return what is seen, in sentences."""
    state = computed.state
    title = next(
        (t for t, kernel, divide in KERNELS.values()
         if kernel == state["kernel"] and divide == state["divide"]), "your kernel",
    )  # fmt: skip
    terms = [f"{format_number(tap.weight)}·{tap.pixel}" for tap in computed.taps if tap.weight * tap.pixel]
    spelled = f"{_joined(terms)} = {_result(computed)}" if terms else "every term is 0"
    low, high = float(computed.output.min()), float(computed.output.max())
    run = "Every output pixel is 0" if low == high == 0 else (
        f"Output pixels run from {format_number(low)} to {format_number(high)}"
    )  # fmt: skip
    outside = sum(not tap.inside for tap in computed.taps)
    padded = f" {outside} of its pixels lie in the padding." if outside else ""
    return (
        f"{title[0].upper()}{title[1:]}, stride {state['stride']}, padding {state['padding']}, dilation "
        f"{state['dilation']}: {computed.size} × {computed.size} outputs. {run}. Output row {computed.at[0]}, "
        f"column {computed.at[1]}: {spelled}.{padded}"
    )


def _drawn_input(computed, layout):
    (left, top), cell, padding = layout.input, layout.cell, computed.state["padding"]
    levels = [int(pixel) for pixel in computed.state["picture"]]
    inner = padding * cell
    frame = frame_of(left + inner, top + inner, SIZE * cell)
    if padding:
        side = (SIZE + 2 * padding) * cell
        frame += frame_of(left, top, side).replace("/>", ' stroke-dasharray="3 4"/>')
    squares = "".join(
        f"M{xy(left + inner + tap.column * cell)} {xy(top + inner + tap.row * cell)}"
        f"h{xy(cell)}v{xy(cell)}h-{xy(cell)}z"
        for tap in computed.taps
    )
    padded = f", padding {padding}" if padding else ""
    return (
        text(left, top - 9, f"input {SIZE} × {SIZE}{padded}", "start", "cr-title")
        + pixel_map(levels, SIZE, 9, left + inner, top + inner, cell)
        + f'{frame}<path class="cr-window" d="{squares}" {_GLASS} stroke-width="1.6"/>'
    )


def _drawn_output(computed, layout):
    (left, top), cell, size = layout.output, layout.cell, computed.size
    values = computed.output.ravel().tolist()
    most = max(abs(value) for value in values)
    x, y = left + computed.at[1] * cell, top + computed.at[0] * cell
    scale = f", strongest ±{format_number(most, 3)}" if most else ""
    return (
        text(left, top - 9, f"output {size} × {size}{scale}", "start", "cr-title")
        + pixel_map(levels_of(values, most, GREYS), size, GREYS, left, top, cell, FIRST)
        + frame_of(left, top, size * cell)
        + f'<path class="cr-chosen" d="M{xy(x - 1)} {xy(y - 1)}h{xy(cell + 2)}v{xy(cell + 2)}h-{xy(cell + 2)}z" '
        f'{_GLASS} stroke-width="2.4"/>'
    )


def _drawn_terms(computed, layout, width):
    left, top, wide = layout.terms
    k, parts = side_of(computed.state["kernel"]), []
    row, column = computed.at
    parts.append(text(left, top - 10, f"output row {row}, column {column}: weight · pixel", "start", "cr-title"))
    for i, tap in enumerate(computed.taps):
        x, y = left + wide * (i % k), top + _ROW * (i // k)
        dashes = "" if tap.inside else ' stroke-dasharray="3 3"'
        parts.append(
            f'<path d="M{xy(x + 1)} {xy(y + 1)}h{xy(wide - 2)}v{_ROW - 2}h-{xy(wide - 2)}z" fill="currentColor" '
            f'fill-opacity="{math.floor(100 * 0.025 * tap.pixel + 0.5) / 100:g}" stroke="currentColor" '
            f'stroke-opacity="0.4"{dashes}/>'
            + text(x + wide / 2, y + 17, f"{format_number(tap.weight)}·{tap.pixel}", "middle", "cr-term")
        )
    if width - left - k * wide > 180:  # room for the sums of the rows
        for i in range(k):
            products = [tap.weight * tap.pixel for tap in computed.taps[k * i : k * i + k]]
            spelled = _joined([format_number(product) for product in products])
            parts.append(text(left + k * wide + 10, top + _ROW * i + 17,
                              f"{spelled} = {format_number(_sum_of(products))}", "start", "cr-tick"))  # fmt: skip
    parts.append(text(left, top + _ROW * k + 18, f"sum {_result(computed)}", "start", "cr-sum", 13))
    return "".join(parts)


def picture(computed, width, is_beside):
    """Return input, output and the terms of one sum as SVG text."""
    layout = layout_of(computed, width, is_beside)
    shown, size = xy(layout.height), f"side of the output: {size_formula(computed)}"
    return (
        f'<svg class="cr-microscope" role="img" aria-label="{words(computed)}" viewBox="0 0 {width} {shown}" '
        f'width="100%" height="{shown}" font-family="sans-serif">'
        f"{_drawn_input(computed, layout)}{_drawn_output(computed, layout)}"
        f"{text(layout.terms[0], layout.size_line, size, 'start', 'cr-tick')}"
        f"{_drawn_terms(computed, layout, width)}</svg>"
    )
