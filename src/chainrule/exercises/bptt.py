"""Checks of *Back-propagation through time*."""

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


@check("bptt-shares")
def bptt_shares(answer):
    w, states = 0.5, [0.0]
    for _ in range(3):
        states.append(w * states[-1] + 2.0)
    came_in = np.array(states[::-1])  # h_3, h_2, h_1, h_0
    shares = came_in * w ** np.arange(4)
    slips = [
        (shares[::-1], "begin with the use at step 4"),
        (came_in, "each share has the later weights as factors, too"),
        (2.0 * w ** np.arange(4), "the weight multiplies a state, not an input"),
        (came_in * w ** np.arange(1, 5), "one factor too many: the use itself is differentiated"),
    ]
    for slip, hint in slips:
        if array_is(answer, slip, name="the shares") is None:
            return hint
    return array_is(answer, shares, name="the shares")


@check("bptt-relu")
def bptt_relu(answer):
    rng = np.random.default_rng(11)
    for T, B, H in [(1, 2, 3), (2, 1, 1), (6, 3, 4)]:
        W = rng.normal(0, 0.6, (H, H))
        h = np.zeros((T + 1, B, H))
        h[0] = rng.normal(size=(B, H)) ** 2
        for t in range(T):
            h[t + 1] = np.maximum(h[t] @ W + rng.normal(0.3, 1, (B, H)), 0)
        g = rng.normal(size=(T, B, H))
        right, last = _relu_gradient(h, W, g), h[-2].T @ (g[-1] * (h[-1] > 0))
        got = call(answer, h.copy(), W.copy(), g.copy())
        hint = array_is(got, right, name="the gradient")
        if hint and array_is(got, last) is None:
            return "only the last step is there: add up over all of them"
        if hint and array_is(got, _relu_gradient(h, W.T, g)) is None:
            return "on its way back the blame meets the transposed matrix"
        if hint:
            return f"{hint}, for T = {T}, B = {B}, H = {H}"
    return None


def _relu_gradient(h, W, g):
    """Return the gradient by W as the sum over every loss t and every use s of it."""
    total = np.zeros_like(W)
    for t in range(len(g)):
        blame = g[t]
        for s in range(t, -1, -1):
            blame = blame * (h[s + 1] > 0)
            total += h[s].T @ blame
            blame = blame @ W.T
    return total


@check("bptt-percent")
def bptt_percent(answer):
    n, norm = 0, 1.0
    while norm >= 0.01:
        n, norm = n + 1, norm * 0.95
    return number_is(
        answer,
        n,
        hints=[
            (n - 1, "is it below one percent there already?"),
            (np.log(0.01) / np.log(0.95), "right, but whole steps"),
            (14, "that is one half, not one percent"),
            (99, "each step takes 5 % of what is left"),
            (20, "each step takes 5 % of what is left, not of what was there at first"),
        ],
    )


@check("bptt-transient")
def bptt_transient(answer):
    try:
        W = np.asarray(answer, dtype=np.float64)
    except (TypeError, ValueError):
        return "give a matrix of numbers, for example [[1.0, 0.0], [0.0, 1.0]]"
    if W.shape != (2, 2) or not np.isfinite(W).all():
        return f"give a 2 x 2 matrix of finite numbers; got shape {W.shape}"
    half_trace, determinant = np.trace(W) / 2, np.linalg.det(W)
    root = np.sqrt(complex(half_trace**2 - determinant))
    radius = max(abs(half_trace + root), abs(half_trace - root))
    if radius > 0.5 + 1e-6:
        return f"its spectral radius is {radius:.3g}, above 0.5"
    if not np.linalg.matrix_power(W, 2).any():
        return "after two steps this matrix leaves nothing: it is nilpotent"
    stretch = np.linalg.norm(np.linalg.matrix_power(W, 5), 2)
    if stretch < 10:
        return f"after five steps no gradient is more than {stretch:.3g} times as large"
    return None


@check("bptt-clip")
def bptt_clip(answer):
    rng = np.random.default_rng(12)
    for shapes, c, size in [
        ([(2, 3), (3,)], 1.0, 1.0),
        ([(4,)], 2.0, 0.01),
        ([(2,), (2, 2)], 1.0, 0.0),
    ]:
        grads = [size * rng.normal(size=s) for s in shapes]
        norm = np.linalg.norm(np.concatenate([g.ravel() for g in grads]))
        factor = min(1.0, c / norm) if norm > 0 else 1.0
        with np.errstate(all="ignore"):
            got = call(answer, [g.copy() for g in grads], c)
        if not isinstance(got, (list, tuple)) or len(got) != len(grads):
            return f"return a list of {len(grads)} arrays"
        parts = list(zip(got, grads))
        if size == 1.0 and all(
            array_is(a, g * min(1.0, c / np.linalg.norm(g))) is None for a, g in parts
        ):
            return "one norm for all of them together: else the direction is turned"
        if size == 1.0 and all(array_is(a, np.clip(g, -c, c)) is None for a, g in parts):
            return "that is by value, which turns the gradient"
        if 0 < size < 1.0 and all(array_is(a, g * c / norm) is None for a, g in parts):
            return "a gradient that is short enough is left alone, not lengthened"
        for a, g in parts:
            if (hint := array_is(a, g * factor, name="a gradient")) is not None:
                return f"{hint}, where the norm is {norm:.3g} and c = {c:g}"
    return None


@check("bptt-segment")
def bptt_segment(answer):
    lengths = [m for m in range(1, 3601) if 3600 % m == 0 and 3600 // m + m <= 130]
    return number_is(
        answer,
        max(lengths),
        hints=[
            (min(lengths), "that is the shortest; it needs as many states as the longest"),
            (60, "there the sum is smallest, 120; you may hold 130"),
            (100, "36 and 100 are 136"),
            (130, "the checkpoints need room, too"),
        ],
    )
