"""Checks of *Gradient descent*."""

import math

import numpy as np

from chainrule.exercises import call, check, number_is


@check("descent-two-steps")
def descent_two_steps(answer):
    def walk(sign, steps):
        theta = 5.0
        for _ in range(steps):
            theta += sign * 0.1 * (4 * theta - 8)
        return theta

    return number_is(
        answer,
        walk(-1, 2),
        hints=[
            (walk(-1, 1), "that is after one step"),
            (walk(1, 2), "that goes up the slope"),
            (2.0, "that is where it will end, not where two steps lead"),
        ],
    )


@check("descent-step-limit")
def descent_step_limit(answer):
    low, high = np.linalg.eigvalsh([[3.0, 1.0], [1.0, 3.0]])
    return number_is(
        answer,
        2 / high,
        hints=[
            (1 / high, "that is safe, but twice as large still converges"),
            (2 / low, "the steepest direction decides, not the flattest"),
            (2 / 3, "the mixed term ab turns the axes of the valley"),
            (2 / (low + high), "that is the best rate; the question asks for the limit"),
        ],
    )


@check("descent-how-many")
def descent_how_many(answer):
    kappa = 200 / 0.5
    right = math.ceil(math.log(1e-4) / math.log((kappa - 1) / (kappa + 1)))
    return number_is(
        answer,
        right,
        tolerance=0,
        hints=[
            (right - 1, "one step short of the goal: round up"),
            (math.ceil(math.log(1e-4) / math.log(1 - 1 / kappa)), "that is for the rate 1/L"),
            (math.ceil(math.log(1e-4) / math.log(199 / 201)), "the condition number is 400"),
        ],
    )


@check("descent-backtrack")
def descent_backtrack(answer):
    rng = np.random.default_rng(5)
    for lr, share in [(1.0, 0.3), (8.0, 0.5), (1e-3, 0.1), (4.0, 0.9)]:
        curvature, theta = rng.uniform(0.5, 20, size=3), rng.normal(size=3)

        def J(t, curvature=curvature):
            return 0.5 * (curvature * t * t).sum()

        g, right = curvature * theta, lr
        while J(theta - right * g) > J(theta) - share * right * (g @ g):
            right /= 2
        got = call(answer, J, theta.copy(), g.copy(), lr, share)
        hint = number_is(
            got,
            right,
            tolerance=1e-12,
            hints=[
                (right / 2, "one halving too many: stop at the first rate that passes"),
                (right * 2, "that rate does not pass yet"),
            ],
        )
        if hint is not None:
            return f"{hint} (lr={lr:g}, share={share:g})"
    return None


@check("descent-name-point")
def descent_name_point(answer):
    turn = np.array([[0.8, -0.6], [0.6, 0.8]])
    for eigenvalues, right in [
        ((1.0, 3.0), "minimum"),
        ((-1.0, -3.0), "maximum"),
        ((-1.0, 3.0), "saddle"),
        ((0.0, 3.0), "undecided"),
        ((0.0, -3.0), "undecided"),
        ((0.0, 0.0), "undecided"),
        ((-1e-3, 1e-3), "saddle"),
    ]:
        got = call(answer, turn @ np.diag(eigenvalues) @ turn.T)
        if got != right:
            return f"with the eigenvalues {eigenvalues} it is not {got!r}"
    if call(answer, np.diag([-1.0, 0.0, 1.0])) != "saddle":
        return "one direction up and one down make a saddle, whatever the others are"
    return None
