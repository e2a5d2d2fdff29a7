"""Features of regions: RoIAlign is PyTorch's bilinear sampling and exact on a ramp; RoI pooling is a loop's maxima."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from vision.drawing import SEEDS, some_boxes

from chainrule import Tensor, proof, vision


def drawn(seed, n_images=2, height=6, width=7):
    """Return features, boxes in pixels at 4 pixels a position, and their images."""
    rng = np.random.default_rng(seed)
    boxes = np.minimum(some_boxes(rng, 5, size=30), [width * 4 - 1, height * 4 - 1, width * 4, height * 4])
    return rng.normal(size=(n_images, 3, height, width)), boxes, rng.integers(0, n_images, 5)


@pytest.mark.frameworks
@pytest.mark.parametrize("dtype, tolerance", [(np.float64, 1e-12), (np.float32, 1e-4)])
@pytest.mark.parametrize("seed, ratio, size", [(0, 1, (2, 3)), (1, 2, (1, 1)), (2, 3, (4, 2)), (3, 2, (7, 7))])
def test_roi_align_is_the_mean_of_grid_samples(seed, ratio, size, dtype, tolerance):
    import torch
    from torch.nn.functional import grid_sample

    features, boxes, images = drawn(seed)
    features = features.astype(dtype)
    theirs = torch.tensor(features, requires_grad=True)
    regions = []
    for (x0, y0, x1, y1), image in zip(boxes / 4, images):
        rows, columns = (
            low + (high - low) * (np.arange(n * ratio) + 0.5) / (n * ratio)
            for low, high, n in ((y0, y1, size[0]), (x0, x1, size[1]))
        )
        y, x = np.meshgrid(rows, columns, indexing="ij")
        grid = torch.tensor(np.stack([2 * x / 7 - 1, 2 * y / 6 - 1], -1).astype(dtype))[None]
        samples = grid_sample(theirs[image : image + 1], grid, padding_mode="border", align_corners=False)
        regions.append(samples.reshape(3, size[0], ratio, size[1], ratio).mean((2, 4)))
    expected = torch.stack(regions)
    ours = Tensor(features, requires_grad=True)
    found = vision.roi_align(ours, boxes, size, 1 / 4, ratio, images)
    weights = np.random.default_rng(9).normal(size=found.shape).astype(dtype)
    expected.backward(torch.tensor(weights))
    found.backward(weights)
    assert found.dtype == ours.grad.dtype == dtype
    assert_allclose(found.data, expected.detach(), atol=tolerance)
    assert_allclose(ours.grad, theirs.grad, atol=tolerance)


@given(SEEDS, st.integers(1, 4), st.integers(1, 3))
def test_roi_align_is_exact_on_a_ramp_and_pooling_is_not(seed, size, ratio):
    rng = np.random.default_rng(seed)
    a, b, c = rng.normal(size=3)
    y, x = np.indices((12, 14)) + 0.5
    ramp = (a * x + b * y + c)[None, None]
    low = rng.uniform(0.5, 6, (4, 2))
    boxes = np.concatenate([low, low + rng.uniform(0.3, 5, (4, 2))], 1)
    found = vision.roi_align(Tensor(ramp), 16 * boxes, size, 1 / 16, ratio).data[:, 0]
    middles = (np.arange(size) + 0.5) / size
    at = boxes[:, None, :2] + (boxes[:, None, 2:] - boxes[:, None, :2]) * middles[:, None]  # (K, size, 2)
    assert_allclose(found, a * at[:, None, :, 0] + b * at[:, :, None, 1] + c, atol=1e-10)


@given(SEEDS, st.integers(1, 3), st.integers(1, 3))
def test_roi_pooling_is_the_maxima_of_a_loop(seed, h, w):
    features, boxes, images = drawn(seed)
    found = vision.roi_pool(features, boxes, (h, w), 1 / 4, images).data
    for k, box in enumerate(boxes / 4):
        x0, y0, x1, y1 = (math.floor(v + 0.5) for v in box)
        width, height = max(x1 - x0, 1), max(y1 - y0, 1)
        for i, j in np.ndindex(h, w):
            rows = slice(y0 + math.floor(i * height / h), y0 + math.ceil((i + 1) * height / h))
            columns = slice(x0 + math.floor(j * width / w), x0 + math.ceil((j + 1) * width / w))
            cell = features[images[k], :, rows, columns]
            expected = cell.max((1, 2)) if cell.size else np.zeros(3)
            assert_allclose(found[k, :, i, j], expected)


def test_a_box_on_whole_positions_is_pooled_as_max_pooling_does():
    features = np.random.default_rng(0).normal(size=(1, 2, 8, 8))
    found = vision.roi_pool(features, [[2, 0, 8, 6]], 3).data
    blocks = features[0, :, 0:6, 2:8].reshape(2, 3, 2, 3, 2)
    assert_allclose(found[0], blocks.max((2, 4)))
    mean = vision.roi_align(features, [[2, 0, 8, 6]], 3, sampling_ratio=2).data
    assert_allclose(mean[0], blocks.mean((2, 4)))  # the samples fall on the positions


def test_moving_a_box_by_less_than_a_position_moves_roi_align_alone():
    features = np.random.default_rng(0).normal(size=(1, 2, 8, 8))
    box = np.array([[16.0, 16.0, 80.0, 80.0]])
    for pooled, is_same in ((vision.roi_pool, True), (vision.roi_align, False)):
        values = [pooled(features, box + shift, 2, 1 / 16).data for shift in (0, 5)]
        assert np.array_equal(*values) == is_same


@pytest.mark.parametrize("pooled", [vision.roi_pool, vision.roi_align])
@pytest.mark.parametrize("seed", range(3))
def test_gradients_are_those_of_differences(pooled, seed):
    features, boxes, images = drawn(seed)
    proof.gradcheck(lambda x: pooled(x, boxes, 2, 1 / 4, images=images), [features])


@given(SEEDS)
def test_roi_align_hands_on_all_of_the_gradient(seed):
    features, boxes, images = drawn(seed)
    features = Tensor(features, requires_grad=True)
    found = vision.roi_align(features, boxes, (2, 3), 1 / 4, images=images)
    found.sum().backward()
    assert_allclose(features.grad.sum(), found.size)  # the weights of every cell have the sum 1


@pytest.mark.parametrize("pooled", [vision.roi_pool, vision.roi_align])
def test_no_boxes_and_boxes_outside(pooled):
    features = Tensor(np.ones((1, 2, 4, 4)), requires_grad=True)
    assert pooled(features, np.zeros((0, 4)), 3).shape == (0, 2, 3, 3)
    outside = pooled(features, [[50, 50, 60, 60], [-9, -9, -2, -2]], 2)
    outside.sum().backward()
    assert outside.data.max() == (0 if pooled is vision.roi_pool else 1)
    assert np.isfinite(features.grad).all()
