"""The small Transformer of the live figure: its weights as they ship, heads turned off, and what it looks at.

small_transformer_network.js computes the same. ``chainrule.models.GPT`` of two blocks with four heads each, for single
characters. ``python -m chainrule.explore.small_transformer_model`` trains it and writes its weights.
"""

from functools import cache

import numpy as np

from chainrule import text
from chainrule.explore.int8_rows import packed_rows, shipped, unpacked_rows
from chainrule.models import GPT
from chainrule.tensor import no_grad

CONTEXT, N_LAYER, N_HEAD, D_MODEL = 64, 2, 4, 48


def new_network(n_characters, rng, dtype=np.float32):
    """Return the network untrained."""
    return GPT(
        n_characters, CONTEXT, N_LAYER, N_HEAD, D_MODEL, positions="rotary", rng=rng, dtype=dtype, init_std=0.1
    )  # fmt: skip


def _is_linear(name, array):
    """Return whether a parameter is (inputs, outputs): embeddings have their rows one after another already."""
    return array.ndim == 2 and "embedding" not in name


def packed(state_dict):
    """Return weights as they ship: int8 steps of 1/127 of the largest in each row.

    Parameters
    ----------
    state_dict : dict of str to array
        Of ``new_network``. A row is what leads to one output, the vector of one character, or all of a bias
        or of a norm's scales.

    Returns
    -------
    dict of str to dict, of JSON types
    """
    done = {}
    for name, array in state_dict.items():
        rows = np.atleast_2d(array.T if _is_linear(name, array) else array).astype(float)
        done[name] = packed_rows(rows, digits=4)
    return done


def unpacked(parts):
    """Return the arrays of ``packed`` parts, in float64."""
    n_characters = len(parts["token_embedding.weight"]["steps"])
    shapes = new_network(n_characters, np.random.default_rng(0)).state_dict()
    done = {}
    for name, part in parts.items():
        rows, like = unpacked_rows(part), shapes[name]
        done[name] = rows.T.copy() if _is_linear(name, like) else rows.reshape(like.shape)
    return done


@cache
def trained():
    """Return what ``small_transformer_weights.js`` holds: ``characters``, ``layers`` and ``held_out``."""
    return shipped("small_transformer_weights")


@cache
def tokenizer():
    """Return the ``CharacterTokenizer`` of the network."""
    return text.CharacterTokenizer.from_dict({"characters": trained()["characters"]})


@cache
def _weights():
    return unpacked(trained()["layers"])


def network(off=()):
    """Return the trained network in float64.

    Parameters
    ----------
    off : pairs (layer, head), from 1, optional
        Heads whose output is zero: the rows of ``out_proj.weight`` that read it are.

    Returns
    -------
    GPT

    Examples
    --------
    >>> characters = tokenizer().encode("Captain Wentwort")
    >>> tokenizer().decode([network()(characters[None]).data[0, -1].argmax()])
    'h'
    """
    model = new_network(len(trained()["characters"]), np.random.default_rng(0), np.float64)
    model.load_state_dict(_weights())
    width = D_MODEL // N_HEAD
    for layer, head in off:
        model.blocks[layer - 1].self_attn.out_proj.weight.data[(head - 1) * width : head * width] = 0
    return model.eval()


@no_grad()
def attention_of(model, tokens):
    """Return what each head looks at.

    Parameters
    ----------
    model : GPT
    tokens : array (T,) of int, T at most 64

    Returns
    -------
    array (2, 4, T, T)
        By layer, head, the step that looks and the step looked at.
    """
    x = model.token_embedding(tokens[None])
    maps = []
    for block in model.blocks:
        maps.append(block.self_attn(block.norm1(x), is_causal=True, need_weights=True)[1][0])
        x = block(x, is_causal=True)
    return np.array(maps)
