import numpy as np
from exercises.case import Case


def top(vector, k, size=np.abs):
    return np.where(np.isin(np.arange(len(vector)), np.argsort(size(vector))[len(vector) - k :]), vector, 0.0)


def feedback(gradient, memory, k):
    wanted = gradient + memory
    sent = top(wanted, k)
    return sent, wanted - sent


def in_place(gradient, memory, k):
    memory += gradient
    sent = top(memory, k)
    return sent, memory - sent


def without_memory(gradient, memory, k):
    sent = top(gradient, k)
    return sent, gradient - sent


def chosen_by_gradient(gradient, memory, k):
    sent = top(gradient, k)
    return sent, gradient + memory - sent


def by_value(gradient, memory, k):
    wanted = gradient + memory
    sent = top(wanted, k, size=lambda v: v)
    return sent, wanted - sent


def keeps_everything(gradient, memory, k):
    return top(gradient + memory, k), gradient + memory


def noise(small, large, b, B):
    trace = (small - large) / (1 / b - 1 / B)
    return trace / (large - trace / B)


def trace_of(small, large, b, B):
    return (small - large) / (1 / b - 1 / B)


CASES = {
    "scale-shares": Case(right=3.4375, wrong=[16 / 3, 16.0, 220.0, 10.0, [3.4375]]),
    "scale-ring-bytes": Case(right=5.625e9, wrong=[2.8125e9, 11.25e9, 6e9, 5.625, 84.375e9]),
    "scale-stale": Case(right=3, wrong=[4, 0, 7, 2, "3"]),
    "scale-noise": Case(
        right=noise,
        wrong=[
            lambda small, large, b, B: trace_of(small, large, b, B) / large,
            lambda small, large, b, B: trace_of(small, large, b, B) / small,
            lambda small, large, b, B: 1 / noise(small, large, b, B),
            trace_of,
            lambda small, large, b, B: (small - large) / large,
        ],
    ),
    "scale-feedback": Case(
        right=feedback,
        wrong=[
            in_place,
            without_memory,
            chosen_by_gradient,
            by_value,
            keeps_everything,
            lambda g, m, k: feedback(g, m, k)[0],
        ],
    ),
}
