"""Checks of *Questions on generators and sequence models*."""

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


@check("qseq-blind")
def qseq_blind(answer):
    rng = np.random.default_rng(4)
    for fake_mean in (3.0, -100.0, 5.0):
        real, fake = 3 + 0.5 * rng.normal(size=40), fake_mean + rng.normal(size=40)
        by_kind = []
        for x in (real, fake):
            try:
                said = np.asarray(call(answer, x), dtype=np.float64)
            except (TypeError, ValueError) as error:
                return f"D(x) must be numbers: {error}"
            if said.shape != x.shape:
                return f"D(x) must have shape {x.shape}; got {said.shape}"
            if not ((said > 0) & (said < 1)).all():
                return "D(x) is a probability, above 0 and below 1; is that a score?"
            by_kind.append(said)
        loss = -np.log(by_kind[0]).mean() - np.log1p(-by_kind[1]).mean()
        if abs(loss - 2 * np.log(2)) > 1e-9:
            return f"samples around {fake_mean:g} give a loss of {loss:.3f}; 2 log 2 is 1.386"
    return None


@check("qseq-pieces")
def qseq_pieces(answer):
    rng = np.random.default_rng(5)
    for lengths, n_in, n_units in [((1,), 2, 3), ((2, 3), 3, 3), ((4, 1, 2), 2, 4)]:
        pieces = [rng.normal(size=(n, n_in)) for n in lengths]
        W, U = rng.normal(size=(n_in, n_units)), rng.normal(size=(n_units, n_units))
        b = rng.normal(size=n_units)
        right = _run(pieces, W, U, b)
        got = call(answer, [piece.copy() for piece in pieces], W.copy(), U.copy(), b.copy())
        hint = array_is(got, right, name="the state")
        if hint is None:
            continue
        slips = {
            "that is the state of the last piece alone: pass the state on": _run(
                pieces[-1:], W, U, b
            ),
            "the bias is missing": _run(pieces, W, U, 0 * b),
            "states are rows: h @ U, not U @ h": _run(pieces, W, U.T, b),
            "the state of the step before is missing": _run(pieces, W, 0 * U, b),
        }
        for said, value in slips.items():
            if array_is(got, value) is None:
                return said
        return hint
    return None


def _run(pieces, W, U, b):
    h = np.zeros(len(U))
    for x in np.concatenate(pieces):
        h = np.tanh(x @ W + h @ U + b)
    return h


@check("qseq-reach")
def qseq_reach(answer):
    return number_is(
        answer,
        2.0**-10,
        hints=[
            (0.05, "a tenth of one half is a straight line; shares multiply"),
            (0.5 ** (1 / 20), "that is the share that one step keeps"),
            (2.0**-20, "that is halved twenty times; it is halved once in 20 steps"),
            (2.0**-200, "that is halved at every step; it is halved once in 20 steps"),
            (0.5, "that is what is left after 20 steps"),
        ],
    )


@check("qseq-units")
def qseq_units(answer):
    n_in, n_units = 256, 256
    wanted = 4 * n_units * (n_in + n_units + 1)
    sizes = {units: 3 * units * (n_in + units + 1) for units in range(1, 1000)}
    right = min(sizes, key=lambda units: abs(sizes[units] - wanted))
    return number_is(
        answer,
        right,
        hints=[
            (n_units, "with as many units it has three quarters of the parameters"),
            (n_units * 4 / 3, "the recurrent weights grow with the square of the units"),
            (round(n_units * 4 / 3), "the recurrent weights grow with the square of the units"),
            (n_units * (4 / 3) ** 0.5, "only the recurrent weights grow with the square"),
            (round(n_units * (4 / 3) ** 0.5), "only the recurrent weights grow with the square"),
            (right + 1, "that is a little more; which is nearer?"),
        ],
    )


@check("qseq-order")
def qseq_order(answer):
    rng = np.random.default_rng(6)
    place = rng.normal(size=(5, 3))
    functions = {
        "a function of each word alone": lambda X: X @ np.ones((3, 2)),
        "each word minus the mean": lambda X: X - X.mean(0),
        "positions added": lambda X: np.tanh(X + place[: len(X)]),
        "positions added, and turned": lambda X: -np.tanh(X + place[: len(X)]),
        "running sums": lambda X: -np.cumsum(X, axis=0),
    }
    for order in ([0, 1, 2, 3, 4], [1, 2, 0, 3, 4], [3, 0, 4, 1, 2]):
        X, order = rng.normal(size=(5, 3)), np.array(order)
        for name, f in functions.items():
            right = np.abs(f(X[order]) - f(X)[order]).max()
            got = call(answer, f, X.copy(), order.copy())
            hint = number_is(got, right, tolerance=1e-9)
            if hint is None:
                continue
            if number_is(got, np.abs(f(X[order]) - f(X)).max()) is None:
                return f"{name}: that compares places; after shuffling another word stands there"
            if number_is(got, np.abs(f(X[order])[order] - f(X)).max()) is None:
                return f"{name}: that shuffles once more, which does not undo the shuffle"
            return f"{name}: {hint}"
    return None


@check("qseq-silent")
def qseq_silent(answer):
    right = (0.02 * 10 + 0.08 * 20) / 0.1
    return number_is(
        answer,
        right,
        hints=[
            (0.0, "a value of 0 pulls the answer down from 18 to 1.8; deleting it shows"),
            (15.0, "that is the plain mean of the other two; they have unequal weights"),
            (1.8, "the other two share the whole weight once word 2 is gone"),
        ],
    )
