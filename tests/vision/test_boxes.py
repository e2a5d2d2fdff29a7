"""Boxes: overlap is what counting pixels gives, and what moves or scales all boxes changes nothing."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from vision.drawing import SEEDS, iou_of_two, pixel_boxes, some_boxes

from chainrule import vision


def painted(box, side=9):
    """Return a picture of a box of integer corners."""
    picture = np.zeros((side, side), bool)
    picture[box[1] : box[3], box[0] : box[2]] = True
    return picture


@given(pixel_boxes(3), pixel_boxes(2))
def test_overlap_is_that_of_the_painted_pixels(a, b):
    expected = [[(painted(p) & painted(q)).sum() / (painted(p) | painted(q)).sum() for q in b] for p in a]
    assert_allclose(vision.iou(a, b), expected, rtol=1e-14)
    assert vision.area(a).tolist() == [painted(box).sum() for box in a]


@given(SEEDS)
def test_overlap_of_every_pair_is_that_of_the_two(seed):
    rng = np.random.default_rng(seed)
    a, b = some_boxes(rng, 4), some_boxes(rng, 5)
    found = vision.iou(a, b)
    assert_allclose(found, [[iou_of_two(p, q) for q in b] for p in a], rtol=1e-12)
    assert (found >= 0).all() and (found <= 1).all()
    assert_allclose(found, vision.iou(b, a).T, rtol=1e-12)
    assert_allclose(np.diag(vision.iou(a, a)), 1)


@given(SEEDS, st.floats(0.01, 100), st.floats(-50, 50), st.floats(-50, 50))
def test_overlap_does_not_depend_on_unit_and_origin(seed, scale, x, y):
    rng = np.random.default_rng(seed)
    a, b = some_boxes(rng, 3), some_boxes(rng, 3)
    move = np.array([x, y, x, y])
    assert_allclose(vision.iou(scale * a + move, scale * b + move), vision.iou(a, b), atol=1e-8)


@given(SEEDS)
def test_centres_and_corners_are_each_other_s_inverse(seed):
    boxes = some_boxes(np.random.default_rng(seed), 6)
    centres = vision.to_centres(boxes)
    assert_allclose(vision.to_corners(centres), boxes, atol=1e-12)
    assert_allclose(centres[:, 2] * centres[:, 3], vision.area(boxes), rtol=1e-12)


def test_boxes_that_touch_do_not_overlap_and_no_boxes_give_no_overlaps():
    assert vision.iou([[0, 0, 1, 1]], [[1, 0, 2, 1], [1, 1, 2, 2]]).tolist() == [[0, 0]]
    assert vision.iou(np.zeros((0, 4)), [[0, 0, 1, 1]]).shape == (0, 1)


@given(pixel_boxes(4, side=20))
def test_a_clipped_box_is_what_the_image_shows_of_it(boxes):
    inside = boxes[(boxes[:, 0] < 7) & (boxes[:, 1] < 5)]
    shown = vision.clip(inside, height=5, width=7)
    assert vision.area(shown).tolist() == [painted(box, 20)[:5, :7].sum() for box in inside]


def test_single_precision_stays_and_integers_become_double():
    boxes = some_boxes(np.random.default_rng(0), 3).astype(np.float32)
    for found in (vision.iou(boxes, boxes), vision.to_centres(boxes), vision.clip(boxes, 9, 9), vision.area(boxes)):
        assert found.dtype == np.float32
    assert vision.iou([[0, 0, 1, 1]], [[0, 0, 1, 1]]).dtype == np.float64
