"""Checks of *The frameworks*."""

import numpy as np

from chainrule.exercises import array_is, call, check, number_is


@check("tools-count-traces")
def tools_count_traces(answer):
    return number_is(
        answer,
        4,
        hints=[
            (6, "a signature that was met before is not traced again"),
            (3, "for `tf.function` each new Python number is a new constant"),
            (2, "Python numbers are traced as well"),
            (5, "the second 1.0 finds the trace of the first, as the second (2,) does"),
        ],
    )


@check("tools-translate-momentum")
def tools_translate_momentum(answer):
    if np.shape(answer) != (2,):
        return "give two numbers: the momentum and the number of batches"
    share, batches = answer
    hint = number_is(share, 0.1, hints=[(0.9, "PyTorch's is the share of the new batch")])
    if hint:
        return hint
    return number_is(
        batches,
        44,
        hints=[
            (43, "0.9 to the 43rd is still 0.0108"),
            (2, "the share that stays is 0.9 a batch, not 0.1"),
            (459, "that is for Keras's default, 0.99"),
            (43.7, "batches are whole"),
        ],
    )


@check("tools-flatten")
def tools_flatten(answer):
    for C, H, W, n_out in [(2, 3, 4, 5), (3, 2, 2, 1)]:
        weight = np.arange(n_out * C * H * W, dtype=float).reshape(n_out, -1) ** 2
        wanted = np.stack([weight[:, c * H * W + h * W + w] for h in range(H) for w in range(W) for c in range(C)])
        got = call(answer, weight.copy(), C, H, W)
        if np.shape(got) == weight.T.shape and np.array_equal(got, weight.T):
            return "the transpose leaves the rows in PyTorch's order: channel, row, column"
        if np.shape(got) == weight.shape:
            return f"Keras's kernel has the shape (inputs, outputs): {weight.T.shape}"
        hint = array_is(got, wanted, name="the kernel")
        if hint:
            return hint
    return None


@check("tools-circle")
def tools_circle(answer):
    for table, circle, hint in [
        ({"a": {"b"}, "b": {"c"}, "c": set()}, set(), "a chain that ends is no circle"),
        ({"a": {"b"}, "b": {"a"}, "c": {"a"}}, {"a", "b"}, "c reaches the circle, but not itself"),
        ({"a": {"a"}, "b": {"a"}}, {"a"}, "what imports itself is on a circle"),
        (
            {"a": {"b"}, "b": {"c"}, "c": {"d"}, "d": {"a"}, "e": {"d"}},
            {"a", "b", "c", "d"},
            "a circle may have four members",
        ),
        ({"a": {"numpy"}, "b": {"a"}}, set(), "what the table does not list imports nothing"),
    ]:
        try:
            got = call(answer, {m: set(targets) for m, targets in table.items()})
        except KeyError as missing:
            return f"a module may import one that the table does not list: {missing}"
        if not isinstance(got, set | frozenset | list | tuple):
            return f"return a set of names; got {type(got).__name__}"
        if set(got) != circle:
            return f"{hint}: expected {sorted(circle)}, got {sorted(got)}"
    return None
