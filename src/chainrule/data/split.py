"""A data set cut into a training part and a test part."""

from typing import NamedTuple

import numpy as np

from chainrule import checks


class Split(NamedTuple):
    """Training and test samples with their labels.

    >>> Split(np.zeros((8, 2)), np.zeros(8, int), np.zeros((2, 2)), np.zeros(2, int))
    Split(x_train=float64 (8, 2), y_train=int64 (8,), x_test=float64 (2, 2), y_test=int64 (2,))
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray

    def __repr__(self):
        parts = (f"{name}={array.dtype} {array.shape}" for name, array in self._asdict().items())
        return f"Split({', '.join(parts)})"

    @property
    def train(self):
        """The pair (x_train, y_train)."""
        return self.x_train, self.y_train

    @property
    def test(self):
        """The pair (x_test, y_test)."""
        return self.x_test, self.y_test


def split_sizes(split, n_samples):
    """Return (n_train, n_test) for a pair of counts, or for the share of the test part.

    Raises ValueError if `split` is neither, or asks for more samples than there are.
    """
    if isinstance(split, (tuple, list)):
        if len(split) != 2:
            raise ValueError(f"split must be (n_train, n_test) or a fraction; got {split!r}")
        n_train = checks.check_int(split[0], "n_train", minimum=1)
        n_test = checks.check_int(split[1], "n_test", minimum=1)
        if n_train + n_test > n_samples:
            raise ValueError(f"split must not ask for more than the {n_samples} samples there are; "
                             f"got n_train={n_train}, n_test={n_test}")
        return n_train, n_test
    fraction = checks.check_number(split, "split", above=0, below=1)
    n_test = round(fraction * n_samples)
    if not 0 < n_test < n_samples:
        raise ValueError(f"split must leave samples on both sides; got split={split} "
                         f"of {n_samples} samples")
    return n_samples - n_test, n_test


def stratified(y, sizes, rng):
    """Draw disjoint index sets in which every class keeps its share, to within two samples.

    Parameters
    ----------
    y : array (N,) of int
        Labels.
    sizes : pair of int
        How many indices the two sets hold; together at most N.
    rng : numpy.random.Generator

    Returns
    -------
    tuple of two arrays of int
        Each in random order.
    """
    position = np.empty(len(y))
    for label in np.unique(y):
        members = np.flatnonzero(y == label)
        # Spread each class evenly over [0, 1): any stretch of the order then holds its share.
        position[rng.permutation(members)] = (np.arange(len(members)) + rng.random()) / len(members)
    order = np.argsort(position, kind="stable")
    test, train = order[:sizes[1]], order[sizes[1]:sizes[1] + sizes[0]]
    return rng.permutation(train), rng.permutation(test)
