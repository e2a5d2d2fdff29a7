"""The convolution microscope: the script against NumPy and the engine's convolution; the two pictures alike."""

import json

import numpy as np
import pytest
from explore.javascript import run

from chainrule import data, explore
from chainrule.explore.bundle import bundle
from chainrule.explore.convolution_microscope import code_of
from chainrule.explore.microscope_picture import picture, size_formula, words
from chainrule.explore.microscope_window import (
    KERNELS,
    PICTURES,
    SIZE,
    compute,
    output_size,
    resized,
)
from chainrule.nn import functional as F

EXPORTS = """
export const numbers = ({ size, output, at, taps, total }) => ({ size, output, at, taps, total });
const pictures = (all) => [picture(all, 400, true), picture(all, 343), picture(all, 720)];
export const draw = (all) => [...pictures(all), words(all), sizeFormula(all)];
export const starts = () => ({ PICTURES, KERNELS });
"""


@pytest.fixture(scope="module")
def script():
    return bundle("convolution_microscope") + EXPORTS


def state_of(picture="digit", kernel="vertical", **changes):
    return explore.convolution_microscope(picture, kernel, **changes).state


def random_states(count, seed):
    rng = np.random.default_rng(seed)
    states = []
    for _ in range(count):
        side = int(rng.choice([3, 5]))
        whole = rng.random() < 0.5
        kernel = rng.integers(-9, 10, (side, side)) if whole else rng.uniform(-3, 3, (side, side))
        states.append(state_of(
            rng.integers(0, 10, (SIZE, SIZE)), kernel, divide=float(rng.choice([1, 9, 0.25])),
            stride=int(rng.integers(1, 5)), padding=int(rng.integers(0, 5)), dilation=int(rng.integers(1, 5)),
            at=tuple(int(place) for place in rng.integers(0, 36, 2)),
        ))  # fmt: skip
    return states


STATES = [
    *(state_of(name) for name in PICTURES), *(state_of("ring", name, padding=1) for name in KERNELS),
    state_of(stride=4, padding=4, dilation=4, at=(35, 35)), state_of("square", padding=2, at=(0, 0)),
    *random_states(14, seed=3),
]  # fmt: skip


def values(script, calls):
    answers = run(script, calls)
    assert [answer for answer in answers if "error" in answer] == []
    return [answer["value"] for answer in answers]


def engine_output(state):
    side = int(len(state["kernel"]) ** 0.5)
    x = np.array([float(pixel) for pixel in state["picture"]]).reshape(1, 1, SIZE, SIZE)
    w = np.array(state["kernel"], float).reshape(1, 1, side, side) / state["divide"]
    return F.conv2d(x, w, stride=state["stride"], padding=state["padding"], dilation=state["dilation"]).data[0, 0]


def test_both_start_from_the_same_pictures_and_kernels(script):
    there = values(script, [("starts", None)])[0]
    assert there == json.loads(json.dumps({"PICTURES": PICTURES, "KERNELS": KERNELS}))
    assert {len(pixels) for _, pixels in PICTURES.values()} == {SIZE * SIZE}


def test_the_digit_is_mnists():
    digit = data.mnist(flatten=False, scale=False).x_test[42]
    assert PICTURES["digit"][1] == "".join(str(int(np.floor(9 * grey / 255 + 0.5))) for grey in digit.ravel())


def test_both_compute_the_same_as_the_engine(script):
    for state, there in zip(STATES, values(script, [("compute|numbers", state) for state in STATES])):
        here = compute(state)
        assert (there["size"], tuple(there["at"])) == (here.size, here.at)
        np.testing.assert_allclose(there["output"], here.output.ravel(), rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(here.output, engine_output(state), rtol=1e-9, atol=1e-9)
        assert there["taps"] == [vars(tap) for tap in here.taps]
        np.testing.assert_allclose(there["total"], here.total, rtol=1e-9, atol=1e-9)


def test_the_terms_sum_to_the_pixel_and_the_formula_is_the_shape():
    for state in STATES:
        computed = compute(state)
        total = sum(tap.weight * tap.pixel for tap in computed.taps)
        assert total / state["divide"] == pytest.approx(float(computed.output[computed.at]), rel=1e-9, abs=1e-9)
        assert computed.output.shape == (output_size(state),) * 2 == (computed.size,) * 2
        size, formula = size_formula(computed).split(" = ")
        inside = formula.translate(str.maketrans({"⌊": "(", "⌋": ")", "·": "*", "−": "-", "/": "//"}))
        assert eval(inside) == int(size) == computed.size


def test_the_pictures_and_words_are_the_same(script):
    for state, there in zip(STATES, values(script, [("compute|draw", state) for state in STATES])):
        here = compute(state)
        assert there == [
            picture(here, 400, True), picture(here, 343, False), picture(here, 720, True),
            words(here), size_formula(here),
        ]  # fmt: skip


def test_the_code_shown_gives_the_same_output_with_the_engine(script, capsys):
    for state, shown in zip(STATES, values(script, [("code", state) for state in STATES])):
        assert shown == code_of(state)
        names, computed = {}, compute(state)
        exec(shown, names)
        np.testing.assert_allclose(names["output"], computed.output, rtol=1e-9, atol=1e-9)
        printed = capsys.readouterr().out.split(") ")
        assert printed[0] == str(computed.output.shape)[:-1]
        assert float(printed[1]) == pytest.approx(float(computed.output[computed.at]), rel=1e-9, abs=1e-9)


def test_what_a_reader_is_asked():
    pixels = compute(state_of("digit", "identity", padding=1)).output
    np.testing.assert_array_equal(pixels.ravel(), [int(pixel) for pixel in PICTURES["digit"][1]])
    shifted = compute(state_of("digit", "shift", padding=1)).output
    np.testing.assert_array_equal(shifted[:, 1:], pixels[:, :-1])  # the weight stands left, the picture moves right
    kernel = np.arange(1, 10).reshape(3, 3)
    spread = compute(state_of("dot", kernel, padding=1)).output[13:16, 13:16]
    np.testing.assert_array_equal(spread, 9 * kernel[::-1, ::-1])  # a convolution would not turn it
    assert np.all(compute(state_of("stripes", "vertical")).output == 0)  # full of edges, and it sees none
    assert np.all(compute(state_of("ramp", "laplace")).output[:, 3:6].sum(1) == 0)


def test_a_kernel_grows_and_shrinks(script):
    for name in ("vertical", "gauss"):
        kernel = KERNELS[name][1]
        there = values(script, [("resized", kernel), ("resized|resized", kernel)])
        assert there == [resized(kernel), resized(resized(kernel))]
        assert {len(kernel), len(there[0])} == {9, 25}
    assert resized(resized(KERNELS["blur"][1])) == KERNELS["blur"][1]


def test_words_tell_what_is_seen():
    assert words(compute(state_of())) == (
        "Vertical edges, stride 1, padding 0, dilation 1: 26 × 26 outputs. Output pixels run from −36 to 36. "
        "Output row 8, column 9: 1·9 + 2·9 + 1·9 = 36."
    )
    blank = words(compute(state_of("blank", np.eye(3), padding=1, at=(0, 0))))
    assert blank.startswith("Your kernel") and "Every output pixel is 0." in blank
    assert blank.endswith("every term is 0. 5 of its pixels lie in the padding.")
    assert "= 12; 12 / 9 = 1.333." in words(compute(state_of("ramp", "blur", at=(3, 4))))


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"picture": "cat"}, ValueError, "picture must be one of"),
        ({"picture": np.zeros((28, 28))}, TypeError, "picture must be a name or hold integers"),
        ({"picture": np.zeros((8, 8), int)}, ValueError, r"shape \(28, 28\); got \(8, 8\)"),
        ({"picture": np.full((28, 28), 10)}, ValueError, "picture must hold 0 to 9; got 10"),
        ({"kernel": "emboss"}, ValueError, "kernel must be one of"),
        ({"kernel": [["a"]]}, TypeError, "kernel must be a name or hold numbers"),
        ({"kernel": np.ones((4, 4))}, ValueError, r"\(3, 3\) or \(5, 5\); got \(4, 4\)"),
        ({"kernel": np.full((3, 3), np.nan)}, ValueError, "kernel must be finite"),
        ({"kernel": np.ones((3, 3)), "divide": 0}, ValueError, "divide must be finite and at least 0.01"),
        ({"stride": 0}, ValueError, "stride must be at least 1"),
        ({"padding": 5}, ValueError, "padding must be at most 4"),
        ({"dilation": 1.5}, TypeError, "dilation must be an integer"),
        ({"at": 3}, TypeError, "at must be a row and a column"),
        ({"at": (-1, 0)}, ValueError, r"at\[0\] must be at least 0"),
    ],
)
def test_bad_input_is_refused(arguments, kind, message):
    with pytest.raises(kind, match=message):
        explore.convolution_microscope(**arguments)


def test_the_figure_is_light():
    assert len(bundle("convolution_microscope").encode()) <= 36 * 1024
    assert len(explore.convolution_microscope().html.encode()) <= 30_000
