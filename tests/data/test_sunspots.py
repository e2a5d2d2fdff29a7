"""The sunspot numbers are those of the source, and what is known of the sun is seen in them."""

import hashlib
from importlib import resources

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import data


def file_text():
    return resources.files("chainrule.data").joinpath("sunspots.txt").read_text(encoding="utf-8")


def test_every_year_is_there_once_and_in_order():
    years, numbers = data.load_sunspots()
    assert years.dtype == np.int64 and numbers.dtype == np.float64
    assert_array_equal(years, np.arange(1700, 2009))
    assert numbers.shape == (309,)
    assert_array_equal(np.isfinite(numbers), True)


def test_the_values_are_those_of_the_source():
    """Written as the source writes them, the rows have the source's digest."""
    rows = [line.split() for line in file_text().splitlines() if not line.startswith("#")]
    source = '"YEAR","SUNACTIVITY"\n' + "".join(f"{year},{number}\n" for year, number in rows)
    assert hashlib.sha256(source.encode()).hexdigest() in file_text().replace("\n#           ", "")


def test_what_is_loaded_is_what_stands_in_the_file():
    years, numbers = data.load_sunspots()
    known = {1700: 5.0, 1712: 0.0, 1749: 80.9, 1810: 0.0, 1957: 190.2, 2008: 2.9}
    assert {year: numbers[years == year].item() for year in known} == known
    assert numbers.argmax() == 1957 - 1700
    assert numbers.min() == 0


def test_the_sun_has_a_cycle_of_about_eleven_years():
    _, numbers = data.load_sunspots()
    power = np.abs(np.fft.rfft(numbers - numbers.mean(), 2**14)) ** 2
    assert 10.5 < 2**14 / power.argmax() < 11.5


def test_float32_on_request():
    years, numbers = data.load_sunspots(dtype=np.float32)
    assert years.dtype == np.int64 and numbers.dtype == np.float32
    assert_allclose(numbers, data.load_sunspots()[1], rtol=1e-6)


def test_callers_get_arrays_of_their_own():
    data.load_sunspots()[1][:] = -1
    assert data.load_sunspots()[1].min() == 0


@pytest.mark.parametrize("dtype", [np.int64, np.float16, "numbers"])
def test_another_dtype_is_refused(dtype):
    with pytest.raises(TypeError, match="dtype"):
        data.load_sunspots(dtype=dtype)


def test_origin_and_licence_of_the_sunspots_stand_in_the_file():
    text = file_text()
    assert "public domain" in text and "National Geophysical Data Center" in text
