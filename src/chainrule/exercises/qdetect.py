"""Checks of *Questions on detection*."""

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


@check("qdetect-read")
def qdetect_read(answer):
    rng = np.random.default_rng(3)
    row = rng.uniform(1, 5, 6)
    for x in (0.5, 2.5, 5.5, 1.0, 3.2, 4.9, 0.1, 5.8):
        expected = np.interp(x, np.arange(6) + 0.5, row)
        got = call(answer, row.copy(), x)
        hint = number_is(got, expected)
        if hint is None:
            continue
        if number_is(got, np.interp(x, np.arange(6), row)) is None:
            return "position j stands at j + 1/2, not at j"
        if number_is(got, row[min(int(x), 5)]) is None:
            return "that is the value of the nearest position; between two of them it is to be linear"
        return f"at x = {x}: {hint}"
    return None


@check("qdetect-cell")
def qdetect_cell(answer):
    for box, side, n_cells in [((0, 0, 10, 10), 40, 4), ((30, 2, 38, 20), 40, 4), ((100, 300, 260, 440), 448, 7)]:
        middle = [(box[i] + box[i + 2]) / 2 * n_cells / side for i in (1, 0)]
        expected = tuple(int(m) for m in middle)
        got = call(answer, box, side, n_cells)
        try:
            got = tuple(int(k) if int(k) == k else float(k) for k in got)
        except (TypeError, ValueError):
            return f"give a tuple of two whole numbers; got {type(got).__name__}"
        if got == expected:
            continue
        if got == expected[::-1]:
            return "the row comes first, and rows go down with y"
        if got == tuple(int(box[i] * n_cells / side) for i in (1, 0)):
            return "the object's centre decides, not its corner"
        return f"for the box {box} in {side} pixels and {n_cells} cells a side: got {got}"
    return None


@check("qdetect-labels")
def qdetect_labels(answer):
    rng = np.random.default_rng(7)
    for n, m in [(12, 2), (20, 3), (9, 1)]:
        overlaps = rng.uniform(0, 0.65, (n, m))
        overlaps[0], overlaps[1], overlaps[2] = 0.1, 0.5, 0.2
        if m > 1:
            overlaps[3, 1], overlaps[4, 1] = 0.8, 0.9
        top = overlaps.max(1)
        plain = np.where(top >= 0.7, 1, np.where(top < 0.3, 0, -1))
        expected = plain.copy()
        expected[overlaps.argmax(0)] = 1
        got = call(answer, overlaps.copy())
        hint = array_is(got, expected, name="the labels")
        if hint is None:
            continue
        if array_is(got, plain) is None:
            return "an object's best anchor is positive whatever its IoU"
        if array_is(got, np.where(expected == -1, 0, expected)) is None:
            return "between 0.3 and 0.7 an anchor is neither positive nor negative"
        return hint
    return None


@check("qdetect-offsets")
def qdetect_offsets(answer):
    right = np.array([0.2, 0.5, 0, np.log(2)])
    hint = array_is(answer, right, name="the offsets", tolerance=1e-3)
    if hint is None:
        return None
    for slip, why in [
        ([4, 20, 0, np.log(2)], "a shift is measured in widths and heights of the proposal"),
        ([0.2, 0.25, 0, -np.log(2)], "from the proposal to the object, not back"),
        ([0.2, 0.5, 1, 2], "the stretch is a logarithm"),
        ([0.2, 0, 0, np.log(2)], "shifts lead from centre to centre, not from corner to corner"),
    ]:
        if array_is(answer, np.array(slip), tolerance=1e-3) is None:
            return why
    return hint


@check("qdetect-ssd512")
def qdetect_ssd512(answer):
    sides, boxes = np.array([64, 32, 16, 8, 4, 2, 1]), np.array([4, 6, 6, 6, 6, 4, 4])
    return number_is(
        answer,
        int(sides**2 @ boxes),
        hints=[
            (int(sides @ boxes), "a map has as many positions as its side squared"),
            (int((sides**2).sum()), "those are the positions; each has several boxes"),
            (8732, "that is SSD300"),
        ],
    )


@check("qdetect-pyramid")
def qdetect_pyramid(answer):
    smooth = 4 * (9 * 256**2 + 256)
    return number_is(
        answer,
        960 * 256 + 4 * 256 + smooth,
        hints=[
            (960 * 256 + 4 * 9 * 256**2, "every convolution has a bias for each output channel"),
            (960 * 256 + 4 * 256, "each level is smoothed by a 3×3 convolution, too"),
            (smooth, "each map of the body passes a 1×1 convolution, too"),
            (9 * 960 * 256 + 4 * 256 + smooth, "the lateral convolutions are 1×1"),
            (3344384, "that is the pyramid on ResNet-50"),
        ],
    )
