"""A server on this machine that serves a file well or badly, by the first part of the address."""

import hashlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from chainrule.data.download import RemoteFile

CONTENT = np.random.default_rng(7).bytes(200_000)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.requests.append(self.path)
        way, name = self.path.strip("/").split("/", 1)
        content = self.server.files.get(name, CONTENT)
        getattr(self, f"serve_{way}")(content)
        self.close_connection = True

    def serve_good(self, content):
        self.start(200, len(content))
        self.wfile.write(content)

    def serve_steady(self, content):
        """All of it, in pieces, so that others can happen meanwhile."""
        self.start(200, len(content))
        for k in range(0, len(content), 10_000):
            self.wfile.write(content[k:k + 10_000])
            time.sleep(0.05)

    def serve_cut(self, content):
        self.start(200, len(content))
        self.wfile.write(content[:len(content) // 2])

    def serve_cut_quietly(self, content):
        """Half of it, and a length that pretends that this is all."""
        self.start(200, len(content) // 2)
        self.wfile.write(content[:len(content) // 2])

    def serve_wrong(self, content):
        """One bit is another one."""
        self.serve_good(bytes([content[0] ^ 1]) + content[1:])

    def serve_missing(self, content):
        self.start(404, 9)
        self.wfile.write(b"not found")

    def serve_page(self, content):
        """A page for people with status 200, as portals answer."""
        page = b"<html><body>404: please log in</body></html>"
        self.start(200, len(page))
        self.wfile.write(page)

    def serve_empty(self, content):
        self.start(200, 0)

    def serve_silent(self, content):
        self.server.stopping.wait(30)

    def serve_trickle(self, content):
        self.start(200, len(content))
        for k in range(0, len(content), 100):
            if self.server.stopping.wait(0.02):
                return
            self.wfile.write(content[k:k + 100])

    def serve_endless(self, content):
        self.send_response(200)
        self.end_headers()
        while not self.server.stopping.is_set():
            self.wfile.write(content)

    def start(self, status, length):
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, *arguments):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 32

    def handle_error(self, request, client_address):
        """Clients that hang up are what is tested here."""


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = Server(("127.0.0.1", 0), Handler)
    server.requests, server.files, server.stopping = [], {}, threading.Event()
    server.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.stopping.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def remote(server):
    """Make a RemoteFile that the server serves in the given ways, one mirror each."""
    def make(*ways, content=CONTENT, name="digits.gz"):
        server.files[name] = content
        return RemoteFile("set", name, len(content), hashlib.sha256(content).hexdigest(),
                          tuple(f"{server.address}/{way}/" for way in ways))

    return make
