# %% [markdown]
# # A digits project
#
# **After this section** you can run a small recognition project from the data to the error analysis: split, baselines, checks before training, choice on validation data, one test, and a look at what went wrong. You will know
# what a network has to be built like to read a digit that stands elsewhere, and what augmentation can do in its place.
# *Reading: 30 minutes. Running: about 35 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import numpy as np
import torch
from matplotlib.patches import Rectangle
from scipy.stats import binomtest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from chainrule import Tensor, data, nn, optim, plotting, train
from chainrule.nn import functional as F
from chainrule.proof import claim, exercise, parity

# %% [markdown]
# ## The question
#
# Somebody writes a digit; which is it? The layers are known from [the last two sections](02_layers_of_a_cnn.ipynb), the training loop from [chapter 3](../03_gradient_descent/02_batches.ipynb). What is left is the work around them, and most of what goes wrong
# in a project goes wrong there:
#
# | step | question | in this section |
# |---|---|---|
# | 1. look | what is in the data, and is anything in it twice? | 8×8 digits |
# | 2. split | which images will judge, and which will choose? | training, [validation](../../book/glossary.md#validation-set), [test](../../book/glossary.md#test-set) |
# | 3. baseline | what does the simplest method reach? | nearest neighbour, logistic regression |
# | 4. check | can the network learn at all? | loss at the start, 20 images by heart, shuffled labels |
# | 5. choose | which candidate? | on validation data, several seeds |
# | 6. test | how good is it, and how sure are we? | once, with an interval |
# | 7. errors | what does it get wrong, and does it know? | pictures |
#
# ## Look, split, baseline
#
# The smallest real example: the 1 797 digits of 8×8 pixels that come with scikit-learn. A fifth of them is the test set, and it is locked away now. Of the rest we hold out 300 images to choose with.

# %% mystnb={"image": {"alt": "Twenty handwritten digits of eight by eight grey pixels, coarse but readable, each with its label above."}}
digits = data.digits()
order = np.random.default_rng(0).permutation(len(digits.x_train))
small = digits.x_train[order].reshape(-1, 1, 8, 8)                     # (1437, 1, 8, 8)
labels = digits.y_train[order]
learn_set, choose_set = (small[300:], labels[300:]), (small[:300], labels[:300])
_ = plotting.images(small[:20, 0], n_columns=10, titles=[str(k) for k in labels[:20]], title="Eight by eight pixels are enough to read most digits")

# %%
counts = np.bincount(labels)
claim("project-balance", "No digit makes up less than 9 % of the training data or more than 11 %.", counts / counts.sum(), at_least=0.09, at_most=0.11)
distances = ((digits.x_test[:, None] - digits.x_train[None]) ** 2).sum(2)
claim("project-no-twins", "No test image has an identical twin among the training images.", distances.min(), at_least=1e-3)

# %% [markdown]
# Balanced classes mean that guessing is right once in ten, and that [accuracy](../../book/glossary.md#accuracy) is a fair measure. No twins means that memory alone cannot look like skill ([leakage](../01_ml_basics/03_measuring.ipynb)).
#
# ## The network
#
# [LeCun et al., 1998](../../book/bibliography.md#lecun1998gradient), read cheques with a network of two convolutions, two [poolings](../../book/glossary.md#pooling) and three fully connected layers, LeNet-5. Modernised, with [ReLU](../../book/glossary.md#relu), max pooling, kernels of
# $3\times3$ and one dense layer, it can be followed on paper:
#
# | layer | 8×8 input | 28×28 input | parameters |
# |---|---|---|---|
# | input | 1×8×8 | 1×28×28 | |
# | convolution 3×3, "same", ReLU | 8×8×8 | 8×28×28 | $8\cdot9 + 8 = 80$ |
# | max pooling 2×2 | 8×4×4 | 8×14×14 | |
# | convolution 3×3, "same", ReLU | 32×4×4 | 32×14×14 | $32\cdot8\cdot9 + 32 = 2\,336$ |
# | max pooling 2×2 | 32×2×2 | 32×7×7 | |
# | flatten, dense | 10 | 10 | $128\cdot10 + 10$ or $1\,568\cdot10 + 10$ |
#
# **Predict:** how many of the parameters belong to the dense layer, on either size?

# %%
def lenet(side, rng, dtype=np.float32):
    """Return LeNet, modernised, for images (B, 1, side, side)."""
    return nn.Sequential(nn.Conv2d(1, 8, 3, padding=1, rng=rng, dtype=dtype), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Conv2d(8, 32, 3, padding=1, rng=rng, dtype=dtype), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Flatten(), nn.Linear(32 * (side // 4) ** 2, 10, rng=rng, dtype=dtype))


def perceptron(side, rng):
    """Return a multilayer perceptron with 64 hidden units for the same images."""
    return nn.Sequential(nn.Flatten(), nn.Linear(side * side, 64, rng=rng), nn.ReLU(), nn.Linear(64, 10, rng=rng))


built = [lenet(side, np.random.default_rng(0)) for side in (8, 28)]
claim("project-lenet-parameters", "LeNet has 3 706 parameters for 8×8 and 18 106 for 28×28; the dense layer holds 35 % and 87 % of them.",
      [n for net in built for n in (net.n_parameters(), net[7].n_parameters())], expected=[3706, 1290, 18106, 15690])

# %% [markdown]
# ## Check before you train
#
# A training run that fails tells little about why. Four checks take a second and each catches a different bug:
#
# 1. **Gradient.** Move all parameters a little in one random direction $d$: the loss must rise by $\langle g, d\rangle$. One number checks the backward pass of the whole network.
# 2. **Loss at the start.** With the last layer at zero all ten classes get probability 1/10, so the [cross-entropy](../../book/glossary.md#cross-entropy) must be $\ln 10 = 2.303$. Another value: labels, loss or shapes are wrong.
# 3. **Twenty images by heart.** A network that cannot bring the loss on 20 images to zero cannot learn, or its optimiser does not step.
# 4. **Shuffled labels.** Trained on images with random labels it must be at chance on validation images. Better than chance: information about the answers leaks.

# %%
def train_moved(model, examples, rng, epochs, move=lambda images: images, lr=0.02):
    """Train with Adam and a cosine schedule on images that `move` changes anew in every epoch; return the model."""
    adam = optim.Adam(model.parameters(), lr=lr)
    schedule = optim.CosineAnnealingLR(adam, epochs * -(-len(examples[0]) // 32))
    for _ in range(epochs):
        train.fit(model, (move(examples[0]), examples[1]), loss=nn.CrossEntropyLoss(), optimizer=adam, schedule=schedule,
                  epochs=1, batch_size=32, rng=rng, progress=False)
    return model


rng = np.random.default_rng(1)
checked, images = lenet(8, rng, np.float64), Tensor(small[:20] + rng.uniform(0, 0.1, (20, 1, 8, 8)))       # nowhere exactly 0, where ReLU has its kink
F.cross_entropy(checked(images), labels[:20]).backward()
ways = [rng.normal(size=p.shape) for p in checked.parameters()]
predicted, ends = sum((p.grad * way).sum() for p, way in zip(checked.parameters(), ways)), []
for step in (1e-6, -2e-6):                                             # forward by one, then back by two
    for p, way in zip(checked.parameters(), ways):
        p.data[...] += step * way
    ends.append(F.cross_entropy(checked(images), labels[:20]).item())
claim("project-gradient", "Along a random direction the loss rises as the gradient of all 3 706 parameters says.", (ends[0] - ends[1]) / 2e-6 / predicted, expected=1.0, tolerance=1e-5)

# %%
blank = lenet(8, rng)
for p in blank[7].parameters():
    p.data[...] = 0
claim("project-start", "With the last layer at zero the loss is ln 10.", train.evaluate(blank, choose_set, nn.CrossEntropyLoss())["loss"], expected=np.log(10), tolerance=1e-5)
twenty = small[:20], labels[:20]
by_heart = train_moved(lenet(8, rng), twenty, rng, 50)
claim("project-by-heart", "Twenty images are learned by heart: loss below 0.01.", train.evaluate(by_heart, twenty, nn.CrossEntropyLoss())["loss"], at_most=0.01)
nonsense = train_moved(lenet(8, rng), (learn_set[0], rng.permutation(learn_set[1])), rng, 3)
claim("project-shuffled-labels", "Trained on shuffled labels it is right on fewer than 20 % of the validation images.", train.accuracy(nonsense, choose_set), at_most=0.2)

# %% [markdown]
# ## Choose
#
# Now train, each network from five seeds; the baselines need no seed.
#
# > **Misconception.** On images a convolutional network wins; baselines are a formality.
#
# **Predict** the order of four methods: logistic regression, the nearest neighbour (the label of the most similar training image, pixel by pixel), a [perceptron](../../book/glossary.md#multilayer-perceptron) with 64 hidden units, LeNet.

# %%
flat_learn, flat_choose = (part[0].reshape(len(part[0]), -1) for part in (learn_set, choose_set))
valid = {name: [model.fit(flat_learn, learn_set[1]).score(flat_choose, choose_set[1])] for name, model in
         [("logistic regression", LogisticRegression(max_iter=500)), ("nearest neighbour", KNeighborsClassifier(1))]}
for name, make in [("perceptron", perceptron), ("LeNet", lenet)]:
    valid[name] = []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        valid[name].append(train.accuracy(train_moved(make(8, rng), learn_set, rng, 5), choose_set))
for name, a in valid.items():
    print(f"{name:20s} {np.mean(a):.3f}" + (f" ± {np.std(a, ddof=1):.3f}" if len(a) > 1 else ""))
claim("project-baseline-close", "LeNet's mean is not ahead of the nearest neighbour by more than a point, and not behind by more than three.",
      np.mean(valid["LeNet"]) - valid["nearest neighbour"][0], at_least=-0.03, at_most=0.01)
claim("project-small-enough", "Each of the five LeNets reads 94 % or more of the validation images.", min(valid["LeNet"]), at_least=0.94)

# %% [markdown]
# Sobering: on these digits a method without training does as well, or better. All of them are centred and scaled to their frame, so pixel 27 of one three *does* correspond to pixel 27 of another. (And with 300 images a difference of a point is three images.) If that were the
# task, the project would end here with the nearest neighbour. It ends here only if every future digit is centred, too.
#
# ## Equivariance is not invariance
#
# So move them. Each digit stands in a frame of 16×16, at the centre during training; for the test it is shifted by 0 to 3 pixels in one of the four directions. [A convolution](01_convolution.ipynb) is *equivariant*: its maps move along. Whether the *answer*
# stays depends on what reads the maps. Four networks:
#
# | name | after the first convolution and ReLU | after the second | dense layer sees |
# |---|---|---|---|
# | perceptron | (no convolution, 64 hidden units) | | 256 pixels, each by its own weight |
# | LeNet | max 2×2 | max 2×2, flatten | 512 numbers, each by its own weight |
# | pooled | max 2×2 | [global](../../book/glossary.md#global-pooling) maximum | 32 numbers |
# | invariant | nothing | global maximum | 32 numbers |

# %%
def in_frame(images, shifts=(0, 0), side=16):
    """Return images (B, 1, 8, 8) at the centre of frames (B, 1, side, side), moved by shifts (2,) or (B, 2) = down, right."""
    corner = np.broadcast_to(np.asarray(shifts) + side // 2 - 4, (len(images), 2))
    rows, columns = (corner[:, axis, None] + np.arange(8) for axis in (0, 1))
    frames = np.zeros((len(images), 1, side, side), np.float32)
    frames[np.arange(len(images))[:, None, None], 0, rows[:, :, None], columns[:, None, :]] = images[:, 0]
    return frames


def with_global_maximum(pool, rng):
    """Return the network `pooled`, or without its inner pooling `invariant`, for images of any size."""
    inner = [nn.MaxPool2d(2)] if pool else []
    return nn.Sequential(nn.Conv2d(1, 8, 3, padding=1, rng=rng), nn.ReLU(), *inner,
                         nn.Conv2d(8, 32, 3, padding=1, rng=rng), nn.ReLU(), nn.GlobalMaxPool2d(), nn.Linear(32, 10, rng=rng))


kinds = {"perceptron": lambda rng: perceptron(16, rng), "LeNet": lambda rng: lenet(16, rng),
         "pooled": lambda rng: with_global_maximum(True, rng), "invariant": lambda rng: with_global_maximum(False, rng)}

# %% [markdown]
# ### By hand
#
# Why two with a global maximum? Take a line in place of an image, $x = (0,0,3,1,0,0)$, and the kernel $(1, 1)$. Convolve and take the maximum: 4, the sum of the neighbours 3 and 1. It is 4 wherever they stand. Now pool by pairs *before* the convolution:
#
# | digit | pooled | convolved | maximum |
# |---|---|---|---|
# | $(0,0\mid3,1\mid0,0)$ | $(0, 3, 0)$ | $(3, 3)$ | 3 |
# | moved by one, $(0,0\mid0,3\mid1,0)$ | $(0, 3, 1)$ | $(3, 4)$ | **4** |
# | moved by two, $(0,0\mid0,0\mid3,1)$ | $(0, 0, 3)$ | $(0, 3)$ | 3 |
#
# > **Misconception.** With global pooling at its end a convolutional network is invariant to shifts.
#
# Only to multiples of the strides inside it. On paper first, then for whole networks before any training, in a frame of 20×20 so that no edge interferes: the largest change of a score, relative to the largest score.

# %%
two = np.ones((1, 1, 2))
line = np.array([[0.0, 0, 3, 1, 0, 0], [0, 0, 0, 3, 1, 0], [0, 0, 0, 0, 3, 1]])[:, None]
claim("project-paper", "On the line the maximum is 4, 4, 4 without pooling, and 3, 4, 3 with.",
      [F.conv1d(z, two).data.max((1, 2)) for z in (line, F.max_pool1d(line, 2))], expected=[[4.0, 4, 4], [3, 4, 3]])
moved = {}
for name in ("pooled", "invariant"):
    net = kinds[name](np.random.default_rng(2))
    scores = [net(Tensor(in_frame(small[:50], (0, t), side=20))).data for t in range(3)]
    moved[name] = [np.abs(s - scores[0]).max() / np.abs(scores[0]).max() for s in scores[1:]]
claim("project-odd-shift", "A shift by one pixel changes a score of the pooled network by 10 % or more, a shift by two by nothing but rounding.",
      [moved["pooled"][0] >= 0.1, moved["pooled"][1] <= 1e-5], expected=[True, True])
claim("project-invariant", "The network without inner pooling answers the same to all three.", max(moved["invariant"]), at_most=1e-5)

# %% [markdown]
# Now train all four on centred digits, from three seeds, on the validation split still. **Predict** the perceptron's accuracy after three pixels.

# %%
def train_shifted(make, seed, reach=0, epochs=4):
    """Return a network trained on digits that are moved by up to `reach` pixels, anew in every epoch."""
    rng = np.random.default_rng(seed)
    return train_moved(make(rng), learn_set, rng, epochs,
                       lambda images: in_frame(images, rng.integers(-reach, reach + 1, (len(images), 2))))


def accuracy_by_shift(model):
    """Return the validation accuracy at shifts by 0 to 3 pixels, mean of four directions."""
    return [np.mean([train.accuracy(model, (in_frame(choose_set[0], (t * down, t * right)), choose_set[1]))
                     for down, right in ([(0, 1), (0, -1), (1, 0), (-1, 0)] if t else [(0, 0)])]) for t in range(4)]


centred = {name: [train_shifted(make, seed) for seed in range(3)] for name, make in kinds.items()}
by_shift = {name: np.array([accuracy_by_shift(net) for net in nets]) for name, nets in centred.items()}
for name, a in by_shift.items():
    print(f"{name:10s} {centred[name][0].n_parameters():6,} parameters  ", "  ".join(f"{m:.2f} ± {s:.2f}" for m, s in zip(a.mean(0), a.std(0, ddof=1))))

# %% mystnb={"image": {"alt": "Accuracy against a shift of 0 to 3 pixels for four networks. All start above 0.9. The perceptron falls to about a tenth at two pixels, LeNet falls more slowly to about 0.2 at three, the pooled network goes down at one, up at two, down at three, and the invariant network stays level."}}
_ = plotting.curves({name: (np.arange(4), a.mean(0)) for name, a in by_shift.items()}, band={name: (a.min(0), a.max(0)) for name, a in by_shift.items()},
                    ylim=(0, 1.02), title="Only the network without a stride reads digits at every shift", xlabel="shift (pixels)", ylabel="validation accuracy")

# %%
mean_at = {name: a.mean(0) for name, a in by_shift.items()}
claim("project-shift-perceptron", "Of digits moved by two pixels the perceptron reads fewer than 30 %, from each seed.", by_shift["perceptron"][:, 2].max(), at_most=0.3)
claim("project-shift-lenet", "LeNet is ahead of the perceptron by ten points or more at one pixel, and below 60 % at two all the same.",
      [mean_at["LeNet"][1] - mean_at["perceptron"][1] >= 0.1, mean_at["LeNet"][2] <= 0.6], expected=[True, True])
claim("project-shift-pooled", "The pooled network loses five points or more at one pixel, and at two has them back, to within three.",
      [mean_at["pooled"][0] - mean_at["pooled"][1] >= 0.05, abs(mean_at["pooled"][0] - mean_at["pooled"][2]) <= 0.03], expected=[True, True])
claim("project-shift-invariant", "The invariant network moves by less than two points at any shift, mean of three seeds.", np.ptp(mean_at["invariant"]), at_most=0.02)

# %% [markdown]
# LeNet buys tolerance of about a pixel, not invariance: its dense layer has a weight for every place. The zigzag of the pooled network is [aliasing](../../book/glossary.md#aliasing), measured by
# [Azulay and Weiss, 2019](../../book/bibliography.md#azulay2019why), on the large networks that name photographs. And the invariant network does it with 2 746 parameters against the perceptron's 17 098. It pays in *time*: without pooling its second convolution works on four times as many places. At three pixels the digit
# comes so near the edge of the frame that the padding shows in a few answers.
#
# ## Augmentation
#
# The other way to the same end: leave the network, change the data. **[Augmentation](../../book/glossary.md#data-augmentation)** shows every training image moved (or turned, or noisy) at random, anew in each epoch, with its label unchanged. It says *these are the same digit* by
# examples where an architecture says it by construction ([Simard, Steinkraus and Platt, 2003](../../book/bibliography.md#simard2003best)). It is for training images only: the augmented copies of one image must never stand on both sides of a split.
#
# > **Misconception.** Augmentation is free accuracy: it can only help.
#
# Move the training digits by up to three pixels in both directions. **Predict** what that does to the perceptron on *unmoved* digits. And to the invariant network?

# %%
augmented = {name: np.array([accuracy_by_shift(train_shifted(kinds[name], seed, reach=3, epochs=epochs)) for seed in range(3)])
             for name, epochs in [("perceptron", 8), ("LeNet", 4)]}
for name, a in augmented.items():
    print(f"{name:10s}", "  ".join(f"{m:.2f} ± {s:.2f}" for m, s in zip(a.mean(0), a.std(0, ddof=1))))
claim("project-augmentation-costs", "On unmoved digits the augmented perceptron is ten points worse or more, with twice as many epochs.",
      mean_at["perceptron"][0] - augmented["perceptron"][:, 0].mean(), at_least=0.1)
claim("project-augmentation-perceptron", "At three pixels it has gained 30 points or more.", augmented["perceptron"][:, 3].mean() - mean_at["perceptron"][3], at_least=0.3)
claim("project-augmentation-lenet", "Augmented, LeNet reads digits at every shift within ten points of centred ones.", np.ptp(augmented["LeNet"].mean(0)), at_most=0.1)
claim("project-augmentation-ahead", "Of the two LeNet ends ahead by five points or more, on the mean of all shifts.", augmented["LeNet"].mean() - augmented["perceptron"].mean(), at_least=0.05)
net = centred["invariant"][0]
still, shaken = (net(Tensor(in_frame(small[:200], s, side=20))).data for s in ((0, 0), np.random.default_rng(5).integers(-3, 4, (200, 2))))
claim("project-augmentation-nothing", "To the trained invariant network digits moved by up to three pixels are the same input: its scores do not change.",
      np.abs(still - shaken).max() / np.abs(still).max(), at_most=1e-5)

# %% [markdown]
# The perceptron has to learn each digit at 49 places, and twice the epochs are not enough. LeNet shares its kernels between places and only its dense layer has to adapt: it ends well ahead, and pays on unmoved digits, too. More epochs would narrow both gaps; that is the price, in time. The invariant network gains nothing, and the last claim proves that without training: same scores, hence same loss, hence same gradient.
# Invariance that is known exactly belongs into the architecture; augmentation is for what no layer knows, such as slant or thickness.
#
# ## What the article wanted
#
# [The first section](01_convolution.ipynb) showed that `convolutional_neural_network` in the second article is a perceptron that refuses images. Here is a function of that name that deserves it, in the article's own framework: convolution, pooling, dense. Flattening follows the layout, so TensorFlow's dense layer wants its rows in
# the order (H, W, C).

# %%
import tensorflow as tf


def convolutional_neural_network(X, weights, biases):
    """Return the scores (B, 10) of images X (B, H, W, 1), for sides that two poolings halve."""
    A = X
    for layer in ("W1", "W2"):
        A = tf.nn.relu(tf.nn.conv2d(A, weights[layer], 1, "SAME") + biases[layer.replace("W", "b")])
        A = tf.nn.max_pool2d(A, 2, 2, "VALID")
    return tf.reshape(A, (A.shape[0], -1)) @ weights["W3"] + biases["b3"]


def to_channels_last(p):
    """Return a parameter in TensorFlow's order; a dense matrix behind 32 flattened maps has its rows reordered."""
    if p.ndim == 4:
        return p.transpose(2, 3, 1, 0)
    return p.reshape(32, -1, 10).transpose(1, 0, 2).reshape(-1, 10) if p.ndim == 2 else p


def article_arguments(model):
    """Return (weights, biases) as the article's dictionaries."""
    p = [to_channels_last(p.data) for p in model.parameters()]
    return {"W1": p[0], "W2": p[2], "W3": p[4]}, {"b1": p[1], "b2": p[3], "b3": p[5]}


# %% tags=["settles-S2-X4"]
sizes = [convolutional_neural_network(np.zeros((4, side, side, 1), np.float32), *article_arguments(net)).shape for side, net in zip((8, 28), built)]
claim("project-article-shapes", "It takes four images of 8×8×1 and of 28×28×1 and returns ten scores each.", [tuple(s) for s in sizes], expected=[(4, 10), (4, 10)])
by_one = in_frame(choose_set[0], (0, 1))
in_tensorflow = [convolutional_neural_network(by_one.transpose(0, 2, 3, 1), *article_arguments(net)).numpy() for net in centred["LeNet"]]
claim("project-article-same", "With the trained weights it gives the scores of our LeNet, to float32 rounding.",
      max(np.abs(z - net(Tensor(by_one)).data).max() / np.abs(z).max() for z, net in zip(in_tensorflow, centred["LeNet"])), at_most=1e-5)
right = [np.mean([(z.argmax(1) == choose_set[1]).mean() for z in in_tensorflow]), np.mean([train.accuracy(net, (by_one, choose_set[1])) for net in centred["perceptron"]])]
claim("project-article-beats", "Of digits shifted by one pixel it reads more than the perceptron, by five points or more, mean of three seeds.", right[0] - right[1], at_least=0.05)

# %% [markdown]
# ## In the frameworks
#
# Both kinds of network that were trained above, LeNet and the one with a global maximum, from the same weights, float64, 100 steps of gradient descent on the full batch; LeNet on both sizes of image.

# %%
mnist = data.mnist()
large = mnist.x_train.reshape(-1, 1, 28, 28)                            # (8000, 1, 28, 28)
contests = {"lenet-8": (small[:12].astype(np.float64), labels[:12], True), "lenet-28": (large[:4].astype(np.float64), mnist.y_train[:4], True),
            "global": (small[:12].astype(np.float64), labels[:12], False)}
starts = {}
for name, (x, _, flatten) in contests.items():
    rng, n = np.random.default_rng(3), 32 * (x.shape[2] // 4) ** 2 if flatten else 32
    starts[name] = [rng.normal(0, scale, shape) for scale, shape in
                    [(0.4, (8, 1, 3, 3)), (0.1, 8), (0.15, (32, 8, 3, 3)), (0.1, 32), (n**-0.5, (n, 10)), (0.1, 10)]]

# %% tags=["fw-numpy"]
def path_in_numpy(x, y, flatten, start):
    P = [Tensor(p.copy(), requires_grad=True) for p in start]
    sgd, path, pool = optim.SGD(P, lr=0.1), [], (lambda h: F.max_pool2d(h, 2)) if flatten else (lambda h: h)
    for step in range(100):
        h = pool(F.relu(F.conv2d(x, P[0], P[1], padding=1)))
        h = pool(F.relu(F.conv2d(h, P[2], P[3], padding=1)))
        scores = (h.reshape(len(x), -1) if flatten else F.global_max_pool2d(h)) @ P[4] + P[5]
        loss = F.cross_entropy(scores, y); path.append(loss.item())
        sgd.zero_grad(); loss.backward()
        if step == 0: first = scores.data, [p.grad.copy() for p in P]
        sgd.step()
    return *first, path


# %% tags=["fw-torch"]
def path_in_torch(x, y, flatten, start):
    Q, x, y, path = [torch.tensor(p, requires_grad=True) for p in start], torch.tensor(x), torch.tensor(y), []
    sgd, pool = torch.optim.SGD(Q, lr=0.1), torch.nn.MaxPool2d(2) if flatten else torch.nn.Identity()
    for step in range(100):
        h = pool(torch.relu(torch.nn.functional.conv2d(x, Q[0], Q[1], padding=1)))
        h = pool(torch.relu(torch.nn.functional.conv2d(h, Q[2], Q[3], padding=1)))
        scores = (h.flatten(1) if flatten else h.amax((2, 3))) @ Q[4] + Q[5]
        loss = torch.nn.functional.cross_entropy(scores, y); path.append(loss.item())
        sgd.zero_grad(); loss.backward()
        if step == 0: first = scores.detach(), [q.grad.clone() for q in Q]
        sgd.step()
    return *first, path


# %% tags=["fw-tensorflow"]
def path_in_tensorflow(x, y, flatten, start):
    R, x, path = [tf.Variable(to_channels_last(p)) for p in start], x.transpose(0, 2, 3, 1), []
    weights, biases = dict(zip(["W1", "W2", "W3"], R[::2])), dict(zip(["b1", "b2", "b3"], R[1::2]))
    for step in range(100):
        with tf.GradientTape() as tape:
            scores = convolutional_neural_network(x, weights, biases) if flatten else tf.reduce_max(tf.nn.relu(tf.nn.conv2d(
                tf.nn.relu(tf.nn.conv2d(x, R[0], 1, "SAME") + R[1]), R[2], 1, "SAME") + R[3]), (1, 2)) @ R[4] + R[5]
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, scores)); path.append(float(loss))
        grads = tape.gradient(loss, R)
        if step == 0: first = scores, grads
        for r, g in zip(R, grads): r.assign_sub(0.1 * g)
    return *first, path


# %%
for name, contest in contests.items():
    found = {"numpy": path_in_numpy(*contest, starts[name]), "torch": path_in_torch(*contest, starts[name]), "tensorflow": path_in_tensorflow(*contest, starts[name])}
    gradients = {framework: [np.asarray(g) if framework == "tensorflow" else to_channels_last(np.asarray(g)) for g in run[1]] for framework, run in found.items()}
    parity(f"project-{name}", outputs={framework: run[0] for framework, run in found.items()}, gradients=gradients,
           path={framework: run[2] for framework, run in found.items()})

# %% [markdown]
# ## Choose, then test once
#
# Now the larger digits: the 10 000 of [MNIST](../../book/bibliography.md#lecun1998gradient) that this book carries, 2 000 of them for the test. To keep the running time down we learn from 2 000 and choose with 1 000. Three candidates; the last is LeNet, augmented by shifts of up to one pixel.

# %%
learn_large, choose_large = (large[:2000], mnist.y_train[:2000]), (large[2000:3000], mnist.y_train[2000:3000])


def train_on_mnist(make, seed, reach=0, epochs=3):
    """Return a network trained on MNIST digits that are moved by up to `reach` pixels; their border is empty."""
    rng = np.random.default_rng(seed)
    return train_moved(make(28, rng), learn_large, rng, epochs, lambda images: np.array(
        [np.roll(image, shift, (1, 2)) for image, shift in zip(images, rng.integers(-reach, reach + 1, (len(images), 2)))]), lr=0.006)


candidates = {"perceptron": train_on_mnist(perceptron, 0), "LeNet": train_on_mnist(lenet, 0), "LeNet, augmented": train_on_mnist(lenet, 0, reach=1)}
valid_large = {name: train.accuracy(net, choose_large) for name, net in candidates.items()}
chosen = max(valid_large, key=valid_large.get)
for name, a in valid_large.items():
    print(f"{name:17s} {a:.2f}")
claim("project-lenet-ahead", "On validation data either LeNet is ahead of the perceptron by two points or more.",
      min(valid_large["LeNet"], valid_large["LeNet, augmented"]) - valid_large["perceptron"], at_least=0.02)

# %% [markdown]
# The candidate with the best validation score goes to the test, and only that one. How sure is the answer? Of $n$ independent images $k$ are right; [Wilson's interval](../01_ml_basics/03_measuring.ipynb) says which true accuracies are compatible with that.

# %%
x_test, y_test = mnist.x_test.reshape(-1, 1, 28, 28), mnist.y_test
probability = F.softmax(candidates[chosen](Tensor(x_test)), axis=1).data
guess, confidence = probability.argmax(1), probability.max(1)
interval = binomtest(int((guess == y_test).sum()), len(y_test)).proportion_ci(method="wilson")
print(f"right on {(guess == y_test).mean():.3f} of {len(y_test)}, 95 % interval {interval.low:.3f} to {interval.high:.3f}")
claim("project-test", "The lower end of the interval is above 94 %.", interval.low, at_least=0.94)
claim("project-interval", "With 2 000 images the interval is between one and two points wide.", interval.high - interval.low, at_least=0.01, at_most=0.02)

# %% [markdown]
# The interval is about the *images*: another 2 000 would give another count. Another *seed* would give another network, a second source of scatter that one run cannot show; on the small digits above it was the ± of five seeds. And no interval covers the largest risk of all, that tomorrow's digits come from another scanner.
#
# When two networks are compared on the *same* images, do not compare their intervals. Only images on which they disagree tell: if the first alone is right on $a$ of them and the second alone on $b$, chance gives each $a + b$ coin flips, so $z = (a-b)/\sqrt{a+b}$
# ([McNemar, 1947](../../book/bibliography.md#mcnemar1947note)). Here on validation images, for LeNet and the perceptron:

# %%
hits = {name: net(Tensor(choose_large[0])).data.argmax(1) == choose_large[1] for name, net in candidates.items()}
a, b = ((hits[first] & ~hits[second]).sum() for first, second in [("LeNet", "perceptron"), ("perceptron", "LeNet")])
print(f"LeNet alone is right on {a} images, the perceptron alone on {b}: z = {(a - b) / (a + b) ** 0.5:.1f}")
claim("project-mcnemar", "LeNet's lead over the perceptron is more than two standard deviations.", (a - b) / (a + b) ** 0.5, at_least=2.0)

# %% [markdown]
# ## Look at the errors
#
# A count says how many. The [confusion matrix](../../book/glossary.md#confusion-matrix) says which, and the pictures say why. **Predict** the pairs that are confused most.

# %% mystnb={"image": {"alt": "A ten by ten matrix of counts of misread test digits, true digit by row and read digit by column. The diagonal is left out; most cells are zero or one, and a few pairs of similar digits stand out."}}
confused = np.zeros((10, 10), int)
np.add.at(confused, (y_test, guess), 1)
np.fill_diagonal(confused, 0)
_ = plotting.matrix(confused, values=True, digits=0, row_labels=[str(k) for k in range(10)], column_labels=[str(k) for k in range(10)],
                    xlabel="read as", ylabel="true digit", title="A few pairs make up much of the errors")

# %% mystnb={"image": {"alt": "Sixteen handwritten digits that the network misread, each with true and read digit above it. Many are broken, slanted or ambiguous to a human reader, too."}}
wrong = np.flatnonzero(guess != y_test)
worst = wrong[np.argsort(-confidence[wrong])][:16]
_ = plotting.images(x_test[worst, 0], n_columns=8, titles=[f"{y_test[i]} as {guess[i]}" for i in worst], title="The sixteen errors of which it was surest")

# %%
pairs = np.sort((confused + confused.T)[np.triu_indices(10, 1)])[::-1]
doubtful = np.argsort(confidence)[: len(y_test) // 10]
print(f"{len(wrong)} errors; the nine most confused of 45 pairs hold {pairs[:9].sum() / pairs.sum():.2f} of them")
claim("project-pairs", "The fifth of the pairs that is confused most holds 45 % of the errors or more; spread evenly it would hold 20 %.", pairs[:9].sum() / pairs.sum(), at_least=0.45)
claim("project-doubtful", "The tenth of the images with the least confidence holds 60 % of the errors or more.", (guess != y_test)[doubtful].sum() / len(wrong), at_least=0.6)
claim("project-sure", "Of the nine tenths that it is surest of it reads 98 % or more.", (guess == y_test)[np.setdiff1d(np.arange(2000), doubtful)].mean(), at_least=0.98)

# %% [markdown]
# That is an error analysis one can act on. Some errors are nobody's fault: look at the pictures and disagree with the label if you can. Some pairs ask for more data of just these digits. And a network that mostly knows when it does not know may hand a tenth of its mail to a human, and be right on almost all of
# the rest. What must not follow is a change of the network that is judged *on these same 2 000 images*: for the next round they are spent.
#
# ## A classifier that slides
#
# A convolution does not ask how large its picture is. Give the digits' network a larger canvas and it answers in more places: one score for each class and place, a *score map*. So a classifier becomes a detector ([Sermanet et al., 2014](../../book/bibliography.md#sermanet2014overfeat)): **where** is the digit, besides which. This is **[object detection](../../book/glossary.md#object-detection)** with
# one object.
#
# The network must be *fully convolutional* ([Long, Shelhamer and Darrell, 2015](../../book/bibliography.md#long2015fully)): the dense layer becomes a $1\times1$ convolution, applied at every place, and the global maximum comes last, over the score map. Without padding a place of the map sees 8×8 pixels, the size of a digit; the next sees
# the window two pixels on.
#
# > **Misconception.** A network for 8×8 images reads 8×8 images only.
#
# Its dense layer does. Without one, a single pass over a larger canvas is the classifier applied to every window.

# %%
def slider(rng):
    """Return a network whose last layer but one gives a score map (B, 10, H', W') of canvases (B, 1, H, W)."""
    return nn.Sequential(nn.Conv2d(1, 8, 3, rng=rng), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 32, 3, rng=rng), nn.ReLU(),
                         nn.Conv2d(32, 10, 1, rng=rng), nn.GlobalMaxPool2d())


def score_map(model, canvases):
    z = Tensor(canvases)
    for layer in list(model)[:-1]:
        z = layer(z)
    return z.data


rng = np.random.default_rng(6)
net, canvas = slider(rng), rng.normal(size=(1, 1, 20, 26)).astype(np.float32)
crops = np.lib.stride_tricks.sliding_window_view(canvas[0, 0], (8, 8))[::2, ::2]                # (7, 10, 8, 8)
one_by_one = net(Tensor(crops.reshape(-1, 1, 8, 8))).data.reshape(7, 10, 10).transpose(2, 0, 1)
claim("project-slides", "One pass over the canvas gives the scores of all 70 windows, cut out and classified one by one.",
      np.abs(score_map(net, canvas)[0] - one_by_one).max(), at_most=1e-4)

# %% [markdown]
# **[Intersection over union](../../book/glossary.md#intersection-over-union)** judges a box: the area that it shares with the true one, divided by the area that they cover together. For two boxes of 8×8, off by one pixel in both directions, it is $49/(128 - 49) = 0.62$; off by two, $36/92 = 0.39$. Above one half counts as found.

# %%
def overlap(a, b):
    """Return the intersection over union of boxes a, b (N, 4)."""
    sides = np.clip(np.minimum(a[:, 2:], b[:, 2:]) - np.maximum(a[:, :2], b[:, :2]), 0, None)
    shared = sides.prod(1)
    return shared / ((a[:, 2:] - a[:, :2]).prod(1) + (b[:, 2:] - b[:, :2]).prod(1) - shared)


def best_boxes(maps, step):
    """Return the 8×8 boxes (N, 4) at the largest entry of maps (N, K, H, W), and its channel (N,)."""
    channel, row, column = np.unravel_index(maps.reshape(len(maps), -1).argmax(1), maps.shape[1:])
    corner = step * np.stack([row, column], 1)
    return np.concatenate([corner, corner + 8], 1), channel


claim("project-overlap-paper", "On paper and in NumPy: 0.62, 0.39, and nothing shared is 0.",
      overlap(np.array([[0, 0, 8, 8]] * 3), np.array([[1, 1, 9, 9], [2, 2, 10, 10], [8, 0, 16, 8]])), expected=[49 / 79, 36 / 92, 0.0], tolerance=1e-12)

# %% [markdown]
# On an empty canvas the window with the most ink would find every digit. So our canvases hold *blots*, too: digits whose pixels are shuffled, each with as much ink as a digit.

# %%
def scatter_digits(images, n_cells, n_blots, rng):
    """Return canvases with one digit and some blots (digits with shuffled pixels), and the digits' boxes (B, 4) = top, left, bottom, right."""
    cells = rng.random((len(images), n_cells**2)).argsort(1)[:, : n_blots + 1]
    corners = 11 * np.stack([cells // n_cells, cells % n_cells], 2) + rng.integers(0, 4, (*cells.shape, 2))
    canvases = np.zeros((len(images), 1, 11 * n_cells, 11 * n_cells), np.float32)
    for canvas, image, places in zip(canvases, images, corners):
        blots = rng.permuted(images[rng.integers(0, len(images), n_blots)].reshape(n_blots, 64), axis=1)
        for (top, left), tile in zip(places, [image, *blots.reshape(-1, 8, 8)]):
            canvas[0, top : top + 8, left : left + 8] = tile
    return canvases, np.concatenate([corners[:, 0], corners[:, 0] + 8], 1)

# %% [markdown]
# Train on the 8×8 digits, where the score map is a single place; then, to learn what a digit is *not*, on canvases of 22×22 with one digit and one blot. There the label says *which* digit, never where: the loss reaches the network through the one place that holds the
# maximum, and that place is found by the network ([Oquab et al., 2015](../../book/bibliography.md#oquab2015object)). Then take the place of the largest score on canvases of 44×44, with unseen digits and four blots. **Predict** how often the baseline is right, the 8×8 window with the most ink.

# %%
def train_slider(seed):
    """Return a slider that has learned from single digits first, then from canvases with a digit and a blot."""
    rng = np.random.default_rng(seed)
    model = train_moved(slider(rng), (small, labels), rng, 8, lr=0.01)
    return train_moved(model, (small[:, 0], labels), rng, 4, lambda images: scatter_digits(images, 2, 1, rng)[0], lr=0.01)


canvases, boxes = scatter_digits(digits.x_test.reshape(-1, 8, 8), 4, 4, np.random.default_rng(7))
ink = np.lib.stride_tricks.sliding_window_view(canvases, (8, 8), (2, 3)).sum((4, 5))            # (360, 1, 37, 37)
brightest = overlap(best_boxes(ink, 1)[0], boxes)
sliders = [train_slider(seed) for seed in range(2)]
detected = [best_boxes(score_map(model, canvases), 2) for model in sliders]
shares = {"found": [(overlap(b, boxes) >= 0.5).mean() for b, _ in detected], "mean overlap": [overlap(b, boxes).mean() for b, _ in detected],
          "found and named": [((overlap(b, boxes) >= 0.5) & (k == digits.y_test)).mean() for b, k in detected]}
print(f"brightest window: found {(brightest >= 0.5).mean():.2f}, mean overlap {brightest.mean():.2f}")
for name, values in shares.items():
    print(f"sliding network, two seeds: {name}", *(f"{v:.2f}" for v in values))
claim("project-detector-baseline", "The brightest window finds fewer than 40 % of the digits.", (brightest >= 0.5).mean(), at_most=0.4)
claim("project-detector", "The sliding network finds 75 % or more of the unseen digits, from each seed.", min(shares["found"]), at_least=0.75)

# %% mystnb={"image": {"alt": "Three square canvases, each with one digit and four blots of scattered pixels. A green square marks the true place of the digit, a dashed orange one the network's answer, which lies on or near it."}}
fig, axes = plotting.new_figure(1, 3, height=2.6)
for ax, i in zip(axes, range(3)):
    ax.imshow(canvases[i, 0], cmap="Greys")
    for (top, left, bottom, right), colour, style in [(boxes[i], plotting.CYCLE[2], "-"), (detected[0][0][i], plotting.CYCLE[1], "--")]:
        ax.add_patch(Rectangle((left - 0.5, top - 0.5), right - left, bottom - top, fill=False, edgecolor=colour, linewidth=2, linestyle=style))
    ax.set(xticks=[], yticks=[], title=f"{digits.y_test[i]} read as {detected[0][1][i]}")
    ax.grid(False)

# %% [markdown]
# Solid is the true box, dashed the answer. A detector from a classifier, one line apart. (Its training was tuned while these canvases were in sight: a demonstration, not a test.) What it lacks is plain, too: one object, one size, boxes that stand on a grid of two pixels, no way to say "nothing here". Detectors in use predict a correction of the box at every place and keep several maxima; they stand in the appendix. Frames in sequence, and what moves between them, are the subject of
# [time series](../05_rnn/04_time_series.ipynb).
#
# ## Summary
#
# - Look, split, baseline, check, choose, test once, look at the errors. Most mistakes are made outside the network.
# - On centred 8×8 digits LeNet does not beat the nearest neighbour. Which method is best depends on what the images may do.
# - Flattened maps keep the place: LeNet tolerates a pixel. A global maximum forgets it, exactly only where no stride stands before it.
# - Augmentation teaches what the architecture does not know, at a price in time or on unmoved images. What the architecture knows, it cannot add to.
# - An interval for the images, a spread for the seeds, McNemar for two networks on the same images.
# - A fully convolutional network slides: a classifier becomes a detector. What is *not* a digit it must be shown.
#
# ## Exercises
#
# ### Exercise 1 · Count LeNet-5's front
#
# Images of 1×32×32; convolution to 6 channels, 5×5, no padding; max pooling 2×2; convolution to 16 channels, 5×5, no padding; max pooling 2×2; flatten; dense to 10. How many parameters?

# %%
answer = None
exercise("project-count", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# $6\cdot25 + 6 = 156$. Sides: 32, 28, 14, 10, 5. $16\cdot6\cdot25 + 16 = 2\,416$. Dense: $16\cdot5\cdot5\cdot10 + 10 = 4\,010$.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("project-count", 156 + 2416 + 4010)

# %% [markdown]
# ### Exercise 2 · Move a picture
#
# `np.roll` brings back on the left what leaves on the right, which no scanner does. Write `move(images, down, right)` for images $(B, H, W)$ and whole numbers of either sign: what leaves is lost, zeros come in.

# %%
def move(images, down, right):
    ...


exercise("project-move", move)


# %% tags=["hide-cell", "solution"]
def move_solution(images, down, right):
    H, W = images.shape[1:]
    wide = np.pad(images, [(0, 0), (abs(down),) * 2, (abs(right),) * 2])
    top, left = abs(down) - down, abs(right) - right
    return wide[:, top : top + H, left : left + W]


exercise("project-move", move_solution)

# %% [markdown]
# ### Exercise 3 · The most confused pair
#
# Write `most_confused(truth, guess)` for two arrays of digits: the tuple `(t, g)` of true and read digit, $t \ne g$, that occurs most often. There is one winner.

# %%
def most_confused(truth, guess):
    ...


exercise("project-confused", most_confused)


# %% tags=["hide-cell", "solution"]
def most_confused_solution(truth, guess):
    counts = np.zeros((10, 10), int)
    np.add.at(counts, (truth, guess), 1)
    np.fill_diagonal(counts, 0)
    return tuple(int(k) for k in np.unravel_index(counts.argmax(), (10, 10)))


exercise("project-confused", most_confused_solution)

# %% [markdown]
# ### Exercise 4 · Which is better?
#
# On the same 2 000 images network A is right on 1 958 and network B on 1 944; both are right on 1 930. What is McNemar's $z$?

# %%
answer = None
exercise("project-paired", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# A alone is right on 28, B alone on 14; the 42 images decide. $14/\sqrt{42} = 2.16$: a lead of 0.7 points, and more than two standard deviations, although the two Wilson intervals overlap widely.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("project-paired", (28 - 14) / 42**0.5)

# %% [markdown]
# ### Exercise 5 · All overlaps
#
# Write `overlaps(a, b)`: the intersection over union of *every* box of $a$, shape $(N, 4)$, with every box of $b$, shape $(M, 4)$, corners top, left, bottom, right. Return an array $(N, M)$.

# %%
def overlaps(a, b):
    ...


exercise("project-overlaps", overlaps)


# %% tags=["hide-cell", "solution"]
def overlaps_solution(a, b):
    return np.array([[overlap(one[None], other[None])[0] for other in b] for one in a])


exercise("project-overlaps", overlaps_solution)

# %% [markdown]
# ### Exercise 6 · A proof
#
# On an endless plane, let a network be a stack of convolutions without bias, ReLUs and max poolings, with strides $s_1, \dots, s_m$, and then the global maximum of each channel; the image is zero outside a finite piece. Show that its answer does not change when the image moves by a multiple of $s = s_1s_2\cdots s_m$. Where does the
# argument fail for a shift by one?
#
# <details><summary>Solution</summary>
#
# Let $S_t$ move an image by $t$. A layer $f$ with stride $s_l$ computes its output at place $i$ from the window at $s_l i$, by one rule for all places. So $(f(S_{s_l t}\,x))_i$ is the rule on the window of $x$ at $s_li - s_lt = s_l(i - t)$, which is $(f(x))_{i-t}$: $f(S_{s_lt}\,x) = S_t f(x)$. A ReLU acts place by place and has stride 1. Apply
# this layer by layer: a move by $s_1\cdots s_m t$ becomes one by $s_2\cdots s_mt$ after the first layer, and one by $t$ after the last. The maximum over all places of a channel does not ask where it is taken, so it is the same for $S_tz$ and $z$.
#
# For a shift by one with $s_1 = 2$ there is no whole $t$ with $2t = 1$: the windows of the moved image hold other groups of pixels than before, as in the table of the line.
#
# </details>

# %% [markdown]
# ## Sources
#
# [LeCun et al., 1998](../../book/bibliography.md#lecun1998gradient), LeNet-5, MNIST and the cheques · [Simard, Steinkraus and Platt, 2003](../../book/bibliography.md#simard2003best), augmentation ·
# [Azulay and Weiss, 2019](../../book/bibliography.md#azulay2019why), and [Zhang, 2019](../../book/bibliography.md#zhang2019making), why networks are not shift-invariant · [McNemar, 1947](../../book/bibliography.md#mcnemar1947note), paired comparison ·
# [Sermanet et al., 2014](../../book/bibliography.md#sermanet2014overfeat), sliding classifiers · [Long, Shelhamer and Darrell, 2015](../../book/bibliography.md#long2015fully), fully convolutional networks · [Oquab et al., 2015](../../book/bibliography.md#oquab2015object), places from class labels.
