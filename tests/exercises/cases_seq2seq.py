import math

import numpy as np
from exercises.case import Case


def shifted(way="right"):
    def answer(rows, length):
        read, say = np.zeros((2, len(rows), length), int)
        for k, row in enumerate(rows):
            in_, out = [1, *row], [*row, 2]
            if way == "not shifted":
                in_ = out
            if way == "swapped":
                in_, out = out, in_
            if way == "no end":
                out = row
            if way == "pad first":
                read[k, length - len(in_) :], say[k, length - len(out) :] = in_, out
                continue
            read[k, : len(in_)], say[k, : len(out)] = in_, out
        return read if way == "one array" else (read, say)

    return answer


def schedule(way="right"):
    def answer(step, peak, n_warm, n_steps):
        if step < n_warm:
            return peak * (step + (way != "from zero")) / n_warm
        if way == "late start":
            return peak * (1 + math.cos(math.pi * step / n_steps)) / 2
        u = (step - n_warm) / (n_steps - n_warm)
        if way == "quarter":
            return peak * math.cos(math.pi / 2 * u)
        if way == "linear":
            return peak * (1 - u)
        return peak * (1 + math.cos(math.pi * u)) / 2

    return answer


def beams(way="right"):
    def answer(log_p, step):
        sums = log_p[:, None] + step
        if way == "each beam":
            return sums.max(1), np.arange(len(log_p)), sums.argmax(1)
        if way == "without past":
            sums = step
        if way == "multiplied":
            sums = log_p[:, None] * step
        best = np.argsort(-sums.ravel(), kind="stable")[: len(log_p)]
        if way == "worst first":
            best = best[::-1]
        n_symbols = step.shape[1]
        if way == "mixed up":
            return sums.ravel()[best], best % n_symbols, best // n_symbols
        return sums.ravel()[best], best // n_symbols, best % n_symbols

    return answer


CASES = {
    "seq2seq-shift": Case(
        right=shifted(),
        wrong=[
            shifted(way) for way in ("not shifted", "swapped", "no end", "pad first", "one array")
        ],
    ),
    "seq2seq-mean": Case(right=1.5, wrong=[2.0, 12.8 / 12, 1.0, 12.0, 1.6]),
    "seq2seq-rate": Case(
        right=schedule(),
        wrong=[schedule(way) for way in ("from zero", "late start", "quarter", "linear")],
    ),
    "seq2seq-american": Case(
        right=0.9096, wrong=[0.75, 0.819, 0.638, (221 + 108) / 365, (233 + 132 * 0.625) / 365]
    ),
    "seq2seq-beams": Case(
        right=beams(),
        wrong=[
            beams(way)
            for way in ("each beam", "without past", "multiplied", "worst first", "mixed up")
        ],
    ),
}
