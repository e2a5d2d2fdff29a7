// A small CNN on one picture, its maps, and what hiding a patch does; digit_network.py does the same with the engine.

import { SIZE } from "./digit_strokes.js";
import { TRAINED } from "./digit_weights.js";

const [PATCH, PACE] = [6, 2]; // pixels: the side of the patch that hides, and how far it moves each time

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

// Weights in float64, an output's after another's.
function unpack({ int8, steps, values }) {
  if (values) return values;
  const whole = new Int8Array(bytes(int8).buffer);
  const each = whole.length / steps.length;
  return Float64Array.from(whole, (value, i) => value * steps[Math.floor(i / each)]);
}

const [W1, B1, W2, B2, W3, B3] = ["0", "3", "7"].flatMap((name) => ["weight", "bias"].map((part) => unpack(TRAINED.layers[`${name}.${part}`])));
export const DIGITS = TRAINED.digits.map(({ label, ink }) => ({ label, ink: Float64Array.from(bytes(ink), (level) => level / 255) }));

// Maps of n × n pixels with a rim of zeros around each.
function rimmed(maps, n) {
  const wide = new Float64Array((maps.length / (n * n)) * (n + 2) * (n + 2));
  for (let k = 0, row = 0; k < maps.length; k += n, row += 1) wide.set(maps.subarray(k, k + n), (row + 2 * Math.floor(row / n) + 1) * (n + 2) + 1);
  return wide;
}

// A 3 × 3 convolution with zeros around, and ReLU, of maps of n × n pixels. Nine products at once: the loop that all the time goes to.
function convolve(maps, n, weights, biases) {
  const [wide, w, inputs] = [rimmed(maps, n), n + 2, maps.length / (n * n)];
  const out = new Float64Array(biases.length * n * n);
  for (let o = 0; o < biases.length; o += 1) {
    const map = out.subarray(o * n * n, (o + 1) * n * n).fill(biases[o]);
    for (let c = 0; c < inputs; c += 1) {
      const [a, b, d, e, f, g, h, i, j] = weights.subarray(9 * (o * inputs + c), 9 * (o * inputs + c) + 9);
      for (let row = 0, k = 0; row < n; row += 1) {
        for (let at = (c * w + row) * w; k < (row + 1) * n; k += 1, at += 1) {
          map[k] += a * wide[at] + b * wide[at + 1] + d * wide[at + 2] + e * wide[at + w] + f * wide[at + w + 1] + g * wide[at + w + 2]
            + h * wide[at + 2 * w] + i * wide[at + 2 * w + 1] + j * wide[at + 2 * w + 2];
        }
      }
    }
    for (let k = 0; k < map.length; k += 1) map[k] = Math.max(0, map[k]);
  }
  return out;
}

// The maximum of each 2 × 2 pixels.
function pool(maps, n) {
  const half = n / 2;
  const out = new Float64Array(maps.length / 4);
  for (let i = 0; i < out.length; i += 1) {
    const at = 2 * n * Math.floor(i / half) + 2 * (i % half);
    out[i] = Math.max(maps[at], maps[at + 1], maps[at + n], maps[at + n + 1]);
  }
  return out;
}

function softmax(scores) {
  const most = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - most));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

// 8 maps of 28 × 28 and 16 of 14 × 14 after each ReLU, and ten probabilities.
export function mapsOf(picture) {
  const first = convolve(picture, SIZE, W1, B1);
  const second = convolve(pool(first, SIZE), SIZE / 2, W2, B2);
  const features = pool(second, SIZE / 2);
  const scores = B3.map((bias, label) => {
    let [sum, from] = [bias, label * features.length];
    for (let i = 0; i < features.length; i += 1) sum += features[i] * W3[from + i];
    return sum;
  });
  return { first, second, probabilities: softmax(scores) };
}

// How far the winning class's probability falls where a patch is wiped clean: 14 × 14 numbers.
export function occlusion(picture) {
  const { probabilities } = mapsOf(picture);
  const before = Math.max(...probabilities);
  const winner = probabilities.indexOf(before);
  const [n, reach] = [SIZE / PACE, (PATCH - PACE) / 2];
  return Float64Array.from({ length: n * n }, (_, k) => {
    const [top, left] = [PACE * Math.floor(k / n) - reach, PACE * (k % n) - reach];
    const hidden = picture.map((value, i) => {
      const [row, column] = [Math.floor(i / SIZE), i % SIZE];
      return row >= top && row < top + PATCH && column >= left && column < left + PATCH ? 0 : value;
    });
    return hidden.every((value, i) => value === picture[i]) ? 0 : before - mapsOf(hidden).probabilities[winner];
  });
}
