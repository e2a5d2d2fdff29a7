"""Checks of *Questions on vision and language*."""

import math

import numpy as np

from chainrule.exercises import call, check, number_is


@check("qvision-two-heads")
def qvision_two_heads(answer):
    def half(a, b):
        return -(math.log(a) + math.log(b)) / 2

    return number_is(
        answer,
        half(0.6, 0.8),
        tolerance=2e-3,
        hints=[
            (2 * half(0.6, 0.8), "each of the two losses counts one half"),
            (half(0.3, 0.1), "the class head answers for the label, the other for the teacher"),
            (half(0.6, 0.1), "the distillation head is to say what the teacher says"),
            (half(0.6, 0.3), "only one of the heads answers for the teacher: not the class head"),
            (-half(0.6, 0.8), "a cross-entropy is minus the logarithm"),
        ],
    )


@check("qvision-finer")
def qvision_finer(answer):
    return number_is(
        answer,
        (24**2 - 14**2) * 768,
        hints=[
            (0, "each place has a learned vector of its own, and there are more places"),
            (24**2 - 14**2, "that many places more; each has a vector of 768 numbers"),
            (577 * 768, "those are all positions; 197 of them were there before"),
            (576 * 768, "those are the new patches' positions; 196 were there before"),
            (
                (384**2 - 224**2) * 768,
                "a place is a patch of 16 × 16, not a pixel",
            ),
        ],
    )


@check("qvision-twins")
def qvision_twins(answer):
    return number_is(
        answer,
        math.log(2),
        tolerance=2e-3,
        hints=[
            (0.0, "for that, the own caption needs probability 1; its copy has the same score"),
            (math.log(8), "that is the loss of features that tell nothing"),
            (math.log(4), "four captions differ; ask how many have the same score as the own one"),
            (2 * math.log(2), "the two directions are averaged"),
            (math.log(2) / 2, "both directions suffer, that from captions to images, too"),
        ],
    )


@check("qvision-information")
def qvision_information(answer):
    def entropy(p):
        return -(p * np.log(np.maximum(p, 1e-30))).sum(-1)

    rng = np.random.default_rng(3)
    drawn = rng.dirichlet(np.full(5, 0.3), 40)
    cases = [
        (np.tile(np.eye(4)[1], (10, 1)), "one prototype takes all: it must be 0"),
        (np.full((10, 4), 0.25), "every answer is uniform: it must be 0"),
        (np.eye(4)[np.arange(12) % 4], "four groups told apart: it must be log 4"),
        (drawn, "take the entropy of the mean answer minus the mean of the entropies"),
    ]
    for p, hint in cases:
        right = entropy(p.mean(0)) - entropy(p).mean()
        with np.errstate(divide="ignore", invalid="ignore"):
            got = call(answer, p.copy())
        if isinstance(got, float) and math.isnan(got):
            return "0 log 0 counts as 0: keep the logarithm away from zero"
        wrong = number_is(got, right, tolerance=1e-5)
        if wrong is not None:
            return f"{hint}; {wrong}"
    return None


@check("qvision-regions")
def qvision_regions(answer):
    return number_is(
        answer,
        81,
        hints=[
            (64, "that is the number after the roll: the borders cut some of these in pieces"),
            (49, "those are the whole windows; the pieces at the borders attend, too"),
            (72, "both directions are shifted"),
            (100, "a side is cut into 3 + 7·7 + 4"),
            (9, "that is the number along one side"),
        ],
    )
