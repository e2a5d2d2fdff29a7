"""The idx format, in which MNIST and its relatives are published [lecun1998gradient]."""

import gzip
import zlib

import numpy as np

_KINDS = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def parse_idx(content):
    """Return the array in the bytes of an idx file, gzipped or not.

    Two zero bytes, a byte for the kind of number, a byte for the number of axes, the length of each
    axis as four bytes, then the numbers; all with the most significant byte first.

    Parameters
    ----------
    content : bytes

    Returns
    -------
    array
        In the machine's byte order, writable.

    Raises
    ------
    TypeError
        If `content` is not bytes.
    ValueError
        If the header is not that of an idx file, or the numbers are too few or too many.

    Examples
    --------
    >>> parse_idx(bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 9]))
    array([7, 9], dtype=uint8)
    """
    if not isinstance(content, (bytes, bytearray)):
        raise TypeError(f"content must be bytes; got {type(content).__name__}")
    if content[:2] == b"\x1f\x8b":
        content = _unpack(content)
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _KINDS or content[3] == 0:
        raise ValueError(f"content must start as an idx file does; got the bytes "
                         f"{bytes(content[:4]).hex(' ')}")
    kind, start = np.dtype(_KINDS[content[2]]), 4 + 4 * content[3]
    if len(content) < start:
        raise ValueError(f"content must hold {content[3]} axis lengths; it ends at byte "
                         f"{len(content)} of the header's {start}")
    shape = [int.from_bytes(content[k:k + 4], "big") for k in range(4, start, 4)]
    expected = kind.itemsize
    for length in shape:  # in Python's integers: a forged header cannot overflow them
        expected *= length
    if len(content) - start != expected:
        raise ValueError(f"content must hold {expected} bytes of numbers for shape "
                         f"{tuple(shape)}; got {len(content) - start}")
    return np.frombuffer(content, kind, offset=start).reshape(shape).astype(kind.newbyteorder("="))


def _unpack(content):
    try:
        return gzip.decompress(content)
    except (EOFError, OSError, zlib.error) as error:
        raise ValueError(f"content must be a whole gzip file; {error}") from None
