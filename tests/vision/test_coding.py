"""Offsets of boxes: the inverse is exact, the gradient right, and what is scaled with its anchor keeps its offset."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from vision.drawing import SEEDS, some_boxes

from chainrule import Tensor, proof, vision

WEIGHTS = st.sampled_from([(1, 1, 1, 1), (10, 10, 5, 5), (0.5, 2, 3, 4)])


@given(SEEDS, WEIGHTS)
def test_decoding_is_the_inverse_of_encoding(seed, weights):
    rng = np.random.default_rng(seed)
    boxes, anchors = some_boxes(rng, 7), some_boxes(rng, 7)
    offsets = vision.encode(boxes, anchors, weights)
    assert_allclose(vision.decode(offsets, anchors, weights), boxes, atol=1e-12)
    offsets = rng.normal(size=(7, 4))
    again = vision.encode(vision.decode(offsets, anchors, weights), anchors, weights)
    assert_allclose(again, offsets, atol=1e-10)


@given(SEEDS, st.floats(0.1, 10), st.floats(-20, 20))
def test_offsets_do_not_depend_on_unit_and_origin_and_vanish_for_the_anchor(seed, scale, shift):
    rng = np.random.default_rng(seed)
    boxes, anchors = some_boxes(rng, 5), some_boxes(rng, 5)
    moved = vision.encode(scale * boxes + shift, scale * anchors + shift)
    assert_allclose(moved, vision.encode(boxes, anchors), atol=1e-9)
    assert_allclose(vision.encode(anchors, anchors), 0, atol=1e-12)


def test_weights_multiply_the_offsets():
    rng = np.random.default_rng(0)
    boxes, anchors = some_boxes(rng, 5), some_boxes(rng, 5)
    assert_allclose(vision.encode(boxes, anchors, (10, 10, 5, 5)),
                    vision.encode(boxes, anchors) * [10, 10, 5, 5])  # fmt: skip


@pytest.mark.parametrize("limit", [None, 3.0])
def test_the_gradient_of_decoding_is_that_of_differences(limit):
    rng = np.random.default_rng(1)
    offsets, anchors = rng.normal(size=(2, 3, 4)), some_boxes(rng, 3)
    proof.gradcheck(lambda t: vision.decode(t, anchors, (2, 2, 1, 1), limit), [offsets])
    found = vision.decode(Tensor(offsets), anchors)
    assert_allclose(found.data, vision.decode(offsets, anchors))
    assert isinstance(found, Tensor) and not isinstance(vision.decode(offsets, anchors), Tensor)


def test_a_limit_keeps_boxes_of_wild_offsets_finite():
    boxes = vision.decode([[0, 0, 2000.0, 0.5]], [[0, 0, 4, 2]], limit=1000 / 16)
    assert_allclose(vision.to_centres(boxes), [[2, 1, 4 * 1000 / 16, 2 * np.exp(0.5)]])


def test_single_precision_stays():
    anchors = some_boxes(np.random.default_rng(0), 3)
    offsets = vision.encode(anchors.astype(np.float32), anchors.astype(np.float32))
    assert offsets.dtype == vision.decode(offsets, anchors).dtype == np.float32
