"""What the computation graph shows after some steps forward and backward, and says in words."""

from dataclasses import dataclass

from chainrule.explore.expression import differentiate, name_nodes, parse
from chainrule.explore.numbers import format_number


@dataclass
class Steps:
    """The nodes after ``step`` of ``2 n`` steps; ``ops`` are the indices of the n operations."""

    nodes: list
    ops: list
    step: int
    n: int


def take_steps(expression, values, step=None):
    """Return the graph of an expression after ``step`` steps; None means after the last.

    Parameters
    ----------
    expression : str
    values : dict of str to float
        The value of every leaf.
    step : int, optional
        0 to 2 n: n steps forward, then n backward.

    Returns
    -------
    Steps
    """
    nodes = parse(expression)
    name_nodes(nodes)
    differentiate(nodes, values)
    ops = [i for i, node in enumerate(nodes) if node.op]
    n = len(ops)
    step = 2 * n if step is None else max(0, min(2 * n, step))
    done = set(ops[2 * n - step :]) if step > n else set()
    for i, node in enumerate(nodes):
        order = ops.index(i) if node.op else -1
        node.known, node.passed = order < step, i in done
        node.current = bool(node.op) and order == (step - 1 if step <= n else 2 * n - step)
    if done:
        nodes[-1].partial = 1.0
    for i in sorted(done, reverse=True):
        for a, local in zip(nodes[i].args, nodes[i].local):
            nodes[a].partial = (nodes[a].partial or 0.0) + nodes[i].adjoint * local
    return Steps(nodes, ops, step, n)


def words(steps):
    """Return what the last step did, in a sentence or two."""
    nodes, ops, step, n = steps.nodes, steps.ops, steps.step, steps.n
    if step == 0:
        first = nodes[ops[0]]
        return (
            f"Start: the leaves have values. The next step computes {first.name} = {first.formula}."
        )
    if step <= n:
        node = nodes[ops[step - 1]]
        return f"Forward {step} of {n}: {node.name} = {node.formula} = {format_number(node.value)}."
    node = nodes[ops[2 * n - step]]
    parts = [
        _backward_words(node, nodes[a], k, node.args[k + 1 :].count(a) == 0)
        for k, a in enumerate(node.args)
        if nodes[a].kind != "number"
    ]
    end = " Every leaf has its gradient." if step == 2 * n else ""
    through = f"Backward {step - n} of {n}, through {node.name} = {node.formula}"
    return f"{through}: {'; '.join(parts) or 'only numbers below'}.{end}"


def _backward_words(node, child, k, last):
    part = node.adjoint * node.local[k]
    product = " = ".join(
        (f"{format_number(node.adjoint)} · {format_number(node.local[k])}", format_number(part))
    )
    added = last and format_number(child.partial) != format_number(part)
    total = f", added to what came by other paths: {format_number(child.partial)}" if added else ""
    return (
        f"∂L/∂{child.name} = ∂L/∂{node.name} · ∂{node.name}/∂{child.name} = {product}, "
        f"because ∂({node.formula})/∂{child.name} = {node.local_formula[k]}{total}"
    )
