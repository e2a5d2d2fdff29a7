// States by step, and below them on a logarithmic scale how the last state depends on each; words. time_picture.py draws the same.

import { format, lowered, raised } from "./numbers.js";
import { dense, line, namePlaces, round, text, thin, ticks } from "./plot_parts.js";
import { FUNCTIONS } from "./time_simulation.js";

const [GREEN, ORANGE] = ["#0f8a78", "#c8661a"];
const [LEFT, RIGHT, HEIGHT] = [54, 14, 436];
const logOf = (value) => Math.log10(Math.max(value, 1e-99));

const grid = (box, y, strength = 0.16) => `<path class="cr-grid" d="M${box.left} ${round(y)}H${round(box.right)}" stroke="currentColor" stroke-opacity="${strength}"/>`;
const title = (y, content) => text(4, y, content, "start", "cr-label", 13);

function drawStates({ state, states }, width) {
  const box = { left: LEFT, right: width - RIGHT, top: 24, bottom: 134 };
  const all = states.flat();
  let [low, high] = [Math.min(0, ...all), Math.max(0, ...all)];
  if (high - low < 1e-9) [low, high] = [-1, 1];
  const place = (t, h) => [box.left + ((box.right - box.left) * t) / state.steps, box.top + ((box.bottom - box.top) * (high - h)) / (high - low)];
  const axis = ticks(low, high, 4).map((h) => grid(box, place(0, h)[1], h === 0 ? 0.4 : 0.16) + text(box.left - 7, place(0, h)[1] + 4, format(h, 3), "end")).join("");
  const lines = states[0].map((_, j) => line(thin(states.map((h, t) => place(t, h[j])), 1), box)).join("");
  return `${title(14, "state h, forward")}${axis}<path class="cr-states" d="${lines}" fill="none" stroke="${GREEN}" stroke-width="1.4" stroke-opacity="0.85"/>`;
}

function drawNorms({ state, norms, line: straight, factor }, width) {
  const box = { left: LEFT, right: width - RIGHT, top: 172, bottom: 396 };
  const clipped = factor < 1 ? [norms.map((x) => logOf(x) + logOf(factor))] : [];
  const curves = [norms.map(logOf), straight.map(logOf), ...clipped];
  const all = curves.flat();
  const low = Math.max(-40, Math.min(-1, Math.floor(Math.min(...all) + 1e-9)));
  const high = Math.min(40, Math.max(1, Math.ceil(Math.max(...all) - 1e-9)));
  const place = (power, t) => [box.left + ((box.right - box.left) * t) / state.steps, box.top + ((box.bottom - box.top) * (high - power)) / (high - low)];
  const pace = [1, 2, 5, 10, 20].find((step) => (high - low) / step <= 8);
  const powers = [...Array(high - low + 1).keys()].map((i) => high - i).filter((power) => power % pace === 0);
  const axis = powers.map((power) => grid(box, place(power, 0)[1], power ? 0.16 : 0.5) + text(box.left - 7, place(power, 0)[1] + 4, power ? `10${raised(power)}` : "1", "end")).join("")
    + ticks(0, state.steps, 6).map((t) => text(place(low, t)[0], box.bottom + 17, t)).join("") + text((box.left + box.right) / 2, box.bottom + 35, "step t");
  const T = lowered(state.steps);
  const looks = [["cr-norm", ORANGE, 2.2, "", "gradient"], ["cr-theory", "currentColor", 1.3, "6 4", "slope log ρ"], ["cr-clipped", ORANGE, 1.6, "2 3", "clipped"]];
  const points = curves.map((curve) => thin(curve.map(place), 1));
  const drawn = points.map((curve, k) => `<path class="${looks[k][0]}" d="${line(curve, box)}" fill="none" stroke="${looks[k][1]}" stroke-width="${looks[k][2]}"${looks[k][3] ? ` stroke-dasharray="${looks[k][3]}"` : ""}/>`);
  const places = namePlaces(curves.map((_, k) => [looks[k][4], 13]), points.map((curve) => dense([...curve].reverse(), box)), box); // far back, where the lines lie apart
  const names = places.map(([x, y], k) => text(x, y + 4, looks[k][4], "middle", `cr-label ${looks[k][0]}-label`, 13));
  return title(160, `norm of ∂h${T}/∂hₜ, backward`) + axis + drawn.join("") + names.join("");
}

export function picture(computed, width = 400) {
  return `<svg class="cr-time" role="img" aria-label="States, and the gradient through time. ${words(computed)}" viewBox="0 0 ${width} ${HEIGHT}" width="100%" height="${HEIGHT}" font-family="sans-serif">`
    + drawStates(computed, width) + drawNorms(computed, width) + "</svg>";
}

const percent = (share) => `${format(100 * share, 2)} %`;

export function words({ state, norms, line: straight, slope, gradient, factor }) {
  const { kind, activation, steps, clip } = state;
  const whole = norms[0];
  const fate = whole < 0.01 ? "vanishes" : whole > 100 ? "explodes" : "is kept";
  const pace = whole === 0 ? ": some factor on the way is exactly 0." : `, by ${format(whole ** (1 / steps), 3)} a step.`;
  const straightWords = `The line of slope log ρ comes to ${format(straight[0], 3)}`;
  const why = {
    identity: kind === "random" ? ": in the long run each step multiplies by ρ, but this matrix stretches some directions more." : ", the same: nothing is squashed.",
    tanh: `; the slopes of tanh are ${format(slope, 3)} on average.`,
    relu: `; ReLU lets ${percent(slope)} of the units pass.`,
  }[activation];
  const told = clip === null ? "" : ` The gradient of the weights has the norm ${format(gradient, 3)}; clipping at ${format(clip, 3)} ${factor < 1
    ? `multiplies all of it by ${format(factor, 3)}: the curve moves, its slope stays.` : "leaves it as it is, and would make nothing larger."}`;
  return `With ${FUNCTIONS[activation][0]} the gradient ${fate}: going back ${steps} steps multiplies its norm by ${format(whole, 3)}${pace} ${straightWords}${why}${told}`;
}
