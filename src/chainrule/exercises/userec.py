"""Checks of *Where it is used: recommendation and biology*."""

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


def _ndcg(relevant, k, shift=2, log=np.log2, n_ideal=None):
    worth = 1 / log(np.arange(shift, k + shift))
    n_ideal = min(k, sum(relevant)) if n_ideal is None else n_ideal
    return sum(worth[: len(relevant)] * np.array(relevant[:k])) / worth[:n_ideal].sum()


@check("userec-ndcg")
def userec_ndcg(answer):
    for relevant, k in [([0, 1, 1, 0], 3), ([1, 0, 0, 1, 0, 1, 1], 4), ([0, 0, 0, 1, 1], 2)]:
        got = call(answer, list(relevant), k)
        hits = [
            (sum(relevant[:k]) / min(k, sum(relevant)), "that is recall: a later rank is worth less"),
            (_ndcg(relevant, k, n_ideal=1) * 1.0, "divide by what the best possible order would get"),
            (_ndcg(relevant, k, n_ideal=k), "the best order has no more hits than there are relevant items"),
            (_ndcg(relevant, k) * _ideal(relevant, k), "divide by what the best possible order would get"),
            (_ndcg(relevant, len(relevant)), "ranks after k count for nothing"),
        ]
        right = _ndcg(relevant, k)
        hits = [(value, hint) for value, hint in hits if abs(value - right) > 1e-6]
        if (hint := number_is(got, right, hints=hits)) is not None:
            return hint
    return None


def _ideal(relevant, k):
    return (1 / np.log2(np.arange(2, k + 2)))[: min(k, sum(relevant))].sum()


@check("userec-cold-start")
def userec_cold_start(answer):
    return number_is(
        answer,
        0.9**2 / 0.4**2,
        tolerance=5e-3,
        hints=[
            (0.9 / 0.4, "variances, not standard deviations: square both"),
            (0.4**2 / 0.9**2, "turned round: the noisier the ratings, the more are needed"),
            (3 * 0.9**2 / 0.4**2, "that halves the error; the question is about the variance"),
            (2 * 0.9**2 / 0.4**2, "set 1/(1/0.4² + n/0.9²) equal to half of 0.4²"),
        ],
    )


@check("userec-words")
def userec_words(answer):
    if np.shape(answer) == (2,):
        for wrong, hint in [
            ([64, 256], "those are all words; a word and its reverse complement now count as one"),
            ([32, 128], "a word of four letters can be its own reverse complement, as ACGT is"),
            ([32, 120], "the words that are their own reverse complement are not halved"),
            ([40, 136], "of three letters, the middle one would have to be its own complement"),
        ]:
            if array_is(answer, wrong) is None:
                return hint
    return array_is(answer, [32, 136], name="the list of two numbers")


@check("userec-gram")
def userec_gram(answer):
    rng = np.random.default_rng(31)
    for n, d in [(3, 1), (5, 2), (7, 3)]:
        X = rng.normal(size=(n, d)) + 5
        D = np.sqrt(((X[:, None] - X) ** 2).sum(2))
        J = np.eye(n) - 1 / n
        right = -0.5 * J @ D**2 @ J
        got = call(answer, D.copy())
        for wrong, hint in [
            (-0.5 * J @ D @ J, "square the distances first"),
            (J @ D**2 @ J, "the factor -1/2 is missing"),
            (0.5 * J @ D**2 @ J, "the sign: far apart means a small product"),
            (-0.5 * J @ D**2, "subtract the means of the rows and those of the columns"),
            (X @ X.T, "the products of centred points are asked for"),
        ]:
            if array_is(got, wrong, tolerance=1e-9) is None:
                return hint
        if (hint := array_is(got, right, tolerance=1e-9, name="the matrix of products")) is not None:
            return hint
    return None
