// The square to draw in: by pointer, and by a pen that the keyboard moves.

import { make } from "./elements.js";
import { SIZE } from "./digit_strokes.js";

export const PAD_CSS = `
.cr-stage { position: relative; max-width: 720px; width: 100%; margin: 0 auto; }
.cr-stage svg { display: block; width: 100%; height: auto; user-select: none; -webkit-user-select: none; }
.cr-stage .cr-pad { position: absolute; cursor: crosshair; touch-action: none; }
.cr-stage .cr-cursor { position: absolute; width: 15px; height: 15px; margin: -8px 0 0 -8px; border-radius: 50%; border: 2px solid var(--backward); pointer-events: none; visibility: hidden; }
.cr-stage .cr-cursor[data-down] { background: var(--backward); }
.cr-stage .cr-pad:focus-visible .cr-cursor { visibility: visible; }`;

const MOST = 600; // points of all strokes together
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1], Home: [-1, -1], PageUp: [1, -1], End: [-1, 1], PageDown: [1, 1] };
const tenth = (value) => Math.round(10 * Math.min(SIZE, Math.max(0, value))) / 10;

// What changes the strokes; a change takes the occlusion map of the last drawing away.
function strokesOf(state, change) {
  const set = (strokes) => change({ strokes, occlusion: false });
  const full = () => state().strokes.flat().length >= 2 * MOST;
  const begin = (x, y) => { if (!full()) set([...state().strokes, [x, y]]); };
  const go = (x, y) => { if (!full()) set([...state().strokes.slice(0, -1), [...(state().strokes.at(-1) ?? []), x, y]]); };
  const undo = () => { if (state().strokes.length) set(state().strokes.slice(0, -1)); };
  return { begin, go, undo };
}

export function drawingPad(state, change) {
  const cursor = make("div", { className: "cr-cursor" });
  const part = make("div", { className: "cr-pad", tabIndex: 0, role: "application", "aria-roledescription": "paper to draw on",
    "aria-label": "The paper: arrow keys move the pen, Enter lets it down and lifts it, Backspace takes the last stroke back" }, cursor);
  const where = make("p", { className: "cr-where", "aria-live": "polite" });
  const { begin, go, undo: back } = strokesOf(state, change);
  let [at, down, last] = [[14, 14], false, null];
  const stand = (said) => {
    Object.assign(cursor.style, { left: `${(100 * at[0]) / SIZE}%`, top: `${(100 * at[1]) / SIZE}%` });
    cursor.toggleAttribute("data-down", down);
    where.textContent = `${said}Pen ${down ? "down" : "up"} at row ${at[1]}, column ${at[0]}.`;
  };
  const lift = () => {
    down = false;
    cursor.removeAttribute("data-down");
  };
  const undo = () => {
    down = false;
    back();
    stand("Took the last stroke back. ");
  };
  part.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const by = STEPS[event.key];
    if (by) {
      at = at.map((place, axis) => Math.min(SIZE, Math.max(0, place + by[axis])));
      if (down) go(...at);
    } else if (event.key === "Enter" || event.key === " ") {
      down = !down;
      if (down) begin(...at);
    } else if (event.key !== "Backspace" && event.key !== "Delete") return;
    event.preventDefault();
    if (event.key === "Backspace" || event.key === "Delete") undo();
    else stand("");
  });
  part.addEventListener("blur", lift);
  const place = (event) => {
    const box = part.getBoundingClientRect();
    return [tenth((SIZE * (event.clientX - box.left)) / box.width), tenth((SIZE * (event.clientY - box.top)) / box.height)];
  };
  part.addEventListener("pointerdown", (event) => {
    down = false;
    part.setPointerCapture(event.pointerId);
    last = place(event);
    begin(...last);
  });
  part.addEventListener("pointermove", (event) => {
    const now = place(event);
    if (!last || Math.hypot(now[0] - last[0], now[1] - last[1]) < 0.4) return;
    last = now;
    go(...now);
  });
  for (const end of ["pointerup", "pointercancel"]) part.addEventListener(end, () => { last = null; });
  const show = ({ cell, height }, width) => Object.assign(part.style, { left: `${400 / width}%`, top: `${2400 / height}%`, width: `${(100 * SIZE * cell) / width}%`, height: `${(100 * SIZE * cell) / height}%` });
  stand("");
  where.textContent = "";
  return { part, where, undo, show };
}
