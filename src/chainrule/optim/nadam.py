"""NAdam: Adam with Nesterov's momentum."""

import math

import numpy as np

from chainrule.checks import check_bool, check_non_negative
from chainrule.optim.adam import check_betas
from chainrule.optim.optimizer import SMALLEST, Optimizer


class NAdam(Optimizer):
    r"""NAdam (dozat2016incorporating) in PyTorch's convention: eps is added to √v̂.

    With μₜ = β₁ (1 − 0.96^(t · momentum_decay) / 2), m and v as in Adam and v̂ = v / (1 − β₂ᵗ):
    p ← p − lr · (μₜ₊₁ m / (1 − μ₁⋯μₜ₊₁) + (1 − μₜ) g / (1 − μ₁⋯μₜ)) / (√v̂ + eps). The gradient of this step counts
    twice, in m and by itself: that is Nesterov's look ahead. Weight decay is L2, g ← g + weight_decay · p, or with
    decoupled_weight_decay p ← (1 − lr · weight_decay) p before the step. The products μ₁⋯μₜ are those of the values
    that betas and momentum_decay have now.

    Keras has no momentum_decay: it is 1 there (0.004 here). Its epsilon is added to √v̂, as here, and its weight decay
    is decoupled. PyTorch keeps μ₁⋯μₜ in its default dtype: in float32 that moves a path by some 1e-10.

    params : iterable of Tensors that require gradients
    lr, eps, weight_decay, momentum_decay : at least 0
    betas : two numbers in [0, 1)
    decoupled_weight_decay : bool
    Raises ValueError or TypeError for a hyperparameter that is out of range, not finite, or not a number.
    """

    rules = {
        "lr": check_non_negative,
        "betas": check_betas,
        "eps": check_non_negative,
        "weight_decay": check_non_negative,
        "momentum_decay": check_non_negative,
        "decoupled_weight_decay": check_bool,
    }
    state_names = ("exp_avg", "exp_avg_sq")  # m / (1 − β₁) and v / (1 − β₂)
    decaying = ("exp_avg",)
    n_scratch = 2

    def __init__(
        self, params, lr=2e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0,
        momentum_decay=4e-3, decoupled_weight_decay=False,
    ):  # fmt: skip
        self._products = (None, [])
        super().__init__(
            params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay,
            momentum_decay=momentum_decay, decoupled_weight_decay=decoupled_weight_decay,
        )  # fmt: skip

    def _scales(self):
        return {"exp_avg": 1 - self.betas[0], "exp_avg_sq": 1 - self.betas[1]}

    def _mu(self, t):
        return self.betas[0] * (1 - 0.5 * 0.96 ** (t * self.momentum_decay))

    def _product(self, t):
        """Return μ₁⋯μₜ."""
        made_for, products = self._products
        if made_for != (self.betas[0], self.momentum_decay):
            products = [1.0]
            self._products = ((self.betas[0], self.momentum_decay), products)
        while len(products) <= t:
            products.append(products[-1] * self._mu(len(products)))
        return products[t]

    def _coefficients(self, t):
        beta1, beta2 = self.betas
        root = math.sqrt((1 - beta2) / (1 - beta2**t))  # √v̂ over the root of what the state holds
        of_m = (1 - beta1) * self._mu(t + 1) / (1 - self._product(t + 1))
        of_g = (1 - self._mu(t)) / (1 - self._product(t))
        eps, rate = max(self.eps, SMALLEST) / root, self.lr / root
        return beta1, beta2, eps, rate * of_m, rate * of_g, 1 - self.lr * self.weight_decay

    def _update(self, p, g, state, scratch, beta1, beta2, eps, of_m, of_g, kept):
        (m, v), (out, other) = state, scratch
        if self.weight_decay and self.decoupled_weight_decay:
            np.multiply(p, kept, out=p)
        elif self.weight_decay:
            g = self._penalised(p, g, other)
        np.multiply(m, beta1, out=m)
        np.add(m, g, out=m)
        np.multiply(v, beta2, out=v)
        np.multiply(g, g, out=out)
        np.add(v, out, out=v)
        np.multiply(g, of_g, out=other)
        np.multiply(m, of_m, out=out)
        np.add(other, out, out=other)
        np.sqrt(v, out=out)
        np.add(out, eps, out=out)
        np.divide(other, out, out=out)
        np.subtract(p, out, out=p)
