"""Weights on disk: the same arrays come back, and no damaged file is ever seen or trusted."""

import io
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal

import chainrule as cr
from chainrule import nn

ARRAYS = {"w": np.arange(6.0).reshape(2, 3), "layers.0.b": np.float32([1, 2]), "n": np.array(7)}

names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)
arrays = hnp.arrays(
    st.sampled_from([np.float32, np.float64, np.int64, np.bool_, np.uint8]),
    hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
)


@given(state=st.dictionaries(names, arrays, min_size=1, max_size=4))
def test_round_trip(state, tmp_path_factory):
    path = tmp_path_factory.mktemp("state") / "weights"
    cr.save(path, state)
    found = cr.load(path)
    assert list(found) == list(state)
    for name, array in state.items():
        assert found[name].dtype == array.dtype
        assert_array_equal(found[name], array)
        assert found[name].flags.writeable


def test_same_arrays_give_the_same_bytes_and_numpy_can_read_them(tmp_path):
    cr.save(tmp_path / "a.npz", ARRAYS)
    cr.save(tmp_path / "b.npz", ARRAYS)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        assert_array_equal(file["layers.0.b"], ARRAYS["layers.0.b"])


def test_files_of_numpy_can_be_read(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", w=np.asfortranarray(ARRAYS["w"]))
    assert_array_equal(cr.load(tmp_path / "a.npz")["w"], ARRAYS["w"])


def test_tensors_and_strided_arrays_are_saved_by_value(tmp_path):
    cr.save(tmp_path / "a", {"p": nn.Parameter([1.0, 2.0]), "t": ARRAYS["w"].T[::2]})
    found = cr.load(tmp_path / "a")
    assert_array_equal(found["p"], [1.0, 2.0])
    assert_array_equal(found["t"], ARRAYS["w"].T[::2])


KILLED = """
    import os, signal, sys
    import numpy as np
    import chainrule.serialize as s

    def kill(*args, **kwargs):
        os.kill(os.getpid(), signal.SIGKILL)

    {where} = kill
    s.save(sys.argv[1], {{"w": np.full(100_000, 2.0)}})
"""


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("where", ["s.np.lib.format.write_array", "os.fsync", "os.replace"])
@pytest.mark.parametrize("exists", [True, False])
def test_a_process_that_is_killed_leaves_the_old_file(where, exists, tmp_path):
    path = tmp_path / "weights.npz"
    if exists:
        cr.save(path, ARRAYS)
    program = textwrap.dedent(KILLED).format(where=where)
    env = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    done = subprocess.run([sys.executable, "-c", program, str(path)], env=env, check=False)
    assert done.returncode == -signal.SIGKILL
    if exists:
        assert_array_equal(cr.load(path)["w"], ARRAYS["w"])
    else:
        assert not path.exists()
    cr.save(path, ARRAYS)  # what the killed process left is in nobody's way
    assert_array_equal(cr.load(path)["w"], ARRAYS["w"])


def test_an_error_while_writing_leaves_nothing_behind(tmp_path, monkeypatch):
    path = tmp_path / "weights.npz"
    cr.save(path, ARRAYS)

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        cr.save(path, {"w": np.zeros(3)})
    monkeypatch.undo()
    assert os.listdir(tmp_path) == ["weights.npz"]
    assert_array_equal(cr.load(path)["w"], ARRAYS["w"])


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "w.npz"
    cr.save(path, ARRAYS)
    return path.read_bytes()


@given(data=st.data())
def test_a_cut_file_is_refused(whole, tmp_path_factory, data):
    path = tmp_path_factory.mktemp("cut") / "w.npz"
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(ValueError, match="path must be a file of arrays that save wrote"):
        cr.load(path)


@given(data=st.data())
def test_a_changed_byte_is_refused_or_changes_nothing(whole, tmp_path_factory, data):
    path = tmp_path_factory.mktemp("changed") / "w.npz"
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = bytearray(whole)
    changed[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(changed)
    try:
        found = cr.load(path)
    except ValueError:
        return
    # a byte of the archive's own book-keeping, such as a date: the arrays are what they were
    for name, array in found.items():
        expected = [a for a in ARRAYS.values() if a.shape == array.shape and a.dtype == array.dtype]
        assert any(np.array_equal(array, a) for a in expected), name


class Bomb:
    def __reduce__(self):
        return os.mkdir, ("exploded",)


def archive(**entries):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, content in entries.items():
            file.writestr(name.replace("_npy", ".npy"), content)
    return out.getvalue()


def npy(array, **options):
    out = io.BytesIO()
    np.lib.format.write_array(out, array, **options)
    return out.getvalue()


def header_only(shape):
    out = io.BytesIO()
    description = {"descr": "<f8", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(out, description)
    return out.getvalue()


BAD_FILES = {
    "empty": b"",
    "text": b"hello",
    "a bare pickle": pickle.dumps(Bomb()),
    "a pickle as an entry": archive(w_npy=pickle.dumps(Bomb())),
    "objects": archive(w_npy=npy(np.array([Bomb()]), allow_pickle=True)),
    "strings": archive(w_npy=npy(np.array(["a"]))),
    "not an array": archive(readme=b"hello"),
    "a shape of 8 exabytes": archive(w_npy=header_only((10**18,))),
    "a shape that is too small": archive(w_npy=header_only((1,)) + b"\0" * 16),
    "a bare npy": npy(np.ones(3)),
    "no entries cut": archive(w_npy=npy(np.ones(3)))[:-4],
}


@pytest.mark.parametrize("content", BAD_FILES.values(), ids=BAD_FILES)
def test_what_is_no_file_of_arrays_is_refused(content, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "w.npz").write_bytes(content)
    with pytest.raises(ValueError, match=r"path must be a file of arrays .* got w\.npz: "):
        cr.load("w.npz")
    assert os.listdir(tmp_path) == ["w.npz"]  # nothing exploded


def test_a_name_twice_is_refused(tmp_path):
    path = tmp_path / "w.npz"
    with zipfile.ZipFile(path, "w") as file, pytest.warns(UserWarning, match="Duplicate"):
        for _ in range(2):
            file.writestr("w.npy", npy(np.ones(2)))
    with pytest.raises(ValueError, match="every name once"):
        cr.load(path)


def test_a_missing_file_is_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        cr.load(tmp_path / "none.npz")


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_permissions_are_the_old_files_or_the_usual(tmp_path):
    path = tmp_path / "w"
    mask = os.umask(0o027)
    try:
        cr.save(path, ARRAYS)
        assert path.stat().st_mode & 0o777 == 0o640
        path.chmod(0o604)
        cr.save(path, ARRAYS)
        assert path.stat().st_mode & 0o777 == 0o604
    finally:
        os.umask(mask)
