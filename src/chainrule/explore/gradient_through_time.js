// The gradient through time: recurrent weights, length, nonlinearity and inputs, and what comes back of a gradient.
// compute, picture, words and code are pure: Node runs them against time_simulation.py.

import { fold, make, table } from "./elements.js";
import { format } from "./numbers.js";
import { bringToLife, chooser, slider, stateOf } from "./controls.js";
import { FUNCTIONS, KINDS, LONGEST, compute, draw } from "./time_simulation.js";
import { picture, words } from "./time_picture.js";

const STEPS = { identity: "Tensor(size * x) + h @ W", tanh: "(Tensor(size * x) + h @ W).tanh()", relu: "(Tensor(size * x) + h @ W).relu()" };

// The Python lines that give the same numbers with the engine; gradient_through_time.py writes the same.
function code({ kind, rho, steps, activation, size, clip, seed }) {
  return `import numpy as np

from chainrule import Tensor, optim
from chainrule.explore.time_simulation import draw

rho, size = ${rho}, ${size}
start, weights, inputs = draw("${kind}", steps=${steps}, seed=${seed})  # the figure's own, of spectral radius 1
n = len(start)
W = Tensor(rho * weights, requires_grad=True)
h = Tensor(np.tile(start, (n, 1)), requires_grad=True)  # the same state n times
states = [h]
for x in inputs:
    h = ${STEPS[activation]}
    h.retain_grad()
    states.append(h)
h.backward(np.eye(n))  # row k: derivatives of unit k of the last state
norms = [np.linalg.norm(h.grad) / n**0.5 for h in states]
norm = optim.clip_grad_norm_([W], ${clip === null ? "np.inf" : clip})  # before clipping
print(norms[0], rho ** len(inputs), norm)`;
}

const OWN_CSS = `
.cr-time-figure :is(.cr-norm, .cr-clipped) { stroke: var(--backward); }
.cr-time-figure :is(.cr-norm-label, .cr-clipped-label) { fill: var(--backward); }
.cr-time-figure .cr-states { stroke: var(--forward); }
.cr-time-figure .cr-label { paint-order: stroke; stroke: var(--cr-paper, var(--jp-layout-color0, Canvas)); stroke-width: 3px; stroke-linejoin: round; }
.cr-time-figure .cr-picture svg { max-width: min(100%, 720px); }
.cr-time-figure .cr-controls > .cr-new { grid-column: span 6; }
.cr-time-figure .cr-hint { font-size: .84em; color: var(--muted); }
.cr-time-figure .cr-say { min-height: 6.2em; font-size: .95em; }
.cr-time-figure .cr-scroll { max-height: 18rem; overflow: auto; }
@container (max-width: 32rem) { .cr-time-figure .cr-controls > .cr-new { grid-column: span 12; } .cr-time-figure .cr-say { min-height: 12em; } }`;

function controls(state, change) {
  const set = (name) => (value) => change({ [name]: value });
  const kind = chooser("Recurrent weights", Object.entries(KINDS), set("kind"));
  const activation = chooser("Nonlinearity", Object.entries(FUNCTIONS).map(([key, [title]]) => [key, title]), set("activation"));
  const clip = chooser("Clip the gradient", [["", "no"], ...[0.1, 1, 10].map((most) => [most, `at norm ${most}`])], (value) => change({ clip: value === "" ? null : Number(value) }));
  const knobs = {
    rho: slider("Spectral radius ρ", set("rho"), { min: 0.1, max: 2, step: 0.01 }),
    steps: slider("Steps T", set("steps"), { min: 2, max: LONGEST, step: 1 }),
    size: slider("Size of the inputs", set("size"), { min: 0, max: 3, step: 0.05 }),
  };
  const fresh = make("button", { type: "button", className: "cr-new" }, "New weights and inputs");
  fresh.addEventListener("click", () => change({ seed: (state().seed + 1) % 1024 }));
  const show = (now) => {
    kind.show(now.kind);
    activation.show(now.activation);
    clip.show(now.clip ?? "");
    for (const [name, knob] of Object.entries(knobs)) knob.show(now[name], format(now[name], 3), format(now[name], 3));
  };
  return { show, part: make("div", { className: "cr-controls" }, kind.part, activation.part, clip.part, ...Object.values(knobs).map(({ part }) => part), fresh) };
}

function numbersByStep() {
  const body = make("tbody");
  const rows = table("The largest state, the norm of the last state’s derivative, and the line", body, "step", "state", "gradient", "slope log ρ");
  const part = fold("Every step in numbers", make("div", { className: "cr-scroll", tabIndex: 0, role: "group", "aria-label": "States and gradients by step" }, rows));
  const show = ({ states, norms, line }) => body.replaceChildren(...states.map((h, t) => make("tr", {}, make("th", { scope: "row" }, String(t)),
    ...[Math.max(...h.map(Math.abs)), norms[t], line[t]].map((value) => make("td", {}, format(value, 3))))));
  return { show, part };
}

function render({ model, el }) {
  const [state, change] = stateOf(model);
  const bar = controls(state, change);
  const plot = make("div", { className: "cr-picture" });
  const hint = make("p", { className: "cr-hint" }, "h₀ has length 1, then hₜ = f(inputs + hₜ₋₁ W). With one unit, W is the number ρ. The norm says how the length of a gradient changes on its way from T back to t, in the root mean square over all directions; "
    + "below 0.01 it counts as vanished, above 100 as exploded. Clipping looks at the gradient of W, taken of the sum of the last state’s units.");
  const say = make("p", { className: "cr-say", role: "status" });
  const numbers = numbersByStep();
  const source = make("code");
  return bringToLife({ model, el }, {
    className: "cr-time-figure", css: OWN_CSS, place: plot, room: [290, 720, 620], show: bar.show, compute, say, words,
    parts: [bar.part, plot, say, hint, numbers.part, fold("Show me the code", make("pre", { tabIndex: 0 }, source))],
    paint: (computed, width) => { plot.innerHTML = picture(computed, width); },
    tell: (computed) => {
      numbers.show(computed);
      source.textContent = code(state());
    },
  });
}

export { code, compute, draw, picture, words };
export default { render };
