"""Checks of *Convolution*."""

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


def _slide(x, w, stride=1):
    """Return the inner product of w with every window of x."""
    starts = range(0, len(x) - len(w) + 1, stride)
    return np.array([w @ x[i : i + len(w)] for i in starts])


def _equals(answer, wrong):
    return np.shape(answer) == np.shape(wrong) and array_is(answer, wrong) is None


@check("conv-on-paper")
def conv_on_paper(answer):
    x, w = np.array([1.0, 4, 4, 0, 2]), np.array([-1.0, 1])
    padded = np.pad(x, 1)
    if _equals(answer, _slide(padded, w[::-1], 2)):
        return "that is the convolution of mathematics: a framework does not flip the kernel"
    if _equals(answer, _slide(x, w, 2)):
        return "put a zero on both sides first"
    if _equals(answer, _slide(padded, w)):
        return "the window moves by two"
    return array_is(answer, _slide(padded, w, 2), name="the list")


@check("conv-size")
def conv_size(answer):
    n, k, s, p, d = 64, 5, 2, 4, 3
    reach = d * (k - 1) + 1
    return number_is(
        answer,
        (n + 2 * p - reach) // s + 1,
        hints=[
            ((n + 2 * p - k) // s + 1, "with dilation 3 the kernel reaches further than 5"),
            ((n + p - reach) // s + 1, "the padding is on both sides"),
            ((n + 2 * p - reach) / s + 1, "a window that does not fit is no output: take the floor"),
            ((n + 2 * p - reach) // s, "count the place where the window starts, too"),
        ],
    )


@check("conv-count")
def conv_count(answer):
    c_in, c_out, k, groups = 64, 128, 3, 4
    weights = c_out * (c_in // groups) * k * k
    return number_is(
        answer,
        weights + c_out,
        hints=[
            (c_out * c_in * k * k + c_out, "in four groups a kernel sees a quarter of the channels"),
            (weights, "that is without the bias"),
            (weights // groups + c_out, "the outputs of all groups together are 128: divide once"),
        ],
    )


@check("conv-kernel-gradient")
def conv_kernel_gradient(answer):
    rng = np.random.default_rng(5)
    for n, k, stride in [(6, 3, 1), (9, 3, 2), (11, 4, 3), (10, 2, 3)]:
        x = rng.normal(size=n)
        delta = rng.normal(size=(n - k) // stride + 1)
        right = sum(d * x[stride * i : stride * i + k] for i, d in enumerate(delta))
        got = call(answer, x, delta, k, stride)
        if _equals(got, right[::-1]):
            return "these are the right numbers in reverse order: nothing is flipped here"
        if _equals(got, right / len(delta)):
            return "the arrivals are added, not averaged"
        if (hint := array_is(got, right, name=f"the gradient at stride {stride}")) is not None:
            return hint
    return None


@check("conv-matrix")
def conv_matrix(answer):
    rng = np.random.default_rng(6)
    for n, k, stride in [(6, 3, 1), (7, 2, 2), (10, 4, 3), (5, 5, 1)]:
        w = rng.normal(size=k)
        right = np.array([_slide(row, w, stride) for row in np.eye(n)]).T
        got = call(answer, w, n, stride)
        if right.shape[0] != n and np.shape(got) == right.shape[::-1]:
            return f"that is {n} by {len(right)}, the transpose: one row for each output"
        if (hint := array_is(got, right, name=f"the matrix at stride {stride}")) is not None:
            return hint
    return None
