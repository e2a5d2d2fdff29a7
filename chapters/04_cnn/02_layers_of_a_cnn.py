# %% [markdown]
# # Layers of a CNN
#
# **After this section** you know what stands between the convolutions of a network: you can route a gradient through a pooling layer on paper, say how much of the picture a unit can see and how much it does see, count the
# parameters of any of these layers, and recognise aliasing and checkerboards when you meet them.
# *Reading: 30 minutes. Running: about 20 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import math

import numpy as np

from chainrule import Tensor, data, nn, optim, plotting
from chainrule.nn import functional as F
from chainrule.proof import claim, exercise, gradcheck, parity, same
from chainrule.tensor import concatenate

# %% [markdown]
# ## The question
#
# [One convolution](01_convolution.ipynb) with a $3\times3$ kernel sees nine pixels. To tell a 3 from an 8 a unit has to see the whole digit. Larger kernels would do it, at a price that grows like $k^2$. A
# [convolutional network](../../book/glossary.md#convolutional-neural-network) gets there with small kernels, by stacking them and by making the picture coarser in between. So there are three questions about every layer: **what does it mix** (places,
# [channels](../../book/glossary.md#channel), or both), **how far does it see**, and **what does it cost**?
#
# | symbol | meaning |
# |---|---|
# | $C_\text{in}$, $C_\text{out}$ | channels that go in and out |
# | $k$, $s$, $d$ | kernel size, [stride](../../book/glossary.md#stride), [dilation](../../book/glossary.md#dilation) |
# | $\delta$ | the gradient that arrives at a layer's output |
# | $r_l$ | side of the part of the input that a unit of layer $l$ can see |
# | $j_l = s_1s_2\cdots s_l$ | distance, in input pixels, of two neighbours in layer $l$ |
#
# ## Pooling, by hand
#
# **[Pooling](../../book/glossary.md#pooling)** replaces each window of a channel by one number, its largest (*max pooling*) or its mean (*average pooling*). The window moves by its own size unless told otherwise, and there is nothing to learn. A $4\times4$ picture in
# windows of $2\times2$:
#
# $$x = \begin{pmatrix}1&3&2&0\\4&2&1&5\\0&1&8&3\\2&6&1&7\end{pmatrix},\qquad
#   \max: \begin{pmatrix}4&5\\6&8\end{pmatrix},\qquad
#   \text{mean}: \begin{pmatrix}2.5&2\\2.25&4.75\end{pmatrix}.$$
#
# Now backwards. Let $\delta = \begin{pmatrix}10&20\\30&40\end{pmatrix}$ arrive. Move one pixel a little and ask what happens to its window's number. The mean moves by a quarter as much, whichever pixel it was. The maximum moves only with the pixel that *is*
# the maximum, and with that one fully. So average pooling hands out equal shares, and max pooling sends all to the winner:
#
# $$\frac{\partial L}{\partial x_u} = \sum_{\text{windows } i \ni u} \delta_i\cdot\begin{cases}1 & u \text{ is the winner of } i\\ 0 & \text{otherwise}\end{cases}
#   \qquad\text{and}\qquad \frac{\partial L}{\partial x_u} = \sum_{\text{windows } i\ni u}\frac{\delta_i}{k^2}.$$
#
# Read aloud: *collect from every window that you stand in; from a maximum only if you won it.* **On paper first:** where do the 10, 20, 30 and 40 go?

# %%
def pool_by_loops(x, k, s, kind="max"):
    """Return the pooled picture. x (H, W)."""
    z = np.zeros(((x.shape[0] - k) // s + 1, (x.shape[1] - k) // s + 1))
    for i, j in np.ndindex(z.shape):
        window = x[s * i : s * i + k, s * j : s * j + k]
        z[i, j] = window.max() if kind == "max" else window.mean()
    return z


def unpool_by_loops(x, delta, k, s, kind="max"):
    """Return ∂L/∂x for δ = ∂L/∂z. A tie is won by the first."""
    dx = np.zeros(x.shape)
    for i, j in np.ndindex(delta.shape):
        if kind == "max":
            a, b = np.unravel_index(x[s * i : s * i + k, s * j : s * j + k].argmax(), (k, k))
            dx[s * i + a, s * j + b] += delta[i, j]          # += : windows may overlap
        else:
            dx[s * i : s * i + k, s * j : s * j + k] += delta[i, j] / k**2
    return dx


# %%
x = np.array([[1.0, 3, 2, 0], [4, 2, 1, 5], [0, 1, 8, 3], [2, 6, 1, 7]])
delta = np.array([[10.0, 20], [30, 40]])
claim("layers-paper-pool", "On paper and in the loops the maxima are 4, 5, 6, 8 and the means 2.5, 2, 2.25, 4.75.",
      [pool_by_loops(x, 2, 2).ravel(), pool_by_loops(x, 2, 2, "mean").ravel()], expected=[[4.0, 5, 6, 8], [2.5, 2, 2.25, 4.75]])
claim("layers-paper-routes", "Max pooling sends 10, 20, 30, 40 to the four winners and nothing to the other twelve pixels.",
      unpool_by_loops(x, delta, 2, 2), expected=np.array([[0.0, 0, 0, 0], [10, 0, 0, 20], [0, 0, 40, 0], [0, 30, 0, 0]]))
claim("layers-paper-shares", "Average pooling gives each pixel of a window a quarter.",
      unpool_by_loops(x, delta, 2, 2, "mean"), expected=np.kron(delta / 4, np.ones((2, 2))))
for kind in ("max", "mean"):
    for k, s in [(2, 2), (3, 1)]:
        weights = np.random.default_rng(k).normal(size=pool_by_loops(x, k, s).shape)
        gradcheck(lambda x, k=k, s=s, kind=kind, weights=weights: (weights * pool_by_loops(x, k, s, kind)).sum(),
                  {"x": x}, {"x": unpool_by_loops(x, weights, k, s, kind)})

# %% [markdown]
# The second setting, windows of three that move by one, overlaps: the 8 wins all four windows and collects four times. The engine's layers must agree with the loops, forward and backward.

# %%
def engine_pool(x, weights, k, s, kind):
    """Return (pooled, ∂L/∂x) of the engine for L = Σ weights · pooled."""
    x = Tensor(x[None, None], requires_grad=True)
    z = (nn.MaxPool2d if kind == "max" else nn.AvgPool2d)(k, s)(x)
    (z * weights).sum().backward()
    return z.data[0, 0], x.grad[0, 0]


rng = np.random.default_rng(1)
same("pooling by loops is the engine's, and so is its gradient",
     lambda x, weights, *settings: (pool_by_loops(x, *settings), unpool_by_loops(x, weights, *settings)), engine_pool,
     [(rng.normal(size=(9, 8)), rng.normal(size=((9 - k) // s + 1, (8 - k) // s + 1)), k, s, kind)
      for k, s in [(2, 2), (3, 2), (3, 1), (2, 3)] for kind in ("max", "mean")])

# %% [markdown]
# ### What pooling gives, and what it loses
#
# It gives a coarser picture, a quarter of the numbers, and some indifference to place: whatever moves *within* a window changes nothing. That is also what it loses. **Predict:** light a single pixel of an $8\times8$ picture and move it one to the right. How often does
# the $2\times2$ maximum notice? And how much does a picture with all its windows stirred lose?

# %%
lit = np.eye(64).reshape(8, 8, 8, 8)                                       # picture [i, j] has pixel (i, j) lit
noticed = [not np.array_equal(pool_by_loops(lit[i, j], 2, 2), pool_by_loops(lit[i, j + 1], 2, 2)) for i in range(8) for j in range(7)]
claim("layers-half-noticed", "Of the 56 moves to the right 24 are noticed: those that cross from one window to the next.", sum(noticed), expected=24)
rng = np.random.default_rng(2)
digits = data.digits(dtype=np.float64)
pictures = digits.x_train[:200].reshape(-1, 8, 8)
windows = pictures.reshape(-1, 4, 2, 4, 2).transpose(0, 1, 3, 2, 4).reshape(-1, 4, 4, 4)
stirred = rng.permuted(windows, axis=3).reshape(-1, 4, 4, 2, 2).transpose(0, 1, 3, 2, 4).reshape(-1, 8, 8)
gap = [np.abs(f(pictures[:, None], 2).data - f(stirred[:, None], 2).data).max() for f in (F.max_pool2d, F.avg_pool2d)]
claim("layers-stirred", "Two hundred digits with the four pixels of every window shuffled have the same maxima and the same means.", gap, at_most=1e-12)
claim("layers-stirred-far", "They are other pictures: the shuffle moves them by more than half of their length.",
      np.linalg.norm(pictures - stirred) / np.linalg.norm(pictures), at_least=0.5)

# %% [markdown]
# > **Misconception.** Pooling makes a network shift-invariant.
#
# It makes each map change a little *less* under a shift. Eight random filters and ReLU on 200 MNIST digits; then nothing, $2\times2$, $4\times4$, or the maximum of the whole map. By how much of its length does the output change when the digit moves?

# %%
mnist = data.mnist()
large = mnist.x_test[:200].reshape(-1, 1, 28, 28)
pools = {"no pooling": lambda z: z, "max 2×2": nn.MaxPool2d(2), "max 4×4": nn.MaxPool2d(4), "global max": nn.GlobalMaxPool2d()}
change = {name: np.zeros((3, 4)) for name in pools}
for seed in range(3):
    filters = np.random.default_rng(seed).normal(size=(8, 1, 3, 3)).astype(np.float32)
    maps = [F.relu(F.conv2d(np.roll(large, t, 3), filters, padding=1)) for t in range(5)]
    for name, pool in pools.items():
        there = [pool(z).data for z in maps]
        change[name][seed] = [np.linalg.norm(z - there[0]) / np.linalg.norm(there[0]) for z in there[1:]]
for name, c in change.items():
    print(f"{name:11s} shifted by 1 to 4:", *(f"{m:.2f} ± {s:.2f}" for m, s in zip(c.mean(0), c.std(0, ddof=1))))
claim("layers-pool-not-invariant", "After 2×2 max pooling a shift by one pixel still changes the maps by more than a quarter of their length, with each of three sets of filters.",
      change["max 2×2"][:, 0].min(), at_least=0.25)
claim("layers-pool-softer", "Pooling does soften it: 2×2 less than no pooling, 4×4 less than 2×2, at every shift.",
      [(change[b] - change[a]).max() for a, b in [("no pooling", "max 2×2"), ("max 2×2", "max 4×4")]], at_most=-0.01)
claim("layers-global", "The maximum of the whole map stays, while the digit stays inside the frame.", change["global max"][:, :2].max(), at_most=0.01)

# %% [markdown]
# **[Global pooling](../../book/glossary.md#global-pooling)** forgets the place entirely. It also takes a picture of any size, and leaves $C$ numbers for the classifier where a flattened map leaves $CHW$. For a digit of $28\times28$ after two halvings with 32 channels:

# %%
rng = np.random.default_rng(3)
heads = {"flatten": nn.Sequential(nn.Flatten(), nn.Linear(32 * 7 * 7, 10, rng=rng)), "global": nn.Sequential(nn.GlobalAvgPool2d(), nn.Linear(32, 10, rng=rng))}
claim("layers-heads", "A linear classifier has 15 690 parameters on the flattened maps and 330 on their means.",
      [head.n_parameters() for head in heads.values()], expected=[10 * 32 * 49 + 10, 10 * 32 + 10])
claim("layers-any-size", "Behind global pooling 7×7 and 12×9 give the same number of scores.",
      [heads["global"](Tensor(np.ones((2, 32, h, w), np.float32))).shape for h, w in [(7, 7), (12, 9)]], expected=[(2, 10), (2, 10)])

# %% [markdown]
# ## Stride in place of pooling, and aliasing
#
# Average pooling is a convolution with fixed weights, one channel at a time, and a convolution with stride is the full one of which most is thrown away. So a strided convolution may learn what pooling prescribes; [Springenberg et al., 2015](../../book/bibliography.md#springenberg2015striving), built
# networks from nothing else. Maximum is not linear and cannot be had this way.

# %%
rng = np.random.default_rng(4)
x, w = rng.normal(size=(2, 5, 8, 8)), rng.normal(size=(7, 5, 3, 3))
quarter = np.full((5, 1, 2, 2), 1 / 4)
claim("layers-average-is-conv", "Average pooling is a convolution with weights 1/4, stride 2 and one group for each channel.",
      np.abs(F.avg_pool2d(x, 2).data - F.conv2d(x, quarter, stride=2, groups=5).data).max(), at_most=1e-12)
claim("layers-stride-subsamples", "A convolution with stride 2 is every second output of the one with stride 1.",
      np.abs(F.conv2d(x, w, stride=2, padding=1).data - F.conv2d(x, w, padding=1).data[:, :, ::2, ::2]).max(), at_most=1e-12)
claim("layers-max-not-linear", "Max pooling is not linear: of x and −x together it makes more than zero.",
      (F.max_pool2d(x, 2).data + F.max_pool2d(-x, 2).data).min(), at_least=0.1)

# %% [markdown]
# Keeping every second number has a trap that signal processing has known for a hundred years: a pattern that is too fine for the coarse grid does not vanish, it comes back as a *coarse* pattern that was never there. This is **[aliasing](../../book/glossary.md#aliasing)**. A wave of 0.45
# periods a pixel, looked at in every second pixel, is indistinguishable from a wave of 0.05 periods a pixel.

# %% mystnb={"image": {"alt": "A rapid wave in grey over forty pixels. Dots mark every second pixel of it, and all dots lie on a slow wave with only two periods."}}
pixel, fine_grid = np.arange(41), np.linspace(0, 40, 801)
fast, slow = (lambda t: np.cos(2 * np.pi * 0.45 * t)), (lambda t: np.cos(2 * np.pi * 0.05 * t))
fig, ax = plotting.new_figure(height=2.6)
ax.plot(fine_grid, fast(fine_grid), color="0.7", linewidth=1)
ax.plot(fine_grid, slow(fine_grid))
ax.plot(pixel[::2], fast(pixel[::2]), "o", markersize=5)
plotting.dress(ax, "Every second sample of the fast grey wave lies on a slow one", "pixel", "value")

# %%
claim("layers-alias", "In every second pixel the two waves are equal.", np.abs(fast(pixel[::2]) - slow(pixel[::2])).max(), at_most=1e-12)
binomial = np.array([1.0, 2, 1]) / 4
blurred = [np.convolve(wave(pixel), binomial, "valid").max() for wave in (fast, slow)]
claim("layers-blur-factor", "A blur by (1, 2, 1)/4 shrinks a wave of frequency f by cos²(πf): the fast one to 0.024, the slow one only to 0.976.",
      blurred, expected=[math.cos(0.45 * np.pi) ** 2, math.cos(0.05 * np.pi) ** 2], tolerance=1e-9)
stripes = np.tile([1.0, 0.0], (8, 4))[None, None]                           # (1, 1, 8, 8), one pixel black, one white
seen = {"every second pixel": lambda z: Tensor(z[:, :, ::2, ::2]), "max 2×2": nn.MaxPool2d(2), "average 2×2": nn.AvgPool2d(2)}
answers = {name: [sorted(set(f(np.roll(stripes, t, 3)).data.ravel().tolist())) for t in (0, 1)] for name, f in seen.items()}
for name, (here, there) in answers.items():
    print(f"{name:20s} stripes: {here}   moved by one: {there}")
claim("layers-stripes", "Stripes one pixel wide become all black or all white by subsampling, all black by the maximum, grey by the mean.",
      list(answers.values()), expected=[[[1.0], [0.0]], [[1.0], [1.0]], [[0.5], [0.5]]])

# %% [markdown]
# So subsampling may turn a shift by one pixel into the opposite answer. On real digits the effect is smaller and of the same kind. Keep every second pixel in both directions: there are four grids to choose from, and a global average that deserved its name would be the same on all four.

# %%
def grid_spread(z):
    """Return the spread of the mean over the four grids of every second pixel, as a share of the mean. z (B, 1, H, W)."""
    grids = np.array([z[:, :, a::2, b::2].mean((1, 2, 3)) for a in (0, 1) for b in (0, 1)])
    return (grids.std(0) / grids.mean(0)).mean()


sharp = large.astype(np.float64)
soft_kernel = np.outer(binomial, binomial)[None, None]
largest = F.max_pool2d(np.pad(sharp, [(0, 0)] * 2 + [(0, 1)] * 2), 2, 1).data                # maxima of 2×2 at every place
spreads = {"as it is": grid_spread(sharp), "maximum of 2×2 first": grid_spread(largest),
           "blurred first": grid_spread(F.conv2d(sharp, soft_kernel, padding=1).data),
           "maximum, then blurred": grid_spread(F.conv2d(largest, soft_kernel, padding=1).data)}
for name, spread in spreads.items():
    print(f"{name:21s} {100 * spread:.3f} %")
claim("layers-grid", "The mean of a digit depends on the grid: it spreads by about 3 %.", spreads["as it is"], expected=0.03, tolerance=0.01)
claim("layers-grid-blur", "Blurred before, with or without a maximum before that, it depends on the grid by less than a twentieth of that.",
      [spreads[name] / spreads["as it is"] for name in ("blurred first", "maximum, then blurred")], at_most=0.05)
claim("layers-grid-max", "Taking the maximum first, which is max pooling, does not help.", spreads["maximum of 2×2 first"] / spreads["as it is"], at_least=0.5)

# %% [markdown]
# The last line is the recipe of [Zhang, 2019](../../book/bibliography.md#zhang2019making): take the maximum with stride 1, blur, then subsample.
#
# ## Channels and the 1×1 convolution
#
# A kernel of $1\times1$ looks at one pixel and cannot blur, sharpen or find an edge.
#
# > **Misconception.** A 1×1 convolution does nothing, at best it scales.
#
# With one channel in and one out that is true. With many it is a linear layer applied to the vector of channels *at every pixel*: it mixes channels where other layers mix places.

# %%
rng = np.random.default_rng(5)
point = nn.Conv2d(5, 3, 1, rng=rng, dtype=np.float64)
point.bias.data[...] = rng.normal(size=3)
dense = nn.Linear(5, 3, rng=rng, dtype=np.float64)
dense.load_state_dict({"weight": point.weight.data[:, :, 0, 0].T, "bias": point.bias.data})
x = rng.normal(size=(2, 5, 6, 7))
by_linear = dense(Tensor(x.transpose(0, 2, 3, 1))).data.transpose(0, 3, 1, 2)
claim("layers-pointwise", "A 1×1 convolution is `Linear` on the array with the channels last.", np.abs(point(Tensor(x)).data - by_linear).max(), at_most=1e-12)
two = rng.integers(0, 2, (50, 2, 6, 6)).astype(np.float64)                   # two channels of zeros and ones
sums = F.conv2d(two, np.ones((2, 2, 1, 1)), np.array([0.0, -1.0]))           # a + b, a + b − 1
exclusive = F.conv2d(F.relu(sums), np.array([[[[1.0]], [[-2.0]]]])).data
claim("layers-pointwise-xor", "Two of them with a ReLU between compute XOR of the two channels at all 1 800 pixels.",
      int((exclusive[:, 0] == np.logical_xor(*two.swapaxes(0, 1))).sum()), expected=50 * 36)

# %% [markdown]
# A small [perceptron](../../book/glossary.md#multilayer-perceptron) at every pixel is the *network in network* of [Lin, Chen and Yan, 2014](../../book/bibliography.md#lin2014network), who also invented global average pooling. The other use is a change of width: $256\to64$ by $1\times1$, a $3\times3$ among 64, and back by $1\times1$.
# **Predict** what this detour costs against one $3\times3$ from 256 to 256.

# %%
wide = nn.Conv2d(256, 256, 3, padding=1, bias=False, rng=rng)
detour = nn.Sequential(nn.Conv2d(256, 64, 1, bias=False, rng=rng), nn.Conv2d(64, 64, 3, padding=1, bias=False, rng=rng), nn.Conv2d(64, 256, 1, bias=False, rng=rng))
claim("layers-bottleneck", "The detour through 64 channels has 69 632 weights, the direct way 589 824.",
      [detour.n_parameters(), wide.n_parameters()], expected=[2 * 256 * 64 + 9 * 64 * 64, 9 * 256 * 256])

# %% [markdown]
# ## How far does a unit see?
#
# The **[receptive field](../../book/glossary.md#receptive-field)** of a unit is the part of the input that can change it. Walk up the stack. One step in layer $l-1$ is $j_{l-1}$ pixels of the input, and a kernel of $k$ reaches $d(k-1)$ such steps further than a single place:
#
# $$r_l = r_{l-1} + d_l(k_l-1)\,j_{l-1}, \qquad j_l = s_l\,j_{l-1}, \qquad r_0 = j_0 = 1 .$$
#
# Read aloud: *every layer adds its reach, measured in the stride of all layers below it.* Pooling counts like a convolution. **On paper first:** convolution of 5, pooling of 2, convolution of 5, pooling of 2 gives $r = 5, 6, 14, 16$.
#
# A formula about what can change what is a statement about the [Jacobian](../../book/glossary.md#jacobian): the receptive field is where $\partial\,\text{output}/\partial\,\text{input}$ is not zero. The engine computes one row of it with one backward pass. Two hundred random stacks of convolutions and average
# poolings, random weights, no activation, with other settings for rows than for columns:

# %%
def field_of(stack):
    """Return (r, j) of a stack of layers (k, s, d) along one axis."""
    r, j = 1, 1
    for k, s, d in stack:
        r, j = r + d * (k - 1) * j, j * s
    return r, j


def gradient_at_input(stacks, rng):
    """Return ∂(first output)/∂(input) of a random net with these stacks along rows and columns."""
    fields = [field_of(stack) for stack in stacks]
    x = Tensor(rng.normal(size=(1, 1, *(r + 2 * j for r, j in fields))), requires_grad=True)
    h = x
    for (k, s, d), (l, t, e) in zip(*stacks):
        average = d == e == 1 and rng.random() < 0.3
        h = F.avg_pool2d(h, (k, l), (s, t)) if average else F.conv2d(h, rng.normal(size=(1, 1, k, l)), None, (s, t), 0, (d, e))
    h[0, 0, 0, 0].backward()
    return x.grad[0, 0]


# %%
claim("layers-field-paper", "5, 2, 5, 2 with strides 1, 2, 1, 2 gives 5, 6, 14, 16.",
      [field_of([(5, 1, 1), (2, 2, 1), (5, 1, 1), (2, 2, 1)][:n])[0] for n in (1, 2, 3, 4)], expected=[5, 6, 14, 16])
rng, agree, holes, sides = np.random.default_rng(6), 0, 0, []
for _ in range(200):
    stacks = [[tuple(int(n) for n in rng.integers(1, [6, 4, 4])) for _ in range(depth)] for depth in [int(rng.integers(1, 5))] * 2]
    touched = gradient_at_input(stacks, rng) != 0
    extent = [int(np.flatnonzero(touched.any(axis)).max()) + 1 for axis in (1, 0)]
    agree += extent == [field_of(stack)[0] for stack in stacks] and bool(touched[0, 0])
    holes += not touched[: extent[0], : extent[1]].all()
    sides += extent
print(f"fields from {min(sides)} to {max(sides)} pixels; {holes} of 200 have holes")
claim("layers-field", "In 200 random stacks the support of the Jacobian has exactly the sides of the formula.", agree, expected=200)
claim("layers-field-holes", "In at least half of them the formula's rectangle has pixels that the output cannot see.", holes, at_least=100)

# %% [markdown]
# The rectangle is right to the pixel, and often it has holes: where a stride is larger than the kernel that follows, or dilations share a factor, some pixels reach no output at all. Sensible stacks avoid that.
#
# With ReLU and max pooling the Jacobian depends on the picture, and the field is what *some* picture lets through.
#
# ### Two 3×3 for one 5×5
#
# [Simonyan and Zisserman, 2015](../../book/bibliography.md#simonyan2015very), built deep networks, known as VGG, from $3\times3$ kernels alone. Two of them see what a $5\times5$ sees, three what a $7\times7$ sees, with $18C^2$ weights in place of $25C^2$ and $27C^2$ in place of $49C^2$, and a ReLU more at every step.

# %% tags=["settles-SYS-43"]
def three_by_threes(n, C):
    return nn.Sequential(*[nn.Conv2d(C, C, 3, bias=False, rng=np.random.default_rng(n)) for _ in range(n)])


C = 64
claim("layers-vgg-field", "Two and three layers of 3×3 have fields of 5 and 7, by the formula and by the Jacobian.",
      [field_of([(3, 1, 1)] * n)[0] for n in (2, 3)] + [int((gradient_at_input([[(3, 1, 1)] * n] * 2, rng) != 0).any(0).sum()) for n in (2, 3)], expected=[5, 7, 5, 7])
single = [nn.Conv2d(C, C, k, bias=False, rng=rng).n_parameters() for k in (5, 7)]
several = [three_by_threes(n, C).n_parameters() for n in (2, 3)]
claim("layers-vgg-parameters", "They have 18/25 and 27/49 of the parameters of one 5×5 and one 7×7.",
      [a / b for a, b in zip(several, single)], expected=[18 / 25, 27 / 49], tolerance=1e-12)
first, second = rng.normal(size=(2, 3, 3))
x = rng.normal(size=(1, 1, 9, 9))
merged = F.conv2d(np.pad(first, 2)[None, None], second[None, None, ::-1, ::-1]).data            # the full convolution of the kernels
claim("layers-two-are-one", "Without an activation between them two 3×3 are one 5×5, whose kernel is the convolution of theirs.",
      np.abs(F.conv2d(F.conv2d(x, first[None, None]), second[None, None]).data - F.conv2d(x, merged).data).max(), at_most=1e-12)

# %% [markdown]
# ### Dilation
#
# Convolutions that double their dilation from layer to layer, $1, 2, 4, \dots$, double their field without any loss of resolution: $r = 2^{l+1} - 1$ for $k = 3$, where plain layers have $2l+1$ ([Yu and Koltun, 2016](../../book/bibliography.md#yu2016multiscale)).

# %%
doubling = [[(3, 1, 2**l) for l in range(n)] for n in range(1, 7)]
lines = [gradient_at_input([stack, [(1, 1, 1)] * len(stack)], rng)[:, 0] != 0 for stack in doubling]
claim("layers-dilation", "One to six layers with dilations 1, 2, 4, … see 3, 7, 15, 31, 63, 127 places, and every place in between.",
      [int(line.sum()) for line in lines] + [field_of(stack)[0] for stack in doubling], expected=[2 ** (n + 1) - 1 for n in range(1, 7)] * 2)
gaps = gradient_at_input([[(3, 1, 2)] * 4, [(1, 1, 1)] * 4], rng)[:, 0] != 0
claim("layers-gridding", "Four layers that all have dilation 2 reach over 17 places and see 9 of them: every second.", [field_of([(3, 1, 2)] * 4)[0], int(gaps.sum())], expected=[17, 9])

# %% [markdown]
# ## What it sees well
#
# From a corner of the field a single path leads to the output; from the centre very many do. In a random linear stack of $3\times3$ kernels with independent weights the expected square of the gradient spreads by one $3\times3$ box in every layer, and a box convolved with itself $n$ times
# tends to a bell curve of variance
#
# $$\sigma^2 = n\,\frac{k^2-1}{12},$$
#
# so the **[effective receptive field](../../book/glossary.md#effective-receptive-field)** grows like $\sqrt n$ while the theoretical one, $2n+1$, grows like $n$ ([Luo et al., 2016](../../book/bibliography.md#luo2016understanding)). We measure the energy, the square of the gradient, over four random networks of 16 channels for each depth, without and with ReLU. **Predict** the share that lies in the middle quarter of the field's area
# for 16 layers; uniform would be 0.27.

# %%
def gradient_energy(depth, seed, relu):
    """Return the square of ∂output/∂input at each pixel of the field, the sum is 1."""
    rng, side = np.random.default_rng(seed), 2 * depth + 1
    x = Tensor(rng.normal(size=(4 if relu else 1, 1, side, side)).astype(np.float32), requires_grad=True)     # a linear net has one Jacobian
    h = x
    for layer in range(depth):
        c = 16 if layer else 1
        w = rng.normal(0, ((1 + relu) / (9 * c)) ** 0.5, (16, c, 3, 3)).astype(np.float32)
        h = F.conv2d(F.relu(h) if relu and layer else h, w)
    h[:, 0].sum().backward()
    energy = (x.grad.astype(np.float64) ** 2).sum((0, 1))
    return energy / energy.sum()


def width_of(energy):
    """Return the standard deviation of the energy along one axis, both axes taken together."""
    place = np.arange(len(energy)) - len(energy) // 2
    return (((energy.sum(0) + energy.sum(1)) / 2 * place**2).sum()) ** 0.5


depths = np.array([2, 4, 8, 16, 32])
fields = {relu: [[gradient_energy(n, seed, relu) for seed in range(4)] for n in depths] for relu in (False, True)}
widths = {relu: np.array([[width_of(e) for e in runs] for runs in fields[relu]]) for relu in fields}
middle = {relu: np.array([[e[n // 2 : len(e) - n // 2, n // 2 : len(e) - n // 2].sum() for e in runs] for n, runs in zip(depths, fields[relu])]) for relu in fields}
for n, linear, relu, share in zip(depths, widths[False], widths[True], middle[True]):
    print(f"{n:2d} layers, field {2 * n + 1:2d}: width {linear.mean():.2f} ± {linear.std(ddof=1):.2f} linear, {relu.mean():.2f} ± {relu.std(ddof=1):.2f} ReLU;"
          f" law {(n * 2 / 3) ** 0.5:.2f}; in the middle {share.mean():.3f}")

# %% [markdown]
# > **Misconception.** A unit uses its whole receptive field, and all of it equally.
#
# The figures say that it uses the middle, and the law says how much of it.

# %%
slopes = [np.polyfit(np.log(depths), np.log(widths[relu].mean(1)), 1)[0] for relu in (False, True)]
claim("layers-erf-root", "The width grows like the square root of the depth, linear and with ReLU.", slopes, expected=[0.5, 0.5], tolerance=0.06)
claim("layers-erf-law", "It is √(2n/3), within 10 %, at every depth, with and without ReLU.",
      np.array([widths[relu].mean(1) for relu in (False, True)]), expected=np.tile((depths * 2 / 3) ** 0.5, (2, 1)), tolerance=0.1, relative=True)
claim("layers-erf-middle", "At 16 layers over 95 % of the energy lies in the middle 17×17 of 33×33, in each of eight networks.", min(middle[False][3].min(), middle[True][3].min()), at_least=0.95)
many = [gradient_energy(8, 100 + seed, seed % 2 == 0) for seed in range(40)]
profile = np.mean([e.sum(0) + e.sum(1) for e in many], axis=0) / 2
bell = np.exp(-(np.arange(-8, 9) ** 2) / (2 * 16 / 3)) / (2 * np.pi * 16 / 3) ** 0.5
claim("layers-erf-bell", "The mean profile of forty networks of 8 layers is the bell curve with this variance, to a tenth of its peak.", np.abs(profile - bell).max() / bell.max(), at_most=0.1)
corner = [np.array(fields[relu][1])[:, [0, 0, -1, -1], [0, -1, 0, -1]].mean() * 81 for relu in (False, True)]
claim("layers-erf-corner", "At 4 layers a corner pixel has less than a fiftieth of an equal share; the expectation is 81/9⁴, an 81st.", max(corner), at_most=0.02)

# %% mystnb={"image": {"alt": "Four grey squares, the gradient energy in the receptive fields of 2, 4, 8 and 16 layers. The dark spot in the middle fills most of the first square and only a small part of the last."}}
pictures_of = [np.mean([gradient_energy(n, 200 + seed, True) for seed in range(20)], axis=0) for n in depths[:4]]
zoomed = [np.array([[e[i * len(e) // 33, j * len(e) // 33] for j in range(33)] for i in range(33)]) for e in pictures_of]
_ = plotting.images(np.array([z / z.max() for z in zoomed]), n_columns=4, titles=[f"{n} layers" for n in depths[:4]],
                    title="The deeper the stack, the smaller the part of its field that it uses")

# %% [markdown]
# Each square is one whole field, averaged over twenty networks and drawn at the same size. These are networks at their start: Luo et al. report that training widens the effective field. A unit whose formula says "sees the whole picture" may at first see little more than the middle.
#
# ## Groups, depthwise and separable
#
# An ordinary convolution mixes places and channels at once. [Groups](../../book/glossary.md#grouped-convolution) forbid part of the mixing: the $C_\text{out}\times C_\text{in}$ table of kernels becomes block-diagonal, and $g$ groups need a $g$-th of the weights.

# %%
rng = np.random.default_rng(7)
grouped = nn.Conv2d(8, 4, 3, groups=4, bias=False, rng=rng, dtype=np.float64)             # weight (4, 2, 3, 3)
full = np.zeros((4, 8, 3, 3))
for o in range(4):
    full[o, 2 * o : 2 * o + 2] = grouped.weight.data[o]                                   # one output and two inputs a group
x = rng.normal(size=(2, 8, 7, 7))
claim("layers-groups-blocks", "A convolution in 4 groups is an ordinary one whose kernels outside four diagonal blocks are zero.",
      np.abs(grouped(Tensor(x)).data - F.conv2d(x, full).data).max(), at_most=1e-12)
claim("layers-groups-share", "It has a quarter of the weights.", [grouped.n_parameters(), full.size], expected=[72, 288])

# %% mystnb={"image": {"alt": "A table of four rows and eight columns, zeros except for four blocks of two ones along the diagonal."}}
_ = plotting.matrix(np.abs(full).sum((2, 3)) > 0, title="Four groups: which input channel reaches which output", xlabel="input channel", ylabel="output channel")

# %% [markdown]
# At the end of that road, $g = C_\text{in}$, every channel has a kernel of its own and no channel hears of another: a **[depthwise convolution](../../book/glossary.md#depthwise-convolution)**. It mixes places only, the $1\times1$ convolution channels only. One after the other they are the
# **[depthwise-separable convolution](../../book/glossary.md#depthwise-separable-convolution)**, on which [Chollet, 2017](../../book/bibliography.md#chollet2017xception), built Xception. Weights, without biases:
#
# $$\frac{\text{separable}}{\text{ordinary}} = \frac{C_\text{in}k^2 + C_\text{in}C_\text{out}}{C_\text{in}C_\text{out}k^2} = \frac{1}{C_\text{out}} + \frac{1}{k^2},$$
#
# whatever $C_\text{in}$. The multiplications have the same ratio as long as the stride is 1: each weight is used once at every place.

# %% tags=["settles-SYS-46"]
def separable(c_in, c_out, k, rng, **options):
    return nn.Sequential(nn.Conv2d(c_in, c_in, k, groups=c_in, padding=k // 2, rng=rng, **options), nn.Conv2d(c_in, c_out, 1, rng=rng, **options))


def multiplications_of(convolutions, x):
    """Return (multiplications, output) of convolutions applied one after the other to x."""
    total = 0
    for layer in convolutions:
        x = layer(x)
        total += x.data.size * layer.weight.data[0].size        # every output: one product for each weight of its kernel
    return total, x


settings, ratios = [(16, 32, 3), (32, 32, 5), (64, 128, 3), (8, 24, 7)], []
for c_in, c_out, k in settings:
    pair, ordinary = separable(c_in, c_out, k, rng, bias=False), nn.Conv2d(c_in, c_out, k, padding=k // 2, bias=False, rng=rng)
    x = Tensor(rng.normal(size=(1, c_in, 10, 10)).astype(np.float32))
    (few, z), (many, y) = multiplications_of([pair[0], pair[1]], x), multiplications_of([ordinary], x)
    ratios.append([pair.n_parameters() / ordinary.n_parameters(), few / many])
    print(f"{c_in:2d} → {c_out:3d}, {k}×{k}: {pair.n_parameters():6,} weights for {ordinary.n_parameters():6,}, ratio {ratios[-1][0]:.3f}, shapes equal: {z.shape == y.shape}")
law = np.array([[1 / c_out + 1 / k**2] * 2 for _, c_out, k in settings])
claim("layers-separable", "In four built pairs the ratio of weights and that of multiplications is 1/C_out + 1/k².", np.array(ratios), expected=law, tolerance=1e-12)

# %% [markdown]
# Nothing is free. A separable convolution *is* an ordinary one with kernels $W_{ocpq} = P_{oc}D_{cpq}$: seen from one input channel all its outputs use the same $k\times k$ pattern, scaled. In numbers: for each $c$ the table $C_\text{out}\times k^2$ has rank 1.

# %%
D, P = rng.normal(size=(6, 1, 3, 3)), rng.normal(size=(10, 6, 1, 1))
W = P * D[:, 0]                                                                            # (10, 6, 3, 3)
x = rng.normal(size=(2, 6, 8, 8))
claim("layers-separable-is-conv", "Depthwise, then 1×1, is one convolution with the products as its kernels.",
      np.abs(F.conv2d(F.conv2d(x, D, groups=6), P).data - F.conv2d(x, W).data).max(), at_most=1e-12)
ranks = [{int(np.linalg.matrix_rank(kernels[:, c].reshape(10, 9))) for c in range(6)} for kernels in (W, rng.normal(size=W.shape))]
claim("layers-separable-rank", "From each input channel its kernels span 1 dimension; those of an ordinary convolution span all 9.", [list(r) for r in ranks], expected=[[1], [9]])

# %% [markdown]
# ## Making pictures larger: the transposed convolution
#
# To paint a picture from a code, or a label on every pixel, a network must go up in size. The **[transposed convolution](../../book/glossary.md#transposed-convolution)** does what the backward pass of a convolution does to $\delta$: each input number *spreads* a copy of the kernel over the output, $s$ places further for each
# step, and what overlaps adds up. On paper, $(1, 2)$ with the kernel $(1, 2, 3)$ and stride 2: $1\cdot(1,2,3)$ at place 0 and $2\cdot(1,2,3)$ at place 2 make $(1, 2, 5, 4, 6)$.
#
# The [last section](01_convolution.ipynb) has shown what defines it, the adjoint identity $\langle Ax, y\rangle = \langle x, A^\top y\rangle$. Here for two *layers* that share a weight, with groups, strides and padding; and it is the gradient that the engine computes for the convolution.

# %%
spread = F.conv_transpose2d(np.array([[[[1.0, 2.0]]]]), np.array([[[[1.0, 2.0, 3.0]]]]), stride=2).data
claim("layers-spread", "On paper and in the engine (1, 2) becomes (1, 2, 5, 4, 6).", spread.ravel(), expected=[1.0, 2, 5, 4, 6])
rng, gaps = np.random.default_rng(8), []
for k, s, p, g in [(3, 1, 1, 1), (3, 2, 1, 1), (4, 2, 1, 2), (5, 3, 2, 4), (2, 2, 0, 1)]:
    down = nn.Conv2d(4, 8, k, s, p, groups=g, bias=False, rng=rng, dtype=np.float64)
    x = Tensor(rng.normal(size=(2, 4, 13, 13)), requires_grad=True)
    z = down(x)
    left_over = (13 + 2 * p - k) % s                                         # rows under no window: output_padding brings them back
    up = nn.ConvTranspose2d(8, 4, k, s, p, left_over, groups=g, bias=False, rng=rng, dtype=np.float64)
    up.load_state_dict(down.state_dict())
    y = rng.normal(size=z.shape)
    (z * y).sum().backward()
    returned = up(Tensor(y)).data
    gaps.append([abs((z.data * y).sum() - (x.data * returned).sum()) / np.linalg.norm(y), np.abs(returned - x.grad).max()])
claim("layers-adjoint", "In five settings ⟨Ax, y⟩ = ⟨x, A'y⟩, and A'y is the gradient of ⟨Ax, y⟩ by x.", np.max(gaps), at_most=1e-12)

# %% [markdown]
# > **Misconception.** A transposed convolution undoes a convolution; hence its other name, *deconvolution*.
#
# It brings back the shape. The values come back only when $A^\top A = I$, and a convolution that makes a picture smaller without more channels has lost too much for any inverse. One arrangement does it: cut the picture into $2\times2$ patches and give each patch four *orthogonal* kernels.

# %%
rng = np.random.default_rng(9)
picture = rng.normal(size=(20, 1, 12, 12))


def there_and_back(weight, stride):
    """Return the part of the picture that is wrong after A' A, scaled as well as a single factor can."""
    back = F.conv_transpose2d(F.conv2d(picture, weight, None, stride), weight, None, stride).data
    best = (back * picture).sum() / (back**2).sum()
    return np.linalg.norm(best * back - picture) / np.linalg.norm(picture)


errors = [there_and_back(rng.normal(size=(4, 1, k, k)), s) for k, s in [(3, 1), (4, 2), (2, 2)] for _ in range(10)]
orthogonal = np.linalg.qr(rng.normal(size=(4, 4)))[0].reshape(4, 1, 2, 2)
claim("layers-no-inverse", "For thirty random kernels the way there and back misses the picture by more than a fifth of its length, however it is scaled.", min(errors), at_least=0.2)
claim("layers-orthogonal-inverse", "With orthogonal kernels on patches that do not overlap it comes back to rounding.", there_and_back(orthogonal, 2), at_most=1e-12)

# %% [markdown]
# ### Checkerboards
#
# Where kernels spread with stride 2 and size 3, neighbours in the output receive unequally many copies. Count them: spread ones with a kernel of ones.

# %% mystnb={"image": {"alt": "A seven by seven table of counts. Inside, rows that hold 4 2 4 alternate with rows that hold 2 1 2: a checkerboard pattern, four times as much at some pixels as at others."}}
copies = {k: F.conv_transpose2d(np.ones((1, 1, 3, 3)), np.ones((1, 1, k, k)), stride=2).data[0, 0] for k in (2, 3, 4)}
_ = plotting.matrix(copies[3], digits=0, title="Copies received with kernel 3 and stride 2: a checkerboard", xlabel="column", ylabel="row")

# %%
inner = {k: sorted(set(c[2:-2, 2:-2].ravel().tolist())) for k, c in copies.items()}
claim("layers-checkerboard", "With kernel 3 and stride 2 pixels inside receive 1, 2 or 4 copies; with kernels 2 and 4, divisible by the stride, 1 and 4 everywhere.",
      inner[3] + inner[2] + inner[4], expected=[1.0, 2.0, 4.0, 1.0, 4.0])
rng, uneven = np.random.default_rng(10), {3: [], 4: []}
for k in uneven:
    for _ in range(20):
        painted = F.conv_transpose2d(np.ones((1, 1, 12, 12)), rng.uniform(0, 1, (1, 1, k, k)), stride=2).data[0, 0, 4:-4, 4:-4]
        uneven[k].append(painted.std() / painted.mean())
print("  ".join(f"kernel {k}: {np.mean(u):.2f} ± {np.std(u, ddof=1):.2f}" for k, u in uneven.items()))
claim("layers-checkerboard-random", "A level input painted with random positive kernels comes out less uneven with kernel 4 than with kernel 3, on average over twenty.",
      np.mean(uneven[3]) / np.mean(uneven[4]), at_least=1.5)

# %% [markdown]
# Divisibility removes what the *counts* cause. Weights can still differ between the phases of the stride, as the second number shows; [Odena, Dumoulin and Olah, 2016](../../book/bibliography.md#odena2016deconvolution), therefore advise to enlarge the picture first and convolve with stride 1 after that.
#
# ## Concatenation and addition
#
# Two paths through a network meet again in one of two ways. **Addition** needs equal shapes and keeps the channels ([ResNet](../../book/bibliography.md#he2016deep)); **[concatenation](../../book/glossary.md#concatenation)** lays the channels side by side and their number grows
# ([DenseNet](../../book/bibliography.md#huang2017densely)). A residual block of $L$ layers begins and ends with $c$ channels. In a dense block each layer makes $g$ new ones from all there are, so layer $l$ sees $c + (l-1)g$, and $c + Lg$ come out.

# %% tags=["settles-S2-G4b"]
rng, dtype = np.random.default_rng(11), dict(dtype=np.float64)
c, g, L = 16, 12, 4
residual = [nn.Conv2d(c, c, 3, padding=1, rng=rng, **dtype) for _ in range(L)]
growing = [nn.Conv2d(c + l * g, g, 3, padding=1, rng=rng, **dtype) for l in range(L)]
added = joined = Tensor(rng.normal(size=(2, c, 6, 6)))
counts = []
for add, grow in zip(residual, growing):
    added = added + F.relu(add(added))
    joined = concatenate([joined, F.relu(grow(joined))], axis=1)
    counts.append((added.shape[1], joined.shape[1]))
claim("layers-concat-channels", "Addition keeps 16 channels; concatenation has 28, 40, 52, 64.", counts, expected=[(c, c + l * g) for l in range(1, L + 1)])
claim("layers-concat-parameters", "The weights are L(9c² + c) and 9g(Lc + gL(L − 1)/2) + Lg.",
      [sum(layer.n_parameters() for layer in block) for block in (residual, growing)], expected=[L * (9 * c * c + c), 9 * g * (L * c + g * L * (L - 1) // 2) + L * g])
a, b, Wa, Wb = rng.normal(size=(2, 5, 4, 4)), rng.normal(size=(2, 3, 4, 4)), rng.normal(size=(6, 5, 1, 1)), rng.normal(size=(6, 3, 1, 1))
side_by_side = F.conv2d(np.concatenate([a, b], 1), np.concatenate([Wa, Wb], 1)).data
claim("layers-concat-linear", "A convolution of the concatenation is the sum of a convolution of each part.", np.abs(side_by_side - F.conv2d(a, Wa).data - F.conv2d(b, Wb).data).max(), at_most=1e-12)

# %% [markdown]
# The last claim says what the two have to do with each other: addition is concatenation followed by a fixed $1\times1$ layer, two identity matrices side by side. Concatenation leaves the weighing to the next layer and pays for it with weights.
#
# ## Normalising channels
#
# [Batch normalisation](../02_backprop/05_training_deep_networks.ipynb) gives every [feature](../../book/glossary.md#feature) of a batch mean 0 and variance 1. In a picture a channel is the feature, and every pixel of every picture is an example of it: `BatchNorm2d` averages over $B$, $H$ and $W$, and has two parameters a channel.

# %%
rng = np.random.default_rng(12)
x = Tensor(3 + 2 * rng.normal(size=(5, 4, 6, 7)))
by_channel, by_column = nn.BatchNorm2d(4, dtype=np.float64), nn.BatchNorm1d(4, dtype=np.float64)
z = by_channel(x).data
as_rows = by_column(Tensor(x.data.transpose(0, 2, 3, 1).reshape(-1, 4))).data.reshape(5, 6, 7, 4).transpose(0, 3, 1, 2)
claim("layers-batch-norm", "`BatchNorm2d` is `BatchNorm1d` with every pixel as a row.", np.abs(z - as_rows).max(), at_most=1e-12)
claim("layers-batch-norm-moments", "Each of the four channels has mean 0 and variance 1 over batch, rows and columns.",
      [np.abs(z.mean((0, 2, 3))).max(), np.abs(z.var((0, 2, 3)) - 1).max()], at_most=1e-4)
biased = nn.Conv2d(3, 4, 3, rng=rng, dtype=np.float64)
x = Tensor(rng.normal(size=(5, 3, 8, 8)))
before = by_channel(biased(x)).data
biased.bias.data[...] = [5.0, -3, 1, 100]
claim("layers-batch-norm-bias", "A bias right before it has no effect: convolutions with batch normalisation are built without.", np.abs(by_channel(biased(x)).data - before).max(), at_most=1e-10)

# %% [markdown]
# ## What every layer costs
#
# Ten layers, ten formulas, against what the built layers count.

# %%
rng, c, o, k, g = np.random.default_rng(13), 16, 24, 3, 4
formulas = {"linear": (nn.Linear(c, o, rng=rng), c * o + o),
            "convolution": (nn.Conv2d(c, o, k, rng=rng), o * c * k * k + o),
            "dilated": (nn.Conv2d(c, o, k, dilation=4, rng=rng), o * c * k * k + o),
            "without bias": (nn.Conv2d(c, o, k, bias=False, rng=rng), o * c * k * k),
            "1×1": (nn.Conv2d(c, o, 1, rng=rng), o * c + o),
            "in 4 groups": (nn.Conv2d(c, o, k, groups=g, rng=rng), o * c * k * k // g + o),
            "depthwise": (nn.Conv2d(c, c, k, groups=c, rng=rng), c * k * k + c),
            "separable": (separable(c, o, k, rng), c * k * k + c + c * o + o),
            "transposed": (nn.ConvTranspose2d(c, o, k, stride=2, rng=rng), c * o * k * k + o),
            "batch norm": (nn.BatchNorm2d(c), 2 * c)}
for name, (layer, _) in formulas.items():
    print(f"{name:13s} {layer.n_parameters():5,}")
claim("layers-ten-formulas", "The ten formulas give what the ten layers count.", [layer.n_parameters() for layer, _ in formulas.values()], expected=[n for _, n in formulas.values()])

# %% [markdown]
# And a whole network, layer by layer: one like LeNet-5 ([LeCun et al., 1998](../../book/bibliography.md#lecun1998gradient)). **Predict** which single layer holds most of the parameters, and which the most multiplications.

# %%
lenet = nn.Sequential(nn.Conv2d(1, 6, 5, padding=2, rng=rng), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5, rng=rng), nn.ReLU(), nn.MaxPool2d(2),
                      nn.Flatten(), nn.Linear(400, 120, rng=rng), nn.ReLU(), nn.Linear(120, 84, rng=rng), nn.ReLU(), nn.Linear(84, 10, rng=rng))
h, stack, rows = Tensor(large[:1]), [], []
for layer in lenet:
    h = layer(h)
    n = layer.n_parameters()
    if hasattr(layer, "kernel_size"):
        stack.append((layer.kernel_size[0], layer.stride[0], 1))
    products = 0 if n == 0 else h.data.size * (layer.weight.data[0].size if h.data.ndim == 4 else layer.weight.shape[0])
    rows.append((type(layer).__name__, h.shape[1:], n, products, field_of(stack)[0] if h.data.ndim == 4 else 28))
print(f"{'layer':10s} {'output':12s} {'parameters':>10s} {'products':>9s} {'field':>5s}")
for name, shape, n, products, field in rows:
    print(f"{name:10s} {'×'.join(map(str, shape)):12s} {n:10,} {products:9,} {field:5d}")
claim("layers-lenet", "It has 61 706 parameters, 48 120 of them in the first fully connected layer.", [lenet.n_parameters(), max(r[2] for r in rows)], expected=[61706, 48120])
claim("layers-lenet-products", "The two convolutions hold 4 % of the parameters and make 86 % of the multiplications.",
      [sum(r[i] for r in rows if r[0] == "Conv2d") / sum(r[i] for r in rows) for i in (2, 3)], expected=[0.042, 0.855], tolerance=0.006)

# %% [markdown]
# Convolutions cost time, fully connected layers cost memory. The field after the last pooling is 16 of 28 pixels: the digit as a whole is first seen by the fully connected layers.
#
# ## In the frameworks
#
# One of each: convolution, ReLU, max pooling, depthwise, $1\times1$, global average, linear. The same weights, 300 digits, float64, 100 steps on the full batch. In TensorFlow the channels come last, and a depthwise kernel is $(k, k, C, 1)$.

# %%
x_small, y_small = digits.x_train[:300].reshape(-1, 1, 8, 8), digits.y_train[:300]
rng = np.random.default_rng(14)
start_layers = [rng.normal(0, scale, shape) for scale, shape in
                [(0.4, (6, 1, 3, 3)), (0.1, 6), (0.4, (6, 1, 3, 3)), (0.1, 6), (0.5, (12, 6, 1, 1)), (0.1, 12), (0.4, (12, 10)), (0.1, 10)]]
to_last = {0: (2, 3, 1, 0), 2: (2, 3, 0, 1), 4: (2, 3, 1, 0)}                              # TensorFlow's order of a kernel's axes

# %% tags=["fw-numpy"]
P = [Tensor(p.copy(), requires_grad=True) for p in start_layers]
sgd, path_ours = optim.SGD(P, lr=0.5), []
for step in range(100):
    h = F.max_pool2d(F.relu(F.conv2d(x_small, P[0], P[1], padding=1)), 2)
    h = F.conv2d(F.conv2d(h, P[2], P[3], padding=1, groups=6), P[4], P[5])
    out_ours = F.global_avg_pool2d(F.relu(h)) @ P[6] + P[7]
    loss_ours = F.cross_entropy(out_ours, y_small)
    sgd.zero_grad(); loss_ours.backward()
    if step == 0: first_ours = out_ours.data, [p.grad.copy() for p in P]
    path_ours.append(loss_ours.item()); sgd.step()

# %% tags=["fw-torch"]
import torch
from torch.nn import functional as torch_F

Q, path_torch, x_torch = [torch.tensor(p, requires_grad=True) for p in start_layers], [], torch.tensor(x_small)
sgd_torch = torch.optim.SGD(Q, lr=0.5)
for step in range(100):
    h = torch_F.max_pool2d(torch.relu(torch_F.conv2d(x_torch, Q[0], Q[1], padding=1)), 2)
    h = torch_F.conv2d(torch_F.conv2d(h, Q[2], Q[3], padding=1, groups=6), Q[4], Q[5])
    out_torch = torch.relu(h).mean((2, 3)) @ Q[6] + Q[7]
    loss_torch = torch_F.cross_entropy(out_torch, torch.tensor(y_small)); sgd_torch.zero_grad(); loss_torch.backward()
    if step == 0: first_torch = out_torch.detach(), [q.grad.clone() for q in Q]
    path_torch.append(loss_torch.item()); sgd_torch.step()

# %% tags=["fw-tensorflow"]
import tensorflow as tf

R, path_tf = [tf.Variable(p.transpose(to_last[i]) if i in to_last else p) for i, p in enumerate(start_layers)], []
for step in range(100):
    with tf.GradientTape() as tape:
        h = tf.nn.max_pool2d(tf.nn.relu(tf.nn.conv2d(x_small.transpose(0, 2, 3, 1), R[0], 1, "SAME") + R[1]), 2, 2, "VALID")
        h = tf.nn.conv2d(tf.nn.depthwise_conv2d(h, R[2], [1, 1, 1, 1], "SAME") + R[3], R[4], 1, "VALID") + R[5]
        out_tf = tf.reduce_mean(tf.nn.relu(h), (1, 2)) @ R[6] + R[7]
        loss_tf = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y_small, out_tf))
    grads_tf = tape.gradient(loss_tf, R); path_tf.append(float(loss_tf))
    if step == 0: first_tf = out_tf, [tf.transpose(g, np.argsort(to_last[i])) if i in to_last else g for i, g in enumerate(grads_tf)]
    for r, g in zip(R, grads_tf): r.assign_sub(0.5 * g)

# %%
parity("layers-stack",
       outputs={"numpy": first_ours[0], "torch": first_torch[0], "tensorflow": first_tf[0]},
       gradients={"numpy": first_ours[1], "torch": first_torch[1], "tensorflow": first_tf[1]},
       path={"numpy": path_ours, "torch": path_torch, "tensorflow": path_tf})
claim("layers-learns", "In the hundred steps the loss falls, from above 2.3, by at least a tenth.", path_ours[-1] / path_ours[0], at_most=0.9)

# %% [markdown]
# Two differences stay hidden in this stack. Average pooling at a padded border counts the zeros in PyTorch (and here) and does not in TensorFlow; and "same" padding with stride 2 puts the odd row at the end in TensorFlow, where PyTorch's `padding=1` puts one on each side.
#
# ## Summary
#
# - Pooling has no weights. Backwards a maximum pays the winner, a mean pays all alike. It softens shifts; only global pooling forgets them.
# - Subsampling aliases what is finer than the new grid. A blur before it, not a maximum, prevents that.
# - $1\times1$ mixes channels, depthwise mixes places, both together cost $1/C_\text{out} + 1/k^2$ of an ordinary convolution and are a special case of one.
# - $r_l = r_{l-1} + d(k-1)j_{l-1}$ is exact, and generous: at the start the gradient lives in a bell of width $\sqrt{n(k^2-1)/12}$.
# - The transposed convolution is the adjoint, not the inverse. Choose its kernel divisible by its stride.
# - Addition keeps the channels, concatenation adds them up.
#
# ## Exercises
#
# ### Exercise 1 · How far does it see?
#
# Convolution $7\times7$ with stride 2, max pooling $3\times3$ with stride 2, then two convolutions $3\times3$, the second with dilation 2: the start of many networks, nearly. What is the side of the receptive field?

# %%
answer = None
exercise("layers-reach", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# $1 + 6\cdot1 = 7$, with $j = 2$; $7 + 2\cdot2 = 11$, with $j = 4$; $11 + 2\cdot4 = 19$; $19 + 2\cdot2\cdot4 = 35$. The strides of a layer count for the layers above it only.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("layers-reach", field_of([(7, 2, 1), (3, 2, 1), (3, 1, 1), (3, 1, 2)])[0])

# %% [markdown]
# ### Exercise 2 · A separable layer
#
# A depthwise-separable convolution, $5\times5$, from 48 to 96 channels, with biases in both of its layers. How many parameters?

# %%
answer = None
exercise("layers-separable-count", answer)

# %% tags=["hide-cell", "solution"]
exercise("layers-separable-count", separable(48, 96, 5, np.random.default_rng(0)).n_parameters())

# %% [markdown]
# ### Exercise 3 · Send the blame to the winners
#
# Write `max_pool_backward(x, delta)`: $2\times2$ max pooling with stride 2, $x$ of shape $(B, C, H, W)$ with even sides and `delta` $= \partial L/\partial z$ of shape $(B, C, H/2, W/2)$. Return $\partial L/\partial x$. No two numbers of a window are equal.

# %%
def max_pool_backward(x, delta):
    ...


exercise("layers-winners", max_pool_backward)


# %% tags=["hide-cell", "solution"]
def max_pool_backward_solution(x, delta):
    enlarge = np.ones((2, 2))
    largest = x.reshape(*x.shape[:2], delta.shape[2], 2, delta.shape[3], 2).max((3, 5))      # (B, C, H/2, W/2)
    return np.kron(delta, enlarge) * (x == np.kron(largest, enlarge))


exercise("layers-winners", max_pool_backward_solution)

# %% [markdown]
# ### Exercise 4 · Count the copies
#
# Write `copies_received(n, k, s)`: for a transposed convolution in one dimension with $n$ inputs, kernel size $k$, stride $s$ and no padding, an array of length $(n-1)s + k$ that says how many inputs reach each output.

# %%
def copies_received(n, k, s):
    ...


exercise("layers-copies", copies_received)


# %% tags=["hide-cell", "solution"]
def copies_received_solution(n, k, s):
    received = np.zeros((n - 1) * s + k)
    for i in range(n):
        received[i * s : i * s + k] += 1
    return received


exercise("layers-copies", copies_received_solution)

# %% [markdown]
# ### Exercise 5 · A dense block
#
# A dense block starts with 64 channels; each of its six layers, $3\times3$ without bias, sees the concatenation of all before it and adds 32 channels. After it a $1\times1$ convolution without bias halves the number of channels. How many weights has that $1\times1$ convolution?

# %%
answer = None
exercise("layers-transition", answer)

# %% tags=["hide-cell", "solution"]
channels = 64 + 6 * 32
exercise("layers-transition", channels * channels // 2)

# %% [markdown]
# ### Exercise 6 · A proof
#
# Show the law of the effective field. A stack of $n$ convolutions along a line, kernel size $k$ odd, one channel, no activation; all weights independent with mean 0 and variance $1/k$. Let $g_u = \partial\,\text{output}/\partial x_u$, with $u$ counted from the centre. Show that $\mathrm E[g_u^2]$ is the probability that a
# sum of $n$ independent steps, each uniform on $-\frac{k-1}2, \dots, \frac{k-1}2$, ends at $u$, and that its variance is $n(k^2-1)/12$.
#
# <details><summary>Solution</summary>
#
# By the chain rule $g_u = \sum_{\text{paths}} w^{(1)}_{a_1}\cdots w^{(n)}_{a_n}$ over all paths with $a_1 + \dots + a_n = u$, where $a_l$ is the step taken in layer $l$. Square it and take the expectation. Two different paths differ in some layer, where their product holds two different weights of
# mean 0, independent of all else: its expectation is zero. A path with itself gives $\prod_l \mathrm E[(w^{(l)}_{a_l})^2] = k^{-n}$. So $\mathrm E[g_u^2]$ is $k^{-n}$ times the number of paths to $u$, which is the stated probability.
#
# Steps are independent, so variances add up; one step has variance $\frac1k\sum_{a=-m}^{m}a^2 = \frac{m(m+1)}{3} = \frac{k^2-1}{12}$ with $m = \frac{k-1}2$. By the central limit theorem the sum tends to a bell curve. In two dimensions rows and columns are independent of each other in the same way, and more channels with variance
# $1/(k^2C)$ give as many more paths as each of them is lighter.
#
# </details>

# %% [markdown]
# ## Sources
#
# [Luo et al., 2016](../../book/bibliography.md#luo2016understanding), the effective receptive field · [Simonyan and Zisserman, 2015](../../book/bibliography.md#simonyan2015very), small kernels in deep stacks ·
# [Yu and Koltun, 2016](../../book/bibliography.md#yu2016multiscale), dilation · [Chollet, 2017](../../book/bibliography.md#chollet2017xception), separable convolutions · [Lin, Chen and Yan, 2014](../../book/bibliography.md#lin2014network), 1×1 and global average pooling ·
# [Springenberg et al., 2015](../../book/bibliography.md#springenberg2015striving), strides for pooling · [Zhang, 2019](../../book/bibliography.md#zhang2019making), aliasing and the blur against it ·
# [Odena, Dumoulin and Olah, 2016](../../book/bibliography.md#odena2016deconvolution), checkerboards · [Dumoulin and Visin, 2016](../../book/bibliography.md#dumoulin2016guide), the arithmetic of all these layers, in pictures ·
# [Huang et al., 2017](../../book/bibliography.md#huang2017densely), and [He et al., 2016](../../book/bibliography.md#he2016deep), concatenation and addition · [Ioffe and Szegedy, 2015](../../book/bibliography.md#ioffe2015batch), batch normalisation.
