"""One training loop: minibatches, a step for each, and what came of it."""

import math

import numpy as np

from chainrule.checks import (
    check_bool,
    check_callable,
    check_generator,
    check_int,
    check_positive,
)
from chainrule.data import batches
from chainrule.history import History
from chainrule.nn.module import Module
from chainrule.optim import Optimizer, Schedule, WeightAverage, clip_grad_norm_
from chainrule.progress import Bar, is_watched
from chainrule.tensor import Tensor, no_grad


def fit(
    model, train_set, *, loss, optimizer, epochs, batch_size, validation_set=None, rng=None,
    progress=True, metrics=None, callbacks=(), schedule=None, clip_norm=None, average=None,
):  # fmt: skip
    """Train a model on minibatches.

    Parameters
    ----------
    model : Module
        Left in the mode, training or evaluation, that it was in.
    train_set : pair of arrays x (N, ...), y (N, ...)
    loss : callable (outputs, targets) -> Tensor of one number, the mean over the minibatch
    optimizer : Optimizer over the model's parameters, or a list of several that share them out
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
    schedule : Schedule, or a list of them, optional
        Stepped after every minibatch, so its numbers count minibatches, not epochs.
    clip_norm : float above 0, optional
        Greatest norm of all gradients together, by ``clip_grad_norm_`` before every step.
    average : WeightAverage of the model, optional
        Updated after every step.

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
    _check_fit(model, loss, metrics, callbacks)
    steppers = _steppers(model, optimizer, schedule, clip_norm, average)
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
            row = {"epoch": epoch, "loss": _one_epoch(model, steps, loss, steppers, bar, epoch)}
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


def _check_fit(model, loss, metrics, callbacks):
    """Refuse what cannot be trained with."""
    _check_model(model)
    check_callable(loss, "loss")
    _check_metrics(metrics)
    if not hasattr(callbacks, "__iter__"):
        raise TypeError(f"callbacks must be an iterable; got {type(callbacks).__name__}")
    for i, callback in enumerate(callbacks):
        check_callable(callback, f"callbacks[{i}]")


def _steppers(model, optimizer, schedule, clip_norm, average):
    """Return the optimisers, and what is called before and after their steps."""
    optimizers, before, after = _listed(optimizer, Optimizer, "optimizer"), [], []
    if not optimizers:
        raise TypeError("optimizer must be an Optimizer; got an empty list")
    if clip_norm is not None:
        clip_norm, parameters = check_positive(clip_norm, "clip_norm"), list(model.parameters())
        before.append(lambda: clip_grad_norm_(parameters, clip_norm))
    for one in [] if schedule is None else _listed(schedule, Schedule, "schedule"):
        if not any(one.optimizer is o for o in optimizers):
            raise ValueError(
                f"schedule must be made with the optimizer; got one over {one.optimizer}"
            )
        after.append(one.step)
    if average is not None:
        if not isinstance(average, WeightAverage) or average.model is not model:
            raise TypeError(f"average must be a WeightAverage of the model; got {average!r}")
        after.append(average.update)
    return optimizers, before, after


def _listed(value, kind, name):
    """Return one thing of a kind, or a list of them, as a list."""
    values = list(value) if isinstance(value, list | tuple) else [value]
    for i, one in enumerate(values):
        if not isinstance(one, kind):
            place = f"{name}[{i}]" if isinstance(value, list | tuple) else name
            article = "an" if kind.__name__[0] in "AEIOU" else "a"
            raise TypeError(f"{place} must be {article} {kind.__name__}; got {type(one).__name__}")
    return values


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


def _one_epoch(model, steps, loss, steppers, bar, epoch):
    """Take one step for each minibatch; return the mean loss over the examples."""
    total, n = 0.0, 0
    optimizers, before, after = steppers
    for x, y in steps:
        value = loss(model(Tensor(x)), y)
        number = value.item()
        if not math.isfinite(number):
            raise FloatingPointError(f"loss must stay finite; got {number} in epoch {epoch}")
        for optimizer in optimizers:
            optimizer.zero_grad()
        value.backward()
        for action in before:
            action()
        for optimizer in optimizers:
            optimizer.step()
        for action in after:
            action()
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
