"""An expression: its graph and what its derivatives are; expression.js does the same.

Values and derivatives come from ``chainrule.Tensor``: the figure shows the engine's own.
"""

import math
import operator
import re
from dataclasses import dataclass, field

import numpy as np

from chainrule.explore.numbers import format_number, lowered, raised
from chainrule.tensor import Tensor, no_grad

FUNCTIONS = ("exp", "log", "sin", "tanh", "sigmoid", "relu")
_SYMBOLS = {"+": "add", "-": "sub", "*": "mul", "/": "div"}
_TOKEN = re.compile(
    r"[0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?"
    r"|[A-Za-z][A-Za-z0-9_]*|\*\*|[^ \t\r\n\f\v\u00a0]"
)
_SPELLINGS = str.maketrans({"·": "*", "×": "*", "−": "-", "σ": "sigmoid"})
_NESTED = "at most 40 parentheses may be open at once"


@dataclass
class Node:
    """One vertex: a leaf, a number, or an operation on earlier vertices ``args``."""

    kind: str
    name: str = ""
    op: str = ""
    args: list = field(default_factory=list)
    value: float = 0.0
    formula: str = ""
    local_formula: list = field(default_factory=list)
    local: list = field(default_factory=list)
    local_numeric: list = field(default_factory=list)
    adjoint: float = 0.0
    numeric: float = 0.0
    known: bool = True
    passed: bool = False
    current: bool = False
    partial: float | None = None


class _Parser:
    """Recursive descent; nodes come out in topological order, a leaf once however often used."""

    def __init__(self, source):
        found = _TOKEN.findall(source.translate(_SPELLINGS))
        self.tokens = ["^" if token == "**" else token for token in found]
        self.nodes, self.at, self.open = [], 0, 0

    def token(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else "the end"

    def add(self, kind, **what):
        self.nodes.append(Node(kind, **what))
        return len(self.nodes) - 1

    def apply(self, op, *args):
        return self.add("op", op=op, args=list(args))

    def expect(self, token):
        if self.token() != token:
            raise ValueError(f"expected {token}, got {self.token()}")
        self.at += 1

    def deeper(self):
        self.open += 1
        if self.open > 40:
            raise ValueError(_NESTED)

    def in_parentheses(self):
        self.deeper()
        self.expect("(")
        inner = self.sum()
        self.expect(")")
        self.open -= 1
        return inner

    def atom(self):
        token = self.token()
        if token == "(":
            return self.in_parentheses()
        self.at += 1
        if re.match(r"[\d.]+([eE]|$)", token, re.ASCII) and token != ".":
            return self.add("number", value=float(token))
        if token in FUNCTIONS:
            return self.apply(token, self.in_parentheses())
        return self.leaf(token)

    def leaf(self, token):
        if not re.fullmatch(r"[A-Za-z]\d?", token, re.ASCII):
            if re.fullmatch(r"[A-Za-z]\w*", token, re.ASCII):
                raise ValueError(
                    f"unknown name {token}: a leaf is one letter and at most one digit, "
                    f"a function one of {', '.join(FUNCTIONS)}"
                )
            raise ValueError(f"expected a number, a leaf or a function, got {token}")
        if re.fullmatch(r"L|v\d", token, re.ASCII):
            raise ValueError(f"{token} is the name of a result; choose another for the leaf")
        known = [i for i, node in enumerate(self.nodes) if node.name == token]
        return known[0] if known else self.add("leaf", name=token)

    def signed(self):
        negative = False
        while self.token() in ("-", "+"):
            negative = (self.token() == "-") != negative
            self.at += 1
        result = self.atom()
        if self.token() == "^":
            self.at += 1
            self.deeper()
            result = self.apply("pow", result, self.signed())
            self.open -= 1
        return self.apply("neg", result) if negative else result

    def chain(self, operators, operand):
        left = operand()
        while self.token() in operators:
            op = _SYMBOLS[self.token()]
            self.at += 1
            left = self.apply(op, left, operand())
        return left

    def product(self):
        return self.chain(("*", "/"), self.signed)

    def sum(self):
        return self.chain(("+", "-"), self.product)


def parse(source):
    """Return the nodes of an expression, arguments before what uses them.

    Parameters
    ----------
    source : str
        ``+ - * / ^`` (or ``**``), parentheses, numbers, the functions ``FUNCTIONS``, and leaves
        of one letter and at most one digit.

    Returns
    -------
    list of Node

    Raises
    ------
    ValueError
        If it is no expression, uses an unknown name, has no leaf or no operation, or is too large.

    Examples
    --------
    >>> [node.op or node.name for node in parse("(w*x + b)^2")]
    ['w', 'x', 'mul', 'b', 'add', '', 'pow']
    """
    if len(source) > 200:
        raise ValueError("the expression may have at most 200 characters")
    parser = _Parser(source)
    parser.sum()
    if parser.at < len(parser.tokens):
        raise ValueError(f"expected an operator or the end, got {parser.token()}")
    kinds = [node.kind for node in parser.nodes]
    if "leaf" not in kinds or "op" not in kinds:
        raise ValueError("the expression needs at least one leaf and one operation")
    if kinds.count("leaf") > 8 or kinds.count("op") > 16:
        raise ValueError("the expression may have at most 8 leaves and 16 operations")
    return parser.nodes


def _power(a, b):
    return a + raised(b) if re.fullmatch(r"\d", b, re.ASCII) else f"{a}^{b}"


def _power_locals(v, a, b):
    return [f"2·{a}" if b == "2" else f"{b}·{a}^({b}−1)", f"{v}·log {a}"]


# op: (its formula, the formulas of its local derivatives), from the names of v = op(a, b)
_FORMULAS = {
    "add": (lambda a, b: f"{a} + {b}", lambda v, a, b: ["1", "1"]),
    "sub": (lambda a, b: f"{a} − {b}", lambda v, a, b: ["1", "−1"]),
    "mul": (lambda a, b: f"{a}·{b}", lambda v, a, b: [b, a]),
    "div": (lambda a, b: f"{a}/{b}", lambda v, a, b: [f"1/{b}", f"−{a}/{b}²"]),
    "pow": (_power, _power_locals),
    "neg": (lambda a: f"−{a}", lambda v, a: ["−1"]),
    "exp": (lambda a: f"exp({a})", lambda v, a: [v]),
    "log": (lambda a: f"log({a})", lambda v, a: [f"1/{a}"]),
    "sin": (lambda a: f"sin({a})", lambda v, a: [f"cos({a})"]),
    "tanh": (lambda a: f"tanh({a})", lambda v, a: [f"1 − {v}²"]),
    "sigmoid": (lambda a: f"σ({a})", lambda v, a: [f"{v}·(1 − {v})"]),
    "relu": (lambda a: f"relu({a})", lambda v, a: [f"1 if {a} > 0, else 0"]),
}


def name_nodes(nodes):
    """Name the operations v₁, v₂, ..., L and write their formulas, in place."""
    ops = [node for node in nodes if node.op]
    for number, node in enumerate(ops, start=1):
        node.name = f"v{lowered(number)}" if number < len(ops) else "L"
    for node in nodes:
        if node.kind == "number":
            node.name = format_number(node.value)
    for node in ops:
        names = [nodes[a].name for a in node.args]
        formula, local_formula = _FORMULAS[node.op]
        node.formula, node.local_formula = formula(*names), local_formula(node.name, *names)


# op: what the engine's Tensor does for it
_ENGINE = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "pow": operator.pow,
    "neg": operator.neg,
    **{name: operator.methodcaller(name) for name in FUNCTIONS},
}


def _forward(op, *inputs):
    with no_grad():
        return _ENGINE[op](*(Tensor(float(x)) for x in inputs)).item()


def _evaluate(nodes, values, changed=-1, by=0.0):
    result = []
    for i, node in enumerate(nodes):
        if node.kind == "op":
            value = _forward(node.op, *(result[a] for a in node.args))
        else:
            value = values[node.name] if node.kind == "leaf" else node.value
        result.append(value + by if i == changed else value)
    return result


def _step_of(x):
    return 6e-6 * max(1.0, abs(x))


def digits(exact, numeric):
    """Return to how many digits two derivatives agree, relative to at least 1: 0 to 9, the rest is rounding."""
    gap = abs(exact - numeric) / max(1.0, abs(exact), abs(numeric))
    if not math.isfinite(gap):
        return 0
    return 9 if gap == 0 else max(0, min(9, math.floor(-math.log10(gap))))


def differentiate(nodes, values):
    """Give every node its value, adjoint, local derivatives, and central differences, in place.

    Values and derivatives are the engine's; only the differences are taken here.
    """
    with np.errstate(all="ignore"):
        tensors = _record(nodes, values)
        value = [tensor.item() for tensor in tensors]
        for i, (node, tensor) in enumerate(zip(nodes, tensors)):
            h = _step_of(value[i])
            above, below = (_evaluate(nodes, values, i, shift)[-1] for shift in (h, -h))
            node.value, node.adjoint = value[i], float(tensor.grad)
            node.numeric = (above - below) / (2 * h)
            if node.op:
                inputs = [value[a] for a in node.args]
                node.local = _local(node.op, inputs)
                node.local_numeric = [_difference(node.op, inputs, k) for k in range(len(inputs))]


def _record(nodes, values):
    """Return a tensor for every node, with the gradient of the last one with respect to each."""
    tensors = []
    for node in nodes:
        if node.kind == "op":
            tensors.append(_ENGINE[node.op](*(tensors[a] for a in node.args)))
            tensors[-1].retain_grad()
        else:
            value = values[node.name] if node.kind == "leaf" else node.value
            tensors.append(Tensor(float(value), requires_grad=True))
    tensors[-1].backward()
    return tensors


def _local(op, inputs):
    tensors = [Tensor(x, requires_grad=True) for x in inputs]
    _ENGINE[op](*tensors).backward()
    return [float(tensor.grad) for tensor in tensors]


def _difference(op, inputs, k):
    h = _step_of(inputs[k])
    above, below = (
        _forward(op, *(x + shift if j == k else x for j, x in enumerate(inputs)))
        for shift in (h, -h)
    )
    return (above - below) / (2 * h)
