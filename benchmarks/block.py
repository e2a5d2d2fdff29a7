"""One training step of a Transformer block: each contestant gives ``step(i) -> loss`` on minibatch i, or None.

Pre-norm, causal; 128 steps of 128 numbers, 4 heads, feed-forward 512 with ReLU, batch 16, float32; the mean squared
error of all outputs against a target for each, Adam. Every contestant starts from the same weights, biases at zero.
"""

import numpy as np

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


CONTESTANTS = {"block:ours": Ours, "block:products": Products, "block:torch": Torch}
