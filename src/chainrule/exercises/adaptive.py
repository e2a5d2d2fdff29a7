"""Checks of *Adaptive methods*."""

import math

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


@check("adaptive-three-steps")
def adaptive_three_steps(answer):
    gradients, lr = np.array([3.0, 4.0, 12.0]), 0.13
    steps = lr * gradients / np.sqrt(np.cumsum(gradients**2))
    return number_is(
        answer,
        1 - steps.sum(),
        hints=[
            (steps.sum(), "that is the way it went; it started at 1"),
            (1 + steps.sum(), "against the gradient"),
            (1 - 3 * lr, "the sum of squares keeps the older gradients"),
            (1 - steps[-1], "three steps, not only the third"),
            (1 - lr * gradients.sum() / 13, "each step has the sum up to then, not the last one"),
        ],
    )


@check("adaptive-equal-start")
def adaptive_equal_start(answer):
    beta1 = 0.9
    return number_is(
        answer,
        1 - (1 - beta1) ** 2,
        hints=[
            ((1 - beta1) ** 2, "that is one minus it"),
            (beta1, "the denominator is a root"),
            (beta1**2, "square 1 - beta, not beta"),
            (1 - (1 - beta1) ** 0.5, "square instead of taking the root"),
        ],
    )


@check("adaptive-adamw-step")
def adaptive_adamw_step(answer):
    rng = np.random.default_rng(5)
    for t, lr, beta1, beta2, eps, decay in [
        (1, 0.1, 0.9, 0.999, 1e-8, 0.0),
        (3, 0.2, 0.8, 0.9, 0.1, 0.0),
        (2, 0.5, 0.5, 0.7, 0.3, 0.4),
    ]:
        theta, g, m = rng.normal(size=(3, 4))
        v = rng.uniform(0.1, 2.0, size=4)
        got = call(
            answer, theta.copy(), g.copy(), m.copy(), v.copy(), t, lr, beta1, beta2, eps, decay
        )
        if not isinstance(got, tuple) or len(got) != 3:
            return "return three arrays: theta, m and v"
        new_m = m + (1 - beta1) * (g - m)
        new_v = v + (1 - beta2) * (g * g - v)
        hint = array_is(got[1], new_m, name="m") or array_is(got[2], new_v, name="v")
        if hint is not None:
            return f"{hint} (return the means without the bias correction)"
        root = np.sqrt(new_v / (1 - beta2**t))
        step = lr * new_m / (1 - beta1**t) / (root + eps)
        hint = array_is(got[0], theta - lr * decay * theta - step, name="theta")
        if hint is not None:
            where = "with" if decay else "without"
            return f"{hint} (step {t}, eps={eps:g}, {where} decay)"
    return None


@check("adaptive-half-life")
def adaptive_half_life(answer):
    kept = 1 - 1e-3 * 0.1
    steps = math.ceil(math.log(0.5) / math.log(kept))
    return number_is(
        answer,
        steps,
        tolerance=1e-9,
        hints=[
            (steps - 1, "after that many it is still a little above one half"),
            (math.ceil(math.log(0.5) / math.log(0.9)), "the learning rate multiplies the decay"),
            (math.ceil(math.log(0.5) / math.log(0.999)), "the decay multiplies the learning rate"),
            (5000, "the shrinking is a share of what is left, not of the start"),
        ],
    )


@check("adaptive-gigabytes")
def adaptive_gigabytes(answer):
    billions, size = 7, 4
    return number_is(
        answer,
        billions * size * 4,
        hints=[
            (billions * size, "that is the weights alone"),
            (
                billions * size * 2,
                "Adam's two running means are missing, or the weights and gradients",
            ),
            (billions * size * 3, "one of four is missing: weights, gradients, two running means"),
            (billions * 4, "a float32 has four bytes"),
        ],
    )
