# %% [markdown]
# # Questions on generators and sequence models
#
# The next six questions of the first article ask what a named model is: a generator that learns by being found out, three recurrent networks, and the attention that replaced them. The article's answers say what the models are *for*; the answers here also say what they *do*, in a cell that shows it, and what that cell does not show.
#
# *Reading: 20 minutes. Running: about 20 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import itertools
import math

import numpy as np
import torch

from chainrule import Tensor, nn, no_grad, optim, plotting
from chainrule.nn import functional as F
from chainrule.proof import card, claim, exercise

logistic = lambda z: 1 / (1 + np.exp(-z))                          # σ
largest_gap = lambda a, b: float(np.abs(np.asarray(a) - np.asarray(b)).max())
torch_size = lambda layer: sum(p.numel() for p in layer.parameters())

# %% [markdown]
# ## S0-Q11 · What is a GAN?
#
# A [generative adversarial network](../../book/glossary.md#generative-adversarial-network) is two networks, as the article says: a **generator** turns noise $z$ into samples, a **discriminator** tells them from data. What it leaves out is the game ([Goodfellow et al., 2014](../../book/bibliography.md#goodfellow2014generative)):
#
# $$\min_G\max_D\;\; \mathrm E_{x\sim p}\bigl[\ln D(x)\bigr] + \mathrm E_z\bigl[\ln(1 - D(G(z)))\bigr].$$
#
# Let $q$ be the distribution of $G(z)$. The best answer to it is $D^* = p/(p+q)$, and its value is $-\ln4 + 2\,\mathrm{JS}(p, q)$, with the [Jensen-Shannon divergence](../../book/glossary.md#jensen-shannon-divergence) $\mathrm{JS} \ge 0$. So the game ends where $q = p$ and the discriminator can only toss a coin. In practice $G$ maximises $\ln D(G(z))$, which has a gradient when $D$ is sure. The bricks, [binary cross-entropy](../02_backprop/02_losses.ipynb) and two optimisers, are those of chapters 2 and 3.
#
# First the theory, on twelve places, where nothing has to be estimated.

# %% tags=["settles-S0-Q11"]
def game_value(p, q, D):
    return p @ np.log(D) + q @ np.log(1 - D)

rng = np.random.default_rng(0)
p, q = rng.dirichlet(np.ones(12), size=2)                          # data and generator, 12 places
best = p / (p + q)
divergence = (p @ np.log(2 * p / (p + q)) + q @ np.log(2 * q / (p + q))) / 2      # Jensen-Shannon
others = [game_value(p, q, logistic(np.log(p / q) + rng.normal(size=12) * s)) for s in (1e-3, 0.1, 1) for _ in range(300)]
claim("qseq-gan-best", "None of 900 other discriminators, near and far, does better than p/(p + q).",
      game_value(p, q, best) - max(others), at_least=0.0)
claim("qseq-gan-divergence", "Its value is -log 4 plus twice the Jensen-Shannon divergence.",
      game_value(p, q, best), expected=-math.log(4) + 2 * divergence, tolerance=1e-13)
claim("qseq-gan-optimum", "Where the generator has found the data it is -log 4.", game_value(p, p, p / (p + p)), expected=-math.log(4), tolerance=1e-14)

# %% [markdown]
# Then the game itself, in one dimension: two small networks, and data from a normal distribution with mean 3 and standard deviation 0.5. We look at what the generator makes during the last third of the steps. **Predict:** the mean will be right; will the spread?

# %%
def play_gan(sample, seed, steps, d_steps=1, g_steps=1, B=64, H=16):
    """Return the last third's samples (snapshots, 1000) and the discriminator's mean loss there."""
    rng = np.random.default_rng(seed)
    G, D = (nn.Sequential(nn.Linear(1, H, rng=rng), nn.Tanh(), nn.Linear(H, H, rng=rng), nn.Tanh(), nn.Linear(H, 1, rng=rng)) for _ in range(2))
    steps_of_G, steps_of_D = (optim.Adam(net.parameters(), lr=2e-3, betas=(0.0, 0.99)) for net in (G, D))
    says = nn.BCEWithLogitsLoss()
    real_first = np.repeat(np.float32([[1], [0]]), B, axis=0)              # labels: data, then samples
    generate = lambda n: G(Tensor(rng.normal(size=(n, 1)).astype("f4")))
    seen, losses = [], []
    for step in range(steps):
        for _ in range(d_steps):
            with no_grad():
                x = np.concatenate([sample(rng, B), generate(B).data])
            loss = 2 * says(D(Tensor(x)), real_first)              # a sum over both kinds, as in the formula
            steps_of_D.zero_grad(), loss.backward(), steps_of_D.step()
        for _ in range(g_steps):
            steps_of_G.zero_grad(), says(D(generate(B)), np.ones((B, 1), "f4")).backward(), steps_of_G.step()
        if step >= steps * 2 // 3 and step % 10 == 0:
            with no_grad():
                seen.append(generate(1000).data[:, 0])
            losses.append(loss.item())
    return np.array(seen), np.mean(losses)

# %% tags=["settles-S0-Q11", "settles-SYS-01"]
one_hill = lambda rng, n: (3 + 0.5 * rng.normal(size=(n, 1))).astype("f4")
games = [play_gan(one_hill, seed, steps=900) for seed in range(5)]
for seen, loss in games:
    wide = seen.std(1)                                             # (snapshots,)
    print(f"mean {seen.mean():.2f}, of one snapshot {seen.mean(1).min():.2f} to {seen.mean(1).max():.2f}, its spread {wide.min():.2f} to {wide.max():.2f}, loss of D {loss:.3f}")
claim("qseq-gan-mean", "In each of five games the mean over the last third is that of the data, 3, within 0.2.", max(abs(seen.mean() - 3) for seen, _ in games), at_most=0.2)
claim("qseq-gan-loss", "And the discriminator's loss is 2 log 2, within 0.02.", [loss for _, loss in games], expected=[2 * math.log(2)] * 5, tolerance=0.02)
claim("qseq-gan-spread", "But in every game the spread, 0.5 in the data, swings by more than 0.1 while the loss stays there.",
      min(np.ptp(seen.std(1)) for seen, _ in games), at_least=0.1)
small_net = (1 * 16 + 16) + (16 * 16 + 16) + (16 * 1 + 1)
_ = card("gan", "GAN", year=2014, paper="goodfellow2014generative", parameters=2 * small_net,
         idea="A generator learns from the gradient of a discriminator that learns to find it out.",
         configuration="a game, not an architecture, so there is no standard size; the two networks of this page, 1-16-16-1 each")

# %% [markdown]
# The game circles round its end: a single snapshot has its mean off by up to about a quarter, its spread runs from about 0.3 to 0.8, and the loss tells nothing of it.
#
# Now two hills, at 1 and 6, equally frequent. The generator starts near 0. If it finds one of them only, this is **[mode collapse](../../book/glossary.md#mode-collapse)**. On the hill that it has found, $q = 2p$ and $D^* = \tfrac13$; on the other $D^* = 1$; so the discriminator's loss is then $\tfrac12\ln3 + \ln\tfrac32 = 0.955$, below $2\ln2$.

# %%
two_hills = lambda rng, n: (np.where(rng.random((n, 1)) < 0.5, 1, 6) + 0.3 * rng.normal(size=(n, 1))).astype("f4")
games_by_pace = {"one step each": [play_gan(two_hills, seed, steps=1000) for seed in range(3)],
                 "five steps of D": [play_gan(two_hills, seed, steps=350, d_steps=5) for seed in range(4)],
                 "five steps of G": [play_gan(two_hills, seed, steps=350, g_steps=5) for seed in range(3)]}
away = {pace: np.array([(seen > 3.5).mean() for seen, _ in runs]) for pace, runs in games_by_pace.items()}
near = {pace: np.array([(abs(seen - 6) < 1).mean() for seen, _ in runs]) for pace, runs in games_by_pace.items()}
for pace in games_by_pace:
    print(f"{pace}: share above 3.5", away[pace].round(2), "and on the far hill, 5 to 7:", near[pace].round(2))
claim("qseq-gan-collapse", "Five steps of D for one of G: nothing above 3.5, in four games of four.", away["five steps of D"].max(), at_most=0.02)
claim("qseq-gan-third", "And the loss is that of the collapsed game.", np.mean([loss for _, loss in games_by_pace["five steps of D"]]), expected=math.log(3) / 2 + math.log(1.5), tolerance=0.06)
claim("qseq-gan-both", "One step each: at least 0.3 of the samples on the far hill, where it should be 0.5, in three games of three.", near["one step each"].min(), at_least=0.3)
claim("qseq-gan-eager", "Five steps of G for one of D: at least 0.2 above 3.5, so no collapse, in three of three.", away["five steps of G"].min(), at_least=0.2)
claim("qseq-gan-astray", "In each of these six games at least one sample in 100 is above 3.5 and not on the hill.",
      min((away[pace] - near[pace]).min() for pace in ("one step each", "five steps of G")), at_least=0.01)

# %% mystnb={"image": {"alt": "Three histograms over the same axis from minus 1 to 9. The data have two equal hills at 1 and 6. With one step each the generator has a hill near 1, one near 6 and some samples between. With five steps of the discriminator all samples stand near 1."}}
shown = {"data": two_hills(np.random.default_rng(9), 3000), **{pace: games_by_pace[pace][0][0] for pace in ("one step each", "five steps of D")}}
_ = plotting.histograms(shown, bins=50, xlim=(-1, 9), title="A discriminator too far ahead keeps $G$ on one hill", xlabel="x")

# %% [markdown]
# We had expected it the other way round. The paper warns of a *generator* trained too much between two steps of its opponent; in this toy it is five steps of $D$ that collapse the game. Five of $G$ do not, though in one game of three most of what leaves the first hill misses the second.
#
# "Both hills" is easily said too soon: we had first counted the samples beyond the middle, on the hill or not, and only the picture showed the difference.
#
# **What it does not show:** how images fare. Nor that a collapse lasts for ever: this one was watched for 350 steps.
#
# ### Check yourself · A loss of 2 log 2
#
# A report says: "After training, the discriminator's loss is $2\ln2$, so the generator has learnt the data." Why is this evidence worthless by itself? Write `blind(x)`, for an array `x` of shape (n,), that returns $D(x)$, shape (n,): a discriminator that has this loss whatever the generator makes.

# %%
def blind(x):
    ...

exercise("qseq-blind", blind)

# %% [markdown]
# <details><summary>Solution</summary>
#
# A coin: $D(x) = \tfrac12$ everywhere. Then $-\ln\tfrac12 - \ln(1 - \tfrac12) = 2\ln2$, whatever $G$ does. The loss speaks for the generator only if a discriminator that could have done better has tried.
#
# </details>

# %% tags=["hide-cell", "solution"]
def blind_solution(x):
    return np.full(len(x), 0.5)        # a coin: the loss needs a discriminator that could have done better

exercise("qseq-blind", blind_solution)

# %% [markdown]
# ## S0-Q12 · What is an RNN?
#
# A network with a [hidden state](../../book/glossary.md#hidden-state), computed from the input of this step and the hidden state of the last ([Elman, 1990](../../book/bibliography.md#elman1990finding)), with the same weights at every step:
#
# $$h_t = \tanh(x_tW + h_{t-1}U + b).$$
#
# The article calls it 递归神经网络, a recurs*ive* network; that is another model, which folds a tree. The R here is for [*recurrent*](../../book/glossary.md#recurrent-neural-network), 循环神经网络. It also says that "part of the input sequence" is passed on. No input is: what is passed on is the hidden state, of one size whether after one step or a thousand. [Recurrence](../05_rnn/01_recurrence.ipynb) derives it.
#
# To see it, cut a sequence in two. If the state is all that is passed on, the second half and that state give exactly what the whole gives.

# %% tags=["settles-S0-Q12", "settles-SYS-02", "settles-F12"]
def in_rows(layer):
    """Return PyTorch's W (D, GH), U (H, GH) and the two biases (GH,) of a layer, for row vectors."""
    matrices = (layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0, layer.bias_hh_l0)
    return [p.detach().numpy().T for p in matrices]

def rnn_by_loop(x, layer, h):
    W, U, b, b_too = in_rows(layer)
    states = []
    for x_t in x:
        h = np.tanh(x_t @ W + b + h @ U + b_too)
        states.append(h)
    return np.array(states)

off, passed, forgotten, start = [], [], [], np.zeros(5)
for seed in range(10):
    torch.manual_seed(seed)
    layer, x = torch.nn.RNN(3, 5, dtype=torch.float64), torch.randn(12, 3, dtype=torch.float64)
    whole = rnn_by_loop(x.numpy(), layer, start)
    off.append(largest_gap(layer(x)[0].detach(), whole))
    passed.append(largest_gap(rnn_by_loop(x[6:].numpy(), layer, whole[5]), whole[6:]))
    forgotten.append(largest_gap(rnn_by_loop(x[6:].numpy(), layer, start), whole[6:]))
claim("qseq-rnn-loop", "Ten draws: the loop is PyTorch's nn.RNN.", max(off), at_most=1e-14)
claim("qseq-rnn-passed", "The second half and the state after the first give exactly what the whole gives.", max(passed), expected=0.0)
claim("qseq-rnn-forgotten", "Without the state they do not, by more than 0.05.", min(forgotten), at_least=0.05)

# %%
D = H = 256
elman_size = H * (D + H + 1)
claim("qseq-rnn-size", "H(D + H + 1) counts the layer; PyTorch adds a second bias of H.",
      [sum(p.size for p in nn.RNN(D, H, rng=rng).parameters()), torch_size(torch.nn.RNN(D, H)) - H], expected=[elman_size] * 2)
_ = card("rnn", "RNN", year=1990, paper="elman1990finding", parameters=elman_size,
         idea="One layer for all steps, whose hidden state is an input of the next step.", configuration="one layer, 256 inputs, 256 units, one bias")

# %% [markdown]
# **What it does not show:** that the state *holds* what matters. It can carry anything for a few steps; the next answer measures how little of it can be learnt over a hundred.
#
# ### Check yourself · A stream in pieces
#
# A stream arrives in pieces, arrays of shape (T, D) with T from piece to piece different. Write `last_state(pieces, W, U, b)`: the hidden state, (H,), after the last piece, starting from zeros, with the formula above.

# %%
def last_state(pieces, W, U, b):
    ...

exercise("qseq-pieces", last_state)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Hand the state of each piece to the next. Where the cuts are makes no difference, since nothing else is passed on.
#
# </details>

# %% tags=["hide-cell", "solution"]
def last_state_solution(pieces, W, U, b):
    h = np.zeros(len(U))
    for piece in pieces:
        for x_t in piece:
            h = np.tanh(x_t @ W + h @ U + b)
    return h

exercise("qseq-pieces", last_state_solution)

# %% [markdown]
# ## S0-Q13 · What is an LSTM?
#
# A recurrent network with a second state, the [memory cell](../../book/glossary.md#memory-cell) $c$, that is only scaled and added to ([Hochreiter and Schmidhuber, 1997](../../book/bibliography.md#hochreiter1997long); the [forget gate](../../book/glossary.md#gate) $f$ is by [Gers, Schmidhuber and Cummins, 2000](../../book/bibliography.md#gers2000learning)):
#
# $$c_t = f_t\,c_{t-1} + i_t\,g_t,\qquad h_t = o_t\tanh c_t,\qquad \frac{\partial c_T}{\partial c_0} = \prod_t f_t\ \text{ along the cell,}$$
#
# with gates $i, f, o = \sigma(\cdot)$ and $g = \tanh(\cdot)$, each of its own affine map of $x_t$ and $h_{t-1}$. The article says that it has "thus solved" the long-range problem of the plain network. It *mitigates* it: a product of numbers below 1 still fades geometrically, at a rate that the gate can now learn. [LSTM and GRU](../05_rnn/03_lstm_and_gru.ipynb) derives it.
#
# The equations, then the gradient that reaches the first of 100 and of 200 inputs, as a share of what the last gets.

# %% tags=["settles-S0-Q13", "settles-SYS-03"]
def lstm_by_loop(x, layer):
    W, U, b, b_too = in_rows(layer)
    h = c = np.zeros(len(U))
    states = []
    for x_t in x:
        i, f, g, o = np.split(x_t @ W + b + h @ U + b_too, 4)
        c = logistic(f) * c + logistic(i) * np.tanh(g)
        h = logistic(o) * np.tanh(c)
        states.append(h)
    return np.array(states)

layer, x = torch.nn.LSTM(3, 5, dtype=torch.float64), torch.randn(20, 3, dtype=torch.float64)
claim("qseq-lstm-loop", "The equations are PyTorch's nn.LSTM.", largest_gap(layer(x)[0].detach(), lstm_by_loop(x.numpy(), layer)), at_most=1e-14)

def share_at_first(seed, forget_bias, n_steps):
    torch.manual_seed(seed)
    layer = torch.nn.LSTM(4, 32, dtype=torch.float64)
    layer.bias_hh_l0.data[32:64] += forget_bias
    x = torch.randn(n_steps, 16, 4, dtype=torch.float64, requires_grad=True)
    last = layer(x)[0][-1]
    (last * torch.randn_like(last)).sum().backward()
    return float(x.grad[0].norm() / x.grad[-1].norm())

# %% tags=["settles-S0-Q13", "settles-SYS-03", "settles-F13", "settles-X2"]
share = {bias: np.array([[share_at_first(seed, bias, T) for T in (100, 200)] for seed in range(5)]) for bias in (0, 1, 3)}
for bias, by_seed in share.items():
    low, high = by_seed.min(0), by_seed.max(0)
    print(f"forget bias {bias}: over 100 steps {low[0]:.1g} to {high[0]:.1g}, over 200 {low[1]:.1g} to {high[1]:.1g}")
claim("qseq-lstm-fresh", "As PyTorch makes it, an LSTM passes less than 1e-15 of the gradient over 100 steps.", share[0][:, 0].max(), at_most=1e-15)
claim("qseq-lstm-bias", "With a forget bias of 3 it passes more than 0.01, in each of five draws.", share[3][:, 0].min(), at_least=0.01)
doubled = np.log(share[1][:, 1]) / np.log(share[1][:, 0])
claim("qseq-lstm-geometric", "With a bias of 1 twice the distance squares the share: geometric decay, as before.", np.median(doubled), expected=2.0, tolerance=0.3)
claim("qseq-lstm-size", "Four affine maps: 4 H(D + H + 1), and PyTorch's second bias.", torch_size(torch.nn.LSTM(D, H)) - 4 * H, expected=4 * elman_size)
_ = card("lstm", "LSTM", year=1997, paper="hochreiter1997long", parameters=4 * elman_size,
         idea="A cell that is only scaled and added to, with gates that learn what to keep, write and show.",
         configuration="one layer with forget gates, 256 inputs, 256 units, one bias a gate")

# %% [markdown]
# **What it does not show:** what training makes of it. A gate can learn to stand open, and in the chapter an LSTM that learns to add over 30 steps does not learn it over 50 in as many updates. And gates limit how fast a gradient fades, not how large it may grow.
#
# ### Check yourself · Solved, at a length of 20
#
# "Our LSTM recalls a bit after 20 steps; it has solved long-range dependence." Suppose its cell keeps the same share at every step, and exactly half of a value is left after 20. Why is success at 20 no evidence for 200? Give the share that is left after 200 steps.

# %%
answer = None
exercise("qseq-reach", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Two hundred steps are ten times twenty, so the value is halved ten times: $0.5^{10} = 0.00098$. Success at 20 says that a half is enough for this task, not that a thousandth is.
#
# </details>

# %% tags=["hide-cell", "solution"]
left_after_200 = 0.5 ** (200 / 20)       # 0.00098: halved ten times
exercise("qseq-reach", left_after_200)

# %% [markdown]
# ## S0-Q14 · What is a GRU?
#
# A gated recurrent network with one state and two gates ([Cho et al., 2014](../../book/bibliography.md#cho2014learning)): the update gate $z$ interpolates between the old state and a candidate $n$, the reset gate $r$ says how much of the old state the candidate sees.
#
# $$h_t = (1 - z_t)\,n_t + z_t\,h_{t-1},\qquad n_t = \tanh\bigl(x_tW_n + b_n + r_t(h_{t-1}U_n + b'_n)\bigr)$$
#
# The article's answer holds: fewer parameters and gates than the [LSTM](../../book/glossary.md#lstm), three affine maps in place of four. Two additions. The paper resets *before* the product with $U_n$, PyTorch after it, as above. And "similar performance" is a finding, not a law: [Chung et al., 2014](../../book/bibliography.md#chung2014empirical), found both far above the plain unit and neither above the other throughout. [LSTM and GRU](../05_rnn/03_lstm_and_gru.ipynb) has both [GRUs](../../book/glossary.md#gru).

# %% tags=["settles-S0-Q14", "settles-SYS-04"]
def gru_by_loop(x, layer, h):
    W, U, b, b_too = in_rows(layer)
    states = []
    for x_t in x:
        (r, z, n), (r_old, z_old, n_old) = np.split(x_t @ W + b, 3), np.split(h @ U + b_too, 3)
        r, z = logistic(r + r_old), logistic(z + z_old)
        h = (1 - z) * np.tanh(n + r * n_old) + z * h
        states.append(h)
    return np.array(states)

layer, x = torch.nn.GRU(3, 5, dtype=torch.float64), torch.randn(200, 3, dtype=torch.float64)
claim("qseq-gru-loop", "The equations are PyTorch's nn.GRU.", largest_gap(layer(x)[0].detach(), gru_by_loop(x.numpy(), layer, np.zeros(5))), at_most=1e-14)
layer.bias_hh_l0.data[5:10] += 50                                  # the update gate, z = 1
held = np.linspace(-2, 2, 5)
claim("qseq-gru-holds", "With the update gate shut against the new, a state is the same after 200 steps, to the last bit.", largest_gap(gru_by_loop(x.numpy(), layer, held)[-1], held), expected=0.0)
ratios = [torch_size(torch.nn.GRU(*s)) / torch_size(torch.nn.LSTM(*s)) for s in [(3, 5), (100, 20), (256, 256)]]
claim("qseq-gru-ratio", "For any sizes PyTorch's GRU has 3/4 of the LSTM's parameters.", ratios, expected=[0.75] * 3)
claim("qseq-gru-size", "With one bias a map the paper's GRU has 3 H(D + H + 1).", sum(p.size for p in nn.GRU(D, H, reset_after=False, rng=rng).parameters()), expected=3 * elman_size)
_ = card("gru", "GRU", year=2014, paper="cho2014learning", parameters=3 * elman_size,
         idea="One state that two gates mix with a candidate: three quarters of an LSTM.",
         configuration="one layer, the reset before the product, 256 inputs, 256 units, one bias a map")

# %% [markdown]
# **What it does not show:** that a GRU learns as well as an LSTM. That depends on the task, the start and the number of steps.
#
# ### Check yourself · A fair comparison
#
# "With 256 units each, the LSTM beats the GRU, so its extra gate is worth something." Or is it the extra parameters? Give the number of units with which a GRU for 256 inputs comes nearest to the LSTM of the card above, counted by the formulas of the two cards.

# %%
answer = None
exercise("qseq-units", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# The LSTM has $4\cdot256\cdot513$ parameters. $3H(256 + H + 1)$ comes nearest to that for $H = 309$. Compare at equal parameters as well as at equal units, and over several seeds.
#
# </details>

# %% tags=["hide-cell", "solution"]
apart_by = {units: abs(3 * units * (256 + units + 1) - 4 * elman_size) for units in range(256, 513)}
exercise("qseq-units", min(apart_by, key=apart_by.get))

# %% [markdown]
# ## S0-Q15 · What is a Transformer?
#
# A stack of [blocks](../../book/glossary.md#transformer-block) that let all steps of a sequence look at each other by [self-attention](../../book/glossary.md#self-attention) and then pass each step alone through a small network ([Vaswani et al., 2017](../../book/bibliography.md#vaswani2017attention)). In 2017: an [encoder](../../book/glossary.md#encoder-decoder) that reads, a decoder that writes. Nothing recurs, so training works on all steps at once.
#
# The article says that it encodes and decodes *unordered* sequences. The opposite is the aim: word order matters, and as the encoder's blocks are [permutation-equivariant](../../book/glossary.md#permutation-equivariance),
#
# $$\mathrm{blocks}(\Pi X) = \Pi\,\mathrm{blocks}(X),$$
#
# positions are added to its input, so that it *does* see the order. [Heads and positions](../06_attention/03_heads_and_positions.ipynb) and [The block](../06_attention/04_the_block.ipynb) derive it.
#
# The test: write four letters in all 24 orders, average the outputs of two whole blocks over the steps, and count how many different answers come out.

# %% tags=["settles-S0-Q15", "settles-SYS-05", "settles-F14", "settles-X8"]
def answers_to_orders(seed, positions=False, is_causal=False):
    """Return the number of different mean outputs of a random two-block stack for the 24 orders of 4 letters."""
    rng = np.random.default_rng(seed)
    blocks = [nn.TransformerBlock(16, 4, rng=rng, dtype=np.float64) for _ in range(2)]
    x = rng.normal(size=(4, 16))[list(itertools.permutations(range(4)))]         # (24, 4, 16)
    x = Tensor(x + positions * F.sinusoidal_positions(4, 16, dtype=np.float64))
    for block in blocks:
        x = block(x, is_causal=is_causal)
    mean = x.data.mean(1)
    alike = np.abs(mean[:, None] - mean).max(-1) < 1e-9
    return len({*alike.argmax(1)})

seeds = range(3)
claim("qseq-transformer-set", "Without positions: one answer to all 24 orders, in three draws of three.", [answers_to_orders(s) for s in seeds], expected=[1] * 3)
claim("qseq-transformer-order", "With positions added to the letters: 24 answers.", [answers_to_orders(s, positions=True) for s in seeds], expected=[24] * 3)
claim("qseq-transformer-causal", "With a causal mask, as in a decoder, and no positions: 24 as well.", [answers_to_orders(s, is_causal=True) for s in seeds], expected=[24] * 3)

# %% [markdown]
# The last line is the footnote: a [causal mask](../../book/glossary.md#causal-mask) already tells first from last. Now the size of the base model, piece by piece. Table 3 of the paper says 65 million; the vocabulary is given as "about 37 000".

# %% tags=["settles-SYS-05"]
d, d_ff, n_blocks, V = 512, 2048, 6, 37_000
attention_size = 4 * d * d                                         # queries, keys, values, output; no biases in the paper
feed_forward_size = d * d_ff + d_ff + d_ff * d + d
encoder_size = n_blocks * (attention_size + feed_forward_size + 2 * 2 * d)         # two norms, each gain and shift
decoder_size = n_blocks * (2 * attention_size + feed_forward_size + 3 * 2 * d)     # it also looks at the encoder
base_size = V * d + encoder_size + decoder_size                    # one matrix: both embeddings and the output
print(f"words {V * d:,}, encoder {encoder_size:,}, decoder {decoder_size:,}")
twin = torch.nn.Transformer(d, 8, n_blocks, n_blocks, d_ff, batch_first=True, device="meta")
claim("qseq-transformer-torch", "PyTorch's nn.Transformer has the same, four biases for each of 18 attentions, and two last norms.",
      torch_size(twin), expected=encoder_size + decoder_size + 18 * 4 * d + 2 * 2 * d)
claim("qseq-transformer-size", "The formula gives the published 65 million, less 3 %.", base_size / 65e6, expected=0.97, tolerance=0.005)
_ = card("transformer", "Transformer", year=2017, paper="vaswani2017attention", parameters=base_size,
         idea="Steps look at each other by attention; no recurrence, and the order comes in as positions.",
         configuration="base: 6 + 6 blocks of 512, 8 heads, inner width 2048, one matrix of 37 000 words for input, output and scores, no biases in attention, sinusoidal positions")

# %% [markdown]
# The count is 63.0 million. Biases in the attention would add 0.04; the missing two million would be 3 800 more words, so "about 37 000" is the likely place.
#
# **What it does not show:** that a trained Transformer *uses* the order, nor how well it does on longer sequences than it was trained on. Seeing is necessary for both, not sufficient.
#
# ### Check yourself · Shuffled, and changed?
#
# "We shuffled the words, and the output at every place changed; so our model, without positions, is aware of order." Why is this evidence worthless? Write the measurement that is worth something: `order_effect(f, X, order)`, for `X` of shape (T, D) and a function `f` from (T, D) to (T, E): the largest change, in absolute value, of any *word's* output when the words come as `X[order]`.

# %%
def order_effect(f, X, order):
    ...

exercise("qseq-order", order_effect)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Without positions the outputs are shuffled as the words are: each place has another word, so each place has another output. Compare every *word* with itself, `f(X[order])` with `f(X)[order]`. For a model without positions the difference is zero, to rounding.
#
# </details>

# %% tags=["hide-cell", "solution"]
def order_effect_solution(f, X, order):
    return np.abs(f(X[order]) - f(X)[order]).max()       # the same word stands at another place: compare it there

exercise("qseq-order", order_effect_solution)

# %% [markdown]
# ## S0-Q16 · What is attention?
#
# A mechanism by which a network "attends to some parts of the input", says the article; right, and vague. In two steps: a query is compared with all keys, and the answer is the mean of the values with weights that sum to one, by the [softmax](../../book/glossary.md#softmax) of the scores,
#
# $$\mathrm{Attention}(Q, K, V) = \mathrm{softmax}\bigl(QK^\top/\sqrt{d_k}\bigr)\,V.$$
#
# [Attention](../../book/glossary.md#attention) came as a part of a recurrent translator ([Bahdanau, Cho and Bengio, 2015](../../book/bibliography.md#bahdanau2015neural)), with a small network for the comparison; the [scaled dot product](../../book/glossary.md#scaled-dot-product-attention) is by [Vaswani et al., 2017](../../book/bibliography.md#vaswani2017attention). The second article calls it once a kind of network and once an algorithm. It is an operation, as convolution is: networks are built with it. [Attention as a soft look-up](../06_attention/01_soft_lookup.ipynb) and [Self-attention](../06_attention/02_self_attention.ipynb) derive it.

# %% tags=["settles-S0-Q16", "settles-SYS-06", "settles-X7"]
def look_up(Q, K, V):
    """Return the weights (T_q, T_k) and the answers (T_q, d_v)."""
    scores = Q @ K.T / math.sqrt(K.shape[1])
    weights = np.exp(scores - scores.max(1, keepdims=True))
    weights /= weights.sum(1, keepdims=True)
    return weights, weights @ V

off, sums, missed = [], [], []
for seed in range(10):
    draw = np.random.default_rng(seed)
    Q, K, V = draw.normal(size=(3, 8)), draw.normal(size=(6, 8)), draw.normal(size=(6, 2))
    weights, answers = look_up(Q, K, V)
    sums += [*weights.sum(1)]
    off.append(largest_gap(torch.nn.functional.scaled_dot_product_attention(*map(torch.tensor, (Q, K, V))), answers))
    directions = K / np.linalg.norm(K, axis=1, keepdims=True)
    missed.append(largest_gap(look_up(1000 * directions, directions, V)[1], V))
claim("qseq-attention-sums", "Ten draws: the weights of each query sum to one.", sums, expected=[1.0] * 30, tolerance=1e-14)
claim("qseq-attention-torch", "The answers are PyTorch's scaled_dot_product_attention.", max(off), at_most=1e-14)
claim("qseq-attention-table", "Ask with a key itself, loudly: its own value comes back. A dictionary, made soft.", max(missed), at_most=1e-6)

# %%
units, aligned, both_ways = 1000, 1000, 2 * 1000                   # decoder state, inner width, states of two directions
alignment_size = units * aligned + both_ways * aligned + aligned   # W_a, U_a and v_a
claim("qseq-attention-size", "The dot product has no parameters; all of a 2017 layer's, 4 D² + 4 D in PyTorch, are in the maps around it.",
      torch_size(torch.nn.MultiheadAttention(512, 8, device="meta")), expected=attention_size + 4 * 512)
_ = card("attention", "Attention", year=2015, paper="bahdanau2015neural", parameters=alignment_size,
         idea="A query is compared with keys, and gets the mean of the values with the weights that come of it.",
         configuration="the comparing network of 2015: decoder state of 1000, encoder states of 2000, inner width 1000 (the scaled dot product of 2017 has none)")

# %% [markdown]
# **What it does not show:** that a large weight means a large influence. The weights say what share of a value is taken, not what difference the value makes.
#
# ### Check yourself · A weight of 0.9
#
# "The heat map gives word 2 a weight of 0.9; so the answer rests on word 2." The weights are 0.02, 0.9 and 0.08, the values 10, $v$ and 20. Deleting word 2, key and value, lets the other two share the weight in proportion. Why is the heat map alone worthless as evidence? Give the $v$ for which deleting word 2 changes nothing at all.

# %%
answer = None
exercise("qseq-silent", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Without word 2 the answer is $(0.02\cdot10 + 0.08\cdot20)/0.1 = 18$. If $v = 18$, the answer is 18 with the word and without it: a weight of 0.9 and no influence.
#
# </details>

# %% tags=["hide-cell", "solution"]
rest = (0.02 * 10 + 0.08 * 20) / (0.02 + 0.08)       # what is answered without word 2
exercise("qseq-silent", rest)

# %% [markdown]
# ## Sources
#
# [Goodfellow et al., 2014](../../book/bibliography.md#goodfellow2014generative), the game, the best discriminator and the value in section 4 ·
# [Elman, 1990](../../book/bibliography.md#elman1990finding) ·
# [Hochreiter and Schmidhuber, 1997](../../book/bibliography.md#hochreiter1997long), and [Gers, Schmidhuber and Cummins, 2000](../../book/bibliography.md#gers2000learning), the forget gate ·
# [Cho et al., 2014](../../book/bibliography.md#cho2014learning) ·
# [Chung et al., 2014](../../book/bibliography.md#chung2014empirical), the comparison ·
# [Bahdanau, Cho and Bengio, 2015](../../book/bibliography.md#bahdanau2015neural), sizes in appendix A ·
# [Vaswani et al., 2017](../../book/bibliography.md#vaswani2017attention), sizes in table 3.
