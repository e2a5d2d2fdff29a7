"""Checks of *Cost*."""

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


@check("cost-three-quarters")
def cost_three_quarters(answer):
    d = 512
    return number_is(
        answer,
        18 * d,
        hints=[
            (18, "that many widths; the width is 512"),
            (6 * d, "there the share is one half"),
            (9 * d, "at that length the pairs take 0.6 of the block"),
            (24 * d, "solve T / (6 d + T) = 3/4 for T"),
            (2 * d, "that is where the pairs take one quarter"),
        ],
    )


@check("cost-merge")
def cost_merge(answer):
    rng = np.random.default_rng(3)
    for shift, gap, width in [(0.0, 0.0, 1), (0.0, 3.0, 2), (900.0, -3.0, 4), (-900.0, 1.0, 3)]:
        scores = [shift + rng.normal(size=4), shift + gap + rng.normal(size=5)]
        values = [rng.normal(size=(len(s), width)) for s in scores]
        parts = []
        for s, v in zip(scores, values, strict=True):
            powers = np.exp(s - s.max())
            parts += [float(s.max()), float(powers.sum()), powers @ v]
        every, all_values = np.concatenate(scores), np.concatenate(values)
        powers = np.exp(every - every.max())
        right = float(every.max()), float(powers.sum()), powers @ all_values
        try:
            got = call(answer, *parts)
        except OverflowError:
            return "maxima may be huge: never take the power of one, only of a difference"
        if not isinstance(got, tuple | list) or len(got) != 3:
            return "return three things: m, l, a"
        if array_is(got[1], parts[1] + parts[4]) is None:
            return "the sums are relative to different maxima: shrink them before they are added"
        for one, wanted, name in zip(got, right, ("m", "l", "a"), strict=True):
            hint = array_is(one, wanted, name=name)
            if hint is not None:
                if not np.isfinite(np.asarray(one, dtype=float)).all():
                    return f"{name} is not finite: take powers of differences of maxima only"
                return f"{hint}, for the maxima {parts[0]:.1f} and {parts[3]:.1f}"
    return None


@check("cost-large-cache")
def cost_large_cache(answer):
    right = 2 * 32 * 4 * 8192 * 8 * 128 * 2
    return number_is(
        answer,
        right,
        tolerance=1e-9,
        hints=[
            (right / 4, "that is the cache of one sequence"),
            (4 * right, "queries are not kept: count the 8 heads of keys"),
            (right / 2, "keys and values; and 16 bits are 2 bytes"),
            (right / 8, "each of the 8 heads has keys of its own"),
            (right / 32, "every layer has a cache"),
        ],
    )


@check("cost-stack")
def cost_stack(answer):
    return number_is(
        answer,
        17,
        hints=[
            (16, "a window of 256 reaches 255 steps back, and 16 times 255 is less than 4095"),
            (4095 / 255, "round up: there is no part of a layer"),
            (4096 / 256, "a window of 256 reaches 255 steps back"),
            (2, "that is for strided attention"),
            (15, "too few: 15 times 255 is 3825"),
        ],
    )


def _features(x):
    return np.where(x > 0, x + 1, np.exp(np.minimum(x, 0)))


@check("cost-forget")
def cost_forget(answer):
    rng = np.random.default_rng(4)
    for r, width, keep in [(3, 2, 0.5), (4, 1, 0.9), (2, 5, 1.0), (3, 3, 0.0)]:
        state, z = rng.normal(size=(r, width)), rng.uniform(1, 2, r)
        q, k, v = rng.normal(size=r), rng.normal(size=r), rng.normal(size=width)
        of_q, of_k = _features(q), _features(k)
        new, new_z = keep * state + np.outer(of_k, v), keep * z + of_k
        got = call(answer, state.copy(), z.copy(), q.copy(), k.copy(), v.copy(), keep)
        if not isinstance(got, tuple | list) or len(got) != 3:
            return "return three things: S, z, o"
        slips = {
            "the old state counts keep times": (0, state + np.outer(of_k, v)),
            "the key goes into the state through its features": (0, keep * state + np.outer(k, v)),
            "forget first, then add: the new pair counts in full": (
                0,
                keep * (state + np.outer(of_k, v)),
            ),
            "z forgets, too": (1, z + of_k),
            "read after the pair has been added": (2, of_q @ state / (of_q @ z)),
            "divide by the query's features times z": (2, of_q @ new),
            "the query goes through its features, too": (2, q @ new / (q @ new_z)),
        }
        parts = zip(got, (new, new_z, of_q @ new / (of_q @ new_z)), ("S", "z", "o"), strict=True)
        for place, (one, right, name) in enumerate(parts):
            hint = array_is(one, right, name=name)
            if hint is not None:
                for said, (where, value) in slips.items():
                    if where == place and array_is(one, value) is None:
                        return said
                return f"{hint} (keep = {keep})"
    return None
