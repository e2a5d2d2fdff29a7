"""Checks of *What a CNN sees*."""

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


@check("sees-product")
def sees_product(answer):
    for wrong, hint in [
        ([3, 3], "that is the answer from the origin; here the way starts at (1, 0)"),
        ([6, 6], "slope times input, at the end only: the slopes change on the way"),
        (
            [4, 4],
            "the way is (1 + 2t, 2t); the slope has to be averaged over it, not taken at its end",
        ),
        ([4, 2], "the slope with respect to the first input is the second input"),
        ([1, 2], "multiply the mean slope by the distance gone"),
    ]:
        if array_is(answer, np.array(wrong, float)) is None:
            return hint
    return array_is(answer, np.array([2.0, 4.0]), name="the answer")


@check("sees-path")
def sees_path(answer):
    rng = np.random.default_rng(11)
    for shape, steps in [((2,), 1), ((2,), 4), ((3, 4), 5)]:
        x, baseline, weights = rng.normal(size=(3, *shape))

        def gradient(point, weights=weights):
            return weights * 3 * point**2

        def along(offset, x=x, baseline=baseline, steps=steps, gradient=gradient):
            places = [(step + offset) / steps for step in range(steps)]
            return sum(gradient(baseline + place * (x - baseline)) for place in places) / steps

        right = (x - baseline) * along(0.5)
        got = call(answer, gradient, x.copy(), baseline.copy(), steps)
        for wrong, hint in [
            (
                (x - baseline) * along(0.0),
                "those are the left ends of the steps, not their middles",
            ),
            (
                (x - baseline) * along(1.0),
                "those are the right ends of the steps, not their middles",
            ),
            (x * along(0.5), "the distance gone is x - baseline"),
            (along(0.5), "multiply the mean gradient by x - baseline"),
            (right * steps, "take the mean over the steps, not the sum"),
        ]:
            different = array_is(wrong, right) is not None
            if different and array_is(got, wrong) is None:
                return hint
        if (hint := array_is(got, right, name="the attributions")) is not None:
            return f"for x of shape {x.shape} and {steps} steps: {hint}"
    return None


@check("sees-cam")
def sees_cam(answer):
    rng = np.random.default_rng(12)
    for B, C, h, w in [(1, 1, 2, 2), (3, 4, 5, 3)]:
        maps, gradients = rng.random((B, C, h, w)) + 0.1, rng.normal(size=(B, C, h, w))
        gradients[0] = -np.abs(gradients[0])  # nothing positive in the first picture
        if B > 1:
            gradients[1] = np.abs(gradients[1])
        weighted = (gradients.mean((2, 3), keepdims=True) * maps).sum(1)
        cam = np.maximum(weighted, 0)
        largest = cam.max((1, 2), keepdims=True)
        right = cam / np.where(largest > 0, largest, 1)
        got = call(answer, maps.copy(), gradients.copy())
        if array_is(got, weighted) is None:
            return "keep only what is positive, then scale each picture"
        if array_is(got, cam) is None and array_is(cam, right) is not None:
            return "the largest number of each picture should be 1"
        if getattr(got, "shape", None) == right.shape and not np.isfinite(got).all():
            return "where nothing is positive the answer is zero; do not divide by it"
        if B > 1 and array_is(got, cam / cam.max()) is None:
            return "scale each picture by its own largest number"
        local = np.maximum((gradients * maps).sum(1), 0)
        top = local.max((1, 2), keepdims=True)
        if B > 1 and array_is(got, local / np.where(top > 0, top, 1)) is None:
            return "Grad-CAM weighs a channel by the mean of its gradient over the places"
        if (hint := array_is(got, right, name="the maps")) is not None:
            return f"for maps of shape {maps.shape}: {hint}"
    return None


@check("sees-step")
def sees_step(answer):
    rng = np.random.default_rng(13)
    for step, epsilon in [(0.05, 0.2), (0.2, 0.1)]:
        x = rng.random((2, 1, 6, 6))
        x[:, :, :2], x[:, :, 2] = 0, 1
        moved = np.clip(x + rng.uniform(-epsilon, epsilon, x.shape), 0, 1)
        gradient = rng.normal(size=x.shape)

        def boxed(target, x=x, epsilon=epsilon):
            return np.clip(target, x - epsilon, x + epsilon)

        target = moved + step * np.sign(gradient)
        right = np.clip(boxed(target), 0, 1)
        got = call(answer, moved.copy(), x.copy(), gradient.copy(), step, epsilon)
        for wrong, hint in [
            (np.clip(target, 0, 1), "after the step no pixel may be further than epsilon from x"),
            (boxed(target), "pixels stay between 0 and 1"),
            (
                np.clip(boxed(moved - step * np.sign(gradient)), 0, 1),
                "the attack raises the loss: go along the gradient",
            ),
            (
                np.clip(boxed(moved + step * gradient), 0, 1),
                "use the signs of the gradient, not its size",
            ),
            (
                np.clip(boxed(x + step * np.sign(gradient)), 0, 1),
                "the step starts at moved, not at x",
            ),
        ]:
            if array_is(wrong, right) is not None and array_is(got, wrong) is None:
                return hint
        if (hint := array_is(got, right, name="the picture")) is not None:
            return f"for step = {step}, epsilon = {epsilon}: {hint}"
    return None


@check("sees-ratio")
def sees_ratio(answer):
    d = 3 * 224 * 224
    return number_is(
        answer,
        d**0.5,
        tolerance=1e-3,
        hints=[
            (d, "that compares all the weights with one of them: random signs add up, too"),
            (224, "there are three colours"),
            (28, "that is the ratio for the 784 pixels of a digit"),
        ],
    )
