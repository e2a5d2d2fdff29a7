"""Queries and keys in one plane, values and outputs in another; attention_picture.js makes the same."""

import math

from chainrule.explore.attention_scores import chosen
from chainrule.explore.numbers import coordinate as xy
from chainrule.explore.numbers import format_number, lowered
from chainrule.explore.plot_area import FIRST, SECOND, text

ENDS = (3, 2)  # of x and y in both planes
GREEN = "var(--cr-accent, #0f8a78)"
_PAPER = "var(--cr-paper, var(--jp-layout-color0, Canvas))"
_DASHED = 'stroke-dasharray="3 3"'


def path(d, look):
    """Return a path; look holds its attributes."""
    return f'<path d="{d}" {look}/>'


def stroke(d, opacity, look=""):
    """Return a path that is drawn in ink, not filled."""
    return path(d, f'fill="none" stroke="currentColor" stroke-opacity="{opacity}" {look}')


def _at(area, place):
    return f"{xy(area.x(place[0]))} {xy(area.y(place[1]))}"


def _across(area, y):
    return f"M{_at(area, (-3, y))}L{_at(area, (3, y))}"


def _down(area, x):
    return f"M{_at(area, (x, -2))}L{_at(area, (x, 2))}"


def _grid(area, title):
    """Return a plane's title, frame, grid and the length 1 on its axes."""

    def lines(xs, ys):
        return "".join([*(_down(area, x) for x in xs), *(_across(area, y) for y in ys)])

    return (
        text(area.left, area.top - 8, title, "start", "cr-label", 13)
        + stroke(lines((-2, -1, 1, 2), (-1, 1)), 0.1)
        + stroke(lines((0,), (0,)), 0.3)
        + stroke(lines((-3, 3), (-2, 2)), 0.25)
        + text(area.x(1), area.y(0) + 14, "1", "middle", "cr-tick", 11)
        + text(area.x(0) - 6, area.y(1) + 4, "1", "end", "cr-tick", 11)
    )


def _seen(area, place):
    """Return where a place lies, and its direction and distance from the origin, in pixels."""
    x, y = area.x(place[0]), area.y(place[1])
    dx, dy = x - area.x(0), y - area.y(0)
    far = math.sqrt(dx * dx + dy * dy)
    return x, y, *((dx / far, dy / far) if far > 1 else (0, 1)), far


def _name(area, place, letter, i):
    """Return a name beyond a place, inside the plane."""
    x, y, u, v, _ = _seen(area, place)
    x = min(area.right - 10, max(area.left + 10, x + 17 * u))
    y = min(area.bottom - 5, max(area.top + 13, y + 17 * v + 5))
    return text(x, y, f"{letter}{lowered(i + 1)}", "middle", "cr-label cr-name", 14)


def _arrow(area, end, color, width, is_full):
    """Return an arrow from the origin, with a full or an open head."""
    x, y, u, v, far = _seen(area, end)
    long, tip = min(9, far), f"{xy(x)} {xy(y)}"
    if far < 1:
        return path(f"M{tip}m-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z", f'fill="{color}"') if is_full else ""
    one, other = (
        f"{xy(x - long * (u - 0.5 * sign * v))} {xy(y - long * (v + 0.5 * sign * u))}" for sign in (1, -1)
    )
    return path(
        f"M{_at(area, (0, 0))}L{tip}M{one}L{tip}L{other}{'z' if is_full else ''}",
        f'fill="{color if is_full else "none"}" stroke="{color}" stroke-width="{width}"',
    )


def _scaled(key, factor):
    """Return the end of a scaled key, as far as the plane goes."""
    end = [c * factor for c in key]
    room = min(1, *(0.98 * most / abs(c) if c else 1 for c, most in zip(end, ENDS)))
    return [c * room for c in end]


def _perpendicular(area, line, place):
    """Return the perpendicular from a key to the line of a query, or to an axis."""
    (a, b), (x, y) = line, place
    size = a * a + b * b
    along = (a * x + b * y) / size if size else 0
    foot = _at(area, (along * a, along * b))
    return stroke(f"M{_at(area, (0, 0))}L{foot}L{_at(area, place)}", 0.9, _DASHED)


def queries_plane(computed, area):
    """Return queries and scaled keys as arrows, and how the chosen two meet."""
    state = computed.state
    h, row, column = chosen(state)
    queries, keys, factor = state["queries"], state["keys"], state["key_scale"]
    parts = [_grid(area, f"queries q, keys {'' if factor == 1 else f'{format_number(factor, 3)}·'}k")]
    for j, key in enumerate(keys):
        arrow = _arrow(area, _scaled(key, factor), SECOND, 2.4 if j == column else 1.4, False)
        mark = path(f"M{_at(area, key)}m0 -5.4l5.4 5.4l-5.4 5.4l-5.4 -5.4z", f'fill="{SECOND}"')
        opacity = 1 if j == column else 0.66
        parts.append(f'<g opacity="{opacity}">{arrow}{mark}{_name(area, key, "k", j)}</g>')
    if state["heads"] == 1:
        parts.append(_perpendicular(area, queries[row], keys[column]))
    else:
        parts += [_perpendicular(area, (1 - h, h), place) for place in (queries[row], keys[column])]
    for i, query in enumerate(queries):
        arrow = _arrow(area, query, FIRST, 3 if i == row else 1.6, True)
        opacity = 1 if i == row else 0.66
        parts.append(f'<g opacity="{opacity}">{arrow}{_name(area, query, "q", i)}</g>')
    return "".join(parts)


def _mixture(computed, area):
    """Return what makes the chosen output: lines as thick as the weights, or a head's line for each coordinate."""
    state = computed.state
    head, row, _ = chosen(state)
    place = computed.outputs[row]
    if state["heads"] == 2:
        lines = _down(area, place[0]), _across(area, place[1])
        return "".join(stroke(d, 0.9 if h == head else 0.4, _DASHED) for h, d in enumerate(lines))
    return "".join(
        path(
            f"M{_at(area, place)}L{_at(area, value)}",
            f'stroke="{GREEN}" stroke-opacity="0.55" stroke-width="{xy(10 * p)}"',
        )
        for p, value in zip(computed.heads[0].weights[row], state["values"])
    )


def _output(area, place, i, is_chosen):
    return path(
        f"M{_at(area, place)}m-9 0a9 9 0 1 0 18 0a9 9 0 1 0 -18 0z",
        f'fill="{_PAPER}" stroke="currentColor" stroke-width="{2.6 if is_chosen else 1.2}"',
    ) + text(area.x(place[0]), area.y(place[1]) + 4, f"{i + 1}", "middle", "cr-output", 12)


def values_plane(computed, area):
    """Return values as squares, outputs as circles, and what makes the chosen one."""
    values = computed.state["values"]
    _, row, column = chosen(computed.state)
    parts = [_grid(area, "values v, outputs o"), _mixture(computed, area)]
    for j, value in enumerate(values):
        size = 6 if j == column else 4
        square = f"m{-size} {-size}h{2 * size}v{2 * size}h{-2 * size}z"
        parts.append(path(f"M{_at(area, value)}{square}", f'fill="{GREEN}"'))
    circles = [_output(area, place, i, i == row) for i, place in enumerate(computed.outputs)]
    circles.append(circles.pop(row))  # the chosen one on top
    return "".join([*parts, *circles, *(_name(area, value, "v", j) for j, value in enumerate(values))])
