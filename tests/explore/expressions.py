"""Expressions for the tests: the script's own examples, random ones that are well conditioned, and token soup."""

import random

from chainrule.explore.graph_steps import take_steps

ATOMS = ("a", "b", "c", "x1", "w", "2", "0.5", "3")
SOUP = ("a", "b", "x1", "L", "v3", "foo", "ab1", "2", "0.5", ".5", "1.", "1e-3", ".", "+", "-", "*", "/", "^",
        "**", "(", ")", "sin(", "log(", "exp(", "σ(", "relu(", "tanh", "·", "−", "×", " ", "\u00a0", "é",
        "=", ",", "$")  # fmt: skip


def grow(rng, depth):
    """Return a random expression as text."""
    if depth == 0 or rng.random() < 0.15:
        return rng.choice(ATOMS)
    kind = rng.random()
    if kind < 0.3:
        return f"{rng.choice(('exp', 'log', 'sin', 'tanh', 'sigmoid', 'relu'))}({grow(rng, depth - 1)})"
    if kind < 0.4:
        return f"-({grow(rng, depth - 1)})"
    if kind < 0.5:
        return f"({grow(rng, depth - 1)})^{rng.choice(('2', '3', '0.5', 'b', '-1'))}"
    return f"({grow(rng, depth - 1)} {rng.choice('+-*/')} {grow(rng, depth - 1)})"


def _gentle(nodes):
    """Whether rounding and kinks leave ten digits to compare: no large value or slope, no ReLU near its corner."""
    for node in nodes:
        inputs = [nodes[a].value for a in node.args]
        sizes = [abs(x) for x in (node.value, node.adjoint, *node.local)]
        if not all(size < 20 for size in sizes):
            return False
        if any(size < 1e-9 for size in sizes) and (sizes[1] or node.op != "relu"):
            return False  # what cancels leaves rounding, another in every order of adding
        if node.op == "relu" and abs(inputs[0]) < 0.01:
            return False
        if node.op in ("log", "div", "pow") and abs(inputs[-1 if node.op == "div" else 0]) < 0.1:
            return False
    return True


def random_states(count, seed):
    """Return `count` states with random expressions and values, all gentle."""
    rng, states = random.Random(seed), []
    while len(states) < count:
        expression = grow(rng, rng.choice((2, 3, 4)))
        values = {name: round(rng.uniform(-2, 2.5), 3) for name in ("a", "b", "c", "x1", "w")}
        try:
            steps = take_steps(expression, values)
        except ValueError:
            continue
        if _gentle(steps.nodes):
            step = rng.choice((None, *range(2 * steps.n + 1)))
            states.append({"expression": expression, "values": values, "step": step})
    return states


def soup(count, seed):
    """Return `count` strings of random tokens, some of them expressions."""
    rng = random.Random(seed)
    mixed = ["".join(rng.choices(SOUP, k=rng.randint(1, 7))) for _ in range(count // 4)]
    damaged = []
    for _ in range(count - len(mixed)):
        text = grow(rng, 3)
        at = rng.randrange(len(text))
        damaged.append(text[:at] + rng.choice((*SOUP, "")) + text[at + rng.choice((0, 1)) :])
    return mixed + damaged
