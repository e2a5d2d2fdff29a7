import math

import numpy as np
from exercises.case import Case


def entropy(p):
    return -(p * np.log(np.maximum(p, 1e-30))).sum(-1)


CASES = {
    "qvision-two-heads": Case(right=0.367, wrong=[0.734, 1.753, 1.407, 0.857, -0.367, "0.367"]),
    "qvision-finer": Case(right=291_840, wrong=[0, 380, 443_136, 442_368, 74_711_040, "291840"]),
    "qvision-twins": Case(right=0.693, wrong=[0.0, 2.0794, 1.3863, 0.3466, 1, "ln 2"]),
    "qvision-information": Case(
        right=lambda p: entropy(p.mean(0)) - entropy(p).mean(),
        wrong=[
            lambda p: entropy(p.mean(0)),
            lambda p: entropy(p).mean(),
            lambda p: math.log(p.shape[1]) - entropy(p).mean(),
            lambda p: -(p * np.log(p)).sum(-1).mean(),
            lambda p: (p.argmax(1) == p.argmax(1)).mean(),
        ],
    ),
    "qvision-regions": Case(right=81, wrong=[64, 49, 72, 100, 9, "81"]),
}
