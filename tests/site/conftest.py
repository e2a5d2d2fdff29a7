"""Fixtures of the page tests: the built site, a local server, one browser for all."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # `site` is also a module of Python's own
sys.path.insert(0, str(Path(__file__).parents[2] / "book" / "_ext"))

from browsing import Server
from tiny_book import build_tiny_book

ROOT = Path(__file__).parents[2]
SITE = Path(os.environ.get("CHAIN_RULE_SITE", ROOT / "_build" / "html"))
NOT_PAGES = {"_static", "_sources", "_images", "_downloads"}


def pages_of(site):
    """Return the pages of a built site, as paths below its root; the front door only leads on."""
    paths = (path.relative_to(site) for path in Path(site).rglob("*.html"))
    return sorted(
        path.as_posix() for path in paths if path.parts[0] not in NOT_PAGES and str(path) != "index.html"
    )


def pytest_generate_tests(metafunc):
    """One test a page; without a built site one test, which says so."""
    if "page_name" in metafunc.fixturenames:
        metafunc.parametrize("page_name", pages_of(SITE) or ["(no built site)"])


@pytest.fixture(scope="session")
def site():
    """Return the folder of the built book."""
    if not (SITE / "index.html").exists():
        pytest.fail(f"{SITE} holds no built book: type `make book` first")
    return SITE


@pytest.fixture(scope="session")
def tiny_book(tmp_path_factory):
    """Return the folder of a small book, built with the real settings, extensions and styles."""
    return build_tiny_book(ROOT, tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def address(site):
    """Return the address of a local server over the built book."""
    with Server(site) as url:
        yield url


@pytest.fixture(scope="session")
def tiny_address(tiny_book):
    """Return the address of a local server over the small book."""
    with Server(tiny_book) as url:
        yield url


@pytest.fixture
def serve(tmp_path):
    """Return a function that writes files into a folder and serves it."""
    servers = []

    def start(files):
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        servers.append(Server(tmp_path))
        return servers[-1].__enter__()

    yield start
    for server in servers:
        server.__exit__(None, None, None)
