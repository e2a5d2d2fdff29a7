"""What every schedule shares: a learning rate that is a function of the step, and an object that sets it."""

import numpy as np

from chainrule.checks import check_callable, check_int, check_non_negative
from chainrule.optim.optimizer import Optimizer
from chainrule.state import matched


class Schedule:
    """Set ``optimizer.lr`` as a function of how many steps were taken; the base of StepLR and the others.

    ``at(step)`` is the function: the learning rate after that many steps, 0 for the first. Making a schedule sets
    ``at(0)``; call ``step()`` once after every ``optimizer.step()``, or once an epoch, as the numbers are meant. As in
    PyTorch, a schedule starts from the learning rate that the optimiser was made with (or that was assigned to
    ``optimizer.lr`` since), not from where an earlier schedule left it.

    optimizer : Optimizer, or a number: the learning rate to start from, for a schedule that is only to be looked at
    Raises TypeError or ValueError where optimizer is neither.

    Attributes
    ----------
    base_lr : float
        What the schedule starts from.
    last_step : int
        How often ``step`` was called.
    last_lr : float
        The learning rate that was set last.
    """

    def __init__(self, optimizer):
        if isinstance(optimizer, Optimizer):
            self.optimizer, self.base_lr = optimizer, _initial_lr(optimizer)
        elif isinstance(optimizer, int | float | np.number) and not isinstance(optimizer, bool):
            self.optimizer, self.base_lr = None, check_non_negative(optimizer, "optimizer")
        else:
            raise TypeError(
                f"optimizer must be an Optimizer, or a learning rate; got {type(optimizer).__name__}"
            )
        self._set(0)

    def at(self, step):
        """Return the learning rate after ``step`` steps; it depends on nothing else.

        step : int, at least 0
        """
        return self._at(check_int(step, "step", minimum=0))

    def _at(self, step):
        """Return the learning rate after ``step`` steps; every schedule gives its own."""
        raise NotImplementedError(f"{type(self).__name__} must define _at")

    def path(self, n_steps):
        """Return the learning rates of the first n steps, an array (n_steps,) of float64."""
        return np.array(
            [self._at(t) for t in range(check_int(n_steps, "n_steps", minimum=0))], float
        )

    def step(self):
        """Count one step and set the learning rate of the next."""
        self._set(self.last_step + 1)

    def _set(self, step):
        """Set what belongs to a step."""
        lr = self._at(step)
        self._change(lr)
        self.last_step, self.last_lr = step, lr

    def _change(self, lr):
        """Give the optimiser its learning rate, and remember where the schedules over it started."""
        if self.optimizer is not None:
            self.optimizer.lr = lr
            self.optimizer.scheduled = (self.base_lr, lr)

    def state_dict(self):
        """Return base_lr and last_step as a dict of arrays; the other numbers come from making the schedule anew."""
        return {"base_lr": np.array(self.base_lr), "last_step": np.array(self.last_step)}

    def load_state_dict(self, state_dict):
        """Go on from what ``state_dict`` gave; a mismatch of names or values raises and changes nothing."""
        arrays = matched({"base_lr": (), "last_step": ()}, state_dict)
        base_lr = check_non_negative(arrays["base_lr"].item(), "base_lr")
        step = check_int(arrays["last_step"].item(), "last_step", minimum=0)
        self._at(step)  # refuses a step that lies beyond the end
        self._start_from(base_lr)
        self._set(step)

    def _start_from(self, base_lr):
        self.base_lr = base_lr

    def __repr__(self):
        return f"{type(self).__name__}(step {self.last_step}, lr={self.last_lr:.6g})"


def _initial_lr(optimizer):
    """Return the learning rate that was there before any schedule changed it."""
    base_lr, lr = getattr(optimizer, "scheduled", (optimizer.lr, optimizer.lr))
    return base_lr if optimizer.lr == lr else optimizer.lr


class LambdaLR(Schedule):
    """The learning rate times a function of the step: lr · lr_lambda(t).

    Keras's InverseTimeDecay(lr, n, rate) is ``lambda t: 1 / (1 + rate * t / n)``.

    lr_lambda : callable (int) -> float, at least 0
    Raises TypeError where lr_lambda cannot be called or gives no number, ValueError where it gives one below 0.
    """

    def __init__(self, optimizer, lr_lambda):
        self.lr_lambda = check_callable(lr_lambda, "lr_lambda")
        super().__init__(optimizer)

    def _at(self, step):
        return self.base_lr * check_non_negative(self.lr_lambda(step), "lr_lambda(step)")
