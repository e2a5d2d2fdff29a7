"""Every optimiser walks PyTorch's path, and Keras's, for 100 steps."""

import math

import pytest
from optim.equations import CASES, walk
from optim.paths import distance, keras_path, ours, torchs

from chainrule import optim

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
    "amsgrad": ("Adam", {"lr": 0.05, "betas": (0.8, 0.6), "amsgrad": True, "weight_decay": 0.1}),
    "amsgrad, decoupled": ("AdamW", {"lr": 0.05, "amsgrad": True}),
    "adagrad": ("Adagrad", {}),
    "adagrad, all": (
        "Adagrad",
        {
            "lr": 0.1,
            "lr_decay": 0.05,
            "weight_decay": 0.1,
            "initial_accumulator_value": 0.2,
            "eps": 1e-3,
        },
    ),
    "rmsprop": ("RMSprop", {}),
    "rmsprop, momentum": ("RMSprop", {"momentum": 0.9, "weight_decay": 0.1, "alpha": 0.9}),
    "rmsprop, centred": ("RMSprop", {"centered": True, "momentum": 0.5, "alpha": 0.9, "eps": 1e-3}),
    "rmsprop, no memory": ("RMSprop", {"alpha": 0.0}),
    "adadelta": ("Adadelta", {}),
    "adadelta, decay": ("Adadelta", {"lr": 0.5, "rho": 0.8, "weight_decay": 0.1, "eps": 1e-3}),
    "nadam": ("NAdam", {"lr": 0.01}),
    "nadam, decay": ("NAdam", {"weight_decay": 0.1, "momentum_decay": 0.3, "eps": 1e-3}),
    "nadam, decoupled": ("NAdam", {"weight_decay": 0.1, "decoupled_weight_decay": True}),
}


def sometimes_missing(step, i):
    """Withhold gradients in a pattern that gives the parameters different step counts."""
    return (step + 2 * i) % (i + 2) == 0


@pytest.fixture
def double():
    """PyTorch keeps NAdam's product of momenta in its default dtype, not in the parameter's."""
    import torch

    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.frameworks
@pytest.mark.usefixtures("double")
@pytest.mark.parametrize("missing", [lambda step, i: False, sometimes_missing])
@pytest.mark.parametrize("name, options", ALIKE.values(), ids=ALIKE)
def test_path_is_pytorchs(name, options, missing):
    import torch

    mine = ours(lambda p: getattr(optim, name)(p, **options), missing=missing)
    theirs = torchs(lambda p: getattr(torch.optim, name)(p, **options), missing=missing)
    assert distance(mine, theirs) < 1e-10


@pytest.mark.frameworks
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
    "amsgrad": (
        "Adam",
        {"lr": LR, "betas": (0.875, 0.75), "eps": 1e-12, "amsgrad": True},
        {"beta_1": 0.875, "beta_2": 0.75, "epsilon": 1e-12, "amsgrad": True},
    ),
    "adagrad": (
        "Adagrad",
        {"lr": LR, "initial_accumulator_value": 0.125, "eps": 0.0},
        {"initial_accumulator_value": 0.125, "epsilon": 0.0},
    ),
    "rmsprop": (
        "RMSprop",
        {"lr": LR, "alpha": 0.875, "eps": 1e-12},
        {"rho": 0.875, "epsilon": 1e-14},
    ),
    "rmsprop, all": (
        "RMSprop",
        {"lr": LR, "alpha": 0.875, "eps": 1e-12, "momentum": 0.5, "centered": True},
        {"rho": 0.875, "epsilon": 1e-14, "momentum": 0.5, "centered": True},
    ),
    "adadelta": (
        "Adadelta",
        {"lr": 1.0, "rho": 0.875, "eps": 2**-20},
        {"rho": 0.875, "epsilon": 2**-20},
    ),
    "nadam": (
        "NAdam",
        {"lr": LR, "betas": BETAS, "momentum_decay": 1.0},
        {"beta_1": BETAS[0], "beta_2": BETAS[1], "epsilon": 1e-8},
    ),
    "nadam, decay": (
        "NAdam",
        {
            "lr": LR,
            "betas": BETAS,
            "momentum_decay": 1.0,
            "weight_decay": 0.125,
            "decoupled_weight_decay": True,
        },
        {"beta_1": BETAS[0], "beta_2": BETAS[1], "epsilon": 1e-8, "weight_decay": 0.125},
    ),
    "lion": (
        "Lion",
        {"lr": LR, "betas": (0.875, 0.984375), "weight_decay": 0.125},
        {"beta_1": 0.875, "beta_2": 0.984375, "weight_decay": 0.125},
    ),
    "adam as it comes": ("Adam", {"eps": 1e-7}, {}),
    "adamw as it comes": ("AdamW", {"eps": 1e-7}, {"weight_decay": 0.01}),
}


@pytest.mark.frameworks
@pytest.mark.parametrize("name, mine, theirs", KERAS.values(), ids=KERAS)
def test_path_is_keras(name, mine, theirs):
    path = ours(lambda p: getattr(optim, name)(p, **mine))
    lr = mine.get("lr", 1e-3)
    name = {"NAdam": "Nadam"}.get(name, name)
    theirs = keras_path(lambda o: getattr(o, name)(learning_rate=lr, **theirs))
    assert distance(path, theirs) < 1e-6


@pytest.mark.frameworks
def test_keras_epsilon_is_ours_times_the_root_of_the_second_bias_correction():
    class Mapped(optim.Adam):
        def _coefficients(self, t):
            self.eps = 1e-3 / math.sqrt(1 - self.betas[1] ** t)  # Keras's epsilon is 1e-3
            return super()._coefficients(t)

    theirs = keras_path(lambda o: o.Adam(LR, BETAS[0], BETAS[1], epsilon=1e-3))
    options = {"lr": LR, "betas": BETAS}
    assert distance(ours(lambda p: Mapped(p, **options)), theirs) < 1e-6
    assert distance(ours(lambda p: optim.Adam(p, eps=1e-3, **options)), theirs) > 1e-4


@pytest.mark.parametrize("rule, name, options", CASES.values(), ids=CASES)
def test_path_is_that_of_the_papers_equations(rule, name, options):
    assert distance(ours(lambda p: getattr(optim, name)(p, **options)), walk(rule)) < 1e-10


@pytest.mark.frameworks
@pytest.mark.parametrize(
    "name, inside", [("Adagrad", True), ("RMSprop", True), ("Adadelta", False)]
)
def test_where_keras_puts_its_epsilon(name, inside):
    """With a large epsilon the paths part where Keras has it under the root, and only there."""
    kept = {
        "Adagrad": {"initial_accumulator_value": 0.125},
        "RMSprop": {"rho": 0.875},
        "Adadelta": {"rho": 0.875},
    }[name]
    mine = {("alpha" if n == "rho" and name == "RMSprop" else n): v for n, v in kept.items()}
    theirs = keras_path(lambda o: getattr(o, name)(LR, epsilon=2**-4, **kept))
    apart = distance(ours(lambda p: getattr(optim, name)(p, lr=LR, eps=2**-4, **mine)), theirs)
    assert apart > 1e-3 if inside else apart < 1e-6
