"""The papers' equations, one parameter at a time, in the plainest code: what an engine's optimiser must do."""

import numpy as np
from optim.paths import gradients, start


def walk(rule, n_steps=100):
    """Return the values after every step; ``rule(p, g, t, memory)`` returns the new value of one parameter."""
    values = start()
    memories, path = [{} for _ in values], []
    for step in range(n_steps):
        found = gradients(step, values)
        values = [rule(p, g, step + 1, m) for p, g, m in zip(values, found, memories, strict=True)]
        path.append([v.copy() for v in values])
    return path


def average(memory, name, beta, x):
    """Keep and return the exponential average of x."""
    memory[name] = beta * memory.get(name, 0 * x) + (1 - beta) * x
    return memory[name]


def adagrad(p, g, t, memory, lr=0.1):
    """duchi2011adaptive: the diagonal of the sum of outer products."""
    memory["s"] = memory.get("s", 0) + g**2
    return p - lr * g / np.sqrt(memory["s"])


def rmsprop(p, g, t, memory, lr=0.01):
    """tieleman2012rmsprop: 0.9 and 0.1, as on the slide."""
    return p - lr * g / np.sqrt(average(memory, "s", 0.9, g**2))


def adadelta(p, g, t, memory, rho=0.95, eps=1e-6):
    """zeiler2012adadelta, algorithm 1."""
    rms_of_g = np.sqrt(average(memory, "g", rho, g**2) + eps)
    delta = -np.sqrt(memory.get("x", 0) + eps) / rms_of_g * g
    average(memory, "x", rho, delta**2)
    return p + delta


def adam(p, g, t, memory, lr=0.01):
    """kingma2015adam, algorithm 1."""
    m, v = average(memory, "m", 0.9, g), average(memory, "v", 0.999, g**2)
    return p - lr * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)


def amsgrad(p, g, t, memory, lr=0.01):
    """reddi2018convergence, algorithm 2, which has no bias correction: the learning rate makes up for it."""
    m, v = average(memory, "m", 0.9, g), average(memory, "v", 0.5, g**2)
    memory["top"] = np.maximum(memory.get("top", 0), v)
    return p - lr / (1 - 0.9**t) * np.sqrt(1 - 0.5**t) * m / np.sqrt(memory["top"])


def nadam(p, g, t, memory, lr=0.01):
    """dozat2016incorporating, with the warming momentum that its experiments use."""

    def mu(i):
        return 0.9 * (1 - 0.5 * 0.96 ** (i / 250))

    m, v = average(memory, "m", 0.9, g), average(memory, "v", 0.999, g**2)
    product = np.prod([mu(i) for i in range(1, t + 1)])
    m_hat = mu(t + 1) * m / (1 - product * mu(t + 1)) + (1 - mu(t)) * g / (1 - product)
    return p - lr * m_hat / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)


def lion(p, g, t, memory, lr=0.01, decay=0.1):
    """chen2023symbolic, algorithm 2."""
    c = 0.9 * memory.get("m", 0) + 0.1 * g
    average(memory, "m", 0.99, g)
    return p - lr * (np.sign(c) + decay * p)


CASES = {
    "adagrad": (adagrad, "Adagrad", {"lr": 0.1, "eps": 0.0}),
    "rmsprop": (rmsprop, "RMSprop", {"lr": 0.01, "alpha": 0.9, "eps": 0.0}),
    "adadelta": (adadelta, "Adadelta", {"rho": 0.95}),
    "adam": (adam, "Adam", {"lr": 0.01}),
    "amsgrad": (amsgrad, "Adam", {"lr": 0.01, "betas": (0.9, 0.5), "eps": 0.0, "amsgrad": True}),
    "nadam": (nadam, "NAdam", {"lr": 0.01}),
    "lion": (lion, "Lion", {"lr": 0.01, "weight_decay": 0.1}),
}
