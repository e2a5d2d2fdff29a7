"""The novel is what its note says, and its chapters are cut where they begin."""

import hashlib
import re
from importlib import resources

import pytest

from chainrule import data
from chainrule.data.text import N_CHAPTERS


def note():
    return resources.files("chainrule.data").joinpath("persuasion.txt").read_text(encoding="utf-8")


def test_the_text_is_the_one_of_the_note():
    text = data.load_persuasion()
    assert hashlib.sha256(text.encode("ascii")).hexdigest() in note()
    assert f"{len(text):,}".replace(",", " ") in note()
    assert f"at most {max(map(len, text.splitlines()))} of" in note()
    assert text.startswith("Persuasion\n") and text.endswith("\nFinis\n")
    assert set(text) <= set(map(chr, range(32, 127))) | {"\n"}


def test_origin_and_licence_stand_beside_the_file():
    assert "public domain" in note() and "janeaustenr 1.0.0" in note() and "MIT" in note()


def test_the_title_and_all_chapters_make_the_novel():
    text, every = data.load_persuasion(), data.load_persuasion(range(1, N_CHAPTERS + 1))
    title = text.removesuffix(every)
    assert title + every == text and "Jane Austen" in title and "Chapter" not in title
    assert "".join(map(data.load_persuasion, range(1, N_CHAPTERS + 1))) == every


@pytest.mark.parametrize("number", [1, 10, N_CHAPTERS])
def test_a_chapter_holds_its_heading_and_no_other(number):
    chapter = data.load_persuasion(number)
    assert re.findall(r"^Chapter (\d+)$", chapter, re.MULTILINE) == [str(number)]
    assert chapter.startswith(f"Chapter {number}\n") and len(chapter) > 8000


def test_chapters_come_in_the_order_that_is_asked_for():
    first, third = data.load_persuasion(1), data.load_persuasion(3)
    assert data.load_persuasion([3, 1]) == third + first
    assert data.load_persuasion(n for n in (1, 3)) == first + third


@pytest.mark.parametrize("chapters", [None, 1, range(3, 6)])
def test_unwrapping_changes_white_space_only(chapters):
    wrapped = data.load_persuasion(chapters)
    lines = data.load_persuasion(chapters, unwrap=True)
    assert lines.split() == wrapped.split()
    assert lines.endswith("\n") and "  " not in lines and "\n\n" not in lines
    assert lines.count("\n") == len(re.findall(r"(?:^|\n\n)(?=\S)|\n\n +(?=\S)", wrapped))
