"""Networks: modules, layers, losses, initialisers, with PyTorch's names."""

from chainrule.nn import functional, init
from chainrule.nn.activations import (
    ELU,
    GELU,
    LeakyReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softplus,
    Tanh,
)
from chainrule.nn.layers import Dropout, Flatten, Identity, Linear, Sequential
from chainrule.nn.losses import BCEWithLogitsLoss, CrossEntropyLoss, HuberLoss, MSELoss
from chainrule.nn.module import Module, Parameter
from chainrule.nn.normalisation import BatchNorm1d, LayerNorm

__all__ = [
    "ELU",
    "GELU",
    "BCEWithLogitsLoss",
    "BatchNorm1d",
    "CrossEntropyLoss",
    "Dropout",
    "Flatten",
    "HuberLoss",
    "Identity",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "MSELoss",
    "Module",
    "Parameter",
    "ReLU",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softplus",
    "Tanh",
    "functional",
    "init",
]
