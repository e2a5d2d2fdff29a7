"""Checks of *Scaled dot-product self-attention*."""

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


def _softmax(scores):
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


@check("selfattn-causal")
def selfattn_causal(answer):
    values = np.array([[20.0, 0.0], [0.0, 20.0], [20.0, 20.0]])
    slips = {
        "that is the output without a mask": [0.25, 0.5, 0.25],
        "the two weights that are left must sum to one": [0.25, 0.5, 0.0],
        "a step may look at itself, too": [1.0, 0.0, 0.0],
        "step 2 may look at steps 1 and 2": [0.0, 2 / 3, 1 / 3],
        "the weights are not equal: the powers of two are 1/2 and 1": [0.5, 0.5, 0.0],
    }
    for said, weights in slips.items():
        if array_is(answer, np.array(weights) @ values, tolerance=1e-3) is None:
            return said
    return array_is(
        answer, np.array([1, 2, 0]) / 3 @ values, tolerance=1e-3, name="the output of step 2"
    )


@check("selfattn-divisor")
def selfattn_divisor(answer):
    d, of_q, of_k = 64, 3.0, 0.5
    return number_is(
        answer,
        d**0.5 * of_q * of_k,
        hints=[
            (d**0.5, "that is right for entries of variance 1"),
            (d * (of_q * of_k) ** 2, "that is the variance; scores are divided by its root"),
            (d * of_q * of_k, "variances add, standard deviations do not"),
            ((d * of_q * of_k) ** 0.5, "the variance of a product is the product of the variances"),
            ((d * (of_q**2 + of_k**2)) ** 0.5, "each term is a product of two entries, not a sum"),
        ],
    )


@check("selfattn-masks")
def selfattn_masks(answer):
    for lengths, steps in [([3, 1], 4), ([2, 5, 4], 5), ([1], 1)]:
        got = call(answer, list(lengths), steps)
        if not isinstance(got, tuple | list) or len(got) != 2:
            return "return two arrays: key_padding_mask, attn_mask"
        got = [np.asarray(one) for one in got]
        if any(one.dtype != bool for one in got):
            return "both arrays must hold bools"
        padding = np.arange(steps) >= np.array(lengths)[:, None]
        causal = np.triu(np.ones((steps, steps), bool), 1)
        names = ("key_padding_mask", "attn_mask")
        for one, right, name in zip(got, (padding, causal), names, strict=True):
            if one.shape == right.shape and np.array_equal(one, ~right):
                return f"in this module True forbids: {name} is the wrong way round"
        if np.array_equal(got[1], np.triu(np.ones((steps, steps), bool))):
            return "a step may look at itself"
        if np.array_equal(got[1], causal.T) and steps > 1:
            return "row i is the query: what comes after it is forbidden"
        for one, right, name in zip(got, (padding, causal), names, strict=True):
            hint = array_is(one, right, name=name)
            if hint is not None:
                return f"{hint} (lengths {lengths}, T = {steps})"
    return None


@check("selfattn-scores")
def selfattn_scores(answer):
    rng = np.random.default_rng(7)
    for n_queries, n_keys, width in [(1, 2, 1), (3, 5, 4), (4, 4, 2)]:
        weights = _softmax(rng.normal(size=(n_queries, n_keys)))
        sent, values = (rng.normal(size=(n, width)) for n in (n_queries, n_keys))
        of_weights = sent @ values.T
        right = weights * (of_weights - (weights * of_weights).sum(1, keepdims=True))
        got = call(answer, weights.copy(), sent.copy(), values.copy())
        hint = array_is(got, right, name="the gradient of the scores")
        if hint is not None:
            slips = {
                "that is the gradient of the weights; go back through the softmax": of_weights,
                "each row's weighted mean has to be subtracted": weights * of_weights,
                "subtract the mean with the weights of the row, not the plain mean": weights
                * (of_weights - of_weights.mean(1, keepdims=True)),
                "the softmax mixes all scores of a row: p (1 - p) is only its diagonal": weights
                * (1 - weights)
                * of_weights,
            }
            for said, value in slips.items():
                if array_is(got, value) is None:
                    return said
            return hint
    return None


@check("selfattn-window")
def selfattn_window(answer):
    rng = np.random.default_rng(8)
    for steps, width in [(6, 2), (5, 1), (4, 9)]:
        q, k, v = rng.normal(size=(3, steps, 3))
        behind = np.arange(steps)[:, None] - np.arange(steps)

        def attend(allowed, scores=q @ k.T / 3**0.5, v=v):
            with np.errstate(invalid="ignore"):
                return _softmax(np.where(allowed, scores, -np.inf)) @ v

        got = call(answer, q.copy(), k.copy(), v.copy(), width)
        hint = array_is(got, attend((behind >= 0) & (behind < width)), name="the outputs")
        if hint is not None:
            slips = {
                "that looks at one step too many: itself and width - 1 before": (behind >= 0)
                & (behind <= width),
                "that looks at what comes after, too": np.abs(behind) < width,
                "that is causal attention without a window": behind >= 0,
            }
            for said, allowed in slips.items():
                if array_is(got, attend(allowed)) is None:
                    return said
            return f"{hint} (T = {steps}, width = {width})"
    return None
