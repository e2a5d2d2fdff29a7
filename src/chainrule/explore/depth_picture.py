"""Variance by layer as SVG text and in words, for the page without scripts; depth_picture.js makes the same."""

import math
from dataclasses import dataclass

import numpy as np

from chainrule.explore.depth_simulation import simulate, theory
from chainrule.explore.numbers import coordinate as xy
from chainrule.explore.numbers import format_number, raised

_REACH = (4, 8, 16, 32, 64, 128, 256)
_HOME = {"linear": "gain 1 stays here", "relu": "He’s gain, √2, stays here"}
_CURVES = (("signal", "#2f7fc6", "end"), ("gradient", "#c8661a", "start"))
_MARKS = {  # a circle and a diamond; smaller where layers lie close
    ("signal", False): "m-2.5 0a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0 -5 0z",
    ("signal", True): "m-1.6 0a1.6 1.6 0 1 0 3.2 0a1.6 1.6 0 1 0 -3.2 0z",
    ("gradient", False): "m0 -3.4l3.4 3.4l-3.4 3.4l-3.4 -3.4z",
    ("gradient", True): "m0 -2.2l2.2 2.2l-2.2 2.2l-2.2 -2.2z",
}


@dataclass
class Computed:
    """What the figure shows of a state: mean squares by layer, simulated and expected."""

    depth: int
    activation: str
    simulated: dict  # signal and gradient, arrays (depth + 1,)
    theory: dict
    share: float


def compute(state):
    """Return what the figure shows of ``{depth, activation, scale, width, seed}``."""
    signal, gradient, share = simulate(**state)
    depth, activation = state["depth"], state["activation"]
    expected = theory(depth, activation, state["scale"])
    return Computed(
        depth,
        activation,
        {"signal": signal, "gradient": gradient},
        dict(zip(("signal", "gradient"), expected)),
        share,
    )


def _fate(ratio):
    limits = ((1e-4, "vanishes"), (0.1, "fades"))
    if ratio < 0.1:
        return next(name for limit, name in limits if ratio < limit)
    return "is kept" if ratio <= 10 else "grows" if ratio <= 1e4 else "explodes"


def words(computed):
    """Return the verdict, in two sentences or three."""
    signal, gradient = computed.simulated["signal"][-1], computed.simulated["gradient"][0]
    layers = "1 layer multiplies" if computed.depth == 1 else f"{computed.depth} layers multiply"
    percent = math.floor(100 * computed.share + 0.5)
    same = (
        f" {'Less than 1' if percent < 1 else f'Only {percent}'} % of the last layer’s variance differs "
        "from input to input; the rest is the same whatever comes in."
    )
    return (
        f"The signal {_fate(signal)}: {layers} its variance by {format_number(signal, 3)} "
        f"(theory {format_number(computed.theory['signal'][-1], 3)}). "
        f"The gradient {_fate(gradient)} on its way back: ×{format_number(gradient, 3)} "
        f"(theory {format_number(computed.theory['gradient'][0], 3)}).{'' if percent >= 50 else same}"
    )


def _text(x, y, content, anchor="middle", kind="cr-tick", size=12):
    return (
        f'<text class="{kind}" x="{xy(x)}" y="{xy(y)}" font-size="{size}" '
        f'text-anchor="{anchor}" fill="currentColor">{content}</text>'
    )


class _Axes:
    """Where layers and variances lie; the ends move in steps, so that a line that turns is seen to."""

    def __init__(self, computed, width):
        curves = [*computed.simulated.values(), *computed.theory.values()]
        logs = np.log10(np.concatenate(curves))
        self.low, self.high = -_reach(-logs.min()), _reach(logs.max())
        self.left, self.right, self.top, self.bottom = 50, width - 14, 34, 318
        self.depth = depth = computed.depth
        self.pace = next(p for p in (1, 2, 4, 8, 16, 32, 64) if (self.high - self.low) / p <= 8)
        self.step = 1 if depth <= 10 else 5 if depth <= 25 else 10 if depth <= 50 else 20

    def x(self, layer):
        return self.left + (self.right - self.left) * layer / self.depth

    def y(self, log):
        return self.top + (self.bottom - self.top) * (self.high - log) / (self.high - self.low)


def _reach(x):
    return next((limit for limit in _REACH if limit >= x), math.ceil(x))


def _drawn_axes(axes):
    left, right, bottom = axes.left, axes.right, axes.bottom
    parts = []
    for power in range(math.ceil(axes.low / axes.pace) * axes.pace, axes.high + 1, axes.pace):
        kind = 'class="cr-grid" stroke-opacity="0.16"'
        if power == 0:
            kind = 'class="cr-kept" stroke-opacity="0.75" stroke-width="1.5"'
        at = math.floor(axes.y(power) * 10 + 0.5) / 10
        parts += [
            f'<path {kind} d="M{left} {xy(at)}H{xy(right)}" stroke="currentColor"/>',
            _text(left - 7, at + 4, f"10{raised(power)}" if power else "1", "end"),
        ]
    for layer in range(0, axes.depth + 1, axes.step):
        if 0 < layer < axes.depth and axes.depth - layer < axes.step / 2:
            continue
        tick = f'<path class="cr-grid" d="M{xy(axes.x(layer))} {bottom}v5" stroke="currentColor" stroke-opacity="0.5"/>'
        parts += [tick, _text(axes.x(layer), bottom + 18, layer)]
    if axes.depth % axes.step:
        parts.append(_text(axes.x(axes.depth), bottom + 18, axes.depth))
    return "".join(parts) + "".join(
        [
            _text(left - 42, 14, "variance, logarithmic scale", "start"),
            _text((left + right) / 2, bottom + 36, "layer"),
            _text(left, bottom + 36, "input", "start"),
            _text(right, bottom + 36, "output", "end"),
        ]
    )


def _label_place(axes, curve, end, label, taken):
    """Return x and y where a name covers fewest of the places taken, and those with its own."""
    size, at_end = 7.2 * len(label), end == "end"
    best, least = None, math.inf
    for i in range(9):
        part = 1 - i / 12 if at_end else i / 12
        x = axes.x(part * axes.depth)
        y = axes.y(math.log10(curve[math.floor(part * axes.depth + 0.5)]))
        for shift in (-12, 22, -26, 36, -42, 52):
            left, top = (x - size if at_end else x), y + shift - 12
            cost = 0.4 * i + abs(shift - 5) / 40
            cost += 50 * (left < axes.left or left + size > axes.right + 2)
            cost += 50 * (top < axes.top - 8 or top + 16 > axes.bottom)
            across = (left - 4 < taken[:, 0]) & (taken[:, 0] < left + size + 4)
            cost += np.count_nonzero(across & (top - 3 < taken[:, 1]) & (taken[:, 1] < top + 19))
            if cost < least:
                least, best = cost, (x, y + shift, left, top)
    x, y, left, top = best
    columns = range(math.floor(size / 6) + 1)
    own = [(left + 6 * u, top + v) for u in columns for v in (3, 8, 13) for _ in range(3)]
    return x, y, np.concatenate([taken, own])


def _between(axes, curve, count=100):
    at = np.arange(count + 1) / count * axes.depth
    logs = np.interp(at, np.arange(axes.depth + 1), np.log10(curve))
    return [(axes.x(layer), axes.y(log)) for layer, log in zip(at, logs)]


def _drawn_curve(axes, name, color, simulated, expected):
    places = [
        [f"{xy(axes.x(layer))} {xy(axes.y(math.log10(v)))}" for layer, v in enumerate(curve)]
        for curve in (simulated, expected)
    ]
    mark = _MARKS[name, axes.x(1) - axes.x(0) < 5]
    marks = "".join(f"M{place}{mark}" for place in places[0])
    dashes = ' stroke-dasharray="7 4"' if name == "gradient" else ""
    line = f'd="M{"L".join(places[1])}" fill="none" stroke="{color}" stroke-width="1.8"{dashes}'
    return (
        f'<path class="cr-{name} cr-theory" {line}/>'
        f'<path class="cr-{name} cr-dots" d="{marks}" fill="{color}"/>'
    )


def picture(computed, width=480):
    """Return the plot as SVG text.

    Parameters
    ----------
    computed : Computed
    width : int, optional
        Pixels at full size; the height is 360. A narrower page shrinks the picture.

    Returns
    -------
    str
    """
    axes = _Axes(computed, width)
    signal, gradient = computed.simulated["signal"], computed.simulated["gradient"]
    taken = [
        place
        for name, *_ in _CURVES
        for curve in (computed.simulated[name], computed.theory[name])
        for place in _between(axes, curve)
    ]
    taken += [(u, axes.y(0)) for u in range(axes.left, axes.right + 1, 6)]
    names = {
        "signal": f"signal → ×{format_number(signal[-1], 3)}",
        "gradient": f"← gradient ×{format_number(gradient[0], 3)}",
    }
    labels, taken = [], np.array(taken)
    for name, _, end in _CURVES:
        x, y, taken = _label_place(axes, computed.simulated[name], end, names[name], taken)
        labels.append(_text(x, y, names[name], end, f"cr-label cr-{name}-label", 14))
    far = max(abs(math.log10(signal[-1])), abs(math.log10(gradient[0]))) > 2
    home = ""
    if far and computed.activation in _HOME:
        middle = (axes.left + axes.right) / 2
        home = _text(middle, axes.y(0) - 6, _HOME[computed.activation], kind="cr-tick cr-home")
    curves = [
        _drawn_curve(axes, name, color, computed.simulated[name], computed.theory[name])
        for name, color, _ in _CURVES
    ]
    return (
        f'<svg class="cr-depth" role="img" aria-label="Variance by layer. {words(computed)}" '
        f'viewBox="0 0 {width} 360" width="100%" height="360" font-family="sans-serif">'
        f"{_drawn_axes(axes)}{home}{''.join(curves)}{''.join(labels)}</svg>"
    )
