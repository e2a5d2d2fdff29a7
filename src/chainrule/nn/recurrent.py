"""Recurrent layers over whole sequences: RNN, LSTM, GRU."""

import numpy as np

from chainrule.checks import (
    check_bool,
    check_choice,
    check_float_dtype,
    check_generator,
    check_int,
    check_last_axis,
    check_ndim,
    check_non_empty,
    check_number,
    check_probability,
    check_shape,
)
from chainrule.nn import functional as F
from chainrule.nn.functional.recurrent import NONLINEARITIES, check_lengths
from chainrule.nn.module import Module, Parameter
from chainrule.nn.recurrent_cells import gate_weights, known, pair_of_states
from chainrule.tensor import concatenate, stack


class Recurrent(Module):
    """What RNN, LSTM and GRU share: layers on top of each other, each in one or both directions.

    Subclasses give ``n_gates`` and ``_sequence``.
    """

    n_gates = 1

    def __init__(
        self, input_size, hidden_size, num_layers=1, batch_first=True, bidirectional=False, *,
        bias=True, dropout=0.0, rng, dtype=np.float32, init=None, recurrent_init=None,
    ):  # fmt: skip
        self.input_size = check_int(input_size, "input_size", minimum=1)
        self.hidden_size = width = check_int(hidden_size, "hidden_size", minimum=1)
        self.num_layers = check_int(num_layers, "num_layers", minimum=1)
        self.batch_first = check_bool(batch_first, "batch_first")
        self.bidirectional = check_bool(bidirectional, "bidirectional")
        self.bias, self.rng = check_bool(bias, "bias"), check_generator(rng)
        self.dropout = check_probability(dropout, "dropout", allow_one=False)
        dtype, n, recurrent_init = check_float_dtype(dtype), self.n_gates, known(recurrent_init)
        self.suffixes = [
            f"_l{k}{way}"
            for k in range(num_layers)
            for way in ("", "_reverse")[: 1 + bidirectional]
        ]
        for i, suffix in enumerate(self.suffixes):
            below = input_size if i <= bidirectional else width * (1 + bidirectional)
            weight_ih = gate_weights((below, width), n, rng, dtype, init)
            weight_hh = gate_weights((width, width), n, rng, dtype, recurrent_init)
            setattr(self, "weight_ih" + suffix, Parameter(weight_ih))
            setattr(self, "weight_hh" + suffix, Parameter(weight_hh))
            if bias:
                setattr(self, "bias" + suffix, Parameter(np.zeros(n * width, dtype)))

    def _sequence(self, x, states, suffix, options):
        """Return all hidden states (T, B, H) of a layer and direction, and its final states (B, H)."""
        raise NotImplementedError(f"{type(self).__name__} must define _sequence")

    def _parameters_of(self, suffix, *names):
        """Return the parameters of a layer and direction, None for those that it does not have."""
        return [getattr(self, name + suffix, None) for name in names]

    def _final(self, h, reverse):
        """Return the state after the last step taken."""
        return h[0] if reverse else h[-1]

    def _run(self, x, first, lengths):
        """Return y, and a list with the final states, each (L, B, H), of all layers.

        first : for each kind of state a Tensor (L, B, H) or None
        """
        x = F.arguments.floating(x, "x", self.weight_ih_l0.dtype)
        check_non_empty(check_ndim(x.data, "x", 3), "x")
        check_last_axis(x.data, "x", self.input_size, "input_size")
        x = x.transpose(1, 0, 2) if self.batch_first else x
        n_steps, batch, _ = x.shape
        first = [self._first(state, name, x) for name, state in first.items()]
        options, inside = {}, None
        if lengths is not None:
            options["lengths"] = lengths = check_lengths(lengths, n_steps, batch)
            inside = (np.arange(n_steps)[:, None] < lengths)[..., None].astype(x.dtype)
        final, n_ways = [], 1 + self.bidirectional
        for layer in range(self.num_layers):
            if layer and self.dropout:
                x = F.dropout(x, self.dropout, self.training, rng=self.rng)
            ways = []
            for way in range(n_ways):
                i = layer * n_ways + way
                states = [None if s is None else s[i] for s in first]
                options["reverse"] = bool(way)
                h, last = self._sequence(x, states, self.suffixes[i], options)
                ways.append(h if inside is None else h * inside)
                final.append(last)
            x = ways[0] if n_ways == 1 else concatenate(ways, axis=-1)
        return x.transpose(1, 0, 2) if self.batch_first else x, [stack(s) for s in zip(*final)]

    def _first(self, state, name, x):
        """Return a first state as a Tensor (L, B, H), or None."""
        if state is None:
            return None
        state = F.arguments.floating(state, name, x.dtype)
        check_shape(state.data, name, (len(self.suffixes), x.shape[1], self.hidden_size))
        return state

    def describe(self):
        said = f"{self.input_size}, {self.hidden_size}"
        if self.num_layers > 1:
            said += f", num_layers={self.num_layers}"
        usual = {"bidirectional": False, "batch_first": True, "bias": True, "dropout": 0.0}
        for name, value in usual.items():
            if getattr(self, name) != value:
                said += f", {name}={getattr(self, name)}"
        return said


class RNN(Recurrent):
    """Elman's network, h_t = tanh(x_t W + h_{t-1} U + b), over a whole sequence (elman1990finding).

    Arguments, shapes and names of parameters as for ``nn.LSTM``, without forget_bias and c, and

    nonlinearity : "tanh" or "relu"

    PyTorch's two biases add up to this one; weights are the transposes of PyTorch's. Keras's
    SimpleRNN has kernel, recurrent_kernel and bias just as here.
    """

    def __init__(
        self, input_size, hidden_size, num_layers=1, nonlinearity="tanh", batch_first=True,
        bidirectional=False, *, rng, **options,
    ):  # fmt: skip
        self.nonlinearity = check_choice(nonlinearity, "nonlinearity", NONLINEARITIES)
        super().__init__(
            input_size, hidden_size, num_layers, batch_first, bidirectional, rng=rng, **options
        )

    def _sequence(self, x, states, suffix, options):
        weights = self._parameters_of(suffix, "weight_ih", "weight_hh", "bias")
        h = F.rnn_sequence(x, *states, *weights, self.nonlinearity, **options)
        return h, [self._final(h, options["reverse"])]

    def forward(self, x, h0=None, lengths=None):
        """Map (B, T, D) to all states (B, T, H) of the last layer and the final ones (L, B, H)."""
        y, (h,) = self._run(x, {"h0": h0}, lengths)
        return y, h


class LSTM(Recurrent):
    """Long short-term memory over a whole sequence (hochreiter1997long, gers2000learning).

    i, f, o = σ(x_t W + h_{t-1} U + b), g = tanh(x_t W + h_{t-1} U + b), c_t = f c_{t-1} + i g,
    h_t = o tanh(c_t); one op for each layer and direction.

    Parameters
    ----------
    input_size, hidden_size : int, at least 1
        D and H.
    num_layers : int, at least 1
        Layers on top of each other; each reads the hidden states of the one below.
    batch_first : bool
        x is (B, T, D), otherwise (T, B, D).
    bidirectional : bool
        A second layer reads each sequence from its end; outputs are joined, (B, T, 2 H).
    bias : bool
    forget_bias : float
        What the forget gate's bias starts at; all others start at 0. PyTorch has no such argument
        and draws its biases from U(-1/√H, 1/√H); Keras starts at 1 (unit_forget_bias).
    dropout : float in [0, 1)
        Applied to the inputs of all layers but the first, while training.
    rng : numpy.random.Generator
    dtype : float32 or float64
    init, recurrent_init : str, callable or None
        How the weights of x and of h are drawn, gate by gate: a name from ``nn.init`` such as
        "orthogonal", a function of (shape, rng, dtype), or None for U(-1/√H, 1/√H), as PyTorch.

    Attributes
    ----------
    weight_ih_l0 : Parameter (D, 4 H)
        The gates side by side in the order i, f, g, o; _l1 is the next layer's, _l0_reverse the
        other direction's.
    weight_hh_l0 : Parameter (H, 4 H)
    bias_l0 : Parameter (4 H,)

    Notes
    -----
    ============  ===============================  ==================================
    here          PyTorch                          Keras
    ============  ===============================  ==================================
    weight_ih_l0  weight_ih_l0.T, order i f g o    kernel, order i f c o, c is our g
    weight_hh_l0  weight_hh_l0.T                   recurrent_kernel
    bias_l0       bias_ih_l0 + bias_hh_l0          bias
    ============  ===============================  ==================================
    """

    n_gates = 4

    def __init__(
        self, input_size, hidden_size, num_layers=1, batch_first=True, bidirectional=False, *,
        forget_bias=1.0, rng, **options,
    ):  # fmt: skip
        forget_bias = check_number(forget_bias, "forget_bias")
        super().__init__(
            input_size, hidden_size, num_layers, batch_first, bidirectional, rng=rng, **options
        )
        if self.bias:
            for (bias,) in (self._parameters_of(suffix, "bias") for suffix in self.suffixes):
                bias.data[hidden_size : 2 * hidden_size] = forget_bias

    def _sequence(self, x, states, suffix, options):
        weights = self._parameters_of(suffix, "weight_ih", "weight_hh", "bias")
        h, c = F.lstm_sequence(x, *states, *weights, **options)
        return h, [self._final(h, options["reverse"]), c]

    def forward(self, x, state=None, lengths=None):
        """Return y (B, T, H), the hidden states of the last layer, and the final (h, c), each (L, B, H).

        x : (B, T, D)
        state : pair (h0, c0), each (L, B, H), L the number of layers times that of directions
        lengths : integers (B,) in [1, T]; y is zero beyond them, h and c are those of the last step
            inside, as with PyTorch's packed sequences
        """
        h0, c0 = pair_of_states(state)
        y, (h, c) = self._run(x, {"h0": h0, "c0": c0}, lengths)
        return y, (h, c)


class GRU(Recurrent):
    """Gated recurrent units over a whole sequence (cho2014learning).

    r, z = σ(x_t W + h_{t-1} U + b); n = tanh(x_t W_n + b_n + r (h_{t-1} U_n + b_hn)), or, with
    reset_after=False, tanh(x_t W_n + b_n + (r h_{t-1}) U_n); h_t = (1 - z) n + z h_{t-1}.

    Arguments and shapes as for ``nn.LSTM``, without forget_bias and c, and

    reset_after : bool
        Apply the reset gate after the product with h, as PyTorch (always) and Keras (by default) do,
        or before it, as the paper.

    Attributes
    ----------
    weight_ih_l0 : Parameter (D, 3 H)
        The gates side by side in the order r, z, n.
    weight_hh_l0 : Parameter (H, 3 H)
    bias_l0 : Parameter (3 H,)
    bias_hn_l0 : Parameter (H,)
        Only with reset_after: the second bias of n, inside the product with r.

    Notes
    -----
    ============  ======================================  ================================
    here          PyTorch                                 Keras
    ============  ======================================  ================================
    weight_ih_l0  weight_ih_l0.T, order r z n             kernel, order z r h, h is our n
    weight_hh_l0  weight_hh_l0.T                          recurrent_kernel, order z r h
    bias_l0       r, z: bias_ih + bias_hh; n: bias_ih     z, r: bias[0] + bias[1]; h: bias[0]
    bias_hn_l0    n of bias_hh                            h of bias[1]
    ============  ======================================  ================================

    Keras's bias is (2, 3 H) with reset_after, and (3 H,) without, where it is ours.
    """

    n_gates = 3

    def __init__(
        self, input_size, hidden_size, num_layers=1, batch_first=True, bidirectional=False, *,
        reset_after=True, rng, **options,
    ):  # fmt: skip
        self.reset_after = check_bool(reset_after, "reset_after")
        super().__init__(
            input_size, hidden_size, num_layers, batch_first, bidirectional, rng=rng, **options
        )
        if self.bias and reset_after:
            for suffix in self.suffixes:
                zeros = np.zeros(hidden_size, self.weight_ih_l0.dtype)
                setattr(self, "bias_hn" + suffix, Parameter(zeros))

    def _sequence(self, x, states, suffix, options):
        weights = self._parameters_of(suffix, "weight_ih", "weight_hh", "bias", "bias_hn")
        h = F.gru_sequence(x, *states, *weights, self.reset_after, **options)
        return h, [self._final(h, options["reverse"])]

    def forward(self, x, h0=None, lengths=None):
        """Map (B, T, D) to all states (B, T, H) of the last layer and the final ones (L, B, H)."""
        y, (h,) = self._run(x, {"h0": h0}, lengths)
        return y, h
