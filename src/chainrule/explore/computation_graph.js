// The computation graph: edit the leaves, step forward and backward, check every derivative.
import { code, compute, digits, parse, words } from "./expression.js";
import { picture } from "./graph_picture.js";
import { fold, make, table } from "./elements.js";
import { format } from "./numbers.js";
import { dress } from "./styles.js";

export const EXAMPLES = [
  ["One neuron, squared error", "(sigmoid(w*x + b) - y)^2", { w: 0.7, x: 2, b: -0.4, y: 1 }],
  ["One neuron, logistic loss", "-log(sigmoid(w*x + b))", { w: 0.7, x: 2, b: -0.4 }],
  ["A hidden ReLU unit", "(v*relu(w*x + b) - y)^2", { w: 0.5, x: 2, b: -0.6, v: 1.5, y: 1 }],
  ["Two paths from each input", "log(a) + a*b - sin(b)", { a: 2, b: 5 }],
];

// A row of the table of checks: a derivative by the chain rule, by a central difference, digits.
function checkRow(header, ...before) {
  const cells = [0, 1, 2].map(() => make("td"));
  const row = make("tr", {}, make("th", { scope: "row" }, header), ...before, ...cells);
  const show = (exact, numeric) => {
    const agreed = digits(exact, numeric);
    [format(exact, 6), format(numeric, 6), `${agreed < 6 ? "✗" : "✓"} ${agreed}`].forEach((content, i) => { cells[i].textContent = content; });
  };
  return { row, show };
}

function controls(state, change) {
  const choice = make("select", {}, ...EXAMPLES.map(([title]) => new Option(title)), new Option("My own expression"));
  const field = make("input", { type: "text", spellcheck: false, autocomplete: "off", maxLength: 200 });
  const problem = make("p", { className: "cr-problem", role: "alert" });
  const complain = (message) => {
    problem.textContent = message;
    field.setAttribute("aria-invalid", String(message !== ""));
  };
  choice.addEventListener("change", () => {
    const [, expression, values] = EXAMPLES[choice.selectedIndex] ?? [];
    if (!expression) {
      field.focus();
      return;
    }
    field.value = expression;
    complain("");
    change({ expression, values, step: null });
  });
  field.addEventListener("input", () => {
    try {
      parse(field.value);
      change({ expression: field.value, step: null });
      complain("");
    } catch (error) {
      complain(error.message);
    }
  });
  const move = (to) => {
    const { step, n } = compute(state());
    change({ step: Math.max(0, Math.min(2 * n, to(step, n))) });
  };
  const buttons = [["Start", () => 0], ["◀ Back", (at) => at - 1], ["Step ▶", (at) => at + 1], ["End", (at, n) => 2 * n]].map(([label, to]) => {
    const button = make("button", { type: "button" }, label);
    if (label.startsWith("Step")) button.dataset.main = "";
    button.addEventListener("click", () => move(to));
    return button;
  });
  const show = ({ expression }, { step, n }) => {
    const known = EXAMPLES.findIndex((example) => example[1] === expression);
    choice.selectedIndex = known < 0 ? EXAMPLES.length : known;
    if (field !== field.getRootNode().activeElement) {
      field.value = expression;
      complain("");
    }
    buttons.forEach((button, i) => button.setAttribute("aria-disabled", String(step === (i < 2 ? 0 : 2 * n))));
  };
  return { show, move, parts: [make("label", {}, "Example ", choice), make("label", {}, "L = ", field), problem,
    make("div", { className: "cr-buttons", role: "group", "aria-label": "Steps" }, ...buttons)] };
}

function tables(change) {
  const [leafBody, edgeBody] = [make("tbody"), make("tbody")];
  let drawn = null;
  let rows = [];
  const leafInput = ({ name, value }, state) => {
    const input = make("input", { type: "number", step: 0.1, value, "aria-label": `value of ${name}` });
    input.addEventListener("input", () => {
      if (Number.isFinite(input.valueAsNumber)) change({ values: { ...state().values, [name]: input.valueAsNumber } });
    });
    return input;
  };
  const build = ({ nodes, ops }, state) => {
    const leaves = nodes.filter((node) => node.kind === "leaf").map((node) => {
      const input = leafInput(node, state);
      const { row, show } = checkRow(node.name, make("td", {}, input));
      leafBody.append(row);
      return (now) => {
        const { adjoint, numeric, value } = now.find((other) => other.name === node.name);
        if (input.valueAsNumber !== value && input !== input.getRootNode().activeElement) input.value = value;
        show(adjoint, numeric);
      };
    });
    const edges = ops.flatMap((i) => nodes[i].args.map((a, k) => [i, a, k])).filter(([, a]) => nodes[a].kind !== "number").map(([i, a, k]) => {
      const { row, show } = checkRow(`∂${nodes[i].name}/∂${nodes[a].name}`);
      edgeBody.append(row);
      return (now) => show(now[i].local[k], now[i].localNumeric[k]);
    });
    return [...leaves, ...edges];
  };
  const show = (state, computed) => {
    if (drawn !== state().expression) {
      leafBody.replaceChildren();
      edgeBody.replaceChildren();
      rows = build(computed, state);
      drawn = state().expression;
    }
    rows.forEach((row) => row(computed.nodes));
  };
  return { show,
    leaves: table("The leaves: change a value", leafBody, "leaf", "value", "∂L/∂leaf", "central difference", "agree"),
    edges: table("Local derivatives, one an edge", edgeBody, "edge", "formula", "central difference", "agree") };
}

// One derivative a line, and no line broken within one.
const inLines = (sentence) => sentence.replace(/: (?=∂)|; (?=∂)/g, (mark) => `${mark[0]}\n`).replace(/\//g, "/\u2060");

function render({ model, el }) {
  const state = () => model.get("state");
  const change = (part) => {
    model.set("state", { ...state(), ...part });
    model.save_changes();
  };
  const say = make("p", { className: "cr-say", role: "status" });
  const graph = make("div", { className: "cr-picture", tabIndex: 0, role: "group", "aria-label": "The graph; arrow keys left and right step" });
  const source = make("code");
  const bar = controls(state, change);
  const checks = tables(change);
  const update = () => {
    try {
      const computed = compute(state());
      graph.innerHTML = picture(computed);
      graph.firstChild.style.maxWidth = `${1.1 * graph.firstChild.viewBox.baseVal.width}px`;
      say.textContent = inLines(words(computed));
      source.textContent = code(state());
      bar.show(state(), computed);
      checks.show(state, computed);
    } catch (error) {
      say.textContent = `This state cannot be shown: ${error.message}.`; // it came from Python
    }
  };
  graph.addEventListener("keydown", ({ key }) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (by) bar.move((at) => at + by);
  });
  const panel = make("div", { className: "cr-panel" }, ...bar.parts, say, make("div", { className: "cr-scroll", tabIndex: 0, role: "group", "aria-label": "Gradients of the leaves" }, checks.leaves),
    fold("Every edge, checked", make("div", { className: "cr-scroll", tabIndex: 0, role: "group", "aria-label": "Local derivatives" }, checks.edges)),
    fold("Show me the code", make("pre", { tabIndex: 0 }, source)));
  dress(el);
  el.replaceChildren(make("div", { className: "cr-live-body" }, make("div", { className: "cr-columns" }, graph, panel)));
  el.addEventListener("keydown", (event) => event.stopPropagation()); // JupyterLab takes the arrow keys otherwise
  update();
  model.on("change:state", update);
  return () => model.off("change:state", update);
}

export { code, compute, parse, picture, words };
export default { render };
