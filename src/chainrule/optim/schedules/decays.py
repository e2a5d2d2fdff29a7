"""Schedules that go one way: by steps, geometrically, by a polynomial, along a line."""

from bisect import bisect_right

from chainrule.checks import check_int, check_non_negative, check_positive
from chainrule.optim.schedules.schedule import Schedule


def check_milestones(milestones, name="milestones"):
    """Return milestones as a list of integers at least 0."""
    if isinstance(milestones, str | dict) or not hasattr(milestones, "__iter__"):
        raise TypeError(f"{name} must be a list of integers; got {type(milestones).__name__}")
    return [check_int(m, f"{name}[{i}]", minimum=0) for i, m in enumerate(milestones)]


class StepLR(Schedule):
    """lr · gamma^⌊t / step_size⌋.

    Keras: ExponentialDecay(lr, step_size, gamma, staircase=True).

    step_size : int, at least 1
    gamma : above 0
    """

    def __init__(self, optimizer, step_size, gamma=0.1):
        self.step_size = check_int(step_size, "step_size", minimum=1)
        self.gamma = check_positive(gamma, "gamma")
        super().__init__(optimizer)

    def _at(self, step):
        return self.base_lr * self.gamma ** (step // self.step_size)


class MultiStepLR(Schedule):
    """lr · gamma^(number of milestones that are at most t).

    Keras: PiecewiseConstantDecay with boundaries one lower (there a boundary is the last step of the old value) and
    values lr, lr · gamma, lr · gamma², ...

    milestones : list of int, at least 0
    gamma : above 0
    """

    def __init__(self, optimizer, milestones, gamma=0.1):
        self.milestones = sorted(check_milestones(milestones))
        self.gamma = check_positive(gamma, "gamma")
        super().__init__(optimizer)

    def _at(self, step):
        return self.base_lr * self.gamma ** bisect_right(self.milestones, step)


class ExponentialLR(Schedule):
    """lr · gammaᵗ.

    Keras: ExponentialDecay(lr, n, rate) with gamma = rate^(1 / n).

    gamma : above 0; above 1 the learning rate grows, as in a search for its limit
    """

    def __init__(self, optimizer, gamma):
        self.gamma = check_positive(gamma, "gamma")
        super().__init__(optimizer)

    def _at(self, step):
        return self.base_lr * self.gamma**step


class PolynomialLR(Schedule):
    """lr · (1 − t / total_iters)^power up to step total_iters, then 0.

    Keras: PolynomialDecay(lr, total_iters, end_learning_rate=0, power=power).

    total_iters : int, at least 1
    power : above 0
    """

    def __init__(self, optimizer, total_iters=5, power=1.0):
        self.total_iters = check_int(total_iters, "total_iters", minimum=1)
        self.power = check_positive(power, "power")
        super().__init__(optimizer)

    def _at(self, step):
        return self.base_lr * (1 - min(step / self.total_iters, 1.0)) ** self.power


class LinearLR(Schedule):
    """Linear warm-up: lr · (start_factor + (end_factor − start_factor) · t / total_iters), level after total_iters.

    Keras has it inside CosineDecay, as warmup_target and warmup_steps. PyTorch refuses a start_factor of 0 and factors
    above 1; here both are allowed.

    start_factor, end_factor : at least 0
    total_iters : int, at least 1
    """

    def __init__(self, optimizer, start_factor=1 / 3, end_factor=1.0, total_iters=5):
        self.start_factor = check_non_negative(start_factor, "start_factor")
        self.end_factor = check_non_negative(end_factor, "end_factor")
        self.total_iters = check_int(total_iters, "total_iters", minimum=1)
        super().__init__(optimizer)

    def _at(self, step):
        share = min(step / self.total_iters, 1.0)
        return self.base_lr * (self.start_factor + (self.end_factor - self.start_factor) * share)
