"""How good a detector is: the area under precision over recall, for each class and on the average."""

import numpy as np

from chainrule.checks import check_int, check_number
from chainrule.vision.arguments import finite, integers_for, numbers_for, plain_array, rows_of_boxes
from chainrule.vision.boxes import overlap


def true_positives(boxes, scores, truth, threshold=0.5):
    """Return which detections of one class in one image find a true box that none before them has found.

    By decreasing score each detection takes the free true box that it overlaps most, if the IoU is at least the
    threshold; a second detection of one object is wrong (everingham2010pascal, 4.2).

    boxes : array (K, 4); scores : array (K,); truth : array (M, 4)
    threshold : number in (0, 1]
    Returns bools (K,), in the order of boxes.
    Raises TypeError or ValueError if a box has no area or the shapes do not fit.

    >>> true_positives([[0, 0, 4, 4], [0, 0, 4, 5]], [0.6, 0.9], [[0, 0, 4, 5]])
    array([False,  True])
    """
    boxes, truth = rows_of_boxes(boxes), rows_of_boxes(truth, "truth")
    scores = numbers_for(scores, "scores", len(boxes))
    threshold = check_number(threshold, "threshold", above=0, maximum=1)
    return _hits(scores, overlap(boxes[:, None], truth), threshold)


def average_precision(scores, is_hit, n_truth, points=None):
    """Return the area under the interpolated curve of precision over recall.

    The interpolated precision at a recall r is the largest precision at any recall from r on (everingham2010pascal,
    4.2). It is never below the sum of precisions at the hits that scikit-learn calls average precision, and equal where
    precision never rises with recall.

    Parameters
    ----------
    scores : array (K,)
        Detections are ranked by decreasing score, of equal scores the first comes first.
    is_hit : bools (K,)
        Whether a detection is right, as ``true_positives`` says.
    n_truth : int, at least 1
        How many objects there are to find.
    points : int, at least 2, optional
        The mean of the interpolated precision at so many recalls from 0 to 1 in place of the area: 11 in VOC 2007, 101
        in COCO.

    Returns
    -------
    float in [0, 1]

    Raises
    ------
    TypeError, ValueError
        If the shapes differ, or there are more hits than objects.

    Examples
    --------
    Right, wrong, right, of two objects: precision 1 to a recall of 1/2, then 2/3.

    >>> round(average_precision([0.9, 0.8, 0.7], [True, False, True], 2), 4)
    0.8333
    """
    is_hit = plain_array(is_hit, "is_hit")
    if is_hit.ndim != 1 or (is_hit.size and is_hit.dtype != bool):
        raise TypeError(f"is_hit must be bools of shape (K,); got {is_hit.dtype} of shape {is_hit.shape}")
    scores = numbers_for(scores, "scores", len(is_hit), "detections")
    n_truth = check_int(n_truth, "n_truth", minimum=1)
    points = points if points is None else check_int(points, "points", minimum=2)
    ranked = is_hit[np.argsort(-scores, kind="stable")].astype(bool)
    n_hits = ranked.sum()
    if n_hits > n_truth:
        raise ValueError(f"is_hit must hold at most n_truth={n_truth} hits; got {n_hits}")
    precision = np.arange(1, n_hits + 1) / (np.flatnonzero(ranked) + 1)  # at each hit: recall i / n_truth
    best = np.maximum.accumulate(precision[::-1])[::-1]
    if points is None:
        return float(best.sum() / n_truth)
    # the first hit i with i / n_truth >= k / (points - 1), in integers: a recall of 0.3 reaches the level 0.3
    needed = np.maximum(-(-np.arange(points) * n_truth // (points - 1)), 1)
    return float(np.append(best, np.zeros(n_truth - n_hits))[needed - 1].mean())


def average_precisions(detections, truths, threshold=0.5, points=None):
    """Return the average precision of each class that has an object, over all images.

    Parameters
    ----------
    detections : sequence of (boxes (K, 4), scores (K,), classes (K,)), one for each image
    truths : sequence of (boxes (M, 4), classes (M,)), one for each image
    threshold : number in (0, 1]
        IoU from which a detection is right.
    points : int, optional
        As of ``average_precision``.

    Returns
    -------
    dict of int to float

    Raises
    ------
    TypeError, ValueError
        If the sequences differ in length, what is in them does not fit, or there is no object at all.
    """
    classes = _by_class(*_checked(detections, truths))
    return {label: _precision(images, threshold, points) for label, images in classes.items()}


def mean_average_precision(detections, truths, thresholds=0.5, points=None):
    """Return the mean of ``average_precisions`` over classes, and over thresholds of IoU.

    detections, truths, points : as of ``average_precisions``
    thresholds : number, or a sequence of them; COCO has ``np.arange(10, 20) / 20`` (lin2014microsoft) and 101 points
    Returns float in [0, 1].
    """
    thresholds = np.atleast_1d(finite(thresholds, "thresholds"))
    if thresholds.ndim != 1 or not len(thresholds):
        raise ValueError(f"thresholds must be a number or a sequence of them; got shape {thresholds.shape}")
    classes = _by_class(*_checked(detections, truths)).values()
    return float(np.mean([_precision(images, float(t), points) for t in thresholds for images in classes]))


def _by_class(detections, truths):
    """Return for each class that has an object, and for each image, the scores (K,) and the overlaps (K, M)."""
    found = {}
    for label in np.unique(np.concatenate([labels for _, labels in truths])).tolist():
        found[label] = []
        for (boxes, scores, classes), (truth, labels) in zip(detections, truths):
            own = classes == label
            found[label].append((scores[own], overlap(boxes[own][:, None], truth[labels == label])))
    return found


def _precision(images, threshold, points):
    """Return the average precision of one class from what ``_by_class`` found."""
    threshold = check_number(threshold, "threshold", above=0, maximum=1)
    scores = np.concatenate([scores for scores, _ in images])
    is_hit = np.concatenate([_hits(*image, threshold) for image in images])
    return average_precision(scores, is_hit, sum(overlaps.shape[1] for _, overlaps in images), points)


def _hits(scores, overlaps, threshold):
    """Return which of K detections take a free one of M true boxes, by decreasing score."""
    is_hit, free = np.zeros(len(scores), bool), overlaps.copy()
    if not overlaps.shape[1]:
        return is_hit
    for i in np.argsort(-scores, kind="stable"):
        best = free[i].argmax()
        if free[i, best] >= threshold:
            is_hit[i], free[:, best] = True, 0
    return is_hit


def _checked(detections, truths):
    """Return both as lists of tuples of arrays; each image is checked once."""
    detections, truths = list(detections), list(truths)
    if len(detections) != len(truths):
        raise ValueError(
            f"detections and truths must have one entry for each image; got {len(detections)} and {len(truths)}"
        )
    for name, entries, width in (("detections", detections, 3), ("truths", truths, 2)):
        for entry in entries:
            if not isinstance(entry, tuple | list) or len(entry) != width:
                raise ValueError(f"each entry of {name} must be a tuple of {width} arrays; got {type(entry).__name__}")
    detections = [
        (rows_of_boxes(b), numbers_for(s, "scores", len(b)), integers_for(c, "classes", len(b)))
        for b, s, c in detections
    ]
    truths = [(rows_of_boxes(b, "truth"), integers_for(c, "classes", len(b), "true boxes")) for b, c in truths]
    if not sum(len(classes) for _, classes in truths):
        raise ValueError(f"truths must hold at least one box; got none in {len(truths)} images")
    return detections, truths
