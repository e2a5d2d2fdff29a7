# %% [markdown]
# # Questions on training
#
# The first of the two articles behind this book ends with questions and short answers. The first ten are about training: where the gradient comes from, how a step is made of it, how one finds out whether anything was learnt, and what is added so that more is. Chapters 1 to 4 derive all of this at length. Here each question has an answer of one paragraph, which says where the article's own answer differs, and the smallest program that shows the mechanism at work.
#
# *Reading: 20 minutes. Running: about 10 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import itertools

import numpy as np

from chainrule import Tensor, nn, optim
from chainrule.proof import claim, exercise, gradcheck
from chainrule.train import fit

# %% [markdown]
# ## S0-Q1 · What is back-propagation?
#
# The article calls [back-propagation](../../book/glossary.md#backpropagation) a method of training that updates weights and biases, layer by layer. It computes, and changes nothing: one walk from the [loss](../../book/glossary.md#loss-function) back through the network gives the [gradient](../../book/glossary.md#gradient) by every [parameter](../../book/glossary.md#parameter), for about the price of two forward passes. With $\delta^l = \partial L/\partial z^l$ for the value $z^l$ of layer $l$ before its activation $f$,
#
# $$\delta^l = \bigl(\delta^{l+1}(W^{l+1})^\top\bigr)\odot f'(z^l), \qquad \frac{\partial L}{\partial W^l} = (a^{l-1})^\top\delta^l ,$$
#
# in words: *blame goes back through the weights that carried the signal forward.* The update belongs to the [optimiser](../../book/glossary.md#optimizer), afterwards. Updating on the way is wrong: the blame would pass through weights that were not there on the way forward. Derived in [Back-propagation by hand](../02_backprop/03_by_hand.ipynb); primary reference: [Rumelhart, Hinton and Williams, 1986](../../book/bibliography.md#rumelhart1986learning).

# %%
def gradients_on_the_way(W1, W2, X, Y, lr_on_the_way=0.0):
    """Return the gradients by W1 and W2; with a rate, W2 is updated before the blame passes through it."""
    H = np.tanh(X @ W1)                          # (B, 4)
    delta = (H @ W2 - Y) / len(X)                # (B, 2)
    dW2 = H.T @ delta
    W2 = W2 - lr_on_the_way * dW2
    return X.T @ ((delta @ W2.T) * (1 - H**2)), dW2


def random_two_layers(seed):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape) for shape in ((3, 4), (4, 2), (20, 3), (20, 2))]      # W1, W2, X, Y


# %% tags=["settles-S0-Q1", "settles-X4"]
W1, W2, X, Y = random_two_layers(0)
gradcheck(lambda W1, W2: 0.5 * ((np.tanh(X @ W1) @ W2 - Y) ** 2).sum() / len(X), [W1, W2], gradients_on_the_way(W1, W2, X, Y))

weights = [Tensor(W1.copy(), requires_grad=True), Tensor(W2.copy(), requires_grad=True)]
optimizer = optim.SGD(weights, lr=0.1)
(0.5 * (((Tensor(X) @ weights[0]).tanh() @ weights[1] - Y) ** 2).sum() / len(X)).backward()
claim("qtrain-backward-changes-nothing", "After the backward pass every weight is what it was, to the last bit.",
      [np.array_equal(weights[0].data, W1), np.array_equal(weights[1].data, W2)], expected=[True, True])
optimizer.step()
claim("qtrain-step-changes", "The optimiser's step then changes 20 of the 20 weights.",
      sum(int((w.data != old).sum()) for w, old in zip(weights, (W1, W2))), expected=20)

off = []
for seed in range(20):
    true, literal = (gradients_on_the_way(*random_two_layers(seed), rate)[0] for rate in (0.0, 0.1))
    off.append(np.linalg.norm(literal - true) / np.linalg.norm(true))
print(f"updating on the way: first layer's gradient off by {np.mean(off):.1%} ± {np.std(off, ddof=1):.1%}")
claim("qtrain-update-on-the-way", "Updating W2 on the way, at a rate of 0.1, falsifies the gradient of W1 by more than 3 % on average.", np.mean(off), at_least=0.03)

# %% [markdown]
# **What it does not show:** that the gradient is a good thing to follow; that is the business of S0-Q3. A check on twenty weights says nothing about layers that it does not contain.
#
# ### Check yourself · Backward, backward, step
#
# A single weight is 3 and the loss is $w^2$. Someone computes the loss and calls `backward()`, does both a second time without clearing the gradient, and then makes one step of SGD with a rate of 0.1. What is the weight then?

# %%
answer = None
exercise("qtrain-twice", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Neither backward pass moves the weight, so both find the slope 6, and gradients add up: 12. The step leads to $3 - 0.1\cdot 12 = 1.8$.
#
# </details>

# %% tags=["hide-cell", "solution"]
w = Tensor(3.0, requires_grad=True)
for _ in range(2):
    (w**2).backward()
optim.SGD([w], lr=0.1).step()
exercise("qtrain-twice", w.item())

# %% [markdown]
# ## S0-Q2 · What is an activation function?
#
# The article is right: an [activation function](../../book/glossary.md#activation-function) makes a network non-linear. It is applied, element by element, to what a layer's [affine map](../../book/glossary.md#affine-transformation) gives: $a = f(xW + b)$. Without it depth is an illusion, since
#
# $$(xW_1 + b_1)W_2 + b_2 = x\,(W_1W_2) + (b_1W_2 + b_2)$$
#
# is one affine map again: *layers without a bend between them merge.* [ReLU](../../book/glossary.md#relu), $\max(z, 0)$, bends at zero, so it is not linear, and two make XOR. A wide enough hidden layer [approximates any continuous function](../02_backprop/01_neurons_and_layers.ipynb) on a closed and bounded set if $f$, piecewise continuous, is no polynomial, and only then ([Leshno et al., 1993](../../book/bibliography.md#leshno1993multilayer)).
#
# The test: an affine map has the same sum at opposite corners of a square. XOR has 0 + 0 on one diagonal, 1 + 1 on the other.

# %% tags=["settles-S0-Q2", "settles-X13"]
corners = np.array([[0.0, 0], [1, 1], [0, 1], [1, 0]])
diagonals = {"no activation": [], "ReLU": []}
for seed, name in itertools.product(range(20), diagonals):
    rng, layers = np.random.default_rng(seed), []
    for n_in, n_out in itertools.pairwise([2, 16, 16, 16, 16, 1]):
        layers += [nn.Linear(n_in, n_out, rng=rng, dtype=np.float64), nn.ReLU() if name == "ReLU" else nn.Identity()]
        layers[-2].bias.data[:] = rng.normal(size=n_out)
    out = nn.Sequential(*layers[:-1])(Tensor(corners)).data.ravel()
    diagonals[name].append(abs(out[0] + out[1] - out[2] - out[3]))
for name, gaps in diagonals.items():
    print(f"{name:14s} diagonals differ by {np.mean(gaps):.2g} on average, {np.max(gaps):.2g} at most")
claim("qtrain-no-activation-affine", "Twenty networks of five layers without activation are affine, to rounding.", max(diagonals["no activation"]), at_most=1e-12)
claim("qtrain-relu-bends", "With ReLU between the layers the median network misses the rule by more than 0.1.", np.median(diagonals["ReLU"]), at_least=0.1)

x1_plus_x2 = corners.sum(1)
claim("qtrain-xor", "Two ReLUs make XOR: relu(s) − 2 relu(s − 1) of the sum s of both inputs is 0, 0, 1, 1.",
      np.maximum(x1_plus_x2, 0) - 2 * np.maximum(x1_plus_x2 - 1, 0), expected=[0.0, 0, 1, 1])

# %% [markdown]
# **What it does not show:** that gradient descent finds those two units, or which activation trains best. Four points cannot show that a network is affine everywhere; the identity above does that.
#
# ### Check yourself · What is left of it
#
# A network 64–32–32–10 with biases is built without activations. How many numbers does the single layer need that computes the same?

# %%
answer = None
exercise("qtrain-merged", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# One matrix of $64\cdot 10$ and 10 biases: 650, where the three layers store 3 466. (Had a hidden layer fewer than 10 units, the matrix would have a lower rank.)
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("qtrain-merged", nn.Linear(64, 10, rng=np.random.default_rng(0)).n_parameters())

# %% [markdown]
# ## S0-Q3 · What is gradient descent?
#
# Repeating a small step **against** the gradient,
#
# $$\theta \leftarrow \theta - \eta\,\nabla J(\theta).$$
#
# The article says that parameters are updated "according to the direction of the gradient", which "minimises" the loss. Along the gradient the loss *rises*; and its negative is no way to the minimum but, here and now, the direction of steepest descent: among directions $u$ of length 1, the slope $u\cdot\nabla J$ is least at $u = -\nabla J/\lVert\nabla J\rVert$. That holds for small steps. If no direction bends more than $L$, every rate $\eta < 2/L$ lowers the loss; a larger one can raise it, though the sign is right. [Gradient descent](../03_gradient_descent/01_gradient_descent.ipynb) proves this. The method is due to [Cauchy, 1847](../../book/bibliography.md#cauchy1847methode).

# %% tags=["settles-S0-Q3"]
def logistic_loss_and_slope(theta, X, y):
    """Return the mean of log(1 + exp(-y x·theta)) and its gradient; y holds signs."""
    margin = y * (X @ theta)
    return np.logaddexp(0, -margin).mean(), -(X * (y / (1 + np.exp(margin)))[:, None]).mean(0)


rng = np.random.default_rng(0)
X, y = rng.normal(size=(100, 5)), rng.choice([-1.0, 1.0], 100)
largest_bend = np.linalg.eigvalsh(X.T @ X / 400)[-1]             # L: the logistic function's slope is at most 1/4
theta = rng.normal(size=5)
here, g = logistic_loss_and_slope(theta, X, y)
directions = rng.normal(size=(1000, 5))
directions = np.vstack([directions / np.linalg.norm(directions, axis=1, keepdims=True), [-g, g] / np.linalg.norm(g)])
change = np.array([logistic_loss_and_slope(theta + 1e-4 * u, X, y)[0] - here for u in directions])
claim("qtrain-steepest", "Of 1 002 directions, minus the gradient lowers the loss most, and plus the gradient raises it most.",
      [change.argmin(), change.argmax()], expected=[1000, 1001])

downhill, uphill = [], []
for seed, (sign, changes) in itertools.product(range(20), [(-1, downhill), (1, uphill)]):
    theta = 2 * np.random.default_rng(seed).normal(size=5)
    for _ in range(50):
        before, g = logistic_loss_and_slope(theta, X, y)
        theta = theta + sign * g / largest_bend
        changes.append(logistic_loss_and_slope(theta, X, y)[0] - before)
claim("qtrain-downhill", "Fifty steps from each of twenty starts, rate 1/L: against the gradient no step raises the loss.", max(downhill), at_most=1e-12)
claim("qtrain-uphill", "Along the gradient every one of the thousand steps raises it.", min(uphill), at_least=1e-12)

# %% [markdown]
# **What it does not show:** that descent reaches *the* minimum. This loss is convex; that of a network is not, and there descent may rest at a saddle or in a valley that is not the deepest.
#
# ### Check yourself · Where a step turns bad
#
# $J(\theta) = \theta_1^2 + 5\theta_2^2$ and we stand at $(2, 1)$. Above which rate does one step of gradient descent *raise* the loss?

# %%
answer = None
exercise("qtrain-too-far", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# The gradient is $(4, 10)$. After the step $J = (2-4\eta)^2 + 5(1-10\eta)^2 = 9 - 116\eta + 516\eta^2$, which is 9 again at $\eta = 116/516 = 0.2248$. The bound that holds at every point, $2/L = 0.2$, is smaller: the gentle direction still gains here what the steep one loses.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("qtrain-too-far", (4**2 + 10**2) / (4**2 + 5 * 10**2))

# %% [markdown]
# ## S0-Q4 · What is overfitting?
#
# Fitting the [training set](../../book/glossary.md#training-set), chance included, better than what lies behind it. It is seen as a gap:
#
# $$\text{gap} = \text{error on new data} - \text{error on the training data}.$$
#
# The article describes [overfitting](../../book/glossary.md#overfitting) well and names one cause, a model that is too complex. Complexity is only one side of a ratio: the same model overfits on few or noisy examples and does not on many. The purest case has labels drawn by lot, where nothing can be learnt. A linear rule with $p$ weights reproduces *any* labels of $m \le p$ examples in general position; deep networks memorise random labels just as well ([Zhang et al., 2017](../../book/bibliography.md#zhang2017understanding)) and generalise all the same when the labels are true. [Generalisation](../01_ml_basics/02_generalisation.ipynb) has the theory, and double descent.

# %% tags=["settles-S0-Q4"]
n_features, table = 50, {}
for m in (25, 50, 100, 400, 5000):
    scores = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        x, x_new = rng.normal(size=(m, n_features)), rng.normal(size=(2000, n_features))
        y, y_new = rng.choice([-1, 1], m), rng.choice([-1, 1], 2000)      # labels by lot
        w = np.linalg.lstsq(x, y, rcond=None)[0]
        scores.append([(np.sign(x @ w) == y).mean(), (np.sign(x_new @ w) == y_new).mean()])
    table[m] = np.mean(scores, 0), np.std(scores, 0, ddof=1), np.min(scores, 0)
    print(f"{m:5d} examples: training {table[m][0][0]:.3f} ± {table[m][1][0]:.3f}, new {table[m][0][1]:.3f} ± {table[m][1][1]:.3f}")
claim("qtrain-memorised", "Fifty weights memorise 25 and 50 random labels without one error, in all twenty draws.",
      [table[25][2][0], table[50][2][0]], expected=[1.0, 1.0])
claim("qtrain-nothing-learnt", "On new data the rule is right half of the time, at every size.", [row[0][1] for row in table.values()], expected=[0.5] * 5, tolerance=0.02)
claim("qtrain-same-model", "The same fifty weights on 5 000 examples keep a gap of less than a fifth of that.",
      (table[5000][0] @ [1, -1]) / (table[50][0] @ [1, -1]), at_most=0.2)

# %% [markdown]
# **What it does not show:** that a gap is bad in itself. Here every gap is pure loss, since there is nothing to learn; with true labels a model that memorises can still be the best one.
#
# ### Check yourself · Gap or error?
#
# Three models have, in training and on new data, the accuracies A: 0.99 and 0.95, B: 0.91 and 0.90, C: 0.80 and 0.80. Which overfits most, and which should be used? Give two letters such as `"BC"`.

# %%
answer = None
exercise("qtrain-which-model", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# A has the largest gap and is still the most accurate on new data. The gap says where to look for improvement; the error on new data says what to use. C overfits least and is worst: it underfits.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("qtrain-which-model", "AA")

# %% [markdown]
# ## S0-Q5 · What is regularisation?
#
# Any change of training that is meant to lower the error on *new* data, if need be at the price of the training error ([Goodfellow, Bengio and Courville, 2016](../../book/bibliography.md#goodfellow2016deep), chapter 7). The article allows only a penalty in the loss, and then calls dropout a [regularisation](../../book/glossary.md#regularization), which has none. Its two penalties are
#
# $$J(w) + \lambda\sum_j|w_j| \quad\text{(L1)}, \qquad J(w) + \tfrac\lambda2\sum_j w_j^2 \quad\text{(L2)}.$$
#
# L1, the [lasso](../../book/glossary.md#lasso) ([Tibshirani, 1996](../../book/bibliography.md#tibshirani1996regression)), gives exact zeros; L2, [ridge](../../book/glossary.md#ridge-regression) ([Hoerl and Kennard, 1970](../../book/bibliography.md#hoerl1970ridge)), shrinks. [Weight decay](../../book/glossary.md#weight-decay) equals L2 for SGD, not for Adam. See [Regularisation](../01_ml_basics/04_regularisation.ipynb) and [Adaptive methods](../03_gradient_descent/04_adaptive_methods.ipynb).

# %% tags=["settles-S0-Q5", "settles-F7", "settles-SYS-35"]
from sklearn.linear_model import Lasso, Ridge

zeros, shrunk, invented = {"L1": [], "L2": []}, [], []
for seed in range(20):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(60, 20))
    y = X[:, :3] @ [3.0, -2.0, 1.0] + rng.normal(size=60)            # three of twenty features matter
    plain = np.linalg.lstsq(X, y, rcond=None)[0]
    l1 = Lasso(alpha=0.2, fit_intercept=False, tol=1e-8).fit(X, y).coef_
    l2 = Ridge(alpha=12.0, fit_intercept=False).fit(X, y).coef_
    zeros["L1"].append((l1 == 0).sum())
    zeros["L2"].append((l2 == 0).sum())
    shrunk.append(np.linalg.norm(l2) / np.linalg.norm(plain))
    more_rows = np.vstack([X, 12**0.5 * np.eye(20)]), np.append(y, np.zeros(20))
    invented.append(np.abs(np.linalg.lstsq(*more_rows, rcond=None)[0] - l2).max())
print(f"exact zeros of 20: L1 {np.mean(zeros['L1']):.1f} ± {np.std(zeros['L1'], ddof=1):.1f}, L2 {np.mean(zeros['L2']):.0f}")
claim("qtrain-l1-zeros", "L1 sets weights to exactly zero in each of twenty draws, ten or more on average; L2 not one.",
      [min(zeros["L1"]) - 1, np.mean(zeros["L1"]) - 10, -max(zeros["L2"])], at_least=0)
claim("qtrain-l2-shrinks", "L2 makes the weights shorter in every draw, and not by more than a half.", [min(shrunk), max(shrunk)], at_least=0.5, at_most=0.999)
claim("qtrain-no-penalty", "Without any penalty, twenty invented examples with the target 0 give the same weights as L2.", max(invented), at_most=1e-9)

# %% tags=["settles-S0-Q5"]
def ten_steps(make, penalty=0.0, decay=0.0):
    """Return weights after ten steps, slopes from 1000 to 0.001: penalty in the loss, or weights shrunk before each step."""
    w = Tensor(np.array([1.0, -2.0, 3.0, 0.5]), requires_grad=True)
    optimizer = make([w])
    for _ in range(10):
        optimizer.zero_grad()
        ((w * np.array([1e3, 10.0, 0.1, 1e-3])).sum() + penalty / 2 * (w**2).sum()).backward()
        w.data[:] *= 1 - optimizer.lr * decay
        optimizer.step()
    return w.data.copy()


sgd, adam = (lambda params: optim.SGD(params, 0.01)), (lambda params: optim.Adam(params, 0.01))
apart = [np.abs(ten_steps(make, penalty=0.5) - ten_steps(make, decay=0.5)).max() for make in (sgd, adam)]
claim("qtrain-decay-sgd", "With SGD, an L2 penalty in the loss and weights shrunk by a factor are the same path.", apart[0], at_most=1e-11)
claim("qtrain-decay-adam", "With Adam the two part, by more than five rates of 0.01 in ten steps.", apart[1], at_least=0.05)

# %% [markdown]
# **What it does not show:** that any of these lowers the error on new data here; it was not measured. L1 finds the three true features only if they are not too correlated with the others.
#
# ### Check yourself · A penalty that does not penalise
#
# `optim.Adam(params, lr=0.1, weight_decay=0.001)` adds $0.001\,w$ to the gradient (L2). The weights are $(2, -0.01)$ and the data's gradient is zero. What are they after the first step?

# %%
answer = None          # for example [2.0, -0.01]
exercise("qtrain-adam-l2", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Adam's first step is one rate against the *sign* of the gradient, whatever its size (S0-Q8): $(1.9,\ 0.09)$. The small weight has become nine times as large, of the other sign, and a penalty of 1000 would have done the same. This is why AdamW applies the decay past the moments ([Loshchilov and Hutter, 2019](../../book/bibliography.md#loshchilov2019decoupled)).
#
# </details>

# %% tags=["hide-cell", "solution"]
w = Tensor(np.array([2.0, -0.01]), requires_grad=True)
(0.0 * w).sum().backward()
optim.Adam([w], lr=0.1, weight_decay=0.001).step()
exercise("qtrain-adam-l2", w.data)

# %% [markdown]
# ## S0-Q6 · What is cross-validation?
#
# A way to *estimate* how well a procedure generalises when data are few. Cut the sample into $K$ disjoint [folds](../../book/glossary.md#fold) $F_1,\dots,F_K$; judge each by a model trained on the others:
#
# $$\mathrm{CV} = \frac1K\sum_{k=1}^K \frac1{|F_k|}\sum_{i\in F_k}\ell\bigl(y_i,\ \hat f_{-k}(x_i)\bigr).$$
#
# In words: *each sample is tested once, by a model that never saw it.* The article says that each subset is used to train and to test; read literally, that measures memory. And [cross-validation](../../book/glossary.md#cross-validation) does not improve generalisation, as the article has it: it reports, and may be used to choose. Primary reference: [Stone, 1974](../../book/bibliography.md#stone1974cross); derived in [Measuring](../01_ml_basics/03_measuring.ipynb).

# %% tags=["settles-S0-Q6", "settles-F8", "settles-SYS-36"]
from sklearn.model_selection import KFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier


def nearest_neighbour_score(x, y, train, test):
    return KNeighborsClassifier(1).fit(x[train], y[train]).score(x[test], y[test])


literal, folded, unlike = [], [], []
for seed in range(20):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(203, 5)), rng.integers(0, 2, 203)          # labels by lot: no rule can beat 1/2
    rows, parts = np.arange(203), np.array_split(np.arange(203), 7)
    scores = [nearest_neighbour_score(x, y, np.setdiff1d(rows, part), part) for part in parts]
    literal.append(np.mean([nearest_neighbour_score(x, y, part, part) for part in parts]))
    folded.append(np.mean(scores))
    unlike.append(np.abs(scores - cross_val_score(KNeighborsClassifier(1), x, y, cv=KFold(7))).max())
claim("qtrain-folds", "Each of the 203 samples lies in exactly one fold.", np.bincount(np.concatenate(parts)), expected=np.ones(203, int))
claim("qtrain-cv-sklearn", "The seven scores by hand are scikit-learn's, in all twenty draws.", max(unlike), expected=0.0)
print(f"tested by models that never saw the sample: {np.mean(folded):.3f} ± {np.std(folded, ddof=1):.3f}")
claim("qtrain-cv-honest", "Cross-validated, one nearest neighbour is right on half of the random labels; tested where it trained, on all.",
      [np.mean(folded), np.mean(literal)], expected=[0.5, 1.0], tolerance=0.03)

# %% [markdown]
# **What it does not show:** how good the one model is that is fitted to all data in the end. The estimate is about the procedure, for samples a seventh smaller, and only if the samples are independent: for time series the folds must be cut otherwise.
#
# ### Check yourself · Why is this evidence worthless?
#
# From 1 000 random features someone keeps the ten that correlate best with the 60 labels, which were drawn by lot, and then cross-validates a classifier on these ten: about 0.85. Write `honest_choice(x, y, part)`, which returns the numbers of the ten features that may be used when the rows in `part` are the test fold, in any order. The score of a feature is the absolute value of `(x - x.mean(0)).T @ (y - y.mean())`, taken over the rows that it may see.

# %%
def honest_choice(x, y, part):
    ...


exercise("qtrain-honest-choice", honest_choice)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Choosing is a part of training, so it must not see the test fold; then the score is one half again. The first version has read all the answers before the examination. (The common mistake is a score from *all* rows; the rarer one is a score from the rows of the fold itself.)
#
# </details>

# %% tags=["hide-cell", "solution"]
def honest_choice_solution(x, y, part):
    x, y = np.delete(x, part, axis=0), np.delete(y, part)
    return np.argsort(-np.abs((x - x.mean(0)).T @ (y - y.mean())))[:10]


exercise("qtrain-honest-choice", honest_choice_solution)
found = {"chosen on all rows": [], "chosen inside": []}
for seed, name in itertools.product(range(20), found):
    rng = np.random.default_rng(seed)
    x, y, hits = rng.normal(size=(60, 1000)), rng.permutation(np.arange(60) % 2), []
    for part in np.array_split(np.arange(60), 6):
        chosen = honest_choice_solution(x, y, part if name == "chosen inside" else [])
        train = np.delete(np.arange(60), part)
        centres = np.array([x[train][y[train] == k][:, chosen].mean(0) for k in (0, 1)])
        hits += list(((x[part][:, None, chosen] - centres) ** 2).sum(2).argmin(1) == y[part])
    found[name].append(np.mean(hits))
print({name: f"{np.mean(s):.2f} ± {np.std(s, ddof=1):.2f}" for name, s in found.items()})
claim("qtrain-choice-leaks", "Chosen on all rows, ten features seem right on more than 70 %; chosen inside, about half.",
      [np.mean(found["chosen on all rows"]) - 0.7, 0.08 - abs(np.mean(found["chosen inside"]) - 0.5)], at_least=0.0)

# %% [markdown]
# ## S0-Q7 · What is batch gradient descent?
#
# Here the article describes another method. [Batch gradient descent](../../book/glossary.md#batch-gradient-descent) uses **all** $m$ examples for every update; it *is* gradient descent, so it cannot converge faster. What the article describes, data cut into batches, is descent by [minibatches](../../book/glossary.md#minibatch); and each of those updates *all* parameters, not "those of one batch". With $B$ examples a step,
#
# $$\theta \leftarrow \theta - \frac\eta B\sum_{i\in\text{batch}}\nabla\ell_i(\theta):$$
#
# $B = m$ is batch gradient descent, $B = 1$ the stochastic kind, and practice lies between. Smaller batches make more updates in an epoch, each from a noisier gradient that is right on average. See [Batch, stochastic, mini-batch](../03_gradient_descent/02_batches.ipynb); survey: [Bottou, Curtis and Nocedal, 2018](../../book/bibliography.md#bottou2018optimization).

# %% tags=["settles-S0-Q7", "settles-F9", "settles-X1", "settles-X16", "settles-SYS-30"]
def small_regression(seed=0):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(60, 4)), rng.normal(size=(60, 2))
    return x, y, nn.Sequential(nn.Linear(4, 6, rng=rng, dtype=np.float64), nn.Tanh(), nn.Linear(6, 2, rng=rng, dtype=np.float64))


def all_gradients(model, x, y):
    """Return the gradients of the mean squared error by all parameters, in one row."""
    for p in model.parameters():
        p.grad = None
    nn.MSELoss()(model(Tensor(x)), y).backward()
    return np.concatenate([p.grad.ravel() for p in model.parameters()])


x, y, by_library = small_regression()
fit(by_library, (x, y), loss=nn.MSELoss(), optimizer=optim.SGD(by_library.parameters(), 0.1), epochs=20, batch_size=60, progress=False)
x, y, by_rule = small_regression()
whole = all_gradients(by_rule, x, y)
six = np.array([all_gradients(by_rule, x[i : i + 10], y[i : i + 10]) for i in range(0, 60, 10)])
for _ in range(20):
    all_gradients(by_rule, x, y)
    for p in by_rule.parameters():
        p.data = p.data - 0.1 * p.grad
claim("qtrain-batch-is-gd", "A batch size of 60 for 60 examples is gradient descent: after twenty epochs 44 of 44 parameters agree in every bit.",
      sum(int((p.data == q.data).sum()) for p, q in zip(by_library.parameters(), by_rule.parameters())), expected=44)
claim("qtrain-batches-average", "The gradients of six batches of ten average to the whole gradient.", np.abs(six.mean(0) - whole).max(), at_most=1e-14)
claim("qtrain-batch-moves-all", "Each of the six moves all 44 parameters.", (six != 0).sum(1), expected=[44] * 6)

# %% [markdown]
# **What it does not show:** which batch size is fastest. That depends on the noise of the gradients and on the machine; [Batch, stochastic, mini-batch](../03_gradient_descent/02_batches.ipynb) measures it.
#
# ### Check yourself · A short last batch
#
# Five examples are cut into batches of 2, 2 and 1. At the same parameter the mean gradients of the three batches are 1, 3 and 8. What is the gradient of batch gradient descent?

# %%
answer = None
exercise("qtrain-short-batch", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# $(2\cdot 1 + 2\cdot 3 + 1\cdot 8)/5 = 3.2$. The plain mean of the three, 4, counts the fifth example twice: in an epoch with a short last batch its examples pull harder than the others.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("qtrain-short-batch", np.average([1, 3, 8], weights=[2, 2, 1]).item())

# %% [markdown]
# ## S0-Q8 · What is the Adam optimiser?
#
# "Gradient descent with [momentum](../../book/glossary.md#momentum)", says the article; that is one half of [Adam](../../book/glossary.md#adam). The other half divides by the root of a running mean of *squared* gradients, as [RMSProp](../../book/glossary.md#rmsprop) does, and both means are corrected for their start at zero:
#
# $$m \leftarrow \beta_1 m + (1-\beta_1)g, \qquad v \leftarrow \beta_2 v + (1-\beta_2)g^2,$$
#
# $$\theta \leftarrow \theta - \eta\,\frac{m/(1-\beta_1^t)}{\sqrt{v/(1-\beta_2^t)} + \varepsilon}.$$
#
# So each parameter has a step of its own, about $\eta$ long, whatever the scale of its gradient: the first is $\eta$ times the sign. The rate $\eta$ is not found automatically; it stays ours to choose. Primary reference: [Kingma and Ba, 2015](../../book/bibliography.md#kingma2015adam); more in [Adaptive methods](../03_gradient_descent/04_adaptive_methods.ipynb).

# %%
import torch


def adam_by_hand(theta, slope, n_steps, lr=0.01, beta1=0.9, beta2=0.999, eps=1e-8):
    """Return the path (n_steps + 1, D)."""
    m, v, path = 0.0, 0.0, [theta]
    for t in range(1, n_steps + 1):
        g = slope(path[-1])
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g**2
        path.append(path[-1] - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps))
    return np.array(path)


def path_by(optimizer, theta, slope, n_steps, to_tensor):
    """Return the path of a library's optimiser over the one parameter theta."""
    path = [np.array(theta.data.tolist())]
    for _ in range(n_steps):
        theta.grad = to_tensor(slope(path[-1]))
        optimizer.step()
        path.append(np.array(theta.data.tolist()))
    return np.array(path)


# %% tags=["settles-S0-Q8", "settles-F10", "settles-SYS-32"]
scales = 10.0 ** np.arange(-3, 4)                                   # gradients over six orders of magnitude
start, wavy = np.linspace(-1, 1, 7), lambda theta: scales * (np.sin(3 * theta) + 0.3)
ours, theirs = Tensor(start.copy(), requires_grad=True), torch.tensor(start, requires_grad=True)
paths = {"NumPy": adam_by_hand(start, wavy, 100),
         "engine": path_by(optim.Adam([ours], lr=0.01), ours, wavy, 100, np.array),
         "PyTorch": path_by(torch.optim.Adam([theirs], lr=0.01), theirs, wavy, 100, torch.tensor)}
claim("qtrain-adam-three", "A hundred steps of Adam in NumPy, in our engine and in PyTorch are one path.",
      max(np.abs(paths[a] - paths[b]).max() for a, b in itertools.combinations(paths, 2)), at_most=1e-11)
first = np.diff(paths["NumPy"][:2], axis=0)[0]
claim("qtrain-adam-first", "The first step is 0.01 against the sign of the gradient, over six orders of magnitude.",
      first, expected=-0.01 * np.sign(wavy(start)), tolerance=1e-6)
moving = Tensor(start.copy(), requires_grad=True)
by_momentum = path_by(optim.SGD([moving], lr=1e-5, momentum=0.9), moving, wavy, 1, np.array)
spread = [np.ptp(np.log10(np.abs(step))) for step in (np.diff(by_momentum, axis=0)[0], first)]
claim("qtrain-momentum-first", "Momentum's first steps span more than five orders of magnitude, Adam's less than a thousandth of one.",
      [5 - spread[0], spread[1] - 1e-3], at_most=0.0)

# %% [markdown]
# **What it does not show:** that Adam is the better choice. A step that ignores the gradient's size helps where scales are unlike and costs where they mean something; on well-scaled problems tuned momentum is often as good.
#
# ### Check yourself · A constant slope
#
# A parameter starts at 1 and its gradient is 5, always. Where is it after ten steps of Adam with a rate of 0.01? ($\varepsilon$ may be neglected.)

# %%
answer = None
exercise("qtrain-adam-constant", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# The corrected means of a constant are that constant: $5$ and $25$. Each step is $0.01\cdot 5/\sqrt{25}$, so ten lead to 0.9. SGD would be at 0.5.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("qtrain-adam-constant", adam_by_hand(np.array([1.0]), lambda theta: np.array([5.0]), 10)[-1].item())

# %% [markdown]
# ## S0-Q9 · What is dropout?
#
# While training, each activation is set to zero with probability $p$ and divided by $1-p$ otherwise; in evaluation nothing happens ([Srivastava et al., 2014](../../book/bibliography.md#srivastava2014dropout), who scale in evaluation instead):
#
# $$\tilde a_j = \frac{\mu_j}{1-p}\,a_j, \qquad P(\mu_j = 0) = p, \qquad \mathrm E\,\tilde a_j = a_j .$$
#
# The article says that [dropout](../../book/glossary.md#dropout) reduces the model's complexity. The trained network has every parameter it had; a new half of it, as it were, must make do at each step. Nor does it mention the two modes. For a [softmax](../../book/glossary.md#softmax) layer on dropped inputs the evaluation mode has an exact meaning: it is the normalised geometric mean of the $2^n$ thinned layers, each weighted by its probability. Derived in [Training a deep network](../02_backprop/05_training_deep_networks.ipynb).

# %% tags=["settles-S0-Q9", "settles-X12", "settles-SYS-33"]
p, n_units = 0.3, 8
masks = np.array(list(itertools.product([0, 1], repeat=n_units)))                   # all 256
chance = (p ** (1 - masks) * (1 - p) ** masks).prod(1)
geometric, hidden, left = [], [], []
for seed in range(20):
    rng = np.random.default_rng(seed)
    a, W, V = rng.normal(size=n_units), rng.normal(size=(n_units, 4)), rng.normal(size=4)
    logits = (masks * a / (1 - p)) @ W                                               # (256, 4)
    left.append(np.abs(chance @ logits - a @ W).max())
    log_q = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    mean_q, q = np.exp(chance @ log_q), np.exp(a @ W)
    geometric.append(np.abs(mean_q / mean_q.sum() - q / q.sum()).max())
    hidden.append(abs(chance @ np.maximum(logits, 0) @ V - np.maximum(a @ W, 0) @ V))
claim("qtrain-dropout-mean", "Weighted over all 256 masks, the layer's output is that without dropout, in twenty networks.", max(left), at_most=1e-13)
claim("qtrain-dropout-geometric", "The geometric mean of the 256 softmaxes, normalised, is the softmax of the evaluation mode.", max(geometric), at_most=1e-13)
print(f"behind a ReLU, evaluation differs from the mean over masks by {np.mean(hidden):.2f} ± {np.std(hidden, ddof=1):.2f}")
claim("qtrain-dropout-relu", "With a ReLU behind it that is no longer so: they differ by more than 0.1 on average.", np.mean(hidden), at_least=0.1)

# %% tags=["settles-S0-Q9", "settles-F7", "settles-X12"]
net = nn.Sequential(nn.Linear(64, 32, rng=rng), nn.Dropout(p, rng=rng), nn.Linear(32, 10, rng=rng))
without = nn.Sequential(net[0], net[2])
x = Tensor(rng.normal(size=(5, 64)).astype(np.float32))
differ = [np.abs(net(x).data - without(x).data).max(), np.abs(net.eval()(x).data - without(x).data).max()]
claim("qtrain-dropout-modes", "In training the network with dropout answers differently by more than 0.1; in evaluation not in one bit.",
      [differ[0] - 0.1, -differ[1]], at_least=0.0)
claim("qtrain-dropout-same-size", "It has 2 410 parameters with dropout and without.", [net.n_parameters(), without.n_parameters()], expected=[2410, 2410])

# %% [markdown]
# **What it does not show:** that dropout lowers the test error. It does where a network overfits, and costs where it does not.
#
# ### Check yourself · Four, with a quarter dropped
#
# A unit has the activation 4 and stands before `Dropout(0.25)`. Which two values can come out in training, and which one in evaluation? Give a list of three: the smaller, the larger, that of evaluation.

# %%
answer = None
exercise("qtrain-dropout-values", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# 0, with probability a quarter, or $4/0.75 = 5.33$; in evaluation 4. Their mean is $0.75\cdot 5.33 = 4$.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("qtrain-dropout-values", [0, 4 / 0.75, 4])

# %% [markdown]
# ## S0-Q10 · What is batch normalisation?
#
# The article says that it normalises the *input data*. That is preprocessing, done once. [Batch normalisation](../../book/glossary.md#batch-normalization) is a layer inside the network: it standardises every unit's value $z$ by the mean and variance of the current minibatch, at every step anew, and then gives back a scale and a shift that are learnt:
#
# $$\hat z = \frac{z - \mu_B}{\sqrt{\sigma_B^2 + \varepsilon}}, \qquad y = \gamma\hat z + \beta .$$
#
# In training an example's output therefore depends on its companions. In evaluation running averages stand in for $\mu_B$ and $\sigma_B^2$, and it does not. Primary reference: [Ioffe and Szegedy, 2015](../../book/bibliography.md#ioffe2015batch); why it helps is [disputed](../../book/bibliography.md#santurkar2018how). See [Training a deep network](../02_backprop/05_training_deep_networks.ipynb) and [Layers of a CNN](../04_cnn/02_layers_of_a_cnn.ipynb).

# %% tags=["settles-S0-Q10", "settles-F11", "settles-SYS-34"]
rng = np.random.default_rng(0)
x = rng.normal(size=(64, 10))
x = (x - x.mean(0)) / x.std(0)                                      # the data are normalised already
z = x @ rng.normal(2, 1, (10, 6)) + 3                               # a layer's values are not
print("means", z.mean(0).round(1), "variances", z.var(0).round(0))
norm = nn.BatchNorm1d(6, eps=0.0, dtype=np.float64)
out = norm(Tensor(z)).data
claim("qtrain-bn-train", "In training the layer gives each of its six units mean 0 and variance 1 over the batch.",
      [out.mean(0), out.var(0)], expected=[[0.0] * 6, [1.0] * 6], tolerance=1e-9)
norm.eval()
by_hand = (z - 0.1 * z.mean(0)) / (0.9 + 0.1 * z.var(0, ddof=1)) ** 0.5
claim("qtrain-bn-running", "Evaluated after this one batch it uses averages that have gone a tenth of the way from 0 and 1.",
      np.abs(norm(Tensor(z)).data - by_hand).max(), at_most=1e-12)
company = z[:32], z[[0, *range(32, 64)]]                            # the first example is in both
changes = {}
for mode, layer in (("evaluation", norm.eval()), ("training", nn.BatchNorm1d(6, dtype=np.float64))):
    first_row = [layer(Tensor(rows)).data[0] for rows in company]
    changes[mode] = np.abs(first_row[0] - first_row[1]).max()
claim("qtrain-bn-company", "With other companions an example's output changes by more than 0.1 in training and not at all in evaluation.",
      [changes["training"] - 0.1, -changes["evaluation"]], at_least=0.0)

# %% [markdown]
# The scale and the shift are parameters like others. Let the target be $3z + 5$, with which the normalisation is of no use, and train the two alone.

# %% tags=["settles-S0-Q10"]
norm.train()
optimizer = optim.SGD([norm.weight, norm.bias], lr=1.2)            # the mean is over 64 examples and 6 units
for _ in range(200):
    optimizer.zero_grad()
    ((norm(Tensor(z)) - (3 * z + 5)) ** 2).mean().backward()
    optimizer.step()
claim("qtrain-bn-learnt", "γ and β learn to undo it: 3 times the batch's standard deviation, and 3 times its mean plus 5.",
      [np.abs(norm.weight.data - 3 * z.std(0)).max(), np.abs(norm.bias.data - 3 * z.mean(0) - 5).max()], at_most=1e-9)

# %% [markdown]
# **What it does not show:** faster or steadier training. That takes a deep network and several rates, and is measured in chapter 2.
#
# ### Check yourself · Evaluated too early
#
# The running mean starts at 0 and moves a tenth of the way to the batch's mean at each step. Each of the first three batches has mean 4. Which mean is subtracted if the network is evaluated now? (And why is a poor score then no evidence against it?)

# %%
answer = None
exercise("qtrain-bn-early", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# $4(1 - 0.9^3) = 1.084$: the averages have seen too little, and the evaluation mode does not yet compute what was trained. It takes about 44 steps until one per cent is missing. Keras counts the other way round: its `momentum=0.9` is our 0.1.
#
# </details>

# %% tags=["hide-cell", "solution"]
early = nn.BatchNorm1d(1)
for _ in range(3):
    early(Tensor(np.array([[3.0], [5.0]], np.float32)))
exercise("qtrain-bn-early", early.running_mean.item())

# %% [markdown]
# ## Sources
#
# [Rumelhart, Hinton and Williams, 1986](../../book/bibliography.md#rumelhart1986learning), back-propagation ·
# [Leshno et al., 1993](../../book/bibliography.md#leshno1993multilayer), which activations suffice ·
# [Cauchy, 1847](../../book/bibliography.md#cauchy1847methode), the step against the gradient ·
# [Zhang et al., 2017](../../book/bibliography.md#zhang2017understanding), random labels ·
# [Goodfellow, Bengio and Courville, 2016](../../book/bibliography.md#goodfellow2016deep), chapter 7, regularisation and the geometric mean of dropout ·
# [Tibshirani, 1996](../../book/bibliography.md#tibshirani1996regression), and [Hoerl and Kennard, 1970](../../book/bibliography.md#hoerl1970ridge), the two penalties ·
# [Loshchilov and Hutter, 2019](../../book/bibliography.md#loshchilov2019decoupled), weight decay ·
# [Stone, 1974](../../book/bibliography.md#stone1974cross), cross-validation ·
# [Bottou, Curtis and Nocedal, 2018](../../book/bibliography.md#bottou2018optimization), batches ·
# [Kingma and Ba, 2015](../../book/bibliography.md#kingma2015adam), Adam ·
# [Srivastava et al., 2014](../../book/bibliography.md#srivastava2014dropout), dropout ·
# [Ioffe and Szegedy, 2015](../../book/bibliography.md#ioffe2015batch), and [Santurkar et al., 2018](../../book/bibliography.md#santurkar2018how), batch normalisation.
