import numpy as np
from exercises.case import Case


def ndcg(relevant, k):
    worth = 1 / np.log2(np.arange(2, k + 2))
    return float((worth * relevant[:k]).sum() / worth[: min(k, sum(relevant))].sum())


def plain_recall(relevant, k):
    return sum(relevant[:k]) / min(k, sum(relevant))


def without_ideal(relevant, k):
    return float((1 / np.log2(np.arange(2, k + 2)) * relevant[:k]).sum())


def full_ideal(relevant, k):
    worth = 1 / np.log2(np.arange(2, k + 2))
    return float((worth * relevant[:k]).sum() / worth.sum())


def all_ranks(relevant, k):
    return ndcg(relevant, len(relevant))


def gram(D):
    squares = D**2
    rows, columns = squares.mean(1, keepdims=True), squares.mean(0, keepdims=True)
    return -0.5 * (squares - rows - columns + squares.mean())


def not_squared(D):
    return -0.5 * (D - D.mean(1, keepdims=True) - D.mean(0, keepdims=True) + D.mean())


CASES = {
    "userec-ndcg": Case(right=ndcg, wrong=[plain_recall, without_ideal, full_ideal, all_ranks, 0.69]),
    "userec-cold-start": Case(right=5.0625, wrong=[2.25, 0.1975, 15.1875, 10.125, "5.06"]),
    "userec-words": Case(right=[32, 136], wrong=[[64, 256], [32, 128], [32, 120], [40, 136], 136]),
    "userec-gram": Case(
        right=gram,
        wrong=[not_squared, lambda D: -2 * gram(D), lambda D: -gram(D), lambda D: -0.5 * D**2, 1.0],
    ),
}
