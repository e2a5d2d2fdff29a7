"""Optimisers with PyTorch's names and conventions, in place over one flat vector of parameters."""

from chainrule.optim.adadelta import Adadelta
from chainrule.optim.adagrad import Adagrad
from chainrule.optim.adam import Adam, AdamW
from chainrule.optim.averaging import WeightAverage
from chainrule.optim.clipping import clip_grad_norm_, clip_grad_value_
from chainrule.optim.lion import Lion
from chainrule.optim.muon import Muon, newton_schulz
from chainrule.optim.nadam import NAdam
from chainrule.optim.optimizer import Optimizer
from chainrule.optim.rmsprop import RMSprop
from chainrule.optim.schedules import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiStepLR,
    OneCycleLR,
    PolynomialLR,
    Schedule,
    SequentialLR,
    StepLR,
)
from chainrule.optim.sgd import SGD

__all__ = [
    "SGD", "Adadelta", "Adagrad", "Adam", "AdamW", "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts", "ExponentialLR", "LambdaLR", "LinearLR", "Lion", "MultiStepLR",
    "Muon", "NAdam", "OneCycleLR", "Optimizer", "PolynomialLR", "RMSprop", "Schedule",
    "SequentialLR", "StepLR", "WeightAverage", "clip_grad_norm_", "clip_grad_value_",
    "newton_schulz",
]  # fmt: skip
