"""A small problem on which the paths of two optimisers can be compared, in float64."""

import numpy as np

SHAPES = ((7, 5), (5,), (5, 3), (3,), (1,))


def start(seed=0):
    """Return starting values, one array for each of SHAPES."""
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape) for shape in SHAPES]


def gradients(step, values):
    """Return the gradients of a bumpy function of the parameters that changes from step to step."""
    return [np.sin(3 * v + step) + 0.1 * v**3 for v in values]


def ours(make, n_steps=100, missing=lambda step, i: False):
    """Return the values after every step of our optimiser; ``missing`` withholds gradients."""
    from chainrule.nn import Parameter

    params = [Parameter(v) for v in start()]
    optimizer, path = make(params), []
    for step in range(n_steps):
        for i, g in enumerate(gradients(step, [p.data for p in params])):
            params[i].grad = None if missing(step, i) else g
        optimizer.step()
        path.append([p.data.copy() for p in params])
    return path


def torchs(make, n_steps=100, missing=lambda step, i: False):
    """Return the values after every step of PyTorch's optimiser."""
    import torch

    params = [torch.nn.Parameter(torch.tensor(v)) for v in start()]
    optimizer, path = make(params), []
    for step in range(n_steps):
        for i, g in enumerate(gradients(step, [p.detach().numpy() for p in params])):
            params[i].grad = None if missing(step, i) else torch.tensor(g)
        optimizer.step()
        path.append([p.detach().numpy().copy() for p in params])
    return path


def keras_path(make, n_steps=100):
    """Return the values after every step of Keras's optimiser, on its TensorFlow backend."""
    import keras
    import tensorflow as tf

    variables = [keras.Variable(v, dtype="float64") for v in start()]
    optimizer, path = make(keras.optimizers), []
    for step in range(n_steps):
        values = [v.numpy().copy() for v in variables]
        optimizer.apply([tf.constant(g) for g in gradients(step, values)], variables)
        path.append([v.numpy().copy() for v in variables])
    return path


def distance(path, other):
    """Return the largest difference of any element at any step."""
    return max(
        float(np.max(np.abs(a - b)))
        for one, two in zip(path, other, strict=True)
        for a, b in zip(one, two, strict=True)
    )
