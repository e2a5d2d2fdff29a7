import numpy as np
from exercises.case import Case


def held(shift=0, sign=1, centred=False, ties=False):
    def hold(prices, m):
        means = np.array(
            [prices[t - m + 1 + shift : t + 1 + shift].mean() for t in range(m - 1, len(prices))]
        )
        if centred:
            means = np.full(len(means), prices.mean())
        cheap = prices[m - 1 :] <= means if ties else prices[m - 1 :] < means
        return sign * np.where(cheap, 1, -1)

    return hold


CASES = {
    "userisk-refuse-above": Case(right=0.2, wrong=[0.25, 0.8, 4.0, 0.5, "0.2"]),
    "userisk-unweighted": Case(
        right=lambda p, weight: p / (p + weight * (1 - p)),
        wrong=[
            lambda p, weight: p / weight,
            lambda p, weight: weight * p / (weight * p + 1 - p),
            lambda p, weight: p,
            lambda p, weight: (p / (1 - p)) / weight,
            0.5,
        ],
    ),
    "userisk-only-the-past": Case(
        right=held(),
        wrong=[
            held(shift=1),
            held(centred=True),
            held(sign=-1),
            held(ties=True),
            lambda prices, m: np.ones(len(prices)),
        ],
    ),
    "userisk-three-days": Case(right=10.845, wrong=[3.342, 8.956, 0.5642, 8.2, "10.8"]),
}
