import numpy as np
from exercises.case import Case


def trace(X, penalty):
    return np.trace(X @ np.linalg.solve(X.T @ X + penalty * np.eye(X.shape[1]), X.T))


def values(X):
    return np.linalg.svd(X, compute_uv=False)


CASES = {
    "regular-soft": Case(
        right=lambda rho, charge: np.sign(rho) * np.maximum(np.abs(rho) - charge, 0),
        wrong=[
            lambda rho, charge: rho / (1 + charge),
            lambda rho, charge: np.maximum(rho - charge, 0),
            lambda rho, charge: np.sign(rho) * (np.abs(rho) - charge),
            lambda rho, charge: np.where(np.abs(rho) > charge, rho, 0),
        ],
    ),
    "regular-freedom": Case(
        right=trace,
        wrong=[
            lambda X, penalty: X.shape[1],
            lambda X, penalty: (values(X) / (values(X) + penalty)).sum(),
            lambda X, penalty: (values(X) / (values(X) ** 2 + penalty)).sum(),
            lambda X, penalty: (penalty / (values(X) ** 2 + penalty)).sum(),
        ],
    ),
    "regular-dropout-price": Case(right=6.5, wrong=[5.2, 4.16, 26.0, 2.5]),
    "regular-largest-charge": Case(
        right=lambda X, y: np.abs(X.T @ y).max(),
        wrong=[
            lambda X, y: (X.T @ y).max(),
            lambda X, y: np.abs(X.T @ y).max() / len(y),
            lambda X, y: np.abs(X.T @ y).sum(),
            lambda X, y: 2 * np.abs(X.T @ y).max(),
        ],
    ),
}
