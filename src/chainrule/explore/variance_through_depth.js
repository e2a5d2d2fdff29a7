// Variance through depth: the signal on its way forward, the gradient on its way back.
// compute, picture, words and code are pure: Node runs them against NumPy and against the engine.

import { fold, make, table } from "./elements.js";
import { format } from "./numbers.js";
import { bringToLife, chooser, slider, stateOf } from "./controls.js";
import { ACTIVATIONS, compute, draw, meanSquareOf, simulate, theory } from "./depth_simulation.js";
import { normals } from "./random_numbers.js";
import { picture, words } from "./depth_picture.js";

// The Python lines that give the same numbers with the engine; variance_through_depth.py writes the same.
function code({ depth, activation, scale, width, seed }) {
  return `import chainrule.nn.functional as F
from chainrule import Tensor
from chainrule.explore.depth_simulation import draw

gain, width = ${scale === Math.SQRT2 ? "2**0.5" : scale}, ${width}
inputs, last_gradient, weights = draw(depth=${depth}, width=width, seed=${seed})  # the figure's own

z = a = Tensor(inputs, requires_grad=True)
layers = [z]
for W in weights:
    z = a @ Tensor(gain / width**0.5 * W)  # variance of a weight: gain²/width
    z.retain_grad()
    layers.append(z)
    a = ${ACTIVATIONS[activation][3]}
z.backward(last_gradient)

signal = [(z.data**2).mean() for z in layers]
gradient = [(z.grad**2).mean() for z in layers]
print(f"signal ×{signal[-1]:.3g}, gradient ×{gradient[0]:.3g}")`;
}

// What this figure adds to the look of all; a constructed sheet passes a policy that refuses inline styles.
const OWN_CSS = `
.cr-depth-figure { --signal: var(--cr-note, color-mix(in srgb, #2f7fc6 80%, currentColor)); --gradient: var(--cr-back, color-mix(in srgb, #d06a10 80%, currentColor)); }
.cr-depth-figure .cr-marks { position: relative; height: 2.1rem; }
.cr-depth-figure .cr-marks button { position: absolute; top: .2rem; transform: translateX(-50%); min-height: 1.75rem; padding: 0 .5em; font-size: .84em; white-space: nowrap; }
.cr-depth-figure .cr-marks button::before { content: ""; position: absolute; left: 50%; top: -.45rem; height: .4rem; border-left: 1.5px solid var(--muted); }
.cr-depth-figure .cr-marks button[aria-pressed="true"] { border-color: var(--forward); color: var(--forward); font-weight: 600; }
.cr-depth-figure .cr-theory.cr-signal { stroke: var(--signal); }
.cr-depth-figure .cr-theory.cr-gradient { stroke: var(--gradient); }
.cr-depth-figure .cr-dots.cr-signal { fill: var(--signal); }
.cr-depth-figure .cr-dots.cr-gradient { fill: var(--gradient); }
.cr-depth-figure .cr-picture svg { max-width: min(100%, 720px); }
.cr-depth-figure .cr-signal-label { fill: var(--signal); }
.cr-depth-figure .cr-gradient-label { fill: var(--gradient); }
.cr-depth-figure .cr-say { min-height: 6.2em; font-size: 1em; }
.cr-depth-figure .cr-scroll { max-height: 18rem; overflow: auto; }
.cr-depth-figure .cr-scroll :is(th, td) { text-align: end; }
@container (max-width: 32rem) { .cr-depth-figure .cr-say { min-height: 9em; } }`;

const MARKS = [["1/n", 0, "variance 1 over n, gain 1"], ["He, 2/n", 0.5, "variance 2 over n, gain √2"]];
const [LOW, HIGH] = [-1, 1.6]; // the slider's ends, in doublings of the gain
const gainAt = (t) => (t === 0.5 ? Math.SQRT2 : Math.min(3, Number((2 ** t).toPrecision(4))));

function gainMarks(change) {
  const buttons = MARKS.map(([label, t, spoken]) => {
    const button = make("button", { type: "button", "aria-label": `${label}: ${spoken}` }, label);
    button.style.left = `calc(8px + (100% - 16px) * ${(t - LOW) / (HIGH - LOW)})`;
    button.addEventListener("click", () => change({ scale: gainAt(t) }));
    return button;
  });
  const show = (scale) => buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(gainAt(MARKS[i][1]) === scale)));
  return { show, part: make("div", { className: "cr-marks", role: "group", "aria-label": "Gains with a name" }, ...buttons) };
}

function controls(state, change) {
  const marks = gainMarks(change);
  const depth = slider("Depth", (value) => change({ depth: value }), { min: 1, max: 100, step: 1 });
  const gain = slider("Gain", (t) => change({ scale: gainAt(t) }), { min: LOW, max: HIGH, step: 0.02 }, marks.part);
  const activation = chooser("Activation", Object.entries(ACTIVATIONS).map(([key, [title]]) => [key, title]), (value) => change({ activation: value }));
  const width = chooser("Width", [32, 64, 96, 128].map((n) => [n, `${n} units`]), (value) => change({ width: Number(value) }));
  const fresh = make("button", { type: "button", className: "cr-new" }, "New weights");
  fresh.addEventListener("click", () => change({ seed: (state().seed + 1) % 1024 }));
  const show = ({ depth: layers, activation: f, scale, width: n }) => {
    const written = `${layers} ${layers === 1 ? "layer" : "layers"}`;
    depth.show(layers, written, written);
    gain.show(Number((Math.round(Math.log2(scale) * 50) / 50).toFixed(2)), `${scale === Math.SQRT2 ? "√2" : scale.toFixed(2)}, variance ${(scale ** 2).toFixed(2)}/n`, `gain ${scale.toFixed(2)}`);
    marks.show(scale);
    activation.show(f);
    width.show(n);
  };
  return { show, part: make("div", { className: "cr-controls" }, depth.part, gain.part, activation.part, width.part, fresh) };
}

function numbersByLayer() {
  const body = make("tbody");
  const rows = table("Variances, simulated and expected by theory", body, "layer", "signal", "theory", "gradient", "theory");
  const part = fold("Every layer in numbers", make("div", { className: "cr-scroll", tabIndex: 0, role: "group", "aria-label": "Variances by layer" }, rows));
  let last = null;
  const show = (computed) => {
    last = computed ?? last;
    if (!part.open) return;
    body.replaceChildren(...last.simulated.signal.map((_, l) => make("tr", {}, make("th", { scope: "row" }, String(l)),
      ...["signal", "gradient"].flatMap((name) => [last.simulated[name][l], last.theory[name][l]]).map((value) => make("td", {}, format(value, 3))))));
  };
  part.addEventListener("toggle", () => show(null));
  return { show, part };
}

function render({ model, el }) {
  const [state, change] = stateOf(model);
  const bar = controls(state, change);
  const plot = make("div", { className: "cr-picture" });
  const key = make("p", { className: "cr-key" });
  const say = make("p", { className: "cr-say", role: "status" });
  const numbers = numbersByLayer();
  const source = make("code");
  const paint = (computed, width) => { plot.innerHTML = picture(computed, width); };
  const tell = (computed) => {
    key.textContent = `Marks: one random network, ${state().width} units wide, 16 inputs, draw ${state().seed}. Lines: theory, for infinite width.`;
    source.textContent = code(state());
    numbers.show(computed);
  };
  const parts = [bar.part, plot, key, say, numbers.part, fold("Show me the code", make("pre", { tabIndex: 0 }, source))];
  return bringToLife({ model, el }, { className: "cr-depth-figure", css: OWN_CSS, parts, place: plot, room: [300, 720, 620], show: bar.show, compute, paint, tell, say, words });
}

export { code, compute, draw, meanSquareOf, normals, picture, simulate, theory, words };
export default { render };
