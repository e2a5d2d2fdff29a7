# %% [markdown]
# # LSTM and GRU
#
# **After this section** you can build both gated cells from their equations, move their weights between this library, PyTorch and Keras, say how long a
# forget gate remembers, and tell six equations that look like an LSTM from the six that are one.
# *Reading: 30 minutes. Running: about 40 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import graphlib

import numpy as np

from chainrule import Tensor, explore, nn, optim, plotting
from chainrule.nn import functional as F
from chainrule.proof import claim, exercise, gradcheck, parity, same

logistic = lambda z: 1 / (1 + np.exp(-z))        # σ

# %% [markdown]
# ## The question
#
# A [recurrent network](01_recurrence.ipynb) reads a sign at its first step and is asked for it a hundred steps later. It must do two things: *hold* the sign, and *learn* to hold it. The smallest network, one unit without input,
# is $h_t = \tanh(w\,h_{t-1})$. Its memory, in one line, is a product with a factor for every step:
#
# $$\frac{\partial h_T}{\partial h_0} \;=\; \prod_{t=1}^{T} w\,(1-h_t^2) \qquad\text{or, with many units,}\qquad \prod_{t=1}^{T} U\,\mathrm{diag}(1-h_t^2).$$
#
# With $w = 2$ the unit has two resting points, $\pm0.957$, so it can hold a sign for ever. **Predict** before running: how large is the derivative after 100 steps, that is, can it learn what to hold?

# %%
h, slope = 0.1, 1.0
for _ in range(100):
    h = np.tanh(2.0 * h)
    slope *= 2.0 * (1 - h * h)
claim("gate-latch-holds", "With w = 2 the unit still holds its sign after 100 steps, near 0.957.", h, expected=0.9575, tolerance=1e-3)
claim("gate-latch-vanishes", "But the derivative of what it holds by what it was told is below 1e-70.", slope, at_most=1e-70, at_least=1e-90)

# %% [markdown]
# Holding and learning exclude each other here: a state that resists disturbance has a slope below 1 at every step, and the slopes multiply. [Bengio, Simard and Frasconi, 1994](../../book/bibliography.md#bengio1994learning), proved it
# for every such network. This is the [vanishing gradient](../../book/glossary.md#vanishing-gradient), along time in place of depth.
#
# ## The idea: a highway through time
#
# The product is harmless when every factor is 1. So give the network a second state, the [memory cell](../../book/glossary.md#memory-cell) $c_t$, that is not multiplied by a matrix and not squashed on its way, only scaled and added to:
#
# $$c_t = f_t\,c_{t-1} + i_t\,g_t, \qquad \frac{\partial c_T}{\partial c_0} = \prod_{t=1}^T f_t .$$
#
# *Keep a share $f$ of what was there, add a share $i$ of what is new.* The network chooses the shares, between 0 and 1, at each step. After $n$ steps at the same $f$ a share $f^n$ is left, and half of it is left after
# $\ln\tfrac12/\ln f$ steps: the **half-life** of the memory.

# %% tags=["settles-F13"]
half_life = lambda f: np.log(0.5) / np.log(f)
for bias in (0.0, 1.0, 2.0, 4.0, 6.0):
    f = logistic(bias)
    print(f"forget bias {bias:.0f}: f = {f:.4f}, half-life {half_life(f):6.1f} steps, left after 200 steps {f**200:.2g}")
claim("gate-half-life", "At f = 0.99 the half-life is 69 steps.", half_life(0.99), expected=69.0, tolerance=0.1)
claim("gate-mitigates", "At f = 0.99 only 0.134 of the gradient is left after 200 steps: mitigated, not solved.", 0.99**200, expected=0.134, tolerance=1e-3)
claim("gate-open-gate", "At f = 0.5, where an untrained gate stands, 200 steps leave less than 1e-60.", 0.5**200, at_most=1e-60, at_least=1e-61)

# %% [markdown]
# The decay is still geometric. What has changed is who sets the rate: no longer a weight matrix and a slope, but a gate that can learn to stay open.
#
# ## Six equations that are not an LSTM
#
# One of the two articles that this book follows prints these six under the heading of recurrent networks. They look right at a glance, and are passed on from page to page. Before reading on, try to compute $h_2$ from them.
#
# $$\begin{aligned}
# &(1)\; h_t = \sigma(W_{hh}h_{t-1}+W_{xh}x_t+b_h) & &(2)\; o_t = \sigma(W_{ho}h_t+W_{xo}x_t+b_o)\\
# &(3)\; c_t = f(W_{hc}h_{t-1}+W_{xc}x_t+b_c+c_{t-1}) & &(4)\; \tilde o_t = \sigma(W_{oc}h_t+W_{xc}x_t+b_o)\\
# &(5)\; c_{t+1} = f'(W_{fc}h_t+W_{xc}x_{t+1}+b_c+c_t) & &(6)\; h_{t+1} = o_t\odot\tilde c_t
# \end{aligned}$$
#
# A program that reads the symbols finds three faults without computing anything.

# %% tags=["settles-M1", "settles-S2-F9"]
printed = {1: ("h", "h x"), 2: ("o", "h x"), 3: ("c", "h x c"), 4: ("õ", "h x"), 5: ("c", "h x c"), 6: ("h", "o c̃")}
defined = [left for left, _ in printed.values()]
used = {symbol for _, right in printed.values() for symbol in right.split()}
claim("gate-undefined", "The symbol c̃ is used and never defined.", sorted(used - {*defined, "x"}), expected=["c̃"])
claim("gate-unused", "The symbol õ is defined and never used.", sorted({*defined} - used), expected=["õ"])
claim("gate-twice", "Both h and c are defined twice.", sorted({s for s in defined if defined.count(s) > 1}), expected=["c", "h"])

# %% [markdown]
# Perhaps the two definitions agree? (3), written for the next step, and (5) differ in $W_{hc}$ against $W_{fc}$ and $f$ against $f'$; (1) and (6) in everything. We take $f = f' = \tanh$, guess $\tilde c_t = \tanh(c_t)$ for the missing symbol, and
# draw the weights from N(0, 1), ten times. How far apart are the two $c_2$, and the two $h_2$?

# %% tags=["settles-M2", "settles-S2-F10"]
def two_answers(seed, n=4):
    """Return the largest difference of the two c_2, and of the two h_2, of equations (1) to (6)."""
    rng = np.random.default_rng(seed)
    Whh, Wxh, Who, Wxo, Whc, Wxc, Wfc = rng.normal(size=(7, n, n))
    x1, x2 = rng.normal(size=(2, n))
    h1, c1 = np.tanh(Wxh @ x1), np.tanh(Wxc @ x1)                        # (1), (3) from zero states
    c2 = np.tanh(Whc @ h1 + Wxc @ x2 + c1), np.tanh(Wfc @ h1 + Wxc @ x2 + c1)         # (3) and (5)
    h2 = np.tanh(Whh @ h1 + Wxh @ x2), logistic(Who @ h1 + Wxo @ x1) * np.tanh(c1)    # (1) and (6)
    return [np.abs(np.subtract(*pair)).max() for pair in (c2, h2)]

apart = np.array([two_answers(seed) for seed in range(10)])
median_c, median_h = np.median(apart, axis=0)
print(f"median difference of the two c_2: {median_c:.2f}, of the two h_2: {median_h:.2f}")
claim("gate-two-states", "In every one of ten draws both pairs differ by more than 0.1, where all values lie between −1 and 1.", apart.min(), at_least=0.1)

# %% [markdown]
# The third fault is the deepest. In (3) the old cell stands *inside* the non-linearity, with no gate before it. So $\partial c_t/\partial c_{t-1} = f'(\cdot)$, a slope, and we are back at the product we wanted to escape.
# The article calls $f$ and $f'$ "update gates", yet a function applied to a sum gates nothing: a gate *multiplies*. Without input, from $c_0$, over 50 steps:

# %% tags=["settles-M3", "settles-S2-F8"]
def cell_inside(f, slope_at_value, c, n_steps=50):
    """Return dc_n/dc_0 of c ← f(c); `slope_at_value` gives f' in terms of f."""
    product = 1.0
    for _ in range(n_steps):
        c = f(c)
        product *= slope_at_value(c)
    return product

inside_sigma = cell_inside(logistic, lambda c: c * (1 - c), 0.0)
inside_tanh = cell_inside(np.tanh, lambda c: 1 - c * c, 0.5)
claim("gate-inside-sigma", "With f = σ the derivative by the first cell is 4.5e-33 after 50 steps; its log10 is −32.35.", np.log10(inside_sigma), expected=-32.35, tolerance=0.01)
claim("gate-inside-tanh", "With f = tanh, from 0.5, it is 0.034; with the right cell and f = 1 it is 1.", [inside_tanh, 1.0**50], expected=[0.034, 1.0], tolerance=1e-3)
count, right_count = 0.0, 0.0
for one in np.ones(20):
    count, right_count = np.tanh(one + count), 1.0 * right_count + 1.0 * np.tanh(20 * one)
claim("gate-counts", "Asked to count twenty ones, the printed cell says 0.961 and a gated cell with f = i = 1 says 20.", [count, right_count], expected=[0.961, 20.0], tolerance=1e-3)

# %% [markdown]
# The fourth: gates (2) and (4) look at $h_t$. As the output gate of an LSTM, $h_t = o_t\odot\tanh(c_t)$, such a gate needs the state that it is about to produce. That is no formula but an equation to be solved, and it may have more than one solution.

# %% tags=["settles-M4", "settles-S2-F11"]
def can_be_ordered(needs):
    try:
        return bool([*graphlib.TopologicalSorter(needs).static_order()])
    except graphlib.CycleError:
        return False

right_order = {"o_t": ["h_t-1", "x_t"], "c_t": ["c_t-1", "h_t-1", "x_t"], "h_t": ["o_t", "c_t"]}
claim("gate-circular", "With a gate that sees h_t nothing can be computed first; with h_(t−1) there is an order.",
      [can_be_ordered(right_order | {"o_t": ["h_t", "x_t"]}), can_be_ordered(right_order)], expected=[False, True])
answers = []
for start in (0.0, 1.0):
    for _ in range(200):
        start = logistic(12 * start - 5) * 0.9             # h = σ(12 h − 5) · tanh(c), tanh(c) = 0.9
    answers.append(start)
claim("gate-two-solutions", "With weight 12 and bias −5 both h = 0.007 and h = 0.897 satisfy it.", answers, expected=[0.0066, 0.897], tolerance=1e-3)

# %% [markdown]
# What are the six, then? (1) and (2) are an [Elman network](01_recurrence.ipynb) with an output $o_t$ (here called $y_t$); (3) to (6) are pieces of an LSTM, with the letter $o$ used again for its gate. Two unlike maps, (2) and (4), share the bias $b_o$, and (3), (4), (5) share $W_{xc}$. The
# GRU, the third network of this family, does not occur. We take the pieces apart:

# %% tags=["settles-M5", "settles-S2-F7"]
elman = nn.RNNCell(3, 4, rng=np.random.default_rng(0), dtype=np.float64)
W_xh, W_hh, b_h = (p.data for p in (elman.weight_ih, elman.weight_hh, elman.bias))
x_one, h_one = np.random.default_rng(1).normal(size=(1, 3)), np.random.default_rng(2).normal(size=(1, 4))
claim("gate-elman-part", "Equation (1) with σ = tanh is Elman's cell; it needs neither c nor o.",
      np.abs(np.tanh(h_one @ W_hh + x_one @ W_xh + b_h) - elman(x_one, h_one).data).max(), at_most=1e-15)
gates_of = {"LSTM": nn.LSTM.n_gates, "GRU": nn.GRU.n_gates, "Elman": nn.RNN.n_gates}
claim("gate-maps", "The right LSTM has four affine maps of (x, h), the GRU three, Elman's network one.", [*gates_of.values()], expected=[4, 3, 1])

# %% [markdown]
# ## The right six, gate by gate
#
# The [long short-term memory](../../book/glossary.md#lstm) (LSTM) is due to [Hochreiter and Schmidhuber, 1997](../../book/bibliography.md#hochreiter1997long); its forget gate came three years later, by
# [Gers, Schmidhuber and Cummins, 2000](../../book/bibliography.md#gers2000learning). Each [gate](../../book/glossary.md#gate) has its own weights and sees the same two things: the input $x_t$ and the *previous* hidden state.
#
# $$\begin{aligned}
# i_t &= \sigma(x_tW_i + h_{t-1}U_i + b_i) && \text{input gate: how much of the new to write}\\
# f_t &= \sigma(x_tW_f + h_{t-1}U_f + b_f) && \text{forget gate: how much of the old to keep}\\
# g_t &= \tanh(x_tW_g + h_{t-1}U_g + b_g) && \text{candidate, often written } \tilde c_t\text{: what to write}\\
# o_t &= \sigma(x_tW_o + h_{t-1}U_o + b_o) && \text{output gate: how much to show}\\
# c_t &= f_t\odot c_{t-1} + i_t\odot g_t && \text{the cell}\\
# h_t &= o_t\odot\tanh(c_t) && \text{the hidden state, all that others see}
# \end{aligned}$$
#
# | symbol | shape | meaning |
# |---|---|---|
# | input $x_t$ | $(B, D)$ | what is read at step $t$ |
# | states $h_t$, $c_t$ | $(B, H)$ | hidden state and cell; both start at 0 |
# | gates $i, f, o$ | $(B, H)$ | in $(0, 1)$, one number for each unit |
# | candidate $g_t$ | $(B, H)$ | in $(-1, 1)$ |
# | weights $W$ | $(D, 4H)$ | four blocks side by side in the order $i, f, g, o$ |
# | weights $U$ | $(H, 4H)$ | the same for the hidden state |
# | bias $b$ | $(4H,)$ | |
#
# A variant in which the gates also see the cell, $c_{t-1}$ or $c_t$, is said to have *peepholes*; the libraries of today leave them out.
#
# ## By hand: two steps on paper
#
# One unit, with weights chosen for round numbers, as $\sigma(\pm\ln3) = \tfrac34, \tfrac14$ and $\tanh(\ln3) = \tfrac45$. Input and candidate look at $x$ with weight $\ln 3$; the forget gate has nothing but the bias $\ln 3$; the output gate has
# nothing but a weight 2 for $h$. The input is $x = (1, -1)$.
#
# | step $t$ | input gate | forget gate | candidate | output gate | cell $c_t$ | hidden $h_t$ |
# |---|---|---|---|---|---|---|
# | 1 | 3/4 | 3/4 | 4/5 | $\sigma(0) = 1/2$ | $\tfrac34\cdot\tfrac45 = 0.6$ | $\tfrac12\tanh 0.6 = 0.2685$ |
# | 2 | 1/4 | 3/4 | −4/5 | $\sigma(0.537) = 0.631$ | $\tfrac34\cdot0.6 - \tfrac14\cdot\tfrac45 = 0.25$ | $0.631\tanh0.25 = 0.1546$ |
#
# The second input contradicts the first, with the same size. The cell does not flip: the input gate opens less for $-1$ than for $1$. Now the readable version, the formula and nothing else.

# %% tags=["settles-SYS-03"]
def lstm_step(x, h, c, W, U, b):
    """Return (h, c, gates) after one step; W, U and b hold the blocks i, f, g, o side by side."""
    n = len(h)
    new_h, new_c, gates = np.zeros(n), np.zeros(n), np.zeros((4, n))
    for j in range(n):                                              # unit by unit
        a = [x @ W[:, k * n + j] + h @ U[:, k * n + j] + b[k * n + j] for k in range(4)]
        i, f, g, o = gates[:, j] = logistic(a[0]), logistic(a[1]), np.tanh(a[2]), logistic(a[3])
        new_c[j] = f * c[j] + i * g
        new_h[j] = o * np.tanh(new_c[j])
    return new_h, new_c, gates

L3 = np.log(3.0)
paper = np.array([[L3, 0, L3, 0]]), np.array([[0, 0, 0, 2.0]]), np.array([0, L3, 0, 0])
h1, c1, gates1 = lstm_step(np.array([1.0]), np.zeros(1), np.zeros(1), *paper)
h2, c2, gates2 = lstm_step(np.array([-1.0]), h1, c1, *paper)
claim("gate-paper-cell", "The cell holds 0.6 and then 0.25, as on paper.", [c1[0], c2[0]], expected=[0.6, 0.25], tolerance=1e-12)
claim("gate-paper-hidden", "The hidden state shows 0.2685 and then 0.1546.", [h1[0], h2[0]], expected=[0.2685, 0.1546], tolerance=1e-4)

# %% [markdown]
# The library's `nn.LSTM` runs the whole sequence as one operation: the products with $W$ for all steps at once, then a loop over time. It must agree with our loop over steps and units.

# %%
def lstm_loop(x, W, U, b):
    """Return all hidden states (T, H) of one sequence (T, D)."""
    h, c, states = np.zeros(len(U)), np.zeros(len(U)), []
    for x_t in x:
        h, c, _ = lstm_step(x_t, h, c, W, U, b)
        states.append(h)
    return np.array(states)

def lstm_fused(x, W, U, b):
    return F.lstm_sequence(Tensor(x[:, None]), None, None, Tensor(W), Tensor(U), Tensor(b))[0].data[:, 0]

rng = np.random.default_rng(3)
draws = [[rng.normal(size=s) for s in ((T, D), (D, 4 * H), (H, 4 * H), (4 * H,))] for T, D, H in [(1, 1, 1), (7, 3, 5), (20, 2, 4)]]
same("a loop over steps, units and gates is the fused LSTM", lstm_loop, lstm_fused, draws)

# %% [markdown]
# ## The gradient
#
# Nothing new is needed: the cell consists of products, sums and two activations, and automatic differentiation walks back through them. We check a step by central differences, all six inputs; then a whole sequence.

# %%
def one_step(x, h, c, W, U, b):
    states, last = F.lstm_sequence(x, h, c, W, U, b)
    return (states * states).sum() + (last * last).sum()

sizes = {"x": (1, 2, 3), "h": (2, 4), "c": (2, 4), "W": (3, 16), "U": (4, 16), "b": (16,)}
gradcheck(one_step, {name: Tensor(rng.normal(size=s), requires_grad=True) for name, s in sizes.items()})
gradcheck(one_step, {name: Tensor(rng.normal(size=s), requires_grad=True) for name, s in (sizes | {"x": (6, 2, 3)}).items()})

# %% [markdown]
# Is $\partial c_T/\partial c_0$ the product of the forget gates? Only along the highway. The cell also reaches the next gates by the detour $c\to h\to$ gates $\to c$, through the matrix $U$. **Predict:** with random weights, is the whole derivative smaller or larger than the product?

# %%
def cell_derivative(seed, recurrent, bias, n_steps=30, n=8):
    """Return (derivative of the sum of c_T by c_0, product of the forget gates), each (n,)."""
    rng = np.random.default_rng(seed)
    cell = nn.LSTMCell(3, n, rng=rng, dtype=np.float64, forget_bias=bias)
    cell.weight_hh.data *= recurrent
    x, c0, product = rng.normal(size=(n_steps, 3)), Tensor(np.zeros((1, n)), requires_grad=True), np.ones(n)
    h, c = Tensor(np.zeros((1, n))), c0
    for x_t in x:
        _, _, gates = lstm_step(x_t, h.data[0], c.data[0], cell.weight_ih.data, cell.weight_hh.data, cell.bias.data)
        product *= gates[1]
        h, c = cell(x_t[None], (h, c))
    c.sum().backward()
    return c0.grad[0], product

alone_error = max(np.abs(np.divide(*cell_derivative(seed, 0.0, 2.0)) - 1).max() for seed in range(5))
claim("gate-highway", "Without recurrent weights the derivative is the product of the forget gates.", alone_error, at_most=1e-12)
detour = np.array([np.abs(np.divide(*cell_derivative(seed, 1.0, 2.0)) - 1).mean() for seed in range(10)])
print("with recurrent weights the two differ by a share of", np.round(detour, 1))
claim("gate-detour", "With them the detours change it, in each of ten networks, by more than the product itself.", detour.min(), at_least=1.0)

# %% [markdown]
# So the product of the gates describes the highway, and not the whole traffic. Here the detours add to it, and the whole is larger.
#
# ## The gated recurrent unit
#
# The [GRU](../../book/glossary.md#gru) of [Cho et al., 2014](../../book/bibliography.md#cho2014learning), asks what can be left out. It has no separate cell and two gates: $z$, the *update gate*, keeps with one hand and lets in with the other; $r$, the *reset gate*, decides how much of the
# past the candidate sees.
#
# $$r_t = \sigma(x_tW_r+h_{t-1}U_r+b_r), \qquad z_t = \sigma(x_tW_z+h_{t-1}U_z+b_z), \qquad h_t = (1-z_t)\odot n_t + z_t\odot h_{t-1},$$
#
# and the candidate comes in two variants:
#
# $$\text{paper:}\;\; n_t = \tanh\bigl(x_tW_n + (r_t\odot h_{t-1})U_n + b_n\bigr), \qquad
#   \text{libraries:}\;\; n_t = \tanh\bigl(x_tW_n + b_n + r_t\odot(h_{t-1}U_n + b_{hn})\bigr).$$
#
# The second resets *after* the product, so that all three products with $h_{t-1}$ can be made at once; cuDNN chose it, PyTorch has only it, Keras has both and makes it the default (`reset_after`). And beware the letter $z$:
# in [Chung et al., 2014](../../book/bibliography.md#chung2014empirical), $z$ and $1-z$ have changed places.

# %% tags=["settles-SYS-04"]
def gru_step(x, h, W, U, b, b_hn, reset_after):
    """Return h after one step, unit by unit; the blocks of W, U and b are r, z, n."""
    n = len(h)
    part = lambda M, k: M[..., k * n : (k + 1) * n]
    r, z = (logistic(x @ part(W, k) + h @ part(U, k) + part(b, k)) for k in (0, 1))
    candidate, reset_h = np.zeros(n), r * h
    for j in range(n):
        column = part(U, 2)[:, j]
        seen = r[j] * (h @ column + b_hn[j]) if reset_after else reset_h @ column
        candidate[j] = np.tanh(x @ part(W, 2)[:, j] + part(b, 2)[j] + seen)
    return (1 - z) * candidate + z * h

def gru_loop(x, W, U, b, b_hn, reset_after):
    states = [np.zeros(len(U))]
    for x_t in x:
        states.append(gru_step(x_t, states[-1], W, U, b, b_hn, reset_after))
    return np.array(states[1:])

def gru_fused(x, W, U, b, b_hn, reset_after):
    inner = Tensor(b_hn) if reset_after else None
    return F.gru_sequence(Tensor(x[:, None]), None, Tensor(W), Tensor(U), Tensor(b), inner, reset_after).data[:, 0]

draws = [[rng.normal(size=s) for s in ((T, D), (D, 3 * H), (H, 3 * H), (3 * H,), (H,))] for T, D, H in [(1, 1, 1), (7, 3, 5), (20, 2, 4)]]
same("a loop over steps and units is the fused GRU, in both variants", gru_loop, gru_fused, [[*d, after] for d in draws for after in (True, False)])

# %% [markdown]
# > **Misconception.** The formulas of the GRU are the same in all frameworks; weights can be copied.
#
# The same weights, without the extra bias, through both variants. When do they agree? **Predict**, then look: where $U_n$ is diagonal. Resetting before or after a product is the same only if the product does not mix units.

# %%
def variants_apart(seed, diagonal):
    """Return the largest difference between the two GRUs over 20 steps."""
    rng = np.random.default_rng(seed)
    x, W, U, b = (rng.normal(size=s) for s in ((20, 3), (3, 15), (5, 15), (15,)))
    U[:, 10:] *= np.eye(5) if diagonal else 1
    return np.abs(gru_fused(x, W, U, b, np.zeros(5), True) - gru_fused(x, W, U, b, None, False)).max()

claim("gate-gru-variants", "For ten random weights the two variants differ by more than 0.1 somewhere in 20 steps.", min(variants_apart(s, False) for s in range(10)), at_least=0.1)
claim("gate-gru-diagonal", "With a diagonal U_n and no inner bias they are one.", max(variants_apart(s, True) for s in range(10)), at_most=1e-12)

# %% [markdown]
# A zero inner bias alone, which one reads of as the condition, is not enough: the difference above was measured without any.
#
# ## What they cost
#
# Every gate is an affine map of $(x, h)$. So with one bias each, the parameters of RNN, GRU (of the paper) and LSTM are to each other exactly as the number of maps, 1 : 3 : 4. The libraries blur it: PyTorch keeps two biases for each map, and the
# GRU that resets after the product has one more.

# %% tags=["settles-S0-Q14"]
n_parameters = lambda layer: sum(p.data.size for p in layer.parameters())
D, H = 10, 32
unit = H * (D + H + 1)
layers_by_name = {"RNN": nn.RNN(D, H, rng=rng), "GRU, paper": nn.GRU(D, H, reset_after=False, rng=rng),
                  "LSTM": nn.LSTM(D, H, rng=rng), "GRU, reset after": nn.GRU(D, H, rng=rng)}
sizes = {name: n_parameters(layer) for name, layer in layers_by_name.items()}
print(sizes)
claim("gate-counts-ratio", "RNN, paper's GRU and LSTM have 1, 3 and 4 times H(D + H + 1) parameters.", [sizes[k] / unit for k in ("RNN", "GRU, paper", "LSTM")], expected=[1.0, 3.0, 4.0])
claim("gate-count-inner", "Resetting after the product adds H.", sizes["GRU, reset after"] - sizes["GRU, paper"], expected=H)

# %% [markdown]
# ## The highway, measured
#
# One hundred steps of random input, 32 units, fresh weights: how large is the gradient that arrives at the first input, compared with the last? No training yet. **Predict** an order: RNN, GRU, LSTM with forget bias 0, 1, 2, 4.

# %% tags=["settles-S0-Q13", "settles-S2-C18", "settles-X2"]
def gradient_by_step(layer, seed, n_steps=100, batch=16):
    """Return the mean size of the gradient at each step's input, (T,), for a random loss at the last step."""
    rng = np.random.default_rng(seed)
    x = Tensor(rng.normal(size=(batch, n_steps, 8)), requires_grad=True)
    last = layer(x)[0][:, -1]
    (last * Tensor(rng.normal(size=last.shape))).sum().backward()
    return np.linalg.norm(x.grad, axis=-1).mean(0)

def fresh(kind, seed, **options):
    return getattr(nn, kind)(8, 32, rng=np.random.default_rng(seed), dtype=np.float64, **options)

kinds = {"RNN": ("RNN", {}), "GRU": ("GRU", {}), **{f"LSTM, bias {b}": ("LSTM", {"forget_bias": float(b)}) for b in (0, 1, 2, 4)}}
by_step = {name: np.array([gradient_by_step(fresh(kind, s, **options), 100 + s) for s in range(5)]) for name, (kind, options) in kinds.items()}
arrives = {name: g[:, 0] / g[:, -1] for name, g in by_step.items()}
for name, share in arrives.items():
    print(f"{name:13s} first / last: median {np.median(share):8.1e}, from {share.min():.1e} to {share.max():.1e}")
claim("gate-rnn-vanishes", "In the RNN less than 1e-20 of the gradient arrives, in each of five draws.", arrives["RNN"].max(), at_most=1e-20)
claim("gate-lstm-vanishes", "In an LSTM with forget bias 0, and in the GRU, less than 1e-15 does.", max(arrives["LSTM, bias 0"].max(), arrives["GRU"].max()), at_most=1e-15)
claim("gate-lstm-arrives", "With forget bias 2 more than 0.01 of it arrives.", arrives["LSTM, bias 2"].min(), at_least=0.01)
claim("gate-lstm-grows", "With forget bias 4 more arrives at the first step than at the last.", arrives["LSTM, bias 4"].min(), at_least=1.0)

# %% mystnb={"image": {"alt": "Mean gradient at the input against how many steps before the end it stands, logarithmic axis from 1e-25 to 1. RNN, GRU and LSTM with bias 0 fall steeply on nearly straight lines to below 1e-20; the LSTM with bias 1 falls to about 1e-8; with bias 2 it loses about one power of ten; with bias 4 it rises a little."}}
_ = plotting.curves({name: np.median(g[:, ::-1] / g[:, -1:], axis=0) for name, g in by_step.items()}, logy=True,
                    title="Gates carry a gradient only as far as their bias lets them", xlabel="steps before the last", ylabel="gradient at the input, last = 1")

# %% [markdown]
# > **Misconception.** An LSTM has no vanishing gradient.
#
# Measured above: with forget bias 0 it loses the gradient about as fast as the GRU does, for a gate with bias 0 stands at one half. What an LSTM has is a place where the rate can be *set*. The sweep compares what arrives with the highway's
# share alone, $\sigma(b)^{99}$.

# %%
biases = np.arange(0.0, 6.1, 1.0)
sweep_draws = [[gradient_by_step(fresh("LSTM", s, forget_bias=b), 100 + s) for s in range(3)] for b in biases]
shares = np.array([[g[0] / g[-1] for g in draws_at] for draws_at in sweep_draws])      # (biases, seeds)
highway = logistic(biases) ** 99
claim("gate-sweep-span", "From bias 0 to bias 4 the gradient that arrives grows by more than 18 powers of ten.", np.log10(shares[4] / shares[0]).min(), at_least=18.0)
claim("gate-sweep-more", "At every bias, in every draw, more arrives than the highway alone would carry.", (shares / highway[:, None]).min(), at_least=1.0)
claim("gate-not-solved", "At bias 1, the usual choice, less than 1e-5 arrives over 100 steps.", shares[1].max(), at_most=1e-5)

# %% mystnb={"image": {"alt": "Share of the gradient that arrives over 99 steps against the forget bias from 0 to 6, logarithmic axis. Both curves rise steeply from below 1e-20 and flatten: the measured one passes 1 near bias 3, the highway alone is far below until bias 4 and stays below 1."}}
_ = plotting.curves({"measured, whole network": (biases, np.median(shares, axis=1)), "highway alone": (biases, highway)}, logy=True,
                    band={"measured, whole network": (shares.min(axis=1), shares.max(axis=1))},
                    title="The forget bias sets how much gradient survives 99 steps", xlabel="forget bias at the start", ylabel="gradient first / last")

# %% [markdown]
# Two things are worth a second look. More arrives than by the highway, because the detours through $h$ add to it; with an open gate they add so much that the first step gets *more* than the last. And the exact figure depends on how the weights are drawn and what is fed in; the
# dependence on the bias, over twenty powers of ten, does not.
#
# ## The adding problem
#
# Does the gradient turn into learning? The test of [Hochreiter and Schmidhuber, 1997](../../book/bibliography.md#hochreiter1997long): each step brings a random number from $[0, 1)$ and a mark. Two steps, one in each half, are marked 1. At the end the network says the sum of their two numbers.
# Whoever always answers 1 has a mean squared error of $2\cdot\tfrac1{12} = \tfrac16$. We take thirty steps, 16 units, 400 updates, three seeds each, and then the LSTM at fifty steps with the same budget.

# %%
def adding_batch(rng, batch, n_steps):
    """Return x (B, T, 2), the numbers and the marks, and the sums (B, 1)."""
    x, rows = np.zeros((batch, n_steps, 2), np.float32), np.arange(batch)
    x[..., 0] = rng.random((batch, n_steps))
    first, second = rng.integers(0, n_steps // 2, batch), rng.integers(n_steps // 2, n_steps, batch)
    x[rows, first, 1] = x[rows, second, 1] = 1
    return x, x[..., :1][rows, first] + x[..., :1][rows, second]

def learn_to_add(kind, seed, n_steps=30, n_updates=400, width=16, **options):
    """Train by Adam on fresh batches of 32; return (error on 1000 new sequences, the recurrent layer)."""
    rng = np.random.default_rng(seed)
    layer = getattr(nn, kind)(2, width, rng=rng, **options)
    head = nn.Linear(width, 1, rng=rng)
    parameters = [*layer.parameters(), *head.parameters()]
    optimizer = optim.Adam(parameters, lr=0.01)
    for _ in range(n_updates):
        x, y = adding_batch(rng, 32, n_steps)
        loss = F.mse_loss(head(layer(Tensor(x))[0][:, -1]), Tensor(y))
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
    x, y = adding_batch(np.random.default_rng(999), 1000, n_steps)
    return float(((head(layer(Tensor(x))[0][:, -1]).data - y) ** 2).mean()), layer

_, y = adding_batch(np.random.default_rng(0), 100_000, 30)
claim("gate-adding-baseline", "Always answering 1 costs 1/6.", float(((y - 1) ** 2).mean()), expected=1 / 6, tolerance=2e-3)

# %%
contest = {"RNN": ("RNN", {}), "LSTM, forget bias 0": ("LSTM", {"forget_bias": 0.0}), "LSTM, forget bias 1": ("LSTM", {}), "GRU": ("GRU", {})}
added = {name: [learn_to_add(kind, seed, **options) for seed in range(3)] for name, (kind, options) in contest.items()}
errors = {name: np.array([error for error, _ in runs]) for name, runs in added.items()}
errors["LSTM, bias 1, 50 steps"] = np.array([learn_to_add("LSTM", seed, n_steps=50)[0] for seed in range(2)])
for name, values in errors.items():
    print(f"{name:23s}", *(f"{value:6.3f}" for value in values))
claim("gate-adding-rnn", "The RNN stays at the baseline in all three runs.", errors["RNN"], at_least=0.15, at_most=0.19)
claim("gate-adding-lstm", "The LSTM with forget bias 1 gets below a tenth of it in all three.", errors["LSTM, forget bias 1"].max(), at_most=0.0167)
claim("gate-adding-gru", "The GRU gets below a fiftieth.", errors["GRU"].max(), at_most=0.0033)
claim("gate-adding-bias", "With forget bias 0 the LSTM's worst run is still above half of it.", errors["LSTM, forget bias 0"].max(), at_least=0.083)
claim("gate-adding-longer", "At fifty steps the LSTM that had learned thirty stays at the baseline.", errors["LSTM, bias 1, 50 steps"].min(), at_least=0.14)

# %% mystnb={"image": {"alt": "Bars of the mean squared error after 400 updates with the three runs' spread: the RNN at one sixth, the LSTM with forget bias 0 between nearly solved and one sixth, the LSTM with forget bias 1 and the GRU close to zero, the LSTM at fifty steps again at one sixth."}}
_ = plotting.bars_with_error(errors, digits=3, title="At 30 steps the gates pay; at 50 the same budget is too small", xlabel="mean squared error after 400 updates")

# %% [markdown]
# So *"the LSTM solves the adding problem"* is no sentence yet: it needs the length, the number of updates and the forget bias. The GRU, whose fresh gradient is as poor as that of the LSTM with bias 0, learns fastest: the gradient at the start is not the whole story, since gates move.
#
# ## Looking at the gates
#
# What did the trained LSTM learn? We take its four gates apart on one new sequence, with the readable step from above. The marks stand at steps 6 and 21.

# %%
trained = added["LSTM, forget bias 1"][0][1]
W, U, b = (p.data.astype(np.float64) for p in (trained.weight_ih_l0, trained.weight_hh_l0, trained.bias_l0))
show_x = np.stack([np.random.default_rng(5).random(30), np.isin(np.arange(30), (6, 21))], axis=1)
h, c, seen_gates, cells = np.zeros(16), np.zeros(16), [], []
for x_t in show_x:
    h, c, gates = lstm_step(x_t, h, c, W, U, b)
    seen_gates.append(gates)
    cells.append(c)
seen_gates, cells = np.array(seen_gates), np.array(cells)          # (T, 4, H), (T, H)
written = np.abs(seen_gates[:, 0] * seen_gates[:, 2]).mean(1)      # |i g|, mean over units
marked = show_x[:, 1] == 1
print("mean |i·g| at the two marks", np.round(written[marked], 2), "elsewhere", round(written[~marked].mean(), 2))
drift = np.ptp(seen_gates[:, 1], axis=0)
claim("gate-forget-steady", "The forget gate of the median unit moves by less than 0.3 over the whole sequence.", np.median(drift), at_most=0.3)
claim("gate-writes-at-marks", "At the marks the trained LSTM writes more into its cells than elsewhere on the average.", written[marked].min() / written[~marked].mean(), at_least=1.2)

# %% mystnb={"image": {"alt": "Three heat maps over 30 steps, 16 units each. What is written is darkest in several units exactly at the marked steps 6 and 21, while three units write a little at every step; the forget gates stand at nearly the same height throughout, each unit at its own; two cells grow with every step, others change at the marks."}}
fig, axes = plotting.new_figure(3, 1, height=5.4, sharex=True)
shown = np.abs(seen_gates[:, 0] * seen_gates[:, 2]), seen_gates[:, 1], np.abs(cells)
order_of_units = np.argsort(-shown[0][marked].sum(0))
titles = ["It writes most at the marks, steps 6 and 21: |i·g|", "Each unit keeps at its own rate: forget gate", "What the cells hold: |c|"]
for ax, title, values in zip(axes, titles, shown):
    ax.imshow(values[:, order_of_units].T, aspect="auto", cmap="Blues", vmin=0)
    ax.grid(False)
    plotting.dress(ax, title, "step" if ax is axes[-1] else "", "unit")
    ax.set_xticks([0, 6, 21, 29])

# %% [markdown]
# Some units do what the textbook says: they write at the marks. Others write a little at every step and grow: a kind of clock, which nobody asked for. And the forget gates hardly move; the task needs rates, and no forgetting at a signal.
#
# > **Misconception.** A gate is a switch: on or off.
#
# It is a dial. Units differ, and most stand in between. Counting all gate values of the trained network over the sequence:

# %%
dials = seen_gates[:, [0, 1, 3]]
between = ((dials > 0.1) & (dials < 0.9)).mean()
lives = half_life(seen_gates[:, 1].mean(0))
print(f"between 0.1 and 0.9: {between:.0%} of all gate values; half-lives of the units {lives.min():.1f} to {lives.max():.0f} steps")
claim("gate-dials", "More than half of all gate values lie strictly between 0.1 and 0.9.", between, at_least=0.5)
claim("gate-lives", "The longest memory of a unit lasts over five times as long as the shortest.", lives.max() / lives.min(), at_least=5.0)
claim("gate-never-shut", "No gate is ever exactly 0 or 1.", float(dials.min() * (1 - dials.max())), at_least=1e-12)

# %% [markdown]
# > **Misconception.** The hidden state is the cell.
#
# The cell is private and unbounded, a count if need be; the hidden state is what passes the output gate, and lies between −1 and 1. The next layer, the gates and the head see $h$ only. In the twenty ones from above:

# %%
big = 20.0
counter = np.array([[big, big, big, 0.0]]), np.zeros((1, 4)), np.array([0, big, 0, 0.0])
h, c = np.zeros(1), np.zeros(1)
for one in np.ones(20):
    h, c, _ = lstm_step(np.array([one]), h, c, *counter)
claim("gate-cell-counts", "The cell has counted to 20 while the hidden state shows one half.", [c[0], h[0]], expected=[20.0, 0.5], tolerance=1e-6)
h_off, _, _ = lstm_step(np.zeros(1), h, c, counter[0], counter[1], np.array([-big, big, 0, -big]))
claim("gate-hidden-off", "With its output gate shut the hidden state is below 1e-8, and the cell still counts.", abs(h_off[0]), at_most=1e-8)

# %% [markdown]
# ## Explore: a cell that remembers on request
#
# One LSTM unit with weights set by hand: a digit is written into the cell, letters pass by, a question mark asks. Clamp a gate to 0 or 1, move the forget bias, choose a step and read its formulas. **Try to answer first:** in `7 no 2 yes ?`, how much of the gradient of the answer reaches the 7, and which gate
# stops it? What does the answer become when you clamp that gate to 1?

# %%
explore.gates("7 no 2 yes ?")

# %% [markdown]
# ## In the frameworks
#
# What has to be moved where, for equal results:
#
# | | this library | PyTorch | Keras |
# |---|---|---|---|
# | LSTM, order of the blocks | i, f, g, o | i, f, g, o, transposed | i, f, c, o, where c is our g |
# | LSTM, biases | one | two, added | one |
# | GRU, order of the blocks | r, z, n | r, z, n, transposed | z, r, h, where h is our n |
# | GRU, reset after the product | by choice, the default | always | by choice, the default |
# | GRU, biases | (3H,) and (H,) for n | two of (3H,) | (2, 3H) |
# | forget bias at the start | 1 | near 0 | 1 |
#
# The last line is the one that costs people their results. Two biases that are added are redundant, and both train: under plain descent their sum moves twice as fast. To compare paths we hold the redundant ones still. An LSTM with a linear head on the adding problem, 12 steps, float64, 100 steps of gradient descent. Keras's layers are slow outside a graph, so its step is compiled once.

# %%
n_unit, LR = 6, 0.125
x_add, y_add = (a.astype(np.float64) for a in adding_batch(np.random.default_rng(4), 16, 12))
lstm_start = nn.LSTM(2, n_unit, rng=np.random.default_rng(5), dtype=np.float64)
gru_start = nn.GRU(2, n_unit, rng=np.random.default_rng(6), dtype=np.float64)
gru_start.bias_hn_l0.data[:] = np.linspace(-0.5, 0.5, n_unit)
head_start = nn.Linear(n_unit, 1, rng=np.random.default_rng(7), dtype=np.float64)
lstm_weights, gru_weights = ([p.data.copy() for p in (*layer.parameters(), *head_start.parameters())] for layer in (lstm_start, gru_start))
swap = lambda a: np.concatenate([a[..., n_unit : 2 * n_unit], a[..., :n_unit], a[..., 2 * n_unit :]], axis=-1)       # r z n ↔ z r h
only_n = np.repeat([0.0, 0.0, 1.0], n_unit)                 # the second bias of r and z stays where it is
inner = np.concatenate([np.zeros(2 * n_unit), gru_weights[3]])

# %%
import tensorflow as tf

def compiled_step(layer, P, mask):
    """Return a function that makes one step of gradient descent and returns (output, loss, gradients)."""
    @tf.function
    def step():
        with tf.GradientTape() as tape:
            out = layer(tf.constant(x_add)) @ P[3] + P[4]
            loss = tf.reduce_mean((out - y_add) ** 2)
        grads = tape.gradient(loss, P)
        for p, g, m in zip(P, grads, (1.0, 1.0, mask, 1.0, 1.0)):
            p.assign_sub(LR * m * g)
        return out, loss, grads
    return step

# %% tags=["fw-numpy"]
def engine_path(layer, weights):
    P, path = [*layer.parameters(), *head_start.parameters()], []
    for p, value in zip(P, weights): p.data[...] = value
    optimizer = optim.SGD(P, lr=LR)
    for step in range(100):
        out = head_start(layer(Tensor(x_add))[0][:, -1])
        loss = F.mse_loss(out, Tensor(y_add))
        optimizer.zero_grad(); loss.backward()
        if step == 0: first = out.data, [p.grad.copy() for p in P]
        path.append(loss.item()); optimizer.step()
    return *first, path
lstm_numpy = engine_path(lstm_start, lstm_weights)

# %% tags=["fw-torch"]
import torch
def torch_path(layer, values, mask, to_ours):
    P, path = [*layer.parameters(), *(torch.tensor(v, requires_grad=True) for v in values[4:])], []
    for p, value in zip(P, values): p.data = torch.tensor(value)
    for step in range(100):
        out = layer(torch.tensor(x_add))[0][:, -1] @ P[4] + P[5]
        loss = ((out - torch.tensor(y_add)) ** 2).mean()
        grads = torch.autograd.grad(loss, P); path.append(loss.item())
        if step == 0: first = out.detach(), to_ours([g.numpy().T for g in grads])
        for p, g, m in zip(P, grads, (1, 1, 1, torch.tensor(mask), 1, 1)): p.data -= LR * m * g
    return *first, path
W, U, b, V, d = lstm_weights; lstm_torch = torch_path(torch.nn.LSTM(2, n_unit, batch_first=True).double(), [W.T, U.T, b, 0 * b, V, d], 0 * b, lambda g: [*g[:3], g[4].T, g[5]])

# %% tags=["fw-tensorflow"]
import keras
def keras_path(layer, values, mask, to_ours):
    layer.build((None, 12, 2)); layer.set_weights(values[:3])
    step = compiled_step(layer, [*layer.trainable_variables, *map(tf.Variable, values[3:])], mask)
    runs = [step() for _ in range(100)]
    return runs[0][0], to_ours([g.numpy() for g in runs[0][2]]), [float(loss) for _, loss, _ in runs]
lstm_tf = keras_path(keras.layers.LSTM(n_unit, dtype="float64"), lstm_weights, 1.0, lambda g: g)

# %% tags=["settles-S2-F11", "settles-SYS-03"]
runs = dict(zip(("numpy", "torch", "tensorflow"), (lstm_numpy, lstm_torch, lstm_tf)))
parity("gate-lstm", outputs={name: run[0] for name, run in runs.items()},
       gradients={name: run[1] for name, run in runs.items()}, path={name: run[2] for name, run in runs.items()})

# %% [markdown]
# And the GRU, with the reset after the product. Only its candidate has a second bias that counts, inside the brackets; those of $r$ and $z$ are held at zero.

# %% tags=["fw-numpy"]
gru_numpy = engine_path(gru_start, gru_weights)

# %% tags=["fw-torch"]
W, U, b, _, V, d = gru_weights
layer_torch = torch.nn.GRU(2, n_unit, batch_first=True).double()
gru_torch = torch_path(layer_torch, [W.T, U.T, b, inner, V, d], only_n,
                       lambda g: [*g[:3], g[3][2 * n_unit :], g[4].T, g[5]])

# %% tags=["fw-tensorflow"]
values = [swap(W), swap(U), np.stack([swap(b), swap(inner)]), V, d]
gru_tf = keras_path(keras.layers.GRU(n_unit, dtype="float64"), values, np.stack([np.ones(3 * n_unit), only_n]),
                    lambda g: [swap(g[0]), swap(g[1]), swap(g[2][0]), g[2][1, 2 * n_unit :], *g[3:]])

# %% tags=["settles-S0-Q14", "settles-SYS-04"]
runs = dict(zip(("numpy", "torch", "tensorflow"), (gru_numpy, gru_torch, gru_tf)))
parity("gate-gru", outputs={name: run[0] for name, run in runs.items()},
       gradients={name: run[1] for name, run in runs.items()}, path={name: run[2] for name, run in runs.items()})

# %% [markdown]
# The paper's variant exists in Keras only. Its single bias needs no care, its block order does: copied without the swap, reset and update gate change places, no error is raised, and the answers are wrong.

# %%
early = keras.layers.GRU(n_unit, dtype="float64", reset_after=False)
early.build((None, 12, 2))
our_last = gru_loop(x_add[0], W, U, b, None, False)[-1]
apart = {}
for name, change in {"swapped": swap, "copied": lambda a: a}.items():
    early.set_weights([change(W), change(U), change(b)])
    apart[name] = np.abs(early(x_add[:1]).numpy()[0] - our_last).max()
claim("gate-keras-paper", "With the blocks swapped, Keras's other variant is the loop.", apart["swapped"], at_most=1e-12)
claim("gate-keras-order", "With the blocks copied as they are, it is off by more than 0.001.", apart["copied"], at_least=1e-3)

# %% [markdown]
# ## Summary
#
# - A product of slopes vanishes; a product of gates need not. The cell is scaled and added to, never squashed: $\partial c_T/\partial c_0 = \prod f_t$ along the highway.
# - The half-life of a memory is $\ln\tfrac12/\ln f$ steps. The decay stays geometric: gates mitigate the vanishing gradient.
# - A gate multiplies, and sees $x_t$ and $h_{t-1}$. Six printed equations that break either rule are no LSTM.
# - LSTM: four maps, blocks i, f, g, o, a private cell. GRU: three maps, no cell, two variants that differ.
# - Say with every result on long memory: the length, the updates, the forget bias.
# - When weights move between libraries: the order of the blocks, the number of biases, and when the reset acts.
#
# ## Exercises
#
# ### Exercise 1 · A bias for a hundred steps
#
# Which forget bias gives a cell without other inputs to its gate a half-life of 100 steps?

# %%
answer = None
exercise("gate-bias", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# $f^{100} = \tfrac12$, so $f = 2^{-1/100} = 0.99309$, and $b = \ln\frac{f}{1-f} = 4.968$.
#
# </details>

# %% tags=["hide-cell", "solution"]
f = 0.5 ** (1 / 100)
exercise("gate-bias", np.log(f / (1 - f)))

# %% [markdown]
# ### Exercise 2 · A third step on paper
#
# The paper example goes on with $x_3 = 1$. What does the cell hold then?

# %%
answer = None
exercise("gate-third", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# $i_3 = f_3 = \tfrac34$, $g_3 = \tfrac45$: $c_3 = \tfrac34\cdot0.25 + \tfrac34\cdot\tfrac45 = 0.7875$. The output gate changes only what is shown.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("gate-third", 0.75 * 0.25 + 0.75 * 0.8)

# %% [markdown]
# ### Exercise 3 · Count them
#
# How many parameters has `keras.layers.GRU(64)`, with its default of resetting after the product, on inputs of 100 features?

# %%
answer = None
exercise("gate-count", answer)

# %% tags=["hide-cell", "solution"]
exercise("gate-count", 3 * (64 * (100 + 64) + 2 * 64))         # three maps, two biases each

# %% [markdown]
# ### Exercise 4 · The paper's GRU
#
# Write `paper_gru_step(x, h, W, U, b)` for one example: `x` (D,), `h` (H,), blocks in the order r, z, n, and the reset *before* the product. Return the new `h`.

# %%
def paper_gru_step(x, h, W, U, b):
    ...

exercise("gate-gru-step", paper_gru_step)

# %% tags=["hide-cell", "solution"]
def paper_gru_step_solution(x, h, W, U, b):
    n = len(h)
    r, z = np.split(logistic(x @ W[:, : 2 * n] + h @ U[:, : 2 * n] + b[: 2 * n]), 2)
    candidate = np.tanh(x @ W[:, 2 * n :] + (r * h) @ U[:, 2 * n :] + b[2 * n :])
    return (1 - z) * candidate + z * h

exercise("gate-gru-step", paper_gru_step_solution)

# %% [markdown]
# ### Exercise 5 · A cell that cannot overflow
#
# Tie the two gates of the cell: $i_t = 1-f_t$. Write `tied_cell(f, g)` for gates `f` and candidates `g`, both (T, H), from $c_0 = 0$: return the last cell as a *weighted sum of the candidates*, without a loop over time that carries a cell.

# %%
def tied_cell(f, g):
    ...

exercise("gate-tied", tied_cell)

# %% [markdown]
# <details><summary>Solution</summary>
#
# The candidate of step $t$ enters with $1-f_t$ and then passes all later gates: its weight is $(1-f_t)\prod_{s>t}f_s$.
#
# </details>

# %% tags=["hide-cell", "solution"]
def tied_cell_solution(f, g):
    later = np.cumprod(f[::-1], axis=0)[::-1] / f               # the product of the gates after each step
    return (later * (1 - f) * g).sum(0)

exercise("gate-tied", tied_cell_solution)

# %% [markdown]
# ### Exercise 6 · Two proofs
#
# (a) Show that in a GRU with $h_0 = 0$ every $|h_t|$ is below 1, and that an LSTM's $|c_t|$ can reach any size. (b) Let the gates depend on $x$ only. Show that $\partial c_T/\partial c_0 = \prod_t f_t$, unit by unit, and that its logarithm over $T$ steps
# with independent, identically distributed gates is $T\,\mathrm E[\ln f]$ on the average, which is at most $T\ln\mathrm E[f]$. What does that say about a gate that is open half the time?
#
# <details><summary>Solution</summary>
#
# (a) $h_t$ is a weighted mean of $n_t$, which lies in $(-1, 1)$, and of $h_{t-1}$, with weights $1-z_t$ and $z_t$ in $(0, 1)$; induction from 0. For $f = i = 1$ and $g$ near 1 the cell grows by nearly 1 a step.
#
# (b) $c_t = f_tc_{t-1}+i_tg_t$ with $f_t$, $i_t$, $g_t$ independent of $c_{t-1}$: the derivative of each step is $f_t$, and the chain rule multiplies. The logarithm of a product is a sum, its expectation $T\,\mathrm E[\ln f]$, and $\ln$ is concave (Jensen). A gate that is 0.98 and 0.02 in turns
# has mean 0.5 and $\mathrm E[\ln f] = -1.97$, worse than one that stands at 0.5 with $-0.69$: one shut gate forgets what a hundred open ones have kept.
#
# </details>

# %% [markdown]
# ## Sources
#
# [Hochreiter and Schmidhuber, 1997](../../book/bibliography.md#hochreiter1997long), the cell and the adding problem ·
# [Gers, Schmidhuber and Cummins, 2000](../../book/bibliography.md#gers2000learning), the forget gate ·
# [Cho et al., 2014](../../book/bibliography.md#cho2014learning), the GRU ·
# [Chung et al., 2014](../../book/bibliography.md#chung2014empirical), GRU and LSTM compared ·
# [Bengio, Simard and Frasconi, 1994](../../book/bibliography.md#bengio1994learning), why holding and learning exclude each other ·
# [Pascanu, Mikolov and Bengio, 2013](../../book/bibliography.md#pascanu2013difficulty), products of Jacobians.
