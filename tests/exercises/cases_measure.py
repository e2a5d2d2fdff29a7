import numpy as np
from exercises.case import Case


def hat(X):
    return X @ np.linalg.pinv(X)


def residuals(X, y):
    return y - hat(X) @ y


def loo(X, y):
    return residuals(X, y) / (1 - np.diag(hat(X)))


def rule(spread, last=False, best_of=True):
    """The one-standard-error rule with a given spread; `last` walks down from the best and stops at a gap."""

    def choose(errors):
        mean, se = errors.mean(1), spread(errors)
        best = int(mean.argmin())
        reach = mean <= mean[best] + (se[best] if best_of else se)
        if last:
            while best > 0 and reach[best - 1]:
                best -= 1
            return best
        return int(np.argmax(reach))

    return choose


def standard_error(errors):
    return errors.std(1, ddof=1) / errors.shape[1] ** 0.5


def pairs(tie, scale=np.mean):
    def area(scores, labels):
        d = scores[labels == 1][:, None] - scores[labels == 0]
        return float(scale((d > 0) + tie * (d == 0)))

    return area


CASES = {
    "measure-loo-error": Case(
        right=lambda X, y: (loo(X, y) ** 2).mean(),
        wrong=[
            lambda X, y: (residuals(X, y) ** 2).mean(),
            lambda X, y: (loo(X, y) ** 2).sum(),
            lambda X, y: (residuals(X, y) ** 2 / (1 - np.diag(hat(X)))).mean(),
            lambda X, y: np.abs(loo(X, y)).mean(),
            loo,
            lambda X, y: (residuals(X, y) ** 2).mean() / (1 - X.shape[1] / len(y)) ** 2,
        ],
    ),
    "measure-one-se": Case(
        right=rule(standard_error),
        wrong=[
            lambda errors: int(errors.mean(1).argmin()),
            rule(lambda e: e.std(1, ddof=1)),
            rule(lambda e: e.std(1) / e.shape[1] ** 0.5),
            rule(standard_error, last=True),
            rule(standard_error, best_of=False),
            lambda errors: 0,
            lambda errors: errors.mean(1),
        ],
    ),
    "measure-leaks": Case(right="AC", wrong=["A", "C", "ABC", "ACD", "BD", "", 3, "AE"]),
    "measure-precision": Case(
        right=0.0090 / 0.0585,
        wrong=[0.9, 0.95, 0.009, 0.9 / 0.95, 0.009 / 0.0495, 1 - 0.009 / 0.0585, "0.15", 15.38],
    ),
    "measure-area-ties": Case(
        right=pairs(0.5),
        wrong=[
            pairs(0.0),
            pairs(1.0),
            pairs(0.5, scale=np.sum),
            lambda scores, labels: 1 - pairs(0.5)(scores, labels),
            lambda scores, labels: float((scores[labels == 1] > scores[labels == 0].mean()).mean()),
        ],
    ),
}
