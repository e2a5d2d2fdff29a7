"""Average precision: cases for paper, a loop over recalls, and scikit-learn where the two definitions meet."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from vision.drawing import SEEDS, iou_of_two, some_boxes

from chainrule import vision

FLAGS = st.lists(st.booleans(), min_size=1, max_size=12)


def falling(n):
    return np.linspace(1, 0.1, n)


def curve(flags, n_truth):
    """Return (recall, precision) after each detection, hits counted in whole numbers."""
    return [(sum(flags[:k]), sum(flags[:k]) / k) for k in range(1, len(flags) + 1)], n_truth


def interpolated(flags, n_truth, numerator, denominator):
    """Return the largest precision at a recall of at least numerator / denominator."""
    points, _ = curve(flags, n_truth)
    return max((p for hits, p in points if hits * denominator >= numerator * n_truth), default=0)


@pytest.mark.parametrize("flags, n_truth, area, eleven", [
    ([True], 1, 1, 1),
    ([False], 1, 0, 0),
    ([], 3, 0, 0),
    ([True, False, True], 2, 1 / 2 + 1 / 2 * 2 / 3, (6 + 5 * 2 / 3) / 11),
    ([False, True], 1, 1 / 2, 1 / 2),
    ([False, True, True], 2, 2 / 3, 2 / 3),  # the precision rises to 2/3: interpolation takes it from the start
    ([True], 4, 1 / 4, 3 / 11),  # recall 1/4: the levels 0, 0.1, 0.2
    ([True, True, True], 10, 3 / 10, 4 / 11),  # a recall of 0.3 reaches the level 0.3
])  # fmt: skip
def test_cases_for_paper(flags, n_truth, area, eleven):
    assert_allclose(vision.average_precision(falling(len(flags)), flags, n_truth), area)
    assert_allclose(vision.average_precision(falling(len(flags)), flags, n_truth, points=11), eleven)


@given(FLAGS, st.integers(0, 5), st.sampled_from([2, 11, 101]))
def test_the_area_and_the_mean_over_levels_are_those_of_a_loop(flags, missed, points):
    n_truth = max(sum(flags) + missed, 1)
    area = sum(interpolated(flags, n_truth, k, n_truth) for k in range(1, n_truth + 1)) / n_truth
    assert_allclose(vision.average_precision(falling(len(flags)), flags, n_truth), area)
    levels = [interpolated(flags, n_truth, k, points - 1) for k in range(points)]
    assert_allclose(vision.average_precision(falling(len(flags)), flags, n_truth, points), np.mean(levels))


@given(FLAGS.filter(any))
def test_scikit_learn_s_is_never_larger_and_equal_where_precision_never_rises(flags):
    from sklearn.metrics import average_precision_score

    theirs = average_precision_score(flags, falling(len(flags)))
    ours = vision.average_precision(falling(len(flags)), flags, sum(flags))
    at_hits = [precision for flag, (_, precision) in zip(flags, curve(flags, 1)[0]) if flag]
    if all(a >= b for a, b in pairwise(at_hits)):
        assert_allclose(ours, theirs)
    else:
        assert ours > theirs


@given(FLAGS, SEEDS)
def test_only_the_order_of_scores_counts_and_a_last_wrong_one_costs_nothing(flags, seed):
    rng = np.random.default_rng(seed)
    order, scores = rng.permutation(len(flags)), falling(len(flags))
    flags, n_truth = np.array(flags), max(sum(flags), 1)
    plain = vision.average_precision(scores, flags, n_truth)
    assert_allclose(vision.average_precision(scores[order] ** 3, flags[order], n_truth), plain)
    assert_allclose(vision.average_precision([*scores, 0], [*flags, False], n_truth), plain)


@given(SEEDS, st.sampled_from([0.1, 0.3, 0.6]))
def test_hits_are_those_of_a_loop_over_detections(seed, threshold):
    rng = np.random.default_rng(seed)
    boxes, scores, truth = some_boxes(rng, 10), rng.random(10), some_boxes(rng, 4)
    free, expected = set(range(4)), [False] * 10
    for i in sorted(range(10), key=lambda i: -scores[i]):
        able = [j for j in free if iou_of_two(boxes[i], truth[j]) >= threshold]
        if able:
            free.remove(max(able, key=lambda j: iou_of_two(boxes[i], truth[j])))
            expected[i] = True
    assert vision.true_positives(boxes, scores, truth, threshold).tolist() == expected


def test_an_overlap_of_exactly_the_threshold_is_a_hit_and_the_second_of_one_object_is_none():
    truth = [[0, 0, 2, 4]]
    assert vision.iou([[0, 0, 4, 4]], truth) == 0.5
    assert vision.true_positives([[0, 0, 4, 4], [0, 0, 2, 4]], [0.9, 0.8], truth, 0.5).tolist() == [True, False]


def scene(seed, noise):
    """Return detections and truths of some images: the true boxes moved, with random scores."""
    rng = np.random.default_rng(seed)
    detections, truths = [], []
    for n in (0, 1, 3, 2):
        truth, labels = some_boxes(rng, n), rng.integers(0, 3, n)
        truths.append((truth, labels))
        detections.append((truth + noise * rng.normal(size=truth.shape) * 0.1, rng.random(n), labels))
    return detections, truths


def test_the_truth_itself_scores_1_and_nothing_scores_0():
    detections, truths = scene(0, noise=0)
    assert vision.mean_average_precision(detections, truths, np.arange(10, 20) / 20, points=101) == 1
    nothing = [(np.zeros((0, 4)), [], [])] * 4
    assert vision.mean_average_precision(nothing, truths) == 0


@given(SEEDS)
def test_a_mean_over_thresholds_is_the_mean_of_the_means(seed):
    detections, truths = scene(seed, noise=1)
    thresholds = [0.3, 0.5, 0.9]
    each = [vision.mean_average_precision(detections, truths, t) for t in thresholds]
    assert_allclose(vision.mean_average_precision(detections, truths, thresholds), np.mean(each))
    for t, mean in zip(thresholds, each):
        assert_allclose(np.mean(list(vision.average_precisions(detections, truths, t).values())), mean)
    assert each == sorted(each, reverse=True)  # one threshold asks more than the other


def test_classes_without_an_object_do_not_count_and_images_are_kept_apart():
    box = np.array([[0, 0, 4, 4]])
    detections = [(box, [0.9], [0]), (box, [0.8], [1]), (box, [0.95], [7])]
    truths = [(box, [0]), (box, [0]), (np.zeros((0, 4)), [])]
    found = vision.average_precisions(detections, truths)
    assert found == {0: 0.5}
    assert vision.mean_average_precision(detections, truths) == 0.5
