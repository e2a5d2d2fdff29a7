# %% [markdown]
# # Recurrence
#
# **After this section** you can say what a [recurrent network](../../book/glossary.md#recurrent-neural-network) passes on from step to step, write Elman's network as a loop and
# recognise it in three frameworks, set the weights of one by hand so that it adds numbers of any length, and say how far back a trained one looks.
# *Reading: 30 minutes. Running: about half a minute.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import functools
import itertools
import math

import matplotlib.pyplot as plt
import numpy as np

from chainrule import Tensor, nn, optim, plotting
from chainrule.nn import functional as F
from chainrule.proof import claim, exercise, parity, same

# %% [markdown]
# ## The question
#
# Words of a sentence, notes of a tune, the height of a tide each hour: the inputs come one after another, and what the third means depends on the first two. The networks of the
# chapters so far take an input of fixed size. Could we not hand such a network a *window*, the last $w$ inputs side by side?
#
# Two tasks on coin tosses $c_1, c_2, \dots$, each 0 or 1, decide that:
#
# - **Echo:** at step $t$ say what came $k$ steps ago, $c_{t-k}$.
# - **Parity:** at step $t$ say whether the number of ones so far is odd.
#
# From a window of $w$ tosses the best that *any* model can do is to remember, for each of the $2^w$ patterns, the answer that was right more often. **Predict first:** for the echo
# with $k = 3$, how good is it at $w = 3$, and at $w = 4$? And for the parity of 12 tosses?

# %%
def window_accuracy(c, answers, w):
    """Return the accuracy of the best table from the last w tosses of each row to its answer. c (n, T), answers (n,)."""
    pattern = c[:, -w:] @ 2 ** np.arange(w)
    n_ones, n_all = np.bincount(pattern, answers), np.bincount(pattern)
    return np.maximum(n_ones, n_all - n_ones).sum() / len(c)


c = np.arange(2**12)[:, None] >> np.arange(12) & 1           # all 4096 sequences of 12 tosses
tasks = {"echo, k = 3": c[:, -1 - 3], "parity of 12": c.sum(1) % 2}
scores = {name: {w: window_accuracy(c, answers, w) for w in (3, 4, 11, 12)} for name, answers in tasks.items()}
for name, by_window in scores.items():
    print(f"{name:13s}", *(f"w = {w}: {score:.2f}" for w, score in by_window.items()), sep="   ")
claim("recur-window-echo", "For the echo of 3 steps ago a window of 4 is right always, and one of 3 is a coin toss.",
      [scores["echo, k = 3"][4], scores["echo, k = 3"][3]], expected=[1.0, 0.5])
claim("recur-window-parity", "For the parity of 12 tosses a window of 12 is right always, and one of 11 is a coin toss.",
      [scores["parity of 12"][12], scores["parity of 12"][11]], expected=[1.0, 0.5])

# %% [markdown]
# One step too short, and the window is worth nothing; and for parity every window is too short as soon as the sequence is longer. A longer window needs new weights for each position, and has to learn at each of them anew what a 1 is.
#
# Yet a child keeps the parity of a thousand tosses with one finger, up or down. The finger is a **state**: a small memory that is updated at each step by one and the same rule.
#
# ## A state that is passed on
#
# The **[hidden state](../../book/glossary.md#hidden-state)** $h_t$ is a vector of $H$ numbers. At each [time step](../../book/glossary.md#time-step) it is computed from the new input and from what it was:
#
# $$h_t = \tanh(x_tW_{xh} + h_{t-1}W_{hh} + b_h), \qquad y_t = h_tW_{hy} + b_y.$$
#
# Read aloud: *the new state is a squashed mixture of the input and the old state; the answer is read off the state by a linear layer.* This is the network of
# [Elman, 1990](../../book/bibliography.md#elman1990finding), who copied the hidden units into "context units" and fed them back with the next input. His units were sigmoids; today's are [tanh](../../book/glossary.md#tanh).
#
# | symbol | shape | meaning |
# |---|---|---|
# | $x_t$ | (B, D) | input at step $t$ of the $T$ steps; all of them: (B, T, D) |
# | $h_t$ | (B, H) | state after step $t$; $h_0$ is zero unless said otherwise |
# | $W_{xh}$ | (D, H) | from the input to the state |
# | $W_{hh}$ | (H, H) | from the state to the next state: **this is the recurrence** |
# | $b_h$ | (H,) | bias |
# | $W_{hy}$, $b_y$ | (H, K), (K,) | from the state to the answer |
#
# ### By hand
#
# One input, two units, $W_{xh} = (1,\ 0)$, $W_{hh} = \begin{pmatrix}0&1\\0&0\end{pmatrix}$, no bias, and the inputs $1, -1, 1$. You need two values of a calculator: $\tanh 1 = 0.762$ and $\tanh 0.762 = 0.642$.
#
# | step $t$ | input $x_t$ | from it $x_tW_{xh}$ | from before $h_{t-1}W_{hh}$ | state $h_t$ |
# |---|---|---|---|---|
# | 1 | 1 | $(1,\ 0)$ | $(0,\ 0)$ | $(0.762,\ 0)$ |
# | 2 | −1 | $(-1,\ 0)$ | $(0,\ 0.762)$ | $(-0.762,\ 0.642)$ |
# | 3 | 1 | $(1,\ 0)$ | $(0,\ -0.762)$ | $(0.762,\ -0.642)$ |
#
# The first unit shows the input, the second the input *before*: the state was handed on by the 1 in $W_{hh}$.

# %% tags=["settles-S2-F6", "settles-S2-C16"]
def elman_states(x, W_xh, W_hh, b, h0):
    """Return all states (B, T, H) of x (B, T, D), one step and one number at a time."""
    B, T, D = x.shape
    H, states = len(b), np.zeros((B, T, len(b)))
    for i in range(B):
        h = h0[i]
        for t in range(T):
            z = [b[j] + sum(x[i, t, d] * W_xh[d, j] for d in range(D))
                 + sum(h[m] * W_hh[m, j] for m in range(H)) for j in range(H)]
            states[i, t] = h = np.array([math.tanh(value) for value in z])
    return states


paper = elman_states(np.array([[[1.0], [-1.0], [1.0]]]), np.array([[1.0, 0.0]]), np.array([[0.0, 1.0], [0.0, 0.0]]), np.zeros(2), np.zeros((1, 2)))
claim("recur-paper", "The loop finds the three states of the table.", paper[0],
      expected=np.array([[0.762, 0.0], [-0.762, 0.642], [0.762, -0.642]]), tolerance=5e-4)


def engine_states(x, W_xh, W_hh, b, h0):
    return F.rnn_sequence(x.transpose(1, 0, 2), h0, W_xh, W_hh, b).data.transpose(1, 0, 2)      # the op is time first


rng = np.random.default_rng(1)
same("the loop is the library's op over a whole sequence", elman_states, engine_states,
     [tuple(rng.normal(size=s) for s in [(B, T, D), (D, H), (H, H), (H,), (B, H)])
      for B, T, D, H in [(1, 1, 1, 1), (2, 5, 3, 4), (3, 7, 1, 2)]])

# %% [markdown]
# The layer around that op is `nn.RNN(D, H)`: it returns all states and the last ones. What does a step hand to the next? *Only the state.* We cut a sequence in two, and let another
# call continue with nothing but the later inputs and the last state of the first.

# %% tags=["settles-F12", "settles-S0-Q12"]
rng = np.random.default_rng(2)
rnn = nn.RNN(3, 5, rng=rng, dtype=np.float64)
x = rng.normal(size=(4, 12, 3))
whole, _ = rnn(Tensor(x))
_, h7 = rnn(Tensor(x[:, :7]))
rest, _ = rnn(Tensor(x[:, 7:]), h7)
forgetful, _ = rnn(Tensor(x[:, 7:]))
claim("recur-continue", "The later inputs and the state after step 7 give states 8 to 12 as the whole sequence does.",
      np.abs(rest.data - whole.data[:, 7:]).max(), at_most=1e-12)
claim("recur-continue-without", "The same later inputs without that state give others.",
      np.abs(forgetful.data - whole.data[:, 7:]).max(), at_least=0.1)

# %% [markdown]
# The first of the two articles that this book began with says that an RNN passes "a part of the input sequence" to the next step. No part of the input is passed: the later call never saw the first seven inputs, and needed nothing of them but five numbers.
#
# ## Unrolled
#
# Write the steps side by side, and the loop becomes a [feedforward network](../../book/glossary.md#feedforward-network) as deep as the sequence is long, whose layers share their weights. This is called **[unrolling](../../book/glossary.md#unrolling)**.

# %%
def draw_unrolled(ax, n_steps=4):
    """Draw the folded network and the unrolled one."""
    def node(x, y, name):
        ax.text(x, y, f"${name}$", ha="center", va="center", bbox={"boxstyle": "circle,pad=0.25", "fc": "none", "ec": plotting.CYCLE[5]})

    def arrow(start, end, color):
        ax.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": color, "lw": 1.6, "shrinkA": 13, "shrinkB": 13})

    across, up, out = plotting.CYCLE[1], plotting.CYCLE[0], plotting.CYCLE[2]
    columns = [(-0.4, ""), *((t + 1.6, f"_{t}") for t in range(1, n_steps + 1))]
    node(1.6, 1, "h_0")
    for x, index in columns:
        for y, name in enumerate("xhy"):
            node(x, y, name + index)
        arrow((x, 0), (x, 1), up)
        arrow((x, 1), (x, 2), out)
        if index:
            arrow((x - 1, 1), (x, 1), across)
            ax.text(x - 0.5, 1.14, "$W_{hh}$", ha="center", color=plotting.text_color(across))
        ax.text(x + 0.08, 0.47, "$W_{xh}$", color=plotting.text_color(up))
        ax.text(x + 0.08, 1.47, "$W_{hy}$", color=plotting.text_color(out))
    ax.annotate("", (-0.28, 1.13), (-0.28, 0.87), arrowprops={"arrowstyle": "<-", "color": across, "lw": 1.6, "connectionstyle": "arc3,rad=2.2"})
    ax.text(0.1, 1.0, "$W_{hh}$", va="center", color=plotting.text_color(across))
    ax.set(xlim=(-0.8, 6.1), ylim=(-0.35, 2.35))
    ax.axis("off")


# %% mystnb={"image": {"alt": "Left, the folded network: an input x, a state h with an arrow back to itself, an answer y. Right, the same unrolled over four steps: each x points up to its state, each state right to the next state and up to its answer. All arrows of one kind carry the same name of a weight matrix."}}
fig, ax = plotting.new_figure(height=2.9)
draw_unrolled(ax)
ax.set_title("Unrolled, the loop is a deep network with one set of weights")
plt.show()

# %% [markdown]
# The figure says how gradients come about: a weight stands on many paths, so its [derivative is the sum over all of them](../02_backprop/03_by_hand.ipynb). To see the sum, give every step a copy of the weights of its own.

# %% tags=["settles-S2-C4"]
rng = np.random.default_rng(3)
shared = [rng.normal(0, 0.6, s) for s in [(3, 4), (4, 4), (4,)]]
x = rng.normal(size=(2, 6, 3))


def last_state_sum(weights_by_step):
    """Return the sum of squares of the last state; step t uses weights_by_step[t]."""
    h = Tensor(np.zeros((2, 4)))
    for t, (W_xh, W_hh, b) in enumerate(weights_by_step):
        h = (Tensor(x[:, t]) @ W_xh + h @ W_hh + b).tanh()
    return (h * h).sum()


one = [Tensor(w, requires_grad=True) for w in shared]
copies = [[Tensor(w, requires_grad=True) for w in shared] for _ in range(6)]
looped, unrolled = last_state_sum([one] * 6), last_state_sum(copies)
looped.backward()
unrolled.backward()
sums = [sum(step[i].grad for step in copies) for i in range(3)]
claim("recur-unrolled-forward", "Loop and unrolled network compute the same number.", looped.item() - unrolled.item(), at_most=1e-15, at_least=-1e-15)
claim("recur-unrolled-gradient", "The gradient of a shared weight is the sum of the gradients of its six copies.",
      max(np.abs(w.grad - s).max() for w, s in zip(one, sums)), at_most=1e-12)

# %% [markdown]
# > **Misconception.** A recurrent network has other weights at each step: the drawing shows four layers.
#
# It shows one layer four times. The number of [parameters](../../book/glossary.md#parameter) does not know $T$:
#
# $$\underbrace{DH}_{W_{xh}} + \underbrace{HH}_{W_{hh}} + \underbrace{H}_{b_h} = H(D + H + 1).$$

# %%
def size_of_rnn(D, H):
    return H * (D + H + 1)


rnn = nn.RNN(10, 20, rng=rng)
n_parameters = sum(p.data.size for p in rnn.parameters())
reaches = [rnn(Tensor(np.zeros((1, T, 10))))[0].shape[1] for T in (1, 30, 500)]
claim("recur-parameters", "For D = 10 and H = 20 the layer has 620 parameters, as the formula says.", [n_parameters, size_of_rnn(10, 20)], expected=[620, 620])
claim("recur-any-length", "The same layer reads sequences of 1, 30 and 500 steps.", reaches, expected=[1, 30, 500])

# %% [markdown]
# > **Misconception.** In a recurrent network the connections between input, hidden and output layers can flow back.
#
# So the second article has it. Nothing runs backwards, neither in time nor between layers: the answer never returns to the state, the state never to the input. The one loop goes from hidden to hidden, *forward in time*.
# Ask the derivatives: state $t$ depends on input $s$ only for $s \le t$, and without $W_{hh}$ only for $s = t$.

# %% tags=["settles-F36"]
def reach(scale):
    """Return (T, T): the norm of the Jacobian of state t (row) by input s (column), with W_hh times `scale`."""
    rnn = nn.RNN(2, 4, rng=np.random.default_rng(4), dtype=np.float64)
    rnn.weight_hh_l0.data *= scale
    x, norms = np.random.default_rng(5).normal(size=(1, 6, 2)), np.zeros((6, 6))
    for t, unit in itertools.product(range(6), range(4)):
        x_tensor = Tensor(x, requires_grad=True)
        rnn(x_tensor)[0][0, t, unit].backward()
        norms[t] += (x_tensor.grad[0] ** 2).sum(-1)
    return np.sqrt(norms)


with_recurrence, without = reach(1.0), reach(0.0)
claim("recur-causal", "No state depends on a later input, and each depends on all inputs up to its own.",
      [np.count_nonzero(np.triu(with_recurrence, 1)), np.count_nonzero(np.tril(with_recurrence))], expected=[0, 21])
claim("recur-no-recurrence", "With W_hh = 0 each state depends on its own input alone.", np.count_nonzero(without - np.diag(np.diag(without))), expected=0)

# %% [markdown]
# ### Recurrent and recursive
#
# The first article calls the RNN 递归神经网络, which is *recursive* neural network; the second has the usual word, 循环神经网络. A **[recursive network](../../book/glossary.md#recursive-neural-network)** is another model: it folds a
# *tree*, calling itself on the parts. A chain is the special tree that leans to one side, so a recurrent network is a recursive one on a chain, and not the other way round.

# %% tags=["settles-X3"]
def fold_tree(tree, W_left, W_right, b):
    """Return (state, depth) of a tree: a leaf is an array, an inner node a pair of trees."""
    if not isinstance(tree, tuple):
        return tree, 0
    (left, left_depth), (right, right_depth) = (fold_tree(part, W_left, W_right, b) for part in tree)
    return np.tanh(left @ W_left + right @ W_right + b), 1 + max(left_depth, right_depth)


rng = np.random.default_rng(6)
leaves, (U, W) = list(rng.normal(size=(8, 3))), rng.normal(size=(2, 3, 3))
b = rng.normal(size=3)
chain = functools.reduce(lambda left, leaf: (left, leaf), leaves, np.zeros(3))
balanced = leaves
while len(balanced) > 1:
    balanced = list(zip(balanced[::2], balanced[1::2]))
chain_state, chain_depth = fold_tree(chain, U, W, b)
balanced_state, balanced_depth = fold_tree(balanced[0], U, W, b)
loop_state = elman_states(np.array([leaves]), W, U, b, np.zeros((1, 3)))[0, -1]
claim("recur-chain-tree", "On a chain the recursive network is Elman's.", np.abs(chain_state - loop_state).max(), at_most=1e-12)
claim("recur-balanced-tree", "A balanced tree over 8 leaves has depth 3, the chain 8, and the state is another.",
      [balanced_depth, chain_depth, bool(np.abs(balanced_state - chain_state).max() > 0.1)], expected=[3, 8, True])

# %% [markdown]
# ## A function, as printed
#
# The second article prints an RNN in TensorFlow. Here it is, character for character.

# %%
import tensorflow as tf

printed = '''
def recurrent_neural_network(X, weights, biases):
    h = tf.zeros([X.shape[0], 1])
    for i in range(X.shape[1]):
        h = tf.sigmoid(tf.add(tf.matmul(tf.concat([h, X[:, i, :]], 1), weights['W1']), biases['b1']))
    return h
'''
article = {"tf": tf}
exec(printed, article)


def outcome(W1_shape, T=30):
    """Return the shape of what the printed function returns for X (4, T, 3), or the name of its error."""
    X, W1 = tf.random.stateless_normal((4, T, 3), (0, 1)), tf.zeros(W1_shape)
    try:
        return tuple(article["recurrent_neural_network"](X, {"W1": W1}, {"b1": tf.zeros(W1_shape[1])}).shape)
    except (tf.errors.InvalidArgumentError, TypeError) as error:
        return type(error).__name__


# %% [markdown]
# The idea is right: concatenating $[h, x]$ and multiplying by one matrix is $hW_{hh} + xW_{xh}$, stacked. There are three things to find before you read on.
#
# **First: the state has one number.** `tf.zeros([…, 1])` fixes $H = 1$. A matrix for five units, `W1` of shape (8, 5), does not fit the first step; one that fits the first step does not fit the second.

# %% tags=["settles-C16"]
outcomes = {shape: outcome(shape) for shape in [(3 + 5, 5), (3 + 1, 5), (3 + 1, 1)]}
for shape, came in outcomes.items():
    print(f"W1 {shape}: {came}")
claim("recur-one-unit", "For three inputs only a W1 of shape (4, 1) runs; five units raise an error either way.",
      [text == "InvalidArgumentError" for text in outcomes.values()] + [outcomes[4, 1] == (4, 1)], expected=[True, True, False, True])

# %% [markdown]
# **Second: a [sigmoid](../../book/glossary.md#sigmoid-function) for everything, and nothing after it.** All states lie between 0 and 1, so does whatever is predicted from them directly, since there is no output layer; and the states before the last are thrown away. The sigmoid's
# slope is at most $\tfrac14$, so thirty steps with a recurrent weight of 1 shrink a gradient to less than $4^{-30}\approx 9\cdot10^{-19}$. (Elman had sigmoids in the loop too, but an output layer behind them.) **Third:** `X.shape[0]` is the batch size as Python sees it. In a compiled function that takes any batch there is none yet.

# %% tags=["settles-C17", "settles-C18"]
shrunk, extremes = [], []
for seed in range(5):
    rng = np.random.default_rng(seed)
    X, W1 = tf.constant(rng.normal(size=(16, 31, 3)), tf.float32), rng.normal(size=(4, 1))
    W1[0] = 1.0
    with tf.GradientTape() as tape:
        tape.watch(X)
        h = article["recurrent_neural_network"](X, {"W1": tf.constant(W1, tf.float32)}, {"b1": tf.zeros(1)})
    norms = np.linalg.norm(tape.gradient(h, X), axis=2)          # (16, 31): of the last state by each input
    shrunk.append(np.max(norms[:, 0] / norms[:, -1]))
    extremes += [h.numpy().min(), h.numpy().max()]
print("thirty steps back, relative to the last input:", *(f"{s:.0e}" for s in shrunk))
claim("recur-sigmoid-range", "All states lie in (0, 1).", [min(extremes) > 0, max(extremes) < 1], expected=[True, True])
claim("recur-sigmoid-gradient", "Thirty steps back the gradient is below the bound 4⁻³⁰, in each of five runs.", max(shrunk), at_most=4.0**-30)

signature = [tf.TensorSpec([None, 31, 3]), {"W1": tf.TensorSpec([4, 1])}, {"b1": tf.TensorSpec([1])}]
try:
    tf.function(article["recurrent_neural_network"], input_signature=signature).get_concrete_function()
    came = "compiled"
except TypeError as error:
    came = "TypeError" if "None" in str(error) else str(error)
claim("recur-static-batch", "Compiled for any batch size, the printed function raises a TypeError about None.", came == "TypeError", expected=True)

# %% [markdown]
# Repaired: $H$ is read from the weights, tanh stands in the loop, all states are kept, a linear layer reads the answer off them, and `tf.shape` asks for the batch size when it is known.
#
# The article's formulas have the same holes. Its $h_t = \sigma(W_{hh}h_{t-1} + W_{xh}x_t + b_h)$ is Elman's with columns for rows and a general $\sigma$. Its $o_t = \sigma(W_{ho}h_t + W_{xo}x_t + b_o)$ mixes two things under one letter: the *output* of an RNN, which is $y_t = h_tW_{hy} + b_y$ and needs no $\sigma$ and no second look at $x_t$, and a *gate* of
# another network, which a later section builds.

# %% tags=["settles-S2-X5", "settles-S2-F7"]
import keras


def elman_tf(X, weights, biases):
    """Return answers (B, T, K) and states (B, T, H)."""
    h, states = tf.zeros([tf.shape(X)[0], weights["hh"].shape[0]], X.dtype), []
    for t in range(X.shape[1]):
        h = tf.tanh(X[:, t] @ weights["xh"] + h @ weights["hh"] + biases["h"])
        states.append(h)
    states = tf.stack(states, axis=1)
    return states @ weights["hy"] + biases["y"], states


rng = np.random.default_rng(7)
weights = {name: tf.constant(rng.normal(0, 0.5, s)) for name, s in {"xh": (3, 5), "hh": (5, 5), "hy": (5, 2)}.items()}
biases = {"h": tf.constant(rng.normal(size=5)), "y": tf.constant(rng.normal(size=2))}
simple, dense = keras.layers.SimpleRNN(5, return_sequences=True, dtype="float64"), keras.layers.Dense(2, dtype="float64")
simple.build((None, 9, 3))
simple.set_weights([weights["xh"], weights["hh"], biases["h"]])
dense.build((None, None, 5))
dense.set_weights([weights["hy"], biases["y"]])
any_batch = tf.function(elman_tf).get_concrete_function(tf.TensorSpec([None, 9, 3], tf.float64), weights, biases)
gaps = []
for B in (1, 4):
    X = tf.constant(rng.normal(size=(B, 9, 3)))
    gaps.append(np.abs(elman_tf(X, weights, biases)[0] - dense(simple(X))).max())
claim("recur-repaired", "Repaired, it is Keras's SimpleRNN with a Dense layer, for both batch sizes.", max(gaps), at_most=1e-12)
claim("recur-repaired-compiles", "It compiles for any batch size.", any_batch.structured_outputs[0].shape.as_list() == [None, 9, 2], expected=True)

# %% [markdown]
# ## Three shapes of use
#
# The states are there at every step. What is read off them, and when, is ours to choose:
#
# | use | input | read | for example |
# |---|---|---|---|
# | many to one | (B, T, D) | the last state | the mood of a review |
# | many to many | (B, T, D) | every state | the kind of each word |
# | one to many | (B, D), then nothing | every state | a tune from its title |

# %%
rng = np.random.default_rng(8)
rnn, head = nn.RNN(3, 5, rng=rng, dtype=np.float64), nn.Linear(5, 2, rng=rng, dtype=np.float64)
x = rng.normal(size=(4, 7, 3))
states, last = rnn(Tensor(x))                                # (4, 7, 5) and (1, 4, 5): one layer
many_to_one, many_to_many = head(last[0]), head(states)      # (4, 2) and (4, 7, 2)
x_first = np.zeros_like(x)
x_first[:, 0] = x[:, 0]
one_to_many = head(rnn(Tensor(x_first))[0])                  # (4, 7, 2): the later inputs are zero
claim("recur-shapes", "Four sequences of seven steps give (4, 2), (4, 7, 2) and (4, 7, 2).",
      [*many_to_one.shape, *many_to_many.shape, *one_to_many.shape], expected=[4, 2, 4, 7, 2, 4, 7, 2])
claim("recur-last-is-last", "The last state is the state at the last step.", np.abs(last.data[0] - states.data[:, -1]).max(), expected=0.0)

# %% [markdown]
# That one input can set a long output in motion is easiest to believe with two units whose $W_{hh}$ turns the state by 30° a step. A small push at the first step, then silence: what comes out?

# %% mystnb={"image": {"alt": "A curve over 48 steps, sampled once a step: a cosine with a period of twelve steps. Its height falls by about four percent over the 48 steps."}}
turn = np.pi / 6
spin = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
push = np.zeros((1, 48, 1))
push[0, 0] = 0.05
tune = elman_states(push, np.array([[1.0, 0.0]]), spin, np.zeros(2), np.zeros((1, 2)))[0, :, 0] / 0.05
claim("recur-one-to-many", "The answer follows the cosine of 30° a step within 3 %, for 48 steps.", np.abs(tune - np.cos(turn * np.arange(48))).max(), at_most=0.03)
_ = plotting.curves({"first unit": tune}, title="One push, and the state goes round by itself", xlabel="step", ylabel="state / push", markers=True)

# %% [markdown]
# > **Misconception.** The hidden state is the output of the network.
#
# In the state the network keeps what it will need *later*; the output is what is asked *now*. PyTorch and Keras call the states "output", which feeds the mistake. A state may carry much that no output shows: here one network reads two sequences, answers both alike up to step 6, from different states, and parts at step 7.

# %%
recorder = np.eye(7, k=1)                                    # unit j takes over from unit j - 1
one_push = np.zeros((2, 7, 1))
one_push[0, 0], one_push[1, 0] = 1.0, -1.0
states = elman_states(one_push, np.eye(1, 7), recorder, np.zeros(7), np.zeros((2, 7)))
answers = states[:, :, -1]                                   # the head reads the last unit only
claim("recur-state-is-not-output", "Up to step 6 both answers are zero while the states differ by more than one half; at step 7 the answers have opposite signs.",
      [np.abs(answers[:, :6]).max() == 0, np.abs(states[0] - states[1]).max(-1).min() > 0.5, answers[0, 6] > 0 > answers[1, 6]], expected=[True] * 3)

# %% [markdown]
# ## Batches of sequences
#
# ### Which axis is time?
#
# Keras and this book put the batch first, (B, T, D). `torch.nn.RNN` takes time first, (T, B, D), unless told `batch_first=True`. Nothing in an array of shape (5, 8, 3) says which is meant, and no error is raised. **Predict:** what goes wrong?

# %%
rng = np.random.default_rng(9)
x = rng.normal(size=(5, 8, 3))                               # five sequences of eight steps
changed = x.copy()
changed[0] += 1.0                                            # another first sequence
moved_in = {}
for batch_first in (True, False):
    rnn = nn.RNN(3, 4, batch_first=batch_first, rng=np.random.default_rng(0), dtype=np.float64)
    difference = np.abs(rnn(Tensor(changed))[0].data - rnn(Tensor(x))[0].data)
    moved_in[batch_first] = int((difference.max((1, 2)) > 0).sum())
claim("recur-batch-first", "Read batch first, a change in one sequence moves the states of one; read time first, it moves all five.",
      [moved_in[True], moved_in[False]], expected=[1, 5])

# %% [markdown]
# The samples leak into each other: the second reads the state of the first. A network trained like that still lowers its loss, which makes this bug long-lived. The test above, change one sequence and look at the others, finds it in a line.
#
# ### Sequences of unlike lengths
#
# An array needs equal lengths, so shorter sequences get **[padding](../../book/glossary.md#padding)**, by habit zeros, at the end. A zero input does not leave a state alone: $\tanh(h_{t-1}W_{hh} + b_h)$ is computed all the same, and the state wanders off. So a **[mask](../../book/glossary.md#mask)** tells which steps are real, and keeps the old state in the others:

# %%
def masked_states(x, lengths, W_xh, W_hh, b):
    """Return all states (B, T, H); beyond its length a sequence keeps its last state."""
    h, states = np.zeros((len(x), len(b))), []
    for t in range(x.shape[1]):
        new = np.tanh(x[:, t] @ W_xh + h @ W_hh + b)
        h = np.where((t < lengths)[:, None], new, h)
        states.append(h)
    return np.stack(states, axis=1)


rng = np.random.default_rng(10)
rnn = nn.RNN(3, 4, rng=rng, dtype=np.float64)
rnn.bias_l0.data[...] = rng.normal(size=4)
sequences, lengths = [rng.normal(size=(n, 3)) for n in (8, 3, 5)], np.array([8, 3, 5])
padded = np.zeros((3, 8, 3))
for row, s in zip(padded, sequences):
    row[: len(s)] = s
alone = np.array([rnn(Tensor(s[None]))[1].data[0, 0] for s in sequences])
by_hand = masked_states(padded, lengths, *(p.data for p in rnn.parameters()))[:, -1]
by_layer, careless = rnn(Tensor(padded), lengths=lengths)[1].data[0], rnn(Tensor(padded))[1].data[0]
claim("recur-mask", "With the mask the last states are those of each sequence alone, by hand and with `lengths`.",
      max(np.abs(by_hand - alone).max(), np.abs(by_layer - alone).max()), at_most=1e-12)
claim("recur-no-mask", "Without it both shorter sequences end in another state.", np.abs(careless - alone)[1:].max(1).min(), at_least=0.05)

# %% [markdown]
# What stands in the padding does not matter then, and the gradient of the padded steps is zero. Outputs at masked steps must be masked as well, before a loss takes their mean.
#
# ## Order matters
#
# Could we not add the inputs up, or take their mean, and have a fixed size as well? Such a *bag* is blind to order: "dog bites man" and "man bites dog" are one bag. Take six steps with one $A$, one $B$ and four blanks, [one-hot](../../book/glossary.md#one-hot-encoding), and ask which letter comes first.

# %%
def letters_in_order(n, T, rng):
    """Return x (n, T, 3), one A, one B and blanks, and whether B comes first (n,)."""
    places = np.sort(rng.permuted(np.tile(np.arange(T), (n, 1)), axis=1)[:, :2], axis=1)
    b_first, kinds, rows = rng.integers(0, 2, n), np.full((n, T), 2), np.arange(n)
    kinds[rows, places[:, 0]], kinds[rows, places[:, 1]] = b_first, 1 - b_first
    return np.eye(3)[kinds], b_first


rng = np.random.default_rng(11)
x_order, y_order = letters_in_order(200, 6, rng)
x_order_test, y_order_test = letters_in_order(1000, 6, rng)
rnn = nn.RNN(3, 8, rng=rng, dtype=np.float64)
swapped = x_order[:, :, [1, 0, 2]]                           # A for B and B for A: the other answer
claim("recur-bag-blind", "All 200 sequences have one and the same mean: no function of it can tell the two answers apart.",
      np.ptp(x_order.mean(1), axis=0).max(), at_most=1e-15)
claim("recur-order-seen", "Swapping the letters moves the last state of every sequence.",
      np.abs(rnn(Tensor(swapped))[1].data - rnn(Tensor(x_order))[1].data).max(-1).min(), at_least=0.01)

# %% [markdown]
# The recurrent network at least *could* tell. That it learns to is shown below, in three frameworks at once.
#
# ## A machine with two states
#
# Add two binary numbers as at school, the lowest digits first. At each step two digits come in, one goes out, and one thing must be remembered: whether there is a **carry**. With $n_t = a_t + b_t + \text{carry}$, the digit is 1 for $n_t\in\{1, 3\}$ and the new carry is 1 for $n_t\ge2$.
#
# Before anything learns: can three tanh units do it? Let unit $j$ say whether $n_t \ge j$, by a steep tanh that is nearly −1 or 1. Unit 2 then *is* the carry, $\tfrac12(h_2+1)$, and the digit is 1 where $h_1 - h_2 + h_3 > 0$:
#
# $$h_j = \tanh\bigl(2g\,(n_t - j + \tfrac12)\bigr), \qquad n_t = a_t + b_t + \tfrac12(h_{2}^{\text{old}} + 1).$$
#
# Sort this by what is multiplied: $W_{xh}$ has $2g$ everywhere, $W_{hh}$ has $g$ in the row of unit 2, and $b_j = 2g(1-j)$. The first state is $-1$: no carry.

# %%
gain = 4.0
adder = [np.full((2, 3), 2 * gain), np.array([[0.0] * 3, [gain] * 3, [0.0] * 3]), 2 * gain * (1 - np.arange(1, 4))]


def to_integer(digits):
    """Return the integer whose binary digits, lowest first, are given."""
    return int("".join(map(str, digits[::-1])), 2)


a, b = np.random.default_rng(12).integers(0, 2, (2, 10_000))
a[-1] = b[-1] = 0                                            # room for the last carry
h = F.rnn_sequence(np.stack([a, b], -1)[:, None].astype(float), -np.ones((1, 3)), *adder).data[:, 0]      # (10000, 3)
votes = h @ [1.0, -1.0, 1.0]
claim("recur-adder", "Three units, 18 numbers, add two numbers of 9 999 binary digits exactly as Python does.",
      to_integer((votes > 0).astype(int)) == to_integer(a) + to_integer(b), expected=True)
claim("recur-adder-margin", "At no step does the vote come nearer to zero than 0.99.", np.abs(votes).min(), at_least=0.99)

# %% [markdown]
# So a state of three numbers carries over any distance: each step restores the carry to nearly ±1, and errors do not pile up. Does [gradient descent](../../book/glossary.md#gradient-descent) find such weights? We train on sums of *eight* digits and test on 512, on random digits, and on the nastiest pair: $111\dots1 + 1$, whose carry runs through all 512 steps.

# %%
def sum_columns(a, b):
    """Return x (n, T, 2) and the digits of the sums (n, T), lowest first, the last carry dropped."""
    carry, digits = np.zeros(len(a), int), []
    for column in (a + b).T:
        digits.append((column + carry) % 2)
        carry = (column + carry) // 2
    return np.stack([a, b], -1).astype(float), np.stack(digits, 1)


def train_adder(H, seed, steps=400):
    rng = np.random.default_rng(seed)
    rnn, head = nn.RNN(2, H, rng=rng, dtype=np.float64), nn.Linear(H, 2, rng=rng, dtype=np.float64)
    weights = [*rnn.parameters(), *head.parameters()]
    adam = optim.Adam(weights, lr=0.01)
    for _ in range(steps):
        x, digits = sum_columns(*rng.integers(0, 2, (2, 64, 8)))
        loss = F.cross_entropy(head(rnn(Tensor(x))[0]).reshape(-1, 2), digits.reshape(-1))
        adam.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(weights, 1.0)
        adam.step()
    return rnn, head


# %%
def exact_sums(model, a, b):
    """Return the share of sums with every digit right."""
    rnn, head = model
    x, digits = sum_columns(a, b)
    return (head(rnn(Tensor(x))[0]).data.argmax(-1) == digits).all(1).mean()


ones, single = np.ones((1, 512), int), np.eye(1, 512, dtype=int)
tests = {"8 digits": np.random.default_rng(13).integers(0, 2, (2, 200, 8)),
         "512 digits": np.random.default_rng(14).integers(0, 2, (2, 100, 512)),
         "111…1 + 1": (ones, single), "111…1 + 0": (ones, 0 * single)}
learned = {H: [train_adder(H, seed) for seed in range(5)] for H in (8, 3)}
exact = {H: np.array([[exact_sums(model, *pair) for pair in tests.values()] for model in models]) for H, models in learned.items()}
for H, rows in exact.items():
    for name, column in zip(tests, rows.T):
        print(f"H = {H}, {name:10s}", *(f"{share:5.2f}" for share in column))
claim("recur-adder-learned", "With 8 units, each of five runs adds 512 digits without a mistake, having seen eight, long carry included.",
      exact[8].min(), expected=1.0)
claim("recur-adder-small", "With 3 units, where a solution exists, at least one of five runs fails at a test.", (exact[3].min(1) < 1).sum(), at_least=1)
claim("recur-adder-fooled", "At least one of them adds 80 % of the random numbers of 512 digits, and fails with the long carry.",
      ((exact[3][:, 1] >= 0.8) & (exact[3][:, 2] == 0)).sum(), at_least=1)

# %% [markdown]
# Each column is a seed. The eight units have not learned sums of eight digits, they have learned the *rule*. With three units a solution exists, we have just written it down, but whether descent finds it depends on the start. And look at where the random digits and the long carry disagree: of random columns every other one, $0+0$ or $1+1$,
# decides the carry by itself, so a network whose memory lasts ten steps passes most random tests. A long test is not yet a test of long memory.
#
# Where does the trained network keep the carry? Fit a linear reading of it to the states, and draw.

# %% mystnb={"image": {"alt": "Scatter of hidden states in two linear readings, of the carry across and of the digit upwards. Four clouds at the corners of a square, coloured by the true carry: the carry alone decides left or right."}}
rng = np.random.default_rng(15)
a, b = rng.integers(0, 2, (2, 20, 64))
x, digits = sum_columns(a, b)
carries = (2 * np.cumsum((a + b) * 2.0 ** np.arange(64), axis=1) >= 2.0 ** np.arange(2, 66)).astype(int)
rnn, head = learned[8][0]
h = rnn(Tensor(x))[0].data.reshape(-1, 8)
design, truths = np.c_[h, np.ones(len(h))], 2.0 * np.c_[carries.reshape(-1), digits.reshape(-1)] - 1
reading = design @ np.linalg.lstsq(design[:640], truths[:640], rcond=None)[0]      # fitted to half of them
claim("recur-carry-linear", "A linear reading fitted to half of the states tells the carry in the other half without a mistake.",
      ((reading[640:] > 0) == (truths[640:] > 0))[:, 0].mean(), expected=1.0)
fig, ax = plotting.new_figure(height=3.2)
for value, marker in ((0, "o"), (1, "^")):
    rows = np.flatnonzero(truths[640:960, 0] == 2 * value - 1) + 640
    ax.plot(*reading[rows].T, marker, ms=4, color=plotting.CYCLE[value], label=f"carry {value}")
ax.legend()
plotting.dress(ax, "The state has found out about the carry", "reading of the carry", "reading of the digit")
plt.show()

# %% [markdown]
# > **Misconception.** A recurrent network captures long-range dependence.
#
# The second article says that it does; the first calls that the problem of plain RNNs. The first is right, in this sense: a plain recurrent network can *hold* a fact over any distance, as the adder did, but it hardly *learns* to when the lesson is long. Our task now: after $k+1$ tosses, say the first. One bit, and one question, at the end.
#
# First, weights that solve it exist for every $k$: the relay of the paper example, with $k+1$ units. Then we train 32 units on $k = 2, 5, 10, 20$, 300 steps each, five seeds. **Predict** the accuracies.

# %% tags=["settles-F42", "settles-X2"]
def recall_run(k, seed, steps=300):
    """Return the test accuracy at saying the first of k + 1 tosses."""
    rng = np.random.default_rng(seed)
    rnn, head = nn.RNN(1, 32, rng=rng, dtype=np.float64), nn.Linear(32, 2, rng=rng, dtype=np.float64)
    weights = [*rnn.parameters(), *head.parameters()]
    adam = optim.Adam(weights, lr=0.005)
    for step in range(steps + 1):
        tosses = rng.integers(0, 2, (32 if step < steps else 1000, k + 1))
        scores = head(rnn(Tensor(2.0 * tosses[..., None] - 1))[1][0])
        if step < steps:
            adam.zero_grad()
            F.cross_entropy(scores, tosses[:, 0]).backward()
            optim.clip_grad_norm_(weights, 1.0)
            adam.step()
    return (scores.data.argmax(1) == tosses[:, 0]).mean()


tosses = np.random.default_rng(16).integers(0, 2, (500, 21))
relay = engine_states(2.0 * tosses[..., None] - 1, np.eye(1, 21), np.eye(21, k=1), np.zeros(21), np.zeros((500, 21)))
claim("recur-relay", "A relay of 21 units, set by hand, says the first of 21 tosses without a mistake.",
      ((relay[:, -1, -1] > 0) == tosses[:, 0]).mean(), expected=1.0)
recalled = {k: np.array([recall_run(k, seed) for seed in range(5)]) for k in (2, 5, 10, 20)}
for k, runs in recalled.items():
    print(f"k = {k:2d}", *(f"{run:5.2f}" for run in runs))
claim("recur-recall-near", "Up to k = 10 every run is right in 99 % and more.", min(recalled[k].min() for k in (2, 5, 10)), at_least=0.99)
claim("recur-recall-far", "At k = 20 the median of five runs is a coin toss.", np.median(recalled[20]), expected=0.5, tolerance=0.06)

# %% [markdown]
# Each column is a seed. Within 300 updates ten steps back is learned by all, twenty by none; raise `steps` fourfold, and now and then a lucky seed gets there. Not for lack of room: the relay has 21 units and the network 32. Not for lack of examples: each update draws new ones. Look at what the learner
# gets to see at the start: how much the last state depends on the input some steps before it.

# %% tags=["settles-S2-C18"] mystnb={"image": {"alt": "The gradient of the last state by the input some steps before it, on a logarithmic axis: five lines, one for each seed, wander downwards together and lose four to six powers of ten over twenty steps."}}
def sensitivity(seed, k=20, H=32):
    """Return the norm of d(a random reading of the last state)/d(input), by steps before the end, averaged over 50 sequences."""
    rng = np.random.default_rng(seed)
    rnn, reading = nn.RNN(1, H, rng=rng, dtype=np.float64), rng.normal(size=H)
    x = Tensor(2.0 * rng.integers(0, 2, (50, k + 1, 1)) - 1, requires_grad=True)
    (rnn(x)[1][0] @ reading).sum().backward()
    return np.sqrt((x.grad[..., 0] ** 2).mean(0))[::-1]


fading = np.array([sensitivity(seed) for seed in range(5)])
per_step = (fading[:, 20] / fading[:, 0]) ** (1 / 20)
print("factor per step:", *(f"{factor:.2f}" for factor in per_step))
claim("recur-fading-far", "Twenty steps back it is less than a thousandth of what it is at its greatest.", (fading[:, 20] / fading.max(1)).max(), at_most=1e-3)
claim("recur-fading", "In each of five fresh networks the influence shrinks by a factor between 0.4 and 0.75 a step.",
      [per_step.min() > 0.4, per_step.max() < 0.75], expected=[True, True])
_ = plotting.curves({f"seed {seed}": row for seed, row in enumerate(fading)}, logy=True, labels="none",
                    title="Before training, an input is forgotten step by step", xlabel="steps before the end", ylabel="size of the gradient")

# %% [markdown]
# From one end of the figure to the other the influence falls by a factor of a thousand and more, as if multiplied by about 0.6 at each step. This is a **[vanishing gradient](../../book/glossary.md#vanishing-gradient)**: after twenty steps there is next to nothing left to follow ([Bengio, Simard and Frasconi, 1994](../../book/bibliography.md#bengio1994learning)). Why the factor is what it is, why it may also be above one, and what helps, is
# the matter of the next section; networks whose state is built not to fade, of the one after it ([Pascanu, Mikolov and Bengio, 2013](../../book/bibliography.md#pascanu2013difficulty), on both).
#
# ## In the frameworks
#
# One layer, four names for the same numbers:
#
# | here | shape | PyTorch `nn.RNN` | Keras `SimpleRNN` |
# |---|---|---|---|
# | `weight_ih_l0` | (D, H) | `weight_ih_l0`, transposed (H, D) | `kernel` (D, H) |
# | `weight_hh_l0` | (H, H) | `weight_hh_l0`, transposed | `recurrent_kernel` |
# | `bias_l0` | (H,) | `bias_ih_l0` + `bias_hh_l0`, two vectors | `bias` |
# | `y, h = rnn(x)` | (B, T, H), (1, B, H) | the same pair, time first by default | the last state; all states with `return_sequences=True` |
#
# The classifier of $A$ before $B$, many to one, from the same weights, in float64, 100 steps of gradient descent on all 200 sequences. In PyTorch the second bias is set to zero and frozen; you will see why.

# %%
rng = np.random.default_rng(17)
start = [rng.uniform(-0.35, 0.35, s) for s in [(3, 8), (8, 8), (8,), (8, 2), (2,)]]

# %% tags=["fw-numpy"]
rnn, head = nn.RNN(3, 8, rng=rng, dtype=np.float64), nn.Linear(8, 2, rng=rng, dtype=np.float64)
ours = [*rnn.parameters(), *head.parameters()]
for p, value in zip(ours, start): p.data[...] = value
sgd, path_ours = optim.SGD(ours, lr=0.5), []
for step in range(100):
    states, _ = rnn(Tensor(x_order))                          # (200, 6, 8)
    out = head(states[:, -1])
    loss_ours = F.cross_entropy(out, y_order)
    sgd.zero_grad(); loss_ours.backward()
    if step == 0: first_ours = [states.data, out.data], [p.grad.copy() for p in ours]
    path_ours.append(loss_ours.item()); sgd.step()

# %% tags=["fw-torch"]
import torch
rnn_torch, head_torch = torch.nn.RNN(3, 8, batch_first=True).double(), torch.nn.Linear(8, 2).double()
P = [rnn_torch.weight_ih_l0, rnn_torch.weight_hh_l0, rnn_torch.bias_ih_l0, head_torch.weight, head_torch.bias]
for p, value in zip(P, start): p.data = torch.tensor(value.T)
rnn_torch.bias_hh_l0.requires_grad_(False).zero_()
sgd_torch, path_torch = torch.optim.SGD(P, lr=0.5), []
for step in range(100):
    states_torch, _ = rnn_torch(torch.tensor(x_order)); out_torch = head_torch(states_torch[:, -1])
    loss_torch = torch.nn.functional.cross_entropy(out_torch, torch.tensor(y_order))
    sgd_torch.zero_grad(); loss_torch.backward()
    if step == 0: first_torch = [states_torch.detach(), out_torch.detach()], [p.grad.numpy().T.copy() for p in P]
    path_torch.append(loss_torch.item()); sgd_torch.step()

# %% tags=["fw-tensorflow"]
simple, dense = keras.layers.SimpleRNN(8, return_sequences=True, dtype="float64"), keras.layers.Dense(2, dtype="float64")
dense(simple(x_order)); simple.set_weights(start[:3]); dense.set_weights(start[3:])
Q, sgd_tf, path_tf = [v.value for v in simple.weights + dense.weights], keras.optimizers.SGD(0.5), []
def keras_pass():
    with tf.GradientTape() as tape:
        states_tf = simple(x_order); out_tf = dense(states_tf[:, -1])
        loss_tf = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y_order, out_tf))
    return [states_tf, out_tf], loss_tf, tape.gradient(loss_tf, Q)
first_tf, compiled = keras_pass(), tf.function(keras_pass)
for _ in range(100):
    _, loss_tf, grads_tf = compiled(); path_tf.append(float(loss_tf)); sgd_tf.apply(grads_tf, simple.weights + dense.weights)

# %% tags=["settles-SYS-02"]
parity("recur-rnn",
       outputs={"numpy": first_ours[0], "torch": first_torch[0], "tensorflow": first_tf[0]},
       gradients={"numpy": first_ours[1], "torch": first_torch[1], "tensorflow": first_tf[2]},
       path={"numpy": path_ours, "torch": path_torch, "tensorflow": path_tf})
score = (head(rnn(Tensor(x_order_test))[0][:, -1]).data.argmax(1) == y_order_test).mean()
claim("recur-order-learned", "After the 100 steps the network tells the order in 95 % of 1 000 new sequences.", score, at_least=0.95)

# %% [markdown]
# Two biases that are only ever added make no other functions, but another training: each gets the same gradient, each takes the step, and their sum moves twice. In Adam's case, too. So "the same learning rate" in two frameworks is not quite the same.

# %%
twice = torch.nn.RNN(3, 8, batch_first=True).double()
before = (twice.bias_ih_l0 + twice.bias_hh_l0).detach().clone()
twice(torch.tensor(x_order))[0].sum().backward()
torch.optim.SGD(twice.parameters(), lr=1e-3).step()
moved = (twice.bias_ih_l0 + twice.bias_hh_l0).detach() - before
claim("recur-two-biases", "One step of SGD moves PyTorch's sum of biases by twice the learning rate times the gradient.",
      (moved / (-1e-3 * twice.bias_ih_l0.grad)).numpy(), expected=np.full(8, 2.0), tolerance=1e-9)
sizes = [sum(p.data.size for p in nn.RNN(10, 20, rng=rng).parameters()), sum(p.numel() for p in torch.nn.RNN(10, 20).parameters())]
claim("recur-torch-parameters", "For D = 10, H = 20 PyTorch's layer has 640 parameters where ours has 620.", sizes, expected=[620, 640])

# %% [markdown]
# ## Summary
#
# - A window sees what it sees; a state keeps what it chooses. $h_t = \tanh(x_tW_{xh} + h_{t-1}W_{hh} + b_h)$, the same weights at every step.
# - What is passed on is the state, not a part of the input; it goes from hidden to hidden, forward in time, and no connection flows back.
# - Unrolled, it is a deep network with shared layers; the gradient of a weight is the sum over the steps. Parameters: $H(D+H+1)$, and $H$ more in PyTorch.
# - Many to one, many to many, one to many differ in what is read. Check which axis is time; mask what is padding.
# - Three units add numbers of any length, and eight learn to from eight digits. Holding a fact is easy, learning to hold it over twenty steps is not.
#
# ## Exercises
#
# ### Exercise 1 · Two steps on paper
#
# One unit: $W_{xh} = \tfrac12$, $W_{hh} = -1$, $b_h = 0$, $h_0 = 0$, inputs $x = (1, 2)$. What is $h_2$?

# %%
answer = None
exercise("recur-two-steps", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# $h_1 = \tanh\tfrac12 = 0.462$, and $h_2 = \tanh(\tfrac12\cdot2 - 0.462) = \tanh 0.538 = 0.491$.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("recur-two-steps", math.tanh(1 - math.tanh(0.5)))

# %% [markdown]
# ### Exercise 2 · Count the parameters
#
# A layer of 20 units reads inputs of 10 numbers, a second layer of 20 units reads the states of the first, and a linear layer with bias makes 5 scores from the last state. Sequences have 30 steps. How many parameters, with one bias vector a layer?

# %%
answer = None
exercise("recur-count", answer)

# %% tags=["hide-cell", "solution"]
exercise("recur-count", size_of_rnn(10, 20) + size_of_rnn(20, 20) + 20 * 5 + 5)

# %% [markdown]
# ### Exercise 3 · The last real state
#
# Write `last_real(states, lengths)`: from all states (B, T, H) of a padded batch and the integer lengths (B,), return the state (B, H) at each sequence's own last step. No loop is needed.

# %%
def last_real(states, lengths):
    ...


exercise("recur-last", last_real)


# %% tags=["hide-cell", "solution"]
def last_real_solution(states, lengths):
    return states[np.arange(len(states)), np.asarray(lengths) - 1]


exercise("recur-last", last_real_solution)

# %% [markdown]
# ### Exercise 4 · Parity by hand
#
# Set the weights of two tanh units so that $h_tv + c$ is positive exactly where the number of ones in $x_1,\dots,x_t$ (zeros and ones) is odd. The first state is zero. Give `(W_xh, W_hh, b, v, c)` of shapes (1, 2), (2, 2), (2,), (2,) and a number. It is checked on 200 steps.
# Hint: units for $n\ge1$ and $n\ge2$, where $n = x_t + $ the old parity.

# %%
answer = None
exercise("recur-parity", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# The old parity is 1 only where $h_1 = 1$ and $h_2 = -1$, so it is $\tfrac12(h_1 - h_2)$, which is 0 for the zero state as well. With $h_j = \tanh(2g(n - j + \tfrac12))$: $W_{xh} = (2g, 2g)$, the rows of $W_{hh}$ are $(g, g)$ and $(-g, -g)$, $b = (-g, -3g)$; the answer is $h_1 - h_2 - 1$.
#
# </details>

# %% tags=["hide-cell", "solution"]
g = 8.0
exercise("recur-parity", ([[2 * g, 2 * g]], [[g, g], [-g, -g]], [-g, -3 * g], [1.0, -1.0], -1.0))

# %% [markdown]
# ### Exercise 5 · Load a layer of PyTorch's
#
# Write `from_torch(weight_ih, weight_hh, bias_ih, bias_hh)`: the four arrays of a `torch.nn.RNN`, shapes (H, D), (H, H), (H,), (H,), become our three, $(W_{xh}, W_{hh}, b_h)$.

# %%
def from_torch(weight_ih, weight_hh, bias_ih, bias_hh):
    ...


exercise("recur-from-torch", from_torch)

# %% tags=["hide-cell", "solution"]
exercise("recur-from-torch", lambda weight_ih, weight_hh, bias_ih, bias_hh: (weight_ih.T, weight_hh.T, bias_ih + bias_hh))

# %% [markdown]
# ### Exercise 6 · A proof
#
# Let $s$ be the largest factor by which $W_{hh}$ stretches any row vector. Show: if two sequences are equal from step $t_0+1$ on, then $\lVert h_t - h'_t\rVert \le s^{\,t-t_0}\lVert h_{t_0} - h'_{t_0}\rVert$. What does this mean for $s<1$, and why does it not hold against the adder?
#
# <details><summary>Solution</summary>
#
# tanh has slopes between 0 and 1, so $|\tanh u - \tanh v| \le |u - v|$, number by number. With equal inputs $h_t - h'_t$ is a difference of two tanh whose arguments differ by $(h_{t-1} - h'_{t-1})W_{hh}$, so
# $\lVert h_t - h'_t\rVert \le \lVert(h_{t-1} - h'_{t-1})W_{hh}\rVert \le s\,\lVert h_{t-1} - h'_{t-1}\rVert$. Repeat $t - t_0$ times.
#
# With $s<1$ every difference dies out exponentially: such a network *cannot* remember for long, trained or not. The adder has a $W_{hh}$ that stretches by $g\sqrt3 \approx 7$; its tanh, saturated, squeezes the states back to two separate places. The start that is usual, and with it the learner's first view, has states that fade.
#
# </details>

# %% [markdown]
# ## Sources
#
# [Elman, 1990](../../book/bibliography.md#elman1990finding), the network, its context units, and words found in a stream of letters ·
# [Rumelhart, Hinton and Williams, 1986](../../book/bibliography.md#rumelhart1986internal), a recurrent network unrolled ·
# [Bengio, Simard and Frasconi, 1994](../../book/bibliography.md#bengio1994learning), why long lessons are hard ·
# [Pascanu, Mikolov and Bengio, 2013](../../book/bibliography.md#pascanu2013difficulty), the same with what helps ·
# [Goodfellow, Bengio and Courville, 2016](../../book/bibliography.md#goodfellow2016deep), sections 10.1, 10.2 and 10.6.
