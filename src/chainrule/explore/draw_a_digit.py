"""The live figure *draw a digit*: a small CNN reads what a reader draws, and shows its maps."""

from chainrule.checks import check_bool, check_int, check_number
from chainrule.explore.digit_network import SIZE, digits, trained
from chainrule.explore.digit_picture import compute, picture
from chainrule.explore.figure import LiveFigure

MOST = 600  # points of all strokes together
_CAPTION = (
    "A CNN of 9 098 weights, trained on 8 000 digits of MNIST, reads what you draw; it reads {accuracy} % of 2 000 "
    "test digits right. A drawing is scaled to 20 pixels and centred by its mass first, as MNIST’s were. "
    "How little must you add to a digit until the answer changes? And does the occlusion map say where?"
)
_CODE = """\
from chainrule.explore.digit_network import {names}
from chainrule.explore.digit_strokes import as_mnist
from chainrule.nn import functional as F

strokes = [{strokes}]  # x, y, x, y, ... of each
picture = as_mnist(strokes{under})
model = network()  # Conv2d, ReLU, MaxPool2d, and again, then Flatten and Linear
first = F.relu(model[0](picture[None, None]))
second = F.relu(model[3](model[2](first)))
probabilities = F.softmax(model(picture[None, None])).data[0]
print(first.shape, second.shape, probabilities.round(3)){after}"""


def code_of(state):
    """Return the Python lines that compute the same with the engine."""
    under, after = state["start"] is not None, state["occlusion"]
    written = [[int(x) if x == int(x) else x for x in stroke] for stroke in state["strokes"]]
    return _CODE.format(
        names=", ".join(["digits"] * under + ["network"] + ["occlusion"] * after),
        strokes=", ".join(str(stroke) for stroke in written),
        under=f", under=digits()[{state['start']}][1]" if under else "",
        after="\nprint(occlusion(picture).round(2))" if after else "",
    )


def draw_a_digit(digit=2, *, strokes=(), occlusion=True):
    """Return a live figure in which a small CNN reads what a reader draws.

    The network is two 3 × 3 convolutions of 8 and 16 maps, each with ReLU and 2 × 2 max pooling, and a
    linear layer; ``python -m chainrule.explore.draw_a_digit_model`` trains it.

    Parameters
    ----------
    digit : int or None, optional
        A test digit to start from: 0 to 9 of that class, 10 to 12 three that the network misreads; None
        for blank paper.
    strokes : sequence of sequences of float, optional
        Each x₀, y₀, x₁, y₁, ... from 0 to 28 in pixels from the upper left corner, taken to tenths; 600
        points at most.
    occlusion : bool, optional
        Show how far the answer's probability falls where a patch is wiped clean.

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
    >>> draw_a_digit(None, strokes=[[14, 5, 14, 23]]).state["strokes"]
    [[14.0, 5.0, 14.0, 23.0]]
    """
    if digit is not None:
        digit = check_int(digit, "digit", minimum=0, maximum=len(digits()) - 1)
    state = {
        "start": digit,
        "strokes": _checked_strokes(strokes),
        "occlusion": check_bool(occlusion, "occlusion"),
    }
    return LiveFigure(
        "draw_a_digit",
        state,
        title="Draw a digit",
        picture=picture(compute(state), 400),
        code=code_of(state),
        caption=_CAPTION.format(accuracy=f"{100 * trained()['accuracy']:.4g}"),
    )


def _checked_strokes(strokes):
    if not isinstance(strokes, tuple | list):
        raise TypeError(f"strokes must be a list of strokes; got {type(strokes).__name__}")
    done = []
    for i, stroke in enumerate(strokes):
        if not isinstance(stroke, tuple | list):
            raise TypeError(f"strokes[{i}] must be a list of numbers; got {type(stroke).__name__}")
        if not stroke or len(stroke) % 2:
            raise ValueError(f"strokes[{i}] must hold pairs of x and y; got {len(stroke)} numbers")
        done.append([round(check_number(x, f"strokes[{i}]", minimum=0, maximum=SIZE), 1) for x in stroke])
    if sum(map(len, done)) > 2 * MOST:
        raise ValueError(f"strokes must hold {MOST} points at most; got {sum(map(len, done)) // 2}")
    return done
