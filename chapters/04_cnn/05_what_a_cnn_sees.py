# %% [markdown]
# # What a CNN sees
#
# **After this section** you can open a trained network and look: at its filters and maps, at how much each layer already knows, at which pixels a decision hangs. You can compute four kinds of explanation by hand, put them to a test that some of them fail,
# and fool the network with five lines of code.
# *Reading: 30 minutes. Running: about 35 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from scipy.stats import spearmanr

from chainrule import Tensor, data, explore, nn, no_grad, optim, plotting, train
from chainrule.nn import functional as F
from chainrule.plotting.color import BLUE, ORANGE
from chainrule.proof import claim, exercise, gradcheck, parity

# %% [markdown]
# ## The question
#
# A network says: this is a 3. Why? The question is asked as if it had one answer. Take a function so small that we see through it, one [ReLU](../../book/glossary.md#relu) and two inputs:
#
# $$F(x_1, x_2) = 2 - \operatorname{relu}(2 - 3x_1 - x_2) = \min(3x_1 + x_2,\ 2).$$
#
# Both inputs are 1 and the answer is 2. How much of it is due to $x_1$, how much to $x_2$? **On paper first,** three ways to ask:
#
# | question | input $x_1$ | input $x_2$ |
# |---|---|---|
# | *slope*: how much does $F$ change if I move the input a little? | $0$ | $0$ |
# | *occlusion*: how much is lost if I set it to 0? | $2 - 1 = 1$ | $2 - 2 = 0$ |
# | *path*: walk from $(0, 0)$ to $(1, 1)$ and add up what each one brings | $3\cdot\tfrac12 = 1.5$ | $1\cdot\tfrac12 = 0.5$ |
#
# The ceiling of 2 is reached halfway, and after that nothing brings anything. Three questions, three answers, and none of them is wrong. What gives each input a number is an **[attribution](../../book/glossary.md#attribution)**; only the last one here adds up to the 2 that was to be explained.

# %%
def saturating(x):
    return 2 - F.relu(2 - 3 * x[:, 0] - x[:, 1])


steps = np.linspace(0, 1, 1001)[:-1, None] + 0.0005            # the middles of a thousand steps
there = Tensor(np.ones((1, 2)), requires_grad=True)
saturating(there).backward()
along = Tensor(steps * np.ones((1, 2)), requires_grad=True)
saturating(along).sum().backward()
hidden = saturating(Tensor(np.array([[0.0, 1], [1, 0]]))).data
claim("sees-paper-slope", "The slope at (1, 1) is zero for both.", there.grad[0], expected=[0.0, 0.0])
claim("sees-paper-occlusion", "Hiding the first input costs 1, hiding the second costs nothing.", 2 - hidden, expected=[1.0, 0.0])
claim("sees-paper-path", "Along the path they bring 1.5 and 0.5, together the 2 that is to be explained.", along.grad.mean(0), expected=[1.5, 0.5], tolerance=1e-9)

# %% [markdown]
# The same three questions, and one about [feature maps](../../book/glossary.md#feature-map), will be put to a network for digits.
#
# | symbol | shape | meaning |
# |---|---|---|
# | $F_k(x)$ | number | [logit](../../book/glossary.md#logits) of class $k$ for the picture $x$, less the mean of all ten |
# | $x^0$ | (1, 28, 28) | baseline: the picture that stands for "nothing there" |
# | $A^c$ | (7, 7) | map of channel $c$ after the last convolution |
# | $a_i$ | number | attribution of pixel $i$ |
# | $\varepsilon$ | number | how much a pixel may be changed; pixels lie in $[0, 1]$ |
#
# ## A network to look at
#
# Three blocks of convolution and ReLU, the first with [stride](../../book/glossary.md#stride) 2, the second with [max pooling](02_layers_of_a_cnn.ipynb). The last maps are 16 channels of $7\times7$: 784 numbers, as many as the picture has pixels, and a linear head on them. Three networks from three seeds, trained on 4 000 MNIST digits; others are kept for
# later, and all measurements are made on test digits.

# %%
def seeing_net(seed, dtype=np.float32):
    kind = {"rng": np.random.default_rng(seed), "dtype": dtype}
    return nn.Sequential(nn.Conv2d(1, 8, 5, stride=2, padding=2, **kind), nn.ReLU(),
                         nn.Conv2d(8, 12, 3, padding=1, **kind), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Conv2d(12, 16, 3, padding=1, **kind), nn.ReLU(), nn.Flatten(), nn.Linear(784, 10, **kind))


def logits_of(net, x):
    with no_grad():
        return net(Tensor(x)).data


mnist = data.mnist()
pictures, names = mnist.x_train.reshape(-1, 1, 28, 28), mnist.y_train
new, truth = mnist.x_test.reshape(-1, 1, 28, 28), mnist.y_test
nets = [seeing_net(seed) for seed in range(3)]
for seed, net in enumerate(nets):
    adam = optim.Adam(net.parameters(), lr=5e-3)
    train.fit(net, (pictures[:4000], names[:4000]), loss=nn.CrossEntropyLoss(), optimizer=adam, schedule=optim.CosineAnnealingLR(adam, 126),
              epochs=2, batch_size=64, rng=np.random.default_rng(100 + seed), progress=False)
    for parameter in net.parameters():
        parameter.requires_grad = False                         # from here on only inputs are differentiated
right = [(logits_of(net, new[:1000]).argmax(1) == truth[:1000]).mean() for net in nets]
print("test accuracy", *(f"{r:.3f}" for r in right))
claim("sees-accuracy", "Each of the three networks reads at least 90 of 100 new digits.", min(right), at_least=0.9)

# %% [markdown]
# ### Which number is to be explained?
#
# The logit of the answer, one would think. But [softmax](../../book/glossary.md#softmax) does not see what all ten logits have in common: add any function of $x$ to all of them, and not one probability moves, while every explanation of "the logit" changes. So we fix the common part: from the head's weights and biases we subtract their mean over the
# classes. The ten logits of a picture then add up to zero.

# %%
raw = seeing_net(0)                                             # keeps the head as it was trained
raw.load_state_dict({name: value.copy() for name, value in nets[0].state_dict().items()})
for net in nets:
    for part in (net[8].weight, net[8].bias):
        part.data -= part.data.mean(-1, keepdims=True)
a, b = logits_of(raw, new[:500]), logits_of(nets[0], new[:500])
claim("sees-centred", "The probabilities of 500 digits are what they were.", np.abs(F.softmax(a).data - F.softmax(b).data).max(), at_most=1e-5)
print(f"mean of the ten logits before: {a.mean():.1f}, after: {abs(b.mean()):.1f}; mean of the largest, after: {b.max(1).mean():.1f}")

# %% [markdown]
# ## Filters and maps
#
# The [kernels](../../book/glossary.md#convolution-kernel) of the first layer can be looked at as pictures: blue is negative, orange positive. Above, the eight of the first network before training; below, after. **Predict:** will you be able to tell the rows apart?

# %% mystnb={"image": {"alt": "Two rows of eight small five by five kernels in blue and orange. The upper row, before training, is random. The lower row resembles it closely, kernel by kernel, with somewhat smoother patches and stripes."}}
signed = LinearSegmentedColormap.from_list("signed", [BLUE, "#ffffff", ORANGE])
before, after = (net[0].weight.data[:, 0] for net in (seeing_net(0), nets[0]))
_ = plotting.images(np.concatenate([before, after]), n_columns=8, cmap=signed, limits=(-0.8, 0.8), title="Eight filters before training, and after")

# %%
turned = []
for seed, net in enumerate(nets):
    a, b = seeing_net(seed)[0].weight.data.reshape(8, -1), net[0].weight.data.reshape(8, -1)
    turned.append((a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1))
print("cosine of each filter with its own start, three networks:", *(f"{np.mean(t):.2f}" for t in turned))
claim("sees-filters-start", "The learned filters have hardly turned: on average the cosine with the start is above 0.9 in each network.", [t.mean() for t in turned], at_least=0.9)

# %% [markdown]
# Here a filter's shape is mostly an accident of its start. Whoever sees edges and blobs in the lower row would have seen them before the training.
#
# The first eight maps of each block, for one digit. Each later map has fewer pixels, and each of its pixels has a larger [receptive field](../../book/glossary.md#receptive-field).

# %%
def after_blocks(net, x):
    """Return the input and the output of each of the three blocks, as arrays."""
    kept, h = [x], Tensor(x)
    with no_grad():
        for place, layer in enumerate(net):
            h = layer(h)
            if place in (1, 4, 6):
                kept.append(h.data)
    return kept


# %% mystnb={"image": {"alt": "Three rows of eight small pictures of one handwritten digit. The first row shows edges of the stroke at fourteen by fourteen pixels, the second coarser strokes at seven by seven, the third scattered dark cells."}}
x = new[:60]
maps = [m[0, :8] / m[0, :8].max((1, 2), keepdims=True).clip(1e-9) for m in after_blocks(nets[0], x[:1])]
enlarged = [np.kron(m, np.ones((28 // m.shape[1],) * 2)) for m in maps[1:]]
_ = plotting.images(np.concatenate(enlarged), n_columns=8, limits=(0, 1), title="One digit after block 1, block 2 and block 3")

# %% [markdown]
# ## What the layers know
#
# To look is pleasant; to measure is better. Freeze the network, take the maps of a block as [features](../../book/glossary.md#feature), and train *only a linear classifier* on them: a **[linear probe](../../book/glossary.md#linear-probe)** ([Alain and Bengio, 2017](../../book/bibliography.md#alain2017understanding)). It tells how well the classes can be told apart by
# planes after that block; [chapter 2](../02_backprop/05_training_deep_networks.ipynb) did so for one hidden layer. The honest baselines are two: the same probe on the raw pixels, and on the maps of *the same network before training*, with random filters.
#
# The probe is [ridge regression](../../book/glossary.md#ridge-regression) onto the ten classes, with 400 labelled digits that no network has seen. Its strength is chosen on 400 others.

# %%
def probe_accuracy(fitted, chosen, judged):
    """Return the accuracy of the best ridge probe. Each argument: (features (N, ...), labels (N,))."""
    (a, y), (b, z), (c, w) = [(f.reshape(len(f), -1).astype(np.float64), labels) for f, labels in (fitted, chosen, judged)]
    a, b, c = a - a.mean(0), b - a.mean(0), c - a.mean(0)
    values, vectors = np.linalg.eigh(a @ a.T)
    target, best = vectors.T @ (np.eye(10)[y] - 0.1), (0.0, 0.0)
    for strength in values.mean() * np.array([0.1, 1, 10, 100]):
        coefficients = a.T @ (vectors @ (target / (values.clip(0) + strength)[:, None]))
        best = max(best, (((b @ coefficients).argmax(1) == z).mean(), ((c @ coefficients).argmax(1) == w).mean()))
    return best[1]


parts = [(pictures[5000:5400], names[5000:5400]), (pictures[5400:5800], names[5400:5800]), (new[:1000], truth[:1000])]
probes, on_pixels = {}, probe_accuracy(*parts)
for name, group in {"trained": nets, "random filters": [seeing_net(seed) for seed in range(3)]}.items():
    features = [[after_blocks(net, p) for p, _ in parts] for net in group]
    probes[name] = np.array([[on_pixels] + [probe_accuracy(*[(f[block], labels) for f, (_, labels) in zip(run, parts)]) for block in (1, 2, 3)] for run in features])
    print(f"{name:15s}", *(f"{m:.3f} ± {s:.3f}" for m, s in zip(probes[name].mean(0), probes[name].std(0, ddof=1))), " pixels, block 1, 2, 3")

# %% mystnb={"image": {"alt": "Two curves of probe accuracy over pixels, block 1, block 2 and block 3. Both start at the same accuracy on pixels. With trained filters it climbs at every block; with random filters it climbs less and ends at block 2."}}
_ = plotting.curves({name: (np.arange(4), p.mean(0)) for name, p in probes.items()}, band={name: (p.min(0), p.max(0)) for name, p in probes.items()},
                    xlabel="0: pixels, 1 to 3: after that block", ylabel="accuracy of a linear probe", title="Learned blocks help more, and deeper, than random ones")

# %% tags=["settles-S0-C9"]
trained, random = probes["trained"], probes["random filters"]
claim("sees-probe-pixels", "A linear head on the 784 features of each trained network beats the same head on the 784 pixels by at least 8 points.", (trained[:, 3] - trained[:, 0]).min(), at_least=0.08)
claim("sees-probe-random", "The worst of the trained networks beats the best of the random ones, after the last block.", trained[:, 3].min() - random[:, 3].max(), at_least=0.005)
claim("sees-probe-depth", "After block 3 the probe on the trained networks is better than after block 1, by at least 2 points on average.", (trained[:, 3] - trained[:, 1]).mean(), at_least=0.02)

# %% [markdown]
# > **Misconception.** A linear classifier does far better on these features than on pixels, so the network has *learned* good features.
#
# That is what the last three claims suggest, without the second baseline. How much of the gain do random filters have?

# %%
gain = (random[:, 1:].mean(0).max() - random[:, 0].mean()) / (trained[:, 3].mean() - trained[:, 0].mean())
print(f"share of the gain over pixels that the best random block already has: {gain:.2f}")
claim("sees-random-features", "A block with random filters has at least a third of the gain, without any learning.", gain, at_least=0.33)
claim("sees-random-depth", "Depth pays more when it is learned: from block 1 to block 3 the trained networks gain at least a point more than the random ones.",
      np.diff(trained[:, [1, 3]]).mean() - np.diff(random[:, [1, 3]]).mean(), at_least=0.01)

# %% [markdown]
# Convolution, ReLU and pooling are good for pictures before anything is learned; the learning adds the rest, and adds most of it in the deeper blocks. Always ask for the random baseline.
#
# ## Saliency: the slope
#
# The first question of the beginning: by how much does the logit of class $k$ change if a pixel is moved a little? This is the gradient with respect to the *input*, and back-propagation gives it in one pass; [Simonyan, Vedaldi and Zisserman, 2013](../../book/bibliography.md#simonyan2013deep), call its absolute value the **[saliency map](../../book/glossary.md#saliency-map)**.

# %%
def slope_at_pixels(net, x, k):
    """Return ∂F_k/∂x for every picture. x (B, 1, H, W), k (B,) classes."""
    x = Tensor(x, requires_grad=True)
    net(x)[np.arange(len(k)), k].sum().backward()
    return x.grad


exact = seeing_net(0, np.float64)
exact.load_state_dict({name: value.astype(np.float64) for name, value in nets[0].state_dict().items()})
rng = np.random.default_rng(1)
noisy, ways = x[:1] + 0.1 * rng.normal(size=(1, 1, 28, 28)), rng.normal(size=(6, 1, 28, 28))
gradcheck(lambda t: logits_of(exact, noisy + np.tensordot(t, ways, 1))[0, 7], {"t": np.zeros(6)},
          {"t": np.tensordot(ways, slope_at_pixels(exact, noisy, np.array([7]))[0], 3)})
said = [logits_of(net, x).argmax(1) for net in nets]
slopes = [slope_at_pixels(net, x, k) for net, k in zip(nets, said)]
ink = x > 0
off = [(np.abs(s) * ~ink).sum() / np.abs(s).sum() for s in slopes]
print(f"share of the saliency off the ink: {np.mean(off):.2f}; of the pixels {1 - ink.mean():.2f}")
claim("sees-slope-off", "At least 60 % of the saliency lies on blank pixels, in each network.", off, at_least=0.6)

# %%
def correlation_of_maps(a, b):
    """Return the mean over pictures of the correlation between two maps."""
    return np.mean([np.corrcoef(p.ravel(), q.ravel())[0, 1] for p, q in zip(a, b)])


agree = (said[0] == said[1]).mean()
alike = [correlation_of_maps(np.abs(slopes[0]), np.abs(slopes[i])) for i in (1, 2)]
print(f"networks 0 and 1 agree on {agree:.2f} of the digits; correlation of their saliency maps {alike[0]:.2f}, with network 2 {alike[1]:.2f}")
claim("sees-slope-agree", "Two networks give the same answer to at least 80 % of these digits.", agree, at_least=0.8)
claim("sees-slope-seeds", "Their saliency maps for these same answers correlate by less than 0.5.", alike, at_most=0.5)

# %% [markdown]
# Equally good networks, the same answers, other maps. A saliency map belongs to one network at one picture, and tells what *would* happen, not what has happened.
#
# ## Occlusion: take it away
#
# The second question: cover a window and see how far the logit falls ([Zeiler and Fergus, 2014](../../book/bibliography.md#zeiler2014visualizing)). **[Occlusion](../../book/glossary.md#occlusion)** needs no gradient, works for any model, and costs one forward pass a window. It has two settings that nobody can choose for you: the size of the window, and
# what to cover it with.

# %%
def drop_by_window(net, x, k, side=4, step=2, fill=0.0):
    """Return how far F_k falls when a window is covered: each window's fall, spread over its pixels."""
    before, drop = logits_of(net, x)[np.arange(len(k)), k], np.zeros(x.shape)
    for i in range(0, 29 - side, step):
        for j in range(0, 29 - side, step):
            covered = x.copy()
            covered[:, :, i : i + side, j : j + side] = fill
            fall = before - logits_of(net, covered)[np.arange(len(k)), k]
            drop[:, :, i : i + side, j : j + side] += fall[:, None, None, None] / side**2
    return drop


few = x[:20]
falls = {fill: drop_by_window(nets[0], few, said[0][:20], fill=fill) for fill in (0.0, 0.5)}
blank = np.array([[[p[max(i - 3, 0) : i + 4, max(j - 3, 0) : j + 4].max() == 0 for j in range(28)] for i in range(28)] for p in few[:, 0]])[:, None]
paper, grey = (np.abs(fall * blank).sum() / np.abs(fall).sum() for fall in falls.values())
print(f"share of the map on blank places: covered with paper {paper:.2f}, with grey {grey:.2f}; correlation of the two maps {correlation_of_maps(*falls.values()):.2f}")
claim("sees-occlude-paper", "Covered with paper, places without ink count for nothing.", paper, at_most=1e-6)
claim("sees-occlude-grey", "Covered with grey they hold at least a third of the map.", grey, at_least=0.33)

# %% [markdown]
# To cover with paper is to ask for strokes only. But a 3 is a 3 also because its left side is open, and that reason has no ink.
#
# ## Integrated gradients: share out the difference
#
# The third question. Walk straight from the baseline $x^0$ to $x$ and integrate the slopes; these are the **[integrated gradients](../../book/glossary.md#integrated-gradients)** of [Sundararajan, Taly and Yan, 2017](../../book/bibliography.md#sundararajan2017axiomatic):
#
# $$a_i = (x_i - x_i^0)\int_0^1 \frac{\partial F_k}{\partial x_i}\bigl(x^0 + t\,(x - x^0)\bigr)\,dt, \qquad\text{so that}\qquad \sum_i a_i = F_k(x) - F_k(x^0).$$
#
# Read aloud: *the average slope along the way times the distance gone.* The equation on the right is **completeness**: nothing of the difference is left over (exercise 6). The sum over a few steps in place of the integral leaves an error. **Predict:** how many steps for one per cent?

# %%
def integrated_gradients(net, x, k, baseline=0.0, steps=16):
    """Return attributions of the shape of x, by the midpoints of equal steps."""
    way, total = x - baseline, np.zeros(x.shape)
    for step in range(steps):
        total += slope_at_pixels(net, (baseline + (step + 0.5) / steps * way).astype(x.dtype), k)
    return total / steps * way


def incompleteness(a, net, x, k, baseline=0.0):
    """Return Σ attributions - (F(x) - F(baseline)) and that difference, for every picture."""
    start = np.broadcast_to(baseline, x.shape).astype(x.dtype)
    difference = (logits_of(net, x) - logits_of(net, start))[np.arange(len(k)), k]
    return a.sum((1, 2, 3)) - difference, difference


n_steps = np.array([1, 2, 4, 8, 16, 32, 64, 128])
errors = []
for n in n_steps:
    left, difference = incompleteness(integrated_gradients(nets[0], x[:6], said[0][:6], steps=n), nets[0], x[:6], said[0][:6])
    errors.append(np.abs(left).mean() / np.abs(difference).mean())
print("share that is left over:", *(f"{n}: {e:.3f}" for n, e in zip(n_steps, errors)))
claim("sees-complete", "With 128 steps the attributions add up to the difference of the logits, to one per cent.", errors[-1], at_most=0.01)
claim("sees-complete-steps", "128 steps leave less than a fifth of what 4 steps leave.", errors[-1] / errors[2], at_most=0.2)

# %% [markdown]
# One step is already good to some per cent. There is a reason: a ReLU network is piecewise linear, and without biases it is exactly linear along every ray from the origin. Remove the biases and one step is complete.

# %%
without = seeing_net(0)
without.load_state_dict({name: value * (not name.endswith("bias")) for name, value in nets[0].state_dict().items()})
left, _ = incompleteness(integrated_gradients(without, x, said[0], steps=1), without, x, said[0])
claim("sees-one-step", "Without biases one step from blank paper is complete, for all 60 digits.", np.abs(left).max(), at_most=1e-4)

# %% [markdown]
# ### The baseline is part of the question
#
# Integrated gradients explain a *difference*. Three baselines: blank paper, which is 0; nothing but ink, which is 1; and the mean of the training digits.

# %%
baselines = {"paper": np.zeros((1, 28, 28), np.float32), "ink": np.ones((1, 28, 28), np.float32), "mean digit": pictures[:4000].mean(0)}
shares = {name: integrated_gradients(nets[0], x[:20], said[0][:20], baseline) for name, baseline in baselines.items()}
on_blank = {name: (np.abs(a) * ~ink[:20]).sum() / np.abs(a).sum() for name, a in shares.items()}
print("share of the attributions on blank pixels:", *(f"{name} {share:.2f}" for name, share in on_blank.items()))
claim("sees-baseline-paper", "From paper, blank pixels get exactly nothing, whatever the network.", on_blank["paper"], expected=0.0)
claim("sees-baseline-ink", "From ink they get at least 70 % of all.", on_blank["ink"], at_least=0.7)
claim("sees-baseline-mean", "From the mean digit they get at least 30 %.", on_blank["mean digit"], at_least=0.3)

# %% [markdown]
# No choice is neutral. From paper, a blank pixel cannot matter, because the way there has length zero.
#
# ## Grad-CAM: the last maps
#
# Pixels are many and mean little alone. [Selvaraju et al., 2017](../../book/bibliography.md#selvaraju2017gradcam), explain by the last feature maps, which are coarse and still know where they are. **[Grad-CAM](../../book/glossary.md#grad-cam)** weighs each map by the mean of its gradient, adds them up and keeps what is positive:
#
# $$\alpha_c = \frac1{49}\sum_{u}\frac{\partial F_k}{\partial A^c_u}, \qquad \text{Grad-CAM}_u = \operatorname{relu}\Bigl(\sum_c \alpha_c A^c_u\Bigr).$$
#
# Read aloud: *a channel is worth what a little more of it, everywhere, would bring.* By hand: run to the last maps, make them a leaf, and go on from there.

# %%
def last_maps(net, x, k):
    """Return the maps A (B, 16, 7, 7) after block 3 and ∂F_k/∂A."""
    A = Tensor(after_blocks(net, x)[3], requires_grad=True)
    net[8](net[7](A))[np.arange(len(k)), k].sum().backward()
    return A.data, A.grad


def grad_cam_map(A, dA):
    alpha = dA.mean((2, 3), keepdims=True)
    return np.maximum((alpha * A).sum(1), 0)


cams, votes, cancelled = [], [], []
for net, k in zip(nets, said):
    A, dA = last_maps(net, x, k)
    cams.append(grad_cam_map(A, dA))
    votes.append((dA * A).sum(1))                                                   # (B, 7, 7), each place's own gradient
    cancelled.append(1 - np.abs(dA.sum((2, 3))).sum() / np.abs(dA).sum())
    claimed = votes[-1].sum((1, 2)) + net[8].bias.data[k] - logits_of(net, x)[np.arange(60), k]
empty = [(m.max((1, 2)) == 0).mean() for m in (grad_cam_map(*last_maps(raw, x, said[0])), cams[0])]
print("gradient lost in the mean over places:", *(f"{c:.2f}" for c in cancelled))
print(f"Grad-CAM all zero for {empty[0]:.2f} of the digits with the head as it was trained, for {empty[1]:.2f} with logits that add up to zero")
claim("sees-cam-empty", "Which logit is explained matters: as it was trained, at least a quarter more of the maps of network 0 are empty.", empty[0] - empty[1], at_least=0.25)
claim("sees-cam-complete", "Each place's activation times its own gradient, added up, is the logit less its bias: this head is linear in the maps.", np.abs(claimed).max(), at_most=1e-4)
claim("sees-cam-cancel", "Averaging over places loses at least half of the gradient: a channel votes for in one place and against in another.", min(cancelled), at_least=0.5)

# %% [markdown]
# Two warnings from one small network. What all logits have in common, which no probability sees, decides whether there is a map at all. And for *this* head the mean is a poor question. Grad-CAM was made for networks that end in [global average pooling](../../book/glossary.md#global-pooling), where the gradient of a channel is the same at all places and the mean loses nothing. With a flattened head take the
# gradient at each place ([Draelos and Carin, 2020](../../book/bibliography.md#draelos2020hirescam)), which is also complete.
#
# The other limit is in the picture's own nature: $7\times7$ numbers are drawn over $28\times28$ pixels, as if each cell were about the four by four pixels under it. What does a cell really see? By the [formula of the receptive field](02_layers_of_a_cnn.ipynb):

# %%
reach, jump = 1, 1
for kernel, stride in [(5, 2), (3, 1), (2, 2), (3, 1)]:
    reach, jump = reach + (kernel - 1) * jump, stride * jump
claim("sees-cam-field", "A cell stands for 4 pixels a side and looks at 19 of the 28.", [jump, reach], expected=[4, 19])

# %% mystnb={"image": {"alt": "Three rows, one for each of three digits, and six columns: the digit, its saliency spread widely around it, its occlusion map and integrated gradients in orange and blue on the strokes, integrated gradients from ink all over the paper, and a coarse seven by seven map."}}
rows = []
for i in (6, 7, 10):
    cells = [x[i, 0], np.abs(slopes[0][i, 0]), falls[0.0][i, 0], shares["paper"][i, 0], shares["ink"][i, 0], np.kron(votes[0][i], np.ones((4, 4)))]
    rows += [cell / np.abs(cell).max() for cell in cells]
_ = plotting.images(np.array(rows), n_columns=6, cmap=signed, limits=(-1, 1), titles=["digit", "|slope|", "occlusion", "IG, paper", "IG, ink", "maps"] + [""] * 12,
                    title="Five explanations of an answer, orange for, blue against")

# %% [markdown]
# All five explain the same number. Which one is right is not a sensible question; which one *predicts what the network does* is.
#
# ## Does an explanation explain?
#
# ### Delete and see
#
# An explanation says which pixels the answer hangs on. Delete them in that order, the most important first: wipe them clean. The faster the answer is lost, the better the order ([Samek et al., 2017](../../book/bibliography.md#samek2017evaluating)). The baselines decide what it means: a random order; a random order of *ink* pixels only; and
# the pixels with most ink first, which knows nothing about the network.

# %%
deleted = np.array([0, 10, 20, 40, 80, 120])


def answers_kept(net, x, k, importance):
    """Return the share of answers that stay when the most important pixels are wiped clean."""
    first, kept = np.argsort(-importance.reshape(len(x), -1), axis=1), []
    for n in deleted:
        damaged = x.reshape(len(x), -1).copy()
        np.put_along_axis(damaged, first[:, :n], 0, axis=1)
        kept.append((logits_of(net, damaged.reshape(x.shape)).argmax(1) == k).mean())
    return np.array(kept)


rng, kept = np.random.default_rng(2), {}
for i, (net, k) in enumerate(zip(nets, said)):
    tie = 1e-6 * rng.random(x.shape)                                                # ties in random order
    ig = integrated_gradients(net, x, k, steps=8)
    orders = {"random": tie, "random ink": ink * rng.random(x.shape), "most ink": x + tie, "saliency": np.abs(slopes[i]), "slope × pixel": slopes[i] * x,
              "integrated gradients": ig, "occlusion": drop_by_window(net, x, k, 4, 4) * ink, "places of the maps": np.kron(votes[i], np.ones((4, 4)))[:, None] * ink,
              "another network's": slopes[(i + 1) % 3] * x}
    for name, importance in orders.items():
        kept.setdefault(name, []).append(answers_kept(net, x, k, importance))
kept = {name: np.array(runs) for name, runs in kept.items()}
for name, runs in kept.items():
    print(f"{name:20s}", *(f"{v:.2f}" for v in runs.mean(0)), f"   at 40: ± {runs[:, 3].std(ddof=1):.2f}")

# %% mystnb={"image": {"alt": "Curves of the share of answers kept against deleted pixels, 0 to 120. Random order and saliency stay near one; most ink falls more slowly; integrated gradients fall below one fifth at 40 pixels."}}
drawn = ["random", "saliency", "most ink", "another network's", "integrated gradients"]
_ = plotting.curves({name: (deleted, kept[name].mean(0)) for name in drawn}, xlabel="pixels wiped clean, of 784", ylabel="share of answers that stay",
                    title="Forty pixels, well chosen, take most answers away")

# %%
at_40 = {name: runs[:, 3].mean() for name, runs in kept.items()}
claim("sees-delete-ig", "After 40 of 784 pixels, chosen by integrated gradients, fewer than 4 of 10 answers are left.", at_40["integrated gradients"], at_most=0.4)
claim("sees-delete-most-ink", "Chosen by ink alone at least 0.3 more are left.", at_40["most ink"] - at_40["integrated gradients"], at_least=0.3)
claim("sees-delete-cheap", "One gradient times the pixel does as well as the integral, to 0.1.", at_40["slope × pixel"] - at_40["integrated gradients"], expected=0.0, tolerance=0.1)
claim("sees-delete-own", "It is this network's explanation: the order of another network's slopes leaves at least 0.15 more.", at_40["another network's"] - at_40["slope × pixel"], at_least=0.15)

# %% [markdown]
# > **Misconception.** The strong pixels of the saliency map show why the network decided.

# %%
at_80 = {name: runs[:, 4].mean() for name, runs in kept.items()}
print(f"80 pixels deleted, answers kept: saliency {at_80['saliency']:.2f}, random ink {at_80['random ink']:.2f}, most ink {at_80['most ink']:.2f}")
claim("sees-saliency-not-why", "Deleting the 80 most salient pixels harms less than deleting the 80 with most ink, which needs no network at all.", at_80["saliency"] - at_80["most ink"], at_least=0.1)

# %% [markdown]
# Most of the slope lies on blank paper, where a *new* stroke would spoil the answer, and wiping blank paper clean takes nothing away. The map is right about its own question, "what would change it most?", and it is the wrong question here.
#
# The test has a weakness of its own. A digit with forty holes is a picture such as the network has never seen, and its answer there may be an accident; orders that were made for deletion are favoured. So we need a second test.
#
# ### Randomise the network
#
# [Adebayo et al., 2018](../../book/bibliography.md#adebayo2018sanity), ask: if the explanation is about the network, it must change when the network does. Replace the weights by random ones, from the head downwards, and compare the maps, by [rank correlation](../../book/glossary.md#rank-correlation) over the pixels.
#
# > **Misconception.** The map shows a digit, in sharp outline, so the network has understood the digit.

# %%
def rank_correlation_of_maps(a, b):
    return np.mean([spearmanr(p.ravel(), q.ravel())[0] for p, q in zip(a, b)])


x_few, k_few, table = x[:20], said[0][:20], []
of_ours = slopes[0][:20], integrated_gradients(nets[0], x_few, k_few)
for replaced in ("8", "85", "8520"):                            # the head; the last convolution, too; all
    scores = []
    for seed in range(3):
        other, start = seeing_net(seed), seeing_net(20 + seed).state_dict()
        other.load_state_dict({name: start[name] if name[0] in replaced else value for name, value in nets[0].state_dict().items()})
        of_other = slope_at_pixels(other, x_few, k_few), integrated_gradients(other, x_few, k_few, steps=8)
        scores.append([rank_correlation_of_maps(np.abs(a), np.abs(b)) for a, b in zip(of_ours, of_other)] + [rank_correlation_of_maps(of_ours[1], of_other[1])])
    table.append(np.mean(scores, 0))
    print(f"random layers: {len(replaced)}   |slope| {table[-1][0]:.2f}   |IG| {table[-1][1]:.2f}   IG with signs {table[-1][2]:+.2f}")
table = np.array(table)
trained_too = rank_correlation_of_maps(of_ours[1], integrated_gradients(nets[1], x_few, k_few, steps=8))
print(f"IG with signs, another trained network: {trained_too:+.2f}")
claim("sees-sanity-looks", "The absolute integrated gradients of a network with all weights random rank the pixels as the trained one's do: correlation above 0.9.", table[-1, 1], at_least=0.9)
claim("sees-sanity-signs", "With their signs they do not: already with a random head the correlation is below 0.2.", np.abs(table[:, 2]).max(), at_most=0.2)
claim("sees-sanity-trained", "Two trained networks agree better about the signs, by at least 0.08, though far from well.", trained_too - np.abs(table[:, 2]).max(), at_least=0.08)
claim("sees-sanity-slope", "The saliency map changes with the network: its correlation falls below 0.5 at once.", table[:, 0].max(), at_most=0.5)

# %% [markdown]
# The outline comes from the factor $x_i - x_i^0$: blank pixels get nothing, and ink gets something, from *any* network. A map that looks like the picture is a picture of the picture. What the network adds is in the signs and in the order among the ink pixels, and the eye cannot judge that.
#
# So the two tests disagree about saliency: it fails the first and passes the second. Passing is a low bar, though: a map of pure noise would pass, too.
#
# ## Adversarial examples
#
# The slope asks what would change the answer most, so let us change it. Every pixel moves by at most $\varepsilon$, in the direction that raises the [loss](../../book/glossary.md#loss-function): the *fast gradient sign method* of [Goodfellow, Shlens and Szegedy, 2015](../../book/bibliography.md#goodfellow2015explaining). The result is an
# **[adversarial example](../../book/glossary.md#adversarial-example)** ([Szegedy et al., 2014](../../book/bibliography.md#szegedy2014intriguing)). Five lines:

# %%
def sign_attack(net, x, y, epsilon):
    """Return pictures in which each pixel has moved by at most epsilon."""
    x = Tensor(x, requires_grad=True)
    F.cross_entropy(net(x), y).backward()
    return np.clip(x.data + epsilon * np.sign(x.grad), 0, 1).astype(np.float32)


def share_right(net, x, y):
    return (logits_of(net, x).argmax(1) == y).mean()


victims, y = new[:150], truth[:150]
epsilons, rng = np.array([0.0, 0.1, 0.2, 0.3]), np.random.default_rng(3)
attacked = {name: np.zeros((3, len(epsilons))) for name in ("attacked", "its changes, shuffled", "random signs", "made for another network")}
for i, net in enumerate(nets):
    for e, epsilon in enumerate(epsilons):
        moved = sign_attack(net, victims, y, epsilon)
        stirred = rng.permuted((moved - victims).reshape(150, -1), axis=1).reshape(victims.shape)
        versions = [moved, np.clip(victims + stirred, 0, 1), np.clip(victims + epsilon * rng.choice([-1.0, 1.0], victims.shape), 0, 1)]
        for name, version in zip(attacked, versions):
            attacked[name][i, e] = share_right(net, version.astype(np.float32), y)
        attacked["made for another network"][i, e] = np.mean([share_right(other, moved, y) for other in nets if other is not net])
for name, runs in attacked.items():
    print(f"{name:25s}", *(f"{m:.2f}" for m in runs.mean(0)), f"   at 0.1: ± {runs[:, 1].std(ddof=1):.2f}")

# %% mystnb={"image": {"alt": "Four curves of accuracy against epsilon from 0 to 0.3. Attacked falls from 0.95 to about zero at 0.3. Made for another network falls later. Random signs and shuffled changes stay high, falling only at the end."}}
_ = plotting.curves({name: (epsilons, runs.mean(0)) for name, runs in attacked.items()}, xlabel="largest change of a pixel, ε", ylabel="accuracy", title="Direction, not size: equally large noise does little")

# %% [markdown]
# > **Misconception.** Adversarial examples are noise: a network that stands noise stands them.

# %%
at_tenth = {name: runs[:, 1] for name, runs in attacked.items()}
claim("sees-noise-harmless", "Random signs of size 0.1 cost each network less than 5 points.", (attacked["random signs"][:, 0] - at_tenth["random signs"]).max(), at_most=0.05)
claim("sees-attack", "Signs of the same size in the direction of the gradient cost each at least 25.", (attacked["attacked"][:, 0] - at_tenth["attacked"]).min(), at_least=0.25)
claim("sees-attack-shuffled", "The very same changes, their pixels shuffled, cost less than 5.", (attacked["attacked"][:, 0] - at_tenth["its changes, shuffled"]).max(), at_most=0.05)
foreign, signs = (attacked[name][:, 2].mean() for name in ("made for another network", "random signs"))
claim("sees-transfer", "Networks that an attack was not made for suffer, too: at 0.2 it leaves at least 10 points less than random signs.", signs - foreign, at_least=0.1)

# %% [markdown]
# Why is a direction so much worse than noise? To first order the loss changes by $\varepsilon\sum_i |g_i| = \varepsilon\lVert g\rVert_1$ along the signs of the gradient $g$, and by about $\pm\varepsilon\lVert g\rVert_2$ along random signs, since those cancel. The ratio of the two norms may be as large as the square root of the
# number of pixels, 28.

# %%
g = slope_at_pixels(nets[0], victims, y).reshape(150, -1)
ratio = np.abs(g).sum(1) / np.linalg.norm(g, axis=1)
print(f"|g|₁ / |g|₂ on 150 digits: {ratio.mean():.1f} ± {ratio.std():.1f}")
claim("sees-norms", "On average the signs of the gradient change the logit at least 12 times as much as random signs do.", ratio.mean(), at_least=12)

# %% mystnb={"image": {"alt": "Two rows of eight digits. Above as they are, below attacked with epsilon 0.15: the digits are as readable as before in front of a faint grey pattern, but the titles give wrong classes."}}
moved = sign_attack(nets[0], victims, y, 0.15)
first, second = (logits_of(nets[0], p).argmax(1) for p in (victims, moved))
shown = np.flatnonzero((first == y) & (second != y))[:8]
_ = plotting.images(np.concatenate([victims[shown, 0], moved[shown, 0]]), n_columns=8, titles=[str(k) for k in first[shown]] + [str(k) for k in second[shown]], limits=(0, 1), title="What it reads before the attack, and after")

# %% [markdown]
# ### What helps
#
# **Blur the input** with the kernel of [aliasing's remedy](02_layers_of_a_cnn.ipynb). **Train on attacks**: 3 000 digits once more, half of every batch replaced by attacks on the network as it is ([adversarial training](../../book/glossary.md#adversarial-training)). A defence must be tried by somebody who *knows* it
# ([Athalye, Carlini and Wagner, 2018](../../book/bibliography.md#athalye2018obfuscated)): through the blur, and with ten small steps, each followed by a projection back into the box of $\pm\varepsilon$ ([Madry et al., 2018](../../book/bibliography.md#madry2018towards)).

# %%
soft = (np.outer([1, 2, 1], [1, 2, 1]) / 16).astype(np.float32)[None, None]


def behind_blur(x):
    return nets[0](F.conv2d(x, soft, padding=1))


def stepwise_attack(net, x, y, epsilon, steps=10):
    moved = x
    for _ in range(steps):
        moved = np.clip(sign_attack(net, moved, y, epsilon / 4), x - epsilon, x + epsilon)
    return moved


hardened, rng = seeing_net(0), np.random.default_rng(4)
hardened.load_state_dict(nets[0].state_dict())
adam = optim.Adam(hardened.parameters(), lr=2e-3)
for xb, yb in data.batches(pictures[:3000], names[:3000], 64, rng):
    half = len(xb) // 2
    loss = F.cross_entropy(hardened(np.concatenate([sign_attack(hardened, xb[:half], yb[:half], 0.1), xb[half:]])), yb)
    adam.zero_grad(); loss.backward(); adam.step()

# %%
def both_attacks(net):
    return [attack(net, victims, y, 0.1) for attack in (sign_attack, stepwise_attack)]


on_plain = both_attacks(nets[0])
trials = {"plain": (nets[0], on_plain), "blurred, attacker unaware": (behind_blur, on_plain),
          "blurred, attacker aware": (behind_blur, both_attacks(behind_blur)), "trained on attacks": (hardened, both_attacks(hardened))}
scores = {name: [share_right(net, p, y) for p in (victims, *pair)] for name, (net, pair) in trials.items()}
for name, (clean, one, ten) in scores.items():
    print(f"{name:26s} no attack {clean:.2f}   one step {one:.2f}   ten steps {ten:.2f}")
claim("sees-blur-unaware", "Against an attacker who does not know of it a blur seems to help, by at least 10 points.", scores["blurred, attacker unaware"][1] - scores["plain"][1], at_least=0.1)
claim("sees-blur-aware", "Against one who does, ten steps leave less than half of the digits.", scores["blurred, attacker aware"][2], at_most=0.5)
claim("sees-hardened", "Training on attacks gains at least 20 points against one step.", scores["trained on attacks"][1] - scores["plain"][1], at_least=0.2)
claim("sees-hardened-steps", "Ten steps take at least 10 of them back: what it was trained on it resists best.", scores["trained on attacks"][1] - scores["trained on attacks"][2], at_least=0.1)

# %% [markdown]
# Neither closes the hole. What we measure is only ever the strength of the attack that we thought of. (The hardened network has been trained for longer, too, which hides what the attacks cost it on clean digits.)
#
# ## In the frameworks
#
# The network, its gradients, and the slope at the pixels. The same weights, eight digits, float64, 100 steps. Padding before a convolution with stride is done by hand in TensorFlow, whose "SAME" would pad otherwise, and the maps are turned to channels-first before they are flattened.

# %%
x_same, y_same = victims[:8].astype(np.float64), y[:8]
start_seeing = {name: value.copy() for name, value in seeing_net(9, np.float64).state_dict().items()}

# %% tags=["fw-numpy"]
ours = seeing_net(9, np.float64)
sgd, path_ours = optim.SGD(ours.parameters(), lr=0.05), []
pixels_ours = slope_at_pixels(ours, x_same, y_same)
for step in range(100):
    out = ours(x_same)
    loss_ours = F.cross_entropy(out, y_same)
    sgd.zero_grad(); loss_ours.backward()
    if step == 0: first_ours = out.data, {**{n: p.grad.copy() for n, p in ours.named_parameters()}, "pixels": pixels_ours}
    path_ours.append(loss_ours.item()); sgd.step()

# %% tags=["fw-torch"]
import torch
from torch.nn import functional as torch_F

P, x_torch, y_torch, path_torch = {n: torch.tensor(v, requires_grad=True) for n, v in start_seeing.items()}, torch.tensor(x_same, requires_grad=True), torch.tensor(y_same), []
sgd_torch = torch.optim.SGD(P.values(), lr=0.05)
for step in range(100):
    h = torch_F.conv2d(torch_F.conv2d(x_torch, P["0.weight"], P["0.bias"], stride=2, padding=2).relu(), P["2.weight"], P["2.bias"], padding=1)
    h = torch_F.conv2d(torch_F.max_pool2d(h.relu(), 2), P["5.weight"], P["5.bias"], padding=1).relu()
    out = h.flatten(1) @ P["8.weight"] + P["8.bias"]
    if step == 0: pixels_torch = torch.autograd.grad(out[torch.arange(8), y_torch].sum(), x_torch, retain_graph=True)[0]
    loss_torch = torch_F.cross_entropy(out, y_torch); sgd_torch.zero_grad(); loss_torch.backward()
    if step == 0: first_torch = out.detach(), {**{n: p.grad.clone() for n, p in P.items()}, "pixels": pixels_torch}
    path_torch.append(loss_torch.item()); sgd_torch.step()

# %% tags=["fw-tensorflow"]
import tensorflow as tf

Q, path_tf = {n: tf.Variable(v.transpose(2, 3, 1, 0) if v.ndim == 4 else v) for n, v in start_seeing.items()}, []
x_tf, chosen = tf.Variable(x_same), tf.one_hot(y_same, 10, dtype=tf.float64)
for step in range(100):
    with tf.GradientTape(persistent=step == 0) as tape:
        h = tf.pad(tf.transpose(x_tf, (0, 2, 3, 1)), [(0, 0), (2, 2), (2, 2), (0, 0)])
        h = tf.nn.conv2d(tf.nn.relu(tf.nn.conv2d(h, Q["0.weight"], 2, "VALID") + Q["0.bias"]), Q["2.weight"], 1, "SAME") + Q["2.bias"]
        h = tf.nn.relu(tf.nn.conv2d(tf.nn.max_pool2d(tf.nn.relu(h), 2, 2, "VALID"), Q["5.weight"], 1, "SAME") + Q["5.bias"])
        out = tf.reshape(tf.transpose(h, (0, 3, 1, 2)), (8, -1)) @ Q["8.weight"] + Q["8.bias"]
        loss_tf = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(chosen, out))
    grads = tape.gradient(loss_tf, Q); path_tf.append(float(loss_tf))
    if step == 0: first_tf = out, {**{n: tf.transpose(g, (3, 2, 0, 1)) if g.ndim == 4 else g for n, g in grads.items()}, "pixels": tape.gradient(out, x_tf, chosen)}
    for n, g in grads.items(): Q[n].assign_sub(0.05 * g)

# %%
parity("sees-network", outputs={"numpy": first_ours[0], "torch": first_torch[0], "tensorflow": first_tf[0]},
       gradients={"numpy": first_ours[1], "torch": first_torch[1], "tensorflow": first_tf[1]},
       path={"numpy": path_ours, "torch": path_torch, "tensorflow": path_tf})

# %% [markdown]
# ## Draw one yourself
#
# Another small network, with its maps, its ten probabilities and its occlusion map, reads what you draw. **Try to answer first:** start from the 3. Which stroke, as short as possible, turns it into an 8, and can the occlusion map of the 3, where patches are wiped clean, point to the place where that stroke is missing?

# %%
explore.draw_a_digit(3)

# %% [markdown]
# ## Summary
#
# - Filters and maps may be looked at; meaning is measured by probes, against pixels and against random filters.
# - Slope, occlusion and path are three questions. Only the path's answers add up to what was to be explained, and only for a baseline that you chose.
# - Grad-CAM averages over places, which fits a pooled head; its cells see far more than they cover.
# - Test an explanation: delete in its order, against random and against ink; randomise the weights. Saliency fails the first, absolute integrated gradients the second.
# - Adversarial examples are directions, not noise: $\lVert g\rVert_1$ against $\lVert g\rVert_2$. A defence is as good as the attack that it was tried with.
#
# ## Exercises
#
# ### Exercise 1 · The baseline on paper
#
# $F(x_1, x_2) = x_1x_2$ at $x = (3, 2)$, with the baseline $x^0 = (1, 0)$. The two integrated gradients?

# %%
answer = None
exercise("sees-product", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# The way is $(1 + 2t,\ 2t)$. $\partial F/\partial x_1 = x_2 = 2t$, so $a_1 = 2\int_0^1 2t\,dt = 2$; $\partial F/\partial x_2 = x_1 = 1 + 2t$, so $a_2 = 2\int_0^1(1 + 2t)\,dt = 4$. Together 6, as $F(x) - F(x^0) = 6 - 0$ demands. From the origin it would be 3 and 3.
#
# </details>

# %% tags=["hide-cell", "solution"]
way = (np.arange(1000) + 0.5) / 1000
exercise("sees-product", [2 * (2 * way).mean(), 2 * (1 + 2 * way).mean()])

# %% [markdown]
# ### Exercise 2 · Walk the path
#
# Write `attribute(gradient, x, baseline, steps)`: integrated gradients by the midpoints of equal steps. `gradient(point)` returns the gradient of $F$ at an array of the shape of $x$.

# %%
def attribute(gradient, x, baseline, steps):
    ...


exercise("sees-path", attribute)


# %% tags=["hide-cell", "solution"]
def attribute_solution(gradient, x, baseline, steps):
    points = [baseline + (step + 0.5) / steps * (x - baseline) for step in range(steps)]
    return (x - baseline) * sum(gradient(point) for point in points) / steps


exercise("sees-path", attribute_solution)

# %% [markdown]
# ### Exercise 3 · Grad-CAM
#
# Write `grad_cam(maps, gradients)`: both of shape $(B, C, h, w)$; return $(B, h, w)$, scaled so that the largest number of each picture is 1, and all zero where nothing is positive.

# %%
def grad_cam(maps, gradients):
    ...


exercise("sees-cam", grad_cam)


# %% tags=["hide-cell", "solution"]
def grad_cam_solution(maps, gradients):
    cam = grad_cam_map(maps, gradients)
    largest = cam.max((1, 2), keepdims=True)
    return cam / np.where(largest > 0, largest, 1)


exercise("sees-cam", grad_cam_solution)

# %% [markdown]
# ### Exercise 4 · One step of a stronger attack
#
# Write `attack_step(moved, x, gradient, step, epsilon)`: from the picture `moved` go by `step` along the signs of the loss's `gradient`, then come back to where no pixel is further than `epsilon` from `x` and all lie in $[0, 1]$.

# %%
def attack_step(moved, x, gradient, step, epsilon):
    ...


exercise("sees-step", attack_step)


# %% tags=["hide-cell", "solution"]
def attack_step_solution(moved, x, gradient, step, epsilon):
    return np.clip(np.clip(moved + step * np.sign(gradient), x - epsilon, x + epsilon), 0, 1)


exercise("sees-step", attack_step_solution)

# %% [markdown]
# ### Exercise 5 · More pixels, more danger
#
# A linear classifier for pictures of $224\times224$ pixels in three colours has weights that are all $+w$ or $-w$. How many times as much does the sign attack change its score as the standard deviation of the change under random signs of the same size?

# %%
answer = None
exercise("sees-ratio", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# The attack adds up all the weights, $\varepsilon wd$; random signs add up like a random walk, $\varepsilon w\sqrt d$. The ratio is $\sqrt d = \sqrt{3\cdot224^2} \approx 388$.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("sees-ratio", (3 * 224 * 224) ** 0.5)

# %% [markdown]
# ### Exercise 6 · A proof
#
# Prove completeness: if $F$ is continuous and piecewise smooth along the way, the integrated gradients add up to $F(x) - F(x^0)$. Then show that for a network of linear layers, convolutions, ReLU and max pooling *without biases*, and $x^0 = 0$, one step is exact.
#
# <details><summary>Solution</summary>
#
# Let $h(t) = F(x^0 + t(x - x^0))$. By the chain rule $h'(t) = \sum_i \partial_iF\cdot(x_i - x^0_i)$ wherever $F$ is smooth, and that is all but finitely many $t$. So $\sum_i a_i = \int_0^1 h'(t)\,dt = h(1) - h(0)$, by the fundamental theorem of calculus on each smooth piece; the pieces join because $h$ is continuous.
#
# Every such layer satisfies $f(tx) = t\,f(x)$ for $t>0$, hence so does $F$. Then $h(t) = tF(x)$ is linear in $t$, its derivative is the same everywhere on the way, and a single step measures it exactly: $\sum_i x_i\,\partial_iF(x/2) = F(x)$. This is Euler's theorem on homogeneous functions.
#
# </details>

# %% [markdown]
# ## Sources
#
# [Simonyan, Vedaldi and Zisserman, 2013](../../book/bibliography.md#simonyan2013deep), saliency · [Zeiler and Fergus, 2014](../../book/bibliography.md#zeiler2014visualizing), occlusion and maps · [Sundararajan, Taly and Yan, 2017](../../book/bibliography.md#sundararajan2017axiomatic), integrated gradients ·
# [Selvaraju et al., 2017](../../book/bibliography.md#selvaraju2017gradcam), Grad-CAM, and [Draelos and Carin, 2020](../../book/bibliography.md#draelos2020hirescam), what its mean loses · [Alain and Bengio, 2017](../../book/bibliography.md#alain2017understanding), probes ·
# [Samek et al., 2017](../../book/bibliography.md#samek2017evaluating), and [Adebayo et al., 2018](../../book/bibliography.md#adebayo2018sanity), tests of explanations · [Szegedy et al., 2014](../../book/bibliography.md#szegedy2014intriguing), and [Goodfellow, Shlens and Szegedy, 2015](../../book/bibliography.md#goodfellow2015explaining), adversarial examples ·
# [Madry et al., 2018](../../book/bibliography.md#madry2018towards), training against them · [Athalye, Carlini and Wagner, 2018](../../book/bibliography.md#athalye2018obfuscated), defences that only looked like some.
