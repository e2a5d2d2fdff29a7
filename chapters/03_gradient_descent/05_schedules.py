# %% [markdown]
# # Schedules
#
# **After this section** you can write eight [learning-rate schedules](../../book/glossary.md#learning-rate-schedule) from memory, say which one a noisy problem asks for and when the choice does not matter, clip a
# [gradient](../../book/glossary.md#gradient) without fooling yourself about its direction, and get the last drop out of a run by cooling or averaging.
# *Reading: 30 minutes. Running: about 40 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import math
import warnings

import numpy as np

from chainrule import Tensor, data, explore, nn, optim, plotting, train
from chainrule.nn import functional as F
from chainrule.proof import claim, exercise, parity, same

# %% [markdown]
# ## The question
#
# A constant rate has to serve two masters. A large one covers ground; near the minimum it rattles in a cloud, the [noise floor](../../book/glossary.md#noise-floor) that
# [Batch, stochastic, mini-batch](02_batches.ipynb) measured. A small one has a low floor and never gets there. So start large and end small. But how fast should the rate fall?
#
# For the smallest problem there is an exact answer. We look for the mean of noisy samples, $J_i = \tfrac12(\theta-y_i)^2$:
#
# | symbol | meaning |
# |---|---|
# | $\eta_t$ | [learning rate](../../book/glossary.md#learning-rate) of step $t = 0, 1, 2, \dots$ |
# | $\sigma^2$ | [variance](../../book/glossary.md#variance) of the gradient noise |
# | $v_t$ | mean squared distance from the minimum after $t$ steps |
# | $T$ | budget: the number of steps |
#
# $$v_{t+1} = (1-\eta_t)^2\,v_t + \eta_t^2\,\sigma^2 .$$
#
# *A step shrinks the error that is there and adds noise of its own.* On the right stands a parabola in $\eta_t$. **With a pencil:** take $v_0 = \sigma^2 = 1$. Which $\eta_0$ makes $v_1$ least? And then which $\eta_1$?
#
# The derivative vanishes at $\eta_t = v_t/(v_t+\sigma^2)$, and inserting it gives $1/v_{t+1} = 1/v_t + 1/\sigma^2$. So $\eta = \tfrac12, \tfrac13, \tfrac14, \dots$ and $v = \tfrac12, \tfrac13, \tfrac14, \dots$

# %%
def leftover(rates, curvatures=(1.0,)):
    """Return the expected loss ½ Σ λ v after the steps, (n,), for rates (T, n); v starts at 1, a gradient's noise has variance λ."""
    v = 1.0
    for eta in rates[..., None]:                            # (n, 1) against the curvatures
        v = (1 - eta * curvatures) ** 2 * v + eta**2 * curvatures
    return 0.5 * (curvatures * v).sum(-1)


grid, best_rates = np.linspace(0, 1, 6001), np.empty((0, 1))
for _ in range(4):
    tried = np.vstack([np.repeat(best_rates, len(grid), axis=1), grid])
    best_rates = np.vstack([best_rates, grid[leftover(tried).argmin()]])
claim("schedule-paper", "A search over 6 001 rates finds 1/2, 1/3, 1/4 and 1/5, as on paper.", best_rates.ravel(), expected=[1 / 2, 1 / 3, 1 / 4, 1 / 5], tolerance=2e-4)
inverse = 1 / np.arange(2.0, 52.0)[:, None]
factors = np.exp(np.repeat([0.01, 0.1, 1.0], 300) * np.random.default_rng(0).normal(size=(50, 900)))
claim("schedule-optimal", "Of 900 other schedules of 50 steps, near and far, none leaves less than 1/51 of the variance.",
      2 * leftover(inverse * factors).min(), at_least=1 / 51)

# %% [markdown]
# The best schedule for one curvature is inverse time. Is that the end of the story? **Predict:** spread the curvatures from 0.01 to 1, as in any real loss, and give each shape its best peak. Does $1/t$ still win?

# %%
T, t = 1000, np.arange(1000)
families = {"constant": [np.ones(T)], "inverse time": [1 / (1 + t / half) for half in np.geomspace(1, 1000, 15)], "linear": [1 - t / T],
            "cosine": [(1 + np.cos(np.pi * t / T)) / 2], "exponential": [end ** (t / T) for end in (0.1, 0.01, 0.001)]}
spectra = {"one curvature": np.ones(1), "curvatures from 0.01 to 1": np.geomspace(0.01, 1, 20)}


def best_leftover(shapes, curvatures):
    """Return the least final loss over the shapes of a family and 40 peaks."""
    return min(leftover(np.outer(shape, np.geomspace(1e-3, 1.9, 40)), curvatures).min() for shape in shapes)


least = {where: {name: best_leftover(shapes, c) for name, shapes in families.items()} for where, c in spectra.items()}
for where, table in least.items():
    print(f"{where:26s}", "  ".join(f"{name} {1e3 * value:.2f}" for name, value in table.items()), " (times 10⁻³)")
one, many = least.values()
claim("schedule-one-curvature", "With one curvature inverse time leaves the least of the five.", min(one, key=one.get), expected="inverse time")
claim("schedule-many-curvatures", "With many, exponential, cosine and linear decay all leave less than inverse time.",
      many["inverse time"] - max(many[name] for name in ("exponential", "cosine", "linear")), at_least=0.0)
claim("schedule-constant-worst", "In both the best constant rate leaves at least 1.3 times what the next worst shape leaves.",
      min(table["constant"] / max(v for name, v in table.items() if name != "constant") for table in (one, many)), at_least=1.3)

# %% [markdown]
# Each direction wants its own $1/(\lambda t)$, and one rate has to serve all. The flat ones need it large for long; then it has to fall. Hence the shapes in use: high for most of the budget, low at its end.
#
# ## The shapes
#
# Every schedule is a function of the step. With the peak $\eta$ and budget $T$:
#
# | name | rate $\eta_t$ |
# |---|---|
# | step | $\eta\,\gamma^{\lfloor t/n\rfloor}$ |
# | exponential | $\eta\,\gamma^t$ |
# | polynomial (linear for $p=1$) | $\eta\,(1-t/T)^p$ |
# | inverse time | $\eta/(1+t/h)$ |
# | cosine | $\eta_{\min} + \tfrac12(\eta-\eta_{\min})(1+\cos(\pi t/T))$ |
# | linear [warm-up](../../book/glossary.md#warm-up) | $\eta\,(s + (1-s)\,t/n)$ up to $t=n$ |
# | one cycle | half a cosine up, then half a cosine down to nearly 0 |
# | SGDR | the cosine, begun again and again |
#
# **Six values on paper.** Let $\eta = 0.8$, $T = 120$ and $t = 30$. Step, halved every 20; inverse time with $h = 10$; linear to zero; cosine to zero; and for SGDR with periods 10, 20, 40, the rates at $t = 20$ and at $t = 30$. Write them down, then run.

# %%
def rate_step(t, peak, every, factor):
    return peak * factor ** (t // every)


def rate_polynomial(t, peak, total, power):
    return peak * (1 - min(t / total, 1)) ** power


def rate_inverse(t, peak, half):
    return peak / (1 + t / half)


def rate_cosine(t, peak, total, low):
    return low + (peak - low) * (1 + math.cos(math.pi * t / total)) / 2


def rate_restarts(t, peak, period, longer, low):
    while t >= period:
        t, period = t - period, period * longer
    return rate_cosine(t, peak, period, low)


six = [rate_step(30, 0.8, 20, 0.5), rate_inverse(30, 0.8, 10), rate_polynomial(30, 0.8, 120, 1), rate_cosine(30, 0.8, 120, 0),
       rate_restarts(20, 0.8, 10, 2, 0), rate_restarts(30, 0.8, 10, 2, 0)]
claim("schedule-six", "The six are 0.4, 0.2, 0.6, 0.6828, 0.4 and 0.8.", six, expected=[0.4, 0.2, 0.6, 0.4 + 0.2 * 2**0.5, 0.4, 0.8], tolerance=1e-12)


# %%
def rate_warmup(t, peak, start, n):
    return peak * (start + (1 - start) * min(t / n, 1))


def rate_one_cycle(t, peak, total):
    top, end = 0.3 * total - 1, total - 1
    if t <= top:
        return rate_cosine(t, peak / 25, top, peak)
    return rate_cosine(t - top, peak, end - top, peak / 25e4)


readable = {"step": lambda t: rate_step(t, 0.8, 30, 0.5), "exponential": lambda t: 0.8 * 0.97**t, "polynomial": lambda t: rate_polynomial(t, 0.8, 80, 2),
            "inverse time": lambda t: rate_inverse(t, 0.8, 10), "cosine": lambda t: rate_cosine(t, 0.8, 100, 0.05),
            "SGDR": lambda t: rate_restarts(t, 0.8, 10, 2, 0.05), "one cycle": lambda t: rate_one_cycle(t, 0.8, 100),
            "warm-up, cosine": lambda t: rate_warmup(t, 0.8, 0.125, 16) if t < 16 else rate_cosine(t - 16, 0.8, 84, 0)}
library = {"step": optim.StepLR(0.8, 30, 0.5), "exponential": optim.ExponentialLR(0.8, 0.97), "polynomial": optim.PolynomialLR(0.8, 80, 2.0),
           "inverse time": optim.LambdaLR(0.8, lambda t: 1 / (1 + t / 10)), "cosine": optim.CosineAnnealingLR(0.8, 100, 0.05),
           "SGDR": optim.CosineAnnealingWarmRestarts(0.8, 10, 2, 0.05), "one cycle": optim.OneCycleLR(0.8, 0.8, 100, cycle_momentum=False),
           "warm-up, cosine": optim.SequentialLR(0.8, [optim.LinearLR(0.8, 0.125, 1.0, 16), optim.CosineAnnealingLR(0.8, 84)], [16])}
same("eight readable schedules are the library's, for 100 steps", lambda name: np.array([readable[name](t) for t in range(100)]),
     lambda name: library[name].path(100), [(name,) for name in readable])

# %% mystnb={"image": {"alt": "Two panels of learning rate against step, 0 to 100. Left, step decay in three stairs, exponential, polynomial and inverse-time decay, all falling from 0.8. Right, a cosine falling smoothly, a cosine after a linear warm-up, one cycle rising to 0.8 at step 29 and falling to zero, and SGDR, which falls to 0.05 and jumps back to 0.8 at steps 10, 30 and 70."}}
fig, axes = plotting.new_figure(1, 2, height=3.2, sharey=True)
groups = {"Decays": ("step", "exponential", "polynomial", "inverse time"), "Along a cosine": ("cosine", "warm-up, cosine", "one cycle", "SGDR")}
for ax, (title, names) in zip(axes, groups.items()):
    _ = plotting.curves({name: library[name].path(100) for name in names}, ax=ax, title=title, markers=False, labels="legend",
                        xlabel="step", ylabel="learning rate" if ax is axes[0] else "", ylim=(0, 1.5))

# %% [markdown]
# In the library a schedule is made with an [optimiser](../../book/glossary.md#optimizer), or with a number to look at, as here. `.at(t)` is the function; `.step()` sets `optimizer.lr`.
# One cycle is due to [Smith and Topin, 2018](../../book/bibliography.md#smith2018superconvergence); the library's, like PyTorch's, also lowers the momentum while the rate is high.
#
# ## SGDR, and a formula printed twice
#
# The second of the two articles that this book began with announces, as number 4 of its algorithms, a method whose Chinese name reads word for word "stochastic gradient descent stochastic gradient descent", and abbreviates it SGDR. Its formula is this, with the formula of
# its section on SGD above it:
#
# $$\text{3.2:}\quad \theta_{t+1} = \theta_t - \eta\nabla J_i(\theta_t) \qquad\qquad \text{3.4:}\quad \theta_{t+1} = \theta_t - \eta\nabla J_i(\theta_t)$$
#
# > **Misconception.** SGDR is SGD twice.
#
# The R stands for restarts. SGDR is stochastic gradient descent with [warm restarts](../../book/glossary.md#warm-restart), by [Loshchilov and Hutter, 2017](../../book/bibliography.md#loshchilov2017sgdr). The update is SGD's; what is new is the rate. In period $i$ of
# length $T_i$, with $T_\text{cur}$ steps since its begin,
#
# $$\eta_t = \eta_{\min} + \tfrac12(\eta_{\max}-\eta_{\min})\Bigl(1+\cos\frac{\pi\,T_\text{cur}}{T_i}\Bigr),\qquad T_{i+1} = T_\text{mult}\,T_i .$$
#
# *Cool along a cosine, then heat up at once and cool more slowly.* The parameters stay where they are: hence "warm". Taking SGD's step twice is two steps of SGD, nothing else:

# %% tags=["settles-S2-F4", "settles-M6", "settles-F35"]
printed_formulas = {"3.2": r"\theta_{t+1} = \theta_t - \eta \nabla J_i(\theta_t)", "3.4": r"\theta_{t+1} = \theta_t - \eta \nabla J_i(\theta_t)"}
claim("schedule-same-formula", "The formula printed for SGDR is the one printed for SGD, character for character.",
      printed_formulas["3.2"] == printed_formulas["3.4"], expected=True)
path = optim.CosineAnnealingWarmRestarts(0.1, T_0=10, T_mult=2).path(150)
jumps = 1 + np.flatnonzero(np.diff(path) > 0)
claim("schedule-restarts", "With T₀ = 10 and T_mult = 2 the rate rises at steps 10, 30 and 70, and nowhere else in 150.", jumps, expected=[10, 30, 70])
ys, theta, twice = np.random.default_rng(0).normal(size=80), 0.0, 0.0
for y in ys:
    theta -= 0.1 * (theta - y)
for first, second in ys.reshape(40, 2):
    twice -= 0.1 * (twice - first)
    twice -= 0.1 * (twice - second)
claim("schedule-twice", "Forty rounds of SGD twice are eighty steps of SGD, to the last bit.", twice == theta, expected=True)

# %% [markdown]
# The article announces seven algorithms, gives code for six and does not say which one is missing. It is this one. Here it is, in the style of the others, on a line through noisy points.

# %% tags=["settles-C22", "settles-SYS-31"]
announced = ["gradient descent", "SGD", "batch gradient descent", "SGDR", "CNN", "RNN", "self-attention"]
with_code = ["gradient descent", "SGD", "batch gradient descent", "CNN", "RNN", "self-attention"]
claim("schedule-missing-code", "One of seven announced algorithms has no code.", [name for name in announced if name not in with_code], expected=["SGDR"])


def warm_restart_descent(theta, X, y, rate_of_step, n_steps, rng):
    """Return the parameters after SGD with one sample a step and a rate that is a function of the step."""
    for t in range(n_steps):
        i = rng.integers(len(y))
        theta = theta - rate_of_step(t) * 2 * X[i] * (X[i] @ theta - y[i])
    return theta


rng = np.random.default_rng(0)
X = np.c_[np.ones(200), rng.normal(size=200)]
y = X @ [1.0, 2.0] + 0.5 * rng.normal(size=200)
solution_line = np.linalg.lstsq(X, y, rcond=None)[0]
shapes = {"constant": lambda t: 0.1, "SGDR": lambda t: rate_restarts(t, 0.1, 100, 2, 0.0)}                 # the end of the fourth period
apart = {name: np.array([((warm_restart_descent(np.zeros(2), X, y, f, 1500, np.random.default_rng(seed)) - solution_line) ** 2).sum() for seed in range(20)])
         for name, f in shapes.items()}
print({name: f"{v.mean():.4f} ± {v.std(ddof=1) / 20**0.5:.4f}" for name, v in apart.items()})
claim("schedule-sgdr-line", "After 1 500 steps from the same peak, SGDR is at least four times nearer to the solution in squared distance than the constant rate.",
      apart["constant"].mean() / apart["SGDR"].mean(), at_least=4.0)

# %% [markdown]
# > **History.** The article files SGD, batch gradient descent and SGDR under a "second generation" of deep learning, before a third of convolutional, recurrent and attention networks. The dates do not fit.

# %% tags=["settles-S2-G2"]
dates = {"SGD (Robbins and Monro)": 1951, "LSTM (Hochreiter and Schmidhuber)": 1997, "SGDR (Loshchilov and Hutter)": 2017}
sgd, lstm, sgdr = dates.values()
claim("schedule-dates", "SGD is 46 years older than the LSTM and SGDR 20 years younger.", [lstm - sgd, sgdr - lstm], expected=[46, 20])

# %% [markdown]
# The sources are [1951](../../book/bibliography.md#robbins1951stochastic), [1997](../../book/bibliography.md#hochreiter1997long) and [2017](../../book/bibliography.md#loshchilov2017sgdr). Optimisers are not a generation.
#
# ## Explore: compose a schedule
#
# The area under the curve is the sum of all rates. With gradients of bounded size it limits how far the weights can go. **Try to answer first:** without warm-up and from the same peak, which has the larger area over 100 steps: linear decay (polynomial with power 1) or the cosine?

# %%
explore.schedules(warmup=0)

# %% [markdown]
# Neither. To each rate on the way down the cosine has its partner on the other side of one half.

# %%
areas = [optim.PolynomialLR(1.0, 100).path(100).sum(), optim.CosineAnnealingLR(1.0, 100).path(100).sum()]
claim("schedule-area", "Linear and cosine have the same area, 50.5 peaks in 100 steps.", areas, expected=[50.5, 50.5], tolerance=1e-9)

# %% [markdown]
# ## Six schedules on the digits
#
# Now a network, 64-32-10 with momentum 0.9, on 1 137 digits for six [epochs](../../book/glossary.md#epoch). A fair race gives each schedule its own best peak, chosen on 300 validation digits with three seeds of its own. Then eight new seeds, and the test set.
# All share starting weights and order of samples, seed by seed, so that differences can be taken in pairs. **Predict** the ranking.

# %%
digits = data.digits()
rows = np.random.default_rng(0).permutation(1437)
fit_set, choose_set = [(digits.x_train[r], digits.y_train[r]) for r in (rows[300:], rows[:300])]
makers = {"constant": lambda o, n: optim.LambdaLR(o, lambda t: 1.0), "step": lambda o, n: optim.MultiStepLR(o, [n // 2, 3 * n // 4]),
          "cosine": lambda o, n: optim.CosineAnnealingLR(o, n), "one cycle": lambda o, n: optim.OneCycleLR(o, o.lr, n, cycle_momentum=False),
          "SGDR": lambda o, n: optim.CosineAnnealingWarmRestarts(o, -(-n // 7), 2), "linear": lambda o, n: optim.PolynomialLR(o, n)}


def digits_run(make, lr, seed, judge, n_epochs=6, callbacks=()):
    """Train 64-32-10 with a schedule; return (loss, accuracy) on the set that judges."""
    rng = np.random.default_rng(seed)
    model = nn.Sequential(nn.Linear(64, 32, rng=rng), nn.ReLU(), nn.Linear(32, 10, rng=rng))
    sgd = optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    schedule = make(sgd, n_epochs * -(-len(fit_set[0]) // 32))
    train.fit(model, fit_set, loss=nn.CrossEntropyLoss(), optimizer=sgd, epochs=n_epochs, batch_size=32, rng=rng, schedule=schedule, progress=False,
              callbacks=[lambda epoch, row, callback=callback: callback(model) for callback in callbacks])
    return [*train.evaluate(model, judge, nn.CrossEntropyLoss(), metrics={"accuracy": train.correct}).values()]


peaks, scores = {}, {}
for name, make in makers.items():
    chosen = {lr: np.mean([digits_run(make, lr, seed, choose_set)[0] for seed in range(3)]) for lr in (0.05, 0.1, 0.2, 0.3)}
    peaks[name] = min(chosen, key=chosen.get)
    scores[name] = np.array([digits_run(make, peaks[name], 100 + seed, digits.test) for seed in range(8)])

# %% mystnb={"image": {"alt": "Test loss with its spread over eight seeds for six schedules, each at its best peak. The constant rate stands apart, highest; step, cosine, one cycle, SGDR and linear overlap."}}
_ = plotting.bars_with_error({name: s[:, 0] for name, s in scores.items()}, title="Letting the rate fall matters; the shape hardly does", xlabel="test loss (nats)")

# %%
for name, s in scores.items():
    d = s[:, 0] - scores["cosine"][:, 0]
    print(f"{name:10s} peak {peaks[name]:<4}  loss {s[:, 0].mean():.3f} ± {s[:, 0].std(ddof=1):.3f}  accuracy {s[:, 1].mean():.3f} ± {s[:, 1].std(ddof=1):.3f}"
          f"  minus cosine {d.mean():+.3f} ± {d.std(ddof=1) / 8**0.5:.3f}")
falling = {name: s[:, 0].mean() for name, s in scores.items() if name != "constant"}
claim("schedule-constant-loses", "The mean test loss of the constant rate is at least 10 % above that of the worst falling one.",
      scores["constant"][:, 0].mean() / max(falling.values()), at_least=1.1)
claim("schedule-falling-tie", "The five falling ones lie within 0.02 nats of each other, near the spread between seeds.", np.ptp(list(falling.values())), at_most=0.02)
claim("schedule-higher-peak", "Each falling schedule prefers a peak at least twice the best constant rate.",
      min(peaks[name] for name in falling) / peaks["constant"], at_least=2.0)

# %% [markdown]
# Four of the five falling ones are within one standard error of each other. Linear is ahead by two to three: the largest of several differences, so a hint and no more. What is beyond doubt: a rate that falls beats one that does not, and it
# allows a higher peak. Choose the peak with care and the shape by taste; linear and cosine have no knob beside the length. In accuracy the gap is a point, on 360 test digits: four images.
#
# ## The end of training
#
# > **Misconception.** The schedule matters at the start, when the steps are large; by the end everything is decided.
#
# Four runs, one peak, ten epochs. The rate is cut to a twentieth after the first epoch, the fifth, the eighth, or never. Until its cut a run is *identical* to the one that is never cut.

# %%
def cooled_losses(cut_after, seed, lr=0.2):
    """Return the training loss after each of ten epochs, with the rate cut to a twentieth after some."""
    found, per_epoch = [], -(-len(fit_set[0]) // 32)
    watch = lambda model: found.append(train.evaluate(model, fit_set, nn.CrossEntropyLoss())["loss"])
    make = lambda o, n: optim.MultiStepLR(o, [cut_after * per_epoch], gamma=0.05)
    digits_run(make, lr, seed, choose_set, n_epochs=10, callbacks=[watch])
    return np.array(found)


cooled = {cut: np.array([cooled_losses(cut, seed) for seed in range(4)]) for cut in (1, 5, 8, 99)}
drop = {cut: v[:, cut - 1].mean() / v[:, cut].mean() for cut, v in cooled.items() if cut < 99}
print("the epoch after the cut divides the loss by", {cut: round(float(r), 1) for cut, r in drop.items()})
claim("schedule-drop", "The first epoch after the cut at epoch 5 divides the mean training loss by at least 1.8.", drop[5], at_least=1.8)
claim("schedule-identical", "Until the cut the runs are identical, to the last bit.", np.array_equal(cooled[8][:, :8], cooled[99][:, :8]), expected=True)
claim("schedule-late", "Two epochs of cooling at the end leave a mean loss at most two thirds of the uncut runs'.",
      cooled[8][:, -1].mean() / cooled[99][:, -1].mean(), at_most=2 / 3)
claim("schedule-too-early", "Cut after the first epoch, it ends at least three times above the cut after the eighth.",
      cooled[1][:, -1].mean() / cooled[8][:, -1].mean(), at_least=3.0)

# %% mystnb={"image": {"alt": "Training loss against epoch on a logarithmic axis, mean of four seeds. The run that is never cut falls slowly with bumps; those cut after epoch five and eight drop at once by a factor of about three; the run cut after epoch one drops, then hardly moves and ends highest."}}
_ = plotting.curves({"never cut" if cut == 99 else f"cut after {cut}": (np.arange(1, 11), v.mean(0)) for cut, v in cooled.items()}, logy=True,
                    title="The loss drops where the rate does", xlabel="epoch", ylabel="training loss (nats)")

# %% [markdown]
# As on the quadratic with many curvatures, the large steps had done their work in the flat directions, and the noise in the steep ones hid it. Cooling removes the noise. Cut too early, the hidden work is not done. That is also why one must not judge a peak by the loss *before* cooling.
#
# > **Misconception.** At a warm restart the loss jumps up, so restarts are a bug.
#
# It does jump. The restart gives away what cooling had won, and the next cooling wins it back with interest. If training may have to stop at a time unknown, the ends of the periods are good places; if the end is known, one cosine does as well, as the table above says.

# %%
def restart_losses(seed, lr=0.2):
    """Return the training loss at the end of each epoch, with periods of 2, 4 and 8 epochs."""
    found, per_epoch = [], -(-len(fit_set[0]) // 32)
    watch = lambda model: found.append(train.evaluate(model, fit_set, nn.CrossEntropyLoss())["loss"])
    digits_run(lambda o, n: optim.CosineAnnealingWarmRestarts(o, 2 * per_epoch, 2), lr, seed, choose_set, n_epochs=14, callbacks=[watch])
    return np.array(found)


restarted = np.array([restart_losses(seed) for seed in range(5)])
print("mean loss at the end of epochs 1 to 14:", *(f"{v:.3f}" for v in restarted.mean(0)))
claim("schedule-restart-jump", "The epoch after the second restart raises the training loss, in each of five runs.", (restarted[:, 6] / restarted[:, 5]).min(), at_least=1.0)
claim("schedule-restart-pays", "The ends of the periods fall: each mean is at most half of the one before.",
      (restarted.mean(0)[[5, 13]] / restarted.mean(0)[[1, 5]]).max(), at_most=0.5)

# %% [markdown]
# ## Warm-up: when it earns its place
#
# Why begin *small*? Two reasons are given. At random weights the loss may be far more curved than later, and a step that is right for the valley throws the weights off the rim. And [Adam](../../book/glossary.md#adam) divides by an average of
# squared gradients, which at the first step consists of one: $m/\sqrt v = \pm1$ in *every* coordinate, however small or noisy its gradient, as [Adaptive methods](04_adaptive_methods.ipynb) shows. Later $m$ is an average of many and smaller. Feed Adam nothing but noise:

# %%
rng, p = np.random.default_rng(0), Tensor(np.zeros(10_000), requires_grad=True)
adam, sizes_of_steps = optim.Adam([p], lr=1.0), []
for _ in range(3000):
    before, p.grad = p.data.copy(), rng.normal(size=10_000)
    adam.step()
    sizes_of_steps.append(np.sqrt(((p.data - before) ** 2).mean()))
claim("schedule-adam-first", "On pure noise Adam's first step is the full rate in every coordinate.", sizes_of_steps[0], expected=1.0, tolerance=1e-6)
claim("schedule-adam-later", "In the long run it is √((1 - β₁)/(1 + β₁)) = 0.229 of it, in the root mean square.",
      np.mean(sizes_of_steps[-500:]), expected=(0.1 / 1.9) ** 0.5, tolerance=0.005)

# %% [markdown]
# So Adam's first steps are the longest that it takes, and the least informed. Now a plain network of eight ReLU layers, two rates, with and without fifty steps of warm-up. **Predict** where warm-up helps, and where it does not.

# %%
def deep_plain_run(make_optimizer, seed, warmup=0, max_norm=math.inf, n_steps=150):
    """Train 64-(32)×8-10; return the losses of the batches and the norms of the gradients before clipping."""
    rng, sizes = np.random.default_rng(seed), [64] + [32] * 8
    hidden = [layer for a, b in zip(sizes, sizes[1:]) for layer in (nn.Linear(a, b, rng=rng, init="he"), nn.ReLU())]
    model = nn.Sequential(*hidden, nn.Linear(32, 10, rng=rng))
    optimizer = make_optimizer(model.parameters())
    schedule = optim.LinearLR(optimizer, 0.01 if warmup else 1.0, 1.0, total_iters=max(warmup, 1))
    losses, norms = [], []
    for _ in range(n_steps):
        rows = rng.integers(0, len(digits.x_train), 64)
        loss = F.cross_entropy(model(Tensor(digits.x_train[rows])), digits.y_train[rows])
        optimizer.zero_grad()
        loss.backward()
        norms.append(optim.clip_grad_norm_(model.parameters(), max_norm))
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    return np.array(losses), np.array(norms)


warmed = {(lr, n): np.array([deep_plain_run(lambda p, lr=lr: optim.Adam(p, lr=lr), seed, warmup=n, n_steps=120)[0] for seed in range(5)])
          for lr in (0.003, 0.03) for n in (0, 50)}

# %% mystnb={"image": {"alt": "Loss of the batch against step, mean of five seeds, Adam at a rate of 0.03 in a network of eight hidden layers. Without warm-up the loss shoots up to above three in the first steps and is near 0.8 at the end; with fifty steps of warm-up it has no such spike and ends near 0.4."}}
_ = plotting.curves({"no warm-up": warmed[0.03, 0].mean(0), "50 steps of warm-up": warmed[0.03, 50].mean(0)}, markers=False,
                    title="At the rate 0.03 warm-up removes the spike", xlabel="step", ylabel="loss of the batch (nats)")

# %%
spike = {key: (v[:, 1:40].max(1) / v[:, 0]) for key, v in warmed.items()}
ends = {key: np.median(v[:, -20:], axis=1) for key, v in warmed.items()}
for lr, n in warmed:
    print(f"rate {lr:<6} warm-up {n:2d}: highest loss over first {spike[lr, n].mean():.2f}, at the end {ends[lr, n].mean():.2f} ± {ends[lr, n].std(ddof=1):.2f}")
claim("schedule-spike", "At the rate 0.03 without warm-up the loss rises to at least 1.3 times its start in some runs.", spike[0.03, 0].max(), at_least=1.3)
claim("schedule-no-spike", "With warm-up it rises by less than a tenth in every run.", spike[0.03, 50].max(), at_most=1.1)
claim("schedule-warmup-helps", "There it ends at a mean loss at most three quarters of that without.", ends[0.03, 50].mean() / ends[0.03, 0].mean(), at_most=0.75)
claim("schedule-warmup-nothing", "At the rate 0.003 it buys nothing: the mean final loss with warm-up is higher, or lower by less than 0.02.",
      ends[0.003, 50].mean() - ends[0.003, 0].mean(), at_least=-0.02)
claim("schedule-warmup-rate", "Even with warm-up the high rate ends at a mean loss at least 1.3 times that of the low one without.",
      ends[0.03, 50].mean() / ends[0.003, 0].mean(), at_least=1.3)

# %% [markdown]
# Warm-up is insurance for rates near the limit. In a small network like this one may lower the rate and be done. Where large batches or deep transformers ask for the highest rate that holds, as in
# [Vaswani et al., 2017](../../book/bibliography.md#vaswani2017attention), it earns its place.
#
# ## Off by one, off by an epoch
#
# Three traps. **First: a schedule counts calls of `step()`.** Its numbers must be in the unit in which it is called. A cosine of 450 minibatches, stepped once an epoch for ten epochs, hardly moves; a cosine of ten epochs, stepped every minibatch, turns into a saw. `train.fit` steps
# after every [minibatch](../../book/glossary.md#minibatch).

# %%
too_slow = optim.CosineAnnealingLR(1.0, T_max=450).path(11)[-1]
saw = optim.CosineAnnealingLR(1.0, T_max=10).path(450)
claim("schedule-per-epoch", "Made for 450 minibatches and stepped ten times, the cosine ends at 99.9 % of its peak.", too_slow, expected=0.9988, tolerance=1e-4)
claim("schedule-per-batch", "Made for ten epochs and stepped 450 times, it comes back to its peak 22 times.", int(np.isclose(saw[1:], 1.0).sum()), expected=22)

# %% [markdown]
# **Second: the checkpoint.** Weights and optimiser are saved, the schedule is forgotten: after a restart of the program the rate begins again at its warm-up. With all three saved the path is the same, to the last bit.

# %%
def make_run(lr=0.5):
    """Return a small network with its optimiser and schedule, always from the same start."""
    rng = np.random.default_rng(0)
    model = nn.Sequential(nn.Linear(64, 16, rng=rng), nn.Tanh(), nn.Linear(16, 10, rng=rng))
    sgd = optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    return model, sgd, optim.SequentialLR(sgd, [optim.LinearLR(sgd, 0.1, 1.0, 10), optim.CosineAnnealingLR(sgd, 70)], [10])


def go_on(run, steps):
    """Take the steps of the given numbers; return the losses."""
    model, sgd, schedule = run
    losses = []
    for step in steps:
        rows = np.random.default_rng(step).integers(0, 1437, 32)
        loss = F.cross_entropy(model(Tensor(digits.x_train[rows])), digits.y_train[rows])
        sgd.zero_grad(); loss.backward(); sgd.step(); schedule.step()
        losses.append(loss.item())
    return losses


# %%
unbroken, first = go_on(make_run(), range(80)), make_run()
go_on(first, range(40))
saved, resumed = [part.state_dict() for part in first], {}
for name, kept in (("all three", 3), ("schedule forgotten", 2)):
    again = make_run()
    for part, state in list(zip(again, saved))[:kept]:
        part.load_state_dict(state)
    resumed[name] = go_on(again, range(40, 80))
claim("schedule-resume", "Resumed with model, optimiser and schedule, the last 40 losses are those of the unbroken run, to the last bit.",
      resumed["all three"] == unbroken[40:], expected=True)
claim("schedule-resume-forgotten", "With the schedule forgotten the losses differ by more than 0.01 somewhere.",
      np.abs(np.subtract(resumed["schedule forgotten"], unbroken[40:])).max(), at_least=0.01)

# %% [markdown]
# The third trap is PyTorch's, and waits in the frameworks below.
#
# ## Clipping
#
# A schedule is decided in advance. [Gradient clipping](../../book/glossary.md#gradient-clipping) reacts to the step: if the gradient is longer than $c$, it is shortened to $c$,
#
# $$g \leftarrow g\cdot\min\Bigl(1,\ \frac{c}{\lVert g\rVert}\Bigr),$$
#
# *by norm*, with all parameters as one vector. *By value*, each component is moved into $[-c, c]$ on its own. On paper, $g = (3, 4)$ and $c = 1$: by norm $(0.6, 0.8)$, by value $(1, 1)$.

# %%
def clipped(gradient, kind, bound=1.0):
    """Return a gradient clipped by the library, by "norm" or by "value"."""
    p = Tensor(np.zeros(len(gradient)), requires_grad=True)
    p.grad = np.array(gradient, dtype=float)
    {"norm": optim.clip_grad_norm_, "value": optim.clip_grad_value_}[kind]([p], bound)
    return p.grad


def degrees_between(a, b):
    return math.degrees(math.acos(min(1.0, a @ b / np.linalg.norm(a) / np.linalg.norm(b))))


claim("schedule-clip-paper", "By norm (3, 4) becomes (0.6, 0.8), but for the library's 1e-6 in the denominator.", clipped([3, 4], "norm"), expected=[0.6, 0.8], tolerance=1e-6)
claim("schedule-clip-value", "By value it becomes (1, 1).", clipped([3, 4], "value"), expected=[1.0, 1.0])

# %% [markdown]
# > **Misconception.** Clipping by value keeps the direction of the gradient; it takes off the excess.
#
# It takes it off component by component. What is left points to a corner of a cube.

# %%
steep = np.array([1.0, 1000.0])
claim("schedule-clip-turns", "A gradient of (1, 1000), clipped by value to 1, is turned by almost 45 degrees.", degrees_between(clipped(steep, "value"), steep), expected=44.94, tolerance=0.01)
claim("schedule-clip-keeps", "By norm it is not turned.", degrees_between(clipped(steep, "norm"), steep), at_most=1e-4)

# %% [markdown]
# Where is it needed? [Pascanu, Mikolov and Bengio, 2013](../../book/bibliography.md#pascanu2013difficulty), found cliffs in the loss of recurrent networks. The smallest is one unit, fed back to itself fifty times, with bias $b$: $x \leftarrow 4.5\,\sigma(x) + b$ from $x = 0.5$, and the
# loss $(\sigma(x_{50}) - 0.7)^2$. The best $b$ lies five thousandths from the edge of a cliff. Descent with $\eta = 0.5$, free and clipped to $|g|\le0.1$:

# %% mystnb={"image": {"alt": "Left, the loss against the bias: a plateau on the left at about a third, an almost vertical wall at minus 2.3, at its foot the minimum, and a gentle slope up to the right. Right, the bias against the step: both paths come down the slope together; the free one is thrown from minus 2.3 to plus 0.7 at step 15 and stays there, the clipped one stays within a few hundredths of the minimum."}}
def cliff(b, n_times=50):
    """Return the loss and its slope by b."""
    x, slope = 0.5, 0.0
    for _ in range(n_times):
        s = 1 / (1 + np.exp(-x))
        x, slope = 4.5 * s + b, 4.5 * s * (1 - s) * slope + 1
    s = 1 / (1 + np.exp(-x))
    return (s - 0.7) ** 2, 2 * (s - 0.7) * s * (1 - s) * slope


def cliff_path(bound, rates):
    b = [-1.9]
    for eta in rates:
        b.append(b[-1] - eta * np.clip(cliff(b[-1])[1], -bound, bound))
    return np.array(b)


free, held = cliff_path(math.inf, np.full(30, 0.5)), cliff_path(0.1, np.full(30, 0.5))
fig, axes = plotting.new_figure(1, 2, height=3)
at = np.r_[np.linspace(-2.7, -2.32, 25), np.linspace(-2.315, -2.29, 26), np.linspace(-2.28, 1, 40)]
_ = plotting.curves({"loss": (at, [cliff(b)[0] for b in at])}, ax=axes[0], title="A cliff", xlabel="bias b", ylabel="loss", markers=False, labels="none")
_ = plotting.curves({"free": free, "clipped": held}, ax=axes[1], title="One step off it", xlabel="step", ylabel="bias b")

# %%
slopes = np.abs([cliff(b)[1] for b in free])
claim("schedule-thrown", "One free step carries the bias from the cliff to the far right, more than 2.5 away.", np.abs(np.diff(free)).max(), at_least=2.5)
claim("schedule-lost", "Back on flat ground it moves less than 0.05 in the 15 steps that are left.", np.ptp(free[15:]), at_most=0.05)
claim("schedule-held", "The clipped path stays within 0.05 of the minimum, at -2.298, once it is there.", np.abs(held[10:] + 2.298).max(), at_most=0.05)
landed = cliff_path(0.1, 0.5 * (1 - np.arange(60) / 60))[-1]
claim("schedule-landed", "Clipped and with a rate that falls linearly to zero, it lands within 0.003 of it.", abs(landed + 2.298), at_most=0.003)

# %% [markdown]
# Clipping bounds the step; only the schedule lets it settle.
#
# In training one should know *how often* it acts. The eight-layer network again, SGD with momentum 0.9:

# %%
clip_runs = {(lr, c): [deep_plain_run(lambda p, lr=lr: optim.SGD(p, lr=lr, momentum=0.9), seed, max_norm=c) for seed in range(5)]
             for lr, c in [(0.02, math.inf), (0.1, math.inf), (0.1, 5.0), (0.1, 1.0)]}
clip_end = {key: np.array([np.median(losses[-20:]) for losses, _ in runs]) for key, runs in clip_runs.items()}
share = {(lr, c): np.mean([(norms > c).mean() for _, norms in runs]) for (lr, c), runs in clip_runs.items()}
for (lr, c), v in clip_end.items():
    print(f"rate {lr:<4}  c = {c:<3}  clipped {100 * share[lr, c]:3.0f} % of the steps, loss at the end {v.mean():.2f} ± {v.std(ddof=1):.2f}")
claim("schedule-clip-rescues", "At the rate 0.1 clipping to norm 1 cuts the final loss to less than 40 %, on average.", clip_end[0.1, 1.0].mean() / clip_end[0.1, math.inf].mean(), at_most=0.4)
claim("schedule-clip-most", "There it acts on more than nine steps in ten.", share[0.1, 1.0], at_least=0.9)
claim("schedule-clip-tie", "Against the free run at the rate 0.02 it gains less than 0.1 nats.", abs(clip_end[0.1, 1.0].mean() - clip_end[0.02, math.inf].mean()), at_most=0.1)

# %% [markdown]
# If nine steps in ten are clipped, the norm has left the algorithm: it is descent with steps of fixed length, and $\eta c$ is the quantity that is tuned. Clipping widens the range of rates that work; it did not find a better end here.
#
# And it has a price. The clipped gradient is no longer right on average. Let $y = 0$ with probability 0.8 and $y = 10$ with probability 0.2, mean 2, and $g = \theta - y$. Clipped to $|g|\le1$, the rare large ones lose their weight: the mean of the clipped
# gradient at $0<\theta<1$ is $0.8\,\theta - 0.2$. **On paper:** where does the descent end?

# %%
def clipped_walk(bound, seed, lr=0.01, n_steps=3000, walks=200):
    """Return the mean of θ over the last thousand steps of many walks."""
    rng, theta, kept = np.random.default_rng(seed), np.ones(walks), []
    for _ in range(n_steps):
        gradient = theta - 10.0 * (rng.random(walks) < 0.2)
        theta = theta - lr * np.clip(gradient, -bound, bound)
        kept.append(theta.mean())
    return np.mean(kept[-1000:])


claim("schedule-unclipped-mean", "Unclipped, it ends at the mean, 2.", clipped_walk(math.inf, 0), expected=2.0, tolerance=0.05)
claim("schedule-clip-bias", "Clipped to 1, it ends at 1/4.", clipped_walk(1.0, 0), expected=0.25, tolerance=0.02)

# %% [markdown]
# ## Averaging
#
# Cooling removes the noise by small steps. One may as well keep the large steps and average where they lead: [weight averaging](../../book/glossary.md#weight-averaging). [Polyak and Juditsky, 1992](../../book/bibliography.md#polyak1992acceleration), show that the mean of *all* iterates has, in the long run,
# the best variance that any method can have, $\sigma^2/t$ on our quadratic, whatever the constant rate. An *exponential* moving average with share $s$, $a \leftarrow a + s(\theta - a)$, forgets, and keeps a floor of its own.

# %% mystnb={"image": {"alt": "Mean squared distance against the step on logarithmic axes, rate 0.5. The last iterate stays at one third; the exponential moving average falls and levels off at one hundredth; the mean of all iterates falls in a straight line of slope minus one."}}
def averaged_walks(eta, seed, n_steps=2000, walks=1000, share=0.02):
    """Return the mean squared distance of the last iterate, the mean of all, and the exponential average."""
    rng, theta, found = np.random.default_rng(seed), np.zeros(walks), []
    mean, moving = np.zeros(walks), np.zeros(walks)
    for t in range(1, n_steps + 1):
        theta = theta + eta * (rng.normal(size=walks) - theta)
        mean += (theta - mean) / t
        moving += (share if t > 1 else 1) * (theta - moving)              # the first is copied
        found.append([(a * a).mean() for a in (theta, mean, moving)])
    return np.array(found).T


averages = {eta: averaged_walks(eta, seed=1) for eta in (0.5, 0.2)}
shown = np.unique(np.geomspace(1, 2000, 60).astype(int))
_ = plotting.curves({name: (shown, v[shown - 1]) for name, v in zip(("last iterate", "mean of all", "exponential average"), averages[0.5])}, logx=True, logy=True,
                    markers=False, title="The mean of the iterates goes on falling at a constant rate", xlabel="step", ylabel="mean squared distance")

# %%
late = np.arange(200, 2001)
for eta, (last, mean, moving) in averages.items():
    slope = np.polyfit(np.log(late), np.log(mean[late - 1]), 1)[0]
    print(f"η = {eta}: last {last[-500:].mean():.4f}, mean × t {(mean * np.arange(1, 2001))[late - 1].mean():.3f}, exponent {slope:.2f}, moving {moving[-500:].mean():.4f}")
claim("schedule-polyak", "The variance of the mean is 1/t for both rates, within 10 %.",
      [(a[1] * np.arange(1, 2001))[late - 1].mean() for a in averages.values()], expected=[1.0, 1.0], tolerance=0.1)
claim("schedule-polyak-exponent", "At η = 0.5 it falls with the exponent -1.", np.polyfit(np.log(late), np.log(averages[0.5][1][late - 1]), 1)[0], expected=-1.0, tolerance=0.1)
claim("schedule-last-floor", "The last iterate keeps its floor η/(2 - η).", [a[0][-500:].mean() for a in averages.values()], expected=[1 / 3, 1 / 9], tolerance=0.03, relative=True)
claim("schedule-ema-floor", "The exponential average with share 0.02 has, at η = 0.5, the floor of a rate of 0.02: 0.02/1.98.", averages[0.5][2][-500:].mean(), expected=0.02 / 1.98, tolerance=0.1, relative=True)

# %% [markdown]
# Our walks started at the minimum. From far away the mean of all remembers the start, and one begins to average when the noise has taken over. On a network, where the minimum is not one point, one averages only the end. This is stochastic weight averaging, SWA, of [Izmailov et al., 2018](../../book/bibliography.md#izmailov2018averaging); theirs takes one set of weights an epoch, ours every step. Six epochs at a constant rate on the digits, then four more at
# that rate with `optim.WeightAverage`, against four of cosine cooling from the same weights. And once more with [batch normalisation](../../book/glossary.md#batch-normalization), whose running means and variances belong to *other* weights than the averaged ones.

# %%
def averaged_scores(seed, normalised, lr=0.1):
    """Return test loss and accuracy of a network cooled, not cooled, and averaged, from the same middle."""
    rng, judge = np.random.default_rng(seed), lambda: [*train.evaluate(model, digits.test, nn.CrossEntropyLoss(), metrics={"accuracy": train.correct}).values()]
    block = lambda n: [nn.Linear(n, 32, rng=rng), *([nn.BatchNorm1d(32)] if normalised else []), nn.ReLU()]
    model = nn.Sequential(*block(64), *block(32), nn.Linear(32, 10, rng=rng))
    go = lambda epochs, sgd, **more: train.fit(model, digits.train, loss=nn.CrossEntropyLoss(), optimizer=sgd, epochs=epochs, batch_size=32, rng=rng, progress=False, **more)
    fresh = {name: array for name, array in model.state_dict().items() if "running" in name}
    sgd = optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    go(6, sgd)
    middle, middle_sgd = model.state_dict(), sgd.state_dict()
    go(4, sgd, schedule=optim.CosineAnnealingLR(sgd, 4 * 45))
    scores = {"cooled": judge()}
    model.load_state_dict(middle); sgd.load_state_dict(middle_sgd)
    average = optim.WeightAverage(model)
    go(4, sgd, average=average)
    scores["last"] = judge()
    model.load_state_dict(average.averaged())
    scores["averaged"] = judge()
    if normalised:
        scores |= recomputed_scores(model, fresh, judge)
    return scores


# %%
def recomputed_scores(model, fresh, judge):
    """Judge averaged weights with statistics of the start, and after three passes of the training data."""
    model.load_state_dict(model.state_dict() | fresh)
    scores = {"averaged, statistics of the start": judge()}
    model.train()
    for x, _ in [batch for _ in range(3) for batch in data.batches(*digits.train, 64)]:
        model(Tensor(x))
    return scores | {"averaged, recomputed": judge()}


# %%
swa = {normalised: [averaged_scores(seed, normalised) for seed in range(5)] for normalised in (False, True)}
swa = {key: {name: np.array([run[name] for run in runs]) for name in runs[0]} for key, runs in swa.items()}
for normalised, table in swa.items():
    for name, v in table.items():
        print(f"{'batch norm' if normalised else 'plain':10s} {name:34s} loss {v[:, 0].mean():.3f} ± {v[:, 0].std(ddof=1):.3f}  accuracy {v[:, 1].mean():.3f} ± {v[:, 1].std(ddof=1):.3f}")
plain, normal = swa[False], swa[True]
claim("schedule-swa-last", "In the plain network the average has a lower mean test loss than the last iterate.", plain["averaged"][:, 0].mean() / plain["last"][:, 0].mean(), at_most=0.95)
claim("schedule-swa-tie", "Average and cooling tie: their mean accuracies differ by at most 1.5 points.", abs(plain["averaged"][:, 1].mean() - plain["cooled"][:, 1].mean()), at_most=0.015)
change = normal["averaged, recomputed"][:, 0] / normal["averaged"][:, 0]
print(f"loss after recomputing, over that with the last iterate's statistics, run by run: {change.round(2)}")
claim("schedule-bn-recompute", "With batch normalisation, recomputing instead of keeping the last iterate's statistics changes the mean test loss by less than half.",
      change.mean(), at_least=0.5, at_most=1.5)
claim("schedule-bn-fresh", "With the statistics of the start the averaged network is all but useless: its loss is at least three times as high.",
      normal["averaged, statistics of the start"][:, 0].mean() / normal["averaged, recomputed"][:, 0].mean(), at_least=3.0)

# %% [markdown]
# The average gives nearly what cooling gives, without a schedule whose end must be known. The statistics: `optim.WeightAverage` copies the last iterate's, which are nearly right; PyTorch's `AveragedModel` keeps those that it was made with, and made before training it is the worst row of the
# table. Its `update_bn` is the remedy, and so are three passes of the training data in training mode.
#
# ## In the frameworks
#
# | ours and `torch.optim.lr_scheduler` | `keras.optimizers.schedules` |
# |---|---|
# | `StepLR(o, n, gamma)` | `ExponentialDecay(lr, n, gamma, staircase=True)` |
# | `MultiStepLR(o, [50, 75], gamma)` | `PiecewiseConstantDecay([49, 74], values)`: a boundary is the last step of the old value |
# | `ExponentialLR(o, gamma)` | `ExponentialDecay(lr, n, rate)`, $\gamma = \text{rate}^{1/n}$ |
# | `PolynomialLR(o, T, p)` | `PolynomialDecay(lr, T, 0, p)` |
# | `LambdaLR(o, lambda t: 1/(1 + t/h))` | `InverseTimeDecay(lr, h, 1)` |
# | `CosineAnnealingLR(o, T, eta_min)` | `CosineDecay(lr, T, alpha)`, $\alpha = \eta_{\min}/\eta$; stays low after $T$, ours climbs again |
# | `CosineAnnealingWarmRestarts(o, T_0, T_mult)` | `CosineDecayRestarts(lr, T_0, t_mul, m_mul=1)` |
# | `SequentialLR` of `LinearLR` and cosine | `CosineDecay(start, T, warmup_target=lr, warmup_steps=n)` |
# | `OneCycleLR(o, max_lr, T)` | none |
#
# In Keras a schedule is a function that the optimiser calls with its count of steps; in PyTorch it is an object that writes into the optimiser. Both for all nine, over 100 steps:

# %%
import keras
import tensorflow as tf
import torch

S, K, lr = torch.optim.lr_scheduler, keras.optimizers.schedules, np.float64(0.125)       # a Python float would make Keras compute in float32
pairs = {
    "step": ("StepLR", (30, 0.5), K.ExponentialDecay(lr, 30, 0.5, staircase=True)),
    "multistep": ("MultiStepLR", ([50, 75], 0.5), K.PiecewiseConstantDecay([49, 74], [lr, lr / 2, lr / 4])),
    "exponential": ("ExponentialLR", (0.96875,), K.ExponentialDecay(lr, 1, 0.96875)),
    "polynomial": ("PolynomialLR", (80, 2.0), K.PolynomialDecay(lr, 80, 0.0, 2.0)),
    "inverse": ("LambdaLR", (lambda t: 1 / (1 + t / 8),), K.InverseTimeDecay(lr, 8, 1)),
    "cosine": ("CosineAnnealingLR", (100, lr / 16), K.CosineDecay(lr, 100, 1 / 16)),
    "sgdr": ("CosineAnnealingWarmRestarts", (10, 2, lr / 16), K.CosineDecayRestarts(lr, 10, 2.0, 1.0, 1 / 16)),
    "warmup": ("SequentialLR", (), K.CosineDecay(lr / 8, 84, 0.0, warmup_target=lr, warmup_steps=16)),
    "onecycle": ("OneCycleLR", (lr, 100), None),
}


def make_scheduler(library, optimizer, name, arguments):
    """Return a schedule of the library, ours or PyTorch's: the names are the same."""
    if name == "SequentialLR":
        return library.SequentialLR(optimizer, [library.LinearLR(optimizer, 0.125, 1.0, 16), library.CosineAnnealingLR(optimizer, 84)], [16])
    extra = {"cycle_momentum": False} if name == "OneCycleLR" else {}
    return getattr(library, name)(optimizer, *arguments, **extra)


# %%
def rates_used_by_torch(name, arguments, schedule_first=False):
    """Return the rates of 100 steps; `schedule_first` calls the two in the wrong order."""
    optimizer, used = torch.optim.SGD([torch.zeros(1)], lr=float(lr)), []
    scheduler = make_scheduler(S, optimizer, name, arguments)
    for _ in range(99 if schedule_first else 100):
        calls = [lambda: used.append(optimizer.param_groups[0]["lr"]) or optimizer.step(), scheduler.step]
        for call in reversed(calls) if schedule_first else calls:
            call()
    return np.array(used)


for key, (name, arguments, keras_schedule) in pairs.items():
    ours = make_scheduler(optim, float(lr), name, arguments).path(100)
    apart = [np.abs(ours - rates_used_by_torch(name, arguments)).max()]
    if keras_schedule is not None:
        apart.append(np.abs(ours - [float(keras_schedule(step)) for step in range(100)]).max())
    claim(f"schedule-rates-{key}", f"{name}: 100 rates agree with {'PyTorch' if len(apart) == 1 else 'PyTorch and Keras'}.", apart, at_most=1e-14)
exact = [rate_restarts(step, 0.125, 10, 2, 0.0) for step in range(100)]
claim("schedule-sgdr-exact", "Our six lines for SGDR agree with PyTorch's class without any difference.",
      np.abs(exact - rates_used_by_torch("CosineAnnealingWarmRestarts", (10, 2, 0.0))).max(), expected=0.0)

# %% [markdown]
# Keras counts the periods by a logarithm, $\lfloor\log_2(1 + t/T_0)\rfloor$, and at a restart that number should be whole. Rounding may leave it a hair below. Called as above it does not; compiled, as `model.fit` does, and in float64, the restart can come one step late:

# %%
compiled, ours = tf.function(pairs["sgdr"][2]), optim.CosineAnnealingWarmRestarts(float(lr), 10, 2, lr / 16).path(100)
late_steps = np.flatnonzero(np.abs(ours - [float(compiled(tf.constant(step))) for step in range(100)]) > 1e-6)
print("steps at which the compiled schedule differs, here:", late_steps.tolist())
claim("schedule-keras-compiled", "Compiled, Keras differs from PyTorch nowhere but at the restarts 10, 30 and 70, if at all.", np.setdiff1d(late_steps, [10, 30, 70]).size, expected=0)

# %% [markdown]
# And the third trap: in PyTorch `scheduler.step()` belongs *after* `optimizer.step()`. The other way round the first rate is never used. PyTorch says so, in a warning that long logs swallow.

# %%
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    swapped = rates_used_by_torch("CosineAnnealingLR", (100, 0.0), schedule_first=True)
claim("schedule-torch-warns", "PyTorch warns that the first value of the schedule is skipped.", any("lr_scheduler.step()" in str(w.message) for w in caught), expected=True)
claim("schedule-torch-skips", "The rates used are ours from the second on.", np.abs(swapped - optim.CosineAnnealingLR(float(lr), 100).path(100)[1:]).max(), at_most=1e-14)

# %% [markdown]
# Now a network under a schedule: 64-16-10 on the digits, 16 steps of warm-up to 0.5, then a cosine, in float64, with the same 100 batches.

# %%
rng = np.random.default_rng(5)
batch_list = rng.integers(0, 1437, (100, 32))
x_all, y_all = digits.x_train.astype(np.float64), digits.y_train
start = [rng.normal(0, 0.125, (64, 16)), np.zeros(16), rng.normal(0, 0.25, (16, 10)), np.zeros(10)]

# %% tags=["fw-numpy"]
P = [Tensor(p, requires_grad=True) for p in start]
sgd, path_numpy = optim.SGD(P, lr=0.5), []
schedule = optim.SequentialLR(sgd, [optim.LinearLR(sgd, 0.125, 1.0, 16), optim.CosineAnnealingLR(sgd, 84)], [16])
for step, rows in enumerate(batch_list):
    logits = (Tensor(x_all[rows]) @ P[0] + P[1]).tanh() @ P[2] + P[3]
    loss = F.cross_entropy(logits, y_all[rows])
    sgd.zero_grad(); loss.backward()
    if step == 0: first_numpy = logits.data, [p.grad.copy() for p in P]
    path_numpy.append(loss.item()); sgd.step(); schedule.step()

# %% tags=["fw-torch"]
Q = [torch.tensor(p, requires_grad=True) for p in start]
sgd_torch, path_torch = torch.optim.SGD(Q, lr=0.5), []
parts = [S.LinearLR(sgd_torch, 0.125, 1.0, 16), S.CosineAnnealingLR(sgd_torch, 84)]
schedule_torch = S.SequentialLR(sgd_torch, parts, [16])
for step, rows in enumerate(batch_list):
    logits_torch = torch.tanh(torch.tensor(x_all[rows]) @ Q[0] + Q[1]) @ Q[2] + Q[3]
    loss_torch = torch.nn.functional.cross_entropy(logits_torch, torch.tensor(y_all[rows]))
    sgd_torch.zero_grad(); loss_torch.backward()
    if step == 0: first_torch = logits_torch.detach(), [q.grad.clone() for q in Q]
    path_torch.append(loss_torch.item()); sgd_torch.step(); schedule_torch.step()

# %% tags=["fw-tensorflow"]
R, path_tf = [tf.Variable(p) for p in start], []
sgd_keras = keras.optimizers.SGD(K.CosineDecay(np.float64(0.0625), 84, warmup_target=np.float64(0.5), warmup_steps=16))
for step, rows in enumerate(batch_list):
    with tf.GradientTape() as tape:
        logits_tf = tf.tanh(x_all[rows] @ R[0] + R[1]) @ R[2] + R[3]
        loss_tf = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y_all[rows], logits_tf))
    grads_tf = tape.gradient(loss_tf, R); path_tf.append(float(loss_tf))
    if step == 0: first_tf = logits_tf, grads_tf
    sgd_keras.apply_gradients(zip(grads_tf, R))

# %%
parity("schedule-warmup-cosine",
       outputs={"numpy": first_numpy[0], "torch": first_torch[0], "tensorflow": first_tf[0]},
       gradients={"numpy": first_numpy[1], "torch": first_torch[1], "tensorflow": first_tf[1]},
       path={"numpy": path_numpy, "torch": path_torch, "tensorflow": path_tf})

# %% [markdown]
# ## Summary
#
# - A constant rate ends on a floor. With one curvature the best decay is inverse time; with many, a rate that stays high and then falls does better.
# - Linear, cosine, one cycle, SGDR and steps tie once each has its own peak; the constant rate does not. The end of the schedule is where the loss drops.
# - SGDR is SGD with warm restarts: cosines of length $T_0, T_0T_\text{mult}, \dots$ The restart raises the loss, and the next end is lower.
# - Warm-up is insurance near the highest rate that holds, and costs steps elsewhere.
# - Count in the unit in which `step()` is called, step after the optimiser, save the schedule with the checkpoint.
# - Clip by norm to keep the direction, look at the share of clipped steps, and remember the bias. Averaging replaces cooling; recompute the statistics of batch normalisation.
#
# ## Exercises
#
# ### Exercise 1 · Restarts
#
# SGDR with $T_0 = 5$ and $T_\text{mult} = 3$: at which steps are the first three restarts?

# %%
answer = None          # for example [10, 30, 70]
exercise("schedule-restarts", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# The periods are 5, 15 and 45, so the restarts come at 5, $5 + 15 = 20$ and $20 + 45 = 65$.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("schedule-restarts", np.cumsum([5, 15, 45]))

# %% [markdown]
# ### Exercise 2 · From Keras to PyTorch
#
# A Keras recipe says `ExponentialDecay(0.1, 250, 0.5)`. Which `gamma` does `ExponentialLR` need, stepped once a minibatch? Six digits.

# %%
answer = None
exercise("schedule-gamma", answer)

# %% tags=["hide-cell", "solution"]
exercise("schedule-gamma", 0.5 ** (1 / 250))

# %% [markdown]
# ### Exercise 3 · Warm-up, then linear
#
# Write `warmup_linear(t, peak, n, total)`: the rate of step $t$ for a linear rise from 0 at $t=0$ to the peak at $t=n$, then a line down to 0 at $t=$ `total`, and 0 from there on.

# %%
def warmup_linear(t, peak, n, total):
    ...


exercise("schedule-warmup-linear", warmup_linear)


# %% tags=["hide-cell", "solution"]
def warmup_linear_solution(t, peak, n, total):
    return peak * t / n if t < n else peak * max(total - t, 0) / (total - n)


exercise("schedule-warmup-linear", warmup_linear_solution)

# %% [markdown]
# ### Exercise 4 · One norm for all
#
# Write `clip_together(gradients, c)` for a list of arrays: return a new list, all scaled by one factor so that the norm of all of them together is at most $c$. Leave the given arrays as they are.

# %%
def clip_together(gradients, c):
    ...


exercise("schedule-clip-together", clip_together)


# %% tags=["hide-cell", "solution"]
def clip_together_solution(gradients, c):
    norm = sum((g**2).sum() for g in gradients) ** 0.5
    return [g * min(1, c / norm) if norm > 0 else g.copy() for g in gradients]


exercise("schedule-clip-together", clip_together_solution)

# %% [markdown]
# ### Exercise 5 · The bias of clipping
#
# $y$ is $-1$ with probability 0.9 and $19$ with probability 0.1; its mean is 1. Where does SGD on $\tfrac12(\theta-y)^2$ end, with a small rate and the gradient clipped to $|g|\le2$?

# %%
answer = None
exercise("schedule-clipped-end", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Near the bulk, $\theta+1$ is below 2 and stays, while $\theta - 19$ is clipped to $-2$. The mean clipped gradient $0.9(\theta+1) - 0.2$ vanishes at $\theta = -1 + 2/9 = -7/9$: the other side of zero from the mean.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("schedule-clipped-end", -1 + 0.1 * 2 / 0.9)

# %% [markdown]
# ### Exercise 6 · A proof
#
# Show that for $v_{t+1} = (1-\eta_t)^2v_t + \eta_t^2\sigma^2$ no schedule of $T$ steps, whatever it does early, ends below $v_T = \bigl(1/v_0 + T/\sigma^2\bigr)^{-1}$, and that choosing the best rate at each step, greedily, gets there.
#
# <details><summary>Solution</summary>
#
# For given $v_t$ the least $v_{t+1}$ is at $\eta_t = v_t/(v_t+\sigma^2)$ and equals $m(v_t) = v_t\sigma^2/(v_t+\sigma^2)$, so $1/m(v) = 1/v + 1/\sigma^2$. Hence for every schedule $1/v_{t+1} \le 1/v_t + 1/\sigma^2$, and by adding up $1/v_T \le 1/v_0 + T/\sigma^2$. The greedy choice has
# equality in each step. Greed is optimal since $m$ grows with $v$: to enter a step with a larger error never helps. With many curvatures and one rate that argument fails, and so does $1/t$.
#
# </details>

# %% [markdown]
# ## Sources
#
# [Loshchilov and Hutter, 2017](../../book/bibliography.md#loshchilov2017sgdr), SGDR and the cosine ·
# [Smith and Topin, 2018](../../book/bibliography.md#smith2018superconvergence), one cycle ·
# [Robbins and Monro, 1951](../../book/bibliography.md#robbins1951stochastic), falling rates ·
# [Vaswani et al., 2017](../../book/bibliography.md#vaswani2017attention), section 5.3, warm-up ·
# [Pascanu, Mikolov and Bengio, 2013](../../book/bibliography.md#pascanu2013difficulty), clipping and the cliff ·
# [Polyak and Juditsky, 1992](../../book/bibliography.md#polyak1992acceleration), averaging ·
# [Izmailov et al., 2018](../../book/bibliography.md#izmailov2018averaging), SWA ·
# [Hochreiter and Schmidhuber, 1997](../../book/bibliography.md#hochreiter1997long), for the dates.
