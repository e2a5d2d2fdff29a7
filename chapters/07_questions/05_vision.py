# %% [markdown]
# # Questions on vision and language
#
# Five systems that look at images with attention. Two of them are networks and differ in who may look at whom; three are ways of training, which would work with other networks as well: from a teacher, from captions, and from no labels at all. The first article describes all five in nearly the same sentence, so the question here is each time what sets one apart from the next, and what a program of thirty lines can show of it.
#
# *Reading: 20 minutes. Running: about 20 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import itertools
import math

import numpy as np

from chainrule import Tensor, data, nn, no_grad, optim
from chainrule.nn import functional as F
from chainrule.proof import card, claim, exercise, same
from chainrule.tensor import concatenate

# %% [markdown]
# ## S0-Q28 · What is DeiT?
#
# The article says that DeiT trains more efficiently *by* the architecture of ViT and self-attention. Those it takes over from ViT, the next question. New is the training: strong [augmentation](../../book/glossary.md#data-augmentation), so that ImageNet alone suffices, and [distillation](../../book/glossary.md#knowledge-distillation) from a convolutional teacher through a second learned [token](../../book/glossary.md#token) beside the [class token](../../book/glossary.md#class-token). For a $224\times224$ image in [patches](../../book/glossary.md#image-patch) of 16 that makes $14^2 + 2 = 198$ tokens. With the label $y$ and the teacher's hard decision $y_t$,
#
# $$L = \tfrac12\,\mathrm{CE}(\text{class head},\,y) + \tfrac12\,\mathrm{CE}(\text{distillation head},\,y_t) ,$$
#
# in words: *each token has a head, and each head has its own truth.* At test time both predictions are averaged. The paper classifies images; it detects nothing ([Touvron et al., 2021](../../book/bibliography.md#touvron2021training)). See [The block](../06_attention/04_the_block.ipynb).

# %%
class PatchTransformer(nn.Module):
    """Learned tokens before a sequence of patches (B, N, P), Transformer blocks, and a head for each learned token."""

    def __init__(self, n_patches, patch_size, width=16, depth=1, n_learned=1, n_classes=10, *, rng):
        draw = {"rng": rng, "dtype": np.float64}
        self.learned = nn.Parameter(rng.normal(0, 0.5, (1, n_learned, width)))
        self.positions = nn.Parameter(rng.normal(0, 0.5, (1, n_learned + n_patches, width)))
        self.embed = nn.Linear(patch_size, width, **draw)
        self.blocks = [nn.TransformerBlock(width, 2, **draw) for _ in range(depth)]
        self.norm = nn.LayerNorm(width, dtype=np.float64)
        self.heads = [nn.Linear(width, n_classes, **draw) for _ in range(n_learned)]

    def states(self, patches):
        learned = self.learned.broadcast_to((len(patches), *self.learned.shape[1:]))
        x = concatenate([learned, self.embed(Tensor(patches))], axis=1) + self.positions
        for block in self.blocks:
            x = block(x)
        return self.norm(x)                                                  # (B, learned + N, width)

    def forward(self, patches):
        states = self.states(patches)
        return [head(states[:, i]) for i, head in enumerate(self.heads)]


# %%
def cut_patches(images, side):
    """Cut images (B, C, H, W) into patches (B, H W / side², C side²), row by row."""
    B, C, H, W = images.shape
    grid = images.reshape(B, C, H // side, side, W // side, side).transpose(0, 2, 4, 1, 3, 5)
    return grid.reshape(B, (H // side) * (W // side), C * side * side)


# %% tags=["settles-S0-Q28", "settles-F23"]
rng = np.random.default_rng(0)
patches = cut_patches(rng.normal(size=(1, 3, 224, 224)), 16)
student = PatchTransformer(*patches.shape[1:], depth=2, n_learned=2, rng=rng)
states = student.states(patches)
states.retain_grad()
F.cross_entropy(student.heads[0](states[:, 0]), np.array([3])).backward()     # the label's half of the loss
claim("qvision-deit-tokens", "A class token, a distillation token and 14² patches are 198 tokens.", states.shape[1], expected=198)
claim("qvision-deit-heads", "The label's half sends nothing to the distillation token's last state, nor to any of the patches'.",
      np.abs(states.grad[:, 1:]).max(), expected=0.0)
claim("qvision-deit-talk", "The learned distillation token still gets a gradient from it: inside the blocks the tokens look at each other.",
      np.linalg.norm(student.learned.grad[0, 1]) / np.linalg.norm(student.learned.grad[0, 0]), at_least=1e-4)

# %% [markdown]
# Why a second token? Take eight digits on which the teacher always contradicts the label. One head can at best give each of the two answers one half, which costs $\ln 2$; two heads can agree with both.

# %% tags=["settles-S0-Q28", "settles-SYS-18"]
digits = data.digits(flatten=False, dtype=np.float64)
conflict = cut_patches(digits.x_train[:8, None], 4)                           # (8, 4, 16)
label, teacher_says = digits.y_train[:8], (digits.y_train[:8] + 1) % 10
final = {1: [], 2: []}
for seed, n_learned in itertools.product(range(5), final):
    model = PatchTransformer(4, 16, n_learned=n_learned, rng=np.random.default_rng(seed))
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    for _ in range(150):
        optimizer.zero_grad()
        heads = model(conflict)
        loss = (F.cross_entropy(heads[0], label) + F.cross_entropy(heads[-1], teacher_says)) / 2
        loss.backward()
        optimizer.step()
    final[n_learned].append(loss.item())
for n_learned, losses in final.items():
    print(f"{n_learned} learned: loss {np.mean(losses):.4f} ± {np.std(losses, ddof=1):.4f} over five seeds")
claim("qvision-deit-one-head", "With one head the loss stays above ln 2.", min(final[1]) - math.log(2), at_least=0.0)
claim("qvision-deit-two-heads", "With two tokens and heads it falls below 0.1 for every seed.", max(final[2]), at_most=0.1)

# %% tags=["settles-SYS-18"]
def vision_transformer_parameters(width, depth, patch=16, side=224, learned=1):
    """Count patch embedding, learned tokens, positions, blocks and the last norm; no head."""
    n_patches = (side // patch) ** 2
    outside = (3 * patch**2 + 1) * width + learned * width + (n_patches + learned) * width + 2 * width
    return outside + depth * (12 * width**2 + 13 * width)


deit = vision_transformer_parameters(768, 12, learned=2)
claim("qvision-deit-count", "With two heads of 769 000 this makes the 87 338 192 of the released distilled DeiT-B.", deit + 2 * 769 * 1000, expected=87_338_192)
card("deit", "DeiT", year=2021, paper="touvron2021training", parameters=deit,
     idea="A ViT trained on ImageNet alone, with a second learned token that repeats a convolutional teacher's hard decisions.",
     configuration="DeiT-B: 12 layers of 768, 198 tokens, both learned tokens, without the heads")

# %% [markdown]
# **What it does not show:** that a student with a teacher recognises more images, or that a convolutional teacher is the better one. Those are the paper's findings on ImageNet; eight digits only show what the second token makes possible.
#
# ### Check yourself · Two heads, two truths
#
# An image shows a 3; the teacher says 5. The class head gives the 3 a probability of 0.6 and the 5 one of 0.3; the distillation head gives 0.1 and 0.8. What is the loss?

# %%
answer = None
exercise("qvision-two-heads", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# The class head answers for the label, the other for the teacher: $-\tfrac12\ln 0.6 - \tfrac12\ln 0.8 = 0.367$. What each head thinks of the other's truth does not enter.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("qvision-two-heads", -(math.log(0.6) + math.log(0.8)) / 2)

# %% [markdown]
# ## S0-Q29 · What is ViT?
#
# The article is right that the Vision Transformer classifies images with a [Transformer](../../book/glossary.md#transformer-block); that it is mainly used for detection is not what its paper shows. The idea: cut the image into [patches](../../book/glossary.md#image-patch), flatten each, and treat them as words. With $N$ patches $x_i$ of $P\times P$ pixels,
#
# $$z_0 = [\,x_\text{class};\; x_1E;\; \dots;\; x_NE\,] + E_\text{pos}, \qquad E\in\mathbb R^{3P^2\times D},$$
#
# read: *one matrix for all patches, one learned token in front, one learned vector for each place.* An encoder without a mask follows, and the [class token](../../book/glossary.md#class-token)'s last state is classified. The matrix $E$ is a [convolution](../../book/glossary.md#convolution) with [stride](../../book/glossary.md#stride) $P$; the [positions](../../book/glossary.md#positional-encoding) are all that the network is told of where the patches lie ([Dosovitskiy et al., 2021](../../book/bibliography.md#dosovitskiy2021image)). See [Heads and positions](../06_attention/03_heads_and_positions.ipynb).

# %% tags=["settles-S0-Q29", "settles-SYS-19", "settles-F23", "settles-F37"]
rng = np.random.default_rng(1)
image, E, bias = rng.normal(size=(2, 3, 224, 224)), rng.normal(size=(768, 32)) / 28, rng.normal(size=32)


def as_strided_convolution(image, E, bias):
    kernel = E.T.reshape(-1, 3, 16, 16)                                       # a column of E is a kernel
    return F.conv2d(Tensor(image), Tensor(kernel), Tensor(bias), stride=16).data.reshape(len(image), -1, 196).swapaxes(1, 2)


same("embedding patches is a convolution of 16 × 16 with stride 16", lambda *a: cut_patches(a[0], 16) @ a[1] + a[2], as_strided_convolution, [(image, E, bias)])
claim("qvision-vit-tokens", "An image of 224 × 224 in patches of 16 makes 196 tokens, and the class token the 197th.",
      cut_patches(image, 16).shape[1] + 1, expected=197)

changes = {"with positions": [], "without": []}
for seed in range(10):
    rng = np.random.default_rng(seed)
    vit, patches = PatchTransformer(16, 12, depth=2, rng=rng), rng.normal(size=(1, 16, 12))
    shuffled = patches[:, rng.permutation(16)]
    for kind in changes:
        if kind == "without":
            vit.positions.data[...] = 0
        changes[kind].append(np.abs(vit(patches)[0].data - vit(shuffled)[0].data).max())
print({kind: f"{np.mean(c):.2g} ± {np.std(c, ddof=1):.1g}" for kind, c in changes.items()})
claim("qvision-vit-set", "Without positions ten networks answer a shuffled image as they answer the image: they see a set.", max(changes["without"]), at_most=1e-12)
claim("qvision-vit-order", "With positions every one of them notices.", min(changes["with positions"]), at_least=1e-2)

# %% tags=["settles-SYS-19"]
vit_b = vision_transformer_parameters(768, 12)
block = nn.TransformerBlock(64, 4, rng=np.random.default_rng(0))
claim("qvision-block-count", "A block of the library has the 12 D² + 13 D parameters of the formula.", block.n_parameters(), expected=12 * 64**2 + 13 * 64)
claim("qvision-vit-count", "ViT-B/16 without its head has 85 798 656 parameters.", vit_b, expected=85_798_656)
card("vit", "ViT", year=2021, paper="dosovitskiy2021image", parameters=vit_b,
     idea="An image is a sequence of patches, and a plain Transformer encoder reads it.",
     configuration="ViT-B/16: 12 layers of 768, 197 tokens, without the head")

# %% [markdown]
# **What it does not show:** accuracy. In the paper ViT falls behind convolutional networks when trained on ImageNet alone, and passes them after pre-training on hundreds of millions of images: what is not built in must be learned from data.
#
# ### Check yourself · Finer images
#
# The same ViT-B/16 is fine-tuned on images of $384\times384$. How many parameters does it have more than for $224\times224$?

# %%
answer = None
exercise("qvision-finer", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# The patches stay $16\times16$, so $E$ and the blocks stay. There are $24^2 + 1 = 577$ places in place of 197: $380\cdot768 = 291\,840$ more. (The paper interpolates the new positions from the old ones.)
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("qvision-finer", vision_transformer_parameters(768, 12, side=384) - vit_b)

# %% [markdown]
# ## S0-Q30 · What is CLIP?
#
# Two encoders, one for images and one for texts, trained by [contrastive learning](../../book/glossary.md#contrastive-learning) so that an image and its caption get similar unit vectors $u_i$, $v_i$. The article has that right; but CLIP generates no images: it has no decoder, only *scores* for pairs. For a batch of $N$ pairs, scores $S_{ij} = u_i\cdot v_j/\tau$ and a learned temperature $\tau$,
#
# $$L = -\frac1{2N}\sum_i\Bigl(\ln\frac{e^{S_{ii}}}{\sum_j e^{S_{ij}}} + \ln\frac{e^{S_{ii}}}{\sum_j e^{S_{ji}}}\Bigr):$$
#
# *which caption belongs to this image, and which image to this caption?* It is [cross-entropy](../../book/glossary.md#cross-entropy) with $N$ classes, twice; features that tell nothing cost $\ln N$. Given candidates such as "a photo of a dog", it classifies without a training set ([Radford et al., 2021](../../book/bibliography.md#radford2021learning)). See [Attention as a soft look-up](../06_attention/01_soft_lookup.ipynb).

# %%
PALETTE = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1]], np.float32)
PAIRS = np.array([*itertools.product(range(6), range(10))])                   # colour, digit: sixty captions
flat = data.digits()


def tinted(images, colours):
    return (images[:, :, None] * PALETTE[colours][:, None]).reshape(len(images), 192)


def as_words(pairs):
    return np.concatenate([np.eye(6)[pairs[:, 0]], np.eye(10)[pairs[:, 1]]], axis=1).astype(np.float32)


def on_the_sphere(z):
    return z / ((z * z).sum(-1, keepdims=True) + 1e-12).sqrt()


def contrastive_loss(u, v, temperature=0.1):
    scores, own = u @ v.swapaxes(0, 1) / temperature, np.arange(len(u))
    return (F.cross_entropy(scores, own) + F.cross_entropy(scores.swapaxes(0, 1), own)) / 2


# %%
def train_two_towers(seed, held, steps=200):
    """Train on one image of each pair that is not held out; return both encoders."""
    rng, seen = np.random.default_rng(seed), PAIRS[~held]
    towers = [nn.Sequential(nn.Linear(n, 64, rng=rng), nn.ReLU(), nn.Linear(64, 32, rng=rng)) for n in (192, 16)]
    optimizer = optim.Adam([p for tower in towers for p in tower.parameters()], lr=3e-3)
    rows = [np.flatnonzero(flat.y_train == k) for k in range(10)]
    for _ in range(steps):
        images = tinted(flat.x_train[[rng.choice(rows[k]) for k in seen[:, 1]]], seen[:, 0])
        optimizer.zero_grad()
        contrastive_loss(on_the_sphere(towers[0](Tensor(images))), on_the_sphere(towers[1](Tensor(as_words(seen))))).backward()
        optimizer.step()
    return towers


def retrieve(towers, pairs):
    """Return which of the sixty captions each test image of these pairs is given, and which is right."""
    true = np.repeat(pairs, 30, axis=0)
    rows = np.concatenate([np.flatnonzero(flat.y_test == k)[:30] for k in pairs[:, 1]])
    with no_grad():
        u, v = on_the_sphere(towers[0](Tensor(tinted(flat.x_test[rows], true[:, 0])))).data, on_the_sphere(towers[1](Tensor(as_words(PAIRS)))).data
    return PAIRS[(u @ v.T).argmax(1)], true


# %% [markdown]
# Digits in six colours, captions of two words. Thirty of the sixty pairs are never shown in training: every colour comes with odd digits only, or with even ones only. **Predict** how often the right one of sixty captions is found for pairs that were seen, and for "a red five", where red and five were seen but not together.

# %% tags=["settles-S0-Q30", "settles-SYS-20"]
constant = on_the_sphere(Tensor(np.ones((30, 8))))
claim("qvision-clip-start", "Features that tell nothing cost ln 30 in a batch of 30.", contrastive_loss(constant, constant).item(), expected=math.log(30), tolerance=1e-9)
parity_held = PAIRS.sum(1) % 2 == 1
found = {"seen": [], "unseen": [], "colour of unseen": []}
for seed in range(5):
    towers = train_two_towers(seed, parity_held)
    for kind, pairs in (("seen", PAIRS[~parity_held]), ("unseen", PAIRS[parity_held])):
        got, true = retrieve(towers, pairs)
        found[kind].append((got == true).all(1).mean())
    found["colour of unseen"].append((got == true)[:, 0].mean())
for kind, share in found.items():
    print(f"{kind:16s} {np.mean(share):.3f} ± {np.std(share, ddof=1):.3f}")
claim("qvision-clip-seen", "Of 60 captions the right one is found for at least nine of ten new images of seen pairs.", min(found["seen"]), at_least=0.9)
claim("qvision-clip-unseen", "For pairs never seen together it is found less than every fourth time.", max(found["unseen"]), at_most=0.25)
claim("qvision-clip-colour", "The colour is right all the same: what fails is the combination.", min(found["colour of unseen"]), at_least=0.9)

# %% [markdown]
# The two encoders, the towers, had no reason to keep colour and digit apart. "Red, hence not odd" lowered the loss as well as knowledge would have. If the held-out pairs leave no such rule, the same towers do better:

# %% tags=["settles-S0-Q30", "settles-F24"]
scattered = []
for seed in range(5):
    order = np.random.default_rng(seed).permutation(10)
    held = np.isin(PAIRS @ [10, 1], [10 * (i % 6) + order[i % 10] for i in range(12)])
    got, true = retrieve(train_two_towers(seed, held), PAIRS[held])
    scattered.append((got == true).all(1).mean())
print(f"twelve pairs held out here and there: {np.mean(scattered):.3f} ± {np.std(scattered, ddof=1):.3f}")
claim("qvision-clip-shortcut", "With twelve scattered pairs held out, the share of unseen ones that are found is higher by at least 0.33.",
      np.mean(scattered) - np.mean(found["unseen"]), at_least=0.33)

null = np.linalg.svd(towers[0][0].weight.data.astype(float))[0][:, -1]        # a direction that the first layer maps to 0
picture = tinted(flat.x_test[:1], [0])
vectors = [on_the_sphere(towers[0](Tensor((picture + shift * null).astype(np.float32)))).data for shift in (0, 10)]
claim("qvision-clip-no-decoder", "A picture changed by a vector of length 10 has the same embedding: no decoder could tell the two apart.", np.abs(vectors[0] - vectors[1]).max(), at_most=1e-3)

# %%
text_tower = 49_408 * 512 + 77 * 512 + 12 * (12 * 512**2 + 13 * 512) + 2 * 512 + 512 * 512
image_tower = vision_transformer_parameters(768, 12, patch=32) - 768 + 2 * 768 + 768 * 512    # no bias, one more norm, projection
clip_b32 = image_tower + text_tower + 1                                       # and the temperature
claim("qvision-clip-count", "CLIP with ViT-B/32 has the 151 277 313 parameters of the released model.", clip_b32, expected=151_277_313)
card("clip", "CLIP", year=2021, paper="radford2021learning", parameters=clip_b32,
     idea="An image encoder and a text encoder learn to give a picture and its caption the same direction.",
     configuration="ViT-B/32 and a text Transformer of 12 layers of 512, both projections and the temperature")

# %% [markdown]
# The second article names **fusion** of networks, without saying how. CLIP's towers meet in a dot product. *Late fusion* for a classifier joins both vectors and classifies them together. The task: the word is "small" or "large", the image is a digit; does the word apply (large: at least 5)? Neither input alone can tell. **Predict** what becomes of adding the logits of both.

# %% tags=["settles-S2-G4c"]
def fuse(seed, head, steps=200):
    """Train an image and a word encoder with a head on both; return the test accuracy over both words."""
    rng = np.random.default_rng(seed)
    see, read = nn.Sequential(nn.Linear(64, 32, rng=rng), nn.ReLU()), nn.Embedding(2, 32, rng=rng)
    join = nn.Sequential(nn.Linear(64, 32, rng=rng), nn.ReLU(), nn.Linear(32, 2, rng=rng)) if head == "joined" else nn.Linear(64, 2, rng=rng)
    optimizer = optim.Adam([*see.parameters(), *read.parameters(), *join.parameters()], lr=5e-3)

    def both(x, word):
        return join(concatenate([see(Tensor(x * (head != "word only"))), read(word * (head != "image only"))], axis=1))

    for _ in range(steps):
        rows, word = rng.integers(0, len(flat.x_train), 128), rng.integers(0, 2, 128)
        optimizer.zero_grad()
        F.cross_entropy(both(flat.x_train[rows], word), ((flat.y_train[rows] >= 5) == word).astype(int)).backward()
        optimizer.step()
    right = [both(flat.x_test, np.full(360, w)).data.argmax(1) == ((flat.y_test >= 5) == w) for w in (0, 1)]
    return np.mean(right)


accuracy = {head: [fuse(seed, head) for seed in range(3)] for head in ("image only", "word only", "added", "joined")}
for head, scores in accuracy.items():
    print(f"{head:10s} {np.mean(scores):.3f} ± {np.std(scores, ddof=1):.3f}")
claim("qvision-fusion-joined", "A hidden layer over both vectors answers nine of ten.", min(accuracy["joined"]), at_least=0.9)
claim("qvision-fusion-neither", "One input alone, or the sum of two logits, stays at one half.",
      [np.mean(accuracy[head]) for head in ("image only", "word only", "added")], expected=[0.5] * 3, tolerance=0.06)

# %% [markdown]
# **What it does not show:** that large CLIP models fail in the same way. They have seen four hundred million pairs; but retrieval among pairs like those of training would not reveal it if they did. Nor that the rule alone explains the gap between the two ways of holding out: with twelve pairs held out there are also 48 to learn from, with thirty only 30.
#
# ### Check yourself · The same caption twice
#
# A batch of 8 images has only 4 different captions, each twice. How low can the symmetric loss get?

# %%
answer = None
exercise("qvision-twins", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Two equal captions have equal vectors, so an image can give its own at most the probability ½. The other way round, two equal captions share one distribution over the images and want different answers: ½ each. Both halves are at least $\ln 2 = 0.693$. Every other copy counts as wrong although it is right.
#
# </details>

# %% tags=["hide-cell", "solution"]
twins = np.repeat(np.eye(4), 2, axis=0)
exercise("qvision-twins", contrastive_loss(Tensor(twins), Tensor(twins), temperature=0.01).item())

# %% [markdown]
# ## S0-Q31 · What is DINO?
#
# The article expands the name to "Dinosaur: A Simple Vision Transformer". It stands for *self-**di**stillation with **no** labels*, a way of training, not an architecture, [self-supervised](../../book/glossary.md#self-supervised-learning). A student $s$ is to predict from one augmented view $x'$ of an image what a teacher $t$ says of another, $x$:
#
# $$L = -\,\mathrm{softmax}\Bigl(\frac{t(x)-c}{\tau_t}\Bigr)\cdot\ln\,\mathrm{softmax}\Bigl(\frac{s(x')}{\tau_s}\Bigr), \qquad \theta_t\leftarrow m\,\theta_t + (1-m)\,\theta_s .$$
#
# No gradient enters the teacher: it is a [moving average](../../book/glossary.md#weight-averaging) of students. Nothing in $L$ forbids that all images get the same answer. Two opposite forces do: *centring* by the running mean $c$ against one winner, *sharpening* by $\tau_t < \tau_s$ against the uniform answer ([Caron et al., 2021](../../book/bibliography.md#caron2021emerging)). See [Training one](../06_attention/05_training_one.ipynb).

# %%
def sharpened(z, temperature):
    powers = np.exp((z - z.max(-1, keepdims=True)) / temperature)
    return powers / powers.sum(-1, keepdims=True)


def entropy_of(p):
    return -(p * np.log(np.maximum(p, 1e-30))).sum(-1)


def eight_clusters(seed):
    rng = np.random.default_rng(1000 + seed)
    labels = np.arange(800) % 8
    return rng.normal(size=(8, 16))[labels] + 0.3 * rng.normal(size=(800, 16)), labels


# %%
def self_distil(seed, centring=True, teacher_temperature=0.04, steps=200, m=0.9):
    """Return the teacher, its center, and a weight of student and teacher over the steps; 16 prototypes."""
    rng, (X, _) = np.random.default_rng(seed), eight_clusters(seed)
    student, teacher = (nn.Sequential(nn.Linear(16, 64, rng=rng), nn.GELU(), nn.Linear(64, 32, rng=rng), nn.GELU(), nn.Linear(32, 16, rng=rng)) for _ in range(2))
    student[4].bias.data[0] = 6.0                                             # one prototype starts ahead of the others
    teacher.load_state_dict(student.state_dict())
    optimizer, center, watched = optim.Adam(student.parameters(), lr=3e-3), np.zeros(16, np.float32), [[], []]
    for _ in range(steps):
        x = X[rng.integers(0, 800, 64)]
        views = [(x + 0.4 * rng.normal(size=x.shape)).astype(np.float32) for _ in range(2)]
        said = [teacher(Tensor(view)).data for view in views]                 # arrays: no gradient
        optimizer.zero_grad()
        loss = sum(-(Tensor(sharpened(said[i] - center, teacher_temperature)) * F.log_softmax(student(Tensor(views[1 - i])) / 0.1)).sum(-1).mean() for i in (0, 1))
        loss.backward()
        optimizer.step()
        for average, weight in zip(teacher.parameters(), student.parameters()):
            average.data[...] = m * average.data + (1 - m) * weight.data
        center = 0.9 * center + 0.1 * np.concatenate(said).mean(0) * centring
        for net, history in zip((student, teacher), watched):
            history.append(net[0].weight.data[0, 0])
    return teacher, center, watched


# %% [markdown]
# Eight clusters, no labels, and sixteen outputs, called prototypes, one of which starts ahead. How much do the answers tell about the input? The [mutual information](../../book/glossary.md#mutual-information) is the [entropy](../../book/glossary.md#cross-entropy) of the mean answer minus the mean entropy of an answer, $\ln 8 = 2.079$ if every cluster has a prototype of its own. **Predict** it without centring, and without sharpening.

# %% tags=["settles-S0-Q31", "settles-SYS-21", "settles-N2"]
recipes = {"full recipe": {}, "no centring": {"centring": False}, "no sharpening": {"teacher_temperature": 0.5}}
runs = {name: [self_distil(seed, **options) for seed in range(4)] for name, options in recipes.items()}
spread, doubt = {}, {}
for name, options in recipes.items():
    said = [sharpened(teacher(Tensor(eight_clusters(seed)[0].astype(np.float32))).data - center, options.get("teacher_temperature", 0.04))
            for seed, (teacher, center, _) in enumerate(runs[name])]
    spread[name] = np.array([entropy_of(p.mean(0)) for p in said])
    doubt[name] = np.array([entropy_of(p).mean() for p in said])
    told = spread[name] - doubt[name]
    print(f"{name:13s} {spread[name].mean():.3f} - {doubt[name].mean():.3f} = {told.mean():.3f} ± {told.std(ddof=1):.3f}")
claim("qvision-dino-learns", "With both the answers tell more than 1.6 about the input; eight clusters told apart are 2.079.", (spread["full recipe"] - doubt["full recipe"]).mean(), at_least=1.6)
claim("qvision-dino-one-winner", "Without centring one prototype takes nearly every input: the mean answer has an entropy below 0.5.", spread["no centring"].mean(), at_most=0.5)
claim("qvision-dino-uniform", "Without sharpening every answer is close to uniform: its mean entropy is above 2.6, of ln 16 = 2.773.", min(doubt["no sharpening"]), at_least=2.6)
claim("qvision-dino-silent", "Such answers tell less than 0.15 about the input.", (spread["no sharpening"] - doubt["no sharpening"]).mean(), at_most=0.15)

teacher, _, (of_student, of_teacher) = runs["full recipe"][0]
weighted = sum(0.1 * 0.9 ** (199 - k) * w for k, w in enumerate(of_student))
start = (of_teacher[0] - 0.1 * of_student[0]) / 0.9
claim("qvision-dino-average", "After 200 steps the teacher's weight is the average of the student's, with weights 0.9ⁿ/10.", of_teacher[-1], expected=weighted + 0.9**200 * start, tolerance=1e-5)
claim("qvision-dino-no-gradient", "No parameter of the teacher ever had a gradient.", [p.grad is None for p in teacher.parameters()], expected=[True] * 6)

# %%
vit_s = vision_transformer_parameters(384, 12)
claim("qvision-dino-count", "The backbone of DINO's ViT-S/16 has 21 665 664 parameters.", vit_s, expected=21_665_664)
card("dino", "DINO", year=2021, paper="caron2021emerging", parameters=vit_s,
     idea="A student predicts what a moving average of itself says of another view; centring and sharpening prevent collapse.",
     configuration="backbone ViT-S/16: 12 layers of 384, 197 tokens, without the projection head")

# %% [markdown]
# **What it does not show:** features that find objects, for which DINO is known. Our clusters are separate to begin with. On the digits this recipe needs longer than a page may take.
#
# ### Check yourself · Worthless evidence
#
# Someone trains without labels and reports: "the nearest neighbour in the network's last hidden layer has the right class for 99 % of the data, so it has learned." Write a better measure: `information(p)` for the answers `p` (N, K), rows that sum to one. It must be 0 for *both* kinds of collapse. Then open the solution: what do neighbours say of the collapsed networks, and of one that was never trained?

# %%
def information(p):
    ...

exercise("qvision-information", information)

# %% [markdown]
# <details><summary>Solution</summary>
#
# The classes lie apart in the data, and a random layer keeps near points near. The test cannot fail, so passing it means nothing. A collapse happens in the answers, and there it has to be looked for. The entropy of the mean answer alone would call the uniform collapse a success; the mean entropy alone the other one.
#
# </details>

# %% tags=["hide-cell", "solution"]
def information_solution(p):
    return entropy_of(p.mean(0)) - entropy_of(p).mean()


def neighbours_agree(net, seed):
    X, labels = eight_clusters(seed)
    z = net[3](net[2](net[1](net[0](Tensor(X.astype(np.float32)))))).data
    apart = (z**2).sum(1)[:, None] + (z**2).sum(1) - 2 * z @ z.T + 1e9 * np.eye(800)
    return (labels[apart.argmin(1)] == labels).mean()


exercise("qvision-information", information_solution)
agree = {name: [neighbours_agree(run[0], seed) for seed, run in enumerate(of_name)] for name, of_name in runs.items()}
agree["untrained"] = [neighbours_agree(self_distil(seed, steps=1)[0], seed) for seed in range(4)]
print({name: round(float(np.mean(a)), 3) for name, a in agree.items()})
claim("qvision-neighbours", "Neighbours agree in more than 95 % for all four, the collapsed and the untrained.", [np.mean(a) for a in agree.values()], at_least=0.95)

# %% [markdown]
# ## S0-Q32 · What is the Swin Transformer?
#
# A Transformer that attends within [windows](../../book/glossary.md#shifted-window) of $M\times M$ tokens. The article stops there, and windows alone would never see past their borders. Two things are missing: every second block *shifts* the windows by half their side, so that neighbours mix; and between stages $2\times2$ tokens are merged into one of twice the width: the maps shrink as in a CNN, which detectors need. For $h\times w$ tokens of $C$ numbers the multiplications are
#
# $$\Omega_\text{global} = 4hwC^2 + 2(hw)^2C, \qquad \Omega_\text{window} = 4hwC^2 + 2M^2hwC:$$
#
# *quadratic in the number of tokens against linear* ([Liu et al., 2021](../../book/bibliography.md#liu2021swin)). The shift is done by rolling the map; a mask separates what only the roll has brought together. See [Cost](../06_attention/07_cost.ipynb).

# %%
def windows_apart(x, M):
    """Cut (H, W, C) into windows (n, M², C)."""
    H, W, C = x.shape
    return x.reshape(H // M, M, W // M, M, C).swapaxes(1, 2).reshape(-1, M * M, C)


def windows_together(windows, H, W):
    M = math.isqrt(windows.shape[1])
    return windows.reshape(H // M, W // M, M, M, -1).swapaxes(1, 2).reshape(H, W, -1)


def attend(x, mask=None):
    """Attend within each row of (n, T, 3 C), which holds queries, keys and values."""
    return F.scaled_dot_product_attention(*(Tensor(part) for part in np.split(x, 3, axis=-1)), mask).data


def regions(H, W, M, shift):
    """Number the window in which each token of (H, W) lies when the grid of windows starts at `shift`."""
    return ((np.arange(H)[:, None] - shift) // M + 1) * 1000 + (np.arange(W) - shift) // M + 1


# %%
def shifted_by_rolling(x, M, shift):
    H, W, _ = x.shape
    label = windows_apart(np.roll(regions(H, W, M, shift), (-shift, -shift), (0, 1))[..., None], M)   # (n, M², 1)
    rolled = windows_apart(np.roll(x, (-shift, -shift), (0, 1)), M)
    return np.roll(windows_together(attend(rolled, label == label.swapaxes(1, 2)), H, W), (shift, shift), (0, 1))


def region_by_region(x, M, shift):
    label, out = regions(*x.shape[:2], M, shift), np.zeros((*x.shape[:2], x.shape[2] // 3))
    for number in np.unique(label):
        out[label == number] = attend(x[label == number][None])[0]
    return out


# %% tags=["settles-S0-Q32", "settles-SYS-22"]
rng = np.random.default_rng(0)
maps = [rng.normal(size=(H, W, 12)) for H, W in ((8, 8), (12, 8), (4, 16))]
same("cutting into windows can be undone", lambda x: x, lambda x: windows_together(windows_apart(x, 4), *x.shape[:2]), [(x,) for x in maps])


def masked_globally(x):
    label = regions(*x.shape[:2], 4, 0).ravel()
    return attend(x.reshape(1, -1, 12), label[:, None] == label).reshape(*x.shape[:2], 4)


same("attention in windows is attention of all tokens under a mask of blocks", masked_globally,
     lambda x: windows_together(attend(windows_apart(x, 4)), *x.shape[:2]), [(x,) for x in maps])
same("rolled windows with a mask are attention in each shifted region alone", region_by_region, shifted_by_rolling, [(x, 4, shift) for x in maps for shift in (1, 2)])

plain, moved = (r[:, None] == r for r in (regions(8, 8, 4, 0).ravel(), regions(8, 8, 4, 2).ravel()))      # who looks at whom, (64, 64)
reach = [(a.astype(int) @ b > 0).sum(1).mean() for a, b in ((plain, plain), (moved, plain))]
claim("qvision-swin-reach", "On a map of 64 tokens two blocks of windows of 16 let a token depend on 16; if the second is shifted, on 36 on average.", reach, expected=[16, 36])

# %% tags=["settles-S0-Q32"]
def count_products(x, weights):
    """Run attention in each row of x (n, T, C) with projections (4, C, C), and count the multiplications of its products."""
    count = 0

    def product(a, b):
        nonlocal count
        count += a.size * b.shape[-1]
        return a @ b

    Q, K, V = (product(x, W) for W in weights[:3])
    product(product(product(Q, K.swapaxes(1, 2)), V), weights[3])            # the softmax multiplies no matrices
    return count


tokens, weights = rng.random((56, 56, 96), np.float32), rng.random((4, 96, 96), np.float32)
counted = [count_products(x, weights) for x in (windows_apart(tokens, 7), tokens.reshape(1, -1, 96))]
hw, C = 56 * 56, 96
claim("qvision-swin-cost", "At 56 × 56 tokens of 96 numbers, counted products agree with both formulas.", counted, expected=[4 * hw * C**2 + 2 * 49 * hw * C, 4 * hw * C**2 + 2 * hw**2 * C])
claim("qvision-swin-millions", "That is 145 million with windows of 7 against 2 004 million.", np.round(np.array(counted) / 1e6), expected=[145, 2004])

swin_t, width = (4 * 4 * 3 + 1) * 96 + 2 * 96, 96                             # patches of 4 × 4, and a norm
for stage, (depth, heads) in enumerate(zip((2, 2, 6, 2), (3, 6, 12, 24))):
    if stage:
        swin_t, width = swin_t + 8 * width + 8 * width**2, 2 * width          # norm, and 4 C to 2 C without bias
    swin_t += depth * (12 * width**2 + 13 * width + 13**2 * heads)            # 13² relative positions for each head
swin_t += 2 * width
claim("qvision-swin-count", "With a head of 769 000 the formula gives the 28 288 354 of the released Swin-T.", swin_t + 769 * 1000, expected=28_288_354)
card("swin", "Swin", year=2021, paper="liu2021swin", parameters=swin_t,
     idea="Attention in windows that are shifted in every second block, on maps that shrink from stage to stage.",
     configuration="Swin-T: 2, 2, 6, 2 blocks of 96 to 768, windows of 7, relative positions, without the head")

# %% [markdown]
# **What it does not show:** time. Multiplications are not seconds: small windows make many small products, and rolling moves memory.
#
# ### Check yourself · Without the roll
#
# A map of $56\times56$ has $8\times8 = 64$ windows of 7. The grid is shifted by 3. Into how many regions does it cut the map, and so how many windows would be needed without the roll?

# %%
answer = None
exercise("qvision-regions", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Each side is cut into a piece of 3, seven of 7 and one of 4: nine pieces, 81 regions. Padding each to a full window would cost 27 per cent more; rolled, they fill 64 windows exactly.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("qvision-regions", len(np.unique(regions(56, 56, 7, 3))))

# %% [markdown]
# ## Sources
#
# [Touvron et al., 2021](../../book/bibliography.md#touvron2021training), DeiT ·
# [Dosovitskiy et al., 2021](../../book/bibliography.md#dosovitskiy2021image), ViT ·
# [Radford et al., 2021](../../book/bibliography.md#radford2021learning), CLIP ·
# [Caron et al., 2021](../../book/bibliography.md#caron2021emerging), DINO ·
# [Liu et al., 2021](../../book/bibliography.md#liu2021swin), Swin.
