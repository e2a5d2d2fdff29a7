"""The gradient check: a derivative is right when finite differences say so."""

from collections.abc import Mapping

import numpy as np

from chainrule.checks import check_callable, check_number
from chainrule.proof.shown import Shown, escape, number


class GradientError(AssertionError):
    """A gradient that central differences refute."""


def gradcheck(f, inputs, gradients=None, *, step=1e-6, tolerance=1e-6):
    """Compare gradients with central differences, entry by entry, in float64.

    Parameters
    ----------
    f : callable
        Takes the inputs, in their order (or by name, if `inputs` is a mapping), and returns a
        number or an array. An array is reduced to a number by fixed random weights, so that
        no entry of it can hide.
    inputs : sequence or mapping of float64 arrays
        The point at which to check. Keep away from kinks: at a kink there is no derivative.
    gradients : sequence or mapping of arrays, optional
        The gradients to check, each of its input's shape, for an `f` that returns one number and
        works on plain arrays. Left out, `f` is run on `chainrule.Tensor`s and differentiated.
    step : float
        Half the width of the central difference, relative to ``max(1, |x|)``.
    tolerance : float
        Largest accepted error of an entry, relative to the largest entry of that gradient.

    Raises
    ------
    GradientError
        If an entry is off; the message names the input, the index and both values, and says
        when the two one-sided slopes differ, which points to a kink.
    TypeError, ValueError
        If an input is not float64 or is empty, the gradients do not match the inputs, or `step` or
        `tolerance` could not tell right from wrong.

    >>> import numpy as np
    >>> _ = gradcheck(lambda x: (x ** 2).sum(), [np.array([1.0, -2.0])], [np.array([2.0, -4.0])])
    ✓ gradient agrees with central differences: 2 entries, largest relative error below 1e-8
    """
    check_callable(f, "f")
    check_number(step, "step", above=0, below=0.1)
    check_number(tolerance, "tolerance", above=0, below=1)
    names, arrays, by_name = _named(inputs)
    for name, array in zip(names, arrays):
        if array.dtype != np.float64:
            raise TypeError(f"gradcheck: input {name} must be float64; got {array.dtype}")
        if array.size == 0:
            raise ValueError(f"gradcheck: input {name} must not be empty; got shape {array.shape}")
    if gradients is None:
        scalar, gradients = _through_engine(f, names, arrays, by_name)
    else:
        scalar = _scalar(f, names, by_name)
        gradients = _matched(gradients, names, arrays)
    worst, zeros = 0.0, []
    for i, name in enumerate(names):
        numeric = _differences(scalar, arrays, i, step)
        worst = max(
            worst, _compare(name, arrays, i, gradients[i], numeric, scalar, step, tolerance)
        )
        if not numeric.any():
            zeros.append(name)
    return _report(names, arrays, worst, zeros, tolerance)


def _report(names, arrays, worst, zeros, tolerance):
    n_entries = sum(a.size for a in arrays)
    # Rounding in the differences themselves sits near 1e-10: a decade is all that is stable.
    size = "below 1e-8" if worst < 1e-8 else f"below {10.0 ** np.ceil(np.log10(worst)):.0e}"
    text = (
        f"gradient agrees with central differences: {number(n_entries)} entries, "
        f"largest relative error {size}"
    )
    if zeros:
        text += f" (all zero: {', '.join(zeros)})"
    record = {
        "kind": "check",
        "type": "gradcheck",
        "entries": n_entries,
        "inputs": names,
        "error": float(worst),
        "tolerance": tolerance,
    }
    return Shown(text, escape(text), record).show()


def _named(inputs):
    if isinstance(inputs, Mapping):
        names, values, by_name = list(inputs), list(inputs.values()), True
    else:
        values, by_name = list(inputs), False
        names = [f"input {i}" for i in range(len(values))]
    if not values:
        raise ValueError("gradcheck: inputs must hold at least one array; got none")
    return names, [np.array(v) for v in values], by_name


def _matched(gradients, names, arrays):
    values = [gradients[n] for n in names] if isinstance(gradients, Mapping) else list(gradients)
    if len(values) != len(names):
        raise ValueError(
            f"gradcheck: gradients must match inputs; got {len(values)} for {len(names)}"
        )
    for name, value, array in zip(names, values, arrays):
        if np.shape(value) != array.shape:
            raise GradientError(
                f"the gradient of {name} must have its shape {array.shape}; got {np.shape(value)}"
            )
    return [np.asarray(v) for v in values]


def _call(f, names, values, by_name):
    return f(**dict(zip(names, values))) if by_name else f(*values)


def _scalar(f, names, by_name):
    def scalar(arrays):
        value = np.asarray(_call(f, names, arrays, by_name))
        if value.size != 1:
            raise ValueError(
                f"gradcheck: f must return one number when gradients are given; "
                f"got shape {value.shape}"
            )
        return float(value.reshape(()))

    return scalar


def _through_engine(f, names, arrays, by_name):
    from chainrule.tensor import Tensor, no_grad

    tensors = [Tensor(a.copy(), requires_grad=True) for a in arrays]
    out = _call(f, names, tensors, by_name)
    weights = np.random.default_rng(0).normal(size=out.shape)
    out.backward(weights)
    gradients = [np.zeros_like(a) if t.grad is None else t.grad for t, a in zip(tensors, arrays)]

    def scalar(values):
        with no_grad():
            out = _call(f, names, [Tensor(v) for v in values], by_name)
        return float((weights * out.data).sum())

    return scalar, gradients


def _shifted(scalar, arrays, i, index, h):
    moved = [a.copy() for a in arrays]
    moved[i][index] += h
    return scalar(moved)


def _differences(scalar, arrays, i, step):
    out = np.empty_like(arrays[i])
    for index in np.ndindex(out.shape):
        h = step * max(1.0, abs(arrays[i][index]))
        up, down = _shifted(scalar, arrays, i, index, h), _shifted(scalar, arrays, i, index, -h)
        out[index] = (up - down) / (2 * h)
    return out


def _compare(name, arrays, i, analytic, numeric, scalar, step, tolerance):
    scale = max(np.abs(analytic).max(), np.abs(numeric).max())
    error = np.abs(analytic - numeric)
    if not np.isfinite(error).all():
        raise GradientError(f"the gradient of {name} is not finite")
    if scale == 0:
        return 0.0
    # Differences of O(1) values carry 1e-16/step of rounding, whatever the gradient's size.
    floor = 4e-16 * max(1.0, abs(scalar(arrays))) / step
    worst = np.unravel_index(np.argmax(error), error.shape)
    if error[worst] <= max(tolerance * scale, floor):
        return float(error[worst] / scale)
    index = tuple(int(k) for k in worst)
    h = step * max(1.0, abs(arrays[i][index]))
    here = scalar(arrays)
    right = (_shifted(scalar, arrays, i, index, h) - here) / h
    left = (here - _shifted(scalar, arrays, i, index, -h)) / h
    kink = abs(right - left) > 1e-3 * max(abs(right), abs(left))
    hint = (
        f"\n  The slope is {number(left)} on the left and {number(right)} on the right: a kink "
        f"lies here, so choose another point."
        if kink
        else ""
    )
    raise GradientError(
        f"the gradient of {name} at {index} is {number(float(analytic[index]))}, but "
        f"central differences give {number(float(numeric[index]))} "
        f"(relative error {error[worst] / scale:.1e}, allowed {tolerance:g}){hint}"
    )
