// A plot with things to move in it, and what a pointer needs there.

import { make } from "./elements.js";

export const PLOT_CSS = `
.cr-stage-figure .cr-stage { position: relative; max-width: 720px; width: 100%; margin: 0 auto; }
.cr-stage-figure .cr-stage svg { display: block; width: 100%; height: auto; user-select: none; -webkit-user-select: none; }
.cr-stage-figure .cr-controls > .cr-buttons { grid-column: 1 / -1; }
.cr-stage-figure button[aria-pressed="true"] { border-color: var(--forward); color: var(--forward); font-weight: 600; box-shadow: inset 0 -2px 0 var(--forward); }
.cr-stage-figure .cr-say { min-height: 4.6em; font-size: .95em; }
.cr-stage-figure .cr-hint { font-size: .84em; color: var(--muted); }
.cr-stage-figure .cr-scroll { max-height: 18rem; overflow: auto; }
@container (max-width: 32rem) { .cr-stage-figure .cr-say { min-height: 7.5em; } }
@media print { .cr-stage-figure :is(.cr-controls, .cr-hint) { display: none; } }`;

// The least and the most width, and that before there is a layout.
export const STAGE_ROOM = [300, 720, 620];

export const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
export const hundredth = (value) => Math.round(value * 100) / 100 + 0;

export function button(title, act, properties = {}) {
  const made = make("button", { type: "button", ...properties }, title);
  made.addEventListener("click", () => { if (made.getAttribute("aria-disabled") !== "true") act(); });
  return made;
}

// Where a plot is painted, `after` gets what was drawn and how wide.
export function plotStage(picture, after) {
  const drawing = make("div");
  const place = make("div", { className: "cr-stage" }, drawing);
  let painted = 0;
  const paint = (computed, width) => {
    painted = width;
    drawing.innerHTML = picture(computed, width);
    after(computed, width);
  };
  // Where a pointer stands, in the units of an area of the picture.
  const placeOf = (event, areaOf) => {
    const box = place.getBoundingClientRect();
    const [area, scale] = [areaOf(painted), painted / box.width];
    return [area.xAt((event.clientX - box.left) * scale), area.yAt((event.clientY - box.top) * scale)];
  };
  return { place, paint, placeOf };
}
