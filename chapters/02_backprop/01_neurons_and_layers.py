# %% [markdown]
# # Neurons, layers, activations
#
# **After this section** you can compute a network's output and count its parameters on paper, say what an activation
# function is for and choose one, and tell what a network *can* represent from what training *finds*.
# *Reading: 20 minutes. Running: about 35 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import itertools
import math

import numpy as np

import chainrule.nn.functional as F
from chainrule import Tensor, data, nn, optim, plotting
from chainrule.proof import claim, exercise, gradcheck, parity, same

# %% [markdown]
# ## The question
#
# A [neural network](../../book/glossary.md#neural-network) turns numbers into numbers. Every part of it does the same
# small calculation. What is it, and how much can be built from it?
#
# An [artificial neuron](../../book/glossary.md#artificial-neuron), or *unit*, multiplies each of its inputs by a
# [weight](../../book/glossary.md#weight), adds the products and a [bias](../../book/glossary.md#bias), and passes the sum
# through an [activation function](../../book/glossary.md#activation-function) $f$:
#
# $$z = \sum_j x_j w_j + b, \qquad a = f(z).$$
#
# | symbol | shape | on paper | meaning |
# |---|---|---|---|
# | $x$ | ($n$,) | $(1,\ 2)$ | inputs, one number for each feature |
# | $w$ | ($n$,) | $(1,\ \tfrac12)$ | weights, one for each input |
# | $b$ | () | $0$ | bias |
# | $z$ | () | $1\cdot1 + 2\cdot\tfrac12 + 0 = 2$ | pre-activation |
# | $f$ | | $\max(z, 0)$ | any function of one number; this one is called [ReLU](../../book/glossary.md#relu) |
# | $a$ | () | $2$ | activation, the output |
#
# In this book $f$ is whichever activation is meant; $\sigma$ is kept for one of them, the
# [sigmoid](../../book/glossary.md#sigmoid-function).

# %% tags=["settles-S2-C7", "settles-F38"]
def neuron(x, w, b, f):
    """Return the activation of one unit, one input at a time."""
    z = b
    for x_j, w_j in zip(x, w):
        z += x_j * w_j
    return f(z)


def paper_relu(z):
    return max(z, 0.0)


x = [1.0, 2.0]
claim("neuron-paper", "One unit with weights (1, 1/2) answers 2, another with weights (-1, 1) and bias -2 answers 0.",
      [neuron(x, [1.0, 0.5], 0.0, paper_relu), neuron(x, [-1.0, 1.0], -2.0, paper_relu)], expected=[2.0, 0.0])

# %% [markdown]
# That is the whole neuron: inputs, weights, a bias, one function. The bias is easily left out, and it matters: without it
# the answer at $x = 0$ is $f(0)$ whatever the weights are.

# %% tags=["settles-X10"]
rng = np.random.default_rng(0)
at_zero = [neuron([0.0, 0.0], rng.normal(size=2), 0.0, math.tanh) for _ in range(1000)]
claim("neuron-no-bias", "Without a bias none of 1000 random units moves its answer at x = 0 away from f(0) = 0.",
      np.abs(at_zero).max(), expected=0.0)
claim("neuron-bias", "A bias of 1 moves it to f(1), here with f = tanh.",
      neuron([0.0, 0.0], [3.0, -4.0], 1.0, math.tanh), expected=0.7616, tolerance=1e-4)

# %% [markdown]
# > **History.** [McCulloch and Pitts, 1943](../../book/bibliography.md#mcculloch1943logical) described units that fire when
# > a sum reaches a threshold and showed that networks of them compute logic.
# > [Rosenblatt, 1958](../../book/bibliography.md#rosenblatt1958perceptron) let such a unit, the
# > [perceptron](../../book/glossary.md#perceptron), learn its weights. Name and sketch come from biology. The formula is
# > not a model of the brain: a nerve cell sends trains of pulses in time, and nothing here has time, pulses or voltages.
#
# ## From a neuron to a layer
#
# A [layer](../../book/glossary.md#fully-connected-layer) is a row of $n_\text{out}$ units that all see the same
# $n_\text{in}$ inputs. Write the weights of unit $k$ into column $k$ of a matrix $W$ and send $B$ samples at once, one a
# row of $X$. Then all units and samples together are one matrix product:
#
# $$Z = XW + b, \qquad A = f(Z).$$
#
# | symbol | shape | meaning |
# |---|---|---|
# | $X$ | $(B, n_\text{in})$ | a batch, one sample a row |
# | $W$ | $(n_\text{in}, n_\text{out})$ | column $k$ holds the weights of unit $k$ |
# | $b$ | $(n_\text{out},)$ | one bias for each unit, added to every row |
# | $Z$, $A$ | $(B, n_\text{out})$ | row $i$ is what the layer makes of sample $i$ |

# %%
def layer_by_neurons(X, W, b, f):
    return np.array([[neuron(row, W[:, k], b[k], f) for k in range(W.shape[1])] for row in X])


def layer_by_product(X, W, b, f):
    return f(X @ W + b)            # (B, n_in) @ (n_in, n_out) + (n_out,) -> (B, n_out)


layer_cases = [tuple(rng.normal(size=s) for s in [(B, m), (m, n), (n,)]) + (np.tanh,)
               for B, m, n in [(1, 1, 1), (4, 3, 2), (7, 5, 6)]]
same("a layer is its neurons, side by side, for every sample", layer_by_neurons, layer_by_product, layer_cases)

# %% [markdown]
# ## From a layer to a network
#
# A [feed-forward network](../../book/glossary.md#feedforward-network), also called
# [multilayer perceptron](../../book/glossary.md#multilayer-perceptron), hands the activations of each layer to the next
# ([Rumelhart, Hinton and Williams, 1986](../../book/bibliography.md#rumelhart1986learning)).
# Computing its output from its input is [forward propagation](../../book/glossary.md#forward-propagation), or the
# *forward pass*.
#
# - The [input layer](../../book/glossary.md#input-layer) is the data. It computes nothing and has no weights.
# - A [hidden layer](../../book/glossary.md#hidden-layer) is any layer whose activations nobody outside sees.
# - The [output layer](../../book/glossary.md#output-layer) often has no activation, that is $f(z) = z$: a prediction may
#   be any number.
#
# Here are four samples of three features on their way through hidden layers of 5 and 4 units to 2 outputs. Before you
# run the cell, write down the shape after each layer.

# %% tags=["settles-S0-C11", "settles-SYS-38", "settles-X9"]
def predict_mlp(X, layers, f):
    """Return the output and the activations of every layer, the input first."""
    activations = [X]
    for l, (W, b) in enumerate(layers):
        Z = activations[-1] @ W + b                       # (B, n_in) -> (B, n_out)
        activations.append(f(Z) if l < len(layers) - 1 else Z)
    return activations[-1], activations


sizes = [3, 5, 4, 2]
layers = [(rng.normal(size=(m, n)), rng.normal(size=n)) for m, n in itertools.pairwise(sizes)]
X = rng.normal(size=(4, 3))
output, activations = predict_mlp(X, layers, np.tanh)
for (W, b), A in zip(layers, activations[1:]):
    print(f"W {W.shape}  b {b.shape}  activations {A.shape}")
claim("neuron-shapes", "Every layer returns one row for each sample and one column for each of its units.",
      [A.shape for A in activations], expected=[(4, 3), (4, 5), (4, 4), (4, 2)])

# %% [markdown]
# ## By hand: the network of this chapter
#
# Two inputs, two hidden ReLU units, one output: the two units above, then $\hat y = 1.5\,a_1 + 4\,a_2 - 1$. Compute
# $\hat y$ for $x = (1, 2)$ on paper first. The derivatives of this network follow in
# [Back-propagation by hand](03_by_hand.ipynb).

# %% tags=["settles-F5"]
tiny = [(np.array([[1.0, -1.0], [0.5, 1.0]]), np.array([0.0, -2.0])), (np.array([[1.5], [4.0]]), np.array([-1.0]))]
y_hat, (_, hidden, _) = predict_mlp(np.array([[1.0, 2.0]]), tiny, lambda z: np.maximum(z, 0))
claim("neuron-tiny", "The hidden layer holds (2, 0) and the output is 2.", [*hidden.ravel(), y_hat.item()],
      expected=[2.0, 0.0, 2.0])
squashed = 1 / (1 + np.exp(-rng.uniform(-700, 700, size=10_000)))
claim("neuron-output", "Behind a sigmoid the output 2 is out of reach: 10 000 units stay at least 1 away from it.",
      np.abs(squashed - 2).min(), at_least=1.0)

# %% [markdown]
# An activation at the output is thus a choice about the range of the answer: none for any real number, a sigmoid for a
# probability. [Losses](02_losses.ipynb) says which goes with what.
#
# ## How many parameters
#
# A layer has $n_\text{in}\cdot n_\text{out}$ weights and $n_\text{out}$ biases. Nothing else in this network is learned.
# The classic 784-128-10 network for small pictures of digits has
# $784\cdot128 + 128 + 128\cdot10 + 10 = 101\,770$ [parameters](../../book/glossary.md#parameter).

# %%
def count_parameters(sizes):
    return sum(n_in * n_out + n_out for n_in, n_out in itertools.pairwise(sizes))


pictures = nn.Sequential(nn.Linear(784, 128, rng=rng), nn.ReLU(), nn.Linear(128, 10, rng=rng))
claim("neuron-parameters", "784-128-10 has 101 770 parameters, by the formula and in the library.",
      [count_parameters([784, 128, 10]), pictures.n_parameters()], expected=[101_770, 101_770])

# %% [markdown]
# ## Why an activation is needed
#
# Leave $f$ out. A layer $x \mapsto xW + b$ is an [affine map](../../book/glossary.md#affine-transformation): a linear one
# plus a shift. Two of them in a row are
#
# $$(xW_1 + b_1)W_2 + b_2 = x\,(W_1W_2) + (b_1W_2 + b_2),$$
#
# again one affine map, with the product of the matrices. So ten layers without activations are one layer. Worse than
# one layer, if any of them is narrow: a product of matrices has at most the rank of its narrowest factor. Ten layers
# follow, eight wide, with a bottleneck of two in the middle.

# %% tags=["settles-S0-Q2"]
widths = [8, 8, 8, 8, 8, 2, 8, 8, 8, 8, 8]
deep = [(rng.normal(0, m**-0.5, (m, n)), rng.normal(size=n)) for m, n in itertools.pairwise(widths)]
samples = rng.normal(size=(100, 8))
through_ten, _ = predict_mlp(samples, deep, lambda z: z)

product, shift = np.eye(8), np.zeros(8)
for W, b in deep:
    product, shift = product @ W, shift @ W + b
claim("neuron-collapse", "Ten layers without activation equal one layer with the product of the matrices.",
      np.abs(through_ten - (samples @ product + shift)).max(), expected=0.0, tolerance=1e-12)
with_tanh, _ = predict_mlp(samples, deep, np.tanh)
claim("neuron-rank", "Through a bottleneck of 2 ten linear layers have rank 2; with tanh the outputs span 8 dimensions.",
      [np.linalg.matrix_rank(product), np.linalg.matrix_rank(with_tanh - with_tanh.mean(0))], expected=[2, 8])

# %% [markdown]
# With an activation between them the layers no longer merge, and depth begins to mean something.
#
# ## The gallery
#
# Eight activations cover almost every network in use. Each is one line, and so is its derivative, which training will
# need. $\Phi$ is the distribution function of the standard normal, $\varphi$ its density.

# %%
def sigma(z):
    return 1 / (1 + np.exp(-z))


def normal_cdf(z):
    return 0.5 * (1 + np.vectorize(math.erf)(z / math.sqrt(2)))


gallery = {
    "sigmoid": sigma,
    "tanh": np.tanh,
    "ReLU": lambda z: np.maximum(z, 0),
    "leaky ReLU": lambda z: np.where(z > 0, z, 0.01 * z),
    "ELU": lambda z: np.where(z > 0, z, np.exp(np.minimum(z, 0)) - 1),
    "GELU": lambda z: z * normal_cdf(z),
    "SiLU": lambda z: z * sigma(z),
    "softplus": lambda z: np.log(1 + np.exp(z)),
}

# %%
slopes = {
    "sigmoid": lambda z: sigma(z) * (1 - sigma(z)),
    "tanh": lambda z: 1 - np.tanh(z) ** 2,
    "ReLU": lambda z: np.where(z > 0, 1.0, 0.0),
    "leaky ReLU": lambda z: np.where(z > 0, 1.0, 0.01),
    "ELU": lambda z: np.where(z > 0, 1.0, np.exp(np.minimum(z, 0))),
    "GELU": lambda z: normal_cdf(z) + z * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi),
    "SiLU": lambda z: sigma(z) * (1 + z * (1 - sigma(z))),
    "softplus": sigma,
}

# %% [markdown]
# Are these derivatives right? [Central differences](../../book/glossary.md#finite-difference) decide, and the library's
# own functions must give the same values. The test points avoid 0, where ReLU and [leaky ReLU](../../book/glossary.md#leaky-relu) have a kink and no derivative;
# there the code takes the slope of the left side, as the frameworks do.

# %% tags=["settles-SYS-40"]
away_from_kink = np.concatenate([np.linspace(-5, -0.1, 12), np.linspace(0.1, 5, 12)])
gradcheck(lambda **z: sum(gallery[name](z_f).sum() for name, z_f in z.items()),
          {name: away_from_kink for name in gallery}, {name: slopes[name](away_from_kink) for name in gallery})

in_library = {"sigmoid": F.sigmoid, "tanh": F.tanh, "ReLU": F.relu, "leaky ReLU": F.leaky_relu, "ELU": F.elu,
              "GELU": F.gelu, "SiLU": F.silu, "softplus": F.softplus}
same("the eight lines above are the library's eight functions",
     lambda name, z: gallery[name](z), lambda name, z: in_library[name](Tensor(z)).data,
     [(name, away_from_kink) for name in gallery])

# %% mystnb={"image": {"alt": "Eight small plots, one for each activation, with the function as a solid line and its derivative dashed. Sigmoid and tanh flatten on both sides; ReLU, ELU, GELU, SiLU and softplus flatten on the left only; leaky ReLU keeps a slope of one hundredth there."}}
_ = plotting.activation_gallery({name: (gallery[name], slopes[name]) for name in gallery},
                                title="Sigmoid and tanh flatten on both sides, the rest at most on one")

# %% [markdown]
# Where the dashed line lies at zero, the unit is [saturated](../../book/glossary.md#saturation): its output hardly answers
# to its input, and a [gradient](../../book/glossary.md#gradient) that has to pass is multiplied by almost nothing. The table computes range, largest slope and
# the slope far out on either side.

# %% tags=["settles-S0-F2", "settles-S2-C9", "settles-M10", "settles-X5"]
z = np.linspace(-30, 30, 600_001)
far = {name: slopes[name](np.array([-10.0, 10.0])).round(4) + 0.0 for name in gallery}      # + 0.0: no "-0.0"
print(f"{'':11s} {'lowest':>8s} {'highest':>8s} {'steepest':>9s} {'at -10':>8s} {'at +10':>8s}")
for name, f in gallery.items():
    print(f"{name:11s} {f(z).min():8.4f} {f(z).max():8.4f} {slopes[name](z).max():9.4f} "
          f"{far[name][0]:8.4f} {far[name][1]:8.4f}")
flat = {name: int((np.abs(slope) < 1e-3).sum()) for name, slope in far.items()}
claim("neuron-saturation", "Sigmoid and tanh saturate on two sides, leaky ReLU on none, the other five on one.",
      list(flat.values()), expected=[2, 2, 1, 0, 1, 1, 1, 1])
claim("neuron-gelu-silu", "GELU and SiLU dip to -0.1700 and -0.2785, and their steepest slopes are 1.1289 and 1.0998.",
      [f(z).min() for f in (gallery["GELU"], gallery["SiLU"])] + [f(z).max() for f in (slopes["GELU"], slopes["SiLU"])],
      expected=[-0.1700, -0.2785, 1.1289, 1.0998], tolerance=1e-4)
claim("neuron-one-of-many", "The sigmoid is one choice among many: at z = -2 the gallery gives eight different answers.",
      len({round(float(f(np.array(-2.0))), 6) for f in gallery.values()}), expected=8)

# %% [markdown]
# Highest values of 30 stand for "no upper bound": there the curve follows $z$ to the end of the grid, and $-0.3$ is where
# leaky ReLU has got to at its lower end. Three facts about the oldest three are worth knowing by heart.

# %% tags=["settles-S2-C10", "settles-S2-C11"]
claim("neuron-sigmoid-slope", "The sigmoid is steepest at 0, and there its slope is one quarter.",
      [z[np.argmax(slopes["sigmoid"](z))], slopes["sigmoid"](z).max()], expected=[0.0, 0.25], tolerance=1e-9)
claim("neuron-tanh", "tanh(z) = 2σ(2z) - 1: a sigmoid, stretched and shifted.",
      np.abs(np.tanh(z) - (2 * sigma(2 * z) - 1)).max(), expected=0.0, tolerance=1e-12)

# %% [markdown]
# The third fact, that ReLU is *not* linear, has its place among the misconceptions below.
#
# ## Dead units
#
# ReLU is flat on the left. A unit whose $z$ is negative for *every* sample sends no gradient to its own weights. If its inputs
# are the data, which do not change, nothing ever brings it back: a [dead unit](../../book/glossary.md#dead-unit). We train a 64-64-10 network on small digits with
# three [learning rates](../../book/glossary.md#learning-rate), five seeds each, and count the units that are negative on all
# 1437 training digits. Then the same with leaky ReLU. What will the leak change? (How the library finds gradients is the
# matter of sections [3](03_by_hand.ipynb) and [4](04_automatic_differentiation.ipynb).)

# %%
x_train, y_train, _, _ = data.digits()
targets = data.one_hot(y_train, 10)


def train_digits(activation, seed, lr, optimizer=optim.SGD, bias=0.0, epochs=5):
    """Return (network, share of hidden units negative on every training digit, accuracy on those digits)."""
    rng = np.random.default_rng(seed)
    net = nn.Sequential(nn.Linear(64, 64, rng=rng), activation(), nn.Linear(64, 10, rng=rng))
    net[0].bias.data += bias
    steps = optimizer(net.parameters(), lr=lr)
    for _ in range(epochs):
        for xb, yb in data.batches(x_train, targets, 64, rng):
            steps.zero_grad()
            F.mse_loss(net(Tensor(xb)), Tensor(yb)).backward()
            steps.step()
    negative = (net[0](Tensor(x_train)).data <= 0).all(axis=0)        # (64,)
    right = net(Tensor(x_train)).data.argmax(axis=1) == y_train
    return net, negative.mean(), right.mean()


# %%
def mean_and_spread(values):
    return f"{100 * np.mean(values):3.0f} ± {100 * np.std(values, ddof=1):2.0f} %"


silent = {}
for activation, lr in itertools.product([nn.ReLU, nn.LeakyReLU], [0.1, 1.0, 1.5]):
    silent[activation, lr] = [train_digits(activation, seed, lr)[1] for seed in range(5)]
    print(f"{activation.__name__:9s} lr {lr:3.1f}: negative on every digit {mean_and_spread(silent[activation, lr])}")
claim("neuron-dead-rate", "A learning rate of 1.5 silences several times as many ReLU units as one of 0.1.",
      np.mean(silent[nn.ReLU, 1.5]) / np.mean(silent[nn.ReLU, 0.1]), at_least=3.0)
claim("neuron-leaky-silent", "Leaky ReLU has nearly as many units that are negative everywhere.",
      np.mean(silent[nn.LeakyReLU, 1.5]) / np.mean(silent[nn.ReLU, 1.5]), at_least=0.7, at_most=1.4)

# %% [markdown]
# Nothing, so far. Steps that are too long throw units to the negative side with or without a leak. What differs is what can
# happen next. So start with *every* unit on the negative side, by a bias of $-5$, and train for ten epochs, this time with
# [Adam](../../book/glossary.md#adam), whose steps do not shrink with the gradient.

# %% tags=["settles-S2-C12"]
drowned = {}
for activation in [nn.ReLU, nn.LeakyReLU, nn.GELU]:
    runs = [train_digits(activation, seed, 0.01, optim.Adam, bias=-5.0, epochs=10) for seed in range(5)]
    drowned[activation] = np.array([(negative, accuracy) for _, negative, accuracy in runs])
    print(f"{activation.__name__:9s} still negative on every digit {mean_and_spread(drowned[activation][:, 0])}"
          f"   accuracy {mean_and_spread(drowned[activation][:, 1])}")
claim("neuron-dead", "Drowned ReLU units never come back: after ten epochs all are still dead, in all five runs.",
      drowned[nn.ReLU][:, 0], expected=np.ones(5))
claim("neuron-dead-chance", "With all hidden units at zero it gives one answer to every digit, and is right on at most 15 %.",
      drowned[nn.ReLU][:, 1].max(), at_most=0.15)
claim("neuron-leaky-learns", "With leaky ReLU the drowned network learns the digits all the same.",
      drowned[nn.LeakyReLU][:, 1].min(), at_least=0.8)

# %% [markdown]
# Most of the leaky units never become positive, and the network works nonetheless: a unit with a slope of 0.01 everywhere
# is a weak linear unit, not a dead one. Dead means *no slope*, not *negative*. GELU's slope at $-5$ is smaller still, yet not
# zero, and Adam makes a full step of it. Plain [gradient descent](../../book/glossary.md#gradient-descent) does not.

# %%
claim("neuron-gelu-left", "At -5 the slope of GELU is below one ten-thousandth in size, and not zero.",
      abs(slopes["GELU"](np.array(-5.0))), at_least=1e-6, at_most=1e-4)
claim("neuron-gelu-sgd", "With gradient descent the drowned GELU networks stay below an accuracy of 0.3 in ten epochs.",
      max(train_digits(nn.GELU, seed, 1.0, bias=-5.0, epochs=10)[2] for seed in range(3)), at_most=0.3)

# %% [markdown]
#
# ## What one layer cannot do: XOR
#
# Let a unit answer 1 where $z > 0$ and 0 elsewhere: a *threshold*. Exclusive or is the smallest problem that no single unit solves: $y = 1$ where exactly one of $x_1, x_2$ is 1. Try to draw
# one straight line that parts the two ones, $(0,1)$ and $(1,0)$, from the two zeros, $(0,0)$ and $(1,1)$.
#
# Every affine $z(x)$ satisfies $z(0,0) + z(1,1) = z(0,1) + z(1,0)$. XOR wants the left side not positive and the right side
# positive. That is the proof. A search says the same: of the 16 ways to label four corners, thresholds reach 14.

# %%
corners, xor = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
reached = {tuple((corners @ w + b > 0).astype(int)) for w in itertools.product(range(-2, 3), repeat=2)
           for b in np.arange(-3.5, 4)}
missing = sorted(set(itertools.product([0, 1], repeat=4)) - reached)
print("labellings out of reach:", missing)
claim("neuron-xor-labelings", "A linear threshold reaches 14 labellings of the corners; XOR and its opposite are missing.",
      missing, expected=[(0, 1, 1, 0), (1, 0, 0, 1)])
affine = corners @ rng.normal(size=(2, 1000)) + rng.normal(size=1000)               # (4, 1000)
claim("neuron-xor-identity", "For 1000 random affine maps the sums over the two diagonals of the square are equal.",
      np.abs(affine[0] + affine[3] - affine[1] - affine[2]).max(), expected=0.0, tolerance=1e-12)
claim("neuron-xor-linear", "No linear model is right on more than three corners of four.",
      max(np.mean(np.array(labels) == xor) for labels in reached), expected=0.75)

# %% [markdown]
# The limits of a single layer were studied by
# [Minsky and Papert, 1969](../../book/bibliography.md#minsky1969perceptrons). One hidden layer of two ReLUs is enough, and
# the weights fit on paper:
#
# $$y = \mathrm{relu}(x_1 + x_2) - 2\,\mathrm{relu}(x_1 + x_2 - 1).$$
#
# The first unit counts the ones: 0, 1, 1, 2. The second is on for two ones alone, and takes 2 away.

# %% tags=["settles-X13"]
xor_net = [(np.ones((2, 2)), np.array([0.0, -1.0])), (np.array([[1.0], [-2.0]]), np.zeros(1))]
answers, (_, counted, _) = predict_mlp(corners, xor_net, gallery["ReLU"])
claim("neuron-xor-relu", "Two ReLUs compute XOR exactly on the four corners.",
      answers.ravel(), expected=[0.0, 1.0, 1.0, 0.0])
claim("neuron-xor-no-relu", "The same weights without the ReLU do not.",
      np.abs(predict_mlp(corners, xor_net, lambda z: z)[0].ravel() - xor).max(), at_least=1.0)

# %% mystnb={"image": {"alt": "The unit square with XOR's four corners. Two parallel diagonal lines cut the plane into three bands: the middle band, which holds (0,1) and (1,0), is class 1; the outer bands, which hold (0,0) and (1,1), are class 0."}}
_ = plotting.decision_boundary(lambda points: np.clip(predict_mlp(points, xor_net, gallery["ReLU"])[0].ravel(), 0, 1),
                               corners, xor, title="Two ReLUs cut the plane twice, and XOR needs no more")

# %% [markdown]
# ## What training finds
#
# Two units are enough *on paper*. Does gradient descent find them? Here 200 networks for each width train side by side
# from random weights: all arrays get a leading axis for the seed, and `@` works on the stack. The loss is
# $\tfrac18\sum(\hat y - y)^2$, half the mean square. Guess: what share of the 200 succeeds with two hidden units?

# %%
def train_stack(x, y, sizes, f, n_seeds=200, steps=2000, optimizer=optim.SGD, lr=0.2, bias=0.0):
    """Train `n_seeds` networks side by side; return a function from x (B, n_in) to outputs (n_seeds, B, n_out)."""
    rng = np.random.default_rng(len(sizes) * 1000 + sizes[1])
    params = []
    for m, n in itertools.pairwise(sizes):
        params += [Tensor(rng.normal(0, math.sqrt(2 / m), (n_seeds, m, n)), requires_grad=True),
                   Tensor(bias * rng.normal(size=(n_seeds, 1, n)), requires_grad=True)]

    def predict(x):
        a = Tensor(x)
        for W, b in zip(params[:-2:2], params[1:-2:2]):
            a = f(a @ W + b)                              # (n_seeds, B, n)
        return a @ params[-2] + params[-1]

    descent = optimizer(params, lr=lr)
    for _ in range(steps):
        descent.zero_grad()
        (((predict(x) - y) ** 2).sum() / (2 * len(x))).backward()
        descent.step()
    return lambda x: predict(x).data


# %% tags=["settles-S0-C8"]
solved, ends = {}, {}
for width in [0, 2, 3, 4, 8, 16]:
    out = train_stack(corners, xor[:, None], [2, width, 1] if width else [2, 1], F.relu)(corners)[:, :, 0]   # (200, 4)
    solved[width] = ((out > 0.5) == xor).all(axis=1).mean()
    ends[width] = ((out - xor) ** 2).sum(axis=1) / 8
    spread = math.sqrt(solved[width] * (1 - solved[width]) / 200)
    print(f"{width:2d} hidden units: {100 * solved[width]:5.1f} ± {100 * spread:3.1f} % of 200 networks solve XOR")
claim("neuron-xor-none", "Without a hidden layer all 200 end at a loss of 1/8: they answer 1/2 everywhere.",
      [ends[0].min(), ends[0].max()], expected=[0.125, 0.125], tolerance=1e-6)
claim("neuron-xor-stuck", "With two hidden units most networks get stuck.", solved[2], at_least=0.1, at_most=0.4)
claim("neuron-xor-wide", "With sixteen nearly all succeed.", solved[16], at_least=0.95)

# %% mystnb={"image": {"alt": "Line plot of the share of 200 networks that learn XOR against the number of hidden units: under a third with two units, about one half with three, nearly all with sixteen. A band shows the standard error."}}
n_hidden, share = np.array(list(solved)[1:]), np.array(list(solved.values())[1:])
error = np.sqrt(share * (1 - share) / 200)
_ = plotting.curves({"share": (n_hidden, share)}, band={"share": (share - error, share + error)},
                    title="Two units suffice on paper; training wants more", xlabel="hidden ReLU units",
                    ylabel="share of 200 random starts", labels="none", ylim=(0, 1.05))

# %% [markdown]
# Fewer than one in three succeed; with sixteen units nearly all do. The stuck networks have stopped at three losses that a pencil explains: $\tfrac18$ (all four corners answered by their mean),
# $\tfrac1{12}$ (one corner right, the other three answered by *their* mean) and $\tfrac1{16}$ (two right, the other two
# answered by theirs, ½). Extra units are not needed to *represent* XOR; they are further tickets in the lottery of *finding* it.

# %%
plateaus = np.array([1 / 8, 1 / 12, 1 / 16])
stuck = ends[2][ends[2] > 1e-3]
at_plateau = np.abs(stuck[:, None] - plateaus).min(axis=1) < 1e-3
claim("neuron-xor-plateaus", "Of the stuck networks with two units at least nine in ten stand at 1/8, 1/12 or 1/16.",
      at_plateau.mean(), at_least=0.9)

# %% [markdown]
# ## What a universal approximator promises
#
# With one hidden layer that is wide enough, a network comes as close as you like to any continuous function on a bounded closed
# set. [Cybenko, 1989](../../book/bibliography.md#cybenko1989approximation) and
# [Hornik, Stinchcombe and White, 1989](../../book/bibliography.md#hornik1989multilayer) proved it for sigmoid-like
# activations; [Leshno et al., 1993](../../book/bibliography.md#leshno1993multilayer) showed that a piecewise continuous
# activation has to be one thing only: not a polynomial. This is [universal approximation](../../book/glossary.md#universal-approximation).
#
# For ReLUs on a line the proof is a construction. Put $k$ kinks on a grid; each unit bends the line by the change of slope
# that is due there. The result is the polygon through $k+1$ points of the curve, and for $\sin$ on $[-\pi,\pi]$ with spacing
# $h = 2\pi/k$ its error is at most $h^2/8$.

# %%
def polygon_of_relus(k):
    """Return a network of k ReLUs, by construction, that passes through sin at k + 1 points of [-π, π]."""
    knots = np.linspace(-math.pi, math.pi, k + 1)
    slope = np.diff(np.sin(knots)) / np.diff(knots)                    # (k,)
    bends = np.diff(slope, prepend=0.0)
    first = (np.ones((1, k)), -knots[:-1])
    last = (bends[:, None], np.array([np.sin(knots[0])]))
    return lambda x: predict_mlp(x, [first, last], gallery["ReLU"])[0]


inside = np.linspace(-math.pi, math.pi, 1001)[:, None]
widths = np.array([4, 8, 16, 32, 64, 128, 256])
built = np.array([np.abs(polygon_of_relus(k)(inside) - np.sin(inside)).max() for k in widths])
claim("neuron-approximation", "Doubling the number of ReLUs quarters the error: on logarithmic axes the slope is -2.",
      np.polyfit(np.log(widths[1:]), np.log(built[1:]), 1)[0], expected=-2.0, tolerance=0.05)
claim("neuron-approximation-bound", "At no width is the error above h²/8.",
      (built / ((2 * math.pi / widths) ** 2 / 8)).max(), at_most=1.0)

# %% [markdown]
# With a polynomial activation no width helps. Take $f(z) = z^2$: any number of squared units spans the same three functions
# $1, x, x^2$, and no parabola is a sine.

# %%
squares = (inside * rng.normal(size=64) + rng.normal(size=64)) ** 2                 # (1001, 64)
best, *_ = np.linalg.lstsq(squares, np.sin(inside), rcond=1e-10)
claim("neuron-polynomial", "64 squared units span three dimensions.", np.linalg.matrix_rank(squares), expected=3)
claim("neuron-polynomial-error", "Their best fit to the sine on [-π, π] stays off by nearly 1 somewhere.",
      np.abs(squares @ best - np.sin(inside)).max(), at_least=0.9)

# %% [markdown]
# So much for the promise. It does not say that *training* reaches such weights, and it says nothing about inputs *outside* the
# set. Both can be measured: ten networks of each width, 1500 steps of Adam on 64 points of the curve, beside the polygon.

# %%
points = np.linspace(-math.pi, math.pi, 64)[:, None]
trained = {k: train_stack(points, np.sin(points), [1, k, 1], F.relu, n_seeds=10, steps=1500,
                          optimizer=optim.Adam, lr=0.01, bias=1.0) for k in [4, 8, 16, 32, 64]}
errors = np.array([np.abs(net(inside) - np.sin(inside)).max(axis=(1, 2)) for net in trained.values()])   # (5, 10)
for k, error in zip(trained, errors):
    print(f"{k:2d} ReLUs: trained {np.median(error):.3f} (from {error.min():.3f} to {error.max():.3f})   "
          f"polygon {built[widths == k][0]:.4f}")
claim("neuron-trained-error", "At 64 units every trained network is worse than the polygon, by a factor of at least 2.",
      errors[-1].min() / built[widths == 64][0], at_least=2.0)

# %% mystnb={"image": {"alt": "Largest error against the number of ReLUs on logarithmic axes. The constructed polygon falls on a straight line of slope minus two down to one ten-thousandth at 256; the median of ten trained networks, with a band from best to worst, falls more slowly and lies above it at every width."}}
_ = plotting.curves({"built by hand": (widths, built), "trained, median": (list(trained), np.median(errors, axis=1))},
                    band={"trained, median": (errors.min(axis=1), errors.max(axis=1))},
                    title="1500 steps of training stay far above what is possible",
                    xlabel="hidden ReLU units", ylabel="largest error on [-π, π]", logx=True, logy=True)

# %% [markdown]
# ## Outside the interval
#
# Beyond its last kink a ReLU network is a straight line for ever. What does the best of them, 256 units and an error below
# $10^{-4}$ inside, say at $2\pi$, where the sine is 0?

# %%
wide = polygon_of_relus(256)
claim("neuron-extrapolation", "Half a period outside its interval the best network answers -π in place of 0.",
      wide(np.array([[2 * math.pi]])).item(), expected=-math.pi, tolerance=0.01)
outside = np.abs(trained[64](np.array([[3 * math.pi]])))
claim("neuron-extrapolation-trained", "At 3π, where the sine is 0, all ten trained networks of 64 units are off by over 1.",
      outside.min(), at_least=1.0)

# %% mystnb={"image": {"alt": "The sine from minus two pi to two pi with two networks of 64 ReLUs, one built and one trained. Between minus pi and pi both lie on the sine; outside both run off in straight lines while the sine turns back."}}
wider = np.linspace(-2 * math.pi, 2 * math.pi, 401)
_ = plotting.curves({"sine": (wider, np.sin(wider)), "built": (wider, polygon_of_relus(64)(wider[:, None])[:, 0]),
                     "trained": (wider, trained[64](wider[:, None])[0, :, 0])},
                    title="Inside [-π, π] all agree; outside, networks go straight on",
                    xlabel="x", ylabel="y")

# %% [markdown]
# ## How to choose an activation
#
# One more measurement: what twenty layers do to a gradient on its way back. We draw 20 layers of 64 units, with weights of
# standard deviation $\sqrt{g/64}$, send a random gradient in at the top and compare its length at the bottom. The sigmoid's
# slope is at most ¼, so expect about $4^{-20} \approx 10^{-12}$ from it.

# %% tags=["settles-S2-Q3"]
def gradient_through(f, g, seed, depth=20, width=64):
    """Return log10 of the length of the gradient at the bottom over its length at the top."""
    rng = np.random.default_rng(seed)
    a = bottom = Tensor(rng.normal(size=(128, width)), requires_grad=True)
    for _ in range(depth):
        a = f(a @ Tensor(rng.normal(0, math.sqrt(g / width), (width, width))))
    top = rng.normal(size=a.shape)
    a.backward(top)
    return math.log10(np.linalg.norm(bottom.grad) / np.linalg.norm(top))


passed = {}
factors = {"sigmoid": 1, "softplus": 1, "tanh": 1, "ReLU": 2, "leaky ReLU": 2, "GELU": 2, "SiLU": 2}
for name, g in factors.items():
    passed[name] = [gradient_through(in_library[name], g, seed) for seed in range(10)]
    print(f"{name:11s} g = {g}:  10 to the power {np.mean(passed[name]):6.2f} ± {np.std(passed[name], ddof=1):.2f}")
claim("neuron-vanishing", "Twenty sigmoid layers shrink a gradient by eleven to thirteen powers of ten.",
      np.mean(passed["sigmoid"]), expected=-12.0, tolerance=1.0)
claim("neuron-passing", "Twenty ReLU layers with g = 2 keep its length within a factor of three.",
      np.abs(np.mean(passed["ReLU"])), at_most=math.log10(3))

# %% [markdown]
# The factor $g$ is part of the choice (its root is called the *gain* of the weights): [He et al., 2015](../../book/bibliography.md#he2015delving) derived $g=2$ for ReLU,
# [Glorot and Bengio, 2010](../../book/bibliography.md#glorot2010understanding) $g=1$ for functions of slope 1 at 0 such as
# tanh. The factors are not interchangeable: with ReLU's, SiLU loses about two powers of ten. [Training a deep network](05_training_deep_networks.ipynb) follows this through 50 layers.
#
# | where | choose | because |
# |---|---|---|
# | hidden layers, to begin with | ReLU | cheapest, no shrinking on the active side ([Nair and Hinton, 2010](../../book/bibliography.md#nair2010rectified); [Glorot et al., 2011](../../book/bibliography.md#glorot2011deep)) |
# | many units die | leaky ReLU or [ELU](../../book/glossary.md#elu), or a smaller learning rate | a slope on the left; ELU: [Clevert et al., 2016](../../book/bibliography.md#clevert2016fast) |
# | deep networks of today, transformers | [GELU](../../book/glossary.md#gelu) or [SiLU](../../book/glossary.md#silu) | smooth, almost ReLU ([Hendrycks and Gimpel, 2016](../../book/bibliography.md#hendrycks2016gaussian); [Elfwing et al., 2018](../../book/bibliography.md#elfwing2018sigmoid)) |
# | a state that is fed back again and again | [tanh](../../book/glossary.md#tanh) | bounded, centred at 0 |
# | a gate between 0 and 1 | sigmoid | its range |
# | output: any number | none | a prediction should not be clipped |
# | output: a positive number | [softplus](../../book/glossary.md#softplus) | its range |
# | output: probabilities | sigmoid or softmax, inside the loss | see [Losses](02_losses.ipynb) |
#
# ## In the frameworks
#
# A 64-32-16-10 network with one tanh and one ReLU layer, on 256 digits, from the same weights in float64. One thing differs:
# PyTorch stores a layer's weights as $(n_\text{out}, n_\text{in})$, the transpose of Keras's and ours.

# %% tags=["fw-numpy"]
Xd, Yd = x_train[:256].astype(np.float64), targets[:256].astype(np.float64)
blocks = [nn.Linear(m, n, rng=rng, dtype=np.float64) for m, n in [(64, 32), (32, 16), (16, 10)]]
net = nn.Sequential(blocks[0], nn.Tanh(), blocks[1], nn.ReLU(), blocks[2])
start = [p.data.copy() for p in net.parameters()]
optimizer, path_numpy = optim.SGD(net.parameters(), lr=0.5), []
for step in range(100):
    out = net(Tensor(Xd)); error = F.mse_loss(out, Tensor(Yd))
    optimizer.zero_grad(); error.backward()
    if step == 0: first_numpy = out.data.copy(), [p.grad.copy() for p in net.parameters()]
    path_numpy.append(error.item()); optimizer.step()

# %% tags=["fw-torch"]
import torch
T = torch.nn
net_torch = T.Sequential(T.Linear(64, 32), T.Tanh(), T.Linear(32, 16), T.ReLU(), T.Linear(16, 10)).double()
with torch.no_grad():
    for p, ours in zip(net_torch.parameters(), start): p.copy_(torch.tensor(ours.T))
optimizer, path_torch = torch.optim.SGD(net_torch.parameters(), lr=0.5), []
for step in range(100):
    out = net_torch(torch.tensor(Xd)); error = T.functional.mse_loss(out, torch.tensor(Yd))
    optimizer.zero_grad(); error.backward()
    if step == 0: first_torch = out.detach(), [p.grad.numpy().T.copy() for p in net_torch.parameters()]
    path_torch.append(error.item()); optimizer.step()

# %% tags=["fw-tensorflow"]
import tensorflow as tf
K, path_tf = tf.keras, []
K.backend.set_floatx("float64")
net_tf = K.Sequential([K.Input((64,)), K.layers.Dense(32, "tanh"), K.layers.Dense(16, "relu"), K.layers.Dense(10)])
net_tf.set_weights(start)
optimizer = K.optimizers.SGD(0.5)
for step in range(100):
    with tf.GradientTape() as tape:
        out = net_tf(Xd); error = tf.reduce_mean((out - Yd) ** 2)
    grads = tape.gradient(error, net_tf.trainable_variables); path_tf.append(float(error))
    if step == 0: first_tf = out, grads
    optimizer.apply_gradients(zip(grads, net_tf.trainable_variables))

# %% tags=["settles-S0-P2", "settles-S0-C14", "settles-S2-C2"]
parity("neuron-mlp",
       outputs={"numpy": first_numpy[0], "torch": first_torch[0], "tensorflow": first_tf[0]},
       gradients={"numpy": first_numpy[1], "torch": first_torch[1], "tensorflow": first_tf[1]},
       path={"numpy": path_numpy, "torch": path_torch, "tensorflow": path_tf})
counts = [net.n_parameters(), sum(p.numel() for p in net_torch.parameters()), net_tf.count_params()]
claim("neuron-same-count", "The library, PyTorch and Keras count 2778 parameters.", counts, expected=[2778] * 3)

# %% [markdown]
# Same numbers, same layers. And the plain `predict_mlp` from the beginning of this section, with ReLU in every hidden layer,
# is what the library computes too.

# %% tags=["settles-S0-C13"]
plain_sizes = [[3, 4, 2], [5, 1, 1, 7], [64, 32, 16, 10]]
agreement, formula_is_right = [], []
for sizes in plain_sizes:
    linear = [nn.Linear(m, n, rng=rng, dtype=np.float64) for m, n in itertools.pairwise(sizes)]
    stacked = [part for l in linear[:-1] for part in (l, nn.ReLU())] + [linear[-1]]
    XX = rng.normal(size=(6, sizes[0]))
    ours = predict_mlp(XX, [(l.weight.data, l.bias.data) for l in linear], gallery["ReLU"])[0]
    agreement.append(np.abs(ours - nn.Sequential(*stacked)(Tensor(XX)).data).max())
    keras_count = K.Sequential([K.Input((sizes[0],)), *(K.layers.Dense(n) for n in sizes[1:])]).count_params()
    formula_is_right.append(count_parameters(sizes) == keras_count == sum(l.weight.size + l.bias.size for l in linear))
claim("neuron-forward", "For three networks the plain forward pass is the library's.",
      max(agreement), expected=0.0, tolerance=1e-12)
claim("neuron-count-formula", "For all three, n_in·n_out + n_out summed over the layers is what both count.",
      formula_is_right, expected=[True, True, True])

# %% [markdown]
# ## Misconceptions
#
# > **Misconception.** ReLU is linear: it is made of two straight lines.
#
# Linear means $f(u + v) = f(u) + f(v)$ for all $u$ and $v$. *Piecewise* linear is not linear, and the bend is all that
# networks of ReLUs are built on: it made XOR possible above.

# %% tags=["settles-F45", "settles-S2-C12"]
def additive_gap(f):
    """Return the largest |f(u + v) - f(u) - f(v)| over 1000 random pairs."""
    u, v = np.random.default_rng(1).normal(size=(2, 1000))
    return np.abs(f(u + v) - f(u) - f(v)).max()


relu = gallery["ReLU"]
claim("neuron-relu-nonlinear", "relu(-1) + relu(1) = 1 differs from relu(0) = 0.",
      relu(-1.0) + relu(1.0) - relu(0.0), expected=1.0)
claim("neuron-all-nonlinear", "None of the eight activations is additive; a straight line through 0 is.",
      min(additive_gap(f) for f in gallery.values()), at_least=0.01)
claim("neuron-line-is-linear", "The line 3z passes the same test.",
      additive_gap(lambda z: 3 * z), expected=0.0, tolerance=1e-12)

# %% [markdown]
# > **Misconception.** $y = xW + b$ is a linear map.
#
# It is linear in the everyday sense, a straight line, and affine in the mathematical one. A linear map sends 0 to 0; this
# sends it to $b$. The difference is small and has a price: a network without biases is tied to the origin.

# %% tags=["settles-M9", "settles-S0-F1"]
W, b = rng.normal(size=(3, 2)), rng.normal(size=2)
u, v = rng.normal(size=(2, 100, 3))
gap = (u + v) @ W + b - (u @ W + b) - (v @ W + b)
claim("neuron-affine", "f(x + y) - f(x) - f(y) is -b, for 100 pairs of inputs.",
      np.abs(gap - (-b)).max(), expected=0.0, tolerance=1e-12)
claim("neuron-affine-not-linear", "That is not 0: the bias breaks linearity.", np.abs(gap).max(), at_least=0.01)

# %% [markdown]
# > **Misconception.** Every layer has weights and biases, the input layer too.
#
# The weights that a drawing shows behind the input dots belong to the layer they lead into. A framework may list an
# input layer; it holds nothing.

# %% tags=["settles-F4", "settles-S0-C10"]
input_layer = K.layers.InputLayer(shape=(784,))
claim("neuron-input-layer", "An input layer of 784 features has 0 parameters and no weight arrays.",
      [input_layer.count_params(), len(input_layer.weights)], expected=[0, 0])
claim("neuron-input-shapes", "A network of four layers of units, input included, has three weight matrices.",
      len([p for p in net.parameters() if p.ndim == 2]), expected=len([64, 32, 16, 10]) - 1)

# %% [markdown]
# > **Misconception.** More layers always make a network more expressive.
#
# Not if nothing bends between them. Three layers without activations, with 37 parameters in place of 3, end on XOR exactly
# where a single unit did: at a loss of $\tfrac18$.

# %%
straight = train_stack(corners, xor[:, None], [2, 4, 4, 1], lambda z: z, n_seeds=50, lr=0.05)(corners)[:, :, 0]
straight_losses = ((straight - xor) ** 2).sum(axis=1) / 8
claim("neuron-deep-linear", "Fifty networks of three linear layers learn no more of XOR than one unit: all end at 1/8.",
      [straight_losses.min(), straight_losses.max()], expected=[0.125, 0.125], tolerance=1e-6)
claim("neuron-deep-linear-count", "Each of them has 37 parameters; a single unit has 3.",
      [count_parameters([2, 4, 4, 1]), count_parameters([2, 1])], expected=[37, 3])

# %% [markdown]
# ## Summary
#
# - A neuron is $a = f(x\cdot w + b)$; a layer of them on a batch is $A = f(XW + b)$, with $n_\text{in}n_\text{out} + n_\text{out}$ parameters.
# - Affine maps compose to an affine map. Without activations depth is a waste of multiplications.
# - A saturated unit passes no gradient; a ReLU unit of the first layer that is negative on all data is dead for good; a leak keeps a slope.
# - XOR is out of reach of one layer, and two ReLUs solve it. That weights *exist* does not mean that training *finds* them.
# - Universal approximation is about existence on a bounded set: no word about training, width or what lies outside.
#
# ## Exercises
#
# ### Exercise 1 · One neuron on paper
#
# A unit has weights $(2, -1, \tfrac12)$ and bias $-\tfrac12$; the input is $(1, 3, 2)$. Give $z$, the output with ReLU and the
# output with leaky ReLU of slope 0.01, in this order.

# %%
answer = None          # for example [2.0, 2.0, 2.0]
exercise("neuron-by-hand", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# $z = 2\cdot1 - 1\cdot3 + \tfrac12\cdot2 - \tfrac12 = -\tfrac12$. ReLU makes it 0, leaky ReLU $-0.005$.
#
# </details>

# %% tags=["hide-cell", "solution"]
z_paper = np.dot([1.0, 3.0, 2.0], [2.0, -1.0, 0.5]) - 0.5
exercise("neuron-by-hand", [z_paper, gallery["ReLU"](z_paper), gallery["leaky ReLU"](z_paper)])

# %% [markdown]
# ### Exercise 2 · Count the parameters
#
# Pictures of 28 by 28 pixels go through hidden layers of 128 and 64 units, all with biases, to 10 outputs. How many
# parameters has the network?

# %%
answer = None
exercise("neuron-count", answer)

# %% tags=["hide-cell", "solution"]
exercise("neuron-count", (784 * 128 + 128) + (128 * 64 + 64) + (64 * 10 + 10))

# %% [markdown]
# ### Exercise 3 · Collapse a linear network
#
# Write `collapse(layers)`: given a list of `(W, b)` without activations between them, return the one pair `(W, b)` that computes the
# same.

# %%
def collapse(layers):
    ...


exercise("neuron-merge", collapse)


# %% tags=["hide-cell", "solution"]
def collapsed(layers):
    W, b = layers[0]
    for W_next, b_next in layers[1:]:
        W, b = W @ W_next, b @ W_next + b_next
    return W, b


exercise("neuron-merge", collapsed)

# %% [markdown]
# ### Exercise 4 · The opposite of XOR
#
# Find weights of a 2-2-1 network with ReLU in the hidden layer and none at the output that answers 1 where $x_1 = x_2$ and 0
# elsewhere, on the four corners. Give `(W1, b1, W2, b2)` of shapes (2, 2), (2,), (2, 1), (1,). There is more than one answer.

# %%
answer = None          # for example ([[1, 1], [1, 1]], [0, -1], [[1], [-2]], [0])
exercise("neuron-xnor", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Take XOR from 1: $y = 1 - \mathrm{relu}(x_1 + x_2) + 2\,\mathrm{relu}(x_1 + x_2 - 1)$. Flip the signs of the last layer's weights and
# set its bias to 1.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("neuron-xnor", ([[1, 1], [1, 1]], [0, -1], [[-1], [2]], [1]))

# %% [markdown]
# ### Exercise 5 · The slope of SiLU
#
# Write `silu_slope(z)`, the derivative of $z\,\sigma(z)$ for an array `z`, without looking at the gallery.

# %%
def silu_slope(z):
    ...


exercise("neuron-silu", silu_slope)

# %% tags=["hide-cell", "solution"]
exercise("neuron-silu", lambda z: sigma(z) + z * sigma(z) * (1 - sigma(z)))

# %% [markdown]
# ### Exercise 6 · A proof
#
# Show that whatever a network with one hidden layer of tanh units computes, a network of the same size with sigmoid units computes
# too. Give its weights $(W_1', b_1', W_2', b_2')$ from $(W_1, b_1, W_2, b_2)$. Why do the two still not train alike?
#
# <details><summary>Solution</summary>
#
# First the identity: $2\sigma(2z) - 1 = \frac{2}{1+e^{-2z}} - 1 = \frac{1-e^{-2z}}{1+e^{-2z}} = \frac{e^{z}-e^{-z}}{e^{z}+e^{-z}} = \tanh z$.
# Insert it into the network: $\tanh(xW_1+b_1)W_2 + b_2 = \bigl(2\sigma(2xW_1 + 2b_1) - \mathbf 1\bigr)W_2 + b_2
# = \sigma\bigl(x\,2W_1 + 2b_1\bigr)\,2W_2 + (b_2 - \mathbf 1W_2)$, where $\mathbf 1$ is a row of ones. So $W_1' = 2W_1$, $b_1' = 2b_1$,
# $W_2' = 2W_2$ and $b_2' = b_2 - \mathbf 1W_2$, the sum of each column of $W_2$ taken away.
# Gradient descent depends on the coordinates: the same functions lie at other weights, with other slopes there, and the usual random starts
# of the two are different functions.
#
# </details>

# %% [markdown]
# ## Sources
#
# [McCulloch and Pitts, 1943](../../book/bibliography.md#mcculloch1943logical) and
# [Rosenblatt, 1958](../../book/bibliography.md#rosenblatt1958perceptron), the unit and its learning ·
# [Minsky and Papert, 1969](../../book/bibliography.md#minsky1969perceptrons), its limits ·
# [Cybenko, 1989](../../book/bibliography.md#cybenko1989approximation),
# [Hornik et al., 1989](../../book/bibliography.md#hornik1989multilayer) and
# [Leshno et al., 1993](../../book/bibliography.md#leshno1993multilayer), universal approximation ·
# [Glorot et al., 2011](../../book/bibliography.md#glorot2011deep), rectifiers in deep networks ·
# [Goodfellow, Bengio and Courville, 2016](../../book/bibliography.md#goodfellow2016deep), chapter 6.
