"""The idx format is read strictly: the array that was written, or an error."""

import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from chainrule.data.idx import parse_idx

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def write_idx(array, code):
    header = bytes([0, 0, code, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


@st.composite
def written(draw):
    name = draw(st.sampled_from(sorted(CODES)))
    shape = draw(array_shapes(min_dims=1, max_dims=4, max_side=5))
    array = draw(arrays(np.dtype(name), shape))
    return array, write_idx(array, CODES[name])


@given(written(), st.booleans())
def test_what_was_written_is_read(pair, packed):
    array, content = pair
    found = parse_idx(gzip.compress(content) if packed else content)
    np.testing.assert_array_equal(found, array)
    assert found.dtype == array.dtype and found.dtype.isnative and found.flags.writeable


@given(written(), st.data(), st.booleans())
def test_a_truncated_file_is_refused_wherever_it_ends(pair, data, packed):
    content = gzip.compress(pair[1]) if packed else pair[1]
    end = data.draw(st.integers(0, len(content) - 1))
    with pytest.raises(ValueError, match="content must"):
        parse_idx(content[:end])


@given(written(), st.binary(min_size=1, max_size=9))
def test_more_than_the_header_says_is_refused(pair, more):
    with pytest.raises(ValueError, match="content must hold"):
        parse_idx(pair[1] + more)


@pytest.mark.parametrize("content", [
    b"", b"\0", b"\0\0\x08", b"\0\0\x08\0", b"\0\0\x07\1\0\0\0\1a", b"\1\0\x08\1\0\0\0\1a",
    b"<html>not found</html>", b"\x89PNG\r\n\x1a\n", b"\x1f\x8b", b"\x1f\x8bnot gzip at all",
    b"\0\0\x0e\xff" + b"\xff" * 1020])
def test_other_files_are_refused(content):
    with pytest.raises(ValueError, match="content must"):
        parse_idx(content)


@pytest.mark.parametrize("content", [None, "text", 5, [0, 0, 8, 1]])
def test_only_bytes_are_read(content):
    with pytest.raises(TypeError, match="content must be bytes"):
        parse_idx(content)


def test_a_damaged_gzip_is_refused():
    packed = bytearray(gzip.compress(write_idx(np.arange(99, dtype="u1"), 0x08)))
    packed[-6] ^= 1  # in the checksum
    with pytest.raises(ValueError, match="whole gzip file"):
        parse_idx(bytes(packed))
