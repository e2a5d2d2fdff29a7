# %% [markdown]
# # Deep CNNs
#
# **After this section** you can say why thirty plain layers fail and thirty residual ones learn, derive what a skip does to the [gradient](../../book/glossary.md#gradient), check the size of AlexNet, VGG, GoogLeNet, ResNet, DenseNet and
# MobileNet with a pencil, and use the same layer in one dimension: to read reviews and to find a motif in DNA.
# *Reading: 30 minutes. Running: about 35 seconds.*

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
claim("resnet-paths", "Through thirty layers lead C(30, k) paths that use k of them; all together they make the slope.",
      sum(math.comb(30, k) * 0.1**k for k in range(31)) - chain_slope(0.1, 30, True), expected=0.0, tolerance=1e-10)

# %% [markdown]
# ## Thirty layers
#
# Now in earnest. A block of ResNet has two convolutions with [batch normalisation](../../book/glossary.md#batch-normalization); its input is added before the last [ReLU](../../book/glossary.md#relu). Where the block changes the shape, a $1\times1$ [convolution](../../book/glossary.md#convolution) adapts the input:
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
# First the gradient, before any training: its norm at the kernels of layers 1 to 30. PyTorch's default start draws weights of [variance](../../book/glossary.md#variance) $1/(3n)$, He's $2/n$; each with and without the skip, and then with batch normalisation, where the scale does not matter; three networks of each kind. **Predict** which of the six have a gradient that is the same at both ends.

# %%
digits = data.digits(flatten=False)
x_digits, y_digits = digits.x_train[:, None], digits.y_train
small_start = lambda shape, rng, dtype: nn.init.he_normal(shape, rng, dtype, gain=3**-0.5)
kinds = {"plain, small": dict(skip=False, norm=False, init=small_start), "plain, He": dict(skip=False, norm=False), "plain, batch norm": dict(skip=False),
         "skip, small": dict(norm=False, init=small_start), "skip, He": dict(norm=False), "skip, batch norm": dict()}


def first_look(seed, **options):
    """Return the loss before training, and the norm of its gradient at the kernels of layers 1 to 30."""
    model = thirty_layers(seed, **options)
    loss = F.cross_entropy(model(Tensor(x_digits[:128])), y_digits[:128])
    loss.backward()
    return [loss.item()] + [np.linalg.norm(conv.weight.grad) for block in model if isinstance(block, ResidualBlock) for conv in (block.conv1, block.conv2)]


looks = {name: np.array([first_look(seed, **options) for seed in range(3)]) for name, options in kinds.items()}
steepness = {name: look[:, 1] / look[:, -1] for name, look in looks.items()}
for name, look in looks.items():
    print(f"{name:17s} loss {look[:, 0].mean():5.1f}   gradient at layer 1: 10^{np.log10(look[:, 1]).mean():.0f}   layer 1 / layer 30: {np.exp(np.log(steepness[name]).mean()):4.1f}")
claim("resnet-vanish", "From the small start the gradient at layer 1 is more than a billion times smaller without the skip than with it, in each of three networks.",
      (looks["skip, small"][:, 1] / looks["plain, small"][:, 1]).min(), at_least=1e9)
claim("resnet-norm-steep", "With batch normalisation and no skip the gradient is more than twelve times larger at layer 1 than at layer 30.", steepness["plain, batch norm"].min(), at_least=12)
claim("resnet-level", "With the skip it is level within a factor of ten, from each start and with normalisation.",
      max(max(steepness[name].max(), 1 / steepness[name].min()) for name in kinds if "skip" in name), at_most=10)
claim("resnet-he-too-large", "From He's start without normalisation the skip lets the *signal* grow: the loss begins above 5, where guessing has 2.3.", looks["skip, He"][:, 0].min(), at_least=5)

# %% mystnb={"image": {"alt": "Gradient norm against layer 1 to 30 on a logarithmic axis, six curves. Plain with the small start lies near ten to the minus fourteen, plain with He's start near one hundredth. Plain with batch norm falls from about thirty to below one. The three with a skip lie between one tenth and one hundred and are nearly level."}}
_ = plotting.curves({name: (np.arange(1, 31), np.exp(np.log(look[:, 1:]).mean(0))) for name, look in looks.items()}, logy=True, xlabel="layer", ylabel="norm of the gradient",
                    title="Without a skip the gradient is tiny, small or steep", labels="legend", height=4.6)

# %% [markdown]
# [Chapter 2](../02_backprop/05_training_deep_networks.ipynb) found for fully connected layers that normalisation alone made thirty of them *worse*: it rescues the signal and lets the gradient grow on its way back. Here are convolutions doing the same. So who learns? 24 steps of [Adam](../../book/glossary.md#adam) on 32 digits each, three seeds; held-out accuracy.

# %%
def accuracy_after(seed, **options):
    model = thirty_layers(seed, **options)
    optimizer = optim.Adam(model.parameters(), lr=4e-3)
    train.fit(model, (x_digits[:768], y_digits[:768]), loss=F.cross_entropy, optimizer=optimizer, epochs=1, batch_size=32, progress=False)
    return train.accuracy(model, (digits.x_test[:, None], digits.y_test))


scores = {name: [accuracy_after(seed, **kinds[name]) for seed in range(3)] for name in ("plain, He", "plain, batch norm", "skip, small", "skip, batch norm")}
for name, a in scores.items():
    print(f"{name:17s} {np.mean(a):.2f} ± {np.std(a, ddof=1):.2f}")
claim("resnet-trains", "The worst network with a skip is at least 15 points ahead of the best one without.",
      min(scores["skip, small"] + scores["skip, batch norm"]) - max(scores["plain, He"] + scores["plain, batch norm"]), at_least=0.15)
claim("resnet-skip-alone", "From the small start the skip without normalisation does as well as with it, or better, within five points.", np.mean(scores["skip, small"]) - np.mean(scores["skip, batch norm"]), at_least=-0.05)

# %% [markdown]
# What makes the difference is a plus sign. We had planned to show that it takes the skip *and* the normalisation; the run says that the skip is enough if the start is small. What normalisation buys is that the start need not be right: the networks behind it began with He's weights, which are too large for these sums.
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
claim("resnet-at-least-skip", "The gradient's mean square exceeds that of the skip path alone by what the branch adds, within 3 %.",
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
# Only the direction of $w$ matters, and a longer $w$ turns less: by $\eta\lVert g\rVert/\lVert w\rVert$, where $\lVert g\rVert$ itself falls as $1/\lVert w\rVert$. The [learning rate](../../book/glossary.md#learning-rate) that counts is $\eta/\lVert w\rVert^2$, and it falls by itself. [Weight decay](../../book/glossary.md#weight-decay) on such a kernel
# cannot shrink the function; it keeps that rate up.

# %%
rng = np.random.default_rng(1)
pictures, wanted = Tensor(rng.normal(size=(12, 3, 6, 6))), rng.normal(size=(12, 4, 6, 6))
norm = lambda z: F.batch_norm(z, None, None, training=True, eps=1e-12)
kernels = Tensor(rng.normal(size=(4, 3, 3, 3)), requires_grad=True)
one_longer = kernels.data.copy()
one_longer[2] *= 10
claim("resnet-kernel-scale", "One kernel of four made ten times longer: no channel notices.",
      np.abs(norm(F.conv2d(pictures, kernels, padding=1)).data - norm(F.conv2d(pictures, one_longer, padding=1)).data).max(), at_most=1e-10)

squares, added, inner, sgd = [], [], [], optim.SGD([kernels], lr=2.0)
for _ in range(200):
    sgd.zero_grad(); ((norm(F.conv2d(pictures, kernels, padding=1)) - wanted) ** 2).mean().backward()
    w, g = kernels.data, kernels.grad
    squares.append((w**2).sum((1, 2, 3))); added.append(2.0**2 * (g**2).sum((1, 2, 3))); inner.append(np.abs((w * g).sum((1, 2, 3))).max())
    sgd.step()
claim("resnet-right-angle", "At each of 200 steps each kernel's gradient is at right angles to the kernel.", max(inner), at_most=1e-12)
claim("resnet-pythagoras", "The square of a kernel's length grows by η²|g|² at every step, and by nothing else.", np.abs(np.diff(squares, axis=0) - added[:-1]).max(), at_most=1e-10)
claim("resnet-longer", "After the 200 steps all four kernels are longer.", (squares[-1] - squares[0]).min(), at_least=1e-3)

# %% [markdown]
# In training a channel's mean and variance come from the batch, all pictures together. So the answer for a picture depends on the company it is in.
#
# > **Misconception.** A network's answer for a picture depends on the picture and the weights.
#
# In evaluation it does. In training mode, with batch normalisation, it does not: the same digit, in two batches.

# %%
model = thirty_layers(0)
companies = [np.concatenate([x_digits[:1], x_digits[rows]]) for rows in (slice(640, 655), slice(700, 715))]
gap = {}
for mode in (True, False):
    answers = [model.train(mode)(Tensor(batch)).data[0] for batch in companies]
    gap[mode] = np.abs(answers[0] - answers[1]).max() / np.abs(answers[0]).max()
claim("resnet-company", "In training mode the logits of one digit move by more than a twentieth with its neighbours.", gap[True], at_least=0.05)
claim("resnet-alone", "In evaluation they do not move.", gap[False], at_most=1e-4)

# %% [markdown]
# ## In the frameworks: a residual block
#
# A block that halves the picture and doubles the channels, with the $1\times1$ shortcut, normalised by the batch, then global average and a linear layer. 100 steps in float64. TensorFlow's own [padding](../../book/glossary.md#padding) for [stride](../../book/glossary.md#stride) 2 adds zeros at the end only where the side is even, so it is told ours.

# %%
def hundred_steps(model, P, cross_entropy, x, y, lr):
    """Return (first output, first gradients, 100 losses) of gradient descent, with our tensors or PyTorch's."""
    losses = []
    for step in range(100):
        out = model(x, P)
        loss = cross_entropy(out, y)
        loss.backward(); losses.append(loss.item())
        if step == 0: first = out.data, [p.grad for p in P]
        for p in P:
            p.data[...] = p.data - lr * p.grad
            p.grad = None
    return *first, losses


def hundred_steps_tf(model, start, x, y, lr):
    """As `hundred_steps`, in TensorFlow; `start` is in TensorFlow's order of axes, and so are the gradients."""
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


# %%
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


P = [Tensor(p.copy(), requires_grad=True) for p in block_start]
out_ours, grads_ours, path_ours = hundred_steps(block_ours, P, F.cross_entropy, few, few_labels, 0.3)

# %% tags=["fw-torch"]
def block_torch(x, p):
    normed = lambda z, i: torch_F.batch_norm(z, None, None, p[i], p[i + 1], training=True)
    h = torch.relu(normed(torch_F.conv2d(x, p[0], stride=2, padding=1), 1))
    h = normed(torch_F.conv2d(h, p[3], padding=1), 4) + normed(torch_F.conv2d(x, p[6], stride=2), 7)
    return torch.relu(h).mean((2, 3)) @ p[9] + p[10]


P = [torch.tensor(p, requires_grad=True) for p in block_start]
out_torch, grads_torch, path_torch = hundred_steps(block_torch, P, torch_F.cross_entropy, torch.tensor(few), torch.tensor(few_labels), 0.3)

# %% tags=["fw-tensorflow"]
import tensorflow as tf

def block_tf(x, p):
    normed = lambda z, i: tf.nn.batch_normalization(z, *tf.nn.moments(z, (0, 1, 2)), p[i + 1], p[i], 1e-5)
    h = tf.nn.relu(normed(tf.nn.conv2d(x, p[0], 2, [[0, 0], [1, 1], [1, 1], [0, 0]]), 1))
    h = normed(tf.nn.conv2d(h, p[3], 1, "SAME"), 4) + normed(tf.nn.conv2d(x, p[6], 2, "VALID"), 7)
    return tf.reduce_mean(tf.nn.relu(h), (1, 2)) @ p[9] + p[10]

channels_last = [p.transpose(2, 3, 1, 0) if p.ndim == 4 else p for p in block_start]
out_tf, grads_tf, path_tf = hundred_steps_tf(block_tf, channels_last, few.transpose(0, 2, 3, 1), few_labels, 0.3)

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
# | 2017 | [Xception](../../book/bibliography.md#chollet2017xception), [MobileNet](../../book/bibliography.md#howard2017mobilenets) | places and channels apart | $C(k^2 + C')$ for $CC'k^2$ |
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
# **Inception.** One block, with four branches that all see the same 192 channels: $1\times1$ to 64; $1\times1$ to 96 and $3\times3$ to 128; $1\times1$ to 16 and $5\times5$ to 32; max [pooling](../../book/glossary.md#pooling) with stride 1 and $1\times1$ to 32. Their outputs are [concatenated](../../book/glossary.md#concatenation), so $64 + 128 + 32 + 32 = 256$ channels come out. The
# $1\times1$ layers in front are there for the price. **Predict** the factor: what would $3\times3$ and $5\times5$ cost straight from 192 channels?

# %% tags=["settles-SYS-42"]
def inception(x, branches, rng):
    """Return (output, parameters) of branches side by side: each a list of (channels, kernel size), the last one after max pooling."""
    outputs, n = [], 0
    for i, steps in enumerate(branches):
        h = F.max_pool2d(x, 3, 1, 1) if i == len(branches) - 1 else x
        for channels, k in steps:
            layer = nn.Conv2d(h.shape[1], channels, k, padding=k // 2, rng=rng)
            h, n = F.relu(layer(h)), n + layer.n_parameters()
        outputs.append(h)
    return concatenate(outputs, axis=1), n


rng = np.random.default_rng(3)
x = Tensor(rng.normal(size=(1, 192, 7, 7)).astype(np.float32))
y, n_first = inception(x, [[(64, 1)], [(96, 1), (128, 3)], [(16, 1), (32, 5)], [(32, 1)]], rng)
_, n_straight = inception(x, [[(64, 1)], [(128, 3)], [(32, 5)], [(32, 1)]], rng)
claim("resnet-inception-channels", "GoogLeNet's first block makes 256 channels of 192 and keeps the picture's size.",
      y.shape, expected=(1, 64 + 128 + 32 + 32, 7, 7))
conv = lambda a, b, k=1: (a * k * k + 1) * b
claim("resnet-inception-size", "It has 163 696 parameters; without the 1×1 layers in front it would have 393 472, 2.4 times as many.",
      [n_first, n_straight],
      expected=[conv(192, 64) + conv(192, 96) + conv(96, 128, 3) + conv(192, 16) + conv(16, 32, 5) + conv(192, 32), conv(192, 64) + conv(192, 128, 3) + conv(192, 32, 5) + conv(192, 32)])

# %% [markdown]
# **DenseNet.** Each layer squeezes all $c$ channels before it to $4k$ by $1\times1$ and makes $k$ new ones by $3\times3$, both convolutions behind a normalisation and a ReLU: $2c + 4kc + 8k + 36k^2$ parameters. After $l$ layers there are $k_0 + lk$ channels. The first block of DenseNet-121 has $k_0 = 64$, $k = 32$ and six layers:

# %% tags=["settles-SYS-45"]
def dense_layer(c, k, rng):
    return nn.Sequential(nn.BatchNorm2d(c), nn.ReLU(), nn.Conv2d(c, 4 * k, 1, bias=False, rng=rng),
                         nn.BatchNorm2d(4 * k), nn.ReLU(), nn.Conv2d(4 * k, k, 3, padding=1, bias=False, rng=rng))


k0, k, x, channels, n_dense = 64, 32, Tensor(rng.normal(size=(2, 64, 4, 4)).astype(np.float32)), [], 0
for l in range(6):
    layer = dense_layer(k0 + l * k, k, rng)
    x, n_dense = concatenate([x, layer(x)], axis=1), n_dense + layer.n_parameters()
    channels.append(x.shape[1])
claim("resnet-dense-channels", "After layer l the block has 64 + 32 l channels, 256 at its end.", channels, expected=[k0 + l * k for l in range(1, 7)])
claim("resnet-dense-size", "Its six layers have 335 040 parameters, by the formula and built.", [n_dense, sum(2 * c + 4 * k * c + 8 * k + 36 * k * k for c in range(64, 256, 32))], expected=[335_040] * 2)

# %% [markdown]
# **AlexNet and VGG-16** are plain stacks with biases, so their size is a sum over the lists that the papers print. **MobileNet**'s blocks are a depthwise $3\times3$ and a $1\times1$, each with a normalisation: $11a + ab + 2b$ from $a$ to $b$ channels. It is built by Keras, from Keras's own definition.

# %% tags=["settles-SYS-41"]
def plain_stack(convolutions, linear):
    """Return a PyTorch network of convolutions (in, out, k, stride, padding) and linear layers; "pool" is max pooling."""
    layers = [layer for c in convolutions for layer in ([torch.nn.MaxPool2d(*c[1:])] if c[0] == "pool" else [torch.nn.Conv2d(*c), torch.nn.ReLU()])]
    ends = [layer for n, m in zip(linear, linear[1:]) for layer in (torch.nn.Linear(n, m), torch.nn.ReLU())]
    return torch.nn.Sequential(*layers, torch.nn.Flatten(), *ends[:-1])


alex = [(3, 64, 11, 4, 2), ("pool", 3, 2), (64, 192, 5, 1, 2), ("pool", 3, 2), (192, 384, 3, 1, 1), (384, 256, 3, 1, 1), (256, 256, 3, 1, 1), ("pool", 3, 2)]
widths = [3, 64, 64, "pool", 128, 128, "pool", 256, 256, 256, "pool", 512, 512, 512, "pool", 512, 512, 512, "pool"]
before = [next(w for w in widths[i::-1] if w != "pool") for i in range(len(widths))]
vgg = [("pool", 2, 2) if width == "pool" else (c, width, 3, 1, 1) for c, width in zip(before, widths[1:])]
stacks = {"AlexNet": (alex, [256 * 36, 4096, 4096, 1000]), "VGG-16": (vgg, [512 * 49, 4096, 4096, 1000])}
with torch.device("meta"):
    built = {name: plain_stack(*stack) for name, stack in stacks.items()}
on_paper |= {name: sum(conv(*c[:3]) for c in convolutions if c[0] != "pool") + sum((n + 1) * m for n, m in zip(linear, linear[1:])) for name, (convolutions, linear) in stacks.items()}
claim("resnet-alexnet-vgg", "AlexNet has 61 100 840 parameters and VGG-16 138 357 544, by the formula and built.",
      [[on_paper[name], sum(p.numel() for p in built[name].parameters())] for name in built], expected=[[61_100_840] * 2, [138_357_544] * 2])

# %%
pairs = [(32, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 512), *[(512, 512)] * 5, (512, 1024), (1024, 1024)]
on_paper["MobileNet"] = 27 * 32 + 2 * 32 + sum(11 * a + a * b + 2 * b for a, b in pairs) + 1025 * 1000
keras_mobilenet = tf.keras.applications.MobileNet(weights=None)
claim("resnet-mobilenet", "MobileNet has 4 231 976, by the formula and among Keras's trainable weights.",
      [on_paper["MobileNet"], sum(math.prod(w.shape) for w in keras_mobilenet.trainable_weights)], expected=[4_231_976] * 2)

# %% [markdown]
# The AlexNet counted here is the one that PyTorch's users know, with 64 kernels in its first layer and no groups; the paper's own has 96 there and cuts some layers in two groups, one for each graphics card.
#
# > **Misconception.** The network with more parameters is the one that takes more work.
#
# AlexNet has five times as many as ResNet-18. Multiply-adds for one picture of $224\times224$: each weight of a convolution is used once at every place of its output.

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
stages = [(64, 64, 56), (64, 128, 28), (128, 256, 14), (256, 512, 7)]         # channels in and out, side of the output
work["ResNet-18"] = 49 * 3 * 64 * 112**2 + 512_000 + sum(side**2 * (9 * a * b + 27 * b * b + (a < b) * a * b) for a, b, side in stages)
sides = [(112, 112), (112, 56), (56, 56), (56, 28), (28, 28), (28, 14), *[(14, 14)] * 5, (14, 7), (7, 7)]
work["MobileNet"] = 27 * 32 * 112**2 + 1_024_000 + sum(side**2 * (9 * a + a * b) for (a, b), (_, side) in zip(pairs, sides))
for name in sorted(work, key=work.get):
    print(f"{name:10s} {on_paper[name] / 1e6:6.1f} million parameters   {work[name] / 1e9:6.2f} ·10⁹ multiply-adds")
claim("resnet-size-is-not-work", "AlexNet has 5.2 times ResNet-18's parameters and 0.39 of its multiply-adds.",
      [on_paper["AlexNet"] / on_paper["ResNet-18"], work["AlexNet"] / work["ResNet-18"]], expected=[5.23, 0.394], tolerance=0.005)
claim("resnet-first-linear", "Three fifths of AlexNet's parameters lie in its first fully connected layer, in VGG-16 three quarters.",
      [linear[0] * linear[1] / on_paper[name] for name, (_, linear) in stacks.items()], expected=[0.618, 0.743], tolerance=0.001)

# %% [markdown]
# ## One dimension: reading with a convolution
#
# Nothing so far needs pictures. A sentence is a row of words, each word becomes a vector of $D$ learnt numbers, its **[embedding](../../book/glossary.md#embedding)**, and so the sentence is an input with $D$ channels and one axis, time. A kernel of width $k$ looks at $k$ words in a row. The network of
# [Kim, 2014](../../book/bibliography.md#kim2014convolutional), known as **TextCNN**, has kernels of several widths and keeps for each its largest answer, *max over time*:
#
# $$c_o = \max_t\ \mathrm{ReLU}\Bigl(b_o + \sum_{j<k}\sum_d W_{o,d,j}\,x_{d,\,t+j}\Bigr), \qquad \text{logits} = c\,V + v .$$
#
# Read aloud: *did phrase o occur, anywhere?* **On paper:** give words two numbers, *denies* and *praises*: "not" is $(1, 0)$, "good" is $(0, 1)$, all others $(0, 0)$. A kernel of width 2 asks for a denial first and praise second, $W = \begin{pmatrix}1&0\\0&1\end{pmatrix}$ with one column a place, and $b = -1$. It answers $1 + 1 - 1 = 1$
# at "not good" and at most $0$ elsewhere.

# %%
on_paper_words = {"not": (1.0, 0.0), "good": (0.0, 1.0)}


def phrase_found(sentence):
    """Return the largest answer of the paper kernel."""
    x = np.array([on_paper_words.get(word, (0.0, 0.0)) for word in sentence.split()]).T[None]       # (1, D, T)
    return F.relu(F.conv1d(x, np.eye(2)[None], np.array([-1.0]))).data.max()


sentences = ["the plot was not good", "not good at all was the plot", "the plot was good and not long", "the plot was not very good"]
claim("resnet-phrase", "The kernel finds the phrase at both places, and does not answer to the same words apart.", [phrase_found(s) for s in sentences], expected=[1.0, 1.0, 0.0, 0.0])

# %% [markdown]
# The last sentence asks for a kernel of width 3. Now reviews that a grammar of ours writes: two clauses, one verdict, a film, a meal or a phone. In each clause the verdict is said directly or by denying its opposite, each half of the time. Some nouns belong to one kind of thing, others (service, price, …) to all three.

# %%
NOUNS = {"film": "acting plot cast script ending", "meal": "soup bread salad wine dessert", "phone": "screen battery camera keypad speaker"}
SHARED = "service price look start value".split()
PRAISE, BLAME = "good lovely sharp clever funny fresh brilliant warm".split(), "bad dull flat tedious clumsy stale dreadful cold".split()
RARE = {"fresh", "warm", "stale", "cold"}                                  # for the last experiment


def clause(positive, kind, rng):
    """Return (words, whether it denies, whether it denies a rare word, whether its noun is shared)."""
    denies, shared, adverb = rng.random() < 0.5, rng.random() < 0.4, rng.choice(["", "very", "really", "so"])
    adjective = str(rng.choice(PRAISE if positive != denies else BLAME))
    noun = rng.choice(SHARED if shared else NOUNS[kind].split())
    words = ["the", noun, "was", *([rng.choice(["not", "never", "hardly"])] if denies else []), *([adverb] if adverb else []), adjective]
    return words, denies, denies and adjective in RARE, shared


def review(rng):
    """Return (text, verdict, kind, number of denials, whether a rare word is denied, whether both nouns are shared)."""
    verdict, kind = int(rng.integers(2)), int(rng.integers(3))
    (a, *facts_a), (b, *facts_b) = [clause(verdict, list(NOUNS)[kind], rng) for _ in range(2)]
    denials, rare, shared = zip(facts_a, facts_b)
    return " ".join([*a, rng.choice(["and", "while", "also"]), *b]), verdict, kind, sum(denials), any(rare), all(shared)


rng = np.random.default_rng(4)
texts, verdict, kind, denials, rare, shared = (np.array(column) for column in zip(*[review(rng) for _ in range(4000)]))
for text, v, k in zip(texts[:3], verdict, kind):
    print(f"{text}   [{['bad', 'good'][v]}, {list(NOUNS)[k]}]")

# %% [markdown]
# **A baseline first.** A **[bag of words](../../book/glossary.md#bag-of-words)** counts the words and forgets their order. "The plot was not dull and the cast was good" and "the plot was not good and the cast was dull" have the same bag and opposite verdicts. So with exactly one denial a bag cannot do better than a coin, whatever stands behind it, and that is about half of the reviews.
# For the *kind* of thing order says nothing, and the only limit is the reviews with two shared nouns. **Predict** both ceilings.

# %%
train_rows, test_rows = np.arange(1500), np.arange(1500, 2500)


def bags(n_words, rows_seen=train_rows):
    """Return the counts of all runs of 1 to n words that occur in the rows seen, for every review."""
    return CountVectorizer(ngram_range=(1, n_words)).fit(texts[rows_seen]).transform(texts).toarray().astype(np.float32)


pair = "the plot was not dull and the cast was good", "the plot was not good and the cast was dull"
claim("resnet-same-bag", "The two sentences have one bag.", len({tuple(sorted(text.split())) for text in pair}), expected=1)
claim("resnet-held-out", "Of the thousand held-out reviews fewer than one in a hundred stand in the training set word by word.", np.isin(texts[test_rows], texts[train_rows]).mean(), at_most=0.01)
ceiling = {"verdict": 1 - (denials[test_rows] == 1).mean() / 2, "kind": 1 - shared[test_rows].mean() * 2 / 3}
print({name: f"{limit:.3f}" for name, limit in ceiling.items()}, "at most by a bag, on average")

# %%
class TextCNN(nn.Module):
    def __init__(self, n_words, n_classes, rng, d=16, channels=16, widths=(2, 3)):
        self.table = nn.Embedding(n_words + 1, d, rng=rng)                  # row 0 is padding
        self.convs = [nn.Conv1d(d, channels, k, rng=rng) for k in widths]
        self.head = nn.Linear(channels * len(widths), n_classes, rng=rng)

    def forward(self, words):
        x = self.table(words).transpose(0, 2, 1)                            # (B, D, T)
        return self.head(concatenate([F.relu(conv(x)).max(axis=2) for conv in self.convs], axis=1))


vocabulary = {word: i + 1 for i, word in enumerate(sorted({w for text in texts for w in text.split()}))}
longest = max(len(text.split()) for text in texts)
words = np.array([[vocabulary[w] for w in text.split()] + [0] * (longest - len(text.split())) for text in texts])


def learn(model, x, y, seed, epochs=5):
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    train.fit(model, (x, y), loss=F.cross_entropy, optimizer=optimizer, epochs=epochs, batch_size=50, rng=np.random.default_rng(seed), progress=False)
    return model


def bag_network(n_inputs, n_classes, rng):
    return nn.Sequential(nn.Linear(n_inputs, 32, rng=rng), nn.ReLU(), nn.Linear(32, n_classes, rng=rng))


# %% tags=["settles-SYS-47"]
single = bags(1)
held_out, readers = {}, []
for seed in range(3):
    for task, labels, n_classes in [("verdict", verdict, 2), ("kind", kind, 3)]:
        rng = np.random.default_rng(seed)
        for name, x, model in [("bag of words", single, bag_network(single.shape[1], n_classes, rng)), ("TextCNN", words, TextCNN(len(vocabulary), n_classes, rng))]:
            if name == "TextCNN" and task == "kind" and seed:
                continue                                                    # one run shows it
            learn(model, x[train_rows], labels[train_rows], seed)
            held_out.setdefault((task, name), []).append(train.accuracy(model, (x[test_rows], labels[test_rows])))
            readers += [model] if (task, name) == ("verdict", "TextCNN") else []
for (task, name), a in held_out.items():
    print(f"{task:8s} {name:13s} {np.mean(a):.3f}" + (f" ± {np.std(a, ddof=1):.3f}" if len(a) > 1 else ""))
claim("resnet-bag-ceiling", "For the verdict a network on the bag stays within four points of its ceiling.", np.mean(held_out["verdict", "bag of words"]) - ceiling["verdict"], expected=0.0, tolerance=0.04)
claim("resnet-textcnn", "TextCNN is right on at least 97 % of the held-out verdicts, with each of three seeds.", min(held_out["verdict", "TextCNN"]), at_least=0.97)
claim("resnet-kind", "For the kind the bag is as good as the convolution, and both are at the ceiling within three points.",
      [np.mean(held_out["kind", name]) for name in ("bag of words", "TextCNN")], expected=[ceiling["kind"]] * 2, tolerance=0.03)

# %% [markdown]
# Is it the order that TextCNN uses? Shuffle the words of each held-out review and it should fall to what a bag can do, or below. And a fairer baseline than single words is one of all runs of up to three, with [logistic regression](../../book/glossary.md#logistic-regression) behind it: it knows "not very good" as a thing of its own. **Predict** who wins.

# %%
rng = np.random.default_rng(5)
shuffled = words[test_rows].copy()
for row in shuffled:
    n = (row > 0).sum()
    row[:n] = rng.permutation(row[:n])
without_order = [train.accuracy(reader, (shuffled, verdict[test_rows])) for reader in readers]
triples = bags(3)
by_triples = LogisticRegression(max_iter=300).fit(triples[train_rows], verdict[train_rows]).score(triples[test_rows], verdict[test_rows])
print(f"words shuffled {np.mean(without_order):.2f} ± {np.std(without_order, ddof=1):.2f}   runs of up to three words {by_triples:.3f}   weights {TextCNN(len(vocabulary), 2, rng).n_parameters():,} against {triples.shape[1]:,}")
claim("resnet-order", "With the words of a review shuffled all three networks are below the ceiling of a bag.", max(without_order) - ceiling["verdict"], at_most=0.0)
claim("resnet-triples", "Runs of up to three words solve the task as well, and with fewer weights.", [by_triples, TextCNN(len(vocabulary), 2, rng).n_parameters() / triples.shape[1] > 1], expected=[1.0, 1.0], tolerance=0.03)

# %% [markdown]
# > **Misconception.** A network that is right on 98 % of held-out sentences has understood "not".
#
# Held-out reviews come from the same grammar. Take away from the [training set](../../book/glossary.md#training-set) all reviews that deny one of four adjectives, *fresh, warm, stale, cold*; these words still occur, praised and blamed directly. Then test on the reviews that deny them.

# %%
usual, unusual = np.flatnonzero(~rare), np.flatnonzero(rare)
fit_rows, same_rows = usual[:1500], usual[1500:]
novel = []
for seed in range(3):
    reader = learn(TextCNN(len(vocabulary), 2, np.random.default_rng(seed)), words[fit_rows], verdict[fit_rows], seed)
    novel.append([train.accuracy(reader, (words[rows], verdict[rows])) for rows in (same_rows, unusual)])
triples = bags(3, fit_rows)
counted = LogisticRegression(max_iter=300).fit(triples[fit_rows], verdict[fit_rows])
known, new = np.mean(novel, axis=0)
print(f"TextCNN: same kind {known:.3f}, new denials {new:.2f} ± {np.std([n for _, n in novel], ddof=1):.2f}; runs of words: {counted.score(triples[same_rows], verdict[same_rows]):.3f}, {counted.score(triples[unusual], verdict[unusual]):.2f}")
claim("resnet-novel", "On denials that it has not seen TextCNN loses over 15 points on average.", known - new, at_least=0.15)
claim("resnet-novel-counts", "Counting runs of words does worse still, and worse than a coin.", [counted.score(triples[unusual], verdict[unusual]) - new, counted.score(triples[unusual], verdict[unusual]) - 0.5], at_most=0.0)

# %% [markdown]
# Runs of words never seen count for nothing, so what is left points the wrong way. TextCNN does better because words share what the kernels know: *fresh* can lie near *lovely* in the embedding. It does so only in part, and differently from seed to seed. The same networks score nearly 100 % on one held-out set and about half of that on the other:
# a held-out score is a statement about the sentences that it was measured on.
#
# ## The same layer as a motif finder
#
# A protein binds to DNA where a certain short run of letters stands, a *motif*, with some letters free to vary. Which run? [Alipanahi et al., 2015](../../book/bibliography.md#alipanahi2015predicting), found such motifs with a network of this kind: one-hot letters in place of the embedding, a kernel for each motif, the maximum over the sequence. Here are sequences of ours, 50 random letters each; half of them
# contain eight letters drawn from a planted table that says "TGACGTCA", with a T for the C in half of the cases, and each letter wrong now and then. The network is told which half, not what or where.

# %%
letters = "ACGT"
table = np.array([[0.94 if letter == wanted else 0.02 for wanted in "TGACGTCA"] for letter in letters])          # (4, 8)
table[:, 3] = [0.02, 0.48, 0.02, 0.48]


def sequences(n, rng, length=50):
    """Return (one-hot (n, 4, length), whether the motif is in it, where)."""
    x, has, place = rng.integers(0, 4, (n, length)), rng.integers(0, 2, n), rng.integers(0, length - 7, n)
    for i in np.flatnonzero(has):
        x[i, place[i] : place[i] + 8] = [rng.choice(4, p=column) for column in table.T]
    return np.eye(4, dtype=np.float32)[x].transpose(0, 2, 1), has, place


class MotifFinder(nn.Module):
    def __init__(self, rng, n_motifs=8, width=12):
        self.conv, self.head = nn.Conv1d(4, n_motifs, width, rng=rng), nn.Linear(n_motifs, 2, rng=rng)

    def forward(self, x):
        return self.head(F.relu(self.conv(x)).max(axis=2))


# %% [markdown]
# Which of the eight kernels is the finding? The one that speaks for the motif most: its weight in the head, times how much more it answers where there is one. It is twelve wide, so the eight letters may lie at several places in it, or stick out by one or two; we take the place where it agrees best with the planted table's logarithm. Two scores to compare with: a count of each run of three letters, and the best possible,
# which knows the table.

# %%
log_odds = np.log(table / 0.25)
run_counts = lambda x: np.stack([np.bincount(s[:-2] * 16 + s[1:-1] * 4 + s[2:], minlength=64) for s in x.argmax(1)])
found = {name: [] for name in ("network", "runs of three letters", "best possible", "agreement", "placed")}
for seed in range(3):
    rng = np.random.default_rng(seed)
    (x, y, _), (x_new, y_new, place) = sequences(1000, rng), sequences(500, rng)
    finder = learn(MotifFinder(rng), x, y, seed, epochs=12)
    answer_of = F.relu(finder.conv(x_new)).max(axis=2).data                                                       # (500, 8)
    speaks = (finder.head.weight.data[:, 1] - finder.head.weight.data[:, 0]) * (answer_of[y_new == 1].mean(0) - answer_of[y_new == 0].mean(0))
    kernel = finder.conv.weight.data[speaks.argmax()]                                                             # (4, 12)
    kernel = np.pad(kernel - kernel.mean(0), [(0, 0), (2, 2)])                                                    # (4, 16)
    agreements = [np.corrcoef(kernel[:, j : j + 8].ravel(), (log_odds - log_odds.mean(0)).ravel())[0, 1] for j in range(9)]
    start = int(np.argmax(agreements))
    at = F.conv1d(x_new[y_new == 1], kernel[None], padding=2).data[:, 0].argmax(1) + start - 2
    likely = np.exp(F.conv1d(x_new.astype(np.float64), log_odds[None]).data[:, 0]).mean(1)
    by_runs = LogisticRegression(C=0.1, max_iter=500).fit(run_counts(x), y).score(run_counts(x_new), y_new)
    for name, value in zip(found, [train.accuracy(finder, (x_new, y_new)), by_runs, ((likely > 1) == y_new).mean(), max(agreements), (at == place[y_new == 1]).mean()]):
        found[name].append(value)
    print(f"seed {seed}: kernel {''.join(letters[i] for i in kernel[:, 2:-2].argmax(0))}, motif in it {''.join(letters[i] for i in kernel[:, start : start + 8].argmax(0))}")

# %% tags=["settles-S0-A4"]
for name, values in found.items():
    print(f"{name:22s} {np.mean(values):.3f} ± {np.std(values, ddof=1):.3f}")
claim("resnet-motif", "In each of three runs the kernel agrees with the planted table: correlation at least 0.7.", min(found["agreement"]), at_least=0.7)
claim("resnet-motif-place", "On average it marks the planted place exactly in at least seven of ten sequences; no place was ever told.", np.mean(found["placed"]), at_least=0.7)
claim("resnet-motif-score", "It is ahead of counting runs of three letters in every run.", min(a - b for a, b in zip(found["network"], found["runs of three letters"])), at_least=0.01)

# %% mystnb={"image": {"alt": "Two tables of four letters by eight places, one above the other. The planted one is dark at T, G, A, at C and T alike in the fourth column, then G, T, C, A. The found one below has its dark cells in the same places, with paler differences elsewhere."}}
aligned = kernel[:, start : start + 8]
both = np.vstack([(log_odds - log_odds.mean(0)) / np.abs(log_odds - log_odds.mean(0)).max(), aligned / np.abs(aligned).max()])
_ = plotting.matrix(both, diverging=True, row_labels=[f"{name} {letter}" for name in ("planted", "found") for letter in letters], column_labels=list(range(1, 9)),
                    title="The kernel has found the planted motif", xlabel="place in the motif")

# %% [markdown]
# > **History.** From sequence to shape is a longer way: [AlphaFold (Jumper et al., 2021)](../../book/bibliography.md#jumper2021highly) predicts the structure of proteins from their sequence. Its core is [attention](../../book/bibliography.md#vaswani2017attention), the subject of chapter 6, not a convolution.
#
# ## In the frameworks: TextCNN
#
# The embedding, two widths, max over time, the linear layer; 64 reviews, float64, 100 steps. A kernel is $(C_\text{out}, D, k)$ here and in PyTorch, $(k, D, C_\text{out})$ in TensorFlow, where time comes before the channels.

# %%
rng = np.random.default_rng(6)
few_words, few_verdicts = words[:64], verdict[:64]
reader_start = [rng.normal(0, scale, shape) for scale, shape in
                [(1.0, (len(vocabulary) + 1, 6)), (0.3, (5, 6, 2)), (0.1, 5), (0.3, (5, 6, 3)), (0.1, 5), (0.4, (10, 2)), (0.1, 2)]]

# %% tags=["fw-numpy"]
def reader_ours(words, p):
    x = F.embedding(words, p[0]).transpose(0, 2, 1)
    phrases = [F.relu(F.conv1d(x, p[i], p[i + 1])).max(axis=2) for i in (1, 3)]
    return concatenate(phrases, axis=1) @ p[5] + p[6]


P = [Tensor(p.copy(), requires_grad=True) for p in reader_start]
out_ours, grads_ours, path_ours = hundred_steps(reader_ours, P, F.cross_entropy, few_words, few_verdicts, 0.2)

# %% tags=["fw-torch"]
def reader_torch(words, p):
    x = torch_F.embedding(words, p[0]).transpose(1, 2)
    phrases = [torch.relu(torch_F.conv1d(x, p[i], p[i + 1])).amax(2) for i in (1, 3)]
    return torch.cat(phrases, 1) @ p[5] + p[6]


P = [torch.tensor(p, requires_grad=True) for p in reader_start]
out_torch, grads_torch, path_torch = hundred_steps(reader_torch, P, torch_F.cross_entropy, torch.tensor(few_words), torch.tensor(few_verdicts), 0.2)

# %% tags=["fw-tensorflow"]
def reader_tf(words, p):
    x = tf.gather(p[0], words)
    phrases = [tf.reduce_max(tf.nn.relu(tf.nn.conv1d(x, p[i], 1, "VALID") + p[i + 1]), 1) for i in (1, 3)]
    return tf.concat(phrases, 1) @ p[5] + p[6]


time_first = [p.transpose(2, 1, 0) if p.ndim == 3 else p for p in reader_start]
out_tf, grads_tf, path_tf = hundred_steps_tf(reader_tf, time_first, few_words, few_verdicts, 0.2)

# %%
parity("resnet-textcnn-parity",
       outputs={"numpy": out_ours, "torch": out_torch, "tensorflow": out_tf},
       gradients={"numpy": grads_ours, "torch": grads_torch, "tensorflow": [tf.transpose(g, (2, 1, 0)) if len(g.shape) == 3 else g for g in grads_tf]},
       path={"numpy": path_ours, "torch": path_torch, "tensorflow": path_tf})
claim("resnet-textcnn-learns", "In the hundred steps the loss halves at least.", path_ours[-1] / path_ours[0], at_most=0.5)

# %% [markdown]
# ## Summary
#
# - A skip adds a path that multiplies by one: $\partial L/\partial x = \delta + J^\top\delta$. Random branches only add to the gradient on average; a learnt one may cancel it.
# - Thirty plain layers fail with a good start, and with batch normalisation. With a skip they learn, from a small start or with normalisation, which makes the start's scale irrelevant.
# - Behind batch normalisation a kernel's length does not matter to the function and grows at every step; it sets the rate. Training mode ties a picture to its batch.
# - Momentum 0.1 in PyTorch is 0.9 in Keras, and the two average different variances.
# - Concatenation adds channels up; sizes are sums that fit on paper. Size is not work.
# - A convolution over words finds phrases. It beats a bag where order decides, not where it does not, and a held-out score from the same grammar says little about new phrases.
#
# ## Exercises
#
# ### Exercise 1 · Paths
#
# Ten residual blocks in a row. How many of the paths from input to output go through exactly three of the branches?

# %%
answer = None
exercise("resnet-count-paths", answer)

# %% tags=["hide-cell", "solution"]
exercise("resnet-count-paths", math.comb(10, 3))

# %% [markdown]
# ### Exercise 2 · Until the start is forgotten
#
# PyTorch's running mean starts at 0, momentum 0.1. After how many batches is the weight of that start below one per cent for the first time?

# %%
answer = None
exercise("resnet-forget", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Each batch leaves $0.9$ of it: $0.9^t < 0.01$ as soon as $t > \ln 0.01/\ln 0.9 = 43.7$. Evaluating after ten batches uses an average that is still one third start.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("resnet-forget", math.ceil(math.log(0.01) / math.log(0.9)))

# %% [markdown]
# ### Exercise 3 · A stage of ResNet-34
#
# Its second stage has *four* blocks: the first goes from 64 to 128 channels with a shortcut, the others stay at 128. No biases; each convolution, the shortcut's too, is followed by a normalisation. How many parameters?

# %%
answer = None
exercise("resnet-stage", answer)

# %% tags=["hide-cell", "solution"]
stage = [ResidualBlock(64 if i == 0 else 128, 128, 2 if i == 0 else 1, rng=np.random.default_rng(0)) for i in range(4)]
exercise("resnet-stage", sum(block.n_parameters() for block in stage))

# %% [markdown]
# ### Exercise 4 · Backward through a block
#
# Write `residual_backward(x, W1, W2, delta)` for the block $y = x + \mathrm{ReLU}(xW_1)W_2$ with $x$ of shape $(B, n)$ and `delta` $= \partial L/\partial y$: return `(dx, dW1, dW2)`.

# %%
def residual_backward(x, W1, W2, delta):
    ...


exercise("resnet-backward", residual_backward)


# %% tags=["hide-cell", "solution"]
def residual_backward_solution(x, W1, W2, delta):
    hidden = np.maximum(x @ W1, 0)
    blame = (delta @ W2.T) * (hidden > 0)
    return delta + blame @ W1.T, x.T @ blame, hidden.T @ delta


exercise("resnet-backward", residual_backward_solution)
rng = np.random.default_rng(7)
x, W1, W2, delta = rng.normal(size=(4, 3)), rng.normal(size=(3, 5)), rng.normal(size=(5, 3)), rng.normal(size=(4, 3))
gradcheck(lambda x, W1, W2: ((x + np.maximum(x @ W1, 0) @ W2) * delta).sum(), [x, W1, W2], residual_backward_solution(x, W1, W2, delta))

# %% [markdown]
# ### Exercise 5 · Max over time
#
# Write `phrase_scores(x, W, b)` for a sentence $x$ of shape $(T, D)$, kernels $W$ of shape $(C, k, D)$ and $b$ of shape $(C,)$: the largest answer of each kernel after ReLU, shape $(C,)$. For a sentence shorter than $k$, let the answer be 0.

# %%
def phrase_scores(x, W, b):
    ...


exercise("resnet-phrases", phrase_scores)


# %% tags=["hide-cell", "solution"]
def phrase_scores_solution(x, W, b):
    k = W.shape[1]
    answers = [(W * x[t : t + k]).sum((1, 2)) + b for t in range(len(x) - k + 1)]
    return np.maximum(np.max(answers, axis=0), 0) if answers else np.zeros(len(b))


exercise("resnet-phrases", phrase_scores_solution)

# %% [markdown]
# ### Exercise 6 · A proof
#
# A block $y = x + F(x)$ whose branch ends in a linear layer: $F(x) = A\,h(x)$ with a random matrix $A$, independent of $h$, $x$ and $\delta$, with $\mathrm E[A] = 0$. Show that the gradient $g = \delta + J^\top\delta$ satisfies $\mathrm E\lVert g\rVert^2 = \lVert\delta\rVert^2 + \mathrm E\lVert J^\top\delta\rVert^2$. What follows for $n$ such blocks in a row?
#
# <details><summary>Solution</summary>
#
# With $H = \partial h/\partial x$ the branch's Jacobian is $J = AH$, so $J^\top\delta = H^\top A^\top\delta$. It is linear in $A$, hence $\mathrm E[J^\top\delta] = H^\top\,\mathrm E[A]^\top\delta = 0$. Expand the square: $\lVert g\rVert^2 = \lVert\delta\rVert^2 + 2\,\delta^\top J^\top\delta + \lVert J^\top\delta\rVert^2$. The middle term has expectation
# $2\,\delta^\top\mathrm E[J^\top\delta] = 0$, which is the claim.
#
# Going back through $n$ blocks with independent matrices, each step's $\delta$ depends on the blocks above it and on the activations. Where the latter may be held fixed, as in a linear branch, take expectations from the top down: $\mathrm E\lVert g\rVert^2$ never falls. The bound is one-sided: nothing here stops it from growing, by $1 + \mathrm E\lVert J^\top\delta\rVert^2/\lVert\delta\rVert^2$ a block.
# Normalisation slows it: it keeps each branch at variance one while the sum grows.
#
# </details>

# %% [markdown]
# ## Sources
#
# [He et al., 2016](../../book/bibliography.md#he2016deep), residual networks · [Ioffe and Szegedy, 2015](../../book/bibliography.md#ioffe2015batch), batch normalisation · [Goyal et al., 2017](../../book/bibliography.md#goyal2017accurate), γ = 0 at the start ·
# [Krizhevsky, Sutskever and Hinton, 2012](../../book/bibliography.md#krizhevsky2012imagenet), [Simonyan and Zisserman, 2015](../../book/bibliography.md#simonyan2015very), [Szegedy et al., 2015](../../book/bibliography.md#szegedy2015going), [Huang et al., 2017](../../book/bibliography.md#huang2017densely),
# [Chollet, 2017](../../book/bibliography.md#chollet2017xception), and [Howard et al., 2017](../../book/bibliography.md#howard2017mobilenets), the networks of the gallery · [Kim, 2014](../../book/bibliography.md#kim2014convolutional), convolution over sentences ·
# [Alipanahi et al., 2015](../../book/bibliography.md#alipanahi2015predicting), motifs in DNA and RNA · [Jumper et al., 2021](../../book/bibliography.md#jumper2021highly), AlphaFold.
