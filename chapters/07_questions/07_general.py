# %% [markdown]
# # Questions in general
#
# The second of the two articles behind this book ends with five questions: what sets deep learning apart, why it needs so much data, which activation to choose, what to do against overfitting, and how well deep models carry over to new data. They have in common that the usual short answer is a slogan with exceptions. Chapters 1, 2 and 4 derive all of this at length. Here each question has an answer of one paragraph, and the smallest program that shows where the slogan holds and where it fails.
#
# *Reading: 15 minutes. Running: about 25 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import itertools

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from chainrule import Tensor, data, nn, no_grad, optim
from chainrule.proof import claim, exercise

# %% [markdown]
# One small network serves all five answers: layers of the given widths, trained on batches of 32 drawn by lot.

# %%
def network_of(widths, rng, activation=nn.ReLU, dropout=0.0):
    layers = []
    for n_in, n_out in itertools.pairwise(widths):
        layers += [nn.Linear(n_in, n_out, rng=rng), activation(), nn.Dropout(dropout, rng=rng)]
    return nn.Sequential(*layers[:-2])


def taught(net, x, y, rng, steps=300, decay=0.0, change=None, watched=None):
    """Return the net after AdamW; `change` alters each batch; of `watched` (x, y) the best state is kept."""
    optimizer, loss, best = optim.AdamW(net.parameters(), lr=0.005, weight_decay=decay), nn.CrossEntropyLoss(), (np.inf, [])
    for step in range(steps):
        rows = rng.integers(0, len(x), 32)
        optimizer.zero_grad()
        loss(net(Tensor(change(x[rows], rng) if change else x[rows])), y[rows]).backward()
        optimizer.step()
        if watched and step % 10 == 9:
            with no_grad():
                score = loss(net.eval()(Tensor(watched[0])), watched[1]).item()
            best = min(best, (score, [p.data.copy() for p in net.train().parameters()]), key=lambda pair: pair[0])
    for p, value in zip(net.parameters(), best[1]):
        p.data[:] = value
    return net.eval()


def rightly_named(net, x, y):
    with no_grad():
        return float((net(Tensor(x)).data.argmax(1) == y).mean())

# %% [markdown]
# ## S2-Q1 · What is the difference between deep learning and machine learning?
#
# The article calls [machine learning](../../book/glossary.md#machine-learning) "a general learning algorithm". It is no algorithm but a field: all programs whose performance at a task grows with experience ([Mitchell, 1997](../../book/bibliography.md#mitchell1997machine)). [Deep learning](../../book/glossary.md#deep-learning) is the part whose models are chains
#
# $$f(x) = f_L\bigl(f_{L-1}(\cdots f_1(x))\bigr), \qquad L \ge 2,$$
#
# with every link learnt, so that the inner ones make their own [features](../../book/glossary.md#feature) ([LeCun, Bengio and Hinton, 2015](../../book/bibliography.md#lecun2015deep)). The sets are nested, as the article says in its first half sentence; elsewhere it calls machine learning an application of deep learning. Nested does not mean better: which member wins depends on the data. See [Learning from data](../01_ml_basics/01_learning_from_data.ipynb).
#
# Four learners, the same three splits. The digits are pictures; the table has 20 columns, of which four matter, through thresholds. **Predict** both winners.

# %%
def table_of_thresholds(n, rng):
    """Return rows (n, 20) and labels (n,): two rules on four columns, one label in twenty turned round."""
    x = rng.normal(size=(n, 20)).astype(np.float32)
    y = ((x[:, 0] > 0.5) & (x[:, 1] < 0.8)) | ((x[:, 2] > 1.0) & (x[:, 3] > -0.5))
    return x, (y ^ (rng.random(n) < 0.05)).astype(int)


learners = ("logistic", "SVM", "forest", "MLP")
scores = {(task, name): np.zeros((3, 2)) for task in ("digits", "table") for name in learners}
for (task, name), found in scores.items():
    for seed in range(3):
        rng = np.random.default_rng(seed)
        digits = data.digits((800, 800), rng=rng)
        task_data = (*digits.train, *digits.test) if task == "digits" else (*table_of_thresholds(800, rng), *table_of_thresholds(800, rng))
        x, y, x_new, y_new = task_data
        for i, n in enumerate((100, 800)):
            if name == "MLP":
                net = taught(network_of([x.shape[1], 64, 64, y.max() + 1], rng), x[:n], y[:n], rng, decay=0.0 if task == "digits" else 1.0)
                found[seed, i] = rightly_named(net, x_new, y_new)
            else:
                model = {"logistic": LogisticRegression(max_iter=300), "SVM": SVC(C=5), "forest": RandomForestClassifier(30, random_state=seed)}[name]
                found[seed, i] = model.fit(x[:n], y[:n]).score(x_new, y_new)

# %% tags=["settles-S2-Q1", "settles-F43", "settles-X14"]
for (task, name), found in scores.items():
    print(f"{task:6s} {name:9s} 100 rows {found[:, 0].mean():.3f} ± {found[:, 0].std(ddof=1):.3f}   800 rows {found[:, 1].mean():.3f} ± {found[:, 1].std(ddof=1):.3f}")
at_800 = {key: found[:, 1].mean() for key, found in scores.items()}
claim("qgeneral-all-learn", "All four get better with experience, on both tasks: all four are machine learning.",
      [(found[:, 1] - found[:, 0]).mean() for found in scores.values()], at_least=0.02)
claim("qgeneral-digits-kernel", "On the digits the support vector machine is ahead of the MLP, by a point or more.", at_800["digits", "SVM"] - at_800["digits", "MLP"], at_least=0.01)
claim("qgeneral-table-forest", "On the table the forest is ahead of each of the others by eight points or more.",
      at_800["table", "forest"] - max(at_800["table", name] for name in learners if name != "forest"), at_least=0.08)

# %% [markdown]
# **What it does not show:** that deep learning loses. On large pictures, sound and text it wins by far; 8 × 8 pixels leave little to learn about features, and the table was made for trees ([Grinsztajn et al., 2022](../../book/bibliography.md#grinsztajn2022why) find the same on real tables).
#
# ### Check yourself · Sort them
#
# A: nearest neighbours. B: a chess program with rules written by hand and search. C: five hundred boosted trees. D: a network 64–32–10 trained by [gradient descent](../../book/glossary.md#gradient-descent). E: a network of six layers with random weights, of which only the last is fitted. Which are machine learning, and which of those are deep learning in the sense above? Give two strings of letters.

# %%
answer = None          # for example ["AB", "B"]
exercise("qgeneral-sort", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# A, C, D and E get better with data; B does not. Only D has two links that are learnt. C adds up its trees, each on the raw input: many are not deep. E is long, but learns one link; its features are drawn by lot.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("qgeneral-sort", ["ACDE", "D"])

# %% [markdown]
# ## S2-Q2 · Why do deep models need so much data?
#
# "Because they learn from patterns in data", says the article. That is a circle, and true of every learner. What sets the need is how much the model leaves open. Take a linear rule with $p$ free weights and no noise. Of $n$ examples the shortest fitting weights leave, on average, the share
#
# $$1 - \frac{n}{p} \quad (n \le p)$$
#
# of the error. Whatever is known beforehand lowers $p$: an invariance, taught by copies ([data augmentation](../../book/glossary.md#data-augmentation), [Simard et al., 2003](../../book/bibliography.md#simard2003best)); shared weights ([LeCun et al., 1989](../../book/bibliography.md#lecun1989backpropagation)); other tasks ([pre-training](../../book/glossary.md#pre-training), [Devlin et al., 2019](../../book/bibliography.md#devlin2019bert)). A deep network has large $p$ and assumes little. See [Generalisation](../01_ml_basics/02_generalisation.ipynb).
#
# Forty weights that read the same backwards are to be found: from examples alone; with a mirrored copy of each; and with the three directions that ten earlier tasks had in common.

# %%
left, needs = {}, {"nothing": (20, 39, 40), "mirrored copies": (10, 19, 20), "earlier tasks": (1, 2, 3)}
for seed in range(50):
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(40, 3))
    common = common + common[::-1]                                      # all tasks lie in 3 symmetric directions
    w, earlier = common @ rng.normal(size=3), common @ rng.normal(size=(3, 10))
    U = np.linalg.svd(earlier)[0][:, :3]                                # (40, 3), from the earlier tasks
    for known, sizes in needs.items():
        for n in sizes:
            x = rng.normal(size=(n, 40))
            y = x @ w
            if known == "earlier tasks":
                found = U @ np.linalg.lstsq(x @ U, y, rcond=None)[0]
            else:
                copies = (np.vstack([x, x[:, ::-1]]), np.append(y, y)) if known == "mirrored copies" else (x, y)
                found = np.linalg.lstsq(*copies, rcond=None)[0]
            left.setdefault((known, n), []).append(((found - w) ** 2).sum() / (w**2).sum())

# %% tags=["settles-S2-Q2", "settles-F44"]
for (known, n), shares in left.items():
    print(f"known: {known:16s} examples: {n:2d}, error left {np.mean(shares):.3f} ± {np.std(shares, ddof=1):.3f}")
claim("qgeneral-half", "Half the examples leave half the error, from nothing and with mirrored copies.",
      [np.mean(left["nothing", 20]), np.mean(left["mirrored copies", 10])], expected=[0.5, 0.5], tolerance=0.06)
claim("qgeneral-knowledge-for-data", "What takes 40 examples takes 20 with mirrored copies and 3 after earlier tasks: nothing is left.",
      [max(left[known, sizes[-1]]) for known, sizes in needs.items()], at_most=1e-9)
claim("qgeneral-one-too-few", "One example fewer, and in each of fifty draws something is left.",
      [min(left[known, sizes[1]]) for known, sizes in needs.items()], at_least=1e-9)

# %% [markdown]
# Now a [learning curve](../../book/glossary.md#learning-curve) on real digits, with a linear model beside the network. The augmentation moves each picture by up to one pixel of eight.

# %%
def nudged(x, rng):
    """Return the pictures (B, 64), each moved by -1, 0 or 1 pixel along each axis."""
    padded = np.pad(x.reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)))
    down, right = rng.integers(0, 3, (2, len(x), 1, 1))
    at = np.arange(8)
    return padded[np.arange(len(x))[:, None, None], at[:, None] + down, at + right].reshape(len(x), 64)


wrong_at = {(name, n): [] for name in ("linear", "MLP", "MLP, nudged") for n in (30, 120, 480)}
for (name, n), errors in wrong_at.items():
    for seed in range(3):
        rng = np.random.default_rng(seed)
        digits = data.digits((1000, 797), rng=rng)
        x, y = digits.x_train[:n], digits.y_train[:n]
        if name == "linear":
            errors.append(1 - LogisticRegression(max_iter=300).fit(x, y).score(*digits.test))
        else:
            errors.append(1 - rightly_named(taught(network_of([64, 64, 10], rng), x, y, rng, change=nudged if "nudged" in name else None), *digits.test))

# %% tags=["settles-S2-Q2", "settles-F44"]
for name in ("linear", "MLP", "MLP, nudged"):
    print(f"{name:12s}", *(f"{n:4d}: {np.mean(wrong_at[name, n]):.3f} ± {np.std(wrong_at[name, n], ddof=1):.3f}" for n in (30, 120, 480)))
claim("qgeneral-everyone-hungry", "From 30 to 480 labels linear model and network both lose two thirds of their errors or more.",
      [np.mean(wrong_at[name, 480]) / np.mean(wrong_at[name, 30]) for name in ("linear", "MLP")], at_most=0.33)
claim("qgeneral-wrong-prior", "With 480 labels the nudges make errors more frequent, by half or more: these digits are centred.",
      np.mean(wrong_at["MLP, nudged", 480]) / np.mean(wrong_at["MLP", 480]), at_least=1.5)

# %% [markdown]
# The hunger is not the network's alone. And prior knowledge saves data only where it is true: in eight pixels one pixel is much, the test digits are centred, and the network spends itself on pictures that never come. On 14 × 14 pixels the same augmentation [gains](../01_ml_basics/04_regularisation.ipynb).
#
# **What it does not show:** the need of a network by a formula. Its free directions cannot be counted off its weights, as S2-Q5 shows.
#
# ### Check yourself · How many signals?
#
# A linear map turns signals of 32 numbers into signals of 32 numbers, without noise. How many random example pairs determine it exactly if it is A: any matrix; B: one whose outputs depend on 5 neighbours each, with weights of their own; C: one kernel of 5 for all places, a [convolution](../../book/glossary.md#convolution)?

# %%
answer = None          # for example [1024, 160, 5]
exercise("qgeneral-signals", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Each pair gives one equation to each output. In A each output has 32 unknowns: 32 pairs. In B it has 5: 5 pairs. In C all 32 equations of one pair are about the same 5 unknowns: one pair is enough.
#
# </details>

# %% tags=["hide-cell", "solution"]
unknowns = {"A": 32 * 32, "B": 32 * 5, "C": 5}
equations_of_a_pair = 32
exercise("qgeneral-signals", [-(-n // equations_of_a_pair) for n in unknowns.values()])

# %% [markdown]
# ## S2-Q3 · How to choose an activation function?
#
# The article calls sigmoid and tanh non-linear and then says that "the [ReLU](../../book/glossary.md#relu) is linear". It is linear on each side of zero, and for that reason not linear:
#
# $$f(-1) + f(1) = 0 + 1 \ne 0 = f(-1 + 1).$$
#
# Right is that the [sigmoid's](../../book/glossary.md#sigmoid-function) slope, at most ¼, makes gradients [vanish](../../book/glossary.md#vanishing-gradient), and that a ReLU unit can [die](../../book/glossary.md#dead-unit). The *output* follows the loss: softmax for classes, sigmoid for yes or no, nothing for regression. *Hidden* layers start from ReLU ([Nair and Hinton, 2010](../../book/bibliography.md#nair2010rectified); [Glorot et al., 2011](../../book/bibliography.md#glorot2011deep)) or, in transformers, [GELU](../../book/glossary.md#gelu), with an [initialisation](../../book/glossary.md#initialization) that fits. Then measure. See [Neurons and layers](../02_backprop/01_neurons_and_layers.ipynb).
#
# A network of six hidden layers of 32, initialised with the variance $1/n$ (sigmoid, tanh) or $2/n$. A unit counts as dead if its slope is below 0.001 on every training digit. **Predict** the best.

# %%
kinds = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "ReLU": nn.ReLU, "leaky ReLU": nn.LeakyReLU, "GELU": nn.GELU}
measured = {name: np.zeros((3, 3)) for name in kinds}
x, y, x_new, y_new = data.digits()

# %%
for name, kind in kinds.items():
    for seed in range(3):
        rng = np.random.default_rng(seed)
        net, loss = network_of([64, *[32] * 6, 10], rng, kind), nn.CrossEntropyLoss()
        linear = [m for m in net if isinstance(m, nn.Linear)]
        for m in linear:
            n_in = m.weight.shape[0]
            m.weight.data[:] = rng.normal(size=m.weight.shape) * ((1 if name in ("sigmoid", "tanh") else 2) / n_in) ** 0.5
        loss(net(Tensor(x[:200])), y[:200]).backward()
        passed = np.log10(np.linalg.norm(linear[0].weight.grad) / np.linalg.norm(linear[-2].weight.grad))
        optimizer = optim.SGD(net.parameters(), lr=0.1)
        for _ in range(200):
            rows = rng.integers(0, len(x), 64)
            optimizer.zero_grad()
            loss(net(Tensor(x[rows])), y[rows]).backward()
            optimizer.step()
        z, dead = Tensor(x), []
        with no_grad():
            for m in net.eval():
                if isinstance(m, kind):
                    slope = (m(z + 0.01).data - m(z - 0.01).data) / 0.02
                    dead.append((np.abs(slope) < 1e-3).all(0).mean())
                z = m(z)
        measured[name][seed] = passed, np.mean(dead), rightly_named(net, x_new, y_new)

# %% tags=["settles-S2-Q3", "settles-F45", "settles-X13"]
print(f"{'':11s} f(-1)+f(1)-f(0)   gradient, first/last    dead units      accuracy")
for name, runs in measured.items():
    f = lambda z, kind=kinds[name]: kind()(Tensor(np.array([z]))).data.item()
    mean, spread = runs.mean(0), runs.std(0, ddof=1)
    print(f"{name:11s} {f(-1.0) + f(1.0) - f(0.0):10.2f}       10^({mean[0]:5.2f} ± {spread[0]:.2f})     {mean[1]:.3f} ± {spread[1]:.3f}   {mean[2]:.3f} ± {spread[2]:.3f}")
relu = nn.ReLU()
claim("qgeneral-relu-not-linear", "f(-1) + f(1) is 1 for the ReLU, and f(0) is 0.", relu(Tensor([-1.0, 1.0, 0.0])).data @ [1, 1, -1], expected=1.0)
claim("qgeneral-tanh-odd", "Tanh passes that test, being odd, and fails another: f(1) + f(1) - f(2) is more than a half.",
      [0.01 - abs(np.tanh(-1) + np.tanh(1)), 2 * np.tanh(1) - np.tanh(2) - 0.5], at_least=0.0)
claim("qgeneral-sigmoid-vanishes", "Through six sigmoid layers the gradient shrinks a hundredfold at least in each network, and learning stays at chance.",
      [-measured["sigmoid"][:, 0].max() - 2, 0.2 - measured["sigmoid"][:, 2].max()], at_least=0.0)
claim("qgeneral-others-pass", "Through six layers of each of the others it keeps its size within a factor of ten, in each network.",
      [np.abs(measured[name][:, 0]).max() for name in kinds if name != "sigmoid"], at_most=1.0)
claim("qgeneral-relu-dies", "At least one ReLU unit in a hundred is dead after training; of tanh and leaky ReLU not one.",
      [measured["ReLU"][:, 1].mean() - 0.01, -measured["tanh"][:, 1].max(), -measured["leaky ReLU"][:, 1].max()], at_least=0.0)

# %% [markdown]
# Tanh has 0 in the first column and is not linear all the same: it is odd, so this one test cannot see it; $f(1) + f(1) \ne f(2)$ can. A test that fails disproves linearity, one that passes proves nothing. Tanh also has the best mean here and no dead unit. The spreads of the last four overlap: three runs do not rank them, and "ReLU is best" is no law.
#
# **What it does not show:** that dead units harm; a network can spare a few. Nor that sigmoids cannot be trained through six layers: a larger start, normalisation or skip connections change the picture.
#
# ### Check yourself · Two ReLUs
#
# Find $a$ and $b$ with $a\,\mathrm{relu}(x) + b\,\mathrm{relu}(-x) = |x|$ for all $x$, and another pair for which the sum is $x$. Give a list of two pairs.

# %%
answer = None          # for example [[1, 2], [3, 4]]
exercise("qgeneral-two-relus", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# $|x| = \mathrm{relu}(x) + \mathrm{relu}(-x)$ and $x = \mathrm{relu}(x) - \mathrm{relu}(-x)$. One ReLU is not linear, and two can make a line, which is why a ReLU network can pass a signal on unchanged.
#
# </details>

# %% tags=["hide-cell", "solution"]
z = np.array([1.0, -1.0])
both = np.stack([np.maximum(z, 0), np.maximum(-z, 0)], axis=1)         # values at 1 and -1
exercise("qgeneral-two-relus", [np.linalg.solve(both, np.abs(z)), np.linalg.solve(both, z)])

# %% [markdown]
# ## S2-Q4 · How to avoid overfitting?
#
# The article lists more data, a simpler model, regularisation and dropout. [Dropout](../../book/glossary.md#dropout) *is* a [regularisation](../../book/glossary.md#regularization) ([Srivastava et al., 2014](../../book/bibliography.md#srivastava2014dropout)); [early stopping](../../book/glossary.md#early-stopping), augmentation and [weight decay](../../book/glossary.md#weight-decay) are missing ([Goodfellow, Bengio and Courville, 2016](../../book/bibliography.md#goodfellow2016deep), chapter 7). Every remedy narrows
#
# $$\text{gap} = \text{accuracy in training} - \text{accuracy on new data},$$
#
# but a narrow gap is not the aim: a model that answers at random has none. The aim is the second term. A simpler model can lose there while its gap shrinks. See [Regularisation](../01_ml_basics/04_regularisation.ipynb).
#
# A hundred digits, a fifth of their labels moved to another class, a network of 64 hidden units. The gap is measured on new digits whose labels are spoilt in the same way; the last column has the right labels.

# %%
def with_remedy(seed, n=100, hidden=64, dropout=0.0, stop=False, **options):
    """Return the accuracies in training, on new digits with labels as bad, and on them with right labels."""
    rng = np.random.default_rng(seed)
    digits = data.digits((1000, 797), rng=rng)
    spoilt = lambda y: np.where(rng.random(len(y)) < 0.2, (y + rng.integers(1, 10, len(y))) % 10, y)
    x, y, y_new = digits.x_train[:n], spoilt(digits.y_train[:n]), spoilt(digits.y_test)
    watched = (digits.x_train[-200:], spoilt(digits.y_train[-200:])) if stop else None
    net = taught(network_of([64, hidden, 10], rng, dropout=dropout), x, y, rng, watched=watched, **options)
    return rightly_named(net, x, y), rightly_named(net, digits.x_test, y_new), rightly_named(net, *digits.test)


remedies = {"nothing": {}, "4 hidden units": {"hidden": 4}, "16 hidden units": {"hidden": 16}, "early stopping": {"stop": True}, "augmentation": {"change": nudged},
            "weight decay": {"decay": 1.0}, "dropout": {"dropout": 0.7}, "400 digits": {"n": 400}}
outcome = {name: np.array([with_remedy(seed, **options) for seed in range(5)]) for name, options in remedies.items()}

# %% tags=["settles-S2-Q4", "settles-X12", "settles-F46", "settles-SYS-33"]
gaps = {name: runs[:, 0] - runs[:, 1] for name, runs in outcome.items()}
gain = {name: runs[:, 2] - outcome["nothing"][:, 2] for name, runs in outcome.items()}
print(f"{'':15s} training  new        gap            right labels")
for name, runs in outcome.items():
    print(f"{name:15s} {runs[:, 0].mean():.3f}    {runs[:, 1].mean():.3f}   {gaps[name].mean():.3f} ± {gaps[name].std(ddof=1):.3f}   {runs[:, 2].mean():.3f} ± {runs[:, 2].std(ddof=1):.3f}")
claim("qgeneral-gap-narrows", "Each of the seven narrows the gap by seven points or more on average.",
      [(gaps["nothing"] - gaps[name]).mean() for name in remedies if name != "nothing"], at_least=0.07)
claim("qgeneral-remedies-gain", "Early stopping, weight decay and dropout gain two points or more on right labels, four times the data eight.",
      [gain[name].mean() - least for name, least in (("early stopping", 0.02), ("weight decay", 0.02), ("dropout", 0.02), ("400 digits", 0.08))], at_least=0.0)
claim("qgeneral-too-simple", "Four units have a gap ten points narrower, and lose five points or more on right labels.",
      [(gaps["nothing"] - gaps["4 hidden units"]).mean() - 0.1, -0.05 - gain["4 hidden units"].mean()], at_least=0.0)

# %% [markdown]
# The small networks are the article's second remedy: the gap shrinks with the width, but at 16 units little is gained and at 4 much is lost. The others keep the wide network and hold it back. Augmentation, which cost accuracy in S2-Q2, gains here on average, where labels are few and spoilt.
#
# **What it does not show:** a ranking. The strengths were chosen by hand, early stopping was given 200 more labelled digits to watch, and with right labels most of these gains are gone, as [Regularisation](../01_ml_basics/04_regularisation.ipynb) measures.
#
# ### Check yourself · A negative gap
#
# A first design of this experiment compared the accuracy on the *spoilt* training labels with that on *right* test labels, and found gaps below zero. A fifth of the training labels are moved to another class. What gap does that design report for a model that knows every digit?

# %%
answer = None
exercise("qgeneral-negative-gap", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# The model contradicts every spoilt label: 0.8 in training, 1 in the test, a gap of −0.2. Another which has learnt the spoilt labels by heart and answers 80 % of new digits rightly has +0.2. The evidence is worthless because the two accuracies are about different questions.
#
# </details>

# %% tags=["hide-cell", "solution"]
y_right = np.tile(np.arange(10), 100)
y_spoilt = np.where(np.arange(1000) % 5 == 0, (y_right + 1) % 10, y_right)
exercise("qgeneral-negative-gap", (y_right == y_spoilt).mean() - (y_right == y_right).mean())

# %% [markdown]
# ## S2-Q5 · How well do deep models generalise?
#
# Well on data like those of training, which their size does not explain: the network that generalises from true labels can memorise random ones ([Zhang et al., 2017](../../book/bibliography.md#zhang2017understanding)). The article says that a simpler model [generalises](../../book/glossary.md#generalization) better. That is a rule of thumb; past the point where all $n$ examples are fitted, the error can fall again ([double descent](../../book/glossary.md#double-descent), [Belkin et al., 2019](../../book/bibliography.md#belkin2019reconciling)). For least squares on the first $p$ of $D$ normal inputs, all equally useful, without noise, shortest weights where many fit, the expected error, as a share of what guessing zero has, is ([Belkin, Hsu and Xu, 2020](../../book/bibliography.md#belkin2020two))
#
# $$\Bigl(1-\frac pD\Bigr)\Bigl(1+\frac{p}{n-p-1}\Bigr)\;(p < n-1), \qquad \frac pD\Bigl(1-\frac np\Bigr)+\Bigl(1-\frac pD\Bigr)\Bigl(1+\frac{n}{p-n-1}\Bigr)\;(p > n+1).$$
#
# In words: *what is left out acts as noise, and noise is worst where the fit is barely possible.* See [Generalisation](../01_ml_basics/02_generalisation.ipynb).

# %% tags=["settles-S2-Q5"]
by_heart = {"true": [], "random": []}
for seed in range(3):
    for kind, pairs in by_heart.items():
        rng = np.random.default_rng(seed)
        digits = data.digits((1000, 797), rng=rng)
        x, y = digits.x_train[:150], digits.y_train[:150] if kind == "true" else rng.integers(0, 10, 150)
        net = taught(network_of([64, 96, 96, 10], rng), x, y, rng, steps=600)
        pairs.append((rightly_named(net, x, y), rightly_named(net, *digits.test)))
for kind, pairs in by_heart.items():
    print(f"{kind:6s} labels: training {np.mean(pairs, 0)[0]:.3f} ± {np.std(pairs, 0, ddof=1)[0]:.3f}, new {np.mean(pairs, 0)[1]:.3f} ± {np.std(pairs, 0, ddof=1)[1]:.3f}")
claim("qgeneral-memorised", "The network of 16 522 weights is right on 97 % or more of 150 random labels, in each run.",
      [net.n_parameters() - 16_522, min(p[0] for p in by_heart["random"]) - 0.97], at_least=[0, 0])
claim("qgeneral-true-or-random", "On new digits it is at chance then; after 150 true labels it is right on 85 % or more.",
      [0.2 - np.mean(by_heart["random"], 0)[1], np.mean(by_heart["true"], 0)[1] - 0.85], at_least=0.0)

# %% tags=["settles-S2-Q5", "settles-F46"]
def expected_error(p, n, D):
    if p < n - 1:
        return (1 - p / D) * (1 + p / (n - p - 1))
    return p / D * (1 - n / p) + (1 - p / D) * (1 + n / (p - n - 1)) if p > n + 1 else np.inf


n, D, sizes = 20, 40, (1, 5, 10, 14, 20, 26, 30, 35, 40)
errors = np.zeros((1000, len(sizes)))
for seed in range(len(errors)):
    rng = np.random.default_rng(seed)
    w, x = rng.normal(size=D) / D**0.5, rng.normal(size=(n, D))
    for i, p in enumerate(sizes):
        found = np.append(np.linalg.lstsq(x[:, :p], x @ w, rcond=None)[0], np.zeros(D - p))
        errors[seed, i] = ((found - w) ** 2).sum()
for p, column in zip(sizes, errors.T):
    print(f"{p:2d} of {D} inputs: median {np.median(column):6.2f}, mean {column.mean():8.3g}, formula {expected_error(p, n, D):5.2f}")
away = [i for i, p in enumerate(sizes) if p != n]
claim("qgeneral-descent-formula", "Away from p = n the mean of a thousand draws is the formula's, within 10 %.",
      [errors[:, i].mean() / expected_error(sizes[i], n, D) for i in away], expected=[1.0] * len(away), tolerance=0.1)
claim("qgeneral-peak", "Where 20 inputs meet 20 examples the median error is ten times that of guessing zero, or more.", np.median(errors[:, sizes.index(20)]), at_least=10.0)
claim("qgeneral-largest-best", "The largest model is the best, with half the error of the smallest.",
      [sizes[errors.mean(0).argmin()], errors[:, -1].mean() / errors[:, 0].mean()], expected=[40, 0.49], tolerance=0.06)

# %% [markdown]
# **What it does not show:** that larger is better. Here every input is as useful as any other; where the first few hold all, the small model wins, and with a well-chosen penalty the peak is gone. Nor does a score on new digits of the same kind say what happens on digits of another kind.
#
# ### Check yourself · Sixty inputs
#
# Of $D = 60$ equally useful inputs, with $n = 20$ examples and no noise: what error does the formula give for the model that uses all 60?

# %%
answer = None
exercise("qgeneral-sixty", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Nothing is left out, so the second term vanishes: $1 - 20/60 = 2/3$. It is the share of S2-Q2. A model of ten inputs has $\tfrac56\cdot\bigl(1+\tfrac{10}{9}\bigr) = 1.76$, worse than guessing zero.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("qgeneral-sixty", expected_error(60, 20, 60))

# %% [markdown]
# ## Sources
#
# [Mitchell, 1997](../../book/bibliography.md#mitchell1997machine), what machine learning is ·
# [LeCun, Bengio and Hinton, 2015](../../book/bibliography.md#lecun2015deep), what deep learning is ·
# [Breiman, 2001](../../book/bibliography.md#breiman2001random), forests, and [Cortes and Vapnik, 1995](../../book/bibliography.md#cortes1995support), support vector machines ·
# [Grinsztajn et al., 2022](../../book/bibliography.md#grinsztajn2022why), trees on tables ·
# [Simard et al., 2003](../../book/bibliography.md#simard2003best), augmentation ·
# [LeCun et al., 1989](../../book/bibliography.md#lecun1989backpropagation), shared weights ·
# [Devlin et al., 2019](../../book/bibliography.md#devlin2019bert), pre-training ·
# [Nair and Hinton, 2010](../../book/bibliography.md#nair2010rectified), and [Glorot et al., 2011](../../book/bibliography.md#glorot2011deep), ReLU ·
# [Srivastava et al., 2014](../../book/bibliography.md#srivastava2014dropout), dropout ·
# [Goodfellow, Bengio and Courville, 2016](../../book/bibliography.md#goodfellow2016deep), chapter 7, regularisation ·
# [Zhang et al., 2017](../../book/bibliography.md#zhang2017understanding), random labels ·
# [Belkin et al., 2019](../../book/bibliography.md#belkin2019reconciling), double descent ·
# [Belkin, Hsu and Xu, 2020](../../book/bibliography.md#belkin2020two), its exact form.
