# %% [markdown]
# # Generalisation
#
# **After this section** you can say what training, validation and test data are each for, take an expected error apart into bias,
# variance and noise to the last digit, and name three things that "simple models generalise, complex ones overfit" gets wrong.
# *Reading: 25 minutes. Running: about 40 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import numpy as np
from numpy.polynomial import legendre
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from chainrule import Tensor, data, explore, nn, no_grad, optim, plotting
from chainrule.proof import claim, exercise, gradcheck, parity

# %% [markdown]
# ## The question
#
# Three measurements, at $x = 0, 1, 2$, gave $y = 1, -1, 1$. Nobody tells us that the truth is $y = 0$ everywhere and that the
# measurements are off by one, up or down. Two candidates are fitted by least squares: a constant, and a parabola. Take a pencil: which one is closer
# to the three points, and which one is closer to the truth at $x = 3$?

# %%
x_paper, y_paper = np.array([0.0, 1.0, 2.0]), np.array([1.0, -1.0, 1.0])
constant, parabola = (np.polynomial.Polynomial.fit(x_paper, y_paper, degree) for degree in (0, 2))
training = [np.mean((model(x_paper) - y_paper) ** 2) for model in (constant, parabola)]
new_point = [(model(3.0) - 0.0) ** 2 for model in (constant, parabola)]
claim("general-paper", "The parabola, 1 - 4x + 2x², takes the training error from 8/9 to 0 and the squared error at x = 3 from 1/9 to 49.",
      [*training, *new_point], expected=[8 / 9, 0.0, 1 / 9, 49.0], tolerance=1e-9)

# %% [markdown]
# The parabola learnt the noise. What we want from a model is a small error on points that it has not seen: that it
# **[generalises](../../book/glossary.md#generalization)**. The error on the points that it was fitted to cannot tell, and here it points the wrong way.
#
# ## Three sets
#
# | set | what it is for | what touching it costs |
# |---|---|---|
# | [training set](../../book/glossary.md#training-set) | to fit the parameters | its error is too small, since the fit has chased its noise |
# | [validation set](../../book/glossary.md#validation-set) | to choose among fitted models: degree, penalty, when to stop | the chosen model's error on it is too small, since the choice has chased its noise |
# | [test set](../../book/glossary.md#test-set) | to report, once, at the end | nothing, as long as nothing is decided by it |
#
# The smallest problem on which all three matter: a curve $f(x) = \sin 4\pi x$, measured with noise of standard deviation $\sigma = 0.3$ at 20
# equally spaced points, and polynomials of degree $d$. Legendre polynomials span the same curves as $1, x, x^2, \dots$ and keep the least-squares problem well conditioned.

# %%
sigma, n_points, degrees = 0.3, 20, np.arange(1, 16)
x_design = np.linspace(0, 1, n_points)


def true_curve(x):
    return np.sin(4 * np.pi * x)


def legendre_features(x, degree):
    return legendre.legvander(2 * x - 1, degree)                     # (..., degree + 1)


def fitted_values(at, degree, y):
    """Fit a polynomial to each row of y, (R, n); return their values at the points `at`, (m,) or (R, m), as (R, m)."""
    coefficients = y @ np.linalg.pinv(legendre_features(x_design, degree)).T      # (R, degree + 1)
    return (legendre_features(at, degree) * coefficients[:, None]).sum(-1)


# %% mystnb={"image": {"alt": "Three panels with the same 20 noisy points of a double sine wave and the true curve. The polynomial of degree 1 is a nearly flat line, degree 7 follows the wave, degree 17 goes through nearly every point and swings out of the picture at the ends."}}
rng = np.random.default_rng(2)
y_once, grid = true_curve(x_design) + sigma * rng.normal(size=n_points), np.linspace(0, 1, 201)
fig, axes = plotting.new_figure(1, 3, height=2.6, sharey=True)
for ax, degree in zip(axes, (1, 7, 17)):
    ax.plot(grid, true_curve(grid), color=plotting.CYCLE[5], lw=1, ls="--")
    ax.plot(grid, fitted_values(grid, degree, y_once[None])[0], color=plotting.CYCLE[0])
    ax.plot(x_design, y_once, "o", ms=4, color=plotting.CYCLE[1])
    ax.set_ylim(-2, 2)
    plotting.dress(ax, f"degree {degree}", "x", "y" if degree == 1 else "")
_ = fig.suptitle("Too stiff, about right, too free (dashed: the truth)", x=0.02, ha="left")

# %% [markdown]
# Degree 1 is [underfitting](../../book/glossary.md#underfitting): it misses even the training points. Degree 17 is
# [overfitting](../../book/glossary.md#overfitting): it hits them, and swings where there are none. To choose a degree we hold out 20 more points, drawn at random, as a
# validation set. One data set proves little, so here are 400 of them, each with its own noise.
#
# **Predict:** with the degree, does the training error fall, rise, or fall and rise? The validation error?

# %%
n_repeats = 400
rng = np.random.default_rng(0)
y_design = true_curve(x_design) + sigma * rng.normal(size=(n_repeats, n_points))
x_valid = rng.random((n_repeats, 20))
y_valid = true_curve(x_valid) + sigma * rng.normal(size=x_valid.shape)

on_design = np.stack([fitted_values(x_design, d, y_design) for d in degrees])       # (15, R, n)
on_grid = np.stack([fitted_values(grid, d, y_design) for d in degrees])             # (15, R, 201)
on_valid = np.stack([fitted_values(x_valid, d, y_design) for d in degrees])         # (15, R, 20)
error_train = ((on_design - y_design) ** 2).mean(-1)                                # (15, R)
error_valid = ((on_valid - y_valid) ** 2).mean(-1)
error_test = ((on_grid - true_curve(grid)) ** 2).mean(-1) + sigma**2                # exact for each data set
claim("general-nested", "In all 400 data sets every added degree lowers the training error.",
      (np.diff(error_train, axis=0) < 0).mean(), expected=1.0)

# %% mystnb={"image": {"alt": "Mean squared error against degree, one to thirteen, logarithmic axis. Training error falls all the way to 0.03; validation and test error fall in steps to a minimum at degree seven and rise again, slowly at first."}}
shown = slice(0, 13)
_ = plotting.curves({name: (degrees[shown], np.median(e[shown], axis=1)) for name, e in
                     [("training", error_train), ("validation", error_valid), ("test", error_test)]},
                    band={"validation": tuple(np.quantile(error_valid[shown], [0.1, 0.9], axis=1))},
                    title="Training error falls for ever; validation error turns at degree 7",
                    xlabel="degree", ylabel="mean squared error (median of 400)", logy=True)

# %% [markdown]
# This picture is a *[validation curve](../../book/glossary.md#validation-curve)*: error against a knob of the model. The shaded band holds 80 % of the validation errors: a
# single set of 20 points gives a rough reading. How often does it lead to the right degree, and is the validation error of the degree that it
# picked an honest report?

# %%
picked, each = error_valid.argmin(0), np.arange(n_repeats)                          # (R,)
reported, deserved = error_valid[picked, each], error_test[picked, each]
print("picked:", {int(d): int((degrees[picked] == d).sum()) for d in degrees if (degrees[picked] == d).any()})
print(f"validation error of the pick {reported.mean():.3f}, its test error {deserved.mean():.3f}, "
      f"test error of degree 7 throughout {error_test[6].mean():.3f}")
claim("general-pick", "Degree 7, the best on average, is picked more often than any other, in 25 to 50 % of the data sets.",
      [np.bincount(degrees[picked]).argmax() == degrees[error_test.mean(1).argmin()] == 7, (picked == 6).mean()],
      at_least=[1, 0.25], at_most=[1, 0.5])
claim("general-third-set", "The test error of the picked degree is at least 10 % larger than the validation error that picked it.",
      deserved.mean() / reported.mean(), at_least=1.1)
claim("general-price", "Choosing by 20 points costs less than 20 % against knowing the best degree.",
      deserved.mean() / error_test[6].mean(), at_least=1.0, at_most=1.2)

# %% [markdown]
# This is why there is a third set. The smallest of 15 validation errors is small partly because it was lucky, and the luck does not
# carry over. How to use few data better than by one split is the subject of [Measuring](03_measuring.ipynb).
#
# ## Bias, variance, noise
#
# Why does the test error turn? Fix a point $x$. Draw a training set, fit, predict $\hat y(x)$; draw again. The predictions scatter around their mean
# $\bar y(x) = \mathrm E[\hat y(x)]$. A fresh measurement is $y = f(x) + \varepsilon$, with noise that is independent of the training set.
#
# | symbol | meaning |
# |---|---|
# | $\bar y(x) - f(x)$ | bias: by how much the average fit is off |
# | $\mathrm{Var}[\hat y(x)]$ | variance: how much the fit depends on the draw of the training set |
# | $\sigma^2$ | variance of the noise, which no model can predict |
#
# $$\mathrm E\bigl[(\hat y - y)^2\bigr] \;=\; \underbrace{(\bar y - f)^2}_{\text{bias}^2} \;+\; \underbrace{\mathrm E\bigl[(\hat y - \bar y)^2\bigr]}_{\text{variance}} \;+\; \sigma^2 .$$
#
# *Expected error is squared bias plus variance plus noise.* To see it, write $\hat y - y = (\hat y - \bar y) + (\bar y - f) - \varepsilon$ and square. The
# three mixed terms vanish, because $\hat y - \bar y$ and $\varepsilon$ have mean zero and are independent of each other. That the two
# terms pull in opposite directions is the [bias-variance trade-off](../../book/glossary.md#bias-variance-trade-off).
#
# With finitely many data sets and averages in place of expectations, the first two terms still add up *exactly*, since the deviations from a mean sum to zero. So the check has two
# parts. Against the true curve the identity must hold to rounding. Against fresh noise it holds up to the luck of that noise.

# %%
def decompose(predictions, truth):
    """Return (squared bias, variance), averaged over the points; predictions (R, m), truth (m,)."""
    mean = predictions.mean(0)                                                      # (m,)
    return ((mean - truth) ** 2).mean(), ((predictions - mean) ** 2).mean()


bias2, variance = np.array([decompose(p, true_curve(grid)) for p in on_grid]).T     # (15,) each
against_truth = ((on_grid - true_curve(grid)) ** 2).mean((1, 2))
claim("general-identity", "For every degree, squared bias plus variance is the mean squared distance from the true curve, to rounding.",
      np.abs((bias2 + variance) / against_truth - 1).max(), at_most=1e-12)

fresh = true_curve(grid) + sigma * rng.normal(size=(n_repeats, grid.size))          # a new measurement for each fit
measured = ((on_grid - fresh) ** 2).mean((1, 2))
off = np.abs((bias2 + variance + sigma**2) / measured - 1)
claim("general-fresh-noise", "With the noise added, it is the test error on fresh measurements within 2 %, at every degree.", off.max(), at_most=0.02)
claim("general-argmin", "Sum and measured test error are smallest at the same degree, 7.",
      [degrees[(bias2 + variance).argmin()], degrees[measured.argmin()]], expected=[7, 7])

# %% mystnb={"image": {"alt": "Logarithmic plot against degree: squared bias falls in steps from 0.43 to below a thousandth, variance rises steadily from 0.01 to 0.1, the noise is a flat line at 0.09, and their sum is smallest at degree seven."}}
_ = plotting.curves({"squared bias": (degrees[shown], bias2[shown]), "variance": (degrees[shown], variance[shown]),
                     "noise": (degrees[shown], np.full(13, sigma**2)), "sum": (degrees[shown], (bias2 + variance + sigma**2)[shown])},
                    title="Bias falls in steps, variance climbs; their sum is smallest at degree 7",
                    xlabel="degree", ylabel="mean squared error", logy=True)

# %% [markdown]
# The steps come from the symmetry of the sine: about the middle of the interval it is odd, so even degrees have nothing to offer. (Where the bias seems to rise at the end it is an average of 400 fits and not an expectation: a 400th of the variance is left in it.) The variance follows a law
# that does not even ask what the curve is. Least squares projects $y$ on the $p = d + 1$ columns of the features, so $p$ of the $n$ directions of the noise get through: *averaged over the training
# points the variance is $\sigma^2p/n$*. The same noise is missing from the training error. On new measurements at the same points the error is larger than in training by
#
# $$\text{gap} \;=\; \mathrm E[\text{test}] - \mathrm E[\text{training}] \;=\; \frac{2\sigma^2p}{n}.$$
#
# Exercise 5 proves it. For least squares this one formula holds most of the folk wisdom on overfitting: the gap grows with the noise and with the number of parameters, and shrinks with the data.

# %%
n_parameters, many = degrees + 1, true_curve(x_design) + sigma * rng.normal(size=(20_000, n_points))   # more data sets
law, found = 2 * sigma**2 * n_parameters / n_points, []
for d in degrees:
    fits = fitted_values(x_design, d, many)                                          # (20 000, n)
    again = ((fits - true_curve(x_design)) ** 2).mean() + sigma**2                   # measured anew, in expectation
    found.append((fits.var(0).mean(), again - ((fits - many) ** 2).mean()))
variance_there, gap = np.array(found).T
for name, values in [("gap", gap), ("2σ²p/n", law)]:
    print(f"{name:8s}", *(f"{v:6.3f}" for v in values[::2]))
claim("general-variance-law", "At the training points the measured variance is σ²p/n, within 2 % at every degree.",
      np.abs(variance_there / (law / 2) - 1).max(), at_most=0.02)
claim("general-gap", "The gap between new and training error is 2σ²p/n, within 0.003 at every degree; it grows from 0.02 to 0.14.",
      np.abs(gap - law).max(), at_most=0.003)

# %% [markdown]
# ## Explore: degree and penalty
#
# The fit sees the filled points; the hollow ones are the validation set. Drag a few, then change the degree. The penalty holds the curve back; [Regularisation](04_regularisation.ipynb) takes
# it apart. **Try to answer first:** at degree 9, is there a penalty that lowers the validation error without raising the training error?

# %%
explore.fit()

# %% [markdown]
# ## Random labels, memorised
#
# The formula counts parameters. Does the count decide for a network, too? [Zhang et al., 2017](../../book/bibliography.md#zhang2017understanding), asked by an
# experiment that takes one line to describe: *shuffle the labels*. Nothing is left to learn, only to memorise. We take 400 digits and a
# [multilayer perceptron](../../book/glossary.md#multilayer-perceptron) with 256 hidden units as a black box (chapter 2 builds it): 19 210 [parameters](../../book/glossary.md#parameter), 48 for each image.
#
# **Predict:** what accuracy does it reach on the shuffled labels, in training and in test?

# %%
digits = data.digits()


def small_mlp(rng, hidden=256):
    return nn.Sequential(nn.Linear(64, hidden, rng=rng), nn.ReLU(), nn.Linear(hidden, 10, rng=rng))


def train_mlp(model, x, y, steps, rng, lr=3e-3, batch_size=64):
    """Take `steps` steps of Adam on batches drawn from (x, y); return the model."""
    optimizer, loss = optim.Adam(model.parameters(), lr=lr), nn.CrossEntropyLoss()
    for _ in range(steps):
        rows = rng.integers(0, len(x), batch_size)
        optimizer.zero_grad()
        loss(model(Tensor(x[rows])), y[rows]).backward()
        optimizer.step()
    return model


def accuracy_of(model, x, y):
    with no_grad():
        return float((model(Tensor(x)).data.argmax(1) == y).mean())


# %% tags=["settles-S0-Q4", "settles-S2-Q5"]
scores = {"true": [], "shuffled": []}
for seed in range(3):
    for kind in scores:
        rng = np.random.default_rng(seed)
        rows = rng.permutation(len(digits.x_train))[:400]
        x, y = digits.x_train[rows], digits.y_train[rows]
        y = y if kind == "true" else rng.permutation(y)
        model = train_mlp(small_mlp(rng), x, y, steps=1000, rng=rng, lr=1e-2)
        scores[kind].append((accuracy_of(model, x, y), accuracy_of(model, *digits.test)))
for kind, s in scores.items():
    print(f"{kind:9s} training {np.mean(s, 0)[0]:.3f}   test {np.mean(s, 0)[1]:.3f} ± {np.std(s, 0, ddof=1)[1]:.3f}")
claim("general-memorise", "On shuffled labels the network reaches training accuracy 1 with all three seeds.",
      np.array(scores["shuffled"])[:, 0], expected=np.ones(3))
claim("general-memorise-test", "Its test accuracy is chance, one in ten.", np.mean(scores["shuffled"], 0)[1], expected=0.1, tolerance=0.06)
claim("general-true-labels", "On the true labels the same network, also at training accuracy 1, gets over 93 % in test.",
      [*np.array(scores["true"])[:, 0], np.mean(scores["true"], 0)[1]], at_least=[1, 1, 1, 0.93])

# %% [markdown]
# Same network, same training, same training error of zero; a gap of about five points with the true labels and of ninety with the shuffled ones. So neither the number of parameters nor what the network
# *could* memorise tells how well it generalises. That depends on the data, too: on how simple a rule that fits them can be, and on whether this training finds it.
# Overfitting is the gap, and the gap has to be measured.
#
# ## Learning curves: why much data, and when less will do
#
# A [learning curve](../../book/glossary.md#learning-curve) shows the test error against the number of training examples. It is often said that deep networks need many data "because
# they learn patterns". So does every learner. What differs is how much a model assumes beforehand. A linear classifier assumes much (one template a
# class), makes good use of few examples, and stops improving early. A flexible one assumes little and has to be told.
#
# Three learners on MNIST, shrunk to 8 × 8 pixels: [logistic regression](../../book/glossary.md#logistic-regression), the perceptron from above with 128 units, and a kernel machine from scikit-learn, flexible but not deep.

# %%
mnist = data.mnist()


def shrink(x):
    """Return 28 x 28 images, (B, 784), without their margin of 4 pixels, as 8 x 8 means, (B, 64)."""
    inner = x.reshape(-1, 28, 28)[:, 4:24, 4:24].repeat(2, axis=1).repeat(2, axis=2)        # (B, 40, 40)
    return inner.reshape(-1, 8, 5, 8, 5).mean((2, 4)).reshape(len(x), 64).astype(np.float32)


x_small, x_small_test = shrink(mnist.x_train), shrink(mnist.x_test)
sizes, curves = np.array([50, 200, 800, 3200]), {name: np.zeros((4, 3)) for name in ("linear", "MLP", "kernel")}
for i, n in enumerate(sizes):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        rows = rng.permutation(8000)[:n]
        x, y = x_small[rows], mnist.y_train[rows]
        for name, model in [("linear", LogisticRegression(max_iter=300)), ("kernel", SVC(C=5))]:
            curves[name][i, seed] = 1 - model.fit(x, y).score(x_small_test, mnist.y_test)
        curves["MLP"][i, seed] = 1 - accuracy_of(train_mlp(small_mlp(rng, 128), x, y, 1000, rng), x_small_test, mnist.y_test)
for name, e in curves.items():
    print(f"{name:7s}", *(f"{n}: {m:.3f} ± {s:.3f}  " for n, m, s in zip(sizes, e.mean(1), e.std(1, ddof=1))))

# %% mystnb={"image": {"alt": "Test error against the number of training examples, both axes logarithmic, with bands over three seeds. At 50 examples the three learners lie close together between 0.3 and 0.4; at 3200 the linear one has flattened near 0.1 while the perceptron and the kernel machine are still falling."}}
_ = plotting.curves({name: (sizes, e.mean(1)) for name, e in curves.items()},
                    band={name: (e.min(1), e.max(1)) for name, e in curves.items()},
                    title="The linear model flattens; the flexible ones still gain from data",
                    xlabel="training examples", ylabel="test error (mean and range, 3 seeds)", logx=True, logy=True)

# %% tags=["settles-S2-Q2"]
left = {name: e[-1].mean() / e[-2].mean() for name, e in curves.items()}            # share of the error after four times the data
print({name: round(float(v), 2) for name, v in left.items()})
claim("general-curve-linear", "From 800 to 3 200 examples the linear model keeps over 70 % of its error.", left["linear"], at_least=0.7)
claim("general-curve-flexible", "The MLP and the kernel machine keep less of theirs than the linear model, by at least 5 points.",
      left["linear"] - max(left["MLP"], left["kernel"]), at_least=0.05)
claim("general-curve-kernel", "At 3 200 examples the kernel machine, which is not deep, beats the MLP by at least a point.",
      curves["MLP"][-1].mean() - curves["kernel"][-1].mean(), at_least=0.01)

# %% [markdown]
# What we did *not* find belongs here as well: at 50 examples the flexible models are not worse than the linear one. And the hunger for data is no property of depth: the kernel machine shares it.
# Freedom without prior knowledge is what needs data, in any form.
#
# So prior knowledge should replace data. One source of it is other data. The 8 × 8 digits that we used before were written by other people and scanned in another way, and a network trained on
# the shrunk MNIST makes many errors on them. Still its weights are a better start than random ones: this is [pre-training](../../book/glossary.md#pre-training), followed by
# [fine-tuning](../../book/glossary.md#fine-tuning). The other source, telling the model which changes do not matter, is in [Regularisation](04_regularisation.ipynb).

# %% tags=["settles-F44"]
few, tuned, no_label = (10, 20, 50, 200, 1000), {name: np.zeros((5, 5)) for name in ("random start", "pre-trained")}, []
for seed in range(5):
    rng = np.random.default_rng(seed)
    source = train_mlp(small_mlp(rng, 128), x_small, mnist.y_train, 1000, rng)
    no_label.append(1 - accuracy_of(source, *digits.test))
    rows = rng.permutation(len(digits.x_train))
    for i, n in enumerate(few):
        for name in tuned:
            model = small_mlp(rng, 128)
            if name == "pre-trained":
                for parameter, start in zip(model.parameters(), source.parameters()):
                    parameter.data[...] = start.data
            train_mlp(model, digits.x_train[rows[:n]], digits.y_train[rows[:n]], 200, rng)
            tuned[name][i, seed] = 1 - accuracy_of(model, *digits.test)
print(f"error without one new label: {np.mean(no_label):.3f} ± {np.std(no_label, ddof=1):.3f}")
for name, e in tuned.items():
    print(f"{name:13s}", *(f"{n}: {m:.3f} ± {s:.3f}  " for n, m, s in zip(few, e.mean(1), e.std(1, ddof=1))))
saved = tuned["random start"].mean(1) - tuned["pre-trained"].mean(1)
claim("general-pretrained", "With 10 and with 20 labels the pre-trained start saves at least 5 points of test error.", saved[:2], at_least=0.05)
claim("general-pretrained-late", "With 1 000 labels the advantage is gone, to within 1.5 points.", saved[-1], at_least=-0.015, at_most=0.015)

# %% [markdown]
# ## Double descent, honestly
#
# What happens when parameters outnumber the data? We fix random weights $W$, make $k$ features $\max(xW, 0)$, and fit a linear classifier on them by least squares to 300 digits.
# Once $k$ is large enough to fit every label, infinitely many solutions do; `lstsq` returns the one with the smallest norm. A fifth of the training labels is
# wrong on purpose. [Belkin et al., 2019](../../book/bibliography.md#belkin2019reconciling), call what follows [double descent](../../book/glossary.md#double-descent).
#
# **Predict:** the test error at $k = 50$, at $k = 315$ and at $k = 3000$. Which is the largest, which the smallest?

# %%
widths, n_fit = np.array([25, 50, 70, 100, 150, 200, 250, 300, 315, 340, 400, 500, 700, 1000, 2000, 3000]), 300


def random_relu(x, k, rng):
    return np.maximum(x @ (rng.normal(size=(64, k)) / 8), 0)                          # (B, k)


def ridgeless(k, seed):
    """Return rank, training error, test error, test error without label noise, of the least-norm fit."""
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(digits.x_train))[:n_fit]
    clean = digits.y_train[rows]
    noisy = np.where(np.arange(n_fit) < n_fit // 5, (clean + rng.integers(1, 10, n_fit)) % 10, clean)
    features = random_relu(np.concatenate([digits.x_train[rows], digits.x_test]), k, rng)
    targets = np.hstack([np.eye(10)[noisy], np.eye(10)[clean]])                       # (300, 20): two fits at once
    weights, _, rank, _ = np.linalg.lstsq(features[:n_fit], targets, rcond=None)
    of_noisy, of_clean = (np.hsplit(features @ weights, 2))
    wrong = [(s.argmax(1) != y).mean() for s, y in [(of_noisy[:n_fit], noisy), (of_noisy[n_fit:], digits.y_test), (of_clean[n_fit:], digits.y_test)]]
    return rank, *wrong


runs = np.array([[ridgeless(k, seed) for seed in range(5)] for k in widths])          # (16, 5, 4)
rank, error_fit, error_noisy, error_clean = np.moveaxis(runs, 2, 0)                   # each (16, 5)

# %% mystnb={"image": {"alt": "Test error against the number of random features, logarithmic horizontal axis. With label noise it falls to about 0.15 at 70 features, rises to a sharp peak above 0.8 near 315, and falls again to about 0.2 at 3000. Without noise the peak is lower and the second descent ends near the first."}}
_ = plotting.curves({"20 % wrong labels": (widths, error_noisy.mean(1)), "true labels": (widths, error_clean.mean(1)),
                     "training, 20 % wrong": (widths, error_fit.mean(1))},
                    band={"20 % wrong labels": (error_noisy.min(1), error_noisy.max(1)), "true labels": (error_clean.min(1), error_clean.max(1))},
                    title="Test error peaks where the features can barely fit the 300 labels",
                    xlabel="random features k", ylabel="error (mean and range, 5 seeds)", logx=True)

# %% tags=["settles-F46"]
peak, first = error_noisy.mean(1).argmax(), error_noisy.mean(1)[:8].argmin()
difference = error_noisy[-1] - error_noisy[first]                                     # paired by seed, (5,)
print("k   ", *(f"{k:5d}" for k in widths[5:12]))
print("rank", *(f"{r:5.0f}" for r in rank.mean(1)[5:12]))
print("test", *(f"{e:5.2f}" for e in error_noisy.mean(1)[5:12]))
print(f"best before the peak: {error_noisy[first].mean():.3f} at k = {widths[first]}; at k = 3000: {error_noisy[-1].mean():.3f}; "
      f"difference {difference.mean():+.3f} ± {difference.std(ddof=1):.3f}; without wrong labels {error_clean[-1].mean() - error_clean[:8].mean(1).min():+.3f}")
claim("general-peak", "The peak, above 70 % errors, is at the first k of the grid where the features reach rank 300 for every seed.",
      [widths[peak] == widths[(rank == n_fit).all(1)][0], error_noisy[peak].mean()], at_least=[1, 0.7])
dead = []
for seed in range(5):
    rng = np.random.default_rng(seed)
    live = (random_relu(digits.x_train[rng.permutation(len(digits.x_train))[:n_fit]], 300, rng) > 0).any(0)
    dead.append(300 - live.sum())
claim("general-rank", "At k = 300 they fall short of rank 300 by 5 to 30, for most of it units that are off for every image.",
      [*(300 - rank[widths == 300].ravel()), *dead], at_least=5, at_most=30)
claim("general-second-descent", "From the peak to 3 000 features the test error falls by more than half a point of probability.",
      error_noisy[peak].mean() - error_noisy[-1].mean(), at_least=0.5)
claim("general-second-worse", "With a fifth of the labels wrong, the second descent ends 2 to 8 points above the best small model.",
      difference.mean(), at_least=0.02, at_most=0.08)
claim("general-second-better", "With true labels it ends below every model left of the peak, by at least 2 points.",
      (error_clean[:8].mean(1).min() - error_clean[-1].mean()), at_least=0.02)

# %% [markdown]
# Three things about this picture are told less often than the picture. The peak stands where the *rank* of the features reaches $n$, not where $k = n$: there the least-norm solution
# exists but is enormous, like the parabola of the paper example. Where the second descent ends depends on the data: with true labels
# the largest model wins, with a fifth of them wrong the best small one does. And the peak is a property of fitting without any penalty: a little of it removes the peak, which the misconceptions below measure.
#
# So "simpler generalises better" is a rule of thumb for the left of the peak, and so is "bigger is better" for the right of it. Neither is a law.
#
# ## In the frameworks
#
# The polynomial of degree 7 again, by 100 steps of [gradient descent](../../book/glossary.md#gradient-descent) on the mean squared error $\frac1n\lVert Ac - y\rVert^2$. Its gradient is
# $\frac2n A^\top(Ac - y)$. All coefficients start at 0.5, in float64.

# %%
A = legendre_features(x_design, 7)                                                    # (20, 8)
gradcheck(lambda c: ((A @ c - y_once) ** 2).mean(), [np.ones(8)], [2 / n_points * A.T @ (A @ np.ones(8) - y_once)])

# %% tags=["fw-numpy"]
c, path_numpy = np.full(8, 0.5), []
for step in range(100):
    residual = A @ c - y_once
    gradient = 2 / n_points * A.T @ residual
    if step == 0: first_numpy = A @ c, gradient
    path_numpy.append((residual**2).mean())
    c -= 0.3 * gradient

# %% tags=["fw-torch"]
import torch

model = torch.nn.Linear(8, 1, bias=False, dtype=torch.float64)
torch.nn.init.constant_(model.weight, 0.5)
optimizer, path_torch = torch.optim.SGD(model.parameters(), lr=0.3), []
for step in range(100):
    out_torch = model(torch.tensor(A))[:, 0]
    loss_torch = torch.nn.functional.mse_loss(out_torch, torch.tensor(y_once))
    optimizer.zero_grad(); loss_torch.backward()
    if step == 0: first_torch = out_torch.detach(), model.weight.grad[0].clone()
    path_torch.append(loss_torch.item()); optimizer.step()

# %% tags=["fw-tensorflow"]
import tensorflow as tf

c_tf, path_tf = tf.Variable(np.full(8, 0.5)), []
for step in range(100):
    with tf.GradientTape() as tape:
        out_tf = tf.linalg.matvec(A, c_tf)
        loss_tf = tf.reduce_mean((out_tf - y_once) ** 2)
    gradient_tf = tape.gradient(loss_tf, c_tf); path_tf.append(float(loss_tf))
    if step == 0: first_tf = out_tf, gradient_tf
    c_tf.assign_sub(0.3 * gradient_tf)

# %%
parity("general-polynomial",
       outputs={"numpy": first_numpy[0], "torch": first_torch[0], "tensorflow": first_tf[0]},
       gradients={"numpy": [first_numpy[1]], "torch": [first_torch[1]], "tensorflow": [first_tf[1]]},
       path={"numpy": path_numpy, "torch": path_torch, "tensorflow": path_tf})
exact = ((fitted_values(x_design, 7, y_once[None])[0] - y_once) ** 2).mean()
claim("general-descent", "After 100 steps the training error is within 10 % of least squares, and not below it.", path_numpy[-1] / exact, at_least=1.0, at_most=1.1)

# %% [markdown]
# ## Misconceptions
#
# > **Misconception.** A simpler model always generalises better.
#
# The gap between test and training error is smaller for a simple model; its *test error* need not be. The straight line has the smallest gap of all degrees above and four
# times the test error of degree 7. And on the digits the model with 30 times as many parameters wins.

# %%
line, best = error_test[0].mean(), error_test[6].mean()
claim("general-simpler-gap", "The straight line's gap is a quarter of that of degree 7.", gap[0] / gap[6], expected=0.25, tolerance=0.01)
claim("general-simpler-line", "Its test error is more than four times as large.", line / best, at_least=4.0)
linear_score, mlp_scores = LogisticRegression(max_iter=1000).fit(*digits.train).score(*digits.test), []
for seed in range(3):
    rng = np.random.default_rng(seed)
    mlp_scores.append(accuracy_of(train_mlp(small_mlp(rng), *digits.train, 1000, rng), *digits.test))
print(f"650 parameters: {linear_score:.3f}   19 210 parameters: {np.mean(mlp_scores):.3f} ± {np.std(mlp_scores, ddof=1):.3f}")
claim("general-simpler-digits", "Trained on all 1 437 digits the larger model is better by at least a point of test accuracy.",
      np.mean(mlp_scores) - linear_score, at_least=0.01)

# %% [markdown]
# > **Misconception.** More features always overfit.
#
# Ten times as many features as examples were better than as many as examples, without any penalty: the second descent. With a penalty $\lambda\lVert w\rVert^2$, the
# subject of [Regularisation](04_regularisation.ipynb), there is not even a peak to climb.

# %%
def with_penalty(k, seed, penalty=1.0):
    """Return the test error of ridge regression on k random features of 300 digits, a fifth of them mislabelled."""
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(digits.x_train))[:n_fit]
    y = digits.y_train[rows]
    y = np.where(np.arange(n_fit) < n_fit // 5, (y + rng.integers(1, 10, n_fit)) % 10, y)
    features = random_relu(np.concatenate([digits.x_train[rows], digits.x_test]), k, rng) / k**0.5
    gram = features @ features[:n_fit].T                                              # (300 + 360, 300)
    dual = np.linalg.solve(gram[:n_fit] + penalty / 10 * np.eye(n_fit), np.eye(10)[y])
    return ((gram[n_fit:] @ dual).argmax(1) != digits.y_test).mean()


penalised = np.array([[with_penalty(k, seed) for seed in range(5)] for k in (100, 315, 1000, 3000)]).mean(1)
print("k = 100, 315, 1000, 3000:", penalised.round(3))
claim("general-more-features", "Without penalty 3 000 features make less than a third of the errors of 315.",
      error_noisy[-1].mean() / error_noisy[peak].mean(), at_most=1 / 3)
claim("general-no-peak", "With a penalty the error is at most 14 % from 100 to 3 000 features, and smaller at 3 000 than at 100.",
      [penalised.max(), penalised[-1] - penalised[0]], at_most=[0.14, 0.0])
claim("general-penalty-wins", "At 3 000 features the penalised fit makes fewer errors than any unpenalised one of the figure, by at least 4 points.",
      error_noisy.mean(1).min() - penalised[-1], at_least=0.04)

# %% [markdown]
# > **Misconception.** The test set may be peeked at, as long as one does not train on it.
#
# Choosing is a form of fitting. Here are 60 candidates, each a linear classifier on its own 60 random features, trained on 200 digits. They are about equally good. We pick the one with the best
# score on 100 test digits, report that score, and then look at the 1 497 digits that nobody has used. Twenty repetitions.

# %%
everything = np.concatenate([digits.x_train, digits.x_test]).astype(float), np.concatenate([digits.y_train, digits.y_test])
best_so_far, truth_so_far = np.zeros((20, 60)), np.zeros((20, 60))
for repeat in range(20):
    rng = np.random.default_rng(repeat)
    rows = rng.permutation(len(everything[0]))
    x, y = everything[0][rows], everything[1][rows]
    seen, honest = np.zeros(60), np.zeros(60)
    for candidate in range(60):
        features = random_relu(x, 60, rng)                                            # (1797, 60)
        gram = features[:200].T @ features[:200] + 0.1 * np.eye(60)
        weights = np.linalg.solve(gram, features[:200].T @ np.eye(10)[y[:200]])
        right = (features[200:] @ weights).argmax(1) == y[200:]
        seen[candidate], honest[candidate] = right[:100].mean(), right[100:].mean()
    leader = np.array([seen[: k + 1].argmax() for k in range(60)])
    best_so_far[repeat], truth_so_far[repeat] = seen[leader], honest[leader]
optimism = best_so_far - truth_so_far                                                 # (20, 60)
print(f"reported {best_so_far[:, -1].mean():.3f}, true {truth_so_far[:, -1].mean():.3f}; a first candidate's true accuracy {truth_so_far[:, 0].mean():.3f}")
claim("general-peeking", "The best of 60 by test score is reported at least 3 points too high.", optimism[:, -1].mean(), at_least=0.03)
claim("general-peeking-one", "A single candidate is not: its average optimism is within three standard errors of zero.",
      abs(optimism[:, 0].mean()) / (optimism[:, 0].std(ddof=1) / 20**0.5), at_most=3.0)

# %% mystnb={"image": {"alt": "Accuracy against the number of candidates tried, one to sixty. The reported accuracy of the best by test score climbs from 0.87 to 0.93 while its true accuracy stays near 0.88; the gap between the curves opens with every look."}}
tried = np.arange(1, 61)
_ = plotting.curves({"reported": (tried, best_so_far.mean(0)), "true": (tried, truth_so_far.mean(0))},
                    band={name: (v.mean(0) - v.std(0, ddof=1) / 20**0.5, v.mean(0) + v.std(0, ddof=1) / 20**0.5)
                          for name, v in [("reported", best_so_far), ("true", truth_so_far)]},
                    title="Every look at the test set buys score, not accuracy",
                    xlabel="candidates tried, the best by test score kept", ylabel="accuracy (mean ± SE of 20)", markers=False)

# %% [markdown]
# > **Misconception.** Zero training error means overfitting.
#
# The nearest-neighbour rule answers with the label of the closest training image. The closest image to a training image is itself, so its training error is zero by construction. By the slogan it
# should be the worst of classifiers.

# %%
neighbours = {k: KNeighborsClassifier(k).fit(*digits.train) for k in (1, 100)}
errors = {k: [1 - model.score(*digits.train), 1 - model.score(*digits.test)] for k, model in neighbours.items()}
for k, (train_error, test_error) in errors.items():
    print(f"{k:3d} neighbours   training {train_error:.3f}   test {test_error:.3f}")
claim("general-zero-error", "One neighbour: no training error and under 3 % in test; averaging 100 neighbours makes both larger than 5 %.",
      [errors[1][0], errors[1][1], 0.05 - errors[100][0], 0.05 - errors[100][1]], at_most=[0.0, 0.03, 0.0, 0.0])

# %% [markdown]
# ## Summary
#
# - Training data fit, validation data choose, test data report. Whatever has been used to decide cannot be used to report.
# - Expected squared error is squared bias plus variance plus noise, exactly. For least squares the gap between new and training error is $2\sigma^2p/n$.
# - A network can memorise random labels and still generalise on true ones: parameter counts do not measure its gap; held-out data do.
# - Flexible models gain longer from data. What stands in for data is prior knowledge: pre-trained weights, or known symmetries.
# - Without a penalty the test error peaks where the rank of the features reaches the number of examples. With noisy labels the second descent may stay above the first.
#
# ## Exercises
#
# ### Exercise 1 · The gap on paper
#
# A linear model with 12 parameters is fitted by least squares to 150 points with noise of standard deviation 0.5. By how much is its expected error on new measurements at the same
# points larger than its training error?

# %%
answer = None
exercise("general-expected-gap", answer)

# %% tags=["hide-cell", "solution"]
exercise("general-expected-gap", 2 * 0.5**2 * 12 / 150)

# %% [markdown]
# ### Exercise 2 · Three disjoint sets
#
# Write `three_way(n, n_valid, n_test, rng)`: return three arrays of row numbers, `train, valid, test`, that together hold each of $0,\dots,n-1$ once, in random order, with the given sizes.

# %%
def three_way(n, n_valid, n_test, rng):
    ...


exercise("general-three-way", three_way)


# %% tags=["hide-cell", "solution"]
def three_way_solution(n, n_valid, n_test, rng):
    order = rng.permutation(n)
    return order[n_valid + n_test:], order[:n_valid], order[n_valid:n_valid + n_test]


exercise("general-three-way", three_way_solution)

# %% [markdown]
# ### Exercise 3 · Variance at each point
#
# Averaged over the training points the variance of a least-squares fit is $\sigma^2p/n$. At which points is it large? Write `variance_at(A, sigma)` for features $A$ of shape $(n, p)$ and full rank: return the variance of the
# prediction at each training point, shape $(n,)$.

# %%
def variance_at(A, sigma):
    ...


exercise("general-variance-at", variance_at)

# %% [markdown]
# <details><summary>Solution</summary>
#
# The predictions are $\hat y = Hy$ with the projection $H = AA^+$, so their covariance is $\sigma^2HH^\top = \sigma^2H$, and the variances are $\sigma^2H_{ii}$. For polynomials they are
# largest at the two ends, where the curves above swing.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("general-variance-at", lambda A, sigma: sigma**2 * np.diag(A @ np.linalg.pinv(A)))

# %% [markdown]
# ### Exercise 4 · Fit everything, with the smallest weights
#
# For features $\Phi$ of shape $(n, k)$ with $k > n$ and rank $n$, write `least_norm(features, y)` without `lstsq` and `pinv`: among all $w$ with $\Phi w = y$, the one with the smallest $\lVert w\rVert$.
# Hint: it is a combination of the rows of $\Phi$, $w = \Phi^\top\alpha$.

# %%
def least_norm(features, y):
    ...


exercise("general-least-norm", least_norm)

# %% tags=["hide-cell", "solution"]
exercise("general-least-norm", lambda features, y: features.T @ np.linalg.solve(features @ features.T, y))

# %% [markdown]
# ### Exercise 5 · A proof
#
# Let $y = f + \varepsilon$ with independent noise of variance $\sigma^2$ at $n$ points, and $\hat y = Hy$ with a projection $H = H^\top = H^2$ of trace $p$. Show that the expected training error is
# $b + \sigma^2(1 - p/n)$ and the expected error on new measurements at the same points $b + \sigma^2(1 + p/n)$, where $b = \frac1n\lVert(I-H)f\rVert^2$.
#
# <details><summary>Solution</summary>
#
# The training residual is $y - Hy = (I-H)f + (I-H)\varepsilon$. The mixed term has mean zero, and
# $\mathrm E\lVert(I-H)\varepsilon\rVert^2 = \sigma^2\,\mathrm{tr}\bigl((I-H)^\top(I-H)\bigr) = \sigma^2\,\mathrm{tr}(I-H) = \sigma^2(n-p)$, since $I-H$ is a projection, too. Divide by $n$. For new measurements $y' = f + \varepsilon'$
# the residual is $y' - Hy = (I-H)f + \varepsilon' - H\varepsilon$. Now $\varepsilon'$ and $H\varepsilon$ are independent, so their mean squares add up: $n\sigma^2 + \sigma^2\,\mathrm{tr}(H^\top H) = \sigma^2(n + p)$. Divide by $n$ and subtract:
# the gap is $2\sigma^2p/n$.
#
# </details>

# %% [markdown]
# ## Sources
#
# [Zhang et al., 2017](../../book/bibliography.md#zhang2017understanding), random labels ·
# [Belkin et al., 2019](../../book/bibliography.md#belkin2019reconciling), double descent ·
# [Geman, Bienenstock and Doursat, 1992](../../book/bibliography.md#geman1992neural), bias and variance of neural networks ·
# [Goodfellow, Bengio and Courville, 2016](../../book/bibliography.md#goodfellow2016deep), chapter 5 ·
# [LeCun et al., 1998](../../book/bibliography.md#lecun1998gradient), MNIST · [Pedregosa et al., 2011](../../book/bibliography.md#pedregosa2011scikit), scikit-learn and its digits.
