"""Checks of *Challenges: data, explanation, compute*."""

import numpy as np

from chainrule.exercises import array_is, call, check


@check("limits-half")
def limits_half(answer):
    if np.shape(answer) == (3,):
        for wrong, hint in [
            ([4, 8, 20], "the error falls by a power of the factor: half = factor^(-b)"),
            (
                [2**0.5, 2**0.25, 2**0.1],
                "that is what twice the data do; half the error is the question",
            ),
            ([1024, 16, 4], "in the order of the exponents: 0.5 first"),
            ([0.25, 1 / 16, 1 / 1024], "more data, not less: give the factor"),
        ]:
            if array_is(answer, wrong, tolerance=1e-6) is None:
                return hint
    return array_is(answer, [4, 16, 1024], tolerance=1e-3, name="the list of three factors")


@check("limits-majority")
def limits_majority(answer):
    if np.shape(answer) == (3,):
        for wrong, hint in [
            ([0.5, 0.5, 0.5], "most frequent does not mean more than half"),
            ([0.9, 0.5, 2 / 3], "in C the one class has its part of the spread half, too"),
            ([0.9, 0.5, 0.7], "solve for C as for A and B; it is not the mean of the two"),
            ([0.1, 0.5, 10 / 28], "give the share that is wrong"),
        ]:
            if array_is(answer, wrong, tolerance=2e-3) is None:
                return hint
    return array_is(answer, [0.9, 0.5, 18 / 28], tolerance=2e-3, name="the list of three shares")


@check("limits-gauss")
def limits_gauss(answer):
    """On f = x0^2 x1 + x2, two nodes are exact; one is not."""

    def gradient(p):
        return np.array([2 * p[0] * p[1], p[0] ** 2, 1.0])

    x, start = np.array([3.0, 2.0, -1.0]), np.array([1.0, -1.0, 2.0])
    found = call(answer, gradient, x, start, 2)
    if np.shape(found) != (3,):
        return f"one number for each input: shape (3,), not {np.shape(found)}"
    nodes, weights = np.polynomial.legendre.leggauss(2)
    mean = sum(
        w / 2 * gradient(start + (t + 1) / 2 * (x - start))
        for t, w in zip(nodes, weights, strict=True)
    )
    if np.allclose(found, mean):
        return "that is the mean slope; multiply by the way gone, x - start"
    if np.allclose(found, 2 * (x - start) * mean):
        return "the weights add up to 2 on [-1, 1]; on [0, 1] they must add up to 1"
    if np.allclose(found, x * mean):
        return "the way gone is x - start"
    unmoved = sum(
        w / 2 * gradient(start + t * (x - start)) for t, w in zip(nodes, weights, strict=True)
    )
    if np.allclose(found, (x - start) * unmoved):
        return "the nodes lie in [-1, 1]; move them to [0, 1]"
    if abs(np.sum(found) - 16.0) > 1e-9:
        return "two of Gauss's nodes make the sum exact here: f(x) - f(start) = 16"
    return array_is(found, (x - start) * mean, tolerance=1e-9, name="the result")


@check("limits-rent")
def limits_rent(answer):
    if np.shape(answer) == (2,):
        days, energy = answer
        for wrong, hint in [
            (375e3 / 86400 / 3, "6ND, not 2ND: there is a way back"),
            (375e3 / 86400 * 0.4, "only 40 % of the FLOPs a second are reached"),
            (375e3 / 86400 * 8, "eight processors share the work"),
            (375e3, "that is in seconds"),
        ]:
            if abs(days - wrong) < 2e-3 * wrong:
                return hint
        if abs(days - 375 / 86.4) < 0.01 and abs(energy - 1.5e3 / 3.6 / 8) < 0.5:
            return "the energy of all eight"
        if abs(days - 375 / 86.4) < 0.01 and abs(energy - 1.5e9) < 1e7:
            return "a kilowatt-hour is 3.6 million joules"
    return array_is(
        answer, [375 / 86.4, 1.5e3 / 3.6], tolerance=0.5, name="the list of two numbers"
    )
