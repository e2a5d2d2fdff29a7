import numpy as np
from exercises.case import Case


def probabilities(z, T=1.0):
    powers = np.exp((z - z.max(1, keepdims=True)) / T)
    return powers / powers.sum(1, keepdims=True)


CASES = {
    "qsmall-control": Case(
        right=lambda z: z.argmax(1),
        wrong=[
            lambda z: probabilities(z, 4.0),
            lambda z: probabilities(z),
            lambda z: z.argmin(1),
            lambda z: z.max(1),
            lambda z: z,
        ],
    ),
    "qsmall-original": Case(right=0.91, wrong=[0.85, 0.94, 0.09, 0.4, 91]),
    "qsmall-stride": Case(right=91, wrong=[128, 90.5, 64, 2958472]),
    "qsmall-lora": Case(
        right=lambda G, A, B, scale: (scale * G @ B.T, scale * A.T @ G),
        wrong=[
            lambda G, A, B, scale: (G @ B.T, A.T @ G),
            lambda G, A, B, scale: (scale * A.T @ G, scale * G @ B.T),
            lambda G, A, B, scale: scale * G @ B.T,
            lambda G, A, B, scale: (scale * G @ B.T, scale * G.T @ A),
        ],
    ),
    "qsmall-map": Case(
        right=lambda m, M, N: N + 1 if m == M + 1 else m * N // M,
        wrong=[
            lambda m, M, N: m * N // M,
            lambda m, M, N: 3 * m,
            lambda m, M, N: m,
            lambda m, M, N: m + N - M,
        ],
    ),
}
