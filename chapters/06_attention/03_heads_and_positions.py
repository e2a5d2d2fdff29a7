# %% [markdown]
# # Heads and positions
#
# **After this section** you can build multi-head attention and load its weights into PyTorch and Keras, say what more heads cost and what they do not, prove that attention sees a set and not a sequence, and choose among sinusoidal, learned, rotary and linear-bias positions by what each of them promises.
# *Reading: 30 minutes. Running: about 25 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import math

import matplotlib.pyplot as plt
import numpy as np

from chainrule import Tensor, nn, no_grad, optim, plotting
from chainrule.nn import functional as F
from chainrule.proof import claim, exercise, parity, same

# %% [markdown]
# ## The question
#
# [Scaled dot-product self-attention](02_self_attention.ipynb) gives every step *one* row of weights. In "the cat saw the dog" the verb has two questions, who saw and who was seen, and one row of weights can only point once, or smear itself over both. That is the first half of this section. The second half: "the cat saw the dog" and "the dog saw the cat" hold the same words. How would attention tell?
#
# The smallest example of the first half. A step wants the *first* number of its left neighbour $a = (a_1, a_2)$ and the *second* number of its right neighbour $b = (b_1, b_2)$. One [softmax](../../book/glossary.md#softmax) gives $a$ the weight $w$ and $b$ the rest. What arrives is
#
# $$w\,a + (1-w)\,b = \bigl(w a_1 + (1-w)\,b_1,\;\; w a_2 + (1-w)\,b_2\bigr),$$
#
# the same $w$ for *both* numbers. With $w = \frac12$ we get half of what we want, with as much rubbish added; with $w = 1$ all of $a_1$ and nothing of $b_2$. Any matrix may follow, so take the best one for each $w$. All four numbers are independent with [variance](../../book/glossary.md#variance) 1, so that knowing nothing costs 2 in squared error. **Predict** which $w$ is best, and what it costs.

# %%
def squared_error_of_one_head(w):
    """Return the least expected squared error of a linear map from w a + (1 - w) b to (a_1, b_2)."""
    seen = np.vstack([w * np.eye(2), (1 - w) * np.eye(2)])            # how a_1, a_2, b_1, b_2 enter the mean: (4, 2)
    wanted = np.zeros((4, 2))
    wanted[0, 0] = wanted[3, 1] = 1.0                                 # a_1 and b_2
    best = np.linalg.lstsq(seen, wanted, rcond=None)[0]
    return ((seen @ best - wanted) ** 2).sum()

one_head = [squared_error_of_one_head(w) for w in (0.0, 0.25, 0.5, 0.9, 1.0)]
claim("heads-one-softmax", "Whatever the weight, one softmax loses exactly 1 of the 2.", one_head, expected=[1.0] * 5, tolerance=1e-12)

# %% [markdown]
# There is no best weight: sharp or smeared, half is lost. Two softmaxes, one for each number, lose nothing: $w = 1$ for the first, $w = 0$ for the second. (Exercise 6 has the law: of one number from each of $n$ places one softmax loses $n-1$ of $n$, and $h$ can get it down to $n-h$. A non-linear reader of well-separated codes may do better.)
#
# ## Multi-head attention
#
# **[Multi-head attention](../../book/glossary.md#multi-head-attention)** cuts queries, keys and values into $h$ pieces and lets each piece attend by itself ([Vaswani et al., 2017](../../book/bibliography.md#vaswani2017attention), 3.2.2):
#
# $$O_i = \mathrm{softmax}\Bigl(\frac{Q_iK_i^\top}{\sqrt{D/h}}\Bigr)V_i, \qquad \mathrm{MultiHead}(X) = [O_1, \dots, O_h]\,W_o + b_o = \sum_{i=1}^h O_i\,W_o^{(i)} + b_o .$$
#
# Read aloud: *every head looks with its own columns of the projections; what the heads bring is put side by side and mixed by one more matrix.* The last form says more: side by side times a matrix is a **sum over heads**, where $W_o^{(i)}$ is the $i$-th band of rows. A head can be switched off by leaving out its term.
#
# | symbol | shape | meaning |
# |---|---|---|
# | steps $X$ | $(B, T, D)$ | a batch of sequences |
# | heads $h$ | number | must divide $D$ |
# | $W_q, W_k, W_v$ side by side | $(D, 3D)$ | one matrix product for all heads and parts |
# | $Q_i, K_i, V_i$ | $(B, T, D/h)$ | columns $iD/h$ to $(i+1)D/h$, counted from 0 |
# | all heads at once | $(B, h, T, D/h)$ | the layout in which two products do everything |
# | weights | $(B, h, T, T)$ | one table for each head |
# | $W_o$ | $(D, D)$ | mixes what the heads bring |

# %%
def row_softmax(scores):
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)

def heads_by_loops(X, W_in, b_in, W_out, b_out, h):
    """Return multi-head attention (B, T, D), one head at a time, as a sum over heads."""
    d, D = X.shape[-1] // h, X.shape[-1]
    out = np.zeros(X.shape) + b_out
    for i in range(h):
        Q, K, V = (X @ W_in[:, c : c + d] + b_in[c : c + d] for c in (i * d, D + i * d, 2 * D + i * d))
        out += row_softmax(Q @ K.swapaxes(1, 2) / math.sqrt(d)) @ V @ W_out[i * d : (i + 1) * d]
    return out

def heads_by_products(X, W_in, b_in, W_out, b_out, h):
    B, T, D = X.shape
    parts = np.split(X @ W_in + b_in, 3, axis=-1)                                     # three of (B, T, D)
    Q, K, V = (part.reshape(B, T, h, D // h).swapaxes(1, 2) for part in parts)        # (B, h, T, D / h)
    O = row_softmax(Q @ K.swapaxes(-1, -2) / math.sqrt(D // h)) @ V                   # (B, h, T, D / h)
    return O.swapaxes(1, 2).reshape(B, T, D) @ W_out + b_out

# %%
def engine_heads(X, W_in, b_in, W_out, b_out, h):
    layer = nn.MultiheadAttention(X.shape[-1], h, rng=np.random.default_rng(0), dtype=np.float64)
    for p, a in zip((layer.in_proj_weight, layer.in_proj_bias, layer.out_proj.weight, layer.out_proj.bias), (W_in, b_in, W_out, b_out)):
        p.data[...] = a
    return layer(Tensor(X))[0].data

def random_heads(D, rng):
    return rng.normal(size=(D, 3 * D)) / D**0.5, rng.normal(size=3 * D), rng.normal(size=(D, D)) / D**0.5, rng.normal(size=D)

rng = np.random.default_rng(0)
draws = [(rng.normal(size=(2, T, D)), *random_heads(D, rng), h) for T, D, h in [(3, 4, 1), (5, 8, 2), (4, 12, 3), (6, 8, 8)]]
same("a sum over heads is one product for all heads", heads_by_loops, heads_by_products, draws)
same("and that is the engine's layer", heads_by_products, engine_heads, draws)

# %% [markdown]
# The reshape deserves a warning. $(B, T, D)$ becomes $(B, T, h, D/h)$ and *then* the axes are swapped. A reshape straight to $(B, h, T, D/h)$ has the right shape too, raises no error, and hands head 0 all numbers of the first steps. Exercise 2 is about that.
#
# ### What do heads cost?
#
# > **Misconception.** More heads, more [parameters](../../book/glossary.md#parameter).
#
# Each head is $h$ times narrower. The matrices are cut, not copied, so the layer has $4D^2 + 4D$ parameters for every $h$.

# %%
sizes = {h: sum(p.data.size for p in nn.MultiheadAttention(64, h, rng=rng).parameters()) for h in (1, 2, 8, 64)}
claim("heads-parameters", "With 64 numbers a step the layer has 4·64² + 4·64 = 16 640 parameters, for 1, 2, 8 and 64 heads.", [*sizes.values()], expected=[4 * 64**2 + 4 * 64] * 4)

# %% [markdown]
# (Keras asks for the width of *one* head. Who writes `MultiHeadAttention(8, 512)` where $D = 512$ gets eight heads of the full width, and the misconception comes true: Exercise 1.)
#
# So what is the price? A head's scores are $Q_iK_i^\top$ with $D/h$ columns each, so its table of scores has a rank (number of independent rows) of at most $D/h$, however long the sequence. The narrowest head, with width 1, can be seen through on paper: scores $q\cdot k_j$ with *numbers* $q$ and $k_j$. If $q$ is positive, the largest key wins; if negative, the smallest. All keys in between
# are never anybody's favourite. With width 2, put the keys on a circle: the query that points at a key finds it. **Predict** the number of different favourites among 32 keys for heads of width 1, and of width 2.

# %%
steps = rng.normal(size=(32, 16))
ranks = {}
for h in (1, 2, 4, 8, 16):
    W_in = random_heads(16, rng)[0]
    Q, K = steps @ W_in[:, : 16 // h], steps @ W_in[:, 16 : 16 + 16 // h]
    ranks[h] = int(np.linalg.matrix_rank(Q @ K.T))
print("rank of one head's scores (32, 32), by the number of heads:", ranks)
claim("heads-rank", "The scores of a head have rank D/h: 16, 8, 4, 2, 1.", [*ranks.values()], expected=[16, 8, 4, 2, 1])
queries, keys = rng.normal(size=(1000, 1)), rng.normal(size=(32, 1))
claim("heads-narrow", "At width 1, a thousand queries have two favourites among 32 keys.", len({*(queries @ keys.T).argmax(1)}), expected=2)
circle = np.stack([np.cos(2 * np.pi * np.arange(32) / 32), np.sin(2 * np.pi * np.arange(32) / 32)], 1)
claim("heads-circle", "At width 2, with the keys on a circle, each of the 32 can be the favourite.", len({*(circle @ circle.T).argmax(1)}), expected=32)
sharpness = row_softmax(8 * circle @ circle.T)[0, 0]
print(f"but on the circle the favourite gets {sharpness:.2f} of the weight, at scores of up to 8")
claim("heads-circle-soft", "But not the whole attention: at scores of up to 8 it gets less than a quarter of the weight.", sharpness, at_most=0.25)

# %% [markdown]
# A narrow head *can* point at many places and points bluntly at each. [Bhojanapalli et al., 2020](../../book/bibliography.md#bhojanapalli2020low), call it the low-rank bottleneck. The Transformer of 2017 has 8 heads of width 64; GPT-2 small has 12, of the same width.
#
# ## Attention sees a set
#
# Now the second half. Shuffle the steps: let $\Pi$ be a permutation matrix, so that $\Pi X$ has the rows of $X$ in another order. Then $Q, K, V$ become $\Pi Q, \Pi K, \Pi V$, the scores $\Pi S\,\Pi^\top$ (rows and columns shuffled), and a softmax by row does not care in which order its row stands:
#
# $$\mathrm{Attention}(\Pi X) = \Pi P\,\Pi^\top\,\Pi V = \Pi P V = \Pi\,\mathrm{Attention}(X), \qquad\text{as } \Pi^\top\Pi = I .$$
#
# This is **[permutation equivariance](../../book/glossary.md#permutation-equivariance)**: *shuffle what goes in, and the same comes out, shuffled.* The mean over the steps is then **invariant**: it does not change at all. Every layer that treats steps one by one keeps the property, so a stack of many such layers has it, too.
#
# > **Misconception.** Attention knows the order of the words, since it gets them in order.
#
# One of the two articles that this book follows calls the Transformer a model of *unordered* sequences. It is half right, by accident: *without positions* its encoder is a model of sets, or of multisets, as a letter may occur twice. "ABC" and "CBA" are one and the same to it. But the Transformer of 2017 is no such model, since it adds positions to its input, for this reason (section 3.5 of the paper).

# %% tags=["settles-F14", "settles-O5"]
layer = nn.MultiheadAttention(16, 4, rng=np.random.default_rng(1), dtype=np.float64)
X, order = rng.normal(size=(1, 7, 16)), rng.permutation(7)
gap = lambda a, b: np.abs(a - b).max()
claim("heads-equivariant", "Shuffled steps give the same outputs, shuffled.", gap(layer(Tensor(X[:, order]))[0].data, layer(Tensor(X))[0].data[:, order]), at_most=1e-14)
letters = dict(zip("ABC", rng.normal(size=(3, 16))))
spell = lambda word: np.array([[letters[c] for c in word]])
pooled = lambda x: layer(Tensor(x))[0].data.mean(1)
claim("heads-abc", "Averaged over the steps, ABC is CBA.", gap(pooled(spell("ABC")), pooled(spell("CBA"))), at_most=1e-14)
places = F.sinusoidal_positions(3, 16, dtype=np.float64)
claim("heads-abc-positions", "With positions added to the letters they differ, by more than 0.01.", gap(pooled(spell("ABC") + places), pooled(spell("CBA") + places)), at_least=0.01)

# %% [markdown]
# Remember the first claim when somebody orders the rows of a table, the points of a cloud or the members of a set: there equivariance is what one wants, for nothing.
#
# ### A task at which nothing helps
#
# Six symbols; in each sequence A and B occur once, at random places among four kinds of filling. **Did A come before B?** Turn a sequence round and the right answer turns over. A model whose output is invariant gives both the *same* answer, so of each such pair it gets exactly one right. On a test that holds every sequence with its reverse the accuracy is ½, not about but exactly, for all weights, all widths, all depths. No training can help. (In float32 a near tie may fall differently for the two; hence the small tolerance below.)

# %%
def before_or_after(n, T, rng):
    """Return sequences (n, T) of symbols 0 to 5 with one A = 0 and one B = 1 each, and whether A comes first (n,)."""
    tokens, places = rng.integers(2, 6, (n, T)), np.sort(np.argsort(rng.random((n, T)), 1)[:, :2], 1)
    a_first, rows = rng.integers(0, 2, n), np.arange(n)
    tokens[rows, places[:, 0]], tokens[rows, places[:, 1]] = 1 - a_first, a_first
    return tokens, a_first

class OrderReader(nn.Module):
    """Embedding, one layer of attention with a residual connection, a hidden layer, the mean over the steps, two scores."""

    def __init__(self, positions, rng, D=16, h=2, longest=12):
        self.positions, self.h = positions, h
        self.embedding, self.attention = nn.Embedding(6, D, rng=rng), nn.MultiheadAttention(D, h, rotary=positions == "rotary", rng=rng)
        self.hidden, self.head = nn.Linear(D, 32, rng=rng), nn.Linear(32, 2, rng=rng)
        if positions == "learned":
            self.table = nn.Embedding(longest, D, rng=rng)

    def forward(self, tokens):
        x, T = self.embedding(tokens), tokens.shape[1]
        if self.positions == "sinusoidal":
            x = x + F.sinusoidal_positions(T, x.shape[-1])
        if self.positions == "learned":
            x = x + self.table(np.arange(T))
        bias = F.alibi_bias(self.h, T) if "ALiBi" in self.positions else None
        y = x + self.attention(x, mask=bias, is_causal="causal" in self.positions)[0]
        return self.head(F.relu(self.hidden(y)).mean(axis=1))

# %%
def train_reader(positions, seed, n_steps):
    """Train on sequences of 4 to 12 symbols."""
    rng = np.random.default_rng(seed)
    model = OrderReader(positions, rng)
    adam = optim.Adam(model.parameters(), lr=0.01)
    for _ in range(n_steps):
        tokens, a_first = before_or_after(64, rng.integers(4, 13), rng)
        loss = F.cross_entropy(model(tokens), a_first)
        adam.zero_grad()
        loss.backward()
        adam.step()
    return model

def reader_accuracy(model, T):
    """Test on 300 sequences of length T: 150 fresh ones and their reverses."""
    tokens, a_first = before_or_after(150, T, np.random.default_rng(99))
    with no_grad():
        scores = model(np.concatenate([tokens, tokens[:, ::-1]])).data
    return np.mean(scores.argmax(1) == np.concatenate([a_first, 1 - a_first]))

blind = [reader_accuracy(train_reader("none", seed, 100), 12) for seed in range(3)]
claim("heads-chance", "Three runs without positions end with half of the answers right.", blind, expected=[0.5] * 3, tolerance=0.01)

# %% [markdown]
# ## A mask is a position
#
# > **Misconception.** Without positional encodings a Transformer cannot know the order.
#
# The proof above shuffled a row of scores and relied on all of it being there. A [causal mask](../../book/glossary.md#causal-mask) lets step $t$ look at $t$ keys and no more: it is not shuffled along with the steps. Nothing is told about positions, and the symmetry is gone. How much can a step know? Let all scores be equal and let the first step, and no other, hand over the value 1. Step 1 reads 1, step 2 reads ½, step $t$ reads $1/t$:
# its position, from an average.

# %%
start_only = np.zeros((1, 50, 1))
start_only[0, 0] = 1.0
same_score = Tensor(np.zeros((1, 50, 1)))
read = F.scaled_dot_product_attention(same_score, same_score, Tensor(start_only), is_causal=True).data[0, :, 0]
claim("heads-counts", "By equal weights over what it may see, step t reads 1/t.", 1 / read, expected=np.arange(1.0, 51), tolerance=1e-12)
causal = lambda x: layer(Tensor(x), is_causal=True)[0].data
claim("heads-causal-broken", "With the mask, shuffled steps do not give shuffled outputs: over 0.1 apart.", gap(causal(X[:, order]), causal(X)[:, order]), at_least=0.1)
claim("heads-causal-abc", "ABC and CBA differ without any position, by more than 0.01.", gap(causal(spell("ABC")).mean(1), causal(spell("CBA")).mean(1)), at_least=0.01)
earlier = np.r_[rng.permutation(6), 6]                                 # shuffle what comes before the last step
claim("heads-last-step", "One causal layer's last output does not see the order of the steps before it,", gap(causal(X[:, earlier])[:, -1], causal(X)[:, -1]), at_most=1e-14)
claim("heads-two-layers", "a second layer's does, by more than 0.001.", gap(causal(causal(X[:, earlier]))[:, -1], causal(causal(X))[:, -1]), at_least=1e-3)

# %% [markdown]
# The last two lines are worth a thought. The last step sees everything, so to it the past is a set; but the steps of the past have each seen another part of it, and the second layer reads *them*. Language models without any positional encoding keep up with others ([Haviv et al., 2022](../../book/bibliography.md#haviv2022transformer)). An encoder, which has no mask, needs to be told.
#
# ## Sinusoidal positions
#
# A **[positional encoding](../../book/glossary.md#positional-encoding)** tells. The Transformer of 2017 adds to step $t$ a vector $p_t$ made of clocks, hands that turn at different speeds:
#
# $$p_t = \bigl(\sin\omega_0t,\ \cos\omega_0t,\ \sin\omega_1t,\ \cos\omega_1t,\ \dots\bigr), \qquad \omega_i = 10\,000^{-2i/D}, \qquad i = 0,\dots,D/2-1 .$$
#
# On paper, one clock with $\omega = 60°$: $p_0 = (0, 1)$, $p_1 = (\frac{\sqrt3}2, \frac12)$, $p_2 = (\frac{\sqrt3}2, -\frac12)$, $p_3 = (0, -1)$. Two facts can be read off. $p_0\cdot p_1 = \frac12 = p_1\cdot p_2$: the dot product depends on the *distance* alone. And each step turns the hand by the same 60°, wherever it stands: going on by $k$ steps is **a fixed matrix**,
#
# $$p_{t+k} = p_t\,R_k, \qquad R_k \text{ has the blocks } \begin{pmatrix}\cos\omega_ik & -\sin\omega_ik\\ \sin\omega_ik & \cos\omega_ik\end{pmatrix},$$
#
# $$p_m\cdot p_n = \sum_i\cos\omega_i(m-n) .$$
#
# In words: *a shift is a rotation.* So a head can ask for "the step before me" with one matrix that serves all steps. That this helps a model to learn was a conjecture of the paper; the property itself is a theorem of trigonometry, and takes one line to check.

# %%
def shift_blocks(k, D, base=10_000.0):
    """Return the rotation (D, D) that moves sinusoidal positions on by k steps."""
    R = np.zeros((D, D))
    for i in range(D // 2):
        c, s = math.cos(k * base ** (-2 * i / D)), math.sin(k * base ** (-2 * i / D))
        R[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = [[c, -s], [s, c]]
    return R

D = 32
p = F.sinusoidal_positions(128, D, dtype=np.float64)
paper_clock = np.array([[math.sin(t * math.pi / 3), math.cos(t * math.pi / 3)] for t in range(4)])
claim("heads-clock", "On paper neighbours have the dot product ½, two steps apart −½, three −1.", (paper_clock @ paper_clock.T)[0], expected=[1.0, 0.5, -0.5, -1.0], tolerance=1e-12)
claim("heads-shift", "One matrix for each k moves all positions on by k = 1, 5, 40 steps.", max(gap(p[:-k] @ shift_blocks(k, D), p[k:]) for k in (1, 5, 40)), at_most=1e-12)
near = p @ p.T                                                         # (128, 128)
by_distance = np.cos(np.arange(128)[:, None] * 10_000.0 ** (-np.arange(0, D, 2) / D)).sum(1)
behind = np.abs(np.arange(128)[:, None] - np.arange(128))
claim("heads-distance", "The dot product of two positions is a function of their distance, the sum of cosines.", gap(near, by_distance[behind]), at_most=1e-12)

# %% mystnb={"image": {"alt": "Two heat maps. Left: the sinusoidal code, 64 positions by 32 numbers; the columns on the left change sign every few positions, those on the right hardly change. Right: dot products of 64 positions with each other; a dark diagonal with ever paler stripes parallel to it."}}
fig, axes = plotting.new_figure(1, 2, height=3.4)
axes[0].imshow(p[:64], cmap="RdBu", vmin=-1, vmax=1, aspect="auto")
axes[1].imshow(near[:64, :64], cmap="Blues", aspect="auto")
for ax, texts in zip(axes, (("Clocks, fast to slow", "number of the code", "position"), ("Only distance counts", "position", ""))):
    ax.grid(False)
    plotting.dress(ax, *texts)
plt.show()

# %% [markdown]
# The promise is about $p_m\cdot p_n$. The layer computes $(x_m + p_m)W_q\cdot(x_n + p_n)W_k$. Between the two codes stands a learnt matrix, and they are mixed with what the steps mean. **Predict:** does the score of two positions still depend on their distance alone?

# %%
W_qk = rng.normal(size=(D, D)) / D**0.5
projected_scores = p @ W_qk @ p.T
one_apart = np.diagonal(projected_scores, -1)                          # all pairs (t, t - 1)
claim("heads-distance-gone", "Behind a random matrix, scores of neighbours differ among themselves as much as scores of any pairs do, to a quarter.", one_apart.std() / projected_scores.std(), at_least=0.75, at_most=1.25)
claim("heads-previous", "With a rotation for that matrix every step's favourite is the step before it.", (p @ shift_blocks(-1, D) @ p.T)[1:].argmax(1), expected=np.arange(127))

# %% [markdown]
# So the identity is an offer that training may take: a head can *become* relative, as in the last line; nothing makes it so.
#
# ## Learned positions
#
# [BERT](../../book/bibliography.md#devlin2019bert) and [GPT-2](../../book/bibliography.md#radford2019language) have a table with a free vector for each position, trained like an [embedding](../../book/glossary.md#embedding). It promises nothing about shifts, and it ends:

# %%
table = nn.Embedding(16, 4, rng=rng)
try:
    table(np.arange(17))
    message = "no error"
except (IndexError, ValueError) as error:
    message = str(error)
print(message[:85])
claim("heads-table-ends", "Position 16 of a table of 16 (0 to 15) is an error.", message != "no error", expected=True)

# %% [markdown]
# A longer table does not help by itself: rows that training never met stay where they were drawn.
#
# ## Rotary positions
#
# The identity of the clocks was lost to the projections in between. [Su et al., 2024](../../book/bibliography.md#su2024roformer), turn the order round: project first, *then* turn. **[Rotary position embedding](../../book/glossary.md#rotary-position-embedding)** (RoPE) adds nothing to the input. It takes each query and each key apart into pairs of numbers and turns pair $i$ by the angle $\omega_i$ times the position. As $R_m$ and $R_n$ are rotations,
#
# $$(q\,R_m)\cdot(k\,R_n) = q\,R_mR_n^\top k^\top = q\,R_{m-n}\,k^\top .$$
#
# *The score of a query at $m$ and a key at $n$ depends on $q$, $k$ and $m-n$, and on nothing else*, for all projections, trained or not. A pair is a complex number, and turning is multiplying by $e^{\mathrm i\omega m}$; that is the readable version.
# On paper: $q = k = (1, 0)$ with 60° a step have scores 1, ½, −½, −1 at the distances 0, 1, 2, 3, wherever they stand.

# %% tags=["settles-O5"]
def turn_pairs(x, positions, base=10_000.0):
    """Turn the pairs (x_i, x_{i + D/2}) of x (T, D) by position times frequency."""
    half = x.shape[-1] // 2
    pairs = x[..., :half] + 1j * x[..., half:]                         # complex (T, D / 2)
    turned = pairs * np.exp(1j * np.multiply.outer(positions, base ** (-np.arange(half) / half)))
    return np.concatenate([turned.real, turned.imag], -1)

library_turn = lambda x, positions: F.rotary(Tensor(x), positions).data
same("complex numbers turned by their positions are the engine's rotary", turn_pairs, library_turn,
     [(rng.normal(size=(5, D)), np.arange(5)), (rng.normal(size=(3, 2)), np.array([7, 2, 900])), (rng.normal(size=(2, 4, 8)), np.arange(4))])
q, k = rng.normal(size=(2, 1, D))
score_at = lambda m, n: (library_turn(q, np.array([m])) @ library_turn(k, np.array([n])).T).item()
claim("heads-rope", "Seven steps apart, a query and a key have the same score at 7 and 0, at 57 and 50, at 1007 and 1000.", [score_at(57, 50) - score_at(7, 0), score_at(1007, 1000) - score_at(7, 0)], expected=[0.0, 0.0], tolerance=1e-11)
claim("heads-rope-signed", "Seven before is not seven behind: the scores differ by more than 0.1.", abs(score_at(0, 7) - score_at(7, 0)), at_least=0.1)
claim("heads-rope-norm", "No length changes.", gap(np.linalg.norm(library_turn(q, np.array([999])), axis=1), np.linalg.norm(q, axis=1)), at_most=1e-12)

# %% [markdown]
# Values are not turned: positions decide where a head looks, not what it reads. The paper pairs *neighbours*, $(x_0, x_1), (x_2, x_3), \dots$; most code, ours included, pairs the halves, $x_i$ with $x_{i+D/2}$. That is a permutation of the columns: the models are the same, the stored weights are not. Load weights of one convention into the other without permuting the columns of $W_q$ and $W_k$, and nothing complains.

# %%
def turn_neighbours(x, positions):
    """Turn the pairs (x_0, x_1), (x_2, x_3), ... instead."""
    halves_first = np.r_[0 : x.shape[-1] : 2, 1 : x.shape[-1] : 2]     # even columns, then odd ones
    out = np.empty_like(x)
    out[..., halves_first] = turn_pairs(x[..., halves_first], positions)
    return out

steps, W_q, W_k, where = rng.normal(size=(6, D)), *rng.normal(size=(2, D, D)) / D**0.5, np.arange(6)
scores_of = lambda turn, W_q, W_k: turn(steps @ W_q, where) @ turn(steps @ W_k, where).T
columns = np.r_[0:D:2, 1:D:2]
as_in_paper = scores_of(turn_neighbours, W_q, W_k)
claim("heads-conventions", "With the columns of both projections permuted, halves give the scores of neighbours.", gap(scores_of(turn_pairs, W_q[:, columns], W_k[:, columns]), as_in_paper), at_most=1e-12)
claim("heads-conventions-mixed", "Without, scores are off by more than 1, in silence.", gap(scores_of(turn_pairs, W_q, W_k), as_in_paper), at_least=1.0)

# %% [markdown]
# ## ALiBi: a price on distance
#
# **[ALiBi](../../book/glossary.md#alibi)** ([Press, Smith and Lewis, 2022](../../book/bibliography.md#press2022train)) leaves queries and keys alone and adds to each score a penalty of slope $m$ times distance, with a fixed slope for each head: $2^{-8i/h}$, so $\frac12, \frac14, \dots, \frac1{256}$ for eight heads. Nothing is learnt. If all scores were equal, the weights would fall by the factor $e^{-m}$ a step: a steep head sees the last two or three steps, a flat one hundreds.
#
# **Predict** for the task above: does an encoder (no mask) with ALiBi beat chance?

# %%
slopes = F.alibi_slopes(8)
recency = row_softmax(F.alibi_bias(8, 1, 8192, dtype=np.float64))[:, 0]        # what the last of 8192 steps looks at: (8, 8192)
distances = recency @ np.arange(8192)[::-1]
print("mean distance looked at, by head:", distances.round(1))
claim("heads-alibi-slopes", "Eight heads have the slopes 1/2, 1/4, ..., 1/256.", 1 / slopes, expected=2.0 ** np.arange(1, 9), tolerance=1e-9)
claim("heads-alibi-distance", "With equal scores, a head of slope m looks 1/(eᵐ − 1) steps back on the average: 1.5 to 255.5.", distances, expected=1 / np.expm1(slopes), tolerance=1e-6, relative=True)
mirror = [reader_accuracy(train_reader("ALiBi", seed, 100), 12) for seed in range(3)]
claim("heads-alibi-mirror", "Without a mask it does not: half of the answers, in three runs.", mirror, expected=[0.5] * 3, tolerance=0.01)

# %% [markdown]
# A distance has no sign. The penalty $-m\,|i-j|$ is the same for a sequence and its mirror image, so a reversed input gives reversed outputs, and the argument of the task at which nothing helps applies again. ALiBi was made for decoders, where the mask says what comes before.
#
# Now all tools are there, and heads can be built by hand. The word is "abracadabra", the heads are four: one compares letters, one uses the rotation $R_{-1}$, two have equal scores and ALiBi's penalty.

# %% mystnb={"image": {"alt": "Four heat maps of attention weights over the eleven letters of abracadabra, all lower triangular, in two rows. Same letter: each a looks at all a's so far. Step before: a dark line below the diagonal. ALiBi steep: a dark diagonal that fades within two steps. ALiBi flat: nearly even over all steps so far."}}
word = "abracadabra"
T, alike = len(word), np.array([[float(a == b) for a in word] for b in word])
tables = {"same letter": 8 * alike, "step before": 2 * (p @ shift_blocks(-1, D) @ p.T)[:T, :T], "ALiBi, slope 1": -1.0 * behind[:T, :T], "ALiBi, slope 1/16": -behind[:T, :T] / 16}
weights = {name: row_softmax(np.where(F.causal_mask(T), S, -np.inf)) for name, S in tables.items()}
fig, axes = plotting.new_figure(2, 2, height=5.6)
for ax, (name, P) in zip(axes.flat, weights.items()):
    ax.imshow(P, cmap="Blues", vmin=0, vmax=1)
    ax.grid(False)
    plotting.dress(ax, name, "looks at" if ax in axes[1] else "", "who asks" if ax in axes[:, 0] else "")
    ax.set_xticks(range(T), word), ax.set_yticks(range(T), word)
plt.show()

# %% [markdown]
# ## Beyond the trained length
#
# > **Misconception.** Sinusoidal positions are defined for every length, so a model with them extrapolates.
#
# The paper chose them with this hope ("it may allow", section 3.5). Defined they are. Whether a *model* copes with codes that it never saw is a matter of measurement. Back to "did A come before B": training on 4 to 12 symbols, tests on 12, 24 and 48. Five ways to tell positions, three seeds each. **Predict** the order of the five at 24.

# %%
ways, lengths = ("causal, no positions", "ALiBi, causal", "rotary", "sinusoidal", "learned"), (12, 24, 48)
results = {}
for way in ways:
    models = [train_reader(way, seed, 200) for seed in range(3)]
    results[way] = np.array([[reader_accuracy(model, T) for T in lengths[: 1 if way == "learned" else 3]] for model in models])
    print(f"{way:21}", "  ".join(f"{T}: {r.mean():.2f} ± {r.std():.2f}" for T, r in zip(lengths, results[way].T)))
at_12, at_24, at_48 = ({way: r[:, i].mean() for way, r in results.items() if r.shape[1] > i} for i in range(3))
claim("heads-solved", "At the trained length each of the fifteen runs has over 75 % right.", min(r[:, 0].min() for r in results.values()), at_least=0.75)
claim("heads-sinusoidal-fails", "At twice that length sinusoidal positions are below 70 %,", at_24["sinusoidal"], at_most=0.7)
claim("heads-others-hold", "and the three others that have an answer above 90 %.", min(at_24[way] for way in ways[:3]), at_least=0.9)
claim("heads-rotary-fades", "At four times the length rotary positions fall behind ALiBi, by over 5 points.", at_48["ALiBi, causal"] - at_48["rotary"], at_least=0.05)

# %% mystnb={"image": {"alt": "Accuracy against the length of the sequence, at 12, 24 and 48 symbols. Causal without positions and ALiBi stay near 1, rotary falls to about three quarters at 48, sinusoidal falls to about a half at 24 already, and learned has a point at 12 only."}}
fig, ax = plotting.new_figure(height=3.4)
for (way, r), marker in zip(results.items(), "osD^*"):
    ax.errorbar(lengths[: r.shape[1]], r.mean(0), r.std(0), marker=marker, capsize=3, label=way)
ax.axhline(0.5, color=plotting.CYCLE[5], linestyle=":", linewidth=1)
ax.set_xticks(lengths)
ax.legend(fontsize=9)
plotting.dress(ax, "Beyond 12 symbols the code decides what holds", "symbols in the sequence", "right answers")
plt.show()

# %% [markdown]
# The order surprises: nothing beats the model that was told nothing and wears a mask. But the question "before or after?" is made for a mask, which *is* the answer to it; do not read a ranking for all tasks into this table. What the identities promise, they kept: rotary scores of known distances are as they were, and distances up to 11 had been trained. Farther ones had not, and no identity promises anything about those.
#
# | code | acts on | parameters | promise | beyond the trained length |
# |---|---|---|---|---|
# | mask only | which keys | 0 | none; order can be inferred | means over more steps |
# | sinusoidal | input | 0 | a shift is a fixed matrix | new vectors |
# | learned | input | longest $T$ times $D$ | none | an error |
# | rotary | queries and keys | 0 | score depends on $m-n$ | new angles |
# | ALiBi | scores | 0 | nearer is never penalised more | larger penalties of far keys |
#
# ## In the frameworks
#
# The layer with two heads learns to do what another one does, all in float64. PyTorch has our packed matrix transposed, $(3D, D)$, since its `Linear` computes $xW^\top$; Keras has no packed matrix, and a separate axis for the heads:
#
# | | this library | PyTorch | Keras |
# |---|---|---|---|
# | $W_q, W_k, W_v$ | `in_proj_weight` (D, 3D) | `in_proj_weight` (3D, D) | three kernels (D, h, D/h) |
# | their biases | `in_proj_bias` (3D,) | `in_proj_bias` (3D,) | three of (h, D/h) |
# | $W_o$ | `out_proj.weight` (D, D) | the same, transposed | (h, D/h, D) |
# | width to give | $D$ and $h$ | $D$ and $h$ | $h$ and $D/h$ |
# | rotary | `rotary=True` | none in the layer | none in the layer |
#
# A reshape of the last axis, $D\to(h, D/h)$, is all that leads to Keras, since head $i$ owns neighbouring columns. For the rotary layer both frameworks get a few lines of their own, with complex numbers.

# %%
import keras
import tensorflow as tf
import torch

T, D, h, RATE = 6, 8, 2, 0.2
draw = np.random.default_rng(2)
X_twin = draw.normal(size=(8, T, D))
target = heads_by_products(X_twin, *random_heads(D, draw), h)
names = ("in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias")
start = dict(zip(names, random_heads(D, draw)))
turns = np.exp(1j * np.multiply.outer(np.arange(T), 10_000.0 ** (-np.arange(2) / 2)))          # (T, D / h / 2)

def twin_layer(rotary):
    layer = nn.MultiheadAttention(D, h, rotary=rotary, rng=np.random.default_rng(0), dtype=np.float64)
    layer.load_state_dict(start)
    return layer

layer_torch = torch.nn.MultiheadAttention(D, h, batch_first=True).double()
layer_keras = keras.layers.MultiHeadAttention(h, D // h, dtype="float64")
layer_keras.build(X_twin.shape, X_twin.shape)

# %%
def torch_rotary(x, W, b, V, c):
    q, k, v = (a.unflatten(-1, (h, -1)).transpose(1, 2) for a in torch.nn.functional.linear(x, W, b).chunk(3, -1))
    turned = [torch.complex(*a.chunk(2, -1)) * torch.tensor(turns) for a in (q, k)]
    q, k = (torch.cat([a.real, a.imag], -1) for a in turned)
    return torch.nn.functional.linear(torch.nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2), V, c)

def keras_rotary(x, *weights):
    q, k, v = (tf.einsum("btd,dhe->bhte", x, W) + b[:, None] for W, b in zip(weights[:6:2], weights[1:6:2]))
    turned = [tf.complex(*tf.split(a, 2, -1)) * turns for a in (q, k)]
    q, k = (tf.concat([tf.math.real(a), tf.math.imag(a)], -1) for a in turned)
    P = tf.nn.softmax(q @ tf.transpose(k, (0, 1, 3, 2)) / math.sqrt(D // h))
    return tf.einsum("bhte,hed->btd", P @ v, weights[6]) + weights[7]

# %%
splits = [np.split(start[name], 3, axis=-1) for name in names[:2]]
shaped = [a.reshape(shape) for pair in zip(*splits) for a, shape in zip(pair, ((D, h, -1), (h, -1)))]
shaped += [start["out_proj.weight"].reshape(h, -1, D), start["out_proj.bias"]]

def keras_heads_step(rotary):
    with tf.GradientTape() as tape:
        out = keras_rotary(X_twin, *layer_keras.trainable_variables) if rotary else layer_keras(X_twin, X_twin)
        loss = tf.reduce_mean((out - target) ** 2)
    grads = tape.gradient(loss, layer_keras.trainable_variables)
    for w, g in zip(layer_keras.trainable_variables, grads): w.assign_sub(RATE * g)
    return out, loss, grads

# %% tags=["fw-numpy"]
runs_numpy = {}
for rotary in (False, True):
    model, path = twin_layer(rotary), []
    sgd = optim.SGD(model.parameters(), lr=RATE)
    for step in range(100):
        out, _ = model(Tensor(X_twin))
        loss = F.mse_loss(out, Tensor(target))
        sgd.zero_grad(); loss.backward(); path.append(loss.item())
        if step == 0: first = out.data, {name: p.grad.copy() for name, p in model.named_parameters()}
        sgd.step()
    runs_numpy[rotary] = (*first, path)

# %% tags=["fw-torch"]
runs_torch, x_t, y_t = {}, torch.tensor(X_twin), torch.tensor(target)
for rotary in (False, True):
    layer_torch.load_state_dict({name: torch.tensor(a.T.copy()) for name, a in start.items()})
    P, path = dict(layer_torch.named_parameters()), []
    for step in range(100):
        out = torch_rotary(x_t, *P.values()) if rotary else layer_torch(x_t, x_t, x_t)[0]
        loss = torch.nn.functional.mse_loss(out, y_t); path.append(loss.item())
        grads = dict(zip(P, torch.autograd.grad(loss, [*P.values()])))
        if step == 0: runs_torch[rotary] = out.detach(), {name: g.numpy().T for name, g in grads.items()}, path
        for name, g in grads.items(): P[name].data -= RATE * g

# %% tags=["fw-tensorflow"]
runs_tf = {}
for rotary in (False, True):
    layer_keras.set_weights(shaped)
    step = tf.function(lambda rotary=rotary: keras_heads_step(rotary), autograph=False)
    done = [[np.asarray(out), float(loss), [np.asarray(g) for g in grads]] for out, loss, grads in (step() for _ in range(100))]
    g = done[0][2]
    packed = np.concatenate([W.reshape(D, D) for W in g[:6:2]], 1), np.concatenate([b.ravel() for b in g[1:6:2]]), g[6].reshape(D, D), g[7]
    runs_tf[rotary] = done[0][0], dict(zip(names, packed)), [loss for _, loss, _ in done]

# %% tags=["settles-O5"]
for rotary, kind in ((False, "heads-layer"), (True, "heads-rotary")):
    runs = {"numpy": runs_numpy[rotary], "torch": runs_torch[rotary], "tensorflow": runs_tf[rotary]}
    parity(kind, outputs={name: run[0] for name, run in runs.items()}, gradients={name: run[1] for name, run in runs.items()}, path={name: run[2] for name, run in runs.items()})
claim("heads-by-hand", "The outputs of the plain layer are those of the readable version.", gap(heads_by_loops(X_twin, *start.values(), h), runs_numpy[False][0]), at_most=1e-13)
claim("heads-learns", "In 100 steps both layers lose over 80 % of their loss.", max(run[2][-1] / run[2][0] for run in runs_numpy.values()), at_most=0.2)

# %% [markdown]
# ## Summary
#
# - One softmax has one set of weights for all numbers of a value. $h$ heads have $h$; their outputs side by side times $W_o$ are a sum over heads.
# - The parameters are $4D^2 + 4D$ for every $h$. The price is the rank of a head's scores, at most $D/h$: narrow heads point bluntly.
# - Without positions attention is permutation equivariant, a pooled output invariant, and "did A come before B" a coin toss for ever.
# - A causal mask breaks the symmetry by itself.
# - Sinusoidal: a shift is a fixed rotation, dot products depend on distance, until a projection comes between. Rotary turns after the projection and keeps that for good. ALiBi puts a price on distance and needs a mask to tell before from after. A learned table ends.
# - What holds beyond the trained length has to be measured.
#
# ## Exercises
#
# ### Exercise 1 · Eight full heads
#
# Somebody writes `keras.layers.MultiHeadAttention(8, 512)` for steps of $D = 512$ numbers; the second argument is the width of one head, and biases are on. How many parameters has the layer?

# %%
answer = None
exercise("heads-count", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Three projections of $512\cdot4096$ weights and $4096$ biases, and one back, $4096\cdot512$ and $512$: 8 401 408. With `MultiHeadAttention(8, 64)`, which was meant, it would be 1 050 624, an eighth of that but for some biases.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("heads-count", 3 * (512 * 4096 + 4096) + 4096 * 512 + 512)

# %% [markdown]
# ### Exercise 2 · Cut into heads, and back
#
# Write `cut_heads(x, h)` from $(B, T, D)$ to $(B, h, T, D/h)$, so that head $i$ gets the columns $iD/h$ to $(i+1)D/h$ of every step.

# %%
def cut_heads(x, h):
    ...

exercise("heads-cut", cut_heads)

# %% tags=["hide-cell", "solution"]
def cut_heads_solution(x, h):
    B, T, D = x.shape
    return x.reshape(B, T, h, D // h).swapaxes(1, 2)

exercise("heads-cut", cut_heads_solution)

# %% [markdown]
# ### Exercise 3 · Head by head
#
# `outputs` (h, T, d) are what $h$ heads bring, `W_out` is $W_o$, $(hd, D)$. Write `without_head(outputs, W_out, i)`: what leaves the layer (T, D), without bias, when head `i` is switched off.

# %%
def without_head(outputs, W_out, i):
    ...

exercise("heads-without", without_head)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Each head owns $d$ neighbouring *rows* of $W_o$; leave out its term of the sum.
#
# </details>

# %% tags=["hide-cell", "solution"]
def without_head_solution(outputs, W_out, i):
    h, T, d = outputs.shape
    bands = W_out.reshape(h, d, -1)
    return sum(outputs[j] @ bands[j] for j in range(h) if j != i)

exercise("heads-without", without_head_solution)

# %% [markdown]
# ### Exercise 4 · Rotary as in the paper
#
# Write `rotate_neighbours(x, positions)` for `x` (T, D), with real numbers only: pair $(x_{2i}, x_{2i+1})$ is turned by the angle position times $10\,000^{-2i/D}$, $(a, b)\mapsto(a\cos\varphi - b\sin\varphi,\ a\sin\varphi + b\cos\varphi)$.

# %%
def rotate_neighbours(x, positions):
    ...

exercise("heads-rotate", rotate_neighbours)

# %% tags=["hide-cell", "solution"]
def rotate_neighbours_solution(x, positions):
    D = x.shape[1]
    angles = np.multiply.outer(positions, 10_000.0 ** (-np.arange(0, D, 2) / D))          # (T, D / 2)
    out, a, b = np.empty_like(x, dtype=float), x[:, ::2], x[:, 1::2]
    out[:, ::2], out[:, 1::2] = a * np.cos(angles) - b * np.sin(angles), a * np.sin(angles) + b * np.cos(angles)
    return out

exercise("heads-rotate", rotate_neighbours_solution)

# %% [markdown]
# ### Exercise 5 · Half of the attention
#
# A causal head has equal scores for all keys before ALiBi's penalty, and a past without end. Which slope gives exactly half of the weight to the step itself?

# %%
answer = None
exercise("heads-slope", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# The weights are proportional to $1, e^{-m}, e^{-2m}, \dots$, with the sum $1/(1-e^{-m})$. So the step itself has $1 - e^{-m} = \frac12$, and $m = \ln2$.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("heads-slope", math.log(2))

# %% [markdown]
# ### Exercise 6 · Three proofs
#
# (a) One number is wanted from each of $n$ places, all independent with mean 0 and variance 1: number $i$ of $n$ from place $i$. A softmax with weights $w_1, \dots, w_n$ gives the mean $\sum_jw_jv_j$. Show that the best matrix after it loses $n-1$ of $n$, whatever the weights; and that $h$ heads can lose as little as $n-h$. (b) Show that $R_jR_k = R_{j+k}$, and conclude that rotary scores depend on $m-n$ only.
# (c) Let $J$ reverse the order of the steps. Show that attention with a bias $b(|i-j|)$ on the scores satisfies $\mathrm{Attention}(JX) = J\,\mathrm{Attention}(X)$.
#
# <details><summary>Solution</summary>
#
# (a) Target $i$ is number $i$ of place $i$, $v_{ii}$. The other numbers of the mean are independent of it and only add noise, so $c\sum_jw_jv_{ji}$ is the best linear answer, with the error $(cw_i-1)^2 + c^2\sum_{j\ne i}w_j^2$, least for $c = w_i/\lVert w\rVert^2$, where it is $1 - w_i^2/\lVert w\rVert^2$. The sum over $i$ is $n-1$. With $h$ heads, let $h-1$ of them point at one place each, where they lose nothing; the last serves the $n-h+1$ others and loses $n-h$.
#
# (b) Two rotations of a plane add their angles, and each block is a rotation by $\omega_ij$ and $\omega_ik$. With $R_n^\top = R_{-n}$, $(qR_m)\cdot(kR_n) = qR_mR_n^\top k^\top = qR_{m-n}k^\top$.
#
# (c) $J$ is a permutation, $Q, K, V$ turn into $JQ, JK, JV$, and the scores $S$ into $JSJ^\top$. The bias stays as it is, but $|i-j|$ does not change when $i$ and $j$ are both counted from the other end, so $JbJ^\top = b$. The scores with bias are $J(S+b)J^\top$, and the proof of equivariance goes on as before, for this one permutation.
#
# </details>

# %% [markdown]
# ## Sources
#
# [Vaswani et al., 2017](../../book/bibliography.md#vaswani2017attention), multi-head attention in 3.2.2, sinusoidal positions in 3.5 ·
# [Bhojanapalli et al., 2020](../../book/bibliography.md#bhojanapalli2020low), the rank of narrow heads ·
# [Su et al., 2024](../../book/bibliography.md#su2024roformer), rotary positions ·
# [Press, Smith and Lewis, 2022](../../book/bibliography.md#press2022train), ALiBi, and measurements beyond the trained length ·
# [Haviv et al., 2022](../../book/bibliography.md#haviv2022transformer), language models without positional encodings.
