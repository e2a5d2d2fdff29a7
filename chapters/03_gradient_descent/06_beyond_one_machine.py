# %% [markdown]
# # Beyond one machine
#
# **After this section** you can split a batch over time or over machines without changing the step, say how large a batch is still worth its price, run data-parallel training
# with two real processes, and count every byte that they exchange.
# *Reading: 35 minutes. Running: about 40 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import os
import runpy
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np

from chainrule import Tensor, data, nn, optim, plotting
from chainrule.nn import functional as F
from chainrule.proof import claim, exercise, parity, same

# %% [markdown]
# ## The question
#
# [Batch, stochastic, mini-batch](02_batches.ipynb) ended with a rule: a larger [batch](../../book/glossary.md#batch-size) allows a longer step, up to a point. But a large batch may not fit into the memory of one device, and looking at it
# takes one device a long time. So it is cut: into parts that come one after another, or into parts that several machines look at together. **Does the step stay the same?**
#
# The smallest example fits on one line. Fit one number $\theta$ to $y = (1, 2, 6)$ with $J_i = (\theta-y_i)^2$; at $\theta = 0$ the [gradients](../../book/glossary.md#gradient) of the samples are $-2, -4, -12$. One machine gets $(1, 2)$, the other $(6)$.
#
# | who | sees | mean gradient |
# |---|---|---|
# | one machine alone | 1, 2, 6 | $-6$ |
# | worker 0 | 1, 2 | $-3$ |
# | worker 1 | 6 | $-12$ |
#
# **On paper:** the mean of the two workers' gradients is $-7.5$. What should they have done to find $-6$?

# %%
three = np.array([1.0, 2.0, 6.0])


def mean_slope(theta, part):
    """Return the gradient of the mean of (θ - y)² over a part."""
    return 2 * (theta - part).mean()


halves = [three[:2], three[2:]]
by_size = sum(len(part) / 3 * mean_slope(0.0, part) for part in halves)
unweighted = np.mean([mean_slope(0.0, part) for part in halves])
claim("scale-paper", "Weighed by their sizes the parts give the whole, -6; their plain mean is -7.5.",
      [mean_slope(0.0, three), by_size, unweighted], expected=[-6.0, -6.0, -7.5], tolerance=1e-12)

# %% [markdown]
# | symbol | meaning |
# |---|---|
# | $B$ | samples in a batch, all parts together |
# | $K$ | parts of the batch that come one after another |
# | $N$ | workers, processes that work at the same time |
# | $B_k$, $g_k$ | samples of part $k$ and the gradient of their mean loss |
# | $P$ | [parameters](../../book/glossary.md#parameter) of the model |
# | $\tau$ | age of a gradient when it is used, in steps |
#
# Everything in this section rests on one identity. A mean over a batch is a mean over its parts, each weighed by its share:
#
# $$g \;=\; \frac1B\sum_{i}\nabla J_i \;=\; \sum_{k}\frac{B_k}{B}\,g_k .$$
#
# Read aloud: *the large gradient is the sum of the small ones, each times its share of the samples.*
#
# ## One machine, many parts
#
# When the batch does not fit, we cut it into microbatches and call `backward` for each *before* the step. Gradients [add up](../02_backprop/03_by_hand.ipynb) in `.grad`, so nothing else is needed: this is
# **[gradient accumulation](../../book/glossary.md#gradient-accumulation)**. The model is a network 64-16-10 on the digits, 1 210 parameters.

# %%
digits = data.digits(dtype=np.float64)
x_all, y_all = digits.train
m = len(x_all)
rng = np.random.default_rng(7)
start = [rng.normal(0, 0.125, (64, 16)), np.zeros(16), rng.normal(0, 0.25, (16, 10)), np.zeros(10)]


def small_network(*between):
    """Return the network 64-16-10 with the weights `start`; `between` are layers after the first."""
    first, last = (nn.Linear(*size, rng=np.random.default_rng(0), dtype=np.float64) for size in ((64, 16), (16, 10)))
    for p, value in zip([*first.parameters(), *last.parameters()], start):
        p.data[...] = value
    return nn.Sequential(first, *between, nn.Tanh(), last)


def accumulated(parts, shares, *between):
    """Return what stands in .grad after one backward pass for each part, (P,)."""
    model = small_network(*between)
    for rows, share in zip(parts, shares):
        (F.cross_entropy(model(Tensor(x_all[rows])), y_all[rows]) * share).backward()
    return np.concatenate([p.grad.ravel() for p in model.parameters()])


def off(g, right):
    return np.linalg.norm(g - right) / np.linalg.norm(right)


# %%
batch = np.random.default_rng(1).permutation(m)[:256]
whole = accumulated([batch], [1.0])
quarters = np.split(batch, 4)
claim("scale-accumulate", "Four microbatches of 64, each loss times one quarter, give the gradient of 256 to rounding.",
      off(accumulated(quarters, [0.25] * 4), whole), at_most=1e-14)
claim("scale-accumulate-sum", "Forget the quarter, and the gradient is four times too long.",
      off(accumulated(quarters, [1.0] * 4), 4 * whole), at_most=1e-14)

# %% [markdown]
# > **Misconception.** Accumulating the gradients of mean losses always gives the gradient of the large batch.
#
# It does when all parts have the same size. They seldom do: the last part is smaller, sentences differ in length, some targets are masked. A part of one sample with the share $1/K$ shouts as loud as a part of a hundred. Let 256 be
# 85 + 85 + 85 + 1 and **predict** how wrong the plain mean of the four gradients is.

# %%
unequal = np.split(batch, [85, 170, 255])
errors_plain = [off(accumulated(np.split(rows, [85, 170, 255]), [0.25] * 4), accumulated([rows], [1.0]))
                for rows in (np.random.default_rng(seed).permutation(m)[:256] for seed in range(5))]
print("plain mean off by", *(f"{100 * e:.0f} %" for e in errors_plain))
claim("scale-unequal", "With parts of 85, 85, 85 and 1, each times its share of the samples, the gradient is right to rounding.",
      off(accumulated(unequal, [len(rows) / 256 for rows in unequal]), whole), at_most=1e-14)
claim("scale-unequal-plain", "Their plain mean is wrong by over half the length of the gradient, in each of five batches.", min(errors_plain), at_least=0.5)

# %% [markdown]
# Two things hide such mistakes. The first is the optimiser. **Predict:** the gradient is four times too long because someone forgot to divide. What does [Adam](../../book/glossary.md#adam) do about it?

# %%
def after_steps(optimizer_class, factor, n_steps=20, **settings):
    """Return all parameters after some steps with gradients `factor` times too long."""
    model = small_network()
    optimizer = optimizer_class(model.parameters(), **settings)
    for step in range(n_steps):
        rows = batch[step * 12 : step * 12 + 12]
        optimizer.zero_grad()
        (F.cross_entropy(model(Tensor(x_all[rows])), y_all[rows]) * factor).backward()
        optimizer.step()
    return np.concatenate([p.data.ravel() for p in model.parameters()])


# %%
origin = np.concatenate([p.ravel() for p in start])
moved = {cls.__name__: [after_steps(cls, factor, lr=lr) - origin for factor in (1.0, 4.0)] for cls, lr in [(optim.SGD, 0.1), (optim.Adam, 0.01)]}
for name, (right, wrong) in moved.items():
    print(f"{name:4s} with a gradient four times too long ends elsewhere by {100 * off(wrong, right):.3f} % of its way")
claim("scale-adam-blind", "Adam walks the same way, to one part in a thousand: it divides the factor out again.", off(moved["Adam"][1], moved["Adam"][0]), at_most=1e-3)
claim("scale-sgd-feels", "SGD goes elsewhere: by more than the whole length of its way.", off(moved["SGD"][1], moved["SGD"][0]), at_least=1.0)

# %% [markdown]
# So a wrong *factor* goes unseen under Adam, and would not matter there; a wrong *weighting* goes unseen, too, and does.
#
# The second is any layer that looks across the batch. The identity needs a loss that is a mean over samples, each by itself. [Batch normalisation](../../book/glossary.md#batch-normalization) takes mean and variance *of the part*, so a sample's loss depends
# on its neighbours, and no weighting brings the large batch back.

# %%
def with_norm(n_parts):
    """Return the gradient of the batch of 256 in equal parts, for the network with batch normalisation."""
    return accumulated(np.split(batch, n_parts), [1 / n_parts] * n_parts, nn.BatchNorm1d(16, dtype=np.float64))


gaps_norm = {len(batch) // n: off(with_norm(n), with_norm(1)) for n in (4, 16, 64)}
print("  ".join(f"parts of {size}: off by {100 * gap:.1f} %" for size, gap in gaps_norm.items()))
claim("scale-batch-norm", "With batch normalisation, microbatches of 16 miss the gradient of the batch by more than 5 %.", gaps_norm[16], at_least=0.05)
claim("scale-batch-norm-size", "The smaller the part, the larger the gap.", np.all(np.diff(list(gaps_norm.values())) > 0).item(), expected=True)

# %% [markdown]
# The same holds for machines: data-parallel training normalises by each worker's own part, unless the layer is replaced by one that exchanges its statistics (`SyncBatchNorm`). [Layer normalisation](../../book/glossary.md#layer-normalization) looks at one sample at a time and has no such trouble.
#
# ## How large is worth it?
#
# Suppose that the batch may be as large as we like. Then how large? A batch gradient is the true gradient $G$ plus noise of [variance](../../book/glossary.md#variance) $\operatorname{tr}\Sigma/B$. A step has its best length where what it gains along $G$ and what it
# loses to curvature and noise balance, and for a quadratic loss with Hessian $H$ the gain of the best step is ([McCandlish et al., 2018](../../book/bibliography.md#mccandlish2018empirical))
#
# $$\Delta(B) = \frac{\Delta_{\max}}{1 + \mathcal B/B}, \qquad\text{with}\qquad \mathcal B = \frac{\operatorname{tr}\Sigma}{\lVert G\rVert^2} \quad\text{where all directions are equally curved.}$$
#
# $\mathcal B$ is the **[gradient noise scale](../../book/glossary.md#gradient-noise-scale)**: *the batch size at which noise and signal are equal.* Well below it, doubling the batch nearly halves the steps. Well above it, doubling the batch
# doubles the bill and saves nothing. Over a whole training this predicts
#
# $$\text{steps}(B) = S_{\min}\Bigl(1 + \frac{B_{\text{crit}}}{B}\Bigr), \qquad \text{samples}(B) = S_{\min}\,(B + B_{\text{crit}}),$$
#
# with the **[critical batch size](../../book/glossary.md#critical-batch-size)** as the place where we pay twice the least steps and twice the least samples. We measure both, on softmax regression as in the section on batches, with samples drawn
# afresh each time. First the steps to a training loss of 1.0, 0.5 and 0.35, each batch size with the best of several [learning rates](../../book/glossary.md#learning-rate), a factor of two apart, three seeds each.

# %%
X, Y = np.c_[x_all, np.ones(m)], data.one_hot(y_all, 10).astype(np.float64)


def class_shares(W, X):
    scores = X @ W
    scores = np.exp(scores - scores.max(1, keepdims=True))
    return scores / scores.sum(1, keepdims=True)


def linear_gradient(W, rows):
    """Return the gradient of the mean cross-entropy over `rows`, (65, 10)."""
    return X[rows].T @ (class_shares(W, X[rows]) - Y[rows]) / len(rows)


def linear_loss(W):
    return -np.log((class_shares(W, X) * Y).sum(1)).mean()


targets = np.array([1.0, 0.5, 0.35])


def steps_to_losses(B, eta, seed, limit=800):
    """Return the steps until the training loss is below each target, or infinity; small batches are looked at every few steps."""
    rng, W, every, reached = np.random.default_rng(seed), np.zeros((65, 10)), max(1, 16 // B), np.full(3, np.inf)
    for step in range(1, limit + 1):
        W = W - eta * linear_gradient(W, rng.integers(m, size=B))
        if step % every == 0:
            reached[(linear_loss(W) < targets) & np.isinf(reached)] = step
            if np.isfinite(reached).all():
                break
    return reached


# %%
batch_sizes = np.array([1, 2, 4, 8, 16, 32, 64, 128, 512])
best_steps, best_rates = [], []
for B in batch_sizes.tolist():
    rates = 2.0 ** np.arange(-2, 3) if B < 8 else 2.0 ** np.arange(0, 4) if B < 64 else 2.0 ** np.arange(1, 4)
    tried = np.array([np.mean([steps_to_losses(B, eta, seed) for seed in range(3)], axis=0) for eta in rates])     # (rates, targets)
    best_steps.append(tried.min(0))
    best_rates.append(rates[tried.argmin(0)])
best_steps, best_rates = np.array(best_steps), np.array(best_rates)

# %%
laws = [np.linalg.lstsq(np.c_[1 / s, 1 / s / batch_sizes], np.ones(len(s)), rcond=None)[0] for s in best_steps.T]    # (S_min, S_min · B_crit)
critical = np.array([product / least for least, product in laws])
for B, s, eta in zip(batch_sizes, best_steps[:, 1], best_rates[:, 1]):
    print(f"B = {B:4d}  steps to 0.5: {s:4.0f}  samples {s * B:6.0f}  best η = {eta:g}")
print("B_crit:", *(f"{c:.1f} for a loss of {t}" for c, t in zip(critical, targets)))
law_of_05 = laws[1][0] + laws[1][1] / batch_sizes
claim("scale-law", "Two fitted numbers give the steps of all nine batch sizes, from 1 to 512, within 25 %.",
      best_steps[:, 1] / law_of_05, expected=np.ones(9), tolerance=0.25)
claim("scale-free-doubling", "From B = 1 to 4 the steps fall by a factor of nearly four: the samples cost nothing extra.", best_steps[0, 1] / best_steps[2, 1], at_least=3.0)
claim("scale-wasted", "From B = 64 to 512, eight times the work, they fall by less than a third.", best_steps[6, 1] / best_steps[8, 1], at_most=1.5)
claim("scale-rate-ends", "And the best learning rate, which grew at least fourfold from B = 1 to 16, no more than doubles from 64 to 512.",
      [best_rates[4, 1] / best_rates[0, 1] >= 4, best_rates[8, 1] / best_rates[6, 1] <= 2], expected=[True, True])

# %% mystnb={"image": {"alt": "Steps to a training loss of 0.5 against batch size, both logarithmic. The measured points fall with slope minus one up to a batch of about eight, bend, and run level from 64 on; the fitted curve goes through them."}}
_ = plotting.curves({"measured, best learning rate": (batch_sizes, best_steps[:, 1]), "$S_{min}(1 + B_{crit}/B)$": (batch_sizes, law_of_05)}, logx=True, logy=True,
                    labels="legend", title="Larger batches save steps until they do not", xlabel="batch size", ylabel="steps to a loss of 0.5")

# %% [markdown]
# That is the curve of [Shallue et al., 2019](../../book/bibliography.md#shallue2019measuring), who found it for every model that they tried, with bends at very different batch sizes. [Goyal et al., 2017](../../book/bibliography.md#goyal2017accurate), stayed on its straight part up to
# 8 192 images: $\eta \propto B$, with the rate warmed up over the first epochs since the surface is steepest there ([Schedules](05_schedules.ipynb)). Where does the bend lie? The noise scale should tell, and it is measured from gradients alone.
# Workers that average their gradients have what it takes: the mean squared length of their own gradients exceeds that of the average by $(\frac1b - \frac1{Nb})\operatorname{tr}\Sigma$.


# %%
def noise_scale(W):
    """Return tr Σ / |G|² at W, over all samples."""
    residual = class_shares(W, X) - Y
    G = X.T @ residual / m
    lengths = (X**2).sum(1) * (residual**2).sum(1)                 # |g_i|² of every sample, (m,)
    return lengths.mean() / (G**2).sum() - 1


W, on_way = np.zeros((65, 10)), {}
for target in (2.3, *targets):
    while linear_loss(W) > target:
        W = W - 0.5 * linear_gradient(W, np.arange(m))
    on_way[target] = noise_scale(W), W
print("noise scale:", *(f"{scale:.0f} at a loss of {target}" for target, (scale, _) in on_way.items()))


def estimated_scale(W, n_workers=8, own=16, n_steps=200, seed=0):
    """Return the noise scale from what N workers know anyway: the lengths of their gradients and of the mean."""
    rng, squares = np.random.default_rng(seed), []
    for _ in range(n_steps):
        each = np.array([linear_gradient(W, rng.integers(m, size=own)) for _ in range(n_workers)])
        squares.append([(each**2).sum((1, 2)).mean(), (each.mean(0) ** 2).sum()])
    small, large = np.mean(squares, axis=0)
    noise = (small - large) / (1 / own - 1 / (n_workers * own))
    return noise / (large - noise / (n_workers * own))


# %%
estimates = {t: estimated_scale(W) for t, (_, W) in on_way.items()}
claim("scale-estimate", "The estimate from eight workers is within 40 % of the noise scale over all samples, at four points of the training.",
      [estimates[t] / scale for t, (scale, _) in on_way.items()], expected=np.ones(4), tolerance=0.4)
claim("scale-noise-rises", "The noise scale grows at least fivefold on the way from 2.3 to 0.35: late in training larger batches pay.",
      on_way[0.35][0] / on_way[2.3][0], at_least=5.0)
claim("scale-critical-rises", "So does the measured critical batch size, from a loss of 1.0 to 0.35.", critical[2] / critical[0], at_least=1.2)
claim("scale-noise-too-high", "But the noise scale is more than eight times as large as the critical batch size, at each of the three losses.",
      min(on_way[t][0] / c for t, c in zip(targets, critical)), at_least=8.0)

# %% [markdown]
# Right in direction, wrong in size, on this problem by an order of magnitude. The formula asks what the *next* step gains and takes all directions for equally curved. Over many steps the noise of one step is partly undone by the following
# ones, most of all in the steep directions, so smaller batches do better than it says. Use the noise scale to see *how the useful batch size changes*, and a short scan to find where it lies.

# %% [markdown]
# ## Many machines, one step
#
# Now the parts of a batch are looked at *at the same time*. **[Data parallelism](../../book/glossary.md#data-parallelism)**: $N$ workers hold the same model and different samples. In each step
#
# 1. every worker computes the gradient of its part,
# 2. all exchange gradients, so that each ends up with the mean: an **[all-reduce](../../book/glossary.md#all-reduce)**,
# 3. every worker takes the same [optimiser](../../book/glossary.md#optimizer) step, by itself.
#
# The models start equal and take equal steps, so they stay equal, and nobody ever sends a parameter. Next to nothing has to be invented for it: PyTorch brings `torch.distributed`, which on processors communicates through a library called gloo and on GPUs through
# NCCL. One starts $N$ processes, each running *the same script*, and each learns from its environment which one it is, its *rank*. `torchrun` does the starting.
#
# We write such a script, run it with two processes as you would from a shell, and read back what they found. The data, the weights and 100 batches of 32 are handed over in a file.

# %%
rng = np.random.default_rng(7)
batch_rows = np.concatenate([rng.permutation(m)[: 44 * 32].reshape(44, 32) for _ in range(3)])[:100]      # (100, 32)
np.savez("given.npz", x=x_all, y=y_all, rows=batch_rows, **{f"p{k}": p for k, p in enumerate(start)})

script = '''
import faulthandler
import numpy as np
import torch
import torch.distributed as dist
from torch.distributed.algorithms.ddp_comm_hooks.default_hooks import allreduce_hook
from torch.nn.parallel import DistributedDataParallel

faulthandler.dump_traceback_later(100, exit=True)     # no worker outlives a hang
dist.init_process_group("gloo")                       # torchrun has put address and rank into the environment
rank, n = dist.get_rank(), dist.get_world_size()
given = np.load("given.npz")
x, y = torch.tensor(given["x"]), torch.tensor(given["y"])

class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.p = torch.nn.ParameterList(torch.nn.Parameter(torch.tensor(given[f"p{k}"])) for k in range(4))

    def forward(self, x):
        return torch.tanh(x @ self.p[0] + self.p[1]) @ self.p[2] + self.p[3]
'''

# %% [markdown]
# Data parallelism by hand takes two lines, in `all_mean`: a share, and a sum over all processes that arrives in all of them. Every second sample of a batch is *mine*.

# %%
script += '''
def gradient(model, rows):
    """Return the gradient of the mean loss over `rows`, flat."""
    model.zero_grad()
    torch.nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
    return torch.cat([p.grad.ravel() for p in model.parameters()])

def all_mean(tensor, share=1 / n):
    tensor = tensor.detach() * share
    dist.all_reduce(tensor)                            # the sum over all processes, in all of them
    return tensor

batch = given["rows"][0]
mine, cut = batch[rank::n], batch[:20] if rank == 0 else batch[20:]
found = {"alone": gradient(Network(), mine), "by_hand": all_mean(gradient(Network(), mine)),
         "summed": all_mean(gradient(Network(), mine), share=1.0),
         "cut_plain": all_mean(gradient(Network(), cut)),
         "cut_by_size": all_mean(gradient(Network(), cut), share=len(cut) / len(batch)),
         "output": Network()(x[mine]).detach()}
'''

# %% [markdown]
# PyTorch's `DistributedDataParallel`, DDP for short, wraps a model and does the same from inside `backward`: while the gradients of the first layers are still being computed, those of the last are already on their way. A *communication hook* stands where
# the sending happens; ours counts bytes and passes on. Then 100 steps of training.

# %%
script += '''
sent = []

def count(state, bucket):
    sent.append(bucket.buffer().nbytes)
    return allreduce_hook(state, bucket)

model = DistributedDataParallel(Network())
model.register_comm_hook(None, count)
found["ddp"] = gradient(model, mine)
sgd, losses, replicas = torch.optim.SGD(model.parameters(), lr=0.5), [], []
for rows in given["rows"]:
    loss = torch.nn.functional.cross_entropy(model(x[rows[rank::n]]), y[rows[rank::n]])
    sgd.zero_grad()
    loss.backward()                                    # leaves the mean gradient of all processes
    sgd.step()
    losses.append(all_mean(loss))
found |= {"path": torch.stack(losses), "sent": torch.tensor(sent[1:]), "end": torch.cat([p.detach().ravel() for p in model.parameters()])}
'''

# %% [markdown]
# Two more experiments. What if the copies are not equal: worker 1 adds 1 to a bias and nobody tells worker 0? And how often does DDP send when a batch is also accumulated over four microbatches, with and without `no_sync`?

# %%
script += '''
model = DistributedDataParallel(Network())
model.register_comm_hook(None, count)
with torch.no_grad():
    model.module.p[3].add_(rank)                       # worker 1 differs by 1
sgd = torch.optim.SGD(model.parameters(), lr=0.5)
gradient(model, mine)
sgd.step()
found["biases"] = model.module.p[3].detach()

from contextlib import nullcontext
for name, quiet in [("every", nullcontext), ("last", model.no_sync)]:
    sent.clear()
    for k, part in enumerate(np.split(mine, 4)):
        with quiet() if k < 3 else nullcontext():
            (torch.nn.functional.cross_entropy(model(x[part]), y[part]) / 4).backward()
    found[name] = torch.tensor(len(sent))
np.savez(f"rank{rank}.npz", **found)
if rank == 0:
    print(f"{n} processes, {len(losses)} steps")
dist.destroy_process_group()
'''
n_characters = Path("two_workers.py").write_text(script, encoding="utf-8")
print(len(script.splitlines()), "lines")

# %% [markdown]
# From a shell one would now type
#
# ```
# torchrun --standalone --nproc_per_node=2 two_workers.py
# ```
#
# and so do we, with three precautions: `python -m torch.distributed.run` is the same program and finds the Python that runs this notebook; `--local-addr=127.0.0.1` keeps the talk inside the machine, whatever its name resolves to; and a process that starts others needs a time limit. A worker that
# waits for a message that never comes waits for ever: the commonest failure of distributed programs is silence.

# %%
def launch(script, n_processes, seconds=150):
    """Run a script under torchrun; return what it printed, or raise an error that says what went wrong."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--local-addr=127.0.0.1", f"--nproc_per_node={n_processes}", script]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
                               env=os.environ | {"OMP_NUM_THREADS": "1"}, start_new_session=True)
    try:
        out, errors = process.communicate(timeout=seconds)
    except BaseException as problem:
        process.terminate()                            # torchrun passes it on to its workers
        try:
            process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)     # torchrun itself; its workers have their own alarm
        if isinstance(problem, subprocess.TimeoutExpired):
            raise TimeoutError(f"{script} did not end within {seconds} seconds and was stopped") from None
        raise
    if process.returncode:
        raise RuntimeError(f"{script} ended with status {process.returncode}:\n{errors[:3000]}")
    return out


print(launch("two_workers.py", 2), end="")
workers = [dict(np.load(f"rank{rank}.npz")) for rank in range(2)]

# %% [markdown]
# Two processes have trained, each on its half of every batch, and left what they saw. Is it what one process sees?

# %%
def alone(rows):
    """Return the gradient of the mean loss over `rows`, by the engine, in one process."""
    return accumulated([rows], [1.0])


first = batch_rows[0]
reference = alone(first)
claim("scale-two-processes", "The gradient that two processes averaged by hand is that of one process, to 1e-14.",
      max(np.abs(w["by_hand"] - reference).max() for w in workers), at_most=1e-14)
claim("scale-ddp", "So is DDP's.", max(np.abs(w["ddp"] - reference).max() for w in workers), at_most=1e-14)
claim("scale-own-half", "Neither worker could have found it alone: its own half is off by more than a fifth.",
      min(off(w["alone"], reference) for w in workers), at_least=0.2)
claim("scale-replicas", "After 100 steps the two copies are equal to the last bit.", np.array_equal(workers[0]["end"], workers[1]["end"]), expected=True)

# %% [markdown]
# > **Misconception.** DDP averages the parameters of its workers.
#
# It averages *gradients*. The copies are made equal once, when the model is wrapped, and afterwards only remain so. The experiment above shows it: worker 1 moved one bias vector by 1, DDP ran a step, and nobody noticed. Averaging parameters is another method, and the two agree only for one step of plain SGD.

# %%
claim("scale-no-averaging", "After the step the biases of the two workers still differ by 1: nothing has been averaged, nothing repaired.",
      workers[1]["biases"] - workers[0]["biases"], expected=np.ones(10), tolerance=1e-12)


def averaged_parameters(optimizer_class, n_steps, **settings):
    """Return the parameters after steps on averaged gradients, and the average of two workers' that step alone."""
    ends = []
    for splits in ([slice(None)], [slice(0, None, 2), slice(1, None, 2)]):
        models = [small_network() for _ in splits]
        optimizers = [optimizer_class(model.parameters(), **settings) for model in models]
        for rows in batch_rows[:n_steps]:
            for model, optimizer, split in zip(models, optimizers, splits):
                optimizer.zero_grad()
                F.cross_entropy(model(Tensor(x_all[rows[split]])), y_all[rows[split]]).backward()
                optimizer.step()
        ends.append(np.mean([np.concatenate([p.data.ravel() for p in model.parameters()]) for model in models], axis=0) - origin)
    return off(ends[1], ends[0])


claim("scale-average-sgd", "For one step of plain SGD the average of the parameters is the step on the average.", averaged_parameters(optim.SGD, 1, lr=0.5), at_most=1e-12)
claim("scale-average-adam", "For one step of Adam it is off by more than 5 %, for ten steps of SGD by more than 1 %.",
      [averaged_parameters(optim.Adam, 1, lr=0.01) > 0.05, averaged_parameters(optim.SGD, 10, lr=0.5) > 0.01], expected=[True, True])

# %% [markdown]
# Averaging parameters every so many steps saves messages and is a method of its own, called local SGD. It is not the large batch.
#
# ## Sum or mean, and uneven parts
#
# `all_reduce` adds. Whether the result is the gradient of the large batch depends on the share that each worker applies *before*; the mistakes are those of accumulation. The script tried three: no share at all, a batch cut into 20 and 12 with the share $\frac12$, and the same with the share $B_k/B$.

# %%
found = workers[0]
print(f"20 + 12 samples, share 1/2: off by {100 * off(found['cut_plain'], reference):.0f} %")
claim("scale-sum", "The plain sum is twice the gradient: the learning rate has silently doubled.", off(found["summed"], 2 * reference), at_most=1e-14)
claim("scale-uneven", "Uneven parts with the share one half are off by more than 5 %.", off(found["cut_plain"], reference), at_least=0.05)
claim("scale-uneven-right", "With the share of the samples they are right to rounding.", off(found["cut_by_size"], reference), at_most=1e-14)

# %% [markdown]
# DDP always takes the share $1/N$. So whoever uses it sees to it that all parts are of one size: PyTorch's `DistributedSampler` deals the data out like cards, and if they do not come out even it deals some samples twice. An uneven *number of batches* is
# worse than an uneven size: the worker that is done leaves, the others wait for its part of the sum.
#
# > **Misconception.** Twice the workers, everything else unchanged, gives the same result per epoch, only sooner.
#
# If each worker keeps its batch of 32, the batch doubles and the number of updates halves. **Predict** the loss after five epochs with 1, 2, 4 and 16 workers at the same learning rate, and at $N$ times the rate.

# %%
def epochs_with(n_workers, eta, epochs=5, seed=0):
    """Return the training loss of softmax regression with batches of 16 for each worker."""
    rng, W, B = np.random.default_rng(seed), np.zeros((65, 10)), 16 * n_workers
    for _ in range(epochs):
        for rows in np.array_split(rng.permutation(m), m // B):
            W = W - eta * linear_gradient(W, rows)
    return linear_loss(W)


by_workers = {n: np.array([[epochs_with(n, eta, seed=seed) for eta in (0.1, 0.1 * n)] for seed in range(3)]).mean(0) for n in (1, 2, 4, 16)}
for n, (same_rate, scaled_rate) in by_workers.items():
    print(f"{n:2d} workers: loss {same_rate:.3f} at η = 0.1, {scaled_rate:.3f} at η = {0.1 * n:.1f}")
claim("scale-same-rate", "At the same rate sixteen workers end an epoch count of five with a loss over three times as high as one.", by_workers[16][0] / by_workers[1][0], at_least=3.0)
claim("scale-linear", "With the rate scaled, two and four workers end within 5 % of one.", [by_workers[n][1] / by_workers[1][1] for n in (2, 4)], expected=[1.0, 1.0], tolerance=0.05)

# %% [markdown]
# ## What is sent
#
# Each step moves one gradient: $P$ numbers, whatever the batch. For our 1 210 parameters in float64 that is 9 680 bytes, and the hook has counted them.

# %%
claim("scale-bytes", "In each of 100 steps each worker hands 1 210 numbers of 8 bytes over to be summed.",
      np.unique(found["sent"][:100]), expected=np.array([1210 * 8]))
claim("scale-no-sync", "Four accumulated microbatches are sent four times, or once if the first three run under `no_sync`.", [int(found["every"]), int(found["last"])], expected=[4, 1])

# %% [markdown]
# How do $N$ workers add $N$ vectors? If all send theirs to one *server* that sends back the sum, the server's wire carries $2NP$ numbers and is the bottleneck. The **ring** has no such place ([Patarasuk and Yuan, 2009](../../book/bibliography.md#patarasuk2009bandwidth)). Cut each vector into $N$ chunks. In each of
# $N-1$ rounds every worker passes one chunk to its neighbour, who adds its own; then each worker owns one finished chunk, and $N-1$ more rounds pass the finished chunks around. With $N = 3$, $a, b, c$ the workers' vectors:
#
# | after round | worker 0 holds | worker 1 holds | worker 2 holds |
# |---|---|---|---|
# | start | $a_0\ \ a_1\ \ a_2$ | $b_0\ \ b_1\ \ b_2$ | $c_0\ \ c_1\ \ c_2$ |
# | 1 | $\cdot\ \ \cdot\ \ c_2{+}a_2$ | $a_0{+}b_0\ \ \cdot\ \ \cdot$ | $\cdot\ \ b_1{+}c_1\ \ \cdot$ |
# | 2 | $\cdot\ \ \Sigma_1\ \ \cdot$ | $\cdot\ \ \cdot\ \ \Sigma_2$ | $\Sigma_0\ \ \cdot\ \ \cdot$ |
# | 3, 4 | $\Sigma_0\ \ \Sigma_1\ \ \Sigma_2$ | $\Sigma_0\ \ \Sigma_1\ \ \Sigma_2$ | $\Sigma_0\ \ \Sigma_1\ \ \Sigma_2$ |

# %%
def ring_all_reduce(vectors):
    """Return (what each worker holds in the end, numbers sent by each worker); `vectors` is a list of N arrays (P,)."""
    n = len(vectors)
    held, sent = [np.array_split(v, n) for v in vectors], np.zeros(n, dtype=int)
    for gathering in (False, True):
        for turn in range(n - 1):
            passed = [(i, (i - turn + gathering) % n) for i in range(n)]          # worker i passes chunk k on
            pieces = [held[i][k] for i, k in passed]                              # all at the same time
            for (i, k), piece in zip(passed, pieces):
                right = (i + 1) % n
                held[right][k] = piece if gathering else piece + held[right][k]
                sent[i] += piece.size
    return [np.concatenate(chunks) for chunks in held], sent


rng = np.random.default_rng(0)
whole_numbers = [rng.integers(-1000, 1000, size=1200).astype(float) for _ in range(8)]
sums, sent = ring_all_reduce(whole_numbers)
claim("scale-ring-exact", "Eight workers end with the sum of their vectors, exactly.", all(np.array_equal(s, np.sum(whole_numbers, axis=0)) for s in sums), expected=True)
claim("scale-ring-sent", "Each has sent 2(N-1)/N · P = 2 100 numbers.", np.unique(sent), expected=np.array([2100]))

# %% [markdown]
# With real numbers the sum depends on the [order of the additions](02_batches.ipynb), and the ring adds each chunk in an order of its own. What must not happen is that workers get *different* roundings, for then the copies would drift apart.

# %%
gradients_8 = [alone(rows) for rows in np.split(batch, 8)]
sums, sent = ring_all_reduce(gradients_8)
claim("scale-ring-same-bits", "All eight workers hold the same bits: each chunk is summed once, and copied.", all(np.array_equal(s, sums[0]) for s in sums), expected=True)
claim("scale-ring-rounding", "A different order of additions shows: some entries differ from the plain sum, by rounding.",
      [bool((sums[0] != sum(gradients_8)).any()), bool(np.abs(sums[0] - sum(gradients_8)).max() < 1e-14)], expected=[True, True])
same("ring all-reduce is the sum, for any number of workers and any length", lambda *v: sum(v), lambda *v: ring_all_reduce(v)[0][-1],
     [tuple(rng.normal(size=length) for _ in range(n)) for n, length in [(2, 7), (3, 3), (5, 16), (7, 4)]])

# %% mystnb={"image": {"alt": "Numbers through the busiest wire, in units of P, against the number of workers from 2 to 64, logarithmic upwards. The server's line rises in proportion to the workers up to 128; the ring's stays between one and two."}}
counts = np.array([2, 4, 8, 16, 32, 64])
ring_sent = [ring_all_reduce([np.zeros(640)] * n)[1].max() / 640 for n in counts]
_ = plotting.curves({"server": (counts, 2 * counts), "ring": (counts, ring_sent)}, logy=True, title="In a ring nobody sends more than two gradients",
                    xlabel="workers", ylabel="sent over the busiest wire, in P")

# %% [markdown]
# ## What it gains
#
# > **Misconception.** Two workers halve the time.
#
# They halve the *work of each*. What is sent is not halved. With $c$ seconds of computing for a batch on one worker, a message of $V$ bytes and wires of $w$ bytes a second, a step takes
#
# $$t(N) = \frac cN + \frac{2(N-1)}{N}\,\frac Vw .$$
#
# The second term grows to $2V/w$, and no number of workers brings the step below it: the argument of [Amdahl, 1967](../../book/bibliography.md#amdahl1967validity), with communication for the part that cannot be shared. Take 25 million parameters in float32, so 100 MB; a batch that
# takes one worker 0.3 s; and wires of 10 Gbit/s, that is 1.25 GB/s. **Predict** the speed-up of two workers, and of 64.

# %%
def step_time(n, compute=0.3, message=100e6, wire=1.25e9, overlap=False, constant_part=False):
    """Return the seconds of a step on n workers; with `constant_part` every worker keeps a part of the size of the whole batch."""
    computing = compute if constant_part else compute / n
    sending = 2 * (n - 1) / n * message / wire
    return np.maximum(computing, sending) if overlap else computing + sending


gains = {n: step_time(1) / step_time(n) for n in (2, 8, 64, 10**6)}
print("  ".join(f"{n} workers: {gain:.2f} times as fast" for n, gain in gains.items()))
claim("scale-two-workers", "Two workers are 1.3 times as fast as one, not twice.", gains[2], expected=1.304, tolerance=1e-3)
claim("scale-amdahl", "However many there are, they stay below c / (2V/w) = 1.875.", gains[10**6], expected=1.875, tolerance=1e-4)
kept = step_time(1) / step_time(64, constant_part=True)
hidden = [step_time(1) / step_time(n, overlap=True) for n in (2, 4, 64)]
claim("scale-overlap", "If all sending hides behind computing, two workers do halve the time, four reach 2.5, and sixty-four are back below two.",
      hidden, expected=[2.0, 2.5, 1.905], tolerance=1e-3)
claim("scale-weak", "If each of 64 keeps a batch of its own, so that the batch grows, 66 % of the computing power arrives.", kept, expected=0.66, tolerance=0.01)

# %% mystnb={"image": {"alt": "Speed-up against the number of workers from 1 to 256, both logarithmic, against the ideal diagonal. One batch cut into ever smaller parts levels off below two; with overlap it follows the ideal up to two workers, peaks at four and falls back to the same level; with a part of constant size for each worker the line runs parallel to the ideal at two thirds of it."}}
counts = 2 ** np.arange(9)
_ = plotting.curves({"ideal": (counts, counts), "batch grows with N": (counts, counts * step_time(1) / step_time(counts, constant_part=True)),
                     "batch fixed": (counts, step_time(1) / step_time(counts)), "fixed, overlapped": (counts, step_time(1) / step_time(counts, overlap=True))},
                    logx=True, logy=True, labels="legend", title="Sending bounds the speed-up unless the batch grows", xlabel="workers", ylabel="samples a second, one worker = 1")

# %% [markdown]
# The overlapped line is the best case, sending that costs nothing while there is something to compute. It saves two workers and not eight.
#
# So everything pushes towards large batches, where computing outweighs sending. And there the critical batch size waits: samples a second are not progress. Put the two together, time to the target $= \text{steps}(B)\cdot t(N)$, with our fitted curve for
# the steps and one sample for each worker.

# %%
n_workers = 2 ** np.arange(11)
time_to_target = (laws[1][0] + laws[1][1] / n_workers) * step_time(n_workers, constant_part=True)
gain = time_to_target[0] / time_to_target
print("  ".join(f"N = {n}: {g:.1f}" for n, g in zip(n_workers, gain) if n in (4, 16, 64, 1024)))
claim("scale-both-limits", "A thousand workers, one sample each, reach the target less than ten times as fast as one.", gain[-1], at_most=10.0)
claim("scale-both-limits-use", "Of sixteen workers at least a quarter is put to use, of a thousand less than one per cent.", [gain[4] / 16 > 0.25, gain[-1] / 1024 < 0.01], expected=[True, True])

# %% [markdown]
# ## Not waiting: stale gradients
#
# In a synchronous step everybody waits for the slowest. The alternative is a **[parameter server](../../book/glossary.md#parameter-server)** that applies each gradient when it arrives ([Dean et al., 2012](../../book/bibliography.md#dean2012large)), on one machine even without locks ([Recht et al., 2011](../../book/bibliography.md#recht2011hogwild)). With $N$ equally fast workers a gradient is then $\tau = N-1$ steps old when it is used, a
# **[stale gradient](../../book/glossary.md#stale-gradient)**:
#
# $$\theta_{t+1} = \theta_t - \eta\,\nabla J(\theta_{t-\tau}).$$
#
# *We steer by where we were.* Along an eigenvector of the [Hessian](../../book/glossary.md#hessian) with eigenvalue $\lambda$ this is the recursion $e_{t+1} = e_t - \eta\lambda\, e_{t-\tau}$, which solutions $e_t = z^t$ satisfy when $z^{\tau+1} - z^\tau + \eta\lambda = 0$. All roots lie inside the unit circle exactly for
#
# $$0 < \eta\lambda < 2\sin\frac{\pi}{2(2\tau+1)} .$$
#
# Without delay that is the 2 of [gradient descent](01_gradient_descent.ipynb), with $\tau = 1$ it is 1, and for large $\tau$ about $\pi/(2\tau+1)$: *the stable rate falls like one over the delay.* Three ways to the number: run the recursion, compute the roots, put $\tau$ into the formula.

# %%
def delayed_grows(rate, delay, n_steps=4000):
    """Return True if the error of the delayed recursion is larger in the second half of a run than in the first."""
    errors = [1.0] * (delay + 1)
    for _ in range(n_steps):
        errors.append(errors[-1] - rate * errors[-1 - delay])
        if abs(errors[-1]) > 1e6:
            return True
    return max(map(abs, errors[n_steps // 2 :])) > max(map(abs, errors[: n_steps // 2]))


def largest_root(rate, delay):
    return np.abs(np.roots([1.0, -1.0, *[0.0] * (delay - 1), rate] if delay else [1.0, rate - 1.0])).max()


def bisect(breaks, low=1e-3, high=3.0, n=40):
    for _ in range(n):
        middle = (low + high) / 2
        low, high = (low, middle) if breaks(middle) else (middle, high)
    return low


# %%
delays = np.array([0, 1, 2, 4, 8, 16])
by_running = np.array([bisect(lambda rate, tau=tau: delayed_grows(rate, tau), n=12) for tau in delays])
by_roots = np.array([bisect(lambda rate, tau=tau: largest_root(rate, tau) > 1) for tau in delays])
formula = 2 * np.sin(np.pi / (2 * (2 * delays + 1)))
for tau, *limits in zip(delays, by_running, by_roots, formula):
    print(f"τ = {tau:2d}  by running {limits[0]:.3f}   by roots {limits[1]:.4f}   formula {limits[2]:.4f}")
claim("scale-delay-roots", "The largest rate whose roots stay inside the unit circle is 2 sin(π / 2(2τ+1)), for six delays.", by_roots, expected=formula, tolerance=1e-6)
claim("scale-delay-run", "Running the recursion finds the same limit, within 1 %.", by_running / formula, expected=np.ones(6), tolerance=0.01)

# %% [markdown]
# Does it matter where the loss is no parabola? Softmax regression on the digits, all samples at once, 60 steps with gradients that are $\tau$ steps old. **Predict:** is every delay a loss, at every rate?

# %%
def with_delay(eta, tau, n_steps=60):
    """Return the loss of softmax regression after gradient descent with gradients τ steps old."""
    Ws = [np.zeros((65, 10))] * (tau + 1)
    for _ in range(n_steps):
        Ws = [*Ws[1:], Ws[-1] - eta * linear_gradient(Ws[0], np.arange(m))]
    return linear_loss(Ws[-1])


after_delay = {(eta, tau): with_delay(eta, tau) for eta in (0.1, 1.0) for tau in (0, 4, 16)}
for (eta, tau), value in after_delay.items():
    print(f"η = {eta:g}, τ = {tau:2d}: loss {value:.3f}")
claim("scale-delay-breaks", "At η = 1, where fresh gradients reach a loss of 0.36, gradients four steps old end above 1.5 and sixteen steps old above the start.",
      [after_delay[1.0, 0] < 0.4, after_delay[1.0, 4] > 1.5, after_delay[1.0, 16] > np.log(10)], expected=[True] * 3)
claim("scale-delay-harmless", "At η = 0.1 gradients sixteen steps old do no harm: the run is even slightly ahead.", after_delay[0.1, 16] / after_delay[0.1, 0], at_most=1.0, at_least=0.9)

# %% [markdown]
# At a small rate a delay is no loss and even a small gain: an old gradient is a longer one, and pushes on in the direction of before, much as [momentum](03_momentum.ipynb) does. The price is paid in the largest rate. Synchronous training with a few spare workers is what most use today; stale gradients live on
# where machines come and go.
#
# ## Sending less
#
# The message may be cut. Send only the $k$ largest entries (*top-k*), or only the signs with one common length, one bit each (*1-bit SGD*, [Seide et al., 2014](../../book/bibliography.md#seide2014onebit)). Both throw something away, and what is thrown away may be the same thing every time. Two workers, two parameters:
# worker 0 has the gradient $(10, 1)$ in every step, worker 1 $(-10, 1)$. **On paper:** each sends its largest entry. Where does $\theta$ go?
#
# The remedy is **[error feedback](../../book/glossary.md#error-feedback)** ([Karimireddy et al., 2019](../../book/bibliography.md#karimireddy2019error)): keep what was not sent, and add it to the next gradient.

# %%
def largest_entries(v, k):
    kept = np.argsort(np.abs(v))[len(v) - k :]
    return np.where(np.isin(np.arange(len(v)), kept), v, 0.0)


def signs(v):
    return np.sign(v) * np.abs(v).mean()


def compressed_descent(gradients_at, theta, eta, n_steps, compress, feedback):
    """Return the parameters after steps on the mean of compressed gradients; gradients_at(theta, step) is (N, P)."""
    memory = 0.0
    for step in range(n_steps):
        wanted = gradients_at(theta, step) + memory
        sent = np.array([compress(v) for v in wanted])
        memory = wanted - sent if feedback else 0.0
        theta = theta - eta * sent.mean(0)
    return theta


opposed = lambda theta, step: np.array([[10.0, 1.0], [-10.0, 1.0]])
ends = {feedback: compressed_descent(opposed, np.zeros(2), 0.01, 1000, lambda v: largest_entries(v, 1), feedback) for feedback in (False, True)}
claim("scale-topk-stuck", "Without a memory the large entries cancel and the small ones are never sent: after 1 000 steps nothing has moved.", ends[False], expected=np.zeros(2), tolerance=1e-12)
claim("scale-topk-feedback", "With one, the second parameter has gone the way of -10 that it should, within 2 %.", ends[True][1], expected=-10.0, tolerance=0.2)

# %% [markdown]
# And on the digits, four workers with batches of 32, softmax regression of 650 parameters, 300 steps, three seeds. Of every gradient we send 13 entries, 2 %, or the signs.

# %%
def four_workers(seed):
    rng = np.random.default_rng(seed)
    rows = rng.integers(m, size=(300, 4, 32))
    return lambda theta, step: np.array([linear_gradient(theta.reshape(65, 10), r).ravel() for r in rows[step]])


ways = {"everything": (lambda v: v, False, 650 * 4), "top 13": (lambda v: largest_entries(v, 13), False, 13 * 8), "top 13, feedback": (lambda v: largest_entries(v, 13), True, 13 * 8),
        "signs": (signs, False, 650 // 8 + 5), "signs, feedback": (signs, True, 650 // 8 + 5)}
sent_loss = {name: np.array([linear_loss(compressed_descent(four_workers(seed), np.zeros(650), 0.5, 300, compress, feedback).reshape(65, 10)) for seed in range(3)])
             for name, (compress, feedback, _) in ways.items()}
for name, values in sent_loss.items():
    print(f"{name:17s} {ways[name][2]:5d} bytes a step in float32   loss {values.mean():.3f} ± {values.std(ddof=1):.3f}")
dense = sent_loss["everything"]
claim("scale-compress", "With feedback a twenty-fifth of the bytes and less lead to the same loss, within 5 %.",
      [(sent_loss[f"{name}, feedback"] / dense).mean() for name in ("top 13", "signs")], expected=[1.0, 1.0], tolerance=0.05)
claim("scale-compress-no-memory", "Without feedback the same bytes leave a loss at least 1.3 times as high, in each run.",
      min((sent_loss[name] / dense).min() for name in ("top 13", "signs")), at_least=1.3)

# %% [markdown]
# An index goes with every entry of top-k, hence 8 bytes for each. Nothing was lost, only delayed, and we know by now that a small delay at a small rate is cheap. (Whether it pays is another matter: a ring can add numbers but not lists of entries.)
#
# ## In the frameworks
#
# One hundred data-parallel steps with batches of 32: one process with our engine, the two processes that we have launched, and TensorFlow's `MirroredStrategy` over two *logical devices* that share this processor. TensorFlow must be told of them before it does anything else, so a cell
# of its own comes first. The strategy keeps a copy of every variable on each device, runs a function on each, and `all_reduce` is the same operation as before.

# %%
import tensorflow as tf

tf.get_logger().setLevel("ERROR")
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2)
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"], cross_device_ops=tf.distribute.ReductionToOneDevice())
with strategy.scope():
    Q = [tf.Variable(p, aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA) for p in start]


@tf.function
def replica_step(x, y):
    """Take one step on this replica's part; return output, mean loss and mean gradients."""
    with tf.GradientTape() as tape:
        out = tf.tanh(x @ Q[0] + Q[1]) @ Q[2] + Q[3]
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, out))
    loss, *grads = tf.distribute.get_replica_context().all_reduce("mean", [loss, *tape.gradient(loss, Q)])
    for q, g in zip(Q, grads):
        q.assign_sub(0.5 * g)
    return out, loss, grads


# %% tags=["fw-numpy"]
model = small_network()
sgd, path_ours = optim.SGD(model.parameters(), lr=0.5), []
for step, rows in enumerate(batch_rows):
    out_ours = model(Tensor(x_all[rows]))
    loss_ours = F.cross_entropy(out_ours, y_all[rows])
    sgd.zero_grad(); loss_ours.backward()
    if step == 0:
        first_ours = out_ours.data, np.concatenate([p.grad.ravel() for p in model.parameters()])
    path_ours.append(loss_ours.item()); sgd.step()

# %% tags=["fw-torch"]
two = [dict(np.load(f"rank{rank}.npz")) for rank in range(2)]       # what two_workers.py has saved
out_torch = np.empty((32, 10))
for rank in range(2):
    out_torch[rank::2] = two[rank]["output"]
gradient_torch, path_torch = two[0]["ddp"], two[1]["path"]

# %% tags=["fw-tensorflow"]
path_tf, deal = [], strategy.experimental_distribute_values_from_function
for step, rows in enumerate(batch_rows):
    parts = [deal(lambda c, part=a[rows]: tf.constant(part[c.replica_id_in_sync_group :: 2])) for a in (x_all, y_all)]
    outs, loss_tf, grads_tf = strategy.run(replica_step, parts)
    if step == 0:
        out_tf = np.empty((32, 10))
        out_tf[::2], out_tf[1::2] = strategy.experimental_local_results(outs)
        gradient_tf = np.concatenate([np.ravel(strategy.experimental_local_results(g)[0]) for g in grads_tf])
    path_tf.append(float(strategy.experimental_local_results(loss_tf)[0]))

# %%
parity("scale-data-parallel",
       outputs={"numpy": first_ours[0], "torch": out_torch, "tensorflow": out_tf},
       gradients={"numpy": first_ours[1], "torch": gradient_torch, "tensorflow": gradient_tf},
       path={"numpy": path_ours, "torch": path_torch, "tensorflow": path_tf})

# %% [markdown]
# One process, two processes, two devices of one process: one path.
#
# ## On a cluster
#
# The script above would run on 64 GPUs. Six things change around it.
#
# | here | on a cluster | why |
# |---|---|---|
# | gloo | NCCL, one process for each GPU | it sums on the GPUs and knows their wires |
# | `--standalone` | a *rendezvous*: one node's name and port | processes on several nodes have to find each other |
# | all data in a file | `DistributedSampler` and `set_epoch` | each rank reads its own part, dealt out anew in each epoch |
# | results from every rank | rank 0 writes checkpoints | sixty-four writers of one file destroy it |
# | no chance involved | a seed for each rank | equal seeds would drop the same units everywhere |
# | a run that ends | `--max-restarts`, and a start from the checkpoint | among many machines one fails |
#
# The training script, complete but for the model:

# %%
n_characters = Path("train.py").write_text('''
import os
import torch
import torch.distributed as dist
from model import dataset, network                     # yours
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler

on_gpu = torch.cuda.is_available()
dist.init_process_group("nccl" if on_gpu else "gloo")
rank, n, local = dist.get_rank(), dist.get_world_size(), int(os.environ["LOCAL_RANK"])
device = torch.device("cuda", local) if on_gpu else torch.device("cpu")
torch.manual_seed(1000 + rank)                         # dropout differs; the weights are sent by rank 0
model = DistributedDataParallel(network().to(device))
sampler = DistributedSampler(dataset, seed=0)          # the seed of the deal: equal on all ranks
loader = DataLoader(dataset, batch_size=32, sampler=sampler)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1 * n, momentum=0.9)      # warm up first, if n is large
''', encoding="utf-8")

# %%
with Path("train.py").open("a", encoding="utf-8") as file:
    n_characters = file.write('''
begin = 0
if os.path.exists("checkpoint.pt"):                    # this is a restart
    saved = torch.load("checkpoint.pt", map_location=device)
    model.module.load_state_dict(saved["model"])
    optimizer.load_state_dict(saved["optimizer"])
    begin = saved["epoch"] + 1
for epoch in range(begin, int(os.environ.get("EPOCHS", 90))):
    sampler.set_epoch(epoch)                           # without it every epoch has the same order
    for x, y in loader:
        loss = torch.nn.functional.cross_entropy(model(x.to(device)), y.to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    if rank == 0:
        torch.save({"model": model.module.state_dict(), "optimizer": optimizer.state_dict(), "epoch": epoch}, "new.pt")
        os.replace("new.pt", "checkpoint.pt")          # whole or not at all
    dist.barrier()
dist.destroy_process_group()
''')

code = compile(Path("train.py").read_text(encoding="utf-8"), "train.py", "exec")

# %% [markdown]
# Does it run? On a cluster of one, at least: with a model and the digits, for one epoch; then again for two, as after a restart.

# %%
import torch
from torch.utils.data import DistributedSampler

n_characters = Path("model.py").write_text('''
import numpy as np
import torch
given = np.load("given.npz")
dataset = torch.utils.data.TensorDataset(torch.tensor(given["x"]), torch.tensor(given["y"]))
network = lambda: torch.nn.Linear(64, 10, dtype=torch.float64)
''', encoding="utf-8")


def run_here(epochs):
    """Run train.py in this process, as the only rank; return what it has left in its checkpoint."""
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "0", "RANK": "0", "WORLD_SIZE": "1", "LOCAL_RANK": "0", "EPOCHS": str(epochs)}
    sys.modules.pop("model", None)
    begun = runpy.run_path("train.py")["begin"]
    return begun, torch.load("checkpoint.pt", map_location="cpu")["epoch"]


Path("checkpoint.pt").unlink(missing_ok=True)
claim("scale-restart", "The first run begins with epoch 0 and ends with it; the second finds the checkpoint and does epoch 1 alone.", [*run_here(1), *run_here(2)], expected=[0, 0, 1, 1])

# %% [markdown]
# The sampler can be asked without any process group. Four ranks share out 1 437 digits, which four does not divide:

# %%
deals = [[list(DistributedSampler(range(m), num_replicas=4, rank=rank, seed=0)) for rank in range(4)] for _ in range(2)]
together = np.concatenate(deals[0])
claim("scale-sampler", "Each of four ranks gets 360 of 1 437 digits; every digit is dealt, and three are dealt twice.",
      [*map(len, deals[0]), len(set(together)), len(together) - m], expected=[360, 360, 360, 360, 1437, 3])
sampler = DistributedSampler(range(m), num_replicas=4, rank=0, seed=0)
epoch_0, again = list(sampler), list(sampler)
sampler.set_epoch(1)
claim("scale-set-epoch", "Without `set_epoch` the next epoch has the same order, with it another.", [epoch_0 == again, epoch_0 == list(sampler)], expected=[True, False])

# %% [markdown]
# And the job for a cluster that is run by Slurm: two nodes of four GPUs. Slurm starts one `torchrun` on each node, and that starts a process for each GPU.

# %%
n_characters = Path("job.sh").write_text('''#!/bin/bash
#SBATCH --job-name=digits
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=4
#SBATCH --time=02:00:00
set -euo pipefail
head_node=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
srun torchrun --nnodes="$SLURM_NNODES" --nproc_per_node=4 --max-restarts=3 \\
    --rdzv-id="$SLURM_JOB_ID" --rdzv-backend=c10d --rdzv-endpoint="$head_node:29500" train.py
''', encoding="utf-8")
bash = shutil.which("bash")
if bash is not None:                                   # on Windows there may be none
    checked = subprocess.run([bash, "-n", "job.sh"], capture_output=True, text=True, timeout=60)
    claim("scale-job", "The shell finds no syntax error in the job.", [checked.returncode, checked.stderr], expected=[0, ""])

# %% [markdown]
# What does *not* change is the arithmetic: the mean over all samples of the batch, in every replica the same step.
#
# When the model itself is too large for one device, its parameters have to be cut as well, by layers or through the matrices. The collective operations are the same, and the all-reduce splits into its two halves: the first $N-1$ rounds of the ring leave each worker with the sum of one chunk, which is all it needs to
# update that chunk.
#
# ## Summary
#
# - A batch gradient is the sum of its parts' gradients, each times its share of the *samples*. Accumulation over time and averaging over machines are this one identity.
# - It holds for losses that are means over samples; batch normalisation breaks it, and a wrong share is hard to see, most of all under Adam.
# - Larger batches save steps up to the critical batch size, which grows during training. The linear scaling rule ends there.
# - Data parallelism sends one gradient a step: $P$ numbers, $2\frac{N-1}N P$ from each worker in a ring, whatever the batch.
# - DDP averages gradients. Equal starts and equal steps keep the copies equal.
# - Sending bounds the speed-up of a fixed batch; the critical batch size bounds the use of a growing one.
# - Gradients of age $\tau$ are stable up to $\eta\lambda = 2\sin\frac{\pi}{2(2\tau+1)}$. Compression needs a memory.
#
# ## Exercises
#
# ### Exercise 1 · Three workers
#
# Three workers have 30, 30 and 4 samples. One component of their mean gradients is 2, 4 and 10. What is that component of the gradient of the whole batch?

# %%
answer = None
exercise("scale-shares", answer)

# %% tags=["hide-cell", "solution"]
exercise("scale-shares", (30 * 2 + 30 * 4 + 4 * 10) / 64)

# %% [markdown]
# ### Exercise 2 · What goes over the wire
#
# A model of 1.5 billion parameters is trained on 16 workers; gradients are sent in float16 around a ring. How many bytes does each worker send in a step?

# %%
answer = None
exercise("scale-ring-bytes", answer)

# %% tags=["hide-cell", "solution"]
exercise("scale-ring-bytes", 2 * 15 / 16 * 1.5e9 * 2)

# %% [markdown]
# ### Exercise 3 · How stale may it be?
#
# The largest eigenvalue of the Hessian is 50, and the learning rate is to be 0.008. What is the largest delay $\tau$, a whole number, at which the linear recursion is still stable?

# %%
answer = None
exercise("scale-stale", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# $\eta\lambda = 0.4 < 2\sin\frac{\pi}{2(2\tau+1)}$ asks for $2\tau+1 < \frac{\pi}{2\arcsin 0.2} = 7.80$, so $\tau = 3$: the limits are 0.445 for $\tau = 3$ and 0.347 for $\tau = 4$.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("scale-stale", max(tau for tau in range(20) if 50 * 0.008 < 2 * np.sin(np.pi / (2 * (2 * tau + 1)))))

# %% [markdown]
# ### Exercise 4 · The noise scale for free
#
# Workers know the mean squared length `small` of their own gradients, each from `b` samples, and the squared length `large` of the average over all `B` samples. Write `noise_from_lengths(small, large, b, B)`: return $\operatorname{tr}\Sigma/\lVert G\rVert^2$, using that the expected
# squared length of a gradient from $n$ samples is $\lVert G\rVert^2 + \operatorname{tr}\Sigma/n$.

# %%
def noise_from_lengths(small, large, b, B):
    ...


exercise("scale-noise", noise_from_lengths)


# %% tags=["hide-cell", "solution"]
def noise_from_lengths_solution(small, large, b, B):
    trace = (small - large) / (1 / b - 1 / B)
    return trace / (large - trace / B)


exercise("scale-noise", noise_from_lengths_solution)

# %% [markdown]
# ### Exercise 5 · Send the largest, keep the rest
#
# Write `send_largest(gradient, memory, k)` for vectors: return `(sent, memory)`, where `sent` holds the $k$ entries of gradient plus memory that are largest in size, zeros elsewhere, and the new memory holds what was not sent. Leave the given arrays unchanged.

# %%
def send_largest(gradient, memory, k):
    ...


exercise("scale-feedback", send_largest)


# %% tags=["hide-cell", "solution"]
def send_largest_solution(gradient, memory, k):
    wanted = gradient + memory
    sent = largest_entries(wanted, k)
    return sent, wanted - sent


exercise("scale-feedback", send_largest_solution)

# %% [markdown]
# ### Exercise 6 · A proof
#
# Show that all roots of $z^{\tau+1} - z^\tau + a = 0$ lie inside the unit circle for $0 < a < 2\sin\frac{\pi}{2(2\tau+1)}$. Hint: for tiny $a$ they do. At which $a$ does the first one reach the circle?
#
# <details><summary>Solution</summary>
#
# For small $a > 0$ there are $\tau$ roots near 0, and one near $1 - a$: all inside. Roots move continuously with $a$, so the first that leaves must pass through a point $z = e^{i\varphi}$ with $z^\tau(1 - z) = a$, where $0 < \varphi \le \pi$ without loss of generality, as roots come in
# conjugate pairs and $z = 1$ gives $a = 0$. Compare lengths: $|1 - e^{i\varphi}| = 2\sin\frac\varphi2 = a$. Compare angles: $1 - e^{i\varphi}$ has the angle $\frac{\varphi-\pi}2$, so $\tau\varphi + \frac{\varphi-\pi}{2} = 2\pi k$, that is
# $\varphi = \frac{(4k+1)\pi}{2\tau+1}$ with $k \ge 0$. The least $\varphi$ gives the least $a$, since $\sin\frac\varphi2$ grows up to $\varphi = \pi$: it is $\varphi = \frac{\pi}{2\tau+1}$ and $a = 2\sin\frac{\pi}{2(2\tau+1)}$. Below that value no root has reached the circle.
#
# </details>

# %% [markdown]
# ## Sources
#
# [Goyal et al., 2017](../../book/bibliography.md#goyal2017accurate), large batches, linear scaling and warm-up ·
# [McCandlish et al., 2018](../../book/bibliography.md#mccandlish2018empirical), the noise scale and its estimate, appendix A ·
# [Shallue et al., 2019](../../book/bibliography.md#shallue2019measuring), steps against batch size, measured widely ·
# [Li et al., 2020](../../book/bibliography.md#li2020pytorch), how DDP is built ·
# [Patarasuk and Yuan, 2009](../../book/bibliography.md#patarasuk2009bandwidth), the ring ·
# [Amdahl, 1967](../../book/bibliography.md#amdahl1967validity), the bound ·
# [Dean et al., 2012](../../book/bibliography.md#dean2012large), and [Recht et al., 2011](../../book/bibliography.md#recht2011hogwild), without waiting ·
# [Seide et al., 2014](../../book/bibliography.md#seide2014onebit), and [Karimireddy et al., 2019](../../book/bibliography.md#karimireddy2019error), sending less.
