"""Memory for large arrays, kept and used again.

The first touch of every 4 kB page of new memory is a call of the operating system: for arrays of some MB that is a
third of a training step. So the blocks of large results are kept, and lent again as soon as nobody holds an array in
them. That is read off the reference count: every view of a block, and every view of a view, refers to the block.
"""

import math
import sys
import threading

import numpy as np

SMALLEST = 1 << 17  # bytes; smaller arrays are left to NumPy
LIMIT = 1 << 28  # bytes kept for each thread
_LINE = 64  # bytes of a cache line, and of the widest vector register
_PAGE = 4096  # bytes; arrays that begin a multiple of this apart look alike to the store buffer


def _references():
    """Return what getrefcount says, in a loop like that of ``_block``, of a block that is lent to nobody.

    It is 3 in Python 3.11 to 3.13: the pair's, the loop's and the argument's. A later Python may count otherwise.
    """
    for block, _ in [(np.empty(1, np.uint8), 0)]:
        count = sys.getrefcount(block)
    return count


_FREE = _references()


class _Kept(threading.local):
    def __init__(self):
        self.blocks, self.n_bytes, self.n_made = {}, 0, 0


_KEPT = _Kept()


def empty(shape, dtype):
    """Return an array of arbitrary numbers, as ``np.empty`` does; a large one, up to LIMIT, in memory that is kept."""
    n_bytes = math.prod(shape) * dtype.itemsize
    if not SMALLEST <= n_bytes <= LIMIT:
        return np.empty(shape, dtype)
    block, start = _block(n_bytes)
    return block[start : start + n_bytes].view(dtype).reshape(shape)


def zeros(shape, dtype):
    """Return an array of zeros, as ``empty`` does."""
    out = empty(shape, dtype)
    out.fill(0)
    return out


def is_alone(array):
    """Say whether an array is the only one in a block of kept memory, so that nobody else can read it there."""
    block = array.base
    if type(block) is not np.ndarray or block.dtype != np.uint8:
        return False
    kept = _KEPT.blocks.get(block.nbytes - _PAGE - _LINE, ())
    return any(block is b for b, _ in kept) and sys.getrefcount(block) == _FREE + 1


def _block(n_bytes):
    """Return a block that nobody holds an array in, and where in it n_bytes are to begin."""
    blocks = _KEPT.blocks.setdefault(n_bytes, [])
    for block, start in blocks:
        if sys.getrefcount(block) == _FREE:
            return block, start
    if _KEPT.n_bytes + n_bytes > LIMIT:  # what is lent lives on; the rest goes
        _KEPT.blocks, _KEPT.n_bytes, blocks = {}, 0, []
        _KEPT.blocks[n_bytes] = blocks
    block = np.empty(n_bytes + _PAGE + _LINE, np.uint8)
    _KEPT.n_made += 1
    begin = block.__array_interface__["data"][0]
    start = -begin % _LINE + 5 * _LINE * _KEPT.n_made % _PAGE
    blocks.append((block, start))
    _KEPT.n_bytes += n_bytes
    return block, start
