"""The live figure *gates*: an LSTM cell of one unit through time, with gates that the reader can clamp."""

from chainrule.checks import check_int, check_number
from chainrule.explore.figure import LiveFigure
from chainrule.explore.gates_cell import LONGEST, compute, read_symbol
from chainrule.explore.gates_picture import picture

_CAPTION = (
    "A digit opens the input gate and is written; letters pass by; a question mark opens the output gate. "
    "How far back along the cell does the gradient reach, and which gate stops it?"
)
_CODE = """\
import numpy as np

from chainrule import Tensor, nn

x = Tensor([  # value, write, read of "{text}"
{rows}
], dtype=np.float64, requires_grad=True)
cell = nn.LSTMCell(3, 1, rng=np.random.default_rng(0), dtype=np.float64)
cell.load_state_dict({{  # columns: input gate, forget gate, candidate, output gate
    "weight_ih": np.array([{weights[0]}, {weights[1]}, {weights[2]}]),
    "weight_hh": np.array([[0, 0, 0.5, 0]]),
    "bias": np.array({weights[3]}),{clamped}
}})
h = c = Tensor(np.zeros((1, 1)))
hidden, cells = [], []
for t in range(len(x.data)):
    h, c = cell(x[t : t + 1], (h, c))
    c.retain_grad()
    hidden.append(h.item())
    cells.append(c)
h.backward()
to_cells = [c.grad.item() for c in cells]  # derivatives of the last h by every cell
to_values = x.grad[:, 0]  # ... and by every value typed
print(hidden[-1], to_cells[0])"""


def _written(x):
    """Return a number as JavaScript writes it."""
    return repr(int(x) if x == int(x) else x)


def _row(numbers):
    return f"[{', '.join(map(_written, numbers))}]"


def code_of(state):
    """Return the Python lines that run the cell of a state with the engine."""
    free = {"input": (0, 8, 0, -4), "forget": (0, -8, 0, state["bias"]), "output": (0, 0, 8, -4)}
    clamps = {None: None, 0: (0, 0, 0, -1000), 1: (0, 0, 0, 1000)}
    gates = {name: clamps[state[name]] or own for name, own in free.items()}
    columns = gates["input"], gates["forget"], (1, 0, 0, 0), gates["output"]
    any_clamp = any(state[name] is not None for name in free)
    return _CODE.format(
        text=state["text"],
        rows="\n".join(f"    {_row(read_symbol(symbol))}," for symbol in state["text"]),
        weights=[_row(row) for row in zip(*columns)],
        clamped="  # σ(±1000) is 1 or 0: a clamped gate" if any_clamp else "",
    )


def gates(
    text="7 keep it ?", *, forget_bias=4.0, input_gate=None, forget_gate=None, output_gate=None, step=1,
):  # fmt: skip
    """Return a live figure of an LSTM cell with one unit that reads a sequence, symbol by symbol.

    Its weights are set by hand. A digit d is a number to write, v = d/10: it opens the input gate
    and shuts the forget gate. A letter is a number that passes by, v = −1 for a to 1 for z. A
    question mark opens the output gate. A space or a point says nothing. The candidate is
    tanh(v + 0.5 h); no gate sees h, so that a memory has one half-life.

    Parameters
    ----------
    text : str, optional
        1 to 20 symbols.
    forget_bias : float, optional
        −2 to 8; where nothing is written the forget gate stands at σ(forget_bias).
    input_gate, forget_gate, output_gate : 0, 1 or None, optional
        A number clamps the gate.
    step : int, optional
        The step that the formulas are about, from 1.

    Returns
    -------
    LiveFigure
        Displayed when it is the last line of a cell.

    Raises
    ------
    TypeError, ValueError
        If an argument is not one of those.

    Examples
    --------
    >>> gates("3 and 4 ?", forget_gate=1).state["forget"]
    1
    """
    text = _checked_text(text)
    clamps = {"input": input_gate, "forget": forget_gate, "output": output_gate}
    state = {
        "text": text,
        "bias": check_number(forget_bias, "forget_bias", minimum=-2, maximum=8),
        **{name: _checked_clamp(value, f"{name}_gate") for name, value in clamps.items()},
        "step": check_int(step, "step", minimum=1, maximum=len(text)),
    }
    return LiveFigure(
        "gates",
        state,
        title="Gates: an LSTM cell through time",
        picture=picture(compute(state)),
        code=code_of(state),
        caption=_CAPTION,
    )


def _checked_text(text):
    if not isinstance(text, str):
        raise TypeError(f"text must be a string; got {type(text).__name__}")
    if not 1 <= len(text) <= LONGEST:
        raise ValueError(f"text must have 1 to {LONGEST} symbols; got {len(text)}")
    strange = [symbol for symbol in text if read_symbol(symbol) is None]
    if strange:
        raise ValueError(f"text must hold digits, letters a to z, spaces, points and ?; got {strange[0]!r}")
    return text


def _checked_clamp(value, name):
    return None if value is None else check_int(value, name, minimum=0, maximum=1)
