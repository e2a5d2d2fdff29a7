"""Agreement: a readable function with a fast one, and one model in three frameworks."""

from collections.abc import Iterable, Mapping

import numpy as np

from chainrule.checks import check_callable, check_number
from chainrule.proof.shown import Shown, check_id, escape, number

TOLERANCES = {"outputs": 1e-10, "gradients": 1e-8, "path": 1e-6}
_NAMES = {"numpy": "NumPy", "torch": "PyTorch", "tensorflow": "TensorFlow"}


class DisagreementError(AssertionError):
    """Two computations that should agree and do not."""


def same(statement, readable, fast, cases, *, tolerance=1e-12):
    """Check that a readable function and a fast one give the same results.

    Parameters
    ----------
    statement : str
        What agrees with what, in words.
    readable, fast : callable
        Take the same arguments; return a number, an array, or a tuple of arrays.
    cases : sequence of tuples
        Argument tuples to try, at least one.
    tolerance : float
        Largest accepted difference, relative to the largest entry of the readable result.

    Raises
    ------
    DisagreementError
        If a result differs in shape or value; the message names the case.
    TypeError, ValueError
        If there are no cases, or `tolerance` could not tell right from wrong.

    >>> _ = same("doubling is adding to itself", lambda x: x + x, lambda x: 2 * x, [(1.5,), (3.0,)])
    ✓ same: doubling is adding to itself — 2 cases, largest difference 0
    """
    check_callable(readable, "readable")
    check_callable(fast, "fast")
    check_number(tolerance, "tolerance", minimum=0, below=1)
    if not isinstance(cases, Iterable):
        raise TypeError(f"cases must be a sequence of tuples of arguments; got {cases!r}")
    cases = list(cases)
    if not cases:
        raise ValueError("same: cases must hold at least one tuple of arguments; got none")
    if not all(isinstance(case, tuple | list) for case in cases):
        raise TypeError(f"cases must be tuples of arguments; got {[type(c).__name__ for c in cases]}")
    worst = 0.0
    for i, case in enumerate(cases):
        ours, theirs = _flat(readable(*case)), _flat(fast(*case))
        worst = max(worst, _difference(f"case {i}", ours, theirs, tolerance, relative=True))
    text = f"same: {statement} — {len(cases)} cases, largest difference {number(worst)}"
    record = {
        "kind": "check",
        "type": "same",
        "statement": statement,
        "cases": len(cases),
        "difference": float(worst),
        "tolerance": tolerance,
    }
    return Shown(text, escape(text), record).show()


def parity(id, outputs=None, gradients=None, path=None, *, tolerances=None):
    """Check that the same model in several frameworks is the same model.

    Parameters
    ----------
    id : str
        Letters, digits and hyphens; unique in the book.
    outputs, gradients, path : mapping, optional
        Framework name (``"numpy"``, ``"torch"``, ``"tensorflow"``) to an array, or to a sequence
        or mapping of arrays. `path` holds what training went through, one entry per step
        (losses or weights) along axis 0.
    tolerances : mapping, optional
        Largest accepted absolute difference by quantity; 1e-10, 1e-8 and 1e-6 by default.

    Raises
    ------
    DisagreementError
        If two frameworks differ; the message names the quantity, the entry and both frameworks.
    ValueError
        If nothing would be compared: one framework alone, different names, or zeros everywhere.
    """
    check_id(id, "parity")
    given = {"outputs": outputs, "gradients": gradients, "path": path}
    given = {k: v for k, v in given.items() if v is not None}
    if not given:
        raise ValueError(f"parity {id}: give outputs, gradients or path; got none of them")
    allowed = {**TOLERANCES, **(tolerances or {})}
    if set(allowed) != set(TOLERANCES):
        raise ValueError(f"tolerances must be of {list(TOLERANCES)}; got {list(tolerances)}")
    for quantity, tolerance in allowed.items():
        check_number(tolerance, f"tolerances[{quantity!r}]", minimum=0, below=1)
    rows = {
        quantity: _row(id, quantity, values, allowed[quantity])
        for quantity, values in given.items()
    }
    return _parity_shown(id, rows, allowed)


def _row(id, quantity, values, tolerance):
    if not isinstance(values, Mapping) or len(values) < 2 or "numpy" not in values:
        raise ValueError(
            f"parity {id}: {quantity} must map 'numpy' and at least one more framework "
            f"to arrays; got {list(values) if isinstance(values, Mapping) else type(values)}"
        )
    unknown = set(values) - set(_NAMES)
    if unknown:
        raise ValueError(f"parity {id}: frameworks are {list(_NAMES)}; got {sorted(unknown)}")
    flat = {name: _flat(v) for name, v in values.items()}
    if not any(np.any(a) for a in flat["numpy"].values()):
        raise ValueError(
            f"parity {id}: {quantity} must not be zero everywhere, which proves nothing"
        )
    row = {
        name: _difference(
            f"parity {id}: {quantity} of {_NAMES[name]}", flat["numpy"], flat[name], tolerance
        )
        for name in flat
        if name != "numpy"
    }
    steps = len(next(iter(flat["numpy"].values()))) if quantity == "path" else None
    return {"differences": row, "arrays": len(flat["numpy"]), "steps": steps}


def _flat(value, prefix="value"):
    """Flatten nested results into a dict from a readable name to a float array."""
    if isinstance(value, Mapping):
        return {f"{k}{s}": a for k, v in value.items() for s, a in _flat(v, "").items()}
    if (
        isinstance(value, (list, tuple))
        and value
        and not np.isscalar(value[0])
        and np.ndim(_array(value[0]))
    ):
        return {
            f"{prefix}[{i}]{s}": a for i, v in enumerate(value) for s, a in _flat(v, "").items()
        }
    return {prefix: np.asarray(_array(value))}


def _array(value):
    if isinstance(value, (list, tuple)):
        return [_array(v) for v in value]
    if hasattr(value, "detach"):
        value = value.detach()
    return value.numpy() if hasattr(value, "numpy") else value


def _difference(where, ours, theirs, tolerance, relative=False):
    if list(ours) != list(theirs):
        raise DisagreementError(f"{where}: the parts differ: {list(ours)} and {list(theirs)}")
    worst = 0.0
    for name, a in ours.items():
        b = theirs[name]
        if a.shape != b.shape:
            raise DisagreementError(f"{where}, {name}: shapes differ: {a.shape} and {b.shape}")
        if a.size == 0:
            raise ValueError(
                f"{where}, {name}: there must be something to compare; got shape {a.shape}"
            )
        difference = np.abs(np.subtract(a, b, dtype=np.float64))
        if relative:
            difference = difference / max(1.0, np.abs(a).max())
        largest = difference.max()
        if not largest <= tolerance:
            index = tuple(int(i) for i in np.unravel_index(np.argmax(difference), difference.shape))
            raise DisagreementError(
                f"{where}, {name} at {index}: {a[index]!r} and {b[index]!r} differ by "
                f"{largest:.1e}, allowed {tolerance:g}"
            )
        worst = max(worst, float(largest))
    return worst


def _parity_shown(id, rows, allowed):
    names = list(next(iter(rows.values()))["differences"])
    lines, cells = [], []
    for quantity, row in rows.items():
        label = f"path of {row['steps']} steps" if quantity == "path" else quantity
        shown = {n: number(d) for n, d in row["differences"].items()}
        lines.append(
            f"  {label}: "
            + ", ".join(f"{_NAMES[n]} {d}" for n, d in shown.items())
            + f" (allowed {allowed[quantity]:g})"
        )
        cells.append(
            f'<tr><th scope="row" style="text-align:left">{label}</th>'
            + "".join(f"<td>{d}</td>" for d in shown.values())
            + f"<td>{allowed[quantity]:g}</td></tr>"
        )
    head = "".join(f'<th scope="col">{_NAMES[n]}</th>' for n in names)
    text = f"parity {id}: largest difference from NumPy\n" + "\n".join(lines)
    body = (
        f"Same model, {len(names) + 1} frameworks: largest difference from NumPy"
        f'<table><thead><tr><td></td>{head}<th scope="col">allowed</th></tr></thead>'
        f"<tbody>{''.join(cells)}</tbody></table>"
    )
    record = {
        "kind": "parity",
        "id": id,
        "frameworks": ["numpy", *names],
        "quantities": rows,
        "tolerances": {q: allowed[q] for q in rows},
    }
    return Shown(text, body, record).show()
