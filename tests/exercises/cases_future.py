import itertools

import numpy as np
from exercises.case import Case


def report(**changes):
    whole = {
        "claim": "A is ahead of B.",
        "source": "a blog",
        "measured": [0.9, 0.91, 0.92],
        "baseline": [0.8, 0.81, 0.82],
        "least": 0.05,
        "verdict": "holds",
    }
    return {**whole, **changes}


def best_right(scores, k):
    return np.mean([max(drawn) for drawn in itertools.combinations(scores, k)])


def best_of_all(scores, k):
    return max(scores)


def mean_of_all(scores, k):
    return float(np.mean(scores))


def best_with_return(scores, k):
    return np.mean([max(drawn) for drawn in itertools.product(scores, repeat=k)])


def attack_right(members, others):
    return np.mean([(m < o) + 0.5 * (m == o) for m in members for o in others])


def attack_strict(members, others):
    return np.mean([m < o for m in members for o in others])


def attack_turned(members, others):
    return 1 - attack_right(members, others)


def attack_count(members, others):
    return attack_right(members, others) * len(members) * len(others)


CASES = {
    "future-rank": Case(right=85, wrong=[86, 128, 85.333, 42, "85"]),
    "future-tied": Case(
        right=[0.28125, 0.0803571],
        wrong=[[0.09375, 0.026786], [4.5, 1.285714], [0.0803571, 0.28125], [0.1125, 0.05625], 0.28],
    ),
    "future-best": Case(right=best_right, wrong=[best_of_all, mean_of_all, best_with_return]),
    "future-attack": Case(right=attack_right, wrong=[attack_strict, attack_turned, attack_count]),
    "future-elsewhere": Case(
        right=report(),
        wrong=[
            report(verdict="fails"),
            report(verdict="cannot tell"),
            report(measured=[0.9, 0.91]),
            report(baseline=None),
            report(least=0),
            report(claim=""),
            report(least=0.2),
            report(measured=[0.7, 0.9, 1.1]),
            "holds",
        ],
    ),
}
