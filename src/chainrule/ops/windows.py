"""Where the windows of convolution and pooling lie, over any number of spatial axes.

Images are channel-first here, (C, N, *lengths): with the channels outermost, one matrix product serves
the whole batch. Outside, images are (N, C, *lengths); a transposed view leads from one to the other.
"""

import math
from dataclasses import dataclass

import numpy as np


def output_lengths(lengths, kernel, stride, padding, dilation):
    """Return how many windows fit along each axis.

    lengths, kernel, stride, dilation : one int for each axis
    padding : one pair (before, after) for each axis
    """
    return tuple(
        (n + before + after - d * (k - 1) - 1) // s + 1
        for n, k, s, (before, after), d in zip(lengths, kernel, stride, padding, dilation)
    )


@dataclass(frozen=True, slots=True)
class Windows:
    """A grid of windows over an image.

    lengths : of the spatial axes of the image
    kernel, stride, dilation : one int for each axis
    padding : one pair (before, after) for each axis
    output : how many windows there are along each axis
    """

    lengths: tuple
    kernel: tuple
    stride: tuple
    padding: tuple
    dilation: tuple
    output: tuple

    @classmethod
    def over(cls, lengths, kernel, stride, padding, dilation):
        """Return as many windows as fit."""
        output = output_lengths(lengths, kernel, stride, padding, dilation)
        return cls(lengths, kernel, stride, padding, dilation, output)

    def parts(self):
        """Yield (position in the kernel, slices): what all the windows have at that position."""
        for at in np.ndindex(self.kernel):
            yield (
                at,
                tuple(
                    slice(d * i, d * i + s * (m - 1) + 1, s)
                    for i, d, s, m in zip(at, self.dilation, self.stride, self.output)
                ),
            )

    @property
    def is_copy(self):
        """Whether the windows are the image itself: kernel 1, stride 1, no padding."""
        return (
            math.prod(self.kernel) == 1 and self.output == self.lengths and not self._is_padded()
        )

    def _is_padded(self):
        return any(before or after for before, after in self.padding)

    @property
    def wide(self):
        """Lengths of the image with its padding."""
        return tuple(b + n + a for n, (b, a) in zip(self.lengths, self.padding))

    def cropped(self, wide):
        """Return what is left of (C, N, *wide) without the padding, a view."""
        if not self._is_padded():
            return wide
        return wide[(..., *(slice(b, b + n) for n, (b, _) in zip(self.lengths, self.padding)))]

    def padded(self, x, value=0):
        """Return x (C, N, *lengths) with its padding around it."""
        if not self._is_padded():
            return x
        out = np.full((*x.shape[:2], *self.wide), value, x.dtype)
        self.cropped(out)[...] = x
        return out

    def columns(self, x):
        """Copy every window into a column of a matrix.

        x : (C, N, *lengths)
        Returns array (C, *kernel, N, *output).
        """
        if self.is_copy:
            return x.reshape(len(x), *self.kernel, *x.shape[1:])
        wide = self.padded(x)
        out = np.empty((len(x), *self.kernel, x.shape[1], *self.output), x.dtype)
        for at, part in self.parts():
            out[(slice(None), *at)] = wide[(..., *part)]
        return out

    def add_columns(self, columns):
        """Add every column to the window it would be copied from; the adjoint of ``columns``.

        columns : (C, *kernel, N, *output)
        Returns array (C, N, *lengths).
        """
        n_axes = len(self.kernel)
        channels, n = columns.shape[0], columns.shape[1 + n_axes]
        if self.is_copy:
            return columns.reshape(channels, n, *self.lengths)
        out = np.zeros((channels, n, *self.wide), columns.dtype)
        for at, part in self.parts():
            out[(..., *part)] += columns[(slice(None), *at)]
        return self.cropped(out)
