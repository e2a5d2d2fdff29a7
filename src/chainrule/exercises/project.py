"""Checks of *A digits project*."""

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


@check("project-count")
def project_count(answer):
    return number_is(
        answer,
        6582,
        hints=[
            (156 + 2416 + 16 * 64 * 10 + 10, "without padding 5×5 takes four off each side"),
            (156 + 416 + 4010, "each of the 16 kernels listens to all six channels"),
            (150 + 2400 + 4000, "every layer has a bias for each output channel"),
            (156 + 2416, "the dense layer has parameters, too"),
            (156 + 2416 + 16 * 100 * 10 + 10, "there is a second pooling before the dense layer"),
            (156 + 2416 + 170, "nothing pools globally here: flatten keeps every place"),
        ],
    )


@check("project-move")
def project_move(answer):
    rng = np.random.default_rng(4)
    images = rng.uniform(1, 2, (2, 5, 6))
    for down, right in [(0, 0), (1, 0), (0, 2), (-2, 0), (0, -1), (2, -3), (-1, 4), (5, 0)]:
        expected = np.zeros_like(images)
        for i, j in np.ndindex(5, 6):
            if 0 <= i - down < 5 and 0 <= j - right < 6:
                expected[:, i, j] = images[:, i - down, j - right]
        got = call(answer, images.copy(), down, right)
        if (hint := array_is(got, expected, name="the images")) is None:
            continue
        if array_is(got, np.roll(images, (down, right), (1, 2))) is None:
            return "what leaves on one side comes back on the other"
        return f"for down = {down}, right = {right}: {hint}"
    return None


@check("project-confused")
def project_confused(answer):
    rng = np.random.default_rng(6)
    for pair in [(4, 9), (9, 4), (3, 5), (7, 0)]:
        truth = np.r_[np.repeat(np.arange(10), 30), np.full(9, pair[0]), np.full(7, pair[1])]
        guess = np.r_[np.repeat(np.arange(10), 30), np.full(9, pair[1]), np.full(7, pair[0])]
        shuffled = rng.permutation(len(truth))
        got = call(answer, truth[shuffled], guess[shuffled])
        try:
            got = tuple(int(k) for k in got)
        except (TypeError, ValueError):
            return f"give a tuple of two digits; got {type(got).__name__}"
        if got == pair:
            continue
        if len(got) == 2 and got[0] == got[1]:
            return "a digit that is read as itself is not confused"
        if got == pair[::-1]:
            return "the true digit comes first, then the one that was read"
        return f"where {pair[0]} is read as {pair[1]} nine times: got {got}"
    return None


@check("project-paired")
def project_paired(answer):
    return number_is(
        answer,
        14 / 42**0.5,
        tolerance=5e-3,
        hints=[
            (14 / 2000**0.5, "images on which both are right, or both wrong, do not tell"),
            (14 / 42, "divide by the standard deviation of 42 coin flips, not by their number"),
            (14 / 56**0.5, "A alone is right on 1 958 − 1 930"),
            (28 / 42**0.5, "the lead is the difference of the two counts"),
        ],
    )


@check("project-overlaps")
def project_overlaps(answer):
    rng = np.random.default_rng(8)
    a, b = (
        (lambda low: np.c_[low, low + rng.integers(1, 9, low.shape)])(rng.integers(0, 9, (n, 2)))
        for n in (4, 6)
    )
    cells = [
        [
            {(i, j) for i in range(top, bottom) for j in range(left, right)}
            for top, left, bottom, right in boxes.tolist()
        ]
        for boxes in (a, b)
    ]
    right = np.array(
        [[len(one & other) / len(one | other) for other in cells[1]] for one in cells[0]]
    )
    got = call(answer, a.copy(), b.copy())
    if array_is(got, right.T) is None:
        return "a row for each box of a, a column for each box of b"
    together = np.array([[len(one) + len(other) for other in cells[1]] for one in cells[0]])
    shared = np.array([[len(one & other) for other in cells[1]] for one in cells[0]])
    if array_is(got, shared / together) is None:
        return "what both cover counts once in the union"
    hint = array_is(got, right, name="the overlaps")
    far = call(answer, np.array([[0, 0, 2, 2]]), np.array([[3, 3, 5, 5], [0, 5, 2, 7]]))
    return hint or array_is(far, np.zeros((1, 2)), name="the overlap of boxes that do not meet")
