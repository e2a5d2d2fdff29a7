"""One index for each character."""

import numpy as np

from chainrule.text.indices import check_text, checked_indices, checked_state


class CharacterTokenizer:
    """Number the characters of a text, in the order of their code points.

    Parameters
    ----------
    text : str
        Every character in it gets an index; no other can be encoded.

    Attributes
    ----------
    characters : str
        The character of each index, V of them.

    Examples
    --------
    >>> tokenizer = CharacterTokenizer("banana")
    >>> tokenizer.characters, tokenizer.encode("nab")
    ('abn', array([2, 0, 1]))
    >>> tokenizer.decode([1, 0, 2])
    'ban'
    """

    def __init__(self, text):
        self.characters = "".join(sorted(set(check_text(text))))
        if not text:
            raise ValueError("text must hold at least one character; got ''")
        self._index = {character: i for i, character in enumerate(self.characters)}

    @property
    def vocab_size(self):
        """The number of characters, V."""
        return len(self.characters)

    def encode(self, text):
        """Return the indices of a text's characters, array (T,).

        Raises ValueError for a character that has no index.
        """
        try:
            return np.array([self._index[character] for character in check_text(text)], np.int64)
        except KeyError as error:
            raise ValueError(
                f"text must be made of the {self.vocab_size} known characters; got {error.args[0]!r}"
            ) from None

    def decode(self, indices):
        """Return the text of indices (T,)."""
        return "".join(self.characters[i] for i in checked_indices(indices, self.vocab_size))

    def to_dict(self):
        """Return what ``from_dict`` needs, fit for a JSON file."""
        return {"characters": self.characters}

    @classmethod
    def from_dict(cls, state):
        """Return the tokeniser whose ``to_dict`` this is."""
        return cls(checked_state(state, "characters"))

    def __repr__(self):
        return f"CharacterTokenizer({self.characters!r})"
