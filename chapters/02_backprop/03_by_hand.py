# %% [markdown]
# # Back-propagation by hand
#
# **After this section** you can compute every derivative of a small network on paper, write the backward pass of a
# deep one from two equations, and build an automatic differentiator in under 60 lines.
# *Reading: 20 minutes. Running: about 15 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import inspect
import math

import numpy as np

from chainrule import explore, plotting
from chainrule.proof import claim, exercise, gradcheck, parity, same

# %% [markdown]
# ## The question
#
# A network has thousands of weights and one [loss](../../book/glossary.md#loss-function). Which way should each weight
# move? We need, for every weight, one number: how much the loss changes per unit of change in that weight.
#
# The smallest network that shows every difficulty has two inputs, two hidden units with
# [ReLU](../../book/glossary.md#relu), and one output:
#
# | symbol | shape | value | meaning |
# |---|---|---|---|
# | $x$ | (1, 2) | $(1,\ 2)$ | one sample, a row |
# | $W_1$ | (2, 2) | $\begin{pmatrix}1 & -1\\ \tfrac12 & 1\end{pmatrix}$ | weights into the hidden layer |
# | $b_1$ | (2,) | $(0,\ -2)$ | its biases |
# | $W_2$ | (2, 1) | $(1.5,\ 4)^\top$ | weights into the output |
# | $b_2$ | (1,) | $-1$ | its bias |
# | $y$ | (1, 1) | $1$ | the target |
#
# Take a pencil. The forward pass is $z_1 = xW_1 + b_1$, $a_1 = \max(z_1, 0)$, $\hat y = a_1W_2 + b_2$,
# $L = \tfrac12(\hat y - y)^2$.

# %%
x, y = np.array([[1.0, 2.0]]), np.array([[1.0]])
W1, b1 = np.array([[1.0, -1.0], [0.5, 1.0]]), np.array([0.0, -2.0])
W2, b2 = np.array([[1.5], [4.0]]), np.array([-1.0])

z1 = x @ W1 + b1            # (1, 2)
a1 = np.maximum(z1, 0)      # (1, 2)
y_hat = a1 @ W2 + b2        # (1, 1)
L = 0.5 * ((y_hat - y) ** 2).sum()
claim("hand-forward", "On paper and in NumPy the hidden layer holds (2, 0), the output is 2 and the loss one half.",
      [*a1.ravel(), y_hat.item(), L], expected=[2.0, 0.0, 2.0, 0.5])

# %% [markdown]
# The second hidden unit has $z = -1$: it is switched off. Keep an eye on it.
#
# We could now nudge each of the nine [parameters](../../book/glossary.md#parameter) in turn and watch the loss. That costs
# at least one forward pass a parameter. A network with a million weights would need a million passes for a single step.
# [Back-propagation](../../book/glossary.md#backpropagation) gives all of them for about the price of two more passes. Here is how.
#
# ## By hand: walk back through the network
#
# The forward pass was a chain of small steps, each with a derivative that fits on one line. Start at the loss, where
# $\partial L/\partial L = 1$, and walk back. At each step multiply by the derivative of that step.
#
# | step back | rule | on paper |
# |---|---|---|
# | through $L = \tfrac12(\hat y-y)^2$ | $\delta_2 = \hat y - y$ | $2 - 1 = 1$ |
# | through $\hat y = a_1W_2 + b_2$, to the weights | $a_1^\top\delta_2$ and $\delta_2$ | $(2, 0)^\top$ and $1$ |
# | the same step, to the activations | $\delta_2 W_2^\top$ | $(1.5,\ 4)$ |
# | through $a_1 = \max(z_1, 0)$ | times 1 where $z_1>0$, else 0 | $\delta_1 = (1.5,\ 0)$ |
# | through $z_1 = xW_1 + b_1$, to the weights | $x^\top\delta_1$ and $\delta_1$ | $\begin{pmatrix}1.5&0\\3&0\end{pmatrix}$ and $(1.5, 0)$ |

# %% tags=["settles-S0-C15", "settles-O3", "settles-O4"]
delta2 = y_hat - y                 # (1, 1)   dL/dz2
dW2, db2 = a1.T @ delta2, delta2.sum(0)
delta1 = (delta2 @ W2.T) * (z1 > 0)   # (1, 2)   dL/dz1
dW1, db1 = x.T @ delta1, delta1.sum(0)


def loss(W1, b1, W2, b2):
    return 0.5 * ((np.maximum(x @ W1 + b1, 0) @ W2 + b2 - y) ** 2).sum()


claim("hand-paper", "The first row of dW1 is (1.5, 0) and the second (3, 0), as on paper.",
      dW1, expected=np.array([[1.5, 0.0], [3.0, 0.0]]))
gradcheck(loss, {"W1": W1, "b1": b1, "W2": W2, "b2": b2}, {"W1": dW1, "b1": db1, "W2": dW2, "b2": db2})

# %% [markdown]
# Nine derivatives from five lines, confirmed by [central differences](../../book/glossary.md#finite-difference). Two
# things are worth a second look:
#
# - Everything that belongs to the switched-off unit is zero: its incoming weights, its bias, *and* its outgoing weight.
#   For this sample it learns nothing, although the weight 4 behind it is the largest in the network.
# - The signal $\delta$ passes each layer once and is used twice there: for the weights, and for the layer before.
#
# ## The chain rule on a graph
#
# A **[computation graph](../../book/glossary.md#computation-graph)** has a node for every intermediate value and an edge wherever one value is computed directly from
# another. Each edge carries a local derivative. The [chain rule](../../book/glossary.md#chain-rule) then reads: *multiply along a path, add over all paths.*
#
# $$\frac{\partial L}{\partial x} \;=\; \sum_{\text{paths } x\to L}\ \prod_{\text{edges } u\to v}\frac{\partial v}{\partial u}$$
#
# In words: a change in $x$ reaches $L$ along every route, shrunk or stretched by each edge it crosses, and the arrivals
# add up. Take $u = x^2$, $v = \sin x$, $L = uv$: two paths, so
# $\partial L/\partial x = v\cdot 2x + u\cdot\cos x$, which is the product rule.

# %%
point = 1.3
u, v = point**2, math.sin(point)
over_paths = v * (2 * point) + u * math.cos(point)
h = 1e-6
numeric = ((point + h) ** 2 * math.sin(point + h) - (point - h) ** 2 * math.sin(point - h)) / (2 * h)
claim("hand-two-paths", "The sum over both paths is the slope that central differences measure.",
      over_paths - numeric, expected=0.0, tolerance=1e-8)

# %% [markdown]
# Summing over paths is a definition, not an algorithm. Chain $n$ of those diamonds, the output of one feeding the next,
# and there are $2^n$ paths. **Back-propagation** visits the nodes from the loss backwards and stores at each node the
# sum that has arrived so far, its *adjoint* $\bar v = \partial L/\partial v$. Every edge is then crossed once.

# %%
def count_work(n_diamonds):
    """Return (paths, edges) of a chain of diamonds: two middle nodes each, four edges each."""
    arrivals, edges = 1, 0                  # ways to reach the current node
    for _ in range(n_diamonds):
        middle = [arrivals, arrivals]       # each middle node is reached by every route so far
        arrivals, edges = sum(middle), edges + 4
    return arrivals, edges


paths, edges = count_work(20)
claim("hand-paths", "Twenty diamonds in a row have over a million paths and 80 edges.",
      [paths, edges], expected=[2**20, 80])

# %% mystnb={"image": {"alt": "Line plot on a logarithmic axis: the number of paths doubles with every diamond and passes one million at twenty, while the number of edges grows by four each time and stays below one hundred."}}
n = np.arange(1, 21)
work = np.array([count_work(k) for k in n])
_ = plotting.curves({"paths to add up": (n, work[:, 0]), "edges that back-propagation crosses": (n, work[:, 1])},
                title="Paths double with every diamond; edges grow by four",
                xlabel="diamonds in the chain", ylabel="count", logy=True)

# %% [markdown]
# ## Explore: one graph, both directions
#
# Change a leaf, step forward, then step backward and watch the adjoints arrive. The finite difference beside each leaf
# should agree digit by digit. **Try to answer first:** with $w$ set to 0, which adjoints vanish, and does $b$'s?

# %%
explore.computation_graph()

# %% [markdown]
# ## The δ-recursion
#
# A network of any depth repeats two steps. With $a^0 = X$ of shape $(B, n_0)$, for layer $l = 1\dots D$:
#
# $$z^l = a^{l-1}W^l + b^l, \qquad a^l = f(z^l),$$
#
# and the last layer has no $f$. Write $\delta^l = \partial L/\partial z^l$, of the shape of $z^l$: $(B, n_l)$. For the mean
# squared loss of the batch, $L = \frac{1}{2B}\sum_i \lVert\hat y_i - y_i\rVert^2$, which [Losses](02_losses.ipynb) calls $\hat J$:
#
# $$\delta^D = \frac{\hat y - y}{B}, \qquad
#   \delta^{l} = \bigl(\delta^{l+1} (W^{l+1})^\top\bigr)\odot f'(z^l), \qquad
#   \frac{\partial L}{\partial W^l} = (a^{l-1})^\top\delta^l, \qquad
#   \frac{\partial L}{\partial b^l} = \sum_i \delta^l_{i}.$$
#
# Read aloud: *blame at the output is the error; blame at a layer is the blame of the next one, sent back through its
# weights and gated by the slope of the activation; a weight's gradient is what came in times the blame that went out.*
# These are the equations of [Rumelhart, Hinton and Williams, 1986](../../book/bibliography.md#rumelhart1986learning).
#
# First the readable version, with the indices of the formula and not a single matrix product.

# %%
def backward_loops(a_in, delta, W_next, f_slope):
    """Return (dW, db, delta of the layer before), one index at a time."""
    B, n_in, n_out = len(a_in), a_in.shape[1], delta.shape[1]
    dW, db, delta_in = np.zeros((n_in, n_out)), np.zeros(n_out), np.zeros((B, n_in))
    for i in range(B):                      # over the samples
        for k in range(n_out):
            db[k] += delta[i, k]
            for j in range(n_in):
                dW[j, k] += a_in[i, j] * delta[i, k]
                delta_in[i, j] += delta[i, k] * W_next[j, k] * f_slope[i, j]
    return dW, db, delta_in


def backward_products(a_in, delta, W_next, f_slope):
    return a_in.T @ delta, delta.sum(0), (delta @ W_next.T) * f_slope


rng = np.random.default_rng(0)
cases = [tuple(rng.normal(size=s) for s in [(B, m), (B, k), (m, k), (B, m)])
         for B, m, k in [(1, 1, 1), (3, 4, 2), (5, 2, 6)]]
same("three loops over sample, input and output are two matrix products and a sum",
     backward_loops, backward_products, cases)

# %% [markdown]
# Now the whole algorithm, for any depth. Forward remembers what backward will need; backward walks the layers in reverse.
#
# 1. **Forward:** for $l = 1\dots D$ compute and keep $z^l$ and $a^l$.
# 2. **Start:** $\delta^D = (\hat y - y)/B$.
# 3. **Backward:** for $l = D\dots 1$ compute $\partial L/\partial W^l$ and $\partial L/\partial b^l$; if $l>1$, send $\delta$ one layer back.
# 4. **Update:** hand the gradients to the [optimiser](../../book/glossary.md#optimizer). This step is not part of back-propagation.

# %%
def forward(X, weights):
    """Return (prediction, kept): kept[l] = (input of the layer, its z)."""
    kept, a = [], X
    for W, b in weights:
        z = a @ W + b                                        # (B, n_l)
        kept.append((a, z))
        a = np.tanh(z) if len(kept) < len(weights) else z    # the last layer has no activation
    return a, kept


def backward(y_hat, y, weights, kept):
    """Return the gradients of the mean squared loss, layer by layer, in the order of `weights`."""
    delta, grads = (y_hat - y) / len(y), []
    for l in range(len(weights) - 1, -1, -1):
        a_in, _ = kept[l]
        grads.append((a_in.T @ delta, delta.sum(0)))
        if l > 0:
            delta = (delta @ weights[l][0].T) * (1 - a_in**2)    # tanh'(z) = 1 - tanh(z)^2
    return grads[::-1]


# %% tags=["settles-S0-P3", "settles-SYS-39"]
def network(sizes, seed):
    rng = np.random.default_rng(seed)
    return [(rng.normal(0, m**-0.5, (m, n)), rng.normal(0, 0.1, n)) for m, n in zip(sizes, sizes[1:])]


weights = network([3, 8, 8, 8, 2], seed=1)
X, Y = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))


def deep_loss(*flat):
    y_hat, _ = forward(X, list(zip(flat[::2], flat[1::2])))
    return 0.5 * ((y_hat - Y) ** 2).sum() / len(Y)


y_hat, kept = forward(X, weights)
grads = backward(y_hat, Y, weights, kept)
gradcheck(deep_loss, [p for layer in weights for p in layer], [g for layer in grads for g in layer])

# %% [markdown]
# Four layers, 194 derivatives, one backward pass. The check above is not decoration. Five slips that every author of a
# backward pass makes at some time are caught by it; each is planted here on purpose.

# %%
def planted(slip):
    """Return the gradients with one slip planted."""
    W = [p for layer in grads for p in layer]
    return {"right": W, "0.1 % too large": [g * 1.001 for g in W], "wrong sign": [-g for g in W],
            "1/B forgotten": [g * len(Y) for g in W],
            "bias of the last sample only": [*W[:-1], ((y_hat - Y) / len(Y))[-1]],
            "square weight transposed": [*W[:2], W[2].T, *W[3:]]}[slip]


verdicts = {}
for slip in ["0.1 % too large", "wrong sign", "1/B forgotten", "bias of the last sample only", "square weight transposed"]:
    try:
        gradcheck(deep_loss, [p for layer in weights for p in layer], planted(slip))
    except AssertionError as error:
        verdicts[slip] = str(error).split(" (")[-1].rstrip(")")
for slip, verdict in verdicts.items():
    print(f"{slip:30s} {verdict}")
claim("hand-planted", "The gradient check rejects all five planted slips.", len(verdicts), expected=5)

# %% [markdown]
# ## What it costs
#
# Count multiplications instead of seconds. A layer of $n$ inputs and $m$ outputs needs $nm$ a sample on the way forward;
# on the way back $nm$ for the weights and $nm$ for the layer before, which the first layer may skip.

# %%
def multiplications(sizes):
    """Return (forward, backward, central differences) per sample, for the weight products alone."""
    layers = [n * m for n, m in zip(sizes, sizes[1:])]
    n_parameters = sum(n * m + m for n, m in zip(sizes, sizes[1:]))
    there, back = sum(layers), 2 * sum(layers) - layers[0]
    return there, back, 2 * n_parameters * there


there, back, differences = multiplications([784, 128, 10])
print(f"forward {there:,}   backward {back:,}   central differences {differences:,}")
claim("hand-cost", "For 784-128-10 the backward pass multiplies about as much as the forward pass, not a thousand times more.",
      back / there, at_least=1.0, at_most=2.0)
claim("hand-cost-numeric", "Central differences would cost over a hundred thousand times a backward pass.",
      differences / back, at_least=1e5)

# %% [markdown]
# ## An automatic differentiator in under 60 lines
#
# Nothing in the walk back needs a human. If every number remembers which numbers it came from and the local
# derivative towards each, the graph exists as soon as the forward pass has run. The idea in this form is due to
# [Linnainmaa, 1976](../../book/bibliography.md#linnainmaa1976taylor); the survey by
# [Baydin et al., 2018](../../book/bibliography.md#baydin2018automatic) tells its history.

# %%
class Value:
    """A number that remembers how it was made. `parents` holds (node, local derivative)."""

    def __init__(self, data, parents=()):
        self.data, self.parents, self.grad = float(data), parents, 0.0

    def __add__(self, other):
        other = as_value(other)
        return Value(self.data + other.data, ((self, 1.0), (other, 1.0)))

    def __mul__(self, other):
        other = as_value(other)
        return Value(self.data * other.data, ((self, other.data), (other, self.data)))

    def tanh(self):
        t = math.tanh(self.data)
        return Value(t, ((self, 1 - t * t),))

    def relu(self):
        return Value(max(self.data, 0.0), ((self, float(self.data > 0)),))

    def __sub__(self, other):
        return self + as_value(other) * -1

    __radd__, __rmul__ = __add__, __mul__

    def backward(self):
        self.grad = 1.0
        for node in reversed(in_order(self)):
            for parent, local in node.parents:
                parent.grad += node.grad * local


# %% tags=["settles-S2-C3"]
def as_value(x):
    return x if isinstance(x, Value) else Value(x)


def in_order(root):
    """Return the nodes so that each stands after everything it was computed from."""
    order, seen, stack = [], set(), [(root, False)]
    while stack:
        node, parents_done = stack.pop()
        if parents_done:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack += [(node, True), *((p, False) for p, _ in node.parents)]
    return order


functions = {as_value, in_order, *filter(inspect.isfunction, vars(Value).values())}
n_lines = sum(len(inspect.getsource(f).splitlines()) for f in functions)
claim("hand-sixty-lines", "The functions of the differentiator take fewer than 60 lines.", n_lines, at_most=60, at_least=20)
w = Value(0.5)
out = (w * w + w).tanh()
position = {id(node): i for i, node in enumerate(in_order(out))}
claim("hand-topological", "Every node stands behind its parents: the graph has no cycle.",
      all(position[id(p)] < position[id(n)] for n in in_order(out) for p, _ in n.parents), expected=True)

# %% [markdown]
# The order matters. A node may pass its adjoint on only when all of it has arrived, so nodes are visited in reverse
# [topological order](../../book/glossary.md#topological-order). An explicit stack is used in place of recursion: a graph of
# 5 000 steps, which a recurrent network makes without effort, would exceed Python's recursion limit.
#
# Does it find the derivatives that we found on paper?

# %%
V1 = [[Value(v) for v in row] for row in W1]
V2, c1, c2 = [Value(1.5), Value(4.0)], [Value(0.0), Value(-2.0)], Value(-1.0)
hidden = [(x[0, 0] * V1[0][k] + x[0, 1] * V1[1][k] + c1[k]).relu() for k in range(2)]
error = hidden[0] * V2[0] + hidden[1] * V2[1] + c2 - 1.0
loss_value = error * error * 0.5
loss_value.backward()
claim("hand-value", "The differentiator finds the nine derivatives of the paper example.",
      [*(v.grad for row in V1 for v in row), *(v.grad for v in c1), *(v.grad for v in V2), c2.grad],
      expected=[1.5, 0.0, 3.0, 0.0, 1.5, 0.0, 2.0, 0.0, 1.0])

# %% [markdown]
# The library of this book does the same with arrays in place of numbers; the
# [next section](04_automatic_differentiation.ipynb) opens it.
#
# ## In the frameworks
#
# The four-layer network again, from the same weights, in float64: our backward pass, PyTorch's autograd, TensorFlow's
# tape. Then 100 steps of gradient descent in each.

# %% tags=["fw-numpy"]
def train_numpy(weights, steps, lr=0.1):
    weights, losses = [(W.copy(), b.copy()) for W, b in weights], []
    for _ in range(steps):
        y_hat, kept = forward(X, weights)
        losses.append(0.5 * ((y_hat - Y) ** 2).sum() / len(Y))
        for (W, b), (dW, db) in zip(weights, backward(y_hat, Y, weights, kept)):
            W -= lr * dW
            b -= lr * db
    return losses


path_numpy = train_numpy(weights, 100)

# %% tags=["fw-torch"]
import torch

P = [torch.tensor(p, requires_grad=True) for layer in weights for p in layer]
optimizer, path_torch = torch.optim.SGD(P, lr=0.1), []
for step in range(100):
    a = torch.tensor(X)
    for W, b in zip(P[:-2:2], P[1:-2:2]):
        a = torch.tanh(a @ W + b)
    out_torch = a @ P[-2] + P[-1]
    loss_torch = 0.5 * ((out_torch - torch.tensor(Y)) ** 2).sum() / len(Y)
    optimizer.zero_grad(); loss_torch.backward()
    if step == 0: first_torch = out_torch.detach(), [p.grad.clone() for p in P]
    path_torch.append(loss_torch.item()); optimizer.step()

# %% tags=["fw-tensorflow"]
import tensorflow as tf

Q, path_tf = [tf.Variable(p) for layer in weights for p in layer], []
for step in range(100):
    with tf.GradientTape() as tape:
        a = tf.constant(X)
        for W, b in zip(Q[:-2:2], Q[1:-2:2]):
            a = tf.tanh(a @ W + b)
        out_tf = a @ Q[-2] + Q[-1]
        loss_tf = 0.5 * tf.reduce_sum((out_tf - Y) ** 2) / len(Y)
    grads_tf = tape.gradient(loss_tf, Q); path_tf.append(float(loss_tf))
    if step == 0: first_tf = out_tf, grads_tf
    for q, g in zip(Q, grads_tf): q.assign_sub(0.1 * g)

# %%
parity("hand-mlp",
       outputs={"numpy": y_hat, "torch": first_torch[0], "tensorflow": first_tf[0]},
       gradients={"numpy": [g for layer in grads for g in layer], "torch": first_torch[1], "tensorflow": first_tf[1]},
       path={"numpy": path_numpy, "torch": path_torch, "tensorflow": path_tf})

# %% [markdown]
# Three frameworks, one algorithm: what differs is who writes the backward pass, not what it computes.
#
# ## Misconceptions
#
# > **Misconception.** Back-propagation is the algorithm that updates the weights.
#
# It computes derivatives and touches nothing. The [optimiser](../../book/glossary.md#optimizer) updates, and it can be any of the
# methods of chapter 3 with the very same gradients.

# %% tags=["settles-F6", "settles-S0-Q1", "settles-X4"]
before = [p.copy() for layer in weights for p in layer]
backward(*[forward(X, weights)[0], Y, weights, forward(X, weights)[1]])
moved = max(np.abs(p - q).max() for p, q in zip(before, (p for layer in weights for p in layer)))
claim("hand-no-update", "A backward pass leaves every weight exactly as it was.", moved, expected=0.0)
weights = [(W - 0.1 * dW, b - 0.1 * db) for (W, b), (dW, db) in zip(weights, grads)]
claim("hand-then-update", "One step of the optimiser, after it, lowers the loss.",
      deep_loss(*(p for layer in weights for p in layer)) < path_numpy[0], expected=True)

# %% [markdown]
# > **Misconception.** Where a value is used twice, its gradient is the gradient of the last use.
#
# Arrivals add up; that is the *sum over paths*. Writing `=` for `+=` in `Value.backward` is the best-known bug of small
# differentiators, and it hides well, since a graph without shared nodes never shows it.

# %%
class Forgetful(Value):
    def backward(self):
        self.grad = 1.0
        for node in reversed(in_order(self)):
            for parent, local in node.parents:
                parent.grad = node.grad * local          # the bug


def slope_of(cls):
    w = cls(3.0)
    cls.backward(w * w)        # d(w^2)/dw = 6
    return w.grad


claim("hand-accumulate", "At w = 3 the slope of w·w is 6; assigning in place of adding gives 3.",
      [slope_of(Value), slope_of(Forgetful)], expected=[6.0, 3.0])

# %% [markdown]
# > **Misconception.** ReLU has no derivative at 0, so back-propagation fails with it.
#
# At a single point the derivative does not exist. A pre-activation computed in floating point hits that point almost never, and when
# it does, any slope between 0 and 1 is a valid subgradient; the frameworks take 0. What matters is the rest of the line.

# %%
hits = sum(int((rng.normal(size=(1000, 50)) @ rng.normal(size=(50, 20)) == 0).sum()) for _ in range(50))
claim("hand-relu-kink", "Of a million random pre-activations none is exactly zero.", hits, expected=0)

# %% [markdown]
# ## Summary
#
# - The chain rule on a graph: multiply along a path, add over paths. Back-propagation adds at the nodes, so each edge is crossed once.
# - Two equations run any depth: $\delta^{l} = (\delta^{l+1}(W^{l+1})^\top)\odot f'(z^l)$ and $\partial L/\partial W^l = (a^{l-1})^\top\delta^l$.
# - A backward pass multiplies one to two times as often as a forward pass, however many parameters there are.
# - It computes; the optimiser updates. Adjoints accumulate with `+=`.
#
# ## Exercises
#
# ### Exercise 1 · Blame on paper
#
# In the paper network, change the input to $x = (1, 4)$ and leave everything else. What is $\delta_1$, the derivative of the loss by
# $z_1$? Give the two numbers.

# %%
answer = None          # for example [1.5, 0.0]
exercise("hand-delta", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# $z_1 = (3, 1)$: both units are on. $\hat y = 1.5\cdot 3 + 4\cdot 1 - 1 = 7.5$, so $\delta_2 = 6.5$ and
# $\delta_1 = 6.5\cdot(1.5, 4) = (9.75, 26)$.
#
# </details>

# %% tags=["hide-cell", "solution"]
z = np.array([[1.0, 4.0]]) @ W1 + b1
exercise("hand-delta", (((np.maximum(z, 0) @ W2 + b2 - y) @ W2.T) * (z > 0)).ravel())

# %% [markdown]
# ### Exercise 2 · The backward pass of a sigmoid layer
#
# Write `layer_backward(X, W, b, upstream)` for $a = \sigma(XW+b)$: given `upstream` $= \partial L/\partial a$ of shape $(B, n)$, return
# `(dX, dW, db)`.

# %%
def layer_backward(X, W, b, upstream):
    ...


exercise("hand-sigmoid-layer", layer_backward)


# %% tags=["hide-cell", "solution"]
def solution(X, W, b, upstream):
    a = 1 / (1 + np.exp(-(X @ W + b)))
    delta = upstream * a * (1 - a)
    return delta @ W.T, X.T @ delta, delta.sum(0)


exercise("hand-sigmoid-layer", solution)

# %% [markdown]
# ### Exercise 3 · Count the paths
#
# A fully connected network has 3 inputs, hidden layers of 4, 5 and 6 units, and 1 output. In a graph with one node for each unit,
# how many paths lead from one
# given input to the output?

# %%
answer = None
exercise("hand-count-paths", answer)

# %% tags=["hide-cell", "solution"]
exercise("hand-count-paths", 4 * 5 * 6)

# %% [markdown]
# ### Exercise 4 · Teach `Value` to divide
#
# Write `power(v, n)` for a `Value` $v$ and a number $n$: a new `Value` of $v^n$ that knows its derivative. Division is then `a * power(b, -1)`.

# %%
def power(v, n):
    ...


exercise("hand-power", power)

# %% tags=["hide-cell", "solution"]
exercise("hand-power", lambda v, n: Value(v.data**n, ((v, n * v.data ** (n - 1)),)))

# %% [markdown]
# ### Exercise 5 · A proof
#
# Show that for $D$ layers without activation functions ($f(z) = z$) the recursion gives
# $\delta^1 = \delta^D (W^2 W^3\cdots W^D)^\top$. Which two things can go wrong with this product when $D$ is 50?
#
# <details><summary>Solution</summary>
#
# With $f' = 1$ the recursion is $\delta^l = \delta^{l+1}(W^{l+1})^\top$. Insert it into itself from $l=1$:
# $\delta^1 = \delta^2 (W^2)^\top = \delta^3 (W^3)^\top(W^2)^\top = \dots = \delta^D (W^D)^\top\cdots(W^2)^\top = \delta^D(W^2\cdots W^D)^\top$.
# A product of 50 matrices shrinks towards zero or grows without bound unless each of them keeps lengths: gradients vanish or explode.
# [Training a deep network](05_training_deep_networks.ipynb) measures both.
#
# </details>

# %% [markdown]
# ## Sources
#
# [Rumelhart, Hinton and Williams, 1986](../../book/bibliography.md#rumelhart1986learning), and their [longer chapter](../../book/bibliography.md#rumelhart1986internal) of the same year, whose generalised delta rule is the recursion above ·
# [Linnainmaa, 1976](../../book/bibliography.md#linnainmaa1976taylor), reverse accumulation ·
# [Baydin et al., 2018](../../book/bibliography.md#baydin2018automatic), the survey ·
# [Goodfellow, Bengio and Courville, 2016](../../book/bibliography.md#goodfellow2016deep), section 6.5.
