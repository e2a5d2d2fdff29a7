"""One token written by a GPT after L others: each contestant gives ``step(i) -> the largest logit``, or None.

Four blocks of width 128 with 4 heads, 512 tokens, float32, one sequence. What a token costs with a cache of keys and
values is what a first token costs, and the attention to the L steps before it: that is the contestant ``flat``.
"""

import numpy as np

from benchmarks.problem import N_BATCHES

WORKLOADS = {f"decode {n}": (n, steps) for n, steps in ((32, 20), (128, 12), (512, 6))}  # L, steps a turn
TRAIN_STEPS = N_BATCHES
VOCABULARY, CONTEXT, LAYERS, HEADS, WIDTH = 512, 1024, 4, 4, 128


class Cached:
    """With a cache of L steps, which forgets the new one after every step."""

    def __init__(self, length):
        from chainrule import nn, no_grad
        from chainrule.models import GPT

        rng = np.random.default_rng(1)
        self.model = GPT(VOCABULARY, CONTEXT, LAYERS, HEADS, WIDTH, init_std=0.1, rng=rng).eval()
        self.past = rng.integers(0, VOCABULARY, (1, CONTEXT))
        self.length, self.no_grad = length, no_grad
        self.caches = [nn.KVCache() for _ in range(LAYERS)]
        with no_grad():
            self.model(self.past[:, :length], self.caches)

    def step(self, i):
        with self.no_grad():
            logits = self.model([[i]], self.caches).data
        for cache in self.caches:
            cache.n_steps = self.length
        return logits.max()

    def value(self, logit):
        return None if logit is None else float(logit)


class Anew(Cached):
    """Without a cache: all steps are computed for every token."""

    def step(self, i):
        tokens = np.append(self.past[:, : self.length], [[i]], axis=1)
        with self.no_grad():
            return self.model(tokens).data[:, -1].max()


class Flat(Cached):
    """The second token of a text, and in each block the attention of one query to L keys instead of two."""

    def __init__(self, length):
        import chainrule.nn.functional as F

        super().__init__(1)
        rng = np.random.default_rng(2)
        shape = (1, HEADS, length + 1, WIDTH // HEADS)
        self.keys = [rng.standard_normal(shape, dtype=np.float32) for _ in range(LAYERS)]
        self.attend = F.scaled_dot_product_attention

    def step(self, i):
        super().step(i)
        with self.no_grad():
            for keys in self.keys:
                self.attend(keys[:, :, :1], keys, keys, None, True)


CONTESTANTS = {"decode:ours": Cached, "decode:anew": Anew, "decode:flat": Flat}
