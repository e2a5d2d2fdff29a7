# %% [markdown]
# # Training a deep network
#
# **After this section** you can choose initial weights so that a signal survives fifty layers, say what [batch normalisation](../../book/glossary.md#batch-normalization) and [dropout](../../book/glossary.md#dropout) do
# in training and in use, and repair the two programs from which many readers first learnt [deep learning](../../book/glossary.md#deep-learning).
# *Reading: 25 minutes. Running: about a minute.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import warnings

import numpy as np

from chainrule import Tensor, data, explore, no_grad, nn, optim, plotting, train
from chainrule.nn import functional as F
from chainrule.proof import claim, exercise, gradcheck, parity

# %% [markdown]
# ## The question
#
# Equations that run any depth are one thing, a network of fifty layers that learns is another. The smallest example is a chain of
# single numbers: each layer multiplies by $w$. After fifty of them the signal, and on the way back the gradient, is $w^{50}$.

# %%
w = np.array([0.9, 1.0, 1.1])
claim("deep-scalar", "Fifty factors of 0.9 leave half a percent, fifty of 1.1 make over a hundred.",
      w**50, expected=[0.005154, 1.0, 117.4], tolerance=1e-3, relative=True)

# %% [markdown]
# Only $w=1$ is safe, and there is no room on either side. What plays the part of $w$ in a layer with hundreds of random weights?
#
# ## Variance through one layer
#
# | symbol | meaning |
# |---|---|
# | $n$ | inputs of the layer |
# | $x_j$ | its inputs, with mean square $q = \mathrm E[x^2]$ |
# | $W_{jk}$ | weights, independent, mean 0, variance $\sigma_w^2$ |
# | $z_k = \sum_j x_jW_{jk}$ | pre-activation |
#
# The weights are independent of each other and of the inputs, with mean 0, so the mixed terms of $\mathrm E[z_k^2]$ vanish and $n$ equal ones are left:
#
# $$\mathrm{Var}(z) = n\,\sigma_w^2\,q .$$
#
# *The variance is multiplied by $n\sigma_w^2$.* Then the activation acts: ReLU sets half of a symmetric $z$ to zero and so halves the mean square,
# hence $n\sigma_w^2/2$ a layer. To keep it at one, take
#
# | activation | variance of a weight | name |
# |---|---|---|
# | none, tanh near 0 | $1/n$, or $2/(n_\text{in}+n_\text{out})$ as a compromise with the way back | [Glorot and Bengio, 2010](../../book/bibliography.md#glorot2010understanding) |
# | ReLU | $2/n$ | [He et al., 2015](../../book/bibliography.md#he2015delving) |
#
# **Predict:** with ReLU and the "natural" variance $1/n$, how much is left of the variance after 50 layers?

# %%
def signal(f, gain, rng, width=512, depth=50):
    """Return the variance of the pre-activations of each layer, (depth,), weights N(0, gain²/width)."""
    x, variances = rng.standard_normal((64, width), dtype=np.float32), []
    for _ in range(depth):
        z = gain / width**0.5 * (x @ rng.standard_normal((width, width), dtype=np.float32))
        variances.append(z.var())
        x = f(z)
    return np.array(variances)


relu = lambda z: np.maximum(z, 0)
settings = {"linear, 1/n": (lambda z: z, 1.0), "ReLU, 1/n": (relu, 1.0), "ReLU, 2/n (He)": (relu, 2**0.5),
            "tanh, 1/n": (np.tanh, 1.0)}
runs = {name: np.stack([signal(f, gain, np.random.default_rng(seed)) for seed in range(3)])
        for name, (f, gain) in settings.items()}

# %% mystnb={"image": {"alt": "Variance of the pre-activations against layer on a logarithmic axis, 50 layers. Linear with 1/n and ReLU with 2/n stay near one, tanh with 1/n falls slowly to about a hundredth, ReLU with 1/n falls in a straight line to ten to the minus fifteen."}}
layer = np.arange(1, 51)
_ = plotting.curves({name: (layer, np.exp(np.log(v).mean(0))) for name, v in runs.items()},
                    band={name: (v.min(0), v.max(0)) for name, v in runs.items()},
                    title="A factor of one half a layer is 15 orders of magnitude in fifty",
                    xlabel="layer", ylabel="variance", logy=True)

# %%
last = {name: np.log10(v[:, -1]) for name, v in runs.items()}
for name, v in last.items():
    print(f"{name:16s} 10^({v.mean():.1f} ± {v.std(ddof=1):.1f})")
claim("deep-relu-naive", "After 50 ReLU layers with variance 1/n the variance is that of 49 halvings, 10 to the power -14.75.",
      last["ReLU, 1/n"].mean(), expected=49 * np.log10(0.5), tolerance=0.5)
claim("deep-relu-he", "With He's 2/n the variance stays within a factor of ten of one, on average over the seeds.",
      last["ReLU, 2/n (He)"].mean(), at_least=-1.0, at_most=1.0)
claim("deep-tanh", "tanh with 1/n neither vanishes nor stays: about a hundredth is left.",
      last["tanh, 1/n"].mean(), expected=-2.0, tolerance=0.2)

# %% [markdown]
# The spread is part of the lesson: at width 512 each layer multiplies by a random number near its mean, and fifty random factors
# drift. A narrower network drifts more; choose 32 units in the figure below to see it.
#
# tanh bends the large values down: $\tanh^2z \approx z^2 - \tfrac23z^4$, and for a normal $z$ of variance $q$ its mean is $q - 2q^2$. So the variance falls like $1/(2l)$
# at layer $l$ rather than exponentially: one hundredth at layer 50, as measured.
#
# ## Explore: depth, activation, scale
#
# The *gain* is the scale of the weights, $\sigma_w = \text{gain}/\sqrt n$. Move it until the line is flat. **Try to answer first:** is there a gain at which sigmoid keeps both the signal and the gradient?

# %%
explore.variance_through_depth()

# %% [markdown]
# ## The way back
#
# The gradient goes through the transposed weights and the slopes: $\delta^{l} = (\delta^{l+1}(W^{l+1})^\top)\odot f'(z^l)$. The same
# argument gives a factor $n\,\sigma_w^2\,\mathrm E[f'(z)^2]$ a layer, with $n$ now the units that the gradient comes from. Sigmoid's slope is at most $\tfrac14$, so its factor is at
# most $n\sigma_w^2/16$: its gradients [vanish](../../book/glossary.md#vanishing-gradient) at every gain below 4, which is more than the figure offers. Measured in the engine through 20 layers,
# on the gradient of the biases, which is $\delta$ summed over the batch:

# %%
def gradient_ratio(activation, init, seed, depth=20, width=64):
    """Return the size of δ, summed over the batch, in the first layer over that in the last."""
    rng = np.random.default_rng(seed)
    layers = [nn.Linear(width, width, rng=rng, init=init, dtype=np.float64) for _ in range(depth)]
    a = Tensor(rng.normal(size=(128, width)))
    for linear in layers:
        a = activation(linear(a))
    (a * rng.normal(size=a.shape)).sum().backward()
    return np.linalg.norm(layers[0].bias.grad) / np.linalg.norm(layers[-1].bias.grad)


ratios = {name: np.log10([gradient_ratio(f, init, seed) for seed in range(5)])
          for name, f, init in [("sigmoid, Glorot", F.sigmoid, "glorot"), ("tanh, Glorot", F.tanh, "glorot"),
                                ("ReLU, He", F.relu, "he"), ("ReLU, Glorot", F.relu, "glorot")]}
for name, r in ratios.items():
    print(f"{name:16s} 10^({r.mean():.1f} ± {r.std(ddof=1):.1f})")
claim("deep-sigmoid-vanishes", "Through 20 sigmoid layers the gradient shrinks by more than nine orders of magnitude.",
      ratios["sigmoid, Glorot"].mean(), at_most=-9.0)
claim("deep-relu-keeps", "Through 20 ReLU layers with He's scale it stays within one order.",
      ratios["ReLU, He"].mean(), at_least=-1.0, at_most=1.0)

# %% [markdown]
# ## Random, not zero
#
# Why random at all? If two hidden units start with equal weights, they compute equal values, receive equal gradients, and stay
# equal for ever: a hundred of them are one. Only chance [breaks the symmetry](../../book/glossary.md#symmetry-breaking).

# %% tags=["settles-S2-C8"]
digits = data.digits()


def train_from(start, steps=200):
    """Train 64-16-10 on digits with the hidden weights started by `start`; return them."""
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Linear(64, 16, rng=rng, init=start), nn.Tanh(), nn.Linear(16, 10, rng=rng, init=start))
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    for _ in range(steps):
        loss = F.cross_entropy(model(Tensor(digits.x_train)), digits.y_train)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model[0].weight.data, loss.item()


constant = lambda shape, rng, dtype: np.full(shape, 0.1, dtype)
for name, start in [("constant", constant), ("glorot", "glorot")]:
    W, loss = train_from(start)
    distinct = len(np.unique(W.round(6), axis=1).T)
    print(f"{name:9s} {distinct:2d} distinct hidden units of 16, loss {loss:.2f}")
    statement = {"constant": "After training from equal weights the 16 hidden units are still one and the same.",
                 "glorot": "After training from Glorot's random weights all 16 hidden units differ."}[name]
    claim(f"deep-symmetry-{name}", statement, distinct, expected={"constant": 1, "glorot": 16}[name])

# %% [markdown]
# ## Batch normalisation
#
# Choosing the scale well helps on the first step. [Ioffe and Szegedy, 2015](../../book/bibliography.md#ioffe2015batch), re-establish it on every
# step: each unit's pre-activations are centred and scaled over the batch, then a learnt scale $\gamma$ and shift $\beta$ are applied.
#
# $$\hat z_{ik} = \frac{z_{ik} - \mu_k}{\sqrt{v_k + \varepsilon}}, \qquad y_{ik} = \gamma_k\hat z_{ik} + \beta_k,
#   \qquad \mu_k, v_k \text{ over the samples } i \text{ of the batch.}$$
#
# In use there may be no batch, only one sample. So training also keeps running averages of $\mu$ and $v$, and evaluation uses these. The same
# layer is two different functions: forgetting `eval()` is its best-known trap.

# %% tags=["settles-SYS-34"]
rng = np.random.default_rng(3)
batch = 5 + 3 * rng.normal(size=(256, 4))
norm = nn.BatchNorm1d(4)
out = norm(Tensor(batch, dtype=np.float32)).data
claim("deep-bn-train", "In training every unit leaves with mean 0 and variance 1.",
      [np.abs(out.mean(0)).max(), np.abs(out.var(0) - 1).max()], at_most=1e-4)
for _ in range(100):
    norm(Tensor(5 + 3 * rng.normal(size=(256, 4)), dtype=np.float32))
norm.eval()
single = norm(Tensor([[5.0, 5.0, 8.0, 2.0]], dtype=np.float32)).data
claim("deep-bn-eval", "In evaluation a single sample is judged by the running mean near 5 and deviation near 3.",
      single.ravel(), expected=[0.0, 0.0, 1.0, -1.0], tolerance=0.1)
gradcheck(lambda x, g, b: F.batch_norm(x, None, None, g, b, training=True),
          [rng.normal(size=(6, 3)), rng.normal(size=3), rng.normal(size=3)])

# %% [markdown]
# > **Misconception.** Batch normalisation normalises the input data of the network.
#
# Both articles that this book began with say so. Normalising the inputs once is preprocessing. Batch normalisation stands *between* layers, acts on activations that change at
# every step, and learns $\gamma$ and $\beta$. One consequence could not hold for preprocessing: the scale of the weights before it stops mattering.

# %% tags=["settles-F11", "settles-S0-Q10"]
x, target = Tensor(rng.normal(size=(64, 8))), rng.normal(size=(64, 4))
gamma, beta = Tensor(np.ones(4)), Tensor(np.zeros(4))


def normalised_loss(weight):
    z = F.batch_norm(x @ weight, None, None, gamma, beta, training=True, eps=1e-12)
    return ((z - target) ** 2).mean()


W = rng.normal(size=(8, 4))
small, large = Tensor(W, requires_grad=True), Tensor(10 * W, requires_grad=True)
losses = [normalised_loss(small), normalised_loss(large)]
for loss in losses:
    loss.backward()
claim("deep-bn-scale", "Weights ten times as large give the same loss.", abs(losses[0].item() - losses[1].item()), at_most=1e-9)
claim("deep-bn-gradient", "Their gradient is ten times smaller.",
      np.linalg.norm(small.grad) / np.linalg.norm(large.grad), expected=10.0, tolerance=1e-4)
claim("deep-bn-orthogonal", "The gradient is at right angles to the weights.", abs((small.grad * W).sum()), at_most=1e-9)

# %% [markdown]
# ## Dropout
#
# [Srivastava et al., 2014](../../book/bibliography.md#srivastava2014dropout), zero each activation with probability $p$ while training and divide the
# rest by $1-p$. The next layer's expected input is unchanged, so in evaluation dropout is the identity.

# %% tags=["settles-S0-Q9", "settles-SYS-33"]
x = rng.uniform(0.5, 1.5, size=20)
layer = nn.Dropout(0.3, rng=np.random.default_rng(0))
many = np.stack([layer(Tensor(x)).data for _ in range(20_000)])
claim("deep-dropout-mean", "Averaged over 20 000 masks the output is the input, within four standard errors.",
      np.abs(many.mean(0) - x).max() / (x.max() * (0.3 / 0.7 / 20_000) ** 0.5), at_most=4.0)
claim("deep-dropout-share", "Three in ten activations are zero.", (many == 0).mean(), expected=0.3, tolerance=0.005)
layer.eval()
claim("deep-dropout-eval", "In evaluation nothing is dropped.", np.abs(layer(Tensor(x)).data - x).max(), expected=0.0)

# %% [markdown]
# > **Misconception.** Dropout reduces the complexity of the model: it removes neurons.
#
# The trained network has every parameter it had. Dropout is [regularisation](../../book/glossary.md#regularization): it changes training so that no unit can rely on another.

# %% tags=["settles-F7", "settles-X12"]
counts = []
for p in (0.0, 0.5, 0.9):
    rng_p = np.random.default_rng(0)
    counts.append(nn.Sequential(nn.Linear(64, 32, rng=rng_p), nn.Dropout(p, rng=rng_p), nn.Linear(32, 10, rng=rng_p)).n_parameters())
claim("deep-dropout-parameters", "With dropout of 0, 0.5 and 0.9 the network has the same 2 410 parameters.",
      counts, expected=[2410, 2410, 2410])

# %% [markdown]
# ## Two programs, as printed
#
# The first of the two articles that this book began with teaches with two programs: a network 784-128-10 on MNIST in Keras, and the same in PyTorch. Readers copy them. Here are their lines,
# run as printed on the 10 000 digits that come with this book, each failure caught and shown.

# %%
import keras
import tensorflow as tf
import torch

mnist = data.mnist()
images = mnist.x_train.reshape(-1, 28, 28)
dataset = torch.utils.data.TensorDataset(torch.tensor(images[:100]), torch.tensor(mnist.y_train[:100]))


def as_printed(what, run):
    """Run a line of the article; return what came of it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            run()
        except Exception as error:
            return f"{what}: {type(error).__name__}, {str(error).splitlines()[0][:75]}"
    return f"{what}: warns, {str(caught[0].message)[:50]}" if caught else f"{what}: runs"


# %% tags=["settles-C1", "settles-C2", "settles-C6", "settles-C7"]
def unpack():
    (x_train, y_train), (x_test, y_test) = dataset        # what torchvision's MNIST is: a set of pairs


dense = lambda **options: keras.layers.Dense(128, activation="relu", **options)
outcomes = [
    as_printed("torchvision without its import", lambda: eval("torchvision.datasets.MNIST")),
    as_printed("a data set unpacked as two pairs", unpack),
    as_printed("images where rows were declared", lambda: keras.Sequential([keras.Input((784,)), dense()])(images[:2])),
    as_printed("Dense(input_shape=...)", lambda: keras.Sequential([dense(input_shape=(784,))])),
]
print("\n".join(outcomes))
claim("deep-as-printed", "Of these four lines three raise and one warns.",
      [sum("Error" in o for o in outcomes), sum("warns" in o for o in outcomes)], expected=[3, 1])

# %% [markdown]
# Past those, the PyTorch program has two errors that raise nothing, which is worse. It divides by 255 what `ToTensor` has divided already, and its training loop
# makes *ten* updates in all, each on the whole data set, where ten epochs of mini-batches were meant. And where its last comment announces a test, nothing follows.

# %% tags=["settles-C3", "settles-C4", "settles-C5"]
X_train, Y_train = torch.tensor(mnist.x_train), torch.tensor(mnist.y_train)
X_test, Y_test = torch.tensor(mnist.x_test), torch.tensor(mnist.y_test)


def article_net(seed):
    torch.manual_seed(seed)
    return torch.nn.Sequential(torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10))


def ten_updates(seed, divisor):
    net, X = article_net(seed), X_train / divisor
    optimizer = torch.optim.Adam(net.parameters())
    for _ in range(10):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(X), Y_train).backward()
        optimizer.step()
    with torch.no_grad():
        return (net(X_test / divisor).argmax(1) == Y_test).double().mean().item()


torch.set_num_threads(1)
twice, once = ([ten_updates(seed, divisor) for seed in range(3)] for divisor in (255, 1))
print(f"scaled twice {np.mean(twice):.3f} ± {np.std(twice, ddof=1):.3f}   scaled once {np.mean(once):.3f} ± {np.std(once, ddof=1):.3f}")
claim("deep-scaled-twice", "Scaled twice, the printed loop hardly beats guessing: below 25 % on average.", np.mean(twice), at_most=0.25)
claim("deep-ten-updates", "Scaled once, ten updates reach between 60 % and 85 %: undertrained.", np.mean(once), at_least=0.6, at_most=0.85)

# %% [markdown]
# ## The same programs, corrected
#
# One network, three frameworks, the same initial weights, in each framework's own idiom. First in float64, 100 steps of Adam on the same mini-batches, to prove that it is one
# model. Two conventions differ. Keras adds Adam's ε before the bias correction, PyTorch and we after it, so here it is made negligible. And Keras passes the
# constants through float32 even for float64 weights, which rounds $\beta_2 = 0.999$ and so puts $1-\beta_2$ off by one part in a hundred thousand, an error
# that 100 steps carry along. So the constants here are sums of few powers of two, which float32 holds exactly.

# %%
order = np.random.default_rng(5).permutation(8000)[:6400].reshape(100, 64)         # 100 mini-batches
xs, ys = mnist.x_train.astype(np.float64), mnist.y_train
reference = nn.Sequential(nn.Linear(784, 128, rng=np.random.default_rng(1), dtype=np.float64), nn.ReLU(),
                          nn.Linear(128, 10, rng=np.random.default_rng(2), dtype=np.float64))
start = {name: p.data.copy() for name, p in reference.named_parameters()}
constants = {"lr": 2**-10, "betas": (1 - 2**-3, 1 - 2**-10), "eps": 1e-12}
rounded = float(keras.ops.cast(0.999, "float64"))
claim("deep-keras-constants", "Cast to float64 by Keras, 0.999 is off by more than a billionth.", abs(rounded - 0.999), at_least=1e-9)
print(reference)

# %% tags=["fw-numpy"]
optimizer, path_numpy = optim.Adam(reference.parameters(), **constants), []
for rows in order:
    logits = reference(Tensor(xs[rows]))
    loss = F.cross_entropy(logits, ys[rows])
    optimizer.zero_grad()
    loss.backward()
    if not path_numpy:
        first_numpy = logits.data, [p.grad.copy() for p in reference.parameters()]
    optimizer.step()
    path_numpy.append(loss.item())

# %% tags=["fw-torch"]
net = article_net(0).double()
for p, value in zip(net.parameters(), start.values()):
    p.data = torch.tensor(value.T if value.ndim == 2 else value)      # Linear stores (out, in)
adam, path_torch = torch.optim.Adam(net.parameters(), **constants), []
for rows in order:
    logits_t = net(torch.tensor(xs[rows]))
    loss_t = torch.nn.functional.cross_entropy(logits_t, torch.tensor(ys[rows]))
    adam.zero_grad(); loss_t.backward()
    if not path_torch:
        first_torch = logits_t.detach(), [p.grad.t().clone() for p in net.parameters()]
    adam.step(); path_torch.append(loss_t.item())

# %% tags=["fw-tensorflow"]
layers = keras.layers.Dense(128, activation="relu", dtype="float64"), keras.layers.Dense(10, dtype="float64")
k_net = keras.Sequential([keras.Input((784,), dtype="float64"), *layers])
k_net.set_weights(list(start.values()))
k_adam, path_tf = keras.optimizers.Adam(constants["lr"], *constants["betas"], epsilon=1e-12), []
for rows in order:
    with tf.GradientTape() as tape:
        logits_k = k_net(tf.constant(xs[rows]))
        loss_k = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(ys[rows], logits_k))
    grads_k = tape.gradient(loss_k, k_net.trainable_variables)
    if not path_tf: first_tf = logits_k, grads_k
    k_adam.apply_gradients(zip(grads_k, k_net.trainable_variables)); path_tf.append(float(loss_k))

# %% tags=["settles-SYS-50", "settles-SYS-51"]
parity("deep-mnist",
       outputs={"numpy": first_numpy[0], "torch": first_torch[0], "tensorflow": first_tf[0]},
       gradients={"numpy": first_numpy[1], "torch": first_torch[1], "tensorflow": first_tf[1]},
       path={"numpy": path_numpy, "torch": path_torch, "tensorflow": path_tf})

# %% [markdown]
# Now the programs themselves: float32, shuffled mini-batches, dropout against [overfitting](../../book/glossary.md#overfitting), a [test set](../../book/glossary.md#test-set) that training never sees. Each is written as its framework's users would.

# %% tags=["fw-numpy"]
def fit_numpy(seed, epochs=10):
    rng = np.random.default_rng(seed)
    model = nn.Sequential(nn.Linear(784, 128, rng=rng), nn.ReLU(), nn.Dropout(0.3, rng=rng), nn.Linear(128, 10, rng=rng))
    train.fit(model, mnist.train, loss=nn.CrossEntropyLoss(), optimizer=optim.Adam(model.parameters(), lr=3e-3),
              epochs=epochs, batch_size=64, rng=rng, progress=False)
    return model


ours = [fit_numpy(seed) for seed in range(3)]
accuracy_numpy = [train.accuracy(model, mnist.test) for model in ours]

# %% tags=["fw-torch"]
def fit_torch(seed, epochs=10):
    torch.manual_seed(seed)
    net = torch.nn.Sequential(torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Dropout(0.3), torch.nn.Linear(128, 10))
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X_train, Y_train), 64, shuffle=True)
    adam = torch.optim.Adam(net.parameters(), lr=3e-3)
    for _ in range(epochs):
        for x, y in loader:
            adam.zero_grad(); torch.nn.functional.cross_entropy(net(x), y).backward(); adam.step()
    with torch.no_grad():
        return (net.eval()(X_test).argmax(1) == Y_test).double().mean().item()
accuracy_torch = [fit_torch(0)]

# %% tags=["fw-tensorflow"]
def fit_keras(seed, epochs=10):
    keras.utils.set_random_seed(seed)
    net = keras.Sequential([keras.Input((784,)), keras.layers.Dense(128, activation="relu"),
                            keras.layers.Dropout(0.3), keras.layers.Dense(10)])
    net.compile(optimizer=keras.optimizers.Adam(3e-3), metrics=["accuracy"],
                loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    net.fit(mnist.x_train, mnist.y_train, epochs=epochs, batch_size=64, verbose=0)
    return net.evaluate(mnist.x_test, mnist.y_test, verbose=0)[1]


accuracy_keras = [fit_keras(0)]

# %% tags=["settles-S0-X1", "settles-S0-X2", "settles-S0-P5", "settles-C8", "settles-S0-W7", "settles-SYS-56"]
for name, runs_of in [("ours", accuracy_numpy), ("PyTorch", accuracy_torch), ("Keras", accuracy_keras)]:
    print(f"{name:8s} {np.mean(runs_of):.3f}" + (f" ± {np.std(runs_of, ddof=1):.3f} over {len(runs_of)} seeds" if len(runs_of) > 1 else ""))
claim("deep-mnist-ours", "Our library classifies at least 95 % of 2 000 unseen digits, averaged over three seeds.",
      np.mean(accuracy_numpy), at_least=0.95)
claim("deep-mnist-torch", "The corrected PyTorch program classifies at least 95 %.", accuracy_torch[0], at_least=0.95)
claim("deep-mnist-keras", "The corrected Keras program classifies at least 95 %.", accuracy_keras[0], at_least=0.95)

# %% [markdown]
# What has the hidden layer learnt? If it has made the classes easier to separate, a *linear* classifier trained on its outputs does better than one on the pixels.

# %% tags=["settles-S0-C7"]
def linear_probe(features_train, features_test):
    """Return the test accuracy of softmax regression on fixed features."""
    rng = np.random.default_rng(0)
    probe = nn.Linear(features_train.shape[1], 10, rng=rng)
    train.fit(probe, (features_train, mnist.y_train), loss=nn.CrossEntropyLoss(), optimizer=optim.Adam(probe.parameters(), lr=2e-3),
              epochs=10, batch_size=64, rng=rng, progress=False)
    return train.accuracy(probe, (features_test, mnist.y_test))


with no_grad():
    hidden = [F.relu(ours[0][0](Tensor(x))).data for x in (mnist.x_train, mnist.x_test)]
on_pixels, on_hidden = linear_probe(mnist.x_train, mnist.x_test), linear_probe(*hidden)
print(f"linear classifier on the pixels {on_pixels:.3f}, on the hidden layer {on_hidden:.3f}")
claim("deep-probe", "A linear classifier does better on the hidden layer than on the pixels, by at least three points.",
      on_hidden - on_pixels, at_least=0.03)

# %% mystnb={"image": {"alt": "Twenty handwritten digits that the network misreads, each titled with the true class and the predicted one; some are ambiguous to a human, too, and many are not."}}
model = ours[0].eval()
with no_grad():
    predicted = model(Tensor(mnist.x_test)).data.argmax(1)
wrong = np.flatnonzero(predicted != mnist.y_test)[:20]
_ = plotting.images(mnist.x_test[wrong], n_columns=10, title="What it gets wrong: true class, then prediction",
                    titles=[f"{mnist.y_test[i]} → {predicted[i]}" for i in wrong])

# %% [markdown]
# ## How deep can a plain network be?
#
# Two functions for the last experiment: one stacks layers with nothing but an activation, and perhaps batch normalisation, between them; the other trains for 150 steps.

# %%
def deep_net(depth, gain, use_norm, rng, width=32):
    """Return a plain ReLU network 64-width-...-width-10."""
    layers, fan_in = [], 64
    for _ in range(depth):
        linear = nn.Linear(fan_in, width, rng=rng, init=lambda s, r, d: nn.init.he_normal(s, r, d, gain=gain))
        layers += [linear, *([nn.BatchNorm1d(width)] if use_norm else []), nn.ReLU()]
        fan_in = width
    return nn.Sequential(*layers, nn.Linear(width, 10, rng=rng))


def train_deep(depth, gain, use_norm, seed):
    """Return the accuracy on the training set after 150 steps."""
    rng = np.random.default_rng(seed)
    model = deep_net(depth, gain, use_norm, rng)
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(150):
        rows = rng.integers(0, len(digits.x_train), 128)
        optimizer.zero_grad()
        F.cross_entropy(model(Tensor(digits.x_train[rows])), digits.y_train[rows]).backward()
        optimizer.step()
    return train.accuracy(model, digits.train)


# %% [markdown]
# > **Misconception.** Batch normalisation makes any depth trainable, whatever the start.
#
# So we believed when we planned this cell; the run refuted it. Ten and thirty plain ReLU layers on the digits, same optimiser, 150 steps: a start with variance $1/n$, He's start, and the
# first one with batch normalisation.

# %%
starts = {"1/n": (1.0, False), "He": (2**0.5, False), "1/n, batch norm": (1.0, True)}
results = {(depth, name): [train_deep(depth, *start, seed) for seed in range(3)]
           for depth in (10, 30) for name, start in starts.items()}
for (depth, name), a in results.items():
    print(f"{depth} layers, {name:16s} {np.mean(a):.2f} ± {np.std(a, ddof=1):.2f}")
mean = {key: np.mean(a) for key, a in results.items()}
claim("deep-start-ten", "Through 10 layers every start learns: the worst of the three is right on more than 75 %.",
      min(mean[10, n] for n in starts), at_least=0.75)
claim("deep-start-thirty", "Through 30 layers He's start is at least fifteen points ahead of 1/n.",
      mean[30, "He"] - mean[30, "1/n"], at_least=0.15)
claim("deep-norm-no-rescue", "Through 30 layers batch normalisation does not rescue the bad start: it stays at least 20 points behind He's.",
      mean[30, "He"] - mean[30, "1/n, batch norm"], at_least=0.2)

# %% [markdown]
# With batch normalisation the 30 layers do worse than with nothing. Why? It keeps the *signal* at variance one whatever the weights. It does not keep the *gradient*: going back through
# normalisation and ReLU multiplies it by a factor well above one in every layer.

# %%
def growth(depth, use_norm, seed):
    """Return the norm of the first hidden weight's gradient over that of the last, at the start."""
    rng = np.random.default_rng(seed)
    model = deep_net(depth, 2**0.5, use_norm, rng)
    F.cross_entropy(model(Tensor(digits.x_train[:512])), digits.y_train[:512]).backward()
    hidden = [m for m in model if isinstance(m, nn.Linear)][1:-1]
    return np.linalg.norm(hidden[0].weight.grad) / np.linalg.norm(hidden[-1].weight.grad)


per_layer = {name: np.exp(np.mean([np.log(growth(30, use_norm, s)) for s in range(5)]) / 28)
             for name, use_norm in [("plain, He", False), ("batch norm", True)]}
print("  ".join(f"{name}: factor {factor:.2f} a layer" for name, factor in per_layer.items()))
claim("deep-norm-explodes", "With batch normalisation the gradient grows by about a fifth a layer on the way back.",
      per_layer["batch norm"], expected=1.2, tolerance=0.08)

# %% [markdown]
# A fifth a layer is a factor of 6 through ten layers, over 200 through thirty, and $10^8$ through a hundred. What makes great depth trainable is a path that multiplies by exactly one, the residual connection of chapter 4.
#
# ## Summary
#
# - A layer multiplies the variance of the signal by $n\sigma_w^2$, times what the activation lets through. Keep the product at one: $2/n$ for ReLU, about $1/n$ for tanh.
# - The gradient obeys the same law with $f'$ in place of $f$. Through many sigmoid layers it vanishes.
# - Random initial weights break the symmetry between hidden units; equal ones do not.
# - Batch normalisation and dropout are different functions in training and in use. Say which with `train()` and `eval()`.
# - A program that raises nothing can still be wrong: check the scale of the inputs, count the updates, look at held-out data.
#
# ## Exercises
#
# ### Exercise 1 · A scale for ReLU
#
# A ReLU layer has 800 inputs. Which standard deviation of its weights keeps the mean square of the signal?

# %%
answer = None
exercise("deep-he-std", answer)

# %% tags=["hide-cell", "solution"]
exercise("deep-he-std", (2 / 800) ** 0.5)

# %% [markdown]
# ### Exercise 2 · A scale for leaky ReLU
#
# For $f(z) = z$ where $z>0$ and $0.2z$ elsewhere, which *variance* of the weights, times $n$, keeps the mean square? Begin with $\mathrm E[f(z)^2]$ for symmetric $z$.

# %%
answer = None
exercise("deep-leaky-variance", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Half of the mass passes unchanged and half is scaled by 0.2, so $\mathrm E[f(z)^2] = \tfrac12(1 + 0.04)\,\mathrm{Var}(z)$, and $n\sigma_w^2 = 2/1.04 \approx 1.923$.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("deep-leaky-variance", 2 / (1 + 0.2**2))

# %% [markdown]
# ### Exercise 3 · Fold a BatchNorm away
#
# In evaluation, `Linear` followed by `BatchNorm` is one affine map. Write `fold(W, b, gamma, beta, mean, var, eps)`: return the weight and bias of that single layer.

# %%
def fold(W, b, gamma, beta, mean, var, eps):
    ...


exercise("deep-fold", fold)


# %% tags=["hide-cell", "solution"]
def fold_solution(W, b, gamma, beta, mean, var, eps):
    scale = gamma / np.sqrt(var + eps)
    return W * scale, (b - mean) * scale + beta


exercise("deep-fold", fold_solution)

# %% [markdown]
# ### Exercise 4 · Count the updates
#
# 8 000 samples, batches of 64, 15 epochs: how many updates? (The printed program made 10.)

# %%
answer = None
exercise("deep-updates", answer)

# %% tags=["hide-cell", "solution"]
exercise("deep-updates", 8000 // 64 * 15)

# %% [markdown]
# ### Exercise 5 · A proof
#
# Show that $\mathrm{Var}(z) = n\sigma_w^2q$ needs neither independent nor mean-zero inputs, only weights that are independent of them, uncorrelated, and of mean zero.
#
# <details><summary>Solution</summary>
#
# $\mathrm E[z] = \sum_j \mathrm E[x_j]\,\mathrm E[W_j] = 0$. So $\mathrm{Var}(z) = \mathrm E[z^2] = \sum_{j,k}\mathrm E[x_jx_k]\,\mathrm E[W_jW_k]$. Uncorrelated weights of mean
# zero have $\mathrm E[W_jW_k] = \sigma_w^2$ for $j = k$ and 0 otherwise, which leaves $\sum_j \mathrm E[x_j^2]\sigma_w^2 = n\sigma_w^2q$. Correlations among the $x_j$ never enter.
#
# </details>

# %% [markdown]
# ## Sources
#
# [Glorot and Bengio, 2010](../../book/bibliography.md#glorot2010understanding), and [He et al., 2015](../../book/bibliography.md#he2015delving), the scales ·
# [Bengio, Simard and Frasconi, 1994](../../book/bibliography.md#bengio1994learning), vanishing gradients ·
# [Saxe et al., 2014](../../book/bibliography.md#saxe2014exact), orthogonal starts and exact dynamics ·
# [Poole et al., 2016](../../book/bibliography.md#poole2016exponential), and [Schoenholz et al., 2017](../../book/bibliography.md#schoenholz2017deep), the theory behind the lines of the live figure ·
# [Ioffe and Szegedy, 2015](../../book/bibliography.md#ioffe2015batch), and [Santurkar et al., 2018](../../book/bibliography.md#santurkar2018how), who doubt its first explanation ·
# [Srivastava et al., 2014](../../book/bibliography.md#srivastava2014dropout) · [LeCun et al., 1998](../../book/bibliography.md#lecun1998gradient), MNIST ·
# [Pedregosa et al., 2011](../../book/bibliography.md#pedregosa2011scikit), scikit-learn, whose digits we use · [Paszke et al., 2019](../../book/bibliography.md#paszke2019pytorch), PyTorch ·
# [Abadi et al., 2016](../../book/bibliography.md#abadi2016tensorflow), TensorFlow.
