"""Checks of *Heads and positions*."""

import math

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


@check("heads-count")
def heads_count(answer):
    width, n_heads = 512, 8
    inner = n_heads * width
    return number_is(
        answer,
        3 * (width * inner + inner) + inner * width + width,
        hints=[
            (4 * width**2 + 4 * width, "that is right for heads of width 64; these have 512 each"),
            (4 * width * inner, "the biases are missing"),
            (4 * (width * inner + inner), "the last projection leads back to 512 numbers"),
            (3 * (width * inner + inner), "the projection behind the heads is missing"),
        ],
    )


@check("heads-cut")
def heads_cut(answer):
    for batch, steps, width, n_heads in [(1, 2, 4, 2), (2, 3, 12, 4), (2, 5, 6, 1)]:
        x = np.arange(float(batch * steps * width)).reshape(batch, steps, width)
        each = width // n_heads
        right = x.reshape(batch, steps, n_heads, each).swapaxes(1, 2)
        got = call(answer, x.copy(), n_heads)
        hint = array_is(got, right, name="the heads")
        if hint is not None:
            slips = {
                "the shape is right, but head 0 has all numbers of the first steps": x.reshape(
                    right.shape
                ),
                "head i gets neighbouring columns, not every h-th": x.reshape(
                    batch, steps, each, n_heads
                ).transpose(0, 3, 1, 2),
                "the axes of steps and heads are still to be swapped": right.swapaxes(1, 2),
            }
            for said, value in slips.items():
                if array_is(got, value) is None:
                    return said
            return hint
    return None


@check("heads-without")
def heads_without(answer):
    rng = np.random.default_rng(3)
    for n_heads, steps, each, width, off in [(2, 3, 4, 5, 0), (3, 2, 2, 6, 1), (4, 1, 3, 2, 3)]:
        outputs, mix = (
            rng.normal(size=(n_heads, steps, each)),
            rng.normal(size=(n_heads * each, width)),
        )
        bands = mix.reshape(n_heads, each, width)
        by_head = np.einsum("htd,hde->hte", outputs, bands)
        got = call(answer, outputs.copy(), mix.copy(), off)
        hint = array_is(got, by_head.sum(0) - by_head[off], name="the output")
        if hint is not None:
            slips = {
                "that is what head i alone brings": by_head[off],
                "that is the output with all heads": by_head.sum(0),
                "the other heads' shares do not grow: it is a sum, not a mean": (
                    by_head.sum(0) - by_head[off]
                )
                * n_heads
                / (n_heads - 1),
            }
            for said, value in slips.items():
                if array_is(got, value) is None:
                    return said
            return hint
    return None


def _turned(x, positions, sign=1.0, by=None):
    width = x.shape[1]
    powers = np.arange(0, width, 2) / width if by is None else by
    angles = np.multiply.outer(positions, 10_000.0**-powers)
    a, b, out = x[:, ::2], x[:, 1::2], np.empty_like(x)
    out[:, ::2] = a * np.cos(angles) - sign * b * np.sin(angles)
    out[:, 1::2] = sign * a * np.sin(angles) + b * np.cos(angles)
    return out


@check("heads-rotate")
def heads_rotate(answer):
    rng = np.random.default_rng(4)
    for positions, width in [(np.arange(4), 6), (np.array([3, 100]), 2), (np.array([5, 5, 0]), 8)]:
        x = rng.normal(size=(len(positions), width))
        got = call(answer, x.copy(), positions.copy())
        hint = array_is(got, _turned(x, positions), name="the turned array")
        if hint is not None:
            order = np.r_[0:width:2, 1:width:2]
            halves = np.empty_like(x)
            halves[:, order] = x
            slips = {
                "it turns the other way round": _turned(x, positions, sign=-1.0),
                "that pairs the halves, not the neighbours": _turned(halves, positions)[:, order],
                "the power is 2 i / D for pair i": _turned(
                    x, positions, by=np.arange(width // 2) / width
                ),
                "the angle is the position times the frequency": _turned(
                    x, np.arange(len(positions))
                ),
            }
            for said, value in slips.items():
                if array_is(got, value) is None:
                    return said
            return hint
    return None


@check("heads-slope")
def heads_slope(answer):
    return number_is(
        answer,
        math.log(2),
        hints=[
            (0.5, "the weights fall by exp(-m) a step, not by m"),
            (2.0, "the weights fall by exp(-m) a step"),
            (-math.log(2), "the slope is positive; the penalty carries the minus"),
            (math.log(3), "then the step itself would have two thirds"),
            (1.0, "add up 1 + exp(-m) + exp(-2 m) + ..."),
        ],
    )
