"""One training loop: minibatches, a step for each, and what came of it."""

import math

import numpy as np

from chainrule.checks import check_bool, check_callable, check_generator, check_int
from chainrule.data import batches
from chainrule.nn.module import Module
from chainrule.optim.optimizer import Optimizer
from chainrule.progress import Bar, is_watched
from chainrule.tensor import Tensor, no_grad


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


def fit(
    model, train_set, *, loss, optimizer, epochs, batch_size, validation_set=None, rng=None,
    progress=True, metrics=None, callbacks=(),
):  # fmt: skip
    """Train a model on minibatches.

    Parameters
    ----------
    model : Module
        Left in the mode, training or evaluation, that it was in.
    train_set : pair of arrays x (N, ...), y (N, ...)
    loss : callable (outputs, targets) -> Tensor of one number, the mean over the minibatch
    optimizer : Optimizer over the model's parameters
    epochs : int, at least 0
    batch_size : int, at least 1
    validation_set : pair of arrays, optional
        Evaluated after every epoch.
    rng : numpy.random.Generator, optional
        Shuffles the examples of every epoch; without it they come in their order.
    progress : bool
        Show a bar on stderr, where that is a terminal or a live notebook; it is erased at the end.
    metrics : dict of str to callable (outputs, targets) -> float, optional
        Means over examples, measured on the validation set; ``correct`` is one.
    callbacks : iterable of callable (epoch, record)
        Called after every epoch with its number and a dict of what was measured; training ends
        early where one returns True.

    Returns
    -------
    History

    Raises
    ------
    TypeError, ValueError
        If an argument is not what is said above; nothing has been changed then.
    FloatingPointError
        If a loss is nan or infinite, before the step that it would spoil.
    """
    _check_fit(model, loss, optimizer, metrics, callbacks)
    x, y = _pair(train_set, "train_set")
    epochs = check_int(epochs, "epochs", minimum=0)
    batch_size = check_int(batch_size, "batch_size", minimum=1)
    check_bool(progress, "progress")
    if rng is not None:
        check_generator(rng)
    if validation_set is not None:
        validation_set = _pair(validation_set, "validation_set")
    elif metrics:
        raise ValueError("metrics must come with a validation_set; got validation_set=None")
    bar = Bar(epochs * math.ceil(len(x) / batch_size), progress and is_watched())
    _rehearse(model, x[:batch_size], y[:batch_size], loss)
    modes, rows = _modes(model), []
    try:
        for epoch in range(1, epochs + 1):
            model.train()
            steps = batches(x, y, batch_size, rng)
            row = {"epoch": epoch, "loss": _one_epoch(model, steps, loss, optimizer, bar, epoch)}
            if validation_set is not None:
                found = evaluate(model, validation_set, loss, metrics=metrics)
                row |= {("validation_loss" if k == "loss" else k): v for k, v in found.items()}
            rows.append(row)
            if any([callback(epoch, dict(row)) is True for callback in callbacks]):
                break
    finally:
        bar.erase()
        _restore(modes)
    return History(_columns(rows, validation_set is not None, metrics))


def _columns(rows, is_validated, metrics):
    """Return the rows of a history by column; without a row the columns are empty."""
    names = ["epoch", "loss", *(["validation_loss", *(metrics or {})] if is_validated else [])]
    return {name: [row[name] for row in rows] for name in names}


def _check_fit(model, loss, optimizer, metrics, callbacks):
    """Refuse what cannot be trained with."""
    _check_model(model)
    check_callable(loss, "loss")
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"optimizer must be an Optimizer; got {type(optimizer).__name__}")
    _check_metrics(metrics)
    if not hasattr(callbacks, "__iter__"):
        raise TypeError(f"callbacks must be an iterable; got {type(callbacks).__name__}")
    for i, callback in enumerate(callbacks):
        check_callable(callback, f"callbacks[{i}]")


def _modes(model):
    """Return every module with its mode; a frozen layer may differ from the rest."""
    return [(module, module.training) for module in model.modules()]


def _restore(modes):
    for module, training in modes:
        module.training = training


@no_grad()
def _rehearse(model, x, y, loss):
    """Take the first minibatch through model and loss in evaluation mode.

    What does not fit is then refused before a running average has moved.
    """
    modes = _modes(model)
    model.eval()
    try:
        value = loss(model(Tensor(x)), y)
    finally:
        _restore(modes)
    if not isinstance(value, Tensor) or value.size != 1:
        got = f"shape {value.shape}" if isinstance(value, Tensor) else type(value).__name__
        raise TypeError(f"loss must return a Tensor of one number; got {got}")


def _one_epoch(model, steps, loss, optimizer, bar, epoch):
    """Take one step for each minibatch; return the mean loss over the examples."""
    total, n = 0.0, 0
    for x, y in steps:
        value = loss(model(Tensor(x)), y)
        number = value.item()
        if not math.isfinite(number):
            raise FloatingPointError(f"loss must stay finite; got {number} in epoch {epoch}")
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        total, n = total + number * len(x), n + len(x)
        bar.advance(epoch, total / n)
    return total / n


@no_grad()
def evaluate(model, dataset, loss=None, *, metrics=None, batch_size=1024):
    """Return the mean loss and metrics of a model in evaluation mode; nothing is recorded.

    Parameters
    ----------
    model : Module
    dataset : pair of arrays x (N, ...), y (N, ...)
    loss : callable (outputs, targets) -> Tensor of one number, the mean over a minibatch, optional
    metrics : dict of str to callable (outputs, targets) -> float, optional
    batch_size : int, at least 1
        Examples at a time; the result does not depend on it.

    Returns
    -------
    dict of str to float
        "loss", where a loss is given, and every metric.
    """
    _check_model(model)
    measures = dict(_check_metrics(metrics))
    if loss is not None:
        check_callable(loss, "loss")
        measures = {"loss": loss} | measures
    x, y = _pair(dataset, "dataset")
    steps, modes, sums = batches(x, y, batch_size), _modes(model), dict.fromkeys(measures, 0.0)
    model.eval()
    try:
        for xs, ys in steps:
            outputs = model(Tensor(xs))
            for name, measure in measures.items():
                sums[name] += float(measure(outputs, ys)) * len(xs)
    finally:
        _restore(modes)
    return {name: total / len(x) for name, total in sums.items()}


def correct(outputs, targets):
    """Return the fraction of rows whose largest output is at the target.

    outputs : Tensor or array (B, K)
    targets : integers (B,)

    Raises ValueError if the shapes do not match or `targets` hold no integers.
    """
    outputs = outputs.data if isinstance(outputs, Tensor) else np.asarray(outputs)
    targets = targets.data if isinstance(targets, Tensor) else np.asarray(targets)
    if outputs.ndim != 2 or targets.shape != outputs.shape[:1] or targets.dtype.kind not in "iu":
        raise ValueError(
            f"outputs must have shape (B, K) and targets hold integers of shape (B,); got "
            f"{outputs.shape} and {targets.dtype} of shape {targets.shape}"
        )
    return float((outputs.argmax(axis=1) == targets).mean())


def accuracy(model, dataset, *, batch_size=1024):
    """Return the fraction of examples that a classifier in evaluation mode gets right.

    model : Module that maps x to (N, K)
    dataset : pair of arrays x (N, ...), y (N,) of int
    """
    return evaluate(model, dataset, metrics={"accuracy": correct}, batch_size=batch_size)[
        "accuracy"
    ]


def _pair(dataset, name):
    """Return x and y of a data set, of equal and non-zero length."""
    if not isinstance(dataset, tuple | list) or len(dataset) != 2:
        got = f"{type(dataset).__name__}" + (
            f" of length {len(dataset)}" if isinstance(dataset, tuple | list) else ""
        )
        raise TypeError(f"{name} must be a pair of arrays (x, y); got {got}")
    x, y = (a.data if isinstance(a, Tensor) else np.asarray(a) for a in dataset)
    if x.ndim == 0 or y.ndim == 0 or len(x) != len(y) or len(x) == 0:
        raise ValueError(
            f"{name} must hold equally many samples in x and y, at least one; "
            f"got shapes {x.shape}, {y.shape}"
        )
    return x, y


def _check_model(model):
    if not isinstance(model, Module):
        raise TypeError(f"model must be a Module; got {type(model).__name__}")


def _check_metrics(metrics):
    if metrics is None:
        return {}
    if not isinstance(metrics, dict):
        raise TypeError(f"metrics must be a dict of name to function; got {type(metrics).__name__}")
    for name, function in metrics.items():
        check_callable(function, f"metrics[{name!r}]")
        if name in ("epoch", "loss", "validation_loss"):
            raise ValueError(f"metrics must not be named as a column of its own; got {name!r}")
    return metrics
