"""The recurrent ops as loops over single steps, in PyTorch's functions and in TensorFlow's."""

import tensorflow as tf
import torch

TORCH = {"stack": torch.stack, "tanh": torch.tanh, "relu": torch.relu, "sigmoid": torch.sigmoid,
         "where": torch.where, "constant": torch.as_tensor,
         "split": lambda x, n: torch.chunk(x, n, -1), "join": torch.cat}  # fmt: skip
TENSORFLOW = {"stack": tf.stack, "tanh": tf.tanh, "relu": tf.nn.relu, "sigmoid": tf.sigmoid,
              "where": tf.where, "constant": tf.constant,
              "split": lambda x, n: tf.split(x, n, -1), "join": tf.concat}  # fmt: skip


def unrolled(lib, step, x, states, lengths, reverse):
    """Return h at every step, and the states after the last one taken.

    step : (x_t, states) -> states, h first
    """
    n_steps, found = x.shape[0], {}
    for t in range(n_steps)[::-1] if reverse else range(n_steps):
        new = step(x[t], states)
        if lengths is not None:
            inside = lib["constant"]((t < lengths)[:, None])
            new = [lib["where"](inside, a, b) for a, b in zip(new, states)]
        states = found[t] = new
    return lib["stack"]([found[t][0] for t in range(n_steps)]), states


def rnn(lib):
    def call(x, h, w, u, b=0.0, *, nonlinearity, lengths, reverse):
        def step(x, states):
            return [lib[nonlinearity](x @ w + states[0] @ u + b)]

        return unrolled(lib, step, x, [h], lengths, reverse)[0]

    return call


def lstm(lib):
    def call(x, h, c, w, u, b=0.0, *, lengths, reverse):
        def step(x, states):
            i, f, g, o = lib["split"](x @ w + states[0] @ u + b, 4)
            c = lib["sigmoid"](f) * states[1] + lib["sigmoid"](i) * lib["tanh"](g)
            return [lib["sigmoid"](o) * lib["tanh"](c), c]

        hidden, (_, c) = unrolled(lib, step, x, [h, c], lengths, reverse)
        return lib["join"]([hidden, c[None]], 0)

    return call


def gru(lib):
    def call(x, h, w, u, b=0.0, b_hn=0.0, *, reset_after, lengths, reverse):
        u_r, u_z, u_n = lib["split"](u, 3)

        def step(x, states):
            (h,), (r, z, n) = states, lib["split"](x @ w + b, 3)
            r, z = lib["sigmoid"](r + h @ u_r), lib["sigmoid"](z + h @ u_z)
            n = lib["tanh"](n + (r * (h @ u_n + b_hn) if reset_after else (r * h) @ u_n))
            return [(1 - z) * n + z * h]

        return unrolled(lib, step, x, [h], lengths, reverse)[0]

    return call


CALLS = {
    f"{make.__name__}_sequence": (make(TORCH), make(TENSORFLOW)) for make in (rnn, lstm, gru)
}
