"""Logistic regression in the plane and what it gets right; decision_boundary_model.js computes the same."""

import math
from dataclasses import dataclass

import numpy as np

from chainrule.explore.depth_simulation import normals

PENALTY = 1e-3  # on the squared weights, halved
END = 3  # of the plane: points lie in [-3, 3] by [-3, 3]
# Centre, spread and number of points of the positive and of the negative class.
_BLOBS = {
    "two blobs": ((1.1, 0.8, 0.55, 20), (-1.1, -0.8, 0.55, 20), 3),
    "overlapping blobs": ((0.7, 0.5, 1.0, 30), (-0.7, -0.5, 1.0, 30), 2),
    "imbalanced 10:1": ((1.0, 0.8, 0.7, 6), (-0.6, -0.4, 0.8, 60), 5),
}
PRESETS = (*_BLOBS, "moons")


@dataclass
class Classified:
    """What the figure shows of a state."""

    points: np.ndarray  # (N, 3): x, y, class
    threshold: float
    weights: np.ndarray  # (3,) or (6,)
    scores: np.ndarray  # (N,), log odds
    counts: dict  # tp, fp, fn, tn
    metrics: dict  # accuracy, precision, recall, f1, area; nan where undefined
    roc: np.ndarray  # (K, 2), false positive rate and recall; empty without both classes


def preset(name):
    """Return the points of a preset, array (N, 3) of x, y and class; the same at every call."""
    if name == "moons":
        noise = 0.18 * normals(0, 100).reshape(50, 2)
        t = np.pi * np.arange(25) / 24
        upper = np.stack([1.5 * np.cos(t) - 0.75, 1.5 * np.sin(t) - 0.35], axis=1)
        places = np.concatenate([upper, -upper]) + noise
        labels = np.repeat([1, 0], 25)
    else:
        positive, negative, seed = _BLOBS[name]
        labels = np.repeat([1, 0], [positive[3], negative[3]])
        noise = normals(seed, 2 * len(labels)).reshape(-1, 2)
        places = np.where(labels[:, None] == 1, positive[:2], negative[:2])
        places = places + np.where(labels[:, None] == 1, positive[2], negative[2]) * noise
    places = np.floor(np.clip(places, -END, END) * 100 + 0.5) / 100
    return np.column_stack([places, labels])


def score(x, y, weights):
    """Return the log odds w0 + w1 x + w2 y, with x², xy and y² where there are six weights."""
    z = weights[0] + weights[1] * x + weights[2] * y
    if len(weights) == 6:
        z = z + weights[3] * x * x + weights[4] * x * y + weights[5] * y * y
    return z


def logistic_regression(points, quadratic):
    """Return the weights of least mean log loss + 0.0005 · (sum of their squares).

    Newton's method (iteratively reweighted least squares), with steps halved until the loss falls.
    The small penalty keeps the weights finite when a line separates the classes, or where there is
    one class alone.

    Parameters
    ----------
    points : array (N, 3)
        x, y and class, 0 or 1; without points the weights are 0.
    quadratic : bool
        With x², xy and y² beside 1, x and y.

    Returns
    -------
    array (3,) or (6,)
    """
    x, y, label = points.T
    columns = [np.ones_like(x), x, y, *((x * x, x * y, y * y) if quadratic else ())]
    features = np.stack(columns, axis=1)
    weights = np.zeros(len(columns))
    if len(points) == 0:
        return weights
    sign = 1 - 2 * label

    def loss(w):
        return np.mean(np.logaddexp(0, sign * (features @ w))) + PENALTY / 2 * (w @ w)

    for _ in range(100):
        p = 1 / (1 + np.exp(-(features @ weights)))
        gradient = features.T @ (p - label) / len(label) + PENALTY * weights
        curvature = (features.T * (p * (1 - p))) @ features / len(label)
        step = np.linalg.solve(curvature + PENALTY * np.eye(len(weights)), gradient)
        while loss(weights - step) > loss(weights) + 1e-12:
            step = step / 2
        weights = weights - step
        if np.abs(gradient).max() < 1e-9:  # the last step has squared what was left
            break
    return weights


def roc_curve(scores, labels):
    """Return the points of the ROC curve, (false positive rate, recall), from the strictest threshold on.

    Equal scores make one step. Without both classes there is none.

    Parameters
    ----------
    scores, labels : array (N,)

    Returns
    -------
    array (K, 2)
    """
    positives = int(labels.sum())
    negatives = len(labels) - positives
    if positives == 0 or negatives == 0:
        return np.zeros((0, 2))
    cuts = np.unique(scores)[::-1]
    hits = [(scores[labels == 1] >= cut).sum() / positives for cut in cuts]
    alarms = [(scores[labels == 0] >= cut).sum() / negatives for cut in cuts]
    return np.array([(0.0, 0.0), *zip(alarms, hits)])


def area_under(roc):
    """Return the area under a ROC curve by trapezia; nan without one."""
    if len(roc) == 0:
        return math.nan
    return float(np.sum(np.diff(roc[:, 0]) * (roc[1:, 1] + roc[:-1, 1]) / 2))


def compute(state):
    """Return what the figure shows of ``{points, quadratic, threshold}``.

    Parameters
    ----------
    state : dict

    Returns
    -------
    Classified
    """
    points = np.reshape(state["points"], (-1, 3)).astype(float)
    labels = points[:, 2]
    weights = logistic_regression(points, state["quadratic"])
    scores = score(points[:, 0], points[:, 1], weights)
    said = scores >= cut_of(state["threshold"])
    tp, fp = int((said & (labels == 1)).sum()), int((said & (labels == 0)).sum())
    fn, tn = int((~said & (labels == 1)).sum()), int((~said & (labels == 0)).sum())
    roc = roc_curve(scores, labels)
    metrics = {
        "accuracy": _ratio(tp + tn, len(points)),
        "precision": _ratio(tp, tp + fp),
        "recall": _ratio(tp, tp + fn),
        "f1": _ratio(2 * tp, 2 * tp + fp + fn),
        "area": area_under(roc),
    }
    counts = {"tp": tp, "fp": fp, "fn": fn, "tn": tn}
    return Classified(points, state["threshold"], weights, scores, counts, metrics, roc)


def cut_of(threshold):
    """Return the log odds of a threshold on the probability."""
    return math.log(threshold / (1 - threshold))


def _ratio(part, whole):
    return part / whole if whole else math.nan
