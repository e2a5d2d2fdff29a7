"""Checks of *Recurrence*."""

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


@check("recur-two-steps")
def recur_two_steps(answer):
    first = np.tanh(0.5)
    return number_is(
        answer,
        np.tanh(1 - first),
        tolerance=1e-3,
        hints=[
            (np.tanh(1 + first), "the recurrent weight is -1: the old state is subtracted"),
            (np.tanh(1.0), "the second step has a state behind it: h_1 is not zero"),
            (1 - first, "that is the number that goes into the last tanh"),
            (np.tanh(0.5), "near, by chance: is that h_1?"),
            (np.tanh(0.5 * 2 - 0.5), "the state is tanh of its mixture: h_1 is not one half"),
        ],
    )


@check("recur-count")
def recur_count(answer):
    first, second, head = 20 * 31, 20 * 41, 105
    return number_is(
        answer,
        first + second + head,
        hints=[
            (2 * first + head, "the second layer reads 20 numbers, not 10"),
            (first + second, "the linear layer counts too"),
            (first + second + head + 40, "that is PyTorch's, with two bias vectors a layer"),
            (first + second + head - 45, "the biases are missing"),
            (30 * (first + second) + head, "the weights are shared by all 30 steps"),
        ],
    )


@check("recur-last")
def recur_last(answer):
    rng = np.random.default_rng(5)
    for lengths, T, H in [([4, 1, 3], 4, 2), ([2], 5, 3), ([1, 2, 3, 3, 2], 3, 1)]:
        states = rng.normal(size=(len(lengths), T, H))
        got = call(answer, states.copy(), np.array(lengths))
        if array_is(got, states[:, -1]) is None:
            return "that is the last row of the array, for some sequences it lies in the padding"
        rows = range(len(lengths))
        if array_is(got, [states[i, min(lengths[i], T - 1)] for i in rows]) is None:
            return "one step too late: a sequence of length n ends at index n - 1"
        right = [states[i, lengths[i] - 1] for i in rows]
        if (hint := array_is(got, right, name="the last states")) is not None:
            return f"{hint}, for lengths {lengths}"
    return None


@check("recur-parity")
def recur_parity(answer):
    try:
        W_xh, W_hh, b, v, c = (np.asarray(part, dtype=np.float64) for part in answer)
    except (TypeError, ValueError):
        return "give five things: (W_xh, W_hh, b, v, c)"
    shapes = {"W_xh": (W_xh, (1, 2)), "W_hh": (W_hh, (2, 2)), "b": (b, (2,)), "v": (v, (2,))}
    for name, (array, shape) in (shapes | {"c": (c, ())}).items():
        if array.shape != shape:
            return f"{name} must have shape {shape}; got {array.shape}"
    x = np.random.default_rng(6).integers(0, 2, (50, 200))
    x[:16, :4] = np.arange(16)[:, None] >> np.arange(4) & 1
    odd, h = np.cumsum(x, axis=1) % 2, np.zeros((50, 2))
    for t in range(200):
        h = np.tanh(x[:, t, None] @ W_xh + h @ W_hh + b)
        wrong = ((h @ v + c > 0) != odd[:, t]).any()
        if wrong and t < 2:
            return f"wrong at step {t + 1} already; go through the inputs 0 and 1 on paper"
        if wrong:
            return f"right for {t} steps, wrong at step {t + 1}: is tanh steep enough there?"
    return None


@check("recur-from-torch")
def recur_from_torch(answer):
    rng = np.random.default_rng(7)
    for D, H in [(2, 3), (3, 3), (1, 1)]:
        given = [rng.normal(size=s) for s in [(H, D), (H, H), H, H]]
        weight_ih, weight_hh, bias_ih, bias_hh = given
        got = call(answer, *(array.copy() for array in given))
        if not isinstance(got, (tuple, list)) or len(got) != 3:
            return "return three arrays: (W_xh, W_hh, b_h)"
        for name, array, right in zip(
            ["W_xh", "W_hh", "b_h"], got, [weight_ih.T, weight_hh.T, bias_ih + bias_hh]
        ):
            hint = array_is(array, right, name=name)
            if hint and name == "W_hh" and array_is(array, weight_hh) is None:
                return "W_hh is square, so a missing transposition raises no error; it is one all the same"
            if hint and name == "b_h" and np.shape(array) == (H,):
                return f"{hint}: both of PyTorch's biases are added at every step"
            if hint:
                return f"for D = {D}, H = {H}: {hint}"
    return None
