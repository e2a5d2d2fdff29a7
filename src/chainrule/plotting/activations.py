"""Activation functions with their derivatives, side by side."""

from collections.abc import Mapping

import numpy as np

from chainrule import checks
from chainrule.plotting.checks import finite, limits, text
from chainrule.plotting.color import BLUE, INK, ORANGE, text_color
from chainrule.plotting.style import new_figure

_GALLERY = {"sigmoid": "sigmoid", "tanh": "tanh", "ReLU": "relu", "leaky ReLU": "leaky_relu",
            "ELU": "elu", "GELU": "gelu", "SiLU": "silu", "softplus": "softplus"}


def activation_gallery(activations=None, *, xlim=(-4, 4), n_columns=4, title="", ylim=(-1.3, 2.3)):
    """Draw each activation function and, dashed, its derivative.

    Parameters
    ----------
    activations : dict of str, optional
        Of a name either the name of an op of the engine, a function of a Tensor, or a pair of
        functions of arrays (f, derivative). Without it the eight activations of the engine.
    xlim, ylim : pair of float
        The part of the plane to show, the same for all.
    n_columns : int
        Functions in a row.
    title : str

    Returns
    -------
    array of matplotlib Axes

    Raises
    ------
    TypeError, ValueError
        If an entry is none of these, or gives anything but one finite number for each.
    """
    text("title", title)
    activations = _GALLERY if activations is None else activations
    if not isinstance(activations, Mapping) or not activations:
        raise TypeError(f"activations must be a dict of names and functions; got {activations!r}")
    n_columns = min(checks.check_int(n_columns, "n_columns", minimum=1, maximum=5), len(activations))
    limits("ylim", ylim)
    x = np.linspace(*limits("xlim", xlim), 401)
    drawn = {text("activations", name): _value_and_derivative(name, f, x)
             for name, f in activations.items()}
    from matplotlib.ticker import MaxNLocator

    n_rows = -(-len(drawn) // n_columns)
    fig, axes = new_figure(n_rows, n_columns, height=0.9 + 1.55 * n_rows, sharex=True, sharey=True,
                           squeeze=False)
    for ax in axes.flat[len(drawn):]:
        ax.set_visible(False)
    for ax, (name, (value, derivative)) in zip(axes.flat, drawn.items()):
        ax.axhline(0, color=INK, linewidth=0.6, linestyle="-")
        ax.axvline(0, color=INK, linewidth=0.6, linestyle="-")
        ax.plot(x, value, color=BLUE, linestyle="-", label="the function")
        ax.plot(x, derivative, color=ORANGE, linestyle=(0, (4, 1.5)), linewidth=1.6,
                label="its derivative")
        ax.set_title(name, fontsize=11, fontweight="normal", pad=5)
    axes[0, 0].set(xlim=xlim, ylim=ylim)
    axes[0, 0].xaxis.set_major_locator(MaxNLocator(4, integer=True))
    _name_once(fig, axes, title)
    return axes


def _name_once(fig, axes, title):
    lines = axes[0, 0].get_lines()[2:]
    legend = fig.legend(handles=lines, loc="outside lower center", ncols=2, fontsize=10.5)
    for words, line in zip(legend.get_texts(), lines):
        words.set_color(text_color(line.get_color()))
    if title:
        fig.suptitle(title, x=0.01, ha="left")


def _value_and_derivative(name, f, x):
    if isinstance(f, str):
        from chainrule.ops import OPS

        checks.check_choice(f, f"activations[{name!r}]", OPS)
        value, saved = OPS[f].forward(x)
        derivative = OPS[f].backward(np.ones_like(x), saved)[0]
    elif isinstance(f, tuple) and len(f) == 2 and all(map(callable, f)):
        value, derivative = f[0](x), f[1](x)
    elif callable(f):
        value, derivative = _by_backward(f, x)
    else:
        raise TypeError(f"activations[{name!r}] must be an op's name, a function of a Tensor or a "
                        f"pair of functions; got {f!r}")
    for part, array in (("value", value), ("derivative", derivative)):
        checks.check_shape(finite(f"{part} of {name!r}", array, (0, 1)), f"{part} of {name!r}", x.shape)
    return value, derivative


def _by_backward(f, x):
    from chainrule.tensor import Tensor

    leaf = Tensor(x, requires_grad=True)
    out = f(leaf)
    out.sum().backward()
    return out.numpy(), leaf.grad
