import numpy as np
from exercises.case import Case

MARKS = [0.693147, 0.325083, 0.178772]

CASES = {
    "qlang-marks": Case(
        right=MARKS,
        wrong=[
            np.array(MARKS) / np.log(2),
            [MARKS[0], MARKS[1], MARKS[1] / 2],
            MARKS[::-1],
            [MARKS[0], MARKS[1], MARKS[1]],
            0.33,
        ],
    ),
    "qlang-pair": Case(right=8.0, wrong=[1.0, 64.0, np.log(8), 0.125]),
    "qlang-first-difference": Case(
        right=[11, 0.02953],
        wrong=[[10, 0.0347], [11, 0.0251], [11, 0.15], [11, 0.1969], [41, 0.0]],
    ),
    "qlang-lengths": Case(
        right=[760, 361, 61],
        wrong=[[760, 360, 60], [760, 361, 60], [700, 361, 61], [800, 401, 101]],
    ),
    "qlang-leaks": Case(right=[0, 15], wrong=[[0, 21], [0, 5], [15, 15], 15]),
    "qlang-work": Case(right=8.0, wrong=[235 / 334, 2 / 3, 16.0, 2.0, 0.125]),
}
