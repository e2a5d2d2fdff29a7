// An LSTM cell of one unit whose weights are set by hand, forward and backward. gates_cell.py computes the same.

export const LONGEST = 20; // steps that a reader may type
export const BACK = 0.5; // weight of h in the candidate, the only way from h back into the cell
export const WIDE = 8; // how far a symbol moves a gate's argument
export const SHUT = -4; // where those of the input and the output gate rest

// What a symbol says to the cell: [value, write, read]; null if it is none of ours.
export function readSymbol(symbol) {
  if (symbol === " " || symbol === ".") return [0, 0, 0];
  if (symbol === "?") return [0, 0, 1];
  if (/^[0-9]$/.test(symbol)) return [Number(symbol) / 10, 1, 0];
  if (/^[a-z]$/i.test(symbol)) return [(2 * (symbol.toLowerCase().charCodeAt(0) - 96) - 27) / 25, 0, 0];
  return null;
}

// Why a text cannot be fed to the cell, or "".
export function problemOf(text) {
  const strange = [...text].find((symbol) => !readSymbol(symbol));
  if (strange) return `“${strange}” is no symbol of this cell: digits, letters a to z, spaces and ? are.`;
  if (text.length === 0) return "Type at least one symbol.";
  return text.length > LONGEST ? `At most ${LONGEST} symbols fit; these are ${text.length}.` : "";
}

function sigmoid(z) {
  const e = Math.exp(-Math.abs(z));
  return (z < 0 ? e : 1) / (1 + e);
}

// Steps after which half of a memory is left at the forget gate f = σ(bias), or at a clamped one.
export const halfLife = ({ bias, forget }) => (forget === null ? Math.LN2 / Math.log1p(Math.exp(-bias)) : forget ? Infinity : 0);

// One step: the gates free or clamped, the new cell and what it shows.
function forward(symbol, { bias, input, forget, output }, h, c) {
  const [value, write, read] = readSymbol(symbol);
  const g = Math.tanh(value + BACK * h);
  const i = input ?? sigmoid(SHUT + WIDE * write);
  const f = forget ?? sigmoid(bias - WIDE * write);
  const o = output ?? sigmoid(SHUT + WIDE * read);
  const cell = f * c + i * g;
  return { symbol, value, write, read, g, i, f, o, c: cell, h: o * Math.tanh(cell) };
}

// All that the figure shows of {text, bias, input, forget, output, step}; clamps are 0, 1 or null. In each step also
// dc and dv, the derivatives of the last hidden state by the cell and by the value typed; kept, the product of all later
// forget gates; highway, the part of dc that comes along the cell alone.
export function compute(state) {
  const steps = [];
  for (const symbol of state.text) {
    const { h, c } = steps.at(-1) ?? { h: 0, c: 0 };
    steps.push(forward(symbol, state, h, c));
  }
  let [dh, dc, kept] = [1, 0, 1]; // what comes back to h, and to c from the later cell
  const { o, c } = steps.at(-1);
  const end = o * (1 - Math.tanh(c) ** 2);
  for (let t = steps.length - 1; t >= 0; t -= 1) {
    const step = steps[t];
    const squashed = Math.tanh(step.c);
    step.detour = t < steps.length - 1 ? dh * step.o * (1 - squashed * squashed) : 0;
    step.dc = dc + dh * step.o * (1 - squashed * squashed);
    step.dv = step.dc * step.i * (1 - step.g * step.g);
    Object.assign(step, { kept, highway: end * kept });
    [dh, dc, kept] = [BACK * step.dv, step.f * step.dc, step.f * kept];
  }
  return { state, steps, halfLife: halfLife(state) };
}
