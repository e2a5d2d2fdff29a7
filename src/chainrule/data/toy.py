"""Small problems in the plane, to look at while a network learns them."""

import numpy as np

from chainrule import checks


def xor(n_samples=4, *, noise=0.0, rng=None):
    """Return the four corners of the unit square labelled by exclusive or, or clouds round them.

    Parameters
    ----------
    n_samples : int
        B; the corners take turns.
    noise : float
        Standard deviation of the normal noise on each coordinate.
    rng : numpy.random.Generator, optional
        Needed when there is noise.

    Returns
    -------
    x : array (B, 2) of float64
    y : array (B,) of int64
        1 where exactly one coordinate of the corner is 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or out of range.

    Examples
    --------
    >>> x, y = xor()
    >>> x.tolist(), y.tolist()
    ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0])
    """
    n_samples = checks.check_int(n_samples, "n_samples", minimum=4)
    corner = np.arange(n_samples) % 4
    x = np.stack([corner // 2, corner % 2], axis=1).astype(np.float64)  # (B, 2)
    return _noisy(x, noise, rng), (corner // 2 ^ corner % 2).astype(np.int64)


def moons(n_samples, *, noise=0.1, rng):
    """Return two half circles that reach into each other.

    Parameters
    ----------
    n_samples : int
        B; the two classes differ by one sample at most.
    noise : float
        Standard deviation of the normal noise on each coordinate.
    rng : numpy.random.Generator

    Returns
    -------
    x : array (B, 2) of float64
    y : array (B,) of int64
        0 on the upper half circle, 1 on the lower.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or out of range.
    """
    n_samples = checks.check_int(n_samples, "n_samples", minimum=2)
    noise = checks.check_non_negative(noise, "noise")
    y = np.arange(n_samples) % 2
    angle = np.pi * checks.check_generator(rng).random(n_samples)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    return _noisy(np.where(y[:, None] == 0, upper, lower), noise, rng), y.astype(np.int64)


def spirals(n_samples, *, n_classes=2, noise=0.05, turns=0.75, rng):
    """Return arms that wind out of one point, one class each.

    Parameters
    ----------
    n_samples : int
        B; the classes differ by one sample at most.
    n_classes : int
        K, the number of arms.
    noise : float
        Standard deviation of the normal noise on each coordinate; the arms are 1 long outward.
    turns : float
        Turns of each arm about the point.
    rng : numpy.random.Generator

    Returns
    -------
    x : array (B, 2) of float64
    y : array (B,) of int64

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or out of range.
    """
    n_classes = checks.check_int(n_classes, "n_classes", minimum=2)
    n_samples = checks.check_int(n_samples, "n_samples", minimum=n_classes)
    turns, noise = (checks.check_non_negative(value, name)
                    for value, name in ((turns, "turns"), (noise, "noise")))
    y = np.arange(n_samples) % n_classes
    # The root spreads the samples evenly over the disc rather than over the radius.
    radius = np.sqrt(checks.check_generator(rng).uniform(0.01, 1, n_samples))
    angle = 2 * np.pi * (turns * radius + y / n_classes)
    x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return _noisy(x, noise, rng), y.astype(np.int64)


def blobs(n_samples, *, n_classes=3, noise=0.4, rng):
    """Return round clouds whose centres stand evenly on a circle of radius 2.

    Parameters
    ----------
    n_samples : int
        B; the classes differ by one sample at most.
    n_classes : int
        K, the number of clouds.
    noise : float
        Standard deviation of each cloud on each coordinate.
    rng : numpy.random.Generator

    Returns
    -------
    x : array (B, 2) of float64
    y : array (B,) of int64

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or out of range.
    """
    n_classes = checks.check_int(n_classes, "n_classes", minimum=2)
    n_samples = checks.check_int(n_samples, "n_samples", minimum=n_classes)
    y = np.arange(n_samples) % n_classes
    angle = 2 * np.pi * y / n_classes
    centres = 2 * np.stack([np.cos(angle), np.sin(angle)], axis=1)  # (B, 2)
    return _noisy(centres, noise, checks.check_generator(rng)), y.astype(np.int64)


def _noisy(x, noise, rng):
    noise = checks.check_non_negative(noise, "noise")
    if noise == 0 and rng is None:
        return x
    return x + noise * checks.check_generator(rng).normal(size=x.shape)
