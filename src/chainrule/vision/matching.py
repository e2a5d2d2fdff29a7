"""Which anchor learns from which true box, and which negatives are worth a gradient."""

import numpy as np

from chainrule.checks import check_bool, check_number, check_positive, check_same_shape
from chainrule.vision.arguments import finite, plain_array, rows_of_boxes
from chainrule.vision.boxes import overlap

NEGATIVE, IGNORED = -1, -2


def match(anchors, truth, positive=0.5, negative=None, every_truth=True):
    """Return for each anchor the index of the true box that it is to find, or -1 (negative), or -2 (ignored).

    An anchor takes the true box that it overlaps most: at an IoU of at least ``positive`` it learns to find it, below
    ``negative`` it learns that nothing is there, between them it does not learn. Faster R-CNN's first stage has
    0.7 and 0.3 (ren2015faster, 3.1.2), SSD 0.5 (liu2016ssd, 2.2).

    Parameters
    ----------
    anchors : array (N, 4)
    truth : array (M, 4)
        M may be 0: all anchors are negative.
    positive : number in (0, 1]
    negative : number in [0, positive]
        Equal to ``positive`` where left out: nothing is ignored.
    every_truth : bool
        Whether every true box is given an anchor before the thresholds are asked. The pair with the largest IoU
        comes first, then the best among the anchors and the true boxes that are left; a true box that
        overlaps no free anchor takes the one whose centre is nearest.

    Returns
    -------
    integers (N,)
        ``matched >= 0`` are the positives, ``truth[matched[matched >= 0]]`` their boxes.

    Raises
    ------
    TypeError, ValueError
        If a box has no area, the thresholds are out of order, or ``every_truth`` is asked of fewer anchors than boxes.

    Examples
    --------
    >>> match([[0, 0, 4, 4], [0, 0, 4, 7], [8, 8, 9, 9]], [[0, 0, 4, 4]], positive=0.7, negative=0.3)
    array([ 0, -2, -1])
    """
    anchors, truth = rows_of_boxes(anchors, "anchors"), rows_of_boxes(truth, "truth")
    positive = check_number(positive, "positive", above=0, maximum=1)
    negative = positive if negative is None else check_number(negative, "negative", minimum=0, maximum=positive)
    if check_bool(every_truth, "every_truth") and len(anchors) < len(truth):
        raise ValueError(
            f"anchors must be at least as many as the boxes of truth; got {len(anchors)} and {len(truth)}"
        )
    if not len(truth) or not len(anchors):
        return np.full(len(anchors), NEGATIVE)
    overlaps = overlap(anchors[:, None], truth)  # (N, M)
    best = overlaps.max(1)
    matched = np.where(best >= positive, overlaps.argmax(1), np.where(best < negative, NEGATIVE, IGNORED))
    if every_truth:
        _give_each_an_anchor(matched, overlaps, anchors, truth)
    return matched


def _give_each_an_anchor(matched, overlaps, anchors, truth):
    """Write into matched (N,) one anchor for each true box: of all free pairs the best, again and again."""
    shift = (anchors[:, None, :2] + anchors[:, None, 2:] - truth[:, :2] - truth[:, 2:]) / 2
    worth = np.where(overlaps > 0, overlaps, -(shift**2).sum(-1))  # apart: the nearer, the less negative
    for _ in range(len(truth)):
        anchor, box = np.unravel_index(worth.argmax(), worth.shape)
        matched[anchor] = box
        worth[anchor], worth[:, box] = -np.inf, -np.inf


def hard_negatives(losses, positives, ratio=3, ignored=None):
    """Return which negatives to learn from: those of the largest loss, ``ratio`` for each positive (liu2016ssd, 2.2).

    Parameters
    ----------
    losses : array or Tensor (N,) or (B, N)
        The loss that each anchor would have as a negative.
    positives : bools, of the shape of losses
    ratio : number above 0
        In each row ⌊ratio · positives⌋ negatives are chosen, or all where there are fewer; of equal losses the first.
    ignored : bools, of the same shape, optional
        Anchors that are neither positive nor negative.

    Returns
    -------
    bools, of the same shape

    Raises
    ------
    TypeError, ValueError
        If losses are not numbers, or the shapes differ.

    Examples
    --------
    >>> hard_negatives([0.1, 0.9, 0.4, 0.8], [True, False, False, False], ratio=2)
    array([False,  True, False,  True])
    """
    losses, positives = finite(losses, "losses"), _bools(positives, "positives")
    check_same_shape(positives, "positives", losses, "losses")
    if losses.ndim not in (1, 2):
        raise ValueError(f"losses must have 1 or 2 axes; got shape {losses.shape}")
    is_out = positives
    if ignored is not None:
        ignored = _bools(ignored, "ignored")
        check_same_shape(ignored, "ignored", losses, "losses")
        is_out = positives | ignored
    n_wanted = check_positive(ratio, "ratio") * positives.sum(-1, keepdims=True)
    n_wanted = np.floor(n_wanted + 1e-9)  # 0.29 · 100 is a little less than 29
    order = np.argsort(np.where(is_out, np.inf, -losses), -1, kind="stable")
    chosen = np.zeros(losses.shape, bool)
    np.put_along_axis(chosen, order, np.arange(losses.shape[-1]) < n_wanted, -1)
    return chosen & ~is_out


def _bools(value, name):
    array = plain_array(value, name)
    if array.dtype != bool:
        raise TypeError(f"{name} must hold bools; got dtype {array.dtype}")
    return array
