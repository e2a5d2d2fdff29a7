"""Checks of *Measuring*."""

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


@check("measure-loo-error")
def measure_loo_error(answer):
    rng = np.random.default_rng(21)
    for n, d in [(6, 2), (15, 4)]:
        X = np.column_stack([np.ones(n), rng.normal(size=(n, d - 1))])
        y = rng.normal(size=n) + X[:, 1] ** 2
        inside = y - X @ np.linalg.lstsq(X, y, rcond=None)[0]
        left_out = np.empty(n)
        for i in range(n):
            keep = np.arange(n) != i
            left_out[i] = y[i] - X[i] @ np.linalg.lstsq(X[keep], y[keep], rcond=None)[0]
        got = call(answer, X.copy(), y.copy())
        leverage = 1 - inside / left_out
        slips = [
            ((inside**2).mean(), "that is the error on the data of the fit: divide by 1 − h_ii"),
            ((left_out**2).sum(), "that is the sum of the squares: the exercise asks for the mean"),
            ((inside**2 / (1 - leverage)).mean(), "divide before squaring, not after"),
            (np.abs(left_out).mean(), "square the residuals, rather than take absolute values"),
        ]
        if array_is(got, left_out) is None:
            return "these are the residuals: the exercise asks for their mean square"
        if (hint := number_is(got, (left_out**2).mean(), tolerance=1e-8, hints=slips)) is not None:
            return hint
    return None


def _within_one(errors, spread):
    mean = errors.mean(1)
    best = mean.argmin()
    return int(np.argmax(mean <= mean[best] + spread(errors)[best]))


@check("measure-one-se")
def measure_one_se(answer):
    rng = np.random.default_rng(22)
    root = 5**0.5
    gap = np.array([0.3, 2.0, 0.6, 0.0, 0.1])  # the simplest is within reach, the next is not
    noise = rng.normal(size=(5, 5))
    noise -= noise.mean(1, keepdims=True)
    deviations = np.array([1.2, 1.0, 3.0, 1.0, 1.0])
    noise *= (deviations / noise.std(1, ddof=1))[:, None]
    for means, right in [
        (gap, 0),
        (np.array([1.9, 0.7, 0.3, 0.0, 0.1]), 2),
        (np.array([0.46, 0.43, 0.9, 0.0, 0.9]), 1),
        (np.array([3.0, 0.5, 0.6, 0.9, 0.0]), 4),
    ]:
        errors = means[:, None] + noise + 5
        got = call(answer, errors.copy())
        if isinstance(got, bool) or not isinstance(got, int | np.integer):
            return f"return the index of a candidate, an integer; got {type(got).__name__}"
        if got == right:
            continue
        if got == means.argmin():
            return "that is the smallest error; the rule allows a simpler one within its reach"
        if got == _within_one(errors, lambda e: e.std(1, ddof=1)):
            return "the standard error of a mean is the deviation divided by the root of K"
        if got == _within_one(errors, lambda e: e.std(1) / root):
            return "divide by K − 1 in the deviation"
        return f"got candidate {got}: take the first whose mean is within one standard error"
    return None


@check("measure-leaks")
def measure_leaks(answer):
    if not isinstance(answer, str):
        return f'give the letters as a string, such as "BD"; got {type(answer).__name__}'
    letters = {letter for letter in answer.upper() if letter.isalpha()}
    if not letters <= set("ABCD"):
        return "the pipelines are A, B, C and D"
    if "B" in letters:
        return "B looks at no label and at no value: which information could reach the fit?"
    if "D" in letters:
        return "in D everything that is fitted is fitted on the training part"
    if "A" not in letters:
        return "what does the value that A fills in depend on?"
    if "C" not in letters:
        return "where can the two copies of one row of C end up?"
    return None


@check("measure-precision")
def measure_precision(answer):
    found, alarms = 0.01 * 0.9, 0.99 * 0.05
    return number_is(
        answer,
        found / (found + alarms),
        tolerance=5e-4,
        hints=[
            (0.9, "that is the recall; the healthy are ninety-nine times as many as the ill"),
            (0.95, "that is the share of the healthy who are cleared"),
            (
                found,
                "that is the share of all people who are ill and found: divide by all who are called ill",
            ),
            (0.9 / 0.95, "the two rates refer to groups of different size: weigh them by 1 and 99"),
            (
                found / alarms,
                "that is the ratio of right to wrong alarms; precision divides by all alarms",
            ),
            (alarms / (found + alarms), "that is the share of wrong alarms"),
        ],
    )


@check("measure-area-ties")
def measure_area_ties(answer):
    rng = np.random.default_rng(23)
    for values, n in [(1000, 9), (3, 14), (2, 20)]:
        scores = rng.integers(0, values, n).astype(float)
        labels = rng.permutation(np.arange(n) % 3 == 0).astype(int)
        difference = scores[labels == 1][:, None] - scores[labels == 0]
        above, tied = (difference > 0).mean(), (difference == 0).mean()
        got = call(answer, scores.copy(), labels.copy())
        slips = [
            (1 - above - tied / 2, "positives should score higher: this is one minus the area"),
            (((difference > 0) + (difference == 0) / 2).sum(), "divide by the number of pairs"),
        ]
        if tied:
            slips += [
                (above, "pairs with equal scores count half"),
                (above + tied, "pairs with equal scores count half, not whole"),
            ]
        if (hint := number_is(got, above + tied / 2, tolerance=1e-9, hints=slips)) is not None:
            return hint
    return None
