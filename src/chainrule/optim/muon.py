"""Muon: a momentum, orthogonalised matrix by matrix."""

import math

import numpy as np

from chainrule.checks import (
    check_bool,
    check_floating,
    check_int,
    check_ndim,
    check_non_negative,
    check_number,
    check_probability,
)
from chainrule.optim.optimizer import Optimizer

COEFFICIENTS = (3.4445, -4.775, 2.0315)
ADJUSTMENTS = ("original", "match_rms_adamw")


def newton_schulz(matrix, n_steps=5, coefficients=COEFFICIENTS, eps=1e-7):
    r"""Return roughly U Vᵀ where matrix = U Σ Vᵀ: all singular values moved close to 1 (jordan2024muon).

    X ← matrix / max(‖matrix‖, eps), then n_steps times X ← a X + (b A + c A²) X with A = X Xᵀ: each singular value s
    becomes a s + b s³ + c s⁵. The coefficients are chosen to lift small ones fast, not to converge: after five steps
    most lie between 0.7 and 1.2. (1.5, −0.5, 0) converges to 1, and takes more steps.

    matrix : array (n, m) of floating-point numbers
    n_steps : int in [1, 99]
    coefficients : three numbers a, b, c
    eps : at least 0
    """
    matrix = check_ndim(check_floating(np.asarray(matrix), "matrix"), "matrix", 2)
    n_steps = check_steps(n_steps, "n_steps")
    a, b, c = check_coefficients(coefficients, "coefficients")
    return _orthogonalised(matrix, n_steps, a, b, c, check_non_negative(eps, "eps"))


def _orthogonalised(matrix, n_steps, a, b, c, eps):
    x = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    x = x / max(float(np.linalg.norm(x)), eps, 1e-37)
    for _ in range(n_steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * (gram @ gram)) @ x
    return x.T if matrix.shape[0] > matrix.shape[1] else x


def check_steps(value, name):
    """Return the number of Newton-Schulz steps, an integer in [1, 99]."""
    return check_int(value, name, minimum=1, maximum=99)


def check_coefficients(value, name):
    """Return the coefficients a, b, c of the polynomial, three finite numbers."""
    if not isinstance(value, tuple | list) or len(value) != 3:
        raise TypeError(f"{name} must be three numbers; got {value!r}")
    return tuple(check_number(number, f"{name}[{i}]") for i, number in enumerate(value))


def check_adjustment(value, name):
    """Return how the learning rate follows the shape; None means "original"."""
    value = ADJUSTMENTS[0] if value is None else value
    if value not in ADJUSTMENTS:
        raise ValueError(f"{name} must be None or one of {', '.join(ADJUSTMENTS)}; got {value!r}")
    return value


class Muon(Optimizer):
    r"""Muon (jordan2024muon) in PyTorch's convention, for matrices only; give vectors to another optimiser, as AdamW.

    m ← μ m + (1 − μ) g; with Nesterov u = (1 − μ) g + μ m, without it u = m; O = newton_schulz(u);
    p ← (1 − lr · weight_decay) p − lr · f · O. The factor f makes up for the shape of the matrix: "original" is
    √max(1, n_out / n_in), "match_rms_adamw" 0.2 √max(n_in, n_out) (liu2025muon), with which Muon can take AdamW's
    learning rate and decay.

    Matrices here are (n_in, n_out), as in Linear; PyTorch's are (n_out, n_in), so that PyTorch given the transpose
    walks the transposed path. PyTorch takes the Newton-Schulz steps in bfloat16, this class in the parameter's dtype.
    Keras's m is ours / (1 − μ), which Newton-Schulz does not see; its rms_rate 0.2 is "match_rms_adamw" and its
    rms_rate None, all that it takes in float64, is f = 1; it adds an eps of 1e-7 to the norm; what is no matrix it
    updates by AdamW itself.

    params : iterable of Tensors with two axes that require gradients
    lr, weight_decay, eps : at least 0
    momentum : number in [0, 1]
    nesterov : bool
    ns_coefficients : three numbers
    ns_steps : int in [1, 99]
    adjust_lr_fn : None, "original" or "match_rms_adamw"
    Raises ValueError or TypeError for a parameter that is no matrix, a hyperparameter that is out of range, not finite,
    or not a number.
    """

    rules = {
        "lr": check_non_negative,
        "weight_decay": check_non_negative,
        "momentum": check_probability,
        "nesterov": check_bool,
        "ns_coefficients": check_coefficients,
        "eps": check_non_negative,
        "ns_steps": check_steps,
        "adjust_lr_fn": check_adjustment,
    }
    choices = {"adjust_lr_fn": ADJUSTMENTS}
    state_names = decaying = ("momentum_buffer",)
    n_scratch = 0

    def __init__(
        self, params, lr=1e-3, weight_decay=0.1, momentum=0.95, nesterov=True, ns_coefficients=COEFFICIENTS,
        eps=1e-7, ns_steps=5, adjust_lr_fn=None,
    ):  # fmt: skip
        super().__init__(
            params, lr=lr, weight_decay=weight_decay, momentum=momentum, nesterov=nesterov,
            ns_coefficients=ns_coefficients, eps=eps, ns_steps=ns_steps, adjust_lr_fn=adjust_lr_fn,
        )  # fmt: skip

    def _check_params(self, params):
        for i, p in enumerate(params):
            if p.data.ndim != 2:
                raise ValueError(
                    f"params[{i}] must be a matrix, give others to another optimizer; got shape {p.shape}"
                )

    def _cut(self, k, start, stop, grad):
        """Return the matrices of a stretch, whole."""
        vector, pieces = self._vectors[k], []
        for i, (a, b) in enumerate(vector.bounds):
            if start <= a and b <= stop:
                p = vector.view(vector.data, i)
                state = tuple(vector.view(array, i) for array in vector.state.values())
                pieces.append((p, grad[a - start : b - start].reshape(p.shape), state, ()))
        return pieces

    def _factor(self, n_in, n_out):
        if self.adjust_lr_fn == "original":
            return math.sqrt(max(1.0, n_out / max(n_in, 1)))
        return 0.2 * math.sqrt(max(n_in, n_out))

    def _update(self, p, g, state, scratch):
        (m,) = state
        np.multiply(m, self.momentum, out=m)
        np.add(m, (1 - self.momentum) * g, out=m)
        u = (1 - self.momentum) * g + self.momentum * m if self.nesterov else m
        o = _orthogonalised(u, self.ns_steps, *self.ns_coefficients, self.eps)
        np.multiply(p, 1 - self.lr * self.weight_decay, out=p)
        np.subtract(p, self.lr * self._factor(*p.shape) * o, out=p)
