// The cell through time as aligned strips, its words, and one step's formulas in numbers. gates_picture.py draws the same.

import { format, lowered } from "./numbers.js";
import { round, text } from "./plot_parts.js";

const [BLUE, GREEN, ORANGE] = ["#2f7fc6", "#0f8a78", "#c8661a"];
// what stands in a step, its name, kind, colour, the gate that may be clamped
const STRIPS = [["g", "candidate g", "state", GREEN], ["i", "input gate i", "gate", BLUE, "input"], ["f", "forget gate f", "gate", BLUE, "forget"], ["c", "cell c", "state", GREEN],
  ["o", "output gate o", "gate", BLUE, "output"], ["h", "hidden h", "state", GREEN], ["dc", "∂h/∂c", "gradient", ORANGE], ["dv", "∂h/∂v", "gradient", ORANGE]];
const [TALL, PACE, TOP, LEFT, RIGHT] = [30, 41, 28, 88, 58];

export const columns = (width, count) => ({ left: LEFT, wide: (width - LEFT - RIGHT) / count });
export const chosen = ({ state, steps }) => Math.min(state.step, steps.length) - 1;

// One strip: its names at the left, a bar for each step, the chosen step's number at the right.
function strip([key, name, kind, color, gate], row, computed, { left, wide }) {
  const { state, steps } = computed;
  const values = steps.map((step) => step[key]);
  const scale = Math.max(1, ...values.map(Math.abs));
  const top = TOP + PACE * row;
  const room = values.some((value) => value < 0) ? TALL / 2 : TALL; // above zero
  const [zero, high] = [top + room, room / scale];
  const at = (t) => round(left + (t + 0.14) * wide);
  const bar = round(0.72 * wide);
  const clamped = gate && state[gate] !== null;
  const range = clamped ? `clamped to ${state[gate]}` : `${room < TALL ? "±" : "0 to "}${format(scale, 2)}`;
  const bars = values.map((value, t) => `M${at(t)} ${round(zero)}h${bar}V${round(zero - high * value)}h${-bar}z`).join("");
  const slots = kind === "gate" ? values.map((_, t) => `M${at(t)} ${top}h${bar}v${TALL}h${-bar}z`).join("") : `M${left} ${top}H${round(left + wide * steps.length)}v${TALL}H${left}z`;
  const road = key === "dc" ? `<path class="cr-highway" d="${steps.map(({ highway }, t) => `M${round(at(t) - 0.1 * wide)} ${round(zero - high * highway)}h${round(0.92 * wide)}`).join("")}" stroke="currentColor" stroke-width="1.6"/>` : "";
  return `<path class="cr-slots" d="${slots}" fill="currentColor" fill-opacity="0.07"/><path class="cr-zero" d="M${left} ${round(zero)}H${round(left + wide * steps.length)}" stroke="currentColor" stroke-opacity="0.4"/>`
    + `<path class="cr-bars cr-${kind}" d="${bars}" fill="${color}"/>${road}`
    + text(4, top + 12, name.replace("h/", `h${lowered(steps.length)}/`), "start", `cr-label cr-${kind}-label`) + text(4, top + 26, range, "start", "cr-tick", 11)
    + text(left + wide * steps.length + 6, top + 19, format(values[chosen(computed)], 3), "start", "cr-label", 12);
}

export function picture(computed, width = 400) {
  const { steps } = computed;
  const place = columns(width, steps.length);
  const now = chosen(computed);
  const height = TOP + PACE * STRIPS.length;
  const symbols = steps.map(({ symbol }, t) => text(place.left + (t + 0.5) * place.wide, 18, symbol === " " || symbol === "." ? "·" : symbol, "middle", t === now ? "cr-label" : "cr-tick", 13)).join("");
  return `<svg class="cr-gates" role="img" aria-label="Gates, cell, hidden state and gradients by step. ${words(computed)}" viewBox="0 0 ${width} ${height}" width="100%" height="${height}" font-family="sans-serif">`
    + `<path class="cr-now" d="M${round(place.left + now * place.wide)} 2h${round(place.wide)}V${height - 6}H${round(place.left + now * place.wide)}z" fill="currentColor" fill-opacity="0.12"/>`
    + text(4, 18, "typed", "start") + symbols + text(width - RIGHT + 6, 18, `step ${now + 1}`, "start")
    + STRIPS.map((row, k) => strip(row, k, computed, place)).join("") + "</svg>";
}

// What the cell holds at the end, and what of it each number typed has left there.
function held({ state, steps }, from) {
  const last = steps.at(-1);
  const shows = `After step ${steps.length} the cell holds ${format(last.c, 3)} and shows ${format(last.h, 3)}${last.o < 0.5 ? ": the output gate is shut" : ""}.`;
  if (from < 0) return `${shows} No digit was typed, so no gate was asked to write.`;
  const { symbol, kept, i, g } = steps[from];
  const own = kept * i * g;
  return `${shows} Of the cell, the ${symbol} of step ${from + 1} makes ${format(own, 3)} and all else ${format(last.c - own, 3)}: the forget gates after it multiply to ${format(kept, 3)}.`;
}

export function words(computed) {
  const { state, steps, halfLife } = computed;
  const from = steps.findLastIndex(({ write }) => write === 1);
  const { dc, highway } = steps[Math.max(from, 0)];
  const memory = state.forget === null ? `At f = ${format(1 / (1 + Math.exp(-state.bias)), 3)} half of a memory is left after ${format(halfLife, 3)} steps.`
    : state.forget ? "With f clamped to 1 nothing is forgotten, and numbers add up." : "With f clamped to 0 nothing outlives its step.";
  const T = lowered(steps.length);
  return `${held(computed, from)} ${memory} The gradient ∂h${T}/∂c${lowered(Math.max(from, 0) + 1)} is ${format(dc, 3)}, of it ${format(highway, 3)} straight along the cell.`;
}

// The chosen step's formulas with their numbers: pairs of a name and a chain of equals.
export function formulas(computed) {
  const { state, steps } = computed;
  const t = chosen(computed);
  const [now, next, count] = [steps[t], steps[t + 1], steps.length];
  const before = steps[t - 1] ?? { h: 0, c: 0 };
  const [s, p, n, T] = [t + 1, t, t + 2, count].map(lowered);
  const f3 = (x) => format(x, 3);
  const by = (x) => (x < 0 || /·/.test(f3(x)) ? `(${f3(x)})` : f3(x));
  const opened = (clamp, letter, rest, weight, feature, on) => (clamp === null ? `${letter}${s} = σ(${f3(rest)} ${weight < 0 ? "−" : "+"} 8·${feature}) = σ(${f3(rest + weight * on)}) = ${f3(now[letter])}` : `${letter}${s} = ${clamp}, clamped`);
  const slope = `(1 − tanh²c${s})`;
  const squashed = Math.tanh(now.c);
  const back = next ? `∂h${T}/∂c${s} = f${n}·∂h${T}/∂c${n} + (by way of h${s}) = ${f3(next.f)}·${by(next.dc)} + ${by(now.detour)} = ${f3(now.dc)}`
    : `∂h${T}/∂c${T} = o${T}·${slope} = ${f3(now.o)}·${by(1 - squashed * squashed)} = ${f3(now.dc)}`;
  const decay = Math.log1p(Math.exp(-state.bias));
  const life = state.forget === null ? `ln 2 / −ln σ(${f3(state.bias)}) = ${f3(Math.LN2)} / ${f3(decay)} = ${f3(computed.halfLife)} steps` : `${f3(computed.halfLife)} steps, since f = ${state.forget}`;
  return [
    ["reads", `v${s} = ${f3(now.value)}, write = ${now.write}, read = ${now.read}`],
    ["candidate", `g${s} = tanh(v${s} + 0.5·h${p}) = tanh(${f3(now.value)} + 0.5·${by(before.h)}) = ${f3(now.g)}`],
    ["input gate", opened(state.input, "i", -4, 8, "write", now.write)],
    ["forget gate", opened(state.forget, "f", state.bias, -8, "write", now.write)],
    ["cell", `c${s} = f${s}·c${p} + i${s}·g${s} = ${f3(now.f)}·${by(before.c)} + ${f3(now.i)}·${by(now.g)} = ${f3(now.c)}`],
    ["output gate", opened(state.output, "o", -4, 8, "read", now.read)],
    ["hidden state", `h${s} = o${s}·tanh(c${s}) = ${f3(now.o)}·${by(squashed)} = ${f3(now.h)}`],
    ["back to c", back],
    ["back to v", `∂h${T}/∂v${s} = ∂h${T}/∂c${s}·i${s}·(1 − g${s}²) = ${by(now.dc)}·${by(now.i)}·${by(1 - now.g * now.g)} = ${f3(now.dv)}`],
    ["half-life", life],
  ];
}
