# %% [markdown]
# # The frameworks
#
# The first article recommends TensorFlow, PyTorch, and Keras on top of two tools that no longer exist; the second writes
# its programs in NumPy. A list tells nobody what to pick up. This section writes one network in five ways, finds where
# they agree to the last digits and where they differ without saying so, sends the weights on a round trip, and ends with
# what can be measured before choosing.
#
# **After this section** you can read a program in any of the four large frameworks, know which defaults to look up
# before comparing two of them, and move weights between them without changing a bit.
# *Reading: 25 minutes. Running: about 40 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import ast
import graphlib
import importlib.metadata
import importlib.util
import io
import itertools
import os
import pickle
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import chainrule as cr
from chainrule import data, nn, optim, plotting
from chainrule.proof import claim, exercise, parity

os.environ.setdefault("KERAS_BACKEND", "tensorflow")      # Keras asks for it once, when it is imported
has_jax = importlib.util.find_spec("jax") is not None

# %% [markdown]
# ## What is installed
#
# A program in a framework means little without the framework's version: defaults change between them. The table is
# read from the packages' own metadata while this page is built.
#
# | name | what it brings | first described by |
# |---|---|---|
# | NumPy | arrays | [Harris et al., 2020](../../book/bibliography.md#harris2020array) |
# | PyTorch | arrays on a GPU, derivatives, layers | [Paszke et al., 2019](../../book/bibliography.md#paszke2019pytorch) |
# | TensorFlow | the same, and graphs | [Abadi et al., 2016](../../book/bibliography.md#abadi2016tensorflow) |
# | Keras | layers and training on top of another framework | [Chollet et al., 2015](../../book/bibliography.md#chollet2015keras) |
# | JAX | NumPy's functions, transformed: derivative, compiled, vectorised | [Bradbury et al., 2018](../../book/bibliography.md#bradbury2018jax) |
# | chainrule | the library of this book, on NumPy alone | its source |

# %% tags=["settles-S0-P7"]
def version_of(*names):
    """Return the version of the first of these distributions that is installed, or None."""
    for name in names:
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            pass


versions = {"numpy": version_of("numpy"), "torch": version_of("torch"),
            "tensorflow": version_of("tensorflow", "tensorflow-cpu"), "keras": version_of("keras"),
            "jax": version_of("jax"), "chainrule": version_of("chainrule")}
for name, version in versions.items():
    print(f"{name:12s}{version or 'not installed: its cells say so and are skipped'}")
major = {name: int(version.split(".")[0]) for name, version in versions.items() if version}
claim("tools-versions", "PyTorch and TensorFlow are of version 2 or later, Keras of version 3 or later.",
      [major["torch"] >= 2, major["tensorflow"] >= 2, major["keras"] >= 3], expected=[True, True, True])

# %% [markdown]
# ## One network, five ways
#
# The network: 64 inputs, two hidden layers of 16 [tanh](../../book/glossary.md#tanh) units, 10
# [logits](../../book/glossary.md#logits). The data: 200 [digits](../04_cnn/03_digits_project.ipynb). The loss: mean
# [cross-entropy](../../book/glossary.md#cross-entropy). All start from the same weights, in double precision.
#
# NumPy comes first, as in every chapter: forward and backward by hand, from
# [Back-propagation by hand](../02_backprop/03_by_hand.ipynb). It is the reference, because nothing in it is hidden.

# %%
x, y = data.digits().train
x, y = x[:200].astype(np.float64), y[:200]
rng = np.random.default_rng(0)
start = []
for n_in, n_out in itertools.pairwise([64, 16, 16, 10]):
    start += [rng.normal(0, n_in**-0.5, (n_in, n_out)), rng.normal(0, 0.1, n_out)]


def digits_by_hand(weights, x, y):
    """Return the logits, the loss and its derivative by each weight: the reference."""
    W1, b1, W2, b2, W3, b3 = weights
    a1 = np.tanh(x @ W1 + b1)                                     # (B, 16)
    a2 = np.tanh(a1 @ W2 + b2)                                    # (B, 16)
    logits = a2 @ W3 + b3                                         # (B, 10)
    e = np.exp(logits - logits.max(1, keepdims=True))
    p = e / e.sum(1, keepdims=True)
    d3 = (p - np.eye(10)[y]) / len(y)
    d2 = d3 @ W3.T * (1 - a2**2)
    d1 = d2 @ W2.T * (1 - a1**2)
    gradients = [x.T @ d1, d1.sum(0), a1.T @ d2, d2.sum(0), a2.T @ d3, d3.sum(0)]
    return logits, -np.log(p[np.arange(len(y)), y]).mean(), gradients

# %% [markdown]
# The library of this book has layers with PyTorch's names. Its layers store a weight as (inputs, outputs), as the formula has it.

# %%
def small_net(dtype):
    """Return the untrained network of this section in the library of this book."""
    lot = np.random.default_rng(0)
    first, second, last = (nn.Linear(m, n, rng=lot, dtype=dtype) for m, n in [(64, 16), (16, 16), (16, 10)])
    return nn.Sequential(first, nn.Tanh(), second, nn.Tanh(), last)


net = small_net(np.float64)
net.load_state_dict(dict(zip(net.state_dict(), start)))
optimizer, criterion, path_ours = optim.SGD(net.parameters(), lr=0.5), nn.CrossEntropyLoss(), []
for _ in range(100):
    loss = criterion(net(cr.Tensor(x)), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    path_ours.append(loss.item())

# %% tags=["fw-numpy"]
weights, path_numpy = [w.copy() for w in start], []
logits_numpy, _, first_numpy = digits_by_hand(weights, x, y)
for _ in range(100):
    _, loss, gradients = digits_by_hand(weights, x, y)
    weights = [w - 0.5 * g for w, g in zip(weights, gradients)]
    path_numpy.append(loss)

# %% tags=["fw-torch"]
import torch

P, x_torch, y_torch = [torch.tensor(w, requires_grad=True) for w in start], torch.tensor(x), torch.tensor(y)
optimizer, path_torch = torch.optim.SGD(P, lr=0.5), []
for step in range(100):
    a = torch.tanh(torch.tanh(x_torch @ P[0] + P[1]) @ P[2] + P[3])
    logits_torch = a @ P[4] + P[5]
    loss = torch.nn.functional.cross_entropy(logits_torch, y_torch)
    optimizer.zero_grad(); loss.backward()
    if step == 0: first_torch = logits_torch.detach(), [p.grad.clone() for p in P]
    path_torch.append(loss.item()); optimizer.step()

# %% tags=["fw-tensorflow"]
import tensorflow as tf

Q, path_tf = [tf.Variable(w) for w in start], []
for step in range(100):
    with tf.GradientTape() as tape:
        a = tf.tanh(tf.tanh(x @ Q[0] + Q[1]) @ Q[2] + Q[3])
        logits_tf = a @ Q[4] + Q[5]
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits_tf))
    slopes = tape.gradient(loss, Q); path_tf.append(float(loss))
    if step == 0: first_tf = logits_tf, slopes
    for q, g in zip(Q, slopes): q.assign_sub(0.5 * g)

# %% tags=["settles-S0-W1", "settles-S0-W2", "settles-S2-W1"]
parity("tools-digits",
       outputs={"numpy": logits_numpy, "torch": first_torch[0], "tensorflow": first_tf[0]},
       gradients={"numpy": first_numpy, "torch": first_torch[1], "tensorflow": first_tf[1]},
       path={"numpy": path_numpy, "torch": path_torch, "tensorflow": path_tf})
claim("tools-ours", "The library of this book walks the reference's path of a hundred losses.",
      np.abs(np.subtract(path_ours, path_numpy)).max(), at_most=1e-10)
claim("tools-falls", "Over those hundred steps the loss falls to a third or less.", path_numpy[-1] / path_numpy[0], at_most=1 / 3)

# %% [markdown]
# JAX has no objects that remember. A model is a function of its weights, `grad` makes a function of the same arguments
# that returns the derivative, `jit` makes one that is compiled. Nothing is updated: new weights are computed from the old.
# Double precision has to be switched on, for the whole process, before the first array; otherwise JAX rounds to single.

# %%
if has_jax:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    def jax_loss(weights, x, y):
        W1, b1, W2, b2, W3, b3 = weights
        logits = jnp.tanh(jnp.tanh(x @ W1 + b1) @ W2 + b2) @ W3 + b3
        return -jax.nn.log_softmax(logits)[jnp.arange(len(y)), y].mean()

    @jax.jit
    def jax_step(weights, x, y):
        loss, slopes = jax.value_and_grad(jax_loss)(weights, x, y)
        return loss, slopes, [w - 0.5 * g for w, g in zip(weights, slopes)]

    new, path_jax, _, first_jax = start, [], *jax_step(start, x, y)[:2]
    for _ in range(100):
        loss, _, new = jax_step(new, x, y)
        path_jax.append(float(loss))
    apart = [max(np.abs(g - h).max() for g, h in zip(first_numpy, first_jax)), np.abs(np.subtract(path_jax, path_numpy)).max()]
    claim("tools-jax", "JAX finds the reference's six gradients and its path of a hundred losses.", apart, at_most=1e-10)
else:
    print("JAX is not installed: skipped")

# %% [markdown]
# Five programs, one set of numbers. So the frameworks do not differ in mathematics; the rest of this section is about what they do differ in.
#
# ## Eager or traced
#
# A framework can run each line as Python reaches it, which is called [eager](../../book/glossary.md#eager-execution) or *define-by-run*: PyTorch, this
# book's library, TensorFlow outside of `tf.function`. Or it can run the Python code once with stand-ins for the arrays,
# write down the operations, and afterwards run what it wrote down, perhaps compiled. That is
# [tracing](../../book/glossary.md#tracing): `tf.function` and `jax.jit`. Python itself is gone from a trace. Whatever is not an operation of the
# framework, such as appending to a list, happens while tracing and never again. So a list can count the traces.
#
# Six calls: three vectors of length 3, one of length 4, and the Python numbers 3.0 and 4.0. **How many traces?**

# %%
def traces_of(compiler):
    """Return how often a compiled doubling was traced during six calls."""
    seen = []

    def double(x):
        seen.append(1)                      # Python, no operation: it happens while tracing only
        return 2 * x

    compiled = compiler(double)
    for value in [np.zeros(3), np.ones(3), np.full(3, 2.0), np.ones(4), 3.0, 4.0]:
        compiled(tf.constant(value) if compiler is tf.function and np.ndim(value) else value)
    return len(seen)


claim("tools-traces", "Run eagerly the function is entered at each of six calls; `tf.function` traces it four times.",
      [traces_of(lambda f: f), traces_of(tf.function)], expected=[6, 4])
if has_jax:
    claim("tools-traces-jax", "`jax.jit` traces it three times.", traces_of(jax.jit), expected=3)

# %% [markdown]
# Each new shape costs a trace in both. A Python number is a constant to `tf.function`, one trace for each value; JAX
# takes it for a scalar array, and one trace serves all. A training loop that hands `tf.function` the step as a Python
# number is traced anew at each step, and slower than without.
#
# > **Misconception.** A compiled function is the same function, only faster.

# %%
switch = {"negate": False}


def signed(x):
    return -x if switch["negate"] else x


compilers = {"eager": lambda f: f, "tf.function": tf.function} | ({"jax.jit": jax.jit} if has_jax else {})
seen = {}
for name, compiler in compilers.items():
    switch["negate"], compiled = False, compiler(signed)
    before = float(compiled(np.float64(1.0)))
    switch["negate"] = True
    seen[name] = [before, float(compiled(np.float64(1.0)))]
    print(f"{name:12s} switch off {before:+.0f}   switch on {seen[name][1]:+.0f}")
claim("tools-frozen", "After the switch is turned the eager function changes its sign and the traced ones do not.",
      [pair[1] for pair in seen.values()], expected=[-1.0, 1.0, 1.0][: len(seen)])

# %% [markdown]
# The switch was read while tracing, and the trace keeps what it read. The same happens to `np.random` in a traced
# function, which draws once, and to a `print`. An `if` on an *array* is another matter: while tracing it has no value. `tf.function` reads the
# source and rewrites such an `if` into an operation; with that turned off, and in JAX, it is refused.

# %%
def magnitude(x):
    if x > 0:
        return x
    return -x


def outcome_of(function):
    """Return the two magnitudes, or the name of the error."""
    try:
        return [float(function(v)) for v in (tf.constant(2.0), tf.constant(-2.0))]
    except TypeError as error:
        return type(error).__name__


found = {"eager": outcome_of(magnitude), "rewritten": outcome_of(tf.function(magnitude)),
         "not rewritten": outcome_of(tf.function(magnitude, autograph=False))}
if has_jax:
    found["jax.jit"] = outcome_of(lambda v: jax.jit(magnitude)(v.numpy()))
for name, result in found.items():
    print(f"{name:15s}{result}")
claim("tools-branch", "Eager and rewritten give 2 twice; without rewriting, the branch is refused.",
      [found["eager"], found["rewritten"]], expected=[[2.0, 2.0], [2.0, 2.0]])
claim("tools-branch-refused", "What is traced as it stands cannot branch on an array.",
      [isinstance(result, str) for result in list(found.values())[2:]], expected=[True] * (len(found) - 2))

# %% [markdown]
# ## In place
#
# The backward pass needs values of the forward pass. What if one of them is overwritten? NumPy has no idea that anyone
# needs it. TensorFlow and JAX have arrays that cannot be changed at all. PyTorch counts the changes and refuses at the backward
# pass. This book's tensors refuse the assignment. But both have a back door, `.data`, and nobody watches it.

# %%
def through(attempt):
    """Return what happened: the gradient, or the error."""
    try:
        return attempt()
    except (RuntimeError, TypeError) as error:
        return type(error).__name__


def overwrite_torch(open_door):
    w = torch.tensor(1.0, requires_grad=True)
    e = torch.exp(w)
    (e.data if open_door else e).mul_(3.0)
    e.backward()
    return w.grad.item()


def overwrite_ours(open_door):
    w = cr.Tensor(np.ones(1), requires_grad=True)
    e = w.exp()
    (e.data if open_door else e)[0] = 9.0
    e.sum().backward()
    return w.grad.item()


# %%
def overwrite(array):
    array[0] = 9.0


front = [through(lambda f=f: f(False)) for f in (overwrite_torch, overwrite_ours)]
front += [through(lambda a=a: overwrite(a)) for a in [tf.ones(2), *([jnp.ones(2)] if has_jax else [])]]
back = [through(lambda f=f: f(True)) for f in (overwrite_torch, overwrite_ours)]
print("by assignment:", *front)
print(f"by .data: {back[0]:.3f} and {back[1]:.3f} in place of {np.e:.3f}")
claim("tools-in-place", "By the front door all of them refuse.", [isinstance(f, str) for f in front], expected=[True] * len(front))
claim("tools-back-door", "By `.data` both PyTorch and our library return a gradient, three times e and 9, where e is right.",
      back, expected=[3 * np.e, 9.0], tolerance=1e-5)

# %% [markdown]
# ## Random numbers
#
# > **Misconception.** With the same seed, two frameworks start from the same network.
#
# A seed starts a generator, and each framework has another one. Even NumPy has two.

# %%
torch.manual_seed(0)
tf.random.set_seed(0)
draws = {"NumPy, new": np.random.default_rng(0).normal(size=5), "NumPy, old": np.random.RandomState(0).normal(size=5),
         "PyTorch": torch.randn(5, dtype=torch.float64).numpy(), "TensorFlow": tf.random.normal([5], dtype=tf.float64).numpy()}
again = [np.abs(draws["PyTorch"] - torch.randn(5, dtype=torch.float64).numpy()).max()]
if has_jax:
    draws["JAX"] = np.asarray(jax.random.normal(jax.random.key(0), 5))
    again += [np.abs(draws["JAX"] - np.asarray(jax.random.normal(jax.random.key(0), 5))).max()]
for name, values in draws.items():
    print(f"{name:12s}" + "".join(f"{v:8.3f}" for v in values))
apart = min(np.abs(a - b).max() for a, b in itertools.combinations(draws.values(), 2))
claim("tools-seeds", "Five normal numbers from seed 0: any two generators are over 0.5 apart somewhere.", apart, at_least=0.5)
claim("tools-keys", "PyTorch's hidden state moves on and the next five differ; JAX draws the same five from the same key.",
      [difference == 0 for difference in again], expected=[False, True][: len(again)])

# %% [markdown]
# JAX has no hidden state: a key is an argument, and whoever needs two independent draws splits it first. That is the
# convention of this book too, where a generator is passed in. To compare two frameworks, draw once, with NumPy, and load.
#
# ## Defaults that differ in silence
#
# A layer of 300 inputs and 100 outputs, made with nothing but its sizes. From which distribution do its weights come?

# %% mystnb={"image": {"alt": "Three histograms of the weights of a fresh layer. PyTorch's are uniform between minus and plus 0.058, Keras's uniform between minus and plus 0.122, those of the book's library normal with standard deviation 0.082."}}
import keras

keras.utils.set_random_seed(0)
dense, linear = keras.layers.Dense(100), torch.nn.Linear(300, 100)
dense.build((None, 300))
ours = nn.Linear(300, 100, rng=np.random.default_rng(0))
fresh_weights = {"PyTorch": linear.weight.detach().numpy(), "Keras": dense.kernel.numpy(), "chainrule": ours.weight.data}
fig, axes = plotting.new_figure(1, 3, height=2.2, sharey=True)
for ax, (name, values), shape in zip(axes, fresh_weights.items(), ["narrow", "wide", "normal"]):
    ax.hist(values.ravel(), bins=np.linspace(-0.3, 0.3, 31), density=True, color=plotting.color.BLUE)
    plotting.dress(ax, f"{name}: {shape}", "weight", "density" if name == "PyTorch" else "")
plt.show()
claim("tools-bounds", "PyTorch's weights end at 1/√300, Keras's at √(6/400); ours are normal with deviation √(2/300).",
      [np.abs(fresh_weights["PyTorch"]).max(), np.abs(fresh_weights["Keras"]).max(), fresh_weights["chainrule"].std()],
      expected=[300**-0.5, (6 / 400) ** 0.5, (2 / 300) ** 0.5], tolerance=0.002)
claim("tools-biases", "PyTorch draws its biases too; Keras and we start them at zero.",
      [bool(np.any(b)) for b in (linear.bias.detach().numpy(), dense.bias.numpy(), ours.bias.data)], expected=[True, False, False])

# %% [markdown]
# [Training a deep network](../02_backprop/05_training_deep_networks.ipynb) shows what such a factor of two does over fifty layers. Eight more, read from the objects:

# %%
small_dense, kernel2d = keras.layers.Dense(8), keras.layers.Conv2D(8, 3)
small_dense.build((None, 16))
kernel2d.build((None, 32, 32, 16))
rows = [
    ("Linear 16 to 8, weight", tuple(torch.nn.Linear(16, 8).weight.shape), tuple(small_dense.kernel.shape)),
    ("convolution 16 to 8, kernel", tuple(torch.nn.Conv2d(16, 8, 3).weight.shape), tuple(kernel2d.kernel.shape)),
    ("BatchNorm eps", torch.nn.BatchNorm1d(1).eps, keras.layers.BatchNormalization().epsilon),
    ("BatchNorm momentum", torch.nn.BatchNorm1d(1).momentum, keras.layers.BatchNormalization().momentum),
    ("LayerNorm eps", torch.nn.LayerNorm(1).eps, keras.layers.LayerNormalization().epsilon),
    ("Adam eps", torch.optim.Adam(linear.parameters()).defaults["eps"], keras.optimizers.Adam().epsilon),
    ("RMSprop averages with", torch.optim.RMSprop(linear.parameters()).defaults["alpha"], keras.optimizers.RMSprop().rho),
    ("LeakyReLU slope", torch.nn.LeakyReLU().negative_slope, keras.layers.LeakyReLU().negative_slope),
]
print(f"{'':29s}{'PyTorch':>16s}{'Keras':>18s}")
for name, left, right in rows:
    print(f"{name:29s}{left!s:>16s}{right!s:>18s}")
claim("tools-defaults", "Not one of the eight is the same in PyTorch and Keras.", sum(left == right for _, left, right in rows), expected=0)

# %% [markdown]
# The layouts follow from the data: PyTorch's images are (batch, channels, height, width) and its kernels (out, in, height, width);
# Keras's are (batch, height, width, channels) and (height, width, in, out). The library of this book has PyTorch's order
# for images and Keras's for `Linear`.
#
# Adam's ε does not even stand in the same place, as [Adaptive methods](../03_gradient_descent/04_adaptive_methods.ipynb) shows.
#
# The two momenta are no contradiction. PyTorch's 0.1 is the share of the *new* batch, Keras's 0.99 the share of the *old*
# average: 0.1 against 0.01. One batch with the values 0 and 2 shows it, and that PyTorch averages the unbiased variance.

# %%
column = np.array([[0.0], [2.0]], "f")
norm_torch, norm_keras = torch.nn.BatchNorm1d(1), keras.layers.BatchNormalization()
norm_torch(torch.tensor(column))
norm_keras(column, training=True)
claim("tools-momentum", "After one batch of mean 1 PyTorch's running mean is 0.1 and Keras's 0.01.",
      [norm_torch.running_mean.item(), float(norm_keras.moving_mean[0])], expected=[0.1, 0.01], tolerance=1e-6)
claim("tools-unbiased", "The running variance has moved from 1 towards 2 in PyTorch, towards 1 in Keras.",
      [norm_torch.running_var.item(), float(norm_keras.moving_variance[0])], expected=[1.1, 1.0], tolerance=1e-6)

gelu = {"torch": torch.nn.functional.gelu(torch.tensor(1.0)), "keras.activations": keras.activations.gelu(tf.constant(1.0)),
        "keras.ops": keras.ops.gelu(tf.constant(1.0)), "tf.nn": tf.nn.gelu(tf.constant(1.0))}
if has_jax:
    gelu["jax.nn"] = jax.nn.gelu(1.0)
gelu = {name: round(float(value), 5) for name, value in gelu.items()}
print(gelu)
claim("tools-gelu", "Even within Keras there are two: the layer's GELU is exact, that of `keras.ops` the tanh approximation.",
      [gelu["keras.activations"] - gelu["torch"], gelu["keras.ops"] - gelu["torch"]], expected=[0.0, -0.00015], tolerance=2e-5)

# %% [markdown]
# [GELU](../../book/glossary.md#gelu) is off by $1.5\cdot10^{-4}$, small enough to pass for rounding and large enough to fail a comparison.
#
# > **Misconception.** The cross-entropy of a perfect prediction is zero, in every framework.
#
# PyTorch's takes logits, Keras's takes [probabilities](../../book/glossary.md#softmax) unless told otherwise, and neither can tell which it got.

# %%
perfect = np.eye(10)[y]                                # probability 1 for the right class
torch_loss = torch.nn.CrossEntropyLoss()(torch.tensor(perfect), y_torch).item()
keras_loss = float(keras.losses.SparseCategoricalCrossentropy()(y, perfect))
claim("tools-perfect", "Of perfect probabilities PyTorch's loss is log(e + 9) − 1 = 1.461, Keras's is zero.",
      [torch_loss, keras_loss], expected=[np.log(np.e + 9) - 1, 0.0], tolerance=1e-5)
scores = 4 * perfect - 2                               # logits that rank every digit rightly
as_told, untold = (float(keras.losses.SparseCategoricalCrossentropy(from_logits=flag)(y, scores)) for flag in (True, False))
print(f"the same logits in Keras: {as_told:.3f} when told, {untold:.3f} when not")
claim("tools-from-logits", "Keras, not told that it gets logits, reports another loss without a complaint.",
      abs(as_told - untold), at_least=0.1)

# %% [markdown]
# With ten classes and a softmax in front of PyTorch's loss no training gets below 1.461, and no error says why. In Keras
# the slip goes the other way: negative logits were cut off as if they were probabilities, and the loss looks perfect.
#
# ## Files
#
# What has to be kept of a trained network is its [state dict](../../book/glossary.md#state-dict): names and arrays. We take the hundred-step
# weights in single precision and send them round: our `.npz` file, PyTorch's file, Keras's file, and home. Between us and PyTorch each
# weight matrix is transposed.

# %%
scratch = tempfile.TemporaryDirectory()
folder = Path(scratch.name)
net = small_net(np.float32)
net.load_state_dict({name: w.astype(np.float32) for name, w in zip(net.state_dict(), weights)})
cr.save(folder / "net.npz", net.state_dict())

state = cr.load(folder / "net.npz")                                                  # ours to PyTorch
twin = torch.nn.Sequential(torch.nn.Linear(64, 16), torch.nn.Tanh(), torch.nn.Linear(16, 16), torch.nn.Tanh(), torch.nn.Linear(16, 10))
twin.load_state_dict({name: torch.tensor(np.ascontiguousarray(w.T)) for name, w in state.items()})
torch.save(twin.state_dict(), folder / "net.pt")

layers = [keras.layers.Dense(n, activation=f, kernel_initializer="zeros") for n, f in [(16, "tanh"), (16, "tanh"), (10, None)]]
model = keras.Sequential([keras.Input((64,)), *layers])                              # PyTorch to Keras
model.set_weights([w.numpy().T for w in torch.load(folder / "net.pt", weights_only=True).values()])
model.save(folder / "net.keras")

home = keras.models.load_model(folder / "net.keras").get_weights()                   # Keras to ours
claim("tools-round-trip", "After three files and three frameworks all 1 482 weights have the bits they left with.",
      sum(int((a.view(np.uint32) == b.view(np.uint32)).sum()) for a, b in zip(state.values(), home)), expected=1482)

# %% [markdown]
# What if the transposes are forgotten? For two of the three matrices PyTorch refuses the shape. The middle one is square.

# %%
kept = {name: torch.tensor(w) for name, w in state.items()}
try:
    twin.load_state_dict(kept)
except RuntimeError as error:
    refused = [line.strip().split(":")[0] for line in str(error).splitlines()[1:]]
    print(*refused, sep="\n")
claim("tools-refused", "PyTorch refuses two of the three matrices that were not transposed.", len(refused), expected=2)
inputs = torch.tensor(x, dtype=torch.float32)
right = twin.load_state_dict({name: torch.tensor(np.ascontiguousarray(w.T)) for name, w in state.items()}) and twin(inputs)
twin[2].weight.data = kept["2.weight"]
share = {name: float((out.detach().numpy().argmax(1) == y).mean()) for name, out in [("right", right), ("wrong", twin(inputs))]}
print({name: f"{value:.0%} of the digits" for name, value in share.items()})
claim("tools-square", "The square one is taken as it is; the network that was right on over 90 % of its digits is wrong on most.",
      [share["right"] > 0.9, share["wrong"] < 0.5], expected=[True, True])

# %% [markdown]
# A shape that fits proves little. The test of a conversion is the same output for the same input.
#
# What does a file that should not be trusted do? `torch.save` writes with `pickle`, and a pickle is a program: it may name any
# function for the reader to call. The planted one here calls a function that does no more than set a flag.

# %%
flags = []


def raise_flag():
    flags.append("code from the file has run")
    return torch.zeros(16)


class Disguised:
    """Looks like a bias; whoever unpickles it calls raise_flag."""

    def __reduce__(self):
        return raise_flag, ()


planted_file = io.BytesIO()
torch.save({"0.weight": torch.zeros(16, 64), "0.bias": Disguised()}, planted_file)
print("written, flags:", flags)
planted_file.seek(0)
try:
    torch.load(planted_file)                       # weights_only=True is the default
except pickle.UnpicklingError as error:
    print("by default:", type(error).__name__, "and flags:", flags)
guarded = len(flags)
planted_file.seek(0)
opened = torch.load(planted_file, weights_only=False)
print("trusted:", [*opened], "and flags:", flags)
claim("tools-pickle", "By default PyTorch refuses the file and nothing runs; told to trust it, it has run the code by the time it returns.",
      [guarded, len(flags)], expected=[0, 1])

# %% [markdown]
# The default has been `weights_only=True` since version 2.6; before, loading a file ran whatever the file named. Formats that hold numbers and nothing else need no such
# guard: our `.npz`, which is read with pickle switched off and by checksum, and `safetensors`, eight bytes of length, a header in JSON, and the raw
# numbers.

# %%
def refuses(read, *arguments):
    try:
        read(*arguments)
    except ValueError:
        return True
    return False


np.save(folder / "object.npy", np.array([Disguised()], dtype=object), allow_pickle=True)
whole = (folder / "net.npz").read_bytes()
(folder / "cut.npz").write_bytes(whole[: len(whole) // 2])
(folder / "flipped.npz").write_bytes(whole[:2000] + bytes([whole[2000] ^ 1]) + whole[2001:])
wrong_shape = state | {"0.weight": state["0.weight"].T}
verdict = {"pickled object": refuses(np.load, folder / "object.npy"), "half a file": refuses(cr.load, folder / "cut.npz"),
           "one bit flipped": refuses(cr.load, folder / "flipped.npz"), "wrong shape": refuses(net.load_state_dict, wrong_shape),
           "wrong shape, Keras": refuses(model.set_weights, [w.T for w in home])}
print(*(f"{name}: {'refused' if no else 'taken'}" for name, no in verdict.items()), sep="\n")
claim("tools-bad-files", "All five are refused.", sum(verdict.values()), expected=5)
claim("tools-no-flag", "None of them raised the flag again.", len(flags), expected=1)
if importlib.util.find_spec("safetensors"):
    from safetensors.numpy import load, save

    packed = save(state)
    length = int.from_bytes(packed[:8], "little")
    print(packed[8 : packed.index(b"}") + 1].decode(), "…")
    claim("tools-safetensors", "Behind the header there are four bytes for each of 1 482 numbers, and they come back as they were.",
          [len(packed) - 8 - length, all(np.array_equal(load(packed)[k], w) for k, w in state.items())], expected=[5928, True])

# %% [markdown]
# ## One Keras program on four back ends
#
# The first article says that Keras runs "on TensorFlow, Theano and CNTK".
#
# > **History.** [Keras](../../book/bibliography.md#chollet2015keras) began in 2015 on top of [Theano](../../book/bibliography.md#alrfou2016theano); TensorFlow and
# > [CNTK](../../book/bibliography.md#seide2016cntk) followed. Version 2.3 (2019) was the last with a choice, 2.4 (2020) ran on TensorFlow alone. Theano's makers ended its development in 2017, CNTK's last main release is of 2019.
# > Keras 3 (2023) has a choice again: TensorFlow, JAX, PyTorch, and NumPy for inference.
#
# The choice is made by an environment variable when Keras is imported, so each back end needs a process of its own. The
# program reads the file `net.keras` that was written under TensorFlow, computes the logits and takes three training steps.

# %%
PROGRAM = """
import keras, numpy as np
model = keras.models.load_model(folder + "/net.keras")
batch = np.load(folder + "/batch.npz")
logits = keras.ops.convert_to_numpy(model(batch["x"]))
try:
    model.compile(keras.optimizers.SGD(0.5), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    losses = [float(model.train_on_batch(batch["x"], batch["y"])) for _ in range(3)]
except NotImplementedError as error:
    losses = []
np.savez(folder + "/" + keras.backend.backend() + ".npz", logits=logits, losses=losses)
"""
# Keras looks for scikit-learn and Matplotlib when it starts; without them it starts in half the time
ALONE = "import sys; sys.modules.update(sklearn=None, matplotlib=None); folder = sys.argv[1]\n" + PROGRAM


def run_keras(backend):
    """Run the program in a new process; return its exit code and the last line of its complaint."""
    surroundings = os.environ | {"KERAS_BACKEND": backend, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", ALONE, str(folder)]
    done = subprocess.run(command, env=surroundings, capture_output=True, text=True, timeout=300, check=False)
    return done.returncode, (done.stderr.strip().splitlines() or [""])[-1]


# %% tags=["settles-S0-W3", "settles-SYS-52"]
np.savez(folder / "batch.npz", x=x.astype(np.float32), y=y)
exec(PROGRAM, {"folder": str(folder)})                      # this process: TensorFlow
asked = ["torch", *(["numpy", "jax"] if has_jax else [])]    # the NumPy back end borrows from JAX's
codes = {backend: run_keras(backend)[0] for backend in asked}
reached = {backend: np.load(folder / f"{backend}.npz") for backend in ["tensorflow", *asked]}
reference = net(cr.Tensor(x.astype(np.float32))).data
for backend, found in reached.items():
    print(f"{backend:11s} logits off by {np.abs(found['logits'] - reference).max():.0e}, losses",
          *(f"{v:.4f}" for v in found["losses"]) if len(found["losses"]) else ["none: it cannot train"])
claim("tools-backends", f"Run in a process of its own by {', '.join(asked)}, the program comes to its end.", max(codes.values()), expected=0)
claim("tools-same-logits", "From one file every back end computes our library's logits, to single precision.",
      max(np.abs(found["logits"] - reference).max() for found in reached.values()), at_most=2e-5)
trained = [found["losses"] for found in reached.values() if len(found["losses"])]
claim("tools-only-inference", "All but NumPy train.", len(trained), expected=len(reached) - ("numpy" in reached))
claim("tools-same-training", "The losses of the three steps agree.",
      max(np.abs(losses - trained[0]).max() for losses in trained), at_most=1e-4)

# %% tags=["settles-F30", "settles-S0-W6", "settles-SYS-55"]
code, complaint = run_keras("theano")
print(complaint)
claim("tools-theano", "Asked for Theano, Keras ends with an error that names it.",
      [code != 0, "Unable to import backend" in complaint and "theano" in complaint], expected=[True, True])

# %% [markdown]
# ## The order of this book
#
# A textbook makes a promise that a framework makes as well: what comes first needs nothing that comes later. For the
# library of this book it can be checked. Its parts in the order in which the reader builds them: formulas and their
# derivatives (chapters 1 and 2), automatic differentiation (2), layers and optimisers (2 to 6), whole models (5, 6).

# %%
ORDER = {"1  checking arguments": "checks indexing progress history", "2  formulas, by hand": "ops state",
         "3  automatic differentiation": "autograd tensor tensor_core tensor_functions tensor_methods",
         "4  layers, optimisers, data": "nn optim data text vision serialize", "5  training, whole models": "models train",
         "6  checks of exercises": "exercises", "7  proofs and figures": "proof plotting explore"}
part_of = {unit: number for number, units in enumerate(ORDER.values()) for unit in units.split()}


def imports_of(root):
    """Return {module: modules of the package that it imports}, read from the syntax trees; nothing is run."""
    files = {".".join(p.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): p for p in sorted(root.rglob("*.py"))}
    found = {name: set() for name in files if name != "__init__"}
    for name in found:
        for node in ast.walk(ast.parse(files[name].read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom):
                named = [(f"{node.module}.{alias.name}", node.module) for alias in node.names]
            else:
                named = [(alias.name, "") for alias in node.names] if isinstance(node, ast.Import) else []
            for candidates in named:                          # the module that the name is, or that it is in
                inside = [c.removeprefix("chainrule.") for c in candidates if c.startswith("chainrule.")]
                found[name] |= set([module for module in inside if module in files][:1])
    return found


# %% [markdown]
# An import may point back to an earlier part or stay within its own. And no chain of imports may return to where it began.

# %% tags=["settles-S2-P1"] mystnb={"image": {"alt": "Triangular matrix of imports between the seven parts of the library: every entry lies on the diagonal or below it, none above."}}
def pointing_forward(table):
    """Return the imports (module, imported) whose target belongs to a later part."""
    part = lambda module: part_of[module.split(".")[0]]
    return sorted((m, target) for m, targets in table.items() for target in targets if part(target) > part(m))


def has_cycle(table):
    try:
        graphlib.TopologicalSorter(table).prepare()
    except graphlib.CycleError:
        return True
    return False


table = imports_of(Path(cr.__file__).parent)
crossings = np.zeros((len(ORDER), len(ORDER)), int)
for module, targets in table.items():
    for target in targets:
        crossings[part_of[module.split(".")[0]], part_of[target.split(".")[0]]] += 1
_ = plotting.matrix(crossings, values=True, row_labels=list(ORDER), column_labels=[name[0] for name in ORDER],
                    title="Every import points back, or stays in its part", xlabel="part that is imported")
claim("tools-order", "No module imports from a later part, and no chain of imports is a circle.",
      [len(pointing_forward(table)), has_cycle(table)], expected=[0, False])

# %% [markdown]
# A check that has never failed proves nothing. One forward import, planted in a copy of the table: the matrix product wants a `Tensor`.

# %%
planted_table = table | {"ops.linalg": table["ops.linalg"] | {"tensor"}}
print(pointing_forward(planted_table))
claim("tools-planted", "The planted import is found, as the one that points forward and as a circle.",
      [len(pointing_forward(planted_table)), has_cycle(planted_table)], expected=[1, True])
CHAPTER = {"convolution": 4, "pooling": 4, "recurrent": 5, "recurrent_cells": 5, "embedding": 5, "attention": 6, "transformer": 6}
chapter_of = lambda module: CHAPTER.get(module.removeprefix("nn."), 2)
early = [(m, t) for m in table for t in table[m] if m.startswith("nn.") and t.startswith("nn.") and chapter_of(t) > chapter_of(m)]
print(sorted(early))
claim("tools-inside", "Within the layers two imports point ahead, both from the module of `Sequential`.",
      [len(early), {m for m, _ in early} == {"nn.layers"}], expected=[2, True])

# %% [markdown]
# `Sequential` knows the layers of chapter 4 because it joins a convolution, a ReLU and a pool into one operation when they follow each other. That is a
# shortcut for speed; nothing in chapter 2 needs it. What this check does not show: that the *text* never
# relies on a later page. A link forward, such as "chapter 2 builds it", is a promise, and promises are read by people.
#
# ## Which one
#
# What does one step of gradients cost in each? The same six derivatives for 200 digits, in CPU time, as multiples of
# the program by hand: once with hidden layers of 16 units, once of 256. **Where will the framework's bookkeeping show?**

# %%
def least_cpu_seconds(f, repeats=6):
    """Return the smallest CPU time of a call, after three calls to warm up."""
    times = []
    for _ in range(repeats + 3):
        begin = time.process_time()
        f()
        times.append(time.process_time() - begin)
    return min(times[3:])


def torch_gradients(P):
    a = torch.tanh(torch.tanh(x_torch @ P[0] + P[1]) @ P[2] + P[3])
    return torch.autograd.grad(torch.nn.functional.cross_entropy(a @ P[4] + P[5], y_torch), P)


def tf_gradients(Q, x):
    with tf.GradientTape() as tape:
        a = tf.tanh(tf.tanh(x @ Q[0] + Q[1]) @ Q[2] + Q[3])
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, a @ Q[4] + Q[5]))
    return tape.gradient(loss, Q)


# %% tags=["nbval-ignore-output"]
def costs_of(width):
    """Return the CPU seconds of one step of gradients in each program."""
    lot, sizes = np.random.default_rng(0), [64, width, width, 10]
    W = [w for m, n in itertools.pairwise(sizes) for w in (lot.normal(0, m**-0.5, (m, n)), np.zeros(n))]
    P, Q, x_tf = [torch.tensor(w, requires_grad=True) for w in W], [tf.Variable(w) for w in W], tf.constant(x)
    traced = tf.function(lambda x: tf_gradients(Q, x))
    programs = {"NumPy by hand": lambda: digits_by_hand(W, x, y), "PyTorch": lambda: torch_gradients(P),
                "TensorFlow, eager": lambda: tf_gradients(Q, x_tf), "TensorFlow, traced": lambda: traced(x_tf)}
    if has_jax:
        compiled = jax.jit(jax.grad(jax_loss))
        programs["JAX, compiled"] = lambda: jax.block_until_ready(compiled(W, x, y))
    return {name: least_cpu_seconds(f) for name, f in programs.items()}


small, large = costs_of(16), costs_of(256)
for name in small:
    print(f"{name:20s}{small[name] / small['NumPy by hand']:8.1f}{large[name] / large['NumPy by hand']:8.1f}")
eager = "TensorFlow, eager"
claim("tools-overhead", "With 16 units eager TensorFlow costs at least three times the program by hand.",
      small[eager] / small["NumPy by hand"], at_least=3.0)
claim("tools-tracing-pays", "Traced, the same function costs at most two thirds of that.",
      small["TensorFlow, traced"] / small[eager], at_most=0.67)
claim("tools-amortised", "With 256 units the multiple is less than half of what it was.",
      (large[eager] / large["NumPy by hand"]) / (small[eager] / small["NumPy by hand"]), at_most=0.5)

# %% [markdown]
# Bookkeeping costs the same for a small array as for a large one: it rules at 16 units, and at 256 the matrix products rule,
# which all of them leave to much the same routines.
#
# On a GPU the reference does not run at all. The table holds what this page has measured and what anybody can look up, and no opinion:
#
# | you need | it is there in | seen above |
# |---|---|---|
# | to see every step, with arrays and nothing else | NumPy | the reference |
# | to debug line by line, `if` and loops as in Python | PyTorch, eager TensorFlow, chainrule | the branch that JAX refuses |
# | the derivative of a derivative, one gradient for each example, as functions | JAX (`grad`, `vmap`); PyTorch (`torch.func`) | `grad` of a function |
# | one program for several frameworks | Keras 3 | one file, four back ends |
# | few lines for a standard model | Keras | `train_on_batch` |
# | a trained model in C++ | PyTorch, TensorFlow | the headers, below |
# | random numbers that can be repeated in parallel | JAX | keys |
#
# The first article lists C++ for TensorFlow and Python alone for PyTorch. But PyTorch has a C++ front end: the same tensors, layers and optimisers without Python. Its headers come with the
# Python package.

# %% tags=["settles-S0-W2"]
headers = Path(torch.__file__).parent / "include/torch/csrc/api/include/torch"
there = {name: (headers / name).is_file() for name in ("nn/modules/linear.h", "optim/adam.h", "serialize.h")}
print(there)
claim("tools-cpp", "PyTorch's package brings the C++ headers of `Linear`, of Adam and of loading a file.",
      all(there.values()), expected=True)

# %% [markdown]
# ## Summary
#
# - From the same weights, by-hand NumPy, this book's library, PyTorch, TensorFlow and JAX walk the same hundred steps, to rounding.
# - A traced function keeps what Python did while it was traced. New shapes are traced anew; for `tf.function` new Python numbers as well.
# - Seeds do not carry over. Initialisers, ε, momenta, layouts and what a loss expects differ in silence: look them up, then compare outputs.
# - A state dict travels without losing a bit, and shapes do not guard against a square matrix that was not transposed. A pickle can run code; `weights_only`, `.npz` and `safetensors` do not.
# - Keras 3 runs one program on TensorFlow, PyTorch and JAX, and on NumPy for inference. Theano and CNTK are history.
#
# ## Exercises
#
# ### Exercise 1 · Count the traces
#
# A function under `tf.function` is called with a tensor of shape (2,), a tensor of shape (5,), another tensor of shape (2,), and then with the Python numbers 1.0, 2.0 and 1.0. How
# often is it traced?

# %%
answer = None
exercise("tools-count-traces", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Two shapes, the second of which is met again, and two different Python numbers: four.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("tools-count-traces", 4)

# %% [markdown]
# ### Exercise 2 · Translate a momentum
#
# A Keras program has `BatchNormalization(momentum=0.9)`. Which `momentum` makes PyTorch's running mean the same? And after how many batches is the share of the value that
# it started from below 1 %? Give both numbers.

# %%
answer = None          # for example [0.5, 10]
exercise("tools-translate-momentum", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# PyTorch's is the share of the new batch: $1 - 0.9 = 0.1$. After $n$ batches the start has the share $0.9^n$, and $0.9^{43} = 0.0108$,
# $0.9^{44} = 0.0097$. With the defaults of both it is 44 batches in PyTorch and 459 in Keras.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("tools-translate-momentum", [1 - 0.9, int(np.ceil(np.log(0.01) / np.log(0.9)))])

# %% [markdown]
# ### Exercise 3 · The rows after a flatten
#
# A convolution's output of `C` channels, `H` rows and `W` columns is flattened and goes into a dense layer. PyTorch flattens (C, H, W), Keras (H, W, C). Write
# `keras_rows(weight, C, H, W)`: from PyTorch's weight of shape (out, C·H·W) make Keras's kernel of shape (H·W·C, out). The transpose alone has the right shape and is wrong.

# %%
def keras_rows(weight, C, H, W):
    ...


exercise("tools-flatten", keras_rows)


# %% tags=["hide-cell", "solution"]
def keras_rows_solution(weight, C, H, W):
    return weight.reshape(-1, C, H, W).transpose(2, 3, 1, 0).reshape(H * W * C, -1)


exercise("tools-flatten", keras_rows_solution)

# %% [markdown]
# ### Exercise 4 · Find the circle
#
# Write `on_a_circle(table)`: given a dict from each module to the set of those that it imports, return the set of modules that can reach themselves by
# a chain of imports.

# %%
def on_a_circle(table):
    ...


exercise("tools-circle", on_a_circle)


# %% tags=["hide-cell", "solution"]
def on_a_circle_solution(table):
    reached = {m: set(targets) for m, targets in table.items()}
    for _ in table:                         # paths of growing length
        reached = {m: r.union(*(reached.get(t, set()) for t in r)) for m, r in reached.items()}
    return {m for m, r in reached.items() if m in r}


exercise("tools-circle", on_a_circle_solution)

# %% [markdown]
# ## Sources
#
# [Harris et al., 2020](../../book/bibliography.md#harris2020array), NumPy ·
# [Paszke et al., 2019](../../book/bibliography.md#paszke2019pytorch), PyTorch ·
# [Abadi et al., 2016](../../book/bibliography.md#abadi2016tensorflow), TensorFlow ·
# [Chollet et al., 2015](../../book/bibliography.md#chollet2015keras), Keras; the history of its back ends is that of its release notes, 2.3, 2.4.0 and 3.0.0 ·
# [Bradbury et al., 2018](../../book/bibliography.md#bradbury2018jax), JAX ·
# [The Theano Development Team, 2016](../../book/bibliography.md#alrfou2016theano), and [Seide and Agarwal, 2016](../../book/bibliography.md#seide2016cntk), the two that ended ·
# the documentation of PyTorch's `torch.load`, of TensorFlow's `tf.function` and of JAX's `jax.random`.
