"""Recurrent layers over a whole sequence, time first, with their parameters as arguments."""

import numpy as np

from chainrule.checks import (
    check_bool,
    check_choice,
    check_ndim,
    check_non_empty,
    check_shape,
)
from chainrule.nn.functional.arguments import floating, integers
from chainrule.ops import OPS
from chainrule.tensor import Tensor, apply

NONLINEARITIES = ("tanh", "relu")


def rnn_sequence(
    x, h0, weight_ih, weight_hh, bias=None, nonlinearity="tanh", lengths=None, reverse=False
):
    """Return all the states of Elman's recurrence h_t = tanh(x_t W + h_{t-1} U + b) (elman1990finding).

    x : (T, B, D), time first
    h0 : (B, H), zeros where it is None
    weight_ih : W (D, H); weight_hh : U (H, H); bias : b (H,), optional
    nonlinearity : "tanh" or "relu"
    lengths : integers (B,) in [1, T], optional; a sequence that has ended keeps its state
    reverse : begin at the last step; h_t then comes from h_{t+1}
    Returns Tensor (T, B, H).
    """
    check_choice(nonlinearity, "nonlinearity", NONLINEARITIES)
    tensors, options = _arguments(1, x, {"h0": h0}, weight_ih, weight_hh, bias, lengths, reverse)
    return apply(OPS["rnn_sequence"], *tensors, nonlinearity=nonlinearity, **options)


def lstm_sequence(x, h0, c0, weight_ih, weight_hh, bias=None, lengths=None, reverse=False):
    """Return all hidden states of an LSTM, and its final cell state (gers2000learning).

    i, f, o = σ(x_t W + h_{t-1} U + b) and g = tanh(the same), each with its own weights;
    c_t = f c_{t-1} + i g; h_t = o tanh(c_t).

    x : (T, B, D), time first
    h0, c0 : (B, H), zeros where they are None
    weight_ih : (D, 4 H), the gates side by side in the order i, f, g, o
    weight_hh : (H, 4 H); bias : (4 H,), optional
    lengths, reverse : as for ``rnn_sequence``
    Returns Tensors (T, B, H) and (B, H).
    """
    states = {"h0": h0, "c0": c0}
    tensors, options = _arguments(4, x, states, weight_ih, weight_hh, bias, lengths, reverse)
    both = apply(OPS["lstm_sequence"], *tensors, **options)
    return both[:-1], both[-1]


def gru_sequence(
    x, h0, weight_ih, weight_hh, bias=None, bias_hn=None, reset_after=True,
    lengths=None, reverse=False,
):  # fmt: skip
    """Return all the states of a GRU: h_t = (1 - z) n + z h_{t-1} (cho2014learning).

    r, z = σ(x_t W + h_{t-1} U + b), each with its own weights; the candidate n is
    tanh(x_t W_n + b_n + r (h_{t-1} U_n + b_hn)) with reset_after, as in PyTorch, or
    tanh(x_t W_n + b_n + (r h_{t-1}) U_n) without.

    x : (T, B, D), time first
    h0 : (B, H), zeros where it is None
    weight_ih : (D, 3 H), the gates side by side in the order r, z, n
    weight_hh : (H, 3 H); bias : (3 H,), optional; bias_hn : (H,), only beside bias and with reset_after
    lengths, reverse : as for ``rnn_sequence``
    Returns Tensor (T, B, H).
    """
    check_bool(reset_after, "reset_after")
    tensors, options = _arguments(3, x, {"h0": h0}, weight_ih, weight_hh, bias, lengths, reverse)
    if bias_hn is not None:
        if bias is None or not reset_after:
            raise ValueError(
                "bias_hn must be None unless bias is given and reset_after is True; "
                f"got bias_hn beside reset_after={reset_after}"
            )
        bias_hn = floating(bias_hn, "bias_hn", tensors[0].dtype)
        check_shape(bias_hn.data, "bias_hn", tensors[1].shape[1:])
        tensors.append(_as(bias_hn, tensors[0].dtype))
    return apply(OPS["gru_sequence"], *tensors, reset_after=reset_after, **options)


def _arguments(n_gates, x, states, weight_ih, weight_hh, bias, lengths, reverse):
    """Check what the three have in common; return the tensors, of one dtype, and the options."""
    weight_ih, weight_hh = floating(weight_ih, "weight_ih"), floating(weight_hh, "weight_hh")
    x = floating(x, "x", weight_ih.dtype)
    check_non_empty(check_ndim(x.data, "x", 3), "x")
    width = check_ndim(weight_hh.data, "weight_hh", 2).shape[0]
    check_shape(weight_hh.data, "weight_hh", (width, n_gates * width))
    check_shape(weight_ih.data, "weight_ih", (x.shape[2], n_gates * width))
    tensors = [x, *(_state(s, n, (x.shape[1], width), x) for n, s in states.items())]
    tensors += [weight_ih, weight_hh]
    if bias is not None:
        bias = floating(bias, "bias", weight_ih.dtype)
        check_shape(bias.data, "bias", (n_gates * width,))
        tensors.append(bias)
    options = {"reverse": check_bool(reverse, "reverse")}
    if lengths is not None:
        options["lengths"] = check_lengths(lengths, x.shape[0], x.shape[1])
    dtype = np.result_type(*(t.data for t in (x, weight_ih, weight_hh)))
    return [_as(t, dtype) for t in tensors], options


def check_lengths(lengths, n_steps, batch):
    """Return lengths as integers (B,), each at least 1 and at most T."""
    lengths = check_shape(integers(lengths, "lengths"), "lengths", (batch,))
    if lengths.min() < 1 or lengths.max() > n_steps:
        raise ValueError(
            f"lengths must lie in [1, T] with T={n_steps}; "
            f"got values from {lengths.min()} to {lengths.max()}"
        )
    return lengths


def _state(state, name, shape, x):
    """Return a first state as a Tensor, zeros where it is None."""
    if state is None:
        return Tensor(np.zeros(shape, x.dtype))
    state = floating(state, name, x.dtype)
    check_shape(state.data, name, shape)
    return state


def _as(tensor, dtype):
    """Return a tensor in this dtype."""
    return tensor if tensor.data.dtype == dtype else tensor.astype(dtype)
