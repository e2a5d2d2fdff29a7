"""One step of a recurrent layer, of plain ops: RNNCell, LSTMCell, GRUCell.

The layers of ``nn.recurrent`` compute the same, a whole sequence at a time. Their parameters have the
same names with the layer's number behind, ``weight_ih_l0``.
"""

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
    check_shape,
)
from chainrule.nn import functional as F
from chainrule.nn.init import by_name, uniform
from chainrule.nn.module import Module, Parameter
from chainrule.tensor import Tensor


def gate_weights(shape, n_gates, rng, dtype, init):
    """Return a weight (D, G H), drawn gate by gate for shape (D, H).

    init : a name from ``nn.init``, a function of (shape, rng, dtype), or None for
        U(-1/√H, 1/√H), as PyTorch draws.
    """
    init = known(init)
    if init is None:
        draws = [uniform(shape, rng, dtype, shape[1] ** -0.5) for _ in range(n_gates)]
    else:
        draws = [np.asarray(init(shape, rng, dtype)) for _ in range(n_gates)]
    for drawn in draws:
        if drawn.shape != shape:
            raise ValueError(f"init must return an array of shape {shape}; got {drawn.shape}")
    return np.concatenate(draws, axis=1).astype(dtype, copy=False)


def known(init):
    """Return the initialiser that init names, None as it is; refuse a name that there is not."""
    return None if init is None else by_name(init)


def step_arguments(x, states, names, input_size, hidden_size, dtype):
    """Return x (B, D) and the states (B, H) as checked Tensors; zeros for states of None."""
    x = F.arguments.floating(x, "x", dtype)
    check_ndim(check_non_empty(x.data, "x"), "x", 2)
    check_last_axis(x.data, "x", input_size, "input_size")
    shape, checked = (x.shape[0], hidden_size), []
    for state, name in zip(states, names):
        if state is None:
            state = np.zeros(shape, x.dtype)
        state = F.arguments.floating(state, name, dtype)
        check_shape(state.data, name, shape)
        checked.append(state)
    return x, *checked


class RecurrentCell(Module):
    """What the three cells share: a weight for the input, one for the state, and a bias.

    input_size : int, D
    hidden_size : int, H
    bias : bool
    rng : numpy.random.Generator
    dtype : float32 or float64
    init, recurrent_init : name from ``nn.init``, function of (shape, rng, dtype), or None
        For the weights of x and of h, gate by gate; None draws from U(-1/√H, 1/√H), as PyTorch
        does. The bias starts at zero.
    """

    n_gates = 1

    def __init__(
        self, input_size, hidden_size, bias=True, *,
        rng, dtype=np.float32, init=None, recurrent_init=None,
    ):  # fmt: skip
        self.input_size = check_int(input_size, "input_size", minimum=1)
        self.hidden_size = width = check_int(hidden_size, "hidden_size", minimum=1)
        check_bool(bias, "bias")
        check_generator(rng)
        dtype, n, recurrent_init = check_float_dtype(dtype), self.n_gates, known(recurrent_init)
        self.weight_ih = Parameter(gate_weights((input_size, width), n, rng, dtype, init))
        self.weight_hh = Parameter(gate_weights((width, width), n, rng, dtype, recurrent_init))
        self.bias = Parameter(np.zeros(n * width, dtype)) if bias else None

    def _affine(self, x, h):
        """Return x W + h U + b as (B, G, H): a row for each gate."""
        rows = F.linear(x, self.weight_ih, self.bias) + h @ self.weight_hh
        return rows.reshape(x.shape[0], self.n_gates, self.hidden_size)

    def _checked(self, x, states, names):
        return step_arguments(
            x, states, names, self.input_size, self.hidden_size, self.weight_ih.dtype
        )

    def describe(self):
        bias = "" if self.bias is not None else ", bias=False"
        return f"{self.input_size}, {self.hidden_size}{bias}"


class RNNCell(RecurrentCell):
    """Elman's step: h ← tanh(x W + h U + b) (elman1990finding).

    Arguments as for ``nn.LSTMCell``, without forget_bias, and

    nonlinearity : "tanh" or "relu"
    """

    def __init__(self, input_size, hidden_size, nonlinearity="tanh", bias=True, *, rng, **options):
        self.nonlinearity = check_choice(nonlinearity, "nonlinearity", ("tanh", "relu"))
        super().__init__(input_size, hidden_size, bias, rng=rng, **options)

    def forward(self, x, h=None):
        """Map (B, D) and (B, H), zeros where h is None, to (B, H)."""
        x, h = self._checked(x, [h], ["h"])
        affine = F.linear(x, self.weight_ih, self.bias) + h @ self.weight_hh
        return affine.tanh() if self.nonlinearity == "tanh" else affine.relu()


class LSTMCell(RecurrentCell):
    """One step of an LSTM (hochreiter1997long, gers2000learning).

    i, f, o = σ(x W + h U + b), g = tanh(x W + h U + b), c ← f c + i g, h ← o tanh(c).

    Parameters
    ----------
    input_size, hidden_size : int, at least 1
        D and H.
    bias : bool
    forget_bias : float
        What the forget gate's bias starts at; PyTorch's starts near 0, Keras's at 1.
    rng : numpy.random.Generator
    dtype : float32 or float64
    init, recurrent_init : str, callable or None
        How the weights of x and of h are drawn, gate by gate: a name from ``nn.init``, a function
        of (shape, rng, dtype), or None for U(-1/√H, 1/√H), as PyTorch draws.

    Attributes
    ----------
    weight_ih : Parameter (D, 4 H)
        The gates side by side in the order i, f, g, o.
    weight_hh : Parameter (H, 4 H)
    bias : Parameter (4 H,) or None
    """

    n_gates = 4

    def __init__(self, input_size, hidden_size, bias=True, *, forget_bias=1.0, rng, **options):
        forget_bias = check_number(forget_bias, "forget_bias")
        super().__init__(input_size, hidden_size, bias, rng=rng, **options)
        if bias:
            self.bias.data[hidden_size : 2 * hidden_size] = forget_bias

    def forward(self, x, state=None):
        """Map (B, D) and a pair (h, c) of (B, H), zeros where it is None, to the next (h, c)."""
        x, h, c = self._checked(x, pair_of_states(state), ["h", "c"])
        gates = self._affine(x, h)
        i, f, o = (gates[:, k].sigmoid() for k in (0, 1, 3))
        g = gates[:, 2].tanh()
        c = f * c + i * g
        return o * c.tanh(), c


class GRUCell(RecurrentCell):
    """One step of a GRU (cho2014learning).

    r, z = σ(x W + h U + b); n = tanh(x W_n + b_n + r (h U_n + b_hn)), or, with reset_after=False,
    tanh(x W_n + b_n + (r h) U_n); h ← (1 - z) n + z h.

    Arguments as for ``nn.LSTMCell``, without forget_bias, and

    reset_after : bool
        Apply the reset gate after the product with h, as PyTorch and Keras do, or before, as the paper.

    Attributes
    ----------
    weight_ih : Parameter (D, 3 H)
        The gates side by side in the order r, z, n.
    weight_hh : Parameter (H, 3 H)
    bias : Parameter (3 H,) or None
    bias_hn : Parameter (H,) or None
        Only with reset_after: the second bias that the candidate then has, inside the product with r.
    """

    n_gates = 3

    def __init__(self, input_size, hidden_size, bias=True, *, reset_after=True, rng, **options):
        self.reset_after = check_bool(reset_after, "reset_after")
        super().__init__(input_size, hidden_size, bias, rng=rng, **options)
        has_both = bias and reset_after
        self.bias_hn = Parameter(np.zeros_like(self.bias.data[:hidden_size])) if has_both else None

    def forward(self, x, h=None):
        """Map (B, D) and (B, H), zeros where h is None, to (B, H)."""
        x, h = self._checked(x, [h], ["h"])
        shape, width = (x.shape[0], 3, self.hidden_size), self.hidden_size
        from_x = F.linear(x, self.weight_ih, self.bias).reshape(*shape)
        weight_n = self.weight_hh[:, 2 * width :]
        from_h = (h @ self.weight_hh[:, : 2 * width]).reshape(-1, 2, width)
        r = (from_x[:, 0] + from_h[:, 0]).sigmoid()
        z = (from_x[:, 1] + from_h[:, 1]).sigmoid()
        if self.reset_after:
            inner = h @ weight_n if self.bias_hn is None else F.linear(h, weight_n, self.bias_hn)
            n = (from_x[:, 2] + r * inner).tanh()
        else:
            n = (from_x[:, 2] + (r * h) @ weight_n).tanh()
        return (1 - z) * n + z * h


def pair_of_states(state, name="state"):
    """Return (h, c), each a tensor, an array or None."""
    if state is None:
        return None, None
    if isinstance(state, Tensor | np.ndarray) or not isinstance(state, tuple | list):
        raise TypeError(f"{name} must be a pair (h, c); got {type(state).__name__}")
    if len(state) != 2:
        raise ValueError(f"{name} must be a pair (h, c); got {len(state)} of them")
    return tuple(state)
