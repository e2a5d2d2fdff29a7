# %% [markdown]
# # Convolution
#
# **After this section** you can compute a convolution and its gradient on paper, say from its settings how large its output is, how many weights it has and what it costs, write it as loops, as columns
# and as a matrix, and tell a convolutional network from one that is only called so.
# *Reading: 30 minutes. Running: about 25 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import ast

import numpy as np
import torch
from matplotlib.colors import LinearSegmentedColormap
from scipy.signal import convolve2d, correlate2d

from chainrule import Tensor, data, explore, nn, optim, plotting, train
from chainrule.nn import functional as F
from chainrule.plotting.color import BLUE, ORANGE
from chainrule.proof import claim, exercise, gradcheck, parity, same

# %% [markdown]
# ## The question
#
# The [networks of chapter 2](../02_backprop/05_training_deep_networks.ipynb) take a digit as a row of 784 numbers. Which of them are neighbours in the picture, the network is never told, and every
# [unit](../../book/glossary.md#artificial-neuron) has its own weight for each of them. A stroke that it has learned to see at the top left it must learn again at the bottom right. What would a layer look like that knew about pictures?
#
# Two facts about pictures. **Neighbours tell about each other; distant pixels hardly do.** Here is the correlation of two pixels of a row, over 2 000 [MNIST](../../book/bibliography.md#lecun1998gradient) digits, against the
# distance between them. **Predict:** what does the curve become when the pixels of all digits are shuffled by one fixed permutation?

# %%
mnist = data.mnist()
pictures = mnist.x_train[:2000].reshape(-1, 28, 28).astype(np.float64)
pixel_order = np.random.default_rng(0).permutation(784)


def pixel_correlation(pictures, distance):
    """Return the correlation of pixels of a row at this distance. pictures (N, H, W)."""
    left, right = pictures[:, :, : pictures.shape[2] - distance], pictures[:, :, distance:]
    return np.corrcoef(left.ravel(), right.ravel())[0, 1]


reach = np.arange(15)
correlation = {name: np.array([pixel_correlation(p, d) for d in reach])
               for name, p in {"as drawn": pictures,
                               "pixels shuffled": pictures.reshape(-1, 784)[:, pixel_order].reshape(-1, 28, 28)}.items()}
claim("conv-neighbours", "Pixels side by side correlate by 0.81, pixels seven apart by less than 0.05.",
      correlation["as drawn"][[1, 7]], expected=[0.81, 0.025], tolerance=0.02)
claim("conv-neighbours-shuffled", "Shuffled, pixels correlate by less than 0.15 at any distance.",
      np.abs(correlation["pixels shuffled"][1:]).max(), at_most=0.15)

# %% mystnb={"image": {"alt": "Two curves of correlation against the distance of two pixels, 0 to 14. As drawn it falls from 1 through 0.8 at distance 1 to about zero at 8. With shuffled pixels it drops to nearly zero at distance 1 and stays there."}}
_ = plotting.curves({name: (reach, c) for name, c in correlation.items()}, xlabel="distance in a row (pixels)",
                    ylabel="correlation", title="What a pixel tells about another ends after a few steps")

# %% [markdown]
# Each picture has the same pixels after the shuffle as before; what it has lost is its neighbourhoods. The second fact: **a stroke is a stroke wherever it stands.** Put both into a layer:
#
# - **Locality.** A unit looks at a small window only, say $3\times3$.
# - **Sharing.** All the windows are weighed by the same nine numbers.
#
# That layer is a **[convolution](../../book/glossary.md#convolution)**, and the nine numbers are its **[kernel](../../book/glossary.md#convolution-kernel)**. It has few parameters, and their number does not depend on the size of the picture.

# %%
for side in (8, 28, 224):
    print(f"{side:3d}×{side:<3d}  fully connected to as many units {side**4 + side**2:13,}   conv 3×3 to 16 images {16 * 9 + 16}")
rng = np.random.default_rng(0)
built = nn.Linear(64, 64, rng=rng), nn.Conv2d(1, 16, 3, rng=rng)
claim("conv-parameters-digits", "On 8×8 a fully connected layer 64→64 has 4 160 parameters, a convolution with 16 kernels of 3×3 has 160.",
      [sum(p.data.size for p in layer.parameters()) for layer in built], expected=[4160, 160])

# %% [markdown]
# > **History.** Units that look at a small window and repeat over the picture are the layers of [Fukushima's neocognitron, 1980](../../book/bibliography.md#fukushima1980neocognitron). Training the shared weights by back-propagation is
# > [LeCun et al., 1989](../../book/bibliography.md#lecun1989backpropagation), on postal codes.
#
# ## By hand
#
# In one dimension and with six numbers. The kernel $w = (-1, 0, 1)$ lies over three neighbours of $x$; multiply what lies on each other, add up, move on by one:
#
# | what | values | on paper |
# |---|---|---|
# | input $x$ | $(2, 2, 2, 7, 7, 2)$ | |
# | window at 0 | $(2, 2, 2)$ | $-2 + 2 = 0$ |
# | window at 1 | $(2, 2, 7)$ | $-2 + 7 = 5$ |
# | window at 2 | $(2, 7, 7)$ | $-2 + 7 = 5$ |
# | window at 3 | $(7, 7, 2)$ | $-7 + 2 = -5$ |
# | output $z$ | | $(0, 5, 5, -5)$ |
#
# Four windows fit. The output is zero where the input is level, positive where it rises, negative where it falls: an edge detector. In two dimensions the kernel is a small square and slides along both axes:
#
# $$z_i = \sum_a w_a\,x_{i+a}, \qquad\qquad z_{ij} = \sum_{a}\sum_{b} w_{ab}\,x_{i+a,\,j+b} .$$
#
# Read aloud: *output $ij$ is the kernel laid on the picture with its corner at $ij$, products added up.* **On paper first:** the same edge detector, three rows of $(-1, 0, 1)$, on the $4\times4$ picture of the next cell. What are the four outputs?

# %%
def slide_line(x, w):
    """Return z with z[i] = Σ_a w[a] x[i + a]."""
    z = np.zeros(len(x) - len(w) + 1)
    for i in range(len(z)):
        for a in range(len(w)):
            z[i] += w[a] * x[i + a]
    return z


def slide(x, w):
    """Return z with z[i, j] = Σ_ab w[a, b] x[i + a, j + b]."""
    z = np.zeros((x.shape[0] - w.shape[0] + 1, x.shape[1] - w.shape[1] + 1))
    for i, j in np.ndindex(z.shape):
        for a, b in np.ndindex(w.shape):
            z[i, j] += w[a, b] * x[i + a, j + b]
    return z


line, edge = np.array([2.0, 2, 2, 7, 7, 2]), np.array([-1.0, 0, 1])
square, upright = np.array([[0.0, 0, 3, 3], [0, 0, 3, 3], [0, 3, 3, 3], [3, 3, 3, 3]]), np.tile(edge, (3, 1))
claim("conv-paper-line", "On paper and in the loop the edge detector answers 0, 5, 5, −5.", slide_line(line, edge), expected=[0.0, 5, 5, -5])
claim("conv-paper-square", "On the square the four outputs are 9, 6, 6, 3.", slide(square, upright), expected=np.array([[9.0, 6], [6, 3]]))

# %% [markdown]
# The edge in the square leans, so the answer fades towards the lower right, where the window sees less of it.
#
# Three kernels that people wrote down long before anybody learned one, on a real digit:

# %% mystnb={"image": {"alt": "Four pictures of one handwritten digit: as it is, blurred and softer, only its left and right edges, and sharpened, with hard contours."}}
blur = np.full((3, 3), 1 / 9)
sobel = np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
identity = np.zeros((3, 3))
identity[1, 1] = 1
sharpen = 3 * identity - 2 * blur              # the picture, plus twice what blurring took away
digit = pictures[np.flatnonzero(mnist.y_train == 3)[0]]
answers = {"digit": slide(digit, identity), "blur": slide(digit, blur), "upright edges": np.abs(slide(digit, sobel)), "sharpen": slide(digit, sharpen)}
_ = plotting.images(np.array([a / np.abs(a).max() for a in answers.values()]), n_columns=4, titles=list(answers),
                    limits=(0, 1), title="Nine numbers make a blur, an edge detector or a sharper picture")

# %%
claim("conv-blur-sum", "A kernel whose weights add up to 1 keeps the amount of ink, here that of a digit with an empty border.",
      [w.sum() for w in (blur, sharpen)] + [slide(digit, w).sum() / digit.sum() for w in (blur, sharpen)], expected=[1.0] * 4, tolerance=1e-12)
claim("conv-edge-level", "A kernel whose weights add up to 0 is silent on a level picture.", np.abs(slide(np.full((9, 9), 0.7), sobel)).max(), at_most=1e-12)
claim("conv-sharpen", "Sharpening is three times the picture minus twice its blur: the kernel enters linearly.",
      np.abs(slide(digit, sharpen) - 3 * slide(digit, identity) + 2 * slide(digit, blur)).max(), at_most=1e-12)

# %% [markdown]
# ## Convolution, or correlation?
#
# In mathematics the convolution of $w$ and $x$ is $(w*x)_i = \sum_a w_a\,x_{i-a}$, with a *minus*: the kernel is flipped before it slides. What we have computed, with a plus, is called
# **[cross-correlation](../../book/glossary.md#cross-correlation)**. Which of the two is `conv2d`?
#
# > **Misconception.** Frameworks flip the kernel: the layer is called a convolution, after all.
#
# **Predict,** then run: which of SciPy's two functions agrees with ours, and which with PyTorch?

# %% tags=["settles-S2-F5", "settles-M13"]
rng = np.random.default_rng(1)
x, w = rng.normal(size=(9, 8)), rng.normal(size=(3, 4))
engine = F.conv2d(x[None, None], w[None, None]).data[0, 0]
torch_says = torch.nn.functional.conv2d(torch.tensor(x)[None, None], torch.tensor(w)[None, None])[0, 0].numpy()
against = {f.__name__: np.abs(f(x, w, mode="valid") - torch_says).max() for f in (correlate2d, convolve2d)}
claim("conv-is-correlation", "PyTorch, the engine and our loops compute SciPy's `correlate2d`.",
      [against["correlate2d"], np.abs(engine - torch_says).max(), np.abs(slide(x, w) - torch_says).max()], at_most=1e-12)
claim("conv-is-not-convolution", "They do not compute `convolve2d`.", against["convolve2d"], at_least=1.0)
claim("conv-flip", "Flip the kernel along both axes and the two change places.", np.abs(convolve2d(x, w[::-1, ::-1], mode="valid") - torch_says).max(), at_most=1e-12)

# %% [markdown]
# So a "convolutional" layer correlates ([Goodfellow, Bengio and Courville, 2016](../../book/bibliography.md#goodfellow2016deep), section 9.1, say so, too). For a kernel that is *learned* the name is all that differs: a layer that flips learns the flipped kernel. Two layers, one of each kind, from starts that are flips of each other:

# %%
def learn_kernel(flips, start, steps=60):
    """Fit a kernel to the answers of a hidden one; return (kernel, losses)."""
    w, losses = Tensor(start.copy(), requires_grad=True), []
    sgd = optim.SGD([w], lr=0.2)
    for _ in range(steps):
        z = F.conv1d(signals, w[:, :, ::-1] if flips else w)
        loss = ((z - wanted) ** 2).mean()
        sgd.zero_grad(); loss.backward(); sgd.step()
        losses.append(loss.item())
    return w.data, np.array(losses)


signals, start = rng.normal(size=(20, 1, 30)), rng.normal(size=(1, 1, 5))
wanted = F.conv1d(signals, rng.normal(size=(1, 1, 5))).data
plain, flipped = learn_kernel(False, start), learn_kernel(True, start[:, :, ::-1])
claim("conv-learned-fits", "Both layers find the hidden kernel: the loss falls below 1e-6.", [plain[1][-1], flipped[1][-1]], at_most=1e-6)
claim("conv-learned-flip", "Their losses agree at every step, and the kernels are flips of each other.",
      [np.abs(plain[1] - flipped[1]).max(), np.abs(plain[0] - flipped[0][:, :, ::-1]).max()], at_most=1e-12)

# %% [markdown]
# ## Channels
#
# A colour picture is three pictures on top of each other; a layer with 16 kernels makes 16. These are **[channels](../../book/glossary.md#channel)**, and each output channel, a **[feature map](../../book/glossary.md#feature-map)**, listens to *all* input
# channels: it has a $k\times k$ kernel for each of them and adds up the answers.
#
# $$z_{n,o,i,j} = b_o + \sum_{c}\sum_{p,q} W_{o,c,p,q}\; x_{n,\,c,\,i+p,\,j+q}$$
#
# | symbol | shape | meaning |
# |---|---|---|
# | $x$ | $(B, C_\text{in}, H, W)$ | a batch of images with $C_\text{in}$ channels |
# | $W$ | $(C_\text{out}, C_\text{in}, k, k)$ | one kernel for each pair of channels |
# | $b$ | $(C_\text{out},)$ | one [bias](../../book/glossary.md#bias) a feature map |
# | $z$ | $(B, C_\text{out}, H', W')$ | the feature maps, before the activation $f$ |
#
# The second of the two articles that this book began with writes the layer as $F(x) = \sigma(W*x + b)$, with $W$ a "weight matrix". It is a tensor with four axes, the star is a correlation, and any activation may stand for its $\sigma$.
#
# ## Padding, stride, dilation, groups
#
# Four settings change where the windows lie. Each can be said in one line of the loop:
#
# | setting | what it does | in the loop |
# |---|---|---|
# | [padding](../../book/glossary.md#padding) $p$ | $p$ rows of zeros on every side | `np.pad` first |
# | [stride](../../book/glossary.md#stride) $s$ | the window moves by $s$ | row $si$ in place of $i$ |
# | [dilation](../../book/glossary.md#dilation) $d$ | gaps in the kernel: it reaches over $d(k-1)+1$ | row $si + dp$ |
# | [groups](../../book/glossary.md#grouped-convolution) $g$ | channels in $g$ groups that do not see each other | $c$ runs over a group only |

# %%
def conv_by_loops(x, w, b, stride=1, padding=0, dilation=1, groups=1):
    """Return z (B, C_out, H', W'), index by index. x (B, C_in, H, W), w (C_out, C_in / groups, k, k)."""
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    out = [output_length(n, w.shape[2], stride, 0, dilation) for n in x.shape[2:]]
    z = np.zeros((len(x), len(w), *out), np.result_type(x, w))
    for n, o, i, j in np.ndindex(z.shape):
        first = o // (len(w) // groups) * w.shape[1]             # the first channel of o's group
        z[n, o, i, j] = b[o]
        for c, p, q in np.ndindex(w.shape[1:]):
            z[n, o, i, j] += w[o, c, p, q] * x[n, first + c, stride * i + dilation * p, stride * j + dilation * q]
    return z


def output_length(n, k, stride, padding, dilation):
    """Return how many windows fit along an axis of length n."""
    return (n + 2 * padding - dilation * (k - 1) - 1) // stride + 1


# %% [markdown]
# The second function is the **output-size formula**:
#
# $$H' = \left\lfloor\frac{H + 2p - d(k-1) - 1}{s}\right\rfloor + 1 .$$
#
# Read aloud: *the padded length less the reach of the kernel is the room for moving; count the steps that fit into it, and the place where the window starts.* With $d = 1$ it is the formula of the textbooks, $\lfloor(H + 2p - k)/s\rfloor + 1$. The floor hides a
# loss: with $s>1$ the last rows may lie under no window at all.
#
# One formula against two programs, in 500 random settings, both axes different. Where the formula leaves no room for a window the programs must refuse.

# %% tags=["settles-S2-C15"]
def attempt(f):
    """Return the array that f makes, or None where it refuses."""
    try:
        return f()
    except (ValueError, RuntimeError):
        return None


rng, refused, worst, right = np.random.default_rng(2), 0, 0.0, 0
for _ in range(500):
    (n, k, s, p, d), g = [rng.integers(low, high, 2) for low, high in [(1, 24), (1, 6), (1, 5), (0, 4), (1, 4)]], int(rng.integers(1, 4))
    size = [output_length(*axis) for axis in zip(n, k, s, p, d)]
    x, w = rng.normal(size=(2, 2 * g, *n)), rng.normal(size=(3 * g, 2, *k))
    s, p, d = (tuple(v.tolist()) for v in (s, p, d))
    ours = attempt(lambda x=x, w=w, s=s, p=p, d=d, g=g: F.conv2d(x, w, None, s, p, d, g).data)
    theirs = attempt(lambda x=x, w=w, s=s, p=p, d=d, g=g: torch.nn.functional.conv2d(torch.tensor(x), torch.tensor(w), None, s, p, d, g).numpy())
    if min(size) < 1:
        refused += 1
        right += ours is None and theirs is None
    else:
        right += ours.shape == theirs.shape == (2, 3 * g, *size)
        worst = max(worst, np.abs(ours - theirs).max() / max(1, np.abs(theirs).max()))
print(f"{refused} of 500 settings leave no room for a window")
claim("conv-output-size", "The formula is right in all 500 settings, for the engine and for PyTorch.", right, expected=500)
claim("conv-output-values", "Where there is an output the two agree on its values, too.", worst, at_most=1e-12)

# %% [markdown]
# Some settings have names. $p = (k-1)/2$ with odd $k$ and $s = 1$ keeps the size and is called "same"; $p = 0$ is "valid". As many groups as channels is *depthwise*. The number of parameters, $C_\text{out}\,(C_\text{in}/g)\,k^2 + C_\text{out}$, follows from the shapes alone:

# %%
def conv_parameters(c_in, c_out, k, groups=1, bias=True):
    return c_out * (c_in // groups) * k * k + (c_out if bias else 0)


ten = [(1, 16, 3), (16, 32, 3), (3, 64, 7), (64, 64, 1), (32, 32, 3, 32), (64, 128, 3, 2), (6, 16, 5), (512, 512, 3), (4, 8, 11, 4, False), (1, 1, 1, 1, False)]
claim("conv-parameter-formula", "The formula counts the parameters of ten built layers, with groups and without.",
      [conv_parameters(*c) for c in ten],
      expected=[sum(p.data.size for p in nn.Conv2d(*c[:3], groups=c[3] if len(c) > 3 else 1, bias=len(c) < 5, rng=rng).parameters()) for c in ten])

# %% [markdown]
# ## Explore: under the microscope
#
# Below stands a picture of 28×28 and what one kernel makes of it; choose an output pixel, and its window and its sum are spelled out. Draw, change the kernel, the stride, the padding. **Try to answer first:** with kernel 3, padding 0 and stride 2 the output has 13×13 pixels. Which
# pixels of the input does no window reach? And which kernel leaves the picture as it is, but one pixel further down and to the right?

# %%
explore.convolution_microscope()

# %% [markdown]
# ## As columns
#
# The loops are honest and slow. The remedy is old ([Chellapilla, Puri and Simard, 2006](../../book/bibliography.md#chellapilla2006high)) and is called **[im2col](../../book/glossary.md#im2col)**: copy every window into a column, write every kernel as a row, and multiply the two matrices. For the square of
# the paper example there are four windows of nine numbers.

# %%
def window_columns(x, k, stride=1, padding=0):
    """Return the windows of x (B, C, H, W) as columns (B, C k k, H' W')."""
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    windows = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(2, 3))[:, :, ::stride, ::stride]   # (B, C, H', W', k, k)
    B, C, rows, columns = windows.shape[:4]
    return windows.transpose(0, 1, 4, 5, 2, 3).reshape(B, C * k * k, rows * columns)


def conv_by_columns(x, w, b, stride=1, padding=0):
    rows, columns = (output_length(n, w.shape[2], stride, padding, 1) for n in x.shape[2:])
    z = w.reshape(len(w), -1) @ window_columns(x, w.shape[2], stride, padding)      # (B, C_out, H' W')
    return (z + b[:, None]).reshape(len(x), len(w), rows, columns)


print(window_columns(square[None, None], 3)[0].astype(int).T, "the four windows, each a row here")
rng = np.random.default_rng(3)
layer_cases = [(rng.normal(size=(2, c, 7, 6)), rng.normal(size=(o, c, k, k)), rng.normal(size=o), s, p)
               for c, o, k, s, p in [(1, 1, 3, 1, 0), (3, 4, 3, 1, 1), (2, 5, 2, 2, 0), (4, 2, 5, 3, 2), (3, 2, 1, 1, 0)]]
same("seven nested loops are one matrix product over im2col's columns", conv_by_loops, conv_by_columns, layer_cases)
same("and both are the engine's `conv2d`", conv_by_loops, lambda *a: F.conv2d(*a).data, layer_cases)
same("with dilation and groups, too", conv_by_loops, lambda *a: F.conv2d(*a).data,
     [(rng.normal(size=(2, 4, 9, 9)), rng.normal(size=(6, 2, 3, 3)), rng.normal(size=6), 2, 1, 2, 2)])

# %% [markdown]
# A window of stride 1 shares most of its numbers with the next, so the columns hold nearly $k^2$ times as many numbers as the picture: memory is paid for speed. The engine does the same, one position of the kernel at a time.
#
# ## What it costs
#
# Every output number is an inner product over $(C_\text{in}/g)\,k^2$ numbers, so a layer takes
#
# $$B\cdot C_\text{out}\cdot H'\cdot W'\cdot\frac{C_\text{in}}{g}\cdot k^2$$
#
# multiply-adds. To be sure, let the loops themselves count. The weights of the next cell are numbers that keep a tally of every product they take part in.

# %%
class Tally(float):
    """A number that counts the products it takes part in."""

    products = 0

    def __mul__(self, other):
        Tally.products += 1
        return float(self) * other

    __rmul__ = __mul__


def counted(x_shape, w_shape, **settings):
    """Return how many products `conv_by_loops` makes."""
    Tally.products = 0
    w = np.vectorize(Tally, otypes=[object])(np.ones(w_shape))
    conv_by_loops(np.ones(x_shape, object), w, np.zeros(w_shape[0]), **settings)
    return Tally.products


def multiply_adds(batch, c_in, c_out, k, out, groups=1):
    return batch * c_out * out[0] * out[1] * (c_in // groups) * k * k


claim("conv-cost", "For three layers, one with stride and one with groups, the formula is what the loops count.",
      [multiply_adds(1, 1, 16, 3, (8, 8)), multiply_adds(2, 3, 4, 3, (4, 4)), multiply_adds(1, 4, 6, 3, (6, 6), 2)],
      expected=[counted((1, 1, 8, 8), (16, 1, 3, 3), padding=1), counted((2, 3, 8, 8), (4, 3, 3, 3), padding=1, stride=2),
                counted((1, 4, 8, 8), (6, 2, 3, 3), groups=2)])
by_layer = 64 * 1024, multiply_adds(1, 1, 16, 3, (8, 8))
claim("conv-cost-dense", "From 8×8 to 16 maps of 8×8 a fully connected layer multiplies 65 536 times, the convolution 9 216 times.", by_layer, expected=[65536, 9216])

# %% [markdown]
# Parameters and cost part ways here. A fully connected layer uses each weight once a sample; a convolution uses each of its few weights $H'W'$ times. Twice the side of the picture: the same parameters, four times the work.
#
# ## As one matrix
#
# > **Misconception.** A convolution is something other than a linear layer.
#
# Each output is a weighted sum of inputs, so there is a matrix $A$ with $z = Ax$. To find it, send in the pictures that have a single pixel lit: their answers are the columns of $A$. For the six numbers on paper it is a
# **[Toeplitz matrix](../../book/glossary.md#toeplitz-matrix)**, constant along every diagonal.

# %% mystnb={"image": {"alt": "A matrix with four rows and six columns. Each row holds minus one, zero, one, moved one place to the right from row to row; all else is zero."}}
def matrix_of(linear, shape):
    """Return A, with linear(x).ravel() = A @ x.ravel() for every x of this shape."""
    lit = np.eye(np.prod(shape)).reshape(-1, *shape)             # one picture for each pixel
    return np.array([linear(picture).ravel() for picture in lit]).T


line_matrix = matrix_of(lambda x: slide_line(x, edge), (6,))
rows = np.random.default_rng(3).normal(size=(100, 6))
claim("conv-line-matrix", "For a hundred rows of six random numbers this matrix gives what sliding gives.",
      np.abs(rows @ line_matrix.T - np.array([slide_line(x, edge) for x in rows])).max(), at_most=1e-12)
_ = plotting.matrix(line_matrix, digits=0, diverging=True, title="Six numbers to four: one row for each window",
                    xlabel="input", ylabel="output")

# %%
rng = np.random.default_rng(4)
kernel = rng.normal(size=(3, 3))
A = matrix_of(lambda x: slide(x, kernel), (8, 8))                # (36, 64)
dense = nn.Linear(64, 36, bias=False, rng=rng, dtype=np.float64)
dense.weight.data[...] = A.T                                     # our Linear stores (in, out)
batch = rng.normal(size=(5, 8, 8))
claim("conv-is-linear", "`nn.Linear` with this matrix computes the convolution.",
      np.abs(dense(Tensor(batch.reshape(5, 64))).data.reshape(5, 6, 6) - np.array([slide(x, kernel) for x in batch])).max(), at_most=1e-12)
blocks = A.reshape(6, 6, 8, 8)                                   # output row and column, input row and column
claim("conv-toeplitz", "The entry depends only on where the input lies from the output: down and right by one on both sides, the same number.",
      np.array_equal(blocks[1:, 1:, 1:, 1:], blocks[:-1, :-1, :-1, :-1]), expected=True)
claim("conv-toeplitz-zeros", "Of 2 304 entries 1 980 are zero, 86 %, and the other 324 hold nine different numbers.",
      [A.size, int((A == 0).sum()), len(np.unique(A[A != 0]))], expected=[2304, 1980, 9])
large = matrix_of(lambda x: F.conv2d(x[None, None], kernel[None, None]).data, (28, 28))
claim("conv-toeplitz-large", "On a 28×28 picture 98.9 % of the matrix is zeros.", (large == 0).mean(), expected=0.9885, tolerance=1e-4)

# %% mystnb={"image": {"alt": "A matrix of 36 rows and 64 columns drawn as colours: mostly white, with short runs of three coloured cells, three runs in a row, repeated along parallel diagonals in six blocks that step down to the right."}}
fig, ax = plotting.new_figure(height=3.9)
signed = LinearSegmentedColormap.from_list("signed", [BLUE, "#ffffff", ORANGE])
ax.imshow(A, cmap=signed, vmin=-np.abs(A).max(), vmax=np.abs(A).max(), interpolation="none")
ax.grid(False)
plotting.dress(ax, "The same nine numbers in every row, and zeros elsewhere", "input pixel, row by row", "output pixel")

# %% [markdown]
# Here are the two ideas of the beginning as numbers. A fully connected layer has 2 304 free entries; locality leaves 324, sharing leaves nine. Nobody stores the zeros, but every theorem about matrices
# holds. A stack of convolutions without activations, for one, is one convolution: [depth without non-linearity](../02_backprop/01_neurons_and_layers.ipynb) adds nothing here either.
#
# ### Does it map to a higher-dimensional space?
#
# So says the article: the convolution layer "maps the features of the input image to a higher-dimensional feature space", and it says the same of recurrent networks and of attention. Count. (The last two come in chapters 5 and 6; here are their shapes.)

# %% tags=["settles-F41", "settles-S2-C19"]
rng = np.random.default_rng(5)
cases = {"conv 1→16, 3×3, same": ((1, 8, 8), nn.Conv2d(1, 16, 3, padding=1, rng=rng)),
         "conv 1→1, 3×3, same": ((1, 8, 8), nn.Conv2d(1, 1, 3, padding=1, rng=rng)),
         "conv 1→4, 3×3, stride 2": ((1, 8, 8), nn.Conv2d(1, 4, 3, 2, 1, rng=rng)),
         "conv 1→1, 3×3, valid": ((1, 8, 8), nn.Conv2d(1, 1, 3, rng=rng)),
         "conv 16→4, 1×1": ((16, 8, 8), nn.Conv2d(16, 4, 1, rng=rng)),
         "global average": ((16, 8, 8), nn.GlobalAvgPool2d()),
         "recurrent, 4 to 2": ((5, 4), lambda x: nn.RNN(4, 2, rng=rng)(x)[0]),
         "attention": ((5, 4), lambda x: F.softmax(x @ x.transpose(0, 2, 1), axis=-1) @ x)}
turns = []
for name, (shape, layer) in cases.items():
    out = layer(Tensor(rng.normal(size=(1, *shape)).astype(np.float32))).shape[1:]
    n_in, n_out = int(np.prod(shape)), int(np.prod(out))
    turns.append("up" if n_out > n_in else "down" if n_out < n_in else "stays")
    print(f"{name:24s} {shape!s:12s} → {out!s:12s} {n_in:5d} → {n_out:4d}  {turns[-1]}")
claim("conv-dimension", "Of eight layers one goes up, three stay, four go down.",
      [turns.count(t) for t in ("up", "stays", "down")], expected=[1, 3, 4])
sixteen = rng.normal(size=(16, 1, 3, 3))
wide = matrix_of(lambda x: F.conv2d(x[None, None], sixteen, padding=1).data, (8, 8))
claim("conv-rank", "Even the one that goes up, from 64 numbers to 1 024, has a matrix of rank 64.", [len(wide), int(np.linalg.matrix_rank(wide))], expected=[1024, 64])

# %% [markdown]
# "Higher-dimensional" is one choice of channels, stride and padding among many. And where there are more numbers, they are 16 views of the same 64: a linear map adds no dimensions, and an activation bends the surface on which the outputs lie without adding any either.
# Attention keeps its shape, five vectors of four numbers in and out; a recurrent layer has the size that you give it. What a layer changes is not how many numbers there are but what they *say*.
#
# ## The transpose
#
# The matrix makes the gradient easy: if $z = Ax$ and $\delta = \partial L/\partial z$, then $\partial L/\partial x = A^\top\delta$, as for every linear layer. $A^\top$ sends an output back to all the inputs of its window. It is fixed by the **adjoint identity**
#
# $$\langle Ax,\, y\rangle = \langle x,\, A^\top y\rangle \quad\text{for all } x, y,$$
#
# which makes a sharp test for any program that claims to be the transpose of another: two random vectors, one number. PyTorch, Keras and the engine have a layer for it, the *transposed convolution*. It is not the inverse: nothing says $A^\top A = I$.

# %%
rng, errors = np.random.default_rng(6), []
for _ in range(100):
    n, k, s, p, d = (int(rng.integers(*r)) for r in [(9, 16), (1, 5), (1, 4), (0, 3), (1, 3)])
    x, w = rng.normal(size=(2, 3, n, n)), rng.normal(size=(4, 3, k, k))
    Ax = F.conv2d(x, w, None, s, p, d).data
    y = rng.normal(size=Ax.shape)
    left_over = (n + 2 * p - d * (k - 1) - 1) % s                # rows that lie under no window
    back = F.conv_transpose2d(y, w, None, s, p, left_over, 1, d).data
    errors.append(abs((Ax * y).sum() - (x * back).sum()) / (np.linalg.norm(Ax) * np.linalg.norm(y)))
claim("conv-adjoint", "In 100 random settings ⟨Ax, y⟩ is ⟨x, A'y⟩ with A' the transposed convolution.", max(errors), at_most=1e-12)
claim("conv-not-inverse", "It does not undo the convolution: A'Ax is far from x.", np.linalg.norm(A.T @ A @ batch[0].ravel() - batch[0].ravel()) / np.linalg.norm(batch[0]), at_least=0.5)

# %% [markdown]
# ## The gradient, derived
#
# Without the matrix, index by index. From $z_i = b + \sum_a w_a x_{i+a}$ and $\delta_i = \partial L/\partial z_i$, ask of every quantity where it was used, and add up:
#
# $$\frac{\partial L}{\partial w_a} = \sum_i \delta_i\, x_{i+a}, \qquad
#   \frac{\partial L}{\partial x_u} = \sum_a w_a\, \delta_{u-a}, \qquad
#   \frac{\partial L}{\partial b} = \sum_i \delta_i .$$
#
# Look at them closely. The first is a correlation of the input with $\delta$: *$\delta$ slides over the picture as if it were the kernel.* The second has the minus: it is the **true convolution**, flip and all, of $w$ with $\delta$, and it must be "full", that is $\delta$ is padded by $k-1$ zeros,
# so that every input is reached. The flip that the forward pass left out comes back here.
#
# On paper, with the six numbers and $\delta = (1, 0, 0, -1)$: the kernel gradient is $x_{0..2} - x_{3..5} = (-5, -5, 0)$, the input gradient $(-1, 0, 1, 1, 0, -1)$, the bias gradient $0$.

# %%
delta_line = np.array([1.0, 0, 0, -1])
claim("conv-paper-kernel-gradient", "On paper the kernel's gradient is −5, −5, 0.", slide_line(line, delta_line), expected=[-5.0, -5, 0])
claim("conv-paper-input-gradient", "The input's is −1, 0, 1, 1, 0, −1: the full convolution, and the transposed matrix.",
      [slide_line(np.pad(delta_line, 2), edge[::-1]), line_matrix.T @ delta_line], expected=[[-1.0, 0, 1, 1, 0, -1]] * 2)


def slide_back(x, w, delta):
    """Return the gradients by x, w and the bias, for z = slide(x, w) + b."""
    k = len(w)
    return slide(np.pad(delta, k - 1), w[::-1, ::-1]), slide(x, delta), delta.sum()


rng = np.random.default_rng(7)
x, w, b, target = rng.normal(size=(6, 7)), rng.normal(size=(3, 3)), np.array(0.3), rng.normal(size=(4, 5))
grad_x, grad_w, grad_b = slide_back(x, w, slide(x, w) + b - target)
gradcheck(lambda x, w, b: 0.5 * ((slide(x, w) + b - target) ** 2).sum(), {"x": x, "w": w, "b": b}, {"x": grad_x, "w": grad_w, "b": np.array(grad_b)})
claim("conv-full-flip", "The input's gradient is SciPy's `convolve2d`, mode full.", np.abs(grad_x - convolve2d(slide(x, w) + b - target, w)).max(), at_most=1e-12)

# %% [markdown]
# With channels, stride, dilation and groups the indices get crowded, but the rule stays the same: every product $w\cdot x$ of the forward loop is visited once more, and hands $\delta x$ to its weight and $\delta w$ to its input. With `+=`, since both are used many times.

# %%
def conv_back_by_loops(x, w, delta, stride=1, padding=0, dilation=1, groups=1):
    """Return the gradients by x, w and b. delta (B, C_out, H', W')."""
    wide = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    grad_wide, grad_w = np.zeros_like(wide), np.zeros_like(w)
    for n, o, i, j in np.ndindex(delta.shape):
        first = o // (len(w) // groups) * w.shape[1]
        for c, p, q in np.ndindex(w.shape[1:]):
            at = n, first + c, stride * i + dilation * p, stride * j + dilation * q
            grad_w[o, c, p, q] += delta[n, o, i, j] * wide[at]
            grad_wide[at] += delta[n, o, i, j] * w[o, c, p, q]
    inside = slice(padding, -padding or None)
    return grad_wide[:, :, inside, inside], grad_w, delta.sum((0, 2, 3))


def engine_gradients(x, w, delta, *settings):
    tensors = [Tensor(v, requires_grad=True) for v in (x, w, np.zeros(len(w)))]
    (F.conv2d(*tensors, *settings) * delta).sum().backward()
    return tuple(t.grad for t in tensors)


cases = []
for c, o, k, *settings in [(1, 1, 3, 1, 0, 1, 1), (3, 4, 3, 1, 1, 1, 1), (4, 6, 3, 2, 1, 2, 2), (4, 4, 2, 3, 0, 1, 4)]:
    x, w = rng.normal(size=(2, c, 8, 7)), rng.normal(size=(o, c // settings[3], k, k))
    cases.append((x, w, rng.normal(size=F.conv2d(x, w, None, *settings).shape), *settings))
same("every product visited once more is the engine's backward pass", conv_back_by_loops, engine_gradients, cases)
gradcheck(lambda x, w, b: F.conv2d(x, w, b, 2, 1, 2, 2), [*cases[2][:2], rng.normal(size=6)])

# %% [markdown]
# Two products for each one of the forward pass: the backward pass costs at most twice the forward, as it did for [fully connected layers](../02_backprop/03_by_hand.ipynb).
#
# ## What happens when the picture moves
#
# Since all windows are weighed alike, a digit that has moved by two pixels gives feature maps that have moved by two pixels. This is **[translation equivariance](../../book/glossary.md#translation-equivariance)**: with $S$ for the shift, $\operatorname{conv}(Sx) = S\operatorname{conv}(x)$. It holds where
# windows do not touch the edge; the digits of MNIST have an empty border. A stride breaks it. **Predict:** with stride 2, which shifts survive?

# %%
def shift_error(stride, shift, weight, image):
    """Return how far conv(shift x) is from the shifted conv(x), relative to its largest entry."""
    moved = np.roll(image, shift, axis=1)                        # the border is empty: nothing wraps
    z, z_moved = (F.conv2d(v[None, None], weight, stride=stride).data[0] for v in (image, moved))
    whole_steps = {shift // stride, -(-shift // stride)}         # of the output: the better of the two counts
    return min(np.abs(z_moved - np.roll(z, t, axis=2))[:, :, 2:-2].max() for t in whole_steps) / np.abs(z).max()


centred = np.pad(digit, 4)                                       # (36, 36)
eight = np.random.default_rng(8).normal(size=(8, 1, 3, 3))
for stride in (1, 2, 3):
    print(f"stride {stride}:", "  ".join(f"by {shift}: {shift_error(stride, shift, eight, centred):.2f}" for shift in range(1, 7)))
errors = {(stride, shift): shift_error(stride, shift, eight, centred) for stride in (1, 2, 3) for shift in range(1, 7)}
claim("conv-equivariant", "With stride 1 the feature maps move with the digit, by 1 to 6 pixels.", max(errors[1, t] for t in range(1, 7)), at_most=1e-12)
claim("conv-stride-breaks", "With stride 2 no shift of the output fits a shift by 1, 3 or 5: a tenth of its largest entry or more is off.", min(errors[2, t] for t in (1, 3, 5)), at_least=0.1)
claim("conv-stride-multiples", "Shifts by a multiple of the stride survive.", max(errors[s, t] for s, t in [(2, 2), (2, 4), (2, 6), (3, 3), (3, 6)]), at_most=1e-12)

# %% [markdown]
# > **Misconception.** A convolution does not care where the object stands: it is shift-invariant.
#
# Equivariant is not [invariant](../../book/glossary.md#translation-invariance). The feature maps of a moved digit are *other* numbers, at other places, and a fully connected layer on top of them sees them so. What does not change is any summary that forgets the place,
# such as the mean of each map.

# %%
here, there = (F.relu(F.conv2d(np.roll(centred, t, axis=1)[None, None], eight)).data for t in (0, 3))
claim("conv-not-invariant", "Three pixels change the feature maps by half of their length or more.", np.linalg.norm(here - there) / np.linalg.norm(here), at_least=0.5)
claim("conv-mean-invariant", "The mean of each feature map stays.", np.abs(here.mean((2, 3)) - there.mean((2, 3))).max(), at_most=1e-12)

# %% [markdown]
# [A digits project](03_digits_project.ipynb) measures what that does to the accuracy of whole networks.
#
# ## In the frameworks
#
# The smallest honest convolutional network: a convolution to 8 maps, ReLU, the mean of each map, a linear classifier. No activation follows the last layer; [Losses](../02_backprop/02_losses.ipynb) shows what one would break. 400 digits of 8×8, float64, the same weights, 100 steps on the full batch. TensorFlow's layout is
# NHWC, channels last, and its kernels are $(k, k, C_\text{in}, C_\text{out})$.

# %%
digits = data.digits()
x_cnn, y_cnn = digits.x_train[:400].reshape(-1, 1, 8, 8).astype(np.float64), digits.y_train[:400]
rng = np.random.default_rng(9)
start_cnn = [rng.normal(0, 0.4, (8, 1, 3, 3)), rng.normal(0, 0.1, 8), rng.normal(0, 0.3, (8, 10)), np.zeros(10)]

# %% tags=["fw-numpy"]
P = [Tensor(p.copy(), requires_grad=True) for p in start_cnn]
sgd, path_ours = optim.SGD(P, lr=0.5), []
for step in range(100):
    z = F.conv2d(x_cnn, P[0], P[1], padding=1)
    out_ours = F.global_avg_pool2d(F.relu(z)) @ P[2] + P[3]
    loss_ours = F.cross_entropy(out_ours, y_cnn)
    sgd.zero_grad(); loss_ours.backward()
    if step == 0: first_ours = out_ours.data, [p.grad.copy() for p in P]
    path_ours.append(loss_ours.item()); sgd.step()

# %% tags=["fw-torch"]
Q = [torch.tensor(p, requires_grad=True) for p in start_cnn]
sgd_torch, path_torch = torch.optim.SGD(Q, lr=0.5), []
for step in range(100):
    z = torch.nn.functional.conv2d(torch.tensor(x_cnn), Q[0], Q[1], padding=1)
    out_torch = torch.relu(z).mean((2, 3)) @ Q[2] + Q[3]
    loss_torch = torch.nn.functional.cross_entropy(out_torch, torch.tensor(y_cnn))
    sgd_torch.zero_grad(); loss_torch.backward()
    if step == 0: first_torch = out_torch.detach(), [q.grad.clone() for q in Q]
    path_torch.append(loss_torch.item()); sgd_torch.step()

# %% tags=["fw-tensorflow"]
import tensorflow as tf

R, path_tf = [tf.Variable(v) for v in (start_cnn[0].transpose(2, 3, 1, 0), *start_cnn[1:])], []
for step in range(100):
    with tf.GradientTape() as tape:
        z = tf.nn.conv2d(x_cnn.transpose(0, 2, 3, 1), R[0], 1, "SAME") + R[1]       # (B, H, W, C)
        out_tf = tf.reduce_mean(tf.nn.relu(z), (1, 2)) @ R[2] + R[3]
        loss_tf = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y_cnn, out_tf))
    grads_tf = tape.gradient(loss_tf, R); path_tf.append(float(loss_tf))
    if step == 0: first_tf = out_tf, [tf.transpose(grads_tf[0], (3, 2, 0, 1)), *grads_tf[1:]]
    for r, g in zip(R, grads_tf): r.assign_sub(0.5 * g)

# %% tags=["settles-SYS-37"]
parity("conv-cnn",
       outputs={"numpy": first_ours[0], "torch": first_torch[0], "tensorflow": first_tf[0]},
       gradients={"numpy": first_ours[1], "torch": first_torch[1], "tensorflow": first_tf[1]},
       path={"numpy": path_ours, "torch": path_torch, "tensorflow": path_tf})

# %% [markdown]
# Two layouts are in use. NCHW, channels first, is PyTorch's and ours; NHWC, channels last, is TensorFlow's default and on a processor its only one: asked for NCHW there in float64, `tf.nn.conv2d` refuses unless XLA compiles it. The layout changes where a number lies in memory, not
# what it is. One layer with stride 2, computed six times:

# %% tags=["settles-S2-C5", "settles-SYS-37"]
rng = np.random.default_rng(10)
x, w, b = rng.normal(size=(2, 3, 9, 8)), rng.normal(size=(4, 3, 3, 3)), rng.normal(size=4)


@tf.function(jit_compile=True, autograph=False)
def tf_channels_first(x, w):
    return tf.nn.conv2d(x, w, 2, "VALID", data_format="NCHW")


six = {"loops": conv_by_loops(x, w, b, 2), "columns": conv_by_columns(x, w, b, 2), "engine": F.conv2d(x, w, b, 2).data,
       "PyTorch": torch.nn.functional.conv2d(*map(torch.tensor, (x, w, b)), 2).numpy(),
       "TensorFlow NHWC": (tf.nn.conv2d(x.transpose(0, 2, 3, 1), w.transpose(2, 3, 1, 0), 2, "VALID") + b).numpy().transpose(0, 3, 1, 2),
       "TensorFlow NCHW": tf_channels_first(tf.constant(x), tf.constant(w.transpose(2, 3, 1, 0))).numpy() + b[:, None, None]}
claim("conv-six-ways", "Loops, columns, engine, PyTorch and TensorFlow in both layouts agree.",
      max(np.abs(z - six["loops"]).max() for z in six.values()) / np.abs(six["loops"]).max(), at_most=1e-12)

# %% [markdown]
# ## What one of the articles calls a convolutional network
#
# Section 4.4 of the second article, "convolutional neural network, an example", prints this function, character for character:

# %%
printed_cnn = '''
def convolutional_neural_network(X, weights, biases):
    A = tf.add(tf.matmul(X, weights['W1']), biases['b1'])
    A = tf.nn.relu(A)
    A = tf.add(tf.matmul(A, weights['W2']), biases['b2'])
    A = tf.nn.relu(A)
    return A
'''
article = {"tf": tf}
exec(printed_cnn, article)
article_cnn = article["convolutional_neural_network"]

# %% [markdown]
# > **Misconception.** Two matrix products and two activations make a convolutional network.
#
# They make a [multilayer perceptron](../../book/glossary.md#multilayer-perceptron), with a [ReLU on the output](../02_backprop/02_losses.ipynb) that has no place there. No line convolves or pools, and a batch of images, $(4, 28, 28, 1)$, is refused; what a repaired one looks like stands in the TensorFlow cell above. The telling test is the shuffle from the beginning of this section. Shuffle the pixels of
# every image by one fixed permutation and the rows of `W1` by the same: **predict** what changes in the output, and what would change in a convolution.

# %% tags=["settles-C14"]
called = sorted({ast.unparse(node.func) for node in ast.walk(ast.parse(printed_cnn)) if isinstance(node, ast.Call)})
claim("conv-article-no-conv", "What it calls is addition, matrix product and ReLU.", called, expected=["tf.add", "tf.matmul", "tf.nn.relu"])
rng = np.random.default_rng(11)
weights, biases = ({name: rng.normal(0, scale, shape).astype(np.float32) for name, scale, shape in entries} for entries in
                   ([("W1", 0.05, (784, 128)), ("W2", 0.1, (128, 10))], [("b1", 0.1, 128), ("b2", 0.1, 10)]))
try:
    outcome = article_cnn(np.zeros((4, 28, 28, 1), np.float32), weights, biases).shape
except tf.errors.InvalidArgumentError as error:
    outcome = type(error).__name__
claim("conv-article-refuses", "Four images of 28×28×1 raise an InvalidArgumentError.", outcome, expected="InvalidArgumentError")
rows = mnist.x_test[:200]
straight = article_cnn(rows, weights, biases).numpy()
mixed = article_cnn(rows[:, pixel_order], {**weights, "W1": weights["W1"][pixel_order]}, biases).numpy()
claim("conv-article-shuffled", "With pixels and rows of W1 shuffled alike nothing changes, to float32 rounding.", np.abs(mixed - straight).max() / np.abs(straight).max(), at_most=1e-5)
maps = F.conv2d(rows.reshape(-1, 1, 28, 28), eight.astype(np.float32), padding=1).data.reshape(200, 8, 784)
maps_mixed = F.conv2d(rows[:, pixel_order].reshape(-1, 1, 28, 28), eight.astype(np.float32), padding=1).data.reshape(200, 8, 784)
claim("conv-shuffled-maps", "A convolution answers something else: its maps, shuffled back, differ by as much as their own length.",
      np.linalg.norm(maps_mixed - maps[:, :, pixel_order]) / np.linalg.norm(maps), expected=1.0, tolerance=0.1)

# %% [markdown]
# A network that can be repaired for any order of the pixels cannot know what a neighbour is. A convolution cannot be repaired: it has no weight that belongs to a pixel. Train a real one, two convolutions and a global maximum, on digits as drawn, from three seeds; then shuffle the test digits. **Predict** the accuracy,
# and what it would be after training anew on shuffled digits.

# %%
small_order = np.random.default_rng(12).permutation(64)
in_place = np.arange(64)


def trained_cnn(order, seed):
    """Return a small CNN trained on digits whose pixels come in this order."""
    rng = np.random.default_rng(seed)
    model = nn.Sequential(nn.Conv2d(1, 8, 3, rng=rng), nn.ReLU(), nn.Conv2d(8, 16, 3, rng=rng), nn.ReLU(),
                          nn.GlobalMaxPool2d(), nn.Linear(16, 10, rng=rng))
    train.fit(model, (digits.x_train[:, order].reshape(-1, 1, 8, 8), digits.y_train), loss=nn.CrossEntropyLoss(),
              optimizer=optim.Adam(model.parameters(), lr=0.01), epochs=10, batch_size=64, rng=rng, progress=False)
    return model


def cnn_accuracy(model, order):
    scores = model(Tensor(digits.x_test[:, order].reshape(-1, 1, 8, 8))).data
    return (scores.argmax(1) == digits.y_test).mean()


drawn = [trained_cnn(in_place, seed) for seed in range(3)]
found = {"trained and tested as drawn": [cnn_accuracy(model, in_place) for model in drawn],
         "tested on shuffled digits": [cnn_accuracy(model, small_order) for model in drawn],
         "trained anew on shuffled digits": [cnn_accuracy(trained_cnn(small_order, seed), small_order) for seed in range(3)]}
for name, values in found.items():
    print(f"{name:32s} {np.mean(values):.2f} ± {np.std(values, ddof=1):.2f}")
claim("conv-trained", "As drawn, the convolutional network names nine of ten test digits or more, from each seed.", min(found["trained and tested as drawn"]), at_least=0.9)
claim("conv-shuffled-ruins", "Shuffle the pixels and it is right on fewer than 40 % from each seed.", max(found["tested on shuffled digits"]), at_most=0.4)
claim("conv-shuffled-anew", "Trained anew on shuffled pixels it comes back above 85 %, from each seed.", min(found["trained anew on shuffled digits"]), at_least=0.85)

# %% [markdown]
# The last line may surprise. With 64 pixels any fixed nine of them say something about the digit, and learned kernels make do with what the windows show; what neighbourhoods are worth is the difference of a few points to the first line.
#
# ## Summary
#
# - Locality and sharing turn 2 304 free weights into nine. Parameters: $C_\text{out}(C_\text{in}/g)k^2 + C_\text{out}$, whatever the size of the picture. Work: that many weights, once for each place.
# - What frameworks call convolution is cross-correlation. A learned kernel does not care.
# - $H' = \lfloor(H + 2p - d(k-1) - 1)/s\rfloor + 1$.
# - A convolution is a linear layer whose matrix is sparse and repeats itself. Loops, im2col and matrix agree to rounding.
# - Backward: the kernel's gradient correlates input and $\delta$; the input's gradient is the full, flipped convolution of $\delta$ and the kernel, $A^\top\delta$.
# - With stride 1 it is equivariant to translation, never invariant by itself. Shuffle the pixels and you know whether a network is convolutional.
#
# ## Exercises
#
# ### Exercise 1 · On paper
#
# $x = (1, 4, 4, 0, 2)$, kernel $(-1, 1)$, padding 1, stride 2, as a framework computes it. Give the outputs as a list.

# %%
answer = None
exercise("conv-on-paper", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Padded: $(0, 1, 4, 4, 0, 2, 0)$. Windows start at 0, 2 and 4: $(0,1)$, $(4,4)$, $(0,2)$; the last zero lies under none. $1 - 0$, $4 - 4$, $2 - 0$.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("conv-on-paper", F.conv1d(np.array([[[1.0, 4, 4, 0, 2]]]), np.array([[[-1.0, 1]]]), stride=2, padding=1).data.ravel())

# %% [markdown]
# ### Exercise 2 · How large?
#
# A picture of side 64, $k = 5$, $s = 2$, $p = 4$, $d = 3$. What is the side of the output?

# %%
answer = None
exercise("conv-size", answer)

# %% tags=["hide-cell", "solution"]
exercise("conv-size", output_length(64, 5, 2, 4, 3))

# %% [markdown]
# ### Exercise 3 · How many?
#
# How many parameters has a layer from 64 to 128 channels with $3\times3$ kernels, 4 groups and a bias?

# %%
answer = None
exercise("conv-count", answer)

# %% tags=["hide-cell", "solution"]
exercise("conv-count", conv_parameters(64, 128, 3, 4))

# %% [markdown]
# ### Exercise 4 · The kernel's gradient with a stride
#
# Write `kernel_gradient(x, delta, k, stride)` in one dimension: for $z_i = \sum_a w_a x_{si+a}$ with a kernel of length $k$ and $\delta = \partial L/\partial z$, return $\partial L/\partial w$.

# %%
def kernel_gradient(x, delta, k, stride):
    ...


exercise("conv-kernel-gradient", kernel_gradient)


# %% tags=["hide-cell", "solution"]
def kernel_gradient_solution(x, delta, k, stride):
    return np.array([sum(d * x[stride * i + a] for i, d in enumerate(delta)) for a in range(k)])


exercise("conv-kernel-gradient", kernel_gradient_solution)

# %% [markdown]
# ### Exercise 5 · The matrix
#
# Write `conv_matrix(w, n, stride)`: the matrix $A$ such that $Ax$ is the convolution (as frameworks compute it, no padding) of $x$, of length $n$, with $w$.

# %%
def conv_matrix(w, n, stride):
    ...


exercise("conv-matrix", conv_matrix)


# %% tags=["hide-cell", "solution"]
def conv_matrix_solution(w, n, stride):
    A = np.zeros((output_length(n, len(w), stride, 0, 1), n))
    for i in range(len(A)):
        A[i, stride * i : stride * i + len(w)] = w
    return A


exercise("conv-matrix", conv_matrix_solution)

# %% [markdown]
# ### Exercise 6 · A proof
#
# Put $n$ numbers on a circle and let $S$ shift them by one place: $(Sx)_i = x_{i-1}$, indices modulo $n$. Show that *every* linear map $A$ that commutes with $S$ is a convolution on the circle: sharing is not a choice, it follows from equivariance.
#
# <details><summary>Solution</summary>
#
# Let $e_j$ be the vector with a single 1 at place $j$, so $e_j = S^je_0$. Let $v = Ae_0$ be the answer to the first of them. Then $Ae_j = AS^je_0 = S^jAe_0 = S^jv$, so $(Ae_j)_i = v_{i-j}$. For any $x = \sum_j x_je_j$,
#
# $$(Ax)_i = \sum_j x_j\,(Ae_j)_i = \sum_j v_{i-j}\,x_j ,$$
#
# the convolution of $v$ and $x$; with $w_a = v_{-a}$ it reads $\sum_a w_a x_{i+a}$, the correlation. All of $A$ follows from one column. Locality is a choice: that most of $v$ is zero.
#
# </details>

# %% [markdown]
# ## Sources
#
# [LeCun et al., 1989](../../book/bibliography.md#lecun1989backpropagation) and [1998](../../book/bibliography.md#lecun1998gradient), convolutional networks trained by back-propagation, and the digits ·
# [Fukushima, 1980](../../book/bibliography.md#fukushima1980neocognitron), the neocognitron ·
# [Goodfellow, Bengio and Courville, 2016](../../book/bibliography.md#goodfellow2016deep), chapter 9; correlation and convolution in 9.1 ·
# [Dumoulin and Visin, 2016](../../book/bibliography.md#dumoulin2016guide), the arithmetic of sizes, with pictures ·
# [Chellapilla, Puri and Simard, 2006](../../book/bibliography.md#chellapilla2006high), columns and one matrix product.
