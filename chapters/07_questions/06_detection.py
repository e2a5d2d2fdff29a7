# %% [markdown]
# # Questions on detection
#
# The last six questions of the first article ask for systems that find objects: what is in the picture, and where. All six share a few parts: boxes that a network starts from and corrects, a rule that says which of them learns from which object, and a rule that removes the second answer to the same object. They differ in where the candidates come from, and in which map they read. The parts are in `chainrule.vision`; a first detector, without them, is at the end of [A digits project](../04_cnn/03_digits_project.ipynb).
#
# *Reading: 20 minutes. Running: about 30 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import numpy as np
from matplotlib.patches import Rectangle
from scipy import ndimage
from sklearn.svm import LinearSVC

from chainrule import Tensor, nn, optim, plotting, vision
from chainrule.nn import functional as F
from chainrule.proof import card, claim, exercise

# %% [markdown]
# ## Counting first
#
# Every card below counts [parameters](../../book/glossary.md#parameter) by a formula, a [convolution](../../book/glossary.md#convolution) having $k^2C_{\mathrm{in}}C_{\mathrm{out}} + C_{\mathrm{out}}$. The bodies are known from [Deep CNNs](../04_cnn/04_deep_cnns.ipynb): VGG-16 ([Simonyan and Zisserman, 2015](../../book/bibliography.md#simonyan2015very)) and ResNet-50
# ([He et al., 2016](../../book/bibliography.md#he2016deep)), whose [batch normalisation](../../book/glossary.md#batch-normalization) detectors freeze and we leave out.

# %%
def count_conv(n_in, n_out, size, groups=1):
    return size**2 * n_in // groups * n_out + n_out


def count_dense(*widths):
    return sum((a + 1) * b for a, b in zip(widths, widths[1:]))


def count_stage(n_in, width, n_blocks):
    """Return the weights of a stage of ResNet-50: blocks of 1×1, 3×3, 1×1, the first with a shortcut 1×1, no biases."""
    first = n_in * width + 9 * width**2 + 4 * width**2 + n_in * 4 * width
    return first + (n_blocks - 1) * (8 * width**2 + 9 * width**2)


VGG = [3, 64, 64, 128, 128, 256, 256, 256] + [512] * 6
vgg_body = sum(count_conv(a, b, 3) for a, b in zip(VGG, VGG[1:]))
resnet_body = 49 * 3 * 64 + sum(count_stage(*s) for s in [(64, 64, 3), (256, 128, 4), (512, 256, 6), (1024, 512, 3)])
claim("qdetect-bodies", "VGG-16 with its three dense layers has 138 357 544 parameters; ResNet-50 without normalisation and classifier 23 454 912.",
      [vgg_body + count_dense(512 * 49, 4096, 4096, 1000), resnet_body], expected=[138_357_544, 23_454_912])

# %%
def count_fpn(channels, width=256):
    return sum(count_conv(c, width, 1) + count_conv(width, width, 3) for c in channels)


def count_rpn(width, n_anchors, n_scores=1):
    return count_conv(width, width, 3) + count_conv(width, n_scores * n_anchors, 1) + count_conv(width, 4 * n_anchors, 1)


def count_box_head(n_classes, width=256):
    return count_dense(width * 49, 1024, 1024) + count_dense(1024, n_classes) + count_dense(1024, 4 * n_classes)


RESNET_MAPS = (256, 512, 1024, 2048)
detector = resnet_body + count_fpn(RESNET_MAPS) + count_rpn(256, 3) + count_box_head(91)
claim("qdetect-torchvision", "Faster R-CNN on ResNet-50 with a feature pyramid has as many parameters as torchvision's documentation says, 41 755 286.",
      detector, expected=41_755_286)

# %% [markdown]
# ## S0-Q33 · What is Mask R-CNN?
#
# The article says [object detection](../../book/glossary.md#object-detection) and *semantic segmentation*, joining "Region-based CNN" with Faster R-CNN. It is [instance segmentation](../../book/glossary.md#instance-segmentation): a mask for each object. [Semantic segmentation](../../book/glossary.md#semantic-segmentation) gives each pixel a class, and two touching people are one patch.
# Mask R-CNN is Faster R-CNN (below) with two changes: a third branch draws a small mask inside each box, one per class, each pixel by its own [sigmoid](../../book/glossary.md#sigmoid-function); and [RoIAlign](../../book/glossary.md#roi-align) reads the features of a box without rounding its corners ([He et al., 2017](../../book/bibliography.md#he2017mask)). The losses add up:
#
# $$L = L_{\mathrm{class}} + L_{\mathrm{box}} + L_{\mathrm{mask}} .$$
#
# Below, two discs of one class touch. A perfect semantic map holds one component. Cut to $28\times28$ inside each box and pasted back, the masks stay two, and each covers its disc; the measure is the [intersection over union](../../book/glossary.md#intersection-over-union), IoU.

# %% tags=["settles-S0-Q33", "settles-F25"]
rows, columns = np.indices((256, 256)) + 0.5
first, second = (np.hypot(columns - x, rows - y) <= 48 for x, y in [(88, 96), (164, 152)])
second &= ~first                                                       # a shared pixel belongs to the first
masks = np.stack([first, second])                                      # (2, 256, 256)
boxes = np.array([[np.flatnonzero(m.any(0))[0], np.flatnonzero(m.any(1))[0], np.flatnonzero(m.any(0))[-1] + 1,
                   np.flatnonzero(m.any(1))[-1] + 1] for m in masks])
small = vision.roi_align(Tensor(masks[:, None].astype(float)), boxes, 28, images=np.arange(2))      # (2, 1, 28, 28)
pasted = np.zeros_like(masks)
for i, (x0, y0, x1, y1) in enumerate(boxes):
    back = vision.roi_align(small, [[0, 0, 28, 28]], (y1 - y0, x1 - x0), images=[i]).data[0, 0]
    pasted[i, y0:y1, x0:x1] = back > 0.5
claim("qdetect-touching", "The two discs are one component of the semantic map and two instances.",
      [ndimage.label(masks.any(0))[1], len(pasted)], expected=[1, 2])
claim("qdetect-masks", "Through a mask of 28×28 in its box each disc comes back with an IoU above 0.95.",
      (pasted & masks).sum((1, 2)) / (pasted | masks).sum((1, 2)), at_least=0.95)

# %% mystnb={"image": {"alt": "Two square pictures of the same two touching discs. On the left both are one patch of one grey; on the right the discs have two different greys and a box around each, the boxes overlapping at a corner."}}
fig, axes = plotting.new_figure(1, 2, height=2.6)
for ax, picture, name in zip(axes, (masks.any(0) * 1.0, pasted[0] + 0.5 * pasted[1]), ("One patch of one class", "Two masks, two boxes")):
    ax.imshow(picture, cmap="gray_r", vmin=0, vmax=1.4)
    ax.set(xticks=[], yticks=[], title=name)
    ax.grid(False)
for x0, y0, x1, y1 in boxes:
    axes[1].add_patch(Rectangle((x0 - 0.5, y0 - 0.5), x1 - x0, y1 - y0, fill=False, edgecolor=plotting.CYCLE[1], linewidth=2))

# %% [markdown]
# Why no rounding? Take a map of [stride](../../book/glossary.md#stride) 16 whose feature is the pixel coordinate itself, a ramp. Whoever reads a box there must find where the box is. Rounding its corners to positions of the map moves it by up to half a stride: nothing for a class, a ruined edge for a mask.

# %% tags=["settles-SYS-23"]
ramp = Tensor(np.broadcast_to((np.arange(40) + 0.5) * 16, (1, 1, 40, 40)).copy())
rng = np.random.default_rng(0)
corner = rng.uniform(32, 300, (200, 2))
boxes = np.concatenate([corner, corner + rng.uniform(60, 250, (200, 2))], 1)
centres = boxes[:, :1] + (np.arange(7) + 0.5) / 7 * (boxes[:, 2:3] - boxes[:, :1])      # (200, 7) of the cells, in pixels
aligned = vision.roi_align(ramp, boxes, 7, 1 / 16).data[:, 0]                            # (200, 7, 7)
rounded = vision.roi_align(ramp, np.floor(boxes / 16 + 0.5) * 16, 7, 1 / 16).data[:, 0]
claim("qdetect-roi-align", "RoIAlign reads the coordinate of every cell exactly.", np.abs(aligned - centres[:, None]).max(), at_most=1e-10)
claim("qdetect-rounded", "With rounded corners a cell is read 7 to 8 pixels off at worst; half a stride is 8.",
      np.abs(rounded - centres[:, None]).max(), at_least=7, at_most=8)
mask_branch = 4 * count_conv(256, 256, 3) + count_conv(256, 256, 2) + count_conv(256, 91, 1)
claim("qdetect-mask-count", "With the mask branch it is 44 401 393, torchvision's number again.", detector + mask_branch, expected=44_401_393)
_ = card("mask-rcnn", "Mask R-CNN", year=2017, paper="he2017mask", idea="Faster R-CNN that also draws a mask in each box, from features read without rounding.",
         configuration="ResNet-50 with FPN, 91 classes, as torchvision", parameters=detector + mask_branch)

# %% [markdown]
# **What it does not show:** a trained mask branch. The masks here are the true ones; what is measured is what the form of the answer, and the way features are read, can hold.
#
# ### Check yourself · Read between positions
#
# RoIAlign stands on one line: the value of a map *between* its positions. Write `read_between(row, x)` for a row of numbers whose position $j$ stands at $j + \tfrac12$: linear between two positions, the nearest value beyond the first and the last.

# %%
def read_between(row, x):
    ...


exercise("qdetect-read", read_between)


# %% [markdown]
# <details><summary>Solution</summary>
#
# In units of positions the place is $t = x - \tfrac12$, cut to the row. Between $j$ and $j + 1$ the value is $(j + 1 - t)$ times the left number plus $(t - j)$ times the right one.
#
# </details>

# %% tags=["hide-cell", "solution"]
def read_between_solution(row, x):
    t = min(max(x - 0.5, 0), len(row) - 1)
    j = min(int(t), len(row) - 2)
    return (j + 1 - t) * row[j] + (t - j) * row[j + 1]


exercise("qdetect-read", read_between_solution)

# %% [markdown]
# ## S0-Q34 · What is YOLO?
#
# The article's sentence holds: one convolutional network finds the objects in one pass. How, it leaves open. *You Only Look Once* ([Redmon et al., 2016](../../book/bibliography.md#redmon2016you)) lays a grid of $S\times S$ cells over the image. The cell that holds an object's *centre* is responsible for it. Every cell answers with $B$ boxes of five numbers (place, size, confidence) and $C$
# class probabilities, so the output is a block of
#
# $$S\times S\times(5B + C), \qquad 7\times7\times(5\cdot2 + 20) = 1\,470$$
#
# numbers: detection as regression. What is left twice, [non-maximum suppression](../../book/glossary.md#non-maximum-suppression) removes. Below a grid of $5\times5$ learns squares and discs from scratch, one box a cell. As later versions do, it corrects a box in the cell's middle, and its confidence and class learn by [cross-entropy](../../book/glossary.md#cross-entropy) in place of squares.

# %%
def draw_shapes(n, rng, side=20):
    """Return images (n, 1, side, side) of one to three squares and discs that do not touch, and n pairs (boxes, classes)."""
    y, x = np.indices((side, side)) + 0.5
    images, truths = rng.normal(0, 0.05, (n, 1, side, side)).astype(np.float32), []
    for image in images:
        boxes = np.zeros((0, 4))
        for _ in range(rng.integers(1, 4)):
            size = rng.integers(5, 9)
            corner = rng.integers(0, side - size + 1, 2)
            box = np.concatenate([corner, corner + size])[None].astype(float)
            if not len(boxes) or vision.iou(box + [-1, -1, 1, 1], boxes).max() == 0:
                boxes = np.concatenate([boxes, box])
        classes = rng.integers(0, 2, len(boxes))
        for (cx, cy, size, _), k in zip(vision.to_centres(boxes), classes):
            far = np.hypot(x - cx, y - cy) if k else np.maximum(abs(x - cx), abs(y - cy))
            image[0, far <= size / 2] += 1
        truths.append((boxes, classes))
    return images, truths


# %%
CELLS = vision.anchor_grid(5, 5, 4, [6.5])                             # (25, 4): a box in the middle of each cell


def cell_targets(truths):
    """Return (n, 25, 7): confidence, four offsets and two classes of each cell; zero where no object has its centre."""
    targets = np.zeros((len(truths), 25, 7), np.float32)
    for target, (boxes, classes) in zip(targets, truths):
        own = (vision.to_centres(boxes)[:, :2] // 4 @ [1, 5]).astype(int)
        target[own, 0], target[own, 1:5], target[own, 5 + classes] = 1, vision.encode(boxes, CELLS[own]), 1
    return targets


def grid_network(rng):
    pooled = [nn.Conv2d(1, 8, 3, padding=1, rng=rng), nn.ReLU(), nn.MaxPool2d(2)]
    for n_in, n_out in [(8, 24), (24, 48), (48, 48)]:
        pooled += [nn.Conv2d(n_in, n_out, 3, padding=1, bias=False, rng=rng), nn.BatchNorm2d(n_out), nn.ReLU()]
        pooled += [nn.MaxPool2d(2)] if n_in == 8 else []
    return nn.Sequential(*pooled, nn.Conv2d(48, 7, 1, rng=rng))


def look_once(model, images):
    return model(Tensor(images)).reshape(len(images), 7, 25).transpose(0, 2, 1)          # (n, 25, 7)


# %%
def grid_loss(z, target):
    own, entropy = target[:, :, :1], F.softplus(z) - z * target
    box = (z[:, :, 1:5] - target[:, :, 1:5]) ** 2 * own
    return (entropy[:, :, :1].sum() + 5 * box.sum() + 3 * (entropy[:, :, 5:] * own).sum()) / own.sum()


def train_grid(seed, n_steps=450):
    rng = np.random.default_rng(seed)
    images, truths = draw_shapes(2000, rng)
    targets, model = cell_targets(truths), grid_network(rng)
    adam = optim.Adam(model.parameters(), lr=0.01)
    schedule = optim.CosineAnnealingLR(adam, n_steps)
    for _ in range(n_steps):
        batch = rng.integers(0, len(images), 32)
        loss = grid_loss(look_once(model, images[batch]), targets[batch])
        adam.zero_grad()
        loss.backward()
        adam.step()
        schedule.step()
    return model.eval()


# %%
def read_cells(answers):
    """Return (boxes, scores, classes) of each image, doubles removed, from the answers (n, 25, 7) of its cells."""
    found = []
    for z in answers.astype(float):
        scores, classes, boxes = 1 / (1 + np.exp(-z[:, 0])), z[:, 5:].argmax(1), vision.decode(z[:, 1:5], CELLS)
        some = np.flatnonzero(scores > 0.05)
        some = some[vision.nms(boxes[some], scores[some], 0.5, classes=classes[some])]
        found.append((boxes[some], scores[some], classes[some]))
    return found

# %% [markdown]
# Judged on 300 new images for each seed, drawn by a random generator of their own. AP50 is the [average precision](../../book/glossary.md#average-precision) of each class when an [IoU](../../book/glossary.md#intersection-over-union) of one half counts as found, then the mean of both classes. **Predict** AP75, which asks for an IoU of three quarters, for the same boxes.

# %% tags=["settles-S0-Q34"]
unseen = [draw_shapes(300, np.random.default_rng(1000 + seed)) for seed in range(2)]
detections = [read_cells(look_once(train_grid(seed), images).data) for seed, (images, _) in enumerate(unseen)]
precision = {t: [vision.mean_average_precision(d, truths, t) for d, (_, truths) in zip(detections, unseen)] for t in (0.5, 0.75)}
for t, values in precision.items():
    print(f"AP at IoU {t}: " + ", ".join(f"{v:.3f}" for v in values))
claim("qdetect-yolo", "From either seed AP50 on unseen images is above 0.95.", min(precision[0.5]), at_least=0.95)

# %% mystnb={"image": {"alt": "Four small pictures with squares and discs in noise. A solid box lies around each shape as the truth, and a dashed box, the network's answer, nearly covers it; above each picture stand the classes that were read."}}
fig, axes = plotting.new_figure(1, 4, height=2)
for ax, image, (truth, _), (found, scores, classes) in zip(axes, unseen[0][0], unseen[0][1], detections[0]):
    ax.imshow(image[0], cmap="gray_r", extent=(0, 20, 20, 0), vmin=0, vmax=1.6)
    sure = scores > 0.5
    for group, colour, style in [(truth, plotting.CYCLE[2], "-"), (found[sure], plotting.CYCLE[1], "--")]:
        for x0, y0, x1, y1 in group:
            ax.add_patch(Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, edgecolor=colour, linewidth=2, linestyle=style))
    ax.set(xticks=[], yticks=[])
    ax.set_title(", ".join(["square", "disc"][k] for k in classes[sure]), fontsize=8)
    ax.grid(False)

# %% tags=["settles-SYS-24"]
yolo = [(3, 64, 7), (64, 192, 3), (192, 128, 1), (128, 256, 3), (256, 256, 1), (256, 512, 3)]
yolo += [(512, 256, 1), (256, 512, 3)] * 4 + [(512, 512, 1), (512, 1024, 3)] + [(1024, 512, 1), (512, 1024, 3)] * 2 + [(1024, 1024, 3)] * 4
n_dense = count_dense(7 * 7 * 1024, 4096, 7 * 7 * (5 * 2 + 20))
n_yolo = sum(count_conv(*layer) for layer in yolo) + n_dense
claim("qdetect-yolo-count", "YOLO has the paper's 24 convolutions, 1 470 outputs, and 78 % of its parameters in two dense layers.",
      [len(yolo), 7 * 7 * 30, round(100 * n_dense / n_yolo)], expected=[24, 1470, 78])
_ = card("yolo", "YOLO", year=2016, paper="redmon2016you", idea="One pass: every cell of a grid answers for the object whose centre it holds.",
         configuration="first version, 448×448 pixels, 20 classes, a bias in every layer", parameters=n_yolo)

# %% [markdown]
# The two seeds differ by less than a point at an IoU of one half and by several at three quarters: which shape stands where is learned soon, the last pixel of its edge is not. On a box of 6×6 an error of one pixel in each direction leaves an IoU of 25/47, or 0.53.
#
# **What it does not show:** crowds. Our shapes keep their distance, so no two centres share a cell; where they do, a grid with one answer a cell must lose one.
#
# ### Check yourself · Who is responsible?
#
# Write `responsible_cell(box, side, n_cells)`: the tuple `(row, column)` of the cell that answers for a box (x0, y0, x1, y1) in a square image with sides of `side` pixels and a grid of `n_cells` × `n_cells`.

# %%
def responsible_cell(box, side, n_cells):
    ...


exercise("qdetect-cell", responsible_cell)


# %% [markdown]
# <details><summary>Solution</summary>
#
# The centre decides: its coordinates, divided by the side of a cell, rounded down. The row comes from $y$, the column from $x$.
#
# </details>

# %% tags=["hide-cell", "solution"]
def responsible_cell_solution(box, side, n_cells):
    x0, y0, x1, y1 = box
    return int((y0 + y1) / 2 * n_cells / side), int((x0 + x1) / 2 * n_cells / side)


exercise("qdetect-cell", responsible_cell_solution)

# %% [markdown]
# ## S0-Q35 · What is Faster R-CNN?
#
# "Region-based CNN and R-CNN", which the article joins here, are one thing. Faster R-CNN is *Fast* R-CNN ([Girshick, 2015](../../book/bibliography.md#girshick2015fast)), which reads all regions from one shared map, plus a network that proposes the regions from the same map: the *region proposal network* ([Ren et al., 2015](../../book/bibliography.md#ren2015faster)). It detects; it does not segment. At each place of the map stand nine
# [anchor boxes](../../book/glossary.md#anchor-box), three sizes in three shapes. Each gets a score, object or not, and four offsets
#
# $$t_x = \frac{x - x_a}{w_a},\quad t_y = \frac{y - y_a}{h_a},\quad t_w = \ln\frac{w}{w_a},\quad t_h = \ln\frac{h}{h_a} .$$
#
# An anchor is positive from an IoU of 0.7 on, or if it is the best for an object; negative below 0.3; between them it does not learn. Non-maximum suppression at 0.7 leaves some 2 000 [proposals](../../book/glossary.md#region-proposal), of which the best 300 are judged.

# %% tags=["settles-S0-Q35", "settles-F26"]
anchors = vision.anchor_grid(600 // 16, 1000 // 16, 16, sizes=(128, 256, 512), ratios=(0.5, 1, 2))
inside = anchors[(anchors[:, :2] >= 0).all(1) & (anchors[:, 2] <= 1000) & (anchors[:, 3] <= 600)]
labels, served, best = [], [], []
for seed in range(5):
    rng = np.random.default_rng(seed)
    sides = rng.uniform(60, 400, (6, 2))
    corner = rng.uniform(0, 1, (6, 2)) * ([1000, 600] - sides)
    truth = np.concatenate([corner, corner + sides], 1)
    matched = vision.match(inside, truth, positive=0.7, negative=0.3)
    labels.append([(matched >= 0).sum(), (matched == -1).sum(), (matched == -2).sum()])
    served.append(len(np.unique(matched[matched >= 0])))
    best.append(vision.iou(inside, truth).max(0))
print(f"{len(inside)} of {len(anchors)} anchors inside; positive, negative, ignored (mean of 5 images): {np.mean(labels, 0).round(0)}")
claim("qdetect-anchors", "An image of 600×1000 has 20 646 anchors at stride 16.", len(anchors), expected=20_646)
claim("qdetect-every-object", "Every one of the 30 objects has a positive anchor.", served, expected=[6] * 5)
claim("qdetect-below-threshold", "For a third of the objects or more, no anchor reaches 0.7: without the rule of the best they would teach nothing.",
      (np.concatenate(best) < 0.7).mean(), at_least=1 / 3)

# %% [markdown]
# The paper says "about 20 000", and "about 6 000" inside the border; with anchors of exact area we count 8 044. Now the laws of suppression, on 300 proposals crowding around six objects.

# %% tags=["settles-SYS-25"]
crowd = np.repeat(truth, 50, 0) + rng.normal(0, 12, (300, 4))
crowd[:, 2:] = np.maximum(crowd[:, 2:], crowd[:, :2] + 5)
scores = rng.uniform(size=300)
kept = vision.nms(crowd, scores, 0.7)
overlaps, removed = vision.iou(crowd, crowd), np.setdiff1d(np.arange(300), kept)
explained = ((overlaps[removed][:, kept] > 0.7) & (scores[kept] > scores[removed][:, None])).any(1)
among = overlaps[np.ix_(kept, kept)] - np.eye(len(kept))
claim("qdetect-nms", "No two kept boxes overlap by more than 0.7, and each removed one is overlapped so by a kept one of a higher score.",
      [among.max() <= 0.7, explained.all()], expected=[True, True])
n_rpn = count_rpn(512, 9, n_scores=2)                                  # "object" and "not" have a score each
n_faster = vgg_body + n_rpn + count_dense(512 * 49, 4096, 4096) + count_dense(4096, 21) + count_dense(4096, 84)
claim("qdetect-rpn-count", "The proposal network has the 2.4 million parameters of the paper, 1.7 % of the whole.", [n_rpn / 1e6, 100 * n_rpn / n_faster],
      expected=[2.4, 1.7], tolerance=0.05)
_ = card("faster-rcnn", "Faster R-CNN", year=2015, paper="ren2015faster", idea="The map that classifies regions also proposes them, by correcting anchors.",
         configuration="VGG-16, 9 anchors, 21 classes with the background", parameters=n_faster)

# %% [markdown]
# **What it does not show:** a trained proposal network. Labels and suppression are rules without parameters; whether the scores learned from them rank well is another question, answered for a grid above.
#
# ### Check yourself · Label the anchors
#
# Write `label_anchors(overlaps)` for IoUs of $N$ anchors with $M$ objects, shape $(N, M)$. Return $N$ integers: 1 where the anchor reaches 0.7 with any object, or is an object's best anchor; else 0 where it stays below 0.3 with all; else $-1$.

# %%
def label_anchors(overlaps):
    ...


exercise("qdetect-labels", label_anchors)


# %% [markdown]
# <details><summary>Solution</summary>
#
# The thresholds first, on the best IoU of each *anchor*; then the best anchor of each *object* becomes positive, whatever its IoU. In the other order a best anchor below 0.3 would be made negative again.
#
# </details>

# %% tags=["hide-cell", "solution"]
def label_anchors_solution(overlaps):
    top = overlaps.max(1)
    labels = np.where(top >= 0.7, 1, np.where(top < 0.3, 0, -1))
    labels[overlaps.argmax(0)] = 1
    return labels


exercise("qdetect-labels", label_anchors_solution)

# %% [markdown]
# ## S0-Q36 · What is R-CNN?
#
# The article's answer is right as far as it goes (its "semantic segmentation" is even in the paper's title, as a second task). The name meant *Regions with CNN features* ([Girshick et al., 2014](../../book/bibliography.md#girshick2014rich)); "Region-based CNN" came later. Some 2 000 [region proposals](../../book/glossary.md#region-proposal) come from selective search
# ([Uijlings et al., 2013](../../book/bibliography.md#uijlings2013selective)), which has no network. Each is cut out with some context, warped to one size, and sent through the CNN *alone*; a linear support vector machine per class judges the features, and a [ridge regression](../../book/glossary.md#ridge-regression) moves the box by $t = Wf$, with the offsets $t$ above. The cost is proposals × forward pass.
#
# Below: 75 windows an image stand in for selective search, and 24 filters that were never trained for the CNN.

# %%
def make_windows(n):
    windows = vision.clip(vision.anchor_grid(5, 5, 4, sizes=(5, 7, 9)), 20, 20)
    return np.tile(windows, (n, 1)), np.repeat(np.arange(n), len(windows))


def crop_features(images, boxes, which, network):
    """Return features (K, D) of boxes, each cut out with half its size as context and warped to 12×12."""
    wider = vision.to_corners(vision.to_centres(boxes) * [1, 1, 1.5, 1.5])
    crops = vision.roi_align(Tensor(images), wider, 12, images=which)                    # (K, 1, 12, 12)
    return network(crops).data.reshape(len(boxes), -1)


def label_windows(boxes, truths):
    """Return the best IoU of every window, the object's box, and its class: 1 or 2, 0 background (IoU < 0.3), -1 neither."""
    best, goals, classes = [], [], []
    for windows, (truth, kinds) in zip(np.split(boxes, len(truths)), truths):
        overlaps = vision.iou(windows, truth)
        own = overlaps.argmax(1)
        best.append(overlaps.max(1))
        goals.append(truth[own])
        classes.append(kinds[own] + 1)
    best, goals, classes = map(np.concatenate, (best, goals, classes))
    return best, goals, np.where(best >= 0.5, classes, np.where(best < 0.3, 0, -1))


# %% tags=["settles-S0-Q36", "settles-F27", "settles-N5"]
before_after, ap_crops = [], []
for seed in range(2):
    rng = np.random.default_rng(seed)
    network = nn.Sequential(nn.Conv2d(1, 24, 3, padding=1, rng=rng), nn.ReLU(), nn.MaxPool2d(3))
    (images, truths), (new_images, new_truths) = draw_shapes(90, rng), draw_shapes(60, rng)
    boxes, which = make_windows(90)
    best, goals, classes = label_windows(boxes, truths)
    f = crop_features(images, boxes, which, network)                                     # (6750, 384)
    svm = LinearSVC(C=0.01, random_state=0).fit(f[classes >= 0], classes[classes >= 0])
    near = f[best >= 0.4]
    W = np.linalg.solve(near.T @ near + np.eye(f.shape[1]), near.T @ vision.encode(goals, boxes)[best >= 0.4])
    boxes, which = make_windows(60)
    best, goals, classes = label_windows(boxes, new_truths)
    f = crop_features(new_images, boxes, which, network)
    scores, moved = svm.decision_function(f), vision.decode(f @ W, boxes)
    after = np.array([vision.iou(a[None], b[None]).item() for a, b in zip(moved[classes > 0], goals[classes > 0])])
    before_after.append([best[classes > 0].mean(), after.mean(), (after > best[classes > 0]).mean()])
    per_image = [(moved[which == i], scores[which == i]) for i in range(60)]
    kept = [vision.nms(b, s[:, 1:].max(1), 0.3, classes=s[:, 1:].argmax(1)) for b, s in per_image]
    ap_crops.append(vision.mean_average_precision([(b[k], s[k, 1:].max(1), s[k, 1:].argmax(1)) for (b, s), k in zip(per_image, kept)], new_truths))
print("IoU before, after, share improved:", *np.round(before_after, 2).tolist(), " AP50:", *np.round(ap_crops, 2))
claim("qdetect-regression", "On unseen images regression improves 90 % of the windows on objects or more.", min(b[2] for b in before_after), at_least=0.9)
claim("qdetect-rcnn", "The whole pipeline reaches an AP50 above 0.7 from either seed.", min(ap_crops), at_least=0.7)

# %% [markdown]
# Filters without training suffice here, because squares and discs differ at their corners: the support vector machine and the ridge do the learning. And the cost, counted in multiplications of the one convolution:

# %% tags=["settles-SYS-26"]
def count_window_products(n_crops, side):
    return n_crops * side**2 * 9 * 24


claim("qdetect-crops-cost", "75 crops of 12×12 cost 27 times one pass over the image of 20×20, and the ratio is proportional to their number.",
      [count_window_products(n, 12) / count_window_products(1, 20) for n in (75, 150)], expected=[27.0, 54.0])
alexnet = count_conv(3, 96, 11) + count_conv(96, 256, 5, 2) + count_conv(256, 384, 3) + count_conv(384, 384, 3, 2) + count_conv(384, 256, 3, 2)
features_alone = alexnet + count_dense(256 * 36, 4096, 4096)
claim("qdetect-alexnet", "With its classifier of 1 000 classes the network is AlexNet, 60 965 224 parameters.",
      features_alone + count_dense(4096, 1000), expected=60_965_224)
_ = card("rcnn", "R-CNN", year=2014, paper="girshick2014rich", idea="Cut out each proposed region, describe it by a CNN, judge it by linear machines.",
         configuration="AlexNet up to its second dense layer, 20 support vector machines, 20 box regressions from the last pooled map",
         parameters=features_alone + 20 * count_dense(4096, 1) + 20 * count_dense(256 * 36, 4))

# %% [markdown]
# **What it does not show:** selective search, and what a CNN trained on a million photographs adds. Windows on a grid are no proposals: they do not look at the image.
#
# ### Check yourself · Offsets on paper
#
# A proposal has the corners (10, 20, 30, 60), the object (14, 20, 34, 100). What are $(t_x, t_y, t_w, t_h)$?

# %%
answer = None
exercise("qdetect-offsets", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Centres (20, 40) and (24, 60), sizes 20×40 and 20×80: $t = (4/20,\ 20/40,\ \ln 1,\ \ln 2) = (0.2, 0.5, 0, 0.693)$.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("qdetect-offsets", vision.encode([14, 20, 34, 100], [10, 20, 30, 60]))

# %% [markdown]
# ## S0-Q37 · What is SSD?
#
# The article gives YOLO's sentence again. True of both: one network, one pass. What sets the *Single Shot MultiBox Detector* apart ([Liu et al., 2016](../../book/bibliography.md#liu2016ssd)) is that it predicts from *several* maps, fine ones for small objects, coarse ones for large. Each position has four or six *default boxes*, [anchors](../../book/glossary.md#anchor-box) by another name; each predicts offsets and $C + 1$ scores. At 300×300 pixels:
#
# $$38^2\cdot4 + 19^2\cdot6 + 10^2\cdot6 + 5^2\cdot6 + 3^2\cdot4 + 1^2\cdot4 = 8\,732 .$$
#
# Nearly all of them are background. So only the worst negatives teach, three for each positive. What is the finest map for? An object is easily learned only if some default box overlaps it with an IoU of one half or more: below, it then counts as covered.

# %% tags=["settles-S0-Q37", "settles-F28"]
defaults = vision.default_boxes() * 300                                # (8732, 4) in pixels
coarse = defaults[38 * 38 * 4 :]                                       # without the finest map
rng, covered, forced = np.random.default_rng(0), {}, {}
for name, low, high in [("15 to 20", 15, 20), ("20 to 30", 20, 30), ("30 to 50", 30, 50), ("50 to 200", 50, 200)]:
    sides = np.exp(rng.uniform(np.log(low), np.log(high), (200, 1)))
    shapes = sides * np.exp(rng.uniform(-0.35, 0.35, (200, 1)) * [1, -1])
    corner = rng.uniform(0, 1, (200, 2)) * (300 - shapes)
    truth = np.concatenate([corner, corner + shapes], 1)
    covered[name] = [(vision.iou(boxes, truth).max(0) >= 0.5).mean() for boxes in (defaults, coarse)]
    forced[name] = [len(np.unique(vision.match(boxes, truth[:5]))) - 1 for boxes in (defaults, coarse)]
    print(f"{name:>9} pixels: {covered[name][0]:.2f} of the objects covered, {covered[name][1]:.2f} without the finest map")
claim("qdetect-default-boxes", "SSD300 has 8 732 default boxes, 66 % of them on the finest map.",
      [len(defaults), round(100 * (1 - len(coarse) / len(defaults)))], expected=[8732, 66])
claim("qdetect-finest-map", "Of objects between 20 and 30 pixels the finest map covers 70 % or more, the others none.",
      [covered["20 to 30"][0] >= 0.7, covered["20 to 30"][1]], expected=[True, 0])
claim("qdetect-worthless", "The rule of the best gives each object a box, with the finest map and without, even at 15 to 20 pixels.",
      forced["15 to 20"], expected=[5, 5])

# %% [markdown]
# The last claim was our first design, and it is worthless as evidence: the *share of objects that are matched* is 100 % by the rule, whatever the boxes. Only the IoU tells that the match is a bad one. Now the negatives, and the count.

# %% tags=["settles-SYS-27"]
losses, positives = rng.exponential(size=(4, 8732)), rng.uniform(size=(4, 8732)) < 0.002
chosen = vision.hard_negatives(losses, positives, ratio=3)
worst = [losses[i][chosen[i]].min() >= losses[i][~chosen[i] & ~positives[i]].max() for i in range(4)]
claim("qdetect-three-to-one", "Exactly three negatives are chosen for each positive, and none left out has a larger loss.",
      [*(chosen.sum(1) / positives.sum(1)), *worst], expected=[3.0] * 4 + [True] * 4)


def count_ssd(n_classes):
    """Return the parameters of SSD300 on VGG-16; `n_classes` includes the background."""
    extra = [(512, 1024, 3), (1024, 1024, 1), (1024, 256, 1), (256, 512, 3), (512, 128, 1), (128, 256, 3)] + [(256, 128, 1), (128, 256, 3)] * 2
    heads = [(512, 4), (1024, 6), (512, 6), (256, 6), (256, 4), (256, 4)]
    return vgg_body + 512 + sum(count_conv(*e) for e in extra) + sum(count_conv(c, n * (n_classes + 4), 3) for c, n in heads)


claim("qdetect-ssd-count", "For the 91 classes of torchvision's SSD300 the formula gives its 35 641 826 parameters.", count_ssd(91), expected=35_641_826)
_ = card("ssd", "SSD", year=2016, paper="liu2016ssd", idea="One pass, default boxes on maps of several resolutions.",
         configuration="SSD300 on VGG-16, 21 classes with the background", parameters=count_ssd(21))

# %% [markdown]
# **What it does not show:** accuracy. Cover bounds what is *easily* learned; offsets can repair a box that starts below one half, and the paper measures what remains lost on small objects.
#
# ### Check yourself · SSD512
#
# The larger model has seven maps of 64, 32, 16, 8, 4, 2 and 1 positions a side, with 4, 6, 6, 6, 6, 4 and 4 default boxes a position. How many boxes?

# %%
answer = None
exercise("qdetect-ssd512", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# $64^2\cdot4 + 32^2\cdot6 + 16^2\cdot6 + 8^2\cdot6 + 4^2\cdot6 + 2^2\cdot4 + 1^2\cdot4 = 24\,564$, two thirds of them on the finest map.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("qdetect-ssd512", sum(side**2 * n for side, n in zip([64, 32, 16, 8, 4, 2, 1], [4, 6, 6, 6, 6, 4, 4])))

# %% [markdown]
# ## S0-Q38 · What is FPN?
#
# The article calls the *feature pyramid network* a detection model "with multi-scale feature maps … used in object detection, semantic segmentation, obj", and breaks off there. To complete it: *object recognition and instance segmentation*. But it detects nothing itself. An [FPN](../../book/glossary.md#feature-pyramid) turns the maps of a CNN into maps that a detector reads ([Lin et al., 2017](../../book/bibliography.md#lin2017feature)): the
# coarse one knows *what* and is carried down, doubled at each level; the fine one knows *where* and joins from the side through a $1\times1$ convolution, $P_l = \mathrm{conv}_{3\times3}(M_l)$ with the sums $M_l = \mathrm{conv}_{1\times1}(C_l) + \mathrm{up}(M_{l+1})$. All levels have 256 channels, so one head serves all. A box of $w\times h$ pixels is read from level
#
# $$k = \bigl\lfloor 4 + \log_2(\sqrt{wh}/224)\bigr\rfloor .$$

# %% tags=["settles-S0-Q38", "settles-F29", "settles-O1"]
def merge_down(maps, lateral, with_lateral=True):
    """Return the merged maps, finest first: each lateral map plus the coarser one, doubled."""
    merged = [lateral[-1](maps[-1])]
    for c, side in zip(maps[-2::-1], lateral[-2::-1]):
        up = Tensor(merged[0].data.repeat(2, 2).repeat(2, 3))          # nearest neighbour, without a gradient here
        merged.insert(0, side(c) + up if with_lateral else up)
    return merged


rng = np.random.default_rng(0)
maps = [Tensor(rng.normal(size=(1, c, 64 // s, 64 // s)).astype(np.float32)) for c, s in zip(RESNET_MAPS, (4, 8, 16, 32))]
lateral = [nn.Conv2d(c, 256, 1, rng=rng) for c in RESNET_MAPS]
smooth = [nn.Conv2d(256, 256, 3, padding=1, rng=rng) for _ in RESNET_MAPS]
levels = [conv(m).shape for conv, m in zip(smooth, merge_down(maps, lateral))]
claim("qdetect-fpn-shapes", "An image of 64×64 gives four maps of 256 channels at strides 4, 8, 16 and 32, and no box.",
      levels, expected=[(1, 256, side, side) for side in (16, 8, 4, 2)])
claim("qdetect-fpn-level", "Boxes of 56, 112, 224 and 448 pixels belong to the levels 2, 3, 4 and 5.",
      vision.fpn_level([[0, 0, side, side] for side in (56, 112, 224, 448)]), expected=[2, 3, 4, 5])

# %% [markdown]
# What do the lateral paths bring? Without them the finest merged map is the coarsest one, enlarged: the same vector on every block of positions. Whatever is read from it at one place cannot tell the places of a block apart. Below a small square stands at one of 225 places; three convolutions with random filters make maps at strides 2, 4 and 8; and a linear score, fitted by least squares, names the place.

# %% tags=["settles-SYS-28"]
located, spread = [], []
for seed in range(3):
    rng = np.random.default_rng(seed)
    place, images = rng.integers(0, 15, (400, 2)), rng.normal(0, 0.1, (400, 1, 32, 32)).astype(np.float32)
    for image, (y, x) in zip(images, place):
        image[0, 2 * y : 2 * y + 3, 2 * x : 2 * x + 3] += 1
    maps, h = [], Tensor(images)
    for n_in, n_out in [(1, 16), (16, 32), (32, 64)]:
        h = F.max_pool2d(F.relu(nn.Conv2d(n_in, n_out, 3, padding=1, rng=rng)(h)), 2)
        maps.append(h)
    sides = [nn.Conv2d(c, 32, 1, rng=rng) for c in (16, 32, 64)]
    found = []
    for with_lateral in (True, False):
        finest = merge_down(maps, sides, with_lateral)[0].data.transpose(0, 2, 3, 1)     # (400, 16, 16, 32)
        blocks, read = finest.reshape(400, 4, 4, 4, 4, 32), np.append(finest, np.ones_like(finest[..., :1]), -1).reshape(400, 256, 33)
        wanted = np.eye(256, dtype=np.float32)[place @ [16, 1]]                          # (400, 256)
        w = np.linalg.lstsq(read[:200].reshape(-1, 33), wanted[:200].ravel(), rcond=None)[0]
        found.append(((read[200:] @ w).argmax(1) == place[200:] @ [16, 1]).mean())
    located.append(found)
    spread.append(np.ptp(blocks, axis=(2, 4)).max())
print("right place with and without lateral paths:", *np.round(located, 3).tolist())
claim("qdetect-blocks", "Without lateral paths each block of 4×4 positions holds one and the same vector, exactly.", spread, expected=[0.0] * 3)

# %% tags=["settles-S0-Q38"]
claim("qdetect-lateral", "With them 95 % or more of 200 new squares are found at their place, without them at most 15 %.",
      [min(a for a, _ in located) >= 0.95, max(b for _, b in located) <= 0.15], expected=[True, True])
claim("qdetect-fpn-count", "The layers above hold 3 344 384 parameters, and the formula says so.",
      [sum(layer.n_parameters() for layer in lateral + smooth), count_fpn(RESNET_MAPS)], expected=[3_344_384] * 2)
_ = card("fpn", "FPN", year=2017, paper="lin2017feature", idea="Carry what the coarse maps know down to the fine ones, level by level.",
         configuration="the pyramid on the four maps of ResNet-50, 256 channels, without body and detector", parameters=count_fpn(RESNET_MAPS))

# %% [markdown]
# **What it does not show:** the other half, that the coarse maps bring meaning to the fine ones. A bright square needs none: its place can be read from the finest lateral map alone.
#
# ### Check yourself · A smaller pyramid
#
# ResNet-18 has maps of 64, 128, 256 and 512 channels. How many parameters has a pyramid of 256 channels on it, biases included?

# %%
answer = None
exercise("qdetect-pyramid", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# Lateral: $(64 + 128 + 256 + 512)\cdot256 + 4\cdot256 = 246\,784$. Smoothing: $4\,(9\cdot256^2 + 256) = 2\,360\,320$, whatever the body.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("qdetect-pyramid", count_fpn((64, 128, 256, 512)))

# %% [markdown]
# ## Sources
#
# [Girshick et al., 2014](../../book/bibliography.md#girshick2014rich), R-CNN · [Uijlings et al., 2013](../../book/bibliography.md#uijlings2013selective), selective search · [Girshick, 2015](../../book/bibliography.md#girshick2015fast), Fast R-CNN · [Ren et al., 2015](../../book/bibliography.md#ren2015faster), Faster R-CNN ·
# [Redmon et al., 2016](../../book/bibliography.md#redmon2016you), YOLO · [Liu et al., 2016](../../book/bibliography.md#liu2016ssd), SSD · [Lin et al., 2017](../../book/bibliography.md#lin2017feature), FPN · [He et al., 2017](../../book/bibliography.md#he2017mask), Mask R-CNN ·
# [Krizhevsky et al., 2012](../../book/bibliography.md#krizhevsky2012imagenet), AlexNet · [Simonyan and Zisserman, 2015](../../book/bibliography.md#simonyan2015very), VGG · [He et al., 2016](../../book/bibliography.md#he2016deep), ResNet · [Everingham et al., 2010](../../book/bibliography.md#everingham2010pascal), average precision.
