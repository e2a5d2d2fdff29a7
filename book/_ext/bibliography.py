"""Print references.bib on the bibliography page, one link target per key.

A notebook cites by link, ``[Hu et al., 2022](../../book/bibliography.md#hu2022lora)``, which reads
well in JupyterLab and in Colab too. The page holds the marker below; at reading time it becomes one
entry per key, sorted by author and year.
"""

import re
from pathlib import Path

from pybtex.database import parse_file
from pybtex.richtext import Text
from sphinx.errors import ExtensionError

PAGE = "book/bibliography"
BIB_FILE = "references.bib"
MARKER = "<!-- references -->"


def plain(latex):
    """Return the text of a BibTeX field: TeX accents decoded, braces dropped, Markdown escaped."""
    text = str(Text.from_latex(latex)).replace("\N{NO-BREAK SPACE}", " ")
    return re.sub(r"([\\*_`\[\]<>$])", r"\\\1", text)


def person_name(person):
    """Return a name as it is printed, `First von Last`; "others" becomes "et al."."""
    if person.last_names == ["others"]:
        return "et al."
    parts = person.first_names + person.middle_names + person.prelast_names + person.last_names
    return plain(" ".join(parts + person.lineage_names))


def people(persons):
    """Return names joined as in a sentence: `A and B`, `A, B and C`, `A et al.`."""
    names = [person_name(person) for person in persons]
    if names[-1] == "et al.":
        return ", ".join(names[:-1]) + " et al."
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def where_published(fields, editors):
    """Return the sentence that says where a work stands: journal or volume, numbers, pages, publisher."""
    venue = fields.get("journal") or fields.get("booktitle")
    arxiv_only = "eprint" in fields and venue is not None and venue.startswith("arXiv preprint")
    if venue is None or arxiv_only:
        parts = []
    else:
        parts = [f"{'In ' if 'booktitle' in fields else ''}*{plain(venue)}*"]
    if editors:
        parts.append(f"edited by {people(editors)}")
    volume = fields.get("volume", "") + (f"({fields['number']})" if "number" in fields else "")
    parts += [volume] if volume else []
    parts += [f"pages {plain(fields['pages'])}"] if "pages" in fields else []
    parts += [f"{plain(fields['edition']).lower()} edition"] if "edition" in fields else []
    parts += [plain(fields[key]) for key in ("publisher", "institution", "howpublished", "note") if key in fields]
    return ", ".join(parts)


def links(fields):
    """Return the addresses of a work, as Markdown links that say where they lead."""
    found = []
    if "doi" in fields:
        found.append(f"[doi:{fields['doi']}](https://doi.org/{fields['doi']})")
    if "eprint" in fields:
        found.append(f"[arXiv:{fields['eprint']}](https://arxiv.org/abs/{fields['eprint']})")
    if "url" in fields:
        found.append(f"[{re.sub('^https?://(www[.])?', '', fields['url'])}]({fields['url']})")
    return found


def entry_markdown(key, entry):
    """Return one entry, its target above it.

    Raises
    ------
    ExtensionError
        If the entry lacks an author, a title or a year.
    """
    missing = [name for name in ("title", "year") if name not in entry.fields]
    missing += [] if "author" in entry.persons else ["author"]
    if missing:
        raise ExtensionError(f"references.bib: {key} lacks {', '.join(missing)}")
    fields = entry.fields
    title = plain(fields["title"])
    title = f"*{title}*" if entry.type == "book" else title
    where = where_published(fields, entry.persons.get("editor", []))
    sentences = [f"{people(entry.persons['author'])} ({fields['year']})", title, where, *links(fields)]
    text = " ".join(part if part.endswith((".", "?")) else f"{part}." for part in sentences if part)
    return f"({key})=\n{text}\n"


def sort_key(item):
    """Order by the first author's last name, then year, then title."""
    first = item[1].persons.get("author", [])[:1]
    surname = plain(" ".join(name for person in first for name in person.prelast_names + person.last_names)).casefold()
    return surname, item[1].fields.get("year", ""), item[1].fields.get("title", "")


def bibliography_markdown(bib_file):
    """Return every entry of a BibTeX file as Markdown.

    bib_file : path of the file
    """
    entries = parse_file(str(bib_file), bib_format="bibtex").entries
    return "\n".join(entry_markdown(key, entry) for key, entry in sorted(entries.items(), key=sort_key))


def fill_page(app, docname, source):
    """Replace the marker of the bibliography page by the entries."""
    if docname != PAGE:
        return
    if source[0].count(MARKER) != 1:
        raise ExtensionError(f"{PAGE}.md must hold {MARKER} once; got {source[0].count(MARKER)}")
    bib_file = Path(app.srcdir, PAGE).parent / BIB_FILE
    app.env.note_dependency(str(bib_file))
    source[0] = source[0].replace(MARKER, bibliography_markdown(bib_file))


def setup(app):
    """Register the step."""
    app.connect("source-read", fill_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
