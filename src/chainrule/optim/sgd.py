"""Stochastic gradient descent, with momentum and Nesterov's."""

import numpy as np

from chainrule.checks import check_bool, check_non_negative, check_number
from chainrule.optim.optimizer import Optimizer


class SGD(Optimizer):
    r"""Stochastic gradient descent in PyTorch's convention: the learning rate multiplies the velocity.

    With gradient g, first g ← g + weight_decay · p. With momentum μ and dampening τ the velocity is v ← μ v + (1 − τ) g
    (v = g at the first step), and g becomes g + μ v with Nesterov, v without. At last p ← p − lr · g.

    Keras puts the learning rate inside, v ← μ v − lr · g and p ← p + v: the same path while lr stays the same.

    params : iterable of Tensors that require gradients
    lr : at least 0
    momentum, weight_decay : at least 0
    nesterov : needs a momentum, and no dampening
    Raises ValueError or TypeError for a hyperparameter that is out of range, not finite, or not a number.
    """

    rules = {
        "lr": check_non_negative,
        "momentum": check_non_negative,
        "nesterov": check_bool,
        "weight_decay": check_non_negative,
        "dampening": check_number,
    }
    state_names = decaying = ("momentum_buffer",)
    n_scratch = 2

    def __init__(self, params, lr, momentum=0.0, nesterov=False, weight_decay=0.0, dampening=0.0):
        super().__init__(
            params, lr=lr, momentum=momentum, nesterov=nesterov,
            weight_decay=weight_decay, dampening=dampening,
        )  # fmt: skip

    def _check_together(self, hyperparameters):
        momentum, dampening = hyperparameters["momentum"], hyperparameters["dampening"]
        if hyperparameters["nesterov"] and (momentum == 0 or dampening != 0):
            raise ValueError(
                f"nesterov must go with momentum above 0 and dampening 0; "
                f"got momentum={momentum!r}, dampening={dampening!r}"
            )

    def _coefficients(self, t):
        return self.lr, self.momentum, 1.0 if t == 1 else 1.0 - self.dampening

    def _update(self, p, g, state, scratch, lr, momentum, share):
        out, decayed = scratch
        if self.weight_decay:
            g = self._penalised(p, g, decayed)
        if momentum:
            (velocity,) = state
            velocity *= momentum
            velocity += g if share == 1.0 else np.multiply(g, share, out=out)
            if self.nesterov:
                np.multiply(velocity, momentum, out=out)
                g = np.add(out, g, out=out)
            else:
                g = velocity
        np.multiply(g, lr, out=out)
        p -= out
