"""Hide tokens that a model is to find again: BERT's masks, and the orders of XLNet."""

import numpy as np

from chainrule.checks import (
    check_generator,
    check_int,
    check_integers,
    check_ndim,
    check_probability,
)
from chainrule.text.indices import checked_indices, checked_tokens


def mask_tokens(tokens, rng, mask_id, vocab_size, rate=0.15, split=(0.8, 0.1, 0.1), special=(), ignore=-100):
    """Choose tokens to predict, and replace most of them (devlin2019bert, 3.1).

    In each row round(rate · n) of its n tokens that are not special are chosen, at least one, halves up. Each of them
    becomes ``mask_id``, a token drawn evenly from those that are neither special nor ``mask_id``, or stays, with the
    probabilities of ``split``.

    Parameters
    ----------
    tokens : integers (T,) or (B, T), in [0, V)
    rng : numpy.random.Generator
        Called once before training, the masks are static; for each batch anew, dynamic (liu2019roberta, 4.1).
    mask_id : int
        The token that stands for a hidden one.
    vocab_size : int, V
    rate : number in [0, 1]
        The share of tokens to predict; at 0 none is chosen.
    split : 3 numbers of sum 1
        Probabilities of the mask, of a random token, of no change.
    special : sequence of int
        Tokens that are never chosen: padding, separators.
    ignore : int
        What the targets hold where nothing is to be predicted; no token. PyTorch's losses leave out -100.

    Returns
    -------
    corrupted : integers, of the shape of tokens
    targets : integers, of the same shape
        The token where it was chosen, ``ignore`` elsewhere.
    positions : bools, of the same shape
        Where a token was chosen: the loss is that of ``logits[positions]`` and ``targets[positions]``.

    Raises
    ------
    TypeError, ValueError
        If a token or ``mask_id`` is outside the vocabulary, ``split`` has another sum, ``ignore`` is a token, or no
        token is left to draw.

    Examples
    --------
    >>> mask_tokens([5, 6, 7, 8], np.random.default_rng(0), mask_id=0, vocab_size=9, rate=0.5, split=(1, 0, 0))[0]
    array([5, 6, 0, 0])
    """
    check_generator(rng)
    vocab_size = check_int(vocab_size, "vocab_size", minimum=1)
    tokens = checked_tokens(tokens, vocab_size, (1, 2))
    mask_id = check_int(mask_id, "mask_id", minimum=0, maximum=vocab_size - 1)
    rate, split = check_probability(rate, "rate"), _checked_split(split)
    if 0 <= check_int(ignore, "ignore") < vocab_size:
        raise ValueError(f"ignore must be no token of vocab_size={vocab_size}; got ignore={ignore}")
    special = checked_indices(special, vocab_size, "special")
    others = np.setdiff1d(np.arange(vocab_size), [mask_id, *special])
    if split[1] and not len(others):
        raise ValueError(f"vocab_size must leave a token beside mask_id and special; got vocab_size={vocab_size}")
    positions = _chosen(~np.isin(tokens, special), rate, rng)
    drawn, corrupted = rng.random(tokens.shape), tokens.copy()
    corrupted[positions & (drawn < split[0])] = mask_id
    is_random = positions & (drawn >= split[0]) & (drawn < split[0] + split[1])
    corrupted[is_random] = rng.choice(others, is_random.sum()) if is_random.any() else 0
    return corrupted, np.where(positions, tokens, ignore), positions


def permutation_masks(order):
    """Return who may look at whom when tokens are predicted in this order (yang2019xlnet, 2.3).

    Parameters
    ----------
    order : integers (T,)
        The positions 0 ... T - 1, in the order in which their tokens are predicted.

    Returns
    -------
    content : bools (T, T)
        ``content[i, j]``: position i may look at position j, which comes no later: itself among them.
    query : bools (T, T)
        ``query[i, j]``: j comes before i. The stream that predicts token i does not see it; the first in the order
        sees nothing. True means may look, as in ``scaled_dot_product_attention``.

    Raises
    ------
    TypeError, ValueError
        If order does not hold every position once.

    Examples
    --------
    >>> content, query = permutation_masks([2, 0, 1])
    >>> query.astype(int)
    array([[0, 0, 1],
           [1, 0, 1],
           [0, 0, 0]])
    """
    order = check_integers(check_ndim(np.asarray(order), "order", 1), "order")
    if not np.array_equal(np.sort(order), np.arange(len(order))):
        raise ValueError(f"order must hold each of 0 to {len(order) - 1} once; got {order.tolist()}")
    turn = np.argsort(order)
    return turn[:, None] >= turn, turn[:, None] > turn


def _chosen(is_free, rate, rng):
    """Return bools: in each row the same share, at least one, of the places that are free."""
    n_free = is_free.sum(-1, keepdims=True)
    n_chosen = np.maximum(np.floor(rate * n_free + 0.5 + 1e-9), 1 if rate else 0)
    order = np.argsort(np.where(is_free, rng.random(is_free.shape), np.inf), -1)  # the free ones come first, at random
    chosen = np.empty(is_free.shape, bool)
    np.put_along_axis(chosen, order, np.arange(is_free.shape[-1]) < n_chosen, -1)
    return chosen & is_free


def _checked_split(split):
    """Return three probabilities of sum 1."""
    if not hasattr(split, "__len__") or len(split) != 3:
        raise ValueError(f"split must be 3 probabilities: mask, random token, no change; got {split!r}")
    split = [check_probability(part, "split") for part in split]
    if abs(sum(split) - 1) > 1e-9:
        raise ValueError(f"split must have the sum 1; got {sum(split):g}")
    return split
