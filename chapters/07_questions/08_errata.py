# %% [markdown]
# # What the articles got wrong
#
# This book grew out of two articles that promise [deep learning](../../book/glossary.md#deep-learning) in a short evening. Many people have learnt from them, and they name nearly everything that matters. They also print eight programs, and none of them, as printed, keeps what its heading promises. We run each of them as it is printed, see what comes of it, and mend it, a line at a time, until it keeps a promise that was written down before. This is not to find fault: whoever has written a program knows every one of these slips from the inside. It is to learn how one finds them, since five of the eight can run to their end without a word of complaint.
#
# *Reading: 25 minutes. Running: about 20 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import ast
import contextlib
import io
import math
import re
import sys
import textwrap
import types
import warnings
from unittest import mock

import numpy as np
import tensorflow as tf
import torch

from chainrule import data
from chainrule.proof import claim, exercise, gradcheck

# %% [markdown]
# ## How we run them
#
# A program is a string. `come_of` runs it with `exec` in an empty namespace, as a fresh Python would, and prints the type and the message of the first error or warning. If it prints nothing, nothing complained, which is all that can be said then. A second argument calls the function that the program has defined. `mend` replaces one passage, and refuses if it is not there exactly once, so every repair can be read as a change to what was printed. The articles' comments are shortened and put into English; nothing else is touched.
#
# Two of the programs fetch MNIST from the network. Nothing is downloaded here: digits that come with this book are put in their place, 2 500 to train and 2 000 to test where the printed programs would have 60 000 and 10 000, behind the same two doors, `tf.keras.datasets.mnist.load_data` and a small stand-in for the package `torchvision`, which behaves as the original in what matters here: its data set is *one* split, a sequence of pairs, and `ToTensor` turns bytes from 0 to 255 into numbers from 0 to 1.

# %%
digits = data.mnist()
torch.set_num_threads(1)


def as_bytes(part, n):
    x, y = (digits.x_train, digits.y_train) if part == "train" else (digits.x_test, digits.y_test)
    return np.rint(x[:n] * 255).astype(np.uint8).reshape(-1, 28, 28), y[:n]


class PairsOfOneSplit(torch.utils.data.Dataset):
    def __init__(self, root, train, transform, download):
        (self.images, self.labels), self.transform = as_bytes("train" if train else "test", 2500), transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.transform(self.images[i]), int(self.labels[i])       # IndexError ends a loop over it


to_tensor = types.SimpleNamespace(ToTensor=lambda: lambda image: torch.tensor(image)[None] / 255)
stand_in = types.SimpleNamespace(datasets=types.SimpleNamespace(MNIST=PairsOfOneSplit), transforms=to_tensor)


@contextlib.contextmanager
def torchvision_replaced():
    """Let `import torchvision` find the stand-in."""
    installed, sys.modules["torchvision"] = sys.modules.get("torchvision"), stand_in
    yield
    if sys.modules.pop("torchvision") and installed is not None:
        sys.modules["torchvision"] = installed


# %%
def come_of(source, then=lambda space: space, n=2500):
    """Run a program, then call; return (name of the error, of the warning, or "runs"; result).

    n : int, optional
        How many digits of each part `load_data` returns.
    """
    space, result, came = {}, None, "runs"
    with (torchvision_replaced(), warnings.catch_warnings(record=True) as caught, contextlib.redirect_stdout(io.StringIO()),
          mock.patch.object(tf.keras.datasets.mnist, "load_data", lambda: (as_bytes("train", n), as_bytes("test", n)))):
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", DeprecationWarning)       # one library's note to another's authors
        try:
            exec(source, space)
            result = then(space)
        except Exception as error:
            came, message = type(error).__name__, re.sub(r"\x1b\[\d+m|\{\{.*?\}\} ?", "", str(error))        # colours, device names
    if came == "runs" and caught:
        came, message = caught[0].category.__name__, str(caught[0].message)
    if came != "runs":
        first_line = next(line for line in message.split("\n") if line and "Exception encountered" not in line)
        print(textwrap.fill(f"{came}: {first_line}", 84, subsequent_indent="    "))
    return came, result


def mend(source, printed, repaired):
    if source.count(printed) != 1:
        raise ValueError(f"the passage must be there once; found {source.count(printed)} times")
    return source.replace(printed, repaired)


# %% [markdown]
# ## S0-X1 · A network in Keras
#
# Section 5.1 of the first article. The promise: 784–128–10, trained on handwritten digits, reads at least 85 % of those it has not seen. **Read it first:** what shape has `x_train`?

# %%
keras_net = '''
import tensorflow as tf

def build_model():
    model = tf.keras.Sequential([
        tf.keras.layers.Dense(128, activation='relu', input_shape=(784,)),
        tf.keras.layers.Dense(10, activation='softmax')
    ])
    return model

def train_model(model, x_train, y_train):
    model.compile(optimizer='adam', loss='sparse_categorical_crossentropy', metrics=['accuracy'])
    model.fit(x_train, y_train, epochs=10, batch_size=32)

def test_model(model, x_test, y_test):
    loss, accuracy = model.evaluate(x_test, y_test)
    print(f'Loss: {loss}, Accuracy: {accuracy}')

(x_train, y_train), (x_test, y_test) = tf.keras.datasets.mnist.load_data()
x_train = x_train / 255.0
x_test = x_test / 255.0
model = build_model()
train_model(model, x_train, y_train)
test_model(model, x_test, y_test)
'''
keras_first, _ = come_of(keras_net, n=100)

# %% [markdown]
# The images are 28 × 28, the network wants rows of 784, and nobody flattened them. Mended, it runs (on 100 digits, the last version on 2 500), and Keras asks for a separate `Input`. Two things no error tells: it has no seed, so no two runs agree, and no data set apart, so whoever tries other settings will choose by the test set.

# %%
keras_rows = mend(mend(keras_net, "x_train = x_train / 255.0", "x_train = x_train.reshape(-1, 784) / 255.0"),
                  "x_test = x_test / 255.0", "x_test = x_test.reshape(-1, 784) / 255.0")
keras_second, _ = come_of(keras_rows, n=100)
keras_net_mended = mend(keras_rows, "tf.keras.layers.Dense(128, activation='relu', input_shape=(784,))",
                        "tf.keras.Input((784,)), tf.keras.layers.Dense(128, activation='relu')")
keras_net_mended = mend(keras_net_mended, "batch_size=32)", "batch_size=32, validation_split=0.1)")
keras_net_mended = mend(keras_net_mended, "model = build_model()", "tf.keras.utils.set_random_seed(0)\nmodel = build_model()")
keras_third, keras_space = come_of(keras_net_mended)

# %% tags=["settles-S0-X1", "settles-C6", "settles-C7", "settles-C8"]
claim("qerrata-keras", "As printed a ValueError; with flattened images a UserWarning; with an Input it runs.",
      [keras_first, keras_second, keras_third], expected=["ValueError", "UserWarning", "runs"])
scores = keras_space["model"].predict(keras_space["x_test"], verbose=0)
claim("qerrata-keras-reads", "Repaired, it reads at least 85 % of 2 000 unseen digits.", np.mean(scores.argmax(1) == keras_space["y_test"]), at_least=0.85)

# %% [markdown]
# With more digits and more care the same network reaches 95 % in [Training a deep network](../02_backprop/05_training_deep_networks.ipynb).
#
# ### Check yourself · Updates
#
# The repaired program trained on 2 500 digits for 10 epochs. How many updates did it make?

# %%
answer = None
exercise("qerrata-updates", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# A tenth is kept for validation, which leaves 2 250 digits, 71 batches of 32 (the last of 10), and 710 updates in ten epochs.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("qerrata-updates", 10 * math.ceil(2500 * 0.9 / 32))

# %% [markdown]
# ## S0-X2 · The same in PyTorch
#
# Section 5.2 of the same article, the same network, so the same promise. Its last line announces a test. It has two errors that raise and three that do not.

# %%
torch_net = '''
import torch
import torch.nn as nn
import torch.optim as optim

class SimpleNet(nn.Module):
    def __init__(self):
        super(SimpleNet, self).__init__()
        self.fc1 = nn.Linear(784, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x):
        x = torch.flatten(x, 1)
        x = torch.relu(self.fc1(x))
        x = self.fc2(x)
        return x
'''

# %%
torch_net += '''
def train_model(model, x_train, y_train):
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.Adam(model.parameters())
    for epoch in range(10):
        optimizer.zero_grad()
        outputs = model(x_train)
        loss = criterion(outputs, y_train)
        loss.backward()
        optimizer.step()

(x_train, y_train), (x_test, y_test) = torchvision.datasets.MNIST(root='./data', train=True, transform=torchvision.transforms.ToTensor(), download=True)
x_train = x_train / 255.0
x_test = x_test / 255.0
model = SimpleNet()
train_model(model, x_train, y_train)
# test the network
'''

# %%
torch_first, _ = come_of(torch_net)
torch_imports = mend(torch_net, "import torch\n", "import torch\nimport torchvision\n")
torch_second, _ = come_of(torch_imports)

# %% [markdown]
# The first is a forgotten import. The second is a habit from Keras: there a call returns four arrays, here it returns *one* split, a sequence of 2 500 pairs (60 000 in the original), and 2 500 pairs do not unpack into two. We ask for both splits and stack the pairs. Now it runs, and says nothing. Is it right?

# %%
torch_loaded = mend(torch_imports, """(x_train, y_train), (x_test, y_test) = torchvision.datasets.MNIST(root='./data', train=True, transform=torchvision.transforms.ToTensor(), download=True)""",
"""splits = [torchvision.datasets.MNIST(root='./data', train=part, transform=torchvision.transforms.ToTensor(), download=True) for part in (True, False)]
(x_train, y_train), (x_test, y_test) = [(torch.stack([x for x, _ in split]), torch.tensor([y for _, y in split])) for split in splits]
torch.manual_seed(0)""")
torch_third, twice = come_of(torch_loaded)
torch_scaled = mend(mend(torch_loaded, "x_train = x_train / 255.0\n", ""), "x_test = x_test / 255.0\n", "")
_, once = come_of(torch_scaled)
torch_net_mended = mend(torch_scaled, """        optimizer.zero_grad()
        outputs = model(x_train)
        loss = criterion(outputs, y_train)
        loss.backward()
        optimizer.step()
""", """        model.train()
        for rows in torch.randperm(len(x_train)).split(64):
            optimizer.zero_grad()
            loss = criterion(model(x_train[rows]), y_train[rows])
            loss.backward()
            optimizer.step()
""")
torch_net_mended = mend(torch_net_mended, "# test the network", """model.eval()
with torch.no_grad():
    accuracy = (model(x_test).argmax(1) == y_test).double().mean().item()
""")
_, in_batches = come_of(torch_net_mended)


# %% tags=["settles-S0-X2", "settles-C1", "settles-C2", "settles-C3", "settles-C4", "settles-C5"]
def share_read(space):
    with torch.no_grad():
        return (space["model"](space["x_test"]).argmax(1) == space["y_test"]).double().mean().item()


claim("qerrata-torch", "As printed a NameError, with the import a ValueError, then it runs.", [torch_first, torch_second, torch_third], expected=["NameError", "ValueError", "runs"])
claim("qerrata-torch-scaled-twice", "Silent: the brightest pixel is 1/255, as `ToTensor` has divided already.", twice["x_train"].max().item() * 255, expected=1.0, tolerance=1e-6)
for name, space in {"scaled twice": twice, "scaled once": once, "in batches": in_batches}.items():
    print(f"{name:13s} {share_read(space):.3f} of 2 000 unseen digits")
claim("qerrata-torch-ten", "Silent: ten updates in all. Scaled once, they read fewer than 83 %; scaled twice, fewer than 50 %.", [0.83 - share_read(once), 0.5 - share_read(twice)], at_least=0.0)
claim("qerrata-torch-untested", "Silent: where the test is announced the printed program ends.", [torch_net.strip().split("\n")[-1], "accuracy" in twice], expected=["# test the network", False])
claim("qerrata-torch-reads", "Repaired, it reads at least 85 %,", in_batches["accuracy"], at_least=0.85)
sizes = [keras_space["model"].count_params(), sum(p.numel() for p in in_batches["model"].parameters())]
claim("qerrata-same-net", "and is the network of the Keras program: 101 770 parameters each.", sizes, expected=[101_770, 101_770])

# %% [markdown]
# One seed each, which is enough to see a gap of this size; three seeds and the way to 95 % are [in chapter 2](../02_backprop/05_training_deep_networks.ipynb).
#
# ## S2-X1 · Gradient descent
#
# The second article. Section 4.1: the promise is the solution of least squares, which `numpy.linalg.lstsq` knows. One call makes one step; there is no loop. **Predict:** what comes back if `theta` is a column?

# %%
descent_source = '''
import numpy as np

def gradient_descent(theta, X, y, learning_rate):
    m = len(y)
    gradients = 2/m * X.T.dot(X.dot(theta) - y)
    theta = theta - learning_rate * gradients
    return theta
'''
rng = np.random.default_rng(0)
X = np.c_[np.ones(200), rng.normal(size=200)]                          # (m, D) = (200, 2)
y = X @ [1.0, 2.0] + 0.1 * rng.normal(size=200)                        # (m,)
best = np.linalg.lstsq(X, y, rcond=None)[0]

# %%
_, after_one = come_of(descent_source, lambda s: s["gradient_descent"](np.zeros(2), X, y, 0.1))
column_y, _ = come_of(descent_source, lambda s: s["gradient_descent"](np.zeros(2), X, y[:, None], 0.1))
column_theta, matrix = come_of(descent_source, lambda s: s["gradient_descent"](np.zeros((2, 1)), X, y, 0.1))

descent_mended = mend(descent_source, "X, y, learning_rate):", """X, y, learning_rate, steps=500):
    if y.shape != (len(X),) or theta.shape != X.shape[1:]:
        raise ValueError(f'X (m, D) wants y (m,) and theta (D,); got {X.shape}, {y.shape}, {theta.shape}')""")
descent_mended = mend(descent_mended, """    gradients = 2/m * X.T.dot(X.dot(theta) - y)
    theta = theta - learning_rate * gradients
""", """    for _ in range(steps):
        gradients = 2/m * X.T.dot(X.dot(theta) - y)
        theta = theta - learning_rate * gradients
""")
refused, _ = come_of(descent_mended, lambda s: s["gradient_descent"](np.zeros((2, 1)), X, y, 0.1))
_, found = come_of(descent_mended, lambda s: s["gradient_descent"](np.zeros(2), X, y, 0.1))

# %% tags=["settles-S2-X1", "settles-C10"]
claim("qerrata-gd-one", "One call leaves more than half of the distance.", np.linalg.norm(after_one - best) / np.linalg.norm(best), at_least=0.5)
claim("qerrata-gd-shapes", "A column y raises; a column theta raises nothing, and two parameters come back as 400.", [column_y, column_theta, matrix.size], expected=["ValueError", "runs", 400])
claim("qerrata-gd-repaired", "Repaired, it refuses the column, and finds the solution of lstsq.", [refused == "ValueError", np.abs(found - best).max() < 1e-10], expected=[True, True])

# %% [markdown]
# The column is [broadcasting](../../book/glossary.md#broadcasting): (200, 1) minus (200,) is no error but a square of 40 000 differences. When to stop, and how long a step may be, is the matter of [Gradient descent](../03_gradient_descent/01_gradient_descent.ipynb).
#
# ### Check yourself · A perfect fit with a loss
#
# Predictions of shape (4, 1) and labels of shape (4,) are both 0, 1, 2, 3: a perfect fit. What does `((predictions - labels) ** 2).mean()` report?

# %%
answer = None
exercise("qerrata-broadcast", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# The mean over all sixteen pairs, which is twice the variance of the labels: $2\cdot 1.25 = 2.5$. Worse, the loss would be least where all predictions are the mean label, so a network that trains on it learns to say one number.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("qerrata-broadcast", float(((np.arange(4.0)[:, None] - np.arange(4.0)) ** 2).mean()))

# %% [markdown]
# ## S2-X2 and S2-X3 · Stochastic, and batch
#
# Sections 4.2 and 4.3. The promise of the first: one sample at a time, drawn by chance, and near the solution after one pass. Of the second, that it is another algorithm than S2-X1. Nothing here raises an error with `theta` as a vector.

# %%
stochastic_source = '''
import numpy as np

def stochastic_gradient_descent(theta, X, y, learning_rate):
    m = len(y)
    for i in range(m):
        gradients = 2/m * X[i].dot(X[i].dot(theta) - y[i])
        theta = theta - learning_rate * gradients
    return theta
'''
batch_source = '''
import numpy as np

def batch_gradient_descent(theta, X, y, learning_rate):
    m = len(y)
    gradients = 2/m * X.T.dot(X.dot(theta) - y)
    theta = theta - learning_rate * gradients
    return theta
'''
start = np.zeros(2)
one_pass = lambda name, theta=start, *more: lambda s: s[name](theta, X, y, 0.05, *more)
_, stochastic = come_of(stochastic_source, one_pass("stochastic_gradient_descent"))
_, batch = come_of(batch_source, one_pass("batch_gradient_descent"))
_, plain = come_of(descent_source, one_pass("gradient_descent"))
column_stochastic, _ = come_of(stochastic_source, one_pass("stochastic_gradient_descent", np.zeros((2, 1))))

# %% tags=["settles-S2-X3", "settles-C9", "settles-C11", "settles-C12", "settles-C13"]
bodies = [[ast.dump(line) for line in ast.parse(source).body[1].body] for source in (descent_source, batch_source)]
claim("qerrata-batch-same", "Batch gradient descent has the body of gradient descent, and its result to the last bit.", [bodies[0] == bodies[1], np.array_equal(batch, plain)], expected=[True, True])
claim("qerrata-sgd-small", "Silent: 200 printed updates come within 6 % of *one* step of gradient descent.", np.linalg.norm(stochastic - plain) / np.linalg.norm(plain), at_most=0.06)
_, again = come_of(stochastic_source, one_pass("stochastic_gradient_descent"))
claim("qerrata-sgd-not-random", "Silent: nothing is drawn; two calls agree to the last bit.", np.array_equal(stochastic, again), expected=True)
claim("qerrata-sgd-column", "A column theta raises a ValueError.", column_stochastic, expected="ValueError")

# %% [markdown]
# The $2/m$ belongs to a mean over $m$ samples. Here each update has one sample, so every step is $m$ times too short. And a loop in the order of the file is at the mercy of that order. One function repairs both programs, with the size of a [batch](../../book/glossary.md#minibatch) as its argument: at 1 it is the stochastic form, at $m$ gradient descent.

# %%
stochastic_mended = mend(stochastic_source, "y, learning_rate):", "y, learning_rate, batch_size, rng):")
stochastic_mended = mend(stochastic_mended, "    for i in range(m):\n", """    order = rng.permutation(m)
    for start in range(0, m, batch_size):
        i = np.sort(order[start:start + batch_size])
""")
stochastic_mended = mend(stochastic_mended, "2/m * X[i].dot(X[i].dot(theta) - y[i])", "2/len(i) * X[i].T.dot(X[i].dot(theta) - y[i])")
left = []
for seed in range(5):
    _, theta = come_of(stochastic_mended, one_pass("stochastic_gradient_descent", start, 1, np.random.default_rng(seed)))
    left.append(np.linalg.norm(theta - best))
_, full = come_of(stochastic_mended, one_pass("stochastic_gradient_descent", start, len(y), np.random.default_rng(0)))

# %% tags=["settles-S2-X2", "settles-S2-X3"]
print(f"left after one pass: printed {np.linalg.norm(stochastic - best):.2f}, repaired {np.mean(left):.3f} ± {np.std(left, ddof=1):.3f}")
claim("qerrata-sgd-repaired", "Repaired, one pass ends within 0.2 of the solution, from each of five seeds; the printed one stays 1.5 away or more.", [0.2 - max(left), np.linalg.norm(stochastic - best) - 1.5], at_least=0.0)
claim("qerrata-sgd-full", "With batches of m it is gradient descent to the last bit.", np.array_equal(full, plain), expected=True)

# %% [markdown]
# [Batch, stochastic, mini-batch](../03_gradient_descent/02_batches.ipynb) takes these two apart at length, with what sorted labels do to a loop in order.
#
# ## S2-X4 · A convolutional network
#
# Section 4.4. The promise: a network that [convolves](../../book/glossary.md#convolution), takes images, and reads at least nine in ten small digits. **Read it first:** where is the convolution?

# %%
cnn_source = '''
import tensorflow as tf

def convolutional_neural_network(X, weights, biases):
    A = tf.add(tf.matmul(X, weights['W1']), biases['b1'])
    A = tf.nn.relu(A)
    A = tf.add(tf.matmul(A, weights['W2']), biases['b2'])
    A = tf.nn.relu(A)
    return A
'''
small = data.digits()
images, image_labels = small.x_train.reshape(-1, 8, 8, 1), small.y_train
apply_cnn = lambda x, weights, biases: lambda s: s["convolutional_neural_network"](tf.constant(x), weights, biases)


def random_arguments(seed, shape_1, shape_2):
    """Return (weights, biases) of two layers, He-scaled, biases zero."""
    rng, shapes = np.random.default_rng(seed), {"1": shape_1, "2": shape_2}
    weights = {f"W{n}": tf.Variable(rng.normal(0, math.sqrt(2 / np.prod(s[:-1])), s).astype(np.float32)) for n, s in shapes.items()}
    return weights, {f"b{n}": tf.Variable(tf.zeros(s[-1])) for n, s in shapes.items()}



# %%
weights, biases = random_arguments(0, (64, 32), (32, 10))
cnn_images, _ = come_of(cnn_source, apply_cnn(images[:4], weights, biases))
cnn_rows, straight = come_of(cnn_source, apply_cnn(small.x_test, weights, biases))
order = np.random.default_rng(1).permutation(64)
_, shuffled = come_of(cnn_source, apply_cnn(small.x_test[:, order], {**weights, "W1": tf.gather(weights["W1"], order)}, biases))
with tf.GradientTape() as tape:
    biases["b2"].assign(tf.fill(10, -100.0))                                  # all ten outputs end below zero
    _, dead = come_of(cnn_source, apply_cnn(small.x_test, weights, biases))
    stuck = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(small.y_test, dead))
slopes = tape.gradient(stuck, [*weights.values(), *biases.values()])

# %% tags=["settles-C14", "settles-C15"]
claim("qerrata-cnn-refuses", "It refuses images, and takes rows.", [cnn_images, cnn_rows], expected=["InvalidArgumentError", "runs"])
claim("qerrata-cnn-shuffled", "Silent: with the pixels and the rows of W1 shuffled alike nothing changes; it knows no neighbours.", np.abs(straight - shuffled).max() / np.abs(straight).max(), at_most=1e-5)
claim("qerrata-cnn-stuck", "Silent: once all ten outputs are below zero, the loss is ln 10 and every gradient exactly zero.", [float(stuck), max(float(np.abs(g).max()) for g in slopes)], expected=[math.log(10), 0.0], tolerance=1e-6)

# %% [markdown]
# It is a [multilayer perceptron](../../book/glossary.md#multilayer-perceptron) with a ReLU where the scores should leave. The repair: the first product becomes a convolution with pooling behind it, the last ReLU goes, and the loss applies its [softmax](../../book/glossary.md#softmax) itself.

# %%
cnn_mended = mend(cnn_source, "tf.add(tf.matmul(X, weights['W1']), biases['b1'])\n    A = tf.nn.relu(A)", """tf.add(tf.nn.conv2d(X, weights['W1'], 1, 'SAME'), biases['b1'])
    A = tf.nn.max_pool2d(tf.nn.relu(A), 2, 2, 'VALID')
    A = tf.reshape(A, [tf.shape(A)[0], -1])""")
cnn_mended = mend(cnn_mended, "biases['b2'])\n    A = tf.nn.relu(A)\n", "biases['b2'])\n")
_, cnn_space = come_of(cnn_mended)


def train_cnn(seed, steps=200):
    """Return the share of unseen 8×8 digits that the repaired function reads after training."""
    (weights, biases), rng = random_arguments(seed, (3, 3, 1, 16), (256, 10)), np.random.default_rng(seed)
    parameters, optimizer = [*weights.values(), *biases.values()], tf.keras.optimizers.Adam(5e-3)

    @tf.function
    def update(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, cnn_space["convolutional_neural_network"](x, weights, biases)))
        optimizer.apply_gradients(zip(tape.gradient(loss, parameters), parameters))

    for _ in range(steps):
        rows = rng.integers(len(images), size=64)
        update(tf.constant(images[rows]), tf.constant(image_labels[rows]))
    scores = cnn_space["convolutional_neural_network"](tf.constant(small.x_test.reshape(-1, 8, 8, 1)), weights, biases)
    return np.mean(scores.numpy().argmax(1) == small.y_test)


# %% tags=["settles-S2-X4"]
cnn_reads = [train_cnn(seed) for seed in range(3)]
print(f"unseen 8×8 digits read: {np.mean(cnn_reads):.3f} ± {np.std(cnn_reads, ddof=1):.3f} over three seeds")
claim("qerrata-cnn-repaired", "Repaired, it takes images and reads at least nine in ten, from each of three seeds.", min(cnn_reads), at_least=0.9)

# %% [markdown]
# The shuffle is explained in [Convolution](../04_cnn/01_convolution.ipynb), the ReLU in [Losses](../02_backprop/02_losses.ipynb), and a larger repair, set against the perceptron, in [the project](../04_cnn/03_digits_project.ipynb).
#
# ## S2-X5 · A recurrent network
#
# Section 4.5. The promise: any number of hidden units, any batch, and with its weights handed over, the answers of `keras.layers.SimpleRNN`.

# %%
rnn_source = '''
import tensorflow as tf

def recurrent_neural_network(X, weights, biases):
    h = tf.zeros([X.shape[0], 1])
    for i in range(X.shape[1]):
        h = tf.sigmoid(tf.add(tf.matmul(tf.concat([h, X[:, i, :]], 1), weights['W1']), biases['b1']))
    return h
'''
rng = np.random.default_rng(2)
normal = lambda *shape: tf.constant(rng.normal(size=shape).astype(np.float32))
sequences = normal(4, 7, 3)                                                    # (B, T, D)
W1, b1 = normal(5 + 3, 5), normal(5)                                           # five units, three inputs
apply_rnn = lambda W, b: lambda s: s["recurrent_neural_network"](sequences, {"W1": W}, {"b1": b})
any_batch = lambda *shape: lambda s: tf.function(s["recurrent_neural_network"]).get_concrete_function(
    tf.TensorSpec([None, 7, 3]), {"W1": tf.TensorSpec(shape)}, {"b1": tf.TensorSpec(shape[1:])})
rnn_five, _ = come_of(rnn_source, apply_rnn(W1, b1))
rnn_one, state = come_of(rnn_source, apply_rnn(20 * W1[4:, :1], b1[:1]))
rnn_compiled, _ = come_of(rnn_source, any_batch(4, 1))


# %%
rnn_units = mend(rnn_source, "tf.zeros([X.shape[0], 1])", "tf.zeros([tf.shape(X)[0], weights['W1'].shape[1]])")
rnn_states = mend(rnn_units, "    for i in", "    states = []\n    for i in")
rnn_states = mend(rnn_states, "tf.sigmoid", "tf.tanh")
rnn_states = mend(rnn_states, "    return h", "        states.append(h)\n    return tf.stack(states, 1)")
_, between = come_of(rnn_units, apply_rnn(W1, b1))
_, states = come_of(rnn_states, apply_rnn(W1, b1))
rnn_compiled_mended, _ = come_of(rnn_states, any_batch(8, 5))

# %% tags=["settles-S2-X5", "settles-C16", "settles-C17", "settles-C18"]
claim("qerrata-rnn", "Five units raise, one unit runs, and compiled for any batch it raises.", [rnn_five, rnn_one, rnn_compiled], expected=["InvalidArgumentError", "runs", "TypeError"])
claim("qerrata-rnn-range", "Silent: even with weights twenty times as large the answer stays between 0 and 1.", [float(tf.reduce_min(state)), 1 - float(tf.reduce_max(state))], at_least=0.0)
claim("qerrata-rnn-lost", "Silent: of seven states, one is returned.", [*between.shape, *states.shape], expected=[4, 5, 4, 7, 5])
reference = tf.keras.layers.SimpleRNN(5, return_sequences=True)
reference.build((None, 7, 3))
reference.set_weights([W1[5:], W1[:5], b1])                                    # the article stacks [h, x]
claim("qerrata-rnn-repaired", "Repaired, its states are those of Keras's SimpleRNN, and it compiles for any batch.", [np.abs(states - reference(sequences)).max() < 1e-5, rnn_compiled_mended], expected=[True, "runs"])

# %% [markdown]
# A dense layer on the states then answers in any range. Why the sigmoid also shrinks the gradient, below $4^{-30}$ after thirty steps, is shown in [Recurrence](../05_rnn/01_recurrence.ipynb).
#
# ### Check yourself · A loss that cannot fall
#
# The printed network, with any weights at all, is to answer 0.5, 2, −1 and 3 for four sequences. Below which mean squared error can it never fall?

# %%
answer = None
exercise("qerrata-floor", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# The answers lie in (0, 1). The nearest to the four targets are 0.5, 1, 0 and 1, so the floor is $(0 + 1 + 1 + 4)/4 = 1.5$. It takes one line to compute such a floor, and it saves a night of training.
#
# </details>

# %% tags=["hide-cell", "solution"]
targets = np.array([0.5, 2, -1, 3])
exercise("qerrata-floor", float(((targets - targets.clip(0, 1)) ** 2).mean()))

# %% [markdown]
# ## S2-X6 · Attention
#
# Section 4.6. The promise: on two, three and four axes the numbers of PyTorch's own `scaled_dot_product_attention`, with a mask and without.

# %%
attention_source = '''
import torch

def attention(Q, K, V):
    attn_outputs = torch.matmul(Q, K.transpose(-2, -1)) / np.sqrt(K.size(-1))
    attn_output = torch.softmax(attn_outputs, dim=2)
    output = torch.matmul(attn_output, V)
    return output
'''
torch.manual_seed(0)
sdpa = torch.nn.functional.scaled_dot_product_attention
triples = {2: torch.randn(3, 5, 4).double(), 3: torch.randn(3, 2, 5, 4).double(), 4: torch.randn(3, 2, 3, 5, 4).double()}   # Q, K, V


def against_torch(source, *mask):
    """Return, by number of axes, the error's name or the largest difference from PyTorch."""
    found = {}
    for n_axes, inputs in triples.items():
        came, out = come_of(source, lambda s, inputs=inputs: s["attention"](*inputs, *mask))
        found[n_axes] = came if out is None else float((out - sdpa(*inputs, *mask)).abs().max())
    return found



# %%
attention_first = against_torch(attention_source)
attention_math = mend(mend(attention_source, "import torch\n", "import math\nimport torch\n"), "np.sqrt", "math.sqrt")
attention_second = against_torch(attention_math)
attention_keys = mend(attention_math, "dim=2", "dim=-1")
attention_mended = mend(attention_keys, "attention(Q, K, V):", "attention(Q, K, V, mask=None):")
attention_mended = mend(attention_mended, "    attn_output =", "    if mask is not None:\n        attn_outputs = attn_outputs.masked_fill(~mask, -torch.inf)\n    attn_output =")
causal = torch.ones(5, 5, dtype=torch.bool).tril()

# %% tags=["settles-S2-X6", "settles-C19", "settles-C20", "settles-C21"]
claim("qerrata-attention-name", "As printed, a NameError on every input.", [*attention_first.values()], expected=["NameError"] * 3)
claim("qerrata-attention-axis", "With the import: an IndexError on two axes, right on three, and silently wrong by over 0.1 on four.", [attention_second[2] == "IndexError", attention_second[3] < 1e-12, attention_second[4] > 0.1], expected=[True] * 3)
Q, K, V = triples[4]
averages = [come_of(source, lambda s: s["attention"](Q, K, torch.ones_like(V)))[1] for source in (attention_math, attention_keys)]
claim("qerrata-attention-ones", "A mean of ones must be one: off by over 0.1 with `dim=2`, exact to rounding with `dim=-1`.", [float((out - 1).abs().max()) > 0.1 for out in averages], expected=[True, False])
_, later = come_of(attention_keys, lambda s: s["attention"](Q, K, V + 10 * (torch.arange(5) == 4)[:, None])[..., 0, :] - s["attention"](Q, K, V)[..., 0, :])
claim("qerrata-attention-sees", "Silent: without a mask a change in the last value moves the first output.", float(later.abs().min()), at_least=0.01)
repaired_gaps = [*against_torch(attention_mended).values(), *against_torch(attention_mended, causal).values()]
claim("qerrata-attention-repaired", "Repaired, it is PyTorch's in all six cases.", max(repaired_gaps), at_most=1e-12)

# %% [markdown]
# (A row in which everything is masked would still be undefined: [Self-attention](../06_attention/02_self_attention.ipynb) repairs that, too.)
#
# Two statements about this program can be settled with it at hand. The article's section 3.7 defines $Q = W_qX$, which makes sense only if the steps are *columns* of $X$, while its program wants them as *rows*. And it calls attention a kind of network, for language. Feed the repaired function with both conventions, and with patches of an image in place of words.

# %% tags=["settles-X20", "settles-F37", "settles-M8"]
_, space = come_of(attention_mended)
rng = np.random.default_rng(3)
steps = torch.tensor(rng.normal(size=(5, 4)))                                  # (T, D), rows
maps = torch.tensor(rng.normal(size=(3, 4, 4)))                                # W_q, W_k, W_v
columns = [W @ steps.T for W in maps]                                          # the formula: each (d_k, T)
rows = [c.T for c in columns]
claim("qerrata-columns", "Fed with the formula's own Q, K and V, the program mixes features, not steps: it differs from attention by more than 0.1.",
      float((space["attention"](*columns).T - sdpa(*rows)).abs().max()), at_least=0.1)
claim("qerrata-columns-weights", "The formula's product has (4, 4) weights, features by features; five steps need (5, 5).", [*(columns[0] @ columns[1].T).shape, *(rows[0] @ rows[1].T).shape], expected=[4, 4, 5, 5])
claim("qerrata-rows", "Transposed, it is attention.", float((space["attention"](*rows) - sdpa(*rows)).abs().max()), at_most=1e-12)
patches = torch.tensor(images[0, :, :, 0]).double().reshape(4, 2, 4, 2).transpose(1, 2).reshape(16, 4)      # 16 patches of 2×2 pixels
claim("qerrata-any-tokens", "The same function, with nothing to learn inside, attends over sixteen patches of a digit.", float((space["attention"](*[patches @ W.T for W in maps]) - sdpa(*[patches @ W.T for W in maps])).abs().max()), at_most=1e-12)

# %% [markdown]
# ### Check yourself · A test for attention
#
# Write `sound(attend)`, which calls `attend(Q, K, V)` on NumPy arrays of shape $(B, H, T, d)$ of your choice and returns whether every output is a weighted mean of the values. It must pass a right function, fail one with the softmax over the queries and one without any softmax, and pass a right one on every call.

# %%
def sound(attend):
    ...


exercise("qerrata-sound", sound)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Ones for values, and random queries and keys: with zeros for these every softmax is uniform, and the wrong axis goes unnoticed as long as there are as many queries as keys.
#
# </details>


# %% tags=["hide-cell", "solution"]
def sound_of_ones(attend):
    rng = np.random.default_rng(0)
    Q, K = rng.normal(size=(2, 2, 3, 5, 4))
    return bool(np.allclose(attend(Q, K, np.ones((2, 3, 5, 4))), 1.0))


exercise("qerrata-sound", sound_of_ones)

# %% [markdown]
# ## What is not code
#
# The programs are the smaller part. What we found in the two articles falls into these kinds. Every one of these errors, with what is the case, a verdict and the cell that settles it, stands in [Errata of the two articles](../../book/errata.md); the references have [a page of their own](09_references.ipynb).
#
# - **Code**: what you saw above.
# - **Mathematics**: a symbol that is never defined or means two things, a formula printed twice under two names, a product whose shapes do not match, a condition left out ("the loss falls": for short steps).
# - **Facts**: by far the most. Who does what ([back-propagation](../../book/glossary.md#backpropagation) computes, the optimiser updates), what a method is for, what it improves on, and by how much.
# - **Names**: abbreviations spelt out by guess.
# - **References**: works with wrong authors, years or pages, and some that we could find nowhere.
# - **Omissions**: what was announced and is not there.
# - **Contradictions**: the two articles against each other, or one against itself.
#
# Much of this a program cannot decide; it takes a library. But some it can, and [What the articles cite](09_references.ipynb) shows how far that goes for references. Here are two other cases.
#
# Unfinished ends a program finds. The last words of both articles:

# %% tags=["settles-O1", "settles-O2"]
last_words = {"first article, answer 38": "FPN 主要应用于物体检测、语义分割、目标识",
              "first article, answer 37": "目标检测、目标识别、人脸检测等任务。",
              "second article, reference 24": "pattern recognition (pp. 776–786). IEEE.",
              "second article, reference 25": "conference on computer vision and pattern recognition (pp."}
unfinished = {name for name, text in last_words.items() if not text.endswith((".", "。")) or text.count("(") != text.count(")")}
claim("qerrata-unfinished", "Answer 38 stops inside a word, and reference 25 inside a bracket; those before them are whole.", sorted(unfinished), expected=["first article, answer 38", "second article, reference 25"])

# %% [markdown]
# (Reference 25 is [Huang et al., 2017](../../book/bibliography.md#huang2017densely), pages 4700–4708; its fourth author is Weinberger, not Krizhevsky, and that no cell can compute.) The missing end of answer 38 is written in [Questions on detection](06_detection.ipynb).
#
# And one name can be settled by arithmetic. The article half translates softmax, "soft max function". But what softens the *maximum* is another function, $\log\sum_j e^{z_j}$: one number, a little above the largest. The softmax is its gradient: three numbers that sum to one, a softened *place* of the maximum.

# %% tags=["settles-N6"]
z = np.array([1.0, 2.0, 4.0])
soft_maximum = lambda z: np.log(np.exp(z).sum())
softmax = np.exp(z) / np.exp(z).sum()
gradcheck(soft_maximum, [z], [softmax])
hot = [np.exp(z / t) / np.exp(z / t).sum() for t in (1.0, 0.01)]
claim("qerrata-soft-maximum", "The soft maximum lies between the maximum, 4, and 4 + ln 3.", soft_maximum(z), at_least=4.0, at_most=4 + math.log(3))
claim("qerrata-soft-place", "Softmax sums to one, and sharpened it marks the place of the maximum: 0, 0, 1.", [softmax.sum(), *hot[1]], expected=[1.0, 0, 0, 1], tolerance=1e-12)

# %% [markdown]
# ## Ten checks
#
# None takes more than a few lines. Together they would have caught all eight programs, and most of the rest.
#
# | | check | would have caught |
# |---|---|---|
# | 1 | Run it, from an empty namespace, to the last line. | S0-X1, S0-X2, S2-X6 |
# | 2 | Print the shape of what comes back, for every shape that may come in: vector, column, batch of one, one axis more. | S2-X1, S2-X2, S2-X5, S2-X6 |
# | 3 | Choose all sizes different, so that no wrong axis fits by chance. | S2-X4, S2-X5, S2-X6 |
# | 4 | Print range, mean and spread of the data right before they enter the network. | S0-X2 |
# | 5 | Count the updates. | S0-X2, S2-X1, S2-X2 |
# | 6 | Solve a case whose answer is known: least squares, values of ones, a target that is in reach. | S2-X1, S2-X2, S2-X6 |
# | 7 | Compare with an independent program, number by number. | S2-X3, S2-X5, S2-X6 |
# | 8 | Break what must matter (the order of pixels, the last value, the seed) and see that something changes; break what must not, and see that nothing does. | S2-X2, S2-X4, S2-X6 |
# | 9 | Compute the best and the worst loss that the network can reach, and its gradient at a bad start. | S2-X4, S2-X5 |
# | 10 | Measure on data it has not seen, against a number written down before, and under a seed. | S0-X1, S0-X2 |
#
# For sentences the same holds as for programs. Ask of each what would be different if it were wrong; if you can compute that, do; if not, look up where it was first said. This book was written with that rule, and will have errors all the same. Its [claims](../../book/claims.md) are there so that you can find them.
#
# ## Sources
#
# [Bottou, Curtis and Nocedal, 2018](../../book/bibliography.md#bottou2018optimization), gradient descent and its stochastic form ·
# [LeCun et al., 1998](../../book/bibliography.md#lecun1998gradient), convolution, pooling, dense, and MNIST ·
# [Elman, 1990](../../book/bibliography.md#elman1990finding), the recurrent network ·
# [Vaswani et al., 2017](../../book/bibliography.md#vaswani2017attention), attention and its mask ·
# [Dosovitskiy et al., 2021](../../book/bibliography.md#dosovitskiy2021image), attention over patches ·
# [Huang et al., 2017](../../book/bibliography.md#huang2017densely), a reference as it should read.
