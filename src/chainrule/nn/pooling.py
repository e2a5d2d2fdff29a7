"""Layers that pool: MaxPool1d, MaxPool2d, AvgPool1d, AvgPool2d, GlobalAvgPool2d, GlobalMaxPool2d."""

from chainrule.nn import functional as F
from chainrule.nn.functional.windows import for_each_axis, pool_padding
from chainrule.nn.module import Module


class _Pool(Module):
    """What the layers share.

    kernel_size, stride : int or one for each axis; stride None means kernel_size
    padding : int or one for each axis, at most half of the kernel
    """

    n_axes = 2

    def __init__(self, kernel_size, stride=None, padding=0):
        self.kernel_size = for_each_axis(kernel_size, "kernel_size", self.n_axes)
        self.stride = (
            self.kernel_size if stride is None else for_each_axis(stride, "stride", self.n_axes)
        )
        pool_padding(padding, self.kernel_size)
        self.padding = padding

    def describe(self):
        said = f"{self.kernel_size}"
        if self.stride != self.kernel_size:
            said += f", stride={self.stride}"
        return said + (f", padding={self.padding}" if self.padding else "")


class MaxPool2d(_Pool):
    """Keep the largest value of each window; the padding is −∞."""

    def forward(self, x):
        """Map (N, C, H, W) to (N, C, H', W')."""
        return F.max_pool2d(x, self.kernel_size, self.stride, self.padding)


class AvgPool2d(_Pool):
    """Average each window; zeros of the padding count."""

    def forward(self, x):
        """Map (N, C, H, W) to (N, C, H', W')."""
        return F.avg_pool2d(x, self.kernel_size, self.stride, self.padding)


class MaxPool1d(_Pool):
    """Keep the largest value of each window of a sequence; the padding is −∞."""

    n_axes = 1

    def forward(self, x):
        """Map (N, C, L) to (N, C, L')."""
        return F.max_pool1d(x, self.kernel_size, self.stride, self.padding)


class AvgPool1d(_Pool):
    """Average each window of a sequence; zeros of the padding count."""

    n_axes = 1

    def forward(self, x):
        """Map (N, C, L) to (N, C, L')."""
        return F.avg_pool1d(x, self.kernel_size, self.stride, self.padding)


class GlobalAvgPool2d(Module):
    """Average each channel: (N, C, H, W) becomes (N, C)."""

    def forward(self, x):
        return F.global_avg_pool2d(x)


class GlobalMaxPool2d(Module):
    """Keep the largest value of each channel: (N, C, H, W) becomes (N, C)."""

    def forward(self, x):
        return F.global_max_pool2d(x)
