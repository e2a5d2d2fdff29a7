"""Of boxes that overlap, keep the best: non-maximum suppression, hard and soft."""

import numpy as np

from chainrule.checks import check_choice, check_non_negative, check_positive, check_probability
from chainrule.vision.arguments import integers_for, numbers_for, rows_of_boxes
from chainrule.vision.boxes import overlap

_METHODS = ("linear", "gaussian")


def nms(boxes, scores, threshold=0.5, classes=None):
    """Return the boxes that are left when each box in turn removes those that overlap it too much.

    The box of the highest score is kept and removes every box whose IoU with it exceeds the threshold; so does the best
    of what is left, to the end (girshick2014rich, 2.2).

    Parameters
    ----------
    boxes : array (N, 4)
    scores : array (N,)
        Of equal scores the first box comes first.
    threshold : number in [0, 1]
    classes : integers (N,), optional
        Boxes of different classes leave each other alone.

    Returns
    -------
    integers (K,)
        Indices of the boxes kept, by decreasing score.

    Raises
    ------
    TypeError, ValueError
        If a box has no area, or scores or classes are not one for each box.

    Examples
    --------
    >>> nms([[0, 0, 4, 4], [0, 0, 4, 5], [6, 6, 8, 8]], [0.6, 0.9, 0.7], threshold=0.5)
    array([1, 2])
    """
    boxes, scores, classes = _arguments(boxes, scores, classes)
    threshold = check_probability(threshold, "threshold")
    left, kept = np.argsort(-scores, kind="stable"), []
    while len(left):
        best, left = left[0], left[1:]
        kept.append(best)
        left = left[_overlap_within_class(boxes, classes, best, left) <= threshold]
    return np.array(kept, np.int64)


def soft_nms(boxes, scores, method="gaussian", threshold=0.3, sigma=0.5, lowest=0.001, classes=None):
    """Return boxes in a new order, with scores that fall where better boxes overlap them (bodla2017soft, section 3).

    The box of the highest score is taken out, and the scores of the others are multiplied by 1 - IoU where IoU is at
    least the threshold ("linear"), or by exp(-IoU² / sigma) ("gaussian"); then the best of the others is taken.

    Parameters
    ----------
    boxes : array (N, 4)
    scores : array (N,)
        At least 0.
    method : "linear" or "gaussian"
    threshold : number in [0, 1]
        Of the linear method.
    sigma : number above 0
        Of the gaussian method.
    lowest : number, at least 0
        Boxes whose score has fallen below it are dropped.
    classes : integers (N,), optional
        Boxes of different classes leave each other alone.

    Returns
    -------
    indices : integers (K,)
        In the order in which the boxes were taken.
    scores : array (K,)
        Their new scores, which never increase.

    Raises
    ------
    TypeError, ValueError
        As ``nms``; or if a score is negative, or the method unknown.
    """
    boxes, scores, classes = _arguments(boxes, scores, classes)
    if len(scores) and scores.min() < 0:
        raise ValueError(f"scores must be at least 0; got {scores.min():g}")
    check_choice(method, "method", _METHODS)
    threshold, sigma = check_probability(threshold, "threshold"), check_positive(sigma, "sigma")
    lowest = check_non_negative(lowest, "lowest")
    scores, left, taken = scores.copy(), np.arange(len(boxes)), []
    while True:
        left = left[scores[left] >= lowest]
        if not len(left):
            break
        at = scores[left].argmax()
        best, left = left[at], np.delete(left, at)
        taken.append(best)
        overlaps = _overlap_within_class(boxes, classes, best, left)
        if method == "linear":
            scores[left] *= np.where(overlaps >= threshold, 1 - overlaps, 1)
        else:
            scores[left] *= np.exp(-(overlaps**2) / sigma)
    indices = np.array(taken, np.int64)
    return indices, scores[indices]


def _arguments(boxes, scores, classes):
    boxes = rows_of_boxes(boxes)
    scores = numbers_for(scores, "scores", len(boxes))
    return boxes, scores, None if classes is None else integers_for(classes, "classes", len(boxes))


def _overlap_within_class(boxes, classes, one, others):
    """Return the IoU (K,) of one box with others, by index; 0 where the classes differ."""
    overlaps = overlap(boxes[one], boxes[others])
    return overlaps if classes is None else np.where(classes[others] == classes[one], overlaps, 0)
