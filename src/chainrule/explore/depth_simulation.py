"""Signal and gradient through a deep random network: simulated, and as mean-field theory has them.

The random numbers and the recursions are those of ``depth_simulation.js``, so that the picture in
a page without scripts is the one that the script draws.
"""

import numpy as np

from chainrule.ops import OPS

BATCH = 16  # inputs sent through the network
ACTIVATIONS = ("linear", "relu", "tanh", "sigmoid", "gelu")
N_SEEDS = 1024


def normals(seed, count):
    """Return standard normal numbers: mulberry32 through Box and Muller.

    Parameters
    ----------
    seed : int
        0 to 1023; the streams of two seeds share no number among their first 4 million.
    count : int
        Even.

    Returns
    -------
    array (count,), float64
    """
    steps = np.arange(1, count + 1, dtype=np.uint64)
    counter = seed * 0x7D400000 + steps * 0x6D2B79F5  # 0x7D400000 is 2²² steps
    uniform = _hashed(counter & 0xFFFFFFFF).reshape(-1, 2) / 2.0**32
    radius = np.sqrt(-2 * np.log(1 - uniform[:, 0]))
    angle = 2 * np.pi * uniform[:, 1]
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).ravel()


def _hashed(counter):
    """Return mulberry32's hash of 32-bit counters held in uint64."""
    mask = np.uint64(0xFFFFFFFF)
    t = ((counter ^ (counter >> 15)) * (counter | 1)) & mask
    t ^= (t + (((t ^ (t >> 7)) * (t | 61)) & mask)) & mask
    return t ^ (t >> 14)


def draw(depth, width, seed):
    """Return the inputs, last gradients and weights that the live figure shows.

    Parameters
    ----------
    depth, width, seed : int

    Returns
    -------
    inputs, last_gradient : array (B, D), mean square 1
    weights : array (depth, D, D), standard normal

    Examples
    --------
    >>> inputs, last_gradient, weights = draw(depth=2, width=32, seed=0)
    >>> inputs.shape, weights.shape, f"{(inputs**2).mean():.6f}"
    ((16, 32), (2, 32, 32), '1.000000')
    """
    size = BATCH * width
    numbers = normals(seed, 2 * size + depth * width * width)
    rows = numbers[: 2 * size].reshape(2, BATCH, width)
    rows = rows / np.sqrt((rows**2).mean(axis=(1, 2), keepdims=True))
    return rows[0], rows[1], numbers[2 * size :].reshape(depth, width, width)


def _value_and_slope(activation):
    """Return f and f′ on arrays, from the engine's own operations."""
    if activation == "linear":
        return (lambda z: z), np.ones_like
    op = OPS[activation]

    def slope(z):
        _, saved = op.forward(z)
        return op.backward(np.ones_like(z), saved)[0]

    return (lambda z: op.forward(z)[0]), slope


def simulate(depth, activation, scale, width, seed):
    """Return mean squares by layer of one random network, and how much inputs still differ.

    Layer 0 is the input, of mean square 1; layer l is the pre-activation z of layer l. Gradients
    are those of C = Σ z · r at the last layer, with random r of mean square 1.

    Parameters
    ----------
    depth : int
    activation : str
        One of ``ACTIVATIONS``.
    scale : float
        Weights have variance scale²/width.
    width, seed : int

    Returns
    -------
    signal, gradient : array (depth + 1,)
    share : float
        The part of the last layer's mean square that differs from input to input.
    """
    f, slope = _value_and_slope(activation)
    inputs, delta, weights = draw(depth, width, seed)
    weights = scale / np.sqrt(width) * weights
    z = [inputs]
    for w in weights:
        z.append((z[-1] if len(z) == 1 else f(z[-1])) @ w)
    gradient = np.ones(depth + 1)
    for layer in range(depth - 1, -1, -1):
        delta = delta @ weights[layer].T
        if layer:
            delta = delta * slope(z[layer])
        gradient[layer] = (delta**2).mean()
    signal = np.array([(layer**2).mean() for layer in z])
    return signal, gradient, float(z[-1].var(axis=0, ddof=1).mean() / signal[-1])


def mean_square_of(f, q):
    """Return E[f(x)²] for x ~ N(0, q): the trapezoidal rule in u, x = s sinh u.

    Parameters
    ----------
    f : callable on arrays
    q : float
        At least 0.

    Returns
    -------
    float

    Examples
    --------
    >>> round(mean_square_of(np.tanh, 1e-8) / 1e-8, 6)
    1.0
    """
    if q == 0:
        return float(f(np.zeros(1))[0] ** 2)
    unit = min(1.0, np.sqrt(q))
    last = int(np.ceil(8 * np.arcsinh(10 * np.sqrt(q) / unit)))
    u = np.arange(-last, last + 1) / 8
    x = unit * np.sinh(u)
    total = np.sum(f(x) ** 2 * np.exp(-(x**2) / (2 * q)) * np.cosh(u))
    return float(total * unit / (8 * np.sqrt(2 * np.pi * q)))


def theory(depth, activation, scale):
    """Return the mean squares by layer that a network of infinite width has.

    q_{l+1} = scale² E[f(√q_l ζ)²] forward, and backward a factor scale² E[f′(√q_l ζ)²] a layer
    (poole2016exponential; schoenholz2017deep); input and output have no activation.

    Parameters
    ----------
    depth : int
    activation : str
    scale : float

    Returns
    -------
    signal, gradient : array (depth + 1,)
    """
    f, slope = _value_and_slope(activation)
    through = {"linear": (lambda q: q, lambda q: 1.0), "relu": (lambda q: q / 2, lambda q: 0.5)}.get(
        activation, (lambda q: mean_square_of(f, q), lambda q: mean_square_of(slope, q))
    )
    signal, gradient = np.ones(depth + 1), np.ones(depth + 1)
    for layer in range(1, depth + 1):
        signal[layer] = scale**2 * (1.0 if layer == 1 else through[0](signal[layer - 1]))
    for layer in range(depth - 1, -1, -1):
        factor = scale**2 * (1.0 if layer == 0 else through[1](signal[layer]))
        gradient[layer] = gradient[layer + 1] * factor
    return signal, gradient
