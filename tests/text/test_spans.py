"""Spans: nothing is lost, the numbers are those of the paper, and all ways to cut are equally likely."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from chainrule.text import corrupt_spans, restore_spans

START = 1000
TEXTS = st.lists(st.integers(0, START - 1), min_size=2, max_size=60)
SEEDS = st.integers(0, 2**32 - 1)


@given(TEXTS, SEEDS, st.floats(0.01, 0.99), st.floats(1, 12))
def test_what_is_cut_out_can_be_put_back(tokens, seed, rate, mean_length):
    shown, wanted = corrupt_spans(tokens, np.random.default_rng(seed), START, rate, mean_length)
    assert restore_spans(shown, wanted, START).tolist() == tokens


@given(TEXTS, SEEDS, st.floats(0.01, 0.99), st.floats(1, 12))
def test_the_lengths_are_those_that_the_numbers_say(tokens, seed, rate, mean_length):
    shown, wanted = corrupt_spans(tokens, np.random.default_rng(seed), START, rate, mean_length)
    n = len(tokens)
    n_cut = min(max(int(rate * n + 0.5), 1), n - 1)
    n_spans = min(max(int(n_cut / mean_length + 0.5), 1), n - n_cut)
    assert len(shown) == n - n_cut + n_spans and len(wanted) == n_cut + n_spans + 1
    assert shown[shown >= START].tolist() == list(range(START, START + n_spans))
    assert wanted[wanted >= START].tolist() == list(range(START, START + n_spans + 1))
    is_sentinel = shown >= START
    assert not (is_sentinel[1:] & is_sentinel[:-1]).any() and not is_sentinel[0] and is_sentinel[-1]
    is_sentinel = wanted >= START
    assert not (is_sentinel[1:] & is_sentinel[:-1]).any() and is_sentinel[0] and is_sentinel[-1]


def test_the_numbers_of_t5_for_512_tokens():
    shown, wanted = corrupt_spans(np.arange(512), np.random.default_rng(0), START)
    assert (shown >= START).sum() == 26 and len(shown) == 512 - 77 + 26 == 461 and len(wanted) == 77 + 26 + 1 == 104


def test_all_ways_to_cut_are_equally_likely():
    rng, counts = np.random.default_rng(0), {}
    for _ in range(3000):
        shown, _ = corrupt_spans(np.arange(10), rng, START, rate=0.5, mean_length=5 / 3)  # 3 spans of 5 tokens together
        counts[tuple(shown.tolist())] = counts.get(tuple(shown.tolist()), 0) + 1
    assert len(counts) == 6 * 6  # 5 is a sum of three in 6 ways, for what is cut and for what stays
    assert_allclose(np.array(list(counts.values())) / 3000, 1 / 36, atol=0.012)  # a standard deviation is 0.003


def swapped(tokens, i, j):
    tokens = tokens.copy()
    tokens[[i, j]] = tokens[[j, i]]
    return tokens


def test_an_answer_that_does_not_fit_is_refused_and_another_text_is_not():
    shown, wanted = corrupt_spans(np.arange(20), np.random.default_rng(0), START, 0.3, 2)
    marks = np.flatnonzero(wanted >= START)
    faults = [wanted[:-1], wanted[1:], np.append(wanted, 3), np.insert(wanted, 0, 3), np.append(wanted, wanted[-1]), [],
              *(swapped(wanted, i, j) for i, j in itertools.pairwise(marks))]  # fmt: skip
    for fault in faults:
        with pytest.raises(ValueError, match="target"):
            restore_spans(shown, fault, START)
    longer = np.insert(wanted, 1, [5, 5, 5])
    assert len(restore_spans(shown, longer, START)) == 23  # a span of any length is put in
    empty = restore_spans(shown, wanted[marks], START)
    assert empty.tolist() == shown[shown < START].tolist()


def test_a_half_that_binary_puts_just_below_is_rounded_up():
    assert 0.145 * 100 < 14.5
    shown, _ = corrupt_spans(np.arange(100), np.random.default_rng(0), 1000, rate=0.145)
    assert (shown < 1000).sum() == 100 - 15
