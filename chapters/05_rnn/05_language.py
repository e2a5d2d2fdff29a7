# %% [markdown]
# # Language and sequence to sequence
#
# **After this section** you can train a network that predicts the next character of a novel, say how good it is against a baseline that deserves the name and against the best that is possible at all, write with it,
# build an encoder-decoder that translates, search for its best output, and name three ways in which a score of translations misleads.
# *Reading: 35 minutes. Running: about 40 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import collections
import itertools
import math

import matplotlib.pyplot as plt
import numpy as np

from chainrule import Tensor, data, nn, no_grad, optim, plotting
from chainrule.nn import functional as F
from chainrule.proof import claim, exercise, parity

# %% [markdown]
# ## The question
#
# What comes after `abracadab`? You said *r*, and you were not certain. A **[language model](../../book/glossary.md#language-model)** puts that into numbers: for every text so far it gives a probability to each possible next symbol. The probability of a whole text is then a product,
#
# $$p(x_1,\dots,x_T) = \prod_{t=1}^{T} p(x_t \mid x_1,\dots,x_{t-1}),$$
#
# in words: *of the first symbol, times that of the second after the first, and so on.* Nothing is approximated here; the approximation is in how much of the past a model can use.
#
# The smallest model counts pairs. In `abracadabra` the letter *a* is followed by *b* twice, by *c* once and by *d* once, so $p(b\mid a) = \tfrac12$ and $p(c\mid a) = p(d\mid a) = \tfrac14$; *r* is always followed by *a*, and so are *c* and *d*, and *b* by *r*.
# How good is that? Take the mean of $-\ln p$ over the ten steps: in *nats*, or, divided by $\ln 2$, in *bits*. Its exponential is the **[perplexity](../../book/glossary.md#perplexity)**:
#
# $$\mathrm{PP} = \exp\Bigl(-\frac1T\sum_{t}\ln p(x_t\mid x_{<t})\Bigr).$$
#
# A model that hesitates between $k$ equally likely symbols at every step has perplexity $k$. On paper: *a* is followed four times, with probabilities ½, ¼, ¼, ½; six steps are certain. The mean is $(1+2+2+1)/10 = 0.6$ bits, the perplexity $2^{0.6} = 1.52$.

# %%
word = "abracadabra"
pairs = collections.Counter(zip(word, word[1:]))
firsts = collections.Counter(word[:-1])
surprise = [-math.log(pairs[pair] / firsts[pair[0]]) for pair in zip(word, word[1:])]
claim("language-paper", "The pair model has 0.6 bits a letter and perplexity 1.52 on the word that it was counted on.",
      [np.mean(surprise) / math.log(2), math.exp(np.mean(surprise))], expected=[0.6, 2**0.6], tolerance=1e-12)
claim("language-uniform", "Guessing evenly among k symbols has perplexity k.", math.exp(np.mean([-math.log(1 / 7)] * 5)), expected=7.0, tolerance=1e-12)

# %% [markdown]
# The number is honest only on [held-out](../../book/glossary.md#test-set) text. On `abracadabba` our model would meet the pair *bb*, which it gives probability 0, and its perplexity is infinite.
#
# ## A source whose entropy we know
#
# No text has a known lower bound, so we first make one that has. A *Markov source of order two* draws each of four letters from a table, by the two letters before it. How uncertain the next letter is, on the average over all contexts $c$ in the long run,
# is the **[entropy rate](../../book/glossary.md#entropy-rate)**
#
# $$\mathcal H = -\sum_c \pi(c)\sum_x p(x\mid c)\ln p(x\mid c),$$
#
# and no model whatever has a lower expected loss ([Shannon, 1948](../../book/bibliography.md#shannon1948mathematical); exercise 6 proves it). What a model $q$ loses above it is its mean [Kullback-Leibler divergence](../../book/glossary.md#kullback-leibler-divergence) from the source. So here, for once, we know how
# far from perfect we are.

# %%
def markov_contexts(table):
    """Return how often each pair of letters occurs in the long run, (K, K), for p(x | a, b) = table[a, b, x]."""
    share = np.full(table.shape[:2], 1 / len(table) ** 2)
    for _ in range(2000):
        share = np.einsum("ab,abx->bx", share, table)            # one step of the chain
    return share

def markov_text(table, n, rng):
    letters, bounds = [0, 0], table.cumsum(-1)[..., :-1].tolist()
    for u in rng.random(n):
        letters.append(sum(bound < u for bound in bounds[letters[-2]][letters[-1]]))
    return np.array(letters[2:])

entropy = lambda p: -(p * np.log(np.maximum(p, 1e-300))).sum(-1)
table = np.random.default_rng(0).dirichlet(np.full(4, 0.4), (4, 4))       # (4, 4, 4)
often = markov_contexts(table)
rate = (often * entropy(table)).sum()
no_past = entropy(often.sum(0))
one_letter = (often.sum(1) * entropy(often / often.sum(1, keepdims=True))).sum()
print(f"no past {no_past:.3f}, one letter {one_letter:.3f}, two letters (entropy rate) {rate:.3f} nats; perplexities {np.exp([no_past, one_letter, rate]).round(2)}")
claim("language-rate-falls", "Each letter of context lowers the best possible loss.", [no_past > one_letter > rate], expected=[True])

# %% [markdown]
# ## The model
#
# A [GRU](03_lstm_and_gru.ipynb) reads the characters, each looked up as a row of an *[embedding](../../book/glossary.md#embedding)* table, and at every step a linear layer turns the state into scores for the next character: many to many, trained by [cross-entropy](../../book/glossary.md#cross-entropy), which is
# the mean of $-\ln p$ above. Each update sees random windows of the text, from a zero state.

# %%
class CharacterModel(nn.Module):
    def __init__(self, n_symbols, width, rng):
        self.embedding = nn.Embedding(n_symbols, 24, rng=rng)
        self.gru = nn.GRU(24, width, rng=rng)
        self.head = nn.Linear(width, n_symbols, rng=rng)

    def forward(self, ids, h=None):
        states, h = self.gru(self.embedding(ids), h)
        return self.head(states), h                              # (B, T, V) and the state to go on from

def descend(model, loss_of_step, n_steps, lr=0.01, weight_decay=0.0):
    optimizer = optim.AdamW(model.parameters(), lr=lr, weight_decay=weight_decay)
    schedule = optim.CosineAnnealingLR(optimizer, T_max=n_steps)
    for _ in range(n_steps):
        optimizer.zero_grad()
        loss_of_step().backward()
        optim.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return model

def fit_characters(ids, n_symbols, width, n_steps, seed, batch=32, length=48):
    rng = np.random.default_rng(seed)
    model = CharacterModel(n_symbols, width, rng)

    def loss_of_step():
        windows = ids[rng.integers(0, len(ids) - length, (batch, 1)) + np.arange(length + 1)]
        return F.cross_entropy(model(windows[:, :-1])[0], windows[:, 1:])

    return descend(model, loss_of_step, n_steps)

# %%
def log_softmax64(scores):
    z = np.asarray(scores, np.float64)
    z = z - z.max(-1, keepdims=True)
    return z - np.log(np.exp(z).sum(-1, keepdims=True))

def log_probabilities(model, ids):
    """Return ln q (T, V) of what may come after each of the ids (T,), read in one go."""
    with no_grad():
        return log_softmax64(model(ids[None])[0].data[0])

excess = []
for seed in range(3):
    source_rng = np.random.default_rng(10 + seed)
    model = fit_characters(markov_text(table, 20_000, source_rng), 4, 32, 150, seed, length=24)
    letters = markov_text(table, 5_000, source_rng)
    p, log_q = table[letters[:-1], letters[1:]], log_probabilities(model, letters)[1:]
    excess.append((p * (np.log(np.maximum(p, 1e-300)) - log_q)).sum(-1).mean())        # KL of source and model, over contexts
perplexities = np.exp(rate + np.array(excess))
print(f"bound {math.exp(rate):.3f}, three runs", *(f"{value:.3f}" for value in perplexities))
claim("language-bound", "No run has a lower perplexity than the exponential of the entropy rate.", (perplexities / math.exp(rate)).min(), at_least=1.0)
claim("language-near-bound", "Each is within 3 % of it.", (perplexities / math.exp(rate)).max(), at_most=1.03)

# %% [markdown]
# A recurrent network that was never told that two letters matter has found it out, and almost all that can be known. With that we trust the machinery, and turn to a text without a table behind it.
#
# ## A novel, and the baseline first
#
# Jane Austen's *Persuasion* comes with the package. We train on chapters 1 to 20 and judge on the first 20 000 characters of chapters 21 to 24. How good is a model without a network? An **[n-gram model](../../book/glossary.md#n-gram)** counts what followed the last $n-1$ characters.
# What it has never seen it must not call impossible, so the counts are **smoothed**: here the estimate from a context $c$ is mixed with that from the context without its first character, $c'$, by the rule of [Witten and Bell, 1991](../../book/bibliography.md#witten1991zero),
#
# $$p(x\mid c) = \frac{N(cx) + K(c)\,p(x\mid c')}{N(c) + K(c)},$$
#
# with $N$ the counts and $K(c)$ the number of *different* symbols seen after $c$. A context with many continuations is likely to bring another new one, and so gives more weight to the shorter one. At the bottom stands the uniform guess $1/V$.

# %%
def ngram_counts(text, order):
    """Return counts[context][character] for all contexts of up to order - 1 characters."""
    counts = collections.defaultdict(collections.Counter)
    for n in range(1, order + 1):
        for gram, count in collections.Counter(text[i : i + n] for i in range(len(text) - n + 1)).items():
            counts[gram[:-1]][gram[-1]] = count
    return counts

def ngram_probability(counts, context, character, n_symbols):
    p = 1 / n_symbols
    for n in range(len(context) + 1):                            # from the empty context to the longest
        seen = counts.get(context[len(context) - n :])
        if seen:
            p = (seen[character] + len(seen) * p) / (seen.total() + len(seen))
    return p

train_text, test_text = data.load_persuasion(range(1, 21), unwrap=True), data.load_persuasion(range(21, 25), unwrap=True)[:20_000]
symbols = sorted(set(data.load_persuasion()))
counts = ngram_counts(train_text, 5)
total = sum(ngram_probability(counts, "Capt", c, len(symbols)) for c in symbols)
claim("language-smoothed", "Over all symbols the smoothed probabilities after 'Capt' add up to 1.", total, expected=1.0, tolerance=1e-12)

# %%
def ngram_loss(order):
    """Return the mean of -ln p on the test text, in nats."""
    return np.mean([-math.log(ngram_probability(counts, test_text[i - order + 1 : i], test_text[i], len(symbols))) for i in range(5, len(test_text))])

ngram = np.array([ngram_loss(order) for order in range(1, 6)])
unseen = np.mean([counts[test_text[i - 4 : i]][test_text[i]] == 0 for i in range(5, len(test_text))])
for order, nats in enumerate(ngram, 1):
    print(f"{order}-gram: {nats:.3f} nats = {nats / math.log(2):.3f} bits, perplexity {math.exp(nats):5.2f}")
claim("language-order", "Each of the orders from 1 to 5 is better on held-out text than the one before, by 0.1 nats at least.", -np.diff(ngram).max(), at_least=0.1)
claim("language-unseen", "Without smoothing more than 2 % of the test's characters would have probability 0 after their four predecessors, and the perplexity would be infinite.", unseen, at_least=0.02)

# %% [markdown]
# That is the baseline; a network that does not beat the pairs has learned nothing of language. **Predict:** 96 units and 350 updates of 960 characters each, about one reading of the book: between which two rows will it come out?

# %%
code = {symbol: k for k, symbol in enumerate(symbols)}
encode = lambda text: np.array([code[c] for c in text])
author = fit_characters(encode(train_text), len(symbols), 96, 350, seed=0, batch=24, length=40)
test_ids = encode(test_text)
log_q = log_probabilities(author, test_ids[:-1])
author_loss = -log_q[np.arange(len(log_q)), test_ids[1:]].mean()
print(f"GRU: {author_loss:.2f} nats = {author_loss / math.log(2):.2f} bits, perplexity {math.exp(author_loss):.1f}")
claim("language-gru-trigram", "On held-out chapters the GRU is better than the 3-gram by more than 0.1 nats.", ngram[2] - author_loss, at_least=0.1)
claim("language-gru-4gram", "It does not reach the 4-gram.", author_loss - ngram[3], at_least=0.02)

# %% mystnb={"image": {"alt": "Bits a character against the order of the n-gram from 1 to 5: a falling curve from 4.4 to 1.9. A horizontal line marks the recurrent network at about 2.4, between the orders 3 and 4."}}
_ = plotting.curves({"n-gram, smoothed": (range(1, 6), ngram / math.log(2)), "GRU, 350 updates": ([1, 5], [author_loss / math.log(2)] * 2)},
                    title="One reading beats a 3-gram, not a 4-gram", xlabel="order n (characters of context + 1)", ylabel="bits a character", markers=True)

# %% [markdown]
# A table of counts is hard to beat with seconds of arithmetic. With more text and more updates the network goes on improving; the table soon stops, as nearly all longer contexts are new.
#
# > **Misconception.** A perplexity of 4 is good, one of 4 000 is bad.
#
# Per *what*? The same probabilities, of the same text, divided by another number of symbols:

# %%
n_words = len(test_text.split())
per_character, per_word = math.exp(author_loss), math.exp(author_loss * len(test_text) / n_words)
print(f"the same model: perplexity {per_character:.1f} a character, about {round(per_word, -2):,.0f} a word")
claim("language-per-what", "The perplexity per word is more than 500 times that per character.", per_word / per_character, at_least=500)

# %% [markdown]
# Perplexities compare models on the same text in the same units. *Bits per character of the original* can always be compared, whatever pieces a model reads.
#
# ## Writing: sampling and temperature
#
# To write, draw a character from the model's distribution, feed it back as the next input, and repeat. Dividing the scores by a **[temperature](../../book/glossary.md#sampling-temperature)** $\tau$ before the [softmax](../../book/glossary.md#softmax) makes the choice bolder or safer: $p_i\propto e^{z_i/\tau}$. At $\tau\to0$ only the most likely
# character is left, the *greedy* choice; $\tau = 1$ is the model itself. **Predict:** which looks most like the book, 0.1, 0.5, 1 or 1.5?

# %%
def sample_texts(model, start, n_characters, temperature, n_texts, rng):
    """Return n_texts continuations of `start`."""
    ids, h, written = np.tile(encode(start), (n_texts, 1)), None, []
    with no_grad():
        for _ in range(n_characters):
            scores, h = model(ids, h)
            p = np.exp(log_softmax64(scores.data[:, -1] / temperature))
            ids = (p.cumsum(1)[:, :-1] < rng.random((n_texts, 1))).sum(1)[:, None]
            written.append(ids)
    return ["".join(symbols[k] for k in row) for row in np.concatenate(written, axis=1)]

known = set(train_text.split())
real_words, loops = {}, {}
for temperature in (0.1, 0.5, 1.0, 1.5):
    texts = sample_texts(author, "She had ", 200, temperature, 20, np.random.default_rng(1))
    words = [w for text in texts for w in text.split()[:-1]]
    real_words[temperature] = np.mean([w in known for w in words])
    loops[temperature] = len(set(words)) / len(words)
    example = texts[0][:110].replace("\n", " ")
    print(f"temperature {temperature}: {real_words[temperature]:.0%} of the words are in the book, {loops[temperature]:.0%} different\n   She had {example}")
claim("language-temperature", "The share of words that occur in the book falls with the temperature.", np.diff([*real_words.values()]).max(), at_most=-0.02)
claim("language-loops", "At temperature 0.1 the writer repeats itself: less than half as many different words as at 1.", loops[0.1] / loops[1.0], at_most=0.5)

# %% [markdown]
# Cold, it says the same safe thing in circles; hot, it invents letters. Neither end is the book. [Holtzman et al., 2020](../../book/bibliography.md#holtzman2020curious) found the same for models of the size that people use.
#
# ## From sequence to sequence
#
# Translation has two sequences of unlike lengths. The **[encoder-decoder](../../book/glossary.md#encoder-decoder)** of [Cho et al., 2014](../../book/bibliography.md#cho2014learning), and [Sutskever, Vinyals and Le, 2014](../../book/bibliography.md#sutskever2014sequence), is a language model with a preface: an *encoder* reads the source, and its last state, the **summary** $s$, becomes
# the first state of a *decoder* that writes the target,
#
# $$s = \mathrm{encoder}(x_1,\dots,x_S), \qquad p(y_1,\dots,y_T\mid x) = \prod_t p(y_t\mid y_{<t},\ s).$$
#
# | symbol | shape | meaning |
# |---|---|---|
# | source $x$ | (B, S) | symbols read; shorter ones padded, their lengths given |
# | summary $s$ | (1, B, H) | all that the decoder knows of the source |
# | target $y$ | (B, T) | symbols to be written, after a START, ended by an END |
#
# (In Cho's version the summary is also handed to every step of the decoder; in Sutskever's, and ours, it only sets its first state.) In training the decoder reads the *right* previous symbols, whatever it would have written itself: **[teacher forcing](../../book/glossary.md#teacher-forcing)** ([Williams and Zipser, 1989](../../book/bibliography.md#williams1989learning)). So all steps are one call.

# %%
PAD, START, END = 0, 1, 2

class EncoderDecoder(nn.Module):
    def __init__(self, n_source, n_target, width, rng, dtype=np.float32, size=24):
        self.read = nn.Embedding(n_source, size, rng=rng, dtype=dtype)
        self.write = nn.Embedding(n_target, size, rng=rng, dtype=dtype)
        self.encoder = nn.GRU(size, width, rng=rng, dtype=dtype)
        self.decoder = nn.GRU(size, width, rng=rng, dtype=dtype)
        self.head = nn.Linear(width, n_target, rng=rng, dtype=dtype)

    def summary(self, source, lengths=None):
        return self.encoder(self.read(source), lengths=lengths)[1]           # (1, B, H)

    def forward(self, so_far, h):
        states, h = self.decoder(self.write(so_far), h)
        return self.head(states), h

# %%
def teacher_forced(model, source, lengths, target):
    """Return the scores (B, T, V) for target[:, 1:], given its right predecessors."""
    return model(target[:, :-1], model.summary(source, lengths))[0]

def free_running(model, h, n_steps):
    """Return the symbols (B, n_steps) that a decoder writes greedily from its own symbols, and its scores."""
    last, written, scores = np.full((h.shape[1], 1), START), [], []
    with no_grad():
        for _ in range(n_steps):
            z, h = model(last, h)
            last = z.data.argmax(-1)
            written.append(last)
            scores.append(z.data)
    return np.concatenate(written, 1), np.concatenate(scores, 1)

# %% [markdown]
# The first task is a toy that needs no dictionary: write up to nine letters, from an alphabet of eight, backwards. How many of 200 new strings of each length come out right, in every letter? Two runs with 64 units, and one with 16.

# %%
def reversal_batch(n, length, rng):
    letters = rng.integers(3, 11, (n, length))                   # eight letters: symbols 3 to 10
    ends = np.full((n, 1), END)
    return letters, np.full(n, length), np.concatenate([ends - 1, letters[:, ::-1], ends], axis=1)      # START is END - 1

def fit_reversal(width, seed, n_steps=350, longest=9):
    rng = np.random.default_rng(seed)
    model = EncoderDecoder(11, 11, width, rng)

    def loss_of_step():
        source, lengths, target = reversal_batch(48, int(rng.integers(1, longest + 1)), rng)
        return F.cross_entropy(teacher_forced(model, source, lengths, target), target[:, 1:])

    return descend(model, loss_of_step, n_steps)

def reversal_test(model, length):
    source, lengths, target = reversal_batch(200, length, np.random.default_rng(99))
    with no_grad():
        forced = teacher_forced(model, source, lengths, target).data
        free, free_scores = free_running(model, model.summary(source, lengths), length + 1)
    return forced, free, free_scores, target[:, 1:]

# %% tags=["settles-SYS-49"]
reversers = {64: [fit_reversal(64, seed) for seed in range(2)], 16: [fit_reversal(16, 0)]}
exact = {width: np.array([[(free == right).all(1).mean() for _, free, _, right in (reversal_test(m, n) for n in range(1, 13))] for m in models])
         for width, models in reversers.items()}
for n in (2, 4, 6, 8, 9, 10, 11):
    print(f"length {n:2d}: 64 units", *(f"{share:5.2f}" for share in exact[64][:, n - 1]), f"  16 units {exact[16][0, n - 1]:5.2f}")
claim("language-reversal", "Strings of up to four letters are reversed in 95 % of cases and more, in each run.", exact[64][:, :4].min(), at_least=0.95)
claim("language-bottleneck", "At nine letters, the longest trained, each run loses more than half of them.", exact[64][:, 8].max(), at_most=0.5)
claim("language-too-long", "At eleven letters, two more than ever trained, no run has a tenth right.", exact[64][:, 10].max(), at_most=0.1)
claim("language-narrow", "With 16 units half of the strings of six letters are lost.", exact[16][0, 5], at_most=0.5)

# %% mystnb={"image": {"alt": "Share of strings reversed without a mistake against their length from 1 to 12. With 64 units it stays near 1 up to four letters, falls from there and is near 0 from ten on; with 16 units it falls from two letters on and is near 0 from six on."}}
lengths_shown = np.arange(1, 13)
_ = plotting.curves({"64 units, mean of 2": (lengths_shown, exact[64].mean(0)), "16 units": (lengths_shown, exact[16][0])},
                    band={"64 units, mean of 2": (exact[64].min(0), exact[64].max(0))}, markers=True,
                    title="The longer the source, the less of it the summary holds", xlabel="letters (trained: 1 to 9)", ylabel="exactly right")

# %% [markdown]
# This is the **bottleneck**: whatever the length of the source, all of it has to pass through one vector of $H$ numbers. Each letter brings three bits more; the vector does not grow. The question that opens chapter 6: must the decoder make do with the last state of the encoder, when all the others were computed too?
#
# ## Teacher forcing and exposure
#
# In training the decoder never sees its own mistakes; in use it sees little else after the first one. Does that make the numbers measured under teacher forcing too good? **Predict**, for strings of nine letters: which is higher under teacher forcing, the share of right *symbols*, or that of entirely right *strings*, or both?
#
# > **Misconception.** Teacher forcing makes every measured accuracy too good.

# %%
gaps, losses_by_mode, same_strings = [], [], []
for model in reversers[64]:
    forced, free, free_scores, right = reversal_test(model, 9)
    hits_forced, hits_free = forced.argmax(-1) == right, free == right
    gaps.append([hits_forced.mean(), hits_free.mean()])
    same_strings.append((hits_forced.all(1) == hits_free.all(1)).all())
    losses_by_mode.append([-np.take_along_axis(log_softmax64(z), right[..., None], -1).mean() for z in (forced, free_scores)])
for (a, b), (c, d) in zip(gaps, losses_by_mode):
    print(f"symbols right: teacher-forced {a:.2f}, free-running {b:.2f};   loss {c:.2f} and {d:.2f} nats")
claim("language-same-strings", "String by string, exactly the same ones are entirely right in both modes.", all(same_strings), expected=True)
claim("language-exposure", "But in every run fewer single symbols are right when the decoder reads its own.", min(a - b for a, b in gaps), at_least=0.005)
claim("language-exposure-loss", "And in every run the loss is higher.", min(d - c for c, d in losses_by_mode), at_least=0.01)

# %% [markdown]
# The first claim is a theorem in disguise: up to the first mistake both decoders have read the same symbols, so they make it at the same place. What differs comes *after* it: having read a wrong symbol, the decoder is in a place where training never took it. This is
# **[exposure bias](../../book/glossary.md#exposure-bias)** ([Ranzato et al., 2016](../../book/bibliography.md#ranzato2016sequence)). One mistake breeds others, so long outputs suffer most.
#
# ## A translation
#
# Numbers from 1 to 9 999, from English words into German ones: small enough to be generated, and with what makes translation hard in small: another order, *seven-and-forty* for *forty-seven*, and forms that depend on what follows, *eins* at the end and *ein* elsewhere.

# %%
ONES = {"en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(),
        "de": "null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn".split()}
TENS = {"en": "- ten twenty thirty forty fifty sixty seventy eighty ninety".split(), "de": "- zehn zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig".split()}

def number_words(n, language, last=True):
    """Return the words of n < 10 000; `last` where nothing follows them."""
    for unit, name in ((1000, {"en": "thousand", "de": "tausend"}), (100, {"en": "hundred", "de": "hundert"})):
        if n >= unit:
            return [*number_words(n // unit, language, False), name[language], *(number_words(n % unit, language) if n % unit else [])]
    if n < 20:
        return ["eins"] if (n, language, last) == (1, "de", True) else [ONES[language][n]]
    tens, ones = TENS[language][n // 10], ONES[language][n % 10]
    if n % 10 == 0:
        return [tens]
    return [tens, ones] if language == "en" else [ones, "und", tens]

for n in (21, 1001, 4347):
    print(n, " ".join(number_words(n, "en")), "→", " ".join(number_words(n, "de")))
vocabulary = {language: sorted({w for n in range(1, 10_000) for w in number_words(n, language)}) for language in ("en", "de")}
word_code = {language: {w: k for k, w in enumerate(words, 3)} for language, words in vocabulary.items()}
longest = {language: max(len(number_words(n, language)) for n in range(1, 10_000)) for language in ("en", "de")}
claim("language-vocabulary", "English needs 29 words and at most 6 of them for a number, German 31 and 7.", [*map(len, vocabulary.values()), *longest.values()], expected=[29, 31, 6, 7])

# %% [markdown]
# Of the 9 999 numbers 1 500 are for training, 300 others for the test; the rest is not used. A network that had learned the 1 500 by heart would get none of the 300. Three runs, each with its own draw of the numbers.

# %%
def translation_arrays(numbers):
    """Return source (N, S), lengths (N,) and target (N, T), padded."""
    source, target = np.full((len(numbers), longest["en"]), PAD), np.full((len(numbers), longest["de"] + 2), PAD)
    for s, t, n in zip(source, target, numbers):
        en, de = ([word_code[lang][w] for w in number_words(int(n), lang)] for lang in ("en", "de"))
        s[: len(en)], t[: len(de) + 2] = en, [START, *de, END]
    return source, (source != PAD).sum(1), target

def fit_translator(train_numbers, n_steps, seed):
    rng = np.random.default_rng(seed)
    model = EncoderDecoder(len(vocabulary["en"]) + 3, len(vocabulary["de"]) + 3, 64, rng)
    source, lengths, target = translation_arrays(train_numbers)

    def loss_of_step():
        rows = rng.integers(0, len(source), 48)
        right = target[rows, 1:]
        losses = F.cross_entropy(teacher_forced(model, source[rows], lengths[rows], target[rows]), right, reduction="none")
        return (losses * (right != PAD)).sum() / (right != PAD).sum()            # the mean over what is no padding

    return descend(model, loss_of_step, n_steps)

def translate(model, numbers):
    """Return the German words for each number, written greedily."""
    source, lengths, target = translation_arrays(numbers)
    written, _ = free_running(model, model.summary(source, lengths), target.shape[1] - 1)
    return [[vocabulary["de"][k - 3] for k in itertools.takewhile(lambda k: k > END, row)] for row in written]

# %% tags=["settles-S0-A1", "settles-SYS-49"]
shuffled = [np.random.default_rng(seed).permutation(np.arange(1, 10_000)) for seed in range(3)]
translators = [fit_translator(numbers[:1500], 350, seed) for seed, numbers in enumerate(shuffled)]
held_out_right = []
for model, numbers in zip(translators, shuffled):
    came = translate(model, numbers[1500:1800])
    held_out_right.append(np.mean([words == number_words(int(n), "de") for words, n in zip(came, numbers[1500:1800])]))
print("exactly right of 300 held-out numbers:", *(f"{share:.2f}" for share in held_out_right))
claim("language-translation", "In each of three runs at least 80 % of the held-out numbers are translated without a mistake.", min(held_out_right), at_least=0.8)

# %% [markdown]
# From a seventh of the numbers the network has the rule, reordering included. The other tasks of language that the first article names, text classification and sentiment, need one answer for a text; [Deep CNNs](../04_cnn/04_deep_cnns.ipynb) solves them.
#
# ## Searching for the best output
#
# Greedy decoding takes the best next symbol, which need not begin the best sequence. On paper: *a* has 0.6 and is followed by two symbols of 0.5 each; *b* has 0.4 and is followed by one with certainty. Greedy gets $0.6\cdot0.5 = 0.3$; *b* would have given $0.4$.
# **[Beam search](../../book/glossary.md#beam-search)** keeps the $k$ best beginnings at every step. With $k=1$ it is greedy; with $k$ large enough it is exhaustive.

# %%
def beam_search(step, start, end, width, max_length, alpha=0.0):
    """Return (log-probability, symbols) of the best finished sequence, by log-probability / length**alpha.

    step(sequences) gives ln p (n, V) of the next symbol for n sequences of equal length.
    """
    beams, finished = [(0.0, (start,))], []
    for _ in range(max_length):
        log_p = step([sequence for _, sequence in beams])
        grown = [(lp + q, (*sequence, k)) for (lp, sequence), row in zip(beams, log_p) for k, q in enumerate(row.tolist()) if q > -np.inf]
        grown = sorted(grown, reverse=True)[:width]
        finished += [beam for beam in grown if beam[1][-1] == end]
        beams = [beam for beam in grown if beam[1][-1] != end]
        if not beams:
            break
    lp, sequence = max(finished or beams, key=lambda beam: beam[0] / (len(beam[1]) - 1) ** alpha)
    return lp, sequence[1:]

after = {(9,): [0, 0.6, 0.4], (9, 1): [0, 0.5, 0.5], (9, 2): [0, 1.0, 0]}           # 9 starts, 1 is a, 2 is b, 0 ends
def paper_step(sequences):
    with np.errstate(divide="ignore"):
        return np.log([after.get(sequence, [1.0, 0, 0]) for sequence in sequences])
claim("language-beam-paper", "Greedy search finds a sequence of probability 0.3, a beam of two one of 0.4.",
      [math.exp(beam_search(paper_step, 9, 0, width, 3)[0]) for width in (1, 2)], expected=[0.3, 0.4], tolerance=1e-12)

# %% [markdown]
# How often does it find the best? On a tiny vocabulary we can try them all. A hundred random sources of three letters and an END, that look back two symbols and stop after five letters at the latest: 364 sequences each.

# %%
def tiny_source(seed, longest=5):
    with np.errstate(divide="ignore"):
        table = np.log(np.random.default_rng(seed).dirichlet(np.full(4, 0.5), (5, 5)))      # symbol 0 ends, 4 starts

    def step(sequences):
        if len(sequences[0]) > longest:
            return np.tile([0.0, *[-np.inf] * 3], (len(sequences), 1))
        return np.array([table[((4,) + sequence)[-2:]] for sequence in sequences])

    return step

def try_all(step, longest=5):
    """Return the highest log-probability of all sequences."""
    best, open_ones = -np.inf, {(4,): 0.0}
    for _ in range(longest + 1):
        grown = {(*s, k): lp + q for (s, lp), row in zip(open_ones.items(), step([*open_ones])) for k, q in enumerate(row)}
        best = max([best, *(lp for s, lp in grown.items() if s[-1] == 0)])
        open_ones = {s: lp for s, lp in grown.items() if s[-1]}
    return best

# %% [markdown]
# > **Misconception.** Beam search finds the most probable sequence.

# %%
optima = np.array([try_all(tiny_source(seed)) for seed in range(100)])
found = {width: [beam_search(tiny_source(seed), 4, 0, width, 6) for seed in range(100)] for width in (1, 2, 4, 243)}
misses = {width: np.mean(optima - [lp for lp, _ in best] > 1e-9) for width, best in found.items()}
mean_length = {width: np.mean([len(sequence) - 1 for _, sequence in best]) for width, best in found.items()}
for width in found:
    print(f"width {width:3d}: misses the best in {misses[width]:.0%} of the sources, {mean_length[width]:.1f} letters on the average")
normalised = np.mean([len(beam_search(tiny_source(seed), 4, 0, 243, 6, alpha=1.0)[1]) - 1 for seed in range(100)])
print(f"width 243, ln p divided by the length: {normalised:.1f} letters")
claim("language-greedy-misses", "Greedy search misses the most probable sequence in more than 30 % of the sources, two beams in some.", [misses[1] > 0.3, misses[2] > 0.0], expected=[True, True])
claim("language-beam-exhaustive", "With 243 beams, every open beginning, it is the exhaustive search.", misses[243], expected=0.0)
claim("language-beam-short", "The better the search, the shorter what it finds: less than two thirds as long as greedy.", mean_length[243] / mean_length[1], at_most=0.67)
claim("language-normalised", "Divided by the length, the same search prefers sequences more than twice as long.", normalised / mean_length[243], at_least=2.0)

# %% [markdown]
# The lengths are worth a pause. Every further symbol multiplies by a number below 1, so the most probable sequence tends to be a short one. Hence **length normalisation**: compare $\ln p\,/\,\text{length}^\alpha$, with $\alpha$ about 0.6 to 1; the last claim has $\alpha = 1$ ([Wu et al., 2016](../../book/bibliography.md#wu2016google) use a relative of it).
#
# Does a better search give better *translations*? We ask a translator that is trained, and one that was stopped early, after 120 updates.

# %%
def decoder_step(model, number):
    source, lengths, _ = translation_arrays([number])
    with no_grad():
        h = model.summary(source, lengths).data

    def step(sequences):
        with no_grad():
            scores, _ = model(np.array(sequences), Tensor(np.repeat(h, len(sequences), axis=1)))
        return log_softmax64(scores.data[:, -1])

    return step

def beam_right(model, numbers, width, alpha=0.0):
    """Return the share of exactly right translations, and the mean log-probability of what was found."""
    best = [beam_search(decoder_step(model, n), START, END, width, 9, alpha) for n in numbers]
    right = [[word_code["de"][w] for w in number_words(int(n), "de")] + [END] for n in numbers]
    return np.mean([list(s) == r for (_, s), r in zip(best, right)]), np.mean([lp for lp, _ in best])

early = fit_translator(shuffled[0][:1500], 120, seed=0)
searched = {}
for name, model in (("trained", translators[0]), ("stopped early", early)):
    searched[name] = np.array([beam_right(model, shuffled[0][1500:1570], width) for width in (1, 4)])
    print(f"{name:13s} exactly right: greedy {searched[name][0, 0]:.2f}, four beams {searched[name][1, 0]:.2f};   mean ln p of what was found {searched[name][0, 1]:.2f} and {searched[name][1, 1]:.2f}")
claim("language-beam-finds", "Four beams find what is more probable than greedy search finds, for the early model.", np.diff(searched["stopped early"][:, 1])[0], at_least=1e-3)
claim("language-beam-no-help", "For the trained model the share of right translations changes by 0.05 at most.", abs(np.diff(searched["trained"][:, 0])[0]), at_most=0.05)
claim("language-beam-early", "With four beams the early model still gets less than half of the numbers right.", searched["stopped early"][1, 0], at_most=0.5)

# %% [markdown]
# A model that is sure of itself has little to gain from a search. An unsure one may gain a little, and does not become a good one by it: the search finds what the *model* likes best. And where there is no single right answer, what it likes best is not what we want:
#
# > **Misconception.** The more probable text is the better one.

# %%
def author_step(sequences):
    with no_grad():
        return log_softmax64(author(np.array([[*encode("She had "), *sequence[1:]] for sequence in sequences]))[0].data[:, -1])

lp, found_ids = beam_search(author_step, -1, -2, 5, 100)                 # no symbol ends: all beams run to 100 characters
beam_text, beam_nats = "".join(symbols[k] for k in found_ids), -lp / 100
print(f"beam of 5, {beam_nats:.2f} nats a character: She had {beam_text}")
words_found, words_written = beam_text.split(), test_text[2000:2100].split()
print(f"different words: {len(set(words_found))} of {len(words_found)}; in as much of the book {len(set(words_written))} of {len(words_written)}")
claim("language-likely", "The model finds the searched text far more likely than Austen's: at most 0.6 times her nats a character.", beam_nats / author_loss, at_most=0.6)

# %% [markdown]
# ## BLEU: scoring translations
#
# Exact match is a harsh judge. **[BLEU](../../book/glossary.md#bleu)** ([Papineni et al., 2002](../../book/bibliography.md#papineni2002bleu)) counts how many of a candidate's n-grams occur in the reference, each at most as often as there: the *clipped precision* $p_n$. Summed over the whole test set, for $n$ = 1 to 4, with $c$ and $r$ the total lengths of candidates and references:
#
# $$\mathrm{BLEU} = \underbrace{\min\bigl(1,\ e^{1-r/c}\bigr)}_{\text{brevity penalty}}\ \cdot\ \exp\Bigl(\tfrac14\sum_{n=1}^4\ln p_n\Bigr).$$
#
# On paper, with $n$ up to 2: *the cat sat on the mat* against *the cat is on the mat*. Of six words five match; of five pairs three: the cat, on the, the mat. So $\sqrt{\tfrac56\cdot\tfrac35} = \sqrt{\tfrac12} = 0.707$. Without clipping *the the the the the the the* would have a precision of 1; clipped, it has $\tfrac27$. Without the penalty *the cat* would be perfect; with it, it gets $e^{1-6/2} = 0.135$.

# %%
def ngrams_of(words, n):
    return collections.Counter(zip(*(words[k:] for k in range(n))))

def bleu_score(candidates, references, longest=4):
    """Return BLEU of lists of words, one reference each."""
    hits, totals = np.zeros(longest), np.zeros(longest)
    for candidate, reference in zip(candidates, references, strict=True):
        for n in range(1, longest + 1):
            ours = ngrams_of(candidate, n)
            hits[n - 1] += (ours & ngrams_of(reference, n)).total()          # & takes the smaller count: the clipping
            totals[n - 1] += ours.total()
    if hits.min() == 0:
        return 0.0
    c, r = sum(map(len, candidates)), sum(map(len, references))
    return min(1.0, math.exp(1 - r / c)) * math.exp(np.log(hits / totals).mean())

reference = "the cat is on the mat".split()
by_hand = {"the cat sat on the mat": (2, math.sqrt(0.5)), "the the the the the the the": (1, 2 / 7), "the cat": (2, math.exp(-2)), "the cat is on the mat": (4, 1.0)}
claim("language-bleu-paper", "The definition gives the four values of the paper examples.",
      [bleu_score([text.split()], [reference], n) for text, (n, _) in by_hand.items()], expected=[value for _, value in by_hand.values()], tolerance=1e-12)

# %% [markdown]
# > **Misconception.** A higher BLEU means a better translation.
#
# In German the year 1947 is read *neunzehnhundertsiebenundvierzig*, nineteen hundred; as a number it is *eintausendneunhundert…* Both are right. Against the latter as reference, three candidates:

# %%
reference = number_words(1947, "de")
as_year = [ONES["de"][19], "hundert", *number_words(47, "de")]
candidates = {"as a year, right": as_year, "1987, wrong by 40": number_words(1987, "de"), "7941, wrong by 5994": number_words(7941, "de")}
bleus = {name: bleu_score([words], [reference]) for name, words in candidates.items()}
print(*(f"{name}: {value:.2f}" for name, value in bleus.items()), sep="   ")
claim("language-bleu-misleads", "The right one gets less than the one that is wrong by 40, by over 0.3.", bleus["1987, wrong by 40"] - bleus["as a year, right"], at_least=0.3)
test_numbers = [int(n) for n in shuffled[0][1500:1800]]
references = [number_words(n, "de") for n in test_numbers]
for name, model in (("stopped early", early), ("trained", translators[0])):
    came = translate(model, test_numbers)
    share, score = np.mean([a == b for a, b in zip(came, references)]), bleu_score(came, references)
    print(f"{name:13s} exactly right {share:.2f}, BLEU {score:.2f}")
    claim(f"language-bleu-{name.split()[-1]}", f"Of the model {name}, BLEU is not below the share that is exactly right.", score - share, at_least=0.0)

# %% [markdown]
# BLEU counts shared pieces, not meaning: one wrong word in a number costs a little, another right phrasing costs much. It is blind to what was shared by chance, zero for a short sentence without a common 4-gram, and comparable only for the same references and the same way of cutting into words
# ([Post, 2018](../../book/bibliography.md#post2018call)).
#
# ## Show and tell
#
# Nothing says that the encoder must read. [Vinyals et al., 2015](../../book/bibliography.md#vinyals2015show) put a convolutional network in its place: picture in, caption out. Ours looks at 12 × 12 coloured dots with a shape somewhere in a quarter, and says `a red ring at the top left`. There are $6\cdot6\cdot4 = 144$ combinations; 24 are never
# trained. Can it name a red ring, having seen rings and red things, but never both at once? Always saying the most frequent words would be right in 1 of 144.

# %%
PATTERNS = {"square": "11111 11111 11111 11111 11111", "cross": "00100 00100 11111 00100 00100", "ring": "01110 10001 10001 10001 01110",
            "grating": "00000 11111 00000 11111 00000", "saltire": "10001 01010 00100 01010 10001", "corner": "10000 10000 10000 10000 11111"}
SHAPES = {name: np.array([[float(dot) for dot in row] for row in rows.split()]) for name, rows in PATTERNS.items()}
COLOURS = {"red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1), "yellow": (1, 1, 0), "cyan": (0, 1, 1), "white": (1, 1, 1)}
PLACES = {"top left": (0, 0), "top right": (0, 6), "bottom left": (6, 0), "bottom right": (6, 6)}
COMBINATIONS = [*itertools.product(COLOURS, SHAPES, PLACES)]
caption_of = lambda colour, shape, place: ["a", colour, shape, "at", "the", *place.split()]
caption_words = sorted({w for combination in COMBINATIONS for w in caption_of(*combination)})
caption_code = {w: k for k, w in enumerate(caption_words, 3)}

def draw_pictures(combinations, rng):
    """Return pictures (N, 3, 12, 12) with noise, and captions (N, 9) from START to END."""
    pictures = rng.normal(0, 0.1, (len(combinations), 3, 12, 12))
    for picture, (colour, shape, place) in zip(pictures, combinations):
        y, x = np.array(PLACES[place]) + rng.integers(0, 2, 2)
        picture[:, y : y + 5, x : x + 5] += np.multiply.outer(COLOURS[colour], SHAPES[shape])
    captions = [[START, *(caption_code[w] for w in caption_of(*c)), END] for c in combinations]
    return pictures.astype(np.float32), np.array(captions)

# %%
class Captioner(nn.Module):
    def __init__(self, rng):
        self.look = nn.Sequential(nn.Conv2d(3, 24, 5, padding=2, rng=rng), nn.ReLU(), nn.MaxPool2d(6), nn.Flatten(), nn.Linear(96, 64, rng=rng), nn.Tanh())
        self.words, self.gru = nn.Embedding(len(caption_words) + 3, 24, rng=rng), nn.GRU(24, 64, rng=rng)
        self.head = nn.Linear(64, len(caption_words) + 3, rng=rng)

    def summary(self, pictures):
        return self.look(2 * pictures - 0.2).reshape(1, len(pictures), 64)

    def forward(self, so_far, h):
        states, h = self.gru(self.words(so_far), h)
        return self.head(states), h

def fit_captioner(seed, n_steps=350):
    rng = np.random.default_rng(seed)
    order = [COMBINATIONS[k] for k in rng.permutation(144)]
    model = Captioner(rng)

    def loss_of_step():
        pictures, captions = draw_pictures([order[24 + k] for k in rng.integers(0, 120, 32)], rng)
        return F.cross_entropy(model(captions[:, :-1], model.summary(pictures))[0], captions[:, 1:])

    return descend(model, loss_of_step, n_steps, weight_decay=0.5), order

# %% tags=["settles-SYS-48"]
def captions_right(model, combinations):
    """Return which words (N, 8) of freely written captions are right."""
    pictures, captions = draw_pictures(combinations * 6, np.random.default_rng(7))
    return free_running(model, model.summary(Tensor(pictures)), 8)[0] == captions[:, 1:]

captioners = [fit_captioner(seed) for seed in range(2)]
seen_right, unseen_right = ([captions_right(model, order[part]) for model, order in captioners] for part in (slice(24, 144), slice(24)))
for a, b in zip(seen_right, unseen_right):
    print(f"exactly right: trained combinations {a.all(1).mean():.2f}, unseen {b.all(1).mean():.2f};   unseen, by word: colour {b[:, 1].mean():.2f}, shape {b[:, 2].mean():.2f}, place {b[:, 5:7].all(1).mean():.2f}")
claim("language-captions", "At least 90 % of the captions of trained combinations are right.", min(a.all(1).mean() for a in seen_right), at_least=0.9)
claim("language-captions-unseen", "And, in the mean of the runs, at least half of those of combinations that were never trained.", np.mean([b.all(1).mean() for b in unseen_right]), at_least=0.5)
claim("language-captions-place", "Of the unseen ones, colour and place are named in 95 % of the cases: mistakes are mistakes in the shape.", min(b[:, [1, 5, 6]].mean() for b in unseen_right), at_least=0.95)

# %% tags=["photo"] mystnb={"image": {"alt": "Six small pictures of combinations that were never trained, a coloured shape in a quarter of a dark square each. Above each stand the words that the network wrote."}}
captioner, order = captioners[0]
pictures, _ = draw_pictures(order[:6], np.random.default_rng(7))
written, _ = free_running(captioner, captioner.summary(Tensor(pictures)), 8)
fig, axes = plotting.new_figure(2, 3, height=4.6)
for ax, picture, row in zip(axes.flat, pictures, written):
    ax.imshow(np.clip(picture.transpose(1, 2, 0), 0, 1))
    ax.set_title("{1} {2}\n{5} {6}".format(*(caption_words[k - 3] for k in row[:7])), fontsize=10, loc="left")
    ax.axis("off")
fig.suptitle("Never seen in training, and what was written", x=0.02, ha="left")
plt.show()

# %% [markdown]
# So the network puts together what it never met together. Colour and place carry over at once; the shape is where it slips, for a shape has to be recognised whatever its colour, and a network that saw each ring with its own colour has little reason to. That all places share the weights of the convolution helps: nothing has to be learned
# anew in each quarter.
#
# ## In the frameworks
#
# The encoder-decoder once more, for reversal, with six units, in float64: outputs, gradients of all twelve arrays, 100 steps of gradient descent. What has to be moved where is said in [LSTM and GRU](03_lstm_and_gru.ipynb): the order of the blocks, and the second bias, of which only the part of $n$ may train. The embedding is a table here and in PyTorch;
# in TensorFlow we multiply one-hot rows by it, so that its gradient is an array.

# %%
U6 = 6                                                               # units
seq_in, _, seq_out = reversal_batch(16, 5, np.random.default_rng(20))
start_model = EncoderDecoder(11, 11, U6, np.random.default_rng(21), dtype=np.float64, size=4)
start_arrays = [p.data.copy() for p in start_model.parameters()]
gru_slots = slice(2, 6), slice(6, 10)                                # encoder and decoder: W, U, b, b_hn
rzn_to_zrn = lambda a: np.concatenate([a[..., U6 : 2 * U6], a[..., :U6], a[..., 2 * U6 :]], axis=-1)
n_block = np.repeat([0.0, 0.0, 1.0], U6)
to_torch = lambda W, U, b, b_hn: (W.T, U.T, b, np.concatenate([np.zeros(2 * U6), b_hn]))
from_torch_gru = lambda W, U, b, second: (W.T, U.T, b, second[2 * U6 :])
two_biases = lambda b, b_hn: np.stack([rzn_to_zrn(b), np.concatenate([np.zeros(2 * U6), b_hn])])
RATE, names = 0.25, [name for name, _ in start_model.named_parameters()]

# %%
import keras
import tensorflow as tf

def compiled_descent(read, write, encoder, decoder, V, d, masks):
    """Return a function that makes one step of gradient descent and returns (scores, loss, gradients)."""
    weights = [read, write, *encoder.trainable_variables, *decoder.trainable_variables, V, d]

    @tf.function(autograph=False)
    def step():
        with tf.GradientTape() as tape:
            _, h = encoder(tf.one_hot(seq_in, 11, dtype="float64") @ read)
            states, _ = decoder(tf.one_hot(seq_out[:, :-1], 11, dtype="float64") @ write, initial_state=h)
            scores = states @ V + d
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(seq_out[:, 1:], scores))
        grads = tape.gradient(loss, weights)
        for w, g, m in zip(weights, grads, masks):
            w.assign_sub(RATE * m * g)
        return scores, loss, grads

    return step

# %% tags=["fw-numpy"]
sgd, path_numpy = optim.SGD(start_model.parameters(), lr=RATE), []
for step in range(100):
    out = teacher_forced(start_model, seq_in, None, seq_out)
    loss = F.cross_entropy(out, seq_out[:, 1:])
    sgd.zero_grad(); loss.backward()
    if step == 0: first_numpy = out.data, [p.grad.copy() for p in start_model.parameters()]
    path_numpy.append(loss.item()); sgd.step()

# %% tags=["fw-torch"]
import torch
layers = [torch.nn.Embedding(11, 4), torch.nn.Embedding(11, 4), *(torch.nn.GRU(4, U6, batch_first=True) for _ in gru_slots), torch.nn.Linear(U6, 11)]
read, write, enc, dec, top = (layer.double() for layer in layers); P, path_torch = [p for layer in layers for p in layer.parameters()], []
E1, E2, *_, V, d = start_arrays; mask = np.ones(14, object); mask[[5, 9]] = [torch.tensor(n_block)] * 2
theirs = [E1, E2, *(a for slot in gru_slots for a in to_torch(*start_arrays[slot])), V.T, d]
for p, value in zip(P, theirs): p.data = torch.tensor(value)
for step in range(100):
    out = top(dec(write(torch.tensor(seq_out[:, :-1])), enc(read(torch.tensor(seq_in)))[1])[0])
    loss = torch.nn.functional.cross_entropy(out.flatten(0, 1), torch.tensor(seq_out[:, 1:]).flatten())
    grads = torch.autograd.grad(loss, P); path_torch.append(loss.item())
    if step == 0: g = [a.numpy() for a in grads]; first_torch = out.detach(), [*g[:2], *from_torch_gru(*g[2:6]), *from_torch_gru(*g[6:10]), g[10].T, g[11]]
    for p, m, a in zip(P, mask, grads): p.data -= RATE * m * a

# %% tags=["fw-tensorflow"]
pair = [keras.layers.GRU(U6, return_sequences=True, return_state=True, dtype="float64") for _ in "ed"]
for layer, slot in zip(pair, gru_slots):
    W, U, b, b_hn = start_arrays[slot]
    layer.build((None, None, 4)); layer.set_weights([rzn_to_zrn(W), rzn_to_zrn(U), two_biases(b, b_hn)])
bias_mask = np.stack([np.ones(3 * U6), n_block])
tables = [tf.Variable(a) for a in (start_arrays[0], start_arrays[1], start_arrays[10], start_arrays[11])]
step = compiled_descent(*tables[:2], *pair, *tables[2:], [1.0, 1.0, *[1.0, 1.0, bias_mask] * 2, 1.0, 1.0])
runs = [step() for _ in range(100)]; path_tf = [float(loss) for _, loss, _ in runs]
g = [a.numpy() for a in runs[0][2]]
both = [a for k in (2, 5) for a in (*map(rzn_to_zrn, (g[k], g[k + 1], g[k + 2][0])), g[k + 2][1, 2 * U6 :])]
first_tf = runs[0][0], [g[0], g[1], *both, g[8], g[9]]

# %% tags=["settles-SYS-49"]
parity("language-encoder-decoder", outputs={"numpy": first_numpy[0], "torch": first_torch[0], "tensorflow": first_tf[0]},
       gradients={name: dict(zip(names, grads)) for name, grads in (("numpy", first_numpy[1]), ("torch", first_torch[1]), ("tensorflow", first_tf[1]))},
       path={"numpy": path_numpy, "torch": path_torch, "tensorflow": path_tf})

# %% [markdown]
# ## Summary
#
# - A language model gives probabilities to next symbols; perplexity is the exponential of its mean surprise, on held-out text, *per* some symbol. No model beats the entropy rate of the source.
# - Baselines first: a smoothed 5-gram is hard to beat with seconds of training.
# - Temperature trades safety against variety; the most probable text is short, or goes in circles.
# - An encoder-decoder squeezes the source into one summary. Exact match falls with the length: the bottleneck.
# - Teacher forcing and free running agree up to the first mistake, and on which strings are entirely right; after a mistake they part.
# - Beam search finds what is more probable, not what is better; normalise by length. BLEU counts shared n-grams, not meaning.
#
# ## Exercises
#
# ### Exercise 1 · A perplexity on paper
#
# A model gave the four characters of a text the probabilities ½, ¼, ⅛ and ⅛. What is its perplexity?

# %%
answer = None
exercise("language-perplexity", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# In bits the surprises are 1, 2, 3 and 3, their mean is $2.25$, and $2^{2.25} = 4.76$.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("language-perplexity", 2 ** np.mean([1, 2, 3, 3]))

# %% [markdown]
# ### Exercise 2 · A pair never seen
#
# In `abracadabra` no *e* follows an *a*. Let the alphabet have 26 letters. What is $p(e\mid a)$ by the smoothing of Witten and Bell, with contexts of one letter?

# %%
answer = None
exercise("language-smoothing", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Without context: 11 letters, 5 different ones, none of them *e*: $p(e) = (0 + 5\cdot\tfrac1{26})/(11+5) = 0.01202$. After *a*: 4 followers, 3 different ones: $p(e\mid a) = (0 + 3\,p(e))/(4+3) = 0.00515$.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("language-smoothing", ngram_probability(ngram_counts("abracadabra", 2), "a", "e", 26))

# %% [markdown]
# ### Exercise 3 · Temperature, without the scores
#
# An interface gives you probabilities `p` (V,), some of them 0, and not the scores. Write `reheated(p, temperature)`: the distribution that the same scores give at that temperature.

# %%
def reheated(p, temperature):
    ...

exercise("language-temperature", reheated)

# %% [markdown]
# <details><summary>Solution</summary>
#
# $p_i\propto e^{z_i}$, so $e^{z_i/\tau}\propto p_i^{1/\tau}$: raise to a power and normalise. Dividing by the largest first keeps the powers from vanishing together.
#
# </details>

# %% tags=["hide-cell", "solution"]
def reheated_solution(p, temperature):
    powers = (p / p.max()) ** (1 / temperature)
    return powers / powers.sum()

exercise("language-temperature", reheated_solution)

# %% [markdown]
# ### Exercise 4 · When the longer one wins
#
# A beam ends with two hypotheses: three symbols with $\ln p = -4$, and six with $\ln p = -5$. From which $\alpha$ on does $\ln p/\text{length}^\alpha$ prefer the longer one?

# %%
answer = None
exercise("language-alpha", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Equal where $4/3^\alpha = 5/6^\alpha$, so $2^\alpha = 5/4$ and $\alpha = \log_2 1.25 = 0.322$.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("language-alpha", math.log2(5 / 4))

# %% [markdown]
# ### Exercise 5 · Several references
#
# A good translation is not the only one, so BLEU allows several references: an n-gram counts up to the *largest* number of times that it occurs in any one of them. Write `clipped_hits(candidate, references, n)` for lists of words: return how many n-grams of the candidate are matched.

# %%
def clipped_hits(candidate, references, n):
    ...

exercise("language-references", clipped_hits)

# %% tags=["hide-cell", "solution"]
def clipped_hits_solution(candidate, references, n):
    most = collections.Counter()
    for reference in references:
        most |= ngrams_of(reference, n)                  # | takes the larger count
    return (ngrams_of(candidate, n) & most).total()

exercise("language-references", clipped_hits_solution)

# %% [markdown]
# ### Exercise 6 · Two proofs
#
# (a) A source has the conditional probabilities $p(x\mid c)$. Show that no model $q$ has an expected loss below the entropy rate, and that only $q = p$ reaches it in every context that occurs. (b) Show that the greedy output is entirely right exactly when, under teacher forcing, the most likely symbol is right at every step.
#
# <details><summary>Solution</summary>
#
# (a) In a context $c$ the difference is $-\sum_x p\ln q + \sum_x p\ln p = -\sum_x p\ln\frac qp \ge -\sum_x p\,\bigl(\frac qp-1\bigr) = -\sum_{x:\,p>0} q + 1 \ge 0$, as $\ln u\le u-1$ with equality at $u=1$ only. Average over the contexts.
#
# (b) Induction over the steps. Both modes begin with START and the same summary. If the first $t$ greedy symbols are right, the free-running decoder has read what the teacher-forced one has, has the same state and scores, and chooses the same symbol at step $t+1$, right or not. So the first mistake stands at the same step in both, or in neither.
#
# </details>

# %% [markdown]
# ## Sources
#
# [Shannon, 1948](../../book/bibliography.md#shannon1948mathematical), entropy, and English drawn from n-grams ·
# [Witten and Bell, 1991](../../book/bibliography.md#witten1991zero), what to do about the unseen ·
# [Cho et al., 2014](../../book/bibliography.md#cho2014learning), the encoder-decoder and the GRU ·
# [Sutskever, Vinyals and Le, 2014](../../book/bibliography.md#sutskever2014sequence), translation by two LSTMs ·
# [Williams and Zipser, 1989](../../book/bibliography.md#williams1989learning), teacher forcing ·
# [Ranzato et al., 2016](../../book/bibliography.md#ranzato2016sequence), exposure bias ·
# [Wu et al., 2016](../../book/bibliography.md#wu2016google), beam search with a length penalty ·
# [Holtzman et al., 2020](../../book/bibliography.md#holtzman2020curious), likely text that nobody would write ·
# [Papineni et al., 2002](../../book/bibliography.md#papineni2002bleu), BLEU, and [Post, 2018](../../book/bibliography.md#post2018call), how to report it ·
# [Vinyals et al., 2015](../../book/bibliography.md#vinyals2015show), captions. *Persuasion* by Jane Austen (1818) is in the public domain.
