import numpy as np
from exercises.case import Case


def keras_step(sign=-1, ahead=True, fresh=True):
    def answer(theta, w, g, lr, beta):
        new = beta * w + sign * lr * g
        if not ahead:
            return theta + new, new
        return theta + beta * (new if fresh else w) + sign * lr * g, new

    return answer


def torch_step(theta, w, g, lr, beta):
    w = beta * w + g
    return theta - lr * (g + beta * w), w


def radius(sum_of, product_of, pick=max):
    def answer(lr, beta, curvature):
        a, b = sum_of(beta, 1 - lr * curvature), product_of(beta, 1 - lr * curvature)
        root = complex(a * a - 4 * b) ** 0.5
        return pick(abs(a + root), abs(a - root)) / 2

    return answer


def nesterov(pick=max):
    return radius(lambda beta, c: (1 + beta) * c, lambda beta, c: beta * c, pick)


CASES = {
    "momentum-step-length": Case(right=0.8, wrong=[0.04, 80.0, 0.76, 0.002]),
    "momentum-best-beta": Case(right=0.960788, wrong=[0.980198, 0.9996, 0.9, 0.00960788]),
    "momentum-rate-limit": Case(right=0.72, wrong=[0.4, 0.08, 3.6 / 2.6 / 5, 3.6]),
    "momentum-keras-step": Case(
        right=keras_step(),
        wrong=[
            keras_step(ahead=False),
            keras_step(fresh=False),
            keras_step(sign=1),
            torch_step,
            lambda theta, w, g, lr, beta: theta - lr * g,
        ],
    ),
    "momentum-nesterov-radius": Case(
        right=nesterov(),
        wrong=[
            nesterov(pick=min),
            radius(lambda beta, c: beta + c, lambda beta, c: beta),
            lambda lr, beta, curvature: abs(beta * (1 - lr * curvature)) ** 0.5,
            lambda lr, beta, curvature: abs(1 - lr * curvature),
            lambda lr, beta, curvature: np.sqrt(beta),
        ],
    ),
}
