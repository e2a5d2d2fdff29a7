// Logistic regression in the plane and what it gets right; decision_boundary_model.py computes the same.
import { normals } from "./random_numbers.js";

const PENALTY = 1e-3; // on the squared weights, halved
export const END = 3; // of the plane: points lie in [−3, 3] by [−3, 3]
// Centre, spread and number of points of the positive and of the negative class; the seed.
const BLOBS = {
  "two blobs": [[1.1, 0.8, 0.55, 20], [-1.1, -0.8, 0.55, 20], 3],
  "overlapping blobs": [[0.7, 0.5, 1, 30], [-0.7, -0.5, 1, 30], 2],
  "imbalanced 10:1": [[1, 0.8, 0.7, 6], [-0.6, -0.4, 0.8, 60], 5],
};
export const PRESETS = [...Object.keys(BLOBS), "moons"];

const placed = (value) => Math.floor(Math.min(END, Math.max(-END, value)) * 100 + 0.5) / 100 + 0;

export function preset(name) {
  if (name === "moons") {
    const noise = normals(0, 100);
    return [...Array(50).keys()].map((i) => {
      const [t, side] = [(Math.PI * (i % 25)) / 24, i < 25 ? 1 : -1];
      return [placed(side * (1.5 * Math.cos(t) - 0.75) + 0.18 * noise[2 * i]), placed(side * (1.5 * Math.sin(t) - 0.35) + 0.18 * noise[2 * i + 1]), i < 25 ? 1 : 0];
    });
  }
  const [positive, negative, seed] = BLOBS[name];
  const noise = normals(seed, 2 * (positive[3] + negative[3]));
  return [...Array(noise.length / 2).keys()].map((i) => {
    const [x, y, spread] = i < positive[3] ? positive : negative;
    return [placed(x + spread * noise[2 * i]), placed(y + spread * noise[2 * i + 1]), i < positive[3] ? 1 : 0];
  });
}

// The log odds w₀ + w₁x + w₂y, with x², xy and y² where there are six weights.
export function score(x, y, w) {
  const z = w[0] + w[1] * x + w[2] * y;
  return w.length === 6 ? z + w[3] * x * x + w[4] * x * y + w[5] * y * y : z;
}

// Solves A x = b for a symmetric positive definite A, by Cholesky's factors.
function solve(a, b) {
  const l = a.map((row) => row.map(() => 0));
  const x = [];
  for (let i = 0; i < b.length; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let rest = a[i][j];
      for (let k = 0; k < j; k += 1) rest -= l[i][k] * l[j][k];
      l[i][j] = i === j ? Math.sqrt(rest) : rest / l[j][j];
    }
    x[i] = (b[i] - l[i].slice(0, i).reduce((sum, value, k) => sum + value * x[k], 0)) / l[i][i];
  }
  for (let i = b.length - 1; i >= 0; i -= 1) {
    for (let k = i + 1; k < b.length; k += 1) x[i] -= l[k][i] * x[k];
    x[i] /= l[i][i];
  }
  return x;
}

const softplus = (z) => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));

// Weights of least mean log loss + 0.0005 · (sum of their squares), by Newton's method with steps halved until the loss falls.
export function logisticRegression(points, quadratic) {
  const rows = points.map(([x, y]) => (quadratic ? [1, x, y, x * x, x * y, y * y] : [1, x, y]));
  const at = (w) => rows.map((row) => row.reduce((sum, value, j) => sum + value * w[j], 0));
  const loss = (w) => at(w).reduce((sum, z, i) => sum + softplus(points[i][2] ? -z : z), 0) / rows.length + (PENALTY / 2) * w.reduce((sum, v) => sum + v * v, 0);
  let weights = new Array(quadratic ? 6 : 3).fill(0);
  for (let round = 0; round < 100 && rows.length; round += 1) {
    const gradient = weights.map((w) => PENALTY * w);
    const curvature = weights.map((_, j) => weights.map((__, k) => (j === k ? PENALTY : 0)));
    at(weights).forEach((z, i) => {
      const p = 1 / (1 + Math.exp(-z));
      rows[i].forEach((value, j) => {
        gradient[j] += (value * (p - points[i][2])) / rows.length;
        rows[i].forEach((other, k) => { curvature[j][k] += (value * other * p * (1 - p)) / rows.length; });
      });
    });
    let step = solve(curvature, gradient);
    const less = () => weights.map((w, j) => w - step[j]);
    while (loss(less()) > loss(weights) + 1e-12) step = step.map((value) => value / 2);
    weights = less();
    if (Math.max(...gradient.map(Math.abs)) < 1e-9) break; // the last step has squared what was left
  }
  return weights;
}

// (False positive rate, recall) from the strictest threshold on; equal scores make one step.
export function rocCurve(scores, labels) {
  const [high, low] = [1, 0].map((kind) => scores.filter((_, i) => labels[i] === kind));
  if (high.length === 0 || low.length === 0) return [];
  const share = (part, cut) => part.filter((z) => z >= cut).length / part.length;
  const cuts = [...new Set(scores)].sort((a, b) => b - a);
  return [[0, 0], ...cuts.map((cut) => [share(low, cut), share(high, cut)])];
}

export const areaUnder = (roc) => (roc.length ? roc.slice(1).reduce((sum, [x, y], i) => sum + ((x - roc[i][0]) * (y + roc[i][1])) / 2, 0) : NaN);

export const cutOf = (threshold) => Math.log(threshold / (1 - threshold));

// Everything that the figure shows of {points, quadratic, threshold}.
export function compute({ points, quadratic, threshold }) {
  const weights = logisticRegression(points, quadratic);
  const scores = points.map(([x, y]) => score(x, y, weights));
  const cut = cutOf(threshold);
  const count = (said, kind) => points.filter((point, i) => scores[i] >= cut === said && point[2] === kind).length;
  const [tp, fp, fn, tn] = [count(true, 1), count(true, 0), count(false, 1), count(false, 0)];
  const roc = rocCurve(scores, points.map((point) => point[2]));
  return { points, threshold, weights, scores, counts: { tp, fp, fn, tn }, roc,
    metrics: { accuracy: (tp + tn) / points.length, precision: tp / (tp + fp), recall: tp / (tp + fn), f1: (2 * tp) / (2 * tp + fp + fn), area: areaUnder(roc) } };
}
