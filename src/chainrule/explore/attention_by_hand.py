"""The live figure *attention by hand*: four tokens in a plane, their scores, weights and outputs, number by number."""

import re

from chainrule.checks import check_choice, check_int, check_number
from chainrule.explore.attention_picture import picture
from chainrule.explore.attention_planes import ENDS
from chainrule.explore.attention_scores import compute
from chainrule.explore.figure import LiveFigure

TOKENS = ("the", "dog", "saw", "it")
QUERIES = ((0, 0), (-1.2, 0.4), (1, 0), (1, 1.2))
KEYS = ((-1.5, -1), (1.5, 1), (-1, 1.5), (1.5, -1))
VALUES = ((-2, -1.2), (2.2, 1.2), (-1.6, 1.4), (1.4, -1.5))
_CAPTION = (
    "Each query (arrow) is compared with each key (diamond), a softmax turns its row of scores into weights, and its "
    "output is the mean of the values with these weights. Scale all keys by 4: which weights change, and which "
    "query loses its gradient first?"
)
_CODE = """\
import numpy as np

from chainrule.nn import functional as F

Q = np.array({queries}, float)
K = {factor}np.array({keys}, float)
V = np.array({values}, float)

def split(rows):
    return rows.reshape(len(rows), {heads}, -1).swapaxes(0, 1)

options = dict(is_causal={is_causal}, scale={scale})
weights = F.attention_weights(split(Q), split(K), **options)
mixed = F.scaled_dot_product_attention(split(Q), split(K), split(V), **options).data
outputs = mixed.swapaxes(0, 1).reshape(len(V), 2)
slopes = (weights * (1 - weights)).max(-1)
print(weights, outputs, slopes, sep="\\n")"""


def _written(x):
    """Return a number as JavaScript writes it."""
    return repr(int(x) if x == int(x) else x)


def _points(points):
    return f"[{', '.join(f'[{_written(x)}, {_written(y)}]' for x, y in points)}]"


def code_of(state):
    """Return the Python lines that give the same numbers with the engine."""
    factor = state["key_scale"]
    return _CODE.format(
        **{name: _points(state[name]) for name in ("queries", "keys", "values")},
        factor="" if factor == 1 else f"{_written(factor)} * ",
        heads=state["heads"],
        is_causal=state["mask"] == "causal",
        scale=None if state["scale"] is None else _written(state["scale"]),
    )


def attention_by_hand(
    tokens=TOKENS, queries=QUERIES, keys=KEYS, values=VALUES, *,
    scale=None, key_scale=1, mask="none", n_heads=1, at=(0, 3, 1),
):  # fmt: skip
    """Return a live figure of attention among a few tokens whose queries, keys and values lie in a plane.

    Parameters
    ----------
    tokens : sequence of str, optional
        2 to 4 names T, each of 1 to 5 letters a to z or A to Z.
    queries, keys, values : array (T, 2), optional
        x from -3 to 3, y from -2 to 2, taken to hundredths. By default the first 2 to 4 of the figure's own.
    scale : float, optional
        What multiplies the products of queries and keys, 0.05 to 4; None is 1/√d, d the coordinates of a head.
    key_scale : float, optional
        What multiplies all keys, 0.25 to 8.
    mask : str, optional
        ``"none"`` or ``"causal"``.
    n_heads : int, optional
        1, or 2: the first head sees all x, the second all y.
    at : triple of int, optional
        Head, row and column of the weight to spell out, from 0; the last ones where there are fewer.

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
    >>> attention_by_hand(key_scale=4).state["key_scale"]
    4.0
    """
    tokens = _checked_tokens(tokens)
    n = len(tokens)
    given = {"queries": (queries, QUERIES), "keys": (keys, KEYS), "values": (values, VALUES)}
    state = {
        "tokens": tokens,
        **{name: _checked_points(own[:n] if rows is own else rows, name, n) for name, (rows, own) in given.items()},
        "scale": None if scale is None else check_number(scale, "scale", minimum=0.05, maximum=4),
        "key_scale": check_number(key_scale, "key_scale", minimum=0.25, maximum=8),
        "mask": check_choice(mask, "mask", ("none", "causal")),
        "heads": check_int(n_heads, "n_heads", minimum=1, maximum=2),
        "at": _checked_cell(at),
    }
    return LiveFigure(
        "attention_by_hand",
        state,
        title="Attention by hand",
        picture=picture(compute(state)),
        code=code_of(state),
        caption=_CAPTION,
    )


def _checked_tokens(tokens):
    if isinstance(tokens, str) or not all(isinstance(token, str) for token in tokens):
        raise TypeError(f"tokens must be a sequence of strings; got {tokens!r}")
    if not 2 <= len(tokens) <= 4:
        raise ValueError(f"tokens must be 2 to 4; got {len(tokens)}")
    strange = [token for token in tokens if not re.fullmatch("[A-Za-z]{1,5}", token)]
    if strange:
        raise ValueError(f"tokens must have 1 to 5 letters each; got {strange[0]!r}")
    return list(tokens)


def _checked_points(points, name, n):
    points = [list(point) for point in points]
    if len(points) != n or any(len(point) != 2 for point in points):
        raise ValueError(f"{name} must be {n} pairs, one a token; got {points}")
    return [
        [round(check_number(c, name, minimum=-end, maximum=end), 2) for c, end in zip(point, ENDS)]
        for point in points
    ]


def _checked_cell(at):
    if not isinstance(at, tuple | list) or len(at) != 3:
        raise TypeError(f"at must be a head, a row and a column; got {at!r}")
    return [check_int(place, f"at[{i}]", minimum=0, maximum=3) for i, place in enumerate(at)]
