"""One step of an optimiser over a vector of 100 000 float32 numbers, ours and PyTorch's, and nothing else.

A contestant is made with the position of an optimiser in OPTIMISERS, as a worker's ``setup`` hands it on.
"""

import numpy as np

N_NUMBERS = 100_000
# class, hyperparameters, the kinds of PyTorch's that there are
BOTH, PLAIN, NEITHER = ("torch", "torch_fused"), ("torch",), ()
OPTIMISERS = {
    "sgd": ("SGD", {"lr": 1e-3, "momentum": 0.9}, BOTH),
    "adam": ("Adam", {}, BOTH),
    "adamw": ("AdamW", {}, BOTH),
    "amsgrad": ("Adam", {"amsgrad": True}, BOTH),
    "adagrad": ("Adagrad", {}, BOTH),
    "rmsprop": ("RMSprop", {}, PLAIN),
    "adadelta": ("Adadelta", {}, PLAIN),
    "nadam": ("NAdam", {}, PLAIN),
    "lion": ("Lion", {}, NEITHER),
}
WORKLOADS = {f"{name} step": (i, 40) for i, name in enumerate(OPTIMISERS)}  # position, steps a turn


def peers(workload):
    """Return the names of the contestants that a workload has beside ours."""
    return OPTIMISERS[workload.removesuffix(" step")][2]


def _problem(position):
    """Return class, hyperparameters, starting values and the gradient of every step."""
    name, options, _ = list(OPTIMISERS.values())[position]
    rng = np.random.default_rng(0)
    values, gradient = rng.standard_normal((2, N_NUMBERS)).astype(np.float32)
    return name, options, values, gradient


class OurStep:
    """The engine's, with the gradient where a backward pass puts it."""

    def __init__(self, position):
        from chainrule import nn, optim

        name, options, values, gradient = _problem(position)
        self.parameter = nn.Parameter(values)
        self.optimizer = getattr(optim, name)([self.parameter], **options)
        (self.parameter * gradient).sum().backward()

    def step(self, i):
        self.optimizer.step()

    def value(self, _):
        return float(np.mean(self.parameter.data.astype(np.float64) ** 2))


class TorchStep:
    """PyTorch's as it comes."""

    options = {}

    def __init__(self, position):
        import torch

        torch.set_num_threads(1)
        name, options, values, gradient = _problem(position)
        self.parameter = torch.nn.Parameter(torch.from_numpy(values))
        self.parameter.grad = torch.from_numpy(gradient)
        self.optimizer = getattr(torch.optim, name)([self.parameter], **options, **self.options)

    def step(self, i):
        self.optimizer.step()

    def value(self, _):
        return float((self.parameter.detach().double() ** 2).mean())


class TorchFusedStep(TorchStep):
    """PyTorch's fused kernel."""

    options = {"fused": True}


CONTESTANTS = {
    "step:ours": OurStep,
    "step:torch": TorchStep,
    "step:torch_fused": TorchFusedStep,
}
