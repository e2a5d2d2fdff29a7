// A recurrent network forward, and the Jacobians of its last state back through time. time_simulation.py computes the same.

import { normals } from "./random_numbers.js";

export const LONGEST = 100; // steps
const WIDTH = 8; // units, where there is more than one
export const KINDS = { one: "one unit", random: "8 units, random", orthogonal: "8 units, orthogonal" };
export const FUNCTIONS = { // title, f, f′ in terms of f
  identity: ["identity", (z) => z, () => 1],
  tanh: ["tanh", Math.tanh, (h) => 1 - h * h],
  relu: ["ReLU", (z) => Math.max(z, 0), (h) => (h > 0 ? 1 : 0)],
};

const scaled = (a, by) => a.map((row) => row.map((x) => x * by));
const product = (a, b) => a.map((row) => b[0].map((_, k) => row.reduce((sum, x, j) => sum + x * b[j][k], 0)));
const norm = (a) => Math.hypot(...a.flat());

// ‖Aᵐ‖^(1/m) for m = 2⁴⁵, by repeated squaring (Gelfand's formula).
function spectralRadius(a) {
  let [power, log] = [a, 0];
  for (let k = 0; k < 46; k += 1) {
    const size = norm(power);
    log += Math.log(size) / 2 ** k;
    power = scaled(power, 1 / size);
    power = product(power, power);
  }
  return Math.exp(log);
}

// Rows made orthonormal one after another, by Gram and Schmidt's method.
function orthonormal(a) {
  const rows = [];
  for (const given of a) {
    let row = given;
    for (const other of rows) {
      const along = row.reduce((sum, x, j) => sum + x * other[j], 0);
      row = row.map((x, j) => x - along * other[j]);
    }
    rows.push(row.map((x) => x / Math.hypot(...row)));
  }
  return rows;
}

// The first state, recurrent weights of spectral radius 1, and inputs from N(0, 1).
export function draw({ kind, steps, seed }) {
  const numbers = normals(seed, WIDTH * WIDTH + LONGEST * WIDTH);
  const rows = [...Array(WIDTH + LONGEST).keys()].map((r) => [...numbers.slice(WIDTH * r, WIDTH * (r + 1))]);
  const square = rows.slice(0, WIDTH);
  const units = kind === "one" ? 1 : WIDTH;
  const weights = { one: () => [[1]], random: () => scaled(square, 1 / spectralRadius(square)), orthogonal: () => orthonormal(square) }[kind]();
  return { start: Array(units).fill(1 / Math.sqrt(units)), weights, inputs: rows.slice(WIDTH, WIDTH + steps).map((row) => row.slice(0, units)) };
}

// All that the figure shows of {kind, rho, steps, activation, size, clip, seed}: the states; for each step the norm of the
// last state's Jacobian by that step's, over √units; the mean slope; the norm of W's gradient of the sum of the last state, and what clipping makes of it.
export function compute(state) {
  const { rho, activation, size, clip, steps } = state;
  const [, f, slope] = FUNCTIONS[activation];
  const { start, weights, inputs } = draw(state);
  const W = scaled(weights, rho);
  const states = [start];
  for (const x of inputs) {
    const [into] = product([states.at(-1)], W);
    states.push(into.map((z, j) => f(size * x[j] + z)));
  }
  const units = start.length;
  const norms = Array(steps + 1).fill(1);
  const gradient = scaled(W, 0);
  let jacobian = W.map((row, i) => row.map((_, j) => (i === j ? 1 : 0)));
  let slopes = 0;
  for (let t = steps; t > 0; t -= 1) {
    const own = states[t].map(slope);
    slopes += own.reduce((sum, x) => sum + x, 0);
    const delta = jacobian.map((row, j) => row.map((x) => own[j] * x)); // by what step t's units take in
    const sums = delta.map((row) => row.reduce((sum, x) => sum + x, 0));
    states[t - 1].forEach((h, i) => sums.forEach((d, j) => { gradient[i][j] += h * d; }));
    jacobian = product(W, delta);
    norms[t - 1] = norm(jacobian) / Math.sqrt(units);
  }
  const whole = norm(gradient);
  return { state, states, norms, line: norms.map((_, t) => rho ** (steps - t)), slope: slopes / (steps * units), gradient: whole, factor: clip === null ? 1 : Math.min(1, clip / (whole + 1e-6)) };
}
