import math

import numpy as np
from exercises.case import Case


def merge(kind):
    def answer(m1, l1, a1, m2, l2, a2):
        if kind == "overflow":
            one, two = math.exp(m1), math.exp(m2)
            total = one * l1 + two * l2
            return math.log(total), 1.0, (one * a1 + two * a2) / total
        m = {"smaller": min}.get(kind, max)(m1, m2)
        one, two = math.exp(m1 - m), math.exp(m2 - m)
        if kind == "plain sums":
            one = two = 1.0
        if kind == "turned":
            one, two = two, one
        sums = one * l1 + two * l2, one * a1 + two * a2
        return (m, *sums) if kind != "quotient" else (m, sums[0], sums[1] / sums[0])

    return answer


def forget(kind):
    def answer(S, z, q, k, v, keep):
        phi = lambda x: np.where(x > 0, x + 1, np.exp(np.minimum(x, 0)))
        of_q, of_k = phi(q), phi(k)
        if kind == "raw key":
            of_k = k
        if kind == "raw query":
            of_q = q
        kept = 1.0 if kind == "no forgetting" else keep
        new, new_z = kept * S + np.outer(of_k, v), kept * z + of_k
        if kind == "forgets all":
            new, new_z = keep * (S + np.outer(of_k, v)), keep * (z + of_k)
        if kind == "z stays":
            new_z = z + of_k
        if kind == "reads first":
            return new, new_z, of_q @ S / (of_q @ z)
        if kind == "undivided":
            return new, new_z, of_q @ new
        return new, new_z, of_q @ new / (of_q @ new_z)

    return answer


CASES = {
    "cost-three-quarters": Case(right=9216, wrong=[18, 3072, 4608, 12288, 1024]),
    "cost-merge": Case(
        right=merge("right"),
        wrong=[merge(k) for k in ("overflow", "smaller", "plain sums", "turned", "quotient")],
    ),
    "cost-large-cache": Case(right=2**32, wrong=[2**30, 2**34, 2**31, 2**29, 2**27]),
    "cost-stack": Case(right=17, wrong=[16, 4095 / 255, 2, 15]),
    "cost-forget": Case(
        right=forget("right"),
        wrong=[
            forget(k)
            for k in (
                "no forgetting",
                "raw key",
                "raw query",
                "forgets all",
                "z stays",
                "reads first",
                "undivided",
            )
        ],
    ),
}
