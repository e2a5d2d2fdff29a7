"""What a training run measured, epoch by epoch."""

import numpy as np


class History:
    """What was measured after every epoch, as arrays.

    Attributes
    ----------
    epoch : array (E,) of int, from 1
    loss : array (E,)
        Mean training loss over the examples of the epoch, taken while the model changed.
    validation_loss : array (E,)
        Only with a validation set; the model is in evaluation mode.
    others
        One array for each metric on the validation set, by its name.
    """

    def __init__(self, columns):
        self._columns = {name: np.array(values) for name, values in columns.items()}

    def __getattr__(self, name):
        columns = self.__dict__.get("_columns", {})
        if name in columns:
            return columns[name]
        raise AttributeError(f"History has {', '.join(columns) or 'no columns'}; got {name!r}")

    def __dir__(self):
        return [*super().__dir__(), *self._columns]

    def __len__(self):
        return len(self._columns["epoch"])

    def __repr__(self):
        if not len(self):
            return "History(0 epochs)"
        last = ", ".join(f"{k}={v[-1]:.4g}" for k, v in self._columns.items() if k != "epoch")
        return f"History({len(self)} epochs, last {last})"

    def to_dict(self):
        """Return a dict of name to list, fit for JSON."""
        return {name: values.tolist() for name, values in self._columns.items()}

    def plot(self, ax=None):
        """Draw the losses against the epoch; return the Matplotlib axes."""
        if ax is None:
            import matplotlib.pyplot as plt

            _, ax = plt.subplots()
        for name in ("loss", "validation_loss"):
            if name in self._columns:
                label = "training" if name == "loss" else "validation"
                ax.plot(self.epoch, self._columns[name], label=label)
        ax.set_xlabel("epoch")
        ax.set_ylabel("loss")
        ax.legend()
        return ax
