// Input, output and the sum of one pixel as SVG text and in words; microscope_picture.py makes the same.

import { format } from "./numbers.js";
import { frameOf, levelsOf, pixelMap } from "./pixel_map.js";
import { FIRST, text, xy } from "./plot_area.js";
import { KERNELS, SIZE, sideOf } from "./microscope_window.js";

const GREYS = 12; // levels of the output
const ROW = 26; // height of a row of terms
const GLASS = 'fill="none" stroke="var(--cr-accent, #0a8a74)"';

// Where things lie: output beside the input, or below it.
export function layoutOf({ state, size }, width, beside = width >= 480) {
  const padded = SIZE + 2 * state.padding;
  const room = beside ? Math.min((width - 24) / 2, 344) : Math.min(width - 8, 300);
  const cell = Math.floor((10 * room) / padded) / 10;
  const left = beside ? (width - 2 * room - 16) / 2 : (width - room) / 2;
  const below = beside ? 24 + room : 48 + 2 * room;
  const k = sideOf(state.kernel);
  return { cell, size, input: [left, 24], output: beside ? [left + room + 16, 24] : [left, 48 + room], sizeLine: below + 16,
    terms: [left, below + 50, Math.min(room / k, 76)], height: below + 50 + ROW * k + 26 };
}

export const sizeFormula = ({ state, size }) =>
  `${size} = ⌊(${SIZE} + 2·${state.padding} − ${state.dilation}·(${sideOf(state.kernel)} − 1) − 1) / ${state.stride}⌋ + 1`;

const joined = (terms) => terms.map((term, i) => (i === 0 ? term : term.startsWith("−") ? ` − ${term.slice(1)}` : ` + ${term}`)).join("");

const result = ({ total, state: { divide } }) =>
  (divide === 1 ? format(total) : `${format(total)}; ${format(total)} / ${format(divide)} = ${format(total / divide)}`);

export const kernelName = ({ kernel, divide }) => Object.keys(KERNELS).find((name) => KERNELS[name][2] === divide && String(KERNELS[name][1]) === String(kernel));

export function words(computed) {
  const { state, size, output, at, taps } = computed;
  const title = KERNELS[kernelName(state)]?.[0] ?? "your kernel";
  const terms = taps.filter(({ weight, pixel }) => weight * pixel).map(({ weight, pixel }) => `${format(weight)}·${pixel}`);
  const [low, high] = [Math.min(...output), Math.max(...output)];
  const run = low === 0 && high === 0 ? "Every output pixel is 0" : `Output pixels run from ${format(low)} to ${format(high)}`;
  const outside = taps.filter(({ inside }) => !inside).length;
  return `${title[0].toUpperCase()}${title.slice(1)}, stride ${state.stride}, padding ${state.padding}, dilation ${state.dilation}: ${size} × ${size} outputs. ${run}. `
    + `Output row ${at[0]}, column ${at[1]}: ${terms.length ? `${joined(terms)} = ${result(computed)}` : "every term is 0"}.${outside ? ` ${outside} of its pixels lie in the padding.` : ""}`;
}

function drawnInput({ state: { picture: pixels, padding }, taps }, { input: [left, top], cell }) {
  const inner = padding * cell;
  const around = padding ? frameOf(left, top, (SIZE + 2 * padding) * cell).replace("/>", ' stroke-dasharray="3 4"/>') : "";
  const squares = taps.map(({ row, column }) => `M${xy(left + inner + column * cell)} ${xy(top + inner + row * cell)}h${xy(cell)}v${xy(cell)}h-${xy(cell)}z`).join("");
  return text(left, top - 9, `input ${SIZE} × ${SIZE}${padding ? `, padding ${padding}` : ""}`, "start", "cr-title")
    + pixelMap([...pixels].map(Number), SIZE, 9, left + inner, top + inner, cell)
    + `${frameOf(left + inner, top + inner, SIZE * cell)}${around}<path class="cr-window" d="${squares}" ${GLASS} stroke-width="1.6"/>`;
}

function drawnOutput({ size, output, at }, { output: [left, top], cell }) {
  const most = Math.max(...output.map(Math.abs));
  const [x, y] = [left + at[1] * cell, top + at[0] * cell];
  return text(left, top - 9, `output ${size} × ${size}${most ? `, strongest ±${format(most, 3)}` : ""}`, "start", "cr-title")
    + pixelMap(levelsOf(output, most, GREYS), size, GREYS, left, top, cell, FIRST) + frameOf(left, top, size * cell)
    + `<path class="cr-chosen" d="M${xy(x - 1)} ${xy(y - 1)}h${xy(cell + 2)}v${xy(cell + 2)}h-${xy(cell + 2)}z" ${GLASS} stroke-width="2.4"/>`;
}

function drawnTerms(computed, { terms: [left, top, wide] }, width) {
  const { at, taps } = computed;
  const k = sideOf(taps);
  const cells = taps.map(({ weight, pixel, inside }, i) => {
    const [x, y] = [left + wide * (i % k), top + ROW * Math.floor(i / k)];
    return `<path d="M${xy(x + 1)} ${xy(y + 1)}h${xy(wide - 2)}v${ROW - 2}h-${xy(wide - 2)}z" fill="currentColor" fill-opacity="${Math.floor(100 * 0.025 * pixel + 0.5) / 100}" `
      + `stroke="currentColor" stroke-opacity="0.4"${inside ? "" : ' stroke-dasharray="3 3"'}/>${text(x + wide / 2, y + 17, `${format(weight)}·${pixel}`, "middle", "cr-term")}`;
  });
  const rows = width - left - k * wide > 180 ? [...Array(k).keys()].map((i) => { // room for the sums of the rows
    const products = taps.slice(k * i, k * i + k).map(({ weight, pixel }) => weight * pixel);
    return text(left + k * wide + 10, top + ROW * i + 17, `${joined(products.map((product) => format(product)))} = ${format(products.reduce((sum, product) => sum + product, 0))}`, "start", "cr-tick");
  }) : [];
  return text(left, top - 10, `output row ${at[0]}, column ${at[1]}: weight · pixel`, "start", "cr-title") + cells.join("") + rows.join("")
    + text(left, top + ROW * k + 18, `sum ${result(computed)}`, "start", "cr-sum", 13);
}

export function picture(computed, width, beside = width >= 480) {
  const layout = layoutOf(computed, width, beside);
  const shown = xy(layout.height);
  return `<svg class="cr-microscope" role="img" aria-label="${words(computed)}" viewBox="0 0 ${width} ${shown}" width="100%" height="${shown}" font-family="sans-serif">`
    + drawnInput(computed, layout) + drawnOutput(computed, layout)
    + text(layout.terms[0], layout.sizeLine, `side of the output: ${sizeFormula(computed)}`, "start", "cr-tick")
    + `${drawnTerms(computed, layout, width)}</svg>`;
}
