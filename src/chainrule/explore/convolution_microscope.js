// Convolution under the microscope: one output pixel, its window and its sum, term by term.
// compute, picture, words and code are pure: Node runs them against NumPy and the engine.

import { fold, make } from "./elements.js";
import { format } from "./numbers.js";
import { bringToLife, chooser, slider, stateOf } from "./controls.js";
import { KERNELS, PICTURES, SIZE, compute, resized, sideOf } from "./microscope_window.js";
import { kernelName, layoutOf, picture, sizeFormula, words } from "./microscope_picture.js";
import { PADS_CSS, pads } from "./microscope_pads.js";

const HINT = "Point at the output, or reach it with Tab and move with the arrow keys (with Shift in steps of 5). Draw on the input; or reach it with Tab, "
  + "move the cursor and type 0 to 9, Enter for full ink, Delete for paper. Side of the output: ⌊(28 + 2·padding − dilation·(k − 1) − 1) / stride⌋ + 1.";
const written = (x) => (Number.isInteger(x) ? x.toFixed(1) : String(x));

// The Python lines that compute the same with the engine; convolution_microscope.py writes the same.
function code(state) {
  const { picture: pixels, kernel, divide, stride, padding, dilation } = state;
  const [side, { at }] = [sideOf(kernel), compute(state)];
  const rows = (list, n) => Array.from({ length: list.length / n }, (_, i) => list.slice(n * i, n * i + n));
  return `import numpy as np

from chainrule.nn import functional as F

rows = """
${rows(pixels, SIZE).join("\n")}
""".split()
x = np.array([[float(pixel) for pixel in row] for row in rows])
w = np.array([
${rows(kernel, side).map((weights) => `    [${weights.map(written).join(", ")}],`).join("\n")}
]) / ${written(divide)}
output = F.conv2d(x[None, None], w[None, None], stride=${stride}, padding=${padding}, dilation=${dilation}).data[0, 0]
print(output.shape, output[${at.join(", ")}])`;
}

const OWN_CSS = `
.cr-microscope-figure .cr-controls > :is(.cr-range, label) { grid-column: span 4; }
.cr-microscope-figure .cr-kernel { grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; align-items: start; border: 0; margin: 0; padding: 0; min-width: 0; }
.cr-microscope-figure .cr-weights { display: grid; gap: .25rem; grid-template-columns: repeat(var(--side), 4.2em); }
.cr-microscope-figure .cr-kernel input[type="number"] { width: 100%; text-align: end; }
.cr-microscope-figure .cr-kernel > .cr-rest { display: grid; gap: .3rem; flex: 0 1 15rem; }
.cr-microscope-figure :is(.cr-title, .cr-sum) { font-weight: 600; }
.cr-microscope-figure .cr-say { min-height: 7.6em; font-size: .94em; }
.cr-microscope-figure .cr-hint { font-size: .84em; color: var(--muted); }
.cr-microscope-figure .cr-where { font-size: .84em; color: var(--muted); min-height: 1.5em; }
@container (max-width: 32rem) { .cr-microscope-figure .cr-controls > label:not(.cr-range) { grid-column: span 6; } .cr-microscope-figure .cr-controls > label:last-of-type { grid-column: span 12; }
  .cr-microscope-figure .cr-weights { grid-template-columns: repeat(var(--side), minmax(0, 4.2em)); width: 100%; } .cr-microscope-figure .cr-say { min-height: 10em; } }`;

// A field for a number, taken to hundredths; what is no number, or too large, is marked and left.
function numberField(label, least, most, change) {
  const field = make("input", { type: "number", step: "any", "aria-label": label });
  const good = () => field.value.trim() !== "" && Number.isFinite(field.valueAsNumber) && field.valueAsNumber >= least && field.valueAsNumber <= most;
  field.addEventListener("input", () => {
    field.setAttribute("aria-invalid", String(!good()));
    if (good()) change(Math.round(field.valueAsNumber * 100) / 100 + 0);
  });
  const show = (value) => {
    if (field.valueAsNumber === value || (document.activeElement === field && !good())) return;
    field.value = value;
    field.setAttribute("aria-invalid", "false");
  };
  return { field, show };
}

function kernelEditor(state, change) {
  const weights = make("div", { className: "cr-weights" });
  const divisor = numberField("divide by", 0.01, 999, (divide) => change({ divide }));
  const size = chooser("Kernel’s size", [["3", "3 × 3"], ["5", "5 × 5"]], (side) => { if (Number(side) !== sideOf(state().kernel)) change({ kernel: resized(state().kernel) }); });
  let fields = [];
  const show = ({ kernel, divide }) => {
    const side = sideOf(kernel);
    size.show(String(side));
    divisor.show(divide);
    if (fields.length !== kernel.length) {
      fields = kernel.map((_, k) => numberField(`weight, row ${Math.floor(k / side)}, column ${k % side}`, -99, 99,
        (weight) => change({ kernel: state().kernel.map((old, i) => (i === k ? weight : old)) })));
      weights.style.setProperty("--side", side);
      weights.replaceChildren(...fields.map(({ field }) => field));
    }
    fields.forEach((each, k) => each.show(kernel[k]));
  };
  const rest = make("div", { className: "cr-rest" }, size.part, make("label", {}, make("b", {}, "Divided by"), divisor.field));
  return { show, part: make("div", { className: "cr-kernel", role: "group", "aria-label": "Weights of the kernel" }, weights, rest) };
}

function controls(state, change, pen) {
  const set = (name) => (value) => change({ [name]: value });
  const titles = (list) => Object.entries(list).map(([name, [title]]) => [name, title]);
  const shown = chooser("Picture", [...titles(PICTURES), ["", "your own"]], (name) => { if (name) change({ picture: PICTURES[name][1] }); });
  const kernel = chooser("Kernel", [...titles(KERNELS), ["", "your own"]], (name) => { if (name) change({ kernel: KERNELS[name][1], divide: KERNELS[name][2] }); });
  const knobs = {
    stride: slider("Stride", set("stride"), { min: 1, max: 4, step: 1 }),
    padding: slider("Padding", set("padding"), { min: 0, max: 4, step: 1 }),
    dilation: slider("Dilation", set("dilation"), { min: 1, max: 4, step: 1 }),
  };
  const editor = kernelEditor(state, change);
  const show = (now) => {
    shown.show(Object.keys(PICTURES).find((name) => PICTURES[name][1] === now.picture) ?? "");
    kernel.show(kernelName(now) ?? "");
    Object.entries(knobs).forEach(([name, knob]) => knob.show(now[name], String(now[name]), String(now[name])));
    editor.show(now);
  };
  return { show, part: make("div", { className: "cr-controls" }, shown.part, kernel.part, pen.part, ...Object.values(knobs).map(({ part }) => part), editor.part) };
}

function render({ model, el }) {
  const [state, change] = stateOf(model);
  const drawing = make("div");
  const stage = make("div", { className: "cr-stage" }, drawing);
  const say = make("p", { className: "cr-say", role: "status" });
  const source = make("code");
  const tools = pads(state, change);
  const bar = controls(state, change, tools.pen);
  stage.append(...tools.parts);
  const paint = (computed, width) => {
    drawing.innerHTML = picture(computed, width);
    tools.show(layoutOf(computed, width), width);
  };
  const tell = () => { source.textContent = code(state()); };
  const parts = [bar.part, stage, tools.where, say, make("p", { className: "cr-hint" }, HINT), fold("Show me the code", make("pre", { tabIndex: 0 }, source))];
  return bringToLife({ model, el }, { className: "cr-microscope-figure", css: PADS_CSS + OWN_CSS, parts, place: stage, room: [300, 720, 620], show: bar.show, compute, paint, tell, say, words });
}

export { code, compute, format, picture, resized, sizeFormula, words };
export default { render };
