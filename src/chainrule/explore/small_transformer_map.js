// The large map under a pointer or the arrow keys, and the small maps to choose from.

import { make } from "./elements.js";
import { drawn, layoutOf, lookWords } from "./small_transformer_picture.js";
import { HEADS, LAYERS } from "./small_transformer_network.js";

export const MAP_CSS = `
.cr-gpt .cr-stage { position: relative; max-width: 720px; width: 100%; margin: 0 auto; }
.cr-gpt .cr-stage svg { display: block; width: 100%; height: auto; }
.cr-looks, .cr-pick, .cr-spot, .cr-spot::before, .cr-spot::after { position: absolute; }
.cr-looks { cursor: crosshair; touch-action: manipulation; overflow: hidden; }
.cr-pick { cursor: pointer; }
.cr-spot { pointer-events: none; visibility: hidden; outline: 2px solid var(--backward); }
.cr-spot::before { content: ""; right: 100%; top: 50%; width: 100vw; border-top: 1px dashed var(--backward); }
.cr-spot::after { content: ""; top: 100%; left: 50%; height: 100vh; border-left: 1px dashed var(--backward); }
.cr-gpt .cr-where { min-height: 1.5em; font-size: .94em; }`;

const POINT = "Point at a square of the large map, or reach it with Tab and the arrow keys.";
const put = ({ style }, ...shares) => ["left", "top", "width", "height"].forEach((side, k) => { style[side] = `${100 * shares[k]}%`; });

export function attentionMap(change) {
  const cell = make("div", { className: "cr-spot" });
  const looks = make("div", { className: "cr-looks", tabIndex: 0, role: "application", "aria-roledescription": "attention map",
    "aria-label": "What the chosen head looks at: up and down choose the character that looks, left and right the one looked at" }, cell);
  const pick = make("div", { className: "cr-pick", "aria-hidden": "true" });
  const where = make("p", { className: "cr-where", "aria-live": "polite" }, POINT);
  let [computed, layout, at] = [null, null, null];
  const stand = () => {
    cell.style.visibility = at ? "visible" : "hidden";
    if (!at) {
      where.textContent = POINT;
      return;
    }
    const [{ shown }, { seen }] = [layout, computed];
    at = at.map((place) => Math.max(0, Math.min(shown - 1, place)));
    const [i, j] = at;
    put(cell, j / shown, i / shown, 1 / shown, 1 / shown);
    const first = seen.length - shown;
    where.textContent = j > i ? `Nothing looks ahead: “${drawn(seen[first + i])}” comes before “${drawn(seen[first + j])}”.` : `${lookWords(computed, first + i, first + j)}.`;
  };
  const move = (next) => {
    at = next;
    stand();
  };
  const last = () => layout.shown - 1;
  looks.addEventListener("keydown", (event) => {
    const [i, j] = at ?? [last(), last()];
    const to = { ArrowUp: [i - 1, j], ArrowDown: [i + 1, j], ArrowLeft: [i, j - 1], ArrowRight: [i, j + 1], PageUp: [i - 8, j], PageDown: [i + 8, j], Home: [i, 0], End: [i, i] }[event.key];
    if (!to || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const row = Math.max(0, Math.min(last(), to[0]));
    move([row, Math.min(row, to[1])]);
  });
  looks.addEventListener("focus", () => { if (!at && looks.matches(":focus-visible")) move([last(), last()]); });
  looks.addEventListener("blur", () => move(null));
  for (const kind of ["pointermove", "pointerdown"]) {
    looks.addEventListener(kind, (event) => {
      const box = looks.getBoundingClientRect();
      move([(event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width].map((part) => Math.floor(part * layout.shown)));
    });
  }
  looks.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse" && looks !== looks.getRootNode().activeElement) move(null); });
  pick.addEventListener("click", (event) => {
    const box = pick.getBoundingClientRect();
    const place = (part, count) => 1 + Math.max(0, Math.min(count - 1, Math.floor(part * count)));
    change({ layer: place((event.clientY - box.top) / box.height, LAYERS), head: place((event.clientX - box.left) / box.width, HEADS) });
  });
  const show = (now, width) => {
    computed = now;
    layout = layoutOf(width, now.seen.length);
    const { small: [left, top, side], map: [x, y, size], shown, height } = layout;
    put(looks, x / width, y / height, (shown * size) / width, (shown * size) / height);
    put(pick, left / width, top / height, (4 * side + 24) / width, (2 * side + 26) / height);
    stand();
  };
  return { parts: [pick, looks], where, show };
}
