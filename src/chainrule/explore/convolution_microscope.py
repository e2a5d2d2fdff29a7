"""The live figure *convolution under the microscope*: one output pixel, its window and its sum, term by term."""

import numpy as np

from chainrule.checks import check_choice, check_int, check_number
from chainrule.explore.figure import LiveFigure
from chainrule.explore.microscope_picture import picture as drawn_picture
from chainrule.explore.microscope_window import (
    KERNELS,
    PICTURES,
    SIZE,
    compute,
    output_size,
    side_of,
)

_CAPTION = (
    "Each output pixel is a sum over a window of the input: weight times pixel, term by term. Move over the "
    "output, draw on the input, change the kernel. What do the positive (blue) and the negative pixels "
    "(orange, striped) mean? And which picture, full of vertical edges, leaves this kernel blind?"
)
_CODE = '''\
import numpy as np

from chainrule.nn import functional as F

rows = """
{rows}
""".split()
x = np.array([[float(pixel) for pixel in row] for row in rows])
w = np.array([
{kernel}
]) / {divide}
output = F.conv2d(x[None, None], w[None, None], stride={stride}, padding={padding}, dilation={dilation}).data[0, 0]
print(output.shape, output[{row}, {column}])'''


def code_of(state):
    """Return the Python lines that compute the same output with the engine."""
    side = side_of(state["kernel"])
    kernel = [state["kernel"][side * i : side * i + side] for i in range(side)]
    row, column = (min(place, output_size(state) - 1) for place in state["at"])
    return _CODE.format(
        rows="\n".join(state["picture"][SIZE * i : SIZE * i + SIZE] for i in range(SIZE)),
        kernel="\n".join(f"    [{', '.join(repr(float(w)) for w in weights)}]," for weights in kernel),
        divide=repr(float(state["divide"])),
        row=row,
        column=column,
        **{name: state[name] for name in ("stride", "padding", "dilation")},
    )


def convolution_microscope(
    picture="digit", kernel="vertical", *, divide=1, stride=1, padding=0, dilation=1, at=(8, 9)
):
    """Return a live figure of one convolution in which a reader sees each output pixel come about.

    Parameters
    ----------
    picture : str or array (28, 28) of int, optional
        ``"digit"``, ``"square"``, ``"ring"``, ``"ramp"``, ``"stripes"``, ``"dot"``, ``"blank"``, or pixels
        from 0, paper, to 9.
    kernel : str or array (3, 3) or (5, 5), optional
        ``"vertical"``, ``"horizontal"``, ``"laplace"``, ``"blur"``, ``"gauss"`` (5 × 5), ``"sharpen"``,
        ``"identity"``, ``"shift"``, or weights from -99 to 99, taken to hundredths.
    divide : float, optional
        What divides the weights of an array, 0.01 to 999; a kernel by name has its own.
    stride, dilation : int, optional
        1 to 4.
    padding : int, optional
        Zeros on each side, 0 to 4.
    at : pair of int, optional
        Row and column of the output pixel to look at, from 0; the last ones where the output is smaller.

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
    >>> convolution_microscope("dot", "blur", padding=1).state["divide"]
    9
    """
    weights, own = _checked_kernel(kernel)
    if own is None:
        own = round(check_number(divide, "divide", minimum=0.01, maximum=999), 2)
    state = {
        "picture": _checked_picture(picture),
        "kernel": weights,
        "divide": own,
        "stride": check_int(stride, "stride", minimum=1, maximum=4),
        "padding": check_int(padding, "padding", minimum=0, maximum=4),
        "dilation": check_int(dilation, "dilation", minimum=1, maximum=4),
        "at": _checked_place(at),
    }
    return LiveFigure(
        "convolution_microscope",
        state,
        title="Convolution under the microscope",
        picture=drawn_picture(compute(state), 400, True),
        code=code_of(state),
        caption=_CAPTION,
    )


def _checked_picture(picture):
    if isinstance(picture, str):
        return PICTURES[check_choice(picture, "picture", PICTURES)][1]
    pixels = np.asarray(picture)
    if pixels.dtype.kind not in "iu":
        raise TypeError(f"picture must be a name or hold integers; got dtype {pixels.dtype}")
    if pixels.shape != (SIZE, SIZE):
        raise ValueError(f"picture must have the shape (28, 28); got {pixels.shape}")
    if pixels.min() < 0 or pixels.max() > 9:
        raise ValueError(f"picture must hold 0 to 9; got {pixels.min()} to {pixels.max()}")
    return "".join(str(pixel) for pixel in pixels.ravel())


def _checked_kernel(kernel):
    """Return the weights row by row, and what divides them where the kernel has a name."""
    if isinstance(kernel, str):
        return KERNELS[check_choice(kernel, "kernel", KERNELS)][1:]
    weights = np.asarray(kernel)
    if weights.dtype.kind not in "iuf":
        raise TypeError(f"kernel must be a name or hold numbers; got dtype {weights.dtype}")
    if weights.shape not in ((3, 3), (5, 5)):
        raise ValueError(f"kernel must have the shape (3, 3) or (5, 5); got {weights.shape}")
    return [
        round(check_number(float(w), "kernel", minimum=-99, maximum=99), 2) for w in weights.ravel()
    ], None


def _checked_place(at):
    if not isinstance(at, tuple | list) or len(at) != 2:
        raise TypeError(f"at must be a row and a column; got {at!r}")
    return [check_int(place, f"at[{i}]", minimum=0, maximum=35) for i, place in enumerate(at)]
