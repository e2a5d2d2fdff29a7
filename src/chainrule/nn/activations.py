"""Activation functions as modules."""

from chainrule.checks import check_choice, check_number
from chainrule.nn import functional as F
from chainrule.nn.module import Module


class ReLU(Module):
    """max(x, 0)."""

    def forward(self, x):
        return F.relu(x)


class Sigmoid(Module):
    """1 / (1 + exp(-x))."""

    def forward(self, x):
        return F.sigmoid(x)


class Tanh(Module):
    """The hyperbolic tangent."""

    def forward(self, x):
        return F.tanh(x)


class LeakyReLU(Module):
    """x where it is positive, negative_slope · x elsewhere."""

    def __init__(self, negative_slope=0.01):
        self.negative_slope = check_number(negative_slope, "negative_slope")

    def forward(self, x):
        return F.leaky_relu(x, self.negative_slope)

    def describe(self):
        return f"negative_slope={self.negative_slope:g}"


class ELU(Module):
    """x where it is positive, alpha (exp(x) - 1) elsewhere."""

    def __init__(self, alpha=1.0):
        self.alpha = check_number(alpha, "alpha")

    def forward(self, x):
        return F.elu(x, self.alpha)

    def describe(self):
        return f"alpha={self.alpha:g}"


class GELU(Module):
    """x Φ(x) (hendrycks2016gaussian), exact, or with approximate="tanh" as the paper approximates."""

    def __init__(self, approximate="none"):
        self.approximate = check_choice(approximate, "approximate", ("none", "tanh"))

    def forward(self, x):
        return F.gelu(x, self.approximate)

    def describe(self):
        return "" if self.approximate == "none" else f"approximate={self.approximate!r}"


class SiLU(Module):
    """x · sigmoid(x)."""

    def forward(self, x):
        return F.silu(x)


class Softplus(Module):
    """log(1 + exp(x))."""

    def forward(self, x):
        return F.softplus(x)
