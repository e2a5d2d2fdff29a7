"""Argument checks: what passes comes back, what does not is named."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule import checks as c

NAN, INF = math.nan, math.inf

BAD = [
    (TypeError, "n must be an integer; got 1.0", lambda: c.check_int(1.0, "n")),
    (TypeError, "n must be an integer; got True", lambda: c.check_int(True, "n")),
    (ValueError, "n must be at least 1; got n=0", lambda: c.check_int(0, "n", minimum=1)),
    (ValueError, "n must be at most 3; got n=4", lambda: c.check_int(4, "n", maximum=3)),
    (TypeError, "lr must be a number; got '1'", lambda: c.check_positive("1", "lr")),
    (TypeError, "lr must be a number; got False", lambda: c.check_positive(False, "lr")),
    (TypeError, "lr must be a number; got an array", lambda: c.check_positive(np.ones(2), "lr")),
    (ValueError, "lr must be finite and above 0; got lr=0.0", lambda: c.check_positive(0, "lr")),
    (ValueError, "above 0; got lr=nan", lambda: c.check_positive(NAN, "lr")),
    (ValueError, "above 0; got lr=inf", lambda: c.check_positive(INF, "lr")),
    (ValueError, "at least 0; got d=-1.0", lambda: c.check_non_negative(-1, "d")),
    (ValueError, "at most 1; got p=1.5", lambda: c.check_probability(1.5, "p")),
    (ValueError, "below 1; got p=1.0", lambda: c.check_probability(1, "p", allow_one=False)),
    (TypeError, "b must be True or False; got 1", lambda: c.check_bool(1, "b")),
    (TypeError, "f must be callable; got int", lambda: c.check_callable(1, "f")),
    (ValueError, "r must be one of 'a', 'b'; got 'c'", lambda: c.check_choice("c", "r", ("a", "b"))),
    (TypeError, "r must be one of 'a'; got 3", lambda: c.check_choice(3, "r", ("a",))),
    (TypeError, "Generator.*got 0", lambda: c.check_generator(0)),
    (TypeError, "Generator.*got a RandomState", lambda: c.check_generator(np.random.RandomState(0))),
    (TypeError, "float32 or float64; got int64", lambda: c.check_float_dtype(np.int64)),
    (TypeError, "float32 or float64; got None", lambda: c.check_float_dtype(None)),
    (TypeError, "float32 or float64; got 'x'", lambda: c.check_float_dtype("x")),
    (TypeError, "x must hold floating", lambda: c.check_floating(np.arange(2), "x")),
    (TypeError, "x must hold integers", lambda: c.check_integers(np.ones(2), "x")),
    (ValueError, r"x must not be empty; got shape \(0, 2\)", lambda: c.check_non_empty(np.ones((0, 2)), "x")),
    (ValueError, r"x must have 2 axes; got shape \(3,\)", lambda: c.check_ndim(np.ones(3), "x", 2)),
    (ValueError, "at least 1 axis", lambda: c.check_ndim(np.ones(()), "x", 1, at_least=True)),
    (ValueError, r"n_in=4; got shape \(2, 3\)", lambda: c.check_last_axis(np.ones((2, 3)), "x", 4, "n_in")),
    (ValueError, r"shape \(any, 3\); got shape \(2, 4\)", lambda: c.check_shape(np.ones((2, 4)), "x", (None, 3))),
    (ValueError, r"a and b .* got \(2,\) and \(3,\)", lambda: c.check_same_shape(np.ones(2), "a", np.ones(3), "b")),
    (TypeError, "target must hold integers", lambda: c.check_labels(np.ones(2), 3, (2,))),
    (ValueError, r"target must have shape \(2,\)", lambda: c.check_labels(np.ones((2, 1), int), 3, (2,))),
    (ValueError, "target must not be empty", lambda: c.check_labels(np.ones(0, int), 3, (0,))),
]  # fmt: skip


@pytest.mark.parametrize(("error", "message", "call"), BAD, ids=range(len(BAD)))
def test_a_refusal_names_parameter_expectation_and_value(error, message, call):
    with pytest.raises(error, match=message) as caught:
        call()
    assert type(caught.value) is error


def test_what_passes_comes_back_as_a_plain_number():
    assert type(c.check_int(np.int32(3), "n")) is int
    assert type(c.check_positive(np.float32(0.5), "lr")) is float
    assert c.check_positive(1, "lr") == 1.0
    assert c.check_non_negative(0, "d") == 0
    assert c.check_probability(1, "p") == 1 and c.check_probability(0, "p", allow_one=False) == 0
    assert c.check_bool(np.True_, "b") is True
    assert c.check_choice("a", "r", ("a",)) == "a"
    rng = np.random.default_rng(0)
    assert c.check_generator(rng) is rng
    assert c.check_float_dtype("float32") == np.float32
    x = np.ones((2, 3))
    assert c.check_shape(x, "x", (None, 3)) is x
    assert c.check_last_axis(x, "x", 3, "n") is x
    c.check_same_shape(x, "a", x, "b")


@given(
    n=st.integers(1, 5),
    labels=st.lists(st.integers(-3, 8), min_size=1, max_size=6),
    dtype=st.sampled_from([np.int8, np.int32, np.int64]),
    step=st.sampled_from([1, 2]),
)
def test_labels_pass_exactly_when_all_lie_in_range(n, labels, dtype, step):
    array = np.array(labels, dtype)[::step]  # a strided view too
    if all(0 <= v < n for v in array.tolist()):
        assert c.check_labels(array, n, array.shape) is array
    else:
        with pytest.raises(
            ValueError, match=rf"\[0, n_classes\) with n_classes={n}; got values from"
        ):
            c.check_labels(array, n, array.shape)
