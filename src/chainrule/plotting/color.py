"""Colours that are told apart by every eye, on white and on the dark page."""

import numpy as np

BLUE, ORANGE, GREEN, MAUVE, BROWN, INK = (
    "#005fb8", "#e05a00", "#2e9469", "#b070b0", "#7a2a00", "#333333")
CYCLE = (BLUE, ORANGE, GREEN, MAUVE, BROWN, INK)
GRID = "#d9d9d9"
DEEPEST = 0.5  # the strongest tint on which black words read, on white and on the dark page
LINE_STYLES = ("-", (0, (6, 2)), (0, (6, 2, 1.5, 2)), (0, (1.5, 1.5)), (0, (9, 2)),
               (0, (6, 1.5, 1.5, 1.5, 1.5, 1.5)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p", "<", ">")

# The luminance of sRGB primaries, WCAG 2.
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
# CSS hue-rotate(180deg), Filter Effects Module 1: every row sums to one, so greys stay grey.
_HALF_TURN = np.array([[-0.574, 1.430, 0.144], [0.426, 0.430, 0.144], [0.426, 1.430, -0.856]])


def rgb(color):
    """Return the red, green and blue of a colour like "#005fb8", each in [0, 1]."""
    return np.array([int(color[k:k + 2], 16) for k in (1, 3, 5)]) / 255


def hexadecimal(channels):
    """Return red, green and blue in [0, 1] as a colour like "#005fb8"."""
    return "#" + "".join(f"{int(value):02x}" for value in np.rint(255 * np.asarray(channels)))


def dark_theme(channels):
    """Return the colour that the dark page makes by `invert(.9) hue-rotate(180deg)`."""
    return np.clip(_HALF_TURN @ (0.9 - 0.8 * np.asarray(channels)), 0, 1)


def contrast(one, other):
    """Return the WCAG 2 contrast ratio of two colours of channels in [0, 1], from 1 to 21."""
    low, high = sorted(float(_LUMINANCE @ _linear(np.asarray(c))) + 0.05 for c in (one, other))
    return high / low


def text_color(color):
    """Return `color`, darkened until text in it reads on white (contrast 4.5)."""
    channels = rgb(color)
    while contrast(channels, np.ones(3)) < 4.6:
        channels = 0.97 * channels
    return hexadecimal(channels)


def tint(color, strength):
    """Return `color` mixed with white; strength 0 is white and 1 the colour itself."""
    return hexadecimal(1 - strength * (1 - rgb(color)))


def _linear(channels):
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
