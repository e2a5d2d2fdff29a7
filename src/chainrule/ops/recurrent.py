"""Elman's recurrent layer over a whole sequence, and what it shares with LSTM and GRU.

One op takes all the steps of one layer in one direction: one entry on the tape for T steps. The
sequence comes time first, (T, B, D), and so does the result. Weights are stored as (in, G H), the
G gates side by side, one bias vector for them.

What makes them fast: state, input and a one stand side by side in the rows of one array,
(T, B, H + D + 1), so that the gates of a step are one product of such a row with the weights and
the bias, and the gradients of both weights and the bias are one large product at the end; forward,
the gates of a step stand apart, (G, B, H), so that a ufunc meets contiguous memory; backward, they
stand side by side, (B, G H), so that one product sums over them.

``lengths`` holds the state of a sequence that has ended: from step ``lengths[b]`` on, example b
keeps its state and nothing of x matters. ``reverse`` starts at the last step; a sequence that has
ended keeps its first state until its own last step, so that nothing need be turned round.
"""

import numpy as np

from chainrule.ops.memory import empty
from chainrule.ops.op import Op


def in_order(array, reverse):
    """Return an array whose first axis is time in the order of the steps."""
    return array[::-1] if reverse else array


def ended(lengths, n_steps, reverse):
    """Return bools (T, B, 1), in the order of the steps, true where a sequence is not; or None."""
    if lengths is None:
        return None
    return in_order(np.arange(n_steps)[:, None, None] >= np.asarray(lengths)[:, None], reverse)


def joined_rows(x, h0=None, n_more=1):
    """Return rows (T + more, B, H + D + 1), each of h before the step, x and 1; h of step 0 is set.

    Row t + 1 takes the state after step t. Without h0 there is no h in the rows.
    """
    n_steps, batch, n_inputs = x.shape
    width = 0 if h0 is None else h0.shape[1]
    rows = empty((n_steps + n_more, batch, width + n_inputs + 1), x.dtype)
    rows[:n_steps, :, width:-1] = x
    rows[:n_steps, :, -1] = 1
    if h0 is not None:
        rows[0, :, :width] = h0
    return rows


def joined_weights(n_gates, order, halved, *parts):
    """Return weights (D, G H) and a bias (G H,) on top of each other, a matrix for each gate: (G, K, H).

    The bias comes last, zeros where it is None. ``order`` names the gates; the last ``halved`` of
    them are divided by 2, which is what sigmoid(x) = (1 + tanh(x / 2)) / 2 asks for.
    """
    *weights, bias = parts
    sizes = [len(w) for w in weights]
    width = weights[0].shape[1] // n_gates
    gates = empty((n_gates, sum(sizes) + 1, width), weights[0].dtype)
    start = 0
    for weight, size in zip(weights, sizes):
        by_gate = weight.reshape(size, n_gates, width)
        for k, gate in enumerate(order):
            gates[k, start : start + size] = by_gate[:, gate]
        start += size
    gates[:, -1] = 0 if bias is None else bias.reshape(n_gates, width)[list(order)]
    gates[n_gates - halved :] *= 0.5
    return gates


def transposed(weight, n_gates, order):
    """Return a weight (D, G H) as (G H, D), contiguous, the gates in the order given."""
    by_gate = weight.reshape(len(weight), n_gates, -1)[:, list(order)]
    return np.ascontiguousarray(by_gate.reshape(weight.shape).T)


def hold(part, is_ended):
    """Split a gradient (B, H) where sequences have ended: zero it there, return what was there."""
    held = np.where(is_ended, part, 0)
    part -= held
    return held


def weight_gradients(rows, d_gates, order, sizes, places):
    """Return the gradients of what was on top of each other: of weights, and of the bias at the end.

    rows : (T, B, K), d_gates : (T, B, G H), the gates in ``order``
    sizes : number of rows of each weight; of the bias, None
    places : an array to write into, or None, for each
    """
    flat = d_gates.reshape(-1, d_gates.shape[-1])
    every = rows.reshape(-1, rows.shape[-1]).T @ flat  # (K, G H)
    found, start, width = [], 0, flat.shape[1] // len(order)
    for size, place in zip(sizes, places):
        part = every[-1] if size is None else every[start : start + size]
        start += size or 0
        place = np.empty(part.shape, part.dtype) if place is None else place
        for k, gate in enumerate(order):
            usual, here = (slice(j * width, (j + 1) * width) for j in (gate, k))
            place[..., usual] = part[..., here]
        found.append(place)
    return found


def selected(needs, out, n_inputs):
    """Return ``needs`` and ``out`` of an op, all and none where nobody said."""
    return needs or (True,) * n_inputs, out or (None,) * n_inputs


def wanted(gradients, needs):
    """Return the gradients, None for those that nobody wants or that have no input."""
    return tuple(g if need else None for g, need in zip(gradients, needs))


def _rnn_forward(
    x, h0, weight_ih, weight_hh, bias=None, *, nonlinearity="tanh", lengths=None, reverse=False
):
    over = ended(lengths, len(x), reverse)
    rows = joined_rows(in_order(x, reverse), h0)
    states = rows[:, :, : h0.shape[1]]
    weight = joined_weights(1, (0,), 0, weight_hh, weight_ih, bias)[0]
    for t in range(len(x)):
        h = states[t + 1]
        np.matmul(rows[t], weight, out=h)
        if nonlinearity == "tanh":
            np.tanh(h, out=h)
        else:
            np.maximum(h, 0, out=h)
        if over is not None:
            np.copyto(h, states[t], where=over[t])
    n_inputs = 4 + (bias is not None)
    saved = rows, states, weight_ih, weight_hh, nonlinearity, over, reverse, n_inputs
    return in_order(states[1:], reverse), saved


def _rnn_backward(grad, saved, needs=None, out=None):
    rows, states, weight_ih, weight_hh, nonlinearity, over, reverse, n_inputs = saved
    needs, out = selected(needs, out, n_inputs)
    n_steps, grad = len(grad), in_order(grad, reverse)
    back, held = transposed(weight_hh, 1, (0,)), None
    d_gates = empty((n_steps, *states.shape[1:]), grad.dtype)
    d_h = np.zeros(states.shape[1:], grad.dtype)
    for t in reversed(range(n_steps)):
        h, d = states[t + 1], d_gates[t]
        d_h += grad[t]
        if over is not None:
            held = hold(d_h, over[t])
        if nonlinearity == "tanh":
            np.multiply(h, h, out=d)
            np.subtract(1, d, out=d)
            d *= d_h
        else:
            np.multiply(d_h, h > 0, out=d)
        np.matmul(d, back, out=d_h)
        if held is not None:
            d_h += held
    sizes, places = (len(weight_hh), len(weight_ih), None), (out[3], out[2], *out[4:])
    of_hh, of_ih, *of_bias = weight_gradients(rows[:n_steps], d_gates, (0,), sizes, places)
    of_x = in_order(d_gates @ weight_ih.T, reverse) if needs[0] else None
    return wanted((of_x, d_h, of_ih, of_hh, *of_bias), needs)


RNN_SEQUENCE = Op("rnn_sequence", _rnn_forward, _rnn_backward, selective=True)

FAMILY = (RNN_SEQUENCE,)
