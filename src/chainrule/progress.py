"""The progress bar of a training run."""

import os
import sys
import time


def is_watched():
    """Say whether somebody watches: at a terminal, or in a notebook that no test runs."""
    if sys.stderr.isatty():
        return True
    in_kernel = "ipykernel" in sys.modules and "PYTEST_CURRENT_TEST" not in os.environ
    return in_kernel and type(sys.stderr).__module__.startswith("ipykernel")


class Bar:
    """A line on stderr that says how far training is; at most ten times a second."""

    def __init__(self, n_steps, is_shown):
        self.n_steps, self.is_shown = n_steps, is_shown
        self.done = self.width = 0
        self.began = self.shown = time.monotonic()

    def advance(self, epoch, loss):
        self.done += 1
        now = time.monotonic()
        if not self.is_shown or now - self.shown < 0.1:
            return
        share = self.done / self.n_steps
        left = (now - self.began) * (1 / share - 1)
        bar = "#" * int(20 * share)
        self._write(f"[{bar:20}] {share:4.0%}  epoch {epoch}  loss {loss:.4f}  {left:.0f} s left")
        self.shown = now

    def erase(self):
        if self.width:
            self._write("")
            print("\r", end="", file=sys.stderr, flush=True)

    def _write(self, text):
        print("\r" + text.ljust(self.width), end="", file=sys.stderr, flush=True)
        self.width = len(text)
