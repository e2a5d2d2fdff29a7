# %% [markdown]
# # Beyond one machine
#
# **After this section** you can split a batch over time or over machines without changing the step, say how large a batch is still worth its price, run data-parallel training
# with two real processes, and count every byte that they exchange.
# *Reading: 30 minutes. Running: about half a minute.*

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


origin = np.concatenate([p.ravel() for p in start])
moved = {cls.__name__: [after_steps(cls, factor, lr=lr) - origin for factor in (1.0, 4.0)] for cls, lr in [(optim.SGD, 0.1), (optim.Adam, 0.01)]}
for name, (right, wrong) in moved.items():
    print(f"{name:4s} with a gradient four times too long ends elsewhere by {100 * off(wrong, right):.2g} % of its way")
claim("scale-adam-blind", "Adam walks the same way, to one part in a thousand: it divides the factor out again.", off(moved["Adam"][1], moved["Adam"][0]), at_most=1e-3)
claim("scale-sgd-feels", "SGD goes elsewhere, by over half of its way.", off(moved["SGD"][1], moved["SGD"][0]), at_least=0.5)

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
# afresh each time. First the steps to a training loss of 1.0, 0.5 and 0.35, each batch size with the best of five [learning rates](../../book/glossary.md#learning-rate), three seeds each.

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
batch_sizes = np.array([1, 2, 4, 8, 16, 32, 64, 256, 1024])
best_steps, best_rates = [], []
for B in batch_sizes.tolist():
    rates = 2.0 ** np.arange(-2, 3) if B < 8 else 2.0 ** np.arange(0, 4)
    tried = np.array([np.mean([steps_to_losses(B, eta, seed) for seed in range(3)], axis=0) for eta in rates])     # (rates, targets)
    best_steps.append(tried.min(0))
    best_rates.append(rates[tried.argmin(0)])
best_steps, best_rates = np.array(best_steps), np.array(best_rates)
laws = [np.linalg.lstsq(np.c_[1 / s, 1 / s / batch_sizes], np.ones(len(s)), rcond=None)[0] for s in best_steps.T]    # (S_min, S_min · B_crit)
critical = np.array([product / least for least, product in laws])
for B, s, eta in zip(batch_sizes, best_steps[:, 1], best_rates[:, 1]):
    print(f"B = {B:4d}  steps to 0.5: {s:4.0f}  samples {s * B:6.0f}  best η = {eta:g}")
print("B_crit:", *(f"{c:.1f} for a loss of {t}" for c, t in zip(critical, targets)))
law_of_05 = laws[1][0] + laws[1][1] / batch_sizes
claim("scale-law", "Two fitted numbers give the steps of all nine batch sizes, from 1 to 1024, within 25 %.",
      best_steps[:, 1] / law_of_05, expected=np.ones(9), tolerance=0.25)
claim("scale-free-doubling", "From B = 1 to 4 the steps fall by a factor of nearly four: the samples cost nothing extra.", best_steps[0, 1] / best_steps[2, 1], at_least=3.0)
claim("scale-wasted", "From B = 64 to 1024, sixteen times the work, they fall by less than a third.", best_steps[6, 1] / best_steps[8, 1], at_most=1.5)
claim("scale-rate-ends", "And the best learning rate, which grew at least fourfold from B = 1 to 16, no more than doubles from 64 to 1024.",
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
    lengths = (X**2).sum(1) * (residual**2).sum(1)                 # |g_i|² of every sample
    return lengths.mean() / (G**2).sum() - 1


W, on_way = np.zeros((65, 10)), {}
for target in (2.3, *targets):
    while linear_loss(W) > target:
        W = W - 0.5 * linear_gradient(W, np.arange(m))
    on_way[target] = noise_scale(W), W
print("noise scale:", *(f"{scale:.0f} at a loss of {target}" for target, (scale, _) in on_way.items()))


def estimated_scale(W, n_workers=8, own=16, n_steps=400, seed=0):
    """Return the noise scale from what N workers know anyway: the lengths of their gradients and of the mean."""
    rng, squares = np.random.default_rng(seed), []
    for _ in range(n_steps):
        each = np.array([linear_gradient(W, rng.integers(m, size=own)) for _ in range(n_workers)])
        squares.append([(each**2).sum((1, 2)).mean(), (each.mean(0) ** 2).sum()])
    small, large = np.mean(squares, axis=0)
    noise = (small - large) / (1 / own - 1 / (n_workers * own))
    return noise / (large - noise / (n_workers * own))


estimates = {t: estimated_scale(W) for t, (_, W) in on_way.items()}
claim("scale-estimate", "The estimate from eight workers is within 40 % of the noise scale over all samples, at four points of the training.",
      [estimates[t] / scale for t, (scale, _) in on_way.items()], expected=np.ones(4), tolerance=0.4)
claim("scale-noise-rises", "The noise scale grows at least fivefold on the way from 2.3 to 0.35: late in training larger batches pay.",
      on_way[0.35][0] / on_way[2.3][0], at_least=5.0)
claim("scale-critical-rises", "So does the measured critical batch size, from a loss of 1.0 to 0.35.", critical[2] / critical[0], at_least=1.2)
claim("scale-noise-too-high", "But the noise scale is more than five times as large as the critical batch size, at each of the three losses.",
      min(on_way[t][0] / c for t, c in zip(targets, critical)), at_least=5.0)

# %% [markdown]
# Right in direction, wrong in size: on this problem by a factor of ten or more. The formula asks what the *next* step gains and takes all directions for equally curved. Over many steps the noise of one step is partly undone by the following
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
Path("two_workers.py").write_text(script, encoding="utf-8")
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
            os.killpg(process.pid, signal.SIGKILL)
        if isinstance(problem, subprocess.TimeoutExpired):
            raise TimeoutError(f"{script} did not end within {seconds} seconds and was stopped") from None
        raise
    if process.returncode:
        raise RuntimeError(f"{script} ended with status {process.returncode}:\n{errors[-3000:]}")
    return out


print(launch("two_workers.py", 2), end="")
workers = [dict(np.load(f"rank{rank}.npz")) for rank in range(2)]
