// Variance by layer as SVG text and in words; depth_picture.py makes the same for the page without scripts.

import { format, raised } from "./numbers.js";

const fate = (ratio) => (ratio < 1e-4 ? "vanishes" : ratio < 0.1 ? "fades" : ratio <= 10 ? "is kept" : ratio <= 1e4 ? "grows" : "explodes");

// The verdict, in two sentences or three.
export function words({ depth, simulated, theory: expected }) {
  const [signal, gradient] = [simulated.signal[depth], simulated.gradient[0]];
  const layers = depth === 1 ? "1 layer" : `${depth} layers`;
  const percent = Math.floor(100 * simulated.share + 0.5);
  const same = percent >= 50 ? "" : ` ${percent < 1 ? "Less than 1" : `Only ${percent}`} % of the last layer’s variance differs from input to input; `
    + "the rest is the same whatever comes in.";
  return `The signal ${fate(signal)}: ${layers} multiply its variance by ${format(signal, 3)} (theory ${format(expected.signal[depth], 3)}). `
    .replace("1 layer multiply", "1 layer multiplies")
    + `The gradient ${fate(gradient)} on its way back: ×${format(gradient, 3)} (theory ${format(expected.gradient[0], 3)}).${same}`;
}

const REACH = [4, 8, 16, 32, 64, 128, 256];
const round = (x) => Math.floor(x * 10 + 0.5) / 10;
const text = (x, y, content, anchor = "middle", kind = "cr-tick", size = 12) =>
  `<text class="${kind}" x="${round(x)}" y="${round(y)}" font-size="${size}" text-anchor="${anchor}" fill="currentColor">${content}</text>`;

// The axis moves in steps only, so that a line that turns is seen to turn.
function axes({ depth, simulated, theory: expected }, width) {
  const logs = [simulated, expected].flatMap(({ signal, gradient }) => [...signal, ...gradient]).map(Math.log10);
  const reach = (x) => REACH.find((limit) => limit >= x) ?? Math.ceil(x);
  const [low, high] = [-reach(-Math.min(...logs)), reach(Math.max(...logs))];
  const [left, right, top, bottom] = [50, width - 14, 34, 318];
  const pace = [1, 2, 4, 8, 16, 32, 64].find((step) => (high - low) / step <= 8);
  const step = depth <= 10 ? 1 : depth <= 25 ? 5 : depth <= 50 ? 10 : 20;
  return { low, high, left, right, top, bottom, pace, step,
    x: (layer) => left + ((right - left) * layer) / depth,
    y: (variance) => top + ((bottom - top) * (high - Math.log10(variance))) / (high - low) };
}

function drawAxes(axis, depth) {
  const { low, high, left, right, top, bottom, pace, step, x, y } = axis;
  const parts = [];
  for (let power = Math.ceil(low / pace) * pace; power <= high; power += pace) {
    const at = round(y(10 ** power));
    const kind = power === 0 ? `class="cr-kept" stroke-opacity="0.75" stroke-width="1.5"` : `class="cr-grid" stroke-opacity="0.16"`;
    parts.push(`<path ${kind} d="M${left} ${at}H${round(right)}" stroke="currentColor"/>`,
      text(left - 7, at + 4, power === 0 ? "1" : `10${raised(power)}`, "end"));
  }
  for (let layer = 0; layer <= depth; layer += step) {
    if (layer > 0 && depth - layer < step / 2 && layer !== depth) continue;
    parts.push(`<path class="cr-grid" d="M${round(x(layer))} ${bottom}v5" stroke="currentColor" stroke-opacity="0.5"/>`, text(x(layer), bottom + 18, layer));
  }
  if (depth % step) parts.push(text(x(depth), bottom + 18, depth));
  return parts.join("") + text(left - 42, 14, "variance, logarithmic scale", "start") + text((left + right) / 2, bottom + 36, "layer")
    + text(left, bottom + 36, "input", "start") + text(right, bottom + 36, "output", "end");
}

// A curve's name stands where it covers fewest marks and lines, at the curve's own end if it can.
function labelPlace(axis, curve, end, label, taken) {
  const size = 7.2 * label.length;
  const depth = curve.length - 1;
  let best = null;
  let least = Infinity;
  for (let i = 0; i <= 8; i += 1) {
    const share = end === "end" ? 1 - i / 12 : i / 12;
    const x = axis.x(share * depth);
    const y = axis.y(curve[Math.floor(share * depth + 0.5)]);
    for (const shift of [-12, 22, -26, 36, -42, 52]) {
      const box = [end === "end" ? x - size : x, y + shift - 12, size, 16];
      let cost = 0.4 * i + Math.abs(shift - 5) / 40;
      if (box[0] < axis.left || box[0] + size > axis.right + 2) cost += 50;
      if (box[1] < axis.top - 8 || box[1] + 16 > axis.bottom) cost += 50;
      for (const [u, v] of taken) if (u > box[0] - 4 && u < box[0] + size + 4 && v > box[1] - 3 && v < box[1] + 19) cost += 1;
      if (cost < least) [least, best] = [cost, [x, y + shift, box]];
    }
  }
  const [, , [left, top]] = best;
  for (let u = 0; u <= size; u += 6) for (const v of [3, 8, 13]) taken.push([left + u, top + v], [left + u, top + v], [left + u, top + v]);
  return best;
}

function between(axis, curve, count = 100) {
  return [...Array(count + 1).keys()].map((i) => {
    const at = (i / count) * (curve.length - 1);
    const low = Math.min(Math.floor(at), curve.length - 2);
    const log = Math.log10(curve[low]) + (at - low) * Math.log10(curve[low + 1] / curve[low]);
    return [axis.x(at), axis.y(10 ** log)];
  });
}

const HOME = { linear: "gain 1 stays here", relu: "He’s gain, √2, stays here" };
const CURVES = [["signal", "#2f7fc6", "end"], ["gradient", "#c8661a", "start"]];

function drawCurve(axis, name, color, simulated, expected) {
  const line = expected.map((value, l) => `${l ? "L" : "M"}${round(axis.x(l))} ${round(axis.y(value))}`).join("");
  const dashes = name === "gradient" ? ` stroke-dasharray="7 4"` : "";
  const dense = axis.x(1) - axis.x(0) < 5;
  const mark = name === "signal" ? (dense ? "m-1.6 0a1.6 1.6 0 1 0 3.2 0a1.6 1.6 0 1 0 -3.2 0z" : "m-2.5 0a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0 -5 0z")
    : dense ? "m0 -2.2l2.2 2.2l-2.2 2.2l-2.2 -2.2z" : "m0 -3.4l3.4 3.4l-3.4 3.4l-3.4 -3.4z";
  const marks = simulated.map((value, l) => `M${round(axis.x(l))} ${round(axis.y(value))}${mark}`).join("");
  return `<path class="cr-${name} cr-theory" d="${line}" fill="none" stroke="${color}" stroke-width="1.8"${dashes}/>`
    + `<path class="cr-${name} cr-dots" d="${marks}" fill="${color}"/>`;
}

// The plot as SVG text, as wide as there is room.
export function picture(computed, width = 480) {
  const { depth, simulated, theory: expected, activation } = computed;
  const axis = axes(computed, width);
  const taken = CURVES.flatMap(([name]) => [...between(axis, simulated[name]), ...between(axis, expected[name])]);
  for (let u = axis.left; u <= axis.right; u += 6) taken.push([u, axis.y(1)]);
  const labels = CURVES.map(([name, , end]) => {
    const label = name === "signal" ? `signal → ×${format(simulated.signal[depth], 3)}` : `← gradient ×${format(simulated.gradient[0], 3)}`;
    const [x, y] = labelPlace(axis, simulated[name], end, label, taken);
    return text(x, y, label, end, `cr-label cr-${name}-label`, 14);
  });
  const far = Math.max(...CURVES.map(([name]) => Math.abs(Math.log10(simulated[name][name === "signal" ? depth : 0])))) > 2;
  const home = far && HOME[activation] ? text((axis.left + axis.right) / 2, axis.y(1) - 6, HOME[activation], "middle", "cr-tick cr-home") : "";
  return `<svg class="cr-depth" role="img" aria-label="Variance by layer. ${words(computed)}" viewBox="0 0 ${width} 360" width="100%" height="360" font-family="sans-serif">`
    + drawAxes(axis, depth) + home + CURVES.map(([name, color]) => drawCurve(axis, name, color, simulated[name], expected[name])).join("")
    + labels.join("") + "</svg>";
}
