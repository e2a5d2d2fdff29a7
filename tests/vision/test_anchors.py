"""Anchors: how many, where, how large; and which level a box belongs to."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from chainrule import vision
from chainrule.vision.anchors import SSD300_SCALES

SOME = st.lists(st.sampled_from([0.25, 0.5, 1, 2, 3]), min_size=1, max_size=3, unique=True)


@given(st.integers(1, 4), st.integers(1, 4), st.sampled_from([1, 8, 16.0]), SOME, SOME)
def test_each_anchor_is_where_a_loop_puts_it(height, width, stride, sizes, ratios):
    expected = []
    for y in range(height):
        for x in range(width):
            for size in sizes:
                for ratio in ratios:
                    h = math.sqrt(size * size / ratio)
                    cx, cy, w = (x + 0.5) * stride, (y + 0.5) * stride, ratio * h
                    expected.append([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2])
    found = vision.anchor_grid(height, width, stride, sizes, ratios)
    assert_allclose(found, expected, atol=1e-12)
    assert_allclose(vision.area(found.reshape(height, width, len(sizes), len(ratios), 4))[0, 0, :, 0],
                    np.square(sizes))  # fmt: skip


def test_the_anchors_of_faster_rcnn_are_20_646_and_a_third_of_them_lies_inside():
    found = vision.anchor_grid(600 // 16, 1000 // 16, 16, (128, 256, 512), (0.5, 1, 2))
    assert len(found) == 37 * 62 * 9 == 20_646
    inside = (found[:, :2] >= 0).all(1) & (found[:, 2] <= 1000) & (found[:, 3] <= 600)
    assert 0.3 < inside.mean() < 0.45  # "about 6000" of 20 000, says the paper


def test_the_default_boxes_of_ssd300_are_8_732():
    found = vision.default_boxes()
    per_map = [38**2 * 4, 19**2 * 6, 10**2 * 6, 5**2 * 6, 3**2 * 4, 1 * 4]
    assert len(found) == sum(per_map) == 8732
    sizes = vision.to_centres(found)[:, 2:]
    starts = np.cumsum([0, *per_map[:-1]])
    assert_allclose(sizes[starts], np.array([SSD300_SCALES[:6]] * 2).T)  # the first box of each map is its square
    assert_allclose(sizes[starts + 1].prod(1), np.array(SSD300_SCALES[:6]) * SSD300_SCALES[1:])
    assert_allclose(sizes[starts + 2].prod(1), sizes[starts].prod(1))  # oblong boxes have the square's area
    assert_allclose(sizes[starts + 2, 0] / sizes[starts + 2, 1], 2)
    assert_allclose(sizes[starts + 3, 0] / sizes[starts + 3, 1], 1 / 2)


def test_a_map_of_default_boxes_for_paper():
    found = vision.to_centres(vision.default_boxes(maps=[2], scales=[0.25, 1], ratios=[[4]]))
    assert_allclose(found[:4], [[0.25, 0.25, 0.25, 0.25], [0.25, 0.25, 0.5, 0.5],
                                [0.25, 0.25, 0.5, 0.125], [0.25, 0.25, 0.125, 0.5]])  # fmt: skip
    assert_allclose(found[::4, :2], [[0.25, 0.25], [0.75, 0.25], [0.25, 0.75], [0.75, 0.75]])
    assert vision.default_boxes(maps=[1, 1], scales=[0.5, 0.7, 1], ratios=[[], []]).shape == (4, 4)


@given(st.floats(1, 1000), st.floats(1, 1000), st.floats(-100, 100))
def test_a_box_of_twice_the_side_is_a_level_higher(width, height, at):
    box = np.array([at, at, at + width, at + height])
    one, two = (vision.fpn_level(scale * box, lowest=-20, highest=20) for scale in (1, 2))
    assert two - one == 1
    exact = 4 + math.log2(math.sqrt(width * height) / 224)
    assert abs(exact - (one + 0.5)) <= 0.5 + 1e-5
    assert vision.fpn_level(box) == min(max(one, 2), 5)


@pytest.mark.parametrize("side, level", [(10, 2), (56, 2), (111.9, 2), (112, 3), (224, 4), (448, 5), (2000, 5)])
def test_the_levels_of_the_paper(side, level):
    assert vision.fpn_level([0, 0, side, side]) == level
    assert vision.fpn_level([[0.1, 0.2, 0.1 + 2 * side, 0.2 + side / 2]]).tolist() == [level]
