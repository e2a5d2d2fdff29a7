"""The fitted curve and its errors as SVG text and in words; fit_picture.js makes the same."""

import math

import numpy as np

from chainrule.explore.fit_ridge import GRID, HIGHEST
from chainrule.explore.numbers import coordinate as xy
from chainrule.explore.numbers import format_number, raised
from chainrule.explore.plot_area import FIRST, SECOND, PlotArea, frame, line, marks, text

Y_END = 1.5
_LOW, _HIGH = -4, 1  # the ends of the axis of errors, as powers of ten
_TRAIN = f'class="cr-train" fill="{FIRST}" stroke="{FIRST}" stroke-width="1.6"'
_VALIDATION = (
    f'class="cr-validation" fill="var(--cr-paper, none)" stroke="{SECOND}" stroke-width="1.8"'
)


def best_degree(errors):
    """Return the lowest degree whose validation error is the least, but for rounding."""
    return int(np.argmax(errors <= errors.min() * (1 + 1e-9)))


def power_of_ten(power):
    """Return 10 to a decimal power, as written."""
    return (
        f"10{raised(format_number(power))}"
        if power == int(power)
        else format_number(10.0**power, 3)
    )


def _written(error):
    """Return an error as text; where the curve meets the points, only rounding would be left to read."""
    return "below 10⁻⁹" if error < 1e-9 else format_number(error, 3)


def words(fitted):
    """Return the errors and the verdict, in two sentences."""
    degree, errors = fitted.degree, fitted.errors["validation"]
    shown = f"Degree {degree}, penalty {power_of_ten(fitted.log10_penalty)}: training error "
    shown += _written(fitted.errors["train"][degree])
    if len(fitted.validation) == 0:
        return f"{shown}. Without validation points nobody knows how the curve does elsewhere."
    shown += f", validation error {_written(errors[degree])}."
    best = best_degree(errors)
    if errors[degree] <= 1.1 * errors[best]:
        return f"{shown} At this penalty no other degree does {'better' if best == degree else 'much better'}."
    fault = "The curve follows the noise" if degree > best else "The curve is too stiff"
    rival = f"degree {best} has a validation error of {_written(errors[best])}."
    return f"{shown} {fault}: at this penalty {rival}"


def areas(width):
    """Return the two plots' areas and the picture's height: beside each other where there is room."""
    if width >= 600:
        middle = math.floor(width * 0.6)
        boxes = (38, 52, middle - 8, 322), (middle + 58, 52, width - 12, 322)
    else:
        boxes = (38, 52, width - 10, 300), (50, 384, width - 10, 524)
    curve = PlotArea(*boxes[0], (-1, 1), (-Y_END, Y_END))
    return curve, PlotArea(*boxes[1], (0, HIGHEST), (_LOW, _HIGH)), boxes[1][3] + 42


def _curve(area, fitted):
    """Return the fitted curve; a picture within the picture cuts off what leaves the plot."""
    places = [
        (area.x(x) - area.left, min(4000.0, max(-4000.0, area.y(y) - area.top)))
        for x, y in zip(GRID, fitted.curve)
    ]
    box = f'width="{xy(area.right - area.left)}" height="{xy(area.bottom - area.top)}"'
    look = 'class="cr-fitted" stroke="currentColor" stroke-width="2"'
    return f'<svg x="{xy(area.left)}" y="{xy(area.top)}" {box}>{line(places, look)}</svg>'


def _key(fitted, area):
    """Return what the marks mean, and the errors in numbers."""
    parts = []
    for k, (name, shape, look) in enumerate(
        (("train", "circle", _TRAIN), ("validation", "diamond", _VALIDATION))
    ):
        count, error = len(getattr(fitted, name)), fitted.errors[name][fitted.degree]
        label = (
            f"{count} {'training' if name == 'train' else name} point{'' if count == 1 else 's'}"
        )
        label += f", error {_written(error)}" if count else ""
        y = 16 + 20 * k
        parts += [
            marks([(area.left + 6, y - 4)], shape, look),
            text(area.left + 18, y, label, "start", "cr-label", 14),
        ]
    return "".join(parts)


def _errors(area, fitted):
    """Return the errors by degree, with the current degree marked."""
    degree = fitted.degree
    x_ticks = [(d, d) for d in range(0, HIGHEST + 1, 3)]
    y_ticks = [(p, f"10{raised(p)}" if p else "1") for p in range(_LOW, _HIGH + 1)]
    y_ticks[0] = (_LOW, f"≤10{raised(_LOW)}")
    y_ticks[-1] = (_HIGH, "≥10")
    here = f'd="M{xy(area.x(degree))} {xy(area.top)}V{xy(area.bottom)}" stroke="currentColor"'
    parts = [
        frame(area, x_ticks, y_ticks),
        f'<path class="cr-here" {here} stroke-width="1.2" stroke-dasharray="2 3"/>',
        text(area.left - 42, area.top - 12, "error by degree, logarithmic scale", "start"),
        text((area.left + area.right) / 2, area.bottom + 36, "degree"),
    ]
    for name, color, shapes, look, dashes in (
        ("train", FIRST, ("dot", "circle"), _TRAIN, ""),
        (
            "validation",
            SECOND,
            ("small diamond", "diamond"),
            _VALIDATION,
            ' stroke-dasharray="6 3"',
        ),
    ):
        if len(getattr(fitted, name)) == 0:
            continue
        logs = [_log(error) for error in fitted.errors[name]]
        places = [(area.x(d), area.y(log)) for d, log in enumerate(logs)]
        parts += [
            line(places, f'class="cr-{name}-errors" stroke="{color}" stroke-width="1.6"{dashes}'),
            marks(places, shapes[0], look),
            marks([places[degree]], shapes[1], look),
        ]
    return "".join(parts)


def _log(error):
    return min(_HIGH, max(_LOW, math.log10(error))) if error > 0 else _LOW


def picture(fitted, width=480):
    """Return points, curve and errors as SVG text.

    Parameters
    ----------
    fitted : chainrule.explore.fit_ridge.Fitted
    width : int, optional
        Pixels at full size; from 600 on, the two plots stand beside each other.

    Returns
    -------
    str
    """
    area, beside, height = areas(width)
    x_ticks = [(-1, "−1"), (-0.5, "−0.5"), (0, "0"), (0.5, "0.5"), (1, "1")]
    y_ticks = [(-1, "−1"), (0, "0"), (1, "1")]
    points = [
        marks([(area.x(x), area.y(y)) for x, y in getattr(fitted, name)], shape, look)
        for name, shape, look in (
            ("train", "circle", _TRAIN),
            ("validation", "diamond", _VALIDATION),
        )
    ]
    return (
        f'<svg class="cr-fit" role="img" aria-label="Fitted curve and its errors. {words(fitted)}" '
        f'viewBox="0 0 {width} {height}" width="100%" height="{height}" font-family="sans-serif">'
        f"{_key(fitted, area)}{frame(area, x_ticks, y_ticks)}"
        f"{text((area.left + area.right) / 2, area.bottom + 36, 'x')}"
        f"{_curve(area, fitted)}{''.join(points)}{_errors(beside, fitted)}</svg>"
    )
