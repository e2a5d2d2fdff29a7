# %% [markdown]
# # Where it is used: recommendation and biology
#
# **After this section** you can build a small recommender and say which of its scores to distrust, predict the next click of a session, find a binding site on either strand of DNA, and turn a table of distances back into a fold.
# You will also have seen what one question to a person from the other discipline is worth, in points.
# *Reading: 30 minutes. Running: about 25 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D
from scipy.sparse.csgraph import shortest_path
from sklearn.linear_model import LogisticRegression

from chainrule import Tensor, nn, no_grad, optim, plotting, train
from chainrule.nn import functional as F
from chainrule.proof import claim, exercise

# %% [markdown]
# ## The question
#
# Two of the fields that the first article names lie far apart, and fail in the same way: the numbers are fine, and the data answer another question than the one that was asked.
#
# | task | data made here | baseline | model | what goes wrong |
# |---|---|---|---|---|
# | recommend a film | ratings | an average per person and film | [embeddings](../../book/glossary.md#embedding) | the best error is not the best list |
# | guess the next click | sessions | the usual successor | [self-attention](../../book/glossary.md#self-attention) | the log was written by a recommender |
# | find a binding site | DNA | counts of short runs of letters | one [convolution](../../book/glossary.md#convolution) | the classes differ in something else |
# | fold a protein | distances, an alignment | correlation | an eigenvector, a count | the mirror image |
#
# All data are generated, so that the truth is known and a claim can be wrong. They stand for no real people and no real gene.
#
# ## Ratings
#
# Three hundred people, 150 films. A rating is made of a mean, a bias of the person, a bias of the film, a taste, and noise:
#
# $$r_{ui} = \mu + b_u + b_i + p_u\cdot q_i + \varepsilon, \qquad \varepsilon \sim N(0,\ 0.6^2).$$
#
# In words: *some people are kind, some films are good, and the rest is whether the two vectors point the same way.* The vectors have three entries, and nobody sees them. Each person rates 40 films. Which? Those that were advertised, and those they expected to like:
# nobody rates at random. A quarter of the ratings is held out.

# %%
n_users, n_items, noise = 300, 150, 0.6


def ratings_world(seed):
    """Return the true mean ratings (users, items), and pairs (n, 2) with ratings (n,) to learn from and to test on."""
    rng = np.random.default_rng(seed)
    kind, good, advertised = rng.normal(0, 0.4, n_users), rng.normal(0, 0.4, n_items), rng.normal(0, 1.2, n_items)
    taste = rng.normal(0, 0.59, (n_users, 3)) @ rng.normal(0, 0.68, (3, n_items))
    truth = 3.5 + kind[:, None] + good + taste
    wish = advertised + good + taste + rng.gumbel(size=truth.shape)
    pairs = np.stack([np.repeat(np.arange(n_users), 40), np.argsort(-wish, 1)[:, :40].ravel()], 1)
    pairs = rng.permutation(pairs)
    r = truth[pairs[:, 0], pairs[:, 1]] + rng.normal(0, noise, len(pairs))
    return truth, (pairs[:9000], r[:9000]), (pairs[9000:], r[9000:])

# %% [markdown]
# The baseline is an average per person and one per film, each pulled towards zero where ratings are few, computed in turns. The model has the same two biases and a row of three numbers for each person and each film: **[matrix factorisation](../../book/glossary.md#matrix-factorization)**
# ([Koren, Bell and Volinsky, 2009](../../book/bibliography.md#koren2009matrix)). Its parameters are rows of an [`nn.Embedding`](../05_rnn/05_language.ipynb), as those of words are.

# %%
def average_ratings(pairs, r):
    """Return the table of predictions mean + bias of the person + bias of the film."""
    (u, i), mean = pairs.T, r.mean()
    kind, good = np.zeros(n_users), np.zeros(n_items)
    for _ in range(10):
        good = np.bincount(i, r - mean - kind[u], n_items) / (np.bincount(i, minlength=n_items) + 2)
        kind = np.bincount(u, r - mean - good[i], n_users) / (np.bincount(u, minlength=n_users) + 2)
    return mean + kind[:, None] + good


class Recommender(nn.Module):
    """Biases and vectors of people and items; `table` scores every pair, a call the pairs (B, 2)."""

    def __init__(self, n_users, n_items, mean, rng):
        small, zero = lambda shape, rng, dtype: rng.normal(0, 0.1, shape), lambda shape, rng, dtype: np.zeros(shape)
        self.user, self.item = (nn.Embedding(n, 3, rng=rng, init=small) for n in (n_users, n_items))
        self.user_bias, self.item_bias = (nn.Embedding(n, 1, rng=rng, init=zero) for n in (n_users, n_items))
        self.mean = float(mean)

    def forward(self, pairs):
        u, i = pairs[:, 0], pairs[:, 1]
        return (self.user(u) * self.item(i)).sum(axis=1) + self.user_bias(u)[:, 0] + self.item_bias(i)[:, 0] + self.mean

    def table(self):
        return self.user.weight @ self.item.weight.T + self.user_bias.weight + self.item_bias.weight.T + self.mean

# %% [markdown]
# The measure is the root of the mean squared error (RMSE). No prediction can be better than the noise: 0.6. Learning rate and [weight decay](../../book/glossary.md#weight-decay) were chosen in world 0, which is not used again; the worlds below are 1, 2 and 3. **Predict** how much of the way from the averages to 0.6
# the embeddings go.

# %%
def taught_by_ratings(pairs, r, rng, epochs=12):
    model = Recommender(n_users, n_items, r.mean(), rng)
    train.fit(model, (pairs, r.astype(np.float32)), loss=nn.MSELoss(), optimizer=optim.AdamW(model.parameters(), lr=0.03, weight_decay=0.1),
              epochs=epochs, batch_size=256, rng=rng, progress=False)
    return model


rmse = lambda table, pairs, r: np.sqrt(((table[pairs[:, 0], pairs[:, 1]] - r) ** 2).mean())
worlds = [ratings_world(seed) for seed in (1, 2, 3)]
tables, errors = [], {name: [] for name in ("one mean", "averages", "embeddings", "the truth")}
for seed, (truth, known, held_out) in enumerate(worlds):
    model = taught_by_ratings(*known, np.random.default_rng(seed))
    tables.append({"one mean": np.full(truth.shape, known[1].mean()), "averages": average_ratings(*known), "embeddings": model.table().data, "the truth": truth})
    for name, table in tables[-1].items():
        errors[name].append(rmse(table, *held_out))

# %% tags=["settles-S0-A3"]
for name, found in errors.items():
    print(f"{name:11s} RMSE {np.mean(found):.3f} ± {np.std(found, ddof=1):.3f}")
claim("userec-embeddings", "In each of three worlds the embeddings are ahead of the averages by a tenth or more of a star.",
      min(a - b for a, b in zip(errors["averages"], errors["embeddings"])), at_least=0.1)
claim("userec-floor", "The truth itself errs by the noise, 0.6.", errors["the truth"], expected=[noise] * 3, tolerance=0.02)

# %% [markdown]
# The test has the same hole as the training: it asks about films that people chose. Since the truth is known here we can ask about the others, for which a recommender exists.

# %%
unseen_error, chosen_error = [], []
for (truth, known, held_out), table in zip(worlds, tables):
    rated = np.zeros(truth.shape, bool)
    for pairs, _ in (known, held_out):
        rated[tuple(pairs.T)] = True
    wrong = (table["embeddings"] - truth) ** 2
    unseen_error.append(wrong[~rated].mean() ** 0.5)
    chosen_error.append(wrong[tuple(held_out[0].T)].mean() ** 0.5)
print("error against the true mean: chosen films", *(f"{e:.2f}" for e in chosen_error), " others", *(f"{e:.2f}" for e in unseen_error))
claim("userec-not-at-random", "On films that nobody chose to rate the error is larger, by a tenth or more on average.",
      np.mean([a / b for a, b in zip(unseen_error, chosen_error)]), at_least=1.1)

# %% [markdown]
# ## From ratings to a list
#
# A recommender shows ten films, not a table of numbers. The list is judged by the films that the person took next, the *relevant* ones. Let $\mathrm{rel}_k$ be 1 if the film at rank $k$ is relevant, and $R$ the number of relevant ones:
#
# | measure | formula | reads |
# |---|---|---|
# | [recall](../../book/glossary.md#recall) at 10 | $\sum_{k\le10}\mathrm{rel}_k\,/\min(R, 10)$ | how many of those that fit are in the list |
# | [NDCG](../../book/glossary.md#ndcg) at 10 | $\sum_{k\le10}\frac{\mathrm{rel}_k}{\log_2(k+1)}\Big/\sum_{k\le\min(R,10)}\frac{1}{\log_2(k+1)}$ | the same, with the top worth more |
# | [AUC](../../book/glossary.md#roc-curve) | share of pairs (relevant, not) in the right order | needs no list |
#
# NDCG is due to [Järvelin and Kekäläinen, 2002](../../book/bibliography.md#jarvelin2002cumulated). Two more recommenders: *popularity* shows everybody what was rated most often. *Clicks* is the same network as above, but it never sees a rating; it learns by cross-entropy **which** films a person rated ([implicit feedback](../../book/glossary.md#implicit-feedback)).

# %%
def taught_by_clicks(model, counts, optimizer, steps=100):
    """Fit the softmax over items, for each person, to the counts (users, items)."""
    share = Tensor((counts / counts.sum()).astype(np.float32))
    for _ in range(steps):
        optimizer.zero_grad()
        (-(F.log_softmax(model.table(), axis=1) * share).sum()).backward()
        optimizer.step()
    return model


def list_scores(scores, hidden, relevant, k=10):
    """Return recall and NDCG at k and the AUC, means over people; items in `hidden` are not shown."""
    s, k = np.where(hidden, -np.inf, scores), min(k, scores.shape[1])
    hits = np.take_along_axis(relevant, np.argsort(-s, 1)[:, :k], 1)
    worth, n = 1 / np.log2(np.arange(2, k + 2)), np.minimum(relevant.sum(1), k)
    ideal = np.cumsum(worth)[n - 1]
    ahead = [(row[yes][:, None] > row[~yes & ~no]).mean() + 0.5 * (row[yes][:, None] == row[~yes & ~no]).mean() for row, yes, no in zip(s, relevant, hidden)]
    return (hits.sum(1) / n).mean(), (hits @ worth / ideal).mean(), np.mean(ahead)


claim("userec-ndcg-paper", "On paper: relevant at ranks 2 and 3 of two gives recall 1, NDCG (0.631 + 0.5)/1.631 = 0.693, and no pair in order against rank 1.",
      list_scores(np.array([[3.0, 2.0, 1.0]]), np.zeros((1, 3), bool), np.array([[False, True, True]])), expected=[1.0, 0.69342, 0.0], tolerance=1e-4)

# %%
judged = {judge: {name: [] for name in ("averages", "embeddings", "the truth", "popularity", "clicks")} for judge in ("the log", "the taste")}
for seed, ((truth, known, held_out), table) in enumerate(zip(worlds, tables)):
    hidden, relevant, liked = (np.zeros(truth.shape, bool) for _ in range(3))
    hidden[tuple(known[0].T)] = relevant[tuple(held_out[0].T)] = True
    np.put_along_axis(liked, np.argsort(np.where(hidden, np.inf, -truth), 1)[:, :10], True, 1)     # the ten that are best for each
    keep = relevant.any(1)
    rng = np.random.default_rng(10 + seed)
    clicks = Recommender(n_users, n_items, 0, rng)
    taught_by_clicks(clicks, hidden, optim.AdamW(clicks.parameters(), lr=0.03, weight_decay=0.5))
    offered = table | {"popularity": np.tile(hidden.sum(0), (n_users, 1)), "clicks": clicks.table().data}
    for judge, wanted in (("the log", relevant), ("the taste", liked)):
        for name, runs in judged[judge].items():
            runs.append(list_scores(offered[name][keep], hidden[keep], wanted[keep]))

# %% [markdown]
# > **Misconception.** The model with the lower RMSE makes the better list.
#
# We judge every list twice: by the held-out log, as everybody has to, and by the ten films that the person would in truth rate highest. **Predict** the order of popularity and the embeddings under either judge, and the place of *the truth*, which knows every taste exactly.

# %% tags=["settles-S0-A3"]
for judge, by_name in judged.items():
    print(f"judged by {judge}:   recall@10         NDCG@10           AUC")
    for name, runs in by_name.items():
        print(f"  {name:18s}", *(f"  {m:.3f} ± {s:.3f}  " for m, s in zip(np.mean(runs, 0), np.std(runs, 0, ddof=1))))
recall = {(judge, name): np.array(runs)[:, 0] for judge, by_name in judged.items() for name, runs in by_name.items()}
claim("userec-popular-wins", "By the log popularity recalls more than the embeddings, with a lead of a tenth, in each world.",
      (recall["the log", "popularity"] - recall["the log", "embeddings"]).min(), at_least=0.1)
claim("userec-truth-loses", "By the log even the truth loses to popularity.", (recall["the log", "popularity"] - recall["the log", "the truth"]).min(), at_least=0.05)
claim("userec-taste-reverses", "By taste the embeddings recall three times as much as popularity, or more.",
      recall["the taste", "embeddings"].mean() / recall["the taste", "popularity"].mean(), at_least=3.0)
claim("userec-clicks", "Trained on which films were taken, the same network beats popularity under both judges in each world.",
      [(recall[judge, "clicks"] - recall[judge, "popularity"]).min() for judge in judged], at_least=0.005)

# %% mystnb={"image": {"alt": "Two groups of horizontal bars, recall at ten. Judged by the log, clicks and popularity are longest, the truth and the embeddings about half as long, the averages shortest. Judged by taste the order is reversed: the truth is at one, the embeddings at 0.64, the averages at 0.31, and popularity comes last."}}
fig, axes = plotting.new_figure(2, 1, height=5.2, sharex=True)
for ax, judge in zip(axes, judged):
    plotting.bars_with_error({name: recall[judge, name] for name in judged[judge]}, ax=ax, digits=2, xlabel="recall at 10",
                             title="The log rewards what was advertised" if judge == "the log" else "Taste rewards what was rated")

# %% [markdown]
# The order turns round. The log says what people *took*, and they took what they were shown; popularity predicts that, whoever likes it. That a plain list of best-sellers is hard to beat, and that RMSE does not rank recommenders, was found on real ratings by [Cremonesi, Koren and Turrin, 2010](../../book/bibliography.md#cremonesi2010performance).
# Neither judge is wrong: they answer different questions, and only the first can be asked without knowing the truth, or without an experiment. **What it does not show:** that ratings are the better training data. Here they are honest numbers; in practice few people give any.
#
# ## Random, or by time?
#
# In that world nothing changed, so a random quarter was a fair test. Now let each film's standing drift over 20 weeks. A tempting model averages a film's ratings *around the week in question*, one week to each side. A random fifth is held out, or the last four weeks.

# %%
def drifting_ratings(seed, n=6000, n_films=60, weeks=20):
    rng = np.random.default_rng(seed)
    standing = rng.normal(0, 0.4, (n_films, 1)) + rng.normal(0, 0.25, (n_films, weeks)).cumsum(1)
    i, week = rng.integers(0, n_films, n), rng.integers(0, weeks, n)
    return i, week, 3.5 + standing[i, week] + rng.normal(0, noise, n), rng.random(n) < 0.2


def film_by_week(i, week, r, reach, n_films=60, weeks=20):
    """Return predictions (films, weeks): the film's average, moved by what is left within `reach` weeks (-1: by nothing)."""
    total, count = np.zeros((n_films, weeks)), np.zeros((n_films, weeks))
    np.add.at(total, (i, week), r - r.mean())
    np.add.at(count, (i, week), 1)
    steady = total.sum(1, keepdims=True) / (count.sum(1, keepdims=True) + 2)
    near = np.abs(np.arange(weeks)[:, None] - np.arange(weeks)) <= reach
    return r.mean() + steady + ((total - count * steady) @ near) / (count @ near + 2)


promised = {(split, model): [] for split in ("random", "by time") for model in ("film", "film and week")}
for (split, model), found in promised.items():
    for seed in range(10):
        i, week, r, at_random = drifting_ratings(seed)
        out = at_random if split == "random" else week >= 16
        table = film_by_week(i[~out], week[~out], r[~out], -1 if model == "film" else 1)
        found.append(rmse(table, np.stack([i, week], 1)[out], r[out]))

# %%
for (split, model), found in promised.items():
    print(f"{split:8s} {model:14s} RMSE {np.mean(found):.3f} ± {np.std(found, ddof=1):.3f}")
mean_of = {key: np.mean(found) for key, found in promised.items()}
claim("userec-time-leak", "The random split promises 0.15 less error than the future brings.", mean_of["by time", "film and week"] - mean_of["random", "film and week"], at_least=0.15)
claim("userec-time-gain", "It promises a gain of 12 % or more from knowing the week; the future pays less than half of that.",
      [1 - mean_of["random", "film and week"] / mean_of["random", "film"] - 0.12, 0.06 - (1 - mean_of["by time", "film and week"] / mean_of["by time", "film"])], at_least=0.0)

# %% [markdown]
# The random split lets the model look up next week's ratings to predict this week's: [leakage](../01_ml_basics/03_measuring.ipynb) through time. *Split as the model will be used.*
#
# The other end of time is the **[cold start](../../book/glossary.md#cold-start)**: a film without ratings. What is in its row of the embedding?

# %%
truth, (pairs, r), _ = ratings_world(4)
old = pairs[:, 1] >= 10                                                  # films 0 to 9 come out tomorrow
untouched = Recommender(n_users, n_items, 0, np.random.default_rng(5)).item.weight.data[:10]
model, steps = taught_by_ratings(pairs[old], r[old], np.random.default_rng(5)), 12 * -(-old.sum() // 256)
claim("userec-cold", "Ten films without a rating keep the vectors that were drawn for them, shrunk by weight decay alone: (1 - 0.003) to the number of steps.",
      model.item.weight.data[:10] / untouched, expected=np.full((10, 3), 0.997**steps), tolerance=1e-3)

rng = np.random.default_rng(6)
after = {}
for n in (0, 1, 2, 4, 8, 16):
    good = rng.normal(0, 0.4, 20_000)
    seen_mean = good + rng.normal(0, 0.9 / max(n, 1) ** 0.5, good.shape)     # of n ratings; 0.9: taste, kindness and noise
    guess = seen_mean * n / (n + 0.9**2 / 0.4**2)
    after[n] = ((guess - good) ** 2).mean()
print("error of a film's bias after n ratings:", *(f"{n}: {v**0.5:.2f}," for n, v in after.items()))
claim("userec-cold-formula", "The best guess of a film's bias from n ratings has the error variance 1/(1/0.4² + n/0.9²).",
      [v * (1 / 0.4**2 + n / 0.9**2) for n, v in after.items()], expected=np.ones(6), tolerance=0.05)

# %% [markdown]
# No gradient ever reaches such a row: its gradient is zero in every batch. What one does instead is to compute the vector *from something known*, the genre, the text, the picture: a network in place of the row, as in [Covington, Adams and Sargin, 2016](../../book/bibliography.md#covington2016deep).
#
# ## Sessions
#
# People differ from visit to visit, and a shop may not know who they are; it sees clicks. Twelve pages and a cart. From each page one of three usual pages follows with probability 0.6, 0.2, 0.1, else any. Once in each session the cart is opened, and then people do one thing: they go back to **the page on which they came in**. The baseline is the table of pairs, page and next page.

# %%
n_pages, n_clicks = 12, 9
cart = n_pages


def shop_sessions(n, usual, rng):
    """Return sessions (n, n_clicks) of pages; usual (n_pages, 3) are the likely next ones."""
    x, opened = np.zeros((n, n_clicks), int), rng.integers(3, n_clicks - 1, n)
    x[:, 0] = rng.integers(0, n_pages, n)
    for t in range(1, n_clicks):
        k = rng.choice(4, n, p=[0.6, 0.2, 0.1, 0.1])
        walk = np.where(k < 3, usual[np.minimum(x[:, t - 1], n_pages - 1), np.minimum(k, 2)], rng.integers(0, n_pages, n))
        x[:, t] = np.where(t == opened, cart, np.where(t == opened + 1, x[:, 0], walk))
    return x


# %%
class SessionModel(nn.Module):
    def __init__(self, rng, d=16):
        self.page, self.place = nn.Embedding(n_pages + 1, d, rng=rng), nn.Embedding(n_clicks, d, rng=rng)
        self.block, self.head = nn.TransformerBlock(d, 2, 2 * d, rng=rng), nn.Linear(d, n_pages + 1, rng=rng)

    def forward(self, x):
        return self.head(self.block(self.page(x) + self.place(np.arange(x.shape[1])), is_causal=True))


next_right = {name: [] for name in ("most popular page", "table of pairs", "self-attention")}
for seed in range(3):
    rng = np.random.default_rng(seed)
    usual = rng.random((n_pages, n_pages)).argsort(1)[:, :3]
    x, x_new = shop_sessions(1000, usual, rng), shop_sessions(1000, usual, rng)
    model, followed = SessionModel(rng), np.zeros((n_pages + 1, n_pages + 1))
    train.fit(model, (x[:, :-1], x[:, 1:]), loss=nn.CrossEntropyLoss(), optimizer=optim.Adam(model.parameters(), lr=0.01),
              epochs=10, batch_size=32, rng=rng, progress=False)
    np.add.at(followed, (x[:, :-1], x[:, 1:]), 1)
    now, later = x_new[:, :-1], x_new[:, 1:]
    with no_grad():
        guesses = [np.full_like(later, followed.sum(0).argmax()), followed.argmax(1)[now], model(now).data.argmax(-1)]
    for runs, guess in zip(next_right.values(), guesses):
        runs.append([(guess == later)[where].mean() for where in (now == cart, (now != cart) & (later != cart))])

# %% [markdown]
# > **Misconception.** A click depends on the click before; longer histories add little.
#
# No session is in both parts: the unit of the split is the session, not the click. **Predict** both models' accuracy after the cart, and from page to page, where 0.608 is the best possible.

# %% tags=["settles-S0-A3"]
for name, runs in next_right.items():
    print(f"{name:18s}", *(f"{where} {m:.3f} ± {d:.3f}" for where, m, d in zip(("after the cart", "page to page"), np.mean(runs, 0), np.std(runs, 0, ddof=1))))
after_cart, to_page = (np.array([[run[c] for run in next_right[name]] for name in ("table of pairs", "self-attention")]) for c in range(2))
claim("userec-long-rule", "After the cart self-attention is right nine times in ten or more, in each run; the table of pairs at most twice in ten.",
      [after_cart[1].min() - 0.9, 0.2 - after_cart[0].max()], at_least=0.0)
claim("userec-short-rule", "From page to page the table of pairs is at the best possible, and the network is behind it by two points or more on average.",
      [to_page[0].mean() - 0.59, (to_page[0] - to_page[1]).mean() - 0.02], at_least=0.0)

# %% [markdown]
# Each wins at its own. The table counts the one thing it can see, and no method is better there; the network has to learn the same table by descent, from a thousand sessions, and pays for its freedom. In use one would mix them, and look at the steps one by one: the step after the cart is one in eight, and the mean over all clicks hides what happened.
#
# [Hidasi et al., 2016](../../book/bibliography.md#hidasi2016session) brought recurrent networks to sessions, [Kang and McAuley, 2018](../../book/bibliography.md#kang2018self) self-attention. The block is built in [chapter 6](../06_attention/04_the_block.ipynb). **What it does not show:** that real sessions have such a rule. Ours has one because we planted it; find out with the table of pairs first.
#
# ## A recommender that reads its own log
#
# So far the log fell from the sky. In use a recommender fills a page of ten, people click on one of the ten, and tonight it is trained on the clicks. A [feedback loop](../../book/glossary.md#feedback-loop). Two hundred people, a hundred items, fifteen rounds; the network is the one of the ratings, trained on clicks.
# Some of the ten places may be given to items drawn by lot. Measured in each round:
#
# - *offline*: how often is the click of the round among the model's ten? It is what a log can tell;
# - *free choice*: how often is what the person would have clicked, with **all** items in view, among the model's ten?
# - the entropy of the clicks over items, in bits, and that of the free choices; even use of a hundred items has 6.64.

# %%
def feedback_rounds(seed, by_lot, n_rounds=15, n_people=200, n_offers=100):
    """Return (rounds, 4): offline hits, hits on free choice, entropy in bits of the clicks and of free choice; by_lot of ten places are random."""
    rng = np.random.default_rng(seed)
    wish = rng.normal(0, 0.5, n_offers) + 2 * rng.normal(size=(n_people, 3)) @ rng.normal(size=(3, n_offers)) / 3**0.5
    model = Recommender(n_people, n_offers, 0, rng)
    optimizer, counts, found = optim.AdamW(model.parameters(), lr=0.03, weight_decay=0.3), np.zeros((n_people, n_offers)), []
    for _ in range(n_rounds):
        order = np.argsort(-model.table().data, 1)
        rest = rng.permuted(order[:, 10 - by_lot :], axis=1)[:, :by_lot]
        page = np.concatenate([order[:, : 10 - by_lot], rest], 1)
        here = np.take_along_axis(wish, page, 1)
        click = page[np.arange(n_people), (here + rng.gumbel(size=here.shape)).argmax(1)]
        free = (wish + rng.gumbel(size=wish.shape)).argmax(1)
        shares = [np.bincount(c, minlength=n_offers) / n_people for c in (click, free)]
        found.append([*((order[:, :10] == c[:, None]).any(1).mean() for c in (click, free)), *(-(p * np.log2(np.maximum(p, 1e-12))).sum() for p in shares)])
        counts[np.arange(n_people), click] += 1
        taught_by_clicks(model, counts, optimizer, steps=25)
    return np.array(found)

# %% [markdown]
# > **Misconception.** A recommender that finds nine clicks in ten in its log is a good one.
#
# **Predict** the offline score when no place is given to the lot, and when all ten are.

# %% tags=["settles-S0-A3"]
loops = {by_lot: np.stack([feedback_rounds(seed, by_lot) for seed in range(3)]) for by_lot in (0, 5, 10)}
for by_lot, runs in loops.items():
    last, spread = runs[:, -1].mean(0), runs[:, -1].std(0, ddof=1)
    print(f"{by_lot:2d} of 10 by lot: offline {last[0]:.2f}, free choice {last[1]:.2f} ± {spread[1]:.2f}, {runs[:, 0, 2].mean():.2f} bits, in the end {last[2]:.2f} ± {spread[2]:.2f}")
print(f"free choices: {np.mean([runs[:, :, 3] for runs in loops.values()]):.2f} bits")
claim("userec-loop-perfect", "Trained on its own pages the recommender scores 100 % offline, in every round and run.", loops[0][:, :, 0].ravel(), expected=np.ones(45))
claim("userec-loop-poor", "It finds less than 40 % of the free choices then; trained on random pages it finds 45 % or more, with less than 60 % offline.",
      [0.4 - loops[0][:, -1, 1].mean(), loops[10][:, -1, 1].mean() - 0.45, 0.6 - loops[10][:, -1, 0].mean()], at_least=0.0)
narrower = {by_lot: runs[:, 0, 2] - runs[:, -1, 2] for by_lot, runs in loops.items()}                   # bits lost since the first round
claim("userec-loop-narrows", "Its clicks get narrower from the first round to the last, by half a bit or more on average; those on random pages by less than 0.3.",
      [narrower[0].mean() - 0.5, 0.3 - narrower[10].mean()], at_least=0.0)
claim("userec-loop-wanted", "They end 0.3 bits or more below what people would choose freely.", (loops[0][:, -1, 3] - loops[0][:, -1, 2]).mean(), at_least=0.3)

# %% mystnb={"image": {"alt": "Two panels over fifteen rounds. Left, own pages: the offline score is a flat line at one, the share of free choices rises from one tenth to one quarter. Right, random pages: both start near one tenth and rise, free choice to 0.63, offline to 0.38."}}
fig, axes = plotting.new_figure(1, 2, height=3.2, sharey=True)
for ax, by_lot, title in zip(axes, (0, 10), ("Own pages", "Random pages")):
    for column, label, style in ((0, "offline", "--"), (1, "free choice", "-")):
        ax.plot(np.arange(1, 16), loops[by_lot][:, :, column].mean(0), style, label=label, color=plotting.CYCLE[1 - column])
    plotting.dress(ax, title, "round", "found among ten" if by_lot == 0 else "")
axes[1].legend()
_ = fig.suptitle("The perfect score belongs to the worse recommender")

# %% [markdown]
# A click on what is not shown cannot happen, so the score of a closed loop is 100 % by construction, from the first, untrained round on. Random pages give the worst score and the best model, and an evening of bad pages; half by lot lies between. And the clicks say that people want less variety than they do. That loops make people's choices alike without serving them better was shown in simulations by
# [Chaney, Stewart and Engelhardt, 2018](../../book/bibliography.md#chaney2018how). The cure is the same as in medicine: some of the assignment must be by lot, and the log must say which. **What it does not show:** people who get bored and leave.
#
# ## DNA: two strands
#
# [Chapter 4](../04_cnn/04_deep_cnns.ipynb) finds a planted [motif](../../book/glossary.md#sequence-motif) with a kernel and the maximum over the sequence, as [Alipanahi et al., 2015](../../book/bibliography.md#alipanahi2015predicting), did. Its motif, TGACGTCA, reads the same on both strands (but for one free letter), and hid a question. DNA is a double strand: opposite A stands T, opposite C stands G, and the other strand is read
# backwards. A protein finds ACCTGAGC on one strand or the other; our sequence then shows ACCTGAGC or its **[reverse complement](../../book/glossary.md#reverse-complement)**, GCTCAGGT. With letters A, C, G, T as 0 to 3, the complement of $i$ is $3 - i$.
#
# A biologist says this in one sentence. The network can be told, too: the score of a kernel is the maximum over both strands, and the second strand needs no second kernel, only the same one, reversed in place and letters ([Shrikumar, Greenside and Kundaje, 2017](../../book/bibliography.md#shrikumar2017reverse)). Not a parameter more.

# %%
letters, word = "ACGT", "ACCTGAGC"
motif = np.array([[0.88 if letter == wanted else 0.04 for wanted in word] for letter in letters])       # (4, 8): a position weight matrix
motif[:, 4] = [0.04, 0.04, 0.46, 0.46]
one_hot_letters = lambda x: np.eye(4, dtype=np.float32)[x].transpose(0, 2, 1)                           # (n, 4, length)


def with_motif(x, reversed_, rng):
    """Return a copy of x (n, length) with the motif, or where `reversed_` its reverse complement, at a random place."""
    x = x.copy()
    site = np.stack([rng.choice(4, len(x), p=column) for column in motif.T], 1)
    place = rng.integers(0, x.shape[1] - 7, len(x))
    x[np.arange(len(x))[:, None], place[:, None] + np.arange(8)] = np.where(reversed_[:, None], 3 - site[:, ::-1], site)
    return x


def stranded_task(n, kind, rng):
    """Return (x, y): on "DNA" y says whether the motif is on either strand, on "RNA" whether it is forward or reversed."""
    x, y, flip = rng.integers(0, 4, (n, 60)), rng.integers(0, 2, n), rng.random(n) < 0.5
    if kind == "DNA":
        return np.where(y[:, None] == 1, with_motif(x, flip, rng), x), y
    return with_motif(x, y == 0, rng), y

# %%
class StrandFinder(nn.Module):
    """Six kernels of ten, the maximum over places, and over both strands if asked."""

    def __init__(self, rng, both):
        self.conv, self.head, self.both = nn.Conv1d(4, 6, 10, rng=rng), nn.Linear(6, 2, rng=rng), both

    def answers(self, x):
        there = F.relu(self.conv(x)).max(axis=2)                                                        # (B, 6)
        if not self.both:
            return there
        other = F.relu(F.conv1d(x, self.conv.weight[:, ::-1, ::-1], self.conv.bias)).max(axis=2)
        return there + F.relu(other - there)                                                            # the larger of the two

    def forward(self, x):
        return self.head(self.answers(x))

# %% [markdown]
# The same 300 steps for everyone. The third model is not told, but sees each training sequence and its reverse complement. The baseline is the count of all runs of three letters with [logistic regression](../../book/glossary.md#logistic-regression). **Predict:** with 400 sequences, how far is the network that knows about strands from the one that has four times the data?

# %%
def taught_strands(x, y, seed, both):
    rng, batches = np.random.default_rng(50 + seed), -(-len(x) // 32)
    model, epochs = StrandFinder(rng, both), max(1, 300 // batches)
    adam = optim.AdamW(model.parameters(), lr=0.01)
    train.fit(model, (one_hot_letters(x), y), loss=nn.CrossEntropyLoss(), optimizer=adam, schedule=optim.CosineAnnealingLR(adam, epochs * batches),
              epochs=epochs, batch_size=32, rng=rng, progress=False)
    return model


def counts_of_runs(x, k=3):
    codes = sum(x[:, j : x.shape[1] - k + 1 + j] * 4 ** (k - 1 - j) for j in range(k))
    return np.stack([np.bincount(row, minlength=4**k) for row in codes])


strands = {}
for kind, n, name in [("DNA", 400, "runs of 3"), ("DNA", 400, "one strand"), ("DNA", 400, "with copies"), ("DNA", 400, "both strands"), ("DNA", 1600, "one strand"),
                      ("RNA", 400, "runs of 3"), ("RNA", 400, "one strand"), ("RNA", 400, "both strands")]:
    for seed in range(3):
        rng = np.random.default_rng(seed)
        (x, y), (x_new, y_new) = stranded_task(n, kind, rng), stranded_task(1000, kind, rng)
        if name == "runs of 3":
            score = LogisticRegression(C=0.05, max_iter=300).fit(counts_of_runs(x), y).score(counts_of_runs(x_new), y_new)
        else:
            copies = (np.vstack([x, 3 - x[:, ::-1]]), np.tile(y, 2)) if name == "with copies" else (x, y)
            net = taught_strands(*copies, seed, name == "both strands")
            score = train.accuracy(net, (one_hot_letters(x_new), y_new))
        strands.setdefault((kind, n, name), []).append(score)

# %% tags=["settles-S0-A4"]
for (kind, n, name), found in strands.items():
    print(f"{kind} {n:5d} sequences, {name:12s} {np.mean(found):.3f} ± {np.std(found, ddof=1):.3f}")
level = {key: np.mean(found) for key, found in strands.items()}
claim("userec-strand-gain", "On 400 sequences knowing both strands gains three points or more; runs of three letters are ten more behind.",
      [level["DNA", 400, "both strands"] - level["DNA", 400, "one strand"] - 0.03, level["DNA", 400, "both strands"] - level["DNA", 400, "runs of 3"] - 0.1], at_least=0.0)
claim("userec-strand-data", "It is worth more than four times the data.", level["DNA", 400, "both strands"] - level["DNA", 1600, "one strand"], at_least=0.001)
finder = StrandFinder(np.random.default_rng(0), both=True)
with no_grad():
    gap = finder(one_hot_letters(x_new)).data - finder(one_hot_letters(3 - x_new[:, ::-1])).data
claim("userec-strand-exact", "Tied, even an untrained network gives a sequence and its reverse complement the same score.", np.abs(gap).max(), at_most=1e-5)

# %% [markdown]
# > **Misconception.** Built-in knowledge of the field can only help.
#
# The last rows are another molecule. RNA is a single strand, and a protein that binds it does not find the motif backwards. There the task is to tell forward from reversed.

# %% tags=["settles-S0-A4"]
claim("userec-strand-harm", "On RNA one strand is right in 85 % or more, runs of three letters in 75 % or more, and the network that knows about both strands is at chance.",
      [level["RNA", 400, "one strand"] - 0.85, level["RNA", 400, "runs of 3"] - 0.75, 0.05 - abs(level["RNA", 400, "both strands"] - 0.5)], at_least=0.0)
both_ways = np.vstack([x_new, 3 - x_new[:, ::-1]])
claim("userec-strand-half", "On sequences together with their reverse complements, labels exchanged, the last of these is right exactly half of the time, as it must be.",
      train.accuracy(net, (one_hot_letters(both_ways), np.concatenate([y_new, 1 - y_new]))), expected=0.5, tolerance=1e-3)

# %% [markdown]
# The same line of code, the same data format; worth points on one molecule and fatal on the other. No validation curve says *why*. The biologist does, if asked: **is it double-stranded?**
#
# ## DNA: the other difference
#
# Where do the negatives come from? Bound sequences lie in open parts of the genome, and those are rich in G and C. Take the bound ones from there, 58 % G and C, and the others from anywhere, 42 %. That is how the data were *collected*. The control has *matched* negatives: sequences of the first kind, with their letters shuffled, so that each count of letters is as in a bound one.

# %%
def binding_data(n, matched, rng):
    """Return (x, y): bound sequences with the motif on either strand; the others shuffled, or from a part poor in G and C."""
    def rich(n, share):
        inner = rng.random((n, 60)) < share                                # C or G
        return np.where(inner, rng.integers(1, 3, (n, 60)), 3 * rng.integers(0, 2, (n, 60)))

    y = rng.integers(0, 2, n)
    bound, other = (with_motif(rich(n, 0.58), rng.random(n) < 0.5, rng) for _ in range(2))
    return np.where(y[:, None] == 1, bound, rng.permuted(other, axis=1) if matched else rich(n, 0.42)), y


gc_share = lambda x: ((x == 1) | (x == 2)).mean(1, keepdims=True)
bound_right, called_bound, finders, tests = {}, {False: [], True: []}, {}, {}
for seed in range(3):
    rng = np.random.default_rng(seed)
    tests = {matched: binding_data(1000, matched, rng) for matched in (False, True)}
    for matched in (False, True):
        x, y = binding_data(800, matched, rng)
        net = finders[seed, matched] = taught_strands(x, y, seed, both=True)
        by_share, by_runs = LogisticRegression().fit(gc_share(x), y), LogisticRegression(C=0.05, max_iter=300).fit(counts_of_runs(x), y)
        answers = [(by_share.predict(gc_share(a)), by_runs.predict(counts_of_runs(a)), net(one_hot_letters(a)).data.argmax(1)) for a, _ in tests.values()]
        for k, name in enumerate(("share of G and C", "runs of 3", "network")):
            bound_right.setdefault((matched, name), []).append([(answer[k] == b).mean() for answer, (_, b) in zip(answers, tests.values())])
        called_bound[matched].append(answers[1][2][tests[True][1] == 0].mean())

# %% [markdown]
# > **Misconception.** A network that tells bound from unbound nine times in ten decides by the motif.

# %% tags=["settles-S0-A4"]
print(f"{'':31s}tested as collected   matched")
for (matched, name), runs in bound_right.items():
    print(f"{'matched' if matched else 'as collected':13s} {name:16s}", *(f"{m:.3f} ± {d:.3f}     " for m, d in zip(np.mean(runs, 0), np.std(runs, 0, ddof=1))))
print("shuffled sequences called bound:", *(f"{np.mean(v):.2f} ± {np.std(v, ddof=1):.2f} ({'matched' if matched else 'as collected'})" for matched, v in called_bound.items()))
right = {key: np.mean(runs, 0) for key, runs in bound_right.items()}
claim("userec-gc-fooled", "As collected the network is right in 85 % or more; one number, the share of two letters, comes within four points of it.",
      [right[False, "network"][0] - 0.85, right[False, "share of G and C"][0] + 0.04 - right[False, "network"][0]], at_least=0.0)
claim("userec-gc-drop", "On matched negatives the same network loses fifteen points or more, the share of two letters falls to chance.",
      [right[False, "network"][0] - right[False, "network"][1] - 0.15, 0.55 - right[False, "share of G and C"][1]], at_least=0.0)
claim("userec-gc-shuffled", "It calls more than four in ten of the sequences without a motif bound; trained on matched negatives, fewer than three in ten.",
      [np.mean(called_bound[False]) - 0.4, 0.3 - np.mean(called_bound[True])], at_least=0.0)
claim("userec-gc-control", "Trained on matched negatives it gains ten points or more there.", right[True, "network"][1] - right[False, "network"][1], at_least=0.1)

# %% [markdown]
# (The 0.50 ± 0.40 is a coin thrown three times: where the shares do not differ, the sign of their weight is chance.) What the network learnt as collected is a shortcut: true of these data, and learnt sooner than eight letters at an unknown place. What did the network find, then? Take the kernel that speaks for binding most, cut out of the bound test sequences the ten letters on which it answers loudest (from either strand), keep the better half of the cuts, and count letters place by place: a table $f_{lj}$ again. It is drawn as a *sequence logo* ([Schneider and Stephens, 1990](../../book/bibliography.md#schneider1990sequence)): the stack at place $j$ is as high as its information
#
# $$R_j = 2 + \sum_l f_{lj}\log_2 f_{lj}\ \text{bits},$$
#
# and shared out among the letters by their share. Two bits: always the same letter; none: all alike.

# %%
def found_table(model, x, y):
    """Return (letter frequencies (4, 10) where the loudest kernel answers, the kernel (4, 10))."""
    with no_grad():
        first, second = (F.relu(model.conv(one_hot_letters(strand))).data for strand in (x, 3 - x[:, ::-1]))     # (n, 6, places)
    top = np.maximum(first.max(2), second.max(2))
    k = ((model.head.weight.data[:, 1] - model.head.weight.data[:, 0]) * (top[y == 1].mean(0) - top[y == 0].mean(0))).argmax()
    use_first = first[:, k].max(1) >= second[:, k].max(1)
    read = np.where(use_first[:, None], x, 3 - x[:, ::-1])
    place = np.where(use_first, first[:, k].argmax(1), second[:, k].argmax(1))
    best = np.argsort(-np.where(y == 1, top[:, k], -1))[: (y == 1).sum() // 2]
    cuts = np.stack([read[i, place[i] : place[i] + 10] for i in best])
    return np.stack([(cuts == letter).mean(0) for letter in range(4)]), model.conv.weight.data[k]


def agreement_with_motif(kernel):
    """Return the largest correlation of eight columns of the kernel, on either strand, with the planted log-odds; and the columns."""
    planted, wide = np.log(motif) - np.log(motif).mean(0), np.pad(kernel - kernel.mean(0), [(0, 0), (3, 3)])
    return max((np.corrcoef(strand[:, j : j + 8].ravel(), planted.ravel())[0, 1], turned, j - 3)
               for turned, strand in enumerate((wide, wide[::-1, ::-1])) for j in range(9))


information = lambda f: 2 + (f * np.log2(np.maximum(f, 1e-9))).sum(0)
for (_, matched), model in finders.items():
    table, kernel = found_table(model, *tests[True])
    r, turned, start = agreement_with_motif(kernel)
    word_found = "".join(letters[i] for i in table.argmax(0)) + (" (other strand)" if turned else "")
    print(f"{'matched' if matched else 'as collected':13s} {word_found:26s} correlation {r:.2f}, {information(table).sum():.1f} bits")

# %% mystnb={"image": {"alt": "Three sequence logos. The planted motif reads A C C T, then G and T sharing one place, A G C. The logo of the network with matched negatives shows the same eight letters, and next to nothing at two more places. The logo of the network trained as collected looks the same."}}
def draw_logo(ax, f, title):
    for j, (column, height) in enumerate(zip(f.T, information(f))):
        bottom = 0.0
        for letter in column.argsort():
            tall = column[letter] * height
            if tall > 0.03:
                path = TextPath((0, 0), letters[letter], size=1, prop=FontProperties(family="DejaVu Sans", weight="bold"))
                box = path.get_extents()
                fit = Affine2D().translate(-box.x0, -box.y0).scale(0.9 / box.width, tall / box.height).translate(j - 0.45, bottom)
                ax.add_patch(PathPatch(fit.transform_path(path), color=plotting.CYCLE[letter], linewidth=0))
            bottom += tall
    ax.set(xlim=(-1, 10), ylim=(0, 2), xticks=range(f.shape[1]), xticklabels=range(1, f.shape[1] + 1))
    plotting.dress(ax, title, "", "bits")


fig, axes = plotting.new_figure(3, 1, height=5.4)
draw_logo(axes[0], motif, "Planted")
for ax, matched, title in ((axes[1], True, "Found with matched negatives, other strand"), (axes[2], False, "Found as collected, other strand")):
    table, kernel = found_table(finders[0, matched], *tests[True])
    draw_logo(ax, table[::-1, ::-1] if agreement_with_motif(kernel)[1] else table, title)

# %%
loudest = {matched: [agreement_with_motif(found_table(finders[seed, matched], *tests[True])[1])[0] for seed in range(3)] for matched in (False, True)}
bits = [information(found_table(finders[seed, True], *tests[True])[0]).sum() for seed in range(3)]
claim("userec-filter", "With matched negatives the loudest kernel agrees with the planted table in each run: correlation at least 0.85.", min(loudest[True]), at_least=0.85)
claim("userec-filter-fooled", "As collected it agrees at 0.65 or more in each run, too.", min(loudest[False]), at_least=0.65)
claim("userec-information", "The found table carries more bits than the planted one: the loudest half of the sites is the clean half.", min(bits) - information(motif).sum(), at_least=1.0)

# %% [markdown]
# That came out otherwise than planned. We expected a smeared logo from the network that was taught as collected; it found the motif with one of its six kernels, and calls most shuffled sequences bound all the same. *A clean logo shows what a kernel answers to, not what the answer rests on.* For that one has to take the motif away, as the shuffled sequences do.
#
# ## Proteins: the fold
#
# A protein is a chain of amino acids, 20 kinds, which folds into a shape. [AlphaFold (Jumper et al., 2021)](../../book/bibliography.md#jumper2021highly) predicts the coordinates of the atoms from the sequence and from an *alignment*, the same protein in many species; its trunk is attention over the rows and columns of that alignment and over pairs of positions, and its shape module turns pairs into
# coordinates. We take the two ends of this, without a network: from pairs to coordinates, and from an alignment to pairs.
#
# The toy: 48 positions, three helices packed side by side; a helix of a real protein has 3.6 positions a turn and rises 1.5 Å a position, and is **right-handed**. First suppose all distances are known. Then the products $G = XX^\top$ follow, and from them the coordinates ([Torgerson, 1952](../../book/bibliography.md#torgerson1952multidimensional)):
#
# $$G = -\tfrac12\, J D^2 J, \quad J = I - \tfrac1n \mathbf 1\mathbf 1^\top, \qquad X = V_3\Lambda_3^{1/2},$$
#
# with $D^2$ squared entry by entry and the three largest eigenvalues of $G$. In words: *centre the squared distances both ways, and read the coordinates off the eigenvectors* ([multidimensional scaling](../../book/glossary.md#multidimensional-scaling)).

# %%
def three_helices():
    t = np.radians(100) * np.arange(14)
    up = np.stack([2.3 * np.cos(t), 2.3 * np.sin(t), 1.5 * np.arange(14)], 1)
    down, third = up * [1, -1, -1] + [10, 0, up[-1, 2]], up + [5, 8.7, 0]
    turn = np.pi * np.linspace(0, 1, 5)[1:-1, None]
    loop = lambda a, b, side: (a + b) / 2 + (a - b) / 2 * np.cos(turn) + np.array([0, 0, side]) * np.sin(turn)
    return np.vstack([up, loop(up[-1], down[0], 5), down, loop(down[-1], third[0], -5), third])


def distance_table(X):
    return np.sqrt(((X[:, None] - X) ** 2).sum(2))


def coordinates(D):
    """Return points (n, 3) whose distances come closest to D, by classical scaling."""
    J = np.eye(len(D)) - 1 / len(D)
    w, V = np.linalg.eigh(-0.5 * J @ D**2 @ J)
    return V[:, -3:] * np.sqrt(np.maximum(w[-3:], 0))


def misfit(A, B, mirror=False):
    """Return the root mean squared distance of A from B in Å, after the best turn, with a reflection if allowed."""
    A, B = A - A.mean(0), B - B.mean(0)
    U, _, Vt = np.linalg.svd(A.T @ B)
    if not mirror and np.linalg.det(U @ Vt) < 0:
        U[:, -1] *= -1
    return np.sqrt(((A @ U @ Vt - B) ** 2).sum(1).mean())


def handedness(X):
    """Return the mean sign of the volume spanned by three steps in a row: 1 where a chain winds like a right-handed screw."""
    a, b, c = (np.diff(X, axis=0)[k : len(X) - 3 + k] for k in range(3))
    return np.sign((np.cross(a, b) * c).sum(1)).mean()

# %% [markdown]
# > **Misconception.** All distances together determine the fold.
#
# **Predict:** how far can a structure with *all* 1 128 distances right to the last digit be from the true one?

# %% tags=["settles-S0-A4"]
fold = three_helices()
D = distance_table(fold)
rebuilt = coordinates(D)
mirrored = rebuilt * [1, 1, -1]
errors_of = sorted(misfit(X, fold) for X in (rebuilt, mirrored))
print(f"misfit {errors_of[0]:.1f} and {errors_of[1]:.1f} Å; handedness of a helix {handedness(fold[:14]):+.0f}, of its image {handedness(fold[:14] * [1, 1, -1]):+.0f}")
claim("userec-fold", "From the distances alone the coordinates come back to rounding, if a reflection is allowed.", misfit(rebuilt, fold, mirror=True), at_most=1e-9)
claim("userec-mirror", "Both mirror images have all distances right; one of them is wrong by more than 6 Å.",
      [max(np.abs(distance_table(X) - D).max() for X in (rebuilt, mirrored)), 6 / errors_of[1]], at_most=[1e-9, 1.0])
chosen = max((rebuilt, mirrored), key=handedness)
claim("userec-handed", "Take the image whose helices are right-handed, and the misfit is gone.", misfit(chosen, fold), at_most=1e-9)

# %% mystnb={"image": {"alt": "Two drawings of a chain of three upright coils side by side, the strokes thick in front and thin behind. In the left one the thick strokes climb to the right, as in a right-handed screw; the right one is its mirror image, with thick strokes that climb to the left."}}
fig, axes = plotting.new_figure(1, 2, height=3.4, sharey=True)
for ax, X, title in zip(axes, (fold, fold * [-1, 1, 1]), ("The fold", "Its mirror image")):
    for k in np.argsort(-X[:-1, 1] - X[1:, 1]):                           # from the back to the front
        depth = (X[k, 1] + X[k + 1, 1]) / 2 - (8.7 if k > 30 else 0)        # within its helix
        ax.plot(X[k : k + 2, 0], X[k : k + 2, 2], "-", color=plotting.CYCLE[0 if k < 14 else 1 if k < 31 else 2], linewidth=1 + 3.5 * (depth < 0), solid_capstyle="round")
    plotting.dress(ax, title, "Å", "Å" if ax is axes[0] else "")
    ax.set_aspect("equal")
_ = fig.suptitle("All distances agree")

# %% [markdown]
# The 8 Å are no numerical accident. Distances do not change under reflection, so **no** method that sees distances only can choose, however large. One sentence from the biologist can: life builds its proteins from left-handed amino acids, whose helices are right-handed. (AlphaFold's loss compares atoms in local frames, which a reflection does change.) And with errors in the distances?

# %%
noisy = {s: [] for s in (0.5, 1.0, 2.0)}
for s, found in noisy.items():
    for seed in range(5):
        error = np.triu(np.random.default_rng(seed).normal(0, s, D.shape), 1)
        found.append(misfit(coordinates(np.maximum(D + error + error.T, 0)), fold, mirror=True))
    print(f"distances wrong by {s} Å: misfit {np.mean(found):.2f} ± {np.std(found, ddof=1):.2f} Å")
claim("userec-fold-noise", "The misfit stays below the error of the distances, for each of the three.", [max(found) / s for s, found in noisy.items()], at_most=0.95)

# %% [markdown]
# ## Proteins: which positions touch
#
# Nobody gives us the distances. But where two positions touch, a change at one is often mended by a change at the other, so in an alignment the two *columns* vary together. We generate 600 sequences over six letters: pairs that touch in our fold (closer than 8 Å, six or more positions apart) have letters that like each other; 20 ancestors, so that relatives resemble each other for no reason but descent; columns change at different speeds. Scores for a pair of columns:
#
# - the correlation of the letters' numbers, the naive baseline;
# - the *mutual information* $M_{ij} = \sum_{ab} f_{ij}(a,b)\ln\frac{f_{ij}(a,b)}{f_i(a)f_j(b)}$, which does not care how letters are numbered;
# - the same less what the two columns share with everybody, $\bar M_i\bar M_j/\bar M$, the *average product correction* ([Dunn, Wahl and Gloor, 2008](../../book/bibliography.md#dunn2008mutual)).

# %%
n_places, n_letters = len(fold), 6
far = np.triu_indices(n_places, 6)
touching = [(i, j) for i, j in zip(*far) if D[i, j] < 8]


def relatives(rng, n=600, n_ancestors=20, liking=2.0):
    """Return an alignment (n, places), by Gibbs sampling from ancestors to descendants."""
    partners = [[] for _ in range(n_places)]
    for i, j in touching:
        likes = rng.permutation(n_letters)
        partners[i].append((j, np.argsort(likes)))
        partners[j].append((i, likes))
    taste = rng.normal(0, 1, (n_places, n_letters)) * rng.choice([0.3, 1.5], n_places)[:, None]

    def evolve(x, sweeps, speed):
        for i in np.concatenate([rng.permutation(n_places) for _ in range(sweeps)]):
            score = np.tile(taste[i], (len(x), 1))
            for j, likes in partners[i]:
                score[np.arange(len(x)), likes[x[:, j]]] += liking
            new = (score + rng.gumbel(size=score.shape)).argmax(1)
            x[:, i] = np.where(rng.random(len(x)) < speed[i], new, x[:, i])
        return x

    ancestors = evolve(rng.integers(0, n_letters, (n_ancestors, n_places)), 30, np.ones(n_places))
    return evolve(np.repeat(ancestors, n // n_ancestors, 0), 3, rng.uniform(0.05, 1, n_places))

# %%
def column_scores(x):
    """Return three matrices (places, places) by name: correlation, mutual information, and that corrected."""
    hot, L = np.eye(n_letters)[x], x.shape[1]
    joint = np.einsum("nia,njb->ijab", hot, hot, optimize=True) / len(x)
    alone = hot.mean(0)[:, None, :, None] * hot.mean(0)[None, :, None, :]
    M = (joint * np.log(np.maximum(joint, 1e-12) / np.maximum(alone, 1e-12))).sum((2, 3))
    np.fill_diagonal(M, 0)
    share = M.sum(1) / (L - 1)
    return {"correlation": np.abs(np.corrcoef(x.T)), "mutual information": M, "corrected": M - np.outer(share, share) / (M.sum() / L / (L - 1))}

# %% [markdown]
# The measure is the precision among the best 16 pairs, a third of the length, and among the best 30, as many as touch. Then the circle closes: call the best pairs 6 Å apart, neighbours along the chain as in a helix (3.8, 5.5, 5.2 Å), every other distance the shortest way over these, and scale. The baseline is the chain alone.

# %%
def fold_from(pairs):
    W = np.zeros((n_places, n_places))
    W[tuple(np.transpose(pairs))] = 6.0
    for step, length in ((1, 3.8), (2, 5.5), (3, 5.2)):
        W[np.arange(n_places - step), np.arange(step, n_places)] = length
    return misfit(coordinates(shortest_path(W, directed=False)), fold, mirror=True)


contacts = {}
for seed in range(6):
    scores = column_scores(relatives(np.random.default_rng(seed)))
    for name, S in scores.items():
        best = np.stack(far, 1)[np.argsort(-S[far])]
        row = [np.mean([D[i, j] < 8 for i, j in best[:k]]) for k in (16, 30)] + [fold_from(best[:k]) for k in (16, 30)]
        contacts.setdefault(name, []).append(row)

# %% tags=["settles-S0-A4"]
chain_only, all_true = fold_from(np.zeros((0, 2), int).reshape(0, 2)), fold_from(touching)
print(f"by chance a pair touches in {len(touching) / len(far[0]):.3f}; chain alone {chain_only:.1f} Å, all {len(touching)} true contacts {all_true:.1f} Å")
for name, rows in contacts.items():
    m, s = np.mean(rows, 0), np.std(rows, 0, ddof=1)
    print(f"{name:18s} right @16 {m[0]:.2f} ± {s[0]:.2f} @30 {m[1]:.2f} ± {s[1]:.2f}, misfit {m[2]:.1f} ± {s[2]:.1f} and {m[3]:.1f} ± {s[3]:.1f} Å")
found16, found30, fold16, fold30 = (np.array([[row[c] for row in rows] for rows in contacts.values()]) for c in range(4))      # (3 scores, 6 runs)
claim("userec-contacts", "Corrected mutual information is right on nine in ten of its best 16 pairs or more, on average; chance is one in thirty.", found16[2].mean(), at_least=0.9)
claim("userec-apc", "The correction gains among the best 30 pairs, and mutual information gains a tenth or more on the correlation, on average.",
      [(found30[2] - found30[1]).mean() - 0.03, (found30[1] - found30[0]).mean() - 0.1], at_least=0.0)
claim("userec-fold-from-sequences", "From sequences alone, the best 16 pairs give the fold to within 5 Å on average, and less than a quarter of the chain's misfit.",
      [fold16[2].mean() / 5, 4 * fold16[2].mean() / chain_only], at_most=1.0)

# %% mystnb={"image": {"alt": "A map of pairs of positions. Below the diagonal the 30 pairs that touch, in short lines across the diagonal's direction. Above it the 30 best pairs by corrected mutual information: most lie where the mirrored true ones are, a few crosses elsewhere."}}
fig, ax = plotting.new_figure(height=3.6)
best = np.stack(far, 1)[np.argsort(-scores["corrected"][far])][:30]          # of the last run
good = np.array([D[i, j] < 8 for i, j in best])
ax.plot(*np.transpose(touching)[::-1], "s", color=plotting.CYCLE[5], label="touch")
ax.plot(*best[good].T, "o", color=plotting.CYCLE[0], label="found, right")
ax.plot(*best[~good].T, "x", color=plotting.CYCLE[1], label="found, wrong")
ax.set(aspect="equal", xlim=(0, 48), ylim=(0, 48))
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
plotting.dress(ax, "Columns that vary together touch", "position", "position")

# %% [markdown]
# One false pair is a short cut through the fold, and pulls distant parts together: with more pairs the misfit can grow although more true ones are among them. AlphaFold has learnt what goes between these two steps, from all known structures. **What it does not show:** any real protein. Our pairs like each other because we said so; side chains, energy and 20 letters are missing, and the helix along the chain was given.
#
# ## What to ask the biologist
#
# Deep learning in another discipline is joint work, says the second article. What is such a conversation worth? We have measured three sentences on one page, and they are of three kinds. Each answer could have been doubted; could the data have given it?
#
# | ask | answer | could the data tell? |
# |---|---|---|
# | is it double-stranded? | DNA yes, RNA no | yes: try both, on held-out data |
# | where do the negatives come from? | from another part of the genome | no: held-out data prefer the wrong model |
# | which of the two images lives? | helices are right-handed | no: both have the same distances |

# %% tags=["settles-S2-H4"]
gain_dna, loss_rna = level["DNA", 400, "both strands"] - level["DNA", 400, "one strand"], level["RNA", 400, "one strand"] - level["RNA", 400, "both strands"]
misled, honest = right[False, "network"][0] - right[True, "network"][0], right[True, "network"][1] - right[False, "network"][1]
print(f"strands: {100 * gain_dna:+.0f} points on DNA, {-100 * loss_rna:+.0f} on RNA")
print(f"negatives: {100 * honest:+.0f} points where it counts; the data as collected say {-100 * misled:+.0f}")
print(f"handedness: misfit {errors_of[1]:.1f} Å or {errors_of[0]:.1f} Å")
claim("userec-ask-strands", "One answer about strands is worth three points on DNA or more, and the wrong answer costs thirty on RNA.", [gain_dna - 0.03, loss_rna - 0.3], at_least=0.0)
claim("userec-ask-negatives", "Judged as collected, the network that was taught worse is ahead; judged on matched negatives it is ten points behind or more.", [misled, honest - 0.1], at_least=0.0)
claim("userec-ask-hand", "Between the images the distances leave nothing to choose by, and six ångströms to lose.",
      [6 / errors_of[1], np.abs(distance_table(rebuilt) - distance_table(mirrored)).max()], at_most=[1.0, 1e-9])

# %% [markdown]
# The first question saves data. The second saves the study. The third cannot be replaced by any amount of data of that kind. The recommender's list is the same: *who chose what was shown?* is a question to the people who run the shop.
#
# ## Summary
#
# - Embeddings of people and items learn what biases cannot. Their error is measured on what people chose to rate.
# - RMSE does not rank recommenders, and a log rewards what was shown. Popularity is a baseline to beat, not to skip.
# - Split as the model will be used: by time, by session. A new item has no embedding.
# - A recommender that is judged by its own pages cannot fail. Keep some places for the lot.
# - Symmetries of the field go into the model where they hold, and only there: ask.
# - Match the negatives. A found motif is no proof that the decision rests on it.
# - Distances give a fold up to its mirror image; columns that vary together give some of the distances.
#
# ## Exercises
#
# ### Exercise 1 · NDCG
#
# Write `ndcg_at(relevant, k)` for a list of 0 and 1 in the order of the ranking, all relevant items in it: the NDCG of the first $k$ ranks.

# %%
def ndcg_at(relevant, k):
    ...


exercise("userec-ndcg", ndcg_at)


# %% tags=["hide-cell", "solution"]
def ndcg_at_solution(relevant, k):
    gain = lambda order: sum(hit / np.log2(rank + 1) for rank, hit in enumerate(order[:k], 1))
    return gain(relevant) / gain(sorted(relevant, reverse=True))


exercise("userec-ndcg", ndcg_at_solution)

# %% [markdown]
# ### Exercise 2 · How many ratings?
#
# A new film's bias has the variance $0.4^2$, a single rating of it the variance $0.9^2$ around that. From how many ratings on (a number with decimals will do) is the error variance of the best guess half of what it is without any?

# %%
answer = None
exercise("userec-cold-start", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# $1/(1/0.4^2 + n/0.9^2) = \tfrac12\cdot0.4^2$ where both terms of the sum are equal: $n = 0.9^2/0.4^2 = 5.06$. It is the number that the averages add to their denominators, 2 being our rounder guess there.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("userec-cold-start", 0.9**2 / 0.4**2)

# %% [markdown]
# ### Exercise 3 · Words of both strands
#
# Who counts runs of $k$ letters on DNA counts each word together with its reverse complement. How many different counts remain of the 64 for $k = 3$, and of the 256 for $k = 4$?

# %%
answer = None          # for example [64, 256]
exercise("userec-words", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Words pair up, but for those that are their own reverse complement. With three letters there is none: the middle letter would have to be its own complement. With four the first two letters determine the rest: 16 words. So $64/2 = 32$ and $(256 - 16)/2 + 16 = 136$.
#
# </details>

# %% tags=["hide-cell", "solution"]
def classes_of_words(k):
    words = np.stack(np.meshgrid(*[np.arange(4)] * k, indexing="ij"), -1).reshape(-1, k)
    return len({min(tuple(w), tuple(3 - w[::-1])) for w in words})


exercise("userec-words", [classes_of_words(3), classes_of_words(4)])

# %% [markdown]
# ### Exercise 4 · Products from distances
#
# Write `products_of(D)`: from the matrix of distances between $n$ points, the matrix of their products after the points' mean has been moved to zero. Do without the matrix $J$.

# %%
def products_of(D):
    ...


exercise("userec-gram", products_of)


# %% tags=["hide-cell", "solution"]
def products_of_solution(D):
    squares = D**2
    return -0.5 * (squares - squares.mean(0) - squares.mean(1, keepdims=True) + squares.mean())


exercise("userec-gram", products_of_solution)

# %% [markdown]
# ## Sources
#
# [Koren, Bell and Volinsky, 2009](../../book/bibliography.md#koren2009matrix), matrix factorisation ·
# [Järvelin and Kekäläinen, 2002](../../book/bibliography.md#jarvelin2002cumulated), NDCG ·
# [Cremonesi, Koren and Turrin, 2010](../../book/bibliography.md#cremonesi2010performance), lists against errors ·
# [Covington, Adams and Sargin, 2016](../../book/bibliography.md#covington2016deep), a recommender in use ·
# [Hidasi et al., 2016](../../book/bibliography.md#hidasi2016session), and [Kang and McAuley, 2018](../../book/bibliography.md#kang2018self), sessions ·
# [Chaney, Stewart and Engelhardt, 2018](../../book/bibliography.md#chaney2018how), feedback loops ·
# [Alipanahi et al., 2015](../../book/bibliography.md#alipanahi2015predicting), motifs ·
# [Shrikumar, Greenside and Kundaje, 2017](../../book/bibliography.md#shrikumar2017reverse), both strands ·
# [Schneider and Stephens, 1990](../../book/bibliography.md#schneider1990sequence), logos ·
# [Torgerson, 1952](../../book/bibliography.md#torgerson1952multidimensional), scaling ·
# [Dunn, Wahl and Gloor, 2008](../../book/bibliography.md#dunn2008mutual), columns that vary together ·
# [Jumper et al., 2021](../../book/bibliography.md#jumper2021highly), AlphaFold.
