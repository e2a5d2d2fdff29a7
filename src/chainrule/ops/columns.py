"""A convolution as a matrix product, piece by piece of the batch, so that a piece stays in the cache.

``Columns`` holds the windows of some images, one a column (im2col), ``Grid`` what belongs to each window:
(channels · positions in the kernel, windows) and (channels, windows). Both put the channels outermost, so that
one product serves all images of the piece.

At stride 1 a window's neighbour is one number further on, and so is each of its pixels: all windows have their
pixel at one position of the kernel in one contiguous stretch of the image. For that to hold from row to row, the
grid gets room at the end of each row, for windows that do not exist, and nothing is copied by single rows.
"""

import math

import numpy as np

from chainrule.ops import memory

PIECE_BYTES = 3 << 18  # less than half of a second-level cache of 2 MB


class Layout:
    """How the pixels of an image with its padding, and its windows, lie in memory.

    is_even : whether the rows of the grid are to hold an even number of windows; at stride 1 only
    grid : lengths of the axes of the windows, with the room at the ends
    size : how many numbers an image with its padding takes
    """

    def __init__(self, windows, is_even=False):
        self.windows = windows
        self.is_flat = max(windows.stride) == 1
        if not self.is_flat:
            self.grid, self.size = windows.output, math.prod(windows.wide)
            return
        rows = [  # a row's padding after its end is also the one before the next
            max(n + b, n + a, m)
            for n, (b, a), m in zip(windows.lengths, windows.padding, windows.output)
        ]
        rows[-1] += is_even and rows[-1] % 2
        self.grid = (windows.output[0], *rows[1:])
        self._rows = (windows.lengths[0], *rows[1:])
        self._steps = [math.prod(rows[i + 1 :]) for i in range(len(rows))]
        self._begin = self._flat(b for b, _ in windows.padding)
        last = self._flat(d * (k - 1) for d, k in zip(windows.dilation, windows.kernel))
        self.size = max(self._begin + math.prod(self._rows), last + math.prod(self.grid))

    def _flat(self, offset):
        return sum(o * step for o, step in zip(offset, self._steps))

    @property
    def has_room(self):
        """Whether the grid has places where there is no window."""
        return self.grid != self.windows.output

    def inner(self, images):
        """Return the view of images (C, n, size) without padding."""
        if not self.is_flat:
            return self.windows.cropped(images.reshape(*images.shape[:2], *self.windows.wide))
        stretch = images[..., self._begin : self._begin + math.prod(self._rows)]
        return _corner(stretch.reshape(*images.shape[:2], *self._rows), self.windows.lengths)

    def places(self, images):
        """Return, for each position in the kernel, the view of what all windows have there."""
        if not self.is_flat:
            images = images.reshape(*images.shape[:2], *self.windows.wide)
            return [images[(..., *part)] for part in self.windows.parts()]
        n = math.prod(self.grid)
        starts = [self._flat(offset) for offset in self.windows.offsets()]
        return [images[..., start : start + n] for start in starts]


def _corner(array, lengths):
    """Return the first ``lengths`` of the last axes, a view."""
    return array[(..., *(slice(n) for n in lengths))]


class Columns:
    """The windows of n images with some channels, as columns; what is written into them comes back.

    layout : Layout
    """

    def __init__(self, layout, channels, n, groups, dtype):
        self._images = memory.empty((channels, n, layout.size), dtype)
        self._inner, places = layout.inner(self._images), layout.places(self._images)
        columns = memory.empty((channels, len(places), n, math.prod(layout.grid)), dtype)
        self._pairs = [(columns[:, i].reshape(p.shape), p) for i, p in enumerate(places)]
        self.matrix = columns.reshape(groups, channels // groups * len(places), -1)

    def of(self, x):
        """Return the columns of x (n, channels, *lengths): (groups, rows, windows)."""
        self._images.fill(0)
        self._inner[...] = x.swapaxes(0, 1)
        for column, place in self._pairs:
            np.copyto(column, place)
        return self.matrix

    def add_to(self, out):
        """Add each column to the window that it would be taken from, into out: the adjoint of ``of``."""
        self._images.fill(0)
        for column, place in self._pairs:
            np.add(place, column, out=place)
        out[...] = self._inner.swapaxes(0, 1)


class Grid:
    """One number for each window and channel of n images: ``numbers`` (channels, n, *grid), ``matrix``."""

    def __init__(self, layout, channels, n, groups, dtype):
        self._is_wide = layout.has_room
        grid = memory.zeros((channels, n, *layout.grid), dtype)
        self.numbers, self._inner = grid, _corner(grid, layout.windows.output)
        self.matrix = grid.reshape(groups, channels // groups, -1)

    def of(self, x):
        """Return x (n, channels, *output) as (groups, channels / groups, windows), 0 in the room."""
        if self._is_wide:
            self.numbers.fill(0)
        self._inner[...] = x.swapaxes(0, 1)
        return self.matrix

    def write_to(self, out, bias=None):
        """Write the numbers, each plus its channel's bias (channels, 1, ...), into (n, channels, *output)."""
        out = out.swapaxes(0, 1)
        if bias is None:
            out[...] = self._inner
        else:
            np.add(self._inner, bias, out=out)


def pieces(windows, n_images, n_in, n_out, groups, dtype, is_even=False):
    """Yield (slice of the batch, Columns of n_in channels, Grid of n_out channels), piece by piece."""
    layout = Layout(windows, is_even)
    n_rows = n_in * windows.n_positions + 2 * n_out  # columns, grid, and as much for what is done to it
    n_bytes = n_rows * math.prod(layout.grid) * dtype.itemsize
    n_pieces = math.ceil(n_images / max(1, PIECE_BYTES // n_bytes))
    step, n_before = math.ceil(n_images / n_pieces), None
    for start in range(0, n_images, step):
        n = min(step, n_images - start)
        if n != n_before:
            columns = Columns(layout, n_in, n, groups, dtype)
            grid, n_before = Grid(layout, n_out, n, groups, dtype), n
        yield slice(start, start + n), columns, grid
