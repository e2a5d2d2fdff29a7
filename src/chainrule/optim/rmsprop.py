"""RMSprop, plain, with momentum, and centred."""

import math

import numpy as np

from chainrule.checks import check_bool, check_non_negative, check_probability
from chainrule.optim.optimizer import SMALLEST, Optimizer


def check_decay_rate(value, name):
    """Return the share of an average that is kept at each step, a float in [0, 1)."""
    return check_probability(value, name, allow_one=False)


class RMSprop(Optimizer):
    r"""RMSprop (tieleman2012rmsprop) in PyTorch's convention: eps is added to the root.

    With g ← g + weight_decay · p: s ← alpha s + (1 − alpha) g², d = √s + eps, p ← p − lr · g / d. With momentum μ the
    quotient goes through a velocity, v ← μ v + g / d, p ← p − lr · v. If centred, a ← alpha a + (1 − alpha) g and
    d = √(s − a²) + eps, the standard deviation in place of the root mean square. There is no bias correction.

    Keras calls alpha rho (0.9, where PyTorch has 0.99), puts its epsilon under the root, √(s + epsilon) or
    √(s − a² + epsilon), and the learning rate inside the velocity, v ← μ v + lr · g / d, p ← p − v: the same path while
    lr stays the same and epsilon vanishes beside s.

    params : iterable of Tensors that require gradients
    lr, eps, weight_decay, momentum : at least 0
    alpha : number in [0, 1)
    centered : bool, fixed when the optimiser is made
    Raises ValueError or TypeError for a hyperparameter that is out of range, not finite, or not a number.
    """

    rules = {
        "lr": check_non_negative,
        "alpha": check_decay_rate,
        "eps": check_non_negative,
        "weight_decay": check_non_negative,
        "momentum": check_non_negative,
        "centered": check_bool,
    }
    state_names = ("square_avg", "momentum_buffer")  # square_avg holds s / (1 − alpha)
    arrays_of = {"centered": "grad_avg"}  # a / (1 − alpha)
    decaying = ("momentum_buffer",)
    n_scratch = 2

    def __init__(
        self, params, lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0.0, momentum=0.0, centered=False
    ):
        super().__init__(
            params, lr=lr, alpha=alpha, eps=eps,
            weight_decay=weight_decay, momentum=momentum, centered=centered,
        )  # fmt: skip

    def _scales(self):
        names = ("square_avg", "grad_avg") if self.centered else ("square_avg",)
        return dict.fromkeys(names, 1 - self.alpha)

    def _coefficients(self, t):
        root = math.sqrt(1 - self.alpha)
        eps = max(self.eps, SMALLEST) / root
        return self.alpha, 1 - self.alpha, eps, self.momentum, 1 / root, self.lr / root, self.lr

    def _update(self, p, g, state, scratch, alpha, rest, eps, momentum, unit, rate, lr):
        (square, velocity, *average), (out, other) = state, scratch
        if self.weight_decay:
            g = self._penalised(p, g, other)
        np.multiply(square, alpha, out=square)
        np.multiply(g, g, out=out)
        np.add(square, out, out=square)
        np.sqrt(self._centred(average, g, square, out, alpha, rest) if average else square, out=out)
        np.add(out, eps, out=out)
        np.divide(g, out, out=out)
        if self.momentum:
            np.multiply(out, unit, out=out)
            np.multiply(velocity, momentum, out=velocity)
            np.add(velocity, out, out=velocity)
            np.multiply(velocity, lr, out=out)
        else:
            np.multiply(out, rate, out=out)
        np.subtract(p, out, out=p)

    def _centred(self, average, g, square, out, alpha, rest):
        """Return what the variance is called in the scale of the state; rounding may not take it below 0."""
        (a,) = average
        np.multiply(a, alpha, out=a)
        np.add(a, g, out=a)
        np.multiply(a, a, out=out)
        np.multiply(out, rest, out=out)
        np.subtract(square, out, out=out)
        return np.maximum(out, 0, out=out)
