# %% [markdown]
# # A small GPT
#
# **After this section** you can build a tokeniser by hand and invert it, compare models that read different tokens, assemble and train a decoder-only Transformer on a novel, judge it against tables of counts, write with it without being fooled by what it writes,
# keep keys and values instead of computing them again, and show how two layers find a pattern that one layer cannot.
# *Reading: 35 minutes. Running: about 45 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import collections
import heapq
import math
import re
import time

import matplotlib.pyplot as plt
import numpy as np

from chainrule import data, explore, models, nn, no_grad, optim, plotting
from chainrule import text as text_tools
from chainrule.explore.small_transformer_network import attention_of, network
from chainrule.nn import functional as F
from chainrule.proof import claim, exercise, parity

# %% [markdown]
# ## The question
#
# [Language and sequence to sequence](../05_rnn/05_language.ipynb) made [language models](../../book/glossary.md#language-model): $p(x_1,\dots,x_T) = \prod_t p(x_t\mid x_{<t})$, judged by nats or bits a character and by [perplexity](../../book/glossary.md#perplexity). A [GRU](../05_rnn/03_lstm_and_gru.ipynb) carried the past along in one state. The [block](04_the_block.ipynb) with a
# [causal mask](../../book/glossary.md#causal-mask) can do the same job without a state: every step looks back for itself, and all $T$ predictions of a text come out of one pass. Stack such blocks, put a table of embeddings below and scores for the next token above, and you have the model that is called **[GPT](../../book/glossary.md#gpt)**, after [Radford et al., 2018](../../book/bibliography.md#radford2018improving).
#
# | symbol | shape | meaning |
# |---|---|---|
# | tokens $x$ | (B, T) | integers from 0 to $V-1$ |
# | embeddings $E$ | (V, D) | a row for each token |
# | hidden states $h$ | (B, T, D) | after each of the blocks |
# | logits $z$ | (B, T, V) | scores of the token that comes *next*, at every step |
#
# One pass over $T$ tokens is $T$ lessons, if the token after them is known, too. On paper: `abca` gives three, *a* → *b*, *ab* → *c*, *abc* → *a*, and the last state predicts what nobody has told us. So the targets are the inputs, moved by one.
#
# What are the tokens? That comes first.
#
# ## Tokens: from characters to byte pairs
#
# Characters make long sequences, and the cost of attention grows with the [square of the length](07_cost.ipynb). Words make short ones, but no list holds all words. **[Byte-pair encoding](../../book/glossary.md#byte-pair-encoding)** lies between. It began as a way to compress files ([Gage, 1994](../../book/bibliography.md#gage1994new)) and came to language with [Sennrich, Haddow and Birch, 2016](../../book/bibliography.md#sennrich2016neural):
#
# 1. Cut the text into words, each with the space before it, and each word into its bytes. These 256 are the first **[tokens](../../book/glossary.md#token)**.
# 2. Count the neighbours within words. Make a new token of the most frequent pair.
# 3. Again, until there are as many tokens as wanted.
#
# Ten words: `low low low lower lower newest newest newest newest widest`. Which pair is the first to be merged? *lo* and *ow* occur five times each, *es* and *st* five times. **Take a pencil**; the answer is none of these.

# %%
def learn_merges(words, n_merges):
    """Return the pairs merged, and the words after all merges, as lists of tokens; token 256 + i is the i-th pair."""
    words, merges = [[*word.encode()] for word in words], []
    for new in range(256, 256 + n_merges):
        counts = collections.Counter(pair for word in words for pair in zip(word, word[1:]))
        best = min(counts, key=lambda pair: (-counts[pair], pair))       # of equal ones the lower
        merges.append(best)
        for word in words:
            i = 0
            while i < len(word) - 1:
                if (word[i], word[i + 1]) == best: word[i : i + 2] = [new]
                i += 1
    return merges, words

ten_words = "low low low lower lower newest newest newest newest widest"
merges, pieces = learn_merges(re.findall(" ?[a-z]+", ten_words), 6)
library = text_tools.BytePairEncoding.train(ten_words, 6)
print("tokens made:", *(token.decode() for token in library.tokens[256:]), sep="  ")
print(" newest =", *(library.tokens[i] for i in pieces[5]), "    widest =", *(library.tokens[i] for i in pieces[9]))
claim("gpt-merge-first", "The first merge is w and e: twice in lower, four times in newest.", library.tokens[256].decode(), expected="we")
claim("gpt-merge-library", "Our 13 lines and the library learn the same merges.", np.array(merges), expected=np.array(library.merges))

# %% [markdown]
# The counts have no idea of grammar. They made `ewe` out of *newest*, and left the ending *est*, which a linguist would have taken first, in pieces. Still it works, as frequent words become single tokens.
#
# To *encode* a new text, apply the merges in the order in which they were learnt; to *decode*, put the bytes side by side. As the bytes are tokens themselves, nothing is unknown: not an emoji, not Chinese, not a typing error. Now 800 merges on chapters 1 to 20 of *Persuasion*, the text and the split of [5.5](../05_rnn/05_language.ipynb).

# %%
train_text = data.load_persuasion(range(1, 21), unwrap=True)
test_text = data.load_persuasion(range(21, 25), unwrap=True)[:20_000]
pairs = text_tools.BytePairEncoding.train(train_text, 800)
print(*(pairs.tokens[i].decode("ascii", "backslashreplace") for i in pairs.encode("She had recollected the charming prospect 🙂")), sep=" | ")

rng = np.random.default_rng(0)
alphabet = [chr(k) for k in range(1, 0x30000) if not 0xD800 <= k < 0xE000]               # every character but half ones
strange = ["".join(alphabet[k] for k in rng.integers(0, len(alphabet), 30)) for _ in range(200)]
inverse = [pairs.decode(pairs.encode(s)) == s for s in (test_text, "🙂 深度学习\t\n  naïve", "", *strange)]
claim("gpt-inverse", "Decoding inverts encoding, for the held-out chapters, an emoji, Chinese, nothing, and 200 random strings.", all(inverse), expected=True)
claim("gpt-not-onto", "The other way round it does not: a space, l, o and w are four tokens, and what they decode to is two.",
      [len(library.encode(library.decode([*b" low"]))), len(b" low")], expected=[2, 4])

# %% [markdown]
# How much shorter do texts become? **Predict:** which merges save more, the first ten or the last five hundred?

# %% mystnb={"image": {"alt": "Bytes per token on held-out text against the number of merges, 1 to 800 on a logarithmic axis. From 1.0 the curve bends upwards and reaches 3.0 at 800 merges."}}
n_merges = np.array([1, 3, 10, 30, 100, 300, 800])
compression = np.array([len(test_text) / len(text_tools.BytePairEncoding(pairs.merges[:n]).encode(test_text)) for n in n_merges])
_ = plotting.curves({"held-out chapters": (n_merges, compression)}, title="800 merges make the text a third as long", xlabel="merges", ylabel="bytes a token", logx=True, markers=True)
claim("gpt-compression", "With 800 merges a token stands for three bytes of a text that the merges were not counted on.", compression[-1], expected=3.0, tolerance=0.1)
claim("gpt-compression-slow", "The first ten merges save one token in eight; the last five hundred, fifty times as many, save one in five.", [1 - 1 / compression[2], 1 - compression[-2] / compression[-1]], expected=[1 / 8, 1 / 5], tolerance=0.02)

# %% [markdown]
# Shorter sequences are not for free: the table of embeddings grows, and rare tokens are seen too seldom to be learnt. And one number is lost on the way.
#
# > **Misconception.** The model with the lower loss per token is the better one.
#
# Only if the tokens are the same. Two models that know nothing but frequencies, counted on the same chapters, one with characters and one with byte pairs:

# %%
def frequency_loss(tokenizer):
    """Return nats a token, and bits a byte, of relative frequencies (with one added to each count) on held-out text."""
    counts = np.bincount(tokenizer.encode(train_text), minlength=tokenizer.vocab_size) + 1.0
    found = tokenizer.encode(test_text)
    nats = -np.log(counts[found] / counts.sum())
    return nats.mean(), nats.sum() / math.log(2) / len(test_text.encode())

characters = text_tools.CharacterTokenizer(data.load_persuasion())
(by_character, bits_character), (by_pair, bits_pair) = frequency_loss(characters), frequency_loss(pairs)
print(f"characters: {by_character:.2f} nats a token, {bits_character:.2f} bits a byte\nbyte pairs: {by_pair:.2f} nats a token, {bits_pair:.2f} bits a byte")
claim("gpt-per-token", "Per token the byte pairs lose twice as much; per byte of text, only two thirds as much.", [by_pair / by_character, bits_pair / bits_character], expected=[1.94, 0.65], tolerance=0.02)

# %% [markdown]
# The loss per token of the better model is the *higher* one, for a token of three bytes says more. The total, $-\ln p(\text{text})$, does not depend on how a text is cut; divided by its bytes, in bits, it is called **[bits per byte](../../book/glossary.md#bits-per-byte)**, and can be compared. (Strictly it is an upper bound: the same text could also be written with other tokens, as `low` above, and the model gives some probability to these.)
#
# From here on we stay with characters: 75 of them, each one byte, and bits per byte are bits per character.
#
# ## The model
#
# Two blocks of 48 numbers a step with four heads each, and [rotary positions](03_heads_and_positions.ipynb). It has one trick that is new: **[tied weights](../../book/glossary.md#tied-weights)**. The scores of the next token are dot products with the table $E$ that the tokens are read with ([Press and Wolf, 2017](../../book/bibliography.md#press2017using)), which saves a $V\times D$ matrix:
#
# $$h^{(0)} = E_x, \qquad h^{(l)} = \mathrm{block}_l\bigl(h^{(l-1)}\bigr), \qquad z = \mathrm{LayerNorm}\bigl(h^{(L)}\bigr)\,E^\top .$$
#
# Read aloud: *look up the rows, send them through the blocks, and compare the result with all rows.*

# %%
def new_gpt(seed, init_std=0.1):
    return models.GPT(characters.vocab_size, context=64, n_layer=2, n_head=4, d_model=48, positions="rotary", rng=np.random.default_rng(seed), init_std=init_std)

def logits_by_hand(model, tokens):
    h = model.token_embedding(tokens)                            # (B, T, D)
    for block in model.blocks:
        h = block(h, is_causal=True)                             # (B, T, D)
    return model.norm(h) @ model.token_embedding.weight.T        # (B, T, V)

gpt = new_gpt(0)
lines = characters.encode(test_text[:256]).reshape(4, 64)
with no_grad():
    z, by_hand = gpt(lines).data, logits_by_hand(gpt, lines).data
claim("gpt-by-hand", "The library's model is these three lines.", [*z.shape, np.abs(z - by_hand).max() < 1e-5], expected=[4, 64, 75, True])
n_weights = sum(p.data.size for p in gpt.parameters())
claim("gpt-count", "It has V D + L (12 D² + 13 D) + 2 D weights.", n_weights, expected=75 * 48 + 2 * (12 * 48**2 + 13 * 48) + 2 * 48)

# %% [markdown]
# Two things can be checked before any training. The first: nothing flows back from the future.

# %% tags=["settles-S0-Q18", "settles-SYS-08"]
changed = lines.copy()
changed[:, 40:] = rng.integers(0, characters.vocab_size, (4, 24))        # another future
with no_grad():
    difference = np.abs(gpt(changed).data - z).max(axis=(0, 2))          # (T,)
claim("gpt-causal", "The logits of the first 40 steps do not change at all, in no digit.", difference[:40].max(), expected=0.0)
claim("gpt-causal-later", "Those of every later step do.", difference[40:].min(), at_least=0.01)

# %% [markdown]
# The second: an untrained model should know nothing. Then it gives each of the $V$ characters the same probability, and its loss is $\ln V = 4.32$. A larger loss means that it believes something wrong already. **Predict:** what could a model with random weights believe?

# %%
def surprises(model, ids, stride=32):
    """Return -ln p (N, 2 stride) of characters of which the model sees 1, 2, ... 2 stride before it, in overlapping windows."""
    windows = ids[np.arange(0, len(ids) - 2 * stride, stride)[:, None] + np.arange(2 * stride + 1)]
    with no_grad():
        p = text_tools.probabilities(model(windows[:, :-1]).data)
    return -np.log(np.take_along_axis(p, windows[:, 1:, None], -1)[..., 0])

test_ids = characters.encode(test_text)
start_loss = [surprises(new_gpt(0, std), test_ids[:5000]).mean() for std in (0.02, 0.1)]
with no_grad():
    p_start = text_tools.probabilities(gpt(lines).data)
own = np.take_along_axis(p_start, lines[..., None], -1).mean()
print(f"ln V {math.log(75):.3f}; deviation 0.02: {start_loss[0]:.3f}, 0.1: {start_loss[1]:.3f}; a character twice: {own * 75:.1f} / V")
claim("gpt-start", "Drawn with deviation 0.02, the model starts with a loss of ln V.", start_loss[0], expected=math.log(75), tolerance=0.03)
claim("gpt-start-tied", "With 0.1 it starts above, by 0.05 and more: it expects every character to come twice, with more than twice the probability 1/V.", [start_loss[1] > math.log(75) + 0.05, own * 75 > 2], expected=[True, True])

# %% [markdown]
# That is the price of the tied weights: a step's state begins as the row of its own token, and the row is most similar to itself. With small weights it does not show. Ours are larger all the same, because a narrow model learns faster so, and unlearns the stammering in a few steps.
#
# ## Training, and a source that we know
#
# AdamW, a [warm-up](../../book/glossary.md#warm-up) over a tenth of the steps, then straight down to zero; gradients [clipped](../../book/glossary.md#gradient-clipping). The same loop will train everything in this section.

# %%
def train_next_token(model, draw, n_steps, lr, weight_decay=0.1):
    """Train a model on draws of tokens (B, T + 1) and bools (B, T), which of the targets count; return the losses."""
    optimizer = optim.AdamW(model.parameters(), lr=lr, betas=(0.9, 0.99), weight_decay=weight_decay)
    schedule = optim.OneCycleLR(optimizer, max_lr=lr, total_steps=n_steps, pct_start=0.1, anneal_strategy="linear", cycle_momentum=False)
    losses = []
    for _ in range(n_steps):
        tokens, counted = draw()
        optimizer.zero_grad()
        loss = F.cross_entropy(model(tokens[:, :-1])[counted], tokens[:, 1:][counted])
        loss.backward()
        optim.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    return np.array(losses)

# %% [markdown]
# First a test with a known answer, as in 5.5: a source of twelve symbols that draws the next one from a row of a table, by the last one. Its [entropy rate](../../book/glossary.md#entropy-rate) is the least expected loss there is. A model that comes out far above has a bug, or too little time. The expectation is taken over the whole row of the table, not over the symbol drawn: no model can then come out below, and one that peeps at the symbol drawn comes out far above, as it bets all on that.

# %%
draw_table = np.random.default_rng(4)
chain = draw_table.dirichlet(np.full(12, 0.4), 12)                       # (12, 12): p(next | last)
in_the_long_run = np.linalg.matrix_power(chain, 200)[0]
surprise_of = -(chain * np.log(np.maximum(chain, 1e-300))).sum(1)
chain_rate = in_the_long_run @ surprise_of

def draw_chain(n_rows, n_steps, rng):
    rows = [rng.choice(12, n_rows, p=in_the_long_run)]
    for _ in range(n_steps):
        rows.append((chain[rows[-1]].cumsum(1)[:, :-1] < rng.random((n_rows, 1))).sum(1))
    return np.stack(rows, axis=1)

chain_rng = np.random.default_rng(5)
chain_gpt = models.GPT(12, 24, 1, 2, 32, rng=chain_rng, init_std=0.1)
train_next_token(chain_gpt, lambda: (draw_chain(24, 24, chain_rng), np.full((24, 24), True)), 100, 1e-2)
fresh = draw_chain(200, 24, chain_rng)
with no_grad():
    log_q = np.log(text_tools.probabilities(chain_gpt(fresh[:, :-1]).data))
excess = (chain[fresh[:, :-1]] * (np.log(np.maximum(chain[fresh[:, :-1]], 1e-300)) - log_q)).sum(-1).mean()
print(f"frequencies alone {-(in_the_long_run * np.log(in_the_long_run)).sum():.3f}, entropy rate {chain_rate:.3f}, model {chain_rate + excess:.3f} nats")
claim("gpt-chain", "The model's expected loss is at most 5 % above the entropy rate.", 1 + excess / chain_rate, at_most=1.05)

# %% [markdown]
# ## A novel, against tables of counts
#
# The baselines are the smoothed [n-grams](../../book/glossary.md#n-gram) of 5.5, by the same rule (Witten and Bell), on the same held-out 20 000 characters. **Predict** before you run the next but one: after 20 CPU-seconds, between which two of them does the Transformer stand?

# %%
def surprises_by_order(longest):
    """Return -ln p (N, longest) of the held-out characters under smoothed n-grams of order 1 to longest."""
    grams = [collections.Counter(train_text[i : i + n] for i in range(len(train_text) - n + 1)) for n in range(1, longest + 1)]
    after = [collections.defaultdict(lambda: [0, 0]) for _ in grams]     # context -> count, different followers
    for of, counts in zip(after, grams):
        for gram, count in counts.items():
            of[gram[:-1]][0] += count
            of[gram[:-1]][1] += 1
    p, table = np.full(len(test_text), 1 / characters.vocab_size), []
    for n, (of, counts) in enumerate(zip(after, grams), 1):
        for i in range(n - 1, len(test_text)):
            gram = test_text[i - n + 1 : i + 1]
            total, kinds = of.get(gram[:-1], (0, 0))
            if total: p[i] = (counts[gram] + kinds * p[i]) / (total + kinds)
        table.append(-np.log(p))
    return np.stack(table, axis=1)

ngram_bits = surprises_by_order(6)[64:].mean(0) / math.log(2)
print(*(f"{n}-gram {bits:.2f}" for n, bits in enumerate(ngram_bits, 1)), sep="   ")
claim("gpt-ngram-ends", "From order 5 to 6 nothing is gained: 347 000 characters are too few for longer tables.", ngram_bits[4] - ngram_bits[5], at_most=0.02)

# %%
train_ids = characters.encode(train_text)
windows = np.lib.stride_tricks.sliding_window_view(train_ids, 65)
batch_rng, all_count = np.random.default_rng(0), np.full((8, 64), True)
losses = train_next_token(gpt, lambda: (windows[batch_rng.integers(0, len(windows), 8)], all_count), 640, 1e-2)
gpt_surprises = surprises(gpt, test_ids)
gpt_bits = gpt_surprises[:, 32:].mean() / math.log(2)             # every character once, after 32 others at least
print(f"GPT {gpt_bits:.2f} bits a character, perplexity {2**gpt_bits:.1f}; it has read {640 * 8 * 64 / len(train_ids):.2f} times the length of the training text")
claim("gpt-beats-trigram", "The Transformer predicts held-out chapters better than the 3-gram, by more than 0.05 bits.", ngram_bits[2] - gpt_bits, at_least=0.05)
claim("gpt-loses-4gram", "It loses to the 4-gram, by more than 0.05 bits.", gpt_bits - ngram_bits[3], at_least=0.05)

# %% [markdown]
# Counting for one second beats differentiating for twenty: a table with 4-grams knows the short words by heart. The Transformer has to find out by gradients even that *q* wants *u*. But the tables have come to their end at order 5, and it has not: it has read less than the book once. How much of its context does it use? The same windows, by the number of characters seen:

# %% mystnb={"image": {"alt": "Bits a character against the number of characters seen, 1 to 48 on a logarithmic axis. The n-grams fall from 3.4 with one character to 1.9 with four. The Transformer falls from 3.8 with one to 2.3 with about seven, and is flat from there."}}
edges = [0, 1, 2, 4, 8, 16, 32, 64]
by_seen = np.array([gpt_surprises[:, a:b].mean() for a, b in zip(edges, edges[1:])]) / math.log(2)
middle = [(a + 1 + b) / 2 for a, b in zip(edges, edges[1:])]
_ = plotting.curves({"n-gram": (range(1, 6), ngram_bits[1:]), "Transformer": (middle, by_seen)}, title="It uses a word or two of its 64 characters", xlabel="characters seen", ylabel="bits a character", logx=True, markers=True)
claim("gpt-context-used", "Five to eight characters seen in place of one save more than 0.8 bits.", by_seen[0] - by_seen[3], at_least=0.8)
claim("gpt-context-unused", "Thirty-three to sixty-four in place of nine to sixteen save less than 0.1.", by_seen[4] - by_seen[6], at_most=0.1)

# %% [markdown]
# ## Writing
#
# A model gives probabilities; to write, somebody has to choose. *Greedy* takes the largest. [Temperature](../../book/glossary.md#sampling-temperature) divides the logits before a draw. **[Top-k](../../book/glossary.md#top-k-sampling)** draws among the $k$ most probable ([Fan, Lewis and Dauphin, 2018](../../book/bibliography.md#fan2018hierarchical)); **[top-p](../../book/glossary.md#top-p-sampling)**, or nucleus sampling, among the fewest that have the probability $p$ together ([Holtzman et al., 2020](../../book/bibliography.md#holtzman2020curious)), so that many are allowed where the model is unsure and few where it is not.
#
# On paper: probabilities ½, ¼, ⅛, ⅛. Top-2 leaves ⅔ and ⅓. Top-p with $p = 0.8$ needs three, and leaves $\frac47, \frac27, \frac17$. At temperature ½ the probabilities are squared: $\frac{16}{22}, \frac4{22}, \frac1{22}, \frac1{22}$.

# %%
paper = np.log([1 / 2, 1 / 4, 1 / 8, 1 / 8])
probabilities = text_tools.probabilities
claim("gpt-paper-choice", "Top-2, top-p and temperature ½ on paper.", np.array([probabilities(paper, top_k=2), probabilities(paper, top_p=0.8), probabilities(paper, 0.5)]),
      expected=np.array([[2 / 3, 1 / 3, 0, 0], [4 / 7, 2 / 7, 1 / 7, 0], [16 / 22, 4 / 22, 1 / 22, 1 / 22]]), tolerance=1e-12)

with no_grad():
    scores = gpt(characters.encode("She had been s")[None]).data[0, -1].astype(float)        # (V,)
plain, greedy = probabilities(scores), probabilities(scores, 0.0)
distance = lambda a, b: np.abs(a - b).max()
claim("gpt-limit-greedy", "k = 1, a tiny p and a tiny temperature are the greedy choice.", max(distance(greedy, q) for q in (probabilities(scores, top_k=1), probabilities(scores, top_p=1e-9), probabilities(scores, 1e-4))), at_most=1e-12)
claim("gpt-limit-all", "k = V, p = 1 and temperature 1 change nothing, but for rounding.", max(distance(plain, q) for q in (probabilities(scores, top_k=75), probabilities(scores, top_p=1.0), probabilities(scores, 1.0))), at_most=1e-14)
claim("gpt-limit-even", "A huge temperature makes all characters equal.", distance(probabilities(scores, 1e7), 1 / 75), at_most=1e-6)
draws = text_tools.sample(np.tile(scores, (20_000, 1)), np.random.default_rng(1), top_p=0.9)
claim("gpt-drawn", "The frequencies of 20 000 draws are the probabilities that top-p = 0.9 promises, up to chance.", distance(np.bincount(draws, minlength=75) / 20_000, probabilities(scores, top_p=0.9)), at_most=0.018)

# %% [markdown]
# Now twenty continuations of 48 characters, after sixteen of the held-out text, by each rule. How many of the written words occur in the book, and how often is the text a repetition of itself? **Predict** the winner of each column.

# %%
known_words = set(re.findall("[a-z]+", train_text.lower()))
rules = {"greedy": dict(temperature=0.0), "temperature 0.5": dict(temperature=0.5), "top-k 5": dict(top_k=5), "top-p 0.8": dict(top_p=0.8), "everything": {}}
prompts = test_ids[np.arange(0, 19_200, 960)[:, None] + np.arange(16)]                       # (20, 16)
real, varied = {}, {}
for name, rule in rules.items():
    written = gpt.generate(prompts, 48, np.random.default_rng(2), **rule)[:, 16:]
    texts = [characters.decode(row) for row in written]
    words = [w for t in texts for w in re.findall("[a-z]+", t.lower().partition(" ")[2].rpartition(" ")[0])]
    real[name], varied[name] = np.mean([w in known_words for w in words]), len(set(words)) / len(words)
    print(f"{name:15s} {real[name]:.0%} words of the book, {varied[name]:.0%} different: {texts[3]!r}")
claim("gpt-cutting", "Cutting off the unlikely, by k or p, makes more of the words real than drawing from everything.", min(real["top-k 5"], real["top-p 0.8"]) - real["everything"], at_least=0.03)
claim("gpt-greedy-words", "Greedy has the fewest different words.", min(varied, key=varied.get), expected="greedy")

# %%
chain_of = characters.decode(gpt.generate(characters.encode("She had "), 200, np.random.default_rng(3), temperature=0.0))
print(chain_of)
period = next((n for n in range(1, 101) if chain_of[-100:] == chain_of[-100 - n : -n]), math.inf)
claim("gpt-greedy-loop", "Greedy writing ends in a circle: its last 100 characters are the 100 before, moved by at most 100.", period, at_most=100)

# %% [markdown]
# A greedy writer that sees 64 characters is a machine with finitely many states and no dice, so it must go round in circles in the end; that it takes so little time is the surprise.
#
# > **Misconception.** Greedy decoding gives the most likely text.
#
# It gives the most likely *next character*, again and again. In 5.5 small made-up sources showed the difference; here is our own model. The most likely continuation of five characters can be found without trying all $75^5$: always extend the most probable beginning so far. As probabilities only shrink, the first complete one to come up is the best there is.

# %%
def most_likely(model, prompt, n):
    """Return (-ln p, ids) of the most probable continuation of n tokens, by exhaustive best-first search."""
    heap = [(0.0, ())]
    while True:
        nats, found = heapq.heappop(heap)
        if len(found) == n:
            return nats, found
        with no_grad():
            more = -np.log(probabilities(model(np.array([[*prompt, *found]])).data[0, -1]))
        for k in range(characters.vocab_size):
            heapq.heappush(heap, (nats + more[k], (*found, k)))

found, greedily = [], []
for prompt in prompts[:12, :12]:
    best, _ = most_likely(gpt, prompt, 5)
    row = gpt.generate(prompt, 5, np.random.default_rng(0), temperature=0.0)
    with no_grad():
        p = probabilities(gpt(row[None, :-1]).data[0, -5:])
    greedily.append(-np.log(p[np.arange(5), row[-5:]]).sum())
    found.append(best)
better = np.exp(np.array(greedily) - found)
print(f"greedy misses the most likely five characters for {np.sum(better > 1.001)} of {len(better)} prompts;\nthe best are up to {better.max():.1f} times as probable")
claim("gpt-greedy-not-likely", "For at least three prompts in ten, and never the other way round.", [np.mean(better > 1.001) >= 0.3, better.min() > 0.999], expected=[True, True])

# %% [markdown]
# > **Misconception.** A higher temperature makes a model more creative.
#
# It makes it more random. What it thinks of the alternatives stays in the same order at every temperature; only the dice change:

# %%
ranking = lambda temperature: np.argsort(-probabilities(scores, temperature), kind="stable")
claim("gpt-temperature-order", "From 0.3 to 3 the ranking of the 75 characters is the same.", [distance(ranking(t), ranking(1.0)) for t in (0.3, 0.7, 1.5, 3.0)], expected=[0, 0, 0, 0])
with no_grad():
    held_out_scores = gpt(test_ids[:6400].reshape(100, 64)).data
right = test_ids[1:6401].reshape(100, 64, 1)
by_temperature = {t: -np.log(np.take_along_axis(probabilities(held_out_scores, t), right, -1)).mean() for t in (0.5, 0.7, 0.9, 1.0, 1.1, 1.3, 2.0)}
best_temperature = min(by_temperature, key=by_temperature.get)
print(f"nats a character: {', '.join(f'{loss:.2f} at {t}' for t, loss in by_temperature.items())}")
claim("gpt-temperature-held-out", "Cold knows no more: held-out text is most probable at a temperature between 0.9 and 1.1.", best_temperature, at_least=0.9, at_most=1.1)

# %% [markdown]
# The last line says that the model is, on the whole, neither too sure nor too unsure, as cross-entropy asks ([calibration](../../book/glossary.md#calibration)): temperature 1 is what it means. Cold text reads better since mistakes are rarer, not since the model knows more.
#
# ## At work
#
# The same network, trained by the same recipe, its weights rounded to 8 bits, runs on this page: type a beginning, watch what each of the eight heads looks at, turn heads off. **Before you touch it:** one head of the first layer mostly looks one character back. Which one, and is it the one that will be missed most?

# %%
explore.small_transformer()

# %%
shipped = network()
ours, rounded = (-np.log(np.take_along_axis(probabilities(logits), right, -1)).mean() for logits in (held_out_scores, shipped(test_ids[:6400].reshape(100, 64)).data))
claim("gpt-figure", "The figure's rounded weights and those that we have trained predict held-out text equally well, within 0.05 nats.", rounded - ours, expected=0.0, tolerance=0.05)
piece, right_piece = test_ids[:1280].reshape(20, 64), test_ids[1:1281].reshape(20, 64)
loss_with = lambda off: F.cross_entropy(network(off)(piece), right_piece).item()
cost = np.array([[loss_with([(layer, head)]) - loss_with([]) for head in (1, 2, 3, 4)] for layer in (1, 2)])       # (layers, heads)
looks_back = np.mean([attention_of(shipped, row)[:, :, range(1, 64), range(63)].mean(-1) for row in piece], axis=0)
print("weight on the character before", *looks_back.round(2), "\nnats lost without the head     ", *cost.round(2))
claim("gpt-head-back", "Head 3 of layer 1 gives more than half of its weight to the character before, and no other head does.", [looks_back[0, 2] > 0.5, np.delete(looks_back.ravel(), 2).max() < 0.5], expected=[True, True])
claim("gpt-head-missed", "It is also the head that is missed most: without it the loss rises by more than 0.3 nats, more than four times as much as without any head of layer 2.", [cost[0, 2] > 0.3, cost[0, 2] > 4 * cost[1].max()], expected=[True, True])

# %% [markdown]
# A network that has to spell looks at the last character first. That a head is missed says what *this* network does with it; it does not say that it could not have learnt to do without.
#
# ## Keys and values, kept
#
# For each new token the whole text so far goes through the model again. But what lies behind is done: by causality no key and no value of an earlier step can change. So keep them, in a **[key-value cache](../../book/glossary.md#key-value-cache)**, and send the new token alone through the blocks. With $n$ steps so far, in multiply-adds without the scores of the $V$ tokens:
#
# | | the new token | all steps anew |
# |---|---|---|
# | projections and feed-forward | $12\,L D^2$ | $12\,L D^2\,n$ |
# | attention | $2\,L D\,n$ | $2\,L D\,n^2$ |
# | kept in memory | $2\,L D\,n$ numbers | nothing |
#
# > **Misconception.** The cache is an approximation that trades quality for speed.
#
# Nothing is left out: the same sums of the same numbers. In float64, token by token against all at once; and in float32, whole texts:

# %%
precise = models.GPT(characters.vocab_size, 64, 2, 4, 48, positions="rotary", rng=np.random.default_rng(0), dtype=np.float64)
precise.load_state_dict({name: array.astype(float) for name, array in gpt.state_dict().items()})
sequence = test_ids[None, :64]
with no_grad():
    at_once, caches = precise(sequence).data, [nn.KVCache() for _ in precise.blocks]
    one_by_one = np.concatenate([precise(sequence[:, t : t + 1], caches=caches).data for t in range(64)], axis=1)
claim("gpt-cache-equal", "The logits of 64 steps are the same to rounding.", np.abs(one_by_one - at_once).max(), at_most=1e-11)
same_text = [gpt.generate(prompts[:8], 48, np.random.default_rng(4), temperature=0.0, use_cache=kept) for kept in (True, False)]
claim("gpt-cache-text", "And eight greedy texts agree in 99 % of their characters at least, in float32.", np.mean(same_text[0] == same_text[1]), at_least=0.99)

# %% tags=["nbval-ignore-output"]
def products_counted(n, L, D, kept):
    """Return those of the blocks for token n of a text, with or without a cache."""
    return 12 * L * D**2 + 2 * L * D * n if kept else n * (12 * L * D**2 + 2 * L * D * n)

def seconds_for(kept, n):
    begin = time.process_time()
    wide_model.generate(test_ids[:1], n, np.random.default_rng(5), use_cache=kept)
    return time.process_time() - begin

saved = [sum(products_counted(n, L, D, False) for n in range(1, N + 1)) / sum(products_counted(n, L, D, True) for n in range(1, N + 1)) for L, D, N in ((1, 128, 200), (12, 768, 1024))]
wide_model = models.GPT(characters.vocab_size, 256, 1, 4, 128, positions="none", rng=np.random.default_rng(6))
measured = seconds_for(False, 200) / min(seconds_for(True, 200) for _ in range(2))
print(f"200 tokens, one block of width 128: {saved[0]:.0f} times fewer multiply-adds, {measured:.1f} times faster\n1024 tokens of GPT-2 small: {saved[1]:.0f} times fewer")
claim("gpt-cache-formula", "By the formula the cache saves a factor of 104, and for 1024 tokens of GPT-2 small one of 530.", saved, expected=[104, 530], tolerance=1)
claim("gpt-cache-time", "On the clock the 200 tokens are at least half as fast again.", measured, at_least=1.5)

# %% [markdown]
# The clock sees less than the formula: one step of a small model is hardly more than a few calls of functions, once a token in either case, and a product with many rows uses the processor better. Beyond the model's context the cache is of no use here, as the window moves and with it every step's past. How its memory is kept small is a matter of [cost](07_cost.ipynb).

# %% [markdown]
# ## Two layers find what one cannot
#
# "Mr. Elliot had ... when Mr. E": whoever has read the name once can go on, though no table of counts knows the man. To continue a pattern that occurred *in the context*, look for an earlier place where the present token stood, and take what came after it there: `A B … A` → `B`. A head that does this is called an **[induction head](../../book/glossary.md#induction-head)** ([Olsson et al., 2022](../../book/bibliography.md#olsson2022context)).
#
# Can one layer of attention do it? Its score compares the query of step $t$, made of the token $x_t$ and the place $t$, with a key made of $x_j$ and $j$. The step that it should find is the one *after* the earlier $x_t$; but that step holds another token, and nothing in it says who stood before. With a second layer there is a way: layer 1 writes into each step who stood before it, and layer 2 looks for the step into which "before me: $x_t$" is written. **Predict:** will gradient descent find it?
#
# To make it a matter of attention alone: no feed-forward parts, one head, twelve tokens. Each sequence repeats a random piece, four to nine different tokens long, so that neither counts nor a fixed distance help. Only steps from the second round on are counted.

# %%
class AttentionOnly(nn.Module):
    def __init__(self, n_layers, rng):
        self.tokens, self.places = nn.Embedding(12, 32, rng=rng), nn.Embedding(20, 32, rng=rng)
        self.norms = [nn.LayerNorm(32) for _ in range(n_layers)]
        self.layers = [nn.MultiheadAttention(32, 1, rng=rng) for _ in range(n_layers)]
        self.head = nn.Linear(32, 12, rng=rng)

    def forward(self, x, off=(), maps=None):
        h = self.tokens(x) + self.places(np.arange(x.shape[1]))
        for l, (norm, layer) in enumerate(zip(self.norms, self.layers)):
            out, weights = layer(norm(h), is_causal=True, need_weights=maps is not None)
            if l not in off: h = h + out
            if maps is not None: maps.append(weights[:, 0])              # (B, T, T)
        return self.head(h)

def repeated_pieces(n, rng):
    """Return tokens (n, 21), which of the 20 targets repeat something, and the lengths of the pieces."""
    lengths = rng.integers(4, 10, n)
    tokens = np.stack([np.resize(rng.permutation(12)[:length], 21) for length in lengths])
    return tokens, np.arange(1, 21) >= lengths[:, None], lengths

# %%
def fit_repeats(n_layers, seed):
    rng = np.random.default_rng(seed)
    model = AttentionOnly(n_layers, rng)
    return model, train_next_token(model, lambda: repeated_pieces(16, rng)[:2], 200, 2e-2, weight_decay=0.0)

held_tokens, held_counted, held_lengths = repeated_pieces(300, np.random.default_rng(99))

def repeats_right(model, off=()):
    with no_grad():
        chosen = model(held_tokens[:, :-1], off=off).data.argmax(-1)
    return (chosen == held_tokens[:, 1:])[held_counted].mean()

one_layer, two_layers = ([fit_repeats(n, seed) for seed in range(3)] for n in (1, 2))
right_one, right_two, right_off = ([repeats_right(model, off) for model, _ in runs] for runs, off in ((one_layer, ()), (two_layers, ()), (two_layers, (0,))))
for name, right in (("one layer", right_one), ("two layers", right_two), ("two, the first off", right_off)):
    print(f"{name:18s} right: {'  '.join(f'{r:.2f}' for r in right)}")
claim("gpt-induction-two", "With two layers each of three runs gets more than 95 % right.", min(right_two), at_least=0.95)
claim("gpt-induction-one", "With one layer none gets half.", max(right_one), at_most=0.5)
claim("gpt-induction-off", "With its first layer turned off, none of the two-layer models gets half.", max(right_off), at_most=0.5)

# %% mystnb={"image": {"alt": "Loss against update for three runs with one layer and three with two. All fall slowly to about 1.9; then those with two layers drop to almost zero between updates 50 and 100, and those with one layer stay above 1.4."}}
smooth = lambda losses: np.convolve(losses, np.full(8, 1 / 8), "valid")[::4]          # every fourth point is enough for a picture
bands = {name: np.array([smooth(losses) for _, losses in runs]) for name, runs in (("one layer", one_layer), ("two layers", two_layers))}
_ = plotting.curves({name: (4 * np.arange(runs.shape[1]), runs.mean(0)) for name, runs in bands.items()}, band={name: (runs.min(0), runs.max(0)) for name, runs in bands.items()},
                    title="Two layers suddenly find it", xlabel="update", ylabel="loss (nats)", height=3.2)

# %% [markdown]
# Both learn first which tokens occur in the piece. Then two layers find the trick, within a few updates. Is it the trick that we thought of? The weights tell where the second layer looks, and turning the first off has told that it needs it. From step $t$ of the second round on, with a piece of length $n$, the step to look at is $t - n + 1$ (and $n$ earlier). The weight that falls there is called the *prefix-matching score*.

# %% mystnb={"image": {"alt": "Attention weights of the second layer as a square of twenty by twenty, for a piece of seven tokens repeated. From row seven on, each row has a dark cell at the step after the same token's earlier occurrence: a diagonal six steps below the main one."}}
def prefix_score(weights):
    """Return the mean weight (N, T, T) that falls on steps after earlier occurrences of the present token."""
    scores = []
    for w, n in zip(weights, held_lengths):
        scores += [w[t, t - n + 1 :: -n].sum() for t in range(n, 20)]
    return np.mean(scores)

def maps_of(model):
    maps = []
    with no_grad():
        model(held_tokens[:, :-1], maps=maps)
    return maps

score_one, score_two = ([prefix_score(maps_of(model)[-1]) for model, _ in runs] for runs in (one_layer, two_layers))
example = int(np.flatnonzero(held_lengths == 7)[0])
letters = ["ABCDEFGHIJKL"[k] for k in held_tokens[example, :20]]
_ = plotting.matrix(maps_of(two_layers[0][0])[1][example], row_labels=letters, column_labels=letters, title="The second layer looks one step after the same letter", xlabel="key", ylabel="query", values=False)
claim("gpt-prefix-two", "The second layer's prefix-matching score is above 0.7 in every run.", min(score_two), at_least=0.7)
claim("gpt-prefix-one", "The single layer's is below 0.4.", max(score_one), at_most=0.4)

# %% [markdown]
# So something like an algorithm, in two steps that pass a message, came out of a loss. In large models such heads appear at the same time as the ability to learn from examples in the prompt; that they are its cause is shown for small models, and argued for large ones (Olsson et al.).
#
# ## In the frameworks
#
# A smaller GPT, with learnt positions and one block, from the same weights in float64: logits, all gradients, 100 steps of gradient descent. In PyTorch the block is `nn.TransformerEncoderLayer` with `norm_first=True`: by its name an encoder's, a decoder's by its mask. In Keras it is put together from layers.

# %%
import keras
import tensorflow as tf
import torch

N_SYMBOLS, WIDTH, RATE = 7, 8, 0.5
exact_gelu = lambda u: u * (1 + tf.math.erf(u / math.sqrt(2))) / 2           # tf.nn.gelu takes √2 in single precision
tiny = models.GPT(N_SYMBOLS, 6, 1, 2, WIDTH, rng=np.random.default_rng(0), dtype=np.float64, init_std=0.3)
for p in tiny.parameters():
    if p.data.ndim == 1: p.data += np.random.default_rng(1).normal(0, 0.1, p.shape)          # no bias is zero, no scale one
x_tiny = np.random.default_rng(2).integers(0, N_SYMBOLS, (5, 7))
start = {name: array.copy() for name, array in tiny.state_dict().items()}

# %% tags=["fw-numpy"]
sgd, path_numpy = optim.SGD(tiny.parameters(), lr=RATE), []
for step in range(100):
    z = tiny(x_tiny[:, :-1])
    loss = F.cross_entropy(z, x_tiny[:, 1:])
    sgd.zero_grad(); loss.backward()
    if step == 0: first_numpy = z.data, {name: p.grad.copy() for name, p in tiny.named_parameters()}
    path_numpy.append(loss.item()); sgd.step()

# %% tags=["fw-torch"]
class TinyTorch(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.token_embedding, self.position_embedding = torch.nn.Embedding(N_SYMBOLS, WIDTH), torch.nn.Embedding(6, WIDTH)
        self.blocks = torch.nn.ModuleList([torch.nn.TransformerEncoderLayer(WIDTH, 2, 4 * WIDTH, 0.0, "gelu", batch_first=True, norm_first=True)])
        self.norm = torch.nn.LayerNorm(WIDTH)

    def forward(self, x):
        h = self.token_embedding(x) + self.position_embedding(torch.arange(x.shape[1]))
        forbidden = torch.triu(torch.ones(x.shape[1], x.shape[1], dtype=torch.bool), 1)      # True forbids
        return self.norm(self.blocks[0](h, src_mask=forbidden)) @ self.token_embedding.weight.T

flip = lambda name, a: a if "embedding" in name else a.T
twin, x_torch, path_torch = TinyTorch().double(), torch.tensor(x_tiny), []
twin.load_state_dict({name: torch.tensor(flip(name, a).copy()) for name, a in start.items()})
for step in range(100):
    z = twin(x_torch[:, :-1])
    loss = torch.nn.functional.cross_entropy(z.flatten(0, 1), x_torch[:, 1:].flatten())
    twin.zero_grad(); loss.backward(); path_torch.append(loss.item())
    if step == 0: first_torch = z.detach(), {name: flip(name, p.grad.numpy().copy()) for name, p in twin.named_parameters()}
    with torch.no_grad():
        for p in twin.parameters(): p -= RATE * p.grad

# %% tags=["fw-tensorflow"]
norms_k = [keras.layers.LayerNormalization(epsilon=1e-5, dtype="float64") for _ in range(3)]
mha_k = keras.layers.MultiHeadAttention(2, WIDTH // 2, dtype="float64")
wide_k, narrow_k = keras.layers.Dense(4 * WIDTH, exact_gelu, dtype="float64"), keras.layers.Dense(WIDTH, dtype="float64")
shape = (5, 6, WIDTH); mha_k.build(shape, shape); wide_k.build(shape); narrow_k.build((5, 6, 4 * WIDTH)); [norm.build(shape) for norm in norms_k]
table_k, places_k = tf.Variable(start["token_embedding.weight"]), tf.Variable(start["position_embedding.weight"])
b = "blocks.0."; thirds = [np.split(start[b + "self_attn.in_proj_" + part], 3, axis=-1) for part in ("weight", "bias")]
qkv = [a.reshape(w.shape) for a, w in zip([c for pair in zip(*thirds) for c in pair], mha_k.weights)]
mha_k.set_weights([*qkv, start[b + "self_attn.out_proj.weight"].reshape(2, WIDTH // 2, WIDTH), start[b + "self_attn.out_proj.bias"]])
for layer, name in zip((*norms_k, wide_k, narrow_k), (b + "norm1", b + "norm2", "norm", b + "linear1", b + "linear2")): layer.set_weights([start[name + ".weight"], start[name + ".bias"]])
variables = [table_k, places_k, *mha_k.weights, *(w for layer in (*norms_k, wide_k, narrow_k) for w in layer.weights)]
@tf.function
def keras_gpt_step():
    with tf.GradientTape() as tape:
        h = tf.one_hot(x_tiny[:, :-1], N_SYMBOLS, dtype="float64") @ table_k + places_k
        a = norms_k[0](h); h = h + mha_k(a, a, use_causal_mask=True)
        z = norms_k[2](h + narrow_k(wide_k(norms_k[1](h)))) @ tf.transpose(table_k)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(x_tiny[:, 1:], z))
    grads = tape.gradient(loss, [getattr(v, "value", v) if isinstance(v, keras.Variable) else v for v in variables])
    for v, g in zip(variables, grads): v.assign(v - RATE * g)
    return z, loss, grads
runs_k = [keras_gpt_step() for _ in range(100)]; path_tf, g = [float(run[1]) for run in runs_k], [np.asarray(a) for a in runs_k[0][2]]
names_k = [b + "norm1", b + "norm2", "norm", b + "linear1", b + "linear2"]
grads_tf = {"token_embedding.weight": g[0], "position_embedding.weight": g[1], b + "self_attn.in_proj_weight": np.concatenate([a.reshape(WIDTH, WIDTH) for a in g[2:8:2]], 1), b + "self_attn.in_proj_bias": np.concatenate([a.ravel() for a in g[3:8:2]]),
            b + "self_attn.out_proj.weight": g[8].reshape(WIDTH, WIDTH), b + "self_attn.out_proj.bias": g[9], **{name + part: a for (name, part), a in zip([(n, p) for n in names_k for p in (".weight", ".bias")], g[10:])}}
first_tf = runs_k[0][0], {name: grads_tf[name] for name in start}

# %%
parity("gpt-tiny", outputs={"numpy": first_numpy[0], "torch": first_torch[0], "tensorflow": first_tf[0]},
       gradients={"numpy": first_numpy[1], "torch": first_torch[1], "tensorflow": first_tf[1]},
       path={"numpy": path_numpy, "torch": path_torch, "tensorflow": path_tf})

# %% [markdown]
# ## Summary
#
# - GPT: embeddings, causal blocks, a norm, scores by the same embeddings. One pass of $T$ tokens is $T$ lessons; the targets are the inputs moved by one.
# - Byte pairs: any text becomes tokens and comes back unharmed. Losses per token of two tokenisers do not compare; bits per byte do.
# - Check before training: the loss is near $\ln V$, and a changed future changes no digit of the past.
# - After 20 CPU-seconds it beats a 3-gram and loses to a 4-gram, and uses a word or two of its context.
# - Greedy goes in circles and is not the most likely text. Temperature changes the dice, never the ranking; top-k and top-p cut off the tail.
# - A key-value cache is exact. It turns the cost of a token from that of the whole text into that of one step.
# - Two layers of attention find the earlier occurrence of a pattern, one layer cannot: a message has to be left for the second.
#
# ## Exercises
#
# ### Exercise 1 · Two merges by hand
#
# Learn two merges from `banana bandana` (two words, the second one with the space before it; of equally frequent pairs the one with the lower codes comes first; a new token has a higher code than any byte). How many tokens are left of the 14?

# %%
answer = None
exercise("gpt-merges", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# *an* occurs four times and comes first: `b an an a`, `␣ b an d an a`. Now *b + an* and *an + a* occur twice each, and *b* has the lower code: `ban an a`, `␣ ban d an a`: eight tokens.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("gpt-merges", sum(len(word) for word in learn_merges(["banana", " bandana"], 2)[1]))

# %% [markdown]
# ### Exercise 2 · Which is better?
#
# A text has 1000 bytes. Model A cuts it into 250 tokens and loses 4.0 nats a token; model B into 1000 and loses 1.2. Give the bits per byte of A and of B.

# %%
answer = None
exercise("gpt-bits", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# A: $4.0\cdot250/1000/\ln2 = 1.44$; B: $1.2/\ln 2 = 1.73$. A is better, with more than three times the loss per token.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("gpt-bits", np.array([4.0 * 250, 1.2 * 1000]) / 1000 / math.log(2))

# %% [markdown]
# ### Exercise 3 · The nucleus
#
# Write `nucleus(p, threshold)` for probabilities `p` (V,): keep the fewest most probable tokens that have at least `threshold` together, set the others to 0, and return the distribution.

# %%
def nucleus(p, threshold):
    ...

exercise("gpt-nucleus", nucleus)

# %% tags=["hide-cell", "solution"]
def nucleus_solution(p, threshold):
    order = np.argsort(-p)
    before = np.cumsum(p[order]) - p[order]              # what the more probable ones have together
    kept = np.zeros_like(p)
    kept[order[before < threshold]] = p[order[before < threshold]]
    return kept / kept.sum()

exercise("gpt-nucleus", nucleus_solution)

# %% [markdown]
# ### Exercise 4 · Off by one
#
# Write `next_token_loss(z, tokens)` for the logits `z` (T, V) of a model that has read `tokens` (T,): the mean of $-\ln p$ of the tokens that it had to predict, in nats. (To mix up which logits belong to which token is the commonest bug of language models; with the loss of predicting the *same* token it looks like a great success.)

# %%
def next_token_loss(z, tokens):
    ...

exercise("gpt-shift", next_token_loss)

# %% tags=["hide-cell", "solution"]
def next_token_loss_solution(z, tokens):
    z = z[:-1] - z[:-1].max(-1, keepdims=True)           # the last logits predict what is not there
    log_p = z - np.log(np.exp(z).sum(-1, keepdims=True))
    return -log_p[np.arange(len(tokens) - 1), tokens[1:]].mean()

exercise("gpt-shift", next_token_loss_solution)

# %% [markdown]
# ### Exercise 5 · What a cache weighs
#
# GPT-2 small has 12 layers of width 768. How many million bytes ($10^6$) do the keys and values of 1024 tokens take in float32, for one text?

# %%
answer = None
exercise("gpt-cache", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# A key and a value of 768 numbers in each of 12 layers for each of 1024 tokens, four bytes each: $2\cdot12\cdot768\cdot1024\cdot4 = 75.5\cdot10^6$. The number of heads does not matter.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("gpt-cache", 2 * 12 * 768 * 1024 * 4 / 1e6)

# %% [markdown]
# ### Exercise 6 · Three proofs
#
# (a) Show that greedy decoding of a model that sees at most $C$ tokens ends in a circle, and bound when. (b) Show that the first complete text that `most_likely` takes from its heap is the most probable of its length. (c) In the task of the repeated pieces the tokens of a piece are all different and its length is random. Show that a single layer, whose score of a step does not depend on the token before that step, cannot tell the step after the earlier occurrence from others.
#
# <details><summary>Solution</summary>
#
# (a) Once $C$ tokens are written, the next one is a function of the last $C$. There are $V^C$ such windows, so among the first $V^C + 1$ of them one comes twice, and from there on everything does: the circle begins after at most $C + V^C$ tokens. (The bound is absurdly large; ours took fewer than fifty.)
#
# (b) The heap gives the entry with the largest probability. Any other text of that length has a beginning in the heap (possibly itself), of probability at most that of the one taken. Extending multiplies by numbers of at most 1, so the other text is not more probable.
#
# (c) The score of query $t$ and key $j$ is a function $s(x_t, t, x_j, j)$. Take a sequence and a step $t$ of the second round whose right step holds token $b$ at place $j$. Choose another piece with the same $x_t$ and $t$, and $b$ at place $j$ again, but in which $j$ does not come after an $x_t$ (another length $n$, the same tokens otherwise placed): the score is the same, though now it should be low. The layer can only weigh by how often place and token are right on the average.
#
# </details>

# %% [markdown]
# ## Sources
#
# [Radford et al., 2018](../../book/bibliography.md#radford2018improving), GPT, and [2019](../../book/bibliography.md#radford2019language), byte-level pairs ·
# [Gage, 1994](../../book/bibliography.md#gage1994new), pairs for compression, and [Sennrich, Haddow and Birch, 2016](../../book/bibliography.md#sennrich2016neural), for language ·
# [Press and Wolf, 2017](../../book/bibliography.md#press2017using), tied weights ·
# [Fan, Lewis and Dauphin, 2018](../../book/bibliography.md#fan2018hierarchical), top-k ·
# [Holtzman et al., 2020](../../book/bibliography.md#holtzman2020curious), top-p, and why likely text is dull ·
# [Olsson et al., 2022](../../book/bibliography.md#olsson2022context), induction heads. *Persuasion* by Jane Austen (1818) is in the public domain.
