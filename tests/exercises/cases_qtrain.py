import numpy as np
from exercises.case import Case


def choice(rows, count=10, largest=True):
    def answer(x, y, part):
        keep = rows(np.arange(len(x)), part)
        x, y = x[keep], y[keep]
        order = np.argsort(np.abs((x - x.mean(0)).T @ (y - y.mean())))
        return order[::-1][:count] if largest else order[:count]

    return answer


CASES = {
    "qtrain-twice": Case(right=1.8, wrong=[2.4, 3.0, 1.92, 4.2, "1.8", True]),
    "qtrain-merged": Case(right=650, wrong=[640, 3466, 2080, 651, "650"]),
    "qtrain-too-far": Case(right=0.2248, wrong=[0.2, 0.1124, 0.1, 1.0, 0.25, [0.2248]]),
    "qtrain-which-model": Case(right="AA", wrong=["AB", "AC", "CA", "A", "ABC", 1]),
    "qtrain-adam-l2": Case(
        right=[1.9, 0.09],
        wrong=[[1.9998, -0.009999], [2.0, -0.01], [1.9, -0.11], [1.9, 0.0], 1.9, "1.9, 0.09"],
    ),
    "qtrain-honest-choice": Case(
        right=choice(lambda rows, part: np.delete(rows, part)),
        wrong=[
            choice(lambda rows, part: rows),
            choice(lambda rows, part: part),
            choice(lambda rows, part: np.delete(rows, part), count=9),
            choice(lambda rows, part: np.delete(rows, part), largest=False),
            lambda x, y, part: np.arange(10),
        ],
    ),
    "qtrain-short-batch": Case(right=3.2, wrong=[4.0, 16.0, 2.4, 3.0, "3.2"]),
    "qtrain-adam-constant": Case(right=0.9, wrong=[0.5, 0.99, 1.1, 0.98, 0.0]),
    "qtrain-dropout-values": Case(
        right=[0, 5.3333, 4],
        wrong=[[0, 4, 3], [0, 4, 4], [0, 16, 4], [0, 5.33333333, 3], [5.3333, 0, 4], [0, 4], 4],
    ),
    "qtrain-bn-early": Case(right=1.084, wrong=[4.0, 1.2, 3.996, 2.916, 0.4]),
}
