"""The proof tools refuse what could prove nothing, and name the parameter, what was expected and what came."""

import math

import numpy as np
import pytest

from chainrule.proof import card, claim, exercise, gradcheck, parity, same, show_source

NAN, INF, X = math.nan, math.inf, [np.array([1.0, 2.0])]
CARD = {"year": 1986, "paper": "a1986b", "idea": "It learns.", "configuration": "two layers"}
PAIR = {"numpy": [1.0], "torch": [1.0]}


def double(x):
    return 2 * x


def square(x):
    return (x**2).sum()


BAD = [
    (same, ("s", 1, double, [(1.0,)]), {}, TypeError, "readable must be callable; got int"),
    (same, ("s", double, 1, [(1.0,)]), {}, TypeError, "fast must be callable; got int"),
    (same, ("s", double, double, 3), {}, TypeError, "cases must be a sequence of tuples.*got 3"),
    (same, ("s", double, double, [3.0]), {}, TypeError, r"cases must be tuples.*got \['float'\]"),
    (same, ("s", double, double, []), {}, ValueError, "cases must hold at least one.*got none"),
    (same, ("s", double, double, [(1.0,)]), {"tolerance": NAN}, ValueError, "tolerance.*tolerance=nan"),
    (same, ("s", double, double, [(1.0,)]), {"tolerance": -1.0}, ValueError, "tolerance.*tolerance=-1"),
    (same, ("s", double, double, [(1.0,)]), {"tolerance": 1.0}, ValueError, "tolerance.*tolerance=1"),
    (same, ("s", double, double, [(1.0,)]), {"tolerance": "a"}, TypeError, "tolerance must be a number; got 'a'"),
    (gradcheck, (3, X), {}, TypeError, "f must be callable; got int"),
    (gradcheck, (square, []), {}, ValueError, "inputs must hold at least one array; got none"),
    (gradcheck, (square, X), {"tolerance": INF}, ValueError, "tolerance.*tolerance=inf"),
    (gradcheck, (square, X), {"tolerance": 1}, ValueError, "tolerance.*tolerance=1"),
    (gradcheck, (square, X), {"tolerance": NAN}, ValueError, "tolerance.*tolerance=nan"),
    (gradcheck, (square, X), {"step": 0}, ValueError, "step.*step=0"),
    (gradcheck, (square, X), {"step": NAN}, ValueError, "step.*step=nan"),
    (gradcheck, (square, X), {"step": 10.0}, ValueError, "step.*step=10"),
    (parity, ("a", PAIR), {"tolerances": {"output": 1e-3}}, ValueError, r"tolerances must be of.*got \['output'\]"),
    (parity, ("a", PAIR), {"tolerances": {"outputs": NAN}}, ValueError, "tolerances.*nan"),
    (parity, ("a", PAIR), {"tolerances": {"outputs": INF}}, ValueError, "tolerances.*inf"),
    (parity, ("no id", PAIR), {}, ValueError, "id"),
    (claim, ("a", "One is one.", 1.0), {}, ValueError, "give expected, at_most or at_least; got none"),
    (claim, ("a", "One", 1.0), {"expected": 1.0}, ValueError, "statement must be a sentence; got 'One'"),
    (claim, ("a", "One is one.", 1.0), {"expected": 1.0, "tolerance": NAN}, ValueError, "tolerance.*nan"),
    (claim, ("a", "One is one.", 1.0), {"expected": 1.0, "tolerance": -0.1}, ValueError, "tolerance.*-0.1"),
    (card, ("no id", "MLP"), CARD, ValueError, "card: id must be letters.*got 'no id'"),
    (card, ("mlp", " "), CARD, ValueError, "card mlp: name must be words; got ' '"),
    (card, ("mlp", "MLP"), {**CARD, "idea": None}, ValueError, "card mlp: idea must be words; got None"),
    (card, ("mlp", "MLP"), {**CARD, "year": 86}, ValueError, "card mlp: year must be .*got 86"),
    (card, ("mlp", "MLP"), {**CARD, "parameters": 1e6}, ValueError, "parameters must be a positive int.*1000000.0"),
    (card, ("mlp", "MLP"), {**CARD, "parameters": 0}, ValueError, "parameters must be a positive int or None; got 0"),
    (exercise, ("no-such-exercise", None), {}, ValueError, "no-such-exercise"),
    (show_source, (3,), {}, TypeError, "needs a function, class or op.*got 3"),
]


@pytest.mark.parametrize("tool, arguments, options, error, words", BAD)
def test_bad_input_is_refused_by_name(tool, arguments, options, error, words):
    with pytest.raises(error, match=words):
        tool(*arguments, **options)
