"""Train the CNN of *draw a digit* and write its weights: ``python -m chainrule.explore.draw_a_digit_model``.

8 000 real MNIST digits, moved by up to two pixels each way anew in every epoch, AdamW under one cycle;
about 20 CPU-seconds. The seeds are fixed: one machine writes the same file again. Another processor may
round otherwise and train a network that differs in its digits but not in what it can do.
"""

import base64
import json
import sys
from pathlib import Path

import numpy as np

import chainrule.nn.functional as F
from chainrule import data, optim
from chainrule.explore.digit_network import new_network, packed, unpacked
from chainrule.explore.int8_rows import BEFORE
from chainrule.tensor import no_grad
from chainrule.train import fit

REACH = 2  # pixels
HEAD = (
    "// A small CNN trained on MNIST, int8, and test digits of MNIST to start from "
    "(CC BY-SA 3.0, see data/mnist_10k.txt).\n"
    "// Written by: python -m chainrule.explore.draw_a_digit_model\n"
)


def moved(pictures, rng):
    """Return pictures (N, 1, 28, 28), each moved by up to two pixels each way, paper following."""
    wide = np.pad(pictures, ((0, 0), (0, 0), (REACH, REACH), (REACH, REACH)))
    windows = np.lib.stride_tricks.sliding_window_view(wide, pictures.shape[2:], axis=(2, 3))
    down, right = rng.integers(0, 2 * REACH + 1, size=(2, len(pictures)))
    return np.ascontiguousarray(windows[np.arange(len(pictures)), :, down, right])


def train_network(x, y, *, epochs=12, batch_size=64, seed=0):
    """Return the weights of a network trained on pictures and labels.

    Parameters
    ----------
    x : array (N, 1, 28, 28) of float32 in [0, 1]
    y : array (N,) of int
    epochs, batch_size, seed : int

    Returns
    -------
    dict of str to array
        The model's state, in float32.
    """
    rng = np.random.default_rng(seed)
    model = new_network(rng)
    optimizer = optim.AdamW(model.parameters(), weight_decay=1e-2)
    n_steps = epochs * -(-len(x) // batch_size)
    schedule = optim.OneCycleLR(
        optimizer, max_lr=6e-3, total_steps=n_steps, cycle_momentum=False
    )
    for _ in range(epochs):
        fit(
            model, (moved(x, rng), y), loss=F.cross_entropy, optimizer=optimizer, epochs=1,
            batch_size=batch_size, rng=rng, schedule=schedule, progress=False,
        )  # fmt: skip
    return {name: np.array(array) for name, array in model.state_dict().items()}


@no_grad()
def probabilities(layers, x):
    """Return what packed layers make of pictures (N, 1, 28, 28): (N, 10)."""
    model = new_network(np.random.default_rng(0), np.float64)
    model.load_state_dict(unpacked(layers))
    return F.softmax(model.eval()(x)).data


def chosen_digits(said, y):
    """Return indices of digits to start from: first of each class read right, then three surely misread."""
    right, sure = said.argmax(1) == y, said.max(1)
    wrong = np.flatnonzero(~right)
    first = [int(np.flatnonzero(right & (y == label))[0]) for label in range(10)]
    return first + [int(i) for i in wrong[np.argsort(-sure[wrong], kind="stable")][:3]]


def text_of(layers, mnist):
    """Return the text of ``digit_weights.js``."""
    said = probabilities(layers, mnist.x_test[:, None].astype(np.float64) / 255)
    ink = mnist.x_test.astype(np.uint8)
    record = {
        "accuracy": round(float((said.argmax(1) == mnist.y_test).mean()), 4),
        "layers": layers,
        "digits": [
            {"test": i, "label": int(mnist.y_test[i]), "ink": base64.b64encode(ink[i].tobytes()).decode()}
            for i in chosen_digits(said, mnist.y_test)
        ],
    }
    return f"{HEAD}{BEFORE}{json.dumps(record)};\n"


def main():
    """Train, write the file beside this one, and say how well it reads."""
    mnist = data.mnist(flatten=False, scale=False)
    x = (mnist.x_train[:, None] / 255).astype(np.float32)
    text = text_of(packed(train_network(x, mnist.y_train)), mnist)
    Path(__file__).with_name("digit_weights.js").write_text(text, "utf-8")
    print(f"{len(text)} bytes,", text[text.index('"accuracy"') :][:20], file=sys.stderr)


if __name__ == "__main__":
    main()
