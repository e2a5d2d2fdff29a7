"""Answers to the exercises of *Where it is used: language and vision*."""

import math

import numpy as np
from exercises.case import Case


def groups(groups, share, rng, n_more=0):
    different = np.unique(groups)
    n = round(share * len(different)) + n_more
    return np.isin(groups, rng.choice(different, n, replace=False))


def by_row(groups, share, rng):
    return rng.random(len(groups)) < share


def the_first(groups, share, rng):
    different = np.unique(groups)
    return np.isin(groups, different[: round(share * len(different))])


def door(confidences, keep):
    return np.sort(confidences)[::-1][math.ceil(keep * len(confidences) - 1e-9) - 1]


CASES = {
    "useword-bayes-on-paper": Case(right=0.4642, wrong=[0.8665, 0.6341, 0.0, 0.5358]),
    "useword-ninety-nine": Case(right=0.1541, wrong=[0.99, 0.01, 0.182, 0.5]),
    "useword-groups": Case(
        right=groups,
        wrong=[
            by_row,
            the_first,
            lambda *a: groups(*a, n_more=1),
            lambda *a: np.flatnonzero(groups(*a)),
            lambda *a: ~groups(*a),
        ],
    ),
    "useword-door": Case(
        right=door,
        wrong=[
            lambda c, keep: keep,
            lambda c, keep: np.quantile(c, 1 - keep),
            lambda c, keep: np.sort(c)[math.ceil(keep * len(c) - 1e-9) - 1],
            lambda c, keep: c.min(),
        ],
    ),
}
