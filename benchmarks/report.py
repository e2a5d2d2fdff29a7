"""From CPU-seconds to ratios, from ratios to a table, from a table to a verdict."""

import json
import math
import statistics

LIMITS = {
    ("mlp512", "products"): 1.25,
    ("mlp512", "torch"): 0.85,
    ("mlp128", "products"): 1.70,
    ("mlp128", "torch"): 0.75,
    ("mlp32", "products"): 2.70,
    ("mlp32", "torch"): 0.55,
    ("lstm", "products"): 2.00,
    ("lstm", "torch"): 1.30,
    ("lstm", "mygrad"): 0.50,
    ("cnn", "products"): 2.30,
    ("cnn", "torch"): 1.00,
    ("cnn", "mygrad"): 0.25,
    ("block", "products"): 1.40,
    ("block", "torch"): 1.10,
    ("block", "mygrad"): 0.67,
    ("adam step", "torch_fused"): 1.30,
}
LOSS_TOLERANCE = 2e-3  # float32, 100 steps, six orders of summation


def ratios(seconds):
    """Return, for each peer, ours over theirs: median, min and max over the rounds.

    seconds : dict of contestant to CPU-seconds of each round; "ours" is among them
    """
    ours, table = seconds["ours"], {}
    for peer, theirs in seconds.items():
        if peer != "ours":
            each = [a / b for a, b in zip(ours, theirs, strict=True)]
            table[peer] = {
                "median": round(statistics.median(each), 4),
                "min": round(min(each), 4),
                "max": round(max(each), 4),
            }
    return table


def row(workload, seconds, n_steps, losses):
    """Return one row of the result: ratios, microseconds a step, the loss each reached."""
    micro = {name: round(statistics.median(s) / n_steps * 1e6, 1) for name, s in seconds.items()}
    return {
        "workload": workload,
        **ratios(seconds),
        "microseconds": micro,
        "losses": losses,
        "rounds": len(seconds["ours"]),
    }


def misses(rows):
    """Return a sentence for each limit that is missed."""
    return [
        f"{workload}: {r[peer]['median']:.2f} of {peer}, limit {limit:.2f}{_by_hand(r, peer)}"
        for r in rows
        for (workload, peer), limit in LIMITS.items()
        if workload == r["workload"] and peer in r and not r[peer]["median"] <= limit
    ]


def _by_hand(row, peer):
    """Say what the step written out in NumPy takes of the same peer, where that was measured."""
    micro = row["microseconds"]
    if peer != "products" or "by_hand" not in row:
        return ""
    return f" (written by hand in NumPy: {micro['by_hand'] / micro['products']:.2f})"


def disagreements(rows):
    """Return a sentence for each loss that is not finite, or not the same as ours."""
    said = []
    for r in rows:
        ours = r["losses"]["ours"]
        if not math.isfinite(ours):
            said.append(f"{r['workload']}: ours trained to loss {ours}")
        for peer, loss in r["losses"].items():
            if loss is not None and not abs(loss - ours) <= LOSS_TOLERANCE * abs(ours):
                said.append(
                    f"{r['workload']}: {peer} trained to loss {loss:.6f}, ours to {ours:.6f}"
                )
    return said


def markdown(rows):
    """Return the Markdown tables of rows: median ratio, (min to max), and the limit where there is one.

    Decoding and steps of optimisers have tables of their own.
    """
    kinds = [[r for r in rows if _kind(r["workload"]) == kind] for kind in ("train", "decode", "step")]
    return "\n".join(_table(kind) for kind in kinds if kind)


def _kind(workload):
    if workload.startswith("decode "):
        return "decode"
    return "step" if workload.endswith(" step") else "train"


def _table(rows):
    """Return the table of rows that share peers; not every row need have every peer."""
    measured = (k for r in rows for k, v in r.items() if isinstance(v, dict) and "median" in v)
    peers = list(dict.fromkeys(measured))
    lines = [
        "| workload | µs a step | " + " | ".join(f"over {p}" for p in peers) + " |",
        "|---|---:|" + "---|" * len(peers),
    ]
    for r in rows:
        cells = []
        for p in peers:
            if p not in r:
                cells.append("none")
                continue
            limit = LIMITS.get((r["workload"], p))
            mark = "" if limit is None else f", limit {limit:.2f}"
            cells.append(f"**{r[p]['median']:.2f}** ({r[p]['min']:.2f} to {r[p]['max']:.2f}{mark})")
        lines.append(
            f"| {r['workload']} | {r['microseconds']['ours']:.0f} | " + " | ".join(cells) + " |"
        )
    return "\n".join(lines) + "\n"


def write(folder, rows):
    """Write engine.json and engine.md into folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "engine.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    head = (
        "Our CPU time over the peer's, for one training step (forward, backward, Adam) of a 784-128-10 "
        "perceptron, of a CNN (1x28x28, two convolutions 3x3 to 16 and 32 channels, each with ReLU and pooling, batch "
        "64), of an LSTM (64 steps of 64 inputs, 128 units, batch 32), and of a Transformer's block (128 steps of 128 "
        "numbers, 4 heads, batch 16), in float32 on one thread: median (min to max) of interleaved rounds in one run. "
        "Then a token that a GPT of 4 such blocks writes after so many others, with a cache: over all anew, and "
        "over a first token with the attention to as many keys. Then the optimiser's step alone, over a vector of "
        "100 000 numbers.\n\n"
    )
    (folder / "engine.md").write_text(head + markdown(rows), encoding="utf-8")
