"""Where the windows of convolution and pooling lie, over any number of spatial axes."""

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

    def offsets(self):
        """Yield, for each position in the kernel, where it lies from the window's first pixel."""
        for at in np.ndindex(self.kernel):
            yield tuple(d * i for d, i in zip(self.dilation, at))

    def parts(self):
        """Yield, for each position in the kernel, the slices of what all the windows have there."""
        for offset in self.offsets():
            yield tuple(
                slice(o, o + s * (m - 1) + 1, s)
                for o, s, m in zip(offset, self.stride, self.output)
            )

    @property
    def wide(self):
        """Lengths of the image with its padding."""
        return tuple(b + n + a for n, (b, a) in zip(self.lengths, self.padding))

    @property
    def n_positions(self):
        """How many pixels a window has."""
        return math.prod(self.kernel)

    def is_padded(self):
        """Whether there is any padding."""
        return any(before or after for before, after in self.padding)

    def cropped(self, wide):
        """Return what is left of (..., *wide) without the padding, a view."""
        if not self.is_padded():
            return wide
        return wide[(..., *(slice(b, b + n) for n, (b, _) in zip(self.lengths, self.padding)))]

    def padded(self, x, value=0):
        """Return x (N, C, *lengths) with its padding around it."""
        if not self.is_padded():
            return x
        out = np.full((*x.shape[:2], *self.wide), value, x.dtype)
        self.cropped(out)[...] = x
        return out
