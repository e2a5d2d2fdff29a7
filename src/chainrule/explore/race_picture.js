// The contour plot, the loss curves and the words of a race; race_picture.py makes the same for the page without scripts.

import { format, minus, raised } from "./numbers.js";
import { dense, line, namePlaces, round, text, thin, ticks } from "./plot_parts.js";
import { LAST, RUNNERS, SURFACES } from "./race_simulation.js";

// color, dashes, mark
const LOOKS = [["currentColor", "", "m-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0z"], ["#2f7fc6", "8 3", "m-3 -3h6v6h-6z"],
  ["#c8661a", "2 2.5", "m0 -4l4 7h-8z"], ["#0f8a78", "9 2.5 2 2.5", "m0 -4.2l4.2 4.2l-4.2 4.2l-4.2 -4.2z"]];
const NAMES = ["GD", "heavy ball", "Nesterov", "Adam"];
const steps = (n) => (n === 1 ? "1 step" : `${n} steps`);

// What happened, in sentences.
export function words({ state, runs, rates }) {
  const arrived = runs.filter((run) => run.arrived !== null).sort((a, b) => a.arrived - b.arrived);
  const [first, ...others] = arrived.map(({ runner, arrived: n }, i) => `${runner} ${i ? "" : "after "}${i ? n : steps(n)}`);
  const lost = runs.filter((run) => run.diverged !== null).map(({ runner, diverged }) => `${runner} after ${steps(diverged)}`);
  const away = runs.filter((run) => run.arrived === null && run.diverged === null)
    .map(({ runner, losses, points }) => `${runner} (loss ${format(losses[LAST], 2)}${state.surface === "wells" && points[LAST][0] > 0.5 ? ", the shallow minimum" : ""})`);
  const parts = [first ? `A millionth of the first loss is reached, for good, by ${first}${others.length ? `, then ${others.join(", ")}` : ""}.`
    : "None reaches a millionth of the first loss for good."];
  if (lost.length) parts.push(`Diverged: ${lost.join(", ")}.`);
  if (away.length) parts.push(`Not there in ${LAST} steps: ${away.join(", ")}.`);
  if (rates.length) parts.push(`Theory, for each step’s error: ${rates.map((rate, i) => `${RUNNERS[i]} ×${format(rate, 3)}`).join(", ")}.`);
  return `${SURFACES[state.surface].title.replace(/^./, (c) => c.toUpperCase())}: ${parts.join(" ")}`;
}

// The stretches of x where q lies below a level; between samples the ends are found by halving.
function stretches(below, [from, to]) {
  const xs = [...Array(81).keys()].map((i) => from + (i / 80) * (to - from));
  const edge = (low, high) => {
    for (let i = 0; i < 30; i += 1) {
      const middle = (low + high) / 2;
      if (below(middle) === below(low)) low = middle;
      else high = middle;
    }
    return below(low) ? low : high;
  };
  const found = [];
  let start = below(xs[0]) ? xs[0] : null;
  for (let i = 1; i <= 80; i += 1) {
    if (below(xs[i]) === (start !== null)) continue;
    const x = edge(xs[i - 1], xs[i]);
    if (start === null) start = x;
    else {
      found.push([start, x]);
      start = null;
    }
  }
  return start === null ? found : [...found, [start, to]];
}

// q(x) + c (y − r(x))² = level is y = r(x) ± √((level − q(x))/c): no grid is needed.
function contour({ q, r, c, window: [from, to] }, kappa, level, place, box) {
  return stretches((x) => q(x, kappa) <= level, [from, to]).map(([a, b]) => {
    const sides = [1, -1].map((sign) => [...Array(31).keys()].map((i) => {
      const x = (a + b) / 2 - ((b - a) / 2) * Math.cos((i / 30) * Math.PI);
      return place([x, r(x) + sign * Math.sqrt(Math.max(0, level - q(x, kappa)) / c)]);
    }));
    return sides.map((points) => line(points, box)).join("");
  }).join("");
}

const frame = ({ left, right, top, bottom }) =>
  `<path class="cr-frame" d="M${left} ${top}H${right}V${bottom}H${left}Z" fill="none" stroke="currentColor" stroke-opacity="0.5"/>`;

function drawRuns(curves, box, gap) {
  return curves.map((points, k) => {
    const [color, dashes, mark] = LOOKS[k];
    const inside = points.filter(([x, y]) => x >= box.left && x <= box.right && y >= box.top && y <= box.bottom);
    const marks = inside.length ? thin(inside, gap).map(([x, y]) => `M${round(x)} ${round(y)}${mark}`).join("") : "";
    return `<path class="cr-line cr-run${k}" d="${line(thin(points, 1), box)}" fill="none" stroke="${color}" stroke-width="1.7"${dashes ? ` stroke-dasharray="${dashes}"` : ""}/>`
      + `<path class="cr-mark cr-run${k}" d="${marks}" fill="${color}"/>`;
  }).join("");
}

function drawNames(names, lines, box) {
  const places = namePlaces(names, lines, box);
  return names.map(([name, size, k], i) => text(places[i][0], places[i][1] + 4, name, "middle", `cr-label cr-run${k}`, size)).join("");
}

// The surface from above with the four paths.
export function drawContours({ state, runs }, width, height) {
  const surface = SURFACES[state.surface];
  const [x0, x1, y0, y1] = surface.window;
  const box = { left: 30, right: width - 8, top: 8, bottom: height - 24 };
  const place = ([x, y]) => [box.left + ((box.right - box.left) * (x - x0)) / (x1 - x0), box.bottom - ((box.bottom - box.top) * (y - y0)) / (y1 - y0)];
  const levels = surface.levels.map((level) => contour(surface, state.kappa, level, place, box)).join("");
  const axis = ticks(x0, x1, 6).map((x) => text(place([x, y0])[0], box.bottom + 16, minus(x))).join("")
    + ticks(y0, y1, 5).map((y) => text(box.left - 6, place([x0, y])[1] + 4, minus(y), "end")).join("");
  const curves = runs.map(({ points, diverged }) => {
    const out = diverged === null ? -1 : points.findIndex(([x, y]) => x < x0 || x > x1 || y < y0 || y > y1);
    return points.slice(0, Math.min(state.steps, out < 0 ? LAST : out) + 1).map(place); // what flies away is not followed
  });
  const lines = curves.map((points) => dense(thin(points, 1), box));
  const [x, y] = place(state.start);
  return `<path class="cr-level" d="${levels}" fill="none" stroke="currentColor" stroke-opacity="0.28"/>${frame(box)}${axis}${drawRuns(curves, box, 16)}`
    + `<path class="cr-start" d="M${round(x - 7)} ${round(y)}h14m-7 -7v14" stroke="currentColor" stroke-width="2.5"/>`
    + drawNames(NAMES.map((name, k) => [name, 13, k]), lines, box);
}

// The losses by step, on a logarithmic axis; on the quadratic the rates of theory beside them.
export function drawLosses({ state, runs, rates }, width, height) {
  const box = { left: 46, right: width - 16, top: 26, bottom: height - 24 };
  const kept = runs.map(({ losses }) => losses.slice(0, state.steps + 1));
  const log = (value) => Math.log10(Math.max(value, 1e-99));
  const first = log(kept[0][0]);
  const [least, most] = [Math.min(...kept.flat()), Math.max(...kept.flat())].map((value) => Math.max(-12, log(value)));
  const low = -[1, 2, 4, 6, 8, 12].find((reach) => reach >= -least);
  const high = Math.max(low + 1, Math.ceil(Math.min(most, first + 2)));
  const place = ([n, power]) => [box.left + ((box.right - box.left) * n) / state.steps, box.top + ((box.bottom - box.top) * (high - power)) / (high - low)];
  const pace = [1, 2, 3, 4].find((step) => (high - low) / step <= 6);
  const powers = [...Array(high - low + 1).keys()].map((i) => high - i).filter((power) => power % pace === 0);
  const axis = powers.map((power) => {
    const y = place([0, power])[1];
    return `<path class="cr-grid" d="M${box.left} ${round(y)}H${box.right}" stroke="currentColor" stroke-opacity="0.14"/>${text(box.left - 6, y + 4, power ? `10${raised(power)}` : "1", "end")}`;
  }).join("") + ticks(0, state.steps, 5).map((n) => text(place([n, low])[0], box.bottom + 16, n)).join("") + text(8, 14, "loss, by step", "start");
  const stride = Math.ceil(state.steps / 200);
  const curves = kept.map((losses) => losses.map((value, n) => [n, log(value)]).filter(([n], i) => n % stride === 0 || i === losses.length - 1).map(place));
  const ends = rates.slice(0, 2).map((rate) => [place([0, first]), place([state.steps, first + 2 * state.steps * log(rate)])]);
  const theory = ends.map((points, k) => `<path class="cr-line cr-theory cr-run${k}" d="${line(points, box)}" fill="none" stroke="${LOOKS[k][0]}" stroke-width="1" stroke-opacity="0.7"/>`);
  const names = [...runs.map(({ arrived, diverged }, k) => [`${NAMES[k]}${diverged !== null ? " diverges" : arrived === null ? "" : `: ${arrived}`}`, 13, k]),
    ...ends.map((_, k) => [`theory ×${format(rates[k], 3)}`, 11, k])];
  const lines = [...curves, ...ends].map((points) => dense(points, box));
  return frame(box) + axis + theory.join("") + drawRuns(curves, box, 34) + drawNames(names, lines, box);
}
