"""What every live figure must be in a static page under a strict policy, in headless Chromium."""

from contextlib import ExitStack

import pytest
from explore.figure_checks import WIDTHS, page_faults, served, still_faults
from explore.figure_pages import THEMES

from chainrule import explore

pytestmark = pytest.mark.site
# What the picture without scripts says in its first state.
SAID = {
    "attention_by_hand": "queries q, keys k",
    "convolution_microscope": "26 = ⌊(28 + 2·0 − 1·(3 − 1) − 1) / 1⌋ + 1",
    "draw_a_digit": "second layer: 16 maps",
    "gates": "forget gate f",
    "gradient_through_time": "slope log ρ",
    "race": "Nesterov: 44",
    "schedules": "peak 0.1 at step 10",
    "small_transformer": "layer 1, head 1: rows look at columns",
}
# Older than these checks, and checked in their own files.
ELSEWHERE = {"computation_graph", "decision_boundary", "fit", "variance_through_depth"}


@pytest.fixture(scope="module")
def addresses(tmp_path_factory):
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(served(getattr(explore, name)(), tmp_path_factory.mktemp(name)))
            for name in SAID
        }


def test_no_figure_is_left_out():
    assert {*SAID, *ELSEWHERE} == set(explore.__all__) - {"LiveFigure"}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", SAID)
def test_it_is_sound_with_everything_open(browser, addresses, name, theme, width):
    assert page_faults(browser, addresses[name], theme, width) == []


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", SAID)
def test_without_scripts_the_picture_stands_and_fits(browser, addresses, name, theme, width):
    assert still_faults(browser, addresses[name], theme, width, SAID[name]) == []
