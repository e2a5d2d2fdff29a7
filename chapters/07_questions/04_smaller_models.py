# %% [markdown]
# # Questions on smaller and cheaper models
#
# Five questions about one wish: to have what a large model can do, for less. A small student may learn from a large teacher (DistilBERT, TinyBERT), every token of a text may teach something (ELECTRA), most pairs of tokens may never meet (Sparse Transformer), or almost all weights may stay as they are (LoRA). The article that asks these questions promises "better performance" in all five answers. The papers promise something else: *nearly* the same performance, or the same, with fewer parameters, fewer operations or fewer examples. For each we show the mechanism at work and count what it saves.
#
# *Reading: 20 minutes. Running: about 25 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import math

import numpy as np

from chainrule import Tensor, data, nn, no_grad, optim, plotting, text
from chainrule.nn import functional as F
from chainrule.proof import card, claim, exercise, gradcheck

# %% [markdown]
# ## S0-Q23 · What is DistilBERT?
#
# A Transformer encoder with half the layers of BERT-base that learns to answer as BERT answers. The article promises better performance. The paper reports 97 % of BERT's score in language understanding, with 40 % fewer parameters and 60 % faster; its title says "smaller, faster, cheaper and lighter" ([Sanh et al., 2019](../../book/bibliography.md#sanh2019distilbert)). The method is **[knowledge distillation](../../book/glossary.md#knowledge-distillation)** ([Hinton et al., 2015](../../book/bibliography.md#hinton2015distilling)): the student, with [logits](../../book/glossary.md#logits) $z$, imitates the teacher's probabilities, from logits $v$, both softened by a temperature $T$:
#
# $$L = -T^2\sum_k p_k\ln q_k,\qquad p = \mathrm{softmax}(v/T),\quad q = \mathrm{softmax}(z/T),\qquad \frac{\partial L}{\partial z} = T\,(q - p).$$
#
# Read aloud: *cross-entropy with the teacher's opinion in place of the label.* DistilBERT adds BERT's own task and the cosine of hidden states, and starts from every other layer of its teacher. [Cross-entropy](../../book/glossary.md#cross-entropy) and its gradient are derived in [Losses](../02_backprop/02_losses.ipynb).

# %% tags=["settles-S0-Q23", "settles-SYS-13"]
def size_of_encoder(positions, types, width, inner, layers, pooler, narrow=None, vocabulary=30522):
    """Return the parameters of an encoder like BERT's, with biases and normalisations, without the head of a task."""
    e = narrow or width
    table = (vocabulary + positions + types) * e + 2 * e + (e != width) * (e * width + width)
    block = 4 * (width**2 + width) + 2 * width * inner + inner + width + 2 * 2 * width
    return table + layers * block + pooler * (width**2 + width)

bert_size, distil_size = size_of_encoder(512, 2, 768, 3072, 12, True), size_of_encoder(512, 0, 768, 3072, 6, False)
card("distilbert", "DistilBERT", year=2019, paper="sanh2019distilbert", idea="Half of BERT's layers, trained to give BERT's probabilities.",
     configuration="6 layers of 768, 30 522 word pieces", parameters=distil_size)
claim("qsmall-distilbert-size", "It has 66 362 880 parameters, BERT-base 109 482 240.", [distil_size, bert_size], expected=[66_362_880, 109_482_240])
claim("qsmall-distilbert-share", "That is 60.6 per cent.", distil_size / bert_size, expected=0.606, tolerance=0.0005)

# %% [markdown]
# **Why $T^2$?** Softening divides the gradient twice: once by the chain rule, through $z/T$, and once because softened probabilities lie closer together. As $T$ grows, $T(q-p)$ tends to $\frac1K\bigl((z-\bar z) - (v-\bar v)\bigr)$: the student matches *logits*, by their distance from their mean. **Predict:** by what factor does the relative difference shrink from $T = 20$ to $T = 100$?

# %% tags=["settles-S0-Q23", "settles-SYS-13"]
def soften(z, T):
    powers = np.exp((z - z.max(-1, keepdims=True)) / T)
    return powers / powers.sum(-1, keepdims=True)

def distance_from_matching(T, seed):
    """Return |T (q - p) - matched| / |matched| for random logits of 10 classes."""
    z, v = np.random.default_rng(seed).normal(0, 3, (2, 200, 10))
    matched = (z - z.mean(1, keepdims=True) - v + v.mean(1, keepdims=True)) / 10
    return np.linalg.norm(T * (soften(z, T) - soften(v, T)) - matched) / np.linalg.norm(matched)

z, v = np.random.default_rng(0).normal(size=(2, 4, 5))
gradcheck(lambda z: -9 * (soften(v, 3) * np.log(soften(z, 3))).sum(), dict(z=z), dict(z=3 * (soften(z, 3) - soften(v, 3))))
away = np.array([[distance_from_matching(T, seed) for seed in range(5)] for T in (1, 4, 20, 100)])
for T, row in zip((1, 4, 20, 100), away):
    print(f"T = {T:3}: relative difference {row.mean():.4f} ± {row.std(ddof=1):.4f}")
claim("qsmall-matching", "From T = 20 to T = 100 it shrinks by a factor of 5: like 1/T.", away[2].mean() / away[3].mean(), expected=5.0, tolerance=0.2)

# %% [markdown]
# **Does it help?** Take the digits of 8 × 8 pixels. The teacher, with 128 hidden units, has learnt from 1437 labelled images. A student of 16 units learns from 60 of them: from their labels, or from the teacher's opinion ($T = 4$). A third student gets the teacher's opinion on 900 more images, and no label.

# %%
def fit_classifier(width, X, targets, seed, steps, T=1.0):
    """Return a network that learnt targets: labels, or probabilities at temperature T."""
    rng = np.random.default_rng(seed)
    net = nn.Sequential(nn.Linear(64, width, rng=rng), nn.ReLU(), nn.Linear(width, 10, rng=rng))
    optimizer = optim.Adam(net.parameters(), lr=0.01)
    for _ in range(steps):
        optimizer.zero_grad()
        (T**2 * F.cross_entropy(net(Tensor(X)) * (1 / T), targets)).backward()
        optimizer.step()
    return net

pictures = data.digits(rng=np.random.default_rng(0))

def share_recognised(net):
    with no_grad():
        return float((net(Tensor(pictures.x_test)).data.argmax(1) == pictures.y_test).mean())

# %% tags=["settles-S0-Q23", "settles-SYS-13", "settles-F19", "settles-N4"]
recognised, X, y, opinions = {"teacher": [], "labels, 60": [], "opinion, 60": [], "opinion, 960": []}, pictures.x_train, pictures.y_train, []
for seed in range(5):
    chosen = np.random.default_rng(100 + seed).permutation(len(X))[:960]
    teacher = fit_classifier(128, X, y, seed, 150)
    with no_grad():
        opinions.append((chosen, teacher(Tensor(X)).data[chosen]))
    softened = soften(opinions[-1][1], 4)
    nets = [teacher, fit_classifier(16, X[chosen[:60]], y[chosen[:60]], seed, 200),
            fit_classifier(16, X[chosen[:60]], softened[:60], seed, 200, T=4), fit_classifier(16, X[chosen], softened, seed, 200, T=4)]
    for name, net in zip(recognised, nets):
        recognised[name].append(share_recognised(net))
for name, values in recognised.items():
    print(f"{name:12} {np.mean(values):.3f} ± {np.std(values, ddof=1) / math.sqrt(5):.3f}")
mean_share = {name: np.mean(values) for name, values in recognised.items()}
claim("qsmall-opinion", "On the same 60 images the opinion is worth more than 0.03.", mean_share["opinion, 60"] - mean_share["labels, 60"], at_least=0.03)
claim("qsmall-not-better", "The best student stays more than 0.005 below its teacher.", mean_share["teacher"] - mean_share["opinion, 960"], at_least=0.005)

# %% [markdown]
# **What it does not show:** that a student cannot exceed its teacher anywhere (it can, on a noisy one), or anything about language. And the teacher saw labels that the student was not given; part of them reaches the student through the opinion.
#
# ### Check yourself · Worthless evidence
#
# "The student with 960 soft opinions is far ahead of the one with 60 labels; so *softness* is what helps." Two things were changed at once: softness, and 900 images more. Write `control_targets(z)`, which turns the teacher's logits (960, 10) into the targets of the missing control run: same images, same teacher, no softness. Then predict its accuracy.

# %%
def control_targets(z):
    ...

exercise("qsmall-control", control_targets)

# %% [markdown]
# <details><summary>Solution</summary>
#
# The class that the teacher thinks most likely, `z.argmax(1)`: a hard opinion on the same images. If the student learns as much from it, softness was not what helped; the cell below measures that.
#
# </details>

# %% tags=["hide-cell", "solution"]
def control_targets_solution(z):
    return z.argmax(1)

exercise("qsmall-control", control_targets_solution)
hard = [share_recognised(fit_classifier(16, X[chosen], control_targets_solution(z), seed, 200)) for seed, (chosen, z) in enumerate(opinions)]
print(f"hard opinion, 960: {np.mean(hard):.3f} ± {np.std(hard, ddof=1) / math.sqrt(5):.3f}")
claim("qsmall-softness", "With 960 images the teacher's hard answers do as well as its soft ones, to 0.015: here the images helped, not the softness.",
      np.mean(hard) - mean_share["opinion, 960"], at_least=-0.015, at_most=0.015)

# %% [markdown]
# ## S0-Q24 · What is ELECTRA?
#
# An encoder that learns to say of *every* token whether it is the original one. The article expands the name correctly, and calls the task "masked contrastive learning". Nothing is contrasted; it is **[replaced token detection](../../book/glossary.md#replaced-token-detection)**, a yes-or-no question at each position ([Clark et al., 2020](../../book/bibliography.md#clark2020electra)). A small generator, a masked language model, fills 15 % of the positions by sampling; the discriminator, which is kept, reads the result $\tilde x$:
#
# $$L = L_{\text{masked}}(\theta_G) + \frac\lambda n\sum_{t=1}^{n}\mathrm{BCE}\bigl(D(\tilde x)_t,\ [\tilde x_t = x_t]\bigr),\qquad \lambda = 50.$$
#
# It resembles a GAN and is none: sampling stops the gradient, so nothing teaches the generator to deceive. And a guess that happens to be right counts as original. The binary loss is derived in [Losses](../02_backprop/02_losses.ipynb), the encoder in [The block](../06_attention/04_the_block.ipynb).

# %% tags=["settles-S0-Q24", "settles-SYS-14", "settles-F20"]
electra_size = size_of_encoder(512, 2, 256, 1024, 12, False, narrow=128)
card("electra", "ELECTRA", year=2020, paper="clark2020electra", idea="Learn from all tokens by telling originals from a small generator's guesses.",
     configuration="small discriminator: 12 layers of 256, embeddings of 128, without its head", parameters=electra_size)
claim("qsmall-electra-size", "ELECTRA-small's discriminator has 13 483 008 parameters; the paper says 14 million with its head.", electra_size, expected=13_483_008)
positions = text.mask_tokens(np.arange(512), np.random.default_rng(0), mask_id=600, vocab_size=601)[2]
claim("qsmall-signals", "Of 512 tokens masked prediction learns from 77; replaced token detection from all, 6.6 times as many.",
      [positions.sum(), round(512 / positions.sum(), 1)], expected=[77, 6.6])

# %% [markdown]
# **What does the best discriminator say?** If real and generated tokens are equally frequent and the question is where a token *came from*, a token $x$ in the context $c$ is original with probability $p/(p + p_G)$, where $p = p(x\mid c)$: the optimum of a GAN's discriminator. ELECTRA masks a share $\rho$ only and calls right guesses original, so that its optimum is
#
# $$D^*(x, c) = \frac{(1-\rho)\,p + \rho\,p_G\,p}{(1-\rho)\,p + \rho\,p_G} .$$
#
# We enumerate all that can happen on a Markov chain, in which each token depends on the one before it alone, with both neighbours as context and a random generator.

# %% tags=["settles-S0-Q24", "settles-SYS-14"]
def share_of_originals(joint, p_G, rho, by_token):
    """Add up every event: an original o between its neighbours, masked or not, and what the generator puts there."""
    real, seen = np.zeros_like(joint), np.zeros_like(joint)
    for (left, o, right), weight in np.ndenumerate(joint):
        real[left, o, right] += (1 - rho) * weight
        seen[left, o, right] += (1 - rho) * weight
        for guess, chance in enumerate(p_G[left, :, right]):
            seen[left, guess, right] += rho * weight * chance
            real[left, guess, right] += rho * weight * chance * (by_token and guess == o)
    return real / seen

rng = np.random.default_rng(3)
P, p_G = rng.dirichlet(np.ones(6), 6), rng.dirichlet(np.ones(6), (6, 6)).swapaxes(1, 2)         # p_G[left, guess, right]
joint = np.full(6, 1 / 6)[:, None, None] * P[:, :, None] * P[None]                              # a random start
p = joint / joint.sum(1, keepdims=True)
claim("qsmall-gan-optimum", "Half replaced, asked for the origin: p/(p + p_G), exactly.", np.abs(share_of_originals(joint, p_G, 0.5, False) - p / (p + p_G)).max(), at_most=1e-14)
formula = (0.85 * p + 0.15 * p_G * p) / (0.85 * p + 0.15 * p_G)
claim("qsmall-electra-optimum", "15 per cent replaced, right guesses original: ELECTRA's formula, exactly.", np.abs(share_of_originals(joint, p_G, 0.15, True) - formula).max(), at_most=1e-14)

# %% [markdown]
# **Which learns more in equal steps?** Sequences of 24 tokens come from one of four Markov chains over eight tokens. All tokens are equally frequent in each chain, so only the *order* tells which. A network that looks at a window of seven tokens is trained without labels, by either task; then a [linear probe](../../book/glossary.md#linear-probe) names the chain from the mean of its hidden units. **Predict** who wins, given that one learns from 6.6 times as many positions.

# %%
def draw_from_chains(P, n, rng):
    kind, x = rng.integers(4, size=n), rng.integers(8, size=(n, 24))
    for t in range(1, 24):
        x[:, t] = np.minimum((rng.random((n, 1)) > P[kind, x[:, t - 1]].cumsum(-1)).sum(1), 7)
    return x, kind

def in_windows(x):
    """Return (B, 24, 7 * 10): one-hot tokens of each window; 8 is the mask, 9 the margin."""
    padded = np.pad(x, ((0, 0), (3, 3)), constant_values=9)
    return np.eye(10, dtype="f4")[np.stack([padded[:, i : i + 24] for i in range(7)], -1)].reshape(*x.shape, -1)

def window_network(width, n_out, rng):
    return nn.Sequential(nn.Linear(70, width, rng=rng), nn.ReLU(), nn.Linear(width, width, rng=rng), nn.ReLU(), nn.Linear(width, n_out, rng=rng))

def probe_for_chain(net, x, kind, x_test, kind_test):
    with no_grad():
        f, f_test = (nn.Sequential(*[net[i] for i in range(4)])(Tensor(in_windows(a))).data.mean(1) for a in (x, x_test))
    f, f_test = (np.column_stack([(a - f.mean(0)) / (f.std(0) + 1e-6), np.ones(len(a))]) for a in (f, f_test))
    weights = np.linalg.solve(f.T @ f + 10 * np.eye(f.shape[1]), f.T @ np.eye(4)[kind])
    return (np.argmax(f_test @ weights, 1) == kind_test).mean()

# %% tags=["settles-S0-Q24", "settles-SYS-14"]
def loss_of_task(net, generator, x, rng, weight=50):
    """Return the loss of masked prediction by net, or, with a generator, of replaced token detection by both."""
    masked, _, chosen = text.mask_tokens(x, rng, mask_id=8, vocab_size=9, split=(1, 0, 0))
    guess = (generator or net)(Tensor(in_windows(masked)[chosen]))
    loss = F.cross_entropy(guess, x[chosen])
    if generator is None:
        return loss
    shown = x.copy()
    shown[chosen] = text.sample(guess.data, rng)                             # integers: no gradient comes back
    judged = net(Tensor(in_windows(shown)))[:, :, 0]
    return loss + weight * F.binary_cross_entropy_with_logits(judged, (shown == x).astype("f4"))

to_generator = []
for weight in (0, 50):
    rng = np.random.default_rng(0)
    net, generator = window_network(32, 1, rng), window_network(16, 8, rng)
    loss_of_task(net, generator, rng.integers(8, size=(32, 24)), rng, weight).backward()
    to_generator.append(np.concatenate([w.grad.ravel() for w in generator.parameters()]))
claim("qsmall-no-gradient", "The discriminator's loss, fifty times or not at all, leaves the generator's gradient the same to the last bit.",
      np.abs(to_generator[1] - to_generator[0]).max(), expected=0)

# %%
def pretrain_and_probe(task, seed, probes_at=(0, 100, 200)):
    """Return the probe's accuracies; task is "masked" or "replaced"."""
    rng = np.random.default_rng(seed)
    P = np.array([0.6 * np.eye(8)[rng.permutation(8)] + 0.4 / 8 for _ in range(4)])
    judged = [*draw_from_chains(P, 200, rng), *draw_from_chains(P, 1000, rng)]
    net, generator = window_network(32, 8 if task == "masked" else 1, rng), window_network(16, 8, rng)
    optimizer, found = optim.Adam([*net.parameters(), *generator.parameters()], lr=3e-3), []
    for step in range(probes_at[-1] + 1):
        if step in probes_at:
            found.append(probe_for_chain(net, *judged))
        x, _ = draw_from_chains(P, 32, rng)
        optimizer.zero_grad()
        loss_of_task(net, None if task == "masked" else generator, x, rng).backward()
        optimizer.step()
    return found

# %% tags=["settles-S0-Q24", "settles-SYS-14"]
probed = {task: np.array([pretrain_and_probe(task, seed) for seed in range(8)]) for task in ("masked", "replaced")}
for task, values in probed.items():
    print(f"{task:9}", ", ".join(f"{m:.3f} ± {s:.3f}" for m, s in zip(values.mean(0), values.std(0, ddof=1) / math.sqrt(8))), "after 0, 100, 200 steps")
ahead = (probed["masked"] - probed["replaced"])[:, 1:].mean(1)
print(f"masked prediction ahead by {ahead.mean():.3f} ± {ahead.std(ddof=1) / math.sqrt(8):.3f}")
claim("qsmall-masked-ahead", "Here masked prediction is ahead, on average by more than 0.015.", ahead.mean(), at_least=0.015)
replaced_share = 0.15 * (1 - 0.4)                                    # if the generator guesses 40 per cent right
bits = 0.15 * math.log2(8), -replaced_share * math.log2(replaced_share) - (1 - replaced_share) * math.log2(1 - replaced_share)
claim("qsmall-bits", "In bits for each position, the answers of the two tasks hold at most 0.45 and 0.44.", bits, expected=[0.45, 0.44], tolerance=0.005)

# %% [markdown]
# It falls the other way than in the paper: more positions are not more information. In bits the tasks are alike: 6.6 times as many answers, each with about a seventh of the content. Replaced token detection even makes the hidden units worse than untrained ones, after 100 steps and after 200. But bits do not decide it either: with 30 522 word pieces they would favour masked prediction more, and the paper, on real text and at equal *computation*, finds the opposite. Neither count replaces the experiment.
#
# **What it does not show:** that ELECTRA's claim is false; a window and eight tokens are not a Transformer and a language. It shows that the number of positions alone does not make the gain.
#
# ### Check yourself · Worthless evidence, again
#
# "Our discriminator is right at 91 % of the tokens, so it has understood the language." Of all positions, 15 % are masked; the generator guesses 40 % of these right. How accurate is a discriminator that says "original" whatever it sees?

# %%
answer = None
exercise("qsmall-original", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Wrong are only the positions that were masked *and* guessed wrong: $0.15\cdot0.6 = 0.09$. It is right at 91 %, without having learnt anything.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("qsmall-original", 1 - 0.15 * (1 - 0.4))

# %% [markdown]
# ## S0-Q25 · What is a Sparse Transformer?
#
# A Transformer in which each step looks at about $2\sqrt n$ steps in place of all $n$, so that a layer costs $O(n\sqrt n)$ ([Child et al., 2019](../../book/bibliography.md#child2019generating)). The article says that it is mainly used for machine translation; the paper models images, raw audio and text by the character, sequences of many thousand steps. This **[sparse attention](../../book/glossary.md#sparse-attention)** is factorised into two patterns, for two heads or two layers, with the stride $s\approx\sqrt n$:
#
# $$A^{(1)} = \{(i,j):\ 0\le i-j<s\},\qquad A^{(2)} = \{(i,j):\ j\le i,\ (i-j)\bmod s = 0\}.$$
#
# Any distance is a multiple of $s$ and a remainder, so two hops reach everything. Patterns, their layers and other ways to save are compared in [Cost](../06_attention/07_cost.ipynb).

# %% tags=["settles-S0-Q25", "settles-SYS-15", "settles-F21"]
def pairs_of_both(n, s):
    """Return how many different pairs the two patterns hold together."""
    i = np.arange(n)
    return int((np.minimum(i + 1, s) + i // s).sum())

n = 16384
card("sparse-transformer", "Sparse Transformer", year=2019, paper="child2019generating", idea="Two sparse patterns of attention that together reach every earlier step.",
     configuration="a pattern has no parameters; 16 384 steps, stride 128: 3 129 408 pairs of 134 225 920")
claim("qsmall-sparse-pairs", "With 16 384 steps, 3 129 408 pairs are left of 134 225 920.", [pairs_of_both(n, 128), n * (n + 1) // 2], expected=[3_129_408, 134_225_920])
counts = [pairs_of_both(4**k, 2**k) for k in range(5, 11)]
claim("qsmall-sparse-exponent", "From a thousand to a million steps they grow with exponent 1.5.", np.polyfit(np.log(4.0 ** np.arange(5, 11)), np.log(counts), 1)[0], expected=1.5, tolerance=0.01)

# %% [markdown]
# **Two hops**, first as a product of matrices of zeros and ones, then in two layers of real attention: on which inputs does the last output depend?

# %% tags=["settles-S0-Q25", "settles-SYS-15"]
def two_patterns(n, s):
    behind = np.arange(n)[:, None] - np.arange(n)
    return (behind >= 0) & (behind < s), (behind >= 0) & (behind % s == 0)

def all_reached(first, second):
    return bool(((first.astype("f4") @ second > 0) == np.tri(len(first), dtype=bool)).all())

reached = []
for s in (8, 12, 16, 20):
    near, far = two_patterns(s * s, s)
    reached.append([all_reached(near, far), all_reached(near, near), all_reached(far, far)])
claim("qsmall-two-hops", "From 64 to 400 steps, near after far reaches every earlier step, and neither does it with itself.", reached, expected=[[True, False, False]] * 4)

near, far = two_patterns(144, 12)
depends = []
for layers in ([near | far], [far, near]):
    start = h = Tensor(np.random.default_rng(0).normal(size=(144, 4)), requires_grad=True)
    for mask in layers:
        h = F.scaled_dot_product_attention(h, h, h, mask)
    (h[-1] ** 2).sum().backward()
    depends.append(int((np.abs(start.grad).max(1) > 0).sum()))
claim("qsmall-sparse-gradient", "Of 144 inputs the last output of one layer depends on 12 + 11, that of two layers on all.", depends, expected=[23, 144])

# %% [markdown]
# **What it does not show:** that two hops are as good as a direct look (on the way a message shares its place with others), or that fewer pairs are faster on a given machine; that takes kernels which skip whole blocks.
#
# ### Check yourself · Is the root the best stride?
#
# The stride 128 is $\sqrt n$ for $n = 16\,384$. Which stride leaves the fewest pairs by `pairs_of_both`?

# %%
answer = None
exercise("qsmall-stride", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# There are about $ns + n^2/2s$ pairs. The derivative vanishes where $s^2 = n/2$: the causal half of the far pattern is cheap, so a shorter stride pays, $s\approx90.5$. The whole number with the fewest pairs is found by trying; it saves 6 % over the root.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("qsmall-stride", 1 + int(np.argmin([pairs_of_both(16384, s) for s in range(1, 400)])))

# %% [markdown]
# ## S0-Q26 · What is LoRA?
#
# **[Low-rank adaptation](../../book/glossary.md#low-rank-adaptation)** ([Hu et al., 2022](../../book/bibliography.md#hu2022lora)). The article calls it "Little-R-Adapter", an adapter technique with better performance. The name is short for *Lo*w-*R*ank *A*daptation; the result is on a par with ordinary [fine-tuning](../../book/glossary.md#fine-tuning); and no layer is inserted, as an adapter's is ([Houlsby et al., 2019](../../book/bibliography.md#houlsby2019parameter)). A weight matrix $W$, frozen, gets an update of rank $r$ beside it. With steps in rows,
#
# $$y = x\Bigl(W + \frac{\alpha}{r}AB\Bigr),\qquad W: (d, k),\quad A: (d, r)\text{ random},\quad B: (r, k)\text{ zero at the start}.$$
#
# (The paper writes columns, $BAx$.) Only $A$ and $B$ learn: $r(d+k)$ numbers in place of $dk$. Afterwards the update is added to $W$, and nothing is slower. What a layer $xW$ is: [Neurons and layers](../02_backprop/01_neurons_and_layers.ipynb).

# %% tags=["settles-S0-Q26", "settles-SYS-16", "settles-N1"]
lora_size = 96 * 2 * 4 * (12288 + 12288)
card("lora", "LoRA", year=2022, paper="hu2022lora", idea="Leave the weights, learn an update of low rank beside them, add it in the end.",
     configuration="GPT-3: rank 4 on queries and values of 96 layers of 12 288", parameters=lora_size)
claim("qsmall-lora-size", "The paper's budget for GPT-3, 18M, is 18 times 2^20: one in 9272 of 175 thousand million.", [lora_size / 2**20, round(175e9 / lora_size)], expected=[18, 9272])

rng = np.random.default_rng(0)
x, W, A, B = (rng.normal(size=shape) for shape in ((20, 64), (64, 48), (64, 4), (4, 48)))
down, up = rng.normal(size=(64, 4)), rng.normal(size=(4, 64))
claim("qsmall-lora-zero", "With B = 0 the adapted layer gives the same numbers, to the last bit.", np.abs(x @ W + 2 * (x @ A) @ (0 * B) - x @ W).max(), expected=0)
claim("qsmall-lora-merge", "Merged, W + 2AB gives what the two paths give.", np.abs(x @ (W + 2 * A @ B) - (x @ W + 2 * (x @ A) @ B)).max(), at_most=1e-12)
inserted = [a + np.maximum(a @ down, 0) @ up for a in (x, -x)]
claim("qsmall-adapter", "An inserted adapter cannot be merged: its outputs for x and -x do not cancel, those of any matrix do.", np.abs(sum(inserted)).max(), at_least=1.0)

# %% [markdown]
# **How good can rank $r$ be?** If the update that full fine-tuning would make is $\Delta W$, no matrix of rank $r$ comes closer than its truncated singular value decomposition, whose squared error is $\sum_{i>r}\sigma_i^2$ ([Eckart and Young, 1936](../../book/bibliography.md#eckart1936approximation)). **Predict:** does gradient descent on $A$ and $B$, from random numbers and zeros, find it?

# %% tags=["settles-S0-Q26", "settles-SYS-16"]
def descend_on_factors(target, r, seed, steps=3000):
    """Return |target - AB|² after gradient descent, over the least for rank r."""
    target, sigma = target / np.linalg.norm(target, 2), np.linalg.svd(target, compute_uv=False)
    A, B = np.random.default_rng(seed).normal(0, 0.1, (len(target), r)), np.zeros((r, target.shape[1]))
    for _ in range(steps):
        error = A @ B - target
        A, B = A - 0.2 * error @ B.T, B - 0.2 * A.T @ error
    return ((A @ B - target) ** 2).sum() / ((sigma[r:] / sigma[0]) ** 2).sum()

def update_with_spectrum(seed):
    """Return a matrix (64, 48) with singular values 1, 0.7, 0.49 and so on."""
    U, _, Vt = np.linalg.svd(np.random.default_rng(seed).normal(size=(64, 48)), full_matrices=False)
    return (U * 0.7 ** np.arange(48)) @ Vt

of_best = [descend_on_factors(update_with_spectrum(seed), 4, seed) for seed in range(5)]
claim("qsmall-lora-svd", "In five of five runs the trained error is the least possible, to one part in 10^9.", of_best, expected=[1.0] * 5, tolerance=1e-9)
claim("qsmall-lora-saved", "It trains 448 numbers of 3072.", [4 * (64 + 48), 64 * 48], expected=[448, 3072])

# %% mystnb={"image": {"alt": "Share of the squared error left over against the rank, on a logarithmic axis. The line of the least possible error falls by half with each rank, from one at rank 0 to about 0.003 at rank 8. Circles for factors trained 5000 steps, at ranks 1, 2, 4, 6 and 8, lie on it; of the crosses for 1500 steps the last one, at rank 8, lies clearly above."}}
least = np.array([(0.49 ** np.arange(r, 48)).sum() for r in range(9)]) / (0.49 ** np.arange(48)).sum()
ranks, over = np.array([1, 2, 4, 6, 8]), {}
for steps in (1500, 5000):
    over[steps] = np.array([descend_on_factors(update_with_spectrum(0), r, 0, steps) for r in ranks])
fig, ax = plotting.new_figure(height=2.8)
ax.semilogy(np.arange(9), least, label="least possible")
for (steps, ratio), mark in zip(over.items(), ("x", "o")):
    ax.semilogy(ranks, least[ranks] * ratio, mark, fillstyle="none", label=f"{steps} steps")
ax.legend()
plotting.dress(ax, "Each rank finds its best update, the last ranks late", "rank", "share of squared error")
claim("qsmall-lora-late", "At rank 8 the error is more than 1.2 times the least after 1500 steps, less than 1.01 times after 5000.",
      [over[1500][-1] > 1.2, over[5000][-1] < 1.01], expected=[True, True])

# %% [markdown]
# Gradient descent learns large singular values first; the eighth, a twelfth of the first, has to wait for its turn.
#
# **What it does not show:** that updates in practice have low rank; ours was made so. And an equal weight for all entries means inputs without correlation: for inputs $X$ the best $AB$ is that for $X\,\Delta W$, another matrix.
#
# ### Check yourself · Who moves first?
#
# Write `lora_gradients(G, A, B, scale)`: from the gradient $G$ (d, k) by $W + \text{scale}\cdot AB$, return those by $A$ and $B$. Which is zero at the start? What if $A$ were zero, too?

# %%
def lora_gradients(G, A, B, scale):
    ...

exercise("qsmall-lora", lora_gradients)

# %% [markdown]
# <details><summary>Solution</summary>
#
# By the product rule $\delta A = \text{scale}\,G B^\top$ and $\delta B = \text{scale}\,A^\top G$. With $B = 0$ the matrix $A$ waits for one step while $B$ moves. With both zero, both gradients are zero for ever: a [saddle point](../../book/glossary.md#saddle-point).
#
# </details>

# %% tags=["hide-cell", "solution"]
def lora_gradients_solution(G, A, B, scale):
    return scale * G @ B.T, scale * A.T @ G

exercise("qsmall-lora", lora_gradients_solution)

# %% [markdown]
# ## S0-Q27 · What is TinyBERT?
#
# "TinyBERT: Distilling BERT for Natural Language Understanding" ([Jiao et al., 2020](../../book/bibliography.md#jiao2020tinybert)); the article's "for Chinese Text Classification" is not in the title, and the paper's tasks are English. Nor is it better than BERT: four layers keep over 96.8 % of BERT-base's score with 13 % of its parameters. Where DistilBERT listens to the teacher's outputs above all, TinyBERT also copies what happens inside. Layer $m$ of 4 learns from layer $g(m) = 3m$ of 12, all $h$ heads:
#
# $$L_m = \mathrm{MSE}\bigl(H^S_m W_h,\ H^T_{g(m)}\bigr) + \frac1h\sum_{i=1}^{h}\mathrm{MSE}\bigl(S^S_{m,i},\ S^T_{g(m),i}\bigr),$$
#
# with hidden states $H$, the student's widened by a learnt $W_h$, and scores of attention $S$ before the [softmax](../../book/glossary.md#softmax). Scores: [Self-attention](../06_attention/02_self_attention.ipynb).

# %% tags=["settles-S0-Q27", "settles-SYS-17", "settles-N3"]
tiny_size = size_of_encoder(512, 2, 312, 1200, 4, True)
card("tinybert", "TinyBERT", year=2020, paper="jiao2020tinybert", idea="A student that copies its teacher's attention and hidden states, layer by layer.",
     configuration="4 layers of 312, 30 522 word pieces", parameters=tiny_size)
claim("qsmall-tinybert-size", "TinyBERT with 4 layers has 14 350 248 parameters.", tiny_size, expected=14_350_248)
claim("qsmall-tinybert-share", "That is 13.1 per cent of BERT-base.", tiny_size / bert_size, expected=0.131, tolerance=0.0005)

# %% [markdown]
# **The mechanism, small.** A sequence holds eight pairs of a key and a value, and then a key; asked for is its value. The teacher, one layer of attention of width 24, has learnt it. Students of width 12 get 32 sequences, without labels: with the teacher's probabilities only, or with its scores as well.

# %%
class PairReader(nn.Module):
    """One look of the last step at all; returns logits (B, 4) and scores (B, 9)."""

    def __init__(self, d, rng):
        super().__init__()
        self.embed, self.head = nn.Linear(13, d, rng=rng), nn.Linear(d, 4, rng=rng)
        self.q, self.k, self.v = (nn.Linear(d, d, rng=rng) for _ in range(3))
        self.scale = d**-0.5

    def forward(self, x):
        e = self.embed(Tensor(x))                                                     # (B, 9, d)
        scores = (self.q(e[:, -1:]) @ self.k(e).transpose(0, 2, 1)) * self.scale      # (B, 1, 9)
        return self.head((F.softmax(scores) @ self.v(e))[:, 0]), scores[:, 0]

def draw_pairs(n, rng):
    """Return (n, 9, 13): 8 numbers for the key, 4 for the value, 1 for the question; and the answers."""
    keys, values, asked = rng.random((n, 8)).argsort(1), rng.integers(4, size=(n, 8)), rng.integers(8, size=n)
    x, row = np.zeros((n, 9, 13), "f4"), np.arange(n)
    x[:, :8, :8], x[:, :8, 8:12] = np.eye(8)[keys], np.eye(4)[values]
    x[row, 8, keys[row, asked]] = x[row, 8, 12] = 1
    return x, values[row, asked]

# %%
def teach_pairs(model, steps, sample, with_scores=False):
    """Train on what sample() returns: inputs, targets, and scores to copy or None."""
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    for _ in range(steps):
        x, targets, scores = sample()
        logits, own = model(x)
        loss = F.cross_entropy(logits, targets)
        optimizer.zero_grad()
        (loss + F.mse_loss(own, Tensor(scores)) if with_scores else loss).backward()
        optimizer.step()
    return model

def share_of_pairs(model, x, y):
    with no_grad():
        return float((model(x)[0].data.argmax(1) == y).mean())

# %% tags=["settles-S0-Q27", "settles-SYS-17", "settles-F22"]
answered, unseen = [], draw_pairs(1000, np.random.default_rng(99))
for seed in range(5):
    rng = np.random.default_rng(seed)
    teacher = teach_pairs(PairReader(24, rng), 200, lambda rng=rng: (*draw_pairs(64, rng), None))
    x, _ = draw_pairs(32, rng)
    with no_grad():
        logits, scores = (out.data for out in teacher(x))
    lesson = x, soften(logits, 1), scores
    fresh_students = [PairReader(12, np.random.default_rng(seed + 50)) for _ in range(2)]
    students = [teach_pairs(one, 150, lambda lesson=lesson: lesson, copied) for one, copied in zip(fresh_students, (False, True))]
    answered.append([share_of_pairs(one, *unseen) for one in (teacher, *students)])
for name, values in zip(("teacher", "outputs only", "and attention"), np.transpose(answered)):
    print(f"{name:13} {values.mean():.3f} ± {values.std(ddof=1) / math.sqrt(5):.3f}")
gains = np.array(answered)[:, 2] - np.array(answered)[:, 1]
claim("qsmall-attention-copied", "Copying the scores gains more than 0.2 on unseen sequences.", gains.mean(), at_least=0.2)
claim("qsmall-tiny-not-better", "With them, too, the student stays more than 0.03 below its teacher.", np.mean(answered, 0) @ [1, 0, -1], at_least=0.03)

# %% [markdown]
# With 32 examples many ways lead to the right probabilities, most of them by heart. *Where to look* is the part that holds for all sequences, and the scores hand it over.
#
# **And the hidden states?** A student of width $d'$, whatever it computes, gives states of rank $d'$; so does their projection $H^SW_h$. By the theorem of the last answer the hidden loss cannot fall below the tail $\sum_{i>d'}\sigma_i^2$ of the teacher's singular values. Can it be reached? It is LoRA's problem again, with $H^S$ for $A$ and $W_h$ for $B$.

# %% tags=["settles-S0-Q27", "settles-SYS-17"]
with no_grad():
    states = teacher.v(teacher.embed(Tensor(x))).data.reshape(-1, 24).astype(float)           # (32 * 9, 24)
of_bound = [descend_on_factors(states, 3, seed) for seed in range(5)]
claim("qsmall-hidden-bound", "States of width 3 with a learnt projection reach the bound, to one part in 10^6.", of_bound, expected=[1.0] * 5, tolerance=1e-6)
narrow = PairReader(3, np.random.default_rng(0)).embed(Tensor(x)).data.reshape(-1, 3).astype(float)
best_projection = np.linalg.lstsq(narrow, states, rcond=None)[0]
tail = (np.linalg.svd(states, compute_uv=False)[3:] ** 2).sum()
claim("qsmall-hidden-above", "An untrained student's states, best projected, leave more than 1.5 times as much.", ((narrow @ best_projection - states) ** 2).sum() / tail, at_least=1.5)

# %% [markdown]
# **What it does not show:** that attention is always worth copying. Put 128 for 32, and the outputs alone are nearly enough; a first design, with new sequences at every step, showed no difference at all. The extra loss is for few examples.
#
# ### Check yourself · Which layer teaches which?
#
# Write `teacher_layer(m, M, N)`: the layer of a teacher with $N$ layers from which layer $m$ of a student with $M$ layers learns, evenly spaced ($M$ divides $N$). Layer 0 means the embeddings, layer $M+1$ the outputs, and they learn from their like.

# %%
def teacher_layer(m, M, N):
    ...

exercise("qsmall-map", teacher_layer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Layer $m$ learns from layer $mN/M$, which also sends 0 to 0. The outputs are layer $M + 1$ of the student and $N + 1$ of the teacher.
#
# </details>

# %% tags=["hide-cell", "solution"]
def teacher_layer_solution(m, M, N):
    return N + 1 if m == M + 1 else m * N // M

exercise("qsmall-map", teacher_layer_solution)

# %% [markdown]
# ## Sources
#
# [Sanh et al., 2019](../../book/bibliography.md#sanh2019distilbert), the numbers in the abstract ·
# [Hinton et al., 2015](../../book/bibliography.md#hinton2015distilling), temperature and its limit, section 2.1 ·
# [Clark et al., 2020](../../book/bibliography.md#clark2020electra) ·
# [Child et al., 2019](../../book/bibliography.md#child2019generating), the strided pattern ·
# [Hu et al., 2022](../../book/bibliography.md#hu2022lora), the budget of 18M in section 7.1 ·
# [Houlsby et al., 2019](../../book/bibliography.md#houlsby2019parameter), adapters ·
# [Eckart and Young, 1936](../../book/bibliography.md#eckart1936approximation) ·
# [Jiao et al., 2020](../../book/bibliography.md#jiao2020tinybert).
