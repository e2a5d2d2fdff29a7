# %% [markdown]
# # Scaled dot-product self-attention
#
# **After this section** you can compute self-attention on paper, say what dividing by the root of the width is for and what it is not for, mask what must not be seen without leaks or NaN, derive the backward pass, and move masks between frameworks that mean opposite things by `True`.
# *Reading: 30 minutes. Running: about 20 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import math

import numpy as np
import torch

from chainrule import Tensor, explore, nn, plotting
from chainrule.nn import functional as F
from chainrule.proof import claim, exercise, gradcheck, parity, same

# %% [markdown]
# ## The question
#
# In [Attention as a soft look-up](01_soft_lookup.ipynb) a decoder asked and an encoder's states answered: [attention](../../book/glossary.md#attention) is a weighted mean of values, with weights from comparing a query with keys. Now let a sequence ask *itself*. In "the dog that we met yesterday wagged its tail", the step "its" wants to know about "dog", six steps back.
# A [recurrent network](../05_rnn/01_recurrence.ipynb) has to carry the dog through every step in between. In **[self-attention](../../book/glossary.md#self-attention)** each step looks up what it needs at all steps at once: it sends a query, and every step, itself included, offers a key and a value.
#
# Let $X$, of shape $(T, D)$, hold a sequence of $T$ steps, **one step in each row**. Three matrices, all that is learnt, make three versions of each step:
#
# $$Q = XW_q,\qquad K = XW_k,\qquad V = XW_v,\qquad\qquad
# \mathrm{Attention}(Q, K, V) = \underbrace{\mathrm{softmax}\Bigl(\frac{QK^\top}{\sqrt{d_k}}\Bigr)}_{P}\,V .$$
#
# This is **[scaled dot-product attention](../../book/glossary.md#scaled-dot-product-attention)**. Read aloud: *compare each query with all keys by a dot product, divide by the root of their length, turn each row into weights that sum to one, and take the mean of the values with these weights* ([Vaswani et al., 2017](../../book/bibliography.md#vaswani2017attention), eq. 1).
#
# | symbol | shape | meaning |
# |---|---|---|
# | steps $X$ | $(T, D)$ | one row for each step |
# | weights $W_q$, $W_k$; $W_v$ | $(D, d_k)$; $(D, d_v)$ | learnt, the same for all steps |
# | queries $Q$, keys $K$ | $(T, d_k)$ | what a step asks; what it offers to be found by |
# | values $V$ | $(T, d_v)$ | what it hands over when found |
# | scores $S = QK^\top/\sqrt{d_k}$ | $(T, T)$ | row $i$: what step $i$ thinks of all steps |
# | attention weights $P$ | $(T, T)$ | [softmax](../../book/glossary.md#softmax) of each *row* |
# | output $O = PV$ | $(T, d_v)$ | one row for each step, again |
#
# ## By hand: three steps, two numbers each
#
# Take $X$, $W_k$ and $W_v$ as below, and $W_q = \sqrt2\,\ln2\cdot I$. The factor $\sqrt2$ cancels $\sqrt{d_k}$, and $\ln 2$ turns exponentials into powers of two:
#
# $$X = \begin{pmatrix}1&0\\0&1\\1&1\end{pmatrix},\quad W_k = \begin{pmatrix}1&-1\\1&0\end{pmatrix},\quad W_v = \begin{pmatrix}20&0\\0&20\end{pmatrix}
# \qquad\Rightarrow\qquad K = \begin{pmatrix}1&-1\\1&0\\2&-1\end{pmatrix},\quad V = \begin{pmatrix}20&0\\0&20\\20&20\end{pmatrix}.$$
#
# | step | scores over $\ln 2$, that is $x_i\cdot k_j$ | powers of two | weights | output |
# |---|---|---|---|---|
# | 1 | 1, 1, 2 | 2, 2, 4 | 1/4, 1/4, 1/2 | (15, 15) |
# | 2 | −1, 0, −1 | 1/2, 1, 1/2 | 1/4, 1/2, 1/4 | (10, 15) |
# | 3 | 0, 1, 1 | 1, 2, 2 | 1/5, 2/5, 2/5 | (12, 16) |
#
# Step 1 scores step 3 with 2; step 3 scores step 1 with 0. Asking is not symmetric, as $W_q$ and $W_k$ differ. Before you run the cell, redo row 2 with a pencil.

# %% tags=["settles-S2-F12"]
def attention_by_loops(Q, K, V):
    """Return the attention (T_q, d_v), with the indices of the formula and no matrix product."""
    out = np.zeros((len(Q), V.shape[1]))
    for i in range(len(Q)):
        scores = [sum(Q[i, c] * K[j, c] for c in range(Q.shape[1])) / math.sqrt(Q.shape[1]) for j in range(len(K))]
        powers = [math.exp(s) for s in scores]
        for j in range(len(K)):
            out[i] += powers[j] / sum(powers) * V[j]
    return out

X_paper = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
Wq_paper, Wk_paper, Wv_paper = math.sqrt(2) * math.log(2) * np.eye(2), np.array([[1.0, -1.0], [1.0, 0.0]]), 20 * np.eye(2)
paper = X_paper @ Wq_paper, X_paper @ Wk_paper, X_paper @ Wv_paper
claim("selfattn-paper", "The three outputs are (15, 15), (10, 15) and (12, 16), as on paper.",
      attention_by_loops(*paper), expected=[[15.0, 15.0], [10.0, 15.0], [12.0, 16.0]], tolerance=1e-12)

# %% [markdown]
# Three lines of NumPy do the same for any number of leading axes: a batch, or the [heads](03_heads_and_positions.ipynb) of the next section.

# %% tags=["settles-S2-F12", "settles-S2-C6", "settles-SYS-06"]
def softmax_of_rows(scores):
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)

def attention_by_products(Q, K, V):
    scores = Q @ K.swapaxes(-1, -2) / math.sqrt(K.shape[-1])       # (..., T_q, T_k)
    return softmax_of_rows(scores) @ V                             # (..., T_q, d_v)

def attention_in_torch(*arrays):
    return torch.nn.functional.scaled_dot_product_attention(*map(torch.tensor, arrays)).numpy()

rng = np.random.default_rng(0)
draws = [[rng.normal(size=s) for s in ((Tq, d), (Tk, d), (Tk, dv))] for Tq, Tk, d, dv in [(3, 3, 2, 2), (5, 5, 4, 3), (2, 7, 8, 1)]]
same("loops over i, j and c are two matrix products and a softmax", attention_by_loops, attention_by_products, [paper, *draws])
batches = [[rng.normal(size=(*lead, 5, 4)) for _ in range(3)] for lead in [(), (2,), (2, 3)]]
same("and that is PyTorch's function, on 2-D, 3-D and 4-D arrays", attention_by_products, attention_in_torch, batches)
same("and the engine's", attention_by_products, lambda *arrays: F.scaled_dot_product_attention(*map(Tensor, arrays)).data, batches)

# %% mystnb={"image": {"alt": "Three by three table of attention weights of the paper example; rows are the steps that ask. Row one: 0.25, 0.25, 0.5. Row two: 0.25, 0.5, 0.25. Row three: 0.2, 0.4, 0.4."}}
P_paper = softmax_of_rows(paper[0] @ paper[1].T / math.sqrt(2))
_ = plotting.matrix(P_paper, values=True, row_labels=["step 1", "step 2", "step 3"], column_labels=["step 1", "step 2", "step 3"],
                    title="Each row sums to one; columns need not", xlabel="looks at", ylabel="who asks")

# %% [markdown]
# ## Explore: attention by hand
#
# Four steps with queries, keys and values in the plane: drag them, point at a cell, and read how its weight comes about. The last column is the [gradient](../../book/glossary.md#gradient) that the softmax lets through to a score, $\partial p_j/\partial s_j = p_j(1 - p_j)$, the largest of each row.
# **Try to answer first:** scale all keys by 4: which weights change, and which query loses its gradient first? What else, without a key moved, gives the same weights?

# %%
explore.attention_by_hand()

# %% [markdown]
# ## Rows or columns: a formula that cannot work
#
# One of the two articles that this book follows prints $\mathrm{softmax}(QK^\top/\sqrt{d_k})V$ as above, but $Q = W_qX$, $K = W_kX$, $V = W_vX$. Each half is right in some convention; together they are right in none. If steps are rows, $W_qX$ does not even have matching shapes. If steps are columns, **predict** the shape of
# $QK^\top$ for 5 steps of 4 numbers.

# %% tags=["settles-M8", "settles-S2-F13"]
X = rng.normal(size=(5, 4))                                        # five steps, four numbers each
Wq, Wk, Wv = rng.normal(size=(3, 4, 4))
right = attention_by_products(X @ Wq, X @ Wk, X @ Wv)              # (5, 4)
claim("selfattn-row-shapes", "With steps in rows, Q = XW_q is (5, 4) and QKᵀ is (5, 5): a score for each pair of steps.",
      [*(X @ Wq).shape, *((X @ Wq) @ (X @ Wk).T).shape], expected=[5, 4, 5, 5])
try:
    Wq @ X
except ValueError as error:
    print("steps in rows, printed W_q X:", str(error)[:39], "...")
Qc, Kc, Vc = Wq.T @ X.T, Wk.T @ X.T, Wv.T @ X.T                    # steps in columns: (4, 5) each
printed = softmax_of_rows(Qc @ Kc.T / 2) @ Vc
claim("selfattn-column-shapes", "With steps in columns QKᵀ is (4, 4): it compares numbers, not steps.", [*(Qc @ Kc.T).shape], expected=[4, 4])
claim("selfattn-column-silent", "Yet the printed formula runs, has the right shape, and is off by more than 0.5.", np.abs(printed.T - right).max(), at_least=0.5)
columns = Vc @ softmax_of_rows((Kc.T @ Qc).T / 2).T                # V softmax(Kᵀ Q / √d_k), each column a softmax
claim("selfattn-columns-right", "With columns the right formula is V softmax(KᵀQ/√d_k), softmax by column: the same numbers.", np.abs(columns.T - right).max(), at_most=1e-13)

# %% [markdown]
# The dangerous case is the silent one: $(4, 4)$ weights times $(4, 5)$ values fit, and the result mixes the four numbers of each step with each other. This book keeps to rows throughout: $Q = XW_q$.
#
# ## Why divide by $\sqrt{d_k}$?
#
# Let the entries of a query and a key be independent, with mean 0 and [variance](../../book/glossary.md#variance) 1. Each product $q_ck_c$ then has mean 0 and variance 1, and variances of independent terms add: $\mathrm{Var}(q\cdot k) = d_k$. The typical score is $\pm\sqrt{d_k}$: four for $d_k = 16$, thirty-two for 1024. And the softmax takes exponentials.
# To measure what comes of it, ask 200 queries about 64 random keys, with and without the division, and take the *normalised entropy* of the weights, $-\sum_j p_j\ln p_j / \ln 64$: 1 if all keys count alike, 0 if one takes everything. **Predict** it for $d_k = 1024$.

# %%
def spread_of_softmax(d, scaled, seed, n_queries=200, n_keys=64):
    """Return (normalised entropy, norm of dp/ds, norm of dp/dq), each (n_queries,), for standard normal q and k."""
    rng = np.random.default_rng(seed)
    q, k = rng.standard_normal((n_queries, 1, d), "f4"), rng.standard_normal((n_queries, n_keys, d), "f4")
    scale = d**-0.5 if scaled else 1.0
    p = softmax_of_rows((q @ k.swapaxes(1, 2))[:, 0].astype(float) * scale)
    entropy = -(p * np.log(np.maximum(p, 1e-300))).sum(-1) / np.log(n_keys)
    squares = (p**2).sum(-1)
    by_scores = np.sqrt(np.maximum(squares - 2 * (p**3).sum(-1) + squares**2, 0))        # of diag(p) - p pᵀ
    away = k - np.einsum("nj,njd->nd", p, k)[:, None]                                   # k_j minus the mean key
    by_query = scale * np.sqrt((p**2 * (away**2).sum(-1)).sum(-1))
    return entropy, by_scores, by_query

widths = [16, 64, 256, 1024]
variances = []
for d in widths:
    draw = np.random.default_rng(d)
    variances.append(sum((draw.standard_normal((2, 5000, d), "f4").prod(0).sum(1) ** 2).mean() for _ in range(4)) / 4 / d)
raw, tamed = (np.array([spread_of_softmax(d, scaled, d) for d in widths]) for scaled in (False, True))     # (4, 3, 200)
for d, ratio, one, other in zip(widths, variances, raw, tamed):
    means = [f"{e.mean():.3f} ± {e.std() / math.sqrt(len(e)):.3f}" for e in (one[0], other[0])]
    print(f"d = {d:4}: variance of q·k {ratio:.3f} d; mean entropy {means[0]} without the division, {means[1]} with it")
claim("selfattn-variance", "The variance of q·k is d, to 5 per cent, from 16 to 1024.", variances, expected=[1.0] * 4, tolerance=0.05)
claim("selfattn-entropy-raw", "Without the division the entropy falls from about 0.33 at d = 16 to about 0.03 at 1024.", raw[[0, -1], 0].mean(-1), expected=[0.33, 0.03], tolerance=0.02)
claim("selfattn-entropy-scaled", "With it the entropy stays within 0.02 of 0.89.", tamed[:, 0].mean(-1), expected=[0.89] * 4, tolerance=0.02)

# %% [markdown]
# A softmax with an entropy near 0 has chosen before anything is learnt. What can it still learn? Let one query change a little. The derivative of its weights is short:
#
# $$\frac{\partial p}{\partial s} = \mathrm{diag}(p) - pp^\top, \qquad\qquad
# \frac{\partial p_j}{\partial q} = \frac{p_j\,(k_j - \bar k)}{\sqrt{d_k}} \quad\text{with}\quad \bar k = \sum_j p_jk_j .$$
#
# Where one weight is nearly 1, the mean key $\bar k$ is that key, and all other $p_j$ are nearly 0: nothing is left. **Predict:** without the division (and without the factor in the formula), is the *average* length of $\partial p/\partial q$ smaller or larger than with it?

# %% mystnb={"image": {"alt": "Curves on a logarithmic axis: the length of the gradient for 200 queries, sorted, at width 1024. With the division all lie near 0.2. Without it the curve runs from far below one millionth to above ten; more than half of the queries lie below the other curve."}}
_ = plotting.curves({"without": np.maximum(np.sort(raw[-1, 2]), 1e-8), "divided by √d": np.sort(tamed[-1, 2])}, logy=True,
                    title="Undivided, most queries get no gradient, some get kicks",
                    xlabel="query, sorted (d = 1024)", ylabel="length of ∂p/∂q, at least 1e-8")
dead = (raw[-1, 1] < 0.01).mean()
print(f"d = 1024, length of dp/dq, median and mean: {np.median(raw[-1, 2]):.1g} and {raw[-1, 2].mean():.1f} without, {np.median(tamed[-1, 2]):.2f} and {tamed[-1, 2].mean():.2f} with")
claim("selfattn-dead", "Without the division over half of the queries pass less than 0.01 through the softmax.", dead, at_least=0.5, at_most=0.85)
claim("selfattn-alive", "With it every query passes over 0.1.", tamed[-1, 1].min(), at_least=0.1)
claim("selfattn-kicks", "But the mean gradient by the query is over five times as large without it: a few queries get kicks.",
      raw[-1, 2].mean() / tamed[-1, 2].mean(), at_least=5.0)

# %% [markdown]
# The usual sentence, "without $\sqrt{d_k}$ the [gradient](../../book/glossary.md#gradient) vanishes", is half of the truth. For most queries it does. For the few that stand between two keys it is larger than with the division, as nothing shrinks the scores. Learning then comes in rare jerks, which no single [learning rate](../../book/glossary.md#learning-rate) suits.
#
# > **Misconception.** $\sqrt{d_k}$ keeps the exponential from overflowing.
#
# Overflow is prevented by subtracting the largest score of the row, which changes nothing else. The [saturation](../../book/glossary.md#saturation) stays: it is the *differences* of scores that are too large.

# %%
huge = np.random.default_rng(3).normal(size=64) * 1e4
p_huge = softmax_of_rows(huge)
claim("selfattn-no-overflow", "Scores of 10 000 give finite weights that sum to one, without any division.", p_huge.sum(), expected=1.0, tolerance=1e-12)
claim("selfattn-still-flat", "And a softmax whose derivative is below 1e-100: finite, and dead.",
      np.abs(np.diag(p_huge) - np.outer(p_huge, p_huge)).max(), at_most=1e-100)

# %% [markdown]
# ## A printed function, run as printed
#
# The same article gives this function, after `import torch` and nothing else. Three lines, three faults. Find them before running.

# %%
listing = '''
import torch

def attention(Q, K, V):
    attn_outputs = torch.matmul(Q, K.transpose(-2, -1)) / np.sqrt(K.size(-1))
    attn_output = torch.softmax(attn_outputs, dim=2)
    output = torch.matmul(attn_output, V)
    return output
'''
reference = torch.nn.functional.scaled_dot_product_attention
inputs = {len(b[0].shape): [torch.tensor(a) for a in b] for b in batches}      # by number of axes: 2, 3, 4

def verdicts(function):
    """Run the function on 2-D, 3-D and 4-D inputs; return the error's name or the largest difference from PyTorch's."""
    found = {}
    for n_axes, (Q, K, V) in inputs.items():
        try:
            found[n_axes] = float((function(Q, K, V) - reference(Q, K, V)).abs().max())
        except Exception as error:
            found[n_axes] = type(error).__name__
            print(f"{n_axes}-D: {found[n_axes]}: {error}")
    return found

# %% tags=["settles-C19"]
space = {}
exec(listing, space)
claim("selfattn-printed-name", "As printed it fails on every input: nobody has imported np.", [*verdicts(space["attention"]).values()], expected=["NameError"] * 3)

# %% [markdown]
# The root is taken of a plain `int`, the width, so `math.sqrt` will do. We hand in `np` and go on. **Predict:** for which of 2-D, 3-D and 4-D is `dim=2` the axis of the keys?

# %% tags=["settles-C20"]
space["np"] = np
after_import = verdicts(space["attention"])
claim("selfattn-printed-2d", "On 2-D input there is no axis 2.", after_import[2], expected="IndexError")
claim("selfattn-printed-3d", "On 3-D input (B, T, d) axis 2 is the keys: right.", after_import[3], at_most=1e-14)
claim("selfattn-printed-4d", "On 4-D input (B, H, T, d) axis 2 is the queries: wrong by more than 0.5, without a word.", after_import[4], at_least=0.5)
Q4, K4, V4 = inputs[4]
ones = space["attention"](Q4, K4, torch.ones_like(V4))
print(f"if all values are 1, a mean of values must be 1; it returns {ones.min():.2f} to {ones.max():.2f}")
claim("selfattn-printed-ones", "A mean of ones comes out below 0.8 here and above 1.2 there.", [float(ones.min() < 0.8), float(ones.max() > 1.2)], expected=[1.0, 1.0])

# %% [markdown]
# The softmax over queries makes the *columns* sum to one, so a row's weights sum to anything. A test with $V$ of ones finds it at once; `dim=-1` repairs it. The third fault is what is missing: there is no mask. In a [language model](../../book/glossary.md#language-model) that is to predict the next symbol, step 0 may not see what comes later. Here it does.

# %% tags=["settles-C21"]
Q3, K3, V3 = inputs[3]
V3_other = V3.clone()
V3_other[:, -1] += 10.0
moved = (space["attention"](Q3, K3, V3_other) - space["attention"](Q3, K3, V3))[:, 0].abs().max()
causal_3 = torch.ones(5, 5, dtype=torch.bool).tril()
moved_masked = (reference(Q3, K3, V3_other, causal_3) - reference(Q3, K3, V3, causal_3))[:, 0].abs().max()
claim("selfattn-printed-sees", "Adding 10 to the last value moves output 0 by more than 1.", float(moved), at_least=1.0)
claim("selfattn-mask-blind", "With a causal mask it moves by exactly 0.", float(moved_masked), expected=0.0)

# %% [markdown]
# ## Masks
#
# A [mask](../../book/glossary.md#mask) says which query may look at which key. In this book **True means: may look.** Two masks cover most needs, and "and" combines them:
#
# - **padding**: sequences of a batch have unequal lengths; nobody may look at the filling. It depends on the key only: shape $(B, 1, T)$.
# - **[causal](../../book/glossary.md#causal-mask)**: query $i$ may look at keys $j \le i$, the lower triangle, diagonal included: shape $(T, T)$.
#
# The mask acts on the scores, *before* the softmax: a forbidden score becomes so low that its exponential is 0, and the rest shares the whole weight.

# %% mystnb={"image": {"alt": "Three grids of five by five squares. Padding: the first three columns are dark. Causal: the lower triangle with the diagonal is dark. Both: their intersection."}}
T = 5
padding_mask = (np.arange(T) < np.array([5, 3])[:, None])[:, None]            # (B, 1, T): lengths 5 and 3
causal_mask = np.tri(T, dtype=bool)                                           # (T, T)
both_masks = padding_mask & causal_mask                                       # (B, T, T)
fig, axes = plotting.new_figure(1, 3, height=2.3, sharey=True)
shown = {"padding, length 3": np.broadcast_to(padding_mask[1], (T, T)), "causal": causal_mask, "both": both_masks[1]}
for ax, (name, mask) in zip(axes, shown.items()):
    ax.imshow(mask, cmap="Blues", vmin=0, vmax=1.3)
    ax.grid(False)
    plotting.dress(ax, name, "key", "query" if ax is axes[0] else "")
    ax.set_xticks(range(T)), ax.set_yticks(range(T))

# %%
def masked_attention(Q, K, V, mask):
    """Attention where each query looks at the keys whose mask is True; zeros where there is none."""
    scores = Q @ K.swapaxes(-1, -2) / math.sqrt(K.shape[-1])
    scores = np.where(mask, scores, np.finfo(scores.dtype).min)              # exp(lowest - top) is exactly 0
    return (softmax_of_rows(scores) * mask) @ V                              # "* mask" matters for empty rows only

XB = rng.normal(size=(2, T, 4))                                              # two sequences; the second has 3 real steps
QB, KB, VB = XB @ Wq, XB @ Wk, XB @ Wv
padded = masked_attention(QB, KB, VB, padding_mask)
alone_3 = attention_by_products(*(a[1, :3] for a in (QB, KB, VB)))
unseen = VB.copy()
unseen[1, 3:] = np.nan
claim("selfattn-padding", "With the padding mask the three real steps get what they get without the filling.", np.abs(padded[1, :3] - alone_3).max(), at_most=1e-14)
claim("selfattn-finite", "But NaN in the filling reaches every output of that sequence.", np.isnan(masked_attention(QB, KB, unseen, padding_mask)).sum(), expected=T * 4)
same("the engine masks alike", lambda mask: masked_attention(QB, KB, VB, mask),
     lambda mask: F.scaled_dot_product_attention(*map(Tensor, (QB, KB, VB)), mask).data, [(padding_mask,), (causal_mask,), (both_masks,)])

# %% [markdown]
# Padded *queries* still get an output, which no loss may count. And the filling has to be finite: its weight is 0, but $0\cdot\mathrm{NaN}$ is NaN.
#
# ### A test for leaks
#
# Causality can be tested without looking at the code: change everything from step $t$ on; no output before $t$ may move. Not by a little: not at all, as $0\cdot v$ is 0 whatever $v$ is. A tester that has never found anything proves little, so we plant a leak, the most common one: a triangle shifted by one.

# %%
def largest_leak(attend, X):
    """Return how far any output before step t moves when all steps from t on change, over all t."""
    before, worst = attend(X), 0.0
    for t in range(1, len(X)):
        changed = X.copy()
        changed[t:] = np.random.default_rng(t).normal(size=changed[t:].shape)
        worst = max(worst, np.abs(attend(changed)[:t] - before[:t]).max())
    return worst

projected = lambda X: (X @ Wq, X @ Wk, X @ Wv)
leaks = {"no mask": largest_leak(lambda X: attention_by_products(*projected(X)), X),
         "shifted by one": largest_leak(lambda X: masked_attention(*projected(X), np.tri(T, k=1, dtype=bool)), X),
         "causal": largest_leak(lambda X: masked_attention(*projected(X), causal_mask), X),
         "engine, is_causal": largest_leak(lambda X: F.scaled_dot_product_attention(*map(Tensor, projected(X)), is_causal=True).data, X),
         "PyTorch, is_causal": largest_leak(lambda X: reference(*map(torch.tensor, projected(X)), is_causal=True).numpy(), X)}
for name, leak in leaks.items():
    print(f"{name:18} {leak:.3g}")
claim("selfattn-causal-exact", "Three causal attentions leak exactly 0.", [leaks[n] for n in ("causal", "engine, is_causal", "PyTorch, is_causal")], expected=[0.0] * 3)
claim("selfattn-leak-found", "The planted leak is seen: outputs move by more than 0.1.", leaks["shifted by one"], at_least=0.1)

# %% [markdown]
# > **Misconception.** To mask, set the forbidden weights to zero after the softmax.
#
# The forbidden keys have by then been counted in the denominator. The weights no longer sum to one, and what they sum to tells of the future. (Dividing by the new sum would repair it, up to rounding.)

# %%
def masked_too_late(Q, K, V):
    return (softmax_of_rows(Q @ K.T / math.sqrt(K.shape[1])) * causal_mask) @ V

claim("selfattn-late-sum", "With ones for values the first step gets less than 0.9.", masked_too_late(*projected(X)[:2], np.ones((T, 1)))[0, 0], at_most=0.9)
claim("selfattn-late-leak", "And outputs still move by more than 0.1 when the future changes.", largest_leak(lambda X: masked_too_late(*projected(X)), X), at_least=0.1)

# %% [markdown]
# ### A row with nothing to see
#
# A padding mask and a window together, or an empty sequence in a batch: a query may end up with no key at all. A softmax over nothing is $0/0$. What do you want? Zeros, and no gradient; that is what ours and the engine's return. What the frameworks do has to be measured, with identity projections so that we know what went in:

# %%
import keras
import tensorflow as tf

empty_row = np.ones((T, T), bool)
empty_row[2] = False                                     # query 2 may look nowhere
x_t, allowed = torch.tensor(XB), torch.tensor(empty_row)
module = torch.nn.MultiheadAttention(4, 1, bias=False, batch_first=True).double()
module.in_proj_weight.data, module.out_proj.weight.data = torch.eye(4).double().repeat(3, 1), torch.eye(4).double()
layer = keras.layers.MultiHeadAttention(1, 4, use_bias=False, dtype="float64")
layer.build(XB.shape, XB.shape)
layer.set_weights([np.eye(4).reshape(w.shape) for w in layer.weights])
with np.errstate(invalid="ignore"):
    naive = softmax_of_rows(np.where(empty_row, XB @ XB.swapaxes(1, 2) / 2, -np.inf)) @ XB
rows = {"softmax with −inf": naive,
        "ours": masked_attention(XB, XB, XB, empty_row),
        "engine": F.scaled_dot_product_attention(*[Tensor(XB)] * 3, empty_row).data,
        "F.scaled_dot_product_attention": reference(x_t, x_t, x_t, allowed).numpy(),
        "nn.MultiheadAttention": module(x_t, x_t, x_t, attn_mask=~allowed)[0].detach().numpy(),
        "  the same, need_weights=False": module(x_t, x_t, x_t, attn_mask=~allowed, need_weights=False)[0].detach().numpy(),
        "keras MultiHeadAttention": layer(XB, XB, attention_mask=empty_row[None]).numpy(),
        "  the same, scores returned": layer(XB, XB, attention_mask=empty_row[None], return_attention_scores=True)[0].numpy()}

# %%
def named(row):
    """Say what came out for query 2 of the first sequence."""
    if np.isnan(row).any():
        return "NaN"
    return "zeros" if np.abs(row).max() == 0 else "the mean of all values" if np.allclose(row, XB[0].mean(0)) else "something else"

answers = {name: named(out[0, 2]) for name, out in rows.items()}
for name, answer in answers.items():
    print(f"{name:32} {answer}")
claim("selfattn-empty-ours", "Ours and the engine's return zeros.", [answers["ours"], answers["engine"]], expected=["zeros", "zeros"])
claim("selfattn-empty-three", "There are three answers in all.", sorted({*answers.values()}), expected=["NaN", "the mean of all values", "zeros"])
seen_rows = [0, 1, 3, 4]
claim("selfattn-empty-others", "On the other rows all eight agree.", max(np.abs(out[:, seen_rows] - naive[:, seen_rows]).max() for out in rows.values()), at_most=1e-12)

# %% [markdown]
# The surprise: in both frameworks the answer of *one layer* depends on whether you ask for the weights, as that takes another path through the code. (Versions differ here; run the cell in yours.) The safe rule: give every query at least one key, itself if need be, and ignore what comes out.
#
# ### The function, repaired
#
# Now all three faults, with a mask that keeps empty rows harmless. A tempting alternative *adds* $-\infty$ to the forbidden scores and replaces the NaN rows by zeros afterwards. Its outputs are right. **Predict:** its gradients?

# %% tags=["settles-S2-X6"]
def attention_repaired(Q, K, V, mask=None):
    """Attention on (..., T, d) tensors; mask of bools, True where a query may look, broadcasts to (..., T_q, T_k)."""
    scores = torch.matmul(Q, K.transpose(-2, -1)) / math.sqrt(K.size(-1))    # no NumPy needed
    if mask is None:
        return torch.matmul(torch.softmax(scores, dim=-1), V)               # -1: the keys, however many axes
    scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
    return torch.matmul(torch.softmax(scores, dim=-1) * mask, V)

def attention_patched(Q, K, V, mask):
    added = torch.where(mask, 0.0, -math.inf)
    weights = torch.softmax(Q @ K.mT / math.sqrt(K.size(-1)) + added, dim=-1)
    return weights.masked_fill(~mask.any(-1, keepdim=True), 0.0) @ V

def nan_in_gradient(attend):
    Q = Q3.clone().requires_grad_()
    attend(Q, K3, V3, allowed).sum().backward()
    return bool(Q.grad.isnan().any())

claim("selfattn-repaired", "The repaired function is PyTorch's on 2-D, 3-D and 4-D inputs.", [*verdicts(attention_repaired).values()], expected=[0.0] * 3, tolerance=1e-14)
masks_t = [causal_3, allowed, torch.tensor(padding_mask[1])]
apart = [float((attention_repaired(*inputs[n], m) - reference(*inputs[n], m)).abs().max()) for n in inputs for m in masks_t]
claim("selfattn-repaired-masks", "And under a causal, an empty-row and a padding mask, nine cases.", max(apart), at_most=1e-14)
claim("selfattn-patched-value", "The patched one has the right outputs,", float((attention_patched(Q3, K3, V3, allowed) - reference(Q3, K3, V3, allowed)).abs().max()), at_most=1e-14)
claim("selfattn-patched-gradient", "and NaN in its gradients; the repaired one has none.", [nan_in_gradient(attention_patched), nan_in_gradient(attention_repaired)], expected=[True, False])

# %% [markdown]
# On the way back the softmax multiplies the zero that arrives by its NaN weights, and $0\cdot\mathrm{NaN}$ is NaN: one empty row poisons $W_q$ and $W_k$ for all. A right output is no proof of a right gradient.
#
# ### True: may look, or must not?
#
# | where | True means |
# |---|---|
# | this library | may look |
# | PyTorch `F.scaled_dot_product_attention` | may look |
# | PyTorch `nn.MultiheadAttention`, `nn.Transformer*`: `attn_mask`, `key_padding_mask` | **must not look** |
# | Keras `attention_mask`, `keras.ops.dot_product_attention` | may look |
# | floats, in all of PyTorch and here | are added to the scores: 0 may look, $-\infty$ must not |
#
# > **Misconception.** A mask is a mask: what works in `F.scaled_dot_product_attention` works in `nn.MultiheadAttention`.
#
# Hand over the padding mask as it is. **Predict:** an error, NaN, or nothing at all?

# %%
real = padding_mask[1, 0]                                                    # (T,): True, True, True, False, False
one = x_t[1:]
ask = lambda **mask: module(one, one, one, need_weights=False, **mask)[0].detach().numpy()[0]
ours = lambda mask: masked_attention(XB[1], XB[1], XB[1], mask)
claim("selfattn-polarity-silent", "No error: it looks at the filling, and only at the filling.", np.abs(ask(key_padding_mask=torch.tensor(real)[None]) - ours(~real)).max(), at_most=1e-14)
claim("selfattn-polarity-turned", "Turned round it is right.", np.abs(ask(key_padding_mask=~torch.tensor(real)[None]) - ours(real)).max(), at_most=1e-14)
added = torch.where(torch.tensor(causal_mask), 0.0, -math.inf).double()
claim("selfattn-polarity-float", "A mask of floats means the same in the module, in the function and in the engine.",
      [np.abs(out - ours(causal_mask)).max() for out in (ask(attn_mask=added), reference(one, one, one, added).numpy()[0],
       F.scaled_dot_product_attention(*[Tensor(XB[1])] * 3, added.numpy()).data)], expected=[0.0] * 3, tolerance=1e-14)
keras_out = layer(XB[1:], XB[1:], attention_mask=np.broadcast_to(real, (1, T, T))).numpy()[0]
claim("selfattn-polarity-keras", "Keras means what we mean.", np.abs(keras_out - ours(real)).max(), at_most=1e-12)

# %% [markdown]
# Two more traps on the way: Keras's function wants its arrays as $(B, T, H, d)$, PyTorch's as $(B, H, T, d)$; and with fewer queries than keys, `is_causal` takes them for the *first* steps in PyTorch, for the *last* in this library, as writing step by step needs.

# %%
last_two = QB[:, 3:]
claim("selfattn-last-queries", "The engine's two queries get the last two rows of the whole causal attention.",
      np.abs(F.scaled_dot_product_attention(Tensor(last_two), Tensor(KB), Tensor(VB), is_causal=True).data - masked_attention(QB, KB, VB, causal_mask)[:, 3:]).max(), at_most=1e-13)
claim("selfattn-first-queries", "PyTorch's see one and two keys.",
      np.abs(reference(*map(torch.tensor, (last_two, KB, VB)), is_causal=True).numpy() - masked_attention(last_two, KB, VB, np.tri(2, T, dtype=bool))).max(), at_most=1e-14)

# %% [markdown]
# ## The way back
#
# Let $\delta O = \partial L/\partial O$ arrive. Two products, a softmax, two products: walk back through them.
#
# | step | forward | back |
# |---|---|---|
# | mean of the values | $O = PV$ | $\delta V = P^\top\delta O$, $\;\delta P = \delta O\,V^\top$ |
# | softmax of each row | $P_{ij} = e^{S_{ij}}/\sum_l e^{S_{il}}$ | $\delta S_{ij} = P_{ij}\bigl(\delta P_{ij} - \sum_l P_{il}\,\delta P_{il}\bigr)$ |
# | scores | $S = QK^\top/\sqrt{d_k}$ | $\delta Q = \delta S\,K/\sqrt{d_k}$, $\;\delta K = \delta S^\top Q/\sqrt{d_k}$ |
#
# The middle row, read aloud: *a score's blame is its weight times how much its value's blame exceeds the row's mean.* The mean is a weighted one, $\sum_l P_{il}\,\delta P_{il} = \delta O_i\cdot O_i$, which saves reading $P$ twice. A masked entry has $P = 0$, and so no gradient: the mask needs no line of its own.

# %%
def attention_backward(dO, Q, K, V, mask):
    """Return (dQ, dK, dV) of masked_attention."""
    scale = 1 / math.sqrt(K.shape[-1])
    scores = np.where(mask, Q @ K.swapaxes(-1, -2) * scale, np.finfo(Q.dtype).min)
    P = softmax_of_rows(scores) * mask
    dP = dO @ V.swapaxes(-1, -2)                                             # (..., T_q, T_k)
    dS = P * (dP - (P * dP).sum(-1, keepdims=True))
    return dS @ K * scale, dS.swapaxes(-1, -2) @ Q * scale, P.swapaxes(-1, -2) @ dO

dO = rng.normal(size=(2, T, 4))
for mask in (np.ones((T, T), bool), both_masks, empty_row):
    gradcheck(lambda Q, K, V, mask=mask: (masked_attention(Q, K, V, mask) * dO).sum(), dict(Q=QB, K=KB, V=VB),
              dict(zip("QKV", attention_backward(dO, QB, KB, VB, mask))))

# %%
def backward_of_engine(dO, Q, K, V, mask):
    leaves = [Tensor(a, requires_grad=True) for a in (Q, K, V)]
    (F.scaled_dot_product_attention(*leaves, mask) * dO).sum().backward()
    return [leaf.grad for leaf in leaves]

same("the engine's backward pass is these five lines", attention_backward, backward_of_engine,
     [(dO, QB, KB, VB, mask) for mask in (padding_mask, causal_mask, both_masks, empty_row)])
dQ, dK, dV = attention_backward(dO, QB, KB, VB, causal_mask)
claim("selfattn-keys-sum", "The gradients of the keys sum to zero over the steps.", np.abs(dK.sum(1)).max(), at_most=1e-13)

# %% [markdown]
# The last line looks like an accident and is a law. Add the same vector $c$ to every key: each row of scores shifts by $q_i\cdot c$, and a softmax does not notice. So a [bias](../../book/glossary.md#bias) in the keys' projection does nothing at all. PyTorch's and Keras's layers have one by default, as has ours, and it never learns:

# %%
biased = nn.MultiheadAttention(4, 1, rng=np.random.default_rng(4), dtype=np.float64)
F.mse_loss(biased(Tensor(XB), is_causal=True)[0], Tensor(dO)).backward()
of_q, of_k, of_v = np.abs(biased.in_proj_bias.grad).reshape(3, 4).max(1)
claim("selfattn-key-bias", "The bias of the keys gets no gradient beyond rounding; those of queries and values do.", of_k, at_most=1e-14)
claim("selfattn-other-biases", "Theirs is above 0.001.", min(of_q, of_v), at_least=1e-3)

# %% [markdown]
# > **Misconception.** Self-attention is a kind of network, beside CNN and RNN.
#
# The article lists it so. But it is a *mechanism*: two products and a softmax, without a single [parameter](../../book/glossary.md#parameter). What learns are the linear layers before and after it. It stands inside networks of many kinds: behind a [GRU](../05_rnn/03_lstm_and_gru.ipynb), behind a convolution, between an encoder and a decoder, and in the block of the Transformer. It takes any number of steps with the same weights and
# keeps the shape $(T, d)$, so it does not "map to a higher-dimensional space" either; that was settled with a table of shapes in [Convolution](../04_cnn/01_convolution.ipynb).

# %% tags=["settles-S2-C6"]
any_length = [F.scaled_dot_product_attention(*[Tensor(np.ones((1, n, 4)))] * 3).shape[1:] for n in (1, 5, 50)]
claim("selfattn-keeps-shape", "One, five and fifty steps of four numbers come out as one, five and fifty steps of four.", any_length, expected=[[1, 4], [5, 4], [50, 4]])
same("the mechanism is one function in NumPy, PyTorch and Keras", attention_by_products,
     lambda Q, K, V: keras.ops.convert_to_numpy(keras.ops.dot_product_attention(*(a[:, :, None] for a in (Q, K, V))))[:, :, 0], [(QB, KB, VB)])
gru, mixer = nn.GRU(4, 4, rng=np.random.default_rng(5), dtype=np.float64), F.scaled_dot_product_attention
states = gru(Tensor(XB))[0]
count = sum(p.data.size for p in gru.parameters())
claim("selfattn-in-an-rnn", "Behind a GRU it gives steps of the same shape; the parameters, 112, are all the GRU's.", [*mixer(states, states, states).shape, count], expected=[2, T, 4, 112])

# %% [markdown]
# ## In the frameworks
#
# A layer of self-attention with learnt projections, $\mathrm{Attention}(XW_q, XW_k, XW_v)\,W_o$, causal, without biases, learns to do what another layer of the same form does. Here by the formula; in PyTorch and Keras by *their* layers, `nn.MultiheadAttention` and `MultiHeadAttention` with one head. float64, 100 steps of gradient descent.
#
# | | this library | PyTorch | Keras |
# |---|---|---|---|
# | projections $W_q, W_k, W_v$ | side by side, (D, 3D) | below each other, (3D, D), transposed | three of (D, H, D/H) |
# | output $W_o$ | (D, D) | (D, D), transposed | (H, D/H, D) |
# | causal | `is_causal=True` | `attn_mask`, True forbids | `use_causal_mask=True` |

# %%
n_steps, D, LR = 6, 4, 0.3
draw = np.random.default_rng(1)
X_par = draw.normal(size=(8, n_steps, D))
W_start, W_teacher = draw.normal(0, 0.5, (4, D, D)), draw.normal(0, 1.0, (4, D, D))
tri = np.tri(n_steps, dtype=bool)
Y_par = masked_attention(*(X_par @ W for W in W_teacher[:3]), tri) @ W_teacher[3]
layer_t = torch.nn.MultiheadAttention(D, 1, bias=False, batch_first=True).double()
layer_k = keras.layers.MultiHeadAttention(1, D, use_bias=False, dtype="float64")
layer_k.build(X_par.shape, X_par.shape)

# %% tags=["fw-numpy"]
W_numpy, path_numpy = W_start.copy(), []
for step in range(100):
    Q, K, V = (X_par @ W for W in W_numpy[:3])
    mixed = masked_attention(Q, K, V, tri)
    out = mixed @ W_numpy[3]
    d_out = 2 * (out - Y_par) / out.size
    into = attention_backward(d_out @ W_numpy[3].T, Q, K, V, tri)
    grads = np.array([np.einsum("btd,bte->de", a, d) for a, d in zip((X_par, X_par, X_par, mixed), (*into, d_out))])
    path_numpy.append(((out - Y_par) ** 2).mean())
    if step == 0: first_numpy = out, grads
    W_numpy -= LR * grads

# %% tags=["fw-torch"]
layer_t.in_proj_weight.data = torch.tensor(np.concatenate(W_start[:3], axis=1).T.copy())
layer_t.out_proj.weight.data = torch.tensor(W_start[3].T.copy())
x_par, y_par, path_torch = torch.tensor(X_par), torch.tensor(Y_par), []
for step in range(100):
    out, _ = layer_t(x_par, x_par, x_par, attn_mask=torch.tensor(~tri))
    loss_t = ((out - y_par) ** 2).mean()
    grads = torch.autograd.grad(loss_t, [*layer_t.parameters()])
    path_torch.append(loss_t.item())
    if step == 0: first_torch = out.detach(), np.stack([*np.split(grads[0].numpy().T, 3, axis=1), grads[1].numpy().T])
    for p, g in zip(layer_t.parameters(), grads): p.data -= LR * g

# %% tags=["fw-tensorflow"]
layer_k.set_weights([W.reshape(w.shape) for W, w in zip(W_start, layer_k.weights)])
@tf.function
def keras_attention_step():
    with tf.GradientTape() as tape:
        out = layer_k(X_par, X_par, use_causal_mask=True)
        loss = tf.reduce_mean((out - Y_par) ** 2)
    grads = tape.gradient(loss, layer_k.trainable_variables)
    for w, g in zip(layer_k.trainable_variables, grads): w.assign_sub(LR * g)
    return out, loss, grads
steps_k = [keras_attention_step() for _ in range(100)]
path_tf, first_tf = [float(s[1]) for s in steps_k], (steps_k[0][0], np.stack([g.numpy().reshape(D, D) for g in steps_k[0][2]]))

# %% tags=["settles-S2-F13", "settles-S2-X6", "settles-S2-P2", "settles-S2-P3", "settles-S2-P4"]
parity("selfattn-layer", outputs={"numpy": first_numpy[0], "torch": first_torch[0], "tensorflow": first_tf[0]},
       gradients={"numpy": first_numpy[1], "torch": first_torch[1], "tensorflow": first_tf[1]},
       path={"numpy": path_numpy, "torch": path_torch, "tensorflow": path_tf})
layer_e = nn.MultiheadAttention(D, 1, bias=False, rng=np.random.default_rng(0), dtype=np.float64)
layer_e.in_proj_weight.data[...] = np.concatenate(W_start[:3], axis=1)
layer_e.out_proj.weight.data[...] = W_start[3]
claim("selfattn-engine-layer", "The engine's layer gives the same outputs.", np.abs(layer_e(Tensor(X_par), is_causal=True)[0].data - first_numpy[0]).max(), at_most=1e-13)
claim("selfattn-learns", "The loss falls by more than a factor of 100.", path_numpy[0] / path_numpy[-1], at_least=100.0)

# %% [markdown]
# ## Summary
#
# - $P = \mathrm{softmax}(QK^\top/\sqrt{d_k})$, $O = PV$, with $Q = XW_q$ and steps in rows. Mixed with $Q = W_qX$ the formula fails, or compares numbers in place of steps.
# - $\mathrm{Var}(q\cdot k) = d_k$. Without the division the softmax has chosen before learning starts: most queries get no gradient, a few get kicks. It is no protection against overflow.
# - Softmax over the keys: `dim=-1`. Ones for values and different numbers of axes find the wrong one.
# - Masks act before the softmax. Test causality by changing the future: exactly 0. Give every query a key.
# - True means "may look" in the functions, in Keras and here; "must not look" in PyTorch's modules.
# - Back: $\delta V = P^\top\delta O$, $\delta S = P\odot(\delta P - \text{row mean})$. A bias of the keys never learns.
# - The mechanism has no parameters and keeps $(T, d)$. It does not know in which order the steps came; [Heads and positions](03_heads_and_positions.ipynb) will say what to do about that.
#
# With this layer the book has the seven algorithms that the second of its two articles announces, each by its formula, in NumPy and in two frameworks: [gradient descent](../03_gradient_descent/01_gradient_descent.ipynb), its [stochastic and batch](../03_gradient_descent/02_batches.ipynb) forms, [warm restarts](../03_gradient_descent/05_schedules.ipynb), [convolution](../04_cnn/02_layers_of_a_cnn.ipynb), [recurrence](../05_rnn/01_recurrence.ipynb) and self-attention.
#
# ## Exercises
#
# ### Exercise 1 · The paper example, causal
#
# Put a causal mask on the example of the beginning. Which output (two numbers) does step 2 get?

# %%
answer = None
exercise("selfattn-causal", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Of the powers 1/2, 1, 1/2 the last is forbidden; the weights are 1/3 and 2/3, and $\tfrac13(20, 0) + \tfrac23(0, 20) = (6.67, 13.33)$.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("selfattn-causal", np.array([1, 2]) / 3 @ [[20.0, 0.0], [0.0, 20.0]])

# %% [markdown]
# ### Exercise 2 · Another divisor
#
# Queries and keys have 64 independent entries with mean 0; those of the queries have standard deviation 3, those of the keys 0.5. By what must the scores be divided to have variance 1?

# %%
answer = None
exercise("selfattn-divisor", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Each product has variance $9\cdot\tfrac14$, the sum of 64 has 144, and its root is 12.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("selfattn-divisor", math.sqrt(64) * 3 * 0.5)

# %% [markdown]
# ### Exercise 3 · Masks for PyTorch's module
#
# Write `module_masks(lengths, T)` for `nn.MultiheadAttention`: return the arrays of bools `key_padding_mask` (B, T) and `attn_mask` (T, T) for a causal layer, with that module's meaning of True.

# %%
def module_masks(lengths, T):
    ...

exercise("selfattn-masks", module_masks)

# %% tags=["hide-cell", "solution"]
def module_masks_solution(lengths, T):
    return np.arange(T) >= np.array(lengths)[:, None], ~np.tri(T, dtype=bool)

exercise("selfattn-masks", module_masks_solution)

# %% [markdown]
# ### Exercise 4 · Back through the softmax
#
# Write `scores_gradient(P, dO, V)` for weights `P` (T_q, T_k), the gradient `dO` (T_q, d_v) of the outputs and values `V` (T_k, d_v): return the gradient of the scores after the division, (T_q, T_k).

# %%
def scores_gradient(P, dO, V):
    ...

exercise("selfattn-scores", scores_gradient)

# %% tags=["hide-cell", "solution"]
def scores_gradient_solution(P, dO, V):
    dP = dO @ V.T
    return P * (dP - (dO * (P @ V)).sum(1, keepdims=True))          # the row mean of dP is dO · O

exercise("selfattn-scores", scores_gradient_solution)

# %% [markdown]
# ### Exercise 5 · A window
#
# Write `windowed(Q, K, V, width)`: causal attention in which step $i$ looks at itself and the `width - 1` steps before it, for $(T, d)$ arrays. Return the outputs.

# %%
def windowed(Q, K, V, width):
    ...

exercise("selfattn-window", windowed)

# %% tags=["hide-cell", "solution"]
def windowed_solution(Q, K, V, width):
    behind = np.arange(len(Q))[:, None] - np.arange(len(K))         # i - j
    return masked_attention(Q, K, V, (behind >= 0) & (behind < width))

exercise("selfattn-window", windowed_solution)

# %% [markdown]
# ### Exercise 6 · Three proofs
#
# (a) Show $\mathrm{Var}(q\cdot k) = d$ for independent entries of mean 0 and variance 1. Where is the independence *between* $q$ and $k$ used, and what is the mean of $q\cdot k$ for $q = k$? (b) Show that each row of $\delta S$ sums to zero, and conclude that a bias of the keys never learns. (c) Show that an output of attention lies in the convex hull of the values,
# and conclude what no attention without $W_o$ and further layers can do.
#
# <details><summary>Solution</summary>
#
# (a) $\mathrm E[q_ck_c] = \mathrm E[q_c]\,\mathrm E[k_c] = 0$ and $\mathrm E[q_c^2k_c^2] = 1$, both by independence of $q$ and $k$; the $d$ products are independent of each other, and variances add. For $q = k$ the mean is $\mathrm E\sum q_c^2 = d$: a step that asks with what it offers finds itself first, by $\sqrt d$ after the division.
#
# (b) $\sum_j P_{ij}(\delta P_{ij} - m_i) = m_i - m_i = 0$ with $m_i = \sum_lP_{il}\,\delta P_{il}$ and $\sum_jP_{ij} = 1$. The bias is added to every key, so it receives $\sum_j\delta K_j = \sum_i\bigl(\sum_j\delta S_{ij}\bigr)\,q_i/\sqrt{d_k} = 0$.
#
# (c) The weights are $\ge0$ and sum to one, which is the definition. So no coordinate of an output exceeds the largest of that coordinate among the values: attention can select and average; it cannot add up, count, or subtract.
#
# </details>

# %% [markdown]
# ## Sources
#
# [Vaswani et al., 2017](../../book/bibliography.md#vaswani2017attention), the formula, the argument for $\sqrt{d_k}$ in a footnote, the mask in 3.2.3 ·
# [Bahdanau, Cho and Bengio, 2015](../../book/bibliography.md#bahdanau2015neural), attention before it was to oneself.
