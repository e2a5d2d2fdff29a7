"""Variance through depth: the script against NumPy, the engine and theory; the two pictures alike."""

import math
import os
import subprocess
import sys

import numpy as np
import pytest
from explore.javascript import run

import chainrule.nn.functional as F
from chainrule import Tensor
from chainrule.explore import variance_through_depth
from chainrule.explore.bundle import bundle
from chainrule.explore.depth_picture import compute, picture, words
from chainrule.explore.depth_simulation import ACTIVATIONS, draw, normals, simulate, theory

GAINS = (0.5, 0.8, 1.0, 1.3, 2**0.5, 2.0, 3.0)
# What the figure keeps to itself, as JSON can carry it.
EXPORTS = """
export const normalsOf = ({ seed, count }) => Array.from(normals(seed, count));
export const drawOf = (state) => Object.fromEntries(Object.entries(draw(state)).map(([name, value]) =>
  [name, name === "weights" ? value.slice(0, state.depth).map((w) => Array.from(w)) : Array.from(value)]));
"""


@pytest.fixture(scope="module")
def script():
    return bundle("variance_through_depth") + EXPORTS


def state_of(depth=50, activation="relu", scale=1.0, width=96, seed=0):
    return {"depth": depth, "activation": activation, "scale": scale, "width": width, "seed": seed}


def random_states(count, seed):
    rng = np.random.default_rng(seed)
    return [
        state_of(
            int(rng.integers(1, 101)), str(rng.choice(ACTIVATIONS)), round(float(rng.uniform(0.5, 3)), 3),
            int(rng.choice([32, 64, 96, 128])), int(rng.integers(1024)),
        )
        for _ in range(count)
    ]  # fmt: skip


STATES = [
    state_of(), state_of(scale=2**0.5), state_of(depth=1), state_of(depth=2, activation="sigmoid"),
    state_of(100, "linear", 3.0, 128, 1023), state_of(100, "sigmoid", 0.5, 32),
    *random_states(24, seed=3),
]  # fmt: skip



def values(script, calls):
    answers = run(script, calls)
    assert [answer for answer in answers if "error" in answer] == []
    return [answer["value"] for answer in answers]


_erf = np.vectorize(math.erf)
FUNCTIONS = {
    "linear": (lambda x: x, np.ones_like),
    "relu": (lambda x: np.maximum(x, 0), lambda x: (x > 0) * 1.0),
    "tanh": (np.tanh, lambda x: np.cosh(np.minimum(np.abs(x), 300)) ** -2.0),
    "sigmoid": (lambda x: (1 + np.tanh(x / 2)) / 2, lambda x: (1 - np.tanh(x / 2) ** 2) / 4),
    "gelu": (
        lambda x: x * (1 + _erf(x / 2**0.5)) / 2,
        lambda x: (1 + _erf(x / 2**0.5)) / 2 + x * np.exp(-(x**2) / 2) / (2 * np.pi) ** 0.5,
    ),
}


def gaussian_mean(g, q):
    """Return E[g(√q ζ)] by Gauss-Legendre on panels that halve towards 0: another rule than the figure's."""
    edges = np.array([0, *(12 * 0.5 ** np.arange(40, -1, -1))])
    node, weight = np.polynomial.legendre.leggauss(16)
    middle, half = (edges[1:] + edges[:-1]) / 2, (edges[1:] - edges[:-1]) / 2
    zeta = (middle[:, None] + half[:, None] * node).ravel()
    density = (half[:, None] * weight).ravel() * np.exp(-(zeta**2) / 2) / (2 * np.pi) ** 0.5
    return float(np.sum(density * (g(q**0.5 * zeta) + g(-(q**0.5) * zeta))))


def expected_theory(depth, activation, scale):
    f, slope = FUNCTIONS[activation]
    signal, factors = [1.0, scale**2], [scale**2]
    for _ in range(depth - 1):
        factors.append(scale**2 * gaussian_mean(lambda x: slope(x) ** 2, signal[-1]))
        signal.append(scale**2 * gaussian_mean(lambda x: f(x) ** 2, signal[-1]))
    return np.array(signal), np.cumprod([1.0, *factors[::-1]])[::-1]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_theory_is_the_integral(script, activation):
    states = [state_of(30, activation, scale) for scale in GAINS]
    for state, got in zip(states, values(script, [("theory", state) for state in states])):
        signal, gradient = expected_theory(30, activation, state["scale"])
        np.testing.assert_allclose(np.array(got["signal"], float), signal, rtol=1e-6)
        np.testing.assert_allclose(np.array(got["gradient"], float), gradient, rtol=1e-6)
        np.testing.assert_allclose(theory(30, activation, state["scale"]), (signal, gradient), rtol=1e-6)


def test_theory_of_he_and_of_one_over_n():
    signal, gradient = theory(50, "relu", 2**0.5)
    np.testing.assert_allclose(signal[1:], 2, rtol=1e-12)
    np.testing.assert_allclose(gradient[1:], 1, rtol=1e-12)
    np.testing.assert_allclose(theory(50, "relu", 1.0)[0][-1], 2.0**-49, rtol=1e-12)
    np.testing.assert_allclose(theory(50, "linear", 1.0), 1, rtol=1e-12)


def test_normals_are_normal_and_repeat(script):
    calls = [("normalsOf", {"seed": seed, "count": 200_000}) for seed in (0, 0, 1, 1023)]
    first, again, *others = values(script, calls)
    assert first == again
    # mulberry32 from 0 begins 0.26642920868471265, 0.0003297457005828619
    radius = math.sqrt(-2 * math.log(1 - 0.26642920868471265))
    assert first[0] == pytest.approx(radius * math.cos(2 * math.pi * 0.0003297457005828619), rel=1e-12)
    for seed, numbers in zip((0, 1, 1023), (first, *others)):
        x = np.array(numbers)
        np.testing.assert_allclose(x, normals(seed, x.size), rtol=1e-11, atol=1e-13)
        for power, moment, spread in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
            assert abs((x**power).mean() - moment) < 4 * (spread / x.size) ** 0.5
        for lag in (1, 2, 96):
            assert abs((x[lag:] * x[:-lag]).mean()) < 4 / x.size**0.5
        assert abs((np.abs(x) < 1).mean() - math.erf(0.5**0.5)) < 4 * 0.466 / x.size**0.5


def test_no_two_seeds_share_a_number():
    steps = 2**22
    assert (0x6D2B79F5 * steps) % 2**32 == 0x7D400000
    assert 2 * 16 * 128 + 100 * 128**2 < steps
    assert 1024 * steps == 2**32


def faults(state, got):
    """Return what of a state's numbers differs from NumPy's."""
    signal, gradient, share = simulate(**state)
    expected = dict(zip(("signal", "gradient"), theory(state["depth"], state["activation"], state["scale"])))
    pairs = {
        "simulated signal": (got["simulated"]["signal"], signal),
        "simulated gradient": (got["simulated"]["gradient"], gradient),
        "share": (got["simulated"]["share"], share),
        "signal": (got["theory"]["signal"], expected["signal"]),
        "gradient": (got["theory"]["gradient"], expected["gradient"]),
    }
    return [
        what
        for what, (a, b) in pairs.items()
        if not np.allclose(np.array(a, float), b, rtol=1e-9, atol=1e-24 * (what == "share"))
    ]


def test_the_script_agrees_with_numpy(script):
    found = values(script, [("compute", state) for state in STATES])
    assert [faults(state, got) for state, got in zip(STATES, found)] == [[]] * len(STATES)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("(x > 0 ? 1 : 0)", "(x > 0 ? 1 : 0.01)"),
        ("if (l > 1) for", "if (l > 0) for"),
        ("(z[l - 1][i])", "(z[l][i])"),
        ("q / 2 : 0.5", "q / 2 : 1"),
        ("out[b + row * n + j] = s * scale", "out[b + row * n + j] = s"),
        ("(l === 0 ? 1 : share(slope", "(l < 0 ? 1 : share(slope"),
        ("(BATCH - 1)", "BATCH"),
        ("const angle = 2 * Math.PI", "const angle = Math.PI"),
        ("normalCdf(x) + x * bell(x)", "normalCdf(x)"),
        ("c3 * w3", "c3 * w2"),
    ],
)
def test_a_planted_error_is_caught(script, right, wrong):
    assert script.count(right) == 1
    states = [state_of(6, activation, 1.3, 32, 5) for activation in ACTIVATIONS]
    found = values(script.replace(right, wrong), [("compute", state) for state in states])
    assert any(faults(state, got) for state, got in zip(states, found))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_engine_has_the_same_gradients_on_the_scripts_weights(script, activation):
    state = state_of(8, activation, 1.3, 32, 7)
    drawn, got = values(script, [("drawOf", state), ("simulate", state)])
    x = a = Tensor(np.reshape(drawn["inputs"], (16, 32)), requires_grad=True)
    layers = [x]
    for w in drawn["weights"]:
        z = a @ Tensor(1.3 / 32**0.5 * np.reshape(w, (32, 32)))
        z.retain_grad()
        layers.append(z)
        a = z if activation == "linear" else getattr(F, activation)(z)
    z.backward(np.reshape(drawn["lastGradient"], (16, 32)))
    np.testing.assert_allclose(got["signal"], [(z.data**2).mean() for z in layers], rtol=1e-10)
    np.testing.assert_allclose(got["gradient"], [(z.grad**2).mean() for z in layers], rtol=1e-10)


@pytest.mark.slow
def test_wide_networks_approach_theory(script):
    """The mean over seeds differs from theory by c/n: taken away by a second width, chance alone is left."""
    depth, seeds = 6, range(300, 420)
    calls = [("simulate", state_of(depth, activation, 1.3, width, seed))
             for width in (64, 128) for seed in seeds for activation in ACTIVATIONS]  # fmt: skip
    found = values(script, calls)
    ends = np.array([[got["signal"][-1], got["gradient"][0]] for got in found])
    ends = ends.reshape(2, len(seeds), len(ACTIVATIONS), 2)
    limits = np.array([[curve[end] for curve, end in zip(theory(depth, activation, 1.3), (-1, 0))]
                       for activation in ACTIVATIONS])  # fmt: skip
    narrow, wide = ends / limits
    extrapolated = 2 * wide.mean(axis=0) - narrow.mean(axis=0)
    error = ((4 * wide.var(axis=0, ddof=1) + narrow.var(axis=0, ddof=1)) / len(seeds)) ** 0.5
    assert error.max() < 0.15
    assert (np.abs(extrapolated - 1) < 4 * error).all()
    assert (np.abs(wide.mean(axis=0)[0] - 1) < 4 * wide.std(axis=0, ddof=1)[0] / len(seeds) ** 0.5).all()


def test_a_deeper_network_has_the_shallower_ones_layers(script):
    shallow, deep = values(script, [("simulate", state_of(depth, "tanh")) for depth in (20, 60)])
    assert deep["signal"][:21] == shallow["signal"]
    np.testing.assert_array_equal(draw(60, 32, 4)[2][:20], draw(20, 32, 4)[2])


def test_the_picture_without_scripts_is_the_one_that_the_script_draws(script):
    drawn = values(script, [("compute|picture", state) for state in STATES])
    said = values(script, [("compute|words", state) for state in STATES])
    for state, svg, sentence in zip(STATES, drawn, said):
        computed = compute(state)
        assert sentence == words(computed)
        assert svg == picture(computed)


def test_the_code_shown_gives_the_numbers_shown(script, capsys):
    for state, shown in zip(STATES[:12], values(script, [("code", state) for state in STATES[:12]])):
        assert shown == variance_through_depth(**state).code
        names = {}
        exec(shown, names)
        signal, gradient, _ = simulate(**state)
        np.testing.assert_allclose(names["signal"], signal, rtol=1e-9)
        np.testing.assert_allclose(names["gradient"], gradient, rtol=1e-9)
        assert capsys.readouterr().out.startswith("signal ×")


def test_the_words_tell_the_fates(script):
    assert words(compute(state_of())).startswith("The signal vanishes: 50 layers multiply its variance by 3.1·10⁻¹⁶")
    assert "The gradient is kept" in words(compute(state_of(scale=2**0.5)))
    assert "1 layer multiplies its variance by" in words(compute(state_of(depth=1)))
    sigmoid = words(compute(state_of(activation="sigmoid")))
    assert "signal is kept" in sigmoid and "gradient vanishes" in sigmoid and "Less than 1 %" in sigmoid
    assert "explodes" in words(compute(state_of(scale=3.0)))


def test_the_figure_is_the_same_in_two_processes():
    program = "from chainrule.explore import variance_through_depth as f; print(f().html, repr(f()))"
    texts = [
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, encoding="utf-8", check=True,
                       env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8",
                            "PYTHONPATH": os.pathsep.join(sys.path)}).stdout
        for seed in ("1", "2")
    ]  # fmt: skip
    assert texts[0] == texts[1]
    assert 'data-module="variance_through_depth"' in texts[0] and " 0x" not in texts[0]


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"depth": 0}, ValueError, "depth must be at least 1; got depth=0"),
        ({"depth": 101}, ValueError, "depth must be at most 100"),
        ({"depth": 5.0}, TypeError, "depth must be an integer"),
        ({"depth": True}, TypeError, "depth must be an integer"),
        ({"activation": "softmax"}, ValueError, "activation must be one of 'linear', 'relu'"),
        ({"activation": None}, TypeError, "activation must be one of"),
        ({"scale": 0.4}, ValueError, "scale must be finite and at least 0.5 and at most 3"),
        ({"scale": 3.1}, ValueError, "scale must be"),
        ({"scale": math.nan}, ValueError, "scale must be finite"),
        ({"scale": "1"}, TypeError, "scale must be a number"),
        ({"width": 50}, ValueError, "width must be one of 32, 64, 96, 128; got width=50"),
        ({"width": 96.0}, TypeError, "width must be an integer"),
        ({"seed": -1}, ValueError, "seed must be at least 0"),
        ({"seed": 1024}, ValueError, "seed must be at most 1023"),
        ({"seed": np.random.default_rng(0)}, TypeError, "seed must be an integer"),
    ],
)
def test_bad_input_is_refused(arguments, kind, message):
    with pytest.raises(kind, match=message):
        variance_through_depth(**arguments)
