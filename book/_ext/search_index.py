"""The search index without bare numbers: printed results by the thousand, which nobody looks up."""

import json
import re

from sphinx.errors import ExtensionError

OPENING, CLOSING = "Search.setIndex(", ")"
NUMBER = re.compile(r"(?!(?:19|20)\d\d$)\d+(?:e\d*)?")  # a year is kept: readers look for papers by it


def without_numbers(text):
    """Return the text of ``searchindex.js`` with its terms thinned out.

    Raises ExtensionError if it is not one call with one JSON object that has terms.
    """
    if not (text.startswith(OPENING) and text.endswith(CLOSING)):
        raise ExtensionError(f"search index: expected {OPENING}…{CLOSING}; got {text[:40]!r}")
    index = json.loads(text[len(OPENING) : -len(CLOSING)])
    if "terms" not in index:
        raise ExtensionError(f"search index: expected terms; got {sorted(index)}")
    index["terms"] = {term: pages for term, pages in index["terms"].items() if not NUMBER.fullmatch(term)}
    return OPENING + json.dumps(index, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + CLOSING
