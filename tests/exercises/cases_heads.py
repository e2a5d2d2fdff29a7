import numpy as np
from exercises.case import Case


def cut(kind):
    def answer(x, h):
        B, T, D = x.shape
        return {
            "right": x.reshape(B, T, h, D // h).swapaxes(1, 2),
            "direct": x.reshape(B, h, T, D // h),
            "strided": x.reshape(B, T, D // h, h).transpose(0, 3, 1, 2),
            "not swapped": x.reshape(B, T, h, D // h),
        }[kind]

    return answer


def without(kind):
    def answer(outputs, W_out, i):
        h, _, d = outputs.shape
        by_head = [outputs[j] @ W_out[j * d : (j + 1) * d] for j in range(h)]
        rest = sum(by_head) - by_head[i]
        strided = sum(outputs[j] @ W_out[j::h] for j in range(h) if j != i)
        mean = rest * h / (h - 1)
        return {
            "right": rest,
            "alone": by_head[i],
            "all": sum(by_head),
            "mean": mean,
            "strided": strided,
        }[kind]

    return answer


def rotate(kind):
    def answer(x, positions):
        D = x.shape[1]
        power = np.arange(D // 2) / D * (1 if kind == "power" else 2)
        where = np.arange(len(x)) if kind == "own positions" else positions
        angles = np.multiply.outer(where, 10_000.0**-power) * (-1 if kind == "back" else 1)
        even, odd = (
            (np.s_[: D // 2], np.s_[D // 2 :]) if kind == "halves" else (np.s_[::2], np.s_[1::2])
        )
        a, b, out = x[:, even], x[:, odd], np.empty_like(x)
        out[:, even], out[:, odd] = (
            a * np.cos(angles) - b * np.sin(angles),
            a * np.sin(angles) + b * np.cos(angles),
        )
        return out

    return answer


CASES = {
    "heads-count": Case(
        right=8_401_408, wrong=[1_050_624, 8_388_608, 8_404_992, 6_303_744, 1_048_576]
    ),
    "heads-cut": Case(
        right=cut("right"), wrong=[cut(k) for k in ("direct", "strided", "not swapped")]
    ),
    "heads-without": Case(
        right=without("right"),
        wrong=[without(k) for k in ("alone", "all", "mean", "strided")],
    ),
    "heads-rotate": Case(
        right=rotate("right"),
        wrong=[rotate(k) for k in ("power", "own positions", "back", "halves")],
    ),
    "heads-slope": Case(
        right=float(np.log(2)), wrong=[0.5, 2, -float(np.log(2)), float(np.log(3)), 1]
    ),
}
