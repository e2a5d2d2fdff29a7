"""Refuse every connection that leaves this machine; on the path of every kernel that the book runs.

So each build is a proof that no chapter needs the network. Python imports a module of this name at its start.
"""

import socket

LOCAL = ("127.", "::1", "localhost", "0.0.0.0")


def _is_local(host):
    host = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    return host is None or (isinstance(host, str) and (host == "" or host.startswith(LOCAL)))


def _refuse(host):
    raise socket.gaierror(f"the book runs offline; a cell tried to reach {host!r}")


def _guard_connection(original):
    def guarded(self, address):
        if isinstance(address, tuple) and not _is_local(address[0]):
            _refuse(address[0])
        return original(self, address)

    return guarded


def _guard_lookup(original):
    def guarded(host, *args, **kwargs):
        if not _is_local(host):
            _refuse(host)
        return original(host, *args, **kwargs)

    return guarded


for _name in ("connect", "connect_ex"):
    setattr(socket.socket, _name, _guard_connection(getattr(socket.socket, _name)))
for _name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
    setattr(socket, _name, _guard_lookup(getattr(socket, _name)))
