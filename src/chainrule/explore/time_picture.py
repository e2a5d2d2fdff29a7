"""States by step, how the last state depends on each, and words; time_picture.js makes the same."""

import math

from chainrule.explore.numbers import coordinate as xy
from chainrule.explore.numbers import format_number, lowered, raised
from chainrule.explore.plot_parts import Box, dense, line, name_places, text, thin, ticks
from chainrule.explore.time_simulation import FUNCTIONS

_GREEN, _ORANGE = "#0f8a78", "#c8661a"
_LEFT, _RIGHT, _HEIGHT = 54, 14, 436
_LOOKS = (  # class, color, width, dashes, name
    ("cr-norm", _ORANGE, 2.2, "", "gradient"),
    ("cr-theory", "currentColor", 1.3, "6 4", "slope log ρ"),
    ("cr-clipped", _ORANGE, 1.6, "2 3", "clipped"),
)


def _log(value):
    return math.log10(max(value, 1e-99))


def _grid(box, y, strength=0.16):
    return (
        f'<path class="cr-grid" d="M{box.left} {xy(y)}H{xy(box.right)}" '
        f'stroke="currentColor" stroke-opacity="{strength}"/>'
    )


def _title(y, content):
    return text(4, y, content, "start", "cr-label", 13)


def _placing(box, steps, low, high):
    """Return the function from a value and a step to a place."""

    def place(value, t):
        down = ((box.bottom - box.top) * (high - value)) / (high - low)
        return box.left + ((box.right - box.left) * t) / steps, box.top + down

    return place


def _drawn_states(computed, width):
    box = Box(_LEFT, width - _RIGHT, 24, 134)
    columns = [[float(h[j]) for h in computed.states] for j in range(len(computed.states[0]))]
    low, high = min(0.0, *map(min, columns), 0.0), max(0.0, *map(max, columns), 0.0)
    if high - low < 1e-9:
        low, high = -1, 1
    place = _placing(box, computed.state["steps"], low, high)
    axis = [
        _grid(box, place(h, 0)[1], 0.4 if h == 0 else 0.16)
        + text(box.left - 7, place(h, 0)[1] + 4, format_number(h, 3), "end")
        for h in ticks(low, high, 4)
    ]
    lines = [
        line(thin([place(h, t) for t, h in enumerate(column)], 1), box) for column in columns
    ]
    return (
        f"{_title(14, 'state h, forward')}{''.join(axis)}"
        f'<path class="cr-states" d="{"".join(lines)}" fill="none" stroke="{_GREEN}" '
        'stroke-width="1.4" stroke-opacity="0.85"/>'
    )


def _axes(box, place, low, high, steps):
    pace = next(step for step in (1, 2, 5, 10, 20) if (high - low) / step <= 8)
    parts = []
    for power in range(high, low - 1, -1):
        if power % pace == 0:
            y = place(power, 0)[1]
            parts.append(_grid(box, y, 0.16 if power else 0.5))
            parts.append(text(box.left - 7, y + 4, f"10{raised(power)}" if power else "1", "end"))
    for t in ticks(0, steps, 6):
        parts.append(text(place(low, t)[0], box.bottom + 17, format_number(t)))
    return "".join([*parts, text((box.left + box.right) / 2, box.bottom + 35, "step t")])


def _drawn_norms(computed, width):
    box, steps = Box(_LEFT, width - _RIGHT, 172, 396), computed.state["steps"]
    curves = [[_log(x) for x in values] for values in (computed.norms, computed.line)]
    if computed.factor < 1:
        curves.append([power + _log(computed.factor) for power in curves[0]])
    least, most = min(map(min, curves)), max(map(max, curves))
    low = max(-40, min(-1, math.floor(least + 1e-9)))
    high = min(40, max(1, math.ceil(most - 1e-9)))
    place = _placing(box, steps, low, high)
    points = [thin([place(power, t) for t, power in enumerate(curve)], 1) for curve in curves]
    lines, names = [], []
    for (kind, color, wide, dashes, _), curve in zip(_LOOKS, points):
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        lines.append(
            f'<path class="{kind}" d="{line(curve, box)}" fill="none" stroke="{color}" '
            f'stroke-width="{wide}"{dashed}/>'
        )
    near = [dense(curve[::-1], box) for curve in points]  # far back, where the lines lie apart
    places = name_places([(name, 13) for *_, name in _LOOKS[: len(points)]], near, box)
    for (kind, *_, name), (x, y) in zip(_LOOKS, places):
        names.append(text(x, y + 4, name, "middle", f"cr-label {kind}-label", 13))
    title = _title(160, f"norm of ∂h{lowered(steps)}/∂hₜ, backward")
    return "".join([title, _axes(box, place, low, high, steps), *lines, *names])


def picture(computed, width=400):
    """Return both plots, one above the other, as SVG text.

    Parameters
    ----------
    computed : Computed
    width : int, optional
        Pixels at full size.

    Returns
    -------
    str
    """
    return (
        f'<svg class="cr-time" role="img" aria-label="States, and the gradient through time. {words(computed)}" '
        f'viewBox="0 0 {width} {_HEIGHT}" width="100%" height="{_HEIGHT}" font-family="sans-serif">'
        f"{_drawn_states(computed, width)}{_drawn_norms(computed, width)}</svg>"
    )


def _reason(computed):
    """Return why the gradient does not follow the line, or that it does."""
    kind, activation = computed.state["kind"], computed.state["activation"]
    if activation == "tanh":
        return f"; the slopes of tanh are {format_number(computed.slope, 3)} on average."
    if activation == "relu":
        return f"; ReLU lets {format_number(100 * computed.slope, 2)} % of the units pass."
    if kind == "random":
        return ": in the long run each step multiplies by ρ, but this matrix stretches some directions more."
    return ", the same: nothing is squashed."


def _clipped(computed):
    clip = computed.state["clip"]
    if clip is None:
        return ""
    told = "leaves it as it is, and would make nothing larger."
    if computed.factor < 1:
        told = f"multiplies all of it by {format_number(computed.factor, 3)}: the curve moves, its slope stays."
    return (
        f" The gradient of the weights has the norm {format_number(computed.gradient, 3)}; "
        f"clipping at {format_number(clip, 3)} {told}"
    )


def words(computed):
    """Return whether the gradient vanishes, explodes or is kept, by how much, and why."""
    steps, whole = computed.state["steps"], computed.norms[0]
    fate = "vanishes" if whole < 0.01 else "explodes" if whole > 100 else "is kept"
    pace = ": some factor on the way is exactly 0."
    if whole:
        pace = f", by {format_number(whole ** (1 / steps), 3)} a step."
    return (
        f"With {FUNCTIONS[computed.state['activation']][0]} the gradient {fate}: "
        f"going back {steps} steps multiplies its norm by {format_number(whole, 3)}{pace} "
        f"The line of slope log ρ comes to {format_number(computed.line[0], 3)}"
        f"{_reason(computed)}{_clipped(computed)}"
    )
