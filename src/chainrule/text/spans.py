"""Cut spans out of a text, and put them back: what T5 learns from."""

import numpy as np

from chainrule.checks import check_generator, check_int, check_number
from chainrule.text.indices import checked_indices


def corrupt_spans(tokens, rng, sentinel_start, rate=0.15, mean_length=3):
    """Replace spans of tokens by sentinels, and list what was cut out (raffel2020exploring, 3.1.4).

    Of n tokens round(rate · n) are cut out, in round(of these / mean_length) spans, halves up, at least one of each.
    The lengths of the spans, and of what stays between them, are drawn evenly from all that have these sums; no two
    spans meet, the text begins with a token that stays and ends with a span, as in T5's code.

    Parameters
    ----------
    tokens : integers (n,), in [0, sentinel_start)
        At least 2.
    rng : numpy.random.Generator
    sentinel_start : int
        The first sentinel; the i-th span has sentinel_start + i.
    rate : number between 0 and 1
    mean_length : number, at least 1

    Returns
    -------
    input : integers
        The text with a sentinel in place of each span: of 512 tokens 512 - 77 + 26 = 461.
    target : integers
        Each sentinel followed by its span, and a last sentinel that closes the list: 26 + 77 + 1 = 104.

    Raises
    ------
    TypeError, ValueError
        If a token is a sentinel, there are fewer than 2, or a number is out of range.

    Examples
    --------
    >>> shown, wanted = corrupt_spans(np.arange(10), np.random.default_rng(1), 100, rate=0.4, mean_length=2)
    >>> shown, wanted
    (array([  0,   1,   2, 100,   5,   6,   7, 101]), array([100,   3,   4, 101,   8,   9, 102]))
    """
    check_generator(rng)
    sentinel_start = check_int(sentinel_start, "sentinel_start", minimum=1)
    tokens = checked_indices(tokens, sentinel_start, "tokens", "sentinel_start")
    if len(tokens) < 2:
        raise ValueError(f"tokens must be at least 2, one to stay and one to cut out; got {len(tokens)}")
    rate = check_number(rate, "rate", above=0, below=1)
    mean_length = check_number(mean_length, "mean_length", minimum=1)
    n_cut = min(max(int(rate * len(tokens) + 0.5 + 1e-9), 1), len(tokens) - 1)
    n_spans = min(max(int(n_cut / mean_length + 0.5), 1), len(tokens) - n_cut)
    kept, cut = _lengths(len(tokens) - n_cut, n_spans, rng), _lengths(n_cut, n_spans, rng)
    ends = np.cumsum(np.stack([kept, cut], -1).reshape(-1))
    pieces = np.split(tokens, ends[:-1])  # kept, cut, kept, cut ...
    sentinels = sentinel_start + np.arange(n_spans + 1)[:, None]
    shown = [part for pair in zip(pieces[::2], sentinels) for part in pair]
    wanted = [part for pair in zip(sentinels, pieces[1::2]) for part in pair]
    return np.concatenate(shown), np.concatenate([*wanted, sentinels[-1]])


def restore_spans(input, target, sentinel_start):
    """Return the tokens that ``corrupt_spans`` made input and target of.

    input, target : integers (T,); both must have the sentinels sentinel_start, sentinel_start + 1, ... in this
        order, and target one more, at its end
    sentinel_start : int
    Returns integers (n,).
    Raises TypeError or ValueError if they do not fit together: a model's answer may well not.

    >>> restore_spans([0, 1, 2, 100, 5, 101], [100, 3, 4, 101, 6, 102], 100)
    array([0, 1, 2, 3, 4, 5, 6])
    """
    sentinel_start = check_int(sentinel_start, "sentinel_start", minimum=1)
    kept = _between(input, "input", sentinel_start)
    cut = _between(target, "target", sentinel_start)
    if len(cut) != len(kept) + 1 or len(cut[0]) or len(cut[-1]):
        raise ValueError(
            f"target must begin and end with a sentinel, and have one more than input; "
            f"got {len(cut) - 1} for the {len(kept) - 1} of input"
        )
    # kept: what stands before each sentinel, and after the last; cut: the same of target, so its first is empty
    return np.concatenate([part for pair in zip(kept, [*cut[1:-1], cut[0]]) for part in pair])


def _lengths(total, n_parts, rng):
    """Return n_parts positive integers of this sum, all such lists being equally likely."""
    cuts = np.sort(rng.choice(total - 1, n_parts - 1, replace=False)) + 1
    return np.diff(cuts, prepend=0, append=total)


def _between(tokens, name, sentinel_start):
    """Return the lists of tokens before, between and after the sentinels, which must count up from the first."""
    tokens = checked_indices(tokens, np.iinfo(np.int64).max, name)
    places = np.flatnonzero(tokens >= sentinel_start)
    if not np.array_equal(tokens[places], sentinel_start + np.arange(len(places))):
        raise ValueError(
            f"{name} must have its sentinels in the order {sentinel_start}, {sentinel_start + 1}, ...; "
            f"got {tokens[places].tolist()}"
        )
    parts = np.split(tokens, places)
    return [parts[0], *[part[1:] for part in parts[1:]]]
