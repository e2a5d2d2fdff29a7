"""A rectangle with linear axes, its frame, markers and text, as SVG text; plot_area.js writes the same."""

from dataclasses import dataclass

from chainrule.explore.numbers import coordinate as xy

FIRST = "var(--cr-note, #2f7fc6)"  # the colour of the first of two kinds: the page's own where it has one
SECOND = "var(--cr-back, #c8661a)"
_MARKS = {  # a path each, to stand after a move
    "circle": "m-4.2 0a4.2 4.2 0 1 0 8.4 0a4.2 4.2 0 1 0 -8.4 0z",
    "diamond": "m0 -5.4l5.4 5.4l-5.4 5.4l-5.4 -5.4z",
    "square": "m-3.8 -3.8h7.6v7.6h-7.6z",
    "ring": "m-8 0a8 8 0 1 0 16 0a8 8 0 1 0 -16 0z",
    "dot": "m-2.2 0a2.2 2.2 0 1 0 4.4 0a2.2 2.2 0 1 0 -4.4 0z",
    "small diamond": "m0 -3.2l3.2 3.2l-3.2 3.2l-3.2 -3.2z",
}


@dataclass
class PlotArea:
    """Where values lie: a box in pixels and the values at its ends."""

    left: float
    top: float
    right: float
    bottom: float
    x_ends: tuple
    y_ends: tuple

    def x(self, value):
        low, high = self.x_ends
        return self.left + ((self.right - self.left) * (value - low)) / (high - low)

    def y(self, value):
        low, high = self.y_ends
        return self.top + ((self.bottom - self.top) * (high - value)) / (high - low)


def text(x, y, content, anchor="middle", kind="cr-tick", size=12):
    """Return a line of text."""
    return (
        f'<text class="{kind}" x="{xy(x)}" y="{xy(y)}" font-size="{size}" '
        f'text-anchor="{anchor}" fill="currentColor">{content}</text>'
    )


def frame(area, x_ticks, y_ticks):
    """Return grid lines and numbers; ticks are pairs of a value and its text."""
    parts = []
    for value, content in y_ticks:
        line = f'd="M{xy(area.left)} {xy(area.y(value))}H{xy(area.right)}"'
        parts += [
            f'<path class="cr-grid" {line} stroke="currentColor" stroke-opacity="0.16"/>',
            text(area.left - 7, area.y(value) + 4, content, "end"),
        ]
    for value, content in x_ticks:
        line = f'd="M{xy(area.x(value))} {xy(area.bottom)}v5"'
        parts += [
            f'<path class="cr-grid" {line} stroke="currentColor" stroke-opacity="0.5"/>',
            text(area.x(value), area.bottom + 18, content),
        ]
    return "".join(parts)


def marks(places, shape, look):
    """Return one path of marks at places, pairs in pixels; look holds its attributes."""
    path = "".join(f"M{xy(x)} {xy(y)}{_MARKS[shape]}" for x, y in places)
    return f'<path d="{path}" {look}/>'


def line(places, look):
    """Return a line through places, pairs in pixels; look holds its attributes."""
    path = "L".join(f"{xy(x)} {xy(y)}" for x, y in places)
    return f'<path d="M{path}" fill="none" {look}/>'
