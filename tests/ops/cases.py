"""For every op, how to draw inputs for it: random shapes, values inside its domain, options.

``CASES[name]`` is a Hypothesis strategy of ``(arrays, options)``. Floating arrays are float64 and
are differentiated; integer and bool arrays are not. Values are random normal numbers, so that ties
and kinks, which have tests of their own, do not occur.
"""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from ops import cases_attention, cases_recurrent, cases_regions, cases_windows  # noqa: F401, which add their own
from ops.drawing import (
    CASES,
    SEEDS,
    an_axis,
    broadcastable,
    case,
    integers,
    normal,
    reduced_axes,
    shapes,
)


@case("add", "sub", "mul", "maximum", "minimum")
def two(draw):
    rng = np.random.default_rng(draw(SEEDS))  # one for both: equal seeds would make ties
    return [rng.normal(size=s) for s in broadcastable(draw, 2)], {}


@case("div")
def quotient(draw):
    a, b = (normal(draw, s) for s in broadcastable(draw, 2))
    return [a, b + 0.5 * np.sign(b)], {}


@case("pow")
def power(draw):
    a, b = (normal(draw, s) for s in broadcastable(draw, 2))
    return [np.abs(a) + 0.1, b], {}


@case(
    "neg", "exp", "expm1", "abs", "sin", "cos", "arctan", "sigmoid", "tanh", "relu", "gelu", "gelu_tanh",
    "silu", "softplus", "erf",
)  # fmt: skip
def one(draw):
    return [2 * normal(draw, draw(shapes()))], {}


@case("log", "log1p", "sqrt")
def positive(draw):
    return [np.abs(normal(draw, draw(shapes()))) + 0.1], {}


@case("where")
def choice(draw):
    c, a, b = (normal(draw, s) for s in broadcastable(draw, 3))
    return [c > 0, a, b], {}


@case("astype")
def cast(draw):
    return [normal(draw, draw(shapes()))], {"dtype": np.dtype(np.float64)}


@case("clip")
def clipped(draw):
    low, high = draw(st.sampled_from([(-0.5, 0.7), (None, 0.3), (-0.2, None)]))
    return [normal(draw, draw(shapes()))], {"low": low, "high": high}


@case("leaky_relu")
def leaky(draw):
    return [normal(draw, draw(shapes()))], {"negative_slope": draw(st.sampled_from([0.01, 0.3]))}


@case("elu")
def elu(draw):
    return [normal(draw, draw(shapes()))], {"alpha": draw(st.sampled_from([1.0, 0.4]))}


@case("sum", "mean", "max", "min", "prod", "logsumexp")
def reduction(draw):
    x = normal(draw, draw(shapes()))
    return [x], {"axis": reduced_axes(draw, x.ndim), "keepdims": draw(st.booleans())}


@case("var")
def variance(draw):
    x = normal(draw, draw(shapes(min_dims=1, min_side=2)))
    axis, keepdims = reduced_axes(draw, x.ndim), draw(st.booleans())
    return [x], {"axis": axis, "keepdims": keepdims, "ddof": draw(st.sampled_from([0, 1]))}


@case("reshape")
def reshaped(draw):
    x = normal(draw, draw(shapes()))
    orders = [x.shape[::-1], (-1,), (1, x.size), (*x.shape, 1)]
    return [x], {"shape": draw(st.sampled_from(orders))}


@case("transpose")
def transposed(draw):
    x = normal(draw, draw(shapes()))
    axes = draw(st.permutations(range(x.ndim)))
    axes = tuple(a - x.ndim * draw(st.booleans()) for a in axes)  # counted from either end
    return [x], {"axes": draw(st.sampled_from([None, axes]))}


@case("broadcast_to")
def stretched(draw):
    both = draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=4))
    return [normal(draw, both.input_shapes[0])], {"shape": both.result_shape}


@case("squeeze")
def squeezed(draw):
    shape = list(draw(shapes(max_dims=2)))
    at = draw(st.integers(0, len(shape)))
    shape.insert(at, 1)
    return [normal(draw, shape)], {"axis": draw(st.sampled_from([None, at]))}


@case("expand_dims")
def expanded(draw):
    x = normal(draw, draw(shapes(max_dims=2)))
    return [x], {"axis": draw(st.integers(-x.ndim - 1, x.ndim))}


@case("flip")
def flipped(draw):
    x = normal(draw, draw(shapes()))
    return [x], {"axis": reduced_axes(draw, x.ndim)}


@case("concatenate")
def joined(draw):
    shape = list(draw(shapes(min_dims=1)))
    axis = an_axis(draw, len(shape))
    arrays = []
    for n in draw(st.lists(st.integers(1, 3), min_size=1, max_size=4)):
        shape[axis] = n
        arrays.append(normal(draw, shape))
    return arrays, {"axis": axis}


@case("stack")
def stacked(draw):
    shape = draw(shapes(max_dims=2))
    arrays = [normal(draw, shape) for _ in range(draw(st.integers(1, 4)))]
    return arrays, {"axis": draw(st.integers(-len(shape) - 1, len(shape)))}


@case("pad")
def padded(draw):
    x = normal(draw, draw(shapes(min_dims=1)))
    width = st.tuples(st.integers(0, 2), st.integers(0, 2))
    widths = tuple(draw(width) for _ in range(x.ndim))
    return [x], {"pad_width": widths, "constant_values": 1.5}


@case("getitem")
def indexed(draw):
    """Basic indices, masks, and integer arrays with repeats, alone and beside others."""
    x = normal(draw, draw(shapes(min_dims=1)))
    n, last = x.shape[0], x.shape[-1]
    kinds = {
        "basic": lambda: draw(hnp.basic_indices(x.shape, allow_newaxis=True)),
        "rows": lambda: integers(draw, draw(shapes(max_dims=2)), n),
        "negative": lambda: integers(draw, (5,), n) - n,
        "mask": lambda: x > 0,
        "last": lambda: (Ellipsis, integers(draw, (6,), last)),
        "pairs": lambda: tuple(integers(draw, (7,), m) for m in x.shape),
        "mixed": lambda: (slice(None, None, -1), *[integers(draw, (3, 1), m) for m in x.shape[1:]]),
    }
    return [x], {"index": kinds[draw(st.sampled_from(sorted(kinds)))]()}


@case("embedding")
def rows_by_index(draw):
    weight = normal(draw, draw(shapes(min_dims=2, max_dims=2)))
    return [weight, integers(draw, draw(shapes(max_dims=3)), len(weight))], {}


@case("gather")
def gathered(draw):
    x = normal(draw, draw(shapes(min_dims=1)))
    axis = an_axis(draw, x.ndim)
    shape = list(x.shape)
    shape[axis] = draw(st.integers(1, 5))  # often longer than the axis, so indices repeat
    return [x, integers(draw, shape, x.shape[axis])], {"axis": axis}


@case("matmul")
def products(draw):
    """Every rank: vectors on either side, matrices, batches that broadcast."""
    n, k, m = (draw(st.integers(1, 4)) for _ in range(3))
    batch_a, batch_b = draw(
        hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=2, max_side=3)
    ).input_shapes
    a = draw(st.sampled_from([(k,), (n, k), (*batch_a, n, k)]))
    b = draw(st.sampled_from([(k,), (k, m), (*batch_b, k, m)]))
    return [normal(draw, a), normal(draw, b)], {}


@case("linear", "linear_relu")
def affine(draw):
    x = normal(draw, draw(shapes(min_dims=1)))
    n_out = draw(st.integers(1, 4))
    arrays = [x, normal(draw, (x.shape[-1], n_out))]
    return arrays + [normal(draw, n_out)] * draw(st.booleans()), {}


@case("softmax", "log_softmax")
def along(draw):
    x = 3 * normal(draw, draw(shapes(min_dims=1)))
    return [x], {"axis": an_axis(draw, x.ndim)}


@case("layer_norm")
def layer(draw):
    x = normal(draw, draw(shapes(min_dims=1, min_side=2)))
    d = x.shape[-1]
    return [x, normal(draw, d), normal(draw, d)], {"eps": draw(st.sampled_from([1e-5, 0.1]))}


@case("rms_norm")
def root_mean_square(draw):
    arrays, options = draw(CASES["layer_norm"])
    return arrays[:2], options


@case("batch_norm")
def batch(draw):
    x = normal(draw, draw(shapes(min_dims=2, max_dims=4, min_side=2)))
    c = x.shape[1]
    return [x, normal(draw, c), normal(draw, c)], {"eps": draw(st.sampled_from([1e-5, 0.1]))}


@case("batch_norm_eval")
def batch_eval(draw):
    arrays, options = draw(CASES["batch_norm"])
    c = arrays[0].shape[1]
    return arrays, {**options, "mean": normal(draw, c), "var": normal(draw, c) ** 2 + 0.1}


@case("dropout")
def dropped(draw):
    x = normal(draw, draw(shapes()))
    return [x], {"mask": normal(draw, x.shape) > 0, "p": draw(st.sampled_from([0.0, 0.3, 0.9]))}


REDUCTIONS = st.sampled_from(["mean", "sum", "none"])


@case("softmax_cross_entropy")
def cross_entropy(draw):
    """Labels, and rows of probabilities, which need not sum to 1."""
    logits = 3 * normal(draw, draw(shapes(min_dims=1)))
    n_classes = logits.shape[-1]
    labels = integers(draw, logits.shape[:-1], n_classes)
    rows = np.abs(normal(draw, logits.shape))
    options = {
        "label_smoothing": draw(st.sampled_from([0.0, 0.1, 0.7])),
        "reduction": draw(REDUCTIONS),
    }
    return [logits, rows if draw(st.booleans()) else labels], options


@case("binary_cross_entropy_with_logits", "mse")
def pairs(draw):
    shape = draw(shapes())
    return [3 * normal(draw, shape), normal(draw, shape)], {"reduction": draw(REDUCTIONS)}


@case("binary_cross_entropy")
def probabilities(draw):
    arrays, options = draw(CASES["mse"])
    return [0.5 + 0.4 * np.tanh(arrays[0]), arrays[1]], options


@case("huber")
def robust(draw):
    arrays, options = draw(CASES["mse"])
    return arrays, {**options, "delta": draw(st.sampled_from([0.5, 1.0, 2.5]))}
