from exercises.case import Case


def sheet(a, b):
    return not (a[1] < b[0] or b[1] < a[0])


def person(a, b):
    (x, first), (y, second) = (name.casefold().split(", ") for name in (a, b))
    return x == y and first[0] == second[0]


CASES = {
    "qrefs-words": Case(right=0.4, wrong=[1.0, 2, 2 / 7, 0.0, 0.5, "0.4", True]),
    "qrefs-sheet": Case(
        right=sheet,
        wrong=[
            lambda a, b: a == b,
            lambda a, b: a[0] < b[1] and b[0] < a[1],
            lambda a, b: b[0] <= a[0] <= b[1] or b[0] <= a[1] <= b[1],
            lambda a, b: a[0] <= b[0] <= a[1],
            lambda a, b: set(range(a[0], a[1] + 1)) & set(range(b[0], b[1] + 1)),
            lambda a, b: True,
        ],
    ),
    "qrefs-person": Case(
        right=person,
        wrong=[
            lambda a, b: a == b,
            lambda a, b: a.lower() == b.lower(),
            lambda a, b: a.split(",")[0].lower() == b.split(",")[0].lower(),
            lambda a, b: a.split(", ")[1][0] == b.split(", ")[1][0],
            lambda a, b: (
                a.split(",")[0] == b.split(",")[0] and a.split(", ")[1][0] == b.split(", ")[1][0]
            ),
            lambda a, b: int(person(a, b)),
        ],
    ),
    "qrefs-base-rate": Case(
        right=90 / 585, wrong=[0.9, 0.95, 0.009, 0.9 / 0.95, 495 / 585, 0.0585, 15.4, "0.15"]
    ),
}
