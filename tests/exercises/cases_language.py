import collections
import math

import numpy as np
from exercises.case import Case


def reheated(way="right"):
    def answer(p, temperature):
        if way == "multiplied":
            powers = p**temperature
        elif way == "softmax":
            powers = np.exp(p / temperature)
        elif way == "underflow":
            with np.errstate(all="ignore"):
                powers = p ** (1 / temperature)
                return powers / powers.sum()
        else:
            powers = (p / p.max()) ** (1 / temperature)
        return powers if way == "unnormalised" else powers / powers.sum()

    return answer


def clipped(way="right"):
    def grams(words, n):
        return collections.Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))

    def answer(candidate, references, n):
        ours, counts = grams(candidate, n), [grams(r, n) for r in references]
        if way == "first":
            counts = counts[:1]
        if way == "sum":
            return (ours & sum(counts, collections.Counter())).total()
        if way == "unclipped":
            return sum(c for gram, c in ours.items() if any(gram in count for count in counts))
        if way == "best":
            return max((ours & count).total() for count in counts)
        if way == "different":
            return sum(any(gram in count for count in counts) for gram in ours)
        most = collections.Counter()
        for count in counts:
            most |= count
        return (ours & most).total()

    return answer


CASES = {
    "language-perplexity": Case(right=4.7568, wrong=[2.25, math.exp(2.25), 4.0, 512.0, 0.2102]),
    "language-smoothing": Case(right=0.0051511, wrong=[0.0, 0.0120192, 0.0164835, 0.00601, 0.0385]),
    "language-temperature": Case(
        right=reheated(),
        wrong=[reheated(way) for way in ("multiplied", "softmax", "underflow", "unnormalised")],
    ),
    "language-alpha": Case(right=0.32193, wrong=[-0.32193, 0.22314, 1.25, 1.3219]),
    "language-references": Case(
        right=clipped(),
        wrong=[clipped(way) for way in ("sum", "unclipped", "first", "best", "different")],
    ),
}
