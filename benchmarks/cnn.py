"""One training step of a small CNN: each contestant gives ``step(i) -> loss`` on minibatch i, or None.

1x28x28, convolution to 16 channels, ReLU, max pooling, convolution to 32, ReLU, max pooling, linear to 10; all
kernels 3x3 with padding 1; float32, Adam. Every contestant starts from the same weights.
"""

import numpy as np

from benchmarks.frameworks import MyGradStep, TensorFlowStep
from benchmarks.problem import LEARNING_RATE, N_CLASSES, batches

WORKLOADS = {"cnn": (64, 8)}  # batch size, steps a turn
TRAIN_STEPS = 40  # after 100 the paths in float32 are 2e-3 apart: a ReLU or a pool chooses otherwise at rounding
SIDE, C1, C2 = 28, 16, 32
D_FLAT = C2 * (SIDE // 4) ** 2


def weights():
    """Return float32 w1 (C1, 1, 3, 3), b1, w2 (C2, C1, 3, 3), b2, w3 (D_FLAT, 10), b3, as He draws them."""
    rng = np.random.default_rng(1)
    made = []
    for shape, fan_in in (
        ((C1, 1, 3, 3), 9),
        ((C2, C1, 3, 3), 9 * C1),
        ((D_FLAT, N_CLASSES), D_FLAT),
    ):
        n_out = shape[0] if len(shape) == 4 else shape[1]
        made += [rng.standard_normal(shape) * np.sqrt(2 / fan_in), np.zeros(n_out)]
    return [a.astype(np.float32) for a in made]


def images(batch_size):
    """Return eight minibatches x (B, 1, 28, 28), y (B,) int64."""
    return [(x.reshape(-1, 1, SIDE, SIDE), y) for x, y in batches(batch_size)]


class Ours:
    """The engine through its public names, as a chapter writes it."""

    def __init__(self, batch_size):
        import chainrule as cr
        import chainrule.nn.functional as F
        from chainrule import nn, optim

        rng = np.random.default_rng(0)
        self.model = nn.Sequential(
            nn.Conv2d(1, C1, 3, padding=1, rng=rng), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(C1, C2, 3, padding=1, rng=rng), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(D_FLAT, N_CLASSES, rng=rng),
        )  # fmt: skip
        self.model.load_state_dict(dict(zip(self.model.state_dict(), weights(), strict=True)))
        self.optimizer = optim.Adam(self.model.parameters(), lr=LEARNING_RATE)
        self.batches = [(cr.Tensor(x), y) for x, y in images(batch_size)]
        self.loss = F.cross_entropy

    def step(self, i):
        x, y = self.batches[i]
        loss = self.loss(self.model(x), y)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss

    def value(self, loss):
        return loss.item()


class Products:
    """The eight matrix products of a step and nothing else, into arrays that are there already.

    Windows are taken as columns that somebody has copied: (C_out, C_in 9) times (C_in 9, N H W).
    """

    def __init__(self, batch_size):
        rng = np.random.default_rng(3)
        n1, n2 = batch_size * SIDE**2, batch_size * (SIDE // 2) ** 2

        def matrix(*shape):
            return rng.random(shape, dtype=np.float32)

        w1, w2, w3 = matrix(C1, 9), matrix(C2, 9 * C1), matrix(D_FLAT, N_CLASSES)
        columns1, columns2, flat = matrix(9, n1), matrix(9 * C1, n2), matrix(batch_size, D_FLAT)
        delta1, delta2, delta3 = matrix(C1, n1), matrix(C2, n2), matrix(batch_size, N_CLASSES)
        pairs = [
            (w1, columns1), (w2, columns2), (flat, w3),
            (flat.T, delta3), (delta3, w3.T),
            (delta2, columns2.T), (w2.T, delta2),
            (delta1, columns1.T),
        ]  # fmt: skip
        self.products = [(a, b, np.empty((len(a), b.shape[1]), np.float32)) for a, b in pairs]

    def step(self, i):
        for a, b, out in self.products:
            np.matmul(a, b, out=out)

    def value(self, _):
        return None


class Torch:
    """PyTorch eager, Adam as it comes."""

    def __init__(self, batch_size):
        import torch

        torch.set_num_threads(1)
        t = torch.nn
        self.model = t.Sequential(
            t.Conv2d(1, C1, 3, padding=1), t.ReLU(), t.MaxPool2d(2),
            t.Conv2d(C1, C2, 3, padding=1), t.ReLU(), t.MaxPool2d(2),
            t.Flatten(), t.Linear(D_FLAT, N_CLASSES),
        )  # fmt: skip
        with torch.no_grad():
            for p, w in zip(self.model.parameters(), weights(), strict=True):
                p.copy_(torch.from_numpy(np.ascontiguousarray(w.T if w.ndim == 2 else w)))
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=LEARNING_RATE)
        self.batches = [tuple(map(torch.from_numpy, pair)) for pair in images(batch_size)]
        self.loss = torch.nn.functional.cross_entropy

    step = Ours.step
    value = Ours.value


class TensorFlow(TensorFlowStep):
    """TensorFlow: the whole step in one ``tf.function``, channels last, Adam from Keras."""

    def __init__(self, batch_size):
        _, tf = self.framework()
        variables = [tf.Variable(w.transpose(2, 3, 1, 0) if w.ndim == 4 else w) for w in weights()]
        w1, b1, w2, b2, w3, b3 = variables

        def layer(x, w, b):
            x = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, w, 1, "SAME"), b))
            return tf.nn.max_pool2d(x, 2, 2, "VALID")

        def loss_of(x, y):
            hidden = layer(layer(x, w1, b1), w2, b2)
            # the rows of w3 stand in the order of (C, H, W)
            flat = tf.reshape(tf.transpose(hidden, (0, 3, 1, 2)), (-1, D_FLAT))
            logits = tf.matmul(flat, w3) + b3
            return tf.reduce_mean(
                tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
            )

        self.compile(variables, loss_of)
        self.batches = [
            (tf.constant(x.transpose(0, 2, 3, 1)), tf.constant(y)) for x, y in images(batch_size)
        ]


class MyGrad(MyGradStep):
    """MyGrad, an autograd on NumPy arrays; it has no optimisers, so Adam is written out."""

    def __init__(self, batch_size):
        from mygrad.nnet.activations import relu
        from mygrad.nnet.layers import conv_nd, max_pool
        from mygrad.nnet.losses import softmax_crossentropy

        self.start(weights())
        self.relu, self.loss = relu, softmax_crossentropy
        self.convolve, self.pool = conv_nd, max_pool
        self.batches = images(batch_size)

    def layer(self, x, w, b):
        x = self.convolve(x, w, stride=1, padding=1) + b.reshape(1, -1, 1, 1)
        return self.pool(self.relu(x), (2, 2), 2)

    def loss_of(self, x, y):
        w1, b1, w2, b2, w3, b3 = self.parameters
        hidden = self.layer(self.layer(x, w1, b1), w2, b2).reshape(-1, D_FLAT)
        return self.loss(self.mg.matmul(hidden, w3) + b3, y)


CONTESTANTS = {
    "cnn:ours": Ours,
    "cnn:products": Products,
    "cnn:torch": Torch,
    "cnn:tensorflow": TensorFlow,
    "cnn:mygrad": MyGrad,
}
