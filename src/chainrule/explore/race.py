"""The live figure *the race*: four optimisers on a surface, from where the reader puts them."""

from chainrule.checks import check_choice, check_int, check_number
from chainrule.explore.figure import LiveFigure
from chainrule.explore.race_picture import picture
from chainrule.explore.race_simulation import LAST, SURFACES, compute

_CAPTION = (
    "Gradient descent (circles), the heavy ball (squares), Nesterov’s momentum (triangles) and Adam (diamonds) "
    "start from one point. Which arrives first, and at which learning rate is it the first to fly away?"
)
_FORMULAS = {
    "ravine": "(x**2 / {kappa} + y**2) / 2",
    "rosenbrock": "(1 - x) ** 2 + 100 * (y - x**2) ** 2",
    "saddle": "(x**2 - 1) ** 2 / 4 + y**2 / 2",
    "wells": "x**4 / 4 - x**3 / 6 - 1.125 * x**2 + 1.125 * x + 2.390625 + 2 * y**2",
}
_NOISE = """
from chainrule.explore.race_simulation import noise_of

z = noise_of({{"noise": {noise}, "seed": {seed}}})  # the figure's own"""
_CODE = """\
from chainrule import Tensor, optim{imports}
lr, momentum = {lr}, {momentum}
runners = {{
    "gradient descent": lambda p: optim.SGD([p], lr),
    "heavy ball": lambda p: optim.SGD([p], lr, momentum),
    "Nesterov": lambda p: {nesterov},
    "Adam": lambda p: optim.Adam([p], {adam}),
}}


def f(x, y):
    return {formula}


losses = {{}}
for name, make in runners.items():
    p = Tensor([{start}], requires_grad=True)
    optimizer, losses[name] = make(p), []
    for n in range({steps}):
        loss = f(p[0], p[1])
        losses[name].append(loss.item())
        if not losses[name][-1] <= 1e6 * (1 + losses[name][0]):
            break  # it diverges
        optimizer.zero_grad()
        {backward}
        optimizer.step()
    print(name, losses[name][-1])"""


def _written(x):
    """Return a number as JavaScript writes it, where both mean the same."""
    return repr(int(x) if x == int(x) else x)


def code_of(state):
    """Return the Python lines that run the race of a state with the engine."""
    numbers = {
        name: _written(state[name]) for name in ("lr", "momentum", "adam", "kappa", "noise", "seed")
    }
    noisy = f"(loss + {numbers['noise']} * (z[2 * n] * p[0] + z[2 * n + 1] * p[1])).backward()"
    nesterov = "optim.SGD([p], lr, momentum, nesterov=True)"
    return _CODE.format(
        imports=_NOISE.format(**numbers) if state["noise"] else "",
        nesterov=nesterov if state["momentum"] else "optim.SGD([p], lr)",
        formula=_FORMULAS[state["surface"]].format(**numbers),
        start=", ".join(repr(float(x)) for x in state["start"]),
        steps=state["steps"],
        backward=noisy if state["noise"] else "loss.backward()",
        **{name: numbers[name] for name in ("lr", "momentum", "adam")},
    )


def race(
    surface="ravine", *, kappa=50, lr=None, momentum=None, adam_lr=None, noise=0, seed=0,
    start=None, steps=None,
):  # fmt: skip
    """Return a live figure in which four optimisers race on a surface of two parameters.

    Gradient descent, the heavy ball and Nesterov's momentum share the learning rate and the momentum;
    Adam has a learning rate of its own, since its step is about that long whatever the slope. All
    start from one point and see the same noise. What is not given is the surface's own setting.

    Parameters
    ----------
    surface : str, optional
        ``"ravine"``, the quadratic (x²/κ + y²)/2; ``"rosenbrock"``; ``"saddle"``, between two equal
        minima; ``"wells"``, a deep minimum and a shallow one.
    kappa : float, optional
        The ravine's condition number, 1 to 1000.
    lr, adam_lr : float, optional
        1e-4 to 5, and 1e-3 to 1.
    momentum : float, optional
        0 to 0.99, in PyTorch's convention.
    noise : float, optional
        Standard deviation of the noise in each component of the gradient, 0 to 20.
    seed : int, optional
        0 to 1023, of the noise.
    start : pair of floats, optional
        Within 10 of the origin; the figure shows less.
    steps : int, optional
        How many to show, 10 to 5000; the race itself lasts 5000.

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
    >>> race("saddle", lr=0.2).state["lr"]
    0.2
    """
    first = SURFACES[check_choice(surface, "surface", SURFACES)].first
    own = {name: first[key] for name, key in (("lr", "lr"), ("momentum", "momentum"))}
    given = {"lr": lr, "momentum": momentum}
    chosen = {name: own[name] if value is None else value for name, value in given.items()}
    state = {
        "surface": surface,
        "kappa": check_number(kappa, "kappa", minimum=1, maximum=1000),
        "lr": check_number(chosen["lr"], "lr", minimum=1e-4, maximum=5),
        "adam": check_number(
            first["adam"] if adam_lr is None else adam_lr, "adam_lr", minimum=1e-3, maximum=1
        ),
        "momentum": check_number(chosen["momentum"], "momentum", minimum=0, maximum=0.99),
        "noise": check_number(noise, "noise", minimum=0, maximum=20),
        "seed": check_int(seed, "seed", minimum=0, maximum=1023),
        "start": _checked_start(first["start"] if start is None else start),
        "steps": check_int(
            first["steps"] if steps is None else steps, "steps", minimum=10, maximum=LAST
        ),
    }
    return LiveFigure(
        "race",
        state,
        title="The race: four optimisers on one surface",
        picture=picture(compute(state)),
        code=code_of(state),
        caption=_CAPTION,
    )


def _checked_start(start):
    if not isinstance(start, tuple | list) or len(start) != 2:
        raise TypeError(f"start must be two numbers; got {start!r}")
    return [check_number(x, f"start[{i}]", minimum=-10, maximum=10) for i, x in enumerate(start)]
