"""The problem that every contestant trains: 784-128-10, float32, from the same weights."""

import numpy as np

D_IN, D_HIDDEN, N_CLASSES = 784, 128, 10
LEARNING_RATE = 1e-3
N_BATCHES = 8


def weights():
    """Return float32 w1 (784, 128), b1 (128,), w2 (128, 10), b2 (10,), as He draws them."""
    rng = np.random.default_rng(1)
    w1 = rng.standard_normal((D_IN, D_HIDDEN)) * np.sqrt(2 / D_IN)
    w2 = rng.standard_normal((D_HIDDEN, N_CLASSES)) * np.sqrt(2 / D_HIDDEN)
    b1, b2 = np.zeros(D_HIDDEN), np.zeros(N_CLASSES)
    return tuple(a.astype(np.float32) for a in (w1, b1, w2, b2))


def batches(batch_size):
    """Return eight minibatches x (B, 784), y (B,) int64, labelled by a linear teacher.

    The inputs are standardised. With inputs in [0, 1] some hidden units die, the moments of their
    weights decay into subnormal numbers, and whoever does not flush those to zero is slowed down
    by them for a reason that has nothing to do with a training step.
    """
    rng = np.random.default_rng(2)
    teacher = rng.standard_normal((D_IN, N_CLASSES))
    made = []
    for _ in range(N_BATCHES):
        x = rng.standard_normal((batch_size, D_IN))
        made.append((x.astype(np.float32), np.argmax(x @ teacher, axis=1).astype(np.int64)))
    return made
