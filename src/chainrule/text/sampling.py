"""Choose the next token: temperature, the k most probable, the nucleus."""

import numpy as np

from chainrule.checks import (
    check_floating,
    check_generator,
    check_int,
    check_ndim,
    check_non_empty,
    check_non_negative,
    check_number,
)
from chainrule.tensor import Tensor


def probabilities(logits, temperature=1.0, top_k=None, top_p=None):
    """Return the probabilities that ``sample`` draws with.

    logits : floats (..., V); -inf for a token that is never chosen
    temperature : divides the logits; at 0 everything falls to the largest, the first of several
    top_k : int, keeps the k most probable tokens, of equal ones the first
    top_p : float in (0, 1], keeps the fewest most probable tokens that have at least this probability together
        (holtzman2020curious, 3.1); after top_k, of what that kept
    Returns array (..., V) of float64, each row of sum 1.

    Examples
    --------
    >>> probabilities(np.log([0.5, 0.3, 0.2]), top_p=0.6).round(3)
    array([0.625, 0.375, 0.   ])
    """
    logits = _checked_logits(logits)
    temperature = check_non_negative(temperature, "temperature")
    n_tokens = logits.shape[-1]
    if top_k is not None:
        top_k = min(check_int(top_k, "top_k", minimum=1), n_tokens)
    if top_p is not None:
        top_p = check_number(top_p, "top_p", above=0, maximum=1)
    if temperature == 0:
        return (np.arange(n_tokens) == logits.argmax(-1)[..., None]).astype(float)
    with np.errstate(over="ignore"):  # a difference over a small temperature may be -inf, which is right
        p = np.exp((logits - logits.max(-1, keepdims=True)) / temperature)
    p /= p.sum(-1, keepdims=True)
    if top_k is None and top_p is None:
        return p
    order = np.argsort(-logits, axis=-1, kind="stable")
    ranked = np.take_along_axis(p, order, -1)
    if top_k is not None:
        ranked[..., top_k:] = 0
        ranked /= ranked.sum(-1, keepdims=True)
    if top_p is not None and top_p < 1:
        before = np.cumsum(ranked, -1) - ranked
        ranked[before >= top_p] = 0
        ranked /= ranked.sum(-1, keepdims=True)
    np.put_along_axis(p, order, ranked, -1)
    return p


def sample(logits, rng, temperature=1.0, top_k=None, top_p=None):
    """Draw a token from each row of logits, one uniform number for each.

    logits : floats (..., V)
    rng : numpy.random.Generator
    temperature, top_k, top_p : as in ``probabilities``; at temperature 0 nothing is drawn
    Returns array (...) of int64.
    """
    check_generator(rng)
    p = probabilities(logits, temperature, top_k, top_p)
    if temperature == 0:
        return p.argmax(-1)
    reached = np.cumsum(p, -1)
    drawn = rng.random(p.shape[:-1])[..., None] * reached[..., -1:]  # below what all reach together
    return (reached <= drawn).sum(-1)


def _checked_logits(logits):
    """Return logits (..., V) as float64; each row must have a finite number, and neither nan nor inf."""
    logits = logits.data if isinstance(logits, Tensor) else np.asarray(logits)
    check_floating(logits, "logits")
    check_ndim(logits, "logits", 1, at_least=True)
    check_non_empty(logits, "logits")
    top = logits.max(-1)
    if not np.isfinite(top).all():
        raise ValueError(f"logits must have a finite maximum in each row; got {top[~np.isfinite(top)][0]}")
    return logits.astype(float)
