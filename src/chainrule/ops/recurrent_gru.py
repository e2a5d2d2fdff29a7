"""The GRU over a whole sequence, with the reset gate after the product or before it.

Before it (cho2014learning): n = tanh(x W + b + (r h) U). After it, as cuDNN, PyTorch and Keras
have it: n = tanh(x W + b + r (h U + b_hn)), where one product with h serves all three gates.
Either way h ← (1 - z) n + z h.
"""

import numpy as np

from chainrule.ops.op import Op
from chainrule.ops.recurrent import (
    affine_gradients,
    by_gate,
    ended,
    hold,
    in_order,
    input_products,
    selected,
    with_first,
)

# The weights hold r, z, n side by side, as PyTorch's; inside, n comes first, so that the last two
# gates are the sigmoids.
_ORDER = (2, 0, 1)


def _gru_forward(
    x, h0, weight_ih, weight_hh, bias=None, bias_hn=None, *,
    reset_after=True, lengths=None, reverse=False,
):  # fmt: skip
    n_steps = len(x)
    x, over = in_order(x, reverse), ended(lengths, n_steps, reverse)
    gates = input_products(x, by_gate(weight_ih, 3, _ORDER, 2))  # (3, T, B, H)
    weight = by_gate(weight_hh, 3, _ORDER, 2)
    if bias is not None:
        gates += by_gate(bias[None], 3, _ORDER, 2)[:, None]
    states = with_first(h0, n_steps)
    inner = np.empty((n_steps, *h0.shape), h0.dtype)  # h U_n + b_hn, or r h
    product, scratch = np.empty((3, *h0.shape), h0.dtype), np.empty_like(h0)
    for t in range(n_steps):
        h, now = states[t], gates[:, t]
        n, r, z = now
        first = 0 if reset_after else 1
        np.matmul(h, weight[first:], out=product[first:])
        now[1:] += product[1:]
        np.tanh(now[1:], out=now[1:])
        now[1:] *= 0.5
        now[1:] += 0.5
        if reset_after:
            np.add(product[0], 0 if bias_hn is None else bias_hn, out=inner[t])
            n += np.multiply(r, inner[t], out=scratch)
        else:
            np.multiply(r, h, out=inner[t])
            n += np.matmul(inner[t], weight[0], out=scratch)
        np.tanh(n, out=n)
        np.subtract(h, n, out=scratch)
        scratch *= z
        np.add(n, scratch, out=states[t + 1])
        if over is not None:
            np.copyto(states[t + 1], h, where=over[t])
    biases = (bias is not None) + (bias_hn is not None)
    saved = x, states, inner, gates, weight_ih, weight_hh, reset_after, over, reverse, 4 + biases
    return in_order(states[1:], reverse), saved


def _to_the_gates(now, h, inner, d_h, d, back_n, scratch):
    """Send the gradient of one step's h to r, z, n and h U_n; return what goes to the h before.

    d : (4, B, H), filled with the gradients before the gates r, z, n and that of h U_n + b_hn
    back_n : (H, H), the transposed weight of n, where the reset gate comes before the product
    """
    n, r, z = now
    d_r, d_z, d_n, d_inner = d
    np.subtract(h, n, out=d_z)
    d_z *= d_h
    d_z *= z
    d_z *= np.subtract(1, z, out=scratch)
    d_before = d_h * z
    np.multiply(d_h, scratch, out=d_n)
    np.multiply(n, n, out=scratch)
    d_n *= np.subtract(1, scratch, out=scratch)
    if back_n is None:
        np.multiply(d_n, r, out=d_inner)
        np.multiply(d_n, inner, out=d_r)
    else:
        np.matmul(d_n, back_n, out=d_inner)
        d_before += np.multiply(d_inner, r, out=scratch)
        np.multiply(d_inner, h, out=d_r)
    d_r *= r
    d_r *= np.subtract(1, r, out=scratch)
    return d_before


def _gru_backward(grad, saved, needs=None, out=None):
    x, states, inner, gates, weight_ih, weight_hh, reset_after, over, reverse, n_inputs = saved
    needs, out = selected(needs, n_inputs, True), selected(out, n_inputs, None)
    (n_steps, batch, width), grad = inner.shape, in_order(grad, reverse)
    back, d_h = np.ascontiguousarray(weight_hh.T), np.zeros_like(states[0])
    # the product with h reaches r, z and n, or r and z alone
    n_back = (3 if reset_after else 2) * width
    d_ih = np.empty((n_steps, batch, 3 * width), d_h.dtype)
    d_hh = np.empty((n_steps, batch, n_back), d_h.dtype)
    d, scratch = np.empty((4, *d_h.shape), d_h.dtype), np.empty_like(d_h)
    for t in reversed(range(n_steps)):
        d_h += grad[t]
        held = None if over is None else hold(d_h, over[t])
        back_n = None if reset_after else back[n_back:]
        d_before = _to_the_gates(gates[:, t], states[t], inner[t], d_h, d, back_n, scratch)
        for k in range(3):
            d_ih[t, :, k * width : (k + 1) * width] = d[k]
        for k in range(n_back // width):
            d_hh[t, :, k * width : (k + 1) * width] = d[3 if k == 2 else k]
        np.matmul(d_hh[t], back[:n_back], out=d_h)
        d_h += d_before
        if held is not None:
            d_h += held
    grad_bias_hn = None
    if n_inputs == 6 and needs[5]:
        grad_bias_hn = np.add.reduce(d_hh[:, :, 2 * width :], (0, 1), out=out[5])
    # h0 stands between x and the weights
    chosen, places = ([a[0], *a[2:], False][:4] for a in (needs, out))
    if not reset_after:
        chosen[2] = False
    grad_x, *rest = affine_gradients(x, states[:-1], d_ih, d_hh, weight_ih, chosen, places)
    if not reset_after and needs[3]:
        rest[1] = _recurrent_gradient(states, inner, d_ih, d_hh, out[3])
    grad_x = None if grad_x is None else in_order(grad_x, reverse)
    return (grad_x, d_h if needs[1] else None, *rest, grad_bias_hn)[:n_inputs]


def _recurrent_gradient(states, inner, d_ih, d_hh, out):
    """Return the gradient (H, 3 H) of the recurrent weight that n meets after the reset gate."""
    width = inner.shape[-1]
    found = np.empty((width, 3 * width), inner.dtype) if out is None else out
    flat = (a.reshape(-1, a.shape[-1]) for a in (states[:-1], inner, d_ih[:, :, 2 * width :], d_hh))
    h, reset_h, d_n, d_rz = flat
    np.matmul(h.T, d_rz, out=found[:, : 2 * width])
    np.matmul(reset_h.T, d_n, out=found[:, 2 * width :])
    return found


GRU_SEQUENCE = Op("gru_sequence", _gru_forward, _gru_backward, selective=True)

FAMILY = (GRU_SEQUENCE,)
