"""The Python lines that give a computation graph's numbers with the engine; expression.js writes the same."""

_OPERATORS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "**"}


def code(steps):
    """Return the program, one line a node.

    Parameters
    ----------
    steps : chainrule.explore.graph_steps.Steps

    Returns
    -------
    str
    """
    nodes, ops = steps.nodes, steps.ops
    names = [repr(float(node.value)) if node.kind == "number" else node.name for node in nodes]
    for number, i in enumerate(ops, start=1):
        names[i] = f"v{number}" if number < len(ops) else "L"
    leaves = [node for node in nodes if node.kind == "leaf"]
    gradients = ", ".join(f"{leaf.name}.grad" for leaf in leaves)
    return "\n".join(
        [
            "from chainrule import Tensor",
            "",
            *(
                f"{leaf.name} = Tensor({float(leaf.value)!r}, requires_grad=True)"
                for leaf in leaves
            ),
            *(_line(nodes, names, i) for i in ops),
            "L.backward()",
            f"print(L.item(), {gradients})",
        ]
    )


def _line(nodes, names, i):
    node = nodes[i]
    inputs = [names[a] for a in node.args]
    if all(nodes[a].kind == "number" for a in node.args):
        inputs[0] = f"Tensor({inputs[0]})"  # an operation on numbers alone would leave the engine
    if node.op in _OPERATORS:
        return f"{names[i]} = {inputs[0]} {_OPERATORS[node.op]} {inputs[1]}"
    return (
        f"{names[i]} = -{inputs[0]}"
        if node.op == "neg"
        else f"{names[i]} = {inputs[0]}.{node.op}()"
    )
