# %% [markdown]
# # Back-propagation through time
#
# **After this section** you can write the backward pass of a [recurrent network](../../book/glossary.md#recurrent-neural-network) by hand, say from its weights how fast the gradient will fade or grow, cut it off
# where that does no harm, and choose between the three remedies by what each of them does.
# *Reading: 25 minutes. Running: about half a minute.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import math

import numpy as np

from chainrule import Tensor, explore, nn, optim, plotting, tensor
from chainrule.nn import functional as F
from chainrule.proof import claim, exercise, gradcheck, parity, same

# %% [markdown]
# ## The question
#
# One linear unit, $h_t = w\,h_{t-1} + x_t$, reads the inputs $1, 1, 1$, starting from $h_0 = 0$ with $w = 2$. Its states are $1, 3, 7$. We want the last one to be smaller. The weight was used three times; *which use is to blame, and for how much?*
#
# Treat the three uses as three weights that happen to be equal. Each has a derivative of its own, and what it did travels on to the end through the later weights:
#
# | use at step | state it multiplied | factor from there to $h_3$ | its share of $\partial h_3/\partial w$ |
# |---|---|---|---|
# | 3 | $h_2 = 3$ | 1 | 3 |
# | 2 | $h_1 = 1$ | $w = 2$ | 2 |
# | 1 | $h_0 = 0$ | $w^2 = 4$ | 0 |
#
# The sum is 5. And as a check without any of this: $h_3 = w^2 + w + 1$, whose derivative is $2w+1 = 5$.
#
# Now let the sequence have 100 steps. The third column is the whole story of this section. **Predict** its last entry, for $w = \tfrac12$, $w = 0.99$ and $w = 2$.

# %%
h, shares = [0.0, 1.0, 3.0, 7.0], []
for step in (3, 2, 1):
    shares.append(h[step - 1] * 2.0 ** (3 - step))
claim("bptt-paper", "The three uses have shares of 3, 2 and 0, which add up to 2w + 1.", [*shares, sum(shares)], expected=[3.0, 2.0, 0.0, 5.0])
for w in (0.5, 0.99, 2.0):
    print(f"w = {w:<4}: a change at step 1 reaches step 100 multiplied by {w**99:.1e}")
claim("bptt-hundred", "Over 99 steps a weight of 0.99 leaves 0.37, one half leaves less than 1e-29, and 2 makes more than 1e29.",
      [0.36 < 0.99**99 < 0.38, 0.5**99 < 1e-29, 2.0**99 > 1e29], expected=[True] * 3)

# %% [markdown]
# ## The sum over paths
#
# A network with many units does the same with vectors. With $z_t = x_tW_{xh} + h_{t-1}W_{hh} + b$ and $h_t = \tanh z_t$, as in [Recurrence](01_recurrence.ipynb), the factor of a step is its [Jacobian](../../book/glossary.md#jacobian). States are rows here, so factors are multiplied on from the left to the right:
#
# $$J_t = \frac{\partial h_t}{\partial h_{t-1}} = W_{hh}\,\mathrm{diag}(1-h_t^2), \qquad \frac{\partial h_t}{\partial h_s} = J_{s+1}J_{s+2}\cdots J_t .$$
#
# Every step may have a loss of its own. Call $g_t = \partial L/\partial h_t$ what step $t$'s *own* loss says about its state. Each pair of a loss at $t$ and a use of the weight at $s\le t$ is one route, and the routes add up:
#
# $$\frac{\partial L}{\partial W_{hh}} = \sum_{t=1}^{T}\ \sum_{s=1}^{t}\ h_{s-1}^\top\,\Bigl[\,g_t\,\bigl(J_{s+1}\cdots J_t\bigr)^{\!\top}\,\mathrm{diag}(1-h_s^2)\Bigr].$$
#
# Read aloud: *for every loss and every earlier use: what came in at the use, times the blame that has travelled back to it.* That is the definition. It multiplies Jacobians for each of the $T(T+1)/2$ pairs.
#
# **[Back-propagation through time](../../book/glossary.md#backpropagation-through-time)** (BPTT) adds at the nodes, as [back-propagation](../02_backprop/03_by_hand.ipynb) always does, and walks back once. The blame of a state is that of its own loss and all that arrives from later:
#
# $$\delta_t = \bigl(g_t + \delta_{t+1}W_{hh}^\top\bigr)\odot(1-h_t^2), \qquad \frac{\partial L}{\partial W_{hh}} = \sum_t h_{t-1}^\top\delta_t, \quad \frac{\partial L}{\partial W_{xh}} = \sum_t x_t^\top\delta_t, \quad \frac{\partial L}{\partial b} = \sum_t\sum_i\delta_{t,i}.$$
#
# | symbol | shape | meaning |
# |---|---|---|
# | $x_t$, $h_t$ | (B, D), (B, H) | input and state; all of them (T, B, ·), time first in this section |
# | $g_t$ | (B, H) | derivative of step $t$'s own loss by $h_t$; zero where nothing is asked |
# | $\delta_t$ | (B, H) | derivative of the whole loss by $z_t$ |
# | $J_t$ | (H, H) | derivative of the state by the one before, for one sample |

# %%
def unroll(x, W_xh, W_hh, b):
    """Return the states (T + 1, B, H) of x (T, B, D), the zero start among them."""
    h = np.zeros((len(x) + 1, x.shape[1], len(b)))
    for t in range(len(x)):
        h[t + 1] = np.tanh(x[t] @ W_xh + h[t] @ W_hh + b)
    return h


def over_paths(x, W_xh, W_hh, b, g):
    """Return the gradients by W_xh, W_hh and b: every sample, every loss t, every use s."""
    h, grads = unroll(x, W_xh, W_hh, b), [np.zeros_like(w) for w in (W_xh, W_hh, b)]
    for i in range(x.shape[1]):
        for t in range(1, len(x) + 1):
            product = np.eye(len(b))                          # J_{s+1} ... J_t, for s = t
            for s in range(t, 0, -1):
                delta = (g[t - 1, i] @ product.T) * (1 - h[s, i] ** 2)
                for grad, came_in in zip(grads, (x[s - 1, i], h[s - 1, i])):
                    grad += np.outer(came_in, delta)
                grads[2] += delta
                product = W_hh * (1 - h[s, i] ** 2) @ product
    return grads


# %%
def through_time(x, W_xh, W_hh, b, g):
    """Return the gradients by W_xh, W_hh and b in one walk back; g (T, B, H) holds each step's own part."""
    h, arriving = unroll(x, W_xh, W_hh, b), 0.0
    d_xh, d_hh, d_b = (np.zeros_like(w) for w in (W_xh, W_hh, b))
    for t in range(len(x) - 1, -1, -1):
        delta = (g[t] + arriving) * (1 - h[t + 1] ** 2)       # (B, H)
        d_xh += x[t].T @ delta
        d_hh += h[t].T @ delta
        d_b += delta.sum(0)
        arriving = delta @ W_hh.T
    return [d_xh, d_hh, d_b]


rng = np.random.default_rng(0)
draws = [tuple(rng.normal(size=s) for s in [(T, B, D), (D, H), (H, H), (H,), (T, B, H)])
         for T, B, D, H in [(1, 1, 1, 1), (4, 2, 3, 2), (9, 3, 1, 5)]]
same("one walk back is the sum over all pairs of a loss and a use", over_paths, through_time, draws)
x, W_xh, W_hh, b, g = draws[-1]
gradcheck(lambda *weights: (g * unroll(x, *weights)[1:]).sum(), [W_xh, W_hh, b], through_time(x, W_xh, W_hh, b, g))

# %% [markdown]
# Nine lines, and right in all derivatives. The method was written down for such networks by [Werbos, 1990](../../book/bibliography.md#werbos1990backpropagation). The three frameworks get the same numbers; see below.
#
# ## Fading and growing
#
# All paths of length $n$ carry a product of $n$ Jacobians. Leave tanh away for a moment: the product is a power, $W_{hh}^n$, and for a power the long run is known. It grows like $\rho^n$, where $\rho$ is the **[spectral radius](../../book/glossary.md#spectral-radius)**, the largest absolute value of an eigenvalue.
# We scale random matrices of 32 units to a radius and send 20 random gradients back through 1000 steps.

# %%
def radius_of(W):
    return np.abs(np.linalg.eigvals(W)).max()


def matrix_of_radius(radius, seed, H=32):
    W = np.random.default_rng(seed).normal(size=(H, H))
    return W * (radius / radius_of(W))


def norms_back(W, n_steps, g):
    """Return the mean norm of the rows g (N, H) after 0 to n_steps steps back through a linear network."""
    norms = [np.linalg.norm(g, axis=1).mean()]
    for _ in range(n_steps):
        g = g @ W.T
        norms.append(np.linalg.norm(g, axis=1).mean())
    return np.array(norms)


random_rows = np.random.default_rng(1).normal(size=(20, 32))
late, worst = np.arange(300, 1001), 0.0
for radius in (0.8, 0.95, 1.05, 1.2):
    logs = [np.log(norms_back(matrix_of_radius(radius, seed), 1000, random_rows))[late] for seed in range(5)]
    slopes = np.array([np.polyfit(late, log, 1)[0] for log in logs])
    worst = max(worst, np.abs(slopes / np.log(radius) - 1).max())
    print(f"radius {radius:<4}: log {np.log(radius):+.4f}, measured slopes {slopes.min():+.4f} to {slopes.max():+.4f}")
claim("bptt-slope", "In a linear network the logarithm of the gradient changes by log ρ a step, within 1 %, for four radii and five matrices each.", worst, at_most=0.01)

# %% [markdown]
# So $\rho<1$ is a gradient that [vanishes](../../book/glossary.md#vanishing-gradient), and $\rho>1$ one that [explodes](../../book/glossary.md#exploding-gradient), and hitting 1 by chance is as likely as balancing a pencil. That is the rule that every text gives. It has two holes.
#
# ### First hole: the long run may come too late
#
# > **Misconception.** If the spectral radius is below one, every step shrinks the gradient.
#
# You know a counterexample already: the relay of [Recurrence](01_recurrence.ipynb), whose 21 units hand a bit on from one to the next. **Predict** its spectral radius, and then how much of a gradient at its last unit arrives twenty steps before.

# %% mystnb={"image": {"alt": "Gradient norm against the steps back, logarithmic axis, 120 steps. Random matrices give straight lines: radius 0.9 falls to about 1e-6, radius 1 stays near one half, radius 1.1 rises to about 3e4. The triangular matrix of radius 0.9 rises steeply at first, above radius 1.1, and reaches more than 1e4."}}
relay, last_unit = np.eye(21, k=1), np.eye(21)[20:]
kept, grown = norms_back(relay, 21, last_unit), norms_back(1.5 * relay, 21, last_unit)
claim("bptt-relay", "The relay has radius 0; its gradient keeps its norm for 20 steps and is 0 after the 21st.", [radius_of(relay), kept[20], kept[21]], expected=[0.0, 1.0, 0.0])
claim("bptt-relay-grows", "Times 1.5 it still has radius 0, and its gradient grows to 1.5 to the 20th, over 3 000.", [radius_of(1.5 * relay), grown[20]], expected=[0.0, 1.5**20], tolerance=1e-6)
rng = np.random.default_rng(0)
triangle = 0.9 * np.eye(32) + np.triu(rng.normal(0, 32**-0.5, (32, 32)), 1)
transient = norms_back(triangle, 300, random_rows) / norms_back(triangle, 0, random_rows)
claim("bptt-transient", "A triangular matrix of radius 0.9 makes the gradient more than 1 000 times as large before it shrinks.",
      [radius_of(triangle), float(transient.max() > 1000)], expected=[0.9, 1.0], tolerance=1e-9)
lines = {f"random, ρ = {r}": norms_back(matrix_of_radius(r, 0), 120, random_rows) / norms_back(np.eye(32), 0, random_rows) for r in (0.9, 1.0, 1.1)}
_ = plotting.curves(lines | {"triangular, ρ = 0.9": transient[:121]}, logy=True, markers=False, title="At radius 0.9 a gradient may fade, or first grow",
                    xlabel="steps back", ylabel="gradient norm, start = 1")

# %% [markdown]
# Eigenvalues speak of the limit. Within $n$ steps the largest stretch is the largest singular value of $W^n$, and it may first grow, by factors of ten thousand, when the eigenvectors are far from orthogonal. Such a matrix is called *non-normal*.
#
# ### Second hole: tanh
#
# Each Jacobian has the slopes $1-h_t^2\le1$ in it, so tanh can only shrink. A large weight makes large states, hence small slopes: the growth puts on its own brake. How much? We measure the mean change of the log norm a step, with the inputs silent, and with a coin toss $\pm1$ at each step.

# %%
def driven_slopes(W, size, seed, n_steps=300, B=8):
    """Return the slopes 1 - h^2 (T, B, H) of a tanh network fed with coin tosses of that size."""
    rng = np.random.default_rng(seed)
    h, slopes, W_xh = rng.normal(0, 0.1, (B, len(W))), [], rng.normal(size=(1, len(W)))
    for _ in range(n_steps):
        h = np.tanh(h @ W + size * rng.choice([-1.0, 1.0], (B, 1)) @ W_xh)
        slopes.append(1 - h * h)
    return np.array(slopes)


def growth_rate(W, slopes, skip=100):
    """Return the mean change of the log norm of a gradient, a step back; the first `skip` steps are left out."""
    v, total = np.random.default_rng(0).normal(size=slopes.shape[1:]), 0.0
    for slope in slopes[:skip:-1]:
        v = (v * slope) @ W.T
        norm = np.linalg.norm(v, axis=1, keepdims=True)
        total, v = total + np.log(norm).mean(), v / norm
    return total / (len(slopes) - skip - 1)


radii = np.array([0.5, 0.7, 0.9, 1.1, 1.3, 1.5, 2.0, 3.0, 4.0])
rates_by_size = {size: np.array([[growth_rate(W := matrix_of_radius(r, s), driven_slopes(W, size, s)) for s in range(3)] for r in radii])
                 for size in (0.0, 1.0)}
silent, tossed = rates_by_size[0.0], rates_by_size[1.0]
claim("bptt-tanh-silent", "Without input and below radius 1, tanh changes nothing: the rate is log ρ within 0.01.", np.abs(silent[:3] - np.log(radii[:3, None])).max(), at_most=0.01)
claim("bptt-tanh-shrinks", "With coin tosses the gradient shrinks at every radius up to 1.5, in each of three networks.", tossed[:6].max(), at_most=-0.05)
claim("bptt-tanh-brake", "At radius 4 both explode, but by less than 0.4 a step, where log 4 = 1.39.", [max(silent[-1].max(), tossed[-1].max()) < 0.4, min(silent[-1].min(), tossed[-1].min()) > 0.1], expected=[True, True])

# %% mystnb={"image": {"alt": "Rate of the log gradient norm a step against the spectral radius from 0.5 to 4. The linear network's curve is log rho, from minus 0.7 to 1.4. Tanh without input follows it up to radius 1, stays at zero until 1.5 and then rises to 0.3. Tanh with coin tosses lies below zero until about 2 and joins the other at radius 4."}}
_ = plotting.curves({"linear: log ρ": (radii, np.log(radii)), "tanh, silent": (radii, silent.mean(1)), "tanh, coin tosses": (radii, tossed.mean(1))},
                    band={"tanh, coin tosses": (tossed.min(1), tossed.max(1))}, title="Input makes tanh forget; its own size brakes the growth",
                    xlabel="spectral radius of $W_{hh}$", ylabel="log growth a step back")

# %% [markdown]
# *With input, a network of radius 1.5 still forgets.* Only from about 2 on does its gradient explode, and then far slower than its linear cousin's. Radius one is the right border for small states only. (The silent network between 1 and 1.5 has found a cycle or a resting place; along it, a disturbance neither fades nor grows.)
#
# ## Explore: the gradient through time
#
# Fifty steps, radius 1.1, inputs of size 0.5; the thin line is what the radius alone would give. **Try to answer first:** does the gradient of fifty steps ago arrive larger than it set out, as $1.1^{50} = 117$ says? Then take the orthogonal network, leave the inputs, and find a radius at which what arrives lies between a tenth and ten times.

# %%
explore.gradient_through_time()

# %% [markdown]
# ## Cutting it off
#
# A text of a million characters is one sequence. Nobody walks back a million steps. **[Truncated back-propagation through time](../../book/glossary.md#truncated-backpropagation-through-time)** lets each loss look back $k$ steps and no further ([Williams and Peng, 1990](../../book/bibliography.md#williams1990efficient)). What is lost? Sort the routes by their *lag*, the number of Jacobians on them:
# truncation keeps the lags below $k$, and its bias is the tail of the sum.

# %%
def parts_by_lag(x, W_xh, W_hh, b, g):
    """Return (T, H, H): the gradient by W_hh, split by the number of steps between a loss and a use."""
    h, parts = unroll(x, W_xh, W_hh, b), []
    slope, T = 1 - h[1:] ** 2, len(x)
    delta = g * slope                                         # (T, B, H): all losses walk back side by side
    for lag in range(T):
        parts.append(np.einsum("tbi,tbj->ij", h[: T - lag], delta))
        delta = (delta[1:] @ W_hh.T) * slope[: T - lag - 1]
    return np.array(parts)


def truncation_error(radius, seed, T=100, B=8, H=32):
    """Return (error of the gradient truncated at k = 1 ... T as a share of it, measured growth rate)."""
    rng, W = np.random.default_rng(seed), matrix_of_radius(radius, seed)
    x, W_xh, g = rng.normal(size=(T, B, 2)), rng.normal(0, 0.5, (2, H)), rng.normal(size=(T, B, H))
    parts = parts_by_lag(x, W_xh, W, np.zeros(H), g)
    tails = np.cumsum(parts[::-1], axis=0)[::-1]              # tails[k]: lags k and more
    slopes = 1 - unroll(x, W_xh, W, np.zeros(H))[1:] ** 2
    return np.linalg.norm(tails[1:], axis=(1, 2)) / np.linalg.norm(tails[0]), growth_rate(W, slopes, skip=20)


claim("bptt-lags", "The parts of all lags add up to the gradient of the walk back.",
      np.abs(parts_by_lag(*draws[-1]).sum(0) - through_time(*draws[-1])[1]).max(), at_most=1e-12)

# %% mystnb={"image": {"alt": "Error of the truncated gradient as a share of the whole against the window k, logarithmic axis, one curve for each of four radii. For 0.7, 1 and 1.3 they fall on straight lines, the steepest for the smallest radius. For radius 3 the curve stays at one."}}
cut = {radius: [truncation_error(radius, seed) for seed in range(5)] for radius in (0.7, 1.0, 1.3, 3.0)}
errors_by_radius = {radius: np.array([error for error, _ in runs]) for radius, runs in cut.items()}
k = np.arange(1, 100)
for radius, runs in cut.items():
    falls = [np.polyfit(k[4:20], np.log(error[4:20]), 1)[0] for error, _ in runs]
    print(f"radius {radius}: error times {np.exp(np.mean(falls)):.2f} for each step more, gradient times {np.exp(np.mean([rate for _, rate in runs])):.2f} a step; at k = 10 it is {errors_by_radius[radius][:, 9].mean():.1g}")
    if radius < 2:
        claim(f"bptt-bias-{radius}".replace(".", "-"), f"At radius {radius} the error falls by the factor by which the gradient fades, within 0.08.",
              np.exp(np.mean(falls)) - np.exp(np.mean([rate for _, rate in runs])), at_least=-0.08, at_most=0.08)
claim("bptt-bias-fatal", "Where the gradient explodes, half of the sequence as a window still misses more than 60 % of it.", errors_by_radius[3.0][:, 49].mean(), at_least=0.6)
_ = plotting.curves({f"radius {radius}": (k[:60], errors[:, :60].mean(0)) for radius, errors in errors_by_radius.items()}, logy=True, markers=False,
                    title="Truncation costs little where the gradient fades anyway", xlabel="window k (steps)", ylabel="error / whole gradient")

# %% [markdown]
# The bias decays geometrically, at the rate at which the gradient itself fades: *what truncation throws away is what had nearly vanished.* Where gradients explode, the far routes are the largest, and there it throws away most. So far these are random losses. A task may put all that matters at one lag.
#
# ### When it is fatal
#
# The echo: at each step say the coin toss of five steps ago. We train on an endless stream, cut into windows of $k$; the *state* is carried on from window to window, the gradient is not. As a window's first state is then a constant like any other, all windows of an update fit side by side in a batch. **Predict** the accuracy for $k$ = 1, 4, 6 and 24, and for a network whose recurrent
# weights are not trained at all, only the readout.

# %%
def echo_run(window, seed, n_updates=130, delay=5, L=24, B=16, H=16):
    """Return the accuracy at saying the toss of `delay` steps ago; window 0 trains the readout only."""
    rng = np.random.default_rng(seed)
    rnn, head = nn.RNN(1, H, rng=rng, dtype=np.float64), nn.Linear(H, 2, rng=rng, dtype=np.float64)
    weights = [*(rnn.parameters() if window else []), *head.parameters()]
    adam, window, h, right = optim.Adam(weights, lr=0.01), window or L, np.zeros((B, 1, H)), []
    tosses = rng.integers(0, 2, (B, delay + L * (n_updates + 20)))
    for start in range(0, L * (n_updates + 20), L):
        x, answers = 2.0 * tosses[:, start + delay : start + delay + L, None] - 1, tosses[:, start : start + L]
        states = rnn(Tensor(x), h.transpose(1, 0, 2))[0].data
        if start >= L * n_updates:
            right.append((head(Tensor(states)).data.argmax(-1) == answers).mean())
        else:
            starts = np.concatenate([h, states[:, window - 1 : -1 : window]], axis=1).reshape(1, -1, H)
            scores = head(rnn(Tensor(x.reshape(-1, window, 1)), starts)[0])          # constants: nothing flows into starts
            adam.zero_grad()
            F.cross_entropy(scores.reshape(-1, 2), answers.reshape(-1)).backward()
            optim.clip_grad_norm_(weights, 1.0)
            adam.step()
        h = states[:, -1:]
    return np.mean(right)


# %%
echoed = {window: np.array([echo_run(window, seed) for seed in range(5)]) for window in (0, 1, 4, 6, 24)}
for window, runs in echoed.items():
    print(f"{f'window {window:2d}' if window else 'untrained':9s}", *(f"{run:5.2f}" for run in runs), f"   mean {runs.mean():.2f}")
claim("bptt-echo-inside", "With windows of 6 and 24 each of five runs is right in 99 % and more.", min(echoed[6].min(), echoed[24].min()), at_least=0.99)
claim("bptt-echo-outside", "With windows of 1 and 4 the mean of five runs is below 90 %.", max(echoed[1].mean(), echoed[4].mean()), at_most=0.9)
claim("bptt-echo-untrained", "With random recurrent weights a trained readout alone is right in more than 60 %, on average.", echoed[0].mean(), at_least=0.6)

# %% [markdown]
# Each column is a seed. The border is sharp: a window of 6 contains the route from the answer to the toss of five steps ago, a window of 4 does not. One more surprise: below the border it is *not* chance. The state carries the toss forward whether or not a gradient comes back, and the
# readout takes what it finds there; to train the recurrent weights with too short a window adds little to that. [Elman, 1990](../../book/bibliography.md#elman1990finding), by the way, trained with a window of one: his context units were copies, and nothing flowed back through them.
#
# > **Misconception.** Truncation makes the network forget at the edge of the window.
#
# It cuts the way back, not the way forth.

# %%
rng = np.random.default_rng(3)
rnn = nn.RNN(2, 6, rng=rng, dtype=np.float64)
x_long = Tensor(rng.normal(size=(1, 20, 2)), requires_grad=True)
_, middle = rnn(x_long[:, :12])
cut_states, _ = rnn(x_long[:, 12:], middle.detach())
whole_states, _ = rnn(x_long)
cut_states[0, -1].sum().backward()
claim("bptt-forward-same", "After a detach the states are those of the whole sequence.", np.abs(cut_states.data - whole_states.data[:, 12:]).max(), at_most=1e-14)
claim("bptt-backward-cut", "The gradient is exactly zero at the twelve steps before the cut, and not at the eight after it.",
      [np.count_nonzero(x_long.grad[0, :12]), np.count_nonzero(x_long.grad[0, 12:].any(1))], expected=[0, 8])

# %% [markdown]
# ### Detach
#
# That cut is `h.detach()`: the same numbers, without a memory of how they came about.
#
# > **Misconception.** Detach is optional: the loss belongs to the new window, so only the new window is differentiated.
#
# A state remembers its whole past. Leave the detach away, and there are three outcomes, of which the third is the worst. **One:** the second `backward` runs into a graph that the first has freed. **Two:** the usual first aid, `retain_graph=True`, walks back to the beginning of the book at every update, and PyTorch notices that the optimiser has changed the weights meanwhile.
# **Three:** nothing complains, and every window is dearer than the one before.

# %%
import torch


def without_detach(retain):
    """Return PyTorch's complaint on training window after window with the state passed on as it is."""
    cell, h = torch.nn.RNNCell(1, 4), torch.zeros(1, 4)
    sgd = torch.optim.SGD(cell.parameters(), lr=0.1)
    for _ in range(3):
        for _ in range(5):
            h = cell(torch.ones(1, 1), h)
        try:
            h.sum().backward(retain_graph=retain)
        except RuntimeError as error:
            return str(error)
        sgd.step()
    return "none"


complaints = [without_detach(False), without_detach(True)]
claim("bptt-detach-freed", "Without detach the second backward finds a freed graph.", "second time" in complaints[0], expected=True)
claim("bptt-detach-stale", "With retain_graph=True it finds weights that have been changed since.", "inplace" in complaints[1], expected=True)

# %%
cell, n_nodes = nn.RNNCell(1, 4, rng=np.random.default_rng(0)), {}
for name in ("detach", "no detach"):
    h, n_nodes[name] = Tensor(np.zeros((1, 4), np.float32)), []
    for _ in range(6):
        for _ in range(5):
            h = cell(Tensor(np.ones((1, 1), np.float32)), h)
        n_nodes[name].append(len(tensor.graph(h.sum()).tensors))
        h = h.detach() if name == "detach" else h
    print(f"{name:9s}: nodes to walk back over, window by window {n_nodes[name]}")
claim("bptt-detach-grows", "Without detach the sixth window has over five times the first one's nodes; with it, as many.",
      [n_nodes["no detach"][-1] > 5 * n_nodes["no detach"][0], n_nodes["detach"][-1] == n_nodes["detach"][0]], expected=[True, True])

# %% [markdown]
# Each node holds an array, so memory grows with it: linearly in the number of windows, and the time of all updates with its square. (Six windows have a little less than six times the nodes, since the weights are shared by all.)
#
# ## Three remedies
#
# **[Clipping](../../book/glossary.md#gradient-clipping)** shortens a gradient that is too long and leaves its direction; [Schedules](../03_gradient_descent/05_schedules.ipynb) has shown the cliff it is meant for. It multiplies everything by one number. What had vanished *relative to the rest* stays vanished.
#
# **An orthogonal start** sets $W_{hh}$ to a rotation. In a linear network the norm of every gradient is kept, for ever ([Saxe, McClelland and Ganguli, 2014](../../book/bibliography.md#saxe2014exact)). In a tanh network, for how long?

# %%
def turned(seed, H=32):
    return nn.init.orthogonal((H, H), np.random.default_rng(seed), np.float64)


drift = np.abs(norms_back(turned(0), 1000, random_rows[:1]) / np.linalg.norm(random_rows[0]) - 1).max()
claim("bptt-orthogonal-linear", "Through a linear network with an orthogonal matrix a gradient keeps its norm for 1 000 steps.", drift, at_most=1e-10)
usual = lambda seed: np.random.default_rng(seed).uniform(-(32**-0.5), 32**-0.5, (32, 32))
starts_by_name = {"usual, input 0.3": (usual, 0.3), **{f"orthogonal, input {size}": (turned, size) for size in (0.1, 0.3, 1.0)}}
halved_after = {name: np.array([math.log(2) / -growth_rate(W := make(seed), driven_slopes(W, size * 32**-0.5, seed, 600)) for seed in range(5)])
                for name, (make, size) in starts_by_name.items()}
for name, steps in halved_after.items():
    print(f"{name:21s} the gradient is halved after {steps.min():5.1f} to {steps.max():5.1f} steps")
claim("bptt-orthogonal-longer", "At input size 0.3 the orthogonal start remembers at least 8 times as long as the usual uniform one.",
      halved_after["orthogonal, input 0.3"].min() / halved_after["usual, input 0.3"].max(), at_least=8.0)
claim("bptt-orthogonal-input", "Three times the input takes at least half of that memory away.",
      (halved_after["orthogonal, input 1.0"] / halved_after["orthogonal, input 0.3"]).max(), at_most=0.5)

# %% [markdown]
# The memory of an orthogonal tanh network is set by how loudly one speaks to it: each tenfold louder input costs a factor of ten. A third remedy changes the network, and is [the next section's](03_lstm_and_gru.ipynb).
#
# ### Measured on a task
#
# The task on which [Recurrence](01_recurrence.ipynb) gave up: say the first of 21 coin tosses. Three starts: the usual uniform one, of radius near 0.58; orthogonal; and large, random of radius about 3. Each with and without clipping to norm 1; plain gradient descent with rate 0.5, 200 updates, 32 units, five seeds. **Predict** six numbers.

# %%
def remember_run(start, max_norm, seed, k=20, n_updates=200, H=32):
    """Return (accuracy at saying the first of k + 1 tosses, norms of the gradient before clipping)."""
    rng, norms = np.random.default_rng(seed), []
    rnn, head = nn.RNN(1, H, rng=rng, dtype=np.float64), nn.Linear(H, 2, rng=rng, dtype=np.float64)
    if start != "usual":
        rnn.weight_hh_l0.data[...] = turned(seed) if start == "orthogonal" else rng.normal(0, 3 * H**-0.5, (H, H))
    weights = [*rnn.parameters(), *head.parameters()]
    sgd = optim.SGD(weights, lr=0.5)
    for update in range(n_updates + 1):
        tosses = rng.integers(0, 2, (32 if update < n_updates else 1000, k + 1))
        scores = head(rnn(Tensor(2.0 * tosses[..., None] - 1))[1][0])
        if update < n_updates:
            sgd.zero_grad()
            F.cross_entropy(scores, tosses[:, 0]).backward()
            norms.append(optim.clip_grad_norm_(weights, max_norm))
            sgd.step()
    return (scores.data.argmax(1) == tosses[:, 0]).mean(), np.array(norms)


remembered = {(start, c): [remember_run(start, c, seed) for seed in range(5)] for start in ("usual", "orthogonal", "large") for c in (math.inf, 1.0)}
recalled = {key: np.array([accuracy for accuracy, _ in runs]) for key, runs in remembered.items()}
for (start, c), runs in recalled.items():
    first = np.median([norms[0] for _, norms in remembered[start, c]])
    print(f"{start:10s} {'clipped' if c == 1.0 else 'free':7s}", *(f"{run:5.2f}" for run in runs), f"   first gradient's norm {first:.1g}")

# %% [markdown]
# > **Misconception.** Clipping cures vanishing gradients.

# %%
usual_norms = np.concatenate([norms for _, norms in remembered["usual", 1.0]])
claim("bptt-clip-vanishing", "From the usual start all runs stay at a coin toss, clipped or not.",
      np.abs(np.r_[recalled["usual", 1.0], recalled["usual", math.inf]] - 0.5).max(), at_most=0.07)
claim("bptt-clip-idle", "There clipping acts in fewer than 2 % of the updates: there is nothing to clip.", (usual_norms > 1.0).mean(), at_most=0.02)
claim("bptt-orthogonal-learns", "From the orthogonal start, clipped, each of five runs is right in 90 %.", recalled["orthogonal", 1.0].min(), at_least=0.9)
claim("bptt-orthogonal-free", "Free, its gradient at some update is over five times as long as the bound, in each run.",
      min(norms.max() for _, norms in remembered["orthogonal", math.inf]), at_least=5.0)
claim("bptt-large", "From the large start all free runs stay near a coin toss, and clipped ones are right in 80 % on average.",
      [recalled["large", math.inf].max() < 0.6, recalled["large", 1.0].mean() > 0.8], expected=[True, True])

# %% [markdown]
# The two remedies do not compete. The start decides whether a signal from the far end arrives at all; clipping keeps its arrival from doing harm (a free run near 0.5 in the second line was thrown off by a single long step). And an exploding gradient, once held, is the lesser evil: its direction still knows about the first toss, while from the usual start there is nothing left to know.
# (All this is plain gradient descent. Adam rescales each step and may behave otherwise: name the optimiser with such a result.)
#
# ## What it costs to remember
#
# The walk back needs every state of the way forth: $T$ of them, which for long sequences is what fills the memory. **[Checkpointing](../../book/glossary.md#gradient-checkpointing)** trades it for time: keep every $m$-th state only, and recompute the others segment by segment on the way back. Held at once are $T/m$ checkpoints and the $m$ states of one segment. The sum is smallest at $m=\sqrt T$: $2\sqrt T$ states, for one more forward pass
# ([Griewank and Walther, 2008](../../book/bibliography.md#griewank2008evaluating), chapter 12).

# %%
def checkpointed(x, W_xh, W_hh, b, g, m):
    """Return (gradients as `through_time`, largest number of states held at once), keeping every m-th state."""
    h, kept = np.zeros((x.shape[1], len(b))), []
    for t in range(len(x)):
        if t % m == 0:
            kept.append(h)
        h = np.tanh(x[t] @ W_xh + h @ W_hh + b)
    grads, arriving, most = [np.zeros_like(w) for w in (W_xh, W_hh, b)], 0.0, 0
    for start in reversed(range(0, len(x), m)):
        h, stop = [kept.pop()], min(start + m, len(x))
        for t in range(start, stop):
            h.append(np.tanh(x[t] @ W_xh + h[-1] @ W_hh + b))
        most = max(most, len(kept) + len(h))
        for t in reversed(range(start, stop)):
            delta = (g[t] + arriving) * (1 - h[t - start + 1] ** 2)
            for grad, part in zip(grads, (x[t].T @ delta, h[t - start].T @ delta, delta.sum(0))):
                grad += part
            arriving = delta @ W_hh.T
    return grads, most


# %%
rng = np.random.default_rng(4)
long_case = [rng.normal(size=s) for s in [(400, 2, 3), (3, 8)]] + [turned(0, 8), np.zeros(8), rng.normal(size=(400, 2, 8))]
all_at_once, held_by_m = through_time(*long_case), {}
for m in (1, 5, 20, 80, 400):
    grads, held_by_m[m] = checkpointed(*long_case, m)
    assert all(np.array_equal(a, b) for a, b in zip(grads, all_at_once))
print("states held at once, by segment length:", held_by_m)
claim("bptt-checkpoints", "With segments of 20, 400 steps need 40 states in place of 401, for the same gradient to the last bit.", [held_by_m[20], held_by_m[400]], expected=[40, 401])

# %% [markdown]
# ## In the frameworks
#
# The first of twelve tosses, remembered: orthogonal start, clipping to norm 0.3, plain descent, 100 steps in float64. One trap first. PyTorch and this library clip by $c/(\lVert g\rVert + 10^{-6})$; TensorFlow's `clip_by_global_norm`, and the `global_clipnorm` of Keras's optimisers, by $c/\lVert g\rVert$. For equal paths, write the one or the other out.

# %%
rng, CLIP = np.random.default_rng(5), 0.3
x_first = 2.0 * rng.integers(0, 2, (64, 12, 1)) - 1
y_first = (x_first[:, 0, 0] > 0).astype(int)
start = [rng.uniform(-0.35, 0.35, (1, 8)), turned(5, 8), np.zeros(8), rng.uniform(-0.35, 0.35, (8, 2)), np.zeros(2)]

# %% tags=["fw-numpy"]
rnn, head = nn.RNN(1, 8, rng=rng, dtype=np.float64), nn.Linear(8, 2, rng=rng, dtype=np.float64)
ours = [*rnn.parameters(), *head.parameters()]
for p, value in zip(ours, start): p.data[...] = value
sgd, path_ours, norms_ours = optim.SGD(ours, lr=0.5), [], []
for step in range(100):
    states = rnn(Tensor(x_first))[0]; out = head(states[:, -1])
    loss_ours = F.cross_entropy(out, y_first)
    sgd.zero_grad(); loss_ours.backward()
    if step == 0: first_ours = [states.data, out.data], [p.grad.copy() for p in ours]
    norms_ours.append(optim.clip_grad_norm_(ours, CLIP))
    path_ours.append(loss_ours.item()); sgd.step()

# %% tags=["fw-torch"]
rnn_torch, head_torch = torch.nn.RNN(1, 8, batch_first=True).double(), torch.nn.Linear(8, 2).double()
P = [rnn_torch.weight_ih_l0, rnn_torch.weight_hh_l0, rnn_torch.bias_ih_l0, head_torch.weight, head_torch.bias]
for p, value in zip(P, start): p.data = torch.tensor(value.T.copy())
rnn_torch.bias_hh_l0.requires_grad_(False).zero_()            # one bias, as here
sgd_torch, path_torch = torch.optim.SGD(P, lr=0.5), []
for step in range(100):
    states_torch = rnn_torch(torch.tensor(x_first))[0]; out_torch = head_torch(states_torch[:, -1])
    loss_torch = torch.nn.functional.cross_entropy(out_torch, torch.tensor(y_first))
    sgd_torch.zero_grad(); loss_torch.backward()
    if step == 0: first_torch = [states_torch.detach(), out_torch.detach()], [p.grad.numpy().T.copy() for p in P]
    torch.nn.utils.clip_grad_norm_(P, CLIP)
    path_torch.append(loss_torch.item()); sgd_torch.step()

# %% tags=["fw-tensorflow"]
import keras
import tensorflow as tf
simple, dense = keras.layers.SimpleRNN(8, return_sequences=True, dtype="float64"), keras.layers.Dense(2, dtype="float64")
dense(simple(x_first)); simple.set_weights(start[:3]); dense.set_weights(start[3:])
Q = [v.value for v in simple.weights + dense.weights]
@tf.function
def clipped_step():
    with tf.GradientTape() as tape:
        states = simple(x_first); out = dense(states[:, -1])
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y_first, out))
    grads = tape.gradient(loss, Q)
    factor = tf.minimum(tf.ones((), tf.float64), CLIP / (tf.linalg.global_norm(grads) + 1e-6))      # as PyTorch's
    for q, grad in zip(Q, grads): q.assign_sub(0.5 * factor * grad)
    return [states, out], loss, grads
runs_tf = [clipped_step() for _ in range(100)]

# %%
grads_tf, path_tf = runs_tf[0][2], [float(loss) for _, loss, _ in runs_tf]
parity("bptt-clipped-rnn",
       outputs={"numpy": first_ours[0], "torch": first_torch[0], "tensorflow": runs_tf[0][0]},
       gradients={"numpy": first_ours[1], "torch": first_torch[1], "tensorflow": grads_tf},
       path={"numpy": path_ours, "torch": path_torch, "tensorflow": path_tf})
scores = first_ours[0][1]
shares_of_class = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
own_part = np.zeros((12, 64, 8))
own_part[-1] = (shares_of_class - np.eye(2)[y_first]) / 64 @ start[3].T          # softmax and cross-entropy, chapter 2
by_hand = through_time(x_first.transpose(1, 0, 2), *start[:3], own_part)
gaps = [max(np.abs(np.asarray(a) - b).max() for a, b in zip(by_hand, grads[:3])) for grads in (first_ours[1], first_torch[1], [g.numpy() for g in grads_tf])]
claim("bptt-all-equal", "The nine lines by hand agree with all three in every derivative to 1e-12.", max(gaps), at_most=1e-12)
acted = np.mean(np.array(norms_ours) > CLIP)
claim("bptt-clip-acted", "Clipping acted in more than a tenth of the 100 steps, and not in all.", [0.1 < acted < 1.0], expected=[True])

# %% [markdown]
# ## Summary
#
# - BPTT is back-propagation on the unrolled network: $\delta_t = (g_t + \delta_{t+1}W_{hh}^\top)\odot(1-h_t^2)$, and a sum over the steps for each weight.
# - A route over $n$ steps carries $n$ Jacobians. Linear: it grows like $\rho^n$, in the long run; non-normal matrices may first do the opposite. With tanh and input, the gradient fades well beyond $\rho = 1$.
# - Truncation drops the lags from $k$ on. Its bias falls as fast as the gradient fades; it is fatal when the task's lag lies outside, and then only what the state carries by itself can be read.
# - Carry the state, detach it: the numbers stay, the graph goes.
# - A good start lets the gradient arrive, clipping keeps it from doing harm; neither does the other's work. $\sqrt T$ checkpoints pay for long sequences with one more forward pass.
#
# ## Exercises
#
# ### Exercise 1 · Blame on paper
#
# The linear unit of the beginning, $h_t = w\,h_{t-1} + x_t$, with $w = \tfrac12$ and inputs $2, 2, 2, 2$. What are the shares of the uses at steps 4, 3, 2, 1 in $\partial h_4/\partial w$? Give four numbers, in this order.

# %%
answer = None
exercise("bptt-shares", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# The states are $2,\ 3,\ 3.5,\ 3.75$. The use at step $s$ multiplied $h_{s-1}$ and has $4-s$ weights behind it: $3.5\cdot1$, $3\cdot\tfrac12$, $2\cdot\tfrac14$, $0\cdot\tfrac18$.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("bptt-shares", [3.5, 1.5, 0.5, 0.0])

# %% [markdown]
# ### Exercise 2 · Another activation
#
# Write `relu_through_time(h, W_hh, g)`, the same walk back for $h_t = \max(z_t, 0)$: from all states `h` (T + 1, B, H), the start among them, and each step's own part `g` (T, B, H), return the gradient by $W_{hh}$. Slope 0 at $z=0$.

# %%
def relu_through_time(h, W_hh, g):
    ...


exercise("bptt-relu", relu_through_time)


# %% tags=["hide-cell", "solution"]
def relu_through_time_solution(h, W_hh, g):
    total, arriving = np.zeros_like(W_hh), 0.0
    for t in range(len(g) - 1, -1, -1):
        delta = (g[t] + arriving) * (h[t + 1] > 0)
        total += h[t].T @ delta
        arriving = delta @ W_hh.T
    return total


exercise("bptt-relu", relu_through_time_solution)

# %% [markdown]
# ### Exercise 3 · How far back?
#
# A linear network has $W_{hh} = 0.95\,Q$ with $Q$ orthogonal. After how many whole steps back is the norm of a gradient below one percent of what it was?

# %%
answer = None
exercise("bptt-percent", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# $Q$ keeps norms, so $n$ steps leave $0.95^n$. $n > \ln 0.01/\ln 0.95 = 89.8$, hence 90.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("bptt-percent", math.ceil(math.log(0.01) / math.log(0.95)))

# %% [markdown]
# ### Exercise 4 · Small radius, large gradient
#
# Give a 2 × 2 matrix with spectral radius at most 0.5 that makes the norm of some gradient at least ten times as large after *five* steps.

# %%
answer = None
exercise("bptt-transient", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# $\begin{pmatrix}a&c\\0&a\end{pmatrix}^n = \begin{pmatrix}a^n&na^{n-1}c\\0&a^n\end{pmatrix}$. With $a=\tfrac12$ and $n=5$ the corner is $\tfrac5{16}c$: $c = 40$ gives 12.5.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("bptt-transient", [[0.5, 40.0], [0.0, 0.5]])

# %% [markdown]
# ### Exercise 5 · Clip by hand
#
# Write `clip_by_norm(grads, c)`: from a list of arrays return the list of clipped ones, as if they were one vector, by TensorFlow's rule without the $10^{-6}$. Zero gradients stay zero.

# %%
def clip_by_norm(grads, c):
    ...


exercise("bptt-clip", clip_by_norm)


# %% tags=["hide-cell", "solution"]
def clip_by_norm_solution(grads, c):
    norm = math.sqrt(sum((g**2).sum() for g in grads))
    return [g * (c / max(norm, c)) for g in grads]


exercise("bptt-clip", clip_by_norm_solution)

# %% [markdown]
# ### Exercise 6 · How long a segment?
#
# A sequence has 3 600 steps. You may hold 130 states at once, $T/m$ checkpoints and $m$ states of a segment, and $m$ must divide 3 600. What is the *longest* segment you can afford?

# %%
answer = None
exercise("bptt-segment", answer)

# %% tags=["hide-cell", "solution"]
exercise("bptt-segment", max(m for m in range(1, 3601) if 3600 % m == 0 and 3600 // m + m <= 130))

# %% [markdown]
# ### Exercise 7 · A proof
#
# Let $s$ be the largest factor by which $W_{hh}$ stretches a row vector, and $\lVert g_t\rVert\le G$, $\lVert h_t\rVert\le R$ for all $t$, one sample. Show that for $s<1$ the part of $\partial L/\partial W_{hh}$ that belongs to lag $n$ has norm at most $T\,R\,G\,s^n$, and that truncation at $k$ makes an error of at most $T\,R\,G\,s^k/(1-s)$. Then: is $s>1$ enough for an explosion?
#
# <details><summary>Solution</summary>
#
# A step back is a product with $W_{hh}^\top$, which stretches at most by $s$ as $W_{hh}$ does, and with slopes in $(0, 1]$. So after $n$ steps the blame of one loss is at most $G s^n$, and its outer product with a state at most $R\,G s^n$. There are at most $T$ losses. The error is the sum of the lags from $k$ on, $\sum_{n\ge k}T R G s^n = T R G\,s^k/(1-s)$.
#
# No. $s>1$ is necessary for growth, not sufficient: the relay times 1.5 has $s = 1.5$ and ends in zero; and in a tanh network the slopes may take away more than the weights give, as the coin tosses did up to radius 1.5.
#
# </details>

# %% [markdown]
# ## Sources
#
# [Werbos, 1990](../../book/bibliography.md#werbos1990backpropagation), back-propagation through time ·
# [Williams and Peng, 1990](../../book/bibliography.md#williams1990efficient), its truncation ·
# [Elman, 1990](../../book/bibliography.md#elman1990finding), a window of one ·
# [Bengio, Simard and Frasconi, 1994](../../book/bibliography.md#bengio1994learning), and [Pascanu, Mikolov and Bengio, 2013](../../book/bibliography.md#pascanu2013difficulty), products of Jacobians; the second, clipping by norm ·
# [Saxe, McClelland and Ganguli, 2014](../../book/bibliography.md#saxe2014exact), orthogonal starts ·
# [Griewank and Walther, 2008](../../book/bibliography.md#griewank2008evaluating), checkpointing.
