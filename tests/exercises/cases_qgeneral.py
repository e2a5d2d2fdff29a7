from exercises.case import Case

CASES = {
    "qgeneral-sort": Case(
        right=["ACDE", "D"],
        wrong=[["ABCDE", "D"], ["ACDE", "DE"], ["ACDE", "CD"], ["DE", "D"], ["ACD", "DE"], "ACDE"],
    ),
    "qgeneral-signals": Case(
        right=[32, 5, 1],
        wrong=[[1024, 160, 5], [32, 5, 5], [32, 32, 1], [1, 1, 1], [5, 32, 1], 32],
    ),
    "qgeneral-two-relus": Case(
        right=[[1, 1], [1, -1]],
        wrong=[[[1, -1], [1, 1]], [[1, -1], [1, -1]], [[1, 1], [1, 0]], [1, 1, 1, -1], 1],
    ),
    "qgeneral-negative-gap": Case(right=-0.2, wrong=[0.2, 0.0, 0.8, -0.18, "-0.2"]),
    "qgeneral-sixty": Case(right=0.6667, wrong=[0.3333, 1.7593, 0.0, 1.0, "2/3"]),
}
