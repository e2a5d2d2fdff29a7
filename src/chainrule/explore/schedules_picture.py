"""A learning rate by step: path, picture and words; schedules_picture.js makes the same."""

import math
from dataclasses import dataclass

from chainrule import optim
from chainrule.explore.numbers import coordinate as xy
from chainrule.explore.numbers import format_number
from chainrule.explore.plot_parts import Box, line, text, thin, ticks

START = 0.01  # of the peak, where a warm-up begins
TITLES = {
    "constant": "constant",
    "step": "step decay",
    "exponential": "exponential decay",
    "polynomial": "polynomial decay",
    "cosine": "cosine",
    "sgdr": "SGDR, cosine with restarts",
    "onecycle": "one cycle",
}
_GREEN, _ORANGE = "#0f8a78", "#c8661a"


def warmup_of(state):
    """Return the steps of warm-up; one cycle warms up by itself."""
    return 0 if state["shape"] == "onecycle" else min(state["warmup"], state["steps"] - 1)


def schedule_of(state):
    """Return the schedule of ``chainrule.optim`` that a state describes, over a number for an optimiser."""
    s, lr, warmup = state, state["lr"], warmup_of(state)
    n = s["steps"] - warmup
    make = {
        "constant": lambda: optim.LambdaLR(lr, lambda t: 1.0),
        "step": lambda: optim.StepLR(lr, s["every"], s["gamma"]),
        "exponential": lambda: optim.ExponentialLR(lr, s["decay"]),
        "polynomial": lambda: optim.PolynomialLR(lr, n, s["power"]),
        "cosine": lambda: optim.CosineAnnealingLR(lr, n, s["low"] * lr),
        "sgdr": lambda: optim.CosineAnnealingWarmRestarts(lr, s["period"], s["mult"], s["low"] * lr),
        "onecycle": lambda: optim.OneCycleLR(
            lr, lr, n, s["rise"], cycle_momentum=False, div_factor=s["div"]
        ),
    }  # fmt: skip
    schedule = make[s["shape"]]()
    if not warmup:
        return schedule
    return optim.SequentialLR(lr, [optim.LinearLR(lr, START, 1.0, warmup), schedule], [warmup])


@dataclass
class Computed:
    """What the figure shows of a state."""

    state: dict
    rates: list
    area: float  # the sum of the rates
    peak: float
    when: int  # the first step with the peak


def compute(state):
    """Return what the figure shows of ``{shape, lr, steps, warmup, ...}``."""
    rates = schedule_of(state).path(state["steps"]).tolist()
    peak = max(rates)
    when = next(t for t, rate in enumerate(rates) if rate >= peak * (1 - 1e-12))
    return Computed(state, rates, sum(rates), peak, when)


def words(computed):
    """Return the schedule in two sentences."""
    state, peak, area = computed.state, computed.peak, computed.area
    warmup, title = warmup_of(state), TITLES[state["shape"]]
    warm = f", {warmup} of them warm-up" if warmup else ""
    return (
        f"{title[0].upper()}{title[1:]}, {state['steps']} steps{warm}: "
        f"the rate peaks at {format_number(peak, 3)}, at step {computed.when}, "
        f"and is {format_number(computed.rates[-1], 3)} at the last step. "
        f"The rates sum to {format_number(area, 3)}, "
        f"as much as {format_number(area / peak, 3)} steps at the peak."
    )


def _axis(box, place, steps, top):
    numbers = [text(place(t, 0)[0], box.bottom + 17, format_number(t)) for t in ticks(0, steps, 5)]
    for rate in ticks(0, top, 4):
        at = math.floor(place(0, rate)[1] * 10 + 0.5) / 10
        numbers += [
            f'<path class="cr-grid" d="M{box.left} {xy(at)}H{xy(box.right)}" '
            'stroke="currentColor" stroke-opacity="0.16"/>',
            text(box.left - 7, at + 4, format_number(rate, 3), "end"),
        ]
    numbers.append(text(8, 14, "learning rate", "start"))
    return "".join([*numbers, text((box.left + box.right) / 2, box.bottom + 35, "step")])


def _names(computed, box, peak_at, level):
    x, y = peak_at
    late = computed.when + 0.5 > computed.state["steps"] / 2
    peak, mean = computed.peak, computed.area / computed.state["steps"]
    top = f"peak {format_number(peak, 3)} at step {computed.when}"
    average = f"mean {format_number(mean, 3)} · sum {format_number(computed.area, 3)}"
    below = level + (18 if mean > 0.8 * peak else -7)
    place = (x + 4, y - 10, top, "end") if late else (x - 4, y - 10, top, "start")
    return text(*place, "cr-label cr-peak-label", 13) + text(
        box.right - 4, below, average, "end", "cr-label cr-mean-label", 13
    )


def picture(computed, width=400):
    """Return the curve, the area under it, its peak and its mean as SVG text.

    Parameters
    ----------
    computed : Computed
    width : int, optional
        Pixels at full size; the height is 300.

    Returns
    -------
    str
    """
    steps, top = computed.state["steps"], 1.12 * computed.peak
    box = Box(58, width - 16, 34, 256)

    def place(t, rate):
        across = box.left + ((box.right - box.left) * t) / steps
        return across, box.bottom - ((box.bottom - box.top) * rate) / top

    both = [place(t + late, rate) for t, rate in enumerate(computed.rates) for late in (0, 1)]
    curve = line(thin(both, 0.7), box)
    x, y = place(computed.when + 0.5, computed.peak)
    level = place(0, computed.area / steps)[1]
    return (
        f'<svg class="cr-schedule" role="img" aria-label="Learning rate by step. {words(computed)}" '
        f'viewBox="0 0 {width} 300" width="100%" height="300" font-family="sans-serif">'
        f"{_axis(box, place, steps, top)}"
        f'<path class="cr-area" d="{curve}V{box.bottom}H{box.left}Z" fill="{_GREEN}" fill-opacity="0.16"/>'
        f'<path class="cr-mean" d="M{box.left} {xy(level)}H{xy(box.right)}" stroke="{_ORANGE}" '
        'stroke-width="1.3" stroke-dasharray="6 4"/>'
        f'<path class="cr-curve" d="{curve}" fill="none" stroke="{_GREEN}" stroke-width="2"/>'
        f'<path class="cr-peak" d="M{xy(x)} {xy(y)}m-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z" fill="{_GREEN}"/>'
        f"{_names(computed, box, (x, y), level)}</svg>"
    )
