// An expression: its graph, values, derivatives, and what happened in words. expression.py does the same.
import { format, lowered, raised } from "./numbers.js";

const power = (a, b) => (/^\d$/.test(b) ? a + raised(b) : `${a}^${b}`);
const OPS = {
  // name: [value, local derivatives, formula, formulas of the local derivatives]
  add: [(a, b) => a + b, () => [1, 1], (a, b) => `${a} + ${b}`, () => ["1", "1"]],
  sub: [(a, b) => a - b, () => [1, -1], (a, b) => `${a} − ${b}`, () => ["1", "−1"]],
  mul: [(a, b) => a * b, (v, a, b) => [b, a], (a, b) => `${a}·${b}`, (v, a, b) => [b, a]],
  div: [(a, b) => a / b, (v, a, b) => [1 / b, -a / (b * b)], (a, b) => `${a}/${b}`,
    (v, a, b) => [`1/${b}`, `−${a}/${b}²`]],
  pow: [(a, b) => a ** b, (v, a, b) => [b * a ** (b - 1), v * Math.log(a)], power,
    (v, a, b) => [b === "2" ? `2·${a}` : `${b}·${a}^(${b}−1)`, `${v}·log ${a}`]],
  neg: [(a) => -a, () => [-1], (a) => `−${a}`, () => ["−1"]],
  exp: [Math.exp, (v) => [v], (a) => `exp(${a})`, (v) => [v]],
  log: [Math.log, (v, a) => [1 / a], (a) => `log(${a})`, (v, a) => [`1/${a}`]],
  sin: [Math.sin, (v, a) => [Math.cos(a)], (a) => `sin(${a})`, (v, a) => [`cos(${a})`]],
  tanh: [Math.tanh, (v) => [1 - v * v], (a) => `tanh(${a})`, (v) => [`1 − ${v}²`]],
  sigmoid: [(a) => (a < 0 ? Math.exp(a) / (1 + Math.exp(a)) : 1 / (1 + Math.exp(-a))),
    (v) => [v * (1 - v)], (a) => `σ(${a})`, (v) => [`${v}·(1 − ${v})`]],
  relu: [(a) => (a > 0 ? a : 0 * a), (v, a) => [a > 0 ? 1 : 0], (a) => `relu(${a})`,
    (v, a) => [`1 if ${a} > 0, else 0`]],
};
const FUNCTIONS = ["exp", "log", "sin", "tanh", "sigmoid", "relu"];
const SYMBOLS = { "+": "add", "-": "sub", "*": "mul", "/": "div" };

// Recursive descent; nodes come out in topological order, a leaf once however often it is used.
export function parse(source) {
  const text = source.replace(/[·×]/g, "*").replace(/−/g, "-").replace(/σ/g, "sigmoid");
  const found = text.match(/[0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?|[A-Za-z][A-Za-z0-9_]*|\*\*|[^ \t\r\n\f\v\u00a0]/gu) ?? [];
  const tokens = found.map((token) => (token === "**" ? "^" : token));
  const nodes = [];
  let at = 0;
  let open = 0;
  const fail = (message) => { throw new Error(message); };
  const add = (node) => nodes.push({ args: [], ...node }) - 1;
  const apply = (op, ...args) => add({ kind: "op", op, args });
  const expect = (token) => {
    if (tokens[at] !== token) fail(`expected ${token}, got ${tokens[at] ?? "the end"}`);
    at += 1;
  };
  const inParentheses = () => {
    if ((open += 1) > 40) fail("at most 40 parentheses may be open at once");
    expect("(");
    const inner = sum();
    expect(")");
    open -= 1;
    return inner;
  };
  const atom = () => {
    const token = tokens[at] ?? "the end";
    if (token === "(") return inParentheses();
    at += 1;
    if (/^[\d.]+(e|$)/i.test(token) && token !== ".") return add({ kind: "number", value: Number(token) });
    if (FUNCTIONS.includes(token)) return apply(token, inParentheses());
    if (!/^[A-Za-z]\d?$/.test(token)) {
      fail(/^[A-Za-z]\w*$/.test(token)
        ? `unknown name ${token}: a leaf is one letter and at most one digit, a function one of ${FUNCTIONS.join(", ")}`
        : `expected a number, a leaf or a function, got ${token}`);
    }
    if (/^(L|v\d)$/.test(token)) fail(`${token} is the name of a result; choose another for the leaf`);
    const known = nodes.findIndex((node) => node.name === token);
    return known < 0 ? add({ kind: "leaf", name: token }) : known;
  };
  const signed = () => {
    let negative = false;
    while (tokens[at] === "-" || tokens[at] === "+") negative = (tokens[at++] === "-") !== negative;
    let result = atom();
    if (tokens[at] === "^") {
      at += 1;
      if ((open += 1) > 40) fail("at most 40 parentheses may be open at once");
      result = apply("pow", result, signed());
      open -= 1;
    }
    return negative ? apply("neg", result) : result;
  };
  const chain = (operators, operand) => () => {
    let left = operand();
    while (operators.includes(tokens[at])) left = apply(SYMBOLS[tokens[at++]], left, operand());
    return left;
  };
  const product = chain(["*", "/"], signed);
  const sum = chain(["+", "-"], product);

  if (source.length > 200) fail("the expression may have at most 200 characters");
  sum();
  if (at < tokens.length) fail(`expected an operator or the end, got ${tokens[at]}`);
  const leaves = nodes.filter((node) => node.kind === "leaf").length;
  const steps = nodes.filter((node) => node.kind === "op").length;
  if (!leaves || !steps) fail("the expression needs at least one leaf and one operation");
  if (leaves > 8 || steps > 16) fail("the expression may have at most 8 leaves and 16 operations");
  return nodes;
}

function evaluate(nodes, values, changed = -1, by = 0) {
  const result = [];
  nodes.forEach((node, i) => {
    result[i] = node.kind === "leaf" ? (values[node.name] ?? 1) : node.kind === "number" ? node.value
      : OPS[node.op][0](...node.args.map((a) => result[a]));
    if (i === changed) result[i] += by;
  });
  return result;
}

const widthOf = (x) => 6e-6 * Math.max(1, Math.abs(x));

// To how many digits two derivatives agree, at most 9: what lies beyond is rounding.
export function digits(exact, numeric) {
  const gap = Math.abs(exact - numeric) / Math.max(1, Math.abs(exact), Math.abs(numeric));
  return Number.isNaN(gap) ? 0 : Math.max(0, Math.min(9, Math.floor(-Math.log10(gap))));
}

function differentiate(nodes, value, values) {
  const adjoint = nodes.map(() => 0);
  const root = nodes.length - 1;
  adjoint[root] = 1;
  for (let i = root; i >= 0; i -= 1) {
    const node = nodes[i];
    if (node.kind !== "op") continue;
    const inputs = node.args.map((a) => value[a]);
    node.local = OPS[node.op][1](value[i], ...inputs);
    node.localNumeric = inputs.map((x, k) => {
      const at = (shift) => OPS[node.op][0](...inputs.map((y, j) => (j === k ? y + shift : y)));
      return (at(widthOf(x)) - at(-widthOf(x))) / (2 * widthOf(x));
    });
    node.args.forEach((a, k) => { adjoint[a] += adjoint[i] * node.local[k]; });
  }
  nodes.forEach((node, i) => {
    const h = widthOf(value[i]);
    const at = (shift) => evaluate(nodes, values, i, shift)[root];
    Object.assign(node, { value: value[i], adjoint: adjoint[i], numeric: (at(h) - at(-h)) / (2 * h) });
  });
}

// Everything that the figure shows, from what the reader chose: {expression, values, step}.
export function compute(state) {
  const nodes = parse(state.expression);
  const ops = nodes.map((_, i) => i).filter((i) => nodes[i].kind === "op");
  nodes.forEach((node, i) => {
    if (node.kind === "number") node.name = format(node.value);
    if (node.kind !== "op") return;
    node.name = i === nodes.length - 1 ? "L" : `v${lowered(ops.indexOf(i) + 1)}`;
    const names = node.args.map((a) => nodes[a].name);
    node.formula = OPS[node.op][2](...names);
    node.localFormula = OPS[node.op][3](node.name, ...names);
  });
  differentiate(nodes, evaluate(nodes, state.values), state.values);
  const n = ops.length;
  const step = Math.max(0, Math.min(2 * n, state.step ?? 2 * n));
  const done = ops.slice(Math.max(0, 2 * n - step));
  nodes.forEach((node, i) => {
    node.known = node.kind !== "op" || ops.indexOf(i) < step;
    node.passed = step > n && done.includes(i);
    node.partial = step > n && node.name === "L" ? 1 : null;
    node.current = node.kind === "op" && ops.indexOf(i) === (step <= n ? step - 1 : 2 * n - step);
  });
  for (const i of [...done].reverse()) {
    if (step > n) nodes[i].args.forEach((a, k) => { nodes[a].partial = (nodes[a].partial ?? 0) + nodes[i].adjoint * nodes[i].local[k]; });
  }
  return { nodes, ops, step, n };
}

// What the last step did, in one sentence or two.
export function words({ nodes, ops, step, n }) {
  if (step === 0) return `Start: the leaves have values. The next step computes ${nodes[ops[0]].name} = ${nodes[ops[0]].formula}.`;
  if (step <= n) {
    const node = nodes[ops[step - 1]];
    return `Forward ${step} of ${n}: ${node.name} = ${node.formula} = ${format(node.value)}.`;
  }
  const node = nodes[ops[2 * n - step]];
  const parts = [];
  node.args.forEach((a, k) => {
    const child = nodes[a];
    if (child.kind === "number") return;
    const part = node.adjoint * node.local[k];
    const product = `${format(node.adjoint)} · ${format(node.local[k])} = ${format(part)}`;
    const total = node.args.lastIndexOf(a) === k && format(child.partial) !== format(part)
      ? `, added to what came by other paths: ${format(child.partial)}` : "";
    parts.push(`∂L/∂${child.name} = ∂L/∂${node.name} · ∂${node.name}/∂${child.name} = ${product}, `
      + `because ∂(${node.formula})/∂${child.name} = ${node.localFormula[k]}${total}`);
  });
  const end = step === 2 * n ? " Every leaf has its gradient." : "";
  return `Backward ${step - n} of ${n}, through ${node.name} = ${node.formula}: ${parts.join("; ") || "only numbers below"}.${end}`;
}

const literal = (x) => (/^-?\d+$/.test(x) ? `${x}.0` : String(x));

// The Python lines that give the same numbers with the engine, one line a node.
export function code(state) {
  const { nodes, ops } = compute(state);
  const names = nodes.map((node) => (node.kind === "number" ? literal(node.value) : node.name));
  ops.forEach((i, k) => { names[i] = i === nodes.length - 1 ? "L" : `v${k + 1}`; });
  const line = (i) => {
    const { op, args } = nodes[i];
    const [a, b] = args.map((j) => names[j]);
    const first = args.every((j) => nodes[j].kind === "number") ? `Tensor(${a})` : a;
    const symbol = { add: "+", sub: "-", mul: "*", div: "/", pow: "**" }[op];
    return `${names[i]} = ${symbol ? `${first} ${symbol} ${b}` : op === "neg" ? `-${first}` : `${first}.${op}()`}`;
  };
  const leaves = nodes.filter((node) => node.kind === "leaf");
  return ["from chainrule import Tensor", "",
    ...leaves.map(({ name, value }) => `${name} = Tensor(${literal(value)}, requires_grad=True)`), ...ops.map(line),
    "L.backward()", `print(L.item(), ${leaves.map(({ name }) => `${name}.grad`).join(", ")})`].join("\n");
}
