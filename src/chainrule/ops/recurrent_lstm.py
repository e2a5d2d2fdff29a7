"""The LSTM (hochreiter1997long, with the forget gate of gers2000learning) over a whole sequence."""

import numpy as np

from chainrule.ops.memory import empty
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
_AT_ONCE = 4  # steps whose slopes are taken together: few enough for the cache


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
    gates = empty((n_steps, 4, batch, width), x.dtype)
    cells = empty((n_steps + 1, batch, width), x.dtype)
    squashed = empty((n_steps, batch, width), x.dtype)  # tanh(c)
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


def _slopes(gates, h, tanh_c, c_before, work):
    """Return, for some steps, what the gates' gradients are per gradient of c (g, i, f) and of h (o).

    gates : (S, 4, B, H), g, i, f, o of each step; h, tanh_c, c_before : (S, B, H)
    work : (S or more, 6, B, H); the first four are returned, and o (1 - tanh² c) as the fifth
    """
    work = work[: len(gates)]
    g, i, f, o = (gates[:, k] for k in range(4))
    of_g, of_i, of_f, of_o, of_c, scratch = (work[:, k] for k in range(6))
    np.subtract(1, gates[:, 1:], out=work[:, 1:4])
    np.multiply(h, tanh_c, out=of_c)
    np.subtract(o, of_c, out=of_c)
    of_o *= h  # (1 - o) o tanh c
    np.multiply(i, g, out=scratch)
    of_i *= scratch  # (1 - i) i g
    scratch *= g
    np.subtract(i, scratch, out=of_g)  # i (1 - g²)
    np.multiply(f, c_before, out=scratch)
    of_f *= scratch  # (1 - f) f c
    return work


def _lstm_backward(grad, saved, needs=None, out=None):
    rows, cells, squashed, gates, weight_ih, weight_hh, over, reverse, n_inputs = saved
    needs, out = selected(needs, out, n_inputs)
    n_steps, batch, width = squashed.shape
    d_c, grad = grad[-1].copy(), in_order(grad[:-1], reverse)
    back, d_h = transposed(weight_hh, 4, _ORDER), np.zeros_like(d_c)
    d_gates = empty((n_steps, batch, 4 * width), d_c.dtype)
    by_step = d_gates.reshape(n_steps, batch, 4, width)
    work, held = empty((_AT_ONCE, 6, batch, width), d_c.dtype), None
    for t in reversed(range(n_steps)):
        k = t % _AT_ONCE
        if t == n_steps - 1 or k == _AT_ONCE - 1:
            part, after = slice(t - k, t + 1), rows[t - k + 1 : t + 2, :, :width]
            slopes = _slopes(gates[part], after, squashed[part], cells[part], work)
        now, step = slopes[k], by_step[t]
        d_h += grad[t]
        if over is not None:
            held = hold(d_h, over[t]), hold(d_c, over[t])
        d_c += np.multiply(d_h, now[4], out=now[5])
        np.multiply(d_c[:, None], now[:3].swapaxes(0, 1), out=step[:, :3])
        np.multiply(d_h, now[3], out=step[:, 3])
        d_c *= gates[t, 2]
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
