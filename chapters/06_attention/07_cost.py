# %% [markdown]
# # Cost
#
# **After this section** you can say what a sequence twice as long costs and when attention is the part that costs it, compute exact attention without ever holding its table of weights, go back through it, choose patterns that look at fewer pairs and count the layers they need, turn attention into a recurrent network and know what that loses, and say why writing a text is slower than reading one.
# *Reading: 35 minutes. Running: about 25 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import math
import time
import tracemalloc

import numpy as np

from chainrule import Tensor, nn, no_grad, optim, plotting
from chainrule.nn import functional as F
from chainrule.proof import claim, exercise, gradcheck, parity, same

# %% [markdown]
# ## The question
#
# In [self-attention](02_self_attention.ipynb) every step looks at every step. Four steps make 16 pairs, eight make 64, and a novel of 200 000 tokens makes 40 thousand million, in each head of each layer. Does a text twice as long cost four times as much, then? And must all those weights be stored?
#
# The first answer is "in the end, but later than you think", the second is "no, not one row of them". In multiply-adds (a multiplication with an addition; [the block](04_the_block.ipynb) counted both, so twice as many operations) a block with $T$ steps of width $D$ costs
#
# $$C = \underbrace{12\,TD^2}_{\text{products with weights}} + \underbrace{T^2D}_{\text{scores}} + \underbrace{T^2D}_{\text{means of the values}} .$$
#
# $h$ heads of width $D/h$ take $h\cdot T^2\cdot D/h$ for the scores, the same, but make $hT^2$ weights. How does the total grow? Its slope on doubly logarithmic paper is
#
# $$\frac{\mathrm d\ln C}{\mathrm d\ln T} = \frac{12D + 4T}{12D + 2T} = 1 + \frac{T}{6D + T},$$
#
# in words: *one, plus the share of the pairs in the work.* It is 1 for short texts, 1.5 at $T = 6D$, and 2 only far beyond.

# %%
class Products:
    """A matrix product that counts its multiply-adds."""

    def __init__(self):
        self.count = 0

    def __call__(self, a, b):
        out = a @ b
        self.count += out.size * a.shape[-1]
        return out

def standard_attention(Q, K, V, mask=None, times=np.matmul):
    """Return (..., T, d_v), with the whole table (..., T, T) in memory."""
    scores = times(Q, K.swapaxes(-1, -2)) / math.sqrt(K.shape[-1])
    scores = scores if mask is None else np.where(mask, scores, -np.inf)
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    return times(powers / powers.sum(-1, keepdims=True), V)

def block_work(T, D):
    """Return the multiply-adds of a block."""
    return 12 * T * D**2 + 2 * T**2 * D

def slope(lengths, costs):
    """Return the exponent that fits best: the slope of log cost over log length."""
    return np.polyfit(np.log(lengths), np.log(costs), 1)[0]

around = 384 * np.exp([-1e-4, 1e-4])
claim("cost-crossover", "At T = 6 D = 384 the exponent is 1.5.", slope(around, block_work(around, 64)), expected=1.5, tolerance=1e-6)
short, long = np.array([16, 32, 64]), np.array([4096, 8192, 16384])
claim("cost-exponents", "For D = 64 it is below 1.15 from 16 to 64 steps, and above 1.9 from 4096 to 16384.",
      [slope(short, block_work(short, 64)) < 1.15, slope(long, block_work(long, 64)) > 1.9], expected=[True, True])

# %% mystnb={"image": {"alt": "Two curves over the length T from 16 to 32768 on doubly logarithmic axes, for width 64. The products with weights rise with slope one, the pairs with slope two; they cross at T = 384. The total bends from the one to the other."}}
T_axis = np.geomspace(16, 32768, 34)
_ = plotting.curves({"with weights": (T_axis, 12 * T_axis * 64**2), "pairs": (T_axis, 2 * T_axis**2 * 64), "block": (T_axis, block_work(T_axis, 64))},
                    title="At width 64, pairs overtake the weights at 384 steps", xlabel="steps T", ylabel="multiply-adds", logx=True, logy=True, labels="legend")

# %% [markdown]
# ## Measured
#
# Formulas count multiplications, clocks also count exponentials, traffic and Python. We measure CPU time, medians of five, of the library's attention alone and of its whole block, for $D = 64$ and one head. Times are of the machine that built this page; the claims say only what should hold on any.
#
# > **Misconception.** Attention is always the bottleneck of a Transformer.
#
# It is quadratic, but that is a statement about long texts. **Predict** its share of the block's time for 256 steps, and both exponents.

# %% tags=["nbval-ignore-output"]
def median_cpu_seconds(f, repeats=5):
    """Return the median CPU time of a call."""
    seconds = []
    for _ in range(repeats):
        begin = time.process_time()
        f()
        seconds.append(time.process_time() - begin)
    return float(np.median(seconds))

rng = np.random.default_rng(0)
block, lengths, of_attention, of_block = nn.TransformerBlock(64, 1, rng=rng), [256, 512, 1024, 2048], [], []
with no_grad():
    for T in lengths:
        x = Tensor(rng.standard_normal((1, T, 64), "f4"))
        of_attention.append(median_cpu_seconds(lambda x=x: F.scaled_dot_product_attention(x, x, x)))
        of_block.append(median_cpu_seconds(lambda x=x: block(x)))
for T, one, all_of_it in zip(lengths, of_attention, of_block):
    print(f"T = {T:4}: attention {one * 1e3:5.1f} ms, block {all_of_it * 1e3:5.1f} ms")
exponents = slope(lengths, of_attention), slope(lengths, of_block)
print(f"exponents {exponents[0]:.2f} and {exponents[1]:.2f}; by the formula 2 and {slope(lengths, block_work(np.array(lengths), 64)):.2f}")
claim("cost-time", "The time of attention alone grows with an exponent between 1.3 and 2.7.", exponents[0], at_least=1.3, at_most=2.7)
claim("cost-time-block", "That of the block is smaller.", exponents[0] - exponents[1], at_least=0.1)
claim("cost-time-share", "At 256 steps attention takes less than half of the block's time.", of_attention[0] / of_block[0], at_most=0.5)

# %% [markdown]
# Both exponents are below the formula's: calls cost time whatever the length, normalisation and activation cost time for each step, and the formula sees neither. The quadratic part arrives late.
#
# It is different with memory, where $hT^2$ meets nothing larger. No clock is needed: `tracemalloc` records the most bytes held at a time. And GPT-2 small ([Radford et al., 2019](../../book/bibliography.md#radford2019language)) has 12 blocks of 12 heads and reads 1024 steps. **Predict:** do the attention weights of *one* text fill more or less memory than all parameters of the model?

# %%
def peak_bytes(f):
    """Return the most bytes that are allocated at a time during a call."""
    tracemalloc.start()
    f()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak

draws = {T: rng.normal(size=(3, T, 64)) for T in (256, 512, 1024, 2048)}
peaks = [peak_bytes(lambda x=x: standard_attention(*x)) for x in draws.values()]
print("standard:", ", ".join(f"T = {T}: {p / 1e6:.1f} MB" for T, p in zip(draws, peaks)))
claim("cost-memory", "The memory of attention grows with exponent 2.", round(slope([*draws], peaks), 2), expected=2.0, tolerance=0.06)
weights_bytes, parameter_bytes = 12 * 12 * 1024**2 * 4, 124_439_808 * 4
print(f"GPT-2 small: weights of attention {weights_bytes / 1e6:.0f} MB, parameters {parameter_bytes / 1e6:.0f} MB")
claim("cost-gpt2-memory", "In GPT-2 small the attention weights of one text take more memory than all parameters.", weights_bytes / parameter_bytes, at_least=1.2, at_most=1.22)
claim("cost-memory-tables", "It holds three tables of T² numbers at a time.", peaks[-1] / (8 * 2048**2), expected=3.0, tolerance=0.1)

# %% [markdown]
# ## Streaming softmax
#
# The table seems needed because of the [softmax](../../book/glossary.md#softmax): each weight is divided by a sum over the *whole* row, and, for safety, first reduced by the whole row's maximum. But the output is only two sums over keys, $\sum_je^{s_j}v_j$ and $\sum_je^{s_j}$, and sums can be kept while keys come by. The maximum can, too, if we repair the sums whenever it rises.
#
# After $j$ keys, keep three things: the maximum $m_j$ so far, and both sums *relative to it*,
#
# $$\ell_j = \sum_{i\le j} e^{s_i - m_j}, \qquad a_j = \sum_{i\le j} e^{s_i-m_j}\,v_i .$$
#
# When the next score comes, $m_j = \max(m_{j-1}, s_j)$. Every old term has to be multiplied by $e^{m_{j-1} - m_j}$, the *same factor for all of them*, so the sums themselves can be:
#
# $$\ell_j = e^{m_{j-1}-m_j}\,\ell_{j-1} + e^{s_j-m_j}, \qquad a_j = e^{m_{j-1}-m_j}\,a_{j-1} + e^{s_j-m_j}\,v_j, \qquad o = a_n/\ell_n .$$
#
# Read aloud: *shrink what you have to the new maximum, then add the newcomer.* This is the **[streaming softmax](../../book/glossary.md#streaming-softmax)** ([Milakov and Gimelshein, 2018](../../book/bibliography.md#milakov2018online), for $\ell$). On paper, with the scores $0, \ln4, \ln2$ and the values $14, 7, 0$:
#
# | key | score | maximum $m$ | factor for the old | new term | sum $\ell$ | weighted sum $a$ |
# |---|---|---|---|---|---|---|
# | 1 | $0$ | $0$ | – | 1 | 1 | 14 |
# | 2 | $\ln4$ | $\ln4$ | 1/4 | 1 | 1/4 + 1 = 5/4 | 14/4 + 7 = 21/2 |
# | 3 | $\ln2$ | $\ln4$ | 1 | 1/2 | 5/4 + 1/2 = 7/4 | 21/2 + 0 = 21/2 |
#
# The answer is $\frac{21}{2}\big/\frac74 = 6$. The ordinary way agrees: the weights are $\frac17, \frac47, \frac27$, and $2 + 4 + 0 = 6$. **Predict:** what changes if the three keys come in another order?

# %%
def stream(scores, values):
    """Yield (maximum, sum of powers, weighted sum) after each key; forget the key at once."""
    m, total, weighted = -math.inf, 0.0, 0.0
    for s, v in zip(scores, values):
        top = max(m, s)
        shrink, new = math.exp(m - top), math.exp(s - top)
        m, total, weighted = top, shrink * total + new, shrink * weighted + new * v
        yield m, total, weighted

paper_scores, paper_values = [0.0, math.log(4), math.log(2)], [14.0, 7.0, 0.0]
rows = list(stream(paper_scores, paper_values))
claim("cost-paper", "Sums of powers 1, 5/4, 7/4 and weighted sums 14, 21/2, 21/2, as on paper.", [row[1:] for row in rows], expected=[[1.0, 14.0], [1.25, 10.5], [1.75, 10.5]], tolerance=1e-12)
answers = []
for order in ([0, 1, 2], [2, 1, 0], [1, 0, 2]):
    m, total, weighted = list(stream([paper_scores[i] for i in order], [paper_values[i] for i in order]))[-1]
    answers.append(weighted / total)
claim("cost-paper-order", "In any order the answer is 6.", answers, expected=[6.0] * 3, tolerance=1e-12)
*_, (m, total, weighted) = stream([1000 + s for s in paper_scores], paper_values)
claim("cost-huge", "With 1000 added to all scores, too, although exp(1000) overflows.", weighted / total, expected=6.0, tolerance=1e-12)

# %% [markdown]
# ## Tiles
#
# One key at a time is slow in any language with matrices. Nothing in the derivation needs *one*: a **tile** of keys has a maximum, a sum and a weighted sum of its own. So go through the table in squares: for a tile of queries, run over the tiles of keys, keep $m$, $\ell$, $a$ for each query, and throw the square of scores away. That is the algorithm of FlashAttention
# ([Dao et al., 2022](../../book/bibliography.md#dao2022flashattention)). Beside the outputs we return $L = m + \ln\ell$ for each query, the [log-sum-exp](../../book/glossary.md#log-sum-exp) of its scores; the way back will need it. And where attention is [causal](../../book/glossary.md#causal-mask), tiles above the diagonal need not be visited at all.

# %%
def tiled_attention(Q, K, V, tile=64, is_causal=False, times=np.matmul):
    """Return the outputs (..., T, d_v) and log-sum-exps (..., T, 1), from at most tile x tile scores at a time."""
    T, scale = Q.shape[-2], 1 / math.sqrt(Q.shape[-1])
    O, L = np.empty((*Q.shape[:-1], V.shape[-1])), np.empty((*Q.shape[:-1], 1))
    for i in range(0, T, tile):
        q = Q[..., i : i + tile, :] * scale
        m, total, weighted = np.full((*q.shape[:-1], 1), -np.inf), 0.0, 0.0
        for j in range(0, i + 1 if is_causal else T, tile):
            S = times(q, K[..., j : j + tile, :].swapaxes(-1, -2))                  # (..., tile, tile)
            if is_causal and i == j:
                S = np.where(np.tri(S.shape[-1], dtype=bool), S, -np.inf)
            top = np.maximum(m, S.max(-1, keepdims=True))
            shrink, P = np.exp(m - top), np.exp(S - top)
            m, total = top, shrink * total + P.sum(-1, keepdims=True)
            weighted = shrink * weighted + times(P, V[..., j : j + tile, :])
        O[..., i : i + tile, :], L[..., i : i + tile, :] = weighted / total, m + np.log(total)
    return O, L

# %% [markdown]
# > **Misconception.** Flash attention is an approximation.
#
# Approximations exist; we come to some. This one differs from the table's result by rounding only, whatever the tile.

# %%
x = rng.normal(size=(3, 100, 8))
tri = np.tri(100, dtype=bool)
for is_causal, mask in ((False, None), (True, tri)):
    same(f"tiles of 1, 7, 64 and 100 give standard attention, causal: {is_causal}", lambda tile, mask=mask: standard_attention(*x, mask),
         lambda tile, is_causal=is_causal: tiled_attention(*x, tile, is_causal)[0], [(1,), (7,), (64,), (100,)])
huge = 100 * x[:2]
worst_score = np.abs(huge[0] @ huge[1].T).max() / math.sqrt(8)
claim("cost-exact", "With scores above 10 000, too, tiles and table agree to 1e-10.", [worst_score > 1e4, np.abs(tiled_attention(*huge, x[2], 7)[0] - standard_attention(*huge, x[2])).max() < 1e-10], expected=[True, True])

# %% [markdown]
# And the memory? What must grow with $T$ is the result: the outputs and $L$, $d + 1$ numbers of 8 bytes for each step. **Predict:** how many bytes does the peak grow by for each step?

# %%
peaks_tiled = [peak_bytes(lambda x=x: tiled_attention(*x)) for x in draws.values()]
print("tiles:   ", ", ".join(f"T = {T}: {p / 1e6:.1f} MB" for T, p in zip(draws, peaks_tiled)))
growth_of_peak = np.polyfit([*draws], peaks_tiled, 1)[0]
claim("cost-linear-memory", "A step costs 65 numbers of 8 bytes, the result itself, to the nearest number.", round(growth_of_peak / 8), expected=65)
claim("cost-memory-ratio", "At 2048 steps that is over 25 times less than the table's.", round(peaks[-1] / peaks_tiled[-1]), at_least=25)

# %% [markdown]
# ## The way back, by recomputation
#
# Going back needs the weights: $\delta V = P^\top\delta O$, and $\delta S = P\odot(\delta O\,V^\top - c)$, where $c_i = \delta O_i\cdot O_i$ is the row's mean ([derived](02_self_attention.ipynb) with the forward pass). Having thrown them away, we compute them again, tile by tile. With $L$ at hand no maximum and no sum is needed: $P_{ij} = e^{S_{ij} - L_i}$, at most 1, at once.
# That trades work for memory, as [checkpoints](../05_rnn/02_through_time.ipynb) do in a recurrent network.

# %%
def tiled_backward(dO, Q, K, V, O, L, tile=64, is_causal=False, times=np.matmul):
    """Return (dQ, dK, dV) of tiled_attention, from its results and no table."""
    T, scale = Q.shape[-2], 1 / math.sqrt(Q.shape[-1])
    c = (dO * O).sum(-1, keepdims=True)
    dQ, dK, dV = (np.zeros(np.broadcast_shapes(Q.shape[:-2], a.shape[:-2]) + a.shape[-2:]) for a in (Q, K, V))
    for i in range(0, T, tile):
        rows = (..., slice(i, i + tile), slice(None))
        for j in range(0, i + 1 if is_causal else T, tile):
            keys = (..., slice(j, j + tile), slice(None))
            S = times(Q[rows] * scale, K[keys].swapaxes(-1, -2))                            # again
            if is_causal and i == j:
                S = np.where(np.tri(S.shape[-1], dtype=bool), S, -np.inf)
            P = np.exp(S - L[rows])
            dS = P * (times(dO[rows], V[keys].swapaxes(-1, -2)) - c[rows]) * scale
            dQ[rows] += times(dS, K[keys])
            dK[keys] += times(dS.swapaxes(-1, -2), Q[rows])
            dV[keys] += times(P.swapaxes(-1, -2), dO[rows])
    return dQ, dK, dV

# %%
small, dO = rng.normal(size=(3, 7, 3)), rng.normal(size=(7, 3))
for is_causal in (False, True):
    gradcheck(lambda Q, K, V, c=is_causal: (tiled_attention(Q, K, V, 3, c)[0] * dO).sum(), dict(zip("QKV", small)),
              dict(zip("QKV", tiled_backward(dO, *small, *tiled_attention(*small, 3, is_causal), 3, is_causal))))

def gradients_of_engine(dO, Q, K, V):
    leaves = [Tensor(a, requires_grad=True) for a in (Q, K, V)]
    (F.scaled_dot_product_attention(*leaves, is_causal=True) * dO).sum().backward()
    return [leaf.grad for leaf in leaves]

same("the engine, which keeps the table, has the same gradients", gradients_of_engine,
     lambda dO, *x: tiled_backward(dO, *x, *tiled_attention(*x, 32, True), 32, True), [(rng.normal(size=(200, 8)), *rng.normal(size=(3, 200, 8)))])

# %% [markdown]
# > **Misconception.** Flash attention is fast because it does fewer multiplications.
#
# Let them be counted, forward and back, without a causal mask. The way back has four products with a kept table. **Predict** how many without.

# %%
T, d = 256, 16
x, dO = rng.normal(size=(3, T, d)), rng.normal(size=(T, d))
table, there, back = Products(), Products(), Products()
standard_attention(*x, times=table)
found = tiled_attention(*x, times=there)
tiled_backward(dO, *x, *found, times=back)
claim("cost-same-products", "Forward, tiles take exactly as many multiply-adds as the table, 2 T² d.", [there.count, table.count], expected=[2 * T * T * d] * 2)
claim("cost-more-products", "Back they take five products in place of four: a quarter more.", back.count / (4 * T * T * d), expected=1.25)

# %% [markdown]
# The gain is in what does *not* move. The standard way writes the scores to memory, reads them, writes the weights, reads them: $4T^2$ numbers, besides queries, keys, values and outputs. The tiles of $b$ queries read queries once, write outputs once, and read all keys and values $T/b$ times: $2Td + 2Td\cdot T/b$. A square of scores lives and dies in the fast memory next to the arithmetic. How much time that saves depends on how slow the other memory is:
# much on a graphics processor, little in NumPy.

# %% tags=["nbval-ignore-output"]
T, d, b = 4096, 64, 128
moved = 4 * T * T + 4 * T * d, 2 * T * d + 2 * T * d * T / b
print(f"numbers moved at T = {T}: table {moved[0] / 1e6:.0f} million, tiles {moved[1] / 1e6:.0f} million")
claim("cost-traffic", "Tiles of 128 move a quarter of the numbers.", moved[0] / moved[1], at_least=3.5, at_most=4.5)
x = draws[1024]
timed = median_cpu_seconds(lambda: tiled_attention(*x, 128)) / median_cpu_seconds(lambda: standard_attention(*x))
claim("cost-tiles-time", "In NumPy, tiles take between a fifth and four times the time of the table.", timed, at_least=0.2, at_most=4.0)

# %% [markdown]
# > **Misconception.** A mask saves the work that it forbids.
#
# A [mask](../../book/glossary.md#mask) is applied to scores that have been computed. Only what is never visited is saved: with $n$ tiles on each side, a causal loop visits $n(n+1)/2$ of $n^2$.

# %%
x = draws[1024]
masked, plain, skipping = Products(), Products(), Products()
standard_attention(*x, mask=np.tri(1024, dtype=bool), times=masked)
standard_attention(*x, times=plain)
tiled_attention(*x, 64, is_causal=True, times=skipping)
claim("cost-mask-free", "With a causal mask the table takes exactly as many multiply-adds as without.", masked.count, expected=plain.count)
claim("cost-causal-tiles", "Causal tiles of 64 take 136 of 256 parts of it.", skipping.count / plain.count, expected=136 / 256)

# %% [markdown]
# ## Fewer pairs
#
# Half of a square is still a square. To grow more slowly, some pairs must never meet. Two patterns, both causal:
#
# - **window** ([local attention](../../book/glossary.md#local-attention)): step $i$ looks at itself and the $w-1$ steps before it, $0 \le i - j < w$.
# - **strided**: at itself and the $s-1$ steps before it, and at every $s$-th step back, $(i-j) \bmod s = 0$. With $s = \sqrt T$ this is the strided pattern of the Sparse Transformer, both halves in one head ([Child et al., 2019](../../book/bibliography.md#child2019generating)).
#
# How many pairs is that? The window has $w$ for each step, less a triangle at the start: $Tw - w(w-1)/2$. The strided one has about $s + i/s$ for step $i$, altogether $Ts + T^2/2s$, and that is $\frac32T^{1.5}$ for $s = \sqrt T$.

# %% mystnb={"image": {"alt": "Three lower triangular grids of 36 steps. Causal: the whole triangle. Window of 6: a band along the diagonal. Strided by 6: the band and, below it, parallel diagonals at every sixth step."}}
def pattern(T, width=None, stride=None):
    """Return the causal mask (T, T) of a window, with every stride-th step further back."""
    behind = np.arange(T)[:, None] - np.arange(T)                                     # i - j
    seen = behind < (T if width is None else width)
    if stride is not None:
        seen |= behind % stride == 0
    return seen & (behind >= 0)

fig, axes = plotting.new_figure(1, 3, height=2.4, sharey=True)
for ax, (name, mask) in zip(axes, {"causal": pattern(36), "window of 6": pattern(36, 6), "strided by 6": pattern(36, 6, 6)}.items()):
    ax.imshow(mask, cmap="Blues", vmin=0, vmax=1.3)
    ax.grid(False)
    plotting.dress(ax, name, f"key ({mask.sum()} pairs)", "query" if ax is axes[0] else "")

# %%
lengths = 4 ** np.arange(3, 9)                                                        # 64 to 65536
strided_pairs = [sum(min(i + 1, s) + i // s for i in range(T)) for T, s in zip(4 ** np.arange(3, 9), 2 ** np.arange(3, 9))]
claim("cost-pairs", "The counts are those of the masks.", [pattern(64, 8).sum(), pattern(64, 8, 8).sum(), pattern(64).sum()], expected=[64 * 8 - 28, strided_pairs[0], 64 * 65 // 2])
claim("cost-strided-exponent", "Strided pairs grow with exponent 1.5.", slope(lengths, strided_pairs), expected=1.5, tolerance=0.02)
claim("cost-strided-saving", "At 65 536 steps the strided pattern has over 80 times fewer pairs than the whole triangle.", lengths[-1] * (lengths[-1] + 1) / 2 / strided_pairs[-1], at_least=80.0)

# %% [markdown]
# What a step does not see in one layer it may hear of through another step in the next. With $M$ the mask as a matrix of zeros and ones, $(M^k)_{ij} > 0$ says that step $i$ hears of step $j$ within $k$ layers. **Predict** for 64 steps: how many layers until the last hears of the first, with a window of 8? With a stride of 8?

# %%
def layers_to_see_all(mask):
    """Return the least k for which every step hears of all steps before it through k layers."""
    heard, k = mask, 1
    while not heard[np.tri(len(mask), dtype=bool)].all():
        heard, k = (heard.astype(float) @ mask) > 0, k + 1
    return k

sizes = [(16, 4), (64, 8), (144, 12), (256, 16)]
claim("cost-window-layers", "A window needs (T - 1) / (w - 1) layers, rounded up.", [layers_to_see_all(pattern(T, w)) for T, w in sizes], expected=[math.ceil((T - 1) / (w - 1)) for T, w in sizes])
claim("cost-strided-layers", "Strided by the root of T, two layers suffice.", [layers_to_see_all(pattern(T, s, s)) for T, s in sizes], expected=[2] * 4)

def gradient_at_first(mask, n_layers):
    """Return how much the last step's output depends on step 0 through layers of masked attention."""
    start = h = Tensor(np.random.default_rng(1).normal(size=(len(mask), 4)), requires_grad=True)
    for _ in range(n_layers):
        h = h + F.scaled_dot_product_attention(h, h, h, mask)
    (h[-1] ** 2).sum().backward()
    return np.abs(start.grad[0]).max()

reaching = [gradient_at_first(pattern(17, 5), k) > 0 for k in (1, 2, 3, 4)]
claim("cost-window-gradient", "In a real stack of windows of 5 the gradient reaches back 16 steps with layer 4, and is exactly 0 before.", reaching, expected=[False, False, False, True])

# %% [markdown]
# This is the [receptive field](../../book/glossary.md#receptive-field) of a convolution again, with weights that depend on the content. What is lost is the *direct* look: on the way, a message shares the width of each step with all others that pass there.
#
# ## Linear attention
#
# The other way out leaves all pairs and changes the weight. Suppose the power $e^{q\cdot k}$ were a dot product of *features*, $\phi(q)\cdot\phi(k)$ with $\phi(x)$ a vector of $r$ positive numbers. Then
#
# $$o_i = \frac{\sum_j \bigl(\phi(q_i)\cdot\phi(k_j)\bigr)v_j}{\sum_j\phi(q_i)\cdot\phi(k_j)}
# = \frac{\phi(q_i)\,\bigl[\sum_j \phi(k_j)^\top v_j\bigr]}{\phi(q_i)\cdot\bigl[\sum_j\phi(k_j)\bigr]},
# \qquad\text{that is}\qquad \bigl(\phi(Q)\phi(K)^\top\bigr)V = \phi(Q)\bigl(\phi(K)^\top V\bigr).$$
#
# The brackets moved, no more. The left side makes a $(T,T)$ table and takes $T^2(r + d_v)$ multiply-adds; the right one makes an $(r, d_v)$ matrix and takes $2T\,r\,d_v$. This is **[linear attention](../../book/glossary.md#linear-attention)** ([Katharopoulos et al., 2020](../../book/bibliography.md#katharopoulos2020transformers)), with $\phi(x) = \mathrm{elu}(x) + 1$ number by number, so $r = d$.
#
# Made causal, the sums run over $j\le i$ only, and a sum that grows by one term a step is a recurrence:
#
# $$S_i = S_{i-1} + \phi(k_i)^\top v_i, \qquad z_i = z_{i-1} + \phi(k_i), \qquad o_i = \frac{\phi(q_i)\,S_i}{\phi(q_i)\cdot z_i} .$$
#
# Look at it with the eyes of [chapter 5](../05_rnn/01_recurrence.ipynb): a state of $rd_v + r$ numbers, an update, an output. It is a linear [recurrent network](../../book/glossary.md#recurrent-neural-network) that can be trained like attention, all steps at once, and that writes like a recurrent network, from a state that does not grow.

# %%
def features(x):
    """elu + 1: x + 1 above zero, exp(x) below; positive everywhere."""
    return np.where(x > 0, x + 1, np.exp(np.minimum(x, 0)))

def linear_by_table(Q, K, V, mask=1.0, times=np.matmul):
    weights = times(features(Q), features(K).swapaxes(-1, -2)) * mask               # (..., T, T)
    return times(weights, V) / weights.sum(-1, keepdims=True)

def linear_by_state(Q, K, V, times=np.matmul):
    q, k = features(Q), features(K)
    return times(q, times(k.swapaxes(-1, -2), V)) / (q @ k.sum(-2)[..., None])      # the state is (r, d_v)

def linear_by_recurrence(Q, K, V):
    S, z, out = np.zeros((Q.shape[1], V.shape[1])), np.zeros(Q.shape[1]), np.empty_like(V)
    for i, (q, k) in enumerate(zip(features(Q), features(K))):
        S, z = S + np.outer(k, V[i]), z + k
        out[i] = q @ S / (q @ z)
    return out

x = rng.normal(size=(3, 50, 6))
same("moving the brackets changes nothing", linear_by_table, linear_by_state, [tuple(x), tuple(rng.normal(size=(3, 2, 9, 4)))])
same("the causal table is a recurrence with a state of 42 numbers", lambda *x: linear_by_table(*x, np.tri(50)), linear_by_recurrence, [tuple(x)])
x = draws[1024]
table, state = Products(), Products()
linear_by_table(*x, times=table), linear_by_state(*x, times=state)
claim("cost-brackets", "At T = 1024 and d = 64 the brackets save a factor of T / d = 16.", table.count / state.count, expected=16.0)

# %% [markdown]
# The factor is $T/d$: below $T = d$ the "linear" way takes more multiply-adds than the table. Training needs its gradient. With $N_i$ for the denominator and $A$ for the masked table, the rule of the quotient gives $\delta A_{ij} = (\delta O_i\cdot v_j - \delta O_i\cdot O_i)/N_i$; the rest is products.

# %%
def linear_backward(dO, Q, K, V, mask):
    """Return (dQ, dK, dV) of linear_by_table."""
    q, k = features(Q), features(K)
    A = (q @ k.swapaxes(-1, -2)) * mask
    sent = dO / A.sum(-1, keepdims=True)                                                # dO / N
    O = A @ V / A.sum(-1, keepdims=True)
    dA = (sent @ V.swapaxes(-1, -2) - (sent * O).sum(-1, keepdims=True)) * mask
    slope_of_feature = lambda x: np.exp(np.minimum(x, 0))
    return dA @ k * slope_of_feature(Q), dA.swapaxes(-1, -2) @ q * slope_of_feature(K), A.swapaxes(-1, -2) @ sent

small, dO = rng.normal(size=(3, 7, 3)), rng.normal(size=(7, 3))
gradcheck(lambda Q, K, V: (linear_by_table(Q, K, V, np.tri(7)) * dO).sum(), dict(zip("QKV", small)), dict(zip("QKV", linear_backward(dO, *small, np.tri(7)))))

# %% [markdown]
# ## What is lost
#
# > **Misconception.** Linear attention computes the same thing, only faster.
#
# It would if $\phi(q)\cdot\phi(k)$ were $e^{q\cdot k}$. With $r$ features it cannot be: the table $\phi(Q)\phi(K)^\top$ is a product through $r$ numbers, so its rank is at most $r$. The table of exponentials has full rank in general.

# %%
Q, K, V = rng.normal(size=(3, 64, 8))
ranks = [np.linalg.matrix_rank(features(Q) @ features(K).T), np.linalg.matrix_rank(np.exp(Q @ K.T / math.sqrt(8)))]
claim("cost-rank", "For 64 steps of 8 numbers the linear table has rank 8, the exponential one 64.", ranks, expected=[8, 64])
claim("cost-not-softmax", "The outputs differ by more than 0.3 somewhere.", np.abs(linear_by_state(Q, K, V) - standard_attention(Q, K, V)).max(), at_least=0.3)

# %% [markdown]
# Does rank matter? Take the task that attention was [invented](01_soft_lookup.ipynb) for, a look-up. A sequence names $n$ pairs of a key and a random value (mean 0, variance 1), then asks for one of the keys; the model may learn what vector of $d = 8$ numbers stands for each key when it is written, and what vector when it is asked for. This task is known as *associative recall*. The weights form a matrix $P$, row by row a query; the ideal one is $I$.
# As the values are independent, the expected squared error of an answer is exactly $\lVert P - I\rVert_F^2/n$, and we can train on that, without drawing a single value.
#
# And there is a law. The rank of $P$ is at most $d$, as dividing rows does not change it, and $\lVert P-I\rVert^2_F \ge n - d$ (exercise 6). So *no* choice of keys, queries and $d$ features has an error below $1 - d/n$. **Predict:** does training get near?

# %%
def train_recall(n, weigh, d=8, n_seeds=5, n_steps=400):
    """Return errors (n_seeds,), weights (n_seeds, n, n), queries and keys (n_seeds, n, d): all seeds side by side."""
    start = np.stack([np.random.default_rng(seed).normal(size=(2, n, d)) for seed in range(n_seeds)], 1)
    q, k = map(nn.Parameter, start)
    optimizer = optim.Adam([q, k], lr=0.05)
    for _ in range(n_steps):
        P = weigh(q, k)
        loss = ((P - np.eye(n)) ** 2).sum() / n
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return ((P.data - np.eye(n)) ** 2).sum((1, 2)) / n, P.data, q.data, k.data

def linear_weights(q, k):
    weights = (F.elu(q) + 1) @ (F.elu(k) + 1).swapaxes(-1, -2)
    return weights / weights.sum(-1, keepdims=True)

def softmax_weights(q, k):
    return F.softmax(q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1]))

# %%
n_pairs = [4, 8, 16, 32, 64]
recall = {name: [train_recall(n, weigh) for n in n_pairs] for name, weigh in (("linear", linear_weights), ("softmax", softmax_weights))}
bound = np.array([max(0, 1 - 8 / n) for n in n_pairs])
error = {name: np.array([r[0] for r in runs]) for name, runs in recall.items()}         # (sizes, seeds)
for i, n in enumerate(n_pairs):
    spread = [f"{error[name][i].mean():.3f} ± {error[name][i].std():.3f}" for name in ("linear", "softmax")]
    print(f"{n:2} pairs: linear {spread[0]}, bound {bound[i]:.3f}; softmax {spread[1]}")
claim("cost-recall-bound", "No linear run is below the bound.", (error["linear"] - bound[:, None]).min(), at_least=0.0)
claim("cost-recall-linear", "With 16, 32 and 64 pairs every one of five runs ends within 0.01 of it.", np.abs(error["linear"][2:] - bound[2:, None]).max(), at_most=0.01)
claim("cost-recall-softmax", "Softmax attention of the same width has an error below 0.01 at any size.", error["softmax"].max(), at_most=0.01)

# %% mystnb={"image": {"alt": "Mean squared error against the number of pairs, 4 to 64. Softmax attention stays at zero. Linear attention with 8 features is near zero up to 8 pairs, then rises along the curve of the bound 1 minus 8 over n to 0.88."}}
_ = plotting.curves({"linear, 8 features": (n_pairs, error["linear"].mean(1)), "bound 1 − 8/n": (n_pairs, bound), "softmax": (n_pairs, error["softmax"].mean(1))},
                    title="Past eight pairs a state with eight rows forgets", xlabel="pairs", ylabel="squared error of an answer", labels="legend")

# %% [markdown]
# From 16 pairs on, training does not get near the law, it sits on it. (With eight the error could come as close to 0 as one likes; some runs stop in a poorer minimum.) How? Look at what was learnt for 32 keys.

# %% mystnb={"image": {"alt": "The 32 by 32 matrix of learnt weights of linear attention, keys sorted by their largest feature. Squares along the diagonal are shaded evenly, everything else is white: keys that share a drawer get equal weights."}}
_, P_seeds, q_seeds, k_seeds = recall["linear"][3]
order = features(k_seeds[0]).argmax(-1).argsort(kind="stable")
_, ax = plotting.new_figure(height=3.4)
ax.imshow(P_seeds[0][order][:, order], cmap="Blues", vmin=0)
ax.grid(False)
plotting.dress(ax, "Learnt weights: eight drawers", "key, sorted by its largest feature", "query")

# %%
drawers = [len(set(features(k).argmax(-1))) for k in k_seeds]
right = (P_seeds.argmax(-1) == np.arange(32)).mean()
claim("cost-drawers", "In all five runs the 32 keys are put into exactly eight drawers.", drawers, expected=[8] * 5)
claim("cost-drawer-chance", "The largest weight is at the right key for about 8 in 32, once for each drawer.", right, expected=0.25, tolerance=0.05)
values = np.random.default_rng(9).normal(size=(32, 2000))                                 # 2000 tables of values at once
state = features(k_seeds[0]).T @ np.column_stack([values, np.ones(32)])                   # write 32 pairs into 8 rows
asked = features(q_seeds[0]) @ state
claim("cost-recall-real", "Written to a state and read out again, real values come back with that error, 0.75.", ((asked[:, :-1] / asked[:, -1:] - values) ** 2).mean(), expected=0.75, tolerance=0.04)

# %% [markdown]
# Each answer is the mean of its drawer, whose size does not matter to the sum. Is that because of this $\phi$? Partly. With the three features $1, \cos\theta, \sin\theta$ of points on a circle the weight $1 + \cos(\theta_q - \theta_k)$ is largest at the right key for *any* number of keys: the order of the weights survives. What no $\phi$ of few features gives is *sharpness*: the others' weights stay, and the answer is a blur.
# Softmax needs only two numbers a key for a hard look-up, since its exponential can be made as steep as one likes.

# %%
angle = 2 * np.pi * np.arange(64) / 64
circle = np.column_stack([np.cos(angle), np.sin(angle)])
blunt = 1 + circle @ circle.T
blunt /= blunt.sum(-1, keepdims=True)
steep = softmax_weights(Tensor(1e4 * circle), Tensor(circle)).data
claim("cost-order-survives", "Three features put the largest of 64 weights at the right key, always.", (blunt.argmax(-1) == np.arange(64)).mean(), expected=1.0)
claim("cost-sharpness-lost", "But the error is above the bound 1 - 3/64.", ((blunt - np.eye(64)) ** 2).sum() / 64, at_least=1 - 3 / 64)
claim("cost-two-numbers", "Softmax with two numbers a key recalls all 64, with an error below 1e-10.", ((steep - np.eye(64)) ** 2).sum() / 64, at_most=1e-10)

# %% [markdown]
# The trade is the one of every recurrent network: a state of fixed size is a memory of fixed size. It can be made wider, or choose better what to overwrite (a [gate](../../book/glossary.md#gate) decides in many later models), but not hold $n$ arbitrary things in fewer than $n$ places.
#
# ## Reading and writing
#
# While a GPT writes, it keeps the keys and values of all steps so far, the [key-value cache](../../book/glossary.md#key-value-cache) of [the section before](06_small_gpt.ipynb), so that a new token costs one row of the table and not all of it. How large is it? Two arrays in each layer, of $T$ steps, $h$ heads, $d_h$ numbers each, of $b$ bytes:
#
# $$\text{bytes} = 2\cdot n_\text{layer}\cdot T\cdot h\cdot d_h\cdot b .$$
#
# GPT-2 small has 12 layers and 12 heads of 64. **Predict** its cache for 1024 tokens in 16-bit numbers, and how many sequences at once make the caches larger than the model.

# %%
def cache_bytes(n_layers, n_steps, n_heads, d_head, n_bytes=2):
    return 2 * n_layers * n_steps * n_heads * d_head * n_bytes

def counted_cache_bytes(n_heads):
    """Return the bytes that twelve caches of the library hold after 1000 tokens and then 24 more."""
    caches = [nn.KVCache() for _ in range(12)]
    for n in (1000, 24):
        held = [cache.extend(*np.zeros((2, 1, n_heads, n, 64), np.float16)) for cache in caches]
    return sum(array.nbytes for pair in held for array in pair)

for n_heads, name in ((12, "12 heads, as published"), (4, "4 heads of keys, groups of 3"), (1, "1 head of keys for all")):
    print(f"{name:29} {cache_bytes(12, 1024, n_heads, 64) / 2**20:4.0f} MiB")
claim("cost-cache", "GPT-2 small's cache holds 37 748 736 bytes, 36 MiB, by the formula and by count.", [cache_bytes(12, 1024, 12, 64), counted_cache_bytes(12)], expected=[36 * 2**20] * 2)
claim("cost-cache-batch", "In 16-bit numbers the caches of seven sequences are larger than the model, of six not.", [n * cache_bytes(12, 1024, 12, 64) > 2 * 124_439_808 for n in (6, 7)], expected=[False, True])
claim("cost-state", "A linear attention of the same heads holds 1/31.5 of it, at any length.", 2 * 1024 * 64 / (64 * 64 + 64), expected=31.5, tolerance=0.02)

# %% [markdown]
# The formula shows what can be saved without touching the queries: heads of keys and values. In **multi-query** attention ([Shazeer, 2019](../../book/bibliography.md#shazeer2019fast)) all heads of queries share one head of keys and values; in **[grouped-query attention](../../book/glossary.md#grouped-query-attention)** ([Ainslie et al., 2023](../../book/bibliography.md#ainslie2023gqa)) $g$ heads of keys serve $h/g$ heads of queries each. It is attention with repeated keys and values, which need to be kept only once. The multiply-adds of the table stay.

# %%
def grouped(Q, K, V, attend):
    """Attention of queries (B, h, T, d) on keys and values (B, g, T, d): head i asks group i // (h / g)."""
    B, h, T, d = Q.shape
    by_group = Q.reshape(B, K.shape[1], -1, T, d)                                       # (B, g, h / g, T, d)
    return attend(by_group, K[:, :, None], V[:, :, None]).reshape(B, h, T, -1)

def repeated(Q, K, V, attend):
    return attend(Q, *(np.repeat(a, Q.shape[1] // a.shape[1], axis=1) for a in (K, V)))

Q, K, V = rng.normal(size=(2, 12, 5, 4)), *rng.normal(size=(2, 2, 4, 5, 4))
attend = lambda *x: tiled_attention(*x, 2, True)[0]
same("groups, one group, and a group for each head are attention with repeated keys", lambda n: repeated(Q, K[:, :n], V[:, :n], attend), lambda n: grouped(Q, K[:, :n], V[:, :n], attend), [(4,), (1,), (2,)])
claim("cost-grouped-bytes", "With 4 and with 1 heads of keys the counted cache is 1/3 and 1/12.", [counted_cache_bytes(n) / counted_cache_bytes(12) for n in (4, 1)], expected=[1 / 3, 1 / 12], tolerance=1e-12)

# %% [markdown]
# Why do bytes matter more than multiplications here? Take the **[arithmetic intensity](../../book/glossary.md#arithmetic-intensity)**, multiply-adds for each byte that has to come from memory. Reading a prompt of 1024 steps, a weight matrix is fetched once and used 1024 times. Writing one token, it is fetched and used once; and so is every number of the cache, which, unlike the weights, is not even shared by the sequences of a batch.
# A processor that can do a hundred multiply-adds in the time a byte takes to arrive idles for most of the writing ([Williams, Waterman and Patterson, 2009](../../book/bibliography.md#williams2009roofline)). Here, in NumPy, the same effect by the clock:

# %% tags=["nbval-ignore-output"]
def intensity(m, k, n, n_bytes=2):
    """Return multiply-adds a byte of an (m, k) times (k, n) product, each array moved once."""
    return m * k * n / (n_bytes * (m * k + k * n + m * n))

print("multiply-adds a byte:", ", ".join(f"T = {m}: {intensity(m, 768, 768):.1f}" for m in (1, 16, 1024)))
claim("cost-intensity", "Reading 1024 steps does 140 multiply-adds a byte, writing a token half of one.", [intensity(1024, 768, 768), intensity(1, 768, 768)], expected=[139.6, 0.4987], tolerance=0.05)
claim("cost-intensity-cache", "A query on a cache of 1024 keys: below a half; twelve queries that share it: over four.", [intensity(1, 64, 1024) < 0.5, intensity(12, 64, 1024) > 4], expected=[True, True])
W = rng.standard_normal((2048, 2048), "f4")
X = rng.standard_normal((256, 2048), "f4")
one_step, many_steps = (median_cpu_seconds(lambda n=n: X[:n] @ W) / n for n in (1, 256))
claim("cost-clock", "By the clock, a step alone takes at least 1.5 times as long as a step among 256.", one_step / many_steps, at_least=1.5)

# %% [markdown]
# ## In the frameworks
#
# First the tiles. PyTorch's `scaled_dot_product_attention` chooses among several kernels, a tiled one among them; Keras has `keras.ops.dot_product_attention`. On 600 steps, causal, outputs and gradients:

# %%
import keras
import tensorflow as tf
import torch

long = rng.normal(size=(3, 1, 2, 600, 16))
sent = rng.normal(size=long[0].shape)
sdpa = torch.nn.functional.scaled_dot_product_attention
out_tiles, lse_tiles = tiled_attention(*long, 64, True)
grads_tiles = tiled_backward(sent, *long, out_tiles, lse_tiles, 64, True)
leaves_t = [torch.tensor(a, requires_grad=True) for a in long]
out_sdpa = sdpa(*leaves_t, is_causal=True)
grads_sdpa = torch.autograd.grad((out_sdpa * torch.tensor(sent)).sum(), leaves_t)

leaves_k = [tf.Variable(a.swapaxes(1, 2)) for a in long]                                 # Keras: (B, T, heads, d)
with tf.GradientTape() as tape:
    out_keras = keras.ops.dot_product_attention(*leaves_k, is_causal=True)
    total_keras = tf.reduce_sum(out_keras * sent.swapaxes(1, 2))
grads_keras = tape.gradient(total_keras, leaves_k)
parity("cost-tiles", outputs={"numpy": out_tiles, "torch": out_sdpa, "tensorflow": out_keras.numpy().swapaxes(1, 2)},
       gradients={"numpy": grads_tiles, "torch": grads_sdpa, "tensorflow": [g.numpy().swapaxes(1, 2) for g in grads_keras]})

# %% [markdown]
# Then training, 100 steps of gradient descent in float64, of two causal layers $\mathrm{mix}(XW_q, XW_k, XW_v)\,W_o$, each of which imitates another of its own kind. In *linear* attention each framework computes a different one of the equal forms: NumPy the table with our backward pass, PyTorch running sums, which is the recurrence, TensorFlow the table with its tape. In *grouped-query* attention with four heads on two groups NumPy uses the tiles and recomputation,
# PyTorch `enable_gqa=True`, TensorFlow Keras's layer. (The head size is 4 on purpose: Keras's layer holds $1/\sqrt d$ in float32, and with a head size of 2 that alone made a difference of $3\cdot10^{-8}$.)

# %%
T, D, LR = 6, 16, 0.3
draw = np.random.default_rng(2)
X_par, tri = draw.normal(size=(8, T, D)), np.tri(T)
shapes = {"linear": [(D, D)] * 4, "grouped": [(D, D), (D, D // 2), (D, D // 2), (D, D)]}
start, teacher = ({kind: [draw.normal(0, std, s) for s in shapes[kind]] for kind in shapes} for std in (0.2, 0.35))

def heads_of(x):
    return x.reshape(8, T, -1, 4).swapaxes(1, 2)                                         # (B, heads, T, 4)

def mix_numpy(kind, Q, K, V):
    """Return the mixed steps (B, T, D), and a function from their gradient to those of Q, K, V."""
    if kind == "linear":
        return linear_by_table(Q, K, V, tri), lambda dO: linear_backward(dO, Q, K, V, tri)
    parts = [a.reshape(8, 2, -1, T, 4) for a in map(heads_of, (Q, K, V))]                # (B, g, heads of a group, T, 4)
    O, L = tiled_attention(*parts, 4, True)
    flat = lambda a: a.reshape(8, -1, T, 4).swapaxes(1, 2).reshape(8, T, -1)

    def back(dO):
        dQ, dK, dV = tiled_backward(heads_of(dO).reshape(O.shape), *parts, O, L, 4, True)
        return flat(dQ), flat(dK.sum(2)), flat(dV.sum(2))                               # a shared key gets all its blame
    return flat(O), back

# %% tags=["fw-numpy"]
def layer_numpy(kind, W):
    Q, K, V = (X_par @ w for w in W[:3])
    mixed, back = mix_numpy(kind, Q, K, V)
    return mixed @ W[3], mixed, back

Y_par = {kind: layer_numpy(kind, teacher[kind])[0] for kind in shapes}
first_numpy, path_numpy = {}, {"linear": [], "grouped": []}
for kind, path in path_numpy.items():
    W = [w.copy() for w in start[kind]]
    for step in range(100):
        out, mixed, back = layer_numpy(kind, W)
        d_out = 2 * (out - Y_par[kind]) / out.size
        into = [*back(d_out @ W[3].T), d_out]
        grads = [np.einsum("btd,bte->de", a, g) for a, g in zip((X_par, X_par, X_par, mixed), into)]
        path.append(((out - Y_par[kind]) ** 2).mean())
        if step == 0: first_numpy[kind] = out, grads
        W = [w - LR * g for w, g in zip(W, grads)]

# %% tags=["fw-torch"]
def layer_torch(kind, W):
    Q, K, V = (torch.tensor(X_par) @ w for w in W[:3])
    if kind == "linear":
        q, k = torch.nn.functional.elu(Q) + 1, torch.nn.functional.elu(K) + 1
        S, z = torch.cumsum(k[..., None] * V[..., None, :], 1), torch.cumsum(k, 1)       # (B, T, r, d_v), (B, T, r)
        return torch.einsum("btr,btrd->btd", q, S) / (q * z).sum(-1, keepdim=True) @ W[3]
    Q, K, V = (a.reshape(8, T, -1, 4).transpose(1, 2) for a in (Q, K, V))
    return sdpa(Q, K, V, is_causal=True, enable_gqa=True).transpose(1, 2).reshape(8, T, D) @ W[3]

first_torch, path_torch = {}, {"linear": [], "grouped": []}
for kind, path in path_torch.items():
    W = [torch.tensor(w, requires_grad=True) for w in start[kind]]
    for step in range(100):
        out = layer_torch(kind, W)
        loss = ((out - torch.tensor(Y_par[kind])) ** 2).mean()
        grads = torch.autograd.grad(loss, W)
        path.append(loss.item())
        if step == 0: first_torch[kind] = out.detach(), grads
        W = [(w - LR * g).detach().requires_grad_() for w, g in zip(W, grads)]

# %% tags=["fw-tensorflow"]
layer_k = keras.layers.GroupQueryAttention(4, 4, 2, use_bias=False, dtype="float64")     # head size, heads, groups
layer_k.build(X_par.shape, X_par.shape)
layer_k.set_weights([w.reshape(v.shape) for w, v in zip(start["grouped"], layer_k.weights)])
W_linear = [tf.Variable(w) for w in start["linear"]]

def linear_tf():
    Q, K, V = (tf.constant(X_par) @ w for w in W_linear[:3])
    A = tf.linalg.band_part(tf.matmul(tf.nn.elu(Q) + 1, tf.nn.elu(K) + 1, transpose_b=True), -1, 0)
    return A @ V / tf.reduce_sum(A, -1, keepdims=True) @ W_linear[3]

def make_step(model, weights, target):
    @tf.function
    def step():
        with tf.GradientTape() as tape:
            out = model()
            loss = tf.reduce_mean((out - target) ** 2)
        grads = tape.gradient(loss, weights)
        for w, g in zip(weights, grads): w.assign_sub(LR * g)
        return out, loss, grads
    return step

steps_tf = {"linear": make_step(linear_tf, W_linear, Y_par["linear"]),
            "grouped": make_step(lambda: layer_k(X_par, X_par, use_causal_mask=True), layer_k.trainable_variables, Y_par["grouped"])}
runs_tf = {kind: [step() for _ in range(100)] for kind, step in steps_tf.items()}

# %%
for kind in shapes:
    first_tf = runs_tf[kind][0]
    grads_tf = [g.numpy().reshape(s) for g, s in zip(first_tf[2], shapes[kind])]
    parity(f"cost-{kind}", outputs={"numpy": first_numpy[kind][0], "torch": first_torch[kind][0], "tensorflow": first_tf[0]},
           gradients={"numpy": first_numpy[kind][1], "torch": first_torch[kind][1], "tensorflow": grads_tf},
           path={"numpy": path_numpy[kind], "torch": path_torch[kind], "tensorflow": [float(run[1]) for run in runs_tf[kind]]})
claim("cost-learns", "Both losses fall by more than a factor of 5.", [path_numpy[kind][0] / path_numpy[kind][-1] > 5 for kind in shapes], expected=[True, True])

# %% [markdown]
# ## Summary
#
# - The exponent of the length in a block's cost is $1 + T/(6D+T)$: 1 at first, 1.5 at $T = 6D$, 2 in the end. The table of weights is $hT^2$ numbers from the start.
# - A softmax can be streamed: keep maximum, sum and weighted sum, shrink them when the maximum rises. Tile by tile that is exact attention in $O(T)$ memory, with the same multiply-adds forward and a quarter more back.
# - Masks save nothing; tiles that are not visited do. A window needs about $T/w$ layers to see everything, a strided pattern two, with $\frac32T^{1.5}$ pairs.
# - Linear attention moves brackets and becomes a linear recurrent network. Its table has rank $r$, and $n$ pairs are recalled with an error of at least $1 - r/n$: a fixed state is a fixed memory.
# - Writing is bound by bytes, half a multiply-add for each. Sharing keys among heads divides the cache by $h/g$.
#
# ## Exercises
#
# ### Exercise 1 · Where pairs dominate
#
# At which length do scores and means take *three quarters* of the multiply-adds of a block with $D = 512$?

# %%
answer = None
exercise("cost-three-quarters", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# The share is $T/(6D+T)$. It is $\frac34$ where $T = 3\cdot6D = 18D = 9216$.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("cost-three-quarters", 18 * 512)

# %% [markdown]
# ### Exercise 2 · Two halves
#
# Two machines each streamed one half of the keys. Write `merge(m1, l1, a1, m2, l2, a2)`: from maximum, sum of powers and weighted sum (an array) of both, return `(m, l, a)` of the whole. Mind huge maxima.

# %%
def merge(m1, l1, a1, m2, l2, a2):
    ...

exercise("cost-merge", merge)

# %% tags=["hide-cell", "solution"]
def merge_solution(m1, l1, a1, m2, l2, a2):
    m = max(m1, m2)
    one, two = math.exp(m1 - m), math.exp(m2 - m)
    return m, one * l1 + two * l2, one * a1 + two * a2

exercise("cost-merge", merge_solution)

# %% [markdown]
# ### Exercise 3 · A larger cache
#
# A model has 32 layers and 32 heads of 128 numbers, but only 8 heads of keys and values. How many bytes does its cache take for *four* sequences of 8192 tokens, in 16-bit numbers?

# %%
answer = None
exercise("cost-large-cache", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# $2\cdot32\cdot8192\cdot8\cdot128\cdot2 = 2^{30}$ bytes, one GiB, for each sequence; four take $2^{32}$. The 32 heads of queries do not enter: queries are not kept.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("cost-large-cache", 4 * cache_bytes(32, 8192, 8, 128))

# %% [markdown]
# ### Exercise 4 · Windows in a stack
#
# How many layers with a window of 256, itself included, does it take until the last of 4096 steps hears of the first?

# %%
answer = None
exercise("cost-stack", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Each layer reaches 255 steps further back, and $4095/255 = 16.06$: 17 layers. With 16 the first 15 steps stay unheard.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("cost-stack", math.ceil(4095 / 255))

# %% [markdown]
# ### Exercise 5 · A step of the recurrence, made to forget
#
# Write `forgetting_step(S, z, q, k, v, keep)` of linear attention with a forget factor: the old state $S$ (r, d_v) and $z$ (r,) count only `keep` times, then the pair is added, then read. Use $\phi = \mathrm{elu} + 1$ for the query `q` and the key `k`, (r,). Return `(S, z, o)`.

# %%
def forgetting_step(S, z, q, k, v, keep):
    ...

exercise("cost-forget", forgetting_step)

# %% tags=["hide-cell", "solution"]
def forgetting_step_solution(S, z, q, k, v, keep):
    q, k = features(q), features(k)
    S, z = keep * S + np.outer(k, v), keep * z + k
    return S, z, q @ S / (q @ z)

exercise("cost-forget", forgetting_step_solution)

# %% [markdown]
# ### Exercise 6 · Three proofs
#
# (a) Show: if an $n\times n$ matrix $P$ has rank at most $r < n$, then $\lVert P - I\rVert_F^2 \ge n - r$. (b) Show that $r$ drawers of any sizes, with equal weights within a drawer, attain it, with rows that sum to one. (c) Show that two strided layers connect every step with every step before it.
#
# <details><summary>Solution</summary>
#
# (a) The kernel of $P$ has an orthonormal basis $u_1,\dots,u_p$ with $p \ge n - r$. For each, $\lVert(P-I)u_i\rVert = \lVert u_i\rVert = 1$. Completed to a basis of the whole space, $\lVert P-I\rVert_F^2$ is the sum of $\lVert(P-I)u\rVert^2$ over *all* its vectors, so at least $n - r$.
#
# (b) The block of a drawer of $g$ keys is $\frac1g$ everywhere. Each of its rows differs from $I$ by $1 - \frac1g$ once and by $\frac1g$ in $g-1$ places: squared, $(1-\frac1g)^2 + \frac{g-1}{g^2} = 1 - \frac1g$. Its $g$ rows give $g - 1$, all drawers together $n - r$. The rank is $r$, one for each drawer; one-hot features of the drawers give these weights.
#
# (c) Let $j \le i$, and write $i - j = as + b$ with $0\le b < s$. In the last layer step $i$ looks at $i - b$, which lies in its window. In the layer before, step $i - b$ looks at $j$, as $(i-b) - j = as$ is a multiple of $s$.
#
# </details>

# %% [markdown]
# ## Sources
#
# [Milakov and Gimelshein, 2018](../../book/bibliography.md#milakov2018online), the streaming softmax ·
# [Dao et al., 2022](../../book/bibliography.md#dao2022flashattention), attention by tiles, forward and back, and the count of what moves ·
# [Child et al., 2019](../../book/bibliography.md#child2019generating), strided patterns ·
# [Katharopoulos et al., 2020](../../book/bibliography.md#katharopoulos2020transformers), linear attention and its recurrence ·
# [Shazeer, 2019](../../book/bibliography.md#shazeer2019fast), and [Ainslie et al., 2023](../../book/bibliography.md#ainslie2023gqa), shared keys ·
# [Williams, Waterman and Patterson, 2009](../../book/bibliography.md#williams2009roofline), arithmetic against traffic.
