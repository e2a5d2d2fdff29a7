"""Adam and AdamW."""

import math

import numpy as np

from chainrule.checks import check_bool, check_non_negative, check_probability
from chainrule.optim.optimizer import SMALLEST, Optimizer


def check_betas(betas, name="betas"):
    """Return betas as a pair of floats in [0, 1)."""
    if not isinstance(betas, tuple | list) or len(betas) != 2:
        raise TypeError(f"{name} must be two numbers in [0, 1); got {betas!r}")
    return tuple(
        check_probability(beta, f"{name}[{i}]", allow_one=False) for i, beta in enumerate(betas)
    )


class Adam(Optimizer):
    r"""Adam (kingma2015adam, algorithm 1) in PyTorch's convention: eps is added to √v̂, after the bias correction.

    With g ← g + weight_decay · p: m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², m̂ = m / (1 − β₁ᵗ),
    v̂ = v / (1 − β₂ᵗ), p ← p − lr · m̂ / (√v̂ + eps). With amsgrad (reddi2018convergence) the largest v so far stands in
    place of v, element by element.

    Keras adds its epsilon to √v before the correction: at step t, Keras's epsilon is this eps times
    √(1 − β₂ᵗ). It also takes the powers of betas in float32, which moves 1 − 0.999 by 1.3e-5 of itself.

    params : iterable of Tensors that require gradients
    lr, eps, weight_decay : at least 0
    betas : two numbers in [0, 1)
    amsgrad : bool, fixed when the optimiser is made
    Raises ValueError or TypeError for a hyperparameter that is out of range, not finite, or not a number.
    """

    # The state holds m / (1 − β₁) and v / (1 − β₂): each then takes one multiplication and one addition.
    rules = {
        "lr": check_non_negative,
        "betas": check_betas,
        "eps": check_non_negative,
        "weight_decay": check_non_negative,
        "amsgrad": check_bool,
    }
    state_names = ("exp_avg", "exp_avg_sq")
    arrays_of = {"amsgrad": "max_exp_avg_sq"}
    decaying = ("exp_avg",)
    n_scratch = 2

    def __init__(
        self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, amsgrad=False
    ):
        super().__init__(
            params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, amsgrad=amsgrad
        )

    def _scales(self):
        beta1, beta2 = self.betas
        return {"exp_avg": 1 - beta1, "exp_avg_sq": 1 - beta2} | (
            {"max_exp_avg_sq": 1 - beta2} if self.amsgrad else {}
        )

    def _coefficients(self, t):
        beta1, beta2 = self.betas
        root = math.sqrt((1 - beta2) / (1 - beta2**t))  # √v̂ over the root of what the state holds
        rate = self.lr * (1 - beta1) / (1 - beta1**t)
        return beta1, beta2, max(self.eps, SMALLEST) / root, rate / root

    def _update(self, p, g, state, scratch, beta1, beta2, eps, rate):
        (m, v, *largest), (out, decayed) = state, scratch
        if self.weight_decay:
            g = self._decay(p, g, decayed)
        np.multiply(m, beta1, out=m)
        np.add(m, g, out=m)
        np.multiply(v, beta2, out=v)
        np.multiply(g, g, out=out)
        np.add(v, out, out=v)
        if largest:
            v = np.maximum(largest[0], v, out=largest[0])
        np.sqrt(v, out=out)
        np.add(out, eps, out=out)
        np.divide(m, out, out=out)
        np.multiply(out, rate, out=out)
        np.subtract(p, out, out=p)

    def _decay(self, p, g, out):
        """Return the gradient that the moments see: with the penalty's."""
        return self._penalised(p, g, out)


class AdamW(Adam):
    r"""Adam with decoupled weight decay (loshchilov2019decoupled): p ← (1 − lr · weight_decay) p, then Adam's step.

    The decay does not pass through m and v, so a weight with large gradients decays as fast as the others.

    params : iterable of Tensors that require gradients
    lr, eps, weight_decay : at least 0
    betas : two numbers in [0, 1)
    amsgrad : bool, fixed when the optimiser is made
    Raises ValueError or TypeError for a hyperparameter that is out of range, not finite, or not a number.
    """

    def __init__(
        self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01, amsgrad=False
    ):
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad)

    def _decay(self, p, g, out):
        np.multiply(p, 1 - self.lr * self.weight_decay, out=p)
        return g
