"""Every optimiser walks PyTorch's path, and Keras's, for 100 steps."""

import math

import pytest
from optim.paths import distance, keras_path, ours, torchs

from chainrule import optim

pytestmark = pytest.mark.frameworks

ALIKE = {
    "sgd": ("SGD", {"lr": 0.05}),
    "sgd, decay": ("SGD", {"lr": 0.05, "weight_decay": 0.1}),
    "momentum": ("SGD", {"lr": 0.02, "momentum": 0.9}),
    "dampening": ("SGD", {"lr": 0.02, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.01}),
    "nesterov": ("SGD", {"lr": 0.02, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    "adam": ("Adam", {"lr": 0.01}),
    "adam, decay": ("Adam", {"lr": 0.01, "weight_decay": 0.1, "betas": (0.8, 0.95), "eps": 1e-3}),
    "adam, no memory": ("Adam", {"lr": 0.01, "betas": (0.0, 0.0)}),
    "adamw": ("AdamW", {"lr": 0.01}),
    "adamw, decay": ("AdamW", {"lr": 0.01, "weight_decay": 0.3, "eps": 1e-4}),
}


def sometimes_missing(step, i):
    """Withhold gradients in a pattern that gives the parameters different step counts."""
    return (step + 2 * i) % (i + 2) == 0


@pytest.mark.parametrize("missing", [lambda step, i: False, sometimes_missing])
@pytest.mark.parametrize("name, options", ALIKE.values(), ids=ALIKE)
def test_path_is_pytorchs(name, options, missing):
    import torch

    mine = ours(lambda p: getattr(optim, name)(p, **options), missing=missing)
    theirs = torchs(lambda p: getattr(torch.optim, name)(p, **options), missing=missing)
    assert distance(mine, theirs) < 1e-10


@pytest.mark.parametrize("wrong", [{"lr": 0.0100001}, {"eps": 1e-5}, {"betas": (0.9, 0.99901)}])
def test_comparison_notices_a_wrong_hyperparameter(wrong):
    import torch

    mine = ours(lambda p: optim.Adam(p, **{"lr": 0.01} | wrong))
    theirs = torchs(lambda p: torch.optim.Adam(p, lr=0.01))
    assert distance(mine, theirs) > 1e-8


# Keras multiplies its velocity by the learning rate, decays by p (1 - lr d) like PyTorch, and adds
# epsilon to the root of v before the bias correction; with an epsilon that vanishes beside the root
# the paths are one. It takes the powers of betas in float32, so that 1 - 0.999 is off by 1.3e-5 in
# the correction, and every step with it: the betas here are exact in float32.
BETAS = (0.875, 1 - 2**-10)
LR = 2**-7
KERAS = {
    "sgd": ("SGD", {"lr": LR}, {}),
    "momentum": ("SGD", {"lr": LR, "momentum": 0.875}, {"momentum": 0.875}),
    "nesterov": (
        "SGD",
        {"lr": LR, "momentum": 0.875, "nesterov": True},
        {"momentum": 0.875, "nesterov": True},
    ),
    "adam": (
        "Adam",
        {"lr": LR, "betas": BETAS, "eps": 1e-12},
        {"beta_1": BETAS[0], "beta_2": BETAS[1], "epsilon": 1e-12},
    ),
    "adamw": (
        "AdamW",
        {"lr": LR, "betas": BETAS, "eps": 1e-12, "weight_decay": 0.125},
        {"beta_1": BETAS[0], "beta_2": BETAS[1], "epsilon": 1e-12, "weight_decay": 0.125},
    ),
    "adam as it comes": ("Adam", {"eps": 1e-7}, {}),
    "adamw as it comes": ("AdamW", {"eps": 1e-7}, {"weight_decay": 0.01}),
}


@pytest.mark.parametrize("name, mine, theirs", KERAS.values(), ids=KERAS)
def test_path_is_keras(name, mine, theirs):
    path = ours(lambda p: getattr(optim, name)(p, **mine))
    lr = mine.get("lr", 1e-3)
    theirs = keras_path(lambda o: getattr(o, name)(learning_rate=lr, **theirs))
    assert distance(path, theirs) < 1e-6


def test_keras_epsilon_is_ours_times_the_root_of_the_second_bias_correction():
    class Mapped(optim.Adam):
        def _coefficients(self, t):
            self.eps = 1e-3 / math.sqrt(1 - self.betas[1] ** t)  # Keras's epsilon is 1e-3
            return super()._coefficients(t)

    theirs = keras_path(lambda o: o.Adam(LR, BETAS[0], BETAS[1], epsilon=1e-3))
    options = {"lr": LR, "betas": BETAS}
    assert distance(ours(lambda p: Mapped(p, **options)), theirs) < 1e-6
    assert distance(ours(lambda p: optim.Adam(p, eps=1e-3, **options)), theirs) > 1e-4
