import numpy as np
from exercises.case import Case


def padded(images, down, right):
    H, W = images.shape[1:]
    wide = np.pad(images, [(0, 0), (abs(down),) * 2, (abs(right),) * 2])
    top, left = abs(down) - down, abs(right) - right
    return wide[:, top : top + H, left : left + W]


def counted(truth, guess, keep_right=False, together=False):
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (truth, guess), 1)
    if not keep_right:
        np.fill_diagonal(counts, 0)
    if together:
        counts = np.triu(counts + counts.T)
    return np.unravel_index(counts.argmax(), (10, 10))


def sides_shared(a, b):
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    return np.minimum(a[:, None, 2:], b[None, :, 2:]) - low


def areas(boxes):
    return (boxes[:, 2:] - boxes[:, :2]).prod(1)


def every_pair(a, b, clip=True, once=True):
    sides = sides_shared(a, b)
    shared = (sides.clip(0) if clip else sides).prod(2)
    return shared / (areas(a)[:, None] + areas(b) - (shared if once else 0))


CASES = {
    "project-count": Case(right=6582, wrong=[12_822, 4582, 6550, 2572, 18_582, 2742]),
    "project-move": Case(
        right=padded,
        wrong=[
            lambda images, down, right: np.roll(images, (down, right), (1, 2)),
            lambda images, down, right: padded(images, right, down),
            lambda images, down, right: padded(images, -down, -right),
            lambda images, down, right: padded(images, abs(down), abs(right)),
            lambda images, down, right: images,
        ],
    ),
    "project-confused": Case(
        right=counted,
        wrong=[
            lambda truth, guess: counted(truth, guess, keep_right=True),
            lambda truth, guess: counted(guess, truth),
            lambda truth, guess: counted(truth, guess, together=True),
            lambda truth, guess: 4,
        ],
    ),
    "project-paired": Case(
        right=2.16, wrong=[14 / 2000**0.5, 14 / 42, 14 / 56**0.5, 28 / 42**0.5, "2.16"]
    ),
    "project-overlaps": Case(
        right=every_pair,
        wrong=[
            lambda a, b: every_pair(b, a),
            lambda a, b: every_pair(a, b, once=False),
            lambda a, b: every_pair(a, b, clip=False),
            lambda a, b: sides_shared(a, b).clip(0).prod(2),
            lambda a, b: np.diag(every_pair(a, b)),
        ],
    ),
}
