// A plot that is drawn again when the state or the room changes, and what a pointer needs in it.

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

export const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
export const hundredth = (value) => Math.round(value * 100) / 100 + 0;

export function button(title, act, properties = {}) {
  const made = make("button", { type: "button", ...properties }, title);
  made.addEventListener("click", () => { if (made.getAttribute("aria-disabled") !== "true") act(); });
  return made;
}

// Draws at most once a frame, and speaks when all is quiet. `after` gets what was drawn and how wide.
export function plotStage(model, { compute, picture, words, show, after }) {
  const drawing = make("div");
  const stage = make("div", { className: "cr-stage" }, drawing);
  const say = make("p", { className: "cr-say", role: "status" });
  let [computed, frame, pause, painted] = [null, 0, 0, 0];
  const room = () => Math.round(clamp(stage.clientWidth || 620, 300, 720));
  const paint = () => {
    painted = room();
    drawing.innerHTML = picture(computed, painted);
    after(computed, painted);
  };
  const update = () => {
    frame = 0;
    computed = compute(model.get("state"));
    paint();
    clearTimeout(pause);
    pause = setTimeout(() => { say.textContent = words(computed); }, 250); // what moves is not read out at every step
  };
  const changed = () => {
    show();
    frame ||= requestAnimationFrame(update);
  };
  const observer = new ResizeObserver(() => { if (room() !== painted) paint(); });
  const start = () => {
    show();
    update();
    say.textContent = words(computed);
    observer.observe(stage);
    model.on("change:state", changed);
  };
  const stop = () => {
    model.off("change:state", changed);
    observer.disconnect();
    cancelAnimationFrame(frame);
    clearTimeout(pause);
  };
  // Where a pointer stands, in the units of an area of the picture.
  const placeOf = (event, areaOf) => {
    const box = stage.getBoundingClientRect();
    const [area, scale] = [areaOf(painted), painted / box.width];
    return [area.xAt((event.clientX - box.left) * scale), area.yAt((event.clientY - box.top) * scale)];
  };
  return { stage, say, start, stop, placeOf };
}
