# %% [markdown]
# # Around the frameworks
#
# **After this section** you can say what training leaves behind, byte by byte: read and write the log that TensorBoard draws, a checkpoint as Hugging Face Transformers stores it, and a graph in ONNX; and show of a model from a library that it is the model of chapter 6.
# *Reading: 20 minutes. Running: about 30 seconds.*

# %%
try:
    import chainrule
except ImportError:
    %pip install -q --no-deps "chainrule @ git+https://github.com/chain-rule-book/chain-rule@main"

# %%
import importlib.util
import json
import logging
import os
import pathlib
import struct
import tempfile
import warnings

import numpy as np

from chainrule import Tensor, data, models, nn, no_grad, optim, text, train
from chainrule.nn import functional as F
from chainrule.proof import claim, exercise, parity

os.environ["HF_HUB_OFFLINE"] = "1"          # before transformers is imported: it never looks for the network
workspace = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)          # gone when the notebook is
folder = pathlib.Path(workspace.name)

# %% [markdown]
# ## The question
#
# A program trains a network and ends. What is left are files, and somebody else is to work with them: a colleague who wants to see the curves, a service that is to run the model, you in a year with another version of everything. [The frameworks](04_frameworks.ipynb) compute; around them has grown a ring of tools that live on such files. Three are everywhere:
#
# | what is left | file | the tool known for it |
# |---|---|---|
# | the log: what was measured, step by step | `events.out.tfevents…` | TensorBoard |
# | the checkpoint: sizes and weights | `config.json`, `model.safetensors` | Hugging Face Transformers |
# | the graph: the forward pass, ready to run | `model.onnx` | ONNX Runtime |
#
# None of them is magic, and each can be read in a few lines without the tool. We do that for all three. It shows what is in a file, and what is not.
#
# First something worth keeping: two trainings of one network on the 8 × 8 digits, equal but for the [momentum](../../book/glossary.md#momentum).

# %%
digits = data.digits()
runs, nets, optimizers = {}, {}, {}
for name, momentum in {"plain": 0.0, "momentum": 0.9}.items():
    rng = np.random.default_rng(0)
    nets[name] = nn.Sequential(nn.Linear(64, 32, rng=rng), nn.ReLU(), nn.Linear(32, 10, rng=rng))
    optimizers[name] = optim.SGD(nets[name].parameters(), lr=0.02, momentum=momentum)
    history = train.fit(nets[name], digits.train, loss=nn.CrossEntropyLoss(), optimizer=optimizers[name], epochs=20, batch_size=32,
                        validation_set=digits.test, metrics={"accuracy": train.correct}, rng=rng, progress=False)
    runs[name] = {"digits/loss": history.loss, "digits/accuracy": history.accuracy}
    print(f"{name:9s} loss {history.loss[-1]:.3f}, held-out accuracy {history.accuracy[-1]:.3f}")

# %% [markdown]
# ## The log: TensorBoard
#
# TensorBoard came with TensorFlow ([Abadi et al., 2016](../../book/bibliography.md#abadi2016tensorflow)). It is a web page that looks into a folder and draws what it finds. Whoever trains writes; the page reads; the file is all they share. We hand the same numbers to the writer of PyTorch and to that of TensorFlow.

# %% tags=["tensorboard-logs"]
import tensorflow as tf
from torch.utils.tensorboard import SummaryWriter

logs = folder / "logs"
for name, scalars in runs.items():
    theirs = SummaryWriter(logs / f"{name} by PyTorch")
    for tag, values in scalars.items():
        for epoch, value in enumerate(values, 1):
            theirs.add_scalar(tag, value, epoch)
    theirs.close()
    theirs = tf.summary.create_file_writer(str(logs / f"{name} by TensorFlow"))
    with theirs.as_default():
        for tag, values in scalars.items():
            for epoch, value in enumerate(values, 1):
                tf.summary.scalar(tag, value, epoch)
    theirs.close()
files = {run.name: next(run.glob("events.out.tfevents.*")) for run in sorted(logs.iterdir())}
print(*(f"{name:23s} {path.stat().st_size:5d} bytes" for name, path in files.items()), sep="\n")

# %% [markdown]
# Equal numbers, unequal sizes. Let us look inside. The outer layer is a sequence of *records*:
#
# | bytes | content |
# |---|---|
# | 8 | $n$, the length of the payload, lowest byte first |
# | 4 | a checksum of these 8 bytes |
# | $n$ | the payload: one event |
# | 4 | a checksum of the payload |
#
# The checksum is a **[cyclic redundancy check](../../book/glossary.md#cyclic-redundancy-check)**: the bits of the data are the coefficients of a polynomial over {0, 1}, and the checksum is the remainder of its division by a fixed polynomial of degree 32. This one, CRC-32C, is by [Castagnoli, Bräuer and Herrmann, 1993](../../book/bibliography.md#castagnoli1993optimization). It is stored *masked*, rotated by 15 bits with a constant added, since the remainder of data that hold their own remainder would say little.

# %%
TABLE = []
for remainder in range(256):
    for _ in range(8):
        remainder = remainder >> 1 ^ (0x82F63B78 if remainder & 1 else 0)
    TABLE.append(remainder)

def crc32c(payload):
    crc = 0xFFFFFFFF
    for byte in payload:
        crc = TABLE[(crc ^ byte) & 255] ^ crc >> 8
    return crc ^ 0xFFFFFFFF

def masked_crc(payload):
    crc = crc32c(payload)
    return (((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF).to_bytes(4, "little")

def records_in(raw):
    """Yield the payloads of an event file; raise ValueError at the first that is damaged."""
    at = 0
    while at < len(raw):
        head = raw[at : at + 8]
        end = at + 12 + int.from_bytes(head, "little")
        payload = raw[at + 12 : end]
        if raw[at + 8 : at + 12] != masked_crc(head) or raw[end : end + 4] != masked_crc(payload):
            raise ValueError(f"the record at byte {at} is damaged")
        yield payload
        at = end + 4

# %% [markdown]
# The payload is a *protocol buffer*: a list of fields, each a key and a value. The key holds the field's number and in its lowest three bits the kind of value: 0 for a whole number, 7 bits a byte, the eighth saying that more follow; 1 and 5 for 8 and 4 bytes as they are; 2 for a length and as many bytes, which may hold fields again. Names of fields are not in the file. One has to know that in an event field 2 is the step and field 5 the summary, that a summary holds values in its field 1, and that in a value 1 is the tag.

# %%
def varint_at(raw, at):
    """Return the whole number that begins at a byte, and where it ends."""
    value, shift = 0, 0
    while True:
        value, shift, at = value | (raw[at] & 127) << shift, shift + 7, at + 1
        if raw[at - 1] < 128: return value, at

def fields_of(raw):
    """Yield (number, value) of the fields of a protocol buffer: int or bytes."""
    at = 0
    while at < len(raw):
        key, at = varint_at(raw, at)
        if key & 7 == 0:
            value, at = varint_at(raw, at)
        else:
            n, at = varint_at(raw, at) if key & 7 == 2 else ({1: 8, 5: 4}[key & 7], at)
            value, at = raw[at : at + n], at + n
        yield key >> 3, value

payloads = {name: list(records_in(path.read_bytes())) for name, path in files.items()}
for name in ("plain by PyTorch", "plain by TensorFlow"):
    print(f"{name}: {len(payloads[name])} records, the second, without the time, is\n  ", payloads[name][1][9:])

# %% [markdown]
# Here is the difference in size. PyTorch writes a number into field 2 of the value, four bytes. TensorFlow writes a tensor into field 8: its type, its (empty) shape, the same four bytes, and the name of the TensorBoard plugin that is to draw it. Our reader takes either, and TensorBoard's own is the judge.

# %%
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.util import tensor_util

def scalars_of(payloads):
    """Return tag -> list of (step, number) of the scalars in some events."""
    found = {}
    for payload in payloads:
        event = dict(fields_of(payload))
        for _, value in fields_of(event.get(5, b"")):
            value = dict(fields_of(value))
            four = value[2] if 2 in value else dict(fields_of(value[8]))[4]
            found.setdefault(value[1].decode(), []).append((event.get(2, 0), struct.unpack("<f", four)[0]))
    return found

def scalars_by_tensorboard(path):
    found = {}
    for event in EventFileLoader(str(path)).Load():
        for value in event.summary.value:
            found.setdefault(value.tag, []).append((event.step, tensor_util.make_ndarray(value.tensor).item()))
    return found

ours = {name: scalars_of(events) for name, events in payloads.items()}
judge = {name: scalars_by_tensorboard(path) for name, path in files.items()}

# %% tags=["settles-S0-W4", "settles-SYS-53"]
expected = {run: {tag: [(i, float(np.float32(v))) for i, v in enumerate(values, 1)] for tag, values in scalars.items()} for run, scalars in runs.items()}
claim("hub-log-readers", "In all four files our reader and TensorBoard's find the same tags, steps and numbers.", ours == judge, expected=True)
claim("hub-log-frameworks", "What PyTorch wrote and what TensorFlow wrote are the 160 numbers that were measured, rounded to single precision.",
      [sum(ours[f"{run} by {writer}"] == expected[run] for run in runs for writer in ("PyTorch", "TensorFlow")), sum(len(v) for found in ours.values() for v in found.values())], expected=[4, 160])
claim("hub-crc", "The nine digits 123456789 have the CRC-32C that catalogues of checksums give for them.", f"{crc32c(b'123456789'):X}", expected="E3069283")
claim("hub-log-overhead", "TensorFlow spends 20 bytes more than PyTorch on every number.",
      sorted({len(a) - len(b) for a, b in zip(payloads["plain by TensorFlow"][1:], payloads["plain by PyTorch"][1:])}), expected=[20])

# %% [markdown]
# So single precision is all that a log keeps, and the rest of a double is lost. Now to the checksums. A file on a full disk ends in the middle; a bit may flip on the way. We flip every single bit of a record in turn. Then we flip one byte in the middle of a whole file, and give that to both readers. **Predict:** what will TensorBoard's reader do?

# %%
def refused(raw):
    try:
        list(records_in(raw))
    except ValueError:
        return True
    return False

raw = files["plain by PyTorch"].read_bytes()
start = 16 + len(payloads["plain by PyTorch"][0])
record = raw[start : start + 16 + len(payloads["plain by PyTorch"][1])]
flips = [refused(record[:i] + bytes([record[i] ^ 1 << bit]) + record[i + 1 :]) for i in range(len(record)) for bit in range(8)]
claim("hub-flip", "Each of the flips of one bit of a record is noticed; the record as it was is not refused.", [sum(flips), refused(record)], expected=[8 * len(record), False])

(folder / "damaged").write_bytes(raw[:1000] + bytes([raw[1000] ^ 255]) + raw[1001:])
left = sum(map(len, scalars_by_tensorboard(folder / "damaged").values()))
print(f"our reader refuses: {refused((folder / 'damaged').read_bytes())}; TensorBoard's reads {left} of 40 numbers, without a word")
claim("hub-flip-silent", "TensorBoard's reader stops at the damaged record and raises nothing: about half of the numbers are missing.", left, at_least=10, at_most=30)

# %% [markdown]
# Both notice. But TensorBoard is made to watch a file while it is being written, where a record that ends too early is the normal state of things: it waits for the rest. A curve that ends too soon may be a run that was killed, or a damaged file. The page does not say which.
#
# This is the page, drawn from the files above by `tools/tensorboard_picture.py`, which runs the cells up to here, starts TensorBoard on the folder and takes a picture:
#
# ![TensorBoard in a browser: on the left the runs momentum by TensorFlow and plain by PyTorch, both ticked; on the right two charts, accuracy and loss against the epoch, each run a bold curve with a pale one behind it. With momentum the loss falls to nearly zero within ten epochs; without, it is at 0.4 after twenty.](../../book/figures/tensorboard.png)
#
# Look twice: every run has two curves. The pale one is what was logged. The bold one is smoothed, and that is the default: an average with weights that fall off by 0.6 a step. **Predict** from the picture how much higher the bold loss of the plain run is after ten epochs.

# %%
def smoothed(values, weight=0.6):
    """Return running averages: each earlier value counts `weight` times as much as the next."""
    kept, out = 0.0, []
    for n, value in enumerate(values, 1):
        kept = weight * kept + (1 - weight) * value
        out.append(kept / (1 - weight**n))
    return np.array(out)

logged = runs["plain"]["digits/loss"]
print(f"epoch 10: logged {logged[9]:.2f}, drawn bold {smoothed(logged)[9]:.2f}")
claim("hub-smoothing", "The bold curve is late: after ten epochs it stands a fifth above the loss that was logged.", smoothed(logged)[9] / logged[9], expected=1.2, tolerance=0.05)

# %% [markdown]
# Of a noisy curve the smoothed one shows more; of a falling one it is wrong in one direction. Read numbers off the pale curve.
#
# > **Misconception.** TensorBoard is a tool for visualising TensorFlow models.
#
# So says the article. But it draws whatever stands in an event file, whoever has trained. The network above is neither TensorFlow's nor PyTorch's. To make the point we do without any framework's writer, too:

# %% tags=["settles-F31", "settles-S0-W4"]
def as_record(payload):
    head = len(payload).to_bytes(8, "little")
    return head + masked_crc(head) + payload + masked_crc(payload)

def scalar_event(tag, step, value, seconds=0.0):
    """Return the event of one scalar; tag and step below 100."""
    value = b"\x0a" + bytes([len(tag)]) + tag.encode() + b"\x15" + struct.pack("<f", value)
    summary = b"\x0a" + bytes([len(value)]) + value
    return b"\x09" + struct.pack("<d", seconds) + b"\x10" + bytes([step]) + b"\x2a" + bytes([len(summary)]) + summary

events = [scalar_event(tag, step, value) for tag, values in runs["plain"].items() for step, value in enumerate(values, 1)]
(folder / "events.out.tfevents.ours").write_bytes(b"".join(map(as_record, events)))
claim("hub-no-framework", "TensorBoard reads what ten lines of Python wrote, and finds what it found in the frameworks' files.",
      scalars_by_tensorboard(folder / "events.out.tfevents.ours") == judge["plain by TensorFlow"], expected=True)
import torch

header = pathlib.Path(torch.__file__).parent / "include/torch/csrc/api/include/torch/torch.h"
claim("hub-libtorch", "PyTorch, of which the article says it is Python's, brings the header of its C++ interface along.", header.exists(), expected=True)

# %% [markdown]
# ## A library of models: Hugging Face Transformers
#
# [Wolf et al., 2020](../../book/bibliography.md#wolf2020transformers) collected what had been scattered over the repositories of many papers: architectures by the hundred, each a file of PyTorch code; a configuration for each; and a public store of trained weights. Downloading is the common use. It is not needed: a configuration is enough, and the weights are drawn by lot. So we can ask what matters to a reader of chapter 6: **is their GPT-2 our [GPT](../06_attention/06_small_gpt.ipynb)?**
#
# Their parameters have other names. Their matrices have our shape, (in, out), unusual for PyTorch: GPT-2 was written in TensorFlow, and the port kept its layout under the name `Conv1D`.

# %%
import transformers
from transformers import GPT2Config, GPT2LMHeadModel

transformers.utils.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
V, context, n_layer, n_head, D = 97, 24, 2, 4, 32
sizes = dict(vocab_size=V, n_positions=context, n_layer=n_layer, n_head=n_head, n_embd=D, bos_token_id=None, eos_token_id=None, initializer_range=0.1)
torch.manual_seed(0)
gpt2 = GPT2LMHeadModel(GPT2Config(activation_function="gelu", **sizes)).double().eval()          # eval: no dropout

OUR_NAMES = {"transformer.": "", "wte": "token_embedding", "wpe": "position_embedding", "ln_f": "norm", "h.": "blocks.", "ln_": "norm", "attn.c_attn.": "self_attn.in_proj_",
             "attn.c_proj": "self_attn.out_proj", "mlp.c_fc": "linear1", "mlp.c_proj": "linear2"}

def our_name(name):
    for theirs, ours in OUR_NAMES.items():
        name = name.replace(theirs, ours)
    return name

def in_our_names():
    return {our_name(name): p.detach().numpy() for name, p in gpt2.named_parameters()}

gpt = models.GPT(V, context, n_layer, n_head, D, rng=np.random.default_rng(0), dtype=np.float64)
gpt.load_state_dict(in_our_names())
print(*(f"{name:34s} {our_name(name)}" for name, _ in list(gpt2.named_parameters())[:6]), sep="\n")

# %% [markdown]
# Every name found its place and every shape fitted, else `load_state_dict` would have refused. Now the numbers, block by block.

# %% tags=["settles-S0-W5", "settles-SYS-54"]
tokens = np.random.default_rng(1).integers(0, 4, (6, context))      # (B, T): four of the 97 tokens
with torch.no_grad():
    out = gpt2(torch.tensor(tokens), output_hidden_states=True)
with no_grad():
    h = gpt.token_embedding(tokens) + gpt.position_embedding(np.arange(context))      # (B, T, D)
    hidden = [h.data]
    for block in gpt.blocks:
        h = block(h, is_causal=True)
        hidden.append(h.data)
    hidden[-1] = gpt.norm(h).data                       # theirs reports the last one after the norm
    logits = gpt(tokens).data
apart = [np.abs(a - b.numpy()).max() for a, b in zip(hidden, out.hidden_states)]
claim("hub-gpt2-blocks", "After each block the hidden states of their GPT-2 are those of our GPT.", max(apart), at_most=1e-10)
written = gpt2.generate(torch.tensor(tokens[:, :5]), max_new_tokens=19, do_sample=False, pad_token_id=0, attention_mask=torch.ones(6, 5, dtype=torch.long))
claim("hub-gpt2-greedy", "Both write the same 19 tokens greedily after each of six beginnings.",
      gpt.generate(tokens[:, :5], 19, np.random.default_rng(0), temperature=0.0), expected=written.numpy())
claim("hub-gpt2-count", "Both have V D + context D + L (12 D² + 13 D) + 2 D parameters; tied weights count once.",
      [sum(p.numel() for p in gpt2.parameters()), sum(p.data.size for p in gpt.parameters())], expected=[models.gpt_parameters(V, context, n_layer, n_head, D)] * 2)
with torch.device("meta"):                            # shapes without numbers: no memory is taken
    small = sum(p.numel() for p in GPT2LMHeadModel(GPT2Config()).parameters())
claim("hub-gpt2-small", "Their configuration without arguments is GPT-2 small, and our formula counts its 124 439 808 parameters.", models.gpt_parameters(50257, 1024, 12, 12, 768), expected=small)

# %% [markdown]
# Equal outputs could hide unequal gradients, so: gradients, and a hundred steps of Adam side by side, each side with its own backward pass and its own optimiser. There are six lines of 24 tokens to be learnt by heart, of four letters drawn by lot: the last letter alone says nothing about the next, so the model has to look back.

# %% tags=["settles-S0-W5"]
def shifted_loss(scores, cross_entropy, targets):
    return cross_entropy(scores[:, :-1].reshape(-1, V), targets[:, 1:].reshape(-1))

targets = torch.tensor(tokens)
descents = optim.Adam(gpt.parameters(), lr=0.01), torch.optim.Adam(gpt2.parameters(), lr=0.01)
path, first = {"numpy": [], "torch": []}, {}
for step in range(100):
    descents[0].zero_grad(); descents[1].zero_grad()
    losses = shifted_loss(gpt(tokens), F.cross_entropy, tokens), shifted_loss(gpt2(targets).logits, torch.nn.functional.cross_entropy, targets)
    for name, loss in zip(path, losses):
        loss.backward()
        path[name].append(loss.item())
    if step == 0:
        of_theirs = {our_name(name): p.grad.clone() for name, p in gpt2.named_parameters()}
        first = {"numpy": {name: p.grad.copy() for name, p in gpt.named_parameters()}, "torch": {name: of_theirs[name] for name, _ in gpt.named_parameters()}}
    descents[0].step(); descents[1].step()
parity("hub-gpt2", outputs={"numpy": logits, "torch": out.logits}, gradients=first, path=path)
print(f"loss before {path['numpy'][0]:.3f}, after 100 steps {path['numpy'][-1]:.3f} nats")

# %% [markdown]
# In this cell we have computed the loss ourselves. The library would do it, too, if it is given `labels`. **Predict:** would that have changed anything?

# %%
with torch.no_grad():
    theirs_loss = gpt2(targets, labels=targets).loss
    exact_loss = shifted_loss(gpt2(targets).logits, torch.nn.functional.cross_entropy, targets)
print(f"the library's loss is {theirs_loss.dtype}; ours, of the same logits, {exact_loss.dtype}")
claim("hub-loss-single", "The library computes the loss in single precision even of a model in double precision; it is off by less than one in a million.",
      [theirs_loss.dtype == torch.float32, 0 < abs(theirs_loss.item() - exact_loss.item()) / exact_loss.item() < 1e-6], expected=[True, True])

# %% [markdown]
# It would: the gradients inherit that rounding, and nothing would have said so. A library has opinions. Here is another one. We asked for `activation_function="gelu"`. The default is `gelu_new`, the approximation in the original code of GPT-2: $\mathrm{GELU}(z) = z\,\Phi(z) \approx \tfrac12 z\bigl(1+\tanh\bigl(\sqrt{2/\pi}\,(z+0.044715\,z^3)\bigr)\bigr)$ ([Hendrycks and Gimpel, 2016](../../book/bibliography.md#hendrycks2016gaussian), who give both). Our block has the exact [GELU](../../book/glossary.md#gelu) alone, so we put it together from its parts.

# %%
def tanh_gelu(z):
    return 0.5 * z * (1 + F.tanh((2 / np.pi) ** 0.5 * (z + 0.044715 * z * z * z)))

def gpt2_by_hand(model, tokens, activation):
    h = model.token_embedding(tokens) + model.position_embedding(np.arange(tokens.shape[1]))
    for block in model.blocks:
        h = h + block.self_attn(block.norm1(h), is_causal=True)[0]
        h = h + block.linear2(activation(block.linear1(block.norm2(h))))
    return (model.norm(h) @ model.token_embedding.weight.T).data

gpt.load_state_dict(in_our_names())          # rounding has driven the two a little apart
as_published = GPT2LMHeadModel(GPT2Config(**sizes)).double().eval()
as_published.load_state_dict(gpt2.state_dict())
with no_grad(), torch.no_grad():
    published = as_published(targets).logits.numpy()
    off = {name: np.abs(gpt2_by_hand(gpt, tokens, f) - published).max() for name, f in {"tanh": tanh_gelu, "exact": F.gelu}.items()}
print(f"largest difference of a logit with the exact GELU: {off['exact']:.0e}")
claim("hub-gelu-new", "With the approximation our parts are the default GPT-2.", off["tanh"], at_most=1e-10)
claim("hub-gelu-exact", "With the exact GELU they differ in the third or fourth digit behind the point: no test of shapes would notice.", off["exact"], at_least=3e-5, at_most=0.03)

# %% [markdown]
# [BERT](../07_questions/03_language_models.ipynb) ([Devlin et al., 2019](../../book/bibliography.md#devlin2019bert)) is the other half of the family: it looks both ways, and its norms stand after the sums. One block of theirs against `nn.TransformerBlock(norm_first=False)`. Here the matrices are PyTorch's, (out, in), and queries, keys and values are three.

# %% tags=["settles-SYS-54"]
from transformers import BertConfig, BertModel

bert = BertModel(BertConfig(vocab_size=V, hidden_size=D, num_hidden_layers=1, num_attention_heads=4, intermediate_size=64, initializer_range=0.1), add_pooling_layer=False).double().eval()
layer = {name: p.detach().numpy().T for name, p in bert.encoder.layer[0].named_parameters()}       # a vector is its own transpose
of_bert = {"attention.output.dense": "self_attn.out_proj", "intermediate.dense": "linear1", "output.dense": "linear2", "attention.output.LayerNorm": "norm1", "output.LayerNorm": "norm2"}
state = {f"{ours}.{kind}": layer[f"{theirs}.{kind}"] for theirs, ours in of_bert.items() for kind in ("weight", "bias")}
for kind in ("weight", "bias"):
    state[f"self_attn.in_proj_{kind}"] = np.concatenate([layer[f"attention.self.{part}.{kind}"] for part in ("query", "key", "value")], axis=-1)
encoder = nn.TransformerBlock(D, 4, 64, norm_first=False, rng=np.random.default_rng(0), dtype=np.float64)
encoder.load_state_dict(state)
with no_grad(), torch.no_grad():
    before, after = (states.numpy() for states in bert(targets, output_hidden_states=True).hidden_states)
    with_our_eps = np.abs(encoder(Tensor(before)).data - after).max()
    encoder.norm1.eps = encoder.norm2.eps = bert.config.layer_norm_eps
    with_theirs = np.abs(encoder(Tensor(before)).data - after).max()
print(f"ε = 1e-05, ours: {with_our_eps:.0e} apart;  ε = {bert.config.layer_norm_eps}, as BERT has it: {'below 1e-10' if with_theirs < 1e-10 else with_theirs}")
claim("hub-bert", "One encoder block of BERT is our block with the norms after the sums, once the ε of the norms is theirs, too.", [with_theirs < 1e-10, with_our_eps > 1e-8], expected=[True, True])

# %% [markdown]
# Three constants, then, stand between two models with equal shapes and equal weights: the activation, the ε, the precision of the loss. They are what a port from one library to another gets wrong.
#
# > **Misconception.** Transformers is a library for natural language processing.
#
# So the article, and so the title of the paper of 2020. It has long since grown beyond: pictures, sound, and both with text. And it has shrunk on another side: the classes for TensorFlow were dropped with version 5.

# %% tags=["settles-F31"]
from transformers import CLIPConfig, DetrConfig, ViTConfig, ViTForImageClassification, WhisperConfig, WhisperForConditionalGeneration

vit = ViTForImageClassification(ViTConfig(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, image_size=8, patch_size=4, num_channels=1, num_labels=10))
whisper = WhisperForConditionalGeneration(WhisperConfig(
    d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32, vocab_size=50, num_mel_bins=8,
    max_source_positions=20, max_target_positions=20, pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=1))
pictures = torch.tensor(digits.x_test[:5].reshape(5, 1, 8, 8))
with torch.no_grad():
    named, heard = vit(pictures).logits, whisper(torch.zeros(2, 8, 40), decoder_input_ids=torch.ones(2, 3, dtype=torch.long)).logits
claim("hub-not-only-text", "A ViT scores ten classes for each of five pictures, a Whisper 50 tokens at three steps for each of two sounds.", [*named.shape, *heard.shape], expected=[5, 10, 2, 3, 50])
claim("hub-configurations", "Vision, hearing, detection, and pictures with text have their configurations in the library.",
      " ".join(c.model_type for c in (ViTConfig, WhisperConfig, DetrConfig, CLIPConfig)), expected="vit whisper detr clip")
from transformers.models.auto.modeling_auto import MODEL_MAPPING_NAMES

claim("hub-architectures", "Two hundred architectures at least are listed in it.", len(MODEL_MAPPING_NAMES), at_least=200)
major = int(transformers.__version__.split(".")[0])
claim("hub-no-tensorflow", "From version 5 on there is no TFBertModel in it.", "TFBertModel" in dir(transformers), expected=major < 5)

# %% [markdown]
# ## A tokeniser, trained on the spot
#
# The companion library `tokenizers` learns [byte pairs](../../book/glossary.md#byte-pair-encoding) ([Sennrich, Haddow and Birch, 2016](../../book/bibliography.md#sennrich2016neural)) in Rust. Same novel, same number of merges as for `chainrule.text`. One obstacle: it shows bytes as printable characters, space as `Ġ`; a table of 256 entries turns that back.

# %%
from tokenizers import Tokenizer, pre_tokenizers, trainers
from tokenizers.models import BPE

novel = data.load_persuasion(range(1, 21), unwrap=True)
pairs = text.BytePairEncoding.train(novel, 500)
theirs_bpe = Tokenizer(BPE())
theirs_bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
theirs_bpe.train_from_iterator([novel], trainers.BpeTrainer(vocab_size=256 + 500, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
shown = [*range(33, 127), *range(161, 173), *range(174, 256)]                    # bytes shown as themselves
byte_of = {chr(b): b for b in shown} | {chr(256 + i): b for i, b in enumerate(b for b in range(256) if b not in shown)}

def bytes_of(token):
    return bytes(byte_of[character] for character in token)

listed = [pair if isinstance(pair, list) else pair.split(" ") for pair in json.loads(theirs_bpe.to_str())["model"]["merges"]]
their_merges = [tuple(map(bytes_of, pair)) for pair in listed]
our_merges = [(pairs.tokens[a], pairs.tokens[b]) for a, b in pairs.merges]
swapped = [i for i, (a, b) in enumerate(zip(our_merges, their_merges)) if a != b]
for i in swapped[:3]:
    print(f"merge {i}: ours {our_merges[i]}, theirs {their_merges[i]}")

# %%
start = swapped[0]
so_far = text.BytePairEncoding(pairs.merges[: start + 3])
counts = np.bincount(so_far.encode(novel), minlength=so_far.vocab_size)[256 + start :]
claim("hub-bpe-same-set", "Both learn the same 500 merges.", set(our_merges) == set(their_merges), expected=True)
claim("hub-bpe-ties", "The order differs at fewer than 30 places; the first three are a tie: the pairs occur equally often.", [len(swapped) < 30, len(set(counts)) == 1], expected=[True, True])
held_out = data.load_persuasion(range(21, 25), unwrap=True)[:20_000]
theirs_cut = [bytes_of(theirs_bpe.id_to_token(i)) for i in theirs_bpe.encode(held_out).ids]
claim("hub-bpe-encode", "On 20 000 held-out characters they cut every word in the same way.", theirs_cut == [pairs.tokens[i] for i in pairs.encode(held_out)], expected=True)
print(f"{len(theirs_cut)} tokens; the space is number {theirs_bpe.token_to_id('Ġ')} of theirs and {pairs.encode(' ')[0]} of ours")

squares = "x² " * 9
one = text.BytePairEncoding.train(squares, 1).tokens[256]
theirs_bpe.train_from_iterator([squares], trainers.BpeTrainer(vocab_size=257, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
another = b"".join(map(bytes_of, next(p if isinstance(p, list) else p.split(" ") for p in json.loads(theirs_bpe.to_str())["model"]["merges"])))
claim("hub-bpe-pieces", "In x² ours joins the letter to the first byte of the square, theirs only the two bytes of the square.", [one == "x²".encode()[:2], another == "²".encode()], expected=[True, True])

# %% [markdown]
# In a tie both take the pair of lower numbers; but they number the bytes differently. Ours are 0 to 255, theirs go by the printable character, so that a space, 32 here, is 220 there. And what is a word? Theirs asks Unicode for the class *number*, to which ² belongs; Python's regular expressions, which ours uses, count it among the characters of words. Two tokenisers with the same name need not cut alike; that is why a checkpoint brings its own.
#
# ## The checkpoint: `config.json` and safetensors
#
# A **[checkpoint](../../book/glossary.md#checkpoint)** is a folder. `config.json` says how to build the model, `model.safetensors` what its numbers are. The second has the simplest of layouts: 8 bytes with the length of a header; the header, JSON, with type, shape and place of every tensor; then the raw numbers.

# %% tags=["settles-S0-W5", "settles-SYS-54"]
def read_safetensors(path):
    """Return name -> array of a file; of the types, float64 and float32."""
    raw = path.read_bytes()
    start = 8 + int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:start])
    header.pop("__metadata__", None)
    types = {"F64": "<f8", "F32": "<f4"}
    return {name: np.frombuffer(raw[start + t["data_offsets"][0] : start + t["data_offsets"][1]], types[t["dtype"]]).reshape(t["shape"]) for name, t in header.items()}

gpt2.save_pretrained(folder / "tiny")
config = json.loads((folder / "tiny/config.json").read_text())
stored = read_safetensors(folder / "tiny/model.safetensors")
fresh = models.GPT(config["vocab_size"], config["n_positions"], config["n_layer"], config["n_head"], config["n_embd"], rng=np.random.default_rng(9), dtype=np.float64)
fresh.load_state_dict({our_name(name): array for name, array in stored.items()})
with torch.no_grad():
    trained = gpt2(targets).logits.numpy()
    again = GPT2LMHeadModel.from_pretrained(folder / "tiny", dtype=torch.float64).eval()(targets).logits.numpy()
with no_grad():
    claim("hub-safetensors", "From the folder alone our model gives the logits of the trained GPT-2; so does the library's own loader.",
          max(np.abs(fresh(tokens).data - trained).max(), np.abs(again - trained).max()), at_most=1e-10)
claim("hub-safetensors-size", "The file is eight bytes a parameter and a header of less than 4 kB; the tied matrix is in it once.",
      (folder / "tiny/model.safetensors").stat().st_size - 8 * models.gpt_parameters(V, context, n_layer, n_head, D), at_least=8, at_most=4096)

# %% [markdown]
# There is no code in it. Checkpoints used to be pickles, as those of `torch.save` still are, and unpickling runs whatever the file tells it to run: opening a stranger's weights meant running a stranger's program. Numbers and JSON can be wrong, but they cannot act.
#
# > **Misconception.** The weights are the model.
#
# If they were, the file of weights were enough. We build the model once more, with one number of the configuration changed that leaves no trace in any shape: two heads in place of four.

# %%
two_heads = models.GPT(V, context, n_layer, 2, D, rng=np.random.default_rng(0), dtype=np.float64)
two_heads.load_state_dict({our_name(name): array for name, array in stored.items()})          # no complaint
with no_grad():
    changed = two_heads(tokens).data
    worse = shifted_loss(two_heads(tokens), F.cross_entropy, tokens).item()
print(f"loss {path['numpy'][-1]:.2f} with four heads, {worse:.0f} with two; guessing among four letters {np.log(4):.1f}")
claim("hub-heads", "With two heads every weight fits, nothing is refused, and the trained model's loss rises from below 0.1 to above 1.", [path["numpy"][-1] < 0.1, worse > 1], expected=[True, True])

# %% [markdown]
# ## The graph: ONNX
#
# A checkpoint needs the program that builds the model. **ONNX** files hold the program as well: a list of operations from a published catalogue, each with the names of what goes in and what comes out, and the weights as constants. Who runs it needs neither PyTorch nor us. The network on the digits takes three operations, and a few lines:

# %%
ONNX_IS_HERE = all(importlib.util.find_spec(name) for name in ("onnx", "onnxruntime", "onnxscript"))
net = nets["momentum"].eval()
arrays = dict(zip(["W1", "b1", "W2", "b2"], (p.data for p in net.parameters())))
if ONNX_IS_HERE:
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    graph = helper.make_graph(
        [helper.make_node("Gemm", ["x", "W1", "b1"], ["z1"]), helper.make_node("Relu", ["z1"], ["a1"]), helper.make_node("Gemm", ["a1", "W2", "b2"], ["logits"])], "digits",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["B", 64])], [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["B", 10])],
        [numpy_helper.from_array(array, name) for name, array in arrays.items()])
    by_hand = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.checker.check_model(by_hand)
    onnx.save(by_hand, folder / "by_hand.onnx")
    print(f"{(folder / 'by_hand.onnx').stat().st_size} bytes, {4 * sum(a.size for a in arrays.values())} of them weights")
else:
    print("onnx, onnxruntime or onnxscript is not here: the cells on ONNX are skipped")

# %% [markdown]
# PyTorch writes the file by itself: `torch.onnx.export` runs the model on an example, records the operations, and translates each. What it must be told is which axis may change, here the first: else the file is bound to the batch of the example.

# %%
if ONNX_IS_HERE:
    twin = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10)).eval()
    twin.load_state_dict({name: torch.tensor(p.data.T.copy()) for name, p in net.named_parameters()})
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        free = torch.onnx.export(twin, (torch.zeros(2, 64),), input_names=["x"], dynamo=True, dynamic_shapes=({0: torch.export.Dim("B")},), verbose=False)
        bound = torch.onnx.export(twin, (torch.zeros(2, 64),), input_names=["x"], dynamo=True, verbose=False)
    for program, name in ((free, "free"), (bound, "bound")):
        program.save(folder / f"{name}.onnx")
    print("operations:", *(node.op_type for node in onnx.load(folder / "free.onnx").graph.node))

# %%
def run_onnx(name, x):
    session = onnxruntime.InferenceSession(str(folder / f"{name}.onnx"), providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x})[0]

if ONNX_IS_HERE:
    with no_grad():
        right = {n: net(Tensor(digits.x_test[:n])).data for n in (1, 2, len(digits.x_test))}
    distances = [np.abs(run_onnx(name, digits.x_test[:n]) - z).max() / np.abs(z).max() for name in ("by_hand", "free") for n, z in right.items()]
    claim("hub-onnx", "ONNX Runtime computes our logits, from our file and from PyTorch's, for batches of 1, 2 and all 360.", max(distances), at_most=1e-6)
    try:
        outcome = str(run_onnx("bound", digits.x_test[:7]).shape)
    except Exception as error:          # the runtime has a class of its own for each refusal
        outcome = type(error).__name__
    print("bound to a batch of 2, asked for 7:", outcome)
    claim("hub-onnx-bound", "Without a free axis the file refuses a batch of seven.", outcome, expected="InvalidArgument")

# %% [markdown]
# What is *not* in the file: the loss, the backward pass, the optimiser. A graph in ONNX can be run, not trained further.

# %%
if ONNX_IS_HERE:
    in_file = onnx.load(folder / "by_hand.onnx").graph
    weights = sum(int(np.prod(t.dims)) for t in in_file.initializer)
    kinds = sorted({node.op_type for node in in_file.node})
    velocity = sum(a.size for name, a in optimizers["momentum"].state_dict().items() if a.ndim and not name.endswith("step"))
    print(f"{weights} weights, operations {kinds}; the optimiser still holds {velocity} numbers of its own")
    claim("hub-onnx-no-training", "The file holds the weights and two kinds of operation; the momentum, as many numbers again, is left behind.", [weights, velocity, len(kinds)], expected=[2410, 2410, 2])

# %% [markdown]
# ## Summary
#
# - What training leaves are files, and each is simpler than its tool. An event file is records with checksums around protocol buffers; a checkpoint is JSON and raw numbers; an ONNX file is a list of operations with constants.
# - TensorBoard draws event files, whoever wrote them. It passes over damage in silence.
# - Their GPT-2 is our GPT, in every hidden state, gradient and greedy token, once the activation is the same. The constants that no shape reveals (activation, ε, number of heads, precision of the loss) are where ports go wrong.
# - Weights without their configuration are not a model; a graph without its optimiser does not learn on.
#
# ## Exercises
#
# ### Exercise 1 · Whole numbers in a log
#
# Write `as_varint(n)`: the bytes of a whole number $n\ge 0$ in a protocol buffer, seven bits a byte, the lowest first, and the highest bit of each byte set except in the last. Step 300 is `b"\xac\x02"`.

# %%
def as_varint(n):
    ...


exercise("hub-varint", as_varint)


# %% tags=["hide-cell", "solution"]
def varint_solution(n):
    out = []
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes([*out, n])


claim("hub-varint-inverse", "It is undone by the reader above.", all(varint_at(varint_solution(n), 0)[0] == n for n in (0, 1, 127, 128, 300, 2**40)), expected=True)
exercise("hub-varint", varint_solution)

# %% [markdown]
# ### Exercise 2 · Write a checkpoint
#
# Write `as_safetensors(arrays)`: the bytes of a safetensors file for a dict of name to float32 array. Header: JSON, for each name `{"dtype": "F32", "shape": [...], "data_offsets": [begin, end]}`, counted from the end of the header.

# %%
def as_safetensors(arrays):
    ...


exercise("hub-safetensors-write", as_safetensors)


# %% tags=["hide-cell", "solution"]
def safetensors_solution(arrays):
    header, body = {}, b""
    for name, array in arrays.items():
        raw = np.ascontiguousarray(array, "<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [len(body), len(body) + len(raw)]}
        body += raw
    head = json.dumps(header).encode()
    return len(head).to_bytes(8, "little") + head + body


exercise("hub-safetensors-write", safetensors_solution)

# %% [markdown]
# ### Exercise 3 · From the configuration
#
# A `config.json` says `n_layer` 24, `n_embd` 1024, `n_head` 16, `vocab_size` 50257, `n_positions` 1024, tied weights, and the file is stored in float32. How many bytes of raw numbers does `model.safetensors` hold?

# %%
answer = None          # for example 497_759_232
exercise("hub-medium", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# $VD + 1024\,D + L(12D^2+13D) + 2D$ with $D = 1024$ and $L = 24$ gives 354 823 168 parameters, four bytes each. The heads play no part.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("hub-medium", 4 * models.gpt_parameters(50257, 1024, 24, 16, 1024))

# %% [markdown]
# ### Exercise 4 · What is missing?
#
# You have four files of one training run: A, the event file; B, `model.safetensors`; C, `config.json`; D, `model.onnx` of the forward pass. The disk is full. Which of them *together* are the fewest that you need (1) to run the model on new inputs, (2) to see whether the loss had come to rest? (3) Can training be continued, step for step as it would have gone on, from all four? Answer `["letters", "letters", "yes" or "no"]`.

# %%
answer = None          # for example ["BC", "AB", "yes"]
exercise("hub-keep", answer)

# %% [markdown]
# <details><summary>Solution</summary>
#
# The graph alone runs. The log alone shows the loss. And nothing continues: none of the four holds the momentum, the state of the random numbers, or the place in the data.
#
# </details>

# %% tags=["hide-cell", "solution"]
exercise("hub-keep", ["D", "A", "no"])

# %% [markdown]
# ## Sources
#
# [Abadi et al., 2016](../../book/bibliography.md#abadi2016tensorflow), the system that TensorBoard came with ·
# [Paszke et al., 2019](../../book/bibliography.md#paszke2019pytorch) ·
# [Castagnoli, Bräuer and Herrmann, 1993](../../book/bibliography.md#castagnoli1993optimization), the checksum ·
# [Wolf et al., 2020](../../book/bibliography.md#wolf2020transformers), the library ·
# [Radford et al., 2019](../../book/bibliography.md#radford2019language), GPT-2 ·
# [Devlin et al., 2019](../../book/bibliography.md#devlin2019bert), BERT ·
# [Hendrycks and Gimpel, 2016](../../book/bibliography.md#hendrycks2016gaussian), GELU and its approximations ·
# [Sennrich, Haddow and Birch, 2016](../../book/bibliography.md#sennrich2016neural), byte pairs. Layouts of files were taken from the files.
