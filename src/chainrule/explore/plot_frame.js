// A frame, markers and lines in a plot's area, as SVG text; plot_area.py writes the same.

import { text, xy } from "./plot_area.js";

const MARKS = { // a path each, to stand after a move
  circle: "m-4.2 0a4.2 4.2 0 1 0 8.4 0a4.2 4.2 0 1 0 -8.4 0z",
  diamond: "m0 -5.4l5.4 5.4l-5.4 5.4l-5.4 -5.4z",
  square: "m-3.8 -3.8h7.6v7.6h-7.6z",
  ring: "m-8 0a8 8 0 1 0 16 0a8 8 0 1 0 -16 0z",
  dot: "m-2.2 0a2.2 2.2 0 1 0 4.4 0a2.2 2.2 0 1 0 -4.4 0z",
  "small diamond": "m0 -3.2l3.2 3.2l-3.2 3.2l-3.2 -3.2z",
};

// Grid lines and numbers; ticks are pairs of a value and its text.
export function frame(area, xTicks, yTicks) {
  return yTicks.map(([value, content]) => `<path class="cr-grid" d="M${xy(area.left)} ${xy(area.y(value))}H${xy(area.right)}" stroke="currentColor" stroke-opacity="0.16"/>`
    + text(area.left - 7, area.y(value) + 4, content, "end")).join("")
    + xTicks.map(([value, content]) => `<path class="cr-grid" d="M${xy(area.x(value))} ${xy(area.bottom)}v5" stroke="currentColor" stroke-opacity="0.5"/>`
    + text(area.x(value), area.bottom + 18, content)).join("");
}

// One path of marks at places, pairs in pixels; look holds its attributes.
export const marks = (places, shape, look) => `<path d="${places.map(([x, y]) => `M${xy(x)} ${xy(y)}${MARKS[shape]}`).join("")}" ${look}/>`;

export const line = (places, look) => `<path d="M${places.map(([x, y]) => `${xy(x)} ${xy(y)}`).join("L")}" fill="none" ${look}/>`;
