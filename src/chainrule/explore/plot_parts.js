// Lines, marks and names of a plot as SVG text; plot_parts.py writes the same.

export const round = (x) => Math.floor(x * 10 + 0.5) / 10;
export const text = (x, y, content, anchor = "middle", kind = "cr-tick", size = 12) =>
  `<text class="${kind}" x="${round(x)}" y="${round(y)}" font-size="${size}" text-anchor="${anchor}" fill="currentColor">${content}</text>`;

// The part of a segment that lies in a box {left, right, top, bottom}, or null (Liang and Barsky 1984).
function clip([[a, b], [c, d]], { left, right, top, bottom }) {
  let [from, to] = [0, 1];
  for (const [step, room] of [[a - c, a - left], [c - a, right - a], [b - d, b - top], [d - b, bottom - b]]) {
    if (step === 0 && room < 0) return null;
    if (step < 0) from = Math.max(from, room / step);
    if (step > 0) to = Math.min(to, room / step);
  }
  return from > to ? null : [[a + from * (c - a), b + from * (d - b)], [a + to * (c - a), b + to * (d - b)]];
}

const at = ([x, y]) => `${round(x)} ${round(y)}`;

// A line through points, as far as it lies in the box: what `d` of a path holds.
export function line(points, box) {
  let [d, last] = ["", null];
  for (let i = 1; i < points.length; i += 1) {
    const part = clip([points[i - 1], points[i]], box);
    if (!part) continue;
    const [from, to] = part.map(at);
    if (from === to && from === last) continue;
    d += `${from === last ? "" : `M${from}`}L${to}`;
    last = to;
  }
  return d;
}

// Points at least so far apart, the first and the last kept.
export function thin(points, gap) {
  let last = points[0];
  return points.filter(([x, y], i) => {
    if (i > 0 && i < points.length - 1 && Math.hypot(x - last[0], y - last[1]) < gap) return false;
    last = [x, y];
    return true;
  });
}

// Points every 6 pixels or so along a line within the box.
export function dense(points, box) {
  return points.slice(1).flatMap((end, i) => {
    const part = clip([points[i], end], box);
    if (!part) return [];
    const [[a, b], [c, d]] = part;
    const count = Math.ceil(Math.hypot(c - a, d - b) / 6) + 1;
    return [...Array(count).keys()].map((k) => [a + (k / count) * (c - a), b + (k / count) * (d - b)]);
  });
}

// Each name stands at its line, where it covers fewest points of the lines and no other name: [x, y] of its middle.
export function namePlaces(names, lines, box) {
  const taken = lines.flat();
  return names.map(([name, size], k) => {
    const half = (0.29 * size * name.length);
    let [best, least] = [[box.left + half, box.top + size], Infinity];
    const along = lines[k];
    for (let i = 0; i < 25 && along.length; i += 1) {
      const [u, v] = along[Math.floor(((24 - i) / 24) * (along.length - 1))];
      for (const [dx, dy] of [[0, -9], [0, 9], [half + 8, 0], [-half - 8, 0], [half, -16], [half, 16], [-half, -16], [-half, 16]]) {
        const [x, y] = [u + dx, v + dy];
        let cost = 0.15 * i;
        if (x - half < box.left + 2 || x + half > box.right - 2 || y - 8 < box.top || y + 8 > box.bottom) cost += 500;
        for (const [p, q] of taken) if (Math.abs(p - x) < half + 3 && Math.abs(q - y) < 8) cost += 1;
        if (cost < least) [least, best] = [cost, [x, y]];
      }
    }
    for (let p = -half; p <= half; p += 4) for (const q of [-8, -4, 0, 4, 8]) taken.push(...Array(9).fill([best[0] + p, best[1] + q]));
    return best;
  });
}

// Where an axis has its numbers: 1, 2 or 5 times a power of ten, `most` steps or fewer.
export function ticks(from, to, most) {
  const power = 10 ** Math.floor(Math.log10((to - from) / most));
  const step = [1, 2, 5, 10].map((n) => n * power).find((size) => (to - from) / size <= most + 1e-9);
  const found = [];
  for (let k = Math.ceil(from / step - 1e-9); k * step <= to + 1e-9 * step; k += 1) found.push(Number((k * step).toPrecision(12)));
  return found;
}
