"""Checks of *Layers of a CNN*."""

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


@check("layers-reach")
def layers_reach(answer):
    return number_is(
        answer,
        35,
        hints=[
            (27, "the last kernel has dilation 2: it reaches over 5 places"),
            (15, "a step in a layer is as many input pixels as the strides below it make"),
            (45, "the stride of a layer counts for the layers above it, not for itself"),
            (34, "a field of one pixel has r = 1, not 0"),
            (19, "two more layers follow"),
        ],
    )


@check("layers-separable-count")
def layers_separable_count(answer):
    return number_is(
        answer,
        48 * 25 + 48 + 48 * 96 + 96,
        hints=[
            (48 * 25 + 48 * 96, "both layers have biases"),
            (48 * 25 + 48 * 96 + 96, "the depthwise layer has a bias for each of its 48 channels"),
            (48 * 96 * 25 + 96, "that is an ordinary convolution"),
            (96 * 25 + 96 + 48 * 96 + 96, "the depthwise layer keeps the 48 channels"),
        ],
    )


@check("layers-winners")
def layers_winners(answer):
    rng = np.random.default_rng(5)
    for B, C, H, W in [(1, 1, 2, 2), (1, 1, 4, 6), (2, 3, 6, 4)]:
        x = rng.permutation(B * C * H * W).reshape(B, C, H, W) - 7.0
        delta = rng.normal(size=(B, C, H // 2, W // 2))
        right = np.zeros(x.shape)
        for n, c, i, j in np.ndindex(delta.shape):
            window = x[n, c, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
            a, b = np.unravel_index(window.argmax(), (2, 2))
            right[n, c, 2 * i + a, 2 * j + b] = delta[n, c, i, j]
        got = call(answer, x.copy(), delta.copy())
        everywhere = delta.repeat(2, axis=2).repeat(2, axis=3)
        if array_is(got, everywhere) is None:
            return "only the largest pixel of a window changes its maximum"
        if array_is(got, everywhere / 4) is None:
            return "that is the backward pass of average pooling"
        if array_is(got, (right != 0).astype(float)) is None:
            return "the winners are right; they get what arrived, delta, and not 1"
        if (hint := array_is(got, right, name="the gradient")) is not None:
            return f"for x of shape {x.shape}: {hint}"
    return None


@check("layers-copies")
def layers_copies(answer):
    for n, k, s in [(3, 2, 2), (4, 3, 2), (1, 5, 3), (5, 4, 1), (3, 1, 2)]:
        places = np.arange((n - 1) * s + k)
        starts = s * np.arange(n)[:, None]
        right = ((starts <= places) & (places < starts + k)).sum(0)
        hint = array_is(call(answer, n, k, s), right, name="the array")
        if hint is not None:
            return f"for n = {n}, k = {k}, s = {s}: {hint}"
    return None


@check("layers-transition")
def layers_transition(answer):
    return number_is(
        answer,
        256 * 128,
        hints=[
            (256 * 256, "it halves the channels: half as many come out as go in"),
            (224 * 112, "the sixth layer's channels are concatenated, too"),
            (9 * 256 * 128, "its kernel is 1×1"),
            (256 * 128 + 128, "it has no bias"),
            (32 * 16, "its input is the concatenation, not the last layer's output alone"),
        ],
    )
