"""Checks of *Questions in general*."""

import numpy as np

from chainrule.exercises import array_is, check, number_is


@check("qgeneral-sort")
def qgeneral_sort(answer):
    if not isinstance(answer, list | tuple) or len(answer) != 2:
        return 'give two strings of letters, such as ["AB", "B"]'
    if not all(isinstance(part, str) for part in answer):
        return 'give two strings of letters, such as ["AB", "B"]'
    learning, deep = (set(part.upper()) for part in answer)
    if not deep <= learning:
        return "deep learning is a part of machine learning: the second lies within the first"
    if "B" in learning:
        return "rules written by hand do not get better with data"
    if learning != set("ACDE"):
        return "whatever gets better with examples is machine learning, with layers or without"
    if "E" in deep:
        return "count the links that are learnt, not those that are there"
    if "C" in deep:
        return "a sum of many trees is not a chain: each of them reads the raw input"
    if deep != set("D"):
        return "look for chains of two or more links, each of them learnt"
    return None


@check("qgeneral-signals")
def qgeneral_signals(answer):
    if np.shape(answer) == (3,):
        for wrong, hint in [
            ([1024, 160, 5], "those are the unknowns; one pair gives 32 equations"),
            ([32, 5, 5], "in C the 32 equations of a pair are all about the same 5 unknowns"),
            ([32, 32, 1], "in B each output has 5 unknowns only"),
            ([1, 1, 1], "one pair gives each output of A one equation for its 32 unknowns"),
        ]:
            if array_is(answer, wrong) is None:
                return hint
    return array_is(answer, [32, 5, 1], name="the list of three numbers")


@check("qgeneral-two-relus")
def qgeneral_two_relus(answer):
    if np.shape(answer) == (2, 2):
        if array_is(answer, [[1, -1], [1, 1]]) is None:
            return "the other way round: first the pair for |x|"
        if array_is(answer, [[1, -1], [1, -1]]) is None:
            return "relu(-x) is positive for negative x, as |x| is"
        if array_is(answer, [[1, 1], [1, 0]]) is None:
            return "without relu(-x) the sum is 0 for every negative x"
    return array_is(answer, [[1, 1], [1, -1]], tolerance=1e-9, name="the list of two pairs")


@check("qgeneral-negative-gap")
def qgeneral_negative_gap(answer):
    return number_is(
        answer,
        0.8 - 1,
        hints=[
            (0.2, "training minus test, and the model contradicts the spoilt labels"),
            (0.0, "it knows the digit, not the spoilt label"),
            (0.8, "that is the accuracy in training; subtract the one in the test"),
            (-0.18, "every spoilt label is another class: none is right by chance"),
        ],
    )


@check("qgeneral-sixty")
def qgeneral_sixty(answer):
    return number_is(
        answer,
        1 - 20 / 60,
        tolerance=2e-3,
        hints=[
            (1 / 3, "that is the share that is learnt; the error is what remains"),
            (5 / 6 * (1 + 10 / 9), "that is the model of ten inputs"),
            (0.0, "sixty weights fit the 20 examples exactly, but not new ones"),
            (1.0, "guessing zero has the error 1; the examples do teach something"),
        ],
    )
