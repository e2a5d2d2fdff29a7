"""Checks of *Language and sequence to sequence*."""

import collections
import math

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


@check("language-perplexity")
def language_perplexity(answer):
    bits = [1, 2, 3, 3]
    return number_is(
        answer,
        2 ** (sum(bits) / 4),
        tolerance=2e-3,
        hints=[
            (sum(bits) / 4, "those are the bits a character; the perplexity is their exponential"),
            (math.exp(sum(bits) / 4), "bits belong to base 2, nats to base e"),
            (4.0, "the mean of the probabilities is ¼; take the mean of their logarithms"),
            (2.0 ** sum(bits), "divide by the number of characters before the exponential"),
        ],
    )


@check("language-smoothing")
def language_smoothing(answer):
    alone = (0 + 5 / 26) / (11 + 5)
    return number_is(
        answer,
        3 * alone / (4 + 3),
        tolerance=2e-5,
        hints=[
            (0.0, "that is the estimate without smoothing"),
            (alone, "that is p(e) without context; now mix it into the estimate after a"),
            (3 / 26 / 7, "between the uniform guess and the pair stands the context of no letter"),
            (4 * alone / 8, "K counts the different letters after a: b, c and d"),
            (5 * alone / 9, "a is followed four times: the last letter has no follower"),
            (3 * alone / 8, "a is followed four times: the last letter has no follower"),
        ],
    )


@check("language-temperature")
def language_temperature(answer):
    rng = np.random.default_rng(3)
    sharp = np.array([1e-200, 1.0 - 1e-12, 1e-12])
    cases = [(rng.dirichlet(np.ones(5)), 1.0), (rng.dirichlet(np.ones(4)), 0.5)]
    cases += [(np.array([0.5, 0.0, 0.25, 0.25]), 2.0), (sharp, 0.05)]
    many = rng.dirichlet(np.ones(4000))
    for p, temperature in [*cases, (many, 0.005)]:
        scaled = np.where(p > 0, p / p.max(), 0.0) ** (1 / temperature)
        hint = array_is(call(answer, p.copy(), temperature), scaled / scaled.sum(),
                        name="the distribution")
        if hint is not None:
            got = call(answer, p.copy(), temperature)
            if np.shape(got) == p.shape and np.isnan(np.asarray(got, float)).any():
                return "all powers have underflowed: divide by the largest probability first"
            if np.shape(got) == p.shape and np.allclose(np.sum(got), 1) and p.min() == 0:
                return f"{hint}; what has probability 0 keeps it"
            return f"{hint} (temperature {temperature})"
    return None


@check("language-alpha")
def language_alpha(answer):
    return number_is(
        answer,
        math.log2(5 / 4),
        tolerance=2e-3,
        hints=[
            (-math.log2(5 / 4), "the sign: a larger alpha favours the longer one"),
            (math.log(5 / 4), "solve 2**alpha = 5/4: divide by ln 2"),
            (5 / 4, "that is 2**alpha"),
            (math.log2(2.5), "compare 4/3**alpha with 5/6**alpha"),
        ],
    )


@check("language-references")
def language_references(answer):
    rng = np.random.default_rng(4)
    cases = [("the the the cat".split(), ["the cat the".split(), "a the".split()], 1)]
    cases += [("a b a b".split(), ["a b c a b".split(), "b a b a".split()], 2)]
    cases += [("a".split(), ["a b".split()], 2)]
    for _ in range(5):
        words = [[str(k) for k in rng.integers(0, 3, rng.integers(2, 9))] for _ in range(4)]
        cases += [(words[0], words[1:], n) for n in (1, 2, 3)]
    for candidate, references, n in cases:
        right, summed, single = (_hits(candidate, references, n, how) for how in (max, sum, None))
        got = call(answer, list(candidate), [list(r) for r in references], n)
        hint = number_is(got, right)
        if hint is not None:
            case = f"{' '.join(candidate)!r} against {[' '.join(r) for r in references]}, n={n}"
            if got == summed:
                return f"take the largest count of one reference, not the sum over them ({case})"
            if got == single:
                return f"an n-gram counts at most as often as in a reference ({case})"
            return f"{hint} ({case})"
    return None


def _hits(candidate, references, n, how):
    def grams(words):
        return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]

    ours = collections.Counter(grams(candidate))
    counts = [collections.Counter(grams(reference)) for reference in references]
    if how is None:
        return sum(c for gram, c in ours.items() if any(gram in count for count in counts))
    return sum(min(c, how(count[gram] for count in counts)) for gram, c in ours.items())
