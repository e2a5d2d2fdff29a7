// A rectangle with linear axes, and text in it, as SVG text; plot_area.py writes the same.

// The colours of two kinds: the page's own where it has them.
export const FIRST = "var(--cr-note, #2f7fc6)";
export const SECOND = "var(--cr-back, #c8661a)";

// Where values lie: a box in pixels and the values at its ends.
export function plotArea([left, top, right, bottom], [x0, x1], [y0, y1]) {
  return { left, top, right, bottom,
    x: (value) => left + ((right - left) * (value - x0)) / (x1 - x0),
    y: (value) => top + ((bottom - top) * (y1 - value)) / (y1 - y0),
    xAt: (u) => x0 + ((x1 - x0) * (u - left)) / (right - left),
    yAt: (v) => y1 - ((y1 - y0) * (v - top)) / (bottom - top) };
}

export const xy = (x) => Math.floor(x * 10 + 0.5) / 10;

export const text = (x, y, content, anchor = "middle", kind = "cr-tick", size = 12) =>
  `<text class="${kind}" x="${xy(x)}" y="${xy(y)}" font-size="${size}" text-anchor="${anchor}" fill="currentColor">${content}</text>`;
