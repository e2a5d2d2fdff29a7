"""Elman's recurrent layer over a whole sequence, and what it shares with LSTM and GRU.

One op takes all the steps of one layer in one direction: one entry on the tape for T steps. The
sequence comes time first, (T, B, D), and so does the result. Weights are stored as (in, G H), the
G gates side by side, one bias vector for them.

What makes the sequence ops fast, in all three: the products with the inputs are taken for all
steps at once; so are those that give the gradients of the weights, two large ones at the end;
forward, the gates stand apart, (G, T, B, H), so that a ufunc meets contiguous memory; backward,
they stand side by side, (T, B, G H), so that one product sums over them.

``lengths`` holds the state of a sequence that has ended: from step ``lengths[b]`` on, example b
keeps its state and nothing of x matters. ``reverse`` starts at the last step; a sequence that has
ended keeps its first state until its own last step, so that nothing need be turned round.
"""

import numpy as np

from chainrule.ops.op import Op


def by_gate(weight, n_gates, order=None, halved=0):
    """Return a weight (D, G H) as (G, D, H), contiguous, the gates in the order given.

    The last ``halved`` gates are divided by 2: what sigmoid(x) = (1 + tanh(x / 2)) / 2 asks for.
    """
    gates = weight.reshape(*weight.shape[:-1], n_gates, -1)
    gates = np.moveaxis(gates, -2, 0)
    gates = np.array(gates if order is None else gates[list(order)], order="C")
    if halved:
        gates[n_gates - halved :] *= 0.5
    return gates


def input_products(x, gates):
    """Return the products with the inputs of all steps, (T, B, D) times (G, D, H): (G, T, B, H)."""
    steps, batch, _ = x.shape
    return np.matmul(x.reshape(steps * batch, -1), gates).reshape(len(gates), steps, batch, -1)


def in_order(array, reverse):
    """Return an array whose first axis is time in the order of the steps."""
    return array[::-1] if reverse else array


def ended(lengths, n_steps, reverse):
    """Return bools (T, B, 1), in the order of the steps, true where a sequence is not; or None."""
    if lengths is None:
        return None
    return in_order(np.arange(n_steps)[:, None, None] >= np.asarray(lengths)[:, None], reverse)


def with_first(first, n_steps, n_more=0):
    """Return an empty array (1 + T + more, B, H) whose row 0 is the first state."""
    states = np.empty((1 + n_steps + n_more, *first.shape), first.dtype)
    states[0] = first
    return states


def hold(part, is_ended):
    """Split a gradient (B, H) where sequences have ended: zero it there, return what was there."""
    held = np.where(is_ended, part, 0)
    part -= held
    return held


def affine_gradients(x, previous, grad_ih, grad_hh, weight_ih, needs, out):
    """Return the gradients of x, weight_ih, weight_hh and bias, from those before the gates.

    x : (T, B, D), previous : (T, B, H), grad_ih, grad_hh : (T, B, G H)
    needs, out : of these four
    """
    rows = x.reshape(-1, x.shape[-1])
    flat_ih, flat_hh = (g.reshape(-1, g.shape[-1]) for g in (grad_ih, grad_hh))
    grad_x = (flat_ih @ weight_ih.T).reshape(x.shape) if needs[0] else None
    found = [grad_x, None, None, None]
    if needs[1]:
        found[1] = np.matmul(rows.T, flat_ih, out=out[1])
    if needs[2]:
        before = previous.reshape(-1, previous.shape[-1])
        found[2] = np.matmul(before.T, flat_hh, out=out[2])
    if needs[3]:
        found[3] = np.add.reduce(flat_ih, 0, out=out[3])
    return found


def selected(chosen, n_inputs, default):
    """Return ``needs`` or ``out`` of an op, with ``default`` for all inputs where there is none."""
    return (default,) * n_inputs if chosen is None else tuple(chosen)


def _rnn_forward(
    x, h0, weight_ih, weight_hh, bias=None, *, nonlinearity="tanh", lengths=None, reverse=False
):
    n_steps, n_inputs = len(x), 4 + (bias is not None)
    x, over = in_order(x, reverse), ended(lengths, n_steps, reverse)
    states = with_first(h0, n_steps)
    states[1:] = input_products(x, weight_ih[None])[0]
    product = np.empty_like(states[0])
    for t in range(n_steps):
        h = states[t + 1]
        h += np.matmul(states[t], weight_hh, out=product)
        if bias is not None:
            h += bias
        if nonlinearity == "tanh":
            np.tanh(h, out=h)
        else:
            np.maximum(h, 0, out=h)
        if over is not None:
            np.copyto(h, states[t], where=over[t])
    saved = x, states, weight_ih, weight_hh, nonlinearity, over, reverse, n_inputs
    return in_order(states[1:], reverse), saved


def _rnn_backward(grad, saved, needs=None, out=None):
    x, states, weight_ih, weight_hh, nonlinearity, over, reverse, n_inputs = saved
    needs, out = selected(needs, n_inputs, True), selected(out, n_inputs, None)
    grad, back = in_order(grad, reverse), np.ascontiguousarray(weight_hh.T)
    before, d_h, held = np.empty_like(states[1:]), np.zeros_like(states[0]), None
    for t in reversed(range(len(x))):
        h, d = states[t + 1], before[t]
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
    # h0 stands between x and the weights
    chosen, places = ([a[0], *a[2:], False][:4] for a in (needs, out))
    grad_x, *rest = affine_gradients(x, states[:-1], before, before, weight_ih, chosen, places)
    grad_x = None if grad_x is None else in_order(grad_x, reverse)
    return (grad_x, d_h if needs[1] else None, *rest)[:n_inputs]


RNN_SEQUENCE = Op("rnn_sequence", _rnn_forward, _rnn_backward, selective=True)

FAMILY = (RNN_SEQUENCE,)
