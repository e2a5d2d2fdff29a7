"""Answers to the exercises of *Questions on detection*."""

import numpy as np
from exercises.case import Case


def read(row, x, shift=0.5):
    return np.interp(x, np.arange(len(row)) + shift, row)


def cell(box, side, n_cells):
    x0, y0, x1, y1 = box
    return int((y0 + y1) / 2 * n_cells / side), int((x0 + x1) / 2 * n_cells / side)


def labels(overlaps, best=True, between=-1):
    top = overlaps.max(1)
    found = np.where(top >= 0.7, 1, np.where(top < 0.3, 0, between))
    if best:
        found[overlaps.argmax(0)] = 1
    return found


CASES = {
    "qdetect-read": Case(
        right=read,
        wrong=[
            lambda row, x: read(row, x, 0),
            lambda row, x: row[min(int(x), len(row) - 1)],
            lambda row, x: read(row, x, 1),
        ],
    ),
    "qdetect-cell": Case(
        right=cell,
        wrong=[
            lambda *a: cell(*a)[::-1],
            lambda box, side, n: (int(box[1] * n / side), int(box[0] * n / side)),
            lambda box, side, n: (
                (box[1] + box[3]) / 2 * n / side,
                (box[0] + box[2]) / 2 * n / side,
            ),
            lambda *a: 3,
        ],
    ),
    "qdetect-labels": Case(
        right=labels,
        wrong=[
            lambda o: labels(o, best=False),
            lambda o: labels(o, between=0),
            lambda o: o.argmax(1),
        ],
    ),
    "qdetect-offsets": Case(
        right=[0.2, 0.5, 0, 0.6931],
        wrong=[[4, 20, 0, 0.6931], [0.2, 0.5, 1, 2], [0.2, 0.25, 0, -0.6931], [0.2, 0, 0, 0.6931]],
    ),
    "qdetect-ssd512": Case(right=24564, wrong=[632, 5461, 8732]),
    "qdetect-pyramid": Case(right=2607104, wrong=[246784, 2360320, 3344384, 2605056]),
}
