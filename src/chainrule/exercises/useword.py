"""Checks of *Where it is used: language and vision*."""

import numpy as np

from chainrule.exercises import call, check, number_is


@check("useword-bayes-on-paper")
def useword_bayes_on_paper(answer):
    odds = 1 / 2 * (2 / 8) / (1 / 11) * (2 / 8) / (3 / 11) * (1 / 8) / (2 / 11)
    hint = number_is(answer, odds / (1 + odds), tolerance=1e-3)
    if hint is None:
        return None
    if number_is(answer, odds, tolerance=1e-3) is None:
        return "those are the odds; the probability is odds / (1 + odds)"
    if number_is(answer, 2 * odds / (1 + 2 * odds), tolerance=1e-3) is None:
        return "two of the three sentences are told: the prior is missing"
    return hint


@check("useword-ninety-nine")
def useword_ninety_nine(answer):
    hint = number_is(answer, 1.98 / 12.85, tolerance=1e-3)
    if hint is not None and number_is(answer, 0.99, tolerance=1e-3) is None:
        return "that is the share of threes that are found; precision is the share of alarms that are right"
    return hint


@check("useword-groups")
def useword_groups(answer):
    rng = np.random.default_rng(5)
    drawn = []
    letters = np.array(list("aabbbcd"))
    for groups, share in [(np.repeat(np.arange(12), 5), 0.25), (rng.integers(0, 9, 40), 1 / 3), (letters, 0.5)]:
        for seed in range(4):
            got = np.asarray(call(answer, groups.copy(), share, np.random.default_rng(seed)))
            if got.shape != groups.shape or got.dtype != bool:
                return f"give a boolean for each row, {groups.shape}; got {got.dtype} {got.shape}"
            inside, outside = set(groups[got]), set(groups[~got])
            if inside & outside:
                return "a group stands on both sides"
            n_wanted = round(share * len(np.unique(groups)))
            if len(inside) != n_wanted:
                return f"{n_wanted} of {len(np.unique(groups))} groups are to be held out; got {len(inside)}"
            drawn.append(got.tobytes())
    if len(set(drawn[:4])) == 1:
        return "the same groups with each random generator: draw with rng"
    return None


@check("useword-door")
def useword_door(answer):
    rng = np.random.default_rng(6)
    for n, keep in [(20, 0.95), (10, 0.85), (7, 0.5), (100, 0.9), (5, 1.0)]:
        confidences = rng.permutation(np.linspace(0.2, 0.99, n))
        n_pass = int(np.ceil(keep * n - 1e-9))
        hint = number_is(call(answer, confidences.copy(), keep), np.sort(confidences)[-n_pass])
        if hint is not None:
            return f"of {n} examples {n_pass} must pass, and no more need to: {hint}"
    return None
