"""Checks of *A small GPT*."""

import math

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


@check("gpt-merges")
def gpt_merges(answer):
    return number_is(
        answer,
        8,
        hints=[
            (14, "that is the number of bytes, before any merge"),
            (10, "that is after the first merge, an; make another"),
            (
                9,
                "the space belongs to the second word and is a token, but no merge crosses the words",
            ),
            (7, "the space before the second word stays a token of its own"),
            (6, "ba and na do not both come second: after an, neither is what it was"),
        ],
    )


@check("gpt-bits")
def gpt_bits(answer):
    tokens, nats, n_bytes = np.array([250, 1000]), np.array([4.0, 1.2]), 1000
    slips = {
        "those are nats a byte; divide by ln 2": tokens * nats / n_bytes,
        "those are bits a token; how many tokens does a byte cost?": nats / math.log(2),
        "multiply by tokens a byte, not by bytes a token": nats / math.log(2) * n_bytes / tokens,
        "nats become bits when they are divided by ln 2": tokens * nats / n_bytes * math.log(2),
        "first A, then B": (tokens * nats / n_bytes / math.log(2))[::-1],
    }
    for said, values in slips.items():
        if array_is(answer, values, tolerance=1e-3) is None:
            return said
    return array_is(
        answer,
        tokens * nats / n_bytes / math.log(2),
        tolerance=6e-3,
        name="the bits per byte of A and of B",
    )


@check("gpt-nucleus")
def gpt_nucleus(answer):
    rng = np.random.default_rng(6)
    cases = [
        (np.array([0.125, 0.5, 0.125, 0.25]), 0.8),
        (np.array([0.25, 0.5, 0.25]), 0.5),
        (np.array([0.2, 0.7, 0.1]), 0.05),
        (np.array([0.5, 0.25, 0.125, 0.125]), 1.0),
        (rng.dirichlet(np.full(30, 0.3)), 0.9),
    ]
    for p, threshold in cases:
        order = np.argsort(-p, kind="stable")
        before = np.cumsum(p[order]) - p[order]
        # of equally probable ones any may be kept: compare what is sorted
        right = np.where(before < threshold, p[order], 0.0)
        got = call(answer, p.copy(), threshold)
        if np.shape(got) != p.shape:
            return f"return an array of shape {p.shape}; got shape {np.shape(got)}"
        got = np.asarray(got, float)
        given = np.sort(got)[::-1]
        if array_is(given, right / right.sum()) is None:
            if np.any((got > 0) & (p * got.sum() == 0)) or not np.allclose(
                got[got > 0] * right.sum(), p[got > 0]
            ):
                return "each kept token keeps its own share: put them back in their places"
            continue
        if array_is(given, right) is None:
            return "what is kept must add up to 1 again"
        fewer = np.where(np.cumsum(p[order]) < threshold, p[order], 0.0)
        if array_is(given, fewer) is None or (
            fewer.sum() and array_is(given, fewer / fewer.sum()) is None
        ):
            return "keep the token with which the threshold is reached, too"
        more = np.where(before <= threshold, p[order], 0.0)
        if array_is(given, more / more.sum()) is None:
            return "where the threshold is reached exactly, nothing more is needed"
        above = np.where(p >= threshold, p, 0.0)
        if above.sum() and array_is(got, above / above.sum()) is None:
            return "the threshold is for the sum of the most probable, not for each of them"
        return f"for p = {p.round(3).tolist()[:6]} and threshold {threshold} that is another distribution"
    return None


@check("gpt-shift")
def gpt_shift(answer):
    rng = np.random.default_rng(7)
    for n_steps, n_tokens, scale in [(4, 3, 1.0), (9, 5, 3.0), (6, 4, 1e4)]:
        z, tokens = (
            scale * rng.normal(size=(n_steps, n_tokens)),
            rng.integers(0, n_tokens, n_steps),
        )
        top = z - z.max(-1, keepdims=True)
        log_p = top - np.log(np.exp(top).sum(-1, keepdims=True))

        def mean_of(rows, wanted, log_p=log_p):
            return -log_p[rows, wanted].mean()

        t = np.arange(n_steps)
        got = call(answer, z.copy(), tokens.copy())
        hint = number_is(
            got,
            mean_of(t[:-1], tokens[1:]),
            hints=[
                (mean_of(t, tokens), "the logits after a token predict the next one, not the same"),
                (mean_of(t[1:], tokens[:-1]), "that predicts the token before: move the other way"),
                (
                    mean_of(t, np.roll(tokens, -1)),
                    "nothing follows the last token, not the first one either",
                ),
                (mean_of(t[:-1], tokens[1:]) * (n_steps - 1), "take the mean, not the sum"),
                (
                    mean_of(t[:-1], tokens[1:]) * (n_steps - 1) / n_steps,
                    "T tokens hold T - 1 predictions: divide by that",
                ),
                (-mean_of(t[:-1], tokens[1:]), "a loss is minus the logarithm"),
                (mean_of(t[:-1], tokens[1:]) / math.log(2), "those are bits; nats were asked for"),
            ],
        )
        if hint is not None:
            if scale > 100 and not np.isfinite(got):
                return "large logits overflow: subtract the largest before the exponential"
            return hint
    return None


@check("gpt-cache")
def gpt_cache(answer):
    right = 2 * 12 * 768 * 1024 * 4 / 1e6
    return number_is(
        answer,
        right,
        tolerance=2e-3,
        hints=[
            (right / 2, "keys and values: both are kept"),
            (right / 4, "a float32 has four bytes"),
            (right / 12, "each of the 12 layers keeps its own"),
            (right * 12, "the 12 heads share the 768 numbers of a step"),
            (right * 1e6, "in millions of bytes"),
            (right * 1e6 / 2**20, "that is in units of 2**20; a million was asked for"),
        ],
    )
