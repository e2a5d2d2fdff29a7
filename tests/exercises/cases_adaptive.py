import numpy as np
from exercises.case import Case


def adamw(correct=True, inside=False, penalty=False, squared=True):
    def answer(theta, g, m, v, t, lr, beta1, beta2, eps, decay):
        if penalty:
            g = g + decay * theta
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * (g**2 if squared else np.abs(g))
        c1, c2 = (1 - beta1**t, 1 - beta2**t) if correct else (1.0, 1.0)
        if inside:
            step = m / c1 / ((np.sqrt(v) + eps) / np.sqrt(c2))
        else:
            step = m / c1 / (np.sqrt(v / c2) + eps)
        kept = 1.0 if penalty else 1 - lr * decay
        return kept * theta - lr * step, m, v

    return answer


def corrected_state(theta, g, m, v, t, lr, beta1, beta2, eps, decay):
    theta, m, v = adamw()(theta, g, m, v, t, lr, beta1, beta2, eps, decay)
    return theta, m / (1 - beta1**t), v / (1 - beta2**t)


def decay_without_lr(theta, g, m, v, t, lr, beta1, beta2, eps, decay):
    new, m, v = adamw()(theta, g, m, v, t, lr, beta1, beta2, eps, 0.0)
    return new - decay * theta, m, v


CASES = {
    "adaptive-three-steps": Case(right=0.646, wrong=[0.354, 1.354, 0.61, 0.88, 0.81]),
    "adaptive-equal-start": Case(right=0.99, wrong=[0.01, 0.9, 0.81, 0.999]),
    "adaptive-adamw-step": Case(
        right=adamw(),
        wrong=[
            adamw(correct=False),
            adamw(inside=True),
            adamw(penalty=True),
            adamw(squared=False),
            corrected_state,
            decay_without_lr,
            lambda *a: adamw()(*a)[0],
        ],
    ),
    "adaptive-half-life": Case(right=6932, wrong=[6931, 7, 693, 5000]),
    "adaptive-gigabytes": Case(right=112, wrong=[28, 56, 84, 112e9]),
}
