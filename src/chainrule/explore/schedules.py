"""The live figure *schedules*: compose a learning-rate schedule, see it, and take its code along."""

from chainrule.checks import check_choice, check_int, check_number
from chainrule.explore.figure import LiveFigure
from chainrule.explore.schedules_picture import TITLES, compute, picture, warmup_of

_CAPTION = (
    "A warm-up and what follows. The area under the curve is the sum of all rates, which limits how far "
    "gradients of a bounded size can carry the weights. Which shapes of one peak have the same area?"
)
_SHAPES = {
    "constant": "optim.LambdaLR(optimizer, lambda t: 1.0)",
    "step": "optim.StepLR(optimizer, step_size={every}, gamma={gamma})",
    "exponential": "optim.ExponentialLR(optimizer, gamma={decay})",
    "polynomial": "optim.PolynomialLR(optimizer, total_iters={n}, power={power})",
    "cosine": "optim.CosineAnnealingLR(optimizer, T_max={n}{lowest})",
    "sgdr": ("optim.CosineAnnealingWarmRestarts(optimizer, T_0={period}, T_mult={mult}{lowest})"),
    "onecycle": (
        "optim.OneCycleLR(optimizer, max_lr=lr, total_steps={n}, pct_start={rise}, "
        "div_factor={div}, cycle_momentum=False)"
    ),
}
_CODE = """\
from chainrule import optim

lr, n_steps = {lr}, {steps}
optimizer = lr  # to look at it; to train, your optimiser, made with lr
schedule = {schedule}
print(schedule.path(n_steps).sum())
# in training: schedule.step() after every optimizer.step()"""
_WITH_WARMUP = """\
optim.SequentialLR(
    optimizer,
    [
        optim.LinearLR(optimizer, start_factor=0.01, total_iters={warmup}),
        {schedule},
    ],
    milestones=[{warmup}],
)"""


def code_of(state):
    """Return the Python lines that make the schedule of a state."""
    warmup = warmup_of(state)
    written = {
        name: repr(int(x) if x == int(x) else x)
        for name, x in state.items()
        if not isinstance(x, str)
    }
    written["lowest"] = f", eta_min={written['low']} * lr" if state["low"] else ""
    schedule = _SHAPES[state["shape"]].format(n=state["steps"] - warmup, **written)
    if warmup:
        schedule = _WITH_WARMUP.format(warmup=warmup, schedule=schedule)
    return _CODE.format(lr=written["lr"], steps=written["steps"], schedule=schedule)


def schedules(
    shape="cosine", *, lr=0.1, steps=100, warmup=10, every=30, gamma=0.3, decay=0.97, power=1.0,
    low=0.0, period=15, mult=2, rise=0.3, div=25,
):  # fmt: skip
    """Return a live figure in which a reader composes a learning-rate schedule.

    Parameters
    ----------
    shape : str, optional
        ``"constant"``, ``"step"``, ``"exponential"``, ``"polynomial"``, ``"cosine"``, ``"sgdr"`` or
        ``"onecycle"``.
    lr : float, optional
        The peak, 1e-4 to 10.
    steps : int, optional
        10 to 1000.
    warmup : int, optional
        Steps of a linear rise from lr / 100, 0 to 500; less than ``steps``. One cycle has none.
    every, gamma : int and float, optional
        Step decay: multiply by gamma, 0.05 to 1, every so many steps, 1 to 1000.
    decay : float, optional
        Exponential decay: the factor of a step, 0.9 to 1.
    power : float, optional
        Polynomial decay: 0.1 to 5.
    low : float, optional
        Cosine and SGDR: the lowest rate as a part of the peak, 0 to 1.
    period, mult : int, optional
        SGDR: the first period, 1 to 1000, and what multiplies the next, 1 to 4.
    rise, div : float, optional
        One cycle: the part of the steps that rises, 0.05 to 0.95; it starts at lr / div, 1 to 100.

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
    >>> schedules("step", every=20).state["every"]
    20
    """
    state = {
        "shape": check_choice(shape, "shape", TITLES),
        "lr": check_number(lr, "lr", minimum=1e-4, maximum=10),
        "steps": check_int(steps, "steps", minimum=10, maximum=1000),
        "warmup": check_int(warmup, "warmup", minimum=0, maximum=500),
        "every": check_int(every, "every", minimum=1, maximum=1000),
        "gamma": check_number(gamma, "gamma", minimum=0.05, maximum=1),
        "decay": check_number(decay, "decay", minimum=0.9, maximum=1),
        "power": check_number(power, "power", minimum=0.1, maximum=5),
        "low": check_number(low, "low", minimum=0, maximum=1),
        "period": check_int(period, "period", minimum=1, maximum=1000),
        "mult": check_int(mult, "mult", minimum=1, maximum=4),
        "rise": check_number(rise, "rise", minimum=0.05, maximum=0.95),
        "div": check_number(div, "div", minimum=1, maximum=100),
    }
    if warmup >= steps:
        raise ValueError(f"warmup must be less than steps; got warmup={warmup}, steps={steps}")
    return LiveFigure(
        "schedules",
        state,
        title="Schedules: compose a learning rate",
        picture=picture(compute(state)),
        code=code_of(state),
        caption=_CAPTION,
    )
