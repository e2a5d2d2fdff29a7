"""The GRU over a whole sequence, with the reset gate after the product or before it.

Before it (cho2014learning): n = tanh(x W + b + (r h) U). After it, as cuDNN, PyTorch and Keras
have it: n = tanh(x W + b + r (h U + b_hn)), where one product with h serves all three gates.
Either way h ← (1 - z) n + z h.
"""

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
)

# The weights hold r, z, n side by side, as PyTorch's; inside, n comes first, so that the last two
# gates are the sigmoids.
_ORDER = (2, 0, 1)


def _gru_forward(
    x, h0, weight_ih, weight_hh, bias=None, bias_hn=None, *,
    reset_after=True, lengths=None, reverse=False,
):  # fmt: skip
    (n_steps, batch, _), width = x.shape, h0.shape[1]
    over = ended(lengths, n_steps, reverse)
    rows = joined_rows(in_order(x, reverse), h0)
    states = rows[:, :, :width]
    weight = joined_weights(3, _ORDER, 2, weight_hh, weight_ih, bias)
    # what x gives the candidate, for all steps at once; what h gives it meets the reset gate first
    flat = rows[:n_steps].reshape(-1, rows.shape[-1])
    candidates = (flat[:, width:] @ weight[0, width:]).reshape(n_steps, batch, width)
    weight[0, width:] = 0
    if bias_hn is not None:
        weight[0, -1] = bias_hn
    gates = empty((n_steps, 3, batch, width), x.dtype)  # h U_n + b_hn, or r h; r; z
    scratch = np.empty((batch, width), x.dtype)
    for t in range(n_steps):
        h, n, (inner, r, z) = states[t], candidates[t], gates[t]
        first = 0 if reset_after else 1
        np.matmul(rows[t], weight[first:], out=gates[t, first:])
        sigmoids = np.tanh(gates[t, 1:], out=gates[t, 1:])
        sigmoids *= 0.5
        sigmoids += 0.5
        if reset_after:
            n += np.multiply(r, inner, out=scratch)
        else:
            np.multiply(r, h, out=inner)
            n += np.matmul(inner, weight[0, :width], out=scratch)
        np.tanh(n, out=n)
        np.subtract(h, n, out=scratch)
        scratch *= z
        np.add(n, scratch, out=states[t + 1])
        if over is not None:
            np.copyto(states[t + 1], h, where=over[t])
    biases = (bias is not None) + (bias_hn is not None)
    saved = rows, gates, candidates, weight_ih, weight_hh, reset_after, over, reverse, 4 + biases
    return in_order(states[1:], reverse), saved


def _to_the_gates(now, n, h, d_h, slots, back_n, work):
    """Send the gradient of one step's h to the gates; return what goes straight to the h before.

    now : (3, B, H), h U_n + b_hn or r h, r, z; work : (3, B, H)
    slots : (B, S, H), filled with the gradients before n, of h U_n + b_hn (if S = 4), before r and z
    back_n : (H, H), the transposed weight of n, where the reset gate comes before the product
    """
    inner, r, z = now
    straight, d_n, scratch = work
    np.multiply(d_h, z, out=straight)
    np.subtract(h, n, out=scratch)
    scratch *= straight
    np.multiply(np.subtract(1, z, out=d_n), scratch, out=slots[:, -1])
    d_n *= d_h
    np.multiply(n, n, out=scratch)
    d_n *= np.subtract(1, scratch, out=scratch)
    slots[:, 0] = d_n
    np.subtract(1, r, out=scratch)
    if back_n is None:
        d_n *= r
        slots[:, 1] = d_n
        scratch *= inner
        np.multiply(scratch, d_n, out=slots[:, -2])
    else:
        of_inner = d_n @ back_n
        scratch *= inner
        np.multiply(scratch, of_inner, out=slots[:, -2])
        of_inner *= r
        straight += of_inner
    return straight


def _gru_backward(grad, saved, needs=None, out=None):
    rows, gates, candidates, weight_ih, weight_hh, reset_after, over, reverse, n_inputs = saved
    needs, out = selected(needs, out, n_inputs)
    (n_steps, batch, width), grad = candidates.shape, in_order(grad, reverse)
    back, d_h = transposed(weight_hh, 3, _ORDER), np.zeros((batch, width), grad.dtype)
    # before n, of h U_n + b_hn, before r, before z; where r comes first, there is no second
    slots = empty((n_steps, batch, 4 if reset_after else 3, width), grad.dtype)
    flat = slots.reshape(n_steps, batch, -1)
    back_n, work = None, empty((3, batch, width), grad.dtype)
    if not reset_after:
        back_n, back = back[:width], back[width:]
    for t in reversed(range(n_steps)):
        d_h += grad[t]
        held = None if over is None else hold(d_h, over[t])
        h = rows[t, :, :width]
        straight = _to_the_gates(gates[t], candidates[t], h, d_h, slots[t], back_n, work)
        np.matmul(flat[t, :, -len(back) :], back, out=d_h)
        d_h += straight
        if held is not None:
            d_h += held
    of_x = None
    if needs[0]:
        over_ih = transposed(weight_ih, 3, _ORDER)
        of_x = flat[..., :width] @ over_ih[:width]
        of_x += flat[..., -2 * width :] @ over_ih[width:]
        of_x = in_order(of_x, reverse)
    others = _weight_gradients(rows[:n_steps], gates, flat, len(weight_ih), reset_after, out)
    return wanted((of_x, d_h, *others[: n_inputs - 2]), needs)


def _weight_gradients(rows, gates, flat, n_inputs, reset_after, out):
    """Return the gradients of weight_ih, weight_hh, bias and bias_hn, the gates as r, z, n."""
    width, flat = gates.shape[-1], flat.reshape(-1, flat.shape[-1])
    every = rows.reshape(-1, rows.shape[-1]).T @ flat  # (H + D + 1, S H)
    sigmoids, from_x = every[:, -2 * width :], every[:, :width]
    from_h = every[:width, width : 2 * width]
    if not reset_after:
        reset = gates[:, 0].reshape(-1, width)
        from_h = reset.T @ flat[:, :width]
    parts = [
        (sigmoids[width:-1], from_x[width:-1]), (sigmoids[:width], from_h),
        (sigmoids[-1], from_x[-1]), (every[-1, width : 2 * width],),
    ]  # fmt: skip
    found = []
    for part, place in zip(parts, (*out[2:], None, None)):
        found.append(np.concatenate(part, axis=-1, out=place))
    return found


GRU_SEQUENCE = Op("gru_sequence", _gru_forward, _gru_backward, selective=True)

FAMILY = (GRU_SEQUENCE,)
