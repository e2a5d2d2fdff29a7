"""Checks of *Beyond one machine*."""

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


@check("scale-shares")
def scale_shares(answer):
    return number_is(
        answer,
        (30 * 2 + 30 * 4 + 4 * 10) / 64,
        hints=[
            (16 / 3, "the worker with 4 samples may not count as much as one with 30"),
            (16.0, "all-reduce adds; the share of each worker is still missing"),
            (220.0, "divide by the number of all samples"),
        ],
    )


@check("scale-ring-bytes")
def scale_ring_bytes(answer):
    right = 2 * 15 / 16 * 1.5e9 * 2
    return number_is(
        answer,
        right,
        hints=[
            (right / 2, "near: numbers or one half of the way? Each number has two bytes"),
            (2 * right, "float16 has two bytes a number"),
            (16 / 15 * right, "a worker need not send the chunk that ends with itself: N - 1 rounds"),
            (15 * right, "the chunks are 1/N of the gradient"),
            (right / 1e9, "bytes, not gigabytes"),
        ],
    )


@check("scale-stale")
def scale_stale(answer):
    hint = number_is(answer, 3, tolerance=1e-9)
    if hint is None:
        return None
    if number_is(answer, 4, tolerance=1e-9) is None:
        return "at τ = 4 the limit of ηλ is 0.347, and ηλ is 0.4"
    if number_is(answer, 0, tolerance=1e-9) is None:
        return "without delay the limit is 2, and ηλ is 0.4: there is room"
    return hint


@check("scale-noise")
def scale_noise(answer):
    for squared, trace, b, B in [(2.0, 30.0, 4, 32), (0.5, 7.0, 1, 2), (1.0, 100.0, 16, 64)]:
        small, large = squared + trace / b, squared + trace / B
        right = trace / squared
        hint = number_is(
            call(answer, small, large, b, B),
            right,
            hints=[
                (trace / large, "the average is noisy, too: take its noise out of `large`"),
                (trace / small, "|G|² is neither of the two lengths: both have noise in them"),
                (1 / right, "noise over signal, not signal over noise"),
                (trace, "that is the trace of Σ: divide by |G|²"),
                ((small - large) / squared, "the two lengths differ by tr Σ times (1/b - 1/B)"),
            ],
        )
        if hint is not None:
            return f"for |G|² = {squared:g}, tr Σ = {trace:g}, b = {b}, B = {B}: {hint}"
    return None


@check("scale-feedback")
def scale_feedback(answer):
    rng = np.random.default_rng(5)
    for n, k in [(6, 2), (9, 1), (4, 4)]:
        gradient, memory = rng.normal(size=n), rng.normal(size=n)
        given = gradient.copy(), memory.copy()
        got = call(answer, gradient, memory, k)
        if not np.array_equal(gradient, given[0]) or not np.array_equal(memory, given[1]):
            return "an array that was passed in has changed"
        if not isinstance(got, tuple | list) or len(got) != 2:
            return "return two arrays, (sent, memory)"
        hint = _sent_and_kept(*got, gradient, memory, k)
        if hint is not None:
            return f"for {n} entries and k = {k}: {hint}"
    return None


def _largest(vector, k):
    sent = np.zeros_like(vector)
    at = np.argsort(-np.abs(vector))[:k]
    sent[at] = vector[at]
    return sent


def _sent_and_kept(sent, kept, gradient, memory, k):
    """Return None if one step of error feedback is right, else a hint."""
    wanted = gradient + memory
    right = _largest(wanted, k)
    if array_is(sent, _largest(gradient, k)) is None and array_is(sent, right) is not None:
        return "choose and send from gradient plus memory"
    by_value = np.where(wanted >= np.sort(wanted)[len(wanted) - k], wanted, 0.0)
    if array_is(sent, by_value) is None and array_is(sent, right) is not None:
        return "largest in size: an entry of -10 is larger than one of 1"
    return array_is(sent, right, name="sent") or array_is(kept, wanted - right, name="memory")
