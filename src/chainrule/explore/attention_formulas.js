// How one weight comes about, in numbers.

import { format, lowered } from "./numbers.js";
import { chosen, coordinates } from "./attention_scores.js";
import { SIDES } from "./attention_picture.js";

const f3 = (x) => format(x, 3);
// A number's text as a factor, or as a divisor.
const inside = (shown) => (/[−·]/.test(shown) ? `(${shown})` : shown);
const by = (x) => inside(f3(x));

// Pairs of a name and a chain of equals, for the chosen cell.
export function formulas({ state, heads, outputs }) {
  const { queries, keys, values, scale, key_scale: factor } = state;
  const [h, i, j] = chosen(state);
  const { d, scores, powers, sums, weights, slopes } = heads[h];
  const places = coordinates(state, h);
  const side = d === 2 ? "" : SIDES[h];
  const [I, J] = [i + 1, j + 1].map(lowered);
  const [s, p, e] = [`s${I}${J}`, `p${I}${J}`, powers[i].map((power) => format(power ?? 0))];
  const [score, weight, sum] = [scores[i][j], weights[i][j], format(sums[i])];
  const point = (place) => (d === 2 ? `(${place.map(f3).join(", ")})` : by(place[h]));
  const rows = [
    ["exponential", score === null ? `exp(−∞) = 0` : `exp(${s}) = exp(${f3(score)}) = ${e[j]}`],
    ["sum of the row", `Σ exp(s${I}ⱼ) = ${e.join(" + ")} = ${sum}`],
    ["weight", `${p} = ${inside(e[j])} / ${inside(sum)} = ${f3(weight)}`],
    ["slope", `∂${p}/∂${s} = ${p}(1 − ${p}) = ${by(weight)}·${by(weight > 0.5 ? slopes[i][j] / weight : 1 - weight)} = ${f3(slopes[i][j])}`],
    ["output", `o${I}${side} = Σ p${I}ⱼ·v${side}ⱼ = ${values.map((value, l) => `${by(weights[i][l])}·${point(value)}`).join(" + ")} = ${d === 2 ? point(outputs[i]) : f3(outputs[i][h])}`],
  ];
  if (score === null) return [["score", `${s} = −∞: k${J} comes after q${I}, masked`], ...rows];
  const [before, after] = scale === null ? ["", d === 2 ? "/√2" : ""] : [scale === 1 ? "" : `${f3(scale)}·`, ""];
  const terms = places.map((c) => `${by(queries[i][c])}·${by(keys[j][c] * factor)}`).join(" + ");
  const chain = before || after ? [`${before}(${terms})${after}`, `${before}${by(score / heads[h].scale)}${after}`] : [terms];
  return [["score", [`${s} = ${before}q${I}${side}·${factor === 1 ? "" : `${f3(factor)}·`}k${J}${side}${after}`, ...chain, f3(score)].join(" = ")], ...rows];
}
