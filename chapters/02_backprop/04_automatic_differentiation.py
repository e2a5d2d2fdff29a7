# %% [markdown]
# # Automatic differentiation on arrays
#
# **After this section** you can write the backward function of any array operation, undo broadcasting, choose between
# forward and reverse mode, and check a gradient so that the check means something.
# *Reading: 25 minutes. Running: about 20 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import time

import numpy as np

from chainrule import Tensor, plotting
from chainrule.autograd import unbroadcast
from chainrule.ops import OPS
from chainrule.proof import claim, exercise, gradcheck, parity, same, show_source
from chainrule.tensor import graph

# %% [markdown]
# ## The question
#
# The differentiator of the [last section](03_by_hand.ipynb) makes a Python object for every number. A layer of 784 inputs
# and 128 units multiplies 784 · 128 pairs of numbers *for each sample*: one batch would make millions of objects. NumPy does
# the same in a single call. Can a whole array be one node of the graph?
#
# The smallest example is a product of two numbers, seen as a node that knows only this: given the
# [adjoint](../../book/glossary.md#vector-jacobian-product) of its output, which adjoints do its inputs get?

# %%
product, saved = OPS["mul"].forward(3.0, 4.0)
to_a, to_b = OPS["mul"].backward(1.0, saved)
claim("autodiff-product", "The adjoints of the factors 3 and 4 are each other's value.", [product, to_a, to_b],
      expected=[12.0, 4.0, 3.0])

# %% [markdown]
# That pair of functions is the whole design of this book's engine. Nothing in it knows whether 3 and 4 are numbers or
# arrays of a million entries. This is the code that ran:

# %%
show_source(OPS["mul"])

# %% [markdown]
# ## Never build the Jacobian
#
# | symbol | shape | meaning |
# |---|---|---|
# | $x$ | $(n,)$ | input of an operation |
# | $y = g(x)$ | $(m,)$ | its output |
# | $J$, $J_{ij} = \partial y_i/\partial x_j$ | $(m, n)$ | the [Jacobian](../../book/glossary.md#jacobian) |
# | $\bar y = \partial L/\partial y$ | $(m,)$ | adjoint of the output: given |
# | $\bar x = \bar y\,J$ | $(n,)$ | adjoint of the input: wanted |
#
# Read aloud: *the adjoint of the input is the adjoint of the output times the Jacobian.* It is called a
# **vector-Jacobian product**, VJP. For $y = x^2$ on a million numbers $J$ has $10^{12}$ entries, all but a
# million of them zero; the product with it is `2 * x * y_bar`. A backward function computes the *product*, and the matrix never exists.
#
# For once we do build it, entry by entry, to see that the product is what we say. The operation is
# [softmax](../../book/glossary.md#softmax), whose Jacobian is full.

# %%
def jacobian(g, x, h=1e-6):
    """Return J of g at x, (m, n), one column a central difference."""
    columns = [(g(x + h * e) - g(x - h * e)) / (2 * h) for e in np.eye(len(x))]
    return np.stack(columns, axis=1)


def softmax(x):
    return OPS["softmax"].forward(x)[0]


rng = np.random.default_rng(0)
x, y_bar = rng.normal(size=6), rng.normal(size=6)
_, saved = OPS["softmax"].forward(x)
(x_bar,) = OPS["softmax"].backward(y_bar, saved)
claim("autodiff-vjp", "The backward function of softmax is the product with its Jacobian.",
      np.abs(y_bar @ jacobian(softmax, x) - x_bar).max(), at_most=1e-9)

# %% [markdown]
# ## By hand: the matrix product
#
# Let $C = AB$ with shapes $(p, q)$, $(q, r)$ and $(p, r)$, so $C_{ik} = \sum_j A_{ij}B_{jk}$. Entry $A_{ij}$ feeds the entries $C_{ik}$
# for all $k$, each with local derivative $B_{jk}$. Add over paths:
#
# $$\bar A_{ij} = \sum_k \bar C_{ik}B_{jk}\quad\Longrightarrow\quad \bar A = \bar C B^\top,
#   \qquad\text{and likewise}\qquad \bar B = A^\top\bar C.$$
#
# The shapes leave no choice: of all products of $\bar C$ and $B$, only $\bar CB^\top$ has the shape of $A$. That is a good way to
# remember it and no proof; the loops are.

# %%
def matmul_vjp_loops(A, B, C_bar):
    """Return (A_bar, B_bar): every path, one at a time."""
    A_bar, B_bar = np.zeros_like(A), np.zeros_like(B)
    for i in range(A.shape[0]):
        for j in range(A.shape[1]):
            for k in range(B.shape[1]):
                A_bar[i, j] += C_bar[i, k] * B[j, k]
                B_bar[j, k] += C_bar[i, k] * A[i, j]
    return A_bar, B_bar


def matmul_vjp_engine(A, B, C_bar):
    return OPS["matmul"].backward(C_bar, OPS["matmul"].forward(A, B)[1])


cases = [(rng.normal(size=(p, q)), rng.normal(size=(q, r)), rng.normal(size=(p, r)))
         for p, q, r in [(1, 1, 1), (2, 3, 4), (5, 1, 2)]]
same("three loops over every path are the engine's two products", matmul_vjp_loops, matmul_vjp_engine, cases)

# %% [markdown]
# ## Undoing a broadcast
#
# A bias of shape $(n,)$ is added to a batch $(B, n)$: [broadcasting](../../book/glossary.md#broadcasting) uses each of its entries $B$ times.
# Used $B$ times means $B$ paths, and paths add. **What forward copies, backward sums.** The law behind it needs no network:
# with $\langle\cdot,\cdot\rangle$ the sum of the elementwise product, the two are adjoint to each other,
#
# $$\langle \mathrm{copy}(b),\, G\rangle = \langle b,\, \mathrm{sum}(G)\rangle .$$

# %%
shapes = [((3,), (4, 3)), ((4, 1), (4, 3)), ((), (2, 2)), ((1, 3), (5, 2, 3)), ((2, 1, 1), (2, 4, 3))]
gap = 0.0
for small, large in shapes:
    b, G = rng.normal(size=small), rng.normal(size=large)
    gap = max(gap, abs((np.broadcast_to(b, large) * G).sum() - (b * unbroadcast(G, small)).sum()))
claim("autodiff-unbroadcast", "Copying and summing are adjoint for five pairs of shapes.", gap, at_most=1e-12)
show_source(unbroadcast)

# %% [markdown]
# In this engine it happens in one place, after any operation's backward, so no operation needs to think of it. A [gradient check](../../book/glossary.md#gradient-check)
# at a broadcast is the first test to write: a missing sum is the error that shapes alone do not always reveal.

# %%
gradcheck(lambda X, b, c: ((X * b + c) ** 2).mean(),
          {"X": rng.normal(size=(4, 3)), "b": rng.normal(size=(4, 1)), "c": rng.normal(size=3)})

# %% [markdown]
# ## The tape
#
# A `Tensor` is an array with a record: which operation made it, from what, and what that operation saved. `backward` sorts the
# records so that each stands after everything it depends on, walks them in reverse, and frees each as it goes.
# Three steps of the listing carry the idea: `order.pop()` takes the next tensor, `op.backward` makes the gradients of its parents,
# and `_accumulate` adds them up. What else stands there saves memory, by writing into arrays that nobody else holds.

# %%
from chainrule.autograd import backpropagate

show_source(backpropagate)

# %% mystnb={"image": {"alt": "Computation graph of a one-unit layer, from top to bottom: w enters a matrix product, b an addition; tanh, the difference from the target, square and mean follow, with arrows in the direction of the forward pass."}}
X, target = rng.normal(size=(5, 3)), rng.normal(size=(5, 1))
w = Tensor(rng.normal(size=(3, 1)), requires_grad=True, name="w")
b = Tensor(np.zeros(1), requires_grad=True, name="b")
J = (((Tensor(X) @ w + b).tanh() - target) ** 2).mean()
_ = plotting.computation_graph(J, title="The graph of one unit, as the engine recorded it")

# %% [markdown]
# The inputs and the targets are not in it: they need no gradient, so the record leaves them out.
#
# The graph is made by running the program, so loops and branches need no special treatment. Two promises, tested: a
# graph of 5 000 operations in a row works, and a graph that was freed says so in place of giving wrong numbers.

# %%
deep = t = Tensor(1.0, requires_grad=True)
for _ in range(5000):
    t = t * 0.9998 + 0.0001
n_nodes = len(graph(t).tensors)
t.backward()
claim("autodiff-deep", "Through 5 000 steps of slope 0.9998 the derivative is 0.9998 to the power 5 000.",
      deep.grad.item(), expected=0.9998**5000, tolerance=1e-12)
claim("autodiff-deep-nodes", "The graph had 10 001 nodes.", n_nodes, expected=10001)
try:
    t.backward()
except RuntimeError as error:
    print("RuntimeError:", error)

# %% [markdown]
# ## Is it right? The gradient check, and its own error
#
# A [finite difference](../../book/glossary.md#finite-difference) knows nothing of our code, which makes it a good witness, if we know how
# far to trust it. Along a direction $v$:
#
# | witness | formula | error of the formula | rounding |
# |---|---|---|---|
# | forward difference | $(L(x+hv)-L(x))/h$ | of order $h$ | of order $\varepsilon/h$ |
# | central difference | $(L(x+hv)-L(x-hv))/2h$ | of order $h^2$ | of order $\varepsilon/h$ |
# | [complex step](../../book/glossary.md#complex-step) | $\operatorname{Im} L(x+ihv)/h$ | of order $h^2$ | none: nothing is subtracted |
#
# Here $\varepsilon\approx 2\cdot10^{-16}$. **Predict:** which step is best for the [central difference](../../book/glossary.md#central-difference), and how many digits are right there?

# %%
A = rng.normal(size=(3, 20, 20)) / 20**0.5
start, direction = rng.normal(size=20), rng.normal(size=20)


def three_layers(x):
    """A smooth function of 20 numbers, on Tensors and on arrays, real or complex."""
    for W in A:
        x = (x @ W).tanh() if isinstance(x, Tensor) else np.tanh(x @ W)
    return (x * x).sum()


x = Tensor(start, requires_grad=True)
three_layers(x).backward()
exact = float(x.grad @ direction)
steps = 10.0 ** -np.arange(1, 13)
forward_error = [abs((three_layers(start + h * direction) - three_layers(start)) / h - exact) for h in steps]
central_error = [abs((three_layers(start + h * direction) - three_layers(start - h * direction)) / (2 * h) - exact)
                 for h in steps]
complex_error = [abs(three_layers(start + 1j * h * direction).imag / h - exact) for h in steps]

# %% mystnb={"image": {"alt": "Error against step size on two logarithmic axes. The forward difference falls with slope one to below 1e-7 and rises again; the central difference falls with slope two to about 1e-10 and rises again; the complex step falls with slope two and stays at 1e-16."}}
floor = 1e-17
_ = plotting.curves({"forward difference": (steps, forward_error), "central difference": (steps, central_error),
                     "complex step": (steps, np.maximum(complex_error, floor))},
                    title="A smaller step is better only until rounding takes over",
                    xlabel="step h", ylabel="error of the slope", logx=True, logy=True)

# %%
def order(errors, first, last):
    """Return the slope of log error against log step between two indices."""
    return np.polyfit(np.log(steps[first:last]), np.log(errors[first:last]), 1)[0]


claim("autodiff-forward-order", "The forward difference's error falls like h.", order(forward_error, 1, 5),
      expected=1.0, tolerance=0.03)
claim("autodiff-central-order", "The central difference's error falls like h squared.", order(central_error, 1, 4),
      expected=2.0, tolerance=0.03)
claim("autodiff-forward-best", "The forward difference gets no better than about the root of the rounding unit.",
      min(forward_error), at_least=1e-10, at_most=1e-6)
claim("autodiff-central-best", "The central difference gets below 1e-9 and not below 1e-13.", min(central_error),
      at_least=1e-13, at_most=1e-9)
claim("autodiff-complex", "The complex step agrees with the engine to rounding at every step below 1e-8.",
      max(complex_error[8:]), at_most=1e-14)

# %% [markdown]
# The complex step ([Squire and Trapp, 1998](../../book/bibliography.md#squire1998using)) agrees with the engine to the last digit, so what the curve of
# the central difference shows is *its* error, not ours. Its two errors balance where $h^2 \approx \varepsilon/h$, at $h \approx \varepsilon^{1/3}$, close
# to $10^{-5}$, and about ten digits are right there.
#
# That is why `gradcheck` uses a central difference with $h = 10^{-6}$ in float64 and
# calls a relative error above $10^{-6}$ a mistake: the witness's own error lies far below that line, and a slip of 0.1 % a thousand times above it.
#
# ## What a backward pass costs
#
# Every product $C = AB$ on the way forward becomes two on the way back, so forward and backward together should cost about three
# times the forward pass, whatever the number of parameters ([Baur and Strassen, 1983](../../book/bibliography.md#baur1983complexity),
# prove a bound of five for a general program). We measure CPU time of three layers of width $n$; the times differ between machines, the ratio hardly.

# %% tags=["nbval-ignore-output"]
def cpu_seconds(f, repeats):
    """Return the smallest CPU time of `repeats` calls."""
    times = []
    for _ in range(repeats):
        begin = time.process_time()
        f()
        times.append(time.process_time() - begin)
    return min(times)


def cost_ratio(n, batch=256):
    """Return CPU time of forward and backward over that of forward, for three tanh layers of width n."""
    Ws = [Tensor(rng.normal(size=(n, n)) / n**0.5, requires_grad=True) for _ in range(3)]
    X = Tensor(rng.normal(size=(batch, n)), requires_grad=True)

    def run(with_backward):
        a = X
        for W in Ws:
            a = (a @ W).tanh()
        (a * a).sum().backward() if with_backward else None

    return cpu_seconds(lambda: run(True), 15) / cpu_seconds(lambda: run(False), 15)


ratios = {n: cost_ratio(n) for n in (64, 256, 512)}
print("  ".join(f"n = {n}: {ratio:.2f}" for n, ratio in ratios.items()))
claim("autodiff-cost", "Forward and backward together cost between two and five times the forward pass at every width.",
      list(ratios.values()), at_least=2.0, at_most=5.0)

# %% [markdown]
# ## Forward mode, and when it wins
#
# The chain of Jacobians $J_D\cdots J_2J_1$ can be multiplied from either end. **[Reverse mode](../../book/glossary.md#reverse-mode)** starts with a row, $\bar y$, and needs one pass for
# each *output*. **[Forward mode](../../book/glossary.md#forward-mode)** starts with a column $\dot x$ and carries along, beside each value, its change: a Jacobian-vector
# product, JVP, one pass for each *input*. It needs no memory of the forward pass.

# %%
class Dual:
    """An array and its change along one direction: forward mode in a dozen lines."""

    n_passes = 0

    def __init__(self, value, change):
        self.value, self.change = value, change

    def __matmul__(self, W):
        return Dual(self.value @ W, self.change @ W)

    def tanh(self):
        t = np.tanh(self.value)
        return Dual(t, (1 - t * t) * self.change)

    @classmethod
    def push(cls, g, x, x_dot):
        cls.n_passes += 1
        return g(cls(x, x_dot)).change


def layers(x):
    for W in A:
        x = (x @ W).tanh()
    return x


# %%
x_dot, y_bar = rng.normal(size=20), rng.normal(size=20)
forward_mode = Dual.push(layers, start, x_dot)                  # J x_dot
x = Tensor(start, requires_grad=True)
layers(x).backward(y_bar)                                       # y_bar J
claim("autodiff-modes", "Both modes see one Jacobian: pushing forward then projecting equals pulling back then projecting.",
      abs(y_bar @ forward_mode - x.grad @ x_dot), at_most=1e-12)

# %% [markdown]
# The full gradient of *one* loss with respect to $n$ inputs takes forward mode $n$ passes and reverse mode one. Training has
# one loss and millions of weights: hence reverse mode. Turn the numbers round, and forward mode wins.

# %%
Dual.n_passes = 0
J_forward = np.stack([Dual.push(layers, start, e) for e in np.eye(20)], axis=1)     # a column a pass
J_reverse, reverse_passes = [], 0
for e in np.eye(20):                                                                 # a row a pass
    x = Tensor(start, requires_grad=True)
    layers(x).backward(e)
    J_reverse.append(x.grad)
    reverse_passes += 1
claim("autodiff-jacobian", "Built by columns or by rows, the 20 by 20 Jacobian is the same.",
      np.abs(J_forward - np.stack(J_reverse)).max(), at_most=1e-14)
claim("autodiff-passes", "Forward mode needs one pass an input, reverse mode one an output: here 20 and 20.",
      [Dual.n_passes, reverse_passes], expected=[20, 20])

# %% [markdown]
# ## Computing is not updating
#
# A gradient points uphill. What to do with it is the [optimiser's](../../book/glossary.md#optimizer) decision; the plainest one steps against it,
# $\theta \leftarrow \theta - \eta\,\partial J/\partial\theta$, where $\theta$ stands for all parameters. One of the two articles that this book began with
# writes *along* the gradient. On $J = \theta^2$ at $\theta=3$ with $\eta = 0.1$:

# %% tags=["settles-M11", "settles-S0-Q3", "settles-S0-F4"]
from chainrule import optim

theta = Tensor(3.0, requires_grad=True)
(theta**2).backward()
along, against = (3 + 0.1 * theta.grad) ** 2, (3 - 0.1 * theta.grad) ** 2
optim.SGD([theta], lr=0.1).step()
claim("autodiff-direction", "From 9, a step along the gradient leads up to 12.96 and a step against it down to 5.76.",
      [float(along), float(against)], expected=[12.96, 5.76], tolerance=1e-12)
claim("autodiff-optimizer-step", "The optimiser's step is the step against the gradient.",
      float(theta.data**2), expected=5.76, tolerance=1e-12)

# %% [markdown]
# ## In the frameworks
#
# A model that leans on broadcasting: a network of radial basis functions, $\hat y_i = \sum_j w_j\exp(-\lVert x_i - c_j\rVert^2)$, with
# the centres $c$ and the weights $w$ to be learnt. The difference of every point from every centre has shape $(N, M, 2)$ and comes from $(N, 1, 2)$ and $(1, M, 2)$.

# %%
points = rng.uniform(-2, 2, size=(40, 2))
height = np.sin(points[:, 0]) * np.cos(points[:, 1])
centres, mix = rng.uniform(-2, 2, size=(8, 2)), rng.normal(size=8)

# %% tags=["fw-numpy"]
c, w = Tensor(centres, requires_grad=True), Tensor(mix, requires_grad=True)
path_numpy = []
for step in range(100):
    gap = Tensor(points[:, None]) - c.reshape(1, 8, 2)        # (N, M, 2)
    out = (-(gap**2).sum(axis=2)).exp() @ w                   # (N,)
    rbf_loss = ((out - height) ** 2).mean()
    c.zero_grad(); w.zero_grad(); rbf_loss.backward()
    if step == 0: first_numpy = out.data, [c.grad.copy(), w.grad.copy()]
    path_numpy.append(rbf_loss.item())
    c.data -= 0.2 * c.grad; w.data -= 0.2 * w.grad

# %% tags=["fw-torch"]
import torch

c_t, w_t = (torch.tensor(p, requires_grad=True) for p in (centres, mix))
optimizer, path_torch = torch.optim.SGD([c_t, w_t], lr=0.2), []
for step in range(100):
    gap = torch.tensor(points)[:, None] - c_t
    out_t = torch.exp(-(gap**2).sum(dim=2)) @ w_t
    loss_t = ((out_t - torch.tensor(height)) ** 2).mean()
    optimizer.zero_grad(); loss_t.backward()
    if step == 0: first_torch = out_t.detach(), [c_t.grad.clone(), w_t.grad.clone()]
    path_torch.append(loss_t.item()); optimizer.step()

# %% tags=["fw-tensorflow"]
import tensorflow as tf

c_f, w_f, path_tf = tf.Variable(centres), tf.Variable(mix), []
for step in range(100):
    with tf.GradientTape() as tape:
        gap = points[:, None] - c_f
        out_f = tf.linalg.matvec(tf.exp(-tf.reduce_sum(gap**2, axis=2)), w_f)
        loss_f = tf.reduce_mean((out_f - height) ** 2)
    grads_f = tape.gradient(loss_f, [c_f, w_f]); path_tf.append(float(loss_f))
    if step == 0: first_tf = out_f, grads_f
    for v, g in zip([c_f, w_f], grads_f): v.assign_sub(0.2 * g)

# %% tags=["settles-S0-W1", "settles-S0-W2"]
parity("autodiff-rbf",
       outputs={"numpy": first_numpy[0], "torch": first_torch[0], "tensorflow": first_tf[0]},
       gradients={"numpy": first_numpy[1], "torch": first_torch[1], "tensorflow": first_tf[1]},
       path={"numpy": path_numpy, "torch": path_torch, "tensorflow": path_tf})

# %% [markdown]
# ## Misconceptions
#
# > **Misconception.** A finite difference gets better the smaller the step.
#
# It gets better until the two function values agree in all but their last digits; then their difference is noise.

# %%
at = {f"{h:.0e}": error for h, error in zip(steps, central_error)}
claim("autodiff-step-too-small", "A central difference at 1e-12 is over a thousand times worse than at 1e-6.",
      at["1e-12"] / at["1e-06"], at_least=1e3)

# %% [markdown]
# > **Misconception.** Automatic differentiation is a finite difference in disguise, so it is only approximate.
#
# It has no step. Each local derivative is evaluated by its formula and multiplied: what remains is the rounding of any
# computation. On $x^{50}$ at $x = 1.1$ we know the answer.

# %%
x = Tensor(1.1, requires_grad=True)
(x**50).backward()
right = 50 * 1.1**49
h = 1e-6
difference = ((1.1 + h) ** 50 - (1.1 - h) ** 50) / (2 * h)
claim("autodiff-exact", "The engine's relative error on the slope of x to the 50th is at rounding level.",
      abs(float(x.grad) - right) / right, at_most=1e-14)
claim("autodiff-difference-inexact", "The central difference's relative error is more than 1e-12: it is the approximate one.",
      abs(difference - right) / right, at_least=1e-12)

# %% [markdown]
# > **Misconception.** Reverse mode is always the cheaper one.
#
# It is for one output and many inputs. For one input and many outputs, such as a trajectory as a function of one parameter,
# forward mode takes one pass and reverse mode one for each output.

# %%
times = np.linspace(0, 3, 200)


class DualWithExp(Dual):
    n_passes = 0

    def __mul__(self, factor):
        return DualWithExp(self.value * factor, self.change * factor)

    def exp(self):
        return DualWithExp(np.exp(self.value), np.exp(self.value) * self.change)


def swing(rate):
    """A damped oscillation at 200 times, as a function of one rate."""
    return (rate * -times).exp() * np.cos(5 * times)


by_forward = DualWithExp.push(swing, 0.7, 1.0)      # all outputs at once
by_reverse, passes = [], 0
for e in np.eye(200):
    rate = Tensor(0.7, requires_grad=True)
    swing(rate).backward(e)
    by_reverse.append(float(rate.grad)); passes += 1
claim("autodiff-many-outputs", "Forward mode took one pass for what reverse mode gets in 200.",
      [DualWithExp.n_passes, passes], expected=[1, 200])
claim("autodiff-many-outputs-equal", "Both give the same 200 derivatives.",
      np.abs(by_forward - by_reverse).max(), at_most=1e-14)

# %% [markdown]
# ## Summary
#
# - An operation is two functions on arrays; the backward one is a vector-Jacobian product, and no Jacobian is ever built.
# - What forward copies, backward sums. What forward sums, backward copies.
# - Forward and backward together cost two to five forward passes, however many weights there are.
# - Reverse mode: one pass an output. Forward mode: one pass an input.
# - Check in float64 with a central difference near $h = 10^{-6}$, away from kinks, and plant an error to test the check.
#
# ## Exercises
#
# ### Exercise 1 · Undo a broadcast
#
# An array $b$ of shape (3, 1) was broadcast into a result of shape (4, 3, 2). Over which axes of the gradient, of shape (4, 3, 2), does
# backward sum? Give them as a tuple.

# %%
answer = None          # for example (0,)
exercise("autodiff-axes", answer)

# %% tags=["hide-cell", "solution"]
exercise("autodiff-axes", (0, 2))

# %% [markdown]
# ### Exercise 2 · Normalise to length one
#
# Write `normalise_vjp(x, y_bar)` for $y = x/\lVert x\rVert$: return $\bar x$, of shape $(n,)$, without building a matrix.

# %%
def normalise_vjp(x, y_bar):
    ...


exercise("autodiff-normalise", normalise_vjp)


# %% [markdown]
# <details><summary>Solution</summary>
#
# $\partial y_i/\partial x_j = [i=j]/\lVert x\rVert - x_ix_j/\lVert x\rVert^3$. Multiplying $\bar y$ from the left gives
# $\bar x = (\bar y - (\bar y\cdot y)\,y)/\lVert x\rVert$: what points along $y$ is removed, since moving along it changes no direction.
#
# </details>

# %% tags=["hide-cell", "solution"]
def normalise_solution(x, y_bar):
    length = np.linalg.norm(x)
    y = x / length
    return (y_bar - (y_bar @ y) * y) / length


exercise("autodiff-normalise", normalise_solution)

# %% [markdown]
# ### Exercise 3 · The backward function of LayerNorm
#
# $y = (x-\mu)/s$ with $\mu$ the mean and $s = \sqrt{v}$ the root of the variance $v$ of the row $x$ (divided by $n$, no epsilon). Write
# `layer_norm_vjp(x, y_bar)`.

# %%
def layer_norm_vjp(x, y_bar):
    ...


exercise("autodiff-layer-norm", layer_norm_vjp)


# %% tags=["hide-cell", "solution"]
def layer_norm_solution(x, y_bar):
    y, s = (x - x.mean()) / x.std(), x.std()
    return (y_bar - y_bar.mean() - y * (y_bar * y).mean()) / s


exercise("autodiff-layer-norm", layer_norm_solution)

# %% [markdown]
# ### Exercise 4 · Which one is wrong?
#
# Four backward functions of softmax, $\bar x$ from $\bar y$ and $y = \mathrm{softmax}(x)$, one sample. One of them is right. Which?
#
# ```python
# def a(y_bar, y): return y * (y_bar - y_bar.sum())
# def b(y_bar, y): return y_bar * y * (1 - y)
# def c(y_bar, y): return y * (y_bar - (y_bar * y).sum())
# def d(y_bar, y): return y_bar - y * y_bar.sum()
# ```

# %%
answer = None          # "a", "b", "c" or "d"
exercise("autodiff-mutants", answer)

# %% tags=["hide-cell", "solution"]
candidates = {"a": lambda g, y: y * (g - g.sum()), "b": lambda g, y: g * y * (1 - y),
              "c": lambda g, y: y * (g - (g * y).sum()), "d": lambda g, y: g - y * g.sum()}
z, g = rng.normal(size=5), rng.normal(size=5)
truth = g @ jacobian(softmax, z)
right = [name for name, vjp in candidates.items() if np.abs(vjp(g, softmax(z)) - truth).max() < 1e-8]
exercise("autodiff-mutants", right[0])

# %% [markdown]
# ### Exercise 5 · How many passes?
#
# You want the full Jacobian of a network's 10 outputs with respect to its 784 inputs. How many passes does the cheaper mode need?

# %%
answer = None
exercise("autodiff-count-passes", answer)

# %% tags=["hide-cell", "solution"]
exercise("autodiff-count-passes", min(10, 784))

# %% [markdown]
# ### Exercise 6 · A proof
#
# Show that for softmax the vector-Jacobian product and the Jacobian-vector product are the same function. Then find a one-line reason why
# $\sum_j \bar x_j = 0$ for every $\bar y$.
#
# <details><summary>Solution</summary>
#
# $J_{ij} = y_i([i=j] - y_j)$ is symmetric, $J = J^\top$, so $\bar yJ = (J\bar y^\top)^\top$. And softmax does not change when the same
# number is added to all logits, so the derivative along $(1, \dots, 1)$ is zero: $J\mathbf 1 = 0$, hence $\bar x\cdot\mathbf 1 = \bar yJ\mathbf 1 = 0$.
#
# </details>

# %% [markdown]
# ## Sources
#
# [Griewank and Walther, 2008](../../book/bibliography.md#griewank2008evaluating), the textbook of the field ·
# [Baydin et al., 2018](../../book/bibliography.md#baydin2018automatic), the survey ·
# [Baur and Strassen, 1983](../../book/bibliography.md#baur1983complexity), the cost of a gradient ·
# [Squire and Trapp, 1998](../../book/bibliography.md#squire1998using), the complex step ·
# [Higham, 2002](../../book/bibliography.md#higham2002accuracy), rounding ·
# [Harris et al., 2020](../../book/bibliography.md#harris2020array), NumPy and its broadcasting ·
# [Wengert, 1964](../../book/bibliography.md#wengert1964simple), forward mode.
