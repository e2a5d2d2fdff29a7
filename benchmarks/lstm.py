"""One training step of an LSTM: each contestant gives ``step(i) -> loss`` on minibatch i, or None.

64 steps of 64 inputs, 128 hidden units, batch 32, float32; the mean squared error of all hidden states against a
target for each, Adam. Every contestant starts from the same weights, biases at zero.
"""

import numpy as np

from benchmarks.frameworks import MyGradStep, TensorFlowStep
from benchmarks.problem import LEARNING_RATE, N_BATCHES

WORKLOADS = {"lstm": (32, 4)}  # batch size, steps a turn
STEPS, D_IN, WIDTH = 64, 64, 128


def weights():
    """Return float32 w (D, 4 H), u (H, 4 H), b (4 H,), the gates in the order i, f, g, o."""
    rng = np.random.default_rng(1)
    limit = WIDTH**-0.5
    w, u = (rng.uniform(-limit, limit, (n, 4 * WIDTH)) for n in (D_IN, WIDTH))
    return [a.astype(np.float32) for a in (w, u, np.zeros(4 * WIDTH))]


def sequences(batch_size):
    """Return eight minibatches x (B, T, D), y (B, T, H): y mixes what x was a step before."""
    rng = np.random.default_rng(2)
    mixing, made = rng.standard_normal((D_IN, WIDTH)) / D_IN**0.5, []
    for _ in range(N_BATCHES):
        x = rng.standard_normal((batch_size, STEPS, D_IN))
        y = np.tanh(np.roll(x, 1, axis=1) @ mixing)
        made.append((x.astype(np.float32), y.astype(np.float32)))
    return made


class Ours:
    """The engine through its public names, as a chapter writes it."""

    def __init__(self, batch_size):
        import chainrule as cr
        import chainrule.nn.functional as F
        from chainrule import nn, optim

        self.model = nn.LSTM(D_IN, WIDTH, rng=np.random.default_rng(0))
        self.model.load_state_dict(dict(zip(self.model.state_dict(), weights(), strict=True)))
        self.optimizer = optim.Adam(self.model.parameters(), lr=LEARNING_RATE)
        self.batches = [tuple(map(cr.Tensor, pair)) for pair in sequences(batch_size)]
        self.loss = F.mse_loss

    def step(self, i):
        x, y = self.batches[i]
        loss = self.loss(self.model(x)[0], y)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss

    def value(self, loss):
        return loss.item()


class Products:
    """The matrix products of a step and nothing else, into arrays that are there already.

    Forward and backward one for each step, since each wants the one before; one for the inputs of all steps,
    and two for the gradients of the weights.
    """

    def __init__(self, batch_size):
        rng = np.random.default_rng(3)

        def matrix(*shape):
            return rng.standard_normal(shape, dtype=np.float32)

        w, u = matrix(4, D_IN, WIDTH), matrix(4, WIDTH, WIDTH)
        back, rows = matrix(4 * WIDTH, WIDTH), STEPS * batch_size
        x, h, delta = matrix(rows, D_IN), matrix(rows, WIDTH), matrix(rows, 4 * WIDTH)
        parts = [slice(t * batch_size, (t + 1) * batch_size) for t in range(STEPS)]
        pairs = [(x, w)]
        pairs += [(h[part], u) for part in parts] + [(delta[part], back) for part in parts]
        pairs += [(h.T, delta), (x.T, delta)]
        self.products = [(a, b, np.empty_like(a @ b)) for a, b in pairs]

    def step(self, i):
        for a, b, out in self.products:
            np.matmul(a, b, out=out)

    def value(self, _):
        return None


class Torch:
    """PyTorch eager, Adam as it comes; of its two biases one stands still, so that it learns as one does."""

    def __init__(self, batch_size):
        import torch

        torch.set_num_threads(1)
        self.model = torch.nn.LSTM(D_IN, WIDTH, batch_first=True)
        w, u, b = weights()
        with torch.no_grad():
            for p, a in zip(self.model.parameters(), (w.T, u.T, b, b), strict=True):
                p.copy_(torch.from_numpy(np.ascontiguousarray(a)))
        self.model.bias_hh_l0.requires_grad_(False)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=LEARNING_RATE)
        self.batches = [tuple(map(torch.from_numpy, pair)) for pair in sequences(batch_size)]
        self.loss = torch.nn.functional.mse_loss

    step = Ours.step
    value = Ours.value


class TensorFlow(TensorFlowStep):
    """TensorFlow: the whole step in one ``tf.function``, LSTM and Adam from Keras."""

    def __init__(self, batch_size):
        keras, tf = self.framework()
        model = keras.layers.LSTM(WIDTH, return_sequences=True)
        model.build((batch_size, STEPS, D_IN))
        model.set_weights(weights())

        def loss_of(x, y):
            return tf.reduce_mean(tf.math.squared_difference(model(x), y))

        self.compile(model.trainable_variables, loss_of)
        self.batches = [tuple(map(tf.constant, pair)) for pair in sequences(batch_size)]


class MyGrad(MyGradStep):
    """MyGrad, an autograd on NumPy arrays: it has no LSTM and no optimisers, so both are written out."""

    def __init__(self, batch_size):
        from mygrad.nnet.activations import sigmoid

        self.start(weights())
        self.sigmoid = sigmoid
        self.batches = sequences(batch_size)

    def states(self, x):
        """Return the hidden states of all steps; the products with the inputs are one."""
        mg, (w, u, b) = self.mg, self.parameters
        affine = mg.matmul(x.swapaxes(0, 1), w) + b  # (T, B, 4 H)
        h = c = np.zeros((len(x), WIDTH), np.float32)
        found = []
        for t in range(STEPS):
            gates = affine[t] + mg.matmul(h, u)
            i, f, o = (self.sigmoid(gates[:, k * WIDTH : (k + 1) * WIDTH]) for k in (0, 1, 3))
            c = f * c + i * mg.tanh(gates[:, 2 * WIDTH : 3 * WIDTH])
            h = o * mg.tanh(c)
            found.append(h)
        return mg.stack(found, axis=1)

    def loss_of(self, x, y):
        return ((self.states(x) - y) ** 2).mean()


CONTESTANTS = {
    "lstm:ours": Ours,
    "lstm:products": Products,
    "lstm:torch": Torch,
    "lstm:tensorflow": TensorFlow,
    "lstm:mygrad": MyGrad,
}
