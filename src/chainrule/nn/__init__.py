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
from chainrule.nn.attention import KVCache, MultiheadAttention
from chainrule.nn.convolution import Conv1d, Conv2d, ConvTranspose2d
from chainrule.nn.embedding import Embedding
from chainrule.nn.layers import Dropout, Flatten, Identity, Linear, Sequential
from chainrule.nn.losses import BCEWithLogitsLoss, CrossEntropyLoss, HuberLoss, MSELoss
from chainrule.nn.module import Module, Parameter
from chainrule.nn.normalisation import BatchNorm1d, BatchNorm2d, LayerNorm, RMSNorm
from chainrule.nn.pooling import (
    AvgPool1d,
    AvgPool2d,
    GlobalAvgPool2d,
    GlobalMaxPool2d,
    MaxPool1d,
    MaxPool2d,
)
from chainrule.nn.recurrent import GRU, LSTM, RNN
from chainrule.nn.recurrent_cells import GRUCell, LSTMCell, RNNCell
from chainrule.nn.transformer import TransformerBlock

__all__ = [
    "ELU",
    "GELU",
    "GRU",
    "LSTM",
    "RNN",
    "AvgPool1d",
    "AvgPool2d",
    "BCEWithLogitsLoss",
    "BatchNorm1d",
    "BatchNorm2d",
    "Conv1d",
    "Conv2d",
    "ConvTranspose2d",
    "CrossEntropyLoss",
    "Dropout",
    "Embedding",
    "Flatten",
    "GRUCell",
    "GlobalAvgPool2d",
    "GlobalMaxPool2d",
    "HuberLoss",
    "Identity",
    "KVCache",
    "LSTMCell",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "MSELoss",
    "MaxPool1d",
    "MaxPool2d",
    "Module",
    "MultiheadAttention",
    "Parameter",
    "RMSNorm",
    "RNNCell",
    "ReLU",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softplus",
    "Tanh",
    "TransformerBlock",
    "functional",
    "init",
]
