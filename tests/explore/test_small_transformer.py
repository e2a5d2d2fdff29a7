"""A small Transformer at work: the script against the engine, heads turned off, what is drawn and what is said."""

import numpy as np
import pytest
from explore.javascript import run

from chainrule import explore, models, text
from chainrule.explore.bundle import bundle, source_of
from chainrule.explore.depth_simulation import _hashed
from chainrule.explore.small_transformer import code_of
from chainrule.explore.small_transformer_network import (
    attention_of,
    network,
    tokenizer,
    trained,
)
from chainrule.explore.small_transformer_picture import compute, look_words, picture, words
from chainrule.tensor import no_grad

EXPORTS = """
export const numbers = ({ text, off }) => {
  const { logits, maps } = look(text, off);
  return [logits, ...maps.map((map) => Array.from(map))];
};
export const draw = (all) => [picture(all, 400), picture(all, 343), picture(all, 720), words(all)];
export const looks = (all) => all.seen.map((_, i) => lookWords(all, i, i >> 1));
"""
LONG = "She had been forced into prudence in her youth, she learned romance as she grew older: the natural sequel"
ODD = "a\n\"&'()? -- 1818!"
TEXTS = ["a", "th", "Captain Wentw", ODD, LONG[:64], LONG]
OFF = [(), ((1, 1),), ((2, 3),), ((1, 2), (2, 1), (2, 4)), tuple((i, j) for i in (1, 2) for j in (1, 2, 3, 4))]


def state_of(prompt, **changes):
    state = {"prompt": prompt, "added": "", "temperature": 1, "top_k": None, "layer": 1, "head": 1}
    return {**state, "off": [], "seed": 0, **changes}


STATES = [
    state_of("Captain Wentw"), state_of("a", layer=2, head=4, temperature=0), state_of(LONG, layer=2, head=2, top_k=5),
    state_of(ODD.replace("\n", " "), added=ODD, off=[[1, 2]], temperature=0.7), state_of("th", top_k=1, off=[[2, 1]]),
    state_of(LONG[:64], off=[[1, 1], [1, 2], [2, 4]], temperature=1.95, top_k=12, head=3),
    state_of("th", temperature=0, off=[[2, 2]]), state_of("Anne", added=" Elliot", seed=1023),
]  # fmt: skip


@pytest.fixture(scope="module")
def script():
    return bundle("small_transformer") + EXPORTS


def values(script, calls):
    answers = run(script, calls)
    assert [answer for answer in answers if "error" in answer] == []
    return [answer["value"] for answer in answers]


@no_grad()
def test_logits_and_maps_are_the_engines_with_heads_off_too(script):
    cases = [(seen, off) for seen in TEXTS for off in OFF]
    found = values(script, [("numbers", {"text": seen, "off": off}) for seen, off in cases])
    for (seen, off), (logits, *maps) in zip(cases, found):
        tokens, model = tokenizer().encode(seen[-64:]), network()
        for layer, head in off:  # 12 numbers a head
            model.blocks[layer - 1].self_attn.out_proj.weight.data[12 * (head - 1) : 12 * head] = 0
        np.testing.assert_allclose(logits, model(tokens[None]).data[0, -1], rtol=0, atol=1e-10)
        np.testing.assert_allclose(np.ravel(maps), attention_of(model, tokens).ravel(), rtol=0, atol=1e-12)


def test_turning_heads_off_is_what_network_does_and_changes_the_maps_above():
    tokens = tokenizer().encode(LONG[:30])
    whole, cut = (attention_of(network(off), tokens) for off in ((), [(1, 2)]))
    np.testing.assert_array_equal(whole[0], cut[0])
    assert np.abs(whole[1] - cut[1]).max() > 0.01
    assert network([(1, 2)]).blocks[0].self_attn.out_proj.weight.data[12:24].any() == False  # noqa: E712
    np.testing.assert_allclose(whole.sum(-1), 1, atol=1e-12)
    assert not np.triu(whole, 1).any()


def test_the_pictures_and_words_are_the_same(script):
    for state, there in zip(STATES, values(script, [("compute|draw", state) for state in STATES])):
        here = compute(state)
        assert there == [picture(here, 400), picture(here, 343), picture(here, 720), words(here)]


def test_both_say_the_same_of_a_square(script):
    state = STATES[2]
    (there,) = values(script, [("compute|looks", state)])
    here = compute(state)
    assert there == [look_words(here, i, i // 2) for i in range(64)]
    assert there[0].endswith("itself: 1.00") and ", 2 back: 0." in there[4]


def test_the_code_shown_gives_the_same_with_the_engine(script, capsys):
    for state, shown in zip(STATES, values(script, [("code", state) for state in STATES])):
        assert shown == code_of(state)
        names, here = {}, compute(state)
        exec(shown, names)
        np.testing.assert_allclose(names["p"], here.now, atol=1e-12)
        np.testing.assert_allclose(names["weights"], here.maps[state["layer"] - 1, state["head"] - 1], atol=1e-12)
        printed = capsys.readouterr().out.splitlines()
        assert [eval(line.split(" ")[0] if line[1] != " " else "' '") for line in printed[:10]] == [
            tokenizer().characters[i] for i in here.likeliest
        ]


def uniform(seed, k):
    """The k-th number of a seed, as random_numbers.js has it."""
    counter = np.uint64((seed * 0x7D400000 + (k + 1) * 0x6D2B79F5) & 0xFFFFFFFF)
    return float(_hashed(np.array([counter]))[0]) / 2**32


class Given:
    """Stands where sampling asks a generator for a number."""

    def __init__(self, number):
        self.number = number

    def random(self, shape):
        return np.full(shape, self.number)


def test_what_is_written_is_drawn_as_the_engine_draws(script, monkeypatch):
    monkeypatch.setattr("chainrule.text.sampling.check_generator", lambda rng: rng)
    others = state_of("th", off=[[1, 1]], temperature=1.5, seed=7), state_of("x", temperature=0)
    for start in (STATES[0], STATES[2], *others):
        added = ""
        for k in range(12):
            state = {**start, "added": added}
            (there,) = values(script, [("write", state)])
            seen = tokenizer().encode((state["prompt"] + added)[-64:])
            with no_grad():
                logits = network(state["off"])(seen[None]).data[0, -1]
            rng = Given(uniform(state["seed"], k))
            added += tokenizer().decode([text.sample(logits, rng, state["temperature"], state["top_k"])])
            assert there == added


def test_the_likeliest_is_written_at_temperature_0_whatever_the_seed(script):
    for seed in (0, 5):
        (there,) = values(script, [("write", state_of("Captain Wentw", temperature=0, seed=seed))])
        assert there == "o"


def test_a_prompt_with_unknown_characters_is_refused_with_a_sentence(script):
    said = values(script, [("problemOf", prompt) for prompt in ("", "naïve café", "“It’s” 1818", "Anne\u2028")])
    assert said[0].startswith("Type at least one character")
    assert said[1].startswith("The model knows no “ï”, “é”: it has seen the 75 characters of Persuasion only.")
    assert said[2] == "" and said[3] != ""


def test_words_tell_what_is_seen():
    said = words(compute(STATES[0]))
    assert said.startswith("Next: ‘o’ with ") and "In head 1.1 the last character looks most here: ‘w’ looks at" in said
    off = words(compute(state_of("Captain Wentw", off=[[1, 1], [1, 2]])))
    assert "Turning heads 1.1, 1.2 off moves " in off and " rises from " in off and " falls from " in off
    assert "next to nothing here" in words(compute(state_of("Captain Wentworth", temperature=0, off=[[2, 2]])))


def test_the_counts_in_the_caption_are_the_models():
    n_weights = models.gpt_parameters(75, 64, 2, 4, 48, positions="rotary")
    assert sum(parameter.data.size for parameter in network().parameters()) == n_weights == 60_240
    html = explore.small_transformer().html
    assert "60 240 weights" in html and f"loss is {trained()['held_out']['rounded']:.2f} nats" in html


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"prompt": 3}, TypeError, "prompt must be a string; got int"),
        ({"prompt": ""}, ValueError, "prompt must be 1 to 200 characters long; got 0"),
        ({"prompt": 201 * "a"}, ValueError, "1 to 200 characters long; got 201"),
        ({"prompt": "naïve"}, ValueError, "characters of Persuasion, on one line; got 'ï'"),
        ({"prompt": "a\nb"}, ValueError, "on one line"),
        ({"temperature": -1}, ValueError, "temperature must be finite and at least 0"),
        ({"temperature": 2.5}, ValueError, "at most 2"),
        ({"top_k": 0}, ValueError, "top_k must be at least 1"),
        ({"top_k": 76}, ValueError, "top_k must be at most 75"),
        ({"head": (0, 1)}, ValueError, "head must be at least 1"),
        ({"head": (3, 1)}, ValueError, "head must be at most 2"),
        ({"head": 1}, TypeError, r"head must be a pair \(layer, head\); got 1"),
        ({"off": 1}, TypeError, r"off must be a list of pairs \(layer, head\); got int"),
        ({"off": [(1, 5)]}, ValueError, r"off\[0\] must be at most 4"),
        ({"seed": 1024}, ValueError, "seed must be at most 1023"),
    ],
)
def test_bad_input_is_refused(arguments, kind, message):
    with pytest.raises(kind, match=message):
        explore.small_transformer(**arguments)


def test_the_figure_is_light():
    weights = len(source_of("small_transformer_weights").encode())
    assert weights <= 100_000
    assert len(bundle("small_transformer").encode()) - weights <= 39 * 1024
    assert len(explore.small_transformer().html.encode()) <= 45_000
