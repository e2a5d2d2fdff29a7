# %% [markdown]
# # Regularisation
#
# **After this section** you can say what a penalty does to each direction of the data, why one penalty gives exact zeros and another never does, in what sense
# early stopping, dropout and noise are penalties too, and when none of it helps.
# *Reading: 25 minutes. Running: about 40 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import itertools

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Lasso

from chainrule import Tensor, data, nn, no_grad, optim, plotting
from chainrule.proof import claim, exercise, gradcheck, parity, same

# %% [markdown]
# ## The question
#
# One weight $w$, one measurement: the data alone would set $w = 3$. We distrust large weights and charge for them, in two currencies:
#
# $$\tfrac12(w-3)^2 + \tfrac\lambda2w^2 \qquad\text{or}\qquad \tfrac12(w-3)^2 + \alpha|w| .$$
#
# Take a pencil. Where are the two minima for $\lambda = \alpha = 2$? And for $\lambda = \alpha = 4$? For the first set the derivative to zero: $w - 3 + \lambda w = 0$. For the second, ask first on which side of zero the
# minimum can lie, and what happens when the slope $\alpha$ of the charge is steeper than the pull of the data.

# %%
fine = np.linspace(-1, 4, 500_001)                                  # a brute-force search
by_search = [fine[np.argmin((fine - 3) ** 2 / 2 + cost)] for cost in (fine**2, 2 * fine**2, 2 * abs(fine), 4 * abs(fine))]
claim("regular-paper", "The squared charge gives 3/(1+λ), 1 and 0.6; the absolute one max(3-α, 0), 1 and exactly 0.",
      by_search, expected=[1.0, 0.6, 1.0, 0.0], tolerance=1e-4)

# %% [markdown]
# The squared charge divides, the absolute one subtracts. That is the whole difference between L2 and L1, and the rest of this page unfolds it.
#
# [Regularisation](../../book/glossary.md#regularization) is *any change of the learning procedure that is meant to lower the test error, even where it raises the training error*. A penalty is one way of several:
#
# | what is changed | examples on this page |
# |---|---|
# | the objective | L2 (ridge), L1 (lasso), [label smoothing](../../book/glossary.md#label-smoothing) |
# | the data | shifted copies, noise on the inputs, more data |
# | the model while it trains | [dropout](../../book/glossary.md#dropout) |
# | the length of the training | [early stopping](../../book/glossary.md#early-stopping) |
#
# ## L2: every direction shrinks, the weak ones most
#
# The data: 442 patients, 10 measurements each, and the progress of their diabetes a year later
# ([Efron et al., 2004](../../book/bibliography.md#efron2004least)). The columns are centred and have length one; so does the target, and the training error is the share of it that stays unexplained.
#
# | symbol | shape | meaning |
# |---|---|---|
# | $X$ | (442, 10) | measurements, $X = U\,\mathrm{diag}(s)\,V^\top$ its singular value decomposition |
# | $y$ | (442,) | target |
# | $\lambda$ | | strength of the L2 penalty |
#
# [Ridge regression](../../book/glossary.md#ridge-regression) minimises $\lVert y - Xw\rVert^2 + \lambda\lVert w\rVert^2$. The gradient is zero at $(X^\top X + \lambda I)w = X^\top y$. Put the decomposition in:
#
# $$w_\lambda = V\,\mathrm{diag}\Bigl(\frac{s_j}{s_j^2+\lambda}\Bigr)U^\top y, \qquad\text{so}\qquad Xw_\lambda = U\,\mathrm{diag}\Bigl(\frac{s_j^2}{s_j^2+\lambda}\Bigr)U^\top y .$$
#
# *Along each direction of the data the least-squares answer is multiplied by a factor below one, near one where the data vary much ($s_j^2\gg\lambda$) and near zero where they hardly vary.* The factors add up to
# the *effective degrees of freedom*: how many parameters are still at work.

# %% tags=["settles-SYS-35"]
X, y = load_diabetes(return_X_y=True)
names = ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6")
y = (y - y.mean()) / np.linalg.norm(y - y.mean())
U, s, Vt = np.linalg.svd(X, full_matrices=False)


def ridge_solve(X, y, penalty):
    return np.linalg.solve(X.T @ X + penalty * np.eye(X.shape[1]), X.T @ y)


def ridge_svd(X, y, penalty):
    U, s, Vt = np.linalg.svd(X, full_matrices=False)
    return Vt.T @ (s / (s**2 + penalty) * (U.T @ y))


strengths = np.geomspace(1e-3, 1e3, 25)
same("the normal equations with a penalty are the shrunken singular value decomposition",
     ridge_solve, ridge_svd, [(X, y, penalty) for penalty in strengths])
w_ridge = np.array([ridge_svd(X, y, penalty) for penalty in strengths])               # (25, 10)
off = max(np.abs(w - ridge_solve(X, y, penalty)).max() for w, penalty in zip(w_ridge, strengths))
claim("regular-svd", "They agree to rounding for penalties from a thousandth to a thousand.", off, at_most=1e-12)
rows = np.vstack([X, 2.0 * np.eye(10)]), np.append(y, np.zeros(10))
claim("regular-rows", "A penalty of 4 is ten more observations: rows 2·I with target 0, fitted by plain least squares.",
      np.abs(np.linalg.lstsq(*rows, rcond=None)[0] - ridge_solve(X, y, 4.0)).max(), at_most=1e-12)

# %%
def freedom(penalty):
    return (s**2 / (s**2 + penalty)).sum()


lengths, unexplained = np.linalg.norm(w_ridge, axis=1), [((y - X @ w) ** 2).sum() for w in w_ridge]
for penalty in (0.001, 0.1, 1.0, 10.0):
    w = ridge_svd(X, y, penalty)
    print(f"λ = {penalty:6.3f}   degrees of freedom {freedom(penalty):5.2f}   |w| {np.linalg.norm(w):.3f}   "
          f"unexplained {((y - X @ w) ** 2).sum():.3f}   exact zeros {(w == 0).sum()}")
claim("regular-monotone", "With λ the weights get shorter and the training error larger, at every step.",
      [np.diff(lengths).max() < 0, np.diff(unexplained).min() > 0], expected=[True, True])
claim("regular-no-zeros", "In 25 ridge fits of ten weights none is exactly zero.", (w_ridge == 0).sum(), expected=0)
hat_trace = np.trace(X @ np.linalg.solve(X.T @ X + 0.1 * np.eye(10), X.T))
claim("regular-freedom", "The degrees of freedom are the trace of the matrix that maps y to the fit.", hat_trace - freedom(0.1), expected=0.0, tolerance=1e-10)

# %% [markdown]
# The training error can only get worse. What is gained? [Generalisation](02_generalisation.ipynb) split the expected error into bias, variance and noise. For ridge both are known in closed form: each direction of the truth is shrunk by
# $\lambda/(s_j^2+\lambda)$, which is bias, and each direction of the noise is let through by $s_j^2/(s_j^2+\lambda)$, which is variance. To watch the exchange we need a known truth: 40 of the patients, the weights fitted to all 442 declared true,
# and the noise that the fit left over.

# %%
rng = np.random.default_rng(0)
X40 = X[rng.permutation(442)[:40]]
w_true = ridge_svd(X, y, 0.0)
noise = (((y - X @ w_true) ** 2).sum() / (442 - 10)) ** 0.5
U40, s40, Vt40 = np.linalg.svd(X40, full_matrices=False)
grid = np.geomspace(1e-4, 10, 41)
kept = s40**2 / (s40**2 + grid[:, None])                                              # (41, 10)
bias2 = (((1 - kept) * s40 * (Vt40 @ w_true)) ** 2).sum(1) / 40
variance = noise**2 * (kept**2).sum(1) / 40
drawn = X40 @ w_true + noise * rng.normal(size=(5000, 40))                            # 5 000 data sets
fits = ((drawn @ U40)[:, None] * kept) @ U40.T                                        # (5000, 41, 40)
measured = ((fits - X40 @ w_true) ** 2).mean((0, 2))
claim("regular-bias-variance", "Over 5 000 data sets, bias² plus variance from the formulas is the measured error, within 2 % at every λ.",
      np.abs((bias2 + variance) / measured - 1).max(), at_most=0.02)
best = (bias2 + variance).argmin()
print(f"best λ {grid[best]:.3f}: error {(bias2 + variance)[best] / variance[0]:.2f} of that with hardly any penalty")
claim("regular-gain", "The best penalty takes away more than a third of the estimation error, and it is neither of the ends.",
      [(bias2 + variance)[best] / (bias2 + variance)[0], min(best, 40 - best) >= 5], at_least=[0.2, 1], at_most=[0.66, 1])

# %% mystnb={"image": {"alt": "Error against penalty on logarithmic axes: squared bias rises from nothing, variance falls, and their sum has a minimum between the two flat ends."}}
part = slice(0, 29)                                                                    # up to λ = 0.3
_ = plotting.curves({"squared bias": (grid[part], bias2[part]), "variance": (grid[part], variance[part]), "sum": (grid[part], (bias2 + variance)[part])},
                    title="A little bias buys much variance, up to a point", xlabel="penalty λ", ylabel="squared error (mean over 40 points)",
                    logx=True, markers=False)

# %% [markdown]
# ## L1: a charge that sets weights to zero
#
# The [lasso](../../book/glossary.md#lasso) minimises $\tfrac12\lVert y - Xw\rVert^2 + \alpha\lVert w\rVert_1$ ([Tibshirani, 1996](../../book/bibliography.md#tibshirani1996regression)). There is no formula for the minimum, but there is one for a single weight, and it is the one from the paper
# example. With all other weights held, and columns of length one, the data want $\rho_j = x_j^\top(y - \sum_{k\ne j}x_kw_k)$, and the charge takes $\alpha$ off:
#
# $$w_j \leftarrow \mathrm{sign}(\rho_j)\,\max(|\rho_j| - \alpha,\ 0) .$$
#
# Going round the weights with this *soft threshold* until nothing moves is *coordinate descent* ([Friedman, Hastie and Tibshirani, 2010](../../book/bibliography.md#friedman2010regularization)). The sum is convex and the charge splits into single weights, so it cannot get stuck.
#
# **Predict:** ten weights. As $\alpha$ falls from the value at which all are zero, do they enter one at a time? Does one that has entered ever leave?

# %% tags=["settles-S0-Q5"]
def lasso_descent(X, y, charge, w, tolerance=1e-13):
    """Return the minimum over w, by coordinate descent from `w`; the columns of X have length one."""
    w, moved = w.copy(), 1.0
    residual = y - X @ w
    while moved > tolerance:
        moved = 0.0
        for j in range(len(w)):
            rho = X[:, j] @ residual + w[j]
            new = np.sign(rho) * max(abs(rho) - charge, 0.0)
            if new != w[j]:
                residual += X[:, j] * (w[j] - new)
                moved, w[j] = max(moved, abs(new - w[j])), new
    return w


largest = np.abs(X.T @ y).max()
charges, w_lasso = largest * np.geomspace(1.01, 0.001, 50), np.zeros((50, 10))
for i, charge in enumerate(charges):
    w_lasso[i] = lasso_descent(X, y, charge, w_lasso[i - 1] if i else np.zeros(10))
library = [Lasso(alpha=charge / 442, fit_intercept=False, tol=1e-14, max_iter=100_000).fit(X, y).coef_ for charge in charges]
claim("regular-lasso", "Fifty fits agree with scikit-learn's, whose penalty is ours divided by n, in every weight.", np.abs(w_lasso - library).max(), at_most=1e-9)
claim("regular-lasso-zeros", "The same weights are exactly zero in both, and at the largest charge all ten.",
      [((w_lasso == 0) == (np.array(library) == 0)).all(), (w_lasso[0] == 0).sum()], expected=[1, 10])

# %%
zeros = (w_lasso == 0).sum(1)
left = [(int(i), names[j]) for j in range(10) for i in range(1, 50) if w_lasso[i, j] == 0 and w_lasso[i - 1, j] != 0]
print("exact zeros along the path:", *zeros[::2])
print("left again:", ", ".join(sorted({name for _, name in left})))
claim("regular-entry", "The first to enter is the body mass index.", names[int(np.argmax((w_lasso != 0).any(0) * (w_lasso != 0).sum(0)))] == "bmi", expected=True)
claim("regular-leaves", "At least one weight that has entered is zero again at a smaller charge.", len(left), at_least=1)
gradient = X.T @ (y - X @ w_lasso[20])
claim("regular-optimality", "At a minimum the pull of every weight at work equals the charge, and no other weight's pull exceeds it.",
      [np.abs(np.abs(gradient[w_lasso[20] != 0]) - charges[20]).max(), np.abs(gradient).max() - charges[20]], at_most=1e-9)

# %% mystnb={"image": {"alt": "Two panels of ten coefficients each against the length of the weights relative to least squares. On the left, ridge, all ten curves leave zero at once and stay off it. On the right, lasso, they lie on zero and leave it one at a time, straight lines with kinks."}}
fig, axes = plotting.new_figure(1, 2, height=3.2, sharey=True)
many = np.array([ridge_svd(X, y, penalty) for penalty in np.geomspace(1e-4, 30, 40)])
for ax, path, title, order in [(axes[0], many, "L2: all at once", 2), (axes[1], w_lasso, "L1: one at a time", 1)]:
    size = np.linalg.norm(path, ord=order, axis=1) / np.linalg.norm(w_true, ord=order)
    for j in range(10):
        ax.plot(size, path[:, j], color=plotting.CYCLE[j % 6], ls="-" if j < 6 else "--", lw=1.5)
    plotting.dress(ax, title, "size of the weights, relative", "weight" if order == 2 else "")
_ = fig.suptitle("L2 shrinks every weight; L1 keeps some at exactly zero", x=0.02, ha="left")

# %% [markdown]
# ### Why corners make zeros
#
# Charging for weights or limiting their total are two views of one thing: for each strength there is a budget. The best point inside the budget is the one nearest to the unpenalised optimum, measured by the data. The L1 budget is a diamond and its
# corners lie *on the axes*, where a weight is zero; corners stick out, so they are met often. The L2 budget is a ball, where no point is special.

# %%
def onto_diamond(target, budget=1.0):
    """Return the nearest point with |w|_1 <= budget: a soft threshold, found by bisection."""
    low, high = 0.0, np.abs(target).max()
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if np.maximum(np.abs(target) - middle, 0).sum() > budget else (low, middle)
    return np.sign(target) * np.maximum(np.abs(target) - high, 0)


rng = np.random.default_rng(1)
targets = 2 * rng.normal(size=(4000, 2))
targets = targets[np.abs(targets).sum(1) > 1]                                         # outside both budgets or on the rim
on_diamond = np.array([onto_diamond(t) for t in targets])
on_disc = targets / np.maximum(np.linalg.norm(targets, axis=1, keepdims=True), 1)
print(f"a weight exactly zero: L1 {(on_diamond == 0).any(1).mean():.2f}, L2 {(on_disc == 0).any(1).mean():.2f}")
claim("regular-corner", "In the plane, over 40 % of random optima outside the diamond go to a corner; on the disc none goes to the axes.",
      [(on_diamond == 0).any(1).mean(), 1 - (on_disc == 0).any(1).mean()], at_least=[0.4, 1.0])

# %% mystnb={"image": {"alt": "Two panels with the same elliptic contours of a loss centred at the upper right. On the left they touch the L2 disc at a point off the axes; on the right they touch the L1 diamond at its corner on the vertical axis, where the first weight is zero."}}
H, centre = np.array([[1.0, 0.5], [0.5, 1.0]]), np.array([0.7, 1.7])
angle = np.linspace(0, 2 * np.pi, 1441)
disc = np.stack([np.cos(angle), np.sin(angle)], 1)
diamond = disc / np.abs(disc).sum(1, keepdims=True)
mesh = np.stack(np.meshgrid(np.linspace(-1.3, 2, 60), np.linspace(-1.3, 2.4, 60)), -1)
height = lambda w: np.einsum("...i,ij,...j", w - centre, H, w - centre) / 2
fig, axes = plotting.new_figure(1, 2, height=2.9, sharey=True)
touching = []
for ax, rim, title in [(axes[0], disc, "L2: a ball"), (axes[1], diamond, "L1: a diamond")]:
    touching.append(rim[height(rim).argmin()])
    ax.fill(*rim[::8].T, color=plotting.CYCLE[0], alpha=0.25)
    ax.contour(mesh[..., 0], mesh[..., 1], height(mesh), levels=sorted([0.1, 0.3, height(touching[-1]), 1.6, 2.8]), colors=[plotting.CYCLE[5]], linewidths=1)
    ax.plot(*touching[-1], "o", color=plotting.CYCLE[1])
    plotting.dress(ax, title, "$w_1$", "$w_2$" if rim is disc else "")
    ax.set_aspect("equal")
_ = fig.suptitle("The contours touch the ball anywhere, the diamond at a corner", x=0.02, ha="left")
claim("regular-touch", "In this picture the L1 solution is (0, 1), the L2 solution has both weights off zero.",
      [*np.abs(touching[1] - [0, 1]), 0.05 - np.abs(touching[0]).min()], at_most=[1e-9, 1e-9, 0.0])

# %% [markdown]
# ## Early stopping is nearly ridge
#
# [Gradient descent](../../book/glossary.md#gradient-descent) on $\tfrac12\lVert y - Xw\rVert^2$ from $w = 0$ with step $\eta$ walks from the shortest weights to the least-squares fit. Stopped after $t$ steps it has covered, along direction $j$, the share
#
# $$1 - (1 - \eta s_j^2)^t \qquad\text{where ridge would cover}\qquad \frac{s_j^2}{s_j^2+\lambda}.$$
#
# Both are near one for strong directions and near zero for weak ones, where they are about $\eta t s_j^2$ and $s_j^2/\lambda$: equal for $\lambda = 1/(\eta t)$. **Predict:** how far apart are the two fits, at $t = 10$ and at $t = 100$, in per cent of the fit?

# %%
def stopped(X, y, steps, lr=0.2):
    """Return the weights after each number of gradient steps from zero in `steps`, (len(steps), D)."""
    w, kept = np.zeros(X.shape[1]), {}
    for step in range(1, max(steps) + 1):
        w = w - lr * X.T @ (X @ w - y)
        kept[step] = w
    return np.array([kept[step] for step in steps])


steps = np.array([1, 3, 10, 30, 100, 300, 1000])
w_stopped = stopped(X, y, steps)
share = 1 - (1 - 0.2 * s**2) ** steps[:, None]                                        # (7, 10)
claim("regular-stopped", "The weights after t steps are the shrunken decomposition with shares 1-(1-ηs²)^t.",
      np.abs(w_stopped - (share / s * (U.T @ y)) @ Vt).max(), at_most=1e-12)
partner = np.array([ridge_svd(X, y, 1 / (0.2 * t)) for t in steps])
fit_gap = np.linalg.norm((w_stopped - partner) @ X.T, axis=1) / np.linalg.norm(w_stopped @ X.T, axis=1)
tuned_gap = [min(np.linalg.norm(X @ (w - ridge_svd(X, y, k / (0.2 * t)))) for k in np.geomspace(0.1, 10, 201)) / np.linalg.norm(X @ w)
             for w, t in zip(w_stopped, steps)]
for t, a, b in zip(steps, fit_gap, tuned_gap):
    print(f"{t:5d} steps: the fits differ by {100 * a:4.1f} %, by {100 * b:4.1f} % with the closest penalty")
claim("regular-early-late", "From 100 steps on, the fits differ by less than 5 %.", fit_gap[steps >= 100].max(), at_most=0.05)
claim("regular-early-short", "At 10 steps they differ by more than 10 %, although under 5 % with a penalty of its own.",
      [fit_gap[2], 0.05 - tuned_gap[2]], at_least=[0.1, 0.0])

# %% [markdown]
# So the rule $\lambda = 1/(\eta t)$ is right in kind and rough in number for short training. How rough can it be? Write $a = \eta ts_j^2$. With small steps the two shares are $1 - e^{-a}$ and $a/(1+a)$. What matters in the end is the
# test error, for which [Ali, Kolter and Tibshirani, 2019](../../book/bibliography.md#ali2019continuous), bound the loss. Here it is measured, 30 times: 40 random patients to fit, 221 to judge. Each path is judged
# at its best point, which flatters both alike.

# %%
a = np.linspace(0, 50, 500_001)
difference = (1 - np.exp(-a)) - a / (1 + a)
claim("regular-filters", "Early stopping always covers more than its ridge partner, by at most 0.204 of the way, at a = 2.51.",
      [difference.min(), difference.max(), a[difference.argmax()]], expected=[0.0, 0.2036, 2.513], tolerance=1e-3)
best_of = {"least squares": [], "ridge": [], "early stopping": []}
for seed in range(30):
    rows = np.random.default_rng(seed).permutation(442)
    fit, judge = rows[:40], rows[221:]
    paths = {"least squares": [ridge_svd(X[fit], y[fit], 0.0)],
             "ridge": [ridge_svd(X[fit], y[fit], penalty) for penalty in np.geomspace(1e-3, 3, 60)],
             "early stopping": stopped(X[fit], y[fit], np.unique(np.geomspace(1, 2000, 60).astype(int)), lr=1.0)}
    for name, path in paths.items():
        best_of[name].append(min(((y[judge] - X[judge] @ w) ** 2).mean() for w in path) * 442)
for name, e in best_of.items():
    print(f"{name:15s} {np.mean(e):.3f} ± {np.std(e, ddof=1):.3f}")
ratio = np.array(best_of["early stopping"]) / best_of["ridge"]
claim("regular-early-test", "The best point of one path and of the other have the same test error, within 2 % on average.", ratio.mean(), expected=1.0, tolerance=0.02)
claim("regular-early-helps", "Both lie below least squares on the same 40 patients by at least 15 %.",
      max(np.mean(best_of["ridge"]), np.mean(best_of["early stopping"])) / np.mean(best_of["least squares"]), at_most=0.85)

# %% [markdown]
# ## Dropout and noise are ridge, on average
#
# Dropout on the inputs of a linear model: every entry of $X$ is zeroed with probability $p$ and the rest divided by $1-p$, anew at every step ([Srivastava et al., 2014](../../book/bibliography.md#srivastava2014dropout)). An entry then has its old mean and the
# variance $\tfrac{p}{1-p}x_{ij}^2$, and the entries are independent. The square of a sum of independent terms is the square of its mean plus their variances:
#
# $$\mathrm E\,\lVert y - \tilde Xw\rVert^2 \;=\; \lVert y - Xw\rVert^2 + \frac{p}{1-p}\sum_jw_j^2\sum_ix_{ij}^2 .$$
#
# *A ridge penalty that charges each weight by how much its input varies* ([Wager, Wang and Liang, 2013](../../book/bibliography.md#wager2013dropout)). For five inputs there are only 32 masks a row, so we can take the expectation itself, then compare with random masks.

# %%
A, target, w5, p_drop = X40[:, :5] / X40[:, :5].std(0), X40 @ w_true, np.array([0.5, -1.0, 0.2, 1.5, -0.3]), 0.3
expected = 0.0
for mask in itertools.product([0, 1], repeat=5):                                       # all 32
    chance = p_drop ** mask.count(0) * (1 - p_drop) ** mask.count(1)
    expected += chance * ((target - (A * mask / (1 - p_drop)) @ w5) ** 2).sum()
formula = ((target - A @ w5) ** 2).sum() + p_drop / (1 - p_drop) * (w5**2 * (A**2).sum(0)).sum()
claim("regular-dropout-exact", "Over all masks the expected loss is the loss plus the data-dependent ridge penalty, to rounding.", expected / formula - 1, expected=0.0, tolerance=1e-12)
exact = np.linalg.solve(A.T @ A + p_drop / (1 - p_drop) * np.diag((A**2).sum(0)), A.T @ target)
counts, off = (30, 300, 3000), []
for n_masks in counts:
    distance = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        masked = (A * (rng.random((n_masks, 40, 5)) > p_drop) / (1 - p_drop)).reshape(-1, 5)
        w = np.linalg.lstsq(masked, np.tile(target, n_masks), rcond=None)[0]
        distance.append(np.linalg.norm(w - exact) / np.linalg.norm(exact))
    off.append(np.mean(distance))
print(*(f"{n} masks: {100 * d:.2f} % off   " for n, d in zip(counts, off)))
slope = np.polyfit(np.log(counts), np.log(off), 1)[0]
claim("regular-dropout-sampled", "Least squares over random masks tends to that ridge solution like one over the root of their number.", slope, expected=-0.5, tolerance=0.1)

# %% [markdown]
# Noise does the same without looking at the data. Add independent noise of variance $\tau^2$ to every entry of $X$: the extra term is $n\tau^2\lVert w\rVert^2$, the plain ridge penalty with $\lambda = n\tau^2$
# ([Bishop, 1995](../../book/bibliography.md#bishop1995training); exercise 5 is the proof). Both statements are exact for linear models and squared loss. For a network they are a first approximation, and the table below has to be measured.

# %%
tau, n_copies = 0.5, 4000
noisy = (A + tau * np.random.default_rng(0).normal(size=(n_copies, 40, 5))).reshape(-1, 5)
w_noisy = np.linalg.lstsq(noisy, np.tile(target, n_copies), rcond=None)[0]
w_penalised = ridge_solve(A, target, 40 * tau**2)
claim("regular-noise", "Least squares on 4 000 noisy copies is ridge with λ = nτ², within 1 %, and far from plain least squares.",
      [np.linalg.norm(w_noisy - w_penalised) / np.linalg.norm(w_penalised),
       0.2 - np.linalg.norm(w_noisy - ridge_solve(A, target, 0.0)) / np.linalg.norm(w_penalised)], at_most=[0.01, 0.0])

# %% [markdown]
# ## Every remedy on one data set
#
# Now a network, as a black box (chapter 2 builds it): 64 hidden units, trained on **200** handwritten digits of 14 × 14 pixels, tested on 2 000. Once the labels are right; once a fifth of the training and validation labels are wrong. The test labels are always right.
#
# Remedies with a strength get it from a small grid, by accuracy on 300 validation images, with a seed that is not used again. **Predict:** which remedy gains most, and does any of them hurt?

# %%
mnist = data.mnist()
half = lambda x: x.reshape(-1, 14, 2, 14, 2).mean((2, 4)).reshape(len(x), 196).astype(np.float32)
x_half, x_half_test = half(mnist.x_train), half(mnist.x_test)


def shifted(x, rng):
    """Return the images, (B, 196), each moved by at most one pixel along each axis."""
    padded = np.pad(x.reshape(-1, 14, 14), ((0, 0), (1, 1), (1, 1)))
    down, right = rng.integers(0, 3, (2, len(x), 1, 1))
    at = np.arange(14)
    return padded[np.arange(len(x))[:, None, None], at[:, None] + down, at + right].reshape(len(x), 196)


def mislabelled(y, share, rng):
    """Return the labels with about `share` of them moved to another class."""
    return np.where(rng.random(len(y)) < share, (y + rng.integers(1, 10, len(y))) % 10, y)


def right_share(net, x, y):
    with no_grad():
        return float((net(Tensor(x)).data.argmax(1) == y).mean())


def stopping_score(net, x, y):
    with no_grad():
        return nn.functional.cross_entropy(net(Tensor(x)), y).item()


# %%
def remedied(seed, wrong, n=200, l2=0.0, dropout=0.0, smoothing=0.0, shift=False, stop=False):
    """Train once; return the accuracies (training, test, validation)."""
    rng = np.random.default_rng(seed)
    rows = rng.permutation(8000)
    x, y = x_half[rows[:n]], mislabelled(mnist.y_train[rows[:n]], wrong, rng)
    x_valid, y_valid = x_half[rows[-300:]], mislabelled(mnist.y_train[rows[-300:]], wrong, rng)
    net = nn.Sequential(nn.Linear(196, 64, rng=rng), nn.ReLU(), nn.Dropout(dropout, rng=rng), nn.Linear(64, 10, rng=rng))
    optimizer = optim.SGD(net.parameters(), lr=0.03, momentum=0.9, weight_decay=l2)
    loss, best = nn.CrossEntropyLoss(label_smoothing=smoothing), (np.inf, None)
    for step in range(500):
        batch = rng.integers(0, n, 32)
        optimizer.zero_grad()
        loss(net(Tensor(shifted(x[batch], rng) if shift else x[batch])), y[batch]).backward()
        optimizer.step()
        if stop and step % 10 == 9:
            score = stopping_score(net.eval(), x_valid, y_valid)
            best = min(best, (score, [p.data.copy() for p in net.parameters()]), key=lambda pair: pair[0])
            net.train()
    for parameter, value in zip(net.parameters(), best[1] or []):
        parameter.data[...] = value
    net.eval()
    return right_share(net, x, y), right_share(net, x_half_test, mnist.y_test), right_share(net, x_valid, y_valid)


# %%
grids = {"L2": [{"l2": k} for k in (0.003, 0.03)], "dropout": [{"dropout": k} for k in (0.5, 0.7)],
         "label smoothing": [{"smoothing": k} for k in (0.1, 0.3)], "early stopping": [{"stop": True}],
         "shifted copies": [{"shift": True}], "four times the data": [{"n": 800}], "nothing": [{}]}
results, chosen = {}, {}
for wrong in (0.0, 0.2):
    for name, options in grids.items():
        on_validation = [remedied(100, wrong, **o)[2] for o in options] if len(options) > 1 else [0]
        chosen[name, wrong] = options[int(np.argmax(on_validation))]
        results[name, wrong] = np.array([remedied(seed, wrong, **chosen[name, wrong]) for seed in range(5)])
print(f"{'':20s} {'labels right':>34s} {'a fifth wrong':>34s}")
print(f"{'':20s}" + "   train  test   gap     gain ± SE  " * 2)
for name in grids:
    line = f"{name:20s}"
    for wrong in (0.0, 0.2):
        (training, test, _), gain = results[name, wrong].mean(0), results[name, wrong][:, 1] - results["nothing", wrong][:, 1]
        line += f"   {training:.3f} {test:.3f} {training - test:6.3f}  {gain.mean():+.3f} ± {gain.std(ddof=1) / 5**0.5:.3f}"
    print(line)
print("strengths:", {f"{name}, {wrong:g} wrong": next(iter(o.values())) for (name, wrong), o in chosen.items() if len(grids[name]) > 1})

# %% mystnb={"image": {"alt": "Two charts of bars with standard errors: the gain in test accuracy over no remedy. right labels only four times the data, nearly six points, and shifted copies, under two, gain; label smoothing loses two. gains clearly, six points, and label smoothing loses two. With a fifth of the labels wrong every remedy gains, from one point for label smoothing over seven for L2 to fourteen for more data."}}
fig, axes = plotting.new_figure(2, 1, height=5.6, sharex=True)
for ax, wrong, title in [(axes[0], 0.0, "Labels right: only shifts and data help"), (axes[1], 0.2, "A fifth of the labels wrong: everything helps")]:
    gains = {name: 100 * (results[name, wrong][:, 1] - results["nothing", wrong][:, 1]) for name in grids if name != "nothing"}
    bars = {name: (g.mean(), g.std(ddof=1) / 5**0.5) for name, g in gains.items()}
    plotting.bars_with_error(bars, title=title, xlabel="gain in test accuracy (points, mean ± SE of 5)" if wrong else "", digits=1, ax=ax)

# %% tags=["settles-S2-Q4"]
gain = {key: (r - results["nothing", key[1]])[:, 1].mean() for key, r in results.items()}
gap = {key: (r[:, 0] - r[:, 1]).mean() for key, r in results.items()}
tested = {key: r[:, 1].mean() for key, r in results.items()}
claim("regular-right-labels", "With right labels L2, dropout and early stopping each change the test accuracy by less than a point.",
      [abs(gain[name, 0.0]) for name in ("L2", "dropout", "early stopping")], at_most=0.01)
claim("regular-smoothing-hurts", "Label smoothing costs at least a point there.", gain["label smoothing", 0.0], at_most=-0.01)
claim("regular-shifts", "Shifted copies gain at least half a point there: they bring in the knowledge that a shifted 3 is a 3.", gain["shifted copies", 0.0], at_least=0.005)
claim("regular-wrong-labels", "With a fifth of the labels wrong L2, dropout, early stopping and shifted copies each gain at least 2 points.",
      [gain[name, 0.2] for name in ("L2", "dropout", "early stopping", "shifted copies")], at_least=0.02)
second = [max(gain[name, wrong] for name in grids if name != "four times the data") for wrong in (0.0, 0.2)]
claim("regular-data", "Four times the data gains most in both, at least 3 points more than the best remedy.",
      [gain["four times the data", wrong] - other for wrong, other in zip((0.0, 0.2), second)], at_least=0.03)
claim("regular-gap-not-goal", "With wrong labels early stopping has a smaller gap than L2, and a lower test accuracy.",
      [gap["L2", 0.2] - gap["early stopping", 0.2], tested["L2", 0.2] - tested["early stopping", 0.2]], at_least=[0.03, 0.01])

# %% [markdown]
# Read the table twice. *First*, a regulariser needs something to do. With right labels the network fits all 200 images and little of what it fits is noise; three classical remedies change next to nothing, and label smoothing hurts.
# Shifted copies gain, since they add knowledge: a shifted 3 is a 3. With wrong labels the network memorises them, and every remedy that keeps it from doing so gains. *Second*, the gap is not the goal. It can be closed by doing badly on the training set:
# early stopping has about a third of L2's gap and is three points worse in test.
#
# This is one data set and one network. On another the ranking will differ; that is the point of measuring.
#
# ## In the frameworks
#
# Ridge by gradient descent, 100 steps, in three idioms that mean the same. NumPy adds $\lambda w$ to the gradient. PyTorch's `weight_decay` does that inside the optimiser. Keras's `weight_decay` shrinks
# the weights by the factor $1 - \eta\lambda$ beside the step. For plain gradient descent, $w - \eta(g + \lambda w) = (1-\eta\lambda)w - \eta g$: no difference. All in float64, from the same weights; the gradients compared are those of the data term.

# %%
start, lr, penalty = np.full(10, 0.1), 0.125, 0.25
gradcheck(lambda w: 0.5 * ((y - X @ w) ** 2).sum() + 0.5 * penalty * (w**2).sum(), [start], [X.T @ (X @ start - y) + penalty * start])

# %% tags=["fw-numpy"]
w, path_numpy = start.copy(), []
for step in range(100):
    residual = X @ w - y
    gradient = X.T @ residual
    if step == 0: first_numpy = X @ w, gradient
    path_numpy.append(0.5 * (residual**2).sum() + 0.5 * penalty * (w**2).sum())
    w = w - lr * (gradient + penalty * w)

# %% tags=["fw-torch"]
import torch

w_torch = torch.tensor(start, requires_grad=True)
sgd, path_torch = torch.optim.SGD([w_torch], lr=lr, weight_decay=penalty), []
for step in range(100):
    out_torch = torch.tensor(X) @ w_torch
    loss_torch = 0.5 * ((out_torch - torch.tensor(y)) ** 2).sum()
    sgd.zero_grad(); loss_torch.backward()
    if step == 0: first_torch = out_torch.detach(), w_torch.grad.clone()
    path_torch.append((loss_torch + 0.5 * penalty * (w_torch**2).sum()).item()); sgd.step()

# %% tags=["fw-tensorflow"]
import keras
import tensorflow as tf

w_tf, path_tf = keras.Variable(start, dtype="float64"), []
sgd_keras = keras.optimizers.SGD(lr, weight_decay=penalty)
for step in range(100):
    with tf.GradientTape() as tape:
        out_tf = tf.linalg.matvec(X, w_tf.value)
        loss_tf = 0.5 * tf.reduce_sum((out_tf - y) ** 2)
    gradient_tf = tape.gradient(loss_tf, w_tf.value)
    if step == 0: first_tf = out_tf, gradient_tf
    path_tf.append(float(loss_tf + 0.5 * penalty * tf.reduce_sum(w_tf.value**2))); sgd_keras.apply([gradient_tf], [w_tf])

# %%
parity("regular-ridge",
       outputs={"numpy": first_numpy[0], "torch": first_torch[0], "tensorflow": first_tf[0]},
       gradients={"numpy": [first_numpy[1]], "torch": [first_torch[1]], "tensorflow": [first_tf[1]]},
       path={"numpy": path_numpy, "torch": path_torch, "tensorflow": path_tf})
goal = ridge_svd(X, y, penalty)
claim("regular-descent", "After 100 steps the weights are ridge's, to 1 % of their length.", np.linalg.norm(w - goal) / np.linalg.norm(goal), at_most=0.01)

# %% [markdown]
# ## Misconceptions
#
# > **Misconception.** Regularisation means a penalty term in the loss.
#
# Both articles that this book began with define it so. Of the remedies that gained above with wrong labels, three leave the loss exactly as it was and change the data, the model while it trains, or the length of training.

# %% tags=["settles-S0-Q5"]
without_penalty = ("dropout", "early stopping", "shifted copies")                      # all run with an L2 strength of 0
gains = np.concatenate([results[name, 0.2][:, 1] - results["nothing", 0.2][:, 1] for name in without_penalty])
print(f"15 runs: {gains.mean():+.3f} ± {gains.std(ddof=1):.3f}, the smallest {gains.min():+.3f}")
claim("regular-no-penalty", "With wrong labels the mean gain of these 15 runs lies more than three standard errors above zero.",
      gains.mean() / (gains.std(ddof=1) / 15**0.5), at_least=3.0)

# %% [markdown]
# > **Misconception.** L2 removes the unimportant weights.
#
# It makes them small. To call a weight removed takes an exact zero, and the division by $1+\lambda$ never gives one. Ten inputs that have nothing to do with the target make it visible.

# %%
rng = np.random.default_rng(4)
useless = rng.normal(size=(442, 10))
useless -= useless.mean(0)
wide = np.hstack([X, useless / np.linalg.norm(useless, axis=0)])                      # (442, 20)
shrunk, thinned = ridge_svd(wide, y, 3.0), lasso_descent(wide, y, 0.15, np.zeros(20))
print(f"exact zeros among the ten useless weights: L2 {(shrunk[10:] == 0).sum()}, L1 {(thinned[10:] == 0).sum()}; "
      f"among the ten real ones: L1 {(thinned[:10] == 0).sum()}")
claim("regular-useless-l2", "With a strong L2 penalty all ten useless weights are still there.", (shrunk[10:] == 0).sum(), expected=0)
claim("regular-useless-l1", "L1 sets at least nine of them to exactly zero.", (thinned[10:] == 0).sum(), at_least=9)

# %% [markdown]
# > **Misconception.** Weight decay and the L2 penalty are two names for one thing.
#
# For plain [stochastic gradient descent](../../book/glossary.md#stochastic-gradient-descent) they are: [weight decay](../../book/glossary.md#weight-decay) then is the penalty, as the frameworks cell has shown. Any optimiser that transforms the gradient breaks it, because the L2 term is transformed with it and the decay is not
# ([Loshchilov and Hutter, 2019](../../book/bibliography.md#loshchilov2019decoupled)). [Adaptive methods](../03_gradient_descent/04_adaptive_methods.ipynb) has the details; here are the weights after 100 steps.

# %%
def final_weights(make, decay_by_hand=0.0, lr=0.05):
    """Return the weights of the diabetes fit after 100 steps of an optimiser, shrunk by 1 - lr·decay before each."""
    w = nn.Parameter(np.full(10, 0.1))
    optimizer = make([w], lr)
    for _ in range(100):
        optimizer.zero_grad()
        (((Tensor(X) @ w - Tensor(y)) ** 2).sum() * 0.5).backward()
        w.data[...] *= 1 - lr * decay_by_hand
        optimizer.step()
    return w.data.copy()


distance = lambda a, b: float(np.linalg.norm(a - b) / np.linalg.norm(b))
sgd_pair = final_weights(lambda p, lr: optim.SGD(p, lr=lr, weight_decay=0.25)), final_weights(lambda p, lr: optim.SGD(p, lr=lr), 0.25)
adam_pair = final_weights(lambda p, lr: optim.Adam(p, lr=lr, weight_decay=0.25)), final_weights(lambda p, lr: optim.AdamW(p, lr=lr, weight_decay=0.25))
claim("regular-decay-sgd", "Under SGD the L2 penalty and the decay give the same weights, to rounding.", distance(*sgd_pair), at_most=1e-10)
claim("regular-decay-adam", "Under Adam they differ by more than 5 %.", distance(*adam_pair), at_least=0.05)

# %% [markdown]
# > **Misconception.** More regularisation is the safe side.
#
# Too much of it is [underfitting](../../book/glossary.md#underfitting). In the exchange of bias for variance above, the strongest penalty does more harm than having none.

# %%
harm = (bias2 + variance)[-1] / (bias2 + variance)[0]
too_much = [remedied(seed, 0.0, l2=0.1)[1] - results["nothing", 0.0][seed, 1] for seed in range(3)]
print(f"λ = 10: {harm:.1f} times the error of λ = 0.0001;   network with L2 of 0.1: {np.mean(too_much):+.3f} ± {np.std(too_much, ddof=1):.3f}")
claim("regular-too-much", "At λ = 10 the estimation error is more than three times that with hardly any penalty.", harm, at_least=3.0)
claim("regular-too-much-network", "An L2 strength of 0.1 costs the network at least 3 points of test accuracy with right labels.", np.mean(too_much), at_most=-0.03)

# %% [markdown]
# ## Summary
#
# - Regularisation is any change that is meant to lower the test error. A penalty is one way, and not the strongest.
# - Ridge multiplies each direction of the data by $s^2/(s^2+\lambda)$; the factors add up to the degrees of freedom. It shrinks and never removes.
# - The lasso subtracts, and what falls below the charge is exactly zero. Corners of the L1 budget lie on the axes.
# - Early stopping is ridge with $\lambda\approx1/(\eta t)$, good to a few per cent after long training and rough before. Dropout and noise on the inputs of a linear model are ridge exactly, in expectation.
# - Measure each remedy where it is to work: with right labels most did next to nothing here; with wrong ones all helped; more data beat them all.
#
# ## Exercises
#
# ### Exercise 1 · The soft threshold
#
# Write `soft(rho, charge)`: the minimum over $w$ of $\tfrac12(w-\rho)^2 + \alpha|w|$ for each entry of an array `rho`.

# %%
def soft(rho, charge):
    ...


exercise("regular-soft", soft)

# %% tags=["hide-cell", "solution"]
exercise("regular-soft", lambda rho, charge: np.sign(rho) * np.maximum(np.abs(rho) - charge, 0.0))

# %% [markdown]
# ### Exercise 2 · Degrees of freedom
#
# Write `degrees_of_freedom(X, penalty)`: the trace of the matrix that maps $y$ to the ridge fit $Xw_\lambda$.

# %%
def degrees_of_freedom(X, penalty):
    ...


exercise("regular-freedom", degrees_of_freedom)


# %% tags=["hide-cell", "solution"]
def freedom_solution(X, penalty):
    s = np.linalg.svd(X, compute_uv=False)
    return (s**2 / (s**2 + penalty)).sum()


exercise("regular-freedom", freedom_solution)

# %% [markdown]
# ### Exercise 3 · The price of dropout
#
# A linear model has weights $(1, -3)$; the squares of its two input columns add up to 8 and 2. Dropout with $p = 0.2$ acts on the inputs. How much larger than the loss $\lVert y - Xw\rVert^2$ is its expectation?

# %%
answer = None
exercise("regular-dropout-price", answer)

# %% tags=["hide-cell", "solution"]
exercise("regular-dropout-price", 0.2 / 0.8 * (8 * 1 + 2 * 9))

# %% [markdown]
# ### Exercise 4 · When is everything zero?
#
# Write `largest_charge(X, y)`: the smallest $\alpha$ for which $w = 0$ minimises $\tfrac12\lVert y - Xw\rVert^2 + \alpha\lVert w\rVert_1$. The columns of $X$ may have any length.

# %%
def largest_charge(X, y):
    ...


exercise("regular-largest-charge", largest_charge)

# %% [markdown]
# <details><summary>Solution</summary>
#
# At $w = 0$ a small step $\epsilon$ of weight $j$ changes the squared part by $-\epsilon\,x_j^\top y$ and costs $\alpha|\epsilon|$. No step pays if $\alpha\ge|x_j^\top y|$ for every $j$; since the objective is convex, that is enough for a minimum.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("regular-largest-charge", lambda X, y: np.abs(X.T @ y).max())

# %% [markdown]
# ### Exercise 5 · A proof
#
# Let $N$ have independent entries of mean 0 and variance $\tau^2$, and shape $(n, D)$. Show that $\mathrm E\,\lVert y - (X+N)w\rVert^2 = \lVert y - Xw\rVert^2 + n\tau^2\lVert w\rVert^2$. Where does the proof need the squared loss, and where the linear model?
#
# <details><summary>Solution</summary>
#
# $y - (X+N)w = r - Nw$ with $r = y - Xw$. So the expectation is $\lVert r\rVert^2 - 2r^\top\mathrm E[N]w + \mathrm E\lVert Nw\rVert^2$. The middle term is zero. Row $i$ of $Nw$ is $\sum_jN_{ij}w_j$, with mean zero and, by independence, variance
# $\tau^2\sum_jw_j^2$; there are $n$ rows. The squared loss makes the expansion end at the second order, and the linear model makes the perturbation of the output linear in $N$. Without either, the terms of higher order in $\tau$ remain, and the statement holds for small $\tau$ only.
#
# </details>

# %% [markdown]
# ## Sources
#
# [Hoerl and Kennard, 1970](../../book/bibliography.md#hoerl1970ridge), ridge regression · [Tibshirani, 1996](../../book/bibliography.md#tibshirani1996regression), the lasso ·
# [Friedman, Hastie and Tibshirani, 2010](../../book/bibliography.md#friedman2010regularization), coordinate descent ·
# [Efron et al., 2004](../../book/bibliography.md#efron2004least), the diabetes data ·
# [Ali, Kolter and Tibshirani, 2019](../../book/bibliography.md#ali2019continuous), early stopping against ridge ·
# [Srivastava et al., 2014](../../book/bibliography.md#srivastava2014dropout), and [Wager, Wang and Liang, 2013](../../book/bibliography.md#wager2013dropout), dropout ·
# [Bishop, 1995](../../book/bibliography.md#bishop1995training), noise · [Szegedy et al., 2016](../../book/bibliography.md#szegedy2016rethinking), label smoothing ·
# [Loshchilov and Hutter, 2019](../../book/bibliography.md#loshchilov2019decoupled), decoupled decay ·
# [Goodfellow, Bengio and Courville, 2016](../../book/bibliography.md#goodfellow2016deep), chapter 7.
