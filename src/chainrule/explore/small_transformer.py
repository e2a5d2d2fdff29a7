"""The live figure *a small Transformer at work*: what comes next, where heads look, what turning one off changes."""

from chainrule.checks import check_int, check_number
from chainrule.explore.figure import LiveFigure
from chainrule.explore.small_transformer_network import (
    CONTEXT,
    D_MODEL,
    N_HEAD,
    N_LAYER,
    tokenizer,
    trained,
)
from chainrule.explore.small_transformer_picture import compute, picture
from chainrule.models import gpt_parameters

LONGEST = 200  # characters of a prompt
N_SEEDS = 1024
_CAPTION = (
    "A GPT of {n_weights} weights, two layers of four heads, read twenty chapters of “Persuasion” a character at "
    "a time. It guesses the next character from the last {context}; on chapters that it has not read its loss is "
    "{loss} nats a character. Which head mostly looks one character back? Turn it off: what becomes of the guess? "
    "Then let the model write on."
)
_CODE = """\
from chainrule import text
from chainrule.explore.small_transformer_network import attention_of, network, tokenizer

seen = tokenizer().encode({seen})  # 64 characters at most
model = network({off})  # a chainrule.models.GPT, its weights rounded to int8
logits = model(seen[None]).data[0, -1]
p = text.probabilities(logits, temperature={temperature}, top_k={top_k})
for i in (-logits).argsort()[:10]:
    print(repr(tokenizer().characters[i]), p[i].round(3))
weights = attention_of(model, seen)[{layer}, {head}]  # layer {layer_name}, head {head_name}: (T, T)
print(weights[-1].round(2))"""


def _quoted(text):
    """Return a Python string literal, as small_transformer.js writes it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def code_of(state):
    """Return the Python lines that compute the same with the engine."""
    off = ", ".join(f"({layer}, {head})" for layer, head in state["off"])
    return _CODE.format(
        seen=_quoted((state["prompt"] + state["added"])[-CONTEXT:]),
        off=f"off=[{off}]" if off else "",
        temperature=f"{state['temperature']:g}",
        top_k=state["top_k"],
        layer=state["layer"] - 1,
        head=state["head"] - 1,
        layer_name=state["layer"],
        head_name=state["head"],
    )


def small_transformer(prompt="Captain Wentw", *, temperature=1.0, top_k=None, head=(1, 1), off=(), seed=0):
    """Return a live figure in which a small Transformer continues a text, character by character.

    The model is ``chainrule.models.GPT`` with two layers of four heads; ``python -m
    chainrule.explore.small_transformer_model`` trains it.

    Parameters
    ----------
    prompt : str, optional
        1 to 200 characters that occur in "Persuasion", on one line.
    temperature : float in [0, 2], optional
        Taken to hundredths; at 0 the likeliest character always follows.
    top_k : int, optional
        The likeliest characters among which is drawn; all where it is None.
    head : pair of int, optional
        Layer and head whose map is shown large, from 1.
    off : sequence of pairs of int, optional
        Heads whose output is zero.
    seed : int in [0, 1023], optional
        Of the numbers that the characters are drawn with.

    Returns
    -------
    LiveFigure
        Displayed when it is the last line of a cell.

    Raises
    ------
    TypeError, ValueError
        If an argument is not one of those.

    Examples
    --------
    >>> small_transformer("Anne", off=[(2, 1), (1, 3)]).state["off"]
    [[1, 3], [2, 1]]
    """
    layer, head = _checked_head(head, "head")
    if top_k is not None:
        top_k = check_int(top_k, "top_k", minimum=1, maximum=tokenizer().vocab_size)
    state = {
        "prompt": _checked_prompt(prompt),
        "added": "",
        "temperature": round(check_number(temperature, "temperature", minimum=0, maximum=2), 2),
        "top_k": None if top_k == tokenizer().vocab_size else top_k,
        "layer": layer,
        "head": head,
        "off": _checked_off(off),
        "seed": check_int(seed, "seed", minimum=0, maximum=N_SEEDS - 1),
    }
    n_weights = gpt_parameters(tokenizer().vocab_size, CONTEXT, N_LAYER, N_HEAD, D_MODEL, positions="rotary")
    return LiveFigure(
        "small_transformer",
        state,
        title="A small Transformer at work",
        picture=picture(compute(state), 400),
        code=code_of(state),
        caption=_CAPTION.format(
            n_weights=f"{n_weights:,}".replace(",", " "),
            context=CONTEXT,
            loss=f"{trained()['held_out']['rounded']:.2f}",
        ),
    )


def _checked_prompt(prompt):
    if not isinstance(prompt, str):
        raise TypeError(f"prompt must be a string; got {type(prompt).__name__}")
    if not 1 <= len(prompt) <= LONGEST:
        raise ValueError(f"prompt must be 1 to {LONGEST} characters long; got {len(prompt)}")
    for character in prompt:
        if character == "\n" or character not in tokenizer().characters:
            raise ValueError(f"prompt must be made of the characters of Persuasion, on one line; got {character!r}")
    return prompt


def _checked_head(pair, name):
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise TypeError(f"{name} must be a pair (layer, head); got {pair!r}")
    limits = (N_LAYER, N_HEAD)
    return [check_int(n, name, minimum=1, maximum=limit) for n, limit in zip(pair, limits)]


def _checked_off(off):
    if not isinstance(off, tuple | list):
        raise TypeError(f"off must be a list of pairs (layer, head); got {type(off).__name__}")
    pairs = [_checked_head(pair, f"off[{i}]") for i, pair in enumerate(off)]
    return [list(pair) for pair in sorted({tuple(pair) for pair in pairs})]
