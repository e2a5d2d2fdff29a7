"""Train the model of *a small Transformer at work*: ``python -m chainrule.explore.small_transformer_model``.

Chapters 1 to 20 of "Persuasion" by single characters, AdamW, its rate up a line and down another; about 20 CPU-seconds.
The seed is fixed: one machine writes the same file again. Another processor may round otherwise and train a network
that differs in its weights but not in what it can do.
"""

import json
import sys
from pathlib import Path

import numpy as np

import chainrule.nn.functional as F
from chainrule import data, optim, text
from chainrule.explore.int8_rows import BEFORE
from chainrule.explore.small_transformer_network import (
    CONTEXT,
    new_network,
    packed,
    unpacked,
)
from chainrule.tensor import no_grad

HEAD = (
    '// A small Transformer trained on the characters of Jane Austen\'s "Persuasion" (public domain), int8.\n'
    "// Written by: python -m chainrule.explore.small_transformer_model\n"
)


def persuasion():
    """Return the tokenizer, the characters to train on and those held out: chapters 1 to 20, and 20 000 from 21 on."""
    tokenizer = text.CharacterTokenizer(data.load_persuasion())
    train = data.load_persuasion(range(1, 21), unwrap=True)
    held_out = data.load_persuasion(range(21, 25), unwrap=True)[:20_000]
    return tokenizer, tokenizer.encode(train), tokenizer.encode(held_out)


def train(characters, n_characters, *, n_steps=640, batch_size=8, lr=1e-2, seed=0):
    """Return the model trained on characters (N,).

    Parameters
    ----------
    characters : array (N,) of int below ``n_characters``
    n_characters, n_steps, batch_size : int
    lr : float
        The highest learning rate.
    seed : int

    Returns
    -------
    GPT
    """
    rng = np.random.default_rng(seed)
    model = new_network(n_characters, rng)
    optimizer = optim.AdamW(model.parameters(), lr=lr, betas=(0.9, 0.99), weight_decay=0.1)
    schedule = optim.OneCycleLR(
        optimizer, max_lr=lr, total_steps=n_steps, pct_start=0.1, anneal_strategy="linear", cycle_momentum=False
    )  # fmt: skip
    windows = np.lib.stride_tricks.sliding_window_view(characters, CONTEXT + 1)
    for _ in range(n_steps):
        batch = windows[rng.integers(0, len(windows), batch_size)]
        loss = F.cross_entropy(model(batch[:, :-1]), batch[:, 1:])
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return model


@no_grad()
def held_out_loss(model, characters):
    """Return the mean cross-entropy, in nats a character, over windows of 64 characters that follow one another."""
    n = (len(characters) - 1) // CONTEXT * CONTEXT
    inputs, targets = (characters[i : i + n].reshape(-1, CONTEXT) for i in (0, 1))
    return F.cross_entropy(model(inputs), targets).item()


def text_of(model, tokenizer, held_out):
    """Return the text of ``small_transformer_weights.js``."""
    layers = packed({name: np.array(array) for name, array in model.state_dict().items()})
    rounded = new_network(tokenizer.vocab_size, np.random.default_rng(0), np.float64)
    rounded.load_state_dict(unpacked(layers))
    losses = {"trained": held_out_loss(model, held_out), "rounded": held_out_loss(rounded, held_out)}
    record = {
        **tokenizer.to_dict(),
        "held_out": {name: round(loss, 4) for name, loss in losses.items()},
        "layers": layers,
    }
    return f"{HEAD}{BEFORE}{json.dumps(record)};\n"


def main():
    """Train, write the file beside this one, and say how well it predicts."""
    tokenizer, characters, held_out = persuasion()
    written = text_of(train(characters, tokenizer.vocab_size), tokenizer, held_out)
    Path(__file__).with_name("small_transformer_weights.js").write_text(written, "utf-8")
    print(f"{len(written)} bytes,", written[written.index('"held_out"') :][:50], file=sys.stderr)


if __name__ == "__main__":
    main()
