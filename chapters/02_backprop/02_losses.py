# %% [markdown]
# # Losses
#
# **After this section** you can derive a loss from what you believe about the noise, compute it where the obvious
# formula overflows, write down its gradient, and say what a small loss proves and what it does not.
# *Reading: 25 minutes. Running: about 30 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import itertools
import math

import numpy as np

import chainrule.nn.functional as F
from chainrule import Tensor, data, plotting
from chainrule.ops import OPS
from chainrule.proof import claim, exercise, gradcheck, parity, same, show_source

# %% [markdown]
# ## The question
#
# A network looks at three photographs and says how probable each of three animals is. How well did it do, in one
# number?
#
# | photograph | cat | dog | owl | truth |
# |---|---|---|---|---|
# | 1 | **0.70** | 0.20 | 0.10 | cat |
# | 2 | 0.10 | **0.80** | 0.10 | dog |
# | 3 | 0.25 | 0.50 | **0.25** | owl |
#
# Its [accuracy](../../book/glossary.md#accuracy) is 2/3. That number is no help to training: nudge a weight, and it
# stays 2/3. A [loss](../../book/glossary.md#loss-function) must move whenever the network moves. It answers the
# question *how surprised was the network by the truth?* and measures surprise by $-\ln$ of the probability that was
# given to it.
#
# Take a pencil: $-\ln 0.70 = 0.357$, $-\ln 0.80 = 0.223$, $-\ln 0.25 = 1.386$. The mean is $0.655$.
# (With the natural logarithm the unit of surprise is called a *nat*.)

# %% tags=["settles-S0-C16"]
p = np.array([[0.70, 0.20, 0.10], [0.10, 0.80, 0.10], [0.25, 0.50, 0.25]])   # (3 photographs, 3 animals)
truth = np.array([0, 1, 2])
L = -np.log(p[np.arange(3), truth])     # (3,)   one loss a sample
J = L.mean()
claim("loss-by-hand", "The three losses and their mean are those found on paper.",
      [*L, J], expected=[0.3567, 0.2231, 1.3863, 0.6554], tolerance=1e-4)
better = p.copy()
better[2] = [0.22, 0.48, 0.30]          # the owl gains 0.05, and still loses to the dog
claim("loss-moves", "Moving the owl from 0.25 to 0.30 leaves the accuracy alone and lowers the loss by 0.0608.",
      [(better.argmax(1) == truth).mean() - (p.argmax(1) == truth).mean(),
       J - -np.log(better[np.arange(3), truth]).mean()], expected=[0.0, 0.0608], tolerance=1e-4)

# %% [markdown]
# ## One sample, a minibatch, all samples
#
# Texts use the word *loss* for three things and the letters $m$, $\alpha$, $L$, $J$ in changing roles. In this book:
#
# | symbol | shape | meaning |
# |---|---|---|
# | $N$, $B$ | | samples in the training set; samples in one [minibatch](../../book/glossary.md#minibatch) |
# | $K$ | | classes, or numbers to predict |
# | $z$, $Z$ | $(K,)$, $(B, K)$ | [logits](../../book/glossary.md#logits): what the last layer returns, before any activation |
# | $p$ or $\hat y$ | $(K,)$ | the prediction, after the activation of the [output layer](../../book/glossary.md#output-layer) |
# | $y$ | $(K,)$ or a label | the target; as a row, [one-hot](../../book/glossary.md#one-hot-encoding) |
# | $L_i$ | scalar | the loss of sample $i$ |
# | $J = \frac1N\sum_{i=1}^N L_i$ | scalar | the [objective](../../book/glossary.md#objective-function): what training minimises |
# | $\hat J = \frac1B\sum_{i\in\text{batch}} L_i$ | scalar | its estimate from one minibatch |
# | $\eta$ | scalar | [learning rate](../../book/glossary.md#learning-rate) (also written $\alpha$ elsewhere) |
#
# Training never sees $J$. It sees $\hat J$ of a few samples at a time. Is that honest? Predict: if we average $\hat J$,
# and its gradient, over *every* minibatch that could be drawn, how far from $J$ do we land?

# %% tags=["settles-S0-F3", "settles-M14", "settles-X6"]
rng = np.random.default_rng(0)
x7, y7, w = rng.normal(size=(7, 2)), rng.normal(size=7), np.array([0.5, -1.0])


def mean_loss_and_gradient(rows):
    """Return the mean of half squared errors over the rows, then its two derivatives by w."""
    error = x7[rows] @ w - y7[rows]
    return np.array([0.5 * (error**2).mean(), *(x7[rows].T @ error / len(rows))])


whole = mean_loss_and_gradient(np.arange(7))
subsets = [mean_loss_and_gradient(list(rows)) for rows in itertools.combinations(range(7), 3)]
claim("loss-minibatch-unbiased", "The mean loss and gradient over all 35 minibatches of 3 from 7 are those of all 7.",
      np.abs(np.mean(subsets, axis=0) - whole).max(), expected=0.0, tolerance=1e-14)
epoch = [mean_loss_and_gradient(rows)[0] for rows in (np.arange(3), np.arange(3, 6), np.arange(6, 7))]
print(f"mean of the losses of batches of 3, 3 and 1: {np.mean(epoch):.4f}   J: {whole[0]:.4f}")
claim("loss-unequal-batches", "The mean over batches of 3, 3 and 1 is not J: the lone sample counts three times.",
      [np.mean(epoch) == whole[0], abs(np.dot(epoch, [3, 3, 1]) / 7 - whole[0]) < 1e-14], expected=[False, True])

# %% [markdown]
# Exactly on it: the minibatch mean is **unbiased**, and so is its gradient. The second claim is the trap beside it. A
# last, shorter batch must be weighted by its size when an [epoch](../../book/glossary.md#epoch)'s loss is reported.
#
# ## From likelihood to loss
#
# Why $-\ln p$, and why the square for numbers? Both follow from one principle. Say what noise you believe in; that
# gives every target a probability. For independent samples the
# [likelihood](../../book/glossary.md#likelihood) of the data is the product over them. Its logarithm turns the product into a sum, and its negative into something to minimise, the
# [negative log-likelihood](../../book/glossary.md#negative-log-likelihood):
#
# $$L_i = -\ln p(y_i \mid x_i), \qquad
# \arg\max\ \prod_i p(y_i\mid x_i) = \arg\min\ \frac1N\sum_i L_i .$$
#
# In words: the parameters under which the data are most probable are those under which they surprise least.
#
# | belief about the target | density or probability | $L_i$, up to constants | best constant answer |
# |---|---|---|---|
# | Gaussian noise, fixed $\sigma$ | $\frac{1}{\sigma\sqrt{2\pi}}e^{-(y-\hat y)^2/2\sigma^2}$ | $\tfrac12(y-\hat y)^2$, [squared error](../../book/glossary.md#mean-squared-error) | mean |
# | Laplace noise, fixed scale $s$ | $\frac{1}{2s}e^{-\lvert y-\hat y\rvert/s}$ | $\lvert y-\hat y\rvert$, absolute error | median |
# | Bernoulli: yes or no | $p^y(1-p)^{1-y}$ | $-y\ln p-(1-y)\ln(1-p)$, binary cross-entropy | frequency |
# | categorical: one of $K$ | $p_y$ | $-\ln p_y$, [cross-entropy](../../book/glossary.md#cross-entropy) | frequencies |
#
# (Without an argument $\sigma$ is here, as everywhere in statistics, a standard deviation; the sigmoid is $\sigma(z)$.)
#
# The last column is a prediction about numbers, so we try every candidate: once with the product of densities, once
# with the loss.

# %%
t = np.array([1.0, 2.0, 2.0, 3.0, 12.0])[:, None]                 # targets; one of them far out
coin = np.array([1, 1, 0, 1, 1, 0, 1, 0, 1, 1])[:, None]          # seven heads in ten
answers, chances = np.linspace(0, 13, 1301), np.linspace(0.01, 0.99, 99)
beliefs = {      # name: (candidates, density of each target, loss of each target)
    "Gaussian": (answers, np.exp(-((t - answers) ** 2) / 18) / (3 * math.sqrt(2 * math.pi)),     # sigma = 3
                 0.5 * (t - answers) ** 2),
    "Laplace": (answers, np.exp(-np.abs(t - answers) / 3) / 6, np.abs(t - answers)),
    "Bernoulli": (chances, np.where(coin, chances, 1 - chances),
                  -coin * np.log(chances) - (1 - coin) * np.log(1 - chances)),
}
best = {name: (grid[np.prod(density, axis=0).argmax()], grid[losses.mean(axis=0).argmin()])
        for name, (grid, density, losses) in beliefs.items()}
for name, (likeliest, least) in best.items():
    print(f"{name:10s} greatest likelihood at {likeliest:.2f}   least loss at {least:.2f}")
claim("loss-likelihood", "The likeliest constants are the mean 4, the median 2 and the frequency 0.7.",
      [pair[0] for pair in best.values()], expected=[4.0, 2.0, 0.7], tolerance=1e-9)
claim("loss-is-likelihood", "The least loss lies where the greatest likelihood lies, for all three.",
      [pair[1] for pair in best.values()], expected=[pair[0] for pair in best.values()])

# %% mystnb={"image": {"alt": "Two curves over the constant answer from 0 to 13, each divided by its own minimum. The absolute error has its minimum at the median, 2. The squared error has its minimum at the mean, 4, pulled towards the outlier at 12."}}
curves = {"squared error": 0.5 * (t - answers) ** 2, "absolute error": np.abs(t - answers)}
relative = {name: (answers, c.mean(axis=0) / c.mean(axis=0).min()) for name, c in curves.items()}
ax = plotting.curves(relative, markers=False,
                     title="One target at 12 pulls the best squared-error answer to 4; the median stays at 2",
                     xlabel="constant answer (ticks: the targets 1, 2, 2, 3 and 12)", ylabel="mean loss / its minimum")
_ = ax.plot(t[:, 0], np.full(5, 0.75), "|", color="black", markersize=12)

# %% [markdown]
# For the categorical case we try every triple of probabilities on a grid, against ten samples of which five, three and
# two fall into the classes.

# %%
counts = np.array([5, 3, 2])
triples = np.array([(i, j, 20 - i - j) for i in range(1, 19) for j in range(1, 20 - i)]) / 20   # (171, 3)
likeliest = triples[np.prod(triples**counts, axis=1).argmax()]
least = triples[(-np.log(triples) @ counts / 10).argmin()]
claim("loss-frequencies", "Of 171 triples the frequencies (0.5, 0.3, 0.2) have the least cross-entropy.",
      least, expected=np.array([0.5, 0.3, 0.2]))
claim("loss-frequencies-likelihood", "The same triple makes the ten labels most probable.", likeliest, expected=least)

# %% [markdown]
# So training with cross-entropy asks for probabilities that match frequencies, and training with squared error asks for
# conditional means. Choosing a loss is choosing a belief.
#
# ## Softmax, and what overflows where
#
# A network returns logits, any real numbers. The [softmax](../../book/glossary.md#softmax) makes probabilities of them,
# and the cross-entropy reads one of them:
#
# $$p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}, \qquad L = -\ln p_y .$$
#
# Softmax exponentiates, so a larger logit is a larger share; dividing makes the shares add to 1. First the version that
# follows the formula, index by index.

# %%
def cross_entropy_loops(Z, y):
    """Return the mean cross-entropy of logits Z (B, K) against labels y (B,), as the formula says."""
    B, K = Z.shape
    total = 0.0
    for i in range(B):
        denominator = sum(math.exp(Z[i, k]) for k in range(K))
        total -= math.log(math.exp(Z[i, y[i]]) / denominator)
    return total / B


def softmax_by_definition(z):
    return np.exp(z) / np.exp(z).sum()


print(softmax_by_definition(np.array([2.0, 1.0, 0.0])).round(4))

# %% [markdown]
# It is right, and it breaks. **Before you run the next cell:** at which logit does it return the first `nan` in
# float64, at which in float32? Bisection finds the edge to the last digit of the type.

# %%
def last_good(fails, low, high):
    """Return the largest number at which `fails` is False, halving the interval until nothing lies between."""
    while (middle := type(low)((low + high) / 2)) not in (low, high):
        low, high = (low, middle) if fails(middle) else (middle, high)
    return low


with np.errstate(over="ignore", invalid="ignore"):
    edges = [last_good(lambda top: np.isnan(softmax_by_definition(np.array([top, 0], dtype=top.dtype))).any(),
                       dtype(1), dtype(10_000)) for dtype in (np.float64, np.float32)]
print([f"{edge:.3f}" for edge in edges])
claim("loss-overflow", "By the formula, softmax fails from logit 710 in float64 and from logit 89 in float32.",
      [math.ceil(edge) for edge in edges], expected=[710, 89])

# %% [markdown]
# The edge is the logarithm of the largest number of the type: beyond it $e^z$ is infinite, and $\infty/\infty$ is
# `nan`. Nothing stops a network from returning a logit of 89.
#
# The cure is one identity, **[log-sum-exp](../../book/glossary.md#log-sum-exp)**. With $m = \max_k z_k$,
#
# $$\ln\sum_k e^{z_k} = m + \ln\sum_k e^{z_k - m}, \qquad \ln p_k = z_k - m - \ln\sum_j e^{z_j-m}.$$
#
# In words: take the largest logit out before exponentiating. Every exponent is then at most 0, one of them exactly 0,
# so the sum lies between 1 and $K$ and its logarithm is harmless
# ([Blanchard, Higham and Higham, 2021](../../book/bibliography.md#blanchard2021accurately) bound the rounding error).

# %% tags=["settles-S0-C18"]
def log_softmax_rows(Z):
    shifted = Z - Z.max(axis=1, keepdims=True)                              # (B, K), largest entry 0
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))     # (B, K)


def cross_entropy_rows(Z, y):
    return -log_softmax_rows(Z)[np.arange(len(y)), y].mean()


big = np.array([[1000.0, 999.0, 0.0]])
claim("loss-stable", "At logits of 1000, 999 and 0 the loss of class 0 is ln(1 + 1/e).",
      cross_entropy_rows(big, np.array([0])), expected=math.log(1 + math.exp(-1)), tolerance=1e-12)
with np.errstate(divide="ignore"):
    two_steps = np.log(np.exp(log_softmax_rows(np.array([[0.0, 1000.0]]))))
claim("loss-underflow", "Softmax first and logarithm second gives minus infinity where −1000 is right.",
      [two_steps[0, 0], log_softmax_rows(np.array([[0.0, 1000.0]]))[0, 0]], expected=[-math.inf, -1000.0])

# %% [markdown]
# The second claim is the reason why every framework has *one* function from logits to loss. The probability $e^{-1000}$
# is smaller than the smallest float64, becomes 0, and its logarithm is lost for good. Softmax first and logarithm
# second is two correct steps with a wrong result.
#
# The library does the same, fused with its backward pass. Here is the real code, then the proof that the loops, our
# rows and the library agree.

# %%
show_source(OPS["log_softmax"])

# %%
cases = [(rng.normal(scale=scale, size=(B, K)), rng.integers(0, K, B))
         for B, K, scale in [(1, 2, 1), (5, 3, 10), (32, 10, 30)]]
same("cross-entropy by the formula's loops, and with log-sum-exp by rows",
     cross_entropy_loops, cross_entropy_rows, cases)
same("our rows and the library's cross-entropy",
     cross_entropy_rows, lambda Z, y: F.cross_entropy(Tensor(Z), y).item(), cases)

# %% [markdown]
# ## The gradient: p − y
#
# Write the loss without its fraction, $L = \ln\sum_k e^{z_k} - z_y$, and differentiate by $z_k$:
#
# $$\frac{\partial L}{\partial z_k} = \frac{e^{z_k}}{\sum_j e^{z_j}} - [k = y] = p_k - y_k .$$
#
# Read aloud: *what was said, minus what was true.* No logarithm and no exponential beyond the softmax itself is left.
# Every entry lies between −1 and 1, and the entries of a row add up to 0: what one class gains, the others give.

# %%
Z, y = rng.normal(size=(6, 4)), rng.integers(0, 4, 6)
Y = np.eye(4)[y]                                        # (6, 4)   one-hot rows
by_hand = (np.exp(log_softmax_rows(Z)) - Y) / len(y)    # the 1/B comes from the mean
gradcheck(lambda Z: cross_entropy_rows(Z, y), [Z], [by_hand])

taped = Tensor(Z, requires_grad=True)                   # the long way: exp, sum, log, product, each differentiated
long_way = ((taped.exp().sum(axis=1).log()) - (taped * Y).sum(axis=1)).mean()
long_way.backward()
claim("loss-p-minus-y", "Automatic differentiation of the long formula gives p − y to 15 decimals.",
      np.abs(taped.grad - by_hand).max(), at_most=1e-15)
claim("loss-rows-sum-to-zero", "The gradient of each sample by its logits sums to zero.",
      np.abs(by_hand.sum(axis=1)).max(), expected=0.0, tolerance=1e-15)

# %% [markdown]
# ## A head for every loss
#
# The **head** is the activation of the output layer, and the belief decides it. A Gaussian mean may be any number: no
# activation at all. A probability lies in (0, 1): the [sigmoid](../../book/glossary.md#sigmoid-function). Probabilities
# that add to 1: softmax. An output layer need *not* be non-linear.
#
# | task | head $\hat y$ | loss | gradient $\delta = \partial L/\partial z$ |
# |---|---|---|---|
# | a number | identity | $\tfrac12(\hat y-y)^2$ | $\hat y - y$ |
# | yes or no | $\sigma(z)$ | binary cross-entropy | $\hat y - y$ |
# | one of $K$ | $\operatorname{softmax}(z)$ | cross-entropy | $\hat y - y$ |
#
# One last column for three different losses. That is no accident: in each row the belief reads $\ln p(y) = yz - A(z)$
# plus a term without $z$, and the head is $A'(z)$. We check all three with one formula for the gradient.

# %% tags=["settles-S0-C12", "settles-X11", "settles-F5"]
heads = {     # name: (head, loss of logits, target)
    "identity + squared error": (lambda z: z, lambda z, y: 0.5 * (z - y) ** 2, rng.normal(size=8)),
    "sigmoid + binary cross-entropy": (lambda z: 1 / (1 + np.exp(-z)), lambda z, y: np.logaddexp(0, z) - y * z,
                                       np.array([0.0, 1, 1, 0, 1, 0, 0, 1])),
    "softmax + cross-entropy": (lambda z: np.exp(log_softmax_rows(z[None]))[0],
                                lambda z, y: -(y * log_softmax_rows(z[None])[0]), np.eye(8)[3]),
}
z = rng.normal(size=8)
for name, (head, loss_of, target) in heads.items():
    print(name)
    gradcheck(lambda z, f=loss_of, y=target: f(z, y).sum(), [z], [head(z) - target])

# %% [markdown]
# ### A mismatched head: ReLU on the output layer
#
# Programs in circulation put a [ReLU](../../book/glossary.md#relu) on the output layer and feed the result to softmax
# cross-entropy. What can go wrong? A negative logit becomes 0, and the gradient behind it is cut. If *all* logits of a
# sample are negative, nothing is left.
#
# To see it train, here is softmax regression in its entirety, one linear layer and the gradient above, with a place to
# put a head in between. A head is a function of $Z$ that returns what is fed to the cross-entropy, and how to bring a
# gradient back.

# %%
def no_head(Z):
    return Z, lambda grad: grad


def relu_head(Z):
    return np.maximum(Z, 0), lambda grad: grad * (Z > 0)


def fit_softmax(X, y, W, steps, lr=0.5, head=no_head, watch=None):
    """Return (W, b) after full-batch gradient descent from W (D, K) and b = 0."""
    W, b, Y = W.copy(), np.zeros(W.shape[1]), np.eye(W.shape[1])[y]
    for step in range(steps):
        fed, bring_back = head(X @ W + b)
        delta = bring_back((np.exp(log_softmax_rows(fed)) - Y) / len(y))
        W -= lr * X.T @ delta
        b -= lr * delta.sum(axis=0)
        if watch is not None:
            watch(step + 1, W, b)
    return W, b


digits = data.digits(dtype=np.float64)
X, labels = digits.x_train, digits.y_train                                  # (1437, 64), (1437,)
starts = [np.random.default_rng(seed).normal(scale=1 / 8, size=(64, 10)) for seed in range(5)]

# %% tags=["settles-C15"]
dead, bring_back = relu_head(-1 - np.abs(Z))                    # six samples, all logits negative
claim("loss-relu-head", "If all ten logits are negative, a ReLU head says 1/10 for each class, at a loss of ln 10.",
      cross_entropy_rows(relu_head(-np.ones((3, 10)))[0], np.array([0, 5, 9])), expected=math.log(10), tolerance=1e-12)
claim("loss-relu-head-stuck", "The gradient is then exactly zero: no step of any size leads out.",
      np.abs(bring_back(np.exp(log_softmax_rows(dead)) - Y)).max(), expected=0.0)
accuracy = {}
for name, head in [("linear logits", no_head), ("ReLU on the output", relu_head)]:
    fitted = [fit_softmax(X, labels, W, 300, head=head) for W in starts]
    accuracy[name] = np.array([((head(X @ W + b)[0]).argmax(1) == labels).mean() for W, b in fitted])
    print(f"{name:20s} training accuracy {accuracy[name].mean():.2f} ± {accuracy[name].std():.2f} over five starts")
claim("loss-relu-head-digits", "On the digits ReLU on the output costs 10 points of accuracy or more, between any two starts.",
      accuracy["linear logits"].min() - accuracy["ReLU on the output"].max(), at_least=0.1)

# %% [markdown]
# ## Saturation: why not squared error on a sigmoid?
#
# Squared error on a sigmoid output is a loss too, and its minimum is in the right place. But its gradient carries the
# sigmoid's slope:
#
# $$\frac{\partial}{\partial z}\,\tfrac12(\sigma(z)-y)^2 = (\sigma(z)-y)\,\sigma(z)(1-\sigma(z)), \qquad
# \frac{\partial}{\partial z}\,\text{BCE} = \sigma(z)-y .$$
#
# A unit that is *confidently wrong*, $z=-6$ for the target 1, has the largest error and almost no slope: it is
# [saturated](../../book/glossary.md#saturation). Cross-entropy cancels the slope exactly.

# %%
def unit_slope(z, y, kind):
    a = 1 / (1 + np.exp(-z))
    return (a - y) * (a * (1 - a) if kind == "squared error" else 1.0)


slopes = [unit_slope(-6.0, 1.0, kind) for kind in ("squared error", "cross-entropy")]
claim("loss-saturation", "At z = −6 and y = 1 squared error has the slope −0.0025, cross-entropy −0.9975.",
      slopes, expected=[-0.00246, -0.9975], tolerance=1e-4)

# %% [markdown]
# What does it cost in steps? One unit separates two clouds of points. It starts with its weight pointing the wrong way,
# by 1 to 5 units, and learns at $\eta = 1$ under either loss. Predict the shape of the two curves before you look.

# %%
def steps_to_learn(kind, wrong_by, seed, lr=1.0, limit=3000):
    """Return the number of steps until 95 % of 200 points are right."""
    rng = np.random.default_rng(seed)
    x, y = data.blobs(200, n_classes=2, noise=0.8, rng=rng)        # class 0 on the right, class 1 on the left
    w, b = np.array([wrong_by, 0.0]) + 0.3 * rng.normal(size=2), 0.0
    for step in range(limit):
        z = x @ w + b
        if ((z > 0) == y).mean() >= 0.95:
            return step
        delta = unit_slope(z, y, kind) / len(y)
        w, b = w - lr * x.T @ delta, b - lr * delta.sum()
    return limit


# %%
wrong_by = np.arange(1, 6)
steps = {kind: np.array([[steps_to_learn(kind, by, seed) for by in wrong_by] for seed in range(8)])
         for kind in ("squared error", "cross-entropy")}           # (8 seeds, 5 starts)
for kind, table in steps.items():
    print(f"{kind:14s} median steps {np.median(table, axis=0)}")
claim("loss-saturation-steps", "From 5 the wrong way squared error takes 50 times the steps or more, on every seed.",
      (steps["squared error"][:, -1] / steps["cross-entropy"][:, -1]).min(), at_least=50)
faster = [np.median([steps_to_learn("squared error", by, seed, lr=10.0) for seed in range(8)]) for by in (3, 5)]
print(f"squared error at ten times the rate: {faster[0]} steps from 3, {faster[1]} from 5")
claim("loss-saturation-rate", "At ten times the rate its steps still grow fivefold or more from 3 to 5.",
      faster[1] / faster[0], at_least=5.0)

# %% mystnb={"image": {"alt": "Logarithmic plot of steps until 95 percent are right against how far the weight points the wrong way, from 1 to 5. Cross-entropy stays between one and three steps. Squared error climbs on a straight line from about five to several hundred, with a band over eight seeds."}}
_ = plotting.curves({kind: (wrong_by, np.median(table, axis=0)) for kind, table in steps.items()}, logy=True,
                    band={kind: (table.min(axis=0), table.max(axis=0)) for kind, table in steps.items()},
                    title="Squared error pays exponentially for a wrong start",
                    xlabel="initial weight, the wrong way", ylabel="steps until 95 % are right")

# %% [markdown]
# A straight line on a logarithmic axis: each unit of wrong weight multiplies the steps (the band spans eight seeds),
# for the slope falls like $e^{-|z|}$. A larger learning rate moves the line down and does not level it.
# [Glorot and Bengio, 2010](../../book/bibliography.md#glorot2010understanding) saw the same plateaus in deep networks.
#
# ## Outliers: Huber's loss
#
# Squared error is the right loss for Gaussian noise, and one wild target ruins it. Absolute error shrugs at the wild
# one, but is less precise on clean data and has a kink at 0. [Huber's loss](../../book/glossary.md#huber-loss)
# ([Huber, 1964](../../book/bibliography.md#huber1964robust)) is quadratic near 0 and linear beyond $\pm\Delta$, with
# $e=\hat y-y$:
#
# $$L = \begin{cases}\tfrac12 e^2 & |e|\le\Delta\\ \Delta\,(|e|-\tfrac12\Delta) & |e|>\Delta\end{cases}\qquad
# \frac{\partial L}{\partial e} = \operatorname{clip}(e, -\Delta, \Delta).$$
#
# Read the derivative aloud: *no sample may pull harder than Δ.* We fit 200 noisy lines of slope 2, then put one of the
# 20 targets 10 too high.

# %%
pulls = {"squared": lambda e: e, "absolute": np.sign, "Huber": lambda e: np.clip(e, -0.3, 0.3)}
t01 = np.linspace(0, 1, 20)
lines = 2 * t01[:, None] + 1 + 0.1 * np.random.default_rng(0).normal(size=(20, 200))      # (20 points, 200 lines)
design = np.stack([t01, np.ones(20)], axis=1)                                             # (20, 2)


def fit_slopes(targets, pull, steps=4000):
    w = np.zeros((2, targets.shape[1]))
    for step in range(steps):
        w -= 0.5 / (1 + step / 400) * design.T @ pull(design @ w - targets) / 20
    return w[0]


wild = lines.copy()
wild[-1] += 10
fitted = {(name, kind): fit_slopes(targets, pull) for kind, targets in [("clean", lines), ("one outlier", wild)]
          for name, pull in pulls.items()}
for (name, kind), slopes in fitted.items():
    print(f"{name:9s} {kind:12s} slope {slopes.mean():.2f} ± {slopes.std():.3f}")

# %%
e = rng.normal(size=(9, 1))
gradcheck(lambda e: F.huber_loss(e, np.zeros((9, 1)), delta=0.3), [e])
claim("loss-outlier-squared", "One outlier in 20 drags the squared-error slope from 2 to 4.7.",
      fitted["squared", "one outlier"].mean(), expected=4.7, tolerance=0.1)
claim("loss-outlier-huber", "The same outlier moves the Huber slope by about 0.1.",
      fitted["Huber", "one outlier"].mean(), expected=2.1, tolerance=0.05)
claim("loss-huber-clean", "On clean lines the slopes of absolute error scatter more than those of Huber.",
      fitted["absolute", "clean"].std() / fitted["Huber", "clean"].std(), at_least=1.08, at_most=1.5)

# %% [markdown]
# Huber keeps the precision of the square on clean data and most of the calm of the absolute value on dirty data. The
# price is one more number to choose: $\Delta$ should lie at a few standard deviations of the ordinary noise.
#
# ## Label smoothing
#
# With one-hot targets cross-entropy has no minimum: the gap between the right logit and the others grows for ever.
# [Label smoothing](../../book/glossary.md#label-smoothing)
# ([Szegedy et al., 2016](../../book/bibliography.md#szegedy2016rethinking)) spreads a share $\varepsilon$ of the target
# over all classes, $q = (1-\varepsilon)\,y + \varepsilon/K$. The gradient is now $p - q$, so the minimum is at $p = q$:
# a finite gap of $\ln\frac{1-\varepsilon+\varepsilon/K}{\varepsilon/K}$ and a loss equal to the entropy of $q$, which
# is not 0.

# %%
def descend_logits(target, steps, lr=3.0):
    """Return (gap between the first logit and the others, loss) after descent on free logits."""
    z = np.zeros((1, len(target)))
    for _ in range(steps):
        z -= lr * (np.exp(log_softmax_rows(z)) - target)
    return z[0, 0] - z[0, 1], -(target * log_softmax_rows(z)).sum()


hard = np.eye(10)[0]
smooth = 0.9 * hard + 0.1 / 10
gap, floor = descend_logits(smooth, 2000)
claim("loss-smoothing", "Smoothing by 0.1 ends at a gap of ln 91 and at the entropy of the target, 0.5003.",
      [gap, floor], expected=[math.log(91), -(0.91 * math.log(0.91) + 0.09 * math.log(0.01))], tolerance=1e-9)
gaps = [descend_logits(hard, steps)[0] for steps in (200, 2000, 20_000)]
claim("loss-no-minimum", "With hard targets every tenfold of steps adds about ln 10 to the gap, without end.",
      np.diff(gaps), expected=[math.log(10)] * 2, tolerance=0.1)

# %% [markdown]
# A loss of 0.5003 is perfection there. Losses with and without smoothing cannot be compared, nor can losses with
# different $K$, different units or different reductions.
#
# ## In the frameworks
#
# Three losses from the same eight rows of logits, with their gradients; then 100 steps of softmax regression on all
# 1437 digits. The names differ, and so does what each function expects to be fed:
#
# | | from logits | from probabilities |
# |---|---|---|
# | this book | `cross_entropy`, `binary_cross_entropy_with_logits` | `binary_cross_entropy` |
# | PyTorch | `cross_entropy`, `binary_cross_entropy_with_logits` | `nll_loss` (of *log*-probabilities), `binary_cross_entropy` |
# | TensorFlow, Keras | `from_logits=True` | `from_logits=False`, the default |
#
# Every library's mean squared error leaves out the factor ½ and divides by all $BK$ entries: its gradient is
# $2(\hat y-y)/BK$.

# %% tags=["fw-numpy"]
Y10, W0 = np.eye(10)[labels], starts[0]
z = Tensor(X[:8] @ W0, requires_grad=True)
values = {"ce": F.cross_entropy(z, labels[:8]), "mse": F.mse_loss(z, Y10[:8]),
          "bce": F.binary_cross_entropy_with_logits(z, Y10[:8])}
grads, path = {}, []
for name, value in values.items():
    z.zero_grad(); value.backward(); grads[name] = z.grad.copy()
_ = fit_softmax(X, labels, W0, 100, watch=lambda step, W, b: path.append(np.vstack([W, b])))

# %% tags=["fw-torch"]
import torch

z, x_t, y_t, Y_t = torch.tensor(X[:8] @ W0, requires_grad=True), *map(torch.tensor, (X, labels, Y10))
values_t = {"ce": torch.nn.functional.cross_entropy(z, y_t[:8]), "mse": torch.nn.functional.mse_loss(z, Y_t[:8]),
            "bce": torch.nn.functional.binary_cross_entropy_with_logits(z, Y_t[:8])}
grads_t = {name: torch.autograd.grad(value, z, retain_graph=True)[0] for name, value in values_t.items()}
W, b = torch.tensor(W0, requires_grad=True), torch.zeros(10, dtype=torch.float64, requires_grad=True)
optimizer, path_t = torch.optim.SGD([W, b], lr=0.5), []
for _ in range(100):
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(x_t @ W + b, y_t).backward()
    optimizer.step(); path_t.append(torch.vstack([W, b]).detach().clone())

# %% tags=["fw-tensorflow"]
import tensorflow as tf

losses, z = tf.keras.losses, tf.Variable(X[:8] @ W0)
ce = losses.SparseCategoricalCrossentropy(from_logits=True, dtype="float64")
mse, bce = losses.MeanSquaredError(dtype="float64"), losses.BinaryCrossentropy(from_logits=True, dtype="float64")
with tf.GradientTape(persistent=True) as tape:
    values_tf = {"ce": ce(labels[:8], z), "mse": mse(Y10[:8], z), "bce": bce(Y10[:8], z)}
grads_tf = {name: tape.gradient(value, z) for name, value in values_tf.items()}
V, optimizer, path_tf = [tf.Variable(W0), tf.Variable(np.zeros(10))], tf.keras.optimizers.SGD(0.5), []
for _ in range(100):
    with tf.GradientTape() as tape:
        value = ce(labels, X @ V[0] + V[1])
    optimizer.apply_gradients(zip(tape.gradient(value, V), V)); path_tf.append(np.vstack([V[0], V[1]]))

# %% tags=["settles-S0-C16", "settles-S0-C17", "settles-S0-C18"]
parity("loss-three-losses",
       outputs={"numpy": {k: v.data for k, v in values.items()}, "torch": values_t, "tensorflow": values_tf},
       gradients={"numpy": grads, "torch": grads_t, "tensorflow": grads_tf},
       path={"numpy": np.stack(path), "torch": torch.stack(path_t), "tensorflow": np.stack(path_tf)})

# %% [markdown]
# The path is that of all 650 weights and biases, step by step: our side of it uses no [automatic differentiation](../../book/glossary.md#automatic-differentiation), only $p-y$.
#
# > **Warning.** Predictions of shape $(B, 1)$ minus targets of shape $(B,)$ broadcast to $(B, B)$: every prediction is
# > compared with every target, and the mean of that is a loss that trains towards the mean of all targets. The
# > libraries differ in whether they object.

# %%
column, flat = np.array([[1.0], [2.0], [3.0]]), np.array([1.0, 2.0, 3.0])
claim("loss-broadcast", "Three perfect predictions in a column have a squared error of 4/3 against a flat target.",
      ((column - flat) ** 2).mean(), expected=4 / 3, tolerance=1e-12)
try:
    F.mse_loss(column, flat)
except ValueError as error:
    print("ours refuses:", error)

# %% [markdown]
# ## Misconceptions
#
# > **Misconception.** A loss is never negative.
#
# Cross-entropy over classes is not, for a probability is at most 1. A *density* has no such bound. Let the network
# state its own $\sigma$, as a Gaussian negative log-likelihood does,
# $L_i = \tfrac12(y-\hat y)^2/\sigma^2 + \ln\sigma + \tfrac12\ln 2\pi$, and a good fit with a small $\sigma$ takes it
# below zero. Nor does its zero mean anything: measure the same targets in millimetres and every loss grows by
# $\ln 1000$.

# %% tags=["settles-S2-C13"]
def gaussian_nll(y, y_hat, sigma):
    return 0.5 * ((y - y_hat) / sigma) ** 2 + math.log(sigma) + 0.5 * math.log(2 * math.pi)


metres = 1.7 + 0.05 * np.random.default_rng(3).normal(size=1000)
nll = gaussian_nll(metres, 1.7, 0.05).mean()
claim("loss-negative", "A right model of a thousand heights with a spread of 5 cm has a loss near −1.58, below zero.",
      nll, expected=math.log(0.05 * math.sqrt(2 * math.pi * math.e)), tolerance=0.1)
grid = np.linspace(1.2, 2.2, 100_001)
density = np.exp(-gaussian_nll(grid, 1.7, 0.05))
claim("loss-density", "The density reaches 7.98, far above 1, and still the area under it is 1.",
      [density.max(), density.sum() * (grid[1] - grid[0])], expected=[7.979, 1.0], tolerance=1e-3)
claim("loss-units", "In millimetres the same model of the same people scores ln 1000 more.",
      gaussian_nll(1000 * metres, 1700, 50).mean() - nll, expected=math.log(1000), tolerance=1e-9)

# %% [markdown]
# > **Misconception.** Cross-entropy compares probabilities, so apply softmax before the framework's cross-entropy.
#
# The frameworks' cross-entropy applies softmax itself. A second one squeezes: its inputs now lie in [0, 1], so even a
# perfect answer, $p = y$, is read as logits of 1 against 0. With ten classes that costs at least
# $\ln(e + 9) - 1 = 1.461$, and the gradient has to pass two softmaxes. No error is raised, and it does learn, slowly.
# That is what keeps this bug alive.

# %%
def softmax_head(Z):
    p = np.exp(log_softmax_rows(Z))
    return p, lambda grad: p * (grad - (grad * p).sum(axis=1, keepdims=True))


claim("loss-double-floor", "A perfect one-hot answer of ten classes, fed as logits, is charged ln(e + 9) − 1.",
      cross_entropy_rows(np.eye(10), np.arange(10)), expected=math.log(math.e + 9) - 1, tolerance=1e-12)
results = {}
for name, head in [("logits", no_head), ("softmax twice", softmax_head)]:
    trained = [fit_softmax(X, labels, W, 100, head=head) for W in starts]
    fed = [head(X @ W + b)[0] for W, b in trained]
    results[name] = np.array([(cross_entropy_rows(f, labels), (f.argmax(axis=1) == labels).mean()) for f in fed])
    (mean_loss, mean_right), (spread_loss, spread_right) = results[name].mean(axis=0), results[name].std(axis=0)
    print(f"{name:14s} loss {mean_loss:.2f} ± {spread_loss:.2f}   accuracy {mean_right:.2f} ± {spread_right:.2f}")
claim("loss-double-softmax", "After 100 steps the double softmax is 15 points of accuracy behind or more, from every start.",
      (results["logits"] - results["softmax twice"])[:, 1].min(), at_least=0.15)

# %% [markdown]
# > **Misconception.** A smaller loss means a better model.
#
# On data that the model has not seen, it is evidence. On its training data a small loss may mean nothing at all. We
# give 40 digits *random* labels: there is nothing to learn, and softmax regression learns it to perfection, as deep
# networks do with whole data sets ([Zhang et al., 2017](../../book/bibliography.md#zhang2017understanding)).

# %% tags=["settles-M15"]
X_std, X_new = data.standardize(digits.x_train, digits.x_test)
rows = []
for seed in range(5):
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(len(X_std))[:40]
    random, random_new = rng.integers(0, 10, 40), rng.integers(0, 10, len(X_new))
    W, b = fit_softmax(X_std[chosen], random, np.zeros((64, 10)), 1500, lr=2.0)
    Z, Z_new = X_std[chosen] @ W + b, X_new @ W + b
    rows.append([cross_entropy_rows(Z, random), (Z.argmax(axis=1) == random).mean(),
                 cross_entropy_rows(Z_new, random_new), (Z_new.argmax(axis=1) == random_new).mean()])
rows = np.array(rows)          # (5 seeds, 4)
for name, column in zip(["training loss", "training accuracy", "loss on new digits", "accuracy on new digits"], rows.T):
    print(f"{name:23s} {column.mean():.3f} ± {column.std():.3f}")
claim("loss-memorised", "On random labels the training loss falls below 0.002 on every seed.",
      rows[:, 0].max(), at_most=0.002)
claim("loss-memorised-accuracy", "Every one of the random training labels is right, on every seed.",
      rows[:, 1].min(), expected=1.0)
claim("loss-memorised-chance", "On new digits the accuracy is chance, one in ten.",
      rows[:, 3].mean(), expected=0.1, tolerance=0.03)
claim("loss-memorised-worse", "On new digits the loss is over three times that of saying 1/10 for everything.",
      rows[:, 2].min() / math.log(10), at_least=3.0)

# %% [markdown]
# The same with labels that mean something: 100 digits, a fifth of their labels drawn at random. Predict the two curves
# before you run it. Where would you stop?

# %%
def watch_digits(seed, noise, n=100, steps=3000):
    """Return rows of (step, training loss, test loss, test accuracy) for n digits with noisy labels."""
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(len(X_std))[:n]
    y = np.where(rng.random(n) < noise, rng.integers(0, 10, n), labels[chosen])
    marks, seen = set(np.unique(np.geomspace(1, steps, 30).astype(int))), []

    def watch(step, W, b):
        if step in marks:
            Z = X_new @ W + b
            seen.append([step, cross_entropy_rows(X_std[chosen] @ W + b, y), cross_entropy_rows(Z, digits.y_test),
                         (Z.argmax(axis=1) == digits.y_test).mean()])

    fit_softmax(X_std[chosen], y, np.zeros((64, 10)), steps, watch=watch)
    return np.array(seen)


noisy = np.array([watch_digits(seed, noise=0.2) for seed in range(5)])       # (5 seeds, marks, 4)
print("steps of least test loss:", noisy[0, noisy[:, :, 2].argmin(axis=1), 0].astype(int))
claim("loss-train-falls", "The training loss ends below 0.01 on every seed.",
      noisy[:, -1, 1].max(), at_most=0.01)
claim("loss-test-rises", "The test loss ends at least 30 % above its least value, on every seed.",
      (noisy[:, -1, 2] / noisy[:, :, 2].min(axis=1)).min(), at_least=1.3)
claim("loss-test-accuracy-falls", "The test accuracy too ends 2 points or more below its best, on every seed.",
      (noisy[:, :, 3].max(axis=1) - noisy[:, -1, 3]).min(), at_least=0.02)

# %% mystnb={"image": {"alt": "Loss over steps on two logarithmic axes, mean of five seeds with bands. The training loss falls along the whole run, below one hundredth. The test loss falls for a few dozen steps, then rises again and ends at about twice its least value."}}
step, mean = noisy[0, :, 0], noisy.mean(axis=0)
low, high = noisy.min(axis=0), noisy.max(axis=0)
_ = plotting.curves({"training loss": (step, mean[:, 1]), "test loss": (step, mean[:, 2])},
                    logx=True, logy=True, markers=False,
                    band={"training loss": (low[:, 1], high[:, 1]), "test loss": (low[:, 2], high[:, 2])},
                    title="The training loss falls to the end; the test loss turns early and climbs",
                    xlabel="step of gradient descent", ylabel="cross-entropy (nats)")

# %% [markdown]
# The place to stop is where the loss on data held out from training turns: here after 15 to 62 steps of 3000.
#
# > **Misconception.** Accuracy and cross-entropy move together.
#
# Accuracy asks which logit is largest; cross-entropy asks by how much, and charges a confident mistake without limit.
# Two models answer four questions of yes or no: one is right three times with 0.9 and once gives the truth 0.001, the
# other gives every truth 0.45. After them the digits, now with clean labels: as training goes on, the logits keep
# growing, and the few wrong answers become dear.

# %%
bold, shy = np.array([0.9, 0.9, 0.9, 0.001]), np.full(4, 0.45)
claim("loss-shy-beats-bold", "Accuracy 0 goes with a loss of 0.80, and accuracy 3/4 with a loss of 1.81.",
      [(shy > 0.5).mean(), -np.log(shy).mean(), (bold > 0.5).mean(), -np.log(bold).mean()],
      expected=[0.0, 0.7985, 0.75, 1.8060], tolerance=1e-3)
clean = np.array([watch_digits(seed, noise=0.0) for seed in range(5)])
at_best = clean[:, :, 2].argmin(axis=1)
change = np.array([run[-1] - run[k] for run, k in zip(clean, at_best)])       # last step minus step of least test loss
print("change of test loss    ", change[:, 2].round(3))
print("change of test accuracy", change[:, 3].round(3))
claim("loss-rises-alone", "On every seed the test loss rises by 5 % or more past its least value.",
      (change[:, 2] / clean[:, :, 2].min(axis=1)).min(), at_least=0.05)
claim("loss-accuracy-stays", "Meanwhile the test accuracy moves by 3 points at most, up or down.",
      np.abs(change[:, 3]).max(), at_most=0.03)

# %% [markdown]
# ## Summary
#
# - A loss is the surprise at the truth, $-\ln p(y\mid x)$, under a stated belief about noise: Gaussian gives squared
#   error, Laplace absolute error, Bernoulli and categorical give cross-entropy. Their best constants are mean, median
#   and frequency.
# - $J$ is the mean of the $L_i$; a minibatch estimates it, and its gradient, without bias.
# - Give the loss logits. By the formula softmax overflows at 710 (float64) and 89 (float32); log-sum-exp does not.
# - With the matching head the gradient is $\hat y-y$ for all three. A mismatched head (ReLU, a second softmax, a
#   sigmoid under squared error) stalls.
# - Losses are comparable only like with like, and only on new data do they say how good a model is.
#
# ## Exercises
#
# ### Exercise 1 · A sum that overflows
#
# What is $\ln(e^{1000}+e^{1000}+e^{1000}+e^{1000})$? Two decimals are enough.

# %%
answer = None
exercise("loss-log-sum-exp", answer)

# %% tags=["hide-cell", "solution"]
exercise("loss-log-sum-exp", 1000 + math.log(4))

# %% [markdown]
# ### Exercise 2 · Binary cross-entropy that survives
#
# Write `bce_from_logits(z, y)` for arrays of logits and of targets in [0, 1]: the mean of
# $-y\ln\sigma(z) - (1-y)\ln(1-\sigma(z))$. It must be finite and right at $z=\pm1000$.

# %%
def bce_from_logits(z, y):
    ...


exercise("loss-stable-bce", bce_from_logits)

# %% [markdown]
# <details><summary>Solution</summary>
#
# $-\ln\sigma(z) = \ln(1+e^{-z})$ and $-\ln(1-\sigma(z)) = \ln(1+e^{z}) = z + \ln(1+e^{-z})$. So $L = \ln(1+e^z) - yz$,
# and $\ln(1+e^z) = \ln(e^0+e^z)$ is a log-sum-exp of two: $\max(z,0)+\ln(1+e^{-|z|})$.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("loss-stable-bce", lambda z, y: (np.maximum(z, 0) - y * z + np.log1p(np.exp(-np.abs(z)))).mean())

# %% [markdown]
# ### Exercise 3 · Which belief?
#
# You predict delivery times and want the number that a parcel beats nine times in ten. Being late costs nine times as
# much a minute as being early: $L = 0.9\,(y-\hat y)$ if $y>\hat y$, else $0.1\,(\hat y-y)$. Which *whole* constant
# $\hat y$ has the least mean loss on the delivery times $1, 2, 3, \dots, 99$?

# %%
answer = None
exercise("loss-quantile", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Move $\hat y$ up by a little: the loss of every later parcel falls at rate 0.9, that of every earlier one rises at
# rate 0.1. The two balance where nine tenths lie below: at the 0.9-quantile. Of 1 to 99, that is 90. Squared error
# answers with the mean, absolute error with the median, and this one, the *pinball loss*, with any quantile you like.
#
# </details>

# %% tags=["hide-cell", "solution"]
times, candidates = np.arange(1, 100)[:, None], np.arange(1, 100)
pinball = np.where(times > candidates, 0.9 * (times - candidates), 0.1 * (candidates - times))     # (99, 99)
exercise("loss-quantile", int(candidates[pinball.mean(axis=0).argmin()]))

# %% [markdown]
# ### Exercise 4 · A loss for counts
#
# Counts (emails an hour, say) are often Poisson: $p(y\mid x) = \lambda^y e^{-\lambda}/y!$ with $\lambda>0$. The head is
# $\lambda = e^z$. Write `poisson_loss(z, y)` that returns the pair (mean loss without the constant $\ln y!$, its
# gradient by $z$, of the shape of $z$).

# %%
def poisson_loss(z, y):
    ...


exercise("loss-poisson", poisson_loss)

# %% [markdown]
# <details><summary>Solution</summary>
#
# $L_i = \lambda - y\ln\lambda = e^z - yz$, so $\partial L_i/\partial z = e^z - y = \hat y - y$: a fourth row of the
# table of heads. The mean brings the factor $1/B$.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("loss-poisson", lambda z, y: ((np.exp(z) - y * z).mean(), (np.exp(z) - y) / len(z)))

# %% [markdown]
# ### Exercise 5 · The gradient with smoothing
#
# Write `smoothed_gradient(Z, y, epsilon)`: the gradient of the *mean* label-smoothed cross-entropy by the logits $Z$ of
# shape $(B, K)$, for labels $y$ of shape $(B,)$.

# %%
def smoothed_gradient(Z, y, epsilon):
    ...


exercise("loss-smoothed-gradient", smoothed_gradient)

# %% tags=["hide-cell", "solution"]
exercise("loss-smoothed-gradient", lambda Z, y, epsilon: (
    np.exp(log_softmax_rows(Z)) - (1 - epsilon) * np.eye(Z.shape[1])[y] - epsilon / Z.shape[1]) / len(y))

# %% [markdown]
# ### Exercise 6 · A proof
#
# Show that softmax does not change when the same number $c$ is added to every logit. Conclude (a) that log-sum-exp may
# subtract the maximum, (b) that each row of $\partial L/\partial Z$ sums to 0, whatever the target row $y$ with sum 1,
# and (c) that for $K=2$ softmax is a sigmoid.
#
# <details><summary>Solution</summary>
#
# $\dfrac{e^{z_k+c}}{\sum_j e^{z_j+c}} = \dfrac{e^c\,e^{z_k}}{e^c\sum_j e^{z_j}} = p_k$, since $e^c>0$ cancels.
#
# (a) Choose $c=-\max_j z_j$. (b) $L$ depends on $p$ alone, so $L(z + c\mathbf 1) = L(z)$ for every $c$. Differentiate
# by $c$ at 0: $\sum_k \partial L/\partial z_k = 0$. Directly: $\sum_k (p_k-y_k) = 1-1$. (c) Add $c=-z_2$: the logits
# become $(z_1-z_2,\ 0)$, so $p_1 = \dfrac{e^{z_1-z_2}}{e^{z_1-z_2}+1} = \sigma(z_1-z_2)$. One of two logits is
# superfluous.
#
# </details>

# %% [markdown]
# ## Sources
#
# [Goodfellow, Bengio and Courville, 2016](../../book/bibliography.md#goodfellow2016deep), sections 5.5 and 6.2, losses as negative log-likelihood ·
# [Blanchard, Higham and Higham, 2021](../../book/bibliography.md#blanchard2021accurately), the rounding error of log-sum-exp ·
# [Glorot and Bengio, 2010](../../book/bibliography.md#glorot2010understanding), squared error and cross-entropy in deep networks ·
# [Huber, 1964](../../book/bibliography.md#huber1964robust) ·
# [Szegedy et al., 2016](../../book/bibliography.md#szegedy2016rethinking), label smoothing ·
# [Zhang et al., 2017](../../book/bibliography.md#zhang2017understanding), random labels.
