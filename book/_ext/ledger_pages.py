"""Fill the pages *Claims*, *Models*, *Sources* and *Errata* when they are read.

They come from `_build/ledger.json`, the last one from `book/errata.csv`, too. A page holds an HTML
comment such as ``<!-- ledger: claims -->`` where its table goes, and ``{{ledger: n_claims}}`` where
a figure goes.
"""

import html
import json
import re
import sys
from pathlib import Path

from errata import errata_rows, known_errata, mark_chinese, verdict_rows

PAGES = {"book/claims", "book/errata", "book/models", "book/sources", "book/intro"}


def _ledger(app):
    root = Path(app.srcdir)
    path = root / "_build" / "ledger.json"
    if not path.exists():
        sys.path.insert(0, str(root / "tools"))
        import ledger

        return ledger.write(root)
    return json.loads(path.read_text(encoding="utf8"))


def _link(place, text, docname):
    up = "../" * docname.count("/")
    fragment = f"#{place['anchor']}" if place.get("anchor") else ""
    return f'<a href="{up}{place["page"]}.html{fragment}">{html.escape(text)}</a>'


def _table(head, rows, caption, kind="cr-ledger"):
    heads = "".join(f'<th scope="col">{h}</th>' for h in head)
    body = "\n".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows)
    return (
        f'<div class="cr-wide" tabindex="0" role="region" aria-label="{caption}">\n'
        f'<table class="{kind}">\n<thead><tr>{heads}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody>\n</table>\n</div>\n"
    )


def claims_table(ledger, app, docname):
    """Return one table a page of claims: id, statement, expected, measured."""
    pages = dict.fromkeys(claim["page"] for claim in ledger["claims"])
    parts = []
    for page in pages:
        rows = [
            (
                _link({**c, "anchor": f"claim-{c['id']}"}, c["id"], docname),
                html.escape(c["statement"]).replace("`", ""),
                html.escape(c["expected"]),
                html.escape(c["measured_text"]),
            )
            for c in ledger["claims"]
            if c["page"] == page
        ]
        heading = _page_title(app, page)
        parts.append(
            f"## {heading}\n\n"
            + _table(("claim", "statement", "expected", "measured"), rows, f"Claims of {heading}")
        )
    return "\n".join(parts)


def cards_table(ledger, app, docname):
    """Return one table of all cards, which the page's script lets the reader sort and filter."""
    rows = [
        (
            _link({**card, "anchor": f"card-{card['id']}"}, card["name"], docname),
            _link({"page": "book/bibliography", "anchor": card["paper"]}, str(card["year"]), docname),
            html.escape(card["idea"]),
            html.escape(card["configuration"]),
            "—" if card["parameters"] is None else f"{card['parameters']:,}".replace(",", "\u202f"),
        )
        for card in ledger["cards"]
    ]
    if not rows:
        return "*No notebook with a card has been run yet.*\n"
    head = ("model", "year", "idea", "what is counted", "parameters")
    return _table(head, rows, "Models", "cr-ledger cr-sortable")


GROUPS = {
    "promise": "Promised in their tables of contents",
    "concept": "Concepts",
    "history": "The “four generations”",
    "formula": "Formulas",
    "code": "Programs",
    "application": "Applications",
    "tool": "Tools",
    "challenge": "Challenges and directions",
    "question": "Questions",
    "system": "Named systems",
    "reference": "References of the second article",
}
ERRATA = {
    "code": "Errors in programs",
    "math": "Errors in mathematics",
    "fact": "Errors of fact",
    "name": "Wrong names",
    "bib": "Errors in references",
    "omission": "What was left out",
    "contradiction": "Contradictions",
}


def errata_tables(ledger, app, docname, contradictions=False):
    """Return the vocabulary of verdicts with its counts, and one sortable table of the errata."""
    rows = known_errata(Path(app.srcdir))
    rows = [row for row in rows if (row["group"] == "contradiction") == contradictions]
    name = "Contradictions" if contradictions else "Errata"
    says = "the statements" if contradictions else "the article says"
    return (
        _table(("verdict", "meaning", "how many"), verdict_rows(rows), f"Verdicts of {name}", "cr-verdicts")
        + "\n"
        + _table(
            ("id", "where", says, "what is the case", "verdict"),
            errata_rows(rows, ledger["sources"], docname),
            name,
            "cr-ledger cr-sortable cr-errata",
        )
    )


def _page_title(app, page):
    source = Path(app.srcdir, f"{page}.ipynb")
    cells = json.loads(source.read_text(encoding="utf8"))["cells"]
    found = next(
        re.search(r"^# (.+)$", "".join(c["source"]), re.M)
        for c in cells
        if c["cell_type"] == "markdown"
    )
    return found.group(1) if found else page


def sources_table(ledger, app, docname):
    """Return one table a group of ids: id, item, where the book settles it."""
    sys.path.insert(0, str(Path(app.srcdir, "tools")))
    import ledger as tool

    groups = {}
    for row in tool.known_ids(Path(app.srcdir)):
        groups.setdefault((row["list"], row["group"]), []).append(row)
    parts = []
    for (kind, group), rows in groups.items():
        shown = [
            (
                f'<span class="cr-id" id="source-{row["id"]}">{row["id"]}</span>',
                mark_chinese(html.escape(row["item"])),
                _places(app, ledger, row, docname),
            )
            for row in rows
        ]
        done = sum(ledger["sources"][row["id"]] is not None for row in rows)
        name = (GROUPS if kind == "coverage" else ERRATA)[group]
        parts.append(
            f"## {name} ({done} of {len(rows)})\n\n"
            + _table(("id", "item", "settled in"), shown, name)
        )
    return "\n".join(parts)


def _places(app, ledger, row, docname):
    places = ledger["sources"][row["id"]]
    if not places:
        return '<span class="cr-to-come">to come</span>' + (
            f" ({html.escape(row['chapter'])})" if row["chapter"] else ""
        )
    return ", ".join(_link(place, _page_title(app, place["page"]), docname) for place in places)


def figures(ledger):
    """Return the figures that a page may name."""
    errata = [p for id, p in ledger["sources"].items() if re.fullmatch(r"[CMFNBO]\d+", id)]
    return {
        "n_claims": len(ledger["claims"]),
        "n_exercises": len(ledger["exercises"]),
        "n_parity": len(ledger["parity"]),
        "n_checks": len(ledger["checks"]),
        "n_misconceptions": len(ledger["misconceptions"]),
        "n_sources": len(ledger["sources"]),
        "n_settled": sum(p is not None for p in ledger["sources"].values()),
        "n_errata": len(errata),
        "n_errata_settled": sum(p is not None for p in errata),
        "cpu_seconds": round(sum(s or 0 for s in ledger["notebooks"].values())),
    }


def fill(app, docname, source):
    """Replace the placeholders of a page by what the ledger holds."""
    if docname not in PAGES or "ledger:" not in source[0]:
        return
    ledger = _ledger(app)
    text = source[0]
    if "<!-- ledger: claims -->" in text:
        text = text.replace("<!-- ledger: claims -->", claims_table(ledger, app, docname))
    if "<!-- ledger: cards -->" in text:
        text = text.replace("<!-- ledger: cards -->", cards_table(ledger, app, docname))
    if "<!-- ledger: sources -->" in text:
        text = text.replace("<!-- ledger: sources -->", sources_table(ledger, app, docname))
    for name, contradictions in (("errata", False), ("contradictions", True)):
        if f"<!-- ledger: {name} -->" in text:
            table = errata_tables(ledger, app, docname, contradictions)
            text = text.replace(f"<!-- ledger: {name} -->", table)
    known = figures(ledger)
    source[0] = re.sub(r"\{\{ledger: (\w+)\}\}", lambda match: str(known[match.group(1)]), text)


def outdated(app, env, added, changed, removed):
    """Read the generated pages again whenever a list is newer than what was read."""
    paths = [Path(app.srcdir, name) for name in ("_build/ledger.json", "book/errata.csv")]
    stamp = [path.stat().st_mtime if path.exists() else None for path in paths]
    if getattr(env, "chainrule_ledger_stamp", None) == stamp:
        return []
    env.chainrule_ledger_stamp = stamp
    return [page for page in PAGES if page in env.found_docs]


def setup(app):
    """Connect to Sphinx."""
    app.connect("source-read", fill)
    app.connect("env-get-outdated", outdated)
    return {"version": "1", "parallel_read_safe": True, "env_version": 1}
