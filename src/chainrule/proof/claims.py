"""A claim: a sentence, the number that was measured, and what it was expected to be."""

import numpy as np

from chainrule.proof.shown import Shown, check_id, escape, number, plain, written


class ClaimError(AssertionError):
    """A claim that the measurement refutes."""


def claim(
    id,
    statement,
    measured,
    expected=None,
    tolerance=None,
    *,
    relative=False,
    at_most=None,
    at_least=None,
):
    """State a claim, check it against its measurement, and show both.

    Parameters
    ----------
    id : str
        Letters, digits and hyphens; unique in the book, and the anchor of the claim on its page.
    statement : str
        One sentence that a reader can disagree with. Backticks mark code.
    measured : number, bool, str or array
        What the cell computed.
    expected : same type as `measured`, optional
        What it should be. Without `tolerance` the two must be equal.
    tolerance : float, optional
        Largest accepted difference, absolute, or relative to `expected` with ``relative=True``.
        It must be small enough that zero would not pass, unless zero is expected.
    at_most, at_least : float, optional
        Bounds, in place of or beside `expected`.

    Raises
    ------
    ClaimError
        If the measurement refutes the claim.
    ValueError
        If nothing is expected, or a tolerance could not tell right from wrong.

    >>> _ = claim("half", "One half is the mean of 0 and 1.", (0 + 1) / 2, expected=0.5)
    ✓ claim half: One half is the mean of 0 and 1. — measured 0.5, expected 0.5
    """
    check_id(id, "claim")
    if not isinstance(statement, str) or len(statement.split()) < 3:
        raise ValueError(f"claim {id}: statement must be a sentence; got {statement!r}")
    measured = _array_or_scalar(measured)
    expectation = _expectation(id, expected, tolerance, relative, at_most, at_least)
    holds = _holds(measured, expected, tolerance, relative, at_most, at_least)
    line = f"measured {written(measured)}, expected {expectation}"
    record = {
        "kind": "claim",
        "id": id,
        "statement": statement,
        "measured": plain(measured),
        "measured_text": written(measured),
        "expected": expectation,
        "tolerance": None if tolerance is None else plain(tolerance),
        "relative": relative,
    }
    if not holds:
        raise ClaimError(f"claim {id} does not hold: {statement}\n  {line}")
    body = (
        f'<span class="cr-statement">{escape(statement)}</span> '
        f'<span class="cr-figures" style="opacity:.85">— {escape(line)}</span>'
    )
    return Shown(f"claim {id}: {statement} — {line}", body, record).show()


def _array_or_scalar(value):
    if hasattr(value, "detach"):
        value = value.detach()
    if hasattr(value, "numpy"):
        value = value.numpy()
    if isinstance(value, (np.ndarray, np.generic)) and value.ndim == 0:
        return value.item()
    return np.asarray(value) if isinstance(value, (list, tuple)) else value


def _expectation(id, expected, tolerance, relative, at_most, at_least):
    if expected is None and at_most is None and at_least is None:
        raise ValueError(f"claim {id}: give expected, at_most or at_least; got none of them")
    if tolerance is not None:
        _check_tolerance(id, expected, tolerance, relative)
    words = []
    if expected is not None:
        spread = (
            ""
            if tolerance is None
            else (f" within {100 * tolerance:g} %" if relative else f" ± {tolerance:g}")
        )
        words.append(written(expected) + spread)
    if at_least is not None:
        words.append(f"at least {_bound(at_least)}")
    if at_most is not None:
        words.append(f"at most {_bound(at_most)}")
    return " and ".join(words)


def _bound(value):
    return f"{value:g}" if isinstance(value, float) and 0 < abs(value) < 1e-3 else number(value)


def _check_tolerance(id, expected, tolerance, relative):
    if expected is None:
        raise ValueError(f"claim {id}: tolerance needs expected; got tolerance={tolerance} alone")
    if not np.isfinite(tolerance) or tolerance <= 0:
        raise ValueError(f"claim {id}: tolerance must be positive and finite; got {tolerance}")
    size = np.max(np.abs(expected))
    if (relative and tolerance >= 1) or (not relative and size > 0 and tolerance >= size):
        raise ValueError(
            f"claim {id}: tolerance must be smaller than what is expected, or zero "
            f"would pass; got tolerance={tolerance}, expected={written(expected)}"
        )


def _holds(measured, expected, tolerance, relative, at_most, at_least):
    """Compare; a NaN passes nothing, for every comparison with it is false."""
    if expected is not None:
        if tolerance is None:
            if not (np.shape(measured) == np.shape(expected) and np.all(measured == expected)):
                return False
        else:
            if np.shape(measured) != np.shape(expected):
                return False
            room = tolerance * np.abs(expected) if relative else tolerance
            if not np.all(np.abs(np.subtract(measured, expected)) <= room):
                return False
    if at_most is not None and not np.all(np.less_equal(measured, at_most)):
        return False
    return at_least is None or bool(np.all(np.greater_equal(measured, at_least)))
