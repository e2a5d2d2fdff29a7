"""Where a bad input is tried: a model, an optimiser, arrays, files; and how to see a change."""

import os

import numpy as np

import chainrule as cr
from chainrule import Tensor, data, models, nn, optim, serialize, tensor, text, train, vision
from chainrule.nn import functional, init

NAN, INF = float("nan"), float("inf")


def build(folder):
    """Return the names that an expression of the tables may use."""
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Linear(3, 4, rng=rng), nn.BatchNorm1d(4), nn.Linear(4, 5, rng=rng)).train()
    x, y = rng.normal(size=(6, 3)), rng.integers(0, 5, 6)
    optimizer = optim.Adam(model.parameters(), lr=0.1)
    loss = nn.CrossEntropyLoss()
    loss(model(x), y).backward()
    optimizer.step()
    schedule = optim.StepLR(optimizer, 3)
    average = optim.WeightAverage(model, 0.9)
    path = os.path.join(folder, "weights.npz")
    cr.save(path, model.state_dict())
    p = nn.Parameter(np.ones((3, 4)))
    return {
        "np": np, "cr": cr, "Tensor": Tensor, "nn": nn, "F": functional, "init": init,
        "optim": optim, "train": train, "serialize": serialize, "data": data, "tensor": tensor,
        "NAN": NAN, "INF": INF, "rng": rng, "model": model, "layer": model[0],
        "norm": model[1], "optimizer": optimizer, "sgd": optim.SGD([p], lr=0.1, momentum=0.9),
        "loss": loss, "x": x, "y": y, "t": Tensor(x, requires_grad=True), "p": p, "path": path,
        "folder": folder, "logits": Tensor(rng.normal(size=(6, 5)), requires_grad=True),
        "ints": np.arange(6).reshape(2, 3), "empty": np.zeros((0, 3)), "texts": np.array(["a"]),
        "state": model.state_dict(), "opt_state": optimizer.state_dict(),
        "schedule": schedule, "average": average, "rms": optim.RMSprop([nn.Parameter(np.ones(2))]),
        "values": np.array([2.0, 5.0]), "ones": np.ones(3),
        "heads": nn.MultiheadAttention(6, 2, rng=rng, dtype=np.float64),
        "block": nn.TransformerBlock(6, 2, rng=rng),
        "models": models, "text": text, "vision": vision,
        "boxes": np.array([[0.0, 0, 4, 4], [1, 1, 5, 4], [0, 2, 3, 6]]), "gpt": models.GPT(5, 4, 1, 2, 6, rng=rng),
        "characters": text.CharacterTokenizer("abc"), "pairs": text.BytePairEncoding([(97, 98)]),
        "decoder_block": nn.TransformerBlock(6, 2, cross_attention=True, rng=rng),
        **recurrent(rng), "images": rng.normal(size=(2, 4, 6, 7)), "kernels": rng.normal(size=(6, 4, 3, 3)),
    }  # fmt: skip


def recurrent(rng):
    """Return layers and cells of width 4, a batch of sequences for them, and a state."""
    return {
        "rnn": nn.RNN(3, 4, 2, rng=rng), "lstm": nn.LSTM(3, 4, rng=rng), "gru": nn.GRU(3, 4, rng=rng),
        "rnn_cell": nn.RNNCell(3, 4, rng=rng), "lstm_cell": nn.LSTMCell(3, 4, rng=rng),
        "gru_cell": nn.GRUCell(3, 4, rng=rng), "table": nn.Embedding(3, 2, rng=rng),
        "sequences": rng.normal(size=(2, 5, 3)), "state_of_two": np.zeros((1, 2, 4)),
    }  # fmt: skip


def snapshot(value, seen=None):
    """Return everything that a call could have changed, as nested tuples that compare by value."""
    seen = set() if seen is None else seen
    if isinstance(value, np.ndarray):
        return str(value.dtype), value.shape, value.tobytes()
    if isinstance(value, np.random.Generator):
        return str(value.bit_generator.state)
    if isinstance(value, Tensor):
        return snapshot(value.data), snapshot(value.grad), value.requires_grad, value.name
    if isinstance(value, dict):
        return tuple((str(k), snapshot(v, seen)) for k, v in value.items())
    if isinstance(value, list | tuple):
        return tuple(snapshot(v, seen) for v in value)
    if isinstance(value, str) and os.path.isdir(value):
        return tuple((n, open(os.path.join(value, n), "rb").read()) for n in os.listdir(value))
    kept = (nn.Module, optim.Optimizer, optim.Schedule, optim.WeightAverage)
    if isinstance(value, kept) or type(value).__name__ == "FlatVector":
        if id(value) in seen:
            return None
        seen.add(id(value))
        return type(value).__name__, snapshot(vars(value), seen)
    if isinstance(value, int | float | str | None):
        return repr(value)
    return None  # modules, functions: nothing to change


def fault_of(row, world):
    """Try one row; return None if all is as it should be, or a sentence that says what is not.

    row : tuple (expression, type of the exception, what the message names, what it says came)
    """
    expression, kind, names, came = row
    before = snapshot(world)
    try:
        result = eval(expression, dict(world))
        if hasattr(result, "__next__"):
            next(result)
    except (TypeError, ValueError) as error:
        said = str(error)
        if type(error) is not kind:
            return f"{expression} raised {type(error).__name__}, not {kind.__name__}: {said}"
        if names not in said or came not in said:
            return f"{expression} does not name {names!r} and {came!r}: {said}"
    except Exception as error:
        return f"{expression} raised {type(error).__name__}: {error}"
    else:
        return f"{expression} was not refused"
    if snapshot(world) != before:
        return f"{expression} changed something"
    return None
