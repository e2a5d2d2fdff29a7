"""Checks of *Schedules*."""

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


@check("schedule-restarts")
def schedule_restarts(answer):
    if array_is(answer, [0, 5, 20]) is None:
        return "step 0 is the start, not a restart"
    if array_is(answer, [5, 15, 45]) is None:
        return "those are the lengths of the periods: add them up"
    if array_is(answer, [5, 10, 15]) is None:
        return "each period is three times as long as the one before"
    return array_is(answer, [5, 20, 65], name="the restarts")


@check("schedule-gamma")
def schedule_gamma(answer):
    return number_is(
        answer,
        0.5 ** (1 / 250),
        tolerance=1e-6,
        hints=[
            (0.5, "that is the factor of 250 steps; ExponentialLR multiplies at every one"),
            (1 - 0.5 / 250, "near: a product of 250 factors is not a sum of 250 parts"),
            (0.5 / 250, "the rates are multiplied, so take a root"),
        ],
    )


@check("schedule-warmup-linear")
def schedule_warmup_linear(answer):
    for peak, n, total in [(0.8, 10, 50), (3.0, 4, 5), (0.1, 7, 21)]:
        for t in [0, 1, n - 1, n, n + 1, total - 1, total, total + 3]:
            right = peak * t / n if t < n else peak * max(total - t, 0) / (total - n)
            got = call(answer, t, peak, n, total)
            hints = [(peak * (t + 1) / n, "the rise begins with 0 at step 0")] if t < n else []
            if t > n:
                hints.append(
                    (peak * (1 - t / total), "the line down begins at the peak, at step n")
                )
            if t > total:
                hints.append((peak * (total - t) / (total - n), "a rate is never negative"))
            hint = number_is(got, right, hints=hints)
            if hint is not None:
                return f"at t = {t} with peak {peak}, n = {n}, total = {total}: {hint}"
    return None


@check("schedule-clip-together")
def schedule_clip_together(answer):
    rng = np.random.default_rng(2)
    for shapes, c in [([(2,), (3, 2)], 0.5), ([(4,)], 0.1), ([(2, 2), (2,), (1,)], 100.0)]:
        given = [rng.normal(size=shape) * 10**k for k, shape in enumerate(shapes)]
        hint = _clipped_hint(answer, given, c)
        if hint is not None:
            return hint
    return None


def _clipped_hint(answer, given, c):
    kept = [g.copy() for g in given]
    got = call(answer, given, c)
    if any(not np.array_equal(a, b) for a, b in zip(given, kept, strict=True)):
        return "the arrays that were passed in have changed: return new ones"
    if not isinstance(got, list | tuple) or len(got) != len(kept):
        return "return a list with one array for each that was given"
    norm = float(np.sqrt(sum((g**2).sum() for g in kept)))
    factor = min(1.0, c / norm)
    right = [factor * g for g in kept]
    if all(array_is(a, b) is None for a, b in zip(got, right, strict=True)):
        return None
    alone = [g * min(1.0, c / float(np.linalg.norm(g))) for g in kept]
    if all(array_is(a, b) is None for a, b in zip(got, alone, strict=True)):
        return "each array was clipped on its own, which turns the whole; take one norm over all"
    stretched = [c / norm * g for g in kept]
    if factor == 1.0 and all(array_is(a, b) is None for a, b in zip(got, stretched, strict=True)):
        return "a norm that is below c already must stay as it is"
    return f"with c = {c} and arrays of norm {norm:.4g} together, the result is not right"


@check("schedule-clipped-end")
def schedule_clipped_end(answer):
    return number_is(
        answer,
        -1 + 0.2 / 0.9,
        hints=[
            (1.0, "that is the mean: where it ends without clipping"),
            (-1.0, "that is the median; the rare samples still pull, with a force of 2"),
            (0.2 / 0.9, "that is the distance from -1"),
            (-1 - 0.2 / 0.9, "check the sign of the pull of the rare samples"),
        ],
    )
