"""Checks of *LSTM and GRU*."""

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


@check("gate-bias")
def gate_bias(answer):
    n_steps = 100
    f = 0.5 ** (1 / n_steps)
    return number_is(
        answer,
        float(np.log(f / (1 - f))),
        tolerance=2e-3,
        hints=[
            (f, "that is the gate's value; the bias is what the sigmoid maps to it"),
            (float(np.log(n_steps - 1)), "with f = 1 - 1/100 a share 1/e is left, not one half"),
            (float(np.log(f)), "the inverse of the sigmoid is ln(f / (1 - f))"),
            (float(-np.log(f / (1 - f))), "the sign: an open gate has a positive bias"),
        ],
    )


@check("gate-third")
def gate_third(answer):
    kept, i, g = 0.75 * 0.25, 0.75, 0.8
    return number_is(
        answer,
        kept + i * g,
        hints=[
            (0.25 + i * g, "the forget gate scales the old cell, too"),
            (kept + g, "the input gate scales the candidate"),
            (
                kept - 0.25 * g,
                "the sign of the input has changed, and with it the gate and the candidate",
            ),
            (kept, "the candidate is added"),
        ],
    )


@check("gate-count")
def gate_count(answer):
    d, h = 100, 64
    return number_is(
        answer,
        3 * (h * (d + h) + 2 * h),
        hints=[
            (
                3 * h * (d + h + 1),
                "with the reset after the product Keras keeps two biases for each map",
            ),
            (4 * (h * (d + h) + 2 * h), "a GRU has three maps"),
            (4 * h * (d + h + 1), "that is an LSTM"),
            (3 * h * (d + h), "those are the weights; the biases are missing"),
            (3 * h * (d + h + 1) + h, "that is one inner bias; Keras's array is (2, 3H)"),
        ],
    )


@check("gate-gru-step")
def gate_gru_step(answer):
    rng = np.random.default_rng(5)
    for d, h in [(1, 1), (3, 4), (2, 6)]:
        x, state, w, u, b = (
            rng.normal(size=shape) for shape in [(d,), (h,), (d, 3 * h), (h, 3 * h), (3 * h,)]
        )
        gates = 1 / (1 + np.exp(-(x @ w + state @ u + b)))
        r, z = gates[:h], gates[h : 2 * h]
        from_x = x @ w[:, 2 * h :] + b[2 * h :]
        n = np.tanh(from_x + (r * state) @ u[:, 2 * h :])
        right = (1 - z) * n + z * state
        got = call(answer, x.copy(), state.copy(), w.copy(), u.copy(), b.copy())
        hint = array_is(got, right, name="the new state")
        if hint is not None:
            after = np.tanh(from_x + r * (state @ u[:, 2 * h :]))
            slips = {
                "you reset after the product": (1 - z) * after + z * state,
                "z keeps the old state, 1 - z lets in": z * n + (1 - z) * state,
                "the first block is r, the second z": (1 - r)
                * np.tanh(from_x + (z * state) @ u[:, 2 * h :])
                + r * state,
            }
            for said, value in slips.items():
                if np.shape(got) == value.shape and np.allclose(got, value):
                    return said
            return hint
    return None


@check("gate-tied")
def gate_tied(answer):
    rng = np.random.default_rng(6)
    for steps, h in [(1, 2), (5, 3), (40, 1)]:
        f, g = rng.uniform(0.3, 0.99, (steps, h)), rng.normal(size=(steps, h))
        c = np.zeros(h)
        for f_t, g_t in zip(f, g):
            c = f_t * c + (1 - f_t) * g_t
        hint = array_is(call(answer, f.copy(), g.copy()), c, name="the last cell")
        if hint is not None:
            return f"{hint} ({steps} steps, {h} units)"
    return None
