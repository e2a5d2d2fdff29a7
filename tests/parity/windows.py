"""Convolution and pooling in PyTorch and TensorFlow, over one and two spatial axes.

PyTorch pads both sides alike, so the padding is applied before; TensorFlow wants channels last, and its
gradients on a CPU know neither groups nor a stride beside a dilation, so those are written out.
"""

import tensorflow as tf
import torch
import torch.nn.functional as F


def torch_padded(x, padding, value=0.0):
    return F.pad(x, [p for pair in reversed(padding) for p in pair], value=value)


def torch_convolution(x, weight, bias=None, *, stride, padding, dilation, groups):
    convolve = F.conv1d if x.ndim == 3 else F.conv2d
    return convolve(torch_padded(x, padding), weight, bias, stride, 0, dilation, groups)


def torch_transposed(x, weight, bias=None, *, stride, padding, dilation, output_padding, groups):
    convolve = F.conv_transpose1d if x.ndim == 3 else F.conv_transpose2d
    out = convolve(x, weight, bias, stride, 0, output_padding, groups, dilation)
    return out[(..., *(slice(b, n - a) for n, (b, a) in zip(out.shape[2:], padding)))]


def torch_max_pool(x, kernel, stride, padding):
    pool = F.max_pool1d if x.ndim == 3 else F.max_pool2d
    return pool(torch_padded(x, padding, float("-inf")), kernel, stride)


def torch_average_pool(x, kernel, stride, padding):
    pool = F.avg_pool1d if x.ndim == 3 else F.avg_pool2d
    return pool(torch_padded(x, padding), kernel, stride)


def tf_padded(x, padding, value=0.0):
    return tf.pad(x, [(0, 0), *padding, (0, 0)], constant_values=value)


def channels_last(x):
    return tf.transpose(x, [0, *range(2, len(x.shape)), 1])


def channels_first(x):
    return tf.transpose(x, [0, len(x.shape) - 1, *range(1, len(x.shape) - 1)])


def kernels_last(weight):
    """(out, in, *kernel) becomes (*kernel, in, out)."""
    return tf.transpose(weight, [*range(2, len(weight.shape)), 1, 0])


def grouped(function, x, weight, groups, axis):
    """Apply function to each group of channels of x (N, ..., C) and of kernels, cut along their axis."""
    pairs = zip(tf.split(x, groups, -1), tf.split(weight, groups, axis))
    return tf.concat([function(a, b) for a, b in pairs], -1)


def tf_convolution(x, weight, bias=None, *, stride, padding, dilation, groups):
    def convolve(a, b):
        return tf.nn.convolution(a, kernels_last(b), 1, "VALID", dilations=dilation)

    out = grouped(convolve, tf_padded(channels_last(x), padding), weight, groups, 0)
    out = out[(slice(None), *(slice(None, None, s) for s in stride))]
    return channels_first(out if bias is None else out + bias)


def with_zeros_between(x, axis, stride):
    """Put stride - 1 zeros between neighbours along an axis."""
    shape = x.shape.as_list()
    spread = tf.stack([x, *[tf.zeros_like(x)] * (stride - 1)], axis + 1)
    out = tf.reshape(spread, [*shape[:axis], -1, *shape[axis + 1 :]])
    return out[(slice(None),) * axis + (slice(0, (shape[axis] - 1) * stride + 1),)]


def tf_transposed(x, weight, bias=None, *, stride, padding, dilation, output_padding, groups):
    x, n_axes = channels_last(x), len(stride)
    for axis, s in enumerate(stride, 1):
        x = with_zeros_between(x, axis, s)
    reach = [d * (k - 1) for d, k in zip(dilation, weight.shape[2:])]
    x = tf_padded(x, [(r, r + e) for r, e in zip(reach, output_padding)])
    weight = tf.reverse(weight, range(2, 2 + n_axes))

    def convolve(a, b):  # b (in, out, *kernel)
        kernels = tf.transpose(b, [*range(2, 2 + n_axes), 0, 1])
        return tf.nn.convolution(a, kernels, 1, "VALID", dilations=dilation)

    out = channels_first(grouped(convolve, x, weight, groups, 0))
    out = out[(..., *(slice(b, n - a) for n, (b, a) in zip(out.shape[2:], padding)))]
    return out if bias is None else out + tf.reshape(bias, [-1, *[1] * n_axes])


def tf_pool(kind, outside):
    def pool(x, kernel, stride, padding):
        wide = tf_padded(channels_last(x), padding, outside)
        out = tf.nn.pool(wide, kernel, kind, None, "VALID")  # it refuses strides above the kernel
        return channels_first(out[(slice(None), *(slice(None, None, s) for s in stride))])

    return pool


def torch_convolution_relu_max_pool(*arrays, **options):
    return F.max_pool2d(torch.relu(torch_convolution(*arrays, stride=1, **options)), 2)


def tf_convolution_relu_max_pool(*arrays, **options):
    out = tf.nn.relu(tf_convolution(*arrays, stride=(1, 1), **options))
    return tf_pool("MAX", 0.0)(out, (2, 2), (2, 2), ((0, 0), (0, 0)))


CALLS = {
    "convolution_relu_max_pool": (torch_convolution_relu_max_pool, tf_convolution_relu_max_pool),
    "convolution": (torch_convolution, tf_convolution),
    "transposed_convolution": (torch_transposed, tf_transposed),
    "max_pool": (torch_max_pool, tf_pool("MAX", float("-inf"))),
    "average_pool": (torch_average_pool, tf_pool("AVG", 0.0)),
}
