// A picture of pixels as SVG text, a path for each level of grey; pixel_map.py writes the same.

import { SECOND, xy } from "./plot_area.js";

// Values as whole numbers −count to count, `most` being count; halves away from zero.
export const levelsOf = (values, most, count) => Array.from(values, (value) => (most === 0 ? 0 : Math.sign(value) * Math.floor((Math.abs(value) / most) * count + 0.5)));

// A map of pixels, row by row; the negative are orange bars, less high than a pixel.
export function pixelMap(levels, columns, count, left, top, cell, positive = "currentColor") {
  const runs = new Map();
  let first = 0;
  levels.forEach((level, i) => {
    if (i + 1 < levels.length && (i + 1) % columns !== 0 && levels[i + 1] === level) return;
    if (level) runs.set(level, [...(runs.get(level) ?? []), [Math.floor(first / columns), first % columns, i + 1 - first]]);
    first = i + 1;
  });
  const parts = [...runs.keys()].sort((a, b) => a - b).map((level) => {
    const drawn = runs.get(level).map(([i, j, n]) => (level > 0 ? `M${j} ${i}h${n}v1h-${n}z` : `M${j} ${i}.2h${n}v.6h-${n}z`)).join("");
    return `<path d="${drawn}" fill="${level > 0 ? positive : SECOND}" fill-opacity="${Math.floor((100 * Math.abs(level)) / count + 0.5) / 100}"/>`;
  });
  return `<g transform="translate(${xy(left)} ${xy(top)}) scale(${xy(cell)})" shape-rendering="crispEdges">${parts.join("")}</g>`;
}

export const frameOf = (left, top, side, high = side) =>
  `<path class="cr-frame" d="M${xy(left)} ${xy(top)}h${xy(side)}v${xy(high)}h-${xy(side)}z" fill="none" stroke="currentColor" stroke-opacity="0.5"/>`;
