// Draw a digit: a small CNN reads it, and shows its maps.
// compute, picture, words and code are pure: Node runs them against NumPy and the engine.

import { fold, make, table } from "./elements.js";
import { bringToLife, chooser, stateOf } from "./controls.js";
import { DIGITS, mapsOf, occlusion } from "./digit_network.js";
import { SIZE, drawing, ink } from "./digit_strokes.js";
import { compute, layoutOf, percent, picture, words } from "./digit_picture.js";
import { PAD_CSS, drawingPad } from "./digit_pad.js";

const HINT = "Draw in the large square; or reach it with Tab, move the cursor with the arrow keys (Home, Page Up, End, Page Down go slantwise), let the pen down and lift it with Enter; "
  + "Backspace takes the last stroke back. The pen is as wide as MNIST’s, with grey edges; the longer side of the drawing is scaled to 20 pixels and its centre of mass moved to the middle.";

// The Python lines that compute the same with the engine; draw_a_digit.py writes the same.
function code({ start, strokes, occlusion: after }) {
  const under = start !== null;
  return `from chainrule.explore.digit_network import ${[...(under ? ["digits"] : []), "network", ...(after ? ["occlusion"] : [])].join(", ")}
from chainrule.explore.digit_strokes import as_mnist
from chainrule.nn import functional as F

strokes = [${strokes.map((stroke) => `[${stroke.join(", ")}]`).join(", ")}]  # x, y, x, y, ... of each
picture = as_mnist(strokes${under ? `, under=digits()[${start}][1]` : ""})
model = network()  # Conv2d, ReLU, MaxPool2d, and again, then Flatten and Linear
first = F.relu(model[0](picture[None, None]))
second = F.relu(model[3](model[2](first)))
probabilities = F.softmax(model(picture[None, None])).data[0]
print(first.shape, second.shape, probabilities.round(3))${after ? "\nprint(occlusion(picture).round(2))" : ""}`;
}

const OWN_CSS = `
.cr-digit-figure .cr-controls > label { grid-column: span 5; }
.cr-digit-figure .cr-controls > .cr-buttons { grid-column: span 7; align-self: end; }
.cr-digit-figure button[aria-pressed="true"] { border-color: var(--forward); color: var(--forward); font-weight: 600; box-shadow: inset 0 -2px 0 var(--forward); }
.cr-digit-figure .cr-title { font-weight: 600; }
.cr-digit-figure .cr-winner { font-weight: 700; }
.cr-digit-figure .cr-say { min-height: 4.6em; font-size: .94em; }
.cr-digit-figure :is(.cr-hint, .cr-where) { font-size: .84em; color: var(--muted); }
.cr-digit-figure .cr-where { min-height: 1.5em; }
@container (max-width: 32rem) { .cr-digit-figure .cr-controls > :is(label, .cr-buttons) { grid-column: span 12; } .cr-digit-figure .cr-say { min-height: 9em; } }`;

function button(title, act) {
  const made = make("button", { type: "button" }, title);
  made.addEventListener("click", act);
  return made;
}

function controls(state, change, pad) {
  const names = DIGITS.map(({ label }, i) => [String(i), `${label === 8 ? "an" : "a"} ${label} ${i < 10 ? "of MNIST" : "that it misreads"}`]);
  const start = chooser("Start from", [["", "blank paper"], ...names], (name) => change({ start: name === "" ? null : Number(name), strokes: [], occlusion: false }));
  const looking = button("What does it need?", () => change({ occlusion: !state().occlusion }));
  const undo = button("Undo", pad.undo);
  const clear = button("Clear", () => change({ start: null, strokes: [], occlusion: false }));
  const show = (now) => {
    start.show(now.start === null ? "" : String(now.start));
    looking.setAttribute("aria-pressed", String(now.occlusion));
    undo.setAttribute("aria-disabled", String(now.strokes.length === 0));
  };
  return { show, part: make("div", { className: "cr-controls" }, start.part, make("div", { className: "cr-buttons", role: "group", "aria-label": "Drawing" }, undo, clear, looking)) };
}

function answers() {
  const body = make("tbody");
  const show = ({ probabilities }) => body.replaceChildren(...Array.from(probabilities, (probability, label) => make("tr", {}, make("th", { scope: "row" }, String(label)), make("td", {}, percent(probability)))));
  return { show, part: fold("All ten in numbers", table("What the network answers", body, "digit", "probability")) };
}

function render({ model, el }) {
  const [state, change] = stateOf(model);
  const picturing = make("div");
  const pad = drawingPad(state, change);
  const stage = make("div", { className: "cr-stage" }, picturing, pad.part);
  const bar = controls(state, change, pad);
  const say = make("p", { className: "cr-say", role: "status" });
  const source = make("code");
  const paint = (computed, width) => {
    picturing.innerHTML = picture(computed, width);
    pad.show(layoutOf(width), width);
  };
  const ten = answers();
  const tell = (computed) => {
    source.textContent = code(state());
    ten.show(computed);
  };
  const parts = [bar.part, stage, pad.where, say, make("p", { className: "cr-hint" }, HINT), ten.part, fold("Show me the code", make("pre", { tabIndex: 0 }, source))];
  return bringToLife({ model, el }, { className: "cr-digit-figure", css: PAD_CSS + OWN_CSS, parts, place: stage, room: [300, 720, 620], show: bar.show, compute, paint, tell, say, words });
}

export { code, compute, drawing, ink, mapsOf, occlusion, picture, words };
export default { render };
