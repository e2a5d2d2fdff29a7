"""A term of the glossary that the chapters use is linked from them."""

from pathlib import Path

from structure import glossary_rules as rules

ROOT = Path(__file__).resolve().parents[2]
GLOSSARY = "(adam)=\nAdam [x]{.zh}\n: An optimiser.\n\n(dropout)=\ndropout [y]{.zh}\n: Zeros.\n"


def test_every_term_that_is_used_is_linked():
    glossary = (ROOT / "book" / "glossary.md").read_text(encoding="utf8")
    chapters = [p.read_text(encoding="utf8") for p in sorted((ROOT / "chapters").rglob("*.py"))]
    assert len(rules.terms(glossary)) > 90
    assert rules.used_but_never_linked(glossary, chapters) == []


def test_a_planted_term_without_a_link_is_found():
    used = "# %% [markdown]\n# Then Dropout zeroes some.\n"
    assert rules.used_but_never_linked(GLOSSARY, [used]) == ["dropout"]


def test_code_headings_and_links_do_not_count_as_use():
    quiet = "# %% [markdown]\n# # Dropout\n# `dropout` and $adam$\n\n# %%\ndropout = adam = 1\n"
    linked = "# %% [markdown]\n# [dropout](../../book/glossary.md#dropout), then dropout.\n"
    assert rules.used_but_never_linked(GLOSSARY, [quiet]) == []
    assert rules.used_but_never_linked(GLOSSARY, [linked]) == []
