"""Points, boundary, counts and ROC curve as SVG text and in words; decision_boundary_picture.js makes the same."""

import math

from chainrule.explore.decision_boundary_contour import zero_segments
from chainrule.explore.decision_boundary_model import END, cut_of, score
from chainrule.explore.numbers import coordinate as xy
from chainrule.explore.numbers import format_number
from chainrule.explore.plot_area import FIRST, SECOND, PlotArea, frame, line, marks, text

_KINDS = {  # of points: positive and negative
    1: ("circle", f'class="cr-positive" fill="{FIRST}" stroke="{FIRST}" stroke-width="1.2"'),
    0: ("square", f'class="cr-negative" fill="none" stroke="{SECOND}" stroke-width="1.8"'),
}
_WRONG = 'class="cr-missed" fill="none" stroke="var(--cr-wrong, currentColor)" stroke-width="1.4"'
_METRICS = (
    ("accuracy", "accuracy"),
    ("precision", "precision"),
    ("recall", "recall"),
    ("F1", "f1"),
)


def words(shown):
    """Return what the model gets right, in a few sentences."""
    counts, n = shown.counts, len(shown.points)
    if n == 0:
        return "No points yet: choose a class and paint some."
    right, positives = counts["tp"] + counts["tn"], counts["tp"] + counts["fn"]
    accuracy, precision, recall, f1, area = (format_number(v, 3) for v in shown.metrics.values())
    said = f"Threshold {format_number(shown.threshold, 3)}: {right} of {n} points are right, accuracy {accuracy}."
    if positives in (0, n):
        kind = "positive" if positives else "negative"
        return f"{said} Every point is {kind}: paint the other class for a ROC curve."
    said += f" {counts['tp']} of {positives} positives are found, recall {recall}"
    alarms = f"{counts['fp']} false alarm{'' if counts['fp'] == 1 else 's'}"
    said += f"; {alarms}, precision {precision}; F1 {f1}. Area under the ROC curve {area}."
    most = max(positives, n - positives)
    if right <= most + n // 20:
        kind = "positive" if 2 * positives > n else "negative"
        said += f" Calling every point {kind} would be right for {most} of {n}."
    return said


def areas(width):
    """Return the areas of plane and ROC curve, the corner of the numbers and the height of the picture."""
    if width >= 600:
        side = math.floor(width * 0.54) - 34
        boxes = (34, 36, 34 + side, 36 + side), (width - 214, 34, width - 54, 194)
        corner, height = (width - 254, 244), max(36 + side + 42, 440)
    else:
        side, half = min(width - 44, 400), math.floor(width / 2)
        left, top = math.floor((width - side) / 2) + 12, 36 + side + 66
        size = min(160, half - 56)
        boxes = (left, 36, left + side, 36 + side), (46, top, 46 + size, top + size)
        corner, height = (half + 14, top), top + 204
    plane = PlotArea(*boxes[0], (-END, END), (-END, END))
    return plane, PlotArea(*boxes[1], (0, 1), (0, 1)), corner, height


def _boundary(plane, shown):
    """Return the boundary, and a comb on it that points to where the model says positive."""
    cut, w = cut_of(shown.threshold), shown.weights
    f = lambda x, y: score(x, y, w) - cut
    path, comb = [], []
    for k, ((x, y), (u, v)) in enumerate(zero_segments(f, END)):
        path.append(f"M{xy(plane.x(x))} {xy(plane.y(y))}L{xy(plane.x(u))} {xy(plane.y(v))}")
        if k % 2:
            continue
        a, b = (x + u) / 2, (y + v) / 2
        slope = f(a + 1e-3, b) - f(a - 1e-3, b), f(a, b + 1e-3) - f(a, b - 1e-3)
        size = math.sqrt(slope[0] * slope[0] + slope[1] * slope[1])
        if size:
            tip = plane.x(a) + 7 * slope[0] / size, plane.y(b) - 7 * slope[1] / size
            comb.append(f"M{xy(plane.x(a))} {xy(plane.y(b))}L{xy(tip[0])} {xy(tip[1])}")
    look = 'fill="none" stroke="currentColor" stroke-linecap="round"'
    return (
        f'<path class="cr-line" d="{"".join(path)}" {look} stroke-width="2"/>'
        f'<path class="cr-comb" d="{"".join(comb)}" {look} stroke-width="1.2"/>'
    )


def _plane(plane, shown):
    """Return the points, a ring around each that the model gets wrong, and the boundary."""
    cut = cut_of(shown.threshold)
    ticks = [(v, format_number(v)) for v in range(-END, END + 1)]
    missed = [
        (plane.x(x), plane.y(y))
        for (x, y, kind), z in zip(shown.points, shown.scores)
        if (z >= cut) != (kind == 1)
    ]
    parts = [frame(plane, ticks, ticks), _boundary(plane, shown)]
    for kind, (shape, look) in _KINDS.items():
        places = [(plane.x(x), plane.y(y)) for x, y, label in shown.points if label == kind]
        parts.append(marks(places, shape, look))
    return "".join(parts) + marks(missed, "ring", _WRONG) + _key(plane.left, shown, len(missed))


def _key(left, shown, n_missed):
    positives = shown.counts["tp"] + shown.counts["fn"]
    entries = (
        (0, f"{positives} positive", *_KINDS[1]),
        (100, f"{len(shown.points) - positives} negative", *_KINDS[0]),
        (210, f"{n_missed} wrong", "ring", _WRONG),
    )
    return "".join(
        marks([(left + shift + 6, 12)], shape, look)
        + text(left + shift + 18, 16, label, "start", "cr-label", 13)
        for shift, label, shape, look in entries
    )


def _roc(area, shown):
    """Return the ROC curve with the threshold's own point."""
    ticks = [(0, "0"), (1, "1")]
    middle = (area.left + area.right) / 2
    chance = [(area.x(0), area.y(0)), (area.x(1), area.y(1))]
    parts = [
        frame(area, ticks, ticks),
        line(
            chance,
            'class="cr-chance" stroke="currentColor" stroke-opacity="0.5" stroke-dasharray="2 3"',
        ),
        text(area.left - 38, area.top - 14, "ROC curve: recall", "start"),
        text(middle, area.bottom + 18, "false positive rate"),
    ]
    if len(shown.roc) == 0:
        return "".join([*parts, text(middle, (area.top + area.bottom) / 2, "needs both classes")])
    counts = shown.counts
    alarms = counts["fp"] / (counts["fp"] + counts["tn"])
    here = (area.x(alarms), area.y(shown.metrics["recall"]))
    curve = [(area.x(a), area.y(r)) for a, r in shown.roc]
    label = f"area {format_number(shown.metrics['area'], 3)}"
    return "".join(
        [
            *parts,
            line(
                curve,
                'class="cr-roc" stroke="currentColor" stroke-width="2" stroke-linejoin="round"',
            ),
            marks([here], "diamond", 'class="cr-here" fill="var(--cr-accent, currentColor)"'),
            text(area.right - 4, area.bottom - 10, label, "end", "cr-label", 13),
        ]
    )


def _numbers(corner, shown):
    """Return the confusion matrix and the metrics."""
    left, top = corner
    counts = shown.counts
    parts = [text(left + 108, top + 10, "the model says", "middle")]
    for k, kind in enumerate((1, 0)):
        shape, look = _KINDS[kind]
        parts += [
            marks([(left + 83 + 50 * k, top + 24)], shape, look),
            text(left, top + 56 + 28 * k, "truth", "start"),
            marks([(left + 44, top + 52 + 28 * k)], shape, look),
        ]
    for k, name in enumerate(("tp", "fn", "fp", "tn")):
        x, y = left + 58 + 50 * (k % 2), top + 38 + 28 * (k // 2)
        right = name in ("tp", "tn")
        ink = "currentColor" if right else "var(--cr-wrong, currentColor)"
        parts += [
            f'<rect class="cr-cell" x="{xy(x)}" y="{xy(y)}" width="50" height="28" fill="none" '
            f'stroke="{ink}" stroke-opacity="{0.4 if right else 0.9}"/>',
            text(x + 25, y + 19, counts[name], "middle", "cr-label", 14),
        ]
    for k, (title, name) in enumerate(_METRICS):
        y = top + 118 + 20 * k
        value = format_number(shown.metrics[name], 3)
        parts += [
            text(left, y, title, "start", "cr-tick", 13),
            text(left + 158, y, value, "end", "cr-label", 13),
        ]
    return "".join(parts)


def picture(shown, width=480):
    """Return plane, ROC curve and numbers as SVG text.

    Parameters
    ----------
    shown : chainrule.explore.decision_boundary_model.Classified
    width : int, optional
        Pixels at full size; from 600 on, the plots stand beside each other.

    Returns
    -------
    str
    """
    plane, beside, corner, height = areas(width)
    return (
        f'<svg class="cr-boundary" role="img" aria-label="Two classes and a decision boundary. {words(shown)}" '
        f'viewBox="0 0 {width} {height}" width="100%" height="{height}" font-family="sans-serif">'
        f"{_plane(plane, shown)}{_roc(beside, shown)}{_numbers(corner, shown)}</svg>"
    )
