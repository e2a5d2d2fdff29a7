"""The live figure *fit*: drag the points, choose degree and penalty, watch both errors."""

import numpy as np

from chainrule.checks import check_int, check_number
from chainrule.explore.figure import LiveFigure
from chainrule.explore.fit_picture import Y_END, picture
from chainrule.explore.fit_ridge import HIGHEST, compute

MOST = 40  # points of a kind
_TRAIN = (
    (-1, 0.1), (-0.78, -0.62), (-0.49, -0.79), (-0.31, -0.3), (-0.16, -0.25),
    (0.1, 0.13), (0.31, 0.6), (0.48, 0.91), (0.77, 1.02), (0.9, 0.28),
)  # fmt: skip
_VALIDATION = (
    (-0.92, -0.35), (-0.64, -0.53), (-0.4, -0.94), (-0.11, -0.32),
    (0.18, 0.61), (0.48, 0.92), (0.6, 0.8), (0.93, 0.42),
)  # fmt: skip
_CAPTION = (
    "A polynomial is fitted to the filled points alone; the hollow ones tell how it does elsewhere. "
    "Drag a point, change the degree or the penalty, and watch the two errors part."
)
_CODE = """\
import numpy as np
from numpy.polynomial.legendre import legvander

train = np.array({train})  # x, y
validation = np.array({validation}).reshape(-1, 2)
degree, penalty = {degree}, 10**{power}

def design(x):  # Legendre polynomials of mean square 1 over [-1, 1]
    return legvander(x, degree) * np.sqrt(2 * np.arange(degree + 1) + 1)

x, y = train.T
rows = penalty**0.5 * np.eye(degree + 1)[1:]  # the curve's mean goes free
matrix = np.vstack([design(x) / len(x)**0.5, rows])
q, r = np.linalg.qr(matrix)
weights = np.linalg.solve(r, q.T @ np.append(y / len(x)**0.5, np.zeros(degree)))

def error(points):
    return np.mean((design(points[:, 0]) @ weights - points[:, 1])**2)

print(f"training error {{error(train):.3g}}")
if len(validation):
    print(f"validation error {{error(validation):.3g}}")"""


def _written(number):
    return repr(number).removesuffix(".0")


def code_of(state):
    """Return the Python lines that give the numbers of a state with NumPy."""
    points = {
        name: "["
        + ", ".join(f"[{', '.join(_written(float(v)) for v in point)}]" for point in state[name])
        + "]"
        for name in ("train", "validation")
    }
    power = f"{float(state['log10_penalty']):.2f}"
    return _CODE.format(degree=state["degree"], power=power, **points)


def fit(train=_TRAIN, validation=_VALIDATION, *, degree=9, log10_penalty=-8.0):
    """Return a live figure of a polynomial fitted to points that the reader moves.

    The fit minimises mean (y - f(x))² + penalty · Var f over the training points, where Var f is
    the variance of the curve over [-1, 1]. In Legendre polynomials scaled to mean square 1 that is
    ridge regression, whose basis is orthonormal, and it is solved by QR (Householder's reflections
    in the page, LAPACK's in NumPy) of the matrix augmented by √penalty rows: degree 15 is as stable
    as degree 1, where powers of x and normal equations would lose all digits. The penalty stays at
    1e-8 or above, so more weights than points are no exception. Beside the curve stand the mean
    squared errors of training and validation points at every degree from 0 to 15.

    Parameters
    ----------
    train, validation : sequence of (x, y), optional
        At most 40 points each, at least one to train on; x in [-1, 1] and y in [-1.5, 1.5],
        rounded to four decimals. By default 10 and 8 noisy values of a sine.
    degree : int, optional
        0 to 15.
    log10_penalty : float, optional
        The decimal logarithm of the penalty, -8 to 1, rounded to two decimals.

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
    >>> fit([(-1, 0), (0, 1), (1, 0)], [(0.5, 0.7)], degree=2).state["train"]
    [[-1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]
    """
    power = check_number(log10_penalty, "log10_penalty", minimum=-8, maximum=1)
    state = {
        "train": _checked_points(train, "train", 1),
        "validation": _checked_points(validation, "validation", 0),
        "degree": check_int(degree, "degree", minimum=0, maximum=HIGHEST),
        "log10_penalty": round(power, 2) + 0.0,
    }
    return LiveFigure(
        "fit",
        state,
        title="Fitting a curve",
        picture=picture(compute(state)),
        code=code_of(state),
        caption=_CAPTION,
    )


def _checked_points(points, name, fewest):
    wanted = f"{name} must be {fewest} to {MOST} points (x, y)"
    try:
        array = np.array(points, dtype=float)
    except (TypeError, ValueError):
        raise TypeError(f"{wanted}; got a {type(points).__name__} of something else") from None
    if array.size == 0:
        array = array.reshape(0, 2)
    if array.ndim != 2 or array.shape[1] != 2 or not fewest <= len(array) <= MOST:
        raise ValueError(f"{wanted}; got shape {array.shape}")
    inside = np.abs(array) <= (1, Y_END)  # nan is not
    if not inside.all():
        x, y = array[~inside.all(axis=1)][0].tolist()
        raise ValueError(f"{name} must lie in [-1, 1] by [-{Y_END}, {Y_END}]; got {(x, y)}")
    return (array.round(4) + 0.0).tolist()
