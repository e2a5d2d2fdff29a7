"""What the layers and losses of ``chainrule.nn`` compute, without their state."""

from chainrule.nn.functional.activations import (
    elu,
    gelu,
    leaky_relu,
    log_softmax,
    relu,
    sigmoid,
    silu,
    softmax,
    softplus,
    tanh,
)
from chainrule.nn.functional.convolution import (
    conv1d,
    conv2d,
    conv2d_relu_max_pool,
    conv_transpose2d,
)
from chainrule.nn.functional.layers import (
    batch_norm,
    dropout,
    embedding,
    layer_norm,
    linear,
    linear_relu,
    one_hot,
)
from chainrule.nn.functional.losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    huber_loss,
    mse_loss,
)
from chainrule.nn.functional.pooling import (
    avg_pool1d,
    avg_pool2d,
    global_avg_pool2d,
    global_max_pool2d,
    max_pool1d,
    max_pool2d,
)
from chainrule.nn.functional.recurrent import gru_sequence, lstm_sequence, rnn_sequence

__all__ = [
    "avg_pool1d",
    "avg_pool2d",
    "batch_norm",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "conv1d",
    "conv2d",
    "conv2d_relu_max_pool",
    "conv_transpose2d",
    "cross_entropy",
    "dropout",
    "elu",
    "embedding",
    "gelu",
    "global_avg_pool2d",
    "global_max_pool2d",
    "gru_sequence",
    "huber_loss",
    "layer_norm",
    "leaky_relu",
    "linear",
    "linear_relu",
    "log_softmax",
    "lstm_sequence",
    "max_pool1d",
    "max_pool2d",
    "mse_loss",
    "one_hot",
    "relu",
    "rnn_sequence",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "tanh",
]
