// A random network: the mean squares of its signal and of its gradient by layer, and what theory expects.
// depth_simulation.py does the same, from the same random numbers.

import { fillNormals, uniforms } from "./random_numbers.js";

const BATCH = 16; // inputs sent through the network

// Marsaglia 2004, "Evaluating the normal distribution": a series of terms of one sign.
function normalCdf(x) {
  if (Math.abs(x) > 8) return x > 0 ? 1 : 0;
  let [sum, last, term] = [x, 0, x];
  for (let i = 3; sum !== last; i += 2) {
    term *= (x * x) / i;
    last = sum;
    sum += term;
  }
  return 0.5 + sum * Math.exp(-0.5 * x * x - 0.91893853320467274178);
}

const logistic = (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));
const bell = (x) => Math.exp(-0.5 * x * x) / 2.5066282746310002;

// name: [as written in words, f, f′, in Python]
export const ACTIVATIONS = {
  linear: ["none (linear)", (x) => x, () => 1, "z"],
  relu: ["ReLU", (x) => (x > 0 ? x : 0), (x) => (x > 0 ? 1 : 0), "F.relu(z)"],
  tanh: ["tanh", Math.tanh, (x) => 1 - Math.tanh(x) ** 2, "F.tanh(z)"],
  sigmoid: ["sigmoid", logistic, (x) => logistic(x) * logistic(-x), "F.sigmoid(z)"],
  gelu: ["GELU", (x) => x * normalCdf(x), (x) => normalCdf(x) + x * bell(x), "F.gelu(z)"],
};

function meanSquare(array) {
  let sum = 0;
  for (let i = 0; i < array.length; i += 1) sum += array[i] * array[i];
  return sum / array.length;
}

const drawn = { width: 0, seed: -1 };

// Inputs and last gradients of mean square 1, (16, width), and weights N(0, 1), depth × (width, width).
// A deeper network has the shallower one's first layers; what was drawn last is kept.
export function draw({ depth, width, seed }) {
  if (drawn.width !== width || drawn.seed !== seed) {
    const next = uniforms(seed);
    const rows = [0, 1].map(() => fillNormals(new Float64Array(BATCH * width), next));
    for (const array of rows) {
      const size = Math.sqrt(meanSquare(array));
      array.forEach((value, i) => { array[i] = value / size; });
    }
    Object.assign(drawn, { width, seed, next, inputs: rows[0], lastGradient: rows[1], weights: [] });
  }
  while (drawn.weights.length < depth) drawn.weights.push(fillNormals(new Float64Array(width * width), drawn.next));
  return { inputs: drawn.inputs, lastGradient: drawn.lastGradient, weights: drawn.weights };
}

// x W, scaled: (16, n) by (n, n). Four rows of W by two of x at a time, since loads cost more than products.
function timesWeights(x, w, n, scale) {
  const out = new Float64Array(BATCH * n);
  for (let j = 0; j < n; j += 4) {
    for (let b = 0; b < BATCH * n; b += 2 * n) {
      const c0 = x[b + j] * scale, c1 = x[b + j + 1] * scale, c2 = x[b + j + 2] * scale, c3 = x[b + j + 3] * scale;
      const d0 = x[b + n + j] * scale, d1 = x[b + n + j + 1] * scale, d2 = x[b + n + j + 2] * scale, d3 = x[b + n + j + 3] * scale;
      for (let k = b, at = j * n; k < b + n; k += 1, at += 1) {
        const w0 = w[at], w1 = w[at + n], w2 = w[at + 2 * n], w3 = w[at + 3 * n];
        out[k] += c0 * w0 + c1 * w1 + c2 * w2 + c3 * w3;
        out[k + n] += d0 * w0 + d1 * w1 + d2 * w2 + d3 * w3;
      }
    }
  }
  return out;
}

// δ Wᵀ, scaled: four rows of δ by two of W at a time.
function timesTransposed(delta, w, n, scale) {
  const out = new Float64Array(BATCH * n);
  for (let b = 0; b < BATCH * n; b += 4 * n) {
    for (let j = 0; j < n; j += 2) {
      let s0 = 0, s1 = 0, s2 = 0, s3 = 0, t0 = 0, t1 = 0, t2 = 0, t3 = 0;
      for (let k = b, at = j * n; k < b + n; k += 1, at += 1) {
        const d0 = delta[k], d1 = delta[k + n], d2 = delta[k + 2 * n], d3 = delta[k + 3 * n];
        const v = w[at], u = w[at + n];
        s0 += d0 * v; s1 += d1 * v; s2 += d2 * v; s3 += d3 * v;
        t0 += d0 * u; t1 += d1 * u; t2 += d2 * u; t3 += d3 * u;
      }
      [[s0, t0], [s1, t1], [s2, t2], [s3, t3]].forEach(([s, t], row) => {
        out[b + row * n + j] = s * scale;
        out[b + row * n + j + 1] = t * scale;
      });
    }
  }
  return out;
}

// The part of a layer's mean square that differs from input to input.
function shareBetweenInputs(z, n) {
  let between = 0;
  for (let k = 0; k < n; k += 1) {
    let mean = 0;
    for (let b = k; b < z.length; b += n) mean += z[b] / BATCH;
    for (let b = k; b < z.length; b += n) between += (z[b] - mean) ** 2;
  }
  return between / (BATCH - 1) / n / meanSquare(z);
}

// Mean squares by layer, 0 (the input) to depth: of the pre-activations z, and of δ = ∂C/∂z.
export function simulate({ depth, activation, scale, width, seed }) {
  const [, f, slope] = ACTIVATIONS[activation];
  const { inputs, lastGradient, weights } = draw({ depth, width, seed });
  const gain = scale / Math.sqrt(width);
  const z = [inputs];
  for (let l = 1; l <= depth; l += 1) z.push(timesWeights(l === 1 ? inputs : z[l - 1].map(f), weights[l - 1], width, gain));
  const gradient = new Array(depth + 1);
  let delta = lastGradient;
  for (let l = depth; l >= 0; l -= 1) {
    gradient[l] = meanSquare(delta);
    if (l === 0) break;
    delta = timesTransposed(delta, weights[l - 1], width, gain);
    if (l > 1) for (let i = 0; i < delta.length; i += 1) delta[i] *= slope(z[l - 1][i]);
  }
  return { signal: z.map(meanSquare), gradient, share: shareBetweenInputs(z[depth], width) };
}

// E[f(x)²] for x ~ N(0, q): the trapezoidal rule in u, x = s sinh u, which is as fine as √q and as f.
export function meanSquareOf(f, q) {
  if (q === 0) return f(0) ** 2;
  const unit = Math.min(1, Math.sqrt(q));
  const last = Math.ceil(8 * Math.asinh((10 * Math.sqrt(q)) / unit));
  let sum = 0;
  for (let i = -last; i <= last; i += 1) {
    const x = unit * Math.sinh(i / 8);
    sum += f(x) ** 2 * Math.exp((-x * x) / (2 * q)) * Math.cosh(i / 8);
  }
  return (sum * unit) / (8 * Math.sqrt(2 * Math.PI * q));
}

// The same mean squares for infinite width, the recursions of mean-field theory.
export function theory({ depth, activation, scale }) {
  const [, f, slope] = ACTIVATIONS[activation];
  const share = (g, q) => (activation === "linear" ? (g === f ? q : 1) : activation === "relu" ? (g === f ? q / 2 : 0.5) : meanSquareOf(g, q));
  const signal = [1];
  for (let l = 1; l <= depth; l += 1) signal.push(scale ** 2 * (l === 1 ? 1 : share(f, signal[l - 1])));
  const gradient = new Array(depth + 1).fill(1);
  for (let l = depth - 1; l >= 0; l -= 1) gradient[l] = gradient[l + 1] * scale ** 2 * (l === 0 ? 1 : share(slope, signal[l]));
  return { signal, gradient };
}

// Everything that the figure shows, from what the reader chose: {depth, activation, scale, width, seed}.
export function compute(state) {
  return { ...state, simulated: simulate(state), theory: theory(state) };
}
