"""Features of regions in PyTorch and TensorFlow, which have no such op of their own without a further package."""

import tensorflow as tf
import torch


def torch_roi_align(features, rows, columns, images):
    features = features[torch.as_tensor(images)]
    return torch.einsum("kih,kchw,kjw->kcij", torch.as_tensor(rows), features, torch.as_tensor(columns))


def tf_roi_align(features, rows, columns, images):
    return tf.einsum("kih,kchw,kjw->kcij", rows, tf.gather(features, images), columns)


def cells(rows, columns, images):
    """Yield, for each region, rows of the slices of its cells."""
    for k, image in enumerate(images):
        yield [
            [(int(image), slice(None), slice(*map(int, row)), slice(*map(int, column))) for column in columns[k]]
            for row in rows[k]
        ]


def torch_roi_pool(features, rows, columns, images):
    def largest(at):
        cell = features[at]
        return cell.amax((1, 2)) if cell.numel() else cell.new_zeros(len(cell))

    regions = [[torch.stack([largest(at) for at in row], -1) for row in region]
               for region in cells(rows, columns, images)]  # fmt: skip
    return torch.stack([torch.stack(region, 1) for region in regions])


def tf_roi_pool(features, rows, columns, images):
    def largest(at):
        cell = features[at]
        return tf.reduce_max(cell, (1, 2)) if tf.size(cell) else tf.zeros(cell.shape[:1], cell.dtype)

    regions = [[tf.stack([largest(at) for at in row], -1) for row in region]
               for region in cells(rows, columns, images)]  # fmt: skip
    return tf.stack([tf.stack(region, 1) for region in regions])


CALLS = {"roi_align": (torch_roi_align, tf_roi_align), "roi_pool": (torch_roi_pool, tf_roi_pool)}
