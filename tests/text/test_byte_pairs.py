"""Byte-pair encoding loses nothing, and learns what a plain count of all pairs learns."""

import json
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule import data
from chainrule.text import BytePairEncoding
from chainrule.text.byte_pairs import _PIECES

WORDS = st.lists(st.sampled_from(["aab", "aaa", "abab", " a", "the", " then", "2024", "é", "…", "\n\n", "_x"]))
AWKWARD = ["", " ", "  a", "a ", "\r\n\t x", "don't", "naïve",
           "你好，世界", "👩‍👩‍👧 🇫🇷", "x²_y", "\x00\u2028\u00a0\ufeff", "½ 3½"]
TRAINED = BytePairEncoding.train(data.load_persuasion(range(1, 4)), 300)


def merged_everywhere(words, pair, new):
    """Replace a pair in lists of tokens: by way of a string, one character a token."""
    old, new = "".join(map(chr, pair)), chr(new)
    return [list(map(ord, "".join(map(chr, word)).replace(old, new))) for word in words]


def plainly(text, n_merges):
    """Return merges, and the words they leave, with every pair counted anew for each merge."""
    words, merges = [list(piece.encode()) for piece in _PIECES.findall(text)], []
    for _ in range(n_merges):
        counts = Counter(pair for word in words for pair in pairwise(word))
        pair = min(counts, key=lambda p: (-counts[p], p), default=None)
        if pair is None or counts[pair] < 2:
            break
        words = merged_everywhere(words, pair, 256 + len(merges))
        merges.append(pair)
    return merges, words


@given(st.text())
def test_what_is_decoded_is_what_was_encoded(text):
    assert TRAINED.decode(TRAINED.encode(text)) == text
    assert len(TRAINED.encode(text)) <= len(text.encode())


@pytest.mark.parametrize("text", AWKWARD)
def test_awkward_strings_come_back(text):
    assert TRAINED.decode(TRAINED.encode(text)) == text == "".join(_PIECES.findall(text))


@given(st.text())
def test_the_pieces_of_a_text_make_the_text(text):
    assert "".join(_PIECES.findall(text)) == text


@settings(deadline=None)
@given(WORDS.map("".join), st.integers(0, 12))
def test_training_finds_what_counting_everything_anew_finds(text, n_merges):
    merges, words = plainly(text, n_merges)
    trained = BytePairEncoding.train(text, n_merges)
    assert trained.merges == merges
    assert trained.encode(text).tolist() == [token for word in words for token in word]


def test_a_chapter_of_a_novel_is_learnt_as_by_counting_anew():
    text = data.load_persuasion(1)[:6000]
    assert BytePairEncoding.train(text, 60).merges == plainly(text, 60)[0]


def test_an_example_for_paper():
    trained = BytePairEncoding.train("aaabdaaabac", 3)
    assert [trained.tokens[i] for i in range(256, 259)] == [b"aa", b"ab", b"aaab"]
    assert [trained.tokens[i] for i in trained.encode("aaabdaaabac")] == [b"aaab", b"d", b"aaab", b"a", b"c"]


def test_of_equal_pairs_the_lower_comes_first_and_none_is_learnt_from_one_place():
    assert BytePairEncoding.train("cd\nba\ncd\nba", 1).merges == [(ord("b"), ord("a"))]
    assert BytePairEncoding.train("abcdef", 10).merges == []
    assert BytePairEncoding.train("", 10).vocab_size == 256


def test_no_token_reaches_over_the_end_of_a_word():
    assert all(b" " not in token[1:] or not token.strip() for token in TRAINED.tokens)
    assert not any(token[:1].isalpha() and b"\n" in token for token in TRAINED.tokens)


def test_more_merges_never_need_more_tokens():
    text = data.load_persuasion(5)
    lengths = [len(BytePairEncoding(TRAINED.merges[:n]).encode(text)) for n in (0, 50, 150, 300)]
    assert lengths[0] == len(text) and lengths == sorted(lengths, reverse=True) and lengths[-1] < 0.5 * lengths[0]


def test_the_encoding_goes_through_a_json_file():
    again = BytePairEncoding.from_dict(json.loads(json.dumps(TRAINED.to_dict())))
    assert again.merges == TRAINED.merges and again.tokens == TRAINED.tokens
    assert again.encode("Anne Elliot 🙂").tolist() == TRAINED.encode("Anne Elliot 🙂").tolist()


def test_half_a_character_is_decoded_to_the_sign_for_it():
    assert BytePairEncoding().decode(list("é".encode())[:1]) == "\ufffd"


def test_tokens_come_as_int64_and_none_for_the_empty_text():
    assert TRAINED.encode("").dtype == TRAINED.encode("a").dtype == "int64"
    assert TRAINED.encode("").shape == (0,) and TRAINED.decode([]) == ""
