import math

import numpy as np
from exercises.case import Case


def ahead(past=lambda rows: rows, shift=0, every=False):
    def windows(series, w, h):
        rows = np.lib.stride_tricks.sliding_window_view(series, w)
        if every:
            return rows[:-1], series[w:]
        return past(rows[: len(series) - w - h + 1]), np.roll(series, shift)[w + h - 1 :]

    return windows


def walked(end=lambda t, start: t):
    return lambda series, start, forecast: np.array(
        [forecast(series[: end(t, start)]) for t in range(start, len(series))]
    )


def skill(of=lambda model, naive: 1 - model / naive, before=lambda s, k: s[k - 1 : -1]):
    def score(forecast, series, start):
        truth = series[start:]
        model = np.mean((forecast - truth) ** 2)
        return of(model, np.mean((before(series, start) - truth) ** 2))

    return score


def width(rank=lambda n, share: math.ceil((n + 1) * share), size=np.abs, beyond=math.inf):
    def half(errors, share):
        r = rank(len(errors), share)
        return np.sort(size(errors))[r - 1] if r <= len(errors) else beyond

    return half


CASES = {
    "series-paper-ahead": Case(right=9.5, wrong=[9.0, 10.0, 9.75, 7.0, 5.5, -9.5, "9.5"]),
    "series-windows-ahead": Case(
        right=ahead(),
        wrong=[
            ahead(every=True),
            ahead(shift=1),
            ahead(shift=-1),
            ahead(past=lambda rows: rows[:, ::-1]),
            ahead(past=lambda rows: rows[1:]),
            lambda series, w, h: np.lib.stride_tricks.sliding_window_view(series, w),
        ],
    ),
    "series-walk-forward": Case(
        right=walked(),
        wrong=[
            walked(lambda t, start: t + 1),
            walked(lambda t, start: start),
            walked(lambda t, start: None),
            walked(lambda t, start: max(t - 1, 1)),
            lambda series, start, forecast: forecast(series[:start]),
        ],
    ),
    "series-skill": Case(
        right=skill(),
        wrong=[
            skill(lambda model, naive: model / naive),
            skill(lambda model, naive: 1 - naive / model),
            skill(lambda model, naive: 1 - math.sqrt(model / naive)),
            skill(before=lambda s, k: s[k:].mean()),
            skill(before=lambda s, k: s[k - 1]),
        ],
    ),
    "series-conformal-width": Case(
        right=width(),
        wrong=[
            width(rank=lambda n, share: math.ceil(n * share)),
            width(rank=lambda n, share: math.floor((n + 1) * share)),
            width(size=lambda e: e),
            width(beyond=0.0),
            lambda errors, share: np.quantile(np.abs(errors), share),
            lambda errors, share: np.abs(errors).max(),
        ],
    ),
}
