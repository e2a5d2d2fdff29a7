import numpy as np
from exercises.case import Case


def epoch(scale=2.0, order=lambda m, rng: rng.permutation(m), in_place=False):
    def answer(theta, X, y, learning_rate, rng):
        for i in order(len(y), rng):
            step = learning_rate * scale * X[i] * (X[i] @ theta - y[i])
            if in_place:
                theta -= step
            else:
                theta = theta - step
        return theta

    return answer


def with_one_over_m(theta, X, y, learning_rate, rng):
    return epoch(scale=2.0 / len(y))(theta, X, y, learning_rate, rng)


def from_the_start(theta, X, y, learning_rate, rng):
    order = rng.permutation(len(y))
    steps = [2 * X[i] * (X[i] @ theta - y[i]) for i in order[: 1 + rng.integers(len(y))]]
    return theta - learning_rate * np.sum(steps, axis=0)


def variance(divide_by=lambda m: m, factor=lambda m, B: (m - B) / (m - 1), add=np.sum):
    def answer(G, B):
        m = len(G)
        squares = ((G - G.mean(0)) ** 2).sum(0) / divide_by(m)
        return add(squares) / B * factor(m, B)

    return answer


CASES = {
    "batch-variance": Case(
        right=0.08 / 4 * 800 / 950, wrong=[0.02, 0.04, 0.08 / 4 * 800 / 999, 0.08, "0.0168"]
    ),
    "batch-eta": Case(right=0.08 / 1.04, wrong=[0.08, 0.005 / 1.0025, 0.04, 0.01, [0.0769]]),
    "batch-updates": Case(right=230, wrong=[235, 234, 46, 60_000]),
    "batch-epoch": Case(
        right=epoch(),
        wrong=[
            with_one_over_m,
            from_the_start,
            epoch(scale=1.0),
            epoch(scale=-2.0),
            epoch(in_place=True),
            epoch(order=lambda m, rng: range(m)),
            epoch(order=lambda m, rng: rng.integers(m, size=m)),
            epoch(order=lambda m, rng: np.random.permutation(m)),
            epoch(order=lambda m, rng: [0]),
        ],
    ),
    "batch-gradient-variance": Case(
        right=variance(),
        wrong=[
            variance(factor=lambda m, B: 1.0),
            variance(divide_by=lambda m: m - 1),
            variance(add=np.mean),
            variance(factor=lambda m, B: (m - B) / m),
            lambda G, B: 0.0,
        ],
    ),
}
