"""Which glossary terms the chapters use, and which they link."""

import re

ENTRY = re.compile(r"^\(([\w-]+)\)=\n([^\[\n]+?) \[", re.M)
# Words of every day, which mean the term only here and there.
EVERYDAY = {"example", "feature", "label", "weight", "bias", "tape", "tensor", "iid", "accuracy"}


def terms(glossary):
    """Return {target: the term as the glossary writes it}."""
    return dict(ENTRY.findall(glossary))


def prose(percent_source):
    """Return the Markdown of a percent source without code, formulas, headings, tables and links' words."""
    cells = re.split(r"^# %%", percent_source, flags=re.M)[1:]
    lines = [
        line.removeprefix("#").strip()
        for cell in cells
        if cell.startswith(" [markdown]")
        for line in cell.splitlines()[1:]
    ]
    text = "\n".join(line for line in lines if not line.startswith(("#", "|")))
    text = re.sub(r"```.*?```", " ", text, flags=re.S)
    text = re.sub(r"`[^`]*`|\$\$.*?\$\$|\$[^$]*\$", " ", text, flags=re.S)
    return re.sub(r"\[[^\]]*\]\([^)]*\)", " ", text)


def used_but_never_linked(glossary, percent_sources):
    """Return the targets of terms that stand in the prose of the sources and are linked in none."""
    linked = {t for s in percent_sources for t in re.findall(r"glossary\.md#([\w-]+)", s)}
    words = " ".join(re.sub(r"\s+", " ", prose(s)) for s in percent_sources)
    return [
        target
        for target, term in terms(glossary).items()
        if target not in linked | EVERYDAY
        and re.search(rf"\b{re.escape(term)}\b", words, re.I)
    ]
