"""Suppression: the laws that define it, a loop that follows the words, and limits in which soft is hard or nothing."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from vision.drawing import SEEDS, iou_of_two, some_boxes

from chainrule import vision

THRESHOLDS = st.sampled_from([0.0, 0.2, 0.5, 0.8, 1.0])


def drawn(seed, n=15, n_classes=1):
    """Return boxes, scores with ties among them, and classes."""
    rng = np.random.default_rng(seed)
    return some_boxes(rng, n), rng.integers(0, 20, n) / 20, rng.integers(0, n_classes, n)


@given(SEEDS, THRESHOLDS)
def test_kept_boxes_agree_and_each_removal_has_a_reason(seed, threshold):
    boxes, scores, _ = drawn(seed)
    kept = vision.nms(boxes, scores, threshold)
    overlaps = vision.iou(boxes, boxes)
    among = overlaps[np.ix_(kept, kept)]
    assert (among[~np.eye(len(kept), dtype=bool)] <= threshold).all()
    assert (np.diff(scores[kept]) <= 0).all() and len(set(kept.tolist())) == len(kept)
    for gone in set(range(len(boxes))) - set(kept.tolist()):
        assert any(overlaps[gone, k] > threshold and scores[k] >= scores[gone] for k in kept)


@given(SEEDS, THRESHOLDS)
def test_suppression_is_what_a_loop_over_pairs_does(seed, threshold):
    boxes, scores, classes = drawn(seed, n_classes=3)
    kept = []
    for i in sorted(range(len(boxes)), key=lambda i: (-scores[i], i)):
        if all(classes[i] != classes[k] or iou_of_two(boxes[i], boxes[k]) <= threshold for k in kept):
            kept.append(i)
    assert vision.nms(boxes, scores, threshold, classes).tolist() == kept


@given(SEEDS, THRESHOLDS)
def test_classes_are_suppressed_each_for_itself(seed, threshold):
    boxes, scores, classes = drawn(seed, n_classes=3)
    together = vision.nms(boxes, scores, threshold, classes)
    for label in range(3):
        own = np.flatnonzero(classes == label)
        assert own[vision.nms(boxes[own], scores[own], threshold)].tolist() == [
            i for i in together if classes[i] == label
        ]
    soft, new = vision.soft_nms(boxes, scores + 0.1, classes=classes)
    for label in range(3):
        own = np.flatnonzero(classes == label)
        indices, alone = vision.soft_nms(boxes[own], scores[own] + 0.1)
        is_own = classes[soft] == label
        assert own[indices].tolist() == soft[is_own].tolist()
        assert_allclose(alone, new[is_own])


@given(SEEDS, THRESHOLDS)
def test_suppressing_again_changes_nothing_and_order_of_input_neither(seed, threshold):
    boxes, _, _ = drawn(seed)
    scores = np.random.default_rng(seed).permutation(len(boxes)) / 20  # no ties
    kept = vision.nms(boxes, scores, threshold)
    assert vision.nms(boxes[kept], scores[kept], threshold).tolist() == list(range(len(kept)))
    order = np.random.default_rng(seed + 1).permutation(len(boxes))
    assert order[vision.nms(boxes[order], scores[order], threshold)].tolist() == kept.tolist()


def test_no_boxes_leave_none():
    nothing = np.zeros((0, 4))
    assert vision.nms(nothing, []).shape == (0,)
    indices, scores = vision.soft_nms(nothing, [])
    assert indices.shape == scores.shape == (0,)


@pytest.mark.parametrize("method", ["linear", "gaussian"])
@given(seed=SEEDS, lowest=st.sampled_from([0.0, 0.05, 0.3]))
def test_soft_suppression_is_what_a_loop_does(method, seed, lowest):
    boxes, scores, _ = drawn(seed, n=8)
    left, expected = dict(enumerate(scores.tolist())), []
    while left := {i: s for i, s in left.items() if s >= lowest}:
        best = max(left, key=lambda i: (left[i], -i))
        expected.append((best, left.pop(best)))
        for i in left:
            overlap = iou_of_two(boxes[i], boxes[best])
            if method == "gaussian":
                left[i] *= math.exp(-(overlap**2) / 0.4)
            elif overlap >= 0.3:
                left[i] *= 1 - overlap
    indices, found = vision.soft_nms(boxes, scores, method, 0.3, 0.4, lowest)
    assert_allclose(found, [score for _, score in expected], atol=1e-12)
    assert indices.tolist() == [i for i, _ in expected]


@given(SEEDS)
def test_soft_scores_fall_and_never_rise(seed):
    boxes, scores, _ = drawn(seed)
    before = scores.copy()
    for method in ("linear", "gaussian"):
        indices, found = vision.soft_nms(boxes, scores, method, lowest=0)
        assert sorted(indices.tolist()) == list(range(len(boxes)))
        assert (found <= scores[indices] + 1e-15).all() and (np.diff(found) <= 1e-15).all()
    assert np.array_equal(scores, before)


@given(SEEDS)
def test_a_narrow_gaussian_is_hard_and_a_wide_one_does_nothing(seed):
    boxes, _, _ = drawn(seed)
    scores = 0.1 + np.random.default_rng(seed).permutation(len(boxes)) / 20
    narrow, _ = vision.soft_nms(boxes, scores, sigma=1e-12, lowest=0.01)
    assert narrow.tolist() == vision.nms(boxes, scores, 1e-5).tolist()
    wide, kept = vision.soft_nms(boxes, scores, sigma=1e12)
    assert wide.tolist() == np.argsort(-scores).tolist()
    assert_allclose(kept, scores[wide])
