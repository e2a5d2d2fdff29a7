import numpy as np
from exercises.case import Case


def enlarged(array):
    return array.repeat(2, axis=2).repeat(2, axis=3)


def is_winner(x):
    B, C, H, W = x.shape
    largest = x.reshape(B, C, H // 2, 2, W // 2, 2).max((3, 5))
    return x == enlarged(largest)


def to_winners(x, delta):
    return is_winner(x) * enlarged(delta)


def to_the_largest_of_a_map(x, delta):
    return (x == x.max((2, 3), keepdims=True)) * enlarged(delta)


def copies(length=lambda n, k, s: (n - 1) * s + k, step=lambda s: s, width=lambda k: k):
    def answer(n, k, s):
        received = np.zeros(length(n, k, s))
        for i in range(n):
            received[i * step(s) : i * step(s) + width(k)] += 1
        return received

    return answer


CASES = {
    "layers-reach": Case(right=35, wrong=[27, 15, 45, 34, 19, "35"]),
    "layers-separable-count": Case(right=5952, wrong=[5808, 5904, 115_296, 7200 + 48, 6000]),
    "layers-winners": Case(
        right=to_winners,
        wrong=[
            lambda x, delta: enlarged(delta),
            lambda x, delta: enlarged(delta) / 4,
            lambda x, delta: is_winner(x).astype(float),
            lambda x, delta: is_winner(-x) * enlarged(delta),
            lambda x, delta: delta,
            to_the_largest_of_a_map,
        ],
    ),
    "layers-copies": Case(
        right=copies(),
        wrong=[
            copies(length=lambda n, k, s: n * s),
            copies(step=lambda s: 1),
            copies(width=lambda k: k - 1),
            lambda n, k, s: np.ones((n - 1) * s + k),
        ],
    ),
    "layers-transition": Case(right=32_768, wrong=[65_536, 25_088, 294_912, 32_896, 512]),
}
