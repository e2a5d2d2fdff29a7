# %% [markdown]
# # Questions on language models
#
# The next six questions of the first article ask for six famous models of language. All six are stacks of the same Transformer block. What tells most of them apart is the question they are trained with: guess what comes next, guess what was hidden, guess in some other order. None of the answers needs a pre-trained network: the mechanism shows on sources so small that the best possible result is known exactly.
#
# *Reading: 20 minutes. Running: about 15 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import copy
import itertools

import numpy as np

from chainrule import Tensor, models, nn, no_grad, optim, text
from chainrule.nn import functional as F
from chainrule.proof import card, claim, exercise

# %% [markdown]
# ## S0-Q17 · What is BERT?
#
# BERT, *Bidirectional Encoder Representations from Transformers*, is a stack of [Transformer blocks](../06_attention/04_the_block.ipynb) in which every step may look at every other. It is a **[masked language model](../../book/glossary.md#masked-language-model)**: of the [tokens](../../book/glossary.md#token), 15 per cent are chosen, the set $M$; of these 80 per cent are replaced by a mask, 10 by a random token, 10 stay. The loss is
#
# $$L = -\frac{1}{|M|}\sum_{t\in M}\ln p(x_t \mid \tilde x), \qquad \tilde x = \text{the corrupted text}.$$
#
# The article is right, and leaves out the second task: telling whether two pieces of text follow each other. [Pre-training](../../book/glossary.md#pre-training) is followed by [fine-tuning](../../book/glossary.md#fine-tuning). The second article lists the paper twice, once at a wrong conference; it is one, of the conference NAACL-HLT 2019 ([Devlin et al., 2019](../../book/bibliography.md#devlin2019bert)). The count below includes the *pooler*, a dense layer on the first token's last state.

# %% tags=["settles-S0-Q17", "settles-SYS-07", "settles-X18"]
def bert_parameters(vocabulary, positions, segments, width=768, layers=12):
    """Return the count of an encoder: three tables and their norm, the blocks, the pooler."""
    return (vocabulary + positions + segments + 2) * width + layers * (12 * width**2 + 13 * width) + width**2 + width

n_bert = bert_parameters(vocabulary=30_522, positions=512, segments=2)
card("bert", "BERT", year=2019, paper="devlin2019bert", idea="Hide some tokens, and guess each from both sides.",
     configuration="base: 12 layers of 768, 30 522 word pieces, with the pooler", parameters=n_bert)
claim("qlang-bert-parameters", "By this formula BERT-base has 109 482 240 parameters.", n_bert, expected=109_482_240)
blocks = [nn.TransformerBlock(d, 2, rng=np.random.default_rng(0)) for d in (8, 16, 32)]
claim("qlang-block-parameters", "A block of width D has 12 D² + 13 D: counted in blocks of width 8, 16 and 32.",
      [sum(p.data.size for p in block.parameters()) for block in blocks], expected=[12 * d * d + 13 * d for d in (8, 16, 32)])

# %% [markdown]
# **What can a hidden token's neighbours tell?** Take a source in which each token depends on the one before it alone: six states, a table $P$ of probabilities. Then everything is known exactly. A model that sees the past cannot get below $H(x_t\mid x_{t-1})$, the [entropy rate](../../book/glossary.md#entropy-rate); one that sees both sides cannot get below $H(x_t\mid x_{t-1}, x_{t+1})$. **Predict:** how much is the future worth, in per cent of the first?

# %% tags=["settles-S0-Q17"]
P = np.random.default_rng(1).dirichlet([0.5] * 6, 6)                # row i: where state i goes next
pi = np.linalg.matrix_power(P, 1000)[0]                             # how frequent each state is
joint = pi[:, None, None] * P[:, :, None] * P                       # p(before, hidden, after)
given_past = -(pi[:, None] * P * np.log(P)).sum()
given_both = -(joint * np.log(joint / joint.sum(1, keepdims=True))).sum()
claim("qlang-bert-marks", "The past leaves 1.175 nats open, both sides 0.720.", [given_past, given_both], expected=[1.175, 0.720], tolerance=5e-4)

rng = np.random.default_rng(0)
tokens = rng.integers(5, 1000, (200, 500))                          # 0 is the mask, 1 to 4 are special
corrupted, targets, chosen = text.mask_tokens(tokens, rng, mask_id=0, vocab_size=1000, special=range(5))
is_mask, is_same = corrupted[chosen] == 0, (corrupted == tokens)[chosen]
claim("qlang-bert-rate", "15 per cent are chosen in every row, and nothing else is touched.",
      [chosen.mean(1).min(), chosen.mean(1).max(), (corrupted != tokens)[~chosen].sum()], expected=[0.15, 0.15, 0], tolerance=1e-12)
claim("qlang-bert-split", "Of 15 000 chosen tokens 80, 10 and 10 per cent are masked, random and kept.",
      [is_mask.mean(), 1 - is_mask.mean() - is_same.mean(), is_same.mean()], expected=[0.8, 0.1, 0.1], tolerance=0.015)

# %% [markdown]
# Now train one block of width 32 in two ways, on fresh texts of eight tokens: once as a masked model, once, with a [causal mask](../../book/glossary.md#causal-mask), to predict the next token. Both are then asked about the fifth token of 10 000 new texts.

# %%
class OneBlock(nn.Module):
    def __init__(self, is_causal, rng):
        self.is_causal, self.tokens, self.places = is_causal, nn.Embedding(7, 32, rng=rng), nn.Embedding(8, 32, rng=rng)
        self.block, self.head = nn.TransformerBlock(32, 4, rng=rng), nn.Linear(32, 6, rng=rng)

    def forward(self, x):
        return self.head(self.block(self.tokens(x) + self.places(np.arange(8)), is_causal=self.is_causal))

def draw_chains(P, n, rng):
    x = rng.choice(6, (n, 8), p=np.linalg.matrix_power(P, 1000)[0])
    for t in range(1, 8):
        x[:, t] = (rng.random((n, 1)) > P[x[:, t - 1]].cumsum(1)[:, :5]).sum(1)
    return x

def loss_of_chosen(model, x, shown, chosen):
    """Return the mean of -ln p; a causal model speaks of a token one step before it."""
    return F.cross_entropy(model(shown)[np.roll(chosen, -model.is_causal, 1)], x[chosen])

# %%
def train_one_block(P, is_causal, seed, steps=280):
    rng = np.random.default_rng(seed)
    model = OneBlock(is_causal, rng)
    adam = optim.Adam(model.parameters(), lr=0.01)
    for step in range(steps):
        x = draw_chains(P, 64, rng)
        all_but_first = np.arange(8) > np.zeros((64, 1))
        shown, _, chosen = (x, x, all_but_first) if is_causal else text.mask_tokens(x, rng, mask_id=6, vocab_size=7)
        loss = loss_of_chosen(model, x, shown, chosen)
        adam.lr = 0.01 * min(1, (step + 1) / 30) * (1 - step / steps)
        adam.zero_grad()
        loss.backward()
        adam.step()
    return model

# %% tags=["settles-S0-Q17", "settles-SYS-07"]
x_new = draw_chains(P, 10_000, np.random.default_rng(99))
fifth = np.zeros(x_new.shape, bool)
fifth[:, 4] = True
causal, masked = [train_one_block(P, True, seed) for seed in (0, 1)], [train_one_block(P, False, seed) for seed in (0, 1, 2)]
x_end = x_new[:50].copy()
x_end[:, 7] = (x_end[:, 7] + 1) % 6                                 # another last token
with no_grad():
    of_causal = [float(loss_of_chosen(model, x_new, x_new, fifth).data) for model in causal]
    of_masked = [float(loss_of_chosen(model, x_new, np.where(fifth, 6, x_new), fifth).data) for model in masked]
    moved_causal, moved_masked = (np.abs(model(x_end).data - model(x_new[:50]).data).max((0, 2)) for model in (causal[0], masked[0]))
print(f"nats for each seed: causal {np.round(of_causal, 3)}, masked {np.round(of_masked, 3)}")
claim("qlang-bert-two-sided", "Each masked model is within 0.12 nats of what both sides leave open.", of_masked, at_least=given_both - 0.05, at_most=given_both + 0.12)
claim("qlang-bert-causal", "Each causal model is within 0.06 of what the past leaves open.", of_causal, expected=[given_past] * 2, tolerance=0.06)
claim("qlang-bert-gap", "The worst masked model is at least 0.3 nats below the best causal one.", min(of_causal) - max(of_masked), at_least=0.3)
claim("qlang-bert-full-mask", "Another last token moves every output of the masked model.", moved_masked.min(), at_least=1e-3)
claim("qlang-bert-no-future", "In the causal model it moves none before the last, in no digit.", moved_causal[:7].max(), expected=0.0)

# %% [markdown]
# The future is worth 39 per cent of what the past leaves open, and one block finds about nine tenths of that. No causal model of this source can get below 1.175, however it is trained.
#
# **What it does not show:** that the masked model is the better model of this source. It was told more. Nor does it show any use for other tasks, which was the point of BERT.
#
# ### Check yourself · Marks before conclusions
#
# A source with two states stays where it is with probability 0.9. A masked model, trained on it, stops at 0.33 nats, and somebody concludes: *a masked model cannot use both sides.* Why is this evidence worthless? Compute three marks, in nats: $H(x_t)$, $H(x_t\mid x_{t-1})$, $H(x_t\mid x_{t-1}, x_{t+1})$.

# %%
answer = None
exercise("qlang-marks", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# The run stands at the second mark: it has found one neighbour, and training has stopped there. That says something about its training, nothing about masks. A first design of the experiment above failed in this way: twelve states, two layers, small vectors for the positions; after 500 steps it stood well above the mark of *one* neighbour. Without marks that looks like a result.
#
# </details>

# %% tags=["hide-cell", "solution"]
stay = np.array([[0.9, 0.1], [0.1, 0.9]])
triple = 0.5 * stay[:, :, None] * stay
exercise("qlang-marks", [np.log(2), -(0.5 * stay * np.log(stay)).sum(), -(triple * np.log(triple / triple.sum(1, keepdims=True))).sum()])

# %% [markdown]
# ## S0-Q18 · What is GPT?
#
# The article says "a generative task". Which one: [GPT](../../book/glossary.md#gpt) is a [language model](../../book/glossary.md#language-model) in the strict sense. It gives every text a probability by the chain rule of probabilities, one token after another,
#
# $$p(x_1,\dots,x_T) = \prod_{t=1}^T p(x_t\mid x_1,\dots,x_{t-1}),$$
#
# with a Transformer that has a decoder's [causal mask](../../book/glossary.md#causal-mask) and no encoder. All $T$ factors are trained in one pass; to write, it draws a token, appends it, and goes on. GPT is [Radford et al., 2018](../../book/bibliography.md#radford2018improving), GPT-2 [Radford et al., 2019](../../book/bibliography.md#radford2019language), GPT-3 [Brown et al., 2020](../../book/bibliography.md#brown2020language); the second article's reference 17 mixes the last two. [A small GPT](../06_attention/06_small_gpt.ipynb) builds and trains one.

# %% tags=["settles-S0-Q18", "settles-SYS-08", "settles-F15", "settles-B17"]
n_gpt2 = models.gpt_parameters(vocab_size=50_257, context=1024, n_layer=12, n_head=12, d_model=768)
card("gpt", "GPT", year=2018, paper="radford2018improving", idea="Guess the next token from those before it, and a text has a probability.",
     configuration="GPT-2 small: 12 layers of 768, 50 257 byte pairs, context 1024", parameters=n_gpt2)
claim("qlang-gpt-parameters", "GPT-2 small has (V + T + 2) D + 12 (12 D² + 13 D) = 124 439 808 parameters.",
      [n_gpt2, (50_257 + 1024 + 2) * 768 + 12 * (12 * 768**2 + 13 * 768)], expected=[124_439_808] * 2)

# %% [markdown]
# **Two consequences of the mask, exactly.** Another future leaves the scores of the past unchanged in every digit. And the product above, added over *all* texts, is one: here over the $3^5 = 243$ ways to go on from token 0 with three tokens. **Predict** the sum for the same weights without the mask.

# %% tags=["settles-S0-Q18", "settles-SYS-08", "settles-F15"]
def scores_without_mask(model, x):
    h = model.token_embedding(x) + model.position_embedding(np.arange(x.shape[1]))
    for block in model.blocks:
        h = block(h)                                                # is_causal is left out
    return F.linear(model.norm(h), model.token_embedding.weight.T)

def sum_over_texts(scores, x):
    log_p = F.log_softmax(scores).data[:, :-1]                      # step t speaks of token t + 1
    return np.exp(np.take_along_axis(log_p, x[:, 1:, None], 2).sum((1, 2))).sum()

x_all = np.array([(0, *rest) for rest in itertools.product(range(3), repeat=5)])
x_other = np.concatenate([x_all[:, :4], 2 - x_all[:, 4:]], axis=1)  # another end
sums, changes = [], []
for seed in range(5):
    tiny = models.GPT(3, 6, 2, 2, 8, rng=np.random.default_rng(seed), dtype=np.float64, init_std=1.0)
    with no_grad():
        sums.append([sum_over_texts(scores, x_all) for scores in (tiny(x_all), scores_without_mask(tiny, x_all))])
        changes.append(np.abs(tiny(x_all).data - tiny(x_other).data).max((0, 2)))
sums, changes = np.array(sums), np.array(changes)
print("sums without the mask, five seeds:", sums[:, 1].round(3))
claim("qlang-gpt-future", "Another fifth and sixth token: the scores of the first four steps stay, to the last digit.", changes[:, :4].max(), expected=0.0)
claim("qlang-gpt-future-seen", "Those of steps five and six move.", changes[:, 4:].min(), at_least=0.01)
claim("qlang-gpt-sums-to-one", "The probabilities of all 243 texts have the sum one, for each of five seeds.", sums[:, 0], expected=[1.0] * 5, tolerance=1e-12)
claim("qlang-gpt-no-mask", "Without the mask they have another sum for every seed.", np.abs(sums[:, 1] - 1).min(), at_least=1e-3)

# %% [markdown]
# **What it does not show:** that the probabilities are good. These models have learnt nothing; the sum is one for any weights.
#
# ### Check yourself · A probability that is none
#
# "On the same source our masked model has 0.74 nats a token and the causal one 1.18; the masked one is the better language model." Why is this evidence worthless? Take texts of two tokens that are always equal, each of 8 values equally often, and a *perfect* masked model. Which sum does $p(x_1\mid x_2)\,p(x_2\mid x_1)$ have over all 64 texts?

# %%
answer = None
exercise("qlang-pair", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Each neighbour tells all: both factors are 1 for the 8 equal pairs and 0 for the others. The sum is 8, the masked loss 0. A causal model cannot do better than $\ln 8$ for the first token and 0 for the second, and $e^{-\ln 8}$ is the right probability of each of the 8 texts. The two losses answer different questions; only the causal one is the $-\ln p$ of a text.
#
# </details>

# %% tags=["hide-cell", "solution"]
conditional = np.eye(8)                                             # p(x_1 | x_2), and p(x_2 | x_1)
exercise("qlang-pair", (conditional * conditional.T).sum())

# %% [markdown]
# ## S0-Q19 · What is RoBERTa?
#
# *A Robustly Optimized BERT Pretraining Approach* is BERT, trained better. The article speaks of "different pre-training tasks"; the task is the *same* masked language model. What changed: the masks are drawn anew each time a text is seen (*dynamic masking*), the task on pairs of texts is dropped, there is ten times as much text, there are larger [batches](../../book/glossary.md#minibatch), longer training, and [byte pairs](../../book/glossary.md#byte-pair-encoding) in place of word pieces. With rate $r$, after $e$ passes a position has been predicted at least once with probability
#
# $$1 - (1 - r)^e .$$
#
# The paper itself found dynamic masks "comparable or slightly better"; the gain came from data and duration ([Liu et al., 2019](../../book/bibliography.md#liu2019roberta)). Training is the subject of [Training one](../06_attention/05_training_one.ipynb).

# %% tags=["settles-S0-Q19", "settles-SYS-09", "settles-F16"]
n_roberta = bert_parameters(vocabulary=50_265, positions=514, segments=1)
card("roberta", "RoBERTa", year=2019, paper="liu2019roberta", idea="BERT with masks drawn anew each time, one task, more text, longer training.",
     configuration="base: 12 layers of 768, 50 265 byte pairs, with the pooler", parameters=n_roberta)
claim("qlang-roberta-parameters", "RoBERTa-base has 124 645 632 parameters.", n_roberta, expected=124_645_632)
claim("qlang-roberta-vocabulary", "What it has more than BERT-base is its vocabulary, to one part in a thousand.",
      (50_265 - 30_522) * 768 / (n_roberta - n_bert), expected=1.0, tolerance=1e-3)

# %% [markdown]
# BERT's data held each text ten times with ten masks, so that in 40 epochs each mask came four times. **Predict** which share of all positions that leaves out for good.

# %% tags=["settles-S0-Q19", "settles-SYS-09", "settles-F16"]
def share_ever_asked(seed, n_masks, epochs=(1, 4, 10, 40)):
    rng = np.random.default_rng(seed)
    tokens = rng.integers(1, 1000, (60, 200))
    masks = np.array([text.mask_tokens(tokens, rng, mask_id=0, vocab_size=1000)[2] for _ in range(n_masks)])
    return [masks[np.arange(e) % n_masks].any(0).mean() for e in epochs]     # epoch e takes mask e, or begins again

shares = {n: np.array([share_ever_asked(seed, n) for seed in range(5)]) for n in (1, 10, 40)}
for n, share in shares.items():
    print(f"{n:2} masks: after 1, 4, 10, 40 epochs {share.mean(0).round(4)}, spread at most {share.std(0).max():.4f}")
law = 1 - 0.85 ** np.array([1, 4, 10, 40])
claim("qlang-roberta-dynamic", "Dynamic: 15, 48, 80 and 99.8 per cent have been asked for, as 1 - 0.85ᵉ says.", shares[40].mean(0), expected=law, tolerance=0.006)
claim("qlang-roberta-static", "Ten static masks stop at 80 per cent, one at 15.",
      [shares[10][:, 3].mean(), shares[1][:, 3].mean()], expected=[law[2], 0.15], tolerance=0.006)

tokens, table = np.random.default_rng(0).integers(1, 50, (60, 200)), Tensor(np.random.default_rng(1).normal(size=(50, 50)))
def losses_by_epoch(tokens, table, is_dynamic, epochs=6):
    """Return the masked loss of one fixed model, which looks at the token on the left."""
    draws, rng = [], np.random.default_rng(2)
    for epoch in range(epochs):
        draws.append(text.mask_tokens(tokens, rng, 0, 50) if is_dynamic or epoch == 0 else draws[0])
    return np.array([F.cross_entropy(table[np.roll(shown, 1, 1)[at]], tokens[at]).data for shown, _, at in draws])

static, dynamic = (losses_by_epoch(tokens, table, is_dynamic) for is_dynamic in (False, True))
claim("qlang-roberta-same-loss", "It is the same loss: equal in the first epoch; then static masks repeat it, dynamic ones do not.",
      [dynamic[0] - static[0], np.ptp(static), np.ptp(dynamic) > 1e-3], expected=[0.0, 0.0, 1.0])

# %% [markdown]
# **What it does not show:** that asking for more positions makes a better model. In a large corpus most texts are seen once or a few times, and there static and dynamic masks are the same thing.
#
# ### Check yourself · When they differ
#
# Two runs of ten epochs, one with ten static masks and one with dynamic masks, end equally well: "dynamic masks are of no use". Why is this evidence worthless? Give the first epoch in which the two methods differ, and the share of all positions that the dynamic run asks for in that epoch for the first time.

# %%
answer = None
exercise("qlang-first-difference", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Ten epochs with ten masks *are* dynamic masking: two runs of one method were compared. Epoch 11 repeats a mask, and asks for nothing new; a dynamic epoch 11 asks for $0.15\cdot0.85^{10} = 3$ per cent.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("qlang-first-difference", [11, 0.15 * 0.85**10])

# %% [markdown]
# ## S0-Q20 · What is T5?
#
# *Text-to-Text Transfer Transformer*: an [encoder-decoder](../../book/glossary.md#encoder-decoder) in which every task is to write a text when given one. "translate English to German: ..." asks for German, "cola sentence: ..." for the word "acceptable". The article says so, and leaves out how it is pre-trained: by **span corruption**. Of $n$ tokens a share $r$ is cut out in spans of mean length $m$; each span leaves a numbered *sentinel*, and the target lists each sentinel with what stood there. With $c = rn$ cut tokens in $s = c/m$ spans
#
# $$\text{input: } n - c + s \text{ tokens}, \qquad \text{target: } s + c + 1 .$$
#
# The decoder writes only what is missing, which makes pre-training cheap ([Raffel et al., 2020](../../book/bibliography.md#raffel2020exploring)). Encoder and decoder meet by [cross-attention](../../book/glossary.md#cross-attention), see [The block](../06_attention/04_the_block.ipynb).

# %% tags=["settles-S0-Q20", "settles-SYS-10"]
D, hidden, layers, heads, buckets = 512, 2048, 6, 8, 32
attention, feed_forward = 4 * D**2, 2 * D * hidden                   # no biases; a norm has D scales
n_t5 = 32_128 * D + layers * (attention + feed_forward + 2 * D) + layers * (2 * attention + feed_forward + 3 * D) + 2 * D + 2 * buckets * heads
card("t5", "T5", year=2020, paper="raffel2020exploring", idea="Every task is text to text; cut spans out and write them.",
     configuration="small: 6 + 6 layers of 512, 32 128 pieces, relative positions, tied output", parameters=n_t5)
claim("qlang-t5-parameters", "T5-small has 60 506 624 parameters.", n_t5, expected=60_506_624)

# %% [markdown]
# Is anything lost? An input that still held the whole text would be lossless, too, and teach nothing. So two things are tested, on 200 texts of random length whose tokens are all different: the text comes back, *and* each token stands in exactly one of the two.

# %% tags=["settles-S0-Q20", "settles-SYS-10"]
shown, wanted = text.corrupt_spans(np.arange(12), np.random.default_rng(4), sentinel_start=100, rate=0.3, mean_length=2)
print("input ", shown, "\ntarget", wanted)
is_back, is_split = [], []
for seed in range(200):
    rng = np.random.default_rng(seed)
    tokens = rng.permutation(1000)[: rng.integers(2, 600)]
    shown, wanted = text.corrupt_spans(tokens, rng, 1000, rate=rng.uniform(0.05, 0.6), mean_length=rng.uniform(1, 6))
    is_back.append(np.array_equal(text.restore_spans(shown, wanted, 1000), tokens))
    left, cut = shown[shown < 1000], wanted[wanted < 1000]
    is_split.append(len(left) + len(cut) == len(tokens) and not np.isin(left, cut).any())
claim("qlang-t5-lossless", "All 200 texts come back.", sum(is_back), expected=200)
claim("qlang-t5-split", "And in all 200 each token stands either in the input or in the target.", sum(is_split), expected=200)
lengths = [[len(part) for part in text.corrupt_spans(np.arange(512), np.random.default_rng(seed), 1000)] for seed in range(20)]
claim("qlang-t5-lengths", "512 tokens become an input of 461 and a target of 104, whatever is drawn.", [min(lengths), max(lengths)], expected=[[461, 104]] * 2)

# %% [markdown]
# **What it does not show:** that a model can fill the spans, or that one model serves many tasks. A codec has no weights.
#
# ### Check yourself · Right without reading
#
# A model gets 27 of the 104 target tokens right before any training, as somebody has told it where the spans end. Why is this evidence worthless? Say which tokens these are, and find the number for other settings: 1000 tokens, a rate of 0.3, spans of 5. Answer with three numbers: length of the input, length of the target, sentinels in the target.

# %%
answer = None
exercise("qlang-lengths", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# The sentinels come in the same order in every target: no text need be read to write them. 300 tokens in 60 spans: the input has $1000 - 300 + 60 = 760$, the target $60 + 300 + 1 = 361$, of which 61 are sentinels. Count the tokens of the text only.
#
# </details>

# %% tags=["hide-cell", "solution"]
shown, wanted = text.corrupt_spans(np.arange(1000), np.random.default_rng(0), 1000, rate=0.3, mean_length=5)
exercise("qlang-lengths", [len(shown), len(wanted), (wanted >= 1000).sum()])

# %% [markdown]
# ## S0-Q21 · What is XLNet?
#
# The article names "self-attention and bidirectional context", which BERT has as well. XLNet's own idea is **[permutation language modelling](../../book/glossary.md#permutation-language-modelling)**: predict the tokens one after another, as GPT does, but in a *random order* $z$:
#
# $$\max_\theta\ \mathrm E_z\sum_{k=1}^T\ln p_\theta\bigl(x_{z_k}\mid x_{z_1},\dots,x_{z_{k-1}}\bigr).$$
#
# The text keeps its order; only the masks follow $z$. Two streams are needed: the *content* stream may see its own token, the *query* stream, which predicts, knows its place and not its token. No mask token is ever seen, unlike in BERT ([Yang et al., 2019](../../book/bibliography.md#yang2019xlnet), from the authors of Transformer-XL; the name is no acronym). Masks: [Self-attention](../06_attention/02_self_attention.ipynb).

# %% tags=["settles-S0-Q21", "settles-SYS-11", "settles-F17"]
D, hidden, layers = 768, 3072, 12
attention = 5 * D**2 + 3 * D + 2 * D           # queries, keys, values, relative places, output; three biases; two vectors for segments
n_xlnet = 32_000 * D + D + layers * (attention + 2 * D * hidden + hidden + D + 4 * D)
card("xlnet", "XLNet", year=2019, paper="yang2019xlnet", idea="Predict the tokens in a random order, each from those before it in that order.",
     configuration="base: 12 layers of 768, 32 000 pieces, relative positions, the query stream's vector, no output layer", parameters=n_xlnet)
claim("qlang-xlnet-parameters", "XLNet-base has 116 718 336 parameters.", n_xlnet, expected=116_718_336)

# %% [markdown]
# **Does the prediction of a token leak from the token?** Differentiate each output of the query stream by each word, through two layers. Of the 36 pairs of six tokens, 15 may be used in each order; 21, the six tokens themselves among them, must have a derivative of exactly 0.

# %% tags=["settles-S0-Q21", "settles-SYS-11", "settles-F17"]
def influence_of_words(order, seed, n_layers=2, is_planted=False):
    """Return (T, T): how strongly the prediction at place i depends on the word at place j."""
    rng, T, D = np.random.default_rng(seed), len(order), 8
    content, query = text.permutation_masks(order)
    content = np.ones_like(content) if is_planted else content
    words, places, start = (Tensor(rng.normal(size=s), requires_grad=True) for s in ((T, D), (T, D), (1, D)))
    h, g = words + places, start + places                           # g knows where, not what
    for _ in range(n_layers):
        Wq, Wk, Wv = (Tensor(W) for W in rng.normal(0, D**-0.5, (3, D, D)))
        seen = [F.scaled_dot_product_attention(x @ Wq, h @ Wk, h @ Wv, attn_mask=m) for x, m in ((h, content), (g, query))]
        h, g = (h + seen[0]).tanh(), (g + seen[1]).tanh()           # both from the content of the layer below
    rows, weights = [], Tensor(rng.normal(size=D))
    for i in range(T):
        words.grad = None
        (g[i] * weights).sum().backward(retain_graph=True)
        rows.append(np.abs(words.grad).max(1) if words.grad is not None else np.zeros(T))
    return np.array(rows)

orders = [np.random.default_rng(seed).permutation(6) for seed in range(6)]
found = np.array([influence_of_words(order, seed) for seed, order in enumerate(orders)])
allowed = np.array([text.permutation_masks(order)[1] for order in orders])
claim("qlang-xlnet-no-leak", "In six random orders none of the 21 forbidden pairs has an influence, in no digit.", found[~allowed].max(), expected=0.0)
claim("qlang-xlnet-all-used", "All 15 allowed pairs have one, in each order.", [int((f > 1e-9).sum()) for f in found], expected=[15] * 6)

# %% [markdown]
# One order is no better than left to right. The *mean over orders* is what makes the context two-sided.

# %% tags=["settles-S0-Q21", "settles-SYS-11"]
every = np.array([text.permutation_masks(np.array(order))[1] for order in itertools.permutations(range(5))])    # 120 orders
claim("qlang-xlnet-both-sides", "Over all 120 orders of five tokens each looks at each other in half of them, and at itself in none.",
      every.mean(0), expected=0.5 * (1 - np.eye(5)), tolerance=1e-15)

# %% [markdown]
# **What it does not show:** that training in all orders pays. A model that must answer $T!$ questions answers each with the same weights; XLNet predicts only the last sixth of each order, as the first ones are too hard.
#
# ### Check yourself · A leak that one layer hides
#
# Somebody forgets the mask of the *content* stream (`is_planted=True` above), tests a model of one layer for leaks, finds none, and trains with twelve. Why is this evidence worthless? For six tokens: how many of the 21 forbidden pairs leak with one layer, and with two?

# %%
answer = None
exercise("qlang-leaks", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# In one layer the query stream looks at the words themselves, by its own mask, which is right: no leak. In the second it looks at steps of the content stream which have seen everything, its own token among it. Only the first in the order looks at nobody; its 6 forbidden pairs stay clean, and $21 - 6 = 15$ leak. A test for leaks needs as many layers as a leak has hops.
#
# </details>

# %% tags=["hide-cell", "solution"]
order = np.array([3, 0, 5, 1, 4, 2])
forbidden = ~text.permutation_masks(order)[1]
exercise("qlang-leaks", [int((influence_of_words(order, 0, n, is_planted=True) > 1e-9)[forbidden].sum()) for n in (1, 2)])

# %% [markdown]
# ## S0-Q22 · What is ALBERT?
#
# *A Lite BERT*. The article repeats its text on RoBERTa here. In fact three things are new. All layers *share* one set of weights. The table of embeddings is *factorised*: $V\times E$, then $E\times H$, with $E = 128$ for a width $H = 768$. And the second task is to tell whether two pieces stand in the right *order* ([Lan et al., 2020](../../book/bibliography.md#lan2020albert)). With one block $f_\theta$ used $L$ times,
#
# $$VE + EH \ll VH, \qquad\qquad \frac{\partial\mathcal L}{\partial\theta} = \sum_{l=1}^L\frac{\partial\mathcal L}{\partial\theta_l}\Big|_{\theta_1=\dots=\theta_L=\theta} .$$
#
# The sum is the rule for all [tied weights](../../book/glossary.md#tied-weights), the same as for a recurrent network in [Back-propagation through time](../05_rnn/02_through_time.ipynb). "Better" is too general: at *equal* size of the layers ALBERT scores lower than BERT.

# %% tags=["settles-S0-Q22", "settles-SYS-12", "settles-F18", "settles-N7"]
V, E, H = 30_000, 128, 768
n_albert = (V + 512 + 2 + 2) * E + (E * H + H) + (12 * H**2 + 13 * H) + (H**2 + H)     # tables, projection, one block, pooler
card("albert", "ALBERT", year=2020, paper="lan2020albert", idea="One block for all layers, and a narrow table of embeddings.",
     configuration="base: 12 times one layer of 768, 30 000 pieces of 128, with the pooler", parameters=n_albert)
claim("qlang-albert-parameters", "ALBERT-base has 11 683 584 parameters.", n_albert, expected=11_683_584)
claim("qlang-albert-share", "That is 10.7 per cent of BERT-base.", n_albert / n_bert, expected=0.1067, tolerance=5e-5)
claim("qlang-albert-factors", "3 938 304 numbers in place of 23 040 000 for the embeddings.", [V * E + E * H, V * H], expected=[3_938_304, 23_040_000])

# %% [markdown]
# Now one block, used $L$ times, beside $L$ separate copies of it.

# %% tags=["settles-S0-Q22", "settles-SYS-12", "settles-F18"]
x_in, weights = (Tensor(np.random.default_rng(s).normal(size=(2, 5, 16))) for s in (0, 1))

def read_marked(blocks):
    """Return the output, the gradients of each distinct block, and how many parameters there are."""
    y = x_in
    for block in blocks:
        y = block(y)
    (y * weights).sum().backward()
    distinct = {id(block): [p.grad for p in block.parameters()] for block in blocks}
    return y.data, [*distinct.values()], sum(g.size for grads in distinct.values() for g in grads)

sizes, gaps = [], []
for L in (1, 2, 6, 12):
    shared = nn.TransformerBlock(16, 2, rng=np.random.default_rng(L), dtype=np.float64)
    apart = [copy.deepcopy(shared) for _ in range(L)]
    one, many = read_marked([shared] * L), read_marked(apart)
    sizes.append([one[2], many[2]])
    gaps.append([np.abs(one[0] - many[0]).max(), max(np.abs(g - sum(parts)).max() / np.abs(g).max() for g, *parts in zip(one[1][0], *many[1]))])
claim("qlang-albert-depth", "Shared: 3280 parameters at every depth. Apart: that times 1, 2, 6 and 12.", sizes, expected=[[3280, 3280 * L] for L in (1, 2, 6, 12)])
claim("qlang-albert-same-output", "With equal weights the outputs are equal in every digit.", np.array(gaps)[:, 0], expected=[0.0] * 4)
claim("qlang-albert-gradient", "The gradient of the shared block is the sum of the copies' gradients.", np.array(gaps)[:, 1].max(), at_most=1e-9)

# %% [markdown]
# **What it does not show:** that sharing costs no accuracy, and least of all that it saves time: every layer is still computed, and after one step the copies would differ.
#
# ### Check yourself · Smaller, so faster?
#
# ALBERT-xxlarge has 235 million parameters, BERT-large 334 million. "It has 70 per cent of the parameters, so it takes 70 per cent of the time." Why is this evidence worthless? ALBERT-xxlarge goes 12 times through a layer of width 4096, BERT-large through 24 layers of width 1024. A layer of width $H$ multiplies a token with $12H^2$ weights. How many times as many multiplications a token does ALBERT-xxlarge need?

# %%
answer = None
exercise("qlang-work", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# $12\cdot 4096^2 / (24\cdot 1024^2) = 8$. Parameters say what has to be stored. What has to be computed is weights *times how often each is used*, and sharing uses each twelve times.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("qlang-work", 12 * 12 * 4096**2 / (24 * 12 * 1024**2))

# %% [markdown]
# ## Sources
#
# [Devlin et al., 2019](../../book/bibliography.md#devlin2019bert), BERT, masks in 3.1 ·
# [Radford et al., 2018](../../book/bibliography.md#radford2018improving), GPT, [2019](../../book/bibliography.md#radford2019language), GPT-2, and [Brown et al., 2020](../../book/bibliography.md#brown2020language), GPT-3 ·
# [Liu et al., 2019](../../book/bibliography.md#liu2019roberta), RoBERTa, static and dynamic masks in 4.1 ·
# [Raffel et al., 2020](../../book/bibliography.md#raffel2020exploring), T5, the objective in 3.1.4 ·
# [Yang et al., 2019](../../book/bibliography.md#yang2019xlnet), XLNet, two streams in 2.3 ·
# [Lan et al., 2020](../../book/bibliography.md#lan2020albert), ALBERT, sizes in table 1.
