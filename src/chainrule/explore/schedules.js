// Schedules: compose a learning rate by step, see its area and its peak, copy the Python.
// compute, picture, words and code are pure: Node runs them against chainrule.optim.

import { make } from "./elements.js";
import { format } from "./numbers.js";
import { bringToLife, chooser, logSlider, slider, stateOf } from "./controls.js";
import { SHAPES, compute, picture, warmup, words } from "./schedules_picture.js";

const lowest = (low) => (low ? `, eta_min=${low} * lr` : "");
const MAKERS = {
  constant: () => "optim.LambdaLR(optimizer, lambda t: 1.0)",
  step: ({ every, gamma }) => `optim.StepLR(optimizer, step_size=${every}, gamma=${gamma})`,
  exponential: ({ decay }) => `optim.ExponentialLR(optimizer, gamma=${decay})`,
  polynomial: ({ power }, n) => `optim.PolynomialLR(optimizer, total_iters=${n}, power=${power})`,
  cosine: ({ low }, n) => `optim.CosineAnnealingLR(optimizer, T_max=${n}${lowest(low)})`,
  sgdr: ({ period, mult, low }) => `optim.CosineAnnealingWarmRestarts(optimizer, T_0=${period}, T_mult=${mult}${lowest(low)})`,
  onecycle: ({ rise, div }, n) => `optim.OneCycleLR(optimizer, max_lr=lr, total_steps=${n}, pct_start=${rise}, div_factor=${div}, cycle_momentum=False)`,
};

// The Python lines that make the schedule; schedules.py writes the same.
function code(state) {
  const w = warmup(state);
  const main = MAKERS[state.shape](state, state.steps - w);
  const schedule = w ? `optim.SequentialLR(
    optimizer,
    [
        optim.LinearLR(optimizer, start_factor=0.01, total_iters=${w}),
        ${main},
    ],
    milestones=[${w}],
)` : main;
  return `from chainrule import optim

lr, n_steps = ${state.lr}, ${state.steps}
optimizer = lr  # to look at it; to train, your optimiser, made with lr
schedule = ${schedule}
print(schedule.path(n_steps).sum())
# in training: schedule.step() after every optimizer.step()`;
}

const OWN_CSS = `
.cr-schedule-figure { --mean: var(--cr-back, color-mix(in srgb, #d06a10 80%, currentColor)); }
.cr-schedule-figure .cr-curve { stroke: var(--forward); }
.cr-schedule-figure :is(.cr-area, .cr-peak, .cr-peak-label) { fill: var(--forward); }
.cr-schedule-figure .cr-mean { stroke: var(--mean); }
.cr-schedule-figure .cr-mean-label { fill: var(--mean); }
.cr-schedule-figure .cr-label { paint-order: stroke; stroke: var(--cr-paper, var(--jp-layout-color0, Canvas)); stroke-width: 3px; stroke-linejoin: round; }
.cr-schedule-figure .cr-picture svg { max-width: min(100%, 720px); }
.cr-schedule-figure .cr-controls { align-content: start; min-height: 13.2rem; }
.cr-schedule-figure .cr-controls > label { grid-column: span 6; }
.cr-schedule-figure .cr-say { min-height: 5em; font-size: .94em; }
.cr-schedule-figure textarea { flex: 1 0 100%; width: 100%; font: .84rem/1.45 var(--cr-mono, ui-monospace, monospace); color: var(--ink); background: var(--shade); border: 1px solid var(--muted); border-radius: 5px; padding: .5em .7em; resize: vertical; white-space: pre; overflow: auto; }
.cr-schedule-figure .cr-copy { display: flex; flex-wrap: wrap; gap: .3rem .8rem; align-items: center; font-size: .92em; }
@container (max-width: 32rem) { .cr-schedule-figure .cr-controls { min-height: 25rem; } .cr-schedule-figure .cr-controls > label { grid-column: span 12; } .cr-schedule-figure .cr-say { min-height: 7.5em; } }`;

function controls(change) {
  const set = (name) => (x) => change({ [name]: x });
  const shape = chooser("Schedule", Object.entries(SHAPES).map(([key, [title]]) => [key, title]), set("shape"));
  const knobs = {
    lr: logSlider("Peak rate", set("lr"), 1e-4, 10),
    steps: logSlider("Steps", set("steps"), 10, 1000, true),
    warmup: slider("Warm-up steps", set("warmup"), { min: 0, max: 200, step: 1 }),
    every: logSlider("Drop every … steps", set("every"), 1, 1000, true),
    gamma: slider("Factor of a drop γ", set("gamma"), { min: 0.05, max: 1, step: 0.05 }),
    decay: slider("Factor of a step γ", set("decay"), { min: 0.9, max: 1, step: 0.001 }),
    power: slider("Power", set("power"), { min: 0.1, max: 5, step: 0.1 }),
    low: slider("Lowest, part of the peak", set("low"), { min: 0, max: 1, step: 0.01 }),
    period: logSlider("First period T₀", set("period"), 1, 1000, true),
    mult: slider("Next period ×", set("mult"), { min: 1, max: 4, step: 1 }),
    rise: slider("Part that rises", set("rise"), { min: 0.05, max: 0.95, step: 0.05 }),
    div: logSlider("Start: peak divided by", set("div"), 1, 100),
  };
  const show = (state) => {
    shape.show(state.shape);
    const own = ["lr", "steps", ...(state.shape === "onecycle" ? [] : ["warmup"]), ...SHAPES[state.shape][1]];
    for (const [name, knob] of Object.entries(knobs)) {
      const value = name === "warmup" ? warmup(state) : state[name];
      knob.show(value, format(value, 3), format(value, 3));
      knob.part.hidden = !own.includes(name);
    }
    knobs.warmup.part.querySelector("input").max = Math.min(200, state.steps - 1);
  };
  return { show, part: make("div", { className: "cr-controls" }, shape.part, ...Object.values(knobs).map(({ part }) => part)) };
}

function source() {
  const field = make("textarea", { readOnly: true, spellcheck: false, wrap: "off" });
  const button = make("button", { type: "button" }, "Copy the Python");
  const done = make("span", { "aria-live": "polite" });
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      done.textContent = "Copied.";
    } catch { done.textContent = "It is selected: copy it with Ctrl+C or ⌘C."; }
  });
  const show = (text) => {
    field.value = text;
    field.rows = text.split("\n").length + 1;
    done.textContent = "";
  };
  return { show, parts: [make("label", {}, make("b", {}, "The same in Python"), field), make("div", { className: "cr-copy" }, button, done)] };
}

function render({ model, el }) {
  const [state, change] = stateOf(model);
  const bar = controls(change);
  const plot = make("div", { className: "cr-picture" });
  const say = make("p", { className: "cr-say", role: "status" });
  const python = source();
  const paint = (computed, width) => { plot.innerHTML = picture(computed, width); };
  const tell = () => python.show(code(state()));
  const parts = [bar.part, plot, say, ...python.parts];
  return bringToLife({ model, el }, { className: "cr-schedule-figure", css: OWN_CSS, parts, place: plot, room: [280, 720, 620], show: bar.show, compute, paint, tell, say, words });
}

export { code, compute, picture, words };
export default { render };
