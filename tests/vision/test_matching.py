"""Matching: thresholds as a loop applies them, an anchor for every true box, and three negatives to a positive."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vision.drawing import SEEDS, iou_of_two, some_boxes

from chainrule import Tensor, vision


def by_thresholds(anchors, truth, positive, negative):
    found = []
    for anchor in anchors:
        overlaps = [iou_of_two(anchor, box) for box in truth]
        best = max(overlaps)
        found.append(overlaps.index(best) if best >= positive else -1 if best < negative else -2)
    return found


@given(SEEDS, st.sampled_from([(0.7, 0.3), (0.5, 0.4), (0.3, 0.3)]))
def test_without_a_promise_to_every_box_the_thresholds_decide(seed, thresholds):
    rng = np.random.default_rng(seed)
    anchors, truth = some_boxes(rng, 20), some_boxes(rng, 3)
    found = vision.match(anchors, truth, *thresholds, every_truth=False)
    assert found.tolist() == by_thresholds(anchors, truth, *thresholds)


@given(SEEDS, st.integers(1, 5))
def test_every_true_box_is_matched_and_few_anchors_change(seed, n_truth):
    rng = np.random.default_rng(seed)
    anchors, truth = some_boxes(rng, 12), some_boxes(rng, n_truth)
    found = vision.match(anchors, truth, 0.6, 0.3)
    assert set(range(n_truth)) <= set(found.tolist())
    assert (found != by_thresholds(anchors, truth, 0.6, 0.3)).sum() <= n_truth


@given(SEEDS)
def test_the_pair_of_the_largest_overlap_is_always_a_match(seed):
    rng = np.random.default_rng(seed)
    anchors, truth = some_boxes(rng, 8), some_boxes(rng, 4)
    overlaps = vision.iou(anchors, truth)
    anchor, box = np.unravel_index(overlaps.argmax(), overlaps.shape)
    assert overlaps.max() == 0 or vision.match(anchors, truth, 1.0)[anchor] == box


def test_two_boxes_in_one_place_share_no_anchor():
    anchors = vision.anchor_grid(2, 2, 10, [8])
    truth = np.array([[1, 1, 9, 9], [1, 1, 9, 9.5], [100, 100, 101, 101]])
    found = vision.match(anchors, truth, 0.5)
    assert sorted(found[found >= 0].tolist()) == [0, 1, 2]
    assert found[0] == 0 and found[3] == 2  # the best for the first, the nearest for what lies outside


def test_no_true_box_leaves_negatives_alone():
    anchors = some_boxes(np.random.default_rng(0), 3)
    assert vision.match(anchors, np.zeros((0, 4))).tolist() == [-1, -1, -1]
    assert vision.match(np.zeros((0, 4)), np.zeros((0, 4))).shape == (0,)


@given(SEEDS)
def test_the_default_boxes_of_ssd_match_every_box_in_the_image(seed):
    truth = some_boxes(np.random.default_rng(seed), 3, size=1.0)
    maps = dict(maps=[8, 4, 1], scales=[0.1, 0.3, 0.7, 1.0], ratios=[[2], [2, 3], [2]])
    found = vision.match(vision.default_boxes(**maps), truth)
    assert set(range(3)) <= set(found.tolist()) <= {-1, 0, 1, 2}


@pytest.mark.parametrize("ratio", [1, 3, 2.5])
@given(seed=SEEDS)
def test_the_hardest_negatives_are_chosen_in_proportion(ratio, seed):
    rng = np.random.default_rng(seed)
    losses, kinds = rng.normal(size=(4, 30)), rng.integers(0, 8, (4, 30))
    positives, ignored = kinds == 0, kinds == 1
    found = vision.hard_negatives(losses, positives, ratio, ignored)
    for row, is_positive, is_ignored, chosen in zip(losses, positives, ignored, found):
        free = [i for i in range(30) if not is_positive[i] and not is_ignored[i]]
        free.sort(key=lambda i: -row[i])
        assert sorted(free[: int(ratio * is_positive.sum())]) == np.flatnonzero(chosen).tolist()


def test_negatives_are_three_to_a_positive_while_there_are_enough():
    positives = np.arange(20) % 10 == 0
    losses = Tensor(np.linspace(0, 1, 20))
    assert vision.hard_negatives(losses, positives).sum() == 3 * 2
    assert vision.hard_negatives(losses, positives, 100).sum() == 18
    assert vision.hard_negatives(losses, np.zeros(20, bool)).sum() == 0
    for a, b in itertools.pairwise(range(1, 9)):  # what is chosen at a ratio is chosen at a larger one
        small, large = (vision.hard_negatives(losses, positives, r) for r in (a, b))
        assert (small <= large).all()


def test_a_product_that_binary_puts_just_below_a_whole_number_is_that_number():
    positives = np.arange(200) < 100
    assert 0.29 * 100 < 29
    assert vision.hard_negatives(np.linspace(0, 1, 200), positives, ratio=0.29).sum() == 29
