"""Checks of *Automatic differentiation on arrays*."""

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


@check("autodiff-axes")
def autodiff_axes(answer):
    if not isinstance(answer, tuple) or not all(isinstance(a, int) for a in answer):
        return f"give a tuple of axis numbers, such as (0,); got {type(answer).__name__}"
    axes = {a % 3 for a in answer if -3 <= a < 3}
    if axes == {0, 2}:
        return None
    if 1 in axes:
        return "axis 1 has length 3 in both shapes: nothing was copied along it"
    if axes == {0}:
        return "that is the new axis; an axis of length 1 was stretched, too"
    if axes == {2}:
        return "that axis was stretched; b lacks another one altogether"
    return "align the two shapes at the right and look where they differ"


def _vjp_check(answer, right, too_simple):
    """Compare a reader's VJP with finite differences' truth on three random vectors."""
    rng = np.random.default_rng(11)
    for n in (2, 5, 9):
        x, y_bar = rng.normal(size=n), rng.normal(size=n)
        got = call(answer, x.copy(), y_bar.copy())
        hint = array_is(got, right(x, y_bar), name="x_bar")
        if hint is not None:
            for wrong, advice in too_simple:
                if array_is(got, wrong(x, y_bar)) is None:
                    return advice
            return hint
    return None


@check("autodiff-normalise")
def autodiff_normalise(answer):
    def right(x, y_bar):
        length = np.linalg.norm(x)
        return (np.eye(len(x)) / length - np.outer(x, x) / length**3) @ y_bar

    return _vjp_check(
        answer,
        right,
        [
            (lambda x, g: g / np.linalg.norm(x), "the length depends on x, too: a second path"),
        ],
    )


@check("autodiff-layer-norm")
def autodiff_layer_norm(answer):
    def right(x, y_bar):
        n, s = len(x), x.std()
        y = (x - x.mean()) / s
        jacobian = (np.eye(n) - 1 / n - np.outer(y, y) / n) / s
        return y_bar @ jacobian

    return _vjp_check(
        answer,
        right,
        [
            (lambda x, g: g / x.std(), "mean and deviation depend on x, too: three paths in all"),
            (lambda x, g: (g - g.mean()) / x.std(), "the path through the deviation is missing"),
        ],
    )


@check("autodiff-mutants")
def autodiff_mutants(answer):
    if answer not in ("a", "b", "c", "d"):
        return f"give one letter: 'a', 'b', 'c' or 'd'; got {answer!r}"
    if answer == "c":
        return None
    return {
        "a": "the sum must weigh each y_bar by its y",
        "b": "that is the diagonal of the Jacobian alone",
        "d": "the first term lacks a factor y",
    }[answer]


@check("autodiff-count-passes")
def autodiff_count_passes(answer):
    return number_is(
        answer,
        10,
        hints=[
            (784, "that is what forward mode needs: a pass an input"),
            (7840, "that many entries, but a pass gives a whole row or column"),
            (1, "one pass gives one row of the Jacobian"),
        ],
    )
