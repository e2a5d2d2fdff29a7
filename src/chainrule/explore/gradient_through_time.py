"""The live figure *the gradient through time*: what a recurrent network leaves of a gradient on its way back."""

from chainrule.checks import check_choice, check_int, check_number
from chainrule.explore.figure import LiveFigure
from chainrule.explore.time_picture import picture
from chainrule.explore.time_simulation import FUNCTIONS, KINDS, LONGEST, compute

_CAPTION = (
    "Above, the states of a recurrent network; below, how strongly the last state depends on each, with the "
    "line that the spectral radius alone would give. Can a spectral radius above 1 keep a tanh network’s gradient?"
)
_STEPS = {
    "identity": "Tensor(size * x) + h @ W",
    "tanh": "(Tensor(size * x) + h @ W).tanh()",
    "relu": "(Tensor(size * x) + h @ W).relu()",
}
_CODE = """\
import numpy as np

from chainrule import Tensor, optim
from chainrule.explore.time_simulation import draw

rho, size = {rho}, {size}
start, weights, inputs = draw("{kind}", steps={steps}, seed={seed})  # the figure's own, of spectral radius 1
n = len(start)
W = Tensor(rho * weights, requires_grad=True)
h = Tensor(np.tile(start, (n, 1)), requires_grad=True)  # the same state n times
states = [h]
for x in inputs:
    h = {step}
    h.retain_grad()
    states.append(h)
h.backward(np.eye(n))  # row k: derivatives of unit k of the last state
norms = [np.linalg.norm(h.grad) / n**0.5 for h in states]
norm = optim.clip_grad_norm_([W], {clip})  # before clipping
print(norms[0], rho ** len(inputs), norm)"""


def _written(x):
    """Return a number as JavaScript writes it."""
    return repr(int(x) if x == int(x) else x)


def code_of(state):
    """Return the Python lines that give the numbers of a state with the engine."""
    return _CODE.format(
        kind=state["kind"],
        steps=state["steps"],
        seed=state["seed"],
        step=_STEPS[state["activation"]],
        rho=_written(state["rho"]),
        size=_written(state["size"]),
        clip="np.inf" if state["clip"] is None else _written(state["clip"]),
    )


def gradient_through_time(
    kind="random", *, rho=1.1, steps=50, activation="tanh", size=0.5, clip=None, seed=0,
):  # fmt: skip
    """Return a live figure of the states of a recurrent network and of the gradient that comes back.

    h_t = f(size x_t + h_{t−1} W) from an h_0 of length 1, with x from N(0, 1) and W of spectral radius ρ.
    The figure shows ‖∂h_T/∂h_t‖, the Frobenius norm over √H: how much the length of a gradient changes
    on its way from T to t, in the root mean square over all directions (pascanu2013difficulty).

    Parameters
    ----------
    kind : str, optional
        ``"one"``, a single unit of weight ρ; ``"random"``, 8 units with a normal matrix scaled to
        spectral radius ρ; ``"orthogonal"``, 8 units with ρ times an orthogonal matrix.
    rho : float, optional
        0.1 to 2.
    steps : int, optional
        2 to 100.
    activation : str, optional
        ``"identity"``, ``"tanh"`` or ``"relu"``.
    size : float, optional
        Standard deviation of the inputs, 0 to 3.
    clip : float, optional
        Clip the gradient of W, of the sum of the last state, at this norm, 0.001 to 1000.
    seed : int, optional
        0 to 1023.

    Returns
    -------
    LiveFigure
        Displayed when it is the last line of a cell.

    Raises
    ------
    TypeError, ValueError
        If an argument is not one of those.

    Examples
    --------
    >>> gradient_through_time("one", rho=2).state["rho"]
    2.0
    """
    state = {
        "kind": check_choice(kind, "kind", KINDS),
        "rho": check_number(rho, "rho", minimum=0.1, maximum=2),
        "steps": check_int(steps, "steps", minimum=2, maximum=LONGEST),
        "activation": check_choice(activation, "activation", FUNCTIONS),
        "size": check_number(size, "size", minimum=0, maximum=3),
        "clip": None if clip is None else check_number(clip, "clip", minimum=1e-3, maximum=1e3),
        "seed": check_int(seed, "seed", minimum=0, maximum=1023),
    }
    return LiveFigure(
        "gradient_through_time",
        state,
        title="The gradient through time",
        picture=picture(compute(state)),
        code=code_of(state),
        caption=_CAPTION,
    )
