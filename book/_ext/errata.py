"""The rows of the page *Errata*: `book/errata.csv`, its vocabulary of verdicts, and what is refused."""

import csv
import html
import re
import sys

from sphinx.errors import ExtensionError

VERDICTS = {
    "wrong": "false as it stands",
    "misleading": "true in part, or under a condition that is not named",
    "incomplete": "something that belongs there is missing",
    "misnamed": "a thing that exists, under a name that is not its own",
    "fails": "a program that stops with an error, or does so for inputs that it should take",
    "duplicate": "one thing that stands there twice",
    "chimera": "a reference put together from parts of different works",
    "not found": "a reference to a work that we found nowhere",
    "outdated": "true once, and no longer",
}
CONTRADICTION_VERDICTS = {
    "first right": "of the statements named, the first is right",
    "second right": "the second is",
    "one right": "one of three is",
    "neither right": "none is, as it stands",
    "convention": "each would do; this book keeps to one",
}
CHINESE = re.compile(r"[\u4e00-\u9fff]+")


def _prose(text):
    """Return text as HTML: code between backticks, titles between stars, Chinese marked as such."""
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))
    text = re.sub(r"\*([^*]+)\*", r"<cite>\1</cite>", text)
    return mark_chinese(text)


def mark_chinese(text):
    """Return HTML with every run of Chinese characters marked as Chinese."""
    return CHINESE.sub(lambda match: f'<span lang="zh-Hans">{match[0]}</span>', text)


def known_errata(root):
    """Return the rows of `book/errata.csv`, with their group, in the order of the list of ids.

    Raises ExtensionError, naming the ids, where the two lists differ, a field is empty or a
    verdict is none of the vocabulary of its group.
    """
    sys.path.insert(0, str(root / "tools"))
    import ledger as tool

    groups = {r["id"]: r["group"] for r in tool.known_ids(root) if r["list"] == "errata"}
    with open(root / "book" / "errata.csv", encoding="utf8", newline="") as file:
        rows = list(csv.DictReader(file))
    ids = [row["id"] for row in rows]
    faults = [f"{id} has no row" for id in groups if id not in ids]
    faults += [f"{id} is no erratum of book/sources.csv" for id in ids if id not in groups]
    faults += [f"{id} stands there twice" for id in sorted(set(ids)) if ids.count(id) > 1]
    for row in rows:
        known = CONTRADICTION_VERDICTS if groups.get(row["id"]) == "contradiction" else VERDICTS
        faults += [f"{row['id']} has no {name!r}" for name, value in row.items() if not value]
        if row["verdict"] and row["verdict"] not in known:
            faults.append(f"{row['id']} has the unknown verdict {row['verdict']!r}")
    if faults:
        raise ExtensionError("book/errata.csv: " + "; ".join(faults))
    by_id = {row["id"]: row for row in rows}
    return [{**by_id[id], "group": group} for id, group in groups.items()]


def verdict_rows(rows):
    """Return (verdict, meaning, how many) for each verdict that the rows may have."""
    contradictions = all(row["group"] == "contradiction" for row in rows)
    vocabulary = CONTRADICTION_VERDICTS if contradictions else VERDICTS
    return [(v, m, sum(row["verdict"] == v for row in rows)) for v, m in vocabulary.items()]


def errata_rows(rows, sources, docname):
    """Return (id, where, says, is, verdict) of each erratum, as HTML; the id leads to its cells.

    sources : of each id the places that settle it, or None
    """
    return [
        (
            _settled_id(sources[row["id"]], row["id"], docname),
            html.escape(row["where"]),
            _prose(row["says"]),
            _prose(row["is"]),
            html.escape(row["verdict"]),
        )
        for row in rows
    ]


def _settled_id(places, id, docname):
    """Return an id, its target, and links to the cells that settle it."""
    text = f'<span class="cr-id" id="erratum-{id}">{id}</span>'
    if not places:
        return f'{text} <span class="cr-to-come">to come</span>'
    first, *others = places
    up = "../" * docname.count("/")
    address = [
        f"{up}{place['page']}.html" + (f"#{place['anchor']}" if place.get("anchor") else "")
        for place in (first, *others)
    ]
    more = [
        f' <a href="{html.escape(a)}" aria-label="{id}, cell {n}">{n}</a>'
        for n, a in enumerate(address[1:], start=2)
    ]
    return f'<a href="{html.escape(address[0])}">{text}</a>' + "".join(more)
