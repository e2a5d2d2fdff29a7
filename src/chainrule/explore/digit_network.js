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

// A 3 × 3 convolution with zeros around, and ReLU, of maps of n × n pixels.
function convolve(maps, n, weights, biases) {
  const [inputs, area] = [maps.length / (n * n), n * n];
  const out = new Float64Array(biases.length * area);
  for (let o = 0; o < biases.length; o += 1) {
    const map = out.subarray(o * area, (o + 1) * area).fill(biases[o]);
    for (let k = 0; k < 9 * inputs; k += 1) {
      const [c, down, right] = [Math.floor(k / 9), Math.floor((k % 9) / 3) - 1, (k % 3) - 1];
      const weight = weights[o * 9 * inputs + k];
      for (let i = Math.max(0, -down); i < n - Math.max(0, down); i += 1) {
        const from = c * area + (i + down) * n + right;
        for (let j = Math.max(0, -right); j < n - Math.max(0, right); j += 1) map[i * n + j] += weight * maps[from + j];
      }
    }
    for (let i = 0; i < area; i += 1) map[i] = Math.max(0, map[i]);
  }
  return out;
}

// The maximum of each 2 × 2 pixels.
function pool(maps, n) {
  const half = n / 2;
  return Float64Array.from({ length: maps.length / 4 }, (_, i) => {
    const at = 2 * n * Math.floor(i / half) + 2 * (i % half);
    return Math.max(maps[at], maps[at + 1], maps[at + n], maps[at + n + 1]);
  });
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
  const scores = B3.map((bias, label) => features.reduce((sum, value, i) => sum + value * W3[label * features.length + i], bias));
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
    return before - mapsOf(hidden).probabilities[winner];
  });
}
