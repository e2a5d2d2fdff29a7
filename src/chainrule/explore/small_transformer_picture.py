"""The next character, what heads look at: as SVG text and in words; small_transformer_picture.js makes the same."""

import math
from dataclasses import dataclass

import numpy as np

from chainrule.explore.numbers import coordinate as xy
from chainrule.explore.pixel_map import frame_of, levels_of, pixel_map
from chainrule.explore.plot_area import FIRST, SECOND, text
from chainrule.explore.small_transformer_network import (
    CONTEXT,
    N_HEAD,
    N_LAYER,
    attention_of,
    network,
    tokenizer,
)
from chainrule.tensor import no_grad
from chainrule.text import probabilities

SHADES, FEW = 12, 6  # of the large map, of a small one
ROWS = 10  # likeliest characters shown
GAP = 8  # pixels between small maps
_NAMES = {" ": "space", "\n": "new line", "'": "apostrophe", '"': "quotation mark"}
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


@dataclass
class Computed:
    """What the figure shows of a state."""

    state: dict
    seen: str  # the characters that the model looks at, 64 at most
    now: list  # probabilities of the next character
    whole: list  # with all heads on
    maps: np.ndarray  # (2, 4, T, T)
    likeliest: list  # indices of characters, by their logits


@no_grad()
def compute(state):
    """Return what the figure shows of ``{prompt, added, temperature, top_k, layer, head, off, seed}``."""
    seen = (state["prompt"] + state["added"])[-CONTEXT:]
    tokens, choice = tokenizer().encode(seen), (state["temperature"], state["top_k"])
    models = [network(off) for off in (state["off"], ())]
    logits = [model(tokens[None]).data[0, -1] for model in models]
    now, whole = (probabilities(each, *choice).tolist() for each in logits)
    likeliest = (-logits[0]).argsort(kind="stable")[:ROWS].tolist()
    return Computed(state, seen, now, whole, attention_of(models[0], tokens), likeliest)


def _percent(probability):
    return f"{math.floor(1000 * probability + 0.5) / 10:g}\N{NO-BREAK SPACE}%"


def _hundredths(weight):
    return f"{math.floor(100 * weight + 0.5) / 100:.2f}"


def name_of(character):
    """Return what a sentence calls a character."""
    return _NAMES.get(character, f"‘{character}’")


def look_words(computed, i, j):
    """Return the sentence on what step i gives step j in the chosen head."""
    weight = computed.maps[computed.state["layer"] - 1, computed.state["head"] - 1, i, j]
    back = f", {i - j} back" if i > j else ", itself"
    return f"{name_of(computed.seen[i])} looks at {name_of(computed.seen[j])}{back}: {_hundredths(weight)}"


def _change(computed):
    """Return the sentence on what heads that are off change."""
    off = computed.state["off"]
    if not off:
        return ""
    moved = [a - b for a, b in zip(computed.now, computed.whole)]
    total = sum(abs(x) for x in moved) / 2
    names = ", ".join(f"{layer}.{head}" for layer, head in off)
    start = f" Turning head{'s' if len(off) > 1 else ''} {names} off moves"
    if math.floor(1000 * total + 0.5) == 0:
        return f"{start} next to nothing here."
    said = [
        f"{name_of(tokenizer().characters[i])} {verb} from {_percent(computed.whole[i])} to {_percent(computed.now[i])}"
        for i, verb in ((moved.index(max(moved)), "rises"), (moved.index(min(moved)), "falls"))
    ]
    return f"{start} {_percent(total)} of the probability: {' and '.join(said)}."


def words(computed):
    """Return what comes next, where the last character looks and what changed, in sentences."""
    first, second = (computed.likeliest[k] for k in (0, 1))
    characters, state = tokenizer().characters, computed.state
    said = f"Next: {name_of(characters[first])} with {_percent(computed.now[first])}"
    if computed.now[second] > 0:
        said += f", then {name_of(characters[second])} with {_percent(computed.now[second])}"
    last = len(computed.seen) - 1
    row = computed.maps[state["layer"] - 1, state["head"] - 1, last].tolist()
    best = look_words(computed, last, row.index(max(row)))
    in_head = f"In head {state['layer']}.{state['head']}"
    return f"{said}.{_change(computed)} {in_head} the last character looks most here: {best}."


@dataclass
class Layout:
    """Where things lie in a picture so wide."""

    bars: tuple  # left, top, right, height of a row
    small: tuple  # left, top, side of the small maps
    shown: int  # characters of the large map
    map: tuple  # left, top, side of a cell
    height: float


def layout_of(width, n_seen):
    """Return where things lie: bars beside the small maps where there is room."""
    wide = width >= 600
    bars = (4, 28, 286, 22) if wide else (4, 28, width - 4, 20)
    left, top = (324, 28) if wide else (4, 28 + ROWS * 20 + 32)
    side = math.floor((width - 4 - left - GAP * (N_HEAD - 1)) / N_HEAD)
    below = max(28 + ROWS * 22 if wide else 0, top + N_LAYER * (side + 26) - 26) + 38
    shown = min(n_seen, math.floor((width - 30) / 10))
    cell = min(24, math.floor(10 * (width - 30) / shown) / 10)
    return Layout(bars, (left, top, side), shown, (26, below, cell), below + shown * cell + 24)


def _drawn(character):
    return {" ": "␣", "\n": "↵"}.get(character, character).translate(_ESCAPES)


def _drawn_bars(computed, bars):
    left, top, right, high = bars
    is_off, parts = bool(computed.state["off"]), []
    for k, i in enumerate(computed.likeliest):
        y, p, kind = top + high * k, computed.now[i], "cr-tick" if k else "cr-winner"
        scale = right - left - 76
        parts.append(
            text(left + 8, y + high / 2 + 4, _drawn(tokenizer().characters[i]), "middle", kind, 13)
            + f'<path class="cr-bar" d="M{left + 20} {y + 3}h{xy(scale * p)}v{high - 6}H{left + 20}z" '
            f'fill="{"currentColor" if k else FIRST}" fill-opacity="{"0.5" if k else "1"}"/>'
            + text(right, y + high / 2 + 4, _percent(p), "end", kind)
        )
        if is_off:
            line = f'd="M{xy(left + 20 + scale * computed.whole[i])} {y + 1}v{high - 2}"'
            parts.append(f'<path class="cr-whole" {line} stroke="{SECOND}" stroke-width="2.5"/>')
    title = "next character" + ("; orange: with all heads on" if is_off else "")
    axis = f'<path d="M{left + 20} {top}v{ROWS * high}" stroke="currentColor" stroke-opacity="0.5"/>'
    return text(left, top - 9, title, "start", "cr-title") + "".join(parts) + axis


def _shades(weights, count):
    return levels_of(np.sqrt(weights).ravel().tolist(), 1, count)


def _drawn_small(computed, small):
    left, top, side = small
    state, n, parts = computed.state, len(computed.seen), []
    cell = math.floor(10 * side / n) / 10
    for layer in range(1, N_LAYER + 1):
        y = top + (layer - 1) * (side + 26)
        parts.append(text(left, y - 9, f"layer {layer}, heads 1 to {N_HEAD}", "start", "cr-title"))
        for head in range(1, N_HEAD + 1):
            x = left + (head - 1) * (side + GAP)
            shades = _shades(computed.maps[layer - 1, head - 1], FEW)
            parts.append(pixel_map(shades, n, FEW, x, y, cell, FIRST) + frame_of(x, y, n * cell))
            if (layer, head) == (state["layer"], state["head"]):
                parts.append(
                    f'<path class="cr-chosen" d="M{xy(x)} {xy(y)}h{xy(n * cell)}v{xy(n * cell)}h-{xy(n * cell)}z" '
                    'fill="none" stroke="currentColor" stroke-width="2.5"/>'
                )
            if [layer, head] in state["off"]:
                parts.append(text(x + 0.68 * side, y + 0.36 * side, "off", "middle", "cr-winner", 13))
    return "".join(parts)


def _drawn_map(computed, layout):
    left, top, cell = layout.map
    state, n = computed.state, layout.shown
    first = len(computed.seen) - n
    values = computed.maps[state["layer"] - 1, state["head"] - 1, first:, first:]
    size, parts = min(14, max(10.5, math.floor(10 * cell * 0.8) / 10)), []
    for k, character in enumerate(computed.seen[first:]):
        at = (k + 0.5) * cell
        parts.append(text(left - 11, top + at + size * 0.36, _drawn(character), "middle", "cr-tick", size))
        parts.append(text(left + at, top + n * cell + 16, _drawn(character), "middle", "cr-tick", size))
    title = f"layer {state['layer']}, head {state['head']}: rows look at columns"
    title += f" (last {n} of {len(computed.seen)})" if first else ""
    return (
        text(4, top - 10, title, "start", "cr-title")
        + pixel_map(_shades(values, SHADES), n, SHADES, left, top, cell, FIRST)
        + frame_of(left, top, n * cell)
        + "".join(parts)
    )


def picture(computed, width):
    """Return the ten likeliest characters, the maps of all heads and that of the chosen one as SVG text."""
    layout = layout_of(width, len(computed.seen))
    said = words(computed).translate(_ESCAPES)
    return (
        f'<svg class="cr-transformer" role="img" aria-label="{said}" viewBox="0 0 {width} {xy(layout.height)}" '
        f'width="100%" height="{xy(layout.height)}" font-family="sans-serif">'
        + _drawn_bars(computed, layout.bars)
        + _drawn_small(computed, layout.small)
        + _drawn_map(computed, layout)
        + "</svg>"
    )
