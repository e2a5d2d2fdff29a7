"""Four optimisers on a surface of two parameters, step by step; race_simulation.js takes the same steps."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from chainrule.explore.depth_simulation import normals

RUNNERS = ("gradient descent", "heavy ball", "Nesterov", "Adam")
LAST = 5000  # steps that a race lasts
ARRIVED = 1e-6  # of the first loss


@dataclass(frozen=True)
class Surface:
    """f(x, y) = q(x) + c (y − r(x))², with the minimum 0; q and its slope take κ also."""

    title: str
    q: Callable
    dq: Callable
    c: float
    window: tuple  # x from, to, y from, to
    levels: tuple  # of the contours
    unit: float  # the largest noise that a reader may choose
    first: dict  # what choosing the surface sets
    r: Callable = lambda x: 0.0
    dr: Callable = lambda x: 0.0

    def loss(self, kappa, x, y):
        """Return f(x, y)."""
        off = y - self.r(x)
        return self.q(x, kappa) + self.c * off * off

    def gradient(self, kappa, x, y):
        """Return [∂f/∂x, ∂f/∂y]."""
        across = 2 * self.c * (y - self.r(x))
        return [self.dq(x, kappa) - across * self.dr(x), across]


def _settings(start, lr, adam, momentum, steps):
    return {"start": start, "lr": lr, "adam": adam, "momentum": momentum, "steps": steps}


SURFACES = {
    "ravine": Surface(
        "ravine (quadratic)", lambda x, k: (0.5 * x * x) / k, lambda x, k: x / k, 0.5,
        (-3, 3, -2, 2), (0.004, 0.02, 0.06, 0.15, 0.35, 0.7, 1.2, 1.8), 1,
        _settings((-2.6, 1.4), 1.2, 0.15, 0.8, 100),
    ),
    "rosenbrock": Surface(
        "Rosenbrock’s valley", lambda x, k: (1 - x) * (1 - x), lambda x, k: -2 * (1 - x), 100,
        (-2, 2, -1, 3), (0.2, 1, 4, 20, 80, 250, 600, 1200), 20,
        _settings((-1.2, 1.0), 0.001, 0.05, 0.9, 1000),
        r=lambda x: x * x, dr=lambda x: 2 * x,
    ),
    "saddle": Surface(
        "saddle", lambda x, k: 0.25 * (x * x - 1) * (x * x - 1), lambda x, k: x * (x * x - 1), 0.5,
        (-1.8, 1.8, -1.2, 1.6), (0.02, 0.1, 0.2, 0.25, 0.4, 0.7, 1.1, 1.6), 0.5,
        _settings((-0.0001, 1.4), 0.1, 0.02, 0.8, 150),
    ),
    "wells": Surface(
        "two minima", lambda x, k: ((0.25 * x - 1 / 6) * x - 1.125) * x * x + 1.125 * x + 2.390625,
        lambda x, k: (x * x - 2.25) * (x - 0.5), 2,
        (-2.6, 2.9, -1.8, 1.8), (0.1, 0.5, 1.2, 2, 2.45, 3, 4.5, 7), 3,
        _settings((2.7, 1.3), 0.02, 0.08, 0.9, 150),
    ),
}  # fmt: skip


def _stepper(runner, state):
    """Return the function that maps a gradient to a step, in PyTorch's convention: lr times the velocity."""
    lr, adam, momentum = state["lr"], state["adam"], state["momentum"]
    v, s, powers = [0.0, 0.0], [0.0, 0.0], [1.0, 1.0]

    def descend(g):
        return [lr * d for d in g]

    def roll(g):
        v[:] = [momentum * velocity + d for velocity, d in zip(v, g)]
        if runner == "heavy ball":
            return [lr * velocity for velocity in v]
        return [lr * (d + momentum * velocity) for velocity, d in zip(v, g)]

    def adapt(g):
        powers[:] = [powers[0] * 0.9, powers[1] * 0.999]
        v[:] = [0.9 * m + (1 - 0.9) * d for m, d in zip(v, g)]
        s[:] = [0.999 * square + (1 - 0.999) * d * d for square, d in zip(s, g)]
        return [
            adam * (m / (1 - powers[0])) / (math.sqrt(square / (1 - powers[1])) + 1e-8)
            for m, square in zip(v, s)
        ]

    return {"gradient descent": descend, "Adam": adapt}.get(runner, roll)


@dataclass
class Run:
    """One runner: positions and losses after 0, 1, ... steps; the step from which its loss stays below a
    millionth of the first, or at which it diverged."""

    runner: str
    points: list
    losses: list
    arrived: int | None = None
    diverged: int | None = None


def _run(runner, state, noise):
    surface, kappa, step = SURFACES[state["surface"]], state["kappa"], _stepper(runner, state)
    x, y = state["start"]
    first = surface.loss(kappa, x, y)
    run = Run(runner, [(x, y)], [first])
    above = 0 if first > 0 else -1  # the last step with more than a millionth of the first loss
    for n in range(1, LAST + 1):
        g = surface.gradient(kappa, x, y)
        if noise is not None:
            g = [d + state["noise"] * z for d, z in zip(g, noise[2 * n - 2 : 2 * n])]
        dx, dy = step(g)
        x, y = x - dx, y - dy
        now = surface.loss(kappa, x, y)
        if not now <= 1e6 * (1 + first):
            run.diverged = n
            return run
        run.points.append((x, y))
        run.losses.append(now)
        if now > ARRIVED * first:
            above = n
    run.arrived = None if above == LAST else above + 1
    return run


def rate(runner, state):
    """Return the factor by which a step multiplies the error on the quadratic in the long run.

    It is the largest root of the runner's recursion over both curvatures, 1/κ and 1: of
    z² − (1 + β − lr λ) z + β for the heavy ball (polyak1964some), β = 0 for gradient descent,
    and of z² − (1 + β)(1 − lr λ) z + β (1 − lr λ) for Nesterov's.
    """
    lr, factors = state["lr"], []
    m = 0.0 if runner == "gradient descent" else state["momentum"]
    for curvature in (1 / state["kappa"], 1.0):
        trace, product = 1 + m - lr * curvature, m
        if runner == "Nesterov":
            trace, product = (1 + m) * (1 - lr * curvature), m * (1 - lr * curvature)
        inside = trace * trace - 4 * product
        real = (abs(trace) + math.sqrt(max(inside, 0))) / 2
        factors.append(math.sqrt(product) if inside < 0 else real)
    return max(factors)


@dataclass
class Computed:
    """What the figure shows of a state: four runs and, on the quadratic, three rates."""

    state: dict
    runs: list
    rates: list


def noise_of(state):
    """Return the numbers N(0, 1) that a race adds to its gradients, noise times each, or None.

    All runners get the same: two for each step, for x and for y.
    """
    return normals(state["seed"], 2 * LAST).tolist() if state["noise"] > 0 else None


def compute(state):
    """Return what the figure shows of ``{surface, kappa, lr, adam, momentum, noise, seed, start, steps}``."""
    noise = noise_of(state)
    runs = [_run(runner, state, noise) for runner in RUNNERS]
    rates = [rate(runner, state) for runner in RUNNERS[:3]] if state["surface"] == "ravine" else []
    return Computed(state, runs, rates)
