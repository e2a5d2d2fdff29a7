# %% [markdown]
# # Attention as a soft look-up
#
# **After this section** you can read attention as a dictionary that answers with a weighted mean, say which look-up a scaled dot product performs and when it finds the nearest key, choose how soft it should be, give an encoder-decoder
# additive or multiplicative attention, and tell what its weights explain from what they do not.
# *Reading: 30 minutes. Running: about 40 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import re

import matplotlib.pyplot as plt
import numpy as np

from chainrule import Tensor, nn, no_grad, optim, plotting
from chainrule.nn import functional as F
from chainrule.proof import claim, exercise, gradcheck, parity, same
from chainrule.tensor import concatenate

# %% [markdown]
# ## The question
#
# [Language and sequence to sequence](../05_rnn/05_language.ipynb) ended at a bottleneck: a decoder that writes from one vector, the encoder's last state, loses long sources, although the encoder had computed a state for every symbol. How can the decoder get at the one it needs? A program would look it up. Here is a dictionary,
# $1\mapsto10,\ 2\mapsto20,\ 4\mapsto60$, and a **query**: what belongs to 3?
#
# - The *exact* look-up has no answer: 3 is no key.
# - The *nearest* key: 2 and 4 are equally near. At 2.99 it says 20, at 3.01 it says 60. A step has slope 0 nearly everywhere, so no gradient tells a network which key it should have asked for.
# - The *soft* look-up lets all keys answer and takes a mean, in which nearer keys have more weight. Let the weight be $2^{-\text{distance}^2}$: that is $\frac1{16}, \frac12, \frac12$, or $\frac1{17}, \frac8{17}, \frac8{17}$ when they add up to 1. The answer is $(10 + 160 + 480)/17 = 38.2$.
#
# **Predict:** the soft look-up of the key 2 itself: is it 20?

# %%
keys, values = np.array([1.0, 2.0, 4.0]), np.array([10.0, 20.0, 60.0])

def nearest_answer(query):
    return values[np.abs(query - keys).argmin()]

def soft_answer(query, base=2.0):
    weights = base ** -((query - keys) ** 2)
    return weights @ values / weights.sum()

claim("lookup-exact", "The exact look-up knows 2 and does not know 3.", [3.0 in dict(zip(keys, values)), dict(zip(keys, values))[2.0]], expected=[False, 20.0])
claim("lookup-step", "Around 3 the nearest key's answer jumps by 40 within 0.02.", nearest_answer(3.01) - nearest_answer(2.99), expected=40.0)
claim("lookup-paper", "The soft look-up of 3 is 650/17, as on paper.", soft_answer(3.0), expected=650 / 17, tolerance=1e-12)
claim("lookup-own-key", "The soft look-up of the key 2 is 18.4, not 20: its neighbours have a say.", soft_answer(2.0), expected=18.4, tolerance=1e-12)

# %% [markdown]
# The price of softness is a blur. A larger base sharpens the answer towards the nearest key's. And it has a slope everywhere, which is what learning needs.
#
# ## Queries, keys and values
#
# **[Attention](../../book/glossary.md#attention)** is a soft look-up with vectors, in which every query is compared with every key by a **score**, and the scores become weights by a [softmax](../../book/glossary.md#softmax):
#
# $$a_{ti} = \frac{e^{s(q_t,\,k_i)}}{\sum_j e^{s(q_t,\,k_j)}}, \qquad o_t = \sum_i a_{ti}\,v_i .$$
#
# In words: *score all keys, turn the scores into shares, and mix the values by their shares.* Three things play three parts ([query, key and value](../../book/glossary.md#query-key-value)), and each is defined by what it does:
#
# | symbol | shape | what it does |
# |---|---|---|
# | query $q$ | (T, D) | asks: a row for each answer wanted |
# | key $k$ | (S, D) | is compared with the queries, and decides *where* to read |
# | value $v$ | (S, D_v) | is what is read; as many as there are keys |
# | weight $a$ | (T, S) | share of value $i$ in answer $t$; each row adds up to 1 |
# | output $o$ | (T, D_v) | a weighted mean of values for each query |
#
# With heads and a batch in front, the shapes are $(B, H, T, D)$. The score may be any function. With a [dot product](02_self_attention.ipynb), on paper: $q = (\ln2, \ln3)$, keys $(0,0), (1,0), (0,1)$, values $6, 0, 12$. The scores are $0, \ln2, \ln3$, their exponentials $1, 2, 3$, the weights $\frac16, \frac13, \frac12$, and the answer is $1 + 0 + 6 = 7$.
# The readable version, one query and one key at a time, and the fast one:

# %% tags=["settles-S2-C17"]
def attention_loops(q, k, v, scale):
    """Return the outputs (T, D_v) of queries (T, D), keys (S, D) and values (S, D_v)."""
    outputs = np.zeros((len(q), v.shape[1]))
    for t in range(len(q)):
        shares = np.array([np.exp(scale * sum(q[t, d] * k[i, d] for d in range(q.shape[1]))) for i in range(len(k))])
        for i in range(len(k)):
            outputs[t] += shares[i] / shares.sum() * v[i]
    return outputs

def attention_fast(q, k, v, scale):
    return F.scaled_dot_product_attention(Tensor(q), Tensor(k), Tensor(v), scale=scale).data

rng = np.random.default_rng(0)
q_paper, k_paper, v_paper = np.log([[2.0, 3.0]]), np.array([[0.0, 0], [1, 0], [0, 1]]), np.array([[6.0], [0], [12]])
claim("lookup-paper-dot", "The paper example answers 7.", attention_loops(q_paper, k_paper, v_paper, 1.0), expected=np.array([[7.0]]), tolerance=1e-12)
same("a loop over queries and keys is the library's attention", attention_loops, attention_fast,
     [(rng.normal(size=(T, D)), rng.normal(size=(S, D)), rng.normal(size=(S, 3)), 0.7) for T, S, D in [(1, 1, 1), (4, 6, 5), (7, 2, 3)]])

# %% [markdown]
# What each part does can be tested by changing one and watching the others. **Predict** which of these leave the output as it is: doubling the values, doubling the queries, shuffling the rows of keys and values together.

# %% tags=["settles-S2-C17"]
q, k, v = (rng.normal(size=(2, 4, n, 8)) for n in (5, 6, 6))            # (B, heads, T or S, D)
attend = lambda q, k, v: F.scaled_dot_product_attention(Tensor(q), Tensor(k), Tensor(v)).data
weights, output, order = F.attention_weights(q, k), attend(q, k, v), rng.permutation(6)
far = lambda a, b: np.abs(a - b).max()
claim("lookup-rows", "Weights have shape (B, heads, T, S); none is negative, and each row adds up to 1.", [*weights.shape, weights.min() >= 0, np.allclose(weights.sum(-1), 1, atol=1e-14)], expected=[2, 4, 5, 6, True, True])
claim("lookup-linear", "Doubled values give doubled outputs.", far(attend(q, k, 2 * v), 2 * output), at_most=1e-14)
claim("lookup-not-linear", "Doubled queries sharpen the weights and change the outputs, by more than 0.1.", far(attend(2 * q, k, v), output), at_least=0.1)
claim("lookup-set", "Shuffling keys and values together changes nothing: a look-up knows no order.", far(attend(q, k[..., order, :], v[..., order, :]), output), at_most=1e-14)
claim("lookup-pairs", "Shuffling the values alone changes the outputs: a key belongs to its value.", far(attend(q, k, v[..., order, :]), output), at_least=0.1)

# %% [markdown]
# So queries and keys set the weights, and the values only fill them in. That nothing depends on the order of the pairs has consequences, and [Heads and positions](03_heads_and_positions.ipynb) will deal with them.
#
# ## Kernel regression: attention without anything learned
#
# Give the soft look-up a table of measurements, keys $x_i$ with values $y_i$, and it becomes a method of statistics. The **[kernel regression](../../book/glossary.md#kernel-regression)** of [Nadaraya, 1964](../../book/bibliography.md#nadaraya1964estimating), and [Watson, 1964](../../book/bibliography.md#watson1964smooth), estimates
#
# $$\hat y(x) = \sum_i \frac{K_h(x - x_i)}{\sum_j K_h(x-x_j)}\,y_i, \qquad K_h(d) = e^{-\lVert d\rVert^2/2h^2},$$
#
# with a **bandwidth** $h$ that says how far a neighbour may be to have a say. That is the softmax of the scores $-\lVert x-x_i\rVert^2/2h^2$. Where is the dot product? Multiply out:
#
# $$-\frac{\lVert q-k_i\rVert^2}{2h^2} = \underbrace{-\frac{\lVert q\rVert^2}{2h^2}}_{\text{the same for all keys}} + \frac{q\cdot k_i}{h^2} - \frac{\lVert k_i\rVert^2}{2h^2}.$$
#
# A softmax does not see what is added to all its scores, so the first term is gone. If all keys have the *same length*, so is the last. What is left is dot-product attention with $h^2$ as its [temperature](../../book/glossary.md#sampling-temperature); and $h^2 = \sqrt D$ is the *scaled* dot product of [the next section](02_self_attention.ipynb).

# %%
def gaussian_weights(queries, keys, h):
    """Return the shares (T, S) of kernel regression, stable for any bandwidth."""
    scores = -((queries[:, None] - keys) ** 2).sum(-1) / (2 * h * h)                  # (T, S)
    shares = np.exp(scores - scores.max(-1, keepdims=True))
    return shares / shares.sum(-1, keepdims=True)

D = 16
queries, raw = rng.normal(size=(50, D)), rng.normal(size=(40, D))
on_sphere = 4 * raw / np.linalg.norm(raw, axis=1, keepdims=True)                     # all keys of length 4
regression = gaussian_weights(queries, on_sphere, h=D**0.25)
claim("lookup-kernel", "For keys of equal length, kernel regression with h² = √D is scaled dot-product attention.", far(regression, F.attention_weights(queries, on_sphere)), at_most=1e-14)
claim("lookup-kernel-not", "For keys of unequal length it is not: some weight differs by more than 0.1.", far(gaussian_weights(queries, raw, D**0.25), F.attention_weights(queries, raw)), at_least=0.1)
bias = np.broadcast_to(-(raw**2).sum(1) / (2 * D**0.5), (50, 40))                                # what the keys' lengths add
claim("lookup-kernel-bias", "With −|k|²/2h² added to the scores, it is again.", far(gaussian_weights(queries, raw, D**0.25), F.attention_weights(queries, raw, attn_mask=bias)), at_most=1e-13)

# %% [markdown]
# The missing term is not a detail. A long key has large dot products with half of all queries, near or not.
#
# > **Misconception.** The key with the largest dot product is the nearest key.
#
# Two hundred random keys, five hundred random queries, no softness: how often do the two look-ups choose the same key?

# %%
for D in (2, 8, 32):
    queries, raw = np.random.default_rng(D).normal(size=(500, D)), np.random.default_rng(D + 1).normal(size=(200, D))
    distance = ((queries[:, None] - raw) ** 2).sum(-1)
    chosen, nearest = (queries @ raw.T).argmax(1), distance.argmin(1)
    unit = raw / np.linalg.norm(raw, axis=1, keepdims=True)
    agree, agree_unit = np.mean(chosen == nearest), np.mean((queries @ unit.T).argmax(1) == ((queries[:, None] - unit) ** 2).sum(-1).argmin(1))
    print(f"D = {D:2d}: the same key for {agree:.0%} of the queries; {len(set(chosen))} keys are ever chosen, {len(set(nearest))} are ever nearest; keys of length 1: {agree_unit:.0%}")
    claim(f"lookup-nearest-{D}", f"In {D} dimensions they agree for less than half of the queries, and for all of them if the keys have length 1.", [agree < 0.5, agree_unit], expected=[True, 1.0])

# %% [markdown]
# In the plane a handful of long keys answer nearly every question. For this reason some models normalise queries and keys before they compare them.
#
# ## Bandwidth is temperature
#
# Between which extremes does the bandwidth lead? **Predict:** what does the estimate become for $h\to0$ and for $h\to\infty$?

# %%
truth = lambda x: np.sin(2 * x) + 0.3 * x

def noisy_points(seed, n=60):
    rng = np.random.default_rng(seed)
    x = rng.uniform(-3, 3, (n, 1))
    return x, truth(x[:, 0]) + rng.normal(0, 0.5, n)

x, y = noisy_points(0)
grid = np.linspace(-3, 3, 121)[:, None]
nearest_value = y[np.abs(grid - x.T).argmin(1)]
claim("lookup-cold", "With h = 0.0001 the estimate is the nearest neighbour's value.", far(gaussian_weights(grid, x, 1e-4) @ y, nearest_value), at_most=1e-12)
claim("lookup-hot", "With h = 100 it is the mean of all values, within 0.01 everywhere.", far(gaussian_weights(grid, x, 100.0) @ y, y.mean()), at_most=0.01)

# %% mystnb={"image": {"alt": "Sixty noisy points and three estimates. With a bandwidth of 0.02 the curve jumps from point to point, with 0.25 it follows the wave, and with 3 it is almost flat."}}
fig, ax = plotting.new_figure(height=3.6)
ax.plot(x[:, 0], y, "o", color=plotting.CYCLE[5], alpha=0.35, markersize=4)
for h, style in ((0.02, ":"), (0.25, "-"), (3.0, "--")):
    ax.plot(grid[:, 0], gaussian_weights(grid, x, h) @ y, style, label=f"h = {h}")
plotting.label_lines(ax)
plotting.dress(ax, "Too cold copies the noise, too hot knows only the mean", "key x", "value y")
plt.show()

# %% [markdown]
# Which bandwidth is best cannot be read off the errors on the table itself: every key is its own nearest key. An honest look-up leaves the pair out that it is to predict, [leave-one-out](../../book/glossary.md#leave-one-out); then the choice is judged on fresh points, without noise. Twelve tables of 60 points:

# %%
bandwidths = np.geomspace(0.01, 10, 25)

def errors_by_bandwidth(seed):
    """Return errors on the table, with the own pair left out, and on fresh queries, each by bandwidth."""
    x, y = noisy_points(seed)
    fresh, rows = np.linspace(-3, 3, 300)[:, None], []
    for h in bandwidths:
        inside = gaussian_weights(x, x, h)
        out = [gaussian_weights(x[[i]], np.delete(x, i, 0), h)[0] @ np.delete(y, i) for i in range(len(x))]
        rows.append([np.mean((inside @ y - y) ** 2), np.mean((out - y) ** 2), np.mean((gaussian_weights(fresh, x, h) @ y - truth(fresh[:, 0])) ** 2)])
    return np.array(rows).T

table_errors = np.array([errors_by_bandwidth(seed) for seed in range(12)])            # (12, 3, bandwidths)
on_table, left_out, fresh_error = table_errors.transpose(1, 0, 2)
picked = np.take_along_axis(fresh_error, left_out.argmin(1)[:, None], 1)[:, 0]
print(f"chosen h {bandwidths[left_out.argmin(1)].mean():.2f} ± {bandwidths[left_out.argmin(1)].std():.2f}, best h {bandwidths[fresh_error.argmin(1)].mean():.2f}")
print(f"error on fresh queries: chosen {picked.mean():.3f} ± {picked.std():.3f}, best possible {fresh_error.min(1).mean():.3f}, coldest {fresh_error[:, 0].mean():.3f}, hottest {fresh_error[:, -1].mean():.3f}")
claim("lookup-table-error", "On the table itself the coldest look-up wins in all twelve cases.", on_table.argmin(1).max(), expected=0)
claim("lookup-left-out", "The bandwidth chosen with the own pair left out has less than half the error of the coldest and of the hottest, on the average.",
      picked.mean() / min(fresh_error[:, 0].mean(), fresh_error[:, -1].mean()), at_most=0.5)
claim("lookup-regret", "On the average it costs at most half as much again as the best bandwidth, which nobody knows.", picked.mean() / fresh_error.min(1).mean(), at_least=1.0, at_most=1.5)

# %% mystnb={"image": {"alt": "Mean squared error against the bandwidth on a logarithmic axis. On the table itself the curve rises from almost nothing with the bandwidth; with the own pair left out and on fresh queries it is a valley with its floor near 0.25."}}
_ = plotting.curves({name: (bandwidths, e.mean(0)) for name, e in (("on the table", on_table), ("own pair left out", left_out), ("fresh queries, no noise", fresh_error))},
                    title="Leave the own key out to see how soft to be", xlabel="bandwidth h", ylabel="squared error", logx=True, labels="legend")

# %% [markdown]
# ## Learned projections
#
# One number was chosen. What if the keys have six features, of which only a mixture of two matters? The plain distance drowns in the other four. So let the comparison be *learned*: compare $qW_Q$ with $kW_K$ in place of $q$ with $k$, and read out $vW_V$. Each [projection](../../book/glossary.md#query-key-value) is a matrix, found by gradient descent. Their
# product is all that the score sees, $qW_Q(kW_K)^\top = q\,M\,k^\top$ with $M = W_QW_K^\top$, a matrix whose rank is at most the width of the projections.
#
# Descent needs the derivative of the output by a score. For one query, with $o = \sum_i a_iv_i$ and the [softmax's](../../book/glossary.md#softmax) derivative $\partial a_j/\partial s_i = a_i(\delta_{ij} - a_j)$, where $\delta_{ij}$ is 1 for $i=j$ and else 0,
#
# $$\frac{\partial o}{\partial s_i} = a_i\,(v_i - o).$$
#
# *A score is raised if its value would pull the answer the right way, in proportion to the weight that it has already.* A key with no weight learns nothing: the other price of sharpness.

# %%
scores, some_values, h = rng.normal(size=5), rng.normal(size=(5, 3)), 1e-6
mix = lambda s: np.exp(s) / np.exp(s).sum() @ some_values
shares = np.exp(scores) / np.exp(scores).sum()
by_formula = shares[:, None] * (some_values - mix(scores))
by_difference = np.array([(mix(scores + h * e) - mix(scores - h * e)) / (2 * h) for e in np.eye(5)])
claim("lookup-slope", "The formula agrees with central differences.", far(by_formula, by_difference), at_most=1e-9)
W_Q, W_K, W_V = (Tensor(rng.normal(size=(6, n)), requires_grad=True) for n in (4, 4, 2))
asked, stored = Tensor(rng.normal(size=(3, 6))), Tensor(rng.normal(size=(5, 6)))
gradcheck(lambda W_Q, W_K, W_V: (F.scaled_dot_product_attention(asked @ W_Q, stored @ W_K, stored @ W_V) ** 2).sum(), {"W_Q": W_Q, "W_K": W_K, "W_V": W_V})

# %% [markdown]
# Now 120 noisy points of a function of $2x_1 + x_2$, in six dimensions. We learn one matrix for queries and keys, so that the score is $-\frac12\lVert xW - x_iW\rVert^2$, by 200 steps of Adam on the error on the table, in two ways: each query may look at every pair, or at every pair but its own.

# %%
def learn_metric(seed, may_see_itself, n=120, D=6):
    """Return training error, test error, test error of the best plain distance, and cosine of W's main direction with the true one."""
    rng = np.random.default_rng(seed)
    x, x_new = rng.normal(size=(n, D)), rng.normal(size=(500, D))
    wave = lambda x: np.sin(2 * x[:, :1] + x[:, 1:2])
    y, y_new = wave(x) + rng.normal(0, 0.2, (n, 1)), wave(x_new)
    W, mask = Tensor(np.eye(D), requires_grad=True), np.where(np.eye(n, dtype=bool) & (not may_see_itself), -np.inf, 0.0)
    optimizer = optim.Adam([W], lr=0.05)
    for _ in range(200):
        optimizer.zero_grad()
        k = Tensor(x) @ W                                            # queries and keys
        weights = F.softmax(k @ k.transpose(1, 0) - (k * k).sum(1) * 0.5 + mask)
        error = ((weights @ Tensor(y) - y) ** 2).mean()
        error.backward()
        optimizer.step()
    test_error = lambda W: np.mean((gaussian_weights(x_new @ W, x @ W, 1.0) @ y - y_new) ** 2)
    u, _, _ = np.linalg.svd(W.data)
    return error.item(), test_error(W.data), min(test_error(np.eye(D) / h) for h in np.geomspace(0.1, 3, 20)), abs(u[0, 0] * 2 + u[1, 0]) / 5**0.5

# %% [markdown]
# > **Misconception.** The look-up with the smaller training error is the better one.

# %%
for_itself, for_others = (np.array([learn_metric(seed, itself) for seed in range(3)]) for itself in (True, False))
for name, rows in (("may look at its own pair", for_itself), ("may not", for_others)):
    print(f"{name:25s} training {rows[:, 0].mean():.3f}   test {rows[:, 1].mean():.2f} (from {rows[:, 1].min():.2f} to {rows[:, 1].max():.2f})   cosine with (2, 1, 0, 0, 0, 0): {rows[:, 3].mean():.2f}")
print(f"plain distance, the bandwidth that is best for the test itself: {for_others[:, 2].mean():.2f}")
claim("lookup-sees-itself", "Allowed to see itself, the look-up ends with less than a tenth of the other's training error and, in every run, at least twice its test error.",
      [for_itself[:, 0].max() < 0.1 * for_others[:, 0].min(), (for_itself[:, 1] / for_others[:, 1]).min() >= 2], expected=[True, True])
claim("lookup-projection", "Kept from itself, it has in every run less than half of the error of the best plain distance.", (for_others[:, 1] / for_others[:, 2]).max(), at_most=0.5)
claim("lookup-direction", "The direction that it stretches most is (2, 1, 0, 0, 0, 0), with a cosine of 0.95 at least.", for_others[:, 3].min(), at_least=0.95)

# %% [markdown]
# A query that meets its own key learns to trust nobody else: the projection grows in all directions until each point sees itself alone. Kept from that, descent finds out what is worth comparing. It is the [mask](../../book/glossary.md#mask) that makes the training honest, here as in the language models to come.
#
# ## Two learned scores
#
# In 2014 [Bahdanau, Cho and Bengio](../../book/bibliography.md#bahdanau2015neural) (printed in 2015) gave such a look-up to a translator: its decoder's state is the query, and the encoder's states are keys and values. [Luong, Pham and Manning, 2015](../../book/bibliography.md#luong2015effective), compared simpler scores:
#
# | score | formula | learned |
# |---|---|---|
# | **[additive](../../book/glossary.md#additive-attention)**, Bahdanau | $\tanh(q\,W_Q + k\,W_K)\,u$ | $W_Q, W_K$ and a column $u$ |
# | **[multiplicative](../../book/glossary.md#multiplicative-attention)**, Luong ("general") | $q\,W\,k^\top$ | $W$ |
# | dot product | $q\,k^\top$ | nothing |
# | scaled, projected dot product | $q\,W_Q(k\,W_K)^\top/\sqrt D$ | $W_Q, W_K$ |
#
# The additive score is a network with one hidden layer; on paper, with all widths 1 and all weights 1 but $u = \ln3/0.8$: the query 0 with keys 0 and $\ln3$ has $\tanh$ 0 and $0.8$, scores $0$ and $\ln3$, weights $\frac14$ and $\frac34$. **Predict:** what is lost if we leave out the tanh?

# %%
def additive_weights(q, k, W_Q, W_K, u, squash=np.tanh):
    """Return weights (T, S) for queries (T, D) and keys (S, E)."""
    scores = squash((q @ W_Q)[:, None] + k @ W_K) @ u                # (T, S, A) @ (A,)
    shares = np.exp(scores - scores.max(-1, keepdims=True))
    return shares / shares.sum(-1, keepdims=True)

one = np.eye(1)
claim("lookup-additive-paper", "The additive paper example has weights ¼ and ¾.", additive_weights(0 * one, np.log([[1.0], [3.0]]), one, one, np.log([3.0]) / 0.8), expected=np.array([[0.25, 0.75]]), tolerance=1e-12)
q, k, W_Q, W_K, u = (rng.normal(size=s) for s in ((5, 4), (7, 6), (4, 3), (6, 3), (3,)))
plain = additive_weights(q, k, W_Q, W_K, u, squash=lambda z: z)
claim("lookup-no-tanh", "Without the tanh all five queries get the same weights.", far(plain, plain[0]), at_most=1e-14)
claim("lookup-tanh", "With it they differ.", far(additive_weights(q, k, W_Q, W_K, u), additive_weights(q, k, W_Q, W_K, u)[0]), at_least=0.1)

# %% [markdown]
# Without it the score is $qW_Qu + kW_Ku$, and what the query adds is the same for all keys: the softmax does not see it. Without a product or a non-linearity a query cannot *ask*.
#
# ## An encoder-decoder that looks back
#
# The task is that of the bottleneck: write up to nine letters backwards. At every step the decoder's state $h_t$ asks, the encoder's states $m_1,\dots,m_S$ answer with a **context** $c_t$, and both make the scores of the next letter:
#
# $$c_t = \sum_i a_{ti}\,m_i, \qquad \tilde h_t = \tanh([h_t; c_t]\,W_c + b_c), \qquad z_t = \tilde h_tW_o + b_o .$$
#
# This is Luong's wiring, for both scores, so that all steps of training are one call; Bahdanau's asks with the state *before* the step and feeds the context into it, and his encoder reads in both directions. The baseline is the same network with the weights nailed to the last state: a summary. A fourth model, *values apart*, asks
# the states where to read, as the multiplicative one does, but reads the embedding of the letter in place of the state. All have 64 units.

# %%
START, END, N_SYMBOLS = 1, 2, 11                                     # and eight letters: 3 to 10

class AttentiveDecoder(nn.Module):
    def __init__(self, score, width, rng, dtype=np.float32, size=24, recurrent=nn.GRU, **options):
        made = {"rng": rng, "dtype": dtype}
        self.score, n_value = score, size if score == "values apart" else width
        self.read, self.write = nn.Embedding(N_SYMBOLS, size, **made), nn.Embedding(N_SYMBOLS, size, **made)
        self.encoder, self.decoder = recurrent(size, width, **options, **made), recurrent(size, width, **options, **made)
        if score != "last state":
            self.query = nn.Linear(width, width, bias=False, **made)
        if score == "additive":
            self.key, self.rate = nn.Linear(width, width, bias=False, **made), nn.Linear(width, 1, bias=False, **made)
        self.combine, self.head = nn.Linear(width + n_value, width, **made), nn.Linear(width, N_SYMBOLS, **made)

    def memory(self, source):
        """Return keys (B, S, H), values (B, S, D_v) and the decoder's first state."""
        letters = self.read(source)
        states, h = self.encoder(letters)
        return states, letters if self.score == "values apart" else states, h

    def forward(self, so_far, memory):
        keys, values, h = memory
        states, h = self.decoder(self.write(so_far), h)                         # (B, T, H)
        weights = attention_shares(self, states, keys)                          # (B, T, S)
        mixed = F.tanh(self.combine(concatenate([states, weights @ values], axis=-1)))
        return self.head(mixed), weights, (keys, values, h)

# %%
def attention_shares(model, states, keys):
    """Return the weights (B, T, S) by the score of the model."""
    (B, T, H), S = states.shape, keys.shape[1]
    if model.score == "last state":
        return Tensor(np.tile(np.eye(S, dtype=keys.dtype)[-1], (B, T, 1)))
    q = model.query(states)
    if model.score == "additive":
        pairs = q.reshape(B, T, 1, H) + model.key(keys).reshape(B, 1, S, H)
        return F.softmax(model.rate(F.tanh(pairs)).reshape(B, T, S))
    return F.softmax(q @ keys.transpose(0, 2, 1))

small = AttentiveDecoder("additive", 3, np.random.default_rng(1), dtype=np.float64)
W_Q, W_K, u = (layer.weight.data for layer in (small.query, small.key, small.rate))
asking, stored = rng.normal(size=(2, 4, 3)), rng.normal(size=(2, 5, 3))
claim("lookup-additive-model", "The model's additive weights are those of the readable version.",
      far(attention_shares(small, Tensor(asking), Tensor(stored)).data, [additive_weights(q, k, W_Q, W_K, u[:, 0]) for q, k in zip(asking, stored)]), at_most=1e-14)
gradcheck(lambda q, k: (attention_shares(small, q, k) ** 2).sum(), {"q": Tensor(asking, requires_grad=True), "k": Tensor(stored, requires_grad=True)})

# %%
def letters_batch(n, length, rng):
    """Return n strings (n, length), and their reversals between START and END."""
    letters, ends = rng.integers(3, N_SYMBOLS, (n, length)), np.ones((n, 1), int)
    return letters, np.concatenate([START * ends, letters[:, ::-1], END * ends], axis=1)

def attentive_loss(model, source, target):
    scores, _, _ = model(target[:, :-1], model.memory(source))                  # teacher forcing
    return F.cross_entropy(scores, target[:, 1:]), scores

def train_attentive(score, seed, n_steps=300, longest=9):
    rng = np.random.default_rng(seed)
    model = AttentiveDecoder(score, 64, rng)
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    schedule = optim.CosineAnnealingLR(optimizer, T_max=n_steps)
    for _ in range(n_steps):
        optimizer.zero_grad()
        attentive_loss(model, *letters_batch(32, int(rng.integers(1, longest + 1)), rng))[0].backward()
        optim.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return model

# %%
def write_backwards(model, source):
    """Return the symbols (B, S + 1) that the decoder writes from its own."""
    last, written = np.full((len(source), 1), START), []
    with no_grad():
        memory = model.memory(source)
        for _ in range(source.shape[1] + 1):
            scores, _, memory = model(last, memory)
            last = scores.data.argmax(-1)
            written.append(last)
    return np.concatenate(written, axis=1)

def exact_match(model, length):
    source, target = letters_batch(100, length, np.random.default_rng(99))
    return (write_backwards(model, source) == target[:, 1:]).all(1).mean()

KINDS = ("last state", "additive", "multiplicative", "values apart")
trained = {score: [train_attentive(score, seed) for seed in range(3 if score in KINDS[1:3] else 2)] for score in KINDS}
exact = {score: np.array([[exact_match(m, n) for n in range(1, 13)] for m in models]) for score, models in trained.items()}
for score, shares in exact.items():
    shown = "  ".join(f"{n}: {shares[:, n - 1].min():.2f} to {shares[:, n - 1].max():.2f}" for n in (5, 7, 9, 11))
    print(f"{score:15s} {sum(p.data.size for p in trained[score][0].parameters()):,} parameters; worst and best run, by length  {shown}")

# %%
looking = np.concatenate([exact[score] for score in KINDS[1:]])                  # (runs, lengths)
claim("lookup-bottleneck", "At nine letters the summary gets at most 20 % of the strings right, in each run.", exact["last state"][:, 8].max(), at_most=0.2)
claim("lookup-answered", "With attention, of any kind, each run gets at least half of them right.", looking[:, 8].min(), at_least=0.5)
claim("lookup-every-length", "From six to ten letters, the worst run with attention is better than the best without.", (looking[:, 5:10].min(0) - exact["last state"][:, 5:10].max(0)).min(), at_least=0.02)
claim("lookup-too-long", "At twelve letters, three more than ever trained, no run has half of the strings right.", looking[:, 11].max(), at_most=0.5)

# %% mystnb={"image": {"alt": "Share of strings reversed without a mistake against their length, 1 to 12. The summary falls from four letters on and is near 0 at nine. Additive, multiplicative and values apart stay near 1 up to seven letters, are between 0.6 and 0.9 at nine and near 0 at twelve."}}
_ = plotting.curves({score: (np.arange(1, 13), shares.mean(0)) for score, shares in exact.items()},
                    band={score: (shares.min(0), shares.max(0)) for score, shares in exact.items()}, markers=True, labels="legend",
                    title="Looking back lifts the limit of one state", xlabel="letters (trained: 1 to 9)", ylabel="exactly right, mean of the runs")

# %% [markdown]
# The bottleneck is answered: with the same units and updates, and at most a fifth more parameters, long strings come out. Lengths beyond the training still fail: the decoder's state has to keep track of where it is, and it has never gone that far.
#
# ## The alignment
#
# The weights of a trained translator draw an **[alignment](../../book/glossary.md#alignment)**: which source word is read for which output word. For a reversal we expect an anti-diagonal. Beside it stands what can be measured without looking inside: replace source letter $j$ by another and see which outputs change.
# **Predict:** do the two pictures agree?

# %%
def weights_and_effects(model, length=7, n=200):
    """Return mean weights, and the share of outputs that change with each letter, both (T, S)."""
    rng = np.random.default_rng(5)
    source, target = letters_batch(n, length, rng)
    with no_grad():
        _, weights, _ = model(target[:, :-1], model.memory(source))
    before, effects = write_backwards(model, source), np.zeros((length, length))
    for j in range(length):
        other = source.copy()
        other[:, j] = 3 + (source[:, j] - 3 + rng.integers(1, 8, n)) % 8            # any letter but this one
        effects[:, j] = (write_backwards(model, other) != before)[:, :length].mean(0)
    return weights.data.mean(0)[:length], effects

def on_and_beside(matrix):
    """Return the mean share of a row on the letter that is to be written, and on the letter after it."""
    T, rows = len(matrix), np.arange(2, len(matrix) - 1)
    shares = matrix / matrix.sum(1, keepdims=True)
    return shares[rows, T - 1 - rows].mean(), shares[rows, T - rows].mean()

# %% [markdown]
# > **Misconception.** The largest weight shows the input from which the output was made.

# %%
looked = {score: [weights_and_effects(m) for m in trained[score]] for score in KINDS[1:]}
where = {score: np.array([[on_and_beside(w), on_and_beside(e)] for w, e in pairs]) for score, pairs in looked.items()}
for score, found in where.items():
    (w_on, w_beside), (e_on, e_beside) = found.mean(0)
    print(f"{score:15s} weight on the letter {w_on:.2f}, on the one after it {w_beside:.2f};   effect of the letter {e_on:.2f}, of the one after it {e_beside:.2f}")
off = np.concatenate([where[score] for score in ("additive", "multiplicative")])
claim("lookup-off-by-one", "In all six runs with states as values, the letter after the right one has more than 1.5 times the right one's weight.", (off[:, 0, 1] / off[:, 0, 0]).min(), at_least=1.5)
claim("lookup-effect", "In the same six runs the right letter has more than 0.6 of the effect.", off[:, 1, 0].min(), at_least=0.6)
claim("lookup-apart", "Where the values are the letters themselves, the right one has more weight than its neighbour, in all runs.", (where["values apart"][:, 0, 0] / where["values apart"][:, 0, 1]).min(), at_least=1.5)

# %% mystnb={"image": {"alt": "Three square pictures, output steps by source positions. Weights of the multiplicative model: a dark anti-diagonal, shifted by one position towards the end. What changing a letter changes: the anti-diagonal itself. Weights where the values are the letters: the anti-diagonal itself, blurred."}}
fig, axes = plotting.new_figure(1, 3, height=2.9, sharey=True)
shown = {"weights,\nvalues are states": looked["multiplicative"][0][0], "what changing a\nletter changes": looked["multiplicative"][0][1], "weights,\nvalues are letters": looked["values apart"][0][0]}
for ax, (name, matrix) in zip(axes, shown.items()):
    ax.imshow(matrix, cmap="Greys", vmin=0, vmax=1)
    ax.plot(6 - np.arange(7), np.arange(7), ".", color=plotting.CYCLE[1], markersize=4)
    ax.set(xticks=[0, 3, 6], xticklabels=[1, 4, 7], yticks=[0, 3, 6], yticklabels=[1, 4, 7], xlabel="source letter")
    ax.set_title(name, fontsize=10, loc="left")
    ax.grid(False)
axes[0].set_ylabel("letter written")
plt.show()

# %% [markdown]
# The dots mark the letter that has to be written. The weights of the first picture lie one place beside it: read as an explanation they name the wrong letter in nearly every row, though the network is right. Why there? The *state* at the next position has read our letter too, as the one before its own; and the letter at the next position is the one that was just
# written. So the decoder can search for what it has just written, and read what stood before it. If that is so, we can send it elsewhere: tell it, in a string of seven different letters before its fifth output, that it has just written letter 6 and not letter 4.

# %%
def weights_when_told(model, told, n=200, step=4):
    """Return the mean weights (S,) at a step whose last letter is said to be source letter `told`."""
    rng = np.random.default_rng(3)
    source = 3 + np.stack([rng.permutation(8)[:7] for _ in range(n)])
    so_far = np.concatenate([np.full((n, 1), START), source[:, :2:-1]], axis=1)        # START and the first four letters written
    so_far[:, step] = source[:, told]
    with no_grad():
        return model(so_far, model.memory(source))[1].data[:, step].mean(0)

readers = trained["additive"] + trained["multiplicative"]
truly, falsely = (np.array([weights_when_told(m, told) for m in readers]) for told in (3, 5))
print(f"weight on letter 4 {truly[:, 3].mean():.2f}, on letter 6 {truly[:, 5].mean():.2f};   when told that letter 6 was written: {falsely[:, 3].mean():.2f} and {falsely[:, 5].mean():.2f}")
claim("lookup-content", "Told so, the six networks put at least 0.3 more of their weight on letter 6, on the average.", (falsely - truly)[:, 5].mean(), at_least=0.3)

# %% [markdown]
# A search by content that nobody asked for. In the fourth model the key tells where, and the value holds one letter and nothing else: its weights do point at the right one.
#
# ### What a weight explains, and what not
#
# Of *this* mean, a weight tells exactly what it contributes. Take pair $i$ away and let the others share its weight: the output moves by
#
# $$o_{-i} - o = \frac{a_i}{1-a_i}\,(o - v_i).$$
#
# (Exercise 6 proves it.) So even there the weight is half of the story: a heavy value that equals the mean of the others explains nothing. And beyond this mean there are three gaps. A value may hold more than its position's input, as here. Different weights can give the same output where there are more than $D_v+1$ keys (exercise 4). And what comes after
# the look-up may ignore it. [Jain and Wallace, 2019](../../book/bibliography.md#jain2019attention), found quite other weights with nearly the same prediction in trained models; [Wiegreffe and Pinter, 2019](../../book/bibliography.md#wiegreffe2019attention), asked what counts as an explanation. The test that needs no opinion is the one in the middle picture: change the input and look.

# %%
q, k, v = rng.normal(size=(1, 8)), rng.normal(size=(6, 8)), rng.normal(size=(6, 3))
shares, whole = F.attention_weights(q, k)[0], attend(q, k, v)[0]
moved = np.array([attend(q, np.delete(k, i, 0), np.delete(v, i, 0))[0] - whole for i in range(6)])
claim("lookup-removed", "Removing each of six pairs moves the output by a/(1 − a)·(o − v).", far(moved, (shares / (1 - shares))[:, None] * (whole - v)), at_most=1e-13)

# %% [markdown]
# ## Attention is not the Transformer
#
# > **Misconception.** Convolution, recurrence and self-attention are one generation of networks, and attention came with the Transformer.
#
# One of the two articles that this book follows has them as its "third generation". By date:
#
# | year | what | source |
# |---|---|---|
# | 1964 | kernel regression: a look-up with fixed weights | [Nadaraya](../../book/bibliography.md#nadaraya1964estimating), [Watson](../../book/bibliography.md#watson1964smooth) |
# | 1989 | convolutional network, trained by back-propagation | [LeCun et al.](../../book/bibliography.md#lecun1989backpropagation) |
# | 1990 | simple recurrent network | [Elman](../../book/bibliography.md#elman1990finding) |
# | 2014 | encoder-decoder with one summary | [Cho et al.](../../book/bibliography.md#cho2014learning) |
# | 2015 | additive and multiplicative attention, in recurrent networks | [Bahdanau et al.](../../book/bibliography.md#bahdanau2015neural), [Luong et al.](../../book/bibliography.md#luong2015effective) |
# | 2017 | self-attention without recurrence: the Transformer | [Vaswani et al.](../../book/bibliography.md#vaswani2017attention) |

# %% tags=["settles-S2-G3"]
entries = ["nadaraya1964estimating", "lecun1989backpropagation", "elman1990finding", "cho2014learning", "bahdanau2015neural", "vaswani2017attention"]
kernel, cnn, rnn, summary, attention, transformer = (int(re.search(r"\d{4}", key)[0]) for key in entries)
claim("lookup-dates", "Convolution and recurrence are a year apart, attention came 25 years after Elman's network and the Transformer 2 years after attention.",
      [rnn - cnn, attention - rnn, transformer - attention], expected=[1, 25, 2])
claim("lookup-dates-kernel", "Kernel regression is 51 years older than attention.", attention - kernel, expected=51)
first, second = (int(number[:2]) * 12 + int(number[2:4]) for number in ("1409.0473", "1706.03762"))      # arXiv: year, month
claim("lookup-preprints", "By their first versions on arXiv attention is 33 months older than the Transformer.", second - first, expected=33)

# %% [markdown]
# So the three are 28 years apart, and they are not three of a kind: attention is a layer, and the translators that made it known had it inside a recurrent network.
#
# ## In the frameworks
#
# The attentive decoder, additive and multiplicative, in float64: outputs, gradients of all arrays, and 100 steps of gradient descent. The recurrence is Elman's without biases here, since [LSTM and GRU](../05_rnn/03_lstm_and_gru.ipynb) has shown how gates and biases are moved. Keras has both scores as layers; PyTorch has the dot product, and the additive one is a line.

# %%
import keras
import tensorflow as tf
import torch

STEP, U = 0.1, 6
source, target = letters_batch(16, 5, np.random.default_rng(20))

def twin_model(score):
    return AttentiveDecoder(score, U, np.random.default_rng(21), dtype=np.float64, size=4, recurrent=nn.RNN, bias=False)

start_values = {score: {name: p.data.copy() for name, p in twin_model(score).named_parameters()} for score in ("additive", "multiplicative")}
torch_rnn = torch.nn.RNN(4, U, batch_first=True, bias=False).double()

def torch_recurrent(P, part, x, h=None):
    weights = {name: P[f"{part}.{name}"].T for name in ("weight_ih_l0", "weight_hh_l0")}
    return torch.func.functional_call(torch_rnn, weights, (x,) if h is None else (x, h))

def torch_shares(P, q, m):
    if "rate.weight" not in P:
        return torch.softmax(q @ m.transpose(1, 2), dim=-1)
    pairs = torch.tanh(q[:, :, None] + (m @ P["key.weight"])[:, None])
    return torch.softmax((pairs @ P["rate.weight"])[..., 0], dim=-1)

# %%
def keras_forward(V, parts, look):
    m, h = parts["encoder"](tf.one_hot(source, N_SYMBOLS, dtype="float64") @ V["read.weight"])
    states, _ = parts["decoder"](tf.one_hot(target[:, :-1], N_SYMBOLS, dtype="float64") @ V["write.weight"], initial_state=h)
    c = look([states @ V["query.weight"], m, m @ V["key.weight"] if "key.weight" in V else m])           # query, value, key
    scores = tf.tanh(tf.concat([states, c], -1) @ V["combine.weight"] + V["combine.bias"]) @ V["head.weight"] + V["head.bias"]
    return scores, tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(target[:, 1:], scores))

# %%
def keras_attentive_step(start):
    """Return a function that makes one step of gradient descent and returns (scores, loss, gradients by name)."""
    V = {name: tf.Variable(a) for name, a in start.items() if "coder" not in name}
    parts = {name: keras.layers.SimpleRNN(U, use_bias=False, return_sequences=True, return_state=True, dtype="float64") for name in ("encoder", "decoder")}
    look = keras.layers.AdditiveAttention(dtype="float64") if "rate.weight" in V else keras.layers.Attention(dtype="float64")
    for name, layer in parts.items():
        layer.build((None, None, 4))
        layer.set_weights([start[f"{name}.weight_ih_l0"], start[f"{name}.weight_hh_l0"]])
        V |= {f"{name}.weight_ih_l0": layer.trainable_variables[0], f"{name}.weight_hh_l0": layer.trainable_variables[1]}
    if "rate.weight" in V:
        look.build([(None, None, U)] * 3)
        look.set_weights([start["rate.weight"][:, 0]])
        V["rate.weight"] = look.trainable_variables[0]

    @tf.function(autograph=False)
    def step():
        with tf.GradientTape() as tape:
            scores, loss = keras_forward(V, parts, look)
        grads = dict(zip(V, tape.gradient(loss, [*V.values()])))
        for name, g in grads.items():
            V[name].assign_sub(STEP * g)
        return scores, loss, grads

    return step

# %% tags=["fw-numpy"]
runs_numpy = {}
for score in start_values:
    model, path = twin_model(score), []
    sgd = optim.SGD(model.parameters(), lr=STEP)
    for step in range(100):
        loss, out = attentive_loss(model, source, target)
        sgd.zero_grad(); loss.backward(); path.append(loss.item())
        if step == 0: first = out.data, {name: p.grad.copy() for name, p in model.named_parameters()}
        sgd.step()
    runs_numpy[score] = (*first, path)

# %% tags=["fw-torch"]
runs_torch, S, Y = {}, torch.tensor(source), torch.tensor(target)
for score, start in start_values.items():
    P, path = {name: torch.tensor(a, requires_grad=True) for name, a in start.items()}, []
    for step in range(100):
        m, h = torch_recurrent(P, "encoder", P["read.weight"][S])
        states, _ = torch_recurrent(P, "decoder", P["write.weight"][Y[:, :-1]], h)
        mixed = torch.tanh(torch.cat([states, torch_shares(P, states @ P["query.weight"], m) @ m], -1) @ P["combine.weight"] + P["combine.bias"])
        out = mixed @ P["head.weight"] + P["head.bias"]; loss = torch.nn.functional.cross_entropy(out.flatten(0, 1), Y[:, 1:].flatten())
        grads = dict(zip(P, torch.autograd.grad(loss, [*P.values()]))); path.append(loss.item())
        if step == 0: runs_torch[score] = out.detach(), grads, path
        for name, g in grads.items(): P[name].data -= STEP * g

# %% tags=["fw-tensorflow"]
runs_tf = {}
for score, start in start_values.items():
    step = keras_attentive_step(start)
    steps = [step() for _ in range(100)]
    out, _, grads = steps[0]
    named = {name: np.asarray(g).reshape(start[name].shape) for name, g in grads.items()}         # Keras's u is a row
    runs_tf[score] = out, {name: named[name] for name in start}, [float(loss) for _, loss, _ in steps]

# %%
for score in start_values:
    runs = {"numpy": runs_numpy[score], "torch": runs_torch[score], "tensorflow": runs_tf[score]}
    parity(f"lookup-{score}", outputs={name: run[0] for name, run in runs.items()}, gradients={name: run[1] for name, run in runs.items()}, path={name: run[2] for name, run in runs.items()})

# %% [markdown]
# ## Summary
#
# - Attention is a soft look-up: scores of a query against all keys, a softmax, a mean of the values. Queries and keys say where, values say what.
# - For keys of one length, scaled dot-product attention *is* kernel regression with a Gaussian; for other keys the long ones win. The temperature leads from the nearest neighbour to the mean, and is chosen on pairs that are left out.
# - Learned projections say what to compare. A look-up that may see itself learns only that.
# - In an encoder-decoder attention answers the bottleneck; it does not bring lengths that were never trained.
# - Weights say where a mean was read, not where its content came from. Change the input to know.
#
# ## Exercises
#
# ### Exercise 1 · Another query
#
# In the dot-product paper example (keys $(0,0), (1,0), (0,1)$) let the query be $(\ln4, \ln3)$ and the values $8, 4, 16$. What is the answer, without scaling?

# %%
answer = None
exercise("lookup-dot", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Exponentials of the scores: $1, 4, 3$; weights $\frac18, \frac48, \frac38$; answer $1 + 2 + 6 = 9$.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("lookup-dot", attention_loops(np.log([[4.0, 3.0]]), k_paper, np.array([[8.0], [4], [16]]), 1.0).item())

# %% [markdown]
# ### Exercise 2 · Kernel regression that does not break
#
# Write `kernel_estimate(queries, keys, values, h)` for one-dimensional arrays, with a Gaussian kernel of bandwidth $h$. It must also answer for a query that lies a thousand bandwidths from every key.

# %%
def kernel_estimate(queries, keys, values, h):
    ...

exercise("lookup-kernel", kernel_estimate)

# %% [markdown]
# <details><summary>Solution</summary>
#
# $e^{-500000}$ is 0 in floating point, and $0/0$ is no number. Subtract the largest score before the exponential.
#
# </details>

# %% tags=["hide-cell", "solution"]
def kernel_estimate_solution(queries, keys, values, h):
    scores = -((queries[:, None] - keys) ** 2) / (2 * h * h)
    shares = np.exp(scores - scores.max(1, keepdims=True))
    return shares @ values / shares.sum(1)

exercise("lookup-kernel", kernel_estimate_solution)

# %% [markdown]
# ### Exercise 3 · Leave one out, without a loop
#
# `weights` (n, n) are the shares of a table that looks itself up, own pairs included, and `values` (n,). Write `left_out(weights, values)`: each pair's estimate from the *others*, without computing any score anew.

# %%
def left_out_estimates(weights, values):
    ...

exercise("lookup-left-out", left_out_estimates)

# %% [markdown]
# <details><summary>Solution</summary>
#
# The others keep their proportions: take $a_{ii}v_i$ out of the mean and divide by the weight that is left, $1 - a_{ii}$.
#
# </details>

# %% tags=["hide-cell", "solution"]
def left_out_solution(weights, values):
    own = np.diag(weights)
    return (weights @ values - own * values) / (1 - own)

exercise("lookup-left-out", left_out_solution)

# %% [markdown]
# ### Exercise 4 · Same answer, other weights
#
# Three keys have the values $0, 1, 3$ and the weights $\frac12, \frac14, \frac14$. Which weights, none negative, give the same answer with *no* weight on the second key? Give the three.

# %%
answer = None          # for example [0.5, 0.0, 0.5]
exercise("lookup-weights", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# The answer is $\frac14 + \frac34 = 1$. With $(1-w, 0, w)$ it is $3w$, so $w = \frac13$: weights $\frac23, 0, \frac13$. Whoever reads the weights as reasons finds the second key worth a quarter, or nothing.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("lookup-weights", [2 / 3, 0.0, 1 / 3])

# %% [markdown]
# ### Exercise 5 · What the scores cost
#
# A decoder with 512 units asks an encoder that reads in both directions, so that its states have 1 024 numbers. How many parameters has the additive score with a hidden layer of 256, by the formula of the table?

# %%
answer = None
exercise("lookup-count", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# $512\cdot256 + 1024\cdot256 + 256 = 393\,472$. The multiplicative score would have $512\cdot1024 = 524\,288$.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("lookup-count", 512 * 256 + 1024 * 256 + 256)

# %% [markdown]
# ### Exercise 6 · Three proofs
#
# (a) Show that the answer $o$ is the number $m$ that makes $\sum_i a_i(v_i-m)^2$ least. (b) Prove $o_{-i}-o = \frac{a_i}{1-a_i}(o-v_i)$. (c) Let one key be nearest to $q$, at distance $d$, and all other $n-1$ at $\sqrt{d^2+g}$ or more, $g>0$. Show that kernel regression gives the others together less than $(n-1)\,e^{-g/2h^2}$.
#
# <details><summary>Solution</summary>
#
# (a) The derivative $-2\sum_i a_i(v_i-m)$ is zero at $m=\sum_ia_iv_i=o$, as the $a_i$ add up to 1; the second derivative is 2. So attention is a least-squares fit of a constant, with each pair counted by its weight.
#
# (b) The others keep their proportions, as their scores do not change: $o_{-i} = (o - a_iv_i)/(1-a_i)$. Subtract $o = (o - a_io)/(1-a_i)$.
#
# (c) Divide numerator and denominator by the nearest key's $e^{-d^2/2h^2}$. Its term becomes 1, each other at most $e^{-g/2h^2}$, and the denominator is greater than 1. As $h\to0$ the bound goes to 0: the nearest neighbour is left.
#
# </details>

# %% [markdown]
# ## Sources
#
# [Nadaraya, 1964](../../book/bibliography.md#nadaraya1964estimating), and [Watson, 1964](../../book/bibliography.md#watson1964smooth), kernel regression ·
# [Cho et al., 2014](../../book/bibliography.md#cho2014learning), the encoder-decoder, and the bottleneck ·
# [Bahdanau, Cho and Bengio, 2015](../../book/bibliography.md#bahdanau2015neural), additive attention and its alignments ·
# [Luong, Pham and Manning, 2015](../../book/bibliography.md#luong2015effective), multiplicative attention ·
# [Vaswani et al., 2017](../../book/bibliography.md#vaswani2017attention), queries, keys and values by these names, and what follows ·
# [Jain and Wallace, 2019](../../book/bibliography.md#jain2019attention), and [Wiegreffe and Pinter, 2019](../../book/bibliography.md#wiegreffe2019attention), on weights as explanations.
