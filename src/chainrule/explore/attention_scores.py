"""Attention of a few tokens in the plane, number by number; attention_scores.js computes the same."""

import math
from dataclasses import dataclass


@dataclass
class Head:
    """One head: tables of a row a query and a column a key, None where the mask forbids a look."""

    d: int  # coordinates that it sees
    scale: float  # what multiplies the products q·k
    scores: list
    powers: list  # exp(score)
    sums: list  # of each row's powers
    weights: list  # softmax of each row, vaswani2017attention, eq. 1
    slopes: list  # ∂weight/∂score = p(1 − p)
    steepest: list  # the largest slope of each row


@dataclass
class Computed:
    """What the figure shows of a state."""

    state: dict
    heads: list
    before: list  # the heads with keys as they were given, not scaled
    outputs: list  # a point of the plane of values for each query


def coordinates(state, head):
    """Return the coordinates that a head sees: both, or one of the two."""
    return [0, 1] if state["heads"] == 1 else [head]


def _softmax(scores):
    """Return weights and slopes of a row of scores, 0 where there is None."""
    top = max(score for score in scores if score is not None)
    shares = [0.0 if score is None else math.exp(score - top) for score in scores]
    total = sum(shares)
    others = [sum(shares[:j]) + sum(shares[j + 1 :]) for j in range(len(shares))]
    weights = [share / total for share in shares]
    return weights, [p * other / total for p, other in zip(weights, others)]


def _head(state, head, key_scale):
    places = coordinates(state, head)
    scale = 1 / math.sqrt(len(places)) if state["scale"] is None else state["scale"]
    found = Head(len(places), scale, [], [], [], [], [], [])
    for i, query in enumerate(state["queries"]):
        scores = [
            None if state["mask"] == "causal" and j > i
            else scale * sum(query[c] * (key_scale * key[c]) for c in places)
            for j, key in enumerate(state["keys"])
        ]  # fmt: skip
        powers = [None if score is None else math.exp(score) for score in scores]
        weights, slopes = _softmax(scores)
        found.scores.append(scores)
        found.powers.append(powers)
        found.sums.append(sum(power or 0 for power in powers))
        found.weights.append(weights)
        found.slopes.append(slopes)
        found.steepest.append(max(slopes))
    return found


def compute(state):
    """Return what the figure shows of ``{tokens, queries, keys, values, scale, key_scale, mask, heads, at}``.

    ``scale`` None is 1/√d. Two heads split the plane: the first sees all x, the second all y.
    """
    heads, before = (
        [_head(state, h, factor) for h in range(state["heads"])] for factor in (state["key_scale"], 1)
    )
    outputs = [
        [
            sum(p * value[c] for p, value in zip(heads[c * (len(heads) - 1)].weights[i], state["values"]))
            for c in (0, 1)
        ]
        for i in range(len(state["queries"]))
    ]
    return Computed(state, heads, before, outputs)


def chosen(state):
    """Return head, row and column of the cell that the formulas are about."""
    head, row, column = state["at"]
    last = len(state["tokens"]) - 1
    return min(head, state["heads"] - 1), min(row, last), min(column, last)
