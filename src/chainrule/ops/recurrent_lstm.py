"""The LSTM (hochreiter1997long, with the forget gate of gers2000learning) over a whole sequence."""

import numpy as np

from chainrule.ops.op import Op
from chainrule.ops.recurrent import (
    ended,
    hold,
    in_order,
    joined_rows,
    joined_weights,
    selected,
    transposed,
    wanted,
    weight_gradients,
)

# The weights hold i, f, g, o side by side, as PyTorch's and Keras's. Inside, the candidate g comes
# first, so that the three sigmoids are one array, and the three that the gradient of c reaches.
_ORDER = (2, 0, 1, 3)


def _lstm_forward(x, h0, c0, weight_ih, weight_hh, bias=None, *, lengths=None, reverse=False):
    """Return all hidden states and the final cell state in one array (T + 1, B, H).

    An op has one output, so the cell state stands behind the hidden states, of which it has the
    shape: rows 0 to T - 1 are h, row T is c after the last step taken.
    """
    (n_steps, batch, _), width = x.shape, h0.shape[1]
    over = ended(lengths, n_steps, reverse)
    rows = joined_rows(in_order(x, reverse), h0, n_more=2)
    states = rows[:, :, :width]
    weight = joined_weights(4, _ORDER, 3, weight_hh, weight_ih, bias)
    gates = np.empty((n_steps, 4, batch, width), x.dtype)
    cells = np.empty((n_steps + 1, batch, width), x.dtype)
    squashed = np.empty((n_steps, batch, width), x.dtype)  # tanh(c)
    cells[0] = c0
    scratch = np.empty((batch, width), x.dtype)
    for t in range(n_steps):
        now, c, tanh_c, h = gates[t], cells[t + 1], squashed[t], states[t + 1]
        np.matmul(rows[t], weight, out=now)
        np.tanh(now, out=now)
        sigmoids = now[1:]
        sigmoids *= 0.5
        sigmoids += 0.5
        g, i, f, o = now
        np.multiply(f, cells[t], out=c)
        np.multiply(i, g, out=scratch)
        c += scratch
        np.tanh(c, out=tanh_c)
        np.multiply(o, tanh_c, out=h)
        if over is not None:
            np.copyto(c, cells[t], where=over[t])
            np.copyto(h, states[t], where=over[t])
    states[-1] = cells[-1]
    out = states[1:]
    if reverse:
        out = np.concatenate([states[-2:0:-1], states[-1:]])
    saved = rows, cells, squashed, gates, weight_ih, weight_hh, over, reverse
    return out, (*saved, 5 + (bias is not None))


def _through_the_cell(now, h, tanh_c, c_before, d_h, d_c, d_gates, work):
    """Send the gradients of h and c of one step to the gates; d_c becomes that of the c before.

    now : (4, B, H), the gates g, i, f, o; d_gates : (B, 4, H), which is filled
    work : (4, B, H) and (B, H)
    """
    g, i, f, o = now
    slopes, scratch = work
    of_g, of_i, of_f, of_o = slopes
    np.multiply(h, tanh_c, out=scratch)
    np.subtract(o, scratch, out=scratch)  # o (1 - tanh² c)
    scratch *= d_h
    d_c += scratch
    np.subtract(1, now[1:], out=slopes[1:])
    of_o *= h  # (1 - o) o tanh c
    np.multiply(i, g, out=scratch)
    of_i *= scratch  # (1 - i) i g
    np.multiply(scratch, g, out=of_g)
    np.subtract(i, of_g, out=of_g)  # i (1 - g²)
    np.multiply(f, c_before, out=scratch)
    of_f *= scratch  # (1 - f) f c
    np.multiply(d_c[:, None], slopes[:3].swapaxes(0, 1), out=d_gates[:, :3])
    np.multiply(d_h, of_o, out=d_gates[:, 3])
    d_c *= f


def _lstm_backward(grad, saved, needs=None, out=None):
    rows, cells, squashed, gates, weight_ih, weight_hh, over, reverse, n_inputs = saved
    needs, out = selected(needs, out, n_inputs)
    n_steps, batch, width = squashed.shape
    d_c, grad = grad[-1].copy(), in_order(grad[:-1], reverse)
    back, d_h = transposed(weight_hh, 4, _ORDER), np.zeros_like(d_c)
    d_gates = np.empty((n_steps, batch, 4 * width), d_c.dtype)
    by_step = d_gates.reshape(n_steps, batch, 4, width)
    work, held = (np.empty((4, *d_c.shape), d_c.dtype), np.empty_like(d_c)), None
    for t in reversed(range(n_steps)):
        d_h += grad[t]
        if over is not None:
            held = hold(d_h, over[t]), hold(d_c, over[t])
        h = rows[t + 1, :, :width]
        _through_the_cell(gates[t], h, squashed[t], cells[t], d_h, d_c, by_step[t], work)
        np.matmul(d_gates[t], back, out=d_h)
        if held is not None:
            d_h += held[0]
            d_c += held[1]
    sizes, places = (width, len(weight_ih), None), (out[4], out[3], *out[5:])
    of_hh, of_ih, *of_bias = weight_gradients(rows[:n_steps], d_gates, _ORDER, sizes, places)
    of_x = None
    if needs[0]:
        of_x = in_order(d_gates @ transposed(weight_ih, 4, _ORDER), reverse)
    return wanted((of_x, d_h, d_c, of_ih, of_hh, *of_bias), needs)


LSTM_SEQUENCE = Op("lstm_sequence", _lstm_forward, _lstm_backward, selective=True)

FAMILY = (LSTM_SEQUENCE,)
