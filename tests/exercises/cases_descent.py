import numpy as np
from exercises.case import Case


def backtrack(
    passes=lambda new, old, share, lr, g: new <= old - share * lr * (g @ g), shrink=2, extra=0
):
    def answer(J, theta, g, lr, share):
        while not passes(J(theta - lr * g), J(theta), share, lr, g) and lr > 1e-9:
            lr /= shrink
        return lr / 2**extra

    return answer


def name_point(eigen_of=np.linalg.eigvalsh, saddle_first=True):
    def answer(H):
        eigen = eigen_of(H)
        if saddle_first and eigen.min() < -1e-9 and eigen.max() > 1e-9:
            return "saddle"
        if np.abs(eigen).min() <= 1e-9:
            return "undecided"
        if eigen.min() < 0 < eigen.max():
            return "saddle"
        return "minimum" if eigen.min() > 0 else "maximum"

    return answer


def by_determinant(H):
    determinant = np.linalg.det(H)
    if abs(determinant) < 1e-9:
        return "undecided"
    return "saddle" if determinant < 0 else "minimum"


CASES = {
    "descent-two-steps": Case(right=3.08, wrong=[3.8, 7.88, 2.0, 2.6]),
    "descent-step-limit": Case(right=0.5, wrong=[0.25, 1.0, 2 / 3, 1 / 3]),
    "descent-how-many": Case(right=1843, wrong=[1842, 3680, 922, 1843.3]),
    "descent-backtrack": Case(
        right=backtrack(),
        wrong=[
            backtrack(passes=lambda new, old, share, lr, g: new <= old),
            backtrack(
                passes=lambda new, old, share, lr, g: new <= old - share * lr * np.linalg.norm(g)
            ),
            backtrack(shrink=10),
            backtrack(extra=1),
            lambda J, theta, g, lr, share: lr,
        ],
    ),
    "descent-name-point": Case(
        right=name_point(),
        wrong=[
            name_point(eigen_of=np.diag),
            name_point(saddle_first=False),
            by_determinant,
            lambda H: "minimum" if np.linalg.eigvalsh(H)[0] >= 0 else "saddle",
            lambda H: "minimum",
        ],
    ),
}
