// Four optimisers on a surface f(x, y) = q(x) + c (y − r(x))². race_simulation.py takes the same steps.

import { normals } from "./random_numbers.js";

export const RUNNERS = ["gradient descent", "heavy ball", "Nesterov", "Adam"];
export const LAST = 5000; // steps that a race lasts
export const ARRIVED = 1e-6; // of the first loss

// name: q, its slope, r, its slope, c, the window, levels of the contours, what a choice of the surface sets
export const SURFACES = {
  ravine: { title: "ravine (quadratic)", q: (x, k) => (0.5 * x * x) / k, dq: (x, k) => x / k, r: () => 0, dr: () => 0, c: 0.5,
    window: [-3, 3, -2, 2], levels: [0.004, 0.02, 0.06, 0.15, 0.35, 0.7, 1.2, 1.8], unit: 1,
    first: { start: [-2.6, 1.4], lr: 1.2, adam: 0.15, momentum: 0.8, steps: 100 } },
  rosenbrock: { title: "Rosenbrock’s valley", q: (x) => (1 - x) * (1 - x), dq: (x) => -2 * (1 - x), r: (x) => x * x, dr: (x) => 2 * x, c: 100,
    window: [-2, 2, -1, 3], levels: [0.2, 1, 4, 20, 80, 250, 600, 1200], unit: 20,
    first: { start: [-1.2, 1], lr: 0.001, adam: 0.05, momentum: 0.9, steps: 1000 } },
  saddle: { title: "saddle", q: (x) => 0.25 * (x * x - 1) * (x * x - 1), dq: (x) => x * (x * x - 1), r: () => 0, dr: () => 0, c: 0.5,
    window: [-1.8, 1.8, -1.2, 1.6], levels: [0.02, 0.1, 0.2, 0.25, 0.4, 0.7, 1.1, 1.6], unit: 0.5,
    first: { start: [-0.0001, 1.4], lr: 0.1, adam: 0.02, momentum: 0.8, steps: 150 } },
  wells: { title: "two minima", q: (x) => ((0.25 * x - 1 / 6) * x - 1.125) * x * x + 1.125 * x + 2.390625, dq: (x) => (x * x - 2.25) * (x - 0.5), r: () => 0, dr: () => 0, c: 2,
    window: [-2.6, 2.9, -1.8, 1.8], levels: [0.1, 0.5, 1.2, 2, 2.45, 3, 4.5, 7], unit: 3,
    first: { start: [2.7, 1.3], lr: 0.02, adam: 0.08, momentum: 0.9, steps: 150 } },
};

export function loss({ q, r, c }, kappa, x, y) {
  const off = y - r(x);
  return q(x, kappa) + c * off * off;
}

// The step of each runner in PyTorch's convention: lr times the velocity.
function stepper(runner, { lr, adam, momentum }) {
  const [v, s] = [[0, 0], [0, 0]];
  let [b1, b2] = [1, 1];
  if (runner === "gradient descent") return (g) => [lr * g[0], lr * g[1]];
  if (runner !== "Adam") {
    return (g) => g.map((d, i) => {
      v[i] = momentum * v[i] + d;
      return lr * (runner === "Nesterov" ? d + momentum * v[i] : v[i]);
    });
  }
  return (g) => {
    [b1, b2] = [b1 * 0.9, b2 * 0.999];
    return g.map((d, i) => {
      v[i] = 0.9 * v[i] + (1 - 0.9) * d;
      s[i] = 0.999 * s[i] + (1 - 0.999) * d * d;
      return (adam * (v[i] / (1 - b1))) / (Math.sqrt(s[i] / (1 - b2)) + 1e-8);
    });
  };
}

// One runner: where it is and its loss after 0, 1, … steps; the steps after which its loss stays small, or until it has diverged.
function run(runner, state, noise) {
  const surface = SURFACES[state.surface];
  const { kappa } = state;
  const step = stepper(runner, state);
  let [x, y] = state.start;
  const points = [[x, y]];
  const losses = [loss(surface, kappa, x, y)];
  const first = losses[0];
  let above = first > 0 ? 0 : -1; // the last step at which the loss was more than a millionth of the first
  let diverged = null;
  for (let n = 1; n <= LAST && diverged === null; n += 1) {
    const across = 2 * surface.c * (y - surface.r(x));
    const g = [surface.dq(x, kappa) - across * surface.dr(x), across];
    if (noise) g.forEach((_, i) => { g[i] += state.noise * noise[2 * n - 2 + i]; });
    const [dx, dy] = step(g);
    [x, y] = [x - dx, y - dy];
    const now = loss(surface, kappa, x, y);
    if (!(now <= 1e6 * (1 + first))) diverged = n;
    else {
      points.push([x, y]);
      losses.push(now);
      if (now > ARRIVED * first) above = n;
    }
  }
  return { runner, points, losses, arrived: diverged !== null || above === LAST ? null : above + 1, diverged };
}

// The factor by which a step multiplies the error on the quadratic in the long run: the largest root of each runner's recursion.
export function rate(runner, { kappa, lr, momentum }) {
  const factors = [1 / kappa, 1].map((curvature) => {
    const m = runner === "gradient descent" ? 0 : momentum;
    const nesterov = runner === "Nesterov" ? 1 - lr * curvature : 1;
    const [trace, product] = [runner === "Nesterov" ? (1 + m) * nesterov : 1 + m - lr * curvature, m * nesterov];
    const inside = trace * trace - 4 * product;
    return inside < 0 ? Math.sqrt(product) : (Math.abs(trace) + Math.sqrt(inside)) / 2;
  });
  return Math.max(...factors);
}

// Everything that the figure shows of {surface, kappa, lr, adam, momentum, noise, seed, start, steps}.
export function compute(state) {
  const noise = state.noise > 0 ? normals(state.seed, 2 * LAST) : null;
  const rates = state.surface === "ravine" ? RUNNERS.slice(0, 3).map((runner) => rate(runner, state)) : [];
  return { state, runs: RUNNERS.map((runner) => run(runner, state, noise)), rates };
}
