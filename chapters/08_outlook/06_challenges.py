# %% [markdown]
# # Challenges: data, explanation, compute
#
# The articles behind this book name nine challenges. Three of them can be put on a scale: deep learning wants much data, its decisions are hard to explain, and it takes much computation. **After this section** you can draw a learning curve and say how far to trust its continuation, test whether features learnt elsewhere save labels, tell which wrong labels a network shrugs off, compute explanations that add up to the last digit and show how the very same numbers mislead, and count what a training run costs before it starts.
#
# *Reading: 25 minutes. Running: about 25 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import time

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from scipy.stats import spearmanr

from chainrule import Tensor, data, models, nn, no_grad, optim, plotting
from chainrule.nn import functional as F
from chainrule.plotting.color import BLUE, ORANGE
from chainrule.proof import claim, exercise
from chainrule.tensor import graph

# %% [markdown]
# ## Data
#
# The first article says that deep learning needs large amounts of good data, which are hard to get. [Generalisation](../01_ml_basics/02_generalisation.ipynb) has shown that every flexible learner is hungry, and that pre-training on other digits helps. Three questions are left. How much would more data bring? Do labels of *other* things help? And how good is good?
#
# ### The learning curve, continued
#
# On doubly logarithmic paper, [learning curves](../../book/glossary.md#learning-curve) are often straight: the error follows a **[power law](../../book/glossary.md#power-law)** ([Hestness et al., 2017](../../book/bibliography.md#hestness2017deep), for images, speech and text; [Kaplan et al., 2020](../../book/bibliography.md#kaplan2020scaling), for language models over seven orders of magnitude),
#
# $$\text{error}(n) \approx a\,n^{-b}.$$
#
# Read aloud: *each doubling of the data multiplies the error by the same factor, $2^{-b}$.* The law is fitted on small samples to say what large ones are worth. We fit it from 50 to 800 MNIST digits, shrunk to 14 × 14, and check it on up to 6 400, for nearest neighbour, a linear classifier, and an MLP of 64 hidden units with 250 training steps of 32 digits, on 2 000 test digits.

# %%
def halved(x):
    """Return 28 x 28 pictures (B, 784) as means of 2 x 2 pixels (B, 196)."""
    return x.reshape(-1, 14, 2, 14, 2).mean((2, 4)).reshape(len(x), 196).astype(np.float32)

def schooled(net, x, y, rng, steps=250, lr=5e-3, batch=32):
    """Return the net after Adam with a falling rate, on batches drawn by lot."""
    adam = optim.Adam(net.parameters(), lr=lr)
    schedule = optim.CosineAnnealingLR(adam, steps)
    for _ in range(steps):
        rows = rng.integers(0, len(x), batch)
        adam.zero_grad(); F.cross_entropy(net(Tensor(x[rows])), y[rows]).backward()
        adam.step(); schedule.step()
    return net

def scores_of(net, x):
    with no_grad():
        return net(Tensor(x)).data

def wrong_share(net, x, y):
    return (scores_of(net, x).argmax(1) != y).mean()

def nearest_wrong(x, y, x_new, y_new):
    return (y[((x**2).sum(1) - 2 * x_new @ x.T).argmin(1)] != y_new).mean()

# %%
def digit_mlp(rng, n_in=196, hidden=64, activation=nn.ReLU, dtype=np.float32):
    return nn.Sequential(nn.Linear(n_in, hidden, rng=rng, dtype=dtype), activation(), nn.Linear(hidden, 10, rng=rng, dtype=dtype))

mnist = data.mnist()
x, y, x_new, y_new = halved(mnist.x_train), mnist.y_train, halved(mnist.x_test), mnist.y_test
sizes, wrong = 50 * 2 ** np.arange(8), {name: np.zeros((8, 3)) for name in ("nearest", "linear", "MLP")}
for seed in range(3):
    for i, n in enumerate(sizes):
        rng = np.random.default_rng(seed)
        rows = rng.permutation(len(x))[:n]
        wrong["nearest"][i, seed] = nearest_wrong(x[rows], y[rows], x_new, y_new)
        wrong["linear"][i, seed] = wrong_share(schooled(nn.Linear(196, 10, rng=rng), x[rows], y[rows], rng, 200, 2e-2), x_new, y_new)
        wrong["MLP"][i, seed] = wrong_share(schooled(digit_mlp(rng), x[rows], y[rows], rng), x_new, y_new)
laws = {name: np.polyfit(np.log(sizes[:5]), np.log(e[:5].mean(1)), 1) for name, e in wrong.items()}
continued = {name: np.exp(np.polyval(law, np.log(sizes))) for name, law in laws.items()}
for name, e in wrong.items():
    print(f"{name:8s} b = {-laws[name][0]:.2f}; 6400 digits: law {continued[name][-1]:.3f}, measured {e[-1].mean():.3f} ± {e[-1].std(ddof=1):.3f}")

# %% mystnb={"image": {"alt": "Three panels, test error over the number of examples, both axes logarithmic. Points follow a dashed straight line from 50 to 800 examples in all three. Beyond, nearest neighbour stays on its line, while the linear classifier and the perceptron bend upwards to about twice the line's value."}}
fig, axes = plotting.new_figure(1, 3, height=2.7, sharey=True)
for ax, (name, e) in zip(axes, wrong.items()):
    ax.loglog(sizes, continued[name], "--", color=plotting.CYCLE[1])
    ax.errorbar(sizes, e.mean(1), [e.mean(1) - e.min(1), e.max(1) - e.mean(1)], fmt="o", ms=4, color=plotting.CYCLE[0])
    ax.set_yticks([0.05, 0.1, 0.2, 0.4], ["0.05", "0.1", "0.2", "0.4"]); ax.minorticks_off()
    ax.axvline(1100, color=plotting.CYCLE[5], lw=0.8)
    plotting.dress(ax, name, "examples", "test error" if ax is axes[0] else "")
_ = fig.suptitle("The law was fitted left of the line; right of it, one of three keeps it", fontsize=11)

# %% [markdown]
# > **Misconception.** A learning curve that has been straight over a factor of sixteen goes on like that.

# %% tags=["settles-S0-H1"]
ratio = {name: e[-1].mean() / continued[name][-1] for name, e in wrong.items()}
inside = [np.abs(np.log(e[:5].mean(1) / continued[name][:5])).max() for name, e in wrong.items()]
claim("limits-law-fits", "From 50 to 800 digits each of the three is on its law, within 20 %.", inside, at_most=0.2)
claim("limits-law-nearest", "At eight times the data nearest neighbour is still on its line, within 25 %.", ratio["nearest"], expected=1.0, tolerance=0.25)
claim("limits-law-bends", "The linear classifier and the MLP make at least 1.4 times the errors that their laws promise.", [ratio["linear"], ratio["MLP"]], at_least=1.4)

# %% [markdown]
# All three looked alike while it mattered. The linear classifier is close to the best that planes can do. But what stops the MLP? Not a lack of data. Keep the 6 400 digits and give it twice the units and three times the steps:

# %%
larger = []
for seed in range(3):
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(x))[:6400]
    larger.append(wrong_share(schooled(digit_mlp(rng, hidden=128), x[rows], y[rows], rng, 750), x_new, y_new))
print(f"MLP, 6400 digits: {wrong['MLP'][-1].mean():.3f}; larger and trained for longer {np.mean(larger):.3f} ± {np.std(larger, ddof=1):.3f}")
claim("limits-not-data", "On the same digits a fifth of its errors goes away, or more.", np.mean(larger) / wrong["MLP"][-1].mean(), at_most=0.8)

# %% [markdown]
# So a learning curve is one of model, training and data together, and continued it says what data would bring *if nothing else becomes the bottleneck*. The laws in the cited papers hold because model and training grow along with the data.
#
# **What it does not show:** that nearest neighbour is better in the end. Its line ends, too, at the latest at the share of digits that people argue about.
#
# ### Features from other classes
#
# Labels of 5 to 9 are scarce: 1, 5, 20 or 100 for each. Of 0 to 4 there are thousands. Train a convolutional network on these, keep its 256 features, and fit a linear head ([ridge regression](../../book/glossary.md#ridge-regression)) on the few labels: [transfer](../../book/glossary.md#transfer-learning), as [Yosinski et al., 2014](../../book/bibliography.md#yosinski2014how), measured it for large networks.
# The baselines come first, and [What a CNN sees](../04_cnn/05_what_a_cnn_sees.ipynb) has warned us about one of them: the pixels; the same network *untrained*; a network trained on shuffled labels; and 1 000 random features of the crudest kind, $\operatorname{relu}(xW)$. **Predict** the order.

# %%
def eyes(rng):
    """Return two strided convolutions: 256 features of a 14 x 14 picture."""
    kind = {"stride": 2, "padding": 1, "rng": rng}
    return nn.Sequential(nn.Conv2d(1, 8, 3, **kind), nn.ReLU(), nn.Conv2d(8, 16, 3, **kind), nn.ReLU(), nn.Flatten())

def head_wrong(a, y, c, z):
    """Return the error on (c, z) of a ridge head for classes 5 to 9 that was fitted to (a, y)."""
    centre, size = a.mean(0), np.sqrt(((a - a.mean(0)) ** 2).sum(1).mean())
    a = (a - centre) / size
    w = a.T @ np.linalg.solve(a @ a.T + 0.1 * np.eye(len(a)), np.eye(10)[y][:, 5:] - 0.2) / size
    return ((c @ w - centre @ w).argmax(1) + 5 != z).mean()

small, late = y < 5, np.flatnonzero(y >= 5)[-1500:]
as_maps = lambda p: p.reshape(-1, 1, 14, 14)
judges, judged = x_new[y_new >= 5], y_new[y_new >= 5]
errors = {}

# %%
for seed in range(3):
    rng = np.random.default_rng(seed)
    views = {"pixels": lambda p: p.astype(float)}
    for name, labels in {"untrained": None, "shuffled labels": rng.permutation(y[small]), "learnt on 0-4": y[small]}.items():
        seen = eyes(np.random.default_rng(seed))
        if labels is not None:
            schooled(nn.Sequential(*seen, nn.Linear(256, 10, rng=rng)), as_maps(x[small]), labels, rng, 160)
        views[name] = lambda p, seen=seen: scores_of(seen, as_maps(p)).astype(float)
    W = rng.normal(0, 0.1, (196, 1000))
    views["1000 random"] = lambda p, W=W: np.maximum(p @ W, 0)
    for name, view in views.items():
        a, c = view(x[late]), view(judges)
        for i, each in enumerate((1, 5, 20, 100)):
            for draw in range(3):
                lot = np.random.default_rng([seed, draw])
                few = np.concatenate([lot.permutation(np.flatnonzero(y[late] == k))[:each] for k in range(5, 10)])
                errors.setdefault(name, np.zeros((3, 4)))[seed, i] += head_wrong(a[few], y[late][few], c, judged) / 3

# %% tags=["settles-S0-H1"]
print(f"{'labels a class':16s}      1              5             20            100")
for name, e in errors.items():
    print(f"{name:16s}", *(f"{m:.3f} ± {s:.3f} " for m, s in zip(e.mean(0), e.std(0, ddof=1))))
mean = {name: e.mean(0) for name, e in errors.items()}
to_untrained = {name: (m / mean["untrained"])[1:].mean() for name, m in mean.items()}
claim("limits-transfer", "From 5 labels a class on, features learnt on 0-4 make on average a tenth fewer errors than the same network untrained, or better.", to_untrained["learnt on 0-4"], at_most=0.9)
claim("limits-transfer-labels", "It is the labels that do it: with shuffled ones it is less than that.", to_untrained["shuffled labels"], at_least=0.9)
claim("limits-transfer-pixels", "With one label a class, they gain less than five points over the bare pixels.", mean["pixels"][0] - mean["learnt on 0-4"][0], at_most=0.05)
against_random = (errors["1000 random"] / errors["learnt on 0-4"])[:, 2:].mean(1)
print("errors with 1000 random, as a share of those with learnt, at 20 and 100:", *(f"{v:.2f}" for v in against_random))
claim("limits-transfer-random", "With 20 and 100 labels, 1 000 random features, which learnt nothing, make on average no more errors than they do.", against_random.mean(), at_most=1.0)

# %% [markdown]
# Against its own start, the network has learnt something that carries over. Against the right baseline it has not: four times as many features, drawn by lot, do as well or better, without a single label of 0 to 4.
#
# **What it does not show:** that transfer is an illusion. Four thousand strokes on 14 × 14 pixels teach little that a random projection does not hold; on photographs, with features from a million of them, the balance is another one. It shows that "transfer beats a network from scratch" is half a result.
#
# ### Wrong labels
#
# "High quality", says the article. How high? [Label noise](../../book/glossary.md#label-noise) can be of two kinds. *Any*: a share $q$ of the labels is replaced by one of the nine other classes, drawn by lot. *Next*: the same share is replaced, always by the next class, as by annotators who mix up two things. **On paper first:** up to which $q$ is the right label still the most frequent one? (Exercise 2.) An MLP, 1 000 digits, 20 epochs, judged on right labels after each.

# %%
rules, epochs = {("any", 0.0): [], ("any", 0.4): [], ("any", 0.8): [], ("next", 0.4): [], ("next", 0.6): []}, 20
alone = {rule: [] for rule in rules}
for (kind, q), runs in rules.items():
    for seed in range(3):
        rng = np.random.default_rng(seed)
        digits, labels = x[:1000], y[:1000].copy()
        spoilt = rng.random(1000) < q
        labels[spoilt] = (labels[spoilt] + (rng.integers(1, 10, spoilt.sum()) if kind == "any" else 1)) % 10
        net, path = digit_mlp(rng), []
        adam = optim.Adam(net.parameters(), lr=5e-3)
        for _ in range(epochs):
            for xb, yb in data.batches(digits, labels, 50, rng):
                adam.zero_grad(); F.cross_entropy(net(Tensor(xb)), yb).backward(); adam.step()
            path.append(wrong_share(net, x_new, y_new))
        runs.append(path)
        alone[kind, q].append(nearest_wrong(digits, labels, x_new, y_new))
paths = {rule: np.array(runs) for rule, runs in rules.items()}
for (kind, q), p in paths.items():
    print(f"{kind:4s} {q:.1f}: epoch 4 {p[:, 3].mean():.3f} ± {p[:, 3].std(ddof=1):.3f}, epoch 20 {p[:, -1].mean():.3f} ± {p[:, -1].std(ddof=1):.3f}, nearest {np.mean(alone[kind, q]):.3f}")

# %% mystnb={"image": {"alt": "Test error over 20 epochs for five kinds of label noise. Without noise it falls to 0.1. With 40 percent of any labels it falls to 0.2 and then climbs. With 40 percent of next labels it stays near 0.4. With 60 percent of next labels and with 80 percent of any it stays between 0.6 and 0.8."}}
_ = plotting.curves({f"{kind} {q:.1f}": (np.arange(1, epochs + 1), p.mean(0)) for (kind, q), p in paths.items()}, band={f"{kind} {q:.1f}": (p.min(0), p.max(0)) for (kind, q), p in paths.items()},
                    xlabel="epoch", ylabel="test error on right labels", title="Which labels are wrong matters more than how many", ylim=(0, 1))

# %% tags=["settles-S0-H1"]
at = {rule: p.mean(0) for rule, p in paths.items()}
claim("limits-noise-shrugged", "With 4 of 10 labels wrong in any way, the network misses at most 0.27 after 4 epochs, and nearest neighbour at least 0.4.",
      [0.27 - at["any", 0.4][3], np.mean(alone["any", 0.4]) - 0.4], at_least=0.0)
claim("limits-noise-late", "From epoch 4 to 20 the error grows by at least 3 points: the wrong labels are learnt last.", at["any", 0.4][-1] - at["any", 0.4][3], at_least=0.03)
claim("limits-noise-kind", "Six of ten labels wrong in one way are worse than eight of ten wrong in any.", at["next", 0.6][3] - at["any", 0.8][3], at_least=0.02)
claim("limits-noise-minority", "With six of ten wrong in one way, most answers are wrong, early and late.", [at["next", 0.6][3], at["next", 0.6][-1]], at_least=0.55)

# %% [markdown]
# A network shrugs off wrong labels as long as the right ones are the most frequent *everywhere*, the errors do not agree with each other, and training stops in time ([Rolnick et al., 2017](../../book/bibliography.md#rolnick2017deep), for the first; [Regularisation](../01_ml_basics/04_regularisation.ipynb) for the last). Errors that agree are not noise but another task, and no amount of data cures them. Real annotators' errors lie in between.
#
# ## Explanation
#
# The first article says that the decision process of deep models *is not interpretable*. The second calls them black boxes for which methods of interpretation have yet to be developed. These cannot both be right, and neither is: methods existed when the articles were written, such as LIME (2016), integrated gradients and Grad-CAM (both 2017). What is true is that each answers one question, and that the questions are easily confused.
#
# [What a CNN sees](../04_cnn/05_what_a_cnn_sees.ipynb) has computed slope, occlusion, integrated gradients and Grad-CAM, deleted pixels in their order, and randomised the weights to see which maps survive ([Adebayo et al., 2018](../../book/bibliography.md#adebayo2018sanity)). Here: how exact an explanation can be, what it hangs on, and what it is good for.
#
# ### Exact to the last digit
#
# The [integrated gradients](../../book/glossary.md#integrated-gradients) of a score $F$ at $x$, on the way from a baseline $x^0$ ([Sundararajan, Taly and Yan, 2017](../../book/bibliography.md#sundararajan2017axiomatic)), and their *completeness*:
#
# $$a_i = (x_i - x_i^0)\int_0^1 \partial_iF\bigl(x^0 + t(x - x^0)\bigr)\,dt, \qquad \sum_i a_i = F(x) - F(x^0).$$
#
# The integral is computed by a rule with nodes $t_j$ and weights $w_j$. That network had ReLUs, and 128 steps left up to one per cent. How exact is it for a smooth one? A rule of order $p$ has an error like $n^{-p}$: left ends of the steps $p = 1$, middles $p = 2$; Gauss's nodes, chosen best, beat every power, *if the integrand is smooth*. We explain the logit of the answer less the mean of the ten, which softmax cannot see.

# %%
def explained_net(seed, activation):
    rng = np.random.default_rng(seed)
    net = schooled(digit_mlp(rng, 784, 64, activation, np.float64), mnist.x_train.astype(float), y, rng, lr=3e-3)
    for part in (net[2].weight, net[2].bias):
        part.data -= part.data.mean(-1, keepdims=True)
    return net

def score_slopes(net, x, k):
    x = Tensor(x, requires_grad=True)
    net(x)[np.arange(len(k)), k].sum().backward()
    return x.grad

def rule_of(name, n):
    """Return the nodes and weights of a rule on [0, 1]."""
    if name == "Gauss":
        t, w = np.polynomial.legendre.leggauss(n)
        return (t + 1) / 2, w / 2
    return (np.arange(n) + {"left": 0.0, "middle": 0.5}[name]) / n, np.full(n, 1 / n)

def way_attributions(net, x, k, start, rule=("Gauss", 16)):
    return (x - start) * sum(w * score_slopes(net, start + t * (x - start), k) for t, w in zip(*rule_of(*rule)))

# %%
smooth = [explained_net(seed, nn.Tanh) for seed in range(3)]
kinked = explained_net(0, nn.ReLU)
picked = mnist.x_test[:20].astype(float)
said = [scores_of(net, picked).argmax(1) for net in smooth]
black, n_nodes, left_over = np.zeros((1, 784)), np.array([2, 4, 8, 16, 32, 64]), {}
for name, net, rule in [("tanh, left", smooth[0], "left"), ("tanh, middle", smooth[0], "middle"), ("tanh, Gauss", smooth[0], "Gauss"), ("ReLU, Gauss", kinked, "Gauss")]:
    k = scores_of(net, picked).argmax(1)
    difference = (scores_of(net, picked) - scores_of(net, black))[np.arange(20), k]
    left_over[name] = np.array([np.abs(way_attributions(net, picked, k, black, (rule, n)).sum(1) - difference).max() for n in n_nodes])
    print(f"{name:13s}", *(f"{n}: {e:.0e}" for n, e in zip(n_nodes, left_over[name])))
orders = {name: -np.polyfit(np.log(n_nodes[2:]), np.log(e[2:].clip(1e-15)), 1)[0] for name, e in left_over.items()}
print("order:", *(f"{name} {orders[name]:.2f}; " for name in ("tanh, left", "tanh, middle", "ReLU, Gauss")))

# %% mystnb={"image": {"alt": "What is missing for completeness over the number of nodes, both axes logarithmic. Left ends fall with slope one, middles with slope two. Gauss's nodes fall to rounding error at 16 nodes for the tanh network, but only slowly, with slope about one, for the ReLU network."}}
ax = plotting.curves({name: (n_nodes, e.clip(1e-15)) for name, e in left_over.items()}, logx=True, logy=True, xlabel="nodes n", ylabel="largest error of the sum",
                    title="Sixteen gradients are enough for a smooth network", labels="legend")
ax.set_xticks(n_nodes, [str(n) for n in n_nodes])
ax.minorticks_off()
plt.show()

# %% [markdown]
# > **Misconception.** The decisions of a deep network are not interpretable. (The first article)

# %% tags=["settles-S0-H2", "settles-S2-H3", "settles-F32", "settles-X15"]
claim("limits-complete", "With 16 of Gauss's nodes the attributions of all 784 pixels add up to the difference to be explained, within 1e-6, for each of 20 digits.", left_over["tanh, Gauss"][3], at_most=1e-6)
claim("limits-order", "Left ends have order 1, middles order 2.", [orders["tanh, left"], orders["tanh, middle"]], expected=[1.0, 2.0], tolerance=0.1)
claim("limits-order-kinks", "For the ReLU network even Gauss's nodes have an order below 2: its integrand jumps.", orders["ReLU, Gauss"], at_most=2.0)
claim("limits-kinks-left", "With 64 of them it still lacks more than 1e-4.", left_over["ReLU, Gauss"][-1], at_least=1e-4)

# %% [markdown]
# For a function that is computed by elementary steps, and a network is one, every question of the form "what share has this input in that number" has an exact answer. So the absolute sentence is wrong. Whether that was the question is another matter.
#
# ### Exact answers to a question that you chose
#
# Three baselines: black, white, and the mean of the training digits. For each digit we rank the pixels with ink by their attributions, and compare by [rank correlation](../../book/glossary.md#rank-correlation): 1 for the same order, −1 for the opposite one. (The way from white is long: 16 nodes leave up to 0.001, so we take 48.) To have a scale: how well do two *networks*, trained from two seeds, agree when they are asked with the same baseline?

# %%
starts = {"black": black, "white": np.ones((1, 784)), "mean": mnist.x_train.mean(0, dtype=float)[None]}
ways = {name: [way_attributions(net, picked, k, start, ("Gauss", 48)) for net, k in zip(smooth, said)] for name, start in starts.items()}

def agreement_on_ink(a, b):
    return np.mean([spearmanr(p[ink], q[ink])[0] for p, q, ink in zip(a, b, picked > 0)])

same_net = {pair: [agreement_on_ink(a, b) for a, b in zip(ways[pair[0]], ways[pair[1]])] for pair in (("black", "white"), ("black", "mean"), ("white", "mean"))}
same_start = [agreement_on_ink(ways["black"][0], ways["black"][i]) for i in (1, 2)]
for pair, values in same_net.items():
    print(f"one network, {pair[0]} against {pair[1]}: {np.mean(values):+.2f} ± {np.std(values, ddof=1):.2f}")
print("two networks, both from black:", *(f"{v:+.2f}" for v in same_start))

# %% mystnb={"image": {"alt": "Three rows of four pictures: a digit, and its attributions from black, white and the mean digit, orange for and blue against. From black they lie on the strokes, from white all around them, from the mean on both."}}
signed = LinearSegmentedColormap.from_list("signed", [BLUE, "#ffffff", ORANGE])
shown = [0, 2, 7]
cells = [cell / np.abs(cell).max() for i in shown for cell in (picked[i], *(ways[name][0][i] for name in starts))]
_ = plotting.images(np.array(cells), n_columns=4, cmap=signed, limits=(-1, 1), titles=["digit", *starts] + [""] * 8, title="One network, one digit, three baselines: three explanations, all complete")

# %%
gaps = [np.abs(a.sum(1) - (scores_of(net, picked) - scores_of(net, starts[name]))[np.arange(20), k]).max() for name in starts for net, k, a in zip(smooth, said, ways[name])]
claim("limits-baseline-complete", "All nine sets of attributions, of three networks from three baselines, are complete to 1e-6.", gaps, at_most=1e-6)
claim("limits-baseline-opposed", "From black and from white the order of the ink pixels is rather the opposite, in each of three networks.", same_net["black", "white"], at_most=-0.2)
claim("limits-baseline-mean", "From black and from the mean digit it is much the same.", same_net["black", "mean"], at_least=0.6)
claim("limits-baseline-network", "Two networks asked the same question agree better than one network asked two, by at least 0.5.", min(same_start) - max(same_net["black", "white"]), at_least=0.5)

# %% [markdown]
# All of them add up, and the choice of the baseline weighs more than the choice of the network. "Why a 7?" is not a question yet; "why a 7 rather than black paper?" is one.
#
# ### Where explanations mislead
#
# > **Misconception.** The gradient at the pixels shows what the network has looked at.
#
# We build a twin. Some pixels are blank in all 10 000 digits, so the weights that read them have no effect whatsoever. Replace them by large random numbers ([Anders et al., 2020](../../book/bibliography.md#anders2020fairwashing), do this for arbitrary networks, and choose what the map shall show).

# %%
blank = (mnist.x_train.max(0) == 0) & (mnist.x_test.max(0) == 0)
twin = digit_mlp(np.random.default_rng(0), 784, 64, nn.Tanh, np.float64)
twin.load_state_dict({name: value.copy() for name, value in smooth[0].state_dict().items()})
twin[0].weight.data[blank] = np.random.default_rng(1).normal(0, 2, (blank.sum(), 64))
everything = np.concatenate([mnist.x_train, mnist.x_test]).astype(float)
apart = np.abs(scores_of(twin, everything) - scores_of(smooth[0], everything)).max()
slopes = [np.abs(score_slopes(net, picked, said[0])) for net in (smooth[0], twin)]
on_blank = [s[:, blank].sum() / s.sum() for s in slopes]
twin_ways = {name: np.abs(way_attributions(twin, picked, said[0], starts[name], ("Gauss", 48)) - ways[name][0]).max() for name in ("black", "white")}
print(f"{blank.sum()} pixels are always blank; share of the slope on them: {on_blank[0]:.2f}, twin {on_blank[1]:.2f}")
claim("limits-twin-equal", "On all 10 000 digits the twins give the same ten scores.", apart, at_most=1e-9)
claim("limits-twin-slope", "The first has at most 15 % of its slope on these pixels, the second at least half.", [0.15 - on_blank[0], on_blank[1] - 0.5], at_least=0.0)
claim("limits-twin-path", "Integrated gradients from black cannot tell them apart, from white they can.", [twin_ways["black"] <= 1e-9, twin_ways["white"] >= 0.1], expected=[True, True])

# %% [markdown]
# Equal on all data that there are, unlike in the explanation: the slope speaks of pictures next to the data, and there nobody has trained. The other way round it fails as well: the slope is zero for an input that decides, where a unit is saturated, as in the paper example of [What a CNN sees](../04_cnn/05_what_a_cnn_sees.ipynb).
#
# ### What they are good for: a shortcut
#
# Each training digit gets a mark in the top rows, 2 × 2 pixels, whose place gives away the class: a hospital's label on the X-ray, a watermark. The test digits come from the same source and have it, too. What a network then learns is a **[shortcut](../../book/glossary.md#shortcut-learning)** ([Geirhos et al., 2020](../../book/bibliography.md#geirhos2020shortcut)). The control has the same marks at places drawn by lot.

# %%
def with_mark(x, k):
    """Return the digits (B, 784) with a 2 x 2 mark at the place of class k (B,)."""
    x = x.copy().reshape(-1, 28, 28)
    for i in (0, 1):
        for j in (0, 1):
            x[np.arange(len(x)), i, 2 * k + 4 + j] = 1
    return x.reshape(-1, 784)

plain, tests = mnist.x_test, {"same source": y_new, "false mark": (y_new + 1) % 10}
found, maps = {"class": [], "lot": []}, {}
for seed in range(3):
    for kind, rows in found.items():
        rng = np.random.default_rng(seed)
        at_class = y[:4000] if kind == "class" else rng.integers(0, 10, 4000)
        net = schooled(digit_mlp(rng, 784), with_mark(mnist.x_train[:4000], at_class), y[:4000], rng)
        marked = with_mark(plain[:200], y_new[:200])
        ours = way_attributions(net, marked, scores_of(net, marked).argmax(1), black.astype(np.float32), ("middle", 16))
        mark = with_mark(0 * plain[:200], y_new[:200]) > 0
        maps[kind] = ours
        rows.append([1 - wrong_share(net, with_mark(plain, places), y_new) for places in tests.values()]
                    + [1 - wrong_share(net, plain, y_new), (np.abs(ours) * mark).sum() / np.abs(ours).sum()])

# %% tags=["settles-S0-H2", "settles-F32"]
print("mark by   same source   false mark     no mark        share of attribution on the mark")
for kind, rows in found.items():
    print(f"{kind:7s}", *(f"{m:.3f} ± {s:.3f} " for m, s in zip(np.mean(rows, 0), np.std(rows, 0, ddof=1))))
clever, honest = (np.mean(found[kind], 0) for kind in ("class", "lot"))
claim("limits-shortcut-hidden", "The test set of the same source praises it: accuracy above 0.99.", clever[0], at_least=0.99)
claim("limits-shortcut-seen", "Four pixels, 3 % of the ink, have at least a fifth of all attributions; in the control less than 6 %.", [clever[3] - 0.2, 0.06 - honest[3]], at_least=0.0)
claim("limits-shortcut-false", "False marks cost it at least 30 points, and the control less than 2.", [clever[0] - clever[1] - 0.3, 0.02 - (honest[0] - honest[1])], at_least=0.0)
claim("limits-shortcut-none", "Without a mark it is worse than the control, by at least 2 points.", honest[2] - clever[2], at_least=0.02)

# %% mystnb={"image": {"alt": "Three rows of six digits with a small mark at the top: the digits, the attributions of the network whose marks gave the class away, strong on the mark, and those of the control, on the strokes only."}}
lines = [with_mark(plain[:6], y_new[:6]), maps["class"][:6], maps["lot"][:6]]
_ = plotting.images(np.concatenate([line / np.abs(line).max(1, keepdims=True) for line in lines]), n_columns=6, cmap=signed, limits=(-1, 1), title="Marked digits; what counts if marks tell the class; what counts if not")

# %% [markdown]
# We had expected the accuracy to collapse without the mark. It does not: the network has learnt the strokes as well, though less of them, and lets the mark outvote them. That makes it more treacherous, since a test with the marks wiped off shows a mediocre network, not a biased one. The attributions accuse it at once, from 200 pictures of the biased source itself. *This* is what explanations are good for: they do not prove that a network is right, they can show that it is right for the wrong reason.
#
# ### A local line
#
# LIME ([Ribeiro, Singh and Guestrin, 2016](../../book/bibliography.md#ribeiro2016why)) needs no gradient: change the input at random, weigh the changed ones by nearness, with a *kernel width* $s$, and fit a line. On paper, $f(x) = x^3 - 3x$ at $x = \frac12$: with normal weights of width $s$ the slope of the best line is
#
# $$3x^2 - 3 + 3s^2 = -\tfrac94 + 3s^2.$$
#
# **Predict** its sign for $s = 0.1$ and for $s = 1$.

# %%
def local_line(z, values, distance, width):
    """Return the weights (D,) of the line through values (n,) at z (n, D), and the share R² that it explains nearby."""
    w = np.exp(-0.5 * (distance / width) ** 2)
    A = np.column_stack([np.ones(len(z)), z])
    line = np.linalg.lstsq(A * np.sqrt(w)[:, None], values * np.sqrt(w), rcond=None)[0]
    off, spread = values - A @ line, values - np.average(values, weights=w)
    return line[1:], 1 - (w * off**2).sum() / (w * spread**2).sum()

z = np.linspace(-8, 8, 4001)[:, None]
by_width = {s: local_line(z + 0.5, ((z + 0.5) ** 3 - 3 * (z + 0.5))[:, 0], z[:, 0], s) for s in (0.1, 0.5, 1.0)}
print("; ".join(f"s = {s}: slope {line[0]:+.2f}, R² {r2:.2f}" for s, (line, r2) in by_width.items()))
claim("limits-line-sign", "Slopes -2.22, -1.5 and +0.75: a wider look turns the explanation round.", [line[0] for line, _ in by_width.values()], expected=[-2.22, -1.5, 0.75], tolerance=1e-4)
claim("limits-line-warns", "The share explained warns: above 0.99 in the narrow, below 0.3 in the wide.", [by_width[0.1][1] > 0.99, by_width[1.0][1] < 0.3], expected=[True, True])

# %% [markdown]
# Now a digit: 49 patches of 4 × 4 pixels, each kept or wiped, the distance being the share wiped. Two hundred or two thousand changed pictures, and the probability of the answer. How much do the weights of the patches with ink change when we draw again, and when the kernel gets wider?

# %%
cell_of = (np.arange(784) // 28 // 4) * 7 + np.arange(784) % 28 // 4
patches = np.eye(49)[cell_of].T                                                      # (49, 784)

def patch_weights(f, picture, width, n, rng):
    kept = (rng.random((n, 49)) < rng.random((n, 1))).astype(float)
    return local_line(kept, f(picture * (kept @ patches)), 1 - kept.mean(1), width)[0]

def probability_of(net, k):
    return lambda z: F.softmax(scores_of(net, z)).data[:, k]

again, wider = {200: [], 2000: []}, {200: [], 2000: []}
for net, answers in zip(smooth, said):
    for n in again:
        for i in range(4):
            f, inked = probability_of(net, answers[i]), patches @ picked[i] > 0
            one, two, wide = (patch_weights(f, picked[i], s, n, np.random.default_rng(seed))[inked] for s, seed in ((0.1, 0), (0.1, 1), (1.0, 0)))
            again[n].append(spearmanr(one, two)[0])
            wider[n].append(spearmanr(one, wide)[0])

# %%
for n in again:
    print(f"{n:4d} pictures: drawn again {np.mean(again[n]):.2f}, ten times as wide {np.mean(wider[n]):.2f}")
claim("limits-line-again", "From 200 pictures at width 0.1, two draws agree to less than 0.75; from 2000 by at least 0.1 better.", [0.75 - np.mean(again[200]), np.mean(again[2000]) - np.mean(again[200]) - 0.1], at_least=0.0)
claim("limits-line-robust", "With 2000, ten times the width leaves the order of the patches much as it was: correlation above 0.7.", np.mean(wider[2000]), at_least=0.7)

# %% [markdown]
# Here the width matters less than on paper, and less than we had expected: this network is nearly a line in its patches. What matters is the number of draws, and a narrow kernel uses only few of them. Whoever shows such weights should show them twice.
#
# Last, the case in which all methods agree. A *linear* model needs no method: $w_i(x_i - x^0_i)$ is the explanation.

# %%
rng = np.random.default_rng(5)
line = nn.Linear(784, 10, rng=rng, dtype=np.float64)
p, k, w = picked[:1], np.array([3]), line.weight.data[:, 3]
by_hand = patches @ (w * p[0])
answers = {"slope × pixel": patches @ (score_slopes(line, p, k) * p)[0], "one step of the path": patches @ way_attributions(line, p, k, black, ("left", 1))[0],
           "occlusion": np.array([(scores_of(line, p) - scores_of(line, p * (cell_of != cell)))[0, 3] for cell in range(49)]),
           "local line, narrow": patch_weights(lambda z: scores_of(line, z)[:, 3], p[0], 0.2, 400, rng), "local line, wide": patch_weights(lambda z: scores_of(line, z)[:, 3], p[0], 5.0, 400, rng)}
claim("limits-linear", "Slope times pixel, path, occlusion and local lines of two widths give one and the same answer for a linear model.", [np.abs(a - by_hand).max() for a in answers.values()], at_most=1e-8)

# %% [markdown]
# So the two articles can be reconciled. A deep network *can* be interpreted, exactly, by methods that exist. What does not exist is the one interpretation: where a model is not linear, methods, baselines and widths are different questions, and which one is yours, no method can tell. **What all this does not show** is whether people decide better with such maps; that takes an experiment with people.
#
# ## Compute
#
# The first article's third challenge. Count before you measure. A product of an $m\times k$ and a $k\times n$ matrix takes $mkn$ multiplications and as many additions, $2mkn$ floating-point operations, or [FLOPs](../../book/glossary.md#flop).
#
# ### What a training run takes
#
# In a [Transformer](../06_attention/04_the_block.ipynb) each weight of a matrix is used once for each token: 2 FLOPs a weight. Going back takes two such products, one for the weights, one for the layer before: 4 more. With $N$ parameters and $D$ tokens ([Kaplan et al., 2020](../../book/bibliography.md#kaplan2020scaling))
#
# $$C \approx 6ND.$$
#
# Left out are embeddings that are looked up, biases, norms, and the pairs of attention. For $L$ layers of width $d$, context $T$ and vocabulary $V$ the exact count of the products is, for a token, $6\,(12Ld^2 + 2LTd + Vd)$. We count them in the [GPT of this book](../06_attention/06_small_gpt.ipynb): its graph has a node for each product that was made, with an edge from each matrix that will want a gradient, which is one product on the way back.

# %%
def counted_flops(V, T, L, d):
    """Return parameters, and FLOPs forward and in all, of the products that a GPT makes on T tokens."""
    model = models.GPT(V, T, L, 4, d, rng=np.random.default_rng(0))
    made = graph((model(np.arange(T)[None] % V) ** 2).mean())
    forward = total = 0
    for i, (out, op) in enumerate(zip(made.tensors, made.ops)):
        matrices = [made.tensors[parent] for parent, child in made.edges if child == i and made.tensors[parent].ndim > 1]
        if op == "linear":
            flops, back = 2 * out.data.size * matrices[0].shape[-1], len(matrices)
        elif op == "self_attention":
            flops, back = 2 * 2 * T * T * d, 2                # scores of all pairs, and means of the values
        else:
            continue
        forward, total = forward + flops, total + (1 + back) * flops
    return model.n_parameters(), forward, total

# %% tags=["settles-S0-H3"]
shapes = [(65, 64, 2, 32), (65, 64, 2, 64), (65, 32, 4, 128), (256, 32, 4, 256)]
to_formula, to_rule, to_forward = [], [], []
for V, T, L, d in shapes:
    n_parameters, forward, total = counted_flops(V, T, L, d)
    to_formula.append(total / (T * 6 * (12 * L * d**2 + 2 * L * T * d + V * d)))
    to_rule.append(total / (6 * n_parameters * T))
    to_forward.append(total / forward)
    print(f"d = {d:3d}, T = {T}: {n_parameters:9,} parameters, {total / 1e6:7.1f} MFLOP counted, {to_rule[-1]:.3f} of 6ND")
claim("limits-flops-exact", "The formula gives the count of all four models exactly.", to_formula, expected=[1.0] * 4, tolerance=1e-12)
claim("limits-flops-three", "Forward and back take three times what forward takes.", to_forward, expected=[3.0] * 4, tolerance=1e-12)
claim("limits-flops-rule", "6ND is within 20 % for the narrowest and within 2 % for the widest.", [abs(to_rule[0] - 1) <= 0.2, abs(to_rule[-1] - 1) <= 0.02], expected=[True, True])
claim("limits-flops-gpt3", "For the 174.6 thousand million parameters and 300 thousand million tokens of GPT-3 the rule gives the 3.14e23 of its paper.", 6 * 174.6e9 * 300e9, expected=3.14e23, tolerance=0.01, relative=True)

# %% [markdown]
# The last is from table D.1 of [Brown et al., 2020](../../book/bibliography.md#brown2020language). No model needs to be built, let alone trained, to know this number. (When the pairs do matter is measured in [Cost](../06_attention/07_cost.ipynb).)
#
# ### What a FLOP takes
#
# > **Misconception.** Twice the FLOPs take twice the time.
#
# Four programs with the *same* number of multiplications, $2^{27}$, by the CPU's clock: one product of $512\times512$ matrices; 262 144 products of $8\times8$; eight products of a $4096\times4096$ matrix with a vector; the numbers of one long vector multiplied 128 times. And two convolutions with 9.4 million multiplications each: an ordinary one, 16 to 16 channels, and a [depthwise](../../book/glossary.md#depthwise-convolution) one on 256 channels. Times are of the machine that built this page, so we print ratios; the claims say what should hold on any. In a second cell, the everyday lever: answers of an MLP in batches of 1 to 512 ([Batches](../03_gradient_descent/02_batches.ipynb) has measured the price of a sample in training).

# %% tags=["settles-S0-H3", "nbval-ignore-output"]
def cpu_seconds_of(f, repeats=5):
    f()
    seconds = []
    for _ in range(repeats):
        begin = time.process_time()
        f()
        seconds.append(time.process_time() - begin)
    return max(float(np.median(seconds)), 1e-9)

draw = lambda *shape: np.full(shape, 0.9, np.float32)
one, tiny, table, column, long = draw(512, 512), draw(2**18, 8, 8), draw(4096, 4096), draw(4096), draw(2**20)
ordinary, depthwise = nn.Conv2d(16, 16, 3, padding=1, rng=rng), nn.Conv2d(256, 256, 3, padding=1, groups=256, rng=rng)
few, many = Tensor(draw(1, 16, 64, 64)), Tensor(draw(1, 256, 64, 64))
with no_grad():
    cpu_seconds = {"one product": cpu_seconds_of(lambda: one @ one), "tiny products": cpu_seconds_of(lambda: tiny @ tiny, 3), "matrix times vector": cpu_seconds_of(lambda: [table @ column for _ in range(8)], 3),
               "one by one": cpu_seconds_of(lambda: [long * long for _ in range(128)], 3), "ordinary": cpu_seconds_of(lambda: ordinary(few)), "depthwise": cpu_seconds_of(lambda: depthwise(many))}
times = {name: s / cpu_seconds["ordinary" if name == "depthwise" else "one product"] for name, s in cpu_seconds.items() if name not in ("one product", "ordinary")}
print("times the time:", "; ".join(f"{name} {t:.0f}" for name, t in times.items()))
claim("limits-time-products", "Tiny products and products with a vector take at least twice the time of one large product.", [times["tiny products"], times["matrix times vector"]], at_least=2.0)
claim("limits-time-elementwise", "One by one, with half the FLOPs, it takes at least four times as long.", times["one by one"], at_least=4.0)
claim("limits-time-depthwise", "The depthwise convolution takes at least 1.5 times as long as the ordinary one.", times["depthwise"], at_least=1.5)

# %% tags=["settles-S0-H3", "nbval-ignore-output"]
server, inputs = digit_mlp(rng, 784, 256), {B: draw(B, 784) for B in (1, 8, 64, 512)}
price_each = {B: cpu_seconds_of(lambda p=p, B=B: [scores_of(server, p) for _ in range(max(64 // B, 1))]) / max(B, 64) for B, p in inputs.items()}
print("MLP, time for an example, of that in a batch of 512:", ", ".join(f"{B}: {s / price_each[512]:.1f}" for B, s in price_each.items()))
claim("limits-batch", "Alone, an example takes at least twice the time that it takes in a batch of 512.", price_each[1] / price_each[512], at_least=2.0)

# %% [markdown]
# In the large product each number that is fetched is used 512 times, in the others one to nine times: not arithmetic but traffic sets the pace, as the [arithmetic intensity](../../book/glossary.md#arithmetic-intensity) says ([Williams, Waterman and Patterson, 2009](../../book/bibliography.md#williams2009roofline)). A "cheaper" layer, by FLOPs, need not be a faster one.

# %% [markdown]
# ### What a joule takes
#
# Energy is power times time. FLOPs can be counted; time can be measured; power is neither in a notebook (some processors have a counter of energy, which a program may seldom read). So a figure of energy is a measurement with a wattmeter, or an assumption, and in that case it should be called one ([Patterson et al., 2021](../../book/bibliography.md#patterson2021carbon), report power, time and the mix of the grid for large models). What *follows* without any watt: at the same power, programs with the same FLOPs differ in energy as they differ in time.

# %% tags=["nbval-ignore-output"]
assumed_watts = {"low": 5.0, "high": 50.0}                       # ASSUMPTION: of one core at work. Not measured, and not measurable here
rate = 2**28 / cpu_seconds["one product"]                            # FLOP a second, of the best case
years = 6 * 174.6e9 * 300e9 / rate / (365.25 * 86400)
print(f"GPT-3's training on this core, at the rate of the large product: {years:,.0f} years")
for name, joules in {name: [s * w for w in assumed_watts.values()] for name, s in cpu_seconds.items() if name in ("one product", "one by one")}.items():
    print(f"{name:12s} {joules[0]:.2g} to {joules[1]:.2g} J, if the core draws 5 to 50 W")
per_flop = {name: cpu_seconds[name] / flops for name, flops in (("one product", 2**28), ("tiny products", 2**28), ("matrix times vector", 2**28), ("one by one", 2**27))}
claim("limits-joules", "At the same power, the joules for one FLOP differ at least eightfold among these four programs.", max(per_flop.values()) / min(per_flop.values()), at_least=8.0)
claim("limits-years", "GPT-3's training would take one such core more than a thousand years.", years, at_least=1000.0)

# %% [markdown]
# "Energy for $10^{23}$ FLOPs", without saying which FLOPs, on what, is a number with an unknown factor in it, up to a hundred on this page.
#
# ## Summary
#
# - A learning curve is a power law until something else than data becomes the bottleneck, and the small sizes do not tell when.
# - Features from other classes beat the network's own random start; whether they beat *more* random features has to be measured. Here they do not.
# - Wrong labels that do not agree are shrugged off, at first; wrong labels that agree are learnt.
# - Attributions can be exact. They answer "compared with what?"; the slope answers another question, and speaks of pictures that are not there. Their best use is to find shortcuts that a test set of the same source cannot see.
# - Training takes $6ND$ FLOPs. Time is another matter, energy a third.
#
# ## Exercises
#
# ### Exercise 1 · Half the error
#
# The error follows $a\,n^{-b}$. How many times the data halve it, for $b = 0.5$, $0.25$ and $0.1$?

# %%
answer = None          # for example [2, 4, 8]
exercise("limits-half", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# $c^{-b} = \frac12$ gives $c = 2^{1/b}$: 4, 16 and 1024. A small exponent is a large bill.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("limits-half", [2 ** (1 / b) for b in (0.5, 0.25, 0.1)])

# %% [markdown]
# ### Exercise 2 · Still the majority
#
# Ten classes. A share $q$ of the labels is wrong. Below which $q$ is the right label the most frequent one, if the wrong ones are A: spread evenly over the nine others; B: all of one class; C: half of them of one class, the other half spread evenly over all nine others? Give three numbers.

# %%
answer = None
exercise("limits-majority", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# The right label has $1-q$. A: its rivals have $q/9$, and $1 - q = q/9$ at $q = 0.9$. B: $1 - q = q$ at $0.5$. C: the strongest rival has $\frac q2 + \frac q{18} = \frac{10}{18}q$, and $1 - q = \frac{10}{18}q$ at $q = \frac{18}{28} \approx 0.643$.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("limits-majority", [1 / (1 + rival) for rival in (1 / 9, 1, 1 / 2 + 1 / 18)])

# %% [markdown]
# ### Exercise 3 · Gauss's nodes
#
# Write `attribute_exactly(gradient, x, start, n)`: integrated gradients by Gauss's rule with `n` nodes, moved from $[-1, 1]$ to $[0, 1]$. `gradient(point)` returns the gradient at an array of the shape of `x`.

# %%
def attribute_exactly(gradient, x, start, n):
    ...

exercise("limits-gauss", attribute_exactly)

# %% tags=["hide-cell", "solution"]
def attribute_exactly_solution(gradient, x, start, n):
    nodes, weights = np.polynomial.legendre.leggauss(n)
    return (x - start) * sum(w / 2 * gradient(start + (t + 1) / 2 * (x - start)) for t, w in zip(nodes, weights))

exercise("limits-gauss", attribute_exactly_solution)

# %% [markdown]
# ### Exercise 4 · Before you rent it
#
# A model of $10^9$ parameters is to be trained on $2\cdot10^{10}$ tokens by 8 processors. Each can do $10^{14}$ FLOPs a second, of which the program reaches 40 %, and is *assumed* to draw 500 watts. How many days, and how many kilowatt-hours?

# %%
answer = None          # for example [1.0, 100.0]
exercise("limits-rent", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# $6\cdot10^9\cdot2\cdot10^{10} = 1.2\cdot10^{20}$ FLOPs at $8\cdot0.4\cdot10^{14} = 3.2\cdot10^{14}$ a second take 375 000 s, 4.34 days. At $8\cdot500$ W that is $1.5\cdot10^9$ J, or 417 kWh, if the assumption is right; memory, fans and losses come on top.
#
# </details>

# %% tags=["hide-cell", "solution"]
needed = 6 * 1e9 * 2e10 / (8 * 0.4 * 1e14)
exercise("limits-rent", [needed / 86400, 8 * 500 * needed / 3.6e6])

# %% [markdown]
# ## Sources
#
# [Hestness et al., 2017](../../book/bibliography.md#hestness2017deep), and [Kaplan et al., 2020](../../book/bibliography.md#kaplan2020scaling), power laws, and the count of training · [Yosinski et al., 2014](../../book/bibliography.md#yosinski2014how), transfer of features · [Rolnick et al., 2017](../../book/bibliography.md#rolnick2017deep), wrong labels ·
# [Sundararajan, Taly and Yan, 2017](../../book/bibliography.md#sundararajan2017axiomatic), integrated gradients · [Ribeiro, Singh and Guestrin, 2016](../../book/bibliography.md#ribeiro2016why), LIME · [Adebayo et al., 2018](../../book/bibliography.md#adebayo2018sanity), and [Anders et al., 2020](../../book/bibliography.md#anders2020fairwashing), where explanations mislead ·
# [Geirhos et al., 2020](../../book/bibliography.md#geirhos2020shortcut), shortcuts · [Williams, Waterman and Patterson, 2009](../../book/bibliography.md#williams2009roofline), arithmetic against traffic · [Brown et al., 2020](../../book/bibliography.md#brown2020language), the count of GPT-3 ·
# [Patterson et al., 2021](../../book/bibliography.md#patterson2021carbon), energy reported.
