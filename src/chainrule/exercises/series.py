"""Checks of *Time series, honestly*."""

import math

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


@check("series-paper-ahead")
def series_paper_ahead(answer):
    return number_is(
        answer,
        9.5,
        hints=[
            (9.0, "that is one step ahead"),
            (10.0, "that is two steps ahead"),
            (9.75, "each step takes the two values before it; the forecasts count as values"),
            (7.0, "the most recent value is 6, not 2"),
            (5.5, "do not leave out the constant"),
        ],
    )


@check("series-windows-ahead")
def series_windows_ahead(answer):
    rng = np.random.default_rng(11)
    for n, w, h in [(9, 3, 1), (12, 4, 3), (7, 2, 5), (8, 1, 2)]:
        series = rng.normal(size=n)
        got = call(answer, series.copy(), w, h)
        if not isinstance(got, (tuple, list)) or len(got) != 2:
            return "return two arrays: (past, target)"
        starts = range(n - w - h + 1)
        rows = np.array([series[i : i + w] for i in starts])
        targets = np.array([series[i + w + h - 1] for i in starts])
        if h > 1 and np.shape(got[1]) == (n - w,) and np.allclose(got[1], series[w:]):
            return "that is the value one step after the window, for every h"
        if array_is(got[0], rows[:, ::-1]) is None and w > 1:
            return "the oldest value of a window comes first"
        for name, array, right in [("past", got[0], rows), ("target", got[1], targets)]:
            if (hint := array_is(array, right, name=name)) is not None:
                return f"{hint}, for {n} values, w = {w}, h = {h}"
    return None


@check("series-walk-forward")
def series_walk_forward(answer):
    series = np.random.default_rng(12).normal(size=12)
    for start in (1, 5, 11):
        seen = []

        def forecast(past, seen=seen):
            seen.append(np.array(past, dtype=np.float64))
            return 2 * past[-1] + len(past)

        got = call(answer, series.copy(), start, forecast)
        lengths = [len(past) for past in seen]
        if any(n > t for n, t in zip(lengths, range(start, 12))):
            return "forecast was shown the value that it is to forecast, or one after it"
        if lengths and set(lengths) == {start} and len(lengths) > 1:
            return "what has happened since the start may be used: the past grows with every step"
        expected = np.array([2 * series[t - 1] + t for t in range(start, 12)])
        if (hint := array_is(got, expected, name="the forecasts")) is not None:
            return f"{hint}, for 12 values and start = {start}"
        if not all(np.array_equal(past, series[: len(past)]) for past in seen):
            return "forecast must see the values as they were, from the first on"
    return None


@check("series-skill")
def series_skill(answer):
    rng = np.random.default_rng(13)
    for n, start in [(20, 12), (9, 1), (30, 20)]:
        series = np.cumsum(rng.normal(size=n))
        truth, before = series[start:], series[start - 1 : -1]
        forecast = truth + rng.normal(size=n - start)
        model, naive = np.mean((forecast - truth) ** 2), np.mean((before - truth) ** 2)
        got = call(answer, forecast.copy(), series.copy(), start)
        slips = [
            (1 - math.sqrt(model / naive), "that is one minus the ratio of the RMSEs; take the MSEs"),
            (model / naive, "that is the ratio; the skill is one minus it"),
            (1 - naive / model, "the model's error belongs above, persistence's below"),
            (1 - model / np.var(truth), "that compares with the mean, not with persistence"),
            (1 - model / np.mean(np.diff(series) ** 2), "persistence over the same steps only"),
        ]
        if (hint := number_is(got, 1 - model / naive, hints=slips)) is not None:
            return hint
    return None


@check("series-conformal-width")
def series_conformal_width(answer):
    rng = np.random.default_rng(14)
    for n, share in [(40, 0.9), (19, 0.5), (9, 0.9), (100, 0.95), (8, 0.9), (4, 0.95)]:
        errors = rng.normal(size=n) - 0.3
        ordered, rank = np.sort(np.abs(errors)), math.ceil((n + 1) * share)
        got = call(answer, errors.copy(), share)
        if rank > n:
            if not (isinstance(got, (int, float)) and math.isinf(got) and got > 0):
                return f"{n} errors are too few for {share:.0%}: nothing short of infinity is sure"
            continue
        slips = [
            (np.sort(errors)[rank - 1], "take absolute errors: the interval has two sides"),
            (ordered[min(rank, n - 1)], "the r-th smallest stands at index r - 1"),
            (ordered[math.ceil(n * share) - 1], "n + 1, not n: the new error is one among them"),
        ]
        if (hint := number_is(got, ordered[rank - 1], hints=slips)) is not None:
            return hint
    return None
