"""The live figure *decision boundary*: paint two classes, move the threshold, count what goes wrong."""

import numpy as np

from chainrule.checks import check_bool, check_choice, check_number
from chainrule.explore.decision_boundary_model import END, PRESETS, compute, preset
from chainrule.explore.decision_boundary_picture import picture
from chainrule.explore.figure import LiveFigure

MOST = 200  # points
_CAPTION = (
    "A logistic regression is fitted again at every change. The comb on its boundary points to where "
    "it says positive; rings mark what it gets wrong. Move the threshold and watch recall pay for precision."
)
_FEATURES = {
    False: "np.ones_like(x), x, y",
    True: "np.ones_like(x), x, y, x * x, x * y, y * y",
}
_CODE = """\
import numpy as np

points = np.array({points})  # x, y, class
x, y, label = points.T
features = np.stack([{features}], axis=1)
penalty, threshold = 1e-3, {threshold}

def loss(w):
    return np.mean(np.logaddexp(0, (1 - 2 * label) * (features @ w))) + penalty / 2 * (w @ w)

w = np.zeros(features.shape[1])
for _ in range(30):  # Newton's method, with steps halved until the loss falls
    p = 1 / (1 + np.exp(-(features @ w)))
    gradient = features.T @ (p - label) / len(label) + penalty * w
    curvature = (features.T * (p * (1 - p))) @ features / len(label) + penalty * np.eye(len(w))
    step = np.linalg.solve(curvature, gradient)
    while loss(w - step) > loss(w) + 1e-12:
        step = step / 2
    w = w - step

score = features @ w
said = score >= np.log(threshold / (1 - threshold))
tp, fp = np.sum(said & (label == 1)), np.sum(said & (label == 0))
fn, tn = np.sum(~said & (label == 1)), np.sum(~said & (label == 0))
print(f"tp {{tp}}, fn {{fn}}, fp {{fp}}, tn {{tn}}, accuracy {{(tp + tn) / len(label):.3g}}")
if 0 < label.sum() < len(label):
    difference = score[label == 1][:, None] - score[label == 0]  # of every pair
    area = np.mean((difference > 0) + (difference == 0) / 2)
    print(f"recall {{tp / (tp + fn):.3g}}, F1 {{2 * tp / (2 * tp + fp + fn):.3g}}, area {{area:.3g}}")"""


def _written(number):
    return repr(float(number)).removesuffix(".0")


def code_of(state):
    """Return the Python lines that give the numbers of a state with NumPy."""
    if not state["points"]:
        return "# Paint points, and the lines that give their numbers stand here."
    rows = ", ".join(f"[{', '.join(map(_written, point))}]" for point in state["points"])
    features = _FEATURES[state["quadratic"]]
    return _CODE.format(
        points=f"[{rows}]", features=features, threshold=_written(state["threshold"])
    )


def decision_boundary(points="imbalanced 10:1", *, quadratic=False, threshold=0.5):
    """Return a live figure of a logistic regression on points that the reader paints.

    The weights minimise the mean log loss plus 0.0005 times the sum of their squares, by Newton's
    method (iteratively reweighted least squares). Where the probability of the positive class
    reaches the threshold, the model says positive. Confusion matrix, accuracy, precision, recall,
    F1, the ROC curve and its area are those of the points painted: nothing is held out.

    Parameters
    ----------
    points : str or sequence of (x, y, class), optional
        ``"two blobs"``, ``"overlapping blobs"``, ``"imbalanced 10:1"`` or ``"moons"``; or 1 to 200
        points in [-3, 3] by [-3, 3], rounded to two decimals, of class 0 or 1 (positive).
    quadratic : bool, optional
        With features x², xy and y² beside x and y: the boundary is a conic instead of a line.
    threshold : float, optional
        On the probability of the positive class, 0.01 to 0.99, rounded to two decimals.

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
    >>> figure = decision_boundary([(-1, 0, 0), (1, 0, 1)], threshold=0.25)
    >>> figure.state["points"], figure.state["threshold"]
    ([[-1.0, 0.0, 0], [1.0, 0.0, 1]], 0.25)
    """
    if isinstance(points, str):
        points = preset(check_choice(points, "points", PRESETS))
    state = {
        "points": _checked_points(points),
        "quadratic": check_bool(quadratic, "quadratic"),
        "threshold": round(check_number(threshold, "threshold", minimum=0.01, maximum=0.99), 2),
    }
    return LiveFigure(
        "decision_boundary",
        state,
        title="A decision boundary",
        picture=picture(compute(state)),
        code=code_of(state),
        caption=_CAPTION,
    )


def _checked_points(points):
    wanted = f"points must be a preset's name or 1 to {MOST} points (x, y, class)"
    try:
        array = np.array(points, dtype=float)
    except (TypeError, ValueError):
        raise TypeError(f"{wanted}; got a {type(points).__name__} of something else") from None
    if array.ndim != 2 or array.shape[1] != 3 or not 1 <= len(array) <= MOST:
        raise ValueError(f"{wanted}; got shape {array.shape}")
    inside = (np.abs(array[:, :2]) <= END).all(axis=1) & np.isin(array[:, 2], (0, 1))
    if not inside.all():
        point = tuple(array[~inside][0].tolist())
        raise ValueError(
            f"points must lie in [-{END}, {END}] by [-{END}, {END}], of class 0 or 1; got {point}"
        )
    return [[x, y, int(label)] for x, y, label in (array.round(2) + 0.0).tolist()]
