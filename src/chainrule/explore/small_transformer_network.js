// A small Transformer on the last 64 characters of a text; small_transformer_network.py does the same with the engine.

import { TRAINED } from "./small_transformer_weights.js";

export const CHARACTERS = TRAINED.characters;
export const [CONTEXT, LAYERS, HEADS, WIDTH] = [64, 2, 4, 48];
const DEPTH = WIDTH / HEADS; // numbers a head

// Weights in float64, what leads to an output after what leads to another.
function unpack({ int8, steps }) {
  const whole = new Int8Array(Uint8Array.from(atob(int8), (letter) => letter.charCodeAt(0)).buffer);
  const each = whole.length / steps.length;
  return Float64Array.from(whole, (value, i) => value * steps[Math.floor(i / each)]);
}

const WEIGHTS = Object.fromEntries(Object.entries(TRAINED.layers).map(([name, part]) => [name, unpack(part)]));

// A series of positive terms alone, so that nothing cancels; beyond 6 the error function is 1 in float64.
function erf(x) {
  if (Math.abs(x) > 6) return Math.sign(x);
  let [term, sum] = [x, x];
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n += 1) sum += term *= (2 * x * x) / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

const gelu = (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2));

// x W + b of each step: arrays of steps one after another.
function linear(x, inputs, name) {
  const [weight, bias] = [WEIGHTS[`${name}weight`], WEIGHTS[`${name}bias`]];
  const out = new Float64Array((x.length / inputs) * bias.length);
  for (let from = 0, i = 0; from < x.length; from += inputs) {
    for (let o = 0; o < bias.length; o += 1, i += 1) {
      let sum = bias[o];
      for (let k = 0; k < inputs; k += 1) sum += x[from + k] * weight[o * inputs + k];
      out[i] = sum;
    }
  }
  return out;
}

function layerNorm(x, name) {
  const [scale, shift, out] = [WEIGHTS[`${name}.weight`], WEIGHTS[`${name}.bias`], new Float64Array(x.length)];
  for (let from = 0; from < x.length; from += WIDTH) {
    const row = x.subarray(from, from + WIDTH);
    const mean = row.reduce((sum, value) => sum + value, 0) / WIDTH;
    const root = Math.sqrt(row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / WIDTH + 1e-5);
    for (let k = 0; k < WIDTH; k += 1) out[from + k] = ((row[k] - mean) / root) * scale[k] + shift[k];
  }
  return out;
}

export function softmax(scores) {
  const most = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = scores.map((score) => Math.exp(score - most));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

// Turns pairs of a query or a key, half a head apart, by angles that grow with the position.
function turn(qkv, at, position) {
  for (let i = 0; i < DEPTH / 2; i += 1) {
    const angle = position * 10000 ** ((-2 * i) / DEPTH);
    const [cos, sin, a, b] = [Math.cos(angle), Math.sin(angle), qkv[at + i], qkv[at + i + DEPTH / 2]];
    qkv[at + i] = a * cos - b * sin;
    qkv[at + i + DEPTH / 2] = b * cos + a * sin;
  }
}

// What the heads of a block read, side by side, and where each looks: weights (heads, T, T).
function attend(x, layer, off) {
  const qkv = linear(x, WIDTH, `blocks.${layer}.self_attn.in_proj_`);
  const count = x.length / WIDTH;
  const [read, maps] = [new Float64Array(x.length), new Float64Array(HEADS * count * count)];
  for (let t = 0; t < count; t += 1) for (let h = 0; h < 2 * HEADS; h += 1) turn(qkv, 3 * WIDTH * t + DEPTH * h, t);
  for (let h = 0; h < HEADS; h += 1) {
    const silent = off.some(([l, head]) => l === layer + 1 && head === h + 1);
    for (let t = 0; t < count; t += 1) {
      const query = 3 * WIDTH * t + DEPTH * h;
      const weights = softmax(Float64Array.from({ length: t + 1 }, (_, s) => {
        let sum = 0;
        for (let k = 0; k < DEPTH; k += 1) sum += qkv[query + k] * qkv[3 * WIDTH * s + WIDTH + DEPTH * h + k];
        return sum / Math.sqrt(DEPTH);
      }));
      maps.set(weights, (h * count + t) * count);
      for (let s = 0; s <= t && !silent; s += 1) for (let k = 0; k < DEPTH; k += 1) read[WIDTH * t + DEPTH * h + k] += weights[s] * qkv[3 * WIDTH * s + 2 * WIDTH + DEPTH * h + k];
    }
  }
  return { read, maps };
}

const add = (a, b) => a.map((value, i) => value + b[i]);

// The logits of the next character and where each head looks, by layer. `off` holds pairs [layer, head], from 1, whose output is zero.
export function look(text, off = []) {
  const places = [...text].slice(-CONTEXT).map((character) => CHARACTERS.indexOf(character));
  const embeddings = WEIGHTS["token_embedding.weight"];
  let x = new Float64Array(places.length * WIDTH);
  places.forEach((place, t) => x.set(embeddings.subarray(place * WIDTH, (place + 1) * WIDTH), t * WIDTH));
  const maps = [];
  for (let layer = 0; layer < LAYERS; layer += 1) {
    const name = `blocks.${layer}.`;
    const seen = attend(layerNorm(x, `${name}norm1`), layer, off);
    maps.push(seen.maps);
    x = add(x, linear(seen.read, WIDTH, `${name}self_attn.out_proj.`));
    x = add(x, linear(linear(layerNorm(x, `${name}norm2`), WIDTH, `${name}linear1.`).map(gelu), 4 * WIDTH, `${name}linear2.`));
  }
  const last = layerNorm(x.slice(-WIDTH), "norm");
  const logits = Array.from(CHARACTERS, (_, i) => last.reduce((sum, value, k) => sum + value * embeddings[i * WIDTH + k], 0));
  return { logits, maps };
}

// What is drawn with, as chainrule.text.probabilities; topK null keeps all.
export function probabilitiesOf(logits, temperature, topK) {
  const most = Math.max(...logits);
  if (temperature === 0) return logits.map((_, i) => Number(i === logits.indexOf(most)));
  const all = softmax(logits.map((logit) => (logit - most) / temperature));
  if (topK === null) return all;
  const kept = new Set([...logits.keys()].sort((a, b) => logits[b] - logits[a]).slice(0, topK));
  const sum = all.reduce((total, p, i) => total + (kept.has(i) ? p : 0), 0);
  return all.map((p, i) => (kept.has(i) ? p / sum : 0));
}
