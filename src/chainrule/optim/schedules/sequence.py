"""Schedules one after the other."""

from bisect import bisect_right
from itertools import pairwise

from chainrule.optim.optimizer import Optimizer
from chainrule.optim.schedules.decays import check_milestones
from chainrule.optim.schedules.schedule import Schedule


class SequentialLR(Schedule):
    """One schedule after the other: each counts its own steps from 0, from the milestone on where it begins.

    Warm-up and then a cosine: ``SequentialLR(o, [LinearLR(o, 0.1, total_iters=5), CosineAnnealingLR(o, 95)], [5])``.
    Keras has this one case, CosineDecay(0.1 · lr, 95, warmup_target=lr, warmup_steps=5).

    optimizer : the Optimizer, or the number, that the schedules were made with
    schedules : list of Schedule
    milestones : list of int, increasing, one fewer than the schedules
    Raises TypeError or ValueError where they do not go together.
    """

    def __init__(self, optimizer, schedules, milestones):
        self.milestones = check_milestones(milestones)
        if not isinstance(schedules, list | tuple) or not schedules:
            raise TypeError(f"schedules must be a list of Schedules, not empty; got {schedules!r}")
        for i, schedule in enumerate(schedules):
            if not isinstance(schedule, Schedule):
                raise TypeError(f"schedules[{i}] must be a Schedule; got {type(schedule).__name__}")
            if schedule.optimizer is not (optimizer if isinstance(optimizer, Optimizer) else None):
                raise ValueError(
                    f"schedules[{i}] must be made with the same optimizer; got another"
                )
        steps = self.milestones
        if len(steps) != len(schedules) - 1 or any(a >= b for a, b in pairwise(steps)):
            raise ValueError(
                f"milestones must be increasing and one fewer than the schedules; "
                f"got milestones={steps} for {len(schedules)}"
            )
        self.schedules = list(schedules)
        super().__init__(optimizer)

    def _part(self, step):
        """Return the schedule that a step belongs to, and the step in its own count."""
        i = bisect_right(self.milestones, step)
        return self.schedules[i], step - (self.milestones[i - 1] if i else 0)

    def _at(self, step):
        schedule, own = self._part(step)
        return schedule._at(own)

    def _set(self, step):
        schedule, own = self._part(step)
        schedule._set(own)
        self.last_step, self.last_lr = step, schedule.last_lr

    def _start_from(self, base_lr):
        super()._start_from(base_lr)
        for schedule in self.schedules:
            schedule._start_from(base_lr)
