// Attention of a few tokens in the plane, number by number. attention_scores.py computes the same.

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

// The coordinates that a head sees: both, or one of the two.
export const coordinates = ({ heads }, head) => (heads === 1 ? [0, 1] : [head]);

// One head: tables of a row a query and a column a key, null where the mask forbids a look. steepest: the largest slope p(1 − p) of each row.
function headOf({ queries, keys, scale, mask, heads }, head, keyScale) {
  const places = coordinates({ heads }, head);
  const factor = scale ?? 1 / Math.sqrt(places.length);
  const scores = queries.map((query, i) => keys.map((key, j) => (mask === "causal" && j > i ? null : factor * sum(places.map((c) => query[c] * (keyScale * key[c]))))));
  const powers = scores.map((row) => row.map((score) => (score === null ? null : Math.exp(score))));
  const found = { d: places.length, scale: factor, scores, powers, sums: powers.map(sum), weights: [], slopes: [] };
  for (const row of scores) {
    const top = Math.max(...row.filter((score) => score !== null));
    const shares = row.map((score) => (score === null ? 0 : Math.exp(score - top)));
    const total = sum(shares);
    found.weights.push(shares.map((share) => share / total));
    // without 1 − p, which cancels
    found.slopes.push(shares.map((share, j) => ((share / total) * (sum(shares.slice(0, j)) + sum(shares.slice(j + 1)))) / total));
  }
  found.steepest = found.slopes.map((row) => Math.max(...row));
  return found;
}

// All that the figure shows of {tokens, queries, keys, values, scale, key_scale, mask, heads, at}; scale null is 1/√d.
// Two heads split the plane: the first sees all x, the second all y. before: the heads with keys as given, not scaled.
export function compute(state) {
  const [heads, before] = [state.key_scale, 1].map((factor) => Array.from({ length: state.heads }, (_, h) => headOf(state, h, factor)));
  const outputs = state.queries.map((_, i) => [0, 1].map((c) => sum(heads[c * (heads.length - 1)].weights[i].map((p, j) => p * state.values[j][c]))));
  return { state, heads, before, outputs };
}

// Head, row and column of the cell that the formulas are about.
export function chosen({ at: [head, row, column], heads, tokens }) {
  return [Math.min(head, heads - 1), Math.min(row, tokens.length - 1), Math.min(column, tokens.length - 1)];
}
