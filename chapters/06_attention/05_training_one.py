# %% [markdown]
# # Training one
#
# **After this section** you can turn a task into pairs of sequences, work out the best score that is possible before you train, train an encoder-decoder Transformer without a loop over time, decode greedily and with beams and check the search, read errors one by one, and say what a warm-up buys.
# *Reading: 30 minutes. Running: about 40 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import datetime
import itertools
import math

import matplotlib.pyplot as plt
import numpy as np

from chainrule import Tensor, nn, no_grad, optim, plotting
from chainrule.nn import functional as F
from chainrule.proof import claim, exercise, parity

# %% [markdown]
# ## The question
#
# Which day is `3. März 1994`? And `03/04/05`? The first is 3 March, whoever reads it. The second is 3 April 2005 in London and 4 March 2005 in New York, and nothing on the paper says where it was written. Programs want one form, that of the standard ISO 8601: `1994-03-03`. A rule for each country would do it, if the country were given; it is not.
#
# So we make pairs, a date as somebody wrote it and the same date in ISO form, and let an [encoder-decoder](../../book/glossary.md#encoder-decoder) find the rules, character by character. Ten formats, in five languages, for all dates from 1950 to 2049; with that window a year of two digits is unambiguous. Only the order of day and month is not.

# %%
MONTHS = {"English": "January February March April May June July August September October November December", "German": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
          "French": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre", "Italian": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
          "Dutch": "januari februari maart april mei juni juli augustus september oktober november december"}
MONTHS = {language: ["", *names.split()] for language, names in MONTHS.items()}

def in_words(language, pattern):
    return lambda y, m, d: pattern.format(d=d, month=MONTHS[language][m], y=y)

FORMATS = {"British": in_words("English", "{d} {month} {y}"), "American": in_words("English", "{month} {d}, {y}"), "German": in_words("German", "{d}. {month} {y}"),
           "French": in_words("French", "{d} {month} {y}"), "Italian": in_words("Italian", "{d} {month} {y}"), "Dutch": in_words("Dutch", "{d} {month} {y}"),
           "dots": lambda y, m, d: f"{d:02}.{m:02}.{y}", "ISO": lambda y, m, d: f"{y}-{m:02}-{d:02}",
           "slash, day first": lambda y, m, d: f"{d:02}/{m:02}/{y % 100:02}", "slash, month first": lambda y, m, d: f"{m:02}/{d:02}/{y % 100:02}"}
for name, written in FORMATS.items():
    print(f"{name:19s} {written(2005, 4, 3)}")

# %% [markdown]
# ### Split by date
#
# What has to be [held out](../../book/glossary.md#test-set)? If 3 April 2005 were in training as `3 April 2005` and in the test as `3 aprile 2005`, a model that recognises days it has seen would look good. So a sixth of the *dates* is set aside, in all formats. From the others we draw 12 000, each in one random format: that is all the training there is.
#
# It is worth knowing the best possible result before training. Slash formats have two readings whenever the day is at most 12 and is not equal to the month. Nobody can do better there than guess one of two equally likely ones. **Predict:** what share of slash dates is lost to the best reader of all?

# %%
FIRST_DAY, N_DAYS = datetime.date(1950, 1, 1).toordinal(), 36_525
DATES = [(day.year, day.month, day.day) for day in map(datetime.date.fromordinal, range(FIRST_DAY, FIRST_DAY + N_DAYS))]
iso = FORMATS["ISO"]

shuffle = np.random.default_rng(0)
order = shuffle.permutation(N_DAYS)
test_dates, train_dates = [DATES[k] for k in order[:6000]], [DATES[k] for k in order[6000:]]
train_pairs = [(FORMATS[name](*date), iso(*date)) for date, name in zip(train_dates[:12_000], shuffle.choice([*FORMATS], 12_000))]
test_names = [*FORMATS] * 100
test_pairs = [(FORMATS[name](*date), iso(*date)) for date, name in zip(test_dates, test_names)]

def readings(text):
    """Return the ISO forms that a slash date may mean, day first before month first."""
    a, b, y = map(int, text.split("/"))
    return [iso(y + (1900 if y >= 50 else 2000), m, d) for d, m in dict.fromkeys([(a, b), (b, a)]) if m <= 12]

print("03/04/05:", *readings("03/04/05"))
slashed_2005 = [FORMATS["slash, day first"](*date) for date in DATES if date[0] == 2005]
claim("seq2seq-split", "No test date is a training date.", len({b for _, b in test_pairs} & {b for _, b in train_pairs}), expected=0)
claim("seq2seq-two-readings", "Of the 365 days of 2005, 132 have a second reading in a slash format.", sum(len(readings(text)) == 2 for text in slashed_2005), expected=132)
best_on_slashes = np.mean([1 / len(readings(a)) for a, _ in test_pairs if "/" in a])
print(f"best to be expected on the slashes of the test: {best_on_slashes:.3f}")
claim("seq2seq-ceiling", "In that year any reader loses ½ · 132/365 of the slash dates, 18 per cent, to the other country.", 1 - np.mean([1 / len(readings(text)) for text in slashed_2005]), expected=132 / 365 / 2, tolerance=1e-12)

# %% [markdown]
# (Always saying the month first is right on all American dates, and wrong on all ambiguous British ones: the limit holds for both together. In our test the best reader loses 23 per cent, as 91 of its 200 slash dates happen to have two readings.) One more trap is in the split: a *string* of the test may have been in the training, with its other meaning. That is fair, as it misleads rather than helps.
#
# ## The baseline first
#
# What does a programmer get in five minutes? Numbers in the order day, month, year; English month names by their first three letters; slashes read as at home, month first.

# %%
def read_by_rules(text):
    """Return the ISO form by rules of thumb, or an empty string."""
    words = "".join(c if c.isalnum() else " " for c in text.lower()).split()
    named = [k for k in range(1, 13) for w in words if w[:3] == MONTHS["English"][k][:3].lower()]
    numbers = [int(w) for w in words if w.isdigit()]
    if len(numbers) + len(named) != 3:
        return ""
    d, m, y = (numbers[0], named[0], numbers[1]) if named else numbers[::-1] if numbers[0] > 31 else (numbers[1], numbers[0], numbers[2]) if "/" in text else numbers
    return iso(y + (0 if y > 99 else 1900 if y >= 50 else 2000), m, d)

by_rules = np.array([read_by_rules(a) == b for a, b in test_pairs])
per_format = lambda right: {name: right[k :: len(FORMATS)].mean() for k, name in enumerate(FORMATS)}
print(f"rules: {by_rules.mean():.2f} of all;", "  ".join(f"{name} {per_format(by_rules)[name]:.2f}" for name in ("American", "German", "Italian", "ISO")))
claim("seq2seq-rules", "The rules read all British, American, dotted and ISO dates; of all lines between half and 80 per cent.",
      [min(per_format(by_rules)[n] for n in ("British", "American", "dots", "ISO")), 0.5 < by_rules.mean() < 0.8], expected=[1.0, True])

# %% [markdown]
# ## From text to arrays
#
# Characters become numbers; 0 is [padding](../../book/glossary.md#padding), 1 begins and 2 ends a sequence. The decoder is to say, at every place, what comes next. So what it reads is what it should say, **shifted right by one**, with START in front:
#
# | place | 0 | 1 | 2 | 3 to 8 | 9 | 10 |
# |---|---|---|---|---|---|---|
# | decoder reads | START | 1 | 9 | 94-03- | 0 | 3 |
# | decoder should say | 1 | 9 | 9 | 4-03-0 | 3 | END |
#
# One array does both: `target[:, :-1]` is read, `target[:, 1:]` is what to say.

# %%
PAD, START, END = 0, 1, 2
source_code = {c: k for k, c in enumerate(sorted({c for a, _ in train_pairs for c in a}), 3)}
target_code = {c: k for k, c in enumerate("0123456789-", 3)}
target_text = {k: c for c, k in target_code.items()}

def padded(rows):
    """Return rows of unequal lengths as one array (N, longest), filled with PAD."""
    return np.array([*itertools.zip_longest(*rows, fillvalue=PAD)]).T

def to_arrays(pairs):
    source = padded([[source_code[c] for c in a] for a, _ in pairs])
    return source, padded([[START, *(target_code[c] for c in b), END] for _, b in pairs])

train_source, train_target = to_arrays(train_pairs)
test_source, test_target = to_arrays(test_pairs)
print(f"{len(source_code)} characters, sources {train_source.shape}, targets {train_target.shape}")
claim("seq2seq-known-characters", "All characters of the test occur in training, and no line is longer than 18.", [len({c for a, _ in test_pairs for c in a} - {*source_code}), max(len(a) for a, _ in test_pairs)], expected=[0, 18])

# %% [markdown]
# ## The model
#
# Nothing is new: [embeddings](../../book/glossary.md#embedding) and sinusoidal [positions](03_heads_and_positions.ipynb), [blocks](04_the_block.ipynb) in their order *pre-norm*, a last norm for each stack, and a linear layer that scores the next character. The encoder's mask hides padding, and so does that of the decoder's [cross-attention](../../book/glossary.md#cross-attention); the mask of its own steps is [causal](../../book/glossary.md#causal-mask).
#
# | array | shape | meaning |
# |---|---|---|
# | source | (B, S) | characters read, padded |
# | memory | (B, S, D) | what the encoder makes of them |
# | target | (B, T + 1) | START, the characters to be written, END, padded |
# | scores | (B, T, V) | for what comes after each of the first T |

# %%
class SequenceTransformer(nn.Module):
    def __init__(self, n_source, n_target, D, n_heads, n_blocks, rng, norm_first=True, dtype=np.float32):
        made = {"rng": rng, "dtype": dtype}
        block = {"dim_feedforward": 2 * D, "activation": "relu", "norm_first": norm_first, **made}
        self.read, self.write = nn.Embedding(n_source, D, **made), nn.Embedding(n_target, D, **made)
        self.encoder = [nn.TransformerBlock(D, n_heads, **block) for _ in range(n_blocks)]
        self.decoder = [nn.TransformerBlock(D, n_heads, cross_attention=True, **block) for _ in range(n_blocks)]
        last_norm = lambda: nn.LayerNorm(D, dtype=dtype) if norm_first else nn.Identity()
        self.encoder_norm, self.decoder_norm, self.head = last_norm(), last_norm(), nn.Linear(D, n_target, **made)
        self.places = F.sinusoidal_positions(64, D, dtype=dtype)

    def encode(self, source):
        """Return memory (B, S, D) and its mask (B, 1, 1, S), True where there is a character."""
        x, mask = self.read(source) + self.places[: source.shape[1]], (source != PAD)[:, None, None]
        for block in self.encoder:
            x = block(x, mask=mask)
        return self.encoder_norm(x), mask

    def forward(self, so_far, memory, mask):
        x = self.write(so_far) + self.places[: so_far.shape[1]]
        for block in self.decoder:
            x = block(x, memory, memory_mask=mask, is_causal=True)
        return self.head(self.decoder_norm(x))

# %% [markdown]
# ### No loop over time
#
# > **Misconception.** The decoder writes one symbol after another, so training needs a loop.
#
# In use it does, since each symbol waits for the one before. In training the right symbols are known: [teacher forcing](../../book/glossary.md#teacher-forcing). A recurrent decoder still has to compute its states in order. Here the causal mask makes place $t$ see exactly what it would see in use, and all places are one call. We compare it with the loop: a call for each prefix, of which only the last score counts.

# %%
small = SequenceTransformer(6, 6, 8, 2, 2, np.random.default_rng(1), dtype=np.float64)
draw = np.random.default_rng(2)
small_source, small_target = padded([draw.integers(3, 6, n) for n in (5, 3, 4)]), padded([[START, *draw.integers(3, 6, n), END] for n in (4, 2, 3)])

def loss_at_once(model, source, target):
    scores = model(target[:, :-1], *model.encode(source))
    losses = F.cross_entropy(scores, target[:, 1:], reduction="none")
    return (losses * (target[:, 1:] != PAD)).sum() / (target[:, 1:] != PAD).sum()

def loss_step_by_step(model, source, target):
    total = 0.0
    for t in range(1, target.shape[1]):
        scores = model(target[:, :t], *model.encode(source))[:, -1]                # a prefix, its last scores
        total = total + (F.cross_entropy(scores, target[:, t], reduction="none") * (target[:, t] != PAD)).sum()
    return total / (target[:, 1:] != PAD).sum()

found = []
for loss_of in (loss_at_once, loss_step_by_step):
    small.zero_grad()
    loss = loss_of(small, small_source, small_target)
    loss.backward()
    found.append((loss.item(), np.concatenate([p.grad.ravel() for p in small.parameters()])))
claim("seq2seq-at-once", "One call has the loss of the loop over prefixes,", found[0][0] - found[1][0], expected=0.0, tolerance=1e-12)
claim("seq2seq-at-once-gradient", "and the gradient of every parameter.", np.abs(found[0][1] - found[1][1]).max(), at_most=1e-12)

# %% [markdown]
# ### A loss that ignores padding
#
# The loss above is a mean over the symbols that are *there*. Two ways to get it wrong: to count padding as symbols to be learned, which makes the loss look small because padding is easy; and to let padding be seen. A test finds both: add columns of padding, and nothing may change.

# %%
wider = lambda rows, n: np.pad(rows, ((0, 0), (0, n)))
with no_grad():
    plain, padded_more = (loss_at_once(small, wider(small_source, n), wider(small_target, n)).item() for n in (0, 5))
    scores, more_scores = (small(rows[:, :-1], *small.encode(small_source)) for rows in (small_target, wider(small_target, 5)))
    counted, counted_more = (F.cross_entropy(z, rows[:, 1:]).item() for z, rows in ((scores, small_target), (more_scores, wider(small_target, 5))))
claim("seq2seq-padding", "Five more columns of padding leave the loss as it is.", padded_more - plain, expected=0.0, tolerance=1e-12)
claim("seq2seq-padding-counted", "If padding counts as a symbol, they change it by more than 0.05.", abs(counted_more - counted), at_least=0.05)

# %% [markdown]
# ## Training
#
# Adam, gradients [clipped](../../book/glossary.md#gradient-clipping) to length 1, and a [learning rate](../../book/glossary.md#learning-rate) that rises in a line for 50 updates, the [warm-up](../../book/glossary.md#warm-up), and falls to zero along a half [cosine](../03_gradient_descent/05_schedules.ipynb). One block in each stack, 48 numbers a step; two runs that differ in their first weights and batches.

# %%
def warm_up_then_cosine(optimizer, n_warm, n_steps):
    rise = optim.LinearLR(optimizer, start_factor=1 / n_warm, total_iters=n_warm)
    return optim.SequentialLR(optimizer, [rise, optim.CosineAnnealingLR(optimizer, T_max=n_steps - n_warm)], milestones=[n_warm])

def train_on_dates(seed, n_steps=450, lr=0.01, batch=32):
    rng = np.random.default_rng(seed)
    model = SequenceTransformer(len(source_code) + 3, len(target_code) + 3, 48, 4, 1, rng)
    parameters = [*model.parameters()]
    optimizer, losses = optim.Adam(parameters, lr=lr, betas=(0.9, 0.98)), []
    schedule = warm_up_then_cosine(optimizer, 50, n_steps)
    for _ in range(n_steps):
        rows = rng.integers(0, len(train_source), batch)
        loss = loss_at_once(model, train_source[rows], train_target[rows])
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    return model, losses

n_parameters = lambda model: sum(p.data.size for p in model.parameters())
readers, reader_losses = zip(*(train_on_dates(seed) for seed in range(2)))
for k, losses in enumerate(reader_losses):
    print(f"run {k}: loss", "  ".join(f"{n}: {np.mean(losses[n - 20 : n]):.2f}" for n in (20, 100, 200, 450)), f"  {n_parameters(readers[k]):,} parameters")

# %% [markdown]
# ## Writing, and judging what was written
#
# **[Greedy decoding](../../book/glossary.md#greedy-decoding)** takes the best next symbol and feeds it back. **[Exact match](../../book/glossary.md#exact-match)** counts a line only if all its characters are right; nine digits of ten are another day.

# %%
def write_greedily(model, source, n_steps):
    """Return what the decoder writes after START, (N, n_steps)."""
    written = np.full((len(source), 1), START)
    with no_grad():
        memory = model.encode(source)
        for _ in range(n_steps):
            scores = model(written, *memory).data[:, -1]
            written = np.concatenate([written, scores.argmax(-1)[:, None]], axis=1)
    return written[:, 1:]

def as_text(row):
    return "".join(target_text.get(k, "") for k in itertools.takewhile(lambda k: k != END, row.tolist()))

writings = [write_greedily(model, test_source, 11) for model in readers]
by_model = np.array([(rows == test_target[:, 1:]).all(1) for rows in writings])           # (runs, lines)
clear = np.array(["slash" not in name for name in test_names])
for k, right in enumerate(by_model):
    print(f"run {k}: exact match {right.mean():.3f}; without slashes {right[clear].mean():.3f}, slashes {right[~clear].mean():.3f}")
claim("seq2seq-clear", "On the eight formats with one reading each run gets at least 85 per cent of unseen dates exactly right.", by_model[:, clear].mean(1).min(), at_least=0.85)
claim("seq2seq-beats-rules", "Each run beats the rules, by 5 points of all lines at least.", by_model.mean(1).min() - by_rules.mean(), at_least=0.05)

# %% mystnb={"image": {"alt": "Horizontal bars, one row a format: share of unseen dates exactly right. The network is near 1 for seven of the eight formats with one reading, near 0.85 for American, and near 0.65 for slashes, where a mark shows the best possible, 0.77. The rules are at 1 for British, American, dots and ISO, and low for Italian, French and German."}}
fig, ax = plotting.new_figure(height=4.0)
groups = {name: np.array(test_names) == name for name in FORMATS if "slash" not in name} | {"both slashes": ~clear}
rows, shares = np.arange(len(groups))[::-1], np.array([by_model[:, lines].mean(1) for lines in groups.values()])       # (groups, runs)
ax.barh(rows + 0.2, shares.mean(1), 0.38, color=plotting.CYCLE[0], label="Transformer, mean of two runs")
ax.barh(rows - 0.2, [by_rules[lines].mean() for lines in groups.values()], 0.38, color=plotting.CYCLE[1], hatch="//", edgecolor="white", label="rules")
ax.hlines(rows + 0.2, shares.min(1), shares.max(1), color=plotting.CYCLE[5])
ax.plot([1.0] * 8 + [best_on_slashes], rows, "|", color=plotting.CYCLE[5], markersize=24, markeredgewidth=2, label="best possible")
ax.set(yticks=rows, yticklabels=[*groups], xlim=(0, 1.02))
ax.legend(loc="upper center", bbox_to_anchor=(0.4, -0.14), ncols=3, fontsize=9)
plotting.dress(ax, "What has one reading is read", "exactly right", "")
plt.show()

# %% [markdown]
# Rules never tire: on the four formats that they know they are perfect, and the network is not. It wins on the others, which nobody had to tell it about, and on slashes nobody can reach 1. **Look at what fails**, before any thought of improvement:

# %%
first_run, failed = writings[0], [k for k in np.flatnonzero(~by_model[0]) if clear[k]]
for k in failed[:6]:
    print(f"{test_names[k]:9s} {test_pairs[k][0]:20s} is {test_pairs[k][1]}, written {as_text(first_run[k])}")
fields = {"year": slice(0, 4), "month": slice(5, 7), "day": slice(8, 10)}
wrong = {field: np.mean([as_text(first_run[k])[part] != test_pairs[k][1][part] for k in failed]) for field, part in fields.items()}
slashed = [k for k in np.flatnonzero(~clear) if not by_model[0][k]]
other_reading = np.mean([as_text(first_run[k]) in readings(test_pairs[k][0]) for k in slashed])
swapped = np.mean([sorted(as_text(first_run[k])) == sorted(test_pairs[k][1]) for k in failed])
print(f"{len(failed)} errors where there is one reading:", ", ".join(f"{share:.0%} in the {field}" for field, share in wrong.items()), f"; {swapped:.0%} have the right digits, not in place")
print(f"{len(slashed)} errors on slashes: {other_reading:.0%} are the other reading")
claim("seq2seq-other-reading", "Of the errors on slash dates more than 30 per cent are no misreading: the other country's date was written.", other_reading, at_least=0.3)

# %% [markdown]
# Month names are the least trouble: what goes wrong is mostly *copying*, above all digits of the year that change places. To copy the third digit of a year the decoder has to look at a place that depends on how long the month's name was and on which digits it has written already. That is where more training would go.
#
# Does the network *know* that it cannot know? Under teacher forcing it gives a probability to any text, so we can ask for both readings of each ambiguous string.

# %%
def log_probability(model, source, target):
    """Return ln p (N,) of whole targets (N, T + 1), padding not counted."""
    with no_grad():
        scores = model(target[:, :-1], *model.encode(source)).data.astype(float)
    top = scores - scores.max(-1, keepdims=True)
    log_p = np.take_along_axis(top - np.log(np.exp(top).sum(-1, keepdims=True)), target[:, 1:, None], -1)[..., 0]
    return (log_p * (target[:, 1:] != PAD)).sum(1)

two_ways = sorted({a for a, _ in test_pairs if "/" in a and len(readings(a)) == 2})
p_first, p_second = (np.array([np.exp(log_probability(m, *to_arrays([(a, readings(a)[k]) for a in two_ways]))) for m in readers]) for k in range(2))
for a in two_ways[:3]:
    print(a, f"  day first {p_first[0][two_ways.index(a)]:.2f}, month first {p_second[0][two_ways.index(a)]:.2f}")
share = p_first / (p_first + p_second)
print(f"{len(two_ways)} strings: both readings together {(p_first + p_second).mean():.2f}; of that to day first {share.mean(1).round(2)}")
claim("seq2seq-both-readings", "Of all possible texts, the two readings have together over 0.3 of the probability, on the average of either run.", (p_first + p_second).mean(1).min(), at_least=0.3)
claim("seq2seq-torn", "Neither country takes all: the mean share of day first is between a fifth and four fifths in either run.", np.abs(share.mean(1) - 0.5).max(), at_most=0.3)

# %% [markdown]
# On the average the network is as undecided as it should be. For a single string it often is not, and a good part of the probability, here more than a third, is lost on texts that the string cannot mean.
#
# ## Beams
#
# [Beam search](../05_rnn/05_language.ipynb) keeps the $k$ most probable beginnings. Here is one for all sources at once. A text that has ended goes on with END at no cost, so all beams keep the same length, and nothing has to be sorted out.

# %%
def write_with_beams(model, source, width, n_steps):
    """Return the best `width` texts (N, width, n_steps) of each source, best first, and their ln p (N, width)."""
    N, V = len(source), model.head.weight.shape[1]
    written, log_p = np.full((N, width, 1), START), np.where(np.arange(width) == 0, 0.0, -np.inf) + np.zeros((N, 1))
    only_end = np.where(np.arange(V) == END, 0.0, -np.inf)
    with no_grad():
        memory, mask = model.encode(source)
        memory, mask = Tensor(np.repeat(memory.data, width, axis=0)), np.repeat(mask, width, axis=0)
        for _ in range(n_steps):
            scores = model(written.reshape(N * width, -1), memory, mask).data[:, -1].astype(float)
            step = F.log_softmax(Tensor(scores)).data.reshape(N, width, V)
            step = np.where((written == END).any(-1, keepdims=True), only_end, step)
            grown = (log_p[..., None] + step).reshape(N, width * V)
            best = np.argsort(-grown, axis=1, kind="stable")[:, :width]
            parent, symbol = np.divmod(best, V)
            written = np.concatenate([np.take_along_axis(written, parent[..., None], 1), symbol[..., None]], axis=2)
            log_p = np.take_along_axis(grown, best, 1)
    return written[..., 1:], log_p

# %% [markdown]
# A search has to be checked against something that cannot be wrong. The small model has six symbols; all texts of at most four can be listed, and scored one by one by teacher forcing: 781. A beam that wide must return the same texts in the same order. And as each step shares out a probability of 1, all of them must add up to 1.

# %%
listed = np.array([s for s in itertools.product(range(6), repeat=4) if all(b == END for a, b in itertools.pairwise(s) if a == END)])
first_source = np.repeat(small_source[:1], len(listed), axis=0)
forced = np.concatenate([np.full((len(listed), 1), START), listed], axis=1)
with no_grad():
    log_each = F.log_softmax(small(forced[:, :-1], *small.encode(first_source))).data
log_each = np.take_along_axis(log_each, listed[..., None], -1)[..., 0]
already_over = np.cumsum(listed == END, axis=1) - (listed == END) > 0
log_listed = np.where(already_over, 0.0, log_each).sum(1)
ranked = np.argsort(-log_listed, kind="stable")
(all_texts,), (all_log_p,) = write_with_beams(small, small_source[:1], len(listed), 4)
claim("seq2seq-listed", "There are 1 + 5 + 25 + 125 ended texts and 625 open ones, 781.", len(listed), expected=781)
claim("seq2seq-exhaustive", "The beam of 781 returns the same texts in the same order,", (all_texts == listed[ranked]).all(), expected=True)
claim("seq2seq-add-up", "its scores are the sums of their log-probabilities,", np.abs(all_log_p - log_listed[ranked]).max(), at_most=1e-12)
claim("seq2seq-sum-to-one", "and all probabilities add up to 1.", np.exp(all_log_p).sum(), expected=1.0, tolerance=1e-12)
until_end = lambda rows: [(*itertools.takewhile(lambda k: k != END, row),) for row in rows.tolist()]
claim("seq2seq-greedy-is-one", "A beam of one is greedy decoding, on all three sources.", until_end(write_with_beams(small, small_source, 1, 4)[0][:, 0]) == until_end(write_greedily(small, small_source, 4)), expected=True)

# %% [markdown]
# > **Misconception.** Beam search always beats greedy decoding.

# %%
some = slice(0, 200)
beam_texts, beam_log_p = zip(*(write_with_beams(model, test_source[some], 4, 11) for model in readers))
beam_right = np.array([(texts == test_target[some, None, 1:]).all(-1) for texts in beam_texts])        # (runs, lines, beams)
greedy_log_p = [log_probability(m, test_source[some], np.pad(rows[some], ((0, 0), (1, 0)), constant_values=START)) for m, rows in zip(readers, writings)]
more_probable = np.array([best[:, 0] - own for best, own in zip(beam_log_p, greedy_log_p)])
for k in range(2):
    print(f"run {k}: exact match greedy {by_model[k, some].mean():.3f}, four beams {beam_right[k, :, 0].mean():.3f}; a more probable text for {(more_probable[k] > 1e-3).mean():.0%} of the lines")
claim("seq2seq-beam-no-gain", "Four beams change exact match by less than 3 points, in either run.", np.abs(beam_right[..., 0].mean(1) - by_model[:, some].mean(1)).max(), at_most=0.03)
claim("seq2seq-beam-probable", "What they find is at least as probable as the greedy text, on the average of either run.", more_probable.mean(1).min(), at_least=-1e-3)

# %% [markdown]
# Here the beams win a few lines of 200 at most: for nearly all lines the greedy text is already the most probable that they find. (Nor is it certain, line by line, that theirs is as probable: the beginning that greedy decoding follows can fall out of the beam.) What four beams do give is more than one answer. For a date with two readings that is what a user wants: a question, "did you mean …?", and not a guess. The second answer is not always the other reading; look at the examples.

# %%
slash_lines = np.flatnonzero(~clear[some])
of_two = beam_right[:, slash_lines, :2].any(-1).mean(1)
for k in [k for k in slash_lines if len(readings(test_pairs[k][0])) == 2][:3]:
    print(test_pairs[k][0], *(f"  {as_text(beam_texts[0][k, j])} ({np.exp(beam_log_p[0][k, j]):.2f})" for j in range(3)))
print("slashes, exact match:", "first beam", beam_right[:, slash_lines, 0].mean(1).round(2), " one of the first two", of_two.round(2))
claim("seq2seq-two-answers", "On slashes the right date is among the first two beams 10 points more often than it is the first.", (of_two - beam_right[:, slash_lines, 0].mean(1)).min(), at_least=0.1)

# %% [markdown]
# > **Misconception.** A Transformer needs huge amounts of data.
#
# Ours has read 12 000 lines.

# %%
n_characters = sum(len(a) + len(b) for a, b in train_pairs)
print(f"{n_characters / 1000:.0f} 000 characters, {450 * 32 / 12_000:.1f} times over; {n_parameters(readers[0]):,} parameters")
claim("seq2seq-small-data", "That is less than 400 000 characters, fewer than in a short novel,", n_characters, at_most=400_000)
claim("seq2seq-more-parameters", "and more parameters than lines,", n_parameters(readers[0]) / len(train_pairs), at_least=2.0)
claim("seq2seq-small-data-enough", "and yet of unseen dates with one reading at least 85 per cent come out right in each run.", by_model[:, clear].mean(1).min(), at_least=0.85)

# %% [markdown]
# What it needs is data that show the rule often enough. Dates have few rules: twelve month names in five languages, three orders, and copying. For language the rules are many and rare, and there the hunger is real.
#
# ## Backwards, against an LSTM
#
# In [the first section](01_soft_lookup.ipynb) attention lifted the limit of the summary for recurrent networks. How does a network of *nothing but* attention do on the same strings, letters from an alphabet of eight, backwards? Against it an [LSTM](../05_rnn/03_lstm_and_gru.ipynb) encoder-decoder with a summary, with the same number of parameters, to a per cent, and the same
# updates on the same batches. Lengths 1 to 7 are trained; the Transformer learns at a rate of 0.01, the LSTM at 0.02, which suits it better. **Predict:** who wins at seven letters, and who at eight?

# %%
class SequenceLSTM(nn.Module):
    def __init__(self, n_symbols, width, rng, size=24):
        self.read, self.write = nn.Embedding(n_symbols, size, rng=rng), nn.Embedding(n_symbols, size, rng=rng)
        self.encoder, self.decoder = nn.LSTM(size, width, rng=rng), nn.LSTM(size, width, rng=rng)
        self.head = nn.Linear(width, n_symbols, rng=rng)

    def encode(self, source):
        return (self.encoder(self.read(source), lengths=(source != PAD).sum(1))[1],)

    def forward(self, so_far, summary):
        return self.head(self.decoder(self.write(so_far), summary)[0])

# %%
def backwards_batch(lengths, rng):
    """Return strings of the given lengths, each with an END, and START, their reversals, END; both padded."""
    strings = [rng.integers(3, 11, n) for n in lengths]
    return padded([[*s, END] for s in strings]), padded([[START, *s[::-1], END] for s in strings])

def train_backwards(kind, seed, n_steps=300, longest=7):
    weights, batches = np.random.default_rng(seed), np.random.default_rng(100 + seed)
    model = SequenceTransformer(11, 11, 32, 4, 1, weights) if kind == "Transformer" else SequenceLSTM(11, 41, weights)
    parameters = [*model.parameters()]
    optimizer = optim.Adam(parameters, lr=0.01 if kind == "Transformer" else 0.02)
    schedule = warm_up_then_cosine(optimizer, 30, n_steps)
    for _ in range(n_steps):
        loss = loss_at_once(model, *backwards_batch(batches.integers(1, longest + 1, 24), batches))
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()
    return model

# %% [markdown]
# > **Misconception.** Attention sees all places at once, so a longer string is no harder.

# %%
def backwards_right(model, n):
    source, target = backwards_batch([n] * 100, np.random.default_rng(n))
    return (write_greedily(model, source, n + 1) == target[:, 1:]).all(1).mean()

reversers = {kind: [train_backwards(kind, seed) for seed in range(2)] for kind in ("Transformer", "LSTM")}
reversed_right = {kind: np.array([[backwards_right(m, n) for n in range(1, 10)] for m in models]) for kind, models in reversers.items()}
for kind, shares in reversed_right.items():
    print(f"{kind:11s} {n_parameters(reversers[kind][0]):,} parameters ", "  ".join(f"{n}: {shares[:, n - 1].min():.2f} to {shares[:, n - 1].max():.2f}" for n in (4, 5, 6, 7, 8)))
with_attention, with_summary = (reversed_right[kind].mean(0) for kind in ("Transformer", "LSTM"))
sizes = [n_parameters(models[0]) for models in reversers.values()]
claim("seq2seq-same-size", "The two have the same number of parameters, to a per cent.", sizes[0] / sizes[1], expected=1.0, tolerance=0.01)
claim("seq2seq-reversed", "Over six and seven letters, the longest trained, the Transformer is ahead, in the mean of the runs.", (with_attention - with_summary)[5:7].mean(), at_least=0.0)
claim("seq2seq-cliff", "At eight no run of it has more than 10 per cent right, at nine none more than 5,", [reversed_right["Transformer"][:, 7].max() <= 0.1, reversed_right["Transformer"][:, 8].max() <= 0.05], expected=[True, True])
claim("seq2seq-slope", "where the LSTM fails too, but later: at eight letters it is ahead.", with_summary[7] - with_attention[7], at_least=0.03)

# %% mystnb={"image": {"alt": "Share of strings reversed without a mistake against length 1 to 9, trained up to 7. The Transformer stays above the LSTM up to seven letters and drops to nearly zero at eight; the LSTM falls earlier and more gently."}}
_ = plotting.curves({kind: (np.arange(1, 10), shares.mean(0)) for kind, shares in reversed_right.items()}, band={kind: (shares.min(0), shares.max(0)) for kind, shares in reversed_right.items()},
                    markers=True, labels="legend", title="At the first length that was not trained, the Transformer falls off a cliff", xlabel="letters (trained: 1 to 7)", ylabel="exactly right, mean of 2 runs")

# %% [markdown]
# On long strings of trained lengths looking back is ahead of a summary, by less than we had expected: 300 updates are few for either. One letter more, and everything breaks. The likely reason: to write letter $t$ of a reversal the decoder has to look at place $n+1-t$, and that a *sum of positions* selects a place was learned for the places that occurred. The eighth never did, with a letter in it, so no query knows how to ask for it. The LSTM has no
# numbers for places; it counts in its state, badly, and its errors grow step by step. Neither has learned what "backwards" means. (Sinusoidal positions are a poor choice here; [Heads and positions](03_heads_and_positions.ipynb) measures others.)

# %% [markdown]
# ## Does warm-up earn its place?
#
# [Vaswani et al., 2017](../../book/bibliography.md#vaswani2017attention), let the learning rate rise over the first 4 000 updates, and since then nearly everybody does. Why, if the rate is right? [The block](04_the_block.ipynb) has shown a post-norm stack that a rate of 0.02 breaks and a warm-up saves. [Xiong et al., 2020](../../book/bibliography.md#xiong2020layer), say that
# pre-norm needs none. To see what it *buys*, sweep the rate, with and without: four blocks read four letters and say them backwards, all at once; 36 updates of Adam; the rate rises over the first 15 of them, or not, and then stays. **Predict:** for which of the two orders does the *best* loss of the sweep improve?

# %%
class MirrorStack(nn.Module):
    def __init__(self, norm_first, rng, D=32, n_symbols=8):
        self.read, self.places = nn.Embedding(n_symbols, D, rng=rng), F.sinusoidal_positions(4, D, dtype=np.float32)
        self.blocks = [nn.TransformerBlock(D, 2, 2 * D, activation="relu", norm_first=norm_first, rng=rng) for _ in range(4)]
        self.norm, self.head = nn.LayerNorm(D) if norm_first else nn.Identity(), nn.Linear(D, n_symbols, rng=rng)

    def forward(self, letters):
        x = self.read(letters) + self.places
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))

def mirror_loss(norm_first, n_warm, lr, seed, n_steps=36):
    """Return the mean loss (nats) of the last 15 updates."""
    rng, losses = np.random.default_rng(seed), []
    model = MirrorStack(norm_first, rng)
    optimizer = optim.Adam(model.parameters(), lr=lr, betas=(0.9, 0.98))
    for step in range(n_steps):
        optimizer.lr = lr * min(1.0, (step + 1) / n_warm) if n_warm else lr
        letters = rng.integers(0, 8, (16, 4))
        loss = F.cross_entropy(model(letters), letters[:, ::-1])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return np.mean(losses[-15:])

# %%
RATES = (0.003, 0.01, 0.03)
ways = {"post-norm": (False, 0), "post-norm, warm-up": (False, 15), "pre-norm": (True, 0), "pre-norm, warm-up": (True, 15)}
sweep = {name: np.array([[mirror_loss(*way, lr, seed) for seed in range(2)] for lr in RATES]) for name, way in ways.items()}      # (rates, seeds)
print(f"guessing: {math.log(8):.2f} nats")
for name, found in sweep.items():
    print(f"{name:19s}", "   ".join(f"{lr}: {a:.2f} and {b:.2f}" for lr, (a, b) in zip(RATES, found)))
gain = {order: sweep[order] - sweep[f"{order}, warm-up"] for order in ("post-norm", "pre-norm")}
best_of = {name: found.mean(1).min() for name, found in sweep.items()}
claim("seq2seq-warm-post", "Post-norm at 0.01: warm-up lowers the loss by more than 0.15 nats, in each run.", gain["post-norm"][1].min(), at_least=0.15)
claim("seq2seq-warm-pre", "Pre-norm at 0.01: it changes it by less than 0.3.", np.abs(gain["pre-norm"][1]).max(), at_most=0.3)
claim("seq2seq-warm-pre-high", "Pre-norm at 0.03: it lowers it by more than 0.1, in each run.", gain["pre-norm"][2].min(), at_least=0.1)
claim("seq2seq-warm-best", "In neither order does the best mean of the sweep improve by more than 0.1.", max(best_of[o] - best_of[f"{o}, warm-up"] for o in gain), at_most=0.1)

# %% mystnb={"image": {"alt": "Loss after 36 updates against the learning rate, four curves. At 0.003 all four are close together. At 0.01 post-norm without warm-up is far above the others. At 0.03 the two without warm-up and post-norm with it are high, pre-norm with warm-up is lowest."}}
_ = plotting.curves({name: (RATES, found.mean(1)) for name, found in sweep.items()}, logx=True, markers=True, labels="legend",
                    title="Warm-up widens the range of rates, not the best of them", xlabel="learning rate", ylabel="mean loss, last 15 updates (nats)")

# %% [markdown]
# So at these sizes warm-up is an *insurance*. It rescues rates that are too high for the first updates, more of them for post-norm, and at a rate that was well chosen it costs a little time. Why the first updates? Adam's steps have about the length of the rate whatever the gradient, and a fresh network's gradients differ much from batch to batch; in post-norm all parts of all blocks move the output at once.
# For our dates, at 0.01, 50 updates of 450 are a cheap premium. Two runs of a tiny model are no law: large models are trained once, at rates nobody can sweep, and there the insurance is worth most.

# %% [markdown]
# ## In the frameworks
#
# The whole model, with one block in each stack and eight numbers a step, on four padded pairs, in float64: scores, gradients of all 38 arrays, and 100 steps of gradient descent on the loss without padding. PyTorch has both blocks as layers, and says `True` for *must not look*; Keras has the attention, and the block is built from its layers.

# %%
import keras
import tensorflow as tf
import torch

RATE, D_MODEL, N_HEADS, pair_draw = 0.2, 8, 2, np.random.default_rng(5)
pair_source = padded([pair_draw.integers(3, 9, n) for n in (6, 3, 5, 4)])
pair_target = padded([[START, *pair_draw.integers(3, 9, n), END] for n in (3, 5, 2, 4)])
hidden_keys, counts = pair_source == PAD, pair_target[:, 1:] != PAD

def fresh_pair_model():
    model = SequenceTransformer(9, 9, D_MODEL, N_HEADS, 1, np.random.default_rng(6), dtype=np.float64)
    jitter = np.random.default_rng(7)
    for p in model.parameters():
        p.data += jitter.normal(0, 0.1, p.shape)                 # so that no bias is 0 and no gain is 1
    return model

start_values = {name: p.data.copy() for name, p in fresh_pair_model().named_parameters()}

# %%
attention_layer, norm_layer = keras.layers.MultiHeadAttention(N_HEADS, D_MODEL // N_HEADS, dtype="float64"), keras.layers.LayerNormalization(epsilon=1e-5, dtype="float64")
attention_layer.build((None, None, D_MODEL), (None, None, D_MODEL))
norm_layer.build((None, None, D_MODEL))

def keras_norm(V, name, x):
    return norm_layer.stateless_call([V[f"{name}.weight"], V[f"{name}.bias"]], [], x)[0]

def keras_attend(V, name, x, memory, **masks):
    """Keras's layer with the engine's weights: kernels (D, h, D/h), and (h, D/h, D) for the way out."""
    weights = [tf.reshape(a, shape) for pair in zip(tf.split(V[f"{name}.in_proj_weight"], 3, axis=1), tf.split(V[f"{name}.in_proj_bias"], 3))
               for a, shape in zip(pair, ((D_MODEL, N_HEADS, -1), (N_HEADS, -1)))]
    weights += [tf.reshape(V[f"{name}.out_proj.weight"], (N_HEADS, -1, D_MODEL)), V[f"{name}.out_proj.bias"]]
    return attention_layer.stateless_call(weights, attention_layer.non_trainable_variables, x, memory, **masks)[0]

def keras_sub_layers(V, name, x, memory=None, memory_mask=None, **masks):
    y = keras_norm(V, f"{name}.norm1", x)
    x = x + keras_attend(V, f"{name}.self_attn", y, y, **masks)
    if memory is not None:
        x = x + keras_attend(V, f"{name}.multihead_attn", keras_norm(V, f"{name}.norm2", x), memory, attention_mask=memory_mask)
    y = keras_norm(V, f"{name}.norm{2 if memory is None else 3}", x)
    y = tf.nn.relu(y @ V[f"{name}.linear1.weight"] + V[f"{name}.linear1.bias"])
    return x + y @ V[f"{name}.linear2.weight"] + V[f"{name}.linear2.bias"]

# %%
def keras_sequence_step(V):
    """Return a function that makes one step of descent and returns (scores, loss, gradients by name)."""
    places, n_read, may_look = fresh_pair_model().places, pair_target.shape[1] - 1, ~hidden_keys[:, None]

    @tf.function(autograph=False)
    def step():
        with tf.GradientTape() as tape:
            x = tf.one_hot(pair_source, 9, dtype="float64") @ V["read.weight"] + places[: pair_source.shape[1]]
            memory = keras_norm(V, "encoder_norm", keras_sub_layers(V, "encoder.0", x, attention_mask=may_look))
            y = tf.one_hot(pair_target[:, :-1], 9, dtype="float64") @ V["write.weight"] + places[:n_read]
            y = keras_sub_layers(V, "decoder.0", y, memory, may_look, use_causal_mask=True)
            scores = keras_norm(V, "decoder_norm", y) @ V["head.weight"] + V["head.bias"]
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(pair_target[:, 1:], scores)
            loss = tf.reduce_sum(losses * counts) / counts.sum()
        grads = tape.gradient(loss, V)
        for name, g in grads.items():
            V[name].assign_sub(RATE * g)
        return scores, loss, grads

    return step

# %% tags=["fw-numpy"]
model, path_numpy = fresh_pair_model(), []
sgd = optim.SGD(model.parameters(), lr=RATE)
for step in range(100):
    out = model(pair_target[:, :-1], *model.encode(pair_source))
    loss = (F.cross_entropy(out, pair_target[:, 1:], reduction="none") * counts).sum() / counts.sum()
    sgd.zero_grad(); loss.backward(); path_numpy.append(loss.item())
    if step == 0: first_numpy = out.data, {name: p.grad.copy() for name, p in model.named_parameters()}
    sgd.step()

# %% tags=["fw-torch"]
sizes = {"d_model": D_MODEL, "nhead": N_HEADS, "dim_feedforward": 2 * D_MODEL, "dropout": 0.0, "norm_first": True, "batch_first": True}
twin = torch.nn.ModuleDict({"read": torch.nn.Embedding(9, D_MODEL), "write": torch.nn.Embedding(9, D_MODEL), "encoder": torch.nn.ModuleList([torch.nn.TransformerEncoderLayer(**sizes)]),
    "decoder": torch.nn.ModuleList([torch.nn.TransformerDecoderLayer(**sizes)]), "encoder_norm": torch.nn.LayerNorm(D_MODEL), "decoder_norm": torch.nn.LayerNorm(D_MODEL), "head": torch.nn.Linear(D_MODEL, 9)}).double()
turned = lambda name, a: a.T if a.ndim == 2 and "read" not in name and "write" not in name else a          # tables are not transposed
twin.load_state_dict({name: torch.tensor(turned(name, a).copy()) for name, a in start_values.items()})
S, Y, places = torch.tensor(pair_source), torch.tensor(pair_target), torch.tensor(fresh_pair_model().places)
path_torch, T = [], pair_target.shape[1] - 1
for step in range(100):
    memory = twin["encoder_norm"](twin["encoder"][0](twin["read"](S) + places[: S.shape[1]], src_key_padding_mask=S == PAD))
    states = twin["decoder"][0](twin["write"](Y[:, :-1]) + places[:T], memory, tgt_mask=torch.ones(T, T).triu(1).bool(), memory_key_padding_mask=S == PAD)
    out = twin["head"](twin["decoder_norm"](states))
    loss = torch.nn.functional.cross_entropy(out.flatten(0, 1), Y[:, 1:].flatten(), ignore_index=PAD)
    twin.zero_grad(); loss.backward(); path_torch.append(loss.item())
    if step == 0: first_torch = out.detach(), {name: turned(name, p.grad.numpy().copy()) for name, p in twin.named_parameters()}
    for p in twin.parameters(): p.data -= RATE * p.grad

# %% tags=["fw-tensorflow"]
V = {name: tf.Variable(a) for name, a in start_values.items()}
step_tf = keras_sequence_step(V)
steps_tf = [step_tf() for _ in range(100)]
first_tf, path_tf = (steps_tf[0][0], steps_tf[0][2]), [float(loss) for _, loss, _ in steps_tf]

# %%
parity("seq2seq-transformer", outputs={"numpy": first_numpy[0], "torch": first_torch[0], "tensorflow": first_tf[0]},
       gradients={"numpy": first_numpy[1], "torch": first_torch[1], "tensorflow": first_tf[1]}, path={"numpy": path_numpy, "torch": path_torch, "tensorflow": path_tf})

# %% [markdown]
# ## Summary
#
# - Hold out what a model could remember: here dates, not lines. Work out the best possible score first; 132 of 365 slash dates have two readings.
# - Target shifted by one: read `target[:, :-1]`, say `target[:, 1:]`. One call trains all places; a loop gives the same loss and gradient.
# - Padding counts neither in the loss nor in any look-up of a character. More of it must change nothing.
# - Greedy decoding is a beam of one; a beam as wide as everything is the exhaustive search. Four beams find more probable texts, hardly more right ones, and second readings.
# - On long strings of trained lengths attention alone is ahead of an LSTM with a summary; one letter beyond them it gets next to nothing right.
# - Warm-up rescues high rates, in post-norm first of all. It does not make the best rate better.
#
# ## Exercises
#
# ### Exercise 1 · Shift right
#
# Write `decoder_pair(rows, length)`: from lists of symbols, without START and END, make the array that the decoder reads and the array that it should say, both (N, `length`), with PAD = 0, START = 1, END = 2.

# %%
def decoder_pair(rows, length):
    ...

exercise("seq2seq-shift", decoder_pair)

# %% [markdown]
# <details><summary>Solution</summary>
#
# A row of $n$ symbols takes $n + 1$ places in either array: START and the symbols; the symbols and END.
#
# </details>

# %% tags=["hide-cell", "solution"]
def decoder_pair_solution(rows, length):
    read, say = np.zeros((2, len(rows), length), int)
    for k, row in enumerate(rows):
        read[k, : len(row) + 1], say[k, : len(row) + 1] = [START, *row], [*row, END]
    return read, say

exercise("seq2seq-shift", decoder_pair_solution)

# %% [markdown]
# ### Exercise 2 · Which mean?
#
# A batch of two: a target of two symbols, with losses 3 and 3, and one of six, with a loss of 1 each. The array has six columns; in padding the loss is 0.2. What is the mean over the symbols that are there?

# %%
answer = None
exercise("seq2seq-mean", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# $(2\cdot3 + 6\cdot1)/8 = 1.5$. A mean of the two targets' means would be 2: it gives a short target's symbols more weight. With padding it would be $12.8/12$, about 1.07.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("seq2seq-mean", (2 * 3 + 6 * 1) / 8)

# %% [markdown]
# ### Exercise 3 · The schedule
#
# Write `rate_at(step, peak, n_warm, n_steps)`: for the first `n_warm` updates, step 0, 1, …, the rate is `peak * (step + 1) / n_warm`; after them it falls along a half cosine, from `peak` at step `n_warm` to 0 at step `n_steps`.

# %%
def rate_at(step, peak, n_warm, n_steps):
    ...

exercise("seq2seq-rate", rate_at)

# %% [markdown]
# <details><summary>Solution</summary>
#
# With $u = (\text{step} - n_\text{warm})/(n - n_\text{warm})$, from 0 to 1, the cosine part is $\frac12(1+\cos\pi u)$.
#
# </details>

# %% tags=["hide-cell", "solution"]
def rate_solution(step, peak, n_warm, n_steps):
    if step < n_warm:
        return peak * (step + 1) / n_warm
    return peak * (1 + math.cos(math.pi * (step - n_warm) / (n_steps - n_warm))) / 2

exercise("seq2seq-rate", rate_solution)

# %% [markdown]
# ### Exercise 4 · Mostly American
#
# Three quarters of all slash dates are American, the rest British. What is the best possible exact match on slash dates, over the 365 days of a year?

# %%
answer = None
exercise("seq2seq-american", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# On 233 days there is one reading. On the 132 others the best answer is always the American one, right three times out of four: $(233 + 132\cdot\frac34)/365 = 0.910$.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("seq2seq-american", (233 + 132 * 0.75) / 365)

# %% [markdown]
# ### Exercise 5 · One step of a beam
#
# `log_p` (W,) are the log-probabilities of W open beams and `step` (W, V) those of their next symbols. Write `grow_beams(log_p, step)`, which returns the W best continuations, best first, as three arrays (W,): the new log-probabilities, the beam that each continues, and the symbol that it adds.

# %%
def grow_beams(log_p, step):
    ...

exercise("seq2seq-beams", grow_beams)

# %% [markdown]
# <details><summary>Solution</summary>
#
# All W·V sums compete with each other, not the V of each beam: two continuations of one beam may survive and another beam die out.
#
# </details>

# %% tags=["hide-cell", "solution"]
def grow_beams_solution(log_p, step):
    sums = (log_p[:, None] + step).ravel()
    best = np.argsort(-sums, kind="stable")[: len(log_p)]
    return sums[best], best // step.shape[1], best % step.shape[1]

exercise("seq2seq-beams", grow_beams_solution)

# %% [markdown]
# ### Exercise 6 · Three proofs
#
# (a) Show that the probabilities of all texts of at most $L$ symbols that have ended, and of all open ones of $L$ symbols, add up to 1. (b) Show that no reader, of whatever kind, has a higher expected exact match than the mean over the strings of the largest $p(\text{meaning}\mid\text{string})$. (c) With $V$ symbols, END among them, and texts of at most $L$, how wide must a beam be to be exhaustive for certain?
#
# <details><summary>Solution</summary>
#
# (a) By induction. For $L = 0$ there is the empty text, with probability 1. Each step replaces an open text of probability $p$ by its $V$ continuations, whose probabilities are $p$ times numbers that add up to 1, and leaves ended ones alone.
#
# (b) For a string $a$, a reader answers $b$ with some probability $r(b\mid a)$, and is right with probability $\sum_b r(b\mid a)\,p(b\mid a) \le \max_b p(b\mid a)\sum_b r(b\mid a) = \max_b p(b\mid a)$. Take the mean over the strings.
#
# (c) Nothing may be dropped before the last step, so it is enough to hold all texts of at most $L-1$ symbols: $(V-1)^{L-1}$ open ones and $1 + (V-1) + \dots + (V-1)^{L-2}$ that have ended. With $V=6$, $L=4$ these are 156. (To return all 781, as above, it must be as wide as that.)
#
# </details>

# %% [markdown]
# ## Sources
#
# [Vaswani et al., 2017](../../book/bibliography.md#vaswani2017attention), the encoder-decoder Transformer, its decoding and its warm-up ·
# [Xiong et al., 2020](../../book/bibliography.md#xiong2020layer), pre-norm without warm-up ·
# [Williams and Zipser, 1989](../../book/bibliography.md#williams1989learning), teacher forcing ·
# [Sutskever, Vinyals and Le, 2014](../../book/bibliography.md#sutskever2014sequence), sequence to sequence with LSTMs, and small beams.
