# %% [markdown]
# # Measuring
#
# **After this section** you can put an interval on every score, cross-validate without leaking, say what choosing a model does to its score, and read
# a confusion matrix, a ROC curve and a reliability diagram.
# *Reading: 35 minutes. Running: about 25 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import matplotlib.pyplot as plt
import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import ndtr, softmax
from scipy.stats import binom
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, KFold, cross_val_predict, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from chainrule import data, explore, plotting
from chainrule.proof import claim, exercise, parity, same

# %% [markdown]
# ## The question
#
# A model names nine of ten [test](../../book/glossary.md#test-set) images correctly. How good is it? The ten images are a sample; another ten would have given another count.
# The [accuracy](../../book/glossary.md#accuracy) $p$ on all images that could come is unknown, and 0.9 is an *estimate* of it. Which values of $p$ are compatible with nine of ten?
#
# | symbol | meaning |
# |---|---|
# | $n$ | samples; of a test set, $n_\text{test}$ |
# | $\hat p = k/n$ | share that is right, the estimate |
# | $p$ | chance of being right on a new sample, the truth |
# | $K$ | number of folds |
# | $z = 1.96$ | half width of the middle 95 % of a standard normal |
#
# [Wilson, 1927](../../book/bibliography.md#wilson1927probable), keeps every $p$ from which $\hat p$ is at most $z$ standard deviations away, $|\hat p - p| \le z\sqrt{p(1-p)/n}$. That is a quadratic
# inequality in $p$, and its solution is a **[confidence interval](../../book/glossary.md#confidence-interval)**:
#
# $$\frac{\hat p + \frac{z^2}{2n}}{1 + \frac{z^2}{n}} \;\pm\; \frac{z}{1 + \frac{z^2}{n}}\sqrt{\frac{\hat p(1-\hat p)}{n} + \frac{z^2}{4n^2}} .$$

# %%
def wilson(right, n, z=1.959964):
    """Return the lower and the upper end of Wilson's interval for `right` of `n`."""
    p = right / n
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return middle - half, middle + half


for right, n in [(9, 10), (90, 100), (900, 1000)]:
    low, high = wilson(right, n)
    print(f"{right:4d} of {n:4d}: {low:.3f} to {high:.3f}")
claim("measure-nine-of-ten", "Nine of ten is compatible with everything from 60 % to 98 %.",
      wilson(9, 10), expected=[0.596, 0.982], tolerance=5e-4)

# %% [markdown]
# Ten times as many samples make the interval about three times narrower. "90 %" without its $n$ says little; at the end of this section we measure how often such intervals keep their word.
#
# ## Cross-validation by hand
#
# Data are scarce, and a large test set leaves little to learn from. **[Cross-validation](../../book/glossary.md#cross-validation)** uses every sample for both, but never at the same time: cut the data into
# $K$ disjoint [folds](../../book/glossary.md#fold); for each fold, fit a model on the others and test it there. Every sample is tested once, by a model that has not seen it.
#
# On paper: the targets are $1, 2, \dots, 6$, the folds $\{1,2\},\{3,4\},\{5,6\}$, and the "model" predicts the mean of what it was fitted on. The three means are $4.5$, $3.5$ and $2.5$, so the squared errors are
# $3.5^2, 2.5^2 \mid 0.5^2, 0.5^2 \mid 2.5^2, 3.5^2$, with mean $6.25$. On its own data the mean has an error of only $2.92$.

# %% tags=["settles-S0-Q6", "settles-SYS-36"]
def k_folds(n, n_folds):
    """Return n_folds arrays of row numbers, as equal in length as can be; the first ones take the remainder."""
    return np.array_split(np.arange(n), n_folds)


def held_out(fit, score, x, y, n_folds):
    """Return the score of each fold under the model that was fitted on the others."""
    scores = []
    for test in k_folds(len(y), n_folds):
        rest = np.setdiff1d(np.arange(len(y)), test)
        scores.append(score(fit(x[rest], y[rest]), x[test], y[test]))
    return np.array(scores)


y_paper = np.arange(1.0, 7.0)
paper = held_out(lambda x, y: y.mean(), lambda mean, x, y: ((y - mean) ** 2).mean(), y_paper, y_paper, 3)
claim("measure-paper", "Cross-validated, the mean of 1 to 6 has a squared error of 6.25; on its own data 2.92.",
      [paper.mean(), y_paper.var()], expected=[6.25, 35 / 12], tolerance=1e-12)
tested = np.concatenate(k_folds(442, 5))
claim("measure-disjoint", "Of 442 samples each lies in exactly one of five folds.",
      np.bincount(tested), expected=np.ones(442, int))

# %% [markdown]
# The paper example also shows a trap: these data are sorted, so each fold asks for values that the others never had. Shuffle first, unless the order is time. Then the same thing on real data: [logistic regression](../../book/glossary.md#logistic-regression) on
# 569 tumours, against scikit-learn.

# %%
tumours = load_breast_cancer()
order = np.random.default_rng(0).permutation(569)
x, y = tumours.data[order], tumours.target[order]
pipeline = make_pipeline(StandardScaler(), LogisticRegression())
ours = held_out(lambda x, y: pipeline.fit(x, y), lambda model, x, y: model.score(x, y), x, y, 5)
theirs = cross_val_score(pipeline, x, y, cv=KFold(5))
print("ours  ", ours.round(4), "\ntheirs", theirs.round(4))
claim("measure-sklearn", "Fold by fold our scores are scikit-learn's.", np.abs(ours - theirs).max(), expected=0.0)

# %% [markdown]
# > **Misconception.** Cross-validation improves the model: it trains and tests on every subset, and so generalises better.
#
# So it stands in one of the articles that this book began with. It *estimates* ([Stone, 1974](../../book/bibliography.md#stone1974cross); [Kohavi, 1995](../../book/bibliography.md#kohavi1995study)). The folds are parts of one data set, not "different data sets". The models of the
# folds are thrown away, and the one that is kept is fitted on all the data, as it would have been without. No model is tested on a subset that it was trained on. What can improve is our *choice* between models, and that has a price, measured below.

# %% tags=["settles-F8"]
without = pipeline.fit(x, y)[-1].coef_.copy()
cross_val_score(pipeline, x, y, cv=KFold(5))
after = pipeline.fit(x, y)[-1].coef_
claim("measure-estimates", "The model fitted after cross-validation is the model fitted without it.",
      np.abs(after - without).max(), expected=0.0)
overlaps = [np.intersect1d(train, test).size for train, test in KFold(5).split(x)]
claim("measure-no-overlap", "In none of the five fits does a sample stand on both sides.", overlaps, expected=[0] * 5)

# %% [markdown]
# ## Leave one out, for the price of one fit
#
# With $K = n$ each fold holds one sample: **[leave-one-out](../../book/glossary.md#leave-one-out)**. It looks like $n$ fits. For [linear regression](../../book/glossary.md#linear-regression) with residuals $e_i$ it takes one, since
# the residual of sample $i$ under the model that never saw it is
#
# $$e_i^{(-i)} = \frac{e_i}{1 - h_{ii}}, \qquad h_{ii} = x_i^\top (X^\top X)^{-1} x_i .$$
#
# In words: *the more a sample pulls the fit towards itself, its leverage $h_{ii}$, the more its own residual flatters the model* ([Allen, 1974](../../book/bibliography.md#allen1974relationship)). On 442 patients with diabetes and ten
# [features](../../book/glossary.md#feature), by closed form and by brute force:

# %%
x_diabetes, y_diabetes = load_diabetes(return_X_y=True)
X = np.column_stack([np.ones(442), x_diabetes])
least_squares = lambda X, y: np.linalg.lstsq(X, y, rcond=None)[0]
brute = held_out(least_squares, lambda w, X, y: (y - X @ w)[0], X, y_diabetes, 442)
Q, _ = np.linalg.qr(X)
leverage = (Q**2).sum(1)                     # X (X'X)^-1 X' = Q Q'
closed = (y_diabetes - X @ least_squares(X, y_diabetes)) / (1 - leverage)
claim("measure-loo", "One fit gives all 442 leave-one-out residuals.",
      np.abs(brute - closed).max() / np.abs(closed).max(), at_most=1e-10)
claim("measure-leverage", "The leverages add up to the 11 coefficients.",
      leverage.sum(), expected=11.0, tolerance=1e-9)

# %% [markdown]
# ## How far the score scatters
#
# A score of a random data set is a random number. To see its law we need many data sets, and the truth: two normal clouds in 20 dimensions, 40 samples, and a model that names the nearer class mean. Its true accuracy
# is a formula, with $\Phi$ the normal distribution function. We draw 2000 data sets and cross-validate each.

# %%
def nearest_mean(x, y):
    """Return w (R, d) and c (R,) of the rule w·x > c for R data sets x (R, n, d), y (R, n) at once."""
    one = np.einsum("rnd,rn->rd", x, y) / y.sum(1, keepdims=True)
    zero = np.einsum("rnd,rn->rd", x, 1 - y) / (1 - y).sum(1, keepdims=True)
    return one - zero, ((one + zero) * (one - zero)).sum(1) / 2


def many_scores(n_folds, n_sets=2000, n=40, d=20):
    """Return the score of each fold (R, K) and the true accuracy of the model fitted on all (R,)."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, (n_sets, n))
    x = rng.normal(size=(n_sets, n, d)) + (2 * y - 1)[..., None] / d**0.5
    scores = np.empty((n_sets, n_folds))
    for k, test in enumerate(k_folds(n, n_folds)):
        rest = np.setdiff1d(np.arange(n), test)
        w, c = nearest_mean(x[:, rest], y[:, rest])
        scores[:, k] = (((x[:, test] * w[:, None]).sum(2) > c[:, None]) == y[:, test]).mean(1)
    w, c = nearest_mean(x, y)
    centre, length = w.sum(1) / d**0.5, np.linalg.norm(w, axis=1)
    return scores, (ndtr((centre - c) / length) + ndtr((centre + c) / length)) / 2


runs = {n_folds: many_scores(n_folds) for n_folds in (2, 5, 10)}
scores, truth = runs[5]

# %% mystnb={"image": {"alt": "Two histograms of accuracy over 2000 data sets. The scores of a single fold of eight samples spread in steps from 0.3 to 1; the means over five folds spread from 0.5 to 1, about half as wide, around the same centre near 0.78."}}
_ = plotting.histograms({"one split, 8 tested": scores[:, 0], "mean of 5 folds, 40 tested": scores.mean(1)}, bins=25,
                        title="Cross-validation halves the scatter of the score; plenty is left",
                        xlabel="estimated accuracy")

# %% [markdown]
# A single split tests $n_\text{test}$ samples that are independent of its model, so its standard deviation should be near $\sqrt{p(1-p)/n_\text{test}}$. **Predict** before you read on: the five folds share most of their training
# data, the two folds of $K=2$ share none of it. For which $K$ are the scores of two folds more strongly correlated?

# %%
p = scores.mean()
claim("measure-single-split", "The scatter of a single split of 8 samples is that of 8 coin flips, within 10 %.",
      scores[:, 0].std() / (p * (1 - p) / 8) ** 0.5, expected=1.0, tolerance=0.1)
between = {}
for n_folds, (s, t) in runs.items():
    between[n_folds] = np.corrcoef(s.T)[np.triu_indices(n_folds, 1)].mean()
    standard_error = s.std(1, ddof=1) / n_folds**0.5
    covered = (np.abs(s.mean(1) - t) <= 1.96 * standard_error).mean()
    print(f"K = {n_folds:2d}: correlation between folds {between[n_folds]:.3f}, "
          f"estimate minus truth {(s.mean(1) - t).mean():+.3f}, its SD {(s.mean(1) - t).std():.3f}, "
          f"mean ± 1.96 SE covers {covered:.2f}")
    if n_folds == 5:
        claim("measure-fold-error", "The interval mean ± 1.96 SD / √5 over the folds holds the truth in 75 to 86 % of cases.",
              covered, at_most=0.86, at_least=0.75)
claim("measure-fold-correlation", "The scores of two folds correlate at 0.5 for K = 2, at 0.09 for 5, at 0.03 for 10.",
      [*between.values()], expected=[0.5, 0.09, 0.03], tolerance=0.03)
claim("measure-few-folds", "Two folds fit on half the data and understate the accuracy by about four points.",
      (runs[2][0].mean(1) - runs[2][1]).mean(), expected=-0.04, tolerance=0.01)

# %% [markdown]
# With two folds, what one model learns from is what the other is tested on: a lucky half makes both scores good. So folds are not independent, and the standard error computed as if they were is too small. No estimate of the variance
# of a cross-validation score, made from the scores of its folds, is unbiased for every distribution ([Bengio and Grandvalet, 2004](../../book/bibliography.md#bengio2004no)). Five or ten folds are the usual compromise: few fits, little pessimism.
#
# There is a second lesson in these data. Does the score at least tell whether *this* data set gave a better model than another would have?

# %%
knows = np.corrcoef(scores.mean(1), truth)[0, 1]
claim("measure-which-model", "Over data sets, score and true accuracy hardly go together: correlation below 0.35.",
      knows, at_most=0.35, at_least=0.1)
luck = (scores.mean(1) - truth).std() / truth.std()
claim("measure-luck", "The luck of the test is about four times the difference between the models, in standard deviations.",
      luck, expected=4.0, tolerance=0.6)

# %% [markdown]
# Hardly: testing 40 samples is mostly luck. A cross-validation score tells about the *procedure* on data of this size more than about the one model in hand.
#
# ## Choosing has a price
#
# Now there are candidates, and we take the one with the best score. Forty settings of a kernel classifier (width and penalty, two [hyperparameters](../../book/glossary.md#hyperparameter)) must tell odd digits from even ones after seeing
# 30 images, three in ten of them with the wrong [label](../../book/glossary.md#label). The other 1767 images tell the truth about the winner.

# %%
digits = data.digits()
images = np.concatenate([digits.x_train, digits.x_test]).astype(float)
names = np.concatenate([digits.y_train, digits.y_test])


def forty_scores(x, y, x_test, y_test):
    """Return the accuracy of the 40 candidates (kernel ridge regression on labels -1 and 1), fitted on x, y."""
    widths, penalties = 10.0 ** np.arange(-2, 1.6, 0.5), 10.0 ** np.arange(-3, 2)
    distance = lambda a, b: (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T
    within, across, scores = distance(x, x), distance(x_test, x), []
    for width in widths:
        values, vectors = np.linalg.eigh(np.exp(-width * within))
        weights = (vectors.T @ y)[:, None] / (values[:, None] + penalties)      # (n, 5), one column a penalty
        scores.append(((np.exp(-width * across) @ vectors @ weights > 0) == (y_test[:, None] > 0)).mean(0))
    return np.concatenate(scores)


def forty_validated(x, y):
    """Return the five-fold score of each candidate."""
    rows = np.arange(len(y))
    return np.mean([forty_scores(*(part for keep in (np.setdiff1d(rows, test), test) for part in (x[keep], y[keep])))
                    for test in k_folds(len(y), 5)], axis=0)


# %% [markdown]
# **[Nested cross-validation](../../book/glossary.md#nested-cross-validation)** treats the choice as a part of the fitting: in each outer fold, cross-validate all candidates on the *rest*, choose there, and test only the winner on the fold.

# %%
def choose_and_judge(seed, n=30):
    """Return (score of the winner, nested estimate, truth of the winner) for one draw of n images."""
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(names))
    y = np.where(rng.random(len(names)) < 0.3, -1.0, 1.0) * (2 * (names % 2) - 1)
    (x, x_new), (y, y_new) = np.split(images[rows], [n]), np.split(y[rows], [n])
    inner = forty_validated(x, y)
    nested = []
    for test in k_folds(n, 5):
        rest = np.setdiff1d(np.arange(n), test)
        winner = forty_validated(x[rest], y[rest]).argmax()
        nested.append(forty_scores(x[rest], y[rest], x[test], y[test])[winner])
    return inner.max(), np.mean(nested), forty_scores(x, y, x_new, y_new)[inner.argmax()]


judged = np.array([choose_and_judge(seed) for seed in range(40)])

# %% [markdown]
# > **Misconception.** The cross-validation score of the chosen model is an unbiased estimate of how well it will do.
#
# It is the largest of forty noisy numbers. Where the noise helped, the candidate won.

# %% mystnb={"image": {"alt": "Three bars with error bars: the winner's own cross-validation score stands more than a tenth above the nested estimate and the truth, which are close to each other."}}
gap, nested_gap = judged[:, 0] - judged[:, 2], judged[:, 1] - judged[:, 2]
error = lambda values: values.std(ddof=1) / len(values) ** 0.5
print(f"score of the winner minus truth {gap.mean():+.3f} ± {error(gap):.3f}, "
      f"nested minus truth {nested_gap.mean():+.3f} ± {error(nested_gap):.3f}")
claim("measure-winner-gap", "The winner's own score is over five points too high, three standard errors taken off.",
      gap.mean() - 3 * error(gap), at_least=0.05)
claim("measure-nested-gap", "The nested estimate misses by less than five points on average.",
      abs(nested_gap.mean()), at_most=0.05)
bars = zip(["score of the winner", "nested estimate", "truth"], judged.T)
bars = {name: (column.mean(), error(column)) for name, column in bars}
_ = plotting.bars_with_error(bars,
                             title="The best of forty scores flatters its owner",
                             xlabel="accuracy, mean of 40 draws ± SE")

# %% [markdown]
# So report the nested estimate, or a test set that took no part in choosing ([Cawley and Talbot, 2010](../../book/bibliography.md#cawley2010overfitting)). A [validation set](../../book/glossary.md#validation-set) used a hundred times is a part of
# training.
#
# ### The one-standard-error rule
#
# If the best score is noise within reach of its neighbours, prefer the simplest model among them. The **[one-standard-error rule](../../book/glossary.md#one-standard-error-rule)** ([Breiman et al., 1984](../../book/bibliography.md#breiman1984classification)) takes the
# simplest whose error is at most one standard error above the smallest. Here polynomials are fitted to 40 noisy points of $\sin 3x$, ten folds, one QR factorisation for all degrees:

# %%
degrees, grid = np.arange(13), np.linspace(-0.9, 0.9, 200)         # the ends aside, where polynomials swing


def all_degrees(x, y, x_new):
    """Return the predictions (13, n_new) of the polynomials of degree 0 to 12."""
    Q, R = np.linalg.qr(np.polynomial.legendre.legvander(x, 12))
    return np.cumsum(np.polynomial.legendre.legvander(x_new, 12) @ np.linalg.inv(R) * (Q.T @ y), axis=1).T


def pick_degree(seed, ripple=0.0, n=40):
    """Return fold errors (13, 10), and the true squared error (13,) of the fit on all the data."""
    rng = np.random.default_rng(seed)
    curve = lambda x: np.sin(3 * x) + ripple * np.cos(9 * x)
    x = rng.uniform(-1, 1, n)
    y = curve(x) + 0.3 * rng.normal(size=n)
    errors = []
    for test in k_folds(n, 10):
        rest = np.setdiff1d(np.arange(n), test)
        errors.append(((all_degrees(x[rest], y[rest], x[test]) - y[test]) ** 2).mean(1))
    return np.array(errors).T, ((all_degrees(x, y, grid) - curve(grid)) ** 2).mean(1)


def smallest_and_simplest(errors):
    """Return the candidate with the smallest mean error, and the first within one standard error of it."""
    mean, se = errors.mean(1), errors.std(1, ddof=1) / errors.shape[1] ** 0.5
    best = mean.argmin()
    return best, np.argmax(mean <= mean[best] + se[best])


# %% mystnb={"image": {"alt": "Cross-validation error on a logarithmic axis against polynomial degree, with a band of one standard error. The error drops at degree 3, stays level to about degree 8 and rises steeply after it; a dashed line one standard error above the minimum passes above degree 3."}}
errors, _ = pick_degree(3)
mean, se = errors.mean(1), errors.std(1, ddof=1) / 10**0.5
best, simplest = smallest_and_simplest(errors)
ax = plotting.curves({"cross-validation": (degrees, mean)}, band={"cross-validation": (mean - se, mean + se)},
                     logy=True, labels="none", ylim=(0.05, 2),
                     title=f"Degree {best} has the smallest error, degree {simplest} is within reach",
                     xlabel="degree", ylabel="squared error")
_ = ax.axhline(mean[best] + se[best], color=plotting.CYCLE[1], linestyle="--")

# %%
def compare_rules(ripple):
    """Return, for 100 data sets, (degree of the smallest error, of the rule, true error of either)."""
    picks = []
    for seed in range(100):
        errors, risk = pick_degree(seed, ripple)
        best, simplest = smallest_and_simplest(errors)
        picks.append([best, simplest, risk[best], risk[simplest]])
    return np.array(picks)


ratio = {}
for ripple in (0.0, 0.5):
    picks = compare_rules(ripple)
    best, simplest, error_best, error_simplest = picks.mean(0)
    ratio[ripple] = error_simplest / error_best
    print(f"ripple {ripple}: smallest error, degree {best:.1f}, true error {error_best:.3f}; one SE, degree {simplest:.1f}, "
          f"true error {error_simplest:.3f}; better {(picks[:, 3] < picks[:, 2]).sum()}, worse {(picks[:, 3] > picks[:, 2]).sum()} times of 100")
    if ripple == 0:
        claim("measure-one-se-simpler", "On sin 3x the rule picks a degree lower by half or more on average.",
              best - simplest, at_least=0.5)
claim("measure-one-se-better", "There it also predicts better: the mean true error falls by a tenth or more.",
      ratio[0.0], at_most=0.9)
claim("measure-one-se-worse", "On sin 3x + 0.5 cos 9x it predicts worse: the mean true error rises by a quarter or more.",
      ratio[0.5], at_least=1.25)

# %% [markdown]
# The rule is a habit, not a theorem. Where the truth is simple it saves us from the higher degree that won by luck; where the truth is complicated it stops too early.
#
# ## Leakage
#
# **[Data leakage](../../book/glossary.md#data-leakage)** is information about the held-out samples that reaches the fitting. Cross-validation cannot see it, since it happened before. The classical case ([Ambroise and McLachlan,
# 2002](../../book/bibliography.md#ambroise2002selection)): 60 patients, 2000 genes. First pick the 20 genes that go best with the diagnosis, then cross-validate a classifier on those. **Predict** the score when genes and diagnoses are
# *pure noise*, so that every classifier is right half of the time.

# %%
def noise_scores(seed):
    """Return the five-fold score on pure noise with the features chosen (on all samples, inside each fold)."""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(60, 2000)), rng.permutation(np.arange(60) % 2)
    chooser = SelectKBest(f_classif, k=20)
    outside = cross_val_score(LogisticRegression(), chooser.fit_transform(x, y), y, cv=5)
    inside = cross_val_score(make_pipeline(chooser, LogisticRegression()), x, y, cv=5)
    return outside.mean(), inside.mean()


noise = np.array([noise_scores(seed) for seed in range(10)])
for place, column in zip(["outside", "inside "], noise.T):
    print(f"chosen {place} {column.mean():.3f} ± {column.std(ddof=1):.3f}")
claim("measure-leak-outside", "With features chosen on all samples, pure noise is classified with over 85 %.",
      noise[:, 0].mean(), at_least=0.85)
claim("measure-leak-inside", "With features chosen inside each fold it is a coin flip.",
      noise[:, 1].mean(), expected=0.5, tolerance=0.08)

# %% [markdown]
# Among 2000 noise features some go with the 60 labels by chance, and so with the labels of the patients who are held out later. Everything that looks at labels belongs *inside* the fold; a pipeline is the way to write that.
#
# What of a scaler, which looks at no label? The rule is the same: fit it on the training part. How much does breaking it cost? 178 wines, five nearest neighbours, six shufflings:

# %% tags=["settles-S2-H2"]
x_wine, y_wine = load_wine(return_X_y=True)
nearest = KNeighborsClassifier(5)
everywhere = StandardScaler().fit_transform(x_wine)
wine = []
for seed in range(6):
    cv = KFold(5, shuffle=True, random_state=seed)
    options = [(nearest, x_wine), (nearest, everywhere), (make_pipeline(StandardScaler(), nearest), x_wine)]
    wine.append([cross_val_score(model, x, y_wine, cv=cv).mean() for model, x in options])
wine = np.array(wine)
for name, column in zip(["no scaling", "scaler fitted on all data", "scaler fitted inside each fold"], wine.T):
    print(f"{name:30s} {column.mean():.3f} ± {column.std(ddof=1):.3f}")
claim("measure-scaling", "Scaling itself is worth over 20 points to nearest neighbours.",
      (wine[:, 2] - wine[:, 0]).mean(), at_least=0.2)
claim("measure-scaler-leak", "Where the scaler is fitted moves the score by less than one point.",
      abs((wine[:, 1] - wine[:, 2]).mean()), at_most=0.01)

# %% [markdown]
# Honestly: next to nothing. Thirteen means and deviations carry almost no information about one wine. The rule stands because it costs nothing and because the next preprocessing step may be a feature chooser.
#
# The third leak is in the rows. The same patient twice, frames of one video, augmented copies: if one copy is trained on and the other tested, memory looks like skill. 150 points of two moons, three in ten labels wrong, each point twice with a
# tiny jitter, and a model that memorises:

# %%
def twins(seed):
    """Return the scores of one nearest neighbour: (rows shuffled, twins kept together, new data)."""
    rng = np.random.default_rng(seed)
    x, y = data.moons(650, noise=0.2, rng=rng)
    y = np.where(rng.random(650) < 0.3, 1 - y, y)
    (x, x_new), (y, y_new) = np.split(x, [150]), np.split(y, [150])
    x, y = np.repeat(x, 2, axis=0) + 0.01 * rng.normal(size=(300, 2)), np.repeat(y, 2)
    nearest = KNeighborsClassifier(1)
    by_rows = cross_val_score(nearest, x, y, cv=KFold(5, shuffle=True, random_state=seed))
    by_pairs = cross_val_score(nearest, x, y, cv=GroupKFold(5), groups=np.repeat(np.arange(150), 2))
    return by_rows.mean(), by_pairs.mean(), nearest.fit(x, y).score(x_new, y_new)


twin = np.array([twins(seed) for seed in range(8)])

# %% mystnb={"image": {"alt": "Bars of accuracy with error bars. Rows shuffled 0.91, twins kept together 0.56, new data 0.57; each with a dot for every data set."}}
_ = plotting.bars_with_error({"rows shuffled": twin[:, 0], "twins kept together": twin[:, 1], "new data": twin[:, 2]},
                             title="Copies across the split turn memory into skill",
                             xlabel="accuracy, 8 data sets ± SD")
claim("measure-twins", "Splitting by rows promises at least 25 points more than new data give.",
      (twin[:, 0] - twin[:, 2]).mean(), at_least=0.25)
claim("measure-groups", "Splitting by pairs is right within six points.",
      abs((twin[:, 1] - twin[:, 2]).mean()), at_most=0.06)

# %% [markdown]
# ## Stacked generalisation
#
# **[Stacked generalisation](../../book/glossary.md#stacked-generalization)** ([Wolpert, 1992](../../book/bibliography.md#wolpert1992stacked)) fits a second model on the *predictions* of several first ones. Which predictions? Those that a model makes
# on its own training data leak: a memoriser looks perfect there. They must be *out-of-fold*: each sample predicted by a model that has not seen it, which is cross-validation used to make features.

# %% tags=["settles-S2-G4a"]
first = {f"{k} neighbour{'s' * (k > 1)}": KNeighborsClassifier(k) for k in (1, 30)} | {"logistic": LogisticRegression()}


def stacked(seed):
    """Return test accuracies of the first models, then of the second on in-fold and on out-of-fold predictions."""
    rng = np.random.default_rng(seed)
    x, y = data.moons(1200, noise=0.35, rng=rng)
    (x, x_new), (y, y_new) = np.split(x, [200]), np.split(y, [200])
    predict = lambda model, z: model.predict_proba(z)[:, 1]
    held = np.stack([cross_val_predict(m, x, y, cv=5, method="predict_proba")[:, 1] for m in first.values()], axis=1)
    fitted = [m.fit(x, y) for m in first.values()]
    seen, new = (np.stack([predict(m, z) for m in fitted], axis=1) for z in (x, x_new))
    seconds = [LogisticRegression().fit(features, y) for features in (seen, held)]
    return [m.score(x_new, y_new) for m in fitted] + [m.score(new, y_new) for m in seconds] + [seconds[0].score(seen, y)]


stack = np.array([stacked(seed) for seed in range(8)])
for name, column in zip([*first, "stacked, in-fold", "stacked, out-of-fold"], stack.T):
    print(f"{name:22s} {column.mean():.3f} ± {column.std(ddof=1):.3f}")
claim("measure-stack-in-fold", "In-fold, the stack is right on all training points, and on new ones no better than one neighbour.",
      [stack[:, 5].mean(), (stack[:, 3] - stack[:, 0]).mean()], expected=[1.0, 0.0], tolerance=0.005)
claim("measure-stack-best", "Out-of-fold, the stack is within two points of the best first model, and not ahead of it.",
      (stack[:, 1] - stack[:, 4]).mean(), at_least=0.0, at_most=0.02)
claim("measure-stack-out-of-fold", "Out-of-fold predictions make it at least two points better.",
      (stack[:, 4] - stack[:, 3]).mean(), at_least=0.02)

# %% [markdown]
# The second model did what its features told it: one neighbour had never been wrong. Out-of-fold, the stack comes near its best member, 30 neighbours, without being told which that is. It need not beat it, and here it does not.
#
# > **Misconception.** Stacking models and stacking layers is the same thing.
#
# Logistic units on top of logistic units can be either. In stacked generalisation every first model is fitted *to the label*, by itself. In a [network](../../book/glossary.md#neural-network) all layers are fitted together to one loss, and a
# hidden unit may compute whatever helps the next one. Exclusive or tells them apart: the best logistic fit to its four corners says one half everywhere, so a stack of such fits has nothing to work with. (The network is scikit-learn's, a black box here;
# chapter 2 builds it.)

# %%
def both_stacks(seed, n_first=8):
    """Return test accuracy on exclusive or: (logistic on logistics fitted alone, the same shape fitted together)."""
    rng = np.random.default_rng(seed)
    x, y = data.xor(1200, noise=0.2, rng=rng)
    rows = rng.permutation(1200)
    (x, x_new), (y, y_new) = np.split(x[rows], [200]), np.split(y[rows], [200])
    part = lambda: rng.permutation(200)[:100]
    alone = [LogisticRegression().fit(x[i], y[i]) for i in (part() for _ in range(n_first))]
    features = lambda z: np.stack([m.predict_proba(z)[:, 1] for m in alone], axis=1)
    second = LogisticRegression().fit(features(x), y)
    together = MLPClassifier((n_first,), activation="logistic", solver="lbfgs", alpha=1e-3, max_iter=500, random_state=seed)
    return second.score(features(x_new), y_new), together.fit(x, y).score(x_new, y_new)


xor = np.array([both_stacks(seed) for seed in range(5)])
for way, column in zip(["alone", "together"], xor.T):
    print(f"fitted {way:8s} {column.mean():.3f} ± {column.std(ddof=1):.3f}")
claim("measure-stack-alone", "Eight units fitted alone and stacked stay near chance.",
      xor[:, 0].mean(), expected=0.5, tolerance=0.1)
claim("measure-stack-together", "Eight units fitted together are right on over 90 %.", xor[:, 1].mean(), at_least=0.9)

# %% [markdown]
# ## What to measure
#
# A test returns a score $s$ for each person; we call $s > t$ positive. Four counts say everything about one threshold $t$, the **[confusion matrix](../../book/glossary.md#confusion-matrix)**:
#
# | | called positive | called negative |
# |---|---|---|
# | **is positive** | true positives TP | false negatives FN |
# | **is negative** | false positives FP | true negatives TN |
#
# **[Precision](../../book/glossary.md#precision)** TP/(TP+FP): of those called, how many are. **[Recall](../../book/glossary.md#recall)** TP/(TP+FN): of those that are, how many were called. Their harmonic mean is **[F1](../../book/glossary.md#f1-score)**. A disease that one person in a
# hundred has, and a decent test: scores of the healthy are normal around 0, of the ill around 2.

# %%
def confusion_counts(called, truth):
    """Return [[TP, FN], [FP, TN]]."""
    return np.array([[(called & group).sum(), (~called & group).sum()] for group in (truth, ~truth)])


def rates(counts):
    """Return accuracy, precision, recall and F1 of a confusion matrix."""
    (tp, fn), (fp, tn) = counts
    return (tp + tn) / counts.sum(), tp / max(tp + fp, 1), tp / (tp + fn), 2 * tp / (2 * tp + fp + fn)


rng = np.random.default_rng(3)
ill = np.arange(20_000) < 200
s = rng.normal(size=20_000) + 2 * ill
for name, called in [("s > 2", s > 2), ("s > 1", s > 1), ("nobody", s > np.inf)]:
    counts = confusion_counts(called, ill)
    accuracy, precision, recall, f1 = rates(counts)
    print(f"{name:7s} {counts.tolist()!s:27s} accuracy {accuracy:.3f}  precision {precision:.3f}  "
          f"recall {recall:.3f}  F1 {f1:.3f}")

# %% [markdown]
# > **Misconception.** An accuracy of 99 % is good.
#
# Where 99 % are healthy, calling nobody ill scores 99 % and helps nobody. The test above with the threshold 2 finds half of the ill, and scores *less*.

# %%
nobody, useful = rates(confusion_counts(s > np.inf, ill)), rates(confusion_counts(s > 2, ill))
claim("measure-nobody", "Calling nobody ill is right on 99 % and finds none of the ill.",
      [nobody[0], nobody[2]], expected=[0.99, 0.0])
claim("measure-useful", "The test with threshold 2 finds half of the ill.", useful[2], expected=0.5, tolerance=0.08)
claim("measure-useful-accuracy", "Its accuracy is more than a point below that of calling nobody.",
      nobody[0] - useful[0], at_least=0.01)

# %% [markdown]
# No single threshold is *the* test. Sweep it: the **[ROC curve](../../book/glossary.md#roc-curve)** draws recall against the share of negatives called positive. Its area has a meaning without any threshold: *the probability that a random positive scores
# above a random negative* ([Hanley and McNeil, 1982](../../book/bibliography.md#hanley1982meaning)), ties counting half. Readable: count ordered pairs. Fast: sort once and add up ranks.

# %%
def ordered_pairs(s, truth):
    """Return the share of (positive, negative) pairs in which the positive scores higher; ties count half."""
    wins = 0.0
    for a in s[truth]:
        for b in s[~truth]:
            wins += 1.0 if a > b else 0.5 if a == b else 0.0
    return wins / (truth.sum() * (~truth).sum())


def area_by_ranks(s, truth):
    negatives = np.sort(s[~truth])
    below, not_above = (np.searchsorted(negatives, s[truth], side=side) for side in ("left", "right"))
    return (below + not_above).mean() / 2 / len(negatives)


rng = np.random.default_rng(0)
cases = [(rng.integers(0, m, n).astype(float), np.arange(n) < n // 3) for m, n in [(3, 12), (5, 30), (1000, 40)]]
same("counting ordered pairs and adding ranks, ties included", ordered_pairs, area_by_ranks, cases)
claim("measure-area", "The area of our test is that of two normal clouds two apart, Φ(2/√2) = 0.921.",
      area_by_ranks(s, ill), expected=ndtr(2**0.5), tolerance=0.02)


# %%
def sweep(s, truth):
    """Return recall, false positive rate and precision at every threshold, from strict to lenient."""
    truth = truth[np.argsort(-s)]
    tp, fp = np.cumsum(truth), np.cumsum(~truth)
    return tp / truth.sum(), fp / (~truth).sum(), tp / (tp + fp)


rng = np.random.default_rng(4)
half = np.arange(20_000) < 10_000
tests = {"1 in 100 is ill": (s, ill), "1 in 2 is ill": (rng.normal(size=20_000) + 2 * half, half)}
curves = {name: sweep(*test) for name, test in tests.items()}
areas = [area_by_ranks(*test) for test in tests.values()]
by_steps = [np.trapezoid(np.r_[0, recall], np.r_[0, fpr]) for recall, fpr, _ in curves.values()]
average_precision = [(np.diff(np.r_[0, recall]) * precision).sum() for recall, _, precision in curves.values()]
for name, area_, ap in zip(tests, areas, average_precision):
    print(f"{name:15s}: area {area_:.3f}, average precision {ap:.3f}")
claim("measure-area-steps", "The area under the drawn curve is the share of ordered pairs.",
      np.subtract(areas, by_steps), expected=np.zeros(2), tolerance=1e-10)
claim("measure-area-prevalence", "The area does not depend on how many are ill.",
      areas[0] - areas[1], expected=0.0, tolerance=0.02)
claim("measure-precision-prevalence", "The average precision falls by more than 40 points.",
      average_precision[1] - average_precision[0], at_least=0.4)

# %% mystnb={"image": {"alt": "Left, the two ROC curves, for one ill in a hundred and one in two, lie on each other. Right, precision against recall: with one in two ill the curve stays above 0.8 almost to full recall, with one in a hundred it falls quickly below 0.4."}}
fig, axes = plotting.new_figure(1, 2, height=3)
for k, (name, (recall, fpr, precision)) in enumerate(curves.items()):
    at = np.searchsorted(recall, np.linspace(0.02, 1, 50))
    axes[0].plot(np.r_[0, fpr[at], 1], np.r_[0, recall[at], 1], label=name, linestyle=["-", "--"][k])
    axes[1].plot(recall[at], precision[at], label=name, linestyle=["-", "--"][k])
plotting.dress(axes[0], "The ROC curve is the same", "false positive rate", "recall")
plotting.dress(axes[1], "Precision is not", "recall", "precision")
axes[0].legend()
plt.show()

# %% [markdown]
# On rare classes look at precision and recall; the ROC curve hides that 5 % of very many healthy people are more than all the ill.
#
# ## Explore: a boundary, a threshold, four counts
#
# Ten negatives for each positive, and a logistic regression that is fitted again whenever you paint a point. Move the threshold. **Try to answer first:** which of accuracy, precision, recall and area does the threshold
# change, and does the threshold with the best accuracy find more or fewer of the positives than 0.1 does?

# %%
explore.decision_boundary()

# %% [markdown]
# ## Calibration
#
# A score may also claim to be a probability. It is **[calibrated](../../book/glossary.md#calibration)** if, of all predictions made with 0.9, nine in ten are right. The **expected calibration error** sorts predictions into bins by *confidence*, the largest
# probability, and averages $|\text{share right} - \text{mean confidence}|$ over bins by their size. A softmax regression with hardly any penalty learns ten digits from 300 noisy images:

# %%
def calibration_error(confidence, right, n_bins=10):
    """Return the expected calibration error, and (mean confidence, share right, count) of each bin in use."""
    which = np.minimum((confidence * n_bins).astype(int), n_bins - 1)
    bins = np.array([(confidence[k].mean(), right[k].mean(), k.sum()) for k in (which == b for b in np.unique(which))])
    return np.abs(bins[:, 0] - bins[:, 1]) @ bins[:, 2] / len(right), bins


def noisy_digits(seed):
    """Return logits and names of validation (400) and test images (1097) of a softmax regression fitted on 300."""
    rng = np.random.default_rng(seed)
    rows, noisy = rng.permutation(len(names)), images + 0.4 * rng.normal(size=images.shape)
    fit, choose, test = np.split(rows, [300, 700])
    model = LogisticRegression(C=100, max_iter=500).fit(noisy[fit], names[fit])
    return (model.decision_function(noisy[choose]), names[choose]), (model.decision_function(noisy[test]), names[test])


def log_loss(logits, y, temperature=1.0):
    return -np.log(np.maximum(softmax(logits / temperature, axis=1)[np.arange(len(y)), y], 1e-300)).mean()


def fitted_temperature(logits, y):
    return np.exp(minimize_scalar(lambda t: log_loss(logits, y, np.exp(t)), bounds=(-1, 4), method="bounded").x)


# %% [markdown]
# > **Misconception.** A probability of 0.9 from softmax means right nine times in ten.
#
# [Softmax](../../book/glossary.md#softmax) makes numbers that are positive and add up to one. Whether they are frequencies is for the data to say. One remedy is **[temperature scaling](../../book/glossary.md#temperature-scaling)** ([Guo et al., 2017](../../book/bibliography.md#guo2017calibration)): divide all
# [logits](../../book/glossary.md#logits) by one number $T$, chosen to minimise the [negative log-likelihood](../../book/glossary.md#negative-log-likelihood) of the *validation* set. The order of the classes stays, so the accuracy cannot change.

# %%
table, pooled = [], {"raw": [], "scaled": []}
for seed in range(6):
    validation, (logits, truth) = noisy_digits(seed)
    for name, temperature in [("raw", 1.0), ("scaled", fitted_temperature(*validation))]:
        probability = softmax(logits / temperature, axis=1)
        confidence, right = probability.max(1), probability.argmax(1) == truth
        near = np.abs(confidence - 0.9) < 0.05
        loss = log_loss(logits, truth, temperature)
        table.append([right.mean(), calibration_error(confidence, right)[0], right[near].mean(), loss])
        pooled[name].append((confidence, right))
table = np.array(table).reshape(6, 2, 4)
for name, row, spread in zip(["T = 1   ", "fitted T"], table.mean(0), table.std(0, ddof=1)):
    print(f"{name}  accuracy {row[0]:.3f}, calibration error {row[1]:.3f} ± {spread[1]:.3f}, "
          f"right at 0.9 {row[2]:.2f} ± {spread[2]:.2f}, log loss {row[3]:.2f}")
claim("measure-softmax-nine", "Of the predictions made with 0.85 to 0.95, fewer than 70 % are right.",
      table[:, 0, 2].mean(), at_most=0.7)
claim("measure-temperature", "A fitted temperature brings the calibration error from 0.23 to 0.03.",
      table[:, :, 1].mean(0), expected=[0.23, 0.03], tolerance=0.02)
claim("measure-temperature-nine", "Now about nine in ten of the predictions made with 0.9 are right.",
      table[:, 1, 2].mean(), expected=0.9, tolerance=0.05)
claim("measure-temperature-accuracy", "No prediction changes.",
      np.abs(table[:, 0, 0] - table[:, 1, 0]).max(), expected=0.0)

# %% mystnb={"image": {"alt": "Reliability diagram: share right against confidence. The raw softmax lies far below the diagonal, about half right where it says 0.85; after temperature scaling the points lie close to the diagonal."}}
pooled = {name: [np.concatenate(parts) for parts in zip(*rows)] for name, rows in pooled.items()}
lines = {name: tuple(calibration_error(*both)[1][1:, :2].T) for name, both in pooled.items()}
honest = np.array([0.2, 1.0])
_ = plotting.curves({"calibrated": (honest, honest), "raw softmax": lines["raw"], "temperature fitted": lines["scaled"]},
                    title="The raw softmax promises too much; one number repairs it",
                    xlabel="confidence", ylabel="share right", labels="legend")

# %% [markdown]
# The calibration error has a bias of its own: it averages absolute values, and chance alone makes those positive. A perfectly calibrated model of 100 samples does not score zero:

# %%
def chance_error(n, rng):
    confidence = rng.uniform(0.5, 1, n)
    return calibration_error(confidence, rng.random(n) < confidence)[0]


rng = np.random.default_rng(0)
by_chance = [np.mean([chance_error(n, rng) for _ in range(100)]) for n in (100, 1000)]
claim("measure-chance-error", "A perfectly calibrated model has a calibration error of about 0.07 on 100 samples, 0.02 on 1000.",
      by_chance, expected=[0.072, 0.022], tolerance=0.01)

# %% [markdown]
# ### The Brier score and its parts
#
# The **[Brier score](../../book/glossary.md#brier-score)** ([1950](../../book/bibliography.md#brier1950verification)) is the mean squared distance of a forecast $f$ from what happened, $o\in\{0,1\}$. For forecasts that take the values $f_b$, each $n_b$ times with a share $\bar o_b$ of events,
# [Murphy, 1973](../../book/bibliography.md#murphy1973new), splits it exactly:
#
# $$\frac1n\sum_i (f_i - o_i)^2 \;=\; \underbrace{\tfrac1n\sum_b n_b (f_b - \bar o_b)^2}_{\text{reliability}} \;-\; \underbrace{\tfrac1n\sum_b n_b(\bar o_b - \bar o)^2}_{\text{resolution}} \;+\; \underbrace{\bar o(1 - \bar o)}_{\text{uncertainty}} .$$
#
# In words: *penalty for wrong numbers, less reward for telling cases apart, plus what nature leaves open*. The event here is "the model is right", the forecast its confidence, rounded to twentieths.

# %%
def brier_parts(forecast, event):
    """Return reliability, resolution and uncertainty of forecasts that take few values."""
    parts = np.array([(v, event[forecast == v].mean(), (forecast == v).mean()) for v in np.unique(forecast)])
    value, share, weight = parts.T
    base = event.mean()
    return weight @ (value - share) ** 2, weight @ (share - base) ** 2, base * (1 - base)


for name, (confidence, right) in pooled.items():
    forecast = np.round(confidence * 20) / 20
    reliability, resolution, uncertainty = brier_parts(forecast, right)
    brier = ((forecast - right) ** 2).mean()
    print(f"{name:6s} Brier {brier:.3f} = {reliability:.3f} - {resolution:.3f} + {uncertainty:.3f}")
    claim(f"measure-brier-{name}", f"The three parts add up to the Brier score of the {name} forecasts.",
          abs(reliability - resolution + uncertainty - brier), at_most=1e-12)

# %% [markdown]
# The temperature repairs reliability, and cannot add much to resolution.
#
# A score that a forecaster minimises by saying what she believes is a **[proper scoring rule](../../book/glossary.md#proper-scoring-rule)** ([Gneiting and Raftery, 2007](../../book/bibliography.md#gneiting2007strictly)). If the event has probability 0.7, which forecast $q$ has the smallest
# expected penalty?

# %% mystnb={"image": {"alt": "Expected penalty against the forecast q for an event of probability 0.7: squared and logarithmic penalties have their minimum at 0.7, the absolute penalty falls all the way to q equal one."}}
q = np.linspace(0.01, 0.99, 99)
of_distance = {"squared (Brier)": np.square, "logarithmic": lambda d: -np.log(1 - d), "absolute": np.abs}
penalties = {name: 0.7 * f(1 - q) + 0.3 * f(q) for name, f in of_distance.items()}    # distance from what happened
_ = plotting.curves({name: (q, values) for name, values in penalties.items()},
                    title="Squared and logarithmic penalties reward honesty; the absolute one rewards bravado",
                    xlabel="forecast q", ylabel="expected penalty", ylim=(0, 1.6))
least = {name: q[values.argmin()] for name, values in penalties.items()}
claim("measure-proper", "Squared and logarithmic penalty are least at 0.7, the absolute one at the most extreme forecast.",
      [*least.values()], expected=[0.7, 0.7, 0.99], tolerance=1e-9)

# %% [markdown]
# Accuracy is no better than the absolute penalty here: any $q$ above one half earns the same. So train and compare probabilities with [cross-entropy](../../book/glossary.md#cross-entropy) or the Brier score.
#
# ## An interval on every score
#
# The textbook interval $\hat p \pm 1.96\sqrt{\hat p(1-\hat p)/n}$, Wald's, fails where it is most used, near $p = 1$: with 50 of 50 right its width is zero. **Coverage** is the share of test sets whose interval holds the truth. For a count it is an exact sum over
# the binomial distribution; a simulation confirms it.

# %%
def wald(right, n, z=1.959964):
    p = right / n
    return p - z * np.sqrt(p * (1 - p) / n), p + z * np.sqrt(p * (1 - p) / n)


def coverage(interval, p, n):
    """Return the probability that the interval of a binomial count holds p."""
    low, high = interval(np.arange(n + 1), n)
    return binom.pmf(np.arange(n + 1), n, p)[(low <= p) & (p <= high)].sum()


p_axis = np.linspace(0.7, 0.99, 117)
covers = {f.__name__.title(): np.array([coverage(f, p, 50) for p in p_axis]) for f in (wilson, wald)}
drawn = np.random.default_rng(0).binomial(50, 0.95, 20_000)
low, high = wilson(drawn, 50)
simulated = ((low <= 0.95) & (0.95 <= high)).mean()
claim("measure-coverage-simulated", "In 20 000 simulated test sets Wilson's interval covers as often as the sum says.",
      simulated - coverage(wilson, 0.95, 50), expected=0.0, tolerance=0.006)
claim("measure-coverage-wilson", "For n = 50 Wilson's interval covers 95 % on average over p from 0.7 to 0.99.",
      covers["Wilson"].mean(), expected=0.95, tolerance=0.01)
claim("measure-coverage-wald", "Wald's covers less than 92 % on average.", covers["Wald"].mean(), at_most=0.92)
claim("measure-coverage-wald-edge", "At p = 0.99 it covers in about four of ten test sets.",
      covers["Wald"][-1], expected=0.395, tolerance=0.01)

# %% mystnb={"image": {"alt": "Coverage against the true accuracy for test sets of 50. Wilson's interval zigzags around 0.95; Wald's zigzags below it and falls to 0.4 as the accuracy approaches 0.99."}}
_ = plotting.curves({name: (p_axis, values) for name, values in covers.items()},
                    title="Near p = 1 the textbook interval breaks its promise", markers=False,
                    xlabel="true accuracy p, test sets of 50", ylabel="coverage of a 95 % interval", ylim=(0.35, 1.02))

# %% [markdown]
# Not every score is a count. The **[bootstrap](../../book/glossary.md#bootstrap)** ([Efron, 1979](../../book/bibliography.md#efron1979bootstrap)) needs no formula: draw $n$ of the $n$ test samples *with replacement*, compute the score, repeat, and take the middle 95 % of the results. For the area under the ROC
# curve of 30 ill and 70 healthy people, does it keep its promise?

# %%
def bootstrap_area(s_ill, s_healthy, rng, n_draws=300):
    """Return the middle 95 % of the area under the ROC curve over resampled test sets."""
    wins = (s_ill[:, None] > s_healthy).astype(float)                       # (30, 70)
    times = [rng.multinomial(len(v), np.full(len(v), 1 / len(v)), n_draws) for v in (s_ill, s_healthy)]
    return np.quantile(((times[0] @ wins) * times[1]).sum(1) / wins.size, [0.025, 0.975])


rng, true_area, hits = np.random.default_rng(1), ndtr(2**-0.5), []
for _ in range(400):
    low, high = bootstrap_area(rng.normal(1, 1, 30), rng.normal(0, 1, 70), rng)
    hits.append(low <= true_area <= high)
low, high = wilson(np.sum(hits), 400)
print(f"bootstrap coverage {np.mean(hits):.3f}, itself known within {low:.3f} to {high:.3f}")
claim("measure-bootstrap", "The bootstrap interval of the area covers the truth in about 94 % of 400 test sets.",
      np.mean(hits), expected=0.94, tolerance=0.03)

# %% [markdown]
# > **Misconception.** If the intervals of two models overlap, the test set cannot tell them apart.
#
# Two models on the *same* test set agree on most samples, and those say nothing about which is better. [McNemar, 1947](../../book/bibliography.md#mcnemar1947note), looks at the others: if $b$ samples are right under A alone and $c$ under B alone, equal models make $b$ a
# count of fair coin flips among $b+c$. Measured: models of 91 % and 87 % that share most errors, 2000 test sets of 500.

# %%
def compare(only_a, only_b, both=0.86, n=500, n_sets=2000):
    """Return the shares of test sets in which (McNemar's exact test sees a difference, the intervals overlap)."""
    rng = np.random.default_rng(2)
    b, c, shared, _ = rng.multinomial(n, [only_a, only_b, both, 1 - only_a - only_b - both], n_sets).T
    p_value = np.minimum(2 * binom.cdf(np.minimum(b, c), b + c, 0.5), 1)
    (low_a, high_a), (low_b, high_b) = wilson(b + shared, n), wilson(c + shared, n)
    return (p_value < 0.05).mean(), ((low_a <= high_b) & (low_b <= high_a)).mean()


(seen, overlap), (false_alarm, _) = compare(0.05, 0.01), compare(0.03, 0.03)
print(f"difference seen {seen:.3f}, intervals overlap {overlap:.3f}, false alarms {false_alarm:.3f}")
claim("measure-overlap", "In over 85 % of the test sets the two intervals overlap.", overlap, at_least=0.85)
claim("measure-paired", "In over 90 % the paired test sees the difference.", seen, at_least=0.9)
claim("measure-false-alarm", "Between equal models it raises a false alarm in at most 5 %.",
      false_alarm, at_most=0.05)

# %% [markdown]
# ## In the frameworks
#
# The probabilities that this section measures come from [logistic regression](../../book/glossary.md#logistic-regression): $p = \sigma(Xw + b)$, trained on the mean binary [cross-entropy](../../book/glossary.md#cross-entropy), whose gradient is $\frac1nX^\top(p - y)$ for $w$ and the mean of $p-y$ for $b$.
# A hundred steps on the tumours, written from the logit $z$ so that nothing overflows: $\log(1+e^z) - yz$.

# %% tags=["fw-numpy"]
tumours_x, tumours_y = StandardScaler().fit_transform(tumours.data), tumours.target.astype(float)
w, b, path_numpy = np.zeros(30), 0.0, []
for step in range(100):
    z = tumours_x @ w + b
    path_numpy.append((np.logaddexp(0, z) - tumours_y * z).mean())
    p = 1 / (1 + np.exp(-z))
    dw, db = tumours_x.T @ (p - tumours_y) / 569, (p - tumours_y).mean()
    if step == 0: grads_numpy = {"w": dw, "b": db}
    w, b = w - 0.5 * dw, b - 0.5 * db
p_numpy = 1 / (1 + np.exp(-(tumours_x @ w + b)))

# %% tags=["fw-torch"]
import torch

X_t, y_t = torch.tensor(tumours_x), torch.tensor(tumours_y)
w_t, b_t = torch.zeros(30).double().requires_grad_(), torch.zeros(()).double().requires_grad_()
sgd, path_torch = torch.optim.SGD([w_t, b_t], lr=0.5), []
for step in range(100):
    loss_t = torch.nn.functional.binary_cross_entropy_with_logits(X_t @ w_t + b_t, y_t)
    sgd.zero_grad(); loss_t.backward()
    if step == 0: grads_torch = {"w": w_t.grad.clone(), "b": b_t.grad.clone()}
    path_torch.append(loss_t.item()); sgd.step()
p_torch = torch.sigmoid(X_t @ w_t + b_t)

# %% tags=["fw-tensorflow"]
import tensorflow as tf

w_k, b_k, path_tf = tf.Variable(np.zeros(30)), tf.Variable(np.float64(0)), []
for step in range(100):
    with tf.GradientTape() as tape:
        z_k = tf.linalg.matvec(tumours_x, w_k) + b_k
        loss_k = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(tumours_y, z_k))
    dw_k, db_k = tape.gradient(loss_k, [w_k, b_k]); path_tf.append(float(loss_k))
    if step == 0: grads_tf = {"w": dw_k, "b": db_k}
    w_k.assign_sub(0.5 * dw_k); b_k.assign_sub(0.5 * db_k)
p_tf = tf.sigmoid(tf.linalg.matvec(tumours_x, w_k) + b_k)

# %%
parity("measure-logistic",
       outputs={"numpy": p_numpy, "torch": p_torch, "tensorflow": p_tf},
       gradients={"numpy": grads_numpy, "torch": grads_torch, "tensorflow": grads_tf},
       path={"numpy": path_numpy, "torch": path_torch, "tensorflow": path_tf})

# %% [markdown]
# The outputs compared are the probabilities *after* the hundred steps, so every metric computed from them agrees as well.
#
# ## Summary
#
# - A score is an estimate. Give its $n$ and an interval: Wilson's for a share, the bootstrap for most other scores, a paired test for two models on one test set.
# - Cross-validation tests every sample once, by a model that has not seen it. It estimates; it improves nothing by itself.
# - Choosing by a score spoils the score. Judge the choice by nested cross-validation or on untouched data.
# - Whatever looks at labels, or at copies of a sample, belongs inside the fold. Stacked models need out-of-fold predictions.
# - On rare classes look at precision and recall. Ask a probability for calibration, and train it with a proper score.
#
# ## Exercises
#
# ### Exercise 1 · Leave one out
#
# Write `loo_error(X, y)`: the mean squared leave-one-out error of linear regression on `X` (n, d), which holds its column of ones already, from a single fit.

# %%
def loo_error(X, y):
    ...


exercise("measure-loo-error", loo_error)


# %% tags=["hide-cell", "solution"]
def loo_solution(X, y):
    hat = X @ np.linalg.pinv(X)
    return (((y - hat @ y) / (1 - np.diag(hat))) ** 2).mean()


exercise("measure-loo-error", loo_solution)

# %% [markdown]
# ### Exercise 2 · The one-standard-error rule
#
# `errors` (m, K) holds the fold errors of $m$ candidates, the simplest first. Write `choose(errors)`: the index that the rule picks. Use the standard error of the best candidate, with $K-1$ in the deviation. Beware: a simple candidate may be within reach
# although a more complicated one between it and the best is not.

# %%
def choose(errors):
    ...


exercise("measure-one-se", choose)

# %% tags=["hide-cell", "solution"]
exercise("measure-one-se", lambda errors: smallest_and_simplest(np.asarray(errors))[1])

# %% [markdown]
# ### Exercise 3 · Which of these leak?
#
# Four pipelines; every one ends in five-fold cross-validation of a classifier. Give the letters of those whose score is too good, as a string such as `"AC"`.
#
# - **A**: fill each missing value with the mean of its feature *within the patient's diagnosis*, then cross-validate.
# - **B**: shuffle the rows once with a fixed seed, then cross-validate.
# - **C**: balance the classes by duplicating the rarer class's rows, then cross-validate.
# - **D**: inside each fold, fit a scaler and a feature chooser on the training part, apply both to the rest.

# %%
answer = None
exercise("measure-leaks", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# A writes the label into the features of the held-out samples. C puts copies on both sides of the split. B is what one should do, and D is the honest pipeline.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("measure-leaks", "AC")

# %% [markdown]
# ### Exercise 4 · What a positive result means
#
# One person in a hundred is ill. A test finds 90 % of the ill and calls 5 % of the healthy ill. What is its precision?

# %%
answer = None
exercise("measure-precision", answer)

# %% tags=["hide-cell", "solution"]
exercise("measure-precision", 0.01 * 0.9 / (0.01 * 0.9 + 0.99 * 0.05))

# %% [markdown]
# ### Exercise 5 · The area, with ties
#
# Write `area(scores, labels)`: the area under the ROC curve for labels 0 and 1, with ties counting half.

# %%
def area(scores, labels):
    ...


exercise("measure-area-ties", area)

# %% tags=["hide-cell", "solution"]
exercise("measure-area-ties", lambda scores, labels: area_by_ranks(np.asarray(scores), np.asarray(labels) == 1))

# %% [markdown]
# ### Exercise 6 · A proof
#
# Show $e_i^{(-i)} = e_i/(1-h_{ii})$. Hint: add to the data without sample $i$ the point $(x_i, \hat y_i^{(-i)})$, where $\hat y_i^{(-i)}$ is the prediction of the model that never saw sample $i$. What is the least-squares fit of these $n$ points?
#
# <details><summary>Solution</summary>
#
# The added point has residual zero under the old fit, so the old fit still minimises the sum of squares: it is the fit of the new $n$ points as well. These differ from the original data in the target of sample $i$ alone. Fitted values are linear in the targets,
# $\hat y = Hy$ with $H = X(X^\top X)^{-1}X^\top$, so $\hat y_i^{(-i)} = \hat y_i + h_{ii}(\hat y_i^{(-i)} - y_i)$. Subtract both sides from $y_i$: $e_i^{(-i)} = e_i + h_{ii}e_i^{(-i)}$, which is the claim.
#
# </details>

# %% [markdown]
# ## Sources
#
# [Stone, 1974](../../book/bibliography.md#stone1974cross), and [Kohavi, 1995](../../book/bibliography.md#kohavi1995study), cross-validation ·
# [Allen, 1974](../../book/bibliography.md#allen1974relationship), leave-one-out in closed form ·
# [Bengio and Grandvalet, 2004](../../book/bibliography.md#bengio2004no), its variance ·
# [Cawley and Talbot, 2010](../../book/bibliography.md#cawley2010overfitting), choosing ·
# [Breiman et al., 1984](../../book/bibliography.md#breiman1984classification), the one-standard-error rule ·
# [Ambroise and McLachlan, 2002](../../book/bibliography.md#ambroise2002selection), leakage by feature selection ·
# [Wolpert, 1992](../../book/bibliography.md#wolpert1992stacked), stacked generalisation ·
# [Hanley and McNeil, 1982](../../book/bibliography.md#hanley1982meaning), the area under the ROC curve ·
# [Brier, 1950](../../book/bibliography.md#brier1950verification), [Murphy, 1973](../../book/bibliography.md#murphy1973new), and [Gneiting and Raftery, 2007](../../book/bibliography.md#gneiting2007strictly), scores of forecasts ·
# [Guo et al., 2017](../../book/bibliography.md#guo2017calibration), temperature scaling ·
# [Wilson, 1927](../../book/bibliography.md#wilson1927probable), [Efron, 1979](../../book/bibliography.md#efron1979bootstrap), and [McNemar, 1947](../../book/bibliography.md#mcnemar1947note), intervals and paired comparison ·
# [Pedregosa et al., 2011](../../book/bibliography.md#pedregosa2011scikit), scikit-learn.
