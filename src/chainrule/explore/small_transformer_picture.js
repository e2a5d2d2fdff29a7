// The next character and what heads look at, as SVG text and in words; small_transformer_picture.py makes the same.

import { frameOf, levelsOf, pixelMap } from "./pixel_map.js";
import { FIRST, SECOND, text, xy } from "./plot_area.js";
import { CHARACTERS, CONTEXT, HEADS, LAYERS, look, probabilitiesOf } from "./small_transformer_network.js";

const [SHADES, FEW, ROWS, GAP] = [12, 6, 10, 8]; // shades of the large map, of a small one; likeliest characters; pixels between small maps

// Everything that the figure shows of {prompt, added, temperature, top_k, layer, head, off, seed}.
export function compute(state) {
  const seen = [...(state.prompt + state.added)].slice(-CONTEXT);
  const { logits, maps } = look(seen.join(""), state.off);
  const chances = (from) => probabilitiesOf(from, state.temperature, state.top_k);
  const now = chances(logits);
  const whole = state.off.length ? chances(look(seen.join("")).logits) : now;
  const likeliest = [...logits.keys()].sort((a, b) => logits[b] - logits[a]).slice(0, ROWS);
  return { state, seen, now, whole, maps, likeliest };
}

export const percent = (probability) => `${Math.floor(1000 * probability + 0.5) / 10}\u00a0%`;
const nameOf = (character) => ({ " ": "space", "\n": "new line", "'": "apostrophe", '"': "quotation mark" })[character] ?? `‘${character}’`;
const weightOf = ({ state, seen, maps }, i, j) => maps[state.layer - 1][((state.head - 1) * seen.length + i) * seen.length + j];

// The sentence on what step i gives step j in the chosen head.
export function lookWords(computed, i, j) {
  const [from, to] = [i, j].map((step) => nameOf(computed.seen[step]));
  return `${from} looks at ${to}${i > j ? `, ${i - j} back` : ", itself"}: ${(Math.floor(100 * weightOf(computed, i, j) + 0.5) / 100).toFixed(2)}`;
}

function changed({ state: { off }, now, whole }) {
  if (!off.length) return "";
  const moved = now.map((p, i) => p - whole[i]);
  const total = moved.reduce((sum, x) => sum + Math.abs(x), 0) / 2;
  const start = ` Turning head${off.length > 1 ? "s" : ""} ${off.map((pair) => pair.join(".")).join(", ")} off moves`;
  if (Math.floor(1000 * total + 0.5) === 0) return `${start} next to nothing here.`;
  const said = [[Math.max(...moved), "rises"], [Math.min(...moved), "falls"]].map(([most, verb]) => {
    const i = moved.indexOf(most);
    return `${nameOf(CHARACTERS[i])} ${verb} from ${percent(whole[i])} to ${percent(now[i])}`;
  });
  return `${start} ${percent(total)} of the probability: ${said.join(" and ")}.`;
}

export function words(computed) {
  const { state: { layer, head }, seen, now, likeliest } = computed;
  const [first, second] = likeliest.map((i) => `${nameOf(CHARACTERS[i])} with ${percent(now[i])}`);
  const last = seen.length - 1;
  const row = seen.map((_, j) => weightOf(computed, last, j));
  return `Next: ${first}${now[likeliest[1]] > 0 ? `, then ${second}` : ""}.${changed(computed)} In head ${layer}.${head} the last character looks most here: ${lookWords(computed, last, row.indexOf(Math.max(...row)))}.`;
}

// Where things lie: bars beside the small maps where there is room.
export function layoutOf(width, seen) {
  const wide = width >= 600;
  const [left, top] = wide ? [324, 28] : [4, 28 + ROWS * 20 + 32];
  const side = Math.floor((width - 4 - left - GAP * (HEADS - 1)) / HEADS);
  const below = Math.max(wide ? 28 + ROWS * 22 : 0, top + LAYERS * (side + 26) - 26) + 38;
  const shown = Math.min(seen, Math.floor((width - 30) / 10));
  const cell = Math.min(24, Math.floor((10 * (width - 30)) / shown) / 10);
  return { bars: wide ? [4, 28, 286, 22] : [4, 28, width - 4, 20], small: [left, top, side], shown, map: [26, below, cell], height: below + shown * cell + 24 };
}

const escaped = (words) => words.replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]);
export const drawn = (character) => ({ " ": "␣", "\n": "↵" })[character] ?? character;
const sign = (character) => escaped(drawn(character));

function drawnBars({ state, now, whole, likeliest }, [left, top, right, high]) {
  const scale = right - left - 76;
  const rows = likeliest.map((i, k) => {
    const [y, kind] = [top + high * k, k ? "cr-tick" : "cr-winner"];
    return text(left + 8, y + high / 2 + 4, sign(CHARACTERS[i]), "middle", kind, 13)
      + `<path class="cr-bar" d="M${left + 20} ${y + 3}h${xy(scale * now[i])}v${high - 6}H${left + 20}z" fill="${k ? "currentColor" : FIRST}" fill-opacity="${k ? 0.5 : 1}"/>`
      + text(right, y + high / 2 + 4, percent(now[i]), "end", kind)
      + (state.off.length ? `<path class="cr-whole" d="M${xy(left + 20 + scale * whole[i])} ${y + 1}v${high - 2}" stroke="${SECOND}" stroke-width="2.5"/>` : "");
  });
  return text(left, top - 9, `next character${state.off.length ? "; orange: with all heads on" : ""}`, "start", "cr-title") + rows.join("")
    + `<path d="M${left + 20} ${top}v${ROWS * high}" stroke="currentColor" stroke-opacity="0.5"/>`;
}

const shades = (weights, count) => levelsOf(weights.map(Math.sqrt), 1, count);
const isOff = (off, layer, head) => off.some(([l, h]) => l === layer && h === head);

function drawnSmall({ state, seen: { length: n }, maps }, [left, top, side]) {
  const cell = Math.floor((10 * side) / n) / 10;
  return maps.map((weights, l) => {
    const y = top + l * (side + 26);
    return text(left, y - 9, `layer ${l + 1}, heads 1 to ${HEADS}`, "start", "cr-title") + Array.from({ length: HEADS }, (_, h) => {
      const x = left + h * (side + GAP);
      return pixelMap(shades(weights.subarray(h * n * n, (h + 1) * n * n), FEW), n, FEW, x, y, cell, FIRST) + frameOf(x, y, n * cell)
        + (l + 1 === state.layer && h + 1 === state.head ? `<path class="cr-chosen" d="M${xy(x)} ${xy(y)}h${xy(n * cell)}v${xy(n * cell)}h-${xy(n * cell)}z" fill="none" stroke="currentColor" stroke-width="2.5"/>` : "")
        + (isOff(state.off, l + 1, h + 1) ? text(x + 0.68 * side, y + 0.36 * side, "off", "middle", "cr-winner", 13) : "");
    }).join("");
  }).join("");
}

function drawnMap(computed, { shown, map: [left, top, cell] }) {
  const { state: { layer, head }, seen } = computed;
  const first = seen.length - shown;
  const values = Float64Array.from({ length: shown * shown }, (_, k) => weightOf(computed, first + Math.floor(k / shown), first + (k % shown)));
  const size = Math.min(14, Math.max(10.5, Math.floor(10 * cell * 0.8) / 10));
  const names = seen.slice(first).map((character, k) => text(left - 11, top + (k + 0.5) * cell + size * 0.36, sign(character), "middle", "cr-tick", size)
    + text(left + (k + 0.5) * cell, top + shown * cell + 16, sign(character), "middle", "cr-tick", size));
  return text(4, top - 10, `layer ${layer}, head ${head}: rows look at columns${first ? ` (last ${shown} of ${seen.length})` : ""}`, "start", "cr-title")
    + pixelMap(shades(values, SHADES), shown, SHADES, left, top, cell, FIRST) + frameOf(left, top, shown * cell) + names.join("");
}

export function picture(computed, width) {
  const layout = layoutOf(width, computed.seen.length);
  return `<svg class="cr-transformer" role="img" aria-label="${escaped(words(computed))}" viewBox="0 0 ${width} ${xy(layout.height)}" width="100%" height="${xy(layout.height)}" font-family="sans-serif">`
    + drawnBars(computed, layout.bars) + drawnSmall(computed, layout.small) + drawnMap(computed, layout) + "</svg>";
}
