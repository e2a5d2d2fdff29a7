"""Files fetched once, checked always: no reader ever gets a byte that is not the published one.

A file is downloaded by pooch to a temporary name in the cache, checked, and moved to its own name
in one step; it is checked again, in memory, each time it is read.
"""

import contextlib
import errno
import hashlib
import os
import re
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from chainrule import checks

MEGABYTE = 1_000_000
_MNIST = ("https://ossci-datasets.s3.amazonaws.com/mnist/",
          "https://storage.googleapis.com/cvdf-datasets/mnist/")
_FASHION = ("https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/")


class DownloadError(OSError):
    """A file could not be downloaded, or not be kept; the message says what to do."""


@dataclass(frozen=True)
class RemoteFile:
    """A published file: where it lies in the cache, what it holds, and who serves it.

    Parameters
    ----------
    folder, name : str
        Folder in the cache and file name; letters, digits, `_`, `-` and inner dots only, so that no
        name can lead out of the cache.
    n_bytes : int
        Length of the file.
    sha256 : str
        Its checksum, 64 hexadecimal digits.
    mirrors : tuple of str
        Addresses to which the name is appended, tried in this order.
    """

    folder: str
    name: str
    n_bytes: int
    sha256: str
    mirrors: tuple

    def __post_init__(self):
        for field in ("folder", "name"):
            value = getattr(self, field)
            if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*",
                                                              value):
                raise ValueError(f"{field} must be a plain name that stays in the cache; "
                                 f"got {value!r}")
        checks.check_int(self.n_bytes, "n_bytes", minimum=1)
        if not isinstance(self.sha256, str) or not re.fullmatch(r"[0-9a-f]{64}", self.sha256):
            raise ValueError(f"sha256 must be 64 hexadecimal digits; got {self.sha256!r}")
        if not self.mirrors or not all(re.match(r"https?://", m) for m in self.mirrors):
            raise ValueError(f"mirrors must be http or https addresses; got {self.mirrors!r}")


# The checksums agree in at least four independent public projects each.
FILES = {
    "mnist": tuple(RemoteFile("mnist", *entry, _MNIST) for entry in (
        ("train-images-idx3-ubyte.gz", 9_912_422,
         "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
        ("train-labels-idx1-ubyte.gz", 28_881,
         "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
        ("t10k-images-idx3-ubyte.gz", 1_648_877,
         "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
        ("t10k-labels-idx1-ubyte.gz", 4_542,
         "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"))),
    "fashion_mnist": tuple(RemoteFile("fashion_mnist", *entry, _FASHION) for entry in (
        ("train-images-idx3-ubyte.gz", 26_421_880,
         "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
        ("train-labels-idx1-ubyte.gz", 29_515,
         "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
        ("t10k-images-idx3-ubyte.gz", 4_422_102,
         "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
        ("t10k-labels-idx1-ubyte.gz", 5_148,
         "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"))),
}


def cache_folder():
    """Return the folder of downloaded files.

    It is the one that the environment variable CHAINRULE_DATA names, or else the system's folder
    for caches.
    """
    chosen = os.environ.get("CHAINRULE_DATA")
    return Path(chosen).expanduser() if chosen else Path(_pooch().os_cache("chainrule"))


def fetch(file, *, cache=None, progress=True, timeout=20.0, rounds=2):
    """Return the bytes of a published file, from the cache or else from the first good mirror.

    Parameters
    ----------
    file : RemoteFile
    cache : path, optional
        Without it `cache_folder()`.
    progress : bool
        Show a bar during the download, in a terminal or a notebook.
    timeout : float
        Seconds a server may be silent. It may also lag so many seconds behind 50 kB a second; then
        the next mirror is asked.
    rounds : int
        How often all mirrors are tried.

    Returns
    -------
    bytes
        Exactly those whose sha256 is published.

    Raises
    ------
    DownloadError
        If no mirror gave the right file, or the cache could not keep it.
    """
    checks.check_bool(progress, "progress")
    checks.check_positive(timeout, "timeout")
    checks.check_int(rounds, "rounds", minimum=1)
    path = Path(cache_folder() if cache is None else cache) / file.folder / file.name
    content = _read(path, file)
    if content is not None:
        return content
    failures = []
    for attempt in range(rounds):
        time.sleep(min(timeout, 1.0) if attempt else 0)
        for mirror in file.mirrors:
            try:
                return _download(mirror + file.name, file, path, progress, timeout)
            except _BadAnswer as failure:
                failures.append(f"{mirror}: {failure}")
    raise DownloadError(_no_mirror(file, path, failures))


class _BadAnswer(Exception):
    """One mirror failed; another may not."""


def _read(path, file):
    """Return the right content of a cached file, or None."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DownloadError(_no_cache(path, error)) from error
    return content if _is_right(content, file) else None


def _is_right(content, file):
    return hashlib.sha256(content).hexdigest() == file.sha256


def _download(url, file, path, progress, timeout):
    """Download to a temporary file beside `path`, check it, move it in place; return its bytes."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        handle, temporary = tempfile.mkstemp(prefix=f".{file.name}.", suffix=".part",
                                             dir=path.parent)
    except OSError as error:
        raise DownloadError(_no_cache(path, error)) from error
    temporary = Path(temporary)
    try:
        with os.fdopen(handle, "w+b") as stream:
            _transfer(url, stream, file, progress, timeout)
            stream.seek(0)
            content = stream.read()
            if not _is_right(content, file):
                raise _BadAnswer(f"sent {len(content)} bytes that are not the file "
                                 f"(expected {file.n_bytes}, sha256 {file.sha256[:12]}...)")
            os.fsync(stream.fileno())
        os.chmod(temporary, 0o644)  # a cache may be shared
        os.replace(temporary, path)
    except OSError as error:
        raise DownloadError(_no_cache(path, error)) from error
    finally:
        # Also after an interrupt; after os.replace there is nothing left to remove.
        with contextlib.suppress(OSError):
            temporary.unlink()
    return content


def _sweep(path):
    """Remove what killed downloads of this file left more than a day ago."""
    for part in path.parent.glob(f".{path.name}.*.part"):
        with contextlib.suppress(OSError):
            if time.time() - part.stat().st_mtime > 86_400:
                part.unlink()


def _transfer(url, stream, file, progress, timeout):
    import requests

    from chainrule.data.progress import Meter, TransferError

    meter = Meter(file.name, file.n_bytes, timeout, shown=progress)
    # Small chunks: the meter sees a trickle only when a chunk is full.
    downloader = _pooch().HTTPDownloader(progressbar=meter, chunk_size=512, timeout=timeout)
    try:
        downloader(url, stream, None)
    except (requests.exceptions.RequestException, TransferError, ValueError) as error:
        raise _BadAnswer(_reason(error)) from error
    finally:
        meter.close()


def _reason(error):
    import requests

    if isinstance(error, requests.exceptions.HTTPError):
        return f"answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.exceptions.Timeout):
        return "did not answer in time"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "cut the connection"
    if isinstance(error, requests.exceptions.ConnectionError):
        return "could not be reached"
    return str(error)


def _no_mirror(file, path, failures):
    tried = "\n".join(f"  - {failure}" for failure in dict.fromkeys(failures))
    return (f"could not download {file.name} ({file.n_bytes / MEGABYTE:.1f} MB):\n{tried}\n"
            f"Connect to a network and call again (the file is kept for the next time), or put a "
            f"copy with sha256 {file.sha256} at {path}. Without a network, data.digits() and "
            f"data.mnist() give real digits at once.")


def _no_cache(path, error):
    what = {errno.ENOSPC: "its disk is full", errno.EDQUOT: "its disk quota is used up",
            errno.EROFS: "it is read-only", errno.EACCES: "it may not be written",
            errno.EPERM: "it may not be written"}.get(error.errno, str(error))
    return (f"could not keep {path.name} in the cache {path.parent}: {what}. Make room or set the "
            f"environment variable CHAINRULE_DATA to a folder that can be written.")


def _pooch():
    try:
        import pooch
    except ImportError:
        raise ImportError("downloads need pooch: pip install pooch") from None
    return pooch
