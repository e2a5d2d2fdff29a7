# %% [markdown]
# # The block
#
# **After this section** you can build a Transformer's block from its four parts and say what breaks without each, derive the gradient of layer normalisation, choose between pre-norm and post-norm by measurements, assemble encoder, decoder and
# encoder-decoder from one block, and count parameters and operations of any of them on the back of an envelope.
# *Reading: 35 minutes. Running: about 25 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import math

import matplotlib.pyplot as plt
import numpy as np
import torch
from scipy.special import erf

from chainrule import Tensor, models, nn, optim, plotting
from chainrule.nn import functional as F
from chainrule.proof import claim, exercise, gradcheck, parity, same

# %% [markdown]
# ## The question
#
# [Self-attention](../../book/glossary.md#self-attention) lets every step look at every other, and [heads](03_heads_and_positions.ipynb) do so in several ways at once. Why not stack twenty of them and be done? Because attention takes means, and means of means are all alike.
#
# The smallest case fits on paper: two steps of one number each, $+r$ and $-r$, and all weights 1. The scores of step 1 are $r^2$ and $-r^2$, its weights $e^{r^2}$ and $e^{-r^2}$ over their sum, so its output is
#
# $$\frac{e^{r^2} - e^{-r^2}}{e^{r^2} + e^{-r^2}}\;r = r\tanh r^2 \approx r^3, \qquad\text{and that of step 2 is } -r\tanh r^2 .$$
#
# Half of the distance between the two steps was $r$, and is about $r^3$ after one layer. With $r = 0.1$ four layers lead to $10^{-3}, 10^{-9}, 10^{-27}, 10^{-81}$: the exponent triples each time. That holds in general. Write $x_i = m + r_i$, a mean and what makes step $i$ different:
#
# 1. The scores are $(m+r_i)A(m+r_j)^\top$ with $A = W_qW_k^\top/\sqrt{d_k}$. A softmax over $j$ does not see terms without $j$. What is left is $mAr_j^\top$, the same for all askers, and $r_iAr_j^\top$, of size $r^2$. So the *weights* of two askers differ by about $r^2$.
# 2. The weights of every asker sum to one, so $m$ adds the same to all outputs, and a difference of weights only counts times a difference of values, of size $r$. The *outputs* of two steps differ by about $r^2\cdot r$.
#
# **Predict** how many layers of random attention it takes until 16 random steps cannot be told apart in float64, and which of three things prevents it: a [residual connection](../../book/glossary.md#residual-connection), a feed-forward network after each attention, or both.

# %%
def share_by_rows(scores):
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)

def centred(X):
    return X - X.mean(0)

tower = [0.1]
for _ in range(3):
    tower.append(tower[-1] * math.tanh(tower[-1] ** 2))
claim("block-paper-cube", "Two steps at ±0.1 are at ±10⁻³, ±10⁻⁹ and ±10⁻²⁷ after one, two and three layers, within a per cent.",
      tower[1:] / np.array([1e-3, 1e-9, 1e-27]), expected=[1.0] * 3, tolerance=0.01)
rng = np.random.default_rng(0)
mean_step, unlike, (Wq, Wk, Wv) = rng.normal(size=32), centred(rng.normal(size=(16, 32))), rng.normal(0, 32**-0.5, (3, 32, 32))
sizes = np.array([0.003, 0.01, 0.03])
left = []
for r in sizes:
    X = mean_step + r * unlike
    left.append(np.linalg.norm(centred(share_by_rows(X @ Wq @ (X @ Wk).T / 32**0.5) @ X @ Wv)))
claim("block-cube", "In 32 dimensions, with random weights, what makes 16 steps different is cubed, too: exponent 3.",
      np.diff(np.log(left)) / np.diff(np.log(sizes)), expected=[3.0, 3.0], tolerance=0.05)

# %%
def unlikeness(seed, depth=12, skip=False, feed=False, norm=False, T=16, D=32):
    """Return by layer the share of X (T, D) that differs from step to step: 0 means all steps are equal."""
    draw = np.random.default_rng(seed)
    X, n_heads, shares = draw.normal(size=(T, D)), 4, []
    ready = (lambda X: (X - X.mean(1, keepdims=True)) / X.std(1, keepdims=True)) if norm else lambda X: X
    for _ in range(depth + 1):
        shares.append(np.linalg.norm(centred(X)) / np.linalg.norm(X))
        weights = draw.normal(0, D**-0.5, (4, D, D))
        q, k, v = ((ready(X) @ W).reshape(T, n_heads, -1).swapaxes(0, 1) for W in weights[:3])       # (heads, T, D / heads)
        mixed = share_by_rows(q @ k.swapaxes(1, 2) / (D / n_heads) ** 0.5) @ v
        X = X * skip + mixed.swapaxes(0, 1).reshape(T, D) @ weights[3]
        if feed:
            W1, W2 = draw.normal(0, (2 / D) ** 0.5, (D, 4 * D)), draw.normal(0, (4 * D) ** -0.5, (4 * D, D))
            X = X * skip + np.maximum(ready(X) @ W1, 0) @ W2
    return np.array(shares)

kinds = {"attention": {}, "and feed-forward": dict(feed=True), "attention, skip": dict(skip=True), "all, with norms": dict(skip=True, feed=True, norm=True)}
shares = {name: np.array([unlikeness(seed, **parts) for seed in range(5)]) for name, parts in kinds.items()}
claim("block-collapse", "After five layers of attention, with and without feed-forward networks, only rounding tells the steps apart, five seeds.",
      max(shares[name][:, 5].max() for name in ("attention", "and feed-forward")), at_most=1e-12)
claim("block-skip-saves", "With a residual connection over 4 per cent are left after twelve layers, in every seed.", shares["attention, skip"][:, -1].min(), at_least=0.04)
claim("block-whole-saves", "With all parts of a block over 40 per cent.", shares["all, with norms"][:, -1].min(), at_least=0.4)

# %% mystnb={"image": {"alt": "Share of the signal that differs between steps, by layer, on a logarithmic axis. Attention alone and attention with feed-forward networks drop to ten to the minus sixteen within four layers. Attention with a skip sinks slowly to about 0.15; the whole block stays near 0.6."}}
_ = plotting.curves({name: np.exp(np.log(np.maximum(s, 1e-17)).mean(0)) for name, s in shares.items()}, logy=True, labels="legend",
                    title="Four layers of attention make all steps equal; a plus sign prevents it", xlabel="layers", ylabel="share that differs")

# %% [markdown]
# This is the *rank collapse* (doubly exponential in the depth: the exponent itself grows exponentially) of [Dong, Cordonnier and Loukas, 2021](../../book/bibliography.md#dong2021attention): the matrix $X$ ends with all rows equal, rank one. They prove that skips and feed-forward networks counteract it. In our random stacks the plus sign did; the feed-forward network by itself bought nothing, since it gives equal steps equal outputs. And with the skip alone the steps still become more alike, slowly: 94 per cent unlike after one layer, some 16 after twelve.
#
# So a layer of attention is worth stacking once its *input is added to its output*. The rest of this section is what else it takes.
#
# ## Layer normalisation
#
# Adding at every layer lets numbers grow. **[Layer normalisation](../../book/glossary.md#layer-normalization)** ([Ba, Kiros and Hinton, 2016](../../book/bibliography.md#ba2016layer)) brings one step's $D$ numbers $x$ back to mean 0 and variance 1, and then lets the network choose a gain $g$ and a shift $b$ for each number:
#
# $$\mu = \tfrac1D\sum_c x_c,\qquad \sigma^2 = \tfrac1D\sum_c(x_c-\mu)^2,\qquad \hat x = \frac{x - \mu}{\sqrt{\sigma^2+\varepsilon}},\qquad y = g\odot\hat x + b .$$
#
# **[RMSNorm](../../book/glossary.md#rmsnorm)** ([Zhang and Sennrich, 2019](../../book/bibliography.md#zhang2019root)) saves the mean and the shift: $y = g\odot x\,/\sqrt{\tfrac1D\sum_cx_c^2+\varepsilon}$. By hand, for $x = (-1, 5, 5, 7)$ with $\varepsilon=0$: the mean is 4, the deviations $-5, 1, 1, 3$, their mean square $36/4 = 9$, so $\hat x = (-\tfrac53, \tfrac13, \tfrac13, 1)$. The mean square of $x$ itself is $100/4 = 25$: RMSNorm gives $(-\tfrac15, 1, 1, \tfrac75)$.
#
# **Predict** what becomes of both outputs when $x$ is multiplied by 10, and when 100 is added to each number.

# %%
def layer_norm(x, gain=1.0, shift=0.0, eps=1e-5):
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + eps) * gain + shift

def rms_norm(x, gain=1.0, eps=1e-6):
    return x / np.sqrt((x**2).mean(-1, keepdims=True) + eps) * gain

far = lambda a, b: np.abs(np.asarray(a) - b).max()
x_paper = np.array([-1.0, 5.0, 5.0, 7.0])
claim("block-norm-paper", "Both normalisations of (−1, 5, 5, 7), times 15, as on paper.",
      15 * np.array([layer_norm(x_paper, eps=0), rms_norm(x_paper, eps=0)]), expected=[[-25.0, 5, 5, 15], [-3, 15, 15, 21]], tolerance=1e-13)
x = rng.normal(size=(6, 8))
claim("block-norm-invariant", "LayerNorm does not notice 10x + 100.", far(layer_norm(10 * x + 100, eps=0), layer_norm(x, eps=0)), at_most=1e-12)
claim("block-rms-invariant", "RMSNorm does not notice 10x,", far(rms_norm(10 * x, eps=0), rms_norm(x, eps=0)), at_most=1e-14)
claim("block-rms-shift", "but x + 100 makes all its outputs 1, within 0.05.", far(rms_norm(x + 100, eps=0), 1.0), at_most=0.05)
claim("block-rms-centred", "On steps of mean 0 the two are the same.", far(rms_norm(x - x.mean(1, keepdims=True), eps=1e-5), layer_norm(x)), at_most=1e-14)
same("the engine's LayerNorm", layer_norm, lambda x: nn.LayerNorm(8, dtype=np.float64)(Tensor(x)).data, [(x,), (100 * x + 3,)])
same("and RMSNorm, which is PyTorch's", lambda x: np.stack([rms_norm(x)] * 2),
     lambda x: np.stack([nn.RMSNorm(8, dtype=np.float64)(Tensor(x)).data, torch.nn.functional.rms_norm(torch.tensor(x), (8,), eps=1e-6).numpy()]), [(x,), (100 * x + 3,)])

# %% [markdown]
# So $\mathrm{LayerNorm}(x) = \mathrm{RMSNorm}(x - \mu)$: the difference is one direction out of $D$.
#
# > **Misconception.** Layer normalisation is batch normalisation for Transformers: it uses the mean and variance of the batch.
#
# [Batch normalisation](../../book/glossary.md#batch-normalization) takes the mean of one feature over all samples; layer normalisation takes the mean of one step over all features. Nothing in it can see another sample, another step, or whether this is training:

# %%
other = x.copy()
other[1:] = 1000 * rng.normal(size=(5, 8))                                       # all rows but the first
batch_norm = nn.BatchNorm1d(8)
through_batch = [batch_norm(Tensor(a.astype(np.float32))).data[0] for a in (x, other)]
claim("block-norm-alone", "Other rows a thousand times larger leave LayerNorm's first row exactly as it was;", far(layer_norm(x)[0], layer_norm(other)[0]), expected=0.0)
claim("block-batch-not-alone", "BatchNorm's moves by more than 0.5.", far(*through_batch), at_least=0.5)

# %% [markdown]
# ### The way back
#
# Let $\delta y$ arrive, and $\delta\hat x = g\odot\delta y$. A change $\mathrm dx$ changes $\mu$ by its mean and $\sigma$ by the mean of $\hat x\odot\mathrm dx$, so $\mathrm d\hat x = \bigl(\mathrm dx - \overline{\mathrm dx} - \hat x\;\overline{\hat x\odot\mathrm dx}\bigr)/\sigma$, where a bar is a mean over the $D$ numbers. That map is symmetric; back is the same as forth:
#
# $$\delta x = \frac1\sigma\Bigl(\delta\hat x - \overline{\delta\hat x} - \hat x\;\overline{\hat x\odot\delta\hat x}\Bigr), \qquad \delta g = \sum_{\text{steps}}\delta y\odot\hat x,\qquad \delta b = \sum_{\text{steps}}\delta y .$$
#
# Read aloud: *take from the blame its mean, and its part along $\hat x$; divide by $\sigma$.* What is taken away are the two directions that the forward pass ignores, shift and scale. RMSNorm drops the first.

# %%
def layer_norm_backward(dy, x, gain, eps=1e-5):
    """Return (dx, dgain, dshift) for steps x (N, D)."""
    sigma = np.sqrt(x.var(-1, keepdims=True) + eps)
    x_hat, d_hat = (x - x.mean(-1, keepdims=True)) / sigma, dy * gain
    dx = (d_hat - d_hat.mean(-1, keepdims=True) - x_hat * (x_hat * d_hat).mean(-1, keepdims=True)) / sigma
    return dx, (dy * x_hat).sum(0), dy.sum(0)

gain, shift, dy = rng.normal(1, 0.3, 8), rng.normal(size=8), rng.normal(size=(6, 8))
dx, dgain, dshift = layer_norm_backward(dy, x, gain)
gradcheck(lambda x, gain, shift: (layer_norm(x, gain, shift) * dy).sum(), {"x": x, "gain": gain, "shift": shift}, {"x": dx, "gain": dgain, "shift": dshift})
claim("block-norm-gradient", "Its gradient is orthogonal to a shift of each step, and without ε to its scale.",
      [np.abs(dx.sum(1)).max(), np.abs((layer_norm_backward(dy, x, gain, 0.0)[0] * x).sum(1)).max()], expected=[0.0, 0.0], tolerance=1e-13)
claim("block-norm-shrinks", "A step ten times as large sends back a tenth.", far(10 * layer_norm_backward(dy, 10 * x, gain, 0.0)[0], layer_norm_backward(dy, x, gain, 0.0)[0]), at_most=1e-13)

# %% [markdown]
# Keep the last line in mind: the larger what enters a norm, the smaller the gradient that leaves it.
#
# ## The feed-forward part, and the block
#
# The **[position-wise feed-forward network](../../book/glossary.md#position-wise-feed-forward)** is a [multilayer perceptron](../../book/glossary.md#multilayer-perceptron) applied to each step by itself, with the same weights for all: $\mathrm{FFN}(x) = f(xW_1 + b_1)\,W_2 + b_2$, from $D$ to (mostly) $4D$ and back. The activation $f$ was [ReLU](../../book/glossary.md#relu) in 2017 and is often [GELU](../../book/glossary.md#gelu) since.
#
# A **[Transformer block](../../book/glossary.md#transformer-block)** has two sub-layers, attention and feed-forward network, and there are two places for the norms:
#
# $$\text{post-norm (2017):}\quad x \leftarrow \mathrm{norm}\bigl(x + \mathrm{part}(x)\bigr), \qquad\qquad \text{pre-norm:}\quad x \leftarrow x + \mathrm{part}\bigl(\mathrm{norm}(x)\bigr) .$$

# %% mystnb={"image": {"alt": "Two diagrams of a block, input at the left. Pre-norm: a straight line runs from input to output through two plus signs; below it, branches read from the line, pass a norm and attention or a feed-forward network, and are added. Post-norm: the branches have no norm; each plus sign is followed by a norm on the line itself."}}
def draw_box(ax, x, y, text, color):
    ax.text(x, y, text, ha="center", va="center", fontsize=9, bbox=dict(boxstyle="round,pad=0.35", fc="white", ec=color, lw=1.5))

def draw_arrow(ax, *points, color=plotting.CYCLE[5]):
    ax.plot(*zip(*points[:-1]), "-", color=color, lw=1.3, marker="")
    ax.annotate("", points[-1], points[-2], arrowprops=dict(arrowstyle="->", color=color, lw=1.3))

fig, axes = plotting.new_figure(2, 1, height=3.6)
for ax, name in zip(axes, ("pre-norm: nothing stands on the road", "post-norm: the norms stand on the road")):
    pre = name.startswith("pre")
    draw_arrow(ax, (0, 1), (11, 1))
    for start, part in ((0.6, "attention"), (5.6, "feed-forward")):
        draw_arrow(ax, (start, 1), (start, 0), (start + 3.3, 0), (start + 3.3, 0.8))
        if pre: draw_box(ax, start + 0.9, 0, "norm", plotting.CYCLE[2])
        draw_box(ax, start + (2.2 if pre else 1.6), 0, part, plotting.CYCLE[0])
        draw_box(ax, start + 3.3, 1, "+", plotting.CYCLE[1])
        if not pre: draw_box(ax, start + 4.2, 1, "norm", plotting.CYCLE[2])
    ax.set(xlim=(-0.2, 11.2), ylim=(-0.5, 1.5))
    ax.axis("off")
    ax.set_title(name, loc="left", fontsize=10)
plt.show()

# %% [markdown]
# [Dropout](../../book/glossary.md#dropout) acts on what each part writes, before it is added (in PyTorch's layers on attention weights and hidden units, too); here it is 0. In NumPy, with every matrix product going through one argument, so that it can be counted later:

# %%
def split_heads(x, h):
    return x.reshape(*x.shape[:2], h, -1).swapaxes(1, 2)                             # (B, h, T, D / h)

def attention_part(p, name, x, memory, h, mask=True, product=np.matmul):
    """Attention part `name` of the weights `p`: the steps of x (B, T, D) look at those of memory (B, S, D)."""
    D = x.shape[-1]
    Wq, Wk, Wv = np.split(p[f"{name}.in_proj_weight"], 3, axis=1)
    bq, bk, bv = np.split(p[f"{name}.in_proj_bias"], 3)
    q, k, v = (split_heads(product(a, W) + b, h) for a, W, b in ((x, Wq, bq), (memory, Wk, bk), (memory, Wv, bv)))
    scores = np.where(mask, product(q, k.swapaxes(2, 3)) / math.sqrt(D // h), -1e300)
    mixed = product(share_by_rows(scores), v).swapaxes(1, 2).reshape(x.shape)
    return product(mixed, p[f"{name}.out_proj.weight"]) + p[f"{name}.out_proj.bias"]

def feed_forward(p, x, relu=False, product=np.matmul):
    z = product(x, p["linear1.weight"]) + p["linear1.bias"]
    a = np.maximum(z, 0) if relu else z * (1 + erf(z / math.sqrt(2))) / 2            # exact GELU
    return product(a, p["linear2.weight"]) + p["linear2.bias"]

# %%
def run_block(p, x, h, pre=True, relu=False, memory=None, mask=True, product=np.matmul):
    """Return the block's output (B, T, D) and the list of what its parts wrote."""
    parts = [lambda y: attention_part(p, "self_attn", y, y, h, mask, product)]
    if memory is not None:
        parts.append(lambda y: attention_part(p, "multihead_attn", y, memory, h, True, product))
    parts.append(lambda y: feed_forward(p, y, relu, product))
    writes = []
    for i, part in enumerate(parts, 1):
        gain, shift = p[f"norm{i}.weight"], p[f"norm{i}.bias"]
        writes.append(part(layer_norm(x, gain, shift) if pre else x))
        x = x + writes[-1] if pre else layer_norm(x + writes[-1], gain, shift)
    return x, writes

# %% [markdown]
# The library's `nn.TransformerBlock` is that, with PyTorch's names for its parameters; matrices are transposed there. So one line moves the weights, and PyTorch's own layers can be asked for their opinion. All parameters are random here, also those that start at 0 or 1.

# %%
def random_block(seed, D=16, h=4, **options):
    """Return a block of the engine in float64 with all parameters random."""
    draw = np.random.default_rng(seed)
    block = nn.TransformerBlock(D, h, rng=draw, dtype=np.float64, **options)
    for p in block.parameters():
        p.data += draw.normal(0, 0.2, p.shape)
    return block

def weights_of(block):
    return {name: p.data for name, p in block.named_parameters()}

def torch_twin(block, cross=False):
    """Return PyTorch's layer with the weights of the engine's block."""
    D, h = block.self_attn.embed_dim, block.self_attn.num_heads
    layer = torch.nn.TransformerDecoderLayer if cross else torch.nn.TransformerEncoderLayer
    twin = layer(D, h, 4 * D, 0.0, block.activation, batch_first=True, norm_first=block.norm_first, dtype=torch.float64)
    twin.load_state_dict({name: torch.tensor(a.T.copy()) for name, a in weights_of(block).items()})
    return twin

# %% tags=["settles-SYS-05"]
x_try, memory_try = rng.normal(size=(2, 5, 16)), rng.normal(size=(2, 7, 16))
x_t, memory_t = torch.tensor(x_try), torch.tensor(memory_try)
apart = {}
for pre in (True, False):
    for kind in ("relu", "gelu"):
        encoder = random_block(1, norm_first=pre, activation=kind)
        decoder = random_block(2, norm_first=pre, activation=kind, cross_attention=True)
        ours = run_block(weights_of(encoder), x_try, 4, pre, kind == "relu")[0], run_block(weights_of(decoder), x_try, 4, pre, kind == "relu", memory_try)[0]
        engine = encoder(Tensor(x_try)).data, decoder(Tensor(x_try), Tensor(memory_try)).data
        theirs = torch_twin(encoder)(x_t).detach().numpy(), torch_twin(decoder, cross=True)(x_t, memory_t).detach().numpy()
        apart[pre, kind] = max(far(a, b) for a, b in zip(2 * ours, engine + theirs))
claim("block-torch", "NumPy, engine and PyTorch's encoder and decoder layers agree, pre and post, ReLU and GELU: eight blocks.", max(apart.values()), at_most=1e-12)

# %% [markdown]
# ## The residual stream
#
# In a pre-norm stack no operation ever stands on the straight line from input to output. Unroll it, and the output of any number of blocks is the input plus what each part has written:
#
# $$x_L = x_0 + \sum_{\ell=1}^{2L} w_\ell, \qquad w_\ell = \mathrm{part}_\ell\bigl(\mathrm{norm}(x_{\ell-1})\bigr).$$
#
# That line is called the **[residual stream](../../book/glossary.md#residual-stream)**: every part *reads* all that was written before it, and *writes* by adding. Nothing is erased; a part that wants something gone has to write its negative. For the gradient it is the skip of [deep CNNs](../04_cnn/04_deep_cnns.ipynb) again: what arrives at the end reaches every part, and the input, unchanged, plus more.

# %%
def run_stack(stack, x, pre):
    writes = []
    for block in stack:
        x, written = run_block(weights_of(block), x, 4, pre)
        writes += written
    return x, writes

stacks = {pre: [random_block(seed, norm_first=pre) for seed in range(6)] for pre in (True, False)}
out_pre, writes_pre = run_stack(stacks[True], x_try, True)
out_post, writes_post = run_stack(stacks[False], x_try, False)
claim("block-stream", "Six pre-norm blocks: the output is the input plus twelve writes, to rounding.", far(out_pre, x_try + sum(writes_pre)), at_most=1e-12)
claim("block-stream-post", "Six post-norm blocks: it is not, by more than 1.", far(out_post, x_try + sum(writes_post)), at_least=1.0)

# %% [markdown]
# In the post-norm stack the input has passed twelve norms on its way; what is left of it has been rescaled twelve times, with gains that were learnt.
#
# ## Who moves whom
#
# Norms, feed-forward network and addition treat each step by itself. Then attention must be the only way for information from one step to another. **Test:** the [Jacobian](../../book/glossary.md#jacobian) of the block's outputs by its inputs has a $D\times D$ patch for each pair of steps. Which patches are zero in the whole block, in a causal one, and in one whose attention writes nothing?

# %% mystnb={"image": {"alt": "Three grids of six by six patches. Whole block: all patches dark or grey, the diagonal darkest. Causal block: the lower triangle with the diagonal. Attention writes nothing: the diagonal only."}}
def influence(block, X, **options):
    """Return the norms (T, T) of the patches of the Jacobian: how output step t depends on input step s."""
    T, D = X.shape
    patches = np.zeros((T, T, D))
    for t in range(T):
        for c in range(D):
            leaf = Tensor(X[None], requires_grad=True)
            block(leaf, **options)[0, t, c].backward()
            patches[t, :, c] = (leaf.grad[0] ** 2).sum(1)
    return np.sqrt(patches.sum(2))

X6, mixer, silent = rng.normal(size=(6, 8)), random_block(3, D=8), random_block(3, D=8)
silent.self_attn.out_proj.weight.data[...] = 0
seen = {"whole block": influence(mixer, X6), "causal": influence(mixer, X6, is_causal=True), "attention silent": influence(silent, X6)}
fig, axes = plotting.new_figure(1, 3, height=2.4, sharey=True)
for ax, (name, norms) in zip(axes, seen.items()):
    ax.imshow(norms, cmap="Blues", vmin=0, vmax=3)
    ax.grid(False)
    plotting.dress(ax, name, "input step", "output step" if ax is axes[0] else "")
plt.show()

# %% [markdown]
# > **Misconception.** Attention looks at single steps, and the feed-forward part then mixes what the sequence has to say.
#
# It is the other way round. The feed-forward part mixes the $D$ numbers *within* a step, and it holds no view of any other:

# %%
off = ~np.eye(6, dtype=bool)
claim("block-mix-none", "With attention silent all patches off the diagonal are exactly 0.", seen["attention silent"][off].max(), expected=0.0)
claim("block-mix-causal", "In the causal block all above the diagonal are exactly 0, and none below is.", [np.triu(seen["causal"], 1).max(), (seen["causal"][np.tri(6, dtype=bool)] > 0).all()], expected=[0.0, True])
claim("block-mix-all", "In the whole block none is 0.", seen["whole block"].min(), at_least=1e-3)
order, p = rng.permutation(5), weights_of(encoder)
claim("block-shuffle", "Shuffled steps give a feed-forward network shuffled outputs.", far(feed_forward(p, x_try[:, order]), feed_forward(p, x_try)[:, order]), at_most=1e-13)
claim("block-one-by-one", "And one step at a time gives what all give together.", far(np.concatenate([feed_forward(p, x_try[:, [t]]) for t in range(5)], 1), feed_forward(p, x_try)), at_most=1e-13)

# %% [markdown]
# ## Before or after the sum
#
# The original has post-norm; most models since have pre-norm ([Xiong et al., 2020](../../book/bibliography.md#xiong2020layer), compare the two). What is the difference at the very start, before any training? Three measurements on stacks of 2 to 24 blocks with a linear classifier behind them (behind a last norm, for pre-norm), eight seeds each:
#
# - the spread of the numbers in the stream, behind the last block;
# - the norm of the loss's gradient at the parameters of the first and of the last block;
# - how far the stack's normalised output moves when each parameter takes one step of 0.003 up or down, at random. That is about what a first step of [Adam](../../book/glossary.md#adam) does, whatever the size of the gradient.
#
# **Predict** for either order whether the last block's gradient grows or shrinks with the depth.

# %%
def look_at_start(n_blocks, pre, seed, D=32, T=16, B=8, step=0.003):
    """Return gradient norms by block, then (spread of the stream, movement of the output)."""
    draw = np.random.default_rng(seed)
    stack = [nn.TransformerBlock(D, 4, norm_first=pre, activation="relu", rng=draw) for _ in range(n_blocks)]
    head, x, y = nn.Linear(D, 10, rng=draw), draw.normal(size=(B, T, D)).astype(np.float32), draw.integers(0, 10, B * T)

    def output():
        out = Tensor(x)
        for block in stack: out = block(out)
        return out

    out = output()
    F.cross_entropy(head(F.layer_norm(out)).reshape(-1, 10), y).backward()                # at the start post-norm's last norm is this norm
    norms = [math.sqrt(sum((p.grad**2).sum() for p in block.parameters())) for block in stack]
    for p in (p for block in stack for p in block.parameters()):
        p.data += step * draw.choice(np.float32([-1, 1]), p.shape)
    moved = layer_norm(output().data) - layer_norm(out.data)
    return norms, out.data.std(), math.sqrt((moved**2).mean())

# %%
depths = [2, 6, 12, 24]
starts = {(pre, n): [look_at_start(n, pre, seed) for seed in range(8)] for pre in (True, False) for n in depths}
table = {key: np.array([[norms[0], norms[-1], spread, moved] for norms, spread, moved in runs]) for key, runs in starts.items()}    # (seeds, 4)
for (pre, n), t in table.items():
    print(f"{'pre ' if pre else 'post'} {n:2} blocks: spread {t[:, 2].mean():.1f}, gradient first {t[:, 0].mean():.1f} last {t[:, 1].mean():.1f}, moved {t[:, 3].mean():.3f}")

# %%
mean_of = lambda pre, column: np.array([table[pre, n][:, column].mean() for n in depths])
claim("block-spread-pre", "Pre-norm: from 2 to 24 blocks the stream's spread grows by about √12.", mean_of(True, 2)[-1] / mean_of(True, 2)[0], expected=math.sqrt(12), tolerance=0.7)
claim("block-spread-post", "Post-norm: it is 1.", mean_of(False, 2), expected=[1.0] * 4, tolerance=0.01)
claim("block-last-pre", "Pre-norm: the last block's gradient at 24 blocks is less than 0.8 of that at 2.", mean_of(True, 1)[-1] / mean_of(True, 1)[0], at_most=0.8)
claim("block-last-post", "Post-norm: it is larger than at 2; at 24 blocks it is over three times pre-norm's.", [mean_of(False, 1)[-1] > mean_of(False, 1)[0], mean_of(False, 1)[-1] > 3 * mean_of(True, 1)[-1]], expected=[True, True])
ends = np.array([t[:, 0].mean() / t[:, 1].mean() for t in table.values()])
claim("block-no-vanishing", "In neither does the gradient vanish: first and last block are within a factor of 4 of each other.", np.abs(np.log(ends)).max(), at_most=math.log(4))
claim("block-moved", "From 2 to 24 blocks the same step moves pre-norm's output less than 3 times as far, post-norm's over 3 times.",
      [mean_of(True, 3)[-1] / mean_of(True, 3)[0] < 3, mean_of(False, 3)[-1] / mean_of(False, 3)[0] > 3], expected=[True, True])

# %% mystnb={"image": {"alt": "Gradient norm by block in stacks of 24, mean and range of eight seeds, logarithmic axis. Post-norm is nearly level, with a wide range; pre-norm falls from the first block to the last and ends several times lower."}}
rows = {name: np.array([norms for norms, _, _ in starts[pre, 24]]) for name, pre in (("pre-norm", True), ("post-norm", False))}
_ = plotting.curves({name: (np.arange(1, 25), np.exp(np.log(r).mean(0))) for name, r in rows.items()}, band={name: (r.min(0), r.max(0)) for name, r in rows.items()},
                    logy=True, title="At the start post-norm's late blocks get the larger gradients", xlabel="block, of 24", ylabel="norm of the gradient")

# %% [markdown]
# Pre-norm's stream grows like the root of the depth, and the last norm divides by it: the gradients of the *late* blocks shrink. Post-norm divides at every sum, and there they grow. What we did *not* find is the often-told story that post-norm's gradient vanishes on its way to the first block; it varies a lot from seed to seed, and stays.
#
# The last column says more about training. In pre-norm a late block adds to a stream that is already large; in post-norm each part has the same share of its sum at any depth, and small changes of all parts add up ([Liu et al., 2020](../../book/bibliography.md#liu2020understanding)). The same learning rate is then a larger step of the *function*. Does it matter? Four blocks learn to sort six digits: the output at position $i$ is to be the $i$-th smallest of the input. Adam for 60 steps, with a constant [learning rate](../../book/glossary.md#learning-rate), or with a warm-up, a rate that rises from 0 over the first 30.

# %%
class Sorter(nn.Module):
    def __init__(self, pre, rng, n_symbols=6, T=6, D=32):
        self.symbol, self.place = nn.Embedding(n_symbols, D, rng=rng), nn.Embedding(T, D, rng=rng)
        self.blocks = [nn.TransformerBlock(D, 4, 2 * D, norm_first=pre, activation="relu", rng=rng) for _ in range(4)]
        self.norm, self.head = nn.LayerNorm(D) if pre else nn.Identity(), nn.Linear(D, n_symbols, rng=rng)

    def forward(self, tokens):
        x = self.symbol(tokens) + self.place(np.arange(tokens.shape[1]))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))

def sorting_loss(pre, lr, seed, warm_up=0, n_steps=60):
    """Return the mean loss (nats) of the last ten steps of learning to sort."""
    draw, losses = np.random.default_rng(seed), []
    model = Sorter(pre, draw)
    adam = optim.Adam(model.parameters(), lr=lr)
    for step in range(n_steps):
        adam.lr = lr * min(1.0, (step + 1) / warm_up) if warm_up else lr
        tokens = draw.integers(0, 6, (16, 6))
        loss = F.cross_entropy(model(tokens).reshape(-1, 6), np.sort(tokens, 1).ravel())
        adam.zero_grad(); loss.backward(); adam.step()
        losses.append(loss.item())
    return np.mean(losses[-10:])

# %%
runs = {"pre-norm, 0.02": (True, 0.02), "post-norm, 0.02": (False, 0.02), "post-norm, 0.02, warm-up": (False, 0.02, 30),
        "pre-norm, 0.005": (True, 0.005), "post-norm, 0.005": (False, 0.005)}
results = {name: np.array([sorting_loss(pre, lr, seed, *warm) for seed in range(3)]) for name, (pre, lr, *warm) in runs.items()}
draws = np.sort(np.random.default_rng(0).integers(0, 6, (50_000, 6)), 1)
by_place = np.mean([-(q[q > 0] * np.log(q[q > 0])).sum() for q in (np.bincount(c, minlength=6) / len(draws) for c in draws.T)])
print(f"guessing: {math.log(6):.2f} nats; knowing the position alone: {by_place:.2f}")
for name, r in results.items():
    print(f"{name:26} {r.mean():.2f} ± {r.std(ddof=1):.2f}")

# %%
claim("block-pre-learns", "Pre-norm learns at 0.02 without a warm-up: below 0.95 nats in every run.", results["pre-norm, 0.02"].max(), at_most=0.95)
claim("block-post-stuck", "Post-norm at 0.02 is no better than guessing: above 1.7 nats in every run.", results["post-norm, 0.02"].min(), at_least=1.7)
claim("block-post-warm", "With a warm-up it learns at this rate, too: below 1.3 nats in every run.", results["post-norm, 0.02, warm-up"].max(), at_most=1.3)
claim("block-post-slower", "And without one at 0.005: below 1.1 nats in every run; pre-norm is better still, on the average.",
      [results["post-norm, 0.005"].max() < 1.1, results["pre-norm, 0.005"].mean() < results["post-norm, 0.005"].mean()], expected=[True, True])

# %% [markdown]
# So post-norm *can* be trained without warm-up, at a smaller rate; what it lacks is pre-norm's tolerance. At 0.02 it does not even find what the position alone would tell. (The smaller rate is the better one for pre-norm, too: tolerance is no merit by itself.) The price of pre-norm is on the other side: its late blocks change the stream less and less. What a warm-up does at other rates, [Training one](05_training_one.ipynb) measures.
#
# ## Encoder, decoder, encoder-decoder
#
# One block, three machines. All that differs is who may look where:
#
# | machine | input | self-attention | [cross-attention](../../book/glossary.md#cross-attention) | output | for |
# |---|---|---|---|---|---|
# | encoder | $x$: (B, S, D) | all steps | none | (B, S, D) | understanding a whole text |
# | decoder alone | $y$: (B, T, D) | [causal](../../book/glossary.md#causal-mask) | none | (B, T, D) | writing on: [GPT](06_small_gpt.ipynb) |
# | [encoder-decoder](../../book/glossary.md#encoder-decoder) | $x$: (B, S, D), $y$: (B, T, D) | all in $x$, causal in $y$ | queries from $y$, keys and values from the encoder's output | (B, T, D) | translating $x$ into $y$ |
#
# In code the cross-attention's input is called `memory`. It is the look-up of [the first section](01_soft_lookup.ipynb), as a third part between the other two. Each machine gets the test for leaks of [self-attention](02_self_attention.ipynb): change everything from step $t$ on, and see what moves before it.

# %%
def random_stack(n_blocks, seed, **options):
    return [random_block(10 * seed + i, **options) for i in range(n_blocks)]

def run_through(stack, x, *rest, **options):
    for block in stack:
        x = block(x, *rest, **options)
    return x

enc, dec, only = random_stack(2, 1), random_stack(2, 2, cross_attention=True), random_stack(2, 3)
translate = lambda x, y, causal=True: run_through(dec, Tensor(y), run_through(enc, Tensor(x)), is_causal=causal).data
source, target = rng.normal(size=(2, 7, 16)), rng.normal(size=(2, 5, 16))

def leak_before(run, y):
    """Return how far any output before step t moves when all steps of y (B, T, D) from t on change, over all t."""
    before, worst = run(y), 0.0
    for t in range(1, y.shape[1]):
        changed = y.copy()
        changed[:, t:] = np.random.default_rng(t).normal(size=changed[:, t:].shape)
        worst = max(worst, far(run(changed)[:, :t], before[:, :t]))
    return worst

machines = {"encoder": lambda y: run_through(enc, Tensor(y)).data, "decoder alone": lambda y: run_through(only, Tensor(y), is_causal=True).data,
            "encoder-decoder": lambda y: translate(source, y), "decoder, planted leak": lambda y: translate(source, y, causal=False)}
for name, run in machines.items():
    print(f"{name:22} output {run(target).shape}, leak {leak_before(run, target):.2g}")
claim("block-no-leak", "Both decoders leak exactly 0.", [leak_before(machines[name], target) for name in ("decoder alone", "encoder-decoder")], expected=[0.0, 0.0])
claim("block-leak-found", "The encoder sees everything, and the test finds the forgotten `is_causal`: over 0.1 each.", min(leak_before(machines[name], target) for name in ("encoder", "decoder, planted leak")), at_least=0.1)
moved = [far(translate(np.where(np.arange(7)[:, None] == s, source + 1, source), target)[:, t], translate(source, target)[:, t]) for s in range(7) for t in range(5)]
claim("block-cross-sees-all", "Every output step of the encoder-decoder depends on every step of the source.", min(moved), at_least=1e-3)

# %% [markdown]
# A source shorter than the longest of its batch is padded. **Predict:** is it enough to mask the filling in the cross-attention?

# %%
real = (np.arange(7) < np.array([7, 4])[:, None])[:, None, None]                             # (B, 1, 1, S): lengths 7 and 4
refilled = np.where(real[:, 0, 0, :, None], source, 5.0)                                    # another filling
half = lambda x: run_through(dec, Tensor(target), run_through(enc, Tensor(x)), None, real, is_causal=True).data
both = lambda x: run_through(dec, Tensor(target), run_through(enc, Tensor(x), mask=real), None, real, is_causal=True).data
claim("block-padding-both", "Masked in the encoder and in the cross-attention, the filling has no effect at all.", far(both(refilled), both(source)), expected=0.0)
claim("block-padding-half", "Masked in the cross-attention alone it has one, above 0.01: through the encoder.", far(half(refilled), half(source)), at_least=0.01)

# %% [markdown]
# ## How many parameters
#
# | part | weights | biases, gains, shifts |
# |---|---|---|
# | projections to $Q$, $K$, $V$ | $3D^2$ | $3D$ |
# | output projection | $D^2$ | $D$ |
# | feed-forward, $D\to4D$ | $4D^2$ | $4D$ |
# | feed-forward, $4D\to D$ | $4D^2$ | $D$ |
# | two norms | | $4D$ |
# | **block** | $\mathbf{12D^2}$ | $\mathbf{13D}$ |
#
# Heads appear nowhere: they cut the same matrices into more pieces. Around the blocks, GPT-2 has a vector for each of $V$ tokens, which also serves as the output layer, one for each of the positions, and a last norm, $2D$:
#
# $$N = VD + T_{\max}D + L\,(12D^2 + 13D) + 2D .$$

# %%
def n_parameters(module):
    return sum(p.data.size for p in module.parameters())

built = [(4, 1), (16, 1), (16, 8), (48, 3), (64, 16)]                                        # D, heads
claim("block-count", "Five blocks of four widths, with 1 to 16 heads, have 12D² + 13D parameters.",
      [n_parameters(nn.TransformerBlock(*sizes, rng=rng)) for sizes in built], expected=[12 * D**2 + 13 * D for D, _ in built])

def gpt_formula(V, T, L, D):
    return V * D + T * D + L * (12 * D**2 + 13 * D) + 2 * D

sizes_gpt = [(11, 8, 1, 2, 4), (65, 32, 3, 2, 16), (100, 20, 5, 4, 32)]                    # V, T, L, heads, D
claim("block-gpt-built", "The formula, the library's and three built models agree.",
      [[gpt_formula(V, T, L, D), models.gpt_parameters(V, T, L, h, D)] for V, T, L, h, D in sizes_gpt],
      expected=[[n_parameters(models.GPT(*s, rng=rng))] * 2 for s in sizes_gpt])
claim("block-gpt2", "GPT-2 small (V = 50 257, 1 024 positions, 12 blocks, D = 768) has 124 439 808.",
      [gpt_formula(50_257, 1024, 12, 768), models.gpt_parameters(50_257, 1024, 12, 12, 768)], expected=[124_439_808] * 2)

# %% [markdown]
# > **Misconception.** Most parameters of a Transformer are in its attention.
#
# By the table attention has $4D^2$ of $12D^2$: one third of a block. And a small model with a large vocabulary keeps another third outside all blocks. **Predict** attention's share of GPT-2 small before you run.

# %%
named = {name: p.data.size for name, p in nn.TransformerBlock(64, 4, rng=rng).named_parameters()}
share = sum(n for name, n in named.items() if "attn" in name) / sum(named.values())
claim("block-third", "In a built block attention has a third of the parameters, within half a point.", share, expected=1 / 3, tolerance=0.005)
D, whole = 768, gpt_formula(50_257, 1024, 12, 768)
parts = {"attention": 12 * (4 * D**2 + 4 * D), "feed-forward": 12 * (8 * D**2 + 5 * D), "norms": 25 * 2 * D, "tokens and positions": (50_257 + 1024) * D}
print("GPT-2 small:", ", ".join(f"{name} {n / whole:.1%}" for name, n in parts.items()))
claim("block-shares", "The parts add up; attention has 23 per cent, feed-forward networks 46, tokens and positions 32.",
      [sum(parts.values()) / whole, *(parts[name] / whole for name in ("attention", "feed-forward", "tokens and positions"))], expected=[1, 0.23, 0.46, 0.32], tolerance=0.006)

# %% [markdown]
# ## How many operations
#
# A product of an $(n, k)$ and a $(k, m)$ matrix takes $nkm$ multiplications and as many additions: $2nkm$ operations. Forward, for one sequence of $T$ steps: the projections and the feed-forward network $2T\cdot12D^2 = 24TD^2$, two operations for every weight and step; the scores $QK^\top$ of all heads $2T^2D$; the weighted means $2T^2D$. So
#
# $$\text{operations of a block} = \underbrace{24\,TD^2}_{\text{with weights}} + \underbrace{4\,T^2D}_{\text{step with step}} .$$
#
# The second term overtakes the first where $4T^2D = 24TD^2$, at $T = 6D$. Instead of trusting the derivation, count: our NumPy block takes its product as an argument.

# %%
class CountingProduct:
    """A matrix product that counts operations, those with weights (2 axes) apart from those of step with step."""

    def __init__(self):
        self.with_weights = self.step_with_step = 0

    def __call__(self, a, b):
        out = a @ b
        n = 2 * out.size * a.shape[-1]
        if b.ndim == 2: self.with_weights += n
        else: self.step_with_step += n
        return out

def count_operations(T, D, h):
    counter = CountingProduct()
    run_block(weights_of(random_block(0, D=D, h=h)), rng.normal(size=(1, T, D)), h, product=counter)
    return counter.with_weights, counter.step_with_step

tried = [(8, 16, 2), (50, 16, 4), (96, 16, 4), (200, 16, 16), (33, 48, 3)]
counted = [count_operations(*c) for c in tried]
claim("block-operations", "Five blocks that ran took 24TD² and 4T²D operations, exactly, whatever the heads.", counted, expected=[(24 * T * D**2, 4 * T**2 * D) for T, D, _ in tried])
claim("block-crossover", "At T = 96 = 6D the two are equal; at 50 the weights have more, at 200 the steps.",
      [counted[2][0] == counted[2][1], counted[1][0] > counted[1][1], counted[3][0] < counted[3][1]], expected=[True] * 3)
claim("block-gpt2-operations", "In GPT-2 small, at its longest 1 024 steps, step-with-step is 18 per cent; the crossover lies at 4 608.",
      [1024 / (6 * 768) / (1 + 1024 / (6 * 768)), 6 * 768], expected=[0.18, 4608], tolerance=0.005)

# %% [markdown]
# "Attention is quadratic" is true and for $T\ll6D$ beside the point: there a block's cost is linear in $T$, and two thirds of it are the feed-forward network's. (A causal mask does not change the count here: the forbidden scores are computed and thrown away.) What happens beyond, [Cost](07_cost.ipynb) measures in seconds and bytes.
#
# ## In the frameworks
#
# Two machines, in float64, all parameters random to begin with: a *pre-norm encoder block with GELU*, and a *post-norm encoder-decoder with ReLU*, the order of 2017. The engine's blocks, PyTorch's own layers, and a build from Keras's layers, which has no block of its own. 100 steps of gradient descent towards random targets. Of Keras's attention, only the shapes of the weights differ:

# %%
import keras
import tensorflow as tf

def to_keras(state, part, h):
    """Return the weights of one part as Keras's layer wants them."""
    if f"{part}.weight" in state:
        return [state[f"{part}.weight"], state[f"{part}.bias"]]
    W, b = np.split(state[f"{part}.in_proj_weight"], 3, axis=1), np.split(state[f"{part}.in_proj_bias"], 3)
    D = len(W[0])
    inward = [a for pair in zip(W, b) for a in (pair[0].reshape(D, h, -1), pair[1].reshape(h, -1))]
    return [*inward, state[f"{part}.out_proj.weight"].reshape(h, -1, D), state[f"{part}.out_proj.bias"]]

def from_keras(arrays, part):
    """Turn weights or gradients of Keras's layer round again, by the engine's names."""
    if len(arrays) == 2:
        return {f"{part}.weight": arrays[0], f"{part}.bias": arrays[1]}
    *inward, out, out_bias = arrays
    D = out.shape[-1]
    return {f"{part}.in_proj_weight": np.concatenate([a.reshape(D, D) for a in inward[::2]], 1), f"{part}.in_proj_bias": np.concatenate([a.ravel() for a in inward[1::2]]),
            f"{part}.out_proj.weight": out.reshape(D, D), f"{part}.out_proj.bias": out_bias}

# %%
class KerasBlock:
    """Two or three sub-layers of Keras around a stream; weights from the engine's block."""

    def __init__(self, block, cross=False):
        D, h, self.pre = block.self_attn.embed_dim, block.self_attn.num_heads, block.norm_first
        make = lambda layer, *sizes, **options: layer(*sizes, dtype="float64", **options)
        gelu = lambda z: z * (1 + tf.math.erf(z / math.sqrt(2))) / 2         # tf.nn.gelu takes √2 in single precision: 5e-9 off
        self.parts = {"self_attn": make(keras.layers.MultiHeadAttention, h, D // h)}
        if cross: self.parts["multihead_attn"] = make(keras.layers.MultiHeadAttention, h, D // h)
        self.parts |= {"linear1": make(keras.layers.Dense, 4 * D, activation=gelu if block.activation == "gelu" else "relu"), "linear2": make(keras.layers.Dense, D)}
        self.parts |= {f"norm{i}": make(keras.layers.LayerNormalization, epsilon=1e-5) for i in range(1, 4 if cross else 3)}
        for name, layer in self.parts.items():
            layer.build(*[(None, None, 4 * D if name == "linear2" else D)] * (2 if "attn" in name else 1))
            layer.set_weights(to_keras(weights_of(block), name, h))

    def __call__(self, x, memory=None, causal=False):
        P = self.parts
        todo = [lambda y: P["self_attn"](y, y, use_causal_mask=causal), lambda y: P["linear2"](P["linear1"](y))]
        if memory is not None: todo.insert(1, lambda y: P["multihead_attn"](y, memory))
        for i, part in enumerate(todo, 1):
            norm = P[f"norm{i}"]
            x = x + part(norm(x)) if self.pre else norm(x + part(x))
        return x

# %%
D, LR = 8, 0.05
draw = np.random.default_rng(7)
X_par, Y_par, Z_x, Z_y = (draw.normal(size=(4, T, D)) for T in (6, 5, 6, 5))                 # sources, decoder's inputs, targets
start_blocks = {"encoder": lambda: {"e": random_block(20, D=D, h=2)},
                "seq2seq": lambda: {"e": random_block(21, D=D, h=2, norm_first=False, activation="relu"),
                                    "d": random_block(22, D=D, h=2, norm_first=False, activation="relu", cross_attention=True)}}
goal = {"encoder": Z_x, "seq2seq": Z_y}

# %% tags=["fw-numpy"]
runs_numpy = {}
for kind, start in start_blocks.items():
    blocks, path = start(), []
    sgd = optim.SGD([p for block in blocks.values() for p in block.parameters()], lr=LR)
    for step in range(100):
        out = blocks["e"](Tensor(X_par))
        if "d" in blocks: out = blocks["d"](Tensor(Y_par), out, is_causal=True)
        loss = F.mse_loss(out, Tensor(goal[kind]))
        sgd.zero_grad(); loss.backward(); path.append(loss.item())
        if step == 0: first = out.data, {f"{b}.{name}": p.grad.copy() for b, block in blocks.items() for name, p in block.named_parameters()}
        sgd.step()
    runs_numpy[kind] = (*first, path)

# %% tags=["fw-torch"]
runs_torch, no_future = {}, torch.ones(5, 5, dtype=torch.bool).triu(1)                       # True: must not look
for kind, start in start_blocks.items():
    blocks, path = {b: torch_twin(block, cross=b == "d") for b, block in start().items()}, []
    for step in range(100):
        out = blocks["e"](torch.tensor(X_par))
        if "d" in blocks: out = blocks["d"](torch.tensor(Y_par), out, tgt_mask=no_future)
        loss = ((out - torch.tensor(goal[kind])) ** 2).mean()
        for block in blocks.values(): block.zero_grad()
        loss.backward(); path.append(loss.item())
        if step == 0: first = out.detach(), {f"{b}.{name}": p.grad.numpy().T.copy() for b, block in blocks.items() for name, p in block.named_parameters()}
        for p in (p for block in blocks.values() for p in block.parameters()): p.data -= LR * p.grad
    runs_torch[kind] = (*first, path)

# %% tags=["fw-tensorflow"]
def keras_block_step(blocks, target):
    parts = {(b, name): layer.trainable_variables for b, block in blocks.items() for name, layer in block.parts.items()}

    @tf.function(autograph=False)
    def step():
        with tf.GradientTape() as tape:
            out = blocks["e"](tf.constant(X_par))
            if "d" in blocks: out = blocks["d"](tf.constant(Y_par), out, causal=True)
            loss = tf.reduce_mean((out - target) ** 2)
        grads = tape.gradient(loss, parts)
        for key, variables in parts.items():
            for v, g in zip(variables, grads[key]): v.assign_sub(LR * g)
        return out, loss, [grads[key] for key in parts]

    return step, [*parts]

runs_tf = {}
for kind, start in start_blocks.items():
    step, keys = keras_block_step({b: KerasBlock(block, cross=b == "d") for b, block in start().items()}, goal[kind])
    steps = [step() for _ in range(100)]
    named = {f"{b}.{full}": g for (b, part), grads in zip(keys, steps[0][2]) for full, g in from_keras([np.asarray(g) for g in grads], part).items()}
    runs_tf[kind] = steps[0][0], {name: named[name] for name in runs_numpy[kind][1]}, [float(s[1]) for s in steps]

# %% tags=["settles-SYS-05"]
for kind in start_blocks:
    found = {"numpy": runs_numpy[kind], "torch": runs_torch[kind], "tensorflow": runs_tf[kind]}
    parity(f"block-{kind}", outputs={name: run[0] for name, run in found.items()}, gradients={name: run[1] for name, run in found.items()}, path={name: run[2] for name, run in found.items()})
    claim(f"block-{kind}-learns", "And the loss falls by more than a quarter.", runs_numpy[kind][2][-1] / runs_numpy[kind][2][0], at_most=0.75)

# %% [markdown]
# ## Summary
#
# - Attention alone cubes what makes steps different: four layers, and all are equal. The plus sign of the residual connection prevents it.
# - A block is two parts, each reading from the stream and adding to it. In a pre-norm stack the output is the input plus all writes, exactly.
# - LayerNorm ignores scale and shift of each step, RMSNorm its scale; both see one step only. Their gradient has no part along what they ignore, and shrinks as the input grows.
# - Attention is the only part that moves anything between steps.
# - Pre-norm: the stream grows like the root of the depth, a step moves the function less, large learning rates work without warm-up. Post-norm wants a smaller rate or a warm-up.
# - Encoder, decoder, encoder-decoder: the same block, other masks, one more part. Mask filling in both attentions that can see it.
# - $12D^2+13D$ parameters, a third in attention; $24TD^2+4T^2D$ operations, the quadratic term the larger one beyond $T=6D$.
#
# ## Exercises
#
# ### Exercise 1 · A norm with gain
#
# What does layer normalisation with $\varepsilon = 0$, gain 6 and shift 1 (for all four numbers) make of $(20, 32, 32, 36)$?

# %%
answer = None          # for example [0.0, 1.0, 2.0, 3.0]
exercise("block-norm", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# The mean is 30, the deviations are $-10, 2, 2, 6$, their mean square is $144/4 = 36$. So $\hat x = (-\tfrac{10}6, \tfrac26, \tfrac26, 1)$ and $y = (-9, 3, 3, 7)$. It is the example of the text, doubled and shifted: $\hat x$ is the same.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("block-norm", layer_norm(np.array([20.0, 32, 32, 36]), gain=6.0, shift=1.0, eps=0))

# %% [markdown]
# ### Exercise 2 · RMSNorm's way back
#
# Write `rms_backward(dy, x, gain, eps)` for steps `x` (N, D), `dy` (N, D), `gain` (D,): return `(dx, dgain)`.

# %%
def rms_backward(dy, x, gain, eps):
    ...

exercise("block-rms", rms_backward)

# %% tags=["hide-cell", "solution"]
def rms_backward_solution(dy, x, gain, eps):
    r = np.sqrt((x**2).mean(-1, keepdims=True) + eps)
    x_hat, d_hat = x / r, dy * gain
    return (d_hat - x_hat * (x_hat * d_hat).mean(-1, keepdims=True)) / r, (dy * x_hat).sum(0)

exercise("block-rms", rms_backward_solution)

# %% [markdown]
# ### Exercise 3 · A decoder block's parameters
#
# Write `decoder_parameters(D, D_ff)`: the number of parameters of a block with cross-attention, biases everywhere, three layer norms, and `D_ff` hidden units in the feed-forward part.

# %%
def decoder_parameters(D, D_ff):
    ...

exercise("block-decoder", decoder_parameters)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Two attentions, $2(4D^2+4D)$; the feed-forward part, $2D\,D_{ff} + D_{ff} + D$; three norms, $6D$. With $D_{ff}=4D$ that is $16D^2+19D$.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("block-decoder", lambda D, D_ff: 2 * (4 * D**2 + 4 * D) + 2 * D * D_ff + D_ff + D + 6 * D)

# %% [markdown]
# ### Exercise 4 · Another crossover
#
# A model has $D = 512$, feed-forward networks of only $2D$ hidden units, and is otherwise as above. At which length $T$ do the products of step with step take as many operations as those with weights?

# %%
answer = None
exercise("block-crossover", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Weights: $4D^2$ in attention and $4D^2$ in the feed-forward part, $2T\cdot8D^2 = 16TD^2$. With $4T^2D$ that gives $T = 4D = 2048$.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("block-crossover", 4 * 512)

# %% [markdown]
# ### Exercise 5 · What a block has written
#
# Write `writes_of(x, parts, norm)` for a pre-norm stack: `parts` is a list of functions, `norm` a function; return the list of what each part writes to the stream that starts with the array `x`, without changing `x`.

# %%
def writes_of(x, parts, norm):
    ...

exercise("block-writes", writes_of)

# %% tags=["hide-cell", "solution"]
def writes_solution(x, parts, norm):
    writes = []
    for part in parts:
        writes.append(part(norm(x)))
        x = x + writes[-1]                       # not +=, which would change the caller's array
    return writes

exercise("block-writes", writes_solution)

# %% [markdown]
# ### Exercise 6 · Three proofs
#
# (a) Show that a function with $f(cx) = f(x)$ for all $c>0$ has a gradient orthogonal to $x$, and that this gradient at $cx$ is $1/c$ of that at $x$. (b) A pre-norm stack starts with steps of variance 1 and each part writes something of variance $v$, uncorrelated with the stream. What is the variance behind $L$ blocks, and by which factor does the last norm
# shrink the gradient? (c) Show that a stack of $L$ blocks whose attention sees its own step and the $w-1$ before it has outputs that depend on at most $L(w-1)+1$ steps.
#
# <details><summary>Solution</summary>
#
# (a) Differentiate $f(cx)=f(x)$ by $c$ at $c=1$: $\nabla f(x)\cdot x = 0$. Differentiate it by $x$: $c\,\nabla f(cx) = \nabla f(x)$. Every output of a norm without $\varepsilon$ is such an $f$, and so is a loss behind it.
#
# (b) Variances of uncorrelated sums add: $1 + 2Lv$. The norm divides by the root, so by (a) the gradient shrinks by $1/\sqrt{1+2Lv}$: with $v = 1/2$ it is 5 for 24 blocks, close to the spread that was printed.
#
# (c) By induction: with $L=0$ an output is its input, one step. One more block lets it see $w$ outputs of the stack below, $t-w+1$ to $t$; the earliest of these reaches back another $(L-1)(w-1)$ steps. The other parts add none.
#
# </details>

# %% [markdown]
# ## Sources
#
# [Vaswani et al., 2017](../../book/bibliography.md#vaswani2017attention), section 3, the block and its encoder-decoder, post-norm ·
# [Ba, Kiros and Hinton, 2016](../../book/bibliography.md#ba2016layer), layer normalisation · [Zhang and Sennrich, 2019](../../book/bibliography.md#zhang2019root), RMSNorm ·
# [Xiong et al., 2020](../../book/bibliography.md#xiong2020layer), and [Liu et al., 2020](../../book/bibliography.md#liu2020understanding), on norms before and after ·
# [Dong, Cordonnier and Loukas, 2021](../../book/bibliography.md#dong2021attention), rank collapse ·
# [Radford et al., 2019](../../book/bibliography.md#radford2019language), GPT-2.
