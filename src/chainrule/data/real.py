"""Real images of digits and clothes, as arrays."""

from importlib import resources

import numpy as np

from chainrule import checks
from chainrule.data import download
from chainrule.data.idx import parse_idx
from chainrule.data.split import Split, split_sizes, stratified


def digits(split=(1437, 360), *, rng=None, dtype=np.float32, flatten=True, scale=True):
    """Return the 1 797 handwritten digits of 8 × 8 pixels that come with scikit-learn.

    Every class has its share in both parts, to within two samples.

    Parameters
    ----------
    split : pair of int, or float
        (n_train, n_test), or the share of the test part.
    rng : numpy.random.Generator, optional
        Draws the parts. Without it the split is always the same one.
    dtype : dtype
        float32 or float64.
    flatten : bool
        Images as rows (B, 64) rather than (B, 8, 8).
    scale : bool
        Grey levels in [0, 1] rather than in 0 to 16.

    Returns
    -------
    Split
        x_train, y_train, x_test, y_test; the labels are int64 in 0 to 9.

    Raises
    ------
    ImportError
        If scikit-learn is not installed.
    TypeError, ValueError
        If an argument is of the wrong kind or `split` asks for what there is not.

    Examples
    --------
    >>> x_train, y_train, x_test, y_test = digits()
    >>> x_train.shape, x_test.shape
    ((1437, 64), (360, 64))
    """
    rng = np.random.default_rng(0) if rng is None else checks.check_generator(rng)
    sizes = split_sizes(split, 1797)
    options = _image_options(dtype, flatten, scale)
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise ImportError("data.digits needs scikit-learn: pip install scikit-learn") from None
    images, labels = load_digits().images, load_digits().target
    train, test = stratified(labels, sizes, rng)
    return Split(_images(images[train], 16, **options), labels[train].astype(np.int64),
                 _images(images[test], 16, **options), labels[test].astype(np.int64))


def mnist(full=False, *, dtype=np.float32, flatten=True, scale=True, cache=None, progress=True):
    """Return real MNIST digits of 28 × 28 pixels: 10 000 without a network, or all 70 000.

    The 10 000 ship with the package, cut once and for all into 8 000 training and 2 000 test digits
    with the same shares of the classes. Which of the 70 000 they are is not recorded, so do not
    test on the one set what was trained on the other.

    Parameters
    ----------
    full : bool
        Download the whole set (11 MB, once) with its own split into 60 000 and 10 000.
    dtype : dtype
        float32 or float64.
    flatten : bool
        Images as rows (B, 784) rather than (B, 28, 28).
    scale : bool
        Grey levels in [0, 1] rather than in 0 to 255.
    cache : path, optional
        Folder of downloaded files; without it that of `cache_folder`.
    progress : bool
        Show a bar during a download, in a terminal or a notebook.

    Returns
    -------
    Split
        x_train, y_train, x_test, y_test; the labels are int64 in 0 to 9.

    Raises
    ------
    DownloadError
        If `full` and no mirror gave the right file, or it could not be kept.
    TypeError
        If an argument is of the wrong kind.

    Examples
    --------
    >>> x_train, y_train, x_test, y_test = mnist()
    >>> x_train.shape, x_test.shape
    ((8000, 784), (2000, 784))
    """
    options = _image_options(dtype, flatten, scale)
    if checks.check_bool(full, "full"):
        return _downloaded("mnist", options, cache, progress)
    file = resources.files("chainrule.data").joinpath("mnist_10k.npz")
    with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
        return _image_split(*(arrays[name] for name in Split._fields), options)


def fashion_mnist(*, dtype=np.float32, flatten=True, scale=True, cache=None, progress=True):
    """Return Fashion-MNIST, 70 000 pictures of clothes in 10 classes (31 MB, downloaded once).

    Classes 0 to 9 are T-shirt, trouser, pullover, dress, coat, sandal, shirt, sneaker, bag and
    ankle boot (Xiao, Rasul and Vollgraf, 2017).

    Parameters
    ----------
    dtype, flatten, scale, cache, progress
        As in `mnist`.

    Returns
    -------
    Split
        60 000 training and 10 000 test images of 28 × 28 pixels, int64 labels in 0 to 9.

    Raises
    ------
    DownloadError
        If no mirror gave the right file, or it could not be kept.
    TypeError
        If an argument is of the wrong kind.
    """
    return _downloaded("fashion_mnist", _image_options(dtype, flatten, scale), cache, progress)


def _downloaded(folder, options, cache, progress):
    files = download.FILES[folder]
    arrays = [parse_idx(download.fetch(file, cache=cache, progress=progress)) for file in files]
    return _image_split(*arrays, options)


def _image_options(dtype, flatten, scale):
    return {"dtype": checks.check_float_dtype(dtype),
            "flatten": checks.check_bool(flatten, "flatten"),
            "scale": checks.check_bool(scale, "scale")}


def _image_split(x_train, y_train, x_test, y_test, options):
    return Split(_images(x_train, 255, **options), y_train.astype(np.int64),
                 _images(x_test, 255, **options), y_test.astype(np.int64))


def _images(grey, white, *, dtype, flatten, scale):
    images = grey.astype(dtype)
    if scale:
        images /= white
    return images.reshape(len(images), -1) if flatten else images
