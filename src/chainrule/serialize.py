"""Weights on disk: an ``.npz`` of plain arrays, written whole or not at all, read without pickle."""

import math
import os
import pathlib
import tempfile
import zipfile

import numpy as np

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same arrays give the same bytes on every day
_KINDS = "fiub"


def save(path, state_dict):
    """Write a dict of arrays to path, atomically: a reader sees the old file or the new one, whole.

    The arrays go to a temporary file in the same folder, which is flushed to the disk and then takes the place of
    path. A process that is killed leaves path as it was, and at most a file ``.NAME.*.tmp`` beside it.

    Parameters
    ----------
    path : str or path-like
        Written exactly as it is; no ending is added.
    state_dict : dict of str to array or Tensor
        As ``state_dict()`` of a model or an optimizer gives it.

    Raises
    ------
    TypeError
        If a name is not a string, or a value is not an array of numbers.
    ValueError
        If state_dict is empty, or a name is.
    """
    path, arrays = _path(path), _arrays(state_dict)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            _write(file, arrays)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, _mode(path))
        os.replace(temporary, path)
    except BaseException:
        pathlib.Path(temporary).unlink(missing_ok=True)
        raise


def load(path):
    """Read what ``save`` wrote; every array is checked against its checksum.

    Parameters
    ----------
    path : str or path-like

    Returns
    -------
    dict of str to array

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is damaged, is no such archive, or holds pickled objects, which are never opened.
    """
    path = _path(path)
    with open(path, "rb") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                entries = archive.infolist()
                arrays = {_name(e.filename): _read(archive, e) for e in entries}
        except (
            zipfile.BadZipFile,
            ValueError,
            EOFError,
            OSError,
            NotImplementedError,
            RuntimeError,
            zipfile.zlib.error,
        ) as error:
            raise ValueError(
                f"path must be a file of arrays that save wrote, whole and unpickled; "
                f"got {path.name}: {error}"
            ) from error
    if len(arrays) != len(entries):
        raise ValueError(f"path must hold every name once; got {path.name} with a name twice")
    return arrays


def _path(path):
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"path must be a string or a path; got {type(path).__name__}")
    if not os.fspath(path):
        raise ValueError("path must name a file; got ''")
    return pathlib.Path(path)


def _mode(path):
    """Return the permissions that path has, or that a new file gets; a temporary file is private."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _arrays(state_dict):
    """Return state_dict with every value as an array, or say which one is none."""
    if not isinstance(state_dict, dict):
        raise TypeError(
            f"state_dict must be a dict of name to array; got {type(state_dict).__name__}"
        )
    if not state_dict:
        raise ValueError("state_dict must hold at least one array; got an empty dict")
    arrays = {}
    for name, value in state_dict.items():
        if not isinstance(name, str):
            raise TypeError(f"state_dict must have strings as names; got {name!r}")
        if not name or "\0" in name:
            raise ValueError(f"state_dict must have names without NUL, and not empty; got {name!r}")
        try:
            array = np.asarray(value)
        except ValueError as error:
            raise TypeError(f"state_dict[{name!r}] must be an array of numbers; {error}") from error
        if array.dtype.kind not in _KINDS:
            raise TypeError(
                f"state_dict[{name!r}] must be an array of numbers; "
                f"got {type(value).__name__} of dtype {array.dtype}"
            )
        arrays[name] = array
    return arrays


def _write(file, arrays):
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            info = zipfile.ZipInfo(f"{name}.npy", _EPOCH)
            with archive.open(info, "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, array, allow_pickle=False)


def _name(filename):
    if not filename.endswith(".npy"):
        raise ValueError(f"{filename} is not an array")
    return filename.removesuffix(".npy")


def _read(archive, entry):
    """Return one array; its header must promise exactly the bytes that are there."""
    with archive.open(entry) as file:
        version = np.lib.format.read_magic(file)
        if version != (1, 0):
            raise ValueError(f"{entry.filename} has the unknown format version {version}")
        shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(file)
        if dtype.kind not in _KINDS:
            raise ValueError(f"{entry.filename} holds dtype {dtype}, not numbers")
        if math.prod(shape) * dtype.itemsize != entry.file_size - file.tell():
            raise ValueError(
                f"{entry.filename} promises shape {shape} and holds {entry.file_size} bytes"
            )
        flat = np.frombuffer(bytearray(file.read()), dtype)  # the checksum is tested at the end
    return flat.reshape(shape[::-1]).T if fortran_order else flat.reshape(shape)
