// A drawing, what the network makes of it, and its answer, as SVG text and in words; digit_picture.py makes the same.

import { format } from "./numbers.js";
import { DIGITS, mapsOf, occlusion } from "./digit_network.js";
import { SIZE, drawing } from "./digit_strokes.js";
import { frameOf, levelsOf, pixelMap } from "./pixel_map.js";
import { FIRST, text, xy } from "./plot_area.js";

const GREYS = 12; // levels of a picture; of a map a half

// Everything that the figure shows of {start, strokes, occlusion}.
export function compute(state) {
  const under = state.start === null ? null : DIGITS[state.start];
  const seen = drawing(state, under?.ink);
  return { state, label: under?.label ?? null, ...seen, ...mapsOf(seen.picture), drops: state.occlusion ? occlusion(seen.picture) : null };
}

export const percent = (probability) => `${Math.floor(1000 * probability + 0.5) / 10}\u00a0%`;

function hidden({ drops, probabilities }) {
  const [most, before] = [Math.max(...drops), Math.max(...probabilities)];
  if (Math.floor(1000 * most + 0.5) === 0) return " Wiping a patch of 6 × 6 pixels costs nothing anywhere.";
  const [row, column] = [Math.floor(drops.indexOf(most) / 14), drops.indexOf(most) % 14].map((place) => 2 * place + 1);
  return ` Wiping the 6 × 6 pixels around row ${row}, column ${column} costs most: from ${percent(before)} down to ${percent(before - most)}.`;
}

export function words(computed) {
  const { probabilities, label, drawn, drops } = computed;
  const order = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
  const said = order.slice(0, 2).map((each) => `${each} with ${percent(probabilities[each])}`);
  const start = !drawn.some((value) => value > 0) ? " It has to answer even for blank paper: there is no class “none of these”." : label === null ? "" : ` MNIST’s label is ${label}.`;
  return `The network reads ${said[0]}, then ${said[1]}.${start}${drops ? hidden(computed) : ""}`;
}

// Where things lie: three columns where there is room.
export function layoutOf(width) {
  const [cell, small, left, bars] = width >= 600 ? [9, 4, 276, [412, 24, width - 4, 25]] : [7, 3, 216, [4, 244, width - 4, 19]];
  const below = Math.max(24 + SIZE * cell, bars[1] + 10 * bars[3]) + 24;
  const row = width >= 380 ? 8 : 4;
  const one = Math.floor((10 * (width - 8 - 6 * (row - 1))) / row / SIZE) / 10;
  const deep = below + 8 + (8 / row) * (SIZE * one + 6) + 18;
  const wide = width >= 600 ? 16 : 8;
  const two = Math.floor((10 * (width - 8 - 5 * (wide - 1))) / wide / 14) / 10;
  return { cell, small, bars, pictures: [[left, 24], [left, 24 + SIZE * small + 28]], maps: [below, one, row, 6], second: [deep, two, wide, 5],
    height: deep + 8 + (16 / wide) * (14 * two + 5) + 4 };
}

const title = (left, top, words) => text(left, top - 9, words, "start", "cr-title");

const smallPicture = (values, cell, left, top, name) =>
  title(left, top, name) + pixelMap(levelsOf(values, 1, GREYS), SIZE, GREYS, left, top, cell) + frameOf(left, top, SIZE * cell);

function drawnDrops({ drops, picture: values }, cell, left, top) {
  const over = drops ? pixelMap(levelsOf(drops, Math.max(...drops.map(Math.abs)), GREYS), 14, GREYS, left, top, 2 * cell, FIRST) : "";
  return title(left, top, drops ? `drop ≤ ${format(Math.max(...drops, 0), 2)}` : "occlusion: off")
    + pixelMap(levelsOf(values, 1, GREYS), SIZE, 3 * GREYS, left, top, cell) + over + frameOf(left, top, SIZE * cell);
}

function drawnBars(probabilities, [left, top, right, high]) {
  const winner = probabilities.indexOf(Math.max(...probabilities));
  return Array.from(probabilities, (probability, label) => {
    const [y, kind, fill, opacity] = [top + high * label, ...(label === winner ? ["cr-winner", FIRST, 1] : ["cr-tick", "currentColor", 0.5])];
    return text(left + 4, y + high / 2 + 4, label, "middle", kind)
      + `<path class="cr-bar" d="M${left + 14} ${y + 3}h${xy((right - left - 76) * probability)}v${high - 6}H${left + 14}z" fill="${fill}" fill-opacity="${opacity}"/>`
      + text(right, y + high / 2 + 4, percent(probability), "end", kind);
  }).join("") + `<path d="M${left + 14} ${top}v${10 * high}" stroke="currentColor" stroke-opacity="0.5"/>`;
}

function drawnMaps(maps, n, [y, cell, row, gap], name) {
  const most = Math.max(...maps, 0);
  const each = Array.from({ length: maps.length / (n * n) }, (_, k) => {
    const [left, top] = [4 + (k % row) * (n * cell + gap), y + 8 + Math.floor(k / row) * (n * cell + gap)];
    return pixelMap(levelsOf(maps.subarray(k * n * n, (k + 1) * n * n), most, GREYS / 2), n, GREYS / 2, left, top, cell, FIRST) + frameOf(left, top, n * cell);
  });
  return text(4, y, `${name}, strongest ${format(most, 3)}`, "start", "cr-title") + each.join("");
}

export function picture(computed, width) {
  const { cell, small, pictures, bars, maps, second, height } = layoutOf(width);
  return `<svg class="cr-digit" role="img" aria-label="${words(computed)}" viewBox="0 0 ${width} ${xy(height)}" width="100%" height="${xy(height)}" font-family="sans-serif">`
    + smallPicture(computed.drawn, cell, 4, 24, "draw here") + smallPicture(computed.picture, small, ...pictures[0], "as MNIST has it")
    + drawnDrops(computed, small, ...pictures[1]) + drawnBars(computed.probabilities, bars)
    + drawnMaps(computed.first, SIZE, maps, "first layer: 8 maps") + drawnMaps(computed.second, 14, second, "second layer: 16 maps") + "</svg>";
}
