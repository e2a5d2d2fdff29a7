"""The local extensions: what they make of a small book, and what they refuse."""

import json
import re
import shutil
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from sphinx.errors import ExtensionError
from tiny_book import build_tiny_book, code, markdown, notebook, run_build, write_tiny_book

ROOT = Path(__file__).parents[2]
BOOK = ROOT / "book"


@pytest.fixture(scope="module")
def first(tiny_book):
    """Return the first page of the small book."""
    return BeautifulSoup((tiny_book / "chapters/first.html").read_text("utf-8"), "html.parser")


def test_block_quotes_are_dressed_by_their_first_word(first):
    """Five kinds become notes named by their kind; an ordinary quotation stays a quotation."""
    notes = first.find_all("div", role="note")
    assert [note["aria-label"] for note in notes] == ["Note", "Misconception", "Tip", "History", "Warning"]
    assert [note.find(class_="cr-aside-title").text for note in notes] == [
        note["aria-label"] for note in notes
    ]
    assert notes[0].find_all("p")[1].text == "A note stays short."
    assert [quote.text.strip() for quote in first.find_all("blockquote")] == ["An ordinary quotation."]


def test_adjacent_framework_cells_are_grouped(first):
    """Two groups of three; the cell between them stays outside."""
    groups = first.find_all(class_="cr-frameworks")
    names = [[panel["data-framework"] for panel in group.find_all(class_="cr-framework")] for group in groups]
    assert names == [["numpy", "torch", "tensorflow"]] * 2
    assert "between" in first.article.text and not any("between" in group.text for group in groups)
    ids = [tag["id"] for tag in first.find_all(id=True)]
    assert len(ids) == len(set(ids))


def test_solution_and_setup_are_folded_under_a_name(first):
    """Each fold says what is inside."""
    summaries = [summary.find(class_="cr-show").text for summary in first.article.find_all("summary")]
    assert summaries == ["Show the set-up cell", "Show the solution"]


def test_a_page_carries_what_it_needs_and_no_more(tiny_book, first):
    """MathJax only beside mathematics; no thebe, no icon script, no address but our own in what loads."""
    second = BeautifulSoup((tiny_book / "chapters/second.html").read_text("utf-8"), "html.parser")
    scripts = {
        page: [tag["src"] for tag in soup.find_all("script", src=True)]
        for page, soup in (("1", first), ("2", second))
    }
    assert sum("mathjax" in name for name in scripts["1"]) == 1
    assert not any("mathjax" in name for name in scripts["2"])
    assert not re.search(r"thebe|fontawesome\.js|require|cdn|https?:", " ".join(scripts["1"] + scripts["2"]))
    assert first.find("img", alt=re.compile("square"))["width"] == "10"
    fonts = sorted((tiny_book / "_static/vendor/fontawesome/webfonts").iterdir())
    assert [path.suffix for path in fonts] == [".woff2"] * 3 and sum(
        path.stat().st_size for path in fonts
    ) < 10_000


def test_every_icon_of_a_page_is_in_the_fonts(tiny_book, first):
    """No icon class on the page whose rule or glyph was cut away."""
    from fontTools.ttLib import TTFont

    css = (tiny_book / "_static/styles/pydata-sphinx-theme.css").read_text("utf-8")
    fonts = (tiny_book / "_static/vendor/fontawesome/webfonts").iterdir()
    glyphs = {point for font in fonts for point in TTFont(font).getBestCmap()}
    classes = [name for tag in first.select("i[class*=fa-], span[class*=fa-]") for name in tag["class"]]
    names = {name for name in classes if name.startswith("fa-")} - {
        "fa-solid",
        "fa-brands",
        "fa-regular",
        "fa-lg",
    }
    assert names
    for name in names:
        point = re.search(rf'\.{name}[^{{]*\{{(?:content|--fa):"\\([0-9a-f]+)"', css)
        assert point, f"{name} has no rule"
        assert int(point[1], 16) in glyphs, f"{name} has no glyph"


def test_steps_fail_loudly_when_the_theme_changes(tiny_book):
    """A step whose part is gone, or a page that was never the theme's, is named."""
    from page_diet import apply_steps

    with pytest.raises(ExtensionError, match="icon script"):
        apply_steps('<html lang="en" data-content_root="./">', "x.html")


def test_a_second_build_changes_nothing(tiny_book):
    """Pages that went through are left alone, byte for byte."""
    from image_sizes import with_sizes
    from page_diet import diet

    path = tiny_book / "chapters/first.html"
    html = path.read_text("utf-8")
    assert with_sizes(diet(html, "chapters/first.html"), path.parent) == html


def test_a_changed_style_sheet_reaches_a_book_that_is_built_and_an_unchanged_one_writes_nothing(tmp_path):
    """Nobody who edits a style sheet or an extension has to think of `make clean`."""
    pages = build_tiny_book(ROOT, tmp_path)
    path, sheet = pages / "chapters/second.html", tmp_path / "book/assets/chain-rule.css"
    before = path.stat().st_mtime_ns, path.read_text("utf-8")
    assert run_build(tmp_path).returncode == 0
    assert (path.stat().st_mtime_ns, path.read_text("utf-8")) == before
    sheet.write_text(sheet.read_text("utf-8") + "\nbody { margin: 1px; }\n", "utf-8")
    assert run_build(tmp_path).returncode == 0
    assert (pages / "_static/chain-rule.css").read_bytes() == sheet.read_bytes()
    assert path.read_text("utf-8") != before[1]  # the address of the sheet tells browsers of the change


@given(st.lists(st.text("abc<>&\"' =1;", max_size=30), max_size=4))
def test_policy_holds_the_hash_of_every_inline_script(texts):
    """As many hashes as different scripts; scripts from files and data need none."""
    from page_diet import policy_for

    html = '<script src="a.js"></script><script type="application/json">{}</script>'
    html += "".join(f"<script>{text}</script>" for text in texts if "</script" not in text)
    assert policy_for(html).count("'sha256-") == len(set(texts))
    assert "unsafe" not in re.search("script-src[^;]*", policy_for(html))[0]


def test_the_build_refuses_lost_links_and_nameless_pages(tmp_path):
    """An unknown term, an unknown key and a notebook without a title each fail the build, by name."""
    write_tiny_book(ROOT, tmp_path)
    text = "[word](../book/glossary.md#no-such-term), [Nobody, 1900](../book/bibliography.md#nobody1900)"
    (tmp_path / "chapters/second.ipynb").write_text(notebook(markdown(text), code("1")), "utf-8")
    done = run_build(tmp_path)
    assert done.returncode != 0
    for wanted in ("no-such-term", "nobody1900", "chapters/second: a notebook must begin with a heading"):
        assert wanted in done.stdout + done.stderr


@pytest.mark.parametrize("field", ["author", "title", "year"])
def test_an_entry_that_lacks_a_field_is_named(tmp_path, field):
    """The message says which entry and what it lacks; the whole one is printed under its target."""
    from bibliography import bibliography_markdown

    fields = {"author": "de Vries, Ada and others", "title": "On {X}", "year": "2000"}
    path = tmp_path / "a.bib"
    for given_fields in (fields, {key: value for key, value in fields.items() if key != field}):
        body = ", ".join(f"{key}={{{value}}}" for key, value in given_fields.items())
        path.write_text(f"@article{{vries2000x, {body}}}", "utf-8")
        if field in given_fields:
            assert bibliography_markdown(path) == "(vries2000x)=\nAda de Vries et al. (2000). On X.\n"
        else:
            with pytest.raises(ExtensionError, match=f"vries2000x lacks {field}"):
                bibliography_markdown(path)


def test_every_entry_has_a_target_and_every_term_stands_in_order(tiny_book):
    """Each key and each term can be linked; terms are in alphabetical order and have a Chinese equivalent."""
    keys = re.findall(r"^@\w+\{([^,]+),", (BOOK / "references.bib").read_text("utf-8"), re.M)
    bibliography = BeautifulSoup((tiny_book / "book/bibliography.html").read_text("utf-8"), "html.parser")
    assert len(keys) == len(set(keys)) and all(bibliography.find(id=key) for key in keys)
    glossary = BeautifulSoup((tiny_book / "book/glossary.html").read_text("utf-8"), "html.parser")
    names = [
        re.sub(r"^δ \((.*)\)", r"\1", term.find(string=True).strip()).lower()
        for term in glossary.find_all("dt")
    ]
    assert len(names) > 80 and names == sorted(names)
    assert all(term.find("span", lang="zh-Hans").text for term in glossary.find_all("dt"))


def test_no_entry_prints_tex(tiny_book):
    """Accents, braces and dashes come out as text."""
    bibliography = BeautifulSoup((tiny_book / "book/bibliography.html").read_text("utf-8"), "html.parser")
    assert not re.search(r"[{}\\]|--", bibliography.article.text)


def test_the_title_figure_tells_the_truth():
    """The values and gradients in the picture are those of L = (xw + b - y)^2 at 2, 3, -1, 4."""
    x, w, b, y = 2, 3, -1, 4
    error = x * w + b - y
    values = [x, w, x * w, b, x * w + b, y, error]
    gradients = [2 * error * w, 2 * error * x, 2 * error, 2 * error, 2 * error, -2 * error, 2 * error]
    svg = (BOOK / "figures/chain_rule.svg").read_text("utf-8")
    for colour, expected in (("#f4f1ea", values), ("#ffb454", gradients)):
        found = re.findall(rf'fill="{colour}" text-anchor="middle">(−?\d+)</text>', svg)
        assert [int(number.replace("−", "-")) for number in found] == expected


def test_vendored_mathematics_has_its_licence_and_its_parts():
    """Every part that the settings load is there."""
    from page_diet import MATHJAX_PARTS

    folder = BOOK / "assets/mathjax"
    assert "Apache License" in (folder / "LICENSE").read_text("utf-8")
    assert all((folder / f"{name}.js").is_file() for name in ("startup", *MATHJAX_PARTS))
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < 2_500_000


def test_sizes_are_read_from_pictures(tmp_path):
    """PNG and SVG; a foreign address, a picture that has a size and one that is missing are left alone."""
    from image_sizes import with_sizes

    shutil.copy(BOOK / "figures/chain_rule.svg", tmp_path / "a.svg")
    assert (
        with_sizes('<img alt="" src="a.svg">', tmp_path)
        == '<img width="720" height="430" alt="" src="a.svg">'
    )
    for tag in ('<img src="https://x.org/a.svg">', '<img src="b.svg">', '<img src="a.svg" width="3">'):
        assert with_sizes(tag, tmp_path) == tag
    (tmp_path / "c.svg").write_text("<svg></svg>")
    with pytest.raises(ExtensionError, match=r"c\.svg"):
        with_sizes('<img src="c.svg">', tmp_path)


def test_colab_address_needs_github():
    """Colab opens files from GitHub alone."""
    from notebook_links import colab_address

    assert colab_address("https://github.com/a/b", "main", "c.ipynb").endswith(
        "/github/a/b/blob/main/c.ipynb"
    )
    with pytest.raises(ExtensionError, match="github"):
        colab_address("https://example.org/a/b", "main", "c.ipynb")


def write_errata(folder, *rows):
    """Write lists of three ids, two errors and a contradiction, and the rows that are given."""
    (folder / "book").mkdir(exist_ok=True)
    ids = "C1,errata,code,a,\nB2,errata,bib,b,\nX1,errata,contradiction,c,\nS0-P1,coverage,promise,d,\n"
    (folder / "book" / "sources.csv").write_text("id,list,group,item,chapter\n" + ids, "utf-8")
    (folder / "book" / "errata.csv").write_text("\n".join(["id,where,says,is,verdict", *rows, ""]), "utf-8")
    return folder


ERRATA_ROWS = (
    "C1,I 5.2,Uses `a < b` 随机.,*No.* & yes.,fails",
    "B2,II [2],One.,Three.,incomplete",
    "X1,I; II,a or b,b,second right",
)


def test_every_erratum_of_the_project_has_a_verdict():
    """118 errors and 20 contradictions, in the order of the list, each with a verdict of its vocabulary."""
    from errata import CONTRADICTION_VERDICTS, VERDICTS, known_errata

    rows = known_errata(ROOT)
    contradictions = [row for row in rows if row["group"] == "contradiction"]
    assert (len(rows), len(contradictions)) == (138, 20)
    assert {row["verdict"] for row in rows} == set(VERDICTS) | set(CONTRADICTION_VERDICTS)
    assert {row["id"][0] for row in rows if row not in contradictions} == set("CMFNBO")


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        (ERRATA_ROWS[:2], "X1 has no row"),
        ((*ERRATA_ROWS, "C9,I,a,b,wrong"), "C9 is no erratum"),
        ((*ERRATA_ROWS, "S0-P1,I,a,b,wrong"), "S0-P1 is no erratum"),
        ((*ERRATA_ROWS, ERRATA_ROWS[0]), "C1 stands there twice"),
        (("C1,I,a,b,silly", *ERRATA_ROWS[1:]), "C1 has the unknown verdict 'silly'"),
        (("C1,I,a,b,second right", *ERRATA_ROWS[1:]), "C1 has the unknown verdict 'second right'"),
        (("C1,I,a,b,", *ERRATA_ROWS[1:]), "C1 has no 'verdict'"),
        (("C1,I,a,,wrong", *ERRATA_ROWS[1:]), "C1 has no 'is'"),
    ],
)
def test_a_planted_fault_in_the_errata_is_refused(tmp_path, rows, fault):
    """A missing id, an unknown one, one that stands there twice, a verdict of no vocabulary, an empty field."""
    from errata import known_errata

    assert len(known_errata(write_errata(tmp_path, *ERRATA_ROWS))) == 3
    with pytest.raises(ExtensionError, match=re.escape(fault)):
        known_errata(write_errata(tmp_path, *rows))


def test_an_erratum_leads_to_its_cells_and_is_escaped(tmp_path):
    """The id leads to the first cell, a number to the next; code, titles and Chinese are marked."""
    from types import SimpleNamespace

    from ledger_pages import errata_tables

    app = SimpleNamespace(srcdir=write_errata(tmp_path, *ERRATA_ROWS))
    places = [{"page": "chapters/07/08", "anchor": "claim-c"}, {"page": "chapters/02/01", "anchor": None}]
    ledger = {"sources": {"C1": places, "B2": None, "X1": places[:1], "S0-P1": None}}
    soup = BeautifulSoup(errata_tables(ledger, app, "book/errata"), "html.parser")
    row, other = soup.select("table.cr-sortable tbody tr")
    links = [(a["href"], a.text, a.get("aria-label")) for a in row("a")]
    assert links == [
        ("../chapters/07/08.html#claim-c", "C1", None),
        ("../chapters/02/01.html", "2", "C1, cell 2"),
    ]
    assert row.find(id="erratum-C1") and row.code.text == "a < b" and row.cite.text == "No."
    assert row.find("span", lang="zh-Hans").text == "随机" and "to come" in other.td.text and not other("a")
    counts = {tds[0].text: tds[2].text for tds in (tr("td") for tr in soup.select("table.cr-verdicts tbody tr"))}
    assert counts["fails"] == counts["incomplete"] == "1" and counts["wrong"] == "0"
    contradictions = errata_tables(ledger, app, "book/errata", contradictions=True)
    assert "erratum-X1" in contradictions and "erratum-C1" not in contradictions


def test_the_search_index_forgets_bare_numbers_and_nothing_else():
    from search_index import without_numbers

    terms = {"0": 1, "00265": [1, 2], "1e": 3, "05e10": 4, "1998": 5, "2105": 6, "3d": 7, "q38": 8, "relu": [1, 9]}
    thin = without_numbers("Search.setIndex(" + json.dumps({"docnames": ["a"], "terms": terms}) + ")")
    index = json.loads(thin.removeprefix("Search.setIndex(").removesuffix(")"))
    assert index == {"docnames": ["a"], "terms": {"1998": 5, "3d": 7, "q38": 8, "relu": [1, 9]}}
    assert without_numbers(thin) == thin


@pytest.mark.parametrize("text", ["", "Search.setIndex([1])x", "var index = {}", 'Search.setIndex({"titles":[]})'])
def test_a_search_index_of_another_form_is_refused(text):
    from search_index import without_numbers

    with pytest.raises(ExtensionError, match="search index"):
        without_numbers(text)
