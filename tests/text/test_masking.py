"""Masks and orders: how many tokens are chosen, what becomes of them, and who may look at whom."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from chainrule.text import mask_tokens, permutation_masks

V, MASK, PAD = 20, 1, 0
SEEDS = st.integers(0, 2**32 - 1)


def drawn(seed, shape=(3, 40)):
    """Return a generator and tokens, padding among them."""
    rng = np.random.default_rng(seed)
    return rng, rng.integers(0, V, shape)


@given(SEEDS, st.sampled_from([0.0, 0.05, 0.15, 0.5, 1.0]))
def test_each_row_loses_its_share_of_the_tokens_that_may_be_chosen(seed, rate):
    rng, tokens = drawn(seed)
    tokens[0] = PAD
    _, _, positions = mask_tokens(tokens, rng, MASK, V, rate, special=[PAD])
    for row, chosen in zip(tokens, positions):
        free = int((row != PAD).sum())
        expected = 0 if not rate or not free else max(1, int(rate * free + 0.5))
        assert chosen.sum() == expected and not chosen[row == PAD].any()


@pytest.mark.parametrize("rate, n_chosen", [(0.0, 0), (0.01, 1), (0.15, 1), (0.5, 2), (1.0, 3)])
def test_a_short_row_loses_one_token_at_least_and_a_half_counts_up(rate, n_chosen):
    assert mask_tokens([5, 6, 7], np.random.default_rng(0), MASK, V, rate)[2].sum() == n_chosen


@given(SEEDS)
def test_targets_are_the_tokens_at_the_positions_and_nothing_else_changes(seed):
    rng, tokens = drawn(seed)
    before = tokens.copy()
    corrupted, targets, positions = mask_tokens(tokens, rng, MASK, V, 0.3, special=[PAD])
    assert np.array_equal(tokens, before)
    assert np.array_equal(targets[positions], tokens[positions]) and (targets[~positions] == -100).all()
    assert np.array_equal(corrupted[~positions], tokens[~positions])
    changed = corrupted[positions & (corrupted != tokens)]
    assert not np.isin(changed, [PAD]).any() and changed.max(initial=0) < V


@pytest.mark.parametrize("split", [(0.8, 0.1, 0.1), (0.5, 0.5, 0), (0, 0, 1)])
def test_the_chosen_are_split_in_proportion_and_random_tokens_are_drawn_evenly(split):
    tokens = np.full((200, 500), 5)
    corrupted, _, positions = mask_tokens(tokens, np.random.default_rng(0), MASK, V, 0.5, split, special=[PAD, 2])
    found = np.bincount(corrupted[positions], minlength=V) / positions.sum()
    expected = np.full(V, split[1] / (V - 3))
    expected[[MASK, PAD, 2]] = split[0], 0, 0
    expected[5] += split[2]
    assert_allclose(found, expected, atol=5 * np.sqrt(0.25 / positions.sum()))


def test_every_set_of_positions_is_equally_likely():
    rng, counts = np.random.default_rng(0), {}
    for _ in range(200):
        _, _, positions = mask_tokens(np.full((60, 5), 7), rng, MASK, V, 0.4)
        for row in positions:
            key = tuple(np.flatnonzero(row).tolist())
            counts[key] = counts.get(key, 0) + 1
    assert sorted(counts) == sorted(itertools.combinations(range(5), 2))
    assert_allclose(np.array(list(counts.values())) / 12_000, 0.1, atol=0.015)  # a standard deviation is 0.0027


def test_dynamic_masks_reach_nearly_all_positions_and_static_ones_do_not():
    rng, tokens = np.random.default_rng(0), np.full((50, 100), 7)
    seen = np.zeros(tokens.shape, bool)
    for epoch in range(1, 11):
        seen |= mask_tokens(tokens, rng, MASK, V)[2]
        assert_allclose(seen.mean(), 1 - 0.85**epoch, atol=0.02)


@given(st.permutations(range(5)))
def test_the_streams_look_at_what_comes_before(order):
    content, query = permutation_masks(order)
    for i, j in itertools.product(range(5), repeat=2):
        assert query[i, j] == (order.index(j) < order.index(i))
    assert np.array_equal(content, query | np.eye(5, dtype=bool))


def test_the_order_from_left_to_right_is_the_causal_mask_and_all_orders_look_everywhere():
    content, query = permutation_masks(np.arange(4))
    assert np.array_equal(content, np.tril(np.ones((4, 4), bool)))
    assert np.array_equal(query, np.tril(np.ones((4, 4), bool), -1))
    orders = list(itertools.permutations(range(3)))
    mean = np.mean([permutation_masks(order)[1] for order in orders], 0)
    assert_allclose(mean, 0.5 * (1 - np.eye(3)))  # each pair in half of the orders, both directions
    assert permutation_masks([0])[1].tolist() == [[False]]


def test_a_half_that_binary_puts_just_below_is_rounded_up():
    assert 0.145 * 100 < 14.5
    targets = mask_tokens(np.arange(100), np.random.default_rng(0), mask_id=0, vocab_size=100, rate=0.145)[1]
    assert (targets != -100).sum() == 15
