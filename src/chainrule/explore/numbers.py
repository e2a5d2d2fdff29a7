"""Numbers as the live figures print them; numbers.js prints the same."""

import math
from decimal import ROUND_HALF_UP, Decimal

_RAISED = str.maketrans("−-0123456789", "⁻⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def raised(n):
    """Return an integer in superscript digits."""
    return str(n).translate(_RAISED)


def lowered(n):
    """Return an integer in subscript digits."""
    return str(n).translate(_LOWERED)


def format_number(x, digits=4):
    """Return ``x`` to ``digits`` significant digits, halves away from zero, without idle zeros.

    Examples
    --------
    >>> format_number(-0.26894), format_number(3.0), format_number(2.5e-7)
    ('−0.2689', '3', '2.5·10⁻⁷')
    """
    x = float(x)
    if not math.isfinite(x):
        return "undefined" if math.isnan(x) else "∞" if x > 0 else "−∞"
    size, sign = abs(x), "−" if x < 0 else ""
    if size == 0 or 1e-3 <= size < 1e5:
        return sign + _significant(size, digits)
    exponent = Decimal(size).adjusted()
    mantissa = _significant(Decimal(size).scaleb(-exponent), digits - 1)
    if mantissa == "10":
        mantissa, exponent = "1", exponent + 1
    return f"{sign}{mantissa}·10{raised(exponent)}"


def _significant(size, digits):
    exact = Decimal(size)
    if exact == 0:
        return "0"
    last = Decimal(1).scaleb(exact.adjusted() - digits + 1)
    text = f"{exact.quantize(last, ROUND_HALF_UP):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def coordinate(x):
    """Return a coordinate to a tenth of a pixel, as text; halves go up."""
    tenths = math.floor(x * 10 + 0.5)
    return f"{tenths // 10}" if tenths % 10 == 0 else f"{tenths / 10}"
