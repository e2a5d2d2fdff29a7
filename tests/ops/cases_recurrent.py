"""Cases of the recurrent ops: one step and several, in both directions, with sequences that end early."""

import numpy as np
from hypothesis import strategies as st
from ops.drawing import case, integers, normal


def sequence(draw, n_gates, n_states):
    """Draw x, first states, two weights and perhaps a bias; and the options that all three ops have."""
    steps, batch, inputs, width = (draw(st.integers(1, 3)) for _ in range(4))
    arrays = [normal(draw, (steps, batch, inputs))]
    arrays += [normal(draw, (batch, width)) for _ in range(n_states)]
    arrays += [normal(draw, (n, n_gates * width)) for n in (inputs, width)]
    arrays += [normal(draw, n_gates * width)] * draw(st.booleans())
    options = {"reverse": draw(st.booleans()), "lengths": None}
    if draw(st.booleans()):
        options["lengths"] = 1 + integers(draw, (batch,), steps)
    return arrays, options


@case("rnn_sequence")
def elman(draw):
    arrays, options = sequence(draw, 1, 1)
    return arrays, options | {"nonlinearity": draw(st.sampled_from(["tanh", "relu"]))}


@case("lstm_sequence")
def long_short(draw):
    return sequence(draw, 4, 2)


@case("gru_sequence")
def gated(draw):
    arrays, options = sequence(draw, 3, 1)
    reset_after = draw(st.booleans())
    if len(arrays) == 5 and reset_after and draw(st.booleans()):
        arrays.append(np.array(normal(draw, arrays[1].shape[1])))
    return arrays, options | {"reset_after": reset_after}
