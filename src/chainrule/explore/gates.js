// Gates: type symbols, clamp a gate, move the forget bias, and see an LSTM cell of one unit through time.
// compute, picture, words, formulas and code are pure: Node runs them against gates_cell.py.

import { fold, make } from "./elements.js";
import { format } from "./numbers.js";
import { bringToLife, chooser, slider, stateOf } from "./controls.js";
import { FORMULAS_CSS, formulaList } from "./formula_list.js";
import { LONGEST, compute, halfLife, problemOf, readSymbol } from "./gates_cell.js";
import { chosen, columns, formulas, picture, words } from "./gates_picture.js";

const EXAMPLES = [
  ["Keep a number", { text: "7 keep it ?", input: null, forget: null, output: null }],
  ["Write over it", { text: "7 no 2 yes ?", input: null, forget: null, output: null }],
  ["Add up: f clamped to 1", { text: "1 2 3 4 ?", input: null, forget: 1, output: null }],
  ["Let all in: i clamped to 1", { text: "7 keep it ?", input: 1, forget: null, output: null }],
];
const CLAMPS = [["input", "Input gate"], ["forget", "Forget gate"], ["output", "Output gate"]];

// The Python lines that run the same cell with the engine; gates.py writes the same.
function code({ text, bias, input, forget, output }) {
  const gate = (clamp, ...free) => (clamp === null ? free : [0, 0, 0, clamp ? 1000 : -1000]); // weights of value, write, read, and the bias
  const parts = [gate(input, 0, 8, 0, -4), gate(forget, 0, -8, 0, bias), [1, 0, 0, 0], gate(output, 0, 0, 8, -4)];
  const row = (k) => `[${parts.map((part) => part[k]).join(", ")}]`;
  return `import numpy as np

from chainrule import Tensor, nn

x = Tensor([  # value, write, read of "${text}"
${[...text].map((symbol) => `    [${readSymbol(symbol).join(", ")}],`).join("\n")}
], dtype=np.float64, requires_grad=True)
cell = nn.LSTMCell(3, 1, rng=np.random.default_rng(0), dtype=np.float64)
cell.load_state_dict({  # columns: input gate, forget gate, candidate, output gate
    "weight_ih": np.array([${row(0)}, ${row(1)}, ${row(2)}]),
    "weight_hh": np.array([[0, 0, 0.5, 0]]),
    "bias": np.array(${row(3)}),${[input, forget, output].some((clamp) => clamp !== null) ? "  # σ(±1000) is 1 or 0: a clamped gate" : ""}
})
h = c = Tensor(np.zeros((1, 1)))
hidden, cells = [], []
for t in range(len(x.data)):
    h, c = cell(x[t : t + 1], (h, c))
    c.retain_grad()
    hidden.append(h.item())
    cells.append(c)
h.backward()
to_cells = [c.grad.item() for c in cells]  # derivatives of the last h by every cell
to_values = x.grad[:, 0]  # ... and by every value typed
print(hidden[-1], to_cells[0])`;
}

const OWN_CSS = `
.cr-gates-figure { --gate: var(--cr-note, color-mix(in srgb, #2f7fc6 80%, currentColor)); }
.cr-gates-figure .cr-bars.cr-gate { fill: var(--gate); }
.cr-gates-figure .cr-bars.cr-state { fill: var(--forward); }
.cr-gates-figure .cr-bars.cr-gradient { fill: var(--backward); }
.cr-gates-figure .cr-picture { cursor: crosshair; }
.cr-gates-figure .cr-picture svg { max-width: min(100%, 720px); }
.cr-gates-figure .cr-controls > .cr-half { grid-column: span 6; }
.cr-gates-figure label > input[type="text"] { flex: 1 0 100%; }
.cr-gates-figure .cr-hint { font-size: .84em; color: var(--muted); }
.cr-gates-figure .cr-say { min-height: 6.2em; font-size: .95em; }
@container (max-width: 32rem) { .cr-gates-figure .cr-controls > .cr-half { grid-column: span 12; } .cr-gates-figure .cr-controls > .cr-clamp { grid-column: span 4; } .cr-gates-figure .cr-say { min-height: 11em; } }`;

function textField(change, state) {
  const field = make("input", { type: "text", spellcheck: false, autocomplete: "off", maxLength: 40 });
  const problem = make("p", { className: "cr-problem", role: "alert" });
  const complain = (message) => {
    problem.textContent = message;
    field.setAttribute("aria-invalid", String(message !== ""));
  };
  field.addEventListener("input", () => {
    complain(problemOf(field.value));
    if (!problem.textContent) change({ text: field.value, step: Math.min(state().step, field.value.length) });
  });
  const show = (text) => {
    if (field === field.getRootNode().activeElement) return;
    field.value = text;
    complain("");
  };
  return { show, problem, part: make("label", { className: "cr-half" }, make("b", {}, "Sequence, one symbol a step"), field) };
}

function controls(state, change) {
  const example = chooser("Example", [...EXAMPLES.map(([title], k) => [k, title]), [EXAMPLES.length, "My own"]], (k) => {
    if (EXAMPLES[k]) change({ ...EXAMPLES[k][1], step: 1 });
    else field.part.querySelector("input").focus();
  });
  example.part.className = "cr-half";
  const field = textField(change, state);
  const clamps = CLAMPS.map(([name, title]) => {
    const choice = chooser(title, [["", "free"], ["0", "clamp 0"], ["1", "clamp 1"]], (value) => change({ [name]: value === "" ? null : Number(value) }));
    choice.part.className = "cr-clamp";
    return choice;
  });
  const bias = slider("Forget bias", (value) => change({ bias: value }), { min: -2, max: 8, step: 0.1 });
  const step = slider("Step in formulas", (value) => change({ step: value }), { min: 1, max: LONGEST, step: 1 });
  const show = (now) => {
    const known = EXAMPLES.findIndex(([, own]) => Object.entries(own).every(([key, value]) => now[key] === value));
    example.show(known < 0 ? EXAMPLES.length : known);
    field.show(now.text);
    clamps.forEach((choice, k) => choice.show(now[CLAMPS[k][0]] ?? ""));
    const life = `half-life ${format(halfLife(now), 3)} steps`;
    bias.show(now.bias, `${format(now.bias, 2)}, ${now.forget === null ? life : "clamped"}`, `${format(now.bias, 2)}, ${now.forget === null ? life : "but the gate is clamped"}`);
    step.part.querySelector("input").max = now.text.length;
    step.show(now.step, `${now.step} of ${now.text.length}`, `step ${now.step} of ${now.text.length}, symbol ${now.text[now.step - 1] === " " ? "space" : now.text[now.step - 1]}`);
  };
  return { show, problem: field.problem, part: make("div", { className: "cr-controls" }, example.part, field.part, ...clamps.map(({ part }) => part), bias.part, step.part) };
}

function render({ model, el }) {
  const [state, change] = stateOf(model);
  const bar = controls(state, change);
  const plot = make("div", { className: "cr-picture" });
  const list = formulaList();
  const source = make("code");
  const say = make("p", { className: "cr-say", role: "status" });
  let wide = 0;
  const point = ({ clientX }) => {
    const drawn = plot.firstChild.getBoundingClientRect();
    const place = columns(wide, state().text.length);
    const step = Math.floor((((clientX - drawn.left) * wide) / drawn.width - place.left) / place.wide) + 1;
    if (step >= 1 && step <= state().text.length && step !== state().step) change({ step });
  };
  for (const kind of ["pointermove", "pointerdown"]) plot.addEventListener(kind, point);
  const tell = (computed) => {
    const now = chosen(computed);
    list.show(`Step ${now + 1} of ${computed.steps.length}: it reads ${computed.steps[now].symbol === " " ? "a space" : computed.steps[now].symbol}`, formulas(computed));
    source.textContent = code(state());
  };
  const hint = make("p", { className: "cr-hint" }, "A digit is a number to write, from 0 to 0.9. A letter is a number that passes by, from −1 for a to 1 for z. A question mark asks for what is held; a space says nothing. "
    + "Point at a step, or move the slider, to see its formulas. In the strip ∂h/∂c the lines across count the way along the cell alone.");
  return bringToLife({ model, el }, {
    className: "cr-gates-figure", css: FORMULAS_CSS + OWN_CSS, place: plot, room: [290, 720, 620], show: bar.show, compute, tell, say, words,
    parts: [bar.part, bar.problem, plot, say, hint, list.part, fold("Show me the code", make("pre", { tabIndex: 0 }, source))],
    paint: (computed, width) => {
      wide = width;
      plot.innerHTML = picture(computed, width);
    },
  });
}

export { code, compute, formulas, picture, problemOf, words };
export default { render };
