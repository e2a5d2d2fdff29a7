"""The same recurrent layer in PyTorch and in Keras, with our weights: gate orders, one bias and two."""

import numpy as np

from chainrule import nn

MAKERS = {
    "tanh": lambda *a, **o: nn.RNN(*a, **o),
    "relu": lambda *a, **o: nn.RNN(*a, nonlinearity="relu", **o),
    "lstm": lambda *a, **o: nn.LSTM(*a, **o),
    "gru": lambda *a, **o: nn.GRU(*a, **o),
    "gru before": lambda *a, **o: nn.GRU(*a, reset_after=False, **o),
}
IN_TORCH = ("tanh", "relu", "lstm", "gru")  # PyTorch's GRU resets after the product, always


def make(kind, *sizes, seed=0, **options):
    """Return our layer in float64, with biases that are not zero."""
    rng = np.random.default_rng(seed)
    layer = MAKERS[kind](*sizes, rng=rng, dtype=np.float64, **options)
    for name, parameter in layer.named_parameters():
        if "bias" in name:
            parameter.data += rng.normal(size=parameter.shape)
    return layer


def swapped(array):
    """Swap the first two of three gates on the last axis: r z n is ours, z r h is Keras's."""
    r, z, n = np.split(array, 3, -1)
    return np.concatenate([z, r, n], -1)


def torch_biases(layer, suffix):
    """Return bias_ih and bias_hh; they meet everywhere but in the GRU's candidate."""
    bias, bias_hn = (getattr(layer, name + suffix, None) for name in ("bias", "bias_hn"))
    second = np.zeros_like(bias.data)
    if bias_hn is not None:
        second[-layer.hidden_size :] = bias_hn.data
    return bias.data, second


def in_torch(layer):
    """Return the layer of torch.nn with the weights of ours."""
    import torch

    kind = type(layer).__name__
    options = {"nonlinearity": layer.nonlinearity} if kind == "RNN" else {}
    twin = getattr(torch.nn, kind)(
        layer.input_size, layer.hidden_size, layer.num_layers,
        batch_first=layer.batch_first, bidirectional=layer.bidirectional, **options,
    ).double()  # fmt: skip
    with torch.no_grad():
        for suffix in layer.suffixes:
            for name in ("weight_ih", "weight_hh"):
                ours = getattr(layer, name + suffix).data
                getattr(twin, name + suffix).copy_(torch.tensor(ours.T.copy()))
            for name, bias in zip(("bias_ih", "bias_hh"), torch_biases(layer, suffix)):
                getattr(twin, name + suffix).copy_(torch.tensor(bias))
    return twin


def torch_gradients(twin, layer):
    """Return the gradients of the twin's parameters under our names, in our shapes."""
    found = {}
    for suffix in layer.suffixes:
        for name in ("weight_ih", "weight_hh"):
            found[name + suffix] = getattr(twin, name + suffix).grad.numpy().T
        found["bias" + suffix] = getattr(twin, "bias_ih" + suffix).grad.numpy()
        if hasattr(layer, "bias_hn" + suffix):
            second = getattr(twin, "bias_hh" + suffix).grad.numpy()
            found["bias_hn" + suffix] = second[-layer.hidden_size :]
    return found


def keras_weights(layer, suffix="_l0"):
    """Return kernel, recurrent_kernel and bias as Keras wants them."""
    w, u, b = (getattr(layer, n + suffix).data for n in ("weight_ih", "weight_hh", "bias"))
    if not isinstance(layer, nn.GRU):
        return [w, u, b]  # i f g o is Keras's i f c o
    if not layer.reset_after:
        return [swapped(w), swapped(u), swapped(b)]
    b = np.stack(torch_biases(layer, suffix))
    return [swapped(w), swapped(u), swapped(b)]


def from_keras(layer, arrays, suffix="_l0"):
    """Return what stands in Keras's three arrays, weights or gradients, under our names.

    Of gradients: the second bias of z and r has that of the first.
    """
    w, u, b = arrays
    if isinstance(layer, nn.GRU):
        w, u, b = swapped(w), swapped(u), swapped(b)
    found = {"weight_ih" + suffix: w, "weight_hh" + suffix: u, "bias" + suffix: b}
    if b.ndim == 2:
        found |= {"bias" + suffix: b[0], "bias_hn" + suffix: b[1][-layer.hidden_size :]}
    return found


def in_keras(layer, suffix="_l0", **options):
    """Return the layer of keras.layers, one direction, with our weights; it returns its state, too."""
    import keras

    kind = type(layer).__name__
    if kind == "RNN":
        options["activation"] = layer.nonlinearity
    if kind == "GRU":
        options["reset_after"] = layer.reset_after
    made = getattr(keras.layers, "SimpleRNN" if kind == "RNN" else kind)(
        layer.hidden_size, return_sequences=True, return_state=True, dtype="float64", **options
    )
    width = layer.input_size if suffix.startswith("_l0") else layer.weight_ih_l1.shape[0]
    made.build((None, None, width))
    made.set_weights(keras_weights(layer, suffix))
    return made
