"""Real data: what ships is what it says it is, and a download becomes the same kind of arrays."""

import gzip
import hashlib
import os
import subprocess
import sys
from importlib import resources

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from chainrule import data
from chainrule.data import download


def counts(y):
    return np.bincount(y, minlength=10)


def test_digits_are_those_of_scikit_learn():
    from sklearn.datasets import load_digits

    split = data.digits(flatten=False, scale=False)
    both = np.concatenate([split.x_train, split.x_test])
    original = load_digits().images
    assert_array_equal(np.sort(both.reshape(1797, -1), axis=0),
                       np.sort(original.reshape(1797, -1), axis=0))
    known = {image.tobytes(): label for image, label in zip(original, load_digits().target)}
    for x, y in (split.train, split.test):
        assert [known[image.astype(np.float64).tobytes()] for image in x] == y.tolist()


@pytest.mark.parametrize("load, side", [(data.digits, 8), (data.mnist, 28)])
def test_options_change_the_form_only(load, side):
    rows, plain = load(), load(flatten=False, scale=False, dtype=np.float64)
    assert rows.x_train.dtype == np.float32 and plain.x_train.dtype == np.float64
    assert rows.x_test.shape == (len(rows.y_test), side * side)
    assert plain.x_test.shape == (len(rows.y_test), side, side)
    assert rows.x_train.min() == 0 and rows.x_train.max() == 1
    assert_allclose(rows.x_train, plain.x_train.reshape(rows.x_train.shape) / plain.x_train.max(),
                    rtol=1e-6)
    assert_array_equal(rows.y_train, plain.y_train)
    assert rows.y_train.dtype == np.int64


def test_the_default_split_of_digits_is_always_the_same():
    first, second = data.digits(), data.digits()
    for a, b in zip(first, second):
        assert_array_equal(a, b)
    other = data.digits(rng=np.random.default_rng(1))
    assert (other.y_train != first.y_train).any()


def test_every_class_is_in_both_parts_of_digits():
    split = data.digits((900, 100))
    assert counts(split.y_train).min() >= 85 and counts(split.y_test).min() >= 8


def mnist_file():
    file = resources.files("chainrule.data").joinpath("mnist_10k.npz")
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def test_the_mnist_file_holds_ten_thousand_distinct_digits():
    arrays = mnist_file()
    assert {name: (array.dtype, array.shape) for name, array in arrays.items()} == {
        "x_train": (np.uint8, (8000, 28, 28)), "y_train": (np.uint8, (8000,)),
        "x_test": (np.uint8, (2000, 28, 28)), "y_test": (np.uint8, (2000,))}
    images = np.concatenate([arrays["x_train"], arrays["x_test"]])
    assert len({image.tobytes() for image in images}) == 10_000


def test_the_mnist_split_is_the_documented_one():
    """The first fifth of each class by SHA-256 is the test part; each part is ordered by it."""
    arrays = mnist_file()
    digests = {part: [hashlib.sha256(image.tobytes()).digest() for image in arrays[f"x_{part}"]]
               for part in ("train", "test")}
    for part in digests.values():
        assert part == sorted(part, key=lambda digest: digest[::-1])
    for label in range(10):
        train, test = ([d for d, y in zip(digests[part], arrays[f"y_{part}"]) if y == label]
                       for part in ("train", "test"))
        assert len(test) == round((len(train) + len(test)) / 5)
        assert max(test) < min(train)


def test_the_classes_are_mixed_from_end_to_end():
    y = data.mnist().y_train.reshape(-1, 400)
    assert all(counts(stretch).min() >= 20 for stretch in y)


def test_the_mnist_labels_are_right():
    """Nearest class means, far from a good classifier, agree with 80 % of right labels only."""
    x_train, y_train, x_test, y_test = data.mnist()
    means = np.stack([x_train[y_train == label].mean(axis=0) for label in range(10)])
    guesses = ((x_test[:, None] - means) ** 2).sum(axis=-1).argmin(axis=1)
    assert 0.78 < (guesses == y_test).mean() < 0.84


def test_origin_and_licence_stand_beside_the_file():
    text = resources.files("chainrule.data").joinpath("mnist_10k.txt").read_text(encoding="utf-8")
    assert "Attribution-ShareAlike 3.0" in text and "LeCun" in text and "npm package" in text


def packed(array, code):
    header = bytes([0, 0, code, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    return gzip.compress(header + array.tobytes())


@pytest.mark.parametrize("load, folder", [(lambda **o: data.mnist(full=True, **o), "mnist"),
                                          (data.fashion_mnist, "fashion_mnist")])
def test_a_downloaded_set_is_read_from_its_four_files(load, folder, remote, tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    arrays = [rng.integers(0, 256, (6, 28, 28)).astype(np.uint8), np.arange(6, dtype=np.uint8),
              rng.integers(0, 256, (2, 28, 28)).astype(np.uint8), np.arange(2, dtype=np.uint8)]
    files = tuple(remote("missing", "good", name=f"part-{k}.gz", content=packed(array, 0x08))
                  for k, array in enumerate(arrays))
    monkeypatch.setitem(download.FILES, folder, files)
    for _ in range(2):  # from the server, then from the cache
        split = load(cache=tmp_path, flatten=False, scale=False)
        for found, expected in zip(split, arrays):
            assert_array_equal(found, expected)


def test_importing_the_package_imports_nothing_heavy():
    code = ("import sys; from chainrule import data; data.mnist(); "
            "print(*sorted({'sklearn', 'pooch', 'requests', 'matplotlib', 'torch', 'tensorflow'} "
            "& set(sys.modules)))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                          env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
    assert done.stdout.strip() == ""
