"""From text to integers and back, and from logits to the next token.

Both tokenisers have ``encode``, ``decode``, ``vocab_size``, and ``to_dict`` and ``from_dict`` for a JSON file.
"""

from chainrule.text.byte_pairs import BytePairEncoding
from chainrule.text.characters import CharacterTokenizer
from chainrule.text.sampling import probabilities, sample

__all__ = ["BytePairEncoding", "CharacterTokenizer", "probabilities", "sample"]
