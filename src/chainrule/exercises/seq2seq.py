"""Checks of *Training one*."""

import math

import numpy as np

from chainrule.exercises import array_is, call, check, number_is

_PAD, _START, _END = 0, 1, 2


@check("seq2seq-shift")
def seq2seq_shift(answer):
    cases = [([[5, 6, 7], [8]], 4), ([[3], [4, 4], [9, 3, 5]], 6), ([[7, 8]], 3)]
    for rows, length in cases:
        got = call(answer, [list(row) for row in rows], length)
        if not isinstance(got, tuple | list) or len(got) != 2:
            return "return two arrays: what is read, and what is to be said"
        read = [[_START, *row] for row in rows]
        say = [[*row, _END] for row in rows]
        slips = {
            "what is read does not hold END: it stops one symbol earlier": (
                [[_START, *row, _END] for row in rows],
                say,
            ),
            "the decoder must not read the symbol that it is to say: shift right": (say, say),
            "the other way round: it reads START first and says END last": (say, read),
            "what is said ends with END": (read, rows),
        }
        for said, pair in slips.items():
            if all(_equal(a, b, length) for a, b in zip(got, pair, strict=True)):
                return said
        for a, b, name in zip(got, (read, say), ("what is read", "what is said"), strict=True):
            hint = array_is(a, _filled(b, length), name=name)
            if hint is not None:
                return hint
    return None


@check("seq2seq-mean")
def seq2seq_mean(answer):
    return number_is(
        answer,
        1.5,
        tolerance=1e-6,
        hints=[
            (2.0, "that is the mean of the two targets' means; every symbol counts alike"),
            (12.8 / 12, "padding is no symbol: neither its loss nor its place counts"),
            (1.0, "divide by the number of symbols that are there, not by all places"),
            (12.0, "that is the sum"),
            (12.8 / 8, "the losses in padding do not count either"),
        ],
    )


@check("seq2seq-rate")
def seq2seq_rate(answer):
    cases = [(0.01, 50, 450), (0.3, 4, 20), (1.0, 10, 30)]
    for peak, n_warm, n_steps in cases:
        steps = [0, 1, n_warm - 1, n_warm, (n_warm + n_steps) // 2, n_steps - 1, n_steps]
        for step in steps:
            got = call(answer, step, peak, n_warm, n_steps)
            right = _rate(step, peak, n_warm, n_steps)
            hint = number_is(
                got,
                right,
                tolerance=1e-9,
                hints=[
                    (peak * step / n_warm, "the very first update already has peak / n_warm"),
                    (
                        peak * (1 + math.cos(math.pi * step / n_steps)) / 2,
                        "the cosine starts where the warm-up ends",
                    ),
                    (
                        peak * math.cos(math.pi / 2 * (step - n_warm) / (n_steps - n_warm)),
                        "half a cosine wave: (1 + cos) / 2, flat at both ends",
                    ),
                ],
            )
            if hint is not None:
                return f"{hint} (step {step} of {n_steps}, {n_warm} of them warm-up)"
    return None


@check("seq2seq-american")
def seq2seq_american(answer):
    return number_is(
        answer,
        (233 + 132 * 0.75) / 365,
        tolerance=5e-4,
        hints=[
            (0.75, "most days have one reading only"),
            (
                (233 + 66) / 365,
                "the best answer is not a coin: one reading is three times as likely",
            ),
            (
                (233 + 132 * (0.75**2 + 0.25**2)) / 365,
                "answering American three times out of four is worse than always",
            ),
            ((221 + 144 * 0.75) / 365, "where day and month are equal both readings agree"),
            (233 / 365, "on the other days one is right sometimes, too"),
        ],
    )


@check("seq2seq-beams")
def seq2seq_beams(answer):
    rng = np.random.default_rng(8)
    for width, n_symbols in ((3, 4), (2, 5), (4, 3), (1, 6)):
        log_p = np.log(rng.dirichlet(np.ones(width)))
        step = np.log(rng.dirichlet(np.full(n_symbols, 0.5), width))
        got = call(answer, log_p.copy(), step.copy())
        if not isinstance(got, tuple | list) or len(got) != 3:
            return "return three arrays: log-probabilities, beams, symbols"
        sums = log_p[:, None] + step
        order = np.argsort(-sums.ravel(), kind="stable")[:width]
        right = sums.ravel()[order], order // n_symbols, order % n_symbols
        greedy = sums.max(1)
        if width > 1 and np.shape(got[0]) == (width,):
            if np.allclose(np.sort(got[0]), np.sort(greedy)) and not np.allclose(
                np.sort(greedy), np.sort(right[0])
            ):
                return "the best continuation of each beam is not the best W of all"
            if np.allclose(np.asarray(got[0], float), right[0][::-1]):
                return "the right ones, in the wrong order: the best comes first"
        for a, b, name in zip(got, right, ("log-probabilities", "beams", "symbols"), strict=True):
            hint = array_is(a, b, name=f"the {name}")
            if hint is not None:
                return hint
    return None


def _filled(rows, length):
    """Return rows as one array (N, length), filled with PAD."""
    return np.array([[*row, *[_PAD] * (length - len(row))] for row in rows])


def _equal(got, rows, length):
    """Say whether an array is rows, filled; rows that are too long never are."""
    if max(map(len, rows)) > length:
        return False
    right = _filled(rows, length)
    return np.shape(got) == right.shape and bool((np.asarray(got) == right).all())


def _rate(step, peak, n_warm, n_steps):
    if step < n_warm:
        return peak * (step + 1) / n_warm
    return peak * (1 + math.cos(math.pi * (step - n_warm) / (n_steps - n_warm))) / 2
