# %% [markdown]
# # Learning from data
#
# **After this section** you can say what it means that a program learns, fit a regression, a classifier, clusters and a projection by hand, tell
# supervised from unsupervised, self-supervised, semi-supervised and reinforcement learning by what each is given, and say what deep learning adds and what it does not.
# *Reading: 30 minutes. Running: about half a minute.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import importlib.util
import re
import warnings
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.stats import binomtest
from sklearn.datasets import load_diabetes
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.svm import SVC

from chainrule import data, plotting
from chainrule.proof import claim, exercise, gradcheck, parity

warnings.filterwarnings("ignore", module="sklearn")       # "stopped before convergence": we choose when to stop

# %% [markdown]
# ## The question
#
# A program that adds two numbers does not get better at it. When do we say of a program that it *learns*?
#
# The smallest example fits on paper. Three points are given: $(0, 1)$, $(1, 3)$, $(2, 4)$. Predict $y$ from $x$. A program that looks at no
# $x$ answers the mean of the three, $\tfrac83$. A program that may draw a line finds slope $\tfrac32$ and intercept $\tfrac76$. How large are the
# [mean squared errors](../../book/glossary.md#mean-squared-error) of the two? Work them out before you run the cell.

# %%
x, y = np.array([0.0, 1.0, 2.0]), np.array([1.0, 3.0, 4.0])
A = np.column_stack([x, np.ones(3)])                # (3, 2): the point and a 1 for the intercept
slope, intercept = np.linalg.solve(A.T @ A, A.T @ y)
error_constant = ((y - y.mean()) ** 2).mean()
error_line = ((y - (slope * x + intercept)) ** 2).mean()
claim("learn-paper-line", "On paper and in NumPy the line has slope 3/2 and intercept 7/6.",
      [slope, intercept], expected=[3 / 2, 7 / 6], tolerance=1e-12)
claim("learn-paper-errors", "The constant errs by 14/9 and the line by 1/18, 28 times less.",
      [error_constant, error_line], expected=[14 / 9, 1 / 18], tolerance=1e-12)

# %% [markdown]
# Nobody wrote $\tfrac32$ and $\tfrac76$ into the program. It holds a recipe for finding them; the points hold the rest. That division of labour is
# [machine learning](../../book/glossary.md#machine-learning), and the constant is the baseline against which every learner has to prove itself.
#
# ## Task, experience, performance
#
# [Mitchell, 1997](../../book/bibliography.md#mitchell1997machine), gives the definition that has stayed: *a program learns from experience $E$ with respect to a task
# $T$ and a performance measure $P$ if its performance at $T$, as measured by $P$, improves with $E$.*
#
# | letter | meaning | in this section |
# |---|---|---|
# | $T$ | what is to be done | say which digit a picture of 8 × 8 pixels shows |
# | $E$ | what may be looked at | $n$ pictures with their [labels](../../book/glossary.md#label) |
# | $P$ | how success is counted | the share of 360 *other* pictures that is named correctly |
#
# The definition can be run. The learner is the plainest there is: keep the mean picture of each class, answer with the nearest mean. **Predict:**
# how many labelled pictures does it need to be right more often than not?

# %%
digits = data.digits()
X, labels = digits.x_train.astype(float), digits.y_train           # (1437, 64), (1437,)
X_test, labels_test = digits.x_test.astype(float), digits.y_test   # (360, 64), (360,)


def squared_distances(A, B):
    """Return the squared distance of every row of A (n, D) to every row of B (k, D), shape (n, k)."""
    return (A**2).sum(1)[:, None] - 2 * A @ B.T + (B**2).sum(1)


def class_means(X, labels):
    return np.stack([X[labels == k].mean(0) for k in np.unique(labels)])      # (K, D)


def draw_per_class(per_class, seed):
    """Return the indices of `per_class` training pictures of each digit."""
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.choice(np.flatnonzero(labels == k), per_class, replace=False) for k in range(10)])


# %% tags=["settles-S0-C3"]
experience = [1, 2, 5, 10, 30, 100]                                # pictures of each digit
performance = np.array([[(squared_distances(X_test, class_means(X[i], labels[i])).argmin(1) == labels_test).mean()
                         for i in (draw_per_class(n, seed) for seed in range(20))] for n in experience])
baseline = max((labels_test == k).mean() for k in range(10))       # the best constant answer
for n, p in zip(experience, performance):
    print(f"{10 * n:5d} labelled pictures: {p.mean():.3f} ± {p.std(ddof=1):.3f} over 20 draws")
claim("learn-baseline", "One picture of each digit is enough to be right five times as often as the best constant answer.",
      performance[0].mean() / baseline, at_least=5.0)
claim("learn-experience", "Performance rises with experience at every step of the table.",
      np.diff(performance.mean(1)).min(), at_least=0.003)

# %% mystnb={"image": {"alt": "Accuracy of the nearest-mean learner against the number of labelled pictures on a logarithmic axis: it climbs from about one half at ten pictures to nine tenths at a thousand, with a band that narrows; the constant answer stays at one tenth."}}
n_pictures = 10 * np.array(experience)
spread = performance.std(1, ddof=1)
_ = plotting.curves({"nearest mean": (n_pictures, performance.mean(1)), "best constant": (n_pictures, np.full(6, baseline))},
                    band={"nearest mean": (performance.mean(1) - spread, performance.mean(1) + spread)},
                    title="Performance improves with experience", logx=True,
                    xlabel="labelled pictures", ylabel="accuracy on 360 others", ylim=(0, 1))

# %% [markdown]
# Ten were enough. The last step of the table, from 300 to 1000 pictures, gains little: one mean a class is all that this learner can hold, and it is learnt early.
#
# > **Misconception.** Machine learning needs no algorithm written by hand.
#
# One of the two articles that this book began with says so. Somebody wrote `class_means`, and somebody wrote every learning algorithm in this book. What nobody
# writes is the *rule for the task*. Give the same two functions other labels and, without a changed line, they learn another rule.

# %% tags=["settles-F2"]
tasks = {"which digit": (labels, labels_test), "odd or even": (labels % 2, labels_test % 2),
         "below five or not": (labels // 5, labels_test // 5)}
gains = []
for name, (given, wanted) in tasks.items():
    right = (squared_distances(X_test, class_means(X, given)).argmin(1) == wanted).mean()
    constant = max((wanted == k).mean() for k in np.unique(wanted))
    gains.append(right - constant)
    print(f"{name:18s} learnt rule {right:.3f}, best constant {constant:.3f}")
claim("learn-same-algorithm", "One algorithm, three sets of labels, three rules: each beats its constant by more than 20 points.",
      min(gains), at_least=0.2)

# %% [markdown]
# ## Risk and empirical risk
#
# What we want is few mistakes on pictures that nobody has seen yet. Write $p(x, y)$ for the world that the data come from, $h$ for a rule and $\ell$ for a
# [loss](../../book/glossary.md#loss-function). The [risk](../../book/glossary.md#risk) is an expectation over the world, the
# [empirical risk](../../book/glossary.md#empirical-risk) its mean over the $n$ [examples](../../book/glossary.md#example) in hand:
#
# $$R(h) = \mathrm E_{(x,y)\sim p}\bigl[\ell(h(x), y)\bigr], \qquad \hat R_n(h) = \frac1n\sum_{i=1}^n \ell(h(x_i), y_i).$$
#
# *Risk is the loss to expect; empirical risk is the loss we counted.* On real data $R$ is never known. So we build a world whose truth we own: $x$ uniform on
# $[0, 1]$, $y = \sin 2\pi x + \varepsilon$ with noise of standard deviation 0.3. For the rule $h(x) = a + bx$ and the squared loss the expectation is an integral that can be done on paper:
#
# $$R(a, b) = \sigma^2 + \int_0^1(\sin 2\pi x - a - bx)^2\,dx = \sigma^2 + \tfrac12 + a^2 + ab + \tfrac{b^2}3 + \tfrac b\pi .$$

# %%
def true_risk(a, b, sigma=0.3):
    return sigma**2 + 0.5 + a**2 + a * b + b**2 / 3 + b / np.pi


def draw_world(n, repeats, rng):
    """Return x and y, (repeats, n) each: `repeats` data sets of n examples."""
    x = rng.uniform(size=(repeats, n))
    return x, np.sin(2 * np.pi * x) + 0.3 * rng.normal(size=(repeats, n))


rng = np.random.default_rng(0)
sizes = np.array([5, 10, 20, 50, 100, 200, 500])
samples = [draw_world(n, 2000, rng) for n in sizes]
empirical = np.array([((y - (1 - 2 * x)) ** 2).mean(1) for x, y in samples])       # (sizes, 2000), the rule 1 - 2x
risk = true_risk(1, -2)
off = np.abs(empirical.mean(1) - risk) / (empirical.std(1) / 2000**0.5)
claim("learn-risk-unbiased", "The empirical risk of a fixed rule is right on average, within four standard errors, at every size.",
      off.max(), at_most=4.0)
claim("learn-risk-rate", "Its spread falls with the square root of the number of examples: slope -1/2 on logarithmic axes.",
      np.polyfit(np.log(sizes), np.log(empirical.std(1)), 1)[0], expected=-0.5, tolerance=0.03)

# %% mystnb={"image": {"alt": "Empirical risk of one fixed rule against the number of examples: the mean stays on the true risk of 0.29 at every size, and the band of one standard deviation around it narrows from about 0.13 at five examples to a hundredth at five hundred."}}
deviation = empirical.std(1)
_ = plotting.curves({"mean of 2000 data sets": (sizes, empirical.mean(1)), "true risk": (sizes, np.full(len(sizes), risk))},
                    band={"mean of 2000 data sets": (empirical.mean(1) - deviation, empirical.mean(1) + deviation)},
                    title="For a fixed rule, counting estimates the risk without bias", logx=True, labels="legend",
                    xlabel="examples n", ylabel="mean squared loss")

# %% [markdown]
# The word *fixed* carries the weight of that sentence. A learner picks its rule *because* its empirical risk is low on these very examples. Choose the best line for each data set of ten, and
# compare the loss it counted with the risk that we, who own the world, can compute.

# %%
x, y = samples[1]                                                     # 2000 data sets of 10 examples
b = ((x - x.mean(1, keepdims=True)) * y).sum(1) / ((x - x.mean(1, keepdims=True)) ** 2).sum(1)
a = y.mean(1) - b * x.mean(1)                                         # the least-squares line of each
counted, owned = ((y - a[:, None] - b[:, None] * x) ** 2).mean(1), true_risk(a, b)
best_a, best_b = 3 / np.pi, -6 / np.pi                                # where the gradient of R(a, b) vanishes
print(f"counted {counted.mean():.3f}, true {owned.mean():.3f}, best possible line {true_risk(best_a, best_b):.3f}")
claim("learn-optimism", "A line fitted to ten examples has, on average, a risk 1.5 times what it counted or more.",
      owned.mean() / counted.mean(), at_least=1.5)
claim("learn-best-line", "No fitted line has a lower risk than the best line of the world.",
      owned.min() - true_risk(best_a, best_b), at_least=0.0)

# %% [markdown]
# So a rule is never judged by the examples that chose it. Every score below is counted on a [test set](../../book/glossary.md#test-set) that the learner did not see;
# [Generalisation](02_generalisation.ipynb) studies the gap, and [Measuring](03_measuring.ipynb) how to count honestly.
#
# ## Supervised learning: regression
#
# In [supervised learning](../../book/glossary.md#supervised-learning) every example carries its answer. If the answer is a quantity the task is
# [regression](../../book/glossary.md#regression). The data: 442 patients, ten measurements each, and how far their diabetes had advanced a year later
# ([Efron et al., 2004](../../book/bibliography.md#efron2004least)). The model is [linear](../../book/glossary.md#linear-regression), $\hat y = Xw + b$, the loss the mean of the squares:
#
# $$\hat R(w, b) = \frac1n\lVert Xw + b - y\rVert^2, \qquad \frac{\partial\hat R}{\partial w} = \frac2n X^\top(Xw + b - y), \qquad \frac{\partial\hat R}{\partial b} = \frac2n\sum_i (Xw+b-y)_i.$$
#
# *The [gradient](../../book/glossary.md#gradient) is the inputs, weighted by the errors.* Walking against it is [gradient descent](../../book/glossary.md#gradient-descent), which chapter 3 studies; here 5000 steps arrive where linear algebra
# arrives in one.

# %%
def squared_loss(w, b, X, y):
    return ((X @ w + b - y) ** 2).mean()


def squared_loss_gradient(w, b, X, y):
    error = X @ w + b - y
    return 2 * X.T @ error / len(y), 2 * error.mean()


patients = load_diabetes()
Z, progress = patients.data / patients.data.std(0), patients.target / patients.target.std()
w, b = rng.normal(size=10), np.array(0.5)
gradcheck(lambda w, b: squared_loss(w, b, Z, progress), {"w": w, "b": b},
          dict(zip("wb", squared_loss_gradient(w, b, Z, progress))))
for _ in range(5000):
    dw, db = squared_loss_gradient(w, b, Z, progress)
    w, b = w - 0.2 * dw, b - 0.2 * db
exact = np.linalg.lstsq(np.column_stack([Z, np.ones(442)]), progress, rcond=None)[0]
claim("learn-descent-arrives", "Gradient descent arrives at the least-squares solution.",
      np.abs(np.append(w, b) - exact).max(), at_most=1e-6)

# %%
shares = []
for seed in range(20):                                               # 20 random splits: 342 to learn from, 100 to be judged on
    shuffled = np.random.default_rng(seed).permutation(442)
    fit_on, judge_on = shuffled[:342], shuffled[342:]
    fitted = np.linalg.lstsq(np.column_stack([Z[fit_on], np.ones(342)]), progress[fit_on], rcond=None)[0]
    linear = squared_loss(fitted[:10], fitted[10], Z[judge_on], progress[judge_on])
    constant = squared_loss(np.zeros(10), progress[fit_on].mean(), Z[judge_on], progress[judge_on])
    shares.append(linear / constant)
print(f"error of the line over error of the constant: {np.mean(shares):.2f} ± {np.std(shares, ddof=1):.2f} over 20 splits")
claim("learn-diabetes", "On unseen patients the linear model removes about half of the constant's squared error.",
      np.mean(shares), expected=0.54, tolerance=0.04)
claim("learn-diabetes-every-split", "It beats the constant on every one of the twenty splits.", max(shares), at_most=0.8)

# %% [markdown]
# Half of the error stays. Part of it may be beyond what ten measurements can tell; in the world that we owned that part was $\sigma^2$, and no rule could go below it.
#
# ## Supervised learning: classification
#
# If the answer is one of $K$ classes the task is [classification](../../book/glossary.md#classification). A linear model gives one score a class, $z = xW + b$;
# [softmax](../../book/glossary.md#softmax) turns scores into probabilities $p_k = e^{z_k}/\sum_j e^{z_j}$; and the loss is the [cross-entropy](../../book/glossary.md#cross-entropy), minus the log-probability
# of the right class. Together they are softmax regression, the many-class form of [logistic regression](../../book/glossary.md#logistic-regression). With the labels as [one-hot](../../book/glossary.md#one-hot-encoding) rows $Y$,
#
# $$\frac{\partial\hat R}{\partial W} = \frac1n X^\top(P - Y), \qquad \frac{\partial\hat R}{\partial b} = \frac1n\sum_i (P - Y)_i .$$
#
# It has the form of the regression above: inputs, weighted by errors. [Losses](../02_backprop/02_losses.ipynb) derives it and shows why that is no accident.

# %%
def class_probabilities(scores):
    """Return softmax of each row; the row's maximum is taken off first, since exp overflows above 709."""
    e = np.exp(scores - scores.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def mean_cross_entropy(W, b, X, Y):
    return -np.log((class_probabilities(X @ W + b) * Y).sum(1)).mean()


def cross_entropy_gradient(W, b, X, Y):
    error = (class_probabilities(X @ W + b) - Y) / len(X)            # (n, K)
    return X.T @ error, error.sum(0)


def softmax_regression(X, Y, steps, lr=1.0):
    """Return (W, b) after `steps` of gradient descent from zero."""
    W, b = np.zeros((X.shape[1], Y.shape[1])), np.zeros(Y.shape[1])
    for _ in range(steps):
        dW, db = cross_entropy_gradient(W, b, X, Y)
        W, b = W - lr * dW, b - lr * db
    return W, b


# %% tags=["settles-S0-C4"]
Y = np.eye(10)[labels]
start = {"W": rng.normal(size=(64, 10)) / 8, "b": rng.normal(size=10)}
gradcheck(lambda W, b: mean_cross_entropy(W, b, X[:50], Y[:50]), start,
          dict(zip("Wb", cross_entropy_gradient(start["W"], start["b"], X[:50], Y[:50]))))
W, b = softmax_regression(X, Y, steps=400)
right = ((X_test @ W + b).argmax(1) == labels_test)
supervised = right.mean()
low, high = binomtest(int(right.sum()), len(right)).proportion_ci(method="wilson")
print(f"right on {right.sum()} of {len(right)}: {supervised:.3f}, 95 % interval {low:.3f} to {high:.3f}")
claim("learn-softmax", "Softmax regression names more than 93 % of the unseen digits.", supervised, at_least=0.93)
claim("learn-softmax-start", "Before the first step, all classes equally likely, the loss is the logarithm of 10.",
      mean_cross_entropy(0 * W, 0 * b, X, Y), expected=np.log(10), tolerance=1e-12)

# %% mystnb={"image": {"alt": "Ten pictures of 8 by 8 weights, one for each digit, in two colours for positive and negative: the weights of the 0 are negative in the centre, those of the 1 positive at the top of its stroke."}}
fig, axes = plotting.new_figure(2, 5, height=3.2)
for k, ax in enumerate(np.ravel(axes)):
    ax.imshow(W[:, k].reshape(8, 8), cmap="RdBu_r", vmin=-abs(W).max(), vmax=abs(W).max())
    ax.set(title=str(k), xticks=[], yticks=[])
_ = fig.suptitle("Learnt: pixels that speak for a digit (red) and against it (blue)", fontsize=11)

# %% [markdown]
# ## Unsupervised learning, on the same digits
#
# Now hide every label. [Unsupervised learning](../../book/glossary.md#unsupervised-learning) looks for structure in the inputs alone. Two questions can be asked: *which pictures belong together*, and *in which directions do they differ*.
#
# ### Which belong together: k-means
#
# [k-means](../../book/glossary.md#k-means) places $k$ centres so that the sum of squared distances to the nearest one, the *inertia*, is small.
# [Lloyd, 1982](../../book/bibliography.md#lloyd1982least), alternates two steps, neither of which can raise it:
#
# 1. **assign:** each picture to its nearest centre, which by definition is no farther than the old one;
# 2. **move:** each centre to the mean of its pictures, the point with the least sum of squares.

# %%
def k_means(X, k, rng):
    """Return (centres, cluster of every row, inertia after every half-step)."""
    centres, inertia = X[rng.choice(len(X), k, replace=False)], []
    while True:
        distances = squared_distances(X, centres)
        cluster = distances.argmin(1)                                 # assign
        inertia.append(distances.min(1).sum())
        moved = np.stack([X[cluster == j].mean(0) if (cluster == j).any() else centres[j] for j in range(k)])
        inertia.append(squared_distances(X, moved)[np.arange(len(X)), cluster].sum())     # move
        if np.array_equal(moved, centres):
            return centres, cluster, np.array(inertia)
        centres = moved


# %% tags=["settles-S0-C5"]
runs = [k_means(X, 10, np.random.default_rng(seed)) for seed in range(10)]
assign_steps = max((inertia[2::2] - inertia[1:-1:2]).max() for _, _, inertia in runs)
move_steps = max((inertia[1::2] - inertia[::2]).max() for _, _, inertia in runs)
claim("learn-inertia-assign", "No assignment, in ten runs from different starts, raised the inertia.", assign_steps, at_most=1e-9)
claim("learn-inertia-move", "No move of the centres raised it.", move_steps, at_most=1e-9)
claim("learn-inertia-stops", "Every run came to rest, in fewer than 50 rounds.",
      max(len(inertia) for _, _, inertia in runs) / 2, at_most=50)
ends = np.array([inertia[-1] for _, _, inertia in runs])
claim("learn-inertia-local", "It does not come to rest at the same place: the worst run ends more than 3 % above the best.",
      ends.max() / ends.min(), at_least=1.03)

# %% mystnb={"image": {"alt": "Inertia against half-step for four of the ten starts: every curve falls at each step, steeply at first, and they come to rest at different levels."}}
_ = plotting.curves({f"start {seed}": (np.arange(len(runs[seed][2])) / 2, runs[seed][2]) for seed in (0, 5, 7, 9)},
                    title="The inertia never rises; the start decides its end", labels="legend",
                    xlabel="rounds", ylabel="sum of squared distances", ylim=(3600, 5000))

# %% [markdown]
# How well do clusters match digits? A cluster has a number, not a name, so names must be given first, and each digit once. Which of the $10! \approx 3.6$ million ways gives the most matches? That is the
# assignment problem, solved exactly by the Hungarian method of [Kuhn, 1955](../../book/bibliography.md#kuhn1955hungarian). Labels are used here to *judge* the clusters, not to find them.

# %% tags=["settles-S0-P1"]
def names_of_clusters(cluster, labels, k=10):
    """Return the digit of each cluster, every digit once, with the most pictures matched."""
    table = np.zeros((k, k), int)
    np.add.at(table, (cluster, labels), 1)
    return linear_sum_assignment(table, maximize=True)[1]


matched = []
for centres, cluster, _ in runs:
    name = names_of_clusters(cluster, labels)
    matched.append((name[squared_distances(X_test, centres).argmin(1)] == labels_test).mean())
print(f"k-means {np.mean(matched):.3f} ± {np.std(matched, ddof=1):.3f} over ten starts, softmax regression {supervised:.3f}")
claim("learn-kmeans-accuracy", "Without a label, clusters match the digits of well over half of the unseen pictures.",
      np.mean(matched), at_least=0.6, at_most=0.75)
claim("learn-labels-worth", "The labels are worth more than 20 points on these pictures.",
      supervised - np.mean(matched), at_least=0.2)

# %% mystnb={"image": {"alt": "The ten centres of the best k-means run as pictures, each titled with the digit it was matched to. Most look like a digit; some blend two."}}
best = int(ends.argmin())
name = names_of_clusters(runs[best][1], labels)
_ = plotting.images(runs[best][0], n_columns=10, titles=[str(k) for k in name],
                    title="Ten centres, found without labels, named afterwards")

# %% [markdown]
# ### In which directions they differ: PCA
#
# [Principal component analysis](../../book/glossary.md#principal-component-analysis) asks for the $q$ directions that keep most of the [variance](../../book/glossary.md#variance). They are the first right singular vectors of the centred data,
# $X - \bar x = USV^\top$, and what is lost is exactly what was dropped ([Eckart and Young, 1936](../../book/bibliography.md#eckart1936approximation)):
#
# $$\lVert (X-\bar x) - (X-\bar x)V_qV_q^\top\rVert^2 = \sum_{j>q} s_j^2 .$$

# %%
mean_picture = X.mean(0)
U, s, Vt = np.linalg.svd(X - mean_picture, full_matrices=False)
lost, dropped = [], []
for q in (0, 1, 2, 10, 30, 61):
    reconstruction = mean_picture + (X - mean_picture) @ Vt[:q].T @ Vt[:q]
    lost.append(((X - reconstruction) ** 2).sum())
    dropped.append((s[q:] ** 2).sum())
explained = np.cumsum(s**2) / (s**2).sum()
claim("learn-pca-error", "The reconstruction error is the sum of the dropped squared singular values.",
      np.abs(np.array(lost) - np.array(dropped)).max(), at_most=1e-8)
print(f"variance kept by 2 components {explained[1]:.2f}, by 10 {explained[9]:.2f}, by 30 {explained[29]:.2f}")
claim("learn-pca-explained", "Two of the 64 directions keep more than a quarter of the variance, ten more than 70 %.",
      [explained[1] - 0.25, explained[9] - 0.70], at_least=0.0)

# %% mystnb={"image": {"alt": "Scatter of 120 test digits in the plane of the first two principal components, drawn as numerals: zeros, sixes and fours form groups of their own, ones, fives and eights mix in the middle."}}
plane = (X_test - mean_picture) @ Vt[:2].T
fig, ax = plotting.new_figure(height=4.2)
for (u, v), k in list(zip(plane, labels_test))[:120]:
    ax.text(u, v, str(k), fontsize=8, ha="center", va="center", color=plotting.CYCLE[k % 6])
ax.set(xlim=(plane[:, 0].min() - 0.2, plane[:, 0].max() + 0.2), ylim=(plane[:, 1].min() - 0.2, plane[:, 1].max() + 0.2))
_ = plotting.dress(ax, "Two directions found without labels part some digits", "first component", "second component")

# %% [markdown]
# ## Between the two: self-supervised learning
#
# Labels are dear, pictures cheap. [Self-supervised learning](../../book/glossary.md#self-supervised-learning) makes the question out of the picture itself: cover half of the pixels at random, predict the whole. It is how BERT learns from
# text ([Devlin et al., 2019](../../book/bibliography.md#devlin2019bert)). The model is a small [neural network](../../book/glossary.md#neural-network) from scikit-learn, a black box for now; chapter 2 builds one.
#
# Two questions: does it predict covered pixels better than their mean, and is what it learnt *of use* for naming digits from few labels?

# %%
def learn_by_masking(seed):
    """Train a network on covered pictures; return (error on covered pixels, error of the mean, its hidden layer)."""
    rng = np.random.default_rng(seed)
    whole = np.concatenate([X] * 4)
    network = MLPRegressor(hidden_layer_sizes=(128,), random_state=seed, max_iter=25, tol=0, n_iter_no_change=99)
    network.fit(np.where(rng.random(whole.shape) < 0.5, 0, whole), whole)
    covered = rng.random(X_test.shape) < 0.5
    guess = network.predict(np.where(covered, 0, X_test))
    # half of every picture was covered in training, so a whole one is halved
    hidden = lambda pictures: np.maximum(0.5 * pictures @ network.coefs_[0] + network.intercepts_[0], 0)
    return ((guess - X_test)[covered] ** 2).mean(), ((X.mean(0) - X_test)[covered] ** 2).mean(), hidden


masked = [learn_by_masking(seed) for seed in range(2)]
ratio = np.mean([error / of_the_mean for error, of_the_mean, _ in masked])
claim("learn-masked", "On covered pixels of unseen pictures it errs less than two thirds as much as the mean pixel.", ratio, at_most=0.667)

# %% tags=["settles-S0-C5b"]
def score_with(few, features, features_test):
    scale = features.std()
    probe = LogisticRegression(max_iter=300).fit(features[few] / scale, labels[few])
    return probe.score(features_test / scale, labels_test)


differences = {}
for per_class in (3, 10):
    rows = [draw_per_class(per_class, seed) for seed in range(10)]
    raw = np.array([score_with(i, X, X_test) for i in rows])
    learnt = np.array([[score_with(i, f(X), f(X_test)) for i in rows] for _, _, f in masked])
    differences[per_class] = 100 * (learnt - raw)
    print(f"{per_class:2d} labels a digit: pixels {raw.mean():.3f}, learnt features {learnt.mean():.3f}, "
          f"difference {differences[per_class].mean():+.1f} ± {differences[per_class].std(ddof=1):.1f} points")
claim("learn-masked-use", "With three labels a digit the learnt features gain a little, but not five points.",
      differences[3].mean(), at_least=0.0, at_most=5.0)
claim("learn-masked-fades", "With ten labels a digit the two are within two points of each other.", abs(differences[10].mean()), at_most=2.0)

# %% [markdown]
# The answer to the first question is a clear yes, to the second a faint one: a point or so, less than its spread from draw to draw. The features were learnt from 1437 pictures, which the pixels of so small a picture already describe well; BERT's were learnt from billions of words.
#
# ## Semi-supervised learning
#
# Now 30 pictures have labels, three of each digit, and 1407 have none. [Semi-supervised learning](../../book/glossary.md#semi-supervised-learning) uses both. Two recipes:
#
# - **Self-training:** fit on the labelled, label the pictures of which the model is sure, fit on those too, repeat.
# - **Label spreading** ([Zhou et al., 2003](../../book/bibliography.md#zhou2003learning), here in a plain form): connect each picture with its nearest neighbours and let labels flow along the edges.
#
# **Predict:** in self-training, is it safer to accept a label at probability 0.9 or at 0.5?

# %%
def self_training(few, threshold, rounds=4):
    """Return (W, b), and the indices and labels of the pictures that were accepted at last."""
    accepted, guess = few, labels.copy()
    for _ in range(rounds):
        W, b = softmax_regression(X[accepted], np.eye(10)[guess[accepted]], steps=100)
        P = class_probabilities(X @ W + b)
        guess = P.argmax(1)
        guess[few] = labels[few]
        accepted = np.union1d(few, np.flatnonzero(P.max(1) > threshold))
    return W, b, (accepted, guess[accepted])


def spread_labels(few, n_neighbours=7, keep=0.95, steps=60):
    """Return a label for every training picture, from those of `few`."""
    given = np.zeros((len(X), 10))
    given[few, labels[few]] = 1
    distances = squared_distances(X, X) + np.diag(np.full(len(X), np.inf))
    neighbours = np.argpartition(distances, n_neighbours, axis=1)[:, :n_neighbours]     # (n, 7)
    flow = given.copy()
    for _ in range(steps):
        flow = keep * flow[neighbours].mean(1) + (1 - keep) * given
    return flow.argmax(1)


# %%
scores = {"30 labels alone": [], "self-training at 0.5": [], "self-training at 0.9": [], "label spreading": []}
accepted_right, rarest, worst_recall = [], [], []
for seed in range(5):
    few = draw_per_class(3, seed)
    W_few, b_few = softmax_regression(X[few], Y[few], steps=100)
    W_half, b_half, _ = self_training(few, 0.5)
    W_sure, b_sure, (accepted, guess) = self_training(few, 0.9)
    W_flow, b_flow = softmax_regression(X, np.eye(10)[spread_labels(few)], steps=100)
    for name, (V, c) in zip(scores, [(W_few, b_few), (W_half, b_half), (W_sure, b_sure), (W_flow, b_flow)]):
        scores[name].append(((X_test @ V + c).argmax(1) == labels_test).mean())
    accepted_right.append((guess == labels[accepted]).mean())
    rarest.append(np.bincount(guess, minlength=10).min())
    named = (X_test @ W_sure + b_sure).argmax(1) == labels_test
    worst_recall.append(min(named[labels_test == k].mean() for k in range(10)))

# %%
for name, values in scores.items():
    print(f"{name:22s} {np.mean(values):.3f} ± {np.std(values, ddof=1):.3f} over 5 draws")
gain = {name: np.subtract(values, scores["30 labels alone"]) for name, values in scores.items()}
claim("learn-spreading", "Label spreading gains five points or more, and on every draw it gains.",
      [gain["label spreading"].mean() - 0.05, gain["label spreading"].min()], at_least=0.0)
claim("learn-self-training", "Self-training that accepts only what is sure loses ten points or more.",
      gain["self-training at 0.9"].mean(), at_most=-0.1)
claim("learn-sure-is-right", "And yet more than 97 % of the labels that it accepted are right.", np.mean(accepted_right), at_least=0.97)
claim("learn-sure-is-partial", "On every draw some digit got no new label beside its three, and is hardly ever named in the end.",
      [max(rarest) - 3, max(worst_recall)], at_most=0.05)

# %% [markdown]
# The planned sentence was "unlabelled pictures help". They help one recipe and ruin another. Self-training with a high threshold accepts labels that are nearly all right, but of the digits it found easy; the next fit sees a hundred of those
# and three of a hard one, grows surer of the easy still, and forgets the other. Right labels are not enough, they have to be *representative*.
#
# ## Reinforcement learning
#
# In [reinforcement learning](../../book/glossary.md#reinforcement-learning) nobody tells the right answer. The learner acts, and a reward comes back, for that action alone. The smallest case is a
# [bandit](../../book/glossary.md#bandit): five arms pay 1 with the unknown probabilities 0.2, 0.35, 0.5, 0.65, 0.8. Its [regret](../../book/glossary.md#regret) is what the best arm would have paid on average, minus what the chosen ones pay.
# The *ε-greedy* rule ([Sutton and Barto, 2018](../../book/bibliography.md#sutton2018reinforcement)) pulls a random arm with probability ε and else the arm with the best average so far.

# %%
def play_bandit(epsilon, pays, steps, runs, rng):
    """Return the cumulated regret of `runs` independent players, (runs, steps)."""
    pulls, wins = np.zeros((2, runs, len(pays)))
    player, regret = np.arange(runs), np.zeros((runs, steps))
    for t in range(steps):
        average = wins / np.maximum(pulls, 1) + 1e-9 * rng.random(pulls.shape)      # ties are broken at random
        arm = np.where(rng.random(runs) < epsilon, rng.integers(len(pays), size=runs), average.argmax(1))
        pulls[player, arm] += 1
        wins[player, arm] += rng.random(runs) < pays[arm]
        regret[:, t] = pays.max() - pays[arm]
    return regret.cumsum(1)


pays = np.array([0.2, 0.35, 0.5, 0.65, 0.8])
regrets = {eps: play_bandit(eps, pays, 2000, 200, np.random.default_rng(7)) for eps in (0.0, 0.1, 1.0)}
for eps, r in regrets.items():
    print(f"ε = {eps:.1f}: regret {r[:, -1].mean():4.0f} ± {r[:, -1].std(ddof=1):3.0f} over 200 players")

claim("learn-bandit-random", "Random arms lose 0.3 a step, 600 in 2000 steps, which is what the mean of the five pays predicts.",
      regrets[1.0][:, -1].mean(), expected=2000 * (pays.max() - pays.mean()), tolerance=4.0)
claim("learn-bandit-explore", "A tenth of exploration has less than a fifth of that regret.",
      regrets[0.1][:, -1].mean() / 600, at_most=0.2)
claim("learn-bandit-greedy", "Pure greed, which never explores, has at least four times the regret of a tenth of exploration.",
      regrets[0.0][:, -1].mean() / regrets[0.1][:, -1].mean(), at_least=4.0)

# %% mystnb={"image": {"alt": "Mean regret against step for three players: random arms rise in a straight line to 600, pure greed rises in a straight line to about 400, and one tenth exploration bends after the first two hundred steps and ends below 100."}}
at = np.arange(0, 2000, 40)
_ = plotting.curves({name: (at, regrets[eps].mean(0)[at]) for name, eps in [("random", 1.0), ("greedy", 0.0), ("ε = 0.1", 0.1)]},
                    title="Who never explores keeps paying for a first impression",
                    xlabel="step", ylabel="regret, mean of 200 players")

# %% [markdown]
# > **Misconception.** Machine learning comes in two kinds, supervised and unsupervised.
#
# So one of the two articles divides it, which leaves out the kind that pre-trains BERT and GPT, and the one that learns by acting. What tells them apart is what is given:
#
# | kind | given | asked | seen here |
# |---|---|---|---|
# | supervised | inputs and answers | the answer to a new input | regression, classification |
# | unsupervised | inputs | structure | k-means, PCA |
# | self-supervised | inputs | a covered part of an input | masked pixels |
# | semi-supervised | inputs, a few with answers | the answer to a new input | label spreading |
# | reinforcement | rewards for what one did | how to act | bandit |
#
# The bandit was shown neither inputs nor answers, and the network behind the covered pixels no answer that a person gave. Yet both improved with experience.

# %% tags=["settles-F3"]
loss_per_step = np.diff(regrets[0.1].mean(0))
claim("learn-third-kind", "From its first 50 steps to its last 500 the bandit's player cut its loss per step to less than a quarter.",
      loss_per_step[-500:].mean() / loss_per_step[:50].mean(), at_most=0.25)
claim("learn-fourth-kind", "Covered pixels taught the network to err a third less than the mean, without one label.", 1 - ratio, at_least=0.333)

# %% [markdown]
# ## What deep learning adds
#
# So far every model was linear or compared distances. [Deep learning](../../book/glossary.md#deep-learning) stacks layers, of which all but the last learn *features* for the next. To see what that
# adds, let four kinds of model answer the same question on the same five splits: a line, a kernel machine ([Cortes and Vapnik, 1995](../../book/bibliography.md#cortes1995support)), a forest of trees
# ([Breiman, 2001](../../book/bibliography.md#breiman2001random)), and a [multilayer perceptron](../../book/glossary.md#multilayer-perceptron) with one [hidden layer](../../book/glossary.md#hidden-layer). **Predict the winner.**

# %%
def contestants(seed):
    return {"linear": LogisticRegression(max_iter=500), "kernel (RBF)": SVC(C=10),
            "forest": RandomForestClassifier(100, random_state=seed),
            "MLP": MLPClassifier((128,), learning_rate_init=5e-3, batch_size=64, max_iter=30, random_state=seed)}


results = {name: [] for name in contestants(0)}
for seed in range(5):
    split = data.digits((1437, 360), rng=np.random.default_rng(seed))
    for name, model in contestants(seed).items():
        results[name].append((model.fit(*split.train).predict(split.x_test) == split.y_test).sum())

# %% tags=["settles-S2-Q1"]
for name, counts in results.items():
    share = np.array(counts) / 360
    interval = binomtest(int(counts[0]), 360).proportion_ci(method="wilson")
    print(f"{name:13s} {share.mean():.3f} ± {share.std(ddof=1):.3f} over 5 splits; "
          f"first split {share[0]:.3f}, 95 % interval {interval.low:.3f} to {interval.high:.3f}")
share = {name: np.array(counts) / 360 for name, counts in results.items()}
claim("learn-nonlinear", "All three that can bend beat the line by half a point or more, on average over the splits.",
      min((share[name] - share["linear"]).mean() for name in ("kernel (RBF)", "forest", "MLP")), at_least=0.005)
claim("learn-kernel-wins", "The kernel machine beats the MLP by half a point or more: on 8 × 8 digits deep learning is not ahead.",
      (share["kernel (RBF)"] - share["MLP"]).mean(), at_least=0.005)
first = {name: binomtest(int(counts[0]), 360).proportion_ci(method="wilson") for name, counts in results.items()}
claim("learn-intervals-overlap", "On the first split alone the intervals of kernel and MLP overlap: 360 pictures could not have told.",
      first["MLP"].high - first["kernel (RBF)"].low, at_least=0.0)

# %% [markdown]
# The kernel machine wins. Each model has one usual setting and none was tuned to this test; [Measuring](03_measuring.ipynb) shows how to tune without peeking. Small, centred, aligned pictures leave little to discover: distances between pixels already say which pictures are alike. What a network adds is the learning of features, and that can be
# measured by taking it away. Two networks of 16 hidden units: in one the hidden layer is learnt, in the other it stays as drawn at random and only the output is fitted.

# %%
learnt_features, random_features = [], []
for seed in range(3):
    rng = np.random.default_rng(seed)
    network = MLPClassifier((16,), learning_rate_init=5e-3, max_iter=50, random_state=seed).fit(X, labels)
    learnt_features.append(network.score(X_test, labels_test))
    V, c = rng.normal(size=(64, 16)) / 4, rng.normal(size=16) / 4
    hidden, hidden_test = np.maximum((X - X.mean(0)) @ V + c, 0), np.maximum((X_test - X.mean(0)) @ V + c, 0)
    random_features.append(LogisticRegression(max_iter=500).fit(hidden, labels).score(hidden_test, labels_test))
print(f"16 learnt features {np.mean(learnt_features):.3f} ± {np.std(learnt_features, ddof=1):.3f}, "
      f"16 random ones {np.mean(random_features):.3f} ± {np.std(random_features, ddof=1):.3f}")
claim("learn-features", "With 16 hidden units, learning them is worth more than ten points over leaving them random.",
      np.mean(learnt_features) - np.mean(random_features), at_least=0.1)

# %% [markdown]
# That is the promise: features need not be designed. It pays most where nobody knows how to design them, in large pictures, sound and text, and with much data. On
# tables, forests often stay ahead ([Grinsztajn et al., 2022](../../book/bibliography.md#grinsztajn2022why)). Try them first.
#
# ## Sets within sets
#
# [Artificial intelligence](../../book/glossary.md#artificial-intelligence) ⊃ machine learning ⊃ deep learning. Each inclusion is proper. A program can be artificially intelligent and learn nothing: this one plays Nim (take one to three
# matches, who takes the last one wins) without a fault, by search.

# %%
def winning(heaps):
    """Return, for every heap up to `heaps`, whether the player to move can force a win."""
    can_win = [False]                                        # no match left: the other one took the last
    for heap in range(1, heaps + 1):
        can_win.append(any(not can_win[heap - take] for take in (1, 2, 3) if take <= heap))
    return np.array(can_win)


claim("learn-nim", "Search finds that the player to move loses at the multiples of four, and there only; no data were needed.",
      np.flatnonzero(~winning(40)), expected=np.arange(0, 41, 4))

# %% mystnb={"image": {"alt": "Three nested ellipses. The outer one, artificial intelligence, holds the Nim search; the middle one, machine learning, holds k-means, PCA, least squares, kernel machine, forest and bandit; the inner one, deep learning, holds the multilayer perceptron."}}
fig, ax = plotting.new_figure(height=3.4)
turn = np.linspace(0, 2 * np.pi, 60)
for size, word, inside in [(1.0, "artificial intelligence", "search in Nim"), (0.68, "machine learning", "least squares · softmax regression · k-means\nPCA · kernel machine · forest · ε-greedy"),
                           (0.34, "deep learning", "multilayer perceptron")]:
    ax.plot(2.6 * size * np.cos(turn), size * np.sin(turn) - 1 + size, color=plotting.CYCLE[0], ls="-")
    ax.text(0, 2 * size - 1.04, f"{word}", ha="center", va="top", fontsize=10, weight="bold")
    ax.text(0, 2 * size - 1.19, inside, ha="center", va="top", fontsize=8)
ax.set(xlim=(-2.7, 2.7), ylim=(-1.1, 1.1))
ax.axis("off")
_ = ax.set_title("Every network learns; not every learner is a network")

# %% [markdown]
# > **Misconception.** Machine learning is a general learning algorithm, and one of the applications of deep learning.
#
# Both halves stand in the second of the two articles. Machine learning is a field that holds many algorithms; deep learning is one of its parts. Above, eight different algorithms improved with data. Compare each to its own baseline.

# %% tags=["settles-F43", "settles-F33", "settles-X14", "settles-S0-C6"]
beats_baseline = {"nearest mean": performance[-1].mean() - baseline, "least squares": 1 - np.mean(shares),
                  "softmax regression": supervised - baseline, "k-means": np.mean(matched) - baseline,
                  "ε-greedy": 1 - regrets[0.1][:, -1].mean() / 600, "kernel (RBF)": share["kernel (RBF)"].mean() - baseline,
                  "forest": share["forest"].mean() - baseline, "MLP": share["MLP"].mean() - baseline}
machine_learning = {name for name, gained in beats_baseline.items() if gained > 0.3}
deep_learning = {name for name in machine_learning if hasattr(contestants(0).get(name), "hidden_layer_sizes")}
claim("learn-field", "Eight algorithms take at least 30 points, or 30 % of the loss, off their baseline.", len(machine_learning), expected=8)
claim("learn-subset", "Those that are deep are a proper subset: one of the eight has a hidden layer, seven learn without.",
      [deep_learning < machine_learning, len(machine_learning - deep_learning)], expected=[1, 7])

# %% [markdown]
# > **Misconception.** A neural network simulates the neurons of the human brain.
#
# The word *neuron* is a loose inspiration, from [McCulloch and Pitts, 1943](../../book/bibliography.md#mcculloch1943logical); [Goodfellow, Bengio and Courville, 2016](../../book/bibliography.md#goodfellow2016deep), chapter 1, and
# [LeCun, Bengio and Hinton, 2015](../../book/bibliography.md#lecun2015deep), say plainly that deep learning is engineering and no model of the brain. One difference in numbers: a cell that leaks charge between spikes, itself a crude sketch, hears *when* its inputs fire. An
# [artificial neuron](../../book/glossary.md#artificial-neuron) receives a rate and cannot.

# %% tags=["settles-F1", "settles-S0-C2"]
def spikes_out(spikes_in, leak=0.5, threshold=1.8):
    """Count the spikes of a leaky cell; spikes_in is (time, inputs) of zeros and ones."""
    charge, count = 0.0, 0
    for arrived in spikes_in.sum(1):
        charge = leak * charge + arrived
        if charge >= threshold:
            charge, count = 0.0, count + 1
    return count


together, in_turn = np.zeros((12, 3)), np.zeros((12, 3))
together[[0, 4, 8]] = 1                                    # three inputs fire at once, three times
for i in range(3):
    in_turn[i::4, i] = 1                                   # the same three spikes each, one after the other
claim("learn-leaky", "The leaky cell fires three times when its inputs fire together, once when they fire in turn.",
      [spikes_out(together), spikes_out(in_turn)], expected=[3, 1])
weights = np.array([0.4, -0.2, 0.7])
claim("learn-artificial-neuron", "The artificial neuron, which sees the rates, cannot tell the two apart.",
      together.mean(0) @ weights - in_turn.mean(0) @ weights, expected=0.0)

# %% [markdown]
# ## How large is a "large model"?
#
# The word *large* refers to the number of [parameters](../../book/glossary.md#parameter), and that number follows from a handful of sizes. A Transformer, which later chapters build, has $L$ layers of width $d$. Each holds four $d\times d$ matrices, two matrices
# between $d$ and a wider $d_\text{ff}$, their biases, and two normalisations of $2d$; before them stand tables of $d$ numbers for each word piece and each position.

# %% tags=["settles-S0-C1"]
def transformer_parameters(d, layers, d_ff, vocabulary, positions, segments=0, norms=1, pooler=False):
    attention, wide, norm = 4 * (d * d + d), d * d_ff + d_ff + d_ff * d + d, 2 * d
    tables = (vocabulary + positions + segments) * d
    return tables + norms * norm + layers * (attention + wide + 2 * norm) + pooler * (d * d + d)


bert = dict(vocabulary=30_522, positions=512, segments=2, pooler=True)
gpt = dict(vocabulary=50_257, segments=0)
sizes_of_models = {"BERT-base, 2019": transformer_parameters(768, 12, 3072, **bert),
                   "GPT-2, 2019": transformer_parameters(768, 12, 3072, positions=1024, **gpt),
                   "BERT-large, 2019": transformer_parameters(1024, 24, 4096, **bert),
                   "GPT-2 XL, 2019": transformer_parameters(1600, 48, 6400, positions=1024, **gpt),
                   "GPT-3, 2020": transformer_parameters(12_288, 96, 4 * 12_288, positions=2048, **gpt)}
print(f"{'softmax regression on our digits':34s}{64 * 10 + 10:>16,}")
for name, count in sizes_of_models.items():
    print(f"{name:34s}{count:>16,}")
claim("learn-bert-base", "BERT-base has 109 482 240 parameters.", sizes_of_models["BERT-base, 2019"], expected=109_482_240)
claim("learn-gpt-3", "GPT-3 has the 175 billion that its paper states, within half a percent.",
      sizes_of_models["GPT-3, 2020"], expected=175e9, tolerance=0.005, relative=True)
claim("learn-large", "From our softmax regression to GPT-3 it is a factor of more than a hundred million.",
      sizes_of_models["GPT-3, 2020"] / 650, at_least=1e8)

# %% [markdown]
# The sizes are those of [Devlin et al., 2019](../../book/bibliography.md#devlin2019bert), [Radford et al., 2019](../../book/bibliography.md#radford2019language), and [Brown et al., 2020](../../book/bibliography.md#brown2020language). "Large"
# has no threshold; it has meant $10^8$ and now means $10^{11}$ and more. Large models are the core of today's language, vision and recommendation systems. What they share with the line through three points is everything in the table of $T$, $E$ and $P$.
#
# ## Where it is used, and one we have not seen: sound
#
# Image recognition, natural-language processing, speech recognition and recommendation are the areas that the articles name; protein structures ([Jumper et al., 2021](../../book/bibliography.md#jumper2021highly)) and
# many others have joined them. One list also has machine learning, which is the parent and no application. Pictures we have had; here is speech, in one dimension. A vowel is a buzz of harmonics, shaped by two resonances of the mouth, the formants. [Peterson and Barney, 1952](../../book/bibliography.md#peterson1952control), measured them, for men's *ee* at 270 and 2290 Hz, *ah* at 730 and 1090, *oo* at 300
# and 870. We generate 64 ms of each, with random pitch, phases, formants off by 6 %, and noise, and give softmax regression once the waveform, once its spectrum. **Which does it need?**

# %%
formants = {"ee": (270, 2290), "ah": (730, 1090), "oo": (300, 870)}


def vowel(resonances, rng, rate=8000, n=512):
    """Return n samples of a vowel-like sound with random pitch and phases."""
    pitch = rng.uniform(90, 220)                                                  # Hz
    harmonics = pitch * np.arange(1, int(3800 / pitch) + 1)
    tuned = [f * rng.normal(1, 0.06) for f in resonances]
    loudness = sum(share / (1 + ((harmonics - f) / 60) ** 2) for f, share in zip(tuned, (1, 0.6))) + 0.02
    phases = rng.uniform(0, 2 * np.pi, len(harmonics))
    wave = (loudness * np.cos(2 * np.pi * np.arange(n)[:, None] / rate * harmonics + phases)).sum(1)
    return wave / wave.std() + 0.1 * rng.normal(size=n)


def spectrum(waves):
    """Return the log power in 32 bands of 125 Hz, (B, 32)."""
    power = np.abs(np.fft.rfft(waves * np.hanning(waves.shape[1])))[:, :256] ** 2
    return np.log(power + 1e-3).reshape(len(waves), 32, 8).mean(2)


# %% tags=["settles-S2-C1", "settles-S2-A1"]
heard = {"waveform": [], "spectrum": []}
for seed in range(3):
    rng = np.random.default_rng(seed)
    said = rng.integers(3, size=450)
    waves = np.stack([vowel(list(formants.values())[k], rng) for k in said])
    for name, features in [("waveform", waves / 10), ("spectrum", spectrum(waves) / 3)]:
        features = features - features[:300].mean(0)
        V, c = softmax_regression(features[:300], np.eye(3)[said[:300]], steps=200, lr=0.5)
        heard[name].append(((features[300:] @ V + c).argmax(1) == said[300:]).mean())
for name, values in heard.items():
    print(f"{name}: {np.mean(values):.3f} ± {np.std(values, ddof=1):.3f} over 3 seeds")
claim("learn-vowels", "From the spectrum softmax regression names at least 95 % of unseen vowels.", np.mean(heard["spectrum"]), at_least=0.95)
claim("learn-waveform", "From the waveform it is right on fewer than half, where guessing gives a third.", np.mean(heard["waveform"]), at_most=0.5)

# %% mystnb={"image": {"alt": "Left, ten milliseconds of the three vowels as waveforms, none easy to tell. Right, their mean log spectra in 32 bands: ee peaks at about 270 and 2290 hertz, ah near 730 and 1090, oo near 300 and 870."}}
fig, (left, right_axis) = plotting.new_figure(1, 2, height=3)
bands = spectrum(waves)
for k, name in enumerate(formants):
    left.plot(np.arange(80) / 8, waves[said == k][0, :80] - 7 * k, color=plotting.CYCLE[k], label=name)
    right_axis.plot(np.arange(32) * 0.125 + 0.0625, bands[said == k].mean(0), color=plotting.CYCLE[k], label=name)
left.set(yticks=[])
plotting.dress(left, "Waveforms", "time (ms)", "")
plotting.dress(right_axis, "Mean spectra", "frequency (kHz)", "log power")
_ = right_axis.legend()

# %% [markdown]
# The phase of a waveform is chance, so the mean of every sample is zero in every class and a linear rule finds nothing. A person who knew about formants designed the spectrum. Learning such features from the waveform is what the
# convolutional networks of chapter 4 are for.
#
# ## A history in dates
#
# One of the articles tells the history in "four generations", with SGD and SGDR in the second, convolutional and recurrent networks in the third. It is no recognised division, and the dates contradict it:
#
# | year | what | source |
# |---|---|---|
# | 1943 | a neuron as a logical switch | [McCulloch and Pitts](../../book/bibliography.md#mcculloch1943logical) |
# | 1951 | stochastic approximation, the root of SGD | [Robbins and Monro](../../book/bibliography.md#robbins1951stochastic) |
# | 1958 | the perceptron learns its weights | [Rosenblatt](../../book/bibliography.md#rosenblatt1958perceptron) |
# | 1969 | what one layer cannot do | [Minsky and Papert](../../book/bibliography.md#minsky1969perceptrons) |
# | 1976 | reverse accumulation of derivatives | [Linnainmaa](../../book/bibliography.md#linnainmaa1976taylor) |
# | 1980 | layers of shifted feature detectors | [Fukushima](../../book/bibliography.md#fukushima1980neocognitron) |
# | 1986 | back-propagation learns hidden features | [Rumelhart, Hinton and Williams](../../book/bibliography.md#rumelhart1986learning) |
# | 1989 | a convolutional network reads postal codes | [LeCun et al.](../../book/bibliography.md#lecun1989backpropagation) |
# | 1990 | a recurrent network reads sentences | [Elman](../../book/bibliography.md#elman1990finding) |
# | 1997 | LSTM | [Hochreiter and Schmidhuber](../../book/bibliography.md#hochreiter1997long) |
# | 2012 | a deep network wins ImageNet | [Krizhevsky, Sutskever and Hinton](../../book/bibliography.md#krizhevsky2012imagenet) |
# | 2016 | residual networks, over a hundred layers | [He et al.](../../book/bibliography.md#he2016deep) |
# | 2017 | the Transformer, and, the same year, SGDR | [Vaswani et al.](../../book/bibliography.md#vaswani2017attention), [Loshchilov and Hutter](../../book/bibliography.md#loshchilov2017sgdr) |
# | 2019 | BERT, pre-trained by masking | [Devlin et al.](../../book/bibliography.md#devlin2019bert) |
# | 2020 | GPT-3 | [Brown et al.](../../book/bibliography.md#brown2020language) |

# %% tags=["settles-S2-G1", "settles-F34"]
history = ["mcculloch1943logical", "robbins1951stochastic", "rosenblatt1958perceptron", "minsky1969perceptrons",
           "linnainmaa1976taylor", "fukushima1980neocognitron", "rumelhart1986learning", "lecun1989backpropagation",
           "elman1990finding", "hochreiter1997long", "krizhevsky2012imagenet", "he2016deep", "vaswani2017attention",
           "devlin2019bert", "brown2020language"]
years = np.array([int(re.search(r"\d{4}", key)[0]) for key in history])
claim("learn-history", "Each line of the table is later than the one above it.", np.diff(years).min(), at_least=1)
generation = {"SGD": (2, 1951), "SGDR": (2, 2017), "CNN": (3, 1989), "RNN": (3, 1990)}     # as the article has it, and the date
second, third = ([year for g, year in generation.values() if g == n] for n in (2, 3))
claim("learn-generations", "The second generation begins 38 years before the third, and is not over 27 years after the third is complete.",
      [min(third) - min(second), max(second) - max(third)], expected=[38, 27])

# %% [markdown]
# > **History.** The first article names Theano and CNTK as what Keras runs on. [Theano](../../book/bibliography.md#alrfou2016theano) was for many the first library that differentiates graphs of tensors; its makers announced the end of its development in September 2017.
# > [CNTK](../../book/bibliography.md#seide2016cntk), Microsoft's toolkit, had its last main release, 2.7, in 2019. Keras once ran on both. Is there anything left of that?

# %% tags=["settles-S0-W6", "settles-SYS-55"]
folder = Path(importlib.util.find_spec("keras").submodule_search_locations[0]) / "src" / "backend"
claim("learn-discontinued", "Keras 3 runs on TensorFlow, PyTorch and JAX; the backends for Theano and CNTK are gone.",
      [(folder / name).is_dir() for name in ("tensorflow", "torch", "jax", "theano", "cntk")],
      expected=[True, True, True, False, False])

# %% [markdown]
# ## In the frameworks
#
# Softmax regression on the 1437 digits from the same random weights, in float64: our formula for the gradient, PyTorch's autograd, TensorFlow's tape. Then 100 full-batch steps in each.

# %% tags=["fw-numpy"]
W, b, path_numpy = start["W"].copy(), start["b"].copy(), []
scores_numpy, first_numpy = X @ W + b, cross_entropy_gradient(W, b, X, Y)
for _ in range(100):
    path_numpy.append(mean_cross_entropy(W, b, X, Y))
    dW, db = cross_entropy_gradient(W, b, X, Y)
    W, b = W - 0.5 * dW, b - 0.5 * db

# %% tags=["fw-torch"]
import torch

model = torch.nn.Linear(64, 10, dtype=torch.float64)
model.load_state_dict({"weight": torch.tensor(start["W"].T), "bias": torch.tensor(start["b"])})    # (out, in)
sgd, path_torch = torch.optim.SGD(model.parameters(), lr=0.5), []
for step in range(100):
    scores_t = model(torch.tensor(X))
    loss = torch.nn.functional.cross_entropy(scores_t, torch.tensor(labels))
    sgd.zero_grad(); loss.backward()
    if step == 0: scores_torch, first_torch = scores_t.detach(), (model.weight.grad.T.clone(), model.bias.grad.clone())
    path_torch.append(loss.item()); sgd.step()

# %% tags=["fw-tensorflow"]
import tensorflow as tf

W_tf, b_tf, path_tf = tf.Variable(start["W"]), tf.Variable(start["b"]), []
for step in range(100):
    with tf.GradientTape() as tape:
        scores_k = tf.constant(X) @ W_tf + b_tf
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, scores_k))
    dW, db = tape.gradient(loss, [W_tf, b_tf])
    if step == 0: scores_tf, first_tf = scores_k, (dW, db)
    path_tf.append(float(loss)); W_tf.assign_sub(0.5 * dW); b_tf.assign_sub(0.5 * db)

# %%
parity("learn-softmax-digits",
       outputs={"numpy": scores_numpy, "torch": scores_torch, "tensorflow": scores_tf},
       gradients={"numpy": first_numpy, "torch": first_torch, "tensorflow": first_tf},
       path={"numpy": path_numpy, "torch": path_torch, "tensorflow": path_tf})

# %% [markdown]
# PyTorch keeps the weight as (outputs, inputs), the transpose of ours; all else is the same computation.
#
# ## Summary
#
# - A program learns when its performance at a task improves with experience. People write the learning algorithm; the rule for the task is learnt.
# - Risk is an expectation, empirical risk its estimate: unbiased for a fixed rule, optimistic for the rule that was chosen by it.
# - Supervised, unsupervised, self-supervised, semi-supervised and reinforcement learning differ in what is given. On the same digits the labels were worth over 20 points.
# - Deep learning is the part of machine learning that learns features in layers. On 8 × 8 digits a kernel machine was better; say which data you mean before you say which method is best.
# - "Large" is a number of parameters that follows from a few sizes.
#
# ## Exercises
#
# ### Exercise 1 · The best constant
#
# Four targets are given: 1, 2, 3 and 14. Which constant answer has the least mean *squared* error, and which range of constants has the least mean *absolute* error? Give three numbers: the first constant, then the two ends
# of the range.

# %%
answer = None          # for example [1.0, 2.0, 3.0]
exercise("learn-constant", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# The squared error is least at the mean, 5. The absolute error is least at every median: between 2 and 3 as many targets lie to the left as to the right, so a small step gains as much as it loses.
#
# </details>

# %% tags=["hide-cell", "solution"]
targets = np.array([1.0, 2.0, 3.0, 14.0])
exercise("learn-constant", [targets.mean(), 2.0, 3.0])

# %% [markdown]
# ### Exercise 2 · One round of k-means
#
# Write `one_round(X, centres)`: assign each row of `X` to its nearest centre, then return the moved centres, $(k, D)$. A centre to which no row belongs stays where it is.

# %%
def one_round(X, centres):
    ...


exercise("learn-one-round", one_round)


# %% tags=["hide-cell", "solution"]
def one_round_solution(X, centres):
    cluster = squared_distances(X, centres).argmin(1)
    return np.stack([X[cluster == j].mean(0) if (cluster == j).any() else c for j, c in enumerate(centres)])


exercise("learn-one-round", one_round_solution)

# %% [markdown]
# ### Exercise 3 · A gradient with a penalty
#
# Add $\tfrac\lambda2\lVert W\rVert^2$ to the mean cross-entropy, and leave the bias alone. Write `penalised_gradient(W, b, X, Y, strength)`, returning `(dW, db)`; $Y$ is one-hot, `strength` is λ.

# %%
def penalised_gradient(W, b, X, Y, strength):
    ...


exercise("learn-penalised", penalised_gradient)


# %% tags=["hide-cell", "solution"]
def penalised_solution(W, b, X, Y, strength):
    dW, db = cross_entropy_gradient(W, b, X, Y)
    return dW + strength * W, db


exercise("learn-penalised", penalised_solution)

# %% [markdown]
# ### Exercise 4 · How large?
#
# A small BERT has 6 layers of width 512, $d_\text{ff} = 2048$, the vocabulary of 30 522, 512 positions, 2 segments, one normalisation after the tables, and no pooler. How many parameters?

# %%
answer = None
exercise("learn-small-bert", answer)

# %% tags=["hide-cell", "solution"]
exercise("learn-small-bert", transformer_parameters(512, 6, 2048, 30_522, 512, segments=2))

# %% [markdown]
# ### Exercise 5 · Regret of exploring for ever
#
# Three arms pay with probabilities 0.1, 0.4 and 0.9. A player knows the best arm already, and yet keeps to ε-greedy with ε = 0.2, drawing among all three arms when exploring. What is the expected regret of 1000 steps?

# %%
answer = None
exercise("learn-regret", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# A random arm loses $0.9 - \tfrac{0.1+0.4+0.9}3 = 0.4333$ on average, and one step in five is random: $1000\cdot 0.2\cdot 0.4333 = 86.7$. The regret of a constant ε grows without bound; that is why ε is lowered with time.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("learn-regret", 1000 * 0.2 * (0.9 - np.mean([0.1, 0.4, 0.9])))

# %% [markdown]
# ### Exercise 6 · A proof
#
# Show that the sum of squared distances from points $x_1,\dots,x_n$ to a point $c$ is least at their mean, and conclude that k-means stops after finitely many rounds.
#
# <details><summary>Solution</summary>
#
# With $\bar x$ the mean, $\sum_i\lVert x_i - c\rVert^2 = \sum_i\lVert x_i - \bar x\rVert^2 + n\lVert\bar x - c\rVert^2$, since the mixed term $2\sum_i(x_i-\bar x)^\top(\bar x - c)$ is zero. The second part is least, and zero, at $c = \bar x$ alone.
# So a move that changes any centre with points lowers the inertia strictly, and an assignment never raises it. An assignment that gave lower inertia cannot come back. There are at most $k^n$ assignments, so after finitely many rounds the centres
# stand still. (The best of the $k^n$ it need not be, as ten starts have shown.)
#
# </details>

# %% [markdown]
# ## Sources
#
# [Mitchell, 1997](../../book/bibliography.md#mitchell1997machine), the definition ·
# [Goodfellow, Bengio and Courville, 2016](../../book/bibliography.md#goodfellow2016deep), chapters 1 and 5 · [LeCun, Bengio and Hinton, 2015](../../book/bibliography.md#lecun2015deep), the review ·
# [Lloyd, 1982](../../book/bibliography.md#lloyd1982least), k-means · [Kuhn, 1955](../../book/bibliography.md#kuhn1955hungarian), the assignment · [Eckart and Young, 1936](../../book/bibliography.md#eckart1936approximation), low rank ·
# [Zhou et al., 2003](../../book/bibliography.md#zhou2003learning), label spreading · [Sutton and Barto, 2018](../../book/bibliography.md#sutton2018reinforcement), chapter 2, bandits ·
# [Cortes and Vapnik, 1995](../../book/bibliography.md#cortes1995support), and [Breiman, 2001](../../book/bibliography.md#breiman2001random), the rivals ·
# [Efron et al., 2004](../../book/bibliography.md#efron2004least), the patients · [Peterson and Barney, 1952](../../book/bibliography.md#peterson1952control), the formants ·
# [Pedregosa et al., 2011](../../book/bibliography.md#pedregosa2011scikit), scikit-learn.
