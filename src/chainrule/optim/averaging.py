"""The average of the weights that training passes through."""

import contextlib

import numpy as np

from chainrule.checks import check_int, check_probability
from chainrule.state import matched


class WeightAverage:
    """Average a model's weights over the steps: all alike, or the late ones more.

    The n-th update moves the average by a share of the way to the weights, a ← a + share · (p − a). Without decay the
    share is 1 / n, the plain mean (polyak1992acceleration; as SWA, izmailov2018averaging takes it late in training):
    PyTorch's AveragedModel as it comes. With decay it is 1 − decay, an exponential moving average, and the first update
    copies: get_ema_multi_avg_fn(decay) in PyTorch, use_ema=True with ema_momentum=decay in Keras's optimisers.

    Buffers, such as the running averages of BatchNorm, are not averaged but copied at each update. They belong to the
    model's weights, not to the averaged ones: run training data through the averaged model in training mode to have its
    own.

    model : Module
    decay : number in [0, 1], or None for the plain mean
    Raises TypeError or ValueError where they are not.

    Attributes
    ----------
    n_averaged : int
        How often ``update`` was called; the average is the model as it was when this object was made while it is 0.
    """

    def __init__(self, model, decay=None):
        if not all(hasattr(model, name) for name in ("load_state_dict", "named_buffers")):
            raise TypeError(f"model must be a Module; got {type(model).__name__}")
        self.decay = None if decay is None else check_probability(decay, "decay")
        self.model, self.n_averaged = model, 0
        self._average = model.state_dict()

    def update(self):
        """Take the model's weights into the average."""
        self.n_averaged += 1
        share = (
            1 / self.n_averaged if self.decay is None or self.n_averaged == 1 else 1 - self.decay
        )
        buffers = dict(self.model.named_buffers())
        for name, array in self.model.state_dict().items():
            average = self._average[name]
            if name in buffers or share == 1:
                average[...] = array
            else:
                average += share * (array - average)

    def averaged(self):
        """Return the average as a state dict that the model can load."""
        return {name: array.copy() for name, array in self._average.items()}

    @contextlib.contextmanager
    def swapped(self):
        """Give the model its averaged weights for the length of a with-block, then its own ones back."""
        own = self.model.state_dict()
        self.model.load_state_dict(self._average)
        try:
            yield self.model
        finally:
            self.model.load_state_dict(own)

    def state_dict(self):
        """Return n_averaged and the average as a flat dict of arrays, fit for ``cr.save``."""
        out = {f"average.{name}": array.copy() for name, array in self._average.items()}
        return {"n_averaged": np.array(self.n_averaged)} | out

    def load_state_dict(self, state_dict):
        """Take over what ``state_dict`` gave; a mismatch of names or shapes raises and changes nothing."""
        arrays = matched({k: v.shape for k, v in self.state_dict().items()}, state_dict)
        n = check_int(arrays["n_averaged"].item(), "n_averaged", minimum=0)
        self.n_averaged = n
        for name, array in self._average.items():
            array[...] = arrays[f"average.{name}"]

    def __repr__(self):
        return f"WeightAverage({self.n_averaged} averaged, decay={self.decay})"
