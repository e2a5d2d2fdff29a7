"""The LSTM (hochreiter1997long, with the forget gate of gers2000learning) over a whole sequence."""

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

# The weights hold i, f, g, o side by side, as PyTorch's and Keras's; inside, the candidate g comes
# first, so that the three sigmoids are one array: one tanh for all four gates, the weights of the
# three halved beforehand.
_ORDER = (2, 0, 1, 3)


def _lstm_forward(x, h0, c0, weight_ih, weight_hh, bias=None, *, lengths=None, reverse=False):
    """Return all hidden states and the final cell state in one array (T + 1, B, H).

    An op has one output, so the cell state stands behind the hidden states, of which it has the
    shape: rows 0 to T - 1 are h, row T is c after the last step taken.
    """
    n_steps = len(x)
    x, over = in_order(x, reverse), ended(lengths, n_steps, reverse)
    gates = input_products(x, by_gate(weight_ih, 4, _ORDER, 3))  # (4, T, B, H)
    weight = by_gate(weight_hh, 4, _ORDER, 3)
    shift = None if bias is None else by_gate(bias[None], 4, _ORDER, 3)  # (4, 1, H)
    states, cells = with_first(h0, n_steps, 1), with_first(c0, n_steps)
    squashed = np.empty((n_steps, *h0.shape), h0.dtype)  # tanh(c)
    product = np.empty((4, *h0.shape), h0.dtype)
    scratch = np.empty_like(h0)
    for t in range(n_steps):
        now, c, tanh_c = gates[:, t], cells[t + 1], squashed[t]
        now += np.matmul(states[t], weight, out=product)
        if shift is not None:
            now += shift
        np.tanh(now, out=now)
        now[1:] *= 0.5
        now[1:] += 0.5
        g, i, f, o = now
        np.multiply(f, cells[t], out=c)
        c += np.multiply(i, g, out=scratch)
        np.tanh(c, out=tanh_c)
        np.multiply(o, tanh_c, out=states[t + 1])
        if over is not None:
            np.copyto(c, cells[t], where=over[t])
            np.copyto(states[t + 1], states[t], where=over[t])
    states[-1] = cells[-1]
    out = states[1:]
    if reverse:
        out = np.concatenate([states[-2:0:-1], states[-1:]])
    saved = x, states, cells, squashed, gates, weight_ih, weight_hh, over, reverse
    return out, (*saved, 5 + (bias is not None))


def _through_the_cell(now, tanh_c, c_before, d_h, d_c, d_gates, work):
    """Send the gradients of h and c of one step to the gates; d_c becomes that of the c before."""
    g, i, f, o = now
    slope, scratch = work
    np.subtract(1, now[1:], out=slope)
    slope *= now[1:]  # of the three sigmoids
    d_i, d_f, d_g, d_o = d_gates
    np.multiply(d_h, tanh_c, out=scratch)
    np.multiply(scratch, slope[2], out=d_o)
    np.multiply(tanh_c, tanh_c, out=scratch)
    np.subtract(1, scratch, out=scratch)
    scratch *= o
    scratch *= d_h
    d_c += scratch
    np.multiply(d_c, g, out=scratch)
    np.multiply(scratch, slope[0], out=d_i)
    np.multiply(d_c, c_before, out=scratch)
    np.multiply(scratch, slope[1], out=d_f)
    np.multiply(g, g, out=scratch)
    np.subtract(1, scratch, out=scratch)
    scratch *= i
    np.multiply(scratch, d_c, out=d_g)
    d_c *= f


def _lstm_backward(grad, saved, needs=None, out=None):
    x, states, cells, squashed, gates, weight_ih, weight_hh, over, reverse, n_inputs = saved
    needs, out = selected(needs, n_inputs, True), selected(out, n_inputs, None)
    n_steps, batch, width = squashed.shape
    d_c, grad = grad[-1].copy(), in_order(grad[:-1], reverse)
    back, d_h = np.ascontiguousarray(weight_hh.T), np.zeros_like(d_c)
    before = np.empty((n_steps, batch, 4 * width), d_c.dtype)
    by_step = before.reshape(n_steps, batch, 4, width).swapaxes(1, 2)  # (T, 4, B, H)
    work, held = (np.empty((3, *d_c.shape), d_c.dtype), np.empty_like(d_c)), None
    for t in reversed(range(n_steps)):
        d_h += grad[t]
        if over is not None:
            held = hold(d_h, over[t]), hold(d_c, over[t])
        _through_the_cell(gates[:, t], squashed[t], cells[t], d_h, d_c, by_step[t], work)
        np.matmul(before[t], back, out=d_h)
        if held is not None:
            d_h += held[0]
            d_c += held[1]
    # h0 and c0 stand between x and the weights
    chosen, places = ([a[0], *a[3:], False][:4] for a in (needs, out))
    grad_x, *rest = affine_gradients(x, states[:-2], before, before, weight_ih, chosen, places)
    grad_x = None if grad_x is None else in_order(grad_x, reverse)
    return (grad_x, d_h if needs[1] else None, d_c if needs[2] else None, *rest)[:n_inputs]


LSTM_SEQUENCE = Op("lstm_sequence", _lstm_forward, _lstm_backward, selective=True)

FAMILY = (LSTM_SEQUENCE,)
