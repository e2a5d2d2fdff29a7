"""From arrays to what a training loop eats: minibatches, standard scales, one-hot rows."""

import numpy as np

from chainrule import checks


def batches(x, y, batch_size, rng=None, drop_last=False):
    """Yield the minibatches of one epoch; every sample comes exactly once.

    Parameters
    ----------
    x : array (N, ...)
        Samples.
    y : array (N, ...)
        Labels or targets, in the order of `x`.
    batch_size : int
        Samples in a minibatch, B. The last one is smaller when B does not divide N.
    rng : numpy.random.Generator, optional
        Shuffles the samples. Without it they come in their order.
    drop_last : bool
        Leave out the last minibatch when it is smaller than B.

    Yields
    ------
    tuple of array (B, ...), array (B, ...)

    Raises
    ------
    TypeError
        If `batch_size` is not an integer or `rng` not a Generator.
    ValueError
        If there are no samples, or not as many labels as samples.

    Examples
    --------
    >>> x = np.arange(5.0)
    >>> [list(map(int, batch)) for batch, _ in batches(x, x, batch_size=2)]
    [[0, 1], [2, 3], [4]]
    """
    x, y = np.asarray(x), np.asarray(y)
    _same_length(x, y)
    batch_size = checks.check_int(batch_size, "batch_size", minimum=1)
    checks.check_bool(drop_last, "drop_last")
    if drop_last and batch_size > len(x):
        raise ValueError(f"batch_size must be at most the {len(x)} samples when drop_last is True; "
                         f"got batch_size={batch_size}")
    order = np.arange(len(x)) if rng is None else checks.check_generator(rng).permutation(len(x))
    stop = len(x) - len(x) % batch_size if drop_last else len(x)
    return _pieces(x, y, order, batch_size, stop)


def _same_length(x, y):
    checks.check_ndim(x, "x", 1, at_least=True)
    checks.check_ndim(y, "y", 1, at_least=True)
    if len(x) == 0:
        raise ValueError(f"x must hold at least one sample; got shape {x.shape}")
    if len(x) != len(y):
        raise ValueError(f"x and y must hold equally many samples; got shapes {x.shape}, {y.shape}")


def _pieces(x, y, order, batch_size, stop):
    for start in range(0, stop, batch_size):
        chosen = order[start:start + batch_size]
        yield x[chosen], y[chosen]


def standardize(train, *others):
    """Shift and scale every feature to mean 0 and standard deviation 1 over the training part.

    Mean and deviation come from `train` alone, so nothing leaks from the other parts. A feature
    that is constant in `train` is shifted only.

    Parameters
    ----------
    train : array (N, ...) of float
        Training samples, at least one.
    *others : array (M, ...) of float
        Validation and test samples with the same features.

    Returns
    -------
    array, or tuple of arrays when there are others

    Raises
    ------
    TypeError
        If an array does not hold floats.
    ValueError
        If `train` is empty, a value is not finite, or the features differ in shape.

    Examples
    --------
    >>> standardize(np.array([[1.0], [3.0]]), np.array([[5.0]]))
    (array([[-1.],
           [ 1.]]), array([[3.]]))
    """
    arrays = [np.asarray(array) for array in (train, *others)]
    for k, array in enumerate(arrays):
        name = "train" if k == 0 else f"others[{k - 1}]"
        checks.check_floating(array, name)
        if array.ndim == 0 or array.shape[1:] != arrays[0].shape[1:]:
            raise ValueError(f"{name} must have shape (N, ...) with the features of train; "
                             f"got {array.shape}, train {arrays[0].shape}")
        if not np.isfinite(array).all():
            raise ValueError(f"{name} must be finite; got {int((~np.isfinite(array)).sum())} "
                             f"values that are not")
    if len(arrays[0]) == 0:
        raise ValueError(f"train must hold at least one sample; got shape {arrays[0].shape}")
    mean, scale = _mean_and_scale(arrays[0])
    scaled = tuple(((array - mean) / scale).astype(array.dtype) for array in arrays)
    return scaled if others else scaled[0]


def _mean_and_scale(train):
    wide = train.astype(np.float64)
    constant = (train == train[:1]).all(axis=0)
    # The mean of equal numbers may be off by a rounding error; their value is not.
    mean = np.where(constant, wide[0], wide.mean(axis=0))
    deviation = wide.std(axis=0)
    return mean, np.where(constant | (deviation == 0), 1.0, deviation)


def one_hot(labels, n_classes=None, dtype=np.float32):
    """Return one row per label, 1 in the label's column and 0 elsewhere.

    Parameters
    ----------
    labels : array (B,) of int
        In 0 to K - 1.
    n_classes : int, optional
        K; without it the largest label plus one.
    dtype : dtype
        float32 or float64.

    Returns
    -------
    array (B, K)

    Raises
    ------
    TypeError
        If the labels are not integers.
    ValueError
        If a label is negative or not below `n_classes`, or there is none to count classes by.

    Examples
    --------
    >>> one_hot([2, 0])
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    labels = checks.check_integers(np.asarray(labels), "labels")
    checks.check_ndim(labels, "labels", 1)
    if n_classes is None:
        checks.check_non_empty(labels, "labels")
        n_classes = int(labels.max()) + 1
    n_classes = checks.check_int(n_classes, "n_classes", minimum=1)
    checks.check_index_range(labels, "labels", n_classes, "n_classes")
    rows = np.zeros((len(labels), n_classes), checks.check_float_dtype(dtype))
    rows[np.arange(len(labels)), labels] = 1
    return rows
