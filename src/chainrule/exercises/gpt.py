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


def _shares(p, kept):
    """Return p where kept, and zero elsewhere, with sum 1; p itself where nothing is kept."""
    chosen = np.where(kept, p, 0.0)
    return chosen / chosen.sum() if chosen.any() else p


@check("gpt-nucleus")
def gpt_nucleus(answer):
    many = np.random.default_rng(6).dirichlet(np.full(30, 0.3))
    cases = [([0.13, 0.5, 0.12, 0.25], 0.8), ([0.26, 0.5, 0.24], 0.5), ([0.2, 0.7, 0.1], 0.05)]
    for values, threshold in [*cases, ([0.5, 0.25, 0.13, 0.12], 1.0), (many, 0.9)]:
        p = np.array(values)
        before = np.array([p[p > one].sum() for one in p])
        right = _shares(p, before < threshold)
        got = call(answer, p.copy(), threshold)
        hint = array_is(got, right, name="the distribution")
        if hint is None:
            continue
        slips = {
            "what is kept must add up to 1 again": np.where(before < threshold, p, 0.0),
            "keep the token with which the threshold is reached, too": _shares(
                p, before + p < threshold
            ),
            "where the threshold is reached exactly, nothing more is needed": _shares(
                p, before <= threshold
            ),
            "the threshold is for the sum, not for each of them": _shares(p, p >= threshold),
            "put what is kept back in its place": np.sort(right)[::-1],
        }
        for said, slip in slips.items():
            if array_is(got, slip) is None:
                return said
        return f"{hint} (threshold {threshold})"
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
