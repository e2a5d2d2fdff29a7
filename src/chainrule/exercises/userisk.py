"""Checks of *Where it is used: finance and signals*."""

import math

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


@check("userisk-refuse-above")
def userisk_refuse_above(answer):
    return number_is(
        answer,
        3 / 15,
        hints=[
            (3 / 12, "the good customer's 3 is earned with probability 1 - p, not always"),
            (12 / 15, "the other way round: a dear default is a reason to refuse early"),
            (4.0, "give a probability, not the ratio of the costs"),
            (0.5, "one half is right only where both errors cost the same"),
        ],
    )


@check("userisk-unweighted")
def userisk_unweighted(answer):
    p = np.array([0.1, 0.5, 0.8, 0.95])
    for weight in (5.0, 1.0, 2.5):
        got = call(answer, p.copy(), weight)
        if weight != 1 and np.shape(got) == p.shape:
            if np.allclose(got, p / weight):
                return "it is the odds p / (1 - p) that are too large by the weight, not p"
            if np.allclose(got, weight * p / (weight * p + 1 - p)):
                return "that applies the weight once more; take it back"
        problem = array_is(got, p / (p + weight * (1 - p)), name=f"unweighted(p, {weight:g})")
        if problem:
            return problem
    return None


@check("userisk-only-the-past")
def userisk_only_the_past(answer):
    rng = np.random.default_rng(17)
    for days, m in [(12, 3), (20, 5), (9, 1)]:
        prices = rng.normal(size=days).cumsum()
        got = call(answer, prices.copy(), m)
        if np.shape(got) != (days - m + 1,):
            return f"{days} prices and m = {m} must give {days - m + 1} entries"
        got = np.asarray(got)
        for today in range(m - 1, days - 1):
            changed = prices.copy()
            changed[today + 1 :] += rng.choice([-9.0, 9.0])
            again = np.asarray(call(answer, changed, m))
            until = today - m + 2
            if not np.array_equal(again[:until], got[:until]):
                return "a later price changed an earlier decision: the future leaks in"
        means = np.array([prices[t - m + 1 : t + 1].mean() for t in range(m - 1, days)])
        right = np.where(prices[m - 1 :] < means, 1, -1)
        if m > 1 and np.array_equal(got, -right):
            return "the other way round: +1 where the price is below the mean"
        problem = array_is(got, right, name=f"hold(prices, {m})")
        if problem:
            return problem
    return None


@check("userisk-three-days")
def userisk_three_days(answer):
    def yearly(m):
        return math.sqrt(252) * m / math.sqrt(1 - m * m)

    return number_is(
        answer,
        yearly(math.sqrt(1 / math.pi)),
        tolerance=0.05,
        hints=[
            (yearly(math.sqrt(2 / math.pi / 15)), "that is the mean of five days"),
            (
                math.sqrt(252 / math.pi),
                "divide the mean by the deviation, the root of 1 - m squared",
            ),
            (math.sqrt(1 / math.pi), "that is the mean daily gain m; go on to the yearly ratio"),
            (
                yearly(math.sqrt(2 / math.pi / 3)),
                "only two steps are left in the signal: correlation 1/√2",
            ),
        ],
    )
