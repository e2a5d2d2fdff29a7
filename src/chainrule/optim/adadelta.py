"""Adadelta."""

import numpy as np

from chainrule.checks import check_non_negative
from chainrule.optim.optimizer import SMALLEST, Optimizer
from chainrule.optim.rmsprop import check_decay_rate


class Adadelta(Optimizer):
    r"""Adadelta (zeiler2012adadelta, algorithm 1) in PyTorch's convention, with a learning rate that is 1 in the paper.

    With g ← g + weight_decay · p: s ← rho s + (1 − rho) g², δ = √(u + eps) / √(s + eps) · g,
    u ← rho u + (1 − rho) δ², p ← p − lr · δ. Here eps stands under both roots: it starts the movement, since u is 0 at
    first.

    Keras has the same equations, with other defaults: lr 0.001, rho 0.95, epsilon 1e-7.

    params : iterable of Tensors that require gradients
    lr, eps, weight_decay : at least 0
    rho : number in [0, 1)
    Raises ValueError or TypeError for a hyperparameter that is out of range, not finite, or not a number.
    """

    rules = {
        "lr": check_non_negative,
        "rho": check_decay_rate,
        "eps": check_non_negative,
        "weight_decay": check_non_negative,
    }
    state_names = ("square_avg", "acc_delta")  # both divided by 1 − rho
    n_scratch = 3

    def __init__(self, params, lr=1.0, rho=0.9, eps=1e-6, weight_decay=0.0):
        super().__init__(params, lr=lr, rho=rho, eps=eps, weight_decay=weight_decay)

    def _scales(self):
        return dict.fromkeys(self.state_names, 1 - self.rho)

    def _coefficients(self, t):
        return self.rho, max(self.eps, SMALLEST) / (1 - self.rho), self.lr

    def _update(self, p, g, state, scratch, rho, eps, lr):
        (square, moved), (out, delta, decayed) = state, scratch
        if self.weight_decay:
            g = self._penalised(p, g, decayed)
        np.multiply(square, rho, out=square)
        np.multiply(g, g, out=out)
        np.add(square, out, out=square)
        np.add(square, eps, out=out)
        np.add(moved, eps, out=delta)
        np.divide(delta, out, out=delta)
        np.sqrt(delta, out=delta)
        np.multiply(delta, g, out=delta)
        np.multiply(moved, rho, out=moved)
        np.multiply(delta, delta, out=out)
        np.add(moved, out, out=moved)
        np.multiply(delta, lr, out=delta)
        np.subtract(p, delta, out=p)
