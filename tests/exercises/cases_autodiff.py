import numpy as np
from exercises.case import Case


def normalise(x, y_bar):
    length = np.linalg.norm(x)
    y = x / length
    return (y_bar - (y_bar @ y) * y) / length


def layer_norm(x, y_bar):
    y = (x - x.mean()) / x.std()
    return (y_bar - y_bar.mean() - y * (y_bar * y).mean()) / x.std()


CASES = {
    "autodiff-axes": Case(right=(0, 2), wrong=[(0,), (2,), (1,), (0, 1, 2), (), 0, [0, 2]]),
    "autodiff-normalise": Case(
        right=normalise,
        wrong=[
            lambda x, g: g / np.linalg.norm(x),
            lambda x, g: g - (g @ x) * x,
            lambda x, g: -normalise(x, g),
            lambda x, g: normalise(x, g) * np.linalg.norm(x),
        ],
    ),
    "autodiff-layer-norm": Case(
        right=layer_norm,
        wrong=[
            lambda x, g: g / x.std(),
            lambda x, g: (g - g.mean()) / x.std(),
            lambda x, g: layer_norm(x, g) * x.std(),
            lambda x, g: g[:-1],
        ],
    ),
    "autodiff-mutants": Case(right="c", wrong=["a", "b", "d", "C", 3]),
    "autodiff-count-passes": Case(right=10, wrong=[784, 7840, 1, 794]),
}
