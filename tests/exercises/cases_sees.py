import numpy as np
from exercises.case import Case


def path(offset=0.5, times_way=True, mean=True, from_zero=False):
    def answer(gradient, x, baseline, steps):
        total = sum(
            gradient(baseline + (i + offset) / steps * (x - baseline)) for i in range(steps)
        )
        way = (x if from_zero else x - baseline) if times_way else 1
        return way * total / (steps if mean else 1)

    return answer


def cam(positive=True, scale="each", local=False):
    def answer(maps, gradients):
        weights = gradients if local else gradients.mean((2, 3), keepdims=True)
        weighted = (weights * maps).sum(1)
        if positive:
            weighted = np.maximum(weighted, 0)
        largest = weighted.max((1, 2), keepdims=True)
        if scale == "each":
            return weighted / np.where(largest > 0, largest, 1)
        if scale == "careless":
            with np.errstate(all="ignore"):
                return weighted / largest
        return weighted / max(weighted.max(), 1e-30) if scale == "all" else weighted

    return answer


def step_of(sign=1, box=True, pixels=True, signs=True, from_x=False):
    def answer(moved, x, gradient, step, epsilon):
        way = np.sign(gradient) if signs else gradient
        target = (x if from_x else moved) + sign * step * way
        if box:
            target = np.clip(target, x - epsilon, x + epsilon)
        return np.clip(target, 0, 1) if pixels else target

    return answer


CASES = {
    "sees-product": Case(right=[2, 4], wrong=[[3, 3], [6, 6], [4, 4], [4, 2], [1, 2], 6]),
    "sees-path": Case(
        right=path(),
        wrong=[path(0.0), path(1.0), path(times_way=False), path(mean=False), path(from_zero=True)],
    ),
    "sees-cam": Case(
        right=cam(),
        wrong=[
            cam(positive=False, scale=None),
            cam(scale=None),
            cam(scale="careless"),
            cam(scale="all"),
            cam(local=True),
        ],
    ),
    "sees-step": Case(
        right=step_of(),
        wrong=[
            step_of(box=False),
            step_of(pixels=False),
            step_of(sign=-1),
            step_of(signs=False),
            step_of(from_x=True),
        ],
    ),
    "sees-ratio": Case(right=388.0, wrong=[150_528, 224, 28, 1 / 388]),
}
