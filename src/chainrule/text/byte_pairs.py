"""Byte-pair encoding: the most frequent pair of tokens becomes a token, again and again."""

import heapq
import re
from collections import Counter, defaultdict
from itertools import pairwise

import numpy as np

from chainrule.checks import check_int
from chainrule.text.indices import check_text, checked_indices, checked_state

N_BYTES = 256
# As in GPT-2: the endings of English contractions; letters, digits or signs, each with the space before them; space.
_PIECES = re.compile(r"'(?:s|t|re|ve|m|ll|d)| ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")


class BytePairEncoding:
    """Tokens for every string: the 256 bytes, and what merging frequent pairs has made of them.

    The pairs are counted within pieces of a text, words by and large, so no token reaches over the end of a word
    (sennrich2016neural; on bytes and with these pieces, radford2019language).

    Parameters
    ----------
    merges : sequence of (int, int)
        The i-th is the pair of tokens that token 256 + i stands for; ``train`` finds them.

    Attributes
    ----------
    merges : list of (int, int)
    tokens : list of bytes
        What each index stands for.

    Examples
    --------
    >>> tokenizer = BytePairEncoding.train("low lower lowest", 2)
    >>> [tokenizer.tokens[i] for i in tokenizer.encode("slow")]
    [b's', b'low']
    """

    def __init__(self, merges=()):
        self.tokens, self.merges = [bytes([i]) for i in range(N_BYTES)], []
        for pair in _checked_pairs(merges):
            for part in pair:
                check_int(part, "merges", minimum=0, maximum=len(self.tokens) - 1)
            self.tokens.append(self.tokens[pair[0]] + self.tokens[pair[1]])
            self.merges.append(pair)
        self._rank = {pair: i for i, pair in enumerate(self.merges)}
        if len(self._rank) < len(self.merges):
            raise ValueError("merges must be pairs that differ; got one twice")

    @classmethod
    def train(cls, text, n_merges):
        """Return the encoding that merges the most frequent pair of tokens, n_merges times.

        Of pairs that are equally frequent the one of lower indices comes first. Training ends early where no pair
        occurs twice.
        """
        n_merges = check_int(n_merges, "n_merges", minimum=0)
        counts = Counter(_PIECES.findall(check_text(text)))
        words = [list(_as_bytes(piece)) for piece in counts]
        return cls(_learnt(words, list(counts.values()), n_merges))

    @property
    def vocab_size(self):
        """The number of tokens, V."""
        return len(self.tokens)

    def encode(self, text):
        """Return the tokens of a text, array (T,): in each piece, the earliest merge that applies comes first."""
        known, found = {}, []
        for piece in _PIECES.findall(check_text(text)):
            if piece not in known:
                known[piece] = self._encoded(list(_as_bytes(piece)))
            found += known[piece]
        return np.array(found, np.int64)

    def _encoded(self, word):
        while True:
            ranks = [self._rank[pair] for pair in pairwise(word) if pair in self._rank]
            if not ranks:
                return word
            word = _merged(word, self.merges[min(ranks)], N_BYTES + min(ranks))

    def decode(self, indices):
        """Return the text of tokens (T,); bytes that are no UTF-8 become U+FFFD."""
        found = b"".join(self.tokens[i] for i in checked_indices(indices, self.vocab_size))
        return found.decode("utf-8", "replace")

    def to_dict(self):
        """Return what ``from_dict`` needs, fit for a JSON file."""
        return {"merges": [list(pair) for pair in self.merges]}

    @classmethod
    def from_dict(cls, state):
        """Return the encoding whose ``to_dict`` this is."""
        return cls(checked_state(state, "merges"))

    def __repr__(self):
        return f"BytePairEncoding()  # {len(self.merges)} merges, {self.vocab_size} tokens"


def _as_bytes(text):
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        lone = text[error.start]
        raise ValueError(
            f"text must be made of characters; got half of a surrogate pair, {lone!r}"
        ) from None


def _checked_pairs(merges):
    """Return merges as tuples of two."""
    if isinstance(merges, str) or not hasattr(merges, "__iter__"):
        raise TypeError(f"merges must be pairs of integers; got {type(merges).__name__}")
    pairs = []
    for pair in merges:
        if isinstance(pair, str) or not hasattr(pair, "__len__") or len(pair) != 2:
            raise ValueError(f"merges must be pairs of integers; got {pair!r}")
        pairs.append(tuple(pair))
    return pairs


def _merged(word, pair, new):
    """Return a list of tokens with every occurrence of a pair, from left to right, made one token."""
    out, i = [], 0
    while i < len(word):
        if word[i] == pair[0] and i + 1 < len(word) and word[i + 1] == pair[1]:
            out.append(new)
            i += 2
        else:
            out.append(word[i])
            i += 1
    return out


def _learnt(words, counts, n_merges):
    """Return the merges learnt from words, lists of tokens, each with its count.

    Only the words that hold the merged pair are counted again. The heap is not searched for the counts that have
    changed: what has become of a pair is pushed anew, and what is no longer true is passed over.
    """
    totals, places = Counter(), defaultdict(set)
    for i, word in enumerate(words):
        _count(word, counts[i], totals, i, places)
    heap, merges = [(-n, pair) for pair, n in totals.items()], []
    heapq.heapify(heap)
    while heap and len(merges) < n_merges:
        n, pair = heapq.heappop(heap)
        if -n != totals[pair]:
            continue
        if -n < 2:
            break
        changed, new = Counter(), N_BYTES + len(merges)
        for i in places.pop(pair):
            _count(words[i], -counts[i], changed)
            words[i] = _merged(words[i], pair, new)
            _count(words[i], counts[i], changed, i, places)
        merges.append(pair)
        for other, change in changed.items():
            totals[other] += change
            if change and totals[other]:
                heapq.heappush(heap, (-totals[other], other))
    return merges


def _count(word, n, totals, i=None, places=None):
    """Add n for each pair of tokens in a word, and note that the pair stands in word i."""
    for pair in pairwise(word):
        totals[pair] += n
        if places is not None:
            places[pair].add(i)
