"""How a proof is shown: rich in a notebook, one line of text elsewhere, the same on every run."""

import html
import math
import numbers

import numpy as np

_BOX = "border-left:4px solid {colour};padding:.35em .8em;margin:.4em 0;border-radius:0 4px 4px 0"
_COLOURS = {"right": "#1a7f5a", "wrong": "#b3261e", "open": "#8a6d00"}
_MARKS = {"right": "✓", "wrong": "✗", "open": "○"}


class Shown:
    """A result that has been shown already: evaluating it as a cell's last line shows nothing more.

    Attributes
    ----------
    text : str
        What a plain terminal shows.
    record : dict
        What the book collects: JSON types only, with at least ``kind``.
    """

    def __init__(self, text, body, record, state="right"):
        self.text = f"{_MARKS[state]} {text}"
        self.record = dict(record, state=state)
        self._body = body

    def __repr__(self):
        return self.text

    def _ipython_display_(self):
        """Show nothing: `show` has done so."""

    @property
    def html(self):
        kind = self.record["kind"]
        anchor = f' id="{kind}-{html.escape(self.record["id"])}"' if self.record.get("id") else ""
        style = _BOX.format(colour=_COLOURS[self.record["state"]])
        return (
            f'<div class="cr-proof cr-{kind} cr-{self.record["state"]}"{anchor} style="{style}">'
            f'<span aria-hidden="true">{_MARKS[self.record["state"]]}</span> {self._body}</div>'
        )

    def show(self):
        """Display once, now; return self."""
        if _in_notebook():
            from IPython.display import display

            display(
                {"text/plain": self.text, "text/html": self.html},
                metadata={"chainrule": self.record},
                raw=True,
            )
        else:
            print(self.text)
        return self


def _in_notebook():
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    shell = get_ipython()
    return shell is not None and hasattr(shell, "kernel")


def number(value):
    """Write a number with four significant digits, or what lies below 1e-8 by its decade.

    Rounding noise differs between processors; its decade is what can be promised.

    >>> number(1.99432), number(109482240), number(2.2e-16), number(0.0), number(True)
    ('1.994', '109 482 240', 'below 1e-15', '0', 'True')
    """
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, numbers.Integral):
        return f"{int(value):,}".replace(",", " ")
    if isinstance(value, numbers.Real):
        return _real(float(value))
    return str(value)


def _real(value):
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    if abs(value) < 1e-8:
        return f"{'' if value > 0 else 'minus '}below 1e{math.floor(math.log10(abs(value))) + 1:d}"
    return f"{value:.4g}"


def written(value):
    """Write a scalar, a string, or an array of up to twelve numbers."""
    if isinstance(value, (str, numbers.Number, bool, np.bool_)) or value is None:
        return number(value) if not isinstance(value, str) else value
    array = np.asarray(value)
    if array.ndim == 0:
        return number(array.item())
    if array.size <= 12 and array.dtype != object:
        return "(" + ", ".join(number(v) for v in array.ravel().tolist()) + ")"
    return f"array of shape {array.shape}"


def plain(value):
    """Turn a value into JSON types, for the record."""
    if isinstance(value, (str, bool)) or value is None:
        return value
    if isinstance(value, np.ndarray) or isinstance(value, (list, tuple)):
        array = np.asarray(value)
        if array.size > 64:
            return written(array)
        return plain(array.item()) if array.ndim == 0 else [plain(v) for v in array.tolist()]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def escape(text):
    """Escape text for HTML; what stands between backticks becomes code."""
    parts = html.escape(text, quote=False).split("`")
    if len(parts) % 2 == 0:
        return html.escape(text, quote=False)
    return "".join(f"<code>{p}</code>" if i % 2 else p for i, p in enumerate(parts))


def check_id(id, where):
    """Refuse an id that could not be an anchor in a page."""
    if (
        not isinstance(id, str)
        or not id
        or not all(c.isascii() and (c.isalnum() or c == "-") for c in id)
    ):
        raise ValueError(
            f"{where}: id must be letters, digits and hyphens, such as "
            f"'backprop-chain-rule'; got {id!r}"
        )
