"""Checks of *Momentum*."""

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


@check("momentum-step-length")
def momentum_step_length(answer):
    lr, g, beta = 0.01, 4.0, 0.95
    return number_is(
        answer,
        lr * g / (1 - beta),
        hints=[
            (lr * g, "that is the first step; the velocity still grows"),
            (g / (1 - beta), "that is the velocity; the step is the learning rate times it"),
            (lr * g * beta / (1 - beta), "the newest gradient counts in full"),
            (lr * g * (1 - beta), "momentum lengthens the step here"),
        ],
    )


@check("momentum-best-beta")
def momentum_best_beta(answer):
    root = (100 / 0.01) ** 0.5
    right = ((root - 1) / (root + 1)) ** 2
    return number_is(
        answer,
        right,
        tolerance=1e-5,
        hints=[
            (right**0.5, "that is the factor a step, the root of the momentum; it is Nesterov's"),
            (((root**2 - 1) / (root**2 + 1)) ** 2, "the root of the condition number enters"),
            ((99 / 101) ** 2 / 100, "the momentum has no units: only the ratio counts"),
        ],
    )


@check("momentum-rate-limit")
def momentum_rate_limit(answer):
    curvature, beta = 5.0, 0.8
    return number_is(
        answer,
        2 * (1 + beta) / curvature,
        hints=[
            (2 / curvature, "that is gradient descent's"),
            (2 * (1 - beta) / curvature, "momentum widens the range of the rate"),
            (2 * (1 + beta) / (1 + 2 * beta) / curvature, "that is Nesterov's"),
            (2 * (1 + beta), "that is the limit of the rate times the curvature"),
        ],
    )


@check("momentum-keras-step")
def momentum_keras_step(answer):
    rng = np.random.default_rng(3)
    for lr, beta in [(0.1, 0.9), (0.5, 0.3), (2.0, 0.99)]:
        theta, w, g = rng.normal(size=(3, 4))
        new = beta * w - lr * g
        got = call(answer, theta.copy(), w.copy(), g.copy(), lr, beta)
        if not isinstance(got, tuple) or len(got) != 2:
            return "return two arrays: the parameters and the velocity"
        hint = array_is(got[1], new, name="the velocity")
        hint = hint or array_is(got[0], theta + beta * new - lr * g, name="theta")
        if hint is not None:
            return hint
    return None


@check("momentum-nesterov-radius")
def momentum_nesterov_radius(answer):
    for lr, beta, curvature in [
        (0.01, 9 / 11, 1.0),
        (0.1, 0.9, 1.0),
        (0.1, 0.9, 15.0),
        (0.5, 0.1, 0.2),
    ]:
        c = 1 - lr * curvature
        matrix = np.array([[(1 + beta) * c, -beta * c], [1.0, 0.0]])
        right = np.abs(np.linalg.eigvals(matrix)).max()
        ball = np.array([[1 + beta - lr * curvature, -beta], [1.0, 0.0]])
        hint = number_is(
            call(answer, lr, beta, curvature),
            right,
            tolerance=1e-6,
            hints=[(np.abs(np.linalg.eigvals(ball)).max(), "that is the heavy ball's factor")],
        )
        if hint is not None:
            return f"{hint} (lr={lr:g}, beta={beta:.3g}, curvature={curvature:g})"
    return None
