"""Whatever a server, a disk or a person does, a reader gets the published bytes or an error."""

import contextlib
import errno
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from chainrule.data import DownloadError, cache_folder, download
from chainrule.data.download import FILES, RemoteFile, fetch


@pytest.fixture
def cache(tmp_path, remote):
    """A cache that must hold the right file or none, and nothing else, when the test ends."""
    folder = tmp_path / "cache"
    yield folder
    assert_clean(folder, remote("good"))


def assert_clean(folder, file):
    found = [path for path in folder.rglob("*") if path.is_file()]
    assert [path.name for path in found] in ([], [file.name])
    assert all(download._is_right(path.read_bytes(), file) for path in found)


def get(file, cache, **options):
    return fetch(file, cache=cache, progress=False, **{"timeout": 5.0, "rounds": 1} | options)


def is_right(content, file):
    return download._is_right(content, file)


def test_a_good_server_is_asked_once(server, remote, cache):
    file = remote("good")
    assert is_right(get(file, cache), file)
    assert is_right(get(file, cache), file)
    assert server.requests == ["/good/digits.gz"]


BAD = {
    "cut": "cut the connection|not the file",
    "cut_quietly": "not the file",
    "wrong": "not the file",
    "missing": "answered 404",
    "page": "not the file",
    "empty": "not the file",
    "silent": "did not answer in time",
    "trickle": "bytes in",
    "endless": "more than the 200000 bytes",
}


@pytest.mark.parametrize("way", BAD)
def test_a_bad_server_gives_a_reason_and_no_file(way, remote, cache):
    with pytest.raises(DownloadError, match=BAD[way]) as caught:
        get(remote(way), cache, timeout=0.4)
    assert "Connect to a network" in str(caught.value)
    assert "data.mnist()" in str(caught.value)
    assert not list(cache.rglob("*.gz"))


@pytest.mark.parametrize("way", BAD)
def test_after_a_bad_mirror_the_next_one_is_asked(way, server, remote, cache):
    file = remote(way, "good")
    assert is_right(get(file, cache, timeout=0.4), file)
    assert [path.split("/")[1] for path in server.requests] == [way, "good"]


def test_every_mirror_is_tried_again(server, remote, cache):
    with pytest.raises(DownloadError):
        get(remote("missing", "page"), cache, rounds=2, timeout=0.2)
    assert [path.split("/")[1] for path in server.requests] == ["missing", "page"] * 2


def test_no_server_at_all_says_what_to_do(tmp_path):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound but not listening: the connection is refused
        file = RemoteFile("set", "a.gz", 5, "0" * 64,
                          (f"http://127.0.0.1:{unused.getsockname()[1]}/",))
        with pytest.raises(DownloadError, match="could not be reached"):
            get(file, tmp_path)


@pytest.mark.parametrize("damage", [lambda c: c[:-1], lambda c: b"", lambda c: c + b"\0",
                                    lambda c: c[:99] + bytes([c[99] ^ 4]) + c[100:]])
def test_a_damaged_cached_file_is_replaced(damage, remote, cache):
    file = remote("good")
    content = get(file, cache)
    (cache / "set" / file.name).write_bytes(damage(content))
    assert get(file, cache) == content


def test_a_damaged_cached_file_is_not_read_without_a_network(remote, tmp_path):
    path = tmp_path / "set" / "digits.gz"
    path.parent.mkdir()
    path.write_bytes(b"damaged")
    with pytest.raises(DownloadError):
        get(remote("missing"), tmp_path)


def test_an_interrupt_leaves_nothing(remote, cache, monkeypatch):
    from chainrule.data import progress

    def interrupt(meter, n_bytes):
        meter.seen = getattr(meter, "seen", 0) + n_bytes
        if meter.seen > 50_000:
            raise KeyboardInterrupt

    file = remote("good")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(progress.Meter, "update", interrupt)
        get(file, cache)
    assert not any(path.is_file() for path in cache.rglob("*"))
    assert is_right(get(file, cache), file)


FETCH = """
import signal, sys
from chainrule.data.download import RemoteFile, fetch
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background is born deaf to it
folder, name, n_bytes, sha256, mirror, cache = sys.argv[1:]
file = RemoteFile(folder, name, int(n_bytes), sha256, (mirror,))
content = fetch(file, cache=cache, progress=False)
print("got", len(content))
"""


def start_process(file, cache):
    arguments = [file.folder, file.name, str(file.n_bytes), file.sha256, file.mirrors[0], str(cache)]
    return subprocess.Popen([sys.executable, "-c", FETCH, *arguments], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True,
                            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})


@pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")
@pytest.mark.parametrize("name", ["SIGINT", "SIGKILL"])
def test_a_killed_process_poisons_nothing(name, remote, tmp_path):
    slow = remote("trickle")
    process = start_process(slow, tmp_path)
    part = wait_for(lambda: [p for p in tmp_path.rglob("*.part") if p.stat().st_size > 1000])
    assert part, process.communicate()
    process.send_signal(getattr(signal, name))
    assert "got" not in process.communicate(timeout=20)[0]
    assert not (tmp_path / "set" / slow.name).exists()
    assert bool(list(tmp_path.rglob("*.part"))) == (name == "SIGKILL")
    good = remote("good")
    assert is_right(get(good, tmp_path), good)


def test_what_a_killed_process_left_is_swept_a_day_later(remote, tmp_path):
    file = remote("good")
    old, new = (tmp_path / "set" / f".{file.name}.{word}.part" for word in ("old", "new"))
    old.parent.mkdir()
    for part in (old, new):
        part.write_bytes(b"half a file")
    os.utime(old, (time.time() - 90_000,) * 2)
    get(file, tmp_path)
    assert not old.exists() and new.exists()


def test_two_processes_at_once_both_get_it_and_no_reader_sees_a_part(remote, cache):
    file = remote("steady")
    processes = [start_process(file, cache) for _ in range(2)]
    path, done, seen = cache / "set" / file.name, threading.Event(), []

    def read_all_the_time():
        while not done.is_set():
            with contextlib.suppress(FileNotFoundError):
                seen.append(is_right(path.read_bytes(), file))
            time.sleep(0.001)

    reader = threading.Thread(target=read_all_the_time)
    reader.start()
    outputs = [process.communicate(timeout=60) for process in processes]
    done.set()
    reader.join()
    assert [out for out, _ in outputs] == [f"got {file.n_bytes}\n"] * 2, outputs
    assert seen and all(seen)


def wait_for(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(FileNotFoundError):
            if found := condition():
                return found
        time.sleep(0.02)
    return None


@pytest.fixture
def locked_folder():
    """A folder that this process may read but not write, also when the tests run as root."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        for path in [folder, *folder.rglob("*")]:
            path.chmod(0o755)
        for path in sorted(folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        folder.rmdir()


@contextlib.contextmanager
def no_right_to_write(folder):
    if os.geteuid() == 0:
        try:
            os.seteuid(65534)
        except OSError:
            pytest.skip("root without another user to become")
        try:
            yield
        finally:
            os.seteuid(0)
    else:
        for path in [folder, *folder.rglob("*")]:
            if path.is_dir():
                path.chmod(0o555)
        yield


@pytest.mark.skipif(sys.platform == "win32", reason="folders have no POSIX permissions")
def test_a_read_only_cache_is_said_to_be_one(remote, locked_folder, tmp_path):
    file = remote("good")
    get(file, tmp_path)  # imports what a download needs
    with no_right_to_write(locked_folder), pytest.raises(DownloadError) as caught:
        get(file, locked_folder)
    assert "may not be written" in str(caught.value)
    assert "CHAINRULE_DATA" in str(caught.value)
    assert_clean(locked_folder, file)


@pytest.mark.skipif(sys.platform == "win32", reason="folders have no POSIX permissions")
def test_a_read_only_cache_that_holds_the_file_serves_it(server, remote, locked_folder):
    file = remote("good")
    get(file, locked_folder)
    with no_right_to_write(locked_folder):
        assert is_right(get(file, locked_folder), file)
    assert len(server.requests) == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_a_full_disk_is_said_to_be_one(remote, cache, monkeypatch):
    make = tempfile.mkstemp

    def make_on_a_full_disk(**options):
        handle, name = make(**options)
        os.close(handle)
        return os.open("/dev/full", os.O_RDWR), name

    with monkeypatch.context() as patch, pytest.raises(DownloadError) as caught:
        patch.setattr(download.tempfile, "mkstemp", make_on_a_full_disk)
        get(remote("good", "good"), cache)
    assert "disk is full" in str(caught.value)
    assert caught.value.__cause__.errno == errno.ENOSPC


@pytest.mark.parametrize("code, words", [(errno.EROFS, "read-only"), (errno.EACCES, "not be written"),
                                         (errno.EIO, "nput/output")])
@pytest.mark.parametrize("step", ["mkstemp", "replace"])
def test_other_failures_of_the_disk_are_told(code, words, step, remote, cache, monkeypatch):
    def fail(*arguments, **options):
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch, pytest.raises(DownloadError, match=words):
        patch.setattr(download.tempfile if step == "mkstemp" else download.os, step, fail)
        get(remote("good"), cache)


def test_a_folder_in_the_files_place_is_told(remote, tmp_path):
    (tmp_path / "set" / "digits.gz").mkdir(parents=True)
    with pytest.raises(DownloadError, match="could not keep"):
        get(remote("good"), tmp_path)


@pytest.mark.parametrize("name", [
    "../evil.gz", "/etc/passwd", "a/b.gz", "..", ".", ".hidden", "a/../../b", "a\\b", "C:evil", "",
    "a\0b", "a\n", "a..b", "con/..", "%2e%2e/x", "~root", None, b"a.gz"])
@pytest.mark.parametrize("field", ["folder", "name"])
def test_no_name_leads_out_of_the_cache(field, name):
    good = {"folder": "set", "name": "a.gz", "n_bytes": 1, "sha256": "0" * 64,
            "mirrors": ("http://127.0.0.1/",)}
    with pytest.raises(ValueError, match=f"{field} must be a plain name"):
        RemoteFile(**good | {field: name})
    RemoteFile(**good)


@pytest.mark.parametrize("change, error", [
    ({"n_bytes": 0}, ValueError), ({"n_bytes": "9"}, TypeError), ({"sha256": "0" * 63}, ValueError),
    ({"sha256": "G" * 64}, ValueError), ({"sha256": None}, ValueError), ({"mirrors": ()}, ValueError),
    ({"mirrors": ("file:///etc/",)}, ValueError), ({"mirrors": ("ftp://a/",)}, ValueError)])
def test_a_remote_file_is_described_in_full(change, error):
    good = {"folder": "set", "name": "a.gz", "n_bytes": 1, "sha256": "0" * 64,
            "mirrors": ("http://127.0.0.1/",)}
    with pytest.raises(error):
        RemoteFile(**good | change)


def test_the_published_files_have_two_mirrors_and_distinct_checksums():
    files = [file for group in FILES.values() for file in group]
    assert len(files) == 8 == len({file.sha256 for file in files})
    assert all(len(file.mirrors) >= 2 for file in files)


def test_the_environment_names_the_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("CHAINRULE_DATA", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("CHAINRULE_DATA")
    assert cache_folder().name == "chainrule"


@pytest.mark.parametrize("options, error", [
    ({"progress": 1}, TypeError), ({"timeout": 0}, ValueError), ({"timeout": "5"}, TypeError),
    ({"rounds": 0}, ValueError), ({"rounds": 1.5}, TypeError)])
def test_bad_options_are_refused(options, error, remote, tmp_path):
    with pytest.raises(error, match=next(iter(options))):
        fetch(remote("good"), cache=tmp_path, **options)


def test_the_bar_is_drawn_for_a_reader_only(remote, cache, monkeypatch, capsys):
    file = remote("good")
    fetch(file, cache=cache)
    assert capsys.readouterr().err == ""
    (cache / "set" / file.name).unlink()
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    fetch(file, cache=cache)
    shown = capsys.readouterr().err
    assert "digits.gz [" in shown and "100 %" in shown and shown.endswith("\n")


def test_without_the_check_a_wrong_file_would_be_kept(remote, tmp_path, monkeypatch):
    """The law that these tests hold can fail."""
    file = remote("wrong")
    with monkeypatch.context() as patch:
        patch.setattr(download, "_is_right", lambda content, file: True)
        get(file, tmp_path)
    with pytest.raises(AssertionError):
        assert_clean(tmp_path, file)
