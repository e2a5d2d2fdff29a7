"""Checks of *What the articles cite*."""

from chainrule.exercises import call, check, number_is


@check("qrefs-words")
def qrefs_words(answer):
    first, second = {"deep", "learning"}, {"learning", "deep", "architectures", "for", "ai"}
    return number_is(
        answer,
        len(first & second) / len(first | second),
        hints=[
            (1.0, "that divides by the words of the shorter title; divide by those in either"),
            (2.0, "that is how many words they share; divide by the number of words in either"),
            (2 / 7, "a word that stands in both titles is one word, not two"),
            (0.0, "the order of the words and the case of their letters do not count"),
        ],
    )


@check("qrefs-sheet")
def qrefs_sheet(share_a_page):
    ranges = [(1, 9), (9, 12), (10, 12), (3, 5), (1722, 1732), (1724, 1734), (5, 5)]
    for a in ranges:
        for b in ranges:
            wanted = bool(set(range(a[0], a[1] + 1)) & set(range(b[0], b[1] + 1)))
            got = call(share_a_page, a, b)
            if not isinstance(got, bool):
                return f"return True or False; got {type(got).__name__}"
            if got != wanted:
                return f"{a} and {b} {'share a page' if wanted else 'share no page'}"
    return None


PEOPLE = [
    ("Chang, M. W.", "Chang, Ming-Wei", True),
    ("Kim, J.", "Kim, Yoon", False),
    ("Van Merriënboer, B.", "van Merriënboer, Bart", True),
    ("Van Merriënboer, M.", "van Merriënboer, Bart", False),
    ("Le, Q. V.", "Le, Quoc V.", True),
    ("He, K.", "Hinton, K.", False),
    ("Hinton, G. E.", "Hinton, Geoffrey", True),
    ("Liu, Wei", "Liu, Ze", False),
    ("Cho, K.", "Cho, Kyunghyun", True),
]


@check("qrefs-person")
def qrefs_person(same_person):
    for a, b, wanted in PEOPLE:
        for pair in ((a, b), (b, a)):
            got = call(same_person, *pair)
            if not isinstance(got, bool):
                return f"return True or False; got {type(got).__name__}"
            if got != wanted:
                return f"{pair[0]!r} and {pair[1]!r} are {'' if wanted else 'not '}the same by this rule"
    return None


@check("qrefs-base-rate")
def qrefs_base_rate(answer):
    found, alarm, invented = 0.9, 0.05, 0.01
    flagged = invented * found + (1 - invented) * alarm
    return number_is(
        answer,
        invented * found / flagged,
        tolerance=1e-3,
        hints=[
            (found, "that is the share of the invented that are flagged"),
            (1 - alarm, "that is how many of the real ones pass"),
            (invented * found, "divide by the share of all entries that is flagged"),
            (found / (found + alarm), "that holds where half of all entries are invented"),
            (1 - invented * found / flagged, "that is the probability that it is real"),
            (flagged, "that is how many of all entries are flagged"),
        ],
    )
