"""Seven ways to take one training step: each contestant gives ``step(i) -> loss`` on minibatch i, or None.

Each class imports its framework when it is made, so a worker process holds one framework alone.
"""

import itertools

import numpy as np

from benchmarks.frameworks import MyGradStep, TensorFlowStep
from benchmarks.problem import LEARNING_RATE, batches, weights


class Ours:
    """The engine through its public names, as a chapter writes it."""

    def __init__(self, batch_size):
        import chainrule as cr
        import chainrule.nn.functional as F
        from chainrule import nn, optim

        rng = np.random.default_rng(0)
        self.model = nn.Sequential(
            nn.Linear(784, 128, rng=rng), nn.ReLU(), nn.Linear(128, 10, rng=rng)
        )
        names = ("0.weight", "0.bias", "2.weight", "2.bias")
        self.model.load_state_dict(dict(zip(names, weights(), strict=True)))
        self.optimizer = optim.Adam(self.model.parameters(), lr=LEARNING_RATE)
        self.batches = [(cr.Tensor(x), y) for x, y in batches(batch_size)]
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
    """The five matrix products of a step and nothing else, into arrays that are there already."""

    def __init__(self, batch_size):
        w1, _, w2, _ = weights()
        self.batches = [x for x, _ in batches(batch_size)]
        self.w1, self.w2 = w1, w2
        rng = np.random.default_rng(3)
        self.hidden = rng.random((batch_size, 128), dtype=np.float32)
        self.delta = rng.random((batch_size, 10), dtype=np.float32)
        self.out = [
            np.empty((batch_size, 128), np.float32),
            np.empty((batch_size, 10), np.float32),
            np.empty_like(w2),
            np.empty((batch_size, 128), np.float32),
            np.empty_like(w1),
        ]

    def step(self, i):
        x, out = self.batches[i], self.out
        np.matmul(x, self.w1, out=out[0])
        np.matmul(self.hidden, self.w2, out=out[1])
        np.matmul(self.hidden.T, self.delta, out=out[2])
        np.matmul(self.delta, self.w2.T, out=out[3])
        np.matmul(x.T, self.hidden, out=out[4])

    def value(self, _):
        return None


class ByHand:
    """The same step written out in NumPy, without a tape: what an engine on NumPy can reach."""

    def __init__(self, batch_size):
        values = weights()
        ends = np.cumsum([0, *(w.size for w in values)])
        block = np.zeros((5, max(ends[-1], 1 << 18)), np.float32)  # in huge pages, as ours
        self.flat = [row[: ends[-1]] for row in block]
        self.values, self.gradients = (
            [flat[a:b].reshape(w.shape) for w, a, b in zip(values, ends, ends[1:])]
            for flat in self.flat[:2]
        )
        for mine, w in zip(self.values, values):
            mine[...] = w
        self.batches, self.count = batches(batch_size), itertools.count(1)
        self.rows, self.hidden = np.arange(batch_size), np.empty((batch_size, 128), np.float32)

    def step(self, i):
        x, y = self.batches[i]
        (w1, b1, w2, b2), (d_w1, d_b1, d_w2, d_b2) = self.values, self.gradients
        hidden = np.matmul(x, w1, out=self.hidden)
        hidden += b1
        np.maximum(hidden, 0, out=hidden)
        logits = (hidden @ w2 + b2).T.copy()  # (K, B)
        logits -= np.maximum.reduce(logits, 0)
        true = logits[y, self.rows]
        error = np.exp(logits, out=logits)
        sums = np.add.reduce(error, 0)
        error /= sums
        loss = (np.log(sums) - true).mean()
        error[y, self.rows] -= 1
        error /= np.float32(len(y))
        error = error.T
        np.matmul(hidden.T, error, out=d_w2)
        np.add.reduce(error, 0, out=d_b2)
        delta = error @ w2.T
        delta *= hidden > 0
        np.matmul(x.T, delta, out=d_w1)
        np.add.reduce(delta, 0, out=d_b1)
        self.adam()
        return loss

    def adam(self):
        t, (p, g, m, v, out) = next(self.count), self.flat
        root = ((1 - 0.999) / (1 - 0.999**t)) ** 0.5
        m *= np.float32(0.9)
        m += g
        v *= np.float32(0.999)
        v += np.multiply(g, g, out=out)
        np.sqrt(v, out=out)
        out += np.float32(1e-8 / root)
        np.divide(m, out, out=out)
        out *= np.float32(LEARNING_RATE * (1 - 0.9) / (1 - 0.9**t) / root)
        p -= out

    def value(self, loss):
        return float(loss)


class Torch:
    """PyTorch eager with Adam as it comes."""

    options = {}

    def __init__(self, batch_size):
        import torch

        torch.set_num_threads(1)
        self.model = torch.nn.Sequential(
            torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10)
        )
        with torch.no_grad():
            for p, w in zip(self.model.parameters(), weights(), strict=True):
                p.copy_(torch.from_numpy(np.ascontiguousarray(w.T)))
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=LEARNING_RATE, **self.options)
        self.batches = [tuple(map(torch.from_numpy, pair)) for pair in batches(batch_size)]
        self.loss = torch.nn.functional.cross_entropy

    def step(self, i):
        x, y = self.batches[i]
        loss = self.loss(self.model(x), y)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss

    def value(self, loss):
        return loss.item()


class TorchFused(Torch):
    """PyTorch eager with its fused Adam kernel."""

    options = {"fused": True}


class TensorFlow(TensorFlowStep):
    """TensorFlow: the whole step in one ``tf.function``, Adam from Keras."""

    def __init__(self, batch_size):
        _, tf = self.framework()
        w1, b1, w2, b2 = variables = [tf.Variable(w) for w in weights()]

        def loss_of(x, y):
            hidden = tf.nn.relu(tf.matmul(x, w1) + b1)
            logits = tf.matmul(hidden, w2) + b2
            return tf.reduce_mean(
                tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
            )

        self.compile(variables, loss_of)
        self.batches = [tuple(map(tf.constant, pair)) for pair in batches(batch_size)]


class MyGrad(MyGradStep):
    """MyGrad, an autograd on NumPy arrays; it has no optimisers, so Adam is written out."""

    def __init__(self, batch_size):
        from mygrad.nnet.activations import relu
        from mygrad.nnet.losses import softmax_crossentropy

        self.start(weights())
        self.relu, self.loss = relu, softmax_crossentropy
        self.batches = batches(batch_size)

    def loss_of(self, x, y):
        w1, b1, w2, b2 = self.parameters
        hidden = self.relu(self.mg.matmul(x, w1) + b1)
        return self.loss(self.mg.matmul(hidden, w2) + b2, y)


CONTESTANTS = {
    "ours": Ours,
    "products": Products,
    "by_hand": ByHand,
    "torch": Torch,
    "torch_fused": TorchFused,
    "tensorflow": TensorFlow,
    "mygrad": MyGrad,
}
