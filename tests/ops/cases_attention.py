"""Cases of attention: leading axes that broadcast, masks of both kinds, rows that may look nowhere, and positions."""

import numpy as np
from hypothesis import strategies as st
from ops.drawing import SEEDS, case, normal


def a_mask(draw, shape):
    """Draw None, bools or floats that broadcast to the shape; among the bools a row that may look nowhere."""
    kind = draw(st.sampled_from(["none", "bools", "floats"]))
    shape = shape[draw(st.integers(0, len(shape) - 2)) :]
    if kind == "none":
        return None
    if kind == "floats":
        return normal(draw, shape)
    mask = np.random.default_rng(draw(SEEDS)).random(shape) < 0.6
    mask[..., 0, :] &= draw(st.booleans())
    return mask


def some_options(draw, shape):
    scale = draw(st.sampled_from([None, 0.3]))
    return {"mask": a_mask(draw, shape), "is_causal": draw(st.booleans()), "scale": scale}


@case("attention")
def attention(draw):
    lead = tuple(draw(st.lists(st.integers(1, 2), max_size=2)))
    n_queries, n_keys, width, out = (draw(st.integers(1, 4)) for _ in range(4))
    less = lead[draw(st.integers(0, len(lead))) :]  # the queries of all examples may meet the same keys
    strength = draw(st.sampled_from([1.0, 30.0]))  # scores that overflow the exponential of nobody careful
    arrays = [strength * normal(draw, (*lead, n_queries, width)), normal(draw, (*less, n_keys, width))]
    return [*arrays, normal(draw, (*less, n_keys, out))], some_options(draw, (*lead, n_queries, n_keys))


@case("self_attention")
def self_attention(draw):
    batch, n_steps, n_heads, width = (draw(st.integers(1, n)) for n in (2, 4, 3, 2))
    options = some_options(draw, (batch, n_heads, n_steps, n_steps))
    return [normal(draw, (batch, n_steps, 3 * n_heads * width))], options | {"n_heads": n_heads}


@case("rotary")
def rotary(draw):
    lead, n_steps, half = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    angles = normal(draw, (n_steps, half))
    return [normal(draw, (lead, n_steps, 2 * half))], {"cos": np.cos(angles), "sin": np.sin(angles)}
