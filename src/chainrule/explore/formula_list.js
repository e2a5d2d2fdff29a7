// Formulas with their numbers, a name and a chain of equals in each row, below a title.

import { make } from "./elements.js";

export const FORMULAS_CSS = `
.cr-formulas { font-size: .86em; font-variant-numeric: tabular-nums; }
.cr-formulas :is(p, div) { margin: 0; padding: .2em 0; border-bottom: 1px solid var(--line); display: grid; grid-template-columns: 9.5em minmax(0, 1fr); overflow-wrap: anywhere; }
.cr-formulas p { display: block; font-weight: 600; }
.cr-formulas :is(dl, dt, dd) { margin: 0; font-weight: 400; }
.cr-formulas dt { color: var(--muted); }
@container (max-width: 32rem) { .cr-formulas div { display: block; } }`;

export function formulaList() {
  const [title, list] = [make("p"), make("dl")];
  const show = (name, rows) => {
    title.textContent = name;
    list.replaceChildren(...rows.map(([what, chain]) => make("div", {}, make("dt", {}, what), make("dd", {}, chain))));
  };
  return { show, part: make("div", { className: "cr-formulas" }, title, list) };
}
