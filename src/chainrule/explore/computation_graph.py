"""The live figure *computation graph*: edit the leaves, step forward and backward."""

from chainrule.checks import check_int, check_number
from chainrule.explore.expression import parse
from chainrule.explore.figure import LiveFigure
from chainrule.explore.graph_code import code
from chainrule.explore.graph_picture import picture
from chainrule.explore.graph_steps import take_steps

_EXPRESSION = "(sigmoid(w*x + b) - y)^2"
_VALUES = {"w": 0.7, "x": 2, "b": -0.4, "y": 1}
_CAPTION = (
    "Values run down to L. Gradients run back up from ∂L/∂L = 1: every arrow multiplies what "
    "passes by its own slope, the number beside it, and a box with several arrows out adds up "
    "what comes back. ✓ counts the digits, up to nine, on which a finite difference agrees."
)


def computation_graph(expression=_EXPRESSION, values=None, *, step=None):
    """Return a live computation graph: values forward, gradients backward, each one checked.

    The reader edits the leaves or the expression and steps through both passes; beside each edge
    stands its local derivative and to how many digits a central difference agrees.

    Parameters
    ----------
    expression : str, optional
        ``+ - * / ^``, parentheses, numbers, exp, log, sin, tanh, sigmoid, relu, and leaves of one
        letter and at most one digit; by default one neuron with a squared error.
    values : dict of str to float, optional
        A value for every leaf; by default those of the neuron, and 1 for every leaf of another
        expression.
    step : int, optional
        The step that stands there first, 0 (nothing computed) to 2 n for n operations; by default
        the last.

    Returns
    -------
    LiveFigure
        Displayed when it is the last line of a cell.

    Raises
    ------
    TypeError, ValueError
        If the expression cannot be read, or a leaf has no finite value, or a value no leaf.

    Examples
    --------
    >>> computation_graph("a*b", {"a": 2, "b": 5})
    LiveFigure('computation_graph', {'expression': 'a*b', 'values': {'a': 2.0, 'b': 5.0}, 'step': None})
    """
    if not isinstance(expression, str):
        raise TypeError(f"expression must be a string; got {type(expression).__name__}")
    try:
        nodes = parse(expression)
    except ValueError as error:
        raise ValueError(f"expression must be readable: {error}; got {expression!r}") from None
    leaves = [node.name for node in nodes if node.kind == "leaf"]
    if values is None:
        values = _VALUES if expression == _EXPRESSION else dict.fromkeys(leaves, 1.0)
    values = _checked_values(values, leaves)
    if step is not None:
        step = check_int(
            step, "step", minimum=0, maximum=2 * sum(node.kind == "op" for node in nodes)
        )
    steps = take_steps(expression, values, step)
    return LiveFigure(
        "computation_graph",
        {"expression": expression, "values": values, "step": step},
        title="A computation graph: values forward, gradients backward",
        picture=picture(steps),
        code=code(steps),
        caption=_CAPTION,
    )


def _checked_values(values, leaves):
    wanted = f"values must be a dict with a number for each of {', '.join(leaves)}"
    if not isinstance(values, dict):
        raise TypeError(f"{wanted}; got {type(values).__name__}")
    if set(values) != set(leaves):
        raise ValueError(f"{wanted}; got {', '.join(map(str, values)) or 'none'}")
    return {leaf: check_number(values[leaf], f"values[{leaf!r}]") for leaf in leaves}
