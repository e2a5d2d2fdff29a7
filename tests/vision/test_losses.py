"""Losses of boxes: values by the papers' formulas for two boxes, gradients by differences and by PyTorch."""

import math

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_allclose
from vision.drawing import SEEDS, iou_of_two, some_boxes

from chainrule import Tensor, proof, vision

LOSSES = {"iou": vision.iou_loss, "giou": vision.giou_loss, "diou": vision.diou_loss, "ciou": vision.ciou_loss}


def hull_of(a, b):
    return max(a[2], b[2]) - min(a[0], b[0]), max(a[3], b[3]) - min(a[1], b[1])


def giou(a, b):
    width, height = hull_of(a, b)
    iou, sizes = iou_of_two(a, b), sum((c[2] - c[0]) * (c[3] - c[1]) for c in (a, b))
    union = sizes / (1 + iou)
    return 1 - iou + (width * height - union) / (width * height)


def diou(a, b):
    width, height = hull_of(a, b)
    shift = math.hypot((a[0] + a[2] - b[0] - b[2]) / 2, (a[1] + a[3] - b[1] - b[3]) / 2)
    return 1 - iou_of_two(a, b) + shift**2 / math.hypot(width, height) ** 2


def shape_term(a, b):
    ratios = [math.atan((c[2] - c[0]) / (c[3] - c[1])) for c in (a, b)]
    v = 4 / math.pi**2 * (ratios[0] - ratios[1]) ** 2
    return v, v / (1 - iou_of_two(a, b) + v)


def ciou(a, b):
    v, alpha = shape_term(a, b)
    return diou(a, b) + alpha * v


FORMULAS = {"iou": lambda a, b: 1 - iou_of_two(a, b), "giou": giou, "diou": diou, "ciou": ciou}


def two_sets(seed, n=6):
    rng = np.random.default_rng(seed)
    return some_boxes(rng, n), some_boxes(rng, n)


@pytest.mark.parametrize("name", LOSSES)
@given(seed=SEEDS)
def test_each_loss_is_its_formula(name, seed):
    a, b = two_sets(seed)
    expected = [FORMULAS[name](p, q) for p, q in zip(a, b)]
    assert_allclose(LOSSES[name](a, b, "none").data, expected, atol=1e-12)
    assert_allclose(LOSSES[name](a, b).item(), np.mean(expected), atol=1e-12)
    assert_allclose(LOSSES[name](a, b, "sum").item(), np.sum(expected), atol=1e-12)


@pytest.mark.parametrize("name", LOSSES)
@given(seed=SEEDS)
def test_a_loss_is_0_for_equal_boxes_alone_and_does_not_depend_on_the_unit(name, seed):
    a, b = two_sets(seed)
    loss = LOSSES[name]
    assert_allclose(loss(a, a, "none").data, 0, atol=1e-12)
    assert (loss(a, b, "none").data > 0).all()
    assert_allclose(loss(3 * a + 5, 3 * b + 5, "none").data, loss(a, b, "none").data, atol=1e-12)


@given(SEEDS)
def test_the_losses_are_ordered_and_bounded(seed):
    a, b = two_sets(seed)
    plain, general, distance, complete = (LOSSES[name](a, b, "none").data for name in LOSSES)
    rounding = 1e-12  # of two boxes of which one holds the other, plain and general are equal
    assert (plain <= general + rounding).all() and (general < 2).all()
    assert (plain <= distance + rounding).all() and (distance <= complete + rounding).all() and (distance < 2).all()


@pytest.mark.parametrize("name", ["iou", "giou", "diou"])
@pytest.mark.parametrize("seed", range(4))
def test_gradients_are_those_of_differences(name, seed):
    a, b = two_sets(seed)
    proof.gradcheck(lambda boxes: LOSSES[name](boxes, b), [a])


@pytest.mark.parametrize("seed", range(4))
def test_the_gradient_of_ciou_takes_alpha_for_a_constant(seed):
    a, b = two_sets(seed)
    alphas = [shape_term(p, q)[1] for p, q in zip(a, b)]

    def frozen(boxes):
        return sum(diou(p, q) + alpha * shape_term(p, q)[0] for p, q, alpha in zip(boxes, b, alphas))

    boxes = Tensor(a, requires_grad=True)
    vision.ciou_loss(boxes, b, "sum").backward()
    proof.gradcheck(frozen, [a], [boxes.grad])


@pytest.mark.frameworks
@pytest.mark.parametrize("seed", range(3))
def test_gradients_are_pytorch_s(seed):
    import torch

    a, b = two_sets(seed)
    p, q = torch.tensor(a, requires_grad=True), torch.tensor(b)
    low, high = torch.maximum(p[:, :2], q[:, :2]), torch.minimum(p[:, 2:], q[:, 2:])
    common = (high - low).clamp(min=0).prod(1)
    sides = [c[:, 2:] - c[:, :2] for c in (p, q)]
    iou = common / (sides[0].prod(1) + sides[1].prod(1) - common)
    hull = torch.maximum(p[:, 2:], q[:, 2:]) - torch.minimum(p[:, :2], q[:, :2])
    shift = (p[:, :2] + p[:, 2:] - q[:, :2] - q[:, 2:]) / 2
    angles = [torch.atan(s[:, 0] / s[:, 1]) for s in sides]
    v = 4 / math.pi**2 * (angles[0] - angles[1]) ** 2
    alpha = (v / (1 - iou + v)).detach()
    loss = (1 - iou + (shift**2).sum(1) / (hull**2).sum(1) + alpha * v).mean()
    loss.backward()
    ours = Tensor(a, requires_grad=True)
    value = vision.ciou_loss(ours, b)
    value.backward()
    assert_allclose(value.item(), loss.item(), rtol=1e-12)
    assert_allclose(ours.grad, p.grad, atol=1e-12)


def test_boxes_apart_have_no_gradient_but_by_their_hull_or_distance():
    for name, loss in LOSSES.items():
        boxes = Tensor([[0.0, 0.0, 1.0, 1.0]], requires_grad=True)
        loss(boxes, [[5, 0, 6, 1]]).backward()
        assert (np.abs(boxes.grad).max() > 0) == (name != "iou")


@pytest.mark.parametrize("name", ["giou", "diou", "ciou"])
def test_descent_draws_a_box_onto_another_that_it_does_not_touch(name):
    truth, offsets = np.array([[7.0, 6.0, 10.0, 8.0]]), Tensor(np.zeros((1, 4)), requires_grad=True)
    anchor = np.array([[0.0, 0.0, 4.0, 3.0]])
    for step in range(500):
        offsets.zero_grad()
        LOSSES[name](vision.decode(offsets, anchor), truth).backward()
        offsets = Tensor(offsets.data - 0.1 * (1 - step / 500) * offsets.grad, requires_grad=True)
    assert vision.iou(vision.decode(offsets.data, anchor), truth).item() > 0.9


def test_single_precision_stays():
    a, b = two_sets(0)
    for loss in LOSSES.values():
        boxes = Tensor(a.astype(np.float32), requires_grad=True)
        found = loss(boxes, b)
        found.backward()
        assert found.dtype == boxes.grad.dtype == np.float32
