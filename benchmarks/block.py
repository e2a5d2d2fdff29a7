"""One training step of a Transformer block: each contestant gives ``step(i) -> loss`` on minibatch i, or None.

Pre-norm, causal; 128 steps of 128 numbers, 4 heads, feed-forward 512 with ReLU, batch 16, float32; the mean squared
error of all outputs against a target for each, Adam. Every contestant starts from the same weights, biases at zero.
"""

import numpy as np

from benchmarks.frameworks import MyGradStep, TensorFlowStep
from benchmarks.problem import LEARNING_RATE, N_BATCHES

WORKLOADS = {"block": (16, 4)}  # batch size, steps a turn
TRAIN_STEPS = 20  # after more the paths in float32 part: a ReLU chooses otherwise at rounding
STEPS, WIDTH, HEADS, HIDDEN = 128, 128, 4, 512


def weights():
    """Return float32 matrices by name: qkv (D, 3 D), out (D, D), up (D, F), down (F, D)."""
    rng = np.random.default_rng(1)
    shapes = {"qkv": (WIDTH, 3 * WIDTH), "out": (WIDTH, WIDTH), "up": (WIDTH, HIDDEN), "down": (HIDDEN, WIDTH)}
    return {k: (rng.standard_normal(s) / s[0] ** 0.5).astype(np.float32) for k, s in shapes.items()}


def sequences(batch_size):
    """Return eight minibatches x, y (B, T, D): y mixes what x was a step before."""
    rng = np.random.default_rng(2)
    mixing, made = rng.standard_normal((WIDTH, WIDTH)) / WIDTH**0.5, []
    for _ in range(N_BATCHES):
        x = rng.standard_normal((batch_size, STEPS, WIDTH))
        made.append((x.astype(np.float32), np.tanh(np.roll(x, 1, axis=1) @ mixing).astype(np.float32)))
    return made


class Ours:
    """The engine through its public names, as a chapter writes it."""

    def __init__(self, batch_size):
        import chainrule as cr
        import chainrule.nn.functional as F
        from chainrule import nn, optim

        self.model = nn.TransformerBlock(
            WIDTH, HEADS, HIDDEN, activation="relu", rng=np.random.default_rng(0)
        )
        w = weights()
        names = {"qkv": "self_attn.in_proj_weight", "out": "self_attn.out_proj.weight"}
        names |= {"up": "linear1.weight", "down": "linear2.weight"}
        self.model.load_state_dict({names[k]: a for k, a in w.items()}, strict=False)
        self.optimizer = optim.Adam(self.model.parameters(), lr=LEARNING_RATE)
        self.batches = [tuple(map(cr.Tensor, pair)) for pair in sequences(batch_size)]
        self.loss = F.mse_loss

    def step(self, i):
        x, y = self.batches[i]
        loss = self.loss(self.model(x, is_causal=True), y)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss

    def value(self, loss):
        return loss.item()


class Products:
    """The matrix products of a step and nothing else, into arrays that are there already.

    Four maps forward, each twice backward (the gradient of the block's own input is wanted by its residual
    connection); two products of attention forward and four backward, for each head of each example, unmasked.
    """

    def __init__(self, batch_size):
        rng = np.random.default_rng(3)

        def matrix(*shape):
            return rng.standard_normal(shape, dtype=np.float32)

        rows = batch_size * STEPS
        pairs = []
        for w in weights().values():
            x, delta = matrix(rows, len(w)), matrix(rows, w.shape[1])
            pairs += [(x, w), (x.T, delta), (delta, w.T)]
        q, k, v, d = (matrix(batch_size, HEADS, STEPS, WIDTH // HEADS) for _ in range(4))
        p = matrix(batch_size, HEADS, STEPS, STEPS)
        back, across = p.swapaxes(-1, -2), [a.swapaxes(-1, -2) for a in (k, v)]
        pairs += [(q, across[0]), (p, v), (back, d), (d, across[1]), (p, k), (back, q)]
        self.products = [(a, b, np.empty_like(a @ b)) for a, b in pairs]

    def step(self, i):
        for a, b, out in self.products:
            np.matmul(a, b, out=out)

    def value(self, _):
        return None


class Torch:
    """PyTorch eager: the same block written with its fused attention, Adam as it comes."""

    def __init__(self, batch_size):
        import torch

        torch.set_num_threads(1)
        t, functional = torch.nn, torch.nn.functional

        class Block(t.Module):
            def __init__(self):
                super().__init__()
                self.norm1, self.norm2 = t.LayerNorm(WIDTH), t.LayerNorm(WIDTH)
                for name, w in weights().items():
                    layer = t.Linear(*w.shape)
                    with torch.no_grad():
                        layer.weight.copy_(torch.from_numpy(w.T.copy()))
                        layer.bias.zero_()
                    setattr(self, name, layer)

            def forward(self, x):
                qkv = self.qkv(self.norm1(x)).unflatten(-1, (3, HEADS, WIDTH // HEADS))
                q, k, v = qkv.permute(2, 0, 3, 1, 4)
                seen = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
                x = x + self.out(seen.transpose(1, 2).flatten(2))
                return x + self.down(functional.relu(self.up(self.norm2(x))))

        self.model = Block()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=LEARNING_RATE)
        self.batches = [tuple(map(torch.from_numpy, pair)) for pair in sequences(batch_size)]
        self.loss = functional.mse_loss

    def step(self, i):
        x, y = self.batches[i]
        loss = self.loss(self.model(x), y)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss

    value = Ours.value


def _parameters():
    """Return float32 arrays in one order: scale and shift of both norms, then each matrix and its bias."""
    norms = [(np.ones if i % 2 == 0 else np.zeros)(WIDTH, np.float32) for i in range(4)]
    maps = [a for w in weights().values() for a in (w, np.zeros(w.shape[1], np.float32))]
    return norms + maps


class TensorFlow(TensorFlowStep):
    """TensorFlow: the whole step in one ``tf.function``, written out, Adam from Keras."""

    def __init__(self, batch_size):
        _, tf = self.framework()
        variables = [tf.Variable(a) for a in _parameters()]
        scale1, shift1, scale2, shift2, qkv, b_qkv, out, b_out, up, b_up, down, b_down = variables
        future = tf.constant(np.triu(np.full((STEPS, STEPS), -1e9, np.float32), 1))

        def normed(x, scale, shift):
            mean, variance = tf.nn.moments(x, -1, keepdims=True)
            return tf.nn.batch_normalization(x, mean, variance, shift, scale, 1e-5)

        def attended(x):
            heads = tf.reshape(x @ qkv + b_qkv, (batch_size, STEPS, 3, HEADS, WIDTH // HEADS))
            q, k, v = tf.unstack(tf.transpose(heads, (2, 0, 3, 1, 4)))
            scores = tf.matmul(q, k, transpose_b=True) / (WIDTH // HEADS) ** 0.5
            seen = tf.transpose(tf.nn.softmax(scores + future) @ v, (0, 2, 1, 3))
            return tf.reshape(seen, (batch_size, STEPS, WIDTH)) @ out + b_out

        def loss_of(x, y):
            x = x + attended(normed(x, scale1, shift1))
            hidden = tf.nn.relu(normed(x, scale2, shift2) @ up + b_up)
            return tf.reduce_mean(tf.math.squared_difference(x + hidden @ down + b_down, y))

        self.compile(variables, loss_of)
        self.batches = [tuple(map(tf.constant, pair)) for pair in sequences(batch_size)]


class MyGrad(MyGradStep):
    """MyGrad, an autograd on NumPy arrays: norms, attention and Adam are written out."""

    def __init__(self, batch_size):
        from mygrad.nnet.activations import relu, softmax

        self.start(_parameters())
        self.relu, self.softmax = relu, softmax
        self.future = np.triu(np.full((STEPS, STEPS), -1e9, np.float32), 1)
        self.batches = sequences(batch_size)

    def normed(self, x, scale, shift):
        centred = x - x.mean(axis=-1, keepdims=True)
        return centred / self.mg.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-5) * scale + shift

    def attended(self, x, weight, bias):
        mg, batch_size = self.mg, len(x)
        heads = (mg.matmul(x, weight) + bias).reshape(batch_size, STEPS, 3, HEADS, WIDTH // HEADS)
        q, k, v = (heads[:, :, i].transpose(0, 2, 1, 3) for i in range(3))
        scores = mg.matmul(q, k.transpose(0, 1, 3, 2)) * (WIDTH // HEADS) ** -0.5
        seen = mg.matmul(self.softmax(scores + self.future), v)
        return seen.transpose(0, 2, 1, 3).reshape(batch_size, STEPS, WIDTH)

    def loss_of(self, x, y):
        scale1, shift1, scale2, shift2, qkv, b_qkv, out, b_out, up, b_up, down, b_down = self.parameters
        mg = self.mg
        x = x + mg.matmul(self.attended(self.normed(x, scale1, shift1), qkv, b_qkv), out) + b_out
        hidden = self.relu(mg.matmul(self.normed(x, scale2, shift2), up) + b_up)
        return ((x + mg.matmul(hidden, down) + b_down - y) ** 2).mean()


CONTESTANTS = {
    "block:ours": Ours,
    "block:products": Products,
    "block:torch": Torch,
    "block:tensorflow": TensorFlow,
    "block:mygrad": MyGrad,
}
