import numpy as np
from exercises.case import Case


def rms(kind):
    def answer(dy, x, gain, eps):
        r = np.sqrt((x**2).mean(1, keepdims=True) + eps)
        hat, blame = x / r, dy * gain
        along = hat * (hat * blame).mean(1, keepdims=True)
        dx = {
            "root": blame / r,
            "gain": (dy - hat * (hat * dy).mean(1, keepdims=True)) / r,
            "layer": (blame - blame.mean(1, keepdims=True) - along) / r,
            "sum": (blame - along * x.shape[1]) / r,
            "undivided": blame - along,
            "no eps": (blame - along) / np.sqrt((x**2).mean(1, keepdims=True)),
        }.get(kind, (blame - along) / r)
        dgain = {"steps": dy * hat, "raw": (dy * x).sum(0)}.get(kind, (dy * hat).sum(0))
        return dx if kind == "one" else (dx, dgain)

    return answer


def writes(kind):
    def answer(x, parts, norm):
        out, start = [], x
        for part in parts:
            read = {"start": norm(start), "bare": x}.get(kind, norm(x))
            out.append(part(read))
            if kind == "in place":
                x += out[-1]
            else:
                x = x + out[-1]
            if kind == "states":
                out[-1] = x
            if kind == "post":
                x = norm(x)
        return x if kind == "output" else out

    return answer


CASES = {
    "block-norm": Case(
        right=np.array([-9.0, 3.0, 3.0, 7.0]),
        wrong=[
            np.array([-5 / 3, 1 / 3, 1 / 3, 1.0]),
            np.array([-10.0, 2.0, 2.0, 6.0]),
            np.array([-2 / 3, 4 / 3, 4 / 3, 2.0]),
            np.array([-59.0, 13.0, 13.0, 37.0]),
            np.array([-9.0, 3.0, 3.0]),
        ],
    ),
    "block-rms": Case(
        right=rms("right"),
        wrong=[
            rms(kind)
            for kind in (
                "root",
                "gain",
                "layer",
                "sum",
                "undivided",
                "no eps",
                "steps",
                "raw",
                "one",
            )
        ],
    ),
    "block-decoder": Case(
        right=lambda D, D_ff: 8 * D**2 + 15 * D + 2 * D * D_ff + D_ff,
        wrong=[
            lambda D, D_ff: 16 * D**2 + 19 * D,
            lambda D, D_ff: 8 * D**2 + 2 * D * D_ff,
            lambda D, D_ff: 4 * D**2 + 9 * D + 2 * D * D_ff + D_ff,
            lambda D, D_ff: 8 * D**2 + 13 * D + 2 * D * D_ff + D_ff,
            lambda D, D_ff: 8 * D**2 + 9 * D + 2 * D * D_ff + D_ff,
        ],
    ),
    "block-crossover": Case(right=2048, wrong=[3072, 1024, 4096, 512, 1536, 6]),
    "block-writes": Case(
        right=writes("right"),
        wrong=[writes(kind) for kind in ("start", "bare", "in place", "states", "post", "output")],
    ),
}
