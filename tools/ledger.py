"""Collect what the executed notebooks prove into `_build/ledger.json`.

Claims, parity records, checks, exercises and misconceptions come from the metadata of the outputs
(see `chainrule.proof`), the ids of the two source articles from the cells' `settles-ID` tags. What
the book may not contain is refused here, with notebook and cell: two claims of one id, a solution
that its own check rejects, an id that no list knows, a settled id without a proof in its cell, and
a misconception that no claim refutes.
"""

import csv
import json
import os
import re
import sys
from pathlib import Path

PROOFS = ("claim", "parity", "check")
SHELVES = {"claim": "claims", "parity": "parity", "check": "checks", "card": "cards"}
MISCONCEPTION = re.compile(r"^> \*\*Misconception\.\*\* (.+?)(?:\n(?!>)|\Z)", re.M | re.S)


class LedgerError(Exception):
    """What the executed notebooks may not contain; one line a fault."""


def executed_notebooks(root):
    """Yield (docname, notebook) for every executed notebook, in the order of the book."""
    folder = root / "_build" / "executed"
    order = re.findall(r"file:\s*(\S+)", (root / "_toc.yml").read_text(encoding="utf8"))
    for docname in order:
        path = folder / f"{docname}.ipynb"
        if path.exists():
            yield docname, json.loads(path.read_text(encoding="utf8"))


def known_ids(root):
    """Return the rows of the id list of the source articles, in order."""
    with open(root / "book" / "sources.csv", encoding="utf8", newline="") as file:
        return list(csv.DictReader(file))


def records(cell):
    """Return the proof records in a code cell's outputs."""
    found = [out.get("metadata", {}).get("chainrule") for out in cell.get("outputs", ())]
    return [record for record in found if record]


def collect(root):
    """Return the ledger of what was executed under `root`; raise LedgerError with every fault."""
    ledger = {
        "claims": [],
        "exercises": [],
        "parity": [],
        "checks": [],
        "misconceptions": [],
        "cards": [],
        "sources": {row["id"]: None for row in known_ids(root)},
        "notebooks": {},
    }
    faults = []
    for docname, notebook in executed_notebooks(root):
        ledger["notebooks"][docname] = notebook["metadata"].get("chainrule", {}).get("cpu_seconds")
        _collect_notebook(docname, notebook, ledger, faults)
    _refuse_doubles(ledger, faults)
    if faults:
        raise LedgerError("\n".join(faults))
    return ledger


def _collect_notebook(docname, notebook, ledger, faults):
    misconception = None
    exercises = {}
    for number, cell in enumerate(notebook["cells"], start=1):
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            misconception = _misconception(docname, number, source, misconception, faults)
            continue
        if cell["cell_type"] != "code":
            continue
        found, place = records(cell), {"page": docname, "cell": number}
        tags = cell["metadata"].get("tags", [])
        for record in found:
            _file(record, place, ledger)
            if record["kind"] == "exercise":
                states = exercises.setdefault(record["id"], [])
                states.append((record["state"], "solution" in tags))
        if misconception is not None:
            if not any(record["kind"] == "claim" for record in found):
                faults.append(
                    f"{docname}, cell {number}: no claim refutes the misconception before it"
                )
            ledger["misconceptions"].append(
                {**place, "statement": misconception, "anchor": _anchor(found)}
            )
            misconception = None
        _settle(tags, found, place, ledger, faults)
    _finish_notebook(docname, exercises, misconception, ledger, faults)


def _misconception(docname, number, source, pending, faults):
    if pending is not None and source.strip().startswith("> **Misconception"):
        faults.append(
            f"{docname}, cell {number}: a misconception follows one that no cell has refuted"
        )
    matches = MISCONCEPTION.findall(source)
    if len(matches) > 1:
        faults.append(
            f"{docname}, cell {number}: {len(matches)} misconceptions in one cell; one at a time"
        )
    return " ".join(matches[-1].replace("\n>", " ").split()) if matches else pending


def _file(record, place, ledger):
    shelf = SHELVES.get(record["kind"])
    if shelf:
        ledger[shelf].append({**record, **place})


def _anchor(found):
    named = [r for r in found if r["kind"] in ("claim", "parity") and r.get("id")]
    return f"{named[0]['kind']}-{named[0]['id']}" if named else None


def _settle(tags, found, place, ledger, faults):
    for tag in tags:
        if not tag.startswith("settles-"):
            continue
        id = tag.removeprefix("settles-")
        where = f"{place['page']}, cell {place['cell']}"
        if id not in ledger["sources"]:
            faults.append(f"{where}: {id} is no id of book/sources.csv")
        elif not any(record["kind"] in PROOFS for record in found):
            faults.append(f"{where}: {id} is said to be settled by a cell that proves nothing")
        else:
            settled = {**place, "anchor": _anchor(found)}
            ledger["sources"][id] = [*(ledger["sources"][id] or []), settled]


def _finish_notebook(docname, exercises, misconception, ledger, faults):
    if misconception is not None:
        faults.append(f"{docname}: no cell refutes its last misconception")
    for id, states in exercises.items():
        solved = [state for state, is_solution in states if is_solution]
        asked = [state for state, is_solution in states if not is_solution]
        if not solved or any(state != "right" for state in solved):
            faults.append(f"{docname}: exercise {id} has no solution cell that its check accepts")
        if not asked or any(state != "open" for state in asked):
            faults.append(f"{docname}: exercise {id} must stand unanswered before its solution")
        ledger["exercises"].append({"id": id, "page": docname, "anchor": f"exercise-{id}"})


def _refuse_doubles(ledger, faults):
    for shelf in ("claims", "parity", "exercises", "cards"):
        pages = {}
        for record in ledger[shelf]:
            pages.setdefault(record["id"], []).append(record["page"])
        faults += [
            f"{shelf}: {id} stands in {' and '.join(where)}"
            for id, where in pages.items()
            if len(where) > 1
        ]


def summary(ledger):
    """Return the ledger's figures in one line."""
    settled = sum(place is not None for place in ledger["sources"].values())
    return (
        f"{len(ledger['claims'])} claims, {len(ledger['checks'])} checks, "
        f"{len(ledger['parity'])} parity records, {len(ledger['exercises'])} exercises, "
        f"{len(ledger['misconceptions'])} misconceptions, "
        f"{settled} of {len(ledger['sources'])} ids of the source articles settled"
    )


def write(root):
    """Write the ledger, atomically and only when it changed; return it."""
    ledger = collect(root)
    path = root / "_build" / "ledger.json"
    text = json.dumps(ledger, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    if not path.exists() or path.read_text(encoding="utf8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".tmp")
        temporary.write_text(text, encoding="utf8")
        temporary.replace(path)
    return ledger


README = re.compile(r"(<!-- figures, written by make book -->\n).*?(<!-- /figures -->)", re.S)


def with_figures(readme, ledger):
    """Return README's text with the line of figures that the ledger gives."""
    figures = (
        f"*So far: {len(ledger['notebooks'])} notebooks, {len(ledger['claims'])} claims, "
        f"{len(ledger['checks'])} checks of gradients and of fast code against readable code, "
        f"{len(ledger['parity'])} proofs of parity between frameworks, "
        f"{len(ledger['exercises'])} exercises that check themselves, "
        f"{len(ledger['misconceptions'])} misconceptions refuted.*\n"
    )
    return README.sub(lambda match: match[1] + figures + match[2], readme)


def main(root):
    """Write the ledger and README's figures; in CI, where README must be right already, only look."""
    ledger = write(root)
    path = root / "README.md"
    before = path.read_text(encoding="utf8")
    after = with_figures(before, ledger)
    if after != before:
        if os.environ.get("CI"):
            sys.exit("ledger: README.md has old figures; run make book and commit it")
        path.write_text(after, encoding="utf8", newline="\n")
    print("ledger: " + summary(ledger))


if __name__ == "__main__":
    try:
        main(Path(__file__).resolve().parents[1])
    except LedgerError as error:
        sys.exit(f"ledger: the executed notebooks have faults\n{error}")
