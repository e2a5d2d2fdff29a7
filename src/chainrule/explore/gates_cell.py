"""An LSTM cell of one unit whose weights are set by hand, forward and backward; gates_cell.js computes the same."""

import math
import re
from dataclasses import dataclass

LONGEST = 20  # steps that a reader may type
BACK = 0.5  # weight of h in the candidate, the only way from h back into the cell
WIDE = 8  # how far a symbol moves a gate's argument
SHUT = -4  # where those of the input and the output gate rest


def read_symbol(symbol):
    """Return what a symbol says to the cell, (value, write, read), or None if it is none of ours.

    A digit is a number to write, d/10; a letter a number that passes by, −1 for a to 1 for z;
    a question mark asks for what is held; a space or a point says nothing.

    Examples
    --------
    >>> read_symbol("7"), read_symbol("a"), read_symbol("?"), read_symbol("!")
    ((0.7, 1, 0), (-1.0, 0, 0), (0.0, 0, 1), None)
    """
    if symbol in " .":
        return 0.0, 0, 0
    if symbol == "?":
        return 0.0, 0, 1
    if re.fullmatch("[0-9]", symbol):
        return int(symbol) / 10, 1, 0
    if re.fullmatch("[A-Za-z]", symbol):
        return (2 * (ord(symbol.lower()) - 96) - 27) / 25, 0, 0
    return None


def _sigmoid(z):
    e = math.exp(-abs(z))
    return (e if z < 0 else 1) / (1 + e)


def half_life(bias, forget=None):
    """Return the steps after which half of a memory is left, ln 2 / −ln f.

    bias : of the forget gate, f = σ(bias); forget : 0 or 1 where the gate is clamped

    Examples
    --------
    >>> round(half_life(4.6), 1), half_life(4.6, forget=1)
    (69.3, inf)
    """
    if forget is not None:
        return math.inf if forget else 0.0
    return math.log(2) / math.log1p(math.exp(-bias))


@dataclass
class Step:
    """One step of the cell: what it reads, its gates, what it holds and shows, and what comes back."""

    symbol: str
    value: float
    write: int
    read: int
    g: float  # candidate
    i: float
    f: float
    o: float
    c: float
    h: float
    dc: float = 0.0  # of the last hidden state by this cell, all ways together
    dv: float = 0.0  # ... by the value typed
    detour: float = 0.0  # the part of dc that comes through this step's hidden state
    kept: float = 1.0  # product of all later forget gates
    highway: float = 0.0  # the part of dc that comes along the cell alone


@dataclass
class Computed:
    """What the figure shows of a state."""

    state: dict
    steps: list
    half_life: float


def _forward(symbol, state, h, c):
    value, write, read = read_symbol(symbol)
    g = math.tanh(value + BACK * h)
    arguments = {
        "input": SHUT + WIDE * write, "forget": state["bias"] - WIDE * write, "output": SHUT + WIDE * read,
    }  # fmt: skip
    i, f, o = (
        _sigmoid(z) if state[name] is None else float(state[name]) for name, z in arguments.items()
    )
    cell = f * c + i * g
    return Step(symbol, value, write, read, g, i, f, o, cell, o * math.tanh(cell))


def compute(state):
    """Return what the figure shows of ``{text, bias, input, forget, output, step}``; clamps are 0, 1 or None."""
    steps = []
    for symbol in state["text"]:
        h, c = (steps[-1].h, steps[-1].c) if steps else (0.0, 0.0)
        steps.append(_forward(symbol, state, h, c))
    last = steps[-1]
    end = last.o * (1 - math.tanh(last.c) ** 2)
    dh, dc, kept = 1.0, 0.0, 1.0  # what comes back to h, and to c from the later cell
    for step in reversed(steps):
        shown = dh * step.o * (1 - math.tanh(step.c) ** 2)
        step.detour = 0.0 if step is last else shown
        step.dc = dc + shown
        step.dv = step.dc * step.i * (1 - step.g * step.g)
        step.kept, step.highway = kept, end * kept
        dh, dc, kept = BACK * step.dv, step.f * step.dc, step.f * kept
    return Computed(state, steps, half_life(state["bias"], state["forget"]))
