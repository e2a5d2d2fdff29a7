"""Schedules along a cosine: annealing, with warm restarts, and one cycle up and down."""

import math

from chainrule.checks import (
    check_bool,
    check_choice,
    check_int,
    check_non_negative,
    check_number,
    check_positive,
    check_probability,
)
from chainrule.optim.optimizer import Optimizer
from chainrule.optim.schedules.schedule import Schedule


def _along_cosine(start, end, share):
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2


def _along_line(start, end, share):
    return start + (end - start) * share


class CosineAnnealingLR(Schedule):
    """eta_min + (lr − eta_min) (1 + cos(π t / T_max)) / 2 (loshchilov2017sgdr, without the restarts).

    After T_max steps it climbs back along the same cosine, as in PyTorch. Keras: CosineDecay(lr, T_max, alpha) with
    eta_min = alpha · lr, which stays at eta_min after T_max.

    T_max : int, at least 1
    eta_min : at least 0
    """

    def __init__(self, optimizer, T_max, eta_min=0.0):
        self.T_max = check_int(T_max, "T_max", minimum=1)
        self.eta_min = check_non_negative(eta_min, "eta_min")
        super().__init__(optimizer)

    def _at(self, step):
        return _along_cosine(self.base_lr, self.eta_min, step / self.T_max)


class CosineAnnealingWarmRestarts(Schedule):
    """SGDR (loshchilov2017sgdr): cosine annealing over T_0 steps, then again from lr over T_0 · T_mult, and so on.

    Keras: CosineDecayRestarts(lr, T_0, t_mul=T_mult, m_mul=1, alpha) with eta_min = alpha · lr.

    T_0, T_mult : int, at least 1
    eta_min : at least 0
    """

    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0):
        self.T_0 = check_int(T_0, "T_0", minimum=1)
        self.T_mult = check_int(T_mult, "T_mult", minimum=1)
        self.eta_min = check_non_negative(eta_min, "eta_min")
        super().__init__(optimizer)

    def _at(self, step):
        length = self.T_0
        if self.T_mult == 1:
            step %= length
        while step >= length:
            step -= length
            length *= self.T_mult
        return _along_cosine(self.base_lr, self.eta_min, step / length)


class OneCycleLR(Schedule):
    """One cycle (smith2018superconvergence): from max_lr / div_factor up to max_lr, then down to far less.

    It takes total_steps, the rise pct_start of them. The end is max_lr / div_factor / final_div_factor; with
    three_phase the way down first mirrors the rise. With cycle_momentum the momentum (betas[0] in the Adam family) goes
    the other way, from max_momentum to base_momentum and back, as ``momentum_at(step)`` says. The learning rate that
    the optimiser has is not used. Step total_steps is the last that may be asked for, and has the lowest rate. Keras
    has no such schedule.

    max_lr, div_factor, final_div_factor : above 0
    total_steps : int, at least 1
    pct_start : number in [0, 1]
    anneal_strategy : "cos" or "linear"
    cycle_momentum, three_phase : bool
    base_momentum, max_momentum : numbers in [0, 1)
    Raises ValueError where cycle_momentum is true and the optimiser has neither momentum nor betas.
    """

    def __init__(
        self, optimizer, max_lr, total_steps, pct_start=0.3, anneal_strategy="cos", cycle_momentum=True,
        base_momentum=0.85, max_momentum=0.95, div_factor=25.0, final_div_factor=1e4, three_phase=False,
    ):  # fmt: skip
        self.max_lr = check_positive(max_lr, "max_lr")
        self.total_steps = check_int(total_steps, "total_steps", minimum=1)
        self.pct_start = check_probability(pct_start, "pct_start")
        self.anneal_strategy = check_choice(anneal_strategy, "anneal_strategy", ("cos", "linear"))
        self.cycle_momentum = check_bool(cycle_momentum, "cycle_momentum")
        self.base_momentum = check_number(base_momentum, "base_momentum", minimum=0, below=1)
        self.max_momentum = check_number(max_momentum, "max_momentum", minimum=0, below=1)
        self.div_factor = check_positive(div_factor, "div_factor")
        self.final_div_factor = check_positive(final_div_factor, "final_div_factor")
        self.three_phase = check_bool(three_phase, "three_phase")
        self._cycled = _name_of_momentum(optimizer) if self.cycle_momentum else None
        super().__init__(optimizer)

    def _phases(self):
        """Return (last step, lr at the end, momentum at the end) of each phase."""
        rise, low = self.pct_start * self.total_steps, self.max_lr / self.div_factor
        phases = [(rise - 1, self.max_lr, self.base_momentum)]
        if self.three_phase:
            phases.append((2 * rise - 2, low, self.max_momentum))
        return [*phases, (self.total_steps - 1, low / self.final_div_factor, self.max_momentum)]

    def _both_at(self, step):
        """Return learning rate and momentum after ``step`` steps."""
        check_int(step, "step", minimum=0, maximum=self.total_steps)
        along = _along_cosine if self.anneal_strategy == "cos" else _along_line
        begin, lr, momentum = 0.0, self.max_lr / self.div_factor, self.max_momentum
        phases = self._phases()
        for phase in phases:
            end, end_lr, end_momentum = phase
            if step <= end or phase is phases[-1]:
                break
            begin, lr, momentum = phase
        share = min((step - begin) / (end - begin), 1.0) if end > begin else 1.0
        return along(lr, end_lr, share), along(momentum, end_momentum, share)

    def _at(self, step):
        return self._both_at(step)[0]

    def momentum_at(self, step):
        """Return the momentum after ``step`` steps."""
        return self._both_at(step)[1]

    def _set(self, step):
        super()._set(step)
        if self._cycled == "betas":
            self.optimizer.betas = (self.momentum_at(step), *self.optimizer.betas[1:])
        elif self._cycled:
            self.optimizer.momentum = self.momentum_at(step)


def _name_of_momentum(optimizer):
    """Return the name of the hyperparameter that is the optimiser's momentum, None where there is no optimiser."""
    if not isinstance(optimizer, Optimizer):
        return None
    for name in ("betas", "momentum"):
        if name in optimizer.rules:
            return name
    raise ValueError(
        f"optimizer must have momentum or betas where cycle_momentum=True; "
        f"got {type(optimizer).__name__}"
    )
