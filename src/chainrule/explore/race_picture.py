"""The contour plot, the loss curves and the words of a race; race_picture.js makes the same."""

import math
from itertools import pairwise

from chainrule.explore.numbers import coordinate as xy
from chainrule.explore.numbers import format_number, raised
from chainrule.explore.plot_parts import Box, dense, line, name_places, text, thin, ticks
from chainrule.explore.race_simulation import LAST, RUNNERS, SURFACES

_LOOKS = (  # color, dashes, mark
    ("currentColor", "", "m-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0z"),
    ("#2f7fc6", "8 3", "m-3 -3h6v6h-6z"),
    ("#c8661a", "2 2.5", "m0 -4l4 7h-8z"),
    ("#0f8a78", "9 2.5 2 2.5", "m0 -4.2l4.2 4.2l-4.2 4.2l-4.2 -4.2z"),
)
_NAMES = ("GD", "heavy ball", "Nesterov", "Adam")


def _steps(n):
    return "1 step" if n == 1 else f"{n} steps"


def words(computed):
    """Return what happened, in sentences."""
    runs = computed.runs
    arrived = sorted((run for run in runs if run.arrived is not None), key=lambda run: run.arrived)
    parts = ["None reaches a millionth of the first loss for good."]
    if arrived:
        winner = f"{arrived[0].runner} after {_steps(arrived[0].arrived)}"
        others = ", ".join(f"{run.runner} {run.arrived}" for run in arrived[1:])
        then = f", then {others}" if others else ""
        parts = [f"A millionth of the first loss is reached, for good, by {winner}{then}."]
    lost = [
        f"{run.runner} after {_steps(run.diverged)}" for run in runs if run.diverged is not None
    ]
    if lost:
        parts.append(f"Diverged: {', '.join(lost)}.")
    wells = computed.state["surface"] == "wells"
    away = [
        f"{run.runner} (loss {format_number(run.losses[LAST], 2)}"
        f"{', the shallow minimum' if wells and run.points[LAST][0] > 0.5 else ''})"
        for run in runs
        if run.arrived is None and run.diverged is None
    ]
    if away:
        parts.append(f"Not there in {LAST} steps: {', '.join(away)}.")
    if computed.rates:
        named = (f"{name} ×{format_number(r, 3)}" for name, r in zip(RUNNERS, computed.rates))
        parts.append(f"Theory, for each step’s error: {', '.join(named)}.")
    title = SURFACES[computed.state["surface"]].title
    return f"{title[0].upper()}{title[1:]}: {' '.join(parts)}"


def _stretches(below, start, stop):
    """Return the stretches of x where ``below`` holds; between samples their ends are found by halving."""
    xs = [start + (i / 80) * (stop - start) for i in range(81)]

    def edge(low, high):
        for _ in range(30):
            middle = (low + high) / 2
            if below(middle) == below(low):
                low = middle
            else:
                high = middle
        return low if below(low) else high

    found, first = [], xs[0] if below(xs[0]) else None
    for low, high in pairwise(xs):
        if below(high) == (first is not None):
            continue
        x = edge(low, high)
        if first is None:
            first = x
        else:
            found.append((first, x))
            first = None
    return found if first is None else [*found, (first, stop)]


def _contour(surface, kappa, level, place, box):
    """Return the path where y = r(x) ± √((level − q(x))/c)."""
    parts = []
    for a, b in _stretches(lambda x: surface.q(x, kappa) <= level, *surface.window[:2]):
        xs = [(a + b) / 2 - ((b - a) / 2) * math.cos((i / 30) * math.pi) for i in range(31)]
        for sign in (1, -1):
            room = (max(0, level - surface.q(x, kappa)) / surface.c for x in xs)
            points = [place(x, surface.r(x) + sign * math.sqrt(left)) for x, left in zip(xs, room)]
            parts.append(line(points, box))
    return "".join(parts)


def _frame(box):
    return (
        f'<path class="cr-frame" d="M{box.left} {box.top}H{box.right}V{box.bottom}H{box.left}Z" '
        'fill="none" stroke="currentColor" stroke-opacity="0.5"/>'
    )


def _drawn_runs(curves, box, gap):
    parts = []
    for k, (points, (color, dashes, mark)) in enumerate(zip(curves, _LOOKS)):
        inside = [
            (x, y) for x, y in points if box.left <= x <= box.right and box.top <= y <= box.bottom
        ]
        marks = "".join(f"M{xy(x)} {xy(y)}{mark}" for x, y in thin(inside, gap)) if inside else ""
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        parts.append(
            f'<path class="cr-line cr-run{k}" d="{line(thin(points, 1), box)}" fill="none" '
            f'stroke="{color}" stroke-width="1.7"{dashed}/>'
            f'<path class="cr-mark cr-run{k}" d="{marks}" fill="{color}"/>'
        )
    return "".join(parts)


def _drawn_names(names, lines, box):
    places = name_places([name[:2] for name in names], lines, box)
    return "".join(
        text(x, y + 4, name, "middle", f"cr-label cr-run{k}", size)
        for (name, size, k), (x, y) in zip(names, places)
    )


def _followed(run, window, steps):
    """Return the points to draw: what flies away is not followed beyond its first point outside."""
    x0, x1, y0, y1 = window
    last = steps
    if run.diverged is not None:
        outside = (
            i for i, (x, y) in enumerate(run.points) if not (x0 <= x <= x1 and y0 <= y <= y1)
        )
        last = min(steps, next(outside, steps))
    return run.points[: last + 1]


def drawn_contours(computed, width, height):
    """Return the surface from above with the four paths, as the inside of an SVG."""
    state = computed.state
    surface = SURFACES[state["surface"]]
    x0, x1, y0, y1 = surface.window
    box = Box(30, width - 8, 8, height - 24)

    def place(x, y):
        across = box.left + ((box.right - box.left) * (x - x0)) / (x1 - x0)
        return across, box.bottom - ((box.bottom - box.top) * (y - y0)) / (y1 - y0)

    levels = "".join(
        _contour(surface, state["kappa"], level, place, box) for level in surface.levels
    )
    axis = [text(place(x, y0)[0], box.bottom + 16, format_number(x)) for x in ticks(x0, x1, 6)]
    axis += [
        text(box.left - 6, place(x0, y)[1] + 4, format_number(y), "end") for y in ticks(y0, y1, 5)
    ]
    curves = [
        [place(*point) for point in _followed(run, surface.window, state["steps"])]
        for run in computed.runs
    ]
    lines = [dense(thin(points, 1), box) for points in curves]
    x, y = place(*state["start"])
    return (
        f'<path class="cr-level" d="{levels}" fill="none" stroke="currentColor" stroke-opacity="0.28"/>'
        f"{_frame(box)}{''.join(axis)}{_drawn_runs(curves, box, 16)}"
        f'<path class="cr-start" d="M{xy(x - 7)} {xy(y)}h14m-7 -7v14" stroke="currentColor" stroke-width="2.5"/>'
        + _drawn_names([(name, 13, k) for k, name in enumerate(_NAMES)], lines, box)
    )


def _log(value):
    return math.log10(max(value, 1e-99))


class _LossAxes:
    """Where steps and losses lie."""

    def __init__(self, kept, steps, width, height):
        self.box, self.steps = Box(46, width - 16, 26, height - 24), steps
        losses = [value for losses in kept for value in losses]
        least, most = (max(-12, _log(value)) for value in (min(losses), max(losses)))
        self.first = _log(kept[0][0])
        self.low = -next(reach for reach in (1, 2, 4, 6, 8, 12) if reach >= -least)
        self.high = max(self.low + 1, math.ceil(min(most, self.first + 2)))

    def place(self, n, power):
        left, right, top, bottom = self.box
        y = top + ((bottom - top) * (self.high - power)) / (self.high - self.low)
        return left + ((right - left) * n) / self.steps, y

    def drawn(self):
        left, right, _, bottom = self.box
        pace = next(step for step in (1, 2, 3, 4) if (self.high - self.low) / step <= 6)
        parts = []
        for power in range(self.high, self.low - 1, -1):
            if power % pace:
                continue
            y = self.place(0, power)[1]
            parts.append(
                f'<path class="cr-grid" d="M{left} {xy(y)}H{right}" stroke="currentColor" stroke-opacity="0.14"/>'
                + text(left - 6, y + 4, f"10{raised(power)}" if power else "1", "end")
            )
        for n in ticks(0, self.steps, 5):
            parts.append(text(self.place(n, self.low)[0], bottom + 16, format_number(n)))
        return "".join([*parts, text(8, 14, "loss, by step", "start")])


def _loss_names(computed):
    names = []
    for k, run in enumerate(computed.runs):
        arrived = "" if run.arrived is None else f": {run.arrived}"
        fate = " diverges" if run.diverged is not None else arrived
        names.append((f"{_NAMES[k]}{fate}", 13, k))
    rates = computed.rates[:2]
    return names + [(f"theory ×{format_number(rate, 3)}", 11, k) for k, rate in enumerate(rates)]


def drawn_losses(computed, width, height):
    """Return the losses by step on a logarithmic axis, and on the quadratic two rates of theory."""
    steps = computed.state["steps"]
    kept = [run.losses[: steps + 1] for run in computed.runs]
    axes = _LossAxes(kept, steps, width, height)
    stride = math.ceil(steps / 200)
    curves = [
        [
            axes.place(n, _log(value))
            for n, value in enumerate(losses)
            if n % stride == 0 or n == len(losses) - 1
        ]
        for losses in kept
    ]
    ends = [
        [axes.place(0, axes.first), axes.place(steps, axes.first + 2 * steps * _log(rate))]
        for rate in computed.rates[:2]
    ]
    theory = "".join(
        f'<path class="cr-line cr-theory cr-run{k}" d="{line(points, axes.box)}" fill="none" '
        f'stroke="{_LOOKS[k][0]}" stroke-width="1" stroke-opacity="0.7"/>'
        for k, points in enumerate(ends)
    )
    lines = [dense(points, axes.box) for points in [*curves, *ends]]
    return (
        f"{_frame(axes.box)}{axes.drawn()}{theory}{_drawn_runs(curves, axes.box, 34)}"
        f"{_drawn_names(_loss_names(computed), lines, axes.box)}"
    )


def picture(computed):
    """Return both plots, one above the other, as SVG text."""
    return (
        f'<svg class="cr-race" role="img" aria-label="Contours with four paths, and losses by step. {words(computed)}" '
        'viewBox="0 0 400 590" width="100%" height="590" font-family="sans-serif">'
        f"{drawn_contours(computed, 400, 290)}"
        f'<g transform="translate(0 300)">{drawn_losses(computed, 400, 290)}</g></svg>'
    )
