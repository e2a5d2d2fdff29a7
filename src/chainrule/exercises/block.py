"""Checks of *The block*."""

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


@check("block-norm")
def block_norm(answer):
    x = np.array([20.0, 32.0, 32.0, 36.0])
    away = x - x.mean()
    slips = {
        "that is before gain and shift": away / x.std(),
        "the shift is missing": 6 * away / x.std(),
        "that divides by the variance; divide by its root": 6 * away / x.var() + 1,
        "the mean has to be subtracted: that is RMSNorm": 6 * x / np.sqrt((x**2).mean()) + 1,
        "the variance is the mean of the squares, over 4 and not over 3": 6 * away / x.std(ddof=1)
        + 1,
        "the deviations have to be divided by their root mean square": 6 * away + 1,
    }
    for said, value in slips.items():
        if array_is(answer, value, tolerance=1e-3) is None:
            return said
    return array_is(answer, 6 * away / x.std() + 1, tolerance=1e-3, name="the output")


@check("block-rms")
def block_rms(answer):
    rng = np.random.default_rng(5)
    for n, width, eps in [(1, 4, 0.0), (5, 3, 0.3), (2, 8, 1e-6)]:
        dy, x, gain = (
            rng.normal(size=(n, width)),
            rng.normal(2, 1, (n, width)),
            rng.normal(size=width),
        )
        root = np.sqrt((x**2).mean(1, keepdims=True) + eps)
        hat, blame = x / root, dy * gain
        along = hat * (hat * blame).mean(1, keepdims=True)
        got = call(answer, dy.copy(), x.copy(), gain.copy(), eps)
        if not isinstance(got, tuple | list) or len(got) != 2:
            return "return two arrays: dx, dgain"
        slips = {
            "dx: the root mean square depends on x, too": blame / root,
            "dx: the gain is missing": (dy - hat * (hat * dy).mean(1, keepdims=True)) / root,
            "dx: RMSNorm subtracts no mean, so its gradient does not either": (
                blame - blame.mean(1, keepdims=True) - along
            )
            / root,
            "dx: take the mean over the features, not the sum": (blame - along * width) / root,
            "dx: divide by the root mean square": blame - along,
        }
        hint = array_is(got[0], (blame - along) / root, name="dx")
        if hint is not None:
            for said, value in slips.items():
                if array_is(got[0], value) is None:
                    return said
            return f"{hint} (eps = {eps})"
        if array_is(got[1], dy * hat) is None and n > 1:
            return "dgain: add over the steps"
        if array_is(got[1], (dy * x).sum(0)) is None:
            return "dgain: the gain multiplies the normalised x"
        hint = array_is(got[1], (dy * hat).sum(0), name="dgain")
        if hint is not None:
            return hint
    return None


@check("block-decoder")
def block_decoder(answer):
    for d, hidden in [(2, 3), (16, 64), (512, 2048)]:
        attention, feed, norms = 4 * d * d + 4 * d, 2 * d * hidden + hidden + d, 6 * d
        got = call(answer, d, hidden)
        hint = number_is(
            got,
            2 * attention + feed + norms,
            hints=[
                (attention + feed + norms, "there are two attentions"),
                (attention + feed + norms - 2 * d, "that is a block without cross-attention"),
                (2 * attention + feed + norms - 2 * d, "there are three norms"),
                (2 * attention + feed + norms // 2, "a layer norm has a gain and a shift"),
                (2 * attention + feed, "the norms are missing"),
                (8 * d * d + 2 * d * hidden, "the biases and the norms are missing"),
                (8 * d * d + 2 * d * hidden + norms, "the biases are missing"),
                (16 * d * d + 19 * d, "that takes D_ff = 4 D; use D_ff"),
            ],
        )
        if hint is not None:
            return f"{hint} (D = {d}, D_ff = {hidden})"
    return None


@check("block-crossover")
def block_crossover(answer):
    d = 512
    return number_is(
        answer,
        4 * d,
        hints=[
            (6 * d, "that is for feed-forward networks of 4 D"),
            (2 * d, "attention has weights, too: 4 D² of them"),
            (8 * d, "step with step there are two products: scores and means"),
            (d, "count the feed-forward network both ways, and attention's four matrices"),
            (3 * d, "count both matrices of the feed-forward network, and all four of attention"),
        ],
    )


@check("block-writes")
def block_writes(answer):
    rng = np.random.default_rng(6)
    for n_parts in (1, 3):
        x, mats = rng.normal(size=(4, 5)), rng.normal(size=(n_parts, 5, 5))
        parts = [lambda y, m=m: np.tanh(y @ m) for m in mats]

        def norm(y):
            return y / np.sqrt((y**2).mean(-1, keepdims=True))

        right, stream, bare, side, post = [], x, [], x, [norm(x)]
        for part in parts:
            right.append(part(norm(stream)))
            stream = stream + right[-1]
            bare.append(part(side))
            side = side + bare[-1]
        for part in parts:
            post.append(norm(post[-1] + part(post[-1])))
        given = x.copy()
        got = call(answer, given, parts, norm)
        if not np.array_equal(given, x):
            return "your function changes the caller's x; write x = x + ..., not x += ..."
        if not isinstance(got, tuple | list) or len(got) != n_parts:
            return f"return a list with one array for each part ({n_parts} here)"
        slips = {
            "every part reads the stream with all that was written before it": [
                part(norm(x)) for part in parts
            ],
            "each part reads the normalised stream": bare,
            "those are the states of the stream; return what was added": list(
                x + np.cumsum(right, axis=0)
            ),
        }
        for said, value in slips.items():
            if n_parts > 1 and array_is(np.array(got), np.array(value)) is None:
                return said
        hint = array_is(np.array(got), np.array(right), name="the writes")
        if hint is not None:
            return f"{hint} ({n_parts} parts)"
    return None
