"""The live figure *variance through depth*: choose depth, activation and gain, watch both passes."""

from chainrule.checks import check_choice, check_int, check_number
from chainrule.explore.depth_picture import compute, picture
from chainrule.explore.depth_simulation import ACTIVATIONS, N_SEEDS
from chainrule.explore.figure import LiveFigure

WIDTHS = (32, 64, 96, 128)
_CAPTION = (
    "A random network multiplies the variance of its signal on the way forward and of its gradient on the "
    "way back, layer after layer. Move the gain until the lines are level."
)
_IN_PYTHON = {"linear": "z"}
_CODE = """\
import chainrule.nn.functional as F
from chainrule import Tensor
from chainrule.explore.depth_simulation import draw

gain, width = {gain}, {width}
inputs, last_gradient, weights = draw(depth={depth}, width=width, seed={seed})  # the figure's own

z = a = Tensor(inputs, requires_grad=True)
layers = [z]
for W in weights:
    z = a @ Tensor(gain / width**0.5 * W)  # variance of a weight: gain²/width
    z.retain_grad()
    layers.append(z)
    a = {activated}
z.backward(last_gradient)

signal = [(z.data**2).mean() for z in layers]
gradient = [(z.grad**2).mean() for z in layers]
print(f"signal ×{{signal[-1]:.3g}}, gradient ×{{gradient[0]:.3g}}")"""


def code_of(state):
    """Return the Python lines that give the numbers of a state with the engine."""
    scale = state["scale"]
    gain = "2**0.5" if scale == 2**0.5 else repr(int(scale) if scale == int(scale) else scale)
    name = state["activation"]
    activated = _IN_PYTHON.get(name, f"F.{name}(z)")
    chosen = {key: state[key] for key in ("width", "depth", "seed")}
    return _CODE.format(gain=gain, activated=activated, **chosen)


def variance_through_depth(depth=50, activation="relu", scale=1.0, width=96, seed=0):
    """Return a live figure of the variance of signal and gradient, layer by layer.

    A network of random weights N(0, scale²/width) takes 16 inputs forward and a random gradient
    back. The reader changes all of it; lines show what a network of infinite width would do.

    Parameters
    ----------
    depth : int, optional
        Layers, 1 to 100.
    activation : str, optional
        ``"linear"``, ``"relu"``, ``"tanh"``, ``"sigmoid"`` or ``"gelu"``.
    scale : float, optional
        The gain, 0.5 to 3: 1 is the variance 1/n of a weight, √2 is He's 2/n.
    width : int, optional
        Units of a layer: 32, 64, 96 or 128.
    seed : int, optional
        0 to 1023; another seed draws other weights.

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
    >>> figure = variance_through_depth(depth=10, activation="tanh")
    >>> figure.state["depth"], figure.state["scale"]
    (10, 1.0)
    """
    if check_int(width, "width") not in WIDTHS:
        raise ValueError(f"width must be one of {', '.join(map(str, WIDTHS))}; got width={width}")
    state = {
        "depth": check_int(depth, "depth", minimum=1, maximum=100),
        "activation": check_choice(activation, "activation", ACTIVATIONS),
        "scale": check_number(scale, "scale", minimum=0.5, maximum=3),
        "width": int(width),
        "seed": check_int(seed, "seed", minimum=0, maximum=N_SEEDS - 1),
    }
    computed = compute(state)
    return LiveFigure(
        "variance_through_depth",
        state,
        title="Variance through depth",
        picture=picture(computed),
        code=code_of(state),
        caption=_CAPTION,
    )
