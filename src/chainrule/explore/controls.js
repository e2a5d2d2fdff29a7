// Sliders and choices above a picture, their look, and the life of a figure that has them.

import { make } from "./elements.js";
import { format } from "./numbers.js";
import { dress } from "./styles.js";

const KNOBS_CSS = `
.cr-knobs.cr-knobs { padding: 0 4px; gap: .6rem; grid-template-columns: minmax(0, 1fr); }
.cr-knobs details { margin: 0; }
.cr-knobs .cr-controls { display: grid; grid-template-columns: repeat(12, minmax(0, 1fr)); gap: .3rem 1.6rem; align-items: start; }
.cr-knobs .cr-controls > * { grid-column: span 4; }
.cr-knobs .cr-controls > .cr-range { grid-column: span 6; }
.cr-knobs label { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .1rem .6rem; margin: 0; }
.cr-knobs label > b { font-weight: 600; color: var(--ink); }
.cr-knobs .cr-shown { font-variant-numeric: tabular-nums; color: var(--ink); }
.cr-knobs label :is(input, select) { flex: 1 0 100%; width: 100%; margin: 0; }
.cr-knobs input[type="range"] { cursor: pointer; }
.cr-knobs .cr-new { align-self: end; width: 100%; }
.cr-knobs .cr-label { font-weight: 600; }
.cr-knobs .cr-tick { fill: var(--muted); }
.cr-knobs .cr-key { text-align: center; font-size: .84em; color: var(--muted); }
@container (max-width: 32rem) {
  .cr-knobs .cr-controls { gap: .3rem .8rem; }
  .cr-knobs .cr-controls > * { grid-column: span 6; }
  .cr-knobs .cr-controls > .cr-range, .cr-knobs .cr-controls > .cr-new { grid-column: span 12; }
}`;

const sheets = new Map();

// The look of all figures, of these controls and a figure's own; a constructed sheet passes a policy that refuses inline styles.
function dressWith(css, el) {
  const adopt = (root) => {
    for (const text of [KNOBS_CSS, css]) {
      if (!sheets.has(text)) {
        sheets.set(text, new CSSStyleSheet());
        sheets.get(text).replaceSync(text);
      }
      const sheet = sheets.get(text);
      if (root?.adoptedStyleSheets && !root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
    }
  };
  dress(el);
  adopt(document);
  // a notebook may attach el only later
  requestAnimationFrame(() => adopt(el.getRootNode()));
}

export function slider(name, change, properties, ...below) {
  const input = make("input", { type: "range", ...properties });
  const shown = make("span", { className: "cr-shown", "aria-hidden": "true" });
  input.addEventListener("input", () => change(input.valueAsNumber));
  const show = (value, short, spoken) => {
    if (input.valueAsNumber !== value) input.value = value;
    input.setAttribute("aria-valuetext", spoken);
    shown.textContent = short;
  };
  return { show, part: make("div", { className: "cr-range" }, make("label", {}, make("b", {}, name), shown, input), ...below) };
}

export function chooser(name, entries, change) {
  const select = make("select", {}, ...entries.map(([value, title]) => new Option(title, value)));
  select.addEventListener("change", () => change(select.value));
  return { show: (value) => { select.value = value; }, part: make("label", {}, make("b", {}, name), select) };
}

export const tidy = (x) => Number(x.toPrecision(3));

// A slider over decades: three digits, or whole numbers. Without steps of its own, a key moves it by a fortieth of a decade.
export function logSlider(name, change, from, to, whole = false) {
  const kept = (x) => Math.min(to, Math.max(from, whole ? Math.round(x) : tidy(x)));
  const send = (t) => change(kept(10 ** t));
  const knob = slider(name, send, { min: Math.log10(from), max: Math.log10(to), step: "any" });
  const input = knob.part.querySelector("input");
  input.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 5, PageDown: -5 }[event.key];
    if (!by) return;
    event.preventDefault();
    const [now, next] = [kept(10 ** input.valueAsNumber), kept(10 ** (input.valueAsNumber + by / 40))];
    change(next === now ? kept(now + Math.sign(by)) : next);
  });
  return { part: knob.part, show: (value, told = format(value, 3)) => knob.show(Math.log10(value), told, told) };
}

// The state that the model holds, and what changes a part of it.
export function stateOf(model) {
  const state = () => model.get("state");
  const change = (part) => {
    model.set("state", { ...state(), ...part });
    model.save_changes();
  };
  return [state, change];
}

// Lays a figure's parts into the page and draws them again, once a frame at most, when the state or the room of `place` changes:
// `show` sets the controls, `paint` gets what `compute` gave and the width, `tell` writes the rest, `say` the words when all is quiet.
// Returns what ends it.
export function bringToLife({ model, el }, { className, css, parts, place, room: [least, most, first], show, compute, paint, tell, say, words }) {
  let [computed, frame, pause, painted] = [null, 0, 0, 0];
  const room = () => Math.round(Math.max(least, Math.min(most, place.clientWidth || first)));
  const repaint = () => {
    painted = room();
    paint(computed, painted);
  };
  const speak = () => { say.textContent = words(computed); };
  const update = () => {
    frame = 0;
    computed = compute(model.get("state"));
    repaint();
    tell(computed);
    clearTimeout(pause);
    // a moving slider is not read out at every step
    pause = setTimeout(speak, 150);
  };
  const changed = () => {
    show(model.get("state"));
    frame ||= requestAnimationFrame(update);
  };
  el.replaceChildren(make("div", { className: "cr-live-body" }, make("div", { className: `${className} cr-knobs cr-panel` }, ...parts)));
  // JupyterLab takes the arrow keys otherwise
  el.addEventListener("keydown", (event) => event.stopPropagation());
  dressWith(css, el);
  show(model.get("state"));
  update();
  speak();
  const observer = new ResizeObserver(() => { if (room() !== painted) repaint(); });
  observer.observe(place);
  model.on("change:state", changed);
  return () => {
    model.off("change:state", changed);
    observer.disconnect();
    cancelAnimationFrame(frame);
    clearTimeout(pause);
  };
}
