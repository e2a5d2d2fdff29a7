"""Pooling: one number for each window and channel; PyTorch's names and arguments."""

from chainrule.nn.functional.arguments import floating
from chainrule.nn.functional.windows import check_fits, check_images, for_each_axis, pool_padding
from chainrule.ops import OPS
from chainrule.tensor import apply


def max_pool2d(x, kernel_size, stride=None, padding=0):
    """Return the largest value of each window; among equals the first takes the gradient.

    x : (N, C, H, W)
    kernel_size, stride : int or (int, int); stride None means kernel_size
    padding : int or (int, int) of −∞ on both sides, at most half of the kernel
    Returns Tensor (N, C, H', W') with H' = ⌊(H + 2 padding − kH) / stride⌋ + 1.
    """
    return _pool(2, "max_pool", x, kernel_size, stride, padding)


def avg_pool2d(x, kernel_size, stride=None, padding=0):
    """Return the mean of each window, in which the zeros of the padding count.

    x : (N, C, H, W)
    kernel_size, stride : int or (int, int); stride None means kernel_size
    padding : int or (int, int) of zeros on both sides, at most half of the kernel
    Returns Tensor (N, C, H', W').
    """
    return _pool(2, "average_pool", x, kernel_size, stride, padding)


def max_pool1d(x, kernel_size, stride=None, padding=0):
    """Return the largest value of each window of x (N, C, L), as ``max_pool2d`` does."""
    return _pool(1, "max_pool", x, kernel_size, stride, padding)


def avg_pool1d(x, kernel_size, stride=None, padding=0):
    """Return the mean of each window of x (N, C, L), as ``avg_pool2d`` does."""
    return _pool(1, "average_pool", x, kernel_size, stride, padding)


def global_avg_pool2d(x):
    """Return the mean of each channel: (N, C, H, W) becomes (N, C)."""
    return check_images(floating(x), 2).mean(axis=(2, 3))


def global_max_pool2d(x):
    """Return the largest value of each channel, (N, C, H, W) to (N, C); equals share the gradient."""
    return check_images(floating(x), 2).max(axis=(2, 3))


def _pool(n_axes, op, x, kernel_size, stride, padding):
    """Check the arguments of pooling over n_axes axes and apply the op."""
    x = check_images(floating(x), n_axes)
    kernel = for_each_axis(kernel_size, "kernel_size", n_axes)
    stride = kernel if stride is None else for_each_axis(stride, "stride", n_axes)
    pairs = pool_padding(padding, kernel)
    check_fits(x.shape[2:], kernel, stride, pairs, (1,) * n_axes)
    return apply(OPS[op], x, kernel=kernel, stride=stride, padding=pairs)
