"""Learning rates that change with the step, with PyTorch's names."""

from chainrule.optim.schedules.cosine import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    OneCycleLR,
)
from chainrule.optim.schedules.decays import (
    ExponentialLR,
    LinearLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from chainrule.optim.schedules.schedule import LambdaLR, Schedule
from chainrule.optim.schedules.sequence import SequentialLR

__all__ = [
    "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "ExponentialLR", "LambdaLR", "LinearLR",
    "MultiStepLR", "OneCycleLR", "PolynomialLR", "Schedule", "SequentialLR", "StepLR",
]  # fmt: skip
