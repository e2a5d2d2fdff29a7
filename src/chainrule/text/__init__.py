"""From text to integers and back, from logits to the next token, and texts with something hidden to be found.

Both tokenisers have ``encode``, ``decode``, ``vocab_size``, and ``to_dict`` and ``from_dict`` for a JSON file.
"""

from chainrule.text.byte_pairs import BytePairEncoding
from chainrule.text.characters import CharacterTokenizer
from chainrule.text.masking import mask_tokens, permutation_masks
from chainrule.text.sampling import probabilities, sample
from chainrule.text.spans import corrupt_spans, restore_spans

__all__ = [
    "BytePairEncoding", "CharacterTokenizer", "corrupt_spans", "mask_tokens", "permutation_masks",
    "probabilities", "restore_spans", "sample",
]  # fmt: skip
