"""The yearly sunspot number, as a series."""

from importlib import resources

import numpy as np

from chainrule import checks


def load_sunspots(*, dtype=np.float64):
    """Return the mean sunspot number of each year from 1700 to 2008.

    It counts groups of dark spots on the sun ten times and single spots once. The values are those
    of the National Geophysical Data Center before the revision of 2015, and ship with the package;
    `sunspots.txt` beside this file tells their origin.

    Parameters
    ----------
    dtype : dtype
        float32 or float64, of the numbers.

    Returns
    -------
    years : array (309,) of int64
    numbers : array (309,)
        In the order of the years, without gaps.

    Raises
    ------
    TypeError
        If `dtype` is another one.

    Examples
    --------
    >>> years, numbers = load_sunspots()
    >>> years[[0, -1]].tolist(), numbers[[0, -1]].tolist()
    ([1700, 2008], [5.0, 2.9])
    """
    dtype = checks.check_float_dtype(dtype)
    file = resources.files("chainrule.data").joinpath("sunspots.txt")
    with file.open(encoding="utf-8") as stream:
        years, numbers = np.loadtxt(stream, unpack=True)
    return years.astype(np.int64), numbers.astype(dtype)
