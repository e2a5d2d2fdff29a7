"""The palette reads in both themes and stays apart for every kind of colour vision."""

import itertools

import numpy as np
import pytest

from chainrule.plotting import color

WHITE = np.ones(3)
# Machado, Oliveira and Fernandes, 2009, severity 1.
VISION = {
    "full": np.eye(3),
    "no red": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                        [-0.003882, -0.048116, 1.051998]]),
    "no green": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                          [-0.011820, 0.042940, 0.968881]]),
    "no blue": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                         [0.004733, 0.691367, 0.303900]]),
}
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def lab(channels, vision):
    """Return CIE L*a*b* of a colour as an eye with this vision sees it."""
    xyz = XYZ @ np.clip(vision @ color._linear(channels), 0, 1) / np.array([0.9505, 1, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_contrast_of_known_pairs():
    assert color.contrast(WHITE, np.zeros(3)) == pytest.approx(21)
    assert color.contrast(WHITE, WHITE) == 1
    assert color.contrast(color.rgb("#777777"), WHITE) == pytest.approx(4.48, abs=0.01)


def test_the_dark_theme_is_what_browsers_make():
    """Greys stay grey; the filter's matrix for half a turn, from the specification's formula."""
    for grey in (0.0, 0.3, 1.0):
        np.testing.assert_allclose(color.dark_theme(np.full(3, grey)), 0.9 - 0.8 * grey, atol=1e-12)
    luminance = np.array([0.213, 0.715, 0.072])
    np.testing.assert_allclose(color._HALF_TURN, 2 * np.outer(np.ones(3), luminance) - np.eye(3),
                               atol=1e-9)


@pytest.mark.parametrize("name", color.CYCLE)
def test_lines_stand_out_on_both_pages(name):
    assert color.contrast(color.rgb(name), WHITE) >= 3
    assert color.contrast(color.dark_theme(color.rgb(name)), color.dark_theme(WHITE)) >= 3


@pytest.mark.parametrize("name", color.CYCLE)
def test_words_in_a_colour_read_on_both_pages(name):
    text = color.rgb(color.text_color(name))
    assert color.contrast(text, WHITE) >= 4.5
    assert color.contrast(color.dark_theme(text), color.dark_theme(WHITE)) >= 4.5


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("theme", [lambda channels: channels, color.dark_theme])
def test_colours_stay_apart(vision, theme):
    seen = [lab(theme(color.rgb(name)), VISION[vision]) for name in color.CYCLE]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) >= 15


def test_lines_differ_in_more_than_colour():
    assert len({str(style) for style in color.LINE_STYLES}) == len(color.CYCLE)
    assert len(set(color.MARKERS)) >= len(color.CYCLE)


@pytest.mark.parametrize("name", [color.BLUE, color.ORANGE])
@pytest.mark.parametrize("strength", np.linspace(0, color.DEEPEST, 11))
def test_numbers_in_cells_read_in_both_themes(name, strength):
    back, ink = color.rgb(color.tint(name, strength)), np.zeros(3)
    assert color.contrast(ink, back) >= 4.5
    assert color.contrast(color.dark_theme(ink), color.dark_theme(back)) >= 4.5


@pytest.mark.parametrize("name", ["#000000", "#ffffff", "#12ab9f"])
def test_a_colour_is_read_and_written(name):
    assert color.hexadecimal(color.rgb(name)) == name
