"""A recurrent network forward, and the Jacobians of its last state back through time.

The random numbers and the recursions are those of ``time_simulation.js``, so that the picture in a
page without scripts is the one that the script draws.
"""

import math
from dataclasses import dataclass

import numpy as np

from chainrule.explore.depth_simulation import normals

LONGEST = 100  # steps
_WIDTH = 8  # units, where there is more than one
KINDS = {"one": "one unit", "random": "8 units, random", "orthogonal": "8 units, orthogonal"}
FUNCTIONS = {  # title, f, f′ in terms of f
    "identity": ("identity", lambda z: z, np.ones_like),
    "tanh": ("tanh", np.tanh, lambda h: 1 - h * h),
    "relu": ("ReLU", lambda z: np.maximum(z, 0), lambda h: (h > 0) * 1.0),
}


def _norm(a):
    """Return the Frobenius norm; squares neither overflow nor vanish on the way."""
    return math.hypot(*a.ravel().tolist())


def draw(kind, steps, seed):
    """Return the first state, recurrent weights of spectral radius 1, and inputs from N(0, 1).

    Parameters
    ----------
    kind : str
        ``"one"``: one unit, of weight 1; ``"random"``: normal numbers, divided by their spectral
        radius; ``"orthogonal"``: a random orthogonal matrix.
    steps : int
        1 to 100.
    seed : int
        0 to 1023.

    Returns
    -------
    start : array (H,), of length 1
    weights : array (H, H)
    inputs : array (T, H)

    Examples
    --------
    >>> start, weights, inputs = draw("random", steps=30, seed=0)
    >>> weights.shape, inputs.shape, f"{abs(np.linalg.eigvals(weights)).max():.9f}"
    ((8, 8), (30, 8), '1.000000000')
    """
    rows = normals(seed, (_WIDTH + LONGEST) * _WIDTH).reshape(-1, _WIDTH)
    square, units = rows[:_WIDTH], 1 if kind == "one" else _WIDTH
    if kind == "one":
        weights = np.ones((1, 1))
    elif kind == "random":
        weights = square / np.abs(np.linalg.eigvals(square)).max()
    else:
        q, r = np.linalg.qr(square.T)
        weights = (q * np.sign(np.diag(r))).T
    return np.full(units, units**-0.5), weights, rows[_WIDTH : _WIDTH + steps, :units]


@dataclass
class Computed:
    """What the figure shows of a state."""

    state: dict
    states: list  # of arrays (H,), from the first state on
    norms: list  # for each state that of the last state's Jacobian by it, ‖∂h_T/∂h_t‖ / √H
    line: list  # ρ^(T − t)
    slope: float  # mean f′ over all units and steps
    gradient: float  # norm of the gradient of W, of the sum of the last state
    factor: float  # by which clipping multiplies it


def compute(state):
    """Return what the figure shows of ``{kind, rho, steps, activation, size, clip, seed}``."""
    _, f, slope = FUNCTIONS[state["activation"]]
    rho, steps = state["rho"], state["steps"]
    start, weights, inputs = draw(state["kind"], steps, state["seed"])
    W, states = rho * weights, [start]
    for x in inputs:
        states.append(f(state["size"] * x + states[-1] @ W))
    norms, slopes = [1.0] * (steps + 1), np.array([slope(h) for h in states[1:]])
    jacobian, gradient = np.eye(len(start)), np.zeros_like(W)
    for t in range(steps, 0, -1):
        delta = slopes[t - 1][:, None] * jacobian  # by what step t's units take in
        gradient += np.outer(states[t - 1], delta.sum(axis=1))
        jacobian = W @ delta
        norms[t - 1] = _norm(jacobian) / math.sqrt(len(start))
    whole = _norm(gradient)
    factor = 1.0 if state["clip"] is None else min(1.0, state["clip"] / (whole + 1e-6))
    line = [rho ** (steps - t) for t in range(steps + 1)]
    return Computed(state, states, norms, line, float(slopes.mean()), whole, factor)
