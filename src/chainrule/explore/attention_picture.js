// Queries and keys in a plane, their scores and weights as a table, values and outputs in a plane, and words.
// attention_picture.py and attention_planes.py make the same.

import { format, lowered } from "./numbers.js";
import { FIRST, SECOND, plotArea, text, xy } from "./plot_area.js";
import { chosen } from "./attention_scores.js";

const GREEN = "var(--cr-accent, #0f8a78)";
const PAPER = "var(--cr-paper, var(--jp-layout-color0, Canvas))";
const DASHED = 'stroke-dasharray="3 3"';
const [WIDE, TITLE, HEAD, NAMES, GAP, ROW] = [560, 22, 46, 34, 14, 36];
// Of x and y in both planes; what one of two heads sees.
export const ENDS = [3, 2];
export const SIDES = ["ₓ", "ᵧ"];
export const named = (letter, i) => `${letter}${lowered(i + 1)}`;

const plane = (left, top, width) => plotArea([left + 1, top, left + width - 1, top + ((width - 2) * 2) / 3], [-3, 3], [-2, 2]);

// Where the parts lie; a block is one head's table, a row a query: scores, weights and the largest slope from left to right.
export function layoutOf({ tokens, heads }, width) {
  const n = tokens.length;
  const isWide = width >= WIDE;
  const part = isWide ? (width - GAP) / 2 : width;
  const queries = plane(0, TITLE, part);
  const [gap, slope] = isWide ? [18, 96] : [6, 50];
  const cell = (width - NAMES - slope - 2 * gap - 2) / (2 * n);
  const left = NAMES + n * cell + gap;
  const high = n * ROW;
  const blocks = [];
  let top = queries.bottom + 8;
  for (let h = 0; h < heads; h += 1) {
    blocks.push({ top: top + HEAD, bottom: top + HEAD + high, lefts: [NAMES, left, left + n * cell + gap], cell, end: width - 2 });
    top += HEAD + high + 8;
  }
  const values = isWide ? plane(part + GAP, TITLE, part) : plane(0, top + TITLE + 4, part);
  return { isWide, queries, values, blocks, height: isWide ? top : values.bottom + 4 };
}

// Head, row and column of the cell at a place; beside the cells the chosen column stays.
export function cellUnder(state, width, [x, y]) {
  const { blocks } = layoutOf(state, width);
  const h = blocks.length > 1 && y > blocks[0].bottom ? 1 : 0;
  const { top, lefts, cell } = blocks[h];
  const last = state.tokens.length - 1;
  const column = Math.floor((x - lefts[x < lefts[1] ? 0 : 1]) / cell);
  return [h, Math.min(last, Math.max(0, Math.floor((y - top) / ROW))), column >= 0 && column <= last ? column : chosen(state)[2]];
}

// A number with so many decimals, halves up.
export function rounded(x, digits) {
  const found = Math.floor(x * 10 ** digits + 0.5) / 10 ** digits;
  return `${found >= 0 ? "" : "−"}${Math.abs(found).toFixed(digits)}`;
}

const path = (d, look) => `<path d="${d}" ${look}/>`;
const stroke = (d, opacity, look = "") => path(d, `fill="none" stroke="currentColor" stroke-opacity="${opacity}" ${look}`);
const at = (area, [x, y]) => `${xy(area.x(x))} ${xy(area.y(y))}`;
const across = (area, y) => `M${at(area, [-3, y])}L${at(area, [3, y])}`;
const down = (area, x) => `M${at(area, [x, -2])}L${at(area, [x, 2])}`;

// A plane's title, frame, grid and the length 1 on its axes.
function grid(area, title) {
  const lines = (xs, ys) => [...xs.map((x) => down(area, x)), ...ys.map((y) => across(area, y))].join("");
  return text(area.left, area.top - 8, title, "start", "cr-label", 13) + stroke(lines([-2, -1, 1, 2], [-1, 1]), 0.1) + stroke(lines([0], [0]), 0.3) + stroke(lines([-3, 3], [-2, 2]), 0.25)
    + text(area.x(1), area.y(0) + 14, "1", "middle", "cr-tick", 11) + text(area.x(0) - 6, area.y(1) + 4, "1", "end", "cr-tick", 11);
}

// Where a place lies, and its direction and distance from the origin, in pixels.
function seen(area, place) {
  const [x, y] = [area.x(place[0]), area.y(place[1])];
  const [dx, dy] = [x - area.x(0), y - area.y(0)];
  const far = Math.sqrt(dx * dx + dy * dy);
  return [x, y, ...(far > 1 ? [dx / far, dy / far] : [0, 1]), far];
}

// A name beyond a place, inside the plane.
function nameAt(area, place, content) {
  const [x, y, u, v] = seen(area, place);
  return text(Math.min(area.right - 10, Math.max(area.left + 10, x + 17 * u)), Math.min(area.bottom - 5, Math.max(area.top + 13, y + 17 * v + 5)), content, "middle", "cr-label cr-name", 14);
}

// An arrow from the origin, with a full or an open head.
function arrow(area, end, color, width, isFull) {
  const [x, y, u, v, far] = seen(area, end);
  const long = Math.min(9, far);
  const side = (sign) => `${xy(x - long * (u - 0.5 * sign * v))} ${xy(y - long * (v + 0.5 * sign * u))}`;
  if (far < 1) return isFull ? path(`M${xy(x)} ${xy(y)}m-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z`, `fill="${color}"`) : "";
  return path(`M${at(area, [0, 0])}L${xy(x)} ${xy(y)}M${side(1)}L${xy(x)} ${xy(y)}L${side(-1)}${isFull ? "z" : ""}`, `fill="${isFull ? color : "none"}" stroke="${color}" stroke-width="${width}"`);
}

// The end of a scaled key, as far as the plane goes.
function scaled(key, factor) {
  const end = key.map((c) => c * factor);
  const room = Math.min(1, ...end.map((c, i) => (c ? (0.98 * ENDS[i]) / Math.abs(c) : 1)));
  return end.map((c) => c * room);
}

// The perpendicular from a key to the line of a query, or to an axis.
function perpendicular(area, [a, b], [x, y]) {
  const size = a * a + b * b;
  const along = size ? (a * x + b * y) / size : 0;
  return stroke(`M${at(area, [0, 0])}L${at(area, [along * a, along * b])}L${at(area, [x, y])}`, 0.9, DASHED);
}

function queriesPlane({ state: { queries, keys, key_scale: factor, heads }, state }, area) {
  const [h, row, column] = chosen(state);
  const group = (i, now, inside) => `<g opacity="${i === now ? 1 : 0.66}">${inside}</g>`;
  const feet = heads === 1 ? perpendicular(area, queries[row], keys[column]) : [queries[row], keys[column]].map((place) => perpendicular(area, [1 - h, h], place)).join("");
  return grid(area, `queries q, keys ${factor === 1 ? "" : `${format(factor, 3)}·`}k`)
    + keys.map((key, j) => group(j, column, arrow(area, scaled(key, factor), SECOND, j === column ? 2.4 : 1.4, false)
      + path(`M${at(area, key)}m0 -5.4l5.4 5.4l-5.4 5.4l-5.4 -5.4z`, `fill="${SECOND}"`) + nameAt(area, key, named("k", j)))).join("") + feet
    + queries.map((query, i) => group(i, row, arrow(area, query, FIRST, i === row ? 3 : 1.6, true) + nameAt(area, query, named("q", i)))).join("");
}

// What makes the chosen query's output: lines as thick as the weights, or a head's line for each coordinate.
function mixture({ state, heads, outputs }, area) {
  const [head, row] = chosen(state);
  const [x, y] = outputs[row];
  if (state.heads === 2) return [down(area, x), across(area, y)].map((d, h) => stroke(d, h === head ? 0.9 : 0.4, DASHED)).join("");
  return state.values.map((value, j) => path(`M${at(area, [x, y])}L${at(area, value)}`, `stroke="${GREEN}" stroke-opacity="0.55" stroke-width="${xy(10 * heads[0].weights[row][j])}"`)).join("");
}

function valuesPlane(computed, area) {
  const { state: { values }, state, outputs } = computed;
  const [, row, column] = chosen(state);
  const square = (size) => `m${-size} ${-size}h${2 * size}v${2 * size}h${-2 * size}z`;
  const circles = outputs.map((place, i) => path(`M${at(area, place)}m-9 0a9 9 0 1 0 18 0a9 9 0 1 0 -18 0z`, `fill="${PAPER}" stroke="currentColor" stroke-width="${i === row ? 2.6 : 1.2}"`)
    + text(area.x(place[0]), area.y(place[1]) + 4, String(i + 1), "middle", "cr-output", 12));
  // the chosen one on top
  circles.push(...circles.splice(row, 1));
  return grid(area, "values v, outputs o") + mixture(computed, area) + values.map((value, j) => path(`M${at(area, value)}${square(j === column ? 6 : 4)}`, `fill="${GREEN}"`)).join("")
    + circles.join("") + values.map((value, j) => nameAt(area, value, named("v", j))).join("");
}

// A cell of the table: shaded, its number, and a bar below with a mark where the keys as given stand.
function cellAt(x, y, width, content, color, depth, share = null, before = null) {
  const w = width - 2;
  const bar = share === null ? "" : path(`M${xy(x + 1)} ${xy(y + ROW - 6)}h${xy(w * share)}v5h${xy(-w * share)}z`, `fill="${color}"`);
  const mark = before === null ? "" : stroke(`M${xy(x + 1 + w * before)} ${xy(y + ROW - 10)}v9`, 1, 'stroke-width="1.6"');
  return path(`M${xy(x + 1)} ${xy(y + 1)}h${xy(w)}v${ROW - 2}h${xy(-w)}z`, `fill="${color}" fill-opacity="${rounded(depth, 3)}"`) + bar + mark + text(x + width / 2, y + (bar ? 19 : 22), content, "middle", "cr-number", 12);
}

function rowOf({ state, heads, before }, { top, lefts, cell, end }, h, i) {
  const { scores, weights, steepest } = heads[h];
  const was = state.key_scale === 1 ? null : before[h];
  const y = top + i * ROW;
  return scores[i].map((score, j) => {
    const [x, x2] = [lefts[0] + j * cell, lefts[1] + j * cell];
    if (score === null) return cellAt(x, y, cell, "−∞", "currentColor", 0.02) + cellAt(x2, y, cell, cell > 50 ? "masked" : "–", "currentColor", 0.02);
    const [size, p] = [Math.abs(score), weights[i][j]];
    return cellAt(x, y, cell, rounded(score, size >= 99.5 ? 0 : cell > 36 ? 2 : 1), score < 0 ? SECOND : FIRST, (0.45 * size) / (2 + size))
      + cellAt(x2, y, cell, rounded(p, 2), GREEN, 0.06 + 0.34 * p, p, was && was.weights[i][j]);
  }).join("") + cellAt(lefts[2], y, end - lefts[2], format(steepest[i], 2), SECOND, 0.08, 4 * steepest[i], was && 4 * was.steepest[i]);
}

// What a head's scores are.
function titleOf({ heads, scale, key_scale: factor }, h) {
  const side = heads === 1 ? "" : SIDES[h];
  return `${side ? `head ${h + 1}: ` : "scores "}${(scale ?? 1) === 1 ? "" : `${format(scale, 3)}·`}q${side}·${factor === 1 ? "" : `${format(factor, 3)}·`}k${side}${scale === null && !side ? "/√2" : ""}`;
}

function tableOf(computed, block, h, isWide) {
  const { state } = computed;
  const { top, lefts, cell, end } = block;
  const [head, row, column] = chosen(state);
  const titles = [titleOf(state, h), isWide ? "weights, softmax by row" : "weights", `${isWide ? "max " : ""}p(1 − p)`];
  const pair = lefts.slice(0, 2);
  return titles.map((title, k) => text(lefts[k] + 1, top - 28, title, "start", "cr-label", 12)).join("")
    + pair.flatMap((left) => state.tokens.map((token, j) => text(left + (j + 0.5) * cell, top - 8, `${named("k", j)}${isWide ? ` ${token}` : ""}`))).join("")
    + text((lefts[2] + end) / 2, top - 8, "at most ¼", "middle", "cr-tick", 11)
    + state.tokens.map((token, i) => text(2, top + i * ROW + 16, named("q", i), "start", "cr-label", 13) + text(2, top + i * ROW + 30, token, "start", "cr-tick", 11) + rowOf(computed, block, h, i)).join("")
    + (h === head ? pair.map((left) => stroke(`M${xy(left + column * cell)} ${xy(top + row * ROW)}h${xy(cell)}v${ROW}h${xy(-cell)}z`, 1, 'stroke-width="2"')).join("") : "");
}

export function picture(computed, width = 400) {
  const { queries, values, blocks, isWide, height } = layoutOf(computed.state, width);
  return `<svg class="cr-attention" role="img" aria-label="Queries and keys, a table of scores and weights, values and outputs. ${words(computed)}" viewBox="0 0 ${width} ${xy(height)}" width="100%" height="${xy(height)}" font-family="sans-serif">`
    + `${queriesPlane(computed, queries)}${blocks.map((block, h) => tableOf(computed, block, h, isWide)).join("")}${valuesPlane(computed, values)}</svg>`;
}

// Which queries' weights scaling the keys has moved.
function moved({ state, heads, before, outputs }) {
  const names = outputs.flatMap((_, i) => (heads.some(({ weights }, h) => weights[i].some((p, j) => Math.abs(p - before[h].weights[i][j]) > 1e-9)) ? [named("q", i)] : []));
  return ` Keys × ${format(state.key_scale, 3)} has moved the weights of ${names.join(", ") || "none"}.`;
}

export function words(computed) {
  const { state: { tokens, heads: count }, state, heads } = computed;
  const [h, row, column] = chosen(state);
  const { scores, weights, steepest } = heads[h];
  const [one, other] = [`${named("q", row)} (${tokens[row]})`, `${named("k", column)} (${tokens[column]})`];
  const where = count === 2 ? ` in head ${h + 1}` : "";
  const cell = scores[row][column] === null ? `${one} may not look at ${other}: it comes later.` : `${one} gives ${other} the weight ${format(weights[row][column], 3)}${where}.`;
  const slopes = steepest.map((slope, i) => `${named("q", i)} ${format(slope, 2)}`).join(", ");
  return `${cell}${state.key_scale === 1 ? "" : moved(computed)} Steepness, the largest p(1 − p)${where}: ${slopes}; least in ${named("q", steepest.indexOf(Math.min(...steepest)))}.`;
}
