import numpy as np
from exercises.case import Case


def split(n, n_valid, n_test, rng):
    order = rng.permutation(n)
    return order[n_valid + n_test :], order[:n_valid], order[n_valid : n_valid + n_test]


def in_order(n, n_valid, n_test, rng):
    order = np.arange(n)
    return order[n_valid + n_test :], order[:n_valid], order[n_valid : n_valid + n_test]


def overlapping(n, n_valid, n_test, rng):
    order = rng.permutation(n)
    return order[: n - n_valid - n_test], order[:n_valid], order[n_valid : n_valid + n_test]


def drawn_again(n, n_valid, n_test, rng):
    return tuple(rng.integers(0, n, size) for size in (n - n_valid - n_test, n_valid, n_test))


def own_generator(n, n_valid, n_test, rng):
    return split(n, n_valid, n_test, np.random.default_rng())


def swapped(n, n_valid, n_test, rng):
    train, valid, test = split(n, n_valid, n_test, rng)
    return train, test, valid


def hat(A):
    return A @ np.linalg.pinv(A)


CASES = {
    "general-expected-gap": Case(right=0.04, wrong=[0.02, 0.08, 0.27, 0.0]),
    "general-three-way": Case(
        right=split, wrong=[in_order, overlapping, drawn_again, own_generator, swapped]
    ),
    "general-variance-at": Case(
        right=lambda A, sigma: sigma**2 * np.diag(hat(A)),
        wrong=[
            lambda A, sigma: sigma * np.diag(hat(A)),
            lambda A, sigma: sigma**2 * hat(A),
            lambda A, sigma: np.full(len(A), sigma**2 * A.shape[1] / len(A)),
            lambda A, sigma: sigma**2 * (1 - np.diag(hat(A))),
        ],
    ),
    "general-least-norm": Case(
        right=lambda A, y: A.T @ np.linalg.solve(A @ A.T, y),
        wrong=[
            lambda A, y: np.concatenate(
                [np.linalg.solve(A[:, : len(A)], y), np.zeros(A.shape[1] - len(A))]
            ),
            lambda A, y: A.T @ y,
            lambda A, y: np.linalg.solve(A @ A.T, y),
            lambda A, y: A.T @ np.linalg.solve(A @ A.T + 0.1 * np.eye(len(A)), y),
        ],
    ),
}
