import numpy as np
from exercises.case import Case


def warmup_linear(t, peak, n, total):
    return peak * t / n if t < n else peak * max(total - t, 0) / (total - n)


def clip_with(factor, one_norm=True, in_place=False, power=0.5):
    def answer(gradients, c):
        together = sum((g**2).sum() for g in gradients) ** power
        norms = [together if one_norm else np.linalg.norm(g) for g in gradients]
        if in_place:
            for g, norm in zip(gradients, norms, strict=True):
                g *= factor(c, norm)
            return gradients
        return [g * factor(c, norm) for g, norm in zip(gradients, norms, strict=True)]

    return answer


def bounded(c, norm):
    return min(1.0, c / norm)


CASES = {
    "schedule-restarts": Case(
        right=[5, 20, 65], wrong=[[0, 5, 20], [5, 15, 45], [5, 10, 15], [5, 20], [5, 20, 64], 65]
    ),
    "schedule-gamma": Case(
        right=0.5 ** (1 / 250), wrong=[0.5, 1 - 0.5 / 250, 0.5 / 250, 0.997, 0.5**250, "0.997231"]
    ),
    "schedule-warmup-linear": Case(
        right=warmup_linear,
        wrong=[
            lambda t, peak, n, total: warmup_linear(t + 1, peak, n, total),
            lambda t, peak, n, total: peak * t / n if t < n else peak * max(1 - t / total, 0),
            lambda t, peak, n, total: peak * t / n if t < n else peak * (total - t) / (total - n),
            lambda t, peak, n, total: peak * max(1 - t / total, 0),
            lambda t, peak, n, total: peak,
        ],
    ),
    "schedule-clip-together": Case(
        right=clip_with(bounded),
        wrong=[
            clip_with(bounded, one_norm=False),
            clip_with(lambda c, norm: c / norm),
            clip_with(bounded, in_place=True),
            clip_with(bounded, power=1.0),
            lambda gradients, c: [np.clip(g, -c, c) for g in gradients],
            lambda gradients, c: gradients[0],
        ],
    ),
    "schedule-clipped-end": Case(right=-7 / 9, wrong=[1.0, -1.0, 2 / 9, -11 / 9, -0.8, [-7 / 9]]),
}
