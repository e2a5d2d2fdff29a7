"""The table of models: made from the cards of the ledger, sorted and filtered by the reader."""

import re
from pathlib import Path

import pytest
from browsing import visit
from ledger_pages import cards_table

pytestmark = pytest.mark.site
SCRIPT = (Path(__file__).parents[2] / "book" / "assets" / "chain-rule.js").read_bytes()
CARDS = [
    {
        "id": "b",
        "name": "Beta",
        "year": 2019,
        "idea": "It <b>masks</b>.",
        "parameters": 109_482_240,
    },
    {"id": "a", "name": "Alpha", "year": 2014, "idea": "It plays a game.", "parameters": None},
    {"id": "c", "name": "Gamma", "year": 2017, "idea": "It masks, too.", "parameters": 9_000},
]
LEDGER = {
    "cards": [
        {**c, "configuration": "base", "paper": "a2014b", "page": "chapters/07/01"} for c in CARDS
    ]
}
NAMES = "[...document.querySelectorAll('tbody tr:not([hidden]) td:first-child')].map((cell) => cell.textContent)"


def page():
    head = '<meta charset="utf-8"><title>t</title><script src="chain-rule.js" defer></script>'
    main = f"<main id='main-content'>{cards_table(LEDGER, None, 'book/models')}</main>"
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{main}</body></html>'


def test_a_card_leads_to_its_cell_and_paper_and_is_escaped():
    table = cards_table(LEDGER, None, "book/models")
    assert '<a href="../chapters/07/01.html#card-b">Beta</a>' in table
    assert '<a href="../book/bibliography.html#a2014b">2014</a>' in table
    assert "It &lt;b&gt;masks&lt;/b&gt;." in table and "109\u202f482\u202f240" in table
    assert re.findall(r"<td>(—)</td>", table) == ["—"]
    assert "No notebook" in cards_table({"cards": []}, None, "book/models")


def test_rows_are_sorted_by_number_by_word_and_back(browser, serve):
    with visit(
        browser, serve({"index.html": page(), "chain-rule.js": SCRIPT}), "index.html"
    ) as seen:
        page_ = seen.page
        assert page_.evaluate(NAMES) == ["Beta", "Alpha", "Gamma"]  # the book's order
        for head, order in (
            (
                "parameters",
                ["Alpha", "Gamma", "Beta"],
            ),  # as numbers: as words 109 482 240 would come first
            ("model", ["Alpha", "Beta", "Gamma"]),
            ("year", ["Alpha", "Gamma", "Beta"]),
        ):
            button = page_.get_by_role("button", name=head)
            button.focus()
            page_.keyboard.press("Enter")
            assert page_.evaluate(NAMES) == order
            page_.keyboard.press("Enter")
            assert page_.evaluate(NAMES) == order[::-1]
            sorted_heads = page_.evaluate(
                "[...document.querySelectorAll('th[aria-sort]')].map((h) => [h.textContent, h.ariaSort])"
            )
            assert sorted_heads == [[head, "descending"]]
        assert seen.console == []


def test_rows_are_filtered_by_every_word(browser, serve):
    with visit(
        browser, serve({"index.html": page(), "chain-rule.js": SCRIPT}), "index.html"
    ) as seen:
        box, said = seen.page.get_by_role("searchbox"), seen.page.get_by_role("status")
        assert said.text_content() == "3 of 3"
        for typed, left in (
            ("MASKS", ["Beta", "Gamma"]),
            ("masks 2017", ["Gamma"]),
            ("no such", []),
            ("", None),
        ):
            box.fill(typed)
            assert seen.page.evaluate(NAMES) == (
                ["Beta", "Alpha", "Gamma"] if left is None else left
            )
            assert said.text_content() == f"{len(seen.page.evaluate(NAMES))} of 3"


def test_without_scripts_every_row_is_there(browser, serve):
    with visit(browser, serve({"index.html": page()}), "index.html", scripts=False) as seen:
        assert seen.page.locator("tbody tr").count() == 3
        assert seen.page.get_by_role("button").count() == 0


def test_numbers_within_words_are_sorted_as_numbers(browser, serve):
    cells = "".join(f"<tr><td>{id}</td></tr>" for id in ("C10", "B2", "C9"))
    table = f"<table class='cr-sortable'><thead><tr><th>id</th></tr></thead><tbody>{cells}</tbody></table>"
    whole = re.sub("<main.*</main>", f"<main id='main-content'>{table}</main>", page(), flags=re.S)
    with visit(browser, serve({"index.html": whole, "chain-rule.js": SCRIPT}), "index.html") as seen:
        seen.page.get_by_role("button", name="id").click()
        assert seen.page.evaluate(NAMES) == ["B2", "C9", "C10"]
