// The plane to paint on: the pointer adds and erases points, and so does a cursor that the keyboard moves.

import { make } from "./elements.js";
import { format } from "./numbers.js";
import { END } from "./decision_boundary_model.js";
import { clamp, hundredth } from "./plot_stage.js";

export const MOST = 200; // points
export const PAINT_CSS = `
.cr-stage .cr-pad { position: absolute; cursor: crosshair; touch-action: manipulation; }
.cr-stage .cr-cursor { position: absolute; width: 21px; height: 21px; margin: -11px 0 0 -11px; border-radius: 50%; border: 2px solid var(--ink); pointer-events: none; visibility: hidden; }
.cr-stage .cr-cursor::before { content: ""; position: absolute; inset: 7px; background: var(--ink); border-radius: 50%; }
.cr-stage .cr-pad:focus-visible .cr-cursor { visibility: visible; }
@container (min-width: 32rem) {
  .cr-paint-figure .cr-controls > .cr-range { grid-column: span 5; }
  .cr-paint-figure .cr-controls > label + label { grid-column: span 3; }
}
.cr-stage-figure .cr-where { font-size: .84em; color: var(--muted); min-height: 1.5em; }`;

// What changes the points. `brush` is 1 (positive), 0 (negative) or -1 (erase).
function brushes(state, change) {
  const erase = (x, y, reach) => {
    const far = state().points.map(([u, v]) => Math.hypot(u - x, v - y));
    const nearest = far.indexOf(Math.min(...far));
    if (nearest < 0 || far[nearest] > reach) return "No point is near";
    change({ points: state().points.filter((_, i) => i !== nearest) });
    return "Erased a point";
  };
  const apply = (brush, x, y, reach = 0.25) => {
    const place = [x, y].map((value) => hundredth(clamp(value, -END, END)));
    const where = `at x ${format(place[0])}, y ${format(place[1])}`;
    if (brush < 0) return `${erase(...place, reach)} ${where}.`;
    if (state().points.length >= MOST) return `${MOST} points are all that fit.`;
    change({ points: [...state().points, [...place, brush]] });
    return `Added a ${brush ? "positive" : "negative"} point ${where}.`;
  };
  return apply;
}

// `brushOf` tells the chosen brush, `choose` sets it.
export function paintedPlane(state, change, { placeOf, brushOf, choose }) {
  const cursor = make("div", { className: "cr-cursor" });
  const pad = make("div", { className: "cr-pad", tabIndex: 0, role: "application", "aria-roledescription": "plane to paint on",
    "aria-label": "The plane: arrow keys move a cursor, Enter paints, Delete erases, P and N choose the class" }, cursor);
  const where = make("p", { className: "cr-where", "aria-live": "polite" });
  const apply = brushes(state, change);
  let at = [0, 0];
  const stand = () => Object.assign(cursor.style, { left: `${(50 * (at[0] + END)) / END}%`, top: `${(50 * (END - at[1])) / END}%` });
  const keys = (key, by) => ({
    ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, by], ArrowDown: [0, -by],
    Enter: () => apply(brushOf(), ...at), " ": () => apply(brushOf(), ...at), Delete: () => apply(-1, ...at), Backspace: () => apply(-1, ...at),
    p: () => choose(1), n: () => choose(0),
  })[key];
  pad.addEventListener("keydown", (event) => {
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys(event.key.length > 1 ? event.key : event.key.toLowerCase(), event.shiftKey ? 0.5 : 0.1);
    if (!act) return;
    event.preventDefault();
    if (typeof act === "function") where.textContent = act();
    else {
      at = at.map((value, i) => hundredth(clamp(value + act[i], -END, END)));
      where.textContent = `Cursor at x ${format(at[0])}, y ${format(at[1])}.`;
    }
    stand();
  });
  pad.addEventListener("click", (event) => { where.textContent = apply(brushOf(), ...placeOf(event)); });
  const show = (area, width, height) => {
    const [wide, high] = [area.right - area.left, area.bottom - area.top];
    Object.assign(pad.style, { left: `${(100 * area.left) / width}%`, top: `${(100 * area.top) / height}%`, width: `${(100 * wide) / width}%`, height: `${(100 * high) / height}%` });
    stand();
  };
  return { pad, where, show };
}
