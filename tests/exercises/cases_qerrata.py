import numpy as np
from exercises.case import Case


def by_ones(shape, scale=1.0, exact=False):
    def sound(attend):
        Q, K = scale * np.random.default_rng(0).normal(size=(2, *shape))
        out = attend(Q, K, np.ones(shape))
        return bool((out == 1).all() if exact else np.allclose(out, 1.0))

    return sound


def within_the_values(attend):
    Q, K, V = np.random.default_rng(1).normal(size=(3, 2, 3, 5, 4))
    out = attend(3 * Q, 3 * K, V + 5)
    low, high = (V + 5).min(-2, keepdims=True), (V + 5).max(-2, keepdims=True)
    return bool((out >= low - 1e-9).all() and (out <= high + 1e-9).all())


CASES = {
    "qerrata-updates": Case(right=710, wrong=[790, 71, 79, 703.125, 700, 10, "710", True]),
    "qerrata-broadcast": Case(right=2.5, wrong=[0.0, 10.0, 1.25, 40, [2.5]]),
    "qerrata-floor": Case(right=1.5, wrong=[6.0, 0.0, 1.0, 2.5625, 2.3, "1.5"]),
    "qerrata-sound": Case(
        right=by_ones((2, 3, 5, 4)),
        wrong=[
            lambda attend: True,
            lambda attend: False,
            by_ones((2, 3, 5, 4), scale=0.0),
            lambda attend: bool(attend(*np.zeros((3, 1, 1, 5, 4))).shape == (1, 1, 5, 4)),
            lambda attend: float(by_ones((2, 3, 5, 4))(attend)),
        ],
    ),
}


def test_another_right_test_of_attention():
    from chainrule.exercises import find

    assert find("qerrata-sound")(within_the_values) is None
