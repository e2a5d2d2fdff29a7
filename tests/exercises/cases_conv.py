import numpy as np
from exercises.case import Case


def kernel_gradient(x, delta, k, stride):
    return np.array([sum(d * x[stride * i + a] for i, d in enumerate(delta)) for a in range(k)])


def no_stride(x, delta, k, stride):
    return np.array([sum(d * x[i + a] for i, d in enumerate(delta)) for a in range(k)])


def last_only(x, delta, k, stride):
    i = len(delta) - 1
    return delta[i] * x[stride * i : stride * i + k]


def matrix(w, n, stride):
    A = np.zeros(((n - len(w)) // stride + 1, n))
    for i in range(len(A)):
        A[i, stride * i : stride * i + len(w)] = w
    return A


def matrix_of_stride_one(w, n, stride):
    return matrix(w, n, 1)


CASES = {
    "conv-on-paper": Case(
        right=[1.0, 0.0, 2.0],
        wrong=[[-1, 0, -2], [3, -4], [1, 3, 0, -4, 2, -2], [1, 0, 2, 0], 3.0, "1, 0, 2"],
    ),
    "conv-size": Case(right=30, wrong=[34, 28, 30.5, 29, 31, "30"]),
    "conv-count": Case(right=18560, wrong=[73856, 18432, 4736, 1280, True]),
    "conv-kernel-gradient": Case(
        right=kernel_gradient,
        wrong=[
            lambda *a: kernel_gradient(*a)[::-1],
            lambda x, delta, k, stride: kernel_gradient(x, delta, k, stride) / len(delta),
            no_stride,
            last_only,
            lambda x, delta, k, stride: x,
        ],
    ),
    "conv-matrix": Case(
        right=matrix,
        wrong=[
            lambda w, n, stride: matrix(w, n, stride).T,
            lambda w, n, stride: matrix(w[::-1], n, stride),
            matrix_of_stride_one,
            lambda w, n, stride: w,
        ],
    ),
}
