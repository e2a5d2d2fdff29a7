# %% [markdown]
# # Deep CNNs
#
# **After this section** you can say why thirty plain layers fail and thirty residual ones learn, derive what a skip does to the gradient, check the size of AlexNet, VGG, GoogLeNet, ResNet, DenseNet and
# MobileNet with a pencil, and use the same layer in one dimension: to read reviews and to find a motif in DNA.
# *Reading: 30 minutes. Running: about 30 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import math

import numpy as np
import torch
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from torch.nn import functional as torch_F

from chainrule import Tensor, data, nn, optim, plotting, train
from chainrule.nn import functional as F
from chainrule.proof import claim, exercise, gradcheck, parity
from chainrule.tensor import concatenate

# %% [markdown]
# ## The question
#
# The [last section](02_layers_of_a_cnn.ipynb) has the layers of a [convolutional network](../../book/glossary.md#convolutional-neural-network); how many of them may one stack? Take the smallest network there is: one number goes in, every layer multiplies by $w = 0.1$. Three layers, and then three layers that *add* their
# answer to what they were given:
#
# $$h_l = w\,h_{l-1} \qquad\text{against}\qquad h_l = h_{l-1} + w\,h_{l-1}.$$
#
# On paper the [chain rule](../../book/glossary.md#chain-rule) gives $\partial h_3/\partial h_0 = w^3 = 0.001$ for the first. For the second it gives $(1+w)^3$, and multiplied out
#
# $$(1+w)^3 = 1 + 3w + 3w^2 + w^3 = 1 + 0.3 + 0.03 + 0.001 .$$
#
# Read aloud: *one path goes past all three layers, three go through one of them, three through two, one through all.* Adding the input to the output is a **[residual connection](../../book/glossary.md#residual-connection)** ([He et al., 2016](../../book/bibliography.md#he2016deep)), or skip. The long path through all layers is as weak as before. It is
# no longer the only one.

# %%
def chain_slope(w, n_layers, skip):
    """Return ∂h_n/∂h_0 by the engine."""
    h = start = Tensor(1.0, requires_grad=True)
    for _ in range(n_layers):
        h = h + w * h if skip else w * h
    h.backward()
    return float(start.grad)


claim("resnet-paper", "The engine agrees with the paper: 0.001 without the skips, 1.331 with them.",
      [chain_slope(0.1, 3, skip) for skip in (False, True)], expected=[0.001, 1.331], tolerance=1e-12)
claim("resnet-paths", "Through thirty layers 2³⁰ paths lead; their sum, counted by how many layers each uses, is the slope.",
      [sum(math.comb(30, k) for k in range(31)), sum(math.comb(30, k) * 0.1**k for k in range(31)) - chain_slope(0.1, 30, True)],
      expected=[2.0**30, 0.0], tolerance=1e-10)

# %% [markdown]
# ## Thirty layers
#
# Now in earnest. A block of ResNet has two convolutions with [batch normalisation](../../book/glossary.md#batch-normalization); its input is added before the last [ReLU](../../book/glossary.md#relu). Where the block changes the shape, a $1\times1$ convolution adapts the input:
#
# $$y = \mathrm{ReLU}\bigl(x + \underbrace{N_2(K_2 * \mathrm{ReLU}(N_1(K_1 * x)))}_{\text{the branch } F(x)}\bigr)$$
#
# | symbol | meaning |
# |---|---|
# | $K_1$, $K_2$ | kernels $3\times3$, without bias |
# | $N_1$, $N_2$ | batch normalisation with scale $\gamma$ and shift $\beta$ for each [channel](../../book/glossary.md#channel) |
# | $F$ | the branch: all that the skip goes past |
# | $\delta$ | the gradient that arrives at the block's output |

# %%
class ResidualBlock(nn.Module):
    """y = ReLU(x + F(x)); with skip=False the plain y = ReLU(F(x))."""

    def __init__(self, c_in, c_out, stride=1, *, rng, skip=True, norm=True, init="he"):
        options = dict(bias=not norm, rng=rng, init=init)
        self.conv1, self.conv2 = nn.Conv2d(c_in, c_out, 3, stride, 1, **options), nn.Conv2d(c_out, c_out, 3, 1, 1, **options)
        self.norm1, self.norm2 = [nn.BatchNorm2d(c_out) if norm else nn.Identity() for _ in range(2)]
        changes = stride > 1 or c_in != c_out
        adapt = [nn.Conv2d(c_in, c_out, 1, stride, bias=False, rng=rng), nn.BatchNorm2d(c_out)] if changes else []
        self.shortcut = nn.Sequential(*adapt) if skip else None

    def branch(self, x):
        return self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))

    def forward(self, x):
        return F.relu(self.branch(x) if self.shortcut is None else self.shortcut(x) + self.branch(x))


def thirty_layers(seed, **options):
    """Return a network for the 8×8 digits: a convolution, fifteen blocks of two, a classifier."""
    rng = np.random.default_rng(seed)
    blocks = [ResidualBlock(8, 8, rng=rng, **options) for _ in range(15)]
    return nn.Sequential(nn.Conv2d(1, 8, 3, 2, 1, rng=rng), nn.ReLU(), *blocks, nn.Flatten(), nn.Linear(8 * 16, 10, rng=rng))


# %% [markdown]
# First the gradient, before any training: its norm at the kernels of layers 1 to 30, for four networks of each kind. PyTorch's default start draws weights of variance $1/(3n)$; He's start has $2/n$. **Predict** which of the plain networks has a gradient at layer 1 that is worth the name, and what normalisation does to it.

# %%
digits = data.digits(flatten=False)
x_digits, y_digits = digits.x_train[:, None], digits.y_train
default_start = lambda shape, rng, dtype: nn.init.he_normal(shape, rng, dtype, gain=3**-0.5)
kinds = {"plain, 1/(3n)": dict(skip=False, norm=False, init=default_start), "residual, 1/(3n)": dict(norm=False, init=default_start),
         "plain, batch norm": dict(skip=False), "residual, batch norm": dict()}


def gradient_norms(seed, **options):
    """Return the norm of the loss's gradient at the kernels of layers 1 to 30."""
    model = thirty_layers(seed, **options)
    F.cross_entropy(model(Tensor(x_digits[:128])), y_digits[:128]).backward()
    return [np.linalg.norm(conv.weight.grad) for block in model if isinstance(block, ResidualBlock) for conv in (block.conv1, block.conv2)]


norms = {name: np.array([gradient_norms(seed, **options) for seed in range(5)]) for name, options in kinds.items()}
for name, g in norms.items():
    print(f"{name:21s} layer 1: 10^{np.log10(g[:, 0]).mean():.0f}   layer 1 / layer 30: {np.exp(np.log(g[:, 0] / g[:, -1]).mean()):.0f}")
claim("resnet-vanish", "From the default start the plain gradient at layer 1 is more than a billion times smaller than the residual one, in each of four networks.",
      (norms["residual, 1/(3n)"][:, 0] / norms["plain, 1/(3n)"][:, 0]).min(), at_least=1e9)
claim("resnet-norm-explodes", "With batch normalisation the plain gradient is more than twelve times larger at layer 1 than at layer 30.",
      (norms["plain, batch norm"][:, 0] / norms["plain, batch norm"][:, -1]).min(), at_least=12)
claim("resnet-level", "With both it is level within a factor of ten.", (norms["residual, batch norm"][:, 0] / norms["residual, batch norm"][:, -1]).max(), at_most=10)

# %% mystnb={"image": {"alt": "Gradient norm against layer 1 to 30 on a logarithmic axis, four curves. Plain with the default start lies near ten to the minus thirteen. The other three lie between one tenth and fifty: residual with the default start is level, plain with batch norm falls steadily by a factor of fifty, residual with batch norm is nearly level."}}
_ = plotting.curves({name: (np.arange(1, 31), np.exp(np.log(g).mean(0))) for name, g in norms.items()}, logy=True, xlabel="layer", ylabel="norm of the gradient",
                    title="Only with skip and normalisation is the gradient neither tiny nor steep", labels="legend")

# %% [markdown]
# He's start would keep the plain gradient alive, as [chapter 2](../02_backprop/05_training_deep_networks.ipynb) did for fully connected layers, and there normalisation made thirty plain layers *worse*: it rescues the signal and lets the gradient grow on its way back. The figure shows the same for convolutions. So does it learn?
# 36 steps of Adam on 32 digits each, three seeds; held-out accuracy.

# %%
def accuracy_after(seed, **options):
    model = thirty_layers(seed, **options)
    optimizer = optim.Adam(model.parameters(), lr=4e-3)
    train.fit(model, (x_digits[:1152], y_digits[:1152]), loss=F.cross_entropy, optimizer=optimizer, epochs=1, batch_size=32)
    return train.accuracy(model, (digits.x_test[:, None], digits.y_test))


contest = {"plain, He": dict(skip=False, norm=False), "plain, batch norm": dict(skip=False), "residual, batch norm": dict()}
scores = {name: [accuracy_after(seed, **options) for seed in range(3)] for name, options in contest.items()}
for name, a in scores.items():
    print(f"{name:21s} {np.mean(a):.2f} ± {np.std(a, ddof=1):.2f}")
claim("resnet-trains", "After 36 steps the worst residual network is at least 20 points ahead of the best plain one.",
      min(scores["residual, batch norm"]) - max(scores["plain, He"] + scores["plain, batch norm"]), at_least=0.2)

# %% [markdown]
# The same layers, the same number of parameters, the same data. What differs is a plus sign.
#
# ## What the skip does to the gradient
#
# Take a block without the last ReLU, $y = x + F(x)$. Its [Jacobian](../../book/glossary.md#jacobian) is $I + J$, and the gradient at its input is
#
# $$\frac{\partial L}{\partial x} = \delta + J^\top\delta .$$
#
# Read aloud: *what arrived, undiminished, plus what comes back through the branch.* The first term does not know the weights. If the branch is silent, as with $\gamma = 0$ in its last normalisation, the block is the identity, forward and backward. (Starting there is a recipe for large batches: [Goyal et al., 2017](../../book/bibliography.md#goyal2017accurate).)
#
# Is the gradient then at least as large as what the skip alone would carry? On average over random weights yes: $\delta$ and $J^\top\delta$ are uncorrelated, so $\mathrm E\lVert\delta + J^\top\delta\rVert^2 = \lVert\delta\rVert^2 + \mathrm E\lVert J^\top\delta\rVert^2$. (Exercise 6 proves it.)

# %% tags=["settles-SYS-44"]
def skip_and_branch(block, x, delta):
    """Return (∂L/∂x, J'δ) of y = x + F(x) for L = Σ δ·y."""
    whole, alone = Tensor(x, requires_grad=True), Tensor(x, requires_grad=True)
    ((whole + block.branch(whole)) * delta).sum().backward()
    (block.branch(alone) * delta).sum().backward()
    return whole.grad, alone.grad


rng = np.random.default_rng(0)
x, delta = (rng.normal(size=(16, 8, 6, 6)).astype(np.float32) for _ in range(2))
both = [skip_and_branch(ResidualBlock(8, 8, rng=rng), x, delta) for _ in range(100)]
claim("resnet-sum", "In 100 random blocks the gradient is δ plus what comes back through the branch.", max(np.abs(whole - delta - back).max() for whole, back in both), at_most=1e-5)
skip_energy = (delta.astype(np.float64) ** 2).sum()
ratio = np.array([[(whole.astype(np.float64) ** 2).sum(), (back.astype(np.float64) ** 2).sum()] for whole, back in both]) / skip_energy
claim("resnet-at-least-skip", "Its mean square exceeds that of the skip path alone by what the branch adds, within 3 %.",
      ratio[:, 0].mean() / (1 + ratio[:, 1].mean()), expected=1.0, tolerance=0.03)
claim("resnet-every-block", "In each of the 100 it is larger than the skip's.", ratio[:, 0].min(), at_least=1.0)
silent = ResidualBlock(8, 8, rng=rng)
silent.norm2.weight.data[...] = 0
claim("resnet-identity", "With γ = 0 the block is the identity: its gradient is δ, to the last bit.", np.array_equal(skip_and_branch(silent, x, delta)[0], delta), expected=True)

# %% [markdown]
# > **Misconception.** A skip guarantees a gradient at least as large as the one that arrives.
#
# It guarantees a *term*. The branch may learn the opposite of it, and then the two cancel. Take $F(x) = -x$:

# %%
opposite = ResidualBlock(3, 3, rng=rng, norm=False)
for conv in (opposite.conv1, opposite.conv2):
    conv.bias.data[...] = 0
    conv.weight.data[...] = 0
    conv.weight.data[range(3), range(3), 1, 1] = 1 if conv is opposite.conv1 else -1          # the middle of the kernel
positive = rng.uniform(1, 2, (4, 3, 5, 5)).astype(np.float32)
whole, back = skip_and_branch(opposite, positive, np.ones_like(positive))
claim("resnet-cancel", "With kernels that make F(x) = −x for positive x the gradient is zero everywhere; the skip brought 1, the branch −1.",
      [np.abs(whole).max(), back.min(), back.max()], expected=[0.0, -1.0, -1.0])

# %% [markdown]
# ## What batch normalisation adds
#
# [Chapter 2](../02_backprop/05_training_deep_networks.ipynb) showed its algebra on one layer: multiply the weights by ten and the output stays, the gradient is a tenth and at right angles to the weights. `BatchNorm2d` normalises each channel by itself, so all of this holds **for each kernel separately**. It has a consequence
# for training. A step at right angles can only lengthen a vector, by Pythagoras:
#
# $$\lVert w_{t+1}\rVert^2 = \lVert w_t\rVert^2 + \eta^2\lVert g_t\rVert^2 .$$
#
# Only the direction of $w$ matters, and a longer $w$ turns less: by $\eta\lVert g\rVert/\lVert w\rVert$, where $\lVert g\rVert$ itself falls as $1/\lVert w\rVert$. The [learning rate](../../book/glossary.md#learning-rate) that counts is $\eta/\lVert w\rVert^2$, and it decays by itself. [Weight decay](../../book/glossary.md#weight-decay) on such a kernel
# does not shrink the function at all; it keeps that rate up.

# %%
rng = np.random.default_rng(1)
pictures, wanted = Tensor(rng.normal(size=(12, 3, 6, 6))), rng.normal(size=(12, 4, 6, 6))
norm = lambda z: F.batch_norm(z, None, None, training=True, eps=1e-12)
kernels = Tensor(rng.normal(size=(4, 3, 3, 3)), requires_grad=True)
one_longer = kernels.data.copy()
one_longer[2] *= 10
claim("resnet-kernel-scale", "One kernel of four made ten times longer: no channel notices.",
      np.abs(norm(F.conv2d(pictures, kernels, padding=1)).data - norm(F.conv2d(pictures, one_longer, padding=1)).data).max(), at_most=1e-10)


def kernel_lengths(weight_decay, eta=2.0, steps=200):
    """Return |w|² and η²|g|² of the four kernels at every step of gradient descent, and the largest |<w, g>|."""
    w, squares, added, inner = Tensor(kernels.data.copy(), requires_grad=True), [], [], []
    sgd = optim.SGD([w], lr=eta, weight_decay=weight_decay)
    for _ in range(steps):
        sgd.zero_grad(); ((norm(F.conv2d(pictures, w, padding=1)) - wanted) ** 2).mean().backward()
        squares.append((w.data**2).sum((1, 2, 3))); added.append(eta**2 * (w.grad**2).sum((1, 2, 3)))
        inner.append(np.abs((w.data * w.grad).sum((1, 2, 3))).max()); sgd.step()
    return np.array(squares), np.array(added), max(inner)


# %%
(free, added, inner), (decayed, _, _) = kernel_lengths(0.0), kernel_lengths(0.02)
claim("resnet-right-angle", "At each of 200 steps each kernel's gradient is at right angles to the kernel.", inner, at_most=1e-12)
claim("resnet-pythagoras", "The square of a kernel's length grows by η²|g|² at every step, and by nothing else.", np.abs(np.diff(free, axis=0) - added[:-1]).max(), at_most=1e-10)
claim("resnet-decay-shorter", "With weight decay all four kernels end at less than a tenth of the squared length that they have without.", (decayed[-1] / free[-1]).max(), at_most=0.1)

# %% [markdown]
# In training a channel's mean and variance come from the batch, all pictures together. So the answer for a picture depends on the company it is in.
#
# > **Misconception.** A network's answer for a picture depends on the picture and the weights.
#
# In evaluation it does. In training mode, with batch normalisation, it does not: the same digit, in two batches.

# %%
model = thirty_layers(0)
train.fit(model, (x_digits[:640], y_digits[:640]), loss=F.cross_entropy, optimizer=optim.Adam(model.parameters(), lr=4e-3), epochs=1, batch_size=32)
companies = [np.concatenate([x_digits[:1], x_digits[rows]]) for rows in (slice(640, 655), slice(700, 715))]
gap = {}
for mode in (True, False):
    answers = [model.train(mode)(Tensor(batch)).data[0] for batch in companies]
    gap[mode] = np.abs(answers[0] - answers[1]).max() / np.abs(answers[0]).max()
claim("resnet-company", "In training mode the logits of one digit move by more than 5 % with its neighbours.", gap[True], at_least=0.05)
claim("resnet-alone", "In evaluation they do not move.", gap[False], at_most=1e-4)

# %% [markdown]
# ## In the frameworks: a residual block
#
# A block that halves the picture and doubles the channels, with the $1\times1$ shortcut, normalised by the batch, then global average and a linear layer. 100 steps in float64. Keras pads a stride of 2 at the end only, so TensorFlow is told its padding.

# %%
def descend_ours(model, start, x, y, lr):
    """Return (first output, first gradients, 100 losses) of gradient descent on the cross-entropy."""
    P, losses = [Tensor(p.copy(), requires_grad=True) for p in start], []
    sgd = optim.SGD(P, lr=lr)
    for step in range(100):
        out = model(x, P)
        loss = F.cross_entropy(out, y); sgd.zero_grad(); loss.backward()
        if step == 0: first = out.data, [p.grad.copy() for p in P]
        losses.append(loss.item()); sgd.step()
    return *first, losses


def descend_torch(model, start, x, y, lr):
    P, losses, y = [torch.tensor(p, requires_grad=True) for p in start], [], torch.tensor(y)
    sgd = torch.optim.SGD(P, lr=lr)
    for step in range(100):
        out = model(torch.tensor(x), P)
        loss = torch_F.cross_entropy(out, y); sgd.zero_grad(); loss.backward()
        if step == 0: first = out.detach(), [p.grad.clone() for p in P]
        losses.append(loss.item()); sgd.step()
    return *first, losses


# %%
def descend_tf(model, start, x, y, lr):
    """As the other two; `start` is in TensorFlow's order of axes, and so are the gradients."""
    P, losses = [tf.Variable(p) for p in start], []
    for step in range(100):
        with tf.GradientTape() as tape:
            out = model(x, P)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, out))
        grads = [tf.convert_to_tensor(g) for g in tape.gradient(loss, P)]
        if step == 0: first = out, grads
        losses.append(float(loss))
        for p, g in zip(P, grads): p.assign_sub(lr * g)
    return *first, losses


rng = np.random.default_rng(2)
few, few_labels = digits.x_train[:64, None].astype(np.float64), digits.y_train[:64]
near_one, near_zero = lambda n: rng.normal(1, 0.1, n), lambda n: rng.normal(0, 0.1, n)
block_start = [rng.normal(0, 0.3, (6, 1, 3, 3)), near_one(6), near_zero(6), rng.normal(0, 0.2, (6, 6, 3, 3)), near_one(6), near_zero(6),
               rng.normal(0, 0.5, (6, 1, 1, 1)), near_one(6), near_zero(6), rng.normal(0, 0.4, (6, 10)), near_zero(10)]

# %% tags=["fw-numpy"]
def block_ours(x, p):
    normed = lambda z, i: F.batch_norm(z, None, None, p[i], p[i + 1], training=True)
    h = F.relu(normed(F.conv2d(x, p[0], stride=2, padding=1), 1))
    h = normed(F.conv2d(h, p[3], padding=1), 4) + normed(F.conv2d(x, p[6], stride=2), 7)
    return F.global_avg_pool2d(F.relu(h)) @ p[9] + p[10]


out_ours, grads_ours, path_ours = descend_ours(block_ours, block_start, few, few_labels, 0.3)

# %% tags=["fw-torch"]
def block_torch(x, p):
    normed = lambda z, i: torch_F.batch_norm(z, None, None, p[i], p[i + 1], training=True)
    h = torch.relu(normed(torch_F.conv2d(x, p[0], stride=2, padding=1), 1))
    h = normed(torch_F.conv2d(h, p[3], padding=1), 4) + normed(torch_F.conv2d(x, p[6], stride=2), 7)
    return torch.relu(h).mean((2, 3)) @ p[9] + p[10]


out_torch, grads_torch, path_torch = descend_torch(block_torch, block_start, few, few_labels, 0.3)

# %% tags=["fw-tensorflow"]
import tensorflow as tf

def block_tf(x, p):
    normed = lambda z, i: tf.nn.batch_normalization(z, *tf.nn.moments(z, (0, 1, 2)), p[i + 1], p[i], 1e-5)
    h = tf.nn.relu(normed(tf.nn.conv2d(x, p[0], 2, [[0, 0], [1, 1], [1, 1], [0, 0]]), 1))
    h = normed(tf.nn.conv2d(h, p[3], 1, "SAME"), 4) + normed(tf.nn.conv2d(x, p[6], 2, "VALID"), 7)
    return tf.reduce_mean(tf.nn.relu(h), (1, 2)) @ p[9] + p[10]

channels_last = [p.transpose(2, 3, 1, 0) if p.ndim == 4 else p for p in block_start]
out_tf, grads_tf, path_tf = descend_tf(block_tf, channels_last, few.transpose(0, 2, 3, 1), few_labels, 0.3)

# %%
parity("resnet-block",
       outputs={"numpy": out_ours, "torch": out_torch, "tensorflow": out_tf},
       gradients={"numpy": grads_ours, "torch": grads_torch, "tensorflow": [tf.transpose(g, (3, 2, 0, 1)) if g.ndim == 4 else g for g in grads_tf]},
       path={"numpy": path_ours, "torch": path_torch, "tensorflow": path_tf})
claim("resnet-block-learns", "In the hundred steps the loss falls by a quarter at least.", path_ours[-1] / path_ours[0], at_most=0.75)

# %% [markdown]
# The block is one function in the three. Their *running* averages are not one habit:
#
# > **Misconception.** `momentum=0.9` means the same in PyTorch's and in Keras's batch normalisation.
#
# PyTorch's momentum is the weight of the *new* batch, Keras's that of the *old* average. And PyTorch averages the unbiased variance, $n/(n-1)$ times the one it normalises by, Keras the biased one. One batch of 12 numbers of a channel, through all of them:

# %%
batch = rng.normal(5, 2, (12, 1))
old, n = 0.9, len(batch)
share_new, share_old = nn.BatchNorm1d(1, momentum=1 - old, dtype=np.float64), nn.BatchNorm1d(1, momentum=old, dtype=np.float64)
in_torch = torch.nn.BatchNorm1d(1, momentum=1 - old, dtype=torch.float64)
in_keras = tf.keras.layers.BatchNormalization(momentum=old, epsilon=1e-5, dtype="float64")
share_new(Tensor(batch)); share_old(Tensor(batch)); in_torch(torch.tensor(batch)); in_keras(batch, training=True)
running = [share_new.running_mean.item(), in_torch.running_mean.item(), in_keras.moving_mean.numpy().item()]
claim("resnet-momentum", "Momentum 0.1 here and in PyTorch is momentum 0.9 in Keras: a tenth of the batch's mean.", running, expected=[0.1 * batch.mean()] * 3, tolerance=1e-6)
claim("resnet-momentum-copied", "0.9 copied from Keras takes nine tenths of it.", share_old.running_mean.item() / batch.mean(), expected=0.9, tolerance=1e-9)
spread = [share_new.running_var.item(), in_torch.running_var.item(), in_keras.moving_variance.numpy().item()]
claim("resnet-unbiased", "From 1 the running variance moves a tenth of the way to the unbiased variance in two of them, in Keras to the biased one.",
      spread, expected=[0.9 + 0.1 * batch.var(ddof=ddof) for ddof in (1, 1, 0)], tolerance=1e-6)

# %% [markdown]
# ## A gallery, counted
#
# The networks that everybody names are each one idea about how to stack layers. A size is a formula, and a formula can be checked: by a model built of our layers, or by a PyTorch model on the *meta device*, which has shapes and no memory.
#
# | year | network | the idea | formula |
# |---|---|---|---|
# | 2012 | [AlexNet](../../book/bibliography.md#krizhevsky2012imagenet) | eight layers, ReLU, [dropout](../../book/glossary.md#dropout), trained on two graphics cards | $\sum (C_\text{in}k^2 + 1)\,C_\text{out}$, then $\sum (n+1)\,m$ |
# | 2015 | [VGG](../../book/bibliography.md#simonyan2015very) | nothing but $3\times3$, see the [last section](02_layers_of_a_cnn.ipynb) | the same, with $k = 3$ |
# | 2015 | [GoogLeNet](../../book/bibliography.md#szegedy2015going) | *Inception*: branches of several kernel sizes side by side | channels add up: $\sum_b C_b$ |
# | 2016 | [ResNet](../../book/bibliography.md#he2016deep) | the skip | $32C^2 + 10C$ a stage of two blocks, from $C/2$ to $C$ |
# | 2017 | [DenseNet](../../book/bibliography.md#huang2017densely) | every layer sees all before it | channels $k_0 + lk$ |
# | 2017 | [Xception](../../book/bibliography.md#chollet2017xception), MobileNet | places and channels apart | $C(k^2 + C')$ for $CC'k^2$ |
#
# ResNet's first. A stage from $C/2$ to $C$ channels has one kernel of $9\cdot\frac C2\cdot C$, three of $9C^2$, a shortcut of $\frac C2\cdot C$, and five normalisations with $2C$ each: $(4.5 + 27 + 0.5)\,C^2 + 10C$. The first stage stays at 64 channels: $36\cdot64^2 + 8\cdot64$. Before it a $7\times7$ from three colours, after it a linear
# layer from 512 to 1000 classes.

# %%
def resnet18(rng):
    widths = [64, 64, 128, 256, 512]
    blocks = [block for a, b in zip(widths, widths[1:]) for block in (ResidualBlock(a, b, 1 + (a < b), rng=rng), ResidualBlock(b, b, rng=rng))]
    return nn.Sequential(nn.Conv2d(3, 64, 7, 2, 3, bias=False, rng=rng), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1),
                         *blocks, nn.GlobalAvgPool2d(), nn.Linear(512, 1000, rng=rng))


on_paper = {"ResNet-18": (49 * 3 * 64 + 2 * 64) + (36 * 64**2 + 8 * 64) + sum(32 * C**2 + 10 * C for C in (128, 256, 512)) + (512 + 1) * 1000}
claim("resnet-18", "ResNet-18 has 11 689 512 parameters, by the formula and built of our layers.",
      [on_paper["ResNet-18"], resnet18(np.random.default_rng(0)).n_parameters()], expected=[11_689_512] * 2)

# %% [markdown]
# **Inception.** One block, with four branches that all see the same 192 channels: $1\times1$ to 64; $1\times1$ to 96 and $3\times3$ to 128; $1\times1$ to 16 and $5\times5$ to 32; max pooling with stride 1 and $1\times1$ to 32. Their outputs are [concatenated](../../book/glossary.md#concatenation), so $64 + 128 + 32 + 32 = 256$ channels come out. The
# $1\times1$ layers in front are there for the price. **Predict** the factor: what would $3\times3$ and $5\times5$ cost straight from 192 channels?

# %% tags=["settles-SYS-42"]
class Inception(nn.Module):
    """Branches side by side: each a list of (channels, kernel size), the last one after max pooling."""

    def __init__(self, c_in, branches, *, rng):
        self.branches = []
        for i, steps in enumerate(branches):
            widths = [c_in, *(c for c, _ in steps)]
            layers = [part for a, (b, k) in zip(widths, steps) for part in (nn.Conv2d(a, b, k, padding=k // 2, rng=rng), nn.ReLU())]
            self.branches.append(nn.Sequential(*([nn.MaxPool2d(3, 1, 1)] if i == len(branches) - 1 else []), *layers))

    def forward(self, x):
        return concatenate([branch(x) for branch in self.branches], axis=1)


rng = np.random.default_rng(3)
first = Inception(192, [[(64, 1)], [(96, 1), (128, 3)], [(16, 1), (32, 5)], [(32, 1)]], rng=rng)
straight = Inception(192, [[(64, 1)], [(128, 3)], [(32, 5)], [(32, 1)]], rng=rng)
claim("resnet-inception-channels", "GoogLeNet's first block makes 256 channels of 192 and keeps the picture's size.",
      first(Tensor(np.ones((1, 192, 7, 7), np.float32))).shape, expected=(1, 64 + 128 + 32 + 32, 7, 7))
conv = lambda a, b, k=1: (a * k * k + 1) * b
claim("resnet-inception-size", "It has 163 696 parameters; without the 1×1 layers in front it would have 393 472, 2.4 times as many.",
      [first.n_parameters(), straight.n_parameters()],
      expected=[conv(192, 64) + conv(192, 96) + conv(96, 128, 3) + conv(192, 16) + conv(16, 32, 5) + conv(192, 32), conv(192, 64) + conv(192, 128, 3) + conv(192, 32, 5) + conv(192, 32)])

# %% [markdown]
# **DenseNet-121.** A layer with $c$ channels before it squeezes them to $4k$ by $1\times1$ and makes $k = 32$ new ones by $3\times3$, each convolution behind a normalisation: $2c + 4kc + 8k + 36k^2$ parameters. After $l$ layers there are $k_0 + lk$ channels. Four blocks of 6, 12, 24 and 16 layers; between them a $1\times1$ halves the channels. The
# other builders are the lists that the papers print.

# %%
def convolved(a, b, k=3, stride=1, groups=1):
    """Return convolution, normalisation and ReLU in PyTorch."""
    return [torch.nn.Conv2d(a, b, k, stride, k // 2, groups=groups, bias=False), torch.nn.BatchNorm2d(b), torch.nn.ReLU()]


class DenseLayer(torch.nn.Module):
    def __init__(self, c, k):
        super().__init__()
        self.new = torch.nn.Sequential(torch.nn.BatchNorm2d(c), torch.nn.ReLU(), *convolved(c, 4 * k, 1), torch.nn.Conv2d(4 * k, k, 3, padding=1, bias=False))

    def forward(self, x):
        return torch.cat([x, self.new(x)], 1)


def densenet121(k=32):
    c, layers = 64, [*convolved(3, 64, 7, 2), torch.nn.MaxPool2d(3, 2, 1)]
    for n_layers in (6, 12, 24, 16):
        layers += [DenseLayer(c + l * k, k) for l in range(n_layers)]
        c += n_layers * k
        layers += [torch.nn.BatchNorm2d(c), torch.nn.ReLU()]
        if n_layers != 16:
            layers += [torch.nn.Conv2d(c, c // 2, 1, bias=False), torch.nn.AvgPool2d(2)]
            c //= 2
    return torch.nn.Sequential(*layers, torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(c, 1000))


# %%
def with_bias(convolutions, linear):
    """Return a network of biased convolutions (in, out, k, stride, padding), "pool" for max pooling, and linear layers with ReLU."""
    layers = []
    for c in convolutions:
        layers += [torch.nn.MaxPool2d(*c[1:])] if c[0] == "pool" else [torch.nn.Conv2d(*c), torch.nn.ReLU()]
    layers += [torch.nn.Flatten()]
    for n, m in zip(linear, linear[1:]):
        layers += [torch.nn.Linear(n, m), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


def mobilenet():
    steps = [(32, 64, 1), (64, 128, 2), (128, 128, 1), (128, 256, 2), (256, 256, 1), (256, 512, 2), *[(512, 512, 1)] * 5, (512, 1024, 2), (1024, 1024, 1)]
    layers = [layer for a, b, stride in steps for layer in (*convolved(a, a, 3, stride, groups=a), *convolved(a, b, 1))]
    return torch.nn.Sequential(*convolved(3, 32, 3, 2), *layers, torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(1024, 1000)), steps


alex = [(3, 64, 11, 4, 2), ("pool", 3, 2), (64, 192, 5, 1, 2), ("pool", 3, 2), (192, 384, 3, 1, 1), (384, 256, 3, 1, 1), (256, 256, 3, 1, 1), ("pool", 3, 2)]
vgg, c = [], 3
for width, times in [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]:
    for _ in range(times):
        vgg.append((c, width, 3, 1, 1))
        c = width
    vgg.append(("pool", 2, 2))
heads = {"AlexNet": [256 * 36, 4096, 4096, 1000], "VGG-16": [512 * 49, 4096, 4096, 1000]}

# %% tags=["settles-SYS-41", "settles-SYS-45"]
sized = lambda convolutions, linear: sum(conv(a, b, k) for a, b, k, *_ in (s for s in convolutions if s[0] != "pool")) + sum((n + 1) * m for n, m in zip(linear, linear[1:]))
dense, c = (49 * 3 * 64 + 2 * 64), 64
for n_layers in (6, 12, 24, 16):
    dense += sum(2 * (c + 32 * l) + 128 * (c + 32 * l) + 8 * 32 + 36 * 32**2 for l in range(n_layers))
    c += 32 * n_layers
    dense, c = (dense + 2 * c + c * c // 2, c // 2) if n_layers != 16 else (dense + 2 * c, c)
with torch.device("meta"):
    built = {"AlexNet": with_bias(alex, heads["AlexNet"]), "VGG-16": with_bias(vgg, heads["VGG-16"]), "DenseNet-121": densenet121()}
    built["MobileNet"], steps = mobilenet()
on_paper |= {"AlexNet": sized(alex, heads["AlexNet"]), "VGG-16": sized(vgg, heads["VGG-16"]), "DenseNet-121": dense + (c + 1) * 1000,
             "MobileNet": 27 * 32 + 64 + sum(9 * a + 2 * a + a * b + 2 * b for a, b, _ in steps) + 1025 * 1000}
claim("resnet-gallery", "Four formulas give 61 100 840, 138 357 544, 7 978 856 and 4 231 976 parameters, and so do the four models.",
      [[on_paper[name] for name in built], [sum(p.numel() for p in model.parameters()) for model in built.values()]],
      expected=[[61_100_840, 138_357_544, 7_978_856, 4_231_976]] * 2)
keras_mobilenet = tf.keras.applications.MobileNet(weights=None)
claim("resnet-mobilenet-keras", "Keras's own MobileNet has the same number of trainable weights.",
      sum(math.prod(w.shape) for w in keras_mobilenet.trainable_weights), expected=on_paper["MobileNet"])
outputs_of = [layer(torch.empty(1, layer.new[0].num_features, 7, 7, device="meta")).shape[1] for layer in built["DenseNet-121"] if isinstance(layer, DenseLayer)]
claim("resnet-dense-channels", "Within its blocks the channels are k₀ + 32 l, with k₀ = 64, 128, 256, 512.",
      outputs_of, expected=[k0 + 32 * l for k0, n_layers in [(64, 6), (128, 12), (256, 24), (512, 16)] for l in range(1, n_layers + 1)])

# %% [markdown]
# The AlexNet counted here is the version with 64 kernels in its first layer and no groups, which PyTorch's users know; the paper's own has 96 kernels there and cuts some layers in two groups, one for each card.
#
# > **Misconception.** The network with more parameters is the one that takes more work.
#
# AlexNet has five times as many as ResNet-18. For the multiply-adds every layer counts its own products, on one picture of $224\times224$, without computing any.

# %%
def multiply_adds_of(model):
    """Return the multiply-adds of a PyTorch model's convolutions and linear layers for one picture."""
    products = []
    for layer in model.modules():
        if isinstance(layer, torch.nn.Conv2d | torch.nn.Linear):
            layer.register_forward_hook(lambda layer, _, out: products.append(out.numel() * layer.weight[0].numel()))
    model(torch.empty(1, 3, 224, 224, device="meta"))
    return sum(products)


work = {name: multiply_adds_of(model) for name, model in built.items()}
stages = [(64, 64, 56), (64, 128, 28), (128, 256, 14), (256, 512, 7)]         # channels in and out, side of the picture
work["ResNet-18"] = 49 * 3 * 64 * 112**2 + 512_000 + sum(side**2 * (9 * a * b + 27 * b * b + (a < b) * a * b) for a, b, side in stages)
for name in sorted(work, key=work.get):
    print(f"{name:13s} {on_paper[name]:11,} parameters   {work[name] / 1e9:6.2f} thousand million multiply-adds")
claim("resnet-size-is-not-work", "AlexNet has 5.2 times ResNet-18's parameters and 0.39 of its multiply-adds.",
      [on_paper["AlexNet"] / on_paper["ResNet-18"], work["AlexNet"] / work["ResNet-18"]], expected=[5.23, 0.394], tolerance=0.005)
claim("resnet-first-linear", "37 748 736 weights, three fifths of AlexNet, lie in the first fully connected layer; in VGG-16 it is three quarters.",
      [heads[name][0] * 4096 / on_paper[name] for name in heads], expected=[0.618, 0.743], tolerance=0.001)
claim("resnet-mobile", "MobileNet needs 27 times fewer multiply-adds than VGG-16.", work["VGG-16"] / work["MobileNet"], expected=27.2, tolerance=0.1)
