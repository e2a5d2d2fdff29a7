"""Checks of *Challenges: efficiency, law, people, and what comes next*."""

import itertools
import numbers

import numpy as np

from chainrule.exercises import array_is, call, check, number_is

VERDICTS = ("holds", "fails", "cannot tell")


@check("future-rank")
def future_rank(answer):
    return number_is(
        answer,
        85,
        hints=[
            (86, "with 86 the factors hold more numbers than the matrix"),
            (128, "that is the full rank: two factors of it hold more than the matrix"),
            (85.333, "a rank is a whole number"),
            (42, "each factor has r columns or rows: r(256 + 128) numbers in all, not twice that"),
        ],
        tolerance=1e-4,
    )


@check("future-tied")
def future_tied(answer):
    if np.shape(answer) == (2,):
        for wrong, hint in [
            ([0.09375, 0.026786], "that is with FNR in place of 1 − FNR"),
            ([4.5, 1.285714], "(1 − PPV)/PPV, not the other way round"),
            ([0.080357, 0.28125], "group 0 first"),
            ([0.1125, 0.05625], "the ratio p/(1 − p), not p"),
        ]:
            if array_is(answer, wrong, tolerance=1e-3) is None:
                return hint
    return array_is(answer, [0.28125, 0.0803571], tolerance=2e-3, name="the list of two rates")


@check("future-best")
def future_best(answer):
    rng = np.random.default_rng(4)
    for scores, k in [([0.3, 0.9, 0.5], 2), ([0.2, 0.2, 0.7, 0.4], 3), (list(rng.random(7)), 4)]:
        right = np.mean([max(drawn) for drawn in itertools.combinations(scores, k)])
        again = np.mean([max(drawn) for drawn in itertools.product(scores, repeat=k)])
        found = call(answer, list(scores), k)
        wrong = number_is(
            found,
            right,
            hints=[
                (max(scores), "the largest of all is not always among the k"),
                (np.mean(scores), "that is one try, whatever k is"),
                (again, "the k are different ones: nothing is drawn twice"),
            ],
        )
        if wrong:
            return wrong
    for scores in ([0.3, 0.9, 0.5], [1.0, 0.0]):
        if number_is(call(answer, list(scores), 1), np.mean(scores)):
            return "with k = 1 it is the mean"
    return None


@check("future-attack")
def future_attack(answer):
    rng = np.random.default_rng(5)
    cases = [
        ([0.1, 0.2], [0.3, 0.15]),
        ([0.5, 0.5], [0.5]),
        (list(rng.random(6)), list(rng.random(9))),
    ]
    for members, others in cases:
        pairs = list(itertools.product(members, others))
        right = np.mean([(m < o) + 0.5 * (m == o) for m, o in pairs])
        found = call(answer, list(members), list(others))
        wrong = number_is(
            found,
            right,
            hints=[
                (np.mean([m < o for m, o in pairs]), "a tie counts one half"),
                (1 - right, "the attack wins where the member has the smaller loss"),
                (
                    np.sum([(m < o) + 0.5 * (m == o) for m, o in pairs]),
                    "a share of the pairs, not their number",
                ),
            ],
        )
        if wrong:
            return wrong
    return None


@check("future-elsewhere")
def future_elsewhere(answer):
    if not isinstance(answer, dict):
        return f"give a dict; got {type(answer).__name__}"
    for name in ("claim", "source"):
        if not isinstance(answer.get(name), str) or len(answer[name].strip()) < 3:
            return f"write the {name} in words"
    runs = []
    for name in ("measured", "baseline"):
        try:
            values = np.asarray(answer.get(name), dtype=np.float64)
        except (TypeError, ValueError):
            return f"{name} must be a list of numbers"
        if values.ndim != 1 or len(values) < 3 or not np.isfinite(values).all():
            return f"{name} must be a list of three finite numbers or more, one a seed"
        runs.append(values)
    least = answer.get("least")
    if isinstance(least, bool) or not isinstance(least, numbers.Real) or not least > 0:
        return "least must be a number above zero: the difference that would convince you"
    if answer.get("verdict") not in VERDICTS:
        return f"verdict must be one of {', '.join(VERDICTS)}"
    right = verdict_of(*runs, least)
    return None if answer["verdict"] == right else f'by these numbers the verdict is "{right}"'


def verdict_of(measured, baseline, least):
    """Return what follows from the runs by the rule of two standard errors."""
    difference = measured.mean() - baseline.mean()
    error = np.sqrt(measured.var(ddof=1) / len(measured) + baseline.var(ddof=1) / len(baseline))
    if difference >= max(least, 2 * error):
        return "holds"
    return "fails" if difference + 2 * error <= least else "cannot tell"
