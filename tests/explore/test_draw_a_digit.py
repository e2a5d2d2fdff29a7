"""Draw a digit: the script against the engine, strokes against MNIST, and how well the network reads."""

from itertools import pairwise

import numpy as np
import pytest
from explore.javascript import run

from chainrule import data, explore
from chainrule.explore.bundle import bundle, source_of
from chainrule.explore.digit_network import (
    PACE,
    PATCH,
    digits,
    maps_of,
    network,
    occlusion,
    trained,
)
from chainrule.explore.digit_picture import compute, picture, words
from chainrule.explore.digit_strokes import as_mnist, ink
from chainrule.explore.draw_a_digit import code_of
from chainrule.nn import functional as F
from chainrule.tensor import no_grad

EXPORTS = """
const plain = (array) => array && Array.from(array);
export const numbers = (all) => ["drawn", "picture", "first", "second", "probabilities", "drops"].map((name) => plain(all[name]));
export const draw = (all) => [picture(all, 400), picture(all, 343), picture(all, 720), words(all)];
export const inks = (strokes) => plain(ink(strokes));
"""  # noqa: E501
HAND = {  # a digit as one would draw it: strokes x, y, x, y, ...
    0: [[14, 5, 9, 9, 8, 15, 10, 21, 14, 23, 18, 21, 20, 15, 19, 9, 14, 5]],
    1: [[14, 5, 14, 23]],
    2: [[8, 9, 12, 5, 18, 7, 18, 12, 8, 22, 20, 22]],
    3: [[9, 7, 14, 5, 18, 8, 17, 12, 12, 14, 18, 16, 19, 20, 14, 23, 8, 21]],
    4: [[10, 5, 8, 15, 20, 15], [17, 6, 17, 24]],
    5: [[19, 6, 10, 6, 9, 13, 15, 12, 19, 16, 17, 21, 12, 23, 8, 21]],
    6: [[17, 5, 11, 11, 9, 18, 12, 23, 18, 21, 18, 16, 13, 15, 10, 18]],
    7: [[8, 6, 20, 6, 12, 23]],
    8: [[18, 8, 14, 5, 10, 8, 13, 13, 18, 18, 14, 23, 9, 19, 14, 13, 18, 8]],
    9: [[18, 9, 14, 6, 10, 9, 11, 13, 16, 13, 18, 9, 17, 16, 15, 23]],
}


@pytest.fixture(scope="module")
def script():
    return bundle("draw_a_digit") + EXPORTS


@pytest.fixture(scope="module")
def mnist():
    return data.mnist(flatten=False, scale=False)


def random_strokes(rng):
    """Strokes anywhere, in tenths, dots and repeated points among them."""
    strokes = [rng.integers(0, 281, 2 * int(rng.integers(1, 6))) / 10 for _ in range(int(rng.integers(1, 4)))]
    return [stroke.tolist() for stroke in [*strokes, np.tile(strokes[0][:2], 2)]]


def states():
    rng = np.random.default_rng(7)
    return [
        {"start": None, "strokes": [], "occlusion": True}, {"start": 10, "strokes": [], "occlusion": True},
        {"start": None, "strokes": [[14, 14]], "occlusion": False},
        *({"start": i, "strokes": [], "occlusion": False} for i in range(13)),
        *({"start": None, "strokes": strokes, "occlusion": label == 4} for label, strokes in HAND.items()),
        *({"start": int(rng.choice([3, 7])), "strokes": random_strokes(rng), "occlusion": False} for _ in range(3)),
        *({"start": None, "strokes": random_strokes(rng), "occlusion": False} for _ in range(5)),
    ]  # fmt: skip


STATES = states()


def values(script, calls):
    answers = run(script, calls)
    assert [answer for answer in answers if "error" in answer] == []
    return [answer["value"] for answer in answers]


def test_both_compute_the_same(script):
    for state, there in zip(STATES, values(script, [("compute|numbers", state) for state in STATES])):
        here = compute(state)
        mine = [here.drawn, here.picture, here.first, here.second, here.probabilities, here.drops]
        for a, b in zip(mine, there):
            assert (a is None) == (b is None)
            if a is not None:
                np.testing.assert_allclose(np.ravel(a), b, rtol=1e-9, atol=1e-9)


def test_the_pictures_and_words_are_the_same(script):
    for state, there in zip(STATES, values(script, [("compute|draw", state) for state in STATES])):
        here = compute(state)
        assert there == [picture(here, 400), picture(here, 343), picture(here, 720), words(here)]


def test_the_code_shown_gives_the_same_with_the_engine(script, capsys):
    for state, shown in zip(STATES, values(script, [("code", state) for state in STATES])):
        assert shown == code_of(state)
        names, here = {}, compute(state)
        exec(shown, names)
        for name, mine in (("first", here.first), ("second", here.second)):
            np.testing.assert_allclose(names[name].data[0], mine, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(names["probabilities"], here.probabilities, rtol=1e-9, atol=1e-9)


@no_grad()
def test_it_reads_at_least_96_of_100_held_out_digits(mnist):
    said = F.softmax(network()(mnist.x_test[:, None] / 255.0)).data
    accuracy = (said.argmax(1) == mnist.y_test).mean()
    assert accuracy >= 0.96
    assert accuracy == pytest.approx(trained()["accuracy"], abs=0.0006)  # a tie may fall otherwise


def test_the_digits_to_start_from_are_mnists_test_digits(mnist):
    assert [label for label, _ in digits()[:10]] == list(range(10))
    for i, ((label, grey), record) in enumerate(zip(digits(), trained()["digits"])):
        np.testing.assert_array_equal(np.rint(255 * grey), mnist.x_test[record["test"]])
        assert label == mnist.y_test[record["test"]]
        assert (int(np.argmax(maps_of(grey).probabilities)) == label) == (i < 10)


@pytest.mark.parametrize("label", HAND)
def test_a_drawn_digit_is_read_wherever_and_however_large(label):
    for factor, x0, y0 in ((1, 0, 0), (0.4, 1, 2), (0.5, 13, 1), (0.3, 18, 19)):
        strokes = [[factor * u + (x0, y0)[i % 2] for i, u in enumerate(stroke)] for stroke in HAND[label]]
        seen = as_mnist(strokes)
        np.testing.assert_allclose(seen, as_mnist(HAND[label]), atol=1e-9)
        assert int(np.argmax(maps_of(seen).probabilities)) == label


def box_and_centre(grey):
    rows, columns = np.flatnonzero(grey.any(1)), np.flatnonzero(grey.any(0))
    place, total = np.arange(28), grey.sum()
    return max(np.ptp(rows), np.ptp(columns)) + 1, [(grey.sum(axis) * place).sum() / total for axis in (0, 1)]


def test_a_drawing_has_mnists_size_place_and_ink(mnist):
    drawn = [as_mnist(strokes) for strokes in HAND.values()]
    for grey in [*drawn, *mnist.x_test[:200].astype(float)]:
        side, centre = box_and_centre(grey)
        assert side == 20 and all(abs(place - 14) <= 0.501 for place in centre)
    amount = np.mean([grey.sum() for grey in drawn]) / (mnist.x_test.sum() / 255 / len(mnist.x_test))
    assert 0.85 < amount < 1.15
    between = np.mean([((grey > 0) & (grey < 1)).mean() for grey in drawn])  # grey edges
    assert between > 0.05


def test_ink_is_a_band_around_the_strokes(script):
    rng = np.random.default_rng(1)
    for strokes in (random_strokes(rng) for _ in range(5)):
        x, y = np.meshgrid(np.arange(28) + 0.5, np.arange(28) + 0.5)
        dense = [np.linspace(a, b, 2001) for stroke in strokes
                 for points in [np.reshape(stroke, (-1, 2))] for a, b in pairwise(points)]  # fmt: skip
        dense += [np.reshape(stroke, (1, 2)) for stroke in strokes if len(stroke) == 2]
        far = np.min([np.hypot(x - u, y - v) for u, v in np.concatenate(dense)], axis=0)
        np.testing.assert_allclose(ink(strokes), np.clip(1.8 - far, 0, 1), atol=0.02)
        np.testing.assert_allclose(values(script, [("inks", strokes)])[0], ink(strokes).ravel(), atol=1e-12)


def test_a_digit_drawn_upon_keeps_its_size():
    label, grey = digits()[3]
    np.testing.assert_array_equal(as_mnist([], grey), grey)
    closed = as_mnist([[9, 10, 9, 18]], grey)
    assert closed.sum() > grey.sum() and box_and_centre(closed)[1] == pytest.approx([14, 14], abs=0.501)


def test_occlusion_is_what_wiping_by_hand_costs():
    _, grey = digits()[2]
    drops, before = occlusion(grey), maps_of(grey).probabilities
    for i, j in ((0, 0), (7, 7), (10, 6), (13, 13)):
        wiped = grey.copy()
        top, left = PACE * i + 1 - PATCH // 2, PACE * j + 1 - PATCH // 2
        wiped[max(top, 0) : top + PATCH, max(left, 0) : left + PATCH] = 0
        after = maps_of(wiped).probabilities[before.argmax()]
        assert drops[i, j] == pytest.approx(before.max() - after, abs=1e-12)


def test_words_tell_what_is_seen():
    said = words(compute({"start": 10, "strokes": [], "occlusion": False}))
    assert said.startswith("The network reads ") and said.endswith(f" MNIST’s label is {digits()[10][0]}.")
    blank = words(compute({"start": None, "strokes": [], "occlusion": True}))
    assert "even for blank paper" in blank and blank.endswith("costs nothing anywhere.")


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"digit": 13}, ValueError, "digit must be at most 12"),
        ({"digit": "3"}, TypeError, "digit must be an integer"),
        ({"strokes": 3}, TypeError, "strokes must be a list of strokes; got int"),
        ({"strokes": [3]}, TypeError, r"strokes\[0\] must be a list of numbers; got int"),
        ({"strokes": [[1, 2], [3]]}, ValueError, r"strokes\[1\] must hold pairs of x and y; got 1 numbers"),
        ({"strokes": [[]]}, ValueError, "got 0 numbers"),
        ({"strokes": [[1, 29]]}, ValueError, r"strokes\[0\] must be finite and at least 0 and at most 28"),
        ({"strokes": [[1, 2] * 601]}, ValueError, "600 points at most; got 601"),
        ({"occlusion": 1}, TypeError, "occlusion must be True or False"),
    ],
)
def test_bad_input_is_refused(arguments, kind, message):
    with pytest.raises(kind, match=message):
        explore.draw_a_digit(**arguments)


def test_the_figure_is_light():
    weights = len(source_of("digit_weights").encode())
    assert weights <= 80_000
    assert len(bundle("draw_a_digit").encode()) - weights <= 36 * 1024
    assert len(explore.draw_a_digit().html.encode()) <= 45_000
