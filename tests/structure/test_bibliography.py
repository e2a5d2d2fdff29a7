"""Every key that is cited has an entry, and every entry is cited."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KEY = re.compile(r"\b[a-z]+(?:18|19|20)\d\d[a-z]+\b")


def entries(bib):
    return set(re.findall(r"^@\w+\{([^,\s]+)", bib, re.M))


def faults(bib, texts):
    """Return (cited without an entry, entries that nobody cites)."""
    cited = {key for text in texts for key in KEY.findall(text)}
    return sorted(cited - entries(bib)), sorted(entries(bib) - cited)


def project_texts():
    for folder, pattern in (("chapters", "*.py"), ("src", "*.py"), ("book", "*.md")):
        for path in (ROOT / folder).rglob(pattern):
            yield path.read_text(encoding="utf8")


def test_the_project_cites_what_it_lists_and_lists_what_it_cites():
    bib = (ROOT / "book" / "references.bib").read_text(encoding="utf8")
    assert faults(bib, project_texts()) == ([], [])


def wrong_years(bib):
    """Return the keys of entries whose year is not the one in the key."""
    parts = re.findall(r"^@\w+\{([^,\s]+),(.*?)(?=^@|\Z)", bib, re.M | re.S)
    year = re.compile(r"\byear\s*=\s*[{\"]?(\d{4})")
    return [key for key, fields in parts if year.findall(fields) != re.findall(r"\d{4}", key)]


def test_the_year_of_an_entry_is_that_of_its_key():
    assert wrong_years((ROOT / "book" / "references.bib").read_text(encoding="utf8")) == []


def test_a_planted_year_is_found():
    bib = "@book{adams1979guide,\n year={1979}}\n@book{brown1980guide,\n year={1981}}"
    assert wrong_years(bib) == ["brown1980guide"]


def test_planted_faults_are_found():
    bib = "@book{adams1979guide,\n title={x}}\n@book{brown1980guide,\n title={y}}"
    text = "See adams1979guide and clark1990guide."
    assert faults(bib, [text]) == (["clark1990guide"], ["brown1980guide"])
