# %% [markdown]
# # Batch, stochastic, mini-batch
#
# **After this section** you can say what one random sample tells about the [gradient](../../book/glossary.md#gradient) of a million, how its noise shrinks
# with the [batch size](../../book/glossary.md#batch-size), why a constant step ends in a cloud and not at the minimum, and you have repaired three functions that many readers have copied.
# *Reading: 25 minutes. Running: about half a minute.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import ast
import inspect
import itertools
import time

import numpy as np

from chainrule import Tensor, data, nn, optim, plotting, train
from chainrule.nn import functional as F
from chainrule.proof import claim, exercise, parity, same

# %% [markdown]
# ## The question
#
# [Gradient descent](01_gradient_descent.ipynb) looks at every sample before it takes a step. With a million samples that is a lot of looking for one
# step. Could a few samples show the way nearly as well, and leave time for more steps?
#
# The smallest example that shows the difficulty: fit one number $\theta$ to $y = (1, 2, 6)$ by the [mean squared error](../../book/glossary.md#mean-squared-error). Sample $i$ has the loss
# $J_i(\theta) = (\theta - y_i)^2$ and the gradient $2(\theta - y_i)$; with $\eta = \tfrac14$ a step goes half-way to the mean of the samples that it looks at.
#
# | symbol | shape | meaning |
# |---|---|---|
# | $m$ | | samples in the [training set](../../book/glossary.md#training-set) |
# | $J_i(\theta)$, $\nabla J_i$ | scalar, shape of $\theta$ | loss of sample $i$ and its gradient |
# | $J = \frac1m\sum_i J_i$ | scalar | the loss to be minimised |
# | $B$ | | batch size |
# | $S$ | $B$ indices | the batch |
# | $g = \frac1B\sum_{i\in S}\nabla J_i$ | shape of $\theta$ | gradient of the batch |
# | $\eta$ | | [learning rate](../../book/glossary.md#learning-rate) |
#
# Start at $\theta = 0$ and take one [epoch](../../book/glossary.md#epoch), each sample looked at once. The minimum is at the mean, 3. **On paper first:** where does each line end?
#
# | batch size $B$ | updates | on paper |
# |---|---|---|
# | 3, all | 1 | $0 \to 1.5$ |
# | 2 | 2 | $0 \to 0.75 \to 3.375$ |
# | 1 | 3 | $0 \to 0.5 \to 1.25 \to 3.625$ |
#
# ## One function
#
# All three lines are one algorithm with another $B$:
#
# $$\theta \leftarrow \theta - \eta\,\frac1B\sum_{i\in S}\nabla J_i(\theta).$$
#
# Read aloud: *average the gradients of the batch, and step against the average.* With $B = m$ it is
# **[batch gradient descent](../../book/glossary.md#batch-gradient-descent)**, with $B = 1$ and a random sample
# **[stochastic gradient descent](../../book/glossary.md#stochastic-gradient-descent)** in the strict sense, in between it works on a **[minibatch](../../book/glossary.md#minibatch)**, also written mini-batch.

# %% tags=["settles-S2-X3"]
def mean_gradient(theta, X, y):
    """Return the gradient of mean (Xθ - y)², in the shape of θ. X (B, D), θ (D,) or (D, 1), y like Xθ."""
    if X.dot(theta).shape != y.shape:
        raise ValueError(f"y must have the shape of X @ theta, {X.dot(theta).shape}; got {y.shape}")
    return 2 / len(y) * X.T.dot(X.dot(theta) - y)


def minibatch_descent(gradient, theta, X, y, batch_size, learning_rate, epochs, rng=None):
    """Yield the parameters after every update; without `rng` the samples come in their order."""
    m = len(y)
    for _ in range(epochs):
        order = np.arange(m) if rng is None else rng.permutation(m)
        for start in range(0, m, batch_size):
            rows = np.sort(order[start : start + batch_size])       # a sum has no order: keep the data's
            theta = theta - learning_rate * gradient(theta, X[rows], y[rows])
            yield theta


ones, three = np.ones((3, 1)), np.array([1.0, 2.0, 6.0])
ends = {B: [t.item() for t in minibatch_descent(mean_gradient, np.zeros(1), ones, three, B, 0.25, 1)] for B in (3, 2, 1)}
claim("batch-paper", "On paper and in NumPy the last update of each line ends at 1.5, 3.375 and 3.625.",
      [ends[B][-1] for B in (3, 2, 1)], expected=[1.5, 3.375, 3.625])

# %% [markdown]
# For the price of three gradients the full batch has made one careful step and is 1.5 away from the minimum; single samples have made three careless ones
# and are 0.625 away. They have also run *past* the minimum, and would end elsewhere had the samples come in another order. More steps for the same work, and noise: that is
# the trade, and the rest of this section measures both sides of it.
#
# Samples are drawn here without replacement, epoch by epoch, as all frameworks do. In two dimensions the three regimes look like this.

# %% mystnb={"image": {"alt": "Contour lines of a mean squared error with two parameters and three paths over it. The full batch takes a smooth line of twelve steps and stops two thirds of the way; batches of ten come closer on a crooked line; single samples reach the minimum and then scatter around it."}}
rng = np.random.default_rng(4)
X = np.c_[np.ones(60), rng.normal(size=60)]
y = X @ [1.0, 2.0] + rng.normal(size=60)
paths = {f"B = {B}": np.array([[0.0, 0.0], *minibatch_descent(mean_gradient, np.zeros(2), X, y, B, 0.04, epochs, rng)])
         for B, epochs in [(60, 12), (10, 4), (1, 2)]}


def surface_of(a, b):
    return ((a[..., None] + b[..., None] * X[:, 1] - y) ** 2).mean(-1)


_ = plotting.contour(surface_of, (-0.4, 2.2), (-0.3, 3.0), paths=paths, log=True, xlabel="intercept", ylabel="slope",
                     title="The same learning rate: smooth and slow, or quick and restless")

# %% [markdown]
# The full batch was given 12 epochs, batches of ten 4, single samples 2.
#
# The library splits an epoch with `data.batches`, takes the gradient from the engine, and steps with `optim.SGD`. It must agree with the readable function.

# %%
def by_library(X, y, batch_size, seed):
    """Return the parameters after two epochs of the library's tools."""
    theta, rng = Tensor(np.zeros(2), requires_grad=True), np.random.default_rng(seed)
    sgd = optim.SGD([theta], lr=0.05)
    for _ in range(2):
        for x_batch, y_batch in data.batches(X, y, batch_size, rng):
            sgd.zero_grad()
            ((Tensor(x_batch) @ theta - y_batch) ** 2).mean().backward()
            sgd.step()
    return theta.data


def by_readable(X, y, batch_size, seed):
    *_, theta = minibatch_descent(mean_gradient, np.zeros(2), X, y, batch_size, 0.05, 2, np.random.default_rng(seed))
    return theta


same("the library's loop is the readable one, for every batch size", by_readable, by_library,
     [(X, y, B, seed) for B in (1, 7, 60) for seed in (0, 1)])

# %% [markdown]
# ## Three functions, as printed
#
# The second of the two articles that this book began with explains gradient descent, stochastic gradient descent and batch gradient descent as three algorithms, and prints three
# functions. They are short, they run, and they have been copied often. Here they are, character for character.

# %%
printed = '''
def gradient_descent(theta, X, y, learning_rate):
    m = len(y)
    gradients = 2/m * X.T.dot(X.dot(theta) - y)
    theta = theta - learning_rate * gradients
    return theta

def stochastic_gradient_descent(theta, X, y, learning_rate):
    m = len(y)
    for i in range(m):
        gradients = 2/m * X[i].dot(X[i].dot(theta) - y[i])
        theta = theta - learning_rate * gradients
    return theta

def batch_gradient_descent(theta, X, y, learning_rate):
    m = len(y)
    gradients = 2/m * X.T.dot(X.dot(theta) - y)
    theta = theta - learning_rate * gradients
    return theta
'''
article = {"np": np}
exec(printed, article)

# %% [markdown]
# Read them once more before you go on. There are four things to find: one concerns the first and the third together, three the one in the middle.
#
# **First: two names, one algorithm.** The third function is the first under another name. Batch gradient descent *is* gradient descent on the full set
# ([Bottou, Curtis and Nocedal, 2018](../../book/bibliography.md#bottou2018optimization)); the article's two formulas, too, are one formula. Nor is it "a variant of SGD": SGD is the approximation, and its $B = m$ gives back the original.

# %% tags=["settles-C9", "settles-M7", "settles-X16", "settles-S2-F3", "settles-SYS-30"]
bodies = {f.name: [ast.dump(line) for line in f.body] for f in ast.parse(printed).body}
claim("batch-same-body", "The bodies of `gradient_descent` and `batch_gradient_descent` are the same code.",
      bodies["gradient_descent"] == bodies["batch_gradient_descent"], expected=True)


def start_of(seed, m=1000):
    """Return (X, y, least-squares solution): a straight line with a little noise."""
    rng = np.random.default_rng(seed)
    X = np.c_[np.ones(m), rng.normal(size=m)]
    y = X @ [1.0, 2.0] + 0.1 * rng.normal(size=m)
    return X, y, np.linalg.lstsq(X, y, rcond=None)[0]


X, y, best = start_of(0)
theta, equal = np.zeros(2), []
for ours in minibatch_descent(mean_gradient, np.zeros(2), X, y, len(y), 0.05, 100, np.random.default_rng(0)):
    theta = article["gradient_descent"](theta, X, y, 0.05)
    equal.append(np.array_equal(ours, theta))
claim("batch-bitwise", "With B = m our one function gives gradient descent to the last bit, 100 updates long, although it shuffles.",
      sum(equal), expected=100)

# %% [markdown]
# To the last bit, since inside a batch we keep the samples in the order of the data: floating-point sums depend on their order, and here the order is the same.
#
# **Second: $2/m$ inside the loop over the samples.** The gradient of one sample is $2x_i(x_i\theta - y_i)$. Divided by $m$ it is $m$ times too small, and
# $m$ of these steps make one step of gradient descent, at the price of $m$. **Predict:** after one call with 1 000 samples, how far apart are the articles' `stochastic_gradient_descent` and `gradient_descent`?

# %% tags=["settles-C11"]
theta = np.array([0.3, -0.2])
as_printed_steps = [2 / len(y) * X[i].dot(X[i].dot(theta) - y[i]) for i in range(len(y))]
claim("batch-too-small", "The mean printed step is the gradient divided by m = 1 000.",
      np.mean(as_printed_steps, axis=0) / mean_gradient(theta, X, y), expected=np.full(2, 1e-3), tolerance=1e-9, relative=True)


def epochs_needed(step, X, y, best, *rng):
    """Return how many calls of `step` bring θ from 0 to within 0.05 of `best`."""
    theta = np.zeros(2)
    for n in itertools.count(1):
        theta = step(theta, X, y, 0.05, *rng)
        if np.linalg.norm(theta - best) < 0.05:
            return n


def repaired(theta, X, y, learning_rate, rng):
    """Take one epoch of stochastic gradient descent."""
    *_, theta = minibatch_descent(mean_gradient, theta, X, y, 1, learning_rate, 1, rng)
    return theta


# %%
needed = {"gradient_descent": [], "stochastic_gradient_descent": [], "repaired": []}
for seed in range(3):
    X, y, best = start_of(seed)
    for name in ("gradient_descent", "stochastic_gradient_descent"):
        needed[name].append(epochs_needed(article[name], X, y, best))
    needed["repaired"].append(epochs_needed(repaired, X, y, best, np.random.default_rng(seed)))
for name, n in needed.items():
    print(f"{name:28s} {n} epochs")
one_call = [article[f"{kind}gradient_descent"](np.zeros(2), X, y, 0.05) for kind in ("", "stochastic_")]
claim("batch-one-call", "One call of the printed SGD, 1 000 updates, lands within 6 % of one step of gradient descent.",
      np.linalg.norm(one_call[1] - one_call[0]) / np.linalg.norm(one_call[0]), at_most=0.06)
claim("batch-epochs-printed", "The printed SGD needs as many epochs as gradient descent or more, over thirty.",
      min(s - max(g, 30) for s, g in zip(needed["stochastic_gradient_descent"], needed["gradient_descent"])), at_least=0)
claim("batch-epochs-repaired", "Without 1/m, and shuffled, one epoch is enough, in each of three runs.", max(needed["repaired"]), expected=1)

# %% [markdown]
# **Third: `for i in range(m)` is not stochastic.** The article calls the method random in its name, says "a part of the data" in its text, writes one sample $i$ in its formula, and its code goes through *all* samples *in order*. No line of it draws a
# number. Does it matter? Let the labels be sorted, as files often are: 500 zeros, then 500 ones, and fit the constant that should come out as one half. To see the order alone we first remove the $1/m$; `rng=None` in our function is that loop.

# %% tags=["settles-C12", "settles-F39", "settles-X17", "settles-S2-X2"]
X, y = np.ones((1000, 1)), np.repeat([0.0, 1.0], 500)
in_order = [article["stochastic_gradient_descent"](np.zeros(1), X, y, 0.05) for _ in range(2)]
claim("batch-no-randomness", "Nothing random stands in the printed code, and two calls agree to the last bit.",
      [word in printed for word in ("random", "rng", "shuffle")] + [bool(in_order[0] == in_order[1])], expected=[False] * 3 + [True])
claim("batch-hidden", "The printed function ends at 0.0488, far below one half.", in_order[0].item(), expected=0.0488, tolerance=1e-4)
*_, by_order = minibatch_descent(mean_gradient, np.zeros(1), X, y, 1, 0.05, 1)
by_chance = [repaired(np.zeros(1), X, y, 0.05, np.random.default_rng(seed)).item() for seed in range(20)]
print(f"in order {by_order.item():.3f}, shuffled {np.mean(by_chance):.2f} ± {np.std(by_chance, ddof=1):.2f} over 20 seeds")
claim("batch-sorted", "One epoch through sorted labels ends at 1.000: the zeros of the first half are forgotten.",
      by_order.item(), expected=1.0, tolerance=1e-6)
claim("batch-shuffled", "Shuffled, it ends near one half, on average over 20 seeds.", np.mean(by_chance), expected=0.5, tolerance=0.08)
claim("batch-seeded", "The same seed gives the same path, and 20 seeds give 20 different ones.",
      [repaired(np.zeros(1), X, y, 0.05, np.random.default_rng(3)).item() == by_chance[3], len(set(by_chance))], expected=[True, 20])

# %% [markdown]
# The printed function, with its $1/m$, does not get far enough to forget: its first mistake hides the second. Repair one without the other and matters look worse than before.
#
# **Fourth: a column breaks it.** Elsewhere $\theta$ is often a column $(D, 1)$. Then `X[i].dot(theta)` has shape $(1,)$, and `X[i].dot` of that is a product of shapes that do not
# match. `X[rows]` keeps two dimensions for any batch size, and `mean_gradient` says what it wants.

# %% tags=["settles-C13"]
def message_of(call):
    try:
        call()
    except ValueError as error:
        return str(error)
    return "runs"


column, X, y = np.zeros((2, 1)), *start_of(1, m=20)[:2]
print("printed: ", message_of(lambda: article["stochastic_gradient_descent"](column, X, y, 0.05)))
print("refused: ", message_of(lambda: mean_gradient(column, X, y)))
claim("batch-column-printed", "With a column of parameters the printed function raises an error about shapes.",
      "not aligned" in message_of(lambda: article["stochastic_gradient_descent"](column, X, y, 0.05)), expected=True)
as_column = list(minibatch_descent(mean_gradient, column, X, y[:, None], 1, 0.05, 3, np.random.default_rng(0)))[-1]
as_vector = list(minibatch_descent(mean_gradient, np.zeros(2), X, y, 1, 0.05, 3, np.random.default_rng(0)))[-1]
claim("batch-column", "Ours gives the same numbers for a column and for a vector.",
      np.abs(as_column.ravel() - as_vector).max(), at_most=1e-12)

# %% [markdown]
# ## Right on average
#
# Why may one sample stand for all? Since a uniformly drawn one is right on average: its gradient is an [unbiased estimate](../../book/glossary.md#unbiased-estimator) of the full one,
#
# $$\mathrm E_i[\nabla J_i(\theta)] = \frac1m\sum_{i=1}^m \nabla J_i(\theta) = \nabla J(\theta),$$
#
# and so is the mean over any random batch of fixed size. For [softmax](../../book/glossary.md#softmax) regression on the 1 437 training digits, 650 parameters, we need not trust sampling: we average over all samples. The gradient of the
# [cross-entropy](../../book/glossary.md#cross-entropy) is $X^\top(P - Y)/B$ with the predicted probabilities $P$, from [Losses](../02_backprop/02_losses.ipynb).

# %% tags=["settles-S2-F2", "settles-SYS-29", "settles-F40"]
digits = data.digits(dtype=np.float64)
X, Y = np.c_[digits.x_train, np.ones(1437)], data.one_hot(digits.y_train, 10).astype(np.float64)
m = len(X)


def probabilities(W, X):
    scores = np.exp(X @ W - (X @ W).max(1, keepdims=True))
    return scores / scores.sum(1, keepdims=True)


def digit_gradient(W, X, Y):
    """Return the gradient of the mean cross-entropy, (65, 10)."""
    return X.T @ (probabilities(W, X) - Y) / len(X)


def digit_loss(W, X=X, Y=Y):
    return -np.log((probabilities(W, X) * Y).sum(1)).mean()


W = 0.1 * np.random.default_rng(0).normal(size=(65, 10))
full = digit_gradient(W, X, Y)
each = np.array([digit_gradient(W, X[i : i + 1], Y[i : i + 1]).ravel() for i in range(m)])      # (m, 650)
claim("batch-unbiased", "The mean of the gradients of all 1 437 single digits is the full gradient.",
      np.abs(each.mean(0) - full.ravel()).max(), at_most=1e-12)
pairs = [each[list(S)].mean(0) for S in itertools.combinations(range(12), 2)]
claim("batch-unbiased-pairs", "So is the mean over all 66 pairs of twelve digits, for those twelve.",
      np.abs(np.mean(pairs, axis=0) - each[:12].mean(0)).max(), at_most=1e-12)

# %% [markdown]
# Right on average does not mean nearly right. How large is one sample's error against what it estimates?

# %%
spread = ((each - full.ravel()) ** 2).sum(1).mean()          # trace of the covariance of one sample's gradient
ratio = (spread / (full**2).sum()) ** 0.5
cosines = each @ full.ravel() / np.linalg.norm(each, axis=1) / np.linalg.norm(full)
print(f"error of a single gradient over the full gradient's length: {ratio:.1f}")
claim("batch-noise-ratio", "A single digit's gradient is wrong by more than four times the length of what it estimates.", ratio, at_least=4.0)
claim("batch-downhill", "Even so about nine of ten single digits point downhill here, far from the minimum.", (cosines > 0).mean(), expected=0.9, tolerance=0.02)

# %% [markdown]
# ## Noise against batch size
#
# Averages of $B$ independent draws have a $B$-th of the [variance](../../book/glossary.md#variance). Without replacement it is smaller still, since the batch cannot repeat itself and at $B = m$ nothing is left to chance. With $s^2$ for the
# variance of one sample's gradient, all components added up,
#
# $$\mathrm E\lVert g - \nabla J\rVert^2 = \frac{s^2}{B}\ \text{ with replacement},\qquad \frac{s^2}{B}\cdot\frac{m-B}{m-1}\ \text{ without.}$$
#
# The second factor is exact, which eight digits and all their subsets show; the digits of the whole set show the rest.

# %%
few = each[:8]
s2 = ((few - few.mean(0)) ** 2).sum(1).mean()
exact = [np.mean([((few[list(S)].mean(0) - few.mean(0)) ** 2).sum() for S in itertools.combinations(range(8), B)]) for B in range(1, 8)]
claim("batch-finite-population", "Over all subsets of eight digits the variance is s²/B · (m - B)/(m - 1), for B = 1 to 7.",
      np.array(exact) / s2, expected=np.array([(8 - B) / (7 * B) for B in range(1, 8)]), tolerance=1e-9, relative=True)

sizes = 2 ** np.arange(11)


def measured_variance(B, replacement, rng, draws=200):
    """Return the mean squared error of `draws` batch gradients."""
    shares = np.zeros((draws, m))               # how much of each sample is in each batch
    for row in shares:
        np.add.at(row, rng.integers(m, size=B) if replacement else rng.permutation(m)[:B], 1 / B)
    return (((shares - 1 / m) @ each) ** 2).sum(1).mean()


noise = {replacement: np.array([[measured_variance(B, replacement, np.random.default_rng(seed)) for B in sizes] for seed in range(3)])
         for replacement in (True, False)}

# %% mystnb={"image": {"alt": "Variance of the batch gradient against batch size from 1 to 1024 on two logarithmic axes. With replacement the points lie on a straight line of slope minus one; without replacement they follow it up to about 128 and then fall below, to less than a third of it at 1024."}}
_ = plotting.curves({"with replacement": (sizes, noise[True].mean(0)), "without replacement": (sizes, noise[False].mean(0)),
                     "$s^2/B$": (sizes, spread / sizes)}, logx=True, logy=True, labels="legend",
                    title="Half the noise costs four times the batch", xlabel="batch size", ylabel="variance of the gradient")

# %%
slopes = [np.polyfit(np.log(sizes), np.log(v), 1)[0] for v in noise[True]]
factor = noise[False].mean(0) * sizes / spread
print("slopes:", *(f"{s:.2f}" for s in slopes), " factor without replacement at B = 512, 1024:", *(f"{f:.2f}" for f in factor[-2:]))
claim("batch-slope", "With replacement the variance falls like 1/B: the slope is -1, from 1 to 1024.", np.mean(slopes), expected=-1.0, tolerance=0.03)
claim("batch-without", "Without replacement the measured factor is (m - B)/(m - 1), within 8 % at every size.",
      factor, expected=(m - sizes) / (m - 1), tolerance=0.08, relative=True)

# %% [markdown]
# The standard deviation falls like $1/\sqrt B$ while the work grows like $B$: the second half of a large batch teaches less than the first. That is the case for small batches.
#
# ## The noise floor
#
# Near the minimum the full gradient vanishes and the noise does not. Take the fit of a mean again, now with $J_i = \tfrac12(\theta - y_i)^2$ so that a step goes a share $\eta$ of the way to $y_i$, and draw $i$ with
# replacement:
#
# $$\theta_{t+1} - \bar y = (1-\eta)(\theta_t - \bar y) + \eta\,(y_i - \bar y).$$
#
# The two terms are independent, so the variance $v$ of $\theta$ obeys $v_{t+1} = (1-\eta)^2v_t + \eta^2\sigma^2$, whatever the start. It settles where both sides agree:
#
# $$v_\infty = \frac{\eta}{2-\eta}\,\sigma^2, \qquad\text{and with batches}\qquad v_\infty = \frac{\eta}{2-\eta}\,\frac{\sigma^2}{B}.$$
#
# *A constant step does not end at the minimum but in a cloud around it, whose size it sets: the [noise floor](../../book/glossary.md#noise-floor).* Measured on two thousand walks at a time:

# %%
samples = np.random.default_rng(1).normal(size=1000)
samples = (samples - samples.mean()) / samples.std()        # mean 0 and variance 1, exactly


def walk(steps, rng, batch_size=1, walks=2000, start=0.0):
    """Return the mean square of θ after each step, over many walks; `steps` holds the learning rates."""
    theta, squares = np.full(walks, start), []
    for eta in steps:
        drawn = samples[rng.integers(len(samples), size=(batch_size, walks))].mean(0)
        theta += eta * (drawn - theta)
        squares.append((theta**2).mean())
    return np.array(squares)


rng = np.random.default_rng(2)
etas = np.array([0.2, 0.1, 0.05, 0.025])
floors = [walk(np.full(int(80 / eta), eta), rng)[int(8 / eta) :].mean() for eta in etas]
print("  ".join(f"η = {eta:g}: {floor:.4f}" for eta, floor in zip(etas, floors)))
claim("batch-floor", "The stationary variance is η/(2 - η), within 2 %, for four learning rates.",
      np.array(floors), expected=etas / (2 - etas), tolerance=0.02, relative=True)
claim("batch-floor-four", "Batches of four have a quarter of it.",
      walk(np.full(800, 0.1), rng, batch_size=4)[80:].mean(), expected=0.1 / 1.9 / 4, tolerance=0.03, relative=True)

# %% [markdown]
# To get below the floor one has to shrink the step. How fast? [Robbins and Monro, 1951](../../book/bibliography.md#robbins1951stochastic), ask for
#
# $$\sum_t \eta_t = \infty \qquad\text{and}\qquad \sum_t \eta_t^2 < \infty:$$
#
# *enough steps to get anywhere, and few enough to let the noise die.* For our mean, $\eta_t = 1/t$ has a familiar face: $\theta_t$ is then the average of the first $t$ samples. With $\eta_t = 1/t^2$ the first condition fails: the
# first sample keeps the share $\prod_{t\ge2}(1 - 1/t^2) = \tfrac12$ for ever. And $1/\sqrt t$? It breaks the second condition. **Predict** its curve before you run the cell.

# %% mystnb={"image": {"alt": "Mean squared distance from the minimum against the step, both logarithmic, to 3000 steps. Constant rates of 0.2 and 0.05 fall and then run level at their floors; 1/t falls in a straight line of slope minus one; 1 over root t falls half as steeply; 1/t squared stops above one quarter."}}
t = np.arange(1, 3001)
schedules = {"η = 0.2": np.full(3000, 0.2), "η = 0.05": np.full(3000, 0.05), "$1/\\sqrt{t}$": t**-0.5, "$1/t$": 1 / t, "$1/t^2$": 1 / t**2}
decay = {name: walk(steps, np.random.default_rng(5), walks=1000, start=3.0) for name, steps in schedules.items()}
shown = np.unique(np.logspace(0, np.log10(3000), 80).astype(int))
_ = plotting.curves({name: (shown, v[shown - 1]) for name, v in decay.items()}, logx=True, logy=True, markers=False, height=4,
                    title="Constant steps reach a floor; 1/t goes on falling", xlabel="step", ylabel="mean squared distance")

# %%
late = slice(100, 3000)
exponents = {name: np.polyfit(np.log(t[late]), np.log(decay[name][late]), 1)[0] for name in ("$1/t$", "$1/\\sqrt{t}$")}
claim("batch-robbins-monro", "With steps 1/t the squared distance falls like 1/t.", exponents["$1/t$"], expected=-1.0, tolerance=0.05)
claim("batch-root", "With steps one over root t it still falls, like one over root t.", exponents["$1/\\sqrt{t}$"], expected=-0.5, tolerance=0.05)
claim("batch-too-fast", "With steps 1/t² it stops above one quarter of σ², what half of the first sample leaves.", decay["$1/t^2$"][-1], at_least=0.25, at_most=0.5)
drawn = samples[np.random.default_rng(0).integers(1000, size=50)]
theta = 0.0
for k, value in enumerate(drawn, 1):
    theta += (value - theta) / k
claim("batch-running-mean", "With steps 1/t the parameter is the mean of the samples so far.", abs(theta - drawn.mean()), at_most=1e-12)

# %% [markdown]
# So the second condition is sufficient here, not necessary: it gives convergence of every single path with probability one and for far more problems than this one. In practice nobody waits for $1/t$: one runs at a
# constant rate until the loss is level, then cuts it. [Schedules](05_schedules.ipynb) compares the ways.
#
# ## Order
#
# Four ways to choose the next sample: the order of the file, one shuffle before training, a new shuffle every epoch ([reshuffling](../../book/glossary.md#reshuffling)), a fresh draw each time (with replacement). Linear regression, 100
# samples, five parameters, $B = 1$, a hundred walks at once in each of three runs.

# %%
def order_walk(kind, seed, eta, epochs, walks=100):
    """Return the mean squared distance from the solution after every epoch."""
    rng, data_rng = np.random.default_rng(seed), np.random.default_rng(0)
    X = np.c_[np.ones(100), data_rng.normal(size=(100, 4))]
    y = X @ data_rng.normal(size=5) + 0.5 * data_rng.normal(size=100)
    best, theta, distances = np.linalg.lstsq(X, y, rcond=None)[0], np.zeros((walks, 5)), []
    file = np.tile(np.arange(100), (walks, 1))
    once = rng.permuted(file, axis=1)
    for _ in range(epochs):
        order = {"sorted": lambda: np.argsort(y)[file], "shuffled once": lambda: once, "reshuffled": lambda: rng.permuted(file, axis=1),
                 "with replacement": lambda: rng.integers(100, size=file.shape)}[kind]()
        for i in order.T:
            theta -= eta * 2 * X[i] * ((X[i] * theta).sum(1) - y[i])[:, None]
        distances.append(((theta - best) ** 2).sum(1).mean())
    return distances


orders = ("with replacement", "sorted", "shuffled once", "reshuffled")
by_kind = {(kind, eta): np.array([order_walk(kind, seed, eta, epochs) for seed in range(3)])
           for eta, epochs in [(0.005, 25), (0.0025, 40)] for kind in orders}

# %% mystnb={"image": {"alt": "Squared distance from the solution against the epoch, logarithmic, four curves. All fall together at first; drawing with replacement levels off highest, sorted and shuffled once about ten times lower, reshuffled every epoch lowest by a further factor of three."}}
_ = plotting.curves({kind: (np.arange(1, 41), by_kind[kind, 0.0025].mean(0)) for kind in orders}, logy=True, markers=False,
                    title="A new shuffle each epoch has the lowest floor", xlabel="epoch", ylabel="mean squared distance")

# %%
level = {key: v[:, -5:].mean(1) for key, v in by_kind.items()}
exponent = {kind: np.log2(level[kind, 0.005].mean() / level[kind, 0.0025].mean()) for kind in orders}
for kind in orders:
    v = 1e4 * level[kind, 0.0025]
    print(f"{kind:17s} {v.mean():5.2f} ± {v.std(ddof=1):.2f} (times 10⁻⁴), in proportion to η^{exponent[kind]:.1f}")
claim("batch-reshuffle-replacement", "At η = 0.0025 reshuffling ends at least twenty times lower than drawing with replacement, in each run.",
      (level["with replacement", 0.0025] / level["reshuffled", 0.0025]).min(), at_least=20.0)
claim("batch-reshuffle-once", "It ends at least 2.5 times lower than one shuffle for all epochs, in each run.",
      (level["shuffled once", 0.0025] / level["reshuffled", 0.0025]).min(), at_least=2.5)
claim("batch-order-exponents", "Halving η divides the floors by 2 with replacement, by 4 in a fixed order, by 8 with reshuffling.",
      [exponent[kind] for kind in orders], expected=[1.0, 2.0, 2.0, 3.0], tolerance=0.25)

# %% [markdown]
# Why is reshuffling quieter than independent draws? Within an epoch each sample is used once, so to first order in $\eta$ the noise of the steps cancels over the epoch, and only a rest of order $\eta^2$ is left. In a fixed order that rest is the same in
# every epoch and adds up to a bias of order $\eta$, which the squared distance shows as $\eta^2$. With new shuffles most of it averages out, too, and at these rates what is left goes like $\eta^3$. [Mishchenko, Khaled and Richtárik, 2020](../../book/bibliography.md#mishchenko2020random), prove what holds in general.
#
# On the digits, sorted by class, the bias towards the last samples is the whole story:

# %%
def digit_accuracy(kind, seed, epochs=5):
    """Return the test accuracy after training with B = 16 in a given order."""
    rng, W = np.random.default_rng(seed), np.zeros((65, 10))
    by_class, once = np.argsort(digits.y_train, kind="stable"), rng.permutation(m)
    for _ in range(epochs):
        rows = {"sorted": lambda: by_class, "shuffled once": lambda: once, "reshuffled": lambda: rng.permutation(m),
                "with replacement": lambda: rng.integers(m, size=m)}[kind]()
        *_, W = minibatch_descent(digit_gradient, W, X[rows], Y[rows], 16, 0.1, 1)
    return (probabilities(W, np.c_[digits.x_test, np.ones(360)]).argmax(1) == digits.y_test).mean()


accuracies = {kind: [digit_accuracy(kind, seed) for seed in range(3)] for kind in orders}
for kind, a in accuracies.items():
    print(f"{kind:17s} {np.mean(a):.3f} ± {np.std(a, ddof=1):.3f}")
claim("batch-sorted-digits", "Sorted by class the same training loses at least 25 points of accuracy.",
      min(accuracies["reshuffled"]) - max(accuracies["sorted"]), at_least=0.25)
claim("batch-three-orders", "The three random orders do not differ by more than three points here.",
      np.ptp([np.mean(accuracies[kind]) for kind in accuracies if kind != "sorted"]), at_most=0.03)

# %% [markdown]
# Between the random orders there is nothing to see on the digits after five epochs: the distance to the minimum is still far above every floor. The order of the file is another matter. Shuffle.
#
# ## Work and progress
#
# Three clocks: *samples* looked at, *[epochs](../../book/glossary.md#epoch)* (samples over $m$), and *updates*, $\lceil m/B\rceil$ an epoch. A figure that says "steps" without saying which is worth nothing. Ten epochs on the digits, one
# learning rate, five batch sizes, by two clocks.

# %% mystnb={"image": {"alt": "Two panels of training loss on the digits for batch sizes 1, 8, 64, 512 and 1437. Against epochs the small batches are far ahead and the full batch has hardly moved after ten. Against updates, on a logarithmic axis, all five lie on one curve, each further along it the smaller the batch."}}
def epoch_losses(B, eta, epochs, seed):
    """Return the loss on the whole training set before training and after every epoch."""
    path = minibatch_descent(digit_gradient, np.zeros((65, 10)), X, Y, B, eta, epochs, np.random.default_rng(seed))
    per_epoch = -(-m // B)
    return np.array([np.log(10), *map(digit_loss, itertools.islice(path, per_epoch - 1, None, per_epoch))])


clock = {B: np.array([epoch_losses(B, 0.1, 10, seed) for seed in range(3)]) for B in (1, 8, 64, 512, m)}
fig, axes = plotting.new_figure(1, 2, height=3.2, sharey=True)
for ax, log in zip(axes, (False, True)):
    _ = plotting.curves({f"B = {B}": ((np.arange(11) * -(-m // B))[1:] if log else np.arange(1, 11), v.mean(0)[1:]) for B, v in clock.items()},
                        ax=ax, labels="none" if log else "direct", logx=log, logy=True, markers=False,
                        xlabel="updates" if log else "epochs", ylabel="" if log else "training loss",
                        title="By updates they are one" if log else "By epochs they differ")

# %%
final = {B: v[:, -1] for B, v in clock.items()}
for B, v in final.items():
    print(f"B = {B:4d}  updates {10 * -(-m // B):6d}  loss {v.mean():.3f} ± {v.std(ddof=1):.3f}")
claim("batch-epochs", "After ten epochs at the same rate the full batch has a loss more than ten times that of B = 8.",
      final[m].min() / final[8].max(), at_least=10.0)
*_, W = minibatch_descent(digit_gradient, np.zeros((65, 10)), X, Y, m, 0.1, 10 * 23)
claim("batch-updates", "After equally many updates, 230, the full batch and B = 64 have the same loss, within 2 %.",
      digit_loss(W) / final[64].mean(), expected=1.0, tolerance=0.02)

# %% [markdown]
# > **Misconception.** A bigger batch follows the same path, only faster.
#
# By the clock of updates it follows nearly the same path, and *pays more for each point of it*; by the clock of epochs it lags, since it makes fewer updates. What can be traded is the learning rate: $k$ small
# steps in nearly the same direction are one step $k$ times as long. That is the [linear scaling rule](../../book/glossary.md#linear-scaling-rule), $\eta \propto B$, and it holds until the long step overshoots.

# %%
scaled = {B: np.array([epoch_losses(B, 0.02 * B / 8, 3, seed)[-1] for seed in range(3)]) for B in (8, 64, 512, m)}
unscaled = {B: epoch_losses(B, 0.02, 3, 0)[-1] for B in scaled}
for B, v in scaled.items():
    print(f"B = {B:4d}  η = {0.02 * B / 8:.2f}: {v.mean():.3f} ± {v.std(ddof=1):.3f}   η = 0.02: {unscaled[B]:.3f}")
claim("batch-not-same-path", "At one learning rate and after equally many epochs the full batch has covered less than 3 % of the way that B = 8 has.",
      (np.log(10) - unscaled[m]) / (np.log(10) - unscaled[8]), at_most=0.03)
claim("batch-scaling", "With η in proportion to B, batches of 8, 64 and 512 reach the same loss in three epochs, within 6 %.",
      [scaled[B].mean() / scaled[8].mean() for B in (64, 512)], expected=[1.0, 1.0], tolerance=0.06)
claim("batch-scaling-breaks", "At B = m, η = 3.6, the rule has broken: the loss is at least 10 % higher.", scaled[m].mean() / scaled[8].mean(), at_least=1.1)

# %% [markdown]
# Where it breaks, $\eta$ has passed the step limit $2/L$ of [gradient descent](01_gradient_descent.ipynb), which no averaging lifts. [Beyond one machine](06_beyond_one_machine.ipynb) takes this up with batches in the thousands.
#
# ## What a sample costs
#
# If only samples counted, $B = 1$ would be hard to beat. But an update has a fixed price $a$, whatever its size, beside the price $b$ of each sample: $a + bB$ an update, $a/B + b$ a sample. We measure CPU time and
# give it in units of the price at $B = 256$, as seconds are a matter of the machine.

# %% tags=["nbval-ignore-output"]
def price(B, repeats=3, n_samples=4096):
    """Return the CPU time a sample of `n_samples / B` updates; the best of `repeats`."""
    W, best = np.zeros((65, 10)), np.inf
    for _ in range(repeats):
        begin = time.process_time()
        for start in range(0, n_samples, B):
            rows = np.arange(start, start + B) % m
            W = W - 0.1 * digit_gradient(W, X[rows], Y[rows])
        best = min(best, time.process_time() - begin)
    return best / n_samples


prices = {B: price(B) for B in (1, 4, 16, 64, 256)}
print("  ".join(f"B = {B}: {p / prices[256]:.1f}" for B, p in prices.items()))
claim("batch-price", "A sample in a batch of one costs at least four times what it costs in a batch of 256.", prices[1] / prices[256], at_least=4.0)

# %% [markdown]
# That is the case for batches that are not too small, and on hardware with thousands of cores $a$ weighs more. Between the two cases lie the batch sizes in use, from 16 to a few hundred.
#
# ## When the noise vanishes by itself
#
# The floor came from gradients $\nabla J_i$ that disagree *at the minimum*. If the model can fit every sample exactly, all of them vanish there, and so does the noise. This is called
# [interpolation](../../book/glossary.md#interpolation), and large networks are often near it ([Ma, Bassily and Belkin, 2018](../../book/bibliography.md#ma2018power)). Linear regression with and without noise in the targets, $B = 1$, one constant step:

# %% mystnb={"image": {"alt": "Squared distance from the solution against the epoch on a logarithmic axis. With noisy targets it levels off near three hundredths; with exact targets it falls in a straight line to ten to the minus twenty-seven, where rounding stops it."}}
def distances(noise, seed, epochs=16):
    """Return the squared distance from the solution after every epoch, η = 0.01, m = 200, D = 20."""
    rng = np.random.default_rng(seed)
    A, truth = rng.normal(size=(200, 20)), rng.normal(size=20)
    b = A @ truth + noise * rng.normal(size=200)
    path = minibatch_descent(mean_gradient, np.zeros(20), A, b, 1, 0.01, epochs, rng)
    best = np.linalg.lstsq(A, b, rcond=None)[0]
    return [((theta - best) ** 2).sum() for theta in itertools.islice(path, 199, None, 200)]


exactly = {name: np.array([distances(noise, seed) for seed in range(3)]) for name, noise in [("noisy targets", 0.5), ("exact targets", 0.0)]}
_ = plotting.curves({name: (np.arange(1, 17), np.exp(np.log(v).mean(0))) for name, v in exactly.items()}, logy=True, markers=False,
                    title="Without noise at the minimum a constant step converges", xlabel="epoch", ylabel="squared distance")

# %%
claim("batch-interpolation", "With exact targets a constant step reaches the solution to rounding: squared distance below 1e-20 in each run.",
      exactly["exact targets"][:, -1].max(), at_most=1e-20)
claim("batch-no-interpolation", "With noisy targets it stays above 0.005 in each run.", exactly["noisy targets"][:, -5:].min(), at_least=0.005)

# %% [markdown]
# ## The last batch, and the loss that is printed
#
# 1 437 is 22 times 64 and 29 over. The last batch is smaller, its gradient noisier, and its samples count for more: each has the share $1/29$ of an update where others have $1/64$. So a plain mean over the batches is *not* the mean over the
# samples; weigh by the sizes, as `train.fit` does, or drop the last one, as `drop_last=True` does. With a new shuffle each epoch, other samples are left out each time.

# %%
parts = list(data.batches(X, Y, 64))
of_parts = [digit_gradient(W, x, t) for x, t in parts]
weights = [len(x) / m for x, _ in parts]
plain, weighted = np.mean(of_parts, axis=0), sum(w * g for w, g in zip(weights, of_parts))
claim("batch-last-size", "An epoch of 64s has 23 batches, the last of 29; with `drop_last` it has 22.",
      [len(parts), len(parts[-1][0]), len(list(data.batches(X, Y, 64, drop_last=True)))], expected=[23, 29, 22])
claim("batch-last-weighted", "Weighed by size, the batch gradients of an epoch at fixed parameters add up to the full gradient.",
      np.abs(weighted - digit_gradient(W, X, Y)).max(), at_most=1e-12)
claim("batch-last-plain", "Their plain mean misses it by more than one part in a thousand.",
      np.linalg.norm(plain - weighted) / np.linalg.norm(weighted), at_least=1e-3)

# %% [markdown]
# > **Misconception.** SGD lowers the loss at every step; if it rises, something is broken.
#
# The step lowers the loss *of its batch*, if it is short enough. The loss of the whole set may rise, and near the minimum does so often. And what a training loop prints is the loss of the batch, before the step, at parameters that have since moved.

# %%
def ups(B, eta, seed, epochs=3):
    """Return the share of updates that raise the loss of all samples, and of their own batch."""
    rng, W, rises = np.random.default_rng(seed), np.zeros((65, 10)), []
    for _ in range(epochs):
        for x, t in data.batches(X, Y, B, rng):
            new = W - eta * digit_gradient(W, x, t)
            rises.append([digit_loss(new) > digit_loss(W), digit_loss(new, x, t) > digit_loss(W, x, t)])
            W = new
    return np.mean(rises, axis=0)


shares = {B: np.array([ups(B, 0.5, seed) for seed in range(3)]) for B in (16, m)}
print("B = 16: the full loss rises in", *(f"{100 * a:.0f} %" for a in shares[16][:, 0]), "of the updates")
claim("batch-rises", "With B = 16 and η = 0.5 at least a quarter of the updates raise the loss of the whole set.", shares[16][:, 0].min(), at_least=0.25)
claim("batch-own-falls", "None of them raises the loss of its own batch.", shares[16][:, 1].max(), expected=0.0)
claim("batch-full-falls", "With B = m at the same rate none raises the loss.", shares[m][:, 0].max(), expected=0.0)

# %%
model = nn.Linear(64, 10, rng=np.random.default_rng(0), dtype=np.float64)
history = train.fit(model, digits.train, loss=nn.CrossEntropyLoss(), optimizer=optim.SGD(model.parameters(), lr=0.1),
                    epochs=1, batch_size=16, rng=np.random.default_rng(0), progress=False)
after = train.evaluate(model, digits.train, nn.CrossEntropyLoss())["loss"]
print(f"printed for the first epoch {history.loss[0]:.3f}, at its end {after:.3f}")
claim("batch-printed-loss", "The loss printed for the first epoch is at least a fifth above the training loss at its end.", history.loss[0] / after, at_least=1.2)

# %% [markdown]
# Hence the puzzle of a validation loss below the training loss in the first epochs: part of it is that the training loss is older.
#
# ## In the frameworks
#
# A network 64-16-10 on the digits, float64, the same start and the same 100 batches of 32 in the same order. The order is the part that must be shared: with their own shuffles, three right programs would take three
# different paths.

# %%
rng = np.random.default_rng(7)
batch_rows = np.concatenate([rng.permutation(m)[: 44 * 32].reshape(44, 32) for _ in range(3)])[:100]      # (100, 32), last batch dropped
x_all, y_all = digits.train
start = [rng.normal(0, 0.125, (64, 16)), np.zeros(16), rng.normal(0, 0.25, (16, 10)), np.zeros(10)]

# %% tags=["fw-numpy"]
model = nn.Sequential(nn.Linear(64, 16, rng=rng, dtype=np.float64), nn.Tanh(), nn.Linear(16, 10, rng=rng, dtype=np.float64))
for p, value in zip(model.parameters(), start): p.data[...] = value
sgd, path_ours = optim.SGD(model.parameters(), lr=0.5), []
for step, rows in enumerate(batch_rows):
    out_ours = model(Tensor(x_all[rows]))
    loss_ours = F.cross_entropy(out_ours, y_all[rows])
    sgd.zero_grad(); loss_ours.backward()
    if step == 0: first_ours = out_ours.data, [p.grad.copy() for p in model.parameters()]
    path_ours.append(loss_ours.item()); sgd.step()

# %% tags=["fw-torch"]
import torch

P = [torch.tensor(p, requires_grad=True) for p in start]
sgd_torch, path_torch = torch.optim.SGD(P, lr=0.5), []
for step, rows in enumerate(batch_rows):
    out_torch = torch.tanh(torch.tensor(x_all[rows]) @ P[0] + P[1]) @ P[2] + P[3]
    loss_torch = torch.nn.functional.cross_entropy(out_torch, torch.tensor(y_all[rows]))
    sgd_torch.zero_grad(); loss_torch.backward()
    if step == 0: first_torch = out_torch.detach(), [p.grad.clone() for p in P]
    path_torch.append(loss_torch.item()); sgd_torch.step()

# %% tags=["fw-tensorflow"]
import keras
import tensorflow as tf

Q, path_tf = [keras.Variable(p, dtype="float64") for p in start], []
sgd_keras = keras.optimizers.SGD(0.5)
for step, rows in enumerate(batch_rows):
    with tf.GradientTape() as tape:
        out_tf = tf.tanh(x_all[rows] @ Q[0].value + Q[1].value) @ Q[2].value + Q[3].value
        loss_tf = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y_all[rows], out_tf))
    grads_tf = tape.gradient(loss_tf, [q.value for q in Q]); path_tf.append(float(loss_tf))
    if step == 0: first_tf = out_tf, grads_tf
    sgd_keras.apply(grads_tf, Q)

# %%
parity("batch-sgd",
       outputs={"numpy": first_ours[0], "torch": first_torch[0], "tensorflow": first_tf[0]},
       gradients={"numpy": first_ours[1], "torch": first_torch[1], "tensorflow": first_tf[1]},
       path={"numpy": path_ours, "torch": path_torch, "tensorflow": path_tf})

# %% [markdown]
# Each framework draws its batches in another place: `data.batches` here, `DataLoader(shuffle=True)` in PyTorch, `fit(batch_size=…)` or `Dataset.shuffle(buffer).batch(B)` in TensorFlow. The last mixes only within its
# buffer: a buffer much smaller than a sorted file leaves the file nearly sorted.

# %%
shuffled = {size: np.array(list(tf.data.Dataset.range(1000).shuffle(size, seed=1).as_numpy_iterator())) for size in (10, 1000)}
in_file_order = {size: np.corrcoef(order, np.arange(1000))[0, 1] for size, order in shuffled.items()}
claim("batch-buffer", "After `shuffle(10)` a thousand samples still stand in the order of the file, with a correlation above 0.99.", in_file_order[10], at_least=0.99)
claim("batch-buffer-full", "After `shuffle(1000)` no order is left: the correlation is below 0.15.", abs(in_file_order[1000]), at_most=0.15)

# %% [markdown]
# ## Misconceptions
#
# > **Misconception.** SGD means one sample at a time.
#
# In the strict sense it does. In today's usage it means any random batch, and the class named `SGD` in every framework does not know how many samples its gradient came from: it never sees data. Fed with the gradient of all samples, it is gradient descent.

# %%
theta_torch = torch.zeros(65, 10, dtype=torch.float64, requires_grad=True)
full_torch = torch.optim.SGD([theta_torch], lr=0.5)
for _ in range(50):
    full_torch.zero_grad()
    torch.nn.functional.cross_entropy(torch.tensor(X) @ theta_torch, torch.tensor(digits.y_train)).backward()
    full_torch.step()
*_, W = minibatch_descent(digit_gradient, np.zeros((65, 10)), X, Y, m, 0.5, 50)
asks = ["batch_size" in inspect.signature(cls).parameters for cls in (optim.SGD, torch.optim.SGD, keras.optimizers.SGD)]
claim("batch-sgd-class", "None of the three classes called SGD has a parameter for the batch size.", asks, expected=[False] * 3)
claim("batch-sgd-is-gd", "PyTorch's SGD with the gradient of the full set takes the path of gradient descent.",
      np.abs(theta_torch.detach().numpy() - W).max(), at_most=1e-10)

# %% [markdown]
# > **Misconception.** Batch gradient descent splits the data into batches and updates the parameters of one batch at a time.
#
# So says the first article, in its answer 7, and adds that this is faster than gradient descent. Its sentence has two mistakes. Splitting the data is *mini-batch* descent, while batch gradient descent takes all of it at
# once and *is* gradient descent, no faster. And a batch has no parameters of its own: each update, from whichever samples, changes all of them. Four features, three classes, twelve weights, one batch of five:

# %% tags=["settles-F9", "settles-S0-Q7", "settles-X1"]
rng = np.random.default_rng(0)
x_small, y_small = rng.normal(size=(30, 4)), data.one_hot(np.arange(30) % 3, 3).astype(np.float64)
before = rng.normal(size=(4, 3))
one_update = next(minibatch_descent(digit_gradient, before, x_small, y_small, 5, 0.1, 1, rng))
claim("batch-all-weights", "One update from a batch of five changes 12 of 12 weights.", int((one_update != before).sum()), expected=12)
n_updates = [sum(1 for _ in minibatch_descent(digit_gradient, before, x_small, y_small, B, 0.1, 1)) for B in (30, 5, 1)]
claim("batch-one-update", "Batch gradient descent makes one update an epoch; batches of five make six, single samples thirty.", n_updates, expected=[1, 6, 30])
full_batch = next(minibatch_descent(digit_gradient, before, x_small, y_small, 30, 0.1, 1, rng))
claim("batch-is-gd", "The one update of batch gradient descent is the step of gradient descent, to the last bit.",
      np.array_equal(full_batch, before - 0.1 * digit_gradient(before, x_small, y_small)), expected=True)

# %% [markdown]
# ## Summary
#
# - One algorithm with a knob: $B = m$ is (batch) gradient descent, $B = 1$ strict SGD, what lies between is what everybody runs. Every update changes all parameters.
# - The batch gradient is right on average; its variance is $s^2/B$, times $(m-B)/(m-1)$ without replacement.
# - A constant step ends in a cloud of variance $\frac{\eta}{2-\eta}\frac{\sigma^2}{B}$, unless the noise vanishes at the minimum. Steps like $1/t$ reach it.
# - Shuffle, and reshuffle. The order of the file can cost everything.
# - Count updates, epochs and samples apart. A larger batch needs a larger step, and that has a limit.
# - The loss that is printed is the loss of a batch, before its step.
#
# ## Exercises
#
# ### Exercise 1 · Four times the batch
#
# From $m = 1000$ samples, batches of 50 drawn without replacement have a gradient of variance 0.08. What is the variance for batches of 200?

# %%
answer = None
exercise("batch-variance", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# $0.08 = \frac{s^2}{50}\cdot\frac{950}{999}$, so the new variance is $0.08\cdot\frac{50}{200}\cdot\frac{800}{950} \approx 0.0168$: a little less than a quarter.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("batch-variance", 0.08 * (50 / 200) * (800 / 950))

# %% [markdown]
# ### Exercise 2 · A floor to order
#
# The mean of samples with variance $\sigma^2 = 4$ is fitted with $J_i = \tfrac12(\theta - y_i)^2$ and batches of 16, drawn with replacement. Which constant $\eta$ gives a stationary variance of 0.01, exactly?

# %%
answer = None
exercise("batch-eta", answer)

# %% tags=["hide-cell", "solution"]
target_ratio = 0.01 / (4 / 16)                 # η / (2 - η)
exercise("batch-eta", 2 * target_ratio / (1 + target_ratio))

# %% [markdown]
# ### Exercise 3 · Count the updates
#
# A schedule wants its length in updates. 12 000 samples, batches of 256, the incomplete batch dropped, 5 epochs: how many?

# %%
answer = None
exercise("batch-updates", answer)

# %% tags=["hide-cell", "solution"]
exercise("batch-updates", 12_000 // 256 * 5)

# %% [markdown]
# ### Exercise 4 · Repair the printed function yourself
#
# Write `stochastic_epoch(theta, X, y, learning_rate, rng)`: one epoch of SGD with $B = 1$ on the mean of $(x_i\theta - y_i)^2$, each sample once, in an order drawn from the Generator `rng`. Leave the given `theta` unchanged and return the new one.

# %%
def stochastic_epoch(theta, X, y, learning_rate, rng):
    ...


exercise("batch-epoch", stochastic_epoch)


# %% tags=["hide-cell", "solution"]
def stochastic_epoch_solution(theta, X, y, learning_rate, rng):
    for i in rng.permutation(len(y)):
        theta = theta - learning_rate * 2 * X[i] * (X[i] @ theta - y[i])
    return theta


exercise("batch-epoch", stochastic_epoch_solution)

# %% [markdown]
# ### Exercise 5 · How noisy is a batch?
#
# Write `gradient_variance(G, B)`: given the gradients of all $m$ samples as rows of `G`, shape $(m, D)$, return $\mathrm E\lVert g - \nabla J\rVert^2$ for batches of $B$ drawn without replacement. No random numbers.

# %%
def gradient_variance(G, B):
    ...


exercise("batch-gradient-variance", gradient_variance)


# %% tags=["hide-cell", "solution"]
def gradient_variance_solution(G, B):
    m = len(G)
    return ((G - G.mean(0)) ** 2).sum() / m / B * (m - B) / (m - 1)


exercise("batch-gradient-variance", gradient_variance_solution)

# %% [markdown]
# ### Exercise 6 · A proof
#
# Show that the factor is $(m-B)/(m-1)$. Let $d_1,\dots,d_B$ be the deviations $\nabla J_i - \nabla J$ of the samples of a batch drawn without replacement, one component of them, with $\mathrm E[d_i^2] = s^2$. Hint: what is the
# sum of all $m$ deviations?
#
# <details><summary>Solution</summary>
#
# All pairs $i\neq j$ have the same covariance $c = \mathrm E[d_id_j]$, since no two places in the batch differ. Take $B = m$: the sum of all deviations is zero, so $0 = \mathrm E[(d_1 + \dots + d_m)^2] = ms^2 + m(m-1)c$ and $c = -s^2/(m-1)$. Therefore
#
# $$\mathrm E\Bigl[\Bigl(\frac1B\sum_{i=1}^B d_i\Bigr)^2\Bigr] = \frac{1}{B^2}\bigl(Bs^2 + B(B-1)c\bigr) = \frac{s^2}{B}\Bigl(1 - \frac{B-1}{m-1}\Bigr) = \frac{s^2}{B}\cdot\frac{m-B}{m-1}.$$
#
# Add up the components. The covariance is negative: having drawn one sample, the batch has fewer like it left.
#
# </details>

# %% [markdown]
# ## Sources
#
# [Robbins and Monro, 1951](../../book/bibliography.md#robbins1951stochastic), the stochastic step and its two conditions ·
# [Bottou, Curtis and Nocedal, 2018](../../book/bibliography.md#bottou2018optimization), the survey: noise floors, batch sizes, rates ·
# [Mishchenko, Khaled and Richtárik, 2020](../../book/bibliography.md#mishchenko2020random), reshuffling ·
# [Ma, Bassily and Belkin, 2018](../../book/bibliography.md#ma2018power), interpolation ·
# [Goodfellow, Bengio and Courville, 2016](../../book/bibliography.md#goodfellow2016deep), sections 5.9 and 8.1.3 ·
# [Pedregosa et al., 2011](../../book/bibliography.md#pedregosa2011scikit), the digits.
