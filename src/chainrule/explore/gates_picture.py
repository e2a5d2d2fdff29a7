"""The cell through time as aligned strips, and its words; gates_picture.js makes the same."""

import math
from typing import NamedTuple

from chainrule.explore.numbers import coordinate as xy
from chainrule.explore.numbers import format_number, lowered
from chainrule.explore.plot_parts import text

_TALL, _PACE, _TOP, _LEFT, _RIGHT = 30, 41, 28, 88, 58


class _Strip(NamedTuple):
    """What stands in a step, its name, kind, colour, and the gate that may be clamped."""

    key: str
    name: str
    kind: str
    color: str
    gate: str = ""


_STRIPS = (
    _Strip("g", "candidate g", "state", "#0f8a78"),
    _Strip("i", "input gate i", "gate", "#2f7fc6", "input"),
    _Strip("f", "forget gate f", "gate", "#2f7fc6", "forget"),
    _Strip("c", "cell c", "state", "#0f8a78"),
    _Strip("o", "output gate o", "gate", "#2f7fc6", "output"),
    _Strip("h", "hidden h", "state", "#0f8a78"),
    _Strip("dc", "∂h/∂c", "gradient", "#c8661a"),
    _Strip("dv", "∂h/∂v", "gradient", "#c8661a"),
)


def _chosen(computed):
    """Return the index of the step that the formulas are about."""
    return min(computed.state["step"], len(computed.steps)) - 1


class _Rows:
    """Where the steps of a strip lie."""

    def __init__(self, width, count):
        self.wide, self.count = (width - _LEFT - _RIGHT) / count, count
        self.bar = math.floor(0.72 * self.wide * 10 + 0.5) / 10
        self.end = _LEFT + self.wide * count

    def at(self, t):
        return math.floor((_LEFT + (t + 0.14) * self.wide) * 10 + 0.5) / 10

    def bars(self, starts, ends):
        """Return a path of a bar for each step, between two heights."""
        return "".join(
            f"M{xy(self.at(t))} {xy(y)}h{xy(self.bar)}V{xy(end)}h{xy(-self.bar)}z"
            for t, (y, end) in enumerate(zip(starts, ends))
        )


def _range(strip, state, scale, signed):
    clamp = state.get(strip.gate)
    if clamp is not None:
        return f"clamped to {clamp}"
    return f"{'±' if signed else '0 to '}{format_number(scale, 2)}"


def _highway(steps, rows, zero, high):
    marks = "".join(
        f"M{xy(rows.at(t) - 0.1 * rows.wide)} {xy(zero - high * step.highway)}h{xy(0.92 * rows.wide)}"
        for t, step in enumerate(steps)
    )
    return f'<path class="cr-highway" d="{marks}" stroke="currentColor" stroke-width="1.6"/>'


def _drawn(strip, row, computed, rows):
    """Return one strip: its names at the left, a bar for each step, the chosen step's number at the right."""
    values = [getattr(step, strip.key) for step in computed.steps]
    scale, top, signed = max(1, *map(abs, values)), _TOP + _PACE * row, min(values) < 0
    room = _TALL / 2 if signed else _TALL  # above zero
    zero, high = top + room, room / scale
    bars = rows.bars([zero] * rows.count, [zero - high * value for value in values])
    name = strip.name.replace("h/", f"h{lowered(rows.count)}/")
    slots = f"M{_LEFT} {top}H{xy(rows.end)}v{_TALL}H{_LEFT}z"
    if strip.kind == "gate":
        slots = "".join(
            f"M{xy(rows.at(t))} {top}h{xy(rows.bar)}v{_TALL}h{xy(-rows.bar)}z"
            for t in range(rows.count)
        )
    return (
        f'<path class="cr-slots" d="{slots}" fill="currentColor" fill-opacity="0.07"/>'
        f'<path class="cr-zero" d="M{_LEFT} {xy(zero)}H{xy(rows.end)}" stroke="currentColor" stroke-opacity="0.4"/>'
        f'<path class="cr-bars cr-{strip.kind}" d="{bars}" fill="{strip.color}"/>'
        + (_highway(computed.steps, rows, zero, high) if strip.key == "dc" else "")
        + text(4, top + 12, name, "start", f"cr-label cr-{strip.kind}-label")
        + text(4, top + 26, _range(strip, computed.state, scale, signed), "start", "cr-tick", 11)
        + text(rows.end + 6, top + 19, format_number(values[_chosen(computed)], 3), "start", "cr-label", 12)
    )  # fmt: skip


def picture(computed, width=400):
    """Return the strips as SVG text.

    Parameters
    ----------
    computed : Computed
    width : int, optional
        Pixels at full size.

    Returns
    -------
    str
    """
    rows, now = _Rows(width, len(computed.steps)), _chosen(computed)
    height = _TOP + _PACE * len(_STRIPS)
    symbols = "".join(
        text(
            _LEFT + (t + 0.5) * rows.wide, 18, "·" if step.symbol in " ." else step.symbol,
            "middle", "cr-label" if t == now else "cr-tick", 13,
        )
        for t, step in enumerate(computed.steps)
    )  # fmt: skip
    left = xy(_LEFT + now * rows.wide)
    band = f"M{left} 2h{xy(rows.wide)}V{height - 6}H{left}z"
    return (
        '<svg class="cr-gates" role="img" aria-label="Gates, cell, hidden state and gradients by step. '
        f'{words(computed)}" viewBox="0 0 {width} {height}" width="100%" height="{height}" '
        'font-family="sans-serif">'
        f'<path class="cr-now" d="{band}" fill="currentColor" fill-opacity="0.12"/>'
        f"{text(4, 18, 'typed', 'start')}{symbols}{text(width - _RIGHT + 6, 18, f'step {now + 1}', 'start')}"
        + "".join(_drawn(strip, k, computed, rows) for k, strip in enumerate(_STRIPS))
        + "</svg>"
    )


def _held(computed, written):
    """Return what the cell holds at the end, and what of it the last number typed has left there."""
    steps = computed.steps
    last = steps[-1]
    shut = ": the output gate is shut" if last.o < 0.5 else ""
    shows = (
        f"After step {len(steps)} the cell holds {format_number(last.c, 3)} "
        f"and shows {format_number(last.h, 3)}{shut}."
    )
    if written is None:
        return f"{shows} No digit was typed, so no gate was asked to write."
    step = steps[written]
    own = step.kept * step.i * step.g
    return (
        f"{shows} Of the cell, the {step.symbol} of step {written + 1} makes {format_number(own, 3)} "
        f"and all else {format_number(last.c - own, 3)}: "
        f"the forget gates after it multiply to {format_number(step.kept, 3)}."
    )


def words(computed):
    """Return what the cell holds, for how long, and what gradient comes back to the last number typed."""
    state, steps = computed.state, computed.steps
    written = next((t for t in reversed(range(len(steps))) if steps[t].write), None)
    step = steps[written or 0]
    memory = {
        0: "With f clamped to 0 nothing outlives its step.",
        1: "With f clamped to 1 nothing is forgotten, and numbers add up.",
    }.get(state["forget"])
    if memory is None:
        f = format_number(1 / (1 + math.exp(-state["bias"])), 3)
        memory = f"At f = {f} half of a memory is left after {format_number(computed.half_life, 3)} steps."
    return (
        f"{_held(computed, written)} {memory} "
        f"The gradient ∂h{lowered(len(steps))}/∂c{lowered((written or 0) + 1)} is {format_number(step.dc, 3)}, "
        f"of it {format_number(step.highway, 3)} straight along the cell."
    )
