// A handle to move: unseen over what a picture draws, reached by the keyboard and dragged by the pointer.

import { make } from "./elements.js";

export const HANDLE_CSS = `
.cr-stage .cr-handle { position: absolute; width: 26px; height: 26px; margin: -13px 0 0 -13px; border-radius: 50%; cursor: grab; touch-action: none; }
.cr-stage .cr-handle:is(:hover, [data-held]) { box-shadow: 0 0 0 2px var(--muted); }
.cr-stage .cr-handle[data-held] { cursor: grabbing; }`;

export function handle(k, { onFocus, onKey, onDrag }) {
  const made = make("div", { className: "cr-handle", tabIndex: 0, role: "application", "aria-roledescription": "movable point" });
  made.addEventListener("focus", () => onFocus(k));
  made.addEventListener("keydown", (event) => onKey(k, event));
  made.addEventListener("pointerdown", (event) => {
    made.setPointerCapture(event.pointerId);
    made.dataset.held = "";
  });
  made.addEventListener("pointermove", (event) => { if ("held" in made.dataset) onDrag(k, event); });
  for (const end of ["pointerup", "pointercancel"]) made.addEventListener(end, () => { delete made.dataset.held; });
  return made;
}
