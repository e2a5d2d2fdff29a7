"""Headless Chromium, a local server, and one recorded visit to a page."""

import functools
import gzip
import http.server
import os
import shutil
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
).split()
COMPRESSED = {".html", ".css", ".js", ".mjs", ".json", ".svg", ".txt", ".xml"}
RECORD = """
window.__violations = []; window.__shift = 0;
document.addEventListener("securitypolicyviolation",
    (event) => window.__violations.push(`${event.violatedDirective} ${event.blockedURI}`));
new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.__shift += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""


def chromium_path():
    """Return the path of a Chromium, or None."""
    named = os.environ.get("CHROMIUM")
    candidates = [named] if named else ["chromium", "chromium-browser", "google-chrome", "/usr/bin/chromium"]
    return next((found for name in candidates if (found := shutil.which(name))), None)


@contextmanager
def launch(path):
    """Run one Chromium. `path` None lets Playwright look for its own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def chromium_or_skip():
    """Run one Chromium for tests; where none is installed skip them, but never in CI."""
    path = chromium_path()
    if path is None and not os.environ.get("CI"):
        pytest.skip("no Chromium: install it or set CHROMIUM to its path")
    with launch(path) as running:
        yield running


class _Handler(http.server.SimpleHTTPRequestHandler):
    extensions_map = {
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".mjs": "text/javascript",
        ".js": "text/javascript",
        ".woff": "font/woff",
        ".woff2": "font/woff2",
    }

    def log_message(self, *args):
        pass


class Server:
    """Serve a folder on a free port of this machine; entering gives its address."""

    def __init__(self, folder):
        handler = functools.partial(_Handler, directory=str(folder))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_port}/"

    def __exit__(self, *exception):
        self._server.shutdown()
        self._server.server_close()


@functools.lru_cache(maxsize=4096)
def transferred(path, _modified):
    """Return the bytes that a web server sends for a file: gzipped where that helps."""
    content = Path(path).read_bytes()
    return len(gzip.compress(content, 6)) if Path(path).suffix in COMPRESSED else len(content)


@dataclass
class Visit:
    """What happened while a page was loaded."""

    page: object
    address: str
    requests: list = field(default_factory=list)
    foreign: list = field(default_factory=list)
    failed: list = field(default_factory=list)
    console: list = field(default_factory=list)
    violations: list = field(default_factory=list)
    shift: float = 0.0

    def weight(self, folder):
        """Return {path below the site's root: bytes transferred} of everything the page asked for."""
        found = {}
        for url in dict.fromkeys(self.requests):
            name = unquote(urlsplit(url).path).lstrip("/")
            path = Path(folder, name)
            if path.is_file():
                found[name] = transferred(str(path), path.stat().st_mtime_ns)
        return found


def watch(page, visit):
    """Write every request, failure and console message of a page into a visit; nothing leaves this machine."""
    own = visit.address

    def on_route(route):
        url = route.request.url
        if url.startswith((own, "data:", "blob:")):
            visit.requests.append(url)
            route.continue_()
        else:
            visit.foreign.append(url)
            route.abort()

    page.route("**/*", on_route)
    page.on("console", lambda message: visit.console.append((message.type, message.text)))
    page.on("pageerror", lambda error: visit.console.append(("error", str(error))))
    page.on(
        "response",
        lambda answer: answer.status >= 400 and visit.failed.append(f"{answer.status} {answer.url}"),
    )


@contextmanager
def visit(browser, address, name, *, theme="light", width=1280, height=900, scripts=True):
    """Load a page and give what happened; the page stays open inside the block.

    address : of the server, ending in a slash
    name : the page below it
    theme : "light" or "dark", as the reader's system says
    """
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=theme, java_script_enabled=scripts
    )
    page = context.new_page()
    record = Visit(page, address)
    watch(page, record)
    if scripts:
        page.add_init_script(RECORD)
    try:
        page.goto(address + name, wait_until="load")
        settle(page, scripts)
        if scripts:
            record.violations = page.evaluate("window.__violations")
            record.shift = page.evaluate("window.__shift")
        yield record
    finally:
        context.close()


def change_theme(page, theme):
    """Let the reader's system change its theme while a page is open; return the theme that the page shows then."""
    page.emulate_media(color_scheme=theme)
    return page.evaluate(
        """async (theme) => {
            const shown = () => document.documentElement.dataset.theme;
            for (let i = 0; i < 300 && shown() !== theme; i++) await new Promise((done) => setTimeout(done, 10));
            await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
            return shown();
        }""",
        theme,
    )


def settle(page, scripts=True):
    """Wait until mathematics and fonts are there and two frames are drawn."""
    if not scripts:
        return
    page.evaluate(
        """async () => {
            const wait = (ms) => new Promise((done) => setTimeout(done, ms));
            while (window.MathJax && !window.MathJax.startup?.promise) await wait(10);
            if (window.MathJax) await MathJax.startup.promise;
            await document.fonts.ready;
            await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        }"""
    )
