// The input to draw on and the output to move over: by pointer, and by a cursor that the keyboard moves.

import { make } from "./elements.js";
import { chooser } from "./controls.js";
import { SIZE, compute } from "./microscope_window.js";

export const PADS_CSS = `
.cr-stage { position: relative; max-width: 720px; width: 100%; margin: 0 auto; }
.cr-stage svg { display: block; width: 100%; height: auto; user-select: none; -webkit-user-select: none; }
.cr-stage .cr-pad { position: absolute; cursor: crosshair; touch-action: none; }
.cr-stage .cr-pad.cr-look { touch-action: pan-y; }
.cr-stage .cr-cursor { position: absolute; border: 2px solid var(--backward); pointer-events: none; visibility: hidden; }
.cr-stage .cr-pad:focus-visible .cr-cursor { visibility: visible; }`;

const PENS = { thick: ["thick pen", 2, "9"], fine: ["fine pen", 1, "9"], grey: ["grey pen", 2, "4"], eraser: ["eraser", 2, "0"] };
const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
const within = (value, n) => Math.min(n - 1, Math.max(0, value));

// What an arrow key does to a row and a column of n × n, or null.
export function moved(event, at, n, leap) {
  const by = event.ctrlKey || event.metaKey || event.altKey ? null : ARROWS[event.key];
  if (!by) return null;
  event.preventDefault();
  return at.map((place, axis) => within(place + by[axis] * (event.shiftKey ? leap : 1), n));
}

// Where in a pad a pointer stands, in pixels of n × n, not rounded.
function under(event, n) {
  const box = event.currentTarget.getBoundingClientRect();
  return [(n * (event.clientY - box.top)) / box.height, (n * (event.clientX - box.left)) / box.width];
}

// Pixels with those of a square pen changed, all the way from one place to another.
function inked(pixels, from, to, [, size, ink]) {
  const done = [...pixels];
  const far = Math.ceil(2 * Math.max(...from.map((place, axis) => Math.abs(to[axis] - place)))) || 1;
  for (let k = 0; k <= far; k += 1) {
    const [top, left] = from.map((place, axis) => Math.floor(place + ((to[axis] - place) * k) / far - (size - 1) / 2));
    for (let i = top; i < top + size; i += 1) {
      for (let j = left; j < left + size; j += 1) if (i >= 0 && i < SIZE && j >= 0 && j < SIZE) done[i * SIZE + j] = ink;
    }
  }
  return done.join("");
}

function inputPad(state, change, penOf, where) {
  const cursor = make("div", { className: "cr-cursor" });
  const pad = make("div", { className: "cr-pad cr-draw", tabIndex: 0, role: "application", "aria-roledescription": "picture to draw on",
    "aria-label": "The input: arrow keys move a cursor, 0 to 9 set its pixel, Enter is full ink, Delete is paper" }, cursor);
  let [at, last] = [[14, 14], null];
  const stand = () => Object.assign(cursor.style, { top: `${(100 * at[0]) / SIZE}%`, left: `${(100 * at[1]) / SIZE}%`, width: `${100 / SIZE}%`, height: `${100 / SIZE}%` });
  const tell = () => { where.textContent = `Input row ${at[0]}, column ${at[1]}: ${state().picture[at[0] * SIZE + at[1]]}.`; };
  pad.addEventListener("keydown", (event) => {
    const next = moved(event, at, SIZE, 5);
    const ink = { Enter: "9", " ": "9", Delete: "0", Backspace: "0" }[event.key] ?? (/^\d$/.test(event.key) ? event.key : null);
    if (next) at = next;
    else if (ink !== null && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      change({ picture: inked(state().picture, at.map((place) => place + 0.5), at.map((place) => place + 0.5), ["", 1, ink]) });
    } else return;
    stand();
    tell();
  });
  pad.addEventListener("pointerdown", (event) => {
    pad.setPointerCapture(event.pointerId);
    last = under(event, SIZE);
    change({ picture: inked(state().picture, last, last, penOf()) });
  });
  pad.addEventListener("pointermove", (event) => {
    if (!last) return;
    const now = under(event, SIZE);
    change({ picture: inked(state().picture, last, now, penOf()) });
    last = now;
  });
  for (const end of ["pointerup", "pointercancel"]) pad.addEventListener(end, () => { last = null; });
  stand();
  return pad;
}

function outputPad(state, change) {
  const pad = make("div", { className: "cr-pad cr-look", tabIndex: 0, role: "application", "aria-roledescription": "picture to look at",
    "aria-label": "The output: arrow keys choose the pixel whose sum is shown" });
  const size = () => compute({ ...state(), picture: "0".repeat(SIZE * SIZE) }).size;
  const look = (event) => {
    const n = size();
    const at = under(event, n).map((place) => within(Math.floor(place), n));
    if (String(at) !== String(state().at)) change({ at });
  };
  pad.addEventListener("pointermove", look);
  pad.addEventListener("pointerdown", look);
  pad.addEventListener("keydown", (event) => {
    const n = size();
    const at = moved(event, state().at.map((place) => within(place, n)), n, 5);
    if (at) change({ at });
  });
  return pad;
}

export function pads(state, change) {
  const where = make("p", { className: "cr-where", "aria-live": "polite" });
  let chosen = "thick";
  const pen = chooser("Pen", Object.entries(PENS).map(([name, [title]]) => [name, title]), (name) => { chosen = name; });
  const [input, output] = [inputPad(state, change, () => PENS[chosen], where), outputPad(state, change)];
  const lay = (pad, left, top, side, width, height) => Object.assign(pad.style, { left: `${(100 * left) / width}%`, top: `${(100 * top) / height}%`, width: `${(100 * side) / width}%`, height: `${(100 * side) / height}%` });
  const show = (layout, width) => {
    const [inner, { cell, height }] = [state().padding * layout.cell, layout];
    lay(input, layout.input[0] + inner, layout.input[1] + inner, SIZE * cell, width, height);
    lay(output, ...layout.output, layout.size * cell, width, height);
  };
  return { pen, where, parts: [input, output], show };
}
