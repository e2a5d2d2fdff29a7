// The race: four optimisers on a surface, from where the reader puts them.
// compute, drawContours, drawLosses, words and code are pure: Node runs them against race_simulation.py.

import { fold, make, table } from "./elements.js";
import { format } from "./numbers.js";
import { bringToLife, chooser, logSlider, slider, stateOf, tidy } from "./controls.js";
import { RUNNERS, SURFACES, compute } from "./race_simulation.js";
import { drawContours, drawLosses, words } from "./race_picture.js";

const FORMULAS = { ravine: (k) => `(x**2 / ${k} + y**2) / 2`, rosenbrock: () => "(1 - x) ** 2 + 100 * (y - x**2) ** 2",
  saddle: () => "(x**2 - 1) ** 2 / 4 + y**2 / 2", wells: () => "x**4 / 4 - x**3 / 6 - 1.125 * x**2 + 1.125 * x + 2.390625 + 2 * y**2" };

// The Python lines that run the same race with the engine; race.py writes the same.
function code(state) {
  const { surface, kappa, lr, adam, momentum, start, steps, noise, seed } = state;
  const nesterov = momentum ? "optim.SGD([p], lr, momentum, nesterov=True)" : "optim.SGD([p], lr)";
  const own = noise ? `
from chainrule.explore.race_simulation import noise_of

z = noise_of({"noise": ${noise}, "seed": ${seed}})  # the figure's own` : "";
  return `from chainrule import Tensor, optim${own}
lr, momentum = ${lr}, ${momentum}
runners = {
    "gradient descent": lambda p: optim.SGD([p], lr),
    "heavy ball": lambda p: optim.SGD([p], lr, momentum),
    "Nesterov": lambda p: ${nesterov},
    "Adam": lambda p: optim.Adam([p], ${adam}),
}


def f(x, y):
    return ${FORMULAS[surface](kappa)}


losses = {}
for name, make in runners.items():
    p = Tensor([${start.map((x) => (Number.isInteger(x) ? x.toFixed(1) : x)).join(", ")}], requires_grad=True)
    optimizer, losses[name] = make(p), []
    for n in range(${steps}):
        loss = f(p[0], p[1])
        losses[name].append(loss.item())
        if not losses[name][-1] <= 1e6 * (1 + losses[name][0]):
            break  # it diverges
        optimizer.zero_grad()
        ${noise ? `(loss + ${noise} * (z[2 * n] * p[0] + z[2 * n + 1] * p[1])).backward()` : "loss.backward()"}
        optimizer.step()
    print(name, losses[name][-1])`;
}

const OWN_CSS = `
.cr-race-figure { --run0: var(--ink); --run1: var(--cr-note, color-mix(in srgb, #2f7fc6 80%, currentColor)); --run2: var(--cr-back, color-mix(in srgb, #d06a10 80%, currentColor)); --run3: var(--cr-accent, color-mix(in srgb, #0a8a74 80%, currentColor)); }
${[0, 1, 2, 3].map((k) => `.cr-race-figure .cr-line.cr-run${k} { stroke: var(--run${k}); }
.cr-race-figure :is(.cr-mark, .cr-label).cr-run${k} { fill: var(--run${k}); }`).join("\n")}
.cr-race-figure .cr-label { paint-order: stroke; stroke: var(--cr-paper, var(--jp-layout-color0, Canvas)); stroke-width: 3px; stroke-linejoin: round; }
.cr-race-figure .cr-plots { display: grid; gap: .4rem; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
.cr-race-figure .cr-picture { overflow: hidden; }
.cr-race-figure .cr-map { cursor: crosshair; touch-action: manipulation; }
.cr-race-figure .cr-say { min-height: 7.6em; font-size: .94em; }
@container (max-width: 38rem) { .cr-race-figure .cr-plots { grid-template-columns: minmax(0, 1fr); } .cr-race-figure .cr-say { min-height: 10.6em; } .cr-race-figure .cr-controls > .cr-new { grid-column: span 6; } .cr-race-figure .cr-controls > label { grid-column: span 12; } }`;

function controls(state, change) {
  const set = (name) => (value) => change({ [name]: value });
  const surface = chooser("Surface", Object.entries(SURFACES).map(([key, { title }]) => [key, title]),
    (key) => change({ surface: key, noise: 0, ...SURFACES[key].first }));
  const unit = () => SURFACES[state().surface].unit;
  const knobs = {
    kappa: logSlider("Condition number κ", set("kappa"), 1, 1000),
    lr: logSlider("Learning rate", set("lr"), 1e-4, 5),
    momentum: slider("Momentum β", set("momentum"), { min: 0, max: 0.99, step: 0.01 }),
    adam: logSlider("Adam’s learning rate", set("adam"), 1e-3, 1),
    noise: slider("Noise in the gradient", (share) => change({ noise: tidy(share * unit()) }), { min: 0, max: 1, step: 0.02 }),
    steps: logSlider("Steps shown", set("steps"), 10, 5000, true),
  };
  const fresh = make("button", { type: "button", className: "cr-new" }, "New noise");
  fresh.addEventListener("click", () => change({ seed: (state().seed + 1) % 1024 }));
  const again = make("button", { type: "button", className: "cr-new" }, "Reset");
  again.addEventListener("click", () => change({ noise: 0, ...SURFACES[state().surface].first }));
  const show = (now) => {
    surface.show(now.surface);
    for (const name of ["kappa", "lr", "adam", "steps"]) knobs[name].show(now[name]);
    knobs.momentum.show(now.momentum, now.momentum.toFixed(2), now.momentum.toFixed(2));
    knobs.noise.show(Number((now.noise / unit()).toFixed(2)), `σ = ${format(now.noise, 3)}`, `sigma ${format(now.noise, 3)}`);
    knobs.kappa.part.hidden = now.surface !== "ravine";
    fresh.setAttribute("aria-disabled", String(!now.noise));
  };
  return { show, part: make("div", { className: "cr-controls" }, surface.part, again, fresh, ...Object.values(knobs).map(({ part }) => part)) };
}

// Click, or move by arrow keys: where the race starts.
function startOn(map, state, change) {
  const move = (x, y) => {
    const [x0, x1, y0, y1] = SURFACES[state().surface].window;
    change({ start: [tidy(Math.min(x1, Math.max(x0, x))), tidy(Math.min(y1, Math.max(y0, y)))] });
  };
  map.addEventListener("click", ({ clientX, clientY }) => {
    const frame = map.querySelector(".cr-frame").getBoundingClientRect();
    const [x0, x1, y0, y1] = SURFACES[state().surface].window;
    move(x0 + ((x1 - x0) * (clientX - frame.left)) / frame.width, y1 - ((y1 - y0) * (clientY - frame.top)) / frame.height);
  });
  map.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!by) return;
    event.preventDefault();
    const size = event.shiftKey ? 0.01 : 0.1;
    move(...state().start.map((at, i) => Math.round((at + size * by[i]) * 1e4) / 1e4));
  });
}

function scores() {
  const body = make("tbody");
  const show = ({ state, runs, rates }) => body.replaceChildren(...runs.map(({ runner, losses, arrived, diverged }, k) => make("tr", {}, make("th", { scope: "row" }, runner),
    ...[format(losses[Math.min(state.steps, losses.length - 1)], 3), diverged !== null ? `diverges at ${diverged}` : arrived ?? "–", k < rates.length ? `×${format(rates[k], 4)}` : "–"].map((cell) => make("td", {}, String(cell))))));
  return { show, part: fold("In numbers", table("The race, and the rate that theory has for the quadratic", body, "optimiser", "loss at the last step shown", "steps to a millionth", "error per step, theory")) };
}

function render({ model, el }) {
  const [state, change] = stateOf(model);
  const bar = controls(state, change);
  const map = make("div", { className: "cr-picture cr-map", tabIndex: 0, role: "group", "aria-label": "Contour plot: a click or the arrow keys, with Shift finer, move the start" });
  const plot = make("div", { className: "cr-picture" });
  const key = make("p", { className: "cr-key" });
  const say = make("p", { className: "cr-say", role: "status" });
  const numbers = scores();
  const source = make("code");
  const paint = (computed, width) => {
    [[map, drawContours, "Contours with four paths, from the start at the cross"], [plot, drawLosses, "Losses by step; the sentences below say who arrives when"]].forEach(([place, draw, label]) => {
      place.innerHTML = `<svg class="cr-race" role="img" aria-label="${label}" viewBox="0 0 ${width} 290" width="100%" height="290" font-family="sans-serif">${draw(computed, width, 290)}</svg>`;
    });
  };
  const tell = (computed) => {
    key.textContent = `Start (${state().start.map((x) => format(x)).join(", ")}): click the contour plot, or focus it and press arrow keys. A number beside a name counts the steps to a millionth of the first loss.`;
    source.textContent = code(state());
    numbers.show(computed);
  };
  startOn(map, state, change);
  const parts = [bar.part, make("div", { className: "cr-plots" }, map, plot), key, say, numbers.part, fold("Show me the code", make("pre", { tabIndex: 0 }, source))];
  return bringToLife({ model, el }, { className: "cr-race-figure", css: OWN_CSS, parts, place: map, room: [280, 460, 340], show: bar.show, compute, paint, tell, say, words });
}

export { RUNNERS, code, compute, drawContours, drawLosses, words };
export default { render };
