"""Sources and notebooks are in step, and the repository's address stands in _config.yml alone."""

import re
import subprocess
from pathlib import Path

import derive
import pytest
import yaml
from project import address, toc_files

ROOT = Path(__file__).resolve().parents[2]
CARRIED = {"_config.yml", *derive.CARRIED}


def tracked():
    """Return the files that git knows, as paths under the root."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_every_notebook_is_what_its_source_derives():
    different, _ = derive.changes(ROOT, {}, force=True)
    assert [path.relative_to(ROOT).as_posix() for path in different] == []
    assert derive.orphans(ROOT) == []


def test_every_chapter_is_in_the_book():
    sources = {path.relative_to(ROOT).with_suffix("").as_posix() for path in (ROOT / "chapters").rglob("*.py")}
    assert sources == {name for name in toc_files(ROOT) if name.startswith("chapters/")}


def strangers(names, read, target):
    """Return the files that name the address and are neither its home nor a place that make carries it to."""
    found = []
    for name in names:
        if name in CARRIED or name.startswith("chapters/"):
            continue
        if target.slug in read(name):
            found.append(name)
    return found


def text_of(name):
    """Return a file's text, whatever bytes it holds."""
    return (ROOT / name).read_bytes().decode("utf-8", "ignore")


def test_the_address_stands_in_one_place():
    assert strangers(tracked(), text_of, address(ROOT)) == []


def test_a_stray_address_is_caught():
    target = address(ROOT)
    page = f"see https://github.com/{target.slug}/issues"
    assert strangers(["book/intro.md", "README.md"], lambda name: page, target) == ["book/intro.md"]


@pytest.mark.parametrize("name", ["README.md"])
def test_badges_open_the_notebooks_of_this_repository(name):
    target, text = address(ROOT), text_of(name)
    opened = re.findall(r"colab\.research\.google\.com/github/([\w.-]+/[\w.-]+)/blob/([\w.-]+)/([^\s)\"]+)", text)
    assert opened
    for slug, branch, path in opened:
        assert (slug, branch) == (target.slug, target.branch)
        assert (ROOT / path).suffix == ".ipynb" and (ROOT / path).exists()


def test_the_site_is_served_where_the_address_says():
    config = yaml.safe_load(text_of("_config.yml"))
    assert config["html"]["baseurl"].rstrip("/") == f"https://{address(ROOT).site}"
