"""Lion: the sign of a momentum."""

import numpy as np

from chainrule.checks import check_non_negative
from chainrule.optim.adam import check_betas
from chainrule.optim.optimizer import Optimizer


class Lion(Optimizer):
    r"""Lion (chen2023symbolic, algorithm 2): every element moves by lr or not at all.

    p ← (1 − lr · weight_decay) p − lr · sign(β₁ m + (1 − β₁) g), and then m ← β₂ m + (1 − β₂) g: the average that is
    kept is another than the one whose sign is taken. The decay is decoupled.

    Keras has the same equations and lr 0.001; PyTorch has no Lion. The paper advises a learning rate three to ten times
    lower than AdamW's, with a weight decay as many times higher.

    params : iterable of Tensors that require gradients
    lr, weight_decay : at least 0
    betas : two numbers in [0, 1)
    Raises ValueError or TypeError for a hyperparameter that is out of range, not finite, or not a number.
    """

    rules = {"lr": check_non_negative, "betas": check_betas, "weight_decay": check_non_negative}
    state_names = decaying = ("exp_avg",)  # m / (1 − β₂)
    n_scratch = 2

    def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(params, lr=lr, betas=betas, weight_decay=weight_decay)

    def _scales(self):
        return {"exp_avg": 1 - self.betas[1]}

    def _coefficients(self, t):
        beta1, beta2 = self.betas
        of_m = (1 - beta2) * beta1 / (1 - beta1)  # the sign of m · of_m + g is that of the average
        return beta2, of_m, self.lr, 1 - self.lr * self.weight_decay

    def _update(self, p, g, state, scratch, beta2, of_m, lr, kept):
        (m,), (out, size) = state, scratch
        if self.weight_decay:
            np.multiply(p, kept, out=p)
        np.multiply(m, of_m, out=out)
        np.add(out, g, out=out)
        np.abs(out, out=size)  # x / |x| is the sign, in a quarter of the time that np.sign takes
        np.maximum(size, np.finfo(size.dtype).tiny, out=size)
        np.divide(out, size, out=out)
        np.multiply(out, lr, out=out)
        np.subtract(p, out, out=p)
        np.multiply(m, beta2, out=m)
        np.add(m, g, out=m)
