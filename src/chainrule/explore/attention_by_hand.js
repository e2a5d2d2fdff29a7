// Attention by hand: move queries, keys and values, scale them, mask, and see every weight come about.
// compute, picture, words, formulas and code are pure: Node runs them against attention_scores.py.

import { fold, make } from "./elements.js";
import { format, lowered } from "./numbers.js";
import { bringToLife, chooser, logSlider, stateOf } from "./controls.js";
import { PLOT_CSS, STAGE_ROOM, button, plotStage } from "./plot_stage.js";
import { FORMULAS_CSS, formulaList } from "./formula_list.js";
import { chosen, compute } from "./attention_scores.js";
import { picture, words } from "./attention_picture.js";
import { formulas } from "./attention_formulas.js";
import { POINTS_CSS, movables } from "./attention_points.js";

const HINT = "Drag a query, a key or a value, or reach it with Tab and move it with the arrow keys. Point at a cell, or reach the table and move over it, to see its formulas. "
  + "When keys are scaled, a mark in each cell shows where its bar was.";

// The Python lines that give the same numbers with the engine; attention_by_hand.py writes the same.
function code({ queries, keys, values, scale, key_scale: factor, mask, heads }) {
  const written = (points) => `[${points.map(([x, y]) => `[${x}, ${y}]`).join(", ")}]`;
  return `import numpy as np

from chainrule.nn import functional as F

Q = np.array(${written(queries)}, float)
K = ${factor === 1 ? "" : `${factor} * `}np.array(${written(keys)}, float)
V = np.array(${written(values)}, float)

def split(rows):
    return rows.reshape(len(rows), ${heads}, -1).swapaxes(0, 1)

options = dict(is_causal=${mask === "causal" ? "True" : "False"}, scale=${scale ?? "None"})
weights = F.attention_weights(split(Q), split(K), **options)
mixed = F.scaled_dot_product_attention(split(Q), split(K), split(V), **options).data
outputs = mixed.swapaxes(0, 1).reshape(len(V), 2)
slopes = (weights * (1 - weights)).max(-1)
print(weights, outputs, slopes, sep="\\n")`;
}

const MARKS = [["Keys × 1", "key_scale", 1], ["Keys × 4", "key_scale", 4], ["Scores · 1/√d", "scale", null], ["Scores · 1", "scale", 1]];
const OWN_CSS = `
.cr-attention .cr-name { paint-order: stroke; stroke: var(--cr-paper, var(--jp-layout-color0, Canvas)); stroke-width: 3px; stroke-linejoin: round; }`;

function controls(state, change, first) {
  const scale = logSlider("Scale of the scores", (value) => change({ scale: value }), 0.05, 4);
  const keys = logSlider("Scale of all keys", (value) => change({ key_scale: value }), 0.25, 8);
  const mask = chooser("Mask", [["none", "none"], ["causal", "causal"]], (value) => change({ mask: value }));
  const heads = chooser("Heads", [[1, "one, of x and y"], [2, "two: of x, of y"]], (value) => change({ heads: Number(value) }));
  const marks = MARKS.map(([title, key, value]) => [button(title, () => change({ [key]: value })), key, value]);
  const show = (now) => {
    const root = now.heads === 1 ? Math.SQRT1_2 : 1;
    scale.show(now.scale ?? root, now.scale === null ? `1/√${3 - now.heads} = ${format(root, 3)}` : format(now.scale, 3));
    keys.show(now.key_scale);
    mask.show(now.mask);
    heads.show(now.heads);
    marks.forEach(([mark, key, value]) => mark.setAttribute("aria-pressed", String(now[key] === value)));
  };
  const bar = make("div", { className: "cr-buttons", role: "group", "aria-label": "Marks of the scales" }, ...marks.map(([mark]) => mark), button("Start again", () => change(first)));
  return { show, part: make("div", { className: "cr-controls" }, scale.part, keys.part, mask.part, heads.part, bar) };
}

function render({ model, el }) {
  const [state, change] = stateOf(model);
  const bar = controls(state, change, state());
  const source = make("code");
  const say = make("p", { className: "cr-say", role: "status" });
  const list = formulaList();
  const stage = plotStage(picture, (computed, width) => tools.show(computed, width));
  const tools = movables(state, change, stage.placeOf);
  stage.place.append(...tools.parts);
  const tell = (computed) => {
    const [head, row, column] = chosen(computed.state);
    list.show(`${computed.state.heads === 2 ? `Head ${head + 1}: h` : "H"}ow q${lowered(row + 1)} weighs k${lowered(column + 1)}`, formulas(computed));
    source.textContent = code(computed.state);
  };
  const parts = [bar.part, stage.place, list.part, say, make("p", { className: "cr-hint" }, HINT), fold("Show me the code", make("pre", { tabIndex: 0 }, source))];
  return bringToLife({ model, el }, { className: "cr-attention-figure cr-stage-figure", css: PLOT_CSS + POINTS_CSS + FORMULAS_CSS + OWN_CSS, parts, ...stage, room: STAGE_ROOM, show: bar.show, compute, tell, say, words });
}

export { code, compute, formulas, picture, words };
export default { render };
