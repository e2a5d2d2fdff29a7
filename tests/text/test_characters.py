"""Characters are numbered in the order of their code points, and come back."""

import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from chainrule.text import CharacterTokenizer


@given(st.text(min_size=1))
def test_what_is_decoded_is_what_was_encoded(text):
    tokenizer = CharacterTokenizer(text)
    indices = tokenizer.encode(text)
    assert tokenizer.decode(indices) == text
    assert sorted(set(indices.tolist())) == list(range(tokenizer.vocab_size))
    assert np.array_equal(np.argsort(indices, kind="stable"), np.argsort([ord(c) for c in text], kind="stable"))


@given(st.text(min_size=1))
def test_the_tokenizer_goes_through_a_json_file(text):
    state = json.loads(json.dumps(CharacterTokenizer(text).to_dict()))
    assert CharacterTokenizer.from_dict(state).characters == CharacterTokenizer(text).characters


def test_the_empty_text_has_no_tokens():
    tokenizer = CharacterTokenizer("ab")
    assert tokenizer.encode("").dtype == "int64" and tokenizer.decode(tokenizer.encode("")) == ""
