"""Adagrad."""

import numpy as np

from chainrule.checks import check_non_negative
from chainrule.optim.optimizer import SMALLEST, Optimizer


class Adagrad(Optimizer):
    r"""Adagrad (duchi2011adaptive) in PyTorch's convention: eps is added to the root.

    With g ← g + weight_decay · p: s ← s + g², p ← p − lr / (1 + (t − 1) lr_decay) · g / (√s + eps). At first s is
    initial_accumulator_value everywhere.

    Keras puts its epsilon under the root, √(s + epsilon), starts s at 0.1, and has no lr_decay: with an epsilon that
    vanishes beside s the paths are one. A decay is decoupled in Keras, p ← (1 − lr · weight_decay) p before the step.

    params : iterable of Tensors that require gradients
    lr, lr_decay, weight_decay, initial_accumulator_value, eps : at least 0
    Raises ValueError or TypeError for a hyperparameter that is out of range, not finite, or not a number.
    """

    rules = dict.fromkeys(
        ("lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps"), check_non_negative
    )
    state_names = ("sum",)
    n_scratch = 2

    def __init__(
        self, params, lr=1e-2, lr_decay=0.0, weight_decay=0.0, initial_accumulator_value=0.0, eps=1e-10
    ):  # fmt: skip
        super().__init__(
            params, lr=lr, lr_decay=lr_decay, weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value, eps=eps,
        )  # fmt: skip
        for vector in self._vectors:
            vector.state["sum"][...] = self.initial_accumulator_value

    def _coefficients(self, t):
        return max(self.eps, SMALLEST), self.lr / (1 + (t - 1) * self.lr_decay)

    def _update(self, p, g, state, scratch, eps, rate):
        (total,), (out, decayed) = state, scratch
        if self.weight_decay:
            g = self._penalised(p, g, decayed)
        np.multiply(g, g, out=out)
        np.add(total, out, out=total)
        np.sqrt(total, out=out)
        np.add(out, eps, out=out)
        np.divide(g, out, out=out)
        np.multiply(out, rate, out=out)
        np.subtract(p, out, out=p)
