# %% [markdown]
# # Where it is used: finance and signals
#
# **After this section** you can judge a credit score by what it will do next year, say what a class weight does to a probability, tell a trading rule that earns from one that was picked,
# and split recordings so that the test is about speech and not about speakers.
# *Reading: 30 minutes. Running: about 25 seconds.*
#
# The first of the two articles behind this book names risk assessment and investment strategy as applications of deep learning, and the second one speech recognition. Three small honest runs follow, on generated data whose truth we know. None of them is advice, and the second shows why no profit can be promised.

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import numpy as np
from scipy.signal import lfilter
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from chainrule import Tensor, nn, optim, plotting
from chainrule.nn import functional as F
from chainrule.proof import claim, exercise

# %% [markdown]
# ## Who will default?
#
# A bank grants loans month by month and learns later which of them failed. From what stands in the application, a model gives each new applicant a probability of default.
#
# | symbol | shape | meaning |
# |---|---|---|
# | $x$ | (N, 6) | debt, collateral, credit line in use, years in the job, term of the loan, and one column that means nothing; standardised |
# | $t$ | (N,) | month of the application: 0 to 23 is the book we own, 24 to 29 is still to come |
# | $y$ | (N,) | 1 for a default |
# | $p$ | (N,) | the true probability of default, which no bank knows |
#
# Our book is generated, so $p$ is at hand. It **drifts**: in two years a house stops being a protection, a credit line in use becomes a warning, and defaults become more frequent. One effect is a product, debt times term, which a linear model cannot see.
#
# On paper first. Three applicants have $p = 0.1, 0.2, 0.5$. A perfect score ranks them so. How often does a defaulter stand above a repayer, the [AUC](../01_ml_basics/03_measuring.ipynb)? Weigh each pair $(i, j)$ by the chance $p_i(1-p_j)$ that $i$ defaults and $j$ repays:
# the pairs in order have $0.5\cdot0.8 + 0.5\cdot0.9 + 0.2\cdot0.9 = 1.03$, the others $0.2\cdot0.5 + 0.1\cdot0.5 + 0.1\cdot0.8 = 0.23$, so the best AUC is $1.03/1.26 = 0.817$. Not 1: the event is random, and the truth itself cannot rank better.

# %%
def best_area(p):
    """Return the expected AUC of ranking by the true probabilities p (N,), all different."""
    p = np.sort(p)
    in_order = (p * (np.cumsum(1 - p) - (1 - p))).sum()                 # i defaults, some j with smaller p repays
    return in_order / (p.sum() * (1 - p).sum() - (p * (1 - p)).sum())

def area_under(scores, y):
    return roc_auc_score(y, scores)

def loan_book(first, last, per_month, rng):
    """Return applications (N, 6), defaults (N,), true probabilities (N,) and months (N,)."""
    month = np.repeat(np.arange(first, last), per_month)
    x, s = rng.normal(size=(len(month), 6)).astype(np.float32), month / 30
    z = -2.7 + 0.9 * s + 0.9 * x[:, 0] - (1.4 - 2.2 * s) * x[:, 1] + (0.1 + 1.2 * s) * x[:, 2] - 0.4 * x[:, 3]
    p = 1 / (1 + np.exp(-(z + 0.8 * x[:, 0] * x[:, 4])))
    return x, (rng.random(len(p)) < p).astype(np.float32), p, month

claim("userisk-paper", "For p = 0.1, 0.2 and 0.5 the best AUC is 1.03 / 1.26.", best_area(np.array([0.1, 0.2, 0.5])), expected=1.03 / 1.26, tolerance=1e-12)

# %% [markdown]
# The baseline is [logistic regression](../../book/glossary.md#logistic-regression), the model of most banks: one weight a column. The challenger is a [multilayer perceptron](../../book/glossary.md#multilayer-perceptron) with 32 hidden units. Both are trained alike on the binary [cross-entropy](../../book/glossary.md#cross-entropy).

# %%
def learnt_risk(hidden, x, y, rng, weight=1.0, steps=300):
    """Return a function from applications to logits of default; defaults count `weight` times in the loss."""
    hidden_layer = [nn.Linear(x.shape[1], hidden, rng=rng), nn.ReLU()] if hidden else []
    net = nn.Sequential(*hidden_layer, nn.Linear(hidden or x.shape[1], 1, rng=rng))
    adam = optim.Adam(net.parameters(), lr=0.02 if hidden else 0.03)
    schedule = optim.CosineAnnealingLR(adam, T_max=steps)
    for _ in range(steps):
        rows = rng.integers(0, len(x), 256)
        losses = F.binary_cross_entropy_with_logits(net(Tensor(x[rows]))[:, 0], y[rows], reduction="none")
        adam.zero_grad()
        (losses * np.where(y[rows] == 1, weight, 1.0).astype(np.float32)).mean().backward()
        adam.step()
        schedule.step()
    return lambda x: net(Tensor(x)).data[:, 0].astype(float)

# %% tags=["settles-S0-A5"]
rng = np.random.default_rng(100)
x, y, p, month = loan_book(0, 24, 400, rng)
old, new = month < 18, month >= 18
scores = learnt_risk(0, x[old], y[old], rng)(x[new])
peer = LogisticRegression(C=np.inf, max_iter=500).fit(x[old], y[old]).decision_function(x[new])
ours = area_under(scores, y[new])
draws = rng.integers(0, new.sum(), (300, new.sum()))
low, high = np.quantile([area_under(scores[d], y[new][d]) for d in draws], [0.025, 0.975])
print(f"AUC on months 18 to 23: {ours:.3f}, bootstrap interval {low:.3f} to {high:.3f}, best possible {best_area(p[new]):.3f}")
claim("userisk-logistic-sklearn", "Our logistic regression ranks as well as scikit-learn's exact one, within a hundredth.", ours - area_under(peer, y[new]), expected=0.0, tolerance=0.01)
claim("userisk-honest-auc", "Tested on later months, the logistic risk model ranks better than chance and worse than the truth does.", [low - 0.5, best_area(p[new]) - high], at_least=0.0)

# %% [markdown]
# ## The promise and the delivery
#
# A test score is a promise about loans to come. Two ways to make it: hold out a quarter of the book *at random*, or hold out its *last* quarter, as [Time series, honestly](../05_rnn/04_time_series.ipynb) does. Then the model is fitted again on all 24 months, put to work, and we look at what it delivers in months 24 to 29.
#
# > **Misconception.** A test set drawn at random is the fair one.
#
# It is, for applicants of the *same* months. Nobody will ask about these again.

# %%
def promises(hidden, seed):
    """Return AUC: random quarter, last quarter, delivered by all 24 months, by the last 12; and the best possible."""
    rng = np.random.default_rng(seed)
    x, y, p, month = loan_book(0, 24, 400, rng)
    x_next, y_next, p_next, _ = loan_book(24, 30, 1000, rng)
    everyone = np.ones(len(y), bool)
    fits = [(rng.random(len(y)) < 0.75, None), (month < 18, None), (everyone, (x_next, y_next)), (month >= 12, (x_next, y_next))]
    found = []
    for fitted, elsewhere in fits:
        x_test, y_test = elsewhere or (x[~fitted], y[~fitted])
        found.append(area_under(learnt_risk(hidden, x[fitted], y[fitted], rng)(x_test), y_test))
    return [*found, best_area(p_next)]

names = ("random quarter", "last quarter", "delivered", "delivered, last 12 months", "best possible")
areas = {model: np.array([promises(hidden, seed) for seed in range(4)]) for model, hidden in (("logistic", 0), ("MLP", 32))}
for k, name in enumerate(names):
    print(f"{name:26s}", "   ".join(f"{model} {runs[:, k].mean():.3f} ± {runs[:, k].std(ddof=1):.3f}" for model, runs in areas.items()))
flattery = {model: runs[:, :2] - runs[:, 2:3] for model, runs in areas.items()}
claim("userisk-random-flatters", "The random quarter promises at least two points of AUC more than either model delivers.", [gap[:, 0].mean() for gap in flattery.values()], at_least=0.02)
claim("userisk-time-honest", "For both, the promise of the last quarter comes closer on average.", [gap[:, 0].mean() - abs(gap[:, 1].mean()) for gap in flattery.values()], at_least=0.0)

# %% mystnb={"image": {"alt": "Bars of AUC of the network with a dot for each of four loan books: about 0.79 promised by a random quarter, 0.74 by the last quarter, 0.75 delivered, 0.80 delivered when only the last twelve months are fitted, 0.85 best possible."}}
_ = plotting.bars_with_error(dict(zip(names, areas["MLP"].T)), title="A random quarter promises too much", xlabel="AUC of the network, four books ± SD")

# %% [markdown]
# A random quarter shares its months with the training loans, so the model is asked to interpolate in time. The price of the drift shows in the last bars: *forgetting* the first year delivers five to seven points more than the whole book, about as much as the better model gains. Nothing reaches the best possible, which knows the present.
#
# ## Which number is a probability?
#
# Ranking is half of the job: whoever sets an interest rate needs [calibrated](../../book/glossary.md#calibration) probabilities. Only one loan in six defaults, and a habit says: weight the rare class. Here defaults are weighted by the ratio of repaid to defaulted loans, so that both classes count alike.
#
# Three repairs of the logit $z$ are compared. Two are fitted on the last four months of the book, which no model has seen: [temperature scaling](../../book/glossary.md#temperature-scaling), $z/T$, and **[Platt scaling](../../book/glossary.md#platt-scaling)** ([Platt, 2000](../../book/bibliography.md#platt2000probabilities)), $az + b$. The third undoes the weight $w$ on paper.
# Weighting multiplies the odds that the loss sees by $w$, so $z - \log w$ is the logit of the unweighted world ([Elkan, 2001](../../book/bibliography.md#elkan2001foundations)).

# %%
def platt_fit(z, y, shift=True, rounds=30):
    """Return (a, b) that minimise the cross-entropy of az + b, by Newton's method; b stays 0 without `shift`."""
    features = np.column_stack([z, np.ones_like(z)])[:, : 1 + shift]
    w = np.array([1.0, 0.0])[: 1 + shift]
    for _ in range(rounds):
        p = 1 / (1 + np.exp(-features @ w))
        w = w - np.linalg.solve(features.T @ (features * (p * (1 - p))[:, None]), features.T @ (p - y))
    return (*w, 0.0)[:2]

def brier_split(p, y, n_bins=10):
    """Return calibration error, reliability and resolution of forecasts p in bins of equal width."""
    which = np.minimum((p * n_bins).astype(int), n_bins - 1)
    share, said, seen = np.array([(k.mean(), p[k].mean(), y[k].mean()) for k in (which == b for b in np.unique(which))]).T
    return share @ np.abs(said - seen), share @ (said - seen) ** 2, share @ (seen - y.mean()) ** 2, (said, seen)

# %%
def forecasts_of(seed):
    """Return the defaults of months 24 to 29 and the forecasts of six ways to make them."""
    rng = np.random.default_rng(seed)
    x, y, p, month = loan_book(0, 24, 400, rng)
    x_next, y_next, p_next, _ = loan_book(24, 30, 1000, rng)
    fit, hold = (month >= 8) & (month < 20), month >= 20
    ratio = (1 - y[fit].mean()) / y[fit].mean()
    plain, weighted = (learnt_risk(32, x[fit], y[fit], rng, weight) for weight in (1.0, ratio))
    a, b = platt_fit(weighted(x[hold]), y[hold])
    cold, _ = platt_fit(weighted(x[hold]), y[hold], shift=False)
    z = weighted(x_next)
    logits = {"plain": plain(x_next), "weighted": z, "weighted, temperature": cold * z, "weighted, undone": z - np.log(ratio), "weighted, Platt": a * z + b}
    return y_next, {name: 1 / (1 + np.exp(-z)) for name, z in logits.items()} | {"truth": p_next}

# %% [markdown]
# > **Misconception.** Defaults are rare, so a model with class weights is the better one.

# %%
books = [forecasts_of(seed) for seed in range(4)]
kinds = list(books[0][1])
table = np.array([[[area_under(ps[k], y), ((ps[k] - y) ** 2).mean(), *brier_split(ps[k], y)[:3], ps[k].mean()] for k in kinds] for y, ps in books])
print(f"share of defaults in months 24 to 29: {np.mean([y.mean() for y, _ in books]):.3f}")
print(f"{'':22s}   AUC   Brier  calib. error  reliab.  resol.  mean forecast")
for kind, m, s in zip(kinds, table.mean(0), table.std(0, ddof=1)):
    print(f"{kind:22s} {m[0]:.3f}  {m[1]:.3f}  {m[2]:.3f} ± {s[2]:.3f}  {m[3]:.3f}    {m[4]:.3f}     {m[5]:.2f}")
error = dict(zip(kinds, table[:, :, 2].T))
claim("userisk-weights-no-auc", "Weights do not rank better: the mean AUC moves by less than a point and a half.", (table[:, 1, 0] - table[:, 0, 0]).mean(), expected=0.0, tolerance=0.015)
claim("userisk-weights-ruin", "In each book they raise the calibration error by five points or more.", (error["weighted"] - error["plain"]).min(), at_least=0.05)
claim("userisk-platt", "Platt scaling brings it below half of the weighted one in each book, and leaves the AUC as it was.",
      [(error["weighted, Platt"] / error["weighted"]).max(), np.ptp(table[:, [1, 4], 0], axis=1).max()], at_most=[0.5, 1e-12])
claim("userisk-temperature", "A temperature does not repair it: in each book less than a third of the error goes.", (error["weighted, temperature"] / error["weighted"]).min(), at_least=0.67)

# %% mystnb={"image": {"alt": "Share that defaulted against forecast probability. The weighted model lies far below the diagonal, the plain one above it where it says 0.1 to 0.5, and the Platt-scaled one close to it."}}
pooled = {kind: np.concatenate([ps[kind] for _, ps in books]) for kind in ("plain", "weighted", "weighted, Platt")}
seen = np.concatenate([y for y, _ in books])
lines = {kind: brier_split(p, seen)[3] for kind, p in pooled.items()}
_ = plotting.curves({"as promised": (np.array([0.0, 1.0]), np.array([0.0, 1.0]))} | lines, labels="legend",
                    title="Weights promise defaults that do not come; Platt scaling takes them back", xlabel="forecast probability of default", ylabel="share that defaulted")

# %% [markdown]
# The weights move all logits up by about the same amount; in the ranking they change less than a point. A temperature can only stretch them around zero, so it cannot take that back; a shift can. Undoing the weight on paper returns the plain model, whose own error is the drift: it was fitted on months with fewer defaults. Platt scaling on the latest months repairs both. Resolution, what the ranking is worth, hardly differs.
#
# ### A cost for each error
#
# A default loses 5 and a good customer refused forgoes 1. Refuse where the expected loss is larger, $5p > 1-p$, hence above $p^* = 1/6$. The threshold follows from the costs and never from the model, if only $p$ is a probability.

# %%
def default_cost(p, y, threshold, loss=5.0, gain=1.0):
    """Return the mean cost per applicant, where those above the threshold are refused."""
    return np.where(p > threshold, gain * (1 - y), loss * y).mean()

costs = {(kind, t): np.array([default_cost(ps[kind], y, t) for y, ps in books]) for kind in ("plain", "weighted", "weighted, Platt", "truth") for t in (0.5, 1 / 6)}
for (kind, t), values in costs.items():
    print(f"{kind:16s} refused above {t:.2f}: cost {values.mean():.3f} ± {values.std(ddof=1):.3f}")
print(f"refuse everybody: {np.mean([1 - y.mean() for y, _ in books]):.3f}")
odds = {kind: [ps[kind][0] / (1 - ps[kind][0]) for _, ps in books] for kind in ("weighted", "weighted, undone")}
weight = np.mean(np.divide(odds["weighted"], odds["weighted, undone"]))
print(f"the weight is {weight:.1f}: even odds with it are a probability of {1 / (1 + weight):.2f} without it")
claim("userisk-threshold", "Under the plain model, the threshold 1/6 in place of 1/2 saves a fifth of the cost or more.", (costs["plain", 1 / 6] / costs["plain", 0.5]).mean(), at_most=0.8)
claim("userisk-threshold-platt", "At 1/6 the Platt-scaled probabilities cost 0.02 less than the weighted ones, or better.",
      (costs["weighted", 1 / 6] - costs["weighted, Platt", 1 / 6]).mean(), at_least=0.02)

# %% [markdown]
# The weighted model does well at 1/2: undone, its weight of 5.7 makes that 0.15, next to 1/6. A class weight is a threshold in disguise, and one that nobody chose.
#
# ### A column from the future
#
# Now the data base gains a column, "reminders sent". Letters go to a few repayers and to most defaulters, *after* they stopped paying. In the archive the column stands beside the others.

# %%
leak = []
for seed in range(4):
    rng = np.random.default_rng(seed)
    x, y, _, month = loan_book(0, 24, 400, rng)
    reminders = rng.poisson(0.1, len(y)) + y * rng.poisson(4, len(y))
    x_leak, old = np.column_stack([x, reminders]).astype(np.float32), month < 18
    first_day = x_leak[~old] * np.array([1, 1, 1, 1, 1, 1, 0], np.float32)          # what an application can hold
    with_it, without = (learnt_risk(0, x[old], y[old], rng) for x in (x_leak, x))
    one_by_one = [abs(area_under(column, y[old]) - 0.5) + 0.5 for column in x_leak[old].T]
    late, now, honest = with_it(x_leak[~old]), with_it(first_day), without(x[~old])
    leak.append([*(area_under(z, y[~old]) for z in (late, now, honest)), sorted(one_by_one)[-2], one_by_one[-1],
                 *((1 / (1 + np.exp(-z))).mean() / y[~old].mean() for z in (now, honest))])
leak = np.array(leak)
what = ("AUC in the archive", "AUC on the first day", "AUC without the column", "best other column alone", "the column alone", "defaults forecast / seen, first day", "the same, without the column")
for name, column in zip(what, leak.T):
    print(f"{name:36s} {column.mean():.3f} ± {column.std(ddof=1):.3f}")
claim("userisk-leak", "With the column the test AUC is above 0.97 in each book; no other column alone reaches 0.8.", [leak[:, 0].min() - 0.97, 0.8 - leak[:, 3].max()], at_least=0.0)
claim("userisk-leak-first-day", "On the day of the decision the column is empty, and the AUC is within four points of the model without it.", np.abs(leak[:, 1] - leak[:, 2]).max(), at_most=0.04)
claim("userisk-leak-forecast", "There it forecasts at most half of the defaults that come.", leak[:, 5].max(), at_most=0.5)

# %% [markdown]
# The time-ordered split does not catch this: the column is as late in the test months. Three things do. A score above any that the business has ever had is a question, not a result. One column alone that ranks almost perfectly is the suspect. And proof is a *date*: for each value, when was it known? Rebuilt as of the day of the decision, the table shows what can be delivered
# ([Kaufman et al., 2012](../../book/bibliography.md#kaufman2012leakage)).
#
# ## Strategies on a coin
#
# An investment strategy decides each evening whether to hold a position for the next day. It is judged by its **[Sharpe ratio](../../book/glossary.md#sharpe-ratio)** ([Sharpe, 1994](../../book/bibliography.md#sharpe1994sharpe)): mean over standard deviation of the daily returns, times $\sqrt{252}$ for the trading days of a year. Take prices that are a [random walk](../../book/glossary.md#random-walk), so that *no* strategy earns anything on average, and $N$ strategies
# that throw a coin each evening. After $Y$ years each ratio is close to normal with mean 0 and variance $1/Y$, and the best of $N$ is expected at about
#
# $$\frac{1}{\sqrt Y}\Bigl[(1-\gamma)\,\Phi^{-1}\bigl(1-\tfrac1N\bigr) + \gamma\,\Phi^{-1}\bigl(1-\tfrac1{eN}\bigr)\Bigr], \qquad \gamma = 0.5772,$$
#
# with the normal quantile $\Phi^{-1}$ and Euler's constant ([Bailey et al., 2014](../../book/bibliography.md#bailey2014pseudo)). In words: *whoever tries more, finds more, and what is found is the number of tries.*
#
# > **Misconception.** A strategy with a Sharpe ratio above 2 over two years has shown that it works.

# %%
def yearly_sharpe(mean, mean_square):
    return mean / np.sqrt(mean_square - mean**2) * 252**0.5

def expected_best(n, years):
    gamma = np.euler_gamma
    return ((1 - gamma) * norm.ppf(1 - 1 / n) + gamma * norm.ppf(1 - 1 / (n * np.e))) / years**0.5

rng, days = np.random.default_rng(0), 504                                # two years to choose, two to look
positions = rng.choice([-1.0, 1.0], (1000, 2 * days))
returns = 0.01 * rng.normal(size=(2 * days, 200))                        # 200 markets
before, after = (yearly_sharpe(positions[:, half] @ returns[half] / days, (returns[half] ** 2).mean(0)) for half in (slice(days), slice(days, None)))
sizes, chosen = (10, 30, 100, 300, 1000), {}
for n in sizes:
    best = before[:n].argmax(0)
    chosen[n] = before[best, range(200)], after[best, range(200)]
    print(f"best of {n:4d}: formula {expected_best(n, 2):.2f}, measured {chosen[n][0].mean():.2f}, "
          f"next two years {chosen[n][1].mean():+.2f} ± {chosen[n][1].std(ddof=1):.2f}")
claim("userisk-best-of", "The best of 1000 coins has a Sharpe ratio above 2 on average, within a tenth of the formula.",
      [chosen[1000][0].mean(), expected_best(1000, 2)], expected=[2.3, 2.3], tolerance=0.1)
claim("userisk-best-of-formula", "From 10 to 1000 strategies the measured mean stays within 0.12 of the formula.",
      [chosen[n][0].mean() - expected_best(n, 2) for n in sizes], expected=[0.0] * 5, tolerance=0.12)
claim("userisk-best-of-next", "In the next two years the chosen ones have a mean ratio of zero, within three standard errors.",
      chosen[1000][1].mean() / (0.5**0.5 / 200**0.5), at_most=3.0, at_least=-3.0)

# %% mystnb={"image": {"alt": "Sharpe ratio against the number of strategies tried, on a logarithmic axis: in the two years of the choice it climbs from 1.1 for ten to 2.3 for a thousand along the formula; in the next two years it is zero throughout."}}
_ = plotting.curves({"formula": (sizes, [expected_best(n, 2) for n in sizes]), "when chosen": (sizes, [chosen[n][0].mean() for n in sizes]),
                     "the next two years": (sizes, [chosen[n][1].mean() for n in sizes])}, logx=True, labels="legend",
                    title="The best of many coins looks brilliant until it is used", xlabel="coins tried, N", ylabel="Sharpe ratio, mean of 200 markets")

# %% [markdown]
# A thousand settings of one rule are tried in an afternoon. A report that does not say how many were tried says nothing.
#
# A network tries for us: its weights are chosen by [gradient descent](../../book/glossary.md#gradient-descent) on the past. One with 64 hidden units reads ten days of the random walk and predicts the eleventh; we buy or sell by the sign.

# %%
def noise_trader(seed, days=500, steps=300):
    """Return Sharpe ratio and share of right signs, in the years of training and in as many after them."""
    rng = np.random.default_rng(seed)
    r = rng.normal(size=2 * days + 10).astype(np.float32)
    past, target = np.lib.stride_tricks.sliding_window_view(r, 10)[:-1], r[10:]
    net = nn.Sequential(nn.Linear(10, 64, rng=rng), nn.ReLU(), nn.Linear(64, 1, rng=rng))
    adam = optim.Adam(net.parameters(), lr=0.01)
    for _ in range(steps):
        adam.zero_grad()
        F.mse_loss(net(Tensor(past[:days]))[:, 0], target[:days]).backward()
        adam.step()
    sign = np.sign(net(Tensor(past)).data[:, 0])
    earned = [(sign * target)[half] for half in (slice(days), slice(days, None))]
    return [f for e in earned for f in (yearly_sharpe(e.mean(), (e**2).mean()), (e > 0).mean())]

traders = np.array([noise_trader(seed) for seed in range(8)])
for name, column in zip(("Sharpe ratio in training", "share of right signs", "Sharpe ratio after it", "share of right signs"), traders.T):
    print(f"{name:25s} {column.mean():6.2f} ± {column.std(ddof=1):.2f}")
claim("userisk-trader-past", "In training the network's Sharpe ratio is above 8 on each of eight random walks.", traders[:, 0].min(), at_least=8.0)
claim("userisk-trader-future", "After it the mean ratio is zero, within three standard errors.", traders[:, 2].mean() / (0.5**0.5 / 8**0.5), at_most=3.0, at_least=-3.0)

# %% [markdown]
# ### One day ahead
#
# The quietest leak is an index. A rule buys when today's price is below its mean over five days, and sells when above. Written with a window that is centred, or shifted by one, the mean contains *tomorrow*: $p_t - \frac15\sum_{j=-3}^{1} p_{t+j}$. With daily steps $\varepsilon$ this is $\frac15(3\varepsilon_t + 2\varepsilon_{t-1} + \varepsilon_{t-2} - \varepsilon_{t+1})$,
# so the signal has a correlation of $1/\sqrt{15} = 0.26$ with the step it bets on. For normal steps the mean daily gain is $m = \sqrt{2/\pi}/\sqrt{15}$ and the yearly ratio $\sqrt{252}\,m/\sqrt{1-m^2}$.

# %%
steps = np.random.default_rng(1).normal(size=(200, 1009))
prices = steps.cumsum(1)
means = np.lib.stride_tricks.sliding_window_view(prices, 5, axis=1).mean(-1)             # means[:, j] covers days j to j + 4
day = np.arange(5, 1008)
earned = {name: -np.sign(prices[:, day] - means[:, day - 4 + ahead]) * steps[:, day + 1] for name, ahead in (("honest", 0), ("one day ahead", 1))}
ratios = {name: yearly_sharpe(e.mean(1), (e**2).mean(1)) for name, e in earned.items()}
m = (2 / np.pi / 15) ** 0.5
for name, values in ratios.items():
    print(f"{name:13s} Sharpe ratio {values.mean():.2f} ± {values.std(ddof=1):.2f} over 200 random walks")
claim("userisk-ahead", "One day of look-ahead in a mean of five earns a Sharpe ratio of 3.34 on a random walk, as computed.",
      [ratios["one day ahead"].mean(), 252**0.5 * m / (1 - m**2) ** 0.5], expected=[3.34, 3.34], tolerance=0.12)
claim("userisk-ahead-honest", "Without it the mean ratio is zero.", ratios["honest"].mean(), expected=0.0, tolerance=0.12)

# %% [markdown]
# ### The best portfolio, estimated
#
# [Markowitz, 1952](../../book/bibliography.md#markowitz1952portfolio), gives the best weights for known mean returns $\mu$ and covariances $\Sigma$: the Sharpe ratio is largest for $w \propto \Sigma^{-1}\mu$. Nobody knows $\mu$. Ten assets that share a market, with true ratios as stocks may have them; $\mu$ and $\Sigma$ are estimated from $T$ months; the ratio of the weights under the *truth* is exact. The baseline puts a tenth into each.
# **Predict:** how many years must the estimates see to win?

# %%
def portfolios(months, seed, n=10):
    """Return yearly Sharpe ratios: promised by the estimates, true of the estimated weights, of equal ones, of the best."""
    rng = np.random.default_rng(seed)
    beta = rng.uniform(0.5, 1.5, n)
    cov = np.outer(beta, beta) * 0.05**2 + np.diag(rng.uniform(0.04, 0.08, n) ** 2)
    mu = 0.005 * beta + rng.normal(0, 0.001, n)
    seen = rng.multivariate_normal(mu, cov, months, method="cholesky")               # (months, n)
    mu_seen, cov_seen = seen.mean(0), np.cov(seen.T)
    ratio = lambda w, mu, cov: w @ mu / np.sqrt(w @ cov @ w) * 12**0.5
    w = np.linalg.solve(cov_seen, mu_seen)
    return ratio(w, mu_seen, cov_seen), ratio(w, mu, cov), ratio(np.ones(n), mu, cov), ratio(np.linalg.solve(cov, mu), mu, cov)

lengths = (24, 60, 120, 240, 600, 1200, 3000, 6000)
paid = {months: np.array([portfolios(months, seed) for seed in range(100)]) for months in lengths}
for months in lengths:
    promised, true, equal, best = paid[months].mean(0)
    print(f"{months / 12:3.0f} years: promised {promised:.2f}, true {true:.2f}, equal weights {equal:.2f}, best {best:.2f}, "
          f"wins {(paid[months][:, 1] > paid[months][:, 2]).mean():.0%}")
claim("userisk-portfolio", "With 10 years of data the estimated weights have less than half the ratio of equal weights, and promise more than twice it.",
      [0.5 - paid[120][:, 1].mean() / paid[120][:, 2].mean(), paid[120][:, 0].mean() / paid[120][:, 2].mean() - 2], at_least=0.0)
claim("userisk-portfolio-long", "With 100 years they win in fewer than half of 100 worlds, with 500 years in at least three quarters.",
      [0.5 - (paid[1200][:, 1] > paid[1200][:, 2]).mean(), (paid[6000][:, 1] > paid[6000][:, 2]).mean() - 0.75], at_least=0.0)

# %% mystnb={"image": {"alt": "Yearly Sharpe ratio against years of data on a logarithmic axis. Promised by the estimates: from 3 at two years falling to 0.4. True of the estimated weights: from 0.06 rising, past the level line of equal weights at 0.32 only after more than a hundred years, towards the best at 0.37."}}
years = np.array(lengths) / 12
_ = plotting.curves({name: (years, [paid[months][:, k].mean() for months in lengths]) for k, name in enumerate(("promised by the estimates", "estimated weights, true", "equal weights, true", "best weights, true"))},
                    logx=True, logy=True, labels="legend", title="Optimising on estimates loses to a tenth in each for a hundred years", xlabel="years of monthly data", ylabel="yearly Sharpe ratio")

# %% [markdown]
# The optimiser puts most where the estimate errs most. [DeMiguel, Garlappi and Uppal, 2009](../../book/bibliography.md#demiguel2009optimal), found the same on seven sets of real returns: of fourteen models, the estimated rule and its refinements, none beat equal weights consistently. In our worlds the assets are rather alike, which favours equal weights; where they differ more, the crossing comes earlier.
#
# ## Vowels
#
# A vowel is a buzz from the vocal folds, at the *pitch*, shaped by the resonances of the mouth, the **[formants](../../book/glossary.md#formant)**. The two lowest, $F_1$ and $F_2$, tell the vowels apart ([Peterson and Barney, 1952](../../book/bibliography.md#peterson1952control)). A short vocal tract, a child's, multiplies all formants by a factor above 1, and usually comes with a high pitch.
#
# We synthesise as [Klatt, 1980](../../book/bibliography.md#klatt1980software): a train of pulses through two resonators $y_t = A x_t + B y_{t-1} + C y_{t-2}$, with $C = -e^{-2\pi b/f_s}$, $B = 2e^{-\pi b/f_s}\cos(2\pi f/f_s)$, $A = 1-B-C$ for a formant $f$ of bandwidth $b$, at $f_s = 8000$ numbers a second. Each speaker has a pitch, a length of tract, and habits: every vowel a little off, always in the same way.

# %%
RATE, LENGTH = 8000, 512                                                 # 64 milliseconds
VOWELS = {"i": (270, 2290), "e": (530, 1840), "a": (730, 1090), "o": (570, 840), "u": (300, 870)}

def resonance(wave, f, bandwidth):
    """Return the wave after Klatt's resonator at f hertz."""
    c, b = -np.exp(-2 * np.pi * bandwidth / RATE), 2 * np.exp(-np.pi * bandwidth / RATE) * np.cos(2 * np.pi * f / RATE)
    return lfilter([1 - b - c], [1, -b, -c], wave)

def spoken(formants, pitch, rng, noise=0.1):
    """Return 1.5 times LENGTH numbers of one vowel, with mean 0 and spread 1."""
    n = LENGTH * 3 // 2 + 500                                            # 500 to swing in
    pitches = pitch * np.exp(0.05 * rng.normal()) * (1 + 0.05 * rng.uniform(-1, 1) * np.linspace(-1, 1, n))
    wave = lfilter([1], [1, -0.9], np.diff(np.floor(np.cumsum(pitches / RATE) + rng.random()), prepend=0))
    for f, bandwidth in zip(formants, (80, 120)):
        wave = resonance(wave, f * np.exp(0.03 * rng.normal()), bandwidth)
    wave = wave[500:] / wave[500:].std() + noise * rng.normal(size=n - 500)
    return (wave - wave.mean()) / wave.std()

# %%
def recordings(n_speakers, per_vowel, rng, tracts=(0.8, 1.25)):
    """Return waves (N, 1.5 LENGTH), vowels (N,) and speakers (N,)."""
    waves, names, speakers = [], [], []
    for speaker in range(n_speakers):
        tract = rng.uniform(*tracts)
        pitch = 130 * tract**2 * np.exp(0.1 * rng.normal())
        for name, formants in enumerate(VOWELS.values()):
            habit = np.array(formants) * tract * np.exp(0.08 * rng.normal(size=2))
            for _ in range(per_vowel):
                waves.append(spoken(habit, pitch, rng)); names.append(name); speakers.append(speaker)
    return np.array(waves, np.float32), np.array(names), np.array(speakers)

# %% [markdown]
# The baseline needs no learning to speak of: the energy in 20 bands, spaced as the ear spaces them (the *mel* scale, [Davis and Mermelstein, 1980](../../book/bibliography.md#davis1980comparison)), its logarithm, and the nearest of five class means.

# %% mystnb={"image": {"alt": "Energy in dB against frequency for three vowels of one speaker: harmonics of the pitch under an envelope with two humps, at 300 and 2300 Hz for i, 700 and 1100 for a, 300 and 900 for u."}}
def mel_bands(waves, n_bands=20):
    """Return log energies (N, n_bands) in triangular bands from 80 to 4000 Hz, evenly spaced in mel."""
    mel = lambda f: 2595 * np.log10(1 + f / 700)
    edge = 700 * (10 ** (np.linspace(mel(80), mel(RATE / 2), n_bands + 2) / 2595) - 1)
    f = np.fft.rfftfreq(LENGTH, 1 / RATE)[:, None]
    bank = np.maximum(0, np.minimum((f - edge[:-2]) / np.diff(edge)[:-1], (edge[2:] - f) / np.diff(edge)[1:]))
    return np.log(np.abs(np.fft.rfft(waves[:, :LENGTH] * np.hanning(LENGTH))) ** 2 @ bank + 1e-3)

def nearest_centre(x, y, x_new):
    centres = np.array([x[y == k].mean(0) for k in range(5)])
    return ((x_new[:, None] - centres) ** 2).sum(2).argmin(1)

rng = np.random.default_rng(0)
f, shown = np.fft.rfftfreq(LENGTH, 1 / RATE), {}
for name in "iau":
    wave = spoken(VOWELS[name], 130, rng, noise=0.01)[:LENGTH]
    shown[name] = (f[:193], 20 * np.log10(np.abs(np.fft.rfft(wave * np.hanning(LENGTH))) + 1e-2)[:193])
_ = plotting.curves(shown, markers=False, labels="legend", title="The pitch draws the comb, the vowel its envelope", xlabel="frequency, Hz", ylabel="energy, dB", ylim=(-30, 50), height=3.2)

# %% [markdown]
# ## A spectrogram is a convolution
#
# Networks hear a wave in two ways. One cuts it into short frames, multiplies each by a window $h$ and takes the Fourier transform, the **[short-time Fourier transform](../../book/glossary.md#short-time-fourier-transform)** ([Allen and Rabiner, 1977](../../book/bibliography.md#allen1977unified)); the magnitudes are a picture, the *spectrogram*. The other puts a 1-D [convolution](../04_cnn/01_convolution.ipynb) on the raw wave. They are the same operation with other weights:
#
# $$X_{k,m} = \sum_{n=0}^{M-1} x_{n+ms}\,h_n e^{-2\pi i kn/M},$$
#
# *a convolution of stride $s$ with the fixed filters $h_n\cos(2\pi kn/M)$ and $-h_n\sin(2\pi kn/M)$.* No [reflection of the kernel](../04_cnn/01_convolution.ipynb), since a network's convolution does not reflect.

# %%
def fourier_rows(window):
    """Return filters (2 (M/2 + 1), 1, M): cosines, then minus sines, each times the window."""
    M = len(window)
    angle = 2 * np.pi * np.outer(np.arange(M // 2 + 1), np.arange(M)) / M
    return np.concatenate([np.cos(angle), -np.sin(angle)])[:, None] * window

def frames_of(waves, size=128, hop=96):
    return np.lib.stride_tricks.sliding_window_view(waves, size, axis=1)[:, ::hop] * np.hanning(size)     # (N, frames, size)

some = np.random.default_rng(1).normal(size=(4, LENGTH))
real, imaginary = np.split(F.conv1d(Tensor(some[:, None]), Tensor(fourier_rows(np.hanning(128))), stride=96).data, 2, axis=1)
fast = np.fft.rfft(frames_of(some), axis=2).transpose(0, 2, 1)                                            # (4, 65, 5)
claim("userisk-fourier", "The short-time Fourier transform is a 1-D convolution with 130 fixed filters.", np.abs(real + 1j * imaginary - fast).max(), at_most=1e-12)

# %% [markdown]
# So a network on the raw wave *could* learn the spectrogram ([Palaz, Collobert and Magimai-Doss, 2013](../../book/bibliography.md#palaz2013estimating), recognise phonemes without one). Two networks of chapter 4's parts: `RawWave` begins with 24 free filters of 64 numbers; `SoundPicture` is a small CNN on the logarithm of the spectrogram.
#
# Each gets a variant. In a wave the low frequencies hold nearly all energy; the differences $x_t - 0.95\,x_{t-1}$, called *pre-emphasis*, raise the high ones. And [data augmentation](../../book/glossary.md#data-augmentation): the spectrogram network also learns from waves played at 0.8 to 1.49 times their speed, which moves pitch and formants together, as a shorter tract does.

# %%
class RawWave(nn.Module):
    """24 filters of 8 ms on the wave, then 32 of five steps, mean over time, five scores."""
    def __init__(self, rng):
        super().__init__()
        self.ear, self.deep, self.head = nn.Conv1d(1, 24, 64, stride=8, rng=rng), nn.Conv1d(24, 32, 5, stride=2, rng=rng), nn.Linear(32, 5, rng=rng)
    def forward(self, waves):
        return self.head(F.relu(self.deep(F.avg_pool1d(F.relu(self.ear(waves.reshape(-1, 1, LENGTH))), 4))).mean(2))

class SoundPicture(nn.Module):
    """Two convolutions on the spectrogram (B, 1, 65, 5), mean over time, five scores."""
    def __init__(self, rng):
        super().__init__()
        self.first, self.second = nn.Conv2d(1, 8, (5, 3), stride=(2, 1), rng=rng), nn.Conv2d(8, 16, (5, 3), stride=(2, 1), rng=rng)
        self.head = nn.Linear(224, 5, rng=rng)
    def forward(self, waves):
        picture = np.log(np.abs(np.fft.rfft(frames_of(waves.data), axis=2)) + 0.1).transpose(0, 2, 1)[:, None]
        return self.head(F.relu(self.second(F.relu(self.first(Tensor(picture.astype(np.float32)))))).mean(3).reshape(-1, 224))

# %%
def played(waves, speeds):
    """Return (N, LENGTH): each wave read at its speed, between 0.8 and 1.49."""
    where = np.arange(LENGTH) * np.asarray(speeds)[:, None]
    return np.stack([np.interp(at, np.arange(waves.shape[1]), wave) for at, wave in zip(where, waves)]).astype(np.float32)

def heard(net, waves, names, rng, steps, faster=1.0):
    """Return a function from waves to vowels, learnt on the waves at speeds from 1/1.25 to `faster`."""
    adam = optim.Adam(net.parameters(), lr=0.01)
    schedule = optim.CosineAnnealingLR(adam, T_max=steps)
    for _ in range(steps):
        rows = rng.integers(0, len(waves), 32)
        x = waves[rows, :LENGTH] if faster == 1 else played(waves[rows], rng.uniform(0.8, faster, 32))
        adam.zero_grad()
        F.cross_entropy(net(Tensor(x)), names[rows]).backward()
        adam.step()
        schedule.step()

    return lambda waves: net(Tensor(waves[:, :LENGTH])).data.argmax(1)

def emphasised(waves):
    d = waves[:, 1:] - 0.95 * waves[:, :-1]
    return d / d.std(1, keepdims=True)

# %% [markdown]
# Six speakers, 150 recordings each. Three tests: 200 held-out *recordings* of the same six, as a split by recording gives them; ten *new speakers*; ten new speakers with *short tracts*, shorter than any heard.

# %%
hearers = ("mel bands, nearest mean", "raw wave", "raw, pre-emphasis", "spectrogram", "spectrogram, speeds")
heard_right, ears, mixed = np.zeros((3, 5, 3)), [], []
for seed in range(3):
    rng = np.random.default_rng(seed)
    waves, names, _ = recordings(6, 30, rng)
    order = rng.permutation(len(names))
    x, y, held = waves[order[:700]], names[order[:700]], order[700:]
    tests = [(waves[held], names[held]), recordings(10, 8, rng)[:2], recordings(10, 8, rng, tracts=(1.3, 1.5))[:2]]
    raw, lifted = RawWave(rng), RawWave(rng)
    ears.append([raw.ear.weight.data[:, 0].copy()])
    says = [lambda w, x=x, y=y: nearest_centre(mel_bands(x), y, mel_bands(w)), heard(raw, x, y, rng, 130), heard(lifted, emphasised(x), y, rng, 130),
            heard(SoundPicture(rng), x, y, rng, 100), heard(SoundPicture(rng), x, y, rng, 200, faster=1.49)]
    answers = [[say(emphasised(w) if k == 2 else w) for w, _ in tests] for k, say in enumerate(says)]
    heard_right[seed] = [[(a == n).mean() for a, (_, n) in zip(row, tests)] for row in answers]
    ears[-1] += [net.ear.weight.data[:, 0].copy() for net in (raw, lifted)]
    o_fast = played(o := waves[held][names[held] == 3], np.full(len(o), 1.29))                # o is vowel 3, a is vowel 2
    mixed.append([(says[k](o_fast) == 2).mean() for k in (0, 3)])

# %% [markdown]
# > **Misconception.** Recordings that were not in the training set are new data.

# %%
print(f"{'':24s} same speakers   new speakers     short tracts")
for name, m, s in zip(hearers, heard_right.mean(0), heard_right.std(0, ddof=1)):
    print(f"{name:24s}", "    ".join(f"{a:.3f} ± {b:.3f}" for a, b in zip(m, s)))
same_six, new_ten, short = heard_right.transpose(2, 1, 0)
claim("userisk-speaker-leak", "A split by recording flatters: on new speakers the four networks lose over three points on average.", (same_six - new_ten)[1:].mean(), at_least=0.03)
claim("userisk-speaker-short", "On short tracts all models but the last lose at least 20 points.", (same_six - short)[:4].mean(1).min(), at_least=0.2)
claim("userisk-speaker-speeds", "Trained on changed speeds, the spectrogram network gains at least 15 points there.", (short[4] - short[3]).mean(), at_least=0.15)
print("o played at 1.29 times its speed and named a: nearest mean {:.2f}, spectrogram {:.2f}".format(*np.mean(mixed, 0)))
claim("userisk-speaker-a-o", "Played 1.29 times faster, at least six in ten o are named a by the nearest mean and by the spectrogram network.", np.mean(mixed, 0), at_least=0.6)

# %% [markdown]
# The speakers' habits are learnt with the vowels, and a split by recording tests on the same habits: use a split by *speaker*. The spectrogram network is ahead of the nearest mean of 20 energies on new speakers; the networks on raw waves, so short a training, are behind it. Outside the range of tracts all fall far, and nothing in the first two tests announced it.
#
# Changed speeds repair most of that, and charge for it on the others. Augmentation says "the speed does not matter"; but an *o* played 1.3 times faster *is* an *a*: 570 Hz becomes 741, 840 becomes 1092. People use the pitch, and more formants, to tell the tract from the vowel.
#
# ### Has a filter bank been learnt?
#
# The power spectra of the first filters, before training and after it, averaged over all filters of three networks:

# %% mystnb={"image": {"alt": "Mean power of the first filters against frequency. Untrained it is flat; trained on the raw wave it has humps near 200, 550 and 950 Hz, twice as high, and little above 1200 Hz; with pre-emphasis the humps near 550 and 1050 Hz are the larger ones."}}
stages, f = ("untrained", "trained on the wave", "with pre-emphasis"), np.arange(129) * RATE / 256
power = np.abs(np.fft.rfft(np.array(ears), 256)) ** 2                     # (3 seeds, 3 stages, 24 filters, 129)
power /= power.sum(-1, keepdims=True)
peak = power.argmax(-1)
narrow = np.take_along_axis(np.pad(power, [(0, 0)] * 3 + [(8, 8)]), peak[..., None] + np.arange(17), -1).sum(-1)      # within 250 Hz of the peak
for k, stage in enumerate(stages):
    print(f"{stage:19s} peak below 1200 Hz {(f[peak[:, k]] < 1200).mean():.2f}, 1200 to 2600 Hz {((f[peak[:, k]] >= 1200) & (f[peak[:, k]] < 2600)).mean():.2f}, power near it {narrow[:, k].mean():.2f}")
claim("userisk-ear-low", "Trained on the wave, at least eight filters in ten have their peak below 1200 Hz; before it fewer than half.",
      [(f[peak[:, 1]] < 1200).mean() - 0.8, 0.5 - (f[peak[:, 0]] < 1200).mean()], at_least=0.0)
claim("userisk-ear-narrow", "They have become narrower: the share of power near the peak grows by a third or more.", narrow[:, 1].mean() / narrow[:, 0].mean(), at_least=1.33)
_ = plotting.curves({stage: (f[::3], power[:, k].mean((0, 1))[::3] * 100) for k, stage in enumerate(stages)}, markers=False, labels="legend", height=3.2,
                    title="The learnt filters crowd where the energy is", xlabel="frequency, Hz", ylabel="power, % of a filter")

# %% [markdown]
# Half a filter bank: each filter has narrowed round a band, but nearly all crowd below 1200 Hz, where the wave is loud, several on the same band and hardly one on the second formant of *i* and *e*. Pre-emphasis moves some of them up. The mel bands, spread by hand, cover the range from the start. With far more speech, learnt filters do come to resemble such a bank ([Sainath et al., 2015](../../book/bibliography.md#sainath2015learning)).
#
# ## What it does not show
#
# Real loans are refused or granted, and only the granted ones show whether they fail: our book has no such selection, its drift is smooth, and it says nothing about who is treated fairly. The markets have no structure at all by construction; that a rule fails on a coin does not prove that every rule fails on prices, only that a backtest alone could not tell. Real portfolios have costs and limits. The vowels are five, sustained, and synthetic: words, rooms
# and noise are missing, and three seeds do not rank two networks.
#
# ## Summary
#
# - Split as the model will be used: by time for loans, by speaker for speech. A random split of a drifting book promised four to five points of AUC that did not come.
# - AUC ranks, calibration prices. Class weights leave the first and ruin the second; a shift of the logit repairs it, a temperature cannot. The threshold follows from the costs.
# - A score that is too good is a leak until shown otherwise. Ask of each value *when* it was known: a column, a day, a speaker.
# - The best of $N$ tries on noise grows with $N$. Report $N$, and the result on data that took no part. Weights that are optimal for estimates may be worse than equal ones.
# - The short-time Fourier transform is a convolution with fixed filters; learnt ones go where the energy is.
#
# ## Exercises
#
# ### Exercise 1 · Another price
#
# A default loses 12 and a good customer refused forgoes 3. Above which probability of default should the bank refuse?

# %%
answer = None
exercise("userisk-refuse-above", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Granting costs $12p$ on average, refusing $3(1-p)$. They are equal at $12p = 3 - 3p$, so $p = 3/15 = 0.2$.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("userisk-refuse-above", 3 / (12 + 3))

# %% [markdown]
# ### Exercise 2 · Undo the weight
#
# A calibrated model was trained with defaults counted `weight` times. Write `unweighted(p, weight)`: the probability that it should have given where it says `p` (N,), without a logarithm if you can.

# %%
def unweighted(p, weight):
    ...
exercise("userisk-unweighted", unweighted)

# %% tags=["hide-cell", "solution"]
exercise("userisk-unweighted", lambda p, weight: p / (p + weight * (1 - p)))        # the odds divided by the weight

# %% [markdown]
# ### Exercise 3 · Only the past
#
# Write `hold(prices, m)`: for each day $t$ from $m-1$ to the last, $+1$ where the price is below the mean of the last `m` prices, today's included, and $-1$ elsewhere. It returns an array of length $T - m + 1$, and no entry may change when a later price does; the check changes the future and looks.

# %%
def hold(prices, m):
    ...
exercise("userisk-only-the-past", hold)

# %% tags=["hide-cell", "solution"]
def hold_solution(prices, m):
    means = np.lib.stride_tricks.sliding_window_view(prices, m).mean(1)
    return np.where(prices[m - 1 :] < means, 1, -1)

exercise("userisk-only-the-past", hold_solution)

# %% [markdown]
# ### Exercise 4 · The price of a look ahead
#
# The rule of *One day ahead* with a mean of three days, yesterday, today and tomorrow, on normal steps. What is its yearly Sharpe ratio?

# %%
answer = None
exercise("userisk-three-days", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# $p_t - \frac13(p_{t-1} + p_t + p_{t+1}) = \frac13(\varepsilon_t - \varepsilon_{t+1})$: the correlation with the step is $1/\sqrt2$. So $m = \sqrt{2/\pi}/\sqrt2 = \sqrt{1/\pi} = 0.564$, and the yearly ratio is $\sqrt{252}\cdot0.564/\sqrt{1 - 0.318} = 10.8$. The shorter the window, the larger the share of tomorrow.
#
# </details>

# %% tags=["hide-cell", "solution"]
m = (1 / np.pi) ** 0.5
exercise("userisk-three-days", 252**0.5 * m / (1 - m**2) ** 0.5)

# %% [markdown]
# ## Sources
#
# [Hanley and McNeil, 1982](../../book/bibliography.md#hanley1982meaning), the area under the ROC curve, and [Efron, 1979](../../book/bibliography.md#efron1979bootstrap), the bootstrap ·
# [Platt, 2000](../../book/bibliography.md#platt2000probabilities), and [Guo et al., 2017](../../book/bibliography.md#guo2017calibration), repairing probabilities ·
# [Murphy, 1973](../../book/bibliography.md#murphy1973new), the parts of the Brier score ·
# [Elkan, 2001](../../book/bibliography.md#elkan2001foundations), costs and weights ·
# [Kaufman et al., 2012](../../book/bibliography.md#kaufman2012leakage), leakage ·
# [Markowitz, 1952](../../book/bibliography.md#markowitz1952portfolio), the portfolio, and [DeMiguel, Garlappi and Uppal, 2009](../../book/bibliography.md#demiguel2009optimal), its estimates ·
# [Sharpe, 1994](../../book/bibliography.md#sharpe1994sharpe), the ratio ·
# [Bailey et al., 2014](../../book/bibliography.md#bailey2014pseudo), the best of many backtests ·
# [Peterson and Barney, 1952](../../book/bibliography.md#peterson1952control), formants, and [Klatt, 1980](../../book/bibliography.md#klatt1980software), their synthesis ·
# [Davis and Mermelstein, 1980](../../book/bibliography.md#davis1980comparison), mel bands ·
# [Allen and Rabiner, 1977](../../book/bibliography.md#allen1977unified), the short-time Fourier transform ·
# [Palaz, Collobert and Magimai-Doss, 2013](../../book/bibliography.md#palaz2013estimating), and [Sainath et al., 2015](../../book/bibliography.md#sainath2015learning), networks on the raw wave.
